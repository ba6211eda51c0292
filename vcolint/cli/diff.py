"""`vcolint diff`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vcolint.cli.options import Command
from vcolint.cli.routing import Asked, routing_options
from vcolint.cli.terminal import tell, tell_incomplete, told_unreadable
from vcolint.errors import VcolintError
from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.library import Side
    from vcolint.model.settings import Config


@click.command(cls=Command)
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
    asked: Asked,
) -> int:
    """Print what a change does to traffic: what is lost, weaker, moved, new or stronger.

    Give --base to compare with a git revision, --old to compare with another file or folder, or --old-live
    to compare with what is live.
    """
    from contextlib import ExitStack

    from vcolint.cli.base import at_merge_base
    from vcolint.cli.terminal import write_file
    from vcolint.config.load import configured_paths, in_copy, load_expectations
    from vcolint.library import compared, folders
    from vcolint.report.change import written

    if sum(one is not None for one in (base, old, old_live)) != 1:
        raise click.UsageError(
            say("compare with exactly one of --base REVISION, --old PATH and --old-live FILE")
        )
    expected = None if expect is None else load_expectations(expect)
    config = asked.given.config(asked.live)
    named = list(paths) or configured_paths(config)
    if "-" in named and base is not None:
        raise VcolintError(say("--base: standard input has no earlier version in git; use --old PATH"))
    if named.count("-") + (old == "-") > 1:
        raise VcolintError(say("standard input can be only one of the two sides"))
    commit = sides = None
    with ExitStack() as stack:
        if base is not None:
            commit, tree = stack.enter_context(at_merge_base(base))
            before, after = _at_commit(asked, config, paths, named, commit, tree)
        elif old is not None:
            after = _side(asked, config, named)
            sides = folders(old, named[0]) if len(named) == 1 else None
            before = _side(asked, in_copy(config, sides[1], sides[0]) if sides else config, [old])
        else:
            after = _side(asked, config._replace(live=(*config.live, str(old_live))), named)
            before = _side(asked, config._replace(live=()), [str(old_live)], as_kind="live")
        if any([told_unreadable(before.inputs, commit), told_unreadable(after.inputs)]):
            tell("error", say("nothing was compared: an unreadable file would look like lost or new traffic"))
            return 1
        result = compared(
            before,
            after,
            weights=asked.weights,
            is_live=old_live is not None,
            base=commit,
            folders=sides,
            expected=expected,
        )
    tell_incomplete(before.inputs, after.inputs)
    if result.left_out:
        names = ", ".join(result.left_out)
        tell(
            "warning",
            say("live routes of {names} are not compared: nothing here uses these connections", names=names),
        )
    asked.show(result)
    if write_expect is not None:
        changes = [one for domain in result.domains for one in domain.changes]
        write_file(write_expect, written(changes))
    kinds = {"never": set(), "lost": {"lost"}, "weaker": {"lost", "weaker"}}.get(fail_on, result.kinds.keys())
    return 1 if kinds & result.kinds.keys() or any(result.judgement or ()) else 0


def _side(
    asked: Asked, config: Config, paths: Sequence[str], folder: str = ".", as_kind: str | None = None
) -> Side:
    """The content of one side. `folder`: the working directory for reading it."""
    from vcolint.config.load import settle
    from vcolint.library import Side, read_paths

    inputs = read_paths(config, paths, as_kind=as_kind or asked.given.as_kind)
    if not paths:  # this has been reported already, path by path
        inputs = inputs._replace(notice=None)
    return Side(inputs, settle(config, None, []), folder)


def _at_commit(
    asked: Asked, config: Config, paths: Sequence[str], named: Sequence[str], at: str, tree: str
) -> tuple[Side, Side]:
    """The two sides: the files of a commit, which are in the folder `tree`, and the files as they are now.
    `paths` are those of the call, `named` those that are read now."""
    from vcolint.config.load import configured_paths, in_copy
    from vcolint.library import working_in

    named = [_there(path, is_source=True) for path in named]
    gone = [path for path in named if not os.path.lexists(path)]
    deleted = [path for path in gone if os.path.exists(os.path.join(tree, path))]
    after = _side(asked, config, [path for path in named if path not in deleted])
    for path in deleted:
        told = say("{path} is gone since commit {commit}: all its routes count as lost", path=path, commit=at)
        tell("warning", told)
    config_there = in_copy(config, os.curdir, tree)
    given, live = asked.given, [os.path.abspath(file) for file in asked.live]  # the same for both sides
    held_config = given.config_file and _there(given.config_file)
    then = given._replace(config_file=held_config, var_files=[_there(file) for file in given.var_files])
    try:
        with working_in(tree):
            # The old side is read with its own config, if it had one.
            if held_config is not None and not os.path.exists(held_config):
                then = then._replace(config_file=None, no_config=True)
            earlier = then.config(live)
            if not earlier.domains:  # the config of the new side replaces a guess
                earlier = earlier._replace(domains=config.domains)
            if not earlier.terraform.environments:
                same = earlier.terraform._replace(environments=config_there.terraform.environments)
                earlier = earlier._replace(terraform=same)
            there = named if paths else configured_paths(earlier)
            held = [path for path in there if os.path.exists(path)]
            before = _side(asked, earlier, held, tree)
    except VcolintError as error:  # the same file may be correct now
        where = say("in commit {commit}: {fault}", commit=at, fault=error.message)
        raise type(error)(where) from None
    for path in there:
        if path not in held:
            told = say("{path} is not in commit {commit}: all its routes count as new", path=path, commit=at)
            tell("warning", told)
    return before, after


def _there(path: str, *, is_source: bool = False) -> str:
    """The path of a file for both sides: relative, if the repository has the file, because an absolute path
    would lead the old side to the new file.

    Raises VcolintError for a source outside of the repository: git has no earlier version of it.
    """
    from vcolint.cli.base import in_repository
    from vcolint.text.wording import quoted

    found = in_repository(path)
    if found is None and is_source:
        raise VcolintError(say("--base: {path} is not in this git repository; use --old", path=quoted(path)))
    return found or os.path.abspath(path)
