"""One page for a browser: the findings, and who carries what; or a result of `paths`, `trace` or `diff`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.page.document import document, text
from vcolint.render.page.findings import findings, listed, summary
from vcolint.render.page.tables import MOST, Domains, data, section, size
from vcolint.render.routing_document import WEIGHT_TEMPLATES, Document, Row, Section

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Report
    from vcolint.report.routing import Paths, Trace


def render(report: Report) -> Iterator[str]:
    """The summary, every finding with its source lines, what was not checked, and the routing."""
    routes = report.entries if report.paths is not None else 0
    domains: Domains = []
    if report.paths is not None and routes <= MOST:
        domains = [(domain, None) for domain in report.paths().domains]
        routes = size(domains)
    weights = WEIGHT_TEMPLATES["honoured"]
    body = [*summary(report), *findings(report), *section(routes, tr(weights))]
    yield document(tr("Route check"), body, data(domains))


def render_routing(said: Document, result: Paths | Trace | Diff) -> str:
    """The document; for a table or a diff with the picture, for a diff also with the findings."""
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths

    body, held = [*_said(said)], None
    if isinstance(result, Paths):
        domains: Domains = [(domain, None) for domain in result.domains]
        body += section(size(domains), said.weights)
        held = data(domains, down=result.down)
    elif isinstance(result, Diff):
        body += section(size(result.tables), said.weights)
        before, after = result.reports
        body += listed("findings.new", tr("New findings"), result.new_findings, after)
        body += listed("findings.fixed", tr("Fixed findings"), result.fixed_findings, before)
        held = data(result.tables, change=result)
    else:
        body.append(f'<p class="rests">{text(said.weights)}</p>\n')
    return document(said.title, body, held)


def _said(said: Document) -> Iterator[str]:
    yield '<section class="summary">\n'
    yield from (f"<p>{text(line)}</p>\n" for line in [*said.top, *said.lines])
    yield "</section>\n"
    for one in said.sections("html"):
        yield from _section(one)


def _section(one: Section) -> Iterator[str]:
    """A section of the page, a heading alone, or a part below such a heading."""
    title = text(one.title)
    if one.level == 1:
        yield f'<section aria-labelledby="{one.anchor}">' if one.anchor else ""
        yield f'<h2 id="{one.anchor}">{title}</h2>\n' if one.anchor else f"<h2>{title}</h2>\n"
    if one.heads:
        caption = f"<caption>{title}</caption>" if one.level > 1 else ""
        heads = (f'<th scope="col">{head[:1].upper()}{head[1:]}</th>' for head in one.heads)
        yield f'<div class="scroll tall" tabindex="0"><table class="{one.anchor}">{caption}'
        yield f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
        yield from map(_row, one.rows)
        yield "</tbody></table></div>\n"
    elif one.rows:
        items = (f"<li>{text(row.cells[0])}</li>\n" for row in one.rows)
        yield f"<ul>\n{''.join(items)}</ul>\n"
    elif one.level > 1:
        yield f"<p>{title}</p>\n"
    yield "</section>\n" if one.anchor else ""


def _row(row: Row) -> str:
    """A row: its first cell is a number or the kind of a change, its second one a network."""
    first, network, *others = row.cells
    kind = f'<span class="kind {row.kind}">{text(first)}</span>' if row.kind else first
    cells = "".join(f"<td{_number(cell)}>{text(cell)}</td>" for cell in others)
    return f'<tr><td{_number(first)}>{kind}</td><th scope="row">{network}</th>{cells}</tr>\n'


def _number(cell: str) -> str:
    return ' class="number"' if cell.replace(",", "").isdigit() else ""
