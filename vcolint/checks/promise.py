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
from vcolint.text.value import Unknown
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
    anywhere = not using and allowed is not None
    name, doubt = quoted(one.name) if one.name else say("about {network}", network=one.network), None
    for table, part, group in parts or [(None, block, None)]:
        problem = _problem(table, group, one, allowed)
        if problem is None:
            continue
        around = [route for holder in group.around() for route in reversed(holder.routes)] if group else []
        domain = None if table is None or anywhere else table.domain
        why = _unknown_carrier(routes, around, problem) or _mending(routes, domain, part, problem, allowed)
        if why is None:
            return _hit(one, name, part, around, problem)
        text = say("not known whether the promise {promise} holds: {why}", promise=name, why=why)
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
        text = (
            say("{carriers} carries it", carriers=carriers[0])
            if len(carriers) == 1
            else say("{carriers} carry it", carriers=listed(carriers, 3))
        )
        return _Problem(text, frozenset(carriers) - allowed)
    for down, later in table.failures(group) if one.survives and table.survives(group) is False else ():
        if later.carriers is not None and (not later.carriers or later.blackhole):
            lost = say("its traffic is lost") if later.blackhole else say("no route carries it")
            return _Problem(say("if {down} fails, {lost}", down=down, lost=lost), frozenset({down}), False)
    return None


def _unknown_carrier(routes: RouteSet, around: Sequence[Route], problem: _Problem) -> str | None:
    """Why the carriers of a problem may be the promised ones: their connections are unknown."""
    found = [route for route in around if route.connection in problem.carriers]
    if not problem.survives or not found or any(route.kind is not None for route in found):
        return None
    place = routes.location(found[0].member, "VpnConnectionId")
    return say("the connection of the route at {file}:{line} is unknown", file=place.file, line=place.line)


def _mending(
    routes: RouteSet, domain: Domain | None, part: int, problem: _Problem, allowed: set[str] | None
) -> str | None:
    """Why a route may solve a problem in a domain (None: in any): its destination is not known. It must be,
    or may be, on a connection that the promise allows; if the problem is a failure, on one that has not
    failed."""
    places = [one.location for reading in routes.readings for one in reading.unlisted]
    for entry, value in enumerate(routes.column("RouteDest") if Unknown in routes.kinds("RouteDest") else ()):
        if not isinstance(value, Unknown) or entry in routes.dry:
            continue
        connection, own = routes.connections[entry], routes.domains[entry]
        name = routes.connection_name(connection)
        if not problem.survives:
            fits = name not in problem.carriers or connection is None
        else:
            fits = allowed is None or name in allowed or not isinstance(connection, str)
        may_be_there = domain is None or own == domain or (not own.known and own.may_be_near(domain))
        if fits and may_be_there:
            places.insert(0, routes.location(entry, "RouteDest"))
            break
    if not places:
        return None
    about = {"file": places[0].file, "line": places[0].line, "network": network.text(part)}
    return say("the route at {file}:{line} may carry {network}", **about)


def _hit(one: Promise, name: str, part: int, around: Sequence[Route], problem: _Problem) -> Hit:
    """A finding at the innermost entry that carries the traffic but should not; if there is none, at the
    innermost entry; without any entry, in the config."""
    if one.dropped:
        name = say("{promise}, which this change removes or loosens", promise=name)
    variables = {"network": network.text(part), "promise": name, "problem": problem.text}
    witness = network.address_text(network.first(part))
    entries = [route for route in around if not route.live]
    carrying = [route for route in entries if route.connection in problem.carriers]
    for route in carrying or entries:
        return Hit(route.member, "RouteDest", variables, witness=witness)
    return Hit(-1, None, variables, witness=witness, place=one.location)
