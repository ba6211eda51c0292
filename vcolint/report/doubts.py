"""Routes on one side of a change that may carry more than is known: a network that looks lost may still be
carried. A route that is unknown in the same way on both sides is no change."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.domains import place_of
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.report.change import differing
from vcolint.report.routing import DomainTable, Paths
from vcolint.text.source import Lines
from vcolint.text.value import Location, Unknown


class Doubtful(NamedTuple):
    """A route whose destination, connection or very existence is not known."""

    block: int | None  # the largest network that it may carry; None: any
    connections: frozenset[str] | None  # the possible names of its connection; None: any
    domain: str | None  # the name of its routing domain, as far as its connection is known
    known: bool  # the domain is not guessed
    place: str  # the root or the folder
    reason: str
    form: tuple[Hashable, ...]  # the key that it shares with the same route on the other side

    def may_be_in(self, mine: DomainTable | None, other: DomainTable | None) -> bool:
        """Whether it may be a route of a domain. `mine` is the domain on its own side, `other` the domain on
        the other side."""
        if self.connections is not None:  # a connection is bound to one transit router
            if other is not None and not self.connections.isdisjoint(other.table.connections):
                return True
            if mine is not None:
                return mine.name == self.domain
            return other is None or not (other.known and self.known) or other.name == self.domain
        return mine is None or mine.known or mine.table.domain.place == self.place


class Doubts:
    """The doubtful routes of one side that the other side does not have."""

    def __init__(self, routes: Sequence[Doubtful]) -> None:
        self._tied: dict[int, list[Doubtful]] = {}  # those that carry at most one network
        self._free: list[Doubtful] = []
        # The others, by everything that can place them in a domain of their own side.
        self._index: dict[tuple[str, str | None], list[Doubtful]] = {}
        self._near: dict[tuple[DomainTable | None, DomainTable | None], list[Doubtful]] = {}
        for one in routes:
            if one.block is not None:
                self._tied.setdefault(one.block, []).append(one)
                continue
            self._free.append(one)
            keys = [("connection", name) for name in one.connections or ()]
            placed = ("domain", one.domain) if keys else ("place", one.place)
            for key in (placed, *keys, *([] if keys else [("place", None)])):
                self._index.setdefault(key, []).append(one)
        self._blocks = NetworkSet(self._tied)

    def reason(
        self,
        block: int,
        mine: DomainTable | None,
        other: DomainTable | None,
        of: Collection[str] | None = None,
        but: Collection[str] = (),
    ) -> str | None:
        """Why one of them may carry a network of a domain: on one of the connections `of`, if these are
        given, and on another one than those of `but`. `mine` and `other` are as for `Doubtful.may_be_in`."""
        met = chain.from_iterable(self._tied[one] for one in self._blocks.meeting(block))
        for one in chain(self._free_in(mine, other), met):
            names = one.connections
            fits = names is None or (names.isdisjoint(but) and not (of is not None and names.isdisjoint(of)))
            if fits and one.may_be_in(mine, other):
                return one.reason
        return None

    def _free_in(self, mine: DomainTable | None, other: DomainTable | None) -> list[Doubtful]:
        """Those that may carry any network of a domain; the result may contain others too."""
        if mine is None:
            return self._free
        if (mine, other) not in self._near:
            place = None if mine.known else mine.table.domain.place
            keys: list[tuple[str, str | None]] = [("domain", mine.name), ("place", place)]
            keys += (("connection", name) for name in (other.table.connections if other is not None else ()))
            found = chain.from_iterable(self._index.get(key, ()) for key in keys)
            self._near[mine, other] = list(dict.fromkeys(found))
        return self._near[mine, other]


def doubts(
    old: Paths, new: Paths, folders: tuple[str, str] | None, *, is_live: bool
) -> tuple[Doubts, Doubts]:
    """The doubtful routes that only the old side has, and those that only the new side has. `is_live`: the
    old side has only IDs."""
    old_folder, new_folder = folders or (None, None)
    sides = list(_doubtful(old, old_folder, ids=False)), list(_doubtful(new, new_folder, ids=is_live))
    # Two files that are compared have different names: then their place does not count.
    for start in (0, 1):
        sides = differing(*sides, key=lambda one, start=start: one.form[start:])  # type: ignore[misc]
    return Doubts(sides[0]), Doubts(sides[1])


def _doubtful(side: Paths, folder: str | None, *, ids: bool) -> Iterator[Doubtful]:
    @cache
    def lines(reading: Reading, file: str) -> Lines:
        return Lines(reading.texts.get(file, ""))

    def made(
        reading: Reading, spot: Location, address: str | None, told: Hashable, reason: str, **more: object
    ) -> Doubtful:
        place = place_of(reading)
        seen = place if folder is None else posixpath.relpath(place, folder)
        name = address or (f"{spot.file}:{spot.line}" if more else spot.file)
        why = say("{name} may carry it: {reason}", name=name, reason=reason)
        form = seen, address, _text(lines(reading, spot.file), spot), told
        route = Doubtful(None, None, None, False, place, why, form)
        return route._replace(**more)  # type: ignore[arg-type]

    for routes in side.sets:
        for reading in routes.readings:
            for item in reading.unlisted:
                yield made(reading, item.location, item.address, item.reason, item.reason)
        for entry, block in _unsure(routes):
            connection, names = routes.connections[entry], None
            if connection is not None and (isinstance(connection, str) or not ids):
                names = frozenset({*routes.names_of(connection), routes.connection_name(connection)})
            values = [routes.value(entry, field) for field in ("RouteDest", "VpnConnectionId", "Weight")]
            told = tuple(str(one.reason) if isinstance(one, Unknown) else one for one in values)
            reasons = [one.reason for one in values[:2] if isinstance(one, Unknown)]
            if block is None and not isinstance(values[0], Unknown):
                reasons = [say("a sensitive value is not shown")]
            domain = routes.domains[entry]
            yield made(
                routes.place(entry)[0],
                routes.location(entry, "RouteDest"),
                routes.record(entry).address,
                told,
                reasons[0] if reasons else say("its connection is not known"),
                block=block,
                connections=names,
                domain=None if names is None else domain.name,
                known=domain.known,
            )


def _unsure(routes: RouteSet) -> Iterator[tuple[int, int | None]]:
    """The entries with an unknown or sensitive destination or an unknown connection; each with its network,
    None if it may be any."""
    hidden = {entry for entry, field, _ in routes.sensitive if field == "RouteDest"}
    if Unknown not in routes.kinds("RouteDest") and not hidden and None not in routes.connections:
        return
    out = routes.duplicates | routes.misweighted | routes.dry
    for entry, value in enumerate(routes.column("RouteDest")):
        if entry in out:
            continue
        if entry in hidden or isinstance(value, Unknown):
            yield entry, None
        elif routes.connections[entry] is None and routes.destinations[entry] is not None:
            yield entry, routes.destinations[entry]


def _text(lines: Lines, place: Location) -> str:
    """The text of a place, "" if the file's text is not available. For the header of a block: the text up to
    the closing brace."""
    if place.end_line > len(lines):
        return ""
    start, end = lines.offsets(place)
    if lines.text[end : lines.end(place.end_line)].strip() == "{":
        end = lines.text.find("\n}", end)
    return lines.text[start:end]
