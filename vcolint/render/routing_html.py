"""The forwarding table and a diff as one page for a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcolint.render.page.document import document, text
from vcolint.render.page.findings import article, section
from vcolint.render.page.tables import Tables
from vcolint.render.page.words import say
from vcolint.render.routing_text import carried, headline, heaviest, survival, unplaced

if TYPE_CHECKING:
    from vcolint.report.routing import Diff, Paths


def paths(table: Paths) -> str:
    """The summary, and for each domain the picture and the failover matrix."""
    tables = Tables([(domain, None) for domain in table.domains], weights=table.weights, down=table.down)
    lines = [survival(table), *([unplaced(table)] if table.unplaced else [])]
    return document("paths", [*_summary(lines), *tables.section()], tables.data())


def diff(change: Diff) -> str:
    """The change in one line, a table of the changes, and before and after in one picture."""
    tables = Tables(change.tables, weights=change.weights, compares=True)
    lines = [headline(change), *([say("base", commit=change.base)] if change.base else [])]
    body = [
        *_summary(lines),
        *_changes(change),
        *tables.section(),
        *section("findings.new", map(article, change.new_findings)),
        *section("findings.fixed", map(article, change.fixed_findings)),
    ]
    return document("diff", body, tables.data())


def _summary(lines: list[str]) -> Iterator[str]:
    yield '<section class="summary">\n'
    yield from (f"<p>{text(line)}</p>\n" for line in lines)
    yield "</section>\n"


def _changes(change: Diff) -> Iterator[str]:
    """The table of changes, the heaviest first."""
    rows = heaviest(change)
    if not rows:
        return
    yield f'<section aria-labelledby="changes"><h2 id="changes">{say("changes")}</h2>\n'
    heads = ("change", "network", "addresses", "before", "after", "domain")
    titles = "".join(f'<th scope="col">{say(head)}</th>' for head in heads)
    yield f'<div class="scroll tall" tabindex="0"><table class="changes"><thead><tr>{titles}</tr></thead>\n'
    yield "<tbody>\n"
    for name, one in rows:
        yield (
            f'<tr><td><span class="kind {one.kind}">{say(one.kind)}</span></td>'
            f'<th scope="row">{one.cidr}</th><td class="number">{one.addresses:,}</td>'
            f"<td>{text(carried(one.before.carriers))}</td><td>{text(carried(one.after.carriers))}</td>"
            f"<td>{text(name)}</td></tr>\n"
        )
    yield "</tbody></table></div>\n</section>\n"
