"""Entries held against the live snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.destination import meetings
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import LiveRow
from vcolint.model.facts import Known, Origin
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, is_known

_FIELD = "RouteDest"


def live(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries that are `already-live`, a `contradiction` to a live custom row, or a `learned-overlap` with
    a row that was learned over BGP on the same connection. Entries with `DryRun: true` conflict with
    nothing."""
    if not routes.snapshot:
        return iter(())
    finds: Callable[[RouteSet, Sequence[int]], Iterator[Hit]] = {
        "already-live": _already_live,
        "contradiction": _contradictions,
        "learned-overlap": _learned_overlaps,
    }[parameters["finds"]]
    return finds(routes, who)


class LiveIndex:
    """The custom rows of the live snapshot."""

    def __init__(self, routes: RouteSet) -> None:
        self._of: dict[Connection, list[LiveRow]] = {}
        # By connection and network, then by next hop and weight.
        self._at: dict[tuple[Connection | None, int | None], dict[Scalar, dict[Scalar, LiveRow]]] = {}
        for row in routes.snapshot:
            if row.custom:
                self._of.setdefault(row.connection, []).append(row)
                hops = self._at.setdefault((row.connection, row.network), {})
                hops.setdefault(_held(row, "NextHop"), {})[_held(row, "Weight")] = row

    def of(self, connection: Connection) -> Sequence[LiveRow]:
        """The rows of a connection."""
        return self._of.get(connection, ())

    def rows_at(
        self, connection: Connection | None, block: int | None
    ) -> Mapping[Scalar, Mapping[Scalar, LiveRow]]:
        """The rows of a connection with that destination, by next hop and weight."""
        return self._at.get((connection, block), {})

    def equal(self, routes: RouteSet, entry: int) -> LiveRow | None:
        """The row that is the same route as an entry, weight included."""
        hops = self.rows_at(routes.connections[entry], routes.destinations[entry])
        hop, weight = routes.value(entry, "NextHop"), routes.value(entry, "Weight")
        return hops.get(hop, {}).get(weight) if hop is not None and weight is not None else None


def live_index(routes: RouteSet) -> LiveIndex:
    return routes.once("live index", lambda: LiveIndex(routes))


def _held(row: LiveRow, field: str) -> Scalar:
    """The known value of a field of a row; else None."""
    held = row.record.fields.get(field)
    return held.value if held is not None and is_known(held.value) else None


def _created(routes: RouteSet, who: Sequence[int]) -> Iterator[int]:
    """Those of the entries that are new beside what is live, and have a row with their destination."""
    index = live_index(routes)
    connections, destinations = routes.connections, routes.destinations
    out = routes.duplicates | routes.dry
    for entry in who:
        if (
            destinations[entry] is not None
            and index.rows_at(connections[entry], destinations[entry])
            and entry not in out
            and routes.creates(entry)
        ):
            yield entry


def _already_live(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    index = live_index(routes)
    for entry in _created(routes, who):
        row = index.equal(routes, entry)
        if row is not None:
            yield _hit(entry, row)


def _contradictions(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    index = live_index(routes)
    for entry in _created(routes, who):
        if entry in routes.misweighted or index.equal(routes, entry) is not None:
            continue
        row = _contradicted(
            index.rows_at(routes.connections[entry], routes.destinations[entry]),
            routes.value(entry, "NextHop"),
            routes.value(entry, "Weight"),
        )
        if row is not None:
            yield _hit(entry, row)


def _contradicted(
    hops: Mapping[Scalar, Mapping[Scalar, LiveRow]], hop: Scalar, weight: Scalar
) -> LiveRow | None:
    """The first row with another next hop; else the first with the same one and another weight."""
    if not is_known(hop):
        return None
    another = (next(iter(rows.values())) for other, rows in hops.items() if other not in (None, hop))
    if not is_known(weight):
        return next(another, None)
    reweighted = (row for other, row in hops.get(hop, {}).items() if other not in (None, weight))
    return next(another, None) or next(reweighted, None)


def _hit(entry: int, row: LiveRow) -> Hit:
    text = say("next hop {row}, weight {row2}", row=_held(row, "NextHop"), row2=_held(row, "Weight"))
    variables = {"row": text, "meets": say("equals {networks}", networks=network.text(row.network))}
    return Hit(entry, _FIELD, variables, (Other(say("the live route"), location=row.record.location),))


def _learned_overlaps(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    origins: dict[Connection | None, dict[int, tuple[Origin, ...]]] = {}
    for row in routes.snapshot:
        if not row.custom:
            rows = origins.setdefault(row.connection, {})
            rows.setdefault(row.network, (Origin(say("the learned routes"), row.record.location),))
    if not origins:
        return
    connections = routes.connections
    out = routes.duplicates | routes.dry | routes.misweighted
    entries_of: dict[Connection | None, list[int]] = {}
    for entry in who:
        if connections[entry] in origins and entry not in out:
            entries_of.setdefault(connections[entry], []).append(entry)
    for connection, entries in entries_of.items():
        known = Known(NetworkSet(origins[connection]), origins[connection])
        for hit in meetings(routes, known, "overlaps", entries):
            yield hit._replace(variables={**hit.variables, "row": hit.variables["meets"]})
