"""Entries that share the values of some fields. `RouteDest` is compared as a network, and a connection
or next hop that is not known yet by what it refers to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.schema import Pattern
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Unknown, is_known
from vcolint.text.wording import listed, value_text

# A route is the same one where these are.
_ROUTE = frozenset({"VpnConnectionId", "RouteDest", "NextHop", "Weight"})
# Fields that are an entry's own, so that a finding about them stands at them.
_OWN = ("ClientToken", "Description")
# The order in which fields part entries: those that leave the fewest together come first.
_ORDER = tuple(dict.fromkeys(("RouteDest", *_OWN, "VpnConnectionId", "NextHop", *FIELDS)))


def unique(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Each later entry with the same `key` as an earlier one."""
    key = parameters["key"]
    place = _place(key)
    same_route = _ROUTE.issubset(key)
    for members in _groups(routes, key, who, routes.dry | routes.duplicates):
        first = members[0]
        others = (Other(say("first defined here"), first, place),)
        at = routes.location(first, place)
        variables = {
            "connection": routes.connection_name(routes.connections[first]),
            "first": f"{at.file}:{at.line}",
            "count": len(members),
        }
        for entry in members[1:]:
            hit = Hit(entry, place, variables, others, (first,))
            yield hit._replace(fix=say("remove this entry"), remove=(entry,)) if same_route else hit


def agree(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Groups whose members have different known values in a `field`; with `pattern`, only values that
    match it are compared. A finding stands at the last member that is no duplicate."""
    group, field = parameters["group"], parameters["field"]
    about_routes = "RouteDest" in group or field == "RouteDest"
    out = routes.dry
    if about_routes:
        out |= routes.duplicates | routes.misweighted
    column = routes.destinations if field == "RouteDest" else routes.column(field)
    distinct = set(column) if field == "RouteDest" else routes.distinct(field)
    compared = set(filter(is_known, distinct))
    if "pattern" in parameters:
        texts = [value for value in compared if isinstance(value, str)]
        compared = set(Pattern(parameters["pattern"]).matching(texts))
    if len(compared) < 2:
        return
    place = "RouteDest" if "RouteDest" in group else field
    shown: Callable[[Any], str] = network.text if field == "RouteDest" else value_text
    for together in _groups(routes, group, who, out):
        members = [entry for entry in together if column[entry] in compared]
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
    place = _place(group)
    for members in _groups(routes, group, who, routes.dry | routes.duplicates, least=most + 1):
        others = tuple(Other(say("another one of them"), one, place) for one in members[:-1])
        yield Hit(members[-1], place, {"count": len(members), "max": most}, others, tuple(members))


def _place(fields: Sequence[str]) -> str:
    """The field at which a finding about a group stands."""
    if "RouteDest" in fields:
        return "RouteDest"
    return next((name for name in _OWN if name in fields), "RouteDest")


# -- grouping ---------------------------------------------------------------------------------------------


class _Sharing(NamedTuple):
    """Entries that share the values of some fields with others."""

    entries: Sequence[int]  # in reading order
    codes: Sequence[int]  # of each of them; equal exactly where the values are


def _groups(
    routes: RouteSet, fields: Sequence[str], who: Sequence[int], out: frozenset[int], least: int = 2
) -> list[list[int]]:
    """The groups of at least so many entries that share the values of all fields, in reading order each.
    Entries in `out`, and those to which a value is absent or not known, take no part."""
    ordered = tuple(sorted(fields, key=_ORDER.index))
    sharing = _sharing(routes, ordered, who, out, least)
    groups: dict[int, list[int]] = {}
    for code, entry in zip(sharing.codes, sharing.entries, strict=True):
        groups.setdefault(code, []).append(entry)
    return list(groups.values())


def _sharing(
    routes: RouteSet, fields: tuple[str, ...], who: Sequence[int], out: frozenset[int], least: int
) -> _Sharing:
    """Rules ask for the same fields and more, so what is found of all entries is kept."""
    if len(who) < routes.size:
        return _narrowed(routes, fields, who, out, least)
    return routes.once(("sharing", fields, out, least), lambda: _narrowed(routes, fields, who, out, least))


def _narrowed(
    routes: RouteSet, fields: tuple[str, ...], who: Sequence[int], out: frozenset[int], least: int
) -> _Sharing:
    """Field by field: of the entries that share the values of the fields before, those that share that of
    the last one too. In an ordinary set few are left after the first field."""
    if not fields:
        entries = [entry for entry in who if entry not in out] if out else who
        return _Sharing(entries, [0] * len(entries))
    if routes.kinds(fields[-1]) <= {type(None)}:
        return _Sharing([], [])
    entries, codes = _sharing(routes, fields[:-1], who, out, least)
    if fields == ("RouteDest",) and routes.apart and least > 1:
        return _Sharing([], [])
    column = _keys(routes, fields[-1])
    values = column if entries == range(routes.size) else [column[entry] for entry in entries]
    distinct = set(values)
    if None in distinct:
        distinct.discard(None)
        kept = [value is not None for value in values]
        entries, codes = list(compress(entries, kept)), list(compress(codes, kept))
        values = list(compress(values, kept))
    if len(fields) == 1 and len(distinct) == len(values) and least > 1:
        return _Sharing([], [])
    if fields == ("RouteDest",):
        codes = values  # type: ignore[assignment]
    elif len(distinct) > 1:
        number = {value: place for place, value in enumerate(distinct)}
        width = len(number)
        codes = [code * width + number[value] for code, value in zip(codes, values, strict=True)]
    if len(set(codes)) == len(codes) and least > 1:
        return _Sharing([], [])
    counts = Counter(codes)
    if min(counts.values(), default=least) < least:
        kept = [counts[code] >= least for code in codes]
        entries, codes = list(compress(entries, kept)), list(compress(codes, kept))
    return _Sharing(entries, codes)


def _keys(routes: RouteSet, field: str) -> Sequence[Hashable]:
    """What of a field is compared: None where it is absent or not known."""
    if field == "RouteDest":
        return routes.destinations
    if field == "VpnConnectionId":
        return routes.connections
    column = routes.column(field)
    if Unknown not in routes.kinds(field):
        return column
    refers = field == "NextHop"
    return [
        value if not isinstance(value, Unknown) else value.reference if refers else None for value in column
    ]
