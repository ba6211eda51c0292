"""What `paths`, `trace` and `diff` say, in sections and tables. Text, Markdown and HTML write that down.

Every text here is safe for a terminal or a log. Heads are in lower case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vcolint.locale import say, tr
from vcolint.render.columns import padded
from vcolint.render.routing_words import (
    afterwards,
    carried,
    carriers,
    headline,
    in_words,
    missing,
    nobody_carries,
    numbered,
    other_routes,
    outside,
    survival,
    takeover,
    written_at,
)
from vcolint.render.words import place, unchecked_line
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Finding, Unchecked
    from vcolint.report.routing import DomainTable, Part, Paths, Trace

_MOST_CONNECTIONS = 12  # of a failover matrix
_KIND_TEMPLATES = {
    "lost": "lost",
    "weaker": "weaker",
    "moved": "moved",
    "new": "new",
    "stronger": "stronger",
}
_MOST_UNPLACED = 10  # routes without a known destination that text lists
WEIGHT_TEMPLATES = {
    "honoured": "Weights are taken at their word; a transit router may ignore them (VCO403).",
    "ignored": "Weights are ignored: routes to one destination share its traffic.",
}


class Row(NamedTuple):
    """A row of a table."""

    cells: tuple[str, ...]
    line: str = ""  # what text shows in place of the cells
    depth: int = 0  # how far the first cell is indented
    kind: str = ""  # of a change
    strong: Collection[int] = ()  # the cells that stand out
    alarms: bool = False  # traffic is lost, or would be if one connection failed


class Section(NamedTuple):
    """A table with its title."""

    title: str
    heads: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    note: str = ""  # what its signs mean
    anchor: str = ""  # of a section that the page links to and that Markdown folds
    level: int = 1  # 2: a part of the section before it
    indent: int = 2  # columns of further lines of a row, in text
    most: int = 100  # rows that text shows
    is_open: bool = False  # Markdown does not fold it
    titled: bool = True  # text shows the title
    formats: str = "text markdown html"


class Document(NamedTuple):
    """What a command says, in the order of its text. Markdown and HTML put the single lines first."""

    title: str
    top: list[str]  # what a diff is, in a line or two
    content: list[str | Section]  # "": an empty line of text
    weights: str  # on what it rests

    @property
    def lines(self) -> list[str]:
        """The single lines of the content."""
        return [one for one in self.content if isinstance(one, str) and one]

    def sections(self, format: str) -> list[Section]:
        """The sections that a format has."""
        return [one for one in self.content if isinstance(one, Section) and format in one.formats]


def paths(table: Paths) -> Document:
    """One row a destination, indented under the one that contains it."""
    content: list[str | Section] = []
    for domain in table.domains:
        content += [_destinations(domain), "", *_matrix(domain)]
    content += [survival(table), *outside(table), *_unplaced(table.unplaced)]
    return Document(tr("Who carries what"), [], content, tr(WEIGHT_TEMPLATES[table.weights]))


def _destinations(domain: DomainTable) -> Section:
    heads = tr("destination"), tr("carried by"), tr("if that fails"), tr("written at")
    rows = [
        Row((one.cidr, carriers(one), takeover(one), where), depth=one.depth, alarms=one.fails)
        for one, where in zip(domain.destinations, written_at(domain.destinations), strict=True)
    ]
    return Section(visible(domain.name), heads, rows, formats="text markdown")


def _matrix(domain: DomainTable) -> Iterator[Section]:
    """Who carries each destination when a connection fails. Letters stand for connections, as on the page."""
    names = sorted({name for one in domain.table.groups for name in one.all.names}.difference(domain.down))
    if not 1 < len(names) <= _MOST_CONNECTIONS:
        return
    signs = {name: chr(ord("A") + number) for number, name in enumerate(names)}

    def cell(names: Sequence[str] | None, blackhole: bool) -> str:
        return carried(names and [signs[one] for one in names], blackhole=blackhole)

    rows = []
    for one in domain.destinations:
        if one.effective:
            now = cell(one.carriers, one.blackhole)
            later = {
                failure.down: cell(failure.carriers, failure.blackhole) for failure in one.failures or ()
            }
            cells = one.cidr, now, *(later.get(name, now) for name in names)
            strong = [at for at, name in enumerate(names, 2) if name in later]
            rows.append(Row(cells, depth=one.depth, strong=strong))
    told = ", ".join(f"{sign}: {visible(name)}" for name, sign in signs.items())
    fails = (tr("{connection} fails", connection=sign) for sign in signs.values())
    heads = tr("destination"), tr("now"), *fails
    yield Section(tr("Failover matrix"), heads, rows, told, anchor="matrix", formats="markdown")


def _unplaced(unchecked: Sequence[Unchecked]) -> Iterator[Section]:
    """The routes whose destination is not known."""
    if unchecked:
        title = numbered("unplaced", len(unchecked))
        rows = [Row((line,), f"  {line}") for line in map(unchecked_line, unchecked)]
        yield Section(title, (), rows, anchor="unchecked", indent=4, most=_MOST_UNPLACED)


def trace(found: Trace) -> Document:
    """Every route that could carry the query, in the order in which they would."""
    content: list[str | Section] = []
    for domain in found.domains:
        content += [Section(visible(domain.name)), *map(_part, domain.parts), ""]
    if not found.domains:
        content += [nobody_carries(found), ""]
    content += [*outside(found), *_unplaced(found.unplaced)]
    title = tr("Who carries {network}", network=visible(found.query))
    return Document(title, [], content, tr(WEIGHT_TEMPLATES[found.weights]))


def _part(part: Part) -> Section:
    who = carried(part.carriers, blackhole=part.blackhole)
    who = visible(tr(part.uncertain)) if part.uncertain else who
    heads = "#", tr("destination"), tr("connection"), tr("weight"), tr("verdict"), tr("written at")
    rows = []
    for number, one in enumerate(part.candidates, 1):
        weight = tr("unknown") if one.weight is None else str(one.weight)
        name, why, where = visible(one.connection), visible(tr(one.verdict)), place(one.location)
        told = tr(
            "{network} on {connection}, weight {weight} ({place}): {why}",
            network=one.cidr,
            connection=name,
            weight=weight,
            place=where,
            why=why,
        )
        rows.append(Row((str(number), one.cidr, name, weight, why, where), f"    {number}. {told}"))
    most = len(rows)
    return Section(f"{part.cidr}: {who}", heads if rows else (), rows, level=2, indent=7, most=most)


def diff(change: Diff, *, by_name: bool = False) -> Document:
    """The verdict; the heaviest changes first; the findings that the change brings and mends. `by_name`: the
    first line names a single network."""
    judgement = change.judgement
    verdict = [tr(change.verdict)] if judgement is not None and change.verdict is not None else []
    top = list(dict.fromkeys([*verdict, in_words(change) if by_name else headline(change)]))
    base = [tr("compared with commit {commit}", commit=change.base)] if change.base else []
    content: list[str | Section] = [
        *base,
        *_changes(change),
        *_list(tr("Not known"), say("unknown"), _not_known(change), anchor="unchecked", most=_MOST_UNPLACED),
    ]
    if judgement is not None:
        absent = map(missing, judgement.missing)
        content += _list(
            tr("Declared, but does not happen"), say("missing"), absent, anchor="missing", is_open=True
        )
    content += _findings(tr("New findings"), say("new finding"), change.new_findings)
    content += _findings(tr("Fixed findings"), say("fixed finding"), change.fixed_findings)
    content += other_routes(change.other_routes)
    return Document(tr("What the change does"), top, content, tr(WEIGHT_TEMPLATES[change.weights]))


def _changes(change: Diff) -> Iterator[Section]:
    """The changes, the heaviest first."""
    undeclared = {id(one) for one in change.judgement.undeclared} if change.judgement else set()
    heads = (
        tr("change"),
        tr("network"),
        tr("addresses"),
        tr("before"),
        tr("after"),
        tr("routing domain"),
    )
    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    ranks = {kind: rank for rank, kind in enumerate(change.kinds)}
    rows = []
    for domain, one in sorted(found, key=lambda item: (ranks[item[1].kind], -item[1].addresses)):
        kind, name = tr(_KIND_TEMPLATES[one.kind]), visible(domain)
        before, after = carried(one.before.carriers), afterwards(one)
        line = f"  {padded(kind, 8)}  {one.cidr}: {before} -> {after}  [{name}]"
        if id(one) in undeclared:
            line += f"  {tr('undeclared')}"
            kind = tr("{kind}, undeclared", kind=kind)
        cells = kind, one.cidr, f"{one.addresses:,}", before, after, name
        rows.append(Row(cells, line, kind=one.kind, alarms=one.kind in ("lost", "weaker")))
    if rows:
        title, is_open = tr("Changes"), bool(undeclared)
        yield Section(title, heads, rows, anchor="changes", indent=12, titled=False, is_open=is_open)


def _not_known(change: Diff) -> Iterator[str]:
    """The networks that may change or not, then the routes whose destination is not known."""
    for one in change.not_known:
        told = tr("{where}: {reason}", where=one.cidr, reason=visible(tr(one.reason)))
        yield f"{told}  [{visible(one.domain)}]"
    yield from map(unchecked_line, change.unplaced)


def _list(
    title: str, label: str, lines: Iterable[str], *, anchor: str, most: int = 100, is_open: bool = False
) -> Iterator[Section]:
    """A section without a table, if it has lines. `label`: how a line begins in text."""
    rows = [Row((line,), f"  {padded(tr(label), 8)}  {line}") for line in lines]
    if rows:
        yield Section(title, (), rows, anchor=anchor, indent=12, most=most, titled=False, is_open=is_open)


def _findings(title: str, label: str, findings: Sequence[Finding]) -> Iterator[Section]:
    """Findings, one a line. The page shows them whole."""
    rows = []
    for one in findings:
        cells = one.code, place(one.location), visible(tr(one.message))
        rows.append(Row(cells, f"{tr(label)}: {cells[1]}: {cells[0]} {cells[2]}"))
    if rows:
        heads = tr("rule"), tr("place"), tr("finding")
        yield Section(title, heads, rows, anchor="findings", titled=False, formats="text markdown")
