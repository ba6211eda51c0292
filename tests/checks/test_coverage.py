"""Check `coverage` against the catalogue's sentences, and what is said of values that are not known."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
import routing_oracle as oracle
from entries import reading, route_set
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_oracle import members_of, route_sets, row, text_of

from vcolint.checks import Hit, Other
from vcolint.checks.coverage import coverage
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import Group
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.text.value import Reference, Unknown
from vcolint.text.wording import listed


def hits(routes: RouteSet, finds: str) -> list[Hit]:
    found = list(coverage(routes, {"finds": finds}, range(routes.size)))
    assert all(isinstance(one, Hit) and one.field == "RouteDest" for one in found)
    assert len({one.entry for one in found}) == len(found), "one finding an entry"
    return found  # type: ignore[return-value]


def told(finds: str, *rows: dict[str, Any], redundancy: str = "auto") -> list[tuple[int, Any, Any]]:
    """The entries that findings stand at, with the inner and the outer destination."""
    routes = route_set(reading(rows), config=Config(redundancy=redundancy))
    return [(hit.entry, hit.variables["inner"], hit.variables["outer"]) for hit in hits(routes, finds)]


# -- against the catalogue --------------------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(route_sets())
def test_overlapping(routes: RouteSet) -> None:
    """Each destination against the nearest one around it on another connection, with a witness."""
    expected: dict[int, set[tuple[frozenset[int], frozenset[int]]]] = {}
    domains = []
    for domain, (numbers, _) in routes.members():
        members = members_of(routes, numbers)
        domains.append((numbers, members))
        expected |= oracle.overlapping_places(members, domain.redundancy)
    made = hits(routes, "overlapping")
    assert sorted(hit.entry for hit in made) == sorted(expected)
    for hit in made:
        inner, outer = (oracle.addresses(str(hit.variables[role])) for role in ("inner", "outer"))
        assert (inner, outer) in expected[hit.entry]
        members = next(members for numbers, members in domains if hit.entry in numbers)
        groups = oracle.groups_of(members)
        weighted = routes.domains[hit.entry].redundancy != "ecmp"
        names = []
        for held in (inner, outer):
            carriers = {m.connection for m in (weighted and oracle.primaries(groups[held])) or groups[held]}
            others = listed(sorted({m.connection for m in groups[held]} - carriers), 3)
            backups = f", with {others} as backup" if others else ""
            names.append(listed(sorted(carriers), 3) + backups)
        for at, held in enumerate((inner, outer)):
            if not any(oracle.longest_prefix(address, members) == held for address in held):
                names[at] += ", but none is left: more specific routes carry all of it"
        assert [hit.variables[role] for role in ("winner", "other")] == names
        witness = int(IPv4Address(str(hit.witness)))
        carried = {a for a in inner if oracle.longest_prefix(a, members) == inner}
        assert witness in (carried or inner)
        ends = {hit.entry, hit.others[0].entry}
        assert {m.addresses for m in members if m.number in ends} == {inner, outer}


@settings(max_examples=400, deadline=None)
@given(route_sets())
def test_redundant(routes: RouteSet) -> None:
    """At the inner entry, never at the wide one."""
    expected = {}
    for _, (numbers, _) in routes.members():
        expected.update(oracle.redundant(members_of(routes, numbers)))
    made = hits(routes, "redundant")
    assert sorted(hit.entry for hit in made) == sorted(expected)
    for hit in made:
        assert hit.remove == (hit.entry,)
        assert hit.variables["inner"] == text_of(oracle.addresses(str(routes.value(hit.entry, "RouteDest"))))
        assert hit.variables["outer"] == text_of(expected[hit.entry])
        assert not hit.safe


@settings(max_examples=400, deadline=None)
@given(route_sets())
def test_mergeable(routes: RouteSet) -> None:
    expected = set()
    for _, (numbers, _) in routes.members():
        expected |= {(text_of(held), parts) for held, parts in oracle.mergeable(members_of(routes, numbers))}
    made = hits(routes, "mergeable")
    assert {(hit.variables["network"], frozenset((hit.entry, *hit.remove))) for hit in made} == expected
    for hit in made:
        assert hit.entry > max(hit.remove)
        assert hit.replacement == hit.variables["network"]
        assert hit.variables["count"] == len(hit.remove) + 1
        assert [other.entry for other in hit.others] == list(hit.remove)


# -- overlapping destinations -----------------------------------------------------------------------------


def test_overlapping_names_the_backups() -> None:
    """Two destinations of one connection may differ in nothing else."""
    wide = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0)
    pair = row("a", "10.1.0.0/16", 100), row("c", "10.1.0.0/16", 0)
    for rows, winner, other in (
        ((*wide, pair[0]), "a", "a, with b as backup"),
        ((wide[0], *pair), "a, with c as backup", "a"),
        ((*wide, *pair), "a, with c as backup", "a, with b as backup"),
        ((*wide, row("c", "10.1.0.0/16", 100)), "c", "a, with b as backup"),
    ):
        (hit,) = hits(route_set(reading(rows)), "overlapping")
        assert (hit.variables["winner"], hit.variables["other"]) == (winner, other)


def test_overlapping_says_where_more_specific_routes_leave_nothing() -> None:
    wide = row("b", "10.20.0.0/16", 100)
    halves = row("a", "10.20.0.0/17", 100), row("a", "10.20.128.0/17", 100)
    none = ", but none is left: more specific routes carry all of it"
    made = hits(route_set(reading([*halves, wide])), "overlapping")
    assert [(hit.variables["winner"], hit.variables["other"]) for hit in made] == [("a", f"b{none}")] * 2
    quarters = row("c", "10.20.0.0/18", 100), row("c", "10.20.64.0/18", 100)
    made = hits(route_set(reading([*halves, wide, *quarters])), "overlapping")
    # Of the first half nothing is left, so it overlaps nothing.
    assert [(hit.variables["winner"], hit.variables["other"]) for hit in sorted(made)] == [
        ("a", f"b{none}"),
        ("c", f"a{none}"),
        ("c", f"a{none}"),
    ]


def test_what_is_left_of_a_destination_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many may lie in one: to look at each of them for each would take forever."""
    asked = []
    covered = Group.covered.fget  # type: ignore[attr-defined]

    def counted(group: Group) -> bool:
        asked.append(network.text(group.network))
        return bool(covered(group))

    monkeypatch.setattr(Group, "covered", property(counted))
    inside = [row("b", f"10.{number}.0.0/16", 100) for number in range(50)]
    assert len(hits(route_set(reading([row("a", "10.0.0.0/8", 100), *inside])), "overlapping")) == 50
    assert asked.count("10.0.0.0/8") == 1


