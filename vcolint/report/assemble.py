"""Turns what readers and checks found into findings and unchecked values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.engine.evaluate import Outcome, left_out
from vcolint.engine.rule import Rule
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.report.finding import Finding, Related, Shared, Unchecked, address_of, environments_of, origin_of
from vcolint.text.value import Location, Unknown

_Rules = Mapping[str, Rule]


def problem_finding(shared: Shared, rule: Rule, message: str, location: Location) -> Finding:
    """A finding about the input that does not belong to an entry."""
    return Finding(shared, rule, Hit(-1, None, {"problem": message}, place=location), None)


def reading_rules(rules: _Rules) -> dict[str, Rule]:
    """The rules about problems of readings, by the kind of problem."""
    return {rule.parameters["problem"]: rule for rule in rules.values() if rule.check == "reading"}


def findings(shared: Shared, rules: _Rules, outcome: Outcome, selected: frozenset[str]) -> Iterator[Finding]:
    """What the selected rules find in a set: about the input itself, about entries, and crashes (VCO008)."""
    routes = outcome.routes
    yield from _joined(shared, routes, _problems(rules, routes))
    if "VCO004" in selected:
        yield from _unknowns(shared, rules["VCO004"], routes)
    for code, found in outcome.hits.items():
        if not found or code not in selected:
            continue
        rule = rules[code]
        if rule.finding_per == "value":
            yield from _joined(shared, routes, ((rule, _value_key(routes, hit), hit) for hit in found))
        else:
            for hit in found:
                yield Finding(shared, rule, hit, routes, () if hit.place is not None else (hit.entry,))
    start = Location(next((file for one in routes.readings for file in one.files), "<input>"), 1, 1, 1, 1)
    for code in sorted(outcome.crashed.keys() & selected):
        name, error = rules[code].name, outcome.crashed[code]
        told = say("{code} {name} crashed: {error}", code=code, name=name, error=error)
        yield problem_finding(shared, rules["VCO008"], told, start)


def _problems(rules: _Rules, routes: RouteSet) -> Iterator[tuple[Rule, object, Hit]]:
    """The problems of the readings. All instances of a block share one."""
    if not any(reading.problems for reading in routes.readings):
        return
    by_kind = reading_rules(rules)
    out = {kind: left_out(routes, rule) for kind, rule in by_kind.items()}
    for reading, entries in routes.spans:
        for kind, message, location, index, field, related in reading.problems:
            entry = -1 if index is None else entries[index]
            if entry not in out[kind]:
                origin = None if index is None else origin_of(routes, entry, field)
                others = tuple(Other(told, location=place) for told, place in related)
                hit = Hit(entry, field, {"problem": message}, others, place=location)
                yield by_kind[kind], (message, location, origin), hit


def _value_key(routes: RouteSet, hit: Hit) -> object:
    """What is the same for all entries that share the value of a hit."""
    if hit.field is None:
        return hit.entry
    place, origin = routes.location(hit.entry, hit.field), origin_of(routes, hit.entry, hit.field)
    return hit.field, place, origin, repr(routes.value(hit.entry, hit.field))


def _joined(shared: Shared, routes: RouteSet, found: Iterable[tuple[Rule, object, Hit]]) -> Iterator[Finding]:
    """One finding for each rule and key, about all entries with that key. If a rule has several about the
    same entries, they become one: at a value rather than at the entry as a whole, with the others as related
    places."""
    same: dict[Any, tuple[Rule, Hit, dict[int, None]]] = {}
    for rule, key, hit in found:
        entries = same.setdefault((rule.code, key), (rule, hit, {}))[2]
        if hit.entry >= 0:
            entries[hit.entry] = None
    together: dict[Any, list[Finding]] = {}
    for key, (rule, hit, entries) in same.items():
        one = Finding(shared, rule, hit, routes, tuple(entries))
        together.setdefault((rule.code, one.entries) if entries else key, []).append(one)
    for members in together.values():
        first, *others = members
        if others:
            whole = routes.location(first.entries[0])
            first, *others = sorted(members, key=lambda one: one.location == whole)
        for other in others:
            first.more += (Related(other.message, other.location),)
            first.more += tuple(one._replace(origin=False) for one in other.related)
        yield first


def _unknowns(shared: Shared, rule: Rule, routes: RouteSet) -> Iterator[Finding]:
    """VCO004: a finding for each unknown value, and for everything that could not be listed."""
    for entry, item in unchecked_values(routes):
        told = say("{field} is unknown: {reason}", field=item.field, reason=item.reason)
        yield Finding(shared, rule, Hit(entry, item.field, {"problem": told}), routes, (entry,))
    for item, location in unlisted(routes):
        what = item.address or say("some routes")
        told = say("cannot list {address}: {reason}", address=what, reason=item.reason)
        finding = problem_finding(shared, rule, told, location)
        finding.address, finding.root, finding.environments = item.address, item.root, item.environments
        yield finding


# -- what was not checked ---------------------------------------------------------------------------------


def unchecked(outcome: Outcome, selected: frozenset[str]) -> Iterator[Unchecked]:
    """What was not checked in a set: unknown values, doubts of the selected rules, unlisted blocks."""
    routes = outcome.routes
    yield from (item for _, item in unchecked_values(routes))
    doubts = (_doubtful(routes, doubt) for code, doubt in outcome.doubts if code in selected)
    yield from dict.fromkeys(doubts)
    yield from (item for item, _ in unlisted(routes))


def unchecked_values(routes: RouteSet) -> Iterator[tuple[int, Unchecked]]:
    """The unknown values, with the numbers of their entries. A value that many entries share is listed once,
    unless they have addresses of their own. The region of a provider is always listed once."""
    seen: set[tuple[Any, ...]] = set()
    for field in FIELDS:
        for entry, value in enumerate(routes.column(field)) if Unknown in routes.kinds(field) else ():
            if isinstance(value, Unknown) and not value.reported:
                provider = value.reference if field == "RegionId" else None
                item = unchecked_value(routes, entry, field, value.reason)
                item = item if provider is None else item._replace(address=None)
                key = (item.address, provider, item.root, routes.location(entry, field), field)
                if key not in seen:
                    seen.add(key)
                    yield entry, item


def unlisted(routes: RouteSet) -> Iterator[tuple[Unchecked, Location]]:
    """What would hold entries but could not be listed."""
    for reading in routes.readings:
        for address, reason, location in reading.unlisted:
            about = location.file, location.line, address, None, reason
            yield Unchecked(*about, reading.root, environments_of(reading.environment)), location


def _doubtful(routes: RouteSet, doubt: Doubt) -> Unchecked:
    """A value that a rule could not decide about."""
    entry, field, reason, place = doubt
    if place is None:
        return unchecked_value(routes, entry, field, reason)
    environments = environments_of(routes.environment)
    return Unchecked(place.file, place.line, None, field, reason, None, environments)


def unchecked_value(routes: RouteSet, entry: int, field: str | None, reason: str) -> Unchecked:
    """A value of an entry that was not checked, or with no field an entry."""
    place, reading = routes.location(entry, field), routes.place(entry)[0]
    about = place.file, place.line, address_of(routes, entry), field, reason
    return Unchecked(*about, reading.root, environments_of(reading.environment))
