"""What happens when Terraform applies: outages, concurrent requests, connections that accept no routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model.reading import Connection, Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location

_CREATED = frozenset({"create", "delete-create", "create-delete"})
_PLAN = "terraform-plan"
_FIELD = "RouteDest"
# Seconds that the provider waits if the resource says nothing.
_DEFAULT_TIMEOUT = 60


def replacement(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries that a plan deletes before it creates them again."""
    for _, records in _roots(routes, who):
        for entry, record in records.items():
            if record.action == "delete-create":
                yield Hit(entry, None, {"address": record.address or say("the route")})


def concurrency(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections on which one root or one plan would create more than `max` routes at once: these wait for
    the same routes, and so not for one another. Routes with a timeout above the provider's minute do not
    count."""
    most = parameters["max"]
    for reading, records in _roots(routes, who):
        alike: dict[Connection, dict[frozenset[str], list[int]]] = {}  # by what they wait for
        for entry, record in records.items():
            connection, timeout = routes.connections[entry], record.create_timeout or _DEFAULT_TIMEOUT
            if reading.kind == _PLAN and record.action not in _CREATED:
                continue
            if connection is not None and entry not in routes.duplicates and timeout <= _DEFAULT_TIMEOUT:
                alike.setdefault(connection, {}).setdefault(record.waits_for, []).append(entry)
        for connection, together in alike.items():
            *others, last = max(together.values(), key=len)
            if len(others) >= most:
                number, name = len(others) + 1, routes.connection_name(connection)
                variables = {"count": number, "max": most, "connection": name}
                told = tuple(Other(say("created at the same time"), entry, _FIELD) for entry in others)
                yield Hit(last, _FIELD, variables, told, (*others, last))


def binding(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections with routes, at their first route. `unbound`: the root creates them, but nothing in it
    binds them to a transit router. `unlearned`: the root attaches them, but no route table learns from them.
    A root with neither route tables nor propagations says nothing about that."""
    for reading, records in _roots(routes, who):
        known, waiting = reading.topology, dict[Connection, Location]()
        if parameters["finds"] == "unbound":
            told = say("the connection is created here")
            if not known.binding_unknown:
                waiting = {one: place for one, place in known.created.items() if one not in known.bound}
        else:
            told = say("the connection is attached here")
            if not known.propagation_unknown and (known.propagated or known.route_tables):
                items = known.attachments.items()
                waiting = {one: at.location for one, at in items if known.propagated.isdisjoint(at.names)}
        for entry in records:
            connection = routes.connections[entry]
            if connection in waiting:
                others = (Other(told, location=waiting.pop(connection)),)
                yield Hit(entry, _FIELD, {"connection": routes.connection_name(connection)}, others)


def _roots(routes: RouteSet, who: Sequence[int]) -> Iterator[tuple[Reading, dict[int, Record]]]:
    """Each Terraform root or plan, with those of its entries that are to be checked."""
    wanted = who if isinstance(who, range) else frozenset(who)
    for reading, span in routes.spans:
        if reading.kind in ("terraform", _PLAN):
            pairs = zip(span, reading.records, strict=True)
            yield reading, {entry: record for entry, record in pairs if entry in wanted}
