"""From what readers and checks found to findings: places, messages, fingerprints, what was not checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit
from vcolint.engine.evaluate import Outcome, left_out
from vcolint.engine.rule import VARIABLE, Rule
from vcolint.locale import say, tr
from vcolint.model import network
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.report.finding import Finding, Related, Unchecked
from vcolint.text.source import Problem
from vcolint.text.value import SENSITIVE, Location, Unknown
from vcolint.text.wording import quoted, shortened

# Checks that find something about several entries: a value that these share says nothing of the last one.
_ABOUT_SEVERAL = frozenset({"unique", "agree", "count", "coverage", "backup"})
# Variables that say nothing of a sensitive value.
_HARMLESS = frozenset({"connection", "first", "field", "relation", "count", "min", "max", "live"})
_INSTANCE = r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]\Z"  # at the end of an address
_MOST_IDENTITIES = 20  # members of a group that are looked at for what stays the same
_MOST_RELATED = 100  # related places of one finding; further ones are counted


class Placed(NamedTuple):
    """A finding, and what a suppression has to know of it."""

    finding: Finding
    identity: tuple[str, str]  # what it is about, in any run: a file as seen from the config, and what there
    entries: tuple[int, ...]  # the numbers of those that it stands for; several share the value or the block
    hit: Hit | None  # for its fix
    routes: RouteSet | None


def problems_placed(routes: RouteSet, rules: Mapping[str, Rule], outcome: Outcome) -> Iterator[Placed]:
    """What is wrong with the input itself. What instances of one block share is one finding, and so is all
    that one rule has against one entry."""
    by_kind = _reading_rules(rules)
    out = {kind: left_out(outcome.routes, rule) for kind, rule in by_kind.items()}
    for reading, entries in routes.spans:
        shared: dict[tuple[Any, ...], list[Problem]] = {}
        for problem in reading.problems:
            number = None if problem.entry is None else entries[problem.entry]
            if number not in out[problem.kind]:
                origin = None if number is None else _origin(routes, number, problem.field)
                key = (problem.kind, problem.message, problem.location, origin)
                shared.setdefault(key, []).append(problem)
        found = []
        for same in shared.values():
            first = same[0]
            touched = dict.fromkeys(entries[one.entry] for one in same if one.entry is not None)
            found.append(_problem_placed(routes, by_kind[first.kind], first, tuple(touched)))
        yield from _one_an_entry(found)


def problem_finding(rule: Rule, message: str, location: Location, folder: str) -> Placed:
    """A finding about the input that is no entry's own; `folder` is the config's."""
    filled = _filled(rule, {"problem": message})
    identity = (stable_name(location.file, folder), message)
    return _placed(None, rule, (), filled, location, (), identity=identity)


def live_problems_placed(reading: Reading, rules: Mapping[str, Rule], folder: str) -> Iterator[Placed]:
    """What is wrong with a live snapshot itself."""
    by_kind = _reading_rules(rules)
    for problem in reading.problems:
        yield problem_finding(by_kind[problem.kind], problem.message, problem.location, folder)


def _reading_rules(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    return {rule.parameters["problem"]: rule for rule in rules.values() if rule.check == "reading"}


def _problem_placed(routes: RouteSet, rule: Rule, problem: Problem, entries: tuple[int, ...]) -> Placed:
    message = _filled(rule, {"problem": problem.message})
    if len(entries) > 1:
        message = say("{message} ({entries} entries)", message=message, entries=len(entries))
    origin = _origin(routes, entries[0], problem.field) if entries else None
    related = (*_written_here(origin), *(Related(*one) for one in problem.related))
    about = stable_name(problem.location.file, routes.config.folder), problem.message
    return _placed(
        routes,
        rule,
        entries,
        message,
        problem.location,
        related,
        identity=None if len(entries) == 1 else about,
    )


def hits_placed(outcome: Outcome, rules: Mapping[str, Rule]) -> Iterator[Placed]:
    """What the rules found; findings about a value that many entries share are joined."""
    routes = outcome.routes
    for code, hits in outcome.hits.items():
        rule = rules[code]
        if rule.finding_per == "value":
            yield from _joined(routes, rule, hits)
        else:
            for hit in hits:
                if hit.place is not None:
                    yield _elsewhere_placed(routes, rule, hit, hit.place)
                else:
                    yield _hit_placed(routes, rule, hit, (hit.entry,))


def _elsewhere_placed(routes: RouteSet, rule: Rule, hit: Hit, place: Location) -> Placed:
    """A finding about no entry: it stands in the config."""
    message = _filled(rule, hit.variables)
    identity = (stable_name(place.file, routes.config.folder), message)
    placed = _placed(routes, rule, (), message, place, (), witness=hit.witness, identity=identity)
    return placed._replace(routes=None)


def _joined(routes: RouteSet, rule: Rule, hits: list[Hit]) -> Iterator[Placed]:
    shared: dict[Any, list[Hit]] = {}
    for hit in hits:
        key: Any = hit.entry
        if hit.field is not None:
            places = routes.location(hit.entry, hit.field), _origin(routes, hit.entry, hit.field)
            key = (hit.field, places, repr(routes.value(hit.entry, hit.field)))
        shared.setdefault(key, []).append(hit)
    yield from _one_an_entry(
        _hit_placed(routes, rule, same[0], tuple(dict.fromkeys(hit.entry for hit in same)))
        for same in shared.values()
    )


def _one_an_entry(found: Iterable[Placed]) -> Iterator[Placed]:
    """A rule gives an entry one finding at most: at a value rather than at the entry as a whole. What else it
    has against it is related."""
    together: dict[Any, list[Placed]] = {}
    for one in found:
        together.setdefault((one.finding.code, one.entries) if one.entries else id(one), []).append(one)
    for same in together.values():
        if len(same) == 1:
            yield same[0]
            continue
        routes, number = same[0].routes, same[0].entries[0]
        whole = None if routes is None else routes.location(number)
        first, *others = sorted(same, key=lambda one: one.finding.location == whole)
        related = list(first.finding.related)
        for other in others:
            related.append(Related(other.finding.message, other.finding.location))
            related += (one._replace(origin=False) for one in other.finding.related)
        finding = first.finding._replace(related=tuple(dict.fromkeys(related))[:_MOST_RELATED])
        yield first._replace(finding=finding)


def _hit_placed(routes: RouteSet, rule: Rule, hit: Hit, entries: tuple[int, ...]) -> Placed:
    touched = [hit.entry, *(other.entry for other in hit.others if other.entry is not None)]
    secret = _sensitive(routes, touched, ("RouteDest",))
    hidden = secret or _sensitive(routes, touched, _told(rule, hit))
    harmless = _HARMLESS if secret else _HARMLESS | {"network"}
    variables = dict(hit.variables)
    block = routes.networks[hit.entry]
    if block is not None:
        variables.setdefault("network", network.text(block))
    variables.setdefault("count", len(entries))
    if hidden:
        variables = {name: value if name in harmless else SENSITIVE for name, value in variables.items()}
    message = _filled(rule, variables, lambda field: _told_value(routes, hit.entry, field))
    identity = hit_identity(routes, hit)
    if len(entries) > 1:
        # The value is what stays the same when one of its entries comes or goes.
        value = SENSITIVE if hidden else routes.value(hit.entry, hit.field or "")
        identity = (identity[0], f"{hit.field} {value}"[:200])
        message = say("{message} ({entries} entries)", message=message, entries=len(entries))
    places = (
        Related(
            SENSITIVE if hidden else other.message,
            other.location or _tightest(routes, rule, other.entry, other.field),  # type: ignore[arg-type]
        )
        for other in hit.others[:_MOST_RELATED]
        # What stands outside of the set may be the sensitive value once more, in plain sight.
        if not (hidden and other.location)
    )
    # Entries that share a value share its place.
    related = tuple(dict.fromkeys((*_written_here(_origin(routes, hit.entry, hit.field)), *places)))
    placed = _placed(
        routes,
        rule,
        entries,
        message,
        _place(routes, rule, hit.entry, hit.field),
        related[:_MOST_RELATED],
        witness=None if hidden else hit.witness,
        identity=identity,
    )
    return placed._replace(hit=None if hidden else hit)


def unknown_placed(routes: RouteSet, rule: Rule, unchecked: list[tuple[int, Unchecked]]) -> Iterator[Placed]:
    """VCO004: each value that is not known, as a finding."""
    for entry, item in unchecked:
        message = _filled(
            rule, {"problem": say("{field} is unknown: {reason}", field=item.field, reason=item.reason)}
        )
        yield _placed(routes, rule, (entry,), message, routes.location(entry, item.field), ())


def unlisted_placed(reading: Reading, rule: Rule, folder: str) -> Iterator[Placed]:
    """VCO004: what would hold entries, but could not be listed."""
    for item in reading.unlisted:
        message = say(
            "cannot list {address}: {reason}",
            address=item.address or say("something here"),
            reason=item.reason,
        )
        placed = problem_finding(rule, message, item.location, folder)
        finding = placed.finding._replace(
            address=item.address, root=reading.root, environments=_environments(reading.environment)
        )
        yield placed._replace(finding=finding)


def crash_placed(routes: RouteSet, rule: Rule, crashed: Rule, error: str) -> Placed:
    """VCO008: a rule that failed on this input."""
    file = next((file for reading in routes.readings for file in reading.files), "<input>")
    message = _filled(
        rule,
        {"problem": say("{code} {name} crashed: {error}", code=crashed.code, name=crashed.name, error=error)},
    )
    start = Location(file, 1, 1, 1, 1)
    return _placed(routes, rule, (), message, start, (), identity=("", crashed.code))


def unchecked_values(routes: RouteSet) -> Iterator[tuple[int, Unchecked]]:
    """The values that are not known, with the numbers of their entries. A value that many entries share
    is listed once, unless they have addresses of their own; the region of a provider always is."""
    seen: set[tuple[Any, ...]] = set()
    for field in FIELDS:
        column = routes.column(field)
        if Unknown not in routes.kinds(field):
            continue
        for entry, value in enumerate(column):
            if isinstance(value, Unknown) and not value.reported:
                place = routes.location(entry, field)
                provider = value.reference if field == "RegionId" else None
                address = None if provider else _address(routes, entry)
                key = (address, provider, routes.place(entry)[0].root, place, field)
                if key not in seen:
                    seen.add(key)
                    yield entry, _unchecked(routes, entry, field, value.reason)._replace(address=address)


def secret_destinations(routes: RouteSet) -> Iterator[Unchecked]:
    """The destinations that no table may show."""
    for entry, field, _ in routes.sensitive:
        if field == "RouteDest":
            yield _unchecked(routes, entry, field, say("a sensitive value is not shown"))


def doubt_unchecked(routes: RouteSet, doubt: Doubt) -> Unchecked:
    """What a rule could not decide."""
    if doubt.place is not None:
        about = doubt.place.file, doubt.place.line, None, doubt.field, doubt.reason
        return Unchecked(*about, None, _environments(routes.environment))
    return _unchecked(routes, doubt.entry, doubt.field, doubt.reason)


def _unchecked(routes: RouteSet, entry: int, field: str | None, reason: str) -> Unchecked:
    place, reading = routes.location(entry, field), routes.place(entry)[0]
    about = place.file, place.line, _address(routes, entry), field, reason
    return Unchecked(*about, reading.root, _environments(reading.environment))


def unlisted(reading: Reading) -> Iterator[Unchecked]:
    """What would hold entries, but could not be listed."""
    for item in reading.unlisted:
        about = item.location.file, item.location.line, item.address, None, item.reason
        yield Unchecked(*about, reading.root, _environments(reading.environment))


def _environments(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


# -- one finding ------------------------------------------------------------------------------------------


def _placed(
    routes: RouteSet | None,
    rule: Rule,
    entries: tuple[int, ...],
    message: str,
    location: Location,
    related: tuple[Related, ...],
    *,
    witness: str | None = None,
    identity: tuple[str, str] | None = None,
) -> Placed:
    """A finding about some entries, or about none. `identity` is that of the first one, if not given."""
    entry = address = root = None
    if routes is not None and entries:
        entry = _values_shown(routes, entries[0])
        address = _address(routes, entries[0])
        root = routes.place(entries[0])[0].root
        identity = identity or entry_identity(routes, entries[0])
    identity = identity or ("", "")
    finding = Finding(
        rule.code,
        rule.name,
        rule.severity,
        rule.basis,
        rule.effect,
        message,
        rule.api_errors,
        entry,
        address,
        root,
        location,
        related,
        witness,
        None,
        _fingerprint(rule.code, *identity),
        _environments(None if routes is None else routes.environment),
    )
    return Placed(finding, identity, entries, None, routes)


def _fingerprint(*identity: str) -> str:
    from hashlib import sha256  # slow to import, and without a finding there is no need

    return sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def entry_identity(routes: RouteSet, number: int) -> tuple[str, str]:
    """What makes an entry the same one in another run, wherever its line is then."""
    file, shown = local_identity(routes, number)
    return routes.once(("stable name", file), lambda: stable_name(file, routes.config.folder)), shown


def local_identity(routes: RouteSet, number: int) -> tuple[str, str]:
    """The identity of an entry, with its file as seen from the working directory."""
    reading, index = routes.place(number)
    if reading.columns is None:
        record = reading.records[index]
        if record.address is not None:
            return reading.root or record.location.file, record.address
        file = record.location.file
    else:  # one file without addresses, whose records are not made before somebody needs them
        file = reading.files[0]
    block = routes.networks[number]
    values = (
        routes.connection_name(routes.connections[number]),
        network.text(block) if block is not None else routes.value(number, "RouteDest"),
        routes.value(number, "NextHop"),
    )
    return file, " ".join("?" if isinstance(value, Unknown) else str(value)[:200] for value in values)


def hit_identity(
    routes: RouteSet, hit: Hit, of: Callable[[RouteSet, int], tuple[str, str]] = entry_identity
) -> tuple[str, str]:
    """What a hit is about, in whichever order the entries stand that it speaks of: a file, and what there."""
    involved = {hit.entry, *hit.members, *(one.entry for one in hit.others if one.entry is not None)}
    involved = {entry for entry in involved if entry < routes.size}
    if not 1 < len(involved) <= _MOST_IDENTITIES:
        return of(routes, hit.entry)
    identities = sorted(of(routes, entry) for entry in involved)
    if len(identities) > 2:  # members of a larger group come and go
        return identities[0]
    (file, first), (_, second) = identities
    return file, first if first == second else f"{first} & {second}"


def stable_name(file: str, folder: str) -> str:
    """A file's name as seen from the config's folder, wherever vcolint was started. What is no file has a
    name in angle brackets."""
    if file.startswith("<"):
        return file
    try:
        return os.path.relpath(file, folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return file


def entry_names(routes: RouteSet, number: int) -> tuple[str, ...]:
    """The names by which `ignore-entries` may name an entry: its address, that of its block with all its
    instances, `connection destination`."""
    address = _address(routes, number)
    names = [address, re.sub(_INSTANCE, "", address)] if address is not None else []
    block = routes.networks[number]
    texts = [routes.value(number, "RouteDest"), network.text(block) if block is not None else None]
    for connection in routes.names_of(routes.connections[number]):
        names += (f"{connection} {text}" for text in texts if isinstance(text, str))
    return tuple(dict.fromkeys(names))


def entry_lines(record: Record) -> tuple[int, int]:
    """The first and the last line of an entry."""
    return record.location.line, record.last_line or record.location.end_line


def entry_shown(record: Record) -> dict[str, Any]:
    """The fields as reports show them: null absent, {"unknown": reason}, sensitive ones hidden."""
    shown: dict[str, Any] = {}
    for field in FIELDS:
        held = record.fields.get(field)
        if held is None:
            shown[field] = None
        elif held.sensitive:
            shown[field] = SENSITIVE
        elif isinstance(held.value, Unknown):
            shown[field] = {"unknown": tr(held.value.reason)}
        else:
            shown[field] = held.value
    return shown


def _values_shown(routes: RouteSet, number: int) -> dict[str, Any]:
    """The same of an entry of a set."""
    record = routes.held(number)
    if record is not None:
        return entry_shown(record)
    values = {field: routes.column(field)[number] for field in FIELDS}
    return {
        field: {"unknown": value.reason} if isinstance(value, Unknown) else value
        for field, value in values.items()
    }


def _address(routes: RouteSet, number: int) -> str | None:
    record = routes.held(number)
    return None if record is None else record.address


def _place(routes: RouteSet, rule: Rule, entry: int, field: str | None) -> Location:
    """Where a finding stands: at the field's value. But what is wrong between entries of a route set does not
    stand at a value that is written outside of the entry, for many."""
    is_read = entry < routes.size and routes.place(entry)[0].kind == "route-set"
    return routes.location(entry, field, inside=is_read and rule.check in _ABOUT_SEVERAL)


def _tightest(routes: RouteSet, rule: Rule, entry: int, field: str | None) -> Location:
    """Where the value of another entry is written that a finding names."""
    return _origin(routes, entry, field) or _place(routes, rule, entry, field)


def _origin(routes: RouteSet, entry: int, field: str | None) -> Location | None:
    """The literal elsewhere that a value came from unchanged."""
    record = routes.held(entry)
    value = record.fields.get(field) if record is not None and field is not None else None
    return value.origin if value else None


def _written_here(origin: Location | None) -> tuple[Related, ...]:
    return () if origin is None else (Related(say("the value is written here"), origin, origin=True),)


def _told(rule: Rule, hit: Hit) -> tuple[str | None, ...]:
    """The fields of whose values the variables of a hit tell. (Connections hide themselves.)"""
    if rule.check == "agree":
        return hit.field, rule.parameters["field"]
    return (hit.field, "NextHop", "Weight") if rule.check == "live" else (hit.field,)


def _sensitive(routes: RouteSet, entries: Iterable[int], names: Iterable[str | None]) -> bool:
    if not routes.sensitive:
        return False
    wanted = [name for name in names if name is not None]
    records = (record for entry in entries if (record := routes.held(entry)) is not None)
    return any(one.fields[name].sensitive for one in records for name in wanted if name in one.fields)


def _told_value(routes: RouteSet, number: int, field: str) -> str:
    """What a message says of a field of an entry."""
    record = routes.held(number)
    held = record.fields.get(field) if record is not None else None
    value = SENSITIVE if held and held.sensitive else routes.value(number, field)
    if value is None:
        return say("nothing")
    if isinstance(value, Unknown):
        return say("an unknown value")
    if isinstance(value, int) and abs(value) > 10**30:
        return say("a huge number")
    return _legible(value)


def _legible(value: object) -> str:
    """A value as a message shows it; in quotes where it could not be told from what is around it."""
    text = str(value)
    return shortened(text) if text and text == text.strip() else quoted(text)


def _filled(rule: Rule, variables: Mapping[str, object], told: Callable[[str], str] | None = None) -> str:
    """The rule's message with its variables filled in; `told` knows the fields of the entry."""
    values = {}
    for name in _variables(rule.message):
        if name in variables:
            values[name] = variables[name]
        else:
            values[name] = told(name) if told is not None and name in FIELDS else ""
    return say(rule.message, **values)


@lru_cache
def _variables(message: str) -> list[str]:
    return re.findall(VARIABLE, message)
