"""Check `backup` against the catalogue's sentences, and what is said of values that are not known."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import product
from typing import Any

import pytest
import routing_oracle as oracle
from entries import reading, route_set
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_oracle import members_of, route_sets, row, text_of

from vcolint.checks import Doubt, Hit, Other
from vcolint.checks.backup import backup
from vcolint.model import network
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Facts
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.text.value import Reference, Unknown
from vcolint.text.wording import listed

GROUP_RULES = [
    "weight-without-effect",
    "backup-without-primary",
    "several-primaries",
    "mixed-group",
    "primary-without-backup",
    "too-many-equal-paths",
]
RULES = [*GROUP_RULES, "backup-more-specific", "shared-fate", "route-kept-on-failure"]


def found(routes: RouteSet, finds: str, most: int = 1) -> list[Hit | Doubt]:
    return list(backup(routes, {"finds": finds, "max": most}, range(routes.size)))


def hits(routes: RouteSet, finds: str, most: int = 1) -> list[Hit]:
    return [one for one in found(routes, finds, most) if isinstance(one, Hit)]


def spoken(*rows: dict[str, Any], redundancy: str = "auto", **settings: Any) -> dict[str, list[int]]:
    """Of which entries each rule speaks, one file's rows given."""
    routes = route_set(reading(rows), config=Config(redundancy=redundancy, **settings))
    told = {finds: [hit.entry for hit in hits(routes, finds, 16)] for finds in RULES}
    return {finds: entries for finds, entries in told.items() if entries}


# -- against the catalogue --------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(route_sets())
def test_groups(routes: RouteSet) -> None:
    """The rules about groups speak of just the groups that the catalogue says, at the entries that it says;
    what another guessed domain, or a live row without entries, may hold is doubt."""
    expected: dict[str, set[int]] = {finds: set() for finds in GROUP_RULES}
    doubted: dict[str, set[int | None]] = {finds: set() for finds in GROUP_RULES}
    used = {routes.value(entry, "VpnConnectionId") for entry in range(routes.size)}
    domains = [(domain, members_of(routes, numbers)) for domain, (numbers, _) in routes.members()]
    named = {c for domain in routes.config.domains.values() for c in domain.connections}
    for domain, members in domains:
        told = oracle.group_findings(members, domain.redundancy, domain.known, 1)
        for finds, groups in told.items():
            for held, place in groups.items():
                weight = {"backup-without-primary": 100, "primary-without-backup": 0}.get(finds)
                elsewhere = not domain.known and any(
                    m.weight == weight and m.addresses >= held
                    for other, further in domains
                    if other != domain and not other.known
                    for m in further
                )
                live = any(
                    row.connection not in used
                    and row.connection not in named
                    and row.record.fields["Weight"].value == weight
                    and oracle.addresses(str(row.record.fields["RouteDest"].value)) >= held
                    for row in routes.snapshot
                )
                if elsewhere or live:
                    doubted[finds].add(oracle.last_entry(members, held))
                else:
                    expected[finds].add(place)
    for finds in GROUP_RULES:
        made = found(routes, finds)
        entries = [one.entry for one in made if isinstance(one, Hit)]
        assert sorted(entries) == sorted(expected[finds]), finds
        assert {one.entry for one in made if isinstance(one, Doubt)} == doubted[finds], finds
        for one in made:
            assert one.field == ("RouteDest" if isinstance(one, Hit) else "Weight")
            if isinstance(one, Hit):
                alike = [
                    m for _, (numbers, _) in routes.members() if one.entry in numbers for m in numbers
                    if routes.member_networks[m] == routes.member_networks[one.entry]
                ]  # fmt: skip
                assert (
                    sorted([one.entry, *(other.entry for other in one.others if other.entry is not None)])
                    == alike
                )


