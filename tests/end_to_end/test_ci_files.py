"""action.yml and the GitLab template: held against the schemas of those who run them, and run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import PROJECT, copy_of_the_project, environment, git, needs_registry

ACTION = PROJECT / "action.yml"
RELEASE = PROJECT / ".github" / "workflows" / "release.yml"
GITLAB = PROJECT / "docs" / "ci" / "vcolint.gitlab-ci.yml"

GOOD = (
    "- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 100}\n"
)
BAD = GOOD.replace("10.1.0.0/16", "10.2.0.1/16")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (ACTION, "vendor.github-actions"),
        (RELEASE, "vendor.github-workflows"),
        (GITLAB, "vendor.gitlab-ci"),
    ],
)
def test_schema(file: Path, schema: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


@pytest.mark.parametrize("file", [ACTION, RELEASE])
def test_what_github_runs_is_safe(file: Path) -> None:
    """No input is put into a script, actions are pinned: zizmor finds nothing."""
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent)) or shutil.which("zizmor")
    assert zizmor is not None
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--color=never", "--persona=auditor", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "No findings to report. Good job!\n"), done.stderr


def steps() -> list[dict[str, Any]]:
    loaded: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return list(loaded["runs"]["steps"])


def test_every_input_is_used() -> None:
    declared = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]
    used = re.findall(r"\$\{\{ inputs\.(\w+) \}\}", ACTION.read_text(encoding="utf-8"))
    assert sorted(declared) == sorted(set(used))
    assert all(one["description"] and one["default"] == "" for one in declared.values())


# -- as a runner runs it ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a runner on which the action's first step has been run."""
    needs_registry()
    folder = tmp_path_factory.mktemp("runner")
    env = environment(folder / "hooks", RUNNER_TEMP=str(folder), GITHUB_ACTIONS="true")
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    env["SOURCE"] = str(copy_of_the_project(folder / "source"))
    install = steps()[0]
    assert install["env"] == {"ACTION_PATH": "${{ github.action_path }}"}
    done = bash(install["run"], folder, env | {"ACTION_PATH": env["SOURCE"]})
    assert done.returncode == 0, done.stderr
    return env


def bash(script: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as runners do."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def check(runner: dict[str, str], tmp_path: Path) -> Run:
    """A function that runs the action's last step with inputs in a checkout."""
    return step_runner(steps()[-1], runner, tmp_path)


@pytest.fixture
def diff(runner: dict[str, str], tmp_path: Path) -> Run:
    """The same for the step that shows what a change does."""
    return step_runner(steps()[1], runner, tmp_path)


def step_runner(step: dict[str, Any], runner: dict[str, str], tmp_path: Path) -> Run:
    names = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]

    def run(**inputs: str) -> subprocess.CompletedProcess[str]:
        values = {f"${{{{ inputs.{name} }}}}": "" for name in names}
        values |= {f"${{{{ inputs.{name} }}}}": value for name, value in inputs.items()}
        env = {name: values[expression] for name, expression in step["env"].items()}
        summary = tmp_path.parent / f"{tmp_path.name}-summary.md"
        place = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(tmp_path)}
        return bash(step["run"], tmp_path, runner | env | place)

    return run


