"""Check `backup`: primaries and backups that do not fit together. Each rule asks the forwarding table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.elsewhere import doubt
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import Choice, Group, MoreSpecific, Route, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import listed

# What several routes to one destination may be, by the redundancy of the domain.
_ALLOWED_TEMPLATES = {
    "auto": "one primary and one backup, or only primaries",
    "active-standby": "one primary and one backup",
    "ecmp": "only primaries",
}
_MOST_BLOCKS = 32  # uncovered blocks that a message names: all that one backup can leave


def backup(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """The mistakes that `finds` names, in each routing domain."""
    redundancies, find = _FINDERS[parameters["finds"]]
    for table in tables(routes, who):
        if table.domain.redundancy in redundancies:
            yield from find(routes, table, parameters)


# -- groups -----------------------------------------------------------------------------------------------


def _weight_without_effect(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """A primary and a backup in a domain that is known (VCO403)."""
    for group in table.crowded if table.domain.known else ():
        pair = len(group.routes) == 2 and len(group.primaries) == len(group.backups) == 1
        if pair and group.primaries[0].surely_apart(group.backups[0]):
            yield from _at_last(table, group)


def _backup_without_primary(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit | Doubt]:
    """Groups of backups only, that neither cover a primary nor are too specific for one (VCO501)."""
    inner = {one.group.network for one in more_specific(table)}
    covering = _covering(table)
    for group in (*table.lone(0), *table.unsettled):
        if group.only_backups and group.network not in inner and group.network not in covering:
            found = doubt(routes, table, group, 100)
            yield from (found,) if found else _at_last(table, group)


def _covering(table: Table) -> set[int]:
    """The groups of backups that cover, or may cover, a primary of another connection, by network."""
    found = set()
    for group in table.unsettled:
        for outer in () if group.only_backups else group.wider():
            if outer.only_backups and group.maybe_primary.differs(outer.all):
                found.add(outer.network)
    return found


def _several_primaries(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Two or more primaries and no backup (VCO502)."""
    for group in table.unsettled:
        if _only_primaries(routes, group):
            yield from _at_last(table, group)


def _only_primaries(routes: RouteSet, group: Group) -> bool:
    return len(group.primaries) == len(group.routes) > 1 and _told_apart(routes, group)