def test_overlapping_needs_to_know_who_carries_what() -> None:
    later = Unknown("known after apply", Reference("", "var.w"))
    wide = row("a", "10.0.0.0/8", 100)
    pair = row("b", "10.40.0.0/16", later), row("c", "10.40.0.0/16", 0)
    assert told("overlapping", *pair, wide) == []
    assert (
        told("overlapping", *(one | {"RouteDest": "10.0.0.0/8"} for one in pair), row("a", "10.1.0.0/16", 0))
        == []
    )
    (hit,) = hits(route_set(reading([pair[0], wide])), "overlapping")
    assert hit.variables["winner"] == "b"  # its weight does not matter


def test_overlapping_with_a_weight_that_may_make_a_backup() -> None:
    weight = Unknown("var.weight")
    assert told("overlapping", row("a", "10.0.0.0/8", weight), row("b", "10.1.0.0/16", 100)) == []
    assert told("overlapping", row("a", "10.0.0.0/8", 0), row("b", "10.1.0.0/16", weight)) == []
    assert told("overlapping", row("a", "10.0.0.0/8", weight), row("b", "10.1.0.0/16", 0)) == [
        (1, "10.1.0.0/16", "10.0.0.0/8")
    ]


def test_overlapping_says_who_carries_what() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/16", 100), row("c", "10.0.0.0/24", 100)
    routes = route_set(reading(rows))
    assert hits(routes, "overlapping") == [
        Hit(
            1,
            "RouteDest",
            {
                "inner": "10.0.0.0/16",
                "outer": "10.0.0.0/8",
                "winner": "b",
                "other": "a",
            },
            (Other("10.0.0.0/8, which contains it", 0, "RouteDest"),),
            witness="10.0.1.0",
        ),
        Hit(
            2,
            "RouteDest",
            {
                "inner": "10.0.0.0/24",
                "outer": "10.0.0.0/16",
                "winner": "c",
                "other": "b",
            },
            (Other("10.0.0.0/16, which contains it", 1, "RouteDest"),),
            witness="10.0.0.0",
        ),
    ]


