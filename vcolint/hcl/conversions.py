"""Conversions between types of values, and comparisons, as Terraform does them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from vcolint.hcl.values import (
    SCALARS,
    EvaluationError,
    HclValue,
    ListValue,
    MapValue,
    Namespace,
    NotSupportedError,
    Number,
    Sensitive,
    SetValue,
    describe,
    first_unknown,
    kind_of,
    place_of,
    written,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

if TYPE_CHECKING:
    from fractions import Fraction

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))(?:[eE]([+-]?[0-9]+))?", re.ASCII)
LONGEST_NUMBER = 400  # digits; Terraform's own numbers hold 154
MAX_TEXT = 1 << 22  # characters that an expression may make


def is_number(value: HclValue) -> bool:
    """Whether a value is an int or a Fraction (which is not imported unless it is needed)."""
    return hasattr(value, "numerator") and not isinstance(value, bool)


def to_number(value: HclValue) -> Number:
    """A known value as a number. Raises EvaluationError if Terraform would not convert it."""
    if type(value) is int:
        return value
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise EvaluationError(say("text that is not a number"))
        return written(parse_number(value), place_of(value))  # type: ignore[no-any-return]
    if is_number(value):
        return value  # type: ignore[no-any-return]
    raise EvaluationError(say("expected a number, not {describe}", describe=describe(value)))


def parse_number(text: str) -> Number:
    """A number as HCL, JSON and YAML write it.

    Raises NotSupportedError for a number with more digits than Terraform keeps, and for a negative zero,
    which is not zero to Terraform.
    """
    if len(text) > LONGEST_NUMBER:
        raise NotSupportedError(say("a number of {text} digits", text=len(text)))
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise NotSupportedError(say("text that is not a number"))
    number: Number
    if match.lastindex is None:
        number = int(text)
    else:
        from fractions import Fraction

        if abs(int(match[3] or 0)) > LONGEST_NUMBER:
            raise NotSupportedError(say("a number that is too large to show"))
        number = whole(Fraction(text))
    if number == 0 and text[0] == "-":
        raise NotSupportedError(say("a negative zero"))
    return number


def whole(number: Number) -> Number:
    """The number, as an int if it is whole."""
    return int(number) if number.denominator == 1 else number


def normalise(text: str) -> str:
    """Text in Unicode's normal form C, as Terraform keeps it."""
    if text.isascii():
        return text
    import unicodedata

    return unicodedata.normalize("NFC", text)


def limit_text(size: int) -> None:
    """Raises NotSupportedError if a text has more characters than an expression may make."""
    if size > MAX_TEXT:
        raise NotSupportedError(say("needs too much memory to evaluate"))


def to_text(value: HclValue) -> str:
    """A known value as a string. Raises EvaluationError if Terraform would not convert it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return written(str(value), place_of(value))  # type: ignore[no-any-return]
    if is_number(value):
        return _decimal_text(value)
    raise EvaluationError(say("expected a string, not {describe}", describe=describe(value)))


def _decimal_text(number: Fraction) -> str:
    from decimal import Decimal, Inexact, localcontext

    with localcontext() as context:
        context.prec = 2 * LONGEST_NUMBER
        context.traps[Inexact] = True
        try:
            return f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
        except Inexact:
            raise NotSupportedError(say("a number without an exact decimal form")) from None


def is_dyadic(number: Number) -> bool:
    """Whether a number has an exact binary form, so that Terraform's arithmetic on it is exact."""
    return number.denominator & (number.denominator - 1) == 0


def exact(value: HclValue) -> Number:
    """A known value as a number, if Terraform's arithmetic on it is exact."""
    number = to_number(value)
    if not is_dyadic(number):
        raise NotSupportedError(say("a calculation with a number without an exact binary form"))
    return number


