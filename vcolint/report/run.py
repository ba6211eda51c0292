"""One run: turns what was read into a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from vcolint.checks import Hit
from vcolint.engine.evaluate import ELSEWHERE, Outcome, equipped, evaluate
from vcolint.engine.rule import Rule, find_rule, resolve
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Inputs, Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.report.assemble import (
    Placed,
    crash_placed,
    doubt_unchecked,
    hit_identity,
    hits_placed,
    live_problems_placed,
    local_identity,
    problems_placed,
    stable_name,
    unchecked_values,
    unknown_placed,
    unlisted,
    unlisted_placed,
)
from vcolint.report.environments import joined, joined_unchecked, with_own_promises
from vcolint.report.finding import Finding, Report, Unchecked, Unfixed
from vcolint.text.value import Location
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.baseline import Seen


def evaluated(
    inputs: Inputs, config: Config, rules: Mapping[str, Rule], selected: frozenset[str]
) -> list[Outcome]:
    """What the selected rules find in each set. Raises ConfigError for options that no rule has."""
    return _evaluated(inputs, config, _configured(rules, config), selected)


def _evaluated(
    inputs: Inputs, config: Config, rules: Mapping[str, Rule], selected: frozenset[str]
) -> list[Outcome]:
    sets = [list(inputs.sources), *([reading] for reading in inputs.sets)]
    routes = [RouteSet(members, config, inputs.live) for members in sets if members]
    return [evaluate(one, rules, selected) for one in with_own_promises(routes)]


def without_common(
    sides: Sequence[Sequence[Outcome]], rules: Mapping[str, Rule]
) -> Sequence[Sequence[Outcome]]:
    """The outcomes of two sides without the hits that give the same findings on both: as many with the
    same message, or with the same fingerprint. A comparison leaves these findings out anyway, and making
    them would be most of its cost. With suppressions all hits stay, because the sides may suppress
    different ones."""
    if any(_suppresses(outcome.routes) for outcomes in sides for outcome in outcomes):
        return sides
    told = [[_told(outcome, rules) for outcome in outcomes] for outcomes in sides]
    messages = [Counter(one.message for hits in side for one in hits) for side in told]
    prints = [Counter(one.print for hits in side for one in hits) for side in told]

    def differs(one: _Told) -> bool:
        return (
            prints[0][one.print] != prints[1][one.print]
            and messages[0][one.message] != messages[1][one.message]
        )

    left: list[list[Outcome]] = []
    for outcomes, hits in zip(sides, told, strict=True):
        left.append([])
        for outcome, found in zip(outcomes, hits, strict=True):
            kept = {code: [] if _alone(rules[code]) else some for code, some in outcome.hits.items()}
            for one in filter(differs, found):
                kept[one.code].append(one.hit)
            left[-1].append(outcome._replace(hits=kept))
    return left


class _Told(NamedTuple):
    """A hit that becomes a finding of its own, and what it has in common with others."""

    code: str
    hit: Hit
    message: Hashable  # equal ones have the same message
    print: Hashable  # equal ones have the same fingerprint, but for the ordinal among equals


def _told(outcome: Outcome, rules: Mapping[str, Rule]) -> list[_Told]:
    routes = outcome.routes
    columns = [routes.column(field) for field in FIELDS]
    found = []
    for code, hits in outcome.hits.items():
        for hit in hits if _alone(rules[code]) else ():
            entry = [column[hit.entry] for column in columns] if hit.place is None else []
            message = repr((code, hit.field, hit.variables, hit.place, entry))
            about: Hashable = message if hit.place is not None else hit_identity(routes, hit, local_identity)
            found.append(_Told(code, hit, message, (code, about)))
    return found


def _suppresses(routes: RouteSet) -> bool:
    in_config = routes.config.per_file_ignores or routes.config.ignore_entries
    return bool(in_config) or any(reading.remarks for reading in routes.readings)


def _alone(rule: Rule) -> bool:
    return rule.finding_per != "value"


def run(
    inputs: Inputs,
    config: Config,
    rules: Mapping[str, Rule],
    selected: frozenset[str],
    *,
    fail_on: str | None = None,
    baseline: Callable[[list[Placed], Seen], list[Placed]] | None = None,
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

    placed: list[Placed] = []
    unchecked: list[Unchecked] = []
    for outcome in outcomes:
        found, unknown = _findings(outcome, rules, selected)
        placed += found
        unchecked += unknown
    for reading in inputs.live:
        placed += live_problems_placed(reading, rules, config.folder)
    placed = [one for one in placed if one.finding.code in selected]

    shown, suppressed = _unsuppressed(placed, readings, outcomes, config, rules, selected)
    unchecked = sorted(
        joined_unchecked(unchecked),
        key=lambda item: (item.file, item.line, item.address or "", item.field or ""),
    )
    found_before = len(shown)
    if baseline is not None:
        shown = baseline(shown, _seen(readings, outcomes, config, rules, selected))
    texts = dict(chain.from_iterable(reading.texts.items() for reading in readings))
    findings, unfixed = _with_fixes(shown, texts, readings, outcomes)
    files = len({file for reading in readings for file in reading.files})
    entries = sum(outcome.routes.size for outcome in outcomes)
    return Report(
        _sorted(findings),
        unchecked,
        files=files,
        entries=entries,
        suppressed=suppressed,
        baselined=found_before - len(shown),
        fail_on=fail_on or config.fail_on,
        notice=_notice(inputs, files, entries or len(placed), len(unchecked)),
        sensitive=_sensitive(outcomes),
        rules=rules,
        text_of=texts.get,
        unfixed=unfixed,
    )


def _notice(inputs: Inputs, files: int, checked: int, unchecked: int) -> str | None:
    """That nothing at all was checked, and why."""
    why = inputs.notice
    if why is None and not checked:
        why = say("no entry in {files}", files=count(files, "file"))
        if unchecked:
            what = count(unchecked, "thing")
            why = say("{why}, and {what} that could not be listed", why=why, what=what)
    return None if why is None else say("nothing was checked: {why}", why=why)


def _configured(rules: Mapping[str, Rule], config: Config) -> dict[str, Rule]:
    """The rules with the config's options and severities."""
    configured = resolve(rules, config.options)
    for text, severity in config.severity.items():
        rule = find_rule(configured, text)
        if rule is not None:
            configured[rule.code] = rule._replace(severity=severity)
    return configured


