"""What the language server answers: actions, hover, navigation, outline, completion."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pytest_lsp")

from editor import Editor, running_editor
from lsprotocol import types as lsp

from vcolint.locale import tr, using

editor = running_editor
pytestmark = pytest.mark.asyncio

YAML = """\
RegionId: cn-hangzhou
Routes:
  # the office
  - {VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.0.0.0/8, Weight: 100}
  - VpnConnectionId: vco-b
    NextHop: vco-b
    RouteDest: 10.0.0.0/8
    Weight: 0
  - {VpnConnectionId: vco-b, NextHop: vco-b, RouteDest: 10.1.0.0/16, Weight: 100}
"""


async def opened(editor: Editor, file: Path, text: str, *codes: str) -> str:
    await editor.start(file.parent)
    uri = editor.open(file, text)
    await editor.shows(uri, *codes)
    return uri


# -- actions ----------------------------------------------------------------------------------------------


async def test_a_safe_fix(editor: Editor, tmp_path: Path) -> None:
    text = YAML.replace("RouteDest: 10.1.0.0/16, Weight: 100", 'RouteDest: 10.1.0.0/16, Weight: "100"')
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO303", "VCO402")
    found = await editor.actions(uri, editor.at(uri, '"100"'))
    assert list(found) == [
        "VCO402: write the number 100",
        "VCO402: suppress with a reason",
        "Apply all safe fixes of vcolint",
    ]
    fix = found["VCO402: write the number 100"]
    assert fix.is_preferred
    assert [one.code for one in fix.diagnostics] == ["VCO402"]
    editor.apply(fix)
    assert editor.texts[uri] == YAML
    await editor.shows(uri, "VCO303")


async def test_an_unsafe_fix_says_so(editor: Editor, tmp_path: Path) -> None:
    text = YAML.replace("10.1.0.0/16", "10.1.0.1/16")
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO104", "VCO303")
    found = await editor.actions(uri, editor.at(uri, "10.1.0.1/16"))
    (title,) = [one for one in found if "unsafe" in one]
    assert not found[title].is_preferred
    editor.apply(found[title])
    assert editor.texts[uri] == YAML


async def test_all_safe_fixes_of_a_file(editor: Editor, tmp_path: Path) -> None:
    text = YAML.replace("Weight: 100", 'Weight: "100"').replace("Weight: 0", "Weight: '0'")
    text = text.replace("10.1.0.0/16", "10.1.0.1/16")  # its fix is not safe
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO402", "VCO402", "VCO104", "VCO303", "VCO402")
    start = lsp.Position(0, 0)
    found = await editor.actions(uri, start, "source.fixAll")
    (action,) = found.values()
    assert action.kind == "source.fixAll.vcolint"
    editor.apply(action)
    assert editor.texts[uri] == YAML.replace("10.1.0.0/16", "10.1.0.1/16")
    await editor.shows(uri, "VCO104", "VCO303")
    assert not await editor.actions(uri, start, "source.fixAll")
    assert not await editor.actions(uri, start, "refactor")


@pytest.mark.parametrize(
    ("name", "text", "comment"),
    [
        ("a.yaml", YAML.replace("Weight: 0", "Weight: 1"), "  # vcolint: ignore[VCO401] TODO: say why"),
        (
            "a.sh",
            "if true; then\n  aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou \\\n"
            "    --VpnConnectionId vco-a --NextHop vco-a --RouteDest 10.0.0.0/8 --Weight 1\nfi\n",
            "  # vcolint: ignore[VCO401] TODO: say why",
        ),
        (
            "main.tf",
            'variable "id" {}\n\nresource "alicloud_vpn_gateway_vco_route" "a" {\n'
            "  vpn_connection_id = var.id\n  next_hop          = var.id\n"
            '  route_dest        = "10.0.0.0/8"\n  weight            = 1\n}\n',
            "# vcolint: ignore[VCO401] TODO: say why",
        ),
    ],
)
async def test_a_finding_is_suppressed_with_a_reason(
    editor: Editor, tmp_path: Path, name: str, text: str, comment: str
) -> None:
    text = text.replace("\n", "\r\n") if name == "a.yaml" else text
    (tmp_path / name).write_text(text.replace("= 1\n", "= 0\n"), newline="")
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / name, text)
    await editor.until(lambda: "VCO401" in editor.codes(uri))
    at = next(one.range.start for one in editor.client.diagnostics[uri] if one.code == "VCO401")
    found = await editor.actions(uri, at, "quickfix")
    editor.apply(found["VCO401: suppress with a reason"])
    assert comment in editor.texts[uri].splitlines()
    assert editor.texts[uri].count("\r\n") == editor.texts[uri].count("\n") * (name == "a.yaml")
    await editor.until(lambda: "VCO401" not in editor.codes(uri))
    assert not {"VCO001", "VCO006", "VCO007"} & set(editor.codes(uri))


async def test_no_comment_where_there_can_be_none(editor: Editor, tmp_path: Path) -> None:
    line = (
        '{"RegionId": "cn-hangzhou", "VpnConnectionId": "vco-a", "NextHop": "vco-a",'
        ' "RouteDest": "10.0.0.0/8", "Weight": 1}\n'
    )
    uri = await opened(editor, tmp_path / "a.jsonl", line, "VCO401")
    assert not await editor.actions(uri, lsp.Position(0, line.index("1}")))
    broken = await opened_beside(editor, tmp_path / "b.yaml", "RouteDest: [", "VCO001")
    assert not await editor.actions(broken, lsp.Position(0, 12))


async def opened_beside(editor: Editor, file: Path, text: str, *codes: str) -> str:
    uri = editor.open(file, text)
    await editor.shows(uri, *codes)
    return uri


async def test_actions_speak_of_the_text_as_it_is_now(editor: Editor, tmp_path: Path) -> None:
    """A request right behind a keystroke is answered for the new text, whose version it names."""
    uri = await opened(editor, tmp_path / "a.yaml", YAML, "VCO303")
    editor.type(uri, "Routes:\n", "Routes:\n\n\n")
    editor.type(uri, "Weight: 0", "Weight: '0'")
    found = await editor.actions(uri, editor.at(uri, "'0'"))
    editor.apply(found["VCO402: write the number 0"])
    assert editor.texts[uri] == YAML.replace("Routes:\n", "Routes:\n\n\n")


# -- hover ------------------------------------------------------------------------------------------------


async def test_hover_on_a_destination(editor: Editor, tmp_path: Path) -> None:
    uri = await opened(editor, tmp_path / "a.yaml", YAML, "VCO303")
    assert await editor.hover(uri, "10.0.0.0/8, Weight") == "\n\n".join(
        [
            "**10.0.0.0/8**: 16,777,216 addresses, in `./`",
            "Carried by `vco-a`.",
            "If `vco-a` fails: `vco-b`.",
        ]
    )
    assert await editor.hover(uri, "10.1.0.0/16") == "\n\n".join(
        [
            "**10.1.0.0/16**: 65,536 addresses, in `./`",
            "Carried by `vco-b`.",
            "If `vco-b` fails: `vco-a`.",
            "Inside 10.0.0.0/8.",
        ]
    )


async def test_hover_names_the_connection_that_keeps_its_routes(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "vcolint.yaml").write_text("facts: {keeps-routes: [vco-a]}\n")
    text = """\
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.0.0.0/8, Weight: 100}
- {RegionId: cn-hangzhou, VpnConnectionId: vco-b, NextHop: vco-b, RouteDest: 10.0.0.0/8, Weight: 0}
"""
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO507")
    assert (await editor.hover(uri, "10.0.0.0/8, Weight: 100") or "").endswith(
        "If `vco-a` fails: nobody. `vco-a` keeps its routes, so its traffic is lost."
    )


async def test_hover_on_a_destination_that_is_lost(editor: Editor, tmp_path: Path) -> None:
    text = """\
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.0.0.0/8, Weight: 100}
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.0.0.1/32, Weight: 50}
"""
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO401")
    assert (await editor.hover(uri, "10.0.0.0/8") or "").endswith("If `vco-a` fails: nobody.")
    assert await editor.hover(uri, "10.0.0.1/32") == (
        "**10.0.0.1/32**: 1 address, in `./`\n\nThis route takes no part in the forwarding table."
    )


async def test_hover_on_a_connection(editor: Editor, tmp_path: Path) -> None:
    uri = await opened(editor, tmp_path / "a.yaml", YAML, "VCO303")
    assert await editor.hover(uri, "vco-b\n    NextHop") == "\n\n".join(
        [
            "**vco-b**, routes: 2",
            "Routing domain: `./`",
            "Region: cn-hangzhou",
            "- 10.0.0.0/8, weight 0 (a.yaml:7)\n- 10.1.0.0/16, weight 100 (a.yaml:9)",
        ]
    )


async def test_hover_never_shows_what_is_sensitive(editor: Editor, tmp_path: Path) -> None:
    text = """\
