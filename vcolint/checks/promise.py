"""Check `promise`: what the config promises of who carries a network."""

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
    """Promises of the config that do not hold. One finding a promise, at the first address that breaks it."""
    if not routes.size:
        return
    named = _by_any_name(routes)
    told: set[int] = set()
    for one in routes.config.promises:
        allowed = None if one.carried_by is None else {named.get(name, name) for name in one.carried_by}
        found = _broken(routes, one, allowed)
        # A rule gives at most one finding an entry.
        if found is not None and (found.place is not None or found.entry not in told):
            told.add(found.entry)
            yield found


def _by_any_name(routes: RouteSet) -> dict[str, str]:
    """The name that tables use for a connection, by each name that a config may use."""
    connections = {connection for connection in routes.connections if connection is not None}
    return {name: routes.connection_name(one) for one in connections for name in routes.names_of(one)}


def _broken(routes: RouteSet, one: Promise, allowed: set[str] | None) -> Hit | Doubt | None:
    """What breaks a promise at the first address; a doubt where a route whose destination is not known may
    mend that."""
    block = network.parse(one.network)
    assert block is not None  # the config is checked
    concerned = [table for table in tables(routes) if _concerns(table, block, allowed)]
    elsewhere = not concerned
    if elsewhere:  # its connections are gone: whoever has a route to the network
        concerned = [table for table in tables(routes) if _concerns(table, block, None)]
    doubt: Doubt | None = None
    for table in concerned:
        for part, group in table.parts(block):
            problem = _problem(table, group, one, allowed)
            if problem is None:
                continue
            unnamed = _unnamed(group, problem) if group is not None else None
            place = _mending(routes, None if elsewhere else table.domain, problem, allowed)
            if unnamed is not None:
                doubt = doubt or _doubt_of(one, routes.location(unnamed.member, "VpnConnectionId"))
            elif place is not None:
                doubt = doubt or _doubt(one, part, place)
            else:
                return _hit(routes, one, part, group, problem.text)
    if not concerned:
        problem = _Problem(say("no route carries it"))
        place = _mending(routes, None, problem, allowed)
        return _doubt(one, block, place) if place else _hit(routes, one, block, None, problem.text)
    return doubt


def _concerns(table: Table, block: int, allowed: set[str] | None) -> bool:
    """Whether a promise is about a routing domain: one of its connections, or a route to the network."""
    if allowed is not None:
        return not table.connections.isdisjoint(allowed)
    return any(group is not None for _, group in table.parts(block))


class _Problem(NamedTuple):
    """Why a promise does not hold."""

    text: str
    down: str | None = None  # only after the failure of this connection
    others: frozenset[str] = frozenset()  # connections that carry it, but should not


def _problem(table: Table, group: Group | None, one: Promise, allowed: set[str] | None) -> _Problem | None:
    """Why a promise does not hold for the addresses of a group."""
    carriers = table.carriage(group).carriers
    if carriers is None:
        return None  # not known
    if not carriers:
        return _Problem(say("no route carries it"))
    if allowed is not None and not allowed.issuperset(carriers):
        others = frozenset(carriers) - allowed
        if len(carriers) == 1:
            return _Problem(say("{carriers} carries it", carriers=carriers[0]), others=others)
        return _Problem(say("{carriers} carry it", carriers=listed(carriers, 3)), others=others)
    if one.survives:
        for down, later in table.failures(group):
            if later.carriers is not None and (not later.carriers or later.blackhole):
                lost = say("its traffic is lost") if later.blackhole else say("no route carries it")
                return _Problem(say("if {down} fails, {lost}", down=down, lost=lost), down)
    return None


def _unnamed(group: Group, problem: _Problem) -> Route | None:
    """A route of a carrier whose connection nobody knows, if no carrier is known that should not carry the
    traffic."""
    found = {route.connection: route for holder in group.around() for route in holder.routes}
    others = [found[name] for name in sorted(problem.others)]
    return others[0] if others and all(one.kind not in ("id", "made") for one in others) else None


def _mending(
    routes: RouteSet, domain: Domain | None, problem: _Problem, allowed: set[str] | None
) -> Location | None:
    """The first route that may end a problem in a domain (None: in any), for its destination is not known.
    It may be on one of the connections that the promise allows; or, where one fails, on another one."""
    for entry in _aimless(routes):
        connection = routes.connections[entry]
        name = routes.connection_name(connection)
        surely_known = isinstance(connection, str)
        if problem.down is not None:
            fits = name != problem.down or connection is None
        else:
            fits = allowed is None or name in allowed or not surely_known
        own = routes.domains[entry]
        if fits and (domain is None or own == domain or _may_be(own, domain)):
            return routes.location(entry, "RouteDest")
    return next((one.location for reading in routes.readings for one in reading.unlisted), None)


def _aimless(routes: RouteSet) -> Sequence[int]:
    """The routes whose destination is not known."""
    if Unknown not in routes.kinds("RouteDest"):
        return ()
    column = enumerate(routes.column("RouteDest"))
    return [entry for entry, value in column if isinstance(value, Unknown) and entry not in routes.dry]


def _may_be(guessed: Domain, domain: Domain) -> bool:
    """Whether an entry of a guessed domain may belong to another one."""
    regions = guessed.region, domain.region
    return not guessed.known and (None in regions or regions[0] == regions[1])


def _doubt(one: Promise, part: int, place: Location) -> Doubt:
    return Doubt(
        -1,
        "promises",
        say(
            "not known whether the promise {promise} holds: the route at {file}:{line} may carry {network}",
            promise=_name(one),
            file=place.file,
            line=place.line,
            network=network.text(part),
        ),
        one.location,
    )


def _doubt_of(one: Promise, place: Location) -> Doubt:
    return Doubt(
        -1,
        "promises",
        say(
            "not known whether the promise {promise} holds: the connection of the route at {file}:{line} is "
            "unknown",
            promise=_name(one),
            file=place.file,
            line=place.line,
        ),
        one.location,
    )


def _name(one: Promise) -> str:
    return quoted(one.name) if one.name else one.network


def _hit(routes: RouteSet, one: Promise, part: int, group: Group | None, problem: str) -> Hit:
    name = _name(one)
    if one.dropped:
        name = say("{promise}, which this change removes or loosens", promise=name)
    variables = {
        "network": network.text(part),
        "promise": name,
        "problem": problem,
    }
    witness = network.address_text(network.first(part))
    for holder in group.around() if group is not None else ():
        entries = [route.member for route in holder.routes if route.member < routes.size]
        if entries:
            return Hit(entries[-1], "RouteDest", variables, witness=witness)
    return Hit(-1, None, variables, witness=witness, place=one.location)
