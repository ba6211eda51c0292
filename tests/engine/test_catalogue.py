"""The rule pages say what the catalogue of rules says: a row for each rule, and a rule for each row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from vcolint.engine.rules import load_rules

CATALOGUE = Path(__file__).parents[3] / "shared" / "catalogue.md"
BASES = {"D": "documented", "I": "inferred", "P": "policy", "N": "input"}


class Row(NamedTuple):
    name: str
    severity: str
    default: bool
    basis: str
    api_errors: tuple[str, ...]


def api_errors(cell: str) -> tuple[str, ...]:
    """`VpnRouteEntry.Conflict, .BackupRoute` names the second one by its end alone."""
    codes: list[str] = []
    for text in cell.split(", "):
        if text not in ("–", ""):
            codes.append(codes[-1].split(".")[0] + text if text.startswith(".") else text)
    return tuple(codes)


def rows(text: str) -> dict[str, Row]:
    found = {}
    columns: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "code":
            columns = cells
        elif re.fullmatch("VCO[0-9]{3}", cells[0]):
            row = dict(zip(columns, cells, strict=False))
            severity, _, off = row["sev"].partition(", ")
            assert off in ("", "off")
            errors = api_errors(row.get("API error", ""))
            found[row["code"]] = Row(row["name"], severity, not off, BASES[row["basis"]], errors)
    return found


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Row]:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue is not here")
    return rows(CATALOGUE.read_text(encoding="utf-8"))


def test_the_catalogue_is_read(catalogue: dict[str, Row]) -> None:
    assert catalogue["VCO103"].api_errors == ("IllegalParam.RouteDest", "OperationFailed.InvalidCidrBlock")
    assert catalogue["VCO306"].api_errors == ("VpnRouteEntry.Conflict", "VpnRouteEntry.BackupRoute")
    assert not catalogue["VCO108"].default


def test_pages_agree_with_the_catalogue(catalogue: dict[str, Row]) -> None:
    pages = {
        code: Row(rule.name, rule.severity, rule.default, rule.basis, rule.api_errors)
        for code, rule in load_rules().items()
    }
    assert pages == catalogue
