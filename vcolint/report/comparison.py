"""What a change does to traffic: two sides, domain by domain. It does not know how the result is shown."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import NO_WEIGHT, Group
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import KINDS, Config, Expectation
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.report.change import NOBODY, Change, Judgement, NotKnown, Side, differing, judged, side_of
from vcolint.report.doubts import doubts
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
        *_differing(after.findings, before.findings, [*chain.from_iterable(work.moved.values())]),
        domains,
        sorted(work.pairs, key=lambda pair: _named(pair).name),
        list(work.not_known()),
        [*new.unplaced, *gone],
        len(old.unplaced) + work.unknown(0),
        len(new.unplaced) + work.unknown(1),
        sorted({*old.other_routes, *new.other_routes}),
        sorted(work.vague),
        live.left_out if live is not None else (),
        [say("{place}: {fault}", place=one.place, fault=new.unused(name)) for one, name in unused],
        judgement,
    )


class _Comparison:
    """The state of a comparison of two sides: 0 is the old one, 1 the new one."""

    def __init__(
        self, old: Paths, new: Paths, folders: tuple[str, str] | None, live: LiveSide | None
    ) -> None:
        self._adds = new.adds
        self._possible = {one.name: one for one in live.possible.domains} if live is not None else {}
        self._doubts = doubts(old, new, folders, is_live=live is not None)
        # The names of unknown connections, before and after.
        self._unnamed = _vague(old.domains), _vague(new.domains)
        self.vague = self._unnamed[0] | _vague(new.domains, ids=live is not None)
        self.pairs = _matched(old.domains, new.domains, folders, by_name=live is not None)
        self._pair_of = {one: pair for pair in self.pairs for one in pair if one is not None}
        self.moved = {was: moved for now, was in self.pairs if now and was and (moved := _moved(now))}
        self._routed, self._holders = zip(*(_index(side.domains) for side in (old, new)), strict=True)
        # The domains of each side that have no counterpart on the other side.
        self._alone = (
            [was for now, was in self.pairs if was is not None and now is None],
            [now for now, was in self.pairs if now is not None and was is None],
        )
        self._sides: dict[tuple[DomainTable, int], Side | None] = {}  # by destination
        # Networks by domain: those that change in the same way, and why they are unknown before and after.
        self.found: dict[DomainTable, dict[tuple[str, Side, Side], list[int]]] = {}
        self.open: dict[DomainTable, list[tuple[int, _Whys]]] = {}
        # Networks that a domain carries on one side only.
        self._lost: list[tuple[DomainTable, int, Side]] = []
        self._new: list[tuple[DomainTable, int, Side]] = []
        for now, was in self.pairs:
            self._compare(was, now)
        self._compare_domains()

    def _side(self, domain: DomainTable | None, group: Group | None) -> Side | None:
        """Who carries a destination, in the names of the new side; None if that is not known."""
        if domain is None or group is None:
            return NOBODY
        key = domain, group.network
        if key not in self._sides:
            side = side_of(domain.table, group)
            if side is not None and domain in self.moved:
                names = (_renamed(name, self.moved[domain]) for name in side.carriers)
                side = side._replace(carriers=tuple(sorted(names)))
            self._sides[key] = side
        return self._sides[key]

    def _compare(self, old: DomainTable | None, new: DomainTable | None) -> None:
        """Compare two domains with the same name, or a domain with nothing."""
        domain = _named((new, old))
        most = self._possible.get(domain.name, old)  # the old table, with all that may be in it

        @cache
        def alike(one: Group | None, other: Group | None) -> bool:
            """Whether a destination and all those around it have the same routes on both sides. Then nothing
            changes. Most destinations of a large set are of this kind."""
            if one is None or other is None:
                return one is other
            if one.unknown or one.network != other.network:
                return False
            mine, others = (
                [(at.connection, at.weight, at.keeps) for at in group.routes] for group in (one, other)
            )
            return mine == others and alike(one.parent, other.parent)

        comparable = old is most and old and new and old.table.weighted == new.table.weighted
        for block, inside in _nested((most, new)).items():
            held = [one.table.innermost(block) if one is not None else None for one in (old, most, new)]
            if comparable and alike(held[0], held[2]):
                continue
            was, maybe, now = map(self._side, (old, most, new), held)
            parts = network.difference(block, inside)
            if was != maybe:
                if was != now or not self._adds:  # input that only adds routes keeps all live routes
                    why = say("a live connection may be one that has no ID here yet")
                    self.open.setdefault(domain, []).extend((part, (why, None)) for part in parts)
            elif now == NOBODY and was and was.carriers:
                self._lost += ((old or domain, part, was) for part in parts)
            elif was == NOBODY and now and now.carriers:
                self._new += ((domain, part, now) for part in parts)
            else:
                self._note(domain, was, now, parts)

    def _compare_domains(self) -> None:
        """Compare the networks that are lost in one domain with those that are new in another: if folders are
        merged, split or renamed, they are neither."""
        told: dict[DomainTable, list[int]] = {}  # the networks that new networks were compared with
        for domain, block, after in self._new:
            for part, found in self._carried(0, domain, block, after):
                before = _counterpart(after, list(found.values()))
                if before is not None:  # else its own domain lists it
                    self._note(domain, before, after, [part])
                for other, side in found.items():
                    if before is None or side is None or set(side.carriers) <= set(before.carriers):
                        told.setdefault(other, []).append(part)
        done = {domain: NetworkSet(parts) for domain, parts in told.items()}
        for domain, block, before in self._lost:
            compared = done[domain].meeting(block) if domain in done else ()
            for rest in network.difference(block, compared):
                for part, found in self._carried(1, domain, rest, before):
                    side = _counterpart(before, list(found.values()))
                    if side is not None and not _kept(domain, before, part, found):
                        there = next(iter(found), _named(self._pair_of[domain]))
                        self._note(there, before, side, [part])

    def _carried(
        self, at: int, domain: DomainTable, block: int, side: Side
    ) -> Iterator[tuple[int, dict[DomainTable, Side | None]]]:
        """Split a network of a domain of the other side into parts, each with the domains of this side (`at`)
        that carry it.

        Only domains with one of its carriers count, because a connection is bound to one transit router. If
        none of them carries a part, a domain that only this side has may be the same as one that only the
        other side has.
        """
        held = (one for connection in side.carriers for one in self._holders[at].get(connection, ()))
        near = [one for one in dict.fromkeys(held) if _agree(one, domain)]
        for part, found in self._cut(block, near):
            if found or domain not in self._alone[1 - at]:
                yield part, found
            else:
                yield from self._cut(part, [one for one in self._alone[at] if _may_be_one(one, domain)])

    def _cut(
        self, block: int, domains: Iterable[DomainTable]
    ) -> list[tuple[int, dict[DomainTable, Side | None]]]:
        """A network in parts, each with who carries it in the domains that have a route for it."""
        parts: list[tuple[int, dict[DomainTable, Side | None]]] = [(block, {})]
        for domain in domains:
            parts = [
                (piece, {**found, domain: self._side(domain, group)} if group is not None else found)
                for part, found in parts
                for piece, group in domain.table.parts(part)
            ]
        return parts

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


def _renamed(text: str, moved: Iterable[tuple[str, str]]) -> str:
    """A text of the old side with the new side's addresses."""
    for old, new in moved:
        if old in text:
            text = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-])", new.replace("\\", r"\\"), text)
    return text


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
                connection = domain.routes.member_connections[route.member]
                if connection is None or (ids and not isinstance(connection, str)):
                    found.add(route.connection)
    return found


