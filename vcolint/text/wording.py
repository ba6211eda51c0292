"""Wording of messages: texts from outside (made safe, quoted, shortened), lists, counts, suggestions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import reduce

from vcolint.locale import say

# Commands that CI runners obey anywhere in a line of a log: `##[error]`, `##vso[...]`, `##teamcity[...]`.
LOG_COMMAND = re.compile(r"##(?=\w*\[)")
BROKEN_HASH = r"\x23"  # replaces the second # of such a command

_LONGEST = 80  # characters of a text from outside that a message shows

# The types of JSON Schema.
TYPES = {
    "integer": say("a whole number"),
    "number": say("a number"),
    "string": say("text"),
    "boolean": say("true or false"),
    "object": say("a mapping"),
    "array": say("a list"),
    "null": say("nothing"),
}


def visible(text: str) -> str:
    """The text on one line, with escapes such as `\\x1b` for everything that is not printable: control
    characters, line ends, bidirectional and zero-width characters, unusual blanks, lone surrogates."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else escape(character) for character in text)
    if "##" in text:
        text = LOG_COMMAND.sub(lambda _: "#" + BROKEN_HASH, text)
    return text


def escape(character: str) -> str:
    """One character as Python's escape for it: `\\t`, `\\x1b`, `\\u202e`, `\\U000e0001`."""
    return ascii(character)[1:-1]


def shortened(text: str) -> str:
    """The text, cut if it is long."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def value_text(value: object) -> str:
    """A scalar as messages show it. Python refuses to print the longest integers."""
    is_huge = isinstance(value, int) and abs(value) >= 10**30
    return say("a huge number") if is_huge else shortened(str(value))


def quoted(text: str) -> str:
    """The text in quotes, cut if it is long, with control characters escaped."""
    return f'"{"".join(one if one.isprintable() else escape(one) for one in shortened(text))}"'


def described(value: object) -> str:
    """The kind of a value from YAML or JSON, and the value itself if it is a scalar."""
    if isinstance(value, str):
        return say("the text {quoted}", quoted=quoted(value))
    if value is None:
        return say("nothing")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        is_huge = abs(value) >= 10**20
        return say("a huge number") if is_huge else say("the number {value}", value=value)
    if isinstance(value, (list, dict)):
        return say("a list") if isinstance(value, list) else say("a mapping")
    # From a program, not from YAML or JSON.
    return say("a value of the type {name}", name=type(value).__name__)


def did_you_mean(text: str, candidates: Iterable[str]) -> str:
    """The end of a message about an unknown name: the candidate that is most like it as a question, or
    nothing. Case hardly counts."""
    from difflib import get_close_matches

    # Among names that differ only in case, the last one counts: it begins as the text does.
    alike = sorted(candidates, key=lambda candidate: candidate[:1].isupper() == text[:1].isupper())
    lower = {candidate.lower(): candidate for candidate in alike}
    near = get_close_matches(text[:_LONGEST].lower(), lower, 1)
    return say('; did you mean "{near}"?', near=lower[near[0]]) if near else ""


def meant_or_known(text: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one as a question, or all known ones."""
    known = list(known)
    meant = did_you_mean(text, known) if text else ""
    return meant or say("; use one of {known}", known=", ".join(known) or "none")


def listed(texts: Sequence[str], most: int = 6) -> str:
    """Texts in a sentence: `a, b and c`; `a, b and 7 more` if there are more than `most`."""
    if len(texts) == 1:
        return texts[0]
    shown = list(texts[:most])
    if len(texts) > most:
        shown.append(say("{count} more", count=len(texts) - most))
    *before, last = shown or [""]
    return say("{texts} and {last}", texts=with_commas(before), last=last) if before else last


def either(texts: Sequence[str]) -> str:
    """`a, b or c`."""
    *before, last = texts
    return say("{texts} or {last}", texts=with_commas(before), last=last) if before else last


def with_commas(texts: Sequence[str]) -> str:
    """`a, b, c`."""
    return reduce(lambda before, text: say("{texts}, {next}", texts=before, next=text), texts)


# Nouns in the singular and the plural.
_NOUN_TEMPLATES = {
    "destination": ("{number} destination", "{number} destinations"),
    "entry": ("{number} entry", "{number} entries"),
    "environment": ("{number} environment", "{number} environments"),
    "error": ("{number} error", "{number} errors"),
    "example": ("{number} example", "{number} examples"),
    "file": ("{number} file", "{number} files"),
    "finding": ("{number} finding", "{number} findings"),
    "further finding": ("{number} further finding", "{number} further findings"),
    "further place": ("{number} further place", "{number} further places"),
    "network": ("{number} network", "{number} networks"),
    "note": ("{number} note", "{number} notes"),
    "other reason": ("{number} other reason", "{number} other reasons"),
    "page": ("{number} page", "{number} pages"),
    "stale finding": ("{number} stale finding", "{number} stale findings"),
    "value": ("{number} value", "{number} values"),
    "warning": ("{number} warning", "{number} warnings"),
}


def count(number: int, noun: str) -> str:
    """`1 entry`, `2 entries`."""
    return say(_NOUN_TEMPLATES[noun][number != 1], number=number)
