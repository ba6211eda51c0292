"""Runs rules over a route set and applies the precedence among them: one mistake gives one finding.

Rule pages say which rule yields to which (`yields-to`, `verdict`); this module names no rule. Precedence does
not depend on the selection: a rule also runs if another selected rule yields to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, find
from vcolint.engine.rule import VERDICTS, Rule
from vcolint.model.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Unknown

# Checks that do not look at entries: other modules collect what they report.
ELSEWHERE = frozenset({"reading", "unknown-value", "suppression", "crash"})


class Outcome(NamedTuple):
    """What a run over one set found."""

    routes: RouteSet  # with the entries that rules leave out
    hits: dict[str, list[Hit]]  # of every rule that ran, by code
    doubts: list[tuple[str, Doubt]]  # with the code of the rule that could not decide
    crashed: dict[str, str]  # code -> what went wrong


def evaluate(routes: RouteSet, rules: Mapping[str, Rule], selected: frozenset[str]) -> Outcome:
    """Run the selected rules, and the rules they yield to, over one set."""
    return _Run(routes, rules).outcome(selected)


def left_out(routes: RouteSet, rule: Rule) -> frozenset[int]:
    """The entries that a rule leaves out because of what another rule found about them."""
    entries: frozenset[int] = frozenset()
    for verdict in rule.yields_to:
        if verdict in VERDICTS:
            entries |= _judged(routes, verdict)
    return entries


def _judged(routes: RouteSet, verdict: str) -> frozenset[int]:
    """The entries that have a verdict."""
    return {
        "unusable-destination": routes.unusable,
        "duplicate": routes.duplicates,
        "invalid-weight": routes.misweighted,
        "invalid-region": routes.misplaced,
    }[verdict]


def equipped(routes: RouteSet, rule: Rule) -> bool:
    """Whether a set has the facts without which a rule cannot find anything."""
    facts = rule.parameters.get("facts")
    if facts is not None:
        told = [reading.topology.remote_subnets for reading in routes.readings]
        given = getattr(routes.config.facts, facts.replace("-", "_"))
        if facts in ("connections", "allowed-destinations", "remote-subnets"):
            return bool(given) or (facts == "remote-subnets" and any(told))
        return any(routes.facts(reading).known(facts) for reading in routes.readings)
    if rule.check == "live":
        return any(reading.records for reading in routes.live)
    if rule.check == "promise":
        return bool(routes.config.promises)
    if rule.check == "quota":
        return bool(routes.config.quotas)
    kinds = {reading.kind for reading in routes.readings}
    if rule.check == "replacement":
        return "terraform-plan" in kinds
    if rule.check in ("concurrency", "unbound", "unlearned"):
        return not kinds.isdisjoint({"terraform", "terraform-plan"})
    return rule.check not in ("unknown-value", "suppression", "crash")


class _Run:
    def __init__(self, routes: RouteSet, rules: Mapping[str, Rule]) -> None:
        self.routes = routes
        self.rules = rules
        self.hits: dict[str, list[Hit]] = {}
        self.doubts: list[tuple[str, Doubt]] = []
        self.crashed: dict[str, str] = {}
        self._silenced: dict[str, set[tuple[int, str | None]]] = {}

    def outcome(self, selected: frozenset[str]) -> Outcome:
        unusable: set[int] = set()
        for code in self._giving("unusable-destination"):
            unusable.update(hit.entry for hit in self.of(code) if hit.field == "RouteDest")
            self.routes = self.routes.judged(unusable)
        duplicates, misweighted, misplaced = (
            {hit.entry for code in self._giving(verdict) for hit in self.of(code) if hit.field == field}
            for verdict, field in (
                ("duplicate", "RouteDest"),
                ("invalid-weight", "Weight"),
                ("invalid-region", "RegionId"),
            )
        )
        if float in self.routes.kinds("Weight"):  # which is told as of the wrong type
            weights = enumerate(self.routes.column("Weight"))
            misweighted.update(entry for entry, weight in weights if type(weight) is float)
        self.routes = self.routes.judged(unusable, duplicates, misweighted, misplaced)
        for code in sorted(selected):
            self.of(code)
        return Outcome(self.routes, self.hits, self.doubts, self.crashed)

    def _giving(self, verdict: str) -> list[str]:
        """The rules that give a verdict. A rule that yields to others runs after them and leaves out what
        they found."""
        given = {code: rule for code, rule in self.rules.items() if verdict in rule.verdict}
        return sorted(given, key=lambda code: sum(other in given for other in given[code].yields_to))

    def of(self, code: str) -> list[Hit]:
        """The hits of a rule, without those that yield to other rules."""
        if code not in self.hits:
            self.hits[code] = []  # in case rules yield to each other in a circle
            rule = self.rules[code]
            if rule.check not in ELSEWHERE and equipped(self.routes, rule):
                self.hits[code] = self._run(rule)
        return self.hits[code]

    def _run(self, rule: Rule) -> list[Hit]:
        routes = self.routes
        who: Sequence[int] = range(routes.size)
        found: list[Hit] = []
        doubts: list[tuple[str, Doubt]] = []
        try:
            if rule.where is not None:
                who = satisfying(routes, rule.where)
            if "invalid-region" in rule.yields_to and routes.misplaced:
                who = [entry for entry in who if entry not in routes.misplaced]  # not compared either
            for item in find(rule.check)(routes, rule.parameters, who):
                if isinstance(item, Doubt):
                    doubts.append((rule.code, item))
                else:
                    found.append(item)
        except Exception as error:  # a check may get any input; the other rules must run even so
            self.crashed[rule.code] = f"{type(error).__name__}: {error}"
            return []
        self.doubts += doubts
        if not found:
            return found
        silenced: set[tuple[int, str | None]] = set()
        for code in rule.yields_to:
            if code not in VERDICTS:
                silenced |= self._touched(code)
        out = left_out(routes, rule)
        if out:
            found = [hit for hit in found if hit.entry not in out]
        if silenced:
            also = rule.parameters.get("as")  # what `same` compares with
            found = [
                hit
                for hit in found
                if (hit.entry, hit.field) not in silenced and (hit.entry, also) not in silenced
            ]
        return found

    def _touched(self, code: str) -> set[tuple[int, str | None]]:
        """The entries and fields that a rule has hits for."""
        if code not in self._silenced:
            rule = self.rules[code]
            # A hit of `agree` is placed at the destination, but it is about the field.
            about = rule.parameters["field"] if rule.check == "agree" else None
            self._silenced[code] = {
                (entry, field)
                for hit in self.of(code)
                for entry in (hit.entry, *hit.members)
                for field in (hit.field, about or hit.field)
            }
        return self._silenced[code]


def satisfying(routes: RouteSet, where: Any) -> list[int]:
    """The entries that satisfy a JSON Schema. Entries with an unknown value in a field that it names do
    not."""
    from json import dumps

    from jsonschema import Draft202012Validator

    written = dumps(where)
    fields = [field for field in FIELDS if f'"{field}"' in written] or FIELDS
    # Nobody knows whether an entry with an unknown value satisfies the schema.
    valid = Draft202012Validator(where).is_valid
    verdicts: dict[tuple[Any, ...], bool] = {}
    found = []
    columns = [routes.column(field) for field in fields]
    for entry in range(routes.size):
        values = tuple(column[entry] for column in columns)
        key = (values, tuple(map(type, values)))
        verdict = verdicts.get(key)
        if verdict is None:
            known = {field: value for field, value in zip(fields, values, strict=True) if value is not None}
            verdict = not any(isinstance(value, Unknown) for value in values) and valid(known)
            verdicts[key] = verdict
        if verdict:
            found.append(entry)
    return found
