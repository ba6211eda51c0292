"""`vcolint diff`: expectations, promises of the old side, what is live, and how domains are matched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import vcolint
from tests.report.test_routing import A, B, entry, git
from vcolint.cli import main

C = "vco-c3"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, *rows: tuple[Any, ...]) -> None:
    """Write a route set."""
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps([entry(*row) for row in rows]), encoding="utf-8")


def dump(path: str, *rows: tuple[Any, ...]) -> None:
    """Write what is live."""
    listed = [
        {
            "VpnConnectionId": connection,
            "RouteDest": destination,
            "NextHop": connection,
            "Weight": weight,
            "RouteEntryType": kind,
            "State": "published",
        }
        for connection, destination, weight, kind in rows
    ]
    content = {"VcoRouteEntries": listed, "TotalCount": len(listed), "PageNumber": 1, "PageSize": 50}
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def told(arguments: list[str], capsys: Captured, status: int = 0) -> dict[str, Any]:
    """The JSON of a diff; held against its schema."""
    capsys.readouterr()
    assert main(["schema", "diff"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert main(["diff", *arguments, "--output", "json"]) == status
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft7Validator(schema).validate(document)
    return document


def kinds(document: dict[str, Any]) -> list[tuple[str, str, list[str], list[str]]]:
    return [
        (one["kind"], one["network"], one["before"]["carriers"], one["after"]["carriers"])
        for domain in document["domains"]
        for one in domain["changes"]
    ]


# -- expectations -----------------------------------------------------------------------------------------


@pytest.fixture
def moved(here: Path) -> list[str]:
    """A change that moves 10.20.128.0/17 from A to B, and adds 10.30.0.0/16."""
    write("old/a.json", (A, "10.20.0.0/16"))
    write("new/a.json", (A, "10.20.0.0/16"), (B, "10.20.128.0/17"), (B, "10.30.0.0/16"))
    return ["new", "--old", "old"]


MOVED = f"- {{network: 10.20.128.0/17, kind: moved, to: [{B}]}}\n"
ADDED = f"- {{network: 10.30.0.0/16, kind: new, to: [{B}]}}\n"


@pytest.mark.parametrize(
    ("expected", "verdict", "undeclared", "missing"),
    [
        (MOVED + ADDED, "as declared", [], []),
        (MOVED.replace(", to: [vco-b2]", "") + ADDED, "as declared", [], []),
        # No route covers the rest of 10.30.0.0/15.
        (MOVED + ADDED.replace("30.0.0/16", "30.0.0/15"), "as declared", [], []),
        # Two expectations may make up one change.
        (
            MOVED + ADDED.replace("/16", "/17") + ADDED.replace("30.0.0/16", "30.128.0/17"),
            "as declared",
            [],
            [],
        ),
        (MOVED, "undeclared changes", ["10.30.0.0/16"], []),
        (MOVED + ADDED.replace("/16", "/17"), "undeclared changes", ["10.30.0.0/16"], []),
        (MOVED.replace(B, C) + ADDED, "undeclared changes", ["10.20.128.0/17"], ["10.20.128.0/17"]),
        (MOVED + ADDED.replace("new", "lost"), "undeclared changes", ["10.30.0.0/16"], ["10.30.0.0/16"]),
        # The other half of the network stays where it was.
        (MOVED.replace("128.0/17", "0.0/16") + ADDED, "missing changes", [], ["10.20.0.0/17"]),
        (MOVED + ADDED + ADDED.replace("10.30", "10.40"), "missing changes", [], ["10.40.0.0/16"]),
        ("[]", "undeclared changes", ["10.20.128.0/17", "10.30.0.0/16"], []),
        ("# nothing\n", "undeclared changes", ["10.20.128.0/17", "10.30.0.0/16"], []),
    ],
)
def test_expectations(
    moved: list[str], capsys: Captured, expected: str, verdict: str, undeclared: list[str], missing: list[str]
) -> None:
    Path("expect.yaml").write_text(expected, encoding="utf-8")
    status = 0 if verdict == "as declared" else 1
    document = told([*moved, "--expect", "expect.yaml"], capsys, status)
    assert document["verdict"] == verdict
    assert [one["network"] for one in document["expectations"]["undeclared"]] == undeclared
    assert [one["network"] for one in document["expectations"]["missing"]] == missing
    assert main(["diff", *moved, "--expect", "expect.yaml"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == verdict
    assert [line.split()[2] for line in lines if ", undeclared  " in line] == undeclared
    start = [*lines, "Declared, but does not happen"].index("Declared, but does not happen") + 1
    listed = lines[start : lines.index("", start)] if missing else lines[start:]
    assert [line.split()[0].rstrip(":") for line in listed] == missing


def test_no_change_and_what_is_not_known(here: Path, capsys: Captured) -> None:
    write("old/a.json", (A, "10.20.0.0/16"))
    write("new/a.json", (A, "10.20.0.0/16"))
    arguments = ["new", "--old", "old", "--expect", "expect.yaml"]
    Path("expect.yaml").write_text("[]", encoding="utf-8")
    assert told(arguments, capsys)["verdict"] == "no change in routing"
    assert main(["diff", *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "no change in routing"
    Path("expect.yaml").write_text(MOVED, encoding="utf-8")
    assert told(arguments, capsys, 1)["verdict"] == "missing changes"
    write("new/a.json", (A, "10.20.0.0/16"), (B, "${LATER}"))
    Path("expect.yaml").write_text("[]", encoding="utf-8")
    assert told(arguments, capsys)["verdict"] == "inconclusive"
    # The weight is unknown: so it is not known either whether 10.20.128.0/17 moves.
    write("new/a.json", (A, "10.20.0.0/16"), (B, "10.20.128.0/17", "${LATER}"))  # type: ignore[arg-type]
    Path("expect.yaml").write_text(MOVED, encoding="utf-8")
    document = told(arguments, capsys)
    assert (document["verdict"], document["unchecked"]) == ("inconclusive", {"before": 0, "after": 1})


@pytest.mark.parametrize("name", ["expect.yaml", "expect.json"])
def test_written_expectations_are_met(moved: list[str], capsys: Captured, name: str) -> None:
    assert main(["diff", *moved, "--write-expect", name]) == 0
    assert json.loads(Path(name).read_text(encoding="utf-8")) == [
        {"network": "10.20.128.0/17", "kind": "moved", "to": [B]},
        {"network": "10.30.0.0/16", "kind": "new", "to": [B]},
    ]
    assert told([*moved, "--expect", name], capsys)["verdict"] == "as declared"
    # The way back is another change.
    assert told(["old", "--old", "new", "--expect", name], capsys, 1)["verdict"] == "undeclared changes"
    assert main(["diff", "old", "--old", "new", "--write-expect", name]) == 0
    assert told(["old", "--old", "new", "--expect", name], capsys)["verdict"] == "as declared"
    assert main(["diff", "old", "--old", "old", "--write-expect", name]) == 0
    assert Path(name).read_text(encoding="utf-8") == "[]\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- {network: 10.0.0.0/8}", 'expect.yaml:1:3: an item of the file has no "kind"'),
        ("- {kind: lost}", 'expect.yaml:1:3: an item of the file has no "network"'),
        ("- {network: 10.0.0.5/24, kind: lost}", "must be an IPv4 CIDR block without host bits"),
        ("- {network: 10.0.0.0/8, kind: move}", '"kind" cannot be the text "move"; did you mean "moved"?'),
        ("- {network: 10.0.0.0/8, kinds: moved}", 'unknown key "kinds"; did you mean "kind"?'),
        ("network: 10.0.0.0/8", "expect.yaml:1:1: the file must be a list, not a mapping"),
        (
            "- lost",
            'expect.yaml:1:3: an item of the file must be a mapping, not the text "lost"',
        ),
        ("[", "expect.yaml:"),
    ],
)
def test_wrong_expectations(moved: list[str], capsys: Captured, text: str, error: str) -> None:
    Path("expect.yaml").write_text(text, encoding="utf-8")
    assert main(["diff", *moved, "--expect", "expect.yaml"]) == 2
    assert error in capsys.readouterr().err
    assert main(["diff", *moved, "--expect", "nothing.yaml"]) == 2
    told = "nothing.yaml: cannot be read: No such file or directory"
    assert told in capsys.readouterr().err


def test_markdown_says_it_all_on_top(moved: list[str], capsys: Captured) -> None:
    Path("expect.yaml").write_text(ADDED, encoding="utf-8")
    assert main(["diff", *moved, "--expect", "expect.yaml", "--output", "markdown"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0] == (
        f"**vcolint: undeclared changes: moves 10.20.128.0/17 (32,768 addresses) from {A} to {B}; "
        f"adds 10.30.0.0/16 (65,536 addresses) on {B}**"
    )
    assert "<details><summary>Changes: 2</summary>" in out
    assert [line.split(" | ")[:2] for line in out.splitlines() if "undeclared |" in line] == [
        ["| moved, undeclared", "10.20.128.0/17"]
    ]
    assert main(["diff", "old", "--old", "new", "--output", "markdown"]) == 0
    top = capsys.readouterr().out.splitlines()[0]
    assert top == (
        f"**vcolint: loses 10.30.0.0/16 (65,536 addresses), which {B} carried; "
        f"moves 10.20.128.0/17 (32,768 addresses) from {B} to {A}; it loses its backup**"
    )


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_what_was_declared_and_does_not_happen_is_on_top(
    moved: list[str], capsys: Captured, format: str
) -> None:
    Path("expect.yaml").write_text(ADDED, encoding="utf-8")
    assert main(["diff", "old", "--old", "old", "--expect", "expect.yaml", "--output", format]) == 1
    top = capsys.readouterr().out.strip("*").splitlines()[0]
    assert top.startswith(
        {"text": "missing changes", "markdown": "vcolint: missing changes: no change"}[format]
    )


def test_networks_that_lose_their_backup(here: Path, capsys: Captured) -> None:
    """Markdown says on top how many of the networks that move have no backup any more."""

    def top(*backups: str) -> str:
        networks = ("10.1.0.0/16", "10.2.0.0/15", "10.4.0.0/14")
        both = [(connection, one, weight) for one in networks for connection, weight in ((A, 100), (B, 0))]
        write("old/a.json", *both)
        write("new/a.json", *((B, one, 100) for one in networks), *((A, one, 0) for one in backups))
        assert main(["diff", "new", "--old", "old", "--output", "markdown"]) == 0
        out = capsys.readouterr().out
        assert out.count(f"| {B} (no longer survives a single failure) |") == 3 - len(backups)
        return out.splitlines()[0].strip("*").removeprefix("vcolint: moves 3 networks (458,752 addresses)")

    assert top("10.1.0.0/16", "10.2.0.0/15", "10.4.0.0/14") == ""
    assert top("10.1.0.0/16", "10.2.0.0/15") == "; 1 of them loses its backup"
    assert top("10.1.0.0/16") == "; 2 of them lose their backup"
    assert top() == "; 3 of them lose their backup"


def test_weights_that_are_ignored(here: Path, capsys: Captured) -> None:
    """With weights, the change swaps primary and backup and then takes a backup away. Without, both routes
    share the traffic all the time: the swap is nothing."""
    write("old/a.json", (A, "10.1.0.0/16"), (B, "10.1.0.0/16", 0), (A, "10.2.0.0/16"), (B, "10.2.0.0/16", 0))
    write("new/a.json", (B, "10.1.0.0/16"), (A, "10.1.0.0/16", 0), (A, "10.2.0.0/16"))
    arguments = ["diff", "new", "--old", "old"]
    document = told(arguments[1:], capsys)
    assert document["weights"] == "honoured"
    assert kinds(document) == [("moved", "10.1.0.0/16", [A], [B]), ("weaker", "10.2.0.0/16", [A], [A])]
    document = told([*arguments[1:], "--weights", "ignored"], capsys)
    assert document["weights"] == "ignored"
    assert kinds(document) == [("moved", "10.2.0.0/16", [A, B], [A])]
    assert main([*arguments, "--weights", "ignored"]) == 0
    out = capsys.readouterr().out
    assert (
        f"\nmoved   10.2.0.0/16  65,536     {A}, {B}  {A} (no longer survives a single failure)  new/" in out
    )
    assert out.endswith("\nWeights are ignored: routes to one destination share its traffic.\n")
    assert main([*arguments, "--weights", "ignored", "--fail-on", "weaker"]) == 0
    assert main([*arguments, "--fail-on", "weaker"]) == 1
    change = vcolint.diff(old="old", new="new", weights="ignored")
    assert ([one.cidr for one in change.moved], change.weaker) == (["10.2.0.0/16"], [])


def test_the_same_words_twice_are_two_findings(here: Path, capsys: Captured) -> None:
    """A second entry with the mistake of another one is a new finding. One that only moves to another file or
    folder is none."""
    one, other = (A, "10.1.0.0/16", 50), (A, "10.2.0.0/16", 50)
    write("old/a.json", one)
    write("more/a.json", one, other)
    write("moved/b.json", one)

    def found(new: str, old: str) -> list[list[str]]:
        findings = told([new, "--old", old], capsys)["findings"]
        return [[f"{f['code']} {f['location']['file']}" for f in findings[side]] for side in ("new", "fixed")]

    assert found("more", "old") == [["VCO401 more/a.json"], []]
    assert found("old", "more") == [[], ["VCO401 more/a.json"]]
    assert found("moved", "old") == found("old", "old") == [[], []]


# -- promises of the old side -----------------------------------------------------------------------------


def committed(text: str, *rows: tuple[Any, ...]) -> None:
    Path("vcolint.yaml").write_text(text, encoding="utf-8")
    write("routes/a.json", *rows)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")


@pytest.mark.parametrize(
    "later",
    [
        "files: [routes]\n",  # deleted
        "promises: [{network: 10.20.0.0/16, carried-by: [vco-b2]}]\n",  # loosened: it need not survive
    ],
)
def test_a_deleted_promise_is_told(here: Path, capsys: Captured, later: str) -> None:
    committed(
        "promises: [{network: 10.20.0.0/16, carried-by: [vco-a1], survives: true, name: head office}]\n",
        (A, "10.20.0.0/16"),
        (B, "10.20.0.0/16", 0),
    )
    Path("vcolint.yaml").write_text(later, encoding="utf-8")
    write("routes/a.json", (B, "10.20.0.0/16"))
    document = told(["--base", "HEAD"], capsys)
    (broken,) = (one for one in document["findings"]["new"] if one["code"] == "VCO510")
    assert broken["message"] == (
        '10.20.0.0/16 breaks the promise "head office", which this change removes or loosens: '
        "it is carried by vco-b2"
    )
    assert broken["location"]["file"] == "routes/a.json"
    # What still holds is not told, nor is a promise that merely has another name.
    write("routes/a.json", (A, "10.20.0.0/16"), (B, "10.20.0.0/16", 0))
    codes = [one["code"] for one in told(["--base", "HEAD"], capsys)["findings"]["new"]]
    assert ("VCO510" in codes) is ("vco-b2" in later)


def test_a_promise_that_was_broken_before_is_neither_broken_nor_mended(here: Path, capsys: Captured) -> None:
    """The change deletes the promise: what broke it before is no finding that the change mends."""
    committed("promises: [{network: 10.20.0.0/15, survives: true}]\n", (A, "10.20.0.0/16"))
    Path("vcolint.yaml").write_text("files: [routes]\n", encoding="utf-8")
    document = told(["--base", "HEAD"], capsys)
    assert document["findings"] == {"new": [], "fixed": []}
    # What mends it is told.
    write("routes/a.json", *((name, "10.20.0.0/15", weight) for name, weight in ((A, 100), (B, 0))))
    fixed = told(["--base", "HEAD"], capsys)["findings"]["fixed"]
    assert [one["code"] for one in fixed if one["code"] == "VCO510"] == ["VCO510"]


# -- routing domains --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{hz: {connections: [vco-a1, vco-b2]}}", "{hangzhou: {connections: [vco-a1, vco-b2]}}"),
        ("{hz: {connections: [vco-a1]}, bj: {connections: [vco-b2]}}", "{a: {connections: [vco-a1]}}"),
        (None, "{hangzhou: {connections: [vco-a1]}, beijing: {connections: [vco-b2, vco-c3]}}"),
        ("{hangzhou: {connections: [vco-a1]}, beijing: {connections: [vco-b2, vco-c3]}}", None),
    ],
)
def test_domains_with_other_names_are_the_same(
    here: Path, capsys: Captured, before: str | None, after: str | None
) -> None:
    rows = (A, "10.20.0.0/16"), (B, "10.21.0.0/16")
    committed(f"domains: {before}\n" if before else "files: [routes]\n", *rows)
    Path("vcolint.yaml").write_text(f"domains: {after}\n" if after else "files: [routes]\n", encoding="utf-8")
    document = told(["--base", "HEAD"], capsys)
    assert (document["domains"], document["verdict"]) == ([], "no change in routing")


def test_plans_with_domains_of_equal_names(here: Path, capsys: Captured) -> None:
    """Every plan is a set of its own: none takes another's place."""

    def plan(path: str, destination: str) -> str:
        values = {"vpn_connection_id": A, "next_hop": A, "route_dest": destination, "weight": 100}
        address = "alicloud_vpn_gateway_vco_route.r"
        change = {
            "address": address,
            "mode": "managed",
            "type": "alicloud_vpn_gateway_vco_route",
            "name": "r",
            "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": {}},
        }
        content = {
            "format_version": "1.2",
            "resource_changes": [change],
            "configuration": {"root_module": {}},
        }
        Path(path).write_text(json.dumps(content), encoding="utf-8")
        return path

    one, two, other = (
        plan(f"{name}.json", f"10.{number}.0.0/16") for number, name in enumerate(("one", "two", "other"))
    )
    document = told([other, "--old", one], capsys)
    assert [item[:2] for item in kinds(document)] == [("lost", "10.0.0.0/16"), ("new", "10.2.0.0/16")]
    document = told([one, two, "--old", one], capsys)
    assert [item[:2] for item in kinds(document)] == [("new", "10.1.0.0/16")]


