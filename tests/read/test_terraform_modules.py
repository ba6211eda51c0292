"""Root modules and what they call: variables, locals, instances, modules, providers, order, surroundings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from vcolint.model.reading import Reading, Record
from vcolint.read.roots import Modules
from vcolint.read.terraform import read
from vcolint.text.value import Reference, Unknown

ROUTE = "alicloud_vpn_gateway_vco_route"
ATTACHMENT = "alicloud_vpn_gateway_vpn_attachment"
BINDING = "alicloud_cen_transit_router_vpn_attachment"


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(dedent(content), newline="")
    return folder


def route(name: str = "r", **arguments: str) -> str:
    """A route block, with these arguments in the place of the usual ones."""
    given = {
        "vpn_connection_id": '"vco-a1"',
        "next_hop": '"vco-a1"',
        "route_dest": '"10.1.0.0/16"',
        "weight": "100",
        **arguments,
    }
    lines = "".join(f"  {key} = {value}\n" for key, value in given.items())
    return f'resource "{ROUTE}" "{name}" {{\n{lines}}}\n'


def values(reading: Reading, field: str = "RouteDest") -> dict[str | None, Any]:
    """A field by address: the value, or why it is unknown."""
    found = {}
    for record in reading.records:
        value = record.fields[field].value if field in record.fields else None
        found[record.address] = f"? {value.reason}" if isinstance(value, Unknown) else value
    return found


def references(reading: Reading, field: str = "VpnConnectionId") -> dict[str, str | None]:
    """What an unknown field refers to, by the short address of the route."""
    found = {}
    for record in reading.records:
        value = record.fields[field].value
        assert isinstance(value, Unknown), (record.address, value)
        assert record.address is not None
        assert value.reference is None or value.reference.scope == "."
        found[record.address.replace(f"{ROUTE}.", "")] = value.reference and value.reference.address
    return found


def dest(folder: Path, expression: str, files: Mapping[str, str | bytes] | None = None, **named: Any) -> Any:
    """What one expression gives as a destination: the value, or `? reason`."""
    write(folder, {**(files or {}), "main_under_test.tf": route(route_dest=expression)})
    return values(read(folder, "", boundary=folder, **named))[f"{ROUTE}.r"]


def record(reading: Reading, name: str) -> Record:
    return next(one for one in reading.records if one.address == f"{ROUTE}.{name}")


# -- variables and locals --------------------------------------------------------------------------------


def test_variables_take_their_values_in_terraform_s_order(tmp_path: Path) -> None:
    names = ["default", "tfvars", "json", "auto", "later", "given"]
    declared = "".join(f'variable "{name}" {{\n  default = "default"\n}}\n' for name in names)
    write(
        tmp_path,
        {
            "main.tf": declared + "".join(route(name, route_dest=f"var.{name}") for name in names),
            "terraform.tfvars": "".join(f'{name} = "tfvars"\n' for name in names[1:]),
            "terraform.tfvars.json": '{"json": "json", "auto": "json", "later": "json", "given": "json"}',
            "a.auto.tfvars": 'auto = "auto"\nlater = "auto"\ngiven = "auto"\n',
            "b.auto.tfvars.json": '{"later": "later", "given": "later"}',
            "other.tfvars": 'default = "not read"\n',
            "prod.vars": 'given = "given"\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path, var_files=[tmp_path / "prod.vars"])
    assert values(reading) == {f"{ROUTE}.{name}": name for name in names}
    assert reading.problems == []
    assert reading.files == [
        "main.tf",
        "terraform.tfvars",
        "terraform.tfvars.json",
        "a.auto.tfvars",
        "b.auto.tfvars.json",
        "prod.vars",
    ]
    assert reading.used == {
        str((tmp_path / name).resolve())
        for name in (
            "terraform.tfvars",
            "terraform.tfvars.json",
            "a.auto.tfvars",
            "b.auto.tfvars.json",
            "prod.vars",
        )
    }


@pytest.mark.parametrize(
    ("declaration", "expression", "wanted"),
    [
        ('type = string\n default = "a"', "var.v", "a"),
        ("type = string\n default = 5", "var.v", "5"),
        ('type = number\n default = "7"', '"10.${var.v + 1}"', "10.8"),
        ('type = bool\n default = "true"', '"${var.v}"', "true"),
        ("type = list(string)\n default = [1, 2]", 'var.v[1] == "2" ? "text" : "number"', "text"),
        ('type = set(string)\n default = ["b", "a", "b"]', 'join(",", var.v)', "a,b"),
        ("type = map(string)\n default = {a = 1}", 'var.v["a"]', "1"),
        ('type = object({a = optional(string, "d"), b = optional(number)})\n default = {}', "var.v.a", "d"),
        ("type = object({b = optional(number)})\n default = {}", 'var.v.b == null ? "none" : "some"', "none"),
        ('type = object({a = string})\n default = {a = "x", b = "y"}', 'join(",", keys(var.v))', "a"),
        (
            'type = tuple([string, number])\n default = ["a", "5"]',
            "var.v[1] + 1",
            "? a type that vcolint does not understand",
        ),
        ("type = any\n default = {a = [1]}", "var.v.a[0]", "1"),
        ("default = null", 'var.v == null ? "null" : "not"', "null"),
        ('nullable = false\n default = "d"', "var.v", "d"),
        ("type = string", "var.v", "? var.v has no value: give it one with --var-file"),
        ('type = number\n default = "x"', "var.v", "? cannot be evaluated: var.v: text that is not a number"),
        (
            'type = list(string)\n default = "x"',
            "var.v[0]",
            "? cannot be evaluated: var.v: expected a list",
        ),
        ('type = string\n default = upper("a")', "var.v", "A"),
    ],
)
def test_a_variable_is_brought_to_its_type(
    tmp_path: Path, declaration: str, expression: str, wanted: str
) -> None:
    assert dest(tmp_path, expression, {"v.tf": f'variable "v" {{\n {declaration}\n}}\n'}) == wanted


def test_a_variable_without_a_value_is_the_same_everywhere(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                variable "conn" {}
                variable "conns" { type = map(string) }
                locals { c = var.conn }
                module "m" {
                  source = "./m"
                  conn   = local.c
                }
                """
            + route("a", vpn_connection_id="var.conn")
            + route("b", vpn_connection_id='"${local.c}"')
            + route("c", vpn_connection_id='var.conns["x"]')
            + route("d", vpn_connection_id="var.conns.x")
            + route("e", vpn_connection_id='"${var.conn}x"'),
            "m/main.tf": 'variable "conn" {}\n' + route("f", vpn_connection_id="var.conn"),
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert references(reading) == {
        "a": "var.conn",
        "b": "var.conn",
        "c": "var.conns.x",
        "d": "var.conns.x",
        "e": None,
        "module.m.f": "var.conn",
    }
    assert set(values(reading, "VpnConnectionId").values()) == {
        "? var.conn has no value: give it one with --var-file",
        "? var.conns has no value: give it one with --var-file",
    }


