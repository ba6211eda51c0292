"""Check `backup`: primaries and backups that do not fit together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.pairs import Pair, listed, names, placed
from vcolint.model import network
from vcolint.model.nesting import (
    Group,
    Nest,
    Some,
    chosen_of,
    free_address,
    gateways_told,
    keeping_told,
    may_differ,
    nests,
    some,
)
from vcolint.model.reading import Connection
from vcolint.model.route_set import Domain, RouteSet

_MOST_BLOCKS = 32  # uncovered blocks that a message names: all that one backup can leave

# The redundancies of a domain under which each kind of finding is made.
_SPEAKS = {
    "weight-without-effect": ("auto",),
    "backup-without-primary": ("auto", "active-standby"),
    "several-primaries": ("active-standby",),
    "mixed-group": ("auto", "active-standby", "ecmp"),
    "primary-without-backup": ("active-standby",),
    "too-many-equal-paths": ("auto", "ecmp"),
    "backup-more-specific": ("auto", "active-standby"),
    "route-kept-on-failure": ("auto", "active-standby"),
    "shared-fate": ("auto", "active-standby", "ecmp"),
}


def backup(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    finds = parameters["finds"]
    for analysis in _analyses(routes, who):
        if analysis.nest.domain.redundancy not in _SPEAKS[finds]:
            continue
        if finds == "too-many-equal-paths":
            yield from _too_many_equal_paths(analysis, parameters["max"])
        else:
            yield from _FINDERS[finds](analysis)


def more_specific(routes: RouteSet, who: Sequence[int]) -> list[set[tuple[int, int]]]:
    """For each of the set's nests: the pairs of groups, by number, between which VCO506 speaks."""
    return [
        {(group.at, outer.at) for group, outer, _ in analysis.misplaced.values()}
        for analysis in _analyses(routes, who)
    ]


def _analyses(routes: RouteSet, who: Sequence[int]) -> list[_Analysis]:
    key = ("backup", chosen_of(routes, who))
    return routes.once(key, lambda: [_Analysis(routes, nest) for nest in nests(routes, who)])


class _Misplaced(NamedTuple):
    """A backup that is more specific than a primary: its group, the primary's, the primary."""

    group: Group
    outer: Group
    primary: int


