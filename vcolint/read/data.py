"""Route entries that a program hands over: mappings, objects of the SDK, `RouteEntry`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from vcolint.locale import say
from vcolint.model.entry import FIELDS, RouteEntry
from vcolint.model.reading import Reading
from vcolint.read.entries import Collector
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source

FILE = "<entries>"

_MAX_DEPTH = 10
_LARGEST = 10**500
_SEQUENCES = (list, tuple, set, frozenset)

_WITH_REGION = (None, "route-set")  # the kinds of entries that give it themselves

# The parameters of every request to the API. They say nothing of the route.
_COMMON = frozenset({"OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"})


def node(data: Any, place: int = 0, levels: int = _MAX_DEPTH) -> Node:
    """Plain data as a tree; all of it stands at the offset `place`."""
    if isinstance(data, os.PathLike):
        data = os.fspath(data)
    if hasattr(data, "to_map"):
        data = data.to_map()
    if not levels and isinstance(data, (Mapping, *_SEQUENCES)):
        data = None  # data may hold itself
    if isinstance(data, Mapping):
        pairs: list[tuple[Node, Node]] = [
            (ScalarNode(str(_scalar(name)), place, place), node(value, place, levels - 1))
            for name, value in data.items()
        ]
        return MappingNode(pairs, place, place)
    if isinstance(data, _SEQUENCES):
        return SequenceNode([node(item, place, levels - 1) for item in data], place, place)
    return ScalarNode(_scalar(data), place, place)


def _scalar(value: Any) -> Any:
    """A scalar as the formats have it. Other objects stay as they are: messages name their type."""
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration: the text, not the member's name
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if abs(value) < _LARGEST else float("inf")
    return value


def read(entries: Iterable[Any]) -> Reading:
    """Read entries. Each stands on the line of its number in a file named `<entries>`."""
    given = list(entries)
    rows = [_row(entry, place) for place, entry in enumerate(given)]
    source = Source(FILE, "\n" * max(len(rows) - 1, 0))
    reading = Reading("route-set", [FILE])
    collector = Collector(source, reading)
    collector.add(
        rows, lambda index: node(rows[index], index) if isinstance(rows[index], dict) else rows[index]
    )
    collector.close()
    # The region of entries that were read from elsewhere may come from a provider, a stack or a profile.
    without_region = {
        line
        for line, entry in enumerate(given, 1)
        if isinstance(entry, RouteEntry) and entry.kind not in _WITH_REGION
    }
    if without_region:
        reading.problems = [
            problem
            for problem in reading.problems
            if problem.message != say("RegionId is missing") or problem.location.line not in without_region
        ]
    return reading


def _row(entry: Any, place: int) -> Any:
    if isinstance(entry, RouteEntry):
        return dict(zip(FIELDS, entry, strict=False))
    if hasattr(entry, "to_map"):
        entry = entry.to_map()
        if isinstance(entry, Mapping):
            return {name: value for name, value in entry.items() if name not in _COMMON}
    return dict(entry) if isinstance(entry, Mapping) else node(entry, place)
