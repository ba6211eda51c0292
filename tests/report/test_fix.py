"""Fixes: the bytes of every format before and after, what is not mended and why, and that a file is either
the old or the new one, whatever happens."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, collapse_addresses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from tests.command_line import Run, empty_repository, put, runner
from vcolint.config.load import settle
from vcolint.library import read_paths, run_over
from vcolint.model.settings import Config
from vcolint.report.finding import Edit, Report
from vcolint.report.fixes import apply, diff, fix, write
from vcolint.text.value import Location

ID = "vco-p0w2jpkhi2eeop6q6abcd"
HEAD = f"RegionId: cn-hangzhou\nVpnConnectionId: {ID}\nNextHop: {ID}\nRoutes:\n"
SHARED = f"RegionId: cn-hangzhou, VpnConnectionId: {ID}, NextHop: {ID}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory."""
    return empty_repository(tmp_path, monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys, "check")


def codes(*paths: str) -> list[str]:
    return [finding.code for finding in vcolint.check_paths(paths or ["."], config={}).findings]


# -- what becomes of a file, byte by byte -------------------------------------------------------------------
#
# Each format as a function of what a fix may change.


def yaml(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    return (
        f"{HEAD}  # office\n  - RouteDest: {dest} # here\n    Weight: {weight}\n    OverlayMode:   {mode}\n"
    )


def flow(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    return f"{HEAD}  - {{Weight: {weight},OverlayMode: {mode}, RouteDest: {dest}, Description: 'a  b'}}"


def hoisted(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    routes = f"  - RouteDest: {dest}\n  - {{RouteDest: 10.2.0.0/16, Description: b}}\n"
    return f"%YAML 1.2\n---\nOverlayMode: {mode}\nWeight: {weight} # all\n{HEAD}{routes}...\n"


def json_text(dest: str, mode: str = '"Ipsec"', weight: str = "100") -> str:
    return (
        f'{{ "RegionId":"cn-hangzhou",\r\n"VpnConnectionId":"{ID}","NextHop" : "{ID}",'
        f'"RouteDest":{dest},"Weight":{weight}, "OverlayMode"\t:{mode}}}'
    )


def json_list(dest: str, mode: str = '"Ipsec"', weight: str = "100") -> str:
    return f"[\n{json_text(dest, mode, weight)}\n]\n"


def json_lines(dest: str, mode: str = '"Ipsec"', weight: str = "100") -> str:
    return "\n" + json_text(dest, mode, weight).replace("\r\n", "") + "\n"


def csv(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    header = "RegionId;VpnConnectionId;NextHop;RouteDest;Weight;OverlayMode"
    return f'{header}\r\n"cn-hangzhou";{ID};{ID};{dest};{weight};{mode}\r\n'


def hcl(dest: str, mode: str = '"Ipsec"', weight: str = "100") -> str:
    return f"""\
resource "alicloud_vpn_gateway_vco_route" "office" {{
  count             = 2 /* instances */
  vpn_connection_id = "vco-${{count.index}}" # é
  next_hop          = "vco-${{count.index}}"
  route_dest        ={dest}
  weight            = {weight}
  overlay_mode      = {mode} // as ever
}}
"""


def tf_json(dest: str, mode: str = '"Ipsec"', weight: str = "100") -> str:
    fields = f'"vpn_connection_id": "{ID}","next_hop":"{ID}", "route_dest":{dest}, "weight":{weight}'
    return (
        f'{{"resource": {{"alicloud_vpn_gateway_vco_route": {{"a": {{{fields},"overlay_mode":{mode}}}}}}}}}'
    )


def shell(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    return f"""\
#!/bin/sh
set -e # é
aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou --VpnConnectionId {ID} --NextHop {ID} \\
  --RouteDest={dest} --Weight {weight} --OverlayMode {mode} # office
"""


def ros(dest: str, mode: str = "", weight: str = "100") -> str:
    return f"""\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  A:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties: {{VpnConnectionId: {ID}, NextHop: {ID}, RouteDest: {dest}, Weight: {weight}}}
"""


def pulumi(dest: str, mode: str = "Ipsec", weight: str = "100") -> str:
    own = f"routeDest: {dest}, weight: {weight}, overlayMode: {mode}"
    return f"""\
name: x
runtime: yaml
resources:
  a:
    type: alicloud:vpn:GatewayVcoRoute
    properties: {{vpnConnectionId: {ID}, nextHop: {ID}, {own}}}
"""


FORMATS: list[tuple[str, Callable[..., str], str]] = [  # and the quotes that texts have
    ("a.yaml", yaml, ""),
    ("a.yaml", yaml, "'"),
    ("a.yml", flow, '"'),
    ("a.yaml", hoisted, ""),
    ("a.yaml", json_text, '"'),
    ("a.json", json_text, '"'),
    ("a.json", json_list, '"'),
    ("a.jsonl", json_lines, '"'),
    ("a.csv", csv, ""),
    ("a.csv", csv, '"'),
    ("main.tf", hcl, '"'),
    ("main.tf.json", tf_json, '"'),
    ("a.sh", shell, ""),
    ("a.sh", shell, "'"),
    ("a.sh", shell, '"'),
    ("ros.yaml", ros, ""),
    ("Pulumi.yaml", pulumi, '"'),
]


@pytest.mark.parametrize(("name", "text", "quote"), FORMATS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_values_are_mended_in_every_format(
    run: Run, name: str, text: Callable[..., str], quote: str, end: str, mark: str
) -> None:
    def made(dest: str, mode: str) -> bytes:
        lines = text(f"{quote}{dest}{quote}", f"{quote}{mode}{quote}").replace("\r\n", "\n").split("\n")
        return (mark + end.join(lines)).encode()

    path = put(name, made("10.1.0.0/255.255.0.0", "iPSEC"))
    found = codes()
    assert "VCO103" in found
    result = run("--fix", "--quiet")
    assert path.read_bytes() == made("10.1.0.0/16", "Ipsec")
    assert (result.err, {"VCO103", "VCO703"} & set(codes())) == ("", set())

    path.write_bytes(made("10.1.255.1/16", "Ipsec"))
    assert run("--fix", "--quiet").status == 1
    assert path.read_bytes() == made("10.1.255.1/16", "Ipsec")  # not a safe one
    assert run("--unsafe-fixes", "--quiet").status == 0
    assert path.read_bytes() == made("10.1.0.0/16", "Ipsec")
    before = path.stat()
    assert run("--unsafe-fixes", "--quiet").err == ""
    assert path.stat() == before  # not written again


@pytest.mark.parametrize("text", [yaml, flow, hoisted])
@pytest.mark.parametrize("quote", "'\"")
@pytest.mark.parametrize("weight", ["0", "100"])
def test_the_quotes_of_a_weight(run: Run, text: Callable[..., str], quote: str, weight: str) -> None:
    path = put("a.yaml", text("10.1.0.0/16", weight=f"{quote}{weight}{quote}"))
    assert "VCO402" in codes()
    run("--fix")
    assert path.read_text() == text("10.1.0.0/16", weight=weight)
    assert "VCO402" not in codes()


def test_the_quotes_of_a_weight_in_json(run: Run) -> None:
    path = put("a.json", json_list('"10.1.0.0/16"', weight='"100"').encode())
    run("--fix")
    assert path.read_bytes() == json_list('"10.1.0.0/16"', weight="100").encode()


# -- what is not mended -------------------------------------------------------------------------------------

FROM_ANCHOR = "the value comes from a YAML anchor"
COMPUTED = "the value comes from an expression or a variable"


@pytest.mark.parametrize(
    ("name", "text", "written", "reason"),
    [
        (
            "a.yaml",
            f"- &a {{{SHARED}, Weight: 100, RouteDest: 10.1.0.1/16}}\n- <<: *a\n  Weight: 0\n",
            "10.1.0.1/16",
            FROM_ANCHOR,
        ),
        (
            "a.yaml",
            f"- {{{SHARED}, Weight: 100, RouteDest: &d 10.1.0.1/16, Description: *d}}\n",
            "10.1.0.1/16",
            FROM_ANCHOR,
        ),
        (
            "a.yaml",
            f"- &a {{{SHARED}, Weight: 100, RouteDest: 10.1.0.1/16}}\n- *a\n",
            "10.1.0.1/16",
            FROM_ANCHOR,
        ),
        (
            "a.yaml",
            f'- {{{SHARED}, Weight: 100, RouteDest: "10.1.0.1\\/16"}}\n',
            '"10.1.0.1\\/16"',
            "the file does not contain the value in this form",
        ),
        (
            "a.yaml",
            f"- {{{SHARED}, Weight: 100, RouteDest: !!str 10.1.0.1/16}}\n",
            "!!str 10",
            "the file does not contain the value in this form",
        ),
        ("main.tf", hcl('"10.${1}.0.1/16"'), '"10.${', COMPUTED),
        ("a.sh", "D=10.1.0.1/16\n" + shell('"$D"').replace("#!/bin/sh\n", ""), '"$D"', COMPUTED),
        ("ros.yaml", ros('!Sub "10.1.0.1/16"'), "!Sub", COMPUTED),
    ],
)
def test_what_is_not_mended_is_said(run: Run, name: str, text: str, written: str, reason: str) -> None:
    path = put(name, text)
    lines = text[: text.index(written)].split("\n")
    place = f"{name}:{len(lines)}:{len(lines[-1]) + 1}"
    told = f"vcolint: warning: {place}: cannot fix VCO104: {reason}\n"
    assert told in run("--unsafe-fixes", "--ignore", "VCO201").err
    assert run("--fix").err == ""  # of an unsafe fix nothing is said where none is asked for
    assert path.read_bytes() == text.encode()
    assert run("--diff", "--unsafe-fixes", "--ignore", "VCO201").out == ""


def test_an_anchor_that_nothing_refers_to_stays(run: Run) -> None:
    path = put("a.yaml", f"- &a {{{SHARED}, Weight: &w '100', RouteDest: &d 10.1.0.1/16}} # x\n")
    run("--unsafe-fixes")
    assert path.read_text() == f"- &a {{{SHARED}, Weight: &w 100, RouteDest: &d 10.1.0.0/16}} # x\n"


def test_what_overrides_a_merged_value_is_mended(run: Run) -> None:
    text = f"- &a {{{SHARED}, Weight: 100, RouteDest: 10.1.0.1/16}}\n- <<: *a\n  RouteDest: 10.2.0.1/16\n"
    path = put("a.yaml", text)
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == text.replace(".0.1/16", ".0.0/16")


@pytest.mark.parametrize("kind", ["plan", "state"])
def test_what_programs_have_made_is_not_mended(run: Run, kind: str) -> None:
    resource = {
        "address": "alicloud_vpn_gateway_vco_route.a",
        "mode": "managed",
        "type": "alicloud_vpn_gateway_vco_route",
        "name": "a",
        "values": {"vpn_connection_id": ID, "next_hop": ID, "route_dest": "10.1.0.1/16", "weight": 100},
    }
    values = {"root_module": {"resources": [resource]}}
    data: dict[str, Any] = {"format_version": "1.2", "terraform_version": "1.5.0"}
    data |= {"values": values} if kind == "state" else {"planned_values": values, "resource_changes": []}
    path = put("x.json", json.dumps(data))
    before = path.read_bytes()
    assert "VCO104" in codes("x.json")
    result = run("--unsafe-fixes", "x.json")
    assert (result.status, path.read_bytes()) == (1, before)
    assert "cannot fix VCO104" in result.err


# -- taking entries out -------------------------------------------------------------------------------------


def item(dest: str, more: str = "") -> str:
    return f"  - {{RouteDest: {dest}, Weight: 100}}{more}\n"


def test_a_later_duplicate_goes_with_its_lines(run: Run) -> None:
    fields = "    Weight: 100\n\n    # inside\n    Description: |\n      x\n\n"
    block = f"  - RouteDest: '10.1.0.0/16'   # again\n{fields}"
    path = put("a.yaml", HEAD + item("10.1.0.0/16", " # first") + "  # stays\n" + block + item("10.2.0.0/16"))
    assert run("--unsafe-fixes").status == 0
    left = HEAD + item("10.1.0.0/16", " # first") + "  # stays\n\n" + item("10.2.0.0/16")
    assert path.read_text() == left


def test_the_only_entry_of_a_file_stays(run: Run) -> None:
    """Without it, the file would be no route set, and nothing would say so in a folder."""
    texts = {name: HEAD + item("10.1.0.0/16") for name in ("a.yaml", "b.yaml")}
    paths = [put(name, text) for name, text in texts.items()]
    result = run("--unsafe-fixes")
    assert [path.read_text() for path in paths] == [*texts.values()]
    assert "cannot fix VCO201: it is the only entry of its file" in result.err
    assert "fixable" not in result.out


def test_the_last_two_entries_of_a_file_stay(run: Run) -> None:
    texts = {name: HEAD + item("10.1.0.0/16") * 2 for name in ("a.yaml", "b.yaml")}
    paths = [put(name, text) for name, text in texts.items()]
    run("--unsafe-fixes")
    assert all("RouteDest" in path.read_text() for path in paths)


def test_a_suppression_goes_with_its_entry(run: Run) -> None:
    """Else it would speak for the next one."""
    comments = "  # vcolint: ignore[VCO303] one\n  # vcolint: ignore[VCO304] two\n"
    path = put("a.yaml", HEAD + item("10.1.0.0/16") + "  # mine\n" + comments + item("10.1.0.0/16"))
    run("--unsafe-fixes")
    assert path.read_text() == HEAD + item("10.1.0.0/16") + "  # mine\n"


def test_many_duplicates_of_several_entries(run: Run) -> None:
    rows = [f"10.{n % 3}.0.0/16" for n in range(30)]
    entries = [
        {"RegionId": "cn-hangzhou", "VpnConnectionId": ID, "NextHop": ID, "RouteDest": row, "Weight": 100}
        for row in rows
    ]
    path = put("a.json", json.dumps(entries, indent=1))
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == json.dumps(entries[:3], indent=1)
    lines = "".join(json.dumps(entry) + "\r\n" for entry in entries)
    path.unlink()
    path = put("a.jsonl", lines)
    assert run("--unsafe-fixes").status == 0
    assert path.read_bytes() == "".join(json.dumps(entry) + "\r\n" for entry in entries[:3]).encode()


def test_a_hash_sign_in_json_begins_no_comment(run: Run) -> None:
    entry = {"RegionId": "cn-hangzhou", "VpnConnectionId": ID, "NextHop": ID, "RouteDest": "10.1.0.0/16"}
    path = put("a.json", json.dumps([{**entry, "Description": "#1", "Weight": 100}] * 2))
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == json.dumps([{**entry, "Description": "#1", "Weight": 100}])


def test_a_row_of_several_lines(run: Run) -> None:
    header = "RegionId,VpnConnectionId,NextHop,RouteDest,Weight,Description\n"
    rows = [f'cn-hangzhou,{ID},{ID},10.{n}.0.0/16,100,"a\nb"\n' for n in (1, 1, 2)]
    path = put("a.csv", header + "".join(rows))
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == header + rows[0] + rows[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[{1}, {1}]", "[{1}]"),
        ("[{1},{1},{2}]", "[{1},{2}]"),
        ("[\n  {1}, # one\n  {1}, # two\n]", "[\n  {1}, # one\n  # two\n]"),
        ("[\n  {1},\n  {1}, # two\n]", "[\n  {1},\n  # two\n]"),
        ("[ {1} , {1} ]", "[ {1}  ]"),
        ("[{1},\n# a comment, [\n{1}]", "[{1},\n# a comment, [\n]"),
        ("[{1},\n# a comment,\n{1}]", None),
        ("[{1} # a,\n, {1}]", "[{1} # a,\n]"),
    ],
)
def test_an_item_of_a_flow_list(run: Run, before: str, after: str | None) -> None:
    def filled(text: str) -> str:
        text = HEAD.rstrip("\n") + f" {text}\n"
        for number in "12":
            text = text.replace(f"{{{number}}}", f"{{RouteDest: 10.{number}.0.0/16, Weight: 100}}")
        return text

    path = put("a.yaml", filled(before))
    err = run("--unsafe-fixes").err
    assert path.read_text() == filled(before if after is None else after)
    assert ("with the fix, the file can no longer be read as before" in err) == (after is None)


@pytest.mark.parametrize(
    "text",
    [
        "---\n".join([f"{{{SHARED}, RouteDest: 10.1.0.0/16, Weight: 100}}\n"] * 2),
        f"- {{{SHARED}, RouteDest: 10.1.0.0/16, Weight: 100}}\n"
        f"- # dash\n  {SHARED.replace(', ', chr(10) + '  ')}\n"
        "  RouteDest: 10.1.0.0/16\n  Weight: 100\n",
        f"- &a {{{SHARED}, RouteDest: 10.1.0.0/16, Weight: 100}}\n- *a\n",
    ],
)
def test_an_entry_that_cannot_go_stays(run: Run, text: str) -> None:
    path = put("a.yaml", text)
    assert codes().count("VCO201") == 1
    result = run("--unsafe-fixes")
    assert re.search("cannot fix VCO201: (the entry is|with the fix, the file can no longer)", result.err)
    assert (result.status, path.read_text()) == (1, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [("\n" + item("10.1.0.0/16"), "\n"), (" [{RouteDest: 10.1.0.0/16, Weight: 100}]\n", " []\n")],
)
def test_the_only_entry_of_a_list(run: Run, before: str, after: str) -> None:
    first = HEAD + item("10.1.0.0/16") + "---\n" + HEAD.rstrip()
    path = put("a.yaml", first + before)
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == first + after


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sh", shell("10.1.0.0/16") * 2),
        ("main.tf", hcl('"10.1.0.0/16"') + hcl('"10.1.0.0/16"').replace('"office"', '"b"')),
    ],
)
def test_scripts_and_terraform_keep_their_entries(run: Run, name: str, text: str) -> None:
    path = put(name, text)
    assert "cannot fix VCO201: vcolint removes entries only from route sets" in run("--unsafe-fixes").err
    assert path.read_text() == text


def test_what_is_redundant_goes_and_neighbours_become_one(run: Run) -> None:
    path = put("a.yaml", HEAD + item("10.0.0.0/9") + item("10.64.1.0/24") + item("10.128.0.0/9", " # last"))
    assert run("--unsafe-fixes", "--select", "VCO304,VCO307").status == 0
    assert path.read_text() == HEAD + item("10.0.0.0/8", " # last")


def test_one_fix_makes_room_for_another(run: Run) -> None:
    """Two spellings of a destination become duplicates, which go."""
    path = put("a.yaml", HEAD + item("10.1.0.0/255.255.0.0") + item("10.1.0.0/16") + item("10.1.0.9/16"))
    assert run("--unsafe-fixes").status == 0
    assert path.read_text() == HEAD + item("10.1.0.0/16")


# -- properties ---------------------------------------------------------------------------------------------

SPELLINGS = ["{}/{}", " {}/{}", "{}/{} ", "{}/0{}"]


@st.composite
def destinations(draw: st.DrawFn) -> str:
    length = draw(st.integers(1, 28))
    address = (
        draw(st.sampled_from([10 << 24, 11 << 24, 172 << 24 | 16 << 16])) + draw(st.integers(0, 3)) * 2**18
    )
    address &= ~(2 ** (32 - length) - 1)
    address += draw(st.sampled_from([0, 0, 0, 1]))
    network = IPv4Network((address, length), strict=False)
    dotted = ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
    if draw(st.booleans()):
        return (
            dotted + "/" + draw(st.sampled_from([str(length), str(network.netmask), str(network.hostmask)]))
        )
    return draw(st.sampled_from(SPELLINGS)).format(dotted, length)


def mended(text: str, *, unsafe: bool) -> tuple[str, Report]:
    """A route set after its fixes, in memory, and the report of it."""
    put("a.yaml", text)
    chosen = settle(Config(), ["VCO0", "VCO1", "VCO2", "VCO3", "VCO307", "VCO4", "VCO7"])

    def check(texts: Mapping[str, str]) -> Report:
        return run_over(read_paths(chosen.config, ["a.yaml"], overlay=texts), chosen)

    result = fix(check, unsafe=unsafe)
    return result.texts.get("a.yaml", text), result.report


def routed(text: str) -> dict[tuple[str, int], list[IPv4Network]]:
    """What is routed where, connection by connection and weight by weight; by the standard library."""
    put("a.yaml", text)
    found: dict[tuple[str, int], list[IPv4Network]] = {}
    for entry in vcolint.load("a.yaml", config={}):
        address, _, length = str(entry.route_dest).strip().partition("/")
        length = length if "." in length else length.lstrip("0")
        block = IPv4Network((address, length), strict=False)
        found.setdefault((str(entry.vpn_connection_id), int(str(entry.weight))), []).append(block)
    return {key: list(collapse_addresses(blocks)) for key, blocks in found.items()}


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["vco-a", "vco-b"]), destinations(), st.sampled_from(["0", "100", "'100'", '"0"'])
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.booleans())
def test_fixes_keep_what_is_routed_where_and_come_to_an_end(
    entries: list[tuple[str, str, str]], unsafe: bool
) -> None:
    text = "".join(
        f"- {{RegionId: cn-hangzhou, VpnConnectionId: {one}, NextHop: {one}, RouteDest: '{dest}', "
        f"Weight: {weight}}} # {n}\n"
        for n, (one, dest, weight) in enumerate(entries)
    )
    after, report = mended(text, unsafe=unsafe)
    assert routed(after) == routed(text)
    assert [finding for finding in report.findings if finding.fix and (unsafe or finding.fix.safe)] == []
    assert mended(after, unsafe=unsafe)[0] == after
    lines = after.splitlines()
    assert len(lines) == len(text.splitlines()) or unsafe
    assert [line.split(" # ")[1] for line in lines] == sorted(
        (line.split(" # ")[1] for line in lines), key=int
    )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_edits_change_their_own_places_alone(data: st.DataObject) -> None:
    """Against slicing by offsets."""
    text = data.draw(st.text("ab\r\n\u2028é", max_size=40))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    starts = [0]
    for at, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)

    def position(offset: int) -> tuple[int, int]:
        line = sum(start <= offset for start in starts)
        return line, offset - starts[line - 1] + 1

    edits = [Edit(Location("x", *position(start), *position(end)), f"<{start}>") for start, end in pairs]
    expected = text
    for start, end in reversed(pairs):
        expected = expected[:start] + f"<{start}>" + expected[end:]
    assert apply(text, edits) == expected


