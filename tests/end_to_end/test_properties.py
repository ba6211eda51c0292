"""What holds for every input: order does not matter, nothing is kept between runs, no bytes end a run, places
lie in their files, the same input gives the same bytes, and nothing talks to the network."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kinds import KINDS, REGION, Entry

import vcolint
from vcolint import cli
from vcolint.engine.pages import Page
from vcolint.engine.rules import load_rules
from vcolint.render import FORMATS, render
from vcolint.report.finding import Finding
from vcolint.text.value import Location

RULES = load_rules()
ALL = [code for code in RULES if code != "VCO004"]


def entry(connection: str, destination: str, weight: int, **more: Any) -> Entry:
    """An entry. Its description tells it from the others of a set."""
    return {
        "RegionId": REGION,
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
    } | {name: value for name, value in more.items() if value is not None}


CONNECTIONS = st.sampled_from(["vco-a", "vco-b", "vco-c", "vco-d"])
# A small part of 10.0.0.0/8, where blocks often meet.
BLOCKS = st.builds(
    lambda number, length: f"10.0.{(number >> (24 - length) << (24 - length)) & 255}.0/{length}",
    st.integers(0, 15),
    st.integers(19, 24),
)
DESTINATIONS = st.one_of(
    BLOCKS, BLOCKS, BLOCKS, st.sampled_from(["0.0.0.0/0", "10.0.1.1/24", "10.0.0", "::/8"])
)
WEIGHTS = st.sampled_from([100, 100, 100, 0, 0, 0, 7])
ENTRIES = st.builds(
    entry,
    CONNECTIONS,
    DESTINATIONS,
    WEIGHTS,
    NextHop=st.sampled_from([None] * 8 + ["vco-a"]),
    ClientToken=st.sampled_from([None] * 5 + ["t", "u"]),
    RegionId=st.sampled_from([REGION] * 8 + ["cn-beijing"]),
    DryRun=st.sampled_from([None] * 8 + [True]),
)


def destination(one: Entry) -> object:
    """The network, or the text that is none."""
    try:
        return ip_network(one["RouteDest"], strict=False)
    except ValueError:
        return one["RouteDest"]


def identity(one: Entry) -> tuple[Any, ...]:
    return one["VpnConnectionId"], destination(one), one["NextHop"], one["Weight"]


def with_equal_duplicates(entries: list[Entry]) -> list[Entry]:
    """Entries of which duplicates are equal in everything: which of them counts is a matter of order."""
    first: dict[Any, Entry] = {}
    return [first.setdefault(identity(one), one) for one in entries]


SETS = st.lists(ENTRIES, min_size=1, max_size=9).map(with_equal_duplicates)
CONFIGS = st.fixed_dictionaries(
    {"redundancy": st.sampled_from(["auto", "active-standby", "ecmp", "none"])},
    optional={
        "domains": st.just({"d": {"connections": ["vco-a", "vco-b", "vco-c"]}}),
        "facts": st.just(
            {
                "customer-gateway-ips": {"vco-a": "203.0.113.9", "vco-b": "203.0.113.9"},
                "vpc-cidrs": ["10.0.0.0/22"],
            }
        ),
    },
)


# -- order ------------------------------------------------------------------------------------------------


# Rules about two destinations: the last entry stands for all that have its destination.
PAIRS = frozenset({"VCO303", "VCO504", "VCO506", "VCO508"})


def involved(finding: Finding, entry_at: Callable[[Location], Entry]) -> tuple[str, frozenset[Any]]:
    """The code, and the routes that a finding speaks of. Which of them it stands at is a matter of order,
    and which of several duplicates it names too."""
    places = [finding.location, *(related.location for related in finding.related)]
    about = [entry_at(place) for place in places if not place.file.endswith("vcolint.yaml")]
    if finding.code in PAIRS:
        return finding.code, frozenset(map(destination, about))
    return finding.code, frozenset(map(identity, about))


def told(entries: list[Entry], config: dict[str, Any]) -> Counter[Any]:
    report = vcolint.check(entries, config=config, select=ALL)
    return Counter(involved(finding, lambda place: entries[place.line - 1]) for finding in report.findings)


@settings(max_examples=250, deadline=None)
@given(SETS, CONFIGS, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(
    entries: list[Entry], config: dict[str, Any], shuffle: random.Random
) -> None:
    other = list(entries)
    shuffle.shuffle(other)
    assert told(other, config) == told(entries, config)


@settings(max_examples=30, deadline=None)
@given(SETS, SETS, CONFIGS)
def test_the_order_of_files_does_not_matter(
    one: list[Entry], other: list[Entry], config: dict[str, Any]
) -> None:
    """Two files of one folder, which are read in either order."""
    entries = with_equal_duplicates([*one, *other])
    parts = entries[: len(one)], entries[len(one) :]
    kind = KINDS["YAML"]
    seen = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for files in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
            written = dict(zip(files, map(kind.write, parts), strict=True))
            for file, text in written.items():
                (folder / file).write_text(text.text, encoding="utf-8")
            held = dict(zip(files, parts, strict=True))

            def entry_at(place: Location, written: Any = written, held: Any = held) -> Entry:
                file = Path(place.file).name
                number = written[file].entry_on(place.line)
                return held[file][number]  # type: ignore[no-any-return]

            report = vcolint.check_paths(folder, config=config, select=ALL)
            seen.append(Counter(involved(finding, entry_at) for finding in report.findings))
    assert seen[0] == seen[1]


@settings(max_examples=80, deadline=None)
@given(SETS, CONFIGS, st.integers(0, 255), st.booleans(), st.data())
def test_a_right_entry_beside_them_adds_no_finding(
    entries: list[Entry], config: dict[str, Any], number: int, backed_up: bool, data: st.DataObject
) -> None:
    """Apart from all others, with a backup where one is wanted, and wherever it stands among them."""
    more = [entry("vco-new", f"172.16.{number}.0/24", 100, Description="new")]
    if backed_up or config["redundancy"] == "active-standby":
        # Another customer gateway, and no known domain: nobody has a say in this pair.
        more.append(entry("vco-newer", f"172.16.{number}.0/24", 0, Description="new"))
    if config["redundancy"] == "ecmp":
        more = more[:1]
    at = data.draw(st.integers(0, len(entries)))
    wider = [*entries[:at], *more, *entries[at:]]
    assert told(wider, config) == told(entries, config)


# -- nothing is kept --------------------------------------------------------------------------------------


class Input(NamedTuple):
    """An example of a rule page, in a folder of its own."""

    path: Path
    config: Path | None
    live: Path | None


SUFFIXES = {"yaml": "routes.yaml", "hcl": "main.tf", "sh": "create.sh"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Input]:
    found = []
    for rule in RULES.values():
        for number, one in enumerate(Page(rule.page).examples()):
            folder = tmp_path_factory.mktemp(f"{rule.code}-{number}")
            path = folder / SUFFIXES.get(one.kind, f"routes.{one.kind}")
            path.write_text(one.text, encoding="utf-8", newline="")
            others = []
            for name, text in (("vcolint.yaml", one.config), ("live.json", one.live)):
                others.append(folder / name if text is not None else None)
                if text is not None:
                    (folder / name).write_text(text, encoding="utf-8")
            found.append(Input(path, *others))
    return found


def shown(one: Input) -> str:
    report = vcolint.check_paths(one.path, config=one.config or {}, live=one.live)
    return render("json", report)


def test_a_run_leaves_nothing_behind(inputs: list[Input]) -> None:
    """Every example gives the same before and after all the others, and after a run over all at once."""
    first = [shown(one) for one in inputs]
    assert len(inputs) > 150
    assert sum('"findings": []' not in text for text in first) > 80
    together = vcolint.check_paths([one.path for one in inputs], config={})
    assert len(together.findings) > 200
    assert [shown(one) for one in reversed(inputs)] == first[::-1]


# -- any bytes --------------------------------------------------------------------------------------------

SOUND = [
    entry("vco-a", "10.1.0.0/16", 100),
    entry("vco-b", "10.1.0.0/16", 0, Description="总部 \U0001f600 é"),
    entry("vco-a", "100.64.0.0/10", 100),
]
WRITTEN = [(kind.write(SOUND).text.encode(), kind.file) for kind in KINDS.values()]
LIVE = json.dumps({"TotalCount": 9, "PageNumber": 1, "VcoRouteEntries": SOUND}).encode()
NAMES = sorted(
    {kind.file for kind in KINDS.values()} | {"a.tsv", "a.ndjson", "terraform.tfvars", "a.txt", "a"}
)
JUNK = st.binary(max_size=40) | st.sampled_from(
    [
        b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\r", b"\x1b[31m",
        b"[" * 3000, b'{"a":' * 3000, b"- - " * 500, b"${" * 500, b"$((" * 300, b"-" * 400, b"9" * 5000,
        b"null", b"<<", b"<<EOT\n", b"&a *a", b"!!python/object:os.system", b"{{", b"%{", b'"', b"'", b"\\",
        b'"\\ud800"',
        b"\n---\n", b"##[error]x", b"\n::error::x\n", b"[]", b"{}", b"# vcolint: ignore[VCO1] \n", b"1e999",
    ]
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[bytes, str]:
    """A file of some kind with a few bytes replaced, and a name, mostly its own."""
    data, name = draw(st.sampled_from([*WRITTEN, (LIVE, "live.json")]))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        data = data[:start] + draw(JUNK) + data[start + draw(st.integers(0, 60)) :]
    return data, draw(st.sampled_from([name] * len(NAMES) + NAMES))


FILES = spoilt() | st.tuples(st.binary(max_size=200), st.sampled_from(NAMES))


def is_inside(place: Location, text: str) -> bool:
    """Whether a place is one of the text, its end not before its start."""
    lines = re.split("\r\n|\n|\r", text)
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    return start <= end and all(
        1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1 for line, column in (start, end)
    )


@settings(max_examples=500, deadline=None)
@given(FILES)
@example((b"", "routes.yaml"))
@example((b"\n\xff", "main.tf"))
@example((b'resource "\r\n}', "main.tf"))
def test_any_bytes(file: tuple[bytes, str]) -> None:
    """No file ends a run, all formats can tell of it, and places lie in their files."""
    data, name = file
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        for where in (path, Path(folder)):
            report = vcolint.check_paths(where, config={}, select=[*ALL, "VCO004"])
            assert not report.failed
            for format in FORMATS:
                render(format, report).encode()
            for finding in report.findings:
                for place in (finding.location, *(related.location for related in finding.related)):
                    text = report.text_of(place.file)
                    if text is None:  # could not even be decoded: at the first wrong byte
                        assert finding.code == "VCO001"
                        text = data.decode("utf-8", "replace")
                    assert is_inside(place, text), (finding, text)
            for item in report.unchecked:
                text = report.text_of(item.file)
                assert text is not None
                assert 1 <= item.line <= len(re.split("\r\n|\n|\r", text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=FILES)
def test_any_bytes_on_the_command_line(
    file: tuple[bytes, str], capfd: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, name = file
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    for command in (["check", "--no-config"], ["check", "--no-config", "--output", "sarif"], ["entries"]):
        status = cli.main([*command, str(path)])
        out, err = capfd.readouterr()
        assert status in (0, 1), err
        assert "Traceback" not in out + err
        if command != ["entries"]:
            assert err == ""


# -- the same bytes, and no network -----------------------------------------------------------------------

NO_NETWORK = """
import os, sys

