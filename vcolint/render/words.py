"""Texts that several formats share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, reduce
from typing import TYPE_CHECKING

from vcolint.locale import say, tr
from vcolint.report.finding import SEVERITIES
from vcolint.text.walk import repository
from vcolint.text.wording import count, visible, with_commas

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Related, Report, Unchecked
    from vcolint.text.value import Location

MOST_RELATED = 4  # related places shown per finding
_REASONS = 8  # unchecked reasons that are shown

SEVERITY_TEMPLATES = {"error": "error", "warning": "warning", "note": "note"}

# The most harmful effect first: wrong traffic is worse than a failing call.
_EFFECTS = ("breaks-tunnel", "misroutes", "rejected", "apply-fails", "input", "policy", "hygiene")


def from_checkout(variable: str) -> Callable[[str], str]:
    """A function that gives a file's path from the root of the checkout, with forward slashes.

    The root is the value of the environment variable (CI services set one), or the repository around the
    working directory, or the working directory. A path elsewhere stays as it is.
    """
    here = os.path.abspath(os.curdir)
    root = os.path.abspath(os.environ.get(variable) or repository(here) or here)

    @cache
    def path(file: str) -> str:
        absolute = os.path.normpath(os.path.join(here, file))
        is_inside = absolute.startswith(root.rstrip(os.sep) + os.sep)
        return (absolute[len(root) :].lstrip(os.sep) if is_inside else file).replace(os.sep, "/")

    return path


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, then effect: for formats that show only the first few."""
    return sorted(
        findings, key=lambda finding: (SEVERITIES.index(finding.severity), _EFFECTS.index(finding.effect))
    )


def said(message: str) -> str:
    """A message in the language in use, safe for a log."""
    return visible(tr(message))


def place(location: Location) -> str:
    """`file:line:column`, safe for a log."""
    return f"{visible(location.file)}:{location.line}:{location.column}"


def help_of(report: Report, code: str) -> str:
    """What to do about findings of this code, on one line; "" if its page does not say it."""
    return said(report.rules[code].help)


def address(finding: Finding) -> str:
    """The finding's address, its Terraform root if the file does not show it (roots may call the same
    module), and its environments. "" if it has none of them."""
    if finding.address is None:
        return visible(" ".join(_named(finding.environments))) if finding.environments else ""
    parts, root = [finding.address], finding.root
    if root not in (None, ".") and not finding.location.file.startswith(f"{root}/"):
        parts.append(tr("(in {root})", root=root))
    return visible(" ".join([*parts, *_named(finding.environments)]))


def _named(environments: Sequence[str]) -> list[str]:
    return [f"({', '.join(environments)})"] if environments else []


def related_line(related: Related) -> str:
    """`message (file:line:column)`, safe for a log."""
    return f"{said(related.message)} ({place(related.location)})"


def further(related: Sequence[Related]) -> str:
    """How many related places are not shown; "" if all are."""
    left = len(related) - MOST_RELATED
    return tr("and {places}", places=count(left, "further place")) if left > 0 else ""


def labelled(finding: Finding, related: Sequence[Related] = ()) -> list[tuple[str, str]]:
    """The details of a finding besides its message, its help and the first of its related places: labels and
    texts."""
    told = []
    if more := further(related):
        told.append((tr("note"), more))
    if where := address(finding):
        told.append((tr("environments") if finding.address is None else tr("address"), where))
    if (witness := finding.witness) is not None:
        told.append((tr("witness"), witness))
    return told


def details(report: Report, finding: Finding) -> list[str]:
    """The details of a finding besides its message, one per line."""
    related = finding.related
    told = [(tr("note"), related_line(item)) for item in related[:MOST_RELATED]]
    told += labelled(finding, related)
    if help := help_of(report, finding.code):
        told.append((tr("help"), help))
    return [tr("{label}: {text}", label=label, text=text) for label, text in told]


def sentence(finding: Finding) -> str:
    """The whole finding on one line but for its place: for formats that show nothing else."""
    witness, where, origin = finding.witness, address(finding), finding.origin
    return (
        f"{said(finding.message)}"
        f"{tr(' (witness: {address})', address=witness) if witness is not None else ''}"
        f"{f' [{where}]' if where else ''}"
        f"{f'; {related_line(origin)}' if origin is not None else ''}"
    )


def unchecked_line(item: Unchecked) -> str:
    """`file:line address field: reason`, safe for a log."""
    where = [
        f"{visible(item.file)}:{item.line}",
        *(visible(name) for name in (item.address, item.field, *_named(item.environments)) if name),
    ]
    return tr("{where}: {reason}", where=" ".join(where), reason=said(item.reason))


def unchecked_lines(report: Report) -> Iterator[str]:
    """What was not checked: a head, then the first place of each reason, and how many more there are."""
    by_reason: dict[str, list[Unchecked]] = {}
    for item in report.unchecked:
        by_reason.setdefault(item.reason, []).append(item)
    yield tr("{values} unchecked:", values=count(len(report.unchecked), "value"))
    groups = list(by_reason.values())
    for first, *others in groups[:_REASONS]:
        line = unchecked_line(first)
        yield tr("{line} (and {number} more)", line=line, number=len(others)) if others else line
    if rest := groups[_REASONS:]:
        yield tr(
            "and {number} more, for {reasons} (--output json lists them all)",
            number=sum(map(len, rest)),
            reasons=count(len(rest), "other reason"),
        )


def closing(report: Report) -> list[str]:
    """The last lines for people: the summary, and the notice if there is one. If nothing was checked, only
    the notice: a summary would sound like success."""
    summary = [] if report.notice and not (report.entries or report.findings) else [summary_line(report)]
    return [*summary, said(report.notice)] if report.notice else summary


def summary_line(report: Report) -> str:
    """The whole run in one sentence."""
    summary = report.summary
    extent = {"entries": count(summary.entries, "entry"), "files": count(summary.files, "file")}
    if report.findings:
        numbers = ((summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note"))
        found = with_commas([count(number, noun) for number, noun in numbers if number])
        sentence = say("Found {found} in {entries} of {files}", found=found, **extent)
    elif summary.unchecked:  # unchecked values may be wrong
        sentence = say("No findings: {entries} in {files}", **extent)
    else:
        sentence = say("All clear: {entries} in {files}", **extent)
    fixes = Counter(fix.safe for finding in report.findings if (fix := finding.fix) is not None)
    safe, unsafe = fixes[True], fixes[False]
    possible = (
        (safe, say("{number} fixable with --fix", number=safe)),
        (safe and unsafe, say("{number} more with --unsafe-fixes", number=unsafe)),
        (not safe and unsafe, say("{number} fixable with --unsafe-fixes", number=unsafe)),
        (summary.unchecked, say("{values} unchecked", values=count(summary.unchecked, "value"))),
        (summary.suppressed, say("{number} suppressed", number=summary.suppressed)),
        (summary.baselined, say("{number} in the baseline", number=summary.baselined)),
    )
    asides = [text for number, text in possible if number]
    if not asides:
        return tr("{sentence}.", sentence=sentence)
    told = reduce(lambda one, other: say("{one}; {other}", one=one, other=other), asides)
    return tr("{sentence} ({asides}).", sentence=sentence, asides=told)