class _Analysis:
    """What several rules want to know of one routing domain."""

    def __init__(self, routes: RouteSet, nest: Nest) -> None:
        self.routes = routes
        self.nest = nest

    def connections(self, members: Iterable[int]) -> Iterator[Connection | None]:
        return map(self.routes.connection, members)

    @cached_property
    def covered(self) -> list[Some]:
        """For each group: connections of the entries strictly inside that are or may be primaries."""
        groups = self.nest.groups
        covered: list[Some] = [()] * len(groups)
        for group in reversed(groups):
            if group.outer is not None:
                own = self.connections(chain(group.primaries, group.unweighted))
                at = group.outer.at
                covered[at] = some((*covered[at], *covered[group.at], *own))
        return covered

    @cached_property
    def standby(self) -> list[Some]:
        """For each group: connections of its entries that are or may be backups."""
        return [some(self.connections(chain(group.backups, group.unweighted))) for group in self.nest.groups]

    @cached_property
    def backed(self) -> list[Some]:
        """For each group: connections of the entries around it that back it up, or may do so."""
        backed: list[Some] = []
        for group in self.nest.groups:
            outer = group.outer
            if outer is None:
                backed.append(())
            elif outer.primaries:
                # What backs up the primary of its own group backs up nothing else.
                backed.append(backed[outer.at])
            else:
                backed.append(some((*backed[outer.at], *self.standby[outer.at])))
        return backed

    @cached_property
    def misplaced(self) -> dict[int, _Misplaced]:
        """The backups that are more specific than a primary (VCO506)."""
        misplaced: dict[int, _Misplaced] = {}
        if self.nest.domain.redundancy not in _SPEAKS["backup-more-specific"]:
            return misplaced
        primaries: dict[int, _Spread] = {}
        for group in self.nest.groups:
            if group.outer is None or not _only_backups(group):
                continue
            for outer in group.around():
                if outer.primaries and outer.at not in primaries:
                    primaries[outer.at] = _Spread(self.routes, outer.primaries)
            found: dict[Connection | None, tuple[Group, int] | None] = {}
            for member in group.backups:
                connection = self.routes.connection(member)
                if connection not in found:
                    found[connection] = next(
                        (
                            (outer, primary)
                            for outer in group.around()
                            if outer.primaries
                            and (primary := primaries[outer.at].apart(connection)) is not None
                        ),
                        None,
                    )
                if (place := found[connection]) is not None:
                    misplaced[member] = _Misplaced(group, *place)
        return misplaced

    @cached_property
    def overtaken(self) -> set[int]:
        """The groups inside of which lies a backup that is more specific than their primary."""
        return {misplaced.outer.at for misplaced in self.misplaced.values()}

    def uncovered(self, outer: Group, primary: int) -> list[int]:
        """The blocks of a primary that no backup on another connection has or covers."""
        connection = self.routes.connection(primary)
        if may_differ(connection, (*self.standby[outer.at], *self.backed[outer.at])):
            return []
        return network.difference(
            outer.network,
            (
                group.network
                for group in self.nest.groups[outer.at + 1 : outer.end]
                if may_differ(connection, self.standby[group.at])
            ),
        )

    def hit(self, group: Group, **variables: object) -> Hit:
        """A finding about a group that has an entry: it stands at the last one."""
        assert group.last is not None
        others = [member for member in group.members if member != group.last]
        return Hit(
            group.last,
            "RouteDest",
            {
                **self.about(group.network, len(group.members)),
                "primaries": names(self.routes, self.connections(group.primaries)),
                "backups": names(self.routes, self.connections(group.backups)),
                **variables,
            },
            tuple(self.other(member) for member in others),
        )

    def lone_hit(self, member: int) -> Hit:
        """A finding about an entry whose destination nothing else meets."""
        block = self.routes.destination(member)
        assert block is not None
        name = self.routes.connection_name(self.routes.connection(member))
        role = "primaries" if self.routes.weight(member) == 100 else "backups"
        return Hit(
            member,
            "RouteDest",
            {**self.about(block, 1), "primaries": "", "backups": "", role: name},
        )

    def about(self, block: int, count: int) -> dict[str, object]:
        domain = self.nest.domain
        return {
            "network": network.text(block),
            "domain": domain.name,
            "redundancy": domain.redundancy,
            "count": count,
        }

    def other(self, member: int) -> Other:
        """A further member of a finding, by its role."""
        weight = self.routes.weight(member)
        role = "another route" if weight is None else "a primary" if weight == 100 else "a backup"
        name = self.routes.connection_name(self.routes.connection(member))
        return Other(f"{role}, on {name}", member, "RouteDest")

    def lone_entries(self, weight: int) -> list[int]:
        """The entries of that weight whose destination nothing else meets."""
        column, size = self.routes.column("Weight"), self.routes.size
        if weight not in self.routes.distinct("Weight"):
            return []
        alike = [member for member in self.nest.alone if member < size and column[member] == weight]
        return [member for member in alike if self.routes.weight(member) == weight]


def _only_backups(group: Group) -> bool:
    return not group.primaries and not group.unweighted


def _mixed(routes: RouteSet, group: Group, redundancy: str) -> bool:
    """Neither a pair nor load sharing, whatever the weights that are not known may be (VCO503)."""
    if redundancy == "ecmp":
        mixed = bool(group.backups) and len(group.members) > 1
    else:
        mixed = bool(group.primaries and group.backups) and len(group.members) > 2
    return mixed and _told_apart(routes, group)


def _several_primaries(routes: RouteSet, group: Group) -> bool:
    """Two or more primaries and no backup (VCO502, under `active-standby`)."""
    return len(group.primaries) == len(group.members) > 1 and _told_apart(routes, group)


def _told_apart(routes: RouteSet, group: Group) -> bool:
    """Whether no two members may turn out to be one and the same route."""
    if not group.distinct or len(group.connections) == len(group.members):
        return group.distinct
    if group.unweighted:
        return False
    alike: dict[tuple[Connection | None, int | None], list[int]] = {}
    for member in group.members:
        alike.setdefault((routes.connection(member), routes.weight(member)), []).append(member)
    # Those with one connection and weight differ in next hop, where that is known.
    return all(
        len(members) == 1 or all(isinstance(routes.value(member, "NextHop"), str) for member in members)
        for members in alike.values()
    )