def _differing(
    after: Sequence[Finding], before: Sequence[Finding], moved: Sequence[tuple[str, str]]
) -> tuple[list[Finding], list[Finding]]:
    """The findings of each of two sides that the other side does not have.

    Findings are matched by what they are about, and the others by their messages: the sides may be two
    folders, and a file or an address may have a new name.
    """
    new, fixed = differing(after, before, key=lambda one: (one.code, one.identity))
    told = [(one, one.code, one.message) for one in new]
    gone = [(one, one.code, _renamed(one.message, moved)) for one in fixed]
    sides = differing(told, gone, key=lambda item: item[1:])
    return [one for one, *_ in sides[0]], [one for one, *_ in sides[1]]


def _index(domains: Sequence[DomainTable]) -> tuple[NetworkSet, dict[str, list[DomainTable]]]:
    """The destinations of some domains, and the domains by connection."""
    holders: dict[str, list[DomainTable]] = {}
    for domain in domains:
        for connection in domain.table.connections:
            holders.setdefault(connection, []).append(domain)
    return NetworkSet(group.network for domain in domains for group in domain.table.groups), holders


def _agree(one: DomainTable, other: DomainTable) -> bool:
    """Whether both may be in the same environment: in another one, the same name may mean another
    connection."""
    return None in (one.environment, other.environment) or one.environment == other.environment


def _may_be_one(one: DomainTable, other: DomainTable) -> bool:
    """Whether two domains with different names may be the same."""
    if not one.table.connections.isdisjoint(other.table.connections):
        return True
    regions = {one.table.domain.region, other.table.domain.region} - {None}
    return not (one.known and other.known) and len(regions) < 2 and _agree(one, other)


def _kept(domain: DomainTable, side: Side, part: int, found: Iterable[DomainTable]) -> bool:
    """Whether all carriers of a lost network still have their route in other domains, maybe as a backup."""
    own = domain.table.innermost(part)
    groups = (outer for one in found if (group := one.table.innermost(part)) for outer in group.around())
    routes = (outer.all.names for outer in groups if own is not None and outer.network == own.network)
    return bool(side.carriers) and set(side.carriers) <= set(chain.from_iterable(routes))


def _counterpart(side: Side, others: Sequence[Side | None]) -> Side | None:
    """What to compare a side with: the same carriers, else a side that shares a carrier, else all."""
    if side in others or not others:
        return side if others else NOBODY
    known = [one for one in others if one is not None]
    alike = [one for one in known if one.carriers == side.carriers]
    if not alike and len(known) < len(others):
        return None
    sharing = [one for one in known if not set(one.carriers).isdisjoint(side.carriers)]
    chosen = alike or sharing or known
    carriers = {name for one in chosen for name in one.carriers}
    return Side(tuple(sorted(carriers)), all(one.survives for one in chosen))


def _nested(domains: Iterable[DomainTable | None]) -> dict[int, list[int]]:
    """The destinations of some domains, each with those directly inside it, sorted."""
    blocks = {group.network for one in domains if one is not None for group in one.table.groups}
    inside: dict[int, list[int]] = {}
    around: list[int] = []
    for block in sorted(blocks):
        while around and not network.contains(around[-1], block):
            around.pop()
        if around:
            inside[around[-1]].append(block)
        inside[block] = []
        around.append(block)
    return inside
