"""Suppressions: what each form hides, how far it reaches, and what is said of those that hide nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint.report.finding import Report

ID = "vco-p0w2jpkhi2eeop6q6abcd"
SHARED = f"RegionId: cn-hangzhou, VpnConnectionId: {ID}, NextHop: {ID}"
HEAD = f"RegionId: cn-hangzhou\nVpnConnectionId: {ID}\nNextHop: {ID}\nRoutes:\n"
WRONG = "10.1.0.1/16"  # VCO104


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def item(dest: str = WRONG, more: str = "") -> str:
    return f"  - {{RouteDest: {dest}, Weight: 100}}{more}\n"


def checked(text: str, name: str = "a.yaml", config: Any = None) -> Report:
    put(name, text)
    return vcolint.check_paths(["."], config=config or {})


def found(report: Report) -> list[tuple[str, int, int]]:
    """What is shown: code, line, column; and how many findings are hidden."""
    return [(one.code, one.location.line, one.location.column) for one in report.findings]


def messages(report: Report, code: str) -> list[str]:
    return [one.message for one in report.findings if one.code == code]


# -- the reach of a comment ---------------------------------------------------------------------------------

ON = "# vcolint: ignore[VCO104] lab"
BLOCK = [
    "  - # an entry",
    "    RegionId: cn-hangzhou",
    f"    VpnConnectionId: {ID}",
    f"    RouteDest: {WRONG}",
    "    Weight: 100",
    "    Description: >",
    "      two",
    "      lines",
]
AROUND = [f"NextHop: {ID}", "Routes:", *BLOCK, f"  - {{{SHARED}, RouteDest: 10.2.0.0/16, Weight: 100}}"]


@pytest.mark.parametrize("line", [2, 3, 4, 5, 6, 7])
def test_on_any_line_of_the_entry(line: int) -> None:
    lines = list(AROUND)
    lines[line] = lines[line].replace(" # an entry", "") + f" {ON}"
    report = checked("\n".join(lines))
    assert (found(report), report.suppressed) == ([], 1)


@pytest.mark.parametrize("other", ["", "# yamllint disable-line ", "- # lint "])
def test_on_the_line_above(other: str) -> None:
    text = item() if other[:1] != "-" else item().replace("-", " ", 1)
    report = checked(HEAD + f"  {other}{ON}\n" + text)
    assert (found(report), report.suppressed) == ([], 1)


def test_several_above() -> None:
    comments = "".join(
        f"  # vcolint: ignore[{code}] lab\n" for code in ("VCO709", "VCO107", "VCO104", "VCO707")
    )
    report = checked(HEAD + comments + item())
    assert (found(report), report.suppressed) == (
        [("VCO006", line, 5) for line in (6, 8)],  # VCO709 does not run
        1,
    )


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        (HEAD + f"  {ON}\n\n" + item(), (5, 5)),  # an empty line between
        (HEAD + f"  {ON}\n  # the office\n" + item(), (5, 5)),  # another comment between
        (HEAD + item("10.2.0.0/16", f" {ON}") + item(), (5, 45)),  # behind the entry before
        (HEAD + item() + f"  {ON}\n", (6, 5)),  # below
        (f"{ON}\n{HEAD}{item()}", (1, 3)),  # of what stands above the routes
        (HEAD.replace("Routes:", f"Routes: {ON}") + item(), None),  # that is the line above
    ],
)
def test_what_it_does_not_reach(text: str, unused: tuple[int, int] | None) -> None:
    report = checked(text)
    at = text[: text.index(WRONG)].count("\n") + 1
    if unused is None:  # but nothing stands alone there
        unused = (4, 11)
    assert sorted(found(report)) == [("VCO006", *unused), ("VCO104", at, 17)]


@pytest.mark.parametrize(
    "description",
    [
        f"|\n      {ON}\n",
        f">-\n      {ON}\n",
        f"'{ON}'\n",
        f'"a {ON}"\n',
        f"a{ON[:9]}-{ON[10:]}\n",
        f"'a\n      {ON}'\n",
    ],
)
def test_text_is_no_comment(description: str) -> None:
    entry = f"  - RouteDest: {WRONG}\n    Weight: 100\n    Description: {description}"
    report = checked(HEAD + entry)
    assert found(report) == [("VCO104", 5, 16)]


def test_on_a_hoisted_field() -> None:
    """The comment at a hoisted field covers that field's finding, and no entry."""
    text = (
        HEAD.replace("cn-hangzhou", "China # vcolint: ignore[VCO706,VCO104] planned")
        + item()
        + item("10.2.0.0/16")
    )
    report = checked(text)
    assert (found(report), report.suppressed) == ([("VCO006", 1, 19), ("VCO104", 5, 17)], 1)
    assert messages(report, "VCO006") == ["this ignore hides no finding of VCO104 host-bits-set"]


