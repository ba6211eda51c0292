"""The rules about several routes, over all sets of up to three entries in a universe of 8 addresses.

Two connections, both weights, each redundancy. Where findings stand is held against `routing_oracle`, which
knows the catalogue's sentences and nothing of the forwarding table. What they claim of traffic is held
against every address and every set of failed connections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, permutations, product
from typing import Any

import pytest
import routing_oracle as oracle
from entries import reading, route_set
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_oracle import Member, addresses, members_of, row

from vcolint.checks import Hit
from vcolint.checks.backup import backup
from vcolint.checks.coverage import coverage
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Domain, Facts

NETWORKS = [f"10.0.0.{at}/{length}" for length in range(29, 33) for at in range(0, 8, 1 << (32 - length))]
ROUTES = list(product("ab", NETWORKS, (0, 100)))
FAILURES = ((), ("vco-a",), ("vco-b",), ("vco-a", "vco-b"))
REDUNDANCIES = ("auto", "active-standby", "ecmp", "none")
CHUNKS = 4

COVERAGE = ("overlapping", "redundant", "mergeable")
BACKUP = (
    "weight-without-effect",
    "backup-without-primary",
    "several-primaries",
    "mixed-group",
    "primary-without-backup",
    "too-many-equal-paths",
    "backup-more-specific",
    "route-kept-on-failure",
    "shared-fate",
)
# Rules of which nobody can tell the culprit: their findings stand at the last member.
WITHOUT_CULPRIT = {
    "mergeable",
    "weight-without-effect",
    "backup-without-primary",
    "several-primaries",
    "mixed-group",
    "too-many-equal-paths",
}


def expected(members: Sequence[Member], redundancy: str, keeping: Collection[str]) -> dict[str, set[int]]:
    """The entries at which each rule's findings stand, in a domain that is known."""
    found = {
        finds: set(places.values())
        for finds, places in oracle.group_findings(members, redundancy, True, 1).items()
    }
    found["backup-more-specific"] = set(oracle.more_specific_places(members, redundancy))
    found["route-kept-on-failure"] = oracle.kept_on_failure(members, redundancy, keeping)
    found["shared-fate"] = set(oracle.shared_fate(members, redundancy))
    found["overlapping"] = set(oracle.overlapping_places(members, redundancy))
    found["redundant"] = set(oracle.redundant(members))
    found["mergeable"] = {max(parts) for _, parts in oracle.mergeable(members)}
    return found


def hits(routes: RouteSet) -> Iterator[tuple[str, Hit]]:
    """What every rule finds."""
    for check, names in ((coverage, COVERAGE), (backup, BACKUP)):
        for finds in names:
            for hit in check(routes, {"finds": finds, "max": 1}, range(routes.size)):
                assert isinstance(hit, Hit)
                yield finds, hit


def canonical_sets() -> list[tuple[tuple[str, str, int], ...]]:
    """All sets of up to three routes. Of two that differ only in which connection is which, one will do; the
    order of the entries differs from set to set."""
    swapped = {route: ("ba"["ab".index(route[0])], *route[1:]) for route in ROUTES}
    number = {route: at for at, route in enumerate(ROUTES)}
    found = []
    for count in (1, 2, 3):
        for rows in combinations(ROUTES, count):
            mirrored = sorted(number[swapped[one]] for one in rows)
            if [number[one] for one in rows] <= mirrored:
                orders = list(permutations(rows))
                found.append(orders[len(found) % len(orders)])
    return found


SETS = canonical_sets()


def test_the_sets_are_all() -> None:
    """60 + 1,770 + 34,220 of them, and those that are their own mirror image stand for one alone."""
    mirrors = sum(len({("ba"["ab".index(c)], d, w) for c, d, w in rows} - set(rows)) == 0 for rows in SETS)
    assert 2 * len(SETS) - mirrors == 60 + 1_770 + 34_220


@pytest.mark.parametrize("redundancy", REDUNDANCIES)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_exhaustive(redundancy: str, chunk: int) -> None:
    """Each set is a routing domain of its own in one large run."""
    chosen = list(enumerate(SETS))[chunk::CHUNKS]
    rows: list[dict[str, Any]] = []
    set_of: list[int] = []
    members: dict[int, list[Member]] = {}
    for number, routes in chosen:
        members[number] = []
        for connection, destination, weight in routes:
            name = f"vco-{connection}"
            members[number].append(Member(len(rows), name, addresses(destination), weight, name, True))
            rows.append(row(f"{name}{number}", destination, weight))
            set_of.append(number)
    names = {number: (f"vco-a{number}", f"vco-b{number}") for number, _ in chosen}
    config = Config(
        redundancy=redundancy,
        domains={f"d{number}": Domain(f"d{number}", both) for number, both in names.items()},
        facts=Facts(
            customer_gateways_of={name: ("1.1.1.1",) for both in names.values() for name in both},
            keeps_routes=tuple(name for both in names.values() for name in both),
        ),
    )
    made: dict[int, dict[str, set[int]]] = {}
    for finds, hit in hits(route_set(reading(rows), config=config)):
        number = set_of[hit.entry]
        places = made.setdefault(number, {}).setdefault(finds, set())
        assert hit.entry not in places, "one finding an entry"
        places.add(hit.entry)
        holds_for_traffic(finds, hit, members[number], weighted=redundancy != "ecmp")
    for number, routes in chosen:
        wanted = expected(members[number], redundancy, ("vco-a", "vco-b"))
        assert made.get(number, {}) == {finds: one for finds, one in wanted.items() if one}, routes