@settings(max_examples=300, deadline=None)
@given(route_sets())
def test_backup_more_specific(routes: RouteSet) -> None:
    """One finding a backup, at it; one for live backups, at an entry around them."""
    expected: dict[int, tuple[oracle.Member, frozenset[int]]] = {}
    by_domain = []
    for domain, (numbers, _) in routes.members():
        by_domain.append((numbers, members_of(routes, numbers)))
        expected |= oracle.more_specific_places(by_domain[-1][1], domain.redundancy)
    made = hits(routes, "backup-more-specific")
    assert sorted(hit.entry for hit in made) == sorted(expected)
    for hit in made:
        (other,) = hit.others
        assert other.entry is not None
        roles = {routes.weights[member]: member for member in (hit.entry, other.entry)}
        members = next(members for numbers, members in by_domain if hit.entry in numbers)
        inner, outer = (next(m for m in members if m.number == roles[w]) for w in (0, 100))
        _, held = expected[hit.entry]
        if inner.entry:
            assert (hit.entry, outer.addresses) == (inner.number, held)
        assert (hit.variables["inner"], hit.variables["outer"]) == (
            text_of(inner.addresses),
            text_of(outer.addresses),
        )
        assert inner.connection != outer.connection
        assert (hit.variables["backup"], hit.variables["primary"]) == (inner.connection, outer.connection)
        blocks = oracle.uncovered(outer, members)
        assert hit.variables["uncovered"] == (f"; without a backup: {listed(blocks, 32)}" if blocks else "")
        assert hit.witness is not None
        witness = int(IPv4Address(hit.witness))
        carried = {a for a in inner.addresses if oracle.longest_prefix(a, members) == inner.addresses}
        assert witness in (carried or inner.addresses)


@settings(max_examples=300, deadline=None)
@given(route_sets())
def test_shared_fate(routes: RouteSet) -> None:
    expected: dict[int, list[tuple[oracle.Member, oracle.Member]]] = {}
    for domain, (numbers, _) in routes.members():
        for number, pairs in oracle.shared_fate(members_of(routes, numbers), domain.redundancy).items():
            expected.setdefault(number, []).extend(pairs)
    made = hits(routes, "shared-fate")
    assert sorted(hit.entry for hit in made) == sorted(expected)
    for hit in made:
        connections = [(primary.connection, backup.connection) for primary, backup in expected[hit.entry]]
        assert (hit.variables["primary"], hit.variables["backup"]) in connections
        ends = [set(oracle.GATEWAYS[str(hit.variables[role])]) for role in ("primary", "backup")]
        assert hit.variables["address"] in ends[0] & ends[1]


# -- unknown values: a finding holds whatever they turn out to be -----------------------------------------

_UNKNOWN = [Unknown("known after apply", Reference("", f"var.{name}")) for name in "xy"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            row,
            st.sampled_from(["vco-a", "vco-b", "vco-c", *_UNKNOWN]),
            st.sampled_from(oracle.NETWORKS[:5]),
            st.sampled_from([0, 100, Unknown("known after apply")]),
        ),
        max_size=5,
        unique_by=lambda one: (str(one["VpnConnectionId"]), one["RouteDest"], str(one["Weight"])),
    ),
    st.sampled_from(["auto", "active-standby", "ecmp"]),
)
def test_unknown_values(rows: list[dict[str, Any]], redundancy: str) -> None:
    """Where a rule speaks, it or one that it yields to does so in every world."""
    stronger = {
        "backup-without-primary": ["backup-more-specific"],
        "several-primaries": ["mixed-group"],
        "weight-without-effect": ["mixed-group"],
        "primary-without-backup": ["several-primaries", "backup-more-specific-primary"],
    }
    routes = route_set(reading(rows), config=Config(redundancy=redundancy))
    told = {
        finds: {routes.member_networks[hit.entry] for hit in hits(routes, finds)} for finds in GROUP_RULES
    }
    told["backup-more-specific"] = {
        routes.member_networks[
            min((hit.entry, hit.others[0].entry or 0), key=lambda m: routes.weights[m] or 0)
        ]
        for hit in hits(routes, "backup-more-specific")
    }
    for x, y in product(["vco-a", "vco-b", "vco-x"], ["vco-a", "vco-b", "vco-x", "vco-y"]):
        values = {id(_UNKNOWN[0]): x, id(_UNKNOWN[1]): y}
        blank = [n for n, one in enumerate(rows) if isinstance(one["Weight"], Unknown)]
        for weights in product([0, 100], repeat=len(blank)):
            chosen = dict(zip(blank, weights, strict=True))
            world = [
                row(
                    values.get(id(one["VpnConnectionId"]), one["VpnConnectionId"]),
                    one["RouteDest"],
                    chosen.get(n, one["Weight"]),
                )
                for n, one in enumerate(rows)
            ]
            distinct = list({tuple(one.values()): one for one in world}.values())
            certain = route_set(reading(distinct), config=Config(redundancy=redundancy))
            members = members_of(certain, range(certain.size))
            truth = {
                finds: {network_of(held) for held in groups}
                for finds, groups in oracle.group_findings(members, redundancy, False, 1).items()
            }
            misplaced = oracle.more_specific(members, redundancy)
            truth["backup-more-specific"] = {certain.member_networks[number] or 0 for number in misplaced}
            truth["backup-more-specific-primary"] = {network_of(held) for held in misplaced.values()}
            for finds, networks in told.items():
                allowed = set(truth[finds]).union(*(truth[one] for one in stronger.get(finds, [])))
                assert networks <= allowed, finds


