"""Environments of Terraform: one root that is read once for each set of variables that the config names."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from checkout import environment
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from tests.command_line import Run, empty_repository, put, runner

ROOT = Path(vcolint.__file__).parent
SCHEMAS = ROOT / "schemas"
ROUTE = "alicloud_vpn_gateway_vco_route"

MAIN = """\
provider "alicloud" {
  region = var.region
}

variable "region" {
  default = "cn-hangzhou"
}

variable "sites" {
  type = map(object({ networks = list(string), weight = optional(number, 100) }))
}

variable "lines" {
  type = object({ primary = string, backup = string })
}

module "site" {
  source   = "./modules/site"
  for_each = var.sites

  lines    = var.lines
  networks = each.value.networks
  weight   = each.value.weight
}

resource "alicloud_vpn_gateway_vco_route" "hq" {
  vpn_connection_id = var.lines.primary
  next_hop          = var.lines.primary
  route_dest        = "172.16.1.0/16"
  weight            = terraform.workspace == "prod" ? 100 : 50
}
"""
SITE = """\
variable "lines" {}
variable "networks" {}
variable "weight" {}

resource "alicloud_vpn_gateway_vco_route" "primary" {
  for_each = toset(var.networks)

  vpn_connection_id = var.lines.primary
  next_hop          = var.lines.primary
  route_dest        = each.value
  weight            = var.weight
}

resource "alicloud_vpn_gateway_vco_route" "backup" {
  for_each = toset(var.networks)

  vpn_connection_id = var.lines.backup
  next_hop          = var.lines.backup
  route_dest        = each.value
  weight            = 0
}
"""
PROD = """\
lines = { primary = "vco-prod1", backup = "vco-prod2" }
sites = {
  pudong   = { networks = ["10.50.0.0/16", "100.100.0.0/16"] }
  hongqiao = { networks = ["10.51.0.0/16"] }
}
"""
STAGE = """\
lines = { primary = "vco-stage1", backup = "vco-stage2" }
sites = {
  pudong = { networks = ["10.50.0.0/16", "100.100.0.0/16"] }
  lab    = { networks = ["10.60.0.1/16"], weight = 100 }
}
"""
CONFIG = """\
files: [infra/]
terraform:
  environments:
    prod: {root: infra, var-files: [infra/envs/prod.tfvars], workspace: prod}
    stage: {root: infra, var-files: [infra/envs/stage.tfvars], workspace: stage}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one root, a module and two environments."""
    empty_repository(tmp_path, monkeypatch)
    put("infra/main.tf", MAIN)
    put("infra/modules/site/main.tf", SITE)
    put("infra/envs/prod.tfvars", PROD)
    put("infra/envs/stage.tfvars", STAGE)
    put("vcolint.yaml", CONFIG)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def report(run: Run, *arguments: str) -> dict[str, Any]:
    done = run("check", "--output", "json", *arguments)
    assert done.err == ""
    found: dict[str, Any] = json.loads(done.out)
    schema = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


def places(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Code, file, line, column, address, environments of each finding."""
    return [
        (
            one["code"],
            *(one["location"][name] for name in ("file", "line", "column")),
            one["address"],
            one["environments"],
        )
        for one in found["findings"]
    ]


def in_module(site: str, name: str, key: str) -> str:
    return f'module.site["{site}"].{ROUTE}.{name}["{key}"]'


def test_what_several_environments_have_in_common_stands_once(run: Run) -> None:
    found = report(run)
    both = ["prod", "stage"]
    module = "infra/modules/site/main.tf"
    assert places(found) == [
        ("VCO104", "infra/main.tf", 29, 23, f"{ROUTE}.hq", both),
        ("VCO401", "infra/main.tf", 30, 23, f"{ROUTE}.hq", ["stage"]),
        ("VCO102", module, 10, 23, in_module("pudong", "primary", "100.100.0.0/16"), both),
        ("VCO104", module, 10, 23, in_module("lab", "primary", "10.60.0.1/16"), ["stage"]),
        ("VCO102", module, 19, 23, in_module("pudong", "backup", "100.100.0.0/16"), both),
        ("VCO104", module, 19, 23, in_module("lab", "backup", "10.60.0.1/16"), ["stage"]),
    ]
    assert {one["root"] for one in found["findings"]} == {"infra"}
    summary = found["summary"]
    assert (summary["entries"], summary["files"], summary["unchecked"]) == (14, 4, 0)


