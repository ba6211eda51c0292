"""The languages of messages: which one is used, what is translated, and what never changes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import vcolint
from tests.command_line import Result, runner
from vcolint import cli
from vcolint.engine.rules import load_rules
from vcolint.locale import Message, chosen, say, tr, using
from vcolint.locale.pages import messages, translated
from vcolint.render.columns import columns, padded, wrapped

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
ROUTES = """\
RegionId: cn-hangzhou
VpnConnectionId: vco-a1
NextHop: vco-a1
Routes:
  - {RouteDest: 10.1.2.3/16, Weight: 50}
  - {RouteDest: 10.3.0.0/16, Weight: 100}
  - {RouteDest: "${office}", Weight: 100}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("VCOLINT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    Path("routes.yaml").write_text(ROUTES)
    Path("vcolint.yaml").write_text("{}\n")
    return tmp_path


def catalog() -> ModuleType:
    """docs/catalog.py as a module."""
    spec = spec_from_file_location("catalog", ROOT / "docs" / "catalog.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_message_is_translated(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """With the same placeholders; nothing stale; the compiled catalog is that of the source."""
    monkeypatch.setattr(sys, "argv", ["catalog.py", "--check"])
    assert (catalog().main(), capsys.readouterr().out) == (0, "")


def test_the_same_messages_give_the_same_catalog(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    """No date, no version of a tool: they would differ from run to run."""
    module = catalog()
    source = module.PO.read_bytes(), module.MO.read_bytes()
    monkeypatch.setattr(module, "PO", tmp_path / "vcolint.po")
    monkeypatch.setattr(module, "MO", tmp_path / "vcolint.mo")
    module.PO.write_bytes(source[0])
    monkeypatch.setattr(sys, "argv", ["catalog.py"])
    module.main()
    assert (module.PO.read_bytes(), module.MO.read_bytes()) == source
    assert b"Date" not in source[0].partition(b"#:")[0]


def test_what_is_missing_or_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    module = catalog()
    monkeypatch.setattr(module, "PO", tmp_path / "vcolint.po")
    monkeypatch.setattr(module, "MO", tmp_path / "vcolint.mo")
    messages = [("{count} more", "a.py"), ("a list", "b.py")]
    monkeypatch.setattr(module, "messages", lambda: iter(messages))
    (tmp_path / "vcolint.po").write_text(
        'msgid "{count} more"\nmsgstr "另外 {number} 个"\n\nmsgid "gone"\nmsgstr "已删除"\n'
    )
    monkeypatch.setattr(sys, "argv", ["catalog.py", "--check"])
    assert module.main() == 1
    assert capsys.readouterr().out == (
        "b.py: not translated: a list\n"
        "vcolint.po: stale: gone\n"
        "a.py: other placeholders: {count} more\n"
        "vcolint.mo is not that of vcolint.po: run python docs/catalog.py\n"
    )


def test_every_rule_page_is_in_chinese() -> None:
    rules = load_rules()
    assert len(rules) >= 60
    with using("zh"):
        for rule in rules.values():
            assert CHINESE.search(tr(rule.title)), rule.code
            assert CHINESE.search(tr(rule.help)), rule.code
            if rule.message != "{problem}":
                assert CHINESE.search(tr(rule.message)), rule.code
            page = translated(rule.body)
            assert "## 原因" in page
            # The examples are those of the English page.
            assert re.findall(r"(?s)```.*?```", page) == re.findall(r"(?s)```.*?```", rule.body)


def test_the_chinese_readme_links_to_what_the_english_one_does() -> None:
    english, chinese = (
        set(re.findall(r"\]\((docs/[^)#]+|[A-Z]+\.md|LICENSE)", (ROOT / name).read_text(encoding="utf-8")))
        for name in ("README.md", "README.zh-CN.md")
    )
    chinese = {link.replace("docs/zh/", "docs/") for link in chinese}  # each guide has a Chinese page
    assert english - {"README.zh-CN.md"} == chinese - {"README.md"}


@pytest.mark.parametrize("languages", [("en", "zh"), ("zh", "en")])
def test_help_is_in_the_language_of_its_call(
    languages: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in that of an earlier call in the same process."""
    words = {"en": "Show this message and exit.", "zh": "显示此帮助信息并退出。"}
    for language in languages:
        monkeypatch.setenv("VCOLINT_LANGUAGE", language)
        assert cli.main(["schema", "--help"]) == 0
        assert words[language] in capsys.readouterr().out


def test_the_blocks_of_a_page() -> None:
    page = (
        "# Title\n\nOne\ntwo.\n\n```yaml bad\n- {a: b}\n\n# no title\n```\n\n"
        "- an item\n  of two lines\n- another\n\n## References\n\n- [x](y)\n"
    )
    assert messages(page) == [
        "Title",
        "One two.",
        "an item of two lines",
        "another",
        "References",
    ]
    assert translated(page) == page


@pytest.mark.parametrize(
    ("asked", "environment", "configured", "language"),
    [
        (None, {}, "auto", "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "auto", "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "auto", "en"),
        (None, {"LANG": "de_DE", "LC_MESSAGES": "zh_CN"}, "auto", "zh"),
        (None, {"LANG": "zh_CN", "LC_ALL": ""}, "auto", "zh"),
        (None, {"LANG": "zh_CN"}, "en", "en"),
        (None, {"VCOLINT_LANGUAGE": "zh"}, "en", "zh"),
        (None, {"VCOLINT_LANGUAGE": "auto", "LANG": "zh_CN"}, "auto", "zh"),
        ("en", {"VCOLINT_LANGUAGE": "zh", "LANG": "zh_CN"}, "zh", "en"),
        ("auto", {"LANG": "zh_CN"}, "auto", "zh"),
    ],
)
def test_the_language_that_is_used(
    monkeypatch: pytest.MonkeyPatch,
    asked: str | None,
    environment: dict[str, str],
    configured: str,
    language: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert chosen(asked, configured) == language


def test_only_messages_are_translated() -> None:
    """Text from the input stays, though it may be the text of a message."""
    with using("zh"):
        message = say("duplicate key {key}", key="a list")
        assert isinstance(message, Message)
        assert message == "duplicate key a list"
        assert tr(message) == "重复的键 a list"
        assert tr(say("duplicate key {key}", key=say("a list"))) == "重复的键 列表"
    assert tr(message) == "duplicate key a list"
    assert not isinstance(say("duplicate key {key}", key="x"), Message)


def run(capsys: Any, *arguments: str) -> Result:
    return runner(capsys)(*arguments)


def test_a_report_in_chinese(capsys: Any) -> None:
    status, out, err = run(capsys, "check", "--language", "zh")
    assert (status, err) == (1, "")
    assert "错误[VCO104] host-bits-set: 10.1.2.3/16 的主机位不为零：请写网段 10.1.0.0/16" in out
    assert "错误[VCO401] invalid-weight: 不允许使用权重 50：请使用 100（主路由）或 0（备路由）" in out
    assert "= 处理方法: 主路由写 100，备路由写 0。" in out
    assert out.splitlines()[-1].startswith("在 1 个文件的 3 个条目中发现 2 个错误")
    # The option may also stand before the command; the command's own counts more.
    assert run(capsys, "--language", "zh", "check") == (status, out, err)
    assert "Found" in run(capsys, "--language", "zh", "check", "--language", "en")[1]
    # The next run in the same process is in English again.
    assert run(capsys, "check")[1].splitlines()[-1].startswith("Found 2 errors in 3 entries of 1 file")


@pytest.mark.parametrize("format", ["json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_every_format_in_chinese(capsys: Any, format: str) -> None:
    text = run(capsys, "check", "--language=zh", "--output", format)[1]
    if format in ("json", "sarif", "gitlab"):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    assert "请使用 100（主路由）或 0（备路由）" in text


def test_a_fault_that_several_entries_share_in_chinese(capsys: Any) -> None:
    shared = "RegionId: cn-hangzhou\nNextHop: vco-a\nWeight: '100'\nDryRun: x\nDescripton: y\n"
    Path("routes.yaml").write_text(shared + "Routes: [{RouteDest: 10.1.0.0/16}, {RouteDest: 10.2.0.0/16}]\n")
    out = run(capsys, "check", "--language", "zh")[1]
    for told in (
        'DryRun 必须是布尔值 true 或 false，不能是文本 "x"（2 个条目）',
        'Weight 是文本 "100"：请写为数字 100（2 个条目）',
        '未知属性 Descripton；是否应为 "Description"？（2 个条目）',
        "缺少 VpnConnectionId（2 个条目）",
    ):
        assert told in out
    assert "entries" not in out


def test_a_page_in_chinese_shows_addresses(capsys: Any) -> None:
    examples = ROOT / "docs" / "examples"
    status, page, err = run(capsys, "check", str(examples / "terraform"), "--language=zh", "--output=html")
    assert (status, err) == (1, "")
    assert "<dt>地址</dt><dd><code>module.site[" in page


def test_a_second_document_of_the_config_in_chinese(capsys: Any) -> None:
    Path("two.yaml").write_text("{}\n---\n{}\n", encoding="utf-8")
    status, out, err = run(capsys, "check", "--language=zh", "--config", "two.yaml")
    assert (status, out, err) == (2, "", "vcolint: 错误: two.yaml:3:1: 该文件必须是一个 YAML 文档\n")


# Where JSON has text for people, whatever the format.
MESSAGES = {"message", "reason", "uncertain", "unknown", "title", "help", "text", "markdown", "description"}


def differing(english: object, chinese: object, key: str = "") -> set[str]:
    """The keys whose values differ between two documents; "" for a difference in shape."""
    if isinstance(english, dict) and isinstance(chinese, dict) and list(english) == list(chinese):
        return set().union(*(differing(english[name], chinese[name], name) for name in english))
    if isinstance(english, list) and isinstance(chinese, list) and len(english) == len(chinese):
        return set().union(*(differing(*pair, key) for pair in zip(english, chinese, strict=True)))
    if english == chinese:
        return set()
    return {key if isinstance(english, str) and isinstance(chinese, str) else ""}


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        ("check . --output json", {"message", "reason", "unknown"}),
        ("check . --output sarif", {"text", "markdown"}),
        ("check . --output gitlab", {"description"}),
        ("entries .", {"unknown"}),
        ("paths . --output json", {"reason", "uncertain"}),
        ("trace 10.5.0.1 . --output json", {"reason", "uncertain"}),
        ("diff --old review/before review/after --output json", set()),
        ("diff --old review/before . --output json", {"message", "reason", "unknown"}),
        ("rules --output json", {"title", "help"}),
        ("schema report", set()),
    ],
)
def test_json_keeps_everything_but_the_messages(
    capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, messages: set[str]
) -> None:
    """Keys, codes, names, places, fingerprints and statuses are the same in both languages."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    unsure = "{VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.5.0.0/16, Weight: '${weight}'}"
    Path("unsure.yaml").write_text(f"- {unsure}\n", encoding="utf-8")
    told = {}
    for language in ("en", "zh"):
        status, out, err = run(capsys, *arguments.split(), "--language", language)
        lines = out.splitlines() if arguments.startswith("entries") else [out]
        told[language] = status, len(err.splitlines()), list(map(json.loads, lines))
    assert told["en"][:2] == told["zh"][:2]
    assert differing(told["en"][2], told["zh"][2]) == messages
    assert messages <= MESSAGES


def test_the_config_chooses(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("vcolint.yaml").write_text("language: zh\n")
    assert "错误[VCO104]" in run(capsys, "check")[1]
    assert "error[VCO104]" in run(capsys, "check", "--language", "en")[1]
    monkeypatch.setenv("VCOLINT_LANGUAGE", "en")
    assert "error[VCO104]" in run(capsys, "check")[1]
    Path("vcolint.yaml").write_text("language: fr\n")
    assert run(capsys, "check")[2] == (
        'vcolint: error: vcolint.yaml:1:11: "language" cannot be the text "fr"; use one of auto, en, zh\n'
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("chek", "没有命令 'chek'。 您是否要用 'check', 'schema'？"),
        ("schema --nothing", "没有选项 '--nothing'。"),
        ("check --selec x", "没有选项 '--selec'。 您是否要用 '--baseline', '--live', '--select'？"),
        ("check --quiet=3", "选项 '--quiet' 不接受值。"),
        ("check --output", "选项 '--output' 需要 1 个参数。"),
        ("explain", "缺少参数 'CODE|NAME'."),
        ("explain a b", "多余的参数（b）"),
        ("rules --output x", "'--output' 的值不合法：'x' 不是以下值之一：'text', 'json'。"),
        ("check --config none.yaml", "none.yaml: 无法读取：该文件或文件夹不存在"),
        ("check --baseline none.json", "none.json：基线无法读取：该文件或文件夹不存在"),
        ("check --output json:routes.yaml/x", "routes.yaml/x：无法写入：文件已存在"),
    ],
)
def test_errors_of_click_and_of_the_system_in_chinese(capsys: Any, arguments: str, told: str) -> None:
    command, *others = arguments.split()
    assert run(capsys, "--language", "zh", command, *others)[2] == f"vcolint: 错误: {told}\n"


ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [a-z]{2,}){2,}")


@pytest.mark.parametrize(
    "arguments",
    [
        "check .",
        "check . --statistics",
        "check . --output markdown",
        "check . --output github",
        "check . --output junit",
        "check --show-settings",
        "check broken.yaml",
        "check none",
        "check . --as nothing",
        "check . --select VCO999",
        "check . --var-file none.tfvars",
        "check . --write-baseline none/baseline.json",
        "paths .",
        "paths . --output markdown",
        "trace 10.20.0.1 .",
        "trace 10.20.0.1 --down none .",
        "trace nowhere .",
        "diff --old review/before review/after",
        "diff --old review/before review/after --output markdown",
        "diff --expect review/changes.yaml --old review/before review/after",
        "diff --old none .",
        "diff --base none .",
        "rules",
        "init",
        "test-rules none",
        "test-rules policy",
        *(f"{name} --help" for name in cli.app.vcolint.commands),
    ],
)
def test_no_english_is_left(
    capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    """No three English words in a row but those of the input."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    monkeypatch.setenv("VCOLINT_LANGUAGE", "zh")
    Path("broken.yaml").write_text("RouteDest: [\n", encoding="utf-8")
    _, out, err = run(capsys, *arguments.split())
    texts = "\n".join(
        one.read_text(encoding="utf-8") for one in Path.cwd().rglob("*") if one.is_file() and one.suffix
    )
    found = {words for words in ENGLISH.findall(out + err) if words not in texts and " in clean" not in words}
    assert CHINESE.search(out + err)
    assert found == set()


def test_a_config_by_init_has_chinese_comments(capsys: Any) -> None:
    Path("vcolint.yaml").unlink()
    settings = {}
    for language in ("en", "zh"):
        run(capsys, "init", "--language", language)
        lines = Path("vcolint.yaml").read_text(encoding="utf-8").splitlines()
        comments = [line for line in lines if re.match(r"# \S", line)]
        settings[language] = (
            len(comments),
            [line.partition("  # ")[0] for line in lines if line not in comments],
        )
        chinese = [bool(CHINESE.search(line)) for line in comments if "--show-settings" not in line]
        assert set(chinese) == {language == "zh"}
        assert run(capsys, "check", "--show-settings")[0] == 0
        Path("vcolint.yaml").unlink()
    assert settings["en"] == settings["zh"]


def test_errors_and_help_in_chinese(capsys: Any) -> None:
    assert run(capsys, "check", "none.yaml", "--language", "zh") == (
        2,
        "",
        "vcolint: 错误: none.yaml：该文件或文件夹不存在\n",
    )
    assert "没有选项 '--nothing'。" in run(capsys, "check", "--language", "zh", "--nothing")[2]
    help = run(capsys, "--language", "zh", "--help")[1]
    assert "检查文件和文件夹。" in help
    assert "用法:" in help
    assert "Check files and folders." in run(capsys, "--help")[1]
    english = run(capsys, "check", "--help")[1].split()
    check = run(capsys, "check", "--language", "zh", "--help")[1].split()
    # What is left in English: the names of options, kinds and formats.
    words = {word for word in check if re.fullmatch("[A-Za-z]{4,}", word)} & set(english)
    assert words <= {
        "vcolint",
        "check",
        "text",
        "json",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "FILE",
        "KIND",
        "GLOB",
        "RULES",
        "NAME",
        "Terraform",
        "terraform",
        "PATH",
        "html",
        "DescribeVcoRouteEntries",
        "exclude",
        "error",
        "auto",
    }


def test_explain_in_chinese(capsys: Any) -> None:
    status, out, _ = run(capsys, "explain", "VCO101", "--language", "zh")
    assert status == 0
    assert "严重程度:   错误\n依据:       官方文档\n影响:       请求被拒绝\n" in out
    assert "# 目标网段不是默认路由" in out
    for heading in ("## 原因", "## 示例", "## 处理方法", "## 参考"):
        assert heading in out
    assert "yaml bad" in out


def test_the_library_is_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    report = vcolint.check_paths(["routes.yaml"], config={})
    assert "weight 50 is not allowed: use 100 (primary) or 0 (backup)" in [
        one.message for one in report.findings
    ]


def test_messages_with_limits_are_built_in_the_language_of_the_run(capsys: Any) -> None:
    """The modules are there already when the language is chosen."""
    template = {"Type": "ALIYUN::VPC::VcoRouteEntry", "Count": 20_000}
    Path("ros.json").write_text(
        json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"R": template}})
    )
    Path("deep.json").write_text('{"RouteDest": ' + "[" * 300)
    for language, told in (
        ("en", ("more than 10000 instances", "nested more than 200 levels deep")),
        ("zh", ("超过 10000 个实例", "嵌套超过 200 层")),
    ):
        status, out, _ = run(capsys, "check", "ros.json", "deep.json", "--language", language)
        assert (status, [text for text in told if text not in out]) == (1, [])


@pytest.mark.parametrize("program", ["import vcolint", "from vcolint.cli import main; main(['check'])"])
def test_english_loads_no_catalog(program: str) -> None:
    unused = "'gettext' not in sys.modules or not sys.modules['gettext']._translations"
    code = f"{program}\nimport sys\nassert {unused}"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "LANG": "C"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_columns_of_chinese_text() -> None:
    assert (columns("路由 abc"), columns("abc"), columns("é")) == (8, 3, 1)
    assert padded("错误", 6) + "|" == "错误  |"
    text = "请写为 10.1.0.0/16，或者删除这条路由。"
    lines = wrapped(text, 16)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= 18 for line in lines)  # one wide mark may hang over
    assert not any(line[0] in "，。" for line in lines)
