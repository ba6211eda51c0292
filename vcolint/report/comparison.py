"""What a change does to traffic: two sides, domain by domain. It does not know how the result is shown."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import NO_WEIGHT, Group
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading
from vcolint.model.route_set import LiveRow, RouteSet, live_rows_of
from vcolint.model.settings import KINDS, Config, Expectation
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.report.change import NOBODY, Change, Judgement, NotKnown, Side, differing, judged, kind_of
from vcolint.report.finding import Finding, Report, Unchecked
from vcolint.report.routing import DomainTable, OtherRoute, Paths, Unplaced
from vcolint.text.source import Source
from vcolint.text.value import Location, Reference


class ChangedDomain(NamedTuple):
    """The changes of one routing domain, by address."""

    name: str
    changes: tuple[Change, ...]


# A domain on the new side and its match on the old side; None if a side has none.
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
    left_out: list[str]  # connections of the old side that the new one does not know
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
    has only one domain, these two match; so do two without a match that share a connection.
    """
    before, after = reports = reports or (Report([], []), Report([], []))
    work = _Comparison(old, new, folders, reports, live)
    changed: dict[DomainTable, list[tuple[int, Change]]] = {}
    for (domain, about), blocks in work.found.items():
        told = [(block, Change(network.text(block), *about)) for block in network.union(blocks)]
        changed.setdefault(domain, []).extend(told)
    domains = sorted(
        ChangedDomain(domain.name, tuple(one for _, one in sorted(found)))
        for domain, found in changed.items()
    )
    reasons: dict[tuple[str, str], list[int]] = defaultdict(list)  # networks that are unknown on a side
    unknown: list[dict[DomainTable, list[int]]] = [defaultdict(list), defaultdict(list)]  # before and after
    for (domain, whys), blocks in work.open.items():
        reasons[domain.name, whys[1] or whys[0] or ""] += blocks
        for held, why in zip(unknown, whys, strict=True):
            held[domain] += blocks if why is not None else ()
    not_known = [(name, one, why) for (name, why), found in reasons.items() for one in network.union(found)]
    counts = [sum(len(network.union(blocks)) for blocks in held.values()) for held in unknown]
    judgement = None
    if expected is not None:
        groups = (group for side in (old, new) for domain in side.domains for group in domain.table.groups)
        judgement = judged(
            expected,
            [one for domain in domains for one in domain.changes],
            [group.network for group in groups if group.parent is None],
            [*chain.from_iterable(work.open.values())],
            new.names,
        )
    gone, _ = differing(old.unplaced, new.unplaced, key=lambda one: (one.address, one.field, one.reason))
    return Diff(
        new.weights,
        base,
        reports,
        *_differing(after.findings, before.findings, [*chain.from_iterable(work.moved.values())]),
        domains,
        work.pairs,
        [NotKnown(network.text(block), name, why) for name, block, why in sorted(not_known)],
        [*new.unplaced, *gone],
        len(old.unplaced) + counts[0],
        len(new.unplaced) + counts[1],
        sorted({*old.other_routes, *new.other_routes}),
        sorted(work.vague[0] | work.vague[1]),
        sorted({row.connection for row in live.left_out}) if live is not None else [],
        judgement,
    )


_Whys = tuple[str | None, str | None]  # why the carrier of a network is unknown: before, and after
# The kinds of changes that may be untrue if there is a further route: before the change, or after it.
_UNDONE = ("new", "moved", "stronger"), ("lost", "moved", "weaker")


