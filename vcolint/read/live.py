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
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft
from vcolint.text.nodes import entries, items, members, plain, tree
from vcolint.text.source import MappingNode, Node, Problem, SequenceNode, Source
from vcolint.text.value import Location, Value
from vcolint.text.wording import described

_ROWS = "VcoRouteEntries"
_TYPE = "RouteEntryType"
_FIELDS = {name: field for name, field in SPELLINGS.items() if field in REQUIRED_BUT_REGION} | {
    _TYPE: _TYPE,
    "route_entry_type": _TYPE,
}
_NUMBER = re.compile(r"[0-9]{1,20}")
_LEARNED = "bgp"  # the type of the routes learned over BGP; that of all others is "custom"


class _Page(NamedTuple):
    group: object  # the connection and the type of its rows: each call lists those of one
    rows: set[str]  # each row as text
    total: int
    place: Location  # of the total
    snapshot: Snapshot


class Snapshot(Reading):
    """The routes in a file of responses. `report_missing` checks whether the pages hold all of them."""

    def __init__(self, source: Source, documents: Iterable[Node]) -> None:
        super().__init__("live", [source.file])
        self.source = source
        self.texts[source.file] = source.text
        self.records: list[Record] = []
        self.learned: list[Record] = []
        self.pages: list[_Page] = []
        for document in documents:
            for response in document.items if isinstance(document, SequenceNode) else [document]:
                self._response(response)

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def _problem(self, message: str, node: Node, kind: str = "schema") -> None:
        self.problems.append(Problem(kind, message, self._place(node)))

    def _response(self, node: Node) -> None:
        """Read the rows of one response, or a single row."""
        response = members(node)
        if _ROWS not in response and isinstance(response.get("body"), MappingNode):
            response = members(response["body"])
        rows, total = response.get(_ROWS), response.get("TotalCount")
        if rows is None and total is None and not _FIELDS.keys().isdisjoint(response):
            self._row(node)
        elif rows is None and total is None:
            message = say("not a response of DescribeVcoRouteEntries: it has no {ROWS}", ROWS=_ROWS)
            self._problem(message, node, "syntax")
        elif rows is not None and not isinstance(rows, SequenceNode) and plain(rows) is not None:
            found = described(plain(rows))
            self._problem(say("{ROWS} must be a list, not {rows}", ROWS=_ROWS, rows=found), rows)
        else:
            number = str(0 if total is None else plain(total))
            given = int(number) if _NUMBER.fullmatch(number) else 0
            groups = [group for row in items(rows) if (group := self._row(row)) is not None]
            texts = {dumps(plain(row), sort_keys=True, default=str) for row in items(rows)}
            group = groups[0] if groups else None
            self.pages.append(_Page(group, texts, given, self._place(total or node), self))

    def _row(self, node: Node) -> tuple[object, object] | None:
        """Read one row. Returns its connection and its type."""
        if not isinstance(node, MappingNode):
            self._problem(say("a row must be a mapping, not {node}", node=described(plain(node))), node)
            return None
        draft = Draft(self, self._place(node))
        before = len(self.problems)
        for key, value in entries(node):
            field = _FIELDS.get(str(key.value))
            if field is not None:
                given = plain(value)
                given = given.lower() if field == _TYPE and isinstance(given, str) else given
                draft.put(field, given, self._place(value), name=self._place(key), template=False)
        kind = draft.fields.setdefault(_TYPE, Value("custom", draft.location, literal=False)).value
        if kind == "custom":
            draft.close()
        else:  # only the destination of a learned route is used, and nothing of a row of another type
            if kind != _LEARNED and isinstance(kind, str):
                message = say("{TYPE} must be custom or bgp", TYPE=_TYPE)
                draft.problem(message, draft.fields[_TYPE].location, _TYPE)
            draft.close(required=("VpnConnectionId", "RouteDest") if kind == _LEARNED else ())
            record = self.records.pop()
            self.learned += [record] if kind == _LEARNED else []
            self.problems[before:] = [one._replace(entry=None) for one in self.problems[before:]]
        connection = draft.fields.get("VpnConnectionId")
        return connection and connection.value, kind


def read(source: Source) -> Snapshot:
    """Read a file of responses. Raises SyntaxFault for text that is not JSON."""
    from vcolint.text.json import parse_at

    document, end = parse_at(source, 0)
    documents = [document]
    while source.text[end:].strip(" \t\r\n"):
        document, end = parse_at(source, end)
        documents.append(document)
    snapshot = Snapshot(source, documents)
    report_missing([snapshot])
    return snapshot


def from_data(data: Any) -> Snapshot:
    """Read what a program passes in: a response, a row, or a list of them; as mappings, or as objects of the
    SDK (anything with `to_map()`). All places are in line 1 of a file named `<live>`."""
    snapshot = Snapshot(Source("<live>", ""), [tree(data)])
    report_missing([snapshot])
    return snapshot


def report_missing(readings: Iterable[Reading]) -> None:
    """Report each connection and type for which the snapshots together lack rows, at the page with the
    largest total. What was reported for fewer snapshots no longer counts."""
    pages: list[_Page] = []
    for snapshot in readings:
        snapshot.problems = [one for one in snapshot.problems if one.kind != "snapshot"]
        pages += snapshot.pages if isinstance(snapshot, Snapshot) else ()
    together: dict[object, list[_Page]] = {}
    for page in [one for one in pages if one.rows] or pages:  # the page after the last one has no rows
        together.setdefault(page.group, []).append(page)
    for group in together.values():
        largest = max(group, key=lambda page: page.total)
        given = len(set[str]().union(*(page.rows for page in group)))
        if largest.total > given:
            message = say(
                "the snapshot has {given} of {total} rows: fetch the other pages (a page has 10 rows by "
                "default)",
                given=given,
                total=largest.total,
            )
            largest.snapshot.problems.append(Problem("snapshot", message, largest.place))
