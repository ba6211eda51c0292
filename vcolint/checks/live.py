"""Entries compared with the live snapshot: those that are live already, contradict it, or exceed the
quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.destination import Known, meetings
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection
from vcolint.model.route_set import LiveRow, RouteSet
from vcolint.text.value import Location, Scalar, is_known

_FIELD = "RouteDest"


def live(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries that are `already-live`, a `contradiction` to a live custom row, or a `learned-overlap` with
    a row that was learned over BGP on the same connection. Entries with `DryRun: true` conflict with
    nothing."""
    finds, out = parameters["finds"], routes.duplicates | routes.dry
    if finds != "already-live":
        out |= routes.misweighted
    compared = [entry for entry in who if entry not in out] if routes.snapshot else []
    if finds == "learned-overlap":
        yield from _learned_overlaps(routes, compared)
        return
    for entry in compared:
        rows = _rows_at(routes, entry) if routes.creates(entry) else ()
        row = _equal(routes, entry, rows)
        if finds == "contradiction":
            row = None if row else _contradicted(routes, entry, rows)
        if row is not None:
            hop, weight = (value if is_known(value) else None for value in (row.next_hop, row.weight))
            text = say("next hop {row}, weight {row2}", row=hop, row2=weight)
            meets = say("equals {networks}", networks=network.text(row.network))
            others = (Other(say("the live route"), location=row.record.location),)
            yield Hit(entry, _FIELD, {"row": text, "meets": meets}, others)


def _rows_at(routes: RouteSet, entry: int) -> Sequence[LiveRow]:
    """The custom rows with the connection and the destination of an entry."""
    rows = routes.once("live rows", lambda: _by_place(routes.snapshot))
    return rows.get((routes.connections[entry], routes.destinations[entry]), ())


def _by_place(snapshot: Iterable[LiveRow]) -> dict[tuple[object, object], list[LiveRow]]:
    found: dict[tuple[object, object], list[LiveRow]] = {}
    for row in snapshot:
        if row.custom:
            found.setdefault((row.connection, row.network), []).append(row)
    return found


def _equal(routes: RouteSet, entry: int, rows: Sequence[LiveRow]) -> LiveRow | None:
    """The row that is the same route as an entry, weight included."""
    route = routes.value(entry, "NextHop"), routes.value(entry, "Weight")
    return next((row for row in rows if (row.next_hop, row.weight) == route and None not in route), None)


def _contradicted(routes: RouteSet, entry: int, rows: Sequence[LiveRow]) -> LiveRow | None:
    """The first row with another next hop; else the first with the same one and another weight."""
    hop, weight = routes.value(entry, "NextHop"), routes.value(entry, "Weight")
    another = (row for row in rows if _differ(row.next_hop, hop))
    reweighted = (row for row in rows if row.next_hop == hop is not None and _differ(row.weight, weight))
    return next(another, None) or next(reweighted, None)


def _differ(one: Scalar, other: Scalar) -> bool:
    return is_known(one) and is_known(other) and one != other


def _learned_overlaps(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    origins: dict[Connection | None, dict[int, tuple[tuple[str, Location], ...]]] = {}
    for row in routes.snapshot:
        if not row.custom:
            told = ((say("the learned routes"), row.record.location),)
            origins.setdefault(row.connection, {}).setdefault(row.network, told)
    entries_of: dict[Connection | None, list[int]] = {}
    for entry in who if origins else ():
        if routes.connections[entry] in origins:
            entries_of.setdefault(routes.connections[entry], []).append(entry)
    for connection, entries in entries_of.items():
        known = Known(NetworkSet(origins[connection]), origins[connection])
        for hit in meetings(routes, known, "overlaps", entries):
            yield hit._replace(variables={**hit.variables, "row": hit.variables["meets"]})


def quota(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections that would have more routes than the config's quota, at the first entry past it. If entries
    are added to the live routes, these count first, each once. If the live routes alone exceed the quota, the
    config's number is wrong."""
    most = routes.config.quotas.get(parameters["setting"])
    if most is None:
        return
    out = routes.duplicates | routes.dry
    entries_of: dict[Connection, list[int]] = {}
    for entry in who:
        connection = routes.connections[entry]
        if connection is not None and routes.destinations[entry] is not None and entry not in out:
            entries_of.setdefault(connection, []).append(entry)
    live: dict[Connection, int] = Counter(
        row.connection for row in routes.snapshot if row.custom and row.route not in routes.removed
    )
    for connection, entries in entries_of.items():
        rows = live.get(connection, 0) if any(map(routes.creates, entries)) else 0
        new = [entry for entry in entries if not _is_live(routes, entry)] if rows else entries
        total = rows + len(new)
        if rows <= most < total:
            name = routes.connection_name(connection)
            variables = {"connection": name, "count": total, "max": most, "live": rows}
            yield Hit(new[most - rows], None, variables, members=tuple(entries))


def _is_live(routes: RouteSet, entry: int) -> bool:
    """Whether a live row is one of the entries. An entry that exists already, as most in a plan do, is the
    live route to its destination, unless the plan replaces that route."""
    rows = _rows_at(routes, entry)
    if routes.creates(entry):
        return _equal(routes, entry, rows) is not None
    return not all(row.route in routes.removed for row in rows)
