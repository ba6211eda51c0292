"""From hits to findings: where they stand, and what they do not tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vcolint

HEAD = "RegionId: cn-hangzhou\n"


def checked(folder: Path, files: dict[str, str], **config: Any) -> vcolint.Report:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    live = [str(folder / name) for name in files if name == "live.json"]
    paths = [str(folder / name) for name in files if name != "live.json"]
    return vcolint.check_paths(paths, config={"live": live, **config})


def found(report: vcolint.Report) -> list[tuple[str, int, int]]:
    return [(one.code, one.location.line, one.location.column) for one in report.findings]


def related(report: vcolint.Report, code: str) -> list[tuple[int, int]]:
    (finding,) = (one for one in report.findings if one.code == code)
    return [(one.location.line, one.location.column) for one in finding.related]


# -- places -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shared", "entries", "code", "others"),
    [
        (
            "VpnConnectionId: vco-a\nNextHop: vco-a\nRouteDest: 10.0.0.0/8\n",
            ["{Weight: 100}", "{Weight: 100}"],
            "VCO201",
            [6],
        ),
        (
            "VpnConnectionId: vco-a\nNextHop: vco-a\nRouteDest: 10.0.0.0/8\n",
            ["{Weight: 100}", "{Weight: 0}"],
            "VCO301",
            [6],
        ),
        (
            "VpnConnectionId: vco-a\nRouteDest: 10.0.0.0/8\nWeight: 100\n",
            ["{NextHop: vco-a}", "{NextHop: vco-b}"],
            "VCO302",
            [6],
        ),
        (
            "RouteDest: 10.0.0.0/8\n",
            [
                "{VpnConnectionId: vco-a, NextHop: vco-a, Weight: 100}",
                "{VpnConnectionId: vco-b, NextHop: vco-b, Weight: 0}",
                "{VpnConnectionId: vco-c, NextHop: vco-c, Weight: 0}",
            ],
            "VCO503",
            [4, 5],
        ),
        (
            "VpnConnectionId: vco-a\nNextHop: vco-a\nWeight: 100\nClientToken: t\n",
            ["{RouteDest: 10.0.0.0/8}", "{RouteDest: 11.0.0.0/8}"],
            "VCO204",
            [7],
        ),
        (
            "VpnConnectionId: vco-a\nNextHop: vco-a\nWeight: 100\n",
            ["{RouteDest: 10.0.0.0/8, RegionId: cn-beijing}", "{RouteDest: 11.0.0.0/8}"],
            "VCO707",
            [],
        ),
    ],
)
def test_what_is_wrong_between_entries_does_not_stand_at_a_hoisted_value(
    tmp_path: Path, shared: str, entries: list[str], code: str, others: list[int]
) -> None:
    """It stands at the last entry itself, and so do the related places."""
    text = f"{HEAD}{shared}Routes:\n" + "".join(f"- {one}\n" for one in entries)
    report = checked(tmp_path, {"a.yaml": text})
    assert found(report) == [(code, text.count("\n"), 3)]
    if others:
        assert related(report, code) == [(line, 3) for line in others]


def test_a_hoisted_value_behind_the_entries_in_one_line(tmp_path: Path) -> None:
    entry = {"RegionId": "cn-hangzhou", "VpnConnectionId": "vco-a", "NextHop": "vco-a", "Weight": 100}
    text = json.dumps({"Routes": [entry, entry], "RouteDest": "10.0.0.0/8"})
    report = checked(tmp_path, {"a.json": text})
    assert found(report) == [("VCO201", 1, text.rindex("{") + 1)]


def test_a_value_of_its_own_is_the_place(tmp_path: Path) -> None:
    shared = "VpnConnectionId: vco-a\nNextHop: vco-a\nWeight: 100\nRouteDest: 10.0.0.0/8\n"
    report = checked(tmp_path, {"a.yaml": f"{HEAD}{shared}Routes:\n- {{}}\n- {{RouteDest: 10.0.0.0/8}}\n"})
    assert found(report) == [("VCO201", 8, 15)]
    assert related(report, "VCO201") == [(7, 3)]


# -- sensitive values -------------------------------------------------------------------------------------

SECRET = "vco-secret77"


def terraform(*routes: str) -> str:
    declared = "".join(
        f'variable "{name}" {{\n  sensitive = true\n  default   = {value}\n}}\n'
        for name, value in (("secret", f'"{SECRET}"'), ("destination", '"10.77.0.0/16"'), ("backup", "0"))
    )
    blocks = "".join(
        f'resource "alicloud_vpn_gateway_vco_route" "r{number}" {{\n'
        + "".join(
            f"  {name} = {value}\n"
            for name, value in zip(
                ("vpn_connection_id", "next_hop", "route_dest", "weight"), route.split(), strict=True
            )
        )
        + "}\n"
        for number, route in enumerate(routes)
    )
    return f'provider "alicloud" {{\n  region = "cn-hangzhou"\n}}\n{declared}{blocks}'


def shown(report: vcolint.Report, code: str) -> str:
    """The message of the finding of that code; its related ones have no secret either."""
    (finding,) = (one for one in report.findings if one.code == code)
    for one in (finding.message, *(place.message for place in finding.related), str(finding.entry)):
        assert SECRET not in one
        assert "10.77" not in one
    return finding.message


A = '"vco-a" "vco-a"'
HIDDEN = "var.secret var.secret"


@pytest.mark.parametrize(
    ("routes", "code", "told"),
    [
        (
            [f'{A} "10.0.0.0/8" 100', '"vco-a" var.secret "10.0.0.0/8" 100'],
            "VCO302",
            "vco-a defines 10.0.0.0/8 with next hops (sensitive)",
        ),
        (
            [f'{A} "10.0.0.0/8" 100', f'{A} "10.0.0.0/8" var.backup'],
            "VCO301",
            "vco-a defines 10.0.0.0/8 with weights (sensitive)",
        ),
        (
            [f'{A} "10.1.0.0/16" 100', f'{HIDDEN} "10.0.0.0/8" 100'],
            "VCO303",
            "traffic to 10.1.0.0/16 goes to vco-a; the rest of 10.0.0.0/8 goes to (sensitive)",
        ),
        (
            [f'{A} "10.128.0.0/9" 0', f'{HIDDEN} "10.0.0.0/8" 100'],
            "VCO506",
            "backup 10.128.0.0/9 is more specific than primary 10.0.0.0/8: vco-a carries its "
            "traffic even while (sensitive) is up; without a backup: 10.0.0.0/9",
        ),
    ],
)
def test_what_several_entries_share_is_hidden(
    tmp_path: Path, routes: list[str], code: str, told: str
) -> None:
    message = shown(checked(tmp_path, {"main.tf": terraform(*routes)}), code)
    assert message.partition(";")[0] == told.partition(";")[0]
    assert message.startswith(told)


def test_a_hint_about_a_sensitive_value_is_left_out(tmp_path: Path) -> None:
    """What the destination means would tell it, and follows the defect without a blank."""
    text = terraform(f"{A} var.destination 100").replace("10.77.0.0/16", "10.77.0.0/255.255.0.0")
    message = shown(checked(tmp_path, {"main.tf": text}), "VCO103")
    assert message == "(sensitive) is not an IPv4 CIDR block: (sensitive)"


def live(hop: str, destination: str, weight: int) -> str:
    row = {"VpnConnectionId": "vco-a", "NextHop": hop, "RouteDest": destination, "Weight": weight}
    return json.dumps({"TotalCount": 1, "VcoRouteEntries": [row]})


def test_a_sample_value_beside_a_sensitive_one(tmp_path: Path) -> None:
    """The rule is about several fields: its parameter is a list."""
    text = (
        'variable "d" {\n  sensitive = true\n  default   = "10.0.0.0/16"\n}\n'
        'resource "alicloud_vpn_gateway_vco_route" "a" {\n'
        '  vpn_connection_id = "vco-a"\n  next_hop = "vco-xxx"\n  route_dest = var.d\n  weight = 100\n}\n'
    )
    report = checked(tmp_path, {"main.tf": text}, select=["VCO708"])
    assert found(report) == [("VCO708", 7, 14)]
    assert report.findings[0].message == "NextHop still contains the sample value vco-xxx"


def test_regions_beside_a_sensitive_destination(tmp_path: Path) -> None:
    """They are no secret, and the message tells nothing else."""
    other = (
        "RegionId: cn-beijing\nRoutes:\n- {VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.2.0.0/16}\n"
    )
    report = checked(tmp_path, {"main.tf": terraform(f"{A} var.destination 100"), "routes.yaml": other})
    assert shown(report, "VCO707") == (
        "entries of vco-a use the regions cn-hangzhou and cn-beijing, but a connection is in one region only"
    )


PAGE = """\
---
code: VCO901
name: only-backups
severity: error
basis: policy
effect: policy
api-errors: []
check: field
with: {field: Weight, schema: {const: 0}}
message: "{network} has the weight {Weight}"
default: on
---
# Only backups

