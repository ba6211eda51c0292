"""Running the command line in this process, and reading what it gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vcolint.cli import main


class Result(NamedTuple):
    """What a call gave. The properties read the JSON report."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def findings(self) -> list[tuple[str, str, int]]:
        """Code, file, line."""
        found = self.report["findings"]
        return [(one["code"], one["location"]["file"], one["location"]["line"]) for one in found]

    @property
    def baselined(self) -> int:
        number: int = self.report["summary"]["baselined"]
        return number


Run = Callable[..., Result]


def runner(capsys: pytest.CaptureFixture[str], *first: str) -> Run:
    """Calls the command line with these arguments and those it is given."""

    def run(*arguments: str) -> Result:
        status = main([*first, *arguments])
        return Result(status, *capsys.readouterr())

    return run


def empty_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes an empty folder the working directory, and a repository."""
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(name: str, text: str | bytes) -> Path:
    """Writes a file below the working directory, its folders too."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