@given(st.permutations(range(6)))
def test_a_chain_of_n_gives_one_less(order: list[int]) -> None:
    """In whatever order it is written, and one finding an entry."""
    rows = [row(f"vco-{n}", f"10.0.0.0/{8 + n}", 100) for n in order]
    assert len(hits(route_set(reading(rows)), "overlapping")) == 5


def test_overlapping_skips_its_own_connection() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.1.0.0/16", 100), row("b", "10.1.1.0/24", 100)
    assert told("overlapping", *rows) == [
        (1, "10.1.0.0/16", "10.0.0.0/8"),
        (2, "10.1.1.0/24", "10.0.0.0/8"),
    ]


def test_overlapping_is_silent_about_plain_load_sharing() -> None:
    shared = [row(c, d, 100) for d in ("10.0.0.0/8", "10.1.0.0/16") for c in ("a", "b")]
    assert told("overlapping", *shared) == []
    assert told("overlapping", *shared, row("c", "10.1.0.0/16", 100)) == [(4, "10.1.0.0/16", "10.0.0.0/8")]


def test_overlapping_is_silent_between_primary_and_backup() -> None:
    rows = row("a", "10.1.0.0/16", 100), row("b", "10.0.0.0/8", 0)
    assert told("overlapping", *rows) == []
    # The backup of another primary is none for this one.
    assert told("overlapping", *rows, row("c", "10.0.0.0/8", 100)) == [(0, "10.1.0.0/16", "10.0.0.0/8")]


def test_overlapping_is_silent_where_a_backup_is_more_specific() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.1.0.0/16", 0)
    for redundancy in ("auto", "active-standby"):
        assert told("overlapping", *rows, redundancy=redundancy) == []
    for redundancy in ("ecmp", "none"):
        assert told("overlapping", *rows, redundancy=redundancy) == [(1, "10.1.0.0/16", "10.0.0.0/8")]


def test_overlapping_at_the_more_specific_entry() -> None:
    """In whatever order they stand."""
    rows = row("b", "10.1.0.0/16", 100), row("b", "10.2.0.0/16", 100), row("a", "10.0.0.0/8", 100)
    assert told("overlapping", *rows) == [(0, "10.1.0.0/16", "10.0.0.0/8"), (1, "10.2.0.0/16", "10.0.0.0/8")]
    # Several with one destination: the last of them.
    assert told("overlapping", *rows[::-1], row("c", "10.2.0.0/16", 100)) == [
        (2, "10.1.0.0/16", "10.0.0.0/8"),
        (3, "10.2.0.0/16", "10.0.0.0/8"),
    ]


def test_overlapping_with_a_live_row() -> None:
    """It stands at the entry, wherever the live row lies."""
    new = reading([row("a", "10.0.0.0/8", 100), row("b", "192.168.0.0/16", 100)])
    live = [reading([row("b", "10.1.0.0/16", 100), row("b", "10.2.0.0/16", 100)], kind="live", file="x")]
    (hit,) = hits(route_set(new, live=live), "overlapping")
    assert hit.entry == 0
    assert hit.others == (Other("10.1.0.0/16, which lies inside it", 2, "RouteDest"),)


def test_overlapping_points_at_the_route_that_carries_the_rest() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0), row("c", "10.1.0.0/16", 100)
    (hit,) = hits(route_set(reading(rows)), "overlapping")
    assert (hit.variables["other"], hit.others[0].entry) == ("a, with b as backup", 0)


def test_overlapping_needs_connections_that_are_surely_two() -> None:
    x, y = (Unknown("", Reference("", f"var.{name}")) for name in "xy")
    for first, second in ((x, y), (x, "a"), ("a", Unknown("")), (Unknown(""), Unknown(""))):
        assert told("overlapping", row(first, "10.0.0.0/8", 100), row(second, "10.1.0.0/16", 100)) == []
    # The unknown one between them may be the nearest, or be on the same connection.
    rows = row("a", "10.0.0.0/8", 100), row(x, "10.1.0.0/16", 100), row("b", "10.1.1.0/24", 100)
    assert told("overlapping", *rows) == []


def test_overlapping_asks_within_a_domain_only() -> None:
    readings = (
        reading([row("a", "10.0.0.0/8", 100)], file="staging/a.yaml"),
        reading([row("b", "10.1.0.0/16", 100)], file="production/b.yaml"),
    )
    assert hits(route_set(*readings), "overlapping") == []


# -- redundant destinations -------------------------------------------------------------------------------


