"""Route entries from rows: the one place where the rows of a route set become entries.

Most rows of a file are alike and valid. So values are checked one column at a time, and only unusual ones are
checked one by one, with their places. A record is created when it is needed.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice, repeat
from typing import Any, NamedTuple, overload

from vcolint.locale import say
from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, REQUIRED, SPELLINGS, snake_case
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import (
    TWICE,
    TYPES,
    given_twice,
    may_hold_placeholder,
    placeholder,
    unknown_name,
    wrong_type,
)
from vcolint.text.nodes import Repeated, plain, row, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, Source
from vcolint.text.value import Location, Scalar, Unknown, Value
from vcolint.text.wording import described, shortened

_CHUNK = 1_000  # rows that are read together: few enough to stay in the processor's cache

_MOST_RECORDS = 50_000  # cached at a time

_SNAKE_CASE = {field: snake_case(field) for field in FIELDS}

Span = tuple[int, int]
NodeOf = Callable[[int], Node]  # the row with that number, with its places


class Rows(NamedTuple):
    """Rows of one file: dicts with keys as written, the values of scalars, and any object for other values. A
    row that is not a dict is not an entry."""

    values: Iterable[Any]
    node: NodeOf
    # The span of a valid row, or of the value of the key that the pattern finds; None if a quick look
    # is not enough.
    span: Callable[[int, re.Pattern[str] | None], Span | None] | None = None


class _Part(NamedTuple):
    rows: Rows  # without their values
    positions: Sequence[int]  # the numbers of its entries among the rows
    odd: set[int]  # its rows that hold something unusual
    fields: dict[str, Value]  # the fields that apply to all of them


class _Records(Sequence[Record]):
    """The records of a route set, created when they are needed."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._count = 0
        # Records with faults are needed again and again; others at most once.
        self._record = lru_cache(_MOST_RECORDS)(self._make)

    def add(self, part: _Part) -> None:
        self._starts.append(self._count)
        self._parts.append(part)
        self._count += len(part.positions)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        numbers = range(self._count)[index]
        return self._record(numbers) if isinstance(numbers, int) else list(map(self._record, numbers))

    def location(self, index: int, field: str | None, inside: bool) -> Location:
        """See `Record.location_of`. It avoids creating the record if possible."""
        part, position = self._part(index)
        if part.rows.span is not None and position not in part.odd:
            span = part.rows.span(position, _key(field) if field is not None else None)
            if span is not None:
                return self._source.location(*span)
        return self[index].location_of(field, inside)

    def _part(self, index: int) -> tuple[_Part, int]:
        """The part that a record belongs to, and the number of its row there."""
        number = bisect_right(self._starts, index) - 1
        part = self._parts[number]
        return part, part.positions[index - self._starts[number]]

    def _make(self, index: int) -> Record:
        part, position = self._part(index)
        node = part.rows.node(position)
        fields, _ = _own_fields(self._source, node)
        return Record(part.fields | fields, self._source.location(node.start, node.end))


@lru_cache
def _key(field: str) -> re.Pattern[str]:
    """A field's key in JSON. In a mapping, a quote that nothing escapes begins or ends a text."""
    return re.compile(rf'(?<!\\)"(?:{field}|{_SNAKE_CASE[field]})"[ \t\n\r]*:[ \t\n\r]*')


