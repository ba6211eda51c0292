"""The output of `paths`, `trace` and `diff` for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from vcolint.locale import tr
from vcolint.render.columns import columns, padded, wrapped
from vcolint.render.routing_document import Document, Section

_RED, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"


class _Page:
    """Lines that fit a width."""

    def __init__(self, color: bool, width: int | None) -> None:
        self._color = color
        self._width = width
        self.lines: list[str] = []

    def add(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Add a text. Continuation lines begin with `indent` blanks."""
        width = self._width
        lines = [text] if width is None or columns(text) <= width else wrapped(text, width, indent)
        self.lines += (f"{style}{line}{_RESET}" if style and self._color else line for line in lines)

    def fits(self, table: Sequence[Sequence[str]]) -> bool:
        """Whether a table with two blanks between its columns fits."""
        if self._width is None:
            return True
        widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
        return sum(widths) + 2 * (len(widths) - 1) <= self._width


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """The document. Lines longer than `width` columns are wrapped; None: no limit."""
    page = _Page(color, width)
    for line in document.top:
        page.add(line)
    for one in document.content:
        if isinstance(one, str):
            page.add(one)
        elif "text" not in one.formats:
            continue
        elif one.rows and not one.rows[0].line:
            _table(page, one)
        else:
            _list(page, one)
    page.add(document.weights)
    return "".join(f"{line}\n" for line in page.lines)


def _list(page: _Page, section: Section) -> None:
    """A line for each row."""
    if section.titled:
        inner = section.level > 1
        page.add(f"  {section.title}" if inner else section.title, indent=4, style=_BOLD if inner else "")
    for row in section.rows[: section.most]:
        page.add(row.line, indent=section.indent, style=_RED if row.alarms else "")
    if len(section.rows) > section.most:
        page.add(tr("  and {number} more", number=len(section.rows) - section.most))


def _table(page: _Page, section: Section) -> None:
    """A table, if it fits next to or below the title; else several lines for each row."""
    first, *heads = section.heads
    rows = [("  " * one.depth + one.cells[0], *one.cells[1:]) for one in section.rows]
    styles = [_RED if row.alarms else "" for row in section.rows]
    table: list[tuple[str, ...]] = [(section.title, *heads), *rows]
    if not page.fits(table):
        page.add(section.title, style=_BOLD)
        table = [(first, *heads), *rows]
    if page.fits(table):
        widths = [max(map(columns, column)) for column in list(zip(*table, strict=True))[:-1]]
        for cells, style in zip(table, ["", *styles], strict=True):
            page.add("  ".join([*map(padded, cells, widths), cells[-1]]), style=style)
        return
    labels = max(map(columns, heads))
    for row, cells, style in zip(section.rows, rows, styles, strict=True):
        indent = 2 * row.depth + 2
        page.add(cells[0], style=style)
        for head, cell in zip(heads, cells[1:], strict=True):
            line = f"{' ' * indent}{padded(head, labels)}  {cell}"
            page.add(line, indent=indent + labels + 2, style=style)
