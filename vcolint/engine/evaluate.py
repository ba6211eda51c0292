"""Runs rules over a route set and applies the precedence among them: one mistake gives one finding.

Rule pages say which rule yields to which (`yields-to`, `verdict`); this module names no rule. Precedence does
not depend on the selection: a rule also runs if another selected rule yields to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from vcolint.checks import NEED_ONE, NEED_TWO, Doubt, Hit, find
from vcolint.checks.field import validator
from vcolint.engine.rule import ELSEWHERE, VERDICTS, Rule
from vcolint.model.entry import FIELDS
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, Unknown


class Outcome(NamedTuple):
    """What a run over one set found."""

    routes: RouteSet  # with the entries that rules leave out
    hits: dict[str, list[Hit]]  # of every rule that ran, by code
    doubts: list[tuple[str, Doubt]]  # with the code of the rule that could not decide
    crashed: dict[str, str]  # code -> what went wrong
    able: frozenset[str]  # the codes of the selected rules that could find something


def evaluate(routes: RouteSet, rules: Mapping[str, Rule], selected: frozenset[str]) -> Outcome:
    """Run the selected rules, and the rules they yield to, over one set."""
    run = _Run(routes, rules)
    run.judge()
    for code in sorted(selected):
        run.of(code)
    able = frozenset(run.able & selected - run.crashed.keys())
    return Outcome(run.routes, run.hits, run.doubts, run.crashed, able)


def left_out(routes: RouteSet, rule: Rule) -> frozenset[int]:
    """The entries that a rule leaves out because of what another rule found about them."""
    judged = [VERDICTS[verdict][1] for verdict in rule.yields_to if verdict in VERDICTS]
    return frozenset().union(*(getattr(routes, entries) for entries in judged))


def _lacking(routes: RouteSet) -> frozenset[str]:
    """The facts that a set does not have, and the checks that cannot find anything in it."""
    facts = routes.config.facts
    given = {name for name, held in zip(facts._fields, facts, strict=True) if held}
    for reading in routes.readings:
        given.update(name for name, held in vars(reading.topology).items() if held)
    kinds = {reading.kind for reading in routes.readings}
    terraform = not kinds.isdisjoint({"terraform", "terraform-plan"})
    has = {
        "live": any(reading.records for reading in routes.live),
        "learned-routes": any(reading.learned for reading in routes.live),
        "promise": bool(routes.config.promises),
        "quota": bool(routes.config.quotas),
        "replacement": "terraform-plan" in kinds,
        **dict.fromkeys(("concurrency", "binding"), terraform),
        **dict.fromkeys(ELSEWHERE, False),
        "reading": True,  # its findings come from the readers
    }
    unknown = (name.replace("_", "-") for name in facts._fields if name not in given)
    return frozenset(unknown).union(check for check, is_there in has.items() if not is_there)


class _Run:
    def __init__(self, routes: RouteSet, rules: Mapping[str, Rule]) -> None:
        self.routes = routes
        self.rules = rules
        self.hits: dict[str, list[Hit]] = {}
        self.doubts: list[tuple[str, Doubt]] = []
        self.crashed: dict[str, str] = {}
        lacking = _lacking(routes)
        self.able = {  # the rules for which the set has what they need
            code
            for code, rule in rules.items()
            if lacking.isdisjoint((rule.check, rule.parameters.get("facts")))
        }
        is_alone = routes.size < 2 and not routes.live
        self._idle = ELSEWHERE | NEED_TWO if is_alone else ELSEWHERE  # checks that do not run

    def judge(self) -> None:
        """Run the rules that give verdicts, and mark the entries that get one."""
        found: list[set[int]] = []
        judging = [rule for rule in self.rules.values() if rule.verdict]
        for verdict, (field, _) in VERDICTS.items():
            judged: set[int] = set()
            found.append(judged)
            # A rule that yields to others runs after them and leaves out what they found.
            rules = [rule for rule in judging if verdict in rule.verdict]
            codes = {rule.code for rule in rules}
            for rule in sorted(rules, key=lambda one: len(codes.intersection(one.yields_to))):
                judged.update(hit.entry for hit in self.of(rule.code) if hit.field == field)
                if judged and verdict == "unusable-destination":
                    self.routes = self.routes.judged(judged)
            if verdict == "invalid-weight" and float in self.routes.kinds("Weight"):
                # Weights with a fraction are reported as values of the wrong type.
                weights = enumerate(self.routes.column("Weight"))
                judged.update(entry for entry, weight in weights if type(weight) is float)
        self.routes = self.routes.judged(*found)

    def of(self, code: str) -> list[Hit]:
        """The hits of a rule, without those that yield to other rules."""
        if code not in self.hits:
            self.hits[code] = []  # in case rules yield to each other in a circle
            rule = self.rules[code]
            is_idle = rule.check in self._idle and rule.parameters.get("finds") not in NEED_ONE
            if code in self.able and not is_idle:
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
            if routes.misplaced and "invalid-region" in rule.yields_to:
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
        out = left_out(routes, rule)
        silenced = set().union(*(self._touched(code) for code in rule.yields_to if code not in VERDICTS))
        if not out and not silenced:
            return found
        also = rule.parameters.get("as")  # what `same` compares with
        return [
            hit
            for hit in found
            if hit.entry not in out and silenced.isdisjoint({(hit.entry, hit.field), (hit.entry, also)})
        ]

    def _touched(self, code: str) -> set[tuple[int, str | None]]:
        """The entries and fields that a rule has hits for."""
        rule = self.rules[code]
        # A hit of `agree` is placed at the destination, but it is about the field.
        about = rule.parameters["field"] if rule.check == "agree" else None
        return {
            (entry, field)
            for hit in self.of(code)
            for entry in (hit.entry, *hit.members)
            for field in (hit.field, about or hit.field)
        }


def satisfying(routes: RouteSet, where: Any) -> list[int]:
    """The entries that satisfy a JSON Schema. Entries with an unknown value in a field that it names do
    not."""
    from json import dumps

    written = dumps(where)
    fields = [field for field in FIELDS if f'"{field}"' in written] or FIELDS
    valid = validator(where).is_valid

    @lru_cache(maxsize=None, typed=True)  # to a schema, 1 is not true
    def satisfied(*values: Scalar) -> bool:
        known = {field: value for field, value in zip(fields, values, strict=True) if value is not None}
        # Nobody knows whether an entry with an unknown value satisfies the schema.
        return not any(isinstance(value, Unknown) for value in values) and valid(known)

    columns = [routes.column(field) for field in fields]
    return [entry for entry, values in enumerate(zip(*columns, strict=True)) if satisfied(*values)]