def test_every_output_names_them(run: Run) -> None:
    address = f"{ROUTE}.hq (prod, stage)"
    assert f"   = address: {address}\n" in run("check").out
    for name in ("github", "junit"):
        assert f"address: {address}" in run("check", "--output", name).out
    assert f"<code>{address}</code>" in run("check", "--output", "html").out
    assert f"[{address}]" in run("check", "--output", "gitlab").out
    assert address.replace("_", r"\_") in run("check", "--output", "markdown").out
    sarif = json.loads(run("check", "--output", "sarif").out)
    assert sarif["runs"][0]["results"][0]["properties"] == {"environments": ["prod", "stage"]}


def test_a_finding_about_no_entry_names_them_too(run: Run) -> None:
    put("infra/broken.tf", "locals {\n")
    found = [one for one in report(run)["findings"] if one["code"] == "VCO001"]
    assert [(one["address"], one["environments"]) for one in found] == [(None, ["prod", "stage"])]
    assert " = environments: (prod, stage)\n" in run("check").out
    assert "<dt>Environments</dt><dd><code>(prod, stage)</code>" in run("check", "--output", "html").out


def test_each_is_a_set_of_its_own(run: Run) -> None:
    # One connection for both: were they one set, every route would be its own duplicate.
    put("infra/envs/stage.tfvars", PROD)
    put(
        "routes.yaml",
        "RegionId: cn-hangzhou\nRoutes: [{VpnConnectionId: vco-prod1, NextHop: vco-prod1, "
        "RouteDest: 10.50.0.0/16, Weight: 100}]\n",
    )
    found = report(run, ".")
    assert {one["code"] for one in found["findings"]} == {"VCO102", "VCO104", "VCO401"}
    assert found["summary"]["entries"] == 15


