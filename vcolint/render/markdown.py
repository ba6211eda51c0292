"""A job summary in GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.words import closing, place, sentence, unchecked_lines, worst_first
from vcolint.text.wording import count, visible

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report

_BYTES = 1_000_000  # below 1 MiB, GitHub's limit per step
_CELL = 500  # characters of one text
_SIGNS = {"error": "\u274c", "warning": "\u26a0\ufe0f", "note": "\u2139\ufe0f"}
_SPECIAL = re.compile(r"[\\`*_\[\]|~$]")


def render(report: Report) -> Iterator[str]:
    """The summary and a table of the findings, the worst first, as many as fit in a job summary."""
    unchecked = ""
    if report.unchecked:
        title, *lines = map(plain, unchecked_lines(report))
        unchecked = "".join([f"\n{title}\n\n", *(f"- {line}\n" for line in lines)])
    head = "## vcolint\n\n" + "".join(f"{plain(line)}\n\n" for line in closing(report))
    if report.findings:
        heads = (tr("Severity"), tr("Rule"), tr("Place"), tr("Finding"))
        head += f"| {' | '.join(heads)} |\n| --- | --- | --- | --- |\n"
    yield head
    room = _BYTES - len(f"{head}{unchecked}".encode())
    ranked = worst_first(report.findings)
    for shown, finding in enumerate(ranked):
        row = _row(finding)
        room -= len(row.encode())
        if room < 0:
            more = count(len(ranked) - shown, "further finding")
            yield f"\n{tr('{findings} left out.', findings=more)}\n"
            break
        yield row
    yield unchecked


def _row(finding: Finding) -> str:
    cells = (
        f"{_SIGNS[finding.severity]} {tr(finding.severity)}",
        f"{finding.code} {plain(finding.name)}",
        plain(place(finding.location)),
        plain(sentence(finding)),
    )
    return f"| {' | '.join(cells)} |\n"


def plain(text: str) -> str:
    """Text without meaning in Markdown or HTML."""
    text = visible(text if len(text) <= _CELL else f"{text[:_CELL]}...")
    return _SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
