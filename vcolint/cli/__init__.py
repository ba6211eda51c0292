"""The command line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import click

from vcolint.errors import VcolintError
from vcolint.render import FORMATS
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.cli.output import Output
    from vcolint.model.reading import Inputs
    from vcolint.model.settings import Config
    from vcolint.report.apply import Result
    from vcolint.report.baseline import Baselines
    from vcolint.report.finding import Finding, Report
    from vcolint.report.routing import Diff, Paths

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FAIL_ON = ("error", "warning", "note", "never")
_MOST_UNFIXED = 10  # findings of which it is told why they are not fixed
_SCHEMAS = ("config", "diff", "paths", "report", "route-set", "rule", "trace")
_ROUTING_FORMATS = ("text", "json", "markdown")  # of paths, trace and diff


def console() -> NoReturn:
    """The process `vcolint`: run the command line, and end with the exit status."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    # To take the interpreter down object by object, at the end of a process, is a sixth of a small run.
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status. One line on standard error says what was wrong."""
    # What a run makes it keeps, so looking for what could go only takes time: a third of a large run.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _run(arguments)
    finally:
        if collects:
            gc.enable()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = _vcolint.main(arguments, prog_name="vcolint", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _fail(error.format_message())
    except VcolintError as error:
        return _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        if os.environ.get("VCOLINT_DEBUG"):
            raise
        return _fail(f"internal error: {type(error).__name__}: {error} (VCOLINT_DEBUG=1 shows where)")
    return status if isinstance(status, int) else 0


def _fail(message: str) -> int:
    _tell("error", message)
    return 2


def _tell(what: str, message: str) -> None:
    """Say one thing on standard error, on one line."""
    from vcolint.text.visible import visible

    message = " ".join(message.split())
    sys.stderr.write(f"vcolint: {what}: {visible(message)}\n")


@click.group(
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="vcolint", message="%(prog)s %(version)s")
@click.pass_context
def _vcolint(context: click.Context) -> None:
    """Find mistakes in Alibaba Cloud VCO route entries (CreateVcoRouteEntry) before they are submitted.

    Exit status: 0 nothing at or above --fail-on, 1 something is, 2 the call or the config is wrong.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# -- options that several commands take -------------------------------------------------------------------


def _config_options(command: _Command) -> _Command:
    command = click.option("--no-config", is_flag=True, help="Look for no config: the defaults hold.")(
        command
    )
    return click.option(
        "--config",
        "config_file",
        type=click.Path(),
        metavar="FILE",
        help="The config; else the nearest vcolint.yaml up to the root of the repository.",
    )(command)


def _input_options(command: _Command) -> _Command:
    for option in (
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Leave out files: globs as in .gitignore. Repeatable.",
        ),
        click.option(
            "--var-file",
            "var_files",
            multiple=True,
            metavar="FILE",
            help="A variable file for Terraform, as it takes them. Repeatable.",
        ),
        click.option("--as", "as_kind", metavar="KIND", help="Read what is named as this kind of input."),
        _config_options,
    ):
        command = option(command)
    return command


def _config(config_file: str | None, no_config: bool) -> Config:
    from vcolint.config.settle import default_config, find_settings

    if not no_config:
        return find_settings(config_file)
    if config_file is not None:
        raise click.UsageError("--config and --no-config exclude each other")
    return default_config()


def _with_input_options(
    config: Config, exclude: Sequence[str] = (), var_files: Sequence[str] = (), live: Sequence[str] = ()
) -> Config:
    """The config with what the command line adds to it. There, names are seen from the working directory."""
    here = _steps_down(config.folder)
    terraform = config.terraform
    files = (*terraform.var_files, *(os.path.abspath(file) for file in var_files))
    return config._replace(
        exclude=(*config.exclude, *(_from_folder(glob, here) for glob in exclude)),
        live=(*config.live, *live),
        terraform=terraform._replace(var_files=files),
    )