def _find_weight_without_effect(analysis: _Analysis) -> Iterator[Hit]:
    if not analysis.nest.domain.known:
        return
    for group in analysis.nest.groups:
        pair = len(group.members) == 2 and len(group.primaries) == len(group.backups) == 1
        if pair and len(group.connections) == 2 and group.distinct and group.last is not None:
            yield analysis.hit(group)


def _find_backup_without_primary(analysis: _Analysis) -> Iterator[Hit | Doubt]:
    for member in analysis.lone_entries(0):
        yield _doubt(analysis, [member], 100) or analysis.lone_hit(member)
    for group in analysis.nest.groups:
        if group.last is None or not _only_backups(group):
            continue
        if any(member in analysis.misplaced for member in group.members):
            continue
        covered = analysis.covered[group.at]
        if not any(may_differ(connection, covered) for connection in group.connections):
            yield _doubt(analysis, group.members, 100) or analysis.hit(group)


def _find_several_primaries(analysis: _Analysis) -> Iterator[Hit]:
    for group in analysis.nest.groups:
        if group.last is not None and _several_primaries(analysis.routes, group):
            yield analysis.hit(group)


def _find_mixed_group(analysis: _Analysis) -> Iterator[Hit]:
    redundancy = analysis.nest.domain.redundancy
    for group in analysis.nest.groups:
        if group.last is not None and _mixed(analysis.routes, group, redundancy):
            yield analysis.hit(group)


def _find_primary_without_backup(analysis: _Analysis) -> Iterator[Hit | Doubt]:
    size = analysis.routes.size
    for member in analysis.lone_entries(100):
        yield _doubt(analysis, [member], 0) or analysis.lone_hit(member)
    for group in analysis.nest.groups:
        if group.unweighted or _several_primaries(analysis.routes, group) or group.at in analysis.overtaken:
            continue
        backups = (*analysis.standby[group.at], *analysis.backed[group.at])
        if any(
            not may_differ(analysis.routes.connection(member), backups)
            for member in group.primaries
            if member < size
        ):
            yield _doubt(analysis, group.members, 0) or analysis.hit(group)


def _too_many_equal_paths(analysis: _Analysis, most: int) -> Iterator[Hit]:
    routes = analysis.routes
    for group in analysis.nest.groups:
        if len(group.primaries) <= most or group.last is None:
            continue
        count = _at_least(routes, set(analysis.connections(group.primaries)))
        if count > most:
            yield analysis.hit(group, count=count, max=most)


def _at_least(routes: RouteSet, connections: set[Connection | None]) -> int:
    """How many of these connections are different ones for sure."""
    by_kind: dict[Hashable, int] = {}
    for connection in connections:
        kind = routes.kind_of(connection)
        by_kind[kind] = by_kind.get(kind, 0) + 1
    return max(by_kind.values())


def _find_backup_more_specific(analysis: _Analysis) -> Iterator[Hit]:
    routes = analysis.routes
    uncovered: dict[int, str] = {}  # by primary
    witnesses: dict[int, str] = {}  # by the backup's group
    pairs = [Pair(member, misplaced.primary) for member, misplaced in analysis.misplaced.items()]
    for place, (member, primary) in placed(pairs, routes.size).items():
        group, outer, _ = analysis.misplaced[member]
        if primary not in uncovered:
            uncovered[primary] = _blocks(analysis.uncovered(outer, primary))
        if group.at not in witnesses:
            witnesses[group.at] = network.address_text(free_address(analysis.nest.groups, group))
        yield Hit(
            place,
            "RouteDest",
            {
                **analysis.about(group.network, 2),
                "inner": network.text(group.network),
                "outer": network.text(outer.network),
                "primary": routes.connection_name(routes.connection(primary)),
                "backup": routes.connection_name(routes.connection(member)),
                "uncovered": uncovered[primary],
            },
            (analysis.other(primary if place == member else member),),
            witness=witnesses[group.at],
        )


def _blocks(blocks: Sequence[int]) -> str:
    """Some blocks, in words."""
    return listed(map(network.text, blocks), _MOST_BLOCKS) if blocks else "nothing"


# -- routes that stay -------------------------------------------------------------------------------------