def test_the_entry_of_a_hoisted_field_that_others_share() -> None:
    """One entry does not hide what is wrong for all of them."""
    text = HEAD.replace("cn-hangzhou", "China") + item("10.1.0.0/16", " # vcolint: ignore[VCO706]")
    report = checked(text + item("10.2.0.0/16"))
    assert found(report) == [("VCO706", 1, 11), ("VCO006", 5, 45)]
    assert (found(checked(text)), checked(text).suppressed) == ([], 1)  # it is the only one


def test_the_block_of_several_instances() -> None:
    """Instances of one block share what is wrong with it: the block's comment hides it."""
    text = f"""\
// vcolint: ignore[VCO703] lab
resource "alicloud_vpn_gateway_vco_route" "a" {{
  count             = 2
  vpn_connection_id = "{ID}"
  next_hop          = "{ID}"
  route_dest        = "10.${{count.index}}.0.1/16"
  weight            = 100
  overlay_mode      = "vxlan"
  # vcolint: ignore[VCO104]
}}
"""
    report = checked(text, "main.tf")
    assert (found(report), report.suppressed) == ([], 3)


HCL = [
    'resource "alicloud_vpn_gateway_vco_route" "a" {',
    f'  vpn_connection_id = "{ID}"',
    f'  next_hop = "{ID}"',
    f'  route_dest = "{WRONG}"',
    "  weight = 100",
    "  timeouts {",
    '    create = "5m"',
    "  }",
    "}",
]


@pytest.mark.parametrize(
    "comment",
    [ON, ON.replace("#", "//"), f"/* {ON[2:]} */", f"/*{ON[2:]}*/", f"# tflint-ignore: x {ON}"],
)
@pytest.mark.parametrize("line", range(-1, 9))
def test_in_terraform(comment: str, line: int) -> None:
    lines = list(HCL)
    if line < 0:
        lines.insert(0, comment)
    else:
        lines[line] += f" {comment}"
    report = checked("\n".join(lines) + "\n", "main.tf")
    assert (found(report), report.suppressed) == ([], 1)


def test_text_in_terraform_is_no_comment() -> None:
    lines = [*HCL[:5], "  description = <<-EOT", f"    {ON}", f"    /* {ON[2:]} */", "  EOT", *HCL[5:]]
    assert found(checked("\n".join(lines) + "\n", "main.tf")) == [("VCO104", 4, 16), ("VCO002", 6, 3)]


def test_in_a_module_that_two_roots_call() -> None:
    """Its comment is one, though it is read twice."""
    put(
        "modules/m/main.tf", "\n".join([f"# vcolint: ignore[VCO107] x\n{ON}", *HCL]) + "\n# vcolint: ignore\n"
    )
    put("one/main.tf", 'module "m" {\n  source = "../modules/m"\n}\n')
    put("two/main.tf", 'module "m" {\n  source = "../modules/m"\n}\n')
    report = vcolint.check_paths(["one", "two"], config={}, ignore="VCO201")
    assert found(report) == [("VCO006", 1, 3), ("VCO007", 12, 3)]
    assert report.suppressed == 2