def _steps_down(folder: str) -> str:
    """The way from a folder down to the working directory, as the beginning of a glob; "" if it is not
    below."""
    import re

    steps = os.path.relpath(os.curdir, os.path.realpath(folder)).replace(os.sep, "/")
    if steps == "." or steps.split("/")[0] == "..":
        return ""
    return re.sub(r"([*?\[\]\\])", r"\\\1", steps) + "/"


def _from_folder(glob: str, steps: str) -> str:
    """A glob that is seen from the working directory as seen from the config's folder. As in `.gitignore`,
    what has no slash before its end speaks of any folder."""
    sign, pattern = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return glob
    return f"{sign}/{steps}{pattern.lstrip('/')}"


# -- check ------------------------------------------------------------------------------------------------


@_vcolint.command(short_help="Check files and folders.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:PATH]",
    help=f"{', '.join(FORMATS)}; into a file where a path is given, else to standard output. Repeatable.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    help="Run these rules: codes, names or prefixes (VCO5), separated by commas. Repeatable.",
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Do not run these rules.")
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    help="From which severity on the exit status is 1; else what the config says, or error.",
)
@_input_options
@click.option("--show-settings", is_flag=True, help="Print the settings in effect, and check nothing.")
@click.option(
    "--live",
    multiple=True,
    metavar="FILE",
    help="A DescribeVcoRouteEntries dump to hold the entries against. Repeatable.",
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files although they are named.")
@click.option(
    "--baseline",
    type=click.Path(),
    metavar="FILE",
    help="Let pass the findings that this file holds.",
)
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write the findings to this file and let them pass; with --baseline, only those that it holds.",
)
@click.option("--fix", "fixing", is_flag=True, help="Mend what can be mended safely, in the files.")
@click.option(
    "--unsafe-fixes",
    "unsafe",
    is_flag=True,
    help="Mend also what changes where traffic goes, or takes entries out.",
)
@click.option(
    "--diff",
    "as_diff",
    is_flag=True,
    help="Print what --fix would change, and change nothing; the exit status is 1 if it would.",
)
@click.option("--statistics", is_flag=True, help="Counts by rule in place of findings.")
@click.option(
    "--quiet", "-q", is_flag=True, help="Print findings and the summary, and nothing when all is clear."
)
@click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Colours: auto is for a terminal.",
)
@click.option("--stdin-filename", metavar="NAME", help="What standard input is called, and taken for.")
def check(
    paths: tuple[str, ...],
    outputs: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
    show_settings: bool,
    live: tuple[str, ...],
    force_exclude: bool,
    baseline: str | None,
    write_baseline: str | None,
    fixing: bool,
    unsafe: bool,
    as_diff: bool,
    statistics: bool,
    quiet: bool,
    color: str,
    stdin_filename: str | None,
) -> int:
    """Check files and folders; without a path, what the config names, else the working directory.

    PATH may be - for standard input.
    """
    from vcolint.cli.output import parse_outputs
    from vcolint.config.settle import rule_texts, settle
    from vcolint.library import read_paths, run_over

    wanted = parse_outputs(outputs)
    if as_diff and (outputs or statistics or write_baseline is not None):
        raise click.UsageError("--diff prints a diff and nothing else: no report, no baseline")
    config = _with_input_options(_config(config_file, no_config), exclude, var_files, live)
    if fail_on is not None:
        config = config._replace(fail_on=fail_on)
    settings = settle(config, rule_texts(select) if select else None, rule_texts(ignore))
    for warning in settings.warnings:
        _tell("warning", warning)
    if show_settings:
        from vcolint.config.show import show_settings as shown

        # Read as a config elsewhere, they say the same.
        named = (os.path.abspath(file) if os.path.exists(file) else file for file in live)
        told = config._replace(
            ignore=(*config.ignore, *rule_texts(ignore)),
            live=(*config.live[: len(config.live) - len(live)], *named),
        )
        _write(shown(told, settings.rules, settings.selected))
        return 0
    wants_baseline = baseline is not None or write_baseline is not None
    baselines = (
        _baselines(baseline, config.folder, shrinks=write_baseline is not None) if wants_baseline else None
    )
    stdin = _StandardInput()
    mending = fixing or unsafe or as_diff
    result = None

    def run(texts: Mapping[str, str]) -> Report:
        say("reading")
        inputs = read_paths(
            config,
            list(paths) or None,
            as_kind=as_kind,
            force_exclude=force_exclude,
            stdin=stdin.read,
            stdin_filename=stdin_filename,
            overlay=texts,
        )
        say("checking")
        return run_over(inputs, settings, None if baselines is None else baselines.new)

    with _progress(quiet) as say:
        if mending:
            from vcolint.report.apply import fix

            result = fix(run, unsafe=unsafe)
            report = result.report
        else:
            report = run({})
    if result is not None:
        if as_diff:
            return _fix_diff(result)
        _write_fixed(result, stdin, stdin_filename, quiet=quiet)
    if baselines is not None:
        _write_baseline(baselines, baseline, write_baseline, report, quiet=quiet)
    for output in wanted:
        _render(
            output, report, color=color, quiet=quiet, statistics=statistics, aside=mending and stdin.was_read
        )
    return report.exit_status