class _Comparison:
    """The state of a comparison of two sides: 0 is the old one, 1 the new one."""

    def __init__(
        self,
        old: Paths,
        new: Paths,
        folders: tuple[str, str] | None,
        reports: tuple[Report, Report],
        live: LiveSide | None,
    ) -> None:
        # Routes whose connection may have another name on the other side. They raise doubts about a network
        # only if one side alone has them. A live row in no domain may be on a connection without an ID.
        nameless, without_id = (_vague(old), _vague(new)), _vague(new, ids=live is not None)
        loose = [(row.network, row.connection) for row in live.left_out] if live and without_id else []
        self.vague = [{name for _, name in side} for side in ([*nameless[0], *loose], without_id)]
        only = differing(*nameless, key=itemgetter(0))
        tied = [*only[0], *loose], only[1]
        self._doubts = [*map(_Doubts, _unplaced(old, new, folders, reports), tied)]
        pairs = _matched(old.domains, new.domains, folders, by_name=live is not None)
        self.pairs = sorted(pairs, key=lambda pair: _named(pair).name)
        self.moved = {was: moved for now, was in pairs if now and was and (moved := _moved(now))}
        self._side = cache(self._side_of)
        # The destinations of each side, and its domains by connection and environment: a name may mean
        # different connections in two environments.
        self._routed: list[NetworkSet] = []
        self._holders: list[dict[tuple[str, str | None], list[DomainTable]]] = [{}, {}]
        for side, holders in zip((old, new), self._holders, strict=True):
            self._routed.append(NetworkSet(one.network for held in side.domains for one in held.table.groups))
            for domain in side.domains:
                for name in self._names(domain, domain.table.connections):
                    holders.setdefault((name, domain.environment), []).append(domain)
        # Networks by domain: those that change in the same way, and why they are unknown before and after.
        self.found: dict[tuple[DomainTable, tuple[str, Side, Side]], list[int]] = defaultdict(list)
        self.open: dict[tuple[DomainTable, _Whys], list[int]] = defaultdict(list)
        if loose and not new.adds:  # input that adds routes keeps all live routes
            unsure = next(one for one in new.domains if not self.vague[1].isdisjoint(one.table.connections))
            for block, name in loose:
                self.open[unsure, (_other_name(name), None)].append(block)
        for pair in self.pairs:
            self._compare(pair)

    def _names(self, domain: DomainTable, names: Iterable[str]) -> list[str]:
        """The names of a domain's connections on the new side, sorted."""
        return sorted(_renamed(name, self.moved.get(domain, ())) for name in names)

    def _side_of(self, domain: DomainTable | None, group: Group | None) -> Side | None:
        """Who carries a destination, in the names of the new side; None if that is not known."""
        if domain is None or group is None:
            return NOBODY
        carriers, survives = domain.table.carriage(group).carriers, domain.table.survives(group)
        if carriers is None or survives is None:
            return None
        return Side(tuple(self._names(domain, carriers)), survives)

    def _compare(self, pair: Pair) -> None:
        """Compare two domains that match, or a domain with nothing."""
        new, old = pair

        comparable = old and new and old.table.weighted == new.table.weighted
        groups = [{} if one is None else {group.network: group for group in one.table.groups} for one in pair]
        blocks = NetworkSet(chain(*groups))
        # The destinations that, with all those around them, have the same routes on both sides, as most of a
        # large set: nothing changes there.
        same: set[int | None] = {None}
        for block in blocks.networks:
            now, was = (side.get(block) for side in groups)
            if comparable and now and was and _alike(now, was) and _around(now) in same:
                same.add(block)
                continue
            now, was = (one.table.innermost(block) if one is not None else None for one in pair)
            before, after = self._side(old, was), self._side(new, now)
            if before is None or after is None:
                whys = NO_WEIGHT if before is None else None, NO_WEIGHT if after is None else None
                self.open[_named(pair), whys] += network.difference(block, blocks.inside(block))
            elif before != after:
                for part in network.difference(block, blocks.inside(block)):
                    self._note(pair, part, before, after)

    def _note(self, pair: Pair, block: int, before: Side, after: Side) -> None:
        """Record how the two sides of a network differ, or why this is not known. If another domain carries
        it in the same way, it is neither lost nor new: its routes have moved to another folder."""
        kind, environment = kind_of(before, after), _named(pair).environment
        at, side = (1, before) if kind == "lost" else (0, after)
        parts: dict[int, str | None] = {block: None}  # -> a carrier in another domain, if any
        for name in side.carriers if kind in ("lost", "new") else ():
            for domain in self._holders[at].get((name, environment), ()):
                parts = {
                    piece: known if group is None else name
                    for part, known in parts.items()
                    for piece, group in domain.table.parts(part)
                    if self._side(domain, group) != side
                }
        for part, carrier in parts.items():
            whys = self._whys(pair, part, kind, before, after)
            if carrier is not None:
                told = say("another routing domain of {name} has a route to it", name=carrier)
                whys = (told, None) if at == 0 else (None, told)
            if any(whys):
                self.open[_named(pair), whys].append(part)
            else:
                self.found[_named(pair), (kind, before, after)].append(part)

    def _whys(self, pair: Pair, block: int, kind: str, before: Side, after: Side) -> _Whys:
        """Why it is not certain that a network changes in this way: unknown routes before, and unknown routes
        after."""
        new, old = pair
        found: list[str | None] = []
        for at, (side, mine, other) in enumerate(((before, old, new), (after, new, old))):
            vague = self.vague[at].intersection(side.carriers)
            if vague and self._routed[1 - at].meeting(block):
                found.append(_other_name(min(vague)))
            else:
                found.append(self._doubts[at].reason(block, mine, other) if kind in _UNDONE[at] else None)
        return found[0], found[1]


