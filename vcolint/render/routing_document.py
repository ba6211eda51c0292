"""The content of `paths`, `trace` and `diff`, in tables and lists. Text, Markdown and HTML render it.

Every text here is safe for a terminal or a log. Heads are in lower case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from vcolint.locale import say, tr
from vcolint.render.words import place, unchecked_line
from vcolint.text.wording import count, visible

if TYPE_CHECKING:
    from vcolint.report.change import Missing
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Finding
    from vcolint.report.routing import Destination, DomainTable, OtherRoute, Paths, Trace

_MOST_CONNECTIONS = 12  # of a failover matrix
_KIND_TEMPLATES = {"lost": "lost", "weaker": "weaker", "moved": "moved", "new": "new", "stronger": "stronger"}
_MOST = 100  # changes or findings that text lists
_MOST_UNPLACED = 10  # routes without a known destination that text lists
WEIGHT_TEMPLATES = {
    "honoured": "Weights are taken at their word; a transit router may ignore them (VCO403).",
    "ignored": "Weights are ignored: routes to one destination share its traffic.",
}
_MOST_NAMED = 10  # destinations that the last lines name
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_TAKEOVERS = 2  # carriers for which a cell says who takes over from each
_OTHER_TEMPLATES = {"learned": "learned", "automatic": "automatic"}
# Each for one and for several.
_NUMBERED_TEMPLATES = {
    "surviving": ("{number} survives {failure}", "{number} survive {failure}"),
    "failing": ("{sentence}, {number} does not: {names}", "{sentence}, {number} do not: {names}"),
    # What a change does.
    "lost": ("loses {network}, which {before} carried", "loses {what}"),
    "weaker": ("{network} loses its backup", "{what} lose their backup"),
    "moved": ("moves {network} from {before} to {after}", "moves {what}"),
    "new": ("adds {network} on {after}", "adds {what}"),
    "stronger": ("{network} survives a single failure now", "{what} survive a single failure now"),
    "unbacked": ("{number} of them loses its backup", "{number} of them lose their backup"),
}


class Row(NamedTuple):
    """A row of a table, or the only cell of a line in a list."""

    cells: tuple[str, ...]
    depth: int = 0  # how far the first cell is indented
    kind: str = ""  # of a change
    strong: Collection[int] = ()  # the highlighted cells
    alarms: bool = False  # traffic is lost, or would be lost if one connection failed


class Section(NamedTuple):
    """A table or a list with its title."""

    title: str
    heads: tuple[str, ...] = ()  # none for a list
    rows: Sequence[Row] = ()
    note: str = ""  # the key to its signs
    anchor: str = ""  # for a section that the page links to and Markdown folds
    most: int | None = None  # rows that text shows; None: all
    is_named: bool = False  # in text, the title may take the place of the first head
    formats: str = "text markdown html"


class Document(NamedTuple):
    """The content of a command's output."""

    title: str
    top: list[str]  # the result in a line or two
    sections: list[Section]
    lines: list[str]  # the foot of text; Markdown and HTML put it before the sections
    weights: str  # the assumption about weights


def paths(table: Paths) -> Document:
    """One row for each destination, indented under the one that contains it."""
    heads = tr("destination"), tr("carried by"), tr("if that fails"), tr("written at")
    sections: list[Section] = []
    for domain in table.domains:
        rows = [
            Row((one.cidr, carriers(one), takeover(one), written_at(one)), one.depth, alarms=one.fails)
            for one in domain.destinations
        ]
        name = visible(domain.name)
        sections += [Section(name, heads, rows, is_named=True, formats="text markdown"), *_matrix(domain)]
    sections += _unplaced(table)
    lines = [survival(table), *_outside(table.other_routes, table.left_out)]
    return Document(tr("Who carries what"), [], sections, lines, tr(WEIGHT_TEMPLATES[table.weights]))


def _matrix(domain: DomainTable) -> Iterator[Section]:
    """Who carries each destination when a connection fails. Letters stand for connections, as on the page."""
    names = sorted({name for one in domain.table.groups for name in one.all.names}.difference(domain.down))
    if not 1 < len(names) <= _MOST_CONNECTIONS:
        return
    signs = {name: chr(ord("A") + number) for number, name in enumerate(names)}

    def cell(names: Sequence[str] | None, blackhole: bool) -> str:
        return _carried(names and [signs[one] for one in names], blackhole=blackhole)

    rows = []
    for one in domain.destinations:
        if one.effective:
            now = cell(one.carriers, one.blackhole)
            later = {
                failure.down: cell(failure.carriers, failure.blackhole) for failure in one.failures or ()
            }
            cells = one.cidr, now, *(later.get(name, now) for name in names)
            strong = [at for at, name in enumerate(names, 2) if name in later]
            rows.append(Row(cells, one.depth, strong=strong))
    told = ", ".join(f"{sign}: {visible(name)}" for name, sign in signs.items())
    fails = (tr("{connection} fails", connection=sign) for sign in signs.values())
    heads = tr("destination"), tr("now"), *fails
    yield Section(tr("Failover matrix"), heads, rows, told, anchor="matrix", formats="markdown")


