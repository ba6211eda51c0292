"""`vcolint check`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import click

from vcolint.cli.options import Command, Given, flag, input_options, several
from vcolint.cli.terminal import color_option, parse_outputs, tell, write, write_file
from vcolint.config.load import rule_texts, settle, unmatched
from vcolint.library import read_paths, run_over
from vcolint.locale import say
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.baseline import Baseline
    from vcolint.report.finding import Report
    from vcolint.report.fixes import Result


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@several(
    "--output",
    "outputs",
    metavar="FORMAT[:PATH]",
    help="text, json, sarif, github, gitlab, junit, markdown or html; FORMAT:PATH writes a file. Repeatable.",
)
@several(
    "--select",
    metavar="RULES",
    help="Run only these rules: codes, names or prefixes (VCO5), separated by commas. Repeatable.",
)
@several("--ignore", metavar="RULES", help="Do not run these rules.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note", "never")),
    help="Lowest severity for exit status 1. Default: what the config says, or error.",
)
@input_options
@flag("--show-settings", help="Print the settings in effect and check nothing.")
@several(
    "--live", metavar="FILE", help="A DescribeVcoRouteEntries dump to compare the entries with. Repeatable."
)
@flag("--force-exclude", help="Also apply exclude to files given on the command line.")
@click.option("--baseline", metavar="FILE", help="Ignore the findings recorded in this file.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Record the findings in this file and ignore them. With --baseline, record only those it holds.",
)
@flag("--fix", "fixing", help="Apply safe fixes to the files.")
@flag("--unsafe-fixes", "unsafe", help="Also apply fixes that you should review.")
@flag(
    "--diff",
    "as_diff",
    help="Print what --fix would change, without changing it. Exit status 1 if there is anything.",
)
@flag("--statistics", help="Print counts per rule instead of findings.")
@flag("--quiet", "-q", help="Print only findings and the summary, and nothing if there are no findings.")
@color_option
@click.option("--stdin-filename", metavar="NAME", help="File name to use for standard input.")
def check(
    paths: tuple[str, ...],
    outputs: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    given: Given,
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
    from vcolint.read.finding import standard_input
    from vcolint.render import FORMATS, pieces

    wanted = parse_outputs(outputs, FORMATS)
    if as_diff and (outputs or statistics or write_baseline is not None):
        raise click.UsageError(
            say("--diff prints only a diff: drop --output, --statistics and --write-baseline")
        )
    config = given.config(live)
    if fail_on is not None:
        config = config._replace(fail_on=fail_on)
    settings = settle(config, rule_texts(select) if select else None, rule_texts(ignore))
    for warning in settings.warnings:
        tell("warning", warning)
    if show_settings:
        from vcolint.config.show import show_settings as shown

        told = config._replace(ignore=(*config.ignore, *rule_texts(ignore)))
        write(shown(told, settings.rules, settings.selected))
        return 0
    for warning in unmatched(config, has_paths=bool(paths)):
        tell("warning", warning)
    known = None
    if baseline is not None or write_baseline is not None:
        from vcolint.report.baseline import Baseline, load

        known = Baseline() if baseline is None else load(baseline)
    stdin = cache(standard_input)

    def run(texts: Mapping[str, str]) -> Report:
        inputs = read_paths(
            config,
            list(paths) or None,
            as_kind=given.as_kind,
            force_exclude=force_exclude,
            stdin=stdin,
            stdin_filename=stdin_filename,
            overlay=texts,
        )
        return run_over(inputs, settings, known)

    out = sys.stdout
    if fixing or unsafe or as_diff:
        from vcolint.report import fixes

        result = fixes.fix(run, unsafe=unsafe)
        report = result.report
    else:
        report = run({})
    if as_diff:
        write(fixes.diff(result))
        return 2 if report.failed else 1 if result.texts else 0
    if fixing or unsafe:
        fixed_stdin = stdin() if stdin.cache_info().currsize else None
        _write_fixed(result, fixed_stdin, stdin_filename, quiet=quiet)
        out = sys.stdout if fixed_stdin is None else sys.stderr  # standard output has the fixed text
    if known is not None:
        _write_baseline(known, baseline, write_baseline, report, quiet=quiet)
    for output in wanted:
        output.send(pieces, color, out, report=report, quiet=quiet, statistics=statistics)
    return report.exit_status


def _write_fixed(result: Result, stdin: bytes | None, stdin_filename: str | None, *, quiet: bool) -> None:
    """Write the fixed files. The fixed text of standard input, if that was read, goes to standard output."""
    from vcolint.read.finding import STDIN
    from vcolint.render.words import place
    from vcolint.report import fixes
    from vcolint.text.walk import as_shown

    texts = dict(result.texts)
    if stdin is not None:
        text = texts.pop(STDIN if stdin_filename is None else as_shown(stdin_filename), None)
        write(stdin if text is None else fixes.encoded(text, stdin))
    fixes.write(result._replace(texts=texts))
    for one in result.unfixed:
        at, code = place(one.finding.location), one.finding.code
        told = say("{location}: cannot fix {code}: {reason}", location=at, code=code, reason=one.reason)
        tell("warning", told)
    if result.fixed and not quiet:
        fixed, files = count(result.fixed, "finding"), count(len(result.texts), "file")
        tell("note", say("fixed {fixed} in {texts}", fixed=fixed, texts=files))


def _write_baseline(
    known: Baseline, read: str | None, written: str | None, report: Report, *, quiet: bool
) -> None:
    """Write the baseline if asked to; otherwise warn about stale findings in it."""
    if written is None:
        if known.stale:
            told = say(
                "{held} in {read}: remove them with --baseline {read} --write-baseline {read}",
                held=count(known.stale, "stale finding"),
                read=read,
            )
            tell("warning", told)
    elif report.failed:
        tell("warning", say("{written} is not written, because a rule crashed", written=written))
    else:
        write_file(written, known.text())
        if not quiet:
            kept = count(len(known), "finding")
            tell("note", say("wrote {kept} to {written}", kept=kept, written=written))
