"""One run: turns what was read into a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import TYPE_CHECKING

from vcolint.engine.evaluate import Outcome, evaluate
from vcolint.engine.rule import ELSEWHERE, Rule, find_rule, resolve
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Inputs, Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Promise
from vcolint.read.recognise import SOURCES
from vcolint.report import assemble
from vcolint.report.finding import Finding, Report, Shared, Unchecked
from vcolint.text.value import Location
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.baseline import Seen

_Rules = Mapping[str, Rule]


def evaluated(inputs: Inputs, config: Config, rules: _Rules, selected: frozenset[str]) -> list[Outcome]:
    """What the selected rules find in each set. Raises ConfigError for options that no rule has."""
    return _evaluated(inputs, config, _configured(rules, config), selected)


def _evaluated(inputs: Inputs, config: Config, rules: _Rules, selected: frozenset[str]) -> list[Outcome]:
    sets = [list(inputs.sources), *([reading] for reading in inputs.sets)]
    routes = [RouteSet(members, config, inputs.live) for members in sets if members]
    return [evaluate(one, rules, selected) for one in _with_own_promises(routes)]


def run(
    inputs: Inputs,
    config: Config,
    rules: _Rules,
    selected: frozenset[str],
    *,
    baseline: Callable[[list[Finding], Seen], list[Finding]] | None = None,
    outcomes: Sequence[Outcome] | None = None,
) -> Report:
    """Check everything that was read.

    `rules` are all rules as on their pages, `selected` the codes of those that run. `baseline` takes the
    findings and what the run has seen, and returns the new findings. `outcomes` is what the rules found, if
    they have run already. Raises ConfigError for options that no rule has.
    """
    rules = _configured(rules, config)
    if outcomes is None:
        outcomes = _evaluated(inputs, config, rules, selected)
    readings = [*inputs.sources, *inputs.sets, *inputs.live]
    texts = dict(chain.from_iterable(reading.texts.items() for reading in readings))
    if config.source is not None:
        texts.setdefault(config.source, config.content)
    shared = Shared(config.folder)

    found: list[Finding] = []
    unchecked: list[Unchecked] = []
    for outcome in outcomes:
        unchecked += _gather(shared, rules, selected, outcome, found)
    for reading in inputs.live:
        found += assemble.live_problems(shared, rules, reading)
    found = [one for one in found if one.code in selected]
    unchecked = sorted(
        _joined_unchecked(unchecked),
        key=lambda item: (item.file, item.line, item.address or "", item.field or ""),
    )
    nothing = inputs.notice or _nothing(inputs, readings, outcomes, found, unchecked)

    found, suppressed = _unsuppressed(shared, found, readings, outcomes, config, rules, selected)
    before = len(found)
    if baseline is not None:
        found = baseline(found, _seen(shared, readings, outcomes, config, rules, selected))
    shared.findings = list(_in_order(found))
    if found:
        from vcolint.report.fixes import Fixes

        shared.fixing = Fixes(shared, texts, readings, outcomes).of
    return Report(
        shared.findings,
        unchecked,
        files=len({file for reading in readings for file in reading.files}),
        entries=sum(outcome.routes.size for outcome in outcomes),
        suppressed=suppressed,
        baselined=before - len(found),
        fail_on=config.fail_on,
        notice=nothing and say("nothing was checked: {why}", why=nothing),
        sensitive=_sensitive(outcomes),
        rules=rules,
        text_of=texts.get,
    )


def _configured(rules: _Rules, config: Config) -> dict[str, Rule]:
    """The rules with the config's options and severities."""
    configured = resolve(rules, config.options)
    for text, severity in config.severity.items():
        rule = find_rule(configured, text)
        if rule is not None:
            configured[rule.code] = rule._replace(severity=severity)
    return configured


def _gather(
    shared: Shared, rules: _Rules, selected: frozenset[str], outcome: Outcome, found: list[Finding]
) -> Iterator[Unchecked]:
    """What was not checked in a set; adds its findings to those that were found."""
    routes = outcome.routes
    unknown = list(assemble.unchecked_values(routes))
    found += assemble.problems(shared, rules, outcome)
    found += assemble.hits(shared, rules, outcome)
    if "VCO004" in selected:
        found += assemble.unknowns(shared, rules["VCO004"], routes, unknown)
    for code, error in outcome.crashed.items():
        if code in selected:
            found.append(assemble.crash(shared, rules["VCO008"], routes, rules[code], error))
    yield from (item for _, item in unknown)
    doubts = (doubt for code, doubt in outcome.doubts if code in selected)
    yield from dict.fromkeys(assemble.doubt_unchecked(routes, doubt) for doubt in doubts)
    for reading in routes.readings:
        yield from assemble.unlisted(reading)


def _nothing(
    inputs: Inputs,
    readings: Iterable[Reading],
    outcomes: Iterable[Outcome],
    found: Sequence[Finding],
    unchecked: Sequence[Unchecked],
) -> str | None:
    """Why nothing at all was checked; None if something was."""
    if found or any(outcome.routes.size for outcome in outcomes):
        return None
    files = len({file for reading in readings for file in reading.files})
    why = say("no entry in {files}", files=count(files, "file"))
    if unchecked:
        what = count(len(unchecked), "thing")
        return say("{why}, and {what} that could not be listed", why=why, what=what)
    return why


