"""The same facts give the same findings whatever the kind: one set is written in every kind, and each is held
against the same set as a route set in YAML, without the fields that the kind does not carry."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, REGION, Entry, Kind

import vcolint
from vcolint.engine.rules import load_rules

# Code, message, witness, entry, and entry and message of each related place; the place of a value that the
# whole file shares is no entry's.
Told = tuple[str, str, str | None, "int | None", tuple[tuple["int | None", str], ...]]

ALL = [code for code in load_rules() if code not in ("VCO004", "VCO402", "VCO602")]
# VCO402 and VCO602 are about one kind only.

CONFIG = {
    "facts": {
        "vpc-cidrs": ["10.200.0.0/16"],
        "ssl-client-pools": ["10.201.0.0/24"],
        "bgp-tunnel-cidrs": ["169.254.11.0/30"],
        "customer-gateway-ips": {"vco-a": "42.104.22.210", "vco-b": "42.104.22.210"},
        "remote-subnets": {"vco-c": ["10.60.0.0/16"]},
        "forbidden-destinations": ["10.202.0.0/16"],
        "allowed-destinations": {"vco-d": ["10.80.0.0/16"]},
        "connections": ["vco-a", "vco-b", "vco-c", "vco-d", "vco-e", "vco-f"],
    },
    "quotas": {"routes-per-connection": 20},
    "redundancy": "active-standby",
}


def entry(connection: str, destination: str, weight: object = 100, **more: Any) -> Entry:
    """A right entry but for what is given."""
    fields = {
        "RegionId": REGION,
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
    }
    return {name: value for name, value in (fields | more).items() if value is not None}


# A set with many mistakes, and what each entry is to be told, in the kinds that carry the fields.
MISTAKES: list[tuple[Entry, set[str]]] = [
    (entry("vco-a", "10.1.0.0/16"), set()),
    (entry("vco-b", "10.1.0.0/16", 0), {"VCO508"}),
    (entry("vco-a", "0.0.0.0/0"), {"VCO101"}),
    (entry("vco-a", "100.64.1.0/24"), {"VCO102"}),
    (entry("vco-a", "10.2.0.0"), {"VCO103"}),
    (entry("vco-a", "10.02.0.0/16"), {"VCO103"}),
    (entry("vco-a", "１0.2.0.0/16"), {"VCO103"}),
    (entry("vco-a", "10.3.0.1/16"), {"VCO104"}),
    (entry("vco-b", "10.3.0.0/16", 0), {"VCO508"}),
    (entry("vco-a", "fd00::/8"), {"VCO105"}),
    (entry("vco-c", "127.0.0.0/8"), {"VCO106", "VCO504"}),
    (entry("vco-c", "32.0.0.0/3"), {"VCO107", "VCO111", "VCO504"}),
    (entry("vco-d", "47.1.0.0/16"), {"VCO108", "VCO110", "VCO303", "VCO504"}),
    (entry("vco-c", "10.202.1.0/24"), {"VCO109", "VCO504"}),
    (entry("vco-c", "10.200.0.0/16"), {"VCO112", "VCO504"}),
    (entry("vco-c", "169.254.11.0/30"), {"VCO106", "VCO113", "VCO504"}),
    (entry("vco-c", "10.201.0.0/25"), {"VCO114", "VCO504"}),
    (entry("vco-c", "10.60.0.0/16"), {"VCO203", "VCO504"}),
    (entry("vco-e", "10.61.0.0/16"), {"VCO504"}),
    (entry("vco-e", "10.61.0.0/16"), {"VCO201"}),
    (entry("vco-e", "10.62.0.0/16"), {"VCO504"}),
    (entry("vco-e", "10.62.0.0/16", 0), {"VCO301"}),
    (entry("vco-e", "10.63.0.0/16"), set()),  # the next one makes one block of both another routing
    (entry("vco-e", "10.63.0.0/16", NextHop="vco-f"), {"VCO302", "VCO502"}),
    (entry("vco-e", "10.61.7.0/24"), {"VCO304", "VCO504"}),
    (entry("vco-f", "10.65.0.0/16", 10), {"VCO401"}),
    (entry("vco-f", "10.66.0.0/16", -1), {"VCO401"}),
    (entry("vco-f", "10.67.0.0/16", "high"), {"VCO002"}),
    (entry("vco-f", "10.68.0.0/16", 0), {"VCO501"}),
    (entry("vco-f", "10.98.0.0/16"), set()),
    (entry("vco-f", "10.98.0.0/16", "many"), {"VCO002"}),
    (entry("vco-e", "10.69.0.0/16"), set()),
    (entry("vco-f", "10.69.0.0/16"), {"VCO502"}),
    (entry("vco-a", "10.70.0.0/16"), set()),
    (entry("vco-b", "10.70.0.0/16"), set()),
    (entry("vco-c", "10.70.0.0/16", 0), {"VCO503"}),
    (entry("vco-a", "10.72.0.0/16"), set()),
    (entry("vco-e", "10.72.1.0/24", 0), {"VCO506"}),
    (entry("vco-d", "10.80.0.0/17"), {"VCO504"}),
    (entry("vco-d", "10.80.128.0/17"), {"VCO307", "VCO504"}),
    (entry("vco-UPPER", "10.81.0.0/16"), {"VCO701", "VCO710", "VCO504"}),
    (entry("vco-a", "10.82.0.0/16", NextHop="vco-b"), {"VCO702", "VCO504"}),
    (entry("vco-xxx", "10.83.0.0/16"), {"VCO708", "VCO504"}),
    (entry("vco-c", "<destination>"), {"VCO708"}),
    (entry("vco-unknown", "10.84.0.0/16"), {"VCO710", "VCO504"}),
    (entry("vco-c", "10.85.0.0/16", NextHop=None), {"VCO002", "VCO504"}),
    (entry("vco-c", "10.86.0.0/16", Weight=None), {"VCO002"}),
    (entry("vco-c", "10.87.0.0/16", OverlayMode="ipsec"), {"VCO703", "VCO504"}),
    (entry("vco-c", "10.88.0.0/16", Description="http://é"), {"VCO705", "VCO504"}),
    (entry("vco-c", "10.89.0.0/16", Description="总部 'a' \"b\", c; #d\\"), {"VCO504"}),
    (entry("vco-c", "10.90.0.0/16", ClientToken="été"), {"VCO704", "VCO504"}),
    (entry("vco-c", "10.91.0.0/16", ClientToken="t"), {"VCO307", "VCO504"}),
    (entry("vco-c", "10.92.0.0/16", ClientToken="t"), {"VCO204", "VCO504"}),
    (entry("vco-c", "10.91.0.0/16", DryRun=True), set()),
    (entry("vco-c", "10.93.0.0/16", RegionId="hangzhou"), {"VCO706", "VCO504"}),
    (entry("vco-c", "10.94.0.0/16", RegionId="cn-beijing"), {"VCO504"}),
    (entry("vco-c", "10.95.0.0/16", RegionId="xx-nowhere"), {"VCO711", "VCO504", "VCO707"}),
]


def carried(entries: list[Entry], kind: Kind) -> list[Entry]:
    """What a kind carries of the entries, beside the one region of the file."""
    region = {} if kind.regions else {"RegionId": REGION}
    return [
        {field: value for field, value in one.items() if field in kind.fields} | region for one in entries
    ]


def told(kind: Kind, entries: list[Entry], folder: Path, config: dict[str, Any]) -> list[Told]:
    """The findings, with the numbers of entries in place of their places."""
    written = kind.write(entries)
    path = folder / kind.file
    path.write_text(written.text, encoding="utf-8")
    report = vcolint.check_paths(path, config=config, select=ALL)
    path.unlink()
    assert report.summary.entries == len(entries)
    # Entries of a wrong region are a domain of their own: a backup elsewhere may have its primary there.
    for one in report.unchecked:
        assert one.field == "Weight"
        assert re.fullmatch(
            r"[^ ]+/(?: \([a-z-]+\))? may have its (?:primary|backup): .* in one domain under domains:",
            one.reason,
        )
    return sorted(
        (
            (
                one.code,
                # Kinds that may hold secrets do not quote a text that is no weight. Each has its own file.
                re.sub(
                    r" at [^ ]+:[0-9]+(?: \([^ )]+\))?(?=;)", "", one.message.partition(', not the text "')[0]
                ),
                one.witness,
                written.entry_on(one.location.line),
                tuple((written.entry_on(other.location.line), other.message) for other in one.related),
            )
            for one in report.findings
        ),
        key=repr,
    )


def by_fields(entries: list[Entry], folder: Path, config: dict[str, Any]) -> dict[Any, list[Told]]:
    """What the route set in YAML is told, by what it carries."""
    found: dict[Any, list[Told]] = {}
    for kind in KINDS.values():
        if (kind.fields, kind.regions) not in found:
            found[kind.fields, kind.regions] = told(KINDS["YAML"], carried(entries, kind), folder, config)
    return found


def hold(name: str, entries: list[Entry], folder: Path, config: dict[str, Any], yaml: list[Told]) -> None:
    kind = KINDS[name]
    found = told(kind, carried(entries, kind), folder, config)
    if "Description" not in kind.fields:
        yaml = [one for one in yaml if one[0] != "VCO709"]
    if kind.kind == "cli":  # the profile has one
        yaml = [one for one in yaml if one[1] != "RegionId is missing"]
    assert found == yaml


@pytest.mark.parametrize("name", KINDS)
def test_mistakes(name: str, tmp_path: Path) -> None:
    entries = [one for one, _ in MISTAKES]
    kind = KINDS[name]
    yaml = by_fields(entries, tmp_path, CONFIG)[kind.fields, kind.regions]
    assert len(yaml) > 50
    hold(name, entries, tmp_path, CONFIG, yaml)


def test_every_mistake_is_found(tmp_path: Path) -> None:
    """What the other kinds are held against is right."""
    found = told(KINDS["YAML"], [one for one, _ in MISTAKES], tmp_path, CONFIG)
    codes: list[set[str]] = [set() for _ in MISTAKES]
    for code, _, _, number, _ in found:
        assert number is not None
        codes[number].add(code)
    assert codes == [wanted | ({"VCO709"} if "Description" not in one else set()) for one, wanted in MISTAKES]


@pytest.mark.parametrize("name", KINDS)
def test_weights_that_need_no_number(name: str, tmp_path: Path) -> None:
    """Text that means a number is no finding but where the format has numbers and nothing converts it."""
    entries = [entry("vco-a", "10.1.0.0/16", "100"), entry("vco-b", "10.1.0.0/16", "0")]
    kind = KINDS[name]
    path = tmp_path / kind.file
    path.write_text(kind.write(carried(entries, kind)).text, encoding="utf-8")
    codes = [finding.code for finding in vcolint.check_paths(path, config={}).findings]
    assert codes == (["VCO402", "VCO402"] if kind.kind == "route-set" and kind.numbers else [])


# -- any set ----------------------------------------------------------------------------------------------

CONNECTIONS = st.sampled_from(["vco-a", "vco-b", "vco-c", "vco-A", "your-vpn"])
DESTINATIONS = st.one_of(
    st.builds(
        lambda address, length: f"10.{address >> 6}.{address & 63}.0/{length}",
        st.integers(0, 255),
        st.integers(14, 26),
    ),
    st.sampled_from(
        ["0.0.0.0/0", "100.64.0.0/16", "10.1.0.0", "10.1.0.0/33", "::/0", "224.0.0.0/8", "10.1.0.0/16 "]
    ),
)
WEIGHTS = st.sampled_from([100, 100, 0, 0, 50, -1, 10**20, "many"])
ENTRIES = st.builds(entry, CONNECTIONS, DESTINATIONS, WEIGHTS) | st.builds(
    entry,
    CONNECTIONS,
    DESTINATIONS,
    WEIGHTS,
    NextHop=CONNECTIONS,
    RegionId=st.sampled_from(["cn-beijing", "cn-hangzhou-b", "cn"]),
    Description=st.sampled_from([None, "x" * 101, "é, \"b\"; 'c' #d"]),
    OverlayMode=st.sampled_from([None, "Ipsec", "IPSEC", "vxlan"]),
    ClientToken=st.sampled_from([None, "a", "é"]),
    DryRun=st.sampled_from([None, True, False]),
)
REDUNDANCIES = st.sampled_from(["auto", "active-standby", "ecmp", "none"])


@settings(max_examples=25, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=8), REDUNDANCIES)
def test_any_set(entries: list[Entry], redundancy: str) -> None:
    config = CONFIG | {"redundancy": redundancy}
    with TemporaryDirectory() as name:
        folder = Path(name)
        yaml = by_fields(entries, folder, config)
        for name, kind in KINDS.items():
            hold(name, entries, folder, config, yaml[kind.fields, kind.regions])
