"""What a change does to traffic: two sides, domain by domain. It does not know how the result is shown."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import NO_WEIGHT, Table
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import KINDS, Config, Expectation
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.report.change import NOBODY, Change, Judgement, NotKnown, Side, differing, judged, side_of
from vcolint.report.doubts import doubts
from vcolint.report.elsewhere import Elsewhere, Loose, matches
from vcolint.report.finding import Finding, Report, Unchecked
from vcolint.report.routing import DomainTable, OtherRoute, Paths


class ChangedDomain(NamedTuple):
    """The changes of one routing domain, by address."""

    name: str
    changes: tuple[Change, ...]


# A domain on the new and on the old side; None if that side has no domain of this name.
Pair = tuple[DomainTable | None, DomainTable | None]


class Diff(NamedTuple):
    """What a change does to traffic."""

    weights: str
    base: str | None  # the commit of the old side
    reports: tuple[Report, Report]  # those of both sides
    new_findings: list[Finding]
    fixed_findings: list[Finding]
    domains: list[ChangedDomain]  # by name
    tables: list[Pair]  # by name
    not_known: list[NotKnown]  # networks whose carriers are unknown on either side
    unplaced: list[Unchecked]  # routes with an unknown destination; those on both sides are counted once
    unchecked_before: int  # how many networks and routes are not known before
    unchecked_after: int
    other_routes: list[OtherRoute]
    vague: list[str]  # names of connections that may have another name on the other side
    # The destinations of a domain that another one has on the other side: alone, they would look lost or new.
    elsewhere: dict[DomainTable, list[str]]
    left_out: Sequence[str]  # connections of the old side that the new one does not know
    unused: list[str]  # faults of the expectations: no route uses a connection that they name
    judgement: Judgement | None  # None: nothing was declared

    @property
    def unchecked(self) -> int:
        """How many networks and routes could not be compared, on the side that has more of them."""
        return max(self.unchecked_before, self.unchecked_after)

    @property
    def verdict(self) -> str | None:
        """Whether the change is as declared; None if nothing was declared."""
        if self.judgement is not None:
            if self.judgement.undeclared:
                return say("undeclared changes")
            if self.unchecked:
                return say("inconclusive")
            if self.judgement.missing:
                return say("missing changes")
            if self.domains:
                return say("as declared")
        return None if self.domains or self.unchecked else say("no change in routing")

    def of(self, kind: str) -> list[Change]:
        """The changes of one kind."""
        return [one for domain in self.domains for one in domain.changes if one.kind == kind]

    @property
    def kinds(self) -> dict[str, list[Change]]:
        """The changes by kind, without empty kinds, the most severe kind first."""
        return {kind: found for kind in KINDS if (found := self.of(kind))}

    @property
    def lost(self) -> list[Change]:
        """Networks that nobody carries any more."""
        return self.of("lost")

    @property
    def weaker(self) -> list[Change]:
        """Networks that no longer survive the failure of one connection."""
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


def compare(
    old: Paths,
    new: Paths,
    reports: tuple[Report, Report] | None = None,
    *,
    base: str | None = None,
    folders: tuple[str, str] | None = None,
    live: LiveSide | None = None,
    expected: Sequence[Expectation] | None = None,
) -> Diff:
    """What a change does to traffic. The arguments are those of `vcolint.library.compared`.

    Domains are matched by name; guessed domains of two folders by their place in the folders. If each side
    has only one domain, these two match. Networks that are then lost in one domain and new in another are
    compared again, because folders may have been merged, split or renamed.
    """
    work = _Comparison(old, new, folders, live)
    domains = sorted(_changed(domain, found) for domain, found in work.found.items())
    judgement = None
    if expected is not None:
        groups = (group for side in (old, new) for domain in side.domains for group in domain.table.groups)
        judgement = judged(
            expected,
            [one for domain in domains for one in domain.changes],
            [group.network for group in groups if group.parent is None],
            [block for found in work.open.values() for block, _ in found],
            new.names,
        )
    before, after = reports = reports or (Report([], []), Report([], []))
    known = {(one.address, one.field, one.reason) for one in new.unplaced}
    gone = (one for one in old.unplaced if (one.address, one.field, one.reason) not in known)
    unused = ((one, name) for one in expected or () for name in one.to or () if not new.uses(name))
    return Diff(
        new.weights,
        base,
        reports,
        *_differing(after.findings, before.findings),
        domains,
        sorted(work.pairs, key=lambda pair: _named(pair).name),
        list(work.not_known()),
        [*new.unplaced, *gone],
        len(old.unplaced) + work.unknown(0),
        len(new.unplaced) + work.unknown(1),
        sorted({*old.other_routes, *new.other_routes}),
        sorted(work.vague),
        work.elsewhere(),
        live.left_out if live is not None else (),
        [say("{place}: {fault}", place=one.place, fault=new.unused(name)) for one, name in unused],
        judgement,
    )


class _Comparison:
    """The state of a comparison of two sides."""

    def __init__(
        self, old: Paths, new: Paths, folders: tuple[str, str] | None, live: LiveSide | None
    ) -> None:
        self._sides = old, new
        self._possible = {one.name: one.table for one in live.possible.domains} if live is not None else {}
        self._doubts = doubts(old, new, folders, is_live=live is not None)
        # The names of unknown connections, before and after.
        self._unnamed = _vague(old.domains), _vague(new.domains)
        self.vague = self._unnamed[0] | _vague(new.domains, ids=live is not None)
        # Networks by domain: those that change in the same way, and why they are unknown before and after.
        self.found: dict[DomainTable, dict[tuple[str, Side, Side], list[int]]] = {}
        self.open: dict[DomainTable, list[tuple[int, _Whys]]] = {}
        self._lost: list[Loose] = []
        self._new: list[Loose] = []
        self.pairs = _matched(old.domains, new.domains, folders, by_name=live is not None)
        self._pair_of = {one: pair for pair in self.pairs for one in pair if one is not None}
        for now, was in self.pairs:
            self._compare(was, now)
        then = Elsewhere(old.domains, [was for now, was in self.pairs if was is not None and now is None])
        since = Elsewhere(new.domains, [now for now, was in self.pairs if now is not None and was is None])
        for one in matches(self._lost, self._new, then, since):
            if one.before is not None and one.after is not None:  # else its own domain lists it
                self._note(_named(self._pair_of[one.domain]), one.before, one.after, [one.block])

    def _compare(self, old: DomainTable | None, new: DomainTable | None) -> None:
        """Compare two domains with the same name, or a domain with nothing."""
        domain = _named((new, old))
        before = old.table if old is not None else None
        after = new.table if new is not None else None
        most = self._possible.get(domain.name, before)  # the old table, with all that may be in it
        sides: dict[tuple[Table, int], Side | None] = {}  # by group: a group may contain many networks

        moved = _moved(new) if new is not None else []

        def side(table: Table | None, block: int) -> Side | None:
            group = table.innermost(block) if table is not None else None
            if table is None or group is None:
                return NOBODY
            if (table, group.network) not in sides:
                found = side_of(table, group)
                if moved and found is not None and table is not after:
                    found = found._replace(carriers=tuple(sorted(_renamed(found.carriers, moved))))
                sides[table, group.network] = found
            return sides[table, group.network]

        for block, parts in _pieces((most, after)):
            was, maybe, now = side(before, block), side(most, block), side(after, block)
            if was != maybe:
                if was != now or not self._sides[1].adds:  # input that only adds routes keeps all live routes
                    why = say("a live connection may be one that has no ID here yet")
                    self.open.setdefault(domain, []).extend((part, (why, None)) for part in parts)
            elif now == NOBODY and was and was.carriers:
                self._lost += (Loose(old or domain, new is None, part, was) for part in parts)
            elif was == NOBODY and now and now.carriers:
                self._new += (Loose(domain, old is None, part, now) for part in parts)
            else:
                self._note(domain, was, now, parts)

    def _note(self, domain: DomainTable, before: Side | None, after: Side | None, blocks: list[int]) -> None:
        """Record how the two sides of some networks differ, or that this is not known."""
        if before is None or after is None:
            unknown = (NO_WEIGHT if before is None else None, NO_WEIGHT if after is None else None)
            self.open.setdefault(domain, []).extend((block, unknown) for block in blocks)
            return
        if before == after:
            return
        if before.carriers != after.carriers:
            kind = "new" if not before.carriers else "lost" if not after.carriers else "moved"
        else:
            kind = "weaker" if before.survives else "stronger"
        for block in blocks:
            whys = self._whys(domain, kind, block, before, after)
            if any(whys):
                self.open.setdefault(domain, []).append((block, whys))
            else:
                self.found.setdefault(domain, {}).setdefault((kind, before, after), []).append(block)

    def _whys(self, domain: DomainTable, kind: str, block: int, before: Side, after: Side) -> _Whys:
        """Why it is not certain that a network changes in this way: unknown routes before, and unknown routes
        after."""
        now, was = self._pair_of[domain]
        old = partial(self._doubts[0].reason, block, was, now)
        new = partial(self._doubts[1].reason, block, now, was)
        if kind == "lost":
            return self._in_another(block, before, 0), new()
        if kind == "new":
            return old(), self._in_another(block, after, 1)
        if kind == "weaker":
            return None, new(but=after.carriers)
        if kind == "stronger":
            return old(but=before.carriers), None
        first, second = (
            say("{name} may have another name on the other side", name=min(vague)) if vague else None
            for vague in (self.vague.intersection(side.carriers) for side in (before, after))
        )
        return (first, second) if first or second else (old(of=after.carriers), new(of=before.carriers))

    def _in_another(self, block: int, side: Side, at: int) -> str | None:
        """Why the carrier of a network on one side may be in another domain that carries it on the other
        side."""
        names = self._unnamed[at].intersection(side.carriers)
        if not names or not self._routed[1 - at].meeting(block):
            return None
        return say("the routing domain of {name} is not known", name=min(names))

    @cached_property
    def _routed(self) -> list[NetworkSet]:
        """The destinations of each side."""
        return [
            NetworkSet(group.network for domain in side.domains for group in domain.table.groups)
            for side in self._sides
        ]

    def unknown(self, at: int) -> int:
        """How many networks are not known before (0) or after (1)."""
        return sum(len(network.union(one for one, whys in found if whys[at])) for found in self.open.values())

    def not_known(self) -> Iterator[NotKnown]:
        """The networks that are unknown on a side, and why."""
        for domain, found in sorted(self.open.items(), key=lambda item: item[0].name):
            reasons: dict[str, list[int]] = {}
            for block, (before, after) in found:
                reasons.setdefault(after or before or "", []).append(block)
            left = [(block, why) for why, blocks in reasons.items() for block in network.union(blocks)]
            yield from (NotKnown(network.text(block), domain.name, why) for block, why in sorted(left))

    def elsewhere(self) -> dict[DomainTable, list[str]]:
        """The destinations of each domain that another domain has on the other side: nothing in them is lost
        or new."""
        told = {
            domain: NetworkSet(
                block for key, blocks in kinds.items() if key[0] in ("lost", "new") for block in blocks
            )
            for domain, kinds in self.found.items()
        }
        found: dict[DomainTable, dict[str, bool]] = {}
        for one in (*self._lost, *self._new):
            group, domain = one.domain.table.innermost(one.block), _named(self._pair_of[one.domain])
            if group is not None:
                cidr, held = network.text(group.network), found.setdefault(one.domain, {})
                is_told = domain in told and bool(told[domain].meeting(one.block))
                held[cidr] = held.get(cidr, True) and not is_told
        return {domain: [cidr for cidr in held if held[cidr]] for domain, held in found.items()}


_Whys = tuple[str | None, str | None]  # why the carrier of a network is unknown: before, and after


class LiveSide(NamedTuple):
    """Live rows as tables, each in the routing domains of the new side."""

    tables: Paths
    possible: Paths  # with the rows that may belong to a connection that has no ID yet
    left_out: list[str]  # the connections of rows that are in no domain


def live_side(dumps: Sequence[Reading], new: Paths, config: Config) -> LiveSide:
    """Live rows in the domains of the new side, without connections that nothing there uses and the config
    puts in no domain. Input that only adds routes leaves the other domains of the config unchanged."""
    domains = {
        one.name: ConfiguredDomain(one.name, tuple(one.table.connections), one.redundancy)
        for one in new.domains
    }
    for one in config.domains.values():
        if one.name in domains or not new.adds:
            empty = ConfiguredDomain(one.name, (), one.redundancy or config.redundancy)
            held = domains.setdefault(one.name, empty)
            domains[one.name] = held._replace(connections=(*held.connections, *one.connections))
    used = {name for domain in domains.values() for name in domain.connections}
    named = {_connection(one) for dump in dumps for one in dump.records}
    rest = tuple({name for name in named if isinstance(name, str)} - used)

    def tables(wanted: Iterable[str], more: tuple[str, ...] = ()) -> Paths:
        sets = []
        for domain in map(domains.__getitem__, wanted):
            names = {*domain.connections, *more}
            there = config._replace(domains={domain.name: domain._replace(connections=tuple(names))})
            for dump in dumps:
                rows = Reading(dump.kind, dump.files)
                rows.records = [one for one in dump.records if _connection(one) in names]
                rows.learned = [one for one in dump.learned if _connection(one) in names]
                if rows.records or rows.learned:
                    sets.append(RouteSet([rows], there))
        return Paths(sets, weights=new.weights == "honoured")

    open_to = [domain.name for domain in new.domains if rest and _vague([domain], ids=True)]
    return LiveSide(tables(domains), tables(open_to, rest), [] if open_to else sorted(rest))


def _connection(record: Record) -> object:
    held = record.fields.get("VpnConnectionId")
    return held.value if held else None


def _named(pair: Pair) -> DomainTable:
    """The domain of a pair that names the change."""
    domain = pair[0] or pair[1]
    assert domain is not None
    return domain


def _moved(domain: DomainTable) -> list[tuple[str, str]]:
    """The addresses that the new side has renamed: the old and the new address."""
    moved = [one for reading in domain.routes.readings for one in reading.moved]
    return [(old, new) for old, new in moved if old not in domain.table.connections]


def _renamed(names: Iterable[str], moved: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The new side's names for connections of the old side."""
    for name in names:
        for old, new in moved:
            if name == old or name.startswith((f"{old}[", f"{old}.")):
                name = new + name[len(old) :]
        yield name


