"""The forwarding table of a routing domain: which connections carry which addresses, now and after failures.

The members of a domain with one destination form a group. An address belongs to the innermost group that
contains it (longest-prefix match). Weights are taken at their word unless the table is asked to ignore them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
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


class Route(NamedTuple):
    """A member of a domain: an entry, or a live row."""

    member: int  # its number in the route set
    connection: str  # the name that messages use
    keeps: bool  # the connection keeps its routes when it fails
    kind: Hashable  # routes of one kind with different names are surely on different connections
    weight: int | None  # None: not known
    live: bool  # a live row: nothing is reported on it

    def surely_apart(self, other: Route) -> bool:
        """Whether the two are on different connections, whatever is not known yet."""
        return self.connection != other.connection and self.kind == other.kind


class Choice:
    """Some routes. One on another connection than a given route is found without looking at each."""

    __slots__ = ("_kinds", "names")

    def __init__(self, routes: Iterable[Route]) -> None:
        names = set()
        # Two connections of a kind are enough: one of them is another than any given one.
        self._kinds: dict[Hashable, dict[str, Route]] = {}
        for route in routes:
            names.add(route.connection)
            alike = self._kinds.setdefault(route.kind, {})
            if len(alike) < 2:
                alike.setdefault(route.connection, route)
        self.names = frozenset(names)

    def apart(self, route: Route) -> Route | None:
        """One that is surely on another connection than this route."""
        alike = self._kinds.get(route.kind, {})
        return next((other for name, other in alike.items() if name != route.connection), None)

    def maybe_apart(self, route: Route) -> bool:
        """Whether any of them is, or may be, on another connection than this route."""
        return len(self.names) > (route.connection in self.names)

    def differs(self, other: Choice) -> bool:
        """Whether one of these and one of the others, which are not empty, have different names."""
        return len(self.names) > 1 or len(other.names) > 1 or self.names != other.names

    @property
    def kind(self) -> Hashable:
        """The kind of all of them; None where they are of several, so that some may be on one connection."""
        return next(iter(self._kinds)) if len(self._kinds) == 1 else None


class Carriage(NamedTuple):
    """Who carries the traffic of a group."""

    carriers: tuple[str, ...] | None  # sorted names; empty: nobody; None: not known
    blackhole: bool = False  # a failed connection still draws the traffic
    uncertain: str | None = None  # why the carriers are not known


class Group:
    """All routes to one destination, in reading order, live rows last."""

    __slots__ = ("_choices", "backups", "children", "network", "parent", "primaries", "routes", "unknown")

    def __init__(self, block: int, routes: Sequence[Route], parent: Group | None) -> None:
        self.network = block
        self.routes = routes
        self.parent = parent  # the nearest group around it
        self.children: list[Group] = []  # the groups directly inside it, by network
        self.primaries = tuple([route for route in routes if route.weight == 100])
        self.backups = tuple([route for route in routes if route.weight == 0])
        self.unknown = tuple([route for route in routes if route.weight is None])  # primaries or backups
        self._choices: dict[str, Choice] | None = None

    @property
    def all(self) -> Choice:
        """All routes."""
        return self._choice("all", self.routes)

    @property
    def primary(self) -> Choice:
        """The primaries."""
        return self._choice("primary", self.primaries)

    @property
    def backup(self) -> Choice:
        """The backups."""
        return self._choice("backup", self.backups)

    @property
    def maybe_primary(self) -> Choice:
        """The routes that are, or may be, primaries."""
        return self._choice("maybe primary", (*self.primaries, *self.unknown))

    @property
    def maybe_backup(self) -> Choice:
        """The routes that are, or may be, backups."""
        return self._choice("maybe backup", (*self.backups, *self.unknown))

    @property
    def keeping(self) -> Choice:
        """The routes that stay when their connection fails."""
        return self._choice("keeping", [route for route in self.routes if route.keeps])

    def _choice(self, name: str, routes: Iterable[Route]) -> Choice:
        if self._choices is None:
            self._choices = {}
        if name not in self._choices:
            self._choices[name] = Choice(routes)
        return self._choices[name]

    @property
    def last(self) -> Route | None:
        """The last entry in reading order; None where all routes are live rows."""
        return next((route for route in reversed(self.routes) if not route.live), None)

    @property
    def only_backups(self) -> bool:
        """Whether all routes are surely backups."""
        return len(self.backups) == len(self.routes)

    @property
    def effective(self) -> list[int]:
        """The fewest networks for whose addresses this group is the longest match; may be empty."""
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
        """All groups, sorted by network: a group stands directly before what lies in it."""
        return self._grouped(self._sorted)

    @cached_property
    def crowded(self) -> list[Group]:
        """The groups that hold several routes, lie in another group or hold one, sorted by network."""
        return self._grouped(chain.from_iterable(self._sorted[start:end] for start, end in self._runs))

    @cached_property
    def unsettled(self) -> list[Group]:
        """The same without groups of a primary and its backup on another connection that meet no other group.
        Most rules have nothing to say of such pairs, and large sets are full of them."""
        routes = self._routes
        ids, weights = routes.connections, routes.column("Weight")
        plain = routes.kinds("VpnConnectionId") == {str} and routes.kinds("Weight") == {int}
        if not plain or not {0, 100}.issuperset(routes.distinct("Weight")) or routes.live_rows:
            return self.crowded
        found: list[int] = []
        for start, end in self._runs:
            first, second = self._sorted[start : start + 2]
            if (
                end - start > 2
                or weights[first] == weights[second]
                or ids[first] == ids[second]
                or routes.destinations[first] != routes.destinations[second]
            ):
                found += self._sorted[start:end]
        return self._grouped(found)

    def lone(self, weight: int) -> list[Group]:
        """The groups of one entry of this weight that nothing else meets. Few rules have anything to say of
        them, and they are most of a large set."""
        if weight not in self._routes.distinct("Weight"):
            return []
        column, size = self._routes.column("Weight"), self._routes.size
        alone: Iterable[int] = self.members
        if self._runs:
            starts = [0, *(end for _, end in self._runs)]
            ends = [*(start for start, _ in self._runs), len(self._sorted)]
            alone = chain.from_iterable(map(self._sorted.__getitem__, map(slice, starts, ends)))
        alike = [member for member in alone if member < size and column[member] == weight]
        return self._grouped(alike)

    @cached_property
    def more_specific(self) -> list[MoreSpecific]:
        """The backups that carry their part of a primary's traffic all the time, by network."""
        found = []
        for group in self.unsettled:
            for backup in group.backups if group.parent is not None and group.only_backups else ():
                for outer in group.wider():
                    primary = outer.primary.apart(backup) if outer.primaries else None
                    if primary is not None:
                        found.append(MoreSpecific(backup, group, outer, primary))
                        break
        return found

    @cached_property
    def _sorted(self) -> list[int]:
        """The members by network; with the same network in reading order, live rows last."""
        return sorted(self.members, key=self._destination)

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        """Where, in the sorted members, those begin and end that share a network or lie one in another."""
        if self._routes.apart and not self._routes.live_rows:
            return []
        return network.enclosing_run_starts(list(map(self._destination, self._sorted)))

    @property
    def _destination(self) -> Callable[[int], int]:
        """From a member to its network: all have a usable one."""
        routes = self._routes
        return routes.destination if routes.live_rows else routes.destinations.__getitem__  # type: ignore[return-value]

    def _grouped(self, members: Iterable[int]) -> list[Group]:
        """The groups of some members that are sorted by network."""
        weight, size = self._routes.weight, self._routes.size
        groups: list[Group] = []
        parent: Group | None = None
        for block, together in groupby(members, self._destination):
            while parent is not None and not network.contains(parent.network, block):
                parent = parent.parent
            same = [Route(one, *self._named(one), weight(one), one >= size) for one in together]
            group = Group(block, same, parent)
            if parent is not None:
                parent.children.append(group)
            groups.append(group)
            parent = group
        return groups

    def _named(self, member: int) -> tuple[str, bool, Hashable]:
        connection = self._routes.connection(member)
        return self._names[_Unnamed(member) if connection is None else connection]

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
            for choice in (holder.primary, holder.all) if self.weighted else (holder.all,):
                # A failed connection that keeps its routes still draws traffic.
                names, keepers = choice.names, holder.keeping.names
                withdrawn = sum(one in names and one not in keepers for one in down)
                if len(names) > withdrawn:
                    return names, keepers
        return frozenset(), frozenset()

    def failures(self, group: Group | None, down: Collection[str] = ()) -> list[tuple[str, Carriage]]:
        """For each connection that carries a group's traffic: who carries it when that one fails too."""
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
        return self.groups[start:end]


