"""The renderers turn a report into text for people or a file for programs. One module per format.

They do not know rules, readers, settings or the command line.
A renderer gets a report and writes it; it looks nothing up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from vcolint.errors import VcolintError
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


def render(
    format: str,
    report: Report,
    *,
    color: bool = False,
    width: int | None = None,
    quiet: bool = False,
    statistics: bool = False,
) -> str:
    """The report in one of FORMATS. It ends with a newline unless it is empty.

    Only `text` uses `color`, `width` (the column to wrap help at; None: do not wrap), `quiet` (only findings
    and the summary, nothing if there are no findings) and `statistics` (counts by rule instead of findings).
    Raises VcolintError for a format that does not exist.
    """
    if format not in FORMATS:
        raise VcolintError(
            say(
                "unknown output format {format}: it is one of {FORMATS}",
                format=repr(format),
                FORMATS=", ".join(FORMATS),
            )
        )
    if format == "text":
        from vcolint.render import text

        return text.render(report, color=color, width=width, quiet=quiet, statistics=statistics)
    rendered: str = import_module(f"vcolint.render.{format}").render(report)
    return rendered
