"""The region of a route in Terraform is that of the provider which its resource uses. The configuration in
fixtures/terraform-regions was planned by Terraform 1.11; `planned.json` is what it printed."""

from __future__ import annotations

from pathlib import Path

from vcolint.model.reading import Reading
from vcolint.read import plan, terraform
from vcolint.text.source import Source

FIXTURE = Path(__file__).parents[1] / "fixtures" / "terraform-regions"
ROUTE = "alicloud_vpn_gateway_vco_route"

REGIONS = {
    "a": "cn-shanghai",
    'many["10.2.0.0/16"]': "cn-beijing",
    'many["10.3.0.0/16"]': "cn-beijing",
    "module.bj.m": "cn-beijing",
    "module.bj.module.inner.i": None,
    "module.only_peer.own": "cn-hangzhou",
    "module.only_peer.peer": "cn-beijing",
    "module.only_peer.module.inner.m": "cn-beijing",
    "module.only_peer.module.inner.module.inner.i": None,
    "module.plain.m": "cn-hangzhou",
    "module.plain.module.inner.i": None,
    "module.quoted.m": "cn-shanghai",
    "module.quoted.module.inner.i": None,
    "module.twins.own": "cn-shanghai",
    "module.twins.peer": "cn-beijing",
    "module.twins.module.inner.m": "cn-beijing",
    "module.twins.module.inner.module.inner.i": None,
}


def regions(reading: Reading) -> dict[str, object]:
    names = [(record.address or "").replace(f"{ROUTE}.", "") for record in reading.records]
    return dict(zip(names, reading.column("RegionId"), strict=True))


def test_in_a_configuration() -> None:
    assert regions(terraform.read(FIXTURE, "", boundary=FIXTURE)) == REGIONS


def test_in_its_plan() -> None:
    """A plan shows what a region refers to and not what it makes of it: only the constant one is known."""
    text = (FIXTURE / "planned.json").read_text(encoding="utf-8")
    found = regions(plan.read(Source("planned.json", text)))
    assert found.keys() == REGIONS.keys()
    known = {name: region for name, region in found.items() if isinstance(region, str)}
    assert known == {name: region for name, region in REGIONS.items() if region == "cn-hangzhou"}
