"""The files of a git repository at the merge base with a revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.text.wording import quoted


@contextmanager
def at_merge_base(revision: str) -> Iterator[tuple[str, str]]:
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


def in_repository(path: str) -> str | None:
    """A path relative to the working directory, which names the same file in the folder of `at_merge_base`.
    None for a path outside the repository: git has no other version of it.

    Raises VcolintError outside a repository.
    """
    folder, name = os.path.split(os.path.abspath(path))
    real = os.path.join(os.path.realpath(folder), name)
    root = os.path.realpath(_top())
    if os.path.commonpath([root, real]) != root:
        return None
    return os.path.relpath(real, os.path.realpath(os.curdir))


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
