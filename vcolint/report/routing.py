"""Who carries what: the results of `paths` and `trace`. It does not know how they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import Carriage, Group, Route, Table, tables
from vcolint.model.route_set import RouteSet, live_rows_of
from vcolint.report.assemble import unchecked_value, unlisted
from vcolint.report.change import block_of
from vcolint.report.finding import Unchecked, address_of, origin_of
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import did_you_mean, listed, quoted

if TYPE_CHECKING:
    from netaddr import IPNetwork

MOST_FAILURES = 64
_MOST_BEFORE = 3  # connections that "takes over after the failure of …" names


class RouteOf(NamedTuple):
    """A route to a destination, and where the destination is written: the literal that it came from, if there
    is one."""

    connection: str
    weight: int | None
    address: str | None  # Terraform, ROS or Pulumi address
    location: Location
    live: bool  # a row of the live snapshot, not an entry
    keeps: bool  # it stays if its connection fails


class Failure(NamedTuple):
    """Who carries a destination after a connection has failed."""

    down: str
    carriers: tuple[str, ...] | None
    blackhole: bool


class Destination(NamedTuple):
    """A destination of the forwarding table. Networks are CIDR texts."""

    cidr: str
    parent: str | None  # the nearest destination around it
    effective: tuple[str, ...]  # the addresses for which it is the longest match
    routes: tuple[RouteOf, ...]
    carriers: tuple[str, ...] | None  # None: not known
    blackhole: bool
    uncertain: str | None  # why the carriers are not known
    # One for each carrier; None for more than MOST_FAILURES carriers: after any failure, the others carry on.
    failures: tuple[Failure, ...] | None
    survives: bool | None  # the failure of any one connection; None: not known
    depth: int  # how many destinations lie around it

    @property
    def fails(self) -> bool:
        """Whether the failure of one connection loses traffic."""
        return self.survives is False and bool(self.effective)

    @property
    def network(self) -> IPNetwork:
        """The destination as a `netaddr.IPNetwork`."""
        from netaddr import IPNetwork

        return IPNetwork(self.cidr)


class Candidate(NamedTuple):
    """A route that could carry an address."""

    cidr: str
    connection: str
    weight: int | None
    alive: bool
    carries: bool
    address: str | None
    location: Location
    verdict: str  # why it is chosen, or what has to fail first


class Part(NamedTuple):
    """A part of the network of a trace, with its candidates in the order in which they take over."""

    cidr: str
    carriers: tuple[str, ...] | None
    blackhole: bool
    uncertain: str | None
    candidates: tuple[Candidate, ...]


class TracedDomain(NamedTuple):
    """The answer of one routing domain."""

    name: str
    parts: tuple[Part, ...]


class OtherRoute(NamedTuple):
    """A route that is in no table because no entry makes it. It takes part in the longest-prefix match."""

    cidr: str
    connection: str
    kind: str  # "learned" over BGP; "automatic": the service adds it because it is a remote subnet


class Unplaced(NamedTuple):
    """A route that is in no table, or something that would hold routes and could not be listed."""

    item: Unchecked
    location: Location
    names: frozenset[str]  # of its connection, as far as it is known
    block: int | None  # the network that it may carry; None: not known


class Trace(NamedTuple):
    """Who could carry an address or a network."""

    query: str
    down: tuple[str, ...]
    weights: str
    domains: tuple[TracedDomain, ...]
    unplaced: list[Unchecked]  # routes that are in no table: their destination is not known
    left_out: int  # entries that are in no table: they are wrong, or an earlier one is the same route
    other_routes: list[OtherRoute]  # those that overlap the query


class DomainTable:
    """The forwarding table of one routing domain, in names and texts."""

    def __init__(self, routes: RouteSet, table: Table, down: Collection[str]) -> None:
        self.routes = routes
        self.table = table
        self.down = down
        self.name = table.domain.name
        self.known = table.domain.known
        self.redundancy = table.domain.redundancy
        self.environment = table.domain.environment

    @cached_property
    def destinations(self) -> list[Destination]:
        """The destinations, sorted by address; each comes directly before those inside it."""
        depths: dict[int, int] = {}
        found = []
        for group in self.table.groups:
            parent = group.parent
            depth = depths[group.network] = 0 if parent is None else depths[parent.network] + 1
            now = self.table.carriage(group, self.down)
            failures = None
            if len(now.carriers or ()) <= MOST_FAILURES:  # with more carriers, the list would be too long
                later = self.table.failures(group, self.down, now)
                failures = tuple([Failure(down, *carriage[:2]) for down, carriage in later])
            about = (
                network.text(group.network),
                None if parent is None else network.text(parent.network),
                tuple(map(network.text, group.effective)),
                tuple(map(self.route_of, group.routes)),
            )
            survives = self.table.survives(group, self.down, now)
            found.append(Destination(*about, *now, failures, survives, depth))
        return found

    def route_of(self, route: Route) -> RouteOf:
        """A route of the table, and where its destination is written."""
        member, routes = route.member, self.routes
        place = origin_of(routes, member, "RouteDest") or routes.location(member, "RouteDest")
        address = address_of(routes, member)
        return RouteOf(route.connection, route.weight, address, place, route.live, route.keeps)

    def trace(self, block: int) -> TracedDomain | None:
        """Who could carry a network here, part by part; None if no route could carry any of it."""
        parts = []
        for part, group in self.table.parts(block):
            now = self.table.carriage(group, self.down)
            candidates = tuple(self._candidates(group, now)) if group is not None else ()
            parts.append(Part(network.text(part), *now, candidates))
        if not any(part.candidates for part in parts):
            return None
        return TracedDomain(self.name, tuple(parts))

    def _candidates(self, group: Group, now: Carriage) -> Iterator[Candidate]:
        """The routes that could carry the traffic of a group, in the order in which they take over. Routes of
        equal rank share the traffic."""
        first: dict[str, None] = {}  # the connections of the routes so far
        for holder in group.around():
            ranks = [list(holder.routes)]
            if self.table.weighted:
                backups = [one for one in holder.routes if one.weight != 100]
                ranks = [list(holder.primaries.routes), backups]
            for rank in ranks:
                later = self.table.carriage(group, {*self.down, *first}).carriers
                for route in rank:
                    name, alive = route.connection, route.connection not in self.down
                    carries = alive and name in (now.carriers or ()) and name not in first
                    if not alive:
                        why = say("down, but its route stays") if route.keeps else say("down")
                    elif carries and first:
                        why = say("carries it in place of {names}", names=listed([*first], _MOST_BEFORE))
                    elif carries and len(ranks) > 1 and ranks[1] and route.weight == 100:
                        why = say("carries it: longest prefix, weight 100 before 0")
                    elif carries:
                        why = say("carries it: longest prefix")
                    elif name in first:
                        why = say("never used: a route of the same connection comes first")
                    elif later is None:
                        why = say("may carry it: not known yet")
                    elif name in later:
                        names = listed([one for one in first if one not in self.down], _MOST_BEFORE)
                        why = say("takes over after the failure of {names}", names=names)
                    else:
                        why = say("never used: a route that comes first stays if its connection fails")
                    told = self.route_of(route)
                    yield Candidate(network.text(holder.network), *told[:2], alive, carries, *told[2:4], why)
                first.update(dict.fromkeys(route.connection for route in rank))


def asked_network(query: str) -> int:
    """The block of a query. Raises VcolintError if the query is not an IPv4 address or network."""
    block = network.parse(query if "/" in query else f"{query}/32")
    if block is None:
        raise VcolintError(
            say("{query} is not an IPv4 address or an IPv4 network such as 10.0.0.0/24", query=quoted(query))
        )
    whole = network.network(block)
    if whole != block:
        raise VcolintError(
            say(
                "{query} has host bits set: ask for the network {whole} or the address {alone}",
                query=query,
                whole=network.text(whole),
                alone=network.address_text(network.first(block)),
            )
        )
    return block


def _wrong(routes: RouteSet) -> frozenset[int]:
    """The entries with a wrong destination or weight, and those that repeat an earlier one."""
    return routes.unusable | routes.misweighted | (routes.duplicates - routes.dry)


def _other_routes(routes: RouteSet) -> Iterator[tuple[int, str, str]]:
    """The network, connection and kind of each route that exists in addition to the entries of a set."""
    for row in live_rows_of(one for reading in (*routes.readings, *routes.live) for one in reading.learned):
        yield row.network, routes.connection_name(row.connection), "learned"
    given = routes.config.facts.remote_subnets
    told = [(name, one) for name, subnets in given.items() if "0.0.0.0/0" not in subnets for one in subnets]
    for reading in routes.readings:
        for connection, facts in reading.topology.remote_subnets.items():
            told += ((routes.connection_name(connection), fact.value) for fact in facts)
    for name, subnet in told:
        block = network.parse(subnet)
        if block is not None:
            yield network.network(block), name, "automatic"


class Paths:
    """The forwarding tables of everything that was read."""

    def __init__(self, sets: Sequence[RouteSet], *, down: Iterable[str] = (), weights: bool = True) -> None:
        """The engine must have judged `sets`: it marks the entries that take no part. `down`: connections
        that have failed, by ID or address.

        Raises VcolintError for a connection without routes.
        """
        self.weights = "honoured" if weights else "ignored"
        self.sets = sets
        self.down = self._named([*down])
        self.domains: list[DomainTable] = []
        for routes in sets:
            shown = [one for one in range(routes.size) if one not in routes.hidden_destinations]
            found = tables(routes, shown, weights=weights)
            self.domains += (DomainTable(routes, table, self.down) for table in found if table.groups)
        self.domains.sort(key=lambda domain: domain.name)

    @property
    def destinations(self) -> int:
        """The number of destinations."""
        return sum(len(domain.table.groups) for domain in self.domains)

    @cached_property
    def unknown(self) -> list[Unplaced]:
        """The routes that are in no table although nothing is wrong with them: their destination is unknown,
        it is sensitive and must not be shown, or they may be dry runs. Also blocks that could not be listed.
        """
        found: list[Unplaced] = []
        for routes in self.sets:
            hidden, wrong = routes.hidden_destinations, _wrong(routes)
            for field, out in (("RouteDest", wrong | routes.dry), ("DryRun", wrong)):
                for entry, value in enumerate(routes.column(field)):
                    reason = value.reason if isinstance(value, Unknown) else None
                    if field == "RouteDest" and entry in hidden:
                        reason = say("a sensitive value is not shown")
                    if reason is None or entry in out:
                        continue
                    connection = routes.connections[entry]
                    names = {*routes.names_of(connection), routes.connection_name(connection)}
                    about = unchecked_value(routes, entry, field, reason), routes.location(entry, field)
                    block = None if entry in hidden else routes.destinations[entry]
                    found.append(Unplaced(*about, frozenset(names if connection else ()), block))
            found += (Unplaced(item, place, frozenset(), None) for item, place in unlisted(routes))
        return sorted(found, key=lambda one: (one.item.file, one.item.line, one.item.address or ""))

    @property
    def unplaced(self) -> list[Unchecked]:
        """`unknown` as unchecked values. A value that several entries share is listed once."""
        return [item for item, _ in dict.fromkeys(one[:2] for one in self.unknown)]

    @property
    def left_out(self) -> int:
        """How many entries are in no table because they are wrong, or because they repeat an earlier entry
        (maybe one of another domain)."""
        return sum(len(_wrong(routes)) for routes in self.sets)

    @cached_property
    def other_routes(self) -> list[OtherRoute]:
        """The routes that the live snapshot shows as learned, and those that the service adds by itself, by
        network; without those whose connection has the destination in a table."""
        found = {one for routes in self.sets for one in _other_routes(routes)}
        groups = (group for domain in self.domains if found for group in domain.table.groups)
        held = {(group.network, name) for group in groups for name in group.all.names}
        return [
            OtherRoute(network.text(block), connection, kind)
            for block, connection, kind in sorted(found)
            if (block, connection) not in held
        ]

    @property
    def surviving(self) -> int:
        """How many destinations survive the failure of any one connection."""
        return sum(one.survives is True for domain in self.domains for one in domain.destinations)

    @property
    def adds(self) -> bool:
        """Whether the entries are only added to the live routes, so that no live route disappears."""
        entries = [(routes, entry) for routes in self.sets for entry in range(routes.size)]
        return bool(entries) and all(routes.creates(entry) for routes, entry in entries)

    def trace(self, query: str, down: Iterable[str] | None = None) -> Trace:
        """Who could carry an address or a network. `down` replaces the failed connections.

        Raises VcolintError for any other text, and for a connection without routes.
        """
        query = str(query)
        failed = self.down if down is None else self._named([*down])
        block = asked_network(query)
        found = (DomainTable(one.routes, one.table, failed).trace(block) for one in self.domains)
        answers = tuple(one for one in found if one is not None)
        others = [one for one in self.other_routes if network.overlaps(block_of(one.cidr), block)]
        return Trace(query, failed, self.weights, answers, self.unplaced, self.left_out, others)

    @cached_property
    def names(self) -> dict[str, str]:
        """The name that tables use for a connection, by each name that a user may use: ID, address."""
        known: dict[str, str] = {}
        for routes in self.sets:
            rows = (row.connection for row in routes.live_rows)
            for connection in {*routes.connections, *rows} - {None}:
                name = routes.connection_name(connection)
                known.update(dict.fromkeys(routes.names_of(connection), name))
        return known

    def _named(self, asked: Sequence[str]) -> tuple[str, ...]:
        """The names of connections, sorted. Raises VcolintError for one that no route uses."""
        for one in asked:
            if one not in self.names:
                secret = {text for held in self.sets for text in held.sensitive_texts("VpnConnectionId")}
                hint = did_you_mean(one, self.names.keys() - secret)
                raise VcolintError(
                    say("no route uses the connection {one}{one2}", one=quoted(one), one2=hint)
                )
        return tuple(sorted({self.names[one] for one in asked}))
