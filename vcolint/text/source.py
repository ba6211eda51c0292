"""The text of a file, and the places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.value import Location, Scalar

MAX_DEPTH = 200  # of lists and mappings in YAML and JSON
TOO_DEEP = say("nested more than 200 levels deep")  # with no value: its language is chosen later


class SyntaxFault(Exception):
    """The text is not valid. `start` and `end` are offsets into it."""

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = start if end is None else end


class Problem(NamedTuple):
    """A fault in the input itself.

    `kind` is one of `syntax` (the file cannot be read as what it is), `schema` (a field is missing,
    unknown or of the wrong type), `duplicate-key`, `weight-text` (0 or 100 as text where the format has
    numbers), `snapshot` (a live snapshot that does not hold all rows).
    """

    kind: str
    message: str
    location: Location
    entry: int | None = None  # the index of the entry in its reading, if the problem belongs to one
    field: str | None = None
    related: tuple[tuple[str, Location], ...] = ()


class Remark(NamedTuple):
    """A comment for vcolint: `# vcolint: ignore[VCO106] reason`. Readers do not interpret it."""

    text: str  # from `vcolint:` to the end of the comment
    location: Location  # of that text


# Line ends as in editors, without the form feeds and separators that `str.splitlines` also knows.
LINE_END = re.compile(r"\r\n|\n|\r")


class Source:
    """The decoded text of one file, without its byte order mark. `file` is its name as shown."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.documents: list[Node] | None = None  # from the recognition of its kind until it is read

    @cached_property
    def starts(self) -> list[int]:
        """The offsets at which the lines begin."""
        line_end = LINE_END if "\r" in self.text else "\n"  # several times as fast
        return [0, *(match.end() for match in re.finditer(line_end, self.text))]

    def __len__(self) -> int:
        return len(self.starts)

    def end(self, number: int) -> int:
        """The offset after a line and its end."""
        return self.starts[number] if number < len(self.starts) else len(self.text)

    def line(self, number: int) -> str:
        """A line without its end; "" if the text has no such line."""
        if not 0 < number <= len(self.starts):
            return ""
        return self.text[self.starts[number - 1] : self.end(number)].rstrip("\r\n")

    def offsets(self, place: Location) -> tuple[int, int]:
        """The offsets of a place's first character and of the character after its last one."""
        return (
            self.starts[place.line - 1] + place.column - 1,
            self.starts[place.end_line - 1] + place.end_column - 1,
        )

    def location(self, start: int, end: int) -> Location:
        """The place of the characters from `start` up to `end`, which are offsets into the text."""
        line, column = self._position(start)
        if end + 1 < self.end(line):  # before the end of the line, which may be two characters
            return Location(self.file, line, column, line, column + end - start)
        return Location(self.file, line, column, *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        if self.text[offset - 1 : offset + 1] == "\r\n":  # one line end
            offset -= 1
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


class ScalarNode:
    """A scalar of YAML or JSON. `plain`: without quotes, and not a block."""

    __slots__ = ("end", "plain", "start", "tag", "value")

    def __init__(
        self, value: Scalar, start: int, end: int, tag: str | None = None, plain: bool = True
    ) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.tag = tag  # the tag of an application, such as !Ref
        self.plain = plain


class SequenceNode:
    """A sequence of YAML or JSON."""

    __slots__ = ("end", "items", "start", "tag")

    def __init__(self, items: list[Node], start: int, end: int, tag: str | None = None) -> None:
        self.items = items
        self.start = start
        self.end = end
        self.tag = tag


class MappingNode:
    """A mapping of YAML or JSON, with all pairs as written: a key may occur twice.

    `merged` holds the pairs from `<<` in YAML whose keys are not in `pairs`.
    """

    __slots__ = ("end", "merged", "pairs", "start", "tag")

    def __init__(
        self,
        pairs: list[tuple[Node, Node]],
        start: int,
        end: int,
        tag: str | None = None,
        merged: list[tuple[Node, Node]] | None = None,
    ) -> None:
        self.pairs = pairs
        self.start = start
        self.end = end
        self.tag = tag
        self.merged = merged or []


Node = ScalarNode | SequenceNode | MappingNode


def whole(text: str) -> int | float:
    """A whole number. Python refuses to read very long ones: they become a float, usually an infinite one."""
    try:
        return int(text)
    except ValueError:
        return float(text)