def network_of(held: frozenset[int]) -> int:
    parsed = network.parse(oracle.block(held))
    assert parsed is not None
    return parsed


UNKNOWN_WEIGHT = Unknown("var.weight")


@pytest.mark.parametrize(
    ("rows", "redundancy", "expected"),
    [
        # Whatever the third weight is, more than one entry has one of the two.
        ([("a", 100), ("b", 0), ("c", None)], "auto", {"mixed-group": [2]}),
        ([("a", 100), ("b", 100), ("c", None)], "auto", {}),
        ([("a", 100), ("b", 100), ("c", None)], "active-standby", {}),
        ([("a", 0), ("b", None)], "auto", {}),
        ([("a", 0), ("b", None)], "ecmp", {"mixed-group": [1]}),
        ([("a", 100), ("b", None)], "active-standby", {}),
        ([("a", None)], "active-standby", {}),
    ],
)
def test_unknown_weight(
    rows: list[tuple[str, int | None]], redundancy: str, expected: dict[str, list[int]]
) -> None:
    made = [row(c, "10.0.0.0/8", UNKNOWN_WEIGHT if weight is None else weight) for c, weight in rows]
    assert spoken(*made, redundancy=redundancy) == expected


def test_covered_by_an_unknown_weight() -> None:
    """It may be the backup, or a primary that the backup covers: nobody can say."""
    wide, narrow = "10.0.0.0/8", "10.1.0.0/16"
    unknown = row("a", wide, UNKNOWN_WEIGHT), row("b", narrow, 100)
    assert spoken(*unknown, redundancy="active-standby") == {}
    unknown = row("a", wide, 0), row("b", narrow, UNKNOWN_WEIGHT)
    assert spoken(*unknown, redundancy="active-standby") == {}


def test_unknown_connection() -> None:
    """A variable may be any connection, so nothing that compares connections is said."""
    x = Unknown("var.x", Reference("", "var.x"))
    assert spoken(row(x, "10.0.0.0/8", 100), row("a", "10.0.0.0/8", 100), redundancy="active-standby") == {
        "primary-without-backup": [1]
    }
    assert spoken(row(x, "10.0.0.0/8", 100), row("a", "10.1.0.0/16", 0)) == {"backup-without-primary": [1]}
    assert spoken(row(x, "10.0.0.0/16", 100), row("a", "10.0.0.0/8", 0)) == {}
    assert spoken(row("a", "10.0.0.0/8", 100), row(x, "10.0.0.0/8", 0), redundancy="active-standby") == {}


