"""One configuration with an expression in each route, against what the real terraform planned for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vcolint.read.terraform import read
from vcolint.text.value import Unknown

FIXTURE = Path(__file__).parents[1] / "fixtures" / "terraform-plan"
PLANMAKER = Path(__file__).parents[3] / "shared" / "tools" / "planmaker" / "plan"
UNKNOWN = {"unknown": True}

# What Terraform knows and we do not: it looks into types that are not ours to know,
# it looks at single elements, it knows which attributes are numbers, it tries on where text is no JSON,
# or the function, the type or the template is none that routes need.
LEFT_OUT = {
    'chunklist(["a", local.u], 1)[0][0]',
    'coalescelist([], ["a", local.u])[0]',
    'contains(["a", local.u], "a") ? "y" : "n"',
    'index(["a", local.u], "a")',
    '[local.u] == [] ? "x" : "y"',
    'alicloud_vpc.v == null ? "x" : "y"',
    'format("%03d|%s|%v", var.number, var.text, var.list)',
    "jsonencode(var.tuple)",
    'jsonencode(var.tuple[0] == "1")',
    "module.m.route.weight",
    "module.m.weight",
    'try(jsondecode("x"), "f")',
}


def expressions() -> dict[str, str]:
    """The expression of each route, by address."""
    found = {}
    name = ""
    for line in (FIXTURE / "routes.tf").read_text().splitlines():
        if line.startswith("resource"):
            name = line.split('"')[3]
        elif line.startswith("  route_dest = "):
            found[f"alicloud_vpn_gateway_vco_route.{name}"] = line.removeprefix("  route_dest = ")
    return found


def understood(folder: Path) -> dict[str | None, list[Any]]:
    """The destination and the weight of each route, as they are read."""
    found = {}
    for record in read(folder, "", boundary=folder).records:
        values = [
            record.fields[field].value if field in record.fields else None
            for field in ("RouteDest", "Weight")
        ]
        found[record.address] = [UNKNOWN if isinstance(value, Unknown) else value for value in values]
    return found


def test_every_value_is_the_planned_one(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns("*.json"))
    planned: dict[str, list[Any]] = json.loads((FIXTURE / "planned.json").read_text())
    expression = expressions()
    assert len(planned) > 180
    ours = understood(folder)
    assert sorted(ours, key=str) == sorted(planned)
    differing = {
        expression.get(address, address): (ours[address], planned[address])
        for address in planned
        if ours[address] != planned[address]
    }
    assert {name: mine[0] for name, (mine, _) in differing.items()} == dict.fromkeys(LEFT_OUT, UNKNOWN)


@pytest.mark.skipif(
    shutil.which("terraform") is None or not PLANMAKER.exists(), reason="terraform is not installed"
)
def test_the_record_is_what_terraform_plans_today(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns("*.json"))
    subprocess.run([PLANMAKER, folder, tmp_path / "plan.json"], check=True, capture_output=True)
    plan = json.loads((tmp_path / "plan.json").read_text())
    planned = {}
    for change in plan["resource_changes"]:
        if change["type"] == "alicloud_vpn_gateway_vco_route":
            after, unknown = change["change"]["after"], change["change"]["after_unknown"]
            planned[change["address"]] = [
                UNKNOWN if unknown.get(name) else after.get(name) for name in ("route_dest", "weight")
            ]
    assert planned == json.loads((FIXTURE / "planned.json").read_text())


def test_connections_are_told_apart_as_their_ids_are(tmp_path: Path) -> None:
    """After an apply every connection has its ID: two references are equal exactly where the IDs are."""
    fixture = FIXTURE.parent / "terraform-identity"
    folder = tmp_path / "case"
    shutil.copytree(fixture, folder, ignore=shutil.ignore_patterns("*.json"))
    applied: dict[str, list[Any]] = json.loads((fixture / "applied.json").read_text())
    records = {record.address: record for record in read(folder, "", boundary=folder).records}
    assert sorted(records, key=str) == sorted(applied)
    ids_of: dict[str, set[str]] = {}
    references_of: dict[str, set[str]] = {}
    without = []
    for address, wanted in applied.items():
        for field, value in zip(("VpnConnectionId", "NextHop", "RouteDest", "Weight"), wanted, strict=True):
            ours = records[address].fields[field].value
            if not isinstance(ours, Unknown):
                assert (address, field, ours) == (address, field, value)
            elif ours.reference is None:
                without.append((address, field))
            else:
                ids_of.setdefault(ours.reference.address, set()).add(value)
                references_of.setdefault(value, set()).add(ours.reference.address)
    assert {name: ids for name, ids in ids_of.items() if len(ids) > 1} == {}
    assert {name: found for name, found in references_of.items() if len(found) > 1} == {}
    assert len(ids_of) == 12
    # The ID with more text around it, `join` of it, and a condition that is not known.
    assert {address for address, _ in without} == {
        f"alicloud_vpn_gateway_vco_route.{name}" for name in ("r028", "r036", "r037", "r050", "r058")
    }
