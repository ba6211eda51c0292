"""Text from input, made fit for a terminal or a log."""

from __future__ import annotations

import re

# Log commands that runners obey anywhere in a line: `##[error]` and `##vso[...]`, `##teamcity[...]`.
LOG_COMMAND = re.compile(r"##(?=\w*\[)")
BROKEN_HASH = r"\x23"  # stands for the second # of such a command


def visible(text: str) -> str:
    """The text with everything that is not printable (control characters, line ends, bidirectional and
    zero-width characters, odd blanks, lone surrogates) as an escape such as `\\x1b`, on one line."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else escape(character) for character in text)
    if "##" in text:
        text = LOG_COMMAND.sub(lambda _: "#" + BROKEN_HASH, text)
    return text


def escape(character: str) -> str:
    """One character as Python's escape for it: `\\t`, `\\x1b`, `\\u202e`, `\\U000e0001`."""
    return ascii(character)[1:-1]
