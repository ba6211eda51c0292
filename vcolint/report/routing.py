"""Who carries what: the results of `paths`, `trace` and `diff`. Nothing here knows how they are shown."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from vcolint.engine.evaluate import evaluate
from vcolint.engine.rule import Rule
from vcolint.errors import VcolintError
from vcolint.model import network
from vcolint.model.forwarding import Carriage, Group, Table, tables
from vcolint.model.route_set import RouteSet
from vcolint.report.finding import Finding
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import did_you_mean, quoted

if TYPE_CHECKING:
    from netaddr import IPNetwork

# The kinds of change, the heaviest first.
KINDS = ("lost", "weaker", "moved", "new", "stronger")


class RouteOf(NamedTuple):
    """A route of a destination, and where it is written."""

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
    failures: tuple[Failure, ...]
    survives: bool | None  # the failure of any one connection; None: not known
    depth: int  # how many destinations lie around it

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


class Part(NamedTuple):
    """A part of what a trace asks for, with one list of candidates in the order in which they are tried."""

    cidr: str
    carriers: tuple[str, ...] | None
    blackhole: bool
    uncertain: str | None
    candidates: tuple[Candidate, ...]


class TracedDomain(NamedTuple):
    """The answer of one routing domain."""

    name: str
    parts: tuple[Part, ...]


class Trace(NamedTuple):
    """Who could carry an address or a network."""

    query: str
    down: tuple[str, ...]
    weights: str
    domains: tuple[TracedDomain, ...]


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
        """The destinations, by address; one stands directly before those inside it."""
        depths: dict[int, int] = {}
        found = []
        for group in self.table.groups:
            parent = group.parent
            depth = depths[group.network] = 0 if parent is None else depths[parent.network] + 1
            now = self.table.carriage(group, self.down)
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
                    self.table.survives(group, self.down),
                    depth,
                )
            )
        return found

    def _routes(self, group: Group) -> Iterator[RouteOf]:
        for route in group.routes:
            record = self.routes.record(route.member)
            place = self.routes.location(route.member, "RouteDest")
            live = route.member >= self.routes.size
            yield RouteOf(route.connection, route.weight, record.address, place, live)

    def trace(self, block: int) -> TracedDomain | None:
        """Who could carry a network here, part by part; None where no route could carry any of it."""
        parts = []
        for part, group in self.table.parts(block):
            now = self.table.carriage(group, self.down)
            candidates = tuple(self._candidates(group, now)) if group is not None else ()
            parts.append(Part(network.text(part), now.carriers, now.blackhole, now.uncertain, candidates))
        if not any(part.candidates for part in parts):
            return None
        return TracedDomain(self.name, tuple(parts))

    def _candidates(self, group: Group, now: Carriage) -> Iterator[Candidate]:
        carrying = frozenset(now.carriers or ())
        chosen = False  # a more specific destination carries already
        for holder in group.around():
            routes = sorted(zip(holder.routes, self._routes(holder), strict=True), key=self._rank)
            drawing = [route for route, _ in routes if route.keeps or route.connection not in self.down]
            best = [route for route in drawing if route.weight == 100] if self.table.weighted else []
            choice = {route.member for route in best or drawing}
            for route, told in routes:
                alive = route.connection not in self.down
                carries = not chosen and alive and route.member in choice and route.connection in carrying
                yield Candidate(
                    network.text(holder.network),
                    route.connection,
                    route.weight,
                    alive,
                    carries,
                    told.address,
                    told.location,
                )
            chosen = chosen or bool(drawing)

    def _rank(self, item: tuple[object, RouteOf]) -> bool:
        return self.table.weighted and item[1].weight != 100


class Paths:
    """The forwarding tables of everything that was read."""

    def __init__(
        self,
        sets: Sequence[RouteSet],
        rules: Mapping[str, Rule],
        *,
        down: Iterable[str] = (),
        weights: bool = True,
    ) -> None:
        """`down`: connections that have failed, by ID or address.

        Raises VcolintError for a connection without routes.
        """
        self.weights = "honoured" if weights else "ignored"
        # The engine knows which entries take no part: unusable destinations, later duplicates.
        self._sets = [evaluate(routes, rules, frozenset()).routes for routes in sets]
        self.down = tuple(sorted(_named(self._sets, down)))
        self.domains = sorted(
            (
                DomainTable(routes, table, self.down)
                for routes in self._sets
                for table in tables(routes, weights=weights)
                if table.groups
            ),
            key=lambda domain: domain.name,
        )

    @property
    def destinations(self) -> int:
        """How many destinations there are."""
        return sum(len(domain.table.groups) for domain in self.domains)

    @cached_property
    def unplaced(self) -> int:
        """How many routes, and blocks that could not be listed, are in no table: their destination is not
        known."""
        return sum(
            sum(isinstance(value, Unknown) for value in routes.column("RouteDest"))
            + sum(len(reading.unlisted) for reading in routes.readings)
            for routes in self._sets
        )

    @cached_property
    def surviving(self) -> int:
        """How many destinations survive the failure of any one connection."""
        return sum(one.survives is True for domain in self.domains for one in domain.destinations)

    def trace(self, query: str, down: Iterable[str] | None = None) -> Trace:
        """Who could carry an address or a network. `down` takes the place of the failed connections.

        Raises VcolintError for a text that is neither, and for a connection without routes.
        """
        query = str(query)
        failed = self.down if down is None else tuple(sorted(_named(self._sets, down)))
        text = query if "/" in query else f"{query}/32"
        block = network.parse(text)
        if block is None:
            raise VcolintError(
                f"{quoted(query)} is neither an IPv4 address nor an IPv4 network such as 10.0.0.0/24"
            )
        whole = network.network(block)
        if whole != block:
            alone = network.address_text(network.first(block))
            raise VcolintError(
                f"{query} has host bits set: ask for the network {network.text(whole)} or the address {alone}"
            )
        domains = (DomainTable(one.routes, one.table, failed) for one in self.domains)
        found = (domain.trace(block) for domain in domains)
        return Trace(query, failed, self.weights, tuple(one for one in found if one is not None))


def _named(sets: Sequence[RouteSet], asked: Iterable[str]) -> set[str]:
    """The names that tables use for connections that a user names by ID or address."""
    known: dict[str, str] = {}
    for routes in sets:
        rows = (row.connection for row in routes.live_rows)
        for connection in {*routes.connections, *rows} - {None}:
            name = routes.connection_name(connection)
            known.update(dict.fromkeys(routes.names_of(connection), name))
    found = set()
    for one in asked:
        if one not in known:
            raise VcolintError(f"no route uses the connection {quoted(one)}{did_you_mean(one, known)}")
        found.add(known[one])
    return found


# -- what a change does -----------------------------------------------------------------------------------


class Side(NamedTuple):
    """One side of a change."""

    carriers: tuple[str, ...]
    survives: bool


class Change(NamedTuple):
    """A network whose carriers, or whose survival of a failure, differ."""

    cidr: str
    kind: str  # one of KINDS
    before: Side
    after: Side

    @property
    def addresses(self) -> int:
        """How many addresses the network has."""
        return 1 << (32 - int(self.cidr.partition("/")[2]))

    @property
    def network(self) -> IPNetwork:
        """The network as a `netaddr.IPNetwork`."""
        from netaddr import IPNetwork

        return IPNetwork(self.cidr)


class ChangedDomain(NamedTuple):
    """The changes of one routing domain, by address."""

    name: str
    changes: tuple[Change, ...]


class Diff:
    """What a change does to traffic.

    Domains are matched by name; guessed ones of two folders by their place in these. Where each side has one
    domain only, these two match.
    """

    def __init__(
        self,
        old: Paths,
        new: Paths,
        findings: tuple[Sequence[Finding], Sequence[Finding]] = ((), ()),
        base: str | None = None,
        folders: tuple[str, str] | None = None,
    ) -> None:
        """`findings` are those of both sides; `base` is the commit that the old side is of; `folders` are
        the old and the new folder, where each side is one."""
        self.weights = new.weights
        self.base = base
        self.new_findings = _only_in(findings[1], findings[0])
        self.fixed_findings = _only_in(findings[0], findings[1])
        # Networks of which it is not known who carries them, and routes to networks that are not known.
        self.unchecked_before = old.unplaced
        self.unchecked_after = new.unplaced
        old_folder, new_folder = folders or (None, None)
        before = {_key(domain, old_folder): domain for domain in old.domains}
        after = {_key(domain, new_folder): domain for domain in new.domains}
        if len(before) == len(after) == 1:
            before = dict(zip(after, before.values(), strict=True))
        self.domains: list[ChangedDomain] = []
        for key in {**after, **before}:
            was, now = before.get(key), after.get(key)
            changes = self._compared(was.table if was else None, now.table if now else None)
            if changes:
                self.domains.append(ChangedDomain((now or before[key]).name, tuple(changes)))
        self.domains.sort(key=lambda domain: domain.name)

    def of(self, kind: str) -> list[Change]:
        """The changes of one kind."""
        return [one for domain in self.domains for one in domain.changes if one.kind == kind]

    @property
    def lost(self) -> list[Change]:
        """Networks that nobody carries any more."""
        return self.of("lost")

    @property
    def weaker(self) -> list[Change]:
        """Networks that do not survive the failure of one connection any more."""
        return self.of("weaker")

    @property
    def moved(self) -> list[Change]:
        """Networks that other connections carry."""
        return self.of("moved")

    @property
    def new(self) -> list[Change]:
        """Networks that nobody carried before."""
        return self.of("new")

    @property
    def stronger(self) -> list[Change]:
        """Networks that survive the failure of any one connection now."""
        return self.of("stronger")

    def _compared(self, old: Table | None, new: Table | None) -> list[Change]:
        alike: dict[tuple[str, Side, Side], list[int]] = {}
        unknown: tuple[list[int], list[int]] = ([], [])
        for block in _pieces(old, new):
            before, after = _side(old, block), _side(new, block)
            if before is None or after is None:
                unknown[0].extend([block] if before is None else [])
                unknown[1].extend([block] if after is None else [])
                continue
            kind = _kind(before, after)
            if kind is not None:
                alike.setdefault((kind, before, after), []).append(block)
        self.unchecked_before += len(network.union(unknown[0]))
        self.unchecked_after += len(network.union(unknown[1]))
        merged = [(block, *key) for key, blocks in alike.items() for block in network.union(blocks)]
        return [Change(network.text(block), *rest) for block, *rest in sorted(merged, key=lambda one: one[0])]  # type: ignore[arg-type]


def _key(domain: DomainTable, folder: str | None) -> str:
    """What a domain is matched by."""
    if folder is None or domain.known:
        return domain.name
    return posixpath.relpath(domain.name, folder)


def _only_in(findings: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """The findings that the other side does not have. What is said of another file in the same words is the
    same finding, for the two sides may be two folders."""
    prints = {one.fingerprint for one in others}
    words = {(one.code, one.message) for one in others}
    return [one for one in findings if one.fingerprint not in prints and (one.code, one.message) not in words]


def _pieces(old: Table | None, new: Table | None) -> Iterator[int]:
    """Networks inside of which neither side has a border; together all that either side routes."""
    blocks = sorted({group.network for table in (old, new) if table is not None for group in table.groups})
    around: list[tuple[int, list[int]]] = []  # networks that are open, each with those directly inside it

    def closed(until: int | None) -> Iterator[int]:
        while around and (until is None or not network.contains(around[-1][0], until)):
            block, inside = around.pop()
            yield from network.difference(block, inside)

    for block in blocks:
        yield from closed(block)
        if around:
            around[-1][1].append(block)
        around.append((block, []))
    yield from closed(None)


def _side(table: Table | None, block: int) -> Side | None:
    """Who carries a network that lies in one group, or in none; None where that is not known."""
    group = table.innermost(block) if table is not None else None
    if table is None or group is None:
        return Side((), False)
    carriers, survives = table.carriage(group).carriers, table.survives(group)
    return None if carriers is None or survives is None else Side(carriers, survives)


def _kind(before: Side, after: Side) -> str | None:
    if before.carriers != after.carriers:
        return "new" if not before.carriers else "lost" if not after.carriers else "moved"
    if before.survives != after.survives:
        return "weaker" if before.survives else "stronger"
    return None
