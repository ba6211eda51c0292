"""What a run reads: `vcolint.read.inputs`, with `walk`, `globs`, `roots`, `recognise` and `opening`.

Each test builds a small tree, works in it and says exactly what is read: kinds, files, order, problems.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vcolint.errors import VcolintError
from vcolint.model.reading import Inputs, Reading
from vcolint.read import recognise, shell
from vcolint.read.finding import Request
from vcolint.read.inputs import read
from vcolint.text import opening
from vcolint.text.source import Source
from vcolint.text.value import Location
from vcolint.text.walk import Globs, walk

REAL = Path(__file__).parents[3] / "shared" / "fixtures" / "real"

ENTRY = "RegionId: r-a\nVpnConnectionId: vco-a\nNextHop: vco-a\nRouteDest: 10.1.0.0/16\nWeight: 100\n"
ROW = {
    "RegionId": "r-a",
    "VpnConnectionId": "vco-a",
    "NextHop": "vco-a",
    "RouteDest": "10.1.0.0/16",
    "Weight": 100,
}
CONVERT = "convert it with iconv -f {} -t UTF-8 OLD > NEW"
GB18030 = f"; if the file is in GB18030, {CONVERT.format('GB18030')}"
JSON = json.dumps([ROW])
LINES = json.dumps(ROW) + "\n" + json.dumps(ROW) + "\n"
CSV = "RegionId,VpnConnectionId,NextHop,RouteDest,Weight\nr-a,vco-a,vco-a,10.1.0.0/16,100\n"
TF = """
resource "alicloud_vpn_gateway_vco_route" "hq" {
  vpn_connection_id = "vco-a"
  next_hop          = "vco-a"
  route_dest        = "10.1.0.0/16"
  weight            = 100
}
"""
ROS = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Route:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties: {VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 100}
"""
PULUMI = """name: routes
runtime: yaml
resources:
  hq:
    type: alicloud:vpn:GatewayVcoRoute
    properties: {vpnConnectionId: vco-a, nextHop: vco-a, routeDest: 10.1.0.0/16, weight: 100}
"""
COMMAND = (
    "aliyun vpc CreateVcoRouteEntry --RegionId r-a --VpnConnectionId vco-a --NextHop vco-a"
    " --RouteDest 10.1.0.0/16 --Weight 100\n"
)
SHELL = "#!/bin/bash\n" + COMMAND
AFTER = {"vpn_connection_id": "vco-a", "next_hop": "vco-a", "route_dest": "10.1.0.0/16", "weight": 100}
RESOURCE = {
    "address": "alicloud_vpn_gateway_vco_route.hq",
    "mode": "managed",
    "type": "alicloud_vpn_gateway_vco_route",
    "name": "hq",
}
PLAN = json.dumps(
    {
        "format_version": "1.2",
        "variables": {"a": {"value": {"resources": [1]}}},
        "resource_changes": [{**RESOURCE, "change": {"actions": ["create"], "after": AFTER}}],
    }
)
STATE = json.dumps(
    {"format_version": "1.0", "values": {"root_module": {"resources": [{**RESOURCE, "values": AFTER}]}}}
)
RAW_STATE = json.dumps(
    {"version": 4, "serial": 1, "resources": [{**RESOURCE, "instances": [{"attributes": AFTER}]}]}
)
STACK = json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": []}})
PREVIEW = json.dumps({"config": {}, "steps": [], "changeSummary": {"create": 0}})
LIVE = json.dumps(
    {
        "RequestId": "1",
        "TotalCount": 1,
        "VcoRouteEntries": [
            {"VpnConnectionId": "vco-a", "NextHop": "vco-a", "RouteDest": "10.1.0.0/16", "Weight": 100}
        ],
    }
)
NOTHING = {"name": "vcolint-test", "routes": [{"path": "/"}]}
NO_KIND = "vcolint does not recognise this file; pass --as to say what kind it is"

Build = Callable[[Mapping[str, "str | bytes"]], None]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Writes files below the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def run(*paths: str, **options: Any) -> Inputs:
    return read(Request(list(paths), **options))


def files(inputs: Inputs) -> list[tuple[str, str]]:
    """Kind and first file of each reading, sources before sets."""
    return [(one.kind, one.files[0]) for one in (*inputs.sources, *inputs.sets)]


def problems(inputs: Inputs) -> list[tuple[str, str, Location]]:
    readings = (*inputs.sources, *inputs.sets, *inputs.live)
    return [(one.kind, one.message, one.location) for reading in readings for one in reading.problems]


def at_start(file: str) -> Location:
    return Location(file, 1, 1, 1, 1)


# -- kinds ------------------------------------------------------------------------------------------------

IN_A_WALK = [
    ("routes.yaml", ENTRY, "route-set"),
    ("routes.yml", "- " + ENTRY.replace("\n", "\n  ").rstrip(" "), "route-set"),
    (
        "routes.YAML",
        "VpnConnectionId: vco-a\nRegionId: r-a\nRoutes: [{RouteDest: 10.1.0.0/16}]\n",
        "route-set",
    ),
    ("snake.yaml", "routes:\n  - {route_dest: 10.1.0.0/16, weight: 0}\n", "route-set"),
    ("connection.yaml", "VpnConnectionId: vco-a\nNextHop: vco-a\n", "route-set"),
    ("two.yaml", "---\n# first\n---\n" + ENTRY, "route-set"),
    (
        "described.yaml",
        ENTRY + "Description: |\n  ROSTemplateFormatVersion: no\n  resources: GatewayVcoRoute\n",
        "route-set",
    ),
    ("gateway.yaml", "- {VpnGatewayId: vpn-a, RouteDest: 10.1.0.0/16}\n", "route-set"),
    ("routes.json", JSON, "route-set"),
    ("hoisted.json", json.dumps({"RegionId": "r-a", "Routes": [{"RouteDest": "10.1.0.0/16"}]}), "route-set"),
    (
        "words.json",
        json.dumps([{**ROW, "Description": "ROSTemplateFormatVersion VcoRouteEntries"}]),
        "route-set",
    ),
    ("named.json", json.dumps([{**ROW, "Description": "VcoRouteEntries"}]), "route-set"),
    ("routes.jsonl", LINES, "route-set"),
    ("routes.ndjson", LINES, "route-set"),
    ("lines.json", LINES, "route-set"),
    ("routes.csv", CSV, "route-set"),
    ("routes.tsv", CSV.replace(",", "\t"), "route-set"),
    ("semicolons.csv", "\ufeff" + CSV.replace(",", ";"), "route-set"),
    ("header.csv", '"RouteDest";"Weight"\n', "route-set"),
    ("unknown.csv", "RouteDest,Weigth\n", "route-set"),
    ("main.tf", TF, "terraform"),
    ("main.tf.json", json.dumps({"resource": {RESOURCE["type"]: {"hq": AFTER}}}), "terraform"),
    ("template.yaml", ROS, "ros"),
    ("flow.yaml", "{ Resources: {},\n  ROSTemplateFormatVersion: '2015-09-01' }\n", "ros"),
    ("template.json", json.dumps({"Resources": {"a": {}}, "ROSTemplateFormatVersion": "2015-09-01"}), "ros"),
    ("Pulumi.yaml", PULUMI, "pulumi"),
    ("Main.yaml", PULUMI.partition("yaml\n")[2], "pulumi"),
    ("create.sh", SHELL, "cli"),
    ("create.bash", COMMAND, "cli"),
    ("create", SHELL, "cli"),
    ("create.command", "#!/usr/bin/env zsh\n" + COMMAND, "cli"),
]
WHEN_NAMED = [
    ("plan.json", PLAN, "terraform-plan"),
    ("planned.json", json.dumps({"planned_values": {"root_module": {}}}), "terraform-plan"),
    ("state.json", STATE, "terraform-state"),
    ("terraform.tfstate", RAW_STATE, "terraform-state"),
    ("terraform.tfstate.backup", RAW_STATE, "terraform-state"),
    ("stack.json", STACK, "pulumi-stack"),
    ("preview.json", PREVIEW, "pulumi-stack"),
    ("live.json", LIVE, "live"),
    ("pages.json", f"[{LIVE}, {LIVE}]", "live"),
    ("pages.jsonl", LIVE + "\n" + LIVE + "\n", "live"),
    ("sdk.json", json.dumps({"headers": {}, "body": json.loads(LIVE)}), "live"),
]


