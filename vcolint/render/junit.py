"""JUnit XML: one test suite per file, one test case per finding."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.words import details, place, said, summary_line
from vcolint.report.finding import SEVERITIES
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render(report: Report) -> str:
    """A finding that fails the run is a failure, any other finding a skipped test, and a rule that crashed
    an error. So this file gives the same verdict as the exit status."""
    limit = -1 if report.fail_on == "never" else SEVERITIES.index(report.fail_on)
    suites = []
    totals = [0, 0, 0]
    for file, findings in groupby(report.findings, key=lambda finding: finding.location.file):
        kinds = []
        cases = []
        for finding in findings:
            fails = SEVERITIES.index(finding.severity) <= limit
            kind = "error" if finding.code == "VCO008" else "failure" if fails else "skipped"
            kinds.append(kind)
            cases.append(_case(finding, kind, report))
        numbers = len(kinds), kinds.count("failure"), kinds.count("error")
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        counts = _counts(*numbers)
        suites.append(
            f'<testsuite name="{_xml(file)}" {counts} skipped="{kinds.count("skipped")}">\n'
            f"{''.join(cases)}</testsuite>\n"
        )
    if not suites:  # readers take a report without tests for a broken one
        totals = [1, 0, 0]
        verdict = tr(report.notice or "") or summary_line(report)
        suites.append(
            f'<testsuite name="vcolint" {_counts(1, 0, 0)} skipped="0">\n'
            f'<testcase name="check" classname="vcolint">\n'
            f"<system-out>{_xml(verdict)}</system-out>\n</testcase>\n</testsuite>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="vcolint" {_counts(*totals)}>\n{"".join(suites)}</testsuites>\n'
    )


def _counts(tests: int, failures: int, errors: int) -> str:
    return f'tests="{tests}" failures="{failures}" errors="{errors}"'


def _case(finding: Finding, kind: str, report: Report) -> str:
    head = f"{place(finding.location)}: {tr(finding.severity)}[{finding.code}] {said(finding.message)}"
    body = "\n".join([head, *details(report, finding)])
    name = f"{finding.code} {finding.name} {finding.location.line}:{finding.location.column}"
    return (
        f'<testcase name="{_xml(name)}" classname="{_xml(finding.location.file)}">\n'
        f'<{kind} type="{finding.severity}" message="{_xml(tr(finding.message))}">'
        f"{body.translate(_ESCAPES)}</{kind}>\n</testcase>\n"
    )


def _xml(text: str) -> str:
    return visible(text).translate(_ESCAPES)
