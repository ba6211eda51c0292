"""The forwarding table of a routing domain: which connections carry which addresses, now and after failures.

The members of a domain with one destination form a group. An address belongs to the innermost group that
contains it (longest-prefix match). Weights are taken at their word unless the table is asked to ignore them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from vcolint.model import network
from vcolint.model.route_set import Domain, RouteSet
from vcolint.text.value import SENSITIVE

NO_WEIGHT = "the weight of a route is not known"


class Route(NamedTuple):
    """A member of a domain: an entry, or a live row."""

    member: int  # its number in the route set
    connection: str  # the name that messages use
    weight: int | None  # None: not known
    keeps: bool  # the connection keeps its routes when it fails


class Carriage(NamedTuple):
    """Who carries the traffic of a group."""

    carriers: tuple[str, ...] | None  # sorted names; empty: nobody; None: not known
    blackhole: bool = False  # a failed connection still draws the traffic
    uncertain: str | None = None  # why the carriers are not known


class Group:
    """All routes to one destination, in reading order, live rows last."""

    __slots__ = ("all", "children", "keepers", "network", "parent", "primaries", "routes", "unknown")

    def __init__(self, block: int, routes: Sequence[Route], parent: Group | None) -> None:
        self.network = block
        self.routes = routes
        self.parent = parent  # the nearest group around it
        self.children: list[Group] = []  # the groups directly inside it, by network
        self.all = frozenset(route.connection for route in routes)
        self.primaries = frozenset(route.connection for route in routes if route.weight == 100)
        self.keepers = frozenset(route.connection for route in routes if route.keeps)
        self.unknown = any(route.weight is None for route in routes)

    @property
    def effective(self) -> list[int]:
        """The fewest networks for whose addresses this group is the longest match; may be empty."""
        return network.difference(self.network, [child.network for child in self.children])

    def around(self) -> Iterator[Group]:
        """The group itself, and those around it, the nearest first."""
        group: Group | None = self
        while group is not None:
            yield group
            group = group.parent


class Table:
    """The forwarding table of one routing domain. Networks are blocks as in vcolint.model.network."""

    def __init__(self, domain: Domain, groups: Sequence[Group], *, weights: bool = True) -> None:
        self.domain = domain
        self.groups = groups  # sorted by network: a group stands directly before what lies in it
        self.weighted = weights and domain.redundancy != "ecmp"

    @cached_property
    def connections(self) -> frozenset[str]:
        """The names of all connections that have a route here."""
        return frozenset(route.connection for group in self.groups for route in group.routes)

    @cached_property
    def _networks(self) -> list[int]:
        return [group.network for group in self.groups]

    def carriage(self, group: Group | None, down: Collection[str] = ()) -> Carriage:
        """Who carries a group's traffic while the connections in `down` have failed."""
        chosen, keepers = self._chosen(group, down)
        if chosen is None:
            return Carriage(None, uncertain=NO_WEIGHT)
        carriers = tuple(sorted(chosen.difference(down)))
        return Carriage(carriers, self._lost(chosen, keepers, down))

    def _chosen(
        self, group: Group | None, down: Collection[str]
    ) -> tuple[frozenset[str] | None, frozenset[str]]:
        """The connections among which a group's traffic is shared, failed ones included, and those of them
        that keep their routes; None where weights are not known."""
        for holder in group.around() if group is not None else ():
            if self.weighted and holder.unknown:
                return None, frozenset()
            for names in (holder.primaries, holder.all) if self.weighted else (holder.all,):
                # A failed connection that keeps its routes still draws traffic.
                withdrawn = sum(one in names and one not in holder.keepers for one in down)
                if len(names) > withdrawn:
                    return names, holder.keepers
        return frozenset(), frozenset()

    def failures(self, group: Group | None, down: Collection[str] = ()) -> list[tuple[str, Carriage]]:
        """For each connection that carries a group's traffic: who carries it when that one fails too."""
        carriers = self.carriage(group, down).carriers or ()
        return [(one, self.carriage(group, {*down, one})) for one in carriers]

    def survives(self, group: Group | None, down: Collection[str] = ()) -> bool | None:
        """Whether a group's traffic survives the failure of any one connection; None: not known."""
        chosen, keepers = self._chosen(group, down)
        if chosen is None:
            return None
        carriers = chosen.difference(down)
        if len(carriers) > 1:  # the others take over, if it withdraws its routes
            return all(one not in keepers for one in carriers) and not self._lost(chosen, keepers, down)
        for one in carriers:
            failed = {*down, one}
            later, kept = self._chosen(group, failed)
            if later is None:
                return None
            fine = not later.issubset(failed) and not self._lost(later, kept, failed)
            return fine and not self._lost(chosen, keepers, down)
        return False

    @staticmethod
    def _lost(chosen: frozenset[str], keepers: frozenset[str], down: Collection[str]) -> bool:
        """Whether a failed connection still draws traffic."""
        return any(one in chosen and one in keepers for one in down)

    def innermost(self, block: int) -> Group | None:
        """The innermost group that contains a network."""
        at = bisect_right(self._networks, block) - 1
        group = self.groups[at] if at >= 0 else None
        while group is not None and not network.contains(group.network, block):
            group = group.parent
        return group

    def parts(self, block: int) -> Iterator[tuple[int, Group | None]]:
        """A network in the fewest blocks that each belong to one group, or to none; by address."""
        found: list[tuple[int, Group | None]] = []
        around = self.innermost(block)
        if around is not None and around.network == block:
            holes = around.children
            inside = [around, *self._inside(block)]
        else:
            inside = self._inside(block)
            holes = [group for group in inside if group.parent is around]
        rest = network.difference(block, [group.network for group in holes])
        found += ((part, around) for part in rest)
        found += ((part, group) for group in inside if group is not around for part in group.effective)
        yield from sorted(found, key=lambda item: item[0])

    def _inside(self, block: int) -> list[Group]:
        """The groups strictly inside a network."""
        start = bisect_right(self._networks, block)
        end = bisect_right(self._networks, network.last(block) << 8 | 255, start)
        return list(self.groups[start:end])