def test_entries_and_their_domains_say_the_environment(run: Run) -> None:
    lines = [json.loads(line) for line in run("entries").out.splitlines()]
    assert [(one["environment"], one["domain"]) for one in lines] == [
        *[("prod", "infra/ (cn-hangzhou, prod)")] * 7,
        *[("stage", "infra/ (cn-hangzhou, stage)")] * 7,
    ]
    put("routes.yaml", "- {RouteDest: 10.0.0.0/8, VpnConnectionId: vco-a}\n")
    assert json.loads(run("entries", "routes.yaml").out)["environment"] is None
    loaded = [(one.environment, one.domain, one.route_dest) for one in vcolint.load()]
    assert loaded == [(one["environment"], one["domain"], one["RouteDest"]) for one in lines]


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ("", ["infra/ (cn-hangzhou, prod)", "infra/ (cn-hangzhou, stage)"]),
        (
            "domains: {hz: {connections: [vco-prod1, vco-prod2, vco-stage1, vco-stage2]}}\n",
            ["hz (prod)", "hz (stage)"],
        ),
    ],
)
def test_paths_trace_and_diff_have_a_domain_for_each(run: Run, config: str, names: list[str]) -> None:
    put("vcolint.yaml", CONFIG + config)
    paths = json.loads(run("paths", "--output", "json").out)
    schema = json.loads((SCHEMAS / "paths.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(paths, schema)
    assert [(one["name"], one["environment"]) for one in paths["domains"]] == [
        (names[0], "prod"),
        (names[1], "stage"),
    ]
    carried = [[row["carriers"] for row in one["destinations"]] for one in paths["domains"]]
    assert carried == [[["vco-prod1"]] * 3, [["vco-stage1"]] * 2]
    trace = json.loads(run("trace", "10.50.0.9", "--output", "json").out)
    assert [(one["name"], one["parts"][0]["carriers"]) for one in trace["domains"]] == [
        (names[0], ["vco-prod1"]),
        (names[1], ["vco-stage1"]),
    ]
    table = vcolint.paths("infra")
    assert [(one.name, one.environment) for one in table.domains] == [
        (names[0], "prod"),
        (names[1], "stage"),
    ]


def changed(before: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (domain["name"], one["kind"], one["network"])
        for domain in before["domains"]
        for one in domain["changes"]
    ]


CHANGES = [
    ("infra/ (cn-hangzhou, prod)", "lost", "10.51.0.0/16"),
    ("infra/ (cn-hangzhou, prod)", "new", "10.52.0.0/16"),
]


def test_an_older_folder_has_the_same_environments(run: Run, folder: Path) -> None:
    shutil.copytree("infra", "old/infra")
    put("infra/envs/prod.tfvars", PROD.replace("10.51.0.0", "10.52.0.0"))
    done = run("diff", "infra", "--old", "old/infra", "--output", "json")
    assert (changed(json.loads(done.out)), done.err) == (CHANGES, "")
    with chdir("infra"):
        done = run("diff", ".", "--old", str(folder / "old/infra"), "--output", "json")
    assert changed(json.loads(done.out)) == [(name.replace("infra", "."), *rest) for name, *rest in CHANGES]
    found = vcolint.diff(old="old/infra", new="infra")
    assert [(one.name, [change.cidr for change in one.changes]) for one in found.domains] == [
        ("infra/ (cn-hangzhou, prod)", ["10.51.0.0/16", "10.52.0.0/16"])
    ]
    # An environment that is new has nothing to be compared with.
    Path("old/infra/envs/stage.tfvars").unlink()
    done = run("diff", "infra", "--old", "old/infra", "--output", "json")
    kinds = {(name, kind) for name, kind, _ in changed(json.loads(done.out))}
    assert kinds == {
        ("infra/ (cn-hangzhou, prod)", "lost"),
        ("infra/ (cn-hangzhou, prod)", "new"),
        ("infra/ (cn-hangzhou, stage)", "new"),
    }


@pytest.mark.parametrize("config", [CONFIG, "files: [infra/]\n", None])
def test_diff_with_a_revision_whose_config_named_none(
    run: Run, folder: Path, config: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(folder).items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    shutil.rmtree(".git")
    subprocess.run(["git", "init", "-q", "-b", "main"], check=True)
    if config is None:
        Path("vcolint.yaml").unlink()
    else:
        put("vcolint.yaml", config)
    subprocess.run("git add -A && git commit -qm one", shell=True, check=True)
    put("vcolint.yaml", CONFIG)
    put("infra/envs/prod.tfvars", PROD.replace("10.51.0.0", "10.52.0.0"))
    done = run("diff", "--base", "main", "--output", "json")
    assert (changed(json.loads(done.out)), done.err) == (CHANGES, "")


def test_without_environments_there_are_none(run: Run) -> None:
    found = report(run, "--no-config")
    assert {tuple(one["environments"]) for one in found["findings"]} == {()}
    reason = "has no value: pass --var-file infra/envs/prod.tfvars"
    line = "infra/main.tf", "infra", []
    assert [
        (one["address"], one["field"], one["reason"], (one["file"], one["root"], one["environments"]))
        for one in found["unchecked"]
    ] == [
        ("module.site", None, f"var.sites {reason}", line),
        (f"{ROUTE}.hq", "VpnConnectionId", f"var.lines {reason}", line),
        (f"{ROUTE}.hq", "NextHop", f"var.lines {reason}", line),
    ]


def test_what_is_not_known_in_several_stands_once(run: Run) -> None:
    put("infra/main.tf", MAIN.replace('"172.16.1.0/16"', "alicloud_vpc.main.cidr_block"))
    put("infra/envs/stage.tfvars", PROD.replace("lines =", "# lines ="))
    found = report(run)
    told = [(one["field"], one["root"], one["environments"], one["reason"]) for one in found["unchecked"]]
    set_in = "var.lines has no value: pass --var-file infra/envs/prod.tfvars"
    assert (
        "RouteDest",
        "infra",
        ["prod", "stage"],
        "cannot be evaluated: there is no alicloud_vpc.main",
    ) in told
    assert ("VpnConnectionId", "infra", ["stage"], set_in) in told
    assert found["summary"]["unchecked"] == len(told)
    text = run("check").out
    assert f"infra/main.tf:29 {ROUTE}.hq RouteDest (prod, stage): cannot be evaluated" in text


def test_values_of_a_root_come_from_all_its_files_in_order(run: Run) -> None:
    put("common.tfvars", 'region = "cn-beijing"\n')
    put("infra/envs/prod.tfvars", PROD + 'region = "cn-shanghai"\n')
    put("vcolint.yaml", CONFIG.replace("terraform:\n", "terraform:\n  var-files: [common.tfvars]\n"))

    def regions(*arguments: str) -> set[tuple[str, str]]:
        lines = [json.loads(line) for line in run("entries", *arguments).out.splitlines()]
        return {(one["environment"], one["RegionId"]) for one in lines}

    assert regions() == {("prod", "cn-shanghai"), ("stage", "cn-beijing")}
    # What is given by hand comes last, as for Terraform.
    put("hand.tfvars", 'region = "cn-qingdao"\n')
    assert regions("--var-file", "hand.tfvars") == {("prod", "cn-qingdao"), ("stage", "cn-qingdao")}


def test_a_variable_file_given_by_hand_that_is_not_there(run: Run) -> None:
    done = run("check", "--var-file", "nope.tfvars")
    assert (done.status, done.err) == (2, "vcolint: error: nope.tfvars: this variable file does not exist\n")


def test_another_root_is_read_as_ever(run: Run) -> None:
    put(
        "net/main.tf",
        MAIN[: MAIN.index("variable")].replace("var.region", '"cn-hangzhou"')
        + f'resource "{ROUTE}" "x" {{\n  vpn_connection_id = "vco-n"\n  next_hop = "vco-n"\n'
        '  route_dest = "10.9.0.0/16"\n  weight = 100\n}\n',
    )
    lines = [json.loads(line) for line in run("entries", ".").out.splitlines()]
    assert [(one["root"], one["environment"]) for one in lines if one["root"] == "net"] == [("net", None)]
    assert len(lines) == 15
    assert run("entries", "net").out.count("\n") == 1


@pytest.mark.parametrize("name", ["infra/main.tf", "infra/envs/prod.tfvars", "infra"])
def test_naming_a_file_of_an_environment_means_its_root(run: Run, name: str) -> None:
    assert run("entries", name).out == run("entries").out


def test_standard_input_may_stand_for_a_variable_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BytesIO(STAGE.encode()))
    monkeypatch.setattr("sys.stdin", text)
    found = report(run, "--stdin-filename", "infra/envs/prod.tfvars", "-")
    lab = in_module("lab", "backup", "10.60.0.1/16")
    assert ("VCO104", "infra/modules/site/main.tf", 19, 23, lab, ["prod", "stage"]) in places(found)


def test_a_module_may_be_a_root_for_an_environment(run: Run) -> None:
    put(
        "site.tfvars",
        'lines = {primary = "vco-a", backup = "vco-b"}\nnetworks = ["10.1.0.0/16"]\nweight = 100\n',
    )
    put("vcolint.yaml", CONFIG + "    site: {root: infra/modules/site/, var-files: [site.tfvars]}\n")
    lines = [json.loads(line) for line in run("entries").out.splitlines()]
    assert [one["root"] for one in lines if one["environment"] == "site"] == ["infra/modules/site"] * 2


# -- what users hide and mend -----------------------------------------------------------------------------


def test_a_suppression_that_one_environment_needs_is_used(run: Run) -> None:
    put("infra/main.tf", MAIN.replace("100 : 50", "100 : 50 # vcolint: ignore[VCO401] lab"))
    found = report(run)
    assert not {"VCO401", "VCO006"} & {one["code"] for one in found["findings"]}
    assert found["summary"]["suppressed"] == 1
    put("infra/main.tf", MAIN.replace("100 : 50", "100 : 0 # vcolint: ignore[VCO401] lab"))
    unused = [one for one in report(run)["findings"] if one["code"] == "VCO006"]
    assert [one["location"]["line"] for one in unused] == [30]
    put("infra/main.tf", MAIN.replace('"172.16.1.0/16"', '"172.16.1.0/16" # vcolint: ignore[VCO104] x'))
    found = report(run)
    assert found["summary"]["suppressed"] == 1  # hidden in both, told once
    assert ("VCO104", 29) not in {(one["code"], one["location"]["line"]) for one in found["findings"]}


def test_an_entry_may_be_ignored_in_one_environment_alone(run: Run) -> None:
    put("vcolint.yaml", CONFIG + "ignore-entries: {vco-prod1 172.16.0.0/16: [VCO104]}\n")
    assert places(report(run))[0] == ("VCO104", "infra/main.tf", 29, 23, f"{ROUTE}.hq", ["stage"])


def test_fingerprints_and_the_baseline_do_not_depend_on_them(run: Run) -> None:
    prints = {one["fingerprint"]: one["code"] for one in report(run)["findings"]}
    assert (
        run("check", "--write-baseline", "base.json").err == "vcolint: note: wrote 6 findings to base.json\n"
    )
    put("vcolint.yaml", CONFIG.replace("prod:", "production:").replace("stage:", "lab:"))
    assert {one["fingerprint"]: one["code"] for one in report(run)["findings"]} == prints
    assert run("check", "--baseline", "base.json").out.endswith("(6 in the baseline).\n")
    put("vcolint.yaml", CONFIG[: CONFIG.index("    stage")])
    alone = {one["fingerprint"] for one in report(run)["findings"]}
    assert len(alone) == 3
    assert alone < prints.keys()
    # What was so in one environment is no news in the other.
    Path("base.json").unlink()
    run("check", "--write-baseline", "base.json")
    put("vcolint.yaml", CONFIG)
    put("infra/envs/stage.tfvars", PROD.replace("prod", "stage"))
    new = report(run, "--baseline", "base.json")["findings"]
    assert [(one["code"], one["environments"]) for one in new] == [("VCO401", ["stage"])]


def test_fixes_of_the_shared_text(run: Run) -> None:
    assert run("check", "--unsafe-fixes", "-q").status == 1
    assert '"172.16.0.0/16"' in Path("infra/main.tf").read_text(encoding="utf-8")


SECOND = f'''
resource "{ROUTE}" "again" {{
  vpn_connection_id = var.lines.primary
  next_hop          = var.lines.primary
  route_dest        = %s
  weight            = 100
}}
'''


PROMISE = "promises: [{network: %s, carried-by: [%s]}]\n"


@pytest.mark.parametrize(
    ("promise", "routes", "broken"),
    [
        # Stage routes the same network on lines of its own: the promise is about prod's.
        (PROMISE % ("10.50.0.0/16", "vco-prod1"), "", []),
        (PROMISE % ("10.50.0.0/16", "vco-prod2"), "", [("infra/modules/site/main.tf", 10, ["prod"])]),
        # Of lines that nobody uses, those are asked that have a route to the network.
        (PROMISE % ("10.51.0.0/16", "vco-gone"), "", [("infra/modules/site/main.tf", 10, ["prod"])]),
        (PROMISE % ("10.99.0.0/16", "vco-gone"), "", [("vcolint.yaml", 6, ["prod", "stage"])]),
        (PROMISE % ("10.99.0.0/16", "vco-gone"), "10.1.0.0/16", [("vcolint.yaml", 6, [])]),
        ("promises: [{network: 10.1.0.0/16, survives: true}]\n", "10.1.0.0/16", [("routes.yaml", 1, [])]),
    ],
)
def test_a_promise_is_asked_of_those_that_it_is_about(
    run: Run, promise: str, routes: str, broken: list[Any]
) -> None:
    put("vcolint.yaml", CONFIG + promise)
    if routes:
        entry = "VpnConnectionId: vco-x, NextHop: vco-x, Weight: 100"
        put("routes.yaml", f"- {{RegionId: cn-hangzhou, {entry}, RouteDest: {routes}}}\n")
    found = [one for one in report(run, ".")["findings"] if one["code"] == "VCO510"]
    places = [(one["location"]["file"], one["location"]["line"], one["environments"]) for one in found]
    assert places == broken


# -- the config -------------------------------------------------------------------------------------------


def test_settings_are_shown_and_say_the_same(run: Run) -> None:
    put("vcolint.yaml", CONFIG.replace(", workspace: stage", ""))
    shown = run("check", "--show-settings").out
    assert (
        "  environments:\n"
        "    prod:\n"
        "      root: infra\n"
        "      var-files: [infra/envs/prod.tfvars]\n"
        "      workspace: prod\n"
        "    stage:\n"
        "      root: infra\n"
        "      var-files: [infra/envs/stage.tfvars]\n"
    ) in shown
    before = run("entries").out
    put("vcolint.yaml", shown)
    assert run("entries").out == before


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ("{root: infr}", 'vcolint.yaml:3:12: there is no Terraform configuration in "infr"'),
        (
            "{root: infra/main.tf}",
            'vcolint.yaml:3:12: there is no Terraform configuration in "infra/main.tf"',
        ),
        ("{root: infra/envs}", 'vcolint.yaml:3:12: there is no Terraform configuration in "infra/envs"'),
        ("{var-files: []}", 'vcolint.yaml:3:11: "terraform.environments.prod" has no "root"'),
        ("{root: ''}", 'vcolint.yaml:3:12: there is no Terraform configuration in ""'),
        ("infra", 'vcolint.yaml:3:11: "terraform.environments.prod" must be a mapping, not the text "infra"'),
        (
            "{root: infra, var-file: []}",
            'vcolint.yaml:3:25: unknown key "var-file"; did you mean "var-files"?',
        ),
        (
            "{root: infra, var-files: [infra/envs/prd.tfvars]}",
            'vcolint.yaml:3:37: there is no variable file "infra/envs/prd.tfvars"',
        ),
        (
            "{root: infra, var-files: [infra/envs]}",
            'vcolint.yaml:3:37: there is no variable file "infra/envs"',
        ),
        (
            "{root: infra}\n    stage: {root: ./infra/, workspace: default}",
            None,
        ),
    ],
)
def test_what_is_wrong_in_the_config(run: Run, environment: str, fault: str | None) -> None:
    put("vcolint.yaml", f"terraform:\n  environments:\n    prod: {environment}\n")
    done = run("check")
    assert (done.status, done.err) == ((2, f"vcolint: error: {fault}\n") if fault else (1, ""))


