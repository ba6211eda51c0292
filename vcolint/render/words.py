"""What several formats say in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vcolint.report.finding import SEVERITIES
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Related, Report, Unchecked
    from vcolint.text.value import Location

MOST_RELATED = 4  # related places that are shown under one finding

# What does the most harm first: traffic that goes wrong before a call that fails loudly.
_EFFECTS = ("breaks-tunnel", "misroutes", "rejected", "apply-fails", "input", "policy", "hygiene")


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then effect, else in the given order: for places that show only the first few."""
    return sorted(
        findings, key=lambda finding: (SEVERITIES.index(finding.severity), _EFFECTS.index(finding.effect))
    )


def place(location: Location) -> str:
    """`file:line:column`, fit for a log."""
    return f"{visible(location.file)}:{location.line}:{location.column}"


def count(number: int, noun: str) -> str:
    """`1 entry`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def help_of(report: Report, code: str) -> str:
    """What to do about findings of this code, on one line; "" where no page says it."""
    rule = report.rules.get(code)
    return visible(rule.help) if rule else ""


def address(finding: Finding) -> str:
    """The finding's address, its Terraform root where the file does not tell (roots may call the same
    module), and the environments: as much of it as there is."""
    root, file = finding.root, finding.location.file
    told = finding.address is None or root is None or root == "." or file.startswith(f"{root.rstrip('/')}/")
    parts = [] if finding.address is None else [finding.address]
    if not told:
        parts.append(f"(in {root})")
    return visible(" ".join([*parts, *_named(finding.environments)]))


def address_label(finding: Finding) -> str:
    """What `address` gives, in a word."""
    return "environments" if finding.address is None else "address"


def _named(environments: Sequence[str]) -> list[str]:
    return [f"({', '.join(environments)})"] if environments else []


def related_line(related: Related) -> str:
    """`message (file:line:column)`, fit for a log."""
    return f"{visible(related.message)} ({place(related.location)})"


def details(report: Report, finding: Finding) -> list[str]:
    """What there is to say besides the message, a line each."""
    lines = [f"note: {related_line(item)}" for item in finding.related[:MOST_RELATED]]
    if len(finding.related) > MOST_RELATED:
        lines.append(f"note: and {count(len(finding.related) - MOST_RELATED, 'further place')}")
    if where := address(finding):
        lines.append(f"{address_label(finding)}: {where}")
    if finding.witness is not None:
        lines.append(f"witness: {finding.witness}")
    if help := help_of(report, finding.code):
        lines.append(f"help: {help}")
    return lines


def unchecked_line(item: Unchecked) -> str:
    """`file:line address field: reason`, fit for a log."""
    where = [
        f"{visible(item.file)}:{item.line}",
        *(visible(name) for name in (item.address, item.field, *_named(item.environments)) if name),
    ]
    return f"{' '.join(where)}: {visible(item.reason)}"


def closing(report: Report) -> list[str]:
    """The last lines of what people read: the summary, and the notice where there is one. Where nothing
    at all was checked, the notice alone: a summary would sound like praise."""
    summary = [] if report.notice and not (report.entries or report.findings) else [summary_line(report)]
    return [*summary, visible(report.notice)] if report.notice else summary


def summary_line(report: Report) -> str:
    """The whole run in one sentence."""
    summary = report.summary
    extent = f"{count(summary.entries, 'entry')} {{}} {count(summary.files, 'file')}"
    asides = []
    if report.findings:
        numbers = ((summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note"))
        found = ", ".join(count(number, noun) for number, noun in numbers if number)
        sentence = f"Found {found} in {extent.format('of')}"
        fixes = [finding.fix.safe for finding in report.findings if finding.fix]
        safe, unsafe = fixes.count(True), fixes.count(False)
        if safe:
            asides.append(f"{safe} fixable with --fix")
        if unsafe:
            asides.append(f"{unsafe} {'more ' if safe else 'fixable '}with --unsafe-fixes")
    else:
        # What could not be checked is not clear.
        sentence = f"{'No findings' if summary.unchecked else 'All clear'}: {extent.format('in')}"
    if summary.unchecked:
        asides.append(f"{count(summary.unchecked, 'value')} unchecked")
    if summary.suppressed:
        asides.append(f"{summary.suppressed} suppressed")
    if summary.baselined:
        asides.append(f"{summary.baselined} in the baseline")
    return f"{sentence} ({'; '.join(asides)})." if asides else f"{sentence}."
