"""Findings as HTML, readable without the script, which only filters them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.page.document import text
from vcolint.render.snippet import Snippets
from vcolint.render.words import (
    MOST_RELATED,
    closing,
    further,
    help_of,
    labelled,
    place,
    unchecked_line,
)

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report, Unchecked
    from vcolint.text.value import Location

_LINE = 160  # columns of a source line
_TILE_TEMPLATES = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


def summary(report: Report) -> Iterator[str]:
    """What the run found, in numbers and in one sentence."""
    counted = zip(_TILE_TEMPLATES.items(), report.summary[2:5], strict=True)
    tiles = "".join(
        f'<li class="{severity}{"" if number else " none"}"><b>{number}</b> {tr(tile)}</li>'
        for (severity, tile), number in counted
    )
    yield f'<section class="summary"><ul class="tiles">{tiles}</ul>\n'
    yield from (f"<p>{text(line)}</p>\n" for line in closing(report))
    yield "</section>\n"


def findings(report: Report) -> Iterator[str]:
    """Every finding with its source lines, then what was not checked."""
    yield from listed("findings", tr("Findings"), report.findings, report)
    yield from unchecked_values(report.unchecked)


def listed(name: str, title: str, shown: Sequence[Finding], report: Report) -> Iterator[str]:
    """Findings of a report under a heading. The script puts the filter before them."""
    snippets = Snippets(report.text_of, report.sensitive, _LINE)
    yield f'<section class="findings" aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n'
    if not shown:
        yield f"<p>{tr('No findings.')}</p>\n"
    for finding in shown:
        yield _article(finding, help_of(report, finding.code), snippets)
    yield "</section>\n"


def _article(finding: Finding, help: str, snippets: Snippets) -> str:
    """One finding."""
    told = [(label, escaped_code(value)) for label, value in labelled(finding, "")]
    if help:
        told.append((tr("help"), text(help)))
    if finding.fix is not None:
        option = "--fix" if finding.fix.safe else "--unsafe-fixes"
        told.append((tr("fix"), f"{text(tr(finding.fix.message))} (<code>{option}</code>)"))
    details = "".join(f"<dt>{term[:1].upper()}{term[1:]}</dt><dd>{value}</dd>" for term, value in told)
    severity = finding.severity
    return (
        f'<article class="finding {severity}" data-severity="{severity}" data-rule="{text(finding.code)} '
        f'{text(finding.name)}" data-file="{text(finding.location.file)}">\n'
        f'<h3><span class="badge">{tr(severity)}</span> {text(finding.code)} '
        f'<span class="name">{text(finding.name)}</span></h3>\n<p>{text(tr(finding.message))}</p>\n'
        f'<p class="place">{escaped_code(place(finding.location))}</p>\n'
        f"{_source(finding.location, snippets)}{_related(finding, snippets)}"
        f"{f'<dl>{details}</dl>' if details else ''}</article>\n"
    )


def escaped_code(value: str) -> str:
    return f"<code>{text(value)}</code>"


def _source(location: Location, snippets: Snippets) -> str:
    """The source line, with the value marked."""
    snippet = snippets.at(location)
    if snippet is None:
        return ""
    marks = " " * snippet.start + "^" * snippet.length
    number = f"{location.line} | "
    margin = " " * (len(number) - 2) + "| "
    return (
        f'<pre tabindex="0">{number}{text(snippet.text)}\n{margin}<b aria-hidden="true">{marks}</b></pre>\n'
    )


def _related(finding: Finding, snippets: Snippets) -> str:
    related = finding.related
    if not related:
        return ""
    items = "".join(
        f"<li>{text(tr(one.message))} {escaped_code(place(one.location))}"
        f"{_source(one.location, snippets)}</li>"
        for one in related[:MOST_RELATED]
    )
    if more := further(finding):
        items += f"<li>{more}</li>"
    return f'<ul class="related" aria-label="{tr("Related places")}">{items}</ul>\n'


def unchecked_values(unchecked: Sequence[Unchecked]) -> Iterator[str]:
    """What is not known, and why."""
    if unchecked:
        yield f'<section aria-labelledby="unchecked"><h2 id="unchecked">{tr("Unchecked values")}</h2>\n<ul>\n'
        yield from (f"<li>{text(unchecked_line(item))}</li>\n" for item in unchecked)
        yield "</ul></section>\n"
