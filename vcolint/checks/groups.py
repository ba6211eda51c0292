"""Entries that share the values of some fields. `RouteDest` is compared as a network. An unknown connection
or next hop is compared by what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import identity
from vcolint.model.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Unknown, is_known
from vcolint.text.wording import listed, value_text

# Two entries with equal values here are the same route.
_ROUTE = frozenset({"VpnConnectionId", "RouteDest", "NextHop", "Weight"})
# Fields that belong to one entry, so that a finding about them is at the field.
_OWN = ("ClientToken", "Description")
# The order in which fields split entries: those that leave the smallest groups come first.
_ORDER = tuple(dict.fromkeys(("RouteDest", *_OWN, "VpnConnectionId", "NextHop", *FIELDS)))


def unique(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Each later entry with the same `key` as an earlier one."""
    key = parameters["key"]
    place, fix = _place(key), say("remove this entry") if _ROUTE.issubset(key) else None
    for members in _groups(routes, key, who, routes.dry | routes.duplicates):
        first, *later = members
        at, address = routes.location(first, place), routes.record(first).address
        variables = {
            "connection": routes.connection_name(routes.connections[first]),
            "first": f"{at.file}:{at.line} ({address})" if address else f"{at.file}:{at.line}",
            "count": len(members),
        }
        others = (Other(say("first defined here"), first, place),)
        for entry in later:
            yield Hit(entry, place, variables, others, (first,), fix=fix, remove=(entry,) if fix else ())


def agree(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Groups whose members have different known values in `field`. A finding is at the last member that is
    not a duplicate."""
    group, field = parameters["group"], parameters["field"]
    out = routes.dry
    if "RouteDest" in (*group, field):  # it is about routes
        out |= routes.duplicates | routes.misweighted
    column = routes.destinations if field == "RouteDest" else routes.column(field)
    if len(routes.known(field)) < 2:
        return
    place = "RouteDest" if "RouteDest" in group else field
    shown: Callable[[Any], str] = network.text if field == "RouteDest" else value_text
    for together in _groups(routes, group, who, out):
        members = [entry for entry in together if is_known(column[entry])]
        values = {value: shown(value) for value in dict.fromkeys(column[one] for one in members)}
        if len(values) > 1:
            last = next((one for one in reversed(members) if one not in routes.duplicates), members[-1])
            others = tuple(
                Other(say("{field} {values} here", field=field, values=values[column[one]]), one, place)
                for one in members
                if one != last
            )
            variables = {
                "connection": routes.connection_name(routes.connections[last]),
                "values": listed(list(values.values())),
                "count": len(members),
            }
            yield Hit(last, place, variables, others, tuple(members))


def count(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Groups with more than `max` members."""
    group, most = parameters["group"], parameters["max"]
    if len(who) <= most:
        return
    place = _place(group)
    for members in _groups(routes, group, who, routes.dry | routes.duplicates, least=most + 1):
        others = tuple(Other(say("another one of them"), one, place) for one in members[:-1])
        yield Hit(members[-1], place, {"count": len(members), "max": most}, others, tuple(members))


def _place(fields: Sequence[str]) -> str:
    """The field at which a finding about a group is reported."""
    if "RouteDest" in fields:
        return "RouteDest"
    return next((name for name in _OWN if name in fields), "RouteDest")


# -- grouping ---------------------------------------------------------------------------------------------


def _groups(
    routes: RouteSet, fields: Sequence[str], who: Sequence[int], out: frozenset[int], least: int = 2
) -> list[list[int]]:
    """The groups of at least `least` entries that share the values of all fields, each in reading order.
    Entries in `out`, and those with an absent or unknown value, take no part."""
    if not fields:
        return [[entry for entry in who if entry not in out]]
    # Field by field, because few entries are left after the first one. Rules that begin with the same fields
    # share these groups.
    *before, last = sorted(fields, key=_ORDER.index)
    if last == "RouteDest" and least > 1:  # it is always the first one
        groups = routes.alike
        if out or len(who) < len(routes.member_networks):
            some = frozenset(who).difference(out)
            groups = [[one for one in group if one in some] for group in groups]
        return [group for group in groups if len(group) >= least]
    key = "groups", tuple(before), out, least, None if len(who) == routes.size else tuple(who)
    column, found = _keys(routes, last), []
    for group in routes.once(key, lambda: _groups(routes, before, who, out, least)):
        if least > 1 and len({column[entry] for entry in group}) == len(group):
            continue  # the usual case
        alike: dict[Hashable, list[int]] = {}
        for entry in group:
            alike.setdefault(column[entry], []).append(entry)
        alike.pop(None, None)
        found += [part for part in alike.values() if len(part) >= least]
    return found


def _keys(routes: RouteSet, field: str) -> Sequence[Hashable]:
    """The values by which a field is compared: None if a value is absent or not known."""
    if field == "RouteDest":
        return routes.destinations
    column, refers = routes.column(field), field in ("VpnConnectionId", "NextHop")
    if Unknown not in routes.kinds(field):
        return column
    return [one if is_known(one) else identity(one) if refers else None for one in column]
