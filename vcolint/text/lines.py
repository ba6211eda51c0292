"""The lines of a text, and where the places of findings stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from vcolint.text.value import Location

# What ends a line: as editors count them.
_LINE_END = re.compile(r"\r\n|\n|\r")


class Lines:
    """A text with the offsets at which its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        if "\r" in text:
            self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        else:
            self.starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))][:-1]

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
        line, end_line = bisect_right(self.starts, start), bisect_right(self.starts, end)
        column, end_column = start - self.starts[line - 1] + 1, end - self.starts[end_line - 1] + 1
        return Location(file, line, column, end_line, end_column)
