"""All small route sets against brute force over addresses: the order of a trace, and the kinds of a diff.

The universe is 10.0.0.0/30: 4 addresses, the 7 networks in it, two connections, both weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

from tests.entries import reading, route_set
from tests.model.test_forwarding import FIRST, Row, carried, holds, lasts, row
from vcolint.model import network
from vcolint.report.comparison import compare
from vcolint.report.routing import Paths

ADDRESSES = range(FIRST, FIRST + 4)
NETWORKS = [(FIRST + at) << 8 | length for length in range(30, 33) for at in range(0, 4, 1 << (32 - length))]
ROUTES: list[Row] = list(product(NETWORKS, "ab", (0, 100)))


def paths(rows: Sequence[Row]) -> Paths:
    return Paths([route_set(reading([row(*one) for one in rows]))] if rows else [])


def test_trace_names_the_routes_in_the_order_in_which_they_are_tried() -> None:
    for count in (1, 2, 3):
        for rows in combinations(ROUTES, count):
            made = paths(rows)
            for address in ADDRESSES:
                # Longer prefixes first, then weight 100; where these are equal, as they stand.
                expected = sorted(
                    (one for one in rows if holds(one[0], address)),
                    key=lambda one: (-network.length(one[0]), one[2] != 100),
                )
                domains = made.trace(network.address_text(address)).domains
                parts = [part for domain in domains for part in domain.parts]
                assert [
                    (one.cidr, one.connection, one.weight) for part in parts for one in part.candidates
                ] == [(network.text(block), connection, weight) for block, connection, weight in expected]
                now = carried(rows, address, ()).carriers
                assert [part.carriers for part in parts] == ([now] if expected else [])
                assert {one.connection for part in parts for one in part.candidates if one.carries} == set(
                    now or ()
                )


def test_kinds_of_a_diff() -> None:
    """All pairs of sets of up to two routes; the other way round, a diff is a mirror (test_routing.py)."""
    sets = [rows for count in range(3) for rows in combinations(ROUTES, count)]
    made = [paths(rows) for rows in sets]
    states = [
        {address: (carried(rows, address, ()).carriers, lasts(rows, address)) for address in ADDRESSES}
        for rows in sets
    ]
    for number, old in enumerate(states):
        for other in range(number, len(sets)):
            new = states[other]
            expected = {
                address: kind
                for address in ADDRESSES
                if (kind := kind_of(*old[address], *new[address])) is not None
            }
            told = {}
            changes = [one for domain in compare(made[number], made[other]).domains for one in domain.changes]
            for change in changes:
                block = network.parse(change.cidr)
                assert block is not None
                for address in range(network.first(block), network.last(block) + 1):
                    assert address not in told
                    told[address] = change.kind
                    assert (change.before.carriers, change.before.survives) == old[address]
                    assert (change.after.carriers, change.after.survives) == new[address]
            assert told == expected, (sets[number], sets[other])
            assert sum(one.addresses for one in changes) == len(expected)


def kind_of(
    before: tuple[str, ...] | None, lasted: bool, after: tuple[str, ...] | None, lasts: bool
) -> str | None:
    if before != after:
        return "new" if not before else "lost" if not after else "moved"
    return None if lasted == lasts else "weaker" if lasted else "stronger"
