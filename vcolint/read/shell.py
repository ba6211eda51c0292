"""Shell scripts that call `aliyun vpc CreateVcoRouteEntry`.

The scanner is our own: of the bash parsers for Python, bashlex is under the GPL and gives up on much of bash,
and tree-sitter-bash would be a second native dependency for what is only splitting into commands and words.
It knows quoting, comments, here-documents, substitutions and where blocks begin and end; it runs nothing.

A variable is known where only one value is possible: it was assigned a literal above, outside of any block,
and nothing between may have changed it. Inside a block (a loop, a function, a branch) it must be the only
assignment of that name in the script.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from vcolint.model.reading import Reading
from vcolint.read.draft import CLI, REQUIRED_BUT_REGION, Draft
from vcolint.text.source import Problem, Remark, Source
from vcolint.text.value import Reference, Unknown

_COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
# The parameters in both spellings of the CLI: that of its plugins is kebab-case.
_PARAMETERS = (
    CLI
    | {re.sub(r"(?<!^)(?=[A-Z])", "-", field).lower(): field for field in CLI}
    | {"biz-region-id": "RegionId"}
)
# Parameters of every RPC call, which say nothing of the route.
_COMMON = frozenset({"OwnerAccount", "ResourceOwnerAccount", "ResourceOwnerId"})
# The CLI's own flags: those that take a value, and switches.
_FLAGS = frozenset(
    [
        "profile",
        "language",
        "region",
        "endpoint",
        "endpoint-type",
        "mode",
        "config-path",
        "read-timeout",
        "connect-timeout",
        "retry-count",
        "access-key-id",
        "access-key-secret",
        "sts-token",
        "sts-region",
        "ram-role-name",
        "ram-role-arn",
        "role-session-name",
        "source-profile",
        "external-id",
        "private-key",
        "key-pair-name",
        "process-command",
        "expired-seconds",
        "credentials-uri",
        "oidc-provider-arn",
        "oidc-token-file",
        "cloud-sso-sign-in-url",
        "cloud-sso-access-config",
        "cloud-sso-account-id",
        "version",
        "header",
        "body",
        "body-file",
        "method",
        "output",
        "waiter",
        "cli-query",
        "pager",
        "cli-ai-mode",
        "user-agent",
    ]
)
_SWITCHES = frozenset(
    [
        "force",
        "secure",
        "insecure",
        "quiet",
        "help",
        "roa",
        "skip-secure-verify",
        "dryrun",
        "cli-dry-run",
        "no-pager",
        "yes",
    ]
)
_DRY_RUN = ("dryrun", "cli-dry-run")  # print the request and send nothing
_SHORT_FLAGS = {"-p": True, "-o": True, "-q": False, "-h": False}  # whether a value follows

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
_PRINTING = frozenset({"echo", "printf", ":", "true", "alias", "type", "which", "man", "grep"})
_ASSIGNING = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "let", "printf"})
_DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
_FILLING_IN = frozenset({"xargs", "parallel", "find"})  # replace {} in the command that they run
_PERHAPS = frozenset({"&&", "||", "|", "|&"})  # what stands behind may not run, or not in this shell

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+")
_NEWLINE = re.compile(r"\r?\n|\r")
_REMARK = re.compile(r"#[ \t]*(vcolint(?::|[ \t_-]*ignore).*)", re.IGNORECASE)
_PLAIN = re.compile(r"[^\s;&|()<>\\'\"`$]+")
_IN_DOUBLE = re.compile(r"[^\\\"`$]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_SPECIAL = re.compile(r"\$(?:[0-9]|[@*#?$!-])")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?)=")
_REDIRECTION = re.compile(r"(?:<<-?|<<<|<>|<&|>>|>&|>\||&>>?|<|>)")
_NO_PARAMETERS = re.compile(r"\([ \t]*\)")
_FUNCTION_NAME = re.compile(r"[ \t]+[^\s(){}]+[ \t]*(?:\([ \t]*\))?")
_ANSI_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_IN_BRACES = re.compile(r"\\.|'[^'\n]*'|\$?\{|\}", re.DOTALL)
_HEREDOC_WORD = re.compile(r"[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|\\?([^\s;&|()<>'\"]+))")
_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;&|]")
_BRACES = re.compile(r"\{([^{}\s]*)\}")
_PATTERN = re.compile(r"[*?\[]")
_SPLITTING = re.compile(r"[\s*?\[]")

_MAX_DEPTH = 50  # of brackets
_MAX_TEXT = 4096  # characters of a value
_MAX_WORDS = 1000  # of a command
_MAX_FAULTS = 10  # then the rest of the script is not read: each may have cost a look at all of it


class _Part(NamedTuple):
    """A piece of a word: text, or an expansion as written."""

    text: str
    variable: str | None = None  # the variable that it stands for, where it is nothing but that
    expansion: bool = False
    quoted: bool = False
    volatile: bool = False  # may give something else each time: a command, $RANDOM


class _Block(NamedTuple):
    """Something that is open: a loop, a branch, a function, a bracket."""

    kind: str
    start: int
    function: int | None  # where the function begins that it is in


class _Word(NamedTuple):
    parts: list[_Part]
    start: int
    end: int

    @property
    def literal(self) -> str | None:
        """Its text, if it holds no expansion."""
        if any(part.expansion for part in self.parts):
            return None
        return "".join(part.text for part in self.parts)


class _Assignment(NamedTuple):
    """Something that sets a variable, to a word or to what is not known."""

    name: str
    word: _Word | None
    offset: int
    depth: int
    function: int | None
    local: bool


class _Command(NamedTuple):
    words: list[_Word]
    depth: int
    function: int | None

    @property
    def offset(self) -> int:
        return self.words[0].start


class _Anything(NamedTuple):
    """A command after which any variable may be another: `source`, `eval`."""

    offset: int


_Event = _Assignment | _Command | _Anything


class _UnclosedError(Exception):
    """A quote or bracket that nothing closes, and where it opens."""

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.what = what
        self.start = start


def read(source: Source) -> Reading:
    """Read a script. Never raises: what cannot be understood is a problem at its place."""
    reading = Reading("cli", [source.file])
    reading.texts[source.file] = source.text
    if any(command in source.text for command in _COMMANDS):
        scanner = _Scanner(source, reading)
        scanner.scan()
        reading.remarks = [
            Remark(source.text[start:end], source.location(start, end))
            for start, end in scanner.remarks.items()
        ]
        _Interpreter(source, reading, scanner.events).run()
    return reading


class _Scanner:
    """Splits a script into commands and assignments, in the order in which they stand."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self.source = source
        self.text = source.text
        self.reading = reading
        self.events: list[_Event] = []
        self.remarks: dict[int, int] = {}  # where each begins and ends
        self.blocks: list[_Block] = []
        self.heredocs: list[tuple[str, bool]] = []  # end marks still to come, and whether tabs are stripped
        self.nested = 0  # brackets of ( ) and $( )
        self.begin = 0  # of the command outside of them

    def scan(self) -> None:
        index = 0
        faults = 0
        while index < len(self.text) and faults < _MAX_FAULTS:
            try:
                index = self._list(index, closed=False)
            except _UnclosedError as fault:
                faults += 1
                # Bash would read on to the end of the file. Say so if routes are lost by it, and go on
                # behind the line.
                if any(self.text.find(command, self.begin) >= 0 for command in _COMMANDS):
                    place = self.source.location(fault.start, fault.start + 1)
                    self.reading.problems.append(Problem("syntax", f"{fault.what} is not closed", place))
                newline = _NEWLINE.search(self.text, fault.start)
                index = newline.end() if newline else len(self.text)
                # What was seen behind it is read a second time.
                self.events = [event for event in self.events if event.offset < index]
                self.remarks = {start: end for start, end in self.remarks.items() if start < index}
                self.nested = 0
                self.heredocs.clear()
                self.blocks = [block for block in self.blocks if block.start < fault.start]

    def _list(self, index: int, *, closed: bool) -> int:
        """Commands up to the end of the text, or up to the `)` that closes the list: -1 if there is none."""
        text = self.text
        words: list[_Word] = []
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
            if match := _NEWLINE.match(text, index):
                self._end(words, perhaps)
                perhaps = perhaps and not words
                words = []
                index = self._skip_heredocs(match.end())
            elif character == "#":
                match = _NEWLINE.search(text, index)
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
                if text.startswith("((", index) and (not words or words[0].literal == "for"):
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
                word = self._word(index)
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
            raise _UnclosedError("this bracket", index - 1)
        self.nested -= 1
        return end

    def _open(self, kind: str, start: int) -> None:
        self.blocks.append(_Block(kind, start, start if kind == "function" else self._function()))

    def _function(self) -> int | None:
        """Where the function begins that the scanner is in."""
        return self.blocks[-1].function if self.blocks else None

    def _end(self, words: list[_Word], perhaps: bool = False) -> None:
        """A command is complete: remember it, and what it assigns, `perhaps` or for certain."""
        if not words:
            return
        function = self._function()
        depth = len(self.blocks)

        def assign(name: str, word: _Word | None, offset: int, local: bool = False) -> None:
            self.events.append(_Assignment(name, word, offset, depth + perhaps, function, local))

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
            self.events.append(_Anything(first.start))
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
        self.events.append(_Command(words[leading:], depth, function))

    def _assigned(self, word: _Word) -> bool:
        match = _ASSIGNMENT.match(self.text, word.start, word.end)
        return match is not None and bool(word.parts) and word.parts[0].text.startswith(match.group())

    def _assignment(self, word: _Word) -> tuple[str, _Word | None, int]:
        match = _ASSIGNMENT.match(self.text, word.start, word.end)
        assert match is not None
        if match[2] or match[3] or word.parts[-1].text.startswith("("):
            return match[1], None, word.start
        first = word.parts[0]
        parts = [first._replace(text=first.text[len(match.group()) :]), *word.parts[1:]]
        return match[1], _Word(parts, match.end(), word.end), word.start

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
            self._open("(", index)
            index = self._nested_list(index + 1)
            self.blocks.pop()
            return index
        if index < len(self.text) and not _NEWLINE.match(self.text, index):
            return max(self._word(index).end, index)
        return index

    def _skip_heredocs(self, index: int) -> int:
        """Behind the here-documents whose text begins at `index`."""
        for mark, stripped in self.heredocs:
            while index < len(self.text):
                match = _NEWLINE.search(self.text, index)
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
            raise _UnclosedError("this bracket", index)
        for match in _NAME.finditer(self.text, index, end):
            function = self._function()
            self.events.append(
                _Assignment(match.group(), None, match.start(), len(self.blocks), function, False)
            )
        return end + 2

    def _word(self, start: int) -> _Word:
        """The word that begins at `start`; at least one character."""
        text = self.text
        parts: list[_Part] = []
        index = start
        while index < len(text):
            if match := _PLAIN.match(text, index):
                plain = match.group()
                parts.append(_Part(plain, None, _is_expanded(plain)))
                index = match.end()
                continue
            character = text[index]
            if character == "\\":
                match = _NEWLINE.match(text, index + 1)
                if match:
                    index = match.end()
                else:
                    parts.append(_Part(text[index + 1 : index + 2], None, False, True))
                    index += 2
            elif character == "'":
                end = text.find("'", index + 1)
                if end < 0:
                    raise _UnclosedError("this quote", index)
                parts.append(_Part(text[index + 1 : end], None, False, True))
                index = end + 1
            elif character == '"':
                index = self._double(index, parts)
            elif character == "`":
                index = self._backticks(index, parts, False)
            elif character == "$":
                index = self._dollar(index, parts, False)
            elif character == "(" and parts and _ASSIGNMENT.fullmatch(text, start, index):
                index = self._array(index, parts)
            else:
                break
        return _Word(parts, start, min(max(index, start + 1), len(text)))

    def _array(self, index: int, parts: list[_Part]) -> int:
        """Behind the list of an array, whose words are no command."""
        known = len(self.events)
        end = self._nested_list(index + 1)
        del self.events[known:]
        parts.append(_Part(self.text[index:end], None, True))
        return end

    def _double(self, index: int, parts: list[_Part]) -> int:
        text = self.text
        start = index
        index += 1
        parts.append(_Part("", None, False, True))
        while index < len(text):
            if match := _IN_DOUBLE.match(text, index):
                parts.append(_Part(match.group(), None, False, True))
                index = match.end()
                continue
            character = text[index]
            if character == '"':
                return index + 1
            if character == "\\":
                match = _NEWLINE.match(text, index + 1)
                if match:
                    index = match.end()
                    continue
                following = text[index + 1 : index + 2]
                kept = following if following in '$`"\\' else f"\\{following}"
                parts.append(_Part(kept, None, False, True))
                index += 2
            elif character == "`":
                index = self._backticks(index, parts, True)
            else:
                index = self._dollar(index, parts, True)
        raise _UnclosedError("this quote", start)

    def _backticks(self, index: int, parts: list[_Part], quoted: bool) -> int:
        end = self.text.find("`", index + 1)
        if end < 0:
            raise _UnclosedError("this backtick", index)
        parts.append(_Part(self.text[index : end + 1], None, True, quoted, True))
        return end + 1

    def _dollar(self, index: int, parts: list[_Part], quoted: bool) -> int:
        text = self.text
        if match := _VARIABLE.match(text, index):
            name = match[1] or match[2]
            volatile = name in ("RANDOM", "SRANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "EPOCHREALTIME")
            parts.append(_Part(match.group(), name, True, quoted, volatile))
            return match.end()
        if match := _SPECIAL.match(text, index):
            volatile = match.group()[1] in "?$!"
            parts.append(_Part(match.group(), None, True, quoted, volatile))
            return match.end()
        following = text[index + 1 : index + 2]
        if text.startswith("$((", index):
            end = text.find("))", index)
            if end < 0:
                raise _UnclosedError("this bracket", index)
            parts.append(_Part(text[index : end + 2], None, True, quoted))
            return end + 2
        if following == "(":
            self._open("(", index)
            end = self._nested_list(index + 2)
            self.blocks.pop()
            parts.append(_Part(text[index:end], None, True, quoted, True))
            return end
        if following == "{":
            end = self._brace(index + 2)
            written = text[index:end]
            parts.append(_Part(written, None, True, quoted, "$(" in written or "`" in written))
            return end
        if following == "'" and not quoted:
            match = _ANSI_QUOTED.match(text, index + 1)
            if match is None:
                raise _UnclosedError("this quote", index + 1)
            parts.append(_Part(match[1], None, "\\" in match[1], True))
            return match.end()
        if following == '"' and not quoted:
            return self._double(index + 1, parts)
        parts.append(_Part("$", None, False, quoted))
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
        raise _UnclosedError("this bracket", start)


class _Interpreter:
    """Goes through the events and knows at each command what its variables hold."""

    def __init__(self, source: Source, reading: Reading, events: list[_Event]) -> None:
        self.source = source
        self.reading = reading
        self.events = events
        assignments = [event for event in events if isinstance(event, _Assignment)]
        self.count = Counter(event.name for event in assignments)
        self.in_functions = {
            event.name for event in assignments if event.function is not None and not event.local
        }
        self.known: dict[str, str] = {}
        self.since: dict[str, int] = {}  # where each variable was set last
        self.everything = 0  # where anything may have been set last

    def run(self) -> None:
        for event in self.events:
            if isinstance(event, _Assignment):
                self.since[event.name] = event.offset
                value = self._value(event.word, 0) if event.word is not None and not event.depth else None
                if value is None or event.name in self.in_functions:
                    self.known.pop(event.name, None)
                else:
                    self.known[event.name] = value
            elif isinstance(event, _Anything):
                self.known.clear()
                self.everything = event.offset
            else:
                self._command(event)

    def _value(self, word: _Word, depth: int) -> str | None:
        """The word's text, if it can be known."""
        texts = []
        for part in word.parts:
            text = self._part(part, depth)
            if text is None:
                return None
            texts.append(text)
        value = "".join(texts)
        return value if len(value) <= _MAX_TEXT or not any(part.expansion for part in word.parts) else None

    def _part(self, part: _Part, depth: int) -> str | None:
        if not part.expansion:
            return part.text
        if part.variable is None or (depth and self.count[part.variable] > 1):
            return None
        text = self.known.get(part.variable)
        # Without quotes, blanks and patterns make other words of it.
        return None if text is None or (not part.quoted and (not text or _SPLITTING.search(text))) else text

    def _words(self, command: _Command) -> Iterator[_Word]:
        """The command's words; an unquoted variable that holds several gives them all."""
        for word in command.words:
            part = word.parts[0] if len(word.parts) == 1 else None
            if (
                part is not None
                and part.variable
                and not part.quoted
                and (not command.depth or self.count[part.variable] == 1)
            ):
                text = self.known.get(part.variable)
                several = [] if text is None or _PATTERN.search(text) else text.split()
                if len(several) > 1:
                    yield from (_Word([_Part(one)], word.start, word.end) for one in several)
                    continue
            yield word

    def _command(self, command: _Command) -> None:
        if command.words[0].literal in _PRINTING:
            return
        words = list(islice(self._words(command), _MAX_WORDS))
        texts = [self._value(word, command.depth) for word in words]
        start = _call(texts)
        if start is None:
            return
        flags: list[tuple[_Word, str, _Word | None]] = []
        rest: list[_Word] = []  # expansions that may hold any flag
        place = start + 1
        while place < len(words):
            word, text = words[place], texts[place]
            place += 1
            split = self._split(word, text)
            if split is not None:
                flags.append((word, *split))
            elif text is None:
                rest.append(word)
            elif text.startswith("-"):
                following = None
                if (
                    _takes_value(text)
                    and place < len(words)
                    and not self._is_flag(words[place], texts[place])
                ):
                    following = words[place]
                    place += 1
                flags.append((word, text, following))
        if any(name in ("--help", "-h") for _, name, _ in flags):
            return
        location = self.source.location(words[start].start, max(word.end for word in words[start:]))
        draft = Draft(self.reading, location)
        region = None
        for word, name, value in flags:
            region = self._flag(command, draft, words[0], word, name, value) or region
        if region is not None and "RegionId" not in draft.fields:
            self._put(command, draft, words[0], "RegionId", region, region)
        if rest:
            # What is missing may be in there.
            written = self._written(rest[0])
            for field in REQUIRED_BUT_REGION:
                if field not in draft.fields:
                    place_of = self.source.location(rest[0].start, rest[0].end)
                    draft.put(field, Unknown(f"may be given by {written}"), place_of, literal=False)
        draft.close()

    def _flag(
        self, command: _Command, draft: Draft, first: _Word, word: _Word, name: str, value: _Word | None
    ) -> _Word | None:
        """Take one flag into the draft; gives back the value of `--region`."""
        bare = name.lstrip("-")
        location = self.source.location(word.start, min(word.start + len(name), word.end))
        if name.startswith("--") and bare in _PARAMETERS:
            field = _PARAMETERS[bare]
            if value is None:
                draft.problem(f"{name} has no value", location, field)
                draft.put(field, Unknown("no value", reported=True), location, literal=False)
            else:
                self._put(command, draft, first, field, value, word)
        elif bare in _DRY_RUN:
            draft.put("DryRun", True, location, literal=False)
        elif bare == "region" and value is not None:
            return value
        elif name.startswith("--") and bare not in _FLAGS | _SWITCHES | _COMMON:
            spelled_alike = (one for one in _PARAMETERS if one[0].isupper() == bare[:1].isupper())
            known = {f"--{parameter}": None for parameter in spelled_alike}
            draft.unknown_name(name, known, location)
        return None

    def _put(
        self, command: _Command, draft: Draft, first: _Word, field: str, word: _Word, flag: _Word
    ) -> None:
        location = self.source.location(word.start, word.end)
        name = self.source.location(flag.start, flag.end)
        value: str | Unknown
        text = self._value(word, command.depth)
        if text is None:
            written = self._written(word)
            reason = f"known only when the script runs: {written}"
            value = Unknown(reason, self._reference(word, written, command))
        elif "{}" in text and first.literal in _FILLING_IN:
            value = Unknown(f"filled in by {first.literal}")
        else:
            value = text
        literal = "$" not in self.source.text[word.start : word.end]
        draft.put(field, value, location, name=name, literal=literal)

    def _reference(self, word: _Word, written: str, command: _Command) -> Reference | None:
        """What stands for a value: its text, together with where its variables were set last."""
        if any(part.volatile for part in word.parts):
            return None
        names = {name for part in word.parts if part.expansion for name in _NAME.findall(part.text)}
        if any(part.expansion and part.variable is None for part in word.parts):
            names.add("@")  # perhaps $1
        since = max(self.everything, *(self.since.get(name, 0) for name in names))
        if command.function is not None and (
            self.everything or "@" in names or any(self.count[name] > 1 for name in names)
        ):
            since = max(since, command.function)  # another one at each call
        if not since:
            return Reference(self.source.file, written)
        place = self.source.location(since, since)
        return Reference(self.source.file, f"{written} as of line {place.line}:{place.column}")

    def _written(self, word: _Word) -> str:
        """The word as written, without its quotes, shortened."""
        written = "".join(part.text for part in word.parts)
        written = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}(?![A-Za-z0-9_])", r"$\1", written)
        return written if len(written) <= 80 else f"{written[:79]}…"

    def _split(self, word: _Word, text: str | None) -> tuple[str, _Word] | None:
        """The name and the value of a word `--Name=value`; None if it is none."""
        first = word.parts[0] if word.parts else None
        if first is not None and not first.expansion and first.text.startswith("-"):
            name, equals, begin = first.text.partition("=")
            if equals and not first.quoted:
                parts = [first._replace(text=begin), *word.parts[1:]]
                return name, _Word(parts, min(word.start + len(name) + 1, word.end), word.end)
        if text is not None and text.startswith("-") and "=" in text:
            name, _, value = text.partition("=")
            return name, word._replace(parts=[_Part(value)])
        return None

    def _is_flag(self, word: _Word, text: str | None) -> bool:
        if text is None:
            text = word.parts[0].text if word.parts and not word.parts[0].expansion else ""
        return text.startswith("--")


def _is_expanded(plain: str) -> bool:
    """Whether a word without quotes is several: `10.{1,2}.0.0/16`, `{1..9}`."""
    return any("," in match[1] or ".." in match[1] for match in _BRACES.finditer(plain))


def _call(texts: list[str | None]) -> int | None:
    """Where among a command's words the program stands that makes our call; None where it makes none."""
    for place, text in enumerate(texts):
        if text is not None and text.rpartition("/")[2] == "aliyun":
            beside = [one for one in texts[place + 1 :] if one is None or not one.startswith("-")]
            if beside[:1] == ["help"]:
                return None
            if any(one in _COMMANDS for one in beside) and ("vpc" in beside or None in beside):
                return place
    for place, text in enumerate(texts[1:-1], 1):
        if text == "vpc" and texts[place + 1] in _COMMANDS:  # through a variable or a wrapper
            return place - 1
    return None


def _takes_value(flag: str) -> bool:
    """Whether a word behind the flag is its value."""
    if flag.startswith("--"):
        return flag[2:] not in _SWITCHES
    return _SHORT_FLAGS.get(flag, False)
