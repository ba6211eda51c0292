"""GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.render.json import lines
from vcolint.render.words import from_checkout, sentence

if TYPE_CHECKING:
    from vcolint.report.finding import Report

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(report: Report) -> Iterator[str]:
    """A JSON array. GitLab shows only descriptions, so these include the code."""
    path = from_checkout("CI_PROJECT_DIR")
    yield from lines(
        {
            "description": f"{finding.code} {finding.name}: {sentence(finding)}",
            "check_name": finding.code,
            "fingerprint": finding.fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": path(finding.location.file),
                "lines": {"begin": finding.location.line, "end": finding.location.end_line},
            },
        }
        for finding in report.findings
    )
    yield "\n"
