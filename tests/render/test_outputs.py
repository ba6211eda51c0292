"""Reports as other programs take them: held against their schemas, whatever the findings' texts hold."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import validator_for
from lxml import etree
from render_samples import FILES, SENSITIVE, Sample, at, finding, report, sample

import vcolint
from vcolint import cli
from vcolint.engine.rules import load_rules
from vcolint.render import FORMATS, render
from vcolint.render.sarif import line_hashes
from vcolint.render.words import address, from_checkout, unchecked_line
from vcolint.report.finding import Edit, Fix, Related, Report, Unchecked
from vcolint.text.value import Location
from vcolint.text.wording import visible

SCHEMAS = Path(__file__).parents[1] / "schemas"
OWN = Path(cli.__file__).parents[1] / "schemas"


def schema(path: Path) -> Any:
    loaded = json.loads(path.read_text(encoding="utf-8"))
    return validator_for(loaded)(loaded)


SARIF = schema(SCHEMAS / "sarif-2.1.0-rtm.5.json")
GITLAB = schema(SCHEMAS / "gitlab-codequality.json")
REPORT = schema(OWN / "report.schema.json")
JUNIT = etree.XMLSchema(file=str(SCHEMAS / "junit-10.xsd"))

Commands = list[tuple[str, dict[str, str], str]]


@pytest.fixture(autouse=True)
def no_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


# -- what each program asks for ---------------------------------------------------------------------------


def check_json(text: str, shown: Report) -> None:
    REPORT.validate(json.loads(text))
    assert text.isascii()


def check_sarif(text: str, shown: Report) -> None:
    log = json.loads(text)
    SARIF.validate(log)
    assert log["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        for description in (rule["shortDescription"], rule["fullDescription"]):
            assert 1 <= len(description["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert 1 <= len(rule["name"]) <= 255
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert "security-severity" not in rule["properties"]  # it would make a security alert of it
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(shown.findings)
    for result, one in zip(run["results"], shown.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == one.code
        assert result["message"]["text"].strip()
        related = result.get("relatedLocations", [])
        assert len(related) <= 100
        if related:  # links lead to them, in their order
            links = re.findall(r"(?<!\\)(?:\\\\)*\]\((\d+)\)", result["message"]["text"])
            assert links == [str(place["id"]) for place in related[:5]]
        assert all(result["partialFingerprints"].values())
        (place,) = result["locations"]
        for physical in (place["physicalLocation"], *(other["physicalLocation"] for other in related)):
            region = physical["region"]
            assert min(region.values()) >= 1
            if "endLine" not in region:
                assert region["startColumn"] <= region["endColumn"]
            uri = physical["artifactLocation"]["uri"]
            assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri.removeprefix("file://"))
    assert_safe(text)


def check_gitlab(text: str, shown: Report) -> None:
    items = json.loads(text)
    GITLAB.validate(items)
    assert len({item["fingerprint"] for item in items}) == len(items) == len(shown.findings)
    assert [item["location"]["lines"]["begin"] for item in items] == [
        one.location.line for one in shown.findings
    ]
    assert not text.startswith("\ufeff")
    assert_safe(text)


def check_junit(text: str, shown: Report) -> None:
    document = etree.fromstring(text.encode())
    JUNIT.assertValid(document)
    cases = document.findall("testsuite/testcase")
    verdicts = [case[0] for case in cases]
    assert [one.get("message") for one in verdicts if one.tag != "system-out"] == [
        visible(one.message) for one in shown.findings
    ]
    failures = [one for one in verdicts if one.tag == "failure"]
    assert bool(failures) == (shown.exit_status == 1)
    assert int(document.get("failures")) == len(failures)
    assert int(document.get("tests")) == len(cases) >= 1
    assert_safe(text)


def check_github(text: str, shown: Report) -> None:
    found = commands(text)
    notice = [(name, properties, message) for name, properties, message in found if "file" not in properties]
    assert len(notice) == (shown.notice is not None)
    found = [one for one in found if "file" in one[1]]
    assert len(found) == len(shown.findings)
    order = ["error", "warning", "notice"]
    assert [order.index(name) for name, _, _ in found] == sorted(order.index(name) for name, _, _ in found)
    for _, properties, message in found:
        assert min(int(properties[name]) for name in ("line", "endLine")) >= 1
        assert ("col" in properties) == ("endColumn" in properties)
        if "col" in properties:
            assert properties["line"] == properties["endLine"]
        assert message.strip()
        assert all(properties.values())


def check_markdown(text: str, shown: Report) -> None:
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert len(rows) == (len(shown.findings) + 2 if shown.findings else 0)
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 5 for row in rows)
    assert not re.search("<(?!/?b>)", text)
    assert_safe(text)


class _Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attributes
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check_html(text: str, shown: Report) -> None:
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    known = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "script",
        "body",
        "header",
        "main",
        "footer",
        "nav",
        "section",
    }
    known |= {"a", "article", "b", "code", "dd", "dl", "dt", "h1", "h2", "h3", "li", "p", "pre", "span", "ul"}
    assert page.tags.keys() <= known
    assert (page.tags["article"], page.tags["script"], page.tags["style"]) == (len(shown.findings), 2, 1)
    known = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "tabindex", "type"}
    known |= {"aria-label", "aria-labelledby", "aria-hidden", "data-severity", "data-rule", "data-file"}
    assert {name for name, _ in page.attributes} <= known
    assert all(value and value.startswith("#") for name, value in page.attributes if name == "href")
    assert all(visible(finding.message) in page.text for finding in shown.findings)
    assert all(unchecked_line(item) in page.text for item in shown.unchecked)
    for element in ("style", "script"):
        held = re.findall(rf"<{element}>(.*?)</{element}>", text, re.S)
        assert len(held) == 1
        digest = base64.b64encode(hashlib.sha256(held[0].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in text
    assert_safe(text)


def check_text(text: str, shown: Report) -> None:
    assert_safe(text)


CHECKS = {
    "json": check_json,
    "sarif": check_sarif,
    "gitlab": check_gitlab,
    "junit": check_junit,
    "github": check_github,
    "markdown": check_markdown,
    "html": check_html,
    "text": check_text,
}


def assert_safe(text: str) -> None:
    """Neither a terminal nor a runner obeys anything in it."""
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search(r"##\w*\[", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    text.encode()


def commands(text: str) -> Commands:
    """The workflow commands of a log, as the runner reads them. No other line is one."""
    found = []
    for line in text.split("\n"):
        assert line.isprintable()
        assert not re.search(r"##\w*\[", line)
        if line.lstrip().startswith("::"):
            match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
            assert match is not None, line
            properties = dict(item.split("=", 1) for item in match[2].split(","))
            found.append(
                (
                    match[1],
                    {name: unescaped(value, True) for name, value in properties.items()},
                    unescaped(match[3], False),
                )
            )
    return found


def unescaped(text: str, in_property: bool) -> str:
    """What the runner makes of an escaped text."""
    if in_property:
        text = text.replace("%3A", ":").replace("%2C", ",")
    assert not re.search("%(?!0D|0A|25)", text)
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_every_format_is_held_against_something() -> None:
    assert set(CHECKS) == set(FORMATS)


# -- whatever the texts hold ------------------------------------------------------------------------------

HOSTILE = st.lists(
    st.sampled_from(
        [
            '"', "'", "%", "%0A", "\n", "\r", "\t", "]]>", "<script>", "&amp;", "\x1b[31m", "\x00", "\x7f",
            "##[error]", "##vso[x]", "::error::", "::", ":", ",", "总部", "é", "\U0001f600", "\ud800",
            "\u2028", "\u202e", "\ufeff", "\ufffe", "\x9b", "|", "`", "[a](b)", "\\", "](1)", "<!--",
            "/", "../", "?", "#", "\udfff", "a", " ",
        ]
    ),
    min_size=1,
    max_size=6,
).map("".join)  # fmt: skip
LINES = st.integers(1, 4)
PLACES = st.builds(
    lambda file, line, column, lines, width: Location(
        file, line, column, line + lines, column + width if lines == 0 else width + 1
    ),
    HOSTILE.map(lambda text: f"f{text}"),
    LINES,
    st.integers(1, 9),
    st.integers(0, 1),
    st.integers(0, 9),
)
MAYBE = st.none() | HOSTILE
FINDINGS = st.builds(
    lambda number, place, message, severity, related, **more: finding(
        f"VCO{number}", place, f"m{message}", severity=severity, related=tuple(related), **more
    ),
    st.integers(100, 999),
    PLACES,
    HOSTILE,
    st.sampled_from(["error", "warning", "note"]),
    st.lists(st.builds(Related, HOSTILE, PLACES), max_size=7),
    address=MAYBE,
    root=MAYBE,
    witness=st.sampled_from([None, "10.0.0.1"]),
    entry=st.none()
    | st.dictionaries(st.sampled_from(["RouteDest", "Weight"]), HOSTILE | st.integers() | st.none()),
    fix=st.none() | st.builds(Fix, HOSTILE, st.booleans(), st.tuples(st.builds(Edit, PLACES, HOSTILE))),
)
REPORTS = st.builds(
    lambda findings, unchecked, notice, fail_on, text: report(
        unique(findings), unchecked, notice=notice, fail_on=fail_on, text_of=lambda file: text
    ),
    st.lists(FINDINGS, max_size=5),
    st.lists(st.builds(Unchecked, HOSTILE, LINES, MAYBE, MAYBE, HOSTILE), max_size=2),
    st.none() | HOSTILE.map(lambda text: f"nothing was checked: {text}"),
    st.sampled_from(["error", "warning", "note", "never"]),
    st.none() | HOSTILE,
)


def unique(findings: Iterable[Sample]) -> list[Sample]:
    """As a run hands them on: fingerprints are unique."""
    return [one._replace(fingerprint=f"print-{number}") for number, one in enumerate(findings)]


@settings(max_examples=120, deadline=None)
@given(REPORTS)
def test_any_text(shown: Report) -> None:
    for format, check in CHECKS.items():
        text = render(format, shown)
        assert text.endswith("\n")
        check(text, shown)


@pytest.mark.parametrize("format", CHECKS)
def test_sample(format: str) -> None:
    shown = sample()
    CHECKS[format](render(format, shown), shown)


@pytest.mark.parametrize("format", CHECKS)
def test_no_findings(format: str) -> None:
    for shown in (report([]), report([], entries=0, files=0, notice="nothing was checked")):
        CHECKS[format](render(format, shown), shown)
    assert render("gitlab", report([])) == "[]\n"


@pytest.mark.parametrize("format", CHECKS)
def test_every_rule(format: str) -> None:
    """The texts of all pages stand the limits of those who show them."""
    rules = load_rules()
    place = Location("a.yaml", 1, 1, 1, 2)
    findings = [
        finding(rule.code, place, "m", severity=rule.severity, effect=rule.effect, basis=rule.basis)
        for rule in rules.values()
        if rule.code != "VCO008"  # fails the whole run
    ]
    shown = report(findings, rules=rules)
    CHECKS[format](render(format, shown), shown)
    if format == "sarif":
        described = json.loads(render(format, shown))["runs"][0]["tool"]["driver"]["rules"]
        assert [one["shortDescription"]["text"] for one in described] == [
            rules[one["id"]].title for one in described
        ]
        assert all(one["fullDescription"]["text"] == one["help"]["text"] for one in described)


def test_sensitive_values_are_in_no_report() -> None:
    secret = FILES["main.tf"].split("\n")[1].strip()
    shown = report([finding("VCO103", SENSITIVE, "m")], sensitive=frozenset({SENSITIVE}))
    assert all(secret not in render(format, shown) for format in FORMATS)
    assert secret in render("text", report([finding("VCO103", SENSITIVE, "m")]))


# -- GitHub -----------------------------------------------------------------------------------------------


def test_workflow_commands_are_escaped() -> None:
    place = Location("a,b: 100%.yaml", 3, 5, 3, 9)
    shown = report([finding("VCO709", place, "50% of\n::error::this, that: all")])
    first = render("github", shown).split("\n")[0]
    assert first == (
        "::error file=a%2Cb%3A 100%25.yaml,line=3,endLine=3,col=5,endColumn=9,title=VCO709 some-rule"
        "::50%25 of\\n::error::this, that: all"
    )


def test_columns_are_left_out_where_a_place_has_several_lines() -> None:
    shown = report([finding("VCO709", Location("a.yaml", 3, 5, 4, 2), "m")])
    assert commands(render("github", shown))[0][1] == {
        "file": "a.yaml",
        "line": "3",
        "endLine": "4",
        "title": "VCO709 some-rule",
    }


def test_paths_are_those_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Formats that a code host joins with its files name them from its root; people see what they typed."""
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    shown = report([finding("VCO102", Location("a b.yaml", 1, 1, 1, 2), "m")])
    assert commands(render("github", shown))[0][1]["file"] == "infra/a b.yaml"
    assert json.loads(render("gitlab", shown))[0]["location"]["path"] == "infra/a b.yaml"
    (result,) = json.loads(render("sarif", shown))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (uri, unquote(uri)) == ("infra/a%20b.yaml", "infra/a b.yaml")
    assert "--> a b.yaml:1:1" in render("text", shown)
    assert json.loads(render("json", shown))["findings"][0]["location"]["file"] == "a b.yaml"