# -- folders that are merged, split or renamed --------------------------------------------------------------

Folders = dict[str, list[tuple[Any, ...]]]


def told_of(old: Folders, new: Folders) -> list[str]:
    """The changes between two sets of folders and what is not known, with the folder that each is told of."""
    for side, held in (("old", old), ("new", new)):
        for folder, rows in held.items():
            Path(side, folder).mkdir(parents=True)
            write(f"{side}/{folder}/r.json", *rows)
    change = vcolint.diff(old="old", new="new")
    changes = [
        f"{domain.name.split('/')[1]}: {one.kind} {one.cidr} "
        f"{'+'.join(one.before.carriers)} -> {'+'.join(one.after.carriers)}"
        for domain in change.domains
        for one in domain.changes
    ]
    unknown = [(one.domain.split("/")[1], one.cidr, one.reason.split(" has ")[0]) for one in change.not_known]
    return [*changes, *(f"{name}: {cidr} not known: {reason}" for name, cidr, reason in unknown)]


ONE, TWO = "10.20.0.0/16", "10.30.0.0/16"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Merged into a folder that is new, and into one of the two.
        ({"x": [(A, ONE)], "y": [(B, TWO)]}, {"z": [(A, ONE), (B, TWO)]}, []),
        ({"x": [(A, ONE)], "y": [(B, TWO)]}, {"x": [(A, ONE), (B, TWO)]}, []),
        # A connection of both folders, and a backup of one in the other.
        (
            {"x": [(A, ONE)], "y": [(A, TWO), (B, ONE, 0)]},
            {"z": [(A, ONE), (A, TWO), (B, ONE, 0)]},
            [f"z: stronger {ONE} {A} -> {A}", f"y: {ONE} not known: another routing domain of {B}"],
        ),
        # Split; two folders that change their names, and their contents.
        ({"x": [(A, ONE), (B, TWO)]}, {"y": [(A, ONE)], "z": [(B, TWO)]}, []),
        ({"x": [(A, ONE)], "y": [(A, TWO)]}, {"u": [(A, TWO)], "v": [(A, ONE)]}, []),
        ({"x": [(A, ONE)], "y": [(B, TWO)]}, {"x": [(B, TWO)], "y": [(A, ONE)]}, []),
        # A primary and its backup that part: whether the backup still is one is not known.
        (
            {"x": [(A, ONE), (B, ONE, 0)]},
            {"y": [(A, ONE)], "z": [(B, ONE, 0)]},
            [f"y: weaker {ONE} {A} -> {A}", f"z: {ONE} not known: another routing domain of {B}"],
        ),
        # One connection goes from a folder that stays to another one.
        ({"x": [(A, ONE), (B, TWO)]}, {"x": [(B, TWO)], "z": [(A, ONE)]}, []),
        # Another connection in a folder with another name; the half of a network.
        (
            {"x": [(B, ONE)], "y": [(C, TWO)]},
            {"z": [(A, ONE), (B, TWO)], "y": [(C, TWO)]},
            [f"z: moved {ONE} {B} -> {A}", f"z: new {TWO}  -> {B}"],
        ),
        (
            {"x": [(A, ONE)], "y": [(B, TWO)]},
            {"z": [(A, "10.20.0.0/17"), (B, TWO)]},
            [f"z: lost 10.20.128.0/17 {A} -> "],
        ),
        # Folders that share no connection are not compared. One of two carriers goes.
        (
            {"x": [(A, ONE)], "y": [(B, ONE)]},
            {"z": [(C, ONE)]},
            [f"z: new {ONE}  -> {C}", f"x: lost {ONE} {A} -> ", f"y: lost {ONE} {B} -> "],
        ),
        ({"x": [(A, ONE)], "y": [(B, ONE)]}, {"z": [(A, ONE)]}, [f"y: lost {ONE} {B} -> "]),
        # A folder that goes, beside others that stay: its connection has another carrier there.
        (
            {"x": [(A, ONE)], "y": [(B, ONE), (A, TWO)], "z": [(C, TWO)]},
            {"y": [(B, ONE), (A, TWO)], "z": [(C, TWO)]},
            [f"x: {ONE} not known: another routing domain of {A}"],
        ),
        ({"x": [(A, ONE)], "y": [(B, ONE)]}, {"y": [(B, ONE)]}, [f"x: lost {ONE} {A} -> "]),
        # Primary and backup swap while the folders are merged.
        (
            {"x": [(A, ONE), (B, ONE, 0)], "y": [(C, TWO)]},
            {"z": [(A, ONE, 0), (B, ONE), (C, TWO)]},
            [f"z: moved {ONE} {A} -> {B}"],
        ),
    ],
)
def test_merged_and_split_folders(here: Path, old: Folders, new: Folders, expected: list[str]) -> None:
    assert told_of(old, new) == expected


