"""IPv4 CIDR blocks as single integers, for reasoning over many of them.

A *block* is `address << 8 | prefix length`. It is a *network* if the address is the first one of the block.
Networks sort by first address; among those with the same first address, the widest comes first. So a network
comes directly before everything inside it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import compress
from operator import ne

# For each prefix length: a mask of the address bits that the network of a block keeps.
_KEPT = tuple((0xFFFFFFFF << (32 - length) & 0xFFFFFFFF) << 8 for length in range(33))
# For each prefix length: the bits in which the blocks in a network of that length may differ.
_FREE = tuple((0xFFFFFFFF >> length) << 8 | 255 for length in range(33))

_OCTETS = {str(octet): octet for octet in range(256)}
_LENGTHS = {str(length): length for length in range(33)}


def parse(text: str) -> int | None:
    """The block that `text` denotes in plain dotted-quad form, host bits kept; None if it is not one.

    Plain form: four octets 0-255 without leading zeros, `/`, a prefix length 0-32 without leading zero.
    """
    try:
        a, b, c, last = text.split(".")
        d, length = last.split("/")
        return _OCTETS[a] << 32 | _OCTETS[b] << 24 | _OCTETS[c] << 16 | _OCTETS[d] << 8 | _LENGTHS[length]
    except (KeyError, ValueError):
        return None


def network(block: int) -> int:
    """The network that holds the block's address: its host bits cleared."""
    length = block & 255
    return block & _KEPT[length] | length


def address_text(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def text(block: int) -> str:
    return f"{address_text(block >> 8)}/{block & 255}"


def length(block: int) -> int:
    """The prefix length of a block."""
    return block & 255


def size(block: int) -> int:
    """The number of addresses in a network."""
    return 1 << 32 - (block & 255)


def first(block: int) -> int:
    """The first address of a network."""
    return block >> 8


def last(block: int) -> int:
    """The last address of a network."""
    return (block >> 8) + (1 << 32 - (block & 255)) - 1


def end(block: int) -> int:
    """The last block in a network. All blocks in the network sort from the network up to this one."""
    return block | _FREE[block & 255]


def contains(outer: int, inner: int) -> bool:
    """Whether every address of `inner` lies in `outer`; true if they are equal."""
    length = outer & 255
    return length <= inner & 255 and not (outer ^ inner) & _KEPT[length]


def supernets(block: int) -> list[int]:
    """The networks that contain a network, the nearest first: itself, and all wider ones."""
    return [block & _KEPT[length] | length for length in range(block & 255, -1, -1)]


def overlaps(a: int, b: int) -> bool:
    """Two networks either lie one inside the other or have no address in common."""
    return not (a ^ b) & _KEPT[min(a & 255, b & 255)]


def union(networks: Iterable[int]) -> list[int]:
    """The fewest networks that hold exactly the same addresses, sorted."""
    spans: list[tuple[int, int]] = []  # from the first address up to, but without, the second one
    for block in sorted(networks):
        start, end = first(block), last(block) + 1
        if spans and start <= spans[-1][1]:
            start, before = spans.pop()
            end = max(end, before)
        spans.append((start, end))
    return [block for span in spans for block in _span(*span)]


def difference(outer: int, holes: Iterable[int]) -> list[int]:
    """The fewest networks that hold the addresses in `outer` that are in none of `holes`, sorted."""
    kept: list[int] = []
    at = first(outer)
    for hole in union(holes):
        if overlaps(outer, hole):
            kept += _span(at, first(hole))
            at = last(hole) + 1
    return kept + _span(at, last(outer) + 1)


def _span(start: int, end: int) -> list[int]:
    """The fewest networks that hold the addresses from `start` up to, but without, `end`; sorted."""
    found = []
    while start < end:
        widest = start & -start or 1 << 32  # the widest network that can begin here
        size = min(widest, 1 << (end - start).bit_length() - 1)
        found.append(start << 8 | 33 - size.bit_length())
        start += size
    return found


class NetworkSet:
    """A set of networks. It finds the members that a given network meets without looking at each."""

    def __init__(self, networks: Iterable[int]) -> None:
        ordered = sorted(networks)
        self.networks = [*compress(ordered, map(ne, ordered, (None, *ordered)))]  # each once

    @cached_property
    def lengths(self) -> list[int]:
        """The prefix lengths of the members, sorted."""
        return sorted({block & 255 for block in self.networks})

    @cached_property
    def union(self) -> list[int]:
        """The fewest networks that hold exactly the same addresses, sorted."""
        return union(self.networks)

    def __bool__(self) -> bool:
        return bool(self.networks)

    def __contains__(self, block: int) -> bool:
        place = bisect_left(self.networks, block)
        return place < len(self.networks) and self.networks[place] == block

    def enclosing(self, block: int) -> list[int]:
        """The members that contain or equal `block`, the widest first."""
        return [
            candidate
            for length in self.lengths
            if length <= block & 255 and (candidate := block & _KEPT[length] | length) in self
        ]

    def inside(self, block: int) -> list[int]:
        """The members that lie strictly inside `block`, sorted."""
        networks = self.networks
        start = bisect_right(networks, block)
        return networks[start : bisect_right(networks, end(block), start)]

    def meeting(self, block: int) -> list[int]:
        """The members that have an address in common with `block`."""
        return [*self.enclosing(block), *self.inside(block)]