def _alike(one: Group, other: Group) -> bool:
    """Whether two groups of one network have the same routes, with known weights, and the same parent."""
    routes, others = (
        [(route.connection, route.weight, route.keeps) for route in group.routes] for group in (one, other)
    )
    return not one.unknown and routes == others and _around(one) == _around(other)


def _around(group: Group) -> int | None:
    return None if group.parent is None else group.parent.network


# -- routes that may carry more than is known -------------------------------------------------------------


class _Doubts:
    """The routes that only one side has and whose destination, connection or existence is not known. They may
    carry a network that this side seems not to carry."""

    def __init__(self, unplaced: Iterable[tuple[str, Unplaced]], nameless: Iterable[tuple[int, str]]) -> None:
        """`unplaced`: those that are in no table, each with its root or folder. `nameless`: the network and
        the connection of those whose connection may have another name."""
        self._tied = {block: _other_name(name) for block, name in nameless}  # why a route may carry a network
        # Why a route may carry any network of a domain: by the place of a guessed domain (None: known
        # domains), or by the name of a connection in the domain.
        self._free: dict[str | None, str] = {}
        for place, (item, _, names, block) in unplaced:
            name = item.address or f"{item.file}:{item.line}"
            told = say("{name} may carry it: {reason}", name=name, reason=item.reason)
            if block is not None:
                self._tied.setdefault(block, told)
            else:
                for key in (place, None, *names):
                    self._free.setdefault(key, told)
        self._blocks = NetworkSet(self._tied)
        self._near = cache(self._near_of)

    def reason(self, block: int, mine: DomainTable | None, other: DomainTable | None) -> str | None:
        """Why one of these routes may carry a network of a domain. `mine` is the domain on the side of these
        routes, `other` its match on the other side; None: that side has no match."""
        tied = (self._tied[one] for one in self._blocks.meeting(block))
        return self._near(mine, other) or next(tied, None)

    def _near_of(self, mine: DomainTable | None, other: DomainTable | None) -> str | None:
        """Why one of these routes may carry any network of a domain."""
        place = mine.table.domain.place if mine is not None else None
        names = sorted(other.table.connections) if other is not None else ()
        return next((self._free[key] for key in (place, *names) if key in self._free), None)


def _other_name(name: str) -> str:
    return say("{name} may have another name on the other side", name=name)


def _unplaced(
    old: Paths, new: Paths, folders: tuple[str, str] | None, reports: tuple[Report, Report]
) -> Iterator[list[tuple[str, Unplaced]]]:
    """The routes of each side that are in no table, with their root or folder. A route is left out if
    it is unknown in the same way on both sides."""
    sides = []
    for side, folder, report in zip((old, new), folders or (None, None), reports, strict=True):
        lines = cache(lambda file, text_of=report.text_of: Source(file, text_of(file) or ""))
        keyed = []
        for one in side.unknown:
            item, place, names, block = one
            root = (posixpath.dirname(item.file) if item.root is None else item.root) or "."
            seen = root if folder is None else posixpath.relpath(root, folder)
            about = item.address, _text(lines(item.file), place), item.field, item.reason, block
            keyed.append(((seen, *about, *sorted(names)), (root, one)))
        sides.append(keyed)
    # Match with the place first, then without it: two files that are compared have different names.
    for start in (0, 1):
        sides = list(differing(*sides, key=lambda item, start=start: item[0][start:]))  # type: ignore[misc]
    for keyed in sides:
        yield [one for _, one in keyed]


