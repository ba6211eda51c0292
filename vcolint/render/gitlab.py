"""GitLab's code quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcolint.render.json import lines
from vcolint.render.paths import from_checkout
from vcolint.render.words import address, related_line, said

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def _description(finding: Finding) -> str:
    where = f" [{found}]" if (found := address(finding)) else ""
    origin = finding.origin
    written = "" if origin is None else f"; {related_line(origin)}"
    return f"{finding.code} {finding.name}: {said(finding.message)}{where}{written}"


def render(report: Report) -> str:
    """A JSON array. GitLab shows only descriptions, so these include the code."""
    path = from_checkout("CI_PROJECT_DIR")
    items = (
        {
            "description": _description(finding),
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
    return f"{lines(items)}\n"