def test_made_connections_are_distinct() -> None:
    """Two resources of the same root are two connections."""
    one, two = (Reference("", f"alicloud_vpn_gateway_vpn_attachment.{name}") for name in "ab")
    made = reading([row(Unknown("", one), "10.0.0.0/8", 100), row(Unknown("", two), "10.1.0.0/16", 0)])
    assert hits(route_set(made), "backup-more-specific") == []
    for reference in (one, two):
        made.topology.created[reference] = made.records[0].location
    (hit,) = hits(route_set(made), "backup-more-specific")
    assert hit.variables["backup"] == "alicloud_vpn_gateway_vpn_attachment.b"


# -- single sentences -------------------------------------------------------------------------------------


def test_weight_without_effect_needs_a_known_domain() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0)
    domains = {"hz": ConfiguredDomain("hz", ("a", "b"))}
    assert spoken(*rows) == {}
    assert spoken(*rows, domains=domains) == {"weight-without-effect": [1]}
    assert spoken(*rows, domains=domains, redundancy="active-standby") == {}


def test_too_many_equal_paths_counts_connections() -> None:
    sixteen = [row(f"vco-{n}", "10.0.0.0/8", 100) for n in range(16)]
    twice = row("vco-0", "10.0.0.0/8", 100, "elsewhere")
    assert spoken(*sixteen, twice) == {}
    routes = route_set(reading([*sixteen, row("vco-16", "10.0.0.0/8", 100)]))
    (hit,) = hits(routes, "too-many-equal-paths", 16)
    assert (hit.entry, hit.variables["count"], hit.variables["max"]) == (16, 17, 16)
    assert hit.others == tuple(Other(f"a primary on vco-{n}", n, "RouteDest") for n in range(16))
    assert spoken(*sixteen, row("vco-16", "10.0.0.0/8", 100), redundancy="ecmp") == {
        "too-many-equal-paths": [16]
    }


def test_backup_more_specific_says_what_is_left() -> None:
    routes = route_set(reading([row("a", "10.0.0.0/8", 100), row("b", "10.128.0.0/9", 0)]))
    (hit,) = hits(routes, "backup-more-specific")
    assert hit == Hit(
        1,
        "RouteDest",
        {
            "network": "10.128.0.0/9",
            "domain": "./",
            "redundancy": "auto",
            "count": 2,
            "inner": "10.128.0.0/9",
            "outer": "10.0.0.0/8",
            "primary": "a",
            "backup": "b",
            "uncovered": "; without a backup: 10.0.0.0/9",
        },
        (Other("a primary on a", 0, "RouteDest"),),
        witness="10.128.0.0",
    )


def test_backup_more_specific_names_only_what_the_primary_carries() -> None:
    """A pair inside it has a backup of its own."""
    rows = (
        row("b", "10.0.0.0/14", 100),
        row("a", "10.0.0.0/16", 0),
        row("a", "10.1.0.0/16", 100),
        row("b", "10.1.0.0/16", 0),
    )
    (hit,) = hits(route_set(reading(rows)), "backup-more-specific")
    assert (hit.entry, hit.variables["uncovered"]) == (1, "; without a backup: 10.2.0.0/15")


def test_a_backup_of_which_nothing_is_left_carries_nothing() -> None:
    """More specific routes of the primary's connection carry all of it."""
    wide, inner = row("b", "10.0.0.0/13", 100), row("a", "10.0.0.0/14", 0)
    halves = row("b", "10.0.0.0/15", 100), row("b", "10.2.0.0/15", 100)
    assert "backup-more-specific" not in spoken(wide, inner, *halves)
    assert spoken(wide, inner, halves[0])["backup-more-specific"] == [1]
    facts = Facts(keeps_routes=("b",))
    pair = row("b", "10.0.0.0/14", 100), inner
    assert spoken(*pair, facts=facts)["route-kept-on-failure"] == [0]
    others = row("c", "10.0.0.0/15", 100), row("c", "10.2.0.0/15", 100)
    assert "route-kept-on-failure" not in spoken(*pair, *others, facts=facts)


def test_backup_more_specific_goes_past_its_own_connection() -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.1.0.0/16", 100), row("b", "10.1.1.0/24", 0)
    routes = route_set(reading(rows))
    (hit,) = hits(routes, "backup-more-specific")
    assert (hit.entry, hit.variables["outer"]) == (2, "10.0.0.0/8")