_ROUTES = st.lists(
    st.tuples(
        st.sampled_from([A, B, C]),
        st.sampled_from(["10.0.0.0/8", ONE, "10.20.0.0/17", TWO]),
        st.sampled_from([0, 100]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=60, deadline=None)
@given(st.data(), _ROUTES)
def test_other_folders_for_the_same_routes_lose_nothing(data: st.DataObject, rows: list[Any]) -> None:
    """Whatever folder each route is in: no traffic is lost, and none is new."""
    sides = []
    with TemporaryDirectory() as there:
        for side in ("old", "new"):
            for row in rows:
                folder = Path(there, side, data.draw(st.sampled_from("xyz")))
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps([entry(*row)]))
            sides.append(os.path.join(there, side))
        change = vcolint.diff(old=sides[0], new=sides[1])
        assert (change.lost, change.of("new")) == ([], [])


def test_folders_of_other_regions_are_not_one(here: Path) -> None:
    """A connection of one region cannot take over from one of another region."""
    for side, connection, region in (("old", A, "cn-hangzhou"), ("new", B, "cn-beijing")):
        for folder, rows in (("x" if side == "old" else "y", [(connection, ONE)]), ("z", [(C, TWO)])):
            Path(side, folder).mkdir(parents=True)
            held = [{**entry(*row), "RegionId": region} for row in rows]
            Path(side, folder, "r.json").write_text(json.dumps(held), encoding="utf-8")
    change = vcolint.diff(old="old", new="new")
    assert ([one.cidr for one in change.moved], [one.cidr for one in change.lost]) == ([], [ONE])


# -- git --------------------------------------------------------------------------------------------------


def test_deleted_and_renamed_files_and_a_submodule_beside_them(here: Path, capsys: Captured) -> None:
    module = here / "module"
    module.mkdir()
    git("-C", str(module), "init", "-q")
    write("module/m.json", (C, "10.90.0.0/16"))
    git("-C", str(module), "add", ".")
    git("-C", str(module), "commit", "-qm", "module")
    work = here / "work"
    work.mkdir()
    os.chdir(work)
    write("routes/a.json", (A, "10.20.0.0/16"))
    write("routes/b.json", (B, "10.21.0.0/16"))
    git("init", "-q")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "shared")
    git("add", ".")
    git("commit", "-qm", "one")
    git("mv", "routes/a.json", "routes/renamed.json")
    git("rm", "-q", "routes/b.json")
    document = told(["routes", "--base", "HEAD"], capsys)
    assert kinds(document) == [("lost", "10.21.0.0/16", [B], [])]
    assert document["base"] == git("rev-parse", "HEAD")
    # A file that is new has no earlier version: all in it is new.
    write("routes/c.json", (C, "10.22.0.0/16"))
    assert kinds(told(["routes/c.json", "--base", "HEAD"], capsys)) == [("new", "10.22.0.0/16", [], [C])]
    git("add", ".")
    git("commit", "-qm", "two")
    assert git("status", "--porcelain") == ""
    # With one commit, the merge base is not there: the message says what to fetch.
    clone = here / "clone"
    git("clone", "-q", "--depth", "1", f"file://{work}", str(clone))
    os.chdir(clone)
    assert main(["diff", "routes", "--base", "HEAD~1"]) == 2
    assert "if this is a shallow clone, fetch the whole history (fetch-depth: 0)" in capsys.readouterr().err


