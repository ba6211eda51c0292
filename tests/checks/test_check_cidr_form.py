"""How destinations are written: every recorded spelling, each defect by name, and what is suggested."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.checks import Hit
from vcolint.checks.cidr_form import cidr_form, explained, is_ipv6_block
from vcolint.model import network

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "cidr_examples.json").read_text(encoding="utf-8")
)
DEFAULT = "means the default route, which IPsec connections do not support"


def hits(text: object, form: str) -> list[Hit]:
    routes = route_set(reading([{"RouteDest": text}]))
    found = list(cidr_form(routes, {"form": form}, range(1)))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def is_ipv6(text: str) -> bool:
    return text in {
        "::/0",
        "0:0:0:0:0:ffff:10.0.0.0/104",
        "fe80::/10",
        "::192.168.0.1/128",
        "fe80::1.2.3.4/128",
        "2001:DB8::/48",
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_recorded_spellings(example: dict[str, Any]) -> None:
    text = example["text"]
    valid = example["ipv4_cidr_strict_valid"]
    assert len(hits(text, "invalid")) == (not valid and not is_ipv6(text))
    assert len(hits(text, "ipv6")) == is_ipv6(text)
    # The default route is one thing alone, whatever its address.
    host_bits = example["host_bits_set"] and not text.endswith("/0")
    found = hits(text, "host-bits")
    assert len(found) == host_bits
    if host_bits:
        assert found[0].variables == {"network": example["network"], "address": text.partition("/")[0]}
        assert (found[0].replacement, found[0].safe) == (example["network"], False)
        assert found[0].fix == f"write the network {example['network']}"


@pytest.mark.parametrize(
    ("text", "defect", "plain"),
    [
        ("", "is empty", None),
        (" \t", "has spaces around it and is empty", None),
        ("192.0.2.0", "has no prefix length", None),
        ("192.0.2.0/", "has nothing after the slash", None),
        ("/8", "has no address", None),
        ("/", "has no address and has nothing after the slash", None),
        ("10.0.0.0/255.255.255.0", "has a netmask instead of a prefix length", "10.0.0.0/24"),
        ("10.1.2.3/255.255.255.255", "has a netmask instead of a prefix length", "10.1.2.3/32"),
        ("10.0.0.7/255.0.0.0", "has a netmask instead of a prefix length", "10.0.0.7/8"),
        ("192.0.2.0/0.0.0.255", "has a wildcard mask instead of a prefix length", "192.0.2.0/24"),
        ("10.0.0.0/255.0.255.0", "has a mask that is not a prefix length", None),
        ("10.0.0.0/255.255.256.0", "has a mask that is not a prefix length", None),
        ("10.0.0.0/0.0.0.0", "has a netmask instead of a prefix length", None),
        (
            "10.0.0.0 255.0.0.0",
            "has a space instead of the slash and has a netmask instead of a prefix length",
            "10.0.0.0/8",
        ),
        ("10.0.0.0 8", "has a space instead of the slash", "10.0.0.0/8"),
        ("10.0.0.0:8", "has a colon instead of the slash", None),
        ("10.01.0.0/16", 'has an octet with a leading zero ("01")', "10.1.0.0/16"),
        ("010.8.8.8/32", 'has an octet with a leading zero ("010")', None),
        ("09.0.0.0/8", 'has an octet with a leading zero ("09")', "9.0.0.0/8"),
        ("10.0.0.0/08", 'has a prefix length with a leading zero ("08")', "10.0.0.0/8"),
        ("10.0.0.0/024", 'has a prefix length with a leading zero ("024")', None),
        (" 10.0.0.0/8", "has spaces around it", "10.0.0.0/8"),
        ("10.0.0.0/8\r\n", "has spaces around it", "10.0.0.0/8"),
        ("10.0.0.0/8\u3000", "has spaces around it", "10.0.0.0/8"),
        ("10.0.0.0 / 8", "has spaces inside", "10.0.0.0/8"),
        ("1 0.0.0.0/8", "has spaces inside", None),
        ("10.0.0.0/8\u200b", "contains invisible characters", "10.0.0.0/8"),
        ("(10.0.0.0/8)", "has quotes, brackets or commas around it", "10.0.0.0/8"),
        ("10.0.0.0/8,", "has quotes, brackets or commas around it", "10.0.0.0/8"),
        ("10.0.0.0/8, 10.1.0.0/16", "contains more than one block", None),
        ("10.0.0.0/8 # office", "has spaces inside", None),
        ("10.0.0.256/32", 'has an octet above 255 ("256")', None),
        ("10.300.400.0/32", 'has an octet above 255 ("300")', None),
        ("-/8", 'has "-" instead of four octets', None),
        ("10.0.0.0/33", 'has a prefix length above 32 ("33")', None),
        ("10.0.0.0/-1", 'has a prefix length that is not a number ("-1")', None),
        ("+1.2.3.4/24", 'has an octet that is not a number ("+1")', None),
        ("10.0.0/8", 'has "10.0.0" instead of four octets', None),
        ("10.0.0.0.0/8", 'has "10.0.0.0.0" instead of four octets', None),
        ("10..0.0/8", 'has an octet that is not a number ("")', None),
        ("10.0.0.0/8/8", 'has a prefix length that is not a number ("8/8")', None),
        ("10.0.0.０/8", "has non-ASCII digits", "10.0.0.0/8"),
        (
            "１０．０．０．０／８",
            "has non-ASCII digits and has a non-ASCII dot or slash",
            "10.0.0.0/8",
        ),
        ("1О.0.0.0/8", 'has an octet that is not a number ("1О", 1\\u041e)', None),
        ("&#49;0.0.0.0/8", 'has an octet that is not a number ("&#49;0")', None),
        ("0x0a.0x00.0x00.0x00/8", 'has an octet that is not a number ("0x0a")', None),
        ("3232235776/32", 'has "3232235776" instead of four octets', None),
        ("10.0.0.0/0b1000", 'has a prefix length that is not a number ("0b1000")', None),
        ("office.example.com/24", 'has "office.example.com" instead of four octets', None),
        ("https://10.0.0.0/8", "is a web address", None),
        ("10.0.0.0-10.0.0.255", "is a range of addresses", None),
        ("10.1.*.*", "has an asterisk instead of octets", None),
        ("2001:db8::1", "has colons, as IPv6 addresses have", None),
        ("2001:db8::/129", "has colons, as IPv6 addresses have", None),
        (" 2001:db8::/32", "has spaces around it and has colons, as IPv6 addresses have", None),
        ("::ffff:127.001.002.003/24", "has colons, as IPv6 addresses have", None),
        ("any", DEFAULT, None),
        ("ALL", DEFAULT, None),
        ("0/0", DEFAULT, None),
        ("0.0.0/0", DEFAULT, None),
        ("0.0.0.0/0.0.0.0", f"has a netmask instead of a prefix length and {DEFAULT}", None),
        (" 0.0.0.0/0", f"has spaces around it and {DEFAULT}", None),
        ("default", DEFAULT, None),
        ("1" * 5000 + ".0.0.0/8", "is 5008 characters long", None),
        ("10.0.0.0/" + "9" * 100, f'has a prefix length above 32 ("{"9" * 79}…")', None),
    ],
)
def test_defects(text: str, defect: str, plain: str | None) -> None:
    [hit] = hits(text, "invalid")
    assert hit.variables == {"defect": f"it {defect}", "suggestion": f"; write {plain}" if plain else ""}
    assert (hit.entry, hit.field) == (0, "RouteDest")
    assert hit.replacement == plain
    assert (hit.fix, hit.safe) == ((f"write {plain}", True) if plain else (None, False))


def test_only_text_is_looked_at_and_in_order() -> None:
    rows = [{"RouteDest": text} for text in ("10.0.0.0", "10.0.0.0/8", 10, None, "::/0", "10.0.0.0")]
    routes = route_set(reading(rows[:3]), reading(rows[3:], file="b.yaml"))
    assert [hit.entry for hit in cidr_form(routes, {"form": "invalid"}, range(6))] == [0, 5]
    assert [hit.entry for hit in cidr_form(routes, {"form": "invalid"}, [1, 2, 5])] == [5]
    assert [hit.entry for hit in cidr_form(routes, {"form": "ipv6"}, range(6))] == [4]


def test_an_unusable_destination_has_no_host_bits() -> None:
    routes = route_set(reading([{"RouteDest": "100.64.0.1/10"}, {"RouteDest": "10.0.0.1/8"}]))
    judged = routes.judged(frozenset({0}), frozenset(), frozenset())
    assert [hit.entry for hit in cidr_form(judged, {"form": "host-bits"}, range(2))] == [1]


addresses = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 32)


@given(
    addresses,
    lengths,
    st.sampled_from(["{0}/{2}", "{0}/{3}", "{0} {2}", " {0}/{1}\n", '"{0}/{1}"', "{0} /{1}"]),
)
def test_one_meaning_is_that_of_the_standard_library(address: int, length: int, form: str) -> None:
    whole = IPv4Network((address, length), strict=False)
    text = form.format(network.address_text(address), length, whole.netmask, whole.hostmask)
    if text.endswith("/0.0.0.0"):
        return  # as a netmask, another one
    _, block = explained(text)
    assert block == address << 8 | length


@settings(max_examples=300)
@given(st.text(st.sampled_from("0123456789./ -x:*\\\u0661\u200bａ#"), max_size=24))
def test_what_is_suggested_is_a_plain_block(text: str) -> None:
    for hit in hits(text, "invalid"):
        assert str(hit.variables["defect"]).startswith("it ")
        if hit.replacement is not None:
            assert network.parse(hit.replacement) is not None
            assert not hits(hit.replacement, "invalid")
            assert not hit.replacement.endswith("/0")


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_explained_in_few_words(text: str) -> None:
    if network.parse(text) is None:
        for hit in hits(text, "invalid"):
            assert str(hit.variables["defect"]).isprintable()
            assert len(str(hit.variables["defect"])) < 700


@pytest.mark.parametrize(
    ("text", "is_block"),
    [
        ("2001:db8::/32", True),
        ("2001:db8::1/32", True),  # with bits behind the prefix
        ("::/0", True),
        ("0000:0000:0000:0000:0000:0000:255.255.255.255/128", True),
        ("2001:db8::1", False),
        ("2001:db8::/129", False),
        ("fe80::1%eth0/64", False),
        ("10.0.0.0/8", False),
        ("::/" + "0" * 60 + "8", True),
        ("::/" + "0" * 6000 + "8", False),
    ],
)
def test_ipv6_blocks(text: str, is_block: bool) -> None:
    assert is_ipv6_block(text) == is_block
