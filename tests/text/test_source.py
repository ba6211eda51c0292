"""Places in a text, against counting line ends one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.text.source import Source
from vcolint.text.value import Location


def place(text: str, offset: int) -> tuple[int, int]:
    if text[offset - 1 : offset + 1] == "\r\n":  # one line end: no place lies inside of it
        offset -= 1
    line = column = 1
    for index, character in enumerate(text[:offset]):
        ends = character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n")
        line, column = (line + 1, 1) if ends else (line, column + 1)
    return line, column


PIECES = st.sampled_from(
    ["\n", "\r\n", "\r", "a", "é😀", "\u2028\x0c\x85", "b" * 4095, "c" * 5000, "\n" * 4096]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6).map("".join), st.booleans(), st.data())
def test_location(text: str, feeds_only: bool, data: st.DataObject) -> None:
    if feeds_only:
        text = text.replace("\r", "")
    source = Source("f", text)
    near = sorted(
        {0, len(text), *(at for at in range(4094, 8195) if at <= len(text) and at % 4096 in (0, 1, 4095))}
    )
    offsets = st.sampled_from(near) | st.integers(0, len(text))
    start, end = sorted((data.draw(offsets), data.draw(offsets)))
    assert source.location(start, end) == Location("f", *place(text, start), *place(text, end))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_end_belongs_to_its_line(end: str) -> None:
    source = Source("f", f"ab{end}{end}c{end}")
    behind = 2 + len(end)
    assert source.location(2, behind) == Location("f", 1, 3, 2, 1)
    assert source.location(behind, behind + len(end)) == Location("f", 2, 1, 3, 1)
