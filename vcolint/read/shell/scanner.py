"""Splits a script into commands and assignments, in the order in which they stand."""

from __future__ import annotations

import re

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.shell.flags import COMMANDS
from vcolint.read.shell.words import (
    ASSIGNMENT,
    NEWLINE,
    Anything,
    Assignment,
    Block,
    Command,
    Event,
    UnclosedError,
    Word,
    Words,
)
from vcolint.text.source import Problem, Source

_OPENS = {
    "if": "if",
    "for": "loop",
    "select": "loop",
    "while": "loop",
    "until": "loop",
    "case": "case",
    "{": "{",
}
_CLOSES = frozenset({"fi", "done", "esac", "}"})
_BEFORE_COMMAND = frozenset({"if", "then", "else", "elif", "while", "until", "do", "!", "time", "{"})
_ASSIGNING = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "let", "printf"})
_DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
_PERHAPS = frozenset({"&&", "||", "|", "|&"})  # what stands behind may not run, or not in this shell
_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+")
_REMARK = re.compile(r"#[ \t]*(vcolint(?::|[ \t_-]*ignore).*)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REDIRECTION = re.compile(r"(?:<<-?|<<<|<>|<&|>>|>&|>\||&>>?|<|>)")
_NO_PARAMETERS = re.compile(r"\([ \t]*\)")
_FUNCTION_NAME = re.compile(r"[ \t]+[^\s(){}]+[ \t]*(?:\([ \t]*\))?")
_HEREDOC_WORD = re.compile(r"[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|\\?([^\s;&|()<>'\"]+))")
_BRACKET = re.compile(r"[()]")
_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;&|]")
_MAX_DEPTH = 50  # of brackets
_MAX_ARITHMETIC = 1000  # characters
_MAX_FAULTS = 10  # then the rest of the script is not read: each may have cost a look at all of it


