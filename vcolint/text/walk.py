"""Finding files in folders, sorted, without those that `.gitignore` or the user's globs leave out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.opening import load, reason
from vcolint.text.source import SyntaxFault

# The files of Git, and copies of modules and providers.
_SKIPPED = frozenset({".git", ".terraform"})

_MOST_STARS = 12  # in one glob: matching more of them may take too long
_LARGEST = 1 << 20  # bytes of an ignore file
_BELOW = "ps_d"  # pathspec's name for the slash in front of what is below the path


class Found(NamedTuple):
    """A file or a folder to read, or a path that cannot be read."""

    path: str  # absolute, links in its folders resolved
    shown: str  # for the user: begins with the given path
    named: bool = False  # by the user: the file, or a file in the folder
    boundary: str | None = None  # of a folder: nothing outside of this one is read for it
    fault: str | None = None  # why the path cannot be read


def walk(top: str, shown: str, excluded: Globs) -> list[Found]:
    """The files below a folder in the order of their names.

    `top` is a real path. Links to files are followed, links to folders are not. The given folder is walked
    even if it is ignored or excluded.
    """
    found: list[Found] = []
    ignoring = {top: _ignoring(top)}  # for each folder, the globs that hold in it
    if any(globs.decides(top, is_folder=True) for globs in ignoring[top]):
        ignoring[top] = []
    if excluded.decides(top, is_folder=True):
        excluded = Globs((), top)

    def is_kept(path: str, is_folder: bool, ignoring: list[Globs]) -> bool:
        if excluded.decides(path, is_folder=is_folder):
            return False
        decided = (globs.decides(path, is_folder=is_folder) for globs in reversed(ignoring))
        return not next((one for one in decided if one is not None), False)  # the nearest file decides

    def add(path: str, fault: str | None = None) -> None:
        found.append(Found(path, as_shown(f"{shown}/{path.removeprefix(top)}"), fault=fault))

    def unlisted(error: OSError) -> None:
        add(error.filename, say("cannot be listed: {strerror}", strerror=reason(error)))

    for folder, folders, files in os.walk(top, onerror=unlisted):
        globs = ignoring.pop(folder)
        if ".gitignore" in files:
            globs = globs + _read_globs(f"{folder}/.gitignore", folder)
        folders[:] = [
            name
            for name in folders
            if name not in _SKIPPED and is_kept(os.path.join(folder, name), True, globs)
        ]
        ignoring |= {os.path.join(folder, name): globs for name in folders}
        for name in files:
            path = os.path.join(folder, name)
            if is_kept(path, False, globs) and os.path.isfile(path):  # no pipe, no link that leads nowhere
                add(path)
    return sorted(found, key=lambda one: one.path.split(os.sep))


# -- globs ------------------------------------------------------------------------------------------------


class Globs:
    """Globs as in `.gitignore`, relative to a folder. The last one that matches a path decides.

    Git decides level by level: a glob matches a path and nothing below it, and Git does not look into folders
    that are left out.
    """

    def __init__(self, lines: Iterable[str], folder: str) -> None:
        self.folder = folder
        self._prefix = folder.rstrip(os.sep) + os.sep
        self._globs = [glob for line in lines if (glob := _glob(line)) is not None]

    def decides(self, path: str, *, is_folder: bool = False) -> bool | None:
        """Whether an absolute path is left out; None if no glob matches it.

        Outside the folder, the relative path without its `..` is matched.
        """
        inside = path.startswith(self._prefix)
        relative = path[len(self._prefix) :] if inside else os.path.relpath(path, self.folder)
        steps = [step for step in relative.split(os.sep) if step not in (".", "..")]
        written = "/".join(steps) + "/" * is_folder
        matching = (leaves for leaves, pattern in reversed(self._globs) if pattern.search(written))
        return next(matching, None) if steps else None

    def leave_out(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path or a folder above it is left out."""
        return any(self.decides(one, is_folder=is_folder or one != path) for one in upward(path))


def _glob(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Whether the glob of a line leaves out what it matches (False: it includes it again), and its pattern.
    None for a comment or an invalid glob."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    line = line.rstrip("\r\n")
    if line.count("*") > _MOST_STARS:
        return None
    # `a/**` means what is in the folder `a`. For pathspec, it also means the folder itself.
    line = re.sub(r"/\*\*(/?) *\Z", r"/**/*\1", line)
    try:
        read = GitIgnoreSpecPattern(line)
    except (GitIgnorePatternError, re.error):  # such as a range that runs backwards
        return None
    if read.include is None or read.regex is None:
        return None
    # The patterns of pathspec also match everything below a path: `end` stops that.
    end = r"\Z" if _BELOW in read.regex.groupindex else ""
    return read.include, re.compile(f"(?:{read.regex.pattern}){end}", re.DOTALL)


def _ignoring(folder: str) -> list[Globs]:
    """The globs from above a folder, down from the root of its repository or from the working directory."""
    root = repository(folder) or os.path.realpath(".")
    globs = _read_globs(f"{root}/.git/info/exclude", root)
    for above in reversed(list(upward(folder))[1:]):
        if is_below(above, root):
            globs += _read_globs(os.path.join(above, ".gitignore"), above)
    return globs


def _read_globs(file: str, folder: str) -> list[Globs]:
    """The globs of an ignore file, if there is one."""
    try:
        data = load(file)[:_LARGEST]
    except SyntaxFault:
        return []
    return [Globs(data.decode("utf-8-sig", "replace").split("\n"), folder)]


# -- paths ------------------------------------------------------------------------------------------------


def is_below(path: str, folder: str) -> bool:
    """Whether a path is the folder or is in it. Both are absolute."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def as_shown(path: str) -> str:
    """The given path in a tidy form: with `/` between its parts, and without `./`."""
    drive, rest = os.path.splitdrive(path.replace(os.sep, "/"))
    steps = "/".join(step for step in rest.split("/") if step not in ("", "."))
    return drive + ("/" if rest.startswith("/") else "") + steps or "."


def repository(folder: str) -> str | None:
    """The root of the repository around a folder: the nearest folder with a `.git`."""
    return next((one for one in upward(folder) if os.path.lexists(os.path.join(one, ".git"))), None)


def upward(folder: str) -> Iterator[str]:
    """An absolute folder and the folders above it, up to the root."""
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        yield parent
        folder = parent
