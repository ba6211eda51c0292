"""The line hashes by which GitHub recognises an alert after lines have moved."""

from __future__ import annotations

from collections.abc import Collection
from operator import mul

_BLOCK = 100  # characters in one hash
_MASK = 2**64 - 1
_POWERS = [pow(37, _BLOCK - 1 - place, _MASK + 1) for place in range(_BLOCK)]
_END_OF_FILE = "\uffff"


def line_hashes(text: str, lines: Collection[int]) -> dict[int, str]:
    """`primaryLocationLineHash` of the given lines (1-based) of a file, as GitHub's upload action computes
    it.

    A polynomial over the hundred UTF-16 units from the line's start, blanks and tabs left out and all
    line ends `\\n`; behind it, which of the lines with that hash it is. Lines that the file does not have
    are left out.
    """
    if not text.isascii() and max(text) > "\uffff":
        units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
        text = "".join(map(chr, units))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + _END_OF_FILE
    found = []
    seen: dict[str, int] = {}  # equal blocks have equal hashes, so only the wanted ones are computed
    wanted = set(lines)
    start = 0
    for line in range(1, max(wanted, default=0) + 1):
        block = text[start : start + _BLOCK]
        if not block:
            break
        seen[block] = seen.get(block, 0) + 1
        if line in wanted:
            found.append((line, block, seen[block]))
        start = text.find("\n", start) + 1 or len(text)
    return {line: f"{_hash(block):x}:{number}" for line, block, number in found}


def _hash(block: str) -> int:
    """The polynomial of a block. A short block is padded with zeros."""
    total: int = sum(map(mul, map(ord, block), _POWERS))
    return total & _MASK
