"""Terraform folders that mean harm: they come to an end, read nothing they should not, and say why."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.hcl import modules
from vcolint.model.reading import Reading
from vcolint.read.roots import Modules
from vcolint.read.terraform import read
from vcolint.text.value import Unknown

ROUTE = "alicloud_vpn_gateway_vco_route"
GOOD = f"""resource "{ROUTE}" "good" {{
  vpn_connection_id = "vco-a1"
  next_hop          = "vco-a1"
  route_dest        = "10.1.0.0/16"
  weight            = 100
}}
"""


def folder_with(tmp_path: Path, files: Mapping[str, str]) -> Path:
    folder = tmp_path / "root"
    for name, text in {"good.tf": GOOD, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def reading_of(tmp_path: Path, files: Mapping[str, str]) -> Reading:
    folder = folder_with(tmp_path, files)
    return read(folder, "", boundary=folder)


def dest(reading: Reading, name: str) -> Any:
    """The destination of a route: the value, or `? reason`."""
    record = next(one for one in reading.records if one.address == f"{ROUTE}.{name}")
    value = record.fields["RouteDest"].value
    return f"? {value.reason}" if isinstance(value, Unknown) else value


def route(expression: str) -> str:
    return GOOD.replace('"good"', '"bad"').replace('"10.1.0.0/16"', expression)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("this asks the network or starts a process")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)


# -- too much ------------------------------------------------------------------------------------------


DOUBLING = (
    'locals {\n  d0 = ["x", "x"]\n'
    + "".join(f"  d{n + 1} = [local.d{n}, local.d{n}]\n" for n in range(60))
    + "}\n"
)


@pytest.mark.parametrize(
    "expression",
    [
        'join("", flatten(local.d60))',
        "jsonencode(local.d60)",
        'local.d60 == local.d59 ? "a" : "b"',
        "length(distinct(concat(local.d60, local.d60)))",
        "length(true ? local.d60 : [])",
        'join("", [for a in range(1000) : join("", [for b in range(1000) : join("", range(1000))])])',
        "length(setproduct(range(1000), range(1000)))",
    ],
)
def test_what_takes_too_much_does_not_hide_the_rest(tmp_path: Path, expression: str) -> None:
    reading = reading_of(tmp_path, {"big.tf": DOUBLING + route(expression)})
    assert dest(reading, "bad").startswith("? ")
    assert dest(reading, "good") == "10.1.0.0/16"


@pytest.mark.parametrize("expression", ['join("", flatten(local.n9))', "jsonencode(local.n9)"])
def test_a_wide_list_that_is_shared_ever_so_often(tmp_path: Path, expression: str) -> None:
    lines = [f"  n{n + 1} = [{', '.join([f'local.n{n}'] * 9)}]\n" for n in range(9)]
    ninefold = 'locals {\n  n0 = ["x", "x"]\n' + "".join(lines) + "}\n"
    reading = reading_of(tmp_path, {"big.tf": ninefold + route(expression)})
    assert dest(reading, "bad") == "? needs too much work to evaluate"
    assert dest(reading, "good") == "10.1.0.0/16"


def test_a_text_that_doubles(tmp_path: Path) -> None:
    doubling = 'locals {\n  t0 = "xx"\n' + "".join(
        f'  t{n + 1} = "${{local.t{n}}}${{local.t{n}}}"\n' for n in range(60)
    )
    reading = reading_of(tmp_path, {"big.tf": doubling + "}\n" + route("local.t60")})
    assert dest(reading, "bad") == "? needs too much memory to evaluate"
    assert dest(reading, "good") == "10.1.0.0/16"


@pytest.mark.parametrize(
    "piece",
    ['${templatefile("t", {})}', '${true ? "x" : templatefile("t", {})}', '${can(templatefile("t", {}))}'],
)
def test_a_template_that_holds_itself_twice(tmp_path: Path, piece: str) -> None:
    reading = reading_of(tmp_path, {"big.tf": route('templatefile("t", {})'), "t": piece * 2})
    assert dest(reading, "bad") in (
        "? unknown here: templatefile() of these values",
        "? needs too much work to evaluate",
    )
    assert dest(reading, "good") == "10.1.0.0/16"


def test_a_chain_of_thousands_of_locals(tmp_path: Path) -> None:
    chain = (
        'locals {\n  c0 = "10.2.0.0/16"\n'
        + "".join(f"  c{n + 1} = local.c{n}\n" for n in range(3000))
        + "}\n"
    )
    reading = reading_of(tmp_path, {"chain.tf": chain + route("local.c3000")})
    assert dest(reading, "bad") == "? nested too deeply"
    assert dest(reading, "good") == "10.1.0.0/16"


def test_many_hostile_values_in_one_folder(tmp_path: Path) -> None:
    billion = 'join("", [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]])'
    text = "".join(route(billion).replace('"bad"', f'"bad{n}"') for n in range(200))
    reading = reading_of(tmp_path, {"big.tf": text})
    assert {dest(reading, f"bad{n}") for n in range(200)} == {"? needs too much work to evaluate"}
    assert dest(reading, "good") == "10.1.0.0/16"


def test_a_long_row_of_digits_in_a_file_with_a_mistake(tmp_path: Path) -> None:
    """The search for numbers with an exponent looks at each digit once: else it would take an hour."""
    reading = reading_of(tmp_path, {"long.tf": f"a = {'1' * 500_000} (\n"})
    assert [one.kind for one in reading.problems] == ["syntax"]
    assert dest(reading, "good") == "10.1.0.0/16"


@pytest.mark.parametrize("count", ["30000000", "999999999999999999999", "50001", "1e18"])
def test_too_many_instances(tmp_path: Path, count: str) -> None:
    reading = reading_of(tmp_path, {"big.tf": route('"x"').replace("{\n", f"{{\n  count = {count}\n", 1)})
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        (f"{ROUTE}.bad", "more than 50000 instances")
    ]
    assert len(reading.records) == 1


def test_modules_that_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "MAX_INSTANCES", 5_000)
    files = {
        f"m{n}/main.tf": f'module "a" {{ source = "../m{n + 1}" }}\nmodule "b" {{ source = "../m{n + 1}" }}\n'
        for n in range(25)
    }
    files["m25/main.tf"] = GOOD
    reading = reading_of(tmp_path, {**files, "m.tf": 'module "m" { source = "./m0" }\n'})
    assert 1_000 < len(reading.records) < 5_000
    assert dest(reading, "good") == "10.1.0.0/16"
    assert {one.reason for one in reading.unlisted} == {"more than 5000 instances"}


def test_a_chain_of_modules(tmp_path: Path) -> None:
    files = {f"m{n}/main.tf": f'module "m" {{ source = "../m{n + 1}" }}\n' for n in range(200)}
    files["m200/main.tf"] = GOOD
    reading = reading_of(tmp_path, {**files, "m.tf": 'module "m" { source = "./m0" }\n'})
    assert [one.reason for one in reading.unlisted] == ["modules nested too deeply"]
    assert [one.address for one in reading.records] == [f"{ROUTE}.good"]


def test_a_dynamic_block_over_a_billion(tmp_path: Path) -> None:
    text = """resource "alicloud_vpn_gateway_vpn_attachment" "a" {
  dynamic "bgp_config" {
    for_each = range(1000)
    content {
      dynamic "x" {
        for_each = range(1000)
        content {
          dynamic "y" {
            for_each = range(1000)
            content { tunnel_cidr = "169.254.11.0/30" }
          }
        }
      }
    }
  }
}
"""
    reading = reading_of(tmp_path, {"big.tf": text})
    assert dest(reading, "good") == "10.1.0.0/16"


def test_many_resources_that_wait_for_long_chains(tmp_path: Path) -> None:
    chain = "".join(
        f'resource "null_resource" "n{n + 1}" {{\n  triggers = {{ x = null_resource.n{n}.id }}\n}}\n'
        for n in range(2000)
    )
    routes = "".join(
        route('"10.2.0.0/16"')
        .replace('"bad"', f'"r{n}"')
        .replace("{\n", "{\n  depends_on = [null_resource.n2000]\n", 1)
        for n in range(60)
    )
    reading = reading_of(tmp_path, {"chain.tf": chain, "routes.tf": routes})
    assert len(reading.records) == 61


# -- too deep ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 100_000,
        "{" * 100_000,
        'x = "' + "${" * 50_000,
        "x = <<EOT\n" * 10_000,
        "a {\n" * 10_000,
        "a {\n" * 10_000 + "}\n" * 10_000,
        'x = "' + "%{ if true }" * 50_000 + '"',
        "\0" * 1000,
        '"' * 10_001,
        "/*" * 10_000,
    ],
    ids=[
        "lists",
        "braces",
        "templates",
        "heredocs",
        "open blocks",
        "blocks",
        "directives",
        "nul",
        "quotes",
        "comment",
    ],
)
def test_a_file_of_nothing_but_depth_is_one_problem(tmp_path: Path, text: str) -> None:
    reading = reading_of(tmp_path, {"deep.tf": text})
    assert [(one.kind, one.location.file) for one in reading.problems] == [("syntax", "deep.tf")]
    assert dest(reading, "good") == "10.1.0.0/16"


@pytest.mark.parametrize(
    "expression",
    [
        "[" * 5_000 + "]" * 5_000,
        "(" * 5_000 + "1" + ")" * 5_000,
        "!" * 5_000 + "true",
        '"' + "%{ if true }" * 2_000 + "%{ endif }" * 2_000 + '"',
        'jsondecode(file("deep.json"))',
        'yamldecode(file("deep.json"))',
    ],
    ids=["lists", "brackets", "signs", "directives", "json", "yaml"],
)
def test_a_deep_expression_is_unknown(tmp_path: Path, expression: str) -> None:
    reading = reading_of(tmp_path, {"deep.tf": route(expression), "deep.json": "[" * 100_000 + "]" * 100_000})
    assert dest(reading, "bad").startswith("? ")
    assert dest(reading, "good") == "10.1.0.0/16"
    assert reading.problems == []


@pytest.mark.parametrize("name", ["deep.tf.json", "terraform.tfvars.json"])
def test_deep_json(tmp_path: Path, name: str) -> None:
    reading = reading_of(tmp_path, {name: '{"a": ' + "[" * 100_000})
    assert [(one.kind, one.location.file) for one in reading.problems] == [("syntax", name)]
    assert dest(reading, "good") == "10.1.0.0/16"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, {"large.tf": "#" * (5 << 20)})
    assert [(one.message, one.location) for one in reading.problems] == [
        ("larger than 4 MiB", ("large.tf", 1, 1, 1, 1))
    ]


# -- what is not to be read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        'file("../secret.txt")',
        'file("/etc/passwd")',
        'file("~/.ssh/id_rsa")',
        'file("${path.root}/../secret.txt")',
        'file("link.txt")',
        'file("links/secret.txt")',
        'file("loop")',
        'file("fifo")',
        'file("/dev/zero")',
        'file("/proc/self/environ")',
        'file("a\\u0000b")',
        'file(join("", [for x in range(1000) : "aaaaaaaaaa"]))',
        'templatefile("../secret.txt", {})',
        'filebase64("../secret.txt")',
        'filemd5("../secret.txt")',
        'fileexists("../secret.txt") ? "there" : "not"',
        'join(",", fileset("..", "*"))',
        'join(",", fileset(".", "../*"))',
        'join(",", fileset("links", "*"))',
        'file(tolist(fileset(".", "link.txt"))[0])',
    ],
)
def test_files_elsewhere_are_not_read(tmp_path: Path, expression: str) -> None:
    (tmp_path / "secret.txt").write_text("10.66.0.0/16")
    folder = folder_with(tmp_path, {"bad.tf": route(expression)})
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "links").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "fifo")
    reading = read(folder, "", boundary=folder)
    value = dest(reading, "bad")
    assert value.startswith("? "), value
    assert "66" not in value
    assert "secret" not in value
    assert reading.used == frozenset()


def test_links_to_configuration_elsewhere_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "outside.tf").write_text(route('"10.66.0.0/16"'))
    (tmp_path / "outside.tfvars").write_text('secret = "x"\n')
    folder = folder_with(tmp_path, {})
    (folder / "link.tf").symlink_to(tmp_path / "outside.tf")
    (folder / "x.auto.tfvars").symlink_to(tmp_path / "outside.tfvars")
    (folder / "loop.tf").symlink_to(folder / "loop.tf")
    (folder / "folder.tf").mkdir()
    os.mkfifo(folder / "fifo.tf")
    reading = read(folder, "", boundary=folder)
    assert [one.address for one in reading.records] == [f"{ROUTE}.good"]
    assert [(one.message, one.location.file) for one in reading.problems] == [
        ("links to a file outside of the folder", "link.tf"),
        ("links to a file outside of the folder", "x.auto.tfvars"),
    ]
    assert not any("10.66" in text for text in reading.texts.values())


def test_a_file_inside_the_boundary_may_be_beside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text("10.5.0.0/16")
    folder = folder_with(tmp_path, {"bad.tf": route('file("../shared.txt")')})
    assert dest(read(folder, "", boundary=tmp_path), "bad") == "10.5.0.0/16"


def test_a_folder_of_very_many_files_for_fileset(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"bad.tf": route('join(",", fileset(".", "**/**/**/**/**/**/**"))')})
    assert dest(read(folder, "", boundary=folder), "bad") == "? vcolint does not follow this pattern"


# -- anything ------------------------------------------------------------------------------------------

WORDS = [
    *'{}[]()"=,.:?$%~*#/\\\n-+!<>&|',
    *("${", "%{", "}\n", "/*", "*/", "<<EOT\n", "EOT\n", "resource ", f'"{ROUTE}" "a" {{\n', "count = "),
    *("for_each = ", "locals {\n", "variable ", '"v" {\n', "module ", 'source = "./"\n', "var.v", "local.x"),
    *(
        "each.value",
        "for x in ",
        "if ",
        "endif",
        "true",
        "null",
        "1e9",
        "route_dest = ",
        "weight = ",
        "dynamic ",
    ),
    *("x", "目", "\r\n", "\t", " ", " ", " "),
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
    st.sampled_from(["main.tf", "terraform.tfvars"]),
)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_is_a_problem(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / name).write_text(text)
    (folder / "main.tf").touch()
    reading = read(folder, "", boundary=folder)
    lines = text.count("\n") + text.count("\r") + 1
    for problem in reading.problems:
        assert 1 <= problem.location.line <= lines
        assert problem.location.column >= 1
    for record in reading.records:
        assert record.location.line <= (record.last_line or 0) <= lines
    Modules().look(str(folder))[1]


JSON_KEYS = (
    f"resource {ROUTE} a count for_each locals module source variable default dynamic content provider alias "
    "region depends_on type route_dest timeouts create //"
).split()
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "${var.a}", "%{", "./"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(JSON_KEYS), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_is_a_problem(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "main.tf.json").write_text(json.dumps(value))
    (folder / "terraform.tfvars.json").write_text(json.dumps(value))
    read(folder, "", boundary=folder)
    Modules().look(str(folder))[1]


LONG = "9" * 5000


@pytest.mark.parametrize("number", [LONG, f"-{LONG}", f"{LONG}.5", f"0.{LONG}", f"1e{LONG}"])
def test_very_long_numbers_of_json_are_not_known(tmp_path: Path, number: str) -> None:
    bad = {"vpn_connection_id": "vco-a1", "next_hop": "vco-a1", "route_dest": "10.2.0.0/16", "weight": 0}
    text = json.dumps({"resource": {ROUTE: {"bad": bad}}}).replace('"weight": 0', f'"weight": {number}')
    reading = reading_of(tmp_path, {"bad.tf.json": text})
    record = next(one for one in reading.records if one.address == f"{ROUTE}.bad")
    assert repr(record.fields["Weight"].value) == "Unknown('a number that vcolint does not read', None)"
    assert (len(reading.records), reading.problems) == (2, [])


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (f"local.list.{LONG}", "a number that vcolint does not read"),
        ("0x10", "a number that vcolint does not read"),
        (f'yamldecode("0x{LONG}")', "an ambiguous YAML value"),
        (f'yamldecode("{LONG}")', "a number that vcolint does not read"),
    ],
)
def test_very_long_numbers_of_expressions_are_not_known(tmp_path: Path, expression: str, reason: str) -> None:
    files = {"bad.tf": 'locals {\n  list = ["10.2.0.0/16"]\n}\n' + route(expression)}
    assert dest(reading_of(tmp_path, files), "bad") == f"? {reason}"