COMMAND = f"aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou --VpnConnectionId {ID} \\\n  --NextHop {ID}"


@pytest.mark.parametrize(
    "text",
    [
        f"{ON}\n{COMMAND} --Weight 100 --RouteDest {WRONG}\n",
        f"{COMMAND} --Weight 100 --RouteDest {WRONG} {ON}\n",
        f"if true; then\n  {ON}\n  {COMMAND} --Weight 100 --RouteDest {WRONG}\nfi\n",
    ],
)
def test_in_a_script(text: str) -> None:
    report = checked(text, "a.sh")
    assert (found(report), report.suppressed) == ([], 1)


def test_text_in_a_script_is_no_comment() -> None:
    text = f"cat <<X\n{ON}\nX\n{COMMAND} --Weight 100 --RouteDest {WRONG} --Description '{ON}'\n"
    assert [code for code, _, _ in found(checked(text, "a.sh"))] == ["VCO104"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "ros.yaml",
            "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n    Type: ALIYUN::VPC::VcoRouteEntry\n"
            "    Properties:\n"
            f"      {{VpnConnectionId: {ID}, NextHop: {ID}, Weight: 100, RouteDest: {WRONG}}} {ON}\n",
        ),
        (
            "Pulumi.yaml",
            "name: x\nruntime: yaml\nresources:\n  a:\n    type: alicloud:vpn:GatewayVcoRoute\n"
            f"    properties:\n      vpnConnectionId: {ID}\n      nextHop: {ID}\n      weight: 100\n"
            f"      routeDest: {WRONG} {ON}\n",
        ),
    ],
)
def test_in_templates_and_programs(name: str, text: str) -> None:
    report = checked(text, name)
    assert (found(report), report.suppressed) == ([], 1)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_and_other_letters(end: str) -> None:
    text = HEAD + "  # Ünïcödé \U0001f600\n" + item() + f"  # é\n  {ON} é\n" + item("10.2.0.1/16")
    report = checked(text.replace("\n", end))
    assert (found(report), report.suppressed) == ([("VCO104", 6, 17)], 1)


@pytest.mark.parametrize("place", ["top", "end", "line"])
@pytest.mark.parametrize("word", ["ignore-file", "IGNORE-FILE"])
def test_a_whole_file(place: str, word: str) -> None:
    comment = f"# VCOLINT: {word}[VCO104, VCO706] lab"
    text = HEAD.replace("cn-hangzhou", "China") + item() + item("10.2.0.1/16")
    text = {
        "top": f"{comment}\n{text}",
        "end": f"{text}{comment}\n",
        "line": text.replace("Routes:", f"Routes: {comment}"),
    }[place]
    put("other.yaml", HEAD + item("10.9.0.1/16"))
    report = checked(text)
    assert ([(one.code, one.location.file) for one in report.findings], report.suppressed) == (
        [("VCO104", "other.yaml")],
        3,
    )


