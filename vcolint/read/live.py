"""Live routes: responses of `DescribeVcoRouteEntries`, as the API, its SDK and its CLI give them.

A file holds one response, a list of them (pages), or one after another (JSON Lines).
"""

from __future__ import annotations

import re
from json import dumps
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import SPELLINGS
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import type_name
from vcolint.text.nodes import entries, items, members, plain
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Unknown, Value

ROWS = "VcoRouteEntries"
_TYPE = "RouteEntryType"
_FIELDS = {
    name: field
    for name, field in {**SPELLINGS, _TYPE: _TYPE, "route_entry_type": _TYPE}.items()
    if field in ("VpnConnectionId", "RouteDest", "NextHop", "Weight", _TYPE)
}
_TYPES = ("custom", "bgp")
# The fields that a row must have, by its type. Of learned routes only the destination is used.
_REQUIRED = {
    "custom": ("VpnConnectionId", "RouteDest", "NextHop", "Weight"),
    "bgp": ("VpnConnectionId", "RouteDest"),
}

_INTEGER = re.compile(r"-?[0-9]{1,20}")


class _Page(NamedTuple):
    """One response."""

    connection: object  # of its first row
    type: object
    rows: frozenset[str]  # each row that it holds, as text
    total: int | None  # `TotalCount`
    place: Location  # of that


def read(source: Source) -> Reading:
    """Read a file of responses. Raises SyntaxFault for text that is not JSON."""
    from vcolint.text.json import parse_at

    reading = Reading("live", [source.file])
    reading.texts[source.file] = source.text
    document, end = parse_at(source, 0)
    documents = [document]
    while source.text[end:].strip(" \t\r\n"):
        document, end = parse_at(source, end)
        documents.append(document)
    _Snapshot(source, reading).read(documents)
    return reading


def without_learned(reading: Reading) -> Reading:
    """The snapshot as a set to be checked: the routes that were learned over BGP are no entries."""
    kept: list[int] = []
    learned: list[int] = []
    for number, record in enumerate(reading.records):
        kind = record.fields.get(_TYPE)
        (learned if kind is not None and kind.value == "bgp" else kept).append(number)
    places = {number: place for place, number in enumerate(kept)}
    made = Reading(reading.kind, reading.files)
    made.texts = reading.texts
    made.records = [reading.records[number] for number in kept]
    made.learned = [reading.records[number] for number in learned]
    made.problems = [
        one if one.entry is None else one._replace(entry=places.get(one.entry)) for one in reading.problems
    ]
    return made


def from_data(data: Any) -> Reading:
    """Read what a program hands over: a response, a row, or a list of them; as mappings, or as objects of
    the SDK (anything with `to_map()`). All stands in line 1 of a file named `<live>`."""
    from vcolint.read.data import node  # of what only programs need

    source = Source("<live>", "")
    reading = Reading("live", [source.file])
    reading.texts[source.file] = source.text
    _Snapshot(source, reading).read([node(data)])
    return reading


