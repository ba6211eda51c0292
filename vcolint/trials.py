"""Tests rule pages: runs each example on them as a file of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from vcolint.engine.pages import Example, Page
from vcolint.engine.rule import Rule
from vcolint.engine.rules import load_rules
from vcolint.errors import RulePageError, VcolintError
from vcolint.locale import say, tr
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
    from vcolint.config.load import load_config, settle, shown
    from vcolint.library import read_paths, run_over
    from vcolint.model.settings import Config

    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / _CONFIG
        try:
            config = Config(folder=name)
            if example.config is not None:
                _put(file, example.config)
                config = load_config(file)
            settings = settle(config, rules=rules)
        except VcolintError as error:
            what = tr(error.message).replace(shown(str(file)), _CONFIG)
            raise RulePageError(
                say(
                    "{page}:{line}: its config is wrong: {what}", page=rule.page, line=example.line, what=what
                )
            ) from None
        if example.live is not None:
            _put(folder / _LIVE, example.live)
            config = config._replace(live=(str(folder / _LIVE),))
        path = folder / _NAMES[example.kind]
        _put(path, example.text)
        selected = frozenset(rules) if example.good else settings.selected | {rule.code}
        inputs = read_paths(config, [str(path)])
        return run_over(inputs, settings._replace(config=config, selected=selected)).findings


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


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
    name = Path(finding.location.file).name
    if name == _NAMES[trial.example.kind]:
        return say("on line {line}", line=trial.example.line + finding.location.line)
    return say("in its live snapshot") if name == _LIVE else say("in its config")
