"""A route set: entries that are checked together, and the indexes that checks need.

The rows of the live snapshot that are members of groups come after the entries: their numbers are `size` and
above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from itertools import chain, compress, count, pairwise
from operator import ne
from typing import Any, NamedTuple, TypeVar

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain, Domains, Region
from vcolint.model.entries import Entries, identity
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection, Fact, Reading, Record
from vcolint.model.settings import Config
from vcolint.text.value import Location, Scalar

_Result = TypeVar("_Result")

_VERDICTS = ("unusable", "duplicates", "misweighted", "misplaced")

# Kinds whose entries are, by default, added to the live routes. The others describe all wanted routes.
_CREATES = frozenset({"route-set", "cli"})
# Kinds that describe existing routes: they create nothing.
_EXISTING = frozenset({"terraform-state", "pulumi-stack", "live"})


class LiveRow(NamedTuple):
    """A row of the live snapshot."""

    record: Record
    connection: str
    network: int
    next_hop: Scalar
    weight: Scalar
    domains: frozenset[Domain] = frozenset()

    @property
    def route(self) -> tuple[object, ...]:
        """Its connection, network and weight."""
        return self.connection, self.network, self.weight


class Sorted(NamedTuple):
    """Entries and live rows, sorted by destination. Those with the same one are in reading order, live rows
    last."""

    members: list[int]
    networks: list[int]  # the destination of each


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

    def judged(self, *verdicts: Collection[int]) -> RouteSet:
        """The same set, with the entries that take no part in further rules: those that are unusable,
        duplicates, misweighted and misplaced, as far as they are given."""
        found = dict(zip(_VERDICTS, map(frozenset, verdicts), strict=False))
        if all(getattr(self, name) == entries for name, entries in found.items()):
            return self
        judged = copy(self)
        judged._made = {}
        for name in vars(RouteSet):  # results that depend on the verdicts; those of `Entries` stay
            judged.__dict__.pop(name, None)
        judged.__dict__.update(found)
        return judged

    def once(self, key: Hashable, make: Callable[[], _Result]) -> _Result:
        """The result of `make`, cached for this set: for analyses that several rules share."""
        if key not in self._made:
            self._made[key] = make()
        found: _Result = self._made[key]
        return found

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
        if not self.has_records or entry >= self.size:
            return None
        reading, index = self.place(entry)
        return reading.records[index] if isinstance(reading.records, list) else None

    def value(self, entry: int, field: str) -> Scalar:
        """The value of a field of an entry or of a live row."""
        if entry < self.size:
            return self.column(field)[entry]
        held = self.record(entry).fields.get(field)
        return held.value if held else None

    def location(self, entry: int, field: str | None = None, inside: bool = False) -> Location:
        """The most exact place known: that of the field, else that of the entry. See `Record.location_of`;
        `inside` matters only in route sets: elsewhere the place of an entry is its header."""
        if entry < self.size:
            reading, index = self.place(entry)
            if reading.locate is not None:
                return reading.locate(index, field, inside)
        return self.record(entry).location_of(field)

    @cached_property
    def member_connections(self) -> Sequence[Connection | None]:
        """The identity of the connection of each entry and each live row."""
        return _with(self.connections, [row.connection for row in self.live_rows])

    @cached_property
    def member_networks(self) -> Sequence[int | None]:
        """The destination of each entry, None if it is not usable, and of each live row."""
        return _with(self.destinations, [row.network for row in self.live_rows])

    @cached_property
    def by_network(self) -> Sorted:
        """The entries and live rows with usable destinations."""
        networks = enumerate(self.member_networks)
        # One integer for each is sorted faster than the numbers by a key.
        both = sorted([block << 32 | member for member, block in networks if block is not None])
        return Sorted([one & 0xFFFFFFFF for one in both], [one >> 32 for one in both])

    @cached_property
    def alike(self) -> list[list[int]]:
        """The entries and live rows with the same destination, for each destination that several have."""
        members, networks = self.by_network
        starts = compress(count(), map(ne, networks, (None, *networks)))
        bounds = pairwise((*starts, len(networks)))
        return [members[start:stop] for start, stop in bounds if stop - start > 1]

    @cached_property
    def weights(self) -> Sequence[int | None]:
        """The weight of each entry and each live row: 0 or 100; None if it is not known or is neither."""
        weights = _with(self.column("Weight"), [row.weight for row in self.live_rows])
        return [one if type(one) is int and one in (0, 100) else None for one in weights]

    # -- destinations -------------------------------------------------------------------------------------

    @cached_property
    def destinations(self) -> Sequence[int | None]:
        """The network of each entry whose destination is usable; None for all others."""
        if not self.unusable:
            return self.networks
        return [None if entry in self.unusable else block for entry, block in enumerate(self.networks)]

    @cached_property
    def destination_set(self) -> NetworkSet:
        """The usable networks of all entries."""
        if not self.live_rows:
            return NetworkSet(self.by_network.networks)
        return NetworkSet(block for block in self.destinations if block is not None)

    # -- routing domains ----------------------------------------------------------------------------------

    @cached_property
    def regions(self) -> Sequence[Region]:
        """The region of each entry: an ID, what an unknown one refers to, or None: absent or wrong."""
        column = self.column("RegionId")
        if self.kinds("RegionId") <= {str} and not self.misplaced:
            return column  # type: ignore[return-value]
        return [None if entry in self.misplaced else identity(one) for entry, one in enumerate(column)]

    @cached_property
    def _domains(self) -> Domains:
        return Domains(self, self.regions, self.config, self.environment)

    @cached_property
    def domains(self) -> Sequence[Domain]:
        """The routing domain of each entry. Equal domains are the same one."""
        return self._domains.all()

    def domain_of(self, connection: Connection | None) -> Domain | None:
        """The domain that the config gives a connection."""
        return self._domains.named(connection)

    def members(self, who: Container[int] | None = None) -> Iterator[tuple[Domain, Sorted]]:
        """Each routing domain with its members: the entries that take part in rules about more than one
        entry (with `who`, only these of them), and live rows."""
        out = self.duplicates | self.misweighted | self.dry
        are_all = who is None and not out and not self.live_rows
        if are_all and len({id(domain) for domain in self.domains}) == 1:
            yield self.domains[0], self.by_network  # the usual case
            return
        members = {id(domain): Sorted([], []) for domain in self.domains}  # equal ones are the same
        for member, block in zip(*self.by_network, strict=True):
            domains: Iterable[Domain] = ()
            if member >= self.size:
                domains = self.live_rows[member - self.size].domains
            elif member not in out and (who is None or member in who):
                domains = (self.domains[member],)
            for domain in domains:
                found = members[id(domain)]
                found.members.append(member)
                found.networks.append(block)
        for found in members.values():
            own = next((member for member in found.members if member < self.size), None)
            if own is not None:
                yield self.domains[own], found

    # -- the live snapshot --------------------------------------------------------------------------------

    @cached_property
    def snapshot(self) -> Sequence[LiveRow]:
        """The custom rows of the live snapshot that denote a network, each once."""
        return live_rows_of(chain.from_iterable(one.records for one in self.live))

    @cached_property
    def learned(self) -> dict[Connection | None, list[Fact]]:
        """The destinations of the rows of the snapshot that were learned over BGP, by connection."""
        found: dict[Connection | None, list[Fact]] = {}
        for row in live_rows_of(chain.from_iterable(one.learned for one in self.live)):
            fact = Fact(network.text(row.network), row.record.location, say("the learned routes"))
            found.setdefault(row.connection, []).append(fact)
        return found

    @cached_property
    def live_rows(self) -> Sequence[LiveRow]:
        """The rows of the snapshot that are members of groups, next to entries that are new.

        A row is in the domains of the new entries on its connection. If no entry uses the connection, it is
        in the domain that the config gives the connection, if that has new entries. A row is not in a domain
        that has an entry for the same route, and rows that a plan removes are in none.
        """
        if not self.snapshot:
            return []
        taken: set[tuple[object, ...]] = set()
        domains: dict[Connection, set[Domain]] = {}  # of the entries that are new, by connection
        routes = zip(self.domains, self.connections, self.networks, self.column("Weight"), strict=True)
        for entry, route in enumerate(routes):
            taken.add(route)
            if route[1] is not None and self.creates(entry):
                domains.setdefault(route[1], set()).add(route[0])
        new = frozenset[Domain]().union(*domains.values())
        members = []
        for row in self.snapshot:
            if row.route not in self.removed:
                own = frozenset(domains.get(row.connection, ()))
                if row.connection not in self.used:
                    own = new & {self.domain_of(row.connection)}
                left = frozenset(domain for domain in own if (domain, *row.route) not in taken)
                if left:
                    members.append(row._replace(domains=left))
        return members

    @cached_property
    def removed(self) -> frozenset[tuple[object, ...]]:
        """The live routes that a plan deletes or replaces (see `LiveRow.route`)."""
        return frozenset(chain.from_iterable(reading.removed for reading in self.readings))

    @cached_property
    def used(self) -> frozenset[Connection | None]:
        """The connections that entries use."""
        return frozenset(self.connections)

    def creates(self, entry: int) -> bool:
        """Whether an entry is added to the live routes, so that it can clash with them."""
        reading, index = self.place(entry)
        if reading.kind == "terraform-plan":
            return reading.records[index].action == "create" and self.config.live_mode != "reconcile"
        if reading.kind in _EXISTING:
            return False
        mode = self.config.live_mode
        return reading.kind in _CREATES if mode == "auto" else mode == "create"

    # -- what is known of the network around the routes ---------------------------------------------------

    @cached_property
    def keeping(self) -> frozenset[Connection]:
        """The connections that are known to keep their routes when they fail, as config or input calls
        them."""
        told = chain.from_iterable(reading.topology.keeps_routes for reading in self.readings)
        return frozenset(chain(self.config.facts.keeps_routes, told))

    @cached_property
    def gateways_of(self) -> dict[Connection, set[str]]:
        """The addresses of the customer gateways on which connections are known to end, as the config or the
        input calls them."""
        found: dict[Connection, set[str]] = {}
        for name, told in self.config.facts.customer_gateways_of.items():
            found.setdefault(name, set()).update(told)
        for reading in self.readings:
            for connection, facts in reading.topology.gateways_of.items():
                found.setdefault(connection, set()).update(fact.value for fact in facts)
        return found

    def gateways(self, member: int) -> list[str]:
        """The addresses of the customer gateways on which a member's connection is known to end, sorted."""
        connection = self.member_connections[member]
        names = () if connection is None else (connection, *self.names_of(connection))
        return sorted({address for name in names for address in self.gateways_of.get(name, ())})


def live_rows_of(records: Iterable[Record]) -> list[LiveRow]:
    """All rows of a live snapshot that denote a network, each once."""
    rows: dict[tuple[object, ...], LiveRow] = {}
    for record in records:
        values = {name: held.value for name, held in record.fields.items()}
        connection, text = values.get("VpnConnectionId"), values.get("RouteDest")
        block = network.parse(text) if isinstance(text, str) else None
        if block is not None and isinstance(connection, str):
            route = connection, network.network(block), values.get("NextHop"), values.get("Weight")
            rows.setdefault(route, LiveRow(record, *route))
    return list(rows.values())


def _with(entries: Sequence[Any], live: list[Any]) -> Sequence[Any]:
    return [*entries, *live] if live else entries
