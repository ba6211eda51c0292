"""Shell scripts that call `aliyun vpc CreateVcoRouteEntry`. vcolint runs nothing.

`_Scanner` splits a script into its commands. `_Reader` follows the variables from command to command, and
turns the calls into entries.
"""

# The scanner is our own. Of 892 scripts on a Debian machine that `bash -n` accepts, tree-sitter-bash 0.25.1
# has errors in 30 (`for i do`, `((a; b) | c)`, two here-documents in one line), and in 16 of them it loses a
# call at the end. This scanner reads all of them.

from __future__ import annotations

import re
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.entry import FIELDS, SPELLINGS
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft, unknown_name
from vcolint.text.source import Remark, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown
from vcolint.text.wording import shortened

_CALLS = ("CreateVcoRouteEntry", "create-vco-route-entry")
# The parameters in both spellings of the CLI: its plugins use kebab-case.
_PARAMETERS = {f"--{name.replace('_', '-')}": field for name, field in SPELLINGS.items()}
_PARAMETERS |= {"--biz-region-id": "RegionId"}
_LOWER = frozenset(map(str.lower, _PARAMETERS))
_REGION = {"--RegionId", "--region-id", "--biz-region-id"}
_COMMON = ("--OwnerAccount", "--ResourceOwnerAccount", "--ResourceOwnerId")  # of every call
# The CLI's own flags that take no value.
_SWITCHES = "--force --secure --insecure --quiet --roa --skip-secure-verify --no-pager --yes"
_DRY_RUN = "--dryrun --cli-dry-run"  # print the request and send nothing

_PRINTING = frozenset({"cat", "echo", "printf", ":", "true", "type", "which", "man", "grep"})
_APPENDING = frozenset({"xargs", "parallel"})  # commands that add arguments to the command that they run
_ANY = "*"  # stands for all variables
# Variables that bash sets itself.
_OF_BASH = """
RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS EPOCHREALTIME REPLY MAPFILE OPTARG OPTIND PWD OLDPWD _
"""
_MAX_TEXT = 4096  # characters of a value
_MAX_DEPTH = 50  # of brackets


def _nested(opening: str, closing: str) -> str:
    """A pattern for the text between two brackets, with up to three levels of such brackets in it."""
    plain = rf"\\.|[^\\{opening}{closing}]"
    inside = rf"(?:{plain})*"
    for _ in range(3):
        inside = rf"(?:{plain}|\{opening}{inside}\{closing})*"
    return inside


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PREFIX = re.compile(rf"(?:({_NAME})(?:\[[^\]\s]*\]|\+)*|--?[\w-]+)=")  # of assignments and `--Name=value`
_VARIABLE = re.compile(rf"\$\{{?({_NAME})\}}?")
_EXPANSION = rf"\$(?:{_NAME}|[0-9@*#?$!-]|\{{{_nested('{', '}')}\}}|\(\({_nested('(', ')')}\)\))"
_OTHER = rf"\\(?:\r?\n|\r)|(?P<expansion>{_EXPANSION})"
# The pieces of a word, outside and inside of double quotes. Other text is a delimiter, contains commands, or
# is not closed.
_PIECE = re.compile(
    rf"""{_OTHER}|(?P<plain>[^ \t\r\n;&|()<>\\'"`$]+)|\\(?P<escaped>.?)|'(?P<single>[^']*)'"""
    r"""|\$'(?P<ansi>(?:[^'\\]|\\.)*)'|\$(?=")|(?P<lone>\$(?![{('"]))""",
    re.DOTALL,
)
_QUOTED_PIECE = re.compile(
    rf"""{_OTHER}|(?P<plain>[^\\"`$]+|\\(?![$`"\\\r\n]))|\\(?P<escaped>.)|(?P<lone>\$(?![{{(]))""", re.DOTALL
)
_INNER = re.compile(r"`|[$<>]?\(")  # the beginning of commands in a word, or of an array
# `10.{1,2}.0.0/16`, `{1..9}`, `{}` of xargs
_BRACES = re.compile(r"\{(?:|(?:[^{}\s,.]|\.(?!\.))*(?:,|\.\.)[^{}\s]*)\}")

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+|#[^\r\n]*")
_COMMENT = re.compile(r"#(?:\\.|[^`\\\r\n])*\\?")  # in backticks
_REMARK = re.compile(r"#[ \t]*(vcolint(?::|[ \t_-]*ignore).*?)\s*$", re.IGNORECASE)
_FUNCTION = re.compile(r"function[ \t]+[^\s(){}]+[ \t]*(?:\([ \t]*\))?|[\w.:-]+[ \t]*\([ \t]*\)")
_REDIRECTION = re.compile(r"[0-9]*(<<[-<]?|<>|[<>]&|>[>|]|[<>](?!\()|&>>?)[ \t]*")
_SEPARATOR = re.compile(r"\r?\n|\r|&&|\|\||;;&?|;&|\|&|[;&|)]")
_ARITHMETIC = re.compile(rf"\(\({_nested('(', ')')}\)\)", re.DOTALL)
_REPEATING = frozenset({"for", "select", "while", "until", "{"})  # loops, and bodies of functions
_OPENS = _REPEATING | {"if", "case"}
_CLOSES = frozenset({"fi", "done", "esac", "}"})
_BEFORE_COMMAND = _CLOSES | {"{", "!", "if", "then", "else", "elif", "while", "until", "do"}
_BEFORE_COMMAND |= {"time", "export", "readonly", "builtin", "command"}
_PERHAPS = frozenset({"&&", "||", "|", "|&"})  # the next command may not run, or not in this shell
_BESIDE = frozenset({"&", "|", "|&"})  # the command before it runs in another shell

