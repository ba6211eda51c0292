"""Suppressions: comments in files, and `per-file-ignores` and `ignore-entries` in the config."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from vcolint.engine.evaluate import Outcome, equipped
from vcolint.engine.rule import Rule, find_rule, unknown_rule
from vcolint.engine.selection import NEVER_IGNORED, matching_rules
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.report.assemble import problem_finding
from vcolint.report.finding import Finding, Shared, address_of, entry_lines
from vcolint.text.source import Lines, Remark
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import did_you_mean, quoted

_FORM = re.compile(r"vcolint:\s*(?P<word>[^\s\[\]]*)\s*(?:\[(?P<rules>[^\[\]]*)\])?", re.IGNORECASE)
_INSTANCE = r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]\Z"  # at the end of an address
_WORDS = ("ignore", "ignore-file")


class Fault(NamedTuple):
    """A wrong suppression."""

    location: Location
    message: str


class Directive:
    """One suppression: which rules it hides, and where. `used` collects the rules that it did hide."""

    def __init__(
        self,
        rules: Mapping[str, Sequence[str]],
        location: Location,
        shown: str,
        *,
        file: str | None = None,
        alone: bool = False,
    ) -> None:
        self.rules = rules  # name as written -> codes of the rules; a prefix has several
        self.codes = frozenset(chain.from_iterable(rules.values()))
        self.location = location
        self.shown = shown  # what messages call it
        self.file = file  # the file it is in; None: the config
        self.alone = alone  # alone on its line, so it also applies to the line below
        self.used: set[str] = set()


class Suppressions:
    """All suppressions of one run."""

    def __init__(
        self, shared: Shared, readings: Sequence[Reading], config: Config, rules: Mapping[str, Rule]
    ) -> None:
        self._faults: list[Fault] = []
        self._rules = rules
        self._shared = shared
        self._lines: dict[str, tuple[list[int], list[Directive]]] = {}  # by file, sorted by line
        self._files: dict[str, list[Directive]] = {}
        self._globs: list[tuple[Callable[[str], bool], Directive]] = []
        self._entries: dict[str, list[Directive]] = {}
        self._files_of = {reading: frozenset(reading.files) | reading.texts.keys() for reading in readings}
        seen: set[Location] = set()  # a module that two roots call is read twice
        for reading in readings:
            texts: dict[str, Lines] = {}
            for remark in sorted(reading.remarks, key=lambda remark: remark.location):
                file = remark.location.file
                if remark.location in seen:
                    continue
                seen.add(remark.location)
                if file not in texts:
                    texts[file] = Lines(reading.texts.get(file, ""))
                self._add(remark, texts[file])
        self._add_config(config)

    def hide(self, finding: Finding) -> bool:
        """Whether a finding is hidden. Marks the suppressions that hide it as used."""
        code = finding.code
        if code in NEVER_IGNORED:
            return False
        origin = finding.origin and finding.origin.location
        speaking = self._speaking_for(finding.location, origin, *_entry_of(finding))
        hiding = [directive for directive in speaking if code in directive.codes]
        if self._entries and finding.routes is not None:
            # All the entries that a finding stands for have to be named.
            named = [
                [directive for directive in self._naming(finding.routes, entry) if code in directive.codes]
                for entry in finding.entries
            ]
            if all(named):
                hiding += (directive for directives in named for directive in directives)
        for directive in hiding:
            directive.used.add(code)
        return bool(hiding)

    def invalid(self) -> Iterator[Finding]:
        """VCO007: suppressions that hide nothing because of how they are written."""
        rule = self._rule("invalid")
        for fault in self._faults:
            yield problem_finding(self._shared, rule, fault.message, fault.location)

    def unused(self, outcomes: Sequence[Outcome], selected: frozenset[str]) -> Iterator[Finding]:
        """VCO006: suppressions that hid nothing although they could have: their rule ran and had the facts
        it needs, and no value that it looks at is unknown where they apply."""
        rule = self._rule("unused")
        runs = [_Judge(self, outcome, self._rules, selected) for outcome in outcomes]
        for directive in self._all():
            idle = [
                name
                for name, codes in directive.rules.items()
                if directive.used.isdisjoint(codes)
                and any(verdicts := [run.could_hide(directive, code) for run in runs for code in codes])
                and False not in verdicts
            ]
            if idle:
                message = say(
                    "{shown} hides no finding of {idle}", shown=directive.shown, idle=", ".join(idle)
                )
                yield problem_finding(self._shared, rule, message, directive.location)

    def covering(self, routes: RouteSet, entry: int, field: str | None = None) -> Iterator[Directive]:
        """The suppressions that apply to an entry, or to its value of a field."""
        record = routes.record(entry)
        held = record.fields.get(field) if field is not None else None
        place = held.location if held else record.location
        origin = held.origin if held else None
        yield from self._speaking_for(place, origin, record.location.file, entry_lines(record))
        if self._entries:
            yield from self._naming(routes, entry)

    def about_reading(self, reading: Reading) -> Iterator[Directive]:
        """The suppressions in the files of a reading, or for a whole such file."""
        for file in self._files_of[reading]:
            yield from self._about_file(file)
            yield from self._lines.get(file, ([], []))[1]

    @property
    def names_entries(self) -> bool:
        """Whether any of them names an entry."""
        return bool(self._entries)

    def _rule(self, fault: str) -> Rule:
        return next(
            rule
            for rule in self._rules.values()
            if rule.check == "suppression" and rule.parameters["fault"] == fault
        )

    def _all(self) -> list[Directive]:
        found = [directive for _, directives in self._lines.values() for directive in directives]
        found += [directive for directives in self._files.values() for directive in directives]
        found += [directive for _, directive in self._globs]
        found += [directive for directives in self._entries.values() for directive in directives]
        return list(dict.fromkeys(found))

    def _speaking_for(
        self, place: Location, origin: Location | None, file: str, lines: tuple[int, int] | None
    ) -> Iterator[Directive]:
        """The suppressions that apply to a place, to the literal that its value came from, or to the lines
        in `file` of its entry."""
        for one in (place, *([] if origin is None else [origin])):
            yield from self._at(one.file, one.line, one.end_line)
        for name in {place.file, file, origin.file if origin else file}:
            yield from self._about_file(name)
        if lines is not None:
            yield from self._at(file, *lines)

    def _about_file(self, file: str) -> Iterator[Directive]:
        yield from self._files.get(file, ())
        yield from (directive for matches, directive in self._globs if matches(file))

    def _naming(self, routes: RouteSet, entry: int) -> Iterator[Directive]:
        for name in _entry_names(routes, entry):
            yield from self._entries.get(name, ())

    def _at(self, file: str, first: int, last: int) -> list[Directive]:
        """The comments on these lines, and comments alone on the lines directly above."""
        if file not in self._lines:
            return []
        lines, directives = self._lines[file]
        found = directives[bisect_left(lines, first) : bisect_right(lines, last)]
        above = first - 1
        while True:
            here = directives[bisect_left(lines, above) : bisect_right(lines, above)]
            if not here or not all(directive.alone for directive in here):
                return found
            found += here
            above -= 1

    def _add(self, remark: Remark, lines: Lines) -> None:
        match = _FORM.match(remark.text)
        word = match["word"].lower() if match else ""
        if match is None or word not in _WORDS:
            meant = did_you_mean(word, _WORDS) if word else ""
            what = say("{text} is not a suppression{meant}", text=quoted(remark.text), meant=meant or _HOW)
            self._faults.append(Fault(remark.location, what))
            return
        names = [name for part in (match["rules"] or "").split(",") if (name := part.strip())]
        if not names:
            what = say("{text} has no rule in brackets{HOW}", text=quoted(remark.text), HOW=_HOW)
            self._faults.append(Fault(remark.location, what))
        rules: dict[str, Sequence[str]] = {}
        for name in names:
            rule = find_rule(self._rules, name)
            if rule is None:
                self._faults.append(Fault(remark.location, unknown_rule(self._rules, name)))
            elif rule.code in NEVER_IGNORED:
                what = say("{code} {name} cannot be suppressed", code=rule.code, name=rule.name)
                self._faults.append(Fault(remark.location, what))
            else:
                rules[f"{rule.code} {rule.name}"] = (rule.code,)
        if not rules:
            return
        place = remark.location
        shown = say("this {word}", word=word)
        directive = Directive(rules, place, shown, file=place.file, alone=_alone(lines, place))
        if word == "ignore-file":
            self._files.setdefault(place.file, []).append(directive)
        else:
            numbers, directives = self._lines.setdefault(place.file, ([], []))
            numbers.append(place.line)
            directives.append(directive)

    def _add_config(self, config: Config) -> None:
        def named(texts: Sequence[str]) -> dict[str, Sequence[str]]:
            rules: dict[str, Sequence[str]] = {}
            for text in texts:
                found = [
                    rule for rule in matching_rules(self._rules, text)[0] if rule.code not in NEVER_IGNORED
                ]
                exact = find_rule(self._rules, text)
                shown = text if exact is None else f"{exact.code} {exact.name}"
                rules[shown] = tuple(rule.code for rule in found)
            return rules

        for glob, texts in config.per_file_ignores.items():
            place = _config_place(config, ("per-file-ignores", glob))
            directive = Directive(named(texts), place, say("per-file-ignores for {glob}", glob=quoted(glob)))
            self._globs.append((_matcher(glob, config), directive))
        for name, texts in config.ignore_entries.items():
            place = _config_place(config, ("ignore-entries", name))
            directive = Directive(named(texts), place, say("ignore-entries for {name}", name=quoted(name)))
            for spelling in {name, " ".join(name.split())}:
                self._entries.setdefault(spelling, []).append(directive)


# Checks that look at each entry alone -> the fields they look at, besides those in parameters.
_ALONE: Mapping[str, tuple[str, ...]] = {
    "field": (),
    "same": (),
    "destination": ("RouteDest",),
    "prefix-length": ("RouteDest",),
    "cidr-form": ("RouteDest",),
    "region": ("RegionId",),
    "reading": (),
}
_ROUTE = ("VpnConnectionId", "RouteDest", "NextHop", "Weight")
_REFERRING = frozenset({"VpnConnectionId", "NextHop"})  # may be the same or not although unknown


class _Judge:
    """Decides which suppressions could have hidden something in one set."""

    def __init__(
        self,
        suppressions: Suppressions,
        outcome: Outcome,
        rules: Mapping[str, Rule],
        selected: frozenset[str],
    ) -> None:
        self._suppressions = suppressions
        self._routes = routes = outcome.routes
        self._rules = rules
        self._able = {code for code in selected - outcome.crashed.keys() if equipped(routes, rules[code])}
        self._speaking: set[Directive] = set()
        self._incomplete: set[Directive] = set()  # in a reading that may lack entries
        self._lacking = False  # any such reading
        for reading, entries in routes.spans:
            about = set(suppressions.about_reading(reading))
            self._speaking |= about
            if reading.unlisted or any(problem.kind == "syntax" for problem in reading.problems):
                self._incomplete |= about
                self._lacking = True
            if suppressions.names_entries:
                for entry in entries:
                    self._speaking.update(suppressions.covering(routes, entry))
        self._unknown: dict[str, bool] = {}
        self._unsure: dict[str, set[Directive]] = {}

    def could_hide(self, directive: Directive, code: str) -> bool | None:
        """Whether it would have hidden a finding of that rule. None: it does not apply to this set, or the
        rule could not run. False: the rule looks at something unknown."""
        if code not in self._able or directive not in self._speaking:
            return None
        rule = self._rules[code]
        named = [rule.parameters.get(name, ()) for name in ("field", "as", "key", "group")]
        fields = [one for names in named for one in ([names] if isinstance(names, str) else names)]
        if rule.where is not None:
            fields += FIELDS
        if "facts" in rule.parameters:
            fields.append("VpnConnectionId")
        if rule.check not in _ALONE:
            return not self._lacking and not any(map(self._holds_unknown, fields or _ROUTE))
        looked_at = {*fields, *_ALONE[rule.check]}
        unsure = any(directive in self._beside_unknown(field) for field in looked_at)
        return not unsure and directive not in self._incomplete

    def _holds_unknown(self, field: str) -> bool:
        """Whether a field has a value about which nothing is known."""
        if field not in self._unknown:
            self._unknown[field] = any(
                isinstance(value, Unknown) and (value.reference is None or field not in _REFERRING)
                for value in self._routes.column(field)
            )
        return self._unknown[field]

    def _beside_unknown(self, field: str) -> set[Directive]:
        """The suppressions that apply to an entry with an unknown field."""
        if field not in self._unsure:
            found = self._unsure[field] = set()
            for entry, value in enumerate(self._routes.column(field)):
                if isinstance(value, Unknown):
                    found.update(self._suppressions.covering(self._routes, entry, field))
        return self._unsure[field]


_HOW = say("; write vcolint: ignore[CODE] reason, or vcolint: ignore-file[CODE] reason")


def _alone(lines: Lines, place: Location) -> bool:
    """Whether the comment is alone on its line. The dash of a list may be before it, if the entry begins
    on the next line."""
    line = lines.line(place.line)
    before, behind = line[: place.column - 1], line[place.end_column - 1 :]
    return not before.strip(" \t#/*-") and not behind.strip(" \t*/")


def _config_place(config: Config, path: tuple[str, ...]) -> Location:
    if config.source is None:  # the config has no file
        return Location("<config>", 1, 1, 1, 1)
    file, line, column = config.places.get(path, f"{config.source}:1:1").rsplit(":", 2)
    return Location(file, int(line), int(column), int(line), int(column) + len(path[-1]))


def _matcher(glob: str, config: Config) -> Callable[[str], bool]:
    """Whether a shown file name matches a glob of the config, as `.gitignore` has them."""
    import os

    from vcolint.text.globs import Globs

    globs = Globs([glob], os.path.abspath(config.folder))
    verdicts: dict[str, bool] = {}

    def matches(file: str) -> bool:
        if file not in verdicts:
            verdicts[file] = globs.leave_out(os.path.abspath(file))
        return verdicts[file]

    return matches


def _entry_of(finding: Finding) -> tuple[str, tuple[int, int] | None]:
    """The file of the entry or block that a finding is about, and its first and last line if it is one."""
    if finding.routes is None or not finding.entries:
        return finding.location.file, None
    first, *others = map(finding.routes.record, finding.entries)
    is_one = all(other.location == first.location for other in others)
    return first.location.file, entry_lines(first) if is_one else None


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