# -- the command line ---------------------------------------------------------------------------------------

BAD = HEAD + item("10.1.0.0/255.255.0.0") + item("10.2.0.1/16")
MENDED = HEAD + item("10.1.0.0/16") + item("10.2.0.1/16")
ALL_MENDED = HEAD + item("10.1.0.0/16") + item("10.2.0.0/16")


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        ([], 1, BAD),
        (["--fix"], 1, MENDED),
        (["--unsafe-fixes"], 0, ALL_MENDED),
        (["--fix", "--unsafe-fixes"], 0, ALL_MENDED),
        (["--fix", "--ignore", "VCO104"], 0, MENDED),
        (["--fix", "--fail-on", "never"], 0, MENDED),
        (["--fix", "--ignore", "VCO103"], 1, BAD),
        (["--diff"], 1, BAD),
        (["--diff", "--fix"], 1, BAD),
        (["--diff", "--unsafe-fixes", "--fail-on", "never"], 1, BAD),
        (["--diff", "--ignore", "VCO103"], 0, BAD),
    ],
)
def test_status(run: Run, arguments: list[str], status: int, text: str) -> None:
    """With --fix of what is left; --diff is 1 if it would change anything."""
    path = put("a.yaml", BAD)
    assert (run(*arguments).status, path.read_text()) == (status, text)


