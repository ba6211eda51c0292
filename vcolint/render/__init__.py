"""The renderers turn a report into text for people or a file for programs. One module per format.

They do not know rules, readers, settings or the command line.
A renderer gets a report and writes it; it looks nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.report.finding import Report

# The formats for `--output`. Each is the module of that name in this package.
FORMATS = {
    "text": say("for people: every finding with its source line, and a summary"),
    "json": say("everything, for programs (JSON Schema: vcolint schema report)"),
    "sarif": say("SARIF 2.1.0, for GitHub code scanning"),
    "github": say("GitHub Actions annotations, worst first"),
    "gitlab": say("GitLab code quality report"),
    "junit": "JUnit XML",
    "markdown": say("a job summary, for example for GITHUB_STEP_SUMMARY"),
    "html": say("one self-contained page"),
}


def pieces(format: str, report: Report, **options: Any) -> Iterator[str]:
    """The report in one of FORMATS, piece by piece: a large one is never in memory as a whole. It ends with
    a newline unless it is empty.

    Only `text` has options: `color`, `width` (the column to wrap help at; None: do not wrap), `quiet` (only
    findings and the summary, nothing if there are no findings) and `statistics` (counts by rule instead of
    findings).
    """
    module = import_module(f"vcolint.render.{format}")
    written: Iterator[str] = module.render(report, **options if format == "text" else {})
    return written


def render(format: str, report: Report, **options: Any) -> str:
    """The same as one text."""
    return "".join(pieces(format, report, **options))
