"""Route sets in CSV: a header with the names of fields, and a row for each entry.

Cells are separated by commas, semicolons or tabs. All values are text; those of `Weight` and `DryRun` are
converted.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import GATEWAY_FIELDS, SPELLINGS
from vcolint.read.entries import Collector, unknown_name
from vcolint.text.lines import Lines
from vcolint.text.source import MappingNode, Node, ScalarNode, Source, SyntaxFault
from vcolint.text.value import Scalar, Unknown

_DELIMITERS = ",;\t"
_CELL = {delimiter: re.compile(rf'"[^"]*(?:""[^"]*)*"|[^{delimiter}\r\n]*') for delimiter in _DELIMITERS}
_INTEGER = re.compile(r"-?[0-9]{1,500}")
_BOOLEANS = {"true": True, "false": False}
_TWICE = Unknown(say("given twice"), reported=True)


class _Cell(NamedTuple):
    text: str
    start: int
    end: int


def add(collector: Collector, source: Source) -> None:
    """Add the entries of a file. Raises SyntaxFault for text that is not CSV."""
    delimiter = _delimiter(source.text)
    starts = array("q")
    records = _records(source.text, delimiter, starts)
    if next(records, None) is None:
        return
    header = _cells(source.text, starts[0], _CELL[delimiter])
    keys = _keys(collector, header)
    twice = {key for key in keys if key is not None and keys.count(key) > 1 and key in SPELLINGS.values()}
    unnamed = [index for index, cell in enumerate(header) if not cell.text]
    used: set[int] = set()  # of those without a name

    def rows() -> Iterator[dict[str | None, Scalar]]:
        for record in records:
            if unnamed:
                used.update(index for index in unnamed if any(record[index : index + 1]))
            yield _row(record, keys, twice)

    shared = header[0].start, header[-1].end
    elements = _Rows(source, starts, _CELL[delimiter], header, keys, twice)
    collector.add(rows(), elements.node, shared=shared)
    for index in used:
        cell = header[index]
        collector.problem(
            "schema", say("column {index} has no name", index=index + 1), (cell.start, cell.end)
        )


def _delimiter(text: str) -> str:
    """What separates the cells: what gives the header the most known names."""
    stream = StringIO(text, newline="")

    def known(delimiter: str) -> int:
        stream.seek(0)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            header = next((record for record in reader if any(record)), [])
        except csv.Error:
            return 0
        return sum(name in SPELLINGS or name in GATEWAY_FIELDS for name in header)

    return max(_DELIMITERS, key=known)


def _records(text: str, delimiter: str, starts: array[int]) -> Iterator[list[str]]:
    """The records that hold anything; where they begin is added to `starts`. Raises SyntaxFault."""
    lines = Lines(text).starts
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        for record in reader:
            if any(record) and (len(record) > 1 or record[0].strip()):
                starts.append(lines[line])
                yield record
            line = reader.line_num
    except csv.Error as error:
        raise SyntaxFault(_fault(str(error)), lines[line]) from None


def _fault(message: str) -> str:
    """What the csv module found wrong."""
    if "end of data" in message:
        return say("the quoted text in the row that starts here is never closed")
    if "expected after" in message:
        return say("text follows a quoted cell in this row: write a quote inside a cell twice")
    return say("not CSV: {message}", message=message)


def _cells(text: str, start: int, pattern: re.Pattern[str]) -> list[_Cell]:
    """The cells of the record that begins at `start`."""
    cells = []
    while True:
        found = pattern.match(text, start)
        assert found is not None
        written, end = found[0], found.end()
        held = written[1:-1].replace('""', '"') if written.startswith('"') else written
        cells.append(_Cell(held, start, end))
        if text[end : end + 1] in ("", "\r", "\n"):
            return cells
        start = end + 1


def _keys(collector: Collector, header: list[_Cell]) -> list[str | None]:
    """The key of each column: a field's name in the API, or a VPN gateway's; None for what is passed over,
    and what is wrong is reported."""
    source = collector.source
    first: dict[str, _Cell] = {}
    keys: list[str | None] = []
    for cell in header:
        field = SPELLINGS.get(cell.text)
        name = field or cell.text
        span = cell.start, cell.end
        known = field is not None or name in GATEWAY_FIELDS
        keys.append(name if known else None)
        if not name:
            continue
        if name in first:
            related = ((say("first given here"), source.location(first[name].start, first[name].end)),)
            collector.problem("duplicate-key", say("{name} is given twice", name=name), span, field, related)
        elif not known:
            collector.problem("schema", unknown_name(name), span)
        first.setdefault(name, cell)
    return keys


def _row(record: list[str], keys: list[str | None], twice: set[str]) -> dict[str | None, Scalar]:
    """A record as a row. What stands beyond the header's columns has the key None."""
    row: dict[str | None, Scalar] = {
        key: cell or None for key, cell in zip(keys, record, strict=False) if key is not None
    }
    for key in ("Weight", "DryRun"):
        if key in row:
            row[key] = _converted(key, row[key])
    if twice:
        row.update(dict.fromkeys(twice, _TWICE))
    if len(record) > len(keys) and any(record[len(keys) :]):
        row[None] = True
    return row


@lru_cache(1024)
def _converted(key: str, cell: str | None) -> Scalar:
    if not cell:
        return None
    if key == "Weight":
        return int(cell) if _INTEGER.fullmatch(cell) else cell
    if key == "DryRun":
        return _BOOLEANS.get(cell.lower(), cell)
    return cell


class _Rows:
    """The rows of a file as nodes."""

    def __init__(
        self,
        source: Source,
        starts: array[int],
        pattern: re.Pattern[str],
        header: list[_Cell],
        keys: list[str | None],
        twice: set[str],
    ) -> None:
        self._source = source
        self._starts = starts
        self._pattern = pattern
        self._header = header
        self._keys = keys
        self._twice = twice

    def node(self, index: int) -> Node:
        cells = _cells(self._source.text, self._starts[index + 1], self._pattern)  # behind the header
        start, end = cells[0].start, cells[-1].end
        pairs: list[tuple[Node, Node]] = []

        def put(name: str | None, value: Any, key: _Cell, start: int, end: int) -> None:
            pairs.append((ScalarNode(name, key.start, key.end), ScalarNode(value, start, end)))

        for name, key, cell in zip(self._keys, self._header, cells, strict=False):
            if name is not None and name not in self._twice:
                put(name, _converted(name, cell.text), key, cell.start, cell.end)
        for name in sorted(self._twice):
            put(name, _TWICE, self._header[self._keys.index(name)], start, end)
        for cell in cells[len(self._keys) :]:
            if cell.text:
                put(None, cell.text, cell, cell.start, cell.end)
                break
        return MappingNode(pairs, start, end)
