"""The docs are true: what they show was printed, what they say to run runs, what they link to is there.

Fences with a second word are run: `yaml config` is read as a config, `sh run` and `python run` are run in a
copy of the examples. Every command of an `sh run` fence must be a right call: exit status 0 or 1.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml

from vcolint.cli import main
from vcolint.cli.check import check as check_command
from vcolint.config.load import load_config, settle
from vcolint.engine.rules import load_rules
from vcolint.library import check_paths
from vcolint.read.recognise import KINDS
from vcolint.render import FORMATS

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CHINESE = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs" / "zh").glob("*.md"))]
PAGES = [*DOCS, *CHINESE, *sorted((ROOT / "rules").glob("*.md"))]

_FENCE = re.compile(r"^(?P<marks>`{3,})(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=marks)$", re.M | re.S)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


class Fence(NamedTuple):
    page: Path
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def fences(*infos: str) -> list[Fence]:
    return [
        Fence(page, text.count("\n", 0, found.start()) + 1, found["info"], found["text"])
        for page in DOCS
        for text in [page.read_text(encoding="utf-8")]
        for found in _FENCE.finditer(text)
        if found["info"] in infos
    ]


def prose(page: Path) -> str:
    """A page without its fences."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples, which is the working directory."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


# -- generated --------------------------------------------------------------------------------------------


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_generated_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert (generator().main(["--check"]), capsys.readouterr().out) == (0, "")


def test_the_generator_sees_what_is_stale() -> None:
    marker = "<!-- file: docs/examples/vcolint.yaml -->\n"
    page = generator().page(f"{marker}```yaml\nstale\n```\n\n<!-- rules -->\nstale\n<!-- end -->\n")
    assert page.startswith(f"{marker}```yaml\n{read('docs/examples/vcolint.yaml')}```\n")
    assert "stale" not in page
    assert generator().page(page) == page


def test_output_is_cut_where_it_says_so() -> None:
    whole, _ = generator().output("vcolint rules")
    cut, _ = generator().output("vcolint rules | head -n 2")
    command, *lines = cut.splitlines()
    assert command == "$ vcolint rules | head -n 2"
    assert lines == [*whole.splitlines()[1:3], "…"]


ENGLISH_PAGE = """# Title

<!-- output: vcolint rules -->
```text
error
```

```sh
vcolint check  # all of it
```

| a | b |
|---|---|
| c | d |

- one
- two
"""


