"""The forwarding table of a routing domain: which connections carry which addresses, now and after failures.

The members of a domain with one destination form a group. An address belongs to the innermost group that
contains it (longest-prefix match). Weights count unless the table is asked to ignore them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, groupby
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Reference

NO_WEIGHT = say("the weight of a route is unknown")
# The redundancies under which a backup waits for its primary to fail.
PAIRED = ("auto", "active-standby")


class Route(NamedTuple):
    """A member of a domain: an entry, or a live row."""

    member: int  # its number in the route set
    connection: str  # the name that messages use
    keeps: bool  # the connection keeps its routes when it fails
    kind: Hashable  # routes of one kind with different names are surely on different connections
    weight: int | None  # None: not known
    live: bool  # a live row: nothing is reported on it

    def surely_apart(self, other: Route) -> bool:
        """Whether the two are certainly on different connections, whatever the unknown values are."""
        return self.connection != other.connection and self.kind == other.kind


class Choice:
    """Some routes. It finds one that is on a different connection than a given route without looking at
    each."""

    __slots__ = ("_kinds", "names", "routes")

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self.names = frozenset([route.connection for route in routes])
        # Two connections of a kind are enough: at least one of them differs from any given one.
        self._kinds: dict[Hashable, dict[str, Route]] = {}
        for route in routes:
            alike = self._kinds.setdefault(route.kind, {})
            if len(alike) < 2:
                alike.setdefault(route.connection, route)

    def apart(self, route: Route) -> Route | None:
        """One that is surely on another connection than this route."""
        alike = self._kinds.get(route.kind, {})
        return next((other for name, other in alike.items() if name != route.connection), None)

    def maybe_apart(self, route: Route) -> bool:
        """Whether any of them is, or may be, on another connection than this route."""
        return len(self.names) > (route.connection in self.names)

    def differs(self, other: Choice) -> bool:
        """Whether one of these and one of the others, which are not empty, have different names."""
        return len(self.names | other.names) > 1

    @property
    def kind(self) -> Hashable:
        """The kind of all of them; None if they are of several kinds, so that some may be on one
        connection."""
        return next(iter(self._kinds)) if len(self._kinds) == 1 else None


class Carriage(NamedTuple):
    """Who carries the traffic of a group."""

    carriers: tuple[str, ...] | None  # sorted names; empty: nobody; None: not known
    blackhole: bool = False  # a failed connection still draws the traffic
    uncertain: str | None = None  # why the carriers are not known


class Group:
    """All routes to one destination, in reading order, live rows last."""

    __slots__ = ("_choices", "children", "keepers", "network", "parent", "routes", "unknown")

    def __init__(self, block: int, routes: Sequence[Route], parent: Group | None) -> None:
        self.network = block
        self.routes = routes
        self.parent = parent  # the nearest group around it
        self.children: list[Group] = []  # the groups directly inside it, by network
        self.unknown = None in [route.weight for route in routes]  # whether a weight is not known
        # The connections that keep their routes when they fail.
        self.keepers = frozenset([route.connection for route in routes if route.keeps])
        self._choices: dict[tuple[int | None, ...], Choice] = {}

    def choice(self, *weights: int | None) -> Choice:
        """Its routes that have one of these weights (None: not known); without weights, all."""
        found = self._choices.get(weights)
        if found is None:
            routes = [route for route in self.routes if not weights or route.weight in weights]
            found = self._choices[weights] = Choice(routes)
        return found

    @property
    def all(self) -> Choice:
        """All routes."""
        return self.choice()

    @property
    def primaries(self) -> Choice:
        """The routes that are surely primaries."""
        return self.choice(100)

    @property
    def backups(self) -> Choice:
        """The routes that are surely backups."""
        return self.choice(0)

    @property
    def last(self) -> Route | None:
        """The last entry in reading order; None if all routes are live rows."""
        return next((route for route in reversed(self.routes) if not route.live), None)

    @property
    def only_backups(self) -> bool:
        """Whether all routes are surely backups."""
        return all(route.weight == 0 for route in self.routes)

    @property
    def effective(self) -> list[int]:
        """The addresses for which this group is the longest match, as the fewest networks; may be empty."""
        return network.difference(self.network, [child.network for child in self.children])

    @property
    def covered(self) -> bool:
        """Whether the groups inside it leave no address for which it is the longest match."""
        sizes = (1 << 32 - network.length(child.network) for child in self.children)
        return sum(sizes) == 1 << 32 - network.length(self.network)

    @property
    def witness(self) -> int:
        """The first address for which this group is the longest match; if there is none, its first one."""
        address = network.first(self.network)
        for child in self.children:
            if network.first(child.network) > address:
                break
            address = network.last(child.network) + 1
        return address if address <= network.last(self.network) else network.first(self.network)

    def around(self) -> Iterator[Group]:
        """The group itself, and those around it, the nearest first."""
        group: Group | None = self
        while group is not None:
            yield group
            group = group.parent

    def wider(self) -> Iterator[Group]:
        """The groups around it, the nearest first: at most 32."""
        return self.parent.around() if self.parent is not None else iter(())

    def inside(self) -> Iterator[Group]:
        """The groups strictly inside it, by network."""
        for child in self.children:
            yield child
            yield from child.inside()


class MoreSpecific(NamedTuple):
    """A backup strictly inside a primary of another connection, in a group of backups only."""

    backup: Route
    group: Group
    outer: Group  # the nearest one with such a primary
    primary: Route


class Table:
    """The forwarding table of one routing domain. Networks are blocks as in vcolint.model.network."""

    def __init__(
        self, routes: RouteSet, domain: Domain, members: Sequence[int], names: Names, weights: bool
    ) -> None:
        self.domain = domain
        self.members = members  # in reading order, live rows last
        self.weighted = weights and domain.redundancy != "ecmp"
        self._routes = routes
        self._names = names

    @cached_property
    def groups(self) -> list[Group]:
        """All groups, sorted by network: a group comes directly before those inside it."""
        return self._grouped(self._runs)

    @cached_property
    def crowded(self) -> list[Group]:
        """The groups that hold several routes, lie in another group or hold one, sorted by network."""
        if self._routes.apart and not self._routes.live_rows:
            return []
        return self._grouped(run for run in self._runs if len(run) > 1)

    @cached_property
    def unsettled(self) -> list[Group]:
        """The same groups, without each pair of a primary and its backup on another connection that meets no
        other group. Most rules have nothing to say about such pairs, and large sets are full of them."""
        if self._routes.apart and not self._routes.live_rows:
            return []
        return self._grouped(run for run in self._runs if len(run) > 1 and not self._is_pair(run))

    def lone(self, weight: int) -> list[Group]:
        """The groups that consist of one entry of this weight and meet no other group. Few rules have
        anything to say about them, and most groups of a large set are of this kind."""
        routes = self._routes
        if weight not in routes.distinct("Weight"):
            return []
        runs = (run for run in self._runs if len(run) == 1 and run[0] < routes.size)
        return self._grouped(run for run in runs if routes.weight(run[0]) == weight)

    @cached_property
    def more_specific(self) -> list[MoreSpecific]:
        """The backups that carry their part of a primary's traffic all the time, by network; none if the
        domain has no failover by weights."""
        found = []
        for group in self.unsettled if self.domain.redundancy in PAIRED else ():
            for backup in group.routes if group.parent and group.only_backups and not group.covered else ():
                for outer in group.wider():
                    primary = outer.primaries.apart(backup)
                    if primary is not None:
                        found.append(MoreSpecific(backup, group, outer, primary))
                        break
        return found

    @cached_property
    def _runs(self) -> list[list[int]]:
        """The members by network, those with the same network in reading order, live rows last; a list for
        each network that lies in no other one, with what lies in it."""
        runs: list[list[int]] = []
        destination, outer = self._routes.destination, None
        for member in sorted(self.members, key=destination):
            block = destination(member)
            if outer is None or not network.contains(outer, block):
                outer = block
                runs.append([])
            runs[-1].append(member)
        return runs

    def _is_pair(self, run: list[int]) -> bool:
        """Whether these routes are a primary and its backup on another connection, and both are entries."""
        if len(run) != 2 or max(run) >= self._routes.size:
            return False
        routes, (one, other) = self._routes, run
        connections = routes.connections[one], routes.connections[other]
        return (
            routes.destinations[one] == routes.destinations[other]
            and connections[0] != connections[1]
            and all(isinstance(connection, str) for connection in connections)
            and {routes.weight(one), routes.weight(other)} == {0, 100}
        )

    def _grouped(self, runs: Iterable[list[int]]) -> list[Group]:
        """The groups of some runs."""
        routes, groups = self._routes, []
        parent: Group | None = None
        for block, members in groupby(chain.from_iterable(runs), routes.destination):
            while parent is not None and not network.contains(parent.network, block):
                parent = parent.parent
            same = [
                Route(one, *self._names.of(one), routes.weight(one), one >= routes.size) for one in members
            ]
            group = Group(block, same, parent)
            if parent is not None:
                parent.children.append(group)
            groups.append(group)
            parent = group
        return groups

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
        """The connections that share a group's traffic, including failed ones, and which of them keep their
        routes; None if weights are not known."""
        for holder in group.around() if group is not None else ():
            if self.weighted and holder.unknown:
                return None, frozenset()
            # A failed connection that keeps its routes still draws traffic.
            withdrawn = [one for one in down if one not in holder.keepers]
            for choice in (holder.primaries, holder.all) if self.weighted else (holder.all,):
                if not choice.names.issubset(withdrawn):
                    return choice.names, holder.keepers
        return frozenset(), frozenset()

    def failures(self, group: Group | None, down: Collection[str] = ()) -> list[tuple[str, Carriage]]:
        """For each connection that carries a group's traffic: who carries it if that connection fails too."""
        chosen, keepers = self._chosen(group, down)
        carriers = self.carriage(group, down).carriers or ()
        if chosen is None or len(carriers) < 2:
            return [(one, self.carriage(group, {*down, one})) for one in carriers]
        lost = self._lost(chosen, keepers, down)
        return [  # the others go on
            (one, Carriage(carriers[:at] + carriers[at + 1 :], lost or one in keepers))
            for at, one in enumerate(carriers)
        ]

    def survives(self, group: Group | None, down: Collection[str] = ()) -> bool | None:
        """Whether a group's traffic survives the failure of any single connection; None: not known."""
        chosen, keepers = self._chosen(group, down)
        if chosen is None:
            return None
        carriers = chosen.difference(down)
        if len(carriers) > 1:  # the others take over, if it withdraws its routes
            return keepers.isdisjoint(carriers) and not self._lost(chosen, keepers, down)
        later = [carriage for _, carriage in self.failures(group, down)]
        if any(one.carriers is None for one in later):
            return None
        fine = bool(later) and all(one.carriers and not one.blackhole for one in later)
        return fine and not self._lost(chosen, keepers, down)

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

    def parts(self, block: int) -> list[tuple[int, Group | None]]:
        """A network as the fewest blocks that each belong to one group, or to none; by address."""
        start = bisect_right(self._networks, block)
        end = bisect_right(self._networks, network.last(block) << 8 | 255, start)
        inside, around = self.groups[start:end], self.innermost(block)
        rest = network.difference(block, [group.network for group in inside])
        found: list[tuple[int, Group | None]] = [(part, around) for part in rest]
        found += ((part, group) for group in inside for part in group.effective)
        return sorted(found, key=lambda item: item[0])