@pytest.mark.parametrize(("name", "text", "kind"), IN_A_WALK)
def test_sources_are_read_in_a_walk_and_when_named(build: Build, name: str, text: str, kind: str) -> None:
    build({name: text})
    assert files(run(".")) == [(kind, name)]
    assert files(run(name)) == [(kind, name)]
    assert run(".").sets == run(name).sets == []


@pytest.mark.parametrize(("name", "text", "kind"), WHEN_NAMED)
def test_sets_are_read_when_they_are_named(build: Build, name: str, text: str, kind: str) -> None:
    build({name: text})
    inputs = run(name)
    assert (inputs.sources, files(inputs), inputs.notice) == ([], [(kind, name)], None)
    walked = run(".")
    assert (walked.sources, walked.sets, walked.notice) == (
        [],
        [],
        "there is no file of a known kind in ., or exclude or .gitignore leaves it out",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", json.dumps(NOTHING)),
        ("nested.yaml", "spec:\n  RouteDest: 10.1.0.0/16\n"),
        ("nested.json", json.dumps({"spec": {"Routes": [ROW]}})),
        ("names.yaml", "[RouteDest, NextHop]\n"),
        ("alone.yaml", "VpnConnectionId: vco-a\n"),
        ("columns.csv", "Destination,Weight,RouteDest2\n10.1.0.0/16,100,RouteDest\n"),
        ("note.yaml", "RouteDest is what it says\n"),
        ("install.sh", "#!/bin/sh\necho done\n"),
        ("program.py", "#!/usr/bin/python3\nCreateVcoRouteEntry\n"),
        ("readme.md", "RouteDest: 10.1.0.0/16\n"),
        ("Pulumi.yaml", "name: a\nruntime: yaml\n"),
    ],
)
def test_a_file_of_no_kind(build: Build, name: str, text: str) -> None:
    build({name: text})
    assert run(".") == Inputs(
        [], [], [], "there is no file of a known kind in ., or exclude or .gitignore leaves it out"
    )
    expected = [("syntax", NO_KIND, at_start(name))]
    inputs = run(name)
    if name == "readme.md":
        assert files(inputs) == [("route-set", name)]  # named, and it is one
        return
    assert problems(inputs) == expected
    assert [(one.kind, one.files, one.texts) for one in inputs.sources] == [("route-set", [], {name: text})]
    assert run(name, force_exclude=True) == Inputs(
        [], [], [], f"there is no file of a known kind in {name}, or exclude or .gitignore leaves it out"
    )


@pytest.mark.parametrize("name", ["routes", "routes.txt"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ENTRY, "route-set"),
        (JSON, "route-set"),
        (LINES, "route-set"),
        (CSV, "route-set"),
        (CSV.replace(",", "\t"), "route-set"),
        (TF, "terraform"),
        (ROS, "ros"),
        (PULUMI, "pulumi"),
        (SHELL, "cli"),
        ("set -e\n" + COMMAND, "cli"),
        (PLAN, "terraform-plan"),
        (RAW_STATE, "terraform-state"),
        (STACK, "pulumi-stack"),
        (LIVE, "live"),
    ],
)
def test_without_a_telling_name_the_text_decides(build: Build, name: str, text: str, kind: str) -> None:
    build({name: text})
    [reading] = (*(inputs := run(name)).sources, *inputs.sets)
    assert (reading.kind, reading.problems, len(reading.records)) == (
        kind,
        [],
        {LINES: 2, STACK: 0}.get(text, 1),
    )


def test_what_holds_no_entries_is_a_route_set_all_the_same(build: Build) -> None:
    texts = {
        "a.json": "[]",
        "b.yaml": "Routes: []\n",
        "c.csv": "RouteDest,Weight\n",
        "d.yaml": "# RegionId: r-a\n",
        "e.json": json.dumps([{"VpnGatewayId": "vpn-a", "RouteDest": "10.1.0.0/16"}]),
        "f.json": '{"Routes": []}',
    }
    build(texts)
    inputs = run(*texts)
    assert files(inputs) == [("route-set", name) for name in texts]
    assert [len(one.records) for one in inputs.sources] == [0] * len(texts)
    assert problems(inputs) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "Routes:\n"),
        ("a.yaml", "---\nroutes: ~\n---\n[]\n"),
        ("a.yaml", "RegionId: r-a\nVpnConnectionId: vco-a\nRoutes:\n"),
        ("a.json", '{"Routes": null}'),
    ],
)
def test_routes_without_a_value_are_no_route_set(build: Build, name: str, text: str) -> None:
    build({name: text})
    message = "vcolint does not recognise this file; pass --as to say what kind it is"
    assert problems(run(name)) == [("syntax", message, at_start(name))]


def test_a_script_of_comments_holds_no_entries(build: Build) -> None:
    build({"a.sh": "#!/bin/sh\n\n  # nothing yet\n"})
    assert files(run("a.sh")) == [("cli", "a.sh")]


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.csv", "a.sh", "a"])
@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_a_fault_when_it_is_named(build: Build, name: str, text: str) -> None:
    build({name: text})
    assert problems(run(name)) == [("syntax", "the file is empty", at_start(name))]
    assert run(".").sources == run(name, force_exclude=True).sources == []


def test_a_mapping_with_routes_that_are_no_list_is_still_meant_as_a_route_set(build: Build) -> None:
    build({"a.yaml": "VpnConnectionId: vco-a\nRegionId: r-a\nRoutes: {RouteDest: 10.1.0.0/16}\n"})
    assert problems(run("."))[0] == (
        "schema",
        "Routes must be a list, not a mapping",
        ("a.yaml", 3, 9, 3, 33),
    )