def test_what_is_suppressed_or_in_the_baseline_is_not_mended(run: Run) -> None:
    text = HEAD + item("10.1.0.0/255.255.0.0", " # vcolint: ignore[VCO103] later")
    path = put("a.yaml", text)
    assert (run("--fix").err, path.read_text()) == ("", text)
    path.write_text(BAD)
    run("--write-baseline", "b.json")
    assert (run("--fix", "--baseline", "b.json").status, path.read_text()) == (0, BAD)


def test_diff(run: Run) -> None:
    put("a.yaml", BAD.replace("\n", "\r\n"))
    put("sub/b.yaml", BAD.rstrip("\n") + " # \x1b[31m")
    result = run("--diff", "--unsafe-fixes")
    assert result.out == (
        "--- a.yaml\n+++ a.yaml\n@@ -2,5 +2,5 @@\n"
        f" VpnConnectionId: {ID}\r\n NextHop: {ID}\r\n Routes:\r\n"
        "-  - {RouteDest: 10.1.0.0/255.255.0.0, Weight: 100}\r\n"
        "-  - {RouteDest: 10.2.0.1/16, Weight: 100}\r\n"
        "+  - {RouteDest: 10.1.0.0/16, Weight: 100}\r\n+  - {RouteDest: 10.2.0.0/16, Weight: 100}\r\n"
    )


