"""The catalogue's sentences on groups, backups and coverage, as plain loops over pairs of members and sets
of addresses; and small route sets to try them on. Everything in them is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Any, NamedTuple

from entries import reading, route_set
from hypothesis import strategies as st

from vcolint.model import network
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Facts
from vcolint.model.settings import Domain as ConfiguredDomain

NETWORKS = [
    "10.0.0.0/28",
    "10.0.0.0/29",
    "10.0.0.8/29",
    "10.0.0.0/30",
    "10.0.0.4/30",
    "10.0.0.8/30",
    "10.0.0.0/31",
    "10.0.0.2/31",
    "10.0.0.4/32",
]
GATEWAYS = {
    "vco-a": ("1.1.1.1",),
    "vco-b": ("1.1.1.1", "2.2.2.2"),
    "vco-c": ("3.3.3.3",),
    "vco-d": ("2.2.2.2",),
}


def row(connection: Any, destination: str, weight: Any, next_hop: Any = None) -> dict[str, Any]:
    return {
        "VpnConnectionId": connection,
        "RouteDest": destination,
        "NextHop": next_hop or connection,
        "Weight": weight,
    }


class Member(NamedTuple):
    """A member of a domain, everything of it known."""

    number: int
    connection: str
    addresses: frozenset[int]
    weight: int
    next_hop: str
    entry: bool  # else a live row


# All networks of the universe, the wide ones first.
BLOCKS = [
    frozenset(map(int, candidate))
    for length in range(28, 33)
    for candidate in IPv4Network("10.0.0.0/28").subnets(new_prefix=length)
]
Groups = Mapping[frozenset[int], list[Member]]


def members_of(routes: RouteSet, numbers: Sequence[int]) -> list[Member]:
    return [
        Member(
            number,
            str(routes.value(number, "VpnConnectionId")),
            addresses(str(routes.value(number, "RouteDest"))),
            int(str(routes.value(number, "Weight"))),
            str(routes.value(number, "NextHop")),
            number < routes.size,
        )
        for number in numbers
    ]


@cache
def addresses(text: str) -> frozenset[int]:
    return frozenset(map(int, IPv4Network(text)))


def block(held: frozenset[int]) -> str:
    """The network that holds just these addresses."""
    return f"{IPv4Address(min(held))}/{32 - (len(held) - 1).bit_length()}"


def groups_of(members: Sequence[Member]) -> Groups:
    return {held: [m for m in members if m.addresses == held] for held in {m.addresses for m in members}}


def primaries(group: Sequence[Member]) -> list[Member]:
    return [member for member in group if member.weight == 100]


def backups(group: Sequence[Member]) -> list[Member]:
    return [member for member in group if member.weight == 0]


def backs_up(backup: Member, primary: Member, groups: Groups) -> bool:
    """A backup whose own group has a primary backs up that group only; another one what it covers."""
    if backup.weight != 0 or primary.weight != 100:
        return False
    if backup.addresses == primary.addresses:
        return True
    return not primaries(groups[backup.addresses]) and backup.addresses > primary.addresses


def effective(held: frozenset[int], members: Sequence[Member]) -> frozenset[int]:
    """The addresses for which a destination is the longest match."""
    return held.difference(*(m.addresses for m in members if m.addresses < held))


def more_specific(members: Sequence[Member], redundancy: str) -> dict[int, frozenset[int]]:
    """VCO506: each backup that carries anything, with the nearest destination with a primary of another
    connection."""
    groups = groups_of(members)
    found: dict[int, frozenset[int]] = {}
    for backup in members:
        carries = effective(backup.addresses, members)
        if backup.weight == 0 and not primaries(groups[backup.addresses]) and carries:
            around = [
                primary.addresses
                for primary in primaries(members)
                if primary.addresses > backup.addresses and primary.connection != backup.connection
            ]
            if around and redundancy in ("auto", "active-standby"):
                found[backup.number] = min(around, key=len)
    return found


def more_specific_places(
    members: Sequence[Member], redundancy: str
) -> dict[int, tuple[Member, frozenset[int]]]:
    """VCO506: by the entry at which a finding stands, the backups that it may be about, and where their
    primary lies. At the backup; for a live one at an entry of the primary's, if there is one."""
    found: dict[int, tuple[Member, frozenset[int]]] = {}
    for number, held in more_specific(members, redundancy).items():
        backup = next(m for m in members if m.number == number)
        others = [p for p in primaries(members) if p.addresses == held and p.connection != backup.connection]
        place = backup if backup.entry else others[0]
        if place.entry:
            found.setdefault(place.number, (backup, held))
    return found


def last_entry(members: Sequence[Member], held: frozenset[int]) -> int | None:
    """The last entry with just this destination, in reading order."""
    return max((m.number for m in members if m.entry and m.addresses == held), default=None)


Places = dict[frozenset[int], int]