def tables(routes: RouteSet, who: Sequence[int] | None = None, *, weights: bool = True) -> list[Table]:
    """The forwarding table of each routing domain of a set. With `who`, only these entries and the live rows
    are in the tables. The result is cached."""
    chosen = None if who is None or len(who) == routes.size else frozenset(who)

    def make() -> list[Table]:
        names, made = Names(routes), []
        for domain, members in routes.members():
            if chosen is not None:
                members = [one for one in members if one in chosen or one >= routes.size]
            made.append(Table(routes, domain, members, names, weights))
        return made

    return routes.once(("forwarding", weights, chosen), make)


class Names:
    """The names of connections. Two connections that may not be the same one have different names."""

    def __init__(self, routes: RouteSet) -> None:
        self._routes = routes
        self._told: dict[Connection | int, tuple[str, bool, Hashable]] = {}
        self._numbers: dict[str, int] = {}  # how many connections have that name

    def of(self, member: int) -> tuple[str, bool, Hashable]:
        """The name of a member's connection, whether it keeps its routes, and its kind (see Route)."""
        connection = self._routes.connection(member)
        key = member if connection is None else connection  # an unknown one may be any
        told = self._told.get(key)
        if told is None:
            told = self._told[key] = self._tell(member, connection)
        return told

    def _tell(self, member: int, connection: Connection | None) -> tuple[str, bool, Hashable]:
        routes = self._routes
        if connection is None:
            place = routes.location(member, "VpnConnectionId")
            name = self._free(say("unknown connection ({file}:{line})", file=place.file, line=place.line))
            return name, False, name
        name = routes.connection_name(connection)
        if isinstance(connection, Reference) and name in self._numbers:
            name = f"{name} in {connection.scope}"
        return self._free(name), routes.keeps_routes(connection), routes.kind_of(connection)

    def _free(self, name: str) -> str:
        """The name, with a number if another connection has the same name."""
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        return name if number == 1 else f"{name} {number}"
