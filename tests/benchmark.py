"""How long vcolint takes and how much memory, as ratios within one run: `python tests/benchmark.py`.

Every command is a whole process. The two sides of a ratio run in turn, so that a machine that slows down
slows both; of each side the median counts. Before the first run the package is compiled to bytecode, which
an installed package has, wherever Python is told to write none. Names on the command line choose benchmarks
(`cold json plan`); `--rounds N` sets the number of runs, `--strict` makes a missed limit exit status 1.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

PYTHON = sys.executable
PACKAGE = Path(__file__).parent.parent / "vcolint"
VCOLINT = [PYTHON, "-m", "vcolint", "check", "--no-config"]
CONNECTION = "vco-p0w2jpkhi2eeop6q6abcd"


class Cost(NamedTuple):
    """What one process took: seconds from start to end, and its peak memory in MiB."""

    seconds: float
    peak: float


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    other: str
    ratio: float | None
    limit: float | None


def measure(command: list[str]) -> Cost:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Cost(time.perf_counter() - start, usage.ru_maxrss / unit)


def pair(ours: list[str], other: list[str], rounds: int) -> tuple[Cost, Cost]:
    """The medians of both, run in turn after one run of each that does not count."""
    measure(ours)
    measure(other)
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(rounds):
        costs[0].append(measure(ours))
        costs[1].append(measure(other))
    first, second = (
        Cost(statistics.median(c.seconds for c in side), statistics.median(c.peak for c in side))
        for side in costs
    )
    return first, second


def compared(
    what: str, ours: list[str], other: list[str], name: str, limit: float | None, rounds: int
) -> Row:
    a, b = pair(ours, other, rounds)
    return Row(what, shown(a), f"{name} {shown(b)}", a.seconds / b.seconds, limit)


def shown(cost: Cost) -> str:
    return f"{cost.seconds * 1000:.0f} ms" if cost.seconds < 10 else f"{cost.seconds:.1f} s"


def python(code: str) -> list[str]:
    return [PYTHON, "-c", code]


# -- the sets ---------------------------------------------------------------------------------------------


def entries(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Clean entries: disjoint /28 networks of 10.0.0.0/8 (or of smaller size, if there are many), shuffled,
    on 50 connections, each with its description."""
    length = 28 if number <= 1 << 20 else 32
    places = random.Random(seed).sample(range(1 << (length - 8)), number)
    made = []
    for index, place in enumerate(places):
        address = 10 << 24 | place << (32 - length)
        connection = f"vco-{index % 50:03}p0w2jpkhi2eeop6q6"
        made.append(
            {
                "RegionId": "cn-hangzhou",
                "VpnConnectionId": connection,
                "RouteDest": ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}",
                "NextHop": connection,
                "Weight": 100,
                "Description": f"office {index}",
            }
        )
    return made


def yaml_text(rows: list[dict[str, Any]]) -> str:
    fields = [", ".join(f"{name}: {value}" for name, value in row.items()) for row in rows]
    return "".join(f"- {{{row}}}\n" for row in fields)