class _Snapshot:
    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self.records: list[Record] = []

    def read(self, documents: list[Node]) -> None:
        pages = []
        for document in documents:
            for response in document.items if isinstance(document, SequenceNode) else [document]:
                page = self._response(response)
                if page is not None:
                    pages.append(page)
        self.reading.records = self.records
        self._count(pages)

    def _response(self, node: Node) -> _Page | None:
        """Read the rows of one response; None if the node is no response."""
        response = members(node)
        if ROWS not in response and isinstance(response.get("body"), MappingNode):
            response = members(response["body"])
        rows, total = (_given(response.get(name)) for name in (ROWS, "TotalCount"))
        if rows is None and total is None:
            if any(name in response for name in _FIELDS):
                self._row(node)
            else:
                message = say("not a response of DescribeVcoRouteEntries: it has no {ROWS}", ROWS=ROWS)
                self._problem("syntax", message, node)
            return None
        if rows is not None and not isinstance(rows, SequenceNode):
            self._problem(
                "schema",
                say("{ROWS} must be a list, not {rows}", ROWS=ROWS, rows=type_name(plain(rows))),
                rows,
            )
            return None
        first = len(self.records)
        for row in items(rows):
            self._row(row)
        fields = self.records[first].fields if len(self.records) > first else {}
        connection, kind = (
            fields[name].value if name in fields else None for name in ("VpnConnectionId", _TYPE)
        )
        return _Page(
            connection,
            kind,
            frozenset(dumps(plain(row), sort_keys=True, default=str) for row in items(rows)),
            None if total is None else self._total(total),
            self._place(total or node),
        )

    def _total(self, node: Node) -> int | None:
        number = _whole(plain(node))
        if number is None:
            self._problem(
                "schema", say("TotalCount must be an integer, not {node}", node=type_name(plain(node))), node
            )
        return number

    def _row(self, node: Node) -> None:
        entry = len(self.records)
        location = self._place(node)
        if not isinstance(node, MappingNode):
            self._problem(
                "schema", say("a row must be a mapping, not {node}", node=type_name(plain(node))), node
            )
            return
        fields: dict[str, Value] = {}
        keys: dict[str, ScalarNode] = {}
        for key, value in entries(node):
            field = _FIELDS.get(str(key.value))
            if field is None:
                continue
            place = self._place(value)
            if field in keys:
                related = ((say("first given here"), self._place(keys[field])),)
                problem = Problem(
                    "duplicate-key",
                    say("{field} is given twice", field=field),
                    self._place(key),
                    entry,
                    field,
                    related,
                )
                self.reading.problems.append(problem)
                fields[field] = Value(Unknown(say("given twice"), reported=True), place)
                continue
            keys[field] = key
            known = self._value(field, value, entry)
            if known is not None:
                fields[field] = Value(known, place)
        fields.setdefault(_TYPE, Value("custom", location, literal=False))
        for field in _REQUIRED.get(str(fields[_TYPE].value), ()):
            if field not in fields:
                self._problem("schema", say("{field} is missing", field=field), node, entry, field)
        self.records.append(Record(fields, location))

    def _value(self, field: str, node: Node, entry: int) -> str | int | Unknown | None:
        """The value of a field; None where it is absent, and Unknown where it is wrong."""
        value = plain(node)
        if value is None:
            return None
        wanted = "text"
        if field == "Weight":
            number = _whole(value)
            if number is not None:
                return number
            wanted = say("an integer")
        elif field == _TYPE:
            if isinstance(value, str) and value.lower() in _TYPES:
                return value.lower()
            wanted = " or ".join(_TYPES)
        elif isinstance(value, str):
            return value
        found = "" if isinstance(value, str) else say(", not {type_name}", type_name=type_name(value))
        self._problem(
            "schema",
            say("{field} must be {wanted}{found}", field=field, wanted=wanted, found=found),
            node,
            entry,
            field,
        )
        return Unknown(say("not {wanted}", wanted=wanted), reported=True)

    def _count(self, pages: list[_Page]) -> None:
        """Report each connection and type whose rows are not all in the pages."""
        rows: dict[tuple[object, object], set[str]] = {}
        largest: dict[tuple[object, object], _Page] = {}
        empty = []
        for page in pages:
            if page.rows:
                key = page.connection, page.type
                rows.setdefault(key, set()).update(page.rows)
                if page.total is not None and page.total > _total_of(largest.get(key)):
                    largest[key] = page
            else:
                empty.append(page)
        totals = {page.total for page in largest.values()}
        for key, page in largest.items():
            self._incomplete(page, len(rows[key]))
        for page in empty:
            # An empty page behind the last one names no connection, but gives the total.
            if page.total and page.total not in totals:
                self._incomplete(page, 0)

    def _incomplete(self, page: _Page, given: int) -> None:
        if page.total is not None and page.total > given:
            message = say(
                "the snapshot has {given} of {total} rows: fetch the other pages (a page has 10 rows by "
                "default)",
                given=given,
                total=page.total,
            )
            self.reading.problems.append(Problem("snapshot", message, page.place))

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def _problem(
        self, kind: str, message: str, node: Node, entry: int | None = None, field: str | None = None
    ) -> None:
        self.reading.problems.append(Problem(kind, message, self._place(node), entry, field))


def _given(node: Node | None) -> Node | None:
    """The node, if it is there and not null."""
    return None if isinstance(node, ScalarNode) and node.value is None else node


def _total_of(page: _Page | None) -> int:
    return (page.total or 0) if page is not None else 0


def _whole(value: object) -> int | None:
    """A whole number, also as text; None if it is none."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