# From the tests of GitHub's upload action.
VECTORS = {
    "": ["c129715d7a2bc9a3:1"],
    " a\nb\n  \t\tc\n d": [
        "271789c17abda88f:1",
        "54703d4cd895b18:1",
        "180aee12dab6264:1",
        "a23a3dc5e078b07b:1",
    ],
}


@pytest.mark.parametrize("text", VECTORS)
def test_line_hashes_of_github(text: str) -> None:
    wanted = dict(enumerate(VECTORS[text], 1))
    assert line_hashes(text, wanted.keys()) == wanted


def slow_line_hashes(text: str) -> dict[int, str]:
    """The hash of every line as GitHub describes it, one character at a time."""
    data = text.encode("utf-16-le", "surrogatepass")
    units = [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]
    kept: list[int] = []
    for i, unit in enumerate(units):
        if unit in (0x20, 0x09) or (unit == 0x0A and i and units[i - 1] == 0x0D):
            continue
        kept.append(0x0A if unit == 0x0D else unit)
    kept.append(0xFFFF)
    starts = [0, *(i + 1 for i, unit in enumerate(kept) if unit == 0x0A)]
    hashes: dict[int, str] = {}
    seen: dict[int, int] = {}
    for line, start in enumerate(starts, 1):
        value = 0
        for unit in (kept[start : start + 100] + [0] * 100)[:100]:
            value = (value * 37 + unit) % 2**64
        seen[value] = seen.get(value, 0) + 1
        hashes[line] = f"{value:x}:{seen[value]}"
    return hashes


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "b", " ", "\t", "\n", "\r\n", "\r", "é", "\U0001f600", "\ud800", "x" * 60]),
        max_size=30,
    ).map("".join)
)
def test_line_hashes(text: str) -> None:
    wanted = slow_line_hashes(text)
    assert line_hashes(text, wanted.keys()) == wanted


