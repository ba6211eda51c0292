"""The forwarding table of a routing domain: which connections carry which addresses, now and after failures.

The members of a domain with one destination form a group. An address belongs to the innermost group that
contains it (longest-prefix match). Weights count unless the table is asked to ignore them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, compress, groupby, pairwise
from operator import gt
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet, Sorted
from vcolint.text.value import Reference

NO_WEIGHT = say("the weight of a route is unknown")
# The redundancies under which a backup waits for its primary to fail.
PAIRED = ("auto", "active-standby")


# The name of a member's connection, whether it keeps its routes, and its kind (see Route).
_Names = Callable[[int], tuple[str, bool, str | None]]


class Route(NamedTuple):
    """A member of a domain: an entry, or a live row."""

    member: int  # its number in the route set
    connection: str  # the name that messages use
    keeps: bool  # the connection keeps its routes when it fails
    # How its connection is known: by its "id", or as "made" by a resource; None: not known. Two different
    # names of one kind are surely two connections.
    kind: str | None
    weight: int | None  # None: not known
    live: bool  # a live row: nothing is reported on it


@lru_cache(1_000)
def _distinct(values: tuple[Any, ...]) -> frozenset[Any]:
    """The distinct values. Most groups have the same few connections and weights, and so share the result."""
    return frozenset(values)


class Choice:
    """Some routes. `apart` finds one on another connection without looking at each of them."""

    __slots__ = ("_two", "kind", "names", "routes")

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self.names = _distinct(tuple([route.connection for route in routes]))
        kinds = {route.kind for route in routes}
        # The kind of all of them. None: some may be on one connection although their names differ.
        self.kind = kinds.pop() if len(kinds) == 1 else None
        self._two: dict[str | None, dict[str, Route]] | None = None  # by kind and connection

    def apart(self, route: Route) -> Route | None:
        """A route of this choice that is surely on another connection than `route`."""
        if self._two is None:
            self._two = {}
            # Two connections of a kind are enough: at least one of them differs from any given one.
            for one in self.routes:
                alike = self._two.setdefault(one.kind, {})
                if len(alike) < 2:
                    alike.setdefault(one.connection, one)
        others = self._two.get(route.kind, {}).items() if route.kind is not None else ()
        return next((one for name, one in others if name != route.connection), None)

    def differs(self, other: Choice) -> bool:
        """Whether a route here and one in `other` have connections of different names. Neither is empty."""
        return len(self.names) > 1 or self.names != other.names


_NOTHING = Choice(())


class Carriage(NamedTuple):
    """Who carries the traffic of a group."""

    carriers: tuple[str, ...] | None  # sorted names; empty: nobody; None: not known
    blackhole: bool = False  # a failed connection still draws the traffic
    uncertain: str | None = None  # why the carriers are not known


class Group:
    """All routes to one destination, in reading order, live rows last."""

    __slots__ = ("_choices", "all", "children", "network", "parent", "routes", "weights")

    def __init__(self, block: int, routes: Sequence[Route], parent: Group | None) -> None:
        self.network = block
        self.routes = routes
        self.parent = parent  # the nearest group around it
        self.children: list[Group] = []  # the groups directly inside it, by network
        self.weights = _distinct(tuple([route.weight for route in routes]))
        self.all = Choice(routes)
        self._choices: dict[tuple[int | None, ...], Choice] = {}

    def choice(self, *weights: int | None) -> Choice:
        """Its routes that have one of these weights (None: not known)."""
        if self.weights.isdisjoint(weights):
            return _NOTHING
        if len(self.weights) == 1:
            return self.all
        if weights not in self._choices:
            self._choices[weights] = Choice([route for route in self.routes if route.weight in weights])
        return self._choices[weights]

    @property
    def unknown(self) -> bool:
        return None in self.weights

    @property
    def has_primary(self) -> bool:
        return 100 in self.weights

    @property
    def primaries(self) -> Choice:
        """The routes that are surely primaries."""
        return self.choice(100)

    @property
    def backups(self) -> Choice:
        """The routes that are surely backups."""
        return self.choice(0)

    @property
    def only_backups(self) -> bool:
        return self.weights == {0}

    @property
    def last(self) -> Route | None:
        """The last entry in reading order; None if all routes are live rows."""
        return next((route for route in reversed(self.routes) if not route.live), None)

    @property
    def effective(self) -> list[int]:
        """The addresses for which this group is the longest match, as the fewest networks; may be empty."""
        if not self.children:
            return [self.network]
        return network.difference(self.network, [child.network for child in self.children])

    @property
    def covered(self) -> bool:
        """Whether the groups inside it leave no address for which it is the longest match."""
        sizes = (network.size(child.network) for child in self.children)
        return bool(self.children) and sum(sizes) == network.size(self.network)

    @property
    def witness(self) -> int:
        """The first address for which this group is the longest match; if there is none, its first one."""
        block = next(iter(self.effective), self.network) if self.children else self.network
        return network.first(block)

    def around(self) -> Iterator[Group]:
        """The group itself, and those around it, the nearest first: at most 33."""
        group: Group | None = self
        while group is not None:
            yield group
            group = group.parent

    def wider(self) -> Iterator[Group]:
        """The groups around it, the nearest first."""
        return self.parent.around() if self.parent is not None else iter(())


class MoreSpecific(NamedTuple):
    """A backup strictly inside a primary of another connection, in a group of backups only."""

    backup: Route
    group: Group
    outer: Group  # the nearest one with such a primary
    primary: Route


class Table:
    """The forwarding table of one routing domain. Networks are blocks as in vcolint.model.network."""

    def __init__(
        self, routes: RouteSet, domain: Domain, members: Sorted, names: _Names, weights: bool
    ) -> None:
        self.domain = domain
        self.members, self._destinations = members
        self.weighted = weights and domain.redundancy != "ecmp"
        self._routes = routes
        self._names = names

    @cached_property
    def groups(self) -> list[Group]:
        """All groups, sorted by network: a group comes directly before those inside it."""
        return self._grouped(self.members)

    @cached_property
    def notable(self) -> list[Group]:
        """The groups that most rules may have something to say about. A group is left out if it overlaps no
        other one and is a primary with its backup on another connection, or a single primary in a domain that
        needs no backups. Large sets consist mostly of such groups."""
        members, blocks = self.members, self._destinations
        needs_backup = self.domain.redundancy == "active-standby"
        weights, connections = self._routes.weights, self._routes.member_connections
        # The greatest end of the networks before each one.
        reach = accumulate(map(network.end, blocks), max, initial=-1)
        starts = compress(range(len(blocks)), map(gt, blocks, reach))  # of the networks that lie in no other
        found: list[int] = []
        for start, stop in pairwise((*starts, len(blocks))):
            is_usual = False
            if stop - start == 1:
                is_usual = weights[members[start]] == 100 and not needs_backup
            elif stop - start == 2 and blocks[start] == blocks[start + 1]:
                one, other = members[start:stop]
                here, there = connections[one], connections[other]
                is_usual = (
                    {weights[one], weights[other]} == {0, 100}
                    and isinstance(here, str)
                    and isinstance(there, str)
                    and here != there
                )
            if not is_usual:
                found += members[start:stop]
        return self._grouped(found) if len(found) < len(members) else self.groups

    @cached_property
    def more_specific(self) -> list[MoreSpecific]:
        """The backups that carry their part of a primary's traffic all the time, by network; none if the
        domain has no failover by weights."""
        found = []
        for group in self.notable if self.domain.redundancy in PAIRED else ():
            for backup in group.routes if group.parent and group.only_backups and not group.covered else ():
                for outer in group.wider():
                    primary = outer.primaries.apart(backup)
                    if primary is not None:
                        found.append(MoreSpecific(backup, group, outer, primary))
                        break
        return found

    def _grouped(self, members: Iterable[int]) -> list[Group]:
        """The groups of some members. The members are sorted by network."""
        networks: Sequence[int] = self._routes.member_networks  # type: ignore[assignment]
        weights, size, told = self._routes.weights, self._routes.size, self._names
        found: list[Group] = []
        parent: Group | None = None
        for block, same in groupby(members, networks.__getitem__):
            while parent is not None and not network.contains(parent.network, block):
                parent = parent.parent
            group = Group(block, [Route(one, *told(one), weights[one], one >= size) for one in same], parent)
            if parent is not None:
                parent.children.append(group)
            found.append(group)
            parent = group
        return found

    @cached_property
    def connections(self) -> frozenset[str]:
        """The names of all connections that have a route here."""
        return frozenset(route.connection for group in self.groups for route in group.routes)

    @cached_property
    def _networks(self) -> list[int]:
        return [group.network for group in self.groups]

    @cached_property
    def keepers(self) -> frozenset[str]:
        """The names of the connections here that keep their routes when they fail."""
        routes = (route for group in self.groups for route in group.routes)
        return frozenset(route.connection for route in routes if route.keeps)

    def carriage(self, group: Group | None, down: Collection[str] = ()) -> Carriage:
        """Who carries a group's traffic while the connections in `down` have failed."""
        # A failed connection that keeps its routes still draws traffic.
        withdrawn = set(down) - self.keepers if down else ()
        for holder in group.around() if group is not None else ():
            if self.weighted and holder.unknown:
                return Carriage(None, uncertain=NO_WEIGHT)
            for choice in (holder.primaries, holder.all) if self.weighted else (holder.all,):
                drawing = choice.names.difference(withdrawn)
                if drawing:
                    return Carriage(tuple(sorted(drawing.difference(down))), not drawing.isdisjoint(down))
        return Carriage(())

    def failures(
        self, group: Group | None, down: Collection[str] = (), now: Carriage | None = None
    ) -> list[tuple[str, Carriage]]:
        """For each connection that carries a group's traffic: who carries it if that connection fails too.
        `now`: who carries it, if that is known already."""
        now = now or self.carriage(group, down)
        return [(one, self.carriage(group, {*down, one})) for one in now.carriers or ()]

    def survives(
        self, group: Group | None, down: Collection[str] = (), now: Carriage | None = None
    ) -> bool | None:
        """Whether a group's traffic survives the failure of any single connection; None: not known. `now` is
        as for `failures`."""
        now = now or self.carriage(group, down)
        if not now.carriers or now.blackhole:
            return None if now.carriers is None else False
        if len(now.carriers) > 1:  # the others take over from one that withdraws its routes
            return self.keepers.isdisjoint(now.carriers)
        ((_, later),) = self.failures(group, down, now)
        return None if later.carriers is None else bool(later.carriers) and not later.blackhole

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
        stop = bisect_right(self._networks, network.end(block), start)
        inside, around = self.groups[start:stop], self.innermost(block)
        rest = network.difference(block, [group.network for group in inside])
        found: list[tuple[int, Group | None]] = [(part, around) for part in rest]
        found += ((part, group) for group in inside for part in group.effective)
        return sorted(found, key=lambda item: item[0])


