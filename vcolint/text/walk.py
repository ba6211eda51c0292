"""Finding files in folders, sorted, without those that `.gitignore` or the user's globs leave out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.globs import Globs
from vcolint.text.opening import reason

# The files of Git, and copies of modules and providers.
_SKIPPED = frozenset({".git", ".terraform"})


class Found(NamedTuple):
    """A file or a folder to read, or a path that cannot be read."""

    path: str  # absolute, links in its folders resolved
    shown: str  # for the user: begins with the given path
    named: bool = False  # by the user: the file, or a file in the folder
    boundary: str | None = None  # of a folder: nothing outside of this one is read for it
    fault: str | None = None  # why the path cannot be read


def walk(top: str, shown: str, excluded: Globs | None) -> tuple[list[Found], int]:
    """The files below a folder in the order of their names, and how many files and folders are left out.

    `top` is a real path. Links to files are followed, links to folders are not. The given folder is walked
    even if it is ignored or excluded.
    """
    found: list[Found] = []
    left_out = 0
    ignoring = {top: _ignoring(top)}  # for each folder, the globs that hold in it
    if any(globs.decides(top, is_folder=True) for globs in ignoring[top]):
        ignoring[top] = []
    if excluded is not None and excluded.decides(top, is_folder=True):
        excluded = None

    def add(path: str, fault: str | None = None) -> None:
        below = path.removeprefix(top).lstrip(os.sep).replace(os.sep, "/")
        around = "" if shown == "." else shown.rstrip("/") + "/" if below else shown
        found.append(Found(path, around + below or ".", fault=fault))

    def unlisted(error: OSError) -> None:
        add(error.filename, say("cannot be listed: {strerror}", strerror=reason(error)))

    for folder, folders, files in os.walk(top, onerror=unlisted):
        globs = ignoring.pop(folder)
        if ".gitignore" in files:
            globs = [*globs, *_read_globs(f"{folder}/.gitignore", folder)]
        kept = [
            name
            for name in folders
            if name not in _SKIPPED and not _is_left_out(os.path.join(folder, name), True, globs, excluded)
        ]
        left_out += len(folders) - len(kept) - len(_SKIPPED.intersection(folders))
        folders[:] = kept
        ignoring |= {os.path.join(folder, name): globs for name in kept}
        for name in files:
            path = os.path.join(folder, name)
            if _is_left_out(path, False, globs, excluded):
                left_out += 1
            elif os.path.isfile(path):  # no pipe, no link that leads nowhere
                add(path)
    return sorted(found, key=lambda one: one.path.split(os.sep)), left_out


def _is_left_out(path: str, is_folder: bool, ignoring: list[Globs], excluded: Globs | None) -> bool:
    if excluded is not None and excluded.decides(path, is_folder=is_folder):
        return True
    decided = (globs.decides(path, is_folder=is_folder) for globs in reversed(ignoring))
    return next((one for one in decided if one is not None), False)  # the nearest file decides


def _ignoring(folder: str) -> list[Globs]:
    """The globs from above a folder, down from the root of its repository or from the working directory."""
    root = repository(folder) or os.path.realpath(".")
    globs = _read_globs(f"{root}/.git/info/exclude", root)
    if root != folder and is_below(folder, root):
        above = [one for one in upward(os.path.dirname(folder)) if is_below(one, root)]
        for one in reversed(above):
            globs += _read_globs(os.path.join(one, ".gitignore"), one)
    return globs


def _read_globs(file: str, folder: str) -> list[Globs]:
    """The globs of an ignore file, if there is one."""
    if not os.path.isfile(file):
        return []
    try:
        with open(file, encoding="utf-8-sig", errors="replace") as stream:
            return [Globs(stream.read(1 << 20).split("\n"), folder)]
    except OSError:
        return []


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