def _mixed_group(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Neither a pair nor load sharing, whatever the weights that are not known may be (VCO503)."""
    for group in table.unsettled if table.weighted else table.crowded:
        if table.weighted:
            mixed = bool(group.primaries and group.backups) and len(group.routes) > 2
        else:
            mixed = bool(group.backups) and len(group.routes) > 1
        if mixed and _told_apart(routes, group):
            yield from _at_last(table, group, allowed=say(_ALLOWED_TEMPLATES[table.domain.redundancy]))


def _told_apart(routes: RouteSet, group: Group) -> bool:
    """Whether no two routes of a group may turn out to be one and the same."""
    if group.all.kind is None or len(group.all.names) == len(group.routes):
        return group.all.kind is not None
    # Those with one connection and weight differ in next hop, where that is known.
    alike = Counter((route.connection, route.weight) for route in group.routes)
    return not group.unknown and all(
        alike[route.connection, route.weight] == 1 or isinstance(routes.value(route.member, "NextHop"), str)
        for route in group.routes
    )


def _primary_without_backup(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit | Doubt]:
    """Primaries that no backup on another connection has or covers (VCO504): the last one of a group."""
    too_specific: dict[int, list[Route]] = {}  # by the network of the primary
    for one in more_specific(table):
        too_specific.setdefault(one.outer.network, []).append(one.backup)
    for group in (*table.lone(100), *table.unsettled):
        if group.unknown or _only_primaries(routes, group):
            continue
        inner = Choice(too_specific.get(group.network, ()))
        bare = [
            route
            for route in group.primaries
            if not route.live and not _may_have_backup(group, route) and inner.apart(route) is None
        ]
        if bare:
            found = doubt(routes, table, group, 0)
            yield found or _hit(table, group, bare[-1], group.routes, primary=bare[-1].connection)


def _may_have_backup(group: Group, primary: Route) -> bool:
    """Whether a backup on another connection has, or may have, a primary's destination, or covers it."""
    return any(holder.maybe_backup.maybe_apart(primary) for holder in _backing(group))


def _backing(group: Group) -> Iterator[Group]:
    """The groups whose backups back up a primary of this group: a backup whose own group has a primary backs
    up that group only."""
    yield group
    yield from (outer for outer in group.wider() if not outer.primaries)


def _too_many_equal_paths(routes: RouteSet, table: Table, parameters: Mapping[str, Any]) -> Iterator[Hit]:
    """More primaries on different connections than `max` (VCO505)."""
    most = parameters["max"]
    for group in table.unsettled:
        if len(group.primaries) > most:
            kinds: dict[Hashable, set[str]] = {}
            for route in group.primaries:
                kinds.setdefault(route.kind, set()).add(route.connection)
            count = max(map(len, kinds.values()))  # two of different kinds may be one connection
            if count > most:
                yield from _at_last(table, group, count=count, max=most)


# -- a backup inside a primary ----------------------------------------------------------------------------


def more_specific(table: Table) -> Sequence[MoreSpecific]:
    """The backups that VCO506 reports."""
    return table.more_specific if table.domain.redundancy in _PAIRED else ()


def _backup_more_specific(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """At the backup; for live backups once at the primary (VCO506)."""
    blocks: dict[Route, str] = {}
    told: set[Route] = set()
    for backup, group, outer, primary in more_specific(table):
        place = primary if backup.live else backup
        if place.live or place in told:
            continue
        told.add(place)
        if primary not in blocks:
            blocks[primary] = listed([network.text(one) for one in _uncovered(outer, primary)], _MOST_BLOCKS)
        variables = {
            "inner": network.text(group.network),
            "outer": network.text(outer.network),
            "primary": primary.connection,
            "backup": backup.connection,
            "uncovered": blocks[primary] or say("nothing"),
        }
        hit = _hit(table, group, place, (backup, primary), **variables)
        yield hit._replace(witness=network.address_text(group.witness))


def _uncovered(group: Group, primary: Route) -> list[int]:
    """The blocks of a primary that no backup on another connection has or covers."""
    if _may_have_backup(group, primary):
        return []
    holes = [one.network for one in group.inside() if one.maybe_backup.maybe_apart(primary)]
    return network.difference(group.network, holes)


# -- routes that stay -------------------------------------------------------------------------------------


def _route_kept_on_failure(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Primaries whose connection keeps its routes when it fails: their backup never takes over (VCO507)."""
    for group in table.crowded if routes.any_keeps_routes else ():
        for primary in group.primaries:
            if primary.keeps and not primary.live:
                found = next(_standbys(group, primary), None)
                if found is not None:
                    yield _pair_hit(table, group, primary, primary, found)


def _standbys(group: Group, primary: Route) -> Iterator[Route]:
    """Of each group that surely backs up a primary: a backup on another connection."""
    for holder in _backing(group):
        if holder is group or holder.only_backups:
            found = holder.backup.apart(primary)
            if found is not None:
                yield found


# -- shared fate ------------------------------------------------------------------------------------------


def _shared_fate(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """A primary and its backup with one customer gateway (VCO508): at the backup where both have one
    destination, at the primary where a backup covers it; at the other one where that is a live row."""
    covering: dict[int, _Ends] = {}  # backups that may cover a primary, by their network
    told: set[Route] = set()
    for group in table.crowded if routes.any_gateways else ():
        primaries, backups = _Ends(routes, group.primaries), _Ends(routes, group.backups)
        if group.only_backups:
            covering[group.network] = backups
        pairs = []  # where the finding stands, the primary, the backup, the address
        for backup in group.backups:
            if found := primaries.sharing(backup):
                pairs.append((backup, found[0], backup, found[1]))
        for primary in group.primaries:
            around = (covering[outer.network] for outer in group.wider() if outer.only_backups)
            if not backups.sharing(primary):
                found = next((one for ends in around if (one := ends.sharing(primary))), None)
                pairs += [(primary, primary, found[0], found[1])] if found else []
        for place, primary, backup, address in pairs:
            if place.live:
                place = backup if place is primary else primary
            if not place.live and place not in told:
                told.add(place)
                yield _pair_hit(table, group, place, primary, backup, address=address)


class _Ends:
    """Some routes by the customer gateways on which they end."""

    def __init__(self, routes: RouteSet, some: Iterable[Route]) -> None:
        self._routes = routes
        by_address: dict[str, list[Route]] = {}
        for route in some:
            for address in self._gateways(route):
                by_address.setdefault(address, []).append(route)
        self._at = {address: Choice(found) for address, found in by_address.items()}

    def _gateways(self, route: Route) -> frozenset[str]:
        return self._routes.gateways(self._routes.connection(route.member))

    def sharing(self, route: Route) -> tuple[Route, str] | None:
        """One of them on another connection that ends where this route does, and the address."""
        for address in sorted(self._gateways(route)):
            found = self._at[address].apart(route) if address in self._at else None
            if found is not None:
                return found, address
        return None


# -- findings ---------------------------------------------------------------------------------------------


def _at_last(table: Table, group: Group, **variables: object) -> Iterator[Hit]:
    """A finding without a culprit: at the last entry of the group, if it has any."""
    if group.last is not None:
        yield _hit(table, group, group.last, group.routes, **variables)


def _pair_hit(
    table: Table, group: Group, place: Route, primary: Route, backup: Route, **variables: object
) -> Hit:
    names = {"primary": primary.connection, "backup": backup.connection}
    return _hit(table, group, place, (primary, backup), **names, **variables)


def _hit(table: Table, group: Group, place: Route, about: Sequence[Route], **variables: object) -> Hit:
    """A finding about some routes, at one of them."""
    domain = table.domain
    given = {
        "network": network.text(group.network),
        "domain": domain.name,
        "redundancy": domain.redundancy,
        "count": len(about),
    }
    others = tuple([_other(route) for route in about if route is not place])
    return Hit(place.member, "RouteDest", {**given, **variables}, others)


def _other(route: Route) -> Other:
    """A further route of a finding, by its role."""
    role = (
        say("another route")
        if route.weight is None
        else say("a primary")
        if route.weight == 100
        else say("a backup")
    )
    return Other(say("{role} on {name}", role=role, name=route.connection), route.member, "RouteDest")


_PAIRED = ("auto", "active-standby")
_Find = Callable[[RouteSet, Table, Mapping[str, Any]], Iterator[Hit | Doubt]]

# What `finds` may name: under which redundancies it is looked for, and how.
_FINDERS: Mapping[str, tuple[Sequence[str], _Find]] = {
    "weight-without-effect": (("auto",), _weight_without_effect),
    "backup-without-primary": (_PAIRED, _backup_without_primary),
    "several-primaries": (("active-standby",), _several_primaries),
    "mixed-group": ((*_PAIRED, "ecmp"), _mixed_group),
    "primary-without-backup": (("active-standby",), _primary_without_backup),
    "too-many-equal-paths": (("auto", "ecmp"), _too_many_equal_paths),
    "backup-more-specific": (_PAIRED, _backup_more_specific),
    "route-kept-on-failure": (_PAIRED, _route_kept_on_failure),
    "shared-fate": ((*_PAIRED, "ecmp"), _shared_fate),
}
