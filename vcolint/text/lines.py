"""The lines of a text, and where the places of findings stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from vcolint.text.value import Location

# The line ends of editors: not the form feeds and separators that `str.splitlines` also knows.
LINE_END = re.compile(r"\r\n|\n|\r")


class Lines:
    """A text with the offsets at which its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._returns = "\r" in text
        line_end = LINE_END if self._returns else "\n"  # several times as fast
        self.starts = [0, *(match.end() for match in re.finditer(line_end, text))]

    def __len__(self) -> int:
        return len(self.starts)

    def end(self, number: int) -> int:
        """The offset behind a line and its end."""
        return self.starts[number] if number < len(self.starts) else len(self.text)

    def line(self, number: int) -> str:
        """A line without its end; "" where the text has no such line."""
        if not 0 < number <= len(self.starts):
            return ""
        return self.text[self.starts[number - 1] : self.end(number)].rstrip("\r\n")

    def offsets(self, place: Location) -> tuple[int, int]:
        """The offsets of a place's first character, and of that behind its last one."""
        return (
            self.starts[place.line - 1] + place.column - 1,
            self.starts[place.end_line - 1] + place.end_column - 1,
        )

    def place(self, file: str, start: int, end: int) -> Location:
        """The place of the characters from one offset up to another."""
        return Location(file, *self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        if self._returns and self.text[offset - 1 : offset + 1] == "\r\n":  # one line end
            offset -= 1
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