def test_what_is_sensitive_stays_so(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                variable "secret" {
                  sensitive = true
                  default   = "10.9.0.0/16"
                }
                variable "later" {
                  sensitive = true
                }
                module "m" {
                  source = "./m"
                }
                """
            + route("a", route_dest="var.secret")
            + route("b", route_dest="cidrsubnet(var.secret, 8, 1)")
            + route("c", route_dest='sensitive("10.8.0.0/16")')
            + route("d", route_dest="nonsensitive(var.secret)")
            + route("e", route_dest="module.m.hidden")
            + route("f", route_dest="var.later"),
            "m/main.tf": 'output "hidden" {\n  value = "10.7.0.0/16"\n  sensitive = true\n}\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    fields = {one.address: one.fields["RouteDest"] for one in reading.records}
    assert {address: (str(value.value), value.sensitive) for address, value in fields.items()} == {
        f"{ROUTE}.a": ("10.9.0.0/16", True),
        f"{ROUTE}.b": ("10.9.1.0/24", True),
        f"{ROUTE}.c": ("10.8.0.0/16", True),
        f"{ROUTE}.d": ("10.9.0.0/16", False),
        f"{ROUTE}.e": ("10.7.0.0/16", True),
        f"{ROUTE}.f": (
            "Unknown('var.later has no value: give it one with --var-file', "
            "Reference(scope='.', address='var.later'))",
            True,
        ),
    }


def test_locals_are_followed_and_circles_end(tmp_path: Path) -> None:
    files = {"l.tf": 'locals {\n a = "10.1"\n b = "${local.a}.0.0/16"\n x = local.y\n y = local.x\n}\n'}
    assert dest(tmp_path, "local.b", files) == "10.1.0.0/16"
    assert dest(tmp_path, "local.x", files) == "? cannot be evaluated: a value that refers to itself"
    assert dest(tmp_path, "local.nothing", files) == "? cannot be evaluated: there is no local.nothing"
    assert dest(tmp_path, "each.key", files) == "? cannot be evaluated: there is no each.key"


def test_paths_and_the_workspace(tmp_path: Path) -> None:
    write(tmp_path, {"m/main.tf": 'output "path" { value = "${path.module} ${path.root}" }\n'})
    files = {"l.tf": 'module "m" { source = "./m" }\n', "data/x.txt": "10.4.0.0/16\n"}
    assert dest(tmp_path, "module.m.path", files) == "m ."
    assert dest(tmp_path, 'chomp(file("${path.module}/data/x.txt"))', files) == "10.4.0.0/16"
    assert dest(tmp_path, "terraform.workspace", files) == "default"
    assert dest(tmp_path, "terraform.workspace", files, workspace="prod") == "prod"


# -- files -------------------------------------------------------------------------------------------------


def test_override_files_replace_what_they_give(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": 'locals {\n a = "10.1.0.0/16"\n b = "10.2.0.0/16"\n}\nvariable "v" { default = "x" }\n'
            + route("a", route_dest="local.a")
            + route("b", route_dest="local.b")
            + route("c", route_dest="var.v"),
            "override.tf": 'locals { a = "10.3.0.0/16" }\n',
            "z_override.tf": f'resource "{ROUTE}" "b" {{\n  weight = 0\n}}\n'
            'variable "v" { default = "y" }\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert values(reading) == {
        f"{ROUTE}.a": "10.3.0.0/16",
        f"{ROUTE}.b": "10.2.0.0/16",
        f"{ROUTE}.c": "y",
    }
    weight = record(reading, "b").fields["Weight"]
    assert (weight.value, weight.location[:3]) == (0, ("z_override.tf", 2, 12))


def test_a_broken_file_leaves_unknown_what_it_may_have_declared(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": 'locals { a = "10.1.0.0/16" }\n'
            + route("a", route_dest="local.a")
            + route("b", route_dest="local.b")
            + route("c", route_dest='try(local.b, "0.0.0.0/0")')
            + route("d", route_dest="var.v")
            + route("e", route_dest="module.m.x")
            + route("f", vpn_connection_id=f"{ATTACHMENT}.x.id"),
            "broken.tf": 'locals {\n  b = "10.2.0.0/16"\n  c = \n}\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    broken = "? a file of the module cannot be read"
    assert list(values(reading).values()) == ["10.1.0.0/16", broken, broken, broken, broken, "10.1.0.0/16"]
    assert references(Reading("x", [])) == {}
    (problem,) = reading.problems
    assert (problem.kind, problem.location.file, problem.location.line) == ("syntax", "broken.tf", 3)
    assert reading.topology.binding_unknown is True


def test_a_broken_override_leaves_unknown_what_it_may_have_replaced(tmp_path: Path) -> None:
    files = {"l.tf": 'locals { a = "10.1.0.0/16" }\n', "x_override.tf": "locals {"}
    assert dest(tmp_path, "local.a", files) == "? a file of the module cannot be read"


def test_a_broken_file_of_variables_leaves_them_unknown(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": 'variable "a" { default = "x" }\nvariable "b" { default = "x" }\n'
            + route("a", route_dest="var.a")
            + route("b", route_dest="var.b"),
            "terraform.tfvars": "a = \n",
            "z.auto.tfvars": 'b = "10.2.0.0/16"\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert values(reading) == {
        f"{ROUTE}.a": "? a variable file cannot be read: var.a",
        f"{ROUTE}.b": "10.2.0.0/16",
    }
    assert [(one.kind, one.location.file) for one in reading.problems] == [("syntax", "terraform.tfvars")]


def test_places_count_characters_and_lines_as_editors_do(tmp_path: Path) -> None:
    text = "\ufeff# 目标 🚇\r\n" + route("a", route_dest='/* 目标 🚇 */ "10.1.0.0/16"').replace("\n", "\r\n")
    write(tmp_path, {"main.tf": text})
    reading = read(tmp_path, "", boundary=tmp_path)
    (one,) = reading.records
    assert one.location == ("main.tf", 2, 1, 2, 46)
    assert one.last_line == 7
    assert one.fields["RouteDest"].location == ("main.tf", 5, 27, 5, 40)
    assert one.fields["RouteDest"].literal is True


def test_an_exponent_and_a_heredoc_at_the_end_are_no_faults(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": route("a", weight="1e2", route_dest="chomp(local.net)"),
            "end.tf": "locals {\n  net = <<EOT\n10.1.0.0/16\nEOT\n}",
            "heredoc.tf": "locals {\n  x = <<-EOT\n    a\n      b\n    EOT\n}",
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert reading.problems == []
    assert record(reading, "a").fields["Weight"].value == 100
    assert record(reading, "a").fields["Weight"].location[1:] == (5, 12, 5, 15)
    assert values(reading) == {f"{ROUTE}.a": "10.1.0.0/16"}


def test_a_heredoc_loses_the_blanks_that_all_lines_begin_with(tmp_path: Path) -> None:
    text = "<<-EOT\n      a\n        ${1 + 1} b\n\n      $${c}\n    EOT\n"
    assert dest(tmp_path, "local.h", {"h.tf": f"locals {{\n  h = {text}}}\n"}) == "a\n  2 b\n\n${c}\n"
    text = text.replace("<<-", "<<").replace("    EOT", "EOT")
    wanted = "      a\n        2 b\n\n      ${c}\n"
    assert dest(tmp_path, "local.h", {"h.tf": f"locals {{\n  h = {text}}}\n"}) == wanted


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ('"%{ if true }a%{ endif }"', "a"),
        ('"%{ if false }a%{ else }b%{ endif }"', "b"),
        ('"a ${~ 1 ~} b"', "a1b"),
        ('"%{ for x in [1, 2] }a${x}%{ endfor }"', "a1a2"),
        ('"%{ for k, v in {x = 1} }${k}${v}%{ if v > 0 }!%{ endif }%{ endfor }"', "x1!"),
    ],
)
def test_a_template_with_directives(tmp_path: Path, template: str, value: str) -> None:
    assert dest(tmp_path, template) == value


def test_remarks(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                # vcolint: ignore-file[VCO107] the lab
                //VCOlint: ignore[VCO106]   a reason  # of ours
                locals {
                  text = "# vcolint: ignore[VCO101]"
                  list = [ # vcolint: ignore[VCO102]
                    "目", /* vcolint: ignore[VCO103] x */ "b",
                  ]
                }
                # see vcolint: ignore[VCO108]
                # tflint-ignore: x # vcolint: ignore[VCO109]
                """
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.text, *one.location[1:]) for one in reading.remarks] == [
        ("vcolint: ignore-file[VCO107] the lab", 1, 3, 1, 39),
        ("VCOlint: ignore[VCO106]   a reason  # of ours", 2, 3, 2, 48),
        ("vcolint: ignore[VCO102]", 5, 14, 5, 37),
        ("vcolint: ignore[VCO103] x", 6, 13, 6, 38),
        ("vcolint: ignore[VCO109]", 10, 22, 10, 45),
    ]