# -- the grammar --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "comment",
    [
        "#vcolint:ignore[VCO104]",
        "# vcolint: ignore[VCO104]",
        "#   vcolint:   ignore   [ VCO104 ]   because",
        "# vcolint: ignore[vco104] lower case",
        "# vcolint: ignore[host-bits-set] by name",
        "# vcolint: ignore[VCO104,VCO104,] twice",
        "# vcolint: ignore[VCO104]: [see] #12",
    ],
)
def test_forms(comment: str) -> None:
    report = checked(HEAD + item(more=f" {comment}"))
    assert (found(report), report.suppressed) == ([], 1)


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        (
            "vcolint: ignore",
            '"vcolint: ignore" has no rule in brackets; write vcolint: ignore[CODE] reason, or',
        ),
        ("vcolint: ignore VCO104", '"vcolint: ignore VCO104" has no rule in brackets; write'),
        ("vcolint: ignore[]", '"vcolint: ignore[]" has no rule in brackets; write'),
        ("vcolint: ignore[,]", '"vcolint: ignore[,]" has no rule in brackets; write'),
        ("vcolint: ignore[VCO104", '"vcolint: ignore[VCO104" has no rule in brackets; write'),
        (
            "vcolint: ignored[VCO104]",
            '"vcolint: ignored[VCO104]" is not a suppression; did you mean "ignore"?',
        ),
        (
            "vcolint: disable=VCO104",
            '"vcolint: disable=VCO104" is not a suppression; write vcolint: ignore[CODE]',
        ),
        (
            "vcolint:",
            '"vcolint:" is not a suppression; write vcolint: ignore[CODE] reason, or vcolint: ignore-file',
        ),
        (
            "vcolint ignore[VCO104]",
            '"vcolint ignore[VCO104]" is not a suppression; write vcolint: ignore[CODE]',
        ),
        (
            "Vcolint-ignore: VCO104",
            '"Vcolint-ignore: VCO104" is not a suppression; write vcolint: ignore[CODE]',
        ),
        ("vcolint: ignore[VCO1]", '"VCO1" names several rules: write the code of each'),
        ("vcolint: ignore[VCO140]", 'unknown rule "VCO140"; did you mean'),
        ("vcolint: ignore[host-bit-set]", 'unknown rule "host-bit-set"; did you mean "host-bits-set"?'),
        ("vcolint: ignore[VCO001]", "VCO001 unreadable-input cannot be suppressed"),
        ("vcolint: ignore-file[VCO008]", "VCO008 rule-failed cannot be suppressed"),
    ],
)
def test_what_is_malformed_or_names_no_rule(comment: str, message: str) -> None:
    report = checked(HEAD + item(more=f" # {comment} x"))
    assert found(report) == [("VCO104", 5, 17), ("VCO007", 5, 45)]
    (said,) = messages(report, "VCO007")
    assert said.replace(f'"{comment} x"', f'"{comment}"').startswith(message)


@pytest.mark.parametrize("comment", ["# vcolint ignore[VCO104] x", "#vcolint-ignore-file[VCO104]"])
def test_a_forgotten_colon_is_said_in_every_format(comment: str) -> None:
    """Else its author believes that it hides something."""
    lines = [*HCL[:3], HCL[3] + f" {comment}", *HCL[4:]]
    assert [code for code, _, _ in found(checked("\n".join(lines), "main.tf"))] == ["VCO104", "VCO007"]
    Path("main.tf").unlink()
    text = f"{COMMAND} --Weight 100 --RouteDest {WRONG} {comment}\n"
    assert [code for code, _, _ in found(checked(text, "a.sh"))] == ["VCO104", "VCO007"]


@pytest.mark.parametrize(
    "comment", ["# vcolint is run in CI", "# see vcolint ignore", "# vcolint.yaml: ignores"]
)
def test_other_comments_that_name_vcolint_are_no_suppressions(comment: str) -> None:
    assert found(checked(HEAD + item("10.1.0.0/16", f" {comment}"))) == []


def test_what_is_right_in_a_comment_counts_although_something_is_not() -> None:
    report = checked(HEAD + item(more=" # vcolint: ignore[VCO999, VCO104, VCO001] x"))
    assert found(report) == [("VCO007", 5, 45), ("VCO007", 5, 45)]
    assert report.suppressed == 1


def test_a_file_that_cannot_be_read_is_never_hidden() -> None:
    put("lab/a.yaml", f"# vcolint: ignore-file[VCO001] x\n{HEAD}  - {{RouteDest\n")
    report = vcolint.check_paths(["."], config={"per-file-ignores": {"**": ["VCO0"]}})
    assert [one.code for one in report.findings] == ["VCO001"]


# -- suppressions that hide nothing -------------------------------------------------------------------------


