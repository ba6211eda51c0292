"""What the tables of paths, traces and diffs say, in the same words in text, Markdown and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

from vcolint.locale import say, tr
from vcolint.text.visible import visible
from vcolint.text.wording import count, listed

if TYPE_CHECKING:
    from vcolint.report.change import Change, Missing
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Candidate, Destination, OtherRoute, Part, Paths, Trace

_MOST_NAMED = 10  # destinations that the foot names
_MOST_CARRIERS = 8  # connections that a cell names
_MOST_BEFORE = 3  # connections that are named as having to fail first
WEIGHT_TEMPLATES = {
    "honoured": "Weights are taken at their word; a transit router may ignore them (VCO403).",
    "ignored": "Weights are ignored: routes to one destination share its traffic.",
}
# How many destinations survive, and how many do not. "it": there is only this one.
_SURVIVING_TEMPLATES = {
    "it": "{all}; it survives {failure}",
    "all": "{all}; all survive {failure}",
    "one": "{all}; 1 survives {failure}",
    "many": "{all}; {number} survive {failure}",
}
_FAILING_TEMPLATES = {
    "it": "{all}; it does not survive {failure}: {names}",
    "all": "{all}; none survives {failure}: {names}",
    "one": "{all}; 1 does not survive {failure}: {names}",
    "many": "{all}; {number} do not survive {failure}: {names}",
}
_OTHERS_TEMPLATES = {
    "one": "{sentence}, 1 does not: {names}",
    "many": "{sentence}, {number} do not: {names}",
}
_UNKNOWN_TEMPLATES = {
    "one": "{sentence}; 1 is not known yet",
    "many": "{sentence}; {number} are not known yet",
}
_COVERED_TEMPLATES = {
    "one": "{sentence}; 1 lies wholly in more specific ones",
    "many": "{sentence}; {number} lie wholly in more specific ones",
}
_UNPLACED_TEMPLATES = {
    "one": "1 more destination is not known yet",
    "many": "{number} more destinations are not known yet",
}
_LEFT_OUT_TEMPLATES = {
    "one": "1 entry is left out: vcolint check says what is wrong with it",
    "many": "{number} entries are left out: vcolint check says what is wrong with them",
}
_DUPLICATE_TEMPLATES = {
    "one": "1 duplicate is left out: the earlier entry counts (VCO201)",
    "many": "{number} duplicates are left out: the earlier entries count (VCO201)",
}
# Routes that nothing makes that was read.
_OTHER_TEMPLATES = {
    "learned one": "1 learned route is in no table: {names}; the longest prefix wins",
    "learned many": "{number} learned routes are in no table: {names}; the longest prefix wins",
    "automatic one": "1 automatic route is in no table: {names}; the longest prefix wins",
    "automatic many": "{number} automatic routes are in no table: {names}; the longest prefix wins",
}
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
_UNBACKED_TEMPLATES = {
    "it": "{moves}; it loses its backup",
    "all": "{moves}; they lose their backup",
    "one": "{moves}; 1 of them loses its backup",
    "many": "{moves}; {number} of them lose their backup",
}


def carried(carriers: Sequence[str] | None, *, blackhole: bool = False) -> str:
    """Who carries something, in words."""
    if carriers is None:
        return tr("not known")
    names = ", ".join(map(visible, carriers[:_MOST_CARRIERS]))
    if len(carriers) > _MOST_CARRIERS:
        names = tr("{names} and {number} more", names=names, number=f"{len(carriers) - _MOST_CARRIERS:,}")
    if blackhole:
        return tr("{names} (partly lost)", names=names) if names else tr("lost (black hole)")
    return names or tr("nobody")


def carriers(one: Destination) -> str:
    """Who carries a destination, in words."""
    return (
        carried(one.carriers, blackhole=one.blackhole) if one.effective else tr("more specific destinations")
    )


def takeover(one: Destination) -> str:
    """Who takes over after the failure of a connection, in words."""
    if not one.effective:
        return "-"
    if one.failures is None:
        return tr("the others (partly lost)") if one.survives is False else tr("the others")
    if not one.failures:
        return "-"
    if len(one.failures) > 2:
        lossy = [visible(failure.down) for failure in one.failures if failure.blackhole]
        if len(lossy) == len(one.failures):
            return tr("the others (partly lost)")
        return (
            tr("the others (partly lost after {names})", names=", ".join(lossy))
            if lossy
            else tr("the others")
        )
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
    failing = [(cidr, domain) for cidr, domain, survives in verdicts if survives is False]
    surviving = sum(survives is True for _, _, survives in verdicts)
    every = count(total, "destination")
    everywhere = Counter(cidr for cidr, _, _ in verdicts)
    domains: dict[str, list[str]] = {}
    for cidr, domain in failing:
        domains.setdefault(cidr, []).append(domain)
    named = [_in_domains(cidr, found, everywhere[cidr]) for cidr, found in domains.items()]
    names = _first(named)
    any_one, a_single = say("any single failure"), say("a single failure")
    if table.down:
        any_one = a_single = say("one more failure")
    told = every
    if surviving:
        form = _form(surviving, total)
        told = tr(_SURVIVING_TEMPLATES[form], all=told, number=surviving, failure=any_one)
    if surviving and failing:
        form = _form(len(failing))
        told = tr(_OTHERS_TEMPLATES[form], sentence=told, number=len(failing), names=names)
    elif failing:
        form = _form(len(failing), total)
        told = tr(_FAILING_TEMPLATES[form], all=told, number=len(failing), failure=a_single, names=names)
    unknown, covered = len(verdicts) - surviving - len(failing), total - len(verdicts)
    for number, templates in ((unknown, _UNKNOWN_TEMPLATES), (covered, _COVERED_TEMPLATES)):
        if number:
            form = _form(number)
            told = tr(templates[form], sentence=told, number=number)
    return told


def _first(named: Sequence[str]) -> str:
    """The first of some destinations or routes, and how many more there are."""
    names = ", ".join(named[:_MOST_NAMED])
    if len(named) > _MOST_NAMED:
        names = tr("{names} and {number} more", names=names, number=len(named) - _MOST_NAMED)
    return names


def _in_domains(cidr: str, domains: Sequence[str], everywhere: int) -> str:
    """A network that fails in some of the `everywhere` many routing domains that have it, such as those of
    two environments."""
    if everywhere == 1:
        return cidr
    if len(domains) == 1:
        return tr("{network} in {domain}", network=cidr, domain=visible(domains[0]))
    return tr("{network} (in {number} routing domains)", network=cidr, number=len(domains))


def _form(number: int, total: int = 0) -> str:
    """The form of a template that fits a number, out of `total` where that is given."""
    if number == total:
        return "it" if total == 1 else "all"
    return "one" if number == 1 else "many"


def outside(result: Paths | Trace) -> Iterator[str]:
    """What is in no table, if there is anything: a line about each of other routes, entries that are wrong,
    duplicates, and routes whose destination is not known."""
    yield from other_routes(result.other_routes)
    counted = (
        (result.left_out, _LEFT_OUT_TEMPLATES),
        (result.duplicates, _DUPLICATE_TEMPLATES),
        (len(result.unplaced), _UNPLACED_TEMPLATES),
    )
    for number, templates in counted:
        if number:
            form = _form(number)
            yield tr(templates[form], number=number)


def nobody_carries(found: Trace) -> str:
    """That no route could carry the query; of routes that are in no table, nothing is claimed."""
    if found.other_routes:
        return tr("No route in a table carries {network}.", network=found.query)
    if found.complete:
        return tr("No VCO route carries {network}.", network=found.query)
    return tr("No known route carries {network}.", network=found.query)


def other_routes(routes: Sequence[OtherRoute]) -> Iterator[str]:
    """A line about the routes of each kind that are in no table."""
    for kind in ("learned", "automatic"):
        named = [f"{one.cidr} ({visible(one.connection)})" for one in routes if one.kind == kind]
        if named:
            form = f"{kind} {_form(len(named))}"
            yield tr(_OTHER_TEMPLATES[form], names=_first(named), number=len(named))


def reasons(part: Part) -> Iterator[tuple[int, Candidate, str]]:
    """Each route with its number, and what makes it the choice, or what has to fail first."""
    numbers: dict[str, int] = {}  # the connections that come first and are up, each with its first route
    failed: dict[str, None] = {}  # those that come first and are down
    backups = {one.cidr for one in part.candidates if one.weight == 0 and one.alive}
    vague = {one.cidr for one in part.candidates if one.weight is None and part.weighted}
    staying: tuple[str, bool] | None = None  # the first connection that keeps its route, and whether it is up

    def why(one: Candidate, name: str) -> str:
        if not one.alive:
            return _down(one, known=part.carriers is not None)
        if one.carries:
            return _chosen(failed, part.weighted and one.weight == 100 and one.cidr in backups)
        if part.carriers is None and one.draws:
            return tr("may carry it: not known yet")
        if name in numbers:
            return tr(
                "never used: route {number} is on the same connection and comes first", number=numbers[name]
            )
        if staying is not None:
            stays, up = staying
            if up:
                return tr("does not take over: {name} keeps its route when it fails", name=stays)
            return tr("not used while the route of {name} stays", name=stays)
        if one.cidr in vague and one.weight != 100:
            return tr("may take over: not known yet")
        return _takes_over(numbers)

    # Routes of one rank share the traffic: none of them comes before another.
    for _, tied in groupby(enumerate(part.candidates, 1), lambda item: part.rank(item[1])):
        rank = [(number, one, visible(one.connection)) for number, one in tied]
        for number, one, name in rank:
            yield number, one, why(one, name)
        for number, one, name in rank:
            if one.keeps and staying is None:
                staying = name, one.alive
            if one.alive:
                numbers.setdefault(name, number)
            else:
                failed[name] = None


def _down(one: Candidate, *, known: bool) -> str:
    """What the failure of a route's connection means. `known`: whether it is known where the traffic goes."""
    if not one.keeps:
        return tr("down")
    if one.draws and known:
        return tr("down, but its route stays: traffic is lost")
    return tr("down, but its route stays")


