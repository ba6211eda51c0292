"""Globs as in `.gitignore`.

Git decides level by level: a glob speaks of the path that it matches and of nothing below it, and what lies
in a folder that is left out is never asked for. So the globs are matched here a part of the path at a time,
which also bounds what a hostile one may cost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate
from typing import NamedTuple

_TRAILING_BLANKS = re.compile(r"(?<!\\)[ \t]+$")
_ESCAPED = re.compile(r"\\(.)")
_NEGATED_CLASS = re.compile(r"\[\^")


class _Glob(NamedTuple):
    leaves_out: bool  # False: it brings back what an earlier one leaves out
    folders_only: bool
    parts: tuple[Callable[[str], object] | None, ...]  # each matches one part of a path; None: `**`

    def matches(self, path: Sequence[str]) -> bool:
        parts = self.parts
        end = len(parts)
        if end == 2 and parts[0] is None and parts[1] is not None:
            return bool(parts[1](path[-1]))  # the usual case: a name, anywhere
        states = self._reach({0})
        for name in path:
            following = set()
            for state in states:
                part = parts[state] if state < end else _nothing
                if part is None:
                    following.add(end if state == end - 1 else state)
                    following.add(state)
                elif part(name):
                    following.add(state + 1)
            states = self._reach(following)
        return end in states

    def _reach(self, states: set[int]) -> set[int]:
        """With the states behind each `**`, which may match nothing, except at the end."""
        for state in sorted(states):
            while state < len(self.parts) - 1 and self.parts[state] is None:
                state += 1
                states.add(state)
        return states


def _nothing(name: str) -> bool:
    return False


class Globs:
    """Globs relative to a folder: the last one that matches a path decides."""

    def __init__(self, lines: Iterable[str], folder: str) -> None:
        self.folder = folder
        self._prefix = folder.rstrip(os.sep) + os.sep
        self._globs = [glob for line in lines if (glob := _glob(line)) is not None]

    def decides(self, path: str, *, is_folder: bool = False) -> bool | None:
        """Whether an absolute path is left out; None if no glob matches it. Of what lies outside of the
        folder, the way there counts, without the steps up."""
        parts = self._parts(path)
        return self._decides(parts, is_folder) if parts else None

    def leave_out(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path, or a folder that it lies in, is left out."""
        parts = self._parts(path)
        above = (self._decides(parts[:length], True) for length in range(1, len(parts)))
        return any(above) or bool(parts and self._decides(parts, is_folder))

    def _parts(self, path: str) -> list[str]:
        inside = path.startswith(self._prefix)
        relative = path[len(self._prefix) :] if inside else os.path.relpath(path, self.folder)
        return [part for part in relative.split(os.sep) if part not in (".", "..")]

    def _decides(self, parts: Sequence[str], is_folder: bool) -> bool | None:
        for glob in reversed(self._globs):
            if (is_folder or not glob.folders_only) and glob.matches(parts):
                return glob.leaves_out
        return None


def _glob(line: str) -> _Glob | None:
    """The glob of a line; None for a comment, and for what is none."""
    line = _TRAILING_BLANKS.sub("", line.rstrip("\r\n"))
    brings_back = line.startswith("!")
    text = line[brings_back:]
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    if not text or line.startswith("#"):
        return None
    names = text.split("/")
    if len(names) == 1:
        names.insert(0, "**")  # without a slash: in any folder
    elif not names[0]:
        del names[0]
    parts = tuple(None if name == "**" else _part(name) for name in names)
    return _Glob(not brings_back, folders_only, parts)


def _part(name: str) -> Callable[[str], object]:
    """What matches a part of a path. Escapes and classes are written as `fnmatch` takes them."""
    plain = _ESCAPED.sub(lambda match: f"[{match[1]}]" if match[1] in "*?[" else match[1], name)
    try:
        return re.compile(translate(_NEGATED_CLASS.sub("[!", plain))).match
    except re.error:  # such as a range that runs backwards
        return _nothing
