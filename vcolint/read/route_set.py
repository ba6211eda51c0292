"""Route sets: YAML, JSON, JSON Lines and CSV.

Each document is a list of entries, one entry, or a mapping with `Routes`. The other fields of such a mapping
apply to each entry that does not give them itself.
"""

from __future__ import annotations

from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import given_twice
from vcolint.read.entries import Collector, Rows
from vcolint.text.nodes import row
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source
from vcolint.text.wording import described

_ROUTES = ("Routes", "routes")


def read(source: Source, format: str) -> Reading:
    """Read a route set; `format` is "yaml", "json", "jsonl" or "csv". Raises SyntaxFault for text that is
    not of that format."""
    reading = Reading("route-set", [source.file])
    collector = Collector(source, reading)
    if format == "csv":
        from vcolint.read import csv

        reading.texts[source.file] = source.text
        csv.add(collector, source)
    else:
        found = documents(source, format, reading)
        if format == "jsonl" and _holds_routes(found):
            from vcolint.text.json import lines

            found = list(lines(source))  # each is a document of its own
        _add_documents(collector, found)
    collector.close()
    return reading


def _add_documents(collector: Collector, documents: list[Node]) -> None:
    """Add the entries in the documents of a file. An empty document has none."""
    alike: list[Node] = []  # entries without fields next to `Routes`

    def add_alike() -> None:
        if alike:
            collector.add(_rows(collector.source, SequenceNode(alike[:], 0, 0)))
            alike.clear()

    for document in documents:
        if isinstance(document, MappingNode):
            routes = [pair for pair in (*document.pairs, *document.merged) if _is_routes(pair[0])]
            if routes:
                add_alike()
                collector.add(_routes(collector, routes), _without_routes(document))
            else:
                alike.append(document)
        elif isinstance(document, SequenceNode):
            alike += document.items
        elif isinstance(document.value, list):
            add_alike()
            collector.add(_rows(collector.source, document))
        elif document.value is not None:
            message = say(
                "a route set must be a list of entries, one entry, or a mapping with Routes, not {described}",
                described=described(document.value),
            )
            collector.problem(message, (document.start, document.end))
    add_alike()


def _rows(source: Source, node: Node) -> Rows:
    """The items of a list. Other nodes have none."""
    if isinstance(node, SequenceNode):
        return Rows(list(map(row, node.items)), node.items.__getitem__)
    if isinstance(node, ScalarNode) and isinstance(node.value, list):  # of JSON, decoded
        from vcolint.text.json import Items

        items = Items(source, node)
        return Rows(node.value, items.node, items.span)
    return Rows([], lambda _: node)


def _routes(collector: Collector, routes: list[tuple[Node, Node]]) -> Rows:
    """The entries under `Routes`. If the key occurs twice, the first one counts."""
    (first, node), *others = routes
    assert isinstance(first, ScalarNode)
    for key, _ in others:
        assert isinstance(key, ScalarNode)
        place, before = (collector.source.location(one.start, one.end) for one in (key, first))
        twice = given_twice(str(key.value), place, before)
        if key.value != first.value:
            twice = twice._replace(kind="schema", message=say("both Routes and routes are given"))
        collector.problems.append(twice)
    if isinstance(node, MappingNode) or (
        isinstance(node, ScalarNode) and not isinstance(node.value, (list, type(None)))
    ):
        what = described(node.value) if isinstance(node, ScalarNode) else say("a mapping")
        message = say("{value} must be a list, not {what}", value=first.value, what=what)
        collector.problem(message, (node.start, node.end))
    return _rows(collector.source, node)


def _holds_routes(lines: list[Node]) -> bool:
    """Whether a decoded line of JSON Lines is a mapping with `Routes`."""
    decoded: list[Any] = [line.value for line in lines if isinstance(line, ScalarNode)]
    return any(
        "Routes" in row or "routes" in row for rows in decoded if isinstance(rows, list) for row in rows
    )


def _is_routes(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value in _ROUTES


def _without_routes(node: MappingNode) -> MappingNode:
    pairs, merged = (
        [pair for pair in pairs if not _is_routes(pair[0])] for pairs in (node.pairs, node.merged)
    )
    return MappingNode(pairs, node.start, node.end, node.tag, merged)
