"""Entries compared with the live snapshot: those that are live already, contradict it, or exceed the
quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Connection
from vcolint.model.route_set import LiveRow, RouteSet
from vcolint.text.value import Scalar, is_known


def live(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries that are `already-live`, or a `contradiction` to a live custom row. Entries with `DryRun: true`
    conflict with nothing."""
    is_found = _is_equal if parameters["finds"] == "already-live" else _is_contradicted
    rows_at: dict[tuple[object, object], list[LiveRow]] = {}
    for row in routes.snapshot:
        rows_at.setdefault((row.connection, row.network), []).append(row)
    for entry in who if rows_at else ():
        rows = rows_at.get((routes.connections[entry], routes.destinations[entry]), ())
        if not rows or entry in routes.dry or not routes.creates(entry):
            continue
        hop, weight = routes.value(entry, "NextHop"), routes.value(entry, "Weight")
        found = next((one for one in rows if is_found(one, hop, weight)), None)
        if found is not None:
            row_hop, row_weight = (one if is_known(one) else None for one in (found.next_hop, found.weight))
            text = say("next hop {row}, weight {row2}", row=row_hop, row2=row_weight)
            meets = say("equals {networks}", networks=network.text(found.network))
            others = (Other(say("the live route"), location=found.record.location),)
            yield Hit(entry, "RouteDest", {"row": text, "meets": meets}, others)


def _is_equal(row: LiveRow, hop: Scalar, weight: Scalar) -> bool:
    """Whether a row is the same route, weight included, as an entry with the same destination."""
    return (row.next_hop, row.weight) == (hop, weight) and None not in (hop, weight)


def _is_contradicted(row: LiveRow, hop: Scalar, weight: Scalar) -> bool:
    """Whether a row has another next hop; or the same one, and another weight."""
    return _differ(row.next_hop, hop) or (row.next_hop == hop is not None and _differ(row.weight, weight))


def _differ(one: Scalar, other: Scalar) -> bool:
    return is_known(one) and is_known(other) and one != other


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
    live = {row.route for row in routes.snapshot} - routes.removed
    rows: dict[object, int] = Counter(connection for connection, *_ in live)
    places = {route[:2] for route in live}

    def is_live(entry: int) -> bool:
        """Whether an entry is one of the live routes. An entry that exists already, as most in a plan do, is
        the live route to its destination, whatever its weight."""
        place = routes.connections[entry], routes.destinations[entry]
        return (*place, routes.value(entry, "Weight")) in live if routes.creates(entry) else place in places

    for connection, entries in entries_of.items():
        held = rows.get(connection, 0) if any(map(routes.creates, entries)) else 0
        new = [entry for entry in entries if not is_live(entry)] if held else entries
        total = held + len(new)
        if held <= most < total:
            name = routes.connection_name(connection)
            variables = {"connection": name, "count": total, "max": most, "live": held}
            yield Hit(new[most - held], None, variables, members=tuple(entries))