def test_only_what_ran_is_judged() -> None:
    text = HEAD + item("10.2.0.0/16", " # vcolint: ignore[VCO104, VCO106, VCO709, VCO109] x")
    assert messages(checked(text), "VCO006") == [
        "this ignore hides no finding of VCO104 host-bits-set, VCO106 special-purpose-destination"
    ]
    forbidden = {"facts": {"forbidden-destinations": ["10.9.0.0/16"]}}
    assert messages(
        checked(text, config=forbidden | {"ignore": ["VCO104"], "select": ["VCO"]}), "VCO006"
    ) == ["this ignore hides no finding of VCO106 special-purpose-destination, VCO109 forbidden-destination"]
    assert found(checked(text, config={"ignore": ["VCO006"]})) == []


def test_what_is_unknown_is_not_judged() -> None:
    """What a rule looks at has to be known where the comment speaks."""
    unknown = "  - {RouteDest: '${d}', Weight: 100} # vcolint: ignore[VCO104, VCO705, VCO201]\n"
    report = checked(HEAD + unknown)
    assert messages(report, "VCO006") == ["this ignore hides no finding of VCO705 invalid-description"]
    known = "  - {RouteDest: 10.1.0.0/16, Weight: 100} # vcolint: ignore[VCO104, VCO705, VCO201]\n"
    report = checked(HEAD + known)
    assert messages(report, "VCO006") == [
        "this ignore hides no finding of "
        "VCO104 host-bits-set, VCO705 invalid-description, VCO201 duplicate-entry"
    ]
    # Another entry may or may not be its duplicate. A file is judged as a whole.
    other = "  - {RouteDest: '${d}', Weight: 100}\n"
    assert messages(checked(HEAD + known + other), "VCO006") == [
        "this ignore hides no finding of VCO705 invalid-description"
    ]
    put("b.yaml", HEAD + other)
    assert messages(checked(HEAD + known), "VCO006") == [
        "this ignore hides no finding of VCO104 host-bits-set, VCO705 invalid-description"
    ]
    report = checked(HEAD.replace("cn-hangzhou", "${r} # vcolint: ignore[VCO706]") + item("10.1.0.0/16"))
    assert messages(report, "VCO006") == []


def test_connections_that_terraform_makes_are_known_enough() -> None:
    text = (
        "\n".join(HCL)
        .replace(f'"{ID}"', "alicloud_vpn_gateway_vpn_attachment.x.id")
        .replace("0.1/16", "0.0/16")
    )
    text += '\nresource "alicloud_vpn_gateway_vpn_attachment" "x" {}\n'
    report = checked(f"# vcolint: ignore[VCO201, VCO701] x\n{text}", "main.tf")
    assert messages(report, "VCO006") == ["this ignore hides no finding of VCO201 duplicate-entry"]


def test_instances_that_cannot_be_listed_are_not_judged() -> None:
    lines = [HCL[0], "  for_each = var.x", *HCL[1:3], "  route_dest = each.value", *HCL[4:]]
    report = checked(f'# vcolint: ignore[VCO104] x\n{chr(10).join(lines)}\nvariable "x" {{}}\n', "main.tf")
    assert (found(report), len(report.unchecked)) == ([], 1)


def test_a_notice_can_be_hidden_too() -> None:
    text = HEAD + item("10.2.0.0/16", " # vcolint: ignore[VCO104, VCO006] x")
    report = checked(text)
    assert (found(report), report.suppressed) == ([], 1)
    text = f"# vcolint: ignore-file[VCO006, VCO007]\n{HEAD}" + item(more=" # vcolint: ignore[VCO199]")
    assert found(checked(text)) == [("VCO104", 6, 17)]


def test_a_finding_that_yields_is_not_there() -> None:
    """Precedence looks at what is so: behind VCO103 there is no VCO104 to hide."""
    report = checked(HEAD + item("10.1.0.1/255.255.0.0", " # vcolint: ignore[VCO103, VCO104] x"))
    assert messages(report, "VCO006") == ["this ignore hides no finding of VCO104 host-bits-set"]


# -- the config ---------------------------------------------------------------------------------------------


