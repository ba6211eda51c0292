"""Check `promise`: the config promises who carries a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.forwarding import Group, Route, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Promise
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import listed, quoted


def promise(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Promises of the config that do not hold. Each gets one finding, at the first address that breaks it."""
    if not routes.size:
        return
    # The name that tables use for a connection, by each name that a config may use.
    connections = {connection for connection in routes.connections if connection is not None}
    named = {name: routes.connection_name(one) for one in connections for name in routes.names_of(one)}
    told: set[int] = set()
    for one in routes.config.promises:
        allowed = None if one.carried_by is None else {named.get(name, name) for name in one.carried_by}
        found = _broken(routes, one, allowed)
        # A rule gives each entry at most one finding.
        if found is not None and (found.place is not None or found.entry not in told):
            told.add(found.entry)
            yield found


def _broken(routes: RouteSet, one: Promise, allowed: set[str] | None) -> Hit | Doubt | None:
    """The first break of a promise; a doubt if a route with unknown values may keep the promise."""
    block = network.parse(one.network)
    assert block is not None  # the config is checked
    using = [table for table in tables(routes) if not table.connections.isdisjoint(allowed or ())]
    parts: list[tuple[Table | None, int, Group | None]] = []
    # If the connections of a promise have no routes, it is about every domain with a route to its network.
    for one_table in using or tables(routes):
        found = one_table.parts(block)
        if using or any(group is not None for _, group in found):
            parts += ((one_table, *part) for part in found)
    name, doubt = quoted(one.name) if one.name else say("about {network}", network=one.network), None
    for table, part, group in parts or [(None, block, None)]:
        problem = _problem(table, group, one, allowed)
        if problem is None:
            continue
        around = [route for holder in group.around() for route in reversed(holder.routes)] if group else []
        carrying = [route for route in around if route.connection in problem.carriers]
        near = table.domain if table is not None and (using or allowed is None) else None
        place = _unknown(routes, near, carrying, problem, allowed)
        if place is None:
            if one.dropped:
                name = say("{promise}, which this change removes or loosens", promise=name)
            variables = {"network": network.text(part), "promise": name, "problem": problem.text}
            witness = network.address_text(network.first(part))
            # At the innermost entry that carries the traffic but should not, else at the innermost one.
            for route in (*carrying, *around):
                if not route.live:
                    return Hit(route.member, "RouteDest", variables, witness=witness)
            return Hit(-1, None, variables, witness=witness, place=one.location)
        text = say(
            "not known whether the promise {promise} holds: a value of the route at {file}:{line} is unknown",
            promise=name,
            file=place.file,
            line=place.line,
        )
        doubt = doubt or Doubt(-1, "promises", text, one.location)
    return doubt


class _Problem(NamedTuple):
    """Why a promise does not hold."""

    text: str
    carriers: frozenset[str] = frozenset()  # connections that carry it but should not, or not alone
    survives: bool = True  # False: the failure of `carriers` loses it


def _problem(
    table: Table | None, group: Group | None, one: Promise, allowed: set[str] | None
) -> _Problem | None:
    """Why a promise does not hold for the addresses of a group."""
    carriers = () if table is None else table.carriage(group).carriers
    if carriers is None:
        return None  # not known
    if table is None or not carriers:
        return _Problem(say("no route carries it"))
    if allowed is not None and not allowed.issuperset(carriers):
        text = say("it is carried by {carriers}", carriers=listed(carriers, 3))
        return _Problem(text, frozenset(carriers) - allowed)
    for down, later in table.failures(group) if one.survives and table.survives(group) is False else ():
        if later.carriers is not None and (not later.carriers or later.blackhole):
            lost = say("its traffic is lost") if later.blackhole else say("no route carries it")
            return _Problem(say("if {down} fails, {lost}", down=down, lost=lost), frozenset({down}), False)
    return None


def _unknown(
    routes: RouteSet,
    near: Domain | None,
    carrying: Sequence[Route],
    problem: _Problem,
    allowed: set[str] | None,
) -> Location | None:
    """The place of a route that may keep a promise after all: one that carries the traffic on an unknown
    connection, one with an unknown destination, or one that could not be listed. None if there is none.

    A route with an unknown destination counts if it may be in the domain `near` (None: any domain) and its
    connection fits. If the problem is a failure, it must not have failed; else the promise must allow it.
    """
    if problem.survives and carrying and all(route.kind is None for route in carrying):
        return routes.location(carrying[0].member, "VpnConnectionId")
    values = enumerate(routes.column("RouteDest"))
    for entry in (one for one, value in values if isinstance(value, Unknown) and one not in routes.dry):
        connection, own = routes.connections[entry], routes.domains[entry]
        name = routes.connection_name(connection)
        if not problem.survives:
            fits = name not in problem.carriers or connection is None
        else:
            fits = allowed is None or name in allowed or not isinstance(connection, str)
        is_near = near is None or own == near or (not own.known and own.may_be_near(near))
        if fits and is_near:
            return routes.location(entry, "RouteDest")
    return next((one.location for reading in routes.readings for one in reading.unlisted), None)
