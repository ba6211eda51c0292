"""A route set: entries that are checked together, and the indexes that checks need.

The rows of the live snapshot that are members of groups come after the entries: their numbers are `size` and
above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from vcolint.model import network
from vcolint.model.domains import Domain, Domains, Region
from vcolint.model.entries import Entries, identity, kept
from vcolint.model.facts import Facts
from vcolint.model.live import LiveRow, live_rows_of
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection, Reading, Record, Topology
from vcolint.model.settings import Config
from vcolint.text.value import Location, Scalar

_Result = TypeVar("_Result")

_SILENT = Topology()  # tells nothing

# Kinds whose entries are, by default, added to the live routes. The others describe all wanted routes.
_CREATES = frozenset({"route-set", "cli"})
# Kinds that describe existing routes: they create nothing.
_EXISTING = frozenset({"terraform-state", "pulumi-stack", "live"})


class RouteSet(Entries):
    """Entries that are checked together. Immutable, except that results are cached."""

    def __init__(self, readings: Sequence[Reading], config: Config, live: Sequence[Reading] = ()) -> None:
        super().__init__(readings)
        self.config = config
        self.live = live
        # An environment is a set of its own.
        self.environment = readings[0].environment if len(readings) == 1 else None
        self.unusable: frozenset[int] = frozenset()  # the service accepts no such destination
        self.duplicates: frozenset[int] = frozenset()  # an earlier entry is the same route
        self.misweighted: frozenset[int] = frozenset()  # the weight is neither 0 nor 100
        self.misplaced: frozenset[int] = frozenset()  # the region is invalid
        self._made: dict[Hashable, Any] = {}

    def judged(
        self,
        unusable: Collection[int],
        duplicates: Collection[int] = (),
        misweighted: Collection[int] = (),
        misplaced: Collection[int] = (),
    ) -> RouteSet:
        """The same set, with the entries that take no part in further rules."""
        found = tuple(map(frozenset, (unusable, duplicates, misweighted, misplaced)))
        if found == (self.unusable, self.duplicates, self.misweighted, self.misplaced):
            return self
        judged = RouteSet.__new__(RouteSet)
        judged.__dict__.update(self.__dict__)
        judged.unusable, judged.duplicates, judged.misweighted, judged.misplaced = found
        judged._made = {}
        for name in vars(RouteSet):  # results that depend on the verdicts; those of `Entries` stay
            judged.__dict__.pop(name, None)
        return judged

    def once(self, key: Hashable, make: Callable[[], _Result]) -> _Result:
        """The result of `make`, cached for this set: for analyses that several rules share."""
        return kept(self._made, key, make)

    # -- members: entries, and live rows ------------------------------------------------------------------

    def record(self, entry: int) -> Record:
        """An entry, or a live row, with the places of its values."""
        if entry >= self.size:
            return self.live_rows[entry - self.size].record
        reading, index = self.place(entry)
        return reading.records[index]

    def held(self, entry: int) -> Record | None:
        """The record of an entry if its reader has made it already; None otherwise, and for live rows. Only
        such readers know addresses, origins and sensitive values."""
        if entry >= self.size:
            return None
        reading, index = self.place(entry)
        return reading.records[index] if isinstance(reading.records, list) else None

    def value(self, entry: int, field: str) -> Scalar:
        """The value of a field of an entry or of a live row."""
        if entry >= self.size:
            held = self.live_rows[entry - self.size].record.fields.get(field)
            return held.value if held else None
        return self.column(field)[entry]

    def location(self, entry: int, field: str | None = None, inside: bool = False) -> Location:
        """The most exact place known: that of the field, else that of the entry. See `Record.location_of`."""
        if entry < self.size:
            reading, index = self.place(entry)
            if reading.locate is not None:
                return reading.locate(index, field, inside)
        return self.record(entry).location_of(field, inside)

    def connection(self, member: int) -> Connection | None:
        """The identity of the connection of an entry or a live row."""
        if member >= self.size:
            return identity(self.value(member, "VpnConnectionId"))
        return self.connections[member]

    # -- destinations -------------------------------------------------------------------------------------

    @cached_property
    def destinations(self) -> Sequence[int | None]:
        """The network of each entry whose destination is usable; None for all others."""
        if not self.unusable:
            return self.networks
        destinations = list(self.networks)
        for entry in self.unusable:
            destinations[entry] = None
        return destinations

    @cached_property
    def destination_set(self) -> NetworkSet:
        """The usable networks of all entries."""
        return NetworkSet(block for block in self.destinations if block is not None)

    @cached_property
    def apart(self) -> bool:
        """Whether no two usable destinations have an address in common."""
        networks = self.destination_set.networks
        usable = len(self.destinations) - self.destinations.count(None)
        return usable == len(networks) and network.are_apart(networks)

    def destination(self, member: int) -> int:
        """The network of a member. Members have usable destinations."""
        network = (
            self.live_rows[member - self.size].network if member >= self.size else self.destinations[member]
        )
        assert network is not None
        return network

    def weight(self, member: int) -> int | None:
        """0 or 100; None if it is not known or is neither."""
        weight = self.value(member, "Weight")
        return weight if type(weight) is int and weight in (0, 100) else None

    # -- routing domains ----------------------------------------------------------------------------------

    @cached_property
    def regions(self) -> Sequence[Region]:
        """The region of each entry: an ID, what an unknown one refers to, or None: absent or wrong."""
        column = self.column("RegionId")
        if not self.misplaced and self.kinds("RegionId") <= {str, type(None)}:
            return column  # type: ignore[return-value]
        regions = [identity(value) for value in column]
        for entry in self.misplaced:
            regions[entry] = None
        return regions

    @cached_property
    def _domains(self) -> Domains:
        return Domains(self, self.regions, self.config, self.environment)

    @cached_property
    def domains(self) -> Sequence[Domain]:
        """The routing domain of each entry. Equal domains are the same one."""
        return self._domains.all()

    # -- groups -------------------------------------------------------------------------------------------

    @cached_property
    def live_rows(self) -> Sequence[LiveRow]:
        """The custom rows of the snapshot that are members of groups, beside entries that are new: in the
        domains of the entries that use their connection. Where no entry does, in the domain that the config
        gives it. Not in a domain where an entry is the same route, and not rows that `removes`."""
        if not any(reading.records for reading in self.live):
            return []
        return _live_members(self, self._domains)

    def removes(self, row: LiveRow) -> bool:
        """Whether a plan deletes or replaces a row of the live snapshot."""
        return (row.connection, row.network, row.weight) in self._removed

    @cached_property
    def _removed(self) -> frozenset[tuple[str, int, Scalar]]:
        return frozenset(
            (connection, network.network(block), weight)
            for reading in self.readings
            for connection, written, weight in reading.removed
            if isinstance(written, str) and (block := network.parse(written)) is not None
        )

    def lies_apart(self, row: LiveRow) -> bool:
        """Whether the domain of a live row is unknown: no entry uses its connection, and the config does not
        name its domain."""
        return row.connection not in self._used and self._domains.named(row.connection) is None

    @cached_property
    def _used(self) -> frozenset[Connection | None]:
        return frozenset(self.connections)

    @cached_property
    def snapshot(self) -> Sequence[LiveRow]:
        """All rows of the live snapshot that denote a network, each once."""
        return live_rows_of(record for reading in self.live for record in reading.records)

    def creates(self, entry: int) -> bool:
        """Whether an entry is added to the live routes, so that it can clash with them."""
        reading, index = self.place(entry)
        if reading.kind == "terraform-plan":
            return reading.records[index].action == "create" and self.config.live_mode != "reconcile"
        if reading.kind in _EXISTING:
            return False
        mode = self.config.live_mode
        return reading.kind in _CREATES if mode == "auto" else mode == "create"

    def members(self) -> Iterator[tuple[Domain, Sequence[int]]]:
        """Each routing domain with its members: the entries with usable destinations that take part in rules
        about more than one entry, then live rows."""
        destinations, domains = self.destinations, self.domains
        out = self.duplicates | self.misweighted | self.dry
        who: Sequence[int] = range(self.size)
        if out or None in destinations:
            who = [entry for entry in who if destinations[entry] is not None and entry not in out]
        by_domain: dict[Domain, Sequence[int]] = {}
        if len(set(map(id, domains))) == 1:
            by_domain[domains[0]] = who
        else:
            lists: dict[Domain, list[int]] = {}
            for entry in who:
                lists.setdefault(domains[entry], []).append(entry)
            by_domain.update(lists)
        rows: dict[Domain, list[int]] = {}
        for number, row in enumerate(self.live_rows, self.size):
            for domain in row.domains:
                rows.setdefault(domain, []).append(number)
        for domain, entries in by_domain.items():
            yield domain, [*entries, *rows[domain]] if domain in rows else entries

    # -- what is known of the network around the routes ---------------------------------------------------

    def facts(self, reading: Reading) -> Facts:
        """What the config and the input itself say about the network around the entries of a reading."""
        # Most input says nothing, so readings that share the config's facts share their indexes too.
        topology = reading.topology if any(vars(reading.topology).values()) else _SILENT
        return self.once(("facts", id(topology)), lambda: Facts(self.config.facts, topology))

    @cached_property
    def keeping(self) -> frozenset[Connection]:
        """The connections that are known to keep their routes when they fail, as config or input calls
        them."""
        told = chain.from_iterable(reading.topology.keeps_routes for reading in self.readings)
        return frozenset(chain(self.config.facts.keeps_routes, told))

    def keeps_routes(self, connection: Connection | None) -> bool:
        """Whether a connection is known to keep its routes when it fails."""
        return not self.keeping.isdisjoint((connection, *self.names_of(connection)))

    @cached_property
    def gateways_of(self) -> dict[Connection, set[str]]:
        """The addresses of the customer gateways on which connections are known to end, as the config or the
        input calls them."""
        found: dict[Connection, set[str]] = {}
        for name, addresses in self.config.facts.customer_gateways_of.items():
            found.setdefault(name, set()).update(addresses)
        for reading in self.readings:
            for connection, facts in reading.topology.gateways_of.items():
                found.setdefault(connection, set()).update(fact.value for fact in facts)
        return found

    def gateways(self, connection: Connection | None) -> list[str]:
        """The addresses of the customer gateways on which a connection is known to end, sorted."""
        names = {connection, *self.names_of(connection)}
        return sorted(set[str]().union(*(self.gateways_of.get(one, ()) for one in names if one)))


def _live_members(routes: RouteSet, domains_of: Domains) -> list[LiveRow]:
    """See `RouteSet.live_rows`."""
    domains: dict[Connection, set[Domain]] = {}
    taken: dict[tuple[Connection | None, int | None, Scalar], set[Domain]] = {}
    weights = routes.column("Weight")
    for entry in range(routes.size):
        connection = routes.connections[entry]
        route = connection, routes.networks[entry], weights[entry]
        taken.setdefault(route, set()).add(routes.domains[entry])
        if connection is not None and routes.creates(entry):
            domains.setdefault(connection, set()).add(routes.domains[entry])
    new = frozenset[Domain]().union(*domains.values())
    for connection in {row.connection for row in routes.snapshot} - set(routes.connections):
        named = domains_of.named(connection)
        if named in new:
            domains[connection] = {named}
    members = []
    for row in routes.snapshot:
        if row.custom and not routes.removes(row):
            own = taken.get((row.connection, row.network, row.weight), set())
            left = domains.get(row.connection, set()) - own
            if left:
                members.append(row._replace(domains=frozenset(left)))
    return members
