"""The columns that text takes in a terminal: Chinese characters take two."""

from __future__ import annotations

import re

# The pieces between which a line may break: words with the blanks behind them, and Chinese characters, each
# with the punctuation that must not begin or end a line. It is compiled when it is needed, because that takes
# a tenth of a small run.
_PIECE = r"[（《“]*(?:[⺀-･]|[^⺀-･ ]+)?[，。；：、！？）》”…]* *"


def columns(text: str) -> int:
    """The columns of a text without control characters."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # texts are seldom Chinese

    shown = (one for one in text if category(one) not in ("Mn", "Me"))  # combining marks take no column
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in shown)


def padded(text: str, width: int) -> str:
    """The text, padded with blanks to a width in columns."""
    return text + " " * (width - columns(text))


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """The text in lines of at most so many columns; all but the first begin with `indent` blanks.

    A word that is longer, such as a path, stays in one piece. Chinese text may break behind any character but
    before some punctuation.
    """
    lines, line, at = [], "", 0
    for word in re.findall(_PIECE, text):
        room = columns(word.rstrip())
        if line.strip() and at + room > width:
            lines.append(line.rstrip())
            line, at, word = " " * indent, indent, word.lstrip()
        line += word
        at += columns(word)
    return [*lines, line.rstrip()]
