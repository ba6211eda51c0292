"""What happens when Terraform applies: outages, concurrent requests, connections that accept no routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model.reading import Connection, Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location

_PLAN = "terraform-plan"
_CREATED = frozenset({"create", "delete-create", "create-delete"})
_FIELD = "RouteDest"
# Seconds that the provider waits if the resource says nothing.
_DEFAULT_TIMEOUT = 60


def replacement(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries that a plan deletes before it creates them again."""
    out = routes.unusable | routes.duplicates | routes.misweighted
    for root in _roots(routes, who):
        for entry, record in root.entries:
            if record.action == "delete-create" and entry not in out:
                yield Hit(entry, None, {"address": record.address or say("the route")})


def concurrency(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections on which one root or one plan would create more than `max` routes at once. The number is
    the largest number of routes with the same depth: none of these waits for another one, directly or through
    others. Routes with a timeout above the provider's minute do not count."""
    most = parameters["max"]
    for root in _roots(routes, who):
        alike: dict[Connection, list[int]] = {}
        for entry, record in root.entries:
            connection = routes.connections[entry]
            if (
                connection is not None
                and entry not in routes.duplicates
                and (root.reading.kind != _PLAN or record.action in _CREATED)
                and (record.create_timeout is None or record.create_timeout <= _DEFAULT_TIMEOUT)
            ):
                alike.setdefault(connection, []).append(entry)
        crowded = {connection: members for connection, members in alike.items() if len(members) > most}
        if not crowded:
            continue
        depths = _depths(root.reading.records)
        for connection, members in crowded.items():
            by_depth: dict[int, list[int]] = {}
            for entry in members:
                by_depth.setdefault(depths[entry - root.start], []).append(entry)
            widest = max(by_depth.values(), key=len)
            if len(widest) > most:
                variables = {
                    "count": len(widest),
                    "max": most,
                    "connection": routes.connection_name(connection),
                }
                others = tuple(Other(say("created at the same time"), entry, _FIELD) for entry in widest[:-1])
                yield Hit(widest[-1], _FIELD, variables, others, tuple(widest))


def unbound(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections that a root creates and routes use, but nothing in the root binds to a transit router."""
    for root in _roots(routes, who):
        topology = root.reading.topology
        if topology.binding_unknown:
            continue
        waiting = {
            connection: location
            for connection, location in topology.created.items()
            if connection not in topology.bound
        }
        yield from _at_first_routes(routes, root, waiting, say("the connection is created here"))


def unlearned(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Connections that a root attaches to a transit router and routes use, but no route table learns from. A
    root that manages no route table does not say which route table learns what."""
    for root in _roots(routes, who):
        topology = root.reading.topology
        if topology.propagation_unknown or not (topology.propagated or topology.route_tables):
            continue
        waiting = {
            connection: attachment.location
            for connection, attachment in topology.attachments.items()
            if topology.propagated.isdisjoint(attachment.names)
        }
        yield from _at_first_routes(routes, root, waiting, say("the connection is attached here"))


def _at_first_routes(
    routes: RouteSet, root: _Root, waiting: dict[Connection, Location], told: str
) -> Iterator[Hit]:
    """A hit for each of these connections, at its first route; the related place is that of the
    connection."""
    for entry, _ in root.entries:
        connection = routes.connections[entry]
        if connection in waiting and entry not in routes.duplicates:
            others = (Other(told, location=waiting.pop(connection)),)
            yield Hit(entry, _FIELD, {"connection": routes.connection_name(connection)}, others)


class _Root(NamedTuple):
    """A Terraform root, or a plan."""

    reading: Reading
    start: int  # the number of its first entry
    entries: Iterator[tuple[int, Record]]  # those to check


def _roots(routes: RouteSet, who: Sequence[int]) -> Iterator[_Root]:
    wanted = who if isinstance(who, range) else frozenset(who)
    for reading, span in routes.spans:
        if reading.kind in ("terraform", _PLAN):
            pairs = zip(span, reading.records, strict=True)
            yield _Root(reading, span.start, (pair for pair in pairs if pair[0] in wanted))


def _depths(records: Sequence[Record]) -> list[int]:
    """For each record, how many routes have to be made one after another before it: the longest chain.
    Where routes wait for one another in a circle, which Terraform refuses, all count as the first ones."""
    at: dict[str, set[frozenset[str]]] = {}  # what those with an address wait for
    for record in records:
        if record.address is not None:
            at.setdefault(record.address, set()).add(record.waits_for)
    # Instances of one block share what they wait for, so this is computed once.
    ahead = {
        addresses: set[frozenset[str]]().union(*(at.get(address, ()) for address in addresses))
        for addresses in {record.waits_for for record in records}
    }
    depth: dict[frozenset[str], int] = {}
    try:
        for addresses in TopologicalSorter(ahead).static_order():
            depth[addresses] = max((depth[other] + 1 for other in ahead[addresses]), default=0)
    except CycleError:
        return [0] * len(records)
    return [depth[record.waits_for] for record in records]