def _findings(
    outcome: Outcome, rules: Mapping[str, Rule], selected: frozenset[str]
) -> tuple[list[Placed], list[Unchecked]]:
    routes = outcome.routes
    unknown = list(unchecked_values(routes))
    placed = [*problems_placed(routes, rules, outcome), *hits_placed(outcome, rules)]
    if "VCO004" in selected:
        placed += unknown_placed(routes, rules["VCO004"], unknown)
        for reading in routes.readings:
            placed += unlisted_placed(reading, rules["VCO004"], routes.config.folder)
    for code, error in outcome.crashed.items():
        if code in selected:
            placed.append(crash_placed(routes, rules["VCO008"], rules[code], error))
    unchecked = [item for _, item in unknown]
    unchecked += dict.fromkeys(
        doubt_unchecked(routes, doubt) for code, doubt in outcome.doubts if code in selected
    )
    for reading in routes.readings:
        unchecked += unlisted(reading)
    return placed, unchecked


def _unsuppressed(
    placed: list[Placed],
    readings: Sequence[Reading],
    outcomes: Sequence[Outcome],
    config: Config,
    rules: Mapping[str, Rule],
    selected: frozenset[str],
) -> tuple[list[Placed], int]:
    """The findings that are not suppressed, including those about suppressions, and the number of the
    others."""
    in_config = config.per_file_ignores or config.ignore_entries
    if not in_config and not any(reading.remarks for reading in readings):
        return joined(placed), 0
    from vcolint.report.suppression import Suppressions

    suppressions = Suppressions(readings, config, rules)
    hidden: list[Placed] = []
    shown: list[Placed] = []
    for one in placed:
        (hidden if suppressions.hide(one) else shown).append(one)
    about = [*suppressions.invalid(), *suppressions.unused(outcomes, selected)]
    for one in about:
        if one.finding.code in selected:
            (hidden if suppressions.hide(one) else shown).append(one)
    return joined(shown), len(joined(hidden))


def _with_fixes(
    placed: list[Placed],
    texts: Mapping[str, str],
    readings: Iterable[Reading],
    outcomes: Sequence[Outcome],
) -> tuple[list[Finding], list[Unfixed]]:
    if not placed:
        return [], []
    from vcolint.report.fixes import with_fixes

    environments: dict[str, list[str]] = {}
    for reading in readings:
        if reading.root is not None and reading.environment is not None:
            environments.setdefault(reading.root, []).append(reading.environment)
    return with_fixes(placed, texts, environments, outcomes)


def _seen(
    readings: Iterable[Reading],
    outcomes: Sequence[Outcome],
    config: Config,
    rules: Mapping[str, Rule],
    selected: frozenset[str],
) -> Seen:
    from pathlib import Path

    from vcolint.report.baseline import Seen

    read = (one for one in readings if all(problem.kind != "syntax" for problem in one.problems))
    files = {name for one in read for name in (*one.files, *([one.root] if one.root is not None else []))}
    codes = {
        code
        for code in selected
        if rules[code].check in ELSEWHERE
        or any(code not in outcome.crashed and equipped(outcome.routes, rules[code]) for outcome in outcomes)
    }
    return Seen(Path(config.folder), {stable_name(file, config.folder) for file in files}, codes)


def _sensitive(outcomes: Iterable[Outcome]) -> frozenset[Location]:
    """The places whose text is never shown."""
    return frozenset(
        place
        for outcome in outcomes
        for _, _, value in outcome.routes.sensitive
        for place in (value.location, value.origin)
        if place is not None
    )


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by file, line, column and code. An ordinal makes equal fingerprints unique."""
    ordered = sorted(
        findings,
        key=lambda one: (
            one.location.file,
            one.location.line,
            one.location.column,
            one.code,
            one.address or "",
            one.message,
        ),
    )
    seen: Counter[str] = Counter()
    unique = []
    for finding in ordered:
        seen[finding.fingerprint] += 1
        ordinal = seen[finding.fingerprint]
        unique.append(
            finding if ordinal == 1 else finding._replace(fingerprint=f"{finding.fingerprint}-{ordinal}")
        )
    return unique