def test_diff_stands_alone(run: Run) -> None:
    put("a.yaml", BAD)
    for more in (["--output", "json"], ["--statistics"], ["--write-baseline", "b.json"]):
        result = run("--diff", *more)
        assert (result.status, result.out) == (2, "")
        assert (
            result.err
            == "vcolint: error: --diff prints only a diff: drop --output, --statistics and --write-baseline\n"
        )
    assert not Path("b.json").exists()


def test_the_summary_of_what_was_done(run: Run) -> None:
    put("a.yaml", BAD)
    put("b/b.yaml", MENDED.replace("10.1.", "10.7.").replace("10.2.", "10.8."))
    assert run("--unsafe-fixes").err == "vcolint: note: fixed 3 findings in 2 files\n"
    assert run("--unsafe-fixes").err == ""


# -- standard input -----------------------------------------------------------------------------------------


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def given(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return given


@pytest.mark.parametrize("name", [[], ["--stdin-filename", "x/routes.yaml"], ["--stdin-filename", "a.yaml"]])
def test_standard_input_goes_mended_to_standard_output(
    run: Run, stdin: Callable[[bytes], None], name: list[str]
) -> None:
    path = put("a.yaml", "[]\n")
    stdin(b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode())
    result = run("-", "--fix", "--quiet", *name)
    assert result.out == "\ufeff" + MENDED.replace("\n", "\r\n")
    assert (result.status, path.read_text()) == (1, "[]\n")
    assert result.err.startswith("error[VCO104]")


def test_standard_input_that_cannot_be_read_comes_back_as_it_is() -> None:
    program = [sys.executable, "-m", "vcolint", "check", "-", "--fix"]
    done = subprocess.run(program, input=b"\xff: no text\r", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"\xff: no text\r")
    assert done.stderr.startswith(b"error[VCO001]")


def test_a_diff_of_standard_input(run: Run, stdin: Callable[[bytes], None]) -> None:
    stdin(MENDED.encode())
    result = run("-", "--diff", "--unsafe-fixes", "--stdin-filename", "r.yaml")
    assert result.status == 1
    assert result.out.startswith("--- r.yaml\n+++ r.yaml\n")


# -- writing ------------------------------------------------------------------------------------------------


def test_mode_and_links_stay(run: Run) -> None:
    path = put("real/a.yaml", BAD)
    path.chmod(0o640)
    Path("link.yaml").symlink_to("real/a.yaml")
    run("--fix", "link.yaml")
    assert Path("link.yaml").is_symlink()
    assert path.read_text() == MENDED
    assert path.stat().st_mode & 0o7777 == 0o640


def test_a_script_stays_executable(run: Run) -> None:
    path = put("a.sh", shell("10.1.0.0/255.255.0.0"))
    path.chmod(0o755)
    run("--fix")
    assert (path.read_text(), path.stat().st_mode & 0o777) == (shell("10.1.0.0/16"), 0o755)


def test_a_file_outside_of_the_working_directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("routes/a.yaml", BAD).absolute()
    Path("other").mkdir()
    monkeypatch.chdir("other")
    run("--fix", "../routes")
    assert path.read_text() == MENDED
    path.write_text(BAD)
    run("--fix", str(path))
    assert path.read_text() == MENDED


def test_a_module_that_two_roots_call_is_mended_once(run: Run) -> None:
    put("one/main.tf", 'module "m" {\n  source = "../shared"\n}\n')
    put("two/main.tf", 'module "m" {\n  source = "../shared"\n}\n')
    path = put("shared/main.tf", hcl('"10.1.0.0/255.255.0.0"'))
    run("--fix", "one", "two")
    assert path.read_text() == hcl('"10.1.0.0/16"')


@pytest.mark.parametrize("point", ["replace", "write"])
def test_an_interrupted_write_leaves_the_old_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    path = put("a.yaml", BAD)

    def fail(*arguments: Any, **options: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    if point == "replace":
        monkeypatch.setattr(os, "replace", fail)
    else:
        monkeypatch.setattr("vcolint.report.fixes.replace_file", fail)
    result = run("--fix")
    assert (result.status, result.out) == (2, "")
    assert result.err == "vcolint: error: a.yaml: cannot be written: Permission denied\n"
    assert path.read_text() == BAD
    assert sorted(os.listdir()) == [".git", "a.yaml"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(run: Run, folder: Path) -> None:
    put("a.yaml", BAD)
    folder.chmod(0o555)
    try:
        assert run("--fix").err == "vcolint: error: a.yaml: cannot be written: Permission denied\n"
    finally:
        folder.chmod(0o755)


def test_a_file_that_changed_meanwhile_is_left(run: Run) -> None:
    path = put("a.yaml", BAD)
    chosen = settle(Config())
    result = fix(lambda texts: run_over(read_paths(chosen.config, overlay=texts), chosen), unsafe=False)
    path.write_text(BAD + "# more\n")
    with pytest.raises(vcolint.VcolintError, match="changed while vcolint was running"):
        write(result)
    assert path.read_text() == BAD + "# more\n"
    assert diff(result).startswith("--- a.yaml\n+++ a.yaml\n")


def test_a_fix_that_would_do_harm_is_taken_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an edit is: the text is read again before it is written."""
    from vcolint.report import fixes

    path = put("a.yaml", BAD + item("10.1.0.0/16"))
    real = fixes.Fixes.of

    def wild(self: Any, finding: Any) -> Any:
        made = real(self, finding)
        if made is None or finding.code != "VCO103":
            return made
        return made._replace(edits=tuple(edit._replace(text="{") for edit in made.edits))

    monkeypatch.setattr(fixes.Fixes, "of", wild)
    result = run("--unsafe-fixes")
    assert path.read_text() == (BAD + item("10.1.0.0/16")).replace("10.2.0.1", "10.2.0.0")
    told = "cannot fix VCO103: with the fix, the file can no longer be read as before"
    assert told in result.err

    def greedy(self: Any, finding: Any) -> Any:
        made = real(self, finding)
        if made is None or finding.code != "VCO201":
            return made
        (edit,) = made.edits
        return made._replace(edits=(edit._replace(location=edit.location._replace(line=5)),))

    path.write_text(HEAD + item("10.1.0.0/16") + item("10.2.0.0/16") + item("10.1.0.0/16"))
    monkeypatch.setattr(fixes.Fixes, "of", greedy)
    assert (
        "cannot fix VCO201: with the fix, the file can no longer be read as before"
        in run("--unsafe-fixes").err
    )
    assert path.read_text() == HEAD + item("10.1.0.0/16") + item("10.2.0.0/16") + item("10.1.0.0/16")


def test_a_file_that_cannot_be_read_is_left(run: Run) -> None:
    path = put("a.yaml", BAD + "  - {\n")
    other = put("b.yaml", BAD)
    assert run("--fix").status == 1
    assert path.read_text() == BAD + "  - {\n"
    assert other.read_text() == MENDED