def _chosen(failed: Collection[str], weighted: bool) -> str:
    """Why a route carries the traffic."""
    if len(failed) > _MOST_BEFORE:
        number = f"{len(failed):,}"
        return tr("carries it in place of the {number} connections before it, which are down", number=number)
    if failed:
        return tr("carries it in place of {names}", names=listed(list(failed)))
    if weighted:
        return tr("carries it: longest prefix, weight 100 before 0")
    return tr("carries it: longest prefix")


def _takes_over(before: Collection[str]) -> str:
    """What has to fail for a route to carry the traffic."""
    if len(before) > _MOST_BEFORE:
        return tr("takes over if the {number} connections before it fail", number=f"{len(before):,}")
    if len(before) == 1:
        return tr("takes over if {name} fails", name=next(iter(before)))
    return tr("takes over if {names} fail", names=listed(list(before)))


def amount(changes: Sequence[Change]) -> str:
    """`2 networks (512 addresses)`."""
    number = f"{sum(one.addresses for one in changes):,}"
    return tr("{networks} ({number} addresses)", networks=count(len(changes), "network"), number=number)


def headline(change: Diff) -> str:
    """What a change does, in one line: networks and addresses a kind."""
    from vcolint.model.settings import KINDS

    found = [
        tr("{label}: {text}", label=tr(kind), text=amount(changes))
        for kind in KINDS
        if (changes := change.of(kind))
    ]
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
        unbacked = sum(one.weakens for one in changes)
        if unbacked and kind == "moved":
            form = _form(unbacked, len(changes))
            found[-1] = tr(_UNBACKED_TEMPLATES[form], moves=found[-1], number=unbacked)
    return _with_unknown(change, found)


