"""Blocks and networks, held against a grammar, the standard library's `ipaddress`, and sets of addresses."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model import network
from vcolint.model.network import NetworkSet

OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
PLAIN = re.compile(rf"{OCTET}\.{OCTET}\.{OCTET}\.{OCTET}/(?:3[0-2]|[12][0-9]|[0-9])")

FIRST = int(IPv4Network("10.0.0.0/28").network_address)  # of a universe of 16 addresses
SIZE = 16

blocks = st.builds(
    lambda address, length: address << 8 | length, st.integers(0, 2**32 - 1), st.integers(0, 32)
)
small = st.builds(
    lambda offset, length: network.network((FIRST + offset) << 8 | length),
    st.integers(0, SIZE - 1),
    st.integers(28, 32),
)
smalls = st.lists(small, max_size=8)


def standard(block: int) -> IPv4Network:
    return IPv4Network((block >> 8, block & 255), strict=False)


def number(found: IPv4Network) -> int:
    return int(found.network_address) << 8 | found.prefixlen


def addresses(*of: int) -> set[int]:
    """The addresses of some networks."""
    return {address for block in of for address in range(network.first(block), network.last(block) + 1)}


def fewest(wanted: set[int]) -> list[int]:
    """The fewest networks that hold just these addresses: every widest one that fits in."""
    found: list[int] = []
    for length in range(28, 33):
        for first in range(FIRST, FIRST + SIZE, 1 << 32 - length):
            held = addresses(first << 8 | length)
            if held <= wanted:
                found.append(first << 8 | length)
                wanted = wanted - held
    return sorted(found)


odd_octets = st.sampled_from(["0", "00", "01", "9", "10", "255", "256", "٣", "+1", " 1", "1_0", ""])
odd_ends = st.sampled_from(["/8", "/08", "/33", "/32", "/0", "/+1", "/8\n", "/", "", "/1/2"])


# -- texts ------------------------------------------------------------------------------------------------


@given(blocks)
def test_text_and_back(block: int) -> None:
    address = standard(block >> 8 << 8 | 32).network_address
    assert network.text(block) == f"{address}/{block & 255}"
    assert network.address_text(block >> 8) == str(address)
    assert network.parse(network.text(block)) == block


@given(
    st.one_of(
        st.from_regex(r"\A[0-9]{0,3}(?:\.[0-9]{1,3}){2,4}/[0-9]{0,2}\Z"),
        st.text("0123456789./", max_size=20),
        st.builds(lambda parts, end: ".".join(parts) + end, st.lists(odd_octets, max_size=5), odd_ends),
    )
)
def test_parse_takes_what_the_grammar_takes(text: str) -> None:
    found = network.parse(text)
    assert (found is not None) == (PLAIN.fullmatch(text) is not None)
    if found is not None:
        address, _, length = text.partition("/")
        assert found == int(IPv4Network(address).network_address) << 8 | int(length)


ODD = [
    "10.0.0.0/8\n10.0.0.0/8",
    "10.0.0.0/8\n",
    "\n10.0.0.0/8",
    "10.0.0.0/8/8",
    "10.0.0.0",
    "/8",
    "10.0.0.0/",
    "10.0.0/8",
    "10.0.0.0.0/8",
    "",
    "\n",
    "01.0.0.0/8",
    "10.00.0.0/8",
    "10.0.0.08/8",
    "10.0.0.0/08",
    "10.0.0.256/8",
    "10.0.0.1000/8",
    "10.0.0.0/33",
    "10..0.0/8",
    "10.0.0./8",
    ".0.0.0/8",
    "...0/8",
    ".../",
    "10.0.0/0.8",
    "10/0.0.0.8",
    "１0.0.0.0/8",
    "١.0.0.0/8",
    "10.0.0.0/٨",
    "10.0.0.0\0/8",
    "\x0010.0.0.0/8",
    " 10.0.0.0/8",
    "10.0.0.0/8 ",
    "+10.0.0.0/8",
    "1_0.0.0.0/8",
    "0x0a.0.0.0/8",
    "\ud800",
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_texts(odd: str) -> None:
    assert network.parse(odd) is None


# -- single networks --------------------------------------------------------------------------------------


@given(blocks)
def test_network_of_a_block(block: int) -> None:
    found = network.network(block)
    assert found == number(standard(block))
    assert network.length(block) == standard(block).prefixlen
    assert network.first(found) == int(standard(block).network_address)
    assert network.last(found) == int(standard(block).broadcast_address)


@given(blocks.map(network.network), blocks.map(network.network))
def test_relations_of_two(a: int, b: int) -> None:
    assert network.contains(a, b) == standard(b).subnet_of(standard(a))
    assert network.overlaps(a, b) == standard(a).overlaps(standard(b))
    assert (a < b) == (standard(a) < standard(b))


@given(small, small)
def test_relations_of_two_that_lie_close(a: int, b: int) -> None:
    assert network.contains(a, b) == (addresses(a) >= addresses(b))
    assert network.overlaps(a, b) == (not addresses(a).isdisjoint(addresses(b)))


# -- sets of addresses ------------------------------------------------------------------------------------


@given(smalls)
def test_union(networks: list[int]) -> None:
    assert network.union(networks) == fewest(addresses(*networks))


@given(small, smalls)
def test_difference(outer: int, holes: list[int]) -> None:
    assert network.difference(outer, holes) == fewest(addresses(outer) - addresses(*holes))


def test_union_and_difference_of_the_whole_space() -> None:
    whole = network.parse("0.0.0.0/0")
    assert whole is not None
    halves = [block for text in ("0.0.0.0/1", "128.0.0.0/1") if (block := network.parse(text)) is not None]
    assert network.union(halves) == [whole]
    assert network.difference(whole, halves[:1]) == halves[1:]
    assert network.difference(whole, [whole]) == []
    assert network.difference(halves[0], [whole]) == []
    assert network.difference(whole, []) == [whole]


@settings(max_examples=200)
@given(smalls, small)
def test_network_set(networks: list[int], block: int) -> None:
    members = NetworkSet(networks)
    here = addresses(block)
    assert members.networks == sorted(set(networks))
    assert bool(members) == bool(networks)
    assert members.union == fewest(addresses(*networks))
    assert members.enclosing(block) == [one for one in members.networks if addresses(one) >= here]
    assert members.inside(block) == [one for one in members.networks if addresses(one) < here]
    assert (block in members) == (block in networks)
    assert members.lengths == sorted({network.length(one) for one in networks})


@given(st.lists(blocks.map(network.network), max_size=6), blocks.map(network.network))
def test_network_set_of_the_whole_space(networks: list[int], block: int) -> None:
    members = NetworkSet(networks)
    assert members.enclosing(block) == [one for one in members.networks if network.contains(one, block)]
    assert members.inside(block) == [
        one for one in members.networks if network.contains(block, one) and one != block
    ]
