"""The literal that a value came from, in reports: it is related first, a comment at it hides the finding, and
a fix edits it where that mends all that comes from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vcolint
from vcolint import cli
from vcolint.render import render
from vcolint.report.finding import Finding, Report

MODULE = """\
variable "routes" {}
resource "alicloud_vpn_gateway_vco_route" "r" {
  for_each          = var.routes
  vpn_connection_id = each.value.vco
  next_hop          = each.value.vco
  route_dest        = each.value.cidr
  weight            = lookup(each.value, "weight", 100)
}
"""
CIDR = ("m/main.tf", 6, 23)  # where findings about destinations stand


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(files: dict[str, str]) -> None:
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def called(routes: str, **files: str) -> dict[str, str]:
    """A root that calls the module with these routes."""
    call = f'module "m" {{\n  source = "./m"\n  routes = {routes}\n}}\n'
    return {"main.tf": call, "m/main.tf": MODULE, **files}


def checked(files: dict[str, str], **config: Any) -> Report:
    put(files)
    return vcolint.check_paths(["."], config=config)


def only(report: Report, code: str) -> Finding:
    (finding,) = (one for one in report.findings if one.code == code)
    return finding


def place(location: Any) -> tuple[str, int, int]:
    return tuple(location[:3])  # type: ignore[no-any-return]


def related(finding: Finding) -> list[tuple[str, tuple[str, int, int]]]:
    return [(one.message, place(one.location)) for one in finding.related]


HERE = "the value is written here"


# -- related places ---------------------------------------------------------------------------------------


def test_the_literal_is_the_first_related_place() -> None:
    report = checked(
        called(
            "yamldecode(file(\"routes.yaml\"))",
            **{"routes.yaml": "a: {vco: vco-a1, cidr: 10.1.0.1/16}\nb: {vco: vco-a1, cidr: 10.2.0.0/16}\n"},
        )
    )  # fmt: skip
    finding = only(report, "VCO104")
    assert place(finding.location) == CIDR
    assert related(finding) == [(HERE, ("routes.yaml", 1, 24))]
    assert finding.address == 'module.m.alicloud_vpn_gateway_vco_route.r["a"]'
    assert report.text_of("routes.yaml") is not None  # to show the line
    assert report.summary.files == 2  # data is not input


def test_other_entries_are_shown_at_their_literals() -> None:
    routes = "".join(f'    {key} = {{vco = "vco-a1", cidr = "10.1.0.0/16"}}\n' for key in "ab")
    finding = only(checked(called(f"{{\n{routes}  }}")), "VCO201")
    first, second = related(finding)
    assert place(finding.location) == CIDR
    assert first == (HERE, ("main.tf", 5, 33))
    assert second[1] == ("main.tf", 4, 33)


def test_each_literal_of_a_wrong_value_is_a_finding() -> None:
    """A value that entries share is one finding; the same text at another literal is another mistake."""
    routes = "{\n" + "".join(
        f'    {name} = {{vco = "vco-a1", cidr = "10.{name[1]}.0.0/16", weight = {weight}}}\n'
        for name, weight in (("a1", "50"), ("a2", "50"), ("a3", "local.w"), ("a4", "local.w"))
    )
    files = called(routes + "  }")
    files["main.tf"] += "locals {\n  w = 50\n}\n"
    found = [one for one in checked(files).findings if one.code == "VCO401"]
    assert [(related(one), "(2 entries)" in one.message) for one in found] == [
        ([(HERE, ("main.tf", 4, 58))], False),
        ([(HERE, ("main.tf", 5, 58))], False),
        ([(HERE, ("main.tf", 11, 7))], True),
    ]


def test_a_wrong_type_is_said_with_its_literal() -> None:
    routes = '{\n    a = {vco = "vco-a1", cidr = "10.1.0.0/16", weight = "much"}\n  }'
    finding = only(checked(called(routes)), "VCO002")
    assert place(finding.location) == ("m/main.tf", 7, 23)
    assert related(finding) == [(HERE, ("main.tf", 4, 57))]


def test_a_computed_value_has_no_related_literal() -> None:
    routes = '{for n in [1] : "r${n}" => {vco = "vco-a1", cidr = "10.${n}.0.1/16"}}'
    assert related(only(checked(called(routes)), "VCO104")) == []


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("text", " = note: the value is written here\n --> envs/p.auto.tfvars:1:39\n"),
        ("json", '"related": [{"message": "the value is written here", "location": {"file": "envs/p'),
        ("sarif", "[the value is written here](1)"),
        ("github", "%0Anote: the value is written here (envs/p.auto.tfvars:1:39)"),
        ("gitlab", "; the value is written here (envs/p.auto.tfvars:1:39)"),
        ("junit", "note: the value is written here (envs/p.auto.tfvars:1:39)"),
        ("markdown", "; the value is written here (envs/p.auto.tfvars:1:39) |"),
        ("html", "<li>the value is written here <code>envs/p.auto.tfvars:1:39</code>"),
    ],
)
def test_every_output_says_it(format: str, written: str) -> None:
    put(
        {
            "envs/main.tf": MODULE,
            "envs/p.auto.tfvars": 'routes = {a = {vco = "vco-a1", cidr = "10.1.0.1/16"}}\n',
        }
    )
    assert written in render(format, vcolint.check_paths(["envs"], config={}))


def test_a_sensitive_literal_is_never_shown() -> None:
    module = MODULE.replace("{}", "{\n  sensitive = true\n}").replace("each.value.cidr", "var.secret")
    files = {
        "main.tf": module.replace("= var.routes", '= {a = {vco = "vco-a1"}}')
        + 'variable "secret" {\n  sensitive = true\n}\n',
        "terraform.tfvars": 'secret = "10.99.0.1/16"\n',
    }
    report = checked(files)
    assert related(only(report, "VCO104")) == [(HERE, ("terraform.tfvars", 1, 10))]
    for format in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown"):
        assert "10.99" not in render(format, report)
    page = render("html", report)
    assert HERE in page
    assert "10.99" not in page[page.index("<article") : page.rindex("</article>")]


# -- suppressions -----------------------------------------------------------------------------------------

IGNORE = "# vcolint: ignore[VCO104] lab"
DATA = "a: {vco: vco-a1, cidr: 10.1.0.1/16}\nb: {vco: vco-a1, cidr: 10.2.0.1/16}\n"
FROM_DATA = 'yamldecode(file("d.yaml"))'


@pytest.mark.parametrize(
    ("files", "hidden"),
    [
        (called(FROM_DATA, **{"d.yaml": DATA.replace("\n", f" {IGNORE}\n", 1)}), ["a"]),
        (called(FROM_DATA, **{"d.yaml": f"{IGNORE}\n{DATA}"}), ["a"]),
        (called(FROM_DATA, **{"d.yaml": f"{DATA}{IGNORE}\n"}), []),
        (called(FROM_DATA, **{"d.yaml": f"{DATA}{IGNORE.replace('ignore', 'ignore-file')}\n"}), ["a", "b"]),
        (
            called(
                f'{{\n    a = {{vco = "vco-a1", cidr = "10.1.0.1/16"}} {IGNORE}\n'
                '    b = {vco = "vco-a1", cidr = "10.2.0.1/16"}\n  }'
            ),
            ["a"],
        ),
        (
            {
                "main.tf": MODULE,
                "x.auto.tfvars": 'routes = {\n  a = {vco = "vco-a1", cidr = "10.1.0.1/16"}\n'
                f'  b = {{\n    vco = "vco-a1"\n    {IGNORE}\n    cidr = "10.2.0.1/16"\n  }}\n}}\n',
            },
            ["b"],
        ),
    ],
)
def test_a_comment_at_the_literal(files: dict[str, str], hidden: list[str]) -> None:
    report = checked(files)
    left = sorted(str(one.address)[-3] for one in report.findings if one.code == "VCO104")
    assert left == sorted({"a", "b"} - set(hidden))
    assert report.summary.suppressed == len(hidden)
    # A comment at which no finding has its literal is told to hide nothing.
    assert [one.code for one in report.findings if one.code == "VCO006"] == ([] if hidden else ["VCO006"])


def test_a_comment_at_the_block_hides_as_before() -> None:
    files = called(FROM_DATA, **{"d.yaml": DATA})
    files["m/main.tf"] = MODULE.replace("each.value.cidr", f"each.value.cidr {IGNORE}")
    assert [one.code for one in checked(files).findings] == []


def test_a_file_of_data_is_ignored_by_its_name() -> None:
    files = called(
        'jsondecode(file("d.json"))', **{"d.json": '{"a": {"vco": "vco-a1", "cidr": "10.1.0.1/16"}}'}
    )
    report = checked(files, **{"per-file-ignores": {"*.json": ["VCO104"]}})
    assert (report.findings, report.summary.suppressed) == ([], 1)


def test_what_looks_like_a_comment_in_a_text_of_data_is_none() -> None:
    files = called(FROM_DATA, **{"d.yaml": DATA.replace("}", f", x: 'y {IGNORE}'}}", 1)})
    report = checked(files)
    assert [one.code for one in report.findings] == ["VCO104", "VCO104"]


# -- fixes ------------------------------------------------------------------------------------------------


def fixed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Runs the command; what it says of what it could not fix."""
    cli.main(["check", "--unsafe-fixes", "--quiet", *arguments])
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "routes", "text"),
    [
        ("d.yaml", FROM_DATA, "# top\na: {vco: vco-a1, cidr: '10.1.0.1/16'}  # keep\n"),
        ("d.json", 'jsondecode(file("d.json"))', '{"a":{"vco":"vco-a1",\r\n"cidr":"10.1.0.1/16"}}'),
        ("d.csv", '{for r in csvdecode(file("d.csv")) : r.cidr => r}', 'vco,cidr\n\nvco-a1,"10.1.0.1/16"\n'),
        ("x.tf", "local.r", 'locals { r = {a = {vco = "vco-a1", cidr = "10.1.0.1/16" }} }\n'),
        ("x.tf.json", "local.r", '{"locals": {"r": {"a": {"vco": "vco-a1", "cidr": "10.1.0.1/16"}}}}'),
        ("x.tf", 'var.r', 'variable "r" {\n  default = { 目 = {vco = "vco-a1", cidr = "10.1.0.1/16"} }\n}\n'),
        ("bom.yaml", FROM_DATA.replace("d.yaml", "bom.yaml"), "\ufeffa: {vco: vco-a1, cidr: 10.1.0.1/16}\n"),
    ],
)  # fmt: skip
def test_the_literal_is_edited(name: str, routes: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = called(routes, **{name: text})
    put(files)
    assert fixed(capsys) == ""
    assert Path(name).read_bytes().decode() == text.replace("10.1.0.1", "10.1.0.0")
    assert all(Path(other).read_text() == files[other] for other in files if other != name)
    assert vcolint.check_paths(["."], config={}).findings == []


def test_a_key_that_others_name_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    """The instance would be gone from under them."""
    routes = '{for one in toset(["10.1.0.1/16"]) : one => {vco = "vco-a1", cidr = one}}'
    output = 'output "one" {\n  value = module.m.made["10.1.0.1/16"]\n}\n'
    put(called(routes, **{"x.tf": output}))
    assert "cannot fix VCO104: other parts of the configuration refer to it" in fixed(capsys)
    put(called(routes, **{"x.tf": output.replace("10.1.0.1", "10.2.0.1")}))
    assert fixed(capsys) == ""


def test_a_literal_of_several_entries_is_edited_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'locals {\n  net = "10.1.0.1/16"\n}\n'
    files = called(
        '{for v in ["vco-a1", "vco-b1", "vco-c1"] : v => {vco = v, cidr = local.net}}', **{"x.tf": text}
    )
    put(files)
    assert fixed(capsys) == ""
    assert Path("x.tf").read_text() == text.replace(".0.1/", ".0.0/")


SHARED = "the fix is wrong for other values that come from the same literal"


def test_a_literal_that_another_field_has_too_is_not_edited(capsys: pytest.CaptureFixture[str]) -> None:
    """The edit would change the other connection's ID, of which nobody knows what it should be."""
    block = MODULE.partition("resource")[2].replace("each.value.vco", "local.x", 1)
    text = 'locals {\n  x = "10.1.0.1/16"\n}\nresource' + block
    text = text.replace("var.routes", '{a = {vco = "vco-a1"}}').replace("each.value.cidr", "local.x")
    put({"main.tf": text})
    assert f"cannot fix VCO104: {SHARED}" in fixed(capsys)
    assert Path("main.tf").read_text() == text


def test_a_literal_of_two_roots_is_edited_if_both_are_mended(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"d.yaml": "a: {vco: vco-a1, cidr: 10.1.0.1/16}\n"}
    root = called('yamldecode(file("../d.yaml"))')["main.tf"].replace("./m", "../m")
    put({"x/main.tf": root, "y/main.tf": root, "m/main.tf": MODULE, **data})
    assert fixed(capsys, "x", "y", "--ignore", "VCO201") == ""
    assert Path("d.yaml").read_text() == "a: {vco: vco-a1, cidr: 10.1.0.0/16}\n"


def test_a_finding_of_several_environments_is_fixed_in_the_file_of_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = {
        f"infra/envs/{name}.tfvars": f'# {name}\nroutes = {{a = {{vco = "vco-a1", cidr = "10.1.0.1/16"}}}}\n'
        for name in ("prod", "stage")
    }
    config = "terraform:\n  environments:\n" + "".join(
        f"    {name}: {{root: infra, var-files: [infra/envs/{name}.tfvars]}}\n" for name in ("prod", "stage")
    )
    put({"infra/main.tf": MODULE, "vcolint.yaml": config, **texts})
    finding = only(vcolint.check_paths(["infra"]), "VCO104")
    assert finding.environments == ("prod", "stage")
    assert related(finding) == [(HERE, (name, 2, 39)) for name in texts]
    assert fixed(capsys, "infra") == ""
    assert {name: Path(name).read_text() for name in texts} == {
        name: text.replace("10.1.0.1", "10.1.0.0") for name, text in texts.items()
    }


def test_a_computed_destination_is_not_edited(capsys: pytest.CaptureFixture[str]) -> None:
    put(called('{for n in [1] : "r${n}" => {vco = "vco-a1", cidr = "10.${n}.0.1/16"}}'))
    assert "the value comes from an expression or a variable" in fixed(capsys)


def test_an_anchor_in_a_file_of_data_is_not_edited(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a: {vco: vco-a1, cidr: &c 10.1.0.1/16}\nb: {vco: vco-b1, cidr: *c}\n"
    put(called(FROM_DATA, **{"d.yaml": text}))
    assert "the value comes from a YAML anchor" in fixed(capsys)
    assert Path("d.yaml").read_text() == text


def test_a_safe_fix_at_the_literal(capsys: pytest.CaptureFixture[str]) -> None:
    put(called(FROM_DATA, **{"d.yaml": "a: {vco: vco-a1, cidr: ' 10.1.0.0/16'}\n"}))
    cli.main(["check", "--fix", "--diff"])
    out = capsys.readouterr().out
    assert "-a: {vco: vco-a1, cidr: ' 10.1.0.0/16'}\n+a: {vco: vco-a1, cidr: '10.1.0.0/16'}\n" in out


def test_json_says_the_edit_in_the_file_of_data() -> None:
    report = checked(called(FROM_DATA, **{"d.yaml": DATA}))
    fixes = [json.loads(render("json", report))["findings"][n]["fix"]["edits"] for n in (0, 1)]
    assert [[(edit["location"]["file"], edit["location"]["line"]) for edit in edits] for edits in fixes] == [
        [("d.yaml", 1)],
        [("d.yaml", 2)],
    ]
