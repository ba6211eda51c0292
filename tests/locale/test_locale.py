"""The languages of messages: which one is used, what is translated, and what never changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import vcolint
from vcolint import cli
from vcolint.engine.rules import load_rules
from vcolint.locale import Message, chosen, say, tr, use_everywhere, using
from vcolint.locale.pages import blocks, translated
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
    assert english - {"README.zh-CN.md"} == chinese - {"README.md"}


def test_the_blocks_of_a_page() -> None:
    page = (
        "# Title\n\nOne\ntwo.\n\n```yaml bad\n- {a: b}\n\n# no title\n```\n\n"
        "- an item\n  of two lines\n- another\n\n## References\n\n- [x](y)\n"
    )
    assert [block.text for block in blocks(page) if block.is_message] == [
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
        message = say("duplicate key {text}", text="a list")
        assert isinstance(message, Message)
        assert message == "duplicate key a list"
        assert tr(message) == "重复的键 a list"
        assert tr(say("duplicate key {text}", text=say("a list"))) == "重复的键 列表"
    assert tr(message) == "duplicate key a list"
    assert not isinstance(say("duplicate key {text}", text="x"), Message)


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = cli.main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


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


def test_a_page_in_chinese_shows_addresses(capsys: Any) -> None:
    examples = ROOT / "docs" / "examples"
    status, page, err = run(capsys, "check", str(examples / "terraform"), "--language=zh", "--output=html")
    assert (status, err) == (1, "")
    assert "<dt>地址</dt><dd><code>module.site[" in page


def test_a_second_document_of_the_config_in_chinese(capsys: Any) -> None:
    Path("two.yaml").write_text("{}\n---\n{}\n", encoding="utf-8")
    status, out, err = run(capsys, "check", "--language=zh", "--config", "two.yaml")
    assert (status, out, err) == (2, "", "vcolint: 错误: two.yaml:3:1: 配置必须是一个 YAML 文档\n")


def test_json_keeps_everything_but_the_messages(capsys: Any) -> None:
    english, chinese = (
        json.loads(run(capsys, "check", "--language", language, "--output", "json")[1])
        for language in ("en", "zh")
    )
    assert english != chinese
    for report in (english, chinese):
        for finding in report["findings"]:
            del finding["message"]
            finding["fix"] = finding["fix"] and {**finding["fix"], "message": ""}
            for one in finding["related"]:
                del one["message"]
        for item in report["unchecked"]:
            del item["reason"]
    assert english == chinese  # codes, names, places, fingerprints


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


def test_the_threads_of_a_server_have_the_language_of_the_process() -> None:
    from threading import Thread

    told: list[str] = []
    thread = Thread(target=lambda: told.append(tr(say("duplicate key {text}", text="x"))))
    use_everywhere("zh")
    try:
        thread.start()
        thread.join()
        with using("en"):
            told.append(tr(say("duplicate key {text}", text="x")))
    finally:
        use_everywhere("en")
    assert told == ["重复的键 x", "duplicate key x"]