def test_the_line_hash_is_in_the_result() -> None:
    place = at("big.json", '"10.0.0.0/8"')
    (result,) = json.loads(render("sarif", report([finding("VCO102", place, "m")])))["runs"][0]["results"]
    assert result["partialFingerprints"] == {
        "vcolint/v1": "VCO102-big.json-1-15",
        "primaryLocationLineHash": slow_line_hashes(FILES["big.json"])[1],
    }


# -- a whole run ------------------------------------------------------------------------------------------

BAD = """\
- RegionId: cn-hangzhou
  VpnConnectionId: vco-a
  NextHop: vco-a
  RouteDest: "10.0.0.0/8\\" ]]> <script> 100% \\u001b[31m ##[error]x\\n::error::y \\U0001f600 总部"
  Weight: 100
"""


def test_several_reports_of_hostile_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "rou%tes, ]]> <script> ##[x] é.yaml"
    Path(name).write_text(BAD, encoding="utf-8")
    outputs = [
        option for format in FORMATS if format != "text" for option in ("--output", f"{format}:out/{format}")
    ]
    Path("out").mkdir()
    status = cli.main(["check", "--no-config", "--output", "text", *outputs, name])
    out, err = capsys.readouterr()
    assert (status, err) == (1, "")
    written = {
        format: (tmp_path / "out" / format).read_text(encoding="utf-8")
        for format in FORMATS
        if format != "text"
    }
    seen = json.loads(written["json"])
    message = seen["findings"][0]["message"]
    assert [one["code"] for one in seen["findings"]] == ["VCO103"]
    assert message.startswith('10.0.0.0/8" ]]> <script> 100% ')
    shown = report(
        [finding("VCO103", Location(name, 4, 14, 4, 90), message)],
        rules=load_rules(),
    )
    for format, text in written.items():
        CHECKS[format](text, shown)
    assert "\x1b" not in out
    assert not re.search(r"^\s*::", out, re.MULTILINE)
    assert commands(written["github"])[0][1]["file"] == name.replace("##[", "#\\x23[")


