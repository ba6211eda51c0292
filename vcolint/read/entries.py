"""Route entries from rows: the one place where what a reader of route sets yields becomes entries.

A row is a dict of values by key. Most rows of a file are alike and right: so values are looked at a column
at a time, and only what is odd is looked at alone, with its places. A record is made when it is asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain, islice, repeat
from typing import Any, NamedTuple, overload

from vcolint.locale import say
from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, REQUIRED, SPELLINGS, snake_case
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import is_fraction, placeholder, suggestion
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Scalar, Unknown, Value
from vcolint.text.wording import described, shortened

_CHUNK = 1_000  # rows that are looked at together: few enough to stay in the processor's cache

_MOST_RECORDS = 50_000  # kept at a time

_HUGE = 10**18  # what readers make of longer numbers is theirs to say

_TYPES: dict[str, type] = dict.fromkeys(FIELDS, str) | {"Weight": int, "DryRun": bool}
_WANTED = {int: say("an integer"), bool: say("true or false"), str: say("text")}
_KEYS = {field: (field, snake_case(field)) for field in FIELDS}
_ABSENT = type(None)

NodeOf = Callable[[int], Node]  # the row of that number as a node, with its places
# Where in the text the row of that number has the value of a field, or stands itself: for rows that are all
# right. None where that cannot be told at a glance.
SpanOf = Callable[[int, "str | None"], "tuple[int, int] | None"]
Related = tuple[tuple[str, Location], ...]
Report = Callable[[str, str, Location, "str | None", Related], None]


class Repeated(dict[Any, Any]):
    """A row whose mapping gives a key twice: it does not hold all that was written."""


def may_hold_placeholder(text: str) -> bool:
    """Whether a placeholder may begin in a text, as is told at a glance."""
    return ("$" in text and "${" in text) or "{{" in text


def row(node: Node) -> Any:
    """A node as a row."""
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
    node: NodeOf
    span: SpanOf | None
    positions: Sequence[int]  # of its entries among the rows
    odd: set[int]  # those of its rows that hold something unusual
    fields: dict[str, Value]  # what holds for all of them


class _Records(Sequence[Record]):
    """The records of a route set, made when they are asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._count = 0
        # What is wrong is asked for again and again; what is all right, at most once.
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
        """See `Record.location_of`: without the record where that can be."""
        part, position = self._part(index)
        if part.span is not None and position not in part.odd:
            span = part.span(position, field)
            if span is not None:
                return self._source.location(*span)
        return self[index].location_of(field, inside)

    def _part(self, index: int) -> tuple[_Part, int]:
        """The part that a record is in, and the number of its row there."""
        number = bisect_right(self._starts, index) - 1
        part = self._parts[number]
        return part, part.positions[index - self._starts[number]]

    def _make(self, index: int) -> Record:
        part, position = self._part(index)
        node = part.node(position)
        return Record(part.fields | own_fields(self._source, node), _place(self._source, node))


