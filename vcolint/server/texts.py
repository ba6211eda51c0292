"""Open documents, and places in texts as editors count them.

vcolint counts lines and columns from 1, in characters. The protocol counts from 0, in units of UTF-8, UTF-16
or UTF-32, as client and server have agreed.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import NamedTuple

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from vcolint.text.value import Location

LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}  # bytes of a unit
_CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_CHUNK = 1 << 16  # characters


def path_of(uri: str) -> str | None:
    """The real path that a URI names; None if it names no file."""
    path = to_fs_path(uri)
    if not path or "\0" in path:
        return None
    return os.path.realpath(path)


def uri_of(path: str) -> str:
    """The URI of an absolute path."""
    return from_fs_path(path) or ""


class Document(NamedTuple):
    """An open document: its text stands for the file's."""

    uri: str  # as the client spells it
    version: int
    text: str

    def changed(self, change: lsp.TextDocumentContentChangeEvent, version: int, encoding: str) -> Document:
        """The document after a change."""
        new = valid(change.text)
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            start = offset(self.text, change.range.start, encoding)
            end = max(start, offset(self.text, change.range.end, encoding))
            new = self.text[:start] + new + self.text[end:]
        return Document(self.uri, version, new)


def valid(text: str) -> str:
    """The text without halves of characters, which JSON can carry and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def offset(text: str, position: lsp.Position, encoding: str) -> int:
    """Where in a text a position is. What lies behind the end of a line or of the text is that end."""
    start = _line_start(text, position.line)
    end = LINE_END.search(text, start)
    line = text[start : end.start() if end else len(text)]
    return start + _characters(line, position.character, encoding)


def _line_start(text: str, line: int) -> int:
    """Where a line begins. A large document is not cut into lines at every keystroke."""
    if line <= 0:
        return 0
    if "\r" in text:
        found = next(islice(LINE_END.finditer(text), line - 1, None), None)
        return found.end() if found else len(text)
    begin = 0
    while line > (count := text.count("\n", begin, begin + _CHUNK)):
        line -= count
        begin += _CHUNK
        if begin >= len(text):
            return len(text)
    for _ in range(line):
        begin = text.find("\n", begin) + 1
    return begin


def _characters(line: str, units: int, encoding: str) -> int:
    """How many characters of a line that many units are."""
    if line.isascii() or encoding == "utf-32":
        return min(units, len(line))
    begin = line.encode(_CODECS[encoding])[: units * _WIDTHS[encoding]]
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
