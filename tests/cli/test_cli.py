"""The command line: every command and option, exit statuses, where reports go. What people see is held
against golden files; VCOLINT_UPDATE_GOLDEN=1 rewrites them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from tests.command_line import Run, empty_repository, put, runner
from vcolint.checks import find
from vcolint.cli.terminal import Output, parse_outputs
from vcolint.config.load import load_config
from vcolint.engine import evaluate
from vcolint.engine.rules import load_rules
from vcolint.errors import VcolintError
from vcolint.render import FORMATS
from vcolint.version import __version__

GOLDEN = Path(__file__).parents[1] / "golden"
SAMPLE = Path(__file__).parents[1] / "fixtures" / "cli"

ID = "vco-p0w2jpkhi2eeop6q6abcd"
WRONG = "10.1.0.1/16"  # VCO104, an error
COLUMNS = 60


TERRAFORM = """\
variable "office" {}
variable "many" {}
variable "secret" {
  sensitive = true
  default   = "10.3.0.0/16"
}
resource "alicloud_vpn_gateway_vco_route" "a" {
  vpn_connection_id = "vco-a"
  next_hop          = "vco-a"
  route_dest        = var.secret
  weight            = 100
}
resource "alicloud_vpn_gateway_vco_route" "b" {
  vpn_connection_id = "vco-a"
  next_hop          = "vco-a"
  route_dest        = var.office
  weight            = 100
}
resource "alicloud_vpn_gateway_vco_route" "c" {
  for_each          = var.many
  vpn_connection_id = "vco-a"
  next_hop          = "vco-a"
  route_dest        = each.key
  weight            = 100
}
"""


def route(destination: str = "10.1.0.0/16", more: str = "") -> str:
    return (
        f"- {{RegionId: cn-hangzhou, VpnConnectionId: {ID}, NextHop: {ID}, Weight: 100, "
        f"RouteDest: {destination}{more}}}\n"
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory, and an environment that says nothing."""
    for name in (
        "NO_COLOR",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_WORKSPACE",
        "CI_PROJECT_DIR",
        "VCOLINT_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    return empty_repository(tmp_path, monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def process(*arguments: str, input: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """vcolint in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "vcolint", *arguments],
        input=input,
        capture_output=True,
        check=False,
        **options,
    )


def same_as_golden(name: str, shown: str) -> None:
    path = GOLDEN / name
    if os.environ.get("VCOLINT_UPDATE_GOLDEN"):
        path.write_bytes(shown.encode())
    assert shown == path.read_bytes().decode()


# What people see


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cli-check.txt", ("check",)),
        ("cli-check-quiet.txt", ("check", "--quiet", "routes/shanghai.csv")),
        ("cli-check-statistics.txt", ("check", "--statistics")),
        ("cli-check-color.txt", ("check", "--color", "always", "routes/hangzhou.yaml")),
        ("cli-entries.txt", ("entries",)),
        ("cli-help.txt", ("--help",)),
        ("cli-check-help.txt", ("check", "--help")),
        ("cli-rules.txt", ("rules",)),
        ("cli-explain.txt", ("explain", "VCO401")),
    ],
)
def test_golden(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(SAMPLE)
    same_as_golden(name, run(*arguments).out)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_golden_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import pty

    terminal, end = pty.openpty()
    program = [sys.executable, "-m", "vcolint", "check", "routes/hangzhou.yaml"]
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm"}
    with subprocess.Popen(program, stdout=end, stderr=end, cwd=SAMPLE, env=environment) as running:
        os.close(end)
        shown = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(terminal)
    text = shown.decode().replace("\r\n", "\n")
    assert running.returncode == 1
    same_as_golden("cli-terminal.txt", text)


def test_nothing_to_say(run: Run) -> None:
    put("a.yaml", route())
    done = run("check")
    assert (done.status, done.out, done.err) == (0, "All clear: 1 entry in 1 file.\n", "")
    done = run("check", "--quiet")
    assert (done.status, done.out, done.err) == (0, "", "")


def test_a_pattern_that_matches_nothing(run: Run) -> None:
    put("a.yaml", route())
    put("vcolint.yaml", 'files: [b*.yaml, a.yaml]\nlive: ["snap/*.json"]\n')
    in_files = 'vcolint: warning: vcolint.yaml:1:9: no file matches "b*.yaml"\n'
    in_live = 'vcolint: warning: vcolint.yaml:2:8: no file matches "snap/*.json"\n'
    done = run("check")
    assert (done.status, done.err) == (0, in_files + in_live)
    assert run("check", "a.yaml").err == in_live
    put("snap/1.json", '{"VcoRouteEntries": []}')
    put("b.yaml", route("10.2.0.0/16"))
    done = run("check")
    assert (done.status, done.out, done.err) == (0, "All clear: 2 entries in 3 files.\n", "")
    done = run("check", "--live", "x*.json", "a.yaml")
    assert (done.status, done.err) == (0, 'vcolint: warning: no file matches "x*.json"\n')


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [("check", "a.yaml"), ("--help",), ("rules", "--output", "json")])
def test_output_that_cannot_be_written(arguments: tuple[str, ...]) -> None:
    put("a.yaml", route())
    for err, told in ((subprocess.PIPE, b"cannot write the output: No space left on device"), ("full", b"")):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "vcolint", *arguments],
                stdout=full,
                stderr=full if err == "full" else err,
                check=False,
            )
        assert done.returncode == 2
        assert (done.stderr or b"") == (b"vcolint: error: " + told + b"\n" if told else b"")


