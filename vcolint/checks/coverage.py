"""Check `coverage`: destinations that overlap, are redundant, or could be one. Each rule asks the forwarding
table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.backup import more_specific
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import identity
from vcolint.model.forwarding import Group, Route, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import either, listed

_MOST = 3  # connections that a message names


def coverage(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """The destinations that `finds` names, in each routing domain."""
    find = {"overlapping": _overlapping, "redundant": _redundant, "mergeable": _mergeable}
    for table in tables(routes, who):
        yield from find[parameters["finds"]](routes, table)


# -- overlapping destinations of different connections ----------------------------------------------------


def _overlapping(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """At the more specific entry; where that is a live row, at the entry around it (VCO303)."""
    misplaced = {(one.group.network, one.outer.network) for one in more_specific(table)}
    around: dict[int, Hit] = {}  # findings about live rows inside of an entry
    told = set()
    # By network, for many may lie in one destination: who carries it, and whether others fill it.
    carriers: dict[int, str] = {}
    filled: dict[int, bool] = {}

    def overlap(group: Group, outer: Group, place: Route, other: Other) -> Hit:
        for one in (group, outer):
            if one.network not in carriers:
                carriers[one.network] = _carrier(table, one)
                filled[one.network] = not one.effective
        winner, rest = carriers[group.network], carriers[outer.network]
        if winner == rest:  # the two differ in their backups only
            winner, rest = (_carrier(table, one, backups=True) for one in (group, outer))
        variables = {
            "winner": _none_left(winner) if filled[group.network] else winner,
            "other": _none_left(rest) if filled[outer.network] else rest,
        }
        return Hit(
            place.member,
            "RouteDest",
            {**_about(group, outer), **variables},
            (other,),
            witness=network.address_text(group.witness),
        )

    for group in table.unsettled:
        outer = _nearest_apart(group)
        if (
            outer is None
            or group.all.names == outer.all.names
            or _may_back_up(group, outer)
            or (group.network, outer.network) in misplaced
        ):
            continue
        if group.last is not None:
            told.add(group.last.member)
            yield overlap(group, outer, group.last, _holder(outer))
        elif outer.last is not None and outer.last.member not in around:
            text = say("{network}, which lies inside it", network=network.text(group.network))
            inside = Other(text, group.routes[-1].member, "RouteDest")
            around[outer.last.member] = overlap(group, outer, outer.last, inside)
    yield from (hit for entry, hit in around.items() if entry not in told)


def _holder(group: Group) -> Other:
    """A destination, as a place beside a finding about what lies in it."""
    return Other(
        say("{network}, which contains it", network=network.text(group.network)),
        _spokesman(group).member,
        "RouteDest",
    )


def _about(group: Group, outer: Group) -> dict[str, object]:
    inner = network.text(group.network)
    return {"network": inner, "count": 2, "inner": inner, "outer": network.text(outer.network)}


def _nearest_apart(group: Group) -> Group | None:
    """The nearest destination around it that is on another connection; None also where that is not sure."""
    kind = group.all.kind
    for outer in group.wider() if kind is not None else ():
        if outer.all.kind != kind:
            return None
        if group.all.differs(outer.all):
            return outer
    return None


def _may_back_up(group: Group, outer: Group) -> bool:
    """Whether a primary and the backup that covers it are, or may be, among the two."""
    return bool(group.maybe_primary.names and outer.maybe_backup.names and not outer.primaries)


def _carrier(table: Table, group: Group, *, backups: bool = False) -> str:
    """The connections that carry the traffic of a destination; all that may where that is not known."""
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


def _none_left(carriers: str) -> str:
    """The carriers of a destination that others fill."""
    return say("{carriers}, but none is left: more specific routes carry all of it", carriers=carriers)


def _spokesman(group: Group) -> Route:
    """The route that stands for a group in a finding about another one."""
    return group.last or group.routes[-1]


# -- redundant destinations -------------------------------------------------------------------------------


def _redundant(routes: RouteSet, table: Table) -> Iterator[Hit]:
    """At the inner entry (VCO304). Anything else at the nearest wider destination would lie between the two,
    or beside them."""
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
    """What makes two routes alike: connection, next hop and weight; None where it is not known."""
    connection = routes.connection(member)
    next_hop = identity(routes.value(member, "NextHop"))
    weight = routes.weight(member)
    key = connection, next_hop, identity(routes.value(member, "Weight")) if weight is None else weight
    return None if None in key else key


def _only_key(routes: RouteSet, group: Group) -> _Key | None:
    """The key that all members of a group share; None if there is no such."""
    if len(group.all.names) > 1:
        return None
    keys = {_key(routes, route.member) for route in group.routes}
    return keys.pop() if len(keys) == 1 else None


# -- mergeable destinations -------------------------------------------------------------------------------


def _mergeable(routes: RouteSet, table: Table) -> Iterator[Hit]:
    alike: dict[_Key, list[int]] = {}
    for member in table.members:
        key = _key(routes, member) if member < routes.size else None
        if key is not None:
            alike.setdefault(key, []).append(member)
    for members in alike.values():
        if len(members) > 1:
            yield from _merged(routes, members)


def _merged(routes: RouteSet, members: list[int]) -> Iterator[Hit]:
    """Each block that two or more of the members add up to, at the last of them."""
    by_network: dict[int, int] = {}
    for member in members:
        block = routes.destination(member)
        assert block is not None
        by_network[block] = max(member, by_network.get(block, member))
    networks = sorted(by_network)
    at = 0
    for block in network.union(networks):
        end = at
        parts: list[int] = []  # those that lie in no other one
        while end < len(networks) and network.contains(block, networks[end]):
            if not parts or not network.contains(parts[-1], networks[end]):
                parts.append(networks[end])
            end += 1
        at = end
        if len(parts) < 2:
            continue
        entries = sorted(by_network[part] for part in parts)
        last, others = entries[-1], tuple(entries[:-1])
        text = network.text(block)
        yield Hit(
            last,
            "RouteDest",
            {"network": text, "count": len(parts)},
            tuple(Other(say("part of the block"), entry, "RouteDest") for entry in others),
            members=others,
            fix=say("write {text} here and remove the entries for the other parts", text=text),
            replacement=text,
            remove=others,
        )
