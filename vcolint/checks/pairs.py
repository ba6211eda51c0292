"""Findings about two entries, of which one lies in the other: where they stand, and how they name things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet

_MOST = 3  # names that a message lists


class Pair(NamedTuple):
    """Two members: a destination, and one around it. Each `inner` is in one pair only."""

    inner: int
    outer: int


def placed(pairs: Sequence[Pair], size: int) -> dict[int, Pair]:
    """The entry at which each finding about two stands: the later of the two, as live rows are never
    reported on; but one finding an entry: where another one stands there, the inner entry, which has no
    other finding of its own."""
    at: dict[int, Pair] = {}
    live = [pair for pair in pairs if pair.inner >= size]
    entries = [pair for pair in pairs if pair.inner < size]
    for pair in live:
        if pair.outer < size:
            at.setdefault(pair.outer, pair)
    for pair in entries:
        place = max(pair) if pair.outer < size else pair.inner
        if place in at:
            place = pair.inner
        # Who stands there as the outer one of two makes room.
        while place in at:
            at[place], pair = pair, at[place]
            if pair.inner >= size:
                break
            place = pair.inner
        else:
            at[place] = pair
    return at


def listed(texts: Iterable[str], most: int = _MOST) -> str:
    """Some texts, in words: "a", "a and b", "a, b, c and 4 more"."""
    distinct = list(dict.fromkeys(texts))
    if len(distinct) > most:
        distinct = [*distinct[:most], f"{len(distinct) - most} more"]
    return " and ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)


def names(routes: RouteSet, connections: Iterable[Connection | None]) -> str:
    """The names of connections, as `listed`."""
    return listed(map(routes.connection_name, connections))
