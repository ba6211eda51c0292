"""vcolint as a library: data of all shapes, files, configs, errors, imports and threads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import UserDict
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, IntEnum
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint import Config, ConfigError, PolicyError, RouteEntry, Unknown, VcolintError
from vcolint.model.entry import FIELDS, snake_case

ID = "vco-p0w2jpkhi2eeop6q6abcd"


def entry(destination: object = "10.1.0.0/16", **changes: object) -> dict[str, Any]:
    """A right entry, in API spelling."""
    fields = {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": ID,
        "RouteDest": destination,
        "NextHop": ID,
        "Weight": 100,
    }
    return fields | changes


def found(report: vcolint.Report) -> list[tuple[str, int]]:
    """The codes, each with the number of its entry."""
    assert all(finding.location.file == "<entries>" for finding in report.findings)
    assert all(finding.location[2:] == (1, finding.location.line, 1) for finding in report.findings)
    return [(finding.code, finding.location.line) for finding in report.findings]


# Data


def test_right_entries() -> None:
    report = vcolint.check([entry(), entry("10.3.0.0/16")])
    assert report.ok
    assert report.findings == report.errors == report.unchecked == []
    assert report.summary == (1, 2, 0, 0, 0, 0, 0, 0)
    report.raise_for_errors()


def test_both_spellings() -> None:
    snake = {snake_case(field): value for field, value in entry("100.64.0.0/16").items()}
    assert found(vcolint.check([entry(), snake])) == [("VCO102", 2)]
    mixed = entry("10.3.0.0/16")
    mixed["next_hop"] = mixed.pop("NextHop")
    assert found(vcolint.check([mixed])) == []


def test_a_finding_about_data() -> None:
    report = vcolint.check([entry(), entry("10.2.0.1/16")])
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("VCO104", "error")
    assert finding.entry == {**dict.fromkeys(FIELDS), **entry("10.2.0.1/16")}
    assert finding.location == ("<entries>", 2, 1, 2, 1)
    assert report.text_of("<entries>") is None
    assert not report.ok
    with pytest.raises(PolicyError, match=r"^VCO104 host-bits-set: ") as caught:
        report.raise_for_errors()
    assert caught.value.report is report


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_every_format_shows_it(format: str) -> None:
    from vcolint.render import render

    assert "VCO104" in render(format, vcolint.check([entry("10.2.0.1/16")]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Weight": "high"}, 'Weight must be an integer, not the text "high"'),
        ({"Weight": 100.0}, "Weight must be an integer, not the number 100.0"),
        ({"Weight": True}, "Weight must be an integer, not true"),
        ({"Weight": [100]}, "Weight must be an integer, not a list"),
        ({"NextHop": IPv4Network("0.0.0.0/8")}, "NextHop must be text, not a value of the type IPv4Network"),
        ({"RouteDest": b"10.1.0.0/16"}, "RouteDest must be text, not a value of the type bytes"),
        ({"RouteDest": {"a": 1}}, "RouteDest must be text, not a mapping"),
        ({"NextHop": 10**600}, "NextHop must be text, not a huge number"),
        ({"DryRun": "no"}, 'DryRun must be true or false, not the text "no"'),
        ({"Wieght": 1}, 'unknown property Wieght; did you mean "Weight"?'),
        ({5: 1}, "unknown property 5"),
        ({"RegionId": None}, "RegionId is missing"),
    ],
)  # fmt: skip
def test_what_does_not_fit(changes: dict[str, object], message: str) -> None:
    report = vcolint.check([entry(), {**entry("10.3.0.0/16"), **changes}])
    (finding,) = report.findings
    assert (finding.code, finding.location.line, finding.message) == ("VCO002", 2, message)


def test_a_field_in_both_spellings() -> None:
    assert found(vcolint.check([entry(weight=100)])) == [("VCO003", 1)]


def test_what_is_no_entry() -> None:
    report = vcolint.check([entry(), "10.0.0.0/8", None, entry("10.3.0.1/16")])
    assert found(report) == [("VCO002", 2), ("VCO002", 3), ("VCO104", 4)]
    assert report.findings[0].message == 'an entry must be a mapping, not the text "10.0.0.0/8"'


def test_missing_region() -> None:
    given = entry()
    del given["RegionId"]
    (finding,) = vcolint.check([given]).findings
    assert (finding.code, finding.message) == ("VCO002", "RegionId is missing")


def test_subclasses_of_what_the_formats_have() -> None:
    class Region(str, Enum):
        HANGZHOU = "cn-hangzhou"

    class Weight(IntEnum):
        BACKUP = 0
        PRIMARY = 100

    given = UserDict(entry(RegionId=Region.HANGZHOU, Weight=Weight.PRIMARY))
    report = vcolint.check([given, entry("10.1.0.1/16", RegionId=Region.HANGZHOU)])
    assert found(report) == [("VCO104", 2), ("VCO201", 2)]
    assert report.findings[0].entry is not None
    assert report.findings[0].entry["RegionId"] == "cn-hangzhou"


def test_text_with_a_placeholder_is_unknown() -> None:
    report = vcolint.check([entry("${office}")])
    assert report.findings == []
    (unchecked,) = report.unchecked
    assert unchecked[:5] == ("<entries>", 1, None, "RouteDest", "holds a placeholder: ${office}")


def test_a_single_entry() -> None:
    assert found(vcolint.check(entry("10.1.0.1/16"))) == [("VCO104", 1)]
    assert found(vcolint.check(RouteEntry(*entry("10.1.0.1/16").values()))) == [("VCO104", 1)]


def test_a_generator_and_nothing() -> None:
    assert found(vcolint.check(entry(text) for text in ("10.1.0.0/16", "10.3.0.1/16"))) == [("VCO104", 2)]
    assert vcolint.check([]).ok


@pytest.mark.parametrize("entries", ["routes.yaml", b"x", Path("routes.yaml"), None, 5])
def test_what_are_no_entries(entries: object) -> None:
    with pytest.raises(VcolintError, match=r"^entries must be a list of entries, not .*check_paths\(\)"):
        vcolint.check(entries)


def test_the_callers_data_stay_as_they_are() -> None:
    given = [entry("10.1.0.1/16", Weight="100"), entry("${x}")]
    before = json.dumps(given)
    vcolint.check(given)
    assert json.dumps(given) == before


def test_route_entries() -> None:
    known = RouteEntry("cn-hangzhou", ID, "10.1.0.1/16", ID, 100)
    unknown = RouteEntry("cn-hangzhou", ID, Unknown("later"), ID, 100)
    planned = RouteEntry(None, ID, "10.3.0.0/16", ID, 100, kind="terraform")
    lacking = RouteEntry(None, ID, "10.5.0.0/16", ID, 100)
    report = vcolint.check([known, unknown, planned, lacking])
    assert found(report) == [("VCO104", 1), ("VCO002", 4)]
    assert [item[1:5] for item in report.unchecked] == [(2, None, "RouteDest", "later")]


_KEYS = st.one_of(st.sampled_from([*FIELDS, "route_dest", "Routes"]), st.text(max_size=3), st.integers())
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=3)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
_ENTRIES = st.one_of(_SCALARS, st.dictionaries(_KEYS, _VALUES, max_size=7))


@settings(max_examples=60, deadline=None)
@given(st.lists(_ENTRIES, max_size=5))
def test_any_data_give_a_report(entries: list[Any]) -> None:
    report = vcolint.check(entries)
    assert not report.failed
    assert all(1 <= finding.location.line <= len(entries) for finding in report.findings)
    assert all(code != "VCO001" for code, _ in found(report))


# Objects of the SDK


def test_sdk_requests() -> None:
    models = pytest.importorskip("alibabacloud_vpc20160428.models")

    def request(**changes: object) -> Any:
        fields = {snake_case(field): value for field, value in entry().items()}
        return models.CreateVcoRouteEntryRequest(**{**fields, **changes})

    report = vcolint.check(
        [
            request(),
            request(
                route_dest="10.3.0.0/16", description="http://x", owner_account="me", resource_owner_id=5
            ),
            entry("10.5.0.0/16"),
            request(route_dest="10.1.0.0/16"),
            request(route_dest="10.7.0.0/16", weight=None),
        ]
    )
    assert found(report) == [("VCO705", 2), ("VCO201", 4), ("VCO002", 5)]


def test_sdk_response_as_live_snapshot() -> None:
    models = pytest.importorskip("alibabacloud_vpc20160428.models")
    row = {
        "VpnConnectionId": ID,
        "RouteDest": "10.1.0.0/16",
        "NextHop": ID,
        "Weight": 100,
        "RouteEntryType": "custom",
    }
    body = {"VcoRouteEntries": [row], "TotalCount": 1}
    for live in (
        models.DescribeVcoRouteEntriesResponseBody().from_map(body),
        models.DescribeVcoRouteEntriesResponse().from_map({"headers": {}, "statusCode": 200, "body": body}),
        body,
        [body, {"VcoRouteEntries": [], "TotalCount": 1}],
    ):
        assert found(vcolint.check([entry(), entry("10.3.0.0/16")], live=live)) == [("VCO202", 1)]


# Live snapshots, configs, selection


def test_live_from_a_file(tmp_path: Path) -> None:
    row = {"VpnConnectionId": ID, "RouteDest": "10.1.0.0/16", "NextHop": ID, "Weight": 100}
    file = tmp_path / "live.json"
    file.write_text(json.dumps({"VcoRouteEntries": [row]}), encoding="utf-8")
    assert found(vcolint.check([entry()], live=file)) == [("VCO202", 1)]
    assert found(vcolint.check([entry()], live=str(file))) == [("VCO202", 1)]
    config = tmp_path / "vcolint.yaml"
    config.write_text("live: ['*.json']\n", encoding="utf-8")
    assert found(vcolint.check([entry()], config=config)) == [("VCO202", 1)]
    with pytest.raises(VcolintError, match=r"this live snapshot does not exist$"):
        vcolint.check([entry()], live=tmp_path / "none.json")


def test_an_incomplete_snapshot_is_told_where_it_is() -> None:
    report = vcolint.check([entry()], live={"VcoRouteEntries": [], "TotalCount": 3})
    assert [(finding.code, finding.location) for finding in report.findings] == [
        ("VCO005", ("<live>", 1, 1, 1, 1))
    ]


def test_configs(tmp_path: Path) -> None:
    text = "facts: {forbidden-destinations: [10.0.0.0/8]}\nseverity: {VCO109: note}\n"
    file = tmp_path / "vcolint.yaml"
    file.write_text(text, encoding="utf-8")
    data = {"facts": {"forbidden-destinations": ("10.0.0.0/8",)}, "severity": {"VCO109": "note"}}
    for config in (file, str(file), data, vcolint.load_config(file)):
        report = vcolint.check([entry()], config=config)
        assert [(finding.code, finding.severity) for finding in report.findings] == [("VCO109", "note")]
        assert report.ok


def test_no_config_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vcolint.yaml").write_text("nonsense\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert vcolint.check([entry()]).ok
    with pytest.raises(ConfigError, match=r"^vcolint\.yaml:1:1: "):
        vcolint.check_paths(["vcolint.yaml"])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"slect": []}, 'config: unknown key "slect"; did you mean "select"?'),
        ({"fail-on": 5}, 'config: "fail-on" cannot be the number 5; use one of error, warning, note, never'),
        ({"severity": {"VCO998": "note"}}, 'unknown rule "VCO998"'),
        ({"files": [{}]}, 'config: an item of "files" must be text, not a mapping'),
        ({5: []}, 'config: unknown key "5"'),
    ],
)  # fmt: skip
def test_wrong_config(config: dict[Any, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        vcolint.check([entry()], config=config)
    assert str(caught.value).startswith(message)


def test_selection() -> None:
    entries = [entry("10.1.0.1/16", Description=""), entry("2.0.0.0/7")]
    assert found(vcolint.check(entries)) == [("VCO104", 1), ("VCO705", 1), ("VCO107", 2)]
    assert found(vcolint.check(entries, select=["VCO1"], ignore=["broad-destination"])) == [("VCO104", 1)]
    assert found(vcolint.check(entries, select="VCO104, VCO7")) == [("VCO104", 1), ("VCO705", 1)]
    assert found(vcolint.check(entries, config={"select": ["VCO7"]}, select=["VCO107"])) == [("VCO107", 2)]
    assert found(vcolint.check(entries, config={"ignore": ["VCO1"]}, ignore="VCO7")) == []
    with pytest.raises(ConfigError, match=r'^unknown rule "VCO998"'):
        vcolint.check(entries, select=["VCO998"])


def test_fail_on() -> None:
    warned = [entry(Description="")]
    assert vcolint.check(warned).ok
    assert not vcolint.check(warned, config={"fail-on": "warning"}).ok


def test_fingerprints_do_not_depend_on_the_place_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vcolint.yaml").write_text("", encoding="utf-8")
    plain = vcolint.check([entry("10.1.0.1/16")]).findings[0].fingerprint
    assert (
        vcolint.check([entry("10.1.0.1/16")], config=tmp_path / "vcolint.yaml").findings[0].fingerprint
        == plain
    )
    monkeypatch.chdir(tmp_path)
    assert vcolint.check([entry(), entry("10.1.0.1/16", Weight=0)]).findings[0].fingerprint == plain


# Files


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


CONNECTION = f"VpnConnectionId: {ID}, NextHop: {ID}"


def route(destination: str) -> str:
    return f"- {{RegionId: cn-hangzhou, {CONNECTION}, Weight: 100, RouteDest: {destination}}}\n"


def test_check_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "routes/a.yaml", route("10.1.0.1/16"))
    write(tmp_path, "routes/b.yaml", route("10.3.0.0/16"))
    write(tmp_path, "vcolint.yaml", "files: [routes/b.yaml]\nexclude: [c.yaml]\n")
    write(tmp_path, "routes/c.yaml", route("10.5.0.1/16"))
    assert vcolint.check_paths().findings == []
    for paths in ("routes", Path("routes"), ["routes"], [Path("routes/a.yaml"), "routes/b.yaml"]):
        report = vcolint.check_paths(paths)
        assert [(f.code, f.location.file, f.location.line) for f in report.findings] == [
            ("VCO104", "routes/a.yaml", 1)
        ]
        assert report.entries == 2
    assert vcolint.check_paths("routes", config={}).entries == 3
    with pytest.raises(VcolintError, match=r"^nowhere: this file or folder does not exist$"):
        vcolint.check_paths("nowhere")


def test_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "routes/a.yaml", "# x\n" + route("10.1.0.0/16") + route("'${office}'"))
    write(
        tmp_path,
        "tf/main.tf",
        'resource "alicloud_vpn_gateway_vco_route" "a" {\n'
        '  vpn_connection_id = "vco-a"\n  next_hop = "vco-a"\n'
        '  route_dest = "10.3.0.0/16"\n  weight = 0\n}\n',
    )
    first, second, third = vcolint.load(".")
    assert first == RouteEntry(
        "cn-hangzhou",
        ID,
        "10.1.0.0/16",
        ID,
        100,
        kind="route-set",
        file="routes/a.yaml",
        line=2,
        domain="routes/ (cn-hangzhou)",
    )
    assert first.to_map() == entry("10.1.0.0/16")
    assert isinstance(second.route_dest, Unknown)
    assert (second.route_dest.reason, second.line) == ("holds a placeholder: ${office}", 3)
    assert third == RouteEntry(
        None,
        "vco-a",
        "10.3.0.0/16",
        "vco-a",
        0,
        kind="terraform",
        file="tf/main.tf",
        line=1,
        address="alicloud_vpn_gateway_vco_route.a",
        root="tf",
        domain="tf/",
    )
    with pytest.raises(AttributeError):
        first.weight = 0  # type: ignore[misc]
    assert found(vcolint.check(vcolint.load("."))) == [("VCO501", 3)]


def test_load_of_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a.yaml", route("10.1.0.0/16") + "- {RouteDest: ]\n")
    with pytest.raises(VcolintError, match=r"^a\.yaml:2:\d+: "):
        vcolint.load("a.yaml")


# The package


def in_new_interpreter(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout


HEAVY = "{'click', 'yaml', 'tree_sitter', 'tree_sitter_hcl', 'jsonschema', 'netaddr', 'pathspec'}"


def test_import_is_light() -> None:
    program = "import sys, vcolint; print(sorted(name for name in sys.modules if name.startswith('vcolint')))"
    assert in_new_interpreter(program) == "['vcolint', 'vcolint.version']\n"


def test_a_check_of_data_is_light() -> None:
    program = (
        f"import sys, vcolint; assert vcolint.check([{entry()!r}]).ok; print({HEAVY} & sys.modules.keys())"
    )
    assert in_new_interpreter(program) == "set()\n"


def test_everything_that_is_exported_is_there() -> None:
    for name in vcolint.__all__:
        assert getattr(vcolint, name) is not None
    assert set(vcolint.__all__) <= set(dir(vcolint))
    with pytest.raises(AttributeError, match="'vcolint' has no attribute 'chek'"):
        vcolint.chek  # noqa: B018


def test_check_stays_a_function_whatever_is_imported() -> None:
    program = "import vcolint.engine.evaluate, vcolint; print(vcolint.check([]).ok, vcolint.check([]).ok)"
    assert in_new_interpreter(program) == "True True\n"


def test_threads() -> None:
    sets = [[entry(f"10.{number}.0.{number % 2}/16"), entry(f"10.{number}.0.0/16")] for number in range(64)]
    config = Config()
    alone = [found(vcolint.check(one, config=config)) for one in sets]
    assert len(set(map(tuple, alone))) == 2
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda one: found(vcolint.check(one, config=config)), sets))
    assert together == alone


def test_threads_from_the_start() -> None:
    """The first calls of a process, which import everything, may come at once."""
    program = (
        "import vcolint\nfrom concurrent.futures import ThreadPoolExecutor\n"
        f"one = {entry('10.1.0.1/16')!r}\n"
        "with ThreadPoolExecutor(8) as threads:\n"
        "    print(set(threads.map(lambda _: vcolint.check([one]).findings[0].code, range(8))))\n"
    )
    assert in_new_interpreter(program) == "{'VCO104'}\n"


@pytest.mark.parametrize("config", [[], 1, {1}])
def test_a_config_that_is_none(config: Any) -> None:
    with pytest.raises(vcolint.ConfigError, match=r"^config must be a path or a mapping, not "):
        vcolint.check([], config=config)


def test_what_is_wrong_with_a_weight_is_always_said() -> None:
    """Also beside an unusable destination, and at a later duplicate."""
    entry = {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": "vco-a1",
        "NextHop": "vco-a1",
        "RouteDest": "10.0.0.0/16",
        "Weight": 50,
    }
    report = vcolint.check([{**entry, "RouteDest": "100.64.1.0/24"}, entry, entry])
    found = [(one.location.line, one.code) for one in report.findings]
    assert found == [(1, "VCO102"), (1, "VCO401"), (2, "VCO401"), (3, "VCO201"), (3, "VCO401")]