def _find_route_kept_on_failure(analysis: _Analysis) -> Iterator[Hit]:
    """Primaries whose connection keeps its routes when it fails, so that their backup never takes over."""
    routes = analysis.routes
    if not keeping_told(routes):
        return
    spreads: dict[int, _Spread] = {}

    def standby(group: Group, connection: Connection | None) -> int | None:
        """A backup of the group on another connection."""
        if group.at not in spreads:
            spreads[group.at] = _Spread(routes, group.backups)
        return spreads[group.at].apart(connection)

    for group in analysis.nest.groups:
        kept = [
            member
            for member in group.primaries
            if member < routes.size and routes.keeps_routes(routes.connection(member))
        ]
        if not kept:
            continue
        # A backup whose own group has a primary backs up that group only.
        holders = [group, *(outer for outer in group.around() if outer.backups and _only_backups(outer))]
        for member in kept:
            connection = routes.connection(member)
            found = next(
                (one for holder in holders if (one := standby(holder, connection)) is not None), None
            )
            if found is not None:
                yield Hit(
                    member,
                    "RouteDest",
                    {
                        **analysis.about(group.network, 2),
                        "primary": routes.connection_name(connection),
                        "backup": routes.connection_name(routes.connection(found)),
                    },
                    (analysis.other(found),),
                )


# -- shared fate ------------------------------------------------------------------------------------------


def _find_shared_fate(analysis: _Analysis) -> Iterator[Hit]:
    gateways = _gateways(analysis.routes)
    if gateways is None:
        return
    size = analysis.routes.size
    standby: dict[int, dict[str, _Spread]] = {}  # by the backups' group: by their gateway's address
    told: set[int] = set()

    def by_gateway(group: Group) -> dict[str, _Spread]:
        if group.at not in standby:
            addresses: dict[str, list[int]] = {}
            for member in group.backups:
                for address in gateways.of(analysis.routes.connection(member)):
                    addresses.setdefault(address, []).append(member)
            standby[group.at] = {
                address: _Spread(analysis.routes, members) for address, members in addresses.items()
            }
        return standby[group.at]

    def shared(member: int, group: Group) -> tuple[int, str] | None:
        """The backup of that group that ends where this primary does, and the address."""
        connection = analysis.routes.connection(member)
        for address in sorted(gateways.of(connection)):
            spread = by_gateway(group).get(address)
            found = spread.apart(connection) if spread else None
            if found is not None:
                return found, address
        return None

    for group in analysis.nest.groups:
        own = {member: found for member in group.primaries if (found := shared(member, group))}
        if own and group.last is not None:
            told.add(group.last)
            yield _shared_fate(analysis, group, group.last, *next((one, *own[one]) for one in own))
        around = [outer for outer in group.around() if outer.backups and _only_backups(outer)]
        for member in group.primaries if around else ():
            if member in own:
                continue
            found = next((found for outer in around if (found := shared(member, outer))), None)
            if found is None:
                continue
            place = member if member < size else found[0]
            # A backup speaks for all the live primaries that it covers.
            if place < size and place not in told:
                told.add(place)
                yield _shared_fate(analysis, group, place, member, *found)


def _shared_fate(
    analysis: _Analysis, group: Group, place: int, primary: int, standby: int, address: str
) -> Hit:
    routes = analysis.routes
    return Hit(
        place,
        "RouteDest",
        {
            **analysis.about(group.network, 2),
            "primary": routes.connection_name(routes.connection(primary)),
            "backup": routes.connection_name(routes.connection(standby)),
            "address": address,
        },
        tuple(analysis.other(member) for member in (primary, standby) if member != place),
    )


class _Gateways:
    """The customer gateways' addresses of each connection, whoever tells of them."""

    def __init__(self, routes: RouteSet) -> None:
        self._routes = routes
        self._tellers = [reading for reading in routes.readings if reading.topology.gateways_of]
        self._tellers = self._tellers or list(routes.readings[:1])
        self._known: dict[Connection | None, frozenset[str]] = {}

    def of(self, connection: Connection | None) -> frozenset[str]:
        if connection not in self._known:
            called = self._routes.names_of(connection)
            self._known[connection] = frozenset(
                address
                for reading in self._tellers
                for address in self._routes.facts(reading).gateways(connection, called)
            )
        return self._known[connection]


def _gateways(routes: RouteSet) -> _Gateways | None:
    """None where nobody tells on which gateway any connection ends."""
    if not gateways_told(routes):
        return None
    return routes.once("gateways", lambda: _Gateways(routes))


