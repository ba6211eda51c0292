"""JUnit XML: one test suite per file, one test case per finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.words import details, place, summary_line
from vcolint.report.finding import SEVERITIES
from vcolint.text.wording import visible

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report


def render(report: Report) -> Iterator[str]:
    """A finding that fails the run is a failure, any other finding a skipped test, and a rule that crashed
    an error. So this file gives the same verdict as the exit status."""
    limit = -1 if report.fail_on == "never" else SEVERITIES.index(report.fail_on)

    def kind(finding: Finding) -> str:
        fails = SEVERITIES.index(finding.severity) <= limit
        return "error" if finding.code == "VCO008" else "failure" if fails else "skipped"

    kinds = Counter(map(kind, report.findings)) or Counter(passed=1)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="vcolint" {_counts(kinds)}>\n'
    for file, together in groupby(report.findings, key=lambda finding: finding.location.file):
        findings = list(together)
        kinds = Counter(map(kind, findings))
        yield f'<testsuite name="{_xml(file)}" {_counts(kinds)} skipped="{kinds["skipped"]}">\n'
        yield from (_case(finding, kind(finding), report) for finding in findings)
        yield "</testsuite>\n"
    if not report.findings:  # readers take a report without tests for a broken one
        verdict = tr(report.notice or "") or summary_line(report)
        yield (
            f'<testsuite name="vcolint" {_counts(kinds)} skipped="0">\n'
            f'<testcase name="check" classname="vcolint">\n'
            f"<system-out>{_xml(verdict)}</system-out>\n</testcase>\n</testsuite>\n"
        )
    yield "</testsuites>\n"


def _counts(kinds: Counter[str]) -> str:
    return f'tests="{kinds.total()}" failures="{kinds["failure"]}" errors="{kinds["error"]}"'


def _case(finding: Finding, kind: str, report: Report) -> str:
    at, message = finding.location, tr(finding.message)
    head = f"{place(at)}: {tr(finding.severity)}[{finding.code}] {visible(message)}"
    body = "\n".join([head, *details(report, finding)])
    name = f"{finding.code} {finding.name} {at.line}:{at.column}"
    return (
        f'<testcase name="{_xml(name)}" classname="{_xml(at.file)}">\n'
        f'<{kind} type="{finding.severity}" message="{_xml(message)}">'
        f"{_escaped(body)}</{kind}>\n</testcase>\n"
    )


def _xml(text: str) -> str:
    return _escaped(visible(text))


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace('"', "&quot;")
