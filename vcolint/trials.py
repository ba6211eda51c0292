"""Tests rule pages: runs each example on them as a file of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from vcolint.config.load import load_config, settle
from vcolint.engine.pages import Example, Page
from vcolint.engine.rule import Rule
from vcolint.engine.rules import load_rules
from vcolint.errors import RulePageError, VcolintError
from vcolint.library import read_paths, run_over, working_in
from vcolint.locale import say, tr
from vcolint.model.settings import Config
from vcolint.report.finding import Finding
from vcolint.text.wording import count, listed

# The name of an example's file, by the word on its fence.
_NAMES = {
    "yaml": "routes.yaml",
    "json": "routes.json",
    "jsonl": "routes.jsonl",
    "csv": "routes.csv",
    "hcl": "main.tf",
    "sh": "routes.sh",
}
_CONFIG = "vcolint.yaml"
_LIVE = "live.json"


class Trial(NamedTuple):
    """One example and its findings."""

    rule: Rule
    example: Example
    findings: list[Finding]

    @property
    def expected(self) -> frozenset[str]:
        return frozenset() if self.example.good else frozenset({self.rule.code, *self.example.codes})

    @property
    def passed(self) -> bool:
        return {finding.code for finding in self.findings} == self.expected


def trials(folder: Path) -> Iterator[Trial]:
    """Run the examples on the pages of a folder. Raises RulePageError for a page that is wrong."""
    rules = load_rules([folder])
    home = folder.resolve()
    for rule in rules.values():
        page = Path(rule.page)
        if page.parent.resolve() == home:
            rule = rule._replace(page=(folder / page.name).as_posix())
            for example in Page(rule.page).examples():
                yield Trial(rule, example, _findings(rule, example, rules))


def outcome(folder: Path) -> tuple[str, bool]:
    """The result of a folder's trials, for people, and whether any failed."""
    done = list(trials(folder))
    failed = [trial for trial in done if not trial.passed]
    pages = Counter(trial.rule.page for trial in done)
    if not pages:
        raise VcolintError(say("{folder}: no rule page with an example", folder=folder.as_posix()))
    lines = [_failure(trial) for trial in failed]
    many = say("{done} on {pages}", done=count(len(done), "example"), pages=count(len(pages), "page"))
    lines.append(
        say("{failed} of {many} failed.", failed=len(failed), many=many)
        if failed
        else say("{many} passed.", many=many)
    )
    return "".join(f"{tr(line)}\n" for line in lines), bool(failed)


def _findings(rule: Rule, example: Example, rules: dict[str, Rule]) -> list[Finding]:
    """The findings of an example. A bad one runs with the default rules and its own, a good one with all
    rules."""
    name = _NAMES[example.kind]
    with TemporaryDirectory() as folder, working_in(folder):
        for file, text in ((name, example.text), (_CONFIG, example.config), (_LIVE, example.live)):
            if text is not None:
                Path(file).write_text(text, encoding="utf-8", newline="")
        try:
            config = Config() if example.config is None else load_config(_CONFIG)
            settings = settle(config, rules=rules)
        except VcolintError as error:
            what = say(
                "{page}:{line}: its config is wrong: {what}",
                page=rule.page,
                line=example.line,
                what=error.message,
            )
            raise RulePageError(what) from None
        config = config if example.live is None else config._replace(live=(_LIVE,))
        selected = frozenset(rules) if example.good else settings.selected | {rule.code}
        return run_over(
            read_paths(config, [name]), settings._replace(config=config, selected=selected)
        ).findings


def _failure(trial: Trial) -> str:
    """The expected and the actual findings of an example, on one line."""
    example = trial.example
    kind = "good" if example.good else "bad"
    expected = listed(sorted(trial.expected)) or say("no finding")
    missing = trial.expected - {finding.code for finding in trial.findings}
    unexpected = [finding for finding in trial.findings if finding.code not in trial.expected]
    came = [
        *(say("no {code}", code=code) for code in sorted(missing)),
        *(f"{finding.code} {tr(_place(trial, finding))} ({tr(finding.message)})" for finding in unexpected),
    ]
    return say(
        "{page}:{line}: {kind} example: expected {expected}; got {came}",
        page=trial.rule.page,
        line=example.line,
        kind=kind,
        expected=expected,
        came=listed(came),
    )


def _place(trial: Trial, finding: Finding) -> str:
    """The place of a finding for a reader of the page."""
    file, line, *_ = finding.location
    if file == _NAMES[trial.example.kind]:
        return say("on line {line}", line=trial.example.line + line)
    return say("in its live snapshot") if file == _LIVE else say("in its config")
