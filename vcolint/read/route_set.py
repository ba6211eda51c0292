"""Route sets: YAML, JSON, JSON Lines and CSV.

Each document is a list of entries, one entry, or a mapping with `Routes`, whose other fields hold for each
entry that does not give them itself.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from json import JSONDecoder
from operator import itemgetter
from typing import Any

from vcolint.entry import SPELLINGS
from vcolint.read.entries import Batch, Collector, Nodes, Repeated, Table, may_hold_placeholder, row
from vcolint.read.json import parse, parse_at
from vcolint.read.reading import Reading
from vcolint.read.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.wording import described

_ROUTES = ("Routes", "routes")


def read(source: Source, format: str) -> Reading:
    """Read a route set; `format` is "yaml", "json", "jsonl" or "csv". Raises SyntaxFault for text that is
    not of that format."""
    reading = Reading("route-set", [source.file])
    reading.texts[source.file] = source.text
    collector = Collector(source, reading)
    if format == "yaml":
        from vcolint.read import remarks, yaml

        documents = yaml.parse(source)
        reading.remarks = remarks.find(source, documents)
        _add_documents(collector, documents)
    elif format == "csv":
        from vcolint.read import csv

        csv.add(collector, source)
    elif format == "jsonl":
        _add_lines(collector, source)
    else:
        _add_json(collector, source)
    collector.close()
    return reading


# -- documents as nodes -----------------------------------------------------------------------------------


def _add_documents(collector: Collector, documents: list[Node]) -> None:
    """Add what the documents of a file hold. An empty document holds nothing."""
    alike: list[Node] = []  # entries beside which nothing stands
    is_clear = "\\" not in collector.source.text and not may_hold_placeholder(collector.source.text)

    def add(items: list[Node], beside: MappingNode | None = None) -> None:
        if items or beside is not None:
            shared = (beside.start, beside.end) if beside is not None else None
            collector.add(Batch(Table(list(map(row, items))), Nodes(items), beside, shared, is_clear))

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
            message = (
                "a route set is a list of entries, an entry, or a mapping with Routes, "
                f"not {described(document.value)}"
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
            ("duplicate-key", f"{key.value} is given twice")
            if key.value == first.value
            else ("schema", "both Routes and routes are given")
        )
        related = (("first given here", source.location(first.start, first.end)),)
        collector.problem(kind, message, (key.start, key.end), related=related)
    if isinstance(node, SequenceNode):
        return node.items
    if not isinstance(node, ScalarNode) or node.value is not None:
        what = described(node.value) if isinstance(node, ScalarNode) else "a mapping"
        collector.problem("schema", f"{first.value} must be a list, not {what}", (node.start, node.end))
    return []


# -- JSON -------------------------------------------------------------------------------------------------
#
# The standard library's decoder is many times as fast as a tree with places, but drops all but the last of
# equal keys. A place is looked for when it is asked for.


def _refuse(word: str) -> Any:
    raise ValueError(word)  # NaN and the infinities are not JSON


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Repeated(mapping)


_DECODER = JSONDecoder(parse_constant=_refuse)
_CAREFUL_DECODER = JSONDecoder(parse_constant=_refuse, object_pairs_hook=_mapping)

_LARGE = 1 << 16  # characters
_FEW = 100  # entries by which to guess what all are like

# The entries of a document, and what stands beside their list: None where the list is the document.
_Found = tuple[Table, "dict[str, Any] | None"]

_ESCAPE = re.compile(r'\\[\\"]')
_BLANKS = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_BETWEEN = re.compile(r"\}[ \t\n\r]*,[ \t\n\r]*\{")
_BEGINNING = re.compile(r'"[Rr]outes"[ \t\n\r]*:[ \t\n\r]*\[')


def _add_json(collector: Collector, source: Source) -> None:
    if not _add_fast(collector, source):
        _add_documents(collector, [parse(source)])


def _add_fast(collector: Collector, source: Source) -> bool:
    """Add the entries of a JSON file that is a list or a mapping with `Routes`; False if it is neither, or
    cannot be read so."""
    text = source.text
    try:
        found = _taken_apart(text) or _as_rows(text)
    except (ValueError, RecursionError):
        return False
    if found is None:
        return False
    table, beside = found
    is_list = beside is None
    begin = text.index("[") + 1 if is_list else _list_begin(text)
    if begin is None:
        return False
    elements = _JsonList(source, begin, len(table.rows), table.uniform)
    is_clear = _is_clear(text, table, 0 if is_list else 1)
    if is_list:
        collector.add(Batch(table, elements, clear=is_clear))
        return True
    end = text.rindex("]")
    if text[end + 1 :].strip() != "}" or _holds_list(beside or {}):
        end = elements.end()
    shared = text.index("{"), text.rindex("}") + 1
    collector.add(Batch(table, elements, _mapping_around(source, begin, end), shared, is_clear))
    return True


def _as_rows(text: str) -> _Found | None:
    """The entries of a document, and what stands beside their list; None if it has no such list.

    Raises ValueError and RecursionError.
    """
    data = _DECODER.decode(text)
    table = _table(data)
    if table is None:
        return None
    beside = None if isinstance(data, list) else _beside(data)
    if not _is_all(text, table, beside):
        table = _table(_CAREFUL_DECODER.decode(text))
    return None if table is None else (table, beside)


def _taken_apart(text: str) -> _Found | None:
    """The same for a large document whose entries all have the same keys: each is taken apart as soon as it
    is decoded, while it is at hand. None where it is not that regular."""
    if len(text) < _LARGE:
        return None
    start = _behind(_BLANKS, text, 0)
    begin = start if text[start : start + 1] == "[" else (_list_begin(text) or 0) - 1
    names = _names(text, begin + 1) if begin >= 0 else None
    if names is None:
        return None
    try:
        rows, end = JSONDecoder(parse_constant=_refuse, object_hook=itemgetter(*names)).raw_decode(
            text, begin
        )
    except KeyError:
        return None
    if set(map(type, rows)) != {tuple}:
        return None
    beside = None
    if begin == start:
        _DECODER.decode("[]" + text[end:])
    else:
        around = _DECODER.decode(text[:begin] + "[]" + text[end:])
        if _table(around) is None:
            return None
        beside = _beside(around)
    table = Table(rows, names)
    # A mapping inside a row may have been taken apart too; and a row may have had more keys, or some twice.
    regular = not any(tuple in kinds for kinds in table.kinds.values()) and _is_all(text, table, beside)
    return (table, beside) if regular else None


def _names(text: str, index: int) -> tuple[str, ...] | None:
    """The keys of the elements of a list, in the order of the first one, as far as a look at the first few
    tells; None if they are not the names of fields, each once. Raises ValueError."""
    layouts: dict[frozenset[str], tuple[str, ...]] = {}
    index = _behind(_BLANKS, text, index)
    for _ in range(_FEW):
        if text[index : index + 1] != "{":
            return None
        one, index = _DECODER.raw_decode(text, index)
        layouts.setdefault(frozenset(one), tuple(one))
        comma = _COMMA.match(text, index)
        if comma is None:
            break
        index = comma.end()
    names = next(iter(layouts.values()))
    fields = {SPELLINGS.get(name) for name in names}
    plain = len(layouts) == 1 and None not in fields and len(fields) == len(names) > 1
    return names if plain else None


def _is_all(text: str, table: Table, beside: dict[str, Any] | None) -> bool:
    """Whether the rows, and what stands beside their list, hold all strings that are written: no key that
    was given twice has hidden one."""
    around = 0 if beside is None else 1 + _strings(beside)
    return _quotes(text) == 2 * (_strings_of(table) + around)


def _mapping_around(source: Source, begin: int, end: int) -> MappingNode:
    """The mapping around the list between two offsets, without its list."""
    mapping = parse(Source(source.file, source.text[:begin] + source.text[end:]))
    assert isinstance(mapping, MappingNode)
    for node in chain.from_iterable(mapping.pairs):
        if node.start >= begin:
            node.start += end - begin
            node.end += end - begin
    return _without_routes(mapping)


def _table(data: Any) -> Table | None:
    """The entries of a document that is a list, or a mapping with one list under `Routes`."""
    if isinstance(data, list):
        return Table(data)
    if type(data) is dict:
        routes = [data[name] for name in _ROUTES if name in data]
        if len(routes) == 1 and isinstance(routes[0], list):
            return Table(routes[0])
    return None


def _beside(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _ROUTES}


def _holds_list(beside: dict[str, Any]) -> bool:
    return any(isinstance(value, (list, dict)) for value in beside.values())


def _list_begin(text: str) -> int | None:
    """Where the list under `Routes` begins; None if that is not to be told at a glance."""
    found = _BEGINNING.search(text)
    return found.end() if found is not None and text.count("{", 0, found.end()) == 1 else None


def _is_clear(text: str, table: Table, around: int) -> bool:
    """Whether no text in the rows of a table can hold a placeholder: no brace of the JSON text is another
    than those of the rows and of the mappings `around` them, and none is written as an escape."""
    if "\\" in text and "\\u00" in text:
        return False
    only_rows = table.uniform and text.count("{") == len(table.rows) + around
    return only_rows or not may_hold_placeholder(text)


def _quotes(text: str) -> int:
    """How many quotes of a JSON text begin or end a string: two for each one that is written."""
    if "\\" not in text:
        return text.count('"')
    return text.count('"') - _ESCAPE.findall(text).count('\\"')


def _strings(value: Any) -> int:
    """How many strings a value holds, keys counted in."""
    count = 0
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, str):
            count += 1
        elif isinstance(one, dict):
            count += len(one)
            ahead += one.values()
        elif isinstance(one, list):
            ahead += one
    return count


def _strings_of(table: Table) -> int:
    """The same for the rows of a table."""
    rows = table.rows
    if not table.whole:
        return _strings(rows)
    count = sum(map(len, rows))
    for name, column in table.columns.items():
        kinds = table.kinds[name]
        if kinds == {str}:
            count += len(rows)
        elif not kinds.isdisjoint((dict, list)):
            count += _strings(column)
        elif str in kinds:
            count += Counter(map(type, column))[str]
    return count


class _JsonList:
    """The elements of the list in a JSON text whose first one is looked for from the offset `begin`.
    `uniform` if all are mappings."""

    def __init__(self, source: Source, begin: int, count: int, uniform: bool) -> None:
        self._source = source
        self._begin = begin
        self._count = count
        self._uniform = uniform
        self._found: Sequence[int] = ()

    def end(self) -> int:
        """The offset of the bracket that closes the list."""
        end = self.span(self._count - 1)[1] if self._count else self._begin
        return _behind(_BLANKS, self._source.text, end)

    def span(self, index: int) -> tuple[int, int]:
        text, starts = self._source.text, self._starts()
        start = starts[index]
        if index == self._count - 1:
            return start, _DECODER.raw_decode(text, start)[1]
        return start, start + len(text[start : starts[index + 1]].rstrip(" \t\n\r,"))

    def node(self, index: int) -> Node:
        return parse_at(self._source, self._starts()[index])[0]

    def _starts(self) -> Sequence[int]:
        """Where the elements begin."""
        if not self._found:
            text = self._source.text
            first = _behind(_BLANKS, text, self._begin)
            # What lies between mappings. In a text or deeper in it may look the same, but then there is more.
            starts = array("q", [first, *(found.end() - 1 for found in _BETWEEN.finditer(text, first))])
            regular = self._uniform and len(starts) == self._count
            self._found = starts if regular else self._walk(first)
        return self._found

    def _walk(self, start: int) -> Sequence[int]:
        starts = array("q", [start])
        while len(starts) < self._count:
            start = _behind(_COMMA, self._source.text, _DECODER.raw_decode(self._source.text, start)[1])
            starts.append(start)
        return starts


def _behind(pattern: re.Pattern[str], text: str, index: int) -> int:
    """The offset behind what may stand at `index`."""
    found = pattern.match(text, index)
    assert found is not None
    return found.end()


# -- JSON Lines -------------------------------------------------------------------------------------------

_LINE = re.compile(r"[^ \t\r\n](?:[^\r\n]*[^ \t\r\n])?")


def _add_lines(collector: Collector, source: Source) -> None:
    """Add the documents of JSON Lines: one a line, blank lines aside."""
    text = source.text
    try:
        rows = _joined_lines(text) or _lines(text, _DECODER)
        table = Table(rows)
        if _quotes(text) != 2 * _strings_of(table):
            table = Table(_lines(text, _CAREFUL_DECODER))
        are_entries = table.uniform and table.columns.keys().isdisjoint(_ROUTES)
    except (ValueError, RecursionError):
        are_entries = False
    if are_entries:
        collector.add(Batch(table, _JsonLines(source), clear=_is_clear(text, table, 0)))
    else:
        _add_documents(collector, list(_line_nodes(source)))


def _joined_lines(text: str) -> list[Any] | None:
    """The values of lines that are mappings with no mappings in them, read all at once; None where lines
    are not that plain. Raises ValueError."""
    body = text.strip(" \t\r\n")
    if "\r" in body:
        body = body.replace("\r\n", "\n")
    count = body.count("\n{") + 1
    if not body.startswith("{") or body.count("\n") + 1 != count or body.count("{") != count:
        return None
    rows: list[Any] = _DECODER.decode(f"[{body.replace(chr(10), ',')}]")
    # A mapping for each brace, and nothing beside them: so each stands in its own line.
    return rows if len(rows) == count and set(map(type, rows)) == {dict} else None


def _lines(text: str, decoder: JSONDecoder) -> list[Any]:
    """The values of the lines. Raises ValueError."""
    values = []
    for line in _LINE.finditer(text):
        value, end = decoder.raw_decode(text, line.start())
        if end != line.end():
            raise ValueError("not a value in a line")
        values.append(value)
    return values


def _line_nodes(source: Source) -> Iterator[Node]:
    for line in _LINE.finditer(source.text):
        try:
            node, end = parse_at(source, line.start())
        except SyntaxFault as fault:
            if fault.start <= line.end():
                raise
            end = fault.start
        if end > line.end():
            raise SyntaxFault("the value does not end in its line", line.start(), line.end())
        if end < line.end():
            raise SyntaxFault("expected the end of the line", _behind(_BLANKS, source.text, end), line.end())
        yield node


class _JsonLines:
    """The values of JSON Lines."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._starts: Sequence[int] = ()
        self._ends: Sequence[int] = ()

    def span(self, index: int) -> tuple[int, int]:
        if not self._starts:
            text = self._source.text
            self._starts = array("q", (line.start() for line in _LINE.finditer(text)))
            self._ends = array("q", (line.end() for line in _LINE.finditer(text)))
        return self._starts[index], self._ends[index]

    def node(self, index: int) -> Node:
        return parse_at(self._source, self.span(index)[0])[0]
