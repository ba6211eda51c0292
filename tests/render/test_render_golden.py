"""What each format prints for one report. VCOLINT_UPDATE_GOLDEN=1 rewrites the files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from render_samples import sample

from vcolint.render import FORMATS, render

GOLDEN = Path(__file__).parents[1] / "golden"

CASES = {
    "render.txt": ("text", {}),
    "render-color.txt": ("text", {"color": True, "width": 100}),
    "render-narrow.txt": ("text", {"width": 60}),
    "render-statistics.txt": ("text", {"statistics": True}),
    "render-quiet.txt": ("text", {"quiet": True, "statistics": True}),
    "render.json": ("json", {}),
    "render.sarif": ("sarif", {}),
    "render-github.txt": ("github", {}),
    "render-gitlab.json": ("gitlab", {}),
    "render-junit.xml": ("junit", {}),
    "render.md": ("markdown", {}),
    "render.html": ("html", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    format, options = CASES[name]
    shown = render(format, sample(), **options)
    assert render(format, sample(), **options) == shown
    if format == "html":  # the style, the script and its words are files of their own
        shown = re.sub(r"(<(style|script)\b[^>]*>).*?(</\2>)", r"\1…\3", shown, flags=re.S)
        shown = re.sub(r"'sha256-[\w+/=]+'", "'sha256-…'", shown)
    path = GOLDEN / name
    if os.environ.get("VCOLINT_UPDATE_GOLDEN"):
        path.write_bytes(shown.encode())
    assert shown == path.read_bytes().decode()


def test_every_format_has_a_golden_file() -> None:
    assert {format for format, _ in CASES.values()} == set(FORMATS)
