"""Suppressions: comments in files, and `per-file-ignores` and `ignore-entries` in the config."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain, count

from vcolint.engine.evaluate import Outcome
from vcolint.engine.rule import NEVER_IGNORED, Rule, find_rule, matching_rules, unknown_rule
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.report.assemble import problem_finding
from vcolint.report.finding import Finding, Shared, address_of, entry_lines
from vcolint.text.source import Source
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import did_you_mean, quoted

_FORM = re.compile(r"vcolint:\s*(?P<word>[^\s\[\]]*)\s*(?:\[(?P<rules>[^\[\]]*)\])?", re.IGNORECASE)
_INSTANCE = r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]\Z"  # at the end of an address
_WORDS = ("ignore", "ignore-file")
_HOW = say("; write vcolint: ignore[CODE] reason, or vcolint: ignore-file[CODE] reason")


# Checks that look at each entry alone -> the fields they look at, besides those in parameters.
_LOOKED_AT: Mapping[str, tuple[str, ...]] = {
    "field": (),
    "same": (),
    "destination": ("RouteDest",),
    "prefix-length": ("RouteDest",),
    "cidr-form": ("RouteDest",),
    "region": ("RegionId",),
    "reading": (),
}
_ROUTE = ("VpnConnectionId", "RouteDest", "NextHop", "Weight")  # other checks look at these
_REFERRING = frozenset({"VpnConnectionId", "NextHop"})  # unknown ones are compared by what they refer to

_NO_LINES = (1, 0)


@dataclass(eq=False)
class Directive:
    """One suppression: which rules it hides, and where."""

    rules: Mapping[str, Sequence[str]]  # name as written -> codes of the rules; a prefix has several
    place: Location
    shown: str  # what messages call it
    alone: bool = False  # a comment alone on its line, so it also applies to the line below
    used: set[str] = field(default_factory=set)  # the codes that it did hide

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(chain.from_iterable(self.rules.values()))


class Suppressions:
    """All suppressions of one run."""

    def __init__(
        self, shared: Shared, readings: Sequence[Reading], config: Config, rules: Mapping[str, Rule]
    ) -> None:
        self._shared = shared
        self._rules = rules
        self._every: list[Directive] = []
        self._about = {
            rule.parameters["fault"]: rule for rule in rules.values() if rule.check == "suppression"
        }
        self.invalid: list[Finding] = []  # VCO007: those that hide nothing because of how they are written
        # Comments by file and line; those for a whole file at line 0.
        self._lines: dict[str, dict[int, list[Directive]]] = {}
        self._globs: list[tuple[Callable[[str], bool], Directive]] = []
        self._entries: dict[str, list[Directive]] = {}  # by a name of the entry
        # A module that two roots call is read twice.
        remarks = {one.location: (one.text, reading) for reading in readings for one in reading.remarks}
        lines_of = cache(Source)
        for place, (text, reading) in sorted(remarks.items(), key=lambda item: item[0]):
            self._add(text, place, _is_alone(lines_of(place.file, reading.texts.get(place.file, "")), place))
        self._add_config(config)

    def hide(self, finding: Finding) -> bool:
        """Whether a finding is hidden. Marks the suppressions that hide it as used."""
        code, origin, routes, entries = finding.code, finding.origin, finding.routes, finding.entries
        if code in NEVER_IGNORED:
            return False
        places = [finding.location] if origin is None else [finding.location, origin.location]
        spans = [(place.file, place.line, place.end_line) for place in places]
        named: list[list[Directive]] = []
        if routes is not None and entries:
            records = list(map(routes.record, entries))
            first = records[0]
            is_one = all(other.location == first.location for other in records)
            spans.append((first.location.file, *(entry_lines(first) if is_one else _NO_LINES)))
            named = [[one for one in self._naming(routes, entry) if code in one.codes] for entry in entries]
        hiding = [one for span in spans for one in self._at(*span) if code in one.codes]
        if all(named):  # all the entries that a finding is about have to be named
            hiding += chain.from_iterable(named)
        for one in hiding:
            one.used.add(code)
        return bool(hiding)

    def unused(self, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
        """VCO006: suppressions that hid nothing although they could have: their rule ran and had the facts
        it needs, and no value that it looks at is unknown where they apply."""
        about: dict[Reading, set[Directive]] = {}  # the suppressions that apply to a reading
        for outcome in outcomes:
            for reading, entries in outcome.routes.spans:
                found: list[Iterable[Directive]] = []
                found += (self._naming(outcome.routes, entry) for entry in entries if self._entries)
                for file in {*reading.files, *reading.texts}:
                    found += self._for(file), *self._lines.get(file, {}).values()
                about[reading] = {*chain.from_iterable(found)}
        is_known = cache(lambda reading, code: _is_known(reading, self._rules[code]))

        def verdicts(directive: Directive, code: str) -> Iterator[bool]:
            """For each set in which the rule could find something here: whether it knew all it looks at."""
            compares = self._rules[code].check not in _LOOKED_AT
            for outcome in outcomes:
                readings = [one for one in outcome.routes.readings if directive in about[one]]
                if readings and code in outcome.able:
                    looked = outcome.routes.readings if compares else readings
                    yield all(is_known(one, code) for one in looked)

        for directive in self._every:
            idle = []
            for name, codes in directive.rules.items():
                known = [one for code in codes for one in verdicts(directive, code)]
                if directive.used.isdisjoint(codes) and known and all(known):
                    idle.append(name)
            if idle:
                told = say("{shown} hides no finding of {idle}", shown=directive.shown, idle=", ".join(idle))
                yield problem_finding(self._shared, self._about["unused"], told, directive.place)

    def _fault(self, message: str, place: Location) -> None:
        self.invalid.append(problem_finding(self._shared, self._about["invalid"], message, place))

    def _for(self, file: str) -> Iterator[Directive]:
        """The suppressions of a whole file."""
        yield from self._lines.get(file, {}).get(0, ())
        yield from (one for matches, one in self._globs if matches(file))

    def _at(self, file: str, first: int, last: int) -> Iterator[Directive]:
        """The suppressions of these lines: for the whole file, in comments on the lines, and in comments
        alone on the lines directly above."""
        yield from self._for(file)
        comments = self._lines.get(file)
        if comments:
            yield from chain.from_iterable(comments.get(line, ()) for line in range(first, last + 1))
            for line in count(first - 1, -1):
                above = comments.get(line, ())
                if not above or not all(one.alone for one in above):
                    break
                yield from above

    def _naming(self, routes: RouteSet, entry: int) -> Iterator[Directive]:
        for name in _entry_names(routes, entry) if self._entries else ():
            yield from self._entries.get(name, ())

    def _add(self, text: str, place: Location, alone: bool) -> None:
        """Add a comment."""
        match = _FORM.match(text)
        word = match["word"].lower() if match else ""
        if match is None or word not in _WORDS:
            meant = did_you_mean(word, _WORDS) if word else ""
            what = say("{text} is not a suppression{meant}", text=quoted(text), meant=meant or _HOW)
            self._fault(what, place)
            return
        names = [name for part in (match["rules"] or "").split(",") if (name := part.strip())]
        if not names:
            what = say("{text} has no rule in brackets{HOW}", text=quoted(text), HOW=_HOW)
            self._fault(what, place)
        rules: dict[str, Sequence[str]] = {}
        for name in names:
            rule = find_rule(self._rules, name)
            if rule is None:
                self._fault(unknown_rule(self._rules, name), place)
            elif rule.code in NEVER_IGNORED:
                what = say("{code} {name} cannot be suppressed", code=rule.code, name=rule.name)
                self._fault(what, place)
            else:
                rules[f"{rule.code} {rule.name}"] = (rule.code,)
        if not rules:
            return
        directive = Directive(rules, place, say("this {word}", word=word), alone=alone)
        self._every.append(directive)
        line = 0 if word == "ignore-file" else place.line
        self._lines.setdefault(place.file, {}).setdefault(line, []).append(directive)

    def _add_config(self, config: Config) -> None:
        globs, entries = config.per_file_ignores, config.ignore_entries
        for key, named in (("per-file-ignores", globs), ("ignore-entries", entries)):
            for name, texts in named.items():
                rules: dict[str, Sequence[str]] = {}
                for text in texts:
                    exact = find_rule(self._rules, text)
                    codes = (rule.code for rule in matching_rules(self._rules, text))
                    written = text if exact is None else f"{exact.code} {exact.name}"
                    rules[written] = [code for code in codes if code not in NEVER_IGNORED]
                shown = say("{key} for {name}", key=key, name=quoted(name))
                place = config.place_of((key, name)) or Location(config.source or "<config>", 1, 1, 1, 1)
                directive = Directive(rules, place, shown)
                self._every.append(directive)
                if named is globs:
                    self._globs.append((_matcher(name, config), directive))
                else:
                    for spelling in {name, " ".join(name.split())}:
                        self._entries.setdefault(spelling, []).append(directive)


def _is_known(reading: Reading, rule: Rule) -> bool:
    """Whether a reading lists all its entries, with known values in the fields that a rule looks at. To
    compare unknown connections, it is enough to know what they refer to."""
    if reading.unlisted or any(problem.kind == "syntax" for problem in reading.problems):
        return False
    named = f"{rule.parameters} {rule.where}"
    fields = {*_LOOKED_AT.get(rule.check, _ROUTE), *(field for field in FIELDS if field in named)}
    if "facts" in rule.parameters:
        fields.add("VpnConnectionId")
    referring = _REFERRING if rule.check not in _LOOKED_AT else ()
    unknown = ((field, one) for field in fields for one in reading.column(field) if isinstance(one, Unknown))
    return all(field in referring and one.reference is not None for field, one in unknown)


def _is_alone(lines: Source, place: Location) -> bool:
    """Whether its line has nothing but comments. The dash of a list may be before it, if the entry begins on
    the next line."""
    line = lines.line(place.line)
    before, behind = line[: place.column - 1], line[place.end_column - 1 :]
    is_comment = re.fullmatch(r"[ \t-]*(?:(?:#|//).*|/\*(?:(?!\*/).)*)?", before) is not None
    return is_comment and not behind.strip(" \t*/")


def _matcher(glob: str, config: Config) -> Callable[[str], bool]:
    """Whether a shown file name matches a glob of the config, as `.gitignore` has them."""
    from vcolint.text.walk import Globs

    globs = Globs([glob], os.path.abspath(config.folder))
    return cache(lambda file: globs.leave_out(os.path.abspath(file)))


def _entry_names(routes: RouteSet, number: int) -> Iterator[str]:
    """The names by which `ignore-entries` may name an entry: its address, that of its block with all its
    instances, `connection destination`."""
    address = address_of(routes, number)
    if address is not None:
        yield from {address, re.sub(_INSTANCE, "", address)}
    block = routes.networks[number]
    texts = {routes.value(number, "RouteDest"), None if block is None else network.text(block)}
    for connection in routes.names_of(routes.connections[number]):
        yield from (f"{connection} {text}" for text in texts if isinstance(text, str))