def tables(routes: RouteSet, who: Sequence[int] | None = None, *, weights: bool = True) -> list[Table]:
    """The forwarding table of each routing domain of a set. With `who`, only these entries and the live rows
    are in the tables. The result is cached."""
    chosen = None if who is None or len(who) == routes.size else frozenset(who)

    def make() -> list[Table]:
        names = _naming(routes)
        return [Table(routes, domain, members, names, weights) for domain, members in routes.members(chosen)]

    return routes.once(("forwarding", weights, chosen), make)


def _naming(routes: RouteSet) -> _Names:
    """The names of connections. Two connections that may not be the same one have different names."""
    told: dict[Connection | int, tuple[str, bool, str | None]] = {}
    count: Counter[str] = Counter()  # how many connections have each name

    def of(member: int) -> tuple[str, bool, str | None]:
        connection = routes.member_connections[member]
        key = member if connection is None else connection  # an unknown connection may be any one
        if key not in told:
            name = routes.connection_name(connection)
            if connection is None:
                place = routes.location(member, "VpnConnectionId")
                name = say("unknown connection ({file}:{line})", file=place.file, line=place.line)
            elif isinstance(connection, Reference) and name in count:
                name = f"{name} in {connection.scope}"
            count[name] += 1
            keeps = not routes.keeping.isdisjoint((connection, *routes.names_of(connection)))
            kind = "id" if isinstance(connection, str) else "made" if connection in routes.created else None
            told[key] = name if count[name] == 1 else f"{name} {count[name]}", keeps, kind
        return told[key]

    return of
