"""Entries held against the live snapshot, and against a connection's quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.checks import Hit, Other, find
from vcolint.engine.evaluate import evaluate
from vcolint.engine.rules import load_rules
from vcolint.model import network
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.text.value import Location, Reference, Unknown

RULES = load_rules()


def row(
    connection: Any = "vco-a",
    destination: Any = "10.0.0.0/8",
    hop: Any = "vco-a",
    weight: Any = 100,
    **more: Any,
) -> dict[str, Any]:
    return {"VpnConnectionId": connection, "RouteDest": destination, "NextHop": hop, "Weight": weight, **more}


def learned(connection: Any = "vco-a", destination: Any = "10.0.0.0/8") -> dict[str, Any]:
    return {"VpnConnectionId": connection, "RouteDest": destination, "RouteEntryType": "bgp"}


def snapshot(*rows: Mapping[str, Any]) -> list[Reading]:
    return [reading(rows, kind="live", file="live.json")]


def against(
    live: Sequence[Mapping[str, Any]], *entries: Mapping[str, Any], kind: str = "route-set", **settings: Any
) -> RouteSet:
    return route_set(reading(entries, kind=kind), config=Config(**settings), live=snapshot(*live))


def hits(routes: RouteSet, code: str, who: Sequence[int] | None = None) -> list[Hit]:
    rule = RULES[code]
    found = list(find(rule.check)(routes, rule.parameters, range(routes.size) if who is None else who))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def spoken(routes: RouteSet, code: str) -> list[int]:
    """The entries with a finding of a rule, beside those rules to which it yields."""
    return [hit.entry for hit in evaluate(routes, RULES, frozenset({code})).hits[code]]


def at(line: int) -> Location:
    return Location("live.json", line, 1, line, 8)


# -- already live, contradictions -------------------------------------------------------------------------


def test_what_is_live_already() -> None:
    routes = against(
        [row(weight=0), row()], row(), row(destination="10.1.0.0/8"), row(hop="vco-b"), row(weight=50)
    )
    assert hits(routes, "VCO202") == [
        Hit(
            entry,
            "RouteDest",
            {"row": "next hop vco-a, weight 100", "meets": "equals 10.0.0.0/8"},
            (Other("the live route", location=at(2)),),
        )
        for entry in (0, 1)
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (row(weight=0), "next hop vco-a, weight 100"),
        (row(hop="vco-b"), "next hop vco-a, weight 100"),
        (row(hop="vco-b", weight=Unknown("later")), "next hop vco-a, weight 100"),
        (row(), None),
        (row(weight=Unknown("later")), None),
        (row(hop=Unknown("later")), None),
        (row(hop=None, weight=0), None),
        (row(connection="vco-b", weight=0), None),
        (row(destination="10.0.0.0/9", weight=0), None),
        (row(connection=Unknown("later", Reference("a", "b")), weight=0), None),
    ],
)
def test_contradictions(entry: dict[str, Any], told: str | None) -> None:
    found = hits(against([row()], entry), "VCO306")
    assert [(hit.variables["row"], hit.others) for hit in found] == (
        [(told, (Other("the live route", location=at(1)),))] if told else []
    )


def test_where_a_route_is_live_already_nothing_contradicts_it() -> None:
    live = [row(hop="vco-b"), row(), row(weight=0)]
    assert spoken(against(live, row(), row(hop="vco-c")), "VCO306") == [1]


def test_a_wrong_weight_and_a_duplicate_contradict_nothing() -> None:
    routes = against([row()], row(weight=50), row(weight=0), row(weight=0))
    assert spoken(routes, "VCO306") == [1]


def test_what_is_not_known_of_a_row_contradicts_nothing() -> None:
    unknown = Unknown("not text", reported=True)
    for live in (row(hop=unknown, weight=0), row(weight=unknown), row(hop=None), row(weight=None)):
        for code in ("VCO202", "VCO306"):
            assert spoken(against([live], row()), code) == []
    assert spoken(against([row(hop="vco-b", weight=unknown)], row()), "VCO306") == [0]


def test_what_only_asks_clashes_with_nothing() -> None:
    live = [row(), learned(destination="10.1.0.0/16")]
    for code, entry in (("VCO202", row()), ("VCO306", row(weight=0)), ("VCO305", row())):
        assert spoken(against(live, {**entry, "DryRun": True}, entry), code) == [1]


@pytest.mark.parametrize(
    ("kind", "mode", "creates"),
    [
        ("route-set", "auto", True),
        ("cli", "auto", True),
        ("terraform", "auto", False),
        ("ros", "auto", False),
        ("pulumi", "auto", False),
        ("terraform", "create", True),
        ("route-set", "reconcile", False),
        ("terraform-state", "create", False),
    ],
)
def test_only_what_is_created_clashes(kind: str, mode: str, creates: bool) -> None:
    routes = against(
        [row(), learned(destination="10.1.0.0/16")], row(), row(weight=0), kind=kind, live_mode=mode
    )
    assert spoken(routes, "VCO202") == [0] * creates
    assert spoken(routes, "VCO306") == [1] * creates
    assert spoken(routes, "VCO305") == [0, 1]


def test_of_a_plan_only_what_it_creates_clashes() -> None:
    actions = ("create", "no-op", "update", "delete-create", "create")
    rows = [row(destination=f"10.{number}.0.0/16") for number in range(5)]
    entries = [{**one, "action": action} for one, action in zip(rows, actions, strict=True)]
    assert spoken(against(rows, *entries, kind="terraform-plan"), "VCO202") == [0, 4]
    # Where the set is the wanted whole, what a plan creates may take the place of what is live.
    wanted = against(rows, *entries, kind="terraform-plan", live_mode="reconcile")
    assert spoken(wanted, "VCO202") == []


def test_without_a_snapshot_there_is_silence() -> None:
    for code in ("VCO202", "VCO305", "VCO306"):
        assert spoken(route_set(reading([row()])), code) == []


# -- learned routes ---------------------------------------------------------------------------------------


def test_learned_routes_of_the_same_connection() -> None:
    live = [learned(destination="10.1.0.0/16"), learned("vco-b"), row(), learned(destination="10.1.0.0/16")]
    entries = [
        row(),
        row(destination="10.1.2.0/24"),
        row("vco-b", "10.0.0.0/8"),
        row("vco-c"),
        row(destination="11.0.0.0/8"),
    ]
    found = hits(against(live, *entries), "VCO305")
    assert [(hit.entry, hit.variables["meets"], hit.witness, hit.others) for hit in found] == [
        (
            0,
            "contains 10.1.0.0/16",
            "10.1.0.0",
            (Other("10.1.0.0/16 of the learned routes", location=at(1)),),
        ),
        (
            1,
            "lies inside 10.1.0.0/16",
            "10.1.2.0",
            (Other("10.1.0.0/16 of the learned routes", location=at(1)),),
        ),
        (2, "equals 10.0.0.0/8", "10.0.0.0", (Other("10.0.0.0/8 of the learned routes", location=at(2)),)),
    ]


# -- quota ------------------------------------------------------------------------------------------------


def quota(
    live: Sequence[Mapping[str, Any]], *entries: Mapping[str, Any], most: int = 3, **more: Any
) -> list[Hit]:
    return hits(against(live, *entries, quotas={"routes-per-connection": most}, **more), "VCO601")


def numbered(count: int, first: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [row(destination=f"10.{number}.0.0/16", **more) for number in range(first, first + count)]


def test_the_first_entry_past_the_limit() -> None:
    assert quota([], *numbered(3)) == []
    assert quota([], *numbered(5)) == [
        Hit(3, None, {"connection": "vco-a", "count": 5, "max": 3, "live": 0}, members=(0, 1, 2, 3, 4))
    ]
    two = [*numbered(3), *numbered(4, connection="vco-b", hop="vco-b")]
    [hit] = quota([], *two)
    assert (hit.entry, hit.variables) == (6, {"connection": "vco-b", "count": 4, "max": 3, "live": 0})


def test_live_routes_are_counted_first_and_each_once() -> None:
    live = [*numbered(2, first=2), *numbered(1, first=2), learned(), learned(destination="11.0.0.0/8")]
    # Of the entries the third one is live already.
    [hit] = quota(live, *numbered(3))
    assert (hit.entry, hit.variables) == (1, {"connection": "vco-a", "count": 4, "max": 3, "live": 2})
    assert quota(live, *numbered(1)) == []


def test_live_routes_that_exceed_the_limit_alone_tell_that_it_was_raised() -> None:
    assert quota(numbered(4), *numbered(6)) == []
    assert [hit.entry for hit in quota(numbered(3), *numbered(6))] == [3]


def test_live_routes_do_not_count_where_the_entries_are_the_whole() -> None:
    assert quota(numbered(3, first=5), *numbered(3), kind="terraform") == []
    assert [hit.entry for hit in quota(numbered(9, first=5), *numbered(4), live_mode="reconcile")] == [3]


def test_each_connection_has_its_own_limit() -> None:
    live = numbered(4)
    entries = [*numbered(1, first=7), *numbered(4, connection="vco-b", hop="vco-b")]
    [hit] = quota(live, *entries)
    assert (hit.entry, hit.variables["connection"]) == (4, "vco-b")


def test_what_is_live_counts_where_no_entry_is_new() -> None:
    """They are the whole, live or not."""
    [hit] = quota(numbered(4), *numbered(4), live_mode="reconcile")
    assert (hit.entry, hit.variables["count"], hit.variables["live"]) == (3, 4, 0)


def test_who_counts() -> None:
    routes = against(
        [],
        *numbered(3),
        *numbered(1),
        row(destination="10.9.0.0/16", DryRun=True),
        row(destination="junk"),
        row(destination="10.8.0.0/16", weight=50),
        quotas={"routes-per-connection": 3},
    )
    assert spoken(routes, "VCO601") == [6]


def test_in_a_plan_an_existing_route_is_the_live_one() -> None:
    live = numbered(3)
    plan = [row(destination="10.0.0.0/16", weight=0, action="update"), *numbered(2, first=1, action="no-op")]
    new = [row(destination="10.7.0.0/16", action="create")]
    assert quota(live, *plan, *new, most=4, kind="terraform-plan") == []
    [hit] = quota(live, *plan, *new, most=3, kind="terraform-plan")
    assert (hit.entry, hit.variables) == (3, {"connection": "vco-a", "count": 4, "max": 3, "live": 3})


def test_without_the_setting_there_is_silence() -> None:
    assert hits(against([], *numbered(50)), "VCO601") == []


# -- against comparing every entry with every row ---------------------------------------------------------

values = st.fixed_dictionaries(
    {
        "VpnConnectionId": st.sampled_from(["vco-a", "vco-b"]),
        "RouteDest": st.sampled_from(["10.0.0.0/8", "10.1.0.0/8", "10.0.0.0/9", "10.128.0.0/9"]),
        "NextHop": st.sampled_from(["vco-a", "vco-b", None]),
        "Weight": st.sampled_from([0, 100, None]),
    }
)
rows = st.builds(
    lambda held, kind: {**held, "RouteEntryType": kind}, values, st.sampled_from(["custom", "bgp"])
)


def key_of(held: Mapping[str, Any]) -> tuple[str, int]:
    block = network.parse(held["RouteDest"])
    assert block is not None
    return held["VpnConnectionId"], network.network(block)


def differ(one: object, other: object) -> bool:
    return None not in (one, other) and one != other


@settings(max_examples=200, deadline=None)
@given(st.lists(values, max_size=6), st.lists(rows, max_size=6))
def test_every_entry_against_every_row(entries: list[dict[str, Any]], live: list[dict[str, Any]]) -> None:
    routes = against(live, *entries)
    already, contradicting, overlapping = [], [], []
    seen: set[tuple[Any, ...]] = set()
    for number, entry in enumerate(entries):
        route = *key_of(entry), entry["NextHop"], entry["Weight"]
        if route in seen and None not in route:
            continue  # a later duplicate takes no part
        seen.add(route)
        custom = [one for one in live if one["RouteEntryType"] == "custom" and key_of(one) == key_of(entry)]
        equal = [
            one
            for one in custom
            if None not in (entry["NextHop"], entry["Weight"])
            and (one["NextHop"], one["Weight"]) == (entry["NextHop"], entry["Weight"])
        ]
        if equal:
            already.append(number)
        elif any(
            differ(one["NextHop"], entry["NextHop"])
            or (None is not entry["NextHop"] == one["NextHop"] and differ(one["Weight"], entry["Weight"]))
            for one in custom
        ):
            contradicting.append(number)
        if any(
            one["RouteEntryType"] == "bgp"
            and key_of(one)[0] == key_of(entry)[0]
            and network.overlaps(key_of(one)[1], key_of(entry)[1])
            for one in live
        ):
            overlapping.append(number)
    assert spoken(routes, "VCO202") == already
    assert spoken(routes, "VCO306") == contradicting
    assert sorted(spoken(routes, "VCO305")) == overlapping
