"""Cuts lines of source files so that they can be shown with a value underlined."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from vcolint.text.source import Lines
from vcolint.text.value import Location
from vcolint.text.visible import BROKEN_HASH, LOG_COMMAND, escape

_CUT = "..."
_TAB = " " * 4
HIDDEN = "(sensitive)"


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
        file = location.file
        if file not in self._files:
            text = self._text_of(file)
            self._files[file] = None if text is None else Lines(text)
        lines = self._files[file]
        if lines is None or location.line > len(lines):
            return None
        if (file, location.line) in self._hidden:
            return Snippet(HIDDEN, 0, len(HIDDEN))
        first, behind = lines.starts[location.line - 1], lines.end(location.line)
        start = first + location.column - 1
        end = first + location.end_column - 1 if location.end_line == location.line else behind
        # Lines may be megabytes long: look only at the part that can be shown.
        left = max(first, start - self._width)
        right = min(behind, start + 2 * self._width)
        window = lines.text[left:right]
        if right == behind:
            window = window.rstrip("\r\n")
        return _cut(window, start - left, min(end, right) - left, self._width, left > first, right < behind)


def _cut(window: str, start: int, end: int, width: int, more_left: bool, more_right: bool) -> Snippet:
    """The window with characters `start` to `end` underlined, on at most `width` columns."""
    length = len(window)
    start, end = min(start, length), min(end, length)
    cells: Sequence[str] = window  # what is shown for each character
    columns: Sequence[int] = range(length + 1)  # the column where each character begins, and the end
    if not (window.isascii() and window.isprintable() and "##" not in window):
        shown = [_cell(character) for character in window]
        for match in LOG_COMMAND.finditer(window):
            shown[match.start() + 1] = BROKEN_HASH, len(BROKEN_HASH)
        cells = [text for text, _ in shown]
        columns = [0, *accumulate(columns for _, columns in shown)]
    first, last, at, behind = 0, length, columns[start], columns[end]
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
    tail = _CUT if more_right or last < length else ""
    text = window[first:last] if cells is window else "".join(cells[first:last])
    return Snippet(f"{head}{text}{tail}", at - columns[first] + len(head), max(1, behind - at))


@lru_cache(4096)
def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and how many columns of a terminal it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    if not character.isprintable():
        shown = escape(character)
        return shown, len(shown)
    if character.isascii():
        return character, 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return character, 0
    return character, 2 if east_asian_width(character) in "WF" else 1
