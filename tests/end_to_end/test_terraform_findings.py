"""What `vcolint check` finds in the recorded root modules, against their `expected.json`: in the files alone,
in the plan and in the states. README.md there says what its keys mean."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vcolint.cli import main

FIXTURES = Path(__file__).parents[1] / "fixtures" / "terraform"
CASES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
EXPECTED: dict[str, dict[str, Any]] = {
    case: json.loads((FIXTURES / case / "expected.json").read_text(encoding="utf-8")) for case in CASES
}
STATES = [(case, file) for case in CASES for file in EXPECTED[case].get("state", {}).get("files", ())]


class Checked(NamedTuple):
    """What the command line said of one input."""

    status: int
    findings: list[dict[str, Any]]
    unchecked: list[dict[str, Any]]
    entries: int


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> Checked:
    status = main(["check", "--no-config", "--output", "json", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    report = json.loads(out)
    return Checked(status, report["findings"], report["unchecked"], report["summary"]["entries"])


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case whose files, without plan and states, are the working directory."""
    name: str = request.param
    folder = tmp_path / name
    shutil.copytree(FIXTURES / name, folder, ignore=shutil.ignore_patterns("*.json", "*.tfstate"))
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    return name


def applies(wanted: Any, source: str) -> bool:
    return isinstance(wanted, str) or source in wanted.get("in", [source])


def is_at(finding: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return finding["code"] == wanted["code"] and finding["address"] in wanted["address"].split("|")


def is_forbidden(finding: dict[str, Any], wanted: Any) -> bool:
    if isinstance(wanted, str):
        wanted = {"code": wanted}
    code = "" if wanted["code"] == "*" else wanted["code"]
    return finding["code"].startswith(code) and wanted.get("address") in (None, finding["address"])


def hold(checked: Checked, expected: dict[str, Any], source: str) -> None:
    """The findings are those that must be there, and none that must not."""
    must = [wanted for wanted in expected["must"] if applies(wanted, source)]
    for wanted in must:
        found = [finding for finding in checked.findings if is_at(finding, wanted)]
        assert len(found) == 1, wanted
        if source == "hcl" and wanted.get("line") is not None:
            place = found[0]["location"]
            assert [place[key] for key in ("file", "line", "column")] == [
                wanted[key] for key in ("file", "line", "column")
            ]
    others = [finding for finding in checked.findings if not any(is_at(finding, one) for one in must)]
    for forbidden in expected.get("must_not", ()):
        if applies(forbidden, source):
            assert [one for one in others if is_forbidden(one, forbidden)] == []


def entries(expected: dict[str, Any], source: str) -> int:
    return sum(source in entry.get("in", [source]) for entry in expected["entries"])


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_files(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = EXPECTED[case]
    checked = check(capsys, *expected["args"])
    hold(checked, expected, "hcl")
    assert checked.status == expected["exit"]
    assert checked.entries == entries(expected, "hcl")
    assert len(checked.unchecked) >= expected["unchecked_at_least"]
    unlisted = [item["address"] for item in checked.unchecked if item["field"] is None]
    assert sorted(unlisted) == expected.get("unchecked_addresses", [])


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_plan(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = EXPECTED[case]
    checked = check(capsys, str(FIXTURES / case / "plan.json"))
    hold(checked, expected, "plan")
    assert checked.status == expected.get("exit_plan", expected["exit"])
    assert checked.entries == entries(expected, "plan")
    least = expected.get("unchecked_at_least_plan", expected["unchecked_at_least"])
    assert len(checked.unchecked) >= least
    assert [item for item in checked.unchecked if item["field"] is None] == []


@pytest.mark.parametrize(("case", "file"), STATES)
def test_state(case: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = EXPECTED[case]["state"]
    checked = check(capsys, str(FIXTURES / case / file))
    hold(checked, expected, "state")
    assert checked.status == expected["exit"]
    assert checked.entries == len(expected["entries"])
    assert checked.unchecked == []


@pytest.mark.parametrize("case", ["update_replace"], indirect=True)
def test_files_plan_and_states_do_not_meet(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a set of its own, so all of them together give what each gives alone."""
    named = [str(FIXTURES / case / file) for file in ("plan.json", "before.tfstate", "before.show.json")]
    alone = [check(capsys, path) for path in (".", *named)]
    together = check(capsys, ".", *named)

    def told(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        return sorted((one["code"], one["address"], one["message"]) for one in found)

    assert told(together.findings) == told([finding for one in alone for finding in one.findings])
    assert together.entries == sum(one.entries for one in alone)
    assert together.status == 1


def test_every_key_of_the_expectations_is_read() -> None:
    known = {"case", "args", "entries", "must", "must_not", "exit", "exit_plan", "state"}
    known |= {"unchecked_at_least", "unchecked_at_least_plan", "unchecked_addresses"}
    assert set().union(*EXPECTED.values()) <= known
    assert STATES != []
