"""One page for a browser: the findings, and who carries what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcolint.render.page.document import document
from vcolint.render.page.findings import findings, summary
from vcolint.render.page.tables import Tables

if TYPE_CHECKING:
    from vcolint.report.finding import Report


def render(report: Report) -> str:
    """The summary, every finding with its source lines, what was not checked, and the routing."""
    table = report.paths() if report.paths is not None else None
    tables = Tables(
        [] if table is None else [(domain, None) for domain in table.domains],
        weights="honoured" if table is None else table.weights,
    )
    return document("check", [*summary(report), *findings(report), *tables.section()], tables.data())