def test_without_a_command(run: Run) -> None:
    done = run()
    assert (done.status, done.err) == (0, "")
    assert done.out == run("--help").out == run("-h").out


def test_version(run: Run) -> None:
    assert run("--version").out == f"vcolint {__version__}\n"


# Exit statuses and errors


@pytest.mark.parametrize(
    ("fail_on", "more", "status"),
    [
        ("error", ", Description: ''", 0),
        ("warning", ", Description: ''", 1),
        ("note", ", Description: ''", 1),
        ("never", ", Description: ''", 0),
        ("never", ", Weight: 1", 0),
        ("error", ", OverlayMode: x", 1),
        ("warning", "", 0),
    ],
)
@pytest.mark.parametrize("format", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_exit_status(run: Run, fail_on: str, more: str, status: int, format: str) -> None:
    put("a.yaml", route(more=more))
    assert run("check", "--fail-on", fail_on, "--output", format).status == status
    put("vcolint.yaml", f"fail-on: {fail_on}\n")
    assert run("check", "--output", f"{format}:report").status == status


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "No such command 'chek'."),
        (["check", "--outptu", "json"], "No such option"),
        (["check", "none.yaml"], "none.yaml: this file or folder does not exist"),
        (["check", "--fail-on", "bad"], "Invalid value for '--fail-on': 'bad' is not one of"),
        (["check", "--as", "teraform"], 'unknown kind "teraform"; did you mean "terraform"?'),
        (["check", "--output", "jsn"], 'unknown output format "jsn"; did you mean "json"?'),
        (["check", "--output", "xml"], 'unknown output format "xml"; use one of text, json, '),
        (["check", "--output", "json:"], "--output json: has no file name after the colon"),
        (["check", "--output", "json", "--output", "sarif:-"], "two reports cannot both go to standard"),
        (["check", "--output", "json:x", "--output", "sarif:./x"], 'two reports cannot both go to "./x"'),
        (["check", "--output", "json:/dev/null/x"], "/dev/null/x: cannot be written: File exists"),
        (["check", "--select", "VCO104,VCO998"], 'unknown rule "VCO998"'),
        (["check", "--ignore", "VCO99"], 'unknown rule "VCO99"; did you mean "VCO'),
        (["check", "--config", "none.yaml"], "none.yaml: cannot be read: No such file"),
        (["check", "--config", "a.yaml", "--no-config"], "--config and --no-config cannot be used together"),
        (["check", "--live", "none.json"], "none.json: this live snapshot does not exist"),
        (["explain", "host-bits"], 'unknown rule "host-bits"; did you mean "host-bits-set"?'),
        (["schema", "rout-set"], "Invalid value for"),
        (["schema"], "Missing argument '"),
        (["check", "evil\x1b[31m\n.yaml"], '"evil\\x1b[31m\\n.yaml": this file or folder does not exist'),
    ],
)  # fmt: skip
def test_wrong_calls(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"vcolint: error: {message}")
    assert done.err.count("\n") == 1
    assert "\\t" not in done.err