def forbid(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        os.write(2, f"{event} {arguments}\\n".encode())
        os._exit(97)

sys.addaudithook(forbid)
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a file of every kind, a config and a snapshot; beside it what forbids sockets."""
    folder = tmp_path_factory.mktemp("everything")
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    tree = folder / "tree"
    (tree / ".git").mkdir(parents=True)
    for number, kind in enumerate(KINDS.values()):
        (tree / str(number)).mkdir()
        (tree / str(number) / kind.file).write_text(kind.write(SOUND).text, encoding="utf-8")
    (tree / "live.json").write_bytes(LIVE)
    (tree / "vcolint.yaml").write_text(
        "live: [live.json]\nfacts: {vpc-cidrs: [10.1.0.0/17], connections: [vco-a]}\n", encoding="utf-8"
    )
    return tree


def offline(tree: Path, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[bytes]:
    """vcolint in a process that ends at once, with 97, where it touches a socket."""
    environment = os.environ | {"PYTHONPATH": _path(tree.parent / "site"), "PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-m", "vcolint", *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        check=False,
    )


def _path(first: Path) -> str:
    return os.pathsep.join([str(first), *filter(None, [os.environ.get("PYTHONPATH")])])


def named(tree: Path) -> list[str]:
    return sorted(str(path.relative_to(tree)) for path in tree.glob("*/*") if path.parent.name != ".git")


def test_nothing_uses_the_network(everything: Path) -> None:
    bitten = subprocess.run(
        [sys.executable, "-c", "import socket; socket.socket()"],
        env=os.environ | {"PYTHONPATH": _path(everything.parent / "site")},
        capture_output=True,
        check=False,
    )
    assert bitten.returncode == 97
    outputs = [option for format in FORMATS for option in ("--output", f"{format}:out.{format}")]
    assert offline(everything, "check", *outputs, *named(everything)).returncode == 1
    assert all((everything / f"out.{format}").stat().st_size for format in FORMATS)
    for format in FORMATS:
        (everything / f"out.{format}").unlink()
    for arguments in (["entries"], ["rules"], ["explain", "VCO101"], ["schema", "report"]):
        done = offline(everything, *arguments)
        assert (done.returncode, done.stderr) == (0, b"")


def test_the_same_input_gives_the_same_bytes(everything: Path) -> None:
    for format in ("json", "text", "sarif"):
        runs = {
            offline(everything, "check", "--output", format, *named(everything), seed=seed).stdout
            for seed in ("1", "2")
        }
        assert len(runs) == 1
        assert len(runs.pop()) > 10_000


# -- one finding an entry ---------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"RouteDest": st.sampled_from(["10.1.0.0/16", "0/0", "todo"])},
            optional={
                "RegionId": st.sampled_from([REGION, "<region>", 7]),
                "VpnConnectionId": st.sampled_from(["vco-a", "vco-xxx"]),
                "NextHop": st.sampled_from(["vco-a", "vco-xxx", [1]]),
                "Weight": st.sampled_from([100, "many"]),
                "Weigth": st.just(100),
                "Descripton": st.just("head office"),
            },
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_rule_gives_an_entry_one_finding(entries: list[dict[str, Any]]) -> None:
    report = vcolint.check(entries, config={}, select=ALL)
    seen = [(finding.code, finding.location.line) for finding in report.findings]
    assert len(set(seen)) == len(seen)


def test_what_else_a_rule_has_against_an_entry_is_related(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(
        "- {RegionId: cn-hangzhou, VpnConnectionId: vco-xxx, NextHop: vco-xxx, RouteDest: TODO, Weigth: 0}\n",
        encoding="utf-8",
    )
    report = vcolint.check_paths(path, config={})
    assert [
        (one.code, one.message, one.location.column, [(x.message, x.location.column) for x in one.related])
        for one in report.findings
    ] == [
        (
            "VCO708",
            "VpnConnectionId still contains the sample value vco-xxx",
            44,
            [
                ("NextHop still contains the sample value vco-xxx", 62),
                ("RouteDest still contains the sample value TODO", 82),
            ],
        ),
        ("VCO002", 'unknown property Weigth; did you mean "Weight"?', 88, [("Weight is missing", 3)]),
    ]