def tables(routes: RouteSet, who: Sequence[int] | None = None, *, weights: bool = True) -> list[Table]:
    """The forwarding table of each routing domain of a set; of the entries in `who` and the live rows, if it
    is given. Worked out once."""
    chosen = None if who is None or len(who) == routes.size else frozenset(who)

    def make() -> list[Table]:
        names, made = Names(routes), []
        for domain, members in routes.members():
            if chosen is not None:
                members = [one for one in members if one in chosen or one >= routes.size]
            made.append(Table(routes, domain, members, names, weights))
        return made

    return routes.once(("forwarding", weights, chosen), make)


class _Unnamed(NamedTuple):
    """The unknown connection of a member: it may be any."""

    member: int


class Names(dict["Connection | _Unnamed", tuple[str, bool, Hashable]]):
    """From a connection to its name, whether it keeps its routes, and its kind (see Route). Two connections
    that may not be the same one have different names."""

    def __init__(self, routes: RouteSet) -> None:
        super().__init__()
        self._routes = routes
        self._numbers: dict[str, int] = {}  # how many connections have that name

    def __missing__(self, connection: Connection | _Unnamed) -> tuple[str, bool, Hashable]:
        routes = self._routes
        if isinstance(connection, _Unnamed):
            place = routes.location(connection.member, "VpnConnectionId")
            name = self._free(say("unknown connection ({file}:{line})", file=place.file, line=place.line))
            told: tuple[str, bool, Hashable] = name, False, name
        else:
            name = routes.connection_name(connection)
            if isinstance(connection, Reference) and name in self._numbers:
                name = f"{name} in {connection.scope}"
            told = self._free(name), routes.keeps_routes(connection), routes.kind_of(connection)
        self[connection] = told
        return told

    def _free(self, name: str) -> str:
        """The name, with a number where another connection has it."""
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        return name if number == 1 else f"{name} {number}"