def test_wrong_config(run: Run) -> None:
    put("vcolint.yaml", "files: []\nslect: [VCO1]\n")
    for command in (["check"], ["entries"], ["rules"], ["explain", "VCO104"]):
        done = run(*command)
        assert (done.status, done.out) == (2, "")
        assert done.err == 'vcolint: error: vcolint.yaml:2:1: unknown key "slect"; did you mean "select"?\n'
    assert run("explain", "VCO104", "--no-config").status == 0


def test_warnings(run: Run) -> None:
    put("a.yaml", route())
    put("vcolint.yaml", "per-file-ignores: {'*.yaml': [VCO008]}\n")
    done = run("check", "--ignore", "VCO001")
    assert (done.status, done.out) == (0, "All clear: 1 entry in 1 file.\n")
    assert done.err == (
        "vcolint: warning: vcolint.yaml:1:31: you cannot ignore VCO008\n"
        "vcolint: warning: you cannot ignore VCO001\n"
    )


def test_a_check_that_crashes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: object) -> None:
        raise ZeroDivisionError("odd\ninput")

    monkeypatch.setattr(evaluate, "find", lambda check: crash if check == "unique" else find(check))
    put("a.yaml", route() + route("10.2.0.0/16"))  # one entry alone cannot be a duplicate
    done = run("check", "--fail-on", "never")
    assert done.status == 2
    assert (
        "error[VCO008] rule-failed: VCO201 duplicate-entry crashed: ZeroDivisionError: odd\\ninput"
        in done.out
    )


def test_an_error_of_vcolint_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("broken\nin two")

    monkeypatch.setattr("vcolint.cli.check.read_paths", fail)
    done = run("check")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "vcolint: error: internal error: RuntimeError: broken in two (VCOLINT_DEBUG=1 shows where)\n"
    )
    monkeypatch.setenv("VCOLINT_DEBUG", "1")
    with pytest.raises(RuntimeError):
        run("check")


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vcolint.cli.check.read_paths", interrupt)
    done = run("check")
    assert (done.status, done.out, done.err.strip()) == (130, "", "")