_SPLITTING = re.compile(r"[\s*?\[]")
_SETTING = re.compile(r"=|\+\+|--")  # in `((i++))`, `${D:=x}`
# A call in the arguments of another command: `run CreateVcoRouteEntry --…`, `bash -c "aliyun vpc …"`.
_CALL_IN_TEXT = re.compile(rf"\b(?:{'|'.join(_CALLS)})[\s\\]+-")


class _Part(NamedTuple):
    """A piece of a word: text, or an expansion as written."""

    text: str
    quoted: bool = False
    expansion: bool = False
    commands: bool = False  # the expansion is the output of commands, which are read


class _Word(NamedTuple):
    prefix: str  # `NAME=` or `--Name=`, as far as the word begins like that
    parts: list[_Part]
    start: int
    end: int

    @property
    def written(self) -> str:
        """The word without its quotes."""
        return self.prefix + "".join(part.text for part in self.parts)

    @property
    def literal(self) -> str | None:
        """The text of the word, if it holds no expansion."""
        return None if any(part.expansion for part in self.parts) else self.written

    @property
    def value(self) -> _Word:
        """The word without its prefix."""
        return self._replace(prefix="", start=self.start + len(self.prefix))


class _Command(NamedTuple):
    words: list[_Word]
    sure: bool  # it runs, in this shell, once
    scope: int | None  # the beginning of the loop or function around it, which may run several times


