"""Write what is generated: the output of commands shown in the docs, the index of the rules, `rules.json`.
Then compare each page with its Chinese page.

    python docs/generate.py            writes what is out of date
    python docs/generate.py --check    writes nothing; exit status 1 and a list if something is out of date

In both cases, the exit status is 1 if a Chinese page is missing, or if its headings, paragraphs, lists,
tables or code differ from the English page. On Chinese pages, commands print Chinese.

A page asks for it with a comment, followed by the fence, or by the table up to `<!-- end -->`:

    <!-- output: vcolint check docs/examples -->      what the command prints; `| head -n 20` may follow
    <!-- file: docs/examples/routes.yaml -->          a file of the repository
    <!-- rules -->                                    the index of the rules

A rule page asks with the section `## Who carries what`: its fence holds the output of `vcolint paths` for the
page's first bad and first good example.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from vcolint.cli import main as vcolint
from vcolint.engine.pages import Page
from vcolint.engine.rule import BUILT_IN, Rule
from vcolint.engine.rules import compile_pages, load_rules
from vcolint.library import working_in
from vcolint.locale import language, tr, using
from vcolint.version import __version__

ROOT = Path(__file__).resolve().parent.parent

_FENCED = re.compile(
    r"(<!-- (?P<what>output|file): (?P<of>.+?) -->\n)(?P<marks>`{3,})[^\n]*\n.*?^(?P=marks)$", re.M | re.S
)
_TRAFFIC = re.compile(r"(^## Who carries what\n\n.*?^```text\n).*?^(```\n)", re.M | re.S)
_RULES = re.compile(r"(<!-- rules -->\n).*?(<!-- end -->)", re.S)
_HEAD = re.compile(r"(?P<command>.+?) \| head -n (?P<lines>\d+)")
_FENCE = re.compile(r"^(?P<marks>`{3,})(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=marks)$", re.M | re.S)
_COMMENT = re.compile(r"(?:^|[ ]+)(?:#|--) .*$", re.M)
_LANGUAGES = {".yaml": "yaml", ".json": "json", ".tf": "hcl", ".sh": "sh", ".md": "markdown", ".py": "python"}


def main(arguments: list[str]) -> int:
    check = arguments == ["--check"]
    if arguments and not check:
        print(__doc__, file=sys.stderr)
        return 2
    stale = False
    for path, text in generated():
        if path.read_text(encoding="utf-8") != text:
            stale = True
            name = path.relative_to(ROOT).as_posix()
            print(f"{name} is out of date: run python docs/generate.py" if check else f"{name} written")
            if not check:  # at once: later output may depend on it
                path.write_text(text, encoding="utf-8")
    unlike = [told for english, chinese in pages() if (told := difference(english, chinese))]
    for told in unlike:
        print(told)
    return 1 if unlike or (check and stale) else 0


def pages() -> Iterator[tuple[Path, Path]]:
    """Each page of the docs with its Chinese page."""
    yield ROOT / "README.md", ROOT / "README.zh-CN.md"
    for path in sorted(ROOT.glob("docs/*.md")):
        yield path, path.parent / "zh" / path.name


def generated() -> Iterator[tuple[Path, str]]:
    """Each file with generated content, and its new text."""
    with surroundings():
        for rule in load_rules([BUILT_IN]).values():
            path = ROOT / "rules" / Path(rule.page).name
            text = path.read_text(encoding="utf-8")
            if found := _TRAFFIC.search(text):
                yield path, text[: found.end(1)] + traffic(rule) + text[found.start(2) :]
    yield ROOT / "vcolint/rules.json", compile_pages()
    for pair in pages():
        for wanted, path in zip(("en", "zh"), pair, strict=True):
            if path.exists():
                with surroundings(wanted), using(wanted):
                    yield path, page(path.read_text(encoding="utf-8"))


def page(text: str) -> str:
    text = _FENCED.sub(fence, text)
    return _RULES.sub(lambda found: f"{found[1]}{index()}{found[2]}", text)


def fence(found: re.Match[str]) -> str:
    if found["what"] == "file":
        path = ROOT / found["of"]
        language, content = _LANGUAGES.get(path.suffix, "text"), path.read_text(encoding="utf-8")
    else:
        content, language = output(found["of"])
    marks = "```"
    while marks in content:
        marks += "`"
    return f"{found[1]}{marks}{language}\n{content.rstrip()}\n{marks}"


def output(command: str) -> tuple[str, str]:
    """The output of a command, and the language of its fence. Text output is shown with the command before
    it."""
    head = _HEAD.fullmatch(command)
    name, *arguments = shlex.split(head["command"] if head else command)
    if name != "vcolint":
        raise SystemExit(f"only vcolint is run, not {name}")
    printed = run(arguments)
    if head:
        lines = printed.splitlines()
        printed = "\n".join([*lines[: int(head["lines"])], "…"] if len(lines) > int(head["lines"]) else lines)
    return f"$ {command}\n{printed}", "text"


def run(arguments: list[str]) -> str:
    """What vcolint prints on standard output and standard error."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        vcolint(arguments)
    # Reports contain the version; the docs must not change with it.
    return out.getvalue().replace(f'"version": "{__version__}"', '"version": "…"')


