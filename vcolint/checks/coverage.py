"""Check `coverage`: destinations that overlap, are redundant, or could be one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.backup import more_specific
from vcolint.checks.pairs import Pair, names, placed
from vcolint.model import network
from vcolint.model.nesting import Group, chosen_of, free_address, nests
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, Unknown


def coverage(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    return {"overlapping": _overlapping, "redundant": _redundant, "mergeable": _mergeable}[
        parameters["finds"]
    ](routes, who)


# -- overlapping destinations of different connections ----------------------------------------------------


def _overlapping(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    for nest, misplaced in zip(nests(routes, who), more_specific(routes, who), strict=True):
        found: dict[Pair, tuple[Group, Group]] = {}
        for group in nest.groups:
            outer = _nearest_apart(routes, group)
            if (
                outer is not None
                and group.connections != outer.connections
                and not _may_back_up(group, outer)
                and (group.at, outer.at) not in misplaced
            ):
                found[Pair(_spokesman(group), _spokesman(outer))] = group, outer
        carriers: dict[int, str] = {}  # by group
        for place, pair in placed(list(found), routes.size).items():
            for group in found[pair]:
                if group.at not in carriers:
                    carriers[group.at] = _carrier(routes, group)
            group, outer = found[pair]
            yield Hit(
                place,
                "RouteDest",
                {**_about(group, outer), "winner": carriers[group.at], "other": carriers[outer.at]},
                (_other(place, pair, group, outer),),
                witness=network.address_text(free_address(nest.groups, group)),
            )


def _about(group: Group, outer: Group) -> dict[str, object]:
    inner = network.text(group.network)
    return {"network": inner, "count": 2, "inner": inner, "outer": network.text(outer.network)}


def _other(place: int, pair: Pair, group: Group, outer: Group) -> Other:
    """The one of the two that a finding does not stand at."""
    if place == pair.inner:
        return Other(f"{network.text(outer.network)}, which holds it", pair.outer, "RouteDest")
    return Other(f"{network.text(group.network)}, which lies in it", pair.inner, "RouteDest")


def _nearest_apart(routes: RouteSet, group: Group) -> Group | None:
    """The nearest destination around it that is on another connection; None also where that is not sure."""
    for outer in group.around():
        if not (group.distinct and outer.distinct):
            return None
        if len(group.connections) == 1 and group.connections == outer.connections:
            continue
        # Each of the two is of one kind, so one connection stands for all.
        both = (next(iter(group.connections)), next(iter(outer.connections)))
        return outer if routes.certainly_distinct(both) else None
    return None


def _may_back_up(group: Group, outer: Group) -> bool:
    """Whether a primary and the backup that covers it are, or may be, among the two."""
    primary = group.primaries or group.unweighted
    standby = outer.backups or outer.unweighted
    return bool(primary and standby and not outer.primaries)


def _spokesman(group: Group) -> int:
    """The member that stands for the group in a finding about two: the last entry, if it has one."""
    return group.members[-1] if group.last is None else group.last


def _carrier(routes: RouteSet, group: Group) -> str:
    """The connections that carry the traffic of a destination: those of its primaries, if it has any."""
    members = group.members if group.unweighted or not group.primaries else group.primaries
    return names(routes, map(routes.connection, members))


# -- redundant destinations -------------------------------------------------------------------------------


def _redundant(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    for nest in nests(routes, who):
        keys = [_only_key(routes, group) for group in nest.groups]
        found: dict[Pair, tuple[Group, Group]] = {}
        for group in nest.groups:
            outer = group.outer
            # Anything else at the nearest wider destination would lie between the two, or beside them.
            if outer is None or group.last is None or keys[group.at] is None:
                continue
            if keys[group.at] == keys[outer.at]:
                found[Pair(group.last, _spokesman(outer))] = group, outer
        for place, pair in placed(list(found), routes.size).items():
            group, outer = found[pair]
            yield Hit(
                place,
                "RouteDest",
                _about(group, outer),
                (_other(place, pair, group, outer),),
                fix=f"remove the entry for {network.text(group.network)}",
                remove=(pair.inner,),
            )


_Key = tuple[object, object, object]


def _key(routes: RouteSet, member: int) -> _Key | None:
    """What makes two routes alike: connection, next hop and weight; None where it is not known."""
    connection = routes.connection(member)
    next_hop = _identity(routes.value(member, "NextHop"))
    weight = routes.weight(member)
    key = connection, next_hop, _identity(routes.value(member, "Weight")) if weight is None else weight
    return None if None in key else key


def _identity(value: Scalar) -> object:
    return value if isinstance(value, str) else value.reference if isinstance(value, Unknown) else None


def _only_key(routes: RouteSet, group: Group) -> _Key | None:
    """The key that all members of a group share; None if there is no such."""
    if len(group.connections) > 1:
        return None
    keys = {_key(routes, member) for member in group.members}
    return keys.pop() if len(keys) == 1 else None


# -- mergeable destinations -------------------------------------------------------------------------------


def _mergeable(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    chosen = chosen_of(routes, who)
    for nest in routes.clusters():
        alike: dict[_Key, list[int]] = {}
        for member in nest.everyone():
            if member < routes.size and (chosen is None or member in chosen):
                key = _key(routes, member)
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
            tuple(Other("part of the block", entry, "RouteDest") for entry in others),
            members=others,
            fix=f"write {text} here and remove the entries for the other parts",
            replacement=text,
            remove=others,
        )