@pytest.mark.parametrize(
    ("destination", "beginning"),
    [
        ("", '"" is not an IPv4 CIDR block'),
        (" 10.1.0.0/16", '" 10.1.0.0/16" is not an IPv4 CIDR block'),
        ("10.1.0.0/16\n", '"10.1.0.0/16\\n" is not an IPv4 CIDR block'),
        ("10.1.0.0", "10.1.0.0 is not an IPv4 CIDR block"),
    ],
)
def test_values_can_be_told_from_the_words_around_them(destination: str, beginning: str) -> None:
    entry = {"RegionId": "cn-hangzhou", "VpnConnectionId": "vco-a", "NextHop": "vco-a", "Weight": 100}
    (found,) = vcolint.check([entry | {"RouteDest": destination}]).findings
    assert found.message.startswith(beginning)


def test_without_ci_paths_go_from_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra" / "live").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "infra" / "live")
    path = from_checkout("GITHUB_WORKSPACE")
    assert path("main.tf") == "infra/live/main.tf"
    assert path("../modules/x.tf") == "infra/modules/x.tf"
    assert path("../../../elsewhere.tf") == "../../../elsewhere.tf"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "infra"))
    assert from_checkout("GITHUB_WORKSPACE")("main.tf") == "live/main.tf"


