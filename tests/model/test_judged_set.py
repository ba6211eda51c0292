"""A route set and what it works out anew once verdicts are known."""

from __future__ import annotations

from typing import Any

from tests.entries import reading, route_set
from vcolint.model import network


def row(connection: str, destination: str, region: str = "cn-hangzhou", weight: int = 100) -> dict[str, Any]:
    return {"VpnConnectionId": connection, "RouteDest": destination, "RegionId": region, "Weight": weight}


def test_a_judged_set_forgets_what_rests_on_verdicts() -> None:
    rows = [row("a", "10.0.0.0/8"), row("b", "10.1.0.0/16"), row("c", "11.0.0.0/8", "junk")]
    live = [reading([row("a", "12.0.0.0/8")], kind="live", file="live.json")]
    routes = route_set(reading(rows), live=live)
    texts = [network.text(block) for block in routes.destinations if block is not None]
    assert texts == ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8"]
    assert [domain.name for domain in routes.domains] == ["./ (cn-hangzhou)"] * 2 + ["./ (junk)"]
    assert [row.domains for row in routes.live_rows] == [{routes.domains[0]}]
    assert routes.once("key", lambda: 1) == 1

    judged = routes.judged({0}, (), (), {2})
    assert judged.destinations == [None, *routes.destinations[1:]]
    assert judged.destination_set.networks == [*routes.destinations[1:]]
    assert [domain.name for domain in judged.domains] == ["./ (cn-hangzhou)"] * 3
    assert [row.domains for row in judged.live_rows] == [{judged.domains[0]}]
    assert judged.once("key", lambda: 2) == 2
    assert judged.blocks is routes.blocks  # no verdict changes these
    # The set itself is as it was.
    assert len(routes.destination_set.networks) == 3
    assert routes.once("key", lambda: 3) == 1
    assert judged.judged({0}, (), (), {2}) is judged


def test_members_are_entries_without_verdicts_and_live_rows_of_their_domain() -> None:
    rows = [
        row("a", "10.0.0.0/8"),
        row("a", "10.0.0.0/8"),
        row("b", "junk"),
        row("b", "10.1.0.0/16", weight=50),
        {**row("b", "10.2.0.0/16"), "DryRun": True},
        row("b", "10.3.0.0/16", "cn-beijing"),
    ]
    live = [reading([row("a", "12.0.0.0/8"), row("z", "13.0.0.0/8")], kind="live", file="live.json")]
    routes = route_set(reading(rows), live=live).judged({2}, {1}, {3})
    assert [(domain.name, members) for domain, (members, _) in routes.members()] == [
        ("./ (cn-hangzhou)", [0, 6]),
        ("./ (cn-beijing)", [5]),
    ]
    alone = route_set(reading(rows[:5]), live=live).judged({2}, {1}, {3})
    assert [(domain.name, members) for domain, (members, _) in alone.members()] == [
        ("./ (cn-hangzhou)", [0, 5]),
    ]
    assert (alone.member_networks[5], alone.weights[5], alone.member_connections[5]) == (
        network.parse("12.0.0.0/8"),
        100,
        "a",
    )
    assert (alone.weights[0], alone.weights[3]) == (100, None)
