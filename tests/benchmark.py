"""How much time and memory vcolint takes, as ratios within one run: `python tests/benchmark.py`.

Every command is a whole process, and its time is CPU time: other programs on the machine disturb it little.
The two sides of a ratio run in turn, and the smallest result of each counts. Before the first run, the
package is compiled to bytecode, as an installed package is, even if Python is told to write none. Names on
the command line choose benchmarks (`cold large plan`); `--rounds N` sets the number of runs, `--strict` makes
a missed limit exit status 1.
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
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

PYTHON = sys.executable
PACKAGE = Path(__file__).parent.parent / "vcolint"
VCOLINT = [PYTHON, "-m", "vcolint"]
CHECK = [*VCOLINT, "check", "--no-config"]
CONNECTION = "vco-p0w2jpkhi2eeop6q6abcd"

Routes = list[dict[str, Any]]


class Cost(NamedTuple):
    """What one process took: seconds of CPU, and its peak memory in MiB."""

    seconds: float
    peak: float


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    other: str
    ratio: float | None = None
    limit: float | None = None


# The peak of a child is at least that of its parent, so a small process starts it.
_START = """
import os, subprocess, sys
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
_, _, usage = os.wait4(subprocess.Popen(sys.argv[1:], **quiet).pid, 0)
os.write(1, f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}".encode())
os._exit(0)
"""


def measure(command: list[str]) -> Cost:
    seconds, peak = map(float, subprocess.check_output([*python(_START), *command]).split())
    return Cost(seconds, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def pair(ours: list[str], other: list[str], rounds: int) -> tuple[Cost, Cost]:
    """The smallest cost of each of the two, run in turn."""
    costs = [(measure(ours), measure(other)) for _ in range(rounds)]
    first, second = (Cost(*map(min, zip(*side, strict=True))) for side in zip(*costs, strict=True))
    return first, second


def compared(
    what: str,
    ours: list[str],
    other: list[str],
    name: str,
    limit: float | None,
    rounds: int,
    peak: float | None = None,
) -> Iterator[Row]:
    """The time of a command compared with that of another one, and its peak memory if that has a limit."""
    a, b = pair(ours, other, rounds)
    yield Row(what, shown(a), f"{name} {shown(b)}", a.seconds / b.seconds, limit)
    if peak is not None:
        yield Row("  its peak memory", f"{a.peak:.0f} MiB", f"{b.peak:.0f} MiB", a.peak / b.peak, peak)


def shown(cost: Cost) -> str:
    return f"{cost.seconds * 1000:.0f} ms" if cost.seconds < 10 else f"{cost.seconds:.1f} s"


def python(code: str) -> list[str]:
    return [PYTHON, "-c", code]


def json_load(path: Path) -> list[str]:
    return python(f"import json; json.load(open({str(path)!r}))")


# -- the sets ---------------------------------------------------------------------------------------------


def route(destination: str, connection: str = CONNECTION, weight: int = 100) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "RouteDest": destination,
        "NextHop": connection,
        "Weight": weight,
    }


def dotted(address: int) -> str:
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def branch(number: int) -> str:
    return f"vco-{number:03}p0w2jpkhi2eeop6q6"


def entries(number: int, seed: int = 1) -> Routes:
    """Clean entries: disjoint /28 networks of 10.0.0.0/8, shuffled, on 50 connections, each with its
    description."""
    places = random.Random(seed).sample(range(1 << 20), number)
    return [
        route(f"{dotted(10 << 24 | place << 4)}/28", branch(index % 50)) | {"Description": f"office {index}"}
        for index, place in enumerate(places)
    ]


def paired(rows: Routes) -> Routes:
    """Half of the entries, each as a primary and its backup on two connections."""
    return [
        row | {"VpnConnectionId": connection, "NextHop": connection, "Weight": weight}
        for row in rows[: len(rows) // 2]
        for connection, weight in (("vco-a1", 100), ("vco-b2", 0))
    ]


def laid_out(rows: Routes) -> Routes:
    """The entries in several layouts: every other one without its description or in another order."""
    plain = [{key: value for key, value in row.items() if key != "Description"} for row in rows]
    turned = [dict(reversed(row.items())) for row in rows]
    layouts = (rows, plain, rows, turned)
    return [layouts[index % 4][index] for index in range(len(rows))]


def mixed(rows: Routes, seed: int = 1) -> Routes:
    """The entries with destinations of many sizes, /25 to /32, that lie side by side, shuffled."""
    chance = random.Random(seed)
    address = 1 << 24
    texts = []
    for _ in rows:
        length = chance.randint(25, 32)
        address += -address % (1 << 32 - length)
        texts.append(f"{dotted(address)}/{length}")
        address += 1 << 32 - length
    chance.shuffle(texts)
    return [row | {"RouteDest": text} for row, text in zip(rows, texts, strict=True)]


def groups(number: int) -> Routes:
    """Four entries for each destination: two primaries and two backups, which VCO503 reports."""
    return [
        route(f"{dotted(10 << 24 | index // 4 << 8)}/24", branch(index % 50), 100 if index % 4 < 2 else 0)
        for index in range(number)
    ]


def nested(number: int) -> Routes:
    """Every fifteenth entry is a /24; the others lie in it on other connections. VCO303 reports each of
    them."""
    made = []
    for index in range(number):
        block, place = divmod(index, 15)
        address, length = 10 << 24 | block << 8, 24 if place == 0 else 28
        made.append(route(f"{dotted(address + max(place - 1, 0) * 16)}/{length}", branch(place)))
    return made


def with_host_bits(rows: Routes, every: int) -> Routes:
    """The entries; every so many is no network, of which VCO104 speaks."""
    made = list(rows)
    for index in range(0, len(rows), every):
        address, _, length = rows[index]["RouteDest"].partition("/")
        begin, _, octet = address.rpartition(".")
        made[index] = rows[index] | {"RouteDest": f"{begin}.{int(octet) + 1}/{length}"}
    return made


def adversarial(number: int) -> dict[str, Routes]:
    """Sets that are hard on purpose, by name."""
    return {
        "all equal": [route("10.0.0.0/16")] * number,
        "one nested chain": [
            route(f"10.0.0.0/{8 + index % 25}", f"vco-{index // 25:06}") for index in range(number)
        ],
        "one destination, every connection": [
            route("10.0.0.0/16", f"vco-{index:06}") for index in range(number)
        ],
        "host bits everywhere": [route(f"{dotted(10 << 24 | index << 8 | 5)}/24") for index in range(number)],
        "every entry overlaps every other": [
            route(f"10.0.0.0/{8 + index % 17}", f"vco-{index:06}", 100 * (index % 2))
            for index in range(number)
        ],
    }


def yaml_text(rows: Routes) -> str:
    fields = [", ".join(f"{name}: {value}" for name, value in row.items()) for row in rows]
    return "".join(f"- {{{row}}}\n" for row in fields)


def lines_text(rows: Routes) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def csv_text(rows: Routes) -> str:
    stream = StringIO(newline="")
    writer = csv.DictWriter(stream, list(max(rows, key=len)))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


# -- the benchmarks ---------------------------------------------------------------------------------------

Benchmark = Callable[[Path, int], Iterable[Row]]


def cold(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "routes.yaml"
    path.write_text(yaml_text(entries(100)))
    ours = [*CHECK, str(path)]
    imports = python("import click, yaml")
    yield from compared(
        "cold start, 100 entries of YAML", ours, imports, "import click, yaml", 1.4, max(rounds, 15)
    )
    for tool, arguments in (
        ("yamllint", [str(path)]),
        ("check-jsonschema", ["--schemafile", schema(folder), str(path)]),
    ):
        if command := beside(tool):
            yield from compared(f"  beside {tool}", ours, [*command, *arguments], tool, None, rounds)


def warm(folder: Path, rounds: int) -> Iterator[Row]:
    """One entry in a process that has checked before."""
    code = f"""