def test_the_nearest_repository_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "inner" / "tf").mkdir(parents=True)
    (tmp_path / "inner" / ".git").write_text("gitdir: elsewhere\n")  # a submodule, or a worktree
    monkeypatch.chdir(tmp_path / "inner" / "tf")
    assert from_checkout("CI_PROJECT_DIR")("main.tf") == "tf/main.tf"


def test_without_a_repository_paths_go_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    monkeypatch.setattr("os.path.exists", lambda path: False)
    monkeypatch.chdir(tmp_path)
    assert from_checkout("CI_PROJECT_DIR")("tf/main.tf") == "tf/main.tf"


@pytest.mark.parametrize(
    ("root", "file", "shown"),
    [
        (None, "main.tf", "module.m.x"),
        (".", "modules/m/main.tf", "module.m.x"),
        ("live/prod", "modules/m/main.tf", "module.m.x (in live/prod)"),
        ("live/prod", "live/prod2/main.tf", "module.m.x (in live/prod)"),
        ("live/prod", "live/prod/main.tf", "module.m.x"),
    ],
)
def test_a_root_that_the_file_does_not_tell_stands_beside_the_address(
    root: str | None, file: str, shown: str
) -> None:
    found = finding("VCO104", Location(file, 1, 1, 1, 2), "m", address="module.m.x", root=root)
    assert address(found) == shown


def test_text_and_annotations_share_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workflow's log is read by people, and the runner takes the annotations out of it."""
    monkeypatch.chdir(tmp_path)
    names = "RegionId: cn-hangzhou, VpnConnectionId: vco-a1, NextHop: vco-a1"
    row = f"- {{{names}, RouteDest: 100.64.0.0/10, Weight: 100}}"
    (tmp_path / "a.yaml").write_text(row + "\n", encoding="utf-8")
    assert cli.main(["check", "a.yaml", "--output", "text", "--output", "github"]) == 1
    out = capsys.readouterr().out
    assert "error[VCO102]" in out
    assert "\n::error file=a.yaml,line=1" in out
    for second in ("text", "json"):
        assert cli.main(["check", "a.yaml", "--output", "text", "--output", second]) == 2
    assert cli.main(["check", "a.yaml", "--output", "text", "--output", "github", "--output", "text"]) == 2


def test_the_folder_of_a_report_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("[]\n", encoding="utf-8")
    assert cli.main(["check", "a.yaml", "--output", "json:reports/today/vcolint.json"]) == 0
    assert (tmp_path / "reports/today/vcolint.json").is_file()
