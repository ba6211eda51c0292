"""What a run reads: its request, and the files that the request names, in folders too.

It decides by file names and shebangs; `inputs` looks into the files. A run imports `roots` only if there are
Terraform files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from stat import S_ISDIR
from typing import NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.model.settings import CONFIG_NAMES, Environment
from vcolint.read import recognise
from vcolint.text.opening import MAX_BYTES, NO_OVERLAY, reason
from vcolint.text.walk import Found, Globs, as_shown, is_below, repository, walk
from vcolint.text.wording import listed, quoted

STDIN = "<stdin>"

_CODE = (".tf", ".tf.json")

# -- the request ------------------------------------------------------------------------------------------


def standard_input() -> bytes:
    """The content of standard input, up to a limit."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


class Request(NamedTuple):
    """What to read."""

    paths: Sequence[str]  # as the user gave them; "-" is standard input
    as_kind: str | None = None
    exclude: Sequence[str] = ()  # globs as in .gitignore, relative to `base`
    force_exclude: bool = False  # also for named files
    base: str = "."  # the folder of the config, else the working directory
    var_files: Sequence[str] = ()
    workspace: str = "default"
    environments: Sequence[Environment] = ()  # a root is read once for each that names it, in this order
    live: Sequence[str] = ()  # files; what is not found from the working directory is looked for in `base`
    stdin: Callable[[], bytes] = standard_input
    stdin_filename: str | None = None
    overlay: Mapping[str, bytes] = NO_OVERLAY  # contents that replace those of files, by real path
    kept: Kept | None = None  # readings of earlier runs with the same settings


# The state of a file when it was read: its text in an overlay, or its time, size and inode on disk.
Stamp = bytes | tuple[int, int, int] | None

# Readings with the stamps of the files that they depend on, for the next run.
Kept = dict[Hashable, tuple[Reading | None, dict[str, Stamp]]]


# -- the files --------------------------------------------------------------------------------------------


class Finder:
    """Finds what a request names."""

    def __init__(self, request: Request) -> None:
        self.request = request
        # By real path, in reading order: a file that is given twice is read once.
        self.found: dict[str, Found] = {}
        self.overlay = dict(request.overlay)  # with the text from standard input
        self.environments: dict[str, list[Environment]] = {}  # by the root's real folder
        for one in request.environments:
            self.environments.setdefault(os.path.realpath(one.root), []).append(one)
        self._excluded = Globs(request.exclude, os.path.realpath(request.base))

    def add(self, given: str) -> None:
        """Add what a path names; "-" names standard input. Raises VcolintError if it does not exist."""
        if given == "-":
            given = self.request.stdin_filename or STDIN
            real = os.path.realpath(given)
            if real not in self.overlay:
                self.overlay[real] = self.request.stdin()
        try:
            # A text may be one that was never saved.
            is_text = bool(self.overlay) and os.path.realpath(given) in self.overlay
            is_folder = not is_text and S_ISDIR(os.stat(given).st_mode)
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, (FileNotFoundError, ValueError))
            why = say("this file or folder does not exist") if is_missing else reason(error)  # type: ignore[arg-type]
            raise VcolintError(say("{given}: {error}", given=printable(given), error=why)) from None
        path = os.path.realpath(given) if is_folder else _located(given)
        if self.request.force_exclude and self._excluded.leave_out(path, is_folder=is_folder):
            return
        if is_folder:
            self._add_folder(path, as_shown(given))
        else:
            self._add_file(path, as_shown(given))

    def notice(self) -> str:
        """Why nothing was read."""
        if not self.request.paths:
            return say("no path was given")
        given = dict.fromkeys(STDIN if path == "-" else as_shown(path) for path in self.request.paths)
        return say(
            "there is no file of a known kind in {read}, or exclude or .gitignore leaves it out",
            read=listed(list(map(printable, given))),
        )

    def _add_folder(self, path: str, shown: str) -> None:
        boundary = _boundary(path)
        found = walk(path, shown, self._excluded)
        for new in self.overlay:  # texts that were never saved
            if is_below(new, path) and not os.path.lexists(new) and not self._excluded.leave_out(new):
                found.append(Found(new, as_shown(f"{shown}/{os.path.relpath(new, path)}")))
        for one in found:
            name = os.path.basename(one.path)
            format = recognise.format_by_name(name)
            if one.fault is not None:
                self.found.setdefault(one.path, one)
            elif format == "hcl" and name.lower().endswith(_CODE):
                self._add_terraform(os.path.dirname(one.path), os.path.dirname(one.shown), boundary)
            elif format != "hcl" and name not in CONFIG_NAMES and (format or recognise.has_shebang(one.path)):
                self.found.setdefault(_real(one.path), one)

    def _add_file(self, path: str, shown: str) -> None:
        """Add a file that is named."""
        is_terraform = recognise.format_by_name(path) == "hcl" and self.request.as_kind in (None, "terraform")
        if is_terraform and os.path.isfile(path):  # else it was never saved, and is in no folder
            self._add_terraform_file(path, shown)
        elif os.path.basename(path) not in CONFIG_NAMES or self.request.as_kind is not None:
            real = _real(path)
            self.found[real] = self.found.get(real, Found(path, shown))._replace(named=True)

    def _add_terraform_file(self, path: str, shown: str) -> None:
        """Add the folder of a Terraform file; for a variable file, the roots of environments that use it."""
        from vcolint.read.roots import module_files

        folder = os.path.dirname(path)
        is_code = path.lower().endswith(_CODE)
        real = os.path.realpath(path)
        roots = {
            root: from_here(root).removeprefix(".")
            for root, environments in self.environments.items()
            if any(real == os.path.realpath(file) for one in environments for file in one.var_files)
        }
        if is_code or (not roots and module_files(folder)):
            roots = {folder: os.path.dirname(shown)}
        for root, shown_root in roots.items():
            self._add_terraform(root, shown_root, _boundary(root), named=True)
        if not roots and not self.request.force_exclude:
            fault = say("there is no Terraform configuration next to it")
            self.found.setdefault(path, Found(path, shown, fault=fault))

    def _add_terraform(self, folder: str, shown: str, boundary: str, *, named: bool = False) -> None:
        """Add a folder with Terraform's files, by its real path."""
        one = self.found.get(folder)
        if one is None or one.fault is not None:  # it could not be listed, but a file in it is named
            one = Found(folder, shown, boundary=boundary)
        self.found[folder] = one._replace(named=one.named or named)


def from_here(path: str) -> str:
    """A path as seen from the working directory."""
    return as_shown(os.path.relpath(path))


def printable(path: str) -> str:
    """A path as a message shows it."""
    return path if path and path.isprintable() else quoted(path)


def _located(path: str) -> str:
    """The absolute path of a file. Links in its folders are resolved, but it may be a link itself."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder or "."), name)


def _real(path: str) -> str:
    """The real path of a located file."""
    return os.path.realpath(path) if os.path.islink(path) else path


def _boundary(folder: str) -> str:
    """The boundary of what Terraform in a folder may read: its repository, else the working directory, else
    the folder itself."""
    working = os.path.realpath(".")
    return repository(folder) or (working if is_below(folder, working) else folder)