def test_redundant_removes_the_inner_one() -> None:
    rows = row("a", "10.0.0.64/26", 100), row("a", "10.0.0.0/24", 100)
    (hit,) = hits(route_set(reading(rows)), "redundant")
    assert hit == Hit(
        0,
        "RouteDest",
        {"inner": "10.0.0.64/26", "outer": "10.0.0.0/24"},
        (Other("10.0.0.0/24, which contains it", 1, "RouteDest"),),
        fix="remove the entry for 10.0.0.64/26",
        remove=(0,),
    )


def test_redundant_is_silent_where_something_is_between_or_beside() -> None:
    wide, narrow = row("a", "10.0.0.0/8", 100), row("a", "10.1.1.0/24", 100)
    assert told("redundant", wide, narrow) == [(1, "10.1.1.0/24", "10.0.0.0/8")]
    for destination in ("10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24"):
        for other in (row("b", destination, 100), row("a", destination, 0), row("a", destination, 100, "x")):
            assert told("redundant", wide, narrow, other) == []
    for destination in ("10.0.0.0/7", "10.1.1.128/25", "10.2.0.0/16"):
        assert told("redundant", wide, narrow, row("b", destination, 100)) == [
            (1, "10.1.1.0/24", "10.0.0.0/8")
        ]


def test_redundant_with_unknown_values() -> None:
    x = Unknown("", Reference("main", "var.x"))
    weight = Unknown("", Reference("main", "var.weight"))
    same = row(x, "10.0.0.0/8", weight), row(x, "10.1.0.0/16", weight)
    assert told("redundant", *same) == [(1, "10.1.0.0/16", "10.0.0.0/8")]
    assert told("redundant", row(x, "10.0.0.0/8", 100), row(x, "10.1.0.0/16", weight)) == []
    assert told("redundant", row(x, "10.0.0.0/8", 100), row("a", "10.1.0.0/16", 100)) == []
    nobody = Unknown("")
    assert told("redundant", row("a", "10.0.0.0/8", nobody), row("a", "10.1.0.0/16", nobody)) == []
    assert told("redundant", row("a", "10.0.0.0/8", 100, nobody), row("a", "10.1.0.0/16", 100, nobody)) == []
    # What is not known may lie between.
    assert (
        told("redundant", *same[:1], row(nobody, "10.1.0.0/16", weight), row(x, "10.1.1.0/24", weight)) == []
    )


# -- mergeable destinations -------------------------------------------------------------------------------


def test_mergeable_is_one_finding_a_block() -> None:
    rows = [row("a", f"10.1.{n}.0/24", 100) for n in (3, 1, 2, 0)]
    routes = route_set(reading([*rows, row("a", "10.1.5.0/24", 100), row("b", "10.1.4.0/24", 100)]))
    assert hits(routes, "mergeable") == [
        Hit(
            3,
            "RouteDest",
            {"network": "10.1.0.0/22", "count": 4},
            tuple(Other(say("part of the block"), entry, "RouteDest") for entry in (0, 1, 2)),
            members=(0, 1, 2),
            fix="write 10.1.0.0/22 here and remove the entries for the other parts",
            replacement="10.1.0.0/22",
            remove=(0, 1, 2),
        )
    ]


def test_mergeable_counts_no_part_twice() -> None:
    """A destination inside a part fills nothing; a block that is there already is not made anew."""
    halves = [row("a", "10.0.0.0/9", 100), row("a", "10.128.0.0/9", 100)]
    (hit,) = hits(route_set(reading([*halves, row("a", "10.1.0.0/16", 100)])), "mergeable")
    assert (hit.entry, hit.remove) == (1, (0,))
    assert hits(route_set(reading([*halves, row("a", "10.0.0.0/8", 100)])), "mergeable") == []


def test_mergeable_looks_at_entries_only() -> None:
    live = [reading([row("a", "10.0.1.0/24", 100)], kind="live", file="x")]
    assert hits(route_set(reading([row("a", "10.0.0.0/24", 100)]), live=live), "mergeable") == []


def test_where() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.1.0.0/16", 100), row("c", "10.1.1.0/24", 100)
    routes = route_set(reading(rows))
    (hit,) = coverage(routes, {"finds": "overlapping"}, [0, 2])
    assert isinstance(hit, Hit)
    assert (hit.entry, hit.variables["outer"]) == (2, "10.0.0.0/8")
    assert list(coverage(routes, {"finds": "mergeable"}, [1])) == []
