"""VCO510: what the config promises of who carries a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vcolint
from vcolint.config.load import load_config
from vcolint.errors import ConfigError
from vcolint.report.finding import Finding


def entry(connection: str, destination: str, weight: int = 100) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
    }


def broken(tmp_path: Path, promise: str, *entries: dict[str, Any], more: str = "") -> list[Finding]:
    config = tmp_path / "vcolint.yaml"
    config.write_text(f"promises:\n  - {{{promise}}}\n{more}", encoding="utf-8")
    report = vcolint.check(list(entries), config=str(config), select=["VCO510"])
    return [one for one in report.findings if one.code == "VCO510"]


def test_another_carrier(tmp_path: Path) -> None:
    promise = "network: 10.0.0.0/8, carried-by: [vco-a1], name: head office"
    rows = entry("vco-a1", "10.0.0.0/8"), entry("vco-b2", "10.9.0.0/16")
    (finding,) = broken(tmp_path, promise, *rows)
    assert finding.message == '10.9.0.0/16 breaks the promise "head office": vco-b2 carries it'
    assert finding.entry is not None
    assert finding.entry["RouteDest"] == "10.9.0.0/16"
    assert finding.witness == "10.9.0.0"
    assert broken(tmp_path, promise, rows[0]) == []
    assert broken(tmp_path, promise.replace("[vco-a1]", "[vco-a1, vco-b2]"), *rows) == []


def test_nobody_stands_in_the_config(tmp_path: Path) -> None:
    (finding,) = broken(tmp_path, "network: 10.0.0.0/15, survives: true", entry("vco-a1", "10.9.0.0/16"))
    assert finding.message == "10.0.0.0/15 breaks the promise 10.0.0.0/15: no route carries it"
    assert (finding.location.line, finding.location.column) == (2, 5)
    assert Path(finding.location.file).name == "vcolint.yaml"
    assert finding.entry is None
    # A part of the network is carried.
    (finding,) = broken(tmp_path, "network: 10.0.0.0/15, survives: true", entry("vco-a1", "10.1.0.0/16"))
    assert (finding.message, finding.witness) == (
        "10.0.0.0/16 breaks the promise 10.0.0.0/15: no route carries it",
        "10.0.0.0",
    )


def test_no_survival(tmp_path: Path) -> None:
    promise = "network: 10.0.0.0/16, survives: true"
    pair = entry("vco-a1", "10.0.0.0/16"), entry("vco-b2", "10.0.0.0/16", 0)
    (finding,) = broken(tmp_path, promise, pair[0])
    assert (
        finding.message == "10.0.0.0/16 breaks the promise 10.0.0.0/16: if vco-a1 fails, no route carries it"
    )
    assert broken(tmp_path, promise, *pair) == []
    (finding,) = broken(tmp_path, promise, *pair, more="facts: {keeps-routes: [vco-a1]}\n")
    assert finding.message.endswith("if vco-a1 fails, its traffic is lost")


def test_an_unknown_weight_is_not_judged(tmp_path: Path) -> None:
    unknown = {**entry("vco-a1", "10.0.0.0/16"), "Weight": "${weight}"}
    assert broken(tmp_path, "network: 10.0.0.0/16, carried-by: [vco-a1], survives: true", unknown) == []


@pytest.mark.parametrize(
    ("promise", "fault"),
    [
        ("carried-by: [vco-a1]", 'a promise has no "network"'),
        ("network: 10.0.0.0/8", 'a promise needs at least one of "carried-by", "survives: true"'),
        (
            "network: 10.0.0.0/8, carried-by: []",
            'a promise needs at least one of "carried-by", "survives: true"',
        ),
        ("network: 10.0.0.1/8, survives: true", "10.0.0.1/8 has host bits set; the network is 10.0.0.0/8"),
        ("network: 10.0.0.0/8, survives: 1", "must be true or false, not the number 1"),
        ("network: 10.0.0.0/8, survive: true", 'unknown key "survive"; did you mean "survives"?'),
    ],
)
def test_faults_in_the_config(tmp_path: Path, promise: str, fault: str) -> None:
    config = tmp_path / "vcolint.yaml"
    config.write_text(f"promises:\n  - {{{promise}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(config)
    assert fault in str(raised.value)
    assert f"{config.name}:2:" in str(raised.value)
