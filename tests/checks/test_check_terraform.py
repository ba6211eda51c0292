"""What happens when Terraform applies: replacements, routes made side by side, unbound connections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.checks import Hit, Other, find
from vcolint.model.reading import Attachment, Reading
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location, Reference, Unknown

PLACE = Location("infra/main.tf", 30, 1, 30, 20)
HQ = Reference("infra", "alicloud_vpn_gateway_vpn_attachment.hq")


def hits(routes: RouteSet, check: str, who: Sequence[int] | None = None, **parameters: Any) -> list[Hit]:
    found = list(find(check)(routes, parameters, range(routes.size) if who is None else who))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def route(number: int, *waits_for: int, connection: Any = "vco-a", **more: Any) -> dict[str, Any]:
    return {
        "VpnConnectionId": connection,
        "RouteDest": f"10.{number}.0.0/16",
        "address": f"r[{number}]",
        "waits_for": frozenset(f"r[{other}]" for other in waits_for),
        **more,
    }


def root(*rows: dict[str, Any], kind: str = "terraform", folder: str = "infra") -> Reading:
    return reading(rows, kind=kind, file=f"{folder}/main.tf", root=folder)


# -- replacement ------------------------------------------------------------------------------------------


def test_a_plan_that_deletes_before_it_creates() -> None:
    actions = ("create", "delete-create", "create-delete", "update", "no-op", "delete-create")
    routes = route_set(root(*(route(n, action=one) for n, one in enumerate(actions)), kind="terraform-plan"))
    assert hits(routes, "replacement") == [
        Hit(1, None, {"address": "r[1]"}),
        Hit(5, None, {"address": "r[5]"}),
    ]
    assert hits(routes, "replacement", [0, 1]) == [Hit(1, None, {"address": "r[1]"})]


# -- concurrency ------------------------------------------------------------------------------------------


def test_routes_side_by_side() -> None:
    found = hits(route_set(root(*map(route, range(4)))), "concurrency", max=3)
    assert found == [
        Hit(
            3,
            "RouteDest",
            {"count": 4, "max": 3, "connection": "vco-a"},
            tuple(Other("created at the same time", entry, "RouteDest") for entry in range(3)),
            (0, 1, 2, 3),
        )
    ]
    assert hits(route_set(root(*map(route, range(3)))), "concurrency", max=3) == []


def test_each_connection_and_each_root_has_its_own() -> None:
    rows = [route(number, connection=f"vco-{number % 2}") for number in range(6)]
    assert hits(route_set(root(*rows)), "concurrency", max=3) == []
    assert hits(route_set(root(*rows[:4:2]), root(*rows[4:], folder="other")), "concurrency", max=2) == []
    both = route_set(root(*rows), root(*rows, folder="other"))
    assert [hit.entry for hit in hits(both, "concurrency", max=2)] == [4, 5, 10, 11]
    second = route_set(root(route(0), folder="other"), root(*rows))
    assert [hit.entry for hit in hits(second, "concurrency", max=2)] == [5, 6]


def test_connections_that_are_not_known_yet() -> None:
    rows = [route(number, connection=Unknown("later", HQ)) for number in range(3)]
    [hit] = hits(route_set(root(*rows)), "concurrency", max=2)
    assert hit.variables["connection"] == "alicloud_vpn_gateway_vpn_attachment.hq"
    rows = [route(number, connection=Unknown("later")) for number in range(3)]
    assert hits(route_set(root(*rows)), "concurrency", max=2) == []


@pytest.mark.parametrize(
    ("waits", "count"),
    [
        ([(), (0,), (1,), (2,), (3,), (4,)], 1),
        ([(), (0,), (0,), (0,), (0,), (0,)], 5),
        ([(), (0,), (1,), (), (3,), (4,)], 2),
        ([(), (), (), (0, 1, 2), (0, 1, 2), (0, 1, 2)], 3),
        ([(1,), (2,), (3,), (), (3,), (9,)], 2),
        ([(1,), (0,), (2,), (), (), ()], 3),  # circles
    ],
)
def test_the_order_of_creation(waits: list[tuple[int, ...]], count: int) -> None:
    routes = route_set(root(*(route(number, *others) for number, others in enumerate(waits))))
    assert hits(routes, "concurrency", max=count) == []
    if count > 1:
        [hit] = hits(routes, "concurrency", max=count - 1)
        assert hit.variables["count"] == len(hit.members) == count
        assert hit.entry == hit.members[-1]


def test_a_chain_through_another_connection() -> None:
    rows = [
        route(0),
        route(1, 0, connection="vco-b"),
        route(2, 1),
        route(3, 2, connection="vco-b"),
        route(4, 3),
    ]
    assert hits(route_set(root(*rows)), "concurrency", max=1) == []


def test_who_counts() -> None:
    rows = [
        route(0),
        route(1, create_timeout=60.0),
        route(2, create_timeout=600.0),
        route(3, create_timeout=30.0),
        route(4),
    ]
    routes = route_set(root(*rows)).judged(frozenset({0}), frozenset({4}), frozenset())
    [hit] = hits(routes, "concurrency", max=1)
    assert (hit.entry, hit.members) == (3, (0, 1, 3))


def test_of_a_plan_what_it_creates_counts() -> None:
    actions = ("create", "delete-create", "create-delete", "update", "no-op")
    rows = [route(number, action=action) for number, action in enumerate(actions)]
    [hit] = hits(route_set(root(*rows, kind="terraform-plan")), "concurrency", max=2)
    assert hit.members == (0, 1, 2)


def test_other_kinds_are_not_applied_like_that() -> None:
    for kind in ("route-set", "cli", "ros", "pulumi", "terraform-state"):
        assert hits(route_set(root(*map(route, range(4)), kind=kind)), "concurrency", max=1) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.frozensets(st.integers(0, 6), max_size=3), min_size=1, max_size=7), st.integers(0, 3))
def test_none_of_those_side_by_side_waits_for_another(waits: list[frozenset[int]], most: int) -> None:
    earlier = [frozenset(other for other in others if other < number) for number, others in enumerate(waits)]
    before: list[frozenset[int]] = []
    for others in earlier:
        before.append(others.union(*(before[other] for other in others)))

    def independent(members: Sequence[int]) -> bool:
        return not any(one in before[other] for one in members for other in members)

    largest = max(
        size for size in range(len(waits) + 1) if any(map(independent, combinations(range(len(waits)), size)))
    )
    routes = route_set(root(*(route(number, *others) for number, others in enumerate(earlier))))
    found = hits(routes, "concurrency", max=most)
    assert len(found) <= 1
    for hit in found:
        assert independent(hit.members)
        assert most < len(hit.members) <= largest
    # Those that wait for nothing are never missed.
    assert found or sum(not others for others in earlier) <= most


def test_many_routes_that_wait_for_many() -> None:
    first = [route(number) for number in range(2000)]
    shared = frozenset(one["address"] for one in first)
    second = [{**route(number), "address": f"s[{number}]", "waits_for": shared} for number in range(2001)]
    [hit] = hits(route_set(root(*first, *second)), "concurrency", max=10)
    assert (hit.variables["count"], hit.entry) == (2001, 4000)


# -- unbound ----------------------------------------------------------------------------------------------


def created(*rows: dict[str, Any], kind: str = "terraform") -> Reading:
    made = root(*rows, kind=kind)
    made.topology.created = {HQ: PLACE}
    return made


def test_a_connection_that_nothing_binds() -> None:
    rows = [route(number, connection=Unknown("later", HQ)) for number in range(3)]
    found = hits(route_set(created(route(9), *rows)), "binding", finds="unbound")
    assert found == [
        Hit(
            1,
            "RouteDest",
            {"connection": "alicloud_vpn_gateway_vpn_attachment.hq"},
            (Other("the connection is created here", location=PLACE),),
        )
    ]


def test_what_is_bound_or_may_be() -> None:
    rows = [route(0, connection=Unknown("later", HQ))]
    bound = created(*rows)
    bound.topology.bound = {HQ}
    unsure = created(*rows)
    unsure.topology.binding_unknown = True
    elsewhere = root(*rows)
    for made in (bound, unsure, elsewhere, created(*rows, kind="ros"), created(route(0))):
        assert hits(route_set(made), "binding", finds="unbound") == []
        # It tells nothing about another root.
        assert [hit.entry for hit in hits(route_set(made, created(*rows)), "binding", finds="unbound")] == [1]
    assert len(hits(route_set(created(*rows, kind="terraform-plan")), "binding", finds="unbound")) == 1


# -- unlearned --------------------------------------------------------------------------------------------

ATTACHED = Reference("infra", "alicloud_cen_transit_router_vpn_attachment.hq.transit_router_attachment_id")


def attached(*rows: dict[str, Any], kind: str = "terraform") -> Reading:
    made = root(*rows, kind=kind)
    made.topology.attachments = {HQ: Attachment(frozenset({ATTACHED}), PLACE)}
    made.topology.route_tables = True
    return made


def test_an_attachment_that_no_route_table_learns() -> None:
    rows = [route(number, connection=Unknown("later", HQ)) for number in range(3)]
    assert hits(route_set(attached(route(9), *rows)), "binding", finds="unlearned") == [
        Hit(
            1,
            "RouteDest",
            {"connection": "alicloud_vpn_gateway_vpn_attachment.hq"},
            (Other("the connection is attached here", location=PLACE),),
        )
    ]


def test_propagations_for_others_are_enough_to_speak() -> None:
    others = attached(route(0, connection=Unknown("later", HQ)))
    others.topology.route_tables = False
    assert hits(route_set(others), "binding", finds="unlearned") == []
    others.topology.propagated = {"tr-attach-other"}
    assert len(hits(route_set(others), "binding", finds="unlearned")) == 1


def test_what_is_learned_or_may_be() -> None:
    rows = [route(0, connection=Unknown("later", HQ))]
    learned = attached(*rows)
    learned.topology.propagated = {ATTACHED}
    unsure = attached(*rows)
    unsure.topology.propagation_unknown = True
    for made in (learned, unsure, attached(*rows, kind="ros"), attached(route(0))):
        assert hits(route_set(made), "binding", finds="unlearned") == []
        assert [
            hit.entry for hit in hits(route_set(made, attached(*rows)), "binding", finds="unlearned")
        ] == [1]
    assert len(hits(route_set(attached(*rows, kind="terraform-plan")), "binding", finds="unlearned")) == 1
