"""One run: turns what was read into a report."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from vcolint.config.load import Settings
from vcolint.engine.evaluate import Outcome, evaluate
from vcolint.engine.rule import ELSEWHERE
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Inputs
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Promise
from vcolint.read.recognise import SOURCES
from vcolint.report import assemble
from vcolint.report.finding import Finding, Report, Shared, Unchecked
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.baseline import Baseline

_Item = TypeVar("_Item", Finding, Unchecked)


def evaluated(inputs: Inputs, settings: Settings) -> list[Outcome]:
    """What the selected rules find in each set."""
    sets = [list(inputs.sources), *([reading] for reading in inputs.sets)]
    routes = [RouteSet(members, settings.config, inputs.live) for members in sets if members]
    return [evaluate(one, settings.rules, settings.selected) for one in _with_own_promises(routes)]


def run(
    inputs: Inputs,
    settings: Settings,
    *,
    baseline: Baseline | None = None,
    outcomes: Sequence[Outcome] | None = None,
) -> Report:
    """Check everything that was read.

    `baseline` holds the findings to leave out. `outcomes` is what the rules found, if they have run already.
    """
    config, rules, selected, _ = settings
    if outcomes is None:
        outcomes = evaluated(inputs, settings)
    readings = [*inputs.sources, *inputs.sets, *inputs.live]
    texts = dict(chain.from_iterable(reading.texts.items() for reading in readings))
    if config.source is not None:
        texts.setdefault(config.source, config.content)
    shared = Shared(config.folder)

    found = [one for outcome in outcomes for one in assemble.findings(shared, rules, outcome, selected)]
    problems = list(chain.from_iterable(reading.problems for reading in inputs.live))
    by_kind = assemble.reading_rules(rules) if problems else {}
    for problem in problems:
        rule = by_kind[problem.kind]
        found.append(assemble.problem_finding(shared, rule, problem.message, problem.location))
    found = [one for one in found if one.code in selected]
    unchecked = list(chain.from_iterable(assemble.unchecked(outcome, selected) for outcome in outcomes))
    unchecked = [
        alike[0]._replace(environments=_environments(alike))
        for alike in _alike(unchecked, lambda item: item._replace(environments=()))
    ]
    unchecked.sort(key=lambda item: (item.file, item.line, item.address or "", item.field or ""))
    files = {file for reading in readings for file in reading.files}
    entries = sum(outcome.routes.size for outcome in outcomes)
    nothing = inputs.notice
    if nothing is None and not found and not entries:
        nothing = say("no entry in {files}", files=count(len(files), "file"))

    hidden: set[Finding] = set()
    if config.per_file_ignores or config.ignore_entries or any(reading.remarks for reading in readings):
        from vcolint.report.suppression import Suppressions

        suppressions = Suppressions(shared, readings, config, rules)
        hidden.update(one for one in found if suppressions.hide(one))
        about = [*suppressions.invalid, *suppressions.unused(outcomes)]
        about = [one for one in about if one.code in selected]
        hidden.update(one for one in about if suppressions.hide(one))
        found += about
    suppressed = len(_joined([one for one in found if one in hidden]))
    found = _joined([one for one in found if one not in hidden])
    before = len(found)
    if baseline is not None:
        read = [one for one in readings if all(problem.kind != "syntax" for problem in one.problems)]
        names = {name for one in read for name in (*one.files, one.root) if name is not None}
        able = frozenset[str]().union(*(outcome.able for outcome in outcomes))
        codes = {code for code in selected if code in able or rules[code].check in ELSEWHERE}
        found = baseline.new(found, config.folder, set(map(shared.stable_name, names)), codes)
    shared.findings = sorted(found, key=lambda one: (one.location[:3], one.code, one.address or ""))
    if found:
        from vcolint.report.fixes import Fixes

        shared.fixing = Fixes(texts, outcomes).of
    secrets = [value for outcome in outcomes for _, _, value in outcome.routes.sensitive]
    places = (place for value in secrets for place in (value.location, value.origin))
    return Report(
        shared.findings,
        unchecked,
        files=len(files),
        entries=entries,
        suppressed=suppressed,
        baselined=before - len(found),
        fail_on=config.fail_on,
        notice=say("nothing was checked: {why}", why=nothing) if nothing else None,
        sensitive=frozenset(place for place in places if place is not None),
        rules=rules,
        text_of=texts.get,
    )


# -- environments -----------------------------------------------------------------------------------------


def _alike(items: Iterable[_Item], about: Callable[[_Item], Hashable]) -> Iterable[list[_Item]]:
    """The items in groups: those of several environments that are about the same thing are together."""
    together: dict[Hashable, list[_Item]] = {}
    for one in items:
        together.setdefault(about(one) if one.environments else id(one), []).append(one)
    return together.values()


def _environments(alike: Iterable[Finding | Unchecked]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(one.environments for one in alike)))


def _joined(found: list[Finding]) -> list[Finding]:
    """The findings. Those of several environments with the same rule, place, message and address become one,
    which has the related places of all."""
    if not any(one.environments for one in found):
        return found
    groups = _alike(found, lambda one: (one.code, one.location, one.message, one.address, one.root))
    for first, *others in groups:
        if others:
            first.more += tuple(chain.from_iterable(one.related for one in others))
            first.environments = _environments([first, *others])
    return [first for first, *_ in groups]


def _with_own_promises(sets: list[RouteSet]) -> list[RouteSet]:
    """The sets, each with the promises about it: about its connections, or else about its networks. A
    promise about no environment belongs to the sources without one, or to all environments if there are no
    other sources. Plans and the like are checked against all promises."""
    wanted = [one for one in sets if one.readings[0].kind in SOURCES]
    if not any(one.environment for one in wanted) or not wanted[0].config.promises:
        return sets
    held: dict[RouteSet, list[Promise]] = {one: [] for one in wanted}
    for promise in wanted[0].config.promises:
        carriers, block = frozenset(promise.carried_by or ()), network.parse(promise.network)
        using = [
            one for one in wanted if carriers.intersection(chain.from_iterable(map(one.names_of, one.used)))
        ]
        meeting = [
            one
            for one in wanted
            if block is not None
            and any(own is not None and network.overlaps(block, own) for own in one.networks)
        ]
        for one in using or meeting or [one for one in wanted if one.environment is None] or wanted:
            held[one].append(promise)
    return [
        RouteSet(one.readings, one.config._replace(promises=tuple(held[one])), one.live)
        if one in held
        else one
        for one in sets
    ]
