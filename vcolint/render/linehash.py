"""The line hashes by which GitHub knows an alert again after lines have moved."""

from __future__ import annotations

from collections.abc import Collection

_BLOCK = 100  # characters that one hash looks at
_BASE = 37
_END_OF_FILE = "\uffff"


def line_hashes(text: str, lines: Collection[int]) -> dict[int, str]:
    """`primaryLocationLineHash` of the given lines (1-based) of a file, as GitHub's upload action has it.

    A polynomial over the hundred UTF-16 units from the line's start, blanks and tabs left out and all
    line ends `\\n`; behind it, which of the lines with that hash it is. Lines that the file does not have
    are left out.
    """
    if not text.isascii() and max(text) > "\uffff":
        units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
        text = "".join(map(chr, units))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + _END_OF_FILE
    found = []
    seen: dict[str, int] = {}  # equal blocks have equal hashes: only those asked for are computed
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
    values = _polynomials([block for _, block, _ in found])
    return {line: f"{value:x}:{number}" for (line, _, number), value in zip(found, values, strict=True)}


def _polynomials(blocks: list[str]) -> list[int]:
    """The polynomial of each block modulo 2**64: of all blocks at once, each in nine bytes of one number."""
    lane = 9  # eight for a value, one for what a multiplication carries over
    size = lane * len(blocks)
    units = "".join(block.ljust(_BLOCK, "\0") for block in blocks).encode("utf-16-le", "surrogatepass")
    mask = int.from_bytes((b"\xff" * 8 + b"\0") * len(blocks), "little")
    total = 0
    for offset in range(0, 2 * _BLOCK, 2):
        column = bytearray(size)
        column[0::lane] = units[offset :: 2 * _BLOCK]
        column[1::lane] = units[offset + 1 :: 2 * _BLOCK]
        total = (total * _BASE + int.from_bytes(column, "little")) & mask
    data = total.to_bytes(size, "little")
    return [int.from_bytes(data[start : start + 8], "little") for start in range(0, size, lane)]
