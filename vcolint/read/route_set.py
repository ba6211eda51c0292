"""Route sets: YAML, JSON, JSON Lines and CSV.

Each document is a list of entries, one entry, or a mapping with `Routes`, whose other fields hold for each
entry that does not give them itself.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from json import JSONDecoder
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.entries import Collector, NodeOf, Repeated, row
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
    elif format == "jsonl":
        try:
            collector.add(_line_rows(source.text), _nodes_of_lines(source))
        except (ValueError, RecursionError):  # not an entry in each line
            collector = Collector(source, reading)
            _add_documents(collector, list(_line_nodes(source)))
    elif found := _json_rows(source):
        collector.add(*found)
    else:
        _add_documents(collector, [parse(source)])
    collector.close()
    return reading


# -- documents as nodes -----------------------------------------------------------------------------------


def _add_documents(collector: Collector, documents: list[Node]) -> None:
    """Add what the documents of a file hold. An empty document holds nothing."""
    alike: list[Node] = []  # entries beside which nothing stands

    def add(items: list[Node], beside: MappingNode | None = None) -> None:
        if items or beside is not None:
            shared = (beside.start, beside.end) if beside is not None else None
            collector.add(map(row, items), items.__getitem__, beside, shared)

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
# The standard library's decoder is many times as fast as a tree with places. So it reads the rows, and a
# place is looked for when it is asked for.


def _refuse(word: str) -> Any:
    raise ValueError(word)  # NaN and the infinities are not JSON


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Repeated(mapping)


_DECODER = JSONDecoder(parse_constant=_refuse, object_pairs_hook=_mapping)

_BLANKS = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_BETWEEN = re.compile(r"\}[ \t\n\r]*,[ \t\n\r]*\{")
_BEGINNING = re.compile(r'"[Rr]outes"[ \t\n\r]*:[ \t\n\r]*\[')

_Rows = tuple[list[Any], NodeOf, "MappingNode | None", "tuple[int, int] | None"]


def _json_rows(source: Source) -> _Rows | None:
    """The rows of a document that is a list, or a mapping with one list under `Routes`, as `Collector.add`
    takes them. None if it is neither, or is no JSON."""
    text = source.text
    begin = _behind(_BLANKS, text, 0)
    is_list = text.startswith("[", begin)
    if not is_list:
        found = _BEGINNING.search(text)
        if found is None or text.count("{", 0, found.end()) != 1:
            return None
        begin = found.end() - 1
    try:
        rows, end = _DECODER.raw_decode(text, begin)
        around = None if is_list else parse(Source(source.file, text[: begin + 1] + text[end - 1 :]))
    except (ValueError, RecursionError, SyntaxFault):
        return None
    node = _nodes_of_list(source, begin + 1, len(rows), set(map(type, rows)) <= {dict, Repeated})
    if is_list:
        return (rows, node, None, None) if _behind(_BLANKS, text, end) == len(text) else None
    if not isinstance(around, MappingNode):
        return None
    if [value.start for key, value in around.pairs if _is_routes(key)] != [begin]:
        return None
    left_out = end - begin - 2
    for part in (around, *chain.from_iterable(around.pairs)):
        part.start += left_out if part.start > begin else 0
        part.end += left_out if part.end > begin else 0
    return rows, node, _without_routes(around), (around.start, around.end)


def _nodes_of_list(source: Source, begin: int, count: int, uniform: bool) -> NodeOf:
    """The elements of the list in a JSON text whose first one is looked for from `begin`. `uniform` if all
    are mappings."""
    text = source.text

    @cache
    def starts() -> Sequence[int]:
        start = _behind(_BLANKS, text, begin)
        # What lies between mappings. In a text or deeper in it may look the same, but then there is more.
        found = array("q", [start, *(between.end() - 1 for between in _BETWEEN.finditer(text, start))])
        if uniform and len(found) == count:
            return found
        found = array("q", [start])
        while len(found) < count:
            start = _behind(_COMMA, text, _DECODER.raw_decode(text, start)[1])
            found.append(start)
        return found

    return lambda index: parse_at(source, starts()[index])[0]


def _behind(pattern: re.Pattern[str], text: str, index: int) -> int:
    """The offset behind what may stand at `index`."""
    found = pattern.match(text, index)
    assert found is not None
    return found.end()


# -- JSON Lines: a document a line, blank lines aside --------------------------------------------------------

_LINE = re.compile(r"[^ \t\r\n](?:[^\r\n]*[^ \t\r\n])?")


def _line_rows(text: str) -> Iterator[dict[str, Any]]:
    """The lines as rows. Raises ValueError where one is no entry."""
    for value in _joined_lines(text) or _lines(text):
        if not isinstance(value, dict) or "Routes" in value or "routes" in value:
            raise ValueError(say("not an entry"))
        yield value


def _joined_lines(text: str) -> list[Any] | None:
    """The values of the lines, decoded all at once, which takes half the time: where each line begins with
    its only brace, so that no mapping reaches beyond its line. Raises ValueError."""
    body = text.strip(" \t\r\n").replace("\r\n", "\n")
    count = body.count("\n") + 1
    if not body.startswith("{") or body.count("\n{") + 1 != count or body.count("{") != count:
        return None
    rows: list[Any] = _DECODER.decode(f"[{body.replace(chr(10), ',')}]")
    return rows if len(rows) == count else None


def _lines(text: str) -> Iterator[Any]:
    for line in _LINE.finditer(text):
        value, end = _DECODER.raw_decode(text, line.start())
        if end != line.end():
            raise ValueError(say("expected one value per line"))
        yield value


def _nodes_of_lines(source: Source) -> NodeOf:
    @cache
    def starts() -> Sequence[int]:
        return array("q", (line.start() for line in _LINE.finditer(source.text)))

    return lambda index: parse_at(source, starts()[index])[0]


def _line_nodes(source: Source) -> Iterator[Node]:
    for line in _LINE.finditer(source.text):
        try:
            node, end = parse_at(source, line.start())
        except SyntaxFault as fault:
            if fault.start <= line.end():
                raise
            end = fault.start
        if end > line.end():
            raise SyntaxFault(say("the value continues after the end of its line"), line.start(), line.end())
        if end < line.end():
            raise SyntaxFault(
                say("expected the end of the line"), _behind(_BLANKS, source.text, end), line.end()
            )
        yield node
