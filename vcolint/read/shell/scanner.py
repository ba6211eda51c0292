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
_BRACES = re.compile(r"\{([^{}\s]*)\}")

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\r\n]*")
_REMARK = re.compile(r"#[ \t]*(vcolint(?::|[ \t_-]*ignore).*)", re.IGNORECASE)
_LINE = re.compile(r"([^\r\n]*)(?:\r?\n|\r|\Z)")
_SEPARATOR = re.compile(r"\r?\n|\r|&&|\|\||;;&?|;&|\|&|[;&|)]")
_REDIRECTION = re.compile(r"[0-9]*(?:<<-|<<<|<<|<>|<&|>>|>&|>\||[<>](?!\())|&>>?")
_ARITHMETIC = re.compile(rf"\(\(({_nested('(', ')')})\)\)", re.DOTALL)
_NO_PARAMETERS = re.compile(r"\([ \t]*\)")
_FUNCTION_NAME = re.compile(r"[ \t]+[^\s(){}]+[ \t]*(?:\([ \t]*\))?")

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
        """The part without its quotes."""
        return "".join(part.text for part in self.parts)

    @property
    def literal(self) -> str | None:
        """The text of the part, if it holds no expansion."""
        return None if any(part.expansion for part in self.parts) else self.written


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
        self.begin = 0  # of the current command, outside of brackets
        self._blocks: list[int | None] = []  # open ones, each with the beginning of the function around it
        self._heredocs: list[tuple[str, bool]] = []  # expected end marks, and whether tabs are stripped
        self._closing = [""]  # the characters that close the current list of commands and the lists around it

    def scan(self) -> None:
        self._list(0)

    def _list(self, index: int) -> int:
        """Read commands up to the character that closes the list. Returns the index after it, or -1."""
        text = self.text
        closing = self._closing[-1]
        around = len(self._blocks)
        words: list[Word] = []
        cases = 0
        perhaps = False  # the command may not run
        function = None  # the beginning of a function whose name was read
        while index < len(text):
            if not words and not closing:
                self.begin = index
            if match := _BLANK.match(text, index):
                index = match.end()
            elif match := _COMMENT.match(text, index):
                index = match.end()
                if match := _REMARK.search(match.group()):
                    self.remarks.append(
                        (index - len(match[1]), index - len(match[1]) + len(match[1].rstrip()))
                    )
            elif text[index] == closing and not (cases and closing == ")"):
                self._end(words, perhaps)
                return index + 1
            elif match := _REDIRECTION.match(text, index):
                index = self._redirection(match.group(), match.end())
            elif match := _SEPARATOR.match(text, index):
                self._end(words, perhaps)
                if words or match.group() in _PERHAPS:
                    perhaps = match.group() in _PERHAPS
                words = []
                index = match.end() if match.group() not in "\r\n" else self._heredoc(match.end())
            elif (match := _ARITHMETIC.match(text, index)) and (not words or words[0].literal == "for"):
                words = words or [Word([Part("let")], index, index)]
                words.append(Word([Part(match[1])], index, match.end()))
                index = match.end()
            elif text[index] == "(" and len(words) == 1 and (match := _NO_PARAMETERS.match(text, index)):
                function = words[0].start
                words = []
                index = match.end()
            elif text[index] == "(":
                self._end(words, perhaps)
                words = []
                perhaps = False
                index = self._bracket(index, index + 1, ")", function)
                function = None
            else:
                word = self._word(index)
                index = max(word.end, index + 1)
                name = text[word.start : word.end] if not words else ""
                if name == "function" and (match := _FUNCTION_NAME.match(text, index)):
                    function = word.start
                    index = match.end()
                    continue
                if name in _OPENS:
                    self._blocks.append(self._function() if function is None else function)
                    function = None
                elif name in _CLOSES and len(self._blocks) > around:
                    self._blocks.pop()
                cases = max(0, cases + (name == "case") - (name == "esac"))
                if name not in _BEFORE_COMMAND:
                    words.append(word)
        self._end(words, perhaps)
        return -1

    def _bracket(self, opening: int, index: int, closing: str, function: int | None = None) -> int:
        """Read the commands from `index` up to the closing character. Returns the index after it."""
        around = len(self._blocks)
        self._blocks.append(self._function() if function is None else function)
        self._closing.append(closing)
        end = self._list(index) if len(self._closing) <= _MAX_DEPTH else -1
        if end < 0:
            raise _not_closed(opening)
        self._closing.pop()
        del self._blocks[around:]
        return end

    def _function(self) -> int | None:
        """The beginning of the function that the scanner is in."""
        return self._blocks[-1] if self._blocks else None

    def _end(self, words: list[Word], perhaps: bool) -> None:
        """A command is complete."""
        if words:
            self.commands.append(Command(words, len(self._blocks) + perhaps, self._function()))

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
            elif text[index] == "`" or text.startswith(("$(", "<(", ">("), index):
                is_backtick = text[index] == "`"
                end = self._bracket(index, index + (1 if is_backtick else 2), "`" if is_backtick else ")")
                parts.append(Part(text[index:end], quote is not None, True))
                index = end
            elif text[index] == "(" and ASSIGNMENT.fullmatch(text, start, index):
                before = len(self.commands)
                end = self._bracket(index, index + 1, ")")
                del self.commands[before:]  # the items of an array are not commands
                parts.append(Part(text[index:end], False, True))
                index = end
            elif text[index] in "'$":
                raise _not_closed(index)
            else:
                break
        if quote is not None:
            raise _not_closed(quote)
        return Word(parts, start, index)

    def _redirection(self, operator: str, index: int) -> int:
        """The index after the file or the end mark that follows an operator."""
        match = _BLANK.match(self.text, index)
        word = self._word(match.end() if match else index)
        if operator.lstrip("0123456789") in ("<<", "<<-"):
            self._heredocs.append((word.written, operator.endswith("-")))
        return word.end

    def _heredoc(self, index: int) -> int:
        """The index after the here-documents whose text begins at `index`."""
        for mark, stripped in self._heredocs:
            line = None
            while line != mark and index < len(self.text):
                match = _LINE.match(self.text, index)
                assert match is not None
                line = match[1].lstrip("\t") if stripped else match[1]
                index = match.end()
        self._heredocs.clear()
        return index


def _not_closed(index: int) -> SyntaxFault:
    return SyntaxFault(say("this quote or bracket is not closed: vcolint reads no further"), index, index + 1)


def _part(match: re.Match[str], quoted: bool) -> list[Part]:
    """The part for a piece of a word; none for a line break that joins two lines."""
    kind = match.lastgroup
    if kind is None:
        return []
    found = match[kind]
    if kind == "plain":
        # `10.{1,2}.0.0/16`, `{1..9}`, `{}` of xargs
        braces = () if quoted else _BRACES.findall(found)
        return [Part(found, quoted, any(not one or "," in one or ".." in one for one in braces))]
    if kind in ("variable", "braced"):
        return [Part(match.group(), quoted, True, found)]
    if kind == "expansion":
        return [Part(found, quoted, True)]
    return [Part(found, True, kind == "ansi" and "\\" in found)]
