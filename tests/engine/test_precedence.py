"""What is wrong with a value is said whatever else is wrong with its entry (catalogue, precedence)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vcolint
from vcolint.cli import main

ENTRY: dict[str, Any] = {
    "RegionId": "cn-hangzhou",
    "VpnConnectionId": "vco-a",
    "NextHop": "vco-a",
    "RouteDest": "10.1.0.0/16",
    "Weight": 100,
    "Description": "office",
}
WRONG: dict[str, dict[str, Any]] = {
    "VCO401": {"Weight": 50},
    "VCO402": {"Weight": "100"},
    "VCO701": {"VpnConnectionId": "vpn-a", "NextHop": "vpn-a"},
    "VCO702": {"NextHop": "vco-b"},
    "VCO703": {"OverlayMode": "ipsec"},
    "VCO704": {"ClientToken": "é"},
    "VCO705": {"Description": "http://wiki"},
    "VCO706": {"RegionId": "cn-hangzhou-b"},
    "VCO708": {"NextHop": "vco-xxx"},
    "VCO709": {"Description": None},
    "VCO710": {"VpnConnectionId": "vco-z", "NextHop": "vco-z"},
    "VCO711": {"RegionId": "cn-nowhere"},
}
FACTS = {"facts": {"connections": ["vco-a", "vco-b"]}}


def lines(code: str, *entries: dict[str, Any]) -> list[int]:
    """Where the rule speaks."""
    given = [{name: value for name, value in one.items() if value is not None} for one in entries]
    report = vcolint.check(given, config=FACTS, select=["VCO", "VCO709"])
    return [finding.location.line for finding in report.findings if finding.code == code]


@pytest.mark.parametrize("code", WRONG)
@pytest.mark.parametrize("destination", ["0.0.0.0/0", "100.64.1.0/24", "10.1.0.0", "fd00::/8", "TODO"])
def test_a_wrong_value_beside_an_unusable_destination(code: str, destination: str) -> None:
    if destination != "TODO":  # which is a sample value itself
        assert lines(code, ENTRY | {"RouteDest": destination}) == []
    assert lines(code, ENTRY | WRONG[code] | {"RouteDest": destination}) == [1]


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_value_at_a_later_duplicate(code: str) -> None:
    wrong = ENTRY | WRONG[code]
    assert lines("VCO201", wrong, wrong) == [2]
    assert lines(code, wrong, wrong) == [1, 2]


def test_one_connection_in_two_regions_beside_an_unusable_destination() -> None:
    unusable = ENTRY | {"RouteDest": "0.0.0.0/0"}
    assert lines("VCO707", unusable, unusable | {"RegionId": "cn-beijing"}) == [2]
    # A later duplicate is a member, but never the last one.
    assert lines("VCO707", ENTRY, ENTRY | {"RegionId": "cn-beijing"}) == [1]


def test_fix_of_a_weight_beside_an_unusable_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = '- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: %s, Weight: "0"}\n'
    text = "".join(entry % one for one in ("0.0.0.0/0", "10.1.0.0/16", "10.1.0.0/16"))
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(text, encoding="utf-8")
    assert main(["check", "--fix", "a.yaml"]) == 1
    assert Path("a.yaml").read_text(encoding="utf-8") == text.replace('"0"', "0")


def test_a_weight_that_is_no_integer_is_known_and_wrong_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ENTRY | {"Weight": 99.5}
    others = (
        ENTRY | {"NextHop": "vco-a", "Weight": 0},
        ENTRY | {"VpnConnectionId": "vco-b", "NextHop": "vco-b"},
    )
    report = vcolint.check([wrong, *others])
    assert [(one.code, one.location.line) for one in report.findings] == [("VCO002", 1)]
    assert report.unchecked == []
    monkeypatch.chdir(tmp_path)
    fields = {"vpn_connection_id": "vco-a", "next_hop": "vco-a", "route_dest": "10.1.0.0/16", "weight": 99.5}
    written = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in fields.items())
    Path("main.tf").write_text(
        f'resource "alicloud_vpn_gateway_vco_route" "a" {{\n{written}}}\n', encoding="utf-8"
    )
    Path("a.json").write_text(json.dumps([wrong]), encoding="utf-8")
    assert {
        entry.weight
        for entry in vcolint.load(
            [
                ".",
            ]
        )
    } == {99.5}
    report = vcolint.check_paths(["main.tf"])
    assert [(one.code, one.location[1:3]) for one in report.findings] == [("VCO002", (5, 12))]
