"""Route entries from rows: the one place where the rows of a route set become entries.

Most rows of a file are alike and valid. So values are checked one column at a time, and only unusual rows are
read one by one, with their places. A record is created when it is needed.
"""

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, repeat
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, REQUIRED, SPELLINGS, snake_case
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import TWICE, TYPES, converted, given_twice, may_hold_placeholder, unknown_name
from vcolint.text.nodes import Repeated, plain, row, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, Source
from vcolint.text.value import Location, Scalar, Unknown, Value
from vcolint.text.wording import described, shortened

CHUNK = 1_000  # rows that are read together: few enough to stay in the processor's cache

_MOST_RECORDS = 50_000  # cached at a time

_SHARED = ("RegionId", "VpnConnectionId", "NextHop")

_NAMES = GATEWAY_FIELDS.union(SPELLINGS)

Span = tuple[int, int]
NodeOf = Callable[[int], Node]  # the row with that number, with its places
# The span of a valid row, or of the value of the key that the pattern finds; None if a quick look is not
# enough.
SpanOf = Callable[[int, "re.Pattern[str] | None"], Span | None]


class Table(NamedTuple):
    """Some rows of a file in columns."""

    # By the name of the field in the API, or that of a VPN gateway's field. The values of scalars, None for
    # an absent value, and any object for other values.
    columns: dict[str, list[Any]]
    numbers: Sequence[int]  # of the rows, among all rows that are added together
    odd: set[int]  # the indexes of rows that hold more than their columns say


class _Part(NamedTuple):
    """Rows that were added together."""

    node: NodeOf
    span: SpanOf | None
    numbers: Sequence[int]  # of the rows that are entries
    odd: set[int]  # the numbers of those that hold something unusual
    fields: dict[str, Value]  # the fields that apply to all of them