def test_names_are_shown_from_where_the_user_is(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "envs/prod/main.tf": 'module "m" { source = "../../modules/m" }\n' + route("a"),
            "modules/m/main.tf": route("b"),
            "vars/x.tfvars": 'a = "b"\n',
        },
    )
    folder = tmp_path / "envs" / "prod"
    reading = read(folder, "envs/prod", boundary=tmp_path, var_files=[tmp_path / "vars" / "x.tfvars"])
    assert reading.root == "envs/prod"
    assert reading.files == ["envs/prod/main.tf", "modules/m/main.tf", "vars/x.tfvars"]
    assert sorted(reading.texts) == sorted(reading.files)
    assert [(one.address, one.location.file) for one in reading.records] == [
        (f"module.m.{ROUTE}.b", "modules/m/main.tf"),
        (f"{ROUTE}.a", "envs/prod/main.tf"),
    ]


def test_bytes_that_were_read_already_are_taken(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": "nothing {"})
    reading = read(
        tmp_path, "", boundary=tmp_path, data={(tmp_path / "main.tf").resolve(): route("a").encode()}
    )
    assert reading.problems == []
    assert values(reading) == {f"{ROUTE}.a": "10.1.0.0/16"}


# -- instances ---------------------------------------------------------------------------------------------


def test_instances_and_their_keys(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": route("a", count="2", route_dest='"10.${count.index}.0.0/16"')
            + route("b", count='"1"')
            + route("c", count="0")
            + route("d", for_each='toset(["b", "a"])', route_dest="each.value")
            + route("e", for_each='{"x.y" = 1, "q\\"z" = 2, "目" = 3}', route_dest='"10.${each.value}"')
            + route("f", for_each="{}")
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert list(values(reading).items()) == [
        (f"{ROUTE}.a[0]", "10.0.0.0/16"),
        (f"{ROUTE}.a[1]", "10.1.0.0/16"),
        (f"{ROUTE}.b[0]", "10.1.0.0/16"),
        (f'{ROUTE}.d["a"]', "a"),
        (f'{ROUTE}.d["b"]', "b"),
        (f'{ROUTE}.e["q\\"z"]', "10.2"),
        (f'{ROUTE}.e["x.y"]', "10.1"),
        (f'{ROUTE}.e["目"]', "10.3"),
    ]
    assert reading.unlisted == []


@pytest.mark.parametrize(
    ("argument", "expression", "reason"),
    [
        ("count", "var.n", "var.n has no value: give it one with --var-file"),
        ("count", "null", "cannot be evaluated: expected a number"),
        ("count", "-1", "cannot be evaluated: count is -1"),
        ("count", "1.5", "cannot be evaluated: count is 1.5"),
        ("count", '"x"', "cannot be evaluated: text that is not a number"),
        ("count", "30000000", "more than 50000 instances"),
        ("count", "sensitive(2)", "count is sensitive"),
        ("count", "length(data.alicloud_vpcs.x.ids)", "known after apply: data.alicloud_vpcs.x.ids"),
        ("for_each", "var.n", "var.n has no value: give it one with --var-file"),
        ("for_each", 'toset(["a", var.n])', "var.n has no value: give it one with --var-file"),
        ("for_each", "{(var.n) = 1}", "var.n has no value: give it one with --var-file"),
        ("for_each", "toset(data.alicloud_vpcs.x.ids)", "known after apply: data.alicloud_vpcs.x.ids"),
        ("for_each", '["a"]', "cannot be evaluated: for_each is not a map or a set of strings"),
        ("for_each", "null", "cannot be evaluated: for_each is not a map or a set of strings"),
        ("for_each", "toset([1])", "cannot be evaluated: for_each is not a map or a set of strings"),
        ("for_each", 'sensitive(toset(["a"]))', "for_each is sensitive"),
        ("for_each", f"{ROUTE}.r", "cannot be evaluated: a value that refers to itself"),
        (
            "for_each",
            'var.n == "p" ? toset(["a"]) : toset(["b"])',
            "var.n has no value: give it one with --var-file",
        ),
        ("for_each", 'jsondecode(file("nothing.json"))', "cannot be evaluated: this file does not exist"),
    ],
)
def test_an_unknown_set_is_listed_as_such(
    tmp_path: Path, argument: str, expression: str, reason: str
) -> None:
    declared = 'variable "n" {}\ndata "alicloud_vpcs" "x" {}\n'
    write(tmp_path, {"main.tf": declared + route("r", **{argument: expression})})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert reading.records == []
    assert [(one.address, one.reason, one.location[1:3]) for one in reading.unlisted] == [
        (f"{ROUTE}.r", reason, (3, 1))
    ]


def test_the_limit_of_instances_is_one_for_all(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": route("a", count="49999") + route("b", count="2") + route("c")})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert len(reading.records) == 50_000
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        (f"{ROUTE}.b", "more than 50000 instances")
    ]


# -- other resources ---------------------------------------------------------------------------------------


def test_configured_attributes_are_followed_and_the_rest_is_later(tmp_path: Path) -> None:
    files = {
        "net.tf": """\
            variable "u" {}
            resource "alicloud_vpc" "v" {
              cidr_block = "10.8.0.0/16"
              vpc_name   = null
              mtu        = 1500
              tags       = ["10.9.0.0/16"]
            }
            resource "alicloud_vpc" "many" {
              for_each   = {a = "10.2.0.0/16", b = var.u}
              cidr_block = each.value
            }
            resource "alicloud_vpc" "two" {
              count      = 2
              cidr_block = "10.${count.index}.0.0/16"
            }
            data "alicloud_vpcs" "d" {
              name_regex = "x"
            }
            """
    }
    v = "? known after apply: alicloud_vpc."
    for expression, wanted in {
        "alicloud_vpc.v.cidr_block": "10.8.0.0/16",
        "cidrsubnet(alicloud_vpc.v.cidr_block, 8, 1)": "10.8.1.0/24",
        'alicloud_vpc.many["a"].cidr_block': "10.2.0.0/16",
        'alicloud_vpc.many["b"].cidr_block': "? var.u has no value: give it one with --var-file",
        'alicloud_vpc.many["c"].cidr_block': "? cannot be evaluated: this element does not exist",
        "alicloud_vpc.two[1].cidr_block": "10.1.0.0/16",
        "alicloud_vpc.two.*.cidr_block[0]": "10.0.0.0/16",
        'join(",", [for x in alicloud_vpc.two : x.cidr_block])': "10.0.0.0/16,10.1.0.0/16",
        'join(",", keys(alicloud_vpc.many))': "a,b",
        "length(alicloud_vpc.two)": "2",
        "alicloud_vpc.v.id": f"{v}v.id",
        "alicloud_vpc.v.mtu": f"{v}v.mtu",
        "alicloud_vpc.v.vpc_name": f"{v}v.vpc_name",
        "alicloud_vpc.v.tags[0]": f"{v}v.tags[0]",
        'try(alicloud_vpc.v.ipv6_cidr_block, "0.0.0.0/0")': f"{v}v.ipv6_cidr_block",
        'lookup(alicloud_vpc.v, "x", "0.0.0.0/0")': f"{v}v",
        '"vco-${alicloud_vpc.v.id}"': f"{v}v.id",
        'alicloud_vpc.v.id == "" ? "a" : "b"': f"{v}v.id",
        "data.alicloud_vpcs.d.ids[0]": "? known after apply: data.alicloud_vpcs.d.ids[0]",
        "alicloud_vpc.nothing.id": "? cannot be evaluated: there is no alicloud_vpc.nothing",
        "cidrsubnet(var.u, 8, 3)": "? var.u has no value: give it one with --var-file",
        '"10.${var.u}.0.0/16"': "? var.u has no value: give it one with --var-file",
        'coalesce(var.u, "10.0.0.0/8")': "? var.u has no value: give it one with --var-file",
    }.items():
        assert (expression, dest(tmp_path, expression, files)) == (expression, wanted)


CONNECTIONS = f"""\
variable "names" {{ default = ["a", "b"] }}
variable "later" {{}}
resource "alicloud_vpn_customer_gateway" "g" {{
  for_each   = toset(var.names)
  ip_address = "1.2.3.4"
}}
resource "{ATTACHMENT}" "one" {{}}
resource "{ATTACHMENT}" "each" {{
  for_each            = alicloud_vpn_customer_gateway.g
  customer_gateway_id = each.value.id
}}
resource "{ATTACHMENT}" "counted" {{
  count = 2
}}
resource "{ATTACHMENT}" "later" {{
  for_each = var.later
}}
resource "{ATTACHMENT}" "later_count" {{
  count = var.later
}}
resource "{BINDING}" "one" {{
  vpn_id = {ATTACHMENT}.one.id
}}
resource "{BINDING}" "each" {{
  for_each = {ATTACHMENT}.each
  vpn_id   = each.value.id
}}
locals {{
  by_name = {{ for k, a in {ATTACHMENT}.each : k => a.id }}
}}
"""


@pytest.mark.parametrize(
    ("expression", "address"),
    [
        (f"{ATTACHMENT}.one.id", f"{ATTACHMENT}.one"),
        (f"{BINDING}.one.vpn_id", f"{ATTACHMENT}.one"),
        (f'{ATTACHMENT}.each["a"].id', f'{ATTACHMENT}.each["a"]'),
        (f'{BINDING}.each["a"].vpn_id', f'{ATTACHMENT}.each["a"]'),
        ('local.by_name["b"]', f'{ATTACHMENT}.each["b"]'),
        ("local.by_name.b", f'{ATTACHMENT}.each["b"]'),
        (f"{ATTACHMENT}.counted[1].id", f"{ATTACHMENT}.counted[1]"),
        (f"{ATTACHMENT}.counted.*.id[1]", f"{ATTACHMENT}.counted[1]"),
        (f"element({ATTACHMENT}.counted[*].id, 3)", f"{ATTACHMENT}.counted[1]"),
        (f"one({ATTACHMENT}.one[*].id)", f"{ATTACHMENT}.one"),
        (f"values({ATTACHMENT}.each)[0].id", f'{ATTACHMENT}.each["a"]'),
        ('lookup(local.by_name, "a", "")', f'{ATTACHMENT}.each["a"]'),
        (f'{ATTACHMENT}.later["x"].id', f'{ATTACHMENT}.later["x"]'),
        (f"{ATTACHMENT}.later_count[0].id", f"{ATTACHMENT}.later_count[0]"),
        (f'true ? {ATTACHMENT}.one.id : ""', f"{ATTACHMENT}.one"),
        (f"{ATTACHMENT}.one.other", f"{ATTACHMENT}.one.other"),
        (f"{ATTACHMENT}.later[*].id", None),
        (f'"${{{ATTACHMENT}.one.id}}-x"', None),
        (f"var.later ? {ATTACHMENT}.one.id : {ATTACHMENT}.one.id", None),
        (f'try({ATTACHMENT}.one.id, "")', f"{ATTACHMENT}.one"),
        (f'try({ATTACHMENT}.counted[1].id, "")', f"{ATTACHMENT}.counted[1]"),
        (f'join("", {ATTACHMENT}.counted.*.id)', None),
        (f'coalesce(null, "", {ATTACHMENT}.one.id)', f"{ATTACHMENT}.one"),
        (f'coalesce({ATTACHMENT}.one.id, "x")', None),
        ('try(var.later, "x")', None),
    ],
)
def test_which_connection_it_is(tmp_path: Path, expression: str, address: str | None) -> None:
    write(tmp_path, {"main.tf": CONNECTIONS + route("r", vpn_connection_id=expression)})
    assert references(read(tmp_path, "", boundary=tmp_path)) == {"r": address}


DATA = "data.alicloud_vpn_gateway_vpn_attachments"
SOURCES = f"""
data "alicloud_vpn_gateway_vpn_attachments" "one" {{
}}
data "alicloud_vpn_gateway_vpn_attachments" "each" {{
  for_each = toset(["a", "b"])
}}
data "alicloud_vpn_gateway_vpn_attachments" "counted" {{
  count = 2
}}
locals {{
  by_name = {{ a = {DATA}.each["a"].ids[0] }}
}}
"""


@pytest.mark.parametrize(
    ("expression", "address"),
    [
        (f"{DATA}.one.ids[0]", f"{DATA}.one.ids[0]"),
        (f"{DATA}.one.ids.0", f"{DATA}.one.ids[0]"),
        (f'"${{{DATA}.one.ids[0]}}"', f"{DATA}.one.ids[0]"),
        (f'{DATA}.one.ids["0"]', f"{DATA}.one.ids[0]"),
        (f'{DATA}.one.result["conn"]', f"{DATA}.one.result.conn"),
        (f'{DATA}.each["a"].ids[0]', f'{DATA}.each["a"].ids[0]'),
        (f'{DATA}.each["${{"a"}}"].ids[0]', f'{DATA}.each["a"].ids[0]'),
        (f"values({DATA}.each)[0].ids[0]", f'{DATA}.each["a"].ids[0]'),
        ("local.by_name.a", f'{DATA}.each["a"].ids[0]'),
        (f"{DATA}.counted[1].ids[0]", f"{DATA}.counted[1].ids[0]"),
        (f"element({DATA}.one.ids, 0)", None),
    ],
)
def test_which_path_of_a_data_source_it_is(tmp_path: Path, expression: str, address: str | None) -> None:
    write(tmp_path, {"main.tf": SOURCES + route("r", vpn_connection_id=expression)})
    assert references(read(tmp_path, "", boundary=tmp_path)) == {"r": address}


def test_a_whole_resource_is_no_connection(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": CONNECTIONS + route("r", vpn_connection_id=f"{ATTACHMENT}.one")})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.message, one.field, one.location[1:3]) for one in reading.problems] == [
        ("VpnConnectionId must be text, not a mapping", "VpnConnectionId", (32, 23))
    ]


# -- modules -----------------------------------------------------------------------------------------------


def test_an_argument_does_not_hide_the_output_of_its_name(tmp_path: Path) -> None:
    files = {
        "m.tf": 'module "plan" {\n  source = "./plan"\n  dest = "telecom"\n}\n',
        "plan/main.tf": 'variable "dest" {}\noutput "dest" { value = {telecom = "10.1.0.0/16"}[var.dest] }\n',
    }
    assert dest(tmp_path, "module.plan.dest", files) == "10.1.0.0/16"


def test_modules_by_count_and_for_each(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                variable "later" {}
                module "c" {
                  source = "./m"
                  count  = 2
                  net    = count.index
                }
                module "e" {
                  source   = "./m"
                  for_each = {x = 5, y = 6}
                  net      = each.value
                }
                module "none" {
                  source = "./m"
                  count  = 0
                }
                module "later" {
                  source   = "./m"
                  for_each = var.later
                }
                module "quiet" {
                  source   = "./quiet"
                  for_each = var.later
                }
                module "empty" {
                  source = "./m"
                }
                """
            + route("a", route_dest='module.e["y"].dest')
            + route("b", route_dest="module.c[0].dest")
            + route("c", route_dest='join(",", module.c[*].dest)')
            + route("d", route_dest='join(",", [for m in module.e : m.dest])')
            + route("e", route_dest='module.later["x"].dest')
            + route("f", vpn_connection_id="module.c[1].connection")
            + route("g", vpn_connection_id="module.c[0].connection"),
            "m/main.tf": f'variable "net" {{}}\nresource "{ATTACHMENT}" "x" {{}}\n'
            + route("r", route_dest='"10.${var.net}.0.0/16"')
            + f'output "dest" {{ value = {ROUTE}.r.route_dest }}\n'
            + f'output "connection" {{ value = {ATTACHMENT}.x.id }}\n',
            "quiet/main.tf": 'resource "alicloud_oss_bucket" "b" {}\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    not_given = "? cannot be evaluated: module.empty.var.net has no value"
    assert list(values(reading).items()) == [
        (f"module.c[0].{ROUTE}.r", "10.0.0.0/16"),
        (f"module.c[1].{ROUTE}.r", "10.1.0.0/16"),
        (f'module.e["x"].{ROUTE}.r', "10.5.0.0/16"),
        (f'module.e["y"].{ROUTE}.r', "10.6.0.0/16"),
        (f"module.empty.{ROUTE}.r", not_given),
        (f"{ROUTE}.a", "10.6.0.0/16"),
        (f"{ROUTE}.b", "10.0.0.0/16"),
        (f"{ROUTE}.c", "10.0.0.0/16,10.1.0.0/16"),
        (f"{ROUTE}.d", "10.5.0.0/16,10.6.0.0/16"),
        (f"{ROUTE}.e", '? known after apply: module.later["x"].dest'),
        (f"{ROUTE}.f", "10.1.0.0/16"),
        (f"{ROUTE}.g", "10.1.0.0/16"),
    ]
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        ("module.later", "var.later has no value: give it one with --var-file")
    ]
    connections = [record(reading, name).fields["VpnConnectionId"].value for name in "fg"]
    assert [one.reference for one in connections if isinstance(one, Unknown)] == [
        Reference(".", f"module.c[1].{ATTACHMENT}.x"),
        Reference(".", f"module.c[0].{ATTACHMENT}.x"),
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            '"terraform-alicloud-modules/vpc/alicloud"',
            "a remote module: terraform-alicloud-modules/vpc/alicloud",
        ),
        ('"git::https://example.com/x.git"', "a remote module: git::https://example.com/x.git"),
        ('"/etc"', "a remote module: /etc"),
        ('"./missing"', "there is no module in ./missing"),
        ('"../../../../../../../../etc"', "a module outside the folder"),
        ('"./link"', "a module outside the folder"),
        ('"./"', "a module that calls itself"),
        ("var.source", "a module without a readable source"),
    ],
)
def test_a_module_that_cannot_be_read(tmp_path: Path, source: str, reason: str) -> None:
    outside = tmp_path / "outside"
    write(outside, {"main.tf": route("secret")})
    root = write(
        tmp_path / "root",
        {
            "main.tf": f'module "x" {{\n  source = {source}\n}}\n'
            + route("a", vpn_connection_id="module.x.id")
            + route("b", vpn_connection_id="module.x.id", next_hop='module.x["k"].hop')
        },
    )
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to(root / "loop")
    reading = read(root, "", boundary=root)
    assert [(one.address, one.reason, one.location[1:3]) for one in reading.unlisted] == [
        ("module.x", reason, (1, 1))
    ]
    assert references(reading) == {"a": "module.x.id", "b": "module.x.id"}
    assert reading.topology.binding_unknown is True


def test_modules_that_call_each_other_come_to_an_end(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": 'module "a" { source = "./a" }\n',
            "a/main.tf": 'module "b" { source = "../b" }\n' + route("x"),
            "b/main.tf": 'module "a" { source = "../a" }\n' + route("y"),
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [one.address for one in reading.records] == [f"module.a.module.b.{ROUTE}.y", f"module.a.{ROUTE}.x"]
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        ("module.a.module.b.module.a", "a module that calls itself")
    ]


# -- providers ---------------------------------------------------------------------------------------------


def test_regions(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": dedent("""\
                variable "region" { default = "cn-beijing" }
                variable "later" {}
                provider "alicloud" { region = "cn-hangzhou" }
                provider "alicloud" {
                  alias  = "bj"
                  region = var.region
                }
                provider "alicloud" {
                  alias  = "later"
                  region = var.later
                }
                provider "alicloud" { alias = "env" }
                module "plain" { source = "./m" }
                module "passed" {
                  source    = "./m"
                  providers = {
                    alicloud      = alicloud.bj
                    alicloud.peer = alicloud
                  }
                }
                module "peer_only" {
                  source    = "./m"
                  providers = { alicloud.peer = alicloud.bj }
                }
                module "own" { source = "./own" }
                """)
            + route("a")
            + route("b", provider="alicloud.bj")
            + route("c", provider="alicloud.later")
            + route("d", provider="alicloud.env")
            + route("e", provider="alicloud.nothing")
            + route("f", provider="alicloud"),
            "m/main.tf": "terraform {\n  required_providers {\n    alicloud = {\n"
            "      configuration_aliases = [alicloud.peer]\n    }\n  }\n}\n"
            + route("x")
            + route("y", provider="alicloud.peer"),
            "own/main.tf": 'provider "alicloud" { region = "cn-qingdao" }\nmodule "in" { source = "../m" }\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    regions = {
        (one.address or "").replace(f"{ROUTE}.", ""): one.fields["RegionId"][:2]
        if "RegionId" in one.fields
        else None
        for one in reading.records
    }
    hangzhou, beijing = (3, 32), (6, 12)
    places = {name: region and (region[0], region[1][1:3]) for name, region in regions.items()}
    assert places == {
        "module.plain.x": ("cn-hangzhou", hangzhou),
        "module.plain.y": None,
        "module.passed.x": ("cn-beijing", beijing),
        "module.passed.y": ("cn-hangzhou", hangzhou),
        # As Terraform has it: what is given besides does not keep the provider itself from being inherited.
        "module.peer_only.x": ("cn-hangzhou", hangzhou),
        "module.peer_only.y": ("cn-beijing", beijing),
        "module.own.module.in.x": ("cn-qingdao", (1, 32)),
        "module.own.module.in.y": None,
        "a": ("cn-hangzhou", hangzhou),
        "b": ("cn-beijing", beijing),
        "c": None,
        "d": None,
        "e": None,
        "f": ("cn-hangzhou", hangzhou),
    }
    assert record(reading, "a").fields["RegionId"].literal is True
    assert record(reading, "b").fields["RegionId"].literal is False


# -- the order of creation -----------------------------------------------------------------------------------


def test_what_a_route_waits_for(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                resource "time_sleep" "s" {
                  depends_on = [alicloud_vpn_gateway_vco_route.first]
                }
                resource "null_resource" "n" {
                  triggers = { x = time_sleep.s.id }
                }
                data "alicloud_vpcs" "d" {
                  depends_on = [alicloud_vpn_gateway_vco_route.many]
                }
                locals { through = [alicloud_vpn_gateway_vco_route.first.id] }
                module "m" {
                  source     = "./m"
                  conn       = alicloud_vpn_gateway_vco_route.many["a"].vpn_connection_id
                  depends_on = [alicloud_vpn_gateway_vco_route.first]
                }
                """
            + route("first")
            + route("many", for_each='toset(["a", "b"])')
            + route("direct", depends_on=f"[{ROUTE}.first]")
            + route("slept", depends_on="[null_resource.n]")
            + route("by_local", count="length(local.through)")
            + route("by_data", next_hop="data.alicloud_vpcs.d.id")
            + route("after_module", depends_on="[module.m]")
            + route("by_output", next_hop="module.m.late"),
            "m/main.tf": 'variable "conn" {}\n'
            + route("in", vpn_connection_id="var.conn")
            + route("free")
            + f'output "late" {{ value = {ROUTE}.free.id }}\n',
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    waits = {
        (one.address or "").replace(f"{ROUTE}.", ""): sorted(
            address.replace(f"{ROUTE}.", "") for address in one.waits_for
        )
        for one in reading.records
    }
    many = ['many["a"]', 'many["b"]']
    assert waits == {
        "module.m.in": ["first", *many],
        "module.m.free": ["first"],
        "first": [],
        many[0]: [],
        many[1]: [],
        "direct": ["first"],
        "slept": ["first"],
        "by_local[0]": ["first"],
        "by_data": many,
        "after_module": ["module.m.free", "module.m.in"],
        "by_output": ["module.m.free"],
    }


def test_timeouts(tmp_path: Path) -> None:
    text = route("a").replace("}\n", "  timeouts {\n    create = var.t\n  }\n}\n")
    write(tmp_path, {"main.tf": 'variable "t" { default = "1h30m" }\n' + text + route("b")})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.create_timeout, one.last_line) for one in reading.records] == [(5400.0, 10), (None, 16)]
    assert reading.problems == []


# -- what is wrong with a route ------------------------------------------------------------------------------


def problems(reading: Reading) -> list[tuple[str, str, str | None, tuple[int, int, int]]]:
    return [
        (one.kind, one.message, one.field, (one.location.line, one.location.column, one.location.end_column))
        for one in reading.problems
    ]


def test_arguments_that_a_route_does_not_have(tmp_path: Path) -> None:
    text = route("a", route_dst='"x"').replace("}\n", "  tags {\n  }\n  lifecycle {\n  }\n}\n")
    write(tmp_path, {"main.tf": text})
    assert problems(read(tmp_path, "", boundary=tmp_path)) == [
        ("schema", 'unknown property route_dst; did you mean "route_dest"?', None, (6, 3, 12)),
        ("schema", "unknown property tags", None, (7, 3, 7)),
    ]


def test_arguments_that_are_missing_or_null(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"main.tf": f'resource "{ROUTE}" "a" {{\n  weight = null\n  route_dest = "10.1.0.0/16"\n}}\n'},
    )
    place = (1, 1, len(f'resource "{ROUTE}" "a"') + 1)
    assert problems(read(tmp_path, "", boundary=tmp_path)) == [
        ("schema", f"{field} is missing", field, place) for field in ("VpnConnectionId", "NextHop", "Weight")
    ]


@pytest.mark.parametrize(
    ("argument", "expression", "value", "message"),
    [
        ("weight", '"100"', 100, None),
        ("weight", '"1e2"', 100, None),
        ("weight", "50 + 50", 100, None),
        ("weight", "100.0", 100, None),
        ("weight", "99.5", 99.5, "Weight must be an integer, not the number 99.5"),
        ("weight", '"high"', None, 'Weight must be an integer, not the text "high"'),
        ("weight", "true", None, "Weight must be an integer, not true"),
        ("weight", "[100]", None, "Weight must be an integer, not a list"),
        ("route_dest", "10", "10", None),
        ("route_dest", "1.50", "1.5", None),
        ("route_dest", "true", "true", None),
        ("route_dest", '"$${x}"', "${x}", None),
        ("route_dest", "{}", None, "RouteDest must be text, not a mapping"),
        ("route_dest", "{a = 1}", None, "RouteDest must be text, not a mapping"),
        ("route_dest", '["10.0.0.0/8"]', None, "RouteDest must be text, not a list"),
        ("overlay_mode", '"Ipsec"', "Ipsec", None),
        ("overlay_mode", "null", None, None),
    ],
)
def test_types_are_converted_as_terraform_does(
    tmp_path: Path, argument: str, expression: str, value: Any, message: str | None
) -> None:
    write(tmp_path, {"main.tf": route("a", **{argument: expression})})
    reading = read(tmp_path, "", boundary=tmp_path)
    field = {"weight": "Weight", "route_dest": "RouteDest", "overlay_mode": "OverlayMode"}[argument]
    found = reading.records[0].fields.get(field)
    seen = found.value if found else None
    assert (None if isinstance(seen, Unknown) else seen) == value
    assert [one.message for one in reading.problems] == ([message] if message else [])


def test_what_is_given_twice_is_unknown(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": 'locals {\n  a = "x"\n  a = "y"\n}\nlocals {\n  b = 1\n}\nlocals {\n  b = 2\n}\n'
            + route("a", route_dest="local.a").replace("}\n", "  weight = 0\n}\n")
            + route("b", route_dest="local.b")
            + route("c", count="1").replace("}\n", "  count = 2\n}\n")
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert values(reading) == {f"{ROUTE}.a": "? given twice", f"{ROUTE}.b": "? given twice"}
    assert values(reading, "Weight")[f"{ROUTE}.a"] == "? given twice"
    assert [(one.address, one.reason) for one in reading.unlisted] == [(f"{ROUTE}.c", "given twice")]
    assert {
        (one.kind, one.message, one.location[1:3], *(place[1:3] for _, place in one.related))
        for one in reading.problems
    } == {
        ("duplicate-key", '"a" occurs twice here', (3, 3), (2, 3)),
        ("duplicate-key", '"b" occurs twice here', (9, 3), (6, 3)),
        ("duplicate-key", '"weight" occurs twice here', (16, 3), (15, 3)),
        ("duplicate-key", '"count" occurs twice here', (30, 3), (29, 3)),
    }


def test_a_resource_that_is_declared_twice(tmp_path: Path) -> None:
    write(tmp_path, {"a.tf": route("a"), "b.tf": "\n" + route("a")})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.kind, one.location[:3], one.related[0][1][:3]) for one in reading.problems] == [
        ("duplicate-key", ("b.tf", 2, 1), ("a.tf", 1, 1))
    ]


