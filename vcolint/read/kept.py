"""Readings that are kept from one run to the next, for a program that reads the same files over and over."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import NamedTuple

from vcolint.model.reading import Reading

# The state of a file when it was read: its text in an overlay, or its time, size and inode on the disk.
_Stamp = bytes | tuple[int, int, int] | None


class StoppedError(Exception):
    """Nobody needs this run any more."""


class _Held(NamedTuple):
    reading: Reading | None
    stamps: dict[str, _Stamp]  # of each file that it rests on


class Kept:
    """Keeps the readings of the last run. A reading that the next run does not ask for is dropped."""

    def __init__(self) -> None:
        self.stop = False  # another thread sets this to end a run at the next file
        self._before: dict[Hashable, _Held] = {}
        self._now: dict[Hashable, _Held] = {}

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
        held = self._before.get(key)
        if held is None or any(_stamp(path, overlay) != was for path, was in held.stamps.items()):
            reading = make()
            held = _Held(reading, {path: _stamp(path, overlay) for path in rests_on(reading)})
        self._now[key] = held
        return held.reading

    def turn(self, *, whole: bool) -> None:
        """End a run. `whole`: it was not stopped, so that what it did not ask for can go."""
        self._before = self._now if whole else {**self._before, **self._now}
        self._now = {}

    def clear(self) -> None:
        """Keep nothing."""
        self._before = {}


def _stamp(path: str, overlay: Mapping[str, bytes]) -> _Stamp:
    if path in overlay:
        return overlay[path]
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