class Collector(Sequence[Record]):
    """Collects the entries of one file. It is the sequence of their records, each made when it is needed."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self.problems: list[Problem] = []
        self._parts: list[_Part] = []
        self._starts: list[int] = []  # the index of the first entry of each part
        self._columns: dict[str, list[Any]] = {field: [] for field in FIELDS}
        self._shared: dict[Any, Any] = {}
        self._given: set[str] = set()  # the fields that any entry gives, null or not
        # Records with faults are needed again and again; others at most once.
        self._record = lru_cache(_MOST_RECORDS)(self._make)

    def problem(self, message: str, span: Span, field: str | None = None, entry: int | None = None) -> None:
        self.problems.append(Problem("schema", message, self.source.location(*span), entry, field))

    def add(
        self,
        tables: Iterable[Table],
        node: NodeOf,
        span: SpanOf | None = None,
        beside: MappingNode | None = None,
        shared: Span | None = None,
    ) -> None:
        """Add rows, except those of VPN gateways. The fields in `beside` apply to all rows. What is missing
        in all of them is reported once, at `beside` or at the span `shared`."""
        around = row(beside) if beside is not None else {}
        if any(around.get(name) is not None for name in GATEWAY_FIELDS):
            return
        start = len(self)
        numbers, odd = array("q"), set[int]()
        for table in tables:
            kept, unusual = self._add_table(table, node)
            numbers.extend(kept)
            odd.update(unusual)
        fields: dict[str, Value] = {}
        if beside is not None:
            shared = beside.start, beside.end
            fields = self._add_shared(beside, start, len(numbers))
        for field in REQUIRED:
            column = self._columns[field][start:]
            if None not in column:
                continue
            absent = [index for index, one in enumerate(column) if one is None]
            message = say("{field} is missing", field=field)
            if shared is not None and len(absent) == len(numbers) > 1:
                self.problem(_of_several(message, len(absent)), shared, field)
                continue
            for index in absent:
                one = node(numbers[index])
                self.problem(message, (one.start, one.end), field, start + index)
        self._starts.append(start)
        self._parts.append(_Part(node, span, numbers, odd, fields))

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
        self.reading.records = self
        self.reading.locate = lru_cache(1_000)(self._location)  # many findings in a row name one entry

    # -- the records ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._columns["RouteDest"])

    def __getitem__(self, index: Any) -> Any:
        return self._record(range(len(self))[index])

    def _location(self, index: int, field: str | None, inside: bool) -> Location:
        """See `Record.location_of`. It avoids creating the record if possible."""
        part, number = self._part(index)
        if part.span is not None and number not in part.odd:
            span = part.span(number, _key(field) if field is not None else None)
            if span is not None:
                return self.source.location(*span)
        return self._record(index).location_of(field, inside)

    def _part(self, index: int) -> tuple[_Part, int]:
        """The part that a record belongs to, and the number of its row there."""
        which = bisect_right(self._starts, index) - 1
        part = self._parts[which]
        return part, part.numbers[index - self._starts[which]]

    def _make(self, index: int) -> Record:
        part, number = self._part(index)
        node = part.node(number)
        fields, _ = _own_fields(self.source, node)
        return Record(part.fields | fields, self.source.location(node.start, node.end))

    # -- the columns ----------------------------------------------------------------------------------

    def tables(self, rows: Iterable[Any], node: NodeOf) -> Iterator[Table]:
        """Rows in columns. They are dicts with keys as written; a row that is not a dict is not an entry."""
        rows, offset = iter(rows), 0
        while chunk := list(islice(rows, CHUNK)):
            numbers: Sequence[int] = range(offset, offset + len(chunk))
            offset += len(chunk)
            types = set(map(type, chunk))
            if not types <= {dict, Repeated}:
                for number, one in zip(numbers, chunk, strict=True):
                    if not isinstance(one, dict):
                        what = node(number)
                        message = say("an entry must be a mapping, not {what}", what=described(plain(what)))
                        self.problem(message, (what.start, what.end))
                pairs = zip(numbers, chunk, strict=True)
                numbers = [number for number, one in pairs if isinstance(one, dict)]
                chunk = [one for one in chunk if isinstance(one, dict)]
            names = set[Any]().union(*chunk)
            maybe = enumerate(() if _is_plain(names) and types == {dict} else chunk)
            odd = {index for index, one in maybe if type(one) is Repeated or not _is_plain(one)}
            columns: dict[str, list[Any]] = {}
            for name in _NAMES & names:
                values = list(map(dict.get, chunk, repeat(name)))
                field = SPELLINGS.get(name, name)
                if field in columns:
                    both = zip(columns[field], values, strict=True)
                    values = [two if one is None else one for one, two in both]
                columns[field] = values
            yield Table(columns, numbers, odd)

    def _add_table(self, table: Table, node: NodeOf) -> tuple[Sequence[int], list[int]]:
        """Add the values that some rows give themselves. Returns the numbers of those that are entries, and
        of those among them that hold something unusual."""
        columns, numbers, odd = table
        gateway = [columns[name] for name in GATEWAY_FIELDS & columns.keys()]
        if gateway:
            kept = [i for i in range(len(numbers)) if all(column[i] is None for column in gateway)]
            numbers, odd = [numbers[i] for i in kept], {new for new, i in enumerate(kept) if i in odd}
            columns = {field: [column[i] for i in kept] for field, column in columns.items()}
        start = len(self)
        for field, column in self._columns.items():
            added = columns.get(field)
            if added is None:
                column += repeat(None, len(numbers))
                continue
            self._given.add(field)
            strange = _odd_values(TYPES[field], added)
            odd.update(strange)
            # Equal texts are kept once, where many entries have the same one.
            column += (
                map(self._shared.setdefault, added, added) if field in _SHARED and not strange else added
            )
        for index in odd:
            fields, problems = _own_fields(self.source, node(numbers[index]))
            self.problems += [one._replace(entry=start + index) for one in problems]
            for field, column in self._columns.items():
                column[start + index] = fields[field].value if field in fields else None
        return numbers, [numbers[index] for index in odd]

    def _add_shared(self, around: MappingNode, start: int, count: int) -> dict[str, Value]:
        """Give `count` entries, from `start` on, the fields next to `Routes`."""
        values, problems = _own_fields(self.source, around)
        self._given.update(values)
        touched: dict[str | None, int] = {}
        for field, value in values.items():
            column = self._columns[field]
            touched[field] = column[start:].count(None)
            column[start:] = [value.value if one is None else one for one in column[start:]]
        for one in problems:  # once for each entry that it touches: `close` joins and counts them
            self.problems += [one] * max(1, touched.get(one.field, count))
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
            at, place = (source.location(one.start, one.end) for one in (key, value))
            written = shortened(text(key) or source.text[key.start : key.end])
            if same in first:
                before = source.location(first[same].start, first[same].end)
                problems.append(given_twice(field or written, at, before, None, field))
                if field is not None:
                    fields[field] = Value(TWICE, place)
                continue
            first[same] = key
            if field is None:
                unknown = say("a value without a name") if name is None else unknown_name(written, SPELLINGS)
                problems.append(Problem("schema", unknown, at))
                continue
            scalar, kind, message = _scalar(source, field, value)
            if kind:
                problems.append(Problem(kind, message, place, None, field))
            if scalar is not None:
                fields[field] = Value(scalar, place)
    return fields, problems


def _scalar(source: Source, field: str, node: Node) -> tuple[Scalar, str, str]:
    """The value of a field, and the kind and the message of its problem: "" if there is none."""
    if node.tag is not None:
        return Unknown(say("has the tag {tag}", tag=shortened(node.tag))), "", ""
    if isinstance(node, MappingNode) and source.text.startswith("{{", node.start):
        # A template's `{{ name }}` without quotes, which YAML reads as a mapping.
        held = shortened(source.text[node.start : node.end])
        return Unknown(say("holds a placeholder: {held}", held=held)), "", ""
    value = node.value if isinstance(node, ScalarNode) else plain(node)
    if value is None or isinstance(value, Unknown):
        return value, "", ""
    if field == "Weight" and value in ("0", "100"):
        message = say('Weight is the text "{value}": write the number {value}', value=value)
        return int(value), "weight-text", message
    value, message = converted(field, value)
    return value, "schema" if message else "", message


@lru_cache
def _key(field: str) -> re.Pattern[str]:
    """A field's key in JSON. In a mapping, a quote that nothing escapes begins or ends a text."""
    return re.compile(rf'"(?<!\\")(?:{field}|{snake_case(field)})"[ \t\n\r]*:[ \t\n\r]*')


def _is_plain(names: Iterable[Any]) -> bool:
    """Whether all names are those of fields, each field once."""
    fields = [SPELLINGS.get(name) for name in names if name not in GATEWAY_FIELDS]
    return None not in fields and len(set(fields)) == len(fields)


def _odd_values(wanted: type, column: list[Any]) -> list[int]:
    """The positions in a column that do not simply hold a value of that type."""
    if set(map(type, column)) <= {wanted, type(None)} and (
        wanted is not str or "{" not in "\0".join(filter(None, column))
    ):
        return []
    right = (wanted, type(None), Unknown)
    return [
        index
        for index, value in enumerate(column)
        if type(value) not in right or (type(value) is str and may_hold_placeholder(value))
    ]


def _of_several(message: str, entries: int) -> str:
    """The message, with the number of entries if there are several."""
    return say("{message} ({entries} entries)", message=message, entries=entries) if entries > 1 else message
