"""Who carries what: the results of `paths` and `trace`. Nothing here knows how they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entries import live_rows_of
from vcolint.model.forwarding import Carriage, Group, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.report.assemble import secret_destinations, unchecked_values, unlisted
from vcolint.report.finding import Unchecked
from vcolint.text.value import Location
from vcolint.text.wording import did_you_mean, quoted

if TYPE_CHECKING:
    from netaddr import IPNetwork

MOST_FAILURES = 64


class RouteOf(NamedTuple):
    """A route of a destination, and where that is written: the literal that it came from, if there is one."""

    connection: str
    weight: int | None
    address: str | None  # Terraform, ROS or Pulumi address
    location: Location
    live: bool  # a row of the live snapshot, not an entry


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
    # One for each carrier; None for more than MOST_FAILURES carriers: the failure of any leaves the others.
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
    keeps: bool  # it stays when its connection fails
    draws: bool  # traffic goes to it, or may, if a weight is not known: lost where it is not alive
    carries: bool
    address: str | None
    location: Location


class Part(NamedTuple):
    """A part of what a trace asks for, with one list of candidates in the order in which they are tried."""

    cidr: str
    carriers: tuple[str, ...] | None
    blackhole: bool
    uncertain: str | None
    candidates: tuple[Candidate, ...]
    weighted: bool  # weight 100 comes before 0

    def rank(self, one: Candidate) -> tuple[str, bool]:
        """What a candidate has in common with those that share the traffic with it."""
        return one.cidr, self.weighted and one.weight != 100


class TracedDomain(NamedTuple):
    """The answer of one routing domain."""

    name: str
    parts: tuple[Part, ...]


class OtherRoute(NamedTuple):
    """A route that is in no table, for nothing that was read makes it; but the longest prefix wins."""

    cidr: str
    connection: str
    kind: str  # "learned" over BGP; "automatic": the service adds it, for it is a remote subnet


class Trace(NamedTuple):
    """Who could carry an address or a network."""

    query: str
    down: tuple[str, ...]
    weights: str
    domains: tuple[TracedDomain, ...]
    unplaced: tuple[Unchecked, ...]  # routes that are in no table: their destination is not known
    left_out: int  # entries that are in no table, because something is wrong with them
    duplicates: int  # those that are in no table, because an earlier entry is the same route
    other_routes: tuple[OtherRoute, ...]  # those that meet the query

    @property
    def complete(self) -> bool:
        """Whether every route is in a table: else one that is in none may carry the query."""
        return not self.unplaced and not self.left_out


class DomainTable:
    """The forwarding table of one routing domain, in names and texts."""

    def __init__(self, routes: RouteSet, table: Table, down: Collection[str]) -> None:
        self.routes = routes
        self.table = table
        self.down = down
        self.name = table.domain.name
        self.weighted = table.weighted
        self.known = table.domain.known
        self.redundancy = table.domain.redundancy
        self.environment = table.domain.environment

    @cached_property
    def survives(self) -> list[bool | None]:
        """Whether each destination survives the failure of any one connection; None: not known."""
        return [self.table.survives(group, self.down) for group in self.table.groups]

    @cached_property
    def destinations(self) -> list[Destination]:
        """The destinations, by address; one stands directly before those inside it."""
        depths: dict[int, int] = {}
        found = []
        for group, survives in zip(self.table.groups, self.survives, strict=True):
            parent = group.parent
            depth = depths[group.network] = 0 if parent is None else depths[parent.network] + 1
            now = self.table.carriage(group, self.down)
            failures = None
            if len(now.carriers or ()) <= MOST_FAILURES:  # else there would be too much to say
                failures = tuple(
                    Failure(down, later.carriers, later.blackhole)
                    for down, later in self.table.failures(group, self.down)
                )
            found.append(
                Destination(
                    network.text(group.network),
                    None if parent is None else network.text(parent.network),
                    tuple(map(network.text, group.effective)),
                    tuple(self._routes(group)),
                    now.carriers,
                    now.blackhole,
                    now.uncertain,
                    failures,
                    survives,
                    depth,
                )
            )
        return found

    @property
    def written(self) -> Iterator[tuple[str, list[tuple[RouteOf, bool]]]]:
        """The destinations, by address, each with its routes and whether these stay when their connection
        fails: what a page needs that asks the rest itself."""
        for group in self.table.groups:
            keeps = (route.keeps for route in group.routes)
            yield network.text(group.network), list(zip(self._routes(group), keeps, strict=True))

    def _routes(self, group: Group) -> Iterator[RouteOf]:
        for route in group.routes:
            record = self.routes.record(route.member)
            held = record.fields.get("RouteDest")
            place = (held and held.origin) or self.routes.location(route.member, "RouteDest")
            live = route.member >= self.routes.size
            yield RouteOf(route.connection, route.weight, record.address, place, live)

    def trace(self, block: int) -> TracedDomain | None:
        """Who could carry a network here, part by part; None where no route could carry any of it."""
        parts = []
        for part, group in self.table.parts(block):
            now = self.table.carriage(group, self.down)
            candidates = tuple(self._candidates(group, now)) if group is not None else ()
            parts.append(Part(network.text(part), *now, candidates, self.weighted))
        if not any(part.candidates for part in parts):
            return None
        return TracedDomain(self.name, tuple(parts))

    def _candidates(self, group: Group, now: Carriage) -> Iterator[Candidate]:
        carrying = frozenset(now.carriers or ())
        chosen = False  # a more specific destination carries already
        for holder in group.around():
            routes = sorted(zip(holder.routes, self._routes(holder), strict=True), key=self._rank)
            drawing = [route for route, _ in routes if route.keeps or route.connection not in self.down]
            choice = {route.member for route in drawing}
            if self.table.weighted and any(route.weight == 100 for route in drawing):
                choice = {route.member for route in drawing if route.weight != 0}
            for route, told in routes:
                alive = route.connection not in self.down
                draws = not chosen and route.member in choice
                carries = draws and alive and route.connection in carrying
                yield Candidate(
                    network.text(holder.network),
                    route.connection,
                    route.weight,
                    alive,
                    route.keeps,
                    draws,
                    carries,
                    told.address,
                    told.location,
                )
            chosen = chosen or bool(drawing)

    def _rank(self, item: tuple[object, RouteOf]) -> bool:
        return self.table.weighted and item[1].weight != 100


def asked_network(query: str) -> int:
    """The block that a query asks about. Raises VcolintError for what is no IPv4 address or network."""
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


def _shown(routes: RouteSet) -> list[int] | None:
    """The entries whose destination may be shown; None: all."""
    secret = {entry for entry, field, _ in routes.sensitive if field == "RouteDest"}
    return [entry for entry in range(routes.size) if entry not in secret] if secret else None


def _other_routes(routes: RouteSet) -> Iterator[tuple[int, str, str]]:
    """The network, connection and kind of each route that exists beside the entries of a set."""
    learned = live_rows_of(record for reading in routes.readings for record in reading.learned)
    for row in (*learned, *routes.snapshot):
        if not row.custom:
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


def _holds(table: Table, block: int, connection: str) -> bool:
    """Whether a connection has a destination in a table."""
    group = table.innermost(block)
    return group is not None and group.network == block and connection in group.all.names


def _meets(cidr: str, block: int) -> bool:
    """Whether two networks have an address in common."""
    other = network.parse(cidr)
    assert other is not None
    return network.contains(other, block) or network.contains(block, other)


class Paths:
    """The forwarding tables of everything that was read."""

    def __init__(
        self,
        sets: Sequence[RouteSet],
        *,
        down: Iterable[str] = (),
        weights: bool = True,
    ) -> None:
        """`sets` know which entries take no part: the engine has judged them. `down`: connections that have
        failed, by ID or address.

        Raises VcolintError for a connection without routes.
        """
        self.weights = "honoured" if weights else "ignored"
        self.sets = sets
        self.down = tuple(sorted(self._named(down)))
        self.domains = sorted(
            (
                DomainTable(routes, table, self.down)
                for routes in self.sets
                for table in tables(routes, _shown(routes), weights=weights)
                if table.groups
            ),
            key=lambda domain: domain.name,
        )

    @property
    def destinations(self) -> int:
        """How many destinations there are."""
        return sum(len(domain.table.groups) for domain in self.domains)

    @cached_property
    def unplaced(self) -> list[Unchecked]:
        """The routes, and blocks that could not be listed, that are in no table: their destination is not
        known, or it is sensitive and nothing here may show it."""
        found: list[Unchecked] = []
        for routes in self.sets:
            found += (one for _, one in unchecked_values(routes) if one.field == "RouteDest")
            found += secret_destinations(routes)
            for reading in routes.readings:
                found += unlisted(reading)
        return sorted(found, key=lambda one: (one.file, one.line, one.address or ""))

    @property
    def left_out(self) -> int:
        """How many entries are in no table because their destination or weight is wrong."""
        return sum(len(routes.unusable | routes.misweighted) for routes in self.sets)

    @property
    def duplicates(self) -> int:
        """How many more are in none because an earlier entry, maybe of another domain, is the same route."""
        return sum(
            len(routes.duplicates - routes.unusable - routes.misweighted - routes.dry) for routes in self.sets
        )

    @cached_property
    def other_routes(self) -> list[OtherRoute]:
        """The routes that the live snapshot shows as learned, and those that the service adds by itself, by
        network; but for those whose connection has the destination in a table."""
        found = {one for routes in self.sets for one in _other_routes(routes)}
        return [
            OtherRoute(network.text(block), connection, kind)
            for block, connection, kind in sorted(found)
            if not any(_holds(domain.table, block, connection) for domain in self.domains)
        ]

    @property
    def surviving(self) -> int:
        """How many destinations survive the failure of any one connection."""
        return sum(one is True for domain in self.domains for one in domain.survives)

    @property
    def verdicts(self) -> Iterator[tuple[str, str, bool | None]]:
        """Each destination that has addresses of its own, as a CIDR text, its domain, and whether it survives
        the failure of any one connection; None: not known."""
        for domain in self.domains:
            for group, survives in zip(domain.table.groups, domain.survives, strict=True):
                if not group.covered:
                    yield network.text(group.network), domain.name, survives

    @property
    def adds(self) -> bool:
        """Whether the entries only add to what is live: nothing that is live goes."""
        entries = [(routes, entry) for routes in self.sets for entry in range(routes.size)]
        return bool(entries) and all(routes.creates(entry) for routes, entry in entries)

    def trace(self, query: str, down: Iterable[str] | None = None) -> Trace:
        """Who could carry an address or a network. `down` takes the place of the failed connections.

        Raises VcolintError for a text that is neither, and for a connection without routes.
        """
        query = str(query)
        failed = self.down if down is None else tuple(sorted(self._named(down)))
        block = asked_network(query)
        domains = (DomainTable(one.routes, one.table, failed) for one in self.domains)
        found = (domain.trace(block) for domain in domains)
        answers = tuple(one for one in found if one is not None)
        others = tuple(one for one in self.other_routes if _meets(one.cidr, block))
        about = tuple(self.unplaced), self.left_out, self.duplicates, others
        return Trace(query, failed, self.weights, answers, *about)

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

    def uses(self, name: str) -> bool:
        """Whether a route uses a connection, by any of its names."""
        return name in self.names or any(name in domain.table.connections for domain in self.domains)

    def unused(self, name: str) -> str:
        """What is wrong with the name of a connection that no route uses."""
        secret = {one for routes in self.sets for one in routes.sensitive_texts("VpnConnectionId")}
        return say(
            "no route uses the connection {one}{one2}",
            one=quoted(name),
            one2=did_you_mean(name, self.names.keys() - secret),
        )

    def _named(self, asked: Iterable[str]) -> set[str]:
        found = set()
        for one in asked:
            if one not in self.names:
                raise VcolintError(self.unused(one))
            found.add(self.names[one])
        return found