class _Scanner:
    """Splits a script into its commands, in the order of the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.commands: list[_Command] = []
        self.remarks: list[Remark] = []
        self._scopes: list[int | None] = []  # `_Command.scope` in each open block
        # Those that begin in this line: the pattern of the last line, and the name of the command.
        self._heredocs: list[tuple[str, list[_Word]]] = []
        self._closing: list[str] = []  # the characters that close the current list and those around it

    def read(self, opening: int, index: int, closing: str, scope: int | None = None) -> int:
        """Read the commands from `index` up to the bracket that closes the one at `opening`, or up to the end
        of the text. Returns the index after it."""
        text = self.text
        if len(self._closing) == _MAX_DEPTH:
            raise _not_closed(opening)
        self._closing.append(closing)
        around = len(self._scopes)
        self._open(scope)
        words: list[_Word] = []
        cases = 0
        perhaps = False  # the command may not run
        while text[index : index + 1] != closing or (cases and closing == ")"):
            if index == len(text):
                raise _not_closed(opening)
            if match := (closing == "`" and _COMMENT.match(text, index)) or _BLANK.match(text, index):
                if remark := _REMARK.search(match[0]):
                    place = self.source.location(index + remark.start(1), index + remark.end(1))
                    self.remarks.append(Remark(remark[1], place))
                index = match.end()
            elif match := _REDIRECTION.match(text, index):
                word = self._word(match.end())
                index = word.end
                if match[1] in ("<<", "<<-"):
                    tabs = "\t*" if match[1] == "<<-" else ""
                    self._heredocs.append((rf"^{tabs}{re.escape(word.written)}\r?$", words[:1]))
            elif match := _SEPARATOR.match(text, index):
                index = match.end() if match[0] not in "\r\n" else self._after_heredocs(match.end())
                if words or match[0] in _PERHAPS:
                    self._end(words, perhaps or match[0] in _BESIDE)
                    words, perhaps = [], match[0] in _PERHAPS
            elif not words and (match := _FUNCTION.match(text, index)):
                index = match.end()
            elif (match := _ARITHMETIC.match(text, index)) and (not words or words[0].literal == "for"):
                words.append(_Word("", [_Part(match[0], expansion=True)], index, match.end()))
                index = match.end()
            elif text[index] == "(":
                self._end(words, perhaps)
                index = self.read(index, index + 1, ")", scope=index)
                words, perhaps = [], False
            else:
                word = self._word(index)
                index = max(word.end, index + 1)
                name = text[word.start : word.end] if not words else ""
                if name in _OPENS:
                    self._open(word.start if name in _REPEATING else None)
                elif name in _CLOSES and len(self._scopes) > around + 1:
                    self._scopes.pop()
                cases = max(0, cases + (name == "case") - (name == "esac"))
                if (word.parts or word.prefix) and name not in _BEFORE_COMMAND:
                    words.append(word)
        self._end(words, perhaps)
        self._closing.pop()
        del self._scopes[around:]
        return index + 1

    def _open(self, scope: int | None) -> None:
        """A block begins. Without a scope of its own, it has that of the block around it."""
        self._scopes.append(self._scopes[-1] if scope is None and self._scopes else scope)

    def _end(self, words: list[_Word], perhaps: bool) -> None:
        """A command is complete."""
        if words:
            self.commands.append(_Command(words, len(self._scopes) == 1 and not perhaps, self._scopes[-1]))

    def _word(self, start: int) -> _Word:
        """The word that begins at `start`. Commands inside it are read too."""
        text = self.text
        prefix = _PREFIX.match(text, start)
        begin = index = prefix.end() if prefix else start
        parts: list[_Part] = []
        quote = None  # the beginning of the open quote
        while index < len(text):
            is_quoted = quote is not None
            if text[index] == '"':
                quote = None if is_quoted else index
                parts.append(_Part("", True))
                index += 1
            elif match := (_QUOTED_PIECE if is_quoted else _PIECE).match(text, index):
                index = match.end()
                kind = match.lastgroup
                if kind is not None:  # else a line break that joins two lines
                    found = match[kind]
                    is_braces = kind == "plain" and not is_quoted and _BRACES.search(found) is not None
                    is_expansion = kind == "expansion" or is_braces or (kind == "ansi" and "\\" in found)
                    parts.append(_Part(found, is_quoted or kind not in ("plain", "expansion"), is_expansion))
            elif text[index] == "`" and self._closing[-1] == "`":
                break
            elif (match := _INNER.match(text, index)) and (
                match[0] != "(" or (prefix and prefix[1] and index == begin)
            ):
                before = len(self.commands)
                end = self.read(index, match.end(), "`" if match[0] == "`" else ")")
                if match[0] == "(":
                    del self.commands[before:]  # the items of an array are not commands
                if len(self.commands) > before or "(" in match[0] or "<" in text[index:end]:
                    parts.append(_Part(text[index:end], is_quoted, True, match[0] != "("))
                index = end  # a comment in backticks is nothing
            elif text[index] in "'$":
                raise _not_closed(index)
            else:
                break
        if quote is not None:
            raise _not_closed(quote)
        return _Word(text[start:begin], parts, start, index)

    def _after_heredocs(self, index: int) -> int:
        """The index after the here-documents whose text begins at `index`. Each makes a command of its own:
        the name of the command that gets it, and its text."""
        for pattern, words in self._heredocs:
            match = re.compile(pattern, re.MULTILINE).search(self.text, index)
            end = match.end() if match else len(self.text)
            body = _Word("", [_Part(self.text[index:end], quoted=True)], index, end)
            self._end([*words, body], perhaps=True)
            index = end
        self._heredocs.clear()
        return index


def _not_closed(index: int) -> SyntaxFault:
    return SyntaxFault(say("this quote or bracket is not closed"), index, index + 1)


class _Reader:
    """Goes through the commands in order, so it knows what each variable holds at each command."""

    def __init__(self, source: Source, reading: Reading, commands: list[_Command]) -> None:
        self.source = source
        self.reading = reading
        self.commands = [(command, _assigned(command)) for command in commands]
        # The last place in the script where each variable may be set, and the last one so far.
        self.last = {name: one.words[0].start for one, assigned in self.commands for name in assigned}
        self.since: dict[str, int] = {}
        # Variables whose values are not known from here on: bash sets them, a loop or a function above may
        # set them at any time, or they have attributes (`declare -u`).
        self.varying = set(_OF_BASH.split())
        self.known: dict[str, str | None] = {}

    def run(self) -> None:
        for command, assigned in self.commands:
            for name, word in assigned.items():
                self.since[name] = command.words[0].start
                if command.scope is not None or command.words[0].literal in ("declare", "typeset"):
                    self.varying.add(name)
                if name == _ANY:
                    self.known.clear()
                is_sure = word is not None and self.varying.isdisjoint((name, _ANY))
                self.known[name] = self._value(word, command) if word is not None and is_sure else None
            self._call(command)

    def _value(self, word: _Word, command: _Command) -> str | None:
        """The word's text, if it is known."""
        value = word.prefix
        for part in word.parts:
            text = self._expanded(part, command) if part.expansion else part.text
            if text is None or (part.expansion and len(value) + len(text) > _MAX_TEXT):
                return None
            value += text
        return value

    def _expanded(self, part: _Part, command: _Command) -> str | None:
        """The value of a variable."""
        match = _VARIABLE.fullmatch(part.text)
        text = self.known.get(match[1]) if match else None
        if match is None or text is None or self._may_change({match[1], _ANY}, command):
            return None
        # Without quotes the shell splits it at blanks and expands patterns.
        return None if not part.quoted and (not text or _SPLITTING.search(text)) else text

    def _may_change(self, names: set[str], command: _Command) -> bool:
        """Whether a command further down may set a variable before this command runs, in a loop or a
        function."""
        changes = (self.last.get(name, 0) > self.since.get(name, 0) for name in names)
        return command.scope is not None and any(changes)

    def _unknown(self, word: _Word, command: _Command) -> Unknown:
        """A value that is not known. Its identity is its text, and where its variables were last set."""
        written = _shown(word)
        reason = say("known only when the script runs: {written}", written=written)
        variables = [_VARIABLE.fullmatch(part.text) for part in word.parts if part.expansion]
        names = {_ANY}.union(match[1] for match in variables if match)
        if None in variables or not names.isdisjoint(_OF_BASH.split()):
            return Unknown(reason)
        since = max(self.since.get(name, 0) for name in names)
        if command.scope is not None and self._may_change(names, command):
            since = max(since, command.scope)
        if since:
            _, line, column, _, _ = self.source.location(since, since)
            written = say("{written} at line {line}:{column}", written=written, line=line, column=column)
        return Unknown(reason, Reference(self.source.file, written))

    def _call(self, command: _Command) -> None:
        """Add the entry that a command creates, if it creates one."""
        words = command.words
        texts = [word.literal for word in words]
        if texts[0] in _PRINTING or "--help" in texts or "-h" in texts:
            return
        start = _program(texts)
        place = self.source.location(words[start or 0].start, max(word.end for word in words))
        if start is None:
            # Calls in `$(…)` are read.
            parts = (part for word in words for part in (*word.parts, _Part(" ")) if not part.commands)
            if _CALL_IN_TEXT.search("".join(part.text for part in parts)):
                reason = say("vcolint does not read a call that is text or runs through another command")
                self.reading.unlisted.append(Unlisted(None, reason, place))
            return
        draft = Draft(self.reading, place)
        ahead = words[:start:-1]
        if texts[0] in _APPENDING:
            ahead.insert(0, words[0]._replace(parts=[_Part(words[0].written, expansion=True)]))
        given = {word.prefix[:-1] or text for word, text in zip(words, texts, strict=True)}
        fields = _PARAMETERS if given & _REGION else _PARAMETERS | {"--region": "RegionId"}
        rest: _Word | None = None  # an expansion that may hold any flag
        while ahead:
            word = ahead.pop()
            is_pair = word.prefix.startswith("-")  # `--Name=value`
            name, value = (word.prefix[:-1], word.value) if is_pair else (word.literal, None)
            if name is None:
                rest = rest or word
            elif name.startswith("-"):
                is_switch = name in f"{_SWITCHES} {_DRY_RUN}".split() or (
                    name[1:2] != "-" and name not in ("-p", "-o")
                )
                if value is None and not is_switch and ahead and not ahead[-1].written.startswith("--"):
                    value = ahead.pop()
                place = self.source.location(word.start, min(word.start + len(name), word.end))
                if name in fields:
                    self._put(command, draft, fields[name], value, name, place)
                elif name in _DRY_RUN.split():
                    draft.put("DryRun", True, place, literal=False)
                # The CLI's own flags are in lower case.
                elif (name[2:3].isupper() and name not in _COMMON) or name.lower() in _LOWER:
                    draft.problem(unknown_name(name, dict.fromkeys(f"--{field}" for field in FIELDS)), place)
        for field in REQUIRED_BUT_REGION:
            if rest is not None and field not in draft.fields:
                reason = say("may be given by {written}", written=_shown(rest))
                draft.put(field, Unknown(reason), self.source.location(rest.start, rest.end), literal=False)
        draft.close()

    def _put(
        self, command: _Command, draft: Draft, field: str, word: _Word | None, name: str, place: Location
    ) -> None:
        """Put a parameter of a call into the draft; `place` is that of its name."""
        if word is None:
            draft.problem(say("{name} has no value", name=name), place, field)
            draft.put(field, Unknown(say("no value"), reported=True), place, literal=False)
            return
        text = self._value(word, command)
        value = self._unknown(word, command) if text is None else text
        location = self.source.location(word.start, word.end)
        draft.put(field, value, location, name=place, literal=word.literal is not None)


