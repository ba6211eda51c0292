"""Turns what readers and checks found into findings and unchecked values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vcolint.checks import Doubt, Hit, Other
from vcolint.engine.evaluate import Outcome, left_out
from vcolint.engine.rule import Rule
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.report.finding import (
    Finding,
    Related,
    Shared,
    Unchecked,
    address_of,
    environments_of,
    origin_of,
)
from vcolint.text.source import Problem
from vcolint.text.value import Location, Unknown


def problem_finding(shared: Shared, rule: Rule, message: str, location: Location) -> Finding:
    """A finding about the input that does not belong to an entry."""
    return Finding(shared, rule, Hit(-1, None, {"problem": message}, place=location), None)


def live_problems(shared: Shared, rules: Mapping[str, Rule], reading: Reading) -> Iterator[Finding]:
    """Findings about a live snapshot itself."""
    by_kind = _reading_rules(rules)
    for problem in reading.problems:
        yield problem_finding(shared, by_kind[problem.kind], problem.message, problem.location)


def _reading_rules(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    return {rule.parameters["problem"]: rule for rule in rules.values() if rule.check == "reading"}


def problems(shared: Shared, rules: Mapping[str, Rule], outcome: Outcome) -> Iterator[Finding]:
    """Findings about the input itself. A problem that all instances of a block share is one finding, and so
    are all problems that one rule has with one entry."""
    routes, by_kind = outcome.routes, _reading_rules(rules)
    out = {kind: left_out(routes, rule) for kind, rule in by_kind.items()}
    for reading, entries in routes.spans:
        same: dict[tuple[Any, ...], tuple[Problem, dict[int, None]]] = {}
        for problem in reading.problems:
            number = None if problem.entry is None else entries[problem.entry]
            if number in out[problem.kind]:
                continue
            origin = None if number is None else origin_of(routes, number, problem.field)
            key = (problem.kind, problem.message, problem.location, origin)
            touched = same.setdefault(key, (problem, {}))[1]
            if number is not None:
                touched[number] = None
        found = []
        for problem, touched in same.values():
            others = tuple(Other(message, location=place) for message, place in problem.related)
            said, place = {"problem": problem.message}, problem.location
            hit = Hit(next(iter(touched), -1), problem.field, said, others, place=place)
            found.append(Finding(shared, by_kind[problem.kind], hit, routes, tuple(touched)))
        yield from _one_an_entry(found)


def hits(shared: Shared, rules: Mapping[str, Rule], outcome: Outcome) -> Iterator[Finding]:
    """Findings of the rules; findings about a value that many entries share are joined."""
    routes = outcome.routes
    for code, found in outcome.hits.items():
        rule = rules[code]
        if rule.finding_per == "value":
            yield from _joined(shared, rule, routes, found)
        else:
            for hit in found:
                yield Finding(shared, rule, hit, routes, () if hit.place is not None else (hit.entry,))


def _joined(shared: Shared, rule: Rule, routes: RouteSet, found: Iterable[Hit]) -> Iterator[Finding]:
    same: dict[Any, tuple[Hit, dict[int, None]]] = {}
    for hit in found:
        key: Any = hit.entry
        if hit.field is not None:
            places = routes.location(hit.entry, hit.field), origin_of(routes, hit.entry, hit.field)
            key = (hit.field, places, repr(routes.value(hit.entry, hit.field)))
        same.setdefault(key, (hit, {}))[1][hit.entry] = None
    made = [Finding(shared, rule, hit, routes, tuple(touched)) for hit, touched in same.values()]
    yield from _one_an_entry(made)


def _one_an_entry(found: Iterable[Finding]) -> Iterator[Finding]:
    """At most one finding for each rule and entry: at a value rather than at the entry as a whole. The others
    become related places."""
    together: dict[Any, list[Finding]] = {}
    for one in found:
        together.setdefault((one.code, one.entries) if one.entries else one, []).append(one)
    for same in together.values():
        routes, first = same[0].routes, same[0]
        if len(same) > 1 and routes is not None:
            whole = routes.location(first.entries[0])
            first, *others = sorted(same, key=lambda one: one.location == whole)
            for other in others:
                first.more += (Related(other.message, other.location),)
                first.more += tuple(one._replace(origin=False) for one in other.related)
        yield first


def crash(shared: Shared, rule: Rule, routes: RouteSet, crashed: Rule, error: str) -> Finding:
    """VCO008: a rule that failed on this input."""
    file = next((file for reading in routes.readings for file in reading.files), "<input>")
    told = say("{code} {name} crashed: {error}", code=crashed.code, name=crashed.name, error=error)
    return problem_finding(shared, rule, told, Location(file, 1, 1, 1, 1))


def unknowns(
    shared: Shared, rule: Rule, routes: RouteSet, unchecked: Iterable[tuple[int, Unchecked]]
) -> Iterator[Finding]:
    """VCO004: a finding for each unknown value, and for everything that could not be listed."""
    for entry, item in unchecked:
        told = say("{field} is unknown: {reason}", field=item.field, reason=item.reason)
        yield Finding(shared, rule, Hit(entry, item.field, {"problem": told}), routes, (entry,))
    for reading in routes.readings:
        for unlisted in reading.unlisted:
            address = unlisted.address or say("something here")
            told = say("cannot list {address}: {reason}", address=address, reason=unlisted.reason)
            finding = problem_finding(shared, rule, told, unlisted.location)
            finding.address, finding.root = unlisted.address, reading.root
            finding.environments = environments_of(reading.environment)
            yield finding


# -- what was not checked ---------------------------------------------------------------------------------


def unchecked_values(routes: RouteSet) -> Iterator[tuple[int, Unchecked]]:
    """The unknown values, with the numbers of their entries. A value that many entries share is listed once,
    unless they have addresses of their own. The region of a provider is always listed once."""
    seen: set[tuple[Any, ...]] = set()
    for field in FIELDS:
        column = routes.column(field)
        if Unknown not in routes.kinds(field):
            continue
        for entry, value in enumerate(column):
            if isinstance(value, Unknown) and not value.reported:
                provider = value.reference if field == "RegionId" else None
                item = _unchecked(routes, entry, field, value.reason)
                item = item if provider is None else item._replace(address=None)
                key = (item.address, provider, item.root, routes.location(entry, field), field)
                if key not in seen:
                    seen.add(key)
                    yield entry, item


def secret_destinations(routes: RouteSet) -> Iterator[Unchecked]:
    """The sensitive destinations, which no table may show."""
    for entry, field, _ in routes.sensitive:
        if field == "RouteDest":
            yield _unchecked(routes, entry, field, say("a sensitive value is not shown"))


def doubt_unchecked(routes: RouteSet, doubt: Doubt) -> Unchecked:
    """A value that a rule could not decide about."""
    if doubt.place is not None:
        about = doubt.place.file, doubt.place.line, None, doubt.field, doubt.reason
        return Unchecked(*about, None, environments_of(routes.environment))
    return _unchecked(routes, doubt.entry, doubt.field, doubt.reason)


def _unchecked(routes: RouteSet, entry: int, field: str | None, reason: str) -> Unchecked:
    place, reading = routes.location(entry, field), routes.place(entry)[0]
    about = place.file, place.line, address_of(routes, entry), field, reason
    return Unchecked(*about, reading.root, environments_of(reading.environment))


def unlisted(reading: Reading) -> Iterator[Unchecked]:
    """Blocks that would hold entries but could not be listed."""
    for item in reading.unlisted:
        about = item.location.file, item.location.line, item.address, None, item.reason
        yield Unchecked(*about, reading.root, environments_of(reading.environment))