@contextlib.contextmanager
def surroundings(language: str = "en") -> Iterator[None]:
    """The repository's root as working directory, and an environment that changes only the language."""
    here, environment = Path.cwd(), dict(os.environ)
    os.chdir(ROOT)
    for name in ("FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        os.environ.pop(name, None)
    os.environ |= {"COLUMNS": "100", "VCOLINT_LANGUAGE": language}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(here)


def traffic(rule: Rule) -> str:
    """Who carries what in the first bad example of a rule's page, and in the first good one."""
    given = Page(rule.page).examples()
    shown = []
    for word, good in (("bad", False), ("good", True)):
        example = next(one for one in given if one.good is good)
        with tempfile.TemporaryDirectory() as folder, working_in(folder):
            Path("routes.yaml").write_text(example.text, encoding="utf-8")
            if example.config is not None:
                Path("vcolint.yaml").write_text(example.config, encoding="utf-8")
            table, _, foot = run(["paths", "routes.yaml"]).rpartition("\n\n")
        shown.append(f"# {word}\n{table}\n\n{foot.splitlines()[0]}\n")
    return "\n".join(shown)


def index() -> str:
    """The table of the rules, in the language in use."""
    head = "| rule | severity | basis | effect | fix | what holds |"
    if language() == "zh":
        head = "| 规则 | 严重程度 | 依据 | 影响 | 修复 | 要求 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *map(row, load_rules().values())]) + "\n"


def row(rule: Rule) -> str:
    chinese = language() == "zh"
    rules = "../../rules" if chinese else "../rules"
    name = f"[{rule.code}]({rules}/{Path(rule.page).name}) `{rule.name}`"
    off = "" if rule.default else "，默认关闭" if chinese else ", off"
    fix = fixable(rule)
    if chinese:
        fix = fix.replace("unsafe", "不安全").replace("safe", "安全").replace(" or ", "或")
    return f"| {name} | {tr(rule.severity)}{off} | {rule.basis} | {rule.effect} | {fix} | {tr(rule.title)} |"


def fixable(rule: Rule) -> str:
    """The first word of the page's section about the fix: "Safe …", "Unsafe …"."""
    section = re.search(r"^## Fix\n\n(.*?)(?=^## |\Z)", rule.body, re.M | re.S)
    if section is None:
        return ""
    words = [word for word in ("safe", "unsafe") if re.search(rf"\b{word}\b", section[1], re.I)]
    return " or ".join(words)


def difference(english: Path, chinese: Path) -> str:
    """The first place where the structure of the Chinese page differs from the English one; empty if there is
    none."""
    name = chinese.relative_to(ROOT).as_posix()
    if not chinese.exists():
        return f"{name} is missing: translate {english.relative_to(ROOT).as_posix()}"
    pair = (shape(path.read_text(encoding="utf-8")) for path in (english, chinese))
    for wanted, got in zip_longest(*pair, fillvalue="(the end)"):
        if wanted != got:
            return f"{name} has\n{got}\nwhere the English page has\n{wanted}"
    return ""


def shape(text: str) -> list[str]:
    """The structure of a page, part by part: the kinds of its blocks, and code without comments.

    For a fence with generated content, the comment before it says what it holds.
    """
    found: list[str] = []
    end = 0
    for fence in _FENCE.finditer(text):
        found += map(kind, text[end : fence.start()].split("\n\n"))
        generated = found[-1].startswith(("<!-- output", "<!-- file"))
        found.append("" if generated else f"{fence['info']}\n{_COMMENT.sub('', fence['code'])}")
        end = fence.end()
    found += map(kind, text[end:].split("\n\n"))
    return [part for part in found if part]


def kind(block: str) -> str:
    """The kind of a block: `## heading`, `table of 4 lines`, `list of 3 items`, `paragraph`, or its
    comment."""
    block = block.strip()
    if not block or block.startswith("<!-- "):
        return block.partition("\n")[0]
    if block.startswith("#"):
        return f"{block.split()[0]} heading"
    if block.startswith("|"):
        return f"table of {len(block.splitlines())} lines"
    if items := re.findall(r"^(?:-|\d+\.) ", block, re.M):
        return f"list of {len(items)} items"
    return "paragraph"


if __name__ == "__main__":
    if Path(BUILT_IN).resolve() != ROOT / "rules":
        sys.exit("this needs the vcolint of this checkout: pip install -e .")
    sys.exit(main(sys.argv[1:]))