def _unsuppressed(
    shared: Shared,
    found: list[Finding],
    readings: Sequence[Reading],
    outcomes: Sequence[Outcome],
    config: Config,
    rules: _Rules,
    selected: frozenset[str],
) -> tuple[list[Finding], int]:
    """The findings that are not suppressed, including those about suppressions, and the number of the
    others."""
    in_config = config.per_file_ignores or config.ignore_entries
    if not in_config and not any(reading.remarks for reading in readings):
        return _joined(found), 0
    from vcolint.report.suppression import Suppressions

    suppressions = Suppressions(shared, readings, config, rules)
    hidden = [one for one in found if suppressions.hide(one)]
    about = [*suppressions.invalid(), *suppressions.unused(outcomes)]
    about = [one for one in about if one.code in selected]
    hidden += [one for one in about if suppressions.hide(one)]
    gone = set(hidden)
    return _joined(one for one in (*found, *about) if one not in gone), len(_joined(hidden))


def _seen(
    shared: Shared,
    readings: Iterable[Reading],
    outcomes: Sequence[Outcome],
    config: Config,
    rules: _Rules,
    selected: frozenset[str],
) -> Seen:
    from pathlib import Path

    from vcolint.report.baseline import Seen

    read = [one for one in readings if all(problem.kind != "syntax" for problem in one.problems)]
    files = {name for one in read for name in (*one.files, *([one.root] if one.root is not None else []))}
    codes = {
        code
        for code in selected
        if rules[code].check in ELSEWHERE or any(code in outcome.able for outcome in outcomes)
    }
    return Seen(Path(config.folder), set(map(shared.stable_name, files)), codes)


def _sensitive(outcomes: Iterable[Outcome]) -> frozenset[Location]:
    """The places whose text is never shown."""
    return frozenset(
        place
        for outcome in outcomes
        for _, _, value in outcome.routes.sensitive
        for place in (value.location, value.origin)
        if place is not None
    )


def _in_order(found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings by file, line, column, code, address and message."""

    def key(one: Finding) -> tuple[str, int, int, str, str]:
        file, line, column, _, _ = one.location
        return file, line, column, one.rule.code, one.address or ""

    for _, same in groupby(sorted(found, key=key), key):
        first, *others = same
        yield from sorted((first, *others), key=lambda one: one.message) if others else (first,)


# -- environments -----------------------------------------------------------------------------------------


def _with_own_promises(sets: list[RouteSet]) -> list[RouteSet]:
    """The sets, each with the promises about it: about its connections, or else about its networks. A
    promise about no environment belongs to the sources without one, or to all environments if there are no
    other sources. Plans and the like are checked against all promises."""
    wanted = [one for one in sets if one.readings[0].kind in SOURCES]
    if not any(one.environment for one in wanted) or not wanted[0].config.promises:
        return sets
    held: dict[RouteSet, list[Promise]] = {one: [] for one in wanted}
    for promise in wanted[0].config.promises:
        concerned = [one for one in wanted if _uses(one, promise.carried_by or ())]
        concerned = concerned or [one for one in wanted if _meets(one, promise.network)]
        concerned = concerned or [one for one in wanted if one.environment is None] or wanted
        for one in concerned:
            held[one].append(promise)
    return [
        RouteSet(one.readings, one.config._replace(promises=tuple(held[one])), one.live)
        if one in held
        else one
        for one in sets
    ]


def _uses(routes: RouteSet, connections: Iterable[str]) -> bool:
    names = {name for connection in set(routes.connections) for name in routes.names_of(connection)}
    return not names.isdisjoint(connections)


def _meets(routes: RouteSet, text: str) -> bool:
    block = network.parse(text)
    return block is not None and any(
        network.overlaps(block, one) for one in routes.networks if one is not None
    )


def _joined(found: Iterable[Finding]) -> list[Finding]:
    """The findings. Those of several environments with the same rule, place, message and address become one,
    which has the related places of all."""
    joined: list[Finding] = []
    seen: Counter[object] = Counter()
    first: dict[object, Finding] = {}
    for one in found:
        if one.environments:
            about = one.code, one.location, one.message, one.address, one.root
            seen[one.environments, about] += 1
            number = seen[one.environments, about]  # one environment may have several equal ones
            same = first.setdefault((about, number), one)
            if same is not one:
                same.more += one.related
                same.environments += one.environments
                continue
        joined.append(one)
    return joined


def _joined_unchecked(unchecked: Iterable[Unchecked]) -> Iterator[Unchecked]:
    """What was not checked. Rows that are equal in several environments become one."""
    environments: dict[tuple[Unchecked, bool, int], tuple[str, ...]] = {}
    seen: Counter[object] = Counter()
    for item in unchecked:
        seen[item] += 1
        about = item._replace(environments=()), bool(item.environments), seen[item]
        environments[about] = environments.get(about, ()) + item.environments
    for (item, _, _), names in environments.items():
        yield item._replace(environments=names)