# -- what is live -----------------------------------------------------------------------------------------


def test_live_before_a_script_that_adds(here: Path, capsys: Captured) -> None:
    """Entries of a route set are new beside what is live: nothing is lost."""
    write("routes/a.json", (A, "10.20.128.0/17"))
    dump("live.json", (A, "10.30.0.0/16", 100, "custom"), (A, "10.40.0.0/16", 100, "bgp"))
    document = told(["routes", "--old-live", "live.json"], capsys)
    assert kinds(document) == [("new", "10.20.128.0/17", [], [A])]


def test_a_live_route_that_an_entry_elsewhere_repeats(here: Path, capsys: Captured) -> None:
    """It stays in the other domains of its connection: nothing is moved there."""
    write("a/a.json", (A, "10.1.0.0/16"))
    write("b/b.json", (A, "10.3.0.0/16"), (B, "10.4.0.0/16"))
    dump("live.json", (A, "10.1.0.0/16", 100, "custom"), (B, "10.1.0.0/16", 0, "custom"))
    assert kinds(told(["a", "b", "--old-live", "live.json", "--fail-on", "never"], capsys)) == [
        ("new", "10.3.0.0/16", [], [A]),
        ("new", "10.4.0.0/16", [], [B]),
    ]


def test_live_routes_that_a_plan_deletes_or_replaces(here: Path, capsys: Captured) -> None:
    """They are gone after the apply, whatever else the plan creates on their connection."""

    def values(connection: str, destination: str, weight: int) -> dict[str, Any]:
        return {
            "vpn_connection_id": connection,
            "next_hop": connection,
            "route_dest": destination,
            "weight": weight,
        }

    def change(name: str, actions: list[str], before: Any, after: Any) -> dict[str, Any]:
        kind = "alicloud_vpn_gateway_vco_route"
        change = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
        return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "change": change}

    kept = values(A, "10.3.0.0/17", 100)
    changes = [
        change("replaced", ["delete", "create"], values(B, "10.1.0.0/16", 0), values(B, "10.1.0.0/16", 100)),
        change("gone", ["delete"], values(B, "10.3.0.0/16", 100), None),
        change("kept", ["no-op"], kept, kept),
        change("new", ["create"], None, values(B, "10.2.0.0/16", 100)),
    ]
    content = {"format_version": "1.2", "resource_changes": changes, "configuration": {"root_module": {}}}
    Path("plan.json").write_text(json.dumps(content), encoding="utf-8")
    dump(
        "live.json",
        (B, "10.1.0.0/16", 0, "custom"),
        (B, "10.3.0.0/16", 100, "custom"),
        (A, "10.3.0.0/17", 100, "custom"),
    )
    assert kinds(told(["plan.json", "--old-live", "live.json"], capsys)) == [
        ("new", "10.2.0.0/16", [], [B]),
        ("weaker", "10.3.0.0/17", [A], [A]),
        ("lost", "10.3.128.0/17", [B], []),
    ]
    assert main(["check", "plan.json", "--live", "live.json", "--ignore", "VCO509"]) == 0
    assert capsys.readouterr().out == "All clear: 3 entries in 2 files.\n"
    # What is deleted leaves room for what is created.
    for most, status in ((2, 0), (1, 1)):
        Path("vcolint.yaml").write_text(f"quotas: {{routes-per-connection: {most}}}\n", encoding="utf-8")
        assert main(["check", "plan.json", "--live", "live.json", "--ignore", "VCO509"]) == status


