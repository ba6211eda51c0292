"""The forwarding table, a trace and a diff for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.locale import say, tr
from vcolint.render.columns import columns, padded, wrapped
from vcolint.render.routing_words import (
    WEIGHT_TEMPLATES,
    carried,
    carriers,
    headline,
    heaviest,
    missing,
    nobody_carries,
    other_routes,
    outside,
    reasons,
    sentence,
    survival,
    takeover,
    unknown_networks,
    written_at,
)
from vcolint.render.words import place, unchecked_line
from vcolint.text.visible import visible
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import DomainTable, Paths, Trace

_MOST_UNPLACED = 10  # routes without a known destination that are listed
_MOST_CHANGES = 100  # changes that are listed
_RED, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
_FINDING_TEMPLATES = {"new finding": "new finding", "fixed finding": "fixed finding"}


class _Page:
    """Lines that fit a width."""

    def __init__(self, color: bool, width: int | None) -> None:
        self._color = color
        self._width = width
        self._lines: list[str] = []

    def add(self, text: str = "", *, indent: int = 0, style: str = "") -> None:
        """Add a text. Where it needs further lines, these begin with `indent` blanks."""
        width = self._width
        lines = [text] if width is None or columns(text) <= width else wrapped(text, width, indent)
        self._lines += (f"{style}{line}{_RESET}" if style and self._color else line for line in lines)

    def fits(self, table: Sequence[Sequence[str]]) -> bool:
        """Whether there is room for a table with two blanks between its columns."""
        if self._width is None:
            return True
        widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
        return sum(widths) + 2 * (len(widths) - 1) <= self._width

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)


def paths(table: Paths, *, color: bool = False, width: int | None = None) -> str:
    """One row a destination, indented under the one that contains it."""
    page = _Page(color, width)
    for domain in table.domains:
        _domain(page, domain)
        page.add()
    page.add(survival(table))
    _foot(page, table)
    return str(page)


def _foot(page: _Page, result: Paths | Trace) -> None:
    """What is in no table, and what the tables rest on."""
    for line in outside(result):
        page.add(line)
    for item in result.unplaced[:_MOST_UNPLACED]:
        page.add(f"  {unchecked_line(item)}", indent=4)
    if len(result.unplaced) > _MOST_UNPLACED:
        page.add(tr("  and {number} more", number=len(result.unplaced) - _MOST_UNPLACED))
    page.add(tr(WEIGHT_TEMPLATES[result.weights]))


def _domain(page: _Page, domain: DomainTable) -> None:
    """A table, if there is room for one beside or below the domain's name; else some lines a destination."""
    heads = tr("carried by"), tr("if that fails"), tr("written at")
    rows = list(_rows(domain))
    lines = [cells for cells, _ in rows]
    table: list[tuple[str, ...]] = [(visible(domain.name), *heads), *lines]
    if not page.fits(table):
        page.add(visible(domain.name), style=_BOLD)
        table = [(tr("destination"), *heads), *lines]
    if page.fits(table):
        widths = [max(map(columns, column)) for column in list(zip(*table, strict=True))[:-1]]
        for row, fails in zip(table, [False, *(fails for _, fails in rows)], strict=True):
            texts = [*map(padded, row, widths), row[-1]]
            page.add("  ".join(texts), style=_RED if fails else "")
        return
    labels = max(map(columns, heads))
    for cells, fails in rows:
        indent = len(cells[0]) - len(cells[0].lstrip()) + 2
        page.add(cells[0], style=_RED if fails else "")
        for head, cell in zip(heads, cells[1:], strict=True):
            line = f"{' ' * indent}{padded(head, labels)}  {cell}"
            page.add(line, indent=indent + labels + 2, style=_RED if fails else "")


def _rows(domain: DomainTable) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The cells of each destination, and whether one failure loses it."""
    for one, where in zip(domain.destinations, written_at(domain.destinations), strict=True):
        cells = (
            "  " * one.depth + one.cidr,
            carriers(one),
            takeover(one),
            where,
        )
        yield cells, one.fails


def trace(found: Trace, *, color: bool = False, width: int | None = None) -> str:
    """Every route that could carry the query, in the order in which they would."""
    page = _Page(color, width)
    for domain in found.domains:
        page.add(visible(domain.name))
        for part in domain.parts:
            who = carried(part.carriers, blackhole=part.blackhole)
            why = visible(tr(part.uncertain)) if part.uncertain else who
            page.add(f"  {part.cidr}: {why}", indent=4, style=_BOLD)
            for number, one, why in reasons(part):
                told = tr(
                    "{network} on {connection}, weight {weight} ({place}): {why}",
                    network=one.cidr,
                    connection=visible(one.connection),
                    weight=say("unknown") if one.weight is None else one.weight,
                    place=place(one.location),
                    why=why,
                )
                page.add(f"    {number}. {told}", indent=7)
        page.add()
    if not found.domains:
        page.add(nobody_carries(found))
        page.add()
    _foot(page, found)
    return str(page)


def diff(change: Diff, *, color: bool = False, width: int | None = None) -> str:
    """The verdict; the heaviest changes first; the findings that the change brings and mends."""
    page = _Page(color, width)
    judgement = change.judgement
    verdict = [tr(change.verdict)] if judgement is not None and change.verdict is not None else []
    for line in dict.fromkeys([*verdict, headline(change)]):
        page.add(line)
    if change.base:
        page.add(tr("compared with commit {commit}", commit=change.base))
    undeclared = {id(one) for one in judgement.undeclared} if judgement else set()
    listed = heaviest(change)
    for name, one in listed[:_MOST_CHANGES]:
        mark = f"  {tr('undeclared')}" if id(one) in undeclared else ""
        line = f"  {padded(tr(one.kind), 8)}  {sentence(one)}  [{visible(name)}]{mark}"
        page.add(line, indent=12, style=_RED if one.kind in ("lost", "weaker") else "")
    if len(listed) > _MOST_CHANGES:
        page.add(tr("  and {number} more", number=len(listed) - _MOST_CHANGES))
    unknown = [f"{told}  [{name}]" for name, told in unknown_networks(change)]
    unknown += [unchecked_line(one) for one in change.unplaced]
    for told in unknown[:_MOST_UNPLACED]:
        page.add(f"  {padded(tr('unknown'), 8)}  {told}", indent=12)
    if len(unknown) > _MOST_UNPLACED:
        page.add(tr("  and {number} more", number=len(unknown) - _MOST_UNPLACED))
    absent = judgement.missing if judgement else []
    for item in absent[:_MOST_CHANGES]:
        page.add(f"  {padded(tr('missing'), 8)}  {missing(item)}", indent=12)
    if len(absent) > _MOST_CHANGES:
        page.add(tr("  and {number} more missing", number=len(absent) - _MOST_CHANGES))
    for label, findings in (("new finding", change.new_findings), ("fixed finding", change.fixed_findings)):
        for finding in findings[:_MOST_CHANGES]:
            told = f"{place(finding.location)}: {finding.code} {visible(tr(finding.message))}"
            page.add(f"{tr(_FINDING_TEMPLATES[label])}: {told}", indent=2)
        if len(findings) > _MOST_CHANGES:
            more = count(len(findings) - _MOST_CHANGES, f"more {label}")
            page.add(tr("and {findings}", findings=more))
    for line in other_routes(change.other_routes):
        page.add(line)
    page.add(tr(WEIGHT_TEMPLATES[change.weights]))
    return str(page)
