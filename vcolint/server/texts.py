"""Open documents, and places in texts as editors count them.

vcolint counts lines and columns from 1, in characters. The protocol counts from 0, in units of UTF-8, UTF-16
or UTF-32, as client and server have agreed.
"""

from __future__ import annotations

import os
from functools import cached_property
from io import StringIO

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from vcolint.text.lines import LINE_END
from vcolint.text.value import Location

_WIDTHS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}  # bytes of a unit
_CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def path_of(uri: str) -> str | None:
    """The real path that a URI names; None if it names no file."""
    path = to_fs_path(uri)
    if not path or "\0" in path:
        return None
    return os.path.realpath(path)


def uri_of(path: str) -> str:
    """The URI of an absolute path."""
    return from_fs_path(path) or ""


class Document:
    """An open document: its text stands for the file's. A change makes another one.

    It is kept as lines, each with its end, the last one without: a keystroke in a document of 50 MB must not
    copy it.
    """

    def __init__(self, uri: str, version: int, lines: list[str], size: int) -> None:
        self.uri = uri  # as the client spells it
        self.version = version
        self.size = size  # characters
        self._lines = lines

    @classmethod
    def of(cls, uri: str, version: int, text: str) -> Document:
        """A document with this text."""
        text = valid(text)
        return cls(uri, version, _split(text), len(text))

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return "".join(self._lines)

    def changed(self, change: lsp.TextDocumentContentChangeEvent, version: int, encoding: str) -> Document:
        """The document after a change."""
        if not isinstance(change, lsp.TextDocumentContentChangePartial):
            return Document.of(self.uri, version, change.text)
        lines, (first, column) = self._lines.copy(), self._place(change.range.start, encoding)
        last, end = max((first, column), self._place(change.range.end, encoding))
        new = lines[first][:column] + valid(change.text) + lines[last][end:]
        if first and lines[first - 1].endswith("\r"):  # a line feed behind it belongs to it
            first -= 1
            new = lines[first] + new
        size = self.size + len(new) - sum(map(len, lines[first : last + 1]))
        inserted = _split(new)
        if last + 1 < len(lines):
            inserted.pop()  # the empty line behind the last end
        lines[first : last + 1] = inserted
        return Document(self.uri, version, lines, size)

    def _place(self, position: lsp.Position, encoding: str) -> tuple[int, int]:
        """The index of a line, and where in it a position is. What lies behind the end of a line or of the
        text is that end."""
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[position.line].rstrip("\r\n")
        return position.line, _characters(line, position.character, encoding)


def _split(text: str) -> list[str]:
    """The lines of a text, each with its end; the last one has none, and may be empty."""
    lines = StringIO(text, newline="").readlines()
    return lines if lines and lines[-1][-1] not in "\r\n" else [*lines, ""]


def valid(text: str) -> str:
    """The text without halves of characters, which JSON can carry and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _characters(line: str, units: int, encoding: str) -> int:
    """How many characters of a line that many units are."""
    if line.isascii() or encoding == "utf-32":
        return min(units, len(line))
    begin = line[:units].encode(_CODECS[encoding])[: units * _WIDTHS[encoding]]
    return len(begin.decode(_CODECS[encoding], "ignore"))


class Lines:
    """A text by its lines, to turn vcolint's places into the client's and back."""

    def __init__(self, text: str, encoding: str) -> None:
        self._encoding = encoding
        # Where every character is one unit, there is nothing to turn.
        plain = text.isascii() or encoding == "utf-32"
        self._lines: list[str] | None = None if plain else LINE_END.split(text)

    def range(self, place: Location) -> lsp.Range:
        """The range of a location."""
        return lsp.Range(
            self._position(place.line, place.column), self._position(place.end_line, place.end_column)
        )

    def _position(self, line: int, column: int) -> lsp.Position:
        character = column - 1
        if self._lines is not None and line <= len(self._lines):
            before = self._lines[line - 1][:character]
            if not before.isascii():
                character = len(before.encode(_CODECS[self._encoding])) // _WIDTHS[self._encoding]
        return lsp.Position(line - 1, character)

    def place(self, position: lsp.Position) -> tuple[int, int]:
        """The line and the column of a position."""
        character = position.character
        if self._lines is not None and position.line < len(self._lines):
            character = _characters(self._lines[position.line], character, self._encoding)
        return position.line + 1, character + 1
