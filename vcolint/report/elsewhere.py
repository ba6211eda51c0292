"""Networks that a change moves from one routing domain to another: if folders are merged, split or renamed,
these networks are neither lost nor new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vcolint.model import network
from vcolint.model.forwarding import Group
from vcolint.model.network import NetworkSet
from vcolint.report.change import NOBODY, Side, side_of
from vcolint.report.routing import DomainTable


class Loose(NamedTuple):
    """A network that a domain carries on one side only."""

    domain: DomainTable
    is_alone: bool  # no domain on the other side has its name
    block: int
    side: Side


class Match(NamedTuple):
    """What a part of a loose network is compared with. A side is None if it is not known."""

    domain: DomainTable  # the domain that the change names
    before: Side | None
    after: Side | None
    block: int


_Found = list[tuple[DomainTable, Group]]  # domains, each with its innermost group around a network


class Elsewhere:
    """The domains of one side. `alone` are those without a domain of the same name on the other side."""

    def __init__(self, domains: Sequence[DomainTable], alone: Sequence[DomainTable]) -> None:
        self._alone = alone
        self._holders: dict[str, list[DomainTable]] = {}
        for domain in domains:
            for connection in domain.table.connections:
                self._holders.setdefault(connection, []).append(domain)

    def parts(self, one: Loose) -> Iterator[tuple[int, _Found]]:
        """A loose network of the other side in parts, each with the domains that carry it here. These are the
        domains that contain one of its carriers, because a connection is bound to one transit router. If no
        such domain carries it, an `alone` domain may be the renamed `alone` domain of the other side."""
        held = (domain for connection in one.side.carriers for domain in self._holders.get(connection, ()))
        holders = [domain for domain in dict.fromkeys(held) if _agree(domain, one.domain)]
        others = self._alone if one.is_alone else ()
        for part, found in _cut(one.block, holders):
            if found:
                yield part, found
            else:
                yield from _cut(part, [domain for domain in others if _may_be_one(domain, one.domain)])


def matches(lost: Sequence[Loose], new: Sequence[Loose], was: Elsewhere, now: Elsewhere) -> Iterator[Match]:
    """Compares the networks that are lost in one domain with those that are new in another. `was` and `now`
    are the domains of the old and of the new side."""
    told: dict[DomainTable, list[int]] = {}  # the networks that new networks were compared with
    for one in new:
        for part, found in was.parts(one):
            sides = [side_of(domain.table, group) for domain, group in found]
            before = _counterpart(one.side, sides)
            yield Match(one.domain, before, one.side, part)
            for (domain, _), side in zip(found, sides, strict=True):
                if before is None or side is None or set(side.carriers) <= set(before.carriers):
                    told.setdefault(domain, []).append(part)
    done = {domain: NetworkSet(parts) for domain, parts in told.items()}
    for one in lost:
        compared = done[one.domain].meeting(one.block) if one.domain in done else ()
        for rest in network.difference(one.block, compared):
            for part, found in now.parts(one._replace(block=rest)):
                sides = [side_of(domain.table, group) for domain, group in found]
                if not found:
                    yield Match(one.domain, one.side, NOBODY, part)
                elif not _kept(one, part, found):
                    yield Match(found[0][0], one.side, _counterpart(one.side, sides), part)


def _kept(one: Loose, part: int, found: _Found) -> bool:
    """Whether all carriers of a lost network still have their route, in addition to those that carry it
    now."""
    group = one.domain.table.innermost(part)
    assert group is not None
    names = {
        name
        for _, inner in found
        for outer in inner.around()
        if outer.network == group.network
        for name in outer.all.names
    }
    return names.issuperset(one.side.carriers)


def _cut(block: int, domains: Sequence[DomainTable]) -> list[tuple[int, _Found]]:
    """A network in parts, each with the domains that have a route for it."""
    parts: list[tuple[int, _Found]] = [(block, [])]
    for domain in domains:
        parts = [
            (piece, [*found, (domain, group)] if group is not None else found)
            for part, found in parts
            for piece, group in domain.table.parts(part)
        ]
    return parts


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


def _counterpart(side: Side, others: Sequence[Side | None]) -> Side | None:
    """What to compare a side with: the same carriers, else a side that shares a carrier, else all."""
    if side in others:
        return side
    if not others:
        return NOBODY
    known = [one for one in others if one is not None]
    alike = [one for one in known if one.carriers == side.carriers]
    sharing = [one for one in known if not set(one.carriers).isdisjoint(side.carriers)]
    if not alike and len(known) < len(others):
        return None
    chosen = alike or sharing or known
    carriers = {name for one in chosen for name in one.carriers}
    return Side(tuple(sorted(carriers)), all(one.survives for one in chosen))
