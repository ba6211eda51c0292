"""Finding the files of a run: the named files, and those below the named folders.

It decides by file names; `inputs` looks into the files.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISDIR

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.read import recognise
from vcolint.read.request import STDIN, Environment, Request, overlaid
from vcolint.read.roots import module_files
from vcolint.text.globs import Globs
from vcolint.text.opening import reason
from vcolint.text.walk import Found, as_shown, is_below, repository, walk
from vcolint.text.wording import listed, quoted

_CONFIGS = ("vcolint.yaml", ".vcolint.yaml")
_CODE = (".tf", ".tf.json")


class Finder:
    """Finds what a request names, and records why it finds nothing."""

    def __init__(self, request: Request) -> None:
        self.request = request
        # By real path, in reading order: a file that is given twice is read once.
        self.found: dict[str, Found] = {}
        self.overlay = dict(request.overlay)  # with the text from standard input
        self.environments: dict[str, list[Environment]] = {}  # by the root's real folder
        for one in request.environments:
            self.environments.setdefault(os.path.realpath(one.root), []).append(one)
        self._excluded = Globs(request.exclude, os.path.realpath(request.base)) if request.exclude else None
        self._forced_out: list[str] = []  # named, but excluded
        self._left_out = 0  # in walks

    def add(self, given: str) -> None:
        """Add what a path names. Raises VcolintError if it does not exist."""
        if given == "-":
            self._add_stdin()
            return
        try:
            is_folder = S_ISDIR(os.stat(given).st_mode)
        except (OSError, ValueError) as error:
            if not self.overlay or overlaid(given) not in self.overlay:
                is_missing = isinstance(error, (FileNotFoundError, ValueError))
                why = say("this file or folder does not exist") if is_missing else reason(error)  # type: ignore[arg-type]
                raise VcolintError(say("{given}: {error}", given=printable(given), error=why)) from None
            is_folder = False  # a text that was never saved
        path = os.path.realpath(given) if is_folder else _located(given)
        if self._is_forced_out(path, as_shown(given), is_folder):
            return
        if is_folder:
            self._add_folder(path, as_shown(given))
        else:
            self._add_file(path, as_shown(given))

    def notice(self) -> str:
        """Why nothing was read."""
        if not self.request.paths:
            return say("no path was given")
        given = [STDIN if path == "-" else as_shown(path) for path in self.request.paths]
        read = [path for path in given if path not in self._forced_out]
        if not read:
            return say("excluded: {forced_out}", forced_out=_listed(self._forced_out))
        count = self._left_out
        left_out = say("; exclude or .gitignore left out {count}", count=count) if count else ""
        return say(
            "there is no file of a known kind in {read}{left_out}", read=_listed(read), left_out=left_out
        )

    def _is_forced_out(self, path: str, shown: str, is_folder: bool) -> bool:
        if not self.request.force_exclude or not self._is_excluded(path, is_folder):
            return False
        self._forced_out.append(shown)
        return True

    def _is_excluded(self, path: str, is_folder: bool) -> bool:
        return self._excluded is not None and self._excluded.leave_out(path, is_folder=is_folder)

    def _add_stdin(self) -> None:
        name = self.request.stdin_filename
        path = STDIN if name is None else _located(name)
        if name is not None and self._is_forced_out(path, as_shown(name), False):
            return
        if overlaid(path) not in self.overlay:
            self.overlay[overlaid(path)] = self.request.stdin()
        if name is not None and os.path.isfile(path):
            self._add_file(path, as_shown(name))
        else:
            self.found.setdefault(path, Found(path, as_shown(name or STDIN), named=True))

    def _add_folder(self, path: str, shown: str) -> None:
        boundary = _boundary(path)
        found, left_out = walk(path, shown, self._excluded)
        self._left_out += left_out
        prefix = "" if shown == "." else shown.rstrip("/") + "/"
        for new in self.overlay:  # texts that were never saved
            if is_below(new, path) and not os.path.lexists(new) and not self._is_excluded(new, False):
                found.append(Found(new, prefix + os.path.relpath(new, path).replace(os.sep, "/")))
        for one in found:
            name = os.path.basename(one.path)
            format = recognise.format_by_name(name)
            if one.fault is not None:
                self.found.setdefault(one.path, one)
            elif format == "hcl" and name.lower().endswith(_CODE):
                self._add_terraform(os.path.dirname(one.path), os.path.dirname(one.shown), boundary)
            elif format != "hcl" and name not in _CONFIGS and (format or recognise.has_shebang(one.path)):
                self.found.setdefault(_real(one.path), one)

    def _add_file(self, path: str, shown: str) -> None:
        """Add a file that is named."""
        if recognise.format_by_name(path) == "hcl" and self.request.as_kind in (None, "terraform"):
            self._add_terraform_file(path, shown)
        elif os.path.basename(path) not in _CONFIGS or self.request.as_kind is not None:
            real = _real(path)
            self.found[real] = self.found.get(real, Found(path, shown))._replace(named=True)

    def _add_terraform_file(self, path: str, shown: str) -> None:
        folder = os.path.dirname(path)
        is_code = path.lower().endswith(_CODE)
        roots = {} if is_code else self._roots_with(path)
        if not roots and (is_code or module_files(folder)):
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

    def _roots_with(self, path: str) -> dict[str, str]:
        """The roots of the environments that use a variable file, with their shown names."""
        real = os.path.realpath(path)
        return {
            root: from_here(root).removeprefix(".")
            for root, environments in self.environments.items()
            if any(real == os.path.realpath(file) for one in environments for file in one.var_files)
        }


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
    root = repository(folder)
    if root is not None:
        return root
    working = os.path.realpath(".")
    return working if is_below(folder, working) else folder


def _listed(paths: Sequence[str]) -> str:
    return listed([printable(path) for path in dict.fromkeys(paths)])