class _StandardInput:
    """What standard input gives, read once."""

    def __init__(self) -> None:
        self.data = b""
        self.was_read = False

    def read(self) -> bytes:
        if not self.was_read:
            from vcolint.read.inputs import standard_input

            self.data = standard_input()
            self.was_read = True
        return self.data


def _fix_diff(result: Result) -> int:
    from vcolint.report.apply import diff

    _write(diff(result))
    return 2 if result.report.failed else 1 if result.texts else 0


def _write_fixed(result: Result, stdin: _StandardInput, stdin_filename: str | None, *, quiet: bool) -> None:
    """Write the files that were mended; standard input, mended, goes to standard output, as it is read."""
    from vcolint.read.inputs import STDIN
    from vcolint.render.words import count, place
    from vcolint.report.apply import encoded, write
    from vcolint.text.walk import as_shown

    texts = dict(result.texts)
    if stdin.was_read:
        text = texts.pop(STDIN if stdin_filename is None else as_shown(stdin_filename), None)
        _write(stdin.data if text is None else encoded(text, stdin.data))
    write(result._replace(texts=texts))
    for one in result.unfixed[:_MOST_UNFIXED]:
        _tell("warning", f"{place(one.finding.location)}: {one.finding.code} is not fixed: {one.reason}")
    more = len(result.unfixed) - _MOST_UNFIXED
    if more > 0:
        _tell("warning", f"{count(more, 'further finding')} not fixed")
    if result.fixed and not quiet:
        _tell("note", f"{count(result.fixed, 'finding')} fixed in {count(len(result.texts), 'file')}")


def _baselines(read: str | None, folder: str, *, shrinks: bool) -> Baselines:
    from pathlib import Path

    from vcolint.report.baseline import Baselines, load

    return Baselines(None if read is None else load(Path(read), Path(folder), shrinks=shrinks))


def _write_baseline(
    baselines: Baselines, read: str | None, written: str | None, report: Report, *, quiet: bool
) -> None:
    """Write the baseline that is asked for, and tell of what is stale in the one that was read."""
    from vcolint.cli.output import write_file
    from vcolint.render.words import count

    if written is None:
        if baselines.stale:
            held = count(baselines.stale, "stale finding")
            _tell(
                "warning",
                f"{held} in {read}: --baseline {read} --write-baseline {read} takes out what is gone",
            )
    elif report.failed:
        _tell("warning", f"{written} is not written: not all rules ran to their end")
    else:
        write_file(written, baselines.kept.text())
        if not quiet:
            _tell("note", f"{count(len(baselines.kept), 'finding')} written to {written}")


def _render(
    output: Output, report: Report, *, color: str, quiet: bool, statistics: bool, aside: bool
) -> None:
    """Write a report. `aside`: standard output is taken, so what would go there goes to standard error."""
    from vcolint.cli.output import write_file
    from vcolint.render import render

    to_file = output.path is not None
    text = render(
        output.format,
        report,
        color=color == "always" or (color == "auto" and not to_file and _has_color()),
        width=None if to_file else _width(),
        quiet=quiet,
        statistics=statistics,
    )
    if output.path is not None:
        write_file(output.path, text)
    else:
        _write(text, for_people=output.format == "text", out=sys.stderr if aside else sys.stdout)


