"""Readings that are cached between runs, for a program that reads the same files again and again."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping

from vcolint.model.reading import Reading

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