def test_a_whole_checkout(check: Run, tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(GOOD, encoding="utf-8")
    done = check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "All clear: 1 entry in 1 file.\n", "")
    (tmp_path / "routes" / "b.yaml").write_text(BAD, encoding="utf-8")
    done = check(sarif="found.sarif")
    assert done.returncode == 1
    command, summary = done.stdout.splitlines()
    assert command.startswith("::error file=routes/b.yaml,line=1,endLine=1,col=78,endColumn=89,title=VCO104 ")
    assert summary.startswith("Found 1 error in 2 entries of 2 files")
    (run,) = json.loads((tmp_path / "found.sarif").read_text(encoding="utf-8"))["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["VCO104"]
    # Both runs have added to the summary of the job.
    written = (tmp_path.parent / f"{tmp_path.name}-summary.md").read_text(encoding="utf-8")
    assert written.count("## vcolint\n") == 2
    assert "| VCO104 host-bits-set | routes/b.yaml:1:78 |" in written


def test_paths_and_arguments_are_one_a_line(check: Run, tmp_path: Path) -> None:
    (tmp_path / "new routes").mkdir()
    (tmp_path / "new routes" / "--all.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(BAD, encoding="utf-8")
    done = check(paths="new routes\n", arguments="--fail-on=never\n--ignore=VCO709\n\n")
    assert done.returncode == 0
    assert "::error file=new routes/--all.yaml,line=1" in done.stdout
    assert "other.yaml" not in done.stdout
    # What begins with a dash is a path all the same, and no input is run.
    done = check(paths="--all.yaml\n$(touch bitten)\n`touch bitten`", arguments="--fail-on=$(touch bitten)")
    assert done.returncode == 2
    assert not (tmp_path / "bitten").exists()
    done = check(paths="--help")
    assert (done.returncode, done.stderr) == (
        2,
        "vcolint: error: --help: this file or folder does not exist\n",
    )


MOVED = GOOD.replace("vco-a", "vco-b")


@pytest.fixture
def branch(runner: dict[str, str], tmp_path: Path) -> str:
    """A checkout on a branch that moves a route; gives the commit before."""
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(GOOD, encoding="utf-8")
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        assert git(tmp_path, runner, *arguments).returncode == 0
    (tmp_path / "routes" / "a.yaml").write_text(MOVED, encoding="utf-8")
    for arguments in (["checkout", "-qb", "change"], ["commit", "-qam", "two"]):
        assert git(tmp_path, runner, *arguments).returncode == 0
    return git(tmp_path, runner, "rev-parse", "main").stdout.strip()


def test_what_a_change_does(diff: Run, check: Run, branch: str, tmp_path: Path) -> None:
    done = diff()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = diff(base="main", paths="routes")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "moves 10.1.0.0/16 (65,536 addresses) from vco-a to vco-b"
    assert lines[3].startswith("moved   10.1.0.0/16  65,536     vco-a   vco-b  routes/")
    assert f"compared with commit {branch}" in lines
    written = (tmp_path.parent / f"{tmp_path.name}-summary.md").read_text(encoding="utf-8")
    assert written.startswith("**vcolint: moves 10.1.0.0/16 (65,536 addresses) from vco-a to vco-b**\n")
    assert diff(base="main", page="diff.html").returncode == 0
    assert "10.1.0.0/16" in (tmp_path / "diff.html").read_text(encoding="utf-8")
    # It fails on what it is asked to fail on.
    assert diff(base="main", diff="--fail-on=lost").returncode == 0
    assert diff(base="main", diff="--fail-on=any").returncode == 1
    (tmp_path / "expect.yaml").write_text("- {network: 10.1.0.0/16, kind: moved}\n", encoding="utf-8")
    done = diff(base="main", diff="--expect=expect.yaml\n--fail-on=lost\n")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "as declared")
    # No input is run, and none is an option.
    for inputs in (
        {"base": "$(touch bitten)"},
        {"base": "--help"},
        {"base": "main", "paths": "$(touch bitten)"},
    ):
        assert diff(**inputs).returncode == 2
    assert not (tmp_path / "bitten").exists()
    assert check(page="found.html").returncode == 0
    assert (tmp_path / "found.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_check_runs_although_the_diff_fails() -> None:
    assert steps()[-1]["if"] == "${{ !cancelled() }}"


def test_gitlab_shows_what_a_change_does(runner: dict[str, str], branch: str, tmp_path: Path) -> None:
    template = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    job = template["vcolint-diff"]
    env = {name: value for name, value in runner.items() if not name.startswith(("GITHUB_", "RUNNER_"))}
    env |= {"VCOLINT": runner["SOURCE"], "CI_MERGE_REQUEST_DIFF_BASE_SHA": branch}
    env["PATH"] = f"{runner['RUNNER_TEMP']}/vcolint/bin:{env['PATH']}"
    done = bash("\n".join(job["script"]), tmp_path, env)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "moves 10.1.0.0/16 (65,536 addresses) from vco-a to vco-b",
    )
    for name in job["artifacts"]["paths"]:
        assert (tmp_path / name).read_text(encoding="utf-8")


def test_gitlab(runner: dict[str, str], tmp_path: Path) -> None:
    """The job as GitLab runs it: reports are there although it fails."""
    template = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    job = template["vcolint"]
    (tmp_path / "b.yaml").write_text(BAD, encoding="utf-8")
    env = {name: value for name, value in runner.items() if not name.startswith(("GITHUB_", "RUNNER_"))}
    env |= {**template["variables"], "VCOLINT": runner["SOURCE"], "CI_PROJECT_DIR": str(tmp_path)}
    env["PATH"] = f"{runner['RUNNER_TEMP']}/vcolint/bin:{env['PATH']}"
    done = bash("\n".join(job["script"]), tmp_path, env)
    assert done.returncode == 1
    assert "error[VCO104] host-bits-set" in done.stdout
    reports = job["artifacts"]["reports"]
    (item,) = json.loads((tmp_path / reports["codequality"]).read_text(encoding="utf-8"))
    assert (item["check_name"], item["location"]["path"]) == ("VCO104", "b.yaml")
    assert 'failures="1"' in (tmp_path / reports["junit"]).read_text(encoding="utf-8")
    assert job["artifacts"]["when"] == "always"
