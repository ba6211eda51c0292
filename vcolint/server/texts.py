"""Open documents, and places in texts as editors count them.

vcolint counts lines and columns from 1, in characters. The protocol counts from 0, in units of UTF-8, UTF-16
or UTF-32, as client and server have agreed.
"""

from __future__ import annotations

import os
from functools import cached_property

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from vcolint.text.source import Source
from vcolint.text.value import Location

# The codecs of the units, and the bytes of a unit.
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def path_of(uri: str) -> str | None:
    """The real path that a URI names; None if it names no file."""
    path = to_fs_path(uri)
    return os.path.realpath(path) if path and "\0" not in path else None


def uri_of(path: str) -> str:
    """The URI of an absolute path."""
    return from_fs_path(path) or ""


def valid(text: str) -> str:
    """The text without halves of characters, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Document:
    """An open document: its text replaces that of the file. A change creates a new `Document`."""

    def __init__(self, uri: str, version: int, text: str) -> None:
        self.uri = uri  # as the client spells it
        self.version = version
        self.text = text

    @cached_property
    def lines(self) -> Source:
        """The lines of the text."""
        return Source(self.uri, self.text)

    def changed(self, change: lsp.TextDocumentContentChangeEvent, version: int, encoding: str) -> Document:
        """The document after a change."""
        if not isinstance(change, lsp.TextDocumentContentChangePartial):
            return Document(self.uri, version, valid(change.text))
        start, end = (self._offset(at, encoding) for at in (change.range.start, change.range.end))
        text = self.text[:start] + valid(change.text) + self.text[max(start, end) :]
        return Document(self.uri, version, text)

    def _offset(self, position: lsp.Position, encoding: str) -> int:
        """The offset of a position. A position past the end of a line or of the text is that end."""
        line, column = place_of(self.lines, position, encoding)
        if line > len(self.lines):
            return len(self.text)
        return self.lines.starts[line - 1] + min(column - 1, len(self.lines.line(line)))


def place_of(lines: Source, position: lsp.Position, encoding: str) -> tuple[int, int]:
    """The line and the column of a position."""
    line, column = lines.line(position.line + 1), position.character
    if not line.isascii():
        codec, width = _UNITS[encoding]
        column = len(line[:column].encode(codec)[: column * width].decode(codec, "ignore"))
    return position.line + 1, column + 1


def range_of(lines: Source, place: Location, encoding: str) -> lsp.Range:
    """The range of a place."""
    codec, width = _UNITS[encoding]

    def position(line: int, column: int) -> lsp.Position:
        start = lines.starts[line - 1] if line <= len(lines) else len(lines.text)
        before = lines.text[start : start + column - 1]
        more = 0 if before.isascii() else len(before.encode(codec)) // width - len(before)
        return lsp.Position(line - 1, column - 1 + more)

    return lsp.Range(position(place.line, place.column), position(place.end_line, place.end_column))
