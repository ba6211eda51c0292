"""The words of a shell script, and the events that the scanner makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from vcolint.locale import say

NEWLINE = re.compile(r"\r?\n|\r")
_PLAIN = re.compile(r"[^\s;&|()<>\\'\"`$]+")
_IN_DOUBLE = re.compile(r"[^\\\"`$]+")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_SPECIAL = re.compile(r"\$(?:[0-9]|[@*#?$!-])")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?)=")
_ANSI_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_IN_BRACES = re.compile(r"\\.|'[^'\n]*'|\$?\{|\}", re.DOTALL)
_BACKTICKS = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_BRACES = re.compile(r"\{([^{}\s]*)\}")


class Part(NamedTuple):
    """A piece of a word: text, or an expansion as written."""

    text: str
    variable: str | None = None  # the variable that it stands for, where it is nothing but that
    expansion: bool = False
    quoted: bool = False
    volatile: bool = False  # may give something else each time: a command, $RANDOM


class Block(NamedTuple):
    """A loop, branch, function or bracket that is open."""

    kind: str
    start: int
    function: int | None  # where the function begins that it is in


class Word(NamedTuple):
    parts: list[Part]
    start: int
    end: int

    @property
    def literal(self) -> str | None:
        """Its text, if it holds no expansion."""
        if any(part.expansion for part in self.parts):
            return None
        return "".join(part.text for part in self.parts)


class Assignment(NamedTuple):
    """Something that sets a variable: to a word, or to an unknown value (None)."""

    name: str
    word: Word | None
    offset: int
    depth: int
    function: int | None
    local: bool


class Command(NamedTuple):
    words: list[Word]
    depth: int
    function: int | None


class Anything(NamedTuple):
    """A command after which any variable may be another: `source`, `eval`."""

    offset: int


Event = Assignment | Command | Anything


class UnclosedError(Exception):
    """A quote or bracket that nothing closes, and where it opens."""

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.what = what
        self.start = start


class Words:
    """Cuts a script into words. A substitution or an array holds commands: the scanner reads those."""

    def __init__(self, text: str, commands: Callable[[int], int], items: Callable[[int], int]) -> None:
        self.text = text
        # Both take where a `(` stands, and give where it ends behind its `)`.
        self._commands = commands  # of a substitution
        self._items = items  # of an array

    def at(self, start: int) -> Word:
        """The word that begins at `start`; at least one character."""
        text = self.text
        parts: list[Part] = []
        index = start
        while index < len(text):
            if match := _PLAIN.match(text, index):
                plain = match.group()
                parts.append(Part(plain, None, _is_expanded(plain)))
                index = match.end()
                continue
            character = text[index]
            if character == "\\":
                match = NEWLINE.match(text, index + 1)
                if match:
                    index = match.end()
                else:
                    parts.append(Part(text[index + 1 : index + 2], None, False, True))
                    index += 2
            elif character == "'":
                end = text.find("'", index + 1)
                if end < 0:
                    raise UnclosedError(say("this quote"), index)
                parts.append(Part(text[index + 1 : end], None, False, True))
                index = end + 1
            elif character == '"':
                index = self._double(index, parts)
            elif character == "`":
                index = self._backticks(index, parts, False)
            elif character == "$":
                index = self._dollar(index, parts, False)
            elif character == "(" and parts and ASSIGNMENT.fullmatch(text, start, index):
                index = self._array(index, parts)
            else:
                break
        return Word(parts, start, min(max(index, start + 1), len(text)))

    def _array(self, index: int, parts: list[Part]) -> int:
        """Behind the list of an array."""
        end = self._items(index)
        parts.append(Part(self.text[index:end], None, True))
        return end

    def _double(self, index: int, parts: list[Part]) -> int:
        text = self.text
        start = index
        index += 1
        parts.append(Part("", None, False, True))
        while index < len(text):
            if match := _IN_DOUBLE.match(text, index):
                parts.append(Part(match.group(), None, False, True))
                index = match.end()
                continue
            character = text[index]
            if character == '"':
                return index + 1
            if character == "\\":
                match = NEWLINE.match(text, index + 1)
                if match:
                    index = match.end()
                    continue
                following = text[index + 1 : index + 2]
                kept = following if following in '$`"\\' else f"\\{following}"
                parts.append(Part(kept, None, False, True))
                index += 2
            elif character == "`":
                index = self._backticks(index, parts, True)
            else:
                index = self._dollar(index, parts, True)
        raise UnclosedError(say("this quote"), start)

    def _backticks(self, index: int, parts: list[Part], quoted: bool) -> int:
        match = _BACKTICKS.match(self.text, index)
        if match is None:
            raise UnclosedError(say("this backtick"), index)
        parts.append(Part(match.group(), None, True, quoted, True))
        return match.end()

    def _dollar(self, index: int, parts: list[Part], quoted: bool) -> int:
        text = self.text
        if match := _VARIABLE.match(text, index):
            name = match[1] or match[2]
            volatile = name in ("RANDOM", "SRANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "EPOCHREALTIME")
            parts.append(Part(match.group(), name, True, quoted, volatile))
            return match.end()
        if match := _SPECIAL.match(text, index):
            volatile = match.group()[1] in "?$!"
            parts.append(Part(match.group(), None, True, quoted, volatile))
            return match.end()
        following = text[index + 1 : index + 2]
        if text.startswith("$((", index):
            end = text.find("))", index)
            if end < 0:
                raise UnclosedError(say("this bracket"), index)
            parts.append(Part(text[index : end + 2], None, True, quoted))
            return end + 2
        if following == "(":
            end = self._commands(index + 1)
            parts.append(Part(text[index:end], None, True, quoted, True))
            return end
        if following == "{":
            end = self._brace(index + 2)
            written = text[index:end]
            parts.append(Part(written, None, True, quoted, "$(" in written or "`" in written))
            return end
        if following == "'" and not quoted:
            match = _ANSI_QUOTED.match(text, index + 1)
            if match is None:
                raise UnclosedError(say("this quote"), index + 1)
            parts.append(Part(match[1], None, "\\" in match[1], True))
            return match.end()
        if following == '"' and not quoted:
            return self._double(index + 1, parts)
        parts.append(Part("$", None, False, quoted))
        return index + 1

    def _brace(self, index: int) -> int:
        """Behind the `}` that closes the `${` before `index`."""
        depth = 1
        start = index - 2
        for match in _IN_BRACES.finditer(self.text, index):
            token = match.group()
            depth += 1 if token.endswith("{") and token[0] != "\\" else -1 if token == "}" else 0
            if not depth:
                return match.end()
        raise UnclosedError(say("this bracket"), start)


def _is_expanded(plain: str) -> bool:
    """Whether a word without quotes is several: `10.{1,2}.0.0/16`, `{1..9}`."""
    return any("," in match[1] or ".." in match[1] for match in _BRACES.finditer(plain))