def _program(texts: list[str | None]) -> int | None:
    """The position of the program among the words of a command that creates a route, else None."""
    end = next((place for place, text in enumerate(texts) if text in _CALLS), 0)
    for place, text in enumerate(texts[:end]):
        if text is not None and text.rpartition("/")[2] == "aliyun":
            beside = texts[place + 1 : end]
            return place if "help" not in beside and ("vpc" in beside or None in beside) else None
    # Else the CLI may run through a variable or a wrapper.
    return end - 2 if end > 1 and texts[end - 1] == "vpc" else None


def _assigned(command: _Command) -> dict[str, _Word | None]:
    """The variables that a command may set, each with its value if the command surely sets it to that."""
    found: dict[str, _Word | None] = {}
    assignments = [
        (match[1], word) for word in command.words if (match := _PREFIX.match(word.prefix)) and match[1]
    ]
    others = [word.literal for word in command.words if not word.prefix or word.prefix.startswith("-")]
    if others and others[0] in ("source", ".", "eval", "let"):
        found[_ANY] = None
    for target, word in assignments:
        is_sure = not others and command.sure and word.prefix == f"{target}="
        found[target] = word.value if is_sure else None
    for part in (part for word in command.words for part in word.parts):
        if part.expansion and not part.commands and _SETTING.search(part.text):
            found.update(dict.fromkeys(re.findall(_NAME, part.text)))
    # `read D`, `printf -v D x`, `unset D`; a command with long options is another program.
    if not any(re.match("--.", word.written) for word in command.words):
        found.update(dict.fromkeys(one for one in others[1:] if one is not None and re.fullmatch(_NAME, one)))
    return found


def _shown(word: _Word) -> str:
    """The word as written, without its quotes, shortened."""
    return shortened(re.sub(rf"\$\{{({_NAME})\}}(?![A-Za-z0-9_])", r"$\1", word.written))


def read(source: Source) -> Reading:
    """Read a script. Raises SyntaxFault for a quote or a bracket that is never closed."""
    reading = Reading("cli", [source.file])
    reading.texts[source.file] = source.text
    if any(command in source.text for command in _CALLS):
        scanner = _Scanner(source)
        scanner.read(0, 0, "")
        reading.remarks = scanner.remarks
        _Reader(source, reading, scanner.commands).run()
    return reading
