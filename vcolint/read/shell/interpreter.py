"""Follows the variables of a script, and turns its calls into entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft
from vcolint.read.shell.flags import COMMANDS, DRY_RUN, FLAGS, PARAMETERS, SWITCHES, call, takes_value
from vcolint.read.shell.scanner import ASSIGNMENT, Command, Part, Word
from vcolint.text.source import Source
from vcolint.text.value import Location, Reference, Unknown

_PRINTING = frozenset({"echo", "printf", ":", "true", "alias", "type", "which", "man", "grep"})
_APPENDING = frozenset({"xargs", "parallel"})  # commands that add arguments to the command that they run
_DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
_SETTING = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "let", "printf", "local"})
_ANY = "*"  # stands for all variables
_ARGUMENTS = "@"  # stands for $1, $@ and so on

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPLITTING = re.compile(r"[\s*?\[]")
_VOLATILE = re.compile(
    r"\$\((?!\()|`|[<>]\(|\$[?!$]|\$\{?(?:S?RANDOM|SECONDS|LINENO|EPOCH(?:SECONDS|REALTIME))\b"
)

_MAX_TEXT = 4096  # characters of a value


class Interpreter:
    """Goes through the commands in order, so it knows what each variable holds at each command."""

    def __init__(self, source: Source, reading: Reading, commands: list[Command]) -> None:
        self.source = source
        self.reading = reading
        self.commands = [(command, list(_assigned(command))) for command in commands]
        self.count = Counter(name for _, assigned in self.commands for name, _ in assigned)
        self.in_functions: set[str] = set()  # variables that functions above may set at any time
        # The last place where anything may be set.
        self.anything = max(
            (one.words[0].start for one, assigned in self.commands if (_ANY, None) in assigned), default=-1
        )
        self.known: dict[str, str] = {}
        self.since: dict[str, int] = {}  # the last place where each variable was set

    def run(self) -> None:
        for command, assigned in self.commands:
            for name, word in assigned:
                self.since[name] = command.words[0].start
                if command.function is not None:
                    self.in_functions.add(name)
                if name == _ANY:
                    self.known.clear()
                value = None if word is None or command.depth else self._value(word, command)
                if value is None or self.in_functions & {name, _ANY}:
                    self.known.pop(name, None)
                else:
                    self.known[name] = value
            self._command(command)

    # -- values -------------------------------------------------------------------------------------------

    def _value(self, word: Word, command: Command) -> str | None:
        """The word's text, if it is known."""
        texts = [part.text if not part.expansion else self._expanded(part, command) for part in word.parts]
        value = "".join(text for text in texts if text is not None)
        is_long = len(value) > _MAX_TEXT and word.literal is None
        return None if is_long or None in texts else value

    def _expanded(self, part: Part, command: Command) -> str | None:
        """The value of a variable. In a loop or a function, a command further down may have set it."""
        name = part.variable
        if name is None or (
            command.depth and (self.count[name] > 1 or self.since.get(name, 0) < self.anything)
        ):
            return None
        text = self.known.get(name)
        # Without quotes the shell splits it at blanks and expands patterns.
        return None if text is None or (not part.quoted and (not text or _SPLITTING.search(text))) else text

    def _reference(self, word: Word, command: Command) -> Reference | None:
        """The identity of an unknown value: its text, and where its variables were last set."""
        names = {_ANY}
        for part in word.parts:
            if part.expansion and _VOLATILE.search(part.text):
                return None
            if part.expansion:
                names.update(_NAME.findall(part.text))
            if part.expansion and part.variable is None:
                names.add(_ARGUMENTS)  # perhaps $1
        since = max(self.since.get(name, 0) for name in names)
        if command.function is not None and (
            _ARGUMENTS in names or any(self.count[name] > (name != _ANY) for name in names)
        ):
            since = max(since, command.function)  # a different value in each call
        written = _written(word)
        if since:
            place = self.source.location(since, since)
            written = say(
                "{written} at line {line}:{column}", written=written, line=place.line, column=place.column
            )
        return Reference(self.source.file, written)

    # -- calls --------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        words = command.words
        start = call([word.literal for word in words])
        texts = {word.literal for word in words}
        if start is None or words[0].literal in _PRINTING or not texts.isdisjoint(("--help", "-h")):
            return
        draft = Draft(self.reading, self._place(words[start].start, max(word.end for word in words[start:])))
        if words[0].literal in _APPENDING:
            words = [*words, words[0]._replace(parts=[Part(words[0].written, expansion=True)])]
        region: Word | None = None
        rest: Word | None = None  # an expansion that may hold any flag
        ahead = iter(range(start + 1, len(words)))
        for place in ahead:
            word = words[place]
            name, value = _split(word) or (word.literal, None)
            if name is None:
                rest = rest or word
            elif name.startswith("-"):
                following = words[place + 1 : place + 2]
                if value is None and following and takes_value(name) and not _is_flag(following[0]):
                    value = following[0]
                    next(ahead)
                if name == "--region":
                    region = value
                else:
                    self._flag(command, draft, name, word, value)
        if region is not None and "RegionId" not in draft.fields:
            self._put(command, draft, "RegionId", region, self._place(region.start, region.end))
        for field in REQUIRED_BUT_REGION:
            if rest is not None and field not in draft.fields:
                reason = say("may be given by {written}", written=_written(rest))
                draft.put(field, Unknown(reason), self._place(rest.start, rest.end), literal=False)
        draft.close()

    def _flag(self, command: Command, draft: Draft, name: str, word: Word, value: Word | None) -> None:
        """Put one flag into the draft."""
        bare = name.lstrip("-")
        location = self._place(word.start, min(word.start + len(name), word.end))
        if name.startswith("--") and bare in PARAMETERS:
            field = PARAMETERS[bare]
            if value is None:
                draft.problem(say("{name} has no value", name=name), location, field)
                draft.put(field, Unknown(say("no value"), reported=True), location, literal=False)
            else:
                self._put(command, draft, field, value, location)
        elif bare in DRY_RUN:
            draft.put("DryRun", True, location, literal=False)
        elif name.startswith("--") and bare not in FLAGS | SWITCHES:
            is_kebab = any(word.literal == COMMANDS[1] for word in command.words)
            spelled_alike = (one for one in PARAMETERS if one[0].islower() == is_kebab)
            draft.unknown_name(name, {f"--{parameter}": None for parameter in spelled_alike}, location)

    def _put(self, command: Command, draft: Draft, field: str, word: Word, name: Location) -> None:
        value: str | Unknown | None = self._value(word, command)
        if value is None:
            reason = say("known only when the script runs: {written}", written=_written(word))
            value = Unknown(reason, self._reference(word, command))
        place = self._place(word.start, word.end)
        draft.put(field, value, place, name=name, literal=word.literal is not None)

    def _place(self, start: int, end: int) -> Location:
        return self.source.location(start, end)


