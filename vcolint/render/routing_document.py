"""The content of `paths`, `trace` and `diff`, in sections and tables. Text, Markdown and HTML render it.

Every text here is safe for a terminal or a log. Heads are in lower case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from vcolint.locale import say, tr
from vcolint.render.columns import padded
from vcolint.render.words import place, unchecked_line
from vcolint.text.wording import count, visible

if TYPE_CHECKING:
    from vcolint.report.change import Change, Missing
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Finding, Unchecked
    from vcolint.report.routing import Destination, DomainTable, OtherRoute, Part, Paths, Trace

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
_MOST_NAMED = 10  # destinations that the last lines name
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_TAKEOVERS = 2  # carriers for which a cell says who takes over from each
_OTHER_TEMPLATES = {
    "learned": "learned routes in no table: {names}; the longest prefix wins",
    "automatic": "automatic routes in no table: {names}; the longest prefix wins",
}
# Each for one and for several.
_NUMBERED_TEMPLATES = {
    "surviving": ("{all}; {number} survives {failure}", "{all}; {number} survive {failure}"),
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
    """A row of a table."""

    cells: tuple[str, ...]
    line: str = ""  # what text shows in place of the cells
    depth: int = 0  # how far the first cell is indented
    kind: str = ""  # of a change
    strong: Collection[int] = ()  # the highlighted cells
    alarms: bool = False  # traffic is lost, or would be lost if one connection failed


class Section(NamedTuple):
    """A table with its title."""

    title: str
    heads: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    note: str = ""  # the key to its signs
    anchor: str = ""  # for a section that the page links to and Markdown folds
    level: int = 1  # 2: a part of the section before it
    indent: int = 2  # columns of further lines of a row, in text
    most: int = 100  # rows that text shows
    is_open: bool = False  # Markdown does not fold it
    titled: bool = True  # text shows the title
    formats: str = "text markdown html"


class Document(NamedTuple):
    """The content of a command's output, in the order of the text format. Markdown and HTML put the single
    lines first."""

    title: str
    top: list[str]  # the summary of a diff, in a line or two
    content: list[str | Section]  # "": an empty line in text
    weights: str  # the assumption about weights

    @property
    def lines(self) -> list[str]:
        """The single lines of the content."""
        return [one for one in self.content if isinstance(one, str) and one]

    def sections(self, format: str) -> list[Section]:
        """The sections that a format shows."""
        return [one for one in self.content if isinstance(one, Section) and format in one.formats]


def paths(table: Paths) -> Document:
    """One row for each destination, indented under the one that contains it."""
    content: list[str | Section] = []
    for domain in table.domains:
        content += [_destinations(domain), "", *_matrix(domain)]
    content += [survival(table), *_outside(table), *_unplaced(table.unplaced)]
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
            rows.append(Row(cells, depth=one.depth, strong=strong))
    told = ", ".join(f"{sign}: {visible(name)}" for name, sign in signs.items())
    fails = (tr("{connection} fails", connection=sign) for sign in signs.values())
    heads = tr("destination"), tr("now"), *fails
    yield Section(tr("Failover matrix"), heads, rows, told, anchor="matrix", formats="markdown")


def _unplaced(unchecked: Sequence[Unchecked]) -> Iterator[Section]:
    """The routes with an unknown destination."""
    if unchecked:
        title = tr("Destinations that are not known or not shown: {number}", number=len(unchecked))
        rows = [Row((line,), f"  {line}") for line in map(unchecked_line, unchecked)]
        yield Section(title, (), rows, anchor="unchecked", indent=4, most=_MOST_UNPLACED)


def trace(found: Trace) -> Document:
    """Every route that could carry the query, in the order in which they take over."""
    content: list[str | Section] = []
    for domain in found.domains:
        content += [Section(visible(domain.name)), *map(_part, domain.parts), ""]
    if not found.domains:
        content += [_nobody_carries(found), ""]
    content += [*_outside(found), *_unplaced(found.unplaced)]
    title = tr("Who carries {network}", network=visible(found.query))
    return Document(title, [], content, tr(WEIGHT_TEMPLATES[found.weights]))


def _part(part: Part) -> Section:
    who = _carried(part.carriers, blackhole=part.blackhole)
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
    """The verdict, then the changes, the most severe first, then the new and the fixed findings. `by_name`:
    if a single network changes, the first line names it."""
    judgement = change.judgement
    verdict = [tr(change.verdict)] if judgement is not None and change.verdict is not None else []
    top = list(dict.fromkeys([*verdict, _in_words(change) if by_name else _headline(change)]))
    base = [tr("compared with commit {commit}", commit=change.base)] if change.base else []
    content: list[str | Section] = [
        *base,
        *_changes(change),
        *_list(tr("Not known"), say("unknown"), _not_known(change), anchor="unchecked", most=_MOST_UNPLACED),
    ]
    if judgement is not None:
        absent = map(_missing, judgement.missing)
        content += _list(
            tr("Declared, but does not happen"), say("missing"), absent, anchor="missing", is_open=True
        )
    content += _findings(tr("New findings"), say("new finding"), change.new_findings)
    content += _findings(tr("Fixed findings"), say("fixed finding"), change.fixed_findings)
    content += _other_routes(change.other_routes)
    return Document(tr("What the change does"), top, content, tr(WEIGHT_TEMPLATES[change.weights]))


def _changes(change: Diff) -> Iterator[Section]:
    """The changes, the most severe first."""
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
        before, after = _carried(one.before.carriers), _afterwards(one)
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
    """The networks for which it is not known whether they change, then the routes with an unknown
    destination."""
    for one in change.not_known:
        told = tr("{where}: {reason}", where=one.cidr, reason=visible(tr(one.reason)))
        yield f"{told}  [{visible(one.domain)}]"
    yield from map(unchecked_line, change.unplaced)


def _list(
    title: str, label: str, lines: Iterable[str], *, anchor: str, most: int = 100, is_open: bool = False
) -> Iterator[Section]:
    """A section without a table, if it has lines. `label`: the beginning of each line in text."""
    rows = [Row((line,), f"  {padded(tr(label), 8)}  {line}") for line in lines]
    if rows:
        yield Section(title, (), rows, anchor=anchor, indent=12, most=most, titled=False, is_open=is_open)


def _findings(title: str, label: str, findings: Sequence[Finding]) -> Iterator[Section]:
    """Findings, one per line. The page shows them in full."""
    rows = []
    for one in findings:
        cells = one.code, place(one.location), visible(tr(one.message))
        rows.append(Row(cells, f"{tr(label)}: {cells[1]}: {cells[0]} {cells[2]}"))
    if rows:
        heads = tr("rule"), tr("place"), tr("finding")
        yield Section(title, heads, rows, anchor="findings", titled=False, formats="text markdown")


# -- sentences -----------------------------------------------------------------------------------------------


def _numbered(name: str, number: int, **values: object) -> str:
    """The template for one or for several, filled in."""
    return tr(_NUMBERED_TEMPLATES[name][number != 1], number=number, **values)


def _carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """The carriers, in words."""
    if carriers is None:
        return tr("not known")
    names = _first([*map(visible, carriers[: _MOST_CARRIERS + 1])], _MOST_CARRIERS, len(carriers))
    if blackhole:
        return tr("{names} (partly lost)", names=names) if names else tr("lost (black hole)")
    return names or tr("nobody")


def _first(named: Sequence[str], most: int, number: int) -> str:
    """The first destinations or connections of `number`, and how many more there are."""
    names = ", ".join(named[:most])
    return (
        tr("{names} and {number} more", names=names, number=f"{number - most:,}") if number > most else names
    )


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
        lossy = [visible(failure.down) for failure in one.failures or () if failure.blackhole]
        if lossy:
            names = _first(lossy, _MOST_CARRIERS, len(lossy))
            return tr("the others (partly lost after {names})", names=names)
        return tr("the others (partly lost)") if one.fails else tr("the others")
    later = [_carried(failure.carriers, blackhole=failure.blackhole) for failure in one.failures]
    if len(later) == 1:
        return later[0]
    return "; ".join(f"{visible(one.down)}: {text}" for one, text in zip(one.failures, later, strict=True))


def written_at(destinations: Sequence[Destination]) -> list[str]:
    """Where each destination is written. If several share a line, as in a plan, with the address."""
    routes = [one.routes[0] for one in destinations]
    lines = [f"{visible(one.location.file)}:{one.location.line}" for one in routes]
    shared = Counter(lines)
    return [
        f"{line} {visible(one.address)}" if shared[line] > 1 and one.address else line
        for line, one in zip(lines, routes, strict=True)
    ]


def survival(table: Paths) -> str:
    """How many destinations survive a failure, and which ones do not."""
    total, verdicts = table.destinations, list(table.verdicts)
    if not total:
        return tr("There is no destination.")
    everywhere = Counter(cidr for cidr, _, _ in verdicts)
    named = [
        tr("{network} in {domain}", network=cidr, domain=visible(domain)) if everywhere[cidr] > 1 else cidr
        for cidr, domain, survives in verdicts
        if survives is False
    ]
    surviving, unknown = (sum(one is wanted for _, _, one in verdicts) for wanted in (True, None))
    told = count(total, "destination")
    if surviving or named:
        failure = say("one more failure") if table.down else say("any single failure")
        told = _numbered("surviving", surviving, all=told, failure=failure)
    if named:
        names = _first(named, _MOST_NAMED, len(named))
        told = _numbered("failing", len(named), sentence=told, names=names)
    if unknown:
        told = tr("{sentence}; {number} not known yet", sentence=told, number=unknown)
    if total > len(verdicts):
        covered = total - len(verdicts)
        told = tr(
            "{sentence}; {number} completely covered by more specific ones", sentence=told, number=covered
        )
    return told


def _outside(result: Paths | Trace) -> Iterator[str]:
    """A line about other routes of each kind, and one about entries that are in no table."""
    yield from _other_routes(result.other_routes)
    if result.left_out:
        entries = count(result.left_out, "entry")
        yield tr("{entries} left out: vcolint check says why", entries=entries)


def _other_routes(routes: Sequence[OtherRoute]) -> Iterator[str]:
    """A line about the routes of each kind that are in no table."""
    for kind in ("learned", "automatic"):
        named = [f"{one.cidr} ({visible(one.connection)})" for one in routes if one.kind == kind]
        if named:
            yield tr(_OTHER_TEMPLATES[kind], names=_first(named, _MOST_NAMED, len(named)))


def _nobody_carries(found: Trace) -> str:
    """The message that no route could carry the query. It says nothing about routes that are in no table."""
    if found.other_routes:
        return tr("No route in a table carries {network}.", network=found.query)
    if found.unplaced or found.left_out:
        return tr("No known route carries {network}.", network=found.query)
    return tr("No VCO route carries {network}.", network=found.query)


def _headline(change: Diff) -> str:
    """What a change does, in one line: the number of networks and addresses of each kind."""
    return _with_unknown(
        change,
        [tr("{label}: {text}", label=tr(kind), text=_amount(found)) for kind, found in change.kinds.items()],
    )


def _in_words(change: Diff) -> str:
    """What a change does, in one line of words: it names the network if a kind has only one."""
    told = []
    for kind, found in change.kinds.items():
        before, after = _carried(found[0].before.carriers), _carried(found[0].after.carriers)
        values = {"network": found[0].cidr, "before": before, "after": after, "what": _amount(found)}
        told.append(_numbered(kind, len(found), **values))
        unbacked = sum(one.weakens for one in found)
        if unbacked and kind == "moved":
            alone = len(found) == 1
            told.append(tr("it loses its backup") if alone else _numbered("unbacked", unbacked))
    return _with_unknown(change, told)


def _amount(changes: Sequence[Change]) -> str:
    """`2 networks (512 addresses)`."""
    number = f"{sum(one.addresses for one in changes):,}"
    return tr("{networks} ({number} addresses)", networks=count(len(changes), "network"), number=number)


def _with_unknown(change: Diff, told: list[str]) -> str:
    if change.unchecked:
        not_known = tr("{networks} not known", networks=count(change.unchecked, "network"))
        told = [*(told or [tr("no known change in routing")]), not_known]
    return reduce(
        lambda one, other: tr("{one}; {other}", one=one, other=other), told or [tr("no change in routing")]
    )


def _missing(one: Missing) -> str:
    """A part of an expectation that does not happen."""
    declared = one.expectation
    values = {"network": one.cidr, "kind": declared.kind, "place": visible(declared.place)}
    if declared.to:
        return tr("{network}: expected {kind} to {to} ({place})", to=_carried(declared.to), **values)
    return tr("{network}: expected {kind} ({place})", **values)


def _afterwards(one: Change) -> str:
    """Who carries a network after the change, in words."""
    after = _carried(one.after.carriers)
    if one.kind == "stronger":
        return tr("{carriers} (survives a single failure now)", carriers=after)
    if one.weakens:
        return tr("{carriers} (no longer survives a single failure)", carriers=after)
    return after