def configured(text: str, folder: str = ".") -> Path:
    return put(f"{folder}/vcolint.yaml", text)


@pytest.mark.parametrize(
    ("glob", "hidden"),
    [
        ("lab/**", {"lab/a.json", "lab/deep/a.json"}),
        ("lab", {"lab/a.json", "lab/deep/a.json"}),
        ("/a.json", {"a.json"}),
        ("a.json", {"a.json", "lab/a.json", "lab/deep/a.json"}),
        ("*/a.json", {"lab/a.json"}),
        ("**/deep/*.json", {"lab/deep/a.json"}),
    ],
)
def test_by_file(monkeypatch: pytest.MonkeyPatch, glob: str, hidden: set[str]) -> None:
    """Globs are seen from the config's folder, wherever vcolint is started."""
    files = ["a.json", "lab/a.json", "lab/deep/a.json"]
    for number, name in enumerate(files):
        entry = {"RouteDest": f"10.{number}.0.1/16", "Weight": 100}
        shared = {"RegionId": "cn-hangzhou", "VpnConnectionId": ID, "NextHop": ID}
        put(name, json.dumps([shared | entry]))
    config = configured(json.dumps({"per-file-ignores": {glob: ["VCO1"]}})).absolute()
    report = vcolint.check_paths(["."], config=config)
    assert {one.location.file for one in report.findings} == set(files) - hidden
    monkeypatch.chdir("lab")
    report = vcolint.check_paths([".."], config=config)
    assert {one.location.file for one in report.findings} == {f"../{name}" for name in set(files) - hidden}


def test_by_file_unused() -> None:
    put("lab/a.yaml", HEAD + item("10.1.0.0/16"))
    put("a.yaml", HEAD + item("10.2.0.0/16"))
    config = configured("per-file-ignores:\n  lab: [VCO104]\n  elsewhere: [VCO104]\n")
    report = vcolint.check_paths(["."], config=config)
    (one,) = report.findings
    assert (one.code, one.location[:3]) == ("VCO006", ("vcolint.yaml", 2, 3))
    assert one.message == 'per-file-ignores for "lab" hides no finding of VCO104 host-bits-set'
    assert vcolint.check_paths(["a.yaml"], config=config).findings == []  # it says nothing of what was read


@pytest.mark.parametrize(
    ("name", "hides"),
    [
        (f"{ID} {WRONG}", True),
        (f"  {ID}  \t {WRONG} ", True),
        (f"{ID} 10.1.0.0/16", True),  # the network
        (f"{ID} 10.1.0.2/16", False),
        (f"vco-b {WRONG}", False),
        (WRONG, False),
    ],
)
def test_by_connection_and_destination(name: str, hides: bool) -> None:
    entry = {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": ID,
        "NextHop": ID,
        "RouteDest": WRONG,
        "Weight": 100,
    }
    config = {"ignore-entries": {name: ["host-bits-set"]}}
    report = checked(json.dumps(entry), "a.json", config)
    assert ([one.code for one in report.findings], report.suppressed) == (
        ([], 1) if hides else (["VCO104"], 0)
    )


TERRAFORM = """\
resource "alicloud_vpn_gateway_vco_route" "hq" {
  for_each          = toset(["a", "b"])
  vpn_connection_id = alicloud_vpn_gateway_vpn_attachment.x.id
  next_hop          = alicloud_vpn_gateway_vpn_attachment.x.id
  route_dest        = each.key == "a" ? "10.1.0.1/16" : "10.2.0.1/16"
  weight            = 100
  overlay_mode      = "vxlan"
}
resource "alicloud_vpn_gateway_vpn_attachment" "x" {}
"""


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (['alicloud_vpn_gateway_vco_route.hq["a"]'], ["VCO104", "VCO703"]),
        (["alicloud_vpn_gateway_vco_route.hq"], []),
        (['alicloud_vpn_gateway_vco_route.hq["a"]', 'alicloud_vpn_gateway_vco_route.hq["b"]'], []),
        (["alicloud_vpn_gateway_vpn_attachment.x 10.1.0.1/16"], ["VCO104", "VCO703"]),
        (["alicloud_vpn_gateway_vco_route.other"], ["VCO104", "VCO104", "VCO703"]),
    ],
)
def test_by_address(names: list[str], left: list[str]) -> None:
    """What several instances share is hidden if all of them are named."""
    config = {"ignore-entries": {name: ["VCO104", "VCO703"] for name in names}}
    report = checked(TERRAFORM, "main.tf", config)
    shown = [one.code for one in report.findings if one.code not in ("VCO006", "VCO603")]
    assert shown == left


