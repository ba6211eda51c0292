"""The baseline: what it lets pass, what is new, what is stale, and files that are none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command_line import Run, empty_repository, put, runner
from vcolint import cli
from vcolint.checks import find
from vcolint.engine import evaluate

ID = "vco-p0w2jpkhi2eeop6q6abcd"
HEAD = f"RegionId: cn-hangzhou\nVpnConnectionId: {ID}\nNextHop: {ID}\nRoutes:\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory."""
    return empty_repository(tmp_path, monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys, "check", "--output", "json")


def item(dest: str, weight: str = "100", more: str = "") -> str:
    return f"  - {{RouteDest: {dest}, Weight: {weight}}}{more}\n"


def held(name: str = "b.json") -> list[tuple[str, str, str, int]]:
    return [tuple(one.values()) for one in json.loads(Path(name).read_text())["findings"]]


def test_adopting_it(run: Run) -> None:
    """Written, everything passes; read again, too; and only what is new fails."""
    put("routes/a.yaml", HEAD + item("10.1.0.1/16") + item("100.64.1.0/24"))
    result = run("--write-baseline", "b.json")
    assert (result.status, result.findings, result.baselined) == (0, [], 2)
    assert result.err == "vcolint: note: wrote 2 findings to b.json\n"
    assert Path("b.json").read_text() == (
        '{"schema": "vcolint-baseline/1",\n "findings": [\n'
        f'  {{"code": "VCO102", "file": "routes/a.yaml", "about": "{ID} 100.64.1.0/24 {ID}", "count": 1}},\n'
        f'  {{"code": "VCO104", "file": "routes/a.yaml", "about": "{ID} 10.1.0.0/16 {ID}", "count": 1}}\n'
        " ]}\n"
    )
    result = run("--baseline", "b.json")
    assert (result.status, result.findings, result.baselined, result.err) == (0, [], 2, "")
    put("routes/b.yaml", HEAD + item("10.9.0.1/16"))
    result = run("--baseline", "b.json")
    assert (result.status, result.findings, result.baselined) == (1, [("VCO104", "routes/b.yaml", 5)], 2)
    assert run().status == 1


