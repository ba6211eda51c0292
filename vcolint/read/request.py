"""The request of a run: what to read, and the readings of earlier runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from vcolint.model.reading import Reading
from vcolint.text.opening import MAX_BYTES, NO_OVERLAY

STDIN = "<stdin>"


def standard_input() -> bytes:
    """The content of standard input, up to a limit."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


class Environment(NamedTuple):
    """The values with which a Terraform root is read."""

    name: str
    root: str  # a folder
    var_files: Sequence[str]  # after those of all roots
    workspace: str


# The state of a file when it was read: its text in an overlay, or its time, size and inode on disk.
_Stamp = bytes | tuple[int, int, int] | None


class StoppedError(Exception):
    """The result of this run is no longer needed."""


class Kept:
    """Caches readings with the stamps of the files that they depend on."""

    def __init__(self) -> None:
        self.stop = False  # another thread sets this to end a run at the next file
        self._held: dict[Hashable, tuple[Reading | None, dict[str, _Stamp]]] = {}

    def reading(
        self,
        key: Hashable,
        overlay: Mapping[str, bytes],
        make: Callable[[], Reading | None],
        rests_on: Callable[[Reading | None], Iterable[str]],
    ) -> Reading | None:
        """The reading for a key: the cached one if the files that it depends on have not changed.

        `rests_on` names these files by real path. Raises StoppedError.
        """
        if self.stop:
            raise StoppedError
        reading, stamps = self._held.get(key, (None, {}))
        if not stamps or any(_stamp(path, overlay) != was for path, was in stamps.items()):
            reading = make()
            self._held[key] = reading, {path: _stamp(path, overlay) for path in rests_on(reading)}
        return reading

    def clear(self) -> None:
        """Empty the cache."""
        self._held = {}


def _stamp(path: str, overlay: Mapping[str, bytes]) -> _Stamp:
    if path in overlay:
        return overlay[path]
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


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
    overlay: Mapping[str, bytes] = NO_OVERLAY  # contents that replace those of files, by `overlaid` name
    kept: Kept | None = None  # readings of earlier runs with the same settings


def overlaid(shown: str) -> str:
    """The name in an overlay of a file with this shown name."""
    return os.path.realpath(shown)