def tables(routes: RouteSet, *, weights: bool = True) -> list[Table]:
    """The forwarding table of each routing domain of a set. Worked out once."""

    def make() -> list[Table]:
        names = _Names(routes)
        return [
            Table(domain, _groups(routes, members, names), weights=weights)
            for domain, members in routes.members()
        ]

    return routes.once(("forwarding", weights), make)


class _Names:
    """The names of connections. Two that may not be the same one have different names."""

    def __init__(self, routes: RouteSet) -> None:
        self._routes = routes
        self._found: dict[object, tuple[str, bool]] = {}
        self._secrets = 0

    def of(self, member: int) -> tuple[str, bool]:
        """The name of a member's connection, and whether that keeps its routes."""
        connection = self._routes.connection(member)
        if connection is None:
            place = self._routes.location(member, "VpnConnectionId")
            return f"unknown connection ({place.file}:{place.line})", False
        if connection not in self._found:
            name = self._routes.connection_name(connection)
            if name == SENSITIVE:
                self._secrets += 1
                name = f"{SENSITIVE} {self._secrets}"
            self._found[connection] = name, self._routes.keeps_routes(connection)
        return self._found[connection]


def _groups(routes: RouteSet, members: Sequence[int], names: _Names) -> list[Group]:
    by_network: dict[int, list[Route]] = {}
    for member in members:
        block = routes.destination(member)
        assert block is not None  # members have a usable destination
        name, keeps = names.of(member)
        by_network.setdefault(block, []).append(Route(member, name, routes.weight(member), keeps))
    groups: list[Group] = []
    parent: Group | None = None
    for block in sorted(by_network):
        while parent is not None and not network.contains(parent.network, block):
            parent = parent.parent
        group = Group(block, by_network[block], parent)
        if parent is not None:
            parent.children.append(group)
        groups.append(group)
        parent = group
    return groups
