"""Terraform configurations against what the real terraform planned for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from vcolint.model.reading import Reading
from vcolint.read.terraform import read
from vcolint.text.value import Unknown

FIXTURES = Path(__file__).parents[1] / "fixtures" / "terraform"
CASES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
FIELDS = ("VpnConnectionId", "RouteDest", "NextHop", "Weight", "OverlayMode")


def expected(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FIXTURES / case / "expected.json").read_text())
    return loaded


@pytest.fixture
def reading(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """A case read alone, without the plan and the state beside it."""
    folder = tmp_path / "case"
    shutil.copytree(FIXTURES / request.param, folder, ignore=shutil.ignore_patterns("*.json", "*.tfstate"))
    return read(folder, "", boundary=folder)


def seen(reading: Reading) -> list[tuple[Any, ...]]:
    return sorted(
        (
            record.address,
            record.location.file,
            record.location.line,
            record.last_line,
            *(
                "unknown" if isinstance(value, Unknown) else value
                for value in (
                    record.fields[field].value if field in record.fields else None for field in FIELDS
                )
            ),
        )
        for record in reading.records
    )


@pytest.mark.parametrize(("case", "reading"), [(case, case) for case in CASES], indirect=["reading"])
def test_entries_are_those_of_the_plan(case: str, reading: Reading) -> None:
    wanted = sorted(
        (
            entry["address"],
            entry["file"],
            entry["line"],
            entry["end_line"],
            *({**entry, **entry.get("hcl", {})}[field] for field in FIELDS),
        )
        for entry in expected(case)["entries"]
        if "hcl" in entry.get("in", ["hcl"])
    )
    assert wanted
    assert seen(reading) == wanted
    assert reading.problems == []


@pytest.mark.parametrize(("case", "reading"), [(case, case) for case in CASES], indirect=["reading"])
def test_literals_are_at_their_places(case: str, reading: Reading) -> None:
    places = {
        (record.address, field): (value.location.file, value.location.line, value.location.column)
        for record in reading.records
        for field, value in record.fields.items()
        if value.literal and field != "RegionId"
    }
    wanted = {
        (entry["address"], field): (place["file"], place["line"], place["column"])
        for entry in expected(case)["entries"]
        if "hcl" in entry.get("in", ["hcl"])
        for field, place in entry.get("values", {}).items()
    }
    assert wanted
    assert places == wanted


@pytest.mark.parametrize(("case", "reading"), [(case, case) for case in CASES], indirect=["reading"])
def test_what_cannot_be_listed(case: str, reading: Reading) -> None:
    assert sorted(one.address or "" for one in reading.unlisted) == expected(case).get(
        "unchecked_addresses", []
    )


@pytest.mark.parametrize(("case", "reading"), [(case, case) for case in CASES], indirect=["reading"])
def test_the_region_is_the_provider_s(case: str, reading: Reading) -> None:
    region = "cn-shenzhen" if case == "foreach_objects" else "cn-hangzhou"
    regions = {record.fields["RegionId"] for record in reading.records}
    assert [(value.value, value.literal) for value in regions] == [(region, True)]
    assert {value.location[:3] for value in regions} == {("versions.tf", 13, 12)}


@pytest.mark.parametrize("reading", ["unknown_conn_foreach"], indirect=True)
def test_unknown_connections_are_told_apart(reading: Reading) -> None:
    attachment = "alicloud_vpn_gateway_vpn_attachment.branch"
    route = "alicloud_vpn_gateway_vco_route"
    branches = {
        f'{route}.branch["anqing-10.112.0.0/20"]': "anqing",
        f'{route}.branch["hefei-10.110.0.0/20"]': "hefei",
        f'{route}.branch["hefei-10.110.16.0/20"]': "hefei",
        f'{route}.branch["wuhu-10.111.0.0/20"]': "wuhu",
        f'{route}.voice["anqing"]': "anqing",
        f'{route}.voice["hefei"]': "hefei",
        f'{route}.voice["wuhu"]': "wuhu",
        f"{route}.hefei_twice": "hefei",
    }
    found = {}
    for record in reading.records:
        for field in ("VpnConnectionId", "NextHop"):
            value = record.fields[field].value
            assert isinstance(value, Unknown)
            assert value.reference is not None
            assert value.reference.scope == "."
            found[record.address, field] = value.reference.address
    assert found == {
        (address, field): f'{attachment}["{branch}"]'
        for address, branch in branches.items()
        for field in ("VpnConnectionId", "NextHop")
    }
    assert {one.address for one in reading.topology.bound if not isinstance(one, str)} == {
        f'{attachment}["{branch}"]' for branch in ("anqing", "hefei", "wuhu")
    }


@pytest.mark.parametrize("reading", ["topology_faults"], indirect=True)
def test_what_is_around_the_routes(reading: Reading) -> None:
    topology = reading.topology
    attachment = "alicloud_vpn_gateway_vpn_attachment"
    assert [(fact.value, *fact.location[:2]) for fact in topology.vpc_cidrs] == [
        ("10.0.0.0/16", "network.tf", 14),
        ("10.0.12.0/24", "network.tf", 19),
    ]
    assert [fact.value for fact in topology.ssl_client_pools] == ["192.168.200.0/22"]
    assert [(fact.value, fact.location.line) for fact in topology.bgp_tunnel_cidrs] == [
        ("169.254.11.0/30", 12)
    ]
    assert [fact.value for fact in topology.customer_gateway_ips] == ["203.119.24.8", "61.164.40.12"]

    def names(connections: object) -> set[str]:
        return {one.address for one in connections}  # type: ignore[attr-defined]

    assert names(topology.created) == {f"{attachment}.{name}" for name in ("idc", "branch", "orphan")}
    assert names(topology.bound) == {f"{attachment}.{name}" for name in ("idc", "branch")}
    assert topology.binding_unknown is False
    assert set(topology.transit_router_of.values()) == {"alicloud_cen_transit_router.hz"}
    subnets = {
        connection.address: [fact.value for fact in facts]
        for connection, facts in topology.remote_subnets.items()
        if not isinstance(connection, str)
    }
    assert subnets == {f"{attachment}.branch": ["10.211.0.0/16"]}
    gateways = {
        connection.address: [fact.value for fact in facts]
        for connection, facts in topology.gateways_of.items()
        if not isinstance(connection, str)
    }
    assert gateways == {
        f"{attachment}.idc": ["203.119.24.8"],
        f"{attachment}.branch": ["61.164.40.12"],
        f"{attachment}.orphan": ["61.164.40.12"],
    }


@pytest.mark.parametrize("reading", ["unknown_for_each"], indirect=True)
def test_why_it_cannot_be_listed(reading: Reading) -> None:
    assert {one.address: (one.reason, one.location.line) for one in reading.unlisted} == {
        "alicloud_vpn_gateway_vco_route.pipeline": (
            "var.routes has no value: give it one with --var-file",
            19,
        ),
        "alicloud_vpn_gateway_vco_route.derived": (
            "var.routes has no value: give it one with --var-file",
            28,
        ),
        "alicloud_vpn_gateway_vco_route.counted": (
            "var.standby_count has no value: give it one with --var-file",
            36,
        ),
    }
