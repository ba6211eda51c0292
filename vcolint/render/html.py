"""One page for a browser: the findings, and who carries what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.page.document import document
from vcolint.render.page.findings import findings, summary
from vcolint.render.page.tables import MOST, Domains, data, section, size
from vcolint.render.routing_document import WEIGHT_TEMPLATES

if TYPE_CHECKING:
    from vcolint.report.finding import Report


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
