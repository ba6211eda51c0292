"""Route entries from mappings: what the formats of route sets share.

Most entries of a file are alike and right. So values are looked at a column at a time, and only what is
odd is looked at alone, with its places. A record is made when it is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple, Protocol, overload

from vcolint.entry import FIELDS, GATEWAY_FIELDS, REQUIRED, SPELLINGS, snake_case
from vcolint.read.draft import placeholder, suggestion
from vcolint.read.reading import Problem, Reading, Record
from vcolint.read.source import MappingNode, Node, ScalarNode, SequenceNode, Source
from vcolint.value import Location, Scalar, Unknown, Value
from vcolint.wording import described, shortened

_MOST_NAMES = 64  # different keys up to which all their values are taken as columns

_MOST_RECORDS = 50_000  # kept at a time

_HUGE = 10**18  # what readers make of longer numbers is theirs to say

_TYPES: dict[str, type] = dict.fromkeys(FIELDS, str) | {"Weight": int, "DryRun": bool}
_WANTED = {int: "an integer", bool: "true or false", str: "text"}
_KEYS = {field: (field, snake_case(field)) for field in FIELDS}
_UNDERSTOOD = {*SPELLINGS, *GATEWAY_FIELDS}

Report = Callable[[str, str, Location, "str | None", "tuple[tuple[str, Location], ...]"], None]


class Repeated(dict[Any, Any]):
    """A row whose mapping gives a key twice: it does not hold all that was written."""


class Elements(Protocol):
    """The places of rows in the text."""

    def span(self, index: int) -> tuple[int, int]: ...

    def node(self, index: int) -> Node: ...


class Nodes:
    """Elements that are nodes already."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    def span(self, index: int) -> tuple[int, int]:
        node = self.nodes[index]
        return node.start, node.end

    def node(self, index: int) -> Node:
        return self.nodes[index]


class Table:
    """Rows, and their values by key. A row is a dict of values by key; else it is no entry. With `names`,
    each row is a tuple of the values of these keys."""

    __slots__ = ("columns", "kinds", "layouts", "rows", "uniform", "whole")

    def __init__(self, rows: list[Any], names: tuple[str, ...] | None = None) -> None:
        self.rows = rows
        self.uniform = names is not None or set(map(type, rows)) <= {dict, Repeated}  # all are mappings
        # Which keys in which order: nearly always the same ones.
        self.layouts: set[tuple[Hashable, ...]] = set()
        if names is not None:
            self.layouts = {names}
        elif self.uniform:
            self.layouts = set(map(tuple, rows))
        every = set(chain.from_iterable(self.layouts))
        self.columns: dict[Hashable, list[Any]]
        if len(self.layouts) == 1:
            (layout,) = self.layouts
            values = list(chain.from_iterable(rows if names is not None else map(dict.values, rows)))
            self.columns = {name: values[index :: len(layout)] for index, name in enumerate(layout)}
        else:
            wanted = every if len(every) <= _MOST_NAMES else every & _UNDERSTOOD
            self.columns = {name: list(map(dict.get, rows, repeat(name))) for name in wanted}
        self.kinds = {name: set(map(type, column)) for name, column in self.columns.items()}
        self.whole = self.uniform and len(self.columns) == len(every)  # the columns hold all values


class Batch(NamedTuple):
    """Entries that stand together."""

    table: Table
    elements: Elements
    beside: MappingNode | None = None  # the fields that hold for all of them, `Routes` left out
    shared: tuple[int, int] | None = None  # the span that stands for all of them
    clear: bool = False  # no text can hold a placeholder


def may_hold_placeholder(text: str) -> bool:
    """Whether a placeholder may begin in a text, as is told at a glance."""
    return "${" in text or "{{" in text


def row(node: Node) -> Any:
    """A node as the row of a table."""
    if type(node) is not MappingNode:
        return node
    pairs = [*node.merged, *node.pairs] if node.merged else node.pairs
    found = {
        key.value if type(key) is ScalarNode else key: (
            value.value if type(value) is ScalarNode and value.tag is None else value
        )
        for key, value in pairs
    }
    return found if len(found) == len(pairs) else Repeated(found)