# -- entries ----------------------------------------------------------------------------------------------


@_vcolint.command(short_help="Print the entries as they are understood.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_input_options
def entries(
    paths: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print the entries as they are understood: one JSON object a line.

    A field is null where it is absent, {"unknown": REASON} where it is not known yet.
    """
    from vcolint.cli.listing import lines, unreadable
    from vcolint.library import read_paths

    config = _with_input_options(_config(config_file, no_config), exclude, var_files)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    _write("".join(lines(inputs, config)))
    faults = list(unreadable(inputs))
    for fault in faults:
        _tell("error", fault)
    return 1 if faults else 0


# -- who carries what -------------------------------------------------------------------------------------


def _routing_options(command: _Command) -> _Command:
    for option in (
        click.option(
            "--weights",
            type=click.Choice(("honoured", "ignored")),
            default="honoured",
            help="Whether weight 100 comes before 0. A transit router may ignore weights.",
        ),
        click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            default="auto",
            help="Colours: auto is for a terminal.",
        ),
        click.option(
            "--output",
            "outputs",
            multiple=True,
            metavar="FORMAT[:PATH]",
            help=f"{', '.join(_ROUTING_FORMATS)}; into a file where a path is given. Repeatable.",
        ),
        click.option(
            "--live",
            multiple=True,
            metavar="FILE",
            help="A DescribeVcoRouteEntries dump whose rows take part. Repeatable.",
        ),
        _input_options,
    ):
        command = option(command)
    return command


_down = click.option(
    "--down",
    multiple=True,
    metavar="CONNECTION",
    help="A connection that has failed, by ID or address. Repeatable.",
)


def _routing_outputs(outputs: Sequence[str]) -> list[Output]:
    from vcolint.cli.output import parse_outputs

    wanted = parse_outputs(outputs)
    for one in wanted:
        if one.format not in _ROUTING_FORMATS:
            raise click.UsageError(f"--output {one.format}: use one of {', '.join(_ROUTING_FORMATS)}")
    return wanted


def _show(outputs: Sequence[Output], name: str, result: object, color: str) -> None:
    """Write a forwarding table, a trace or a diff in each format that is asked for."""
    from importlib import import_module

    from vcolint.cli.output import write_file

    for one in outputs:
        renderer = getattr(import_module(f"vcolint.render.routing_{one.format}"), name)
        if one.format == "text":
            on = color == "always" or (color == "auto" and one.path is None and _has_color())
            text = renderer(result, color=on)
        else:
            text = renderer(result)
        if one.path is not None:
            write_file(one.path, text)
        else:
            _write(text, for_people=one.format == "text")


def _told_unreadable(inputs: Inputs) -> bool:
    """Tell of what could not be read; gives whether there is any."""
    from vcolint.cli.listing import unreadable

    faults = list(unreadable(inputs))
    for fault in faults:
        _tell("error", fault)
    return bool(faults)


@_vcolint.command(short_help="Print who carries which destination.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_down
@_routing_options
def paths(
    paths: tuple[str, ...],
    down: tuple[str, ...],
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print the forwarding table: each destination, who carries it, and who takes over if that fails."""
    from vcolint.config.settle import settle
    from vcolint.library import paths_over, read_paths

    wanted = _routing_outputs(outputs)
    config = _with_input_options(_config(config_file, no_config), exclude, var_files, live)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    _show(wanted, "paths", paths_over(inputs, settle(config, None, []), down=down, weights=weights), color)
    return 1 if _told_unreadable(inputs) else 0


@_vcolint.command(short_help="Print who could carry an address.")
@click.argument("query", metavar="ADDRESS|NETWORK")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_down
@_routing_options
def trace(
    query: str,
    paths: tuple[str, ...],
    down: tuple[str, ...],
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print every route that could carry an address or a network, in the order in which they would."""
    from vcolint.config.settle import settle
    from vcolint.library import paths_over, read_paths

    wanted = _routing_outputs(outputs)
    config = _with_input_options(_config(config_file, no_config), exclude, var_files, live)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    table = paths_over(inputs, settle(config, None, []), down=down, weights=weights)
    _show(wanted, "trace", table.trace(query), color)
    return 1 if _told_unreadable(inputs) else 0


@_vcolint.command(short_help="Print what a change does to traffic.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--base", metavar="REVISION", help="Compare with the merge base of this revision and HEAD.")
@click.option("--old", metavar="PATH", help="Compare with another file or folder.")
@click.option(
    "--fail-on",
    type=click.Choice(("never", "lost", "weaker", "any")),
    default="never",
    help="The exit status is 1 for: lost traffic, lost or weaker traffic, any change. Default: never.",
)
@_routing_options
def diff(
    paths: tuple[str, ...],
    base: str | None,
    old: str | None,
    fail_on: str,
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print what a change does to traffic: what is lost, weaker, moved, new or stronger.

    Give --base to compare with a git revision, or --old to compare with another file or folder.
    """
    from vcolint.config.settle import configured_paths, settle
    from vcolint.library import folders, paths_over, read_paths, run_over
    from vcolint.report.routing import Diff
    from vcolint.text.wording import quoted

    if (base is None) == (old is None):
        raise click.UsageError("give one of --base REVISION and --old PATH")
    wanted = _routing_outputs(outputs)
    config = _with_input_options(_config(config_file, no_config), exclude, var_files, live)
    named = list(paths) or configured_paths(config)

    def side(config: Config, paths: Sequence[str]) -> tuple[Inputs, Paths, list[Finding]]:
        inputs = read_paths(config, paths, as_kind=as_kind)
        settings = settle(config, None, [])
        return inputs, paths_over(inputs, settings, weights=weights), run_over(inputs, settings).findings

    commit = sides = None
    if old is not None:
        after = side(config, named)
        before = side(config, [old])
        sides = folders(old, named[0]) if len(named) == 1 else None
    else:
        from vcolint.cli.base import at_merge_base, in_repository

        for path in named:
            if in_repository(path) is None:
                raise VcolintError(f"--base: {quoted(path)} is not in this git repository; use --old")
        named = [in_repository(path) or path for path in named]
        after = side(config, named)
        # In the old folder, names that lead to the checkout would read the new files.
        held_in = config_file and (in_repository(config_file) or os.path.abspath(config_file))
        held_vars = [in_repository(file) or os.path.abspath(file) for file in var_files]
        held_live = [os.path.abspath(file) for file in live]  # what is live is so for both sides
        with at_merge_base(str(base)) as commit:
            # The old side is read as it was, with the config that it had.
            if held_in and not os.path.exists(held_in):  # there was none yet
                held_in, no_config = None, True
            held = _with_input_options(_config(held_in, no_config), exclude, held_vars, held_live)
            earlier = named if paths else configured_paths(held)
            before = side(held, [path for path in earlier if os.path.exists(path)])
    if any([_told_unreadable(before[0]), _told_unreadable(after[0])]):
        _tell("error", "nothing was compared: what cannot be read would look like lost or new traffic")
        return 1
    for inputs, _, _ in (before, after):
        for reading in (*inputs.sources, *inputs.sets):
            for one in reading.unlisted:
                _tell("warning", f"{one.address or one.location.file} is not compared: {one.reason}")
    result = Diff(before[1], after[1], (before[2], after[2]), commit, sides)
    _show(wanted, "diff", result, color)
    return 1 if _fails(result, fail_on) else 0


def _fails(result: Diff, fail_on: str) -> bool:
    """Whether a change is one that the user does not want."""
    counted = {"never": (), "lost": ("lost",), "weaker": ("lost", "weaker")}.get(fail_on)
    if counted is None:
        return bool(result.domains)
    return any(result.of(kind) for kind in counted)


# -- rules ------------------------------------------------------------------------------------------------


@_vcolint.command()
@click.argument("rule", metavar="CODE|NAME")
@_config_options
def explain(rule: str, config_file: str | None, no_config: bool) -> None:
    """Print the page of a rule."""
    from vcolint.cli.listing import page
    from vcolint.config.settle import load_all_rules
    from vcolint.engine.rule import find_rule, unknown_rule
    from vcolint.engine.rules import load_rules

    rules = load_rules()
    found = find_rule(rules, rule)
    if found is None:
        rules = load_all_rules(_config(config_file, no_config))
        found = find_rule(rules, rule)
        if found is None:
            raise VcolintError(unknown_rule(rules, rule))
    _write(page(found, rules))


@_vcolint.command()
@click.option("--output", type=click.Choice(("text", "json")), default="text", help="text is the default.")
@_config_options
def rules(output: str, config_file: str | None, no_config: bool) -> None:
    """List the rules, with the user's own ones."""
    from vcolint.cli.listing import rules_as_json, rules_as_text
    from vcolint.config.settle import load_all_rules

    known = load_all_rules(_config(config_file, no_config))
    _write(rules_as_json(known) if output == "json" else rules_as_text(known))


@_vcolint.command()
@click.argument("name", type=click.Choice(_SCHEMAS))
def schema(name: str) -> None:
    """Print a JSON Schema, such as for an editor."""
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas")
    with open(os.path.join(folder, f"{name}.schema.json"), encoding="utf-8") as stream:
        _write(stream.read())


@_vcolint.command()
def init() -> None:
    """Write a starter vcolint.yaml, and print lines for hooks and CI."""
    from vcolint.cli.init import NAME, config_text, snippets, summary
    from vcolint.cli.output import write_file
    from vcolint.config.load import find_config
    from vcolint.config.load import shown as shown_path
    from vcolint.config.settle import default_config
    from vcolint.library import read_paths

    there = find_config(os.curdir)
    if there is not None:
        raise VcolintError(f"{shown_path(there)} holds here already; nothing was written")
    inputs = read_paths(default_config(), [os.curdir])
    write_file(NAME, config_text(inputs))
    _write(
        f"{NAME} is written: {summary(inputs)}.\n\n"
        "  vcolint check                                         checks what it names\n"
        "  vcolint check --write-baseline vcolint-baseline.json  lets pass what is there now\n\n"
        f"To check every change, copy one of these.\n\n{snippets()}"
    )


@_vcolint.command("test-rules")
@click.argument("folder", metavar="DIR", type=click.Path())
def test_rules(folder: str) -> int:
    """Run the examples on the rule pages of a folder."""
    from pathlib import Path

    from vcolint.trials import outcome

    text, failed = outcome(Path(folder))
    _write(text)
    return 1 if failed else 0


# -- the terminal -----------------------------------------------------------------------------------------


def _has_color() -> bool:
    """Whether standard output shows colours, and the user wants any."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _width() -> int | None:
    """The columns of the terminal; None where there is none."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _write(text: str | bytes, *, for_people: bool = False, out: TextIO | None = None) -> None:
    """Write to standard output, or to `out`. What reads the other end may stop reading whenever it likes.

    What programs read is UTF-8 with plain line ends everywhere; what people read is as their terminal has it.
    """
    out = out or sys.stdout
    try:
        if isinstance(text, str) and for_people and out.isatty():
            click.echo(_encodable(text, out.encoding), file=out, nl=False, color=True)
        elif hasattr(out, "buffer"):
            out.flush()
            out.buffer.write(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))
        else:
            out.write(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        out.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _encodable(text: str, encoding: str | None) -> str:
    """The text with what the terminal's encoding does not have as escapes."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Tell on standard error what takes so long: after a second, if it is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage: None
        return
    from threading import Event, Thread

    stages = [""]
    done = Event()

    def tell() -> None:
        seconds = 0
        while not done.wait(1):
            seconds += 1
            sys.stderr.write(f"\rvcolint: {stages[-1]} … {seconds} s\x1b[K")
            sys.stderr.flush()
        if seconds:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield stages.append
    finally:
        done.set()
        thread.join()
