"""`format` and `formatlist`: the verbs of Go's `fmt`."""

from __future__ import annotations

import re

from vcolint.hcl.conversions import is_number, limit_text, to_bool, to_number, to_text
from vcolint.hcl.functions.encodings import to_json
from vcolint.hcl.functions.signature import Function, anything, plain
from vcolint.hcl.functions.strings import characters
from vcolint.hcl.values import EvaluationError, HclValue, ListValue, NotSupportedError, Number
from vcolint.locale import say

_VERB = re.compile(r"%(?:%|(\[[0-9]+\])?([-+ 0#]*)([0-9]*)(?:\.([0-9]*))?(?:\[([0-9]+)\])?(.?))", re.DOTALL)
_WIDEST = 10_000  # characters
_MOST_PLACES = 30  # behind the point


def _format(template: str, *values: HclValue) -> str:
    texts = []
    start = used = highest = 0
    for match in _VERB.finditer(template):
        texts.append(template[start : match.start()])
        start = match.end()
        if match[0] == "%%":
            texts.append("%")
            continue
        position = match[1] or match[5]
        index = int(position.strip("[]")) - 1 if position else used
        used = index + 1
        highest = max(highest, used)
        if not 0 <= index < len(values):
            raise EvaluationError(say("format() has too few arguments"))
        texts.append(_formatted(values[index], match[6], match[2], match[3], match[4]))
    if highest < len(values):
        raise EvaluationError(say("format() has too many arguments"))
    texts.append(template[start:])
    limit_text(sum(map(len, texts)))
    return "".join(texts)


def _formatted(value: HclValue, verb: str, flags: str, width: str, precision: str | None) -> str:
    if value is None:
        raise NotSupportedError(say("format() of null"))
    if width and int(width) > _WIDEST:
        raise NotSupportedError(say("format() with a width that is too large"))
    if "#" in flags:
        raise NotSupportedError(say("format() with #"))
    if verb == "v" and (precision is not None or set(flags) - set("-0")):
        raise NotSupportedError(say("format() with %v and more"))
    if verb == "s" or (verb == "v" and isinstance(value, str)):
        text = to_text(value)
        return _padded(text if precision is None else characters(text)[: int(precision or 0)], flags, width)
    if verb == "v":
        return _padded(to_json(value) if isinstance(value, (tuple, dict)) else _shown(value), flags, width)
    if verb == "q":
        if precision is not None or not to_text(value).isascii():
            raise NotSupportedError(say("format() with %q"))
        return _padded(to_json(to_text(value)), flags, width)
    if verb == "t":
        return _padded(to_text(to_bool(value)), flags, width)
    if verb and verb in "dboxX":
        number = to_number(value)
        if not isinstance(number, int):
            raise EvaluationError(say("format() needs a whole number"))
        if precision is not None:
            raise NotSupportedError(say("format() with %{flags}{verb}", flags=flags, verb=verb))
        return _signed(format(abs(number), verb), number < 0, flags, width)
    if verb == "f":
        places = 6 if precision is None else int(precision or 0)
        if places > _MOST_PLACES:
            raise NotSupportedError(say("format() with a result that is too long"))
        return _fixed(to_number(value), places, flags, width)
    raise NotSupportedError(say("format() with %{verb}", verb=verb))


def _shown(value: HclValue) -> str:
    """A number or bool as `%v` shows it. Raises NotSupportedError if that has an exponent."""
    if is_number(value) and value and not 10**-4 <= abs(value) < 10**6:
        raise NotSupportedError(say("format() of a number that is too large"))
    return to_text(value)


def _padded(text: str, flags: str, width: str) -> str:
    if not width or len(text) >= int(width):
        return text
    characters(text)
    return text.ljust(int(width)) if "-" in flags else text.rjust(int(width), "0" if "0" in flags else " ")


def _signed(digits: str, negative: bool, flags: str, width: str) -> str:
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if "0" in flags and "-" not in flags and width:
        digits = digits.rjust(int(width) - len(sign), "0")
    return _padded(sign + digits, flags.replace("0", ""), width)


def _fixed(number: Number, places: int, flags: str, width: str) -> str:
    from fractions import Fraction

    scaled = abs(Fraction(number)) * 10**places
    # Go rounds the nearest double, whose further digits decide a tie.
    if scaled.denominator == 2:
        raise NotSupportedError(say("format() of a number halfway between two values"))
    digits = str(round(scaled)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return _signed(text, number < 0, flags, width)


def _formatlist(template: str, *values: HclValue) -> ListValue:
    lengths = {len(value) for value in values if isinstance(value, tuple)}
    if len(lengths) > 1:
        raise EvaluationError(say("formatlist() of lists of different lengths"))
    texts: list[str] = []
    size = 0
    for index in range(lengths.pop() if lengths else 1):
        row = (value[index] if isinstance(value, tuple) else value for value in values)
        texts.append(_format(template, *row))
        size += len(texts[-1])
        limit_text(size)
    return ListValue(texts)


FUNCTIONS: dict[str, Function] = {
    "format": plain(_format, to_text, more=anything),
    "formatlist": plain(_formatlist, to_text, more=anything),
}
