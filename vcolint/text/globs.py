"""Globs as in `.gitignore`, read by pathspec.

Git decides level by level: a glob matches a path and nothing below it, and Git does not look into folders
that are left out. The patterns of pathspec also match everything below, so here they have to match up to the
end of the path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

_MOST_STARS = 12  # in one glob: matching more of them may take too long
_BELOW = "ps_d"  # pathspec's name for the slash in front of what is below the path


# Whether it leaves out what it matches (False: it includes it again), and the pattern.
_Glob = tuple[bool, "re.Pattern[str]"]


class Globs:
    """Globs relative to a folder: the last one that matches a path decides."""

    def __init__(self, lines: Iterable[str], folder: str) -> None:
        self.folder = folder
        self._prefix = folder.rstrip(os.sep) + os.sep
        self._globs = [glob for line in lines if (glob := _glob(line)) is not None]

    def decides(self, path: str, *, is_folder: bool = False) -> bool | None:
        """Whether an absolute path is left out; None if no glob matches it.

        Outside the folder, the relative path without its `..` is matched.
        """
        parts = self._parts(path)
        return self._decides(parts, is_folder) if parts else None

    def leave_out(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path or a folder above it is left out."""
        parts = self._parts(path)
        above = (self._decides(parts[:length], True) for length in range(1, len(parts)))
        return any(above) or bool(parts and self._decides(parts, is_folder))

    def _parts(self, path: str) -> list[str]:
        inside = path.startswith(self._prefix)
        relative = path[len(self._prefix) :] if inside else os.path.relpath(path, self.folder)
        return [part for part in relative.split(os.sep) if part not in (".", "..")]

    def _decides(self, parts: Sequence[str], is_folder: bool) -> bool | None:
        path = "/".join(parts) + "/" * is_folder
        return next((leaves for leaves, pattern in reversed(self._globs) if pattern.search(path)), None)


def _glob(line: str) -> _Glob | None:
    """The glob of a line; None for a comment or an invalid glob."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    line = line.rstrip("\r\n")
    if line.count("*") > _MOST_STARS:
        return None
    bare = line.rstrip(" ")
    if bare.endswith(("/**/", "/**")):  # means the content of a folder; for pathspec also the folder
        line = f"{bare}*/" if bare.endswith("/") else f"{bare}/*"
    try:
        read = GitIgnoreSpecPattern(line)
    except (GitIgnorePatternError, re.error):  # such as a range that runs backwards
        return None
    if read.include is None or read.regex is None:
        return None
    end = r"\Z" if _BELOW in read.regex.groupindex else ""
    return read.include, re.compile(f"(?:{read.regex.pattern}){end}", re.DOTALL)
