"""Check `coverage`: destinations that overlap, are redundant, or could be merged, according to the forwarding
table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import identity
from vcolint.model.forwarding import Group, Table, tables
from vcolint.model.network import NetworkSet
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import either, listed

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
    misplaced = {(one.group.network, one.outer.network) for one in table.more_specific}
    around: dict[int, Hit] = {}  # findings about live rows inside of an entry
    told = set()

    @cache  # many destinations may lie in one
    def carrier(group: Group, *, backups: bool = False) -> str:
        text = _carrier(table, group, backups=backups)
        if not group.covered:
            return text
        return say("{carriers}, but none is left: more specific routes carry all of it", carriers=text)

    for group in table.unsettled:
        outer = _nearest_apart(group)
        if (
            outer is None
            or group.covered
            or group.all.names == outer.all.names
            or _may_back_up(group, outer)
            or (group.network, outer.network) in misplaced
        ):
            continue
        place, other = (group.last, _holder(outer)) if group.last else (outer.last, _inside(group))
        if place is None or (place is outer.last and place.member in around):
            continue
        winner, rest = carrier(group), carrier(outer)
        if table.carriage(group).carriers == table.carriage(outer).carriers:  # their backups differ
            winner, rest = carrier(group, backups=True), carrier(outer, backups=True)
        variables = {**_about(group, outer), "winner": winner, "other": rest}
        witness = network.address_text(group.witness)
        hit = Hit(place.member, "RouteDest", variables, (other,), witness=witness)
        if place is outer.last:
            around[place.member] = hit
        else:
            told.add(place.member)
            yield hit
    yield from (hit for entry, hit in around.items() if entry not in told)


def _holder(group: Group) -> Other:
    """The related place of the outer destination: a route that carries it."""
    text = say("{network}, which contains it", network=network.text(group.network))
    routes = sorted(group.routes, key=lambda route: (route.weight == 100, not route.live))
    return Other(text, routes[-1].member, "RouteDest")


def _inside(group: Group) -> Other:
    """The related place of an inner destination that has only live rows."""
    text = say("{network}, which lies inside it", network=network.text(group.network))
    return Other(text, group.routes[-1].member, "RouteDest")


def _about(group: Group, outer: Group) -> dict[str, object]:
    inner = network.text(group.network)
    return {"network": inner, "count": 2, "inner": inner, "outer": network.text(outer.network)}


def _nearest_apart(group: Group) -> Group | None:
    """The nearest destination around it that is on another connection; None if there is none or that is not
    certain."""
    kind = group.all.kind
    for outer in group.wider() if kind is not None else ():
        if outer.all.kind != kind:
            return None
        if group.all.differs(outer.all):
            return outer
    return None


def _may_back_up(group: Group, outer: Group) -> bool:
    """Whether the two hold, or may hold, a primary and a backup that covers it."""
    return bool(group.choice(100, None).names and outer.choice(0, None).names and not outer.primaries.names)


def _carrier(table: Table, group: Group, *, backups: bool = False) -> str:
    """The connections that carry the traffic of a destination; if that is not known, all that may carry
    it."""
    carriers = table.carriage(group).carriers
    if carriers is None:
        names = sorted(group.all.names)
        if len(names) > _MOST:
            names[_MOST:] = [say("{count} more", count=len(names) - _MOST)]
        return say("{carriers} (a weight is unknown)", carriers=either(names)) if names[1:] else names[0]
    text = listed(carriers, _MOST)
    if not backups:
        return text
    others = listed(sorted(group.all.names.difference(carriers)), _MOST)
    if not others:
        return say("{carriers}, with no backup of its own", carriers=text)
    return say("{carriers}, with {others} as backup", carriers=text, others=others)


# -- redundant destinations -------------------------------------------------------------------------------


def _redundant(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """Redundant destinations (VCO304), at the inner entry. It is enough to look at the nearest wider
    destination."""
    keys: dict[int, _Key | None] = {}
    for group in table.unsettled:
        key = keys[group.network] = _only_key(routes, group)
        outer, last = group.parent, group.last
        if outer is not None and last is not None and key is not None and key == keys[outer.network]:
            yield Hit(
                last.member,
                "RouteDest",
                _about(group, outer),
                (_holder(outer),),
                fix=say("remove the entry for {network}", network=network.text(group.network)),
                remove=(last.member,),
            )


_Key = tuple[object, object, object]


def _key(routes: RouteSet, member: int) -> _Key | None:
    """The key that two equivalent routes share: connection, next hop and weight; None if it is not known."""
    connection = routes.connection(member)
    next_hop = identity(routes.value(member, "NextHop"))
    weight = routes.weight(member)
    key = connection, next_hop, identity(routes.value(member, "Weight")) if weight is None else weight
    return None if None in key else key


def _only_key(routes: RouteSet, group: Group) -> _Key | None:
    """The key that all members of a group share; None if there is none."""
    if len(group.all.names) > 1:
        return None
    keys = {_key(routes, route.member) for route in group.routes}
    return keys.pop() if len(keys) == 1 else None


# -- mergeable destinations -------------------------------------------------------------------------------


def _mergeable(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """Each block that two or more equivalent entries fill (VCO307), at the last of them, if one route for the
    block does the same as they do."""
    alike: dict[_Key, dict[int, int]] = {}  # the last entry with each network
    keys_at: dict[int, set[_Key | None]] = {}
    for member in table.members:
        key = _key(routes, member) if member < routes.size else None
        block = routes.destination(member)
        keys_at.setdefault(block, set()).add(key)
        if key is not None:
            alike.setdefault(key, {})[block] = member
    for key, by_network in alike.items():
        for block, parts in _filled(NetworkSet(by_network)):
            around = {one for part in parts for one in network.supernets(part)}
            between = (one for one in around if network.contains(block, one))
            if len(parts) > 1 and all(keys_at.get(one, {key}) == {key} for one in between):
                yield _merged(block, sorted(by_network[part] for part in parts))


def _filled(networks: NetworkSet) -> list[tuple[int, list[int]]]:
    """Each block that the networks fill exactly, with the widest of these networks."""
    whole = NetworkSet(networks.union)
    parts = groupby(networks.widest, lambda part: whole.enclosing(part)[0])
    return [(block, list(together)) for block, together in parts]


def _merged(block: int, entries: list[int]) -> Hit:
    *others, last = entries
    text = network.text(block)
    return Hit(
        last,
        "RouteDest",
        {"network": text, "count": len(entries)},
        tuple(Other(say("part of the block"), entry, "RouteDest") for entry in others),
        members=tuple(others),
        fix=say("write {text} here and remove the entries for the other parts", text=text),
        replacement=text,
        remove=tuple(others),
    )
