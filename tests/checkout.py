"""What the tests of hooks and CI need: this project as a repository to install from, git, and a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
# What an installation is made from, and what hooks and CI look for.
_NEEDED = (
    *("vcolint", "rules", "pyproject.toml", "README.md", "LICENSE"),
    *(".pre-commit-hooks.yaml", "action.yml"),
)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user with nothing of his own, without what a git hook around the tests sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "FORCE_COLOR", "PYTHONPATH"):
        kept.pop(name, None)
    identity = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "T"), ("EMAIL", "t@example.com"))
    }
    return (
        kept
        | identity
        | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}
        | {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
        | more
    )


def git(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def copy_of_the_project(folder: Path) -> Path:
    """This project as it stands, without what building and testing left."""
    for name in _NEEDED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


@cache
def has_registry() -> bool:
    """Whether pip finds packages; where a CI runs, it has to."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--retries=0", "install", "--dry-run", "--no-deps"]
    tried = subprocess.run([*pip, "--ignore-installed", "click"], capture_output=True, check=False)
    return tried.returncode == 0 or bool(os.environ.get("CI"))


def needs_registry() -> None:
    if not has_registry():
        pytest.skip("no package registry to install from")
