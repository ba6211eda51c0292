"""A file's text, and the places in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from vcolint.value import Location, Scalar

# What ends a line: as editors count them, so not the form feeds and separators of `str.splitlines`.
_LINE_END = re.compile(r"\r\n|\n|\r")


class SyntaxFault(Exception):
    """The text is not what it should be. `start` and `end` are offsets into it."""

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = start if end is None else end


class Source:
    """The decoded text of one file, without its byte order mark; `file` is its name as shown."""

    __slots__ = ("_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts: list[int] | None = None

    def location(self, start: int, end: int) -> Location:
        """The place of the characters from `start` up to `end`, which are offsets into the text."""
        starts = self._starts
        if starts is None:
            starts = self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        line = bisect_right(starts, start)
        end_line = bisect_right(starts, end)
        return Location(
            self.file, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1
        )


class ScalarNode:
    """A scalar of YAML or JSON. `plain` is False where it was quoted or a block."""

    __slots__ = ("end", "plain", "start", "tag", "value")

    def __init__(
        self, value: Scalar, start: int, end: int, tag: str | None = None, plain: bool = True
    ) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.tag = tag  # an application's own tag, such as !Ref
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
    """A mapping of YAML or JSON: all its pairs as written, so a key may stand twice.

    `merged` holds the pairs that YAML's `<<` brings in, without those that the mapping gives itself.
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


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, with or without a byte order mark.

    Raises SyntaxFault with the offset of the first byte that is not UTF-8 (in characters before it).
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        raise SyntaxFault(f"byte 0x{error.object[error.start]:02x} is not UTF-8", len(before)) from None