@pytest.mark.parametrize(
    "header",
    [f'resource "{ROUTE}"', f'resoruce "{ROUTE}" "a"', f'resource "x" "{ROUTE}" "a"', f"{ROUTE} {ROUTE}"],
)
def test_a_route_that_is_none(tmp_path: Path, header: str) -> None:
    write(tmp_path, {"main.tf": "\n" + route("a").replace(f'resource "{ROUTE}" "a"', header)})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert problems(reading) == [
        ("schema", "a resource block needs two labels: its type and its name", None, (2, 1, len(header) + 1))
    ]


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    write(tmp_path, {"good.tf": route("a"), "bad.tf": b"# \xe7\x9b\xae\n# \xff\n"})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.kind, one.message, one.location[:3]) for one in reading.problems] == [
        ("syntax", "byte 0xff is not UTF-8", ("bad.tf", 2, 3))
    ]
    assert values(reading) == {f"{ROUTE}.a": "10.1.0.0/16"}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_text_in_another_encoding_says_how_to_convert_it(tmp_path: Path, encoding: str) -> None:
    write(tmp_path, {"bad.tf": "# 目标网段和备用路由\n".encode(encoding)})
    (problem,) = read(tmp_path, "", boundary=tmp_path).problems
    assert (problem.kind, problem.location.file) == ("syntax", "bad.tf")
    assert f"convert it with iconv -f {encoding.upper()} -t UTF-8 OLD > NEW" in problem.message