def test_each_half_before_its_primary_has_its_finding() -> None:
    rows = row("b", "10.0.0.0/9", 0), row("b", "10.128.0.0/9", 0), row("a", "10.0.0.0/8", 100)
    made = hits(route_set(reading(rows)), "backup-more-specific")
    assert [(hit.entry, hit.variables["inner"]) for hit in made] == [(0, "10.0.0.0/9"), (1, "10.128.0.0/9")]


def test_live_backups_inside_a_primary_are_one_finding_at_it() -> None:
    live = [reading([row("b", "10.0.0.0/9", 0), row("b", "10.128.0.0/9", 0)], kind="live", file="x")]
    new = reading([row("b", "192.168.0.0/16", 100), row("a", "10.0.0.0/8", 100)])
    made = hits(route_set(new, live=live), "backup-more-specific")
    assert [(hit.entry, hit.variables["inner"]) for hit in made] == [(1, "10.0.0.0/9")]


@pytest.mark.parametrize(
    ("redundancy", "allowed"),
    [
        ("auto", "one primary and one backup, or only primaries"),
        ("active-standby", "one primary and one backup"),
        ("ecmp", "only primaries"),
    ],
)
def test_a_mixed_group_says_what_is_allowed(redundancy: str, allowed: str) -> None:
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0), row("c", "10.0.0.0/8", 0)
    routes = route_set(reading(rows), config=Config(redundancy=redundancy))
    (hit,) = hits(routes, "mixed-group")
    assert (hit.variables["redundancy"], hit.variables["allowed"]) == (redundancy, allowed)


def test_a_primary_without_backup_is_named() -> None:
    routes = route_set(reading([row("a", "10.0.0.0/8", 100)]), config=Config(redundancy="active-standby"))
    (hit,) = hits(routes, "primary-without-backup")
    assert (hit.variables["primary"], hit.variables["then"]) == ("a", "it is unreachable")


@pytest.mark.parametrize(
    ("weight", "then"),
    [(100, "a wider route on b carries it"), (Unknown("later"), "it is not known who carries it")],
)
def test_what_a_wider_route_carries_is_reachable(weight: Any, then: str) -> None:
    rows = row("a", "10.2.0.0/16", 100), row("b", "10.0.0.0/8", weight), row("b", "10.0.0.0/8", 100, "x")
    routes = route_set(reading(rows), config=Config(redundancy="active-standby"))
    told = [hit for hit in hits(routes, "primary-without-backup") if hit.entry == 0]
    assert [hit.variables["then"] for hit in told] == [then]


def test_a_primary_without_backup_is_the_culprit_itself() -> None:
    """Not the last of its group, which is the backup of another one."""
    rows = row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0), row("b", "10.0.0.0/8", 100)
    assert spoken(*rows[::2], rows[1], redundancy="active-standby")["mixed-group"] == [2]
    told = spoken(row("b", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0), redundancy="active-standby")
    assert told == {"primary-without-backup": [0]}


def test_shared_fate_beside_live_rows() -> None:
    """At the entry of the two."""
    facts = Facts(customer_gateways_of={"a": ("1.1.1.1",), "b": ("1.1.1.1",)})
    for weight, wide in ((100, "10.1.0.0/16"), (0, "10.1.0.0/16"), (0, "10.0.0.0/8"), (100, "10.1.1.0/24")):
        new = reading([row("b", "192.168.0.0/16", 100), row("a", "10.1.0.0/16", 100 - weight)])
        live = [reading([row("b", wide, weight)], kind="live", file="x")]
        (hit,) = hits(route_set(new, live=live, config=Config(facts=facts)), "shared-fate")
        assert (hit.entry, hit.others[0].entry) == (1, 2)