class Collector:
    """Collects the entries of one file."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self.problems: list[Problem] = []
        self._records = _Records(source)
        self._columns: dict[str, list[Any]] = {field: [] for field in FIELDS}
        self._given: set[str] = set()  # the fields that any entry gives, null or not
        self._absent: set[str] = set()  # the fields that may be absent in any entry

    def problem(self, message: str, span: Span, field: str | None = None, entry: int | None = None) -> None:
        self.problems.append(Problem("schema", message, self.source.location(*span), entry, field))

    def add(self, rows: Rows, beside: MappingNode | None = None, shared: Span | None = None) -> None:
        """Add rows, except those of VPN gateways. The fields in `beside` apply to all of them; without it,
        `shared` is the span that stands for all of them."""
        if beside is not None and _is_gateway(row(beside)):
            return
        start = len(self._records)
        positions, odd = array("q"), set[int]()
        values, offset = iter(rows.values), 0
        while chunk := list(islice(values, _CHUNK)):
            kept, unusual = self._add_chunk(chunk, rows.node, offset)
            positions.extend(kept)
            odd.update(unusual)
            offset += len(chunk)
        fields: dict[str, Value] = {}
        if beside is not None:
            shared = beside.start, beside.end
            fields = self._add_shared(beside, start, len(positions))
        for field in REQUIRED:
            own = self._columns[field][start:] if field in self._absent else []
            absent = [index for index, one in enumerate(own) if one is None]
            message = say("{field} is missing", field=field)
            if shared is not None and len(absent) == len(positions) > 1:
                self.problem(_of_several(message, len(absent)), shared, field)
                continue
            for index in absent:
                one = rows.node(positions[index])
                self.problem(message, (one.start, one.end), field, start + index)
        self._records.add(_Part(rows._replace(values=()), positions, odd, fields))

    def close(self) -> None:
        """Pass the entries to the reading. A fault in a text that stands for several entries, through an
        alias, is reported once."""
        times = Counter((one.kind, one.message, one.location) for one in self.problems)
        for one in sorted(self.problems, key=lambda one: one.location):
            many = times.pop((one.kind, one.message, one.location), 0)
            if many > 1:
                one = one._replace(message=_of_several(one.message, many), entry=None)
            if many:
                self.reading.problems.append(one)
        self.reading.columns = {field: self._columns[field] for field in FIELDS if field in self._given}
        self.reading.records = self._records
        self.reading.locate = self._records.location

    def _add_chunk(self, rows: list[Any], node: NodeOf, offset: int) -> tuple[Sequence[int], list[int]]:
        """Add the values that some rows give themselves; `offset` is the number of the first one. Returns the
        numbers of those that are entries, and of those among them that hold something unusual."""
        numbers: Sequence[int] = range(offset, offset + len(rows))
        types = set(map(type, rows))
        if not types <= {dict, Repeated}:
            for what in (node(number) for number in numbers if not isinstance(rows[number - offset], dict)):
                message = say("an entry must be a mapping, not {what}", what=described(plain(what)))
                self.problem(message, (what.start, what.end))
            numbers = [number for number in numbers if isinstance(rows[number - offset], dict)]
            rows = [one for one in rows if isinstance(one, dict)]
        layouts = set(map(tuple, rows))  # the keys in their order: nearly always the same
        keys = set(chain.from_iterable(layouts))
        if not GATEWAY_FIELDS.isdisjoint(keys):
            numbers = [number for number, one in zip(numbers, rows, strict=True) if not _is_gateway(one)]
            rows = [one for one in rows if not _is_gateway(one)]
        start = len(self._columns["RouteDest"])
        strange = {layout for layout in layouts if not _is_plain(layout)}
        unusual: set[int] = set()
        if strange or Repeated in types:
            unusual.update(i for i, one in enumerate(rows) if type(one) is Repeated or tuple(one) in strange)
        for field, column in self._columns.items():
            given = [name for name in (field, _SNAKE_CASE[field]) if name in keys]
            added = list(map(dict.get, rows, repeat(given[0]))) if given else [None] * len(rows)
            if len(given) == 2:
                other = map(dict.get, rows, repeat(given[1]))
                added = [two if one is None else one for one, two in zip(added, other, strict=True)]
            if given:
                self._given.add(field)
            if not (given and TYPES[field] is str and _are_plain_texts(added)):
                kinds = set(map(type, added))
                if type(None) in kinds:
                    self._absent.add(field)
                unusual.update(_odd_values(TYPES[field], added, kinds))
            column += added
        if unusual:
            self._absent.update(FIELDS)
        for index in unusual:
            fields, problems = _own_fields(self.source, node(numbers[index]))
            self.problems += [one._replace(entry=start + index) for one in problems]
            for field, column in self._columns.items():
                column[start + index] = fields[field].value if field in fields else None
        return numbers, [numbers[index] for index in unusual]

    def _add_shared(self, around: MappingNode, start: int, count: int) -> dict[str, Value]:
        """Give `count` entries, from `start` on, the fields next to `Routes`."""
        values, problems = _own_fields(self.source, around)
        self._given.update(values)
        touched: dict[str | None, int] = {}
        for field, value in values.items():
            column = self._columns[field]
            touched[field] = column[start:].count(None)
            column[start:] = [value.value if one is None else one for one in column[start:]]
        for one in problems:
            message = _of_several(one.message, touched.get(one.field, count))
            self.problems.append(one._replace(message=message))
        return values


def _own_fields(source: Source, node: Node) -> tuple[dict[str, Value], list[Problem]]:
    """The fields that a mapping gives itself, and their faults."""
    assert isinstance(node, MappingNode)
    fields: dict[str, Value] = {}
    problems: list[Problem] = []
    first: dict[Hashable, Node] = {}
    # Fields of the mapping itself, in either spelling, win over those from `<<`.
    for pairs in (node.pairs, node.merged):
        given = set(first)
        for key, value in pairs:
            name = key.value if isinstance(key, ScalarNode) else key
            field = SPELLINGS.get(name) if isinstance(name, str) else None
            same: Hashable = field or (type(name), name)
            # A field of VPN gateways is null here: with a value, the mapping would be skipped.
            if same in given or name in GATEWAY_FIELDS:
                continue
            place = source.location(key.start, key.end)
            if same in first:
                before = source.location(first[same].start, first[same].end)
                problems.append(given_twice(field or _name(source, key), place, before, None, field))
                if field is not None:
                    fields[field] = Value(TWICE, source.location(value.start, value.end))
                continue
            first[same] = key
            if field is None:
                is_null = isinstance(key, ScalarNode) and key.value is None
                unknown = (
                    say("a value without a name") if is_null else unknown_name(_name(source, key), SPELLINGS)
                )
                problems.append(Problem("schema", unknown, place))
                continue
            place = source.location(value.start, value.end)
            scalar, kind, message = _scalar(source, field, value)
            if kind:
                problems.append(Problem(kind, message, place, None, field))
            if scalar is not None:
                fields[field] = Value(scalar, place)
    return fields, problems


def _scalar(source: Source, field: str, node: Node) -> tuple[Scalar, str, str]:
    """The value of a field, and the kind and the message of its problem: "" if there is none."""
    value: Any = node.value if isinstance(node, ScalarNode) else node
    wanted = TYPES[field]
    held = None
    if node.tag is not None:
        return Unknown(say("has the tag {tag}", tag=shortened(node.tag))), "", ""
    if isinstance(value, str):
        held = placeholder(value)
    elif isinstance(node, MappingNode) and source.text.startswith("{{", node.start):
        # A template's `{{ name }}` without quotes, which YAML reads as a mapping.
        held = shortened(source.text[node.start : node.end])
    if held is not None:
        return Unknown(say("holds a placeholder: {held}", held=held)), "", ""
    if value is None or type(value) in (wanted, Unknown):
        return value, "", ""
    if wanted is int and value in ("0", "100"):
        message = say('Weight is the text "{value}": write the number {value}', value=value)
        return int(value), "weight-text", message
    value, message = wrong_type(field, value, described(plain(node)))
    return value, "schema", message


def _is_plain(layout: tuple[Any, ...]) -> bool:
    """Whether all keys are names of fields, each field once."""
    fields = [SPELLINGS.get(name) for name in layout if name not in GATEWAY_FIELDS]
    return None not in fields and len(set(fields)) == len(fields)


def _are_plain_texts(column: list[Any]) -> bool:
    """A quick test for whether a column holds only texts without placeholders."""
    try:
        return not may_hold_placeholder("\0".join(column))
    except TypeError:
        return False


def _odd_values(wanted: type, column: list[Any], kinds: set[type]) -> Iterator[int]:
    """The positions in a column that do not simply hold a value of that type. `kinds` are the types in it."""
    right = {wanted, type(None), Unknown}
    if not kinds <= right:
        yield from (index for index, value in enumerate(column) if type(value) not in right)
    if wanted is str:
        yield from (
            index for index, value in enumerate(column) if type(value) is str and may_hold_placeholder(value)
        )


def _is_gateway(one: dict[Any, Any]) -> bool:
    """Whether a row is a route of a VPN gateway, which belongs to another API."""
    return any(one.get(name) is not None for name in GATEWAY_FIELDS)


def _of_several(message: str, entries: int) -> str:
    """The message, with the number of entries if there are several."""
    return say("{message} ({entries} entries)", message=message, entries=entries) if entries > 1 else message


def _name(source: Source, key: Node) -> str:
    """A key, shortened, as a message names it."""
    return shortened(text(key) or source.text[key.start : key.end])
