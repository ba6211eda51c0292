"""Results of `paths`, `trace` and `diff` as text, GitHub's Markdown and JSON. `html` writes their pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vcolint.locale import tr
from vcolint.render import routing_document as said
from vcolint.render.columns import columns, padded, wrapped
from vcolint.render.json import encode, finding_json
from vcolint.render.markdown import plain
from vcolint.render.routing_document import Document, Row, Section
from vcolint.report.comparison import Diff
from vcolint.report.routing import Paths, Trace
from vcolint.version import __version__

_RED, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
_MOST = 1000  # rows of one table in Markdown
# In JSON.
_NAMES = {"cidr": "network"}  # fields of records that have another name here
_INTERNAL = {"depth", "keeps", "verdict"}  # fields that are left out
_WORDS = {"uncertain", "reason"}  # fields for people
_Line = tuple[str, int, str]  # a line of text, the blanks before its continuation lines, and its style


def render(
    format: str, result: Paths | Trace | Diff, *, color: bool = False, width: int | None = None
) -> str:
    """A result as text, json, markdown or html. Only `text` uses `color` and `width` (the columns of a line;
    None: no limit)."""
    if format == "json":
        return _json(result)
    if isinstance(result, Paths):
        document = said.paths(result)
    elif isinstance(result, Diff):
        document = said.diff(result)
    else:
        document = said.trace(result)
    if format == "text":
        return _text(document, color, width)
    if format == "markdown":
        return "".join(_markdown(document))
    from vcolint.render import html

    return html.render_routing(document, result)


# -- text --------------------------------------------------------------------------------------------------


def _text(document: Document, color: bool, width: int | None) -> str:
    found: list[_Line] = [(line, 0, "") for line in document.top]
    for section in document.sections:
        if "text" in section.formats:
            found += [*_section_lines(section, width), ("", 0, "")]
    found += [(line, 0, "") for line in (*document.lines, document.weights)]
    lines: list[str] = []
    for text, indent, style in found:
        pieces = [text] if width is None or columns(text) <= width else wrapped(text, width, indent)
        lines += (f"{style}{one}{_RESET}\n" if style and color else f"{one}\n" for one in pieces)
    return "".join(lines)


def _section_lines(section: Section, width: int | None) -> Iterator[_Line]:
    """A list, or a table. If the table is too wide, each row is a line in which the heads are labels."""
    rows, heads = section.rows[: section.most], section.heads
    table = [("  " * row.depth + row.cells[0], *row.cells[1:]) for row in rows]
    named = (section.title, *heads[1:])
    if section.is_named and _widths([named, *table], width):
        heads = named
    else:
        yield section.title, 0, _BOLD if heads else ""
    widths = _widths([heads, *table], width) if heads else []
    if widths:
        lines = ["  ".join([*map(padded, cells[:-1], widths), cells[-1]]) for cells in (heads, *table)]
        yield lines.pop(0), 0, ""
    else:
        lines = ["  ".join([cells[0], *map(_labelled, heads[1:], cells[1:])]) for cells in table]
    for line, row in zip(lines, rows, strict=True):
        yield line, 2 * row.depth + 4, _RED if row.alarms else ""
    if len(section.rows) > len(rows):
        yield tr("  and {number} more", number=len(section.rows) - len(rows)), 0, ""


def _labelled(label: str, text: str) -> str:
    return tr("{label}: {text}", label=label, text=text)


def _widths(table: Sequence[Sequence[str]], width: int | None) -> list[int]:
    """The widths of a table's columns, with two blanks between them; [] if it does not fit."""
    widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
    return widths if width is None or sum(widths) + 2 * (len(widths) - 1) <= width else []


# -- Markdown ----------------------------------------------------------------------------------------------


def _markdown(document: Document) -> Iterator[str]:
    """The document. Its sections are folded, except for the tables of `paths`."""
    top = ": ".join(document.top)
    yield f"**vcolint: {plain(top)}**\n\n" if top else f"## {plain(document.title)}\n\n"
    yield from (f"{plain(line)}\n\n" for line in document.lines)
    for section in document.sections:
        if "markdown" in section.formats:
            yield from _folded(section)
    yield f"{plain(document.weights)}\n"


def _folded(section: Section) -> Iterator[str]:
    title = plain(section.title)
    if section.anchor:
        yield f"<details><summary>{title}: {len(section.rows)}</summary>\n\n"
    else:
        yield f"### {title}\n\n"
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


# -- JSON --------------------------------------------------------------------------------------------------


def _json(result: Paths | Trace | Diff) -> str:
    """The result as in `vcolint schema paths|trace|diff`."""
    if isinstance(result, Diff):
        name, content = "diff", _diff(result)
    elif isinstance(result, Paths):
        name, content = "paths", _paths(result)
    else:
        name, content = "trace", {"query": result.query, "domains": _plain(result.domains)}
    if not isinstance(result, Diff):
        unchecked = _plain(result.unplaced)
        content |= {"down": result.down, "unchecked": unchecked, "left_out": result.left_out}
    head = {"schema": f"vcolint-{name}/1", "version": __version__, "weights": result.weights}
    return encode({**head, **content, "other_routes": _plain(result.other_routes)}) + "\n"


def _plain(value: Any) -> Any:
    """Records as mappings; words in the language in use."""
    if not isinstance(value, (list, tuple)):
        return value
    fields = getattr(value, "_fields", None)
    if fields is None:
        return list(map(_plain, value))
    return {
        _NAMES.get(name, name): item and tr(item) if name in _WORDS else _plain(item)
        for name, item in zip(fields, value, strict=True)
        if name not in _INTERNAL
    }


def _paths(table: Paths) -> dict[str, Any]:
    fields = ("name", "known", "redundancy", "environment")
    domains = [
        {**{field: getattr(domain, field) for field in fields}, "destinations": _plain(domain.destinations)}
        for domain in table.domains
    ]
    return {"summary": {"destinations": table.destinations, "survive": table.surviving}, "domains": domains}


def _diff(change: Diff) -> dict[str, Any]:
    judgement = change.judgement
    found = {"new": change.new_findings, "fixed": change.fixed_findings}
    return {
        "summary": {kind: len(change.of(kind)) for kind in ("new", "lost", "moved", "weaker", "stronger")},
        "domains": _plain(change.domains),
        "findings": {kind: [finding_json(one) for one in findings] for kind, findings in found.items()},
        "unchecked": {"before": change.unchecked_before, "after": change.unchecked_after},
        "not_known": _plain(change.not_known),
        "base": change.base,
        "verdict": change.verdict,
        "expectations": judgement
        and {
            "undeclared": _plain(judgement.undeclared),
            "missing": [
                {"network": one.cidr, "kind": one.expectation.kind, "to": one.expectation.to}
                for one in judgement.missing
            ],
        },
    }
