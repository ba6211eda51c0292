"""Diagnostics of the language server, asked of the real process with pytest-lsp's client."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("pytest_lsp")

from editor import Editor, running_editor
from lsprotocol import types as lsp

editor = running_editor
pytestmark = pytest.mark.asyncio

ROUTES = """\
RegionId: cn-hangzhou
VpnConnectionId: vco-a
NextHop: vco-a
Routes:
  - {RouteDest: 10.1.0.0/16, Weight: 100}
"""


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


async def test_an_unsaved_text_stands_for_its_file(editor: Editor, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", ROUTES)
    await editor.start(tmp_path)
    uri = editor.open(file)
    await editor.shows(uri)
    editor.type(uri, "Weight: 100", "Weight: 50")
    (one,) = await editor.shows(uri, "VCO401")
    assert editor.text_at(uri, one.range) == "50"
    assert (one.severity, one.source) == (lsp.DiagnosticSeverity.Error, "vcolint invalid-weight")
    assert unquote(one.code_description.href).endswith("rules/VCO401-invalid-weight.md")
    assert Path(unquote(one.code_description.href.removeprefix("file://"))).is_file()
    editor.type(uri, "Weight: 50", "Weight: 100")
    await editor.shows(uri)


async def test_a_closed_document_counts_as_it_is_on_the_disk(editor: Editor, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", ROUTES)
    await editor.start(tmp_path)
    uri = editor.open(file, ROUTES.replace("100", "50"))
    await editor.shows(uri, "VCO401")
    editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    await editor.shows(uri)


async def test_a_change_in_one_file_updates_the_findings_in_the_others(
    editor: Editor, tmp_path: Path
) -> None:
    first = write(tmp_path / "a.yaml", ROUTES)
    second = write(tmp_path / "b.yaml", ROUTES.replace("10.1.0.0", "10.2.0.0"))
    await editor.start(tmp_path)
    uri = editor.open(first)
    await editor.shows(uri)
    editor.type(uri, "10.1.0.0/16", "10.2.0.0/16")
    (one,) = await editor.shows(second.as_uri(), "VCO201")
    assert one.tags == (lsp.DiagnosticTag.Unnecessary,)
    (related,) = one.related_information
    assert related.location.uri == uri
    assert editor.text_at(uri, related.location.range) == "10.2.0.0/16"
    editor.type(uri, "10.2.0.0/16", "10.3.0.0/16")
    await editor.shows(second.as_uri())


async def test_a_text_that_was_never_saved_is_checked_with_the_others(editor: Editor, tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", ROUTES)
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "new" / "b.yaml", ROUTES)
    (one,) = await editor.shows(uri, "VCO201")
    assert one.related_information[0].location.uri == (tmp_path / "a.yaml").as_uri()


async def test_severities_and_tags(editor: Editor, tmp_path: Path) -> None:
    write(
        tmp_path / "vcolint.yaml",
        "domains: {d: {connections: [vco-a, vco-b]}}\nseverity: {weight-without-effect: note}\n",
    )
    text = """\
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.0.0.0/16, Weight: 100}
- {RegionId: cn-hangzhou, VpnConnectionId: vco-b, NextHop: vco-b, RouteDest: 10.0.0.0/16, Weight: 0}
# vcolint: ignore[VCO107] nothing to hide
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 100}
"""
    await editor.start(tmp_path)
    uri = editor.open(write(tmp_path / "a.yaml", text))
    weight, unused = await editor.shows(uri, "VCO403", "VCO006")
    assert (weight.severity, weight.tags) == (
        lsp.DiagnosticSeverity.Information,
        (lsp.DiagnosticTag.Deprecated,),
    )
    assert (unused.severity, unused.tags) == (
        lsp.DiagnosticSeverity.Warning,
        (lsp.DiagnosticTag.Unnecessary,),
    )


TERRAFORM = """\
resource "alicloud_vpn_gateway_vpn_attachment" "hq" {
  customer_gateway_id = "cgw-a"
  local_subnet        = "0.0.0.0/0"
  remote_subnet       = "0.0.0.0/0"
}
"""
ROUTE = """\
resource "alicloud_vpn_gateway_vco_route" "office" {
  vpn_connection_id = alicloud_vpn_gateway_vpn_attachment.hq.id
  next_hop          = alicloud_vpn_gateway_vpn_attachment.hq.id
  route_dest        = var.office
  weight            = 100
}
variable "office" {}
"""


async def test_terraform_is_read_from_the_open_texts(editor: Editor, tmp_path: Path) -> None:
    write(tmp_path / "main.tf", TERRAFORM)
    variables = write(tmp_path / "terraform.tfvars", 'office = "10.0.0.0/16"\n')
    await editor.start(tmp_path)
    main = editor.open(tmp_path / "main.tf", TERRAFORM + ROUTE)  # on the disk there is no route yet
    (unbound,) = await editor.shows(main, "VCO603")
    assert unbound.related_information is not None
    uri = editor.open(variables, 'office = "10.0.0.1/16"\n')
    await editor.until(lambda: "VCO104" in editor.codes(main) + editor.codes(uri))
    editor.type(uri, "10.0.0.1", "10.0.0.0")
    await editor.shows(main, "VCO603")


async def test_a_data_file_of_terraform_is_read_from_its_open_text(editor: Editor, tmp_path: Path) -> None:
    route = ROUTE.replace("var.office", 'trimspace(file("office.txt"))').replace('variable "office" {}', "")
    write(tmp_path / "main.tf", TERRAFORM + route)
    data = write(tmp_path / "office.txt", "10.0.0.0/16\n")
    await editor.start(tmp_path)
    main = editor.open(tmp_path / "main.tf")
    await editor.shows(main, "VCO603")
    editor.open(data, "10.0.0.1/16\n")
    await editor.until(lambda: "VCO104" in editor.codes(main))


# -- the config -------------------------------------------------------------------------------------------

BROAD = ROUTES.replace("10.1.0.0/16", "8.0.0.0/5")


async def test_an_invalid_config_is_told_and_the_last_good_one_stays(editor: Editor, tmp_path: Path) -> None:
    config = write(tmp_path / "vcolint.yaml", "ignore: [broad-destination]\n")
    file = write(tmp_path / "a.yaml", BROAD)
    await editor.start(tmp_path)
    uri, settings = editor.open(file), editor.open(config)
    await editor.shows(uri)
    editor.type(settings, "broad-destination", "braod-destination")
    (one,) = await editor.shows(settings, None)
    assert (
        editor.text_at(settings, lsp.Range(one.range.start, editor.position("ignore: [braod-"))) == "braod-"
    )
    assert "broad-destination" in one.message
    editor.type(uri, "Weight: 100", "Weight: 50")
    await editor.shows(uri, "VCO401")  # and no VCO107
    editor.type(settings, "[braod-destination]", "[]")
    await editor.until(lambda: editor.codes(uri) == ["VCO107", "VCO401"] and editor.codes(settings) == [])


async def test_an_invalid_config_is_told_in_its_language(editor: Editor, tmp_path: Path) -> None:
    config = write(tmp_path / "vcolint.yaml", "language: zh\nignore: [broad-destination]\n")
    await editor.start(tmp_path)
    uri, settings = editor.open(write(tmp_path / "a.yaml", BROAD)), editor.open(config)
    await editor.shows(uri)
    for wrong in ("[braod-destination]", "{"):
        editor.change(settings, f"language: zh\nignore: {wrong}\n")
        (one,) = await editor.shows(settings, None)
        assert one.range.start.line >= 1
        assert one.message.endswith("（上一个有效的配置继续生效）")
        assert not re.search("[a-z]+ [a-z]+", one.message)
        editor.change(settings, "language: zh\n")
        await editor.until(lambda: editor.codes(settings) == [])


async def test_a_config_that_names_what_is_not_there(editor: Editor, tmp_path: Path) -> None:
    config = write(tmp_path / "vcolint.yaml", "live: [gone.json]\n")
    file = write(tmp_path / "a.yaml", BROAD)
    await editor.start(tmp_path)
    editor.open(file)
    (one,) = await editor.shows(config.as_uri(), None)
    assert "gone.json" in one.message
    await editor.shows(file.as_uri(), "VCO107")  # by the defaults


async def test_config_and_rule_pages_changed_on_the_disk_are_taken_up(editor: Editor, tmp_path: Path) -> None:
    config = tmp_path / "vcolint.yaml"
    uri = write(tmp_path / "a.yaml", BROAD).as_uri()
    await editor.start(tmp_path)
    await editor.until(lambda: bool(editor.registered))
    (watcher,) = editor.registered[0].register_options["watchers"]
    assert "yaml" in watcher["globPattern"]
    assert "md" in watcher["globPattern"]
    await editor.shows(uri, "VCO107")

    def changed(file: Path) -> None:
        event = lsp.FileEvent(file.as_uri(), lsp.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))

    write(config, "ignore: [VCO107]\n")
    changed(config)
    await editor.shows(uri)
    page = """\