# -- what cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "message", "place", "kind"),
    [
        (
            "a.yaml",
            "- {RouteDest: 10.1.0.0/16\n- {}\n",
            "expected a comma or the closing bracket",
            (2, 3),
            "route-set",
        ),
        (
            "a.json",
            '{"RouteDest": "10.1.0.0/16",}',
            "JSON does not allow a trailing comma",
            (1, 28),
            "route-set",
        ),
        ("a.yaml", ROS + "\t- x\n", "a tab cannot indent: use spaces", (6, 1), "ros"),
    ],
)
def test_a_broken_file_with_a_recognition_word(
    build: Build, name: str, text: str, message: str, place: tuple[int, int], kind: str
) -> None:
    build({name: text})
    for inputs in (run("."), run(name), run(name, force_exclude=True)):
        assert files(inputs) == [(kind, name)]
        [(_, said, location)] = problems(inputs)
        assert (said, location[1:3]) == (message, place)


@pytest.mark.parametrize(
    ("name", "text", "message", "place"),
    [
        ("a.yaml", "a: {{ .Values.x }}: b\n- c\n", None, None),
        ("a.json", '{"a": 1,}', "JSON does not allow a trailing comma", (1, 8)),
        ("a.yaml", "VpnConnectionId: [\n", None, None),  # the connection alone is no sign
    ],
)
def test_a_broken_file_without_a_recognition_word(
    build: Build, name: str, text: str, message: str | None, place: tuple[int, int] | None
) -> None:
    build({name: text})
    assert run(".").sources == run(name, force_exclude=True).sources == []
    [(kind, said, location)] = problems(run(name))
    assert kind == "syntax"
    if message is not None:
        assert (said, location[1:3]) == (message, place)


TSCONFIG = """{
  // a comment
  "compilerOptions": {"strict": true},
  "files": ["vpn/getGatewayVcoRoutes.ts", "vpn/gatewayVcoRoute.ts", %s],
}
"""


@pytest.mark.parametrize(
    "mention",
    [
        '"aliyun/CreateVcoRouteEntry.ts"',
        '"alicloud_vpn_gateway_vco_route.ts"',
        '"my-RouteDest": 1, "a.RouteDest": 1, "RouteDests": 1',
    ],
)
def test_a_recognition_word_does_not_count_in_other_names(build: Build, mention: str) -> None:
    build({"tsconfig.json": TSCONFIG % mention})
    assert run(".").sources == run("tsconfig.json", force_exclude=True).sources == []
    assert problems(run("tsconfig.json"))[0][:2] == ("syntax", "JSON does not allow comments")


@pytest.mark.parametrize(
    "text",
    [
        '{"RouteDest": 1, "apis": []}',
        '[{"name": "a"}, {"RouteDest": "10.1.0.0/16"}]',
        '[{}, {"VpnConnectionId": "vco-a", "Weight": 0}]',
        '{"x": {"y": 1}, "Routes": [{"RouteDest": "10.1.0.0/16"}]}',
    ],
)
def test_json_with_an_entry_is_a_route_set(build: Build, text: str) -> None:
    build({"a.json": text})
    assert files(run(".")) == [("route-set", "a.json")]


