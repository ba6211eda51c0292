"""IPv4 CIDR blocks as single integers, for reasoning over many of them.

A *block* is `address << 6 | prefix length`. It is a *network* if the address is the first one of the
block. Networks sort by first address, and of those that begin alike the widest comes first, so that a
network stands directly before everything inside it.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from socket import inet_aton
from sys import byteorder

# For each prefix length: the bits of a block that its network keeps, the length's own bits left out.
_KEPT = tuple((0xFFFFFFFF << (32 - length) & 0xFFFFFFFF) << 6 for length in range(33))
_SIZE = tuple(1 << (32 - length) for length in range(33))

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_CIDR = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}/(?:3[0-2]|[12]?[0-9])"
_ONE = re.compile(_CIDR)
_MANY = re.compile(rf"{_CIDR}(?:\n{_CIDR})*")


def parse(text: str) -> int | None:
    """The block that `text` denotes in plain dotted-quad form, host bits kept; None if it is not one.

    Plain form: four octets 0-255 without leading zeros, `/`, a prefix length 0-32 without leading zero.
    """
    if _ONE.fullmatch(text) is None:
        return None
    address, _, length = text.partition("/")
    return int.from_bytes(inet_aton(address), "big") << 6 | int(length)


def parse_many(texts: Sequence[str]) -> list[int | None]:
    """`parse` for each of `texts`; much faster where all of them are well-formed."""
    joined = "\n".join(texts)
    if _MANY.fullmatch(joined) is None or joined.count("\n") != len(texts) - 1:
        return [parse(text) for text in texts]
    parts = joined.replace("/", "\n").split("\n")
    addresses = array("I", b"".join(map(inet_aton, parts[::2])))
    if byteorder == "little":
        addresses.byteswap()
    return [address << 6 | length for address, length in zip(addresses, map(int, parts[1::2]), strict=True)]


def network(block: int) -> int:
    """The network that holds the block's address: its host bits cleared."""
    length = block & 63
    return block & _KEPT[length] | length


def address_text(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def text(block: int) -> str:
    return f"{address_text(block >> 6)}/{block & 63}"


def first(block: int) -> int:
    """The first address of a network."""
    return block >> 6


def last(block: int) -> int:
    """The last address of a network."""
    return (block >> 6) + _SIZE[block & 63] - 1


def contains(outer: int, inner: int) -> bool:
    """Whether every address of `inner` lies in `outer`; so also where they are equal."""
    length = outer & 63
    return length <= inner & 63 and not (outer ^ inner) & _KEPT[length]


def overlaps(a: int, b: int) -> bool:
    """Two networks either lie one inside the other or have no address in common."""
    return not (a ^ b) & _KEPT[min(a & 63, b & 63)]


def parent(block: int) -> int:
    """The network that is one bit wider. Undefined for the whole address space."""
    return network(block - 1)


def sibling(block: int) -> int:
    """The other half of the parent network. Undefined for the whole address space."""
    return block ^ _SIZE[block & 63] << 6


def enclosing_run_starts(networks: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of overlapping networks in a sorted sequence.

    Each run is (start, end), at least two long; its first network contains all the others. One sweep.
    """
    # Where anything lies inside a network, the next one in this order does.
    inside = [
        place
        for place, (outer, inner) in enumerate(pairwise(networks))
        if not (outer ^ inner) & _KEPT[outer & 63]
    ]
    runs: list[tuple[int, int]] = []
    end = 0
    for start in inside:
        if start < end:
            continue
        outer = networks[start]
        end = start + 1
        while end < len(networks) and contains(outer, networks[end]):
            end += 1
        runs.append((start, end))
    return runs


def union(networks: Iterable[int]) -> list[int]:
    """The fewest networks that hold exactly the same addresses, sorted."""
    merged: list[int] = []
    for block in sorted(networks):
        if merged and contains(merged[-1], block):
            continue
        merged.append(block)
        while len(merged) > 1 and merged[-1] & 63 and merged[-2] == sibling(merged[-1]):
            merged[-2:] = [parent(merged[-1])]
    return merged


def difference(outer: int, holes: Iterable[int]) -> list[int]:
    """The fewest networks that hold what is in `outer` but in none of `holes`, sorted."""
    kept = [outer]
    for hole in union(holes):
        if contains(hole, outer):
            return []
        if not contains(outer, hole):
            continue
        # The holes come in order, so only the last piece can still hold one.
        place = next(index for index in range(len(kept) - 1, -1, -1) if contains(kept[index], hole))
        piece = kept.pop(place)
        pieces = []
        around = hole
        while around != piece:
            pieces.append(sibling(around))
            around = parent(around)
        kept[place:place] = sorted(pieces)
    return kept


class NetworkSet:
    """A set of networks that answers what a given network meets, without looking at each."""

    def __init__(self, networks: Iterable[int]) -> None:
        self._members = frozenset(networks)
        self.networks = sorted(self._members)
        self._lengths = sorted({block & 63 for block in self.networks})

    @cached_property
    def union(self) -> list[int]:
        """The fewest networks that hold exactly the same addresses, sorted."""
        return union(self.networks)

    def __bool__(self) -> bool:
        return bool(self.networks)

    def enclosing(self, block: int) -> list[int]:
        """The members that contain `block`, the widest first; one that equals it included."""
        members = self._members
        return [
            candidate
            for length in self._lengths
            if length <= block & 63 and (candidate := block & _KEPT[length] | length) in members
        ]

    def inside(self, block: int) -> list[int]:
        """The members that lie strictly inside `block`, sorted."""
        networks = self.networks
        start = bisect_right(networks, block)
        return networks[start : bisect_right(networks, last(block) << 6 | 63, start)]

    def meets(self, block: int) -> bool:
        """Whether any member shares an address with `block`: one lookup in the union."""
        merged = self.union
        place = bisect_right(merged, block | 63)
        return (place > 0 and overlaps(merged[place - 1], block)) or (
            place < len(merged) and contains(block, merged[place])
        )

    def covers(self, block: int) -> bool:
        """Whether every address of `block` lies in the union of the members."""
        place = bisect_right(self.union, block)
        return place > 0 and contains(self.union[place - 1], block)