def test_live_routes_of_another_domain(here: Path, capsys: Captured) -> None:
    """What adds routes leaves a domain alone that it has no entry for. What is the wanted whole does not, and
    says so with the name of that domain."""
    dump("live.json", (A, "10.20.0.0/16", 100, "custom"), (B, "10.21.0.0/16", 100, "custom"))
    Path("vcolint.yaml").write_text(f"domains: {{other: {{connections: [{B}]}}}}\n", encoding="utf-8")
    write("routes/a.json", (A, "10.30.0.0/16"))
    assert kinds(told(["routes", "--old-live", "live.json"], capsys)) == [("new", "10.30.0.0/16", [], [A])]
    terraform((f'"{A}"', "10.20.0.0/16"))
    document = told(["infra", "--old-live", "live.json"], capsys)
    assert kinds(document) == [("lost", "10.21.0.0/16", [B], [])]
    assert [one["name"] for one in document["domains"]] == ["other"]


def terraform(*rows: tuple[str, str]) -> None:
    Path("infra").mkdir(exist_ok=True)
    blocks = (
        f'resource "alicloud_vpn_gateway_vco_route" "r{number}" {{\n  vpn_connection_id = {connection}\n'
        f'  next_hop = {connection}\n  route_dest = "{destination}"\n  weight = 100\n}}\n'
        for number, (connection, destination) in enumerate(rows)
    )
    Path("infra/main.tf").write_text("".join(blocks), encoding="utf-8")


KIND = "alicloud_vpn_gateway_vpn_attachment"


@pytest.mark.parametrize(
    ("connection", "files", "expected"),
    [
        (f"{KIND}.new", {"m.tf": f"moved {{\n  from = {KIND}.old\n  to = {KIND}.new\n}}\n"}, []),
        (f'{KIND}.old["hz"]', {"m.tf": f'moved {{\n  from = {KIND}.old\n  to = {KIND}.old["hz"]\n}}\n'}, []),
        (
            f"{KIND}.new",
            {
                "m.tf": f"moved {{\n  from = {KIND}.old\n  to = {KIND}.mid\n}}\n"
                f"moved {{\n  from = {KIND}.mid\n  to = {KIND}.new\n}}\n"
            },
            [],
        ),
        (f"{KIND}.new", {"m.tf.json": f'{{"moved": [{{"from": "{KIND}.old", "to": "{KIND}.new"}}]}}'}, []),
        (
            f"{KIND}.new",
            {"m.tf": f"moved {{\n  from = {KIND}.other\n  to = {KIND}.new\n}}\n"},
            [("moved", "10.20.0.0/16", [f"{KIND}.old"], [f"{KIND}.new"])],
        ),
    ],
)
def test_a_connection_that_terraform_moves_is_the_same_one(
    here: Path, capsys: Captured, connection: str, files: dict[str, str], expected: list[Any]
) -> None:
    def side(folder: str, used: str) -> None:
        name, _, key = used.removeprefix(f"{KIND}.").partition("[")
        each = '  for_each = toset(["hz"])\n' if key else ""
        Path(folder).mkdir()
        Path(folder, "main.tf").write_text(
            f'resource "{KIND}" "{name}" {{\n{each}  customer_gateway_id = "cgw"\n}}\n'
            'resource "alicloud_vpn_gateway_vco_route" "r" {\n'
            f"  vpn_connection_id = {used}.id\n  next_hop = {used}.id\n"
            '  route_dest = "10.20.0.0/16"\n  weight = 100\n}\n'
            'resource "alicloud_vpn_gateway_vco_route" "wrong" {\n'
            f"  vpn_connection_id = {used}.id\n  next_hop = {used}.id\n"
            '  route_dest = "10.20.0.0/16"\n  weight = 0\n}\n'
        )

    side("before", f"{KIND}.old")
    side("after", connection)
    for name, text in files.items():
        Path("after", name).write_text(text)
    document = told(["after", "--old", "before"], capsys)
    assert kinds(document) == expected
    # The findings that name the connection (VCO301, VCO603) are the same ones, too.
    assert [len(document["findings"][side]) for side in ("new", "fixed")] == [2 * len(expected)] * 2


def test_a_connection_that_a_plan_moves_is_the_same_one(here: Path, capsys: Captured) -> None:
    def plan(path: str, name: str, **more: str) -> None:
        kind = "alicloud_vpn_gateway_vco_route"
        values = {"route_dest": "10.20.0.0/16", "weight": 100}
        later = {"vpn_connection_id": True, "next_hop": True}
        expressions = {one: {"references": [f"{KIND}.{name}.id", f"{KIND}.{name}"]} for one in later}
        changes = [
            {
                "address": f"{kind}.r",
                "mode": "managed",
                "type": kind,
                "name": "r",
                "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": later},
            },
            {
                "address": f"{KIND}.{name}",
                "mode": "managed",
                "type": KIND,
                "name": name,
                "change": {"actions": ["no-op"], "before": {}, "after": {}, "after_unknown": {}},
                **more,
            },
        ]
        resources = [
            {
                "address": f"{kind}.r",
                "mode": "managed",
                "type": kind,
                "name": "r",
                "expressions": expressions,
            },
            {"address": f"{KIND}.{name}", "mode": "managed", "type": KIND, "name": name},
        ]
        content = {
            "format_version": "1.2",
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": resources}},
        }
        Path(path).write_text(json.dumps(content), encoding="utf-8")

    plan("old.json", "old")
    plan("renamed.json", "new")
    plan("moved.json", "new", previous_address=f"{KIND}.old")
    [change] = kinds(told(["renamed.json", "--old", "old.json"], capsys))
    assert change == ("moved", "10.20.0.0/16", [f"{KIND}.old"], [f"{KIND}.new"])
    assert kinds(told(["moved.json", "--old", "old.json"], capsys)) == []


