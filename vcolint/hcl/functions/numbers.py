"""Functions of numbers and of networks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vcolint.hcl.functions.signature import Function, whole_number
from vcolint.hcl.values import (
    LONGEST_NUMBER,
    EvaluationError,
    HclValue,
    ListValue,
    NotSupportedError,
    Number,
    elements,
    exact,
    to_number,
    to_text,
    whole,
)
from vcolint.locale import say

if TYPE_CHECKING:
    from ipaddress import IPv4Network


def _sum(items: tuple[Any, ...]) -> Number:
    if not items:
        raise EvaluationError(say("sum() of an empty collection"))
    total = sum(map(exact, items))
    return total if isinstance(total, int) else whole(total)


def _parseint(text: str, base: int) -> int:
    if not 2 <= base <= 36 or not re.fullmatch(r"-?[0-9a-zA-Z]+", text) or len(text) > LONGEST_NUMBER:
        raise NotSupportedError
    if re.match("-?0[a-zA-Z]", text) and base != 36:  # a prefix such as 0x
        raise NotSupportedError
    try:
        return int(text, base)
    except ValueError:
        raise EvaluationError(say("text that is not a whole number in base {number}", number=base)) from None


def _range(*limits: Number) -> ListValue:
    start, end = (0, limits[0]) if len(limits) == 1 else (limits[0], limits[1])
    step = limits[2] if len(limits) > 2 else 1 if start <= end else -1
    if step == 0 or (end - start) * step < 0 or (end - start) / step > 1024:
        raise EvaluationError(say("range() that never ends, or has more than 1024 numbers"))
    found = []
    while start < end if step > 0 else start > end:
        found.append(start)
        start += step
    return ListValue(found)


# -- networks --------------------------------------------------------------------------------------


def _network(prefix: HclValue) -> IPv4Network:
    """A parameter that takes a CIDR block. Leading zeros mean nothing, as in Terraform."""
    from ipaddress import IPv4Network

    text = to_text(prefix)
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)\.(\d+)/(\d+)", text, re.ASCII)
    if match is None and ":" in text:
        raise NotSupportedError(say("an IPv6 network"))
    octets = [int(group[-9:]) for group in match.groups()] if match else []
    try:
        return IPv4Network("{}.{}.{}.{}/{}".format(*octets), strict=False)
    except (ValueError, IndexError):
        raise EvaluationError(say('"{text}" is not a CIDR block', text=text)) from None


def _longer(network: IPv4Network, bits: int) -> int:
    """The prefix length with `bits` more bits."""
    length = network.prefixlen
    if length + bits > 32:
        raise EvaluationError(say("a /{length} has no room for {bits} more bits", length=length, bits=bits))
    return length + bits


def _cidrsubnet(network: IPv4Network, bits: int, index: int) -> str:
    if bits < 0 or index < 0:
        raise NotSupportedError
    length = _longer(network, bits)
    if index >> bits:
        raise EvaluationError(say("{bits} bits have no subnet number {index}", bits=bits, index=index))
    return f"{network.network_address + (index << (32 - length))}/{length}"


def _cidrsubnets(network: IPv4Network, *newbits: int) -> ListValue:
    offset = 0  # of the next subnet in the network
    found = []
    for bits in newbits:
        if bits < 1:
            raise EvaluationError(say("cidrsubnets() needs at least one bit"))
        length = _longer(network, bits)
        size = 1 << (32 - length)
        offset = -(-offset // size) * size
        if offset + size > network.num_addresses:
            raise EvaluationError(
                say("a /{length} has no room for all of these subnets", length=network.prefixlen)
            )
        found.append(f"{network.network_address + offset}/{length}")
        offset += size
    return ListValue(found)


def _cidrhost(network: IPv4Network, index: int) -> str:
    try:
        return str(network[index])
    except IndexError:
        length = network.prefixlen
        raise EvaluationError(
            say("a /{length} has no host number {index}", length=length, index=index)
        ) from None


FUNCTIONS: dict[str, Function] = {
    "abs": Function(lambda number: number if number >= 0 else -number, (to_number,)),
    "ceil": Function(lambda number: -(-number // 1), (to_number,)),
    "cidrhost": Function(_cidrhost, (_network, whole_number)),
    "cidrnetmask": Function(lambda network: str(network.netmask), (_network,)),
    "cidrsubnet": Function(_cidrsubnet, (_network, whole_number, whole_number)),
    "cidrsubnets": Function(_cidrsubnets, (_network,), whole_number),
    "floor": Function(lambda number: number // 1, (to_number,)),
    "max": Function(lambda *numbers: max(numbers), (), to_number),
    "min": Function(lambda *numbers: min(numbers), (), to_number),
    "parseint": Function(_parseint, (to_text, whole_number)),
    "range": Function(_range, (), exact),
    "sum": Function(_sum, (elements,)),
}
