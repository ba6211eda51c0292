"""The output of `paths`, `trace` and `diff` in GitHub's Markdown, for example for a pull request comment."""

from __future__ import annotations

from collections.abc import Iterator

from vcolint.locale import tr
from vcolint.render.markdown import plain
from vcolint.render.routing_document import Document, Row, Section

_MOST = 1000  # rows of one table


def render(document: Document) -> str:
    """The document. Its sections are folded, except for the tables of `paths`."""
    top = ": ".join(document.top)
    parts = [f"**vcolint: {plain(top)}**\n\n" if top else f"## {plain(document.title)}\n\n"]
    parts += (f"{plain(line)}\n\n" for line in document.lines)
    for section in document.sections("markdown"):
        parts += _section(section)
    return "".join([*parts, f"{plain(document.weights)}\n"])


def _section(section: Section) -> Iterator[str]:
    title = plain(section.title)
    if section.anchor:
        number = "" if section.titled else f": {len(section.rows)}"
        yield f"<details{' open' if section.is_open else ''}><summary>{title}{number}</summary>\n\n"
    else:
        yield f"### {title}\n\n" if section.level == 1 else f"**{title}**\n\n"
    if section.note:
        yield f"{plain(section.note)}\n\n"
    if section.heads:
        heads = [f"{head[:1].upper()}{head[1:]}" for head in section.heads]
        yield f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
    yield from map(_row, section.rows[:_MOST])
    if len(section.rows) > _MOST:
        yield f"\n{tr('{number} more left out.', number=len(section.rows) - _MOST)}\n"
    if section.rows:
        yield "\n"
    if section.anchor:
        yield "</details>\n\n"


def _row(row: Row) -> str:
    if len(row.cells) == 1:
        return f"- {plain(row.cells[0])}\n"
    cells = [f"**{plain(one)}**" if at in row.strong else plain(one) for at, one in enumerate(row.cells)]
    if row.alarms:
        cells[0] += " :warning:"
    return f"| {'&nbsp;&nbsp;' * row.depth}{' | '.join(cells)} |\n"
