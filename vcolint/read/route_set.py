"""Route sets: YAML, JSON, JSON Lines and CSV; and entries that a program passes in.

Each document is a list of entries, one entry, or a mapping with `Routes`. The other fields of such a mapping
apply to each entry that does not give them itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from vcolint.locale import say
from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, SPELLINGS, RouteEntry
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import given_twice
from vcolint.read.entries import Collector
from vcolint.text.nodes import plain, row, scalar, tree
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source
from vcolint.text.wording import described

_ROUTES = ("Routes", "routes")
_WITH_REGION = (None, "route-set")  # the kinds of entries that give it themselves
# The parameters of every request to the API. They say nothing about the route.
_COMMON = frozenset({"OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"})


def read(source: Source, format: str) -> Reading:
    """Read a route set. Any `format` but "json", "jsonl" and "csv" is YAML. Raises SyntaxFault for text
    of another format."""
    reading = Reading("route-set", [source.file])
    collector = Collector(source, reading)
    if format == "csv":
        from vcolint.read import csv

        reading.texts[source.file] = source.text
        csv.add(collector, source)
    else:
        found = documents(source, format, reading)
        if format == "jsonl":
            rows = [one for node in found for one in values(node) if isinstance(one, dict)]
            if not all(map(frozenset(_ROUTES).isdisjoint, rows)):
                from vcolint.text.json import lines

                found = list(lines(source))  # each is a document of its own
        for document in found:
            _add(collector, document)
    collector.close()
    return reading


def holds_entry(nodes: list[Node]) -> bool:
    """Whether documents are a route set: one of their items has the fields of an entry, or they have no
    items."""
    is_empty = True
    for document in nodes:
        node, keys = _entries(document)
        around = set(row(document)) if keys else set()
        if keys and isinstance(node, ScalarNode) and node.value is None:
            is_empty = False  # `Routes:` alone may be another program's
        for one in values(node):
            if isinstance(one, dict) and are_fields(around.union(one)):
                return True
            is_empty = False
    return is_empty


def are_fields(names: AbstractSet[object]) -> bool:
    """Whether names are those of an entry: a destination, a connection beside another field, or the fields
    of a VPN gateway's route."""
    fields = {field for name, field in SPELLINGS.items() if name in names}
    is_entry = "RouteDest" in fields or ("VpnConnectionId" in fields and len(fields) > 1)
    return is_entry or not GATEWAY_FIELDS.isdisjoint(names)


def _add(collector: Collector, document: Node) -> None:
    """Add the entries in a document of a file. An empty document has none."""
    node, keys = _entries(document)
    beside = None
    if isinstance(document, MappingNode) and keys:
        for key in keys[1:]:
            place, before = (collector.source.location(one.start, one.end) for one in (key, keys[0]))
            collector.problems.append(given_twice("Routes", place, before))
        own, merged = (
            [pair for pair in pairs if pair[0] not in keys] for pairs in (document.pairs, document.merged)
        )
        beside = MappingNode(own, document.start, document.end, document.tag, merged)
    is_null = isinstance(node, ScalarNode) and node.value is None
    if isinstance(node, ScalarNode) and isinstance(node.value, list):
        from vcolint.text.json import Items

        items = Items(collector.source, node)
        collector.add(collector.tables(node.value, items.node), items.node, items.span, beside)
    elif is_null or isinstance(node, SequenceNode) or (isinstance(node, MappingNode) and not keys):
        node_of = node.items.__getitem__ if isinstance(node, SequenceNode) else lambda _: node
        collector.add(collector.tables(values(node), node_of), node_of, beside=beside)
    else:
        what = described(plain(node))
        wanted = say(
            "a route set must be a list of entries, one entry, or a mapping with Routes, not {described}",
            described=what,
        )
        if keys:
            wanted = say("{value} must be a list, not {what}", value=keys[0].value, what=what)
        collector.problem(wanted, (node.start, node.end))


def _entries(document: Node) -> tuple[Node, list[ScalarNode]]:
    """The node that holds the entries of a document, and the keys `Routes` that it has. If there are several,
    the first one counts."""
    pairs = (*document.pairs, *document.merged) if isinstance(document, MappingNode) else ()
    routes = [(key, node) for key, node in pairs if isinstance(key, ScalarNode) and key.value in _ROUTES]
    return routes[0][1] if routes else document, [key for key, _ in routes]


def values(node: Node) -> Iterable[Any]:
    """The items of a list as rows. A mapping or a scalar is the only item; null has none."""
    if isinstance(node, SequenceNode):
        return map(row, node.items)
    if isinstance(node, ScalarNode) and isinstance(node.value, list):  # of JSON, decoded
        return node.value
    return [] if isinstance(node, ScalarNode) and node.value is None else [row(node)]


# -- entries of programs ----------------------------------------------------------------------------------


def read_entries(entries: Iterable[Any]) -> Reading:
    """Read entries: mappings, objects of the SDK, `RouteEntry`. Each is on the line with its number in a file
    named `<entries>`."""
    given = list(entries)
    rows = list(map(_entry, given))
    source = Source("<entries>", "\n" * max(len(rows) - 1, 0))
    reading = Reading("route-set", [source.file])
    collector = Collector(source, reading)

    def node(index: int) -> Node:
        return tree(rows[index], index)

    collector.add(collector.tables(rows, node), node)
    collector.close()
    # The region of entries that were read from elsewhere may come from a provider, a stack or a profile.
    elsewhere = {
        line
        for line, entry in enumerate(given, 1)
        if isinstance(entry, RouteEntry) and entry.region_id is None and entry.kind not in _WITH_REGION
    }
    reading.problems = [
        one for one in reading.problems if one.field != "RegionId" or one.location.line not in elsewhere
    ]
    return reading


def _entry(entry: Any) -> Any:
    if isinstance(entry, RouteEntry):
        return dict(zip(FIELDS, entry, strict=False))
    left_out: Collection[str] = ()
    if hasattr(entry, "to_map"):
        entry, left_out = entry.to_map(), _COMMON
    if not isinstance(entry, Mapping):
        return entry
    return {name: scalar(value) for name, value in entry.items() if name not in left_out}
