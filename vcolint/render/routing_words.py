"""The sentences about tables, traces and diffs. Every text here is safe for a terminal or a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from vcolint.locale import say, tr
from vcolint.text.visible import visible
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.change import Change, Missing
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Destination, OtherRoute, Paths, Trace

_MOST_NAMED = 10  # destinations that the foot names
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_TAKEOVERS = 2  # carriers for each of which a cell says who takes over
# Each for one, and for several.
_NUMBERED_TEMPLATES = {
    "surviving": ("{all}; {number} survives {failure}", "{all}; {number} survive {failure}"),
    "failing": ("{sentence}, {number} does not: {names}", "{sentence}, {number} do not: {names}"),
    "unknown": ("{sentence}; {number} is not known yet", "{sentence}; {number} are not known yet"),
    "covered": (
        "{sentence}; {number} lies wholly in more specific ones",
        "{sentence}; {number} lie wholly in more specific ones",
    ),
    "unplaced": (
        "{number} more destination is not known yet",
        "{number} more destinations are not known yet",
    ),
    "left out": (
        "{number} entry is left out: vcolint check says why",
        "{number} entries are left out: vcolint check says why",
    ),
    # Routes that nothing makes that was read.
    "learned": (
        "{number} learned route is in no table: {names}; the longest prefix wins",
        "{number} learned routes are in no table: {names}; the longest prefix wins",
    ),
    "automatic": (
        "{number} automatic route is in no table: {names}; the longest prefix wins",
        "{number} automatic routes are in no table: {names}; the longest prefix wins",
    ),
    # What a change does.
    "lost": ("loses {network}, which {before} carried", "loses {what}"),
    "weaker": ("{network} loses its backup", "{what} lose their backup"),
    "moved": ("moves {network} from {before} to {after}", "moves {what}"),
    "new": ("adds {network} on {after}", "adds {what}"),
    "stronger": ("{network} survives a single failure now", "{what} survive a single failure now"),
    "unbacked": ("{number} of them loses its backup", "{number} of them lose their backup"),
}


def numbered(name: str, number: int, **values: object) -> str:
    """The template for one, or that for several, filled in."""
    return tr(_NUMBERED_TEMPLATES[name][number != 1], number=number, **values)


def carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """Who carries something, in words."""
    if carriers is None:
        return tr("not known")
    names = _first([*map(visible, carriers[: _MOST_CARRIERS + 1])], _MOST_CARRIERS, len(carriers))
    if blackhole:
        return tr("{names} (partly lost)", names=names) if names else tr("lost (black hole)")
    return names or tr("nobody")


def _first(named: Sequence[str], most: int, number: int) -> str:
    """The first of `number` destinations or connections, and how many more there are."""
    names = ", ".join(named[:most])
    return (
        tr("{names} and {number} more", names=names, number=f"{number - most:,}") if number > most else names
    )


def carriers(one: Destination) -> str:
    """Who carries a destination, in words."""
    if not one.effective:
        return tr("more specific destinations")
    return carried(one.carriers, blackhole=one.blackhole)


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
    later = [carried(failure.carriers, blackhole=failure.blackhole) for failure in one.failures]
    if len(later) == 1:
        return later[0]
    return "; ".join(f"{visible(one.down)}: {text}" for one, text in zip(one.failures, later, strict=True))


def written_at(destinations: Sequence[Destination]) -> list[str]:
    """Where each destination is written. Where several have the same line, as in a plan, with the address."""
    routes = [one.routes[0] for one in destinations]
    lines = [f"{visible(one.location.file)}:{one.location.line}" for one in routes]
    shared = Counter(lines)
    return [
        f"{line} {visible(one.address)}" if shared[line] > 1 and one.address else line
        for line, one in zip(lines, routes, strict=True)
    ]


def survival(table: Paths) -> str:
    """How many destinations survive a failure, and which do not."""
    total, verdicts = table.destinations, list(table.verdicts)
    if not total:
        return tr("There is no destination.")
    everywhere = Counter(cidr for cidr, _, _ in verdicts)
    failing: dict[str, list[str]] = {}  # by destination: the domains in which it does not survive
    for cidr, domain, survives in verdicts:
        if survives is False:
            failing.setdefault(cidr, []).append(domain)
    named = [_in_domains(cidr, found, everywhere[cidr]) for cidr, found in failing.items()]
    surviving, lost = (sum(one is wanted for _, _, one in verdicts) for wanted in (True, False))
    told = count(total, "destination")
    if surviving or lost:
        failure = say("one more failure") if table.down else say("any single failure")
        told = numbered("surviving", surviving, all=told, failure=failure)
    names = _first(named, _MOST_NAMED, len(named))
    for number, name in (
        (lost, "failing"),
        (len(verdicts) - surviving - lost, "unknown"),
        (total - len(verdicts), "covered"),
    ):
        if number:
            told = numbered(name, number, sentence=told, names=names)
    return told


def _in_domains(cidr: str, domains: Sequence[str], everywhere: int) -> str:
    """A network that fails in some of the `everywhere` many routing domains that have it, such as those of
    two environments."""
    if everywhere == 1:
        return cidr
    if len(domains) == 1:
        return tr("{network} in {domain}", network=cidr, domain=visible(domains[0]))
    return tr("{network} (in {number} routing domains)", network=cidr, number=len(domains))


def outside(result: Paths | Trace) -> Iterator[str]:
    """A line about other routes of each kind, and one about entries that are in no table."""
    yield from other_routes(result.other_routes)
    if result.left_out:
        yield numbered("left out", result.left_out)


def other_routes(routes: Sequence[OtherRoute]) -> Iterator[str]:
    """A line about the routes of each kind that are in no table."""
    for kind in ("learned", "automatic"):
        named = [f"{one.cidr} ({visible(one.connection)})" for one in routes if one.kind == kind]
        if named:
            yield numbered(kind, len(named), names=_first(named, _MOST_NAMED, len(named)))


def nobody_carries(found: Trace) -> str:
    """That no route could carry the query; of routes that are in no table, nothing is claimed."""
    if found.other_routes:
        return tr("No route in a table carries {network}.", network=found.query)
    if found.unplaced or found.left_out:
        return tr("No known route carries {network}.", network=found.query)
    return tr("No VCO route carries {network}.", network=found.query)


def headline(change: Diff) -> str:
    """What a change does, in one line: networks and addresses a kind."""
    return _with_unknown(
        change,
        [tr("{label}: {text}", label=tr(kind), text=_amount(found)) for kind, found in change.kinds.items()],
    )


def in_words(change: Diff) -> str:
    """What a change does, in one line of words: a single network of a kind by name."""
    told = []
    for kind, found in change.kinds.items():
        before, after = carried(found[0].before.carriers), carried(found[0].after.carriers)
        values = {"network": found[0].cidr, "before": before, "after": after, "what": _amount(found)}
        told.append(numbered(kind, len(found), **values))
        unbacked = sum(one.weakens for one in found)
        if unbacked and kind == "moved":
            alone = len(found) == 1
            told.append(tr("it loses its backup") if alone else numbered("unbacked", unbacked))
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


def missing(one: Missing) -> str:
    """A part of an expectation that does not happen."""
    declared = one.expectation
    values = {"network": one.cidr, "kind": declared.kind, "place": visible(declared.place)}
    if declared.to:
        return tr("{network}: expected {kind} to {to} ({place})", to=carried(declared.to), **values)
    return tr("{network}: expected {kind} ({place})", **values)


def afterwards(one: Change) -> str:
    """Who carries a network after the change, in words."""
    after = carried(one.after.carriers)
    if one.kind == "stronger":
        return tr("{carriers} (survives a single failure now)", carriers=after)
    if one.weakens:
        return tr("{carriers} (no longer survives a single failure)", carriers=after)
    return after