# -- surroundings --------------------------------------------------------------------------------------------


def test_dynamic_blocks_are_expanded(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": f"""\
                resource "alicloud_vpn_customer_gateway" "g" {{
                  count      = 2
                  ip_address = "1.2.3.${{count.index}}"
                }}
                resource "{ATTACHMENT}" "a" {{
                  remote_subnet = "10.1.0.0/16,10.2.0.0/16"
                  dynamic "tunnel_options_specification" {{
                    for_each = ["169.254.11.0/30", "169.254.12.0/30"]
                    iterator = tunnel
                    content {{
                      customer_gateway_id = alicloud_vpn_customer_gateway.g[tunnel.key].id
                      tunnel_bgp_config {{
                        tunnel_cidr = tunnel.value
                      }}
                    }}
                  }}
                  bgp_config {{
                    tunnel_cidr = "169.254.13.0/30"
                  }}
                }}
                """
        },
    )
    topology = read(tmp_path, "", boundary=tmp_path).topology
    connection = Reference(".", f"{ATTACHMENT}.a")
    assert [fact.value for fact in topology.bgp_tunnel_cidrs] == [
        "169.254.13.0/30",
        "169.254.11.0/30",
        "169.254.12.0/30",
    ]
    assert [fact.value for fact in topology.gateways_of[connection]] == ["1.2.3.0", "1.2.3.1"]
    assert [fact.value for fact in topology.remote_subnets[connection]] == ["10.1.0.0/16", "10.2.0.0/16"]


def test_what_is_sensitive_is_told_to_nobody(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"main.tf": 'resource "alicloud_vpc" "v" {\n  cidr_block = sensitive("10.1.0.0/16")\n}\n'},
    )
    assert read(tmp_path, "", boundary=tmp_path).topology.vpc_cidrs == []


@pytest.mark.parametrize(
    ("binding", "unknown"),
    [
        (f"vpn_id = {ATTACHMENT}.a.id", False),
        ("vpn_id = var.later", False),
        ('vpn_id = "${var.later}x"', True),
        (f"count = var.later\n  vpn_id = {ATTACHMENT}.a.id", True),
        (f"count = 0\n  vpn_id = {ATTACHMENT}.a.id", False),
    ],
)
def test_a_binding_that_cannot_be_told(tmp_path: Path, binding: str, unknown: bool) -> None:
    text = (
        f'variable "later" {{}}\nresource "{ATTACHMENT}" "a" {{}}\n'
        f'resource "{BINDING}" "b" {{\n  {binding}\n}}\n'
    )
    write(tmp_path, {"main.tf": text})
    assert read(tmp_path, "", boundary=tmp_path).topology.binding_unknown is unknown


# -- data files ----------------------------------------------------------------------------------------------


def test_routes_from_data_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": route(
                "yaml", for_each='yamldecode(file("${path.module}/r.yaml"))', route_dest="each.value.dest"
            )
            + route(
                "json", for_each='{for r in jsondecode(file("r.json")) : r.n => r}', route_dest="each.value.d"
            )
            + route(
                "csv", for_each='{for r in csvdecode(file("r.csv")) : r.n => r}', route_dest="each.value.d"
            )
            + route("set", for_each='fileset(".", "nets/{x,y}*")', route_dest="trimspace(file(each.value))")
            + route("template", route_dest='templatefile("t.tftpl", {x = 7})')
            + route("later", route_dest='templatefile("t.tftpl", {x = timestamp()})'),
            "r.yaml": "a: {dest: 10.1.0.0/16}\n",
            "r.json": '[{"n": "j", "d": "10.2.0.0/16"}]',
            "r.csv": "n,d\nc,10.3.0.0/16\n",
            "nets/x": "10.4.0.0/16\n",
            "t.tftpl": "10.${x}.0.0/16",
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert values(reading) == {
        f'{ROUTE}.yaml["a"]': "10.1.0.0/16",
        f'{ROUTE}.json["j"]': "10.2.0.0/16",
        f'{ROUTE}.csv["c"]': "10.3.0.0/16",
        f'{ROUTE}.set["nets/x"]': "10.4.0.0/16",
        f"{ROUTE}.template": "10.7.0.0/16",
        f"{ROUTE}.later": "? unknown here: timestamp()",
    }
    assert reading.used == {
        str((tmp_path / name).resolve()) for name in ("r.yaml", "r.json", "r.csv", "nets/x", "t.tftpl")
    }
    assert reading.files == ["main.tf"]


def test_reasons_of_functions(tmp_path: Path) -> None:
    """What Terraform refuses, and what vcolint does not evaluate."""
    write(
        tmp_path,
        {
            "main.tf": route("fails", route_dest='cidrhost("10.0.0.0/24", 300)')
            + route("later", route_dest='format("%x", 255)'),
        },
    )
    assert values(read(tmp_path, "", boundary=tmp_path)) == {
        f"{ROUTE}.fails": "? cannot be evaluated: cidrhost() fails for these values",
        f"{ROUTE}.later": "? unknown here: format() of these values",
    }


# -- root modules and others ---------------------------------------------------------------------------------


def test_called_folders(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": """\
                module "a" { source = "./modules/a" }
                module "b" {
                  source = "../b"
                }
                module "c" { source = "hashicorp/consul/aws" }
                # module "d" { source = "./d" }
                locals { source = "./e" }
                """,
            "x.tf.json": '{"module": {"f": {"source": "./f"}}}',
            "broken.tf": 'module "g" { source = "./g" ',
            "other.txt": 'module "h" { source = "./h" }',
        },
    )
    root = tmp_path.resolve()
    called = {str(one) for one in (root / "modules" / "a", root.parent / "b", root / "f")}
    assert Modules().look(str(tmp_path))[1] == called
    assert Modules().look(str(tmp_path / "nothing"))[1] == set()


def run(folder: Path, expressions: Sequence[str]) -> list[Any]:
    return [dest(folder, one) for one in expressions]


def test_every_call_is_independent(tmp_path: Path) -> None:
    expressions = ['"10.1.0.0/16"', 'upper("a")', "uuid()"]
    assert run(tmp_path, expressions) == run(tmp_path, expressions)


# -- JSON ----------------------------------------------------------------------------------------------------


def test_json_is_read_like_hcl(tmp_path: Path) -> None:
    text = """\
{
  "//": "a comment",
  "variable": {"net": {"type": "string", "default": "10.1.0.0/16"}, "later": {"type": "list(string)"}},
  "locals": {"nets": ["${var.net}", "10.2.0.0/16"], "k": ["a"], "text": "$${x}"},
  "provider": {"alicloud": [{"region": "cn-hangzhou"}, {"alias": "bj", "region": "cn-beijing"}]},
  "module": {"n": {"source":"./m", "for_each":"${toset(local.k)}", "providers": {"alicloud": "alicloud.bj"}}},
  "resource": {
    "alicloud_vpn_gateway_vpn_attachment": {
      "c": {"bgp_config": [{"tunnel_cidr": "169.254.11.0/30"}]}
    },
    "alicloud_vpn_gateway_vco_route": {
      "each": {
        "for_each": "${toset(local.nets)}",
        "vpn_connection_id": "${alicloud_vpn_gateway_vpn_attachment.c.id}",
        "next_hop": "vco-目",
        "route_dest": "${each.value}",
        "weight": 100,
        "timeouts": {"create": "5m"},
        "depends_on": ["alicloud_vpn_gateway_vco_route.one"]
      },
      "one": {
        "vpn_connection_id": "vco-a1", "next_hop": "vco-a1", "route_dest": "10.9.0.0/16", "weight": "0",
        "provider": "alicloud.bj", "route_dest": "10.8.0.0/16", "colour": "red"
      },
      "later": {"count": "${length(var.later)}"}
    }
  }
}
"""
    write(tmp_path, {"main.tf.json": text, "m/main.tf.json": '{"resource": {"' + ROUTE + '": {"in": {}}}}'})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [one.address for one in reading.records] == [
        f'module.n["a"].{ROUTE}.in',
        f'{ROUTE}.each["10.1.0.0/16"]',
        f'{ROUTE}.each["10.2.0.0/16"]',
        f"{ROUTE}.one",
    ]
    inside, first, second, one = reading.records
    assert inside.fields["RegionId"].value == "cn-beijing"
    place, origin = ("main.tf.json", 16, 23, 16, 38), ("main.tf.json", 4, 37, 4, 50)
    assert second.fields["RouteDest"][:4] == ("10.2.0.0/16", place, False, False)
    assert second.fields["RouteDest"].origin == origin
    assert second.fields["NextHop"] == ("vco-目", ("main.tf.json", 15, 21, 15, 28), False, True, None)
    assert second.fields["Weight"] == (100, ("main.tf.json", 17, 19, 17, 22), False, True, None)
    assert first.location == ("main.tf.json", 12, 7, 12, 13)
    assert (first.last_line, first.create_timeout) == (20, 300.0)
    assert first.waits_for == {f"{ROUTE}.one"}
    assert isinstance(first.fields["VpnConnectionId"].value, Unknown)
    assert first.fields["VpnConnectionId"].value.reference == Reference(".", f"{ATTACHMENT}.c")
    assert one.fields["RegionId"].value == "cn-beijing"
    assert one.fields["Weight"].value == 0
    assert isinstance(one.fields["RouteDest"].value, Unknown)
    assert [(p.kind, p.message, *p.location[1:3]) for p in reading.problems if p.location.line == 23] == [
        ("schema", "unknown property colour", 23, 65),
        ("duplicate-key", '"route_dest" occurs twice here', 23, 36),
    ]
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        (f"{ROUTE}.later", "var.later has no value: give it one with --var-file")
    ]
    assert [fact.value for fact in reading.topology.bgp_tunnel_cidrs] == ["169.254.11.0/30"]
    assert [p.location.line for p in reading.problems if p.kind == "syntax"] == []


def test_a_list_of_objects_in_json(tmp_path: Path) -> None:
    """Terraform takes such a file, and an empty list too."""
    parts = [{"locals": {"d": "10.1.0.0/16"}}, {"resource": [{ROUTE: {"one": {"route_dest": "${local.d}"}}}]}]
    write(tmp_path, {"main.tf.json": json.dumps(parts), "empty.tf.json": "[]"})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert values(reading) == {f"{ROUTE}.one": "10.1.0.0/16"}
    assert "syntax" not in {one.kind for one in reading.problems}


def test_a_fault_in_json(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf.json": '{\n  "resource": {,}\n}',
            "x.tf.json": '{"locals": {"a": "${1 +}"}}',
            "y.tf.json": "[1]",
        },
    )
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [(one.kind, one.location.file, one.location.line) for one in reading.problems] == [
        ("syntax", "main.tf.json", 2),
        ("syntax", "x.tf.json", 1),
        ("syntax", "y.tf.json", 1),
    ]
    assert reading.problems[1].location.column == 18


# -- what the provider's schema says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeouts", "seconds"),
    [
        ('timeouts {\n  create = "5m"\n}', 300.0),
        (
            'dynamic "timeouts" {\n  for_each = ["7m"]\n  content {\n    create = timeouts.value\n  }\n}',
            420.0,
        ),
        ('dynamic "timeouts" {\n  for_each = []\n  content {\n    create = "7m"\n  }\n}', None),
        ('dynamic "timeouts" {\n  for_each = var.no\n  content {\n    create = "7m"\n  }\n}', None),
    ],
)
def test_timeouts_may_be_dynamic(tmp_path: Path, timeouts: str, seconds: float | None) -> None:
    write(tmp_path, {"main.tf": route()[:-2] + timeouts + '\n}\nvariable "no" {}\n'})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert [problem.message for problem in reading.problems] == []
    assert [one.create_timeout for one in reading.records] == [seconds]


@pytest.mark.parametrize("block", ['dynamic "timeout"', 'dynamic "lifecycle"', "timeout", "zone"])
def test_other_blocks_have_no_place_in_a_route(tmp_path: Path, block: str) -> None:
    write(tmp_path, {"main.tf": route()[:-2] + f"{block} {{\n}}\n}}\n"})
    name = block.removeprefix("dynamic ").strip('"')
    (problem,) = read(tmp_path, "", boundary=tmp_path).problems
    assert problem.message.startswith(f"unknown property {name}")


def test_blocks_of_attachments_in_json(tmp_path: Path) -> None:
    """JSON does not tell blocks from attributes, the schema does; and an argument of a module is no block."""
    attachment = {"health_check_config": [{"enable": True, "policy": "reserve_route"}]}
    tree = {
        "resource": {ATTACHMENT: {"a": attachment}},
        "module": {"m": {"source": "./m", "bgp_config": "10.7.0.0/16"}},
    }
    module = 'variable "bgp_config" {}\n' + route(route_dest="var.bgp_config")
    write(tmp_path, {"main.tf.json": json.dumps(tree), "m/main.tf": module})
    reading = read(tmp_path, "", boundary=tmp_path)
    assert list(reading.topology.keeps_routes) == [Reference(".", f"{ATTACHMENT}.a")]
    assert [one.fields["RouteDest"].value for one in reading.records] == ["10.7.0.0/16"]


def test_a_text_that_may_be_converted_is_unknown(tmp_path: Path) -> None:
    """Only the provider's schema knows whether an attribute is a text or a number."""
    more = {"g.tf": 'resource "alicloud_vpn_customer_gateway" "g" {\n  foo = "65000"\n}\n'}
    assert str(dest(tmp_path, "alicloud_vpn_customer_gateway.g.foo", more)).startswith("? known after apply")
