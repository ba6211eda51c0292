"""Routes on one side of a change that may carry more than is known: a network that looks lost may still be
carried. A route that is unknown in the same way on both sides is no change."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Hashable, Iterator, Sequence, Set
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.domains import place_of
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading
from vcolint.report.change import differing
from vcolint.report.routing import DomainTable, Paths
from vcolint.text.source import Lines
from vcolint.text.value import Location, Unknown

# Keys of doubtful routes whose connection is known, of those in a guessed domain, and of all others.
_CONNECTED, _GUESSED, _UNCONNECTED = "connected", "guessed", "unconnected"


class Doubtful(NamedTuple):
    """A route whose destination, connection or very existence is not known."""

    reason: str
    form: tuple[Hashable, ...]  # the key that it shares with the same route on the other side
    keys: Set[Hashable]  # it may be a route of a domain that has one of these keys, see `_keys`
    connections: frozenset[str] | None = None  # the possible names of its connection; None: any
    block: int | None = None  # the largest network that it may carry; None: any


class Doubts:
    """The doubtful routes of one side that the other side does not have."""

    def __init__(self, routes: Sequence[Doubtful]) -> None:
        self._routes = routes
        self._tied: dict[int, list[Doubtful]] = {}  # those that carry at most one network
        self._free: dict[Hashable, list[int]] = {}  # the numbers of the others, by key
        self._near: dict[object, tuple[Set[Hashable], list[Doubtful]]] = {}  # the free ones in a domain
        for number, one in enumerate(routes):
            if one.block is not None:
                self._tied.setdefault(one.block, []).append(one)
            else:
                for key in one.keys:
                    self._free.setdefault(key, []).append(number)
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
        given, and on another one than those of `but`. `mine` is the domain on their own side, `other` the
        domain on the other side."""
        if (mine, other) not in self._near:
            keys = _keys(mine, other)
            free = {number for key in keys for number in self._free.get(key, ())}
            self._near[mine, other] = keys, [self._routes[number] for number in sorted(free)]
        keys, near = self._near[mine, other]
        met = chain.from_iterable(self._tied[one] for one in self._blocks.meeting(block))
        for one in chain(near, (one for one in met if not keys.isdisjoint(one.keys))):
            names = one.connections
            if names is None or (names.isdisjoint(but) and not (of is not None and names.isdisjoint(of))):
                return one.reason
        return None


def _keys(mine: DomainTable | None, other: DomainTable | None) -> Set[Hashable]:
    """The keys of a domain. A connection is bound to one transit router: so a route on a connection that the
    other side has in this domain may be in it too."""
    found: set[Hashable] = set(other.table.connections) if other is not None else set()
    if mine is not None:
        found |= {("domain", mine.name), _UNCONNECTED if mine.known else ("place", mine.table.domain.place)}
    elif other is not None:  # their side has it under another name, or not at all
        found |= {("domain", other.name), _UNCONNECTED, _GUESSED if other.known else _CONNECTED}
    return found


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
        reading: Reading, spot: Location, name: str | None, reason: str, *told: Hashable, **more: Any
    ) -> Doubtful:
        place = place_of(reading)
        seen = place if folder is None else posixpath.relpath(place, folder)
        why = say("{name} may carry it: {reason}", name=name or f"{spot.file}:{spot.line}", reason=reason)
        form = seen, name, _text(lines(reading, spot.file), spot), told
        return Doubtful(why, form, **{"keys": {_UNCONNECTED, ("place", place)}, **more})

    for routes in side.sets:
        for reading in routes.readings:
            for item in reading.unlisted:
                yield made(reading, item.location, item.address, item.reason, item.reason)
        hidden = {entry for entry, field, _ in routes.sensitive if field == "RouteDest"}
        out = routes.duplicates | routes.misweighted | routes.dry
        for entry, destination in enumerate(routes.column("RouteDest")):
            connection, block = routes.connections[entry], routes.destinations[entry]
            reason = destination.reason if isinstance(destination, Unknown) else None
            if entry in hidden:
                reason = say("a sensitive value is not shown")
            if entry in out or (reason is None and (connection is not None or block is None)):
                continue
            more: dict[str, Any] = {"block": block if reason is None else None}
            if connection is not None and (isinstance(connection, str) or not ids):
                names = frozenset({*routes.names_of(connection), routes.connection_name(connection)})
                domain = routes.domains[entry]
                guessed = () if domain.known else (_GUESSED,)
                more |= {
                    "connections": names,
                    "keys": {*names, ("domain", domain.name), _CONNECTED, *guessed},
                }
            values = (routes.value(entry, field) for field in ("RouteDest", "VpnConnectionId", "Weight"))
            told = (str(one.reason) if isinstance(one, Unknown) else one for one in values)
            spot, address = routes.location(entry, "RouteDest"), routes.record(entry).address
            why = reason or say("its connection is not known")
            yield made(routes.place(entry)[0], spot, address, why, *told, **more)


def _text(lines: Lines, place: Location) -> str:
    """The text of a place, "" if the file's text is not available. For the header of a block: the text up to
    the closing brace."""
    if place.end_line > len(lines):
        return ""
    start, end = lines.offsets(place)
    if lines.text[end : lines.end(place.end_line)].strip() == "{":
        end = lines.text.find("\n}", end)
    return lines.text[start:end]