class Scanner:
    """Splits a script into commands and assignments, in the order in which they stand."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.text = source.text
        self.reading = reading
        self.words = Words(source.text, self._bracketed, self._array)
        self.events: list[Event] = []
        self.remarks: dict[int, int] = {}  # where each begins and ends
        self.blocks: list[Block] = []
        self.heredocs: list[tuple[str, bool]] = []  # end marks still to come, and whether tabs are stripped
        self.nested = 0  # brackets of ( ) and $( )
        self.begin = 0  # of the command outside of them

    def scan(self) -> None:
        index = 0
        faults = 0
        while index < len(self.text) and faults < _MAX_FAULTS:
            try:
                index = self._list(index, closed=False)
            except UnclosedError as fault:
                faults += 1
                # Bash would read on to the end of the file. Say so if routes are lost by it, and go on
                # behind the line.
                if any(self.text.find(command, self.begin) >= 0 for command in COMMANDS):
                    place = self.source.location(fault.start, fault.start + 1)
                    self.reading.problems.append(
                        Problem("syntax", say("{what} is not closed", what=fault.what), place)
                    )
                newline = NEWLINE.search(self.text, fault.start)
                index = newline.end() if newline else len(self.text)
                # What was seen behind it is read a second time.
                self.events = [event for event in self.events if _is_before(event, index)]
                self.remarks = {start: end for start, end in self.remarks.items() if start < index}
                self.nested = 0
                self.heredocs.clear()
                self.blocks = [block for block in self.blocks if block.start < fault.start]

    def _list(self, index: int, *, closed: bool) -> int:
        """Commands up to the end of the text, or up to the `)` that closes the list: -1 if there is none."""
        text = self.text
        words: list[Word] = []
        depth = len(self.blocks)
        cases = 0
        perhaps = False
        pending = None  # a function's name was read
        while index < len(text):
            if not words and not self.nested:
                self.begin = index
            if match := _BLANK.match(text, index):
                index = match.end()
                continue
            character = text[index]
            if match := NEWLINE.match(text, index):
                self._end(words, perhaps)
                perhaps = perhaps and not words
                words = []
                index = self._skip_heredocs(match.end())
            elif character == "#":
                match = NEWLINE.search(text, index)
                end = match.start() if match else len(text)
                if match := _REMARK.search(text, index, end):
                    self.remarks[match.start(1)] = match.start(1) + len(match[1].rstrip())
                index = end
            elif match := _REDIRECTION.match(text, index):
                if words and words[-1].end == index and (words[-1].literal or "").isdigit():
                    words.pop()  # the number of a file
                index = self._redirection(match.group(), match.end())
            elif match := _OPERATOR.match(text, index):
                self._end(words, perhaps)
                perhaps = match.group() in _PERHAPS
                words = []
                index = match.end()
            elif character == "(":
                if _opens_arithmetic(text, index) and (not words or words[0].literal == "for"):
                    index = self._arithmetic(index)
                    continue
                if len(words) == 1 and (match := _NO_PARAMETERS.match(text, index)):
                    pending = words[0].start
                    words = []
                    index = match.end()
                    continue
                self._end(words)
                words = []
                self._open("(" if pending is None else "function", index)
                pending = None
                index = self._nested_list(index + 1)
                self.blocks.pop()
            elif character == ")":
                self._end(words)
                words = []
                index += 1
                if closed and not cases:
                    del self.blocks[depth:]
                    return index
            else:
                word = self.words.at(index)
                index = word.end
                name = text[word.start : word.end]
                if not words and name in _OPENS:
                    kind = "function" if name == "{" and pending is not None else _OPENS[name]
                    pending = None
                    self._open(kind, word.start)
                    cases += kind == "case"
                elif not words and name in _CLOSES:
                    if len(self.blocks) > depth:
                        self.blocks.pop()
                    cases -= name == "esac" and cases > 0
                elif not words and name == "function":
                    pending = word.start
                    match = _FUNCTION_NAME.match(text, index)
                    index = match.end() if match else index
                    continue
                if words or name not in _BEFORE_COMMAND | _CLOSES:
                    words.append(word)
        self._end(words, perhaps)
        return -1 if closed else index

    def _nested_list(self, index: int) -> int:
        """Behind the list of the bracket that was opened before `index`."""
        self.nested += 1
        end = self._list(index, closed=True) if self.nested <= _MAX_DEPTH else -1
        if end < 0:
            raise UnclosedError(say("this bracket"), index - 1)
        self.nested -= 1
        return end

    def _bracketed(self, index: int) -> int:
        """Behind the commands in the brackets that open at `index`."""
        self._open("(", index)
        end = self._nested_list(index + 1)
        self.blocks.pop()
        return end

    def _array(self, index: int) -> int:
        """Behind the items in the brackets that open at `index`: they are no command."""
        known = len(self.events)
        end = self._nested_list(index + 1)
        del self.events[known:]
        return end

    def _open(self, kind: str, start: int) -> None:
        self.blocks.append(Block(kind, start, start if kind == "function" else self._function()))

    def _function(self) -> int | None:
        """Where the function begins that the scanner is in."""
        return self.blocks[-1].function if self.blocks else None

    def _end(self, words: list[Word], perhaps: bool = False) -> None:
        """A command is complete: remember it, and what it assigns, `perhaps` or for certain."""
        if not words:
            return
        function = self._function()
        depth = len(self.blocks)

        def assign(name: str, word: Word | None, offset: int, local: bool = False) -> None:
            self.events.append(Assignment(name, word, offset, depth + perhaps, function, local))

        first = words[0]
        leading = 0
        while leading < len(words) and self._assigned(words[leading]):
            leading += 1
        if leading == len(words):
            for word in words:
                assign(*self._assignment(word))
            return
        first = words[leading]
        name = first.literal
        if name in ("for", "select") and leading + 1 < len(words):
            target = words[leading + 1].literal
            if target:
                assign(target, None, first.start)
            return
        if name in ("source", ".", "eval"):
            self.events.append(Anything(first.start))
        elif name in ("shift", "set"):
            assign("@", None, first.start)
        elif name in _DECLARING:
            for word in words[leading + 1 :]:
                if self._assigned(word):
                    target, value, offset = self._assignment(word)
                    assign(target, value, offset, name == "local")
        elif name in _ASSIGNING:
            for word in words[leading + 1 :]:
                for target in _NAME.findall(word.literal or ""):
                    assign(target, None, first.start)
        self.events.append(Command(words[leading:], depth, function))

    def _assigned(self, word: Word) -> bool:
        match = ASSIGNMENT.match(self.text, word.start, word.end)
        return match is not None and bool(word.parts) and word.parts[0].text.startswith(match.group())

    def _assignment(self, word: Word) -> tuple[str, Word | None, int]:
        match = ASSIGNMENT.match(self.text, word.start, word.end)
        assert match is not None
        if match[2] or match[3] or word.parts[-1].text.startswith("("):
            return match[1], None, word.start
        first = word.parts[0]
        parts = [first._replace(text=first.text[len(match.group()) :]), *word.parts[1:]]
        return match[1], Word(parts, match.end(), word.end), word.start

    def _redirection(self, operator: str, index: int) -> int:
        if operator in ("<<", "<<-"):
            match = _HEREDOC_WORD.match(self.text, index)
            if match:
                mark = next((group for group in match.groups() if group is not None), "")
                self.heredocs.append((mark, operator == "<<-"))
                return match.end()
            return index
        match = _BLANK.match(self.text, index)
        index = match.end() if match else index
        if self.text[index : index + 1] == "(":  # process substitution
            return self._bracketed(index)
        if index < len(self.text) and not NEWLINE.match(self.text, index):
            return max(self.words.at(index).end, index)
        return index

    def _skip_heredocs(self, index: int) -> int:
        """Behind the here-documents whose text begins at `index`."""
        for mark, stripped in self.heredocs:
            while index < len(self.text):
                match = NEWLINE.search(self.text, index)
                end = match.start() if match else len(self.text)
                line = self.text[index:end]
                index = match.end() if match else end
                if (line.lstrip("\t") if stripped else line) == mark:
                    break
        self.heredocs.clear()
        return index

    def _arithmetic(self, index: int) -> int:
        """Behind `(( … ))`, which may change any variable that it names."""
        end = self.text.find("))", index)
        if end < 0:
            raise UnclosedError(say("this bracket"), index)
        for match in _NAME.finditer(self.text, index, end):
            function = self._function()
            self.events.append(
                Assignment(match.group(), None, match.start(), len(self.blocks), function, False)
            )
        return end + 2


def _is_before(event: Event, index: int) -> bool:
    """Whether an event stands before `index` as a whole: nothing of it is behind."""
    return event.words[-1].end <= index if isinstance(event, Command) else event.offset < index


def _opens_arithmetic(text: str, index: int) -> bool:
    """Whether `((` stands there and both brackets close together; else it opens two lists of commands."""
    if not text.startswith("((", index):
        return False
    depth = 0
    for bracket in _BRACKET.finditer(text, index, index + _MAX_ARITHMETIC):
        depth += 1 if bracket.group() == "(" else -1
        if depth == 1 and bracket.group() == ")":
            return text.startswith("))", bracket.start())
    return True
