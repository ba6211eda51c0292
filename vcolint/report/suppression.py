"""Suppressions: comments in files, and `per-file-ignores` and `ignore-entries` in the config."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, count

from vcolint.engine.evaluate import Outcome
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
from vcolint.text.source import Lines
from vcolint.text.value import Location, Unknown
from vcolint.text.wording import did_you_mean, quoted

_FORM = re.compile(r"vcolint:\s*(?P<word>[^\s\[\]]*)\s*(?:\[(?P<rules>[^\[\]]*)\])?", re.IGNORECASE)
_INSTANCE = r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]\Z"  # at the end of an address
_WORDS = ("ignore", "ignore-file")
_HOW = say("; write vcolint: ignore[CODE] reason, or vcolint: ignore-file[CODE] reason")


class Directive:
    """One suppression: which rules it hides, and where."""

    def __init__(
        self, rules: Mapping[str, Sequence[str]], place: Location, shown: str, *, alone: bool = False
    ) -> None:
        self.rules = rules  # name as written -> codes of the rules; a prefix has several
        self.codes = frozenset(chain.from_iterable(rules.values()))
        self.place = place
        self.shown = shown  # what messages call it
        self.alone = alone  # a comment alone on its line, so it also applies to the line below
        self.used: set[str] = set()  # the codes that it did hide


class Suppressions:
    """All suppressions of one run."""

    def __init__(
        self, shared: Shared, readings: Sequence[Reading], config: Config, rules: Mapping[str, Rule]
    ) -> None:
        self._shared = shared
        self._rules = rules
        self._every: list[Directive] = []
        self._faults: list[tuple[str, Location]] = []
        self._lines: dict[str, dict[int, list[Directive]]] = {}  # comments by file and line
        self._files: dict[str, list[Directive]] = {}  # for a whole file
        self._globs: list[tuple[Callable[[str], bool], Directive]] = []
        self._entries: dict[str, list[Directive]] = {}  # by a name of the entry
        # A module that two roots call is read twice.
        remarks = {one.location: (one.text, reading) for reading in readings for one in reading.remarks}
        texts: dict[str, Lines] = {}
        for place, (text, reading) in sorted(remarks.items(), key=lambda item: item[0]):
            if place.file not in texts:
                texts[place.file] = Lines(reading.texts.get(place.file, ""))
            self._add(text, place, _is_alone(texts[place.file], place))
        self._add_config(config)

    def hide(self, finding: Finding) -> bool:
        """Whether a finding is hidden. Marks the suppressions that hide it as used."""
        code, origin = finding.code, finding.origin
        if code in NEVER_IGNORED:
            return False
        about = self._about(finding.location, origin and origin.location, *_entry_of(finding))
        hiding = [one for one in about if code in one.codes]
        if finding.routes is not None:
            # All the entries that a finding stands for have to be named.
            routes = finding.routes
            named = [
                [one for one in self._naming(routes, entry) if code in one.codes] for entry in finding.entries
            ]
            if all(named):
                hiding += chain.from_iterable(named)
        for one in hiding:
            one.used.add(code)
        return bool(hiding)

    def invalid(self) -> Iterator[Finding]:
        """VCO007: suppressions that hide nothing because of how they are written."""
        for message, place in self._faults:
            yield problem_finding(self._shared, self._rule("invalid"), message, place)

    def unused(self, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
        """VCO006: suppressions that hid nothing although they could have: their rule ran and had the facts
        it needs, and no value that it looks at is unknown where they apply."""
        judges = [_judge(self, outcome, self._rules) for outcome in outcomes]
        for directive in self._every:
            idle = []
            for name, codes in directive.rules.items():
                verdicts = [could_hide(directive, code) for could_hide in judges for code in codes]
                if directive.used.isdisjoint(codes) and any(verdicts) and False not in verdicts:
                    idle.append(name)
            if idle:
                told = say("{shown} hides no finding of {idle}", shown=directive.shown, idle=", ".join(idle))
                yield problem_finding(self._shared, self._rule("unused"), told, directive.place)

    def of_entry(self, routes: RouteSet, entry: int, field: str | None = None) -> Iterator[Directive]:
        """The suppressions that apply to an entry, or to its value of a field."""
        record = routes.record(entry)
        held = record.fields.get(field) if field is not None else None
        place = held.location if held else record.location
        yield from self._about(
            place, held.origin if held else None, record.location.file, entry_lines(record)
        )
        yield from self._naming(routes, entry)

    def of_reading(self, reading: Reading) -> set[Directive]:
        """The suppressions in the files of a reading, or for a whole such file."""
        files = {*reading.files, *reading.texts}
        comments = (self._lines.get(file, {}).values() for file in files)
        found = chain.from_iterable(chain.from_iterable(comments))
        return {*found, *chain.from_iterable(map(self._about_file, files))}

    @property
    def names_entries(self) -> bool:
        """Whether any of them names an entry."""
        return bool(self._entries)

    def _rule(self, fault: str) -> Rule:
        rules = (rule for rule in self._rules.values() if rule.check == "suppression")
        return next(rule for rule in rules if rule.parameters["fault"] == fault)

    def _about(
        self, place: Location, origin: Location | None, file: str, lines: tuple[int, int] | None
    ) -> Iterator[Directive]:
        """The suppressions that apply to a place, to the literal that its value came from, or to the lines
        in `file` of its entry."""
        places = [place] if origin is None else [place, origin]
        for one in places:
            yield from self._at(one.file, one.line, one.end_line)
        for name in {file, *(one.file for one in places)}:
            yield from self._about_file(name)
        if lines is not None:
            yield from self._at(file, *lines)

    def _about_file(self, file: str) -> Iterator[Directive]:
        yield from self._files.get(file, ())
        yield from (one for matches, one in self._globs if matches(file))

    def _naming(self, routes: RouteSet, entry: int) -> Iterator[Directive]:
        for name in _entry_names(routes, entry) if self._entries else ():
            yield from self._entries.get(name, ())

    def _at(self, file: str, first: int, last: int) -> Iterator[Directive]:
        """The comments on these lines, and comments alone on the lines directly above."""
        comments = self._lines.get(file)
        if comments is None:
            return
        for line in range(first, last + 1):
            yield from comments.get(line, ())
        for line in count(first - 1, -1):
            above = comments.get(line)
            if above is None or not all(one.alone for one in above):
                return
            yield from above

    def _add(self, text: str, place: Location, alone: bool) -> None:
        """Add a comment."""
        match = _FORM.match(text)
        word = match["word"].lower() if match else ""
        if match is None or word not in _WORDS:
            meant = did_you_mean(word, _WORDS) if word else ""
            what = say("{text} is not a suppression{meant}", text=quoted(text), meant=meant or _HOW)
            self._faults.append((what, place))
            return
        names = [name for part in (match["rules"] or "").split(",") if (name := part.strip())]
        if not names:
            what = say("{text} has no rule in brackets{HOW}", text=quoted(text), HOW=_HOW)
            self._faults.append((what, place))
        rules: dict[str, Sequence[str]] = {}
        for name in names:
            rule = find_rule(self._rules, name)
            if rule is None:
                self._faults.append((unknown_rule(self._rules, name), place))
            elif rule.code in NEVER_IGNORED:
                what = say("{code} {name} cannot be suppressed", code=rule.code, name=rule.name)
                self._faults.append((what, place))
            else:
                rules[f"{rule.code} {rule.name}"] = (rule.code,)
        if not rules:
            return
        directive = Directive(rules, place, say("this {word}", word=word), alone=alone)
        self._every.append(directive)
        if word == "ignore-file":
            self._files.setdefault(place.file, []).append(directive)
        else:
            self._lines.setdefault(place.file, {}).setdefault(place.line, []).append(directive)

    def _add_config(self, config: Config) -> None:
        def directive(key: tuple[str, str], shown: str, texts: Sequence[str]) -> Directive:
            rules: dict[str, Sequence[str]] = {}
            for text in texts:
                exact = find_rule(self._rules, text)
                name = text if exact is None else f"{exact.code} {exact.name}"
                codes = (rule.code for rule in matching_rules(self._rules, text)[0])
                rules[name] = [code for code in codes if code not in NEVER_IGNORED]
            self._every.append(Directive(rules, _config_place(config, key), shown))
            return self._every[-1]

        for glob, texts in config.per_file_ignores.items():
            shown = say("per-file-ignores for {glob}", glob=quoted(glob))
            one = directive(("per-file-ignores", glob), shown, texts)
            self._globs.append((_matcher(glob, config), one))
        for name, texts in config.ignore_entries.items():
            shown = say("ignore-entries for {name}", name=quoted(name))
            one = directive(("ignore-entries", name), shown, texts)
            for spelling in {name, " ".join(name.split())}:
                self._entries.setdefault(spelling, []).append(one)


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


def _judge(
    suppressions: Suppressions, outcome: Outcome, rules: Mapping[str, Rule]
) -> Callable[[Directive, str], bool | None]:
    """A function that tells whether a suppression would have hidden a finding of a rule in one set. None: it
    does not apply to this set, or the rule could not run. False: the rule looks at something unknown."""
    routes = outcome.routes
    speaking: set[Directive] = set()
    incomplete: set[Directive] = set()  # in a reading that may lack entries
    is_lacking = False  # whether there is any such reading
    for reading, entries in routes.spans:
        about = suppressions.of_reading(reading)
        speaking |= about
        if reading.unlisted or any(problem.kind == "syntax" for problem in reading.problems):
            incomplete |= about
            is_lacking = True
        for entry in entries if suppressions.names_entries else ():
            speaking.update(suppressions.of_entry(routes, entry))

    @cache
    def holds_unknown(field: str) -> bool:
        """Whether a field has a value about which nothing is known."""
        return any(
            isinstance(value, Unknown) and (value.reference is None or field not in _REFERRING)
            for value in routes.column(field)
        )

    @cache
    def beside_unknown(field: str) -> set[Directive]:
        """The suppressions that apply to an entry with an unknown field."""
        unknown = (entry for entry, value in enumerate(routes.column(field)) if isinstance(value, Unknown))
        return {one for entry in unknown for one in suppressions.of_entry(routes, entry, field)}

    def could_hide(directive: Directive, code: str) -> bool | None:
        if code not in outcome.able or directive not in speaking:
            return None
        rule = rules[code]
        named = [rule.parameters.get(name, ()) for name in ("field", "as", "key", "group")]
        fields = {one for names in named for one in ([names] if isinstance(names, str) else names)}
        if rule.where is not None:
            fields.update(FIELDS)
        if "facts" in rule.parameters:
            fields.add("VpnConnectionId")
        if rule.check not in _ALONE:
            return not is_lacking and not any(map(holds_unknown, fields or _ROUTE))
        fields.update(_ALONE[rule.check])
        return directive not in incomplete and all(directive not in beside_unknown(one) for one in fields)

    return could_hide


def _is_alone(lines: Lines, place: Location) -> bool:
    """Whether the comment is alone on its line. The dash of a list may be before it, if the entry begins
    on the next line."""
    line = lines.line(place.line)
    before, behind = line[: place.column - 1], line[place.end_column - 1 :]
    return not before.strip(" \t#/*-") and not behind.strip(" \t*/")


def _config_place(config: Config, path: tuple[str, ...]) -> Location:
    return config.place_of(path) or Location(config.source or "<config>", 1, 1, 1, 1)


def _matcher(glob: str, config: Config) -> Callable[[str], bool]:
    """Whether a shown file name matches a glob of the config, as `.gitignore` has them."""
    from vcolint.text.globs import Globs

    globs = Globs([glob], os.path.abspath(config.folder))
    return cache(lambda file: globs.leave_out(os.path.abspath(file)))


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
