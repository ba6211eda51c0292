"""The forwarding table against brute force over addresses.

The universe of the exhaustive test is 10.0.0.0/29: 8 addresses, and the 15 networks in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.model import network
from vcolint.model.forwarding import NO_WEIGHT, Carriage, Table, tables
from vcolint.model.settings import Config, Domain, Facts

FIRST = 10 << 24
ADDRESSES = range(FIRST, FIRST + 8)
NETWORKS = [(FIRST + at) << 8 | length for length in range(29, 33) for at in range(0, 8, 1 << (32 - length))]
CONNECTIONS = ("a", "b")
ROUTES = list(product(NETWORKS, CONNECTIONS, (0, 100)))

Row = tuple[int, str, "int | None"]


def row(block: int, connection: str, weight: int | None) -> dict[str, Any]:
    made = {"VpnConnectionId": connection, "RouteDest": network.text(block), "NextHop": connection}
    return made if weight is None else {**made, "Weight": weight}


def table(rows: Sequence[Row], *, weights: bool = True, **config: Any) -> Table:
    (made,) = tables(
        route_set(reading([row(*one) for one in rows]), config=Config(**config)), weights=weights
    )
    return made


def holds(block: int, address: int) -> bool:
    return network.first(block) <= address <= network.last(block)


def carried(
    rows: Sequence[Row],
    address: int,
    down: Collection[str],
    kept: Collection[str] = (),
    *,
    weighted: bool = True,
) -> Carriage:
    """Who carries an address: looks at every route, the longest prefix first."""
    for length in sorted({block & 255 for block, _, _ in rows}, reverse=True):
        here = [one for one in rows if one[0] & 255 == length and holds(one[0], address)]
        if weighted and any(weight is None for _, _, weight in here):
            return Carriage(None, uncertain=NO_WEIGHT)
        drawing = [one for one in here if one[1] not in down or one[1] in kept]
        best = [one for one in drawing if one[2] == 100] if weighted else []
        chosen = {connection for _, connection, _ in best or drawing}
        if chosen:
            return Carriage(tuple(sorted(chosen - set(down))), bool(chosen & set(down)))
    return Carriage(())


def test_exhaustive() -> None:
    """All sets of up to three routes: every address, every set of failed connections. Of two sets that differ
    only in which connection is which, one will do."""
    swapped = {one: ROUTES.index((one[0], "ba"["ab".index(one[1])], one[2])) for one in ROUTES}
    failures = [down for count in range(3) for down in combinations(CONNECTIONS, count)]
    for count in (1, 2, 3):
        for rows in combinations(ROUTES, count):
            if sorted(map(swapped.__getitem__, rows)) < list(map(ROUTES.index, rows)):
                continue
            made = table(rows)
            groups = {address: made.innermost(address << 8 | 32) for address in ADDRESSES}
            for address, group in groups.items():
                for down in failures:
                    assert made.carriage(group, down) == carried(rows, address, down), (rows, address, down)


def lasts(rows: Sequence[Row], address: int, kept: Collection[str] = ()) -> bool:
    """Whether somebody carries an address, and still does when any one of these has failed."""
    now = carried(rows, address, (), kept)
    later = [carried(rows, address, {one}, kept) for one in now.carriers or ()]
    return bool(later) and all(one.carriers and not one.blackhole for one in later)


@pytest.mark.parametrize("kept", [(), ("a",)])
def test_exhaustive_survival_and_black_holes(kept: tuple[str, ...]) -> None:
    """All sets of up to three routes: what survives, and what is lost where a connection keeps its routes.
    (The names of connections mean nothing: so where one keeps its routes, it is the first.)"""
    facts = Facts(keeps_routes=kept)
    for count in (1, 2, 3):
        for rows in combinations(ROUTES, count):
            made = table(rows, facts=facts)
            for address in ADDRESSES:
                group = made.innermost(address << 8 | 32)
                if group is None:
                    assert not any(holds(block, address) for block, _, _ in rows)
                else:
                    assert made.survives(group) is lasts(rows, address, kept), rows
                    if kept:
                        assert made.carriage(group, kept) == carried(rows, address, kept, kept), rows


@st.composite
def sets(draw: st.DrawFn) -> list[Row]:
    weight = st.sampled_from([0, 100, 100, None])
    rows = draw(
        st.lists(st.tuples(st.sampled_from(NETWORKS), st.sampled_from("abc"), weight), min_size=1, max_size=8)
    )
    # A later duplicate is no member of the table.
    return list(dict.fromkeys(rows))


@settings(max_examples=300, deadline=None)
@given(sets(), st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")), st.booleans(), st.booleans())
def test_against_brute_force(
    rows: list[Row], down: set[str], kept: set[str], weights: bool, ecmp: bool
) -> None:
    made = table(
        rows, weights=weights, facts=Facts(keeps_routes=tuple(kept)), redundancy="ecmp" if ecmp else "auto"
    )
    weighted = weights and not ecmp

    def carriage(address: int, failed: Collection[str]) -> Carriage:
        return carried(rows, address, failed, kept, weighted=weighted)

    for address in ADDRESSES:
        group = made.innermost(address << 8 | 32)
        now = carriage(address, down)
        assert made.carriage(group, down) == now
        later = {one: carriage(address, {*down, one}) for one in now.carriers or ()}
        assert dict(made.failures(group, down)) == later
        if now.carriers is None or any(one.carriers is None for one in later.values()):
            assert made.survives(group, down) is None
        else:
            well = bool(now.carriers) and not now.blackhole
            assert made.survives(group, down) is (
                well and all(one.carriers and not one.blackhole for one in later.values())
            )


@settings(max_examples=200, deadline=None)
@given(sets(), st.sampled_from(NETWORKS))
def test_parts_are_the_longest_matches(rows: list[Row], asked: int) -> None:
    made = table(rows)
    parts = list(made.parts(asked))
    covered = [address for part, _ in parts for address in ADDRESSES if holds(part, address)]
    assert covered == [address for address in ADDRESSES if holds(asked, address)]
    for part, group in parts:
        for address in ADDRESSES:
            if holds(part, address):
                inner = [block for block, _, _ in rows if holds(block, address)]
                assert (group.network if group else None) == max(inner, key=network.length, default=None)
    for group in made.groups:
        longest = [address for address in ADDRESSES if made.innermost(address << 8 | 32) is group]
        assert [one for one in ADDRESSES if any(holds(part, one) for part in group.effective)] == longest


def test_weights_that_are_not_known_matter_only_where_weights_count() -> None:
    rows: list[Row] = [(NETWORKS[0], "a", None), (NETWORKS[1], "b", 100)]
    made = table(rows)
    wide, narrow = made.groups
    assert made.carriage(wide) == Carriage(None, uncertain=NO_WEIGHT)
    assert made.survives(narrow) is None  # what takes over is not known
    ignoring = table(rows, weights=False)
    assert ignoring.carriage(ignoring.groups[0]) == Carriage(("a",))
    assert ignoring.survives(ignoring.groups[1]) is True


def test_a_failed_connection_that_keeps_its_routes_is_a_black_hole() -> None:
    made = table([(NETWORKS[0], "a", 100), (NETWORKS[0], "b", 0)], facts=Facts(keeps_routes=("a",)))
    (group,) = made.groups
    assert made.carriage(group, {"a"}) == Carriage((), True)
    assert made.carriage(group, {"b"}) == Carriage(("a",))
    assert made.survives(group) is False


@pytest.mark.parametrize("name", ["a", "b"])
def test_each_domain_has_its_own_table(name: str) -> None:
    domains = {one: Domain(one, (one,)) for one in "ab"}
    routes = route_set(reading([row(NETWORKS[0], one, 100) for one in "ab"]), config=Config(domains=domains))
    made = {one.domain.name: one for one in tables(routes)}
    assert made[name].connections == {name}
