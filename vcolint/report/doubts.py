"""Routes on one side of a change that may carry more than is known: a network that looks lost may still be
carried. A route that is unknown in the same way on both sides is no change."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.domains import place_of
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Reading
from vcolint.report.change import differing
from vcolint.report.routing import DomainTable, Paths
from vcolint.text.source import Source
from vcolint.text.value import Location, Unknown

NO_ID = say("a live connection may be one that has no ID here yet")


class Doubtful(NamedTuple):
    """A route whose destination, connection or very existence is not known."""

    reason: str
    form: tuple[Hashable, ...]  # the key that it shares with the same route on the other side
    # It may be in any guessed domain of these places (None: in any known domain), and in any domain that has
    # one of these connections.
    keys: Collection[str | None]
    block: int | None  # the network that it carries, in any domain; None: it may carry any network


class Doubts:
    """The doubtful routes of one side that the other side does not have."""

    def __init__(self, routes: Sequence[Doubtful]) -> None:
        self._free: dict[str | None, str] = {}  # why a route may carry any network, by key
        self._tied: dict[int, str] = {}  # why a route may carry a network
        self._near: dict[object, str | None] = {}  # why a route may carry any network of a domain
        for one in routes:
            if one.block is not None:
                self._tied.setdefault(one.block, one.reason)
            else:
                for key in one.keys:
                    self._free.setdefault(key, one.reason)
        self._blocks = NetworkSet(self._tied)

    def reason(self, block: int, mine: DomainTable | None, other: DomainTable | None) -> str | None:
        """Why one of them may carry a network of a domain. `mine` is the domain on their own side, None if it
        may have another name there; `other` is the domain on the other side."""
        if (mine, other) not in self._near:
            place = mine.table.domain.place if mine is not None else None
            keys = (place, *(other.table.connections if other is not None else ()))
            self._near[mine, other] = next((self._free[key] for key in keys if key in self._free), None)
        tied = (self._tied[one] for one in self._blocks.meeting(block))
        return self._near[mine, other] or next(tied, None)


def doubts(
    old: Paths, new: Paths, folders: tuple[str, str] | None, loose: Sequence[int]
) -> tuple[Doubts, Doubts]:
    """The doubtful routes that only the old side has, and those that only the new side has. `loose`: the
    networks of live routes whose connection may be one that has no ID here yet."""
    old_folder, new_folder = folders or (None, None)
    sides = list(_doubtful(old, old_folder)), list(_doubtful(new, new_folder))
    # Two files that are compared have different names: then their place does not count.
    for start in (0, 1):
        sides = differing(*sides, key=lambda one, start=start: one.form[start:])  # type: ignore[misc]
    live = [Doubtful(NO_ID, (), (), block) for block in loose]
    return Doubts([*sides[0], *live]), Doubts(sides[1])


def _doubtful(side: Paths, folder: str | None) -> Iterator[Doubtful]:
    @cache
    def lines(reading: Reading, file: str) -> Source:
        return Source(file, reading.texts.get(file, ""))

    def made(
        reading: Reading, spot: Location, address: str | None, reason: str, names: Collection[str] = ()
    ) -> Doubtful:
        place = place_of(reading)
        seen = place if folder is None else posixpath.relpath(place, folder)
        why = say("{name} may carry it: {reason}", name=address or f"{spot.file}:{spot.line}", reason=reason)
        form = seen, address, _text(lines(reading, spot.file), spot), reason, *sorted(names)
        return Doubtful(why, form, (place, None, *names), None)

    for routes in side.sets:
        for reading in routes.readings:
            yield from (made(reading, one.location, one.address, one.reason) for one in reading.unlisted)
        out = routes.duplicates | routes.misweighted | routes.dry
        for entry, destination in enumerate(routes.column("RouteDest")):
            is_free = isinstance(destination, Unknown) or entry in routes.hidden_destinations
            connection, block = routes.connections[entry], routes.destinations[entry]
            if entry not in out and (is_free or (connection is None and block is not None)):
                reason = say("its connection is not known")
                if is_free:
                    secret = say("a sensitive value is not shown")
                    reason = destination.reason if isinstance(destination, Unknown) else secret
                spot, address = routes.location(entry, "RouteDest"), routes.record(entry).address
                names = {*routes.names_of(connection), routes.connection_name(connection)}
                found = made(routes.place(entry)[0], spot, address, reason, names if connection else ())
                yield found if is_free else found._replace(block=block)


def _text(lines: Source, place: Location) -> str:
    """The text of a place, "" if the file's text is not available. For the header of a block: the text up to
    the closing brace."""
    if place.end_line > len(lines):
        return ""
    start, end = lines.offsets(place)
    if lines.text[end : lines.end(place.end_line)].strip() == "{":
        end = lines.text.find("\n}", end)
    return lines.text[start:end]
