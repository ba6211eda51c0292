"""Results of `paths`, `trace` and `diff` in each output format."""

from __future__ import annotations

from vcolint.render import routing_document as said
from vcolint.report.comparison import Diff
from vcolint.report.routing import Paths, Trace


def render(
    format: str, result: Paths | Trace | Diff, *, color: bool = False, width: int | None = None
) -> str:
    """A result as text, json, markdown or html. Only `text` uses `color` and `width` (the columns of a line;
    None: no limit)."""
    if format == "json":
        from vcolint.render import routing_json

        return routing_json.render(result)
    if isinstance(result, Paths):
        document = said.paths(result)
    elif isinstance(result, Diff):
        document = said.diff(result, by_name=format == "markdown")
    else:
        document = said.trace(result)
    if format == "text":
        from vcolint.render import routing_text

        return routing_text.render(document, color=color, width=width)
    if format == "markdown":
        from vcolint.render import routing_markdown

        return routing_markdown.render(document)
    from vcolint.render import routing_html

    return routing_html.render(document, result)