@pytest.mark.parametrize(
    ("english", "chinese", "told"),
    [
        ("Title", "标题", ""),
        ("error", "错误", ""),
        ("all of it", "全部", ""),
        ("# Title", "## 标题", "## heading"),
        ("vcolint rules", "vcolint entries", "<!-- output: vcolint entries -->"),
        ("vcolint check ", "vcolint paths ", "sh\nvcolint paths\n"),
        ("| c | d |\n", "", "table of 2 lines"),
        ("- two\n", "", "list of 1 items"),
        ("- two\n", "- two\n\nmore\n", "paragraph"),
        ("\n- one\n- two\n", "", "(the end)"),
    ],
)
def test_a_chinese_page_is_built_like_the_english_one(
    english: str, chinese: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = generator()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    pages = (tmp_path / "page.md", tmp_path / "zh.md")
    assert english in ENGLISH_PAGE
    pages[0].write_text(ENGLISH_PAGE, encoding="utf-8")
    pages[1].write_text(ENGLISH_PAGE.replace(english, chinese), encoding="utf-8")
    difference = module.difference(*pages)
    assert difference.startswith(f"zh.md has\n{told}\nwhere" if told else "")
    assert bool(difference) == bool(told)


def test_a_chinese_page_may_not_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = generator()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    english, chinese = tmp_path / "docs" / "page.md", tmp_path / "docs" / "zh" / "page.md"
    assert module.difference(english, chinese) == "docs/zh/page.md is missing: translate docs/page.md"


def test_every_chinese_page_has_an_english_one() -> None:
    pairs = dict(generator().pages())
    assert set(CHINESE) == set(pairs.values())
    for english, chinese in pairs.items():
        assert f"({os.path.relpath(english, chinese.parent)})" in chinese.read_text(encoding="utf-8")
        assert f"({os.path.relpath(chinese, english.parent)})" in english.read_text(encoding="utf-8")


# -- links ------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.*)$", prose(page), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _LINK.findall(prose(page)):
        if re.match("[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_links_are_found() -> None:
    assert "docs/rules.md" in _LINK.findall(prose(ROOT / "README.md"))
    assert "routing-domains" in anchors(ROOT / "docs" / "configuration.md")


# -- what is run ------------------------------------------------------------------------------------------


def commands(text: str) -> Iterator[list[str]]:
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


@pytest.mark.parametrize("fence", fences("sh run"), ids=str)
def test_commands_run(
    fence: Fence, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, *arguments in commands(fence.text):
        assert name == "vcolint"
        if "<" in arguments:
            at = arguments.index("<")
            monkeypatch.setattr(
                sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(arguments[at + 1]).read_bytes()))
            )
            del arguments[at : at + 2]
        status = main(arguments)
        assert status in (0, 1), capsys.readouterr().err


@pytest.mark.parametrize("fence", fences("python run"), ids=str)
def test_python_runs(fence: Fence, copy: Path) -> None:
    done = subprocess.run([sys.executable, "-c", fence.text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("fence", fences("yaml config"), ids=str)
def test_configs_are_right(fence: Fence, tmp_path: Path) -> None:
    path = tmp_path / "vcolint.yaml"
    path.write_text(fence.text, encoding="utf-8")
    assert settle(load_config(path), rules=load_rules()).warnings == []


@pytest.mark.parametrize("fence", fences("yaml", "json", "python", "python run"), ids=str)
def test_what_is_shown_can_be_read(fence: Fence) -> None:
    if fence.info == "json":
        json.loads(fence.text)
    elif fence.info == "yaml":
        list(yaml.parse(fence.text, yaml.SafeLoader))
    else:
        ast.parse(fence.text)


def test_something_is_run() -> None:
    pages = {fence.page.name for fence in fences("sh run", "python run", "yaml config")}
    assert pages >= {"configuration.md", "inputs-terraform.md", "library.md", "ci.md", "writing-rules.md"}
    known = {"sh", "sh run", "python", "python run", "yaml", "yaml config", "json", "hcl", "text", "markdown"}
    known |= {"lua", "toml", "elisp"}  # of editors; Neovim's runs in tests/server
    every = {found["info"] for page in DOCS for found in _FENCE.finditer(page.read_text(encoding="utf-8"))}
    assert every <= known


# -- completeness -----------------------------------------------------------------------------------------


def test_every_option_of_check_is_told_of() -> None:
    text = "".join(prose(page) for page in DOCS)
    options = {
        option for parameter in check_command.params for option in parameter.opts if option.startswith("--")
    }
    assert "--fail-on" in options
    assert {option for option in options if not re.search(rf"{option}\b(?!-)", text)} == set()


def keys(schema: dict[str, Any], before: str = "") -> dict[str, Any]:
    """The keys of the config that hold a value -> their default."""
    found: dict[str, Any] = {}
    for key, form in schema["properties"].items():
        name = f"{before}{key}"
        if "properties" in form:
            found |= keys(form, f"{name}.")
        elif key in ("domains", "environments"):
            found |= keys(form["additionalProperties"], f"{name}.NAME.")
        else:
            found[name] = form.get("default")
    return found


def test_every_key_of_the_config_is_told_of() -> None:
    schema = json.loads(read("vcolint/schemas/config.schema.json"))
    rows = re.findall(r"^\| `([a-zA-Z.-]+)` \| ([^|]*) \| [^|]+ \|$", read("docs/configuration.md"), re.M)
    told = dict(rows)
    assert told.keys() - {"auto", "active-standby", "ecmp", "none"} == keys(schema).keys()
    for key, default in keys(schema).items():
        if default is not None:
            assert told[key] == f"`{default}`"


def test_the_whole_example_config_has_every_key() -> None:
    schema = json.loads(read("vcolint/schemas/config.schema.json"))
    whole = next(fence for fence in fences("yaml config") if fence.page.name == "configuration.md")
    assert yaml.safe_load(whole.text).keys() == schema["properties"].keys()


def test_every_rule_is_in_the_index() -> None:
    rows = re.findall(r"^\| \[(VCO\d{3})\]\(\.\./rules/(\S+)\.md\) `(\S+)` \|", read("docs/rules.md"), re.M)
    assert [(code, name) for code, _, name in rows] == [
        (rule.code, rule.name) for rule in load_rules().values()
    ]
    assert all(page == f"{code}-{name}" for code, page, name in rows)


def test_every_key_of_a_page_and_every_check_for_users_is_told_of() -> None:
    schema = json.loads(read("vcolint/schemas/rule.schema.json"))
    text = read("docs/writing-rules.md")
    front = text[text.index("The front matter:") : text.index("The heading says")]
    assert {
        key for line in re.findall(r"^\| (`.*?) \|", front, re.M) for key in re.findall("`([^`]+)`", line)
    } == set(schema["properties"])
    checks = text[text.index("## Checks") : text.index("## Examples are tests")]
    for check in re.findall(r"^\| `([a-z-]+)` \|", checks, re.M):
        parameters = set(schema["definitions"][check]["properties"]) - {"pattern"}
        row = next(line for line in checks.splitlines() if line.startswith(f"| `{check}`"))
        assert parameters <= set(re.findall(r"`([a-z-]+)\b", row))


def test_every_kind_and_format_is_told_of() -> None:
    assert re.findall(r"^\| \[`([a-z-]+)`\]", read("docs/inputs.md"), re.M) == list(KINDS)
    assert set(re.findall(r"^\| `([a-z]+)` \|", read("docs/outputs.md"), re.M)) == set(FORMATS)
    for page, line in (("README.md", "^It writes (.*)$"), ("CHANGELOG.md", "^- (Text, .*)$")):
        written = re.search(line, read(page), re.M)
        assert written is not None
        assert [name for name in FORMATS if name not in written[1].lower()] == []


def test_contributors_are_told_what_is_there() -> None:
    text = read("docs/contributing.md")
    benchmarks = read("tests/benchmark.py").partition("\nBENCHMARKS")[2].partition("}")[0]
    names = re.findall(r'^    "([a-z]+)": [a-z_]+,$', benchmarks, re.M)
    assert names
    assert re.findall(r"^\| `([a-z]+)` \|", text, re.M) == names
    paths = re.findall(r"`((?:vcolint|tests|rules|docs)/[A-Za-z_./]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


# -- the README, the examples -----------------------------------------------------------------------------


def test_readme_is_short_and_has_what_ci_takes_from_it() -> None:
    text = read("README.md")
    assert text.count("\n") <= 150
    for marker in re.findall(r"readme '([a-z ]+)'", read(".ci/run")):
        assert re.search(rf"<!-- {marker} -->\n```sh\n.*\n```\n", text)


EXAMPLES = {
    "routes.yaml": ["VCO104", "VCO102", "VCO103", "VCO401"],
    "routes.csv": ["VCO501", "VCO501", "VCO702"],
    "terraform": ["VCO112", "VCO304", "VCO603", "VCO102"],
    "plan/plan.json": ["VCO509", "VCO104", "VCO603"],
    "ros": ["VCO104", "VCO101"],
    "pulumi": ["VCO301"],
    "scripts": ["VCO103", "VCO708", "VCO705"],
    "clean": [],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_hold_the_mistakes_that_they_show(name: str) -> None:
    report = check_paths(ROOT / "docs" / "examples" / name, config={})
    assert sorted(finding.code for finding in report.findings) == sorted(EXAMPLES[name])


def test_the_main_command_finds_something(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "docs/examples"]) == 1
    assert main(["check", "--no-config", "docs/examples/clean"]) == 0
    assert main(["test-rules", "docs/examples/policy"]) == 0