def test_shared_fate_of_a_live_backup_with_two_primaries() -> None:
    """Another live route shares a gateway with the backup too; that does not hide the entry."""
    facts = Facts(customer_gateways_of={"a": ("1.1.1.1",), "b": ("1.1.1.1", "2.2.2.2"), "d": ("2.2.2.2",)})
    new = reading([row("a", "10.1.0.0/16", 100), row("b", "10.2.0.0/16", 100), row("d", "10.0.0.0/29", 100)])
    rows = row("a", "10.0.0.0/29", 100), row("b", "10.0.0.0/29", 0)
    live = [reading(rows, kind="live", file="x")]
    (hit,) = hits(route_set(new, live=live, config=Config(facts=facts)), "shared-fate")
    assert (hit.entry, hit.variables["primary"], hit.variables["backup"]) == (2, "d", "b")


def test_another_folder_may_hold_the_primary() -> None:
    hz = reading([row("a", "10.1.0.0/16", 0)], file="routes/hz/a.yaml")
    bj = reading([row("b", "10.0.0.0/8", 100)], file="routes/bj/b.yaml")
    hint = "if the connections end on the same transit router, put them in one domain under domains:"
    assert found(route_set(hz, bj), "backup-without-primary") == [
        Doubt(0, "Weight", f"routes/bj/ may have its primary: {hint}")
    ]
    # Its own domain is no other one.
    own = reading([row("a", "10.1.0.0/16", 0), row("a", "10.0.0.0/8", 100)], file="routes/hz/a.yaml")
    apart = reading([row("b", "192.168.0.0/16", 100)], file="routes/bj/b.yaml")
    assert [one.entry for one in hits(route_set(own, apart), "backup-without-primary")] == [0]
    # What lies inside is not the same destination.
    inside = reading([row("b", "10.1.1.0/24", 100)], file="routes/bj/b.yaml")
    assert [one.entry for one in hits(route_set(hz, inside), "backup-without-primary")] == [0]
    # The user has said where b ends.
    told = Config(domains={"bj": ConfiguredDomain("bj", ("b",))})
    assert [one.entry for one in hits(route_set(hz, bj, config=told), "backup-without-primary")] == [0]


def test_another_folder_may_hold_the_backup() -> None:
    config = Config(redundancy="active-standby")
    hz = reading([row("a", "10.0.0.0/8", 100), row("a", "10.1.0.0/16", 100)], file="hz/a.yaml")
    bj = reading([row("b", "10.1.0.0/16", 0), row("c", "10.1.0.0/16", 100)], file="bj/b.yaml")
    assert found(route_set(hz, bj, config=config), "primary-without-backup") == [
        *hits(route_set(hz, config=config), "primary-without-backup")[:1],
        Doubt(
            1,
            "Weight",
            "bj/ may have its backup: if the connections end on the same transit router, "
            "put them in one domain under domains:",
        ),
    ]


def test_a_live_route_may_be_the_primary() -> None:
    new = reading([row("a", "10.1.0.0/16", 0)])
    live = [reading([row("b", "10.0.0.0/8", 100)], kind="live", file="live.json")]
    (doubt,) = found(route_set(new, live=live), "backup-without-primary")
    assert isinstance(doubt, Doubt)
    assert doubt.reason.startswith("a live route on b may have its primary: ")
    # With `reconcile` the entries are the wanted whole.
    reconcile = route_set(new, live=live, config=Config(live_mode="reconcile"))
    assert [one.entry for one in hits(reconcile, "backup-without-primary")] == [0]
    # What was learned over BGP is no primary.
    learned = [reading([row("b", "10.0.0.0/8", 100) | {"RouteEntryType": "bgp"}], kind="live", file="x")]
    assert [one.entry for one in hits(route_set(new, live=learned), "backup-without-primary")] == [0]


def test_a_live_route_in_another_folder_may_be_the_primary() -> None:
    """It lies where entries use its connection, and the guess may be wrong as for an entry there."""
    hz = reading([row("a", "10.1.0.0/16", 0)], file="hz/a.yaml")
    bj = reading([row("b", "10.9.0.0/16", 100)], file="bj/b.yaml")
    live = [reading([row("b", "10.0.0.0/8", 100)], kind="live", file="live.json")]
    (doubt,) = found(route_set(hz, bj, live=live), "backup-without-primary")
    assert isinstance(doubt, Doubt)
    assert (doubt.entry, doubt.field) == (0, "Weight")
    assert doubt.reason.startswith("bj/ may have its primary: ")


