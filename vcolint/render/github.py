"""Workflow commands: the annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcolint.render.paths import from_checkout
from vcolint.render.words import closing, details, said, worst_first
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """One command per finding, the worst first, because GitHub shows only ten per severity. Then the
    summary."""
    path = from_checkout("GITHUB_WORKSPACE")
    lines = [
        _command(finding, report, path(finding.location.file)) for finding in worst_first(report.findings)
    ]
    *summary, last = closing(report)
    lines += [*summary, f"::warning title=vcolint::{_data(last)}" if report.notice else last]
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, report: Report, file: str) -> str:
    place_ = finding.location
    properties = {"file": visible(file), "line": place_.line, "endLine": place_.end_line}
    if place_.line == place_.end_line:  # GitHub rejects columns otherwise
        properties |= {"col": place_.column, "endColumn": place_.end_column}
    properties["title"] = f"{finding.code} {finding.name}"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = "\n".join([said(finding.message), *details(report, finding)])
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
