"""What a change does to traffic: two sides, domain by domain. Nothing here knows how it is shown."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import NO_WEIGHT, Table
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import KINDS, Config, Expectation
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.report.change import Change, Judgement, NotKnown, Side, judged, remaining
from vcolint.report.doubts import Doubts, InDomain, unmatched
from vcolint.report.elsewhere import NOBODY, Elsewhere, Loose, matches, side_of
from vcolint.report.finding import Finding, Report
from vcolint.report.routing import DomainTable, Paths


class ChangedDomain(NamedTuple):
    """The changes of one routing domain, by address."""

    name: str
    changes: tuple[Change, ...]


class Diff:
    """What a change does to traffic.

    Domains are matched by name, guessed ones of two folders by their place in these. Where each side has one
    domain only, these two match. What is then lost in one domain and new in another is compared once more:
    folders may have been merged, split or renamed.
    """

    def __init__(
        self,
        old: Paths,
        new: Paths,
        reports: tuple[Report, Report] | None = None,
        *,
        base: str | None = None,
        folders: tuple[str, str] | None = None,
        is_live: bool = False,
        left_out: Sequence[str] = (),
        possible: Paths | None = None,
        expected: Sequence[Expectation] | None = None,
    ) -> None:
        """`reports` are those of both sides; `base` is the commit that the old side is of; `folders` are
        the old and the new folder, where each side is one; `is_live`: the old side has IDs only; `left_out`
        are connections of the old side that the new one does not know; `possible` has the tables of the old
        side with all that may be in them too; `expected` is what the change is meant to do."""
        self.left_out = left_out
        self.weights = new.weights
        self.base = base
        self.reports = before, after = reports or (Report([], []), Report([], []))
        self.fixed_findings, self.new_findings = _differing(before.findings, after.findings)
        # Networks whose carriers are not known, and routes whose destination is not known.
        self.unchecked_before = len(old.unplaced)
        self.unchecked_after = len(new.unplaced)
        self.other_routes = sorted({*old.other_routes, *new.other_routes})
        named, alone = _matched(old.domains, new.domains, folders, by_name=is_live)
        # The tables that a picture shows in one: after and before.
        self.tables = sorted(
            [*named, *_alike(*alone)],
            key=lambda pair: (pair[0] or pair[1]).name,  # type: ignore[union-attr]
        )
        # Routes whose destination is not known, those of the new side first; the same on both sides once.
        known = {(one.address, one.field, one.reason) for one in new.unplaced}
        gone = (one for one in old.unplaced if (one.address, one.field, one.reason) not in known)
        self.unplaced = [*new.unplaced, *gone]
        self.not_known: list[NotKnown] = []  # networks whose carriers either side does not know
        self._unknown: list[int] = []  # the same as blocks
        self._possible = {domain.name: domain.table for domain in possible.domains} if possible else {}
        self._adds = new.adds
        doubtful = unmatched(old, new, folders, is_live=is_live)
        # Names of connections that may be one with another name on the other side.
        self.vague: set[str] = set()
        self._found: dict[DomainTable, dict[tuple[str, Side, Side], list[int]]] = {}
        self._open: dict[DomainTable, list[tuple[int, _Whys]]] = {}  # what is not known, by domain
        self._doubts: dict[DomainTable, Doubts] = {}
        self._lost: list[Loose] = []
        self._new: list[Loose] = []
        pairs: list[_Pair] = [*named, *((now, None) for now in alone[0]), *((None, was) for was in alone[1])]
        for now, was in pairs:
            domain = now or was
            assert domain is not None
            unnamed = _vague(was, ids=False), _vague(now, ids=False)
            vague = unnamed[0] | (_vague(now, ids=True) if is_live else unnamed[1])
            self.vague |= vague
            there = InDomain(doubtful[0], was, now), InDomain(doubtful[1], now, was)
            self._doubts[domain] = Doubts(there, self.vague, unnamed, (old.domains, new.domains))
            self._compare(was, now)
        then, since = Elsewhere(old.domains, alone[1]), Elsewhere(new.domains, alone[0])
        self._namesakes = {was: now for now, was in named}
        self._loose: dict[DomainTable, list[Loose]] = {}  # what a domain carries on one side only
        for loose in (*self._lost, *self._new):
            self._loose.setdefault(loose.domain, []).append(loose)
        for one in matches(self._lost, self._new, then, since):
            if one.before is not None and one.after is not None:  # else its own domain has it as unchecked
                domain = self._namesakes.get(one.domain) or one.domain
                self._note(domain, one.before, one.after, [one.block])
        self._count_open()
        self.domains = [_changed(*item) for item in self._found.items()]
        self.domains.sort(key=lambda one: one.name)
        # What names a connection, as a carrier after the change, that no route uses.
        self.unused = [
            say("{place}: {fault}", place=one.place, fault=new.unused(name))
            for one in expected or ()
            for name in one.to or ()
            if not new.uses(name)
        ]
        self.judgement: Judgement | None = None
        if expected is not None:
            routed = (table.table.groups for pair in self.tables for table in pair if table is not None)
            blocks = [group.network for groups in routed for group in groups if group.parent is None]
            changes = [one for domain in self.domains for one in domain.changes]
            self.judgement = judged(expected, changes, blocks, self._unknown, new.names)

    def elsewhere(self, domain: DomainTable) -> list[str]:
        """The destinations of a domain that another one has on the other side: alone they would look lost,
        or new."""
        found: dict[str, bool] = {}
        shown = self._namesakes.get(domain) or domain
        kinds = self._found.get(shown, {}).items()
        told = NetworkSet(block for key, blocks in kinds if key[0] in ("lost", "new") for block in blocks)
        for one in self._loose.get(domain, ()):
            group = domain.table.innermost(one.block)
            if group is not None:
                cidr = network.text(group.network)
                found[cidr] = found.get(cidr, True) and not told.meeting(one.block)
        return [cidr for cidr, is_elsewhere in found.items() if is_elsewhere]

    @property
    def unchecked(self) -> int:
        """How many networks and routes could not be compared, on the side that has more of them."""
        return max(self.unchecked_before, self.unchecked_after)

    @property
    def verdict(self) -> str | None:
        """Whether the change is as it was declared; None where nothing was."""
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
        """The changes of each kind of which there are any, the heaviest kind first."""
        return {kind: found for kind in KINDS if (found := self.of(kind))}

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

    def _compare(self, old: DomainTable | None, new: DomainTable | None) -> None:
        """Compare two domains with one name, or a domain with nothing."""
        tables = old.table if old is not None else None, new.table if new is not None else None
        domain = new or old
        assert domain is not None
        most = self._possible.get(domain.name, tables[0])  # the old table, with all that may be in it
        first = _Sides(tables[0])
        sides = first, first if most is tables[0] else _Sides(most), _Sides(tables[1])
        alike: dict[tuple[int, ...], list[int]] = {}
        for block in _pieces(most, tables[1]):
            alike.setdefault(tuple(side.of(block) for side in sides), []).append(block)
        for keys, blocks in alike.items():
            before, possibly, after = (side.known[key] for side, key in zip(sides, keys, strict=True))
            is_alone = old is None or new is None
            if before != possibly:
                if before != after or not self._adds:  # what only adds routes leaves all that is live
                    why = say("a live connection may be one that has no ID here yet")
                    self._open.setdefault(domain, []).extend((block, [why, None]) for block in blocks)
            elif after == NOBODY and before and before.carriers:
                self._lost += (Loose(old or domain, is_alone, block, before) for block in blocks)
            elif before == NOBODY and after and after.carriers:
                self._new += (Loose(domain, is_alone, block, after) for block in blocks)
            else:
                self._note(domain, before, after, blocks)

    def _note(self, domain: DomainTable, before: Side | None, after: Side | None, blocks: list[int]) -> None:
        """Note what differs between two sides of some networks, or that it is not known."""
        if before is None or after is None:
            whys = [NO_WEIGHT if one is None else None for one in (before, after)]
            self._open.setdefault(domain, []).extend((block, whys) for block in blocks)
            return
        kind = _kind(before, after)
        if kind is None:
            return
        for block in blocks:
            whys = self._doubts[domain].of(kind, block, (before, after))
            if any(whys):
                self._open.setdefault(domain, []).append((block, whys))
            else:
                self._found.setdefault(domain, {}).setdefault((kind, before, after), []).append(block)

    def _count_open(self) -> None:
        """Count the networks that are not known on either side, and say why."""
        for domain, found in self._open.items():
            self._unknown += (block for block, _ in found)
            self.unchecked_before += len(network.union([block for block, whys in found if whys[0]]))
            self.unchecked_after += len(network.union([block for block, whys in found if whys[1]]))
            reasons: dict[str, list[int]] = {}
            for block, (before, after) in found:
                reasons.setdefault(after or before or "", []).append(block)
            left = [(block, why) for why, blocks in reasons.items() for block in network.union(blocks)]
            self.not_known += (NotKnown(network.text(block), domain.name, why) for block, why in sorted(left))


_Whys = list[str | None]  # why it is not known who carries a network: before, and after


class LiveSide(NamedTuple):
    """Live rows as sets of routes, each in the routing domains of the side that is going to change them."""

    sets: list[RouteSet]
    possible: list[RouteSet]  # with the rows that may be of a connection that has no ID yet
    left_out: list[str]  # the connections of rows that are in no domain


def in_domains_of(dumps: Sequence[Reading], new: Paths, config: Config) -> LiveSide:
    """Live rows in the domains of the new side. Left out are connections that nothing there uses and that the
    config puts in no domain. What only adds routes leaves the other domains of the config as they are."""
    connections = {domain.name: (domain.redundancy, set(domain.table.connections)) for domain in new.domains}
    for domain in config.domains.values():
        if domain.name not in connections and new.adds:
            continue
        redundancy = domain.redundancy or config.redundancy
        connections.setdefault(domain.name, (redundancy, set()))[1].update(domain.connections)
    used = set[str]().union(*(names for _, names in connections.values()))
    rest = {
        name for dump in dumps for one in dump.records if isinstance(name := _connection(one), str)
    } - used

    def sets(name: str, more: Set[str] = frozenset()) -> Iterator[RouteSet]:
        redundancy, names = connections[name]
        names = names | more
        there = config._replace(domains={name: ConfiguredDomain(name, tuple(names), redundancy)})
        for dump in dumps:
            rows = Reading(dump.kind, dump.files)
            rows.records = [one for one in dump.records if _connection(one) in names]
            rows.learned = [one for one in dump.learned if _connection(one) in names]
            if rows.records or rows.learned:
                yield RouteSet([rows], there)

    open_to = [domain.name for domain in new.domains if rest and _vague(domain, ids=True)]
    return LiveSide(
        [one for name in connections for one in sets(name)],
        [one for name in open_to for one in sets(name, rest)],
        [] if open_to else sorted(rest),
    )


def _connection(record: Record) -> object:
    held = record.fields.get("VpnConnectionId")
    return held.value if held else None


_Pair = tuple[DomainTable | None, DomainTable | None]


def _changed(domain: DomainTable, found: Mapping[tuple[str, Side, Side], list[int]]) -> ChangedDomain:
    """The changes of a domain in the fewest networks, by address."""
    changes = [
        (block, Change(network.text(block), *key))
        for key, blocks in found.items()
        for block in network.union(blocks)
    ]
    return ChangedDomain(domain.name, tuple(change for _, change in sorted(changes, key=lambda one: one[0])))


def _matched(
    old: Sequence[DomainTable], new: Sequence[DomainTable], folders: tuple[str, str] | None, *, by_name: bool
) -> tuple[list[_Pair], tuple[list[DomainTable], list[DomainTable]]]:
    """Domains of the new side, each with the one of the old side that has its name; and those of the new and
    of the old side that have none such. `by_name`: the old side has the names of the new one."""
    if len(old) == len(new) == 1 and not by_name:
        return [(new[0], old[0])], ([], [])
    old_folder, new_folder = folders or (None, None)
    before, after = _keyed(old, old_folder), _keyed(new, new_folder)
    pairs: list[_Pair] = [(after.pop(key), before.pop(key)) for key in [*after] if key in before]
    return pairs, ([*after.values()], [*before.values()])


def _alike(new: Sequence[DomainTable], old: Sequence[DomainTable]) -> list[_Pair]:
    """Domains without a namesake, each with the one of the other side that shares the most connections."""
    before, after = dict(enumerate(old)), dict(enumerate(new))
    owners: dict[str, list[int]] = {}
    for key, was in before.items():
        for connection in was.table.connections:
            owners.setdefault(connection, []).append(key)
    shared = Counter(
        (key, other)
        for key, now in after.items()
        for connection in now.table.connections
        for other in owners.get(connection, ())
    )
    pairs: list[_Pair] = []
    for (key, other), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if key in after and other in before:
            pairs.append((after.pop(key), before.pop(other)))
    return [*pairs, *((now, None) for now in after.values()), *((None, was) for was in before.values())]


def _vague(domain: DomainTable | None, *, ids: bool) -> set[str]:
    """The names of connections that may have another name on the other side: nothing is known of them, or,
    with `ids`, they have no ID yet."""
    found = set()
    for group in domain.table.groups if domain is not None else ():
        for route in group.routes:
            connection = domain.routes.connection(route.member)  # type: ignore[union-attr]
            if connection is None or (ids and not isinstance(connection, str)):
                found.add(route.connection)
    return found


def _keyed(domains: Sequence[DomainTable], folder: str | None) -> dict[tuple[str, int], DomainTable]:
    """Domains by what they are matched by. Each plan or state has its own, which may have equal names."""
    seen: Counter[str] = Counter()
    found = {}
    for domain in domains:
        name = _key(domain, folder)
        found[name, seen[name]] = domain
        seen[name] += 1
    return found


def _key(domain: DomainTable, folder: str | None) -> str:
    if folder is None or domain.known:
        return domain.name
    return posixpath.relpath(domain.name, folder)


def _differing(*sides: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of each of two sides that the other side does not have.

    What the fingerprints do not match is matched by its words, one to one: the sides may be two folders, or a
    file may have a new name.
    """
    prints = [{one.fingerprint for one in side} for side in sides]
    common = prints[0] & prints[1]
    left = [[one for one in side if one.fingerprint not in common] for side in sides]
    words = [[(one.code, one.message) for one in side] for side in left]
    matched = Counter(words[0]) & Counter(words[1])
    return [remaining(side, told, matched) for side, told in zip(left, words, strict=True)]


def _pieces(old: Table | None, new: Table | None) -> Iterator[int]:
    """Networks that no destination of either side cuts; together they are all that either side routes."""
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


class _Sides:
    """What one side of a change does with networks that each lie in one group, or in none. Worked out once a
    group, for many networks may lie in one."""

    def __init__(self, table: Table | None) -> None:
        self._table = table
        self._numbers: dict[int | None, int] = {}  # by the group's network
        self.known: list[Side | None] = []  # None: it is not known

    def of(self, block: int) -> int:
        """The number in `known` of who carries a network."""
        group = self._table.innermost(block) if self._table is not None else None
        key = None if group is None else group.network
        if key not in self._numbers:
            self._numbers[key] = len(self.known)
            known = side_of(self._table, group) if self._table is not None and group is not None else NOBODY
            self.known.append(known)
        return self._numbers[key]


def _kind(before: Side, after: Side) -> str | None:
    if before.carriers != after.carriers:
        return "new" if not before.carriers else "lost" if not after.carriers else "moved"
    if before.survives != after.survives:
        return "weaker" if before.survives else "stronger"
    return None