def group_findings(members: Sequence[Member], redundancy: str, known: bool, most: int) -> dict[str, Places]:
    """The groups, by destination, of which each rule about groups speaks, each with the entry at which the
    finding stands; 501 and 504 whatever other domains hold."""
    groups = groups_of(members)
    misplaced = more_specific(members, redundancy)
    speaks: dict[str, Places] = {
        name: {}
        for name in (
            "weight-without-effect",
            "backup-without-primary",
            "several-primaries",
            "mixed-group",
            "primary-without-backup",
            "too-many-equal-paths",
        )
    }
    for held, group in groups.items():
        last = last_entry(members, held)
        if last is None or redundancy == "none":
            continue
        first, second = primaries(group), backups(group)
        if redundancy == "ecmp":
            mixed = len(group) >= 2 and bool(second)
        else:
            mixed = bool(first and second) and (len(first) > 1 or len(second) > 1)
        if mixed:
            speaks["mixed-group"][held] = last
        across = any(p.connection != b.connection for p in first for b in second)
        if known and redundancy == "auto" and across and not mixed:
            speaks["weight-without-effect"][held] = last
        if redundancy in ("auto", "active-standby") and not first:
            covers = any(
                b.addresses > p.addresses and b.connection != p.connection
                for b in second
                for p in primaries(members)
            )
            if not covers and not any(b.number in misplaced for b in second):
                speaks["backup-without-primary"][held] = last
        several = redundancy == "active-standby" and len(first) > 1 and not second
        if several and not mixed:
            speaks["several-primaries"][held] = last
        bare = [
            p.number
            for p in first
            if p.entry
            and not any(backs_up(b, p, groups) and b.connection != p.connection for b in members)
            and not any(misplaced.get(b.number) == held and b.connection != p.connection for b in members)
        ]
        if redundancy == "active-standby" and bare and not several:
            speaks["primary-without-backup"][held] = max(bare)
        if redundancy in ("auto", "ecmp") and len({p.connection for p in first}) > most:
            speaks["too-many-equal-paths"][held] = last
    return speaks


def uncovered(primary: Member, members: Sequence[Member]) -> list[str]:
    """The blocks that a primary carries and that no backup on another connection has, by address."""
    groups = groups_of(members)
    left = set(effective(primary.addresses, members))
    for backup in backups(members):
        if backup.connection != primary.connection and backs_up(backup, primary, groups):
            left -= backup.addresses
    blocks = []
    for candidate in BLOCKS:
        if candidate <= left:
            blocks.append(candidate)
            left -= candidate
    return [block(one) for one in sorted(blocks, key=min)]


def shared_fate(members: Sequence[Member], redundancy: str) -> dict[int, list[tuple[Member, Member]]]:
    """VCO508: the entries at which findings stand, each with the pairs that it may be about. At the backup,
    where both have one destination; at the primary, where a backup covers it and none of its own group shares
    its end; at the other of the two, where that is a live row, once."""
    groups = groups_of(members)
    found: dict[int, list[tuple[Member, Member]]] = {}
    for primary in primaries(members) if redundancy != "none" else ():
        sharing = [
            b
            for b in members
            if backs_up(b, primary, groups)
            and b.connection != primary.connection
            and set(GATEWAYS[b.connection]) & set(GATEWAYS[primary.connection])
        ]
        own = [b for b in sharing if b.addresses == primary.addresses]
        # Of those that cover a live primary one will do: the nearest, with the first address.
        ends = {b: min(set(GATEWAYS[b.connection]) & set(GATEWAYS[primary.connection])) for b in sharing}
        nearest = sorted(sharing, key=lambda b: (len(b.addresses), ends[b], b.number))
        for backup in own or (sharing if primary.entry else nearest[:1]):
            place, other = (backup, primary) if own else (primary, backup)
            place = place if place.entry else other
            if place.entry:
                found.setdefault(place.number, []).append((primary, backup))
    return found


def kept_on_failure(members: Sequence[Member], redundancy: str, keeping: Collection[str]) -> set[int]:
    """VCO507: the primaries whose connection keeps its routes, though a backup waits for it to fail."""
    groups = groups_of(members)
    return {
        p.number
        for p in members
        if p.entry
        and p.connection in keeping
        and effective(p.addresses, members)
        and redundancy in ("auto", "active-standby")
        and any(backs_up(b, p, groups) and b.connection != p.connection for b in members)
    }


def overlapping(members: Sequence[Member], redundancy: str) -> dict[frozenset[int], frozenset[int]]:
    """VCO303: each destination with the nearest one around it that is on another connection, where the
    rule speaks of the two."""
    groups = groups_of(members)
    misplaced = more_specific(members, redundancy)
    found: dict[frozenset[int], frozenset[int]] = {}
    for held, group in groups.items():
        around = [
            other
            for other, outer in groups.items()
            if other > held and any(a.connection != b.connection for a in group for b in outer)
        ]
        if not around or not effective(held, members):
            continue
        nearest = min(around, key=len)
        outer = groups[nearest]
        if (
            {m.connection for m in group} != {m.connection for m in outer}
            and not any(misplaced.get(m.number) == nearest for m in group)
            and not any(backs_up(b, p, groups) for b in outer for p in group)
        ):
            found[held] = nearest
    return found