def test_a_prefix_is_used_if_any_of_its_rules_is() -> None:
    config = configured("per-file-ignores:\n  lab: [VCO1, VCO2, host-bits-set]\n")
    put("lab/a.yaml", HEAD + item())
    report = vcolint.check_paths(["."], config=config)
    assert messages(report, "VCO006") == ['per-file-ignores for "lab" hides no finding of VCO2']


def test_by_entry_unused() -> None:
    put("a.yaml", HEAD + item("10.1.0.0/16"))
    config = configured(f"ignore-entries:\n  {ID} 10.1.0.0/16: [VCO104]\n  {ID} 10.2.0.0/16: [VCO104]\n")
    report = vcolint.check_paths(["."], config=config)
    (one,) = report.findings
    assert (one.code, one.location[:3]) == ("VCO006", ("vcolint.yaml", 2, 3))
    assert one.message == f'ignore-entries for "{ID} 10.1.0.0/16" hides no finding of VCO104 host-bits-set'


# -- all of it ----------------------------------------------------------------------------------------------

VALUES = st.fixed_dictionaries(
    {
        "RegionId": st.sampled_from(["cn-hangzhou", "China", "cn-beijing"]),
        "VpnConnectionId": st.sampled_from(["vco-a", "vco-b", "VCO"]),
        "NextHop": st.sampled_from(["vco-a", "vco-b", "todo"]),
        "RouteDest": st.sampled_from(
            [WRONG, "10.1.0.0/16", "10.1.1.0/24", "169.254.1.0/24", "0.0.0.0/0", "::/0", "10.0.0.0/7", "x"]
        ),
        "Weight": st.sampled_from([0, 100, 50, "100", "x"]),
        "Description": st.sampled_from(["ok", "", "http://x"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=8), st.sampled_from(["behind", "above", "file"]))
def test_suppress_all(entries: list[dict[str, Any]], way: str) -> None:
    """Every code at its entry: then there is no finding, and no notice of one that hides nothing."""
    lines = [f"- {json.dumps(entry)}" for entry in entries]
    before = checked("\n".join(lines))
    at: dict[int, list[str]] = {}
    for one in before.findings:
        at.setdefault(one.location.line, []).append(one.code)
    every = sorted({code for codes in at.values() for code in codes})
    if way == "file" and every:
        lines.append(f"# vcolint: ignore-file[{', '.join(every)}]")
    elif way == "above":
        lines = [
            "\n".join([*(f"# vcolint: ignore[{code}] all" for code in at.get(number, [])), line])
            for number, line in enumerate(lines, 1)
        ]
    elif way == "behind":
        lines = [
            f"{line} # vcolint: ignore[{','.join(at[number])}]" if number in at else line
            for number, line in enumerate(lines, 1)
        ]
    after = checked("\n".join(lines))
    assert (found(after), after.suppressed) == ([], len(before.findings))


@settings(max_examples=200, deadline=None)
@given(st.text("vcolint:ignore-file[]VCO104,# \t\x00é", max_size=60))
def test_any_comment(text: str) -> None:
    """Never a crash: a finding is hidden, or not, and what is malformed is said."""
    report = checked(HEAD + item(more=f" # vcolint: {text}"))
    assert not report.failed
    assert {one.code for one in report.findings} <= {"VCO001", "VCO006", "VCO007", "VCO104"}
