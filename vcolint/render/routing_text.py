"""The forwarding table, a trace and a diff for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vcolint.render.words import count, place
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.routing import Candidate, Change, Destination, Diff, Paths, Trace

_HEADS = ("carried by", "if that fails", "written at")
_MOST_NAMED = 10  # destinations that the foot names
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
    names = ", ".join(map(visible, carriers))
    if blackhole:
        return f"{names}; partly lost" if names else "lost (black hole)"
    return names or "nobody"


def takeover(one: Destination) -> str:
    """Who takes over after the failure of a connection, in words."""
    if not one.failures:
        return "-"
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
    verb = "is" if table.unplaced == 1 else "are"
    return f"{count(table.unplaced, 'more destination')} {verb} not known yet, and not in the table"


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
        lines.append(unplaced(table))
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
            for number, one in enumerate(part.candidates, 1):
                weight = "unknown" if one.weight is None else one.weight
                where = place(one.location)
                lines.append(
                    f"    {number}. {one.cidr} on {visible(one.connection)}, weight {weight} ({where}): "
                    f"{_why(one, part.candidates[: number - 1])}"
                )
        lines.append("")
    if not found.domains:
        lines += [f"No VCO route carries {found.query}.", ""]
    lines.append(_WEIGHTS[found.weights])
    return "".join(f"{line}\n" for line in lines)


def _why(one: Candidate, before: Sequence[Candidate]) -> str:
    """What makes a route the choice, or what has to fail first."""
    if not one.alive:
        return "failed"
    if one.carries:
        same = [other for other in before if other.cidr == one.cidr and not other.carries]
        return "carries it: " + ("what comes before has failed" if same else "longest prefix")
    first = list(dict.fromkeys(visible(other.connection) for other in before if other.alive))
    return (
        f"takes over if {' and '.join(first)} fail"
        if len(first) > 1
        else f"takes over if {first[0]} fails"
        if first
        else "not used"
    )


def amount(changes: Sequence[Change]) -> str:
    """`2 networks (512 addresses)`."""
    return f"{count(len(changes), 'network')} ({sum(one.addresses for one in changes):,} addresses)"


def headline(change: Diff) -> str:
    """What a change does, in one line."""
    from vcolint.report.routing import KINDS

    found = [f"{kind}: {amount(changes)}" for kind in KINDS if (changes := change.of(kind))]
    unchecked = max(change.unchecked_before, change.unchecked_after)
    if not unchecked:
        return "; ".join(found) or "no change in routing"
    return "; ".join([*(found or ["no known change in routing"]), f"{count(unchecked, 'network')} not known"])


def sentence(one: Change) -> str:
    """What happens to one network."""
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    if one.kind == "weaker":
        return f"{one.cidr}: {after} carries it; it no longer survives a single failure"
    if one.kind == "stronger":
        return f"{one.cidr}: {after} carries it; it survives a single failure now"
    return f"{one.cidr}: {before} -> {after}"


def heaviest(change: Diff) -> list[tuple[str, Change]]:
    """The changes with their domains, the heaviest first."""
    from vcolint.report.routing import KINDS

    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    return sorted(found, key=lambda item: (KINDS.index(item[1].kind), -item[1].addresses))


def diff(change: Diff, *, color: bool = False) -> str:
    """The heaviest changes first, and the findings that the change brings and mends."""
    lines = [f"compared with commit {change.base}"] if change.base else []
    lines.append(headline(change))
    listed = heaviest(change)
    for name, one in listed[:_MOST_CHANGES]:
        line = f"  {one.kind:<8}  {sentence(one)}  [{visible(name)}]"
        lines.append(f"{_RED}{line}{_RESET}" if color and one.kind in ("lost", "weaker") else line)
    if len(listed) > _MOST_CHANGES:
        lines.append(f"  and {len(listed) - _MOST_CHANGES} more")
    for label, findings in (("new finding", change.new_findings), ("fixed finding", change.fixed_findings)):
        for finding in findings[:_MOST_CHANGES]:
            lines.append(f"{label}: {place(finding.location)}: {finding.code} {visible(finding.message)}")
    lines.append(_WEIGHTS[change.weights])
    return "".join(f"{line}\n" for line in lines)