class _Spread:
    """Some members, so that one on another connection than a given one is found at once."""

    def __init__(self, routes: RouteSet, members: Iterable[int]) -> None:
        self._routes = routes
        # Two connections of a kind are enough: one of them is another than any given one.
        self._kinds: dict[Hashable, dict[Connection | None, int]] = {}
        for member in members:
            connection = routes.connection(member)
            alike = self._kinds.setdefault(routes.kind_of(connection), {})
            if len(alike) < 2:
                alike.setdefault(connection, member)

    def apart(self, connection: Connection | None) -> int | None:
        """A member whose connection is another one for sure; the first of these."""
        if connection is None:
            return None
        alike = self._kinds.get(self._routes.kind_of(connection), {})
        return next((member for other, member in alike.items() if other != connection), None)


# -- routes elsewhere that may belong to a group ----------------------------------------------------------


def _doubt(analysis: _Analysis, members: Sequence[int], weight: int) -> Doubt | None:
    """Why it may be wrong to miss a route of that weight in a group: it may stand elsewhere."""
    routes = analysis.routes
    elsewhere = routes.once(("elsewhere", weight), lambda: _Elsewhere(routes, weight))
    block = routes.destination(members[0])
    assert block is not None
    entries = [member for member in members if member < routes.size]
    who = elsewhere.folder(analysis.nest.domain, block) or elsewhere.live(
        analysis.nest.domain, block, entries
    )
    if who is None:
        return None
    role = "primary" if weight == 100 else "backup"
    return Doubt(
        entries[-1],
        "Weight",
        f"{who[0]} may hold its {role} ({who[1]}): "
        "say under domains: which connections end on one transit router",
    )


class _Elsewhere:
    """Routes that have, or may have, one weight: in guessed domains, and on connections without entries."""

    def __init__(self, routes: RouteSet, weight: int) -> None:
        self._routes = routes
        # Two of the domains of a network are enough: one of them is another than any given one.
        self._domains: dict[int, list[Domain]] = {}
        # Connections with such a row, by its network and by the domain that the config gives them.
        self._rows: dict[int, dict[str | None, str]] = {}
        named = {
            connection: domain.name
            for domain in routes.config.domains.values()
            for connection in domain.connections
        }
        other = 100 - weight
        guessed = [one for one in routes.clusters() if not one.domain.known]
        for one in guessed if len(guessed) > 1 else ():
            for member in one.everyone():
                if routes.weight(member) != other:
                    block = routes.destination(member)
                    assert block is not None
                    domains = self._domains.setdefault(block, [])
                    if len(domains) < 2 and one.domain not in domains:
                        domains.append(one.domain)
        used = set(routes.connections) if routes.snapshot else set()
        for row in routes.snapshot:
            held = row.record.fields.get("Weight")
            if row.custom and row.connection not in used and held and held.value == weight:
                called = routes.names_of(row.connection)
                domain = next((named[name] for name in called if name in named), None)
                self._rows.setdefault(row.network, {}).setdefault(domain, row.connection)
        self._networks = network.NetworkSet(self._domains)
        self._live = network.NetworkSet(self._rows)

    def folder(self, domain: Domain, block: int) -> tuple[str, str] | None:
        """Another guessed domain with such an entry for the destination, or for one that covers it."""
        if domain.known:
            return None
        for around in reversed(self._networks.enclosing(block)):
            for other in self._domains[around]:
                if other != domain:
                    return "another folder", other.name
        return None

    def live(self, domain: Domain, block: int, entries: Iterable[int]) -> tuple[str, str] | None:
        """Such a live route, of a connection that no entry uses and that may end in this domain."""
        found = self._live.enclosing(block)
        if not found or not any(map(self._routes.creates, entries)):
            return None
        for around in reversed(found):
            rows = self._rows[around]
            connection = rows.get(None) or (rows.get(domain.name) if domain.known else None)
            if connection is not None:
                return "a live route", connection
        return None


_FINDERS: Mapping[str, Callable[[_Analysis], Iterator[Hit | Doubt]]] = {
    "weight-without-effect": _find_weight_without_effect,
    "backup-without-primary": _find_backup_without_primary,
    "several-primaries": _find_several_primaries,
    "mixed-group": _find_mixed_group,
    "primary-without-backup": _find_primary_without_backup,
    "backup-more-specific": _find_backup_more_specific,
    "route-kept-on-failure": _find_route_kept_on_failure,
    "shared-fate": _find_shared_fate,
}
