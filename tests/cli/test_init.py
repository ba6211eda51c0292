"""`vcolint init`: what it writes and prints, and that all of it can be used as it is."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

import vcolint
from tests.command_line import Run, empty_repository, put, runner
from vcolint.config.load import load_config, settle

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parents[1] / "golden"

HEAD = "RegionId: cn-hangzhou\nRoutes:\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory."""
    return empty_repository(tmp_path, monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def item(connection: str, dest: str, weight: int = 100) -> str:
    return (
        f"  - {{VpnConnectionId: {connection}, NextHop: {connection}, RouteDest: {dest}, Weight: {weight}}}\n"
    )


def terraform(connection: str) -> str:
    return (
        f'resource "alicloud_vpn_gateway_vco_route" "a" {{\n  vpn_connection_id = {connection}\n'
        f'  next_hop = {connection}\n  route_dest = "172.16.1.0/24"\n  weight = 100\n}}\n'
    )


def repository() -> None:
    put("routes/hz/a.yaml", HEAD + item("vco-a", "10.1.0.0/16") + item("vco-b", "10.1.0.0/16", 0))
    put("routes/b.yaml", HEAD + item("vco-a", "10.2.0.0/16"))
    put("infra/prod/main.tf", terraform('"vco-c"'))
    put(
        "submit.sh",
        "aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou --VpnConnectionId vco-d "
        "--NextHop vco-d --RouteDest 10.3.0.0/16 --Weight 100\n",
    )
    put("README.md", "# Routes\n")
    put("plan.json", '{"planned_values": {}, "resource_changes": []}')


def same_as_golden(name: str, shown: str) -> None:
    path = GOLDEN / name
    if os.environ.get("VCOLINT_UPDATE_GOLDEN"):
        path.write_bytes(shown.encode())
    assert shown == path.read_bytes().decode()


def uncommented(text: str) -> str:
    """The config with all its settings turned on: those behind a `#` with no blank."""
    return re.sub(r"(?m)^#(?=[a-z])", "", text)


def test_golden(run: Run) -> None:
    repository()
    status, out, err = run("init")
    assert (status, err) == (0, "")
    same_as_golden("init.txt", out)
    same_as_golden("init.yaml", Path("vcolint.yaml").read_text(encoding="utf-8"))


def test_golden_of_nothing(run: Run) -> None:
    status, out, _ = run("init")
    assert (status, out.split("\n")[0]) == (0, "wrote vcolint.yaml: no route entries found yet.")
    same_as_golden("init-empty.yaml", Path("vcolint.yaml").read_text(encoding="utf-8"))
    assert run("check")[0] == 0


def test_what_it_writes_can_be_used(run: Run) -> None:
    """As it is, the same is found as without it; with every setting turned on it is a config too."""
    repository()
    before = run("check", "--no-config")
    run("init")
    assert load_config("vcolint.yaml").files == ("infra/", "routes/", "submit.sh")
    assert run("check") == before

    every = uncommented(Path("vcolint.yaml").read_text(encoding="utf-8"))
    put("every/vcolint.yaml", every)
    config = load_config("every/vcolint.yaml")
    assert settle(config).warnings == []
    assert config.domains["hangzhou"].connections == ("vco-a", "vco-b")
    assert config.facts.connections == ("vco-a", "vco-b")
    unset = {"source", "folder", "places", "rules", "ignore_entries", "options", "redundancy", "live_mode"}
    defaults = type(config)()
    same = {name for name in config._fields if getattr(config, name) == getattr(defaults, name)}
    assert same - unset == {"fail_on"}


@pytest.mark.parametrize("name", ["vcolint.yaml", ".vcolint.yaml", "../vcolint.yaml"])
def test_a_config_that_is_there_stays(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if name.startswith(".."):
        Path("sub").mkdir()
        monkeypatch.chdir("sub")
    put(name, "fail-on: note\n")
    before = sorted(os.listdir())
    assert run("init") == (2, "", f"vcolint: error: {name} is already in effect here; nothing was written\n")
    assert (sorted(os.listdir()), Path(name).read_text()) == (before, "fail-on: note\n")


def test_terraform_in_the_working_directory(run: Run) -> None:
    put("main.tf", terraform("var.connection") + 'variable "connection" {}\n')
    put("routes/a.yaml", HEAD + item("vco-a", "10.1.0.0/16"))
    before = run("check", "--no-config")
    run("init")
    assert load_config("vcolint.yaml").files == (".",)
    assert run("check") == before


@pytest.mark.parametrize(
    "name", ["a b", "yes", "1e3", ".inf", "*", "é", "'", '"', "a#", "- x", "a: b", "[x]"]
)
def test_names_that_need_quotes(run: Run, name: str) -> None:
    put(f"{name}/{name}.yaml", HEAD + item("vco-a", "10.1.0.0/16") + item("vco-b", "10.2.0.0/16"))
    before = run("check", "--no-config")
    run("init")
    assert load_config("vcolint.yaml").files == (f"{name}/",)
    assert run("check") == before


# -- the lines to copy --------------------------------------------------------------------------------------


def test_the_lines_to_copy(run: Run) -> None:
    """They name what there is: the hook, the action, the job of the template."""
    _, out, _ = run("init")
    texts = re.split(r"^(\S+\.yaml|\S+\.yml):\n", out, flags=re.MULTILINE)
    snippets = {
        name: yaml.safe_load(textwrap.dedent(text))
        for name, text in zip(texts[1::2], texts[2::2], strict=True)
    }
    hooks = {
        one["id"] for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    }
    (repo,) = snippets[".pre-commit-config.yaml"]["repos"]
    assert {one["id"] for one in repo["hooks"]} <= hooks

    steps = snippets[".github/workflows/vcolint.yml"]["jobs"]["vcolint"]["steps"]
    assert [sorted(step) for step in steps] == [["uses"], ["uses"]]
    assert steps[1]["uses"].endswith("/copy-of-vcolint@" + repo["rev"])

    (included,) = snippets[".gitlab-ci.yml"]["include"]
    template = yaml.safe_load((ROOT / included["file"]).read_text(encoding="utf-8"))
    assert included["ref"] == repo["rev"]
    assert snippets[".gitlab-ci.yml"]["variables"] == template["variables"]
    assert "$VCOLINT" in template["vcolint"]["script"][0]


VARIABLES = 'variable "conn" {}\nvariable "note" {\n  default = "x"\n}\n' + terraform("var.conn")
VALUES = 'conn = "vco-%s"\n'


def environments() -> Any:
    """What the written config names, and that a run with it reads every one of them."""
    config = load_config("vcolint.yaml").terraform.environments
    reports = vcolint.check_paths(["."])
    assert {name for one in reports.findings for name in one.environments} <= {one.name for one in config}
    assert [one for one in reports.unchecked if one.field == "VpnConnectionId"] == []
    return config


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["prod.tfvars", "stage.tfvars.json"], {"prod": ["prod.tfvars"], "stage": ["stage.tfvars.json"]}),
        (["envs/prod.tfvars", "envs/b c.tfvars"], {"b c": ["envs/b c.tfvars"], "prod": ["envs/prod.tfvars"]}),
        (
            ["prod/terraform.tfvars", "qa/x.auto.tfvars"],
            {"prod": ["prod/terraform.tfvars"], "qa": ["qa/x.auto.tfvars"]},
        ),
        (
            ["env/prod/net.tfvars", "env/prod/vpn.tfvars", "env/qa/vpn.tfvars"],
            {"prod": ["env/prod/net.tfvars", "env/prod/vpn.tfvars"], "qa": ["env/qa/vpn.tfvars"]},
        ),
        (
            ["envs/common.tfvars", "envs/prod.tfvars"],
            {"prod": ["envs/common.tfvars", "envs/prod.tfvars"]},
        ),
        # Those that Terraform takes itself, examples, those of another module, what lies deep.
        (["terraform.tfvars", "a.auto.tfvars", "example.tfvars", ".x/prod.tfvars", "a/b/c/d.tfvars"], {}),
    ],
)
def test_variable_files_are_environments(run: Run, files: list[str], expected: dict[str, list[str]]) -> None:
    put("infra/main.tf", VARIABLES)
    for name in files:
        put(f"infra/{name}", '{"conn": "vco-j"}' if name.endswith(".json") else VALUES % "a")
    put("infra/envs/other.tfvars", 'else = "x"\n')  # sets nothing that the root declares
    assert run("init")[0] == 0
    found = {one.name: [*one.var_files] for one in environments()}
    assert found == {name: [f"infra/{file}" for file in files] for name, files in expected.items()}
    assert {one.root for one in environments()} <= {"infra"}