---
code: VCO901
name: light-route
severity: error
basis: policy
effect: policy
api-errors: []
check: field
with: {field: Weight, schema: {const: 0}}
message: "{Weight} is heavy"
default: on
---
# Routes are light

They are.

```yaml bad
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 100}
```
```yaml good
- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 0}
```
"""
    write(tmp_path / "policy" / "light.md", page)
    write(config, "ignore: [VCO107]\nselect: [VCO901]\nrules: [policy]\n")
    changed(config)
    (one,) = await editor.shows(uri, "VCO901")
    assert one.message == "100 is heavy"
    assert Path(one.code_description.href.removeprefix("file://")) == tmp_path / "policy" / "light.md"
    write(tmp_path / "policy" / "light.md", page.replace("is heavy", "is too heavy"))
    changed(tmp_path / "policy" / "light.md")
    await editor.until(lambda: editor.client.diagnostics[uri][0].message == "100 is too heavy")


# -- places -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_are_in_the_units_that_were_agreed(
    editor: Editor, tmp_path: Path, encoding: str
) -> None:
    text = """\
- {Description: "杭州 🏢 𠀀", RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 50}
"""  # noqa: E501
    result = await editor.start(tmp_path, encodings=[encoding])
    assert result.capabilities.position_encoding == encoding
    uri = editor.open(write(tmp_path / "a.yaml", text))
    (one,) = await editor.shows(uri, "VCO401")
    assert editor.text_at(uri, one.range) == "50"
    # And back: a change behind such characters, whose place the server has to find.
    editor.type(uri, "Weight: 50", "Weight: 100")
    await editor.shows(uri)
    editor.type(uri, "10.1.0.0/16", "10.1.0.1/16")
    (one,) = await editor.shows(uri, "VCO104")
    assert editor.text_at(uri, one.range) == "10.1.0.1/16"


async def test_without_a_wish_positions_are_in_utf_16(editor: Editor, tmp_path: Path) -> None:
    result = await editor.start(tmp_path)
    assert result.capabilities.position_encoding == "utf-16"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
async def test_line_ends(editor: Editor, tmp_path: Path, end: str) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "a.yaml", ROUTES.replace("\n", end))
    await editor.shows(uri)
    at = ROUTES.splitlines()[-1].index("100")
    editor.change(uri, ROUTES.replace("100}", "50}").replace("\n", end))
    (one,) = await editor.shows(uri, "VCO401")
    assert one.range.start == lsp.Position(4, at)


async def test_what_ends_a_line_for_python_alone(editor: Editor, tmp_path: Path) -> None:
    """A form feed, U+0085 and U+2028 end no line of the protocol."""
    text = """\
