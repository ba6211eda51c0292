"""Readings that are kept from one run to the next, for a program that reads the same files over and over."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping

from vcolint.model.reading import Reading

# The state of a file when it was read: its text in an overlay, or its time, size and inode on the disk.
_Stamp = bytes | tuple[int, int, int] | None


class StoppedError(Exception):
    """Nobody needs this run any more."""


class Kept:
    """Keeps readings with the stamps of the files that they rest on."""

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
        """The reading for a key: the one from before if the files that it rests on are as they were.

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
        """Keep nothing."""
        self._held = {}


def _stamp(path: str, overlay: Mapping[str, bytes]) -> _Stamp:
    if path in overlay:
        return overlay[path]
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