def trace(found: Trace) -> Document:
    """Every route that could carry the query, in the order in which they take over."""
    heads = tr("destination"), tr("connection"), tr("weight"), tr("verdict"), tr("written at")
    sections = []
    for domain in found.domains:
        for part in domain.parts:
            who = _carried(part.carriers, blackhole=part.blackhole)
            who = visible(tr(part.uncertain)) if part.uncertain else who
            rows = []
            for one in part.candidates:
                weight = tr("unknown") if one.weight is None else str(one.weight)
                why, where = visible(tr(one.verdict)), place(one.location)
                rows.append(Row((one.cidr, visible(one.connection), weight, why, where)))
            title = f"{part.cidr}: {who}  [{visible(domain.name)}]"
            sections.append(Section(title, heads if rows else (), rows))
    sections += _unplaced(found)
    top = []
    if not found.domains and not (found.other_routes or found.unplaced or found.left_out):
        top = [tr("No VCO route carries {network}.", network=found.query)]
    elif not found.domains:
        top = [tr("No route in a table carries {network}.", network=found.query)]
    title = tr("Who carries {network}", network=visible(found.query))
    lines = list(_outside(found.other_routes, found.left_out))
    return Document(title, top, sections, lines, tr(WEIGHT_TEMPLATES[found.weights]))


def diff(change: Diff) -> Document:
    """The verdict, then the changes, the most severe first, then the new and the fixed findings."""
    judgement = change.judgement
    verdict = [tr(change.verdict)] if judgement is not None and change.verdict is not None else []
    sections = [*_changes(change), *_list(tr("Not known"), _not_known(change), "unchecked", _MOST_UNPLACED)]
    if judgement is not None:
        title = tr("Declared, but does not happen")
        sections += _list(title, map(_missing, judgement.missing), "missing", _MOST)
    sections += _findings(tr("New findings"), change.new_findings)
    sections += _findings(tr("Fixed findings"), change.fixed_findings)
    lines = [tr("compared with commit {commit}", commit=change.base)] if change.base else []
    lines += _outside(change.other_routes)
    top = list(dict.fromkeys([*verdict, _in_words(change)]))
    return Document(tr("What the change does"), top, sections, lines, tr(WEIGHT_TEMPLATES[change.weights]))


def _changes(change: Diff) -> Iterator[Section]:
    """The changes, the most severe first."""
    undeclared = set(change.judgement.undeclared) if change.judgement else set()
    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    ranks = {kind: rank for rank, kind in enumerate(change.kinds)}
    rows = []
    for domain, one in sorted(found, key=lambda item: (ranks[item[1].kind], -item[1].addresses)):
        kind = tr(_KIND_TEMPLATES[one.kind])
        if one in undeclared:
            kind = tr("{kind}, undeclared", kind=kind)
        after = _carried(one.after.carriers)
        if one.kind == "stronger":
            after = tr("{carriers} (survives a single failure now)", carriers=after)
        elif one.weakens:
            after = tr("{carriers} (no longer survives a single failure)", carriers=after)
        cells = kind, one.cidr, f"{one.addresses:,}", _carried(one.before.carriers), after, visible(domain)
        rows.append(Row(cells, kind=one.kind, alarms=one.kind in ("lost", "weaker")))
    if rows:
        heads = (
            tr("change"),
            tr("network"),
            tr("addresses"),
            tr("before"),
            tr("after"),
            tr("routing domain"),
        )
        yield Section(tr("Changes"), heads, rows, anchor="changes", most=_MOST)


def _not_known(change: Diff) -> Iterator[str]:
    """The networks for which it is not known whether they change, then the routes with an unknown
    destination."""
    for one in change.not_known:
        told = tr("{where}: {reason}", where=one.cidr, reason=visible(tr(one.reason)))
        yield f"{told}  [{visible(one.domain)}]"
    yield from map(unchecked_line, change.unplaced)


def _unplaced(result: Paths | Trace) -> Iterator[Section]:
    """The routes with an unknown destination."""
    title = tr("Destinations that are not known or not shown")
    return _list(title, map(unchecked_line, result.unplaced), "unchecked", _MOST_UNPLACED)


def _list(title: str, lines: Iterable[str], anchor: str, most: int) -> Iterator[Section]:
    """A list, if it has lines."""
    rows = [Row((line,), 1) for line in lines]
    if rows:
        yield Section(title, (), rows, anchor=anchor, most=most)


def _findings(title: str, findings: Sequence[Finding]) -> Iterator[Section]:
    """Findings, one per line. The page shows them in full."""
    rows = [Row((one.code, place(one.location), visible(tr(one.message)))) for one in findings]
    if rows:
        heads = tr("rule"), tr("place"), tr("finding")
        yield Section(title, heads, rows, anchor="findings", most=_MOST, formats="text markdown")


# -- sentences -----------------------------------------------------------------------------------------------


