"""The forwarding table, a trace and a diff for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.locale import say, tr
from vcolint.render.columns import columns, padded
from vcolint.render.words import place
from vcolint.text.visible import visible
from vcolint.text.wording import count, listed

if TYPE_CHECKING:
    from vcolint.report.change import Change, Missing
    from vcolint.report.routing import Candidate, Destination, Diff, Paths, Trace

_MOST_TOLD_APART = 3  # carriers of one destination, for which it is told who takes over from each
_MOST_NAMED = 10  # destinations that the foot names
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_BEFORE = 3  # connections that are named as having to fail first
_MOST_CHANGES = 100  # changes that are listed
_RED, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
_WEIGHT_TEMPLATES = {
    "honoured": "Weights are taken at their word; a transit router may ignore them (VCO403).",
    "ignored": "Weights are ignored: routes to one destination share its traffic.",
}


_SURVIVAL_TEMPLATES = {
    "one": "{all}; {number} survives any single failure",
    "many": "{all}; {number} survive any single failure",
}
_FAILING_TEMPLATES = {
    "one": "{sentence}, {number} does not: {names}",
    "many": "{sentence}, {number} do not: {names}",
}
_UNPLACED_TEMPLATES = {
    "one": "{destinations} is not known yet, and not in the table",
    "many": "{destinations} are not known yet, and not in the table",
}
_LEFT_OUT_TEMPLATES = {
    "one": "{number} entry is left out: vcolint check says what is wrong with it",
    "many": "{number} entries are left out: vcolint check says what is wrong with them",
}
_FINDING_TEMPLATES = {"new finding": "new finding", "fixed finding": "fixed finding"}
_KIND_TEMPLATES = {
    "lost": "loses {what}",
    "weaker": "{what} lose their backup",
    "moved": "moves {what}",
    "new": "adds {what}",
    "stronger": "{what} survive a single failure now",
}
_ALONE_TEMPLATES = {
    "lost": "loses {network}, which {before} carried",
    "weaker": "{network} loses its backup",
    "moved": "moves {network} from {before} to {after}",
    "new": "adds {network} on {after}",
    "stronger": "{network} survives a single failure now",
}


def carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """Who carries something, in words."""
    if carriers is None:
        return tr("not known")
    names = ", ".join(map(visible, carriers[:_MOST_CARRIERS]))
    if len(carriers) > _MOST_CARRIERS:
        names = tr("{names} and {number} more", names=names, number=f"{len(carriers) - _MOST_CARRIERS:,}")
    if blackhole:
        return tr("{names}; partly lost", names=names) if names else tr("lost (black hole)")
    return names or tr("nobody")


def takeover(one: Destination) -> str:
    """Who takes over after the failure of a connection, in words."""
    if one.failures is None:
        return tr("the others; partly lost") if one.survives is False else tr("the others")
    if not one.failures:
        return "-"
    if len(one.failures) > _MOST_TOLD_APART:
        lossy = ", ".join(visible(failure.down) for failure in one.failures if failure.blackhole)
        return tr("the others; partly lost after {names}", names=lossy) if lossy else tr("the others")
    others = {one.down for one in one.failures}
    if len(others) > 2 and all(others - {one.down} == set(one.carriers or ()) for one in one.failures):
        return tr("the others")
    later = [carried(failure.carriers, blackhole=failure.blackhole) for failure in one.failures]
    if len(later) == 1:
        return later[0]
    return "; ".join(f"{visible(one.down)}: {text}" for one, text in zip(one.failures, later, strict=True))


def survival(table: Paths) -> str:
    """How many destinations survive a failure, and which do not."""
    failing, surviving = table.failing, table.surviving
    unknown = table.destinations - surviving - len(failing)
    told = _SURVIVAL_TEMPLATES["one" if surviving == 1 else "many"]
    sentence = tr(told, all=count(table.destinations, "destination"), number=surviving)
    if failing:
        named = ", ".join(failing[:_MOST_NAMED])
        if len(failing) > _MOST_NAMED:
            named = tr("{names} and {number} more", names=named, number=len(failing) - _MOST_NAMED)
        told = _FAILING_TEMPLATES["one" if len(failing) == 1 else "many"]
        sentence = tr(told, sentence=sentence, number=len(failing), names=named)
    return (
        tr("{sentence}; of {number} it is not known", sentence=sentence, number=unknown)
        if unknown
        else sentence
    )


def unplaced(table: Paths) -> str:
    """How many routes are in no table."""
    number = len(table.unplaced)
    told = _UNPLACED_TEMPLATES["one" if number == 1 else "many"]
    return tr(told, destinations=count(number, "more destination"))


def left_out(number: int) -> list[str]:
    """A line about entries that are in no table, if there are any."""
    told = _LEFT_OUT_TEMPLATES["one" if number == 1 else "many"]
    return [tr(told, number=number)] if number else []


def paths(table: Paths, *, color: bool = False) -> str:
    """One row a destination, indented under the one that contains it."""
    lines: list[str] = []
    for domain in table.domains:
        rows = [(visible(domain.name), tr("carried by"), tr("if that fails"), tr("written at"))]
        bad = [False]
        for one in domain.destinations:
            first = one.routes[0]
            rows.append(
                (
                    "  " * one.depth + one.cidr,
                    carried(one.carriers, blackhole=one.blackhole),
                    takeover(one),
                    f"{visible(first.location.file)}:{first.location.line}",
                )
            )
            bad.append(one.survives is False)
        widths = [max(columns(row[column]) for row in rows) for column in range(3)]
        for row, fails in zip(rows, bad, strict=True):
            line = "  ".join(
                [*(padded(text, width) for text, width in zip(row, widths, strict=False)), row[3]]
            )
            lines.append(f"{_RED}{line}{_RESET}" if fails and color else line)
        lines.append("")
    lines.append(survival(table))
    if table.unplaced:
        lines.append(f"{unplaced(table)}:")
        for item in table.unplaced[:_MOST_NAMED]:
            address = f"{visible(item.address)}: " if item.address else ""
            lines.append(f"  {visible(item.file)}:{item.line}: {address}{visible(tr(item.reason))}")
        if len(table.unplaced) > _MOST_NAMED:
            lines.append(tr("  and {number} more", number=len(table.unplaced) - _MOST_NAMED))
    lines += left_out(table.left_out)
    lines.append(tr(_WEIGHT_TEMPLATES[table.weights]))
    return "".join(f"{line}\n" for line in lines)


def trace(found: Trace, *, color: bool = False) -> str:
    """Every route that could carry the query, in the order in which they would."""
    lines: list[str] = []
    for domain in found.domains:
        lines.append(visible(domain.name))
        for part in domain.parts:
            who = tr(part.uncertain) if part.uncertain else carried(part.carriers, blackhole=part.blackhole)
            line = f"  {part.cidr}: {who}"
            lines.append(f"{_BOLD}{line}{_RESET}" if color else line)
            for number, (one, why) in enumerate(reasons(part.candidates), 1):
                told = tr(
                    "{network} on {connection}, weight {weight} ({place}): {why}",
                    network=one.cidr,
                    connection=visible(one.connection),
                    weight=say("unknown") if one.weight is None else one.weight,
                    place=place(one.location),
                    why=why,
                )
                lines.append(f"    {number}. {told}")
        lines.append("")
    if not found.domains:
        lines += [tr("No VCO route carries {network}.", network=found.query), ""]
    lines += left_out(found.left_out)
    lines.append(tr(_WEIGHT_TEMPLATES[found.weights]))
    return "".join(f"{line}\n" for line in lines)


def reasons(candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, str]]:
    """Each route with what makes it the choice, or what has to fail first."""
    before: dict[str, None] = {}  # the connections that come first, without those that have failed
    passed: set[str] = set()  # destinations of which some route does not carry it
    for one in candidates:
        yield one, _why(one, before, passed)
        if one.alive:
            before[visible(one.connection)] = None
        if not one.carries:
            passed.add(one.cidr)


def _why(one: Candidate, before: Collection[str], passed: Collection[str]) -> str:
    if not one.alive:
        return tr("failed")
    if one.carries:
        if one.cidr in passed:
            return tr("carries it: what comes before has failed")
        return tr("carries it: longest prefix")
    if visible(one.connection) in before:
        return tr("not used: another route of its connection comes first")
    if len(before) > _MOST_BEFORE:
        return tr("takes over if the {number} connections before it fail", number=f"{len(before):,}")
    if len(before) == 1:
        return tr("takes over if {name} fails", name=next(iter(before)))
    return tr("takes over if {names} fail", names=listed(list(before))) if before else tr("not used")


def amount(changes: Sequence[Change]) -> str:
    """`2 networks (512 addresses)`."""
    number = f"{sum(one.addresses for one in changes):,}"
    return tr("{networks} ({number} addresses)", networks=count(len(changes), "network"), number=number)


def headline(change: Diff) -> str:
    """What a change does, in one line: networks and addresses a kind."""
    from vcolint.model.settings import KINDS

    found = [f"{tr(kind)}: {amount(changes)}" for kind in KINDS if (changes := change.of(kind))]
    return _with_unknown(change, found)


def in_words(change: Diff) -> str:
    """What a change does, in one line of words: a single network of a kind by name."""
    from vcolint.model.settings import KINDS

    found = []
    for kind in KINDS:
        changes = change.of(kind)
        if len(changes) == 1:
            found.append(_alone(changes[0]))
        elif changes:
            what = amount(changes)
            found.append(tr(_KIND_TEMPLATES[kind], what=what))
    return _with_unknown(change, found)


def _alone(one: Change) -> str:
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    return tr(_ALONE_TEMPLATES[one.kind], network=one.cidr, before=before, after=after)


def _with_unknown(change: Diff, found: Sequence[str]) -> str:
    if not change.unchecked:
        return "; ".join(found) or tr("no change in routing")
    not_known = tr("{networks} not known", networks=count(change.unchecked, "network"))
    return "; ".join([*(found or [tr("no known change in routing")]), not_known])


def missing(one: Missing) -> str:
    """A part of an expectation that does not happen."""
    declared = one.expectation
    values = {"network": one.cidr, "kind": declared.kind, "place": visible(declared.place)}
    if declared.to:
        return tr("{network}: expected {kind} to {to} ({place})", to=carried(declared.to), **values)
    return tr("{network}: expected {kind} ({place})", **values)


def sentence(one: Change) -> str:
    """What happens to one network."""
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    if one.kind == "weaker":
        return tr(
            "{network}: {after} carries it; it no longer survives a single failure",
            network=one.cidr,
            after=after,
        )
    if one.kind == "stronger":
        return tr(
            "{network}: {after} carries it; it survives a single failure now", network=one.cidr, after=after
        )
    weaker = one.kind == "moved" and one.before.survives and not one.after.survives
    moved = f"{one.cidr}: {before} -> {after}"
    return tr("{moved}; it no longer survives a single failure", moved=moved) if weaker else moved


def heaviest(change: Diff) -> list[tuple[str, Change]]:
    """The changes with their domains, the heaviest first."""
    from vcolint.model.settings import KINDS

    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    return sorted(found, key=lambda item: (KINDS.index(item[1].kind), -item[1].addresses))


def diff(change: Diff, *, color: bool = False) -> str:
    """The verdict; the heaviest changes first; the findings that the change brings and mends."""
    judgement = change.judgement
    lines = [tr(change.verdict)] if judgement is not None and change.verdict is not None else []
    if lines != [headline(change)]:
        lines.append(headline(change))
    if change.base:
        lines.append(tr("compared with commit {commit}", commit=change.base))
    undeclared = {id(one) for one in judgement.undeclared} if judgement else set()
    listed = heaviest(change)
    for name, one in listed[:_MOST_CHANGES]:
        mark = f"  {tr('undeclared')}" if id(one) in undeclared else ""
        line = f"  {padded(tr(one.kind), 8)}  {sentence(one)}  [{visible(name)}]{mark}"
        lines.append(f"{_RED}{line}{_RESET}" if color and one.kind in ("lost", "weaker") else line)
    if len(listed) > _MOST_CHANGES:
        lines.append(tr("  and {number} more", number=len(listed) - _MOST_CHANGES))
    absent = judgement.missing if judgement else []
    lines += [f"  {padded(tr('missing'), 8)}  {missing(one)}" for one in absent[:_MOST_CHANGES]]
    if len(absent) > _MOST_CHANGES:
        lines.append(tr("  and {number} more missing", number=len(absent) - _MOST_CHANGES))
    for label, findings in (("new finding", change.new_findings), ("fixed finding", change.fixed_findings)):
        for finding in findings[:_MOST_CHANGES]:
            told = f"{place(finding.location)}: {finding.code} {visible(tr(finding.message))}"
            lines.append(f"{tr(_FINDING_TEMPLATES[label])}: {told}")
        if len(findings) > _MOST_CHANGES:
            more = count(len(findings) - _MOST_CHANGES, f"more {label}")
            lines.append(tr("and {findings}", findings=more))
    lines.append(tr(_WEIGHT_TEMPLATES[change.weights]))
    return "".join(f"{line}\n" for line in lines)
