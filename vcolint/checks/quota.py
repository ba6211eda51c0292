"""How many routes a connection would hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.checks.live import LiveIndex, live_index
from vcolint.model.entries import LiveRow
from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet


def quota(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections that would hold more routes than the config's quota, at the first entry past it.

    Live routes count first, each once, where entries are new beside them. If they alone are too many, the
    quota is not what the config says.
    """
    most = routes.config.quotas.get(parameters["setting"])
    if most is None:
        return
    destinations, connections = routes.destinations, routes.connections
    out = routes.duplicates | routes.dry
    routes_of: dict[Connection, list[int]] = {}
    for entry in who:
        connection = connections[entry]
        if connection is not None and destinations[entry] is not None and entry not in out:
            routes_of.setdefault(connection, []).append(entry)
    live = live_index(routes)
    for connection, entries in routes_of.items():
        rows: Sequence[LiveRow] = ()
        if any(map(routes.creates, entries)):
            rows = [row for row in live.of(connection) if not routes.removes(row)]
        new = _new(routes, live, entries) if rows else entries
        total = len(rows) + len(new)
        if len(rows) <= most < total:
            past = new[most - len(rows)]
            name = routes.connection_name(connection)
            variables = {"connection": name, "count": total, "max": most, "live": len(rows)}
            yield Hit(past, None, variables, members=tuple(entries))


def _new(routes: RouteSet, live: LiveIndex, entries: Sequence[int]) -> list[int]:
    """The entries that are not live yet. An entry that exists already, as most in a plan do, is the live
    route to its destination, unless the plan replaces that."""
    found = []
    for entry in entries:
        if routes.creates(entry):
            is_live = live.equal(routes, entry) is not None
        else:
            hops = live.rows_at(routes.connections[entry], routes.destinations[entry])
            is_live = any(not routes.removes(row) for rows in hops.values() for row in rows.values())
        if not is_live:
            found.append(entry)
    return found