def test_workspaces_are_environments(run: Run) -> None:
    put("main.tf", VARIABLES.replace("var.conn", 'terraform.workspace == "qa" ? "vco-q" : var.conn'))
    put("terraform.tfstate.d/qa/terraform.tfstate", "")
    put("terraform.tfstate.d/old/terraform.tfstate", "")
    put("workspaces/prod.tfvars", VALUES % "p")
    put("common.tfvars", VALUES % "c")
    run("init")
    assert [(one.name, one.root, one.var_files, one.workspace) for one in environments()] == [
        ("old", ".", ("common.tfvars",), "old"),
        ("prod", ".", ("common.tfvars", "workspaces/prod.tfvars"), "prod"),
        ("qa", ".", ("common.tfvars",), "qa"),
    ]
    used = {(one.environment, one.vpn_connection_id) for one in vcolint.load()}
    assert used == {("old", "vco-c"), ("prod", "vco-p"), ("qa", "vco-q")}


def test_states_of_workspaces_that_nothing_asks_for_are_none(run: Run) -> None:
    put("main.tf", VARIABLES)
    put("terraform.tfstate.d/prod/terraform.tfstate", "")
    put("terraform.tfstate.d/old/terraform.tfstate", "")
    put("envs/prod.tfvars", VALUES % "p")
    put("envs/qa.tfvars", VALUES % "q")
    _, out, _ = run("init")
    assert out.startswith("wrote vcolint.yaml: found 2 entries in this folder.")
    assert [(one.name, one.workspace) for one in environments()] == [("prod", None), ("qa", None)]


def test_environments_of_several_roots_have_names_of_their_own(run: Run) -> None:
    for root in ("a", "b"):
        put(f"{root}/main.tf", VARIABLES)
        put(f"{root}/prod.tfvars", VALUES % root)
    put("b/qa.tfvars", VALUES % "q")
    _, out, _ = run("init")
    assert out.startswith("wrote vcolint.yaml: found 3 entries in a/ and b/.")
    assert [(one.name, one.root) for one in environments()] == [("a/prod", "a"), ("b/prod", "b"), ("qa", "b")]
    written = Path("vcolint.yaml").read_text(encoding="utf-8")
    assert written.endswith(
        "# The values that Terraform runs with. vcolint reads each root once for each of its environments.\n"
        "terraform:\n"
        "  environments:\n"
        '    "a/prod": {root: "a", var-files: ["a/prod.tfvars"]}\n'
        '    "b/prod": {root: "b", var-files: ["b/prod.tfvars"]}\n'
        '    "qa": {root: "b", var-files: ["b/qa.tfvars"]}\n'
    )
    assert 'files:\n  - "a/"\n  - "b/"\n' in written