## What to do

Make it one.
"""


def test_a_network_beside_a_value_that_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "page.md").write_text(PAGE, encoding="utf-8")
    files = {"main.tf": terraform(f"{A} var.destination 100")}
    report = checked(tmp_path, files, rules=[str(tmp_path / "rules")], select=["VCO901"])
    assert shown(report, "VCO901") == "(sensitive) has the weight 100"


def test_a_live_route_does_not_tell_a_sensitive_value(tmp_path: Path) -> None:
    """Neither its next hop in the message, nor its place where its line would be shown."""
    files = {
        "main.tf": terraform('"vco-a" var.secret "10.0.0.0/8" 100'),
        "live.json": live(SECRET, "10.0.0.0/8", 0),
    }
    report = checked(tmp_path, files, **{"live-mode": "create"})
    assert shown(report, "VCO306").startswith("10.0.0.0/8 contradicts a live route ((sensitive));")
    assert related(report, "VCO306") == []


def test_a_live_route_to_a_sensitive_destination(tmp_path: Path) -> None:
    files = {
        "main.tf": terraform(f"{A} var.destination 100"),
        "live.json": live("vco-a", "10.77.0.0/16", 100),
    }
    report = checked(tmp_path, files, **{"live-mode": "create"})
    assert shown(report, "VCO202").startswith("(sensitive) is already live")
    assert related(report, "VCO202") == [(10, 15)]  # the literal of the variable, not the live route


# -- identity ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["vco-a,10.0.0.0/16,100", "vco-b,10.0.0.0/17,0"], "VCO506"),
        (["vco-a,10.0.0.0/16,100", "vco-b,10.0.0.0/17,100"], "VCO303"),
        (["vco-a,10.0.0.0/16,100", "vco-a,10.0.0.0/17,100"], "VCO304"),
        (["vco-a,10.0.0.0/16,100", "vco-b,10.0.0.0/16,0", "vco-c,10.0.0.0/16,0"], "VCO503"),
    ],
)
def test_a_fingerprint_does_not_rest_on_the_order_of_entries(
    tmp_path: Path, rows: list[str], code: str
) -> None:
    prints = []
    for ordered in (rows, rows[::-1]):
        lines = ["RegionId,VpnConnectionId,NextHop,RouteDest,Weight"]
        for row in ordered:
            connection, destination, weight = row.split(",")
            lines.append(f"cn-hangzhou,{connection},{connection},{destination},{weight}")
        report = checked(tmp_path, {"a.csv": "\n".join(lines) + "\n"})
        prints.append([one.fingerprint for one in report.findings if one.code == code])
    assert len(prints[0]) == 1
    assert prints[0] == prints[1]


def test_broken_promises_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    """Of findings in the config, too, one does not change when another one goes."""
    promises = [{"network": network, "survives": True} for network in ("10.1.0.0/16", "10.2.0.0/16")]
    other = "- {VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.9.0.0/16, Weight: 100}"
    files = {"a.yaml": f"{HEAD}Routes:\n  {other}\n"}
    both, one = checked(tmp_path, files, promises=promises), checked(tmp_path, files, promises=promises[1:])
    prints = {finding.fingerprint for finding in both.findings if finding.code == "VCO510"}
    assert len(prints) == 2
    assert not any("-" in print for print in prints)
    assert {finding.fingerprint for finding in one.findings if finding.code == "VCO510"} < prints
