"""Follows the variables of a script, and turns its calls into entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft
from vcolint.read.shell.flags import COMMON, DRY_RUN, FLAGS, PARAMETERS, SWITCHES, call, takes_value
from vcolint.read.shell.words import Anything, Assignment, Command, Event, Part, Word
from vcolint.text.source import Source
from vcolint.text.value import Reference, Unknown

_PRINTING = frozenset({"echo", "printf", ":", "true", "alias", "type", "which", "man", "grep"})
_FILLING_IN = frozenset({"xargs", "parallel", "find"})  # replace {} in the command that they run
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATTERN = re.compile(r"[*?\[]")
_SPLITTING = re.compile(r"[\s*?\[]")

_MAX_TEXT = 4096  # characters of a value
_MAX_WORDS = 1000  # of a command


class Interpreter:
    """Goes through the events in order, so it knows what each variable holds at each command."""

    def __init__(self, source: Source, reading: Reading, events: list[Event]) -> None:
        self.source = source
        self.reading = reading
        self.events = events
        assignments = [event for event in events if isinstance(event, Assignment)]
        self.count = Counter(event.name for event in assignments)
        self.in_functions = {
            event.name for event in assignments if event.function is not None and not event.local
        }
        self.known: dict[str, str] = {}
        self.since: dict[str, int] = {}  # where each variable was set last
        self.everything = 0  # where anything may have been set last

    def run(self) -> None:
        for event in self.events:
            if isinstance(event, Assignment):
                self.since[event.name] = event.offset
                value = self._value(event.word, 0) if event.word is not None and not event.depth else None
                if value is None or event.name in self.in_functions:
                    self.known.pop(event.name, None)
                else:
                    self.known[event.name] = value
            elif isinstance(event, Anything):
                self.known.clear()
                self.everything = event.offset
            else:
                self._command(event)

    def _value(self, word: Word, depth: int) -> str | None:
        """The word's text, if it can be known."""
        texts = []
        for part in word.parts:
            text = self._part(part, depth)
            if text is None:
                return None
            texts.append(text)
        value = "".join(texts)
        return value if len(value) <= _MAX_TEXT or not any(part.expansion for part in word.parts) else None

    def _part(self, part: Part, depth: int) -> str | None:
        if not part.expansion:
            return part.text
        if part.variable is None or (depth and self.count[part.variable] > 1):
            return None
        text = self.known.get(part.variable)
        # Without quotes the shell splits it at blanks and expands patterns.
        return None if text is None or (not part.quoted and (not text or _SPLITTING.search(text))) else text

    def _words(self, command: Command) -> Iterator[Word]:
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
                    yield from (Word([Part(one)], word.start, word.end) for one in several)
                    continue
            yield word

    def _command(self, command: Command) -> None:
        if command.words[0].literal in _PRINTING:
            return
        words = list(islice(self._words(command), _MAX_WORDS))
        texts = [self._value(word, command.depth) for word in words]
        start = call(texts)
        if start is None:
            return
        flags: list[tuple[Word, str, Word | None]] = []
        rest: list[Word] = []  # expansions that may hold any flag
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
                if takes_value(text) and place < len(words) and not self._is_flag(words[place], texts[place]):
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
            # The missing flags may be in it.
            written = self._written(rest[0])
            for field in REQUIRED_BUT_REGION:
                if field not in draft.fields:
                    place_of = self.source.location(rest[0].start, rest[0].end)
                    draft.put(
                        field,
                        Unknown(say("may be given by {written}", written=written)),
                        place_of,
                        literal=False,
                    )
        draft.close()

    def _flag(
        self, command: Command, draft: Draft, first: Word, word: Word, name: str, value: Word | None
    ) -> Word | None:
        """Put one flag into the draft; returns the value of `--region`."""
        bare = name.lstrip("-")
        location = self.source.location(word.start, min(word.start + len(name), word.end))
        if name.startswith("--") and bare in PARAMETERS:
            field = PARAMETERS[bare]
            if value is None:
                draft.problem(say("{name} has no value", name=name), location, field)
                draft.put(field, Unknown(say("no value"), reported=True), location, literal=False)
            else:
                self._put(command, draft, first, field, value, word)
        elif bare in DRY_RUN:
            draft.put("DryRun", True, location, literal=False)
        elif bare == "region" and value is not None:
            return value
        elif name.startswith("--") and bare not in FLAGS | SWITCHES | COMMON:
            spelled_alike = (one for one in PARAMETERS if one[0].isupper() == bare[:1].isupper())
            known = {f"--{parameter}": None for parameter in spelled_alike}
            draft.unknown_name(name, known, location)
        return None

    def _put(self, command: Command, draft: Draft, first: Word, field: str, word: Word, flag: Word) -> None:
        location = self.source.location(word.start, word.end)
        name = self.source.location(flag.start, flag.end)
        value: str | Unknown
        text = self._value(word, command.depth)
        if text is None:
            written = self._written(word)
            reason = say("known only when the script runs: {written}", written=written)
            value = Unknown(reason, self._reference(word, written, command))
        elif "{}" in text and first.literal in _FILLING_IN:
            value = Unknown(say("filled in by {literal}", literal=first.literal))
        else:
            value = text
        literal = "$" not in self.source.text[word.start : word.end]
        draft.put(field, value, location, name=name, literal=literal)

    def _reference(self, word: Word, written: str, command: Command) -> Reference | None:
        """The identity of a value that is not known: its text, and where its variables were last set."""
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
        return Reference(
            self.source.file,
            say("{written} at line {line}:{column}", written=written, line=place.line, column=place.column),
        )

    def _written(self, word: Word) -> str:
        """The word as written, without its quotes, shortened."""
        written = "".join(part.text for part in word.parts)
        written = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}(?![A-Za-z0-9_])", r"$\1", written)
        return written if len(written) <= 80 else f"{written[:79]}…"

    def _split(self, word: Word, text: str | None) -> tuple[str, Word] | None:
        """The name and the value of a word `--Name=value`; None if it is none."""
        first = word.parts[0] if word.parts else None
        if first is not None and not first.expansion and first.text.startswith("-"):
            name, equals, begin = first.text.partition("=")
            if equals and not first.quoted:
                parts = [first._replace(text=begin), *word.parts[1:]]
                return name, Word(parts, min(word.start + len(name) + 1, word.end), word.end)
        if text is not None and text.startswith("-") and "=" in text:
            name, _, value = text.partition("=")
            return name, word._replace(parts=[Part(value)])
        return None

    def _is_flag(self, word: Word, text: str | None) -> bool:
        if text is None:
            text = word.parts[0].text if word.parts and not word.parts[0].expansion else ""
        return text.startswith("--")