def _changed(domain: DomainTable, found: Mapping[tuple[str, Side, Side], list[int]]) -> ChangedDomain:
    """The changes of a domain in the fewest networks, by address."""
    changes = [
        (block, Change(network.text(block), *key))
        for key, blocks in found.items()
        for block in network.union(blocks)
    ]
    return ChangedDomain(domain.name, tuple(change for _, change in sorted(changes)))


def _matched(
    old: Sequence[DomainTable], new: Sequence[DomainTable], folders: tuple[str, str] | None, *, by_name: bool
) -> list[Pair]:
    """The domains of both sides matched by name, and those without a domain of the same name on the other
    side. `by_name`: the old side uses the same names as the new one."""
    if len(old) == len(new) == 1 and not by_name:
        return [(new[0], old[0])]
    old_folder, new_folder = folders or (None, None)
    before, after = _keyed(old, old_folder), _keyed(new, new_folder)
    return [(after.get(key), before.get(key)) for key in dict.fromkeys([*after, *before])]


def _keyed(domains: Sequence[DomainTable], folder: str | None) -> dict[tuple[str, int], DomainTable]:
    """Domains by the key that matches them. Each plan or state has its own domains, and their names may be
    equal."""
    seen: Counter[str] = Counter()
    found = {}
    for domain in domains:
        is_placed = folder is not None and not domain.known
        name = posixpath.relpath(domain.name, folder) if is_placed else domain.name
        found[name, seen[name]] = domain
        seen[name] += 1
    return found


