"""`vcolint paths`, `trace` and `diff`: as a library against brute force, and on the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from netaddr import IPNetwork

import vcolint
from tests.model.test_forwarding import ADDRESSES, NETWORKS, Row, carried, holds
from vcolint.cli import main
from vcolint.errors import VcolintError
from vcolint.model import network
from vcolint.model.settings import KINDS, Config
from vcolint.report.comparison import Diff, compare, live_side

A, B = "vco-a1", "vco-b2"


def entry(connection: str, destination: str, weight: int = 100) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
    }


def entries(rows: list[Row]) -> list[dict[str, Any]]:
    return [
        entry(f"vco-{connection}", network.text(block), weight or 0) for block, connection, weight in rows
    ]


@st.composite
def sets(draw: st.DrawFn) -> list[Row]:
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(NETWORKS), st.sampled_from("ab"), st.sampled_from([0, 100])), max_size=5
        )
    )
    return list(dict.fromkeys(rows))


def survives(rows: list[Row], address: int) -> bool:
    now = carried(rows, address, ()).carriers or ()
    return bool(now) and all(carried(rows, address, {one}).carriers for one in now)


def kind_of(old: list[Row], new: list[Row], address: int) -> str | None:
    before, after = (carried(rows, address, ()).carriers for rows in (old, new))
    if before != after:
        return "new" if not before else "lost" if not after else "moved"
    if survives(old, address) == survives(new, address):
        return None
    return "weaker" if survives(old, address) else "stronger"


@settings(max_examples=200, deadline=None)
@given(sets(), sets())
def test_diff_against_brute_force(old: list[Row], new: list[Row]) -> None:
    change = vcolint.diff(old=entries(old), new=entries(new))
    expected = {address: kind for address in ADDRESSES if (kind := kind_of(old, new, address))}
    told: dict[int, str] = {}
    for domain in change.domains:
        for one in domain.changes:
            block = network.parse(one.cidr)
            assert block is not None
            for address in ADDRESSES:
                if holds(block, address):
                    assert address not in told
                    told[address] = one.kind
    assert told == expected
    assert sum(one.addresses for kind in KINDS for one in change.of(kind)) == len(expected)
    mirror = vcolint.diff(old=entries(new), new=entries(old))
    turned = {"new": "lost", "lost": "new", "weaker": "stronger", "stronger": "weaker", "moved": "moved"}
    for kind in KINDS:
        assert [one.cidr for one in change.of(kind)] == [one.cidr for one in mirror.of(turned[kind])]


@settings(max_examples=100, deadline=None)
@given(sets())
def test_a_set_and_itself(rows: list[Row]) -> None:
    change = vcolint.diff(old=entries(rows), new=entries(rows[::-1]))
    assert (change.domains, change.new_findings[:0]) == ([], [])


@settings(max_examples=100, deadline=None)
@given(sets(), st.sampled_from(list(ADDRESSES)), st.sets(st.sampled_from("ab")))
def test_trace_names_every_route_in_order(rows: list[Row], address: int, down: set[str]) -> None:
    used = {connection for _, connection, _ in rows}
    failed = [f"vco-{one}" for one in down & used]
    found = vcolint.paths(entries(rows)).trace(network.address_text(address), down=failed)
    here = [one for one in rows if holds(one[0], address)]
    if not here:
        assert found.domains == ()
        return
    ((part,),) = (domain.parts for domain in found.domains)
    keys = [(-int(one.cidr.partition("/")[2]), one.weight != 100) for one in part.candidates]
    assert keys == sorted(keys)
    assert len(keys) == len(here)
    expected = carried(rows, address, down & used).carriers or ()
    assert sorted({one.connection for one in part.candidates if one.carries}) == [
        f"vco-{one}" for one in expected
    ]
    assert part.carriers == tuple(f"vco-{one}" for one in expected)


def test_halves_of_a_network_on_one_connection_are_no_change() -> None:
    halves = [entry(A, "10.0.0.0/17"), entry(A, "10.0.128.0/17")]
    change = vcolint.diff(old=[entry(A, "10.0.0.0/16")], new=halves)
    assert change.domains == []


def test_library() -> None:
    table = vcolint.paths([entry(A, "10.0.0.0/16"), entry(B, "10.0.0.0/16", 0), entry(A, "10.1.0.0/16")])
    first, second = table.domains[0].destinations
    assert (first.network, first.carriers, first.survives) == (IPNetwork("10.0.0.0/16"), (A,), True)
    assert (second.network, second.carriers, second.survives) == (IPNetwork("10.1.0.0/16"), (A,), False)
    assert (table.destinations, table.surviving) == (2, 1)
    assert table.trace("10.0.3.4", down=[A]).domains[0].parts[0].carriers == (B,)
    (entry_read,) = vcolint.paths([entry(A, "10.0.0.9/16")]).domains[0].destinations
    assert entry_read.cidr == "10.0.0.0/16"
    change = vcolint.diff(old=[entry(A, "10.0.0.0/16")], new=[entry(B, "10.0.0.0/16")])
    assert isinstance(change, Diff)
    assert [(one.network, one.before.carriers, one.after.carriers) for one in change.moved] == [
        (IPNetwork("10.0.0.0/16"), (A,), (B,))
    ]


def test_network_of_an_entry() -> None:
    known = vcolint.RouteEntry("cn-hangzhou", A, "10.1.2.3/16", A, 100)
    assert known.network == IPNetwork("10.1.0.0/16")
    for text in (None, "10.0.0.0", vcolint.Unknown("later")):
        assert known._replace(route_dest=text).network is None


def test_wrong_calls() -> None:
    table = vcolint.paths([entry(A, "10.0.0.0/16")])
    with pytest.raises(VcolintError, match=r"10.0.0.5/24 has host bits set: ask for the network 10.0.0.0/24"):
        table.trace("10.0.0.5/24")
    with pytest.raises(VcolintError, match="is not an IPv4 address or an IPv4 network"):
        table.trace("office")
    with pytest.raises(VcolintError, match='no route uses the connection "vco-a2"; did you mean "vco-a1"'):
        vcolint.paths([entry(A, "10.0.0.0/16")], down=["vco-a2"])


# -- the command line -------------------------------------------------------------------------------------

OLD = f"""\
- {{RegionId: cn-hangzhou, VpnConnectionId: {A}, NextHop: {A}, RouteDest: 10.20.0.0/16, Weight: 100}}
- {{RegionId: cn-hangzhou, VpnConnectionId: {B}, NextHop: {B}, RouteDest: 10.20.0.0/16, Weight: 0}}
- {{RegionId: cn-hangzhou, VpnConnectionId: {A}, NextHop: {A}, RouteDest: 10.21.0.0/16, Weight: 100}}
"""
NEW = OLD.replace(f"{A}, NextHop: {A}, RouteDest: 10.21", f"{B}, NextHop: {B}, RouteDest: 10.21")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes/a.yaml").write_text(OLD, encoding="utf-8")
    return tmp_path


def git(*arguments: str) -> str:
    named = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *named, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_paths_text(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", "routes"]) == 0
    assert capsys.readouterr().out == (
        "routes/ (cn-hangzhou)  carried by  if that fails  written at\n"
        "10.20.0.0/16           vco-a1      vco-b2         routes/a.yaml:1\n"
        "10.21.0.0/16           vco-a1      nobody         routes/a.yaml:3\n"
        "\n"
        "2 destinations; 1 survives any single failure, 1 does not: 10.21.0.0/16\n"
        "Weights are taken at their word; a transit router may ignore them (VCO403).\n"
    )
    assert main(["paths", "routes", "--color", "always"]) == 0
    assert "\x1b[1;31m10.21.0.0/16           vco-a1      nobody" in capsys.readouterr().out
    assert main(["paths", "routes", "--down", A]) == 0
    assert "10.20.0.0/16           vco-b2      nobody         routes/a.yaml:1\n" in capsys.readouterr().out
    assert main(["paths", "routes", "--weights", "ignored"]) == 0
    assert "10.20.0.0/16           vco-a1, vco-b2  vco-a1: vco-b2; vco-b2: vco-a1" in capsys.readouterr().out


def test_trace_text(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "10.20.5.9", "routes"]) == 0
    assert capsys.readouterr().out == (
        "10.20.5.9/32: vco-a1  [routes/ (cn-hangzhou)]\n"
        "destination   connection  weight  verdict                                          written at\n"
        "10.20.0.0/16  vco-a1      100     carries it: longest prefix, weight 100 before 0  "
        "routes/a.yaml:1:80\n"
        "10.20.0.0/16  vco-b2      0       takes over after the failure of vco-a1           "
        "routes/a.yaml:2:80\n"
        "\n"
        "Weights are taken at their word; a transit router may ignore them (VCO403).\n"
    )
    assert main(["trace", "192.168.0.1", "routes"]) == 0
    assert capsys.readouterr().out.startswith("No VCO route carries 192.168.0.1.\n")
    assert main(["trace", "10.0.0.5/24", "routes"]) == 2
    assert "ask for the network 10.0.0.0/24" in capsys.readouterr().err
    # The arguments in the wrong order: what is wrong with the first is told, not that the second is no file.
    assert main(["trace", "routes", "10.20.5.9"]) == 2
    assert '"routes" is not an IPv4 address or an IPv4 network' in capsys.readouterr().err


def test_trace_says_what_has_to_fail(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        *((f"vco-c{number}", "10.0.0.0/24", 100) for number in range(5)),
        (A, "10.0.0.0/23", 100),
        (A, "10.0.0.0/22", 100),
        ("vco-c0", "10.0.0.0/21", 100),
    ]
    (here / "routes/a.yaml").write_text(json.dumps([entry(*row) for row in rows]), encoding="utf-8")
    assert main(["trace", "10.0.0.1", "routes", "--down", "vco-c1"]) == 0
    told = [re.split("  +", line)[3] for line in capsys.readouterr().out.splitlines()[2:10]]
    assert told == [
        "carries it: longest prefix",
        "down",
        "carries it: longest prefix",
        "carries it: longest prefix",
        "carries it: longest prefix",
        "takes over after the failure of vco-c0, vco-c2, vco-c3 and 1 more",
        "never used: a route of the same connection comes first",
        "never used: a route of the same connection comes first",
    ]
    assert main(["trace", "10.0.2.1", "routes"]) == 0
    second = re.split("  +", capsys.readouterr().out.splitlines()[3])
    assert second[:4] == ["10.0.0.0/21", "vco-c0", "100", "takes over after the failure of vco-a1"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("paths", ["routes"]), ("trace", ["10.20.0.0/15", "routes"]), ("diff", ["routes", "--old", "old"])],
)
def test_json_is_as_its_schema_says(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str]
) -> None:
    (here / "old").mkdir()
    (here / "old/a.yaml").write_text(NEW, encoding="utf-8")
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert main([name, *arguments, "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(document)
    assert document["schema"] == f"vcolint-{name}/1"
    assert document["domains"][0]["name"] == "routes/ (cn-hangzhou)"


def test_diff_against_the_merge_base(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    first = git("rev-parse", "HEAD")
    git("checkout", "-qb", "change")
    git("mv", "routes/a.yaml", "routes/b.yaml")
    (here / "routes/b.yaml").write_text(NEW, encoding="utf-8")
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    (here / "routes/other.yaml").write_text(OLD.replace("10.2", "10.9"), encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "somebody else's routes")
    git("checkout", "-q", "change")
    before = os.getcwd(), git("status", "--porcelain")
    assert main(["diff", "routes", "--base", "main"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "moves 10.21.0.0/16 (65,536 addresses) from vco-a1 to vco-b2",
        "Changes",
        "change  network       addresses  before  after   routing domain",
        "moved   10.21.0.0/16  65,536     vco-a1  vco-b2  routes/ (cn-hangzhou)",
        "",
        f"compared with commit {first}",
        "Weights are taken at their word; a transit router may ignore them (VCO403).",
    ]
    assert (os.getcwd(), git("status", "--porcelain")) == before
    assert main(["diff", "routes", "--base", "HEAD"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("no change in routing\n")
    assert "findings" not in out
    assert main(["diff", "routes", "--base", "nothing"]) == 2
    assert capsys.readouterr().err == (
        'vcolint: error: --base "nothing": git does not know this revision, '
        "or it shares no commit with HEAD; if this is a shallow clone, "
        "fetch the whole history (fetch-depth: 0)\n"
    )
    clone = here / "clone"
    git("clone", "-q", "--depth", "1", f"file://{here}", str(clone))
    os.chdir(clone)
    assert main(["diff", "routes", "--base", first]) == 2
    assert "fetch-depth: 0" in capsys.readouterr().err


def test_diff_fails_on_what_is_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "new").mkdir()

    def status(text: str, fail_on: str) -> int:
        (here / "new/a.yaml").write_text(text, encoding="utf-8")
        return main(["diff", "new", "--old", "routes", "--fail-on", fail_on])

    lines = OLD.splitlines(keepends=True)
    assert [status(NEW, one) for one in ("never", "lost", "weaker", "any")] == [0, 0, 0, 1]
    weaker = lines[0] + lines[2]
    assert [status(weaker, one) for one in ("never", "lost", "weaker", "any")] == [0, 0, 1, 1]
    assert "10.20.0.0/16 (65,536 addresses) loses its backup" in capsys.readouterr().out
    lost = lines[0] + lines[1]
    assert [status(lost, one) for one in ("never", "lost", "weaker", "any")] == [0, 1, 1, 1]
    assert [status(OLD, one) for one in ("never", "any")] == [0, 0]


def test_what_cannot_be_read_is_not_lost(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "new").mkdir()
    (here / "new/a.yaml").write_text("RouteDest: [", encoding="utf-8")
    assert main(["diff", "new", "--old", "routes"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing was compared" in captured.err


def test_failover_matrix(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", "routes", "--output", "markdown"]) == 0
    assert capsys.readouterr().out.endswith(
        "<details><summary>Failover matrix: 2</summary>\n\n"
        "A: vco-a1, B: vco-b2\n\n"
        "| Destination | Now | A fails | B fails |\n"
        "| --- | --- | --- | --- |\n"
        "| 10.20.0.0/16 | A | **B** | A |\n"
        "| 10.21.0.0/16 | A | **nobody** | A |\n"
        "\n</details>\n\n"
        "Weights are taken at their word; a transit router may ignore them (VCO403).\n"
    )
    assert main(["paths", "routes", "--output", "markdown", "--down", A]) == 0
    assert "Failover matrix" not in capsys.readouterr().out  # one connection is left
    lines = [entry(f"vco-{number}", "10.0.0.0/8", 0) for number in range(13)]
    for size, held in ((12, 1), (13, 0)):
        (here / "routes/a.yaml").write_text(json.dumps(lines[:size]), encoding="utf-8")
        assert main(["paths", "routes", "--output", "markdown"]) == 0
        assert capsys.readouterr().out.count("Failover matrix") == held


def test_markdown_means_nothing_by_itself(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "routes/a.yaml").write_text(OLD.replace(A, '"<b>|x"'), encoding="utf-8")
    for arguments in (
        ["paths", "routes"],
        ["trace", "10.20.5.9", "routes"],
        ["diff", "routes", "--old", "routes"],
    ):
        assert main([*arguments, "--output", "markdown"]) == 0
        out = capsys.readouterr().out
        assert "<b>" not in out


def test_diff_needs_another_side(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "routes"]) == 2
    assert main(["diff", "routes", "--old", "routes", "--base", "HEAD"]) == 2
    assert main(["diff", "routes", "--base", "HEAD"]) == 2
    assert "the working directory is not in one" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["absolute", "absolute config", "below"])
def test_the_old_side_is_never_the_checkout(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (here / "vcolint.yaml").write_text("files: [routes]\n", encoding="utf-8")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (here / "routes/a.yaml").write_text("".join(OLD.splitlines(keepends=True)[:2]), encoding="utf-8")
    arguments = {
        "absolute": [str(here / "routes")],
        "absolute config": ["--config", str(here / "vcolint.yaml")],
        "below": ["../routes"],
    }[how]
    if how == "below":
        (here / "below").mkdir()
        monkeypatch.chdir(here / "below")
    assert main(["diff", *arguments, "--base", "HEAD", "--fail-on", "lost"]) == 1
    assert "loses 10.21.0.0/16 (65,536 addresses), which vco-a1 carried\n" in capsys.readouterr().out


def test_a_named_config_that_is_new(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (here / "vcolint.yaml").write_text("files: [routes]\n", encoding="utf-8")
    (here / "routes/a.yaml").write_text(NEW, encoding="utf-8")
    assert main(["diff", "routes", "--config", "vcolint.yaml", "--base", "HEAD"]) == 0
    assert "moves 10.21.0.0/16 (65,536 addresses) from vco-a1 to vco-b2\n" in capsys.readouterr().out


def test_a_path_outside_of_the_repository_has_no_base(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "repository").mkdir()
    monkeypatch.chdir(here / "repository")
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    assert main(["diff", "../routes", "--base", "HEAD"]) == 2
    assert "is not in this git repository" in capsys.readouterr().err


def test_folders_are_matched_by_the_place_in_them(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = OLD.splitlines(keepends=True)
    for side, more in (("old", second), ("new", "")):
        for name, text in (("hz", first + more), ("sh", third)):
            (here / side / name).mkdir(parents=True)
            (here / side / name / "a.yaml").write_text(text, encoding="utf-8")
    assert main(["diff", "new", "--old", "old"]) == 0
    assert (
        "\nweaker  10.20.0.0/16  65,536     vco-a1  vco-a1 (no longer survives a single failure)"
        "  new/hz/ (cn-hangzhou)\n" in (capsys.readouterr().out)
    )
    assert main(["diff", "old/", "--old", str(here / "old")]) == 0
    assert capsys.readouterr().out.startswith("no change in routing\n")
    change = vcolint.diff(old="old", new="new")
    assert [(kind, one.cidr) for kind in KINDS for one in change.of(kind)] == [("weaker", "10.20.0.0/16")]


@pytest.mark.parametrize("field", ["RouteDest: 10.21.0.0/16", "Weight: 100"])
def test_what_is_not_known_is_no_unchanged_routing(
    here: Path, capsys: pytest.CaptureFixture[str], field: str
) -> None:
    key = field.partition(":")[0]
    (here / "new").mkdir()
    first, second, third = OLD.splitlines(keepends=True)
    text = first + second + third.replace(field, f'{key}: "${{LATER}}"')
    (here / "new/a.yaml").write_text(text, encoding="utf-8")
    old = first + second if key == "RouteDest" else text
    (here / "routes/a.yaml").write_text(old, encoding="utf-8")
    assert main(["diff", "new", "--old", "routes"]) == 0
    assert capsys.readouterr().out.startswith("no known change in routing; 1 network not known\n")
    assert main(["diff", "new", "--old", "routes", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["unchecked"]["after"], document["verdict"]) == (1, None)
    assert main(["paths", "new"]) == 0
    told = "Destinations that are not known or not shown\n" in capsys.readouterr().out
    assert told is (key == "RouteDest")


def test_many_connections_to_one_destination() -> None:
    many = [entry(f"vco-{number}", "10.0.0.0/16") for number in range(300)]
    names = tuple(sorted(one["VpnConnectionId"] for one in many))
    (row,) = vcolint.paths(many).domains[0].destinations
    assert (row.carriers, row.survives, row.failures) == (names, True, None)
    (row,) = vcolint.paths(many[:64]).domains[0].destinations
    assert [(one.down, len(one.carriers or ())) for one in row.failures or ()] == [
        (one, 63) for one in row.carriers or ()
    ]
    change = vcolint.diff(old=many, new=[*many, entry(A, "10.0.0.0/24")])
    assert [(one.cidr, one.before.carriers, one.after.carriers) for one in change.moved] == [
        ("10.0.0.0/24", names, (A,))
    ]
    (part,) = vcolint.paths(many).trace("10.0.0.1").domains[0].parts
    assert all(one.carries for one in part.candidates)


def test_a_destination_is_written_where_its_literal_stands(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text('sites = { a = "10.1.0.0/16" }\n')
    (tmp_path / "main.tf").write_text(
        'variable "sites" {}\n'
        'resource "alicloud_vpn_gateway_vco_route" "this" {\n'
        "  for_each          = var.sites\n"
        '  vpn_connection_id = "vco-a1"\n'
        '  next_hop          = "vco-a1"\n'
        "  route_dest        = each.value\n"
        "  weight            = 100\n"
        "}\n"
    )
    route = vcolint.paths(tmp_path).domains[0].destinations[0].routes[0]
    assert (os.path.basename(route.location.file), *route.location[1:]) == ("terraform.tfvars", 1, 15, 1, 28)


@pytest.mark.parametrize("format", ["text", "json", "markdown", "html"])
@pytest.mark.parametrize("command", ["paths", "trace", "diff", "check"])
def test_a_sensitive_destination_is_shown_nowhere(
    command: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "main.tf").write_text(
        'variable "d" {\n  default   = "10.99.0.0/16"\n  sensitive = true\n}\n'
        'resource "alicloud_vpn_gateway_vco_route" "a" {\n'
        '  vpn_connection_id = "vco-a1"\n  next_hop = "vco-a1"\n  route_dest = var.d\n  weight = 100\n}\n'
        'resource "alicloud_vpn_gateway_vco_route" "b" {\n'
        '  vpn_connection_id = "vco-a1"\n  next_hop = "vco-a1"\n'
        '  route_dest = "10.98.0.0/16"\n  weight = 100\n}\n'
    )
    (tmp_path / "old.yaml").write_text("[]")
    table = vcolint.paths(tmp_path / "new")
    told = [(one.line, one.field, one.reason) for one in table.unplaced]
    assert told == [(8, "RouteDest", "a sensitive value is not shown")]
    more = {"trace": ["10.98.1.0/24"], "diff": ["--old", str(tmp_path / "old.yaml")]}.get(command, [])
    main([command, *more, str(tmp_path / "new"), "--no-config", "--output", format])
    out = capsys.readouterr().out
    assert ("10.98." in out) == (command != "check" or format == "html")
    assert "10.99." not in out


def test_the_name_of_a_sensitive_connection_is_no_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "c" {\n  default   = "vco-bp1secret"\n  sensitive = true\n}\n'
        'resource "alicloud_vpn_gateway_vco_route" "a" {\n'
        '  vpn_connection_id = var.c\n  next_hop = var.c\n  route_dest = "10.1.0.0/16"\n  weight = 100\n}\n'
        'resource "alicloud_vpn_gateway_vco_route" "b" {\n'
        '  vpn_connection_id = "vco-bp1plain"\n  next_hop = "vco-bp1plain"\n'
        '  route_dest = "10.2.0.0/16"\n  weight = 100\n}\n'
    )
    for asked, told in (
        ("vco-bp1secre", '"vco-bp1secre"\n'),
        ("vco-bp1plai", '"vco-bp1plai"; did you mean "'),
    ):
        assert main(["paths", str(tmp_path), "--no-config", "--down", asked]) == 2
        error = capsys.readouterr().err
        assert f"no route uses the connection {told}" in error
        assert "vco-bp1secret" not in error


_CUSTOM = '{"VpnConnectionId": "vco-a1", "RouteDest": "10.20.0.0/16", "NextHop": "vco-a1", "Weight": 100}'
_LEARNED = '{"VpnConnectionId": "vco-b2", "RouteDest": "%s", "RouteEntryType": "bgp"}'


def test_learned_routes_are_in_no_table_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ", ".join((_CUSTOM, _LEARNED % "10.20.9.0/24", _LEARNED % "10.30.0.0/16"))
    Path("live.json").write_text(f'{{"VcoRouteEntries": [{rows}]}}')
    Path("routes.yaml").write_text(f"- {_CUSTOM[:-1]}, RegionId: cn-hangzhou}}")
    one = "routes in no table: 10.20.9.0/24 (vco-b2, learned); the longest prefix wins"
    both = "routes in no table: 10.20.9.0/24 (vco-b2, learned), 10.30.0.0/16 (vco-b2, learned); the longest"
    for command, told in (
        (["trace", "10.20.9.1", "live.json"], one),
        (["trace", "10.20.9.1", "routes.yaml", "--live", "live.json"], one),
        (["paths", "live.json"], both),
        (["paths", "routes.yaml", "--live", "live.json"], both),
        (["diff", "routes.yaml", "--old", "live.json"], both),
    ):
        for format in ("text", "markdown", "html"):
            main([*command, "--no-config", "--output", format])
            assert told in capsys.readouterr().out.replace("\\", ""), (command, format)
    main(["trace", "10.30.0.1", "routes.yaml", "--live", "live.json", "--no-config"])
    assert capsys.readouterr().out.startswith("No route in a table carries 10.30.0.1.\n")
    main(["trace", "10.20.8.1", "live.json", "--no-config"])
    assert "learned" not in capsys.readouterr().out
    main(["trace", "10.20.0.0/16", "live.json", "--no-config", "--output", "json"])
    assert json.loads(capsys.readouterr().out)["other_routes"] == [
        {"network": "10.20.9.0/24", "connection": "vco-b2", "kind": "learned"}
    ]


def test_of_a_live_snapshot_the_learned_routes_of_the_changed_domains_are_named(tmp_path: Path) -> None:
    rows = [
        {"VpnConnectionId": name, "RouteDest": "10.9.0.0/16", "RouteEntryType": "bgp"}
        for name in ("vco-a1", "vco-c3")
    ]
    (tmp_path / "live.json").write_text(json.dumps({"VcoRouteEntries": rows}))
    (tmp_path / "routes.yaml").write_text(f"- {_CUSTOM[:-1]}, RegionId: cn-hangzhou}}")
    live = vcolint.paths(tmp_path / "live.json")
    new = vcolint.paths(tmp_path / "routes.yaml")
    dumps = [reading for routes in live.sets for reading in routes.readings]
    live = live_side(dumps, new, Config())
    assert compare(live.tables, new, live=live).other_routes == [("10.9.0.0/16", "vco-a1", "learned")]


def test_automatic_routes_are_in_no_table_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "vcolint.yaml"
    config.write_text(
        "facts:\n  remote-subnets: {vco-a1: [10.20.0.0/16, 10.40.0.0/16], vco-z: [0.0.0.0/0, 10.50.0.0/16]}\n"
    )
    routes = tmp_path / "routes.yaml"
    routes.write_text(f"- {_CUSTOM[:-1]}, RegionId: cn-hangzhou}}")
    main(["paths", str(routes), "--config", str(config)])
    line = "\nroutes in no table: 10.40.0.0/16 (vco-a1, automatic); the longest prefix wins\n"
    assert line in capsys.readouterr().out  # the other one is in the table, for an entry makes it


def test_a_duplicate_in_another_folder_is_said_to_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("x", "y", "z"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r.yaml").write_text(f"- {_CUSTOM[:-1]}, RegionId: cn-hangzhou}}")
        main(["paths", str(tmp_path), "--no-config"])
        line = {
            "x": "",
            "y": "1 entry left out: vcolint check says why\n",
            "z": "2 entries left out: vcolint check says why\n",
        }[folder]
        assert f": 10.20.0.0/16\n{line}Weights are" in capsys.readouterr().out
    main(["trace", "10.20.0.1", str(tmp_path), "--no-config", "--output", "json"])
    assert json.loads(capsys.readouterr().out)["left_out"] == 2


def test_entries_that_are_wrong_are_said_to_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    route = "RegionId: cn-hangzhou, VpnConnectionId: vco-a1, NextHop: vco-a1"
    (tmp_path / "routes.yaml").write_text(
        f"- {{{route}, RouteDest: 10.1.0.0/16, Weight: 50}}\n"
        f"- {{{route}, RouteDest: 10.2.0.0/33, Weight: 100}}\n"
    )
    for command in (["paths"], ["trace", "10.1.2.3"]):
        assert main([*command, str(tmp_path), "--no-config"]) == 0
        out = capsys.readouterr().out
        assert "\n2 entries left out: vcolint check says why\n" in out


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
@pytest.mark.parametrize(
    ("destination", "told"),
    [
        ("10.1.0.0/16", "No VCO route"),
        ("10.1.0.0/33", "No route in a table"),
        ("${office}", "No route in a table"),
    ],
)
def test_of_routes_that_are_in_no_table_nothing_is_claimed(
    destination: str, told: str, format: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("routes/a.yaml").write_text(json.dumps([entry(A, destination)]), encoding="utf-8")
    assert main(["trace", "192.168.0.1", "routes", "--output", format]) == 0
    assert f"{told} carries 192.168.0.1." in capsys.readouterr().out