def to_bool(value: HclValue) -> bool:
    """A known value as a bool. Raises EvaluationError if Terraform would not convert it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "1"):
        return True
    if isinstance(value, str) and value in ("false", "0"):
        return False
    raise EvaluationError(say("expected a bool, not {describe}", describe=describe(value)))


def to_key(value: HclValue) -> str:
    """A known value as the key of an object."""
    if value is None:
        raise EvaluationError(say("a key is null"))
    return to_text(value)


def equal(a: HclValue, b: HclValue) -> bool:
    """`==` of two wholly known values: values of different types are never equal."""
    if a is None or b is None:
        return a is None and b is None
    if isinstance(a, (str, bool)) or isinstance(b, (str, bool)):
        return kind_of(a) is kind_of(b) and bool(a == b)
    if type(a) is not type(b) and not (is_number(a) and is_number(b)):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return bool(a == b)


def one_type(values: Iterable[HclValue]) -> list[HclValue]:
    """The values converted to one type, as Terraform does for the elements of a list, set or map.

    With strings among them, numbers and bools become strings. Objects with different attributes become maps.
    Raises EvaluationError if there is no common type.
    """
    items = list(values)
    kinds = set(map(kind_of, items))
    if len(kinds) < 2 and kinds <= SCALARS:
        return items
    told = [item for item in items if item is not None and not isinstance(item, (Unknown, Sensitive))]
    for kind in (dict, tuple):
        if all(isinstance(item, kind) for item in told):
            return _one_collection_type(items, told)
    # The type of a namespace is not known here.
    told = [item for item in told if not isinstance(item, Namespace)]
    if any(isinstance(item, (dict, tuple)) for item in told):
        raise EvaluationError(say("values of different types"))
    if any(isinstance(item, str) for item in told):
        return [to_text(item) if isinstance(item, bool) or is_number(item) else item for item in items]
    if len({isinstance(item, bool) for item in told}) > 1:
        raise EvaluationError(say("values of different types"))
    return items


def _one_collection_type(items: list[HclValue], told: list[HclValue]) -> list[HclValue]:
    """The same for objects and maps, or for tuples, lists and sets. `told` are those of a known type.

    Those of one shape stay what they are, and the parts with one key get one type. Others become maps, lists
    or sets, and all their parts get one type.
    """
    of_map: Callable[[Any], HclValue] = MapValue
    of_list: Callable[[Any], HclValue] = ListValue
    if all(type(item) in (dict, tuple) and _keys(item) == _keys(told[0]) for item in told):
        of_map, of_list = dict, tuple
        columns = {key: iter(one_type(item[key] for item in told)) for key in _keys(told[0] if told else ())}
    else:
        if any(isinstance(item, SetValue) for item in told):
            if any(isinstance(item, ListValue) or first_unknown(item) for item in told):
                raise NotSupportedError(say("a list or a set"))
            of_list = make_set
        together = iter(one_type(part for item in told for part in _parts(item)))
        columns = {key: together for item in told for key in _keys(item)}
    found = []
    for item in items:
        if isinstance(item, (dict, tuple)):
            parts = [next(columns[key]) for key in _keys(item)]
            item = of_map(zip(item, parts, strict=True)) if isinstance(item, dict) else of_list(parts)
        found.append(item)
    return found


def _keys(value: HclValue) -> Any:
    """What selects the parts of a collection, in a form that can be compared."""
    return value.keys() if isinstance(value, dict) else range(len(value))


def _parts(value: HclValue) -> Iterable[HclValue]:
    return value.values() if isinstance(value, dict) else value


def to_list(value: HclValue) -> ListValue:
    """`tolist`."""
    return value if isinstance(value, ListValue) else ListValue(one_type(elements(value)))


def make_set(items: Iterable[HclValue]) -> SetValue:
    """The set of these elements, without duplicates, in the order of Terraform."""
    items = list(items)
    if all(isinstance(item, str) for item in items) or all(is_number(item) for item in items):
        return SetValue(sorted(set(items)))
    if len(items) < 2:
        return SetValue(items)
    distinct = {_order_of(item): item for item in items}
    return SetValue(distinct[key] for key in sorted(distinct))


def _order_of(value: HclValue) -> str:
    """A text for each element of a set. Their order is that of Terraform; equal texts mean duplicates."""
    if value is None:
        return "~"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return f'"{escaped(value)}"'
    if isinstance(value, dict):
        is_map = isinstance(value, MapValue)
        parts = [(f"{_order_of(name)}:" if is_map else "") + _order_of(value[name]) for name in sorted(value)]
        return "".join(("{" if is_map else "<", *(f"{part};" for part in parts), "}" if is_map else ">"))
    if isinstance(value, tuple):
        is_tuple = type(value) is tuple
        parts = [f"{_order_of(item)};" for item in value]
        return "".join(("<" if is_tuple else "[", *parts, ">" if is_tuple else "]"))
    raise NotSupportedError(say("the order of a set"))


def to_map(value: HclValue) -> MapValue:
    """`tomap`."""
    return (
        value
        if isinstance(value, MapValue)
        else MapValue(zip(mapping(value), one_type(value.values()), strict=True))
    )


def mapping(value: HclValue) -> dict[str, HclValue]:
    """A map or an object."""
    if not isinstance(value, dict):
        raise EvaluationError(say("expected a map, not {describe}", describe=describe(value)))
    return value


def elements(value: HclValue) -> tuple[Any, ...]:
    """The elements of a list, tuple or set."""
    if not isinstance(value, tuple):
        raise EvaluationError(say("expected a list, not {describe}", describe=describe(value)))
    return value


def escaped(text: str) -> str:
    """Text with a backslash before each quote and backslash."""
    return re.sub(r'["\\]', r"\\\g<0>", text)


def instance_key(key: HclValue) -> str:
    """A key as Terraform writes it in addresses: `[0]`, `["a"]`."""
    if not isinstance(key, str):
        return f"[{to_text(key)}]"
    text = re.sub("[$%](?={)", r"\g<0>\g<0>", escaped(key))
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(char) for char in text)
    return f'["{text}"]'


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(char: str) -> str:
    return _ESCAPES.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 65536 else f"\\U{ord(char):08x}")
