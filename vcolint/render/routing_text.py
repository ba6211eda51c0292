"""The forwarding table, a trace and a diff for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.render.words import place
from vcolint.text.visible import visible
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.change import Change, Missing
    from vcolint.report.routing import Candidate, Destination, Diff, Paths, Trace

_HEADS = ("carried by", "if that fails", "written at")
_MOST_TOLD_APART = 3  # carriers of one destination, for which it is told who takes over from each
_MOST_NAMED = 10  # destinations that the foot names
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_BEFORE = 3  # connections that are named as having to fail first
_MOST_CHANGES = 100  # changes that are listed
_RED, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
_WEIGHTS = {
    "honoured": "Weights are taken at their word; a transit router may ignore them (VCO403).",
    "ignored": "Weights are ignored: routes to one destination share its traffic.",
}


def carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """Who carries something, in words."""
    if carriers is None:
        return "not known"
    names = ", ".join(map(visible, carriers[:_MOST_CARRIERS]))
    if len(carriers) > _MOST_CARRIERS:
        names += f" and {len(carriers) - _MOST_CARRIERS:,} more"
    if blackhole:
        return f"{names}; partly lost" if names else "lost (black hole)"
    return names or "nobody"


def takeover(one: Destination) -> str:
    """Who takes over after the failure of a connection, in words."""
    if one.failures is None:
        return "the others; partly lost" if one.survives is False else "the others"
    if not one.failures:
        return "-"
    if len(one.failures) > _MOST_TOLD_APART:
        lossy = ", ".join(visible(failure.down) for failure in one.failures if failure.blackhole)
        return f"the others; partly lost after {lossy}" if lossy else "the others"
    later = [carried(failure.carriers, blackhole=failure.blackhole) for failure in one.failures]
    if len(later) == 1:
        return later[0]
    return "; ".join(f"{visible(one.down)}: {text}" for one, text in zip(one.failures, later, strict=True))


def survival(table: Paths) -> str:
    """How many destinations survive a failure, and which do not."""
    failing = [one.cidr for domain in table.domains for one in domain.destinations if one.survives is False]
    unknown = table.destinations - table.surviving - len(failing)
    verb = "survives" if table.surviving == 1 else "survive"
    sentence = f"{count(table.destinations, 'destination')}; {table.surviving} {verb} any single failure"
    if failing:
        named = ", ".join(failing[:_MOST_NAMED])
        more = f" and {len(failing) - _MOST_NAMED} more" if len(failing) > _MOST_NAMED else ""
        sentence += f", {len(failing)} {'does' if len(failing) == 1 else 'do'} not: {named}{more}"
    return f"{sentence}; of {unknown} it is not known" if unknown else sentence


def unplaced(table: Paths) -> str:
    """How many routes are in no table."""
    number = len(table.unplaced)
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'more destination')} {verb} not known yet, and not in the table"


def paths(table: Paths, *, color: bool = False) -> str:
    """One row a destination, indented under the one that contains it."""
    lines: list[str] = []
    for domain in table.domains:
        rows = [(visible(domain.name), *_HEADS)]
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
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row, fails in zip(rows, bad, strict=True):
            line = "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])
            lines.append(f"{_RED}{line}{_RESET}" if fails and color else line)
        lines.append("")
    lines.append(survival(table))
    if table.unplaced:
        lines.append(f"{unplaced(table)}:")
        for item in table.unplaced[:_MOST_NAMED]:
            address = f"{visible(item.address)}: " if item.address else ""
            lines.append(f"  {visible(item.file)}:{item.line}: {address}{visible(item.reason)}")
        if len(table.unplaced) > _MOST_NAMED:
            lines.append(f"  and {len(table.unplaced) - _MOST_NAMED} more")
    lines.append(_WEIGHTS[table.weights])
    return "".join(f"{line}\n" for line in lines)


def trace(found: Trace, *, color: bool = False) -> str:
    """Every route that could carry the query, in the order in which they would."""
    lines: list[str] = []
    for domain in found.domains:
        lines.append(visible(domain.name))
        for part in domain.parts:
            who = part.uncertain or carried(part.carriers, blackhole=part.blackhole)
            line = f"  {part.cidr}: {who}"
            lines.append(f"{_BOLD}{line}{_RESET}" if color else line)
            for number, (one, why) in enumerate(reasons(part.candidates), 1):
                weight = "unknown" if one.weight is None else one.weight
                where = place(one.location)
                lines.append(
                    f"    {number}. {one.cidr} on {visible(one.connection)}, weight {weight} ({where}): {why}"
                )
        lines.append("")
    if not found.domains:
        lines += [f"No VCO route carries {found.query}.", ""]
    lines.append(_WEIGHTS[found.weights])
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
        return "failed"
    if one.carries:
        return "carries it: " + ("what comes before has failed" if one.cidr in passed else "longest prefix")
    if visible(one.connection) in before:
        return "not used: another route of its connection comes first"
    if len(before) > _MOST_BEFORE:
        return f"takes over if the {len(before):,} connections before it fail"
    names = " and ".join(before)
    return f"takes over if {names} {'fails' if len(before) == 1 else 'fail'}" if before else "not used"


def amount(changes: Sequence[Change]) -> str:
    """`2 networks (512 addresses)`."""
    return f"{count(len(changes), 'network')} ({sum(one.addresses for one in changes):,} addresses)"


def headline(change: Diff) -> str:
    """What a change does, in one line: networks and addresses a kind."""
    from vcolint.model.settings import KINDS

    found = [f"{kind}: {amount(changes)}" for kind in KINDS if (changes := change.of(kind))]
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
            found.append(
                {
                    "lost": f"loses {what}",
                    "weaker": f"{what} lose their backup",
                    "moved": f"moves {what}",
                    "new": f"adds {what}",
                    "stronger": f"{what} survive a single failure now",
                }[kind]
            )
    return _with_unknown(change, found)


def _alone(one: Change) -> str:
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    return {
        "lost": f"loses {one.cidr}, which {before} carried",
        "weaker": f"{one.cidr} loses its backup",
        "moved": f"moves {one.cidr} from {before} to {after}",
        "new": f"adds {one.cidr} on {after}",
        "stronger": f"{one.cidr} survives a single failure now",
    }[one.kind]


def _with_unknown(change: Diff, found: Sequence[str]) -> str:
    if not change.unchecked:
        return "; ".join(found) or "no change in routing"
    not_known = f"{count(change.unchecked, 'network')} not known"
    return "; ".join([*(found or ["no known change in routing"]), not_known])


def missing(one: Missing) -> str:
    """A part of an expectation that does not happen."""
    declared = one.expectation
    to = f" to {carried(declared.to)}" if declared.to else ""
    return f"{one.cidr}: expected {declared.kind}{to} ({visible(declared.place)})"


def sentence(one: Change) -> str:
    """What happens to one network."""
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    if one.kind == "weaker":
        return f"{one.cidr}: {after} carries it; it no longer survives a single failure"
    if one.kind == "stronger":
        return f"{one.cidr}: {after} carries it; it survives a single failure now"
    weaker = one.kind == "moved" and one.before.survives and not one.after.survives
    return f"{one.cidr}: {before} -> {after}" + ("; it no longer survives a single failure" if weaker else "")


def heaviest(change: Diff) -> list[tuple[str, Change]]:
    """The changes with their domains, the heaviest first."""
    from vcolint.model.settings import KINDS

    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    return sorted(found, key=lambda item: (KINDS.index(item[1].kind), -item[1].addresses))


def diff(change: Diff, *, color: bool = False) -> str:
    """The verdict; the heaviest changes first; the findings that the change brings and mends."""
    judgement = change.judgement
    lines = [change.verdict] if judgement is not None and change.verdict is not None else []
    if lines != [headline(change)]:
        lines.append(headline(change))
    if change.base:
        lines.append(f"compared with commit {change.base}")
    undeclared = {id(one) for one in judgement.undeclared} if judgement else set()
    listed = heaviest(change)
    for name, one in listed[:_MOST_CHANGES]:
        mark = "  undeclared" if id(one) in undeclared else ""
        line = f"  {one.kind:<8}  {sentence(one)}  [{visible(name)}]{mark}"
        lines.append(f"{_RED}{line}{_RESET}" if color and one.kind in ("lost", "weaker") else line)
    if len(listed) > _MOST_CHANGES:
        lines.append(f"  and {len(listed) - _MOST_CHANGES} more")
    absent = judgement.missing if judgement else []
    lines += [f"  missing   {missing(one)}" for one in absent[:_MOST_CHANGES]]
    if len(absent) > _MOST_CHANGES:
        lines.append(f"  and {len(absent) - _MOST_CHANGES} more missing")
    for label, findings in (("new finding", change.new_findings), ("fixed finding", change.fixed_findings)):
        for finding in findings[:_MOST_CHANGES]:
            lines.append(f"{label}: {place(finding.location)}: {finding.code} {visible(finding.message)}")
        if len(findings) > _MOST_CHANGES:
            lines.append(f"and {count(len(findings) - _MOST_CHANGES, f'more {label}')}")
    lines.append(_WEIGHTS[change.weights])
    return "".join(f"{line}\n" for line in lines)
