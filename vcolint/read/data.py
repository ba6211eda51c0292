"""Route entries that a program passes in: mappings, objects of the SDK, `RouteEntry`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vcolint.model.entry import FIELDS, RouteEntry
from vcolint.model.reading import Reading
from vcolint.read.entries import Collector
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source

FILE = "<entries>"

_MAX_DEPTH = 10
_LARGEST = 10**500
_SEQUENCES = (list, tuple, set, frozenset)

_WITH_REGION = (None, "route-set")  # the kinds of entries that give it themselves

# The parameters of every request to the API. They say nothing about the route.
_COMMON = frozenset({"OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"})


def node(data: Any, place: int = 0, levels: int = _MAX_DEPTH) -> Node:
    """Plain data as a tree; all its nodes are at the offset `place`."""
    if isinstance(data, os.PathLike):
        data = os.fspath(data)
    if hasattr(data, "to_map"):
        data = data.to_map()
    if not levels and isinstance(data, (Mapping, *_SEQUENCES)):
        data = None  # data may contain itself
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
    """A scalar as in the file formats. Other objects stay as they are: messages name their type."""
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration: the text, not the member's name
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if abs(value) < _LARGEST else float("inf")
    return value


def read(entries: Iterable[Any]) -> Reading:
    """Read entries. Each is on the line with its number in a file named `<entries>`."""
    given = list(entries)
    rows = list(map(_row, given))
    source = Source(FILE, "\n" * max(len(rows) - 1, 0))
    reading = Reading("route-set", [FILE])
    collector = Collector(source, reading)
    collector.add_rows(rows, lambda index: node(rows[index], index))
    collector.close()
    # The region of entries that were read from elsewhere may come from a provider, a stack or a profile.
    elsewhere = {line for line, entry in enumerate(given, 1) if _needs_no_region(entry)}
    reading.problems = [
        one for one in reading.problems if one.field != "RegionId" or one.location.line not in elsewhere
    ]
    return reading


def _needs_no_region(entry: Any) -> bool:
    return isinstance(entry, RouteEntry) and entry.region_id is None and entry.kind not in _WITH_REGION


def _row(entry: Any) -> Any:
    if isinstance(entry, RouteEntry):
        return dict(zip(FIELDS, entry, strict=False))
    left_out: Collection[str] = ()
    if hasattr(entry, "to_map"):
        entry, left_out = entry.to_map(), _COMMON
    if not isinstance(entry, Mapping):
        return entry
    return {name: _scalar(value) for name, value in entry.items() if name not in left_out}