class _Part(NamedTuple):
    elements: Elements
    positions: Sequence[int]  # among the elements
    fields: dict[str, Value]  # what holds for all of them


class _Records(Sequence[Record]):
    """The records of a route set, made when they are asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._count = 0
        # What is wrong is asked for again and again; what is all right, at most once.
        self._latest: dict[int, Record] = {}

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
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(self._count))]
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError(index)
        record = self._latest.get(index)
        if record is None:
            if len(self._latest) >= _MOST_RECORDS:
                self._latest.clear()
            record = self._latest[index] = self._make(index)
        return record

    def _make(self, index: int) -> Record:
        number = bisect_right(self._starts, index) - 1
        part = self._parts[number]
        position = part.positions[index - self._starts[number]]
        fields = part.fields | own_fields(self._source, part.elements.node(position))
        return Record(fields, self._source.location(*part.elements.span(position)))


class Collector:
    """Collects the entries of one file, batch by batch."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self._records = _Records(source)
        self._columns: list[tuple[int, dict[str, list[Scalar]]]] = []  # each batch's, and how many entries
        self._kinds: dict[str, frozenset[type]] = {}  # of the columns that are as the last batch gave them
        self._found: list[Problem] = []

    def problem(
        self,
        kind: str,
        message: str,
        span: tuple[int, int] | Location,
        entry: int | None = None,
        field: str | None = None,
        related: tuple[tuple[str, Location], ...] = (),
    ) -> None:
        location = span if isinstance(span, Location) else self.source.location(*span)
        self._found.append(Problem(kind, message, location, entry, field, related))

    def add(self, batch: Batch) -> None:
        """Add the entries of a batch; those of VPN gateways are passed over."""
        found: list[tuple[str, str, Location, str | None, tuple[tuple[str, Location], ...]]] = []
        beside: dict[str, Value] = {}
        if batch.beside is not None:
            if _is_gateway(row(batch.beside)):
                return
            beside = own_fields(self.source, batch.beside, lambda *problem: found.append(problem))
        table, positions = self._entries(batch)
        count = len(positions)
        start = len(self._records)
        columns, full = self._own(batch, table, positions, start)
        touched: dict[str | None, int] = {}
        for field, value in beside.items():
            column = columns.get(field)
            touched[field] = count if column is None else column.count(None)
            self._kinds.pop(field, None)
            columns[field] = (
                [value.value] * count
                if column is None
                else [value.value if one is None else one for one in column]
            )
            full.add(field)
        for kind, message, location, at, related in found:
            self.problem(kind, message + _entries(touched.get(at, count)), location, None, at, related)
        self._missing(batch, columns, full, positions, start)
        self._columns.append((count, columns))
        self._records.add(_Part(batch.elements, positions, beside))

    def close(self) -> None:
        """Hand over what was collected. What is wrong with a text that stands for several entries, by an
        alias, is told once."""
        times = Counter((one.kind, one.message, one.location) for one in self._found)
        for one in sorted(self._found, key=lambda one: one.location):
            many = times.pop((one.kind, one.message, one.location), 0)
            if many > 1:
                one = one._replace(message=one.message + _entries(many), entry=None)
            if many:
                self.reading.problems.append(one)
        self.reading.records = self._records
        if len(self._columns) == 1:
            columns = self._columns[0][1]
            self.reading.kinds = {field: kinds for field, kinds in self._kinds.items() if field in columns}
        self.reading.columns = {field: column for field in FIELDS if (column := self._column(field))}

    def _column(self, field: str) -> list[Scalar]:
        """The values of a field in all batches; nothing if no entry gives it."""
        if len(self._columns) == 1:
            column = self._columns[0][1].get(field, [])
        elif any(field in columns for _, columns in self._columns):
            column = []
            for count, columns in self._columns:
                column += columns.get(field) or [None] * count
        else:
            return []
        return column if any(value is not None for value in column) else []

    def _entries(self, batch: Batch) -> tuple[Table, Sequence[int]]:
        """The rows that are entries, and where they stand among the elements."""
        table = batch.table
        positions: Sequence[int] = range(len(table.rows))
        if not table.uniform:
            for index in positions:
                if not isinstance(table.rows[index], dict):
                    node = batch.elements.node(index)
                    message = f"an entry must be a mapping, not {_described(node)}"
                    self.problem("schema", message, batch.elements.span(index))
            positions = [index for index in positions if isinstance(table.rows[index], dict)]
            table = Table([table.rows[index] for index in positions])
        if not GATEWAY_FIELDS.isdisjoint(table.columns):
            kept = [index for index, one in enumerate(table.rows) if not _is_gateway(one)]
            positions = [positions[index] for index in kept]
            table = Table([table.rows[index] for index in kept])
        return table, positions

    def _own(
        self, batch: Batch, table: Table, positions: Sequence[int], start: int
    ) -> tuple[dict[str, list[Scalar]], set[str]]:
        """The values that the entries give themselves, and the fields that are known to be in all of them.
        What is odd is looked at alone."""
        rows = table.rows
        strange = {layout for layout in table.layouts if not _is_plain(layout)}
        odd = {index for index, one in enumerate(rows) if tuple(one) in strange} if strange else set()
        if Repeated in set(map(type, rows)):
            odd.update(index for index, one in enumerate(rows) if type(one) is Repeated)
        columns: dict[str, list[Scalar]] = {}
        kinds_of: dict[str, frozenset[type]] = {}
        full: set[str] = set()
        for field, keys in _KEYS.items():
            given = [key for key in keys if key in table.columns]
            if not given:
                continue
            column = table.columns[given[0]]
            kinds = table.kinds[given[0]]
            if len(given) == 2:
                column = [
                    one if one is not None else two
                    for one, two in zip(*(table.columns[key] for key in given), strict=True)
                ]
                kinds = set(map(type, column))
            columns[field] = column
            kinds_of[field] = frozenset(kinds)
            odd.update(_odd_values(field, column, kinds, batch.clear))
            if type(None) not in kinds:
                full.add(field)
        self._kinds = {} if odd else kinds_of
        for index in sorted(odd):

            def report(
                kind: str,
                message: str,
                location: Location,
                field: str | None,
                related: tuple[tuple[str, Location], ...],
                entry: int = start + index,
            ) -> None:
                self.problem(kind, message, location, entry, field, related)

            fields = own_fields(self.source, batch.elements.node(positions[index]), report)
            for field, column in columns.items():
                value = fields.get(field)
                column[index] = None if value is None else value.value
            full.intersection_update(fields)
        return columns, full

    def _missing(
        self,
        batch: Batch,
        columns: dict[str, list[Scalar]],
        full: set[str],
        positions: Sequence[int],
        start: int,
    ) -> None:
        """Report what is missing from the entries, but for the fields that are known to be in all of them."""
        count = len(positions)
        for field in REQUIRED:
            if field in full:
                continue
            column = columns.get(field)
            absent = (
                range(count)
                if column is None
                else [index for index, value in enumerate(column) if value is None]
            )
            message = f"{field} is missing"
            if batch.shared is not None and len(absent) == count > 1:
                self.problem("schema", message + _entries(count), batch.shared, None, field)
                continue
            for index in absent:
                span = batch.elements.span(positions[index])
                self.problem("schema", message, span, start + index, field)


