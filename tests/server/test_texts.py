"""Open documents under changes, held against plain text."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pygls")

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from vcolint.server.texts import Document

WIDTHS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def offset(text: str, line: int, units: int, encoding: str) -> int:
    """Where in a text a position is: line by line, character by character."""
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\n|\r", text))]
    if line >= len(starts):
        return len(text)
    at = starts[line]
    codec, width = WIDTHS[encoding]
    while at < len(text) and text[at] not in "\r\n":
        units -= len(text[at].encode(codec)) // width
        if units < 0:
            break
        at += 1
    return at


TEXTS = st.text(st.sampled_from("ab\n\r汉🏢\f\u2028"), max_size=12)
PLACES = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(
    TEXTS,
    st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=5),
    st.sampled_from(sorted(WIDTHS)),
)
def test_changes_are_those_of_the_plain_text(
    text: str, changes: list[tuple[tuple[int, int], tuple[int, int], str]], encoding: str
) -> None:
    document = Document("file:///a.yaml", 1, text)
    for version, (start, end, new) in enumerate(changes, 2):
        first = offset(text, *start, encoding)
        last = max(first, offset(text, *end, encoding))
        text = text[:first] + new + text[last:]
        span = lsp.Range(lsp.Position(*start), lsp.Position(*end))
        change = lsp.TextDocumentContentChangePartial(span, new)
        document = document.changed(change, version, encoding)
        assert (document.text, document.version) == (text, version)


def test_a_change_of_the_whole_text() -> None:
    before = Document("file:///a.yaml", 1, "a\nb")
    after = before.changed(lsp.TextDocumentContentChangeWholeDocument("c\n"), 2, "utf-16")
    assert (before.text, after.text) == ("a\nb", "c\n")