# a\f b\x85 c\u2028 d
aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou --VpnConnectionId vco-a --NextHop vco-a \\
  --RouteDest 10.1.0.0/16 --Weight 100
"""
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "a.sh", text)
    await editor.shows(uri)
    editor.type(uri, "10.1.0.0", "10.1.0.1")
    (one,) = await editor.shows(uri, "VCO104")
    assert editor.text_at(uri, one.range) == "10.1.0.1/16"


async def test_several_changes_in_one_message(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "a.yaml", "")
    await editor.shows(uri)
    editor.change(uri, ROUTES[:30], ROUTES, ROUTES.replace("100}", "50}"))
    (one,) = await editor.shows(uri, "VCO401")
    assert one.range.start == lsp.Position(4, ROUTES.splitlines()[-1].index("100"))


async def test_names_with_spaces_chinese_and_percent_signs(editor: Editor, tmp_path: Path) -> None:
    folder = tmp_path / "my routes" / "杭州 100%25 #1"
    file = write(folder / "a ;?b%.yaml", ROUTES)
    other = write(folder / "分支.yaml", ROUTES)
    await editor.start(folder)
    # As some clients spell it: with letters that others escape.
    spelled = file.as_uri().replace("%3B", ";").replace("%E6%9D%AD", "杭")
    uri = editor.open(file, uri=spelled)
    assert uri != file.as_uri()
    await editor.shows(uri)
    (one,) = await editor.shows(other.as_uri(), "VCO201")
    assert one.related_information[0].location.uri == uri
    editor.type(uri, "10.1.0.0", "10.2.0.0")
    await editor.shows(other.as_uri())


# -- workspaces -------------------------------------------------------------------------------------------


async def test_two_workspace_folders_are_checked_apart(editor: Editor, tmp_path: Path) -> None:
    first = write(tmp_path / "prod" / "a.yaml", ROUTES)
    second = write(tmp_path / "stage" / "a.yaml", BROAD + ROUTES.splitlines()[-1] + "\n")
    write(tmp_path / "stage" / "vcolint.yaml", "ignore: [VCO107]\n")
    await editor.start(first.parent, second.parent)
    one, two = editor.open(first), editor.open(second)
    await editor.shows(one)
    await editor.shows(two, "VCO304")  # and neither is the duplicate of the other
    editor.type(one, "10.1.0.0/16", "8.0.0.0/5")
    await editor.shows(one, "VCO107")
    assert editor.codes(two) == ["VCO304"]
    gone = lsp.WorkspaceFolder(second.parent.as_uri(), "stage")
    event = lsp.WorkspaceFoldersChangeEvent([], [gone])
    editor.client.workspace_did_change_workspace_folders(lsp.DidChangeWorkspaceFoldersParams(event))
    editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(two)))
    await editor.shows(two)


async def test_a_folder_with_a_config_of_its_own_is_a_project(editor: Editor, tmp_path: Path) -> None:
    write(tmp_path / "infra" / "vcolint.yaml", "ignore: [VCO107]\n")
    inner = write(tmp_path / "infra" / "routes" / "a.yaml", BROAD)
    outer = write(tmp_path / "a.yaml", BROAD)
    await editor.start(tmp_path)
    editor.open(inner)
    await editor.shows(inner.as_uri())
    await editor.shows(outer.as_uri(), "VCO107")
    assert editor.codes(inner.as_uri()) == []


async def test_a_file_outside_of_any_workspace(editor: Editor, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", BROAD)
    write(tmp_path / "b.yaml", BROAD)  # is not open, so does not count
    other = write(tmp_path / "other.yaml", "services: {web: {image: nginx}}\n")
    await editor.start()
    uri = editor.open(file)
    await editor.shows(uri, "VCO107")
    await editor.shows(editor.open(other))  # of no kind, and so nothing to say of
    assert editor.codes(uri) == ["VCO107"]


async def test_a_link_to_a_file_is_the_file(editor: Editor, tmp_path: Path) -> None:
    real = write(tmp_path / "real" / "a.yaml", BROAD)
    link = tmp_path / "link"
    link.symlink_to(real.parent, target_is_directory=True)
    await editor.start(link)
    uri = editor.open(link / "a.yaml")
    await editor.shows(uri, "VCO107")
    editor.type(uri, "8.0.0.0/5", "10.0.0.0/16")
    await editor.shows(uri)
    assert list(editor.client.diagnostics) == [uri]
