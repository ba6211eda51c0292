"""Routes on one side of a change that may carry more than is known: a network that looks lost may be theirs.
What is equally unknown on both sides is no change."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.domains import place_of
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.report.change import Side, remaining
from vcolint.report.routing import DomainTable, Paths
from vcolint.text.lines import Lines
from vcolint.text.value import Location, Unknown


class Doubtful(NamedTuple):
    """A route whose destination, connection or very existence is not known."""

    block: int | None  # the network that it carries at most; None: any
    connections: frozenset[str] | None  # the names of its connection; None: any
    domain: str | None  # the name of its routing domain, as far as its connection is known
    known: bool  # the domain is not guessed
    place: str  # the root or the folder
    reason: str
    form: tuple[Hashable, ...]  # what it has in common with the same route on the other side

    def may_be_in(self, mine: DomainTable | None, other: DomainTable | None) -> bool:
        """Whether it may be a route of a domain. `mine` is the domain on its own side, `other` the one that
        this is compared with."""
        if self.connections is not None:  # a connection is bound to one transit router
            if other is not None and not self.connections.isdisjoint(other.table.connections):
                return True
            if mine is not None:
                return mine.name == self.domain
            return other is None or not (other.known and self.known) or other.name == self.domain
        return mine is None or mine.known or mine.table.domain.place == self.place


class InDomain:
    """Those of the doubtful routes that may be in one domain, beside the routes that its table has."""

    def __init__(
        self, doubtful: Sequence[Doubtful], mine: DomainTable | None, other: DomainTable | None
    ) -> None:
        """`mine` and `other` are as for `Doubtful.may_be_in`."""
        routes = [one for one in doubtful if one.may_be_in(mine, other)]
        self._free = [one for one in routes if one.block is None]
        self._tied = {one.block: one for one in routes if one.block is not None}
        self._blocks = NetworkSet(self._tied)

    def reason(self, block: int, of: Collection[str] | None = None, but: Collection[str] = ()) -> str | None:
        """Why one of them may carry a network: on one of the connections `of`, if these are given, and on
        another one than those of `but`."""
        for one in self._free:
            if one.connections is None or (
                (of is None or not one.connections.isdisjoint(of)) and one.connections.isdisjoint(but)
            ):
                return one.reason
        met = next(iter([*self._blocks.enclosing(block), *self._blocks.inside(block)]), None)
        return None if met is None else self._tied[met].reason


class Doubts:
    """Why a change of one domain may be none."""

    def __init__(
        self,
        doubtful: tuple[InDomain, InDomain],
        vague: Set[str],
        unnamed: tuple[Set[str], Set[str]],
        domains: tuple[Sequence[DomainTable], Sequence[DomainTable]],
    ) -> None:
        """`doubtful`: the routes that may be in the domain, before and after; `vague`: names that may be
        another one on the other side; `unnamed`: those of connections that are not known, before and after;
        `domains`: all of them, before and after."""
        self._before, self._after = doubtful
        self._vague = vague
        self._unnamed = unnamed
        self._domains = domains

    def of(self, kind: str, block: int, sides: tuple[Side, Side]) -> list[str | None]:
        """Why a network may not change so: because of what is not known before, and of what is not after."""
        before, after = sides
        if kind == "lost":
            return [self._elsewhere(block, before, 0), self._after.reason(block)]
        if kind == "new":
            return [self._before.reason(block), self._elsewhere(block, after, 1)]
        if kind == "weaker":
            return [None, self._after.reason(block, but=after.carriers)]
        if kind == "stronger":
            return [self._before.reason(block, but=before.carriers), None]
        named = [self._vague & {*side.carriers} for side in sides]
        if any(named):
            return [_renamed(min(names)) if names else None for names in named]
        return [
            self._before.reason(block, of=after.carriers),
            self._after.reason(block, of=before.carriers),
        ]

    def _elsewhere(self, block: int, side: Side, at: int) -> str | None:
        """Why what carries a network on one side may be in another domain, which carries it on the other."""
        names = self._unnamed[at] & {*side.carriers}
        if names and any(_carried(domain, block) for domain in self._domains[1 - at]):
            return say("the routing domain of {name} is not known", name=min(names))
        return None


def _renamed(name: str) -> str:
    return say("{name} may have another name on the other side", name=name)


def _carried(domain: DomainTable, block: int) -> bool:
    """Whether a domain has a route to any of a network."""
    return any(group is not None for _, group in domain.table.parts(block))


def unmatched(
    old: Paths, new: Paths, folders: tuple[str, str] | None, *, is_live: bool
) -> tuple[list[Doubtful], list[Doubtful]]:
    """The doubtful routes that only the old, and that only the new side has. `is_live`: the old side has IDs
    only."""
    old_folder, new_folder = folders or (None, None)
    sides = list(_doubtful(old, old_folder, ids=False)), list(_doubtful(new, new_folder, ids=is_live))
    # Two files that are compared have different names: then their place does not count.
    for start in (0, 1):
        forms = [[one.form[start:] for one in side] for side in sides]
        common = Counter(forms[0]) & Counter(forms[1])
        sides = remaining(sides[0], forms[0], common), remaining(sides[1], forms[1], common)
    return sides


def _doubtful(side: Paths, folder: str | None, *, ids: bool) -> Iterator[Doubtful]:
    for routes in side.sets:
        written = lru_cache(len(routes.readings))(_lines)
        for reading in routes.readings:
            place = place_of(reading)
            for item in reading.unlisted:
                why = say(
                    "{name} may carry it: {reason}",
                    name=item.address or item.location.file,
                    reason=item.reason,
                )
                text = _block(written(reading, item.location.file), item.location)
                yield Doubtful(
                    None,
                    None,
                    None,
                    False,
                    place,
                    why,
                    (_seen(place, folder), item.address, text, item.reason),
                )
        yield from _entries(routes, folder, written, ids=ids)


def _entries(
    routes: RouteSet, folder: str | None, written: Callable[[Reading, str], Lines], *, ids: bool
) -> Iterator[Doubtful]:
    secret = {entry for entry, field, _ in routes.sensitive if field == "RouteDest"}
    destinations = routes.column("RouteDest")
    if Unknown not in routes.kinds("RouteDest") and not secret and None not in routes.connections:
        return
    out = routes.duplicates | routes.misweighted | routes.dry
    for entry in range(routes.size):
        value, connection = destinations[entry], routes.connections[entry]
        hidden = entry in secret
        if entry in out or not (hidden or connection is None or isinstance(value, Unknown)):
            continue
        block = None if hidden or isinstance(value, Unknown) else routes.destinations[entry]
        if block is None and not hidden and not isinstance(value, Unknown):
            continue  # wrong, and told as such
        names = None
        if connection is not None and (isinstance(connection, str) or not ids):
            names = frozenset({*routes.names_of(connection), routes.connection_name(connection)})
        reading = routes.place(entry)[0]
        spot, address = routes.location(entry, "RouteDest"), routes.record(entry).address
        fields = [routes.value(entry, name) for name in ("VpnConnectionId", "RouteDest", "Weight")]
        told = tuple(str(one.reason) if isinstance(one, Unknown) else one for one in fields)
        place = place_of(reading)
        text = _slice(written(reading, spot.file), spot)
        reason = (
            say("a sensitive value is not shown")
            if hidden
            else next(one.reason for one in (value, fields[0]) if isinstance(one, Unknown))
        )
        name = address or f"{spot.file}:{spot.line}"
        yield Doubtful(
            block,
            names,
            None if names is None else routes.domains[entry].name,
            routes.domains[entry].known,
            place,
            say("{name} may carry it: {reason}", name=name, reason=reason),
            (_seen(place, folder), address, text, told),
        )


def _seen(place: str, folder: str | None) -> str:
    return place if folder is None else posixpath.relpath(place, folder)


def _lines(reading: Reading, file: str) -> Lines:
    return Lines(reading.texts.get(file, ""))


def _slice(lines: Lines, place: Location) -> str:
    """The text of a place; "" where the text is not at hand."""
    if place.end_line > len(lines):
        return ""
    start, end = lines.offsets(place)
    return lines.text[start:end]


def _block(lines: Lines, place: Location) -> str:
    """The text of a place. If that is the header of a block: up to the brace that closes it."""
    text = [_slice(lines, place)]
    if lines.line(place.end_line)[place.end_column - 1 :].strip() == "{":
        for number in range(place.end_line + 1, len(lines) + 1):
            text.append(lines.line(number))
            if text[-1].startswith("}"):
                break
    return "\n".join(text)
