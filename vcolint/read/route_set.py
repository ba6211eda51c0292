"""Route sets: YAML, JSON, JSON Lines and CSV.

Each document is a list of entries, one entry, or a mapping with `Routes`, whose other fields hold for each
entry that does not give them itself.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from json import JSONDecoder
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import FIELDS, snake_case
from vcolint.model.reading import Reading
from vcolint.read.entries import Collector, Repeated, row
from vcolint.text.json import parse, parse_at
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.wording import described

_ROUTES = ("Routes", "routes")


def read(source: Source, format: str) -> Reading:
    """Read a route set; `format` is "yaml", "json", "jsonl" or "csv". Raises SyntaxFault for text that is
    not of that format."""
    reading = Reading("route-set", [source.file])
    reading.texts[source.file] = source.text
    collector = Collector(source, reading)
    if format == "yaml":
        from vcolint.text import remarks, yaml

        documents = yaml.parse(source)
        reading.remarks = remarks.find(source, documents)
        _add_documents(collector, documents)
    elif format == "csv":
        from vcolint.read import csv

        csv.add(collector, source)
    else:
        is_lines = format == "jsonl"
        try:
            rows, places, around = _line_rows(source) if is_lines else _list_rows(source)
        except (ValueError, StopIteration, RecursionError, SyntaxFault):
            # Not JSON, or not simply a list.
            _add_documents(collector, list(_line_nodes(source)) if is_lines else [parse(source)])
        else:
            collector.add(rows, places.node, places.span, around)
    collector.close()
    return reading


# -- documents as nodes -----------------------------------------------------------------------------------


def _add_documents(collector: Collector, documents: list[Node]) -> None:
    """Add what the documents of a file hold. An empty document holds nothing."""
    alike: list[Node] = []  # entries beside which nothing stands

    def add(items: list[Node], beside: MappingNode | None = None) -> None:
        if items or beside is not None:
            collector.add(map(row, items), items.__getitem__, beside=beside)

    for document in documents:
        if isinstance(document, SequenceNode):
            alike += document.items
        elif isinstance(document, MappingNode):
            routes = [pair for pair in (*document.pairs, *document.merged) if _is_routes(pair[0])]
            if routes:
                add(alike)
                alike = []
                add(_items(collector, routes), _without_routes(document))
            else:
                alike.append(document)
        elif document.value is not None:
            message = say(
                "a route set must be a list of entries, one entry, or a mapping with Routes, not {described}",
                described=described(document.value),
            )
            collector.problem("schema", message, (document.start, document.end))
    add(alike)


def _is_routes(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value in _ROUTES


def _without_routes(node: MappingNode) -> MappingNode:
    pairs, merged = (
        [pair for pair in pairs if not _is_routes(pair[0])] for pairs in (node.pairs, node.merged)
    )
    return MappingNode(pairs, node.start, node.end, node.tag, merged)


def _items(collector: Collector, routes: list[tuple[Node, Node]]) -> list[Node]:
    """The entries under `Routes`: where it stands twice, under the first one."""
    source = collector.source
    (first, node), *others = routes
    assert isinstance(first, ScalarNode)
    for key, _ in others:
        assert isinstance(key, ScalarNode)
        kind, message = (
            ("duplicate-key", say("{value} is given twice", value=key.value))
            if key.value == first.value
            else ("schema", say("both Routes and routes are given"))
        )
        related = ((say("first given here"), source.location(first.start, first.end)),)
        collector.problem(kind, message, (key.start, key.end), related=related)
    if isinstance(node, SequenceNode):
        return node.items
    if not isinstance(node, ScalarNode) or node.value is not None:
        what = described(node.value) if isinstance(node, ScalarNode) else say("a mapping")
        collector.problem(
            "schema",
            say("{value} must be a list, not {what}", value=first.value, what=what),
            (node.start, node.end),
        )
    return []


# -- JSON -------------------------------------------------------------------------------------------------
#
# The standard library's decoder is many times as fast as a tree with places. So it reads the rows one by one,
# and a place is looked for when it is asked for.


def _refuse(word: str) -> Any:
    raise ValueError(word)  # NaN and the infinities are not JSON


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Repeated(mapping)


# From a text and an offset to the value there and the offset behind it. Raises ValueError, and StopIteration
# where no value begins.
_decode: Callable[[str, int], tuple[Any, int]] = JSONDecoder(
    parse_constant=_refuse, object_pairs_hook=_mapping
).scan_once  # type: ignore[attr-defined]

_BLANKS = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_BEGINNING = re.compile(r'[ \t\n\r]*(?:\{[^{]*?"[Rr]outes"[ \t\n\r]*:[ \t\n\r]*)?(?=\[)')
_LINE = re.compile(r"[^ \t\r\n][^\r\n]*")
# In a mapping, a quote that nothing escapes begins or ends a text: so this is a key.
_KEY = {name: re.compile(rf'(?<!\\)"(?:{name}|{snake_case(name)})"[ \t\n\r]*:[ \t\n\r]*') for name in FIELDS}


_Offsets = Sequence[int]


class _Places(NamedTuple):
    """Where the rows of a JSON text are. It does not hold them: they are most of the memory of a run."""

    source: Source
    spans: Callable[[], tuple[_Offsets, _Offsets]]  # where each begins, and where it ends

    def node(self, index: int) -> Node:
        """A row with its places."""
        return parse_at(self.source, self.spans()[0][index])[0]

    def span(self, index: int, field: str | None) -> tuple[int, int] | None:
        """Where a flat row stands, or the value that it gives a field; None if it gives none."""
        starts, ends = self.spans()
        start, end = starts[index], ends[index]
        if field is None:
            return start, end
        key = _KEY[field].search(self.source.text, start, end)
        if key is None:
            return None
        value, behind = _decode(self.source.text, key.end())
        return None if value is None else (key.end(), behind)


_Rows = tuple[list[Any], _Places, MappingNode | None]  # the mapping around them, without their list


def _list_rows(source: Source) -> _Rows:
    """The items of a list that is the document, or stands under `Routes` in it. Raises ValueError,
    StopIteration, RecursionError or SyntaxFault where there is no such list."""
    text = source.text
    beginning = _BEGINNING.match(text)
    if beginning is None:
        raise ValueError
    begin = beginning.end()
    rows, end = _decode(text, begin)
    count = len(rows)

    @cache
    def spans() -> tuple[_Offsets, _Offsets]:
        starts, ends = array("q"), array("q")
        at = _behind(_BLANKS, text, begin + 1)
        for _ in range(count):
            starts.append(at)
            at = _decode(text, at)[1]
            ends.append(at)
            at = _behind(_COMMA, text, at)
        return starts, ends

    # The rest of the text is read with an empty list in its place.
    around = parse(Source(source.file, f"{text[:begin]}[]{text[end:]}"))
    if isinstance(around, SequenceNode):
        return rows, _Places(source, spans), None
    assert isinstance(around, MappingNode)
    if [value.start for key, value in around.pairs if _is_routes(key)] != [begin]:
        raise ValueError
    left_out = end - begin - 2
    for part in (around, *chain.from_iterable(around.pairs)):
        part.start += left_out if part.start > begin else 0
        part.end += left_out if part.end > begin else 0
    return rows, _Places(source, spans), _without_routes(around)


def _line_rows(source: Source) -> _Rows:
    """The lines of JSON Lines, blank ones aside. Raises ValueError, StopIteration or RecursionError where one
    is no entry."""
    text, rows, starts, ends = source.text, list[Any](), array("q"), array("q")
    for line in _LINE.finditer(text):
        value, end = _decode(text, line.start())
        if text[end : line.end()].strip(" \t") or not isinstance(value, dict):
            raise ValueError
        if "Routes" in value or "routes" in value:
            raise ValueError
        rows.append(value)
        starts.append(line.start())
        ends.append(end)
    return rows, _Places(source, lambda: (starts, ends)), None


def _behind(pattern: re.Pattern[str], text: str, index: int) -> int:
    """The offset behind what may stand at `index`."""
    found = pattern.match(text, index)
    return index if found is None else found.end()


def _line_nodes(source: Source) -> Iterator[Node]:
    """The documents of JSON Lines, whatever they are. Raises SyntaxFault."""
    for line in _LINE.finditer(source.text):
        begin, behind = line.start(), line.start() + len(line[0].rstrip(" \t"))
        try:
            node, end = parse_at(source, begin)
        except SyntaxFault as fault:
            if fault.start <= behind:
                raise
            end = fault.start
        if end > behind:
            raise SyntaxFault(say("the value continues after the end of its line"), begin, behind)
        if end < behind:
            raise SyntaxFault(say("expected the end of the line"), _behind(_BLANKS, source.text, end), behind)
        yield node