variable "office" {
  default   = "10.9.0.0/16"
  sensitive = true
}
resource "alicloud_vpn_gateway_vco_route" "a" {
  vpn_connection_id = "vco-a"
  next_hop          = "vco-a"
  route_dest        = var.office
  weight            = 100
}
"""
    (tmp_path / "main.tf").write_text(text)
    uri = await opened(editor, tmp_path / "main.tf", text)
    assert await editor.hover(uri, "var.office") is None
    said = await editor.hover(uri, '"vco-a"\n  next') or ""
    assert "(sensitive), weight 100" in said
    assert "10.9" not in said
    symbols = await editor.client.text_document_document_symbol_async(
        lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(uri))
    )
    assert [one.name for one in symbols[0].children] == ["(sensitive), weight 100"]


async def test_hover_on_a_rule(editor: Editor, tmp_path: Path) -> None:
    text = YAML.replace("# the office", "# vcolint: ignore[VCO303, broad-destination] VCO102")
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO006", "VCO303")
    assert (await editor.hover(uri, "VCO303") or "").startswith("**VCO303 overlapping-destinations** (")
    assert (await editor.hover(uri, "broad-destination") or "").startswith("**VCO107 broad-destination** (")
    assert await editor.hover(uri, "VCO102") is None  # that is the reason
    config = editor.open(tmp_path / "vcolint.yaml", "ignore: [VCO107]\n")
    assert (await editor.hover(config, "VCO107") or "").startswith("**VCO107 broad-destination** (")


async def test_hover_on_nothing(editor: Editor, tmp_path: Path) -> None:
    uri = await opened(editor, tmp_path / "a.yaml", YAML, "VCO303")
    assert await editor.hover(uri, "the office") is None
    assert await editor.ask("hover", uri, lsp.Position(99, 99)) is None
    assert await editor.ask("hover", "untitled:Untitled-1", lsp.Position(0, 0)) is None


# -- going there ------------------------------------------------------------------------------------------

TERRAFORM = """\
resource "alicloud_vpn_gateway_vpn_attachment" "hq" {
  customer_gateway_id = "cgw-a"
  local_subnet        = "0.0.0.0/0"
  remote_subnet       = "0.0.0.0/0"
}
"""
ROUTES = """\
resource "alicloud_vpn_gateway_vco_route" "office" {
  for_each          = toset(["10.0.0.0/8", "10.1.0.0/16"])
  vpn_connection_id = alicloud_vpn_gateway_vpn_attachment.hq.id
  next_hop          = local.hop
  route_dest        = each.value
  weight            = 100
}
locals {
  hop = alicloud_vpn_gateway_vpn_attachment.hq.id
}
"""


async def test_from_a_next_hop_to_where_terraform_makes_it_and_back(editor: Editor, tmp_path: Path) -> None:
    made = tmp_path / "connections.tf"
    made.write_text(TERRAFORM)
    (tmp_path / "routes.tf").write_text(ROUTES)
    await editor.start(tmp_path)
    uri, there = editor.open(tmp_path / "routes.tf"), editor.open(made)
    await editor.until(lambda: uri in editor.client.diagnostics)
    for value in ("local.hop", "alicloud_vpn_gateway_vpn_attachment.hq.id\n  next_hop"):
        (found,) = await editor.ask("definition", uri, editor.at(uri, value))
        assert found.uri == there
        assert found.range.start == lsp.Position(0, 0)
    params = lsp.ReferenceParams(
        lsp.ReferenceContext(include_declaration=False),
        lsp.TextDocumentIdentifier(there),
        editor.at(there, '"hq"'),
    )
    (using,) = await editor.client.text_document_references_async(params)
    assert editor.text_at(uri, using.range) == "alicloud_vpn_gateway_vpn_attachment.hq.id"
    params.context.include_declaration = True
    declared, using = await editor.client.text_document_references_async(params)
    assert (declared.uri, using.uri) == (there, uri)


async def test_from_a_route_to_those_that_contain_it(editor: Editor, tmp_path: Path) -> None:
    outer = tmp_path / "outer.yaml"
    outer.write_text(YAML)
    text = """\
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.2.0/24, Weight: 100}
"""
    uri = await opened(editor, tmp_path / "inner.yaml", text, "VCO303")
    at = editor.at(uri, "10.1.2.0/24")
    (nearest,) = await editor.ask("definition", uri, at)
    assert (nearest.uri, nearest.range.start.line) == (outer.as_uri(), 8)
    params = lsp.ReferenceParams(lsp.ReferenceContext(True), lsp.TextDocumentIdentifier(uri), at)
    found = await editor.client.text_document_references_async(params)
    assert [(Path(one.uri).name, one.range.start.line) for one in found] == [
        ("inner.yaml", 0),
        ("outer.yaml", 8),
        ("outer.yaml", 3),
        ("outer.yaml", 6),
    ]
    assert not await editor.ask("definition", uri, editor.at(uri, "cn-hangzhou"))


async def test_the_outline_of_a_file(editor: Editor, tmp_path: Path) -> None:
    uri = await opened(editor, tmp_path / "a.yaml", YAML, "VCO303")
    params = lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(uri))
    (found,) = await editor.client.text_document_document_symbol_async(params)
    assert found.name.startswith("./")
    assert [(one.name, one.detail) for one in found.children] == [
        ("10.0.0.0/8, weight 100", "vco-a"),
        ("10.0.0.0/8, weight 0", "vco-b"),
        ("10.1.0.0/16, weight 100", "vco-b"),
    ]
    for one in found.children:
        assert found.range.start.line <= one.range.start.line <= one.selection_range.start.line
        assert one.selection_range.end.line <= one.range.end.line <= found.range.end.line
    assert [one.range.start.line for one in found.children] == [3, 4, 8]


async def test_the_outline_has_the_domains_of_a_check(editor: Editor, tmp_path: Path) -> None:
    """An entry whose region is wrong goes with the only right region of its folder."""
    text = (
        YAML
        + "  - {RegionId: cn, VpnConnectionId: vco-c, NextHop: vco-c, RouteDest: 10.2.0.0/16, Weight: 100}\n"
    )
    uri = await opened(editor, tmp_path / "a.yaml", text, "VCO303", "VCO706", "VCO303")
    params = lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(uri))
    found = await editor.client.text_document_document_symbol_async(params)
    assert [(one.name, len(one.children)) for one in found] == [("./ (cn-hangzhou)", 4)]


# -- completion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "offered"),
    [
        ("a.yaml", "# vcolint: ignore[", True),
        ("a.yaml", "# vcolint: ignore-file[VCO107, VC", True),
        ("a.yaml", "# vcolint: ignore[VCO107] ", False),
        ("a.yaml", "# ignore[", False),
        ("vcolint.yaml", "severity:\n  bro", True),
        ("vcolint.yaml", "ignore: [", True),
        ("vcolint.yaml", "facts:\n  connections: [", False),
    ],
)
async def test_rule_codes_are_completed(
    editor: Editor, tmp_path: Path, name: str, before: str, offered: bool
) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / name, before + "\n")
    found = await editor.ask("completion", uri, editor.position(before))
    codes = [one.label for one in found or ()]
    assert ("VCO107" in codes) == offered
    assert len(codes) == len(set(codes))
    if offered:
        (one,) = [one for one in found if one.label == "VCO107"]
        assert (one.detail, one.filter_text) == ("broad-destination", "VCO107 broad-destination")


# -- the language -----------------------------------------------------------------------------------------


async def test_the_server_speaks_the_language_of_the_config(editor: Editor, tmp_path: Path) -> None:
    config = tmp_path / "vcolint.yaml"
    config.write_text("language: zh\n")
    uri = await opened(
        editor, tmp_path / "a.yaml", YAML.replace("Weight: 0", "Weight: '0'"), "VCO402", "VCO303"
    )
    weight, overlap = editor.client.diagnostics[uri]
    with using("zh"):
        assert weight.message == tr('Weight is the text "{value}": write the number {value}', value="0")
    assert not overlap.message.isascii()
    assert "由 `vco-b` 承载。" in (await editor.hover(uri, "10.1.0.0/16") or "")
    found = await editor.actions(uri, editor.at(uri, "'0'"), "quickfix")
    assert "VCO402：忽略并写明原因" in found