class Collector:
    """Collects the entries of one file."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self._records = _Records(source)
        self._columns: dict[str, list[Scalar]] = {field: [] for field in FIELDS}
        self._kinds: dict[str, set[type]] = {field: set() for field in FIELDS}
        self._found: list[Problem] = []

    def problem(
        self,
        kind: str,
        message: str,
        span: tuple[int, int] | Location,
        field: str | None = None,
        related: Related = (),
        entry: int | None = None,
    ) -> None:
        location = span if isinstance(span, Location) else self.source.location(*span)
        self._found.append(Problem(kind, message, location, entry, field, related))

    def add(
        self,
        rows: Iterable[Any],
        node: NodeOf,
        span: SpanOf | None = None,
        beside: MappingNode | None = None,
        shared: tuple[int, int] | None = None,
    ) -> None:
        """Add rows; those of VPN gateways are passed over. `beside` holds for all of them; where it is not
        given, `shared` is the span that stands for all of them."""
        if beside is not None and _is_gateway(row(beside)):
            return
        start = len(self._records)
        positions, odd = array("q"), set[int]()
        rows, offset = iter(rows), 0
        while chunk := list(islice(rows, _CHUNK)):
            self._add_chunk(chunk, node, offset, positions, odd, start)
            offset += len(chunk)
        values: dict[str, Value] = {}
        if beside is not None:
            shared = beside.start, beside.end
            values = self._add_shared(beside, start, len(positions))
        for field in REQUIRED:
            own = self._columns[field][start:] if _ABSENT in self._kinds[field] else []
            absent = [index for index, one in enumerate(own) if one is None]
            message = say("{field} is missing", field=field)
            if shared is not None and len(absent) == len(positions) > 1:
                self.problem("schema", _of_several(message, len(absent)), shared, field)
                continue
            for index in absent:
                one = node(positions[index])
                self.problem("schema", message, (one.start, one.end), field, entry=start + index)
        self._records.add(_Part(node, span, positions, odd, values))

    def _add_shared(self, around: MappingNode, start: int, count: int) -> dict[str, Value]:
        """Give the entries from `start` on, `count` of them, what stands beside them."""
        found: list[tuple[str, str, Location, str | None, Related]] = []
        values = own_fields(self.source, around, lambda *problem: found.append(problem))
        touched: dict[str | None, int] = {}
        for field, value in values.items():
            column = self._columns[field]
            touched[field] = column[start:].count(None)
            column[start:] = [value.value if one is None else one for one in column[start:]]
            self._kinds[field] = set(map(type, column))
        for kind, message, location, at, related in found:
            self.problem(kind, _of_several(message, touched.get(at, count)), location, at, related)
        return values

    def close(self) -> None:
        """Hand over what was collected. What is wrong with a text that stands for several entries, by an
        alias, is told once."""
        times = Counter((one.kind, one.message, one.location) for one in self._found)
        for one in sorted(self._found, key=lambda one: one.location):
            many = times.pop((one.kind, one.message, one.location), 0)
            if many > 1:
                one = one._replace(message=_of_several(one.message, many), entry=None)
            if many:
                self.reading.problems.append(one)
        held = {field: frozenset(kinds) for field, kinds in self._kinds.items() if kinds - {_ABSENT}}
        self.reading.kinds = held
        self.reading.columns = {field: self._columns[field] for field in held}
        self.reading.records = self._records
        self.reading.locate = self._records.location

    def _add_chunk(
        self, rows: list[Any], node: NodeOf, offset: int, positions: array[int], odd: set[int], start: int
    ) -> None:
        """Add the values that some rows give themselves. `offset` is the number of the first one; the
        numbers of those that are entries are added to `positions`, those of unusual ones to `odd`."""
        kept: Sequence[int] = range(offset, offset + len(rows))  # the numbers of the entries
        types = set(map(type, rows))
        if not types <= {dict, Repeated}:
            for index, one in enumerate(rows, offset):
                if not isinstance(one, dict):
                    what = node(index)
                    message = say("an entry must be a mapping, not {what}", what=_described(what))
                    self.problem("schema", message, (what.start, what.end))
            kept = [index for index in kept if isinstance(rows[index - offset], dict)]
            rows = [one for one in rows if isinstance(one, dict)]
        layouts = set(map(tuple, rows))  # which keys in which order: nearly always the same ones
        keys = set(chain.from_iterable(layouts))
        if not GATEWAY_FIELDS.isdisjoint(keys):
            entries = [index for index, one in enumerate(rows) if not _is_gateway(one)]
            kept, rows = [kept[index] for index in entries], [rows[index] for index in entries]
        first = start + len(positions)
        positions.extend(kept)
        strange = {layout for layout in layouts if not _is_plain(layout)}
        unusual = {index for index, one in enumerate(rows) if tuple(one) in strange} if strange else set()
        if Repeated in types:
            unusual.update(index for index, one in enumerate(rows) if type(one) is Repeated)
        kinds: dict[str, set[type]] = {}
        for field, names in _KEYS.items():
            given = [name for name in names if name in keys]
            if not given:
                self._columns[field] += [None] * len(rows)
                kinds[field] = {_ABSENT} if rows else set()
                continue
            column = list(map(dict.get, rows, repeat(given[0])))
            if len(given) == 2:
                twice = zip(column, map(dict.get, rows, repeat(given[1])), strict=True)
                column = [one if one is not None else two for one, two in twice]
            kinds[field] = set(map(type, column))
            unusual.update(_odd_values(field, column, kinds[field]))
            self._columns[field] += column
        for index in sorted(unusual):
            report = partial(self.problem, entry=first + index)
            fields = own_fields(self.source, node(kept[index]), report)
            for field, values in self._columns.items():
                value = fields.get(field)
                values[first + index] = None if value is None else value.value
        odd.update(kept[index] for index in unusual)
        for field, values in self._columns.items():
            self._kinds[field] |= set(map(type, values[first:])) if unusual else kinds[field]


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
                    message = say("{field} is given twice", field=field or _name(source, key))
                    place = _place(source, key)
                    related = ((say("first given here"), _place(source, first[same])),)
                    report("duplicate-key", message, place, field, related)
                if field is not None:
                    fields[field] = Value(Unknown(say("given twice"), reported=True), _place(source, value))
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
        return Unknown(say("has the tag {tag}", tag=shortened(node.tag)))
    value = node.value if isinstance(node, ScalarNode) else node
    if isinstance(node, MappingNode) and source.text.startswith("{{", node.start):
        # A template's `{{ name }}` without quotes, which YAML takes for a mapping.
        return Unknown(say("holds a placeholder: {text}", text=shortened(source.text[node.start : node.end])))
    wanted = _TYPES[field]
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        held = placeholder(value)
        if held is not None:
            return Unknown(say("holds a placeholder: {held}", held=held))
        if wanted is int and value in ("0", "100"):
            if report is not None:
                message = say('Weight is the text "{value}": write the number {value}', value=value)
                report("weight-text", message, _place(source, node), field, ())
            return int(value)
    if type(value) is wanted:
        return value  # type: ignore[return-value]
    if report is not None:
        message = say(
            "{field} must be {WANTED}, not {node}", field=field, WANTED=_WANTED[wanted], node=_described(node)
        )
        report("schema", message, _place(source, node), field, ())
    if wanted is int and is_fraction(value):
        return value  # type: ignore[return-value]
    return Unknown(say("not {WANTED}", WANTED=_WANTED[wanted]), reported=True)


def _odd_values(field: str, column: list[Any], kinds: set[type]) -> Iterator[int]:
    """Where a column holds what is not simply a value of its field. `kinds` are the types in it."""
    wanted = _TYPES[field]
    right = {wanted, _ABSENT, Unknown}
    if not kinds <= right:
        yield from (index for index, value in enumerate(column) if type(value) not in right)
    if wanted is str:
        texts = column if kinds == {str} else [one if type(one) is str else "" for one in column]
        if may_hold_placeholder("\0".join(texts)):
            yield from (index for index, value in enumerate(texts) if may_hold_placeholder(value))
    if wanted is int and any(map(_is_huge, set(column) if kinds <= right else column)):
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


def _of_several(message: str, entries: int) -> str:
    """The message, which says how many entries it is about if there are several."""
    return say("{message} ({entries} entries)", message=message, entries=entries) if entries > 1 else message


def _place(source: Source, node: Node) -> Location:
    return source.location(node.start, node.end)


def _name(source: Source, key: Node) -> str:
    """A key, in short, as a message names it."""
    if isinstance(key, ScalarNode) and isinstance(key.value, str):
        return shortened(key.value)
    return shortened(source.text[key.start : key.end])


def _unknown_key(source: Source, key: Node) -> str:
    if isinstance(key, ScalarNode) and key.value is None:
        return say("a value without a name")
    return unknown_name(_name(source, key))


def unknown_name(name: str) -> str:
    """What to say of a name that is no field's."""
    # Of names that differ in case alone, the later one is suggested.
    names = SPELLINGS if name.islower() else dict(reversed(SPELLINGS.items()))
    return say("unknown property {name}{name2}", name=shortened(name), name2=suggestion(name, names))


def _described(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return described(node.value)
    return say("a list") if isinstance(node, SequenceNode) else say("a mapping")