def test_live_rows_are_members_but_never_reported_on() -> None:
    new = reading([row("a", "10.1.0.0/16", 100), row("b", "10.2.0.0/16", 100)])
    live = [reading([row("b", "10.1.0.0/16", 100), row("b", "10.3.0.0/16", 100)], kind="live", file="x")]
    routes = route_set(new, live=live, config=Config(redundancy="active-standby"))
    (hit,) = hits(routes, "several-primaries")
    assert (hit.entry, hit.others) == (0, (Other("a primary on b", 2, "RouteDest"),))
    assert [one.entry for one in hits(routes, "primary-without-backup")] == [1]


def test_shared_fate_stands_at_the_primary_that_is_covered() -> None:
    gateways = Facts(customer_gateways_of={"a": ("1.1.1.1",), "b": ("1.1.1.1",)})
    rows = row("a", "10.1.0.0/16", 100), row("b", "10.0.0.0/8", 0)
    assert spoken(*rows, facts=gateways) == {"shared-fate": [0]}
    # A backup whose own group has a primary backs up that group only.
    assert spoken(*rows, row("c", "10.0.0.0/8", 100), facts=gateways) == {}
    assert spoken(*rows, facts=gateways, redundancy="none") == {}


def test_shared_fate_of_each_primary_of_a_group() -> None:
    """One shares its end with the backup beside it, another one with a backup that covers it."""
    ends = {"a": ("1.1.1.1",), "b": ("1.1.1.1",), "c": ("2.2.2.2",), "d": ("2.2.2.2",)}
    group = [row("a", "10.1.0.0/16", 100), row("c", "10.1.0.0/16", 100), row("b", "10.1.0.0/16", 0)]
    told = spoken(*group, row("d", "10.0.0.0/8", 0), facts=Facts(customer_gateways_of=ends))
    assert sorted(told["shared-fate"]) == [1, 2]


def test_a_route_that_is_kept_stands_at_the_primary() -> None:
    keeps = Facts(keeps_routes=("a",))
    primary, standby = row("a", "10.1.0.0/16", 100), row("b", "10.1.0.0/16", 0)
    for rows, place in (((primary, standby), 0), ((standby, primary), 1)):
        routes = route_set(reading(rows), config=Config(facts=keeps))
        (hit,) = hits(routes, "route-kept-on-failure")
        assert (hit.entry, hit.field) == (place, "RouteDest")
        assert hit.others == (Other("a backup on b", 1 - place, "RouteDest"),)
        assert (hit.variables["primary"], hit.variables["backup"]) == ("a", "b")
    # The backup may keep its route.
    assert spoken(primary, standby, facts=Facts(keeps_routes=("b",))) == {}
    assert spoken(primary, standby, facts=keeps, redundancy="none") == {}


def test_a_route_that_is_kept_under_a_backup_that_covers_it() -> None:
    keeps = Facts(keeps_routes=("a",))
    rows = row("a", "10.1.0.0/16", 100), row("b", "10.0.0.0/8", 0)
    assert spoken(*rows, facts=keeps) == {"route-kept-on-failure": [0]}
    # A backup whose own group has a primary backs up that group only.
    assert spoken(*rows, row("c", "10.0.0.0/8", 100), facts=keeps) == {}
    # Nothing takes over from a primary without a backup on another connection.
    assert "route-kept-on-failure" not in spoken(row("a", "10.1.0.0/16", 100), facts=keeps)
    assert "route-kept-on-failure" not in spoken(rows[0], row("a", "10.0.0.0/8", 0), facts=keeps)


def test_where() -> None:
    """Only the entries that are to be looked at are members."""
    routes = route_set(reading([row("a", "10.0.0.0/8", 100), row("b", "10.0.0.0/8", 0)]))
    (hit,) = backup(routes, {"finds": "backup-without-primary"}, [1])
    assert isinstance(hit, Hit)
    assert hit.entry == 1
    assert found(routes, "backup-without-primary") == []
