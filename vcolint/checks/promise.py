"""Check `promise`: what the config promises of who carries a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import Group, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Promise
from vcolint.text.wording import listed, quoted


def promise(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Promises of the config that do not hold. One finding a promise, at the first address that breaks it."""
    if not routes.size:
        return
    named = _by_any_name(routes)
    told: set[int] = set()
    for one in routes.config.promises:
        allowed = None if one.carried_by is None else {named.get(name, name) for name in one.carried_by}
        hit = _broken(routes, one, allowed)
        # A rule gives at most one finding an entry.
        if hit is not None and (hit.place is not None or hit.entry not in told):
            told.add(hit.entry)
            yield hit


def _by_any_name(routes: RouteSet) -> dict[str, str]:
    """The name that tables use for a connection, by each name that a config may use."""
    connections = {connection for connection in routes.connections if connection is not None}
    return {name: routes.connection_name(one) for one in connections for name in routes.names_of(one)}


def _broken(routes: RouteSet, one: Promise, allowed: set[str] | None) -> Hit | None:
    block = network.parse(one.network)
    assert block is not None  # the config is checked
    concerned = [table for table in tables(routes) if _concerns(table, block, allowed)]
    if not concerned:  # its connections are gone: whoever has a route to the network
        concerned = [table for table in tables(routes) if _concerns(table, block, None)]
    for table in concerned:
        for part, group in table.parts(block):
            problem = _problem(table, group, one, allowed)
            if problem is not None:
                return _hit(routes, one, part, group, problem)
    if not concerned:
        return _hit(routes, one, block, None, say("no route carries it"))
    return None


def _concerns(table: Table, block: int, allowed: set[str] | None) -> bool:
    """Whether a promise is about a routing domain: one of its connections, or a route to the network."""
    if allowed is not None:
        return not table.connections.isdisjoint(allowed)
    return any(group is not None for _, group in table.parts(block))


def _problem(table: Table, group: Group | None, one: Promise, allowed: set[str] | None) -> str | None:
    """Why a promise does not hold for the addresses of a group."""
    carriers = table.carriage(group).carriers
    if carriers is None:
        return None  # not known
    if not carriers:
        return say("no route carries it")
    if allowed is not None and not allowed.issuperset(carriers):
        if len(carriers) == 1:
            return say("{carriers} carries it", carriers=carriers[0])
        return say("{carriers} carry it", carriers=listed(carriers, 3))
    if one.survives:
        for down, later in table.failures(group):
            if later.carriers is not None and (not later.carriers or later.blackhole):
                lost = say("its traffic is lost") if later.blackhole else say("no route carries it")
                return say("if {down} fails, {lost}", down=down, lost=lost)
    return None


def _hit(routes: RouteSet, one: Promise, part: int, group: Group | None, problem: str) -> Hit:
    name = quoted(one.name) if one.name else one.network
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
