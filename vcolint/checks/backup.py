"""Check `backup`: primaries and backups that do not fit together, according to the forwarding table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.forwarding import PAIRED, Choice, Group, Route, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import listed

# The allowed combinations of routes to one destination, by the redundancy of the domain.
_ALLOWED_TEMPLATES = {
    "auto": "one primary and one backup, or only primaries",
    "active-standby": "one primary and one backup",
    "ecmp": "only primaries",
}
_ROLE_TEMPLATES = {None: "another route on {name}", 100: "a primary on {name}", 0: "a backup on {name}"}


def backup(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """The mistakes that `finds` selects, in each routing domain: at most one at each entry, none at live
    rows."""
    redundancies, find = _FINDERS[parameters["finds"]]
    given = {routes.config.redundancy, *(one.redundancy for one in routes.config.domains.values())}
    if given.isdisjoint(redundancies) or (parameters["finds"] in _OF_BACKUPS and 0 not in routes.weights):
        return  # no table is needed
    told: set[int] = set()
    for table in tables(routes, who):
        for found in find(routes, table, parameters) if table.domain.redundancy in redundancies else ():
            if found.entry < routes.size and found.entry not in told:
                told.add(found.entry)
                yield found


_OF_BACKUPS = frozenset({"backup-without-primary", "backup-more-specific"})

# -- groups -----------------------------------------------------------------------------------------------


def _weight_without_effect(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """A primary and a backup in a domain that is known (VCO403)."""
    for group in table.groups if table.domain.known else ():
        if len(group.routes) == 2 and group.has_primary and group.backups.apart(group.primaries.routes[0]):
            yield from _at_last(table, group)


def _backup_without_primary(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit | Doubt]:
    """Groups of backups only that do not cover a primary and do not lie inside one (VCO501)."""
    bare = [group for group in table.notable if group.only_backups]
    silent = {one.group.network for one in table.more_specific}
    # Backups that cover, or may cover, a primary of another connection.
    for group in table.notable if bare else ():
        for outer in () if group.only_backups else group.wider():
            if outer.only_backups and group.choice(100, None).differs(outer.all):
                silent.add(outer.network)
    for group in bare:
        if group.network not in silent:
            for hit in _at_last(table, group):
                yield _if_certain(hit, routes, table, group, 100)


def _several_primaries(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Two or more primaries and no backup (VCO502)."""
    for group in table.notable:
        if _only_primaries(routes, group):
            yield from _at_last(table, group)


def _only_primaries(routes: RouteSet, group: Group) -> bool:
    return 1 < len(group.routes) == len(group.primaries.routes) and _told_apart(routes, group)