def test_a_root_beyond_the_repository_is_read_where_it_is_named(run: Run, folder: Path) -> None:
    (folder / "other" / ".git").mkdir(parents=True)
    put("other/vcolint.yaml", CONFIG.replace("infra", "../infra").replace("files: [../infra/]\n", ""))
    with chdir("other"):
        assert run("check").out.startswith("nothing was checked: there is no file of a known kind")
        assert run("entries", "../infra").out.count('"environment": "prod"') == 7


def test_the_schema_of_the_config_knows_them() -> None:
    import yaml

    schema = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(CONFIG), schema)
    for wrong in ("{var-files: []}", "{root: infra, file: x}", "{root: 1}"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(f"terraform: {{environments: {{a: {wrong}}}}}"), schema)


def test_a_variable_file_that_is_broken_is_a_finding(run: Run) -> None:
    put("infra/envs/prod.tfvars", "lines = {\n")
    found = report(run)["findings"]
    broken = [one for one in found if one["code"] == "VCO001"]
    assert [(one["location"]["file"], one["environments"]) for one in broken] == [
        ("infra/envs/prod.tfvars", ["prod"])
    ]


# -- properties -------------------------------------------------------------------------------------------

DESTINATIONS = ["10.1.0.0/16", "10.1.0.0/17", "10.1.0.1/16", "100.100.0.0/16", "0.0.0.0/0", "10.2.0.0/16"]
networks = st.lists(st.sampled_from(DESTINATIONS), max_size=4)
values = st.fixed_dictionaries(
    {
        "lines": st.fixed_dictionaries(
            {"primary": st.sampled_from(["vco-a", "vco-b"]), "backup": st.sampled_from(["vco-b", "x"])}
        ),
        "sites": st.dictionaries(
            st.sampled_from(["a", "b"]),
            st.fixed_dictionaries({"networks": networks, "weight": st.sampled_from([0, 50, 100])}),
        ),
    }
)