def test_an_unreadable_file_does_not_end_the_run(run: Run) -> None:
    put("a.yaml", "- {RouteDest: [}\n")
    put("b.yaml", route(WRONG))
    done = run("check", "--output", "json")
    assert done.status == 1
    assert done.findings == [("VCO001", "a.yaml", 1), ("VCO104", "b.yaml", 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
@pytest.mark.parametrize("command", [["check"], ["entries"]])
def test_a_reader_that_stops(command: list[str]) -> None:
    put("a.yaml", "".join(route(f"10.{n // 250}.{n % 250}.1/24") for n in range(3000)))
    with subprocess.Popen(
        [sys.executable, "-m", "vcolint", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""


# Where reports go


@pytest.mark.parametrize(
    ("texts", "outputs"),
    [
        ([], [Output("text", None)]),
        (["json"], [Output("json", None)]),
        (["json:-"], [Output("json", None)]),
        ([r"sarif:C:\out\x.sarif"], [Output("sarif", r"C:\out\x.sarif")]),
        (["json:a:b:c"], [Output("json", "a:b:c")]),
        (["text", "json:x", "junit:y"], [Output("text", None), Output("json", "x"), Output("junit", "y")]),
    ],
)
def test_outputs(texts: list[str], outputs: list[Output]) -> None:
    assert parse_outputs(texts, FORMATS) == outputs


def test_several_reports_in_one_run(run: Run, folder: Path) -> None:
    put("a.yaml", route(WRONG))
    put("x.json", "old")
    done = run("check", "--output", "text", "--output", "json:x.json", "--output", "junit:y.xml")
    assert done.status == 1
    assert done.out.startswith("error[VCO104] host-bits-set: ")
    assert json.loads(Path("x.json").read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert Path("y.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert sorted(os.listdir()) == [".git", "a.yaml", "x.json", "y.xml"]


def test_a_report_in_a_file_says_nothing_else(run: Run) -> None:
    put("a.yaml", route(WRONG))
    done = run("check", "--output", "text:report.txt")
    assert (done.status, done.out, done.err) == (1, "", "")
    assert Path("report.txt").read_bytes().decode() == run("check").out


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_files_are_written_as_a_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.yaml", route(WRONG))
    target = put("out/real.json", "old")
    target.chmod(0o640)
    Path("link.json").symlink_to("out/real.json")
    assert run("check", "--output", "json:link.json").status == 1
    assert Path("link.json").is_symlink()
    assert json.loads(target.read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert target.stat().st_mode & 0o777 == 0o640

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    before = target.read_bytes()
    done = run("check", "--output", "sarif:out/real.json")
    assert done.status == 2
    assert done.err == "vcolint: error: out/real.json: cannot be written: No space left on device\n"
    assert target.read_bytes() == before
    assert os.listdir("out") == ["real.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev there")
def test_a_device_is_written_to(run: Run) -> None:
    put("a.yaml", route(WRONG))
    assert run("check", "--output", "json:/dev/null").status == 1
    assert not Path("/dev/null").is_file()


def test_the_job_summary_is_added_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.yaml", route(WRONG))
    summary = put("summary.md", "# Of another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary.absolute()))
    assert run("check", "--output", "markdown:summary.md").status == 1
    alone = run("check", "--output", "markdown").out
    assert summary.read_text(encoding="utf-8") == f"# Of another step\n{alone}"
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    run("check", "--output", "markdown:summary.md")
    assert summary.read_text(encoding="utf-8") == alone


def test_reports_are_utf_8_whatever_the_locale_says() -> None:
    put("a.yaml", route(WRONG, ", Description: 总部"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    for format in ("text", "json", "github"):
        done = process("check", "--output", format, env=environment)
        assert done.stderr == b""
        assert done.stdout == process("check", "--output", format).stdout
    assert "总部" in process("check").stdout.decode()


# Colours


@pytest.mark.parametrize(
    ("arguments", "environment", "terminal", "colored"),
    [
        ([], {}, True, True),
        ([], {}, False, False),
        ([], {"TERM": "dumb"}, True, False),
        ([], {"NO_COLOR": "1"}, True, False),
        ([], {"NO_COLOR": ""}, True, True),
        (["--color", "always"], {"NO_COLOR": "1"}, False, True),
        (["--color", "never"], {}, True, False),
    ],
)
def test_colors(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    terminal: bool,
    colored: bool,
) -> None:
    put("a.yaml", route(WRONG))
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert ("\x1b[" in run("check", *arguments).out) is colored
    run("check", *arguments, "--output", "text:x")
    assert ("\x1b[" in Path("x").read_text(encoding="utf-8")) is ("always" in arguments)


# What is read


def test_without_a_path(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("routes/a.yaml", route(WRONG))
    put("other/b.yaml", route(WRONG))
    put("below/c.yaml", route(WRONG))
    assert run("check", "--output", "json").findings == [
        ("VCO104", "below/c.yaml", 1),
        ("VCO104", "other/b.yaml", 1),
        ("VCO201", "other/b.yaml", 1),
        ("VCO104", "routes/a.yaml", 1),
        ("VCO201", "routes/a.yaml", 1),
    ]
    put("vcolint.yaml", "files: [routes/, 'oth*/*.yaml']\nignore: [VCO2]\n")
    assert run("check", "--output", "json").findings == [
        ("VCO104", "other/b.yaml", 1),
        ("VCO104", "routes/a.yaml", 1),
    ]
    monkeypatch.chdir("below")
    assert run("check", "--output", "json").findings == [
        ("VCO104", "../other/b.yaml", 1),
        ("VCO104", "../routes/a.yaml", 1),
    ]
    assert run("check", "--no-config", "--output", "json").findings == [("VCO104", "c.yaml", 1)]
    put("vcolint.yaml", "severity: {VCO104: note}\n")
    assert run("check").status == 0
    assert run("check", "--config", "../vcolint.yaml").status == 1


def test_a_path_in_the_config_that_is_not_there(run: Run) -> None:
    put("vcolint.yaml", "files: [routes/]\n")
    done = run("check")
    assert (done.status, done.out) == (2, "")
    assert done.err == "vcolint: error: routes: this file or folder does not exist\n"


def test_nothing_to_check(run: Run) -> None:
    Path("empty").mkdir()
    done = run("check", "empty")
    assert (done.status, done.err) == (0, "")
    why = "there is no file of a known kind in empty, or exclude or .gitignore leaves it out"
    assert done.out == f"nothing was checked: {why}\n"
    assert json.loads(run("check", "empty", "--output", "json").out)["notice"] == done.out.strip()


def test_no_entry_is_nothing_checked(run: Run) -> None:
    put("a.yaml", "Routes: []\n")
    put("b.csv", "RouteDest,VpnConnectionId\n")
    done = run("check", "a.yaml", "b.csv", "--output", "json")
    report = json.loads(done.out)
    assert (done.status, report["notice"]) == (0, "nothing was checked: no entry in 2 files")
    assert (report["summary"]["files"], report["summary"]["entries"]) == (2, 0)
    # What is wrong with a file is something.
    put("c.yaml", "Routes: {}\n")
    assert json.loads(run("check", "c.yaml", "--output", "json").out)["notice"] is None
    put("tf/main.tf", TERRAFORM.partition("resource")[0] + "resource" + TERRAFORM.rpartition("resource")[2])
    assert json.loads(run("check", "tf", "--output", "json").out)["notice"] == (
        "nothing was checked: no entry in 1 file"
    )


def test_what_cannot_be_listed_is_a_finding_of_vco004(run: Run) -> None:
    put("tf/main.tf", TERRAFORM.partition("resource")[0] + "resource" + TERRAFORM.rpartition("resource")[2])
    report = json.loads(run("check", "tf", "--output", "json", "--select", "VCO004").out)
    address = "alicloud_vpn_gateway_vco_route.c"
    assert [(one["code"], one["message"], one["address"]) for one in report["findings"]] == [
        ("VCO004", f"cannot list {address}: var.many has no value: give it one with --var-file", address)
    ]
    assert (report["findings"][0]["location"]["line"], report["notice"]) == (7, None)


@pytest.mark.parametrize("nothing", ["", ",", " , "])
def test_a_selection_of_nothing_is_a_wrong_call(run: Run, nothing: str) -> None:
    put("a.yaml", route(WRONG))
    done = run("check", "a.yaml", "--select", nothing)
    message = "select names no rule; leave it out to run all rules that are on by default"
    assert (done.status, done.out, done.err) == (2, "", f"vcolint: error: {message}\n")
    put("vcolint.yaml", "select: []\n")
    done = run("check", "a.yaml")
    assert (done.status, done.err) == (2, f"vcolint: error: {message}\n")


def test_a_variable_file_of_a_root_is_its_own(run: Run) -> None:
    root = (
        'variable "vco" {}\nresource "alicloud_vpn_gateway_vco_route" "r" {\n  vpn_connection_id = var.vco\n'
        '  next_hop = var.vco\n  route_dest = "10.1.0.0/16"\n  weight = 100\n}\n'
    )
    for name in ("prod", "stage"):
        put(f"{name}/main.tf", root)
        put(f"{name}/its.tfvars", f'vco = "vco-{name}"\n')
    both = [argument for name in ("prod", "stage") for argument in ("--var-file", f"{name}/its.tfvars")]
    lines = map(json.loads, run("entries", *both).out.splitlines())
    assert [(one["root"], one["VpnConnectionId"]) for one in lines] == [
        ("prod", "vco-prod"),
        ("stage", "vco-stage"),
    ]
    put("all.tfvars", 'vco = "vco-all"\n')
    lines = map(json.loads, run("entries", "--var-file", "all.tfvars").out.splitlines())
    assert [one["VpnConnectionId"] for one in lines] == ["vco-all", "vco-all"]
    done = run("check", "--var-file", "none.tfvars")
    assert (done.status, done.err) == (2, "vcolint: error: none.tfvars: this variable file does not exist\n")


def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(route(WRONG))
    assert run("check", "-", "--output", "json").findings == [("VCO104", "<stdin>", 1)]
    given(route(WRONG))
    done = run("check", "-", "--output", "json", "--stdin-filename", "routes/x.yaml")
    assert done.findings == [("VCO104", "routes/x.yaml", 1)]
    given("[]")
    assert run("check", "-").out == "nothing was checked: no entry in 1 file\n"


def test_exclude(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.yaml", "sub/a.yaml", "sub/below/a.yaml", "sub/below/b.yaml"):
        put(name, route(WRONG))
    ignored = ("--ignore", "VCO2", "--output", "json")

    def files(*arguments: str) -> list[str]:
        return [file for _, file, _ in run("check", *ignored, *arguments).findings]

    assert files("--exclude", "a.yaml") == ["sub/below/b.yaml"]
    assert files("--exclude", "sub/below/") == ["a.yaml", "sub/a.yaml"]
    put("vcolint.yaml", "exclude: [/a.yaml]\n")
    assert files("--exclude", "below/") == ["sub/a.yaml"]
    monkeypatch.chdir("sub")
    assert files() == ["a.yaml", "below/a.yaml", "below/b.yaml"]
    assert files("--exclude", "sub/below/a.yaml") == ["a.yaml", "below/b.yaml"]
    assert files("--exclude", "/sub/a.yaml") == ["below/a.yaml", "below/b.yaml"]
    assert files("--exclude", "/sub/below/*", "--exclude", "!/sub/below/b.yaml") == ["a.yaml", "below/b.yaml"]
    assert files("--exclude", "**/a.yaml", "a.yaml") == ["a.yaml"]
    assert files("--exclude", "**/a.yaml", "--force-exclude", "a.yaml", "below/b.yaml") == ["below/b.yaml"]


def test_as_kind_and_var_files(run: Run) -> None:
    put("x.txt", route(WRONG))
    assert run("check", "x.txt", "--as", "route-set", "--output", "json").findings == [("VCO104", "x.txt", 1)]
    put("tf/main.tf", TERRAFORM)
    put("prod.tfvars", f'office = "{WRONG}"\n')
    assert run("check", "tf").status == 0
    assert run("check", "tf", "--var-file", "prod.tfvars").status == 1
    _, second, _ = run("entries", "tf", "--var-file", "prod.tfvars").out.splitlines()
    assert json.loads(second)["RouteDest"] == WRONG


def test_live(run: Run) -> None:
    row = {"VpnConnectionId": ID, "RouteDest": "10.1.0.0/16", "NextHop": ID, "Weight": 100}
    put("a.yaml", route() + route("10.3.0.0/16"))
    put("one[1].json", json.dumps({"VcoRouteEntries": [row]}))
    put("two.json", json.dumps({"VcoRouteEntries": [{**row, "RouteDest": "10.3.0.0/16"}]}))
    command = ("check", "a.yaml", "--output", "json")
    assert run(*command, "--live", "one[1].json").findings == [("VCO202", "a.yaml", 1)]
    both = [("VCO202", "a.yaml", 1), ("VCO202", "a.yaml", 2)]
    assert run(*command, "--live", "one[1].json", "--live", "two.json").findings == both
    put("vcolint.yaml", "live: [two.json]\n")
    assert run(*command, "--live", "one[1].json").findings == both


# Which rules run


def test_select_and_ignore(run: Run) -> None:
    put("a.yaml", route(WRONG, ", Description: ''") + route("2.0.0.0/7"))
    put("vcolint.yaml", "select: [VCO104, VCO705]\nignore: [host-bits-set]\n")

    def codes(*arguments: str) -> list[str]:
        return [code for code, _, _ in run("check", "--output", "json", *arguments).findings]

    assert codes() == ["VCO705"]
    assert codes("--select", "VCO1") == ["VCO107"]
    assert codes("--select", "VCO705, broad-destination", "--select", "vco709") == [
        "VCO705",
        "VCO709",
        "VCO107",
    ]
    assert codes("--select", "VCO1,VCO7", "--ignore", "VCO7,") == ["VCO107"]
    assert codes("--ignore", "VCO705", "--no-config") == ["VCO104", "VCO107"]


def test_show_settings(run: Run) -> None:
    put("sub/vcolint.yaml", "ignore: [VCO7]\nlive: ['*.json']\n")
    done = run(
        "check", "--show-settings", "--config", "sub/vcolint.yaml", "--ignore", "VCO1", "--fail-on", "note",
        "--exclude", "x/y.yaml", "--live", "live.json", "--var-file", "sub/p.tfvars", "nowhere",
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("# from sub/vcolint.yaml\n")
    settings = yaml.safe_load(done.out)
    assert settings["ignore"] == ["VCO7", "VCO1"]
    assert settings["fail-on"] == "note"
    assert settings["exclude"] == ["x/y.yaml"]
    assert settings["live"] == ["*.json", "live.json"]
    assert not [code for code in settings["select"] if code.startswith(("VCO1", "VCO7"))]
    (file,) = settings["terraform"]["var-files"]
    assert Path("sub", file).resolve() == Path("sub/p.tfvars").resolve()
    shown = put("again.yaml", done.out)
    assert load_config(shown).fail_on == "note"


def test_rules_of_the_users_own(run: Run) -> None:
    page = (GOLDEN.parent.parent / "rules" / "VCO709-missing-description.md").read_text(encoding="utf-8")
    page = page.replace("VCO709", "VCO901").replace("missing-description", "ticket").replace(": off", ": on")
    put("policy/ticket.md", page)
    put("vcolint.yaml", "rules: [policy]\n")
    put("a.yaml", route())
    assert run("check", "--output", "json").findings == [("VCO901", "a.yaml", 1)]
    assert run("rules").out.splitlines()[-1].startswith("VCO901  note     ticket  ")
    assert run("explain", "ticket").out.startswith("VCO901 ticket\n")
    assert run("explain", "ticket", "--no-config").status == 2
    put("policy/ticket.md", page.replace("check: ", "check: x"))
    assert run("check").err.startswith("vcolint: error: policy/ticket.md:8: ")


# entries, rules, explain, schema


def test_entries_are_fit_for_a_terminal(run: Run) -> None:
    odd = "\x1b[31m\x9b\x7f\u202e\u2028\ud800"
    entry = {"RouteDest": odd, "Description": "\U0001f600 总部"}
    put("a.json", json.dumps([entry]))
    done = run("entries")
    assert done.out.count("\n") == 1
    assert done.out[:-1].isprintable()
    assert json.loads(done.out)["RouteDest"] == odd
    assert "\U0001f600 总部" in done.out


def test_entries(run: Run) -> None:
    put("a.yaml", "# x\n" + route("'${office}'", ", Description: 总部"))
    done = run("entries")
    assert (done.status, done.err) == (0, "")
    assert "总部" in done.out
    assert json.loads(done.out) == {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": ID,
        "RouteDest": {"unknown": "holds a placeholder: ${office}"},
        "NextHop": ID,
        "Weight": 100,
        "Description": "总部",
        "OverlayMode": None,
        "ClientToken": None,
        "DryRun": None,
        "kind": "route-set",
        "file": "a.yaml",
        "line": 2,
        "address": None,
        "root": None,
        "domain": "./ (cn-hangzhou)",
        "environment": None,
    }
    keys = ["kind", "file", "line", "address", "root", "domain", "environment"]
    assert list(json.loads(done.out))[-7:] == keys


def test_entries_of_terraform(run: Run) -> None:
    put("tf/main.tf", TERRAFORM)
    put("vcolint.yaml", "domains: {east: {connections: [vco-a]}}\n")
    done = run("entries")
    first, second, third = map(json.loads, done.out.splitlines())
    assert (first["RouteDest"], first["address"]) == ("(sensitive)", "alicloud_vpn_gateway_vco_route.a")
    assert (first["root"], first["domain"], first["line"], first["RegionId"]) == ("tf", "east", 7, None)
    assert second["RouteDest"].keys() == {"unknown"}
    assert third == {"address": "alicloud_vpn_gateway_vco_route.c", "unknown": third["unknown"]}
    assert third["unknown"]
    assert run("entries", "--no-config").out.count('"domain": "tf/"') == 2


def test_entries_of_what_cannot_be_read(run: Run) -> None:
    put("a.yaml", "- {RouteDest: [}\n")
    put("b.yaml", route())
    done = run("entries")
    assert done.status == 1
    assert [json.loads(line)["file"] for line in done.out.splitlines()] == ["b.yaml"]
    assert done.err == "vcolint: error: a.yaml:1:16: expected a value\n"


def test_rules_as_json(run: Run) -> None:
    listed = json.loads(run("rules", "--output", "json").out)
    rules = load_rules()
    assert [one["code"] for one in listed] == list(rules)
    assert [one["default"] for one in listed] == [rule.default for rule in rules.values()]
    assert listed[0]["name"] == "unreadable-input"


@pytest.mark.parametrize("code", load_rules())
def test_explain(run: Run, code: str) -> None:
    rule = load_rules()[code]
    done = run("explain", code)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{code} {rule.name}\n\nseverity:   {rule.severity}")
    assert done.out.endswith(f"\n{rule.body.strip()}\n")
    yields = re.findall("^yields to:  (.*)$", done.out, re.MULTILINE)
    assert [re.sub(r" [(][^)]*[)]", "", line) for line in yields] == [", ".join(rule.yields_to)] * bool(
        rule.yields_to
    )
    assert run("explain", rule.name).out == run("explain", code.lower()).out == done.out


@pytest.mark.parametrize("name", ["route-set", "config", "rule", "report"])
def test_schema(run: Run, name: str) -> None:
    schema = json.loads(run("schema", name).out)
    validator_for(schema).check_schema(schema)


def test_the_report_fits_its_schema(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = Draft202012Validator(json.loads(run("schema", "report").out))
    monkeypatch.chdir(SAMPLE)
    report = json.loads(run("check", "--output", "json").out)
    assert [error.message for error in validator.iter_errors(report)] == []
    assert report["summary"]["errors"] > 5


# The repository's root, the process


def test_fingerprints_are_the_same_from_everywhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("sub/a.yaml", route(WRONG))
    first = json.loads(run("check", "--output", "json").out)["findings"][0]["fingerprint"]
    monkeypatch.chdir("sub")
    assert json.loads(run("check", "--output", "json").out)["findings"][0]["fingerprint"] == first
    assert (
        json.loads(run("check", "--no-config", "--output", "json").out)["findings"][0]["fingerprint"] == first
    )


def test_the_same_input_gives_the_same_bytes() -> None:
    runs = {
        process("check", "--output", "json", cwd=SAMPLE, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1


HEAVY = "{'jsonschema', 'netaddr', 'tree_sitter', 'tree_sitter_hcl', 'pathspec', 'asyncio', 'urllib.request'}"
LIGHT = """
import sys
from vcolint.cli import main
status = main(sys.argv[1:])
heavy = {HEAVY} & sys.modules.keys()
assert not heavy, heavy
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--version"], {"yaml", "vcolint.config.load", "vcolint.report.run", "json"}),
        (["--help"], {"yaml", "vcolint.config.load", "vcolint.report.run", "json"}),
        (["check", "a.yaml"], {"vcolint.read.ros", "vcolint.read.terraform", "vcolint.read.plan"}),
        (["check"], {"vcolint.read.ros", "vcolint.read.terraform"}),
        (["check", "a.json", "--output", "json"], {"yaml", "vcolint.text.yaml"}),
        (["explain", "VCO104"], {"yaml", "vcolint.report.run"}),
        (["rules"], {"vcolint.report.run"}),
    ],
)  # fmt: skip
def test_nothing_heavy_is_imported(arguments: list[str], more: set[str]) -> None:
    put("a.yaml", route())
    put("a.json", json.dumps(yaml.safe_load(route("10.3.0.0/16"))))
    program = LIGHT.replace("{HEAVY}", f"({HEAVY} | {more!r})")
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_as_a_module() -> None:
    put("a.yaml", route(WRONG))
    done = process("check")
    assert (done.returncode, done.stderr) == (1, b"")
    assert process("nonsense").returncode == 2


def test_write_file_names_the_path(folder: Path) -> None:
    from vcolint.cli.terminal import write_file

    Path("none").write_text("a file, so no folder")
    with pytest.raises(VcolintError, match=r"^none/x: cannot be written: "):
        write_file("none/x", "")


# Completion


@pytest.mark.parametrize(
    ("words", "number", "completed"),
    [
        ("vcolint che", 1, ["check"]),
        ("vcolint check --uns", 2, ["--unsafe-fixes"]),
        ("vcolint check --fail-on n", 3, ["note", "never"]),
        ("vcolint schema r", 2, ["report", "route-set", "rule"]),
    ],
)
def test_shell_completion(words: str, number: int, completed: list[str]) -> None:
    asked = {"_VCOLINT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    done = process(env={**os.environ, **asked})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == [f"plain,{word}" for word in completed]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_takes_in_for_completion(shell: str) -> None:
    done = process(env={**os.environ, "_VCOLINT_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert b"_VCOLINT_COMPLETE" in done.stdout