from time import process_time
import vcolint
entry = {route("10.0.0.0/16")!r}
for _ in range(50):
    vcolint.check([entry])
start = process_time()
for _ in range(500):
    vcolint.check([entry])
print((process_time() - start) * 2)
"""
    cost = min(float(subprocess.check_output(python(code))) for _ in range(rounds))
    yield Row("check of one entry, warm, to 1 ms", f"{cost:.2f} ms", "1 ms of CPU", cost, 0.5)


def large(folder: Path, rounds: int) -> Iterator[Row]:
    """300,000 entries of every shape in every format, compared with `json.load` of the same rows."""
    clean, same = entries(300_000), folder / "same.json"
    for shape, rows in (
        ("clean", clean),
        ("primaries and backups", paired(clean)),
        ("several layouts", laid_out(clean)),
        ("many prefix lengths", mixed(clean)),
    ):
        same.write_text(json.dumps(rows))
        for format, name, text in (
            ("JSON", "routes.json", None),
            ("JSON Lines", "routes.jsonl", lines_text),
            ("CSV", "routes.csv", csv_text),
        ):
            path = folder / name if text else same
            if text:
                path.write_text(text(rows))
            what = f"300,000 of {format}: {shape}"
            yield from compared(what, [*CHECK, str(path)], json_load(same), "json.load", 4.0, rounds, 2.0)
    for what, document in (
        ("a mapping with Routes", json.dumps({"Routes": clean})),
        ("indented", json.dumps(clean, indent=2)),
    ):
        same.write_text(document)
        what = f"300,000 of JSON: {what}"
        yield from compared(what, [*CHECK, str(same)], json_load(same), "json.load", 4.0, rounds, 2.0)


def many_findings(folder: Path, rounds: int) -> Iterator[Row]:
    """Large sets with many findings, compared with `json.load`."""
    path = folder / "routes.json"
    for what, rows, limit, peak in (
        ("75,000 groups of four, a finding each", groups(300_000), 14.0, 3.0),
        ("300,000 nested, 280,000 notes", nested(300_000), 25.0, 4.0),
    ):
        path.write_text(json.dumps(rows))
        yield from compared(what, [*CHECK, str(path)], json_load(path), "json.load", limit, rounds, peak)
    path.write_text(json.dumps(with_host_bits(entries(100_000), 10)))
    for output in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"):
        what = f"100,000 with 10,000 findings as {output}"
        ours = [*CHECK, "--output", output, str(path)]
        yield from compared(what, ours, json_load(path), "json.load", 6.0, rounds)


def large_yaml(folder: Path, rounds: int) -> Iterator[Row]:
    path = folder / "routes.yaml"
    path.write_text(yaml_text(entries(20_000)))
    load = python(f"import yaml; yaml.load(open({str(path)!r}), yaml.CSafeLoader)")
    yield from compared("20,000 entries of YAML", [*CHECK, str(path)], load, "yaml.load", 0.6, rounds)


def growth(folder: Path, rounds: int) -> Iterator[Row]:
    """Four times as many entries, in shapes that make comparing all with all slow."""
    sets = adversarial(5_000), adversarial(20_000)
    files, old = (folder / "5.json", folder / "20.json"), (folder / "5.old.json", folder / "20.old.json")
    for name in sets[0]:
        for number, set_ in enumerate(sets):
            rows = set_[name]
            files[number].write_text(json.dumps(rows))
            old[number].write_text(json.dumps(rows[: len(rows) // 2]))
        for command in ("check", "paths", "diff"):
            few, many = (
                [*VCOLINT, command, "--no-config", "--output", "json", str(file)]
                + (["--old", str(before)] if command == "diff" else [])
                for file, before in zip(files, old, strict=True)
            )
            yield from compared(f"{command}, {name}: 20,000", many, few, "5,000:", 5.0, rounds)


def routing(folder: Path, rounds: int) -> Iterator[Row]:
    """Who carries what, and what a change does, compared with a check of the same entries."""
    rows = nested(20_000)
    path, old = folder / "routes.json", folder / "old.json"
    path.write_text(json.dumps(rows))
    # One inner destination in ninety moves.
    moved = {"VpnConnectionId": "vco-0009", "NextHop": "vco-0009"}
    old.write_text(json.dumps([row | moved if index % 90 == 50 else row for index, row in enumerate(rows)]))
    check = [*CHECK, str(path)]
    paths, diff = ([*VCOLINT, name, "--no-config", str(path)] for name in ("paths", "diff"))
    yield from compared("paths of 20,000 nested destinations", paths, check, "check", 1.5, rounds)
    yield from compared("  as JSON", [*paths, "--output", "json"], check, "check", 1.5, rounds)
    yield from compared("diff of them", [*diff, "--old", str(old)], check, "check", 1.5, rounds)


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
    def blocks(name: str, number: int) -> Path:
        root = folder / name
        root.mkdir()
        (root / "main.tf").write_text(terraform_blocks(number))
        return root

    small = [*CHECK, str(blocks("small", 5))]
    imports = python("import click, yaml")
    yield from compared(
        "small Terraform folder, cold", small, imports, "import click, yaml", 3.0, max(rounds, 15)
    )
    many = blocks("blocks", 2_000)
    parse = python(
        "import tree_sitter, tree_sitter_hcl\n"
        "parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))\n"
        f"parser.parse(open({str(many / 'main.tf')!r}, 'rb').read())"
    )
    yield from compared("2,000 Terraform blocks", [*CHECK, str(many)], parse, "tree-sitter", 2.5, rounds)
    literal = [*CHECK, str(blocks("literal", 1_000))]
    one, four = ([*CHECK, str(terraform_map(folder, number))] for number in (1_000, 4_000))
    yield from compared("for_each over 1,000 of YAML", one, literal, "1,000 blocks", 2.0, rounds)
    yield from compared("for_each over 4,000", four, one, "1,000", 5.0, rounds)


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
    yield from compared(
        "plan of 5,000 routes", [*CHECK, str(path)], json_load(path), "json.load", 4.0, rounds
    )

    one, four = ([*CHECK, str(keyed_plan(folder, number))] for number in (1_000, 4_000))
    yield from compared("plan, 4,000 connections by key", four, one, "1,000", 5.0, rounds)


def keyed_plan(folder: Path, number: int) -> Path:
    """A plan of routes that are each on the connection with their own key, which does not exist yet."""
    route, attachment = "alicloud_vpn_gateway_vco_route", "alicloud_vpn_gateway_vpn_attachment"
    later = {"vpn_connection_id": True, "next_hop": True}
    changes = [
        {
            "address": f'{kind}.x["{key}"]',
            "mode": "managed",
            "type": kind,
            "name": "x",
            "index": str(key),
            "change": {"actions": ["create"], "after": after, "after_unknown": unknown},
        }
        for key in range(number)
        for kind, after, unknown in (
            (attachment, {}, {"id": True}),
            (route, {"route_dest": f"10.{key >> 8}.{key & 255}.0/24", "weight": 100}, later),
        )
    ]
    given = {"references": [f"{attachment}.x", "each.key"]}
    resources = [
        {"address": f"{kind}.x", "expressions": dict.fromkeys(names, given)}
        for kind, names in ((attachment, ()), (route, later))
    ]
    path = folder / f"keyed-{number}.json"
    configuration = {"root_module": {"resources": resources}}
    path.write_text(json.dumps({"resource_changes": changes, "configuration": configuration}))
    return path


def hook(folder: Path, rounds: int) -> Iterator[Row]:
    """What pre-commit runs, on 200 route files with 10,000 entries together."""
    rows = entries(10_000)
    routes = folder / "routes"
    routes.mkdir()
    paths = [routes / f"{number:03}.yaml" for number in range(200)]
    for number, path in enumerate(paths):
        path.write_text(yaml_text(rows[number * 50 : number * 50 + 50]))
    ours = [*CHECK, "--force-exclude", *map(str, paths)]
    for tool, arguments in (
        ("yamllint", ["-d", "relaxed"]),
        ("check-jsonschema", ["--schemafile", schema(folder)]),
    ):
        what = "200 files, 10,000 entries"
        if command := beside(tool):
            yield from compared(what, ours, [*command, *arguments, *map(str, paths)], tool, None, rounds)
        else:
            yield Row(what, shown(measure(ours)), f"{tool} is not installed")


def editor(folder: Path, rounds: int) -> Iterator[Row]:
    """What a keystroke costs the language server, from the change to the diagnostics: the CPU of a session
    with many keystrokes, less that of one with a single one."""
    rows = paired(entries(500))
    routes = folder / "routes"
    routes.mkdir()
    for number in range(50):
        (routes / f"{number:02}.yaml").write_text(yaml_text(rows[number * 20 : number * 20 + 20]))
    more = 20
    cost = min((typing(routes, 1 + more) - typing(routes, 1)) / more for _ in range(rounds)) * 1000
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
    at = text.index("/", text.index("RouteDest")) - 1
    for version in range(1, keystrokes + 1):
        change = {"text": f"{text[:at]}{version % 2}{text[at + 1 :]}"}
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
    "warm": warm,
    "large": large,
    "findings": many_findings,
    "yaml": large_yaml,
    "growth": growth,
    "routing": routing,
    "terraform": terraform,
    "plan": plan,
    "hook": hook,
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
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()
    compileall.compile_dir(PACKAGE, quiet=1)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, load {load}")
    missed = 0
    for name in arguments.names or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            for row in BENCHMARKS[name](Path(folder), arguments.rounds):
                ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
                over = row.limit is not None and row.ratio is not None and row.ratio > row.limit
                missed += over
                limit = "" if row.limit is None else f"at most {row.limit}{'  MISSED' if over else ''}"
                print(f"{row.what:50} {row.ours:>10}  {row.other:28} {ratio:>6}  {limit}", flush=True)
    print(f"{missed} missed")
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
