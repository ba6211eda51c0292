"""Workflow commands: the annotations of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.render.words import closing, details, from_checkout, said, worst_first
from vcolint.text.wording import visible

if TYPE_CHECKING:
    from vcolint.report.finding import Report

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> Iterator[str]:
    """One command per finding, the worst first, because GitHub shows only ten per severity; then the
    summary."""
    path = from_checkout("GITHUB_WORKSPACE")
    for finding in worst_first(report.findings):
        at = finding.location
        properties = {"file": visible(path(at.file)), "line": at.line, "endLine": at.end_line}
        if at.line == at.end_line:  # GitHub rejects columns otherwise
            properties |= {"col": at.column, "endColumn": at.end_column}
        properties["title"] = f"{finding.code} {finding.name}"
        written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
        message = "\n".join([said(finding.message), *details(report, finding)])
        yield f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}\n"
    *summary, last = closing(report)
    yield from (f"{line}\n" for line in summary)
    yield f"::warning title=vcolint::{_data(last)}\n" if report.notice else f"{last}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