def _assigned(command: Command) -> Iterator[tuple[str, Word | None]]:
    """The variables that a command sets, each with its word; None if that is not known."""
    words = command.words
    values = list(map(_assignment, words))
    leading = next((place for place, value in enumerate(values) if value is None), len(words))
    if leading == len(words):  # otherwise, the values apply to this command only
        yield from filter(None, values)
        return
    name, following = words[leading].literal, words[leading + 1 :]
    if name in ("source", ".", "eval"):
        yield _ANY, None
    elif name in ("shift", "set"):
        yield _ARGUMENTS, None
    elif name in _DECLARING:
        yield from filter(None, values[leading + 1 :])
    if name in ("for", "select"):
        following = following[:1]
    if name in _SETTING or name in ("for", "select"):
        for word in following:
            if _assignment(word) is None:
                yield from ((target, None) for target in _NAME.findall(word.literal or ""))


def _assignment(word: Word) -> tuple[str, Word | None] | None:
    """The variable that a word sets, and its value; None for a word that sets no variable."""
    match = ASSIGNMENT.match(word.parts[0].text) if word.parts and not word.parts[0].quoted else None
    if match is None:
        return None
    if match[2] or match[3] or word.parts[-1].text.startswith("("):  # an item, more of it, or an array
        return match[1], None
    first = word.parts[0]._replace(text=word.parts[0].text[match.end() :])
    return match[1], Word([first, *word.parts[1:]], word.start + match.end(), word.end)


def _written(word: Word) -> str:
    """The word as written, without its quotes, shortened."""
    written = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}(?![A-Za-z0-9_])", r"$\1", word.written)
    return written if len(written) <= 80 else f"{written[:79]}…"


def _split(word: Word) -> tuple[str, Word] | None:
    """The name and the value of a word `--Name=value`; None for other words."""
    first, *others = [part for part in word.parts if part.text] or [Part("")]
    name, equals, begin = first.text.partition("=")
    if first.expansion or not equals or not name.startswith("-"):
        return None
    start = word.start if first.quoted else min(word.start + len(name) + 1, word.end)
    return name, Word([first._replace(text=begin), *others], start, word.end)


def _is_flag(word: Word) -> bool:
    return word.written.startswith("--")
