"""`vcolint diff`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from vcolint.cli.help import Command
from vcolint.cli.options import Given
from vcolint.cli.routing import routing_options, routing_outputs, show
from vcolint.cli.terminal import tell, tell_incomplete, told_unreadable
from vcolint.errors import VcolintError
from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.library import Side
    from vcolint.model.settings import Config
    from vcolint.report.comparison import Diff

_ABSENT_TEMPLATES = {
    "lost": "{path} is gone since commit {commit}: all its routes count as lost",
    "new": "{path} is not in commit {commit}: all its routes count as new",
}


@click.command(cls=Command, short_help="Print what a change does to traffic.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--base", metavar="REVISION", help="Compare with the merge base of this revision and HEAD.")
@click.option("--old", metavar="PATH", help="Compare with another file or folder.")
@click.option(
    "--old-live",
    metavar="FILE",
    help="Compare with what is live (a DescribeVcoRouteEntries dump): what would an apply change?",
)
@click.option(
    "--expect",
    metavar="FILE",
    help="The expected changes (YAML or JSON). Exit status 1 if there are others.",
)
@click.option("--write-expect", metavar="FILE", help="Write the changes to a file for --expect.")
@click.option(
    "--fail-on",
    type=click.Choice(("never", "lost", "weaker", "any")),
    default="never",
    help="Exit status 1 for lost traffic, for lost or weaker traffic, or for any change. Default: never.",
)
@routing_options
def diff(
    paths: tuple[str, ...],
    base: str | None,
    old: str | None,
    old_live: str | None,
    expect: str | None,
    write_expect: str | None,
    fail_on: str,
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    given: Given,
) -> int:
    """Print what a change does to traffic: what is lost, weaker, moved, new or stronger.

    Give --base to compare with a git revision, --old to compare with another file or folder, or --old-live
    to compare with what is live.
    """
    from contextlib import ExitStack

    from vcolint.cli.base import at_merge_base
    from vcolint.cli.output import write_file
    from vcolint.config.load import load_expectations
    from vcolint.config.settle import configured_paths, in_copy, settle
    from vcolint.library import Side, compared, folders, read_paths, working_in
    from vcolint.report.change import written

    given_sides = sum(one is not None for one in (base, old, old_live))
    if given_sides == 0:
        raise click.UsageError(
            say("say what to compare with: --base REVISION, --old PATH or --old-live FILE")
        )
    if given_sides > 1:
        raise click.UsageError(say("use only one of --base, --old and --old-live"))
    wanted = routing_outputs(outputs)
    expected = None if expect is None else load_expectations(expect)
    config = given.config(live)
    named = list(paths) or configured_paths(config)
    if "-" in named and base is not None:
        raise VcolintError(say("--base: standard input has no earlier version in git; use --old PATH"))
    if named.count("-") + (old == "-") > 1:
        raise VcolintError(say("standard input can be only one of the two sides"))

    def side(
        config: Config, paths: Sequence[str], as_kind: str | None = given.as_kind, folder: str = "."
    ) -> Side:
        return Side(read_paths(config, paths, as_kind=as_kind), settle(config, None, []), folder)

    commit = sides = None
    with ExitStack() as stack:
        if old_live is not None:
            after = side(config._replace(live=(*config.live, old_live)), named)
            before = side(config._replace(live=()), [old_live], "live")
        elif old is not None:
            after = side(config, named)
            sides = folders(old, named[0]) if len(named) == 1 else None
            before = side(in_copy(config, sides[1], sides[0]) if sides else config, [old])
        else:
            named = [_in_repository(path) for path in named]
            commit, tree = stack.enter_context(at_merge_base(str(base)))
            deleted = [
                path
                for path in named
                if not os.path.lexists(path) and os.path.exists(os.path.join(tree, path))
            ]
            here = [path for path in named if path not in deleted]
            after = side(config, here)
            _tell_absent("lost", deleted, commit)
            if not here:
                after = after._replace(inputs=after.inputs._replace(notice=None))
            config_there = in_copy(config, os.curdir, tree)
            held_config = given.config_file and _there(given.config_file)
            held_vars = [_there(file) for file in given.var_files]
            held_live = [os.path.abspath(file) for file in live]  # what is live is so for both sides
            with working_in(tree), _in_commit(commit):
                # The old side is read as it was, with the config that it had; perhaps there was none yet.
                is_new = held_config is not None and not os.path.exists(held_config)
                then = given._replace(config_file=held_config, var_files=held_vars)
                if is_new:
                    then = then._replace(config_file=None, no_config=True)
                earlier = then.config(held_live)
                if not earlier.domains:  # a guess yields to what the config now knows
                    earlier = earlier._replace(domains=config.domains)
                if not earlier.terraform.environments:
                    same = earlier.terraform._replace(environments=config_there.terraform.environments)
                    earlier = earlier._replace(terraform=same)
                there = named if paths else configured_paths(earlier)
                held = [path for path in there if os.path.exists(path)]
                before = side(earlier, held, folder=tree)
            _tell_absent("new", [path for path in there if path not in held], commit)
            if not held:
                before = before._replace(inputs=before.inputs._replace(notice=None))
        if any([told_unreadable(before.inputs, commit), told_unreadable(after.inputs)]):
            tell("error", say("nothing was compared: an unreadable file would look like lost or new traffic"))
            return 1
        result = compared(
            before,
            after,
            weights=weights,
            is_live=old_live is not None,
            base=commit,
            folders=sides,
            expected=expected,
        )
    tell_incomplete(before.inputs, after.inputs)
    for one in (*before.inputs.sources, *before.inputs.sets, *after.inputs.sources, *after.inputs.sets):
        for item in one.unlisted:
            tell(
                "warning",
                say(
                    "{address} is not compared: {reason}",
                    address=item.address or item.location.file,
                    reason=item.reason,
                ),
            )
    if result.left_out:
        names = ", ".join(result.left_out)
        tell(
            "warning",
            say("live routes of {names} are not compared: nothing here uses these connections", names=names),
        )
    for unused in result.unused:
        tell("warning", unused)
    show(wanted, result, color)
    if write_expect is not None:
        changes = [one for domain in result.domains for one in domain.changes]
        write_file(write_expect, written(changes, as_json=write_expect.endswith(".json")))
    return 1 if _fails(result, fail_on) else 0


def _tell_absent(count_as: str, paths: Sequence[str], commit: str) -> None:
    """Warn of paths that only one side has: that their routes count as lost, or as new."""
    for path in paths:
        tell("warning", say(_ABSENT_TEMPLATES[count_as], path=path, commit=commit))


@contextmanager
def _in_commit(commit: str) -> Iterator[None]:
    """What is wrong inside the block is so in this commit: the same file may be fine now."""
    try:
        yield
    except VcolintError as error:
        where = say("in commit {commit}: {fault}", commit=commit, fault=error.message)
        raise type(error)(where) from None


def _in_repository(path: str) -> str:
    """A named path as git has it. Raises VcolintError if git has no earlier version of it."""
    from vcolint.cli.base import in_repository
    from vcolint.text.wording import quoted

    found = in_repository(path)
    if found is None:
        raise VcolintError(say("--base: {path} is not in this git repository; use --old", path=quoted(path)))
    return found


def _there(path: str) -> str:
    """A path by which the old side's folder has the file: in it, names that lead to the checkout would read
    the new files."""
    from vcolint.cli.base import in_repository

    return in_repository(path) or os.path.abspath(path)


def _fails(result: Diff, fail_on: str) -> bool:
    """Whether a change is one that the user does not want."""
    if result.judgement is not None and any(result.judgement):
        return True
    counted = {"never": (), "lost": ("lost",), "weaker": ("lost", "weaker")}.get(fail_on)
    if counted is None:
        return bool(result.domains)
    return any(result.of(kind) for kind in counted)
