"""The members of each routing domain by destination, and which destination lies in which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from vcolint.model import network
from vcolint.model.reading import Connection
from vcolint.model.route_set import Clusters, Domain, RouteSet

# Up to two of the connections of some members: enough to say whether any is another than a given one.
Some = tuple["Connection | None", ...]


class Group:
    """All members with one destination, and its place among the other destinations of the domain."""

    __slots__ = (
        "at",
        "backups",
        "connections",
        "distinct",
        "end",
        "last",
        "members",
        "network",
        "outer",
        "primaries",
        "unweighted",
    )

    def __init__(
        self, routes: RouteSet, members: Sequence[int], block: int, at: int, outer: Group | None
    ) -> None:
        self.network = block
        self.members = members  # entries in reading order, then live rows
        self.at = at  # its number in the nest
        self.end = at + 1  # behind the last one that lies in it
        self.outer = outer  # the nearest destination around it
        self.last = max((member for member in members if member < routes.size), default=None)  # entry
        self.primaries: list[int] = []
        self.backups: list[int] = []
        self.unweighted: list[int] = []  # weight not known
        for member in members:
            weight = routes.weight(member)
            by_weight = (
                self.unweighted if weight is None else self.primaries if weight == 100 else self.backups
            )
            by_weight.append(member)
        self.connections = frozenset(map(routes.connection, members))
        self.distinct = routes.certainly_distinct(self.connections)

    def around(self) -> Iterator[Group]:
        """The destinations in which it lies, the nearest first."""
        group = self.outer
        while group is not None:
            yield group
            group = group.outer


class Nest(NamedTuple):
    """The members of one routing domain. Pairs of which no rule has anything to say are left out."""

    domain: Domain
    alone: Sequence[int]  # members whose destination no other member shares, covers or lies in
    groups: list[Group]  # all others, sorted by network: a group stands directly before what lies in it


def nests(routes: RouteSet, who: Sequence[int]) -> list[Nest]:
    """Each routing domain, with those of its members that are in `who`, and live rows. Worked out once."""
    chosen = chosen_of(routes, who)

    def make() -> list[Nest]:
        clusters = routes.clusters()
        if chosen is not None:
            clusters = [_only(chosen, routes.size, one) for one in clusters]
        return [Nest(one.domain, one.alone, _groups(routes, _told(routes, one))) for one in clusters]

    return routes.once(("nests", chosen), make)


def chosen_of(routes: RouteSet, who: Sequence[int]) -> frozenset[int] | None:
    """The entries to look at, as a key; None for all of them."""
    return None if len(who) == routes.size else frozenset(who)


def _only(chosen: frozenset[int], size: int, clusters: Clusters) -> Clusters:
    def kept(members: Sequence[int]) -> list[int]:
        return [member for member in members if member in chosen or member >= size]

    knotted = [kept(members) for members in (*clusters.pairs, *clusters.clusters)]
    return Clusters(clusters.domain, kept(clusters.alone), [], knotted)


def _told(routes: RouteSet, clusters: Clusters) -> Iterable[Sequence[int]]:
    """The clusters of which a rule may have something to say. About a primary with its backup there is
    nothing to say, except that they share a gateway, that the primary's connection keeps its routes, or that
    the domain's redundancy is another."""
    redundancy = clusters.domain.redundancy
    settled = redundancy != "ecmp" and not (clusters.domain.known and redundancy == "auto")
    if settled and not gateways_told(routes) and not keeping_told(routes):
        return clusters.clusters
    return (*clusters.pairs, *clusters.clusters)


def gateways_told(routes: RouteSet) -> bool:
    """Whether anybody tells on which customer gateway any connection ends."""
    told = any(reading.topology.gateways_of for reading in routes.readings)
    return told or bool(routes.config.facts.customer_gateways_of)


def keeping_told(routes: RouteSet) -> bool:
    """Whether anybody tells of a connection that keeps its routes when its health check fails."""
    told = any(reading.topology.keeps_routes for reading in routes.readings)
    return told or bool(routes.config.facts.keeps_routes)


def _groups(routes: RouteSet, clusters: Iterable[Sequence[int]]) -> list[Group]:
    groups: list[Group] = []
    for cluster in clusters:
        outer: Group | None = None
        blocks: list[int] = [routes.destination(member) for member in cluster]  # type: ignore[misc]
        start = 0
        while start < len(cluster):
            block, end = blocks[start], start + 1
            while end < len(cluster) and blocks[end] == block:
                end += 1
            outer = _left(outer, block, len(groups))
            group = Group(routes, cluster[start:end], block, len(groups), outer)
            groups.append(group)
            outer, start = group, end
        _left(outer, None, len(groups))
    return groups


def _left(group: Group | None, block: int | None, at: int) -> Group | None:
    """The nearest of `group` and those around it that holds `block`; the others end before number `at`."""
    while group is not None and (block is None or not network.contains(group.network, block)):
        group.end = at
        group = group.outer
    return group


def some(connections: Iterable[Connection | None]) -> Some:
    """Two of the connections, if there are two."""
    found: list[Connection | None] = []
    for connection in connections:
        if connection not in found:
            found.append(connection)
            if len(found) == 2:
                break
    return tuple(found)


def may_differ(connection: Connection | None, others: Some) -> bool:
    """Whether any of the others may be another connection than this one."""
    return any(connection is None or other is None or other != connection for other in others)


def free_address(groups: Sequence[Group], group: Group) -> int:
    """An address for which the group's is the longest prefix; the first of all where there is none."""
    address = network.first(group.network)
    for inner in groups[group.at + 1 : group.end]:
        if network.first(inner.network) > address:
            break
        address = max(address, network.last(inner.network) + 1)
    return address if address <= network.last(group.network) else network.first(group.network)