def own_fields(source: Source, node: Node, report: Report | None = None) -> dict[str, Value]:
    """The fields that a mapping gives itself, each with its place. Tells `report` what is wrong with
    them: kind, message, place, field, related places."""
    assert isinstance(node, MappingNode)
    fields: dict[str, Value] = {}
    first: dict[Hashable, Node] = {}
    # What `<<` brings in yields to what the mapping gives itself, in either spelling.
    for pairs in (node.pairs, node.merged):
        given = set(first)
        for key, value in pairs:
            name = key.value if isinstance(key, ScalarNode) else key
            field = SPELLINGS.get(name) if isinstance(name, str) else None
            if field is None and isinstance(name, str) and name in GATEWAY_FIELDS:
                continue  # with a value, the mapping would not be read at all
            same: Hashable = field or (type(name), name)
            if same in given:
                continue
            if same in first:
                if report is not None:
                    message = f"{field or _name(source, key)} is given twice"
                    place = _place(source, key)
                    related = (("first given here", _place(source, first[same])),)
                    report("duplicate-key", message, place, field, related)
                if field is not None:
                    fields[field] = Value(Unknown("given twice", reported=True), _place(source, value))
                continue
            first[same] = key
            if field is not None:
                scalar = _scalar(source, field, value, report)
                if scalar is not None:
                    fields[field] = Value(scalar, _place(source, value))
            elif report is not None:
                report("schema", _unknown_key(source, key), _place(source, key), None, ())
    return fields