def _vague(domains: Iterable[DomainTable], *, ids: bool = False) -> set[str]:
    """The names of connections that may have another name on the other side: nothing is known about them, or,
    with `ids`, they have no ID yet."""
    found = set()
    for domain in domains:
        for group in domain.table.groups:
            for route in group.routes:
                connection = domain.routes.connection(route.member)
                if connection is None or (ids and not isinstance(connection, str)):
                    found.add(route.connection)
    return found


def _differing(after: Sequence[Finding], before: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings of each of two sides that the other side does not have.

    Findings that do not match by fingerprint are matched by message, one to one: the sides may be two
    folders, or a file may have a new name.
    """
    common = {one.fingerprint for one in after} & {one.fingerprint for one in before}
    sides = ([one for one in side if one.fingerprint not in common] for side in (after, before))
    return differing(*sides, key=lambda one: (one.code, one.message))


def _pieces(tables: Iterable[Table | None]) -> Iterator[tuple[int, list[int]]]:
    """Each destination of some tables, with the part of it that no more specific destination in these tables
    covers."""
    blocks = {group.network for table in tables if table is not None for group in table.groups}
    inside: dict[int, list[int]] = {}  # by destination: those directly inside it
    around: list[int] = []
    for block in sorted(blocks):
        while around and not network.contains(around[-1], block):
            around.pop()
        if around:
            inside[around[-1]].append(block)
        inside[block] = []
        around.append(block)
    for block, holes in inside.items():
        yield block, network.difference(block, holes)
