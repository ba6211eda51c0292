"""Splits a script into its commands, in the order of the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from vcolint.locale import say
from vcolint.text.source import SyntaxFault


def _nested(opening: str, closing: str) -> str:
    """A pattern for the text between two brackets, with up to three levels of such brackets in it."""
    plain = rf"\\.|[^\\{opening}{closing}]"
    inside = rf"(?:{plain})*"
    for _ in range(3):
        inside = rf"(?:{plain}|\{opening}{inside}\{closing})*"
    return inside


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
ASSIGNMENT = re.compile(rf"({_NAME})(\[[^\]]*\])?(\+?)=")

# The pieces of a word. Other text is a delimiter, contains commands, or is not closed.
_EXPANSIONS = rf"""
  | \$(?P<variable>{_NAME}) | \$\{{(?P<braced>{_NAME})\}}
  | (?P<expansion> \$[0-9@*#?$!-] | \$\(\({_nested("(", ")")}\)\) | \$\{{{_nested("{", "}")}\}} )
"""
_PIECE = re.compile(
    rf"""
    (?P<plain>[^ \t\r\n;&|()<>\\'"`$]+)
  | \\(?:\r?\n|\r) | \$(?=")
  | \\(?P<escaped>.?)
  | '(?P<single>[^']*)'
  | \$'(?P<ansi>(?:[^'\\]|\\.)*)'
  {_EXPANSIONS}
  | (?P<lone>\$(?![{{('"]))""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED_PIECE = re.compile(
    rf"""
    (?P<plain> [^\\"`$]+ | \\(?![$`"\\\r\n]) )
  | \\(?:\r?\n|\r)
  | \\(?P<escaped>.)
  {_EXPANSIONS}
  | (?P<lone>\$(?![{{(]))""",
    re.VERBOSE | re.DOTALL,
)
# `10.{1,2}.0.0/16`, `{1..9}`, `{}` of xargs
_BRACES = re.compile(r"\{(?:|[^{}\s]*(?:,|\.\.)[^{}\s]*)\}")

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+|#[^\r\n]*")
_COMMENT = re.compile(r"#(?:\\.|[^`\\\r\n])*\\?")  # in backticks
_NOTHING = re.compile(rf"`[ \t]*{_COMMENT.pattern}`")
_REMARK = re.compile(r"#[ \t]*(vcolint(?::|[ \t_-]*ignore).*?)\s*$", re.IGNORECASE)
_FUNCTION = re.compile(r"function[ \t]+[^\s(){}]+[ \t]*(?:\([ \t]*\))?|[\w.:-]+[ \t]*\([ \t]*\)")
_REDIRECTION = re.compile(r"[0-9]*(<<[-<]?|<>|[<>]&|>[>|]|[<>](?!\()|&>>?)[ \t]*")
_SEPARATOR = re.compile(r"\r?\n|\r|&&|\|\||;;&?|;&|\|&|[;&|)]")
_INNER = re.compile(r"`|[$<>]?\(")  # the beginning of commands in a word, or of an array
_ARITHMETIC = re.compile(rf"\(\(({_nested('(', ')')})\)\)", re.DOTALL)

_OPENS = frozenset({"if", "for", "select", "while", "until", "case", "{"})
_CLOSES = frozenset({"fi", "done", "esac", "}"})
_BEFORE_COMMAND = _CLOSES | {"if", "then", "else", "elif", "while", "until", "do", "!", "time", "{"}
_PERHAPS = frozenset({"&&", "||", "|", "|&"})  # the next command may not run, or not in this shell
_MAX_DEPTH = 50  # of brackets


class Part(NamedTuple):
    """A piece of a word: text, or an expansion as written."""

    text: str
    quoted: bool = False
    expansion: bool = False
    variable: str | None = None  # the variable, if the part is nothing but a variable


class Word(NamedTuple):
    parts: list[Part]
    start: int
    end: int

    @property
    def written(self) -> str:
        """The word without its quotes."""
        return "".join(part.text for part in self.parts)

    @property
    def literal(self) -> str | None:
        """The text of the word, if it holds no expansion."""
        return None if any(part.expansion for part in self.parts) else self.written

    def after(self, length: int) -> Word:
        """The word without the beginning of its first part."""
        first, *others = self.parts
        start = self.start if first.quoted else min(self.start + length, self.end)
        return Word([first._replace(text=first.text[length:]), *others], start, self.end)


class Command(NamedTuple):
    words: list[Word]
    depth: int  # of the loops, branches, functions and brackets around it
    function: int | None  # the beginning of the function around it


class Scanner:
    """Splits a script into commands. `scan` raises SyntaxFault where a quote or a bracket is not closed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.commands: list[Command] = []
        self.remarks: list[tuple[int, int]] = []  # the beginning and the end of each
        self._blocks: list[int | None] = []  # open ones, each with the beginning of the function around it
        self._heredocs: list[str] = []  # patterns for the last lines of those that begin in this line
        self._closing: list[str] = []  # the characters that close the current list and those around it

    def scan(self) -> None:
        self._list(0, 0, "")

    def _list(self, opening: int, index: int, closing: str, function: int | None = None) -> int:
        """Read the commands from `index` up to the bracket that closes the one at `opening`. Returns the
        index after it. If this is the body of a function, `function` is its
        beginning."""
        text = self.text
        self._open(function)
        self._closing.append(closing)
        if len(self._closing) > _MAX_DEPTH:
            raise _not_closed(opening)
        around = len(self._blocks)
        words: list[Word] = []
        cases = 0
        perhaps = False  # the command may not run
        function = None  # the beginning of a function whose name was read
        while text[index : index + 1] != closing or (cases and closing == ")"):
            if index == len(text):
                raise _not_closed(opening)
            if match := (closing == "`" and _COMMENT.match(text, index)) or _BLANK.match(text, index):
                if remark := _REMARK.search(match[0]):
                    self.remarks.append((index + remark.start(1), index + remark.end(1)))
                index = match.end()
            elif match := _REDIRECTION.match(text, index):
                word = self._word(match.end())
                index = word.end
                if match[1] in ("<<", "<<-"):
                    tabs = "\t*" if match[1] == "<<-" else ""
                    self._heredocs.append(rf"^{tabs}{re.escape(word.written)}\r?$")
            elif match := _SEPARATOR.match(text, index):
                index = match.end() if match[0] not in "\r\n" else self._after_heredocs(match.end())
                if words or match[0] in _PERHAPS:
                    self._end(words, perhaps)
                    words, perhaps = [], match[0] in _PERHAPS
            elif not words and (match := _FUNCTION.match(text, index)):
                function, index = index, match.end()
            elif (match := _ARITHMETIC.match(text, index)) and (not words or words[0].literal == "for"):
                words = words or [Word([Part("let")], index, index)]
                words.append(Word([Part(match[1])], index, match.end()))
                index = match.end()
            elif text[index] == "(":
                self._end(words, perhaps)
                index = self._list(index, index + 1, ")", function)
                words, perhaps, function = [], False, None
            else:
                word = self._word(index)
                index = max(word.end, index + 1)
                name = text[word.start : word.end] if not words else ""
                if name in _OPENS:
                    self._open(function)
                    function = None
                elif name in _CLOSES and len(self._blocks) > around:
                    self._blocks.pop()
                cases = max(0, cases + (name == "case") - (name == "esac"))
                if word.parts and name not in _BEFORE_COMMAND:
                    words.append(word)
        self._end(words, perhaps)
        self._closing.pop()
        del self._blocks[around - 1 :]
        return index + 1

    def _open(self, function: int | None) -> None:
        """A block begins: the body of a function, or one in the same function as the block around it."""
        around = self._blocks[-1] if self._blocks else None
        self._blocks.append(around if function is None else function)

    def _end(self, words: list[Word], perhaps: bool) -> None:
        """A command is complete."""
        if words:
            self.commands.append(Command(words, len(self._blocks) - 1 + perhaps, self._blocks[-1]))

    def _word(self, start: int) -> Word:
        """The word that begins at `start`. Commands inside it are read too."""
        text = self.text
        parts: list[Part] = []
        quote = None  # the beginning of the open quote
        index = start
        while index < len(text):
            if text[index] == '"':
                quote = index if quote is None else None
                parts.append(Part("", True))
                index += 1
            elif match := (_PIECE if quote is None else _QUOTED_PIECE).match(text, index):
                parts += _part(match, quote is not None)
                index = match.end()
            elif text[index] == "`" and self._closing[-1] == "`":
                break
            elif (match := _INNER.match(text, index)) and (
                match[0] != "(" or ASSIGNMENT.fullmatch(text, start, index)
            ):
                before = len(self.commands)
                end = self._list(index, match.end(), "`" if match[0] == "`" else ")")
                if match[0] == "(":
                    del self.commands[before:]  # the items of an array are not commands
                if not _NOTHING.fullmatch(text, index, end):
                    parts.append(Part(text[index:end], quote is not None, True))
                index = end
            elif text[index] in "'$":
                raise _not_closed(index)
            else:
                break
        if quote is not None:
            raise _not_closed(quote)
        return Word(parts, start, index)

    def _after_heredocs(self, index: int) -> int:
        """The index after the here-documents whose text begins at `index`."""
        for pattern in self._heredocs:
            match = re.compile(pattern, re.MULTILINE).search(self.text, index)
            index = match.end() if match else len(self.text)
        self._heredocs.clear()
        return index


def _not_closed(index: int) -> SyntaxFault:
    return SyntaxFault(say("this quote or bracket is not closed"), index, index + 1)


def _part(match: re.Match[str], quoted: bool) -> list[Part]:
    """The part for a piece of a word; none for a line break that joins two lines."""
    kind = match.lastgroup
    if kind is None:
        return []
    found = match[kind]
    if kind == "plain":
        return [Part(found, quoted, not quoted and _BRACES.search(found) is not None)]
    if kind in ("variable", "braced", "expansion"):
        return [Part(match[0], quoted, True, None if kind == "expansion" else found)]
    return [Part(found, True, kind == "ansi" and "\\" in found)]