def test_live_before_terraform(here: Path, capsys: Captured) -> None:
    """Terraform is the wanted whole, of the connections that it uses."""
    terraform((f'"{A}"', "10.20.0.0/16"), (f'"{B}"', "10.30.0.0/16"))
    dump(
        "live.json",
        (A, "10.20.0.0/16", 100, "custom"),
        (B, "10.20.128.0/17", 100, "custom"),
        (A, "10.50.0.0/16", 100, "custom"),
        (C, "10.60.0.0/16", 100, "custom"),
        (A, "10.70.0.0/16", 100, "bgp"),
    )
    arguments = ["infra", "--old-live", "live.json"]
    assert kinds(told(arguments, capsys)) == [
        ("moved", "10.20.128.0/17", [B], [A]),
        ("new", "10.30.0.0/16", [], [B]),
        ("lost", "10.50.0.0/16", [A], []),
    ]
    assert main(["diff", *arguments]) == 0
    assert capsys.readouterr().err == (
        "vcolint: warning: live routes of vco-c3 are not compared: nothing here uses these connections\n"
    )
    # The config says where the third one ends: its routes are not wanted any more.
    Path("vcolint.yaml").write_text(f"domains: {{hz: {{connections: [{A}, {B}, {C}]}}}}\n", encoding="utf-8")
    assert ("lost", "10.60.0.0/16", [C], []) in kinds(told(arguments, capsys))


def test_live_and_connections_without_an_id(here: Path, capsys: Captured) -> None:
    """Which live connection one is that has no ID yet is unknown: so nothing is told as moved or lost."""
    Path("infra").mkdir()
    terraform(
        ("alicloud_vpn_gateway_vpn_attachment.a.id", "10.20.0.0/16"),
        (f'"{B}"', "10.30.0.0/16"),
    )
    dump("live.json", (B, "10.20.0.0/16", 100, "custom"), (B, "10.30.0.0/16", 100, "custom"))
    document = told(["infra", "--old-live", "live.json"], capsys)
    assert (kinds(document), document["unchecked"]) == ([], {"before": 0, "after": 1})
    assert document["verdict"] is None


def test_live_of_which_nothing_is_used(here: Path, capsys: Captured) -> None:
    write("routes/a.json", (A, "10.20.0.0/16"))
    dump("live.json")
    assert kinds(told(["routes", "--old-live", "live.json"], capsys)) == [("new", "10.20.0.0/16", [], [A])]
    Path("live.json").write_text("{", encoding="utf-8")
    assert main(["diff", "routes", "--old-live", "live.json"]) == 1
    assert "nothing was compared" in capsys.readouterr().err
    assert main(["diff", "routes", "--old-live", "none.json"]) == 2


# -- the call, and how much is shown ----------------------------------------------------------------------


def test_wrong_calls(here: Path, capsys: Captured) -> None:
    write("routes/a.json", (A, "10.20.0.0/16"))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    assert main(["diff", "-", "--base", "HEAD"]) == 2
    assert "standard input has no earlier version in git; use --old PATH" in capsys.readouterr().err
    assert main(["diff", "-", "--old", "-"]) == 2
    assert "standard input can be only one of the two sides" in capsys.readouterr().err
    told = "compare with exactly one of --base REVISION, --old PATH and --old-live FILE"
    for sides in ([], ["--old", "routes", "--old-live", "routes"]):
        assert main(["diff", "routes", *sides]) == 2
        assert told in capsys.readouterr().err


def test_a_folder_without_routes_is_told(here: Path, capsys: Captured) -> None:
    """Everything looks lost, or new, where a name is mistyped."""
    write("routes/a.json", (A, "10.20.0.0/16"))
    Path("empty").mkdir()
    for arguments in (
        ["paths", "empty"],
        ["trace", "10.0.0.1", "empty"],
        ["diff", "empty", "--old", "routes"],
    ):
        assert main(arguments) == 0
        assert "warning: there is no file of a known kind in empty" in capsys.readouterr().err
    assert main(["diff", "routes", "--old", "empty"]) == 0
    assert "warning: there is no file of a known kind in empty" in capsys.readouterr().err


def test_a_folder_that_the_base_does_not_have_is_told(here: Path, capsys: Captured) -> None:
    git("init", "-q")
    write("routes/a.json", (A, "10.20.0.0/16"))
    git("add", ".")
    git("commit", "-qm", "one")
    git("mv", "routes", "lines")
    commit = git("rev-parse", "HEAD")
    assert main(["diff", "lines", "--base", "HEAD"]) == 0
    captured = capsys.readouterr()
    assert "\nnew     10.20.0.0/16  " in captured.out
    told = f"lines is not in commit {commit}: all its routes count as new"
    assert captured.err == f"vcolint: warning: {told}\n"
    assert main(["diff", "--base", "HEAD"]) == 0
    captured = capsys.readouterr()
    assert (captured.out.splitlines()[0], captured.err) == ("no change in routing", "")


def test_a_folder_that_is_gone_is_lost(here: Path, capsys: Captured) -> None:
    """Its name is given, as CI does it for each folder that a pull request touches."""
    git("init", "-q")
    write("routes/a.json", (A, "10.20.0.0/16"))
    write("team one/a.json", (B, "10.30.0.0/16"))
    git("add", ".")
    git("commit", "-qm", "one")
    git("rm", "-rq", "team one")
    commit = git("rev-parse", "HEAD")
    told = f"vcolint: warning: team one is gone since commit {commit}: all its routes count as lost\n"
    for paths in (["team one"], ["routes", "team one"], ["team one/a.json"]):
        assert main(["diff", *paths, "--base", "HEAD", "--fail-on", "lost"]) == 1
        captured = capsys.readouterr()
        assert f"\nlost    10.30.0.0/16  65,536     {B}  nobody  " in captured.out
        assert captured.out.count("10.20.0.0/16") == 0
        assert captured.err == told.replace("team one", paths[-1])
    assert main(["diff", "team two", "--base", "HEAD"]) == 2
    assert "team two: this file or folder does not exist" in capsys.readouterr().err


