"""Cuts lines of source files so that they can be shown with a value underlined."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from vcolint.render.columns import columns as columns_of
from vcolint.text.source import Lines
from vcolint.text.value import SENSITIVE, Location
from vcolint.text.wording import BROKEN_HASH, LOG_COMMAND, escape

_CUT = "..."
_TAB = " " * 4


class Snippet(NamedTuple):
    """One line to show, and which columns to underline: `length` columns from `start` (0-based)."""

    text: str
    start: int
    length: int


class Snippets:
    """Snippets from the files of one report."""

    def __init__(
        self, text_of: Callable[[str], str | None], sensitive: Iterable[Location], width: int
    ) -> None:
        self._text_of = text_of
        self._width = width
        self._files: dict[str, Lines | None] = {}
        # Lines with a part of a sensitive value are never shown.
        self._hidden = {
            (place.file, line) for place in sensitive for line in range(place.line, place.end_line + 1)
        }

    def at(self, location: Location) -> Snippet | None:
        """The first line of the location; None if there is no such line."""
        file, number = location.file, location.line
        if file not in self._files:
            text = self._text_of(file)
            self._files[file] = None if text is None else Lines(text)
        lines = self._files[file]
        if lines is None or number > len(lines):
            return None
        if self._hidden and (file, number) in self._hidden:
            return Snippet(SENSITIVE, 0, len(SENSITIVE))
        text, first, behind = lines.text, lines.starts[number - 1], lines.end(number)
        while behind > first and text[behind - 1] in "\r\n":
            behind -= 1
        start = min(first + location.column - 1, behind)
        end = min(first + location.end_column - 1, behind) if location.end_line == number else behind
        if text.isascii():  # each character takes one column
            columns: Sequence[int] = range(behind - first + 1)
            own, last, *underlined = _cut(columns, start - first, end - first, self._width)
            shown = text[first + own : first + last]
            if shown.isprintable() and "##" not in shown:
                return _marked(shown, own > 0, first + last < behind, *underlined)
        # Lines may be megabytes long: look only at the part that can be shown.
        left, right = max(first, start - self._width), min(behind, start + 2 * self._width)
        window = text[left:right]
        cells = [_cell(character) for character in window]
        for match in LOG_COMMAND.finditer(window):
            cells[match.start() + 1] = BROKEN_HASH, len(BROKEN_HASH)
        columns = [0, *accumulate(taken for _, taken in cells)]
        own, last, *underlined = _cut(
            columns, start - left, min(end, right) - left, self._width, left > first
        )
        shown = "".join(cell for cell, _ in cells[own:last])
        return _marked(shown, left + own > first, left + last < behind, *underlined)


def _marked(shown: str, more_left: bool, more_right: bool, start: int, length: int) -> Snippet:
    """A part of a line, with marks where there is more of it."""
    head, tail = _CUT if more_left else "", _CUT if more_right else ""
    return Snippet(f"{head}{shown}{tail}", start + len(head), length)


def _cut(
    columns: Sequence[int], start: int, end: int, width: int, more_left: bool = False
) -> tuple[int, int, int, int]:
    """Which cells of a line to show, so that they fit the width together with the marks for what is cut off.

    Returns the first cell, the one after the last, the column of the cell `start` among them, and the number
    of columns from there to the cell `end`. `columns` holds the column where each cell begins, and where the
    last one ends: a range if each cell takes one column. `more_left`: cells before these are not given.
    """
    first, last, at, behind = 0, len(columns) - 1, columns[start], columns[end]
    if columns[-1] > width:
        # Keep what is underlined in sight, with a third of the room in front of it.
        room = width - 2 * len(_CUT)
        wanted = max(0, min(at - room // 3, columns[-1] - room))
        plain = isinstance(columns, range)
        first = wanted if plain else bisect_left(columns, wanted)
        if columns[first] <= len(_CUT) and not more_left:
            first = 0  # the mark would take as much room as it saves
            room += len(_CUT)
        until = columns[first] + room
        last = min(until, last) if plain else bisect_right(columns, until) - 1
        behind = min(behind, columns[last])
    return first, last, at - columns[first], max(1, behind - at)


@lru_cache(4096)
def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and how many columns of a terminal it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    shown = character if character.isprintable() else escape(character)
    return shown, columns_of(shown)