def test_lines_do_not_matter(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16") + item("10.2.0.1/16"))
    run("--write-baseline", "b.json")
    put("a.yaml", f"# new\n\n{HEAD}" + item("10.3.0.0/16") + item("10.2.0.1/16") + "\n" + item("10.1.0.1/16"))
    result = run("--baseline", "b.json")
    assert (result.status, result.findings, result.baselined, result.err) == (0, [], 2, "")


def test_the_text_of_the_destination_does_not_matter(run: Run) -> None:
    """An entry is its network: another wrong spelling of it is no news."""
    put("a.yaml", HEAD + item("10.1.0.1/16"))
    run("--write-baseline", "b.json")
    put("a.yaml", HEAD + item("10.1.0.9/16"))
    assert run("--baseline", "b.json").findings == []


def test_a_second_equal_finding_is_new(run: Run) -> None:
    put("a.yaml", HEAD + item("100.64.1.0/24"))
    run("--write-baseline", "b.json")
    put("a.yaml", HEAD + item("100.64.1.0/24") + item("100.64.1.0/24", "0"))
    result = run("--baseline", "b.json")
    assert (result.status, result.findings, result.baselined) == (1, [("VCO102", "a.yaml", 6)], 1)


def test_a_fixed_one_and_a_new_one_do_not_cancel_out(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16") + item("10.2.0.0/16"))
    run("--write-baseline", "b.json")
    put("a.yaml", HEAD + item("10.1.0.0/16") + item("10.2.0.1/16"))
    result = run("--baseline", "b.json")
    assert (result.status, result.findings, result.baselined) == (1, [("VCO104", "a.yaml", 6)], 0)
    assert result.err == (
        "vcolint: warning: 1 stale finding in b.json: "
        "remove them with --baseline b.json --write-baseline b.json\n"
    )
    put("a.yaml", HEAD + item("10.1.0.0/16", "50"))
    assert run("--baseline", "b.json").findings == [("VCO401", "a.yaml", 5)]  # another rule


def test_one_in_another_file_is_new(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16"))
    run("--write-baseline", "b.json")
    Path("a.yaml").rename("c.yaml")
    put("a.yaml", "[]\n")
    assert run("--baseline", "b.json").findings == [("VCO104", "c.yaml", 5)]


def test_a_value_that_entries_share(run: Run) -> None:
    """An entry may come before the others: what is wrong with the value that they share stays the same."""
    put("a.yaml", HEAD.replace("cn-hangzhou", "China") + item("10.1.0.0/16") + item("10.2.0.0/16"))
    run("--write-baseline", "b.json")
    assert held() == [("VCO706", "a.yaml", "RegionId China", 1)]
    entries = item("10.0.0.0/16") + item("10.1.0.0/16") + item("10.2.0.0/16")
    put("a.yaml", HEAD.replace("cn-hangzhou", "China") + entries)
    assert run("--baseline", "b.json").findings == []
    put("a.yaml", HEAD.replace("cn-hangzhou", "Europe") + entries)
    assert run("--baseline", "b.json").findings == [("VCO706", "a.yaml", 1)]


def test_terraform_goes_by_address(run: Run) -> None:
    def text(name: str, dest: str) -> str:
        return (
            f'resource "alicloud_vpn_gateway_vco_route" "{name}" {{\n  vpn_connection_id = "{ID}"\n'
            f'  next_hop = "{ID}"\n  route_dest = "{dest}"\n  weight = 100\n}}\n'
        )

    put("infra/main.tf", text("a", "10.1.0.1/16"))
    run("--write-baseline", "b.json")
    assert held() == [("VCO104", "infra", "alicloud_vpn_gateway_vco_route.a", 1)]
    put("infra/main.tf", "")
    put("infra/other.tf", "\n" + text("a", "10.7.0.1/16"))
    assert run("--baseline", "b.json").findings == []
    put("infra/other.tf", text("b", "10.7.0.1/16"))
    assert run("--baseline", "b.json").findings == [("VCO104", "infra/other.tf", 4)]


def test_what_is_wrong_with_a_file_itself(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.0/16", more=" # vcolint: ignore") + "Extra: 1\n")
    result = run("--write-baseline", "b.json")
    assert (result.status, result.findings) == (0, [])
    assert [one[:2] for one in held()] == [("VCO002", "a.yaml"), ("VCO007", "a.yaml")]


def test_what_cannot_be_ignored_is_always_new(run: Run) -> None:
    put("a.yaml", HEAD + "  - {RouteDest\n")
    result = run("--write-baseline", "b.json")
    assert (result.status, [one[0] for one in result.findings], held()) == (1, ["VCO001"], [])


def test_from_another_working_directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in it are seen from the config's folder, else from the root of the repository."""
    put("sub/routes/a.yaml", HEAD + item("10.1.0.1/16"))
    run("--write-baseline", "b.json")
    assert [one[1] for one in held()] == ["sub/routes/a.yaml"]
    monkeypatch.chdir("sub")
    assert run("--baseline", "../b.json").status == 0
    assert run("--baseline", "../b.json", "routes/a.yaml").status == 0
    monkeypatch.chdir("routes")
    assert run("--baseline", "../../b.json", str(Path.cwd())).status == 0
    put("../vcolint.yaml", "fail-on: error\n")
    run("--write-baseline", "../c.json")
    assert [one[1] for one in held("../c.json")] == ["routes/a.yaml"]
    assert run("--baseline", "../c.json").status == 0


# -- growing and shrinking ----------------------------------------------------------------------------------


def test_it_shrinks_and_never_grows(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16") + item("10.2.0.1/16"))
    put("gone.yaml", HEAD + item("10.3.0.1/16"))
    put("other.yaml", HEAD + item("10.4.0.1/16"))
    run("--write-baseline", "b.json")
    Path("gone.yaml").unlink()
    put("a.yaml", HEAD + item("10.1.0.1/16") + item("10.2.0.0/16") + item("10.5.0.1/16"))
    before = Path("b.json").read_bytes()
    result = run("--baseline", "b.json", "a.yaml")
    assert result.findings == [("VCO104", "a.yaml", 7)]
    assert result.err.startswith("vcolint: warning: 2 stale findings in b.json: ")
    assert Path("b.json").read_bytes() == before
    # A run over one file says nothing of the others; a file that is gone is gone.
    result = run("--baseline", "b.json", "--write-baseline", "b.json", "a.yaml")
    assert (result.status, result.findings) == (1, [("VCO104", "a.yaml", 7)])
    assert result.err == "vcolint: note: wrote 2 findings to b.json\n"
    assert [(one[1], one[2].split()[1]) for one in held()] == [
        ("a.yaml", "10.1.0.0/16"),
        ("other.yaml", "10.4.0.0/16"),
    ]
    assert run("--baseline", "b.json").err == ""


def test_rules_that_do_not_run_are_not_stale(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16") + item("10.2.0.0/16"))
    row = {"VpnConnectionId": ID, "RouteDest": "10.2.0.0/16", "NextHop": ID, "Weight": 100}
    put("live.json", json.dumps({"VcoRouteEntries": [row], "TotalCount": 1}))
    run("--write-baseline", "b.json", "--live", "live.json", "a.yaml")
    assert [one[0] for one in held()] == ["VCO104", "VCO202"]
    for arguments in (["--select", "VCO2"], ["--ignore", "VCO104"], []):
        assert run("--baseline", "b.json", "a.yaml", *arguments).err == ""
    put("a.yaml", HEAD + item("10.3.0.0/16"))
    assert "1 stale finding" in run("--baseline", "b.json", "a.yaml").err
    assert "2 stale findings" in run("--baseline", "b.json", "--live", "live.json", "a.yaml").err


def test_a_file_that_cannot_be_read_now_is_not_stale(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16"))
    run("--write-baseline", "b.json")
    put("a.yaml", HEAD + "  - {RouteDest\n")
    assert run("--baseline", "b.json").err == ""


def test_quiet(run: Run) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16"))
    assert run("--write-baseline", "b.json", "--quiet").err == ""
    put("a.yaml", HEAD + item("10.1.0.0/16"))
    assert "1 stale finding" in run("--baseline", "b.json", "--quiet").err


# -- files that are none ------------------------------------------------------------------------------------

ITEM = {"code": "VCO104", "file": "a.yaml", "about": "x", "count": 1}


def baseline(*findings: Any, schema: Any = "vcolint-baseline/1") -> str:
    return json.dumps({"schema": schema, "findings": findings})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< HEAD\n{}",
        "[" * 100_000,
        "[]",
        "null",
        '"x"',
        '{"schema": 1}',
        '{"schema": "vcolint-report/1", "findings": []}',
        baseline(schema="vcolint-baseline/0"),
        *map(
            baseline,
            (
                1,
                {},
                ITEM | {"count": 0},
                ITEM | {"count": True},
                ITEM | {"count": "1"},
                ITEM | {"file": None},
            ),
        ),
        '{"schema": "vcolint-baseline/1"}',
        '{"schema": "vcolint-baseline/1", "findings": {"code": 1}}',
        '{"schema": "vcolint-baseline/1", "findings": 1}',
    ],
)
def test_a_file_that_is_no_baseline(run: Run, text: str) -> None:
    put("a.yaml", "[]\n")
    put("b.json", text)
    result = run("--baseline", "b.json", "--write-baseline", "b.json")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "vcolint: error: b.json: not a baseline in the format vcolint-baseline/1; "
        "write it again with --write-baseline\n"
    )
    assert Path("b.json").read_text() == text


@pytest.mark.parametrize("name", ["x.yaml", "\0", "n" * 5000, "../../../x", "é\udc80"])
def test_it_may_name_any_file(run: Run, name: str) -> None:
    put("a.yaml", item("10.0.0.0/16"))
    put("b.json", baseline(ITEM | {"file": name}, ITEM | {"file": "."}, ITEM | {"file": "<stdin>"}))
    result = run("--baseline", "b.json")
    assert result.baselined == 0
    assert result.err.startswith("vcolint: warning: 1 stale finding in b.json")


def test_files_that_are_all_gone_leave_it(run: Run) -> None:
    put("a.yaml", item("10.0.0.1/16"))
    put("b.yaml", "[]\n")
    assert run("a.yaml", "--write-baseline", "b.json").status == 0
    assert held()
    Path("a.yaml").unlink()
    assert run("b.yaml", "--baseline", "b.json", "--write-baseline", "b.json").status == 0
    assert held() == []


def test_a_baseline_that_is_not_there(run: Run) -> None:
    result = run("--baseline", "b.json")
    assert (result.status, result.err) == (
        2,
        "vcolint: error: b.json: the baseline cannot be read: No such file or directory\n",
    )


def test_it_is_written_at_once_or_not_at_all(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.yaml", HEAD + item("10.1.0.1/16"))
    put("b.json", "old")

    def fail(*arguments: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    result = run("--write-baseline", "b.json")
    assert (result.status, result.out) == (2, "")
    assert result.err == "vcolint: error: b.json: cannot be written: Permission denied\n"
    assert (Path("b.json").read_text(), sorted(os.listdir())) == ("old", [".git", "a.yaml", "b.json"])


def test_it_is_not_written_where_a_rule_failed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: Any) -> Any:
        raise ZeroDivisionError

    put("a.yaml", HEAD + item("10.1.0.1/16"))
    monkeypatch.setattr(evaluate, "find", lambda check: crash if check == "cidr-form" else find(check))
    result = run("--write-baseline", "b.json")
    assert result.status == 2
    assert result.err == "vcolint: warning: b.json is not written, because a rule crashed\n"
    assert not Path("b.json").exists()


# -- properties ---------------------------------------------------------------------------------------------

VALUES = st.fixed_dictionaries(
    {
        "RegionId": st.sampled_from(["cn-hangzhou", "China"]),
        "VpnConnectionId": st.sampled_from(["vco-a", "vco-b", "VCO"]),
        "NextHop": st.sampled_from(["vco-a", "todo"]),
        "RouteDest": st.sampled_from(
            ["10.1.0.1/16", "10.1.0.0/16", "10.1.1.0/24", "0.0.0.0/0", "::/0", "\udc80"]
        ),
        "Weight": st.sampled_from([0, 100, 50, "100", "x"]),
    }
)
ENTRIES = st.lists(VALUES, max_size=8)


def quietly(*arguments: str) -> int:
    """The exit status where any finding counts."""
    return cli.main(
        ["check", "--fail-on", "note", "--output", "json:report.json", "--quiet", *arguments, "a.json"]
    )


def written(entries: list[dict[str, Any]]) -> None:
    Path("a.json").write_bytes(json.dumps(entries).encode())


def shown() -> list[tuple[str, int]]:
    report = json.loads(Path("report.json").read_text())
    return sorted((one["code"], one["location"]["line"]) for one in report["findings"])


@settings(max_examples=40, deadline=None)
@given(ENTRIES, ENTRIES)
def test_written_and_read_it_is_clean_and_no_more(
    entries: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    written(entries)
    assert quietly("--write-baseline", "b.json") == 0
    assert quietly("--baseline", "b.json") == 0
    kept = Path("b.json").read_bytes()
    assert quietly("--baseline", "b.json", "--write-baseline", "c.json") == 0
    assert Path("c.json").read_bytes() == kept

    written([*entries, *more])
    quietly("--baseline", "b.json")
    before = shown()
    quietly("--baseline", "b.json", "--write-baseline", "c.json")
    assert shown() == before  # what is written holds nothing new
    counts = {one[:3]: one[3] for one in held("b.json")}
    assert all(counts[one[:3]] >= one[3] for one in held("c.json"))
