"""Where a value of Terraform comes from: the place of the literal, on every way that only hands it on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.reading import Reading
from vcolint.read.terraform import read
from vcolint.text.source import Source
from vcolint.text.value import Location, Unknown

ROUTE = "alicloud_vpn_gateway_vco_route"
BEGIN, END = "«", "»"  # around the literal that the value is said to come from


def unmarked(files: dict[str, str]) -> tuple[dict[str, str], Location | None]:
    """The files without the marks, and the place between them."""
    place = None
    for name, text in files.items():
        if BEGIN in text:
            start, end = text.index(BEGIN), text.index(END) - 1
            mark = text.startswith("\ufeff")  # which is no part of the first line
            plain = text.replace(BEGIN, "").replace(END, "").removeprefix("\ufeff")
            place = Source(name, plain).location(start - mark, end - mark)
    return {name: text.replace(BEGIN, "").replace(END, "") for name, text in files.items()}, place


def reading_of(folder: Path, files: dict[str, str]) -> Reading:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return read(folder, "", boundary=folder)


def route(destination: str, *, each: str = "", weight: str = "100") -> str:
    return f"""
resource "{ROUTE}" "r" {{
  {f"for_each = {each}" if each else ""}
  vpn_connection_id = "vco-a1"
  next_hop          = "vco-a1"
  route_dest        = {destination}
  weight            = {weight}
}}
"""


LITERAL = '«"10.1.0.0/16"»'
FILE = 'file("d")'
MODULE_IN_BETWEEN = 'variable "v" {}\noutput "o" {\n  value = var.v\n}\n'
CALL = 'module "m" {\n  source = "./m"\n}'
ROWS = '[for r in csvdecode(file("d")) : r]'

# Terraform, and what else stands beside it: one of them holds the marked literal.
WAYS: dict[str, dict[str, str]] = {
    "variable": {"main.tf": f'variable "d" {{\n  default = {LITERAL}\n}}' + route("var.d")},
    "variable of a type": {
        "main.tf": f'variable "d" {{\n  type = string\n  default = {LITERAL}\n}}' + route("var.d")
    },
    "optional attribute": {
        "main.tf": route("var.d.d"),
        "d.tf": 'variable "d" {\n  default = {}\n'
        f"  type = object({{d = optional(string, {LITERAL})}})\n}}\n",
    },
    "tfvars": {"main.tf": 'variable "d" {}' + route("var.d"), "terraform.tfvars": f"d = {LITERAL}\n"},
    "tfvars of a map": {
        "main.tf": 'variable "d" {\n  type = map(object({cidr = string}))\n}\n'
        + route("each.value.cidr", each="var.d"),
        "a.auto.tfvars": f"d = {{\n  a = {{ cidr = {LITERAL} }}\n}}\n",
    },
    "tfvars.json": {
        "main.tf": 'variable "d" {}' + route("var.d[0].x"),
        "terraform.tfvars.json": f'{{\n "d": [{{"x": {LITERAL}}}]}}',
    },
    "local": {"main.tf": f"locals {{\n  d = {LITERAL}\n}}" + route("local.d")},
    "local through local": {
        "main.tf": f"locals {{\n  a = {LITERAL}\n  b = local.a\n  c = [local.b]\n}}" + route("local.c[0]")
    },
    "pure template": {"main.tf": f"locals {{\n  d = {LITERAL}\n}}" + route('"${local.d}"')},
    "escapes": {"main.tf": 'locals {\n  d = «"10.1.0.0\\u002f16"»\n}' + route("local.d")},
    "heredoc": {"main.tf": "locals {\n  d = «<<EOT\n10.1.0.0/16\nEOT»\n}" + route("local.d")},
    "behind wide characters": {
        "main.tf": f"/* 目标 🚇 */ locals {{\n d = {{ 目 = {LITERAL} }}\n}}" + route("local.d.目")
    },
    "for": {"main.tf": route(f'[for d in ["x", {LITERAL}] : d][1]')},
    "for of an object": {"main.tf": route(f'{{for k, v in {{a = {LITERAL}}} : k => v}}["a"]')},
    "grouped for": {"main.tf": route(f'{{for v in [{LITERAL}] : "k" => v...}}["k"][0]')},
    "for with a condition": {"main.tf": route(f'[for d in ["x", {LITERAL}] : d if d != "x"][0]')},
    "key of a for": {"main.tf": route(f"[for k, v in {{ {LITERAL} = 1 }} : k][0]")},
    "for_each over a map": {"main.tf": route("each.value", each=f"{{a = {LITERAL}}}")},
    "key of for_each": {"main.tf": route("each.key", each=f"{{{LITERAL} = 100}}")},
    "for_each over a set": {"main.tf": route("each.value", each=f"toset([{LITERAL}])")},
    "count": {"main.tf": route(f"[{LITERAL}][0]")},
    "merge": {"main.tf": route(f'merge({{a = "x"}}, {{a = {LITERAL}}}).a')},
    "flatten": {"main.tf": route(f'flatten([["x"], [[{LITERAL}]]])[1]')},
    "lookup": {"main.tf": route(f'lookup({{a = {LITERAL}}}, "a", "x")')},
    "default of lookup": {"main.tf": route(f'lookup({{}}, "a", {LITERAL})')},
    "concat": {"main.tf": route(f'concat(["x"], [{LITERAL}])[1]')},
    "tolist": {"main.tf": route(f"tolist([{LITERAL}])[0]")},
    "tomap": {"main.tf": route(f"tomap({{a = {LITERAL}}})[\"a\"]")},
    "toset": {"main.tf": route(f"one(toset([{LITERAL}]))")},
    "tostring": {"main.tf": route(f"tostring({LITERAL})")},
    "distinct": {"main.tf": route(f"distinct([{LITERAL}])[0]")},
    "sort": {"main.tf": route(f'sort(["9", {LITERAL}])[0]')},
    "compact": {"main.tf": route(f'compact(["", {LITERAL}])[0]')},
    "values": {"main.tf": route(f"values({{a = {LITERAL}}})[0]")},
    "keys": {"main.tf": route(f"keys({{{LITERAL} = 1}})[0]")},
    "zipmap": {"main.tf": route(f'zipmap(["a"], [{LITERAL}]).a')},
    "element": {"main.tf": route(f'element(["x", {LITERAL}], 3)')},
    "slice and reverse": {"main.tf": route(f'reverse(slice(["x", {LITERAL}, "y"], 1, 2))[0]')},
    "setproduct": {"main.tf": route(f'tolist(setproduct([{LITERAL}], ["x"]))[0][0]')},
    "try": {"main.tf": route(f"try(local.no, {LITERAL})")},
    "coalesce": {"main.tf": route(f'coalesce("", {LITERAL}, "x")')},
    "conditional": {"main.tf": route(f'1 == 1 ? {LITERAL} : "x"')},
    "conditional that converts": {"main.tf": route(f"1 == 1 ? {LITERAL} : 5")},
    "parentheses": {"main.tf": route(f"({LITERAL})")},
    "splat": {"main.tf": route(f"one([{{d = {LITERAL}}}][*].d)")},
    "legacy splat": {"main.tf": route(f"[{{d = {LITERAL}}}].*.d[0]")},
    "index and attribute": {"main.tf": route(f'{{a = [{{b = {LITERAL}}}]}}["a"][0].b')},
    "nonsensitive": {"main.tf": route(f"nonsensitive(sensitive({LITERAL}))")},
    "another resource": {
        "main.tf": route("alicloud_vpc.v.cidr_block"),
        "vpc.tf": f'resource "alicloud_vpc" "v" {{\n  cidr_block = {LITERAL}\n}}\n',
    },
    "argument of a module": {
        "main.tf": f'module "m" {{\n  source = "./m"\n  d = {LITERAL}\n}}',
        "m/main.tf": 'variable "d" {}' + route("var.d"),
    },
    "output of a module": {
        "main.tf": 'module "m" {\n  source = "./m"\n}' + route("module.m.d"),
        "m/main.tf": f'output "d" {{\n  value = {LITERAL}\n}}',
    },
    "through two modules and a for_each": {
        "main.tf": f'variable "s" {{}}\n{CALL[:-1]}  for_each = var.s\n  d = each.value.nets\n}}',
        "terraform.tfvars": f"s = {{\n  a = {{ nets = [{LITERAL}] }}\n}}\n",
        "m/main.tf": 'variable "d" {\n  type = list(string)\n}\n' + CALL[:-1] + "  d = toset(var.d)\n}",
        "m/m/main.tf": 'variable "d" {}' + route("each.key", each="var.d"),
    },
    ".tf.json": {
        "main.tf": route("local.d"),
        "a.tf.json": f'{{"locals": {{"d": {LITERAL}}}}}',
    },
    "literal in an expression of .tf.json": {
        "main.tf": route("local.d"),
        "a.tf.json": '{"locals": {"d": «"${true ? \\"10.1.0.0/16\\" : \\"x\\"}"»}}',
    },
    "override file": {
        "main.tf": 'locals {\n  d = "x"\n}' + route("local.d"),
        "override.tf": f"locals {{\n  d = {LITERAL}\n}}",
    },
    "YAML": {"main.tf": route(f"yamldecode({FILE}).a[0].b"), "d": "a:\n- b: «10.1.0.0/16»   # c\n"},
    "YAML in quotes": {"main.tf": route(f"yamldecode({FILE})[0]"), "d": "- «'10.1.0.0/16'»\n"},
    "YAML with an anchor": {"main.tf": route(f"yamldecode({FILE})[1]"), "d": "- &x «10.1.0.0/16»\n- *x\n"},
    "YAML that merges": {
        "main.tf": route(f"yamldecode({FILE}).b.d"),
        "d": "a: &a {d: «10.1.0.0/16»}\nb: {<<: *a, e: 1}\n",
    },
    "key in YAML": {
        "main.tf": route("each.key", each=f"yamldecode({FILE})"),
        "d": "«10.1.0.0/16»: {}\n",
    },
    "YAML behind a byte order mark": {
        "main.tf": route(f"yamldecode({FILE}).a"),
        "d": "\ufeffa: «10.1.0.0/16»\n",
    },
    "YAML with CRLF": {"main.tf": route(f"yamldecode({FILE}).b"), "d": "a: 目\r\nb: «10.1.0.0/16»\r\n"},
    "files of YAML": {
        "main.tf": route(
            "each.value.d",
            each='merge([for f in fileset(path.module, "s/*.yaml") : yamldecode(file(f))]...)',
        ),
        "s/a.yaml": "x: {d: «10.1.0.0/16»}\n",
    },
    "JSON": {"main.tf": route(f"jsondecode({FILE}).a[0]"), "d": '{"a": [«"10.1.0.0/16"»]}'},
    "key in JSON": {
        "main.tf": route("each.key", each=f"jsondecode({FILE})"),
        "d": '{\n  «"10.1.0.0/16"»: 1.5\n}',
    },
    "CSV": {"main.tf": route(f"{ROWS}[1].d"), "d": "d,e\n1,2\n«10.1.0.0/16»,3\n"},
    "CSV in quotes": {"main.tf": route(f"{ROWS}[0].d"), "d": 'e,d\r\n"a\n""b",«"10.1.0.0/16"»'},
    "CSV behind a byte order mark": {"main.tf": route(f"{ROWS}[0].d"), "d": "\ufeffe,d\n\n1,«10.1.0.0/16»\n"},
    "a file outside of the root": {
        "main.tf": 'module "m" {\n  source = "./m"\n}',
        "m/main.tf": route('yamldecode(file("${path.module}/d.yaml"))[0]'),
        "m/d.yaml": "- «10.1.0.0/16»\n",
    },
    "the whole of a file": {"main.tf": route('file("d")'), "d": "«10.1.0.0/16»"},
}  # fmt: skip


@pytest.mark.parametrize("files", WAYS.values(), ids=WAYS)
def test_the_literal_of_a_destination(tmp_path: Path, files: dict[str, str]) -> None:
    plain, place = unmarked(files)
    (record,) = reading_of(tmp_path, plain).records
    value = record.fields["RouteDest"]
    assert isinstance(value.value, str)
    assert value.value.strip() == "10.1.0.0/16"
    assert type(value.value) is str  # what remembers its place stays inside
    assert value.origin == place


COMPUTED = {
    "template": '"10.${1}.0.0/16"',
    "template around a variable": '"${local.d}0"',
    "format": 'format("%s", local.d)',
    "cidrsubnet": "cidrsubnet(local.d, 0, 0)",
    "trimspace of what has no blanks": "trimspace(local.d)",
    "lower": "lower(local.d)",
    "replace of nothing": 'replace(local.d, "x", "y")',
    "join of one": 'join("", [local.d])',
    "split into one": 'split(",", local.d)[0]',
    "substr of all": "substr(local.d, 0, -1)",
    "regex of all": 'regex(".*", local.d)',
    "encoded and decoded": "jsondecode(jsonencode(local.d))",
    "decoded from a text": 'yamldecode("10.1.0.0/16")',
    "directive": '"%{ if true }${local.d}%{ endif }"',
    "template file": 'templatefile("t", {d = local.d})',
    "unknown": "alicloud_vpc.v.cidr_block",
}


@pytest.mark.parametrize("expression", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_has_no_literal(tmp_path: Path, expression: str) -> None:
    text = 'resource "alicloud_vpc" "v" {}\nlocals {\n  d = "10.1.0.0/16"\n}\n' + route(expression)
    (record,) = reading_of(tmp_path, {"main.tf": text, "t": "${d}"}).records
    assert record.fields["RouteDest"].origin is None


def test_a_literal_at_the_argument_itself_is_no_other_place(tmp_path: Path) -> None:
    (record,) = reading_of(tmp_path, {"main.tf": route('"10.1.0.0/16"')}).records
    assert [value.origin for value in record.fields.values()] == [None] * 4


WEIGHTS: dict[str, tuple[dict[str, str], int]] = {
    "number": ({"main.tf": "locals {\n  w = «50»\n}" + route('"x"', weight="local.w")}, 50),
    "text": ({"main.tf": 'locals {\n  w = «"50"»\n}' + route('"x"', weight="local.w")}, 50),
    "text of a number variable": (
        {"main.tf": 'variable "w" {\n  type = number\n  default = «"50"»\n}' + route('"x"', weight="var.w")},
        50,
    ),
    "number of a text variable": (
        {"main.tf": 'variable "w" {\n  type = string\n  default = «50»\n}' + route('"x"', weight="var.w")},
        50,
    ),
    "in a map of texts": (
        {"main.tf": 'locals {\n  w = tomap({a = «50», b = "x"})\n}' + route('"x"', weight='local.w["a"]')},
        50,
    ),
    "tonumber": ({"main.tf": 'locals {\n  w = «"50"»\n}' + route('"x"', weight="tonumber(local.w)")}, 50),
    "YAML": ({"main.tf": route('"x"', weight='yamldecode(file("d")).w'), "d": "{w: «-50»}"}, -50),
    "JSON": ({"main.tf": route('"x"', weight='jsondecode(file("d")).w'), "d": '{"w": «50»}'}, 50),
    "CSV": ({"main.tf": route('"x"', weight='csvdecode(file("d"))[0].w'), "d": "w\n«50»\n"}, 50),
    "computed": ({"main.tf": "locals {\n  w = 50\n}" + route('"x"', weight="local.w + 0")}, 50),
    "negative": ({"main.tf": "locals {\n  w = 50\n}" + route('"x"', weight="-local.w")}, -50),
}


@pytest.mark.parametrize(("files", "weight"), WEIGHTS.values(), ids=WEIGHTS)
def test_the_literal_of_a_weight(tmp_path: Path, files: dict[str, str], weight: int) -> None:
    plain, place = unmarked(files)
    (record,) = reading_of(tmp_path, plain).records
    value = record.fields["Weight"]
    assert (type(value.value), value.value, value.origin) == (int, weight, place)


def test_the_literal_of_a_region(tmp_path: Path) -> None:
    text = 'provider "alicloud" {\n  region = var.r\n}\nvariable "r" {\n  default = «"cn-hz"»\n}\n'
    plain, place = unmarked({"main.tf": text + route('"x"')})
    (record,) = reading_of(tmp_path, plain).records
    assert (record.fields["RegionId"].value, record.fields["RegionId"].origin) == ("cn-hz", place)


def test_of_equal_literals_the_one_that_was_taken(tmp_path: Path) -> None:
    files = {
        "main.tf": "locals {\n  a = {d = \"10.1.0.0/16\"}\n  b = {d = «\"10.1.0.0/16\"»}\n}\n"
        + route("merge(local.a, local.b).d")
    }  # fmt: skip
    plain, place = unmarked(files)
    (record,) = reading_of(tmp_path, plain).records
    assert record.fields["RouteDest"].origin == place


# -- any way ----------------------------------------------------------------------------------------------

# Expressions that only hand on what stands at `@`.
HANDING_ON = [
    "(@)",
    '"${@}"',
    "[@][0]",
    "{a = @}.a",
    '{a = @}["a"]',
    "[for v in [@] : v][0]",
    "{for k, v in {a = @} : k => v}.a",
    "keys({(@) = 1})[0]",
    "values({a = @})[0]",
    'merge({a = 1}, {a = @})["a"]',
    "flatten([[], [[@]]])[0]",
    'lookup({a = @}, "a", "x")',
    'lookup({}, "a", @)',
    "concat([], [@])[0]",
    "tolist([@])[0]",
    "tomap({a = @}).a",
    "one(toset([@]))",
    "tostring(@)",
    "try({}.no, @)",
    'coalesce("", @)',
    'true ? @ : "x"',
    "one([{a = @}][*].a)",
    "[{a = @}].*.a[0]",
    'element(["x", @], 1)',
    "nonsensitive(sensitive(@))",
]
COMPUTING = [
    '"${@}${""}"',
    'format("%s", @)',
    "lower(@)",
    "trimspace(@)",
    'join("", [@])',
    "cidrsubnet(@, 0, 0)",
]
# What names a value: the expression, and what declares it.
NAMING = {
    "local": ("local.l#", "locals {\n  l# = @\n}\n", ""),
    "module": ("module.m#.o", 'module "m#" {\n  source = "./m#"\n  v = @\n}\n', MODULE_IN_BETWEEN),
    "resource": ("alicloud_vpc.v#.cidr_block", 'resource "alicloud_vpc" "v#" {\n  cidr_block = @\n}\n', ""),
}
SOURCES = {
    "hcl": ("local.s", "s.tf", 'locals {\n  s = «"10.1.0.0/16"»\n}\n'),
    "tfvars": ("var.s", "a.auto.tfvars", 's = «"10.1.0.0/16"»\n'),
    "tfvars.json": ("var.s", "a.auto.tfvars.json", '{"s": «"10.1.0.0/16"»}\n'),
    "yaml": ('yamldecode(file("d")).s', "d", "s: «10.1.0.0/16» # c\n"),
    "json": ('jsondecode(file("d")).s', "d", '{"x": "\\"", "s": «"10.1.0.0/16"»}\n'),
    "csv": ('csvdecode(file("d"))[0].s', "d", "x,s\n,«10.1.0.0/16»\n"),
}


@settings(max_examples=150, deadline=None)
@given(
    source=st.sampled_from(sorted(SOURCES)),
    steps=st.lists(st.sampled_from([*HANDING_ON, *NAMING]), max_size=8),
    computing=st.none() | st.tuples(st.integers(0, 8), st.sampled_from(COMPUTING)),
)
def test_a_literal_keeps_its_place_on_any_way_that_computes_nothing(
    source: str, steps: list[str], computing: tuple[int, str] | None
) -> None:
    """And one step that computes, wherever it stands, leaves no place."""
    expression, name, text = SOURCES[source]
    files = {name: text, "main.tf": 'variable "s" {\n  default = null\n}\n'}
    if computing is not None:
        steps = [*steps[: computing[0]], computing[1], *steps[computing[0] :]]
    for number, step in enumerate(steps):
        if step in NAMING:
            named, declared, module = (part.replace("#", str(number)) for part in NAMING[step])
            files["main.tf"] += declared.replace("@", expression)
            if module:
                files[f"m{number}/main.tf"] = module
            expression = named
        else:
            expression = step.replace("@", expression)
    files["main.tf"] += route(expression)
    plain, place = unmarked(files)
    with TemporaryDirectory() as folder:
        (record,) = reading_of(Path(folder), plain).records
    value = record.fields["RouteDest"]
    assert (value.value, value.origin) == ("10.1.0.0/16", None if computing else place)


# -- hostile input ----------------------------------------------------------------------------------------


def test_a_circle_of_values_has_no_literal(tmp_path: Path) -> None:
    files = {
        "main.tf": "locals {\n  a = local.b\n  b = [local.c][0]\n  c = local.a\n}\n" + route("local.a"),
        "n.tf": 'module "m" {\n  source = "./"\n  d = "10.1.0.0/16"\n}\n',
    }
    (record,) = reading_of(tmp_path, files).records
    assert isinstance(record.fields["RouteDest"].value, Unknown)
    assert record.fields["RouteDest"].origin is None


def test_modules_that_pass_a_value_around_in_a_circle(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n  v = module.m.o\n}\n' + route("module.m.o"),
        "m/main.tf": MODULE_IN_BETWEEN,
    }
    (record,) = reading_of(tmp_path, files).records
    assert isinstance(record.fields["RouteDest"].value, Unknown)


def test_a_huge_map_of_data(tmp_path: Path) -> None:
    """Each of 20,000 routes has its own line."""
    lines = "".join(f"r{n:05}: {{cidr: 10.{n >> 8}.{n & 255}.0/24}}\n" for n in range(20_000))
    files = {"main.tf": route("each.value.cidr", each='yamldecode(file("d"))'), "d": lines}
    records = reading_of(tmp_path, files).records
    origins = [record.fields["RouteDest"].origin for record in records]
    assert [origin and origin.line for origin in origins] == list(range(1, 20_001))


def test_an_alias_bomb_of_data_meets_an_end(tmp_path: Path) -> None:
    bomb = "a0: &a0 [10.1.0.0/16, 10.1.0.0/16]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    files = {"main.tf": route('flatten(values(yamldecode(file("d"))))[0]'), "d": bomb}
    (record,) = reading_of(tmp_path, files).records
    assert isinstance(record.fields["RouteDest"].value, Unknown)


def test_deeply_nested_json_is_still_decoded(tmp_path: Path) -> None:
    files = {
        "main.tf": route(f"flatten(jsondecode({FILE}))[0]"),
        "d": "[" * 150 + '«"10.1.0.0/16"»' + "]" * 150,
    }
    plain, place = unmarked(files)
    (record,) = reading_of(tmp_path, plain).records
    assert (record.fields["RouteDest"].value, record.fields["RouteDest"].origin) == ("10.1.0.0/16", place)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "1", "a": «"10.1.0.0/16"»}',
        '{"\\\\": "\\"\\\\", "目": [-1.5e3, true, null], "a": «"10.1.0.0/16"»}',
    ],
)
def test_the_places_of_json_that_is_hard_to_split(tmp_path: Path, text: str) -> None:
    plain, place = unmarked({"main.tf": route(f"jsondecode({FILE}).a"), "d": text})
    (record,) = reading_of(tmp_path, plain).records
    assert (record.fields["RouteDest"].value, record.fields["RouteDest"].origin) == ("10.1.0.0/16", place)


def test_a_field_of_csv_that_is_very_long(tmp_path: Path) -> None:
    plain, place = unmarked({"main.tf": route(f"{ROWS}[0].d"), "d": f"d,e\n«10.1.0.0/16»,{'x' * 200_000}\n"})
    (record,) = reading_of(tmp_path, plain).records
    assert (record.fields["RouteDest"].value, record.fields["RouteDest"].origin) == ("10.1.0.0/16", place)