def carriers(members: Sequence[Member], address: int, down: Collection[str], *, weighted: bool) -> set[str]:
    """Who carries an address: of the narrowest destination that has a route which is up."""
    for held in sorted({m.addresses for m in members if address in m.addresses}, key=len):
        alive = [m for m in members if m.addresses == held and m.connection not in down]
        best = [m for m in alive if m.weight == 100] if weighted else []
        if alive:
            return {m.connection for m in best or alive}
    return set()


def holds_for_traffic(finds: str, hit: Hit, members: Sequence[Member], *, weighted: bool) -> None:
    """What a finding claims is so for every address, whatever fails."""

    def carried(rows: Sequence[Member]) -> list[set[str]]:
        universe = addresses(NETWORKS[0])
        return [carriers(rows, one, down, weighted=weighted) for one in universe for down in FAILURES]

    def names(text: object) -> set[str]:
        """Those of the connections without the number of their set."""
        return {name[:5] for name in str(text).split(" and ")}

    if finds == "redundant":
        assert carried([member for member in members if member.number != hit.entry]) == carried(members)
    elif finds == "mergeable":
        merged = [
            member._replace(addresses=addresses(str(hit.replacement)))
            if member.number == hit.entry
            else member
            for member in members
            if member.number not in hit.remove
        ]
        assert carried(merged) == carried(members)
    elif hit.witness is not None:
        (address,) = addresses(f"{hit.witness}/32")
        inner = addresses(str(hit.variables["inner"]))
        assert oracle.longest_prefix(address, members) == inner
        claimed = hit.variables["winner" if finds == "overlapping" else "backup"]
        assert carriers(members, address, (), weighted=weighted) >= names(claimed)
        if finds == "backup-more-specific" and hit.variables["uncovered"]:
            blocks = str(hit.variables["uncovered"]).removeprefix("; without a backup: ")
            for text in blocks.replace(" and ", ", ").split(", "):
                for one in addresses(text):
                    assert carriers(members, one, (), weighted=weighted) >= names(hit.variables["primary"])


# -- larger sets ------------------------------------------------------------------------------------------

_rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["vco-a", "vco-b", "vco-c", "vco-d"]),
        st.sampled_from(NETWORKS),
        st.sampled_from([0, 100]),
    ),
    max_size=30,
    unique_by=lambda one: tuple(one.values()),
)


def judged(rows: Sequence[dict[str, Any]], redundancy: str) -> RouteSet:
    everyone = ("vco-a", "vco-b", "vco-c", "vco-d")
    facts = Facts(customer_gateways_of=oracle.GATEWAYS, keeps_routes=("vco-a",))
    domains = {"hz": Domain("hz", everyone)}
    return route_set(reading(rows), config=Config(redundancy=redundancy, facts=facts, domains=domains))


def places(routes: RouteSet) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for finds, hit in hits(routes):
        found.setdefault(finds, []).append(hit.entry)
    return {finds: sorted(entries) for finds, entries in found.items()}


@settings(max_examples=200, deadline=None)
@given(_rows, st.sampled_from(REDUNDANCIES))
def test_larger_sets(rows: list[dict[str, Any]], redundancy: str) -> None:
    routes = judged(rows, redundancy)
    wanted = expected(members_of(routes, range(routes.size)), redundancy, ("vco-a",))
    assert places(routes) == {finds: sorted(entries) for finds, entries in wanted.items() if entries}


@settings(max_examples=200, deadline=None)
@given(_rows, st.sampled_from(REDUNDANCIES), st.randoms(use_true_random=False))
def test_the_order_of_entries_moves_no_finding(
    rows: list[dict[str, Any]], redundancy: str, random: Any
) -> None:
    """A suppression stays where it is. Where several entries of one destination would do (303, 504), or no
    culprit can be told, the finding stays at the destination."""
    shuffled = random.sample(rows, len(rows))

    def stands(rows: Sequence[dict[str, Any]]) -> dict[str, list[tuple[str, ...]]]:
        at_destination = WITHOUT_CULPRIT - {"mergeable"} | {"overlapping", "primary-without-backup"}
        found = {}
        for finds, entries in places(judged(rows, redundancy)).items():
            fields = ("RouteDest",) if finds in at_destination else ("VpnConnectionId", "RouteDest", "Weight")
            if finds != "mergeable":  # at the last part of the block
                found[finds] = sorted(tuple(str(rows[one][field]) for field in fields) for one in entries)
        return found

    assert stands(shuffled) == stands(rows)