def paired(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Half of the entries, each as a primary and its backup on two connections."""
    made = []
    for row in rows[: len(rows) // 2]:
        for connection, weight in (("vco-a1", 100), ("vco-b2", 0)):
            made.append(row | {"VpnConnectionId": connection, "NextHop": connection, "Weight": weight})
    return made


def shared(number: int) -> Iterator[dict[str, Any]]:
    """Entries four to a destination: two primaries and two backups, of which VCO503 speaks."""
    for index in range(number):
        address = 10 << 24 | index // 4 << 8
        connection = f"vco-{index % 50:03}p0w2jpkhi2eeop6q6"
        yield route(f"{dotted(address)}/24", connection, 100 if index % 4 < 2 else 0)


def nested(number: int) -> Iterator[dict[str, Any]]:
    """Every fifteenth entry is a /24; the others lie in it on other connections. VCO303 speaks of each."""
    for index in range(number):
        block, place = divmod(index, 15)
        address, length = 10 << 24 | block << 8, 24 if place == 0 else 28
        connection = f"vco-{place:03}p0w2jpkhi2eeop6q6"
        yield route(f"{dotted(address + max(place - 1, 0) * 16)}/{length}", connection, 100)


def route(destination: str, connection: str, weight: int) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "RouteDest": destination,
        "NextHop": connection,
        "Weight": weight,
    }


def dotted(address: int) -> str:
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def mixed(rows: list[dict[str, Any]], seed: int = 1) -> list[dict[str, Any]]:
    """The entries with destinations of many sizes, /25 to /32, that lie side by side, shuffled."""
    chance = random.Random(seed)
    address = 1 << 24
    texts = []
    for _ in rows:
        length = chance.randint(25, 32)
        address += -address % (1 << 32 - length)
        texts.append(".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}")
        address += 1 << 32 - length
    chance.shuffle(texts)
    return [row | {"RouteDest": text} for row, text in zip(rows, texts, strict=True)]


def adversarial(number: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Sets that are meant to be hard: name and rows."""

    def row(destination: str, connection: str = CONNECTION, weight: int = 100) -> dict[str, Any]:
        return route(destination, connection, weight)

    def other(index: int) -> str:
        return f"vco-{index:06}"

    yield "all equal", [row("10.0.0.0/16")] * number
    yield (
        "one nested chain",
        [row(f"10.0.0.0/{8 + index % 25}", other(index // 25)) for index in range(number)],
    )
    yield "one destination, every connection", [row("10.0.0.0/16", other(index)) for index in range(number)]
    yield "host bits everywhere", [row(f"{dotted(10 << 24 | index << 8 | 5)}/24") for index in range(number)]
    yield (
        "every entry overlaps every other",
        [row(f"10.0.0.0/{8 + index % 17}", other(index), 100 * (index % 2)) for index in range(number)],
    )


# -- the benchmarks ---------------------------------------------------------------------------------------

Benchmark = Callable[[Path, int], Iterator[Row]]


def cold(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "routes.yaml"
    path.write_text(yaml_text(entries(100)))
    ours = [*VCOLINT, str(path)]
    imports = python("import click, yaml")
    rounds = max(rounds, 15)
    yield compared("cold start, 100 entries of YAML", ours, imports, "import click, yaml", 1.6, rounds)
    for tool, arguments in (
        ("yamllint", [str(path)]),
        ("check-jsonschema", ["--schemafile", schema(folder), str(path)]),
    ):
        if command := beside(tool):
            yield compared(f"  beside {tool}", ours, [*command, *arguments], tool, None, rounds)


def large_json(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "routes.json"
    path.write_text(json.dumps(entries(300_000)))
    ours, other = pair([*VCOLINT, str(path)], python(f"import json; json.load(open({str(path)!r}))"), rounds)
    what = "300,000 entries of JSON"
    yield Row(what, shown(ours), f"json.load {shown(other)}", ours.seconds / other.seconds, 4.0)
    yield Row(
        "  its peak memory", f"{ours.peak:.0f} MiB", f"{other.peak:.0f} MiB", ours.peak / other.peak, 2.0
    )
    for what, hard, limit, peak in (
        ("in groups of four, each with a finding", shared(300_000), 14.0, 3.0),
        ("nested, each with a note", nested(300_000), 25.0, 4.0),
    ):
        path.write_text(json.dumps(list(hard)))
        yield from beside_load(what, path, path, rounds, limit, peak)
    rows = entries(300_000)
    plain = [{key: value for key, value in row.items() if key != "Description"} for row in rows]
    for what, document in (
        ("as a mapping with Routes", {"Routes": rows}),
        ("indented", json.dumps(rows, indent=2)),
        ("of many prefix lengths", mixed(rows)),
        ("as primaries and backups", paired(rows)),
        ("half of them without Description", [*rows[::2], *plain[1::2]]),
    ):
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        yield from beside_load(what, path, path, rounds)
    path.write_text(json.dumps(rows))
    lines, cells = folder / "routes.jsonl", folder / "routes.csv"
    lines.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with cells.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    yield from beside_load("as JSON Lines", lines, path, rounds)
    yield from beside_load("as CSV", cells, path, rounds)


def beside_load(
    what: str, path: Path, same: Path, rounds: int, limit: float = 4.0, peak: float = 2.0
) -> Iterator[Row]:
    """Time and peak memory for a large file, beside `json.load` of the same rows."""
    load = python(f"import json; json.load(open({str(same)!r}))")
    ours, other = pair([*VCOLINT, str(path)], load, min(rounds, 3))
    yield Row(f"  {what}", shown(ours), f"json.load {shown(other)}", ours.seconds / other.seconds, limit)
    peaks = f"{ours.peak:.0f} MiB", f"{other.peak:.0f} MiB"
    yield Row("    its peak memory", *peaks, ours.peak / other.peak, peak)


def large_yaml(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "routes.yaml"
    path.write_text(yaml_text(entries(20_000)))
    load = python(f"import yaml; yaml.load(open({str(path)!r}), yaml.CSafeLoader)")
    yield compared("20,000 entries of YAML", [*VCOLINT, str(path)], load, "yaml.load", 1.5, rounds)


def growth(folder: Path, rounds: int) -> Iterator[Row]:
    small, large = dict(adversarial(5_000)), dict(adversarial(20_000))
    for name in small:
        paths = []
        for number, rows in (("5", small[name]), ("20", large[name])):
            paths.append(folder / f"{number}.json")
            paths[-1].write_text(json.dumps(rows))
        output = ["--output", "json"]
        a, b = pair([*VCOLINT, *output, str(paths[1])], [*VCOLINT, *output, str(paths[0])], min(rounds, 3))
        yield Row(f"{name}: 20,000 to 5,000", shown(a), f"5,000: {shown(b)}", a.seconds / b.seconds, 6.0)


def routing(folder: Path, rounds: int) -> Iterator[Row]:
    """Who carries what, and what a change does, beside a check of the same; and how both grow."""
    vcolint = [PYTHON, "-m", "vcolint"]
    rows = list(nested(20_000))
    path, old = folder / "routes.json", folder / "old.json"
    path.write_text(json.dumps(rows))
    # One inner destination in ninety moves.
    moved = {"VpnConnectionId": "vco-0009", "NextHop": "vco-0009"}
    old.write_text(json.dumps([row | moved if index % 90 == 50 else row for index, row in enumerate(rows)]))
    check = [*VCOLINT, str(path)]
    few = min(rounds, 3)
    paths, diff = ([*vcolint, name, "--no-config", str(path)] for name in ("paths", "diff"))
    yield compared("paths of 20,000 nested destinations", paths, check, "check", 1.5, few)
    yield compared("  as JSON", [*paths, "--output", "json"], check, "check", 1.5, few)
    yield compared("diff of them", [*diff, "--old", str(old)], check, "check", 1.5, few)
    small, large = dict(adversarial(5_000)), dict(adversarial(20_000))
    for name in small:
        files = [folder / "5.json", folder / "20.json"]
        for file, set_ in zip(files, (small[name], large[name]), strict=True):
            file.write_text(json.dumps(set_))
            file.with_suffix(".old.json").write_text(json.dumps(set_[: len(set_) // 2]))
        for command in ("paths", "diff"):
            costs = [
                [*vcolint, command, "--no-config", str(file)]
                + (["--old", str(file.with_suffix(".old.json"))] if command == "diff" else [])
                for file in files
            ]
            a, b = pair(costs[1], costs[0], min(rounds, 2))
            ratio = a.seconds / b.seconds
            yield Row(f"{command}, {name}: 20,000 to 5,000", shown(a), f"5,000: {shown(b)}", ratio, 5.0)


TERRAFORM_ROUTE = """resource "alicloud_vpn_gateway_vco_route" "r{index}" {{
  vpn_connection_id = "{connection}"
  next_hop          = "{connection}"
  route_dest        = "{destination}"
  weight            = 100
}}

"""


def terraform_blocks(number: int) -> str:
    return "".join(
        TERRAFORM_ROUTE.format(index=index, connection=row["NextHop"], destination=row["RouteDest"])
        for index, row in enumerate(entries(number))
    )


def terraform_map(folder: Path, number: int) -> Path:
    """A root whose routes come from a map in a YAML file."""
    root = folder / f"map{number}"
    root.mkdir()
    rows = entries(number)
    (root / "routes.yaml").write_text(
        "".join(
            f"office-{index}: {{cidr: {row['RouteDest']}, vco: {row['NextHop']}}}\n"
            for index, row in enumerate(rows)
        )
    )
    (root / "main.tf").write_text(
        """locals { routes = yamldecode(file("${path.module}/routes.yaml")) }
resource "alicloud_vpn_gateway_vco_route" "office" {
  for_each          = local.routes
  vpn_connection_id = each.value.vco
  next_hop          = each.value.vco
  route_dest        = each.value.cidr
  weight            = 100
}
"""
    )
    return root


def terraform(folder: Path, rounds: int) -> Iterator[Row]:
    small = folder / "small"
    small.mkdir()
    (small / "main.tf").write_text(terraform_blocks(5))
    imports = python("import click, yaml")
    ours = [*VCOLINT, str(small)]
    yield compared("small Terraform folder, cold", ours, imports, "import click, yaml", 3.0, max(rounds, 15))
    if checkov := beside("checkov"):
        yield compared("  beside checkov", ours, [*checkov, "-d", str(small)], "checkov", None, 3)

    if (tool := shutil.which("terraform")) and (chdir := planned(folder, tool)):
        # The provider of the routes is not to be had here: so this is what an empty plan takes.
        yield compared("  beside terraform plan", ours, [tool, chdir, "plan"], "terraform plan", None, 3)

    blocks = folder / "blocks"
    blocks.mkdir()
    (blocks / "main.tf").write_text(terraform_blocks(2_000))
    parse = python(
        "import tree_sitter, tree_sitter_hcl\n"
        "parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))\n"
        f"parser.parse(open({str(blocks / 'main.tf')!r}, 'rb').read())"
    )
    yield compared("2,000 literal blocks", [*VCOLINT, str(blocks)], parse, "tree-sitter-hcl", 10.0, rounds)

    literal = folder / "literal"
    literal.mkdir()
    (literal / "main.tf").write_text(terraform_blocks(1_000))
    few, many = terraform_map(folder, 1_000), terraform_map(folder, 4_000)
    yield compared(
        "for_each over 1,000 of YAML",
        [*VCOLINT, str(few)],
        [*VCOLINT, str(literal)],
        "1,000 blocks",
        2.0,
        rounds,
    )
    yield compared("for_each over 4,000", [*VCOLINT, str(many)], [*VCOLINT, str(few)], "1,000", 5.0, rounds)


def planned(folder: Path, terraform: str) -> str | None:
    """A root of five resources that need no provider, made ready for `terraform plan`: its option for the
    folder; None if it cannot be."""
    root = folder / "planned"
    root.mkdir()
    (root / "main.tf").write_text("".join(f'resource "terraform_data" "r{n}" {{}}\n' for n in range(5)))
    chdir = f"-chdir={root}"
    ready = subprocess.run([terraform, chdir, "init"], capture_output=True, check=False).returncode == 0
    return chdir if ready else None


def plan(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "plan.json"
    changes = [
        {
            "address": f'alicloud_vpn_gateway_vco_route.office["{index}"]',
            "mode": "managed",
            "type": "alicloud_vpn_gateway_vco_route",
            "name": "office",
            "index": str(index),
            "provider_name": "example/aliyun/alicloud",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {
                    "route_dest": row["RouteDest"],
                    "weight": 100,
                    "next_hop": row["NextHop"],
                    "vpn_connection_id": row["NextHop"],
                    "overlay_mode": None,
                    "timeouts": None,
                },
                "after_unknown": {"id": True, "status": True},
                "before_sensitive": False,
                "after_sensitive": {},
            },
        }
        for index, row in enumerate(entries(5_000))
    ]
    resources = [
        {key: change[key] for key in ("address", "mode", "type", "name", "index", "provider_name")}
        | {"values": change["change"]["after"], "sensitive_values": {}, "schema_version": 0}  # type: ignore[index]
        for change in changes
    ]
    path.write_text(
        json.dumps(
            {
                "format_version": "1.2",
                "terraform_version": "1.11.4",
                "planned_values": {"root_module": {"resources": resources}},
                "resource_changes": changes,
                "configuration": {"root_module": {}},
            }
        )
    )
    load = python(f"import json; json.load(open({str(path)!r}))")
    yield compared("plan of 5,000 routes", [*VCOLINT, str(path)], load, "json.load", 3.0, rounds)


def hook(folder: Path, rounds: int) -> Iterator[Row]:
    """What pre-commit runs, on 200 route files with 10,000 entries together."""
    rows = entries(10_000)
    routes = folder / "routes"
    routes.mkdir()
    paths = [routes / f"{number:03}.yaml" for number in range(200)]
    for number, path in enumerate(paths):
        path.write_text(yaml_text(rows[number * 50 : number * 50 + 50]))
    ours = [*VCOLINT, "--force-exclude", *map(str, paths)]
    for tool, arguments in (
        ("yamllint", ["-d", "relaxed"]),
        ("check-jsonschema", ["--schemafile", schema(folder)]),
    ):
        if command := beside(tool):
            theirs = [*command, *arguments, *map(str, paths)]
            yield compared("200 files, 10,000 entries", ours, theirs, tool, None, min(rounds, 3))
        else:
            cost = measure(ours)
            yield Row("200 files, 10,000 entries", shown(cost), f"{tool} is not installed", None, None)


def formats(folder: Path, rounds: int) -> Iterator[Row]:
    """Each output format against text, for 10,000 findings."""
    path = folder / "bad.yaml"
    rows = [row | {"RouteDest": row["RouteDest"].replace("/28", "/20")} for row in entries(10_000)]
    for index, row in enumerate(rows):
        row["RouteDest"] = f"10.{index >> 8 & 255}.{index & 255}.1/24"
    path.write_text(yaml_text(rows))
    text = [*VCOLINT, "--output", "text", str(path)]
    for name in ("json", "sarif", "github", "gitlab", "junit", "markdown"):
        yield compared(
            f"10,000 findings as {name}", [*VCOLINT, "--output", name, str(path)], text, "text", 1.1, rounds
        )


def editor(folder: Path, rounds: int) -> Iterator[Row]:
    """What a keystroke costs the language server, from the change to the diagnostics: the CPU of a session
    with many keystrokes, less that of one with a single one."""
    rows = paired(entries(500))
    routes = folder / "routes"
    routes.mkdir()
    for number in range(50):
        (routes / f"{number:02}.yaml").write_text(yaml_text(rows[number * 20 : number * 20 + 20]))
    more = 20
    costs = [(typing(routes, 1 + more) - typing(routes, 1)) / more for _ in range(min(rounds, 3))]
    cost = statistics.median(costs) * 1000
    yield Row("keystroke: 50 files, 1,000 entries", f"{cost:.0f} ms", "100 ms of CPU", cost / 100, 1.0)


def typing(folder: Path, keystrokes: int) -> float:
    """The seconds of CPU that a server takes for a session in which someone types."""
    command = [PYTHON, "-m", "vcolint", "server"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    sent, received = server.stdin, server.stdout

    def send(method: str, params: dict[str, Any], number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else message | {"id": number}).encode()
        sent.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sent.flush()

    def wait(uri: str, version: int) -> None:
        while True:
            length = 0
            while header := received.readline().strip():
                if header.startswith(b"Content-Length:"):
                    length = int(header.partition(b":")[2])
            params = json.loads(received.read(length)).get("params", {})
            if params.get("uri") == uri and params.get("version") == version:
                return

    file = folder / "07.yaml"
    text, uri = file.read_text(), file.as_uri()
    root = [{"uri": folder.as_uri(), "name": "routes"}]
    send("initialize", {"processId": None, "rootUri": None, "capabilities": {}, "workspaceFolders": root}, 1)
    send("initialized", {})
    document = {"uri": uri, "languageId": "yaml", "version": 0, "text": text}
    send("textDocument/didOpen", {"textDocument": document})
    wait(uri, 0)
    # Someone changes the last digit of a destination, forth and back.
    line = next(number for number, line in enumerate(text.splitlines()) if "RouteDest" in line)
    column = text.splitlines()[line].index("/", text.splitlines()[line].index("RouteDest")) - 1
    start, end = ({"line": line, "character": one} for one in (column, column + 1))
    for version in range(1, keystrokes + 1):
        change = {"range": {"start": start, "end": end}, "text": str(version % 2)}
        of = {"uri": uri, "version": version}
        send("textDocument/didChange", {"textDocument": of, "contentChanges": [change]})
        wait(uri, version)
    sent.close()
    _, _, usage = os.wait4(server.pid, 0)
    server.returncode = 0
    received.close()
    return usage.ru_utime + usage.ru_stime


BENCHMARKS: dict[str, Benchmark] = {
    "cold": cold,
    "json": large_json,
    "yaml": large_yaml,
    "growth": growth,
    "routing": routing,
    "terraform": terraform,
    "plan": plan,
    "hook": hook,
    "formats": formats,
    "editor": editor,
}


def schema(folder: Path) -> str:
    path = folder / "route-set.schema.json"
    path.write_bytes(subprocess.check_output([PYTHON, "-m", "vcolint", "schema", "route-set"]))
    return str(path)


def beside(tool: str) -> list[str] | None:
    """Another tool, from the same environment or the path."""
    here = Path(PYTHON).parent / tool
    found = str(here) if here.exists() else shutil.which(tool)
    return [found] if found else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()
    compileall.compile_dir(PACKAGE, quiet=1)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    missed = 0
    for name in arguments.names or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            for row in BENCHMARKS[name](Path(folder), arguments.rounds):
                ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
                over = row.limit is not None and row.ratio is not None and row.ratio > row.limit
                missed += over
                limit = "" if row.limit is None else f"at most {row.limit}{'  MISSED' if over else ''}"
                print(f"{row.what:40} {row.ours:>10}  {row.other:32} {ratio:>6}  {limit}", flush=True)
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
