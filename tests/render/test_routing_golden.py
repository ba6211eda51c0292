"""What `paths`, `trace` and `diff` print for people. VCOLINT_UPDATE_GOLDEN=1 rewrites the files."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vcolint
from vcolint.locale import using
from vcolint.render.columns import columns
from vcolint.render.routing import render

TESTS = Path(__file__).parents[1]
SAMPLE = TESTS / "fixtures/routing"
KEPT = "vco-2ze9kept0line0c3"


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLE)


def paths() -> Any:
    return vcolint.paths("new")


def trace() -> Any:
    return vcolint.paths("new").trace("10.20.0.0/16", down=[KEPT])


def diff() -> Any:
    return vcolint.diff(old="old", new="new")


RESULTS: dict[str, Callable[[], Any]] = {"paths": paths, "trace": trace, "diff": diff}
WIDTHS = (60, 160)


def same_as_golden(name: str, shown: str) -> None:
    path = TESTS / "golden" / name
    if os.environ.get("VCOLINT_UPDATE_GOLDEN"):
        path.write_bytes(shown.encode())
    assert shown == path.read_bytes().decode()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", RESULTS)
def test_text(name: str, width: int) -> None:
    result = RESULTS[name]()
    shown = render("text", result, width=width)
    same_as_golden(f"{name}-{width}.txt", shown)
    colored = render("text", result, width=width, color=True)
    same_as_golden(f"{name}-{width}-color.txt", colored)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == shown
    assert all(columns(line) <= width for line in shown.splitlines())


@pytest.mark.parametrize("name", RESULTS)
def test_chinese(name: str) -> None:
    with using("zh"):
        shown = render("text", RESULTS[name](), width=60)
    same_as_golden(f"{name}-60-zh.txt", shown)
    # Punctuation may hang over.
    assert all(columns(line) <= 62 for line in shown.splitlines())


@pytest.mark.parametrize("name", RESULTS)
def test_markdown(name: str) -> None:
    same_as_golden(f"{name}.md", render("markdown", RESULTS[name]()))


@pytest.mark.parametrize("name", RESULTS)
def test_html(name: str) -> None:
    """What Python writes: the style, the script and its words are files of their own."""
    shown = render("html", RESULTS[name]())
    shown = re.sub(r"<(style|script)\b.*?</\1>\n?|<meta[^>]*>\n?", "", shown, flags=re.S)
    same_as_golden(f"{name}.html", shown)


@pytest.mark.parametrize("name", RESULTS)
def test_a_line_is_never_shortened(name: str) -> None:
    """A narrow terminal shows all the words that a file gets, but for the first head of a table."""
    result = RESULTS[name]()
    whole, narrow = (render("text", result, width=width).split() for width in (None, 60))
    shown = {*narrow, *(word.rstrip(":") for word in narrow), "destination", "change", "rule"}
    assert set(whole) <= shown


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "arguments",
    [("paths", "new"), ("trace", "10.20.0.0/16", "new", "--down", KEPT), ("diff", "new", "--old", "old")],
)
def test_a_terminal_has_its_width(arguments: tuple[str, ...], width: int) -> None:
    terminal, end = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(width), "TERM": "xterm", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    program = [sys.executable, "-m", "vcolint", *arguments]
    with subprocess.Popen(program, stdout=end, stderr=subprocess.DEVNULL, env=environment) as running:
        os.close(end)
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:  # the other end is closed
            pass
    os.close(terminal)
    assert running.returncode == 0
    expected = (TESTS / "golden" / f"{arguments[0]}-{width}-color.txt").read_text(encoding="utf-8")
    assert shown.decode().replace("\r\n", "\n") == expected
