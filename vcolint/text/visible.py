"""Text from input, made safe for a terminal or a log."""

from __future__ import annotations

import re

# Commands that CI runners obey anywhere in a line of a log: `##[error]`, `##vso[...]`, `##teamcity[...]`.
LOG_COMMAND = re.compile(r"##(?=\w*\[)")
BROKEN_HASH = r"\x23"  # replaces the second # of such a command


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
