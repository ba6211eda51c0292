"""Live routes: responses of `DescribeVcoRouteEntries`, as the API, its SDK and its CLI give them.

A file holds one response, a list of them (pages), or one after another (JSON Lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from json import dumps
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import SPELLINGS
from vcolint.model.reading import Reading
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft
from vcolint.text.nodes import entries, items, members, plain
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Unknown, Value
from vcolint.text.wording import described

ROWS = "VcoRouteEntries"
_TYPE = "RouteEntryType"
_FIELDS = {name: field for name, field in SPELLINGS.items() if field in REQUIRED_BUT_REGION} | {
    _TYPE: _TYPE,
    "route_entry_type": _TYPE,
}
# The fields that a row must have, by its type. Only the destination of a learned route is used.
_REQUIRED = {"custom": REQUIRED_BUT_REGION, "bgp": ("VpnConnectionId", "RouteDest")}


class _Page(NamedTuple):
    """One response."""

    group: tuple[object, object]  # the connection and the type of its first row
    rows: frozenset[str]  # each row that it holds, as text
    total: int  # `TotalCount`, or 0
    place: Location  # the place of `TotalCount`


class Snapshot(Reading):
    """The routes in a file of responses. `report_missing` checks whether the pages hold all of them."""

    def __init__(self, source: Source, documents: list[Node]) -> None:
        super().__init__("live", [source.file])
        self.texts[source.file] = source.text
        self.pages: list[_Page] = []
        for document in documents:
            for response in document.items if isinstance(document, SequenceNode) else [document]:
                self._response(source, response)

    def _response(self, source: Source, node: Node) -> None:
        """Read the rows of one response, or a single row."""

        def problem(message: str, node: Node, kind: str = "schema") -> None:
            self.problems.append(Problem(kind, message, source.location(node.start, node.end)))

        response = members(node)
        if ROWS not in response and isinstance(response.get("body"), MappingNode):
            response = members(response["body"])
        rows, total = (_given(response.get(name)) for name in (ROWS, "TotalCount"))
        if rows is None and total is None and any(name in response for name in _FIELDS):
            self._row(source, node)
        elif rows is None and total is None:
            message = say("not a response of DescribeVcoRouteEntries: it has no {ROWS}", ROWS=ROWS)
            problem(message, node, "syntax")
        elif rows is not None and not isinstance(rows, SequenceNode):
            found = described(plain(rows))
            problem(say("{ROWS} must be a list, not {rows}", ROWS=ROWS, rows=found), rows)
        else:
            first = len(self.records)
            for row in items(rows):
                if isinstance(row, MappingNode):
                    self._row(source, row)
                else:
                    problem(say("a row must be a mapping, not {node}", node=described(plain(row))), row)
            fields = self.records[first].fields if len(self.records) > first else {}
            connection, kind = (
                fields[name].value if name in fields else None for name in ("VpnConnectionId", _TYPE)
            )
            number = 0 if total is None else _whole(plain(total))
            if total is not None and number is None:
                found = described(plain(total))
                problem(say("TotalCount must be an integer, not {node}", node=found), total)
            texts = frozenset(dumps(plain(row), sort_keys=True, default=str) for row in items(rows))
            at = total or node
            place = source.location(at.start, at.end)
            self.pages.append(_Page((connection, kind), texts, number or 0, place))

    def _row(self, source: Source, node: Node) -> None:
        draft = Draft(self, source.location(node.start, node.end))
        for key, value in entries(node):
            field = _FIELDS.get(str(key.value))
            if field is None:
                continue
            given = plain(value)
            place = source.location(value.start, value.end)
            if field == _TYPE and given is not None:
                given = given.lower() if isinstance(given, str) else given
                if given not in list(_REQUIRED):
                    draft.problem(say("RouteEntryType must be custom or bgp"), place, _TYPE)
                    given = Unknown(say("not custom or bgp"), reported=True)
            draft.put(field, given, place, name=source.location(key.start, key.end), template=False)
        kind = draft.fields.setdefault(_TYPE, Value("custom", draft.location, literal=False)).value
        draft.close(required=_REQUIRED.get(str(kind), ()))


def read(source: Source) -> Snapshot:
    """Read a file of responses. Raises SyntaxFault for text that is not JSON."""
    from vcolint.text.json import parse_at

    document, end = parse_at(source, 0)
    documents = [document]
    while source.text[end:].strip(" \t\r\n"):
        document, end = parse_at(source, end)
        documents.append(document)
    return Snapshot(source, documents)


def from_data(data: Any) -> Snapshot:
    """Read what a program passes in: a response, a row, or a list of them; as mappings, or as objects of the
    SDK (anything with `to_map()`). All places are in line 1 of a file named `<live>`."""
    from vcolint.read.data import node  # of imports that only programs need

    snapshot = Snapshot(Source("<live>", ""), [node(data)])
    report_missing([snapshot])
    return snapshot


def without_learned(reading: Reading) -> Reading:
    """The snapshot as a set to check: routes learned over BGP are not entries."""
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
    made.problems += [problem for _, problem in _missing([reading])]
    return made


def report_missing(readings: Iterable[Reading]) -> None:
    """Report each connection and type of which the snapshots of a run together do not hold all rows."""
    for reading, problem in _missing(readings):
        reading.problems.append(problem)


def _missing(readings: Iterable[Reading]) -> list[tuple[Reading, Problem]]:
    """The problem and its reading: that of the page with the largest total."""
    rows: dict[tuple[object, object], set[str]] = {}
    largest: dict[tuple[object, object], tuple[Reading, _Page]] = {}
    empty: list[tuple[Reading, _Page]] = []
    for reading in readings:
        for page in reading.pages if isinstance(reading, Snapshot) else ():
            if not page.rows:
                empty.append((reading, page))
                continue
            rows.setdefault(page.group, set()).update(page.rows)
            if page.group not in largest or page.total > largest[page.group][1].total:
                largest[page.group] = reading, page
    totals = {page.total for _, page in largest.values()}
    # An empty page after the last one names no connection, but gives the total.
    others = [one for one in empty if one[1].total not in totals]
    found = []
    for reading, page in (*largest.values(), *others):
        given = len(rows[page.group]) if page.rows else 0
        if page.total > given:
            message = say(
                "the snapshot has {given} of {total} rows: fetch the other pages (a page has 10 rows by "
                "default)",
                given=given,
                total=page.total,
            )
            found.append((reading, Problem("snapshot", message, page.place)))
    return found


def _given(node: Node | None) -> Node | None:
    """The node, if it exists and is not null."""
    return None if isinstance(node, ScalarNode) and node.value is None else node


def _whole(value: object) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
