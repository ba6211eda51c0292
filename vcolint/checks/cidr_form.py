"""Destinations that are not an IPv4 CIDR block in plain form, are IPv6 blocks, or have host bits set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.network import address_text
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import listed, quoted

_FIELD = "RouteDest"
_LONGEST = 200  # characters; no text that means a block has many more than fifty

_DEFAULT = say("means the default route, which IPsec connections do not support")
_MARK = say("has a non-ASCII dot or slash")
_AROUND = r"[\s\"'`()\[\]{}<>,;]+"

# Defects that do not change the meaning of a text, in this order: the pattern, its replacement, its name.
# Characters that change the writing direction are not among them: they show another text than the real one.
_HARMLESS: Sequence[tuple[str, Any, str]] = (
    (r"\A\s+|\s+\Z", "", say("has spaces around it")),
    ("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]", "", say("contains invisible characters")),
    (rf"\A{_AROUND}|{_AROUND}\Z", "", say("has quotes, brackets or commas around it")),
    (r"(?![0-9])\d", lambda found: str(int(found[0])), say("has non-ASCII digits")),
    ("[．。｡]", ".", _MARK),
    ("[／∕⁄]", "/", _MARK),
    (r"\A([0-9.]+)\s+([0-9.]+)\Z", r"\1/\2", say("has a space instead of the slash")),
    (r"(?<=[0-9])\s*([./-])\s*(?=[0-9])", r"\1", say("has spaces inside")),
)
# Texts that are no address with a length, and what they are instead.
_OTHERWISE = (
    (r"\Z", say("is empty")),
    (r"(?:(?i:default|any|all)|0(?:\.0){0,2}/0)\Z", _DEFAULT),
    (r".*://", say("is a web address")),
    (r".*/[0-9]+[\s,;]+[0-9]+\.", say("contains more than one block")),
    (r"[0-9]+\.[0-9.]+:[0-9]+\Z", say("has a colon instead of the slash")),  # or a port is meant
    (r".*:", say("has colons, as IPv6 addresses have")),
    (r"[0-9.]+-[0-9.]+\Z", say("is a range of addresses")),
    (r"[0-9.]*\*[0-9.*]*\Z", say("has an asterisk instead of octets")),
    (r".*\s", say("has spaces inside")),
)
# Masks that mean a prefix length.
_NETMASKS = {address_text(0xFFFFFFFF >> length ^ 0xFFFFFFFF): length for length in range(33)}
_WILDCARDS = {address_text(0xFFFFFFFF >> length): length for length in range(1, 32)}


def cidr_form(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose destination is `invalid` (neither an IPv4 block in plain form nor an IPv6 block), has
    `host-bits` set, or is an `ipv6` block."""
    form, blocks, column = parameters["form"], routes.blocks, routes.column(_FIELD)
    if form == "host-bits":
        for entry in who if blocks != routes.destinations else ():
            block, whole = blocks[entry], routes.destinations[entry]
            if block is not None and whole is not None and block != whole and network.length(whole):
                plain = network.text(whole)
                variables = {"network": plain, "address": address_text(network.first(block))}
                fix = say("write the network {written}", written=plain)
                yield Hit(entry, _FIELD, variables, fix=fix, replacement=plain)
        return
    for entry in who if None in blocks else ():
        text = column[entry]
        if blocks[entry] is None and isinstance(text, str) and is_ipv6_block(text) == (form == "ipv6"):
            yield Hit(entry, _FIELD) if form == "ipv6" else _invalid(entry, text)


def _invalid(entry: int, text: str) -> Hit:
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


def explained(text: str) -> tuple[str, int | None]:
    """Why a text is not an IPv4 block in plain form, and the block that it means, host bits kept, if it can
    mean only one."""
    if len(text) > _LONGEST:
        return say("it {defects}", defects=say("is {text} characters long", text=len(text))), None
    defects: list[str] = []
    block = _meaning(text, defects)
    if block is not None and not network.length(block):
        if network.first(block) == 0:
            defects.append(_DEFAULT)
        block = None
    return say("it {defects}", defects=listed(list(dict.fromkeys(defects)))), block


# Each of these returns the meaning of a text or of a part of it, None if that is not certain,
# and adds what is wrong to `defects`.


def _meaning(text: str, defects: list[str]) -> int | None:
    for pattern, plain, defect in _HARMLESS:
        cleaned = re.sub(pattern, plain, text)
        if cleaned != text:
            defects.append(defect)
            text = cleaned
    other = next((defect for pattern, defect in _OTHERWISE if re.match(pattern, text)), None)
    if other is not None:
        defects.append(other)
        return None
    address, slash, length = text.partition("/")
    first = _address(address, defects)
    bits = _length(length, defects) if length else None
    if not length:
        defects.append(say("has nothing after the slash") if slash else say("has no prefix length"))
    return None if first is None or bits is None else first << 8 | bits


def _address(text: str, defects: list[str]) -> int | None:
    parts = text.split(".")
    if len(parts) != 4:
        defects.append(
            say("has {text} instead of four octets", text=quoted(text)) if text else say("has no address")
        )
        return None
    wrong: list[str] = []
    octets = [_number(part, 255, say("an octet"), wrong) for part in parts]
    defects += wrong[:1]  # one defect is enough
    return None if None in octets else int.from_bytes(bytes(octets), "big")  # type: ignore[arg-type]


def _length(text: str, defects: list[str]) -> int | None:
    if text.count(".") != 3:
        return _number(text, 32, say("a prefix length"), defects)
    if text in _NETMASKS:
        defects.append(say("has a netmask instead of a prefix length"))
    elif text in _WILDCARDS:
        defects.append(say("has a wildcard mask instead of a prefix length"))
    else:
        defects.append(say("has a mask that is not a prefix length"))
    return _NETMASKS.get(text, _WILDCARDS.get(text))


def _number(text: str, greatest: int, what: str, defects: list[str]) -> int | None:
    """The number in one octet or length. Some tools read a number with a leading zero as octal, so it is
    certain only if that makes no difference."""
    shown = quoted(text) if text.isascii() else f"{quoted(text)}, {ascii(text)[1:-1]}"
    digits = text.lstrip("0") or "0"
    if not re.fullmatch("[0-9]+", text):
        defects.append(say("has {what} that is not a number ({text})", what=what, text=shown))
        return None
    if len(digits) > 3 or int(digits) > greatest:
        defects.append(say("has {what} above {greatest} ({text})", what=what, greatest=greatest, text=shown))
        return None
    if digits == text:
        return int(text)
    defects.append(say("has {what} with a leading zero ({text})", what=what, text=shown))
    is_sure = not set(text) <= set("01234567") or int(text, 8) == int(digits)
    return int(digits) if is_sure else None