def _alone(one: Change) -> str:
    before, after = carried(one.before.carriers), carried(one.after.carriers)
    return tr(_ALONE_TEMPLATES[one.kind], network=one.cidr, before=before, after=after)


def _with_unknown(change: Diff, found: Sequence[str]) -> str:
    if change.unchecked:
        not_known = tr("{networks} not known", networks=count(change.unchecked, "network"))
        found = [*(found or [tr("no known change in routing")]), not_known]
    elif not found:
        return tr("no change in routing")
    return reduce(lambda one, other: tr("{one}; {other}", one=one, other=other), found)


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
    moved = f"{one.cidr}: {before} -> {after}"
    return tr("{moved}; it no longer survives a single failure", moved=moved) if one.weakens else moved


def unknown_networks(change: Diff) -> list[tuple[str, str]]:
    """The networks that may change or not, each with its domain and why that is not known."""
    return [
        (visible(one.domain), tr("{where}: {reason}", where=one.cidr, reason=visible(tr(one.reason))))
        for one in change.not_known
    ]


def afterwards(one: Change) -> str:
    """Who carries a network after the change, in words."""
    after = carried(one.after.carriers)
    return tr("{carriers}, without a backup", carriers=after) if one.weakens else after


def heaviest(change: Diff) -> list[tuple[str, Change]]:
    """The changes with their domains, the heaviest first."""
    from vcolint.model.settings import KINDS

    found = [(domain.name, one) for domain in change.domains for one in domain.changes]
    return sorted(found, key=lambda item: (KINDS.index(item[1].kind), -item[1].addresses))