def _mixed_group(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Groups that are neither a pair nor load sharing, whatever their unknown weights are (VCO503)."""
    allowed = say(_ALLOWED_TEMPLATES[table.domain.redundancy])
    for group in table.notable if table.weighted else table.groups:
        if len(group.routes) > (2 if table.weighted else 1):
            mixed = 0 in group.weights and (group.has_primary or not table.weighted)
            if mixed and _told_apart(routes, group):
                yield from _at_last(table, group, allowed=allowed)


def _told_apart(routes: RouteSet, group: Group) -> bool:
    """Whether all routes of a group are certainly different routes."""
    if group.all.kind is None:
        return False
    weighed = {(route.connection, group.unknown or route.weight) for route in group.routes}
    # Routes with the same connection and weight differ in next hop, if that is known.
    hops = (routes.value(route.member, "NextHop") for route in group.routes)
    return len(weighed) == len(group.routes) or (not group.unknown and all(isinstance(x, str) for x in hops))


def _primary_without_backup(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit | Doubt]:
    """Primaries without a backup on another connection that has or covers their destination (VCO504). A group
    gets one finding, at the last of them."""
    too_specific: dict[int, list[Route]] = {}  # by the network of the primary
    for one in table.more_specific:
        too_specific.setdefault(one.outer.network, []).append(one.backup)
    for group in table.notable:
        if group.unknown or _only_primaries(routes, group):
            continue
        inner = Choice(too_specific.get(group.network, ()))
        bare = [
            route
            for route in group.primaries.routes
            if not route.live and not _may_have_backup(group, route) and inner.apart(route) is None
        ]
        if bare:
            name = bare[-1].connection
            told = {"primary": name, "then": _without(table, group, name)}
            yield _if_certain(_hit(table, group, bare[-1], group.routes, **told), routes, table, group, 0)


def _may_have_backup(group: Group, primary: Route) -> bool:
    """Whether a backup on another connection has or covers a primary's destination, or may do so."""
    return any(not holder.choice(0, None).names <= {primary.connection} for holder in _backing(group))


def _backing(group: Group) -> Iterator[Group]:
    """The groups whose backups back up a primary of this group: a backup whose own group has a primary backs
    up that group only."""
    yield group
    yield from (outer for outer in group.wider() if not outer.has_primary)


def _without(table: Table, group: Group, connection: str) -> str:
    """What happens to the traffic of a group when a connection fails."""
    carriers = table.carriage(group, {connection}).carriers
    if carriers is None:
        return say("it is not known who carries it")
    if not carriers:
        return say("it is unreachable")
    return say("a wider route on {carriers} carries it", carriers=listed(carriers))


def _too_many_equal_paths(routes: RouteSet, table: Table, parameters: Mapping[str, Any]) -> Iterator[Hit]:
    """More than `max` primaries on different connections (VCO505)."""
    most = parameters["max"]
    for group in table.notable:
        if len(group.all.names) > most:
            number = len(group.primaries.names)
            if number > most and group.primaries.kind is not None:
                yield from _at_last(table, group, count=number, max=most)


# -- a backup inside a primary ----------------------------------------------------------------------------


def _backup_more_specific(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Backups inside a primary (VCO506): a finding at each backup; for live backups, one at the primary."""
    for backup, group, outer, primary in table.more_specific:
        bare = [] if _may_have_backup(outer, primary) else outer.effective
        blocks = listed([network.text(one) for one in bare], 32)  # one hole in a network leaves at most 32
        variables = {
            "inner": network.text(group.network),
            "outer": network.text(outer.network),
            "primary": primary.connection,
            "backup": backup.connection,
            "uncovered": say("; without a backup: {blocks}", blocks=blocks) if bare else "",
        }
        hit = _hit(table, group, primary if backup.live else backup, (backup, primary), **variables)
        yield hit._replace(witness=network.address_text(group.witness))


# -- routes that stay, and shared ends --------------------------------------------------------------------


def _route_kept_on_failure(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """Primaries whose connection keeps its routes when it fails: their backup never takes over (VCO507)."""
    for group in table.groups if routes.keeping else ():
        for primary in group.primaries.routes if not group.covered else ():
            if primary.keeps:
                sure = (holder for holder in _backing(group) if holder is group or holder.only_backups)
                found = next(filter(None, (holder.backups.apart(primary) for holder in sure)), None)
                if found is not None:
                    names = {"primary": primary.connection, "backup": found.connection}
                    yield _hit(table, group, primary, (primary, found), **names)


_Ends = Mapping[str, Choice]  # routes by the customer gateways on which they end


def _shared_fate(routes: RouteSet, table: Table, _: Mapping[str, Any]) -> Iterator[Hit]:
    """A primary and its backup with the same customer gateway (VCO508). The finding is at the backup if both
    have the same destination, and at the primary if a wider backup covers it. If that route is a live row,
    the finding is at the other one."""
    covering: dict[int, _Ends] = {}  # backups that may cover a primary, by their network
    for group in table.groups if routes.gateways_of else ():
        primaries, backups = _ends(routes, group.primaries.routes), _ends(routes, group.backups.routes)
        live = _ends(routes, [route for route in group.backups.routes if route.live])
        if group.only_backups:
            covering[group.network] = backups
        around = [covering[outer.network] for outer in group.wider() if outer.only_backups]
        for route in (*group.primaries.routes, *group.backups.routes):
            if route.weight == 0:
                found = None if route.live else _sharing(routes, route, [primaries])
            elif _sharing(routes, route, [backups]):  # reported at the backup, if that is an entry
                found = _sharing(routes, route, [live])
            else:
                found = _sharing(routes, route, around)
            if found is not None:
                other, address = found
                pair = primary, standby = (route, other) if route.weight else (other, route)
                names = {"primary": primary.connection, "backup": standby.connection, "address": address}
                yield _hit(table, group, other if route.live else route, pair, **names)


def _ends(routes: RouteSet, some: Sequence[Route]) -> _Ends:
    found: dict[str, list[Route]] = {}
    for route in some:
        for address in routes.gateways(route.member):
            found.setdefault(address, []).append(route)
    return {address: Choice(together) for address, together in found.items()}


def _sharing(routes: RouteSet, route: Route, among: Iterable[_Ends]) -> tuple[Route, str] | None:
    """A route on another connection that ends at the same gateway as this route, and the address."""
    for ends in among:
        for address in routes.gateways(route.member):
            other = ends[address].apart(route) if address in ends else None
            if other is not None:
                return other, address
    return None


# -- routes in other domains --------------------------------------------------------------------------


def _if_certain(hit: Hit, routes: RouteSet, table: Table, group: Group, weight: int) -> Hit | Doubt:
    """The hit, or a doubt if the group may have a route of that weight elsewhere. Such a route has or covers
    the destination. It is in another guessed domain whose region is the same or unknown, or it is a live row
    on a connection whose domain is unknown."""
    claims, mine = routes.once(("elsewhere", weight), lambda: _elsewhere(routes, weight)), table.domain
    new = any(not route.live and routes.creates(route.member) for route in group.routes)
    for domain, name in (one for block in network.supernets(group.network) for one in claims.get(block, ())):
        if new if domain is None else not mine.known and domain != mine and domain.may_be_near(mine):
            reason = say(
                "{name} may have its {role}: if the connections end on the same transit router, "
                "put them in one domain under domains:",
                name=name,
                role=say("primary") if weight == 100 else say("backup"),
            )
            assert group.last is not None  # hits stand at entries
            return Doubt(group.last.member, "Weight", reason)
    return hit


def _elsewhere(routes: RouteSet, weight: int) -> dict[int, list[tuple[Domain | None, str]]]:
    """For each network with a route that has, or may have, this weight: the guessed domains of such routes
    and their names; None and a name for live rows whose domain is unknown."""
    found: dict[int, list[tuple[Domain | None, str]]] = {}
    guessed = [table for table in tables(routes) if not table.domain.known]
    for table in guessed if len(guessed) > 1 else ():
        for group in table.groups:
            if group.choice(weight, None).routes:
                found.setdefault(group.network, []).append((table.domain, table.domain.name))
    for row in routes.snapshot:
        lies_apart = row.connection not in routes.used and routes.domain_of(row.connection) is None
        if row.weight == weight and lies_apart:
            name = say("a live route on {connection}", connection=row.connection)
            found.setdefault(row.network, []).append((None, name))
    return found


# -- findings ---------------------------------------------------------------------------------------------


def _at_last(table: Table, group: Group, **variables: object) -> Iterator[Hit]:
    """A finding about a whole group: at its last entry, if it has any."""
    last = group.last
    if last is not None:
        yield _hit(table, group, last, group.routes, **variables)


def _hit(table: Table, group: Group, place: Route, about: Sequence[Route], **variables: object) -> Hit:
    """A finding about several routes, at one of them."""
    given = {
        "network": network.text(group.network),
        "domain": table.domain.name,
        "redundancy": table.domain.redundancy,
        "count": len(about),
    }
    others = [
        Other(say(_ROLE_TEMPLATES[route.weight], name=route.connection), route.member, "RouteDest")
        for route in about
        if route is not place
    ]
    return Hit(place.member, "RouteDest", {**given, **variables}, tuple(others))


_Find = Callable[[RouteSet, Table, Mapping[str, Any]], Iterator[Hit | Doubt]]

# The values of `finds`: the redundancies under which each mistake is looked for, and how.
_FINDERS: Mapping[str, tuple[Sequence[str], _Find]] = {
    "weight-without-effect": (("auto",), _weight_without_effect),
    "backup-without-primary": (PAIRED, _backup_without_primary),
    "several-primaries": (("active-standby",), _several_primaries),
    "mixed-group": ((*PAIRED, "ecmp"), _mixed_group),
    "primary-without-backup": (("active-standby",), _primary_without_backup),
    "too-many-equal-paths": (("auto", "ecmp"), _too_many_equal_paths),
    "backup-more-specific": (PAIRED, _backup_more_specific),
    "route-kept-on-failure": (PAIRED, _route_kept_on_failure),
    "shared-fate": ((*PAIRED, "ecmp"), _shared_fate),
}
