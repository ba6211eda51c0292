"""`vcolint diff`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vcolint.cli.options import config_of, with_input_options
from vcolint.cli.routing import routing_options, routing_outputs, show, told_unreadable
from vcolint.cli.terminal import tell
from vcolint.errors import VcolintError

if TYPE_CHECKING:
    from vcolint.model.reading import Inputs
    from vcolint.model.settings import Config
    from vcolint.report.finding import Finding
    from vcolint.report.routing import Diff, Paths


@click.command(short_help="Print what a change does to traffic.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--base", metavar="REVISION", help="Compare with the merge base of this revision and HEAD.")
@click.option("--old", metavar="PATH", help="Compare with another file or folder.")
@click.option(
    "--fail-on",
    type=click.Choice(("never", "lost", "weaker", "any")),
    default="never",
    help="The exit status is 1 for: lost traffic, lost or weaker traffic, any change. Default: never.",
)
@routing_options
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
    wanted = routing_outputs(outputs)
    config = with_input_options(config_of(config_file, no_config), exclude, var_files, live)
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
            held = with_input_options(config_of(held_in, no_config), exclude, held_vars, held_live)
            earlier = named if paths else configured_paths(held)
            before = side(held, [path for path in earlier if os.path.exists(path)])
    if any([told_unreadable(before[0]), told_unreadable(after[0])]):
        tell("error", "nothing was compared: what cannot be read would look like lost or new traffic")
        return 1
    for inputs, _, _ in (before, after):
        for reading in (*inputs.sources, *inputs.sets):
            for one in reading.unlisted:
                tell("warning", f"{one.address or one.location.file} is not compared: {one.reason}")
    result = Diff(before[1], after[1], (before[2], after[2]), commit, sides)
    show(wanted, "diff", result, color)
    return 1 if _fails(result, fail_on) else 0


def _fails(result: Diff, fail_on: str) -> bool:
    """Whether a change is one that the user does not want."""
    counted = {"never": (), "lost": ("lost",), "weaker": ("lost", "weaker")}.get(fail_on)
    if counted is None:
        return bool(result.domains)
    return any(result.of(kind) for kind in counted)
