"""Destinations that are no IPv4 CIDR block in plain form, are IPv6 blocks, or have host bits set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.network import is_ipv6_block
from vcolint.model.route_set import RouteSet

_FIELD = "RouteDest"


def cidr_form(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose destination is `invalid` (no IPv4 block in plain form, nor an IPv6 block), has
    `host-bits` set, or is an `ipv6` block."""
    if parameters["form"] == "host-bits":
        yield from _host_bits(routes, who)
        return
    blocks = routes.blocks
    if None not in blocks:
        return
    find = _ipv6 if parameters["form"] == "ipv6" else _invalid
    column = routes.column(_FIELD)
    found: dict[str, Hit | None] = {}
    for entry in who:
        text = column[entry]
        if blocks[entry] is None and isinstance(text, str):
            if text not in found:
                found[text] = find(entry, text)
            hit = found[text]
            if hit is not None:
                yield hit._replace(entry=entry)


def _host_bits(routes: RouteSet, who: Sequence[int]) -> Iterator[Hit]:
    blocks, networks = routes.blocks, routes.networks
    if blocks == networks:
        return
    destinations = routes.destinations
    for entry in who:
        block, whole = blocks[entry], destinations[entry]
        if block is None or whole is None or block == whole or not network.length(whole):
            continue
        written = network.text(whole)
        variables = {"network": written, "address": network.address_text(network.first(block))}
        yield Hit(
            entry,
            _FIELD,
            variables,
            fix=say("write the network {written}", written=written),
            safe=False,
            replacement=written,
        )


def _ipv6(entry: int, text: str) -> Hit | None:
    return Hit(entry, _FIELD) if is_ipv6_block(text) else None


def _invalid(entry: int, text: str) -> Hit | None:
    if is_ipv6_block(text):
        return None
    from vcolint.checks.cidr_spelling import explained

    defect, block = explained(text)
    if block is None:
        return Hit(entry, _FIELD, {"defect": defect, "suggestion": ""})
    plain = network.text(block)
    return Hit(
        entry,
        _FIELD,
        {"defect": defect, "suggestion": say("; write {plain}", plain=plain)},
        fix=say("write {plain}", plain=plain),
        safe=True,
        replacement=plain,
    )
