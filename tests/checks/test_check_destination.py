"""Destinations against networks, and their lengths, held against sets of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.checks import Hit, Other, find
from vcolint.engine.rules import load_rules
from vcolint.model.reading import Fact, Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Facts
from vcolint.text.value import Location, Reference, Unknown

RULES = load_rules()
PLACE = Location("main.tf", 3, 1, 3, 20)


def hits(
    routes: RouteSet, check: str = "destination", who: Sequence[int] | None = None, **parameters: Any
) -> list[Hit]:
    found = list(find(check)(routes, parameters, range(routes.size) if who is None else who))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def to(*texts: object, **parameters: Any) -> RouteSet:
    return route_set(reading([{"RouteDest": text} for text in texts]), **parameters)


def told(text: str, relation: str, *networks: str) -> tuple[str, str | None] | None:
    """What is said of one destination, and the witness."""
    found = hits(to(text), relation=relation, networks=list(networks))
    if not found:
        return None
    [hit] = found
    assert (hit.entry, hit.field, hit.variables["relation"]) == (0, "RouteDest", relation)
    return str(hit.variables["meets"]), hit.witness


# -- what is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "relation", "meets", "witness"),
    [
        ("100.64.1.0/24", "overlaps", "lies inside 100.64.0.0/10", "100.64.1.0"),
        ("100.64.0.0/10", "overlaps", "equals 100.64.0.0/10", "100.64.0.0"),
        ("100.0.0.0/8", "overlaps", "contains 100.64.0.0/10", "100.64.0.0"),
        ("0.0.0.0/1", "overlaps", "contains 100.64.0.0/10", "100.64.0.0"),
        ("100.127.255.255/32", "overlaps", "lies inside 100.64.0.0/10", "100.127.255.255"),
        ("100.65.3.7/16", "overlaps", "lies inside 100.64.0.0/10", "100.65.0.0"),
        ("100.64.1.0/24", "inside", "lies inside 100.64.0.0/10", None),
        ("100.64.0.0/10", "inside", "equals 100.64.0.0/10", None),
        ("100.64.0.0/10", "equals", "equals 100.64.0.0/10", None),
        ("100.64.0.0/10", "contains", "equals 100.64.0.0/10", "100.64.0.0"),
        ("100.0.0.0/8", "contains", "contains 100.64.0.0/10", "100.64.0.0"),
        ("100.0.0.0/8", "outside", "lies partly outside", "100.0.0.0"),
        ("100.128.0.0/10", "outside", "lies outside", "100.128.0.0"),
    ],
)
def test_one_network(text: str, relation: str, meets: str, witness: str | None) -> None:
    assert told(text, relation, "100.64.0.0/10") == (meets, witness)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("100.128.0.0/10", "overlaps"),
        ("100.63.255.255/32", "overlaps"),
        ("100.0.0.0/8", "inside"),
        ("100.64.0.0/11", "equals"),
        ("100.64.0.0/11", "contains"),
        ("100.64.0.0/11", "outside"),
        ("100.64.0.0/10", "outside"),
        ("10.0.0.0", "outside"),
    ],
)
def test_no_relation(text: str, relation: str) -> None:
    assert told(text, relation, "100.64.0.0/10") is None


def test_every_network_is_named() -> None:
    networks = ("10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/24", "10.2.0.0/16")
    assert told("10.1.0.0/16", "overlaps", *networks) == (
        "equals 10.1.0.0/16 and lies inside 10.0.0.0/8 and contains 10.1.1.0/24 and 10.1.2.0/24",
        "10.1.0.0",
    )
    assert told("10.1.0.0/16", "inside", *networks) == ("equals 10.1.0.0/16 and lies inside 10.0.0.0/8", None)


def test_many_networks_are_counted() -> None:
    networks = [f"10.1.{third}.0/24" for third in range(200)]
    assert told("10.1.0.0/16", "contains", *networks) == (
        f"contains {', '.join(networks[:100])} and 100 more",
        "10.1.0.0",
    )


def test_what_is_uncovered_is_named() -> None:
    [hit] = hits(to("10.0.0.0/30"), relation="outside", networks=["10.0.0.0/32", "10.0.0.2/32"])
    assert (hit.variables["uncovered"], hit.witness) == ("10.0.0.1/32 and 10.0.0.3/32", "10.0.0.1")
    assert hit.variables["among"] == " (it overlaps 10.0.0.0/32 and 10.0.0.2/32)"
    [hit] = hits(to("10.0.0.0/30"), relation="outside", networks=["10.0.1.0/24"])
    assert (hit.variables["uncovered"], hit.variables["among"]) == ("10.0.0.0/30", "")
    # Two halves add up.
    assert hits(to("10.0.0.0/31"), relation="outside", networks=["10.0.0.0/32", "10.0.0.1/32"]) == []
    assert [
        hit.entry
        for hit in hits(to("10.0.0.0/31"), relation="inside", networks=["10.0.0.0/32", "10.0.0.1/32"])
    ] == []


# -- against sets of addresses ----------------------------------------------------------------------------

BASE = int(IPv4Address("10.0.0.0"))
networks_of_32 = st.builds(
    lambda offset, length: IPv4Network((BASE + (offset >> (32 - length) << (32 - length)), length)),
    st.integers(0, 31),
    st.integers(27, 32),
)


def meant(relation: str, one: IPv4Network, networks: list[IPv4Network]) -> bool:
    here = set(one)
    sets = [set(network) for network in networks]
    if relation == "outside":
        return not here <= set().union(*sets)
    return any(
        {
            "equals": here == there,
            "inside": here <= there,
            "contains": here >= there,
            "overlaps": here & there,
        }[relation]
        for there in sets
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(networks_of_32 | st.none(), min_size=1, max_size=12),
    st.lists(networks_of_32, min_size=1, max_size=6),
    st.sampled_from(["equals", "inside", "contains", "overlaps", "outside"]),
    st.data(),
)
def test_relations(
    ours: list[IPv4Network | None], theirs: list[IPv4Network], relation: str, data: st.DataObject
) -> None:
    routes = to(*(one and str(one) for one in ours))
    who = data.draw(st.none() | st.lists(st.sampled_from(range(len(ours))), unique=True).map(sorted))
    found = hits(routes, who=who, relation=relation, networks=[str(one) for one in theirs])
    expected = [
        entry
        for entry in (range(len(ours)) if who is None else who)
        if (one := ours[entry]) is not None and meant(relation, one, theirs)
    ]
    assert [hit.entry for hit in found] == expected
    for hit in found:
        one = ours[hit.entry]
        assert one is not None
        if relation in ("contains", "overlaps"):
            assert hit.witness is not None
            assert IPv4Address(hit.witness) in one
            assert any(IPv4Address(hit.witness) in their for their in theirs)
        if relation == "outside":
            assert hit.witness is not None
            assert IPv4Address(hit.witness) in one
            assert not any(IPv4Address(hit.witness) in their for their in theirs)


@settings(max_examples=100, deadline=None)
@given(st.lists(networks_of_32 | st.none(), max_size=8), st.integers(26, 33), st.integers(26, 32))
def test_prefix_lengths(ours: list[IPv4Network | None], least: int, most: int) -> None:
    routes = to(*(one and str(one) for one in ours))
    found = hits(routes, "prefix-length", min=least, max=most)
    expected = [
        (entry, one.prefixlen) for entry, one in enumerate(ours) if one and not least <= one.prefixlen <= most
    ]
    assert [(hit.entry, hit.variables["length"]) for hit in found] == expected


def test_a_prefix_length_without_a_least_or_a_greatest() -> None:
    routes = to("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/32")
    assert hits(routes, "prefix-length", max=8) == [
        Hit(2, "RouteDest", {"length": 32, "min": 0, "max": 8}),
    ]
    assert hits(routes, "prefix-length", min=8) == [
        Hit(0, "RouteDest", {"length": 0, "min": 8, "max": 32}),
    ]


def test_the_default_route_is_too_short() -> None:
    found = hits(
        to("0.0.0.0/0", "1.2.3.4/0", "0.0.0.0/1", "0/0"), "prefix-length", **RULES["VCO101"].parameters
    )
    assert found == [Hit(entry, "RouteDest", {"length": 0, "min": 1, "max": 32}) for entry in (0, 1)]


def test_unusable_destinations_take_no_part() -> None:
    routes = to("10.0.0.0/8", "10.0.0.0/8").judged(frozenset({0}), frozenset(), frozenset())
    assert [hit.entry for hit in hits(routes, relation="overlaps", networks=["10.1.0.0/16"])] == [1]
    assert [hit.entry for hit in hits(routes, "prefix-length", min=9)] == [1]


# -- facts ------------------------------------------------------------------------------------------------


def terraform(*texts: str, root: str = "infra", **fields: Any) -> Reading:
    return reading(
        [{"RouteDest": text, **fields} for text in texts], kind="terraform", file=f"{root}/main.tf", root=root
    )


def test_facts_of_the_config_and_of_the_same_terraform() -> None:
    mine = terraform("10.1.0.0/16", "10.2.0.0/16")
    mine.topology.vpc_cidrs = [
        Fact("10.1.1.0/24", PLACE, "alicloud_vswitch.a"),
        Fact("10.2.0.0/16", PLACE, "alicloud_vpc.b"),
    ]
    other = terraform("10.1.0.0/16", "10.3.0.0/16", root="other")
    config = Config(facts=Facts(vpc_cidrs=("10.2.0.0/16", "10.3.0.0/17")))
    found = hits(route_set(mine, other, config=config), **RULES["VCO112"].parameters)
    assert [(hit.entry, hit.variables["meets"], hit.others) for hit in found] == [
        (0, "contains 10.1.1.0/24", (Other("10.1.1.0/24 of alicloud_vswitch.a", location=PLACE),)),
        (1, "equals 10.2.0.0/16", (Other("10.2.0.0/16 of alicloud_vpc.b", location=PLACE),)),
        (3, "contains 10.3.0.0/17", ()),
    ]
    assert [
        hit.entry
        for hit in hits(route_set(mine, other, config=config), who=[1, 3], **RULES["VCO112"].parameters)
    ] == [1, 3]


def test_without_facts_there_is_silence() -> None:
    for code in ("VCO109", "VCO110", "VCO111", "VCO112", "VCO113", "VCO114", "VCO203"):
        routes = to("0.0.0.0/1", "10.0.0.0/8")
        assert hits(routes, **RULES[code].parameters) == []


def test_a_dry_run_is_held_against_facts() -> None:
    """It is checked alone; only what the snapshot learned over BGP is no conflict for it."""
    rows: list[dict[str, Any]] = [{"RouteDest": "10.1.0.0/16", "DryRun": True}, {"RouteDest": "10.1.0.0/16"}]
    routes = route_set(reading(rows), config=Config(facts=Facts(vpc_cidrs=("10.1.0.0/16",))))
    assert [hit.entry for hit in hits(routes, **RULES["VCO112"].parameters)] == [0, 1]


def test_a_gateway_is_named_as_an_address() -> None:
    config = Config(facts=Facts(customer_gateway_ips=("42.104.22.210",)))
    [hit] = hits(to("42.0.0.0/8", "42.104.22.211/32", config=config), **RULES["VCO111"].parameters)
    assert (hit.entry, hit.variables["meets"], hit.witness) == (0, "contains 42.104.22.210", "42.104.22.210")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("VCO111", "customer_gateway_ips"),
        ("VCO112", "vpc_cidrs"),
        ("VCO113", "bgp_tunnel_cidrs"),
        ("VCO114", "ssl_client_pools"),
    ],
)
def test_what_the_same_terraform_tells(code: str, told: str) -> None:
    made = terraform("10.0.0.0/8", "11.0.0.0/8")
    setattr(made.topology, told, [Fact("10.1.2.3/32", PLACE, "alicloud.x"), Fact("10.1.2.3", PLACE)])
    other = reading([{"RouteDest": "10.0.0.0/8"}])
    [hit] = hits(route_set(made, other), **RULES[code].parameters)
    named = "10.1.2.3" if code == "VCO111" else "10.1.2.3/32"
    label = RULES[code].parameters["facts"]
    assert (hit.entry, hit.variables["meets"], hit.witness) == (0, f"contains {named}", "10.1.2.3")
    assert hit.others == (
        Other(f"{named} of alicloud.x", location=PLACE),
        Other(f"{named} of {label}", location=PLACE),
    )


def test_allowed_destinations_are_those_of_the_connection_else_of_all() -> None:
    config = Config(
        facts=Facts(
            allowed_destinations={
                "vco-a": ("10.0.0.0/8",),
                "alicloud.b": ("10.2.0.0/16",),
                "*": ("172.16.0.0/12",),
            }
        )
    )
    reference = Reference("infra", "alicloud.b")
    rows: list[dict[str, Any]] = [
        {"VpnConnectionId": connection, "RouteDest": destination}
        for connection in ("vco-a", "vco-c", Unknown("later", reference), Unknown("later"), None)
        for destination in ("10.1.0.0/16", "172.16.0.0/16", "10.2.0.0/15")
    ]
    found = hits(route_set(reading(rows), config=config), **RULES["VCO110"].parameters)
    assert sorted((hit.entry, hit.variables["uncovered"]) for hit in found) == [
        (1, "172.16.0.0/16"),
        (3, "10.1.0.0/16"),
        (5, "10.2.0.0/15"),
        (6, "10.1.0.0/16"),
        (7, "172.16.0.0/16"),
        (8, "10.3.0.0/16"),
    ]


def test_what_an_allowed_list_meets_is_named_up_to_a_hundred() -> None:
    facts = tuple(f"10.{number}.0.0/16" for number in range(102))
    config = Config(facts=Facts(allowed_destinations={"*": facts}))
    rows = [{"VpnConnectionId": "vco-a", "RouteDest": one} for one in ("10.0.0.0/8", "11.0.0.0/8")]
    partly, wholly = hits(route_set(reading(rows), config=config), **RULES["VCO110"].parameters)
    assert partly.variables == {
        "relation": "outside",
        "meets": "lies partly outside",
        "among": f" (it overlaps {', '.join(facts[:100])} and 2 more)",
        "uncovered": "10.102.0.0/15, 10.104.0.0/13, 10.112.0.0/12 and 10.128.0.0/9",
    }
    assert partly.witness == "10.102.0.0"
    assert wholly.variables == {
        "relation": "outside",
        "meets": "lies outside",
        "among": "",
        "uncovered": "11.0.0.0/8",
    }


def test_without_a_list_for_all_other_connections_are_free() -> None:
    config = Config(facts=Facts(allowed_destinations={"vco-a": ("10.0.0.0/8",)}))
    rows = [{"VpnConnectionId": one, "RouteDest": "172.16.0.0/16"} for one in ("vco-b", "vco-a")]
    assert [
        hit.entry for hit in hits(route_set(reading(rows), config=config), **RULES["VCO110"].parameters)
    ] == [1]


def test_remote_subnets_are_those_of_the_connection() -> None:
    reference = Reference("infra", "alicloud.b")
    made = terraform(
        "192.168.0.0/24", "192.168.1.0/24", "192.168.0.0/25", VpnConnectionId=Unknown("later", reference)
    )
    made.topology.remote_subnets = {reference: [Fact("192.168.0.0/24", PLACE, "alicloud.b")]}
    plain = reading(
        [{"RouteDest": "192.168.0.0/24", "VpnConnectionId": one} for one in ("vco-a", "vco-b", "vco-c")]
    )
    config = Config(
        facts=Facts(
            remote_subnets={
                "vco-a": ("192.168.0.0/24", "10.0.0.0/8"),
                "vco-c": ("192.168.0.0/24", "0.0.0.0/0"),
            }
        )
    )
    found = hits(route_set(made, plain, config=config), **RULES["VCO203"].parameters)
    assert [(hit.entry, hit.variables["meets"]) for hit in found] == [
        (0, "equals 192.168.0.0/24"),
        (3, "equals 192.168.0.0/24"),
    ]


def test_remote_subnets_are_facts_of_one_connection_and_of_one_kind() -> None:
    one, two = Reference("infra", "alicloud.a"), Reference("infra", "alicloud.b")
    rows = [
        {"RouteDest": f"192.168.{number}.0/24", "VpnConnectionId": Unknown("later", reference)}
        for reference in (one, two)
        for number in (0, 1)
    ]
    made = reading(rows, kind="terraform", root="infra")
    made.topology.remote_subnets = {
        one: [Fact("192.168.0.0/24", PLACE, "alicloud.a")],
        two: [Fact("192.168.1.0/24", PLACE, "alicloud.b")],
    }
    found = hits(route_set(made), **RULES["VCO203"].parameters)
    assert [(hit.entry, hit.others) for hit in found] == [
        (0, (Other("192.168.0.0/24 of alicloud.a", location=PLACE),)),
        (3, (Other("192.168.1.0/24 of alicloud.b", location=PLACE),)),
    ]
    # They allow nothing.
    config = Config(facts=Facts(allowed_destinations={"vco-z": ("10.0.0.0/8",)}))
    assert hits(route_set(made, config=config), **RULES["VCO110"].parameters) == []


# -- much at once -----------------------------------------------------------------------------------------


def test_many_entries_that_meet_many_facts() -> None:
    facts = tuple(f"10.{number >> 8}.{number & 255}.0/24" for number in range(1000))
    chain = [f"10.0.0.0/{length}" for length in range(8, 33)] * 400
    config = Config(facts=Facts(vpc_cidrs=facts, forbidden_destinations=facts))
    found = hits(to(*chain, config=config), **RULES["VCO112"].parameters)
    assert len(found) == 10_000
    assert found[0].variables["meets"] == f"contains {', '.join(facts[:100])} and 900 more"
    assert found[24].variables["meets"] == "lies inside 10.0.0.0/24"


def test_many_small_readings_share_the_facts_of_the_config() -> None:
    facts = tuple(f"10.{number >> 8}.{number & 255}.0/24" for number in range(2000))
    config = Config(facts=Facts(vpc_cidrs=facts, allowed_destinations={"*": facts}))
    readings = [
        reading([{"RouteDest": "10.0.0.0/24", "VpnConnectionId": f"vco-{number}"}], file=f"{number}.yaml")
        for number in range(1500)
    ]
    routes = route_set(*readings, config=config)
    assert len(hits(routes, **RULES["VCO112"].parameters)) == 1500
    assert hits(routes, **RULES["VCO110"].parameters) == []