def _numbered(name: str, number: int, **values: object) -> str:
    """The template for one or for several, filled in."""
    return tr(_NUMBERED_TEMPLATES[name][number != 1], number=number, **values)


def _carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """The carriers, in words."""
    if carriers is None:
        return tr("not known")
    names = _first(carriers, _MOST_CARRIERS)
    if blackhole:
        return tr("{names} (partly lost)", names=names) if names else tr("lost (black hole)")
    return names or tr("nobody")


def _first(named: Sequence[str], most: int) -> str:
    """The first destinations or connections, and how many more there are."""
    names = ", ".join(map(visible, named[:most]))
    more = len(named) - most
    return tr("{names} and {number} more", names=names, number=f"{more:,}") if more > 0 else names


def carriers(one: Destination) -> str:
    """Who carries a destination, in words."""
    if not one.effective:
        return tr("more specific destinations")
    return _carried(one.carriers, blackhole=one.blackhole)


def takeover(one: Destination) -> str:
    """Who takes over after the failure of a connection, in words."""
    if not one.effective or one.failures == ():
        return "-"
    if one.failures is None or len(one.failures) > _MOST_TAKEOVERS:
        return tr("the others (partly lost)") if one.fails else tr("the others")
    later = [_carried(failure.carriers, blackhole=failure.blackhole) for failure in one.failures]
    if len(later) == 1:
        return later[0]
    return "; ".join(f"{visible(one.down)}: {text}" for one, text in zip(one.failures, later, strict=True))


def written_at(one: Destination) -> str:
    """Where a destination is written. On the first line, with the address: a plan has all routes there."""
    route = one.routes[0]
    where = f"{visible(route.location.file)}:{route.location.line}"
    return f"{where} {visible(route.address)}" if route.address and route.location.line == 1 else where


def survival(table: Paths) -> str:
    """How many destinations survive a failure, and which ones do not."""
    if not table.destinations:
        return tr("There is no destination.")
    told = [count(table.destinations, "destination")]
    rows = [(domain.name, one) for domain in table.domains for one in domain.destinations]
    verdicts = Counter(one.survives for _, one in rows if one.effective)
    surviving, unknown, covered = verdicts[True], verdicts[None], len(rows) - verdicts.total()
    is_one = len(table.domains) == 1
    named = [
        one.cidr if is_one else tr("{network} in {domain}", network=one.cidr, domain=domain)
        for domain, one in rows
        if one.fails
    ]
    if surviving or named:
        failure = say("one more failure") if table.down else say("any single failure")
        told.append(_numbered("surviving", surviving, failure=failure))
    if named:
        names = _first(named, _MOST_NAMED)
        told.append(_numbered("failing", len(named), sentence=told.pop(), names=names))
    if unknown:
        told.append(tr("{number} not known yet", number=unknown))
    if covered:
        told.append(tr("{number} completely covered by more specific ones", number=covered))
    return _joined(told)


def _outside(routes: Sequence[OtherRoute], left_out: int = 0) -> Iterator[str]:
    """A line about routes that no entry makes, and one about entries that are in no table."""
    named = [f"{one.cidr} ({one.connection}, {tr(_OTHER_TEMPLATES[one.kind])})" for one in routes]
    if named:
        names = _first(named, _MOST_NAMED)
        yield tr("routes in no table: {names}; the longest prefix wins", names=names)
    if left_out:
        yield tr("{entries} left out: vcolint check says why", entries=count(left_out, "entry"))


def _in_words(change: Diff) -> str:
    """What a change does, in one line: it names the network if a kind has only one."""
    told = []
    for kind, found in change.kinds.items():
        first, size = found[0], f"{sum(one.addresses for one in found):,}"
        values = {
            "network": tr("{networks} ({number} addresses)", networks=first.cidr, number=size),
            "what": tr("{networks} ({number} addresses)", networks=count(len(found), "network"), number=size),
            "before": _carried(first.before.carriers),
            "after": _carried(first.after.carriers),
        }
        told.append(_numbered(kind, len(found), **values))
        unbacked = sum(one.weakens for one in found)
        if unbacked and kind == "moved":
            told.append(tr("it loses its backup") if len(found) == 1 else _numbered("unbacked", unbacked))
    if not told:
        told = [tr("no known change in routing") if change.unchecked else tr("no change in routing")]
    if change.unchecked:
        told.append(tr("{networks} not known", networks=count(change.unchecked, "network")))
    return _joined(told)


def _joined(told: Sequence[str]) -> str:
    return reduce(lambda one, other: tr("{one}; {other}", one=one, other=other), told)


def _missing(one: Missing) -> str:
    """A part of an expectation that does not happen."""
    declared = one.expectation
    values = {"network": one.cidr, "kind": declared.kind, "place": visible(declared.place)}
    if declared.to:
        return tr("{network}: expected {kind} to {to} ({place})", to=_carried(declared.to), **values)
    return tr("{network}: expected {kind} ({place})", **values)
