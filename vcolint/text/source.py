"""A file's text, and the places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.value import Location, Scalar

# What ends a line: as editors count them, so not the form feeds and separators of `str.splitlines`.
_LINE_END = re.compile(r"\r\n|\n|\r")

_BLOCK = 4096  # characters


class SyntaxFault(Exception):
    """The text is not what it should be. `start` and `end` are offsets into it."""

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = start if end is None else end


class LimitFault(SyntaxFault):
    """The text may be right, but it is deeper or larger than vcolint reads."""


class Problem(NamedTuple):
    """What is wrong with the input itself, in the reader's own terms.

    `kind` is one of `syntax` (the file cannot be read as what it is), `schema` (a field is missing,
    unknown or of the wrong type), `duplicate-key`, `weight-text` (0 or 100 as text where the format has
    numbers), `snapshot` (a live snapshot that does not hold all rows).
    """

    kind: str
    message: str
    location: Location
    entry: int | None = None  # index of the entry in its reading, where the problem is one entry's own
    field: str | None = None
    related: tuple[tuple[str, Location], ...] = ()


class Remark(NamedTuple):
    """A comment that speaks to vcolint: `# vcolint: ignore[VCO106] reason`. Readers do not look into it."""

    text: str  # from `vcolint:`, or what was to be that, to the end of the comment
    location: Location  # of that text


class Source:
    """The decoded text of one file, without its byte order mark; `file` is its name as shown."""

    __slots__ = ("_blocks", "_first_end", "_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._blocks: list[tuple[int, int]] = []  # of each block: the line it begins in, where that begins
        self._starts: list[int] = []  # of each line, where lines do not simply end with line feeds
        self._first_end = -1  # of the first line: what machines print is often one line only

    def location(self, start: int, end: int) -> Location:
        """The place of the characters from `start` up to `end`, which are offsets into the text."""
        if not self._blocks and not self._starts:
            self._index()
        if end <= self._first_end:
            return Location(self.file, 1, start + 1, 1, end + 1)
        return Location(self.file, *self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        if self._starts:
            if self.text[offset - 1 : offset + 1] == "\r\n":  # the two are one line end
                offset -= 1
            line = bisect_right(self._starts, offset)
            return line, offset - self._starts[line - 1] + 1
        begin = offset - offset % _BLOCK
        line, start = self._blocks[offset // _BLOCK]
        start = self.text.rfind("\n", begin, offset) + 1 or start
        return line + self.text.count("\n", begin, offset), offset - start + 1

    def _index(self) -> None:
        """Note where lines begin. To count line feeds is many times as fast as to list all of them."""
        text = self.text
        if "\r" in text:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
            return
        line, start = 1, 0
        for begin in range(0, len(text) + 1, _BLOCK):
            self._blocks.append((line, start))
            line += text.count("\n", begin, begin + _BLOCK)
            start = text.rfind("\n", begin, begin + _BLOCK) + 1 or start
        first_end = text.find("\n")
        self._first_end = first_end if first_end >= 0 else len(text)


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
        raise SyntaxFault(
            say("byte 0x{object} is not UTF-8", object=format(error.object[error.start], "02x")), len(before)
        ) from None