def overlapping_places(
    members: Sequence[Member], redundancy: str
) -> dict[int, set[tuple[frozenset[int], frozenset[int]]]]:
    """VCO303: by the entry at which a finding stands, the destinations that it may be about: the last entry
    of the inner one; where that is live, the last one of the outer, if nothing else stands there."""
    own: dict[int, set[tuple[frozenset[int], frozenset[int]]]] = {}
    moved: dict[int, set[tuple[frozenset[int], frozenset[int]]]] = {}
    for inner, outer in overlapping(members, redundancy).items():
        at, around = last_entry(members, inner), last_entry(members, outer)
        if at is not None:
            own[at] = {(inner, outer)}
        elif around is not None:
            moved.setdefault(around, set()).add((inner, outer))
    return moved | own


def redundant(members: Sequence[Member]) -> dict[int, frozenset[int]]:
    """VCO304: each entry that changes nothing, with the nearest wider destination that is why."""

    def key(member: Member) -> tuple[str, str, int]:
        return member.connection, member.next_hop, member.weight

    found: dict[int, frozenset[int]] = {}
    for inner in members:
        wider = [
            outer.addresses
            for outer in members
            if key(outer) == key(inner)
            and outer.addresses > inner.addresses
            and not any(
                key(other) != key(inner) and inner.addresses <= other.addresses <= outer.addresses
                for other in members
            )
        ]
        if inner.entry and wider:
            found[inner.number] = min(wider, key=len)
    return found


def mergeable(members: Sequence[Member]) -> set[tuple[frozenset[int], frozenset[int]]]:
    """VCO307: each block that is filled by neighbours, with the entries that fill it."""
    found: set[tuple[frozenset[int], frozenset[int]]] = set()
    entries = [member for member in members if member.entry]
    for one in entries:
        alike = [m for m in entries if m[1:2] + m[3:5] == one[1:2] + one[3:5]]
        held = set().union(*(m.addresses for m in alike))
        blocks = [candidate for candidate in BLOCKS if candidate <= held]
        for candidate in blocks:
            if any(candidate < other for other in blocks):
                continue
            parts = [
                m
                for m in alike
                if m.addresses <= candidate and not any(m.addresses < other.addresses for other in alike)
            ]
            # Another route beside a part, or between it and the block, would carry something else then.
            beside = any(
                part.addresses <= other.addresses <= candidate and other not in alike
                for other in members
                for part in parts
            )
            if len(parts) > 1 and not beside:
                found.add((candidate, frozenset(part.number for part in parts)))
    return found


def longest_prefix(address: int, members: Sequence[Member]) -> frozenset[int]:
    """The destination that carries an address."""
    return min((m.addresses for m in members if address in m.addresses), key=len)


# -- small route sets -------------------------------------------------------------------------------------

_rows = st.builds(
    row,
    st.sampled_from(["vco-a", "vco-b", "vco-c", "vco-d"]),
    st.sampled_from(NETWORKS),
    st.sampled_from([0, 100]),
)


@st.composite
def route_sets(draw: st.DrawFn, live: bool = True) -> RouteSet:
    """One or two folders, each with some entries; perhaps a domain from the config; perhaps live rows."""
    files = [draw(st.lists(_rows, max_size=8, unique_by=_key))]
    if draw(st.booleans()):
        files.append(draw(st.lists(_rows, max_size=4, unique_by=_key)))
    readings = [reading(rows, file=f"folder{n}/routes.yaml") for n, rows in enumerate(files)]
    redundancy = draw(st.sampled_from(["auto", "auto", "active-standby", "active-standby", "ecmp", "none"]))
    domains = {}
    if draw(st.booleans()):
        named = tuple(draw(st.sets(st.sampled_from(["vco-a", "vco-b", "vco-c", "vco-d"]), min_size=1)))
        domains = {"hangzhou": ConfiguredDomain("hangzhou", named)}
    snapshot = draw(st.lists(_rows, max_size=4, unique_by=_key)) if live else []
    held = [{**one, "RouteEntryType": draw(st.sampled_from(["custom", "custom", "bgp"]))} for one in snapshot]
    config = Config(
        redundancy=redundancy, domains=domains, facts=Facts(customer_gateways_of=GATEWAYS), live_mode="create"
    )
    routes = route_set(*readings, config=config, live=[reading(held, kind="live", file="live.json")])
    # An entry that another folder lists too is a duplicate.
    seen: set[tuple[object, ...]] = set()
    duplicates = set()
    for number in range(routes.size):
        key = tuple(routes.value(number, name) for name in ("VpnConnectionId", "RouteDest", "Weight"))
        if key in seen:
            duplicates.add(number)
        seen.add(key)
    return routes.judged(frozenset(), frozenset(duplicates), frozenset())


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["VpnConnectionId"], one["RouteDest"], one["Weight"]


def text_of(held: frozenset[int]) -> str:
    """A destination in a message."""
    parsed = network.parse(block(held))
    assert parsed is not None
    return network.text(parsed)
