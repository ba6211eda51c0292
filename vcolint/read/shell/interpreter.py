"""Follows the variables of a script, and turns its calls of the `aliyun` CLI into entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import CLI, REQUIRED_BUT_REGION, Draft
from vcolint.read.shell.scanner import ASSIGNMENT, Command, Part, Word
from vcolint.text.source import Source
from vcolint.text.value import Location, Reference, Unknown

COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
# The parameters in both spellings of the CLI: its plugins use kebab-case.
_PARAMETERS = (
    CLI
    | {re.sub(r"(?<!^)(?=[A-Z])", "-", field).lower(): field for field in CLI}
    | {"biz-region-id": "RegionId"}
)
# The CLI's own flags: those that take a value, and switches; and the parameters of every RPC call.
_FLAGS = """
profile language region endpoint endpoint-type mode config-path read-timeout connect-timeout retry-count
access-key-id access-key-secret sts-token sts-region ram-role-name ram-role-arn role-session-name
source-profile external-id private-key key-pair-name process-command expired-seconds credentials-uri
oidc-provider-arn oidc-token-file cloud-sso-sign-in-url cloud-sso-access-config cloud-sso-account-id
version header body body-file method output waiter cli-query pager cli-ai-mode user-agent
OwnerAccount ResourceOwnerAccount ResourceOwnerId
"""
_SWITCHES = "force secure insecure quiet help roa skip-secure-verify dryrun cli-dry-run no-pager yes"
_DRY_RUN = ("dryrun", "cli-dry-run")  # print the request and send nothing

_PRINTING = frozenset({"echo", "printf", ":", "true", "alias", "type", "which", "man", "grep"})
_APPENDING = frozenset({"xargs", "parallel"})  # commands that add arguments to the command that they run
_DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
_SETTING = frozenset(
    {"for", "select", "read", "mapfile", "readarray", "getopts", "unset", "let", "printf", "local"}
)
_ANY = "*"  # stands for all variables
_ARGUMENTS = "@"  # stands for $1, $@ and so on

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}(?![A-Za-z0-9_])")
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
        count = Counter(name for _, assigned in self.commands for name, _ in assigned)
        # What may differ from call to call of a function.
        self.varying = {name for name in count if count[name] > 1 or name == _ANY} | {_ARGUMENTS}
        self.in_functions: set[str] = set()  # variables that functions above may set at any time
        # The last place where anything may be set.
        self.anything = max(
            (one.words[0].start for one, assigned in self.commands if (_ANY, None) in assigned), default=-1
        )
        self.known: dict[str, str | None] = {}
        self.since: dict[str, int] = {}  # the last place where each variable was set

    def run(self) -> None:
        for command, assigned in self.commands:
            for name, word in assigned:
                self.since[name] = command.words[0].start
                if command.function is not None:
                    self.in_functions.add(name)
                if name == _ANY:
                    self.known.clear()
                is_sure = not command.depth and not self.in_functions & {name, _ANY}
                self.known[name] = self._value(word, command) if word is not None and is_sure else None
            self._call(command)

    # -- values -------------------------------------------------------------------------------------------

    def _value(self, word: Word, command: Command) -> str | None:
        """The word's text, if it is known."""
        texts = [part.text if not part.expansion else self._expanded(part, command) for part in word.parts]
        value = "".join(text for text in texts if text is not None)
        is_long = len(value) > _MAX_TEXT and word.literal is None
        return None if is_long or None in texts else value

    def _expanded(self, part: Part, command: Command) -> str | None:
        """The value of a variable. In a loop or a function, a command further down may have set it."""
        name = part.variable or ""
        if command.depth and (name in self.varying or self.since.get(name, 0) < self.anything):
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
        if command.function is not None and not names.isdisjoint(self.varying):
            since = max(since, command.function)
        written = _written(word)
        if since:
            place = self.source.location(since, since)
            written = say(
                "{written} at line {line}:{column}", written=written, line=place.line, column=place.column
            )
        return Reference(self.source.file, written)

    # -- calls --------------------------------------------------------------------------------------------

    def _call(self, command: Command) -> None:
        """Add the entry that a command creates, if it creates one."""
        start = _program(command.words)
        if start is None:
            return
        _, *ahead = words = command.words[start:]
        draft = Draft(self.reading, self._place(words[0].start, max(word.end for word in words)))
        if command.words[0].literal in _APPENDING:
            appended = command.words[0]
            ahead.append(appended._replace(parts=[Part(appended.written, expansion=True)]))
        region: Word | None = None
        rest: Word | None = None  # an expansion that may hold any flag
        ahead.reverse()
        while ahead:
            word = ahead.pop()
            name, value = _split(word)
            if name is None:
                rest = rest or word
            elif name.startswith("-"):
                has_value = (
                    name[2:] not in _SWITCHES.split() if name.startswith("--") else name in ("-p", "-o")
                )
                if value is None and has_value and ahead and not ahead[-1].written.startswith("--"):
                    value = ahead.pop()
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
        field = _PARAMETERS.get(bare) if name.startswith("--") else None
        if field is not None and value is not None:
            self._put(command, draft, field, value, location)
        elif field is not None:
            draft.problem(say("{name} has no value", name=name), location, field)
            draft.put(field, Unknown(say("no value"), reported=True), location, literal=False)
        elif bare in _DRY_RUN:
            draft.put("DryRun", True, location, literal=False)
        elif name.startswith("--") and bare not in f"{_FLAGS} {_SWITCHES}".split():
            is_kebab = any(word.literal == COMMANDS[1] for word in command.words)
            spelled_alike = (one for one in _PARAMETERS if one[0].islower() == is_kebab)
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


def _program(words: list[Word]) -> int | None:
    """The position of the program in a command that creates a route, else None."""
    texts = [word.literal for word in words]
    end = next((place for place, text in enumerate(texts) if text in COMMANDS), 0)
    if not end or texts[0] in _PRINTING or "--help" in texts or "-h" in texts:
        return None
    for place, text in enumerate(texts[:end]):
        if text is not None and text.rpartition("/")[2] == "aliyun":
            beside = texts[place + 1 : end]
            return place if "help" not in beside and ("vpc" in beside or None in beside) else None
    # Else the CLI may run through a variable or a wrapper.
    return end - 2 if end > 1 and texts[end - 1] == "vpc" else None


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
    if name in _SETTING:
        for word in following[:1] if name in ("for", "select") else following:
            if _assignment(word) is None:
                yield from ((target, None) for target in _NAME.findall(word.literal or ""))


def _assignment(word: Word) -> tuple[str, Word | None] | None:
    """The variable that a word sets, and its value; None for a word that sets no variable."""
    match = ASSIGNMENT.match(word.parts[0].text) if word.parts and not word.parts[0].quoted else None
    if match is None:
        return None
    # `a[0]=…`, `a+=…` or an array.
    is_part = match[2] or match[3] or word.parts[-1].text.startswith("(")
    return match[1], None if is_part else word.after(match.end())


def _split(word: Word) -> tuple[str | None, Word | None]:
    """The name and the value of a word `--Name=value`; of other words the text, if it holds no expansion."""
    first, *others = [part for part in word.parts if part.text] or [Part("")]
    name, equals, _ = first.text.partition("=")
    if first.expansion or not equals or not name.startswith("-"):
        return word.literal, None
    return name, word._replace(parts=[first, *others]).after(len(name) + 1)


def _written(word: Word) -> str:
    """The word as written, without its quotes, shortened."""
    written = _BRACED.sub(r"$\1", word.written)
    return written if len(written) <= 80 else f"{written[:79]}…"
