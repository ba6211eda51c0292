"""Rule pages: those in `rules/` are right, and wrong ones are told so with file and line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

import vcolint
from vcolint.config.load import config_from, settle
from vcolint.engine import rules as rule_pages
from vcolint.engine.pages import Example, Page
from vcolint.engine.rule import VARIABLE, find_rule, unknown_rule
from vcolint.engine.rules import compile_pages, load_rules
from vcolint.errors import ConfigError, RulePageError
from vcolint.text.nodes import plain

BUILT_IN = Path(rule_pages.BUILT_IN)
ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "vcolint/schemas/rule.schema.json").read_text(encoding="utf-8"))
RULES = load_rules()
PAGES = sorted(path for path in BUILT_IN.glob("*.md") if path.name != "README.md")

# A page that is right; the tests break it.
PAGE = """\
---
code: VCO901
name: office-route-without-ticket
severity: error
basis: policy
effect: policy
api-errors: []
check: field
with: {field: Description, schema: {type: string, pattern: "^NET-[0-9]+"}}
where: {properties: {Weight: {const: 100}}, required: [Weight]}
message: "{RouteDest}: the description {Description} names no ticket"
default: on
---
# Office routes name the ticket they came with

```yaml bad
- {RouteDest: 10.1.0.0/16}
```

## What to do

Put the ticket first,
then the rest.

