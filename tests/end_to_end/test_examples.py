"""The examples on the built-in rule pages say what happens; what `test-rules` makes of other pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vcolint.cli import main
from vcolint.engine import rules as rule_pages
from vcolint.errors import RulePageError
from vcolint.trials import Trial, trials

BUILT_IN = Path(rule_pages.BUILT_IN)
TRIALS = list(trials(BUILT_IN))

ENTRY = "RegionId: cn-hangzhou, VpnConnectionId: vco-a1, NextHop: vco-a1, Weight: 100"
PAGE = f"""\
---
code: VCO901
name: route-without-ticket
severity: error
basis: policy
effect: policy
api-errors: []
check: field
with: {{field: Description, schema: {{type: string, pattern: "^NET-[0-9]+"}}}}
message: "the description {{Description}} names no ticket"
default: off
---
# Routes name their ticket

```yaml bad
- {{{ENTRY}, RouteDest: 10.1.0.0/16, Description: office}}
```

```yaml good
- {{{ENTRY}, RouteDest: 10.1.0.0/16, Description: NET-12 office}}
```
"""


def _name(trial: Trial) -> str:
    return f"{trial.rule.code}:{trial.example.line}"


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_built_in_example(trial: Trial) -> None:
    came = [(finding.code, finding.message) for finding in trial.findings]
    assert {code for code, _ in came} == trial.expected, came


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_messages_of_examples_have_no_gaps(trial: Trial) -> None:
    """A variable that the check does not give leaves a gap."""
    for finding in trial.findings:
        assert not re.search(r"  | [,;:.)]|\(\)|^\s|\s$", finding.message), finding.message


def test_every_built_in_page_is_tried() -> None:
    pages = {trial.rule.page for trial in TRIALS}
    assert len(TRIALS) > 150
    assert {Path(page).name for page in pages} | {"VCO008-rule-failed.md", "README.md"} == {
        path.name for path in BUILT_IN.glob("*.md")
    }


def tried(folder: Path, page: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    (folder / "page.md").write_text(page, encoding="utf-8")
    status = main(["test-rules", str(folder)])
    out, err = capsys.readouterr()
    return status, out.replace(f"{folder.as_posix()}/", ""), err.replace(f"{folder.as_posix()}/", "")


def test_a_page_that_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(tmp_path, PAGE, capsys) == (0, "2 examples on 1 page passed.\n", "")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "Description: office",
            "Description: NET-1",
            "page.md:15: bad example: expected VCO901; got no VCO901",
        ),
        (
            "Description: NET-12 office",
            "Description: my office",
            "page.md:19: good example: expected no finding; "
            "got VCO901 on line 20 (the description my office names no ticket)",
        ),
        (
            "10.1.0.0/16, Description: office",
            "10.1.0.1/16, Description: office",
            "page.md:15: bad example: expected VCO901; got VCO104 on line 16 (10.1.0.1/16 has host bits set",
        ),
        (
            "```yaml bad",
            "```yaml bad VCO104",
            "page.md:15: bad example: expected VCO104 and VCO901; got no VCO104",
        ),
        (
            "```yaml bad",
            '```json live\n{"VcoRouteEntries": [], "TotalCount": 3}\n```\n```yaml bad',
            "page.md:18: bad example: expected VCO901; got VCO005 in its live snapshot (",
        ),
    ],
)
def test_a_page_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: str
) -> None:
    assert old in PAGE
    status, out, _ = tried(tmp_path, PAGE.replace(old, new, 1), capsys)
    first, *_, summary = out.splitlines()
    assert status == 1
    assert first.startswith(line)
    assert summary.endswith(" failed.")


def test_config_and_live_hold_for_what_follows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = "```yaml config\nfacts: {forbidden-destinations: [10.0.0.0/8]}\n```\n"
    page = PAGE.replace("```yaml bad", f"{config}```yaml bad VCO109")
    page = page.replace("```yaml good", "```yaml config\n```\n```yaml good")
    assert tried(tmp_path, page, capsys) == (0, "2 examples on 1 page passed.\n", "")


def test_a_config_may_name_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.replace("```yaml bad", "```yaml config\nseverity: {VCO901: note}\n```\n```yaml bad")
    assert tried(tmp_path, page, capsys) == (0, "2 examples on 1 page passed.\n", "")


def test_nothing_to_try(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-rules", str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(": no rule page with an example\n")
    assert main(["test-rules", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.endswith("/none: this folder of rule pages does not exist\n")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("fiels: []", 'vcolint.yaml:1:1: unknown key "fiels"; did you mean "files"?'),
        ("ignore: [VCO998]", 'vcolint.yaml:1:10: unknown rule "VCO998"'),
    ],
)
def test_a_config_fence_that_is_wrong(tmp_path: Path, config: str, message: str) -> None:
    page = PAGE.replace("```yaml bad", f"```yaml config\n{config}\n```\n```yaml bad")
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    with pytest.raises(RulePageError) as caught:
        list(trials(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path.as_posix()}/page.md:18: its config is wrong: {message}")
