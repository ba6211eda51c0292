"""Finding files in folders, sorted, without those that `.gitignore` or the user's globs leave out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.globs import Globs
from vcolint.text.opening import reason

# The files of Git, and copies of modules and providers.
_SKIPPED = frozenset({".git", ".terraform"})


class Found(NamedTuple):
    """A file of a walk, or a folder that cannot be listed."""

    path: str  # absolute, links in its folders resolved
    shown: str  # for the user: begins with the given path
    fault: str | None = None  # why the folder cannot be listed
    is_link: bool = False


class Walker:
    """Walks folders, and counts what it leaves out."""

    def __init__(self, excluded: Globs | None) -> None:
        self.excluded = excluded
        self.left_out = 0  # excluded or ignored files and folders

    def walk(self, folder: str, shown: str) -> Iterator[Found]:
        """The files below a folder, in the order of their names.

        Links to files are followed, links to folders are not. The given folder is walked even if it is
        ignored or excluded.
        """
        top = os.path.realpath(folder)
        ignoring = _ignoring(top)
        if any(globs.decides(top, is_folder=True) for globs in ignoring):
            ignoring = []
        excluded = self.excluded
        if excluded is not None and excluded.decides(top, is_folder=True):
            excluded = None
        prefix = "" if shown == "." else shown.rstrip("/") + "/"
        open_folders = [self._list(top, prefix, ignoring, excluded)]
        while open_folders:
            found = next(open_folders[-1], None)
            if found is None:
                open_folders.pop()
            elif isinstance(found, Found):
                yield found
            else:
                open_folders.append(self._list(*found, excluded))

    def _list(
        self, folder: str, prefix: str, ignoring: list[Globs], excluded: Globs | None
    ) -> Iterator[Found | tuple[str, str, list[Globs]]]:
        """The content of one folder: files, and folders that are walked next."""
        try:
            with os.scandir(folder) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            yield Found(
                folder,
                prefix.rstrip("/") or ".",
                say("cannot be listed: {strerror}", strerror=reason(error)),
            )
            return
        if any(entry.name == ".gitignore" for entry in entries):
            ignoring = [*ignoring, *_read_globs(f"{folder}/.gitignore", folder)]
        for entry in entries:
            path = os.path.join(folder, entry.name)
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.is_file():
                    continue  # a link to a folder, a pipe, a socket
            except OSError:
                continue  # a link that leads nowhere
            if entry.name in _SKIPPED:
                continue
            if _left_out(path, is_folder, ignoring, excluded):
                self.left_out += 1
                continue
            shown = prefix + entry.name
            if is_folder:
                yield path, shown + "/", ignoring
            else:
                yield Found(path, shown, None, entry.is_symlink())


def _left_out(path: str, is_folder: bool, ignoring: list[Globs], excluded: Globs | None) -> bool:
    if excluded is not None and excluded.decides(path, is_folder=is_folder):
        return True
    for globs in reversed(ignoring):  # the nearest file decides
        decided = globs.decides(path, is_folder=is_folder)
        if decided is not None:
            return decided
    return False


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
    try:
        if not S_ISREG(os.stat(file).st_mode):
            return []
        with open(file, "rb") as stream:
            text = stream.read(1 << 20).decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [Globs(text.split("\n"), folder)]


def is_below(path: str, folder: str) -> bool:
    """Whether a path is the folder or is in it. Both are absolute."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_folder(path: str) -> bool:
    """Whether a path is a folder. Raises OSError if it does not exist."""
    return S_ISDIR(os.stat(path).st_mode)


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