More.
"""


def load(folder: Path, *pages: str) -> dict[str, object]:
    for number, page in enumerate(pages, 1):
        (folder / f"{number}.md").write_text(page, encoding="utf-8")
    return dict(load_rules([folder]))


def fault(folder: Path, *pages: str) -> str:
    """What is wrong with the pages, without the path of the folder."""
    with pytest.raises(RulePageError) as caught:
        load(folder, *pages)
    return str(caught.value).replace(f"{folder.as_posix()}/", "")


# The built-in pages


def test_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_built_in_page_fits_the_schema(path: Path) -> None:
    page = Page(str(path))
    values = plain(page.node)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(values)] == []
    assert path.name == f"{page.rule.code}-{page.rule.name}.md"
    keys = [key for key in SCHEMA["properties"] if key in values]
    assert list(values) == keys, "the keys stand in the order of the schema"


def test_built_in_pages_are_valid() -> None:
    assert load_rules([BUILT_IN]) == RULES
    assert list(RULES) == sorted(RULES)
    assert len(RULES) == len(PAGES)


def test_compiled_pages_are_up_to_date() -> None:
    compiled = (ROOT / "vcolint/rules.json").read_text(encoding="utf-8")
    assert compiled == compile_pages(), "run: python docs/generate.py"


@pytest.mark.parametrize("code", RULES)
def test_built_in_page_has_what_people_and_reports_need(code: str) -> None:
    rule = RULES[code]
    assert rule.title
    assert rule.help
    if code != "VCO008":  # no input makes a check crash
        assert {example.good for example in Page(rule.page).examples()} == {True, False}


def test_rules_about_several_entries_leave_out_what_is_wrong_already() -> None:
    """Catalogue, precedence: a new rule of these groups has to say so on its page."""
    for code, rule in RULES.items():
        if code.startswith(("VCO3", "VCO5")):
            assert {"unusable-destination", "duplicate", "invalid-weight"} <= set(rule.yields_to), code


def test_precedence_stands_on_the_pages_alone() -> None:
    paths = [ROOT / "vcolint" / "engine" / "evaluate.py", ROOT / "vcolint" / "report" / "assemble.py"]
    for path in paths:
        assert re.findall(r'"VCO[0-9]*"[,}]', path.read_text(encoding="utf-8")) == [], path


ROUTE = {
    "RegionId": "cn-hangzhou",
    "VpnConnectionId": "vco-a1",
    "NextHop": "vco-a1",
    "RouteDest": "10.1.0.0/16",
    "Weight": 100,
    "Description": "office",
}


@pytest.mark.parametrize(
    ("verdict", "entries"),
    [
        ("unusable-destination", [ROUTE | {"RouteDest": "100.100.2.0/24"}]),
        ("invalid-weight", [ROUTE | {"Weight": 50}]),
        ("duplicate", [ROUTE, ROUTE]),
    ],
)
def test_a_page_yields_to_a_verdict(tmp_path: Path, verdict: str, entries: list[dict[str, object]]) -> None:
    def count(page: str) -> int:
        load(tmp_path, page)
        report = vcolint.check(entries, config={"rules": [str(tmp_path)]})
        return sum(finding.code == "VCO901" for finding in report.findings)

    page = "".join(line for line in PAGE.splitlines(keepends=True) if not line.startswith("where"))
    assert count(page) == len(entries)
    assert count(page.replace("message:", f"yields-to: [{verdict}]\nmessage:")) == len(entries) - 1


def test_a_page_gives_a_finding_per_value(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "".join(
            f"- {{RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.{number}.0.0/16, "
            f"Weight: 100, Description: {text}}}\n"
            for number, text in enumerate(("&d office", "*d"))
        ),
        encoding="utf-8",
    )
    for per, count in (("entry", 2), ("value", 1)):
        load(tmp_path, PAGE.replace("message:", f"finding-per: {per}\nmessage:"))
        report = vcolint.check_paths([str(tmp_path / "a.yaml")], config={"rules": [str(tmp_path)]})
        assert [one.code for one in report.findings] == ["VCO901"] * count


# A user's page


def test_page_becomes_a_rule(tmp_path: Path) -> None:
    load(tmp_path, PAGE)
    rules = load_rules([tmp_path])
    rule = rules["VCO901"]
    assert rule.name == "office-route-without-ticket"
    assert rule.parameters == {"field": "Description", "schema": {"type": "string", "pattern": "^NET-[0-9]+"}}
    assert rule.where == {"properties": {"Weight": {"const": 100}}, "required": ["Weight"]}
    assert (rule.api_errors, rule.options, rule.yields_to, rule.default) == ((), {}, (), True)
    assert rule.page == (tmp_path / "1.md").as_posix()
    assert rule.title == "Office routes name the ticket they came with"
    assert rule.help == "Put the ticket first, then the rest."
    assert rule.body.startswith("# Office routes")
    assert Page(rule.page).examples() == [
        Example("yaml", False, (), "- {RouteDest: 10.1.0.0/16}\n", 16, None, None)
    ]
    assert list(rules) == [*RULES, "VCO901"]


def test_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode())
    rule = load_rules([tmp_path])["VCO901"]
    assert Page(rule.page).examples()[0].line == 16


def test_readme_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Our rules\n", encoding="utf-8")
    assert load(tmp_path) == RULES


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: error", "severty: error", '4: unknown key "severty"; did you mean "severity"?'),
        ("default: on", "default: on\nautor: me", '13: unknown key "autor"; use one of'),
        ("api-errors: []", "api-errors: []\nyield-to: []", '8: unknown key "yield-to"; did you mean "yields-to"?'),
        ("severity: error", "severity: eror", '4: "severity" cannot be the text "eror"; did you mean "error"?'),
        ("basis: policy", "basis: 5", '5: "basis" cannot be the number 5; use one of documented, inferred'),
        ("api-errors: []", "api-errors: none", '7: "api-errors" must be a list, not the text "none"'),
        ("name: office-route-without-ticket", "name: [a]", '3: "name" must be lower-case words joined by hyphens, not a list'),
        ("name: office-route-without-ticket", "name: Office", '3: "name" must be lower-case words joined by hyphens'),
        ("code: VCO901", "code: VCO91", '2: "code" must be VCO and three digits, not the text "VCO91"'),
        ("code: VCO901", "code: VCO801", "2: VCO801 is reserved for vcolint; give your own rule a code from VCO900 to VCO999"),
        ("code: VCO901", "code: VCO901\ncode: VCO902", '3: duplicate key "code"'),
        ("code: VCO901", "1: a", "2: a key must be text, not the number 1"),
        ("code: VCO901\n", "", '2: the front matter has no "code"'),
        ("check: field", "check: feild", '8: "check" cannot be the text "feild"; did you mean "field"?'),
        ("check: field", "check: reading", '8: "check" cannot be the text "reading"'),
        ("schema: {type", "schem: {type", '9: unknown key "schem"; did you mean "schema"?'),
        ("{field: Description,", "{field: Description, requird: true,", '9: unknown key "requird"; did you mean "required"?'),
        ("field: Description", "field: Descripton", '9: "with.field" cannot be the text "Descripton"; did you mean "Description"?'),
        ("field: Description", "field: [Description, Color]", '9: an item of "with.field" cannot be the text "Color"'),
        ("type: string,", "type: strng,", '9: "with.schema.type" is not a valid JSON Schema: '),
        ("^NET-[0-9]+", "^NET-[0-9+", '9: "with.schema.pattern" is not a valid JSON Schema: '),
        ("type: string,", "$ref: 'https://example.com/a',", "9: a schema on a rule page cannot use $ref"),
        ("where: {properties:", "where: {propertes: {}, items: 5, properties:", '10: "where.items" is not a valid JSON Schema: '),
        ("where: {", "where: 5 #", '10: "where" must be a mapping or true or false, not the number 5'),
        ("{Description} names", "{Description names", '11: "message" has "{", which is not a variable; use one of field, '),
        ("{Description} names", "{Descripton} names", '11: "message" has "{Descripton}", which is not a variable; did you mean "Description"?'),
        ("default: on", "default: maybe", '12: "default" cannot be the text "maybe"; use one of on, off'),
        ("default: on", "default: on\nyields-to: [VCO799]", '13: unknown rule "VCO799"; did you mean "'),
        ("default: on", "default: on\nyields-to: [duplicates]", '13: an item of "yields-to" must be a code, unusable-destination, duplicate, invalid-weight'),
        ("default: on", "default: on\nfinding-per: file", '13: "finding-per" cannot be the text "file"; use one of entry, value'),
        ("default: on", "default: [", "13: expected a value"),
        ("---\ncode", "code", "1: a rule page starts with front matter between two lines of ---"),
        ("default: on\n---", "default: on", "1: a rule page starts with front matter between two lines of ---"),
        ("# Office", "Office", "14: the page has no heading; start it with one (# …)"),
        ("```yaml bad", "```yaml bd", '16: unknown words on a fence: "yaml bd"; use KIND bad, KIND good, yaml config or json live'),
        ("```yaml bad", "```python bad", '16: unknown words on a fence: "python bad"'),
        ("```yaml bad", "```yaml live", '16: unknown words on a fence: "yaml live"'),
        ("```yaml bad", "```yaml good VCO101", '16: unknown words on a fence: "yaml good VCO101"'),
        ("```yaml bad", "```yaml bad VCO1", '16: unknown words on a fence: "yaml bad VCO1"'),
        ("```yaml bad", "````yaml bad", "16: this fence is never closed"),
    ],
)  # fmt: skip
def test_wrong_page(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PAGE
    assert fault(tmp_path, PAGE.replace(old, new, 1)).startswith(f"1.md:{message}")


def with_check(check: str, parameters: str, message: str = "{network} {count}", more: str = "") -> str:
    page = re.sub(r"check: field\nwith: .*\nwhere: .*\nmessage: .*\n", "CHECK", PAGE)
    return page.replace("CHECK", f'check: {check}\nwith: {parameters}\nmessage: "{message}"\n{more}')


def test_a_check_without_parameters(tmp_path: Path) -> None:
    page = with_check("replacement", "{min: 1}", "{address}")
    assert fault(tmp_path, page) == '1.md:9: unknown key "min"; use one of none'


@pytest.mark.parametrize(
    ("check", "parameters", "message"),
    [
        ("destination", "{relation: inside, networks: [10.0.0.1/8]}", '9: an item of "with.networks" must be an IPv4 CIDR block without host bits, such as 10.0.0.0/8, not the text "10.0.0.1/8"'),
        ("destination", "{relation: inside, networks: [10.0.0.0]}", '9: an item of "with.networks" must be an IPv4 CIDR block without host bits, such as 10.0.0.0/8, not the text "10.0.0.0"'),
        ("destination", "{relation: inside}", '9: "with" needs one of "networks", "facts"'),
        ("destination", "{relation: insid, facts: vpc-cidrs}", '9: "with.relation" cannot be the text "insid"; did you mean "inside"?'),
        ("destination", "{relation: inside, facts: vpc-cidr}", '9: "with.facts" cannot be the text "vpc-cidr"; did you mean "vpc-cidrs"?'),
        ("prefix-length", "{minimum: 16}", '9: unknown key "minimum"; did you mean "min"?'),
        ("prefix-length", "{lowest: 16}", '9: unknown key "lowest"; use one of min, max'),
        ("prefix-length", "{}", '9: "with" needs one of "min", "max"'),
        ("prefix-length", "{min: 33}", '9: "with.min" must be a whole number, at least 0, at most 32, not the number 33'),
        ("prefix-length", "{min: '8'}", '9: "with.min" must be a whole number, at least 0, at most 32, not the text "8"'),
        ("unique", "{key: []}", '9: "with.key" must be a list with at least one item, not a list'),
        ("unique", "{}", '9: "with" has no "key"'),
        ("count", "{group: [RouteDest], max: -1}", '9: "with.max" must be a whole number, at least 0, not the number -1'),
    ],
)  # fmt: skip
def test_wrong_parameters(tmp_path: Path, check: str, parameters: str, message: str) -> None:
    assert fault(tmp_path, with_check(check, parameters)).startswith(f"1.md:{message}")


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("field", "{field: [RegionId, NextHop], schema: {not: {pattern: x}}}"),
        ("field", "{field: VpnConnectionId, facts: connections, required: true}"),
        ("field", "{field: Weight, schema: true}"),
        ("destination", "{relation: outside, networks: [10.0.0.0/8]}"),
        ("prefix-length", "{max: 24}"),
        ("unique", "{key: [RouteDest]}"),
        ("agree", "{group: [RouteDest], field: Weight}"),
        ("count", "{group: [RouteDest], max: 2}"),
    ],
)
def test_right_parameters(tmp_path: Path, check: str, parameters: str) -> None:
    assert load(tmp_path, with_check(check, parameters)).keys() == {*RULES, "VCO901"}


def test_option(tmp_path: Path) -> None:
    page = with_check("prefix-length", "{min: 9}", more="options: {shortest: min}\n")
    load(tmp_path, page)
    rules = load_rules([tmp_path])
    assert rules["VCO901"].parameters == {"min": 9}
    config = config_from({"options": {"office-route-without-ticket": {"shortest": 12}}})
    assert settle(config, rules=rules).rules["VCO901"].parameters == {"min": 12}
    assert fault(tmp_path, page.replace("shortest: min", "shortest: max")) == '1.md:11: "with" has no "max"'


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (PAGE, "2.md:2: 1.md already has the code VCO901"),
        (
            PAGE.replace("VCO901", "VCO902"),
            "2.md:3: 1.md already has the name office-route-without-ticket",
        ),
        (
            PAGE.replace("VCO901", "VCO902").replace("office-route-without-ticket", "already-live"),
            f"2.md:3: {BUILT_IN.as_posix()}/VCO202-already-live.md already has the name already-live",
        ),
    ],
)
def test_code_and_name_are_not_reused(tmp_path: Path, second: str, message: str) -> None:
    assert fault(tmp_path, PAGE, second) == message


def test_pages_of_one_folder_refer_to_each_other(tmp_path: Path) -> None:
    second = PAGE.replace("VCO901", "VCO902").replace("office-", "lab-")
    first = PAGE.replace("default: on", "default: on\nyields-to: [VCO902]")
    assert load(tmp_path, first, second).keys() == {*RULES, "VCO901", "VCO902"}


def test_folder_and_encoding(tmp_path: Path) -> None:
    with pytest.raises(RulePageError, match=r"nowhere: this folder of rule pages does not exist$"):
        load_rules([tmp_path / "nowhere"])
    (tmp_path / "1.md").write_bytes(b"---\n\xff\n---\n")
    assert fault(tmp_path) == "1.md: not UTF-8"


# Looking rules up, examples, references


def test_find_rule() -> None:
    assert find_rule(RULES, "vco102") is RULES["VCO102"]
    assert find_rule(RULES, "cloud-service-destination") is RULES["VCO102"]
    assert find_rule(RULES, "VCO1") is None
    assert unknown_rule(RULES, "cloud-servce-destination").endswith('"cloud-service-destination"?')
    assert unknown_rule(RULES, "qqq") == 'unknown rule "qqq"'


def test_examples_hold_config_and_live_for_what_follows(tmp_path: Path) -> None:
    body = (
        "# T\n```yaml bad VCO104 VCO105\na\n```\n```yaml config\nlive-mode: create\n```\n```json good\n[]\n```\n"
        "```json live\n{}\n```\ntext\n```yaml\nshown only\n```\n````csv bad\n```\nx\n````\n```yaml config\n```\n```sh good\n```\n"
    )
    config = "live-mode: create\n"
    (tmp_path / "page.md").write_text(f"---\n---\n{body}")
    assert Page(str(tmp_path / "page.md")).examples() == [
        Example("yaml", False, ("VCO104", "VCO105"), "a\n", 4, None, None),
        Example("json", True, (), "[]\n", 10, config, None),
        Example("csv", False, (), "```\nx\n", 20, config, "{}\n"),
        Example("sh", True, (), "", 26, "", "{}\n"),
    ]


def test_a_config_sets_options_and_severities() -> None:
    assert settle(config_from({})).rules == RULES
    config = config_from({"options": {"VCO107": {"min-prefix-length": 12}}, "severity": {"VCO107": "note"}})
    rule = settle(config).rules["VCO107"]
    assert (rule.parameters, rule.severity) == ({"min": 12}, "note")
    assert RULES["VCO107"].parameters == {"min": 8}


def test_both_rules_about_regions_know_the_same_ones() -> None:
    assert RULES["VCO706"].parameters["regions"] == RULES["VCO711"].parameters["regions"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"VCO107": {"min": 8}}, 'VCO107 broad-destination has no option "min"'),
        ({"VCO101": {"min": 8}}, 'VCO101 default-route-destination has no option "min"'),
        (
            {"VCO107": {"min-prefix-length": True}},
            '"min-prefix-length" must be a whole number, at least 0, at most 32, not true',
        ),
        (
            {"VCO107": {"min-prefix-length": 8.5}},
            '"min-prefix-length" must be a whole number, at least 0, at most 32, not the number 8.5',
        ),
        (
            {"VCO107": {"min-prefix-length": 33}},
            '"min-prefix-length" must be a whole number, at least 0, at most 32, not the number 33',
        ),
        (
            {"VCO107": {"min-prefix-length": -1}},
            '"min-prefix-length" must be a whole number, at least 0, at most 32, not the number -1',
        ),
    ],
)
def test_wrong_option(options: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        settle(config_from({"options": options}))


def test_messages_name_variables_only() -> None:
    for rule in RULES.values():
        assert not re.search("[{}]", re.sub(VARIABLE, "", rule.message))
