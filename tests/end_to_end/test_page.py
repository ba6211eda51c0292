"""The page in a real browser: it shows what the command line says, and nothing that it holds is obeyed.

Needs Chromium and its driver (Debian: chromium, chromium-driver) and selenium; skipped where one is missing.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from netaddr import IPNetwork

import vcolint
from vcolint.cli import main

EXAMPLES = Path(__file__).parent.parent.parent / "docs/examples"
A, B, C, D = "vco-a1", "vco-b2", "vco-c3", "vco-d4"


def entry(connection: str, destination: str, weight: Any = 100, **more: Any) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
        **more,
    }


def some(size: int, connections: int, seed: int) -> list[dict[str, Any]]:
    """Entries with nested destinations, several connections to most."""
    chance = random.Random(seed)
    blocks: dict[tuple[int, int], None] = {}
    while len(blocks) < size:
        within = list(blocks)[-20:] if chance.random() < 0.5 else []
        around, length = chance.choice([*within, (10 << 24, 8)])
        longer = min(30, length + chance.randint(1, 8))
        inside = chance.getrandbits(32) & ((1 << (32 - length)) - 1)
        blocks[(around | inside) >> (32 - longer) << (32 - longer), longer] = None
    found = []
    for first, length in sorted(blocks):
        destination = f"{'.'.join(str(first >> bits & 255) for bits in (24, 16, 8, 0))}/{length}"
        for number in chance.sample(range(connections), chance.randint(1, min(3, connections))):
            found.append(entry(f"vco-{number:02}", destination, chance.choice((0, 100))))
    return found


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("Chromium and its driver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"):
        options.add_argument(f"--{switch}")
    for switch in ("disable-background-networking", "disable-component-update", "disable-sync"):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield started
    started.quit()


class Browser:
    """The browser with one page."""

    def __init__(self, driver: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.driver = driver
        self.folder = folder
        self.capsys = capsys

    def open(self, *arguments: str, width: int = 1280) -> None:
        """Open the page that a command writes. It asks nobody for anything, and its console stays empty."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        page = self.folder / "page.html"
        assert main([*arguments, "--output", f"html:{page}"]) in (0, 1)
        self.driver.get_log("performance")
        self.driver.get(page.as_uri())
        assert self.console() == []
        assert self.requests() == {page.as_uri()}

    def console(self) -> list[Any]:
        return list(self.driver.get_log("browser"))

    def requests(self) -> set[str]:
        events = [json.loads(one["message"])["message"] for one in self.driver.get_log("performance")]
        sent = [one for one in events if one["method"] == "Network.requestWillBeSent"]
        return {one["params"]["request"]["url"] for one in sent}

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def keys(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def texts(self, selector: str) -> list[str]:
        """The texts of what is visible."""
        found = self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((one) => one.checkVisibility()).map((one) => one.innerText || one.textContent)",
            selector,
        )
        return [str(one) for one in found]

    def says(self, *arguments: str) -> Any:
        """What a command says in JSON."""
        self.capsys.readouterr()
        main([*arguments, "--output", "json"])
        return json.loads(self.capsys.readouterr().out)