def _text(lines: Source, place: Location) -> str:
    """The text of a place, "" if the file's text is not available. For the header of a block: the text up to
    the closing brace."""
    if place.end_line > len(lines):
        return ""
    start, end = lines.offsets(place)
    if lines.text[end : lines.end(place.end_line)].strip() == "{":
        end = lines.text.find("\n}", end)
    return lines.text[start:end]


def _vague(side: Paths, *, ids: bool = False) -> list[tuple[int, str]]:
    """The network and the connection of routes whose connection may have another name on the other side:
    nothing is known about it, or, with `ids`, it has no ID yet."""
    kinds = (str,) if ids else (str, Reference)
    return [
        (group.network, route.connection)
        for domain in side.domains
        for group in domain.table.groups
        for route in group.routes
        if not isinstance(domain.routes.member_connections[route.member], kinds)
    ]


# -- which domains are compared ---------------------------------------------------------------------------


class LiveSide(NamedTuple):
    """Live rows as tables, each in the routing domains of the new side."""

    tables: Paths
    left_out: list[LiveRow]  # rows that are in no domain


def live_side(dumps: Sequence[Reading], new: Paths, config: Config) -> LiveSide:
    """Live rows in the domains of the new side. Rows are left out if nothing there uses their connection
    and the config puts it in no domain. Input that only adds routes changes no other domain of the config."""
    domains = {one.name: (one.redundancy, set(one.table.connections)) for one in new.domains}
    for one in config.domains.values():
        if one.name in domains or not new.adds:
            redundancy, names = domains.get(one.name, (one.redundancy or config.redundancy, set()))
            domains[one.name] = redundancy, names.union(one.connections)
    used = {name for _, names in domains.values() for name in names}
    left_out = [row for dump in dumps for row in live_rows_of(dump.records) if row.connection not in used]
    sets = []
    for name, (redundancy, names) in domains.items():
        there = config._replace(domains={name: ConfiguredDomain(name, tuple(names), redundancy)})
        for dump in dumps:
            found = Reading(dump.kind, dump.files)
            found.records, found.learned = (
                [row.record for row in live_rows_of(rows) if row.connection in names]
                for rows in (dump.records, dump.learned)
            )
            if found.records or found.learned:
                sets.append(RouteSet([found], there))
    return LiveSide(Paths(sets, weights=new.weights == "honoured"), left_out)


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


def _matched(
    old: Sequence[DomainTable], new: Sequence[DomainTable], folders: tuple[str, str] | None, *, by_name: bool
) -> list[Pair]:
    """Match the domains of both sides by name, then the rest by a shared connection: a connection is bound to
    one transit router. `by_name`: names are the same on both sides, so single domains need not match."""
    if len(old) == len(new) == 1 and not by_name:
        return [(new[0], old[0])]
    old_folder, new_folder = folders or (None, None)
    alike: dict[str, list[DomainTable]] = defaultdict(list)  # plans and states may have domains of one name
    for one in old:
        alike[_matching_name(one, old_folder)].append(one)
    pairs: list[Pair] = []
    for one in new:
        named = alike[_matching_name(one, new_folder)]
        pairs.append((one, named.pop(0) if named else None))
    left = [*chain.from_iterable(alike.values())]
    for number, (now, match) in enumerate(pairs):
        if now is not None and match is None:
            near = (one for one in left if one.environment == now.environment)
            near = (one for one in near if not one.table.connections.isdisjoint(now.table.connections))
            match = next(near, None)
            if match is not None:
                left.remove(match)
                pairs[number] = now, match
    return [*pairs, *((None, was) for was in left)]


def _matching_name(domain: DomainTable, folder: str | None) -> str:
    """The name that a domain is matched by: that of a guessed one is relative to the compared folder."""
    if folder is None or domain.known:
        return domain.name
    return posixpath.relpath(domain.name, folder)


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
