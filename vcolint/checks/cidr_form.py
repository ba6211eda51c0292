"""Destinations that are not an IPv4 CIDR block in plain form, are IPv6 blocks, or have host bits set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.route_set import RouteSet

_FIELD = "RouteDest"


def cidr_form(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose destination is `invalid` (neither an IPv4 block in plain form nor an IPv6 block), has
    `host-bits` set, or is an `ipv6` block."""
    form = parameters["form"]
    if form == "host-bits":
        yield from _host_bits(routes, who)
    elif None in routes.blocks:
        column = routes.column(_FIELD)
        for entry in who:
            text = column[entry]
            if routes.blocks[entry] is None and isinstance(text, str):
                is_ipv6 = is_ipv6_block(text)
                if form == "ipv6" and is_ipv6:
                    yield Hit(entry, _FIELD)
                elif form == "invalid" and not is_ipv6:
                    yield _invalid(entry, text)


def _host_bits(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    blocks, destinations = routes.blocks, routes.destinations
    for entry in who if blocks != destinations else ():
        block, whole = blocks[entry], destinations[entry]
        if block is None or whole is None or block == whole or not network.length(whole):
            continue
        plain = network.text(whole)
        variables = {"network": plain, "address": network.address_text(network.first(block))}
        fix = say("write the network {written}", written=plain)
        yield Hit(entry, _FIELD, variables, fix=fix, replacement=plain)


def _invalid(entry: int, text: str) -> Hit:
    from vcolint.checks.cidr_spelling import explained

    defect, block = explained(text)
    if block is None:
        return Hit(entry, _FIELD, {"defect": defect, "suggestion": ""})
    plain = network.text(block)
    variables = {"defect": defect, "suggestion": say("; write {plain}", plain=plain)}
    fix = say("write {plain}", plain=plain)
    return Hit(entry, _FIELD, variables, fix=fix, safe=True, replacement=plain)


def is_ipv6_block(text: str) -> bool:
    """Whether a text is an IPv6 address, `/` and a prefix length."""
    if ":" not in text or "/" not in text or "%" in text:
        return False
    from ipaddress import IPv6Network

    try:
        IPv6Network(text, strict=False)
    except ValueError:
        return False
    return True
