"""What users hide: comments in the files, `per-file-ignores` and `ignore-entries` in the config."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from vcolint.checks.engine import Outcome, equipped
from vcolint.config import Config
from vcolint.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.read.reading import Reading, Remark
from vcolint.report.assemble import Placed, entry_lines, entry_names, problem_finding
from vcolint.report.rules import Rule, find_rule, unknown_rule
from vcolint.report.selection import NEVER_IGNORED, matching_rules
from vcolint.value import Location, Unknown
from vcolint.wording import did_you_mean, quoted

_FORM = re.compile(r"vcolint:\s*(?P<word>[^\s\[\]]*)\s*(?:\[(?P<rules>[^\[\]]*)\])?", re.IGNORECASE)
_WORDS = ("ignore", "ignore-file")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Fault(NamedTuple):
    """A suppression that is not as it should be."""

    location: Location
    message: str


class Directive:
    """One suppression: the rules that it hides, and where. `used` collects those that it did hide."""

    def __init__(
        self,
        codes: tuple[str, ...],
        location: Location,
        shown: str,
        *,
        file: str | None = None,
        alone: bool = False,
    ) -> None:
        self.codes = codes
        self.location = location
        self.shown = shown  # how messages call it
        self.file = file  # that it stands in; None: it stands in the config
        self.alone = alone  # on a line of its own, so that it also speaks for the line below
        self.used: set[str] = set()


class Suppressions:
    """All suppressions of one run."""

    def __init__(self, readings: Sequence[Reading], config: Config, rules: Mapping[str, Rule]) -> None:
        self._faults: list[Fault] = []
        self._rules = rules
        self._folder = config.folder
        self._lines: dict[str, tuple[list[int], list[Directive]]] = {}  # by file, sorted by line
        self._files: dict[str, list[Directive]] = {}
        self._globs: list[tuple[Callable[[str], bool], Directive]] = []
        self._entries: dict[str, Directive] = {}
        for reading in readings:
            texts: dict[str, list[str]] = {}
            for remark in sorted(reading.remarks, key=lambda remark: remark.location):
                file = remark.location.file
                if file not in texts:
                    texts[file] = _LINE_END.split(reading.texts.get(file, ""))
                self._add(remark, texts[file])
        self._add_config(config)

    def hide(self, placed: Placed) -> bool:
        """Whether a finding is hidden; each suppression that does it is used."""
        code = placed.finding.code
        if code in NEVER_IGNORED:
            return False
        hiding = [directive for directive in self._speaking_for(placed) if code in directive.codes]
        for directive in hiding:
            directive.used.add(code)
        return bool(hiding)

    def invalid(self) -> Iterator[Placed]:
        """VCO007: suppressions that hide nothing because of how they are written."""
        rule = self._rule("invalid")
        for fault in self._faults:
            yield problem_finding(rule, fault.message, fault.location, self._folder)

    def unused(self, outcomes: Sequence[Outcome], selected: frozenset[str]) -> Iterator[Placed]:
        """VCO006: suppressions that hid nothing although they could have: their rule ran and had what it
        needs, and no value is unknown where they speak."""
        rule = self._rule("unused")
        able = {
            code
            for outcome in outcomes
            for code in selected - outcome.crashed.keys()
            if equipped(outcome.routes, self._rules[code])
        }
        for directive in self._all():
            idle = [code for code in directive.codes if code in able and code not in directive.used]
            if idle and self._judged(directive, outcomes):
                names = ", ".join(f"{code} {self._rules[code].name}" for code in idle)
                message = f"{directive.shown} hides no finding of {names}"
                yield problem_finding(rule, message, directive.location, self._folder)

    def _judged(self, directive: Directive, outcomes: Sequence[Outcome]) -> bool:
        """Whether everything is known where a suppression speaks. One in the config must speak for
        something that was read: a run over some of the files says nothing of the others."""
        speaks = directive.file is not None
        for outcome in outcomes:
            routes = outcome.routes
            columns = [routes.column(field) for field in FIELDS]
            for reading, entries in routes.spans:
                if directive.file is not None and directive.file not in reading.texts:
                    continue
                if directive in (one for matches, one in self._globs if any(map(matches, reading.files))):
                    speaks = True
                for entry in entries:
                    unknown = any(isinstance(column[entry], Unknown) for column in columns)
                    if (unknown or not speaks) and self._covers(directive, routes, entry):
                        speaks = True
                        if unknown:
                            return False
        return speaks

    def _covers(self, directive: Directive, routes: RouteSet, entry: int) -> bool:
        """Whether a suppression speaks for an entry."""
        record = routes.record(entry)
        file = record.location.file
        return (
            any(self._entries.get(name) is directive for name in entry_names(routes, entry))
            or directive in self._files.get(file, ())
            or any(one is directive and matches(file) for matches, one in self._globs)
            or directive in self._at(file, *entry_lines(record))
        )

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
        return [*found, *dict.fromkeys(self._entries.values())]

    def _speaking_for(self, placed: Placed) -> list[Directive]:
        place = placed.finding.location
        found: dict[Directive, None] = {}
        files = {place.file, placed.file or place.file}
        for file in files:
            found.update(dict.fromkeys(self._files.get(file, ())))
            found.update((directive, None) for matches, directive in self._globs if matches(file))
        found.update((self._entries[name], None) for name in placed.names if name in self._entries)
        if placed.lines is not None and placed.file in self._lines:
            found.update(dict.fromkeys(self._at(placed.file, *placed.lines)))
        if place.file in self._lines:
            found.update(dict.fromkeys(self._at(place.file, place.line, place.end_line)))
        return list(found)

    def _at(self, file: str, first: int, last: int) -> list[Directive]:
        """The comments on these lines, and those that stand alone directly above."""
        lines, directives = self._lines.get(file, ([], []))
        found = directives[bisect_left(lines, first) : bisect_right(lines, last)]
        above = first - 1
        while True:
            here = directives[bisect_left(lines, above) : bisect_right(lines, above)]
            if not here or not all(directive.alone for directive in here):
                return found
            found += here
            above -= 1

    def _add(self, remark: Remark, lines: list[str]) -> None:
        match = _FORM.match(remark.text)
        word = match["word"].lower() if match else ""
        if match is None or word not in _WORDS:
            meant = did_you_mean(word, _WORDS) if word else ""
            self._fault(remark, f"{quoted(remark.text)} is no suppression{meant or _HOW}")
            return
        if match["rules"] is None:
            self._fault(remark, f"{quoted(remark.text)} names no rule in brackets{_HOW}")
            return
        codes = []
        for name in filter(None, (part.strip() for part in match["rules"].split(","))):
            rule = find_rule(self._rules, name)
            if rule is None:
                self._fault(remark, unknown_rule(self._rules, name))
            elif rule.code in NEVER_IGNORED:
                self._fault(remark, f"{rule.code} {rule.name} cannot be suppressed")
            else:
                codes.append(rule.code)
        if not codes:
            if not match["rules"].strip(", "):
                self._fault(remark, f"{quoted(remark.text)} names no rule in brackets{_HOW}")
            return
        place = remark.location
        directive = Directive(
            tuple(dict.fromkeys(codes)),
            place,
            f"this {word}",
            file=place.file,
            alone=_alone(lines, remark.location),
        )
        if word == "ignore-file":
            self._files.setdefault(place.file, []).append(directive)
        else:
            numbers, directives = self._lines.setdefault(place.file, ([], []))
            numbers.append(place.line)
            directives.append(directive)

    def _fault(self, remark: Remark, message: str) -> None:
        self._faults.append(Fault(remark.location, message))

    def _add_config(self, config: Config) -> None:
        def codes(texts: Sequence[str]) -> tuple[str, ...]:
            matching = (rule.code for text in texts for rule in matching_rules(self._rules, text)[0])
            return tuple(dict.fromkeys(code for code in matching if code not in NEVER_IGNORED))

        for glob, texts in config.per_file_ignores.items():
            place = _config_place(config, ("per-file-ignores", glob))
            directive = Directive(codes(texts), place, f"per-file-ignores for {quoted(glob)}")
            self._globs.append((_matcher(glob, config), directive))
        for name, texts in config.ignore_entries.items():
            place = _config_place(config, ("ignore-entries", name))
            self._entries[" ".join(name.split()) if " " in name else name] = Directive(
                codes(texts), place, f"ignore-entries for {quoted(name)}"
            )


_HOW = "; write vcolint: ignore[CODE] reason, or vcolint: ignore-file[CODE] reason"


def _alone(lines: list[str], place: Location) -> bool:
    """Whether nothing but the comment stands on its line."""
    before = lines[place.line - 1][: place.column - 1] if place.line <= len(lines) else ""
    return not before.strip(" \t#/*")


def _config_place(config: Config, path: tuple[str, ...]) -> Location:
    file, line, column = config.places.get(path, f"{config.source or 'vcolint.yaml'}:1:1").rsplit(":", 2)
    return Location(file, int(line), int(column), int(line), int(column) + len(path[-1]))


def _matcher(glob: str, config: Config) -> Callable[[str], bool]:
    """Whether a shown file name matches a glob of the config, as `.gitignore` has them."""
    import os

    from vcolint.read.globs import Globs

    globs = Globs([glob], os.path.abspath(config.folder))
    verdicts: dict[str, bool] = {}

    def matches(file: str) -> bool:
        if file not in verdicts:
            verdicts[file] = globs.leave_out(os.path.abspath(file))
        return verdicts[file]

    return matches
