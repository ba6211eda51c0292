"""Check `coverage`: destinations that overlap, are redundant, or could be merged, according to the forwarding
table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import identity
from vcolint.model.forwarding import Group, Route, Table, tables
from vcolint.model.network import NetworkSet
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import listed

_MOST = 3  # connections that a message names


def coverage(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """The mistakes that `finds` selects, in each routing domain."""
    find = {"overlapping": _overlapping, "redundant": _redundant, "mergeable": _mergeable}
    for table in tables(routes, who):
        yield from find[parameters["finds"]](routes, table)


# -- overlapping destinations of different connections ----------------------------------------------------


def _overlapping(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """Destinations of different connections that overlap (VCO303): at the more specific entry, or, if that is
    a live row, at the entry around it."""
    nested = [group for group in table.notable if group.parent is not None]
    if not nested:
        return
    misplaced = {(one.group.network, one.outer.network) for one in table.more_specific}
    found: dict[int, Hit] = {}  # by the entry of the finding

    @cache  # many destinations may lie in one
    def outside(group: Group) -> tuple[str, str, Other]:
        return network.text(group.network), _carried(table, group), _holder(group)

    for group in nested:
        outer = _nearest_apart(group)
        if outer is None or group.covered or (group.network, outer.network) in misplaced:
            continue
        may_be_backed_up = not outer.has_primary and not group.only_backups
        own, names = group.all.names, outer.all.names
        is_unsure = (group.unknown and len(own) > 1) or (outer.unknown and len(names) > 1)
        if own == names or may_be_backed_up or is_unsure:
            continue
        last = group.last
        place = last or outer.last
        if place is None or (last is None and place.member in found):
            continue
        inner, (wide, rest, holder) = network.text(group.network), outside(outer)
        variables = {"inner": inner, "outer": wide, "winner": _carried(table, group), "other": rest}
        if last is None:
            told = say("{network}, which lies inside it", network=inner)
            holder = Other(told, group.routes[-1].member, "RouteDest")
        witness = network.address_text(group.witness)
        found[place.member] = Hit(place.member, "RouteDest", variables, (holder,), witness=witness)
    yield from found.values()


def _nearest_apart(group: Group) -> Group | None:
    """The nearest wider destination on another connection; None if there is none, or if that is not
    certain."""
    for outer in group.wider() if group.all.kind is not None else ():
        if outer.all.kind != group.all.kind:
            return None
        if group.all.differs(outer.all):
            return outer
    return None


def _carried(table: Table, group: Group) -> str:
    """Who carries the traffic of a destination, and who backs it up."""
    names = group.all.names
    # One connection carries it, whatever its weights are. None: a weight is not known.
    carriers = (len(names) > 1 and table.carriage(group).carriers) or tuple(names)
    text = listed(carriers, _MOST)
    if len(names) > len(carriers):
        backups = listed(sorted(names.difference(carriers)), _MOST)
        text = say("{carriers}, with {others} as backup", carriers=text, others=backups)
    if group.covered:
        return say("{carriers}, but none is left: more specific routes carry all of it", carriers=text)
    return text


def _holder(group: Group) -> Other:
    """The related place of the outer destination: a route that carries it."""
    text = say("{network}, which contains it", network=network.text(group.network))
    routes = sorted(group.routes, key=lambda route: (route.weight == 100, not route.live))
    return Other(text, routes[-1].member, "RouteDest")


# -- redundant destinations -------------------------------------------------------------------------------


def _redundant(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """Redundant destinations (VCO304), at the inner entry. It is enough to look at the nearest wider
    destination."""

    @cache  # many destinations may lie in one
    def only_key(group: Group) -> _Key | None:
        keys = {_key(routes, route) for route in group.routes}
        return keys.pop() if len(keys) == 1 else None

    for group in table.notable:
        outer = group.parent
        if outer is None or group.all.names != outer.all.names:
            continue
        key, last = only_key(group), group.last
        if last is not None and key is not None and key == only_key(outer):
            inner, wide = network.text(group.network), network.text(outer.network)
            yield Hit(
                last.member,
                "RouteDest",
                {"inner": inner, "outer": wide},
                (_holder(outer),),
                fix=say("remove the entry for {network}", network=inner),
                remove=(last.member,),
            )


_Key = tuple[object, object, object]


def _key(routes: RouteSet, route: Route) -> _Key | None:
    """The key that two equivalent routes share: connection, next hop and weight; None if it is not known."""
    next_hop, weight = identity(routes.value(route.member, "NextHop")), route.weight
    known = identity(routes.value(route.member, "Weight")) if weight is None else weight
    key = routes.member_connections[route.member], next_hop, known
    return None if None in key else key


# -- mergeable destinations -------------------------------------------------------------------------------


def _mergeable(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """Each block that two or more equivalent entries fill (VCO307), at the last of them, if one route for the
    block does the same as they do."""
    alike: dict[_Key, dict[int, int]] = {}  # the last entry with each network
    keys_at: dict[int, set[_Key | None]] = {}
    for group in table.groups:
        keys = {None if route.live else _key(routes, route): route.member for route in group.routes}
        keys_at[group.network] = set(keys)
        for key, member in keys.items():
            if key is not None:
                alike.setdefault(key, {})[group.network] = member
    for key, by_network in alike.items():
        networks = NetworkSet(by_network)
        for block in networks.union:
            parts = [part for part in networks.inside(block) if networks.enclosing(part) == [part]]
            around = {one for part in parts for one in network.supernets(part)}
            between = (one for one in around if network.contains(block, one))
            if len(parts) > 1 and all(keys_at.get(one, {key}) == {key} for one in between):
                *others, last = sorted(by_network[part] for part in parts)
                text = network.text(block)
                yield Hit(
                    last,
                    "RouteDest",
                    {"network": text, "count": len(parts)},
                    tuple(Other(say("part of the block"), entry, "RouteDest") for entry in others),
                    members=tuple(others),
                    fix=say("write {text} here and remove the entries for the other parts", text=text),
                    replacement=text,
                    remove=tuple(others),
                )
