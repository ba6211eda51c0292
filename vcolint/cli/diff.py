"""`vcolint diff`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

import click

from vcolint.cli.options import Command
from vcolint.cli.routing import Asked, routing_options
from vcolint.cli.terminal import tell, tell_incomplete, told_unreadable, write_file
from vcolint.config.load import configured_paths, in_copy, load_expectations, settle
from vcolint.errors import VcolintError
from vcolint.library import Side, compared, folders, read_paths, working_in
from vcolint.locale import say
from vcolint.model.settings import Config
from vcolint.report.change import written
from vcolint.text.wording import quoted


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
    "--expect", metavar="FILE", help="The expected changes (YAML or JSON). Exit status 1 if there are others."
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
            commit, tree = stack.enter_context(_at_merge_base(base))
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
    inputs = read_paths(config, paths, as_kind=as_kind or asked.given.as_kind)
    if not paths:  # this has been reported already, path by path
        inputs = inputs._replace(notice=None)
    return Side(inputs, settle(config, None, []), folder)


def _at_commit(
    asked: Asked, config: Config, paths: Sequence[str], named: Sequence[str], at: str, tree: str
) -> tuple[Side, Side]:
    """The two sides: the files of a commit, which are in the folder `tree`, and the files as they are now.
    `paths` are those of the call, `named` those that are read now."""
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

    Raises VcolintError outside a repository, and for a source that the repository does not have: git has no
    earlier version of it.
    """
    folder, name = os.path.split(os.path.abspath(path))
    real = os.path.join(os.path.realpath(folder), name)
    root = os.path.realpath(_top())
    if os.path.commonpath([root, real]) == root:
        return os.path.relpath(real, os.path.realpath(os.curdir))
    if is_source:
        raise VcolintError(say("--base: {path} is not in this git repository; use --old", path=quoted(path)))
    return os.path.abspath(path)


# -- git --------------------------------------------------------------------------------------------------


@contextmanager
def _at_merge_base(revision: str) -> Iterator[tuple[str, str]]:
    """A temporary folder with the old version of the repository. Yields the commit and the counterpart of the
    working directory.

    The commit is the merge base of the revision and HEAD, so that a branch that is behind does not show other
    people's routes as lost. The checkout and its index do not change. Raises VcolintError outside a
    repository, for an unknown revision, and if a shallow clone does not have the merge base.
    """
    top = _top()
    within = (_git("rev-parse", "--show-prefix") or "").strip()
    name = quoted(revision)
    # A revision must not be taken for an option.
    found = None if revision.startswith("-") else _git("merge-base", revision, "HEAD")
    if found is None:
        raise VcolintError(
            say(
                "--base {revision}: git does not know this revision, or it shares no commit with HEAD; if "
                "this is a shallow clone, fetch the whole history (fetch-depth: 0)",
                revision=name,
            )
        )
    commit = found.strip()
    with TemporaryDirectory(prefix="vcolint-") as folder:
        # With an index of its own, so that the repository's does not change.
        environment = {"GIT_INDEX_FILE": os.path.join(folder, "index"), "GIT_LFS_SKIP_SMUDGE": "1"}
        tree = os.path.join(folder, "tree")
        os.makedirs(os.path.join(tree, ".git"))  # a config is looked for up to here
        os.makedirs(os.path.join(tree, within), exist_ok=True)
        read = _git("read-tree", commit, **environment)
        written = _git("-C", top, "checkout-index", "--all", "--quiet", f"--prefix={tree}/", **environment)
        if read is None or written is None:
            raise VcolintError(
                say("--base {revision}: git cannot read the files of {commit}", revision=name, commit=commit)
            )
        yield commit, os.path.join(tree, within)


def _top() -> str:
    """The root of the repository around the working directory. Raises VcolintError if there is none."""
    top = _git("rev-parse", "--show-toplevel")
    if top is None:
        raise VcolintError(say("--base needs a git repository, but the working directory is not in one"))
    return top.rstrip("\n")


def _git(*arguments: str, **environment: str) -> str | None:
    """What git prints; None if it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            env={**os.environ, **environment},
        )
    except OSError:
        raise VcolintError(say("--base needs git, but git is not installed")) from None
    return done.stdout if done.returncode == 0 else None
