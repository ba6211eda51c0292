"""The hooks under the real pre-commit: installed from this project as pre-commit does it, run by git."""

from __future__ import annotations

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
from identify import identify
from kinds import KINDS

MANIFEST: list[dict[str, Any]] = yaml.safe_load(
    (PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)
HOOKS = {hook["id"]: hook for hook in MANIFEST}


def takes(hook: dict[str, Any], name: str, tags: set[str]) -> bool:
    """Whether pre-commit hands a file to a hook, or runs it for the file."""
    return re.search(hook["files"], name) is not None and set(hook["types"]) <= tags


# -- the manifest -----------------------------------------------------------------------------------------


def test_manifest_is_what_pre_commit_takes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(PROJECT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    "name",
    [
        *sorted({kind.file for kind in KINDS.values()} - {"terraform.tfstate"}),
        *("routes.yml", "routes.YAML", "a.ndjson", "a.tsv", "a.bash", "prod.tfvars", "prod.auto.tfvars.json"),
        *("deep/er/routes.csv", "vcolint.yaml", ".vcolint.yaml"),
    ],
)
def test_hooks_run_for_what_is_read(hook: str, name: str) -> None:
    tags = identify.tags_from_filename(name)
    # Of a suffix that identify does not know it looks at the file: text is text.
    assert takes(HOOKS[hook], name, tags or {"file", "text"})


def test_scripts_without_a_suffix(tmp_path: Path) -> None:
    script = tmp_path / "create-routes"
    script.write_text(KINDS["shell"].write([]).text, encoding="utf-8")
    for hook in MANIFEST:
        assert takes(hook, "bin/create-routes", identify.tags_from_path(str(script)))


@pytest.mark.parametrize("name", ["main.py", "README.md", "a.go", "photo.png", "a.yaml.bak", ".gitignore"])
def test_hooks_do_not_run_for_other_files(name: str) -> None:
    assert not any(takes(hook, name, {"file", "text"}) for hook in MANIFEST)


# -- commits ----------------------------------------------------------------------------------------------

ENTRY = "- {{RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, Weight: 100, RouteDest: {}}}\n"
GOOD = ENTRY.format("10.1.0.0/16")
TWICE = GOOD
HOST_BITS = ENTRY.format("10.2.0.1/16")
COLUMN = ENTRY.replace("{{", "{").index("{}") + 1

Commit = Callable[[dict[str, str]], "tuple[int, str]"]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment that all tests share, for the hooks are installed there."""
    needs_registry()
    return environment(tmp_path_factory.mktemp("pre-commit"))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """A repository with this project in it."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("source") / "vcolint")
    for arguments in (["init"], ["add", "--all"], ["commit", "--message", "all"]):
        done = git(folder, env, *arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def repository(request: pytest.FixtureRequest, tmp_path: Path, env: dict[str, str], source: Path) -> Commit:
    """A function that commits files to a repository with the hook that the test names; gives the exit status
    and what was printed."""
    rev = git(source, env, "rev-parse", "HEAD").stdout.strip()
    config = {"repos": [{"repo": str(source), "rev": rev, "hooks": [{"id": request.param}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(tmp_path, env, "init")
    git(tmp_path, env, "add", "--all")
    git(tmp_path, env, "commit", "--message", "hooks")
    install = [sys.executable, "-m", "pre_commit", "install"]
    installed = subprocess.run(install, cwd=tmp_path, env=env, capture_output=True, check=False)
    assert installed.returncode == 0, installed.stdout

    def commit(files: dict[str, str]) -> tuple[int, str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(tmp_path, env, "add", "--all")
        done = git(tmp_path, env, "commit", "--message", "routes")
        return done.returncode, done.stdout + done.stderr

    return commit


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
class TestCommits:
    @pytest.mark.parametrize("repository", ["vcolint"], indirect=True)
    def test_all_files_together(self, repository: Commit) -> None:
        status, shown = repository({"README.md": "nothing to check\n"})
        assert status == 0, shown
        assert "(no files to check)Skipped" in shown
        status, shown = repository({"routes/a.yaml": GOOD})
        assert status == 0, shown
        assert re.search(r"vcolint\.+Passed", shown)
        status, shown = repository({"routes/b.yaml": TWICE})
        assert status == 1
        assert "error[VCO201] duplicate-entry: duplicate route: 10.1.0.0/16 on vco-" in shown
        assert "is already defined at routes/a.yaml:1; the API rejects the second one" in shown
        assert f"--> routes/b.yaml:1:{COLUMN}" in shown
        assert f"--> routes/a.yaml:1:{COLUMN}" in shown
        assert "exit code: 1" in shown
        # Config and exclusions are those of the repository.
        status, shown = repository({"vcolint.yaml": "exclude: [routes/b.yaml]\n"})
        assert status == 0, shown

    @pytest.mark.parametrize("repository", ["vcolint-files"], indirect=True)
    def test_changed_files_alone(self, repository: Commit) -> None:
        status, shown = repository({"a.yaml": GOOD, "other.yaml": "a: 1\n", "script": "#!/bin/sh\n"})
        assert status == 0, shown
        status, shown = repository({"b.yaml": TWICE})
        assert status == 0, shown  # it does not see a.yaml
        status, shown = repository({"c.yaml": HOST_BITS, "vcolint.yaml": "exclude: [lab]\n"})
        assert status == 1
        assert "error[VCO104] host-bits-set: 10.2.0.1/16 has host bits set" in shown
        assert f"--> c.yaml:1:{COLUMN}" in shown
        assert "b.yaml" not in shown
        status, shown = repository({"c.yaml": GOOD, "lab/d.yaml": HOST_BITS})
        assert status == 0, shown
