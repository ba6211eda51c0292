"""Route sets in CSV: a header with the names of fields, and a row for each entry.

Cells are separated by commas, semicolons or tabs. All values are text; those of `Weight` and `DryRun` are
converted.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from io import StringIO
from itertools import accumulate, islice, zip_longest
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.entry import GATEWAY_FIELDS, SPELLINGS
from vcolint.read.draft import TWICE, converted, given_twice, unknown_name
from vcolint.read.entries import CHUNK, Collector, Table
from vcolint.text.source import MappingNode, Node, ScalarNode, Source, SyntaxFault
from vcolint.text.value import Scalar

_DELIMITERS = ",;\t"


class _Cell(NamedTuple):
    text: str
    start: int
    end: int


def add(collector: Collector, source: Source) -> None:
    """Add the entries of a file. Raises SyntaxFault for text that is not CSV."""
    text, delimiter = source.text, _delimiter(source.text)
    lines = array("q")
    records = _records(text, delimiter, lines)
    if next(records, None) is None:
        return
    offsets = cache(lambda: _offsets(text))  # which only findings need
    blank = islice(StringIO(text, newline=""), lines[0])
    header = _cells(text, sum(map(len, blank)), delimiter)
    keys = _keys(collector, header)
    twice = {key for key, times in Counter(keys).items() if key is not None and times > 1}
    used: set[int] = set()  # columns with any value

    def tables() -> Iterator[Table]:
        offset = 0
        while chunk := list(islice(records, CHUNK)):
            columns = list(zip_longest(*chunk, fillvalue=""))
            used.update(index for index, column in enumerate(columns) if any(column))
            held = {key: _values(key, column) for key, column in zip(keys, columns, strict=False) if key}
            held |= {key: [TWICE] * len(chunk) for key in twice}
            longer = chunk if len(columns) > len(keys) else ()
            odd = {index for index, record in enumerate(longer) if any(record[len(keys) :])}
            yield Table(held, range(offset, offset + len(chunk)), odd)
            offset += len(chunk)

    def node(index: int) -> Node:
        return _node(_cells(text, offsets()[lines[index + 1]], delimiter), header, keys, twice)

    collector.add(tables(), node, shared=(header[0].start, header[-1].end))
    for index in used.intersection(range(len(header))):
        cell = header[index]
        if not cell.text:
            message = say("column {index} has no name", index=index + 1)
            collector.problem(message, (cell.start, cell.end))


def _node(cells: list[_Cell], header: list[_Cell], keys: list[str | None], twice: set[str]) -> Node:
    """A row with its places."""
    start, end = cells[0].start, cells[-1].end
    pairs: dict[str | None, tuple[Node, Node]] = {}
    for key, name, cell in zip_longest(keys, header, cells):
        if key in twice:
            value = ScalarNode(TWICE, start, end)
        elif cell is None or (key is None and (name is not None or not cell.text)):
            continue
        else:
            value = ScalarNode(_value(key, cell.text), cell.start, cell.end)
        at = name or cell  # a cell beyond the header has no name
        pairs.setdefault(key, (ScalarNode(key, at.start, at.end), value))
    return MappingNode(list(pairs.values()), start, end)


def _delimiter(text: str) -> str:
    """The delimiter: the one that gives the header the most known names."""
    header = text.lstrip("\r\n")[:10_000].partition("\n")[0]

    def known(delimiter: str) -> int:
        names = [name.strip('\r"') for name in header.split(delimiter)]
        return sum(name in SPELLINGS or name in GATEWAY_FIELDS for name in names)

    return max(_DELIMITERS, key=known)


def _offsets(text: str) -> Sequence[int]:
    """Where each line begins, as `csv` counts lines."""
    return array("q", accumulate(map(len, StringIO(text, newline="")), initial=0))


def _records(text: str, delimiter: str, lines: array[int]) -> Iterator[list[str]]:
    """The records that are not empty. Adds to `lines` the line, from 0, on which each begins. Raises
    SyntaxFault."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        for record in reader:
            if any(record) and (len(record) > 1 or not record[0].isspace()):
                lines.append(line)
                yield record
            line = reader.line_num
    except csv.Error as error:
        message = say("not CSV: {message}", message=error)
        if "end of data" in str(error):
            message = say("the quoted text in the row that starts here is never closed")
        elif "expected after" in str(error):
            message = say("text follows a quoted cell in this row: write a quote inside a cell twice")
        raise SyntaxFault(message, _offsets(text)[line]) from None


def _cells(text: str, start: int, delimiter: str) -> list[_Cell]:
    """The cells of the record that begins at `start`."""
    pattern = re.compile(rf'"[^"]*(?:""[^"]*)*"|[^{delimiter}\r\n]*')
    cells: list[_Cell] = []
    while not cells or text[start - 1 : start] == delimiter:
        found = pattern.match(text, start)
        assert found is not None
        written, end = found[0], found.end()
        held = written[1:-1].replace('""', '"') if written.startswith('"') else written
        cells.append(_Cell(held, start, end))
        start = end + 1
    return cells


def _keys(collector: Collector, header: list[_Cell]) -> list[str | None]:
    """The key of each column: a field's name in the API, or a VPN gateway's; None for a column that is
    skipped. Wrong columns are reported."""
    first: dict[str, _Cell] = {}
    keys: list[str | None] = []
    for cell in header:
        field = SPELLINGS.get(cell.text)
        name = field or cell.text
        known = field is not None or name in GATEWAY_FIELDS
        keys.append(name if known else None)
        if name and name in first:
            place, before = (collector.source.location(one.start, one.end) for one in (cell, first[name]))
            collector.problems.append(given_twice(name, place, before, None, field))
        elif name and not known:
            collector.problem(unknown_name(name, SPELLINGS), (cell.start, cell.end))
        first.setdefault(name, cell)
    return keys


def _values(key: str, column: Sequence[str]) -> list[Scalar]:
    """The values of the cells of a column."""
    if key in ("Weight", "DryRun"):
        values = {cell: _value(key, cell) for cell in set(column)}
        return [values[cell] for cell in column]
    return list(column) if all(column) else [cell or None for cell in column]


@lru_cache(1024)
def _value(key: str | None, cell: str) -> Scalar:
    """The value of a cell; its text if it is not of the right type. An empty cell is an absent value."""
    if not cell:
        return None
    value, message = converted(key or "", cell, lenient=True, template=False)
    return cell if message else value