@pytest.fixture
def browser(
    driver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Browser:
    monkeypatch.chdir(tmp_path)
    return Browser(driver, tmp_path, capsys)


def write(name: str, content: object) -> str:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


# -- the state of the tables, as the page shows it --------------------------------------------------------

# Switches each given set of connections off, reads the tables, and switches them on again.
STATES = """
const names = (cell) => [...cell.querySelectorAll(".chip")].map((one) => one.getAttribute("aria-label"));
const says = (cell, ...words) => words.some((one) => cell.innerText.includes(one));
const shown = (cell) => [
  names(cell), says(cell, "black hole", "partly lost"), says(cell, "not known"),
];
const flip = (down) => {
  for (const one of document.querySelectorAll("[role=switch]")) if (down.includes(one.title)) one.click();
};
const read = () => [...document.querySelectorAll("section.domain")].map((domain) => {
  const across = names(domain.querySelector("thead tr:last-child"));
  return [domain.querySelector("h3").textContent, [...domain.querySelectorAll("tbody tr")].map((row) => ({
    network: row.dataset.network,
    now: shown(row.querySelector("td.now")),
    survives: row.querySelector("td.survives")?.textContent,
    failures: [...row.querySelectorAll("td.same, td.other")].map(shown),
    across: across.filter((one) => !arguments[1].includes(one)),
  }))];
});
return arguments[0].map((down) => {
  flip(down);
  arguments[1] = down;
  const state = read();
  flip(down);
  return state;
});
"""


def shown(carriers: list[str] | None, blackhole: bool) -> list[object]:
    return [carriers or [], blackhole, carriers is None]


def expected(table: Any) -> list[Any]:
    """What the tables of the page have to show for what `vcolint paths` says."""
    domains = []
    for domain in table["domains"]:
        used = {route["connection"] for one in domain["destinations"] for route in one["routes"]}
        across = [one for one in sorted(used) if one not in table["down"]]
        rows = []
        for one in domain["destinations"]:
            if not one["effective"]:  # its row says that those inside it carry all of it
                nothing = {"now": [[], False, False], "survives": None, "failures": []}
                rows.append({"network": one["network"], **nothing, "across": across})
                continue
            now = shown(one["carriers"], one["blackhole"])
            later = {fail["down"]: shown(fail["carriers"], fail["blackhole"]) for fail in one["failures"]}
            rows.append(
                {
                    "network": one["network"],
                    "now": now,
                    "survives": {True: "yes", False: "no", None: "?"}[one["survives"]],
                    "failures": [later.get(connection, now) for connection in across],
                    "across": across,
                }
            )
        domains.append([domain["name"], rows])
    return domains


SETS = {
    "covered": (
        ["a.json"],
        {
            "a.json": [
                entry(A, "10.0.0.0/16"),
                *(entry(A, f"10.0.{part}.0/17") for part in (0, 128)),
                *(entry(B, f"10.0.{part}.0/17", 0) for part in (0, 128)),
            ]
        },
        "",
    ),
    "examples": ([str(EXAMPLES / "routes.yaml"), str(EXAMPLES / "routes.csv")], {}, ""),
    "nested": (["a.json"], {"a.json": some(40, 5, 1)}, ""),
    "ignored weights": (["a.json", "--weights", "ignored"], {"a.json": some(20, 4, 2)}, ""),
    "kept routes": (
        ["a.json"],
        {"a.json": some(25, 4, 3)},
        "facts: {keeps-routes: [vco-01, vco-03]}\n",
    ),
    "ecmp": (
        ["a.json"],
        {"a.json": some(20, 4, 4)},
        "domains: {hub: {connections: [vco-00, vco-01, vco-02, vco-03], redundancy: ecmp}}\n",
    ),
    "several domains": (
        ["a", "b"],
        {"a/a.json": some(12, 3, 5), "b/b.json": some(12, 4, 6)},
        "",
    ),
    "unknown weights": (
        ["a.json"],
        {
            "a.json": [
                *some(12, 3, 7),
                entry("vco-00", "10.0.0.0/9", "${weight}"),
                entry("vco-01", "10.0.0.0/10"),
            ]
        },
        "",
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_each_failure_is_what_the_command_line_says(browser: Browser, name: str) -> None:
    arguments, files, config = SETS[name]
    for file, content in files.items():
        write(file, content)
    if config:
        write("vcolint.yaml", config)
    table = browser.says("paths", *arguments)
    used = sorted({r["connection"] for d in table["domains"] for o in d["destinations"] for r in o["routes"]})
    downs = [(), *((one,) for one in used), *list(combinations(used, 2))[::3]]
    browser.open("paths", *arguments)
    states = browser.run(STATES, downs, [])
    for down, state in zip(downs, states, strict=True):
        told = browser.says("paths", *arguments, *(word for one in down for word in ("--down", one)))
        assert state == expected(told), down
    assert all(state != states[0] for state in states[1:])
    assert browser.console() == []


@pytest.mark.parametrize("down", [(), ("vco-07",)])
def test_of_many_connections_a_row_names_those_that_matter(browser: Browser, down: tuple[str, ...]) -> None:
    """There is no column for each of 300 connections: a row has those whose failure changes something."""
    many = [entry(f"vco-{number:03}", "172.16.0.0/12") for number in range(40, 340)]
    write("a.json", [*some(60, 40, 3), *many])
    arguments = ["a.json", *(word for one in down for word in ("--down", one))]
    table = browser.says("paths", *arguments)
    browser.open("paths", *arguments)
    rows = browser.run(
        """
        const names = (one) => [...one.querySelectorAll(".chip")].map((chip) => chip.title);
        return [...document.querySelectorAll(".matrix tbody tr")].map((row) => [
          row.dataset.network,
          row.querySelector(".takeover").innerText,
          [...row.querySelectorAll(".takeover > span")].map((one) => [names(one), one.innerText]),
        ]);
        """
    )
    told = {network: (text, spans) for network, text, spans in rows}
    assert len(told) == len(rows) == 61
    several = 0
    for one in table["domains"][0]["destinations"]:
        text, spans = told[one["network"]]
        if one["network"] == "172.16.0.0/12":
            assert (text, spans) == ("the others", [])
            continue
        if not one["effective"]:
            assert (text, spans) == ("-", [])
            continue
        left = [sorted({*one["carriers"]} - {fail["down"]}) for fail in one["failures"]]
        if len(left) > 2 and left == [fail["carriers"] for fail in one["failures"]]:
            assert text == "the others"
            continue
        several += len(spans) > 1
        assert [names for names, _ in spans] == [[f["down"], *f["carriers"]] for f in one["failures"]]
        for fail, (_, words) in zip(one["failures"], spans, strict=True):
            assert ("nobody" in words) is (not fail["carriers"])
    assert several > 3
    assert browser.texts(".matrix thead th") == [
        "Destination", "Carried by", "Survives", "Who takes over", "Written at",
    ]  # fmt: skip


def test_a_destination_without_addresses_of_its_own(browser: Browser) -> None:
    write("a.json", SETS["covered"][1]["a.json"])
    browser.open("paths", "a.json")
    assert browser.texts("td.now") == ["more specific destinations", "A vco-a1", "A vco-a1"]
    assert browser.texts(".status") == ["All connections are up. 2 of 2 survive any single failure."]
    # A change from two halves to the same halves and the whole changes nothing.
    write("old.json", SETS["covered"][1]["a.json"][1:])
    browser.open("diff", "a.json", "--old", "old.json")
    assert browser.texts("td.before") == ["more specific destinations", "A vco-a1", "A vco-a1"]
    assert browser.texts(".changed, .strips .mark") == []


def test_a_network_that_was_merged_or_split(browser: Browser) -> None:
    """Both halves become the whole, and the reverse: somebody carried its addresses before, and does now."""
    halves = [entry(A, "10.0.0.0/17"), entry(B, "10.0.128.0/17")]
    for second, there in ((A, "A vco-a1"), (B, "more specific destinations")):
        write("halves.json", [halves[0], entry(second, "10.0.128.0/17")])
        write("whole.json", [entry(A, "10.0.0.0/16")])
        browser.open("diff", "whole.json", "--old", "halves.json")
        assert browser.texts("td.before")[0] == there
        assert browser.texts("td.now") == ["A vco-a1", "A vco-a1", "A vco-a1"]
        browser.open("diff", "halves.json", "--old", "whole.json")
        assert browser.texts("td.before") == ["A vco-a1", "A vco-a1", "A vco-a1"]
        assert browser.texts("td.now")[0] == there


def test_signs_and_words_stand_apart(browser: Browser) -> None:
    write("vcolint.yaml", f"facts: {{keeps-routes: [{A}]}}")
    write("a.json", [entry(A, "10.0.0.0/16"), entry(B, "10.0.0.0/16")])
    browser.open("paths", "a.json")
    cells = "return [...document.querySelectorAll('.matrix tbody td.other')].map((one) => one.textContent)"
    assert browser.run(cells) == ["B partly lost", "A"]


def test_the_page_opens_with_what_is_down(browser: Browser) -> None:
    write("a.json", [entry(A, "10.0.0.0/16"), entry(B, "10.0.0.0/16", 0), entry(A, "10.1.0.0/16")])
    browser.open("paths", "a.json", "--down", A)
    assert browser.texts("td.now") == ["B vco-b2", "nobody"]
    assert browser.texts(".status") == [
        "Down: vco-a1. 1 destination lost. 1 destination moved. 0 of 2 survive one more failure."
    ]
    browser.run("document.querySelector('.switchboard > button').click()")
    assert browser.texts("td.now") == ["A vco-a1", "A vco-a1"]
    assert browser.texts(".status") == ["All connections are up. 1 of 2 survive any single failure."]


def test_destinations_that_are_not_known_are_listed(browser: Browser) -> None:
    write("a.json", [entry(A, "10.0.0.0/16"), entry(A, "${office}")])
    (unknown,) = browser.says("paths", "a.json")["unchecked"]
    browser.open("paths", "a.json")
    assert browser.texts("section[aria-labelledby=unchecked] li") == [
        f"a.json:{unknown['line']} RouteDest: {unknown['reason']}"
    ]


def test_trace(browser: Browser) -> None:
    write("a.json", [entry(A, "10.0.0.0/16"), entry(B, "10.0.0.0/16", 0)])
    browser.open("trace", "10.0.3.4", "a.json")
    assert browser.texts("h2") == ["10.0.3.4/32: vco-a1 [./ (cn-hangzhou)]"]
    assert browser.texts("tbody tr")[1].split("\t") == [
        "10.0.0.0/16", B, "0", "takes over after the failure of vco-a1", "a.json:1:215",
    ]  # fmt: skip
    browser.open("trace", "192.168.0.1", "a.json")
    assert "No VCO route carries 192.168.0.1." in browser.texts(".summary p")


# -- a diff -----------------------------------------------------------------------------------------------


def test_diff_shows_before_and_after(browser: Browser) -> None:
    old, new = ([*some(30, 4, 8), entry(A, "12.0.0.0/8"), entry(B, "12.0.0.0/8", 0)] for _ in range(2))
    old.append(entry(A, "13.0.0.0/8"))
    new.pop()
    chance = random.Random(9)
    for one in new:
        if chance.random() < 0.15:
            one["VpnConnectionId"] = one["NextHop"] = "vco-00"
    new = [one for one in new if one["VpnConnectionId"] == A or chance.random() > 0.15]
    new.append(entry("vco-03", "11.0.0.0/8"))
    write("old.json", old)
    write("new.json", new)
    change = browser.says("diff", "new.json", "--old", "old.json")
    before, after = (
        browser.says("paths", name)["domains"][0]["destinations"] for name in ("old.json", "new.json")
    )
    browser.open("diff", "new.json", "--old", "old.json")
    rows = browser.run(
        """
        const names = (cell) => [...cell.querySelectorAll(".chip")].map((one) => one.title);
        return [...document.querySelectorAll(".matrix tbody tr")].map((row) => ([
          row.dataset.network, names(row.querySelector(".before")),
          names(row.querySelector(".now")),
          row.classList.contains("gone"),
          row.querySelector(".written").innerText,
        ]));
        """
    )
    sides = {row[0]: row[1:4] for row in rows}
    assert len(sides) == len(rows)
    # Of a route that is gone, the old line is told as such.
    assert all(("before the change:" in row[4]) is row[3] and ".json:" in row[4] for row in rows)
    assert sides.keys() == {one["network"] for one in (*before, *after)}
    for one in before:
        assert sides[one["network"]][0] == one["carriers"]
    for one in after:
        assert sides[one["network"]][1:] == [one["carriers"], False]
    assert {name for name, row in sides.items() if row[2]} == {one["network"] for one in before} - {
        one["network"] for one in after
    }
    told = [
        [one["kind"], one["network"], one["before"]["carriers"], one["after"]["carriers"]]
        for one in change["domains"][0]["changes"]
    ]
    rows = "return [...document.querySelectorAll('.changes tbody tr')]"
    cells = browser.run(f"{rows}.map((row) => [...row.cells].map((cell) => cell.innerText))")
    assert sorted([kind, network] for kind, network, *_ in cells) == sorted(one[:2] for one in told)
    assert {one["kind"] for one in change["domains"][0]["changes"]} >= {"lost", "moved", "new", "weaker"}
    # The strips mark each stretch of addresses with its change.
    drawn = "return routing.views[0].picture.segments.filter((one) => one.node)"
    stretches = browser.run(f"{drawn}.map((one) => [one.first, one.last, one.node.change])")
    kinds = {IPNetwork(network): kind for kind, network, *_ in told}
    for first, last, kind in stretches:
        met = {kinds[one] for one in kinds if one.first <= last and one.last >= first}
        assert met == ({kind} if kind else set()), (first, last)
    assert sum(last - first + 1 for first, last, kind in stretches if kind) == sum(one.size for one in kinds)
    marks = browser.run(
        "return [...document.querySelectorAll('.strips .mark')].map((one) => one.classList[1])"
    )
    assert set(marks) == {one[0] for one in told}
    for kind in ("gone", "fresh"):
        assert browser.run(f"return document.querySelectorAll('.bar.{kind}').length") > 0
    assert browser.run("return document.querySelectorAll('.bar .split').length") > 0


def test_what_another_domain_has_is_not_shown_as_lost(browser: Browser) -> None:
    """Two folders become one, and a network goes: only that one is lost."""
    for side, folder, rows in (
        ("old", "x", [entry(A, "10.0.0.0/16"), entry(A, "10.9.0.0/16")]),
        ("old", "y", [entry(B, "10.1.0.0/16"), entry(B, "10.8.0.0/16")]),
        ("new", "z", [entry(A, "10.0.0.0/16"), entry(A, "10.9.0.0/16"), entry(B, "10.1.0.0/16")]),
    ):
        Path(side, folder).mkdir(parents=True)
        write(f"{side}/{folder}/r.json", rows)
    browser.open("diff", "new", "--old", "old")
    rows = browser.run(
        """
        const text = (row, name) => row.querySelector(name).innerText;
        return [...document.querySelectorAll(".matrix tbody tr")].map((row) => ([
          row.dataset.network, text(row, ".before"), text(row, ".now"),
        ]));
        """
    )
    assert sorted(rows) == [
        ["10.0.0.0/16", "A vco-a1", "A vco-a1"],
        ["10.1.0.0/16", "B vco-b2", "another domain"],
        ["10.1.0.0/16", "another domain", "B vco-b2"],
        ["10.8.0.0/16", "B vco-b2", "nobody"],
        ["10.9.0.0/16", "A vco-a1", "A vco-a1"],
    ]
    marks = "return [...document.querySelectorAll('.strips .mark')].map((one) => one.classList[1])"
    assert browser.run(marks) == ["lost"]


def test_findings_of_a_diff_show_their_lines(browser: Browser) -> None:
    """New findings show the lines of the new side and fixed ones those of the old side, also where both sides
    have the same names; a sensitive value is hidden."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    row = "- {RegionId: cn-hangzhou, VpnConnectionId: vco-a1, NextHop: vco-a1, RouteDest: %s, Weight: %s}"
    write("routes/a.yaml", row % ("10.1.0.0/16", 7) + "\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    write("routes/a.yaml", "# moved\n" + row % ("10.2.0.0/16", 8) + "\n")
    browser.open("diff", "routes", "--base", "HEAD")

    def shown(section: str) -> list[str]:
        texts = browser.texts(f"[aria-labelledby='{section}'] article pre")
        return [text.partition("\n")[0] for text in texts]

    assert shown("findings.new") == ["2 | " + row % ("10.2.0.0/16", 8)]
    assert shown("findings.fixed") == ["1 | " + row % ("10.1.0.0/16", 7)]
    assert "Write 100 for a primary" in browser.texts("[aria-labelledby='findings.new'] dd")[0]
    root = """
        variable "w" {{
          default   = {}
          sensitive = true
        }}
        resource "alicloud_vpn_gateway_vco_route" "a" {{
          vpn_connection_id = "vco-a1"
          next_hop          = "vco-a1"
          route_dest        = "10.0.0.0/16"
          weight            = var.w
        }}
    """
    write("old/main.tf", root.format("100"))
    write("new/main.tf", root.format("71"))
    browser.open("diff", "new", "--old", "old")
    page = (browser.folder / "page.html").read_text(encoding="utf-8")
    assert "(sensitive)" in browser.texts("article pre")[0]
    assert "71" not in page.split("<main")[1].split("<footer")[0]


def test_what_is_not_known_is_no_change(browser: Browser) -> None:
    write("old.json", [entry(A, "10.0.0.0/16"), entry(A, "10.1.0.0/16")])
    write("new.json", [entry("${line}", "10.0.0.0/16"), entry(B, "10.1.0.0/16", "${weight}")])
    assert browser.says("diff", "new.json", "--old", "old.json")["summary"]["moved"] == 0
    browser.open("diff", "new.json", "--old", "old.json")
    marks = browser.run(
        "return [...document.querySelectorAll('.strips .mark')].map((one) => one.classList[1])"
    )
    assert marks == ["unknown", "unknown"]


def test_expectations(browser: Browser) -> None:
    write("old.json", [entry(A, "10.0.0.0/16"), entry(A, "10.1.0.0/16")])
    write("new.json", [entry(B, "10.0.0.0/16"), entry(A, "10.1.0.0/16")])
    write("expected.yaml", "- {network: 10.1.0.0/16, kind: moved, to: [vco-b2]}\n")
    browser.open("diff", "new.json", "--old", "old.json", "--expect", "expected.yaml")
    assert browser.texts(".summary p")[0] == "undeclared changes"
    assert browser.texts(".changes td:first-child") == ["moved, undeclared"]
    assert browser.texts("#missing ~ ul li") == ["10.1.0.0/16: expected moved to vco-b2 (expected.yaml:1:3)"]


def test_no_change(browser: Browser) -> None:
    write("a.json", some(5, 2, 1))
    browser.open("diff", "a.json", "--old", "a.json")
    assert browser.texts(".summary p") == ["no change in routing"]
    assert browser.texts(".changes, .strips .mark") == []


# -- finding one's way ------------------------------------------------------------------------------------


def test_findings_are_filtered(browser: Browser) -> None:
    write("a.yaml", "- {RegionId: cn-hangzhou, RouteDest: 10.0.0.1/16, Weight: 50}\n")
    write("vcolint.yaml", "severity: {VCO104: note}\n")
    write("b.json", [entry(A, "10.1.0.0/16"), entry(A, "10.1.0.0/16")])
    found = browser.says("check", "a.yaml", "b.json")["findings"]
    assert {one["severity"] for one in found} == {"error", "note"}
    browser.open("check", "a.yaml", "b.json")

    def shown() -> list[str]:
        return [text.split()[1] for text in browser.texts("article h3")]

    assert shown() == [one["code"] for one in found]
    assert browser.texts(".filter [role=status]") == [f"{len(found)} of {len(found)} shown"]
    choose = """
        const [selector, value] = arguments;
        const field = document.querySelector(selector);
        field.value = value;
        field.dispatchEvent(new Event(field.type === "search" ? "input" : "change"));
    """
    browser.run(choose, ".filter label:nth-of-type(2) select", "b.json")
    assert shown() == [one["code"] for one in found if one["location"]["file"] == "b.json"]
    browser.run(choose, ".filter label:nth-of-type(2) select", "")
    browser.run(choose, ".filter label:nth-of-type(1) select", "VCO104 host-bits-set")
    assert shown() == ["VCO104"]
    browser.run(choose, ".filter label:nth-of-type(1) select", "")
    browser.run("document.querySelector('.filter [value=error]').click()")
    assert shown() == [one["code"] for one in found if one["severity"] != "error"]
    browser.run("document.querySelector('.filter [value=error]').click()")
    browser.run(choose, ".filter [type=search]", "HOST bits")
    assert shown() == ["VCO104"]
    assert "10.0.0.1/16" in browser.texts("article pre")[0]


def test_destinations_are_found_and_folded(browser: Browser) -> None:
    write(
        "a.json",
        [
            entry(A, "10.0.0.0/8"), entry(B, "10.0.0.0/8", 0), entry(B, "10.1.0.0/16"),
            entry(C, "10.1.2.0/24"), entry(A, "172.16.0.0/12"),
        ],
    )  # fmt: skip
    browser.open("paths", "a.json")
    rows = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "172.16.0.0/12"]

    def shown() -> list[str]:
        return [text.strip("▸▾ ") for text in browser.texts("tbody th")]

    def bars() -> list[str]:
        labels = browser.run(
            "return [...document.querySelectorAll('.bar')].map((one) => one.getAttribute('aria-label'))"
        )
        return sorted(label.partition(",")[0] for label in labels)

    assert (shown(), bars()) == (rows, rows)
    browser.run("document.querySelector('tbody .fold').click()")
    assert (shown(), bars()) == (["10.0.0.0/8", "172.16.0.0/12"], ["10.0.0.0/8", "172.16.0.0/12"])
    browser.run("document.querySelector('tbody .fold').click()")
    find = """
        const field = document.querySelector(".finder [type=search]");
        field.value = arguments[0];
        field.dispatchEvent(new Event("input"));
    """
    for query, found in (
        ("10.1.2.9", rows[:3]), ("10.1.0.0/17", rows[:3]), ("vco-c", [rows[2]]), ("172", [rows[3]]),
        ("a.json", rows), ("10.", rows[:3]), ("nothing", []),
    ):  # fmt: skip
        browser.run(find, query)
        assert shown() == found, query
        assert browser.texts(".canvas") == []  # a flat list takes the place of the picture
        assert browser.texts("tbody .fold") == []
    browser.run(find, "")
    browser.run("document.querySelector('.finder [type=checkbox]').click()")
    assert shown() == ["172.16.0.0/12"]
    browser.run("document.querySelector('.finder [type=checkbox]').click()")
    assert (shown(), bars()) == (rows, rows)


def test_the_picture_is_worked_with_the_keyboard(browser: Browser) -> None:
    from selenium.webdriver import Keys

    write("a.json", [entry(A, "10.0.0.0/8"), entry(B, "10.1.0.0/16"), entry(A, "172.16.0.0/12")])
    browser.open("paths", "a.json")
    label = "return document.activeElement.getAttribute('aria-label')"
    # It is one stop of the tab key.
    assert browser.run("return document.querySelectorAll('.canvas [tabindex=\"0\"]').length") == 1
    browser.run("document.querySelector('.tools button:last-of-type').focus()")
    browser.keys(Keys.TAB)
    assert browser.run(label).startswith("10.0.0.0/8, Carried by vco-a1")
    assert browser.texts(".detail strong") == ["10.0.0.0/8"]
    browser.keys(Keys.ARROW_DOWN)
    assert browser.run(label).startswith("10.1.0.0/16, Carried by vco-b2")
    assert "vco-b2, weight 100, a.json:1" in browser.texts(".detail")[0]
    assert "if vco-b2 fails: vco-a1" in browser.texts(".detail")[0]
    browser.keys(Keys.ARROW_UP, Keys.ARROW_RIGHT)
    assert browser.run(label) == "Gap: no VCO route, 11.0.0.0 to 172.15.255.255"
    browser.keys(Keys.ARROW_RIGHT)
    assert browser.run(label).startswith("172.16.0.0/12, Carried by vco-a1, one failure loses it")
    browser.keys(Keys.ENTER)  # zooms in
    assert browser.run("return document.querySelectorAll('.bar').length") == 1
    browser.keys(Keys.HOME)
    assert browser.run("return document.querySelectorAll('.bar').length") == 3
    assert browser.run(label).startswith("172.16.0.0/12")
    browser.keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT, " ")  # folds
    assert browser.run("return document.querySelectorAll('.bar').length") == 2
    assert browser.run("return document.activeElement.getAttribute('aria-expanded')") == "false"
    browser.keys(" ", "+")
    browser.run("document.querySelector('.tools button:last-of-type').click()")
    assert browser.run("return document.querySelectorAll('.bar[aria-expanded=\"false\"]').length") == 1
    browser.run("document.querySelector('.tools button:last-of-type').click()")
    assert browser.run("return document.activeElement.getAttribute('aria-expanded')") == "true"
    # The switches are buttons.
    browser.run("document.querySelector('[role=switch]').focus()")
    browser.keys(" ")
    assert browser.run("return document.activeElement.getAttribute('aria-checked')") == "false"
    assert browser.texts("td.now")[0] == "nobody"


def test_print(browser: Browser) -> None:
    write("a.json", some(250, 4, 1))
    browser.open("check", "a.json")
    assert len(browser.texts(".matrix tbody tr")) == 200
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        browser.run("window.dispatchEvent(new Event('beforeprint'))")
        assert len(browser.texts(".matrix tbody tr")) == 250
        assert browser.texts(".filter, .tools, .finder, nav") == []
        assert len(browser.texts("article")) == browser.run(
            "return document.querySelectorAll('article').length"
        )
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_3000_destinations(browser: Browser) -> None:
    write("a.json", some(3000, 20, 1))
    browser.open("paths", "a.json")
    assert browser.texts(".summary p")[0].startswith("3000 destinations;")
    assert len(browser.texts(".matrix tbody tr")) == 200
    assert len(browser.texts(".matrix td.takeover")) == 200
    assert browser.run("return document.querySelectorAll('.bar.run').length") > 50
    whole = browser.run("return document.querySelectorAll('.bar').length")
    browser.run(
        "document.querySelector('.bar.run').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))"
    )
    assert 1 < browser.run("return document.querySelectorAll('.bar').length") < whole
    browser.run("document.querySelector('[role=switch]').click()")
    assert browser.texts(".status")[0].startswith("Down: vco-00. ")
    assert browser.console() == []


def test_long_and_chinese_names_fit(browser: Browser) -> None:
    long = "alicloud_vpn_gateway_vpn_attachment." + "very_long_name_" * 6
    write(
        "总部/路由.json",
        [entry("专线-上海-主用", "10.0.0.0/16"), entry(long, "10.0.0.0/16", 0), entry(long, "10.1.0.0/16")],
    )
    for width in (1280, 420):
        browser.open("check", "总部", width=width)
        assert "专线-上海-主用" in browser.texts(".switch .name")
        assert long in browser.texts(".switch .name")
        assert "总部/路由.json:1" in browser.texts(".written")[0]
        assert browser.run("return document.documentElement.scrollWidth") <= width


def test_long_names_of_unchecked_values_fit(browser: Browser) -> None:
    """A list must not make the page wider than a narrow window."""
    file = "very_long_name_" * 6 + ".json"
    write(file, [entry("vco-a", "${destination}")])
    browser.open("check", file, width=420)
    assert any(file in row for row in browser.texts("main li"))
    assert browser.run("return document.documentElement.scrollWidth") <= 420


def test_chinese_columns_are_wider_than_a_character(browser: Browser) -> None:
    """Beside a long name, a column of Chinese would shrink to one character a line."""
    long = "alicloud_vpn_gateway_vpn_attachment." + "very_long_name_" * 6
    write("old.json", [entry("专线-上海-备用", "10.0.0.0/16"), entry(long, "10.0.0.0/16", 0)])
    write(
        "new.json",
        [entry("专线-上海-主用", "10.0.0.0/16"), entry(long, "10.0.0.0/16", 0), entry(long, "10.1.0.0/16")],
    )
    for width in (1280, 420):
        browser.open("diff", "new.json", "--old", "old.json", "--language", "zh", width=width)
        lines = browser.run(
            """
            const line = (one) => parseFloat(getComputedStyle(one).lineHeight);
            const high = (one) => one.getBoundingClientRect().height / line(one);
            return [...document.querySelectorAll(".kind, thead th[scope=col]:not([rowspan])")].map(high);
            """
        )
        assert len(lines) > 6
        assert max(lines) < 2.5
        assert "专线-上海-备用" in browser.texts(".before .who")[0]


def test_chinese(browser: Browser) -> None:
    write("a.json", some(20, 4, 1))
    browser.open("check", "a.json", "--language", "zh")
    assert browser.run("return document.documentElement.lang").startswith("zh")
    browser.run("document.querySelector('[role=switch]').click(); document.querySelector('.bar').focus()")
    shown = " ".join(browser.texts("nav, h1, h2, .filter, .routing-section"))
    assert "{" not in shown
    assert not {"Connections", "Destination", "nobody", "survive", "Findings", "Severity"} & set(
        shown.split()
    )


def test_tables_are_tables(browser: Browser) -> None:
    write("a.json", some(10, 3, 1))
    write("b.json", some(10, 3, 2))
    browser.open("diff", "a.json", "--old", "b.json")
    problems = browser.run(
        """
        const found = [];
        for (const cell of document.querySelectorAll("th")) if (!cell.scope) found.push(cell.outerHTML);
        const named = "button, input, select, [role=treeitem], [role=tree], [role=img]";
        for (const one of document.querySelectorAll(named)) {
          const label = one.closest("label");
          const name = one.getAttribute("aria-label") || one.textContent || (label && label.textContent);
          if (!name.trim()) found.push(one.outerHTML);
        }
        for (const one of document.querySelectorAll("[aria-labelledby]")) {
          if (!document.getElementById(one.getAttribute("aria-labelledby"))) found.push(one.outerHTML);
        }
        const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        if (new Set(ids).size !== ids.length) found.push("an id twice");
        return found;
        """
    )
    assert problems == []


# -- nothing that comes in is obeyed ----------------------------------------------------------------------

HOSTILE = [
    "</script><script>window.bad = 1</script>",
    '"><img src=x onerror="window.bad = 1">',
    "<!--<script>",
    "&lt;b&gt;{n}{names}",
    "\u202eevil\x00\x1b[31m",
    "__proto__",
]


def test_hostile_texts_stay_texts(browser: Browser) -> None:
    rows = []
    for number, text in enumerate(HOSTILE):
        name = f"<i id=bad>{number}.json"
        write(
            name,
            [entry(text, f"10.{number}.0.0/16", Description=text, RegionId=text), entry(A, "10.0.0.0/8")],
        )
        rows.append(name)
    write("old.json", [entry(HOSTILE[0], "10.0.0.0/8"), entry(HOSTILE[1], "10.1.0.0/16")])
    trace = ["trace", "10.0.0.0/8", *rows]
    for command in (trace, ["check", *rows], ["paths", *rows], ["diff", *rows, "--old", "old.json"]):
        browser.open(*command)
        browser.run(
            "document.querySelectorAll('[role=switch]').forEach((one) => { one.click(); one.click(); })"
        )
        browser.run("document.querySelectorAll('.bar').forEach((one) => one.focus())")
        assert browser.run(
            "return [window.bad === undefined, document.querySelectorAll('img, i, #bad').length]"
        ) == [True, 0]
        assert browser.run("return document.querySelectorAll('script').length") == 2
        names = browser.texts(".switch .name, td:nth-of-type(-n + 2)")
        for text in HOSTILE[:4]:
            assert text in names
        assert "\\u202eevil\\x00\\x1b[31m" in names
        assert browser.console() == []
        assert browser.requests() == set()


def test_the_policy_lets_nothing_else_run(browser: Browser) -> None:
    write("a.json", some(3, 2, 1))
    browser.open("paths", "a.json")
    browser.run(
        """
        const script = document.createElement("script");
        script.textContent = "window.bad = 1";
        document.body.append(script);
        const picture = new Image();
        picture.src = "http://192.0.2.1/x.png";
        document.body.append(picture);
        const style = document.createElement("style");
        style.textContent = "h1 { display: none }";
        document.head.append(style);
        """
    )
    assert browser.run(
        "return [window.bad === undefined, document.querySelector('h1').checkVisibility()]"
    ) == [True, True]
    assert len([one for one in browser.console() if "Content Security Policy" in one["message"]]) == 3


# -- without a browser ------------------------------------------------------------------------------------


def test_a_page_of_too_many_routes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from vcolint.render import html, render
    from vcolint.render.routing import render as routing

    rows = [entry(A, "10.0.0.0/24"), entry(A, "10.0.1.0/24")]
    table, report = vcolint.paths(rows), vcolint.check(rows)
    assert '"destinations"' in routing("html", table)
    assert '"destinations"' in render("html", report)
    monkeypatch.setattr(html, "MOST", 1)
    report = report._replace(paths=pytest.fail)  # is not even asked
    for text in (routing("html", table), render("html", report)):
        assert "2 routes are too many for pictures (1 at most)" in text
        assert '"destinations"' not in text