def _scalar(source: Source, field: str, node: Node, report: Report | None) -> Scalar:
    """The value of a field."""
    if node.tag is not None:
        return Unknown(f"has the tag {shortened(node.tag)}")
    value = node.value if isinstance(node, ScalarNode) else node
    if isinstance(node, MappingNode) and source.text.startswith("{{", node.start):
        # A template's `{{ name }}` without quotes, which YAML takes for a mapping.
        return Unknown(f"holds a placeholder: {shortened(source.text[node.start : node.end])}")
    wanted = _TYPES[field]
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        held = placeholder(value)
        if held is not None:
            return Unknown(f"holds a placeholder: {held}")
        if wanted is int and value in ("0", "100"):
            if report is not None:
                message = f'Weight is the text "{value}", not the number {value}'
                report("weight-text", message, _place(source, node), field, ())
            return int(value)
    if type(value) is wanted:
        return value  # type: ignore[return-value]
    if report is not None:
        message = f"{field} must be {_WANTED[wanted]}, not {_described(node)}"
        report("schema", message, _place(source, node), field, ())
    return Unknown(f"not {_WANTED[wanted]}", reported=True)


def _odd_values(field: str, column: Sequence[Any], kinds: set[type], is_clear: bool) -> Iterator[int]:
    """Where a column holds what is not simply a value of its field. `kinds`: the types of its values."""
    wanted = _TYPES[field]
    right = {wanted, type(None), Unknown}
    regular = kinds <= right
    if not regular:
        yield from (index for index, value in enumerate(column) if type(value) not in right)
    if wanted is str and not is_clear:
        texts = {index: value for index, value in enumerate(column) if type(value) is str}
        if may_hold_placeholder("\0".join(texts.values())):
            yield from (index for index, value in texts.items() if may_hold_placeholder(value))
    if wanted is int and any(map(_is_huge, set(column) if regular else column)):
        yield from (index for index, value in enumerate(column) if _is_huge(value))


def _is_huge(value: Any) -> bool:
    return type(value) is int and abs(value) > _HUGE


def _is_plain(layout: Iterable[Hashable]) -> bool:
    """Whether keys are names of fields, each field once."""
    names = [name for name in layout if name not in GATEWAY_FIELDS]
    fields = [SPELLINGS.get(name) if isinstance(name, str) else None for name in names]
    return None not in fields and len(set(fields)) == len(fields)


def _is_gateway(one: dict[Any, Any]) -> bool:
    """Whether a row is a route of a VPN gateway, so another API's."""
    return any(one.get(name) is not None for name in GATEWAY_FIELDS)


def _entries(count: int) -> str:
    return f" ({count} entries)" if count > 1 else ""


def _place(source: Source, node: Node) -> Location:
    return source.location(node.start, node.end)


def _name(source: Source, key: Node) -> str:
    """A key, in short, as a message names it."""
    if isinstance(key, ScalarNode) and isinstance(key.value, str):
        return shortened(key.value)
    return shortened(source.text[key.start : key.end])


def _unknown_key(source: Source, key: Node) -> str:
    if isinstance(key, ScalarNode) and key.value is None:
        return "a value without a name"
    return unknown_name(_name(source, key))


def unknown_name(name: str) -> str:
    """What to say of a name that is no field's."""
    # Of names that differ in case alone, the later one is suggested.
    names = SPELLINGS if name.islower() else dict(reversed(SPELLINGS.items()))
    return f"unknown property {shortened(name)}{suggestion(name, names)}"


def _described(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return described(node.value)
    return "a list" if isinstance(node, SequenceNode) else "a mapping"