@pytest.mark.parametrize(
    "text",
    [
        '{"parameters": {"RouteDest": {"type": "string"}, "Weight": {}}}',
        '[{"parameters": {"RouteDest": {"type": "string"}}}, 5, {"VpnConnectionId": "vco-a"}]',
    ],
)
def test_json_that_merely_holds_the_words_is_not_read_with_its_places(
    build: Build, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("it is read as a route set")

    build({"a.json": text})
    monkeypatch.setattr("vcolint.read.route_set.read", read)
    monkeypatch.setenv("VCOLINT_DEBUG", "1")  # an error of a reader is no finding then
    assert run(".").sources == []
    assert problems(run("a.json")) == [("syntax", NO_KIND, at_start("a.json"))]


@pytest.mark.parametrize(
    "text",
    [
        '{"RouteDest": 1,}',
        '{"route_dest" \n: 1,}',
        '{"VpnConnectionId": 1, "Weight": 1,}',
        '{"ROSTemplateFormatVersion": 1,}',
        '{"type": "alicloud:vpn/gatewayVcoRoute:GatewayVcoRoute",}',
        '{"alicloud_vpn_gateway_vco_route": {"a": {},}}',
    ],
)
def test_a_broken_file_with_a_word_as_a_key_or_a_type_is_told(build: Build, text: str) -> None:
    build({"a.json": text})
    assert [(kind, said) for kind, said, _ in problems(run("."))] == [
        ("syntax", "JSON does not allow a trailing comma")
    ]


def test_prose_is_of_no_kind_rather_than_broken(build: Build) -> None:
    build({"README": "A text: with: colons\n\t- and tabs\n"})
    assert problems(run("README")) == [("syntax", NO_KIND, at_start("README"))]
    build({"NOTES": "RouteDest: with: colons\n"})
    assert run("NOTES", force_exclude=True).sources == []
    assert (
        problems(run("NOTES"))[0][1] == "a colon is not allowed here: quote the text or check the indentation"
    )


def test_other_encodings_are_a_fault_at_the_first_wrong_byte(build: Build) -> None:
    build({"a.yaml": b"# caf\xc3\xa9\n# caf\xe9\n" + ENTRY.encode(), "b.yaml": b"# caf\xe9\n"})
    fault = ("syntax", "byte 0xe9 is not UTF-8")
    assert problems(run(".")) == [(*fault, ("a.yaml", 2, 6, 2, 6))]
    assert problems(run("b.yaml")) == [(*fault, ("b.yaml", 1, 6, 1, 6))]
    assert run("b.yaml", force_exclude=True).sources == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_with_and_without_byte_order_mark(build: Build, encoding: str) -> None:
    build({"a.yaml": ENTRY.encode(encoding), "plan.json": PLAN.encode(encoding)})
    assert files(run("a.yaml", "plan.json")) == [("route-set", "a.yaml"), ("terraform-plan", "plan.json")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_for_plans_and_the_like(build: Build, encoding: str) -> None:
    build({name: ("\ufeff" + text).encode(encoding) for name, text, _ in WHEN_NAMED})
    build({name: ("\ufeff" + text).encode(encoding) for name, text in (("a.yaml", ENTRY), ("b.json", JSON))})
    inputs = run(*(name for name, _, _ in WHEN_NAMED))
    assert files(inputs) == [(kind, name) for name, _, kind in WHEN_NAMED]
    assert problems(inputs) == []
    for paths in ((".",), ("a.yaml", "b.json")):
        assert problems(run(*paths)) == [
            ("syntax", f"UTF-16 text: {CONVERT.format('UTF-16')}", at_start(name))
            for name in ("a.yaml", "b.json")
        ]


@pytest.mark.parametrize(
    ("encoding", "text", "said"),
    [
        ("gb18030", "总部", "byte 0xd7 is not UTF-8" + GB18030),
        ("big5", "總部路由", "byte 0xc1 is not UTF-8" + GB18030),
        ("latin-1", "ésé", "byte 0xe9 is not UTF-8"),  # the bytes are no GB18030
        ("latin-1", "\xff\xfe", "byte 0xff is not UTF-8"),
    ],
)
def test_another_encoding_is_a_fault_with_a_hint_if_that_can_help(
    build: Build, encoding: str, text: str, said: str
) -> None:
    build({"a.csv": (CSV + text).encode(encoding)})
    line = CSV.count("\n") + 1
    for inputs in (run("."), run("a.csv")):
        assert problems(inputs) == [("syntax", said, ("a.csv", line, 1, line, 1))]


def test_a_binary_plan_says_what_to_give_instead(build: Build) -> None:
    build({"tfplan": b"PK\x03\x04\x14\x00"})
    message = "a binary plan or archive: use the output of terraform show -json"
    assert problems(run("tfplan")) == [("syntax", message, at_start("tfplan"))]
    assert run(".").sources == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_pipes_and_sockets_are_never_waited_for(build: Build, tmp_path: Path) -> None:
    build({"b.yaml": ENTRY})
    os.mkfifo(tmp_path / "a.yaml")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("c.yaml")
        assert files(run(".")) == [("route-set", "b.yaml")]
        message = "not a regular file; to read a pipe, use - for standard input"
        assert problems(run("a.yaml")) == [("syntax", message, at_start("a.yaml"))]
        assert [one[2] for one in problems(run("c.yaml", "/dev/null"))] == [
            at_start("c.yaml"),
            at_start("/dev/null"),
        ]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_fault(build: Build, tmp_path: Path) -> None:
    build({"a.yaml": ENTRY, "b/c.yaml": ENTRY, "d/main.tf": TF})
    for name in ("a.yaml", "b", "d/main.tf"):
        (tmp_path / name).chmod(0)
    try:
        found = [(message, location[0]) for _, message, location in problems(run("."))]
        assert found == [
            ("cannot be read: Permission denied", "a.yaml"),
            ("cannot be listed: Permission denied", "b"),
            ("cannot be read: Permission denied", "d/main.tf"),
        ]
    finally:
        (tmp_path / "b").chmod(0o700)


def test_errors_of_the_operating_system(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build({"a.yaml": ENTRY, "b/c.yaml": ENTRY, "notes.md": ""})
    scandir, open_ = os.scandir, os.open

    def no_list(path: str) -> Any:
        if os.path.basename(path) == "b":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    def no_open(path: str, flags: int) -> int:
        if os.path.basename(path) == "a.yaml":
            raise PermissionError(13, "Permission denied")
        return open_(path, flags)

    monkeypatch.setattr(os, "scandir", no_list)
    monkeypatch.setattr(os, "open", no_open)
    assert problems(run(".")) == [
        ("syntax", "cannot be read: Permission denied", at_start("a.yaml")),
        ("syntax", "cannot be listed: Permission denied", at_start("b")),
    ]


def test_a_file_that_is_too_large(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_BYTES", 1 << 20)
    padding = "# " + "-" * (1 << 20) + "\n"
    build({"a.yaml": ENTRY + padding, "b.yaml": "a: b\n" + padding})
    fault = ("syntax", "larger than 1 MiB")
    assert problems(run(".")) == [(*fault, at_start("a.yaml"))]
    assert problems(run("b.yaml")) == [(*fault, at_start("b.yaml"))]
    assert problems(run("-", stdin=padding.encode)) == [(*fault, at_start("<stdin>"))]


def test_a_missing_package_is_a_fault_of_the_file(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build({"main.tf": TF, "routes.json": JSON})
    for name in [name for name in sys.modules if name.startswith(("vcolint.read.terraform", "vcolint.hcl"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("vcolint.read.terraform", raising=False)
    monkeypatch.delattr("vcolint.hcl", raising=False)
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    inputs = run(".")
    assert ("route-set", "routes.json") in files(inputs)
    [(kind, message, place)] = problems(inputs)
    assert (kind, place) == ("syntax", at_start("."))
    assert message.startswith("vcolint failed to read it: ModuleNotFoundError: ")
    assert "tree_sitter" in message


def test_a_reader_that_fails_leaves_the_other_files_checked(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Source) -> Reading:
        raise KeyError(source.file)

    monkeypatch.setattr(shell, "read", fail)
    monkeypatch.delenv("VCOLINT_DEBUG", raising=False)
    build({"a.sh": SHELL, "b.yaml": ENTRY})
    inputs = run(".")
    assert files(inputs) == [("cli", "a.sh"), ("route-set", "b.yaml")]
    assert problems(inputs) == [("syntax", "vcolint failed to read it: KeyError: 'a.sh'", at_start("a.sh"))]
    monkeypatch.setenv("VCOLINT_DEBUG", "1")
    with pytest.raises(KeyError):
        run(".")


def test_a_script_in_another_language_is_no_shell_script(build: Build) -> None:
    build({"create": "#!/usr/bin/python3\n" + COMMAND, "deploy": "#!/usr/bin/env -S bash -e\n" + COMMAND})
    assert files(run(".")) == [("cli", "deploy")]


@pytest.mark.parametrize("text", [PLAN, STATE, RAW_STATE, STACK, LIVE])
def test_a_very_long_number_does_not_hide_the_kind(build: Build, text: str) -> None:
    build({"a.json": text, "b.json": '{"number": ' + "9" * 5000 + ", " + text.lstrip()[1:]})
    (one,), (other,) = run("a.json").sets, run("b.json").sets
    assert other.kind == one.kind
    assert len(other.records) == len(one.records)
    assert (one.problems, other.problems) == ([], [])


def test_a_very_long_number_in_a_plan_is_that_values_fault(build: Build) -> None:
    build({"plan.json": PLAN.replace("100", "9" * 5000)})
    ((kind, message, place),) = problems(run("plan.json"))
    assert (kind, message) == ("schema", "Weight must be an integer, not a huge number")
    # Python does not decode such a document, so the places of its objects are not known.
    assert PLAN[place.column - 1 :].startswith('[{"address": "alicloud_vpn_gateway_vco_route.hq"')


@pytest.mark.parametrize("text", [STATE, LIVE, "{}"])
def test_what_is_no_plan_is_none(build: Build, text: str) -> None:
    build({"a.json": text})
    message = "not a Terraform plan: it has neither `resource_changes` nor `planned_values`"
    assert problems(run("a.json", as_kind="terraform-plan")) == [("syntax", message, at_start("a.json"))]


def test_a_path_that_does_not_exist_is_a_wrong_call(build: Build) -> None:
    build({"a.yaml": ENTRY})
    os.symlink("nowhere", "link.yaml")
    os.symlink("loop.yaml", "loop.yaml")
    for path in ("b.yaml", "a.yaml/b", "link.yaml", "loop.yaml", "b\n.yaml", "", "a\0b"):
        with pytest.raises(VcolintError) as caught:
            run("a.yaml", path)
        said = path if path and path.isprintable() else f'"{ascii(path)[1:-1]}"'
        assert str(caught.value).startswith(f"{said}: ")
    with pytest.raises(VcolintError, match=r"^b\.yaml: this file or folder does not exist$"):
        run("b.yaml", force_exclude=True)


# -- walking ----------------------------------------------------------------------------------------------


def test_order_is_as_given_and_sorted_in_folders(build: Build) -> None:
    names = ["b/z.yaml", "b/a/y.yaml", "b/B.yaml", "b/.hidden/x.yaml", "a/1.yaml", "a/10.yaml", "a/2.yaml"]
    build(dict.fromkeys(names, ENTRY))
    build({"b/m/main.tf": TF, "b/m/a.yaml": ENTRY, "b/m/z.yaml": ENTRY})
    assert [name for _, name in files(run("b", "./a//2.yaml", "a/"))] == [
        "b/.hidden/x.yaml",
        "b/B.yaml",
        "b/a/y.yaml",
        "b/m/a.yaml",
        "b/m/main.tf",
        "b/m/z.yaml",
        "b/z.yaml",
        "a/2.yaml",
        "a/1.yaml",
        "a/10.yaml",
    ]


def test_what_is_given_twice_is_read_once(build: Build, tmp_path: Path) -> None:
    build({"a/b.yaml": ENTRY, "a/plan.json": PLAN, "a/main.tf": TF})
    paths = (
        "a",
        "a/b.yaml",
        "./a/plan.json",
        str(tmp_path / "a"),
        "a/plan.json",
        "a/main.tf",
        "a/../a/b.yaml",
    )
    assert files(run(*paths)) == [
        ("route-set", "a/b.yaml"),
        ("terraform", "a/main.tf"),
        ("terraform-plan", "a/plan.json"),
    ]


def test_paths_are_shown_as_given(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build({"a/b.yaml": ENTRY, "a/c/main.tf": TF})
    for path, shown in (
        (".", ""),
        ("./", ""),
        ("a", ""),
        (str(tmp_path), f"{tmp_path.as_posix()}/"),
        ("a/../a", "a/../"),
    ):
        found = [name for _, name in files(run(path))]
        assert found == [f"{shown}a/b.yaml", f"{shown}a/c/main.tf"], path
    monkeypatch.chdir("a/c")
    assert files(run("..")) == [("route-set", "../b.yaml"), ("terraform", "../c/main.tf")]
    assert [reading.root for reading in run(".").sources] == ["."]
    assert files(run("main.tf")) == [("terraform", "main.tf")]


def test_folders_of_version_control_and_of_terraform_are_skipped(build: Build) -> None:
    build({f"{folder}/a.yaml": ENTRY for folder in (".git", ".terraform", "x/.terraform/modules", "y")})
    assert files(run(".")) == [("route-set", "y/a.yaml")]
    assert files(run(".terraform")) == [("route-set", ".terraform/a.yaml")]


def test_links(build: Build) -> None:
    build({"a/b.yaml": ENTRY, "outside/c.yaml": ENTRY, "outside/d/e.yaml": ENTRY})
    os.symlink("..", "a/loop")
    os.symlink("../outside/c.yaml", "a/c.yaml")  # a file: read
    os.symlink("../outside/d", "a/d")  # a folder: not followed
    os.symlink("nowhere", "a/e.yaml")
    os.symlink("f.yaml", "a/f.yaml")
    os.symlink("b.yaml", "a/z.yaml")  # the same file once more
    os.symlink("a", "linked")
    assert [name for _, name in files(run("a"))] == ["a/b.yaml", "a/c.yaml"]
    assert [name for _, name in files(run("linked", "a"))] == ["linked/b.yaml", "linked/c.yaml"]
    assert [name for _, name in files(run("a/d", "a/loop/a/b.yaml"))] == ["a/d/e.yaml", "a/loop/a/b.yaml"]


def test_a_very_deep_tree(build: Build, tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(400):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(ENTRY)
    assert files(run(".")) == [("route-set", "d/" * 400 + "a.yaml")]


def test_the_config_is_no_input(build: Build) -> None:
    build({"vcolint.yaml": ENTRY, "a/.vcolint.yaml": ENTRY})
    assert run(".").sources == []
    assert run("vcolint.yaml") == Inputs(
        [], [], [], "there is no file of a known kind in vcolint.yaml, or exclude or .gitignore leaves it out"
    )
    assert files(run("vcolint.yaml", as_kind="route-set")) == [("route-set", "vcolint.yaml")]


# -- .gitignore -------------------------------------------------------------------------------------------


def test_ignored_files_are_left_out(build: Build) -> None:
    build(dict.fromkeys(["a.yaml", "b/a.yaml", "b/c.yaml", "b/d/e.yaml", "out/f.yaml", "g.yaml"], ENTRY))
    build({".gitignore": "# made\r\nout/\r\na.yaml\r\n!/b/a.yaml\r\n", "b/.gitignore": "d\n!c.yaml\n"})
    build({".git/info/exclude": "/g.yaml\nc.yaml\n"})
    assert [name for _, name in files(run("."))] == ["b/a.yaml", "b/c.yaml"]
    # From above too, and without a repository from the working directory.
    assert [name for _, name in files(run("b"))] == ["b/a.yaml", "b/c.yaml"]


def test_what_is_named_is_read_though_it_is_ignored(build: Build) -> None:
    build({".gitignore": "out/\n", "out/a.yaml": ENTRY, "out/.gitignore": "b.yaml\n", "out/b.yaml": ENTRY})
    assert run(".") == Inputs(
        [], [], [], "there is no file of a known kind in ., or exclude or .gitignore leaves it out"
    )
    assert files(run("out")) == [("route-set", "out/a.yaml")]
    assert files(run("out/b.yaml")) == [("route-set", "out/b.yaml")]


def test_ignore_files_hold_up_to_the_root_of_the_repository(build: Build) -> None:
    build(
        dict.fromkeys(["a/b/c.yaml", "a/b/d.yaml"], ENTRY)
        | {".gitignore": "c.yaml\n", "a/.gitignore": "d.yaml\n"}
    )
    os.mkdir("a/b/.git")
    assert [name for _, name in files(run("a/b"))] == ["a/b/c.yaml", "a/b/d.yaml"]


def test_an_ignore_file_that_is_none(build: Build, tmp_path: Path) -> None:
    build({"a/b.yaml": ENTRY, ".gitignore": b"\xff\n[\n[z-a]\n!\n/\n//\n\\\n"})
    os.mkdir("a/.gitignore")
    assert files(run(".")) == [("route-set", "a/b.yaml")]


PARTS = st.sampled_from(["a", "b", "x.yaml", "**", "*", "?", "*.yaml", "[ab]", "[!a]", "[^b]", "\\a", "a*b*"])
PATTERNS = st.builds(
    lambda brings_back, anchored, parts, folder: f"{brings_back}{anchored}{'/'.join(parts)}{folder}",
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " "]),
)
NAMES = st.lists(st.sampled_from(["a", "b", "ab", "aabb"]), max_size=3)


@pytest.mark.skipif(which("git") is None, reason="git is the oracle")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(paths={(("a",), "x.yaml")}, ignores={(): ["a", "!a/**"]})
@given(
    paths=st.sets(
        st.tuples(NAMES.map(tuple), st.sampled_from(["x.yaml", "y.yaml", "z"])), min_size=1, max_size=8
    ),
    ignores=st.dictionaries(NAMES.map(tuple), st.lists(PATTERNS, min_size=1, max_size=4), max_size=3),
)
def test_a_walk_finds_what_git_finds(
    tmp_path_factory: pytest.TempPathFactory,
    paths: set[tuple[tuple[str, ...], str]],
    ignores: dict[tuple[str, ...], list[str]],
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for parents, name in paths:
        (folder.joinpath(*parents)).mkdir(parents=True, exist_ok=True)
        folder.joinpath(*parents, name).touch()
    for parents, patterns in ignores.items():
        if folder.joinpath(*parents).is_dir():
            folder.joinpath(*parents, ".gitignore").write_text("\n".join(patterns) + "\n")
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder / "none")}
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True, env=environment)
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
    )
    expected = sorted(filter(None, listed.stdout.decode().split("\0")))
    assert sorted(found.shown for found in walk(str(folder), ".", Globs((), str(folder)))) == expected


def test_a_glob_that_is_made_to_take_for_ever() -> None:
    globs = Globs(["*a" * 60 + "b", "**/a/" * 60 + "b"], "/r")
    assert globs.decides("/r/" + "a" * 250) is None
    assert globs.decides("/r/" + "a/" * 1000 + "c") is None


# -- exclude ----------------------------------------------------------------------------------------------


def test_exclude_is_relative_to_its_base(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(dict.fromkeys(["a/legacy/b.yaml", "a/c.yaml", "legacy/d.yaml", "e.yaml"], ENTRY))
    for exclude, left in (
        (["**/legacy/**"], ["a/c.yaml", "e.yaml"]),
        (["legacy/"], ["a/c.yaml", "e.yaml"]),
        (["/legacy"], ["a/c.yaml", "a/legacy/b.yaml", "e.yaml"]),
        (["*.yaml", "!c.yaml"], ["a/c.yaml"]),
        (["a"], ["e.yaml", "legacy/d.yaml"]),
    ):
        assert [name for _, name in files(run(".", exclude=exclude, base=tmp_path))] == left
    monkeypatch.chdir("a")
    assert files(run(".", exclude=["a/legacy"], base=tmp_path)) == [("route-set", "c.yaml")]
    assert [name for _, name in files(run(".", exclude=["a/legacy"]))] == ["c.yaml", "legacy/b.yaml"]


def test_what_is_named_is_read_though_it_is_excluded_unless_forced(build: Build) -> None:
    build({"a/b.yaml": ENTRY, "a/main.tf": TF, "c.yaml": ENTRY})
    for exclude in (["a"], ["a/*"], ["*.yaml", "*.tf"]):
        assert files(run("a/b.yaml", "a/main.tf", exclude=exclude)) == [
            ("route-set", "a/b.yaml"),
            ("terraform", "a/main.tf"),
        ]
        forced = run("a/b.yaml", "./a/main.tf", exclude=exclude, force_exclude=True)
        assert (forced.sources, forced.sets) == ([], [])
    assert [name for _, name in files(run("a", exclude=["a/"]))] == ["a/b.yaml", "a/main.tf"]
    assert run("a", exclude=["a/"], force_exclude=True).sources == []
    assert files(run("a", "c.yaml", exclude=["a/"], force_exclude=True)) == [("route-set", "c.yaml")]


# -- Terraform --------------------------------------------------------------------------------------------

CALL = 'module "routes" {{\n  source = "{}"\n}}\n'


def test_a_child_module_is_read_through_its_callers(build: Build) -> None:
    build(
        {
            "envs/prod/main.tf": CALL.format("../../modules/site"),
            "envs/test/main.tf": CALL.format("../../modules/site"),
            "modules/site/main.tf": CALL.format("./route"),
            "modules/site/route/main.tf": TF,
            "other/main.tf": 'resource "alicloud_vpc" "a" {}\n',
        }
    )
    inputs = run(".")
    assert [(one.root, one.files, [record.address for record in one.records]) for one in inputs.sources] == [
        (
            f"envs/{name}",
            [f"envs/{name}/main.tf", "modules/site/main.tf", "modules/site/route/main.tf"],
            ["module.routes.module.routes.alicloud_vpn_gateway_vco_route.hq"],
        )
        for name in ("prod", "test")
    ]
    # Named directly it is a root, as long as no caller is in the run.
    assert [one.root for one in run("modules/site/route/main.tf").sources] == ["modules/site/route"]
    assert [one.root for one in run("modules").sources] == ["modules/site"]
    assert [one.root for one in run("modules/site", "envs/prod").sources] == ["envs/prod"]


def test_a_call_that_is_none_makes_no_child(build: Build) -> None:
    build({"a/main.tf": '# module "b" { source = "../b" }\n' + TF, "b/main.tf": TF})
    assert [one.root for one in run(".").sources] == ["a", "b"]


def test_modules_that_call_each_other_have_a_root_still(build: Build) -> None:
    build({"a/main.tf": CALL.format("../b") + TF, "b/main.tf": CALL.format("../a")})
    assert [one.root for one in run(".").sources] == ["a"]
    build({"c/main.tf": CALL.format("./") + TF})
    assert [one.root for one in run("c").sources] == ["c"]


def test_naming_a_file_of_terraform_means_its_folder(build: Build) -> None:
    build(
        {
            "a/main.tf": TF,
            "a/prod.tfvars": "",
            "a/more.tf": "",
            "b/main.tf": 'resource "alicloud_vpc" "a" {}\n',
        }
    )
    for name in ("a/main.tf", "a/more.tf", "a/prod.tfvars"):
        [reading] = run(name, force_exclude=True).sources
        assert (reading.root, reading.files) == ("a", ["a/main.tf", "a/more.tf"])
    [reading] = run("b/main.tf").sources  # named, so it is read; nothing in it is a route
    assert (reading.kind, reading.files, len(reading.records)) == ("terraform", ["b/main.tf"], 0)
    assert run("b").sources == run("b/main.tf", force_exclude=True).sources == []


def test_a_broken_file_of_terraform(build: Build) -> None:
    build({"a/main.tf": TF, "a/broken.tf": "locals {\n", "b/main.tf": "locals {\n"})
    assert [(one.root, len(one.problems)) for one in run(".").sources] == [("a", 1)]
    [reading] = run("b/main.tf").sources
    assert [problem.location.file for problem in reading.problems] == ["b/main.tf"]


def test_utf_16_in_terraform_is_not_overlooked(build: Build) -> None:
    build({"main.tf": ("\ufeff" + TF).encode("utf-16-le")})
    assert [location[0] for _, _, location in problems(run("."))] == ["main.tf"]


def test_variables_alone_are_no_module(build: Build) -> None:
    build({"a/terraform.tfvars.json": JSON, "a/b.tfvars": "a = 1\n"})
    assert run(".").sources == run("a/b.tfvars", force_exclude=True).sources == []
    assert problems(run("a/b.tfvars")) == [
        ("syntax", "there is no Terraform configuration next to it", at_start("a/b.tfvars"))
    ]


def test_data_that_terraform_reads_is_no_input_of_its_own(build: Build) -> None:
    build(
        {
            "a/main.tf": 'locals {\n  rows = csvdecode(file("${path.module}/routes.csv"))\n}\n'
            + TF.replace('"10.1.0.0/16"', "local.rows[0].RouteDest"),
            "a/routes.csv": CSV,
            "a/others.csv": CSV,
        }
    )
    assert files(run(".")) == [("terraform", "a/main.tf"), ("route-set", "a/others.csv")]
    assert files(run("a/routes.csv", "a")) == [("terraform", "a/main.tf"), ("route-set", "a/others.csv")]
    assert files(run("a/routes.csv")) == [("route-set", "a/routes.csv")]


def test_variables_and_workspace_are_handed_on(build: Build) -> None:
    text = TF.replace('"10.1.0.0/16"', "var.dest").replace('"vco-a"', "terraform.workspace")
    build({"a/main.tf": 'variable "dest" {}\n' + text, "vars/prod.tfvars": 'dest = "10.9.0.0/16"\n'})
    [reading] = run("a", var_files=["vars/prod.tfvars"], workspace="vco-x").sources
    fields = reading.records[0].fields
    assert (fields["RouteDest"].value, fields["NextHop"].value) == ("10.9.0.0/16", "vco-x")
    assert "vars/prod.tfvars" in reading.files


@pytest.mark.parametrize("repository", [True, False])
def test_terraform_reads_nothing_outside_of_the_repository(
    build: Build, tmp_path: Path, repository: bool
) -> None:
    build(
        {
            "secret.txt": "10.2.0.0/16",
            "repo/shared/dest.txt": "10.1.0.0/16",
            "repo/a/main.tf": TF.replace('"10.1.0.0/16"', 'file("../shared/dest.txt")')
            + TF.replace('"10.1.0.0/16"', 'file("../../secret.txt")').replace("hq", "foreign"),
        }
    )
    if repository:
        (tmp_path / "repo" / ".git").mkdir()
    else:
        os.chdir("repo")
    [reading] = run("repo/a" if repository else "a").sources
    known, foreign = (record.fields["RouteDest"].value for record in reading.records)
    assert (known, isinstance(foreign, str)) == ("10.1.0.0/16", False)


# -- standard input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ENTRY, "route-set"),
        (JSON, "route-set"),
        (LINES, "route-set"),
        (CSV, "route-set"),
        (ROS, "ros"),
        (PULUMI, "pulumi"),
        (SHELL, "cli"),
        (COMMAND, "cli"),
        (PLAN, "terraform-plan"),
        (STATE, "terraform-state"),
        (PREVIEW, "pulumi-stack"),
        (LIVE, "live"),
    ],
)
def test_standard_input_by_its_text(build: Build, text: str, kind: str) -> None:
    build({})
    inputs = run("-", "-", stdin=text.encode)
    assert files(inputs) == [(kind, "<stdin>")]
    assert problems(inputs) == []


def test_terraform_from_standard_input(build: Build) -> None:
    build({"other.tf": TF.replace("hq", "other")})
    [reading] = run("-", stdin=TF.encode).sources
    assert (reading.kind, reading.files, len(reading.records)) == ("terraform", ["<stdin>/main.tf"], 1)
    assert reading.records[0].location == Location("<stdin>/main.tf", 2, 1, 2, 47)


def test_standard_input_stands_for_the_file_that_it_is_named_after(build: Build) -> None:
    build(
        {"a/main.tf": "", "a/dest.tf": 'locals {\n  dest = "10.9.0.0/16"\n}\n', "a/b.yaml": "[]", "new/x": ""}
    )
    text = TF.replace('"10.1.0.0/16"', "local.dest")
    [reading] = run("-", stdin=text.encode, stdin_filename="a/main.tf").sources
    assert (reading.root, reading.files) == ("a", ["a/dest.tf", "a/main.tf"])
    assert reading.records[0].fields["RouteDest"].value == "10.9.0.0/16"
    inputs = run("a", "-", stdin=ENTRY.encode, stdin_filename="./a/b.yaml")
    assert [(one.kind, one.files, len(one.records)) for one in inputs.sources] == [
        ("route-set", ["a/b.yaml"], 1)
    ]
    [reading] = run("-", stdin=TF.encode, stdin_filename="new/main.tf").sources
    assert (reading.root, reading.files) == ("new", ["new/main.tf"])
    assert files(run("-", stdin=COMMAND.encode, stdin_filename="a")) == [("cli", "a")]  # not the folder
    [reading] = run("-", stdin=CSV.encode, stdin_filename="new/y.csv").sources
    assert (reading.kind, reading.files) == ("route-set", ["new/y.csv"])


def test_standard_input_of_no_kind(build: Build) -> None:
    build({})
    assert problems(run("-", stdin=b"hello\n".decode().encode)) == [("syntax", NO_KIND, at_start("<stdin>"))]
    assert problems(run("-", stdin=b"".decode().encode)) == [
        ("syntax", "the file is empty", at_start("<stdin>"))
    ]
    forced = run("-", stdin=ENTRY.encode, stdin_filename="a/b.yaml", exclude=["a"], force_exclude=True)
    assert forced.sources == []


# -- --as -------------------------------------------------------------------------------------------------


def test_an_unknown_kind_is_a_wrong_call(build: Build) -> None:
    build({"a.yaml": ENTRY})
    with pytest.raises(VcolintError, match=r'^unknown kind "route-sets"; did you mean "route-set"\?$'):
        run("a.yaml", as_kind="route-sets")
    with pytest.raises(
        VcolintError, match=r'^unknown kind "zzz"; use one of route-set, terraform, ros, pulumi, cli'
    ):
        run("a.yaml", as_kind="zzz")


def test_a_kind_can_be_forced(build: Build) -> None:
    build({"a.json": LIVE, "b.txt": ENTRY, "c.yaml": "a: b\n", "d.txt": TF, "e.json": "{}"})
    assert files(run("a.json", as_kind="route-set")) == [("route-set", "a.json")]
    assert files(run("b.txt", as_kind="route-set")) == [("route-set", "b.txt")]
    assert files(run("c.yaml", as_kind="route-set", force_exclude=True)) == [("route-set", "c.yaml")]
    assert files(run("e.json", as_kind="terraform-plan")) == [("terraform-plan", "e.json")]
    [reading] = run("d.txt", as_kind="terraform").sources
    assert (reading.kind, len(reading.records)) == ("terraform", 1)
    assert files(run("-", as_kind="live", stdin=LIVE.encode)) == [("live", "<stdin>")]


def test_in_a_walk_a_kind_is_forced_on_files_that_can_be_of_it(build: Build) -> None:
    build({"a.json": LIVE, "b.yaml": ENTRY, "c.jsonl": LIVE + "\n", "d.csv": "a,b\n", "e.json": "{"})
    inputs = run(".", as_kind="live")
    assert files(inputs) == [
        ("route-set", "b.yaml"),
        ("live", "a.json"),
        ("live", "c.jsonl"),
        ("live", "e.json"),
    ]
    assert [location[0] for _, _, location in problems(inputs)] == ["e.json"]


# -- live -------------------------------------------------------------------------------------------------


def test_live_files_are_what_the_sets_are_held_against(build: Build, tmp_path: Path) -> None:
    build(
        {
            "a.yaml": ENTRY,
            "live/1.json": LIVE,
            "live/2.json": ("\ufeff" + LIVE).encode("utf-16"),
            "live/x.txt": "",
        }
    )
    build({"sub/keep": ""})
    inputs = run("a.yaml", live=["live/2.json", "./live/2.json"])
    assert [(one.kind, one.files) for one in inputs.live] == [("live", ["live/2.json"])]
    assert files(inputs) == [("route-set", "a.yaml")]
    os.chdir("sub")
    inputs = run("../a.yaml", live=["live/*.json"], base=tmp_path)
    assert [one.files for one in inputs.live] == [["../live/1.json"], ["../live/2.json"]]
    inputs = run("../a.yaml", live=["live/1.json"], base=tmp_path)
    assert [one.files for one in inputs.live] == [["../live/1.json"]]
    assert run("../a.yaml", live=["none/*.json"], base=tmp_path).live == []


def test_what_a_module_holds_is_told_by_the_text_from_standard_input(build: Build) -> None:
    """Not by the file for which this text stands."""
    build({"a/main.tf": "locals {}\n", "b/main.tf": TF})
    [reading] = run("-", stdin=TF.encode, stdin_filename="a/main.tf", force_exclude=True).sources
    assert (reading.root, len(reading.records)) == ("a", 1)
    assert run("-", stdin=b"locals {}\n".strip, stdin_filename="b/main.tf", force_exclude=True).sources == []


def test_live_files_that_cannot_be_read(build: Build) -> None:
    build(
        {
            "a.yaml": ENTRY,
            "live.json": '{"VcoRouteEntries": [}',
            "live.yaml": "RegionId: r-a\n",
            "latin.json": b'{"a": "\xe9"}',
            "empty.json": " \n",
        }
    )
    found = problems(run("a.yaml", live=["live.json", "live.yaml", "latin.json", "empty.json"]))
    assert found == [
        ("syntax", 'expected a JSON value, not "}"', ("live.json", 1, 22, 1, 23)),
        ("syntax", 'expected a JSON value, not "RegionId"', ("live.yaml", 1, 1, 1, 9)),
        ("syntax", "byte 0xe9 is not UTF-8", ("latin.json", 1, 8, 1, 8)),
        ("syntax", "the file is empty", at_start("empty.json")),
    ]
    for name, message in (
        ("none.json", "none.json: this live snapshot does not exist"),
        (".", ".: this live snapshot does not exist"),
    ):
        with pytest.raises(VcolintError) as caught:
            run("a.yaml", live=[name])
        assert str(caught.value) == message


# -- anything ---------------------------------------------------------------------------------------------

SAMPLES = [text for _, text, _ in (*IN_A_WALK, *WHEN_NAMED)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sample=st.sampled_from(SAMPLES),
    cut=st.integers(0, 400),
    junk=st.sampled_from(
        [b"", b"\x00", b"\xff\xfe", b"[" * 2000, b'{"a":' * 2000, b"<<", b"'", b"\r", b"\xe2\x80\xa8"]
    ),
    name=st.sampled_from(
        ["a.yaml", "a.json", "a.jsonl", "a.csv", "a.sh", "a.tf", "a.tf.json", "a", "a.tfstate"]
    ),
)
def test_broken_files_never_end_a_run(
    tmp_path_factory: pytest.TempPathFactory, sample: str, cut: int, junk: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    data = sample.encode()
    (folder / name).write_bytes(data[:cut] + junk + data[cut + 1 :])
    inputs = run(str(folder / name))
    assert len(inputs.sources) + len(inputs.sets) == 1  # what is named is read, or a fault
    assert len(run(str(folder)).sources) <= 1
    for _, _, location in problems(inputs):
        assert location.line >= 1
        assert location.column >= 1


# -- nothing ----------------------------------------------------------------------------------------------


def test_why_nothing_was_read(build: Build) -> None:
    build({"a/x.md": "", "b/y.yaml": ENTRY, "b/z.yaml": ENTRY})
    assert run().notice == "no path was given"
    assert run("a").notice == "there is no file of a known kind in a, or exclude or .gitignore leaves it out"
    assert run("a", "b", exclude=["*.yaml"]).notice == (
        "there is no file of a known kind in a and b, or exclude or .gitignore leaves it out"
    )
    assert run("a", "b").notice is None
    assert run("a", live=[]).notice is not None


def test_other_readers_are_not_loaded(build: Build) -> None:
    """A run over YAML loads neither the Terraform reader nor what only other kinds need."""
    build({"a.yaml": ENTRY})
    code = (
        "import sys; from vcolint.read.inputs import read; from vcolint.read.finding import Request;"
        "read(Request(['.']));"
        "print(list(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, env={"PYTHONPATH": str(root)}
    )
    loaded = set(eval(done.stdout))
    assert loaded.isdisjoint(
        {"tree_sitter", "tree_sitter_hcl", "pathspec"}
        | {
            f"vcolint.read.{name}"
            for name in ("terraform", "ros", "pulumi", "shell", "plan", "state", "live", "csv")
        }
    )
    assert "vcolint.read.route_set" in loaded


def test_sets_are_not_even_read_in_a_walk(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build({name: text for name, text, _ in WHEN_NAMED})
    for name in ("plan", "state", "pulumi", "live"):
        monkeypatch.setitem(sys.modules, f"vcolint.read.{name}", None)
        monkeypatch.delattr(f"vcolint.read.{name}", raising=False)
    assert run(".").sets == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (JSON, "route-set"),
        ('{"Routes": [' + JSON[1:-1] + "]}", "route-set"),
        ('[{"RouteDest": ""}, {"VcoRouteEntries": []}]', "route-set"),
        ('{"body": {"VcoRouteEntries": []}}', "live"),
        # What is broken is told by the keys that it holds.
        ('{"format_version": "1", "planned_values": {', "terraform-plan"),
        ('{"VcoRouteEntries": [', "live"),
        ("[" * 100_000, "route-set"),
        ('{"a":' * 100_000 + '"steps"', "route-set"),
        ('{"Routes": "[", "deployment": "]"}', "pulumi-stack"),
        ('{"Routes": [{"steps": 1}], "config": {"deployment": 1}}', None),
    ],
)
def test_the_keys_of_a_document_tell_its_kind(text: str, kind: str | None) -> None:
    assert recognise.kind_of(Source("a.json", text), "json", True) == kind


@pytest.mark.skipif(not REAL.is_dir(), reason="the files of other projects are not here")
def test_files_of_other_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REAL)
    routes = {
        reading.root or reading.files[0]: len(reading.records)
        for reading in run(".").sources
        if len(reading.records) or reading.unlisted
    }
    assert routes.keys() - {"terraform"} <= {
        # A response of a sibling call, without any of the fields by which that can be told.
        "api/docs_samples/AlibabaCloudDocs__vpn__cn.zh-CN__CreateVpnRouteEntry__2.json"
    }
    assert routes["terraform"] > 0
    every = [path for path in sorted(REAL.rglob("*")) if path.is_file()]
    read_one_by_one = [run(path.relative_to(REAL).as_posix()) for path in every]
    assert len(read_one_by_one) == len(every)
    assert all(inputs.sources or inputs.sets for inputs in read_one_by_one)


def test_only_links_are_resolved(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build({f"{folder}/{number}.yaml": ENTRY for folder in ("a", "b") for number in range(20)})
    os.symlink("0.yaml", "a/link.yaml")
    real, asked = os.path.realpath, []

    def realpath(path: str) -> str:
        asked.append(path)
        return real(path)

    monkeypatch.setattr("os.path.realpath", realpath)
    assert len(files(run("."))) == 40
    assert [os.path.basename(path) for path in asked if path.endswith(".yaml")] == ["link.yaml"]
    asked.clear()
    assert len(files(run(*(f"a/{number}.yaml" for number in range(20)), "a/link.yaml"))) == 20
    assert [os.path.basename(path) for path in asked if path.endswith(".yaml")] == ["link.yaml"]