def test_what_is_wrong_in_the_commit_is_said_to_be_there(here: Path, capsys: Captured) -> None:
    git("init", "-q")
    write("routes/a.json", (A, "10.20.0.0/16"))
    Path("routes/b.yaml").write_text("Routes: [\nRouteDest: [", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "one")
    first = git("rev-parse", "HEAD")
    Path("routes/b.yaml").unlink()
    assert main(["diff", "routes", "--base", "HEAD"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"vcolint: error: in commit {first}: routes/b.yaml:2:13: ")
    Path("vcolint.yaml").write_text("files: [routes]\n- x\n", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "two")
    second = git("rev-parse", "HEAD")
    Path("vcolint.yaml").write_text("files: [routes]\n", encoding="utf-8")
    assert main(["diff", "--base", "HEAD"]) == 2
    assert capsys.readouterr().err.startswith(f"vcolint: error: in commit {second}: vcolint.yaml:2:1: ")


def test_a_hundred_of_many_changes(here: Path, capsys: Captured) -> None:
    write("old/a.json", (A, "192.168.0.0/16"))
    write("new/a.json", *((A, f"10.{number}.0.0/17") for number in range(250)))
    assert main(["diff", "new", "--old", "old"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told_on_top = f"loses 192.168.0.0/16 (65,536 addresses), which {A} carried"
    assert lines[0] == f"{told_on_top}; adds 250 networks (8,192,000 addresses)"
    assert lines[3].startswith("lost    192.168.0.0/16  ")
    assert len([line for line in lines if line.startswith("new ")]) == 99
    assert "  and 151 more" in lines
    assert len(kinds(told(["new", "--old", "old"], capsys))) == 251
    assert len(vcolint.diff(old="old", new="new").of("new")) == 250


def test_what_has_no_destination_is_listed(here: Path, capsys: Captured) -> None:
    Path("infra").mkdir()
    terraform((f'"{A}"', "${var.office}"), (f'"{A}"', "10.1.0.0/16"))
    with Path("infra/main.tf").open("a", encoding="utf-8") as stream:
        stream.write('variable "office" {}\n')
    assert main(["schema", "paths"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert main(["paths", "infra", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft7Validator(schema).validate(document)
    (unchecked,) = document["unchecked"]
    assert (unchecked["address"], unchecked["field"], unchecked["line"]) == (
        "alicloud_vpn_gateway_vco_route.r0",
        "RouteDest",
        4,
    )
    assert main(["paths", "infra"]) == 0
    out = capsys.readouterr().out
    first = "  infra/main.tf:4 alicloud_vpn_gateway_vco_route.r0 RouteDest: "
    assert f"Destinations that are not known or not shown\n{first}" in out


# -- what one side does not know --------------------------------------------------------------------------


def doubts(document: dict[str, Any]) -> list[str]:
    return [one["network"] for one in document["not_known"]]


def test_a_destination_that_became_unknown_may_be_the_old_one(here: Path, capsys: Captured) -> None:
    write("old/a.json", (A, "10.40.0.0/16"), (B, "10.40.0.0/16", 0), (A, "10.0.0.0/8"), (C, "10.50.0.0/16"))
    write("new/a.json", (A, "${DC}"), (B, "10.40.0.0/16", 0), (A, "10.0.0.0/8"), (B, "10.50.0.0/16"))
    document = told(["new", "--old", "old"], capsys)
    both = ["10.40.0.0/16", "10.50.0.0/16"]
    assert (kinds(document), doubts(document)) == ([], both)
    assert document["unchecked"] == {"before": 0, "after": 3}
    # The mirror: what was unknown may have been the new one.
    document = told(["old", "--old", "new"], capsys)
    assert (kinds(document), doubts(document)) == ([], both)
    assert document["unchecked"] == {"before": 3, "after": 0}
    one = document["not_known"][0]
    assert (one["domain"], one["reason"]) == (
        "old/ (cn-hangzhou)",
        "new/a.json:1 may carry it: holds a placeholder: ${DC}",
    )


@pytest.mark.parametrize(("one", "other", "kind"), [("old", "new", "lost"), ("new", "old", "new")])
def test_an_unknown_destination_may_be_one_that_is_gone(
    here: Path, capsys: Captured, one: str, other: str, kind: str
) -> None:
    write(f"{one}/a.json", (A, "10.20.0.0/16"), (A, "10.30.0.0/16"))
    write(f"{other}/a.json", (A, "10.20.0.0/16"), (B, "${DC}"))
    assert doubts(told(["new", "--old", "old", "--fail-on", "any"], capsys)) == ["10.30.0.0/16"]
    # What is equally unknown on both sides is no change.
    write(f"{one}/a.json", (A, "10.20.0.0/16"), (A, "10.30.0.0/16"), (B, "${DC}"))
    document = told(["new", "--old", "old"], capsys)
    assert ([found for found, *_ in kinds(document)], doubts(document)) == ([kind], [])
    # Another unknown one is not.
    write(f"{other}/a.json", (A, "10.20.0.0/16"), (B, "${DC}"), (B, "${OFFICE}"))
    assert doubts(told(["new", "--old", "old"], capsys)) == ["10.30.0.0/16"]


def test_a_backup_whose_destination_became_unknown(here: Path, capsys: Captured) -> None:
    write("old/a.json", (A, "10.20.0.0/16"), (B, "10.20.0.0/16", 0))
    write("new/a.json", (A, "10.20.0.0/16"), (B, "${DC}", 0))
    assert doubts(told(["new", "--old", "old"], capsys)) == ["10.20.0.0/16"]
    assert doubts(told(["old", "--old", "new"], capsys)) == ["10.20.0.0/16"]


def test_an_unknown_destination_is_in_its_own_folder(here: Path, capsys: Captured) -> None:
    """Or in another one that has its connection: routes may move from folder to folder."""
    for folder in ("old/x", "old/y", "new/x", "new/y"):
        Path(folder).mkdir(parents=True)
    write("old/x/a.json", (A, "10.20.0.0/16"), (A, "10.30.0.0/16"))
    write("old/y/a.json", (B, "10.20.0.0/16"), (B, "10.30.0.0/16"))
    write("new/x/a.json", (A, "10.20.0.0/16"))
    for connection, expected in ((C, ["lost"]), (A, [])):
        write("new/y/a.json", (B, "10.20.0.0/16"), (connection, "${DC}"))
        document = told(["new", "--old", "old"], capsys)
        assert [kind for kind, *_ in kinds(document)] == expected
        assert {one["network"] for one in document["not_known"]} == {"10.30.0.0/16"}
        assert len(document["not_known"]) == 2 - len(expected)


ROUTES = """variable "nets" { type = set(string) }
resource "alicloud_vpn_gateway_vco_route" "dc" {
  for_each          = NETS
  vpn_connection_id = "vco-a1"
  next_hop          = "vco-a1"
  route_dest        = each.value
  weight            = 100
}
"""


def test_instances_that_cannot_be_listed(here: Path, capsys: Captured) -> None:
    for side, nets in (("old", 'toset(["10.40.0.0/16", "10.41.0.0/16"])'), ("new", "var.nets")):
        (here / side).mkdir()
        (here / side / "main.tf").write_text(ROUTES.replace("NETS", nets), encoding="utf-8")
    for arguments in (["new", "--old", "old"], ["old", "--old", "new"]):
        document = told([*arguments, "--fail-on", "any"], capsys)
        assert (kinds(document), doubts(document)) == ([], ["10.40.0.0/15"])
    assert main(["diff", "new", "--old", "old"]) == 0
    reason = "var.nets has no value: give it one with --var-file"
    assert capsys.readouterr().out.splitlines()[:4] == [
        "no known change in routing; 2 networks not known",
        "Not known",
        "  10.40.0.0/15: alicloud_vpn_gateway_vco_route.dc may carry it: " + reason + "  [old/]",
        "  new/main.tf:2 alicloud_vpn_gateway_vco_route.dc: " + reason,
    ]
    for form in ("markdown", "html"):
        assert main(["diff", "new", "--old", "old", "--output", form]) == 0
        assert "alicloud_vpn_gateway_vco_route.dc may carry it" in capsys.readouterr().out.replace("\\", "")
    # Another text is not equally unknown; the same is.
    fixed = 'resource "alicloud_vpn_gateway_vco_route" "fixed" {\n  vpn_connection_id = "vco-b2"\n'
    fixed += '  next_hop = "vco-b2"\n  route_dest = "10.50.0.0/16"\n  weight = 100\n}\n'
    for nets, expected in (('[for one in var.nets : one if one != "0"]', ["10.50.0.0/16"]), ("var.nets", [])):
        (here / "old/main.tf").write_text(ROUTES.replace("NETS", nets) + fixed, encoding="utf-8")
        document = told(["new", "--old", "old"], capsys)
        assert (doubts(document), bool(kinds(document))) == (expected, not expected)


def test_an_unknown_connection_with_a_wrong_destination(here: Path, capsys: Captured) -> None:
    """What is no network carries nothing, whatever its connection is."""
    write("old/a.json", (A, "10.20.0.0/16"))
    write("new/a.json", ("${LINE}", "foo"))
    document = told(["new", "--old", "old"], capsys)
    assert kinds(document) == [("lost", "10.20.0.0/16", [A], [])]


def test_a_route_without_a_connection(here: Path, capsys: Captured) -> None:
    """It is wrong, and still no reason to call what it may carry lost."""
    write("old/a.json", (A, "10.20.0.0/16"))
    rows = [{key: value for key, value in entry(A, "10.20.0.0/16").items() if key != "VpnConnectionId"}]
    Path("new").mkdir()
    Path("new/a.json").write_text(json.dumps(rows), encoding="utf-8")
    document = told(["new", "--old", "old"], capsys)
    (one,) = document["not_known"]
    assert (kinds(document), one["network"], one["reason"]) == (
        [],
        "10.20.0.0/16",
        "unknown connection (new/a.json:1) may have another name on the other side",
    )


def test_a_route_that_may_be_a_dry_run(here: Path, capsys: Captured) -> None:
    """It may carry its own network, and no other one."""
    write("old/a.json", (A, "10.20.0.0/16"), (A, "10.30.0.0/16"))
    Path("new").mkdir()
    row = entry(A, "10.20.0.0/16") | {"DryRun": "${d}"}
    Path("new/a.json").write_text(json.dumps([row]), encoding="utf-8")
    document = told(["new", "--old", "old"], capsys)
    assert kinds(document) == [("lost", "10.30.0.0/16", [A], [])]
    assert doubts(document) == ["10.20.0.0/16"]
    assert document["unchecked"] == {"before": 0, "after": 2}


def test_a_destination_that_is_given_twice(here: Path, capsys: Captured) -> None:
    """A finding reports it, and it is in no table."""
    write("old/a.json", (A, "10.20.0.0/16"))
    Path("new").mkdir()
    text = json.dumps([entry(A, "10.20.0.0/16")])
    Path("new/a.json").write_text(text.replace("{", '{"RouteDest": "10.30.0.0/16", '), encoding="utf-8")
    document = told(["new", "--old", "old"], capsys)
    assert (kinds(document), doubts(document)) == ([], ["10.20.0.0/16"])
    assert main(["paths", "new", "--output", "json"]) == 0
    assert [one["reason"] for one in json.loads(capsys.readouterr().out)["unchecked"]] == ["given twice"]


def test_a_connection_that_became_unknown_may_be_in_any_domain(here: Path, capsys: Captured) -> None:
    Path("vcolint.yaml").write_text(f"domains: {{hz: {{connections: [{A}, {B}]}}}}\n", encoding="utf-8")
    write("old/a.json", (A, "10.20.0.0/16"), (A, "10.30.0.0/16"), (B, "10.40.0.0/16"))
    write("new/a.json", ("${LINE}", "10.20.0.0/16"), ("${LINE}", "10.50.0.0/16"), (B, "10.40.0.0/16"))
    document = told(["new", "--old", "old"], capsys)
    assert [(kind, network) for kind, network, *_ in kinds(document)] == [
        ("lost", "10.30.0.0/16"),
        ("new", "10.50.0.0/16"),
    ]
    assert doubts(document) == ["10.20.0.0/16", "10.20.0.0/16"]


def test_live_routes_of_a_connection_without_an_id(here: Path, capsys: Captured) -> None:
    """Nothing in Terraform names A: it may be the connection that has no ID yet."""
    Path("infra").mkdir()
    terraform(("alicloud_vpn_gateway_vpn_attachment.a.id", "10.40.0.0/16"), (f'"{B}"', "10.50.0.0/16"))
    dump("live.json", (A, "10.40.0.0/16", 100, "custom"), (A, "10.99.0.0/16", 100, "custom"))
    arguments = ["infra", "--old-live", "live.json"]
    document = told(arguments, capsys)
    assert kinds(document) == [("new", "10.50.0.0/16", [], [B])]
    assert doubts(document) == ["10.40.0.0/16", "10.99.0.0/16"]
    assert document["unchecked"] == {"before": 2, "after": 0}
    # Where every connection has an ID, A is somebody else's.
    terraform((f'"{B}"', "10.40.0.0/16"), (f'"{B}"', "10.50.0.0/16"))
    assert [kind for kind, *_ in kinds(told(arguments, capsys))] == ["new", "new"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["diff", "a.json", "--old-live", "live.json"],
        ["diff", "a.json", "--old", "a.json", "--live", "live.json"],
        ["paths", "live.json"],
        ["paths", "a.json", "--live", "live.json"],
        ["trace", "10.20.0.1", "live.json"],
    ],
)
def test_a_snapshot_without_all_rows_is_told_once(here: Path, capsys: Captured, arguments: list[str]) -> None:
    write("a.json", (A, "10.20.0.0/16"))
    dump("live.json", (A, "10.20.0.0/16", 100, "custom"))
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    content = Path("live.json").read_text(encoding="utf-8")
    Path("live.json").write_text(content.replace('"TotalCount": 1', '"TotalCount": 60'), encoding="utf-8")
    assert main(arguments) == 0
    assert capsys.readouterr().err == (
        "vcolint: warning: live.json: the snapshot has 1 of 60 rows: fetch the other pages (a page has 10 "
        "rows by default)\n"
    )