def findings(config: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Findings and what was not checked, with their environments; stage's file is called as prod's, and what
    stands in both stands once."""
    found = vcolint.check_paths(["infra"], config=config)
    rows: list[tuple[Any, ...]] = []

    def at_prod(place: Any) -> Any:
        return place._replace(
            location=place.location._replace(file=place.location.file.replace("stage", "prod"))
        )

    for one in found.findings:
        related = tuple(dict.fromkeys(map(at_prod, one.related)))
        fix = one.fix and one.fix._replace(edits=tuple(dict.fromkeys(map(at_prod, one.fix.edits))))
        same = one.code, one.message, one.address, one.root, one.location, one.witness, one.fingerprint
        rows.append((one.environments, (*same, related, fix)))
    return rows + [(one.environments, one._replace(environments=())) for one in found.unchecked]


@settings(deadline=None, max_examples=25)
@given(values)
def test_two_environments_with_the_same_values_find_what_one_finds(values: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as temporary, chdir(temporary):
        put("infra/main.tf", MAIN)
        put("infra/modules/site/main.tf", SITE)
        for name in ("prod", "stage"):
            put(f"{name}.tfvars.json", json.dumps(values))
        prod = {"root": "infra", "var-files": ["prod.tfvars.json"], "workspace": "w"}
        stage = {"root": "infra", "var-files": ["stage.tfvars.json"], "workspace": "w"}
        by_hand = findings({"terraform": {"var-files": ["prod.tfvars.json"], "workspace": "w"}})
        alone = findings({"terraform": {"environments": {"prod": prod}}})
        both = findings({"terraform": {"environments": {"prod": prod, "stage": stage}}})
    assert {names for names, _ in by_hand} <= {()}
    assert {names for names, _ in alone} <= {("prod",)}
    assert {names for names, _ in both} <= {("prod", "stage")}
    rows = [row for _, row in by_hand]
    assert rows == [row for _, row in alone] == [row for _, row in both]
    assert any(row[0] == "VCO104" for row in rows)
