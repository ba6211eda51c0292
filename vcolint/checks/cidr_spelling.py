"""What is wrong with a text that is no IPv4 CIDR block in plain form, and which block it probably means."""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import category, decimal

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.network import is_ipv6_block
from vcolint.text.wording import listed, quoted

_LONGEST = 200  # characters; the longest text that still means a block has some fifty

_DEFAULT = say("means the default route, which IPsec connections do not support")

_AROUND = "\"'`()[]{}<>,;"
_DOTS_AND_SLASHES = str.maketrans(dict.fromkeys("．。｡", ".") | dict.fromkeys("／∕⁄", "/"))
_DIGITS = re.compile(r"[0-9]+")
_BLANK_AT_A_MARK = re.compile(r"\s*([./-])\s*")
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_FOR_A_SLASH = {
    re.compile(r"([0-9.]+)\s+([0-9.]+)"): say("a space"),
    re.compile(r"([0-9.]+)\\([0-9.]+)"): say("a backslash"),
}
_COLON = re.compile(r"[0-9]+\.[0-9.]+:[0-9]+")
_SHORT_ZERO = re.compile(r"0+(?:\.0+){0,2}")
_RANGE = re.compile(r"([0-9]+(?:\.[0-9]+){3})-([0-9]+(?:\.[0-9]+){3})")
_STARS = re.compile(r"(?:(?:[0-9]+|\*)\.){0,3}\*(?:/.*)?")
_SEVERAL = re.compile(r"/[0-9]+[\s,;]+[0-9]+\.")
_NAME = re.compile(r"(?![0-9.]+\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_HEX = re.compile(r"0[xX][0-9a-fA-F]+")


def explained(text: str) -> tuple[str, int | None]:
    """Why a text is no IPv4 block in plain form, and the block that it means, host bits kept, where it
    can mean only one."""
    defects, block = _explained(text)
    return say("it {defects}", defects=listed(list(dict.fromkeys(defects)))), block


class _Meaning(NamedTuple):
    """What is wrong with a text, or a part of it; and what it means: None where that is not sure."""

    defects: list[str]
    value: int | None


def _unsure(defect: str) -> _Meaning:
    return _Meaning([defect], None)


def _explained(text: str) -> _Meaning:
    bare = text.strip()
    if not bare:
        return _unsure(say("contains only spaces") if text else say("is empty"))
    if len(bare) > _LONGEST:
        return _unsure(say("is {text} characters long", text=len(text)))
    defects = [say("has spaces around it")] if bare != text else []
    bare = _in_ascii(_bared(bare, defects), defects)
    block = _whole(bare, defects)
    if block is not None and not network.length(block):
        if network.first(block) == 0:
            defects.append(_DEFAULT)
        block = None
    return _Meaning(defects, block)


# Each of these gives what is left of a text, or what it means, and adds what is wrong with it to `defects`.


def _bared(text: str, defects: list[str]) -> str:
    """A text without invisible characters, and without what does not belong to it at its ends."""
    # Those that turn the writing direction are left in: what they show is not what is there.
    visible = "".join(c for c in text if category(c) != "Cf" or "\u202a" <= c <= "\u202e")
    if visible != text:
        defects.append(say("contains invisible characters"))
    bare = visible.strip(_AROUND)
    if bare != visible:
        defects.append(say("has quotes, brackets or commas around it"))
    return bare.strip()


def _in_ascii(text: str, defects: list[str]) -> str:
    """A text with digits, dots and slashes of other scripts as those of ASCII."""
    if text.isascii():
        return text
    digits = "".join(c if c.isascii() or decimal(c, None) is None else str(decimal(c)) for c in text)
    if digits != text:
        defects.append(say("has non-ASCII digits"))
    marks = digits.translate(_DOTS_AND_SLASHES)
    if marks != digits:
        defects.append(say("has a non-ASCII dot or slash"))
    return marks


def _whole(text: str, defects: list[str]) -> int | None:
    """The block that a text means, if it is sure."""
    special = _special(text)
    if special is not None:
        defects.append(special)
        return None
    for mark, written in _FOR_A_SLASH.items():
        found = mark.fullmatch(text)
        if found is not None:
            defects.append(say("has {written} instead of the slash", written=written))
            text = f"{found[1]}/{found[2]}"
    closed = _BLANK_AT_A_MARK.sub(r"\1", text)
    if closed != text:
        defects.append(say("has spaces inside"))
    if _RANGE.fullmatch(closed):
        return _range(closed, defects)
    if _STARS.fullmatch(closed):
        return _stars(closed, defects)
    if any(map(str.isspace, closed)):
        block, _, rest = text.partition(" ")
        is_more = network.parse(block) is not None
        defects.append(
            say("continues after the block ({rest})", rest=quoted(rest))
            if is_more
            else say("has spaces inside")
        )
        return None
    address, slash, length = closed.partition("/")
    if "/" in length:
        defects.append(say("has more than one slash"))
        return None
    found_address = _address(address) if address else _unsure(say("has no address"))
    found_length = _length(length) if slash else _unsure(say("has no prefix length"))
    defects += found_address.defects + found_length.defects
    if found_length.value == 0 and _SHORT_ZERO.fullmatch(address):
        defects.append(_DEFAULT)
    if found_address.value is None or found_length.value is None:
        return None
    return found_address.value << 8 | found_length.value


def _special(text: str) -> str | None:
    """What a text is that does not even look like one IPv4 block."""
    if text.lower() in ("default", "any", "all"):
        return _DEFAULT
    if "://" in text:
        return say("is a web address")
    if _SEVERAL.search(text):
        return say("contains more than one block")
    if _COLON.fullmatch(text):
        return say("has a colon instead of the slash")  # or a port is meant
    if ":" in text:
        return _like_ipv6(text)
    return None


def _like_ipv6(text: str) -> str:
    from ipaddress import IPv6Address

    if is_ipv6_block(text):
        return say("is an IPv6 block")
    address, slash, _ = text.partition("/")
    try:
        IPv6Address(address)
    except ValueError:
        return say("looks like IPv6, but is not a valid block")
    if slash:
        return say("is an IPv6 address with an invalid prefix length")
    return say("is an IPv6 address without a prefix length")


def _range(text: str, defects: list[str]) -> int | None:
    """The network that a range of addresses is, if it is just one."""
    defects.append(say("is a range of addresses"))
    first, last = (_address(part) for part in text.split("-"))
    defects += first.defects + last.defects
    if first.value is None or last.value is None:
        return None
    size = last.value - first.value + 1
    if size < 1 or size & (size - 1) or first.value % size:
        return None
    return first.value << 8 | 33 - size.bit_length()


def _stars(text: str, defects: list[str]) -> int | None:
    """The network that a pattern such as 10.1.*.* means."""
    defects.append(say("has an asterisk instead of octets"))
    parts = text.split(".")
    known = [part for part in parts if part != "*"]
    if len(parts) != 4 or parts != known + ["*"] * (4 - len(known)):
        return None
    found = _address(".".join(known + ["0"] * (4 - len(known))))
    defects += found.defects
    return None if found.value is None else found.value << 8 | 8 * len(known)


def _address(text: str) -> _Meaning:
    """The address that a text without blanks means."""
    parts = text.split(".")
    if all(_HEX.fullmatch(part) for part in parts) and len(parts) == 4:
        numbers = [int(part, 16) for part in parts]
        address = int.from_bytes(bytes(numbers), "big") if max(numbers) < 256 else None
        return _Meaning([say("is written in hexadecimal")], address)
    odd = next((c for c in text if not (c.isascii() and (c.isalnum() or c in "._-+"))), None)
    if odd is not None:
        return _unsure(say("contains the character {odd}", odd=_character(odd)))
    if _HEX.match(text):
        return _unsure(say("is written in hexadecimal"))
    if _NAME.fullmatch(text) and re.search("[A-Za-z]", text):
        return _unsure(say("has a name instead of an address"))
    if _DIGITS.fullmatch(text):
        return _unsure(say("has one number instead of four octets ({text})", text=quoted(text)))
    if "" in parts:
        return _unsure(say("has an empty octet"))
    if len(parts) == 1:
        return _unsure(say("has no address"))
    if len(parts) != 4:
        return _unsure(say("has {parts} octets instead of four", parts=len(parts)))
    octets = [_number(part, 255, say("an octet")) for part in parts]
    defects = [defect for octet in octets for defect in octet.defects][:1]  # one says enough
    values = [octet.value for octet in octets if octet.value is not None]
    return _Meaning(defects, int.from_bytes(bytes(values), "big") if len(values) == 4 else None)


def _length(text: str) -> _Meaning:
    """The prefix length that a text without blanks means."""
    if not text:
        return _unsure(say("has nothing after the slash"))
    if _DOTTED.fullmatch(text):
        return _mask(text)
    return _number(text, 32, say("a prefix length"))


def _mask(text: str) -> _Meaning:
    """The prefix length that a netmask or wildcard mask means."""
    found = _address(text)
    if found.value is None:
        return _Meaning([say("has a mask instead of a prefix length"), *found.defects], None)
    zeros, ones = 0xFFFFFFFF ^ found.value, found.value
    # The mask of length 0 comes first, for 0.0.0.0/0.0.0.0 is the default route.
    for bits, defect in (
        (zeros, say("has a netmask instead of a prefix length")),
        (ones, say("has a wildcard mask instead of a prefix length")),
    ):
        if not bits & (bits + 1):
            return _Meaning([defect, *found.defects], 32 - bits.bit_length())
    return _Meaning([say("has a mask that is not a prefix length"), *found.defects], None)


def _number(text: str, greatest: int, what: str) -> _Meaning:
    """The number that is written in one place. With a leading zero some read it as octal: it is sure only
    where that makes no difference."""
    shown = quoted(text)
    if not _DIGITS.fullmatch(text):
        if text[:1] in ("+", "-") and _DIGITS.fullmatch(text, 1):
            return _unsure(say("has {what} with a sign ({text})", what=what, text=shown))
        return _unsure(say("has {what} that is not a number ({text})", what=what, text=shown))
    digits = text.lstrip("0") or "0"
    if len(digits) > 3 or int(digits) > greatest:
        return _unsure(say("has {what} above {greatest} ({text})", what=what, greatest=greatest, text=shown))
    value = int(digits)
    if digits == text:
        return _Meaning([], value)
    sure = not set(text) <= set("01234567") or int(text, 8) == value
    defect = say("has {what} with a leading zero ({text})", what=what, text=shown)
    return _Meaning([defect], value if sure else None)


def _character(character: str) -> str:
    return quoted(character) if character.isascii() else f"{quoted(character)} (U+{ord(character):04X})"
