"""Cuts lines of source files so that they can be shown with a value underlined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from vcolint.render.columns import columns
from vcolint.text.source import Source
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
    """Snippets from the files of one report, at most `width` columns wide."""

    def __init__(
        self, text_of: Callable[[str], str | None], sensitive: Iterable[Location], width: int
    ) -> None:
        self._width = width
        self._lines = cache(lambda file: None if (text := text_of(file)) is None else Source(file, text))
        # Lines with a part of a sensitive value are never shown.
        self._hidden = {
            (place.file, line) for place in sensitive for line in range(place.line, place.end_line + 1)
        }

    def at(self, location: Location) -> Snippet | None:
        """The first line of the location; None if there is no such line."""
        file, number, column, end_line, end_column = location
        lines = self._lines(file)
        if lines is None or number > len(lines.starts):
            return None
        if self._hidden and (file, number) in self._hidden:
            return Snippet(SENSITIVE, 0, len(SENSITIVE))
        text, first, behind = lines.text, lines.starts[number - 1], lines.end(number)
        while behind > first and text[behind - 1] in "\r\n":
            behind -= 1
        start = min(first + column - 1, behind)
        end = min(first + end_column - 1, behind) if end_line == number else behind
        room = self._width
        while True:
            left, right, head, tail = first, behind, "", ""
            if right - left > room:
                # Keep the value in sight, with a third of the room in front of it.
                inner = room - 2 * len(_CUT)
                left = max(first, min(start - inner // 3, behind - inner))
                if left - first <= len(_CUT):  # the mark would take as much room as it saves
                    left = first
                right = min(left + inner, behind)
                head, tail = _CUT if left > first else "", _CUT if right < behind else ""
            shown = text[left:right]
            at, length = start - left, min(end, right) - start
            if not shown.isascii() or not shown.isprintable() or "##" in shown:
                cells = [_cell(character) for character in shown]
                for match in LOG_COMMAND.finditer(text, left, right):
                    cells[match.start() + 1 - left] = BROKEN_HASH, len(BROKEN_HASH)
                taken = [width for _, width in cells]
                if len(head) + sum(taken) + len(tail) > self._width:  # wide characters: show fewer
                    room = room * 7 // 8
                    continue
                at, length = sum(taken[: start - left]), sum(taken[start - left : end - left])
                shown = "".join(cell for cell, _ in cells)
            return Snippet(f"{head}{shown}{tail}", at + len(head), max(1, length))


@lru_cache(4096)
def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and how many columns of a terminal it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    shown = character if character.isprintable() else escape(character)
    return shown, columns(shown)
