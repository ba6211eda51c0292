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
from vcolint.text.visible import BROKEN_HASH, LOG_COMMAND, escape

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
        first, behind = lines.starts[number - 1], lines.end(number)
        start = first + location.column - 1
        end = first + location.end_column - 1 if location.end_line == number else behind
        # Lines may be megabytes long: look only at the part that can be shown.
        width = self._width
        left, right = max(first, start - width), min(behind, start + 2 * width)
        window = lines.text[left:right]
        if right == behind:
            window = window.rstrip("\r\n")
        span = min(start - left, len(window)), min(end - left, len(window))
        around = left > first, right < behind
        if window.isascii():
            snippet = _cut(window, range(len(window) + 1), *span, width, *around)
            if snippet.text.isprintable() and "##" not in snippet.text:
                return snippet
        shown = [_cell(character) for character in window]
        for match in LOG_COMMAND.finditer(window):
            shown[match.start() + 1] = BROKEN_HASH, len(BROKEN_HASH)
        columns = [0, *accumulate(taken for _, taken in shown)]
        return _cut([text for text, _ in shown], columns, *span, width, *around)


def _cut(
    cells: Sequence[str],
    columns: Sequence[int],
    start: int,
    end: int,
    width: int,
    more_left: bool,
    more_right: bool,
) -> Snippet:
    """The cells with those from `start` to `end` underlined, on at most `width` columns. `columns` says where
    each cell begins, and the end."""
    first, last, at, behind = 0, len(cells), columns[start], columns[end]
    if columns[-1] > width:
        # Keep what is underlined in sight, with a third of the room in front of it.
        room = width - 2 * len(_CUT)
        first = bisect_left(columns, max(0, min(at - room // 3, columns[-1] - room)))
        if columns[first] <= len(_CUT) and not more_left:
            first = 0  # the mark would take as much room as it saves
            room += len(_CUT)
        last = bisect_right(columns, columns[first] + room) - 1
        behind = min(behind, columns[last])
    head = _CUT if more_left or first > 0 else ""
    tail = _CUT if more_right or last < len(cells) else ""
    text = cells[first:last]
    text = text if isinstance(text, str) else "".join(text)
    return Snippet(f"{head}{text}{tail}", at - columns[first] + len(head), max(1, behind - at))


@lru_cache(4096)
def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and how many columns of a terminal it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    shown = character if character.isprintable() else escape(character)
    return shown, columns_of(shown)
