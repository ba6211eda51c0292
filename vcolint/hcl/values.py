"""The values of Terraform's language, as plain Python values wherever there is one.

    string, bool, null     str, bool, None
    number                 int, else Decimal
    tuple, list, set       tuple, ListValue, SetValue
    object, map            dict, MapValue
    not known yet          vcolint.text.value.Unknown, anywhere inside a value
    sensitive              Sensitive, anywhere inside a value

A string or a whole number from a literal is a `Text` or a `Whole`: a `str` or an `int` that knows the place
of the literal. It keeps the place while it is passed on. A result of a computation is a plain `str` or `int`.

Terraform compares and converts tuples and lists differently, objects and maps too, so each has a type here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from vcolint.locale import say
from vcolint.text.value import Place, Unknown

# A value of the table above. Collections nest freely, so a narrower type would not help.
HclValue = Any
Number = int | Decimal


class EvaluationError(Exception):
    """Terraform itself would fail to evaluate this."""


class NotSupportedError(Exception):
    """This evaluator cannot evaluate this, though Terraform may: the value is unknown."""


class Text(str):
    """A string from a literal."""

    written: Place


class Whole(int):
    """A whole number from a literal."""

    written: Place


def written(value: HclValue, place: Place | None) -> HclValue:
    """The value with its place. Bools, null and fractions cannot hold one."""
    kind = type(value)
    if place is None or not (kind is str or kind is int):
        return value
    placed = Text(value) if kind is str else Whole(value)
    placed.written = place
    return placed


def origin(value: HclValue, here: Place | None = None) -> tuple[HclValue, Place | None]:
    """A value without its place, and the place of the literal that it is unchanged from, unless that is
    `here`."""
    if not isinstance(value, (Text, Whole)):
        return value, None
    bare = str(value) if isinstance(value, Text) else int(value)
    return bare, None if value.written == here else value.written


class ListValue(tuple[Any, ...]):
    """A list: all elements of one type."""


class SetValue(tuple[Any, ...]):
    """A set: no element twice, in Terraform's order."""


class MapValue(dict[str, Any]):
    """A map: all values of one type."""


class Sensitive:
    """A value that must never be shown."""

    def __init__(self, value: HclValue) -> None:
        self.value = value


class Namespace:
    """A value with attributes or elements that are evaluated on use (`var`, `module.x`).

    `names` lists all of them. If it is None, the value cannot be used as a whole, and `reason` says why.
    """

    def __init__(
        self,
        attribute: Callable[[str], HclValue],
        names: Iterable[str] | None = None,
        reason: str = say("incomplete reference: a name is missing"),
    ) -> None:
        self.attribute = attribute
        self.names = names
        self.reason = reason

    def settle(self) -> dict[str, HclValue]:
        """All of it as an ordinary value."""
        if self.names is None:
            raise NotSupportedError(self.reason)
        return {name: self.attribute(name) for name in self.names}


class UnknownText(Unknown):
    """An unknown text, number or bool: not a collection."""


class Pending(Unknown):
    """A resource that does not exist yet. Its configured attributes are known."""

    def __init__(self, reason: str, attribute: Callable[[str], HclValue]) -> None:
        super().__init__(reason)
        self.attribute = attribute


def unmark(value: HclValue) -> tuple[HclValue, bool]:
    """A value without its own mark, and whether it had one."""
    return (value.value, True) if isinstance(value, Sensitive) else (value, False)


def mark(value: HclValue, marked: bool) -> HclValue:
    return Sensitive(value) if marked and not isinstance(value, Sensitive) else value


class Seen:
    """The inputs of a result: whether one of them is sensitive, and the first unknown one."""

    def __init__(self) -> None:
        self.marked = False
        self.unknown: Unknown | None = None
        self.size = 0  # of a surveyed collection: its elements at all depths, a shared one each time

    def look(self, value: HclValue) -> HclValue:
        """The value without its mark. A namespace is used as a whole."""
        value, marked = unmark(value)
        value = value.settle() if isinstance(value, Namespace) else value
        self.marked = self.marked or marked
        if isinstance(value, Unknown):
            self.unknown = self.unknown or value
        return value

    def add(self, other: Seen) -> None:
        """Look at all that `other` has looked at."""
        self.size += other.size
        self.marked = self.marked or other.marked
        self.unknown = self.unknown or other.unknown

    def result(self, value: HclValue) -> HclValue:
        """The value, or an unknown one instead of it. It is sensitive if an input was."""
        return mark(value if self.unknown is None else Unknown(self.unknown.reason), self.marked)


WITHOUT_PARTS = frozenset({str, int, bool, type(None), Text, Whole})


def first_unknown(items: Iterable[HclValue]) -> Unknown | None:
    """The first element that is unknown itself."""
    values = (unmark(item)[0] for item in items)
    return next((value for value in values if isinstance(value, Unknown)), None)


def plain(value: HclValue) -> HclValue:
    """A value without marks, and with namespaces as ordinary values."""
    value = Seen().look(value)
    if isinstance(value, tuple):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return type(value)(zip(value, map(plain, value.values()), strict=True))
    return value


# -- conversions ------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?", re.ASCII)
_MOST_DIGITS = 150  # Terraform's own numbers hold 154
_LARGEST_EXPONENT = 400
MAX_TEXT = 1 << 22  # characters that an expression may make


def is_number(value: HclValue) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def to_number(value: HclValue) -> Number:
    """A known value as a number. Raises EvaluationError if Terraform would not convert it."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise EvaluationError(say("text that is not a number"))
        return written(parse_number(value), origin(value)[1])  # type: ignore[no-any-return]
    if is_number(value):
        return value  # type: ignore[no-any-return]
    raise EvaluationError(say("expected a number"))


def parse_number(text: str) -> Number:
    """A number as HCL, JSON and YAML write it.

    Raises NotSupportedError for a number with more digits than Terraform keeps, and for a negative zero,
    which is not zero to Terraform.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > _MOST_DIGITS or abs(int(match[1] or 0)) > _LARGEST_EXPONENT:
        raise NotSupportedError(say("a number that vcolint does not read"))
    number = Decimal(text)
    if number == 0 and text[0] == "-":
        raise NotSupportedError(say("a negative zero"))
    return int(number) if number == int(number) else number


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
        return written(str(value), origin(value)[1])  # type: ignore[no-any-return]
    if isinstance(value, Decimal):  # not a whole number
        return f"{value:f}".rstrip("0")
    raise EvaluationError(say("expected a string"))


def whole(value: HclValue) -> int:
    """A known value as a whole number. Only arithmetic with whole numbers is as exact as Terraform's."""
    number = to_number(value)
    if not isinstance(number, int):
        raise NotSupportedError(say("a calculation with a fraction"))
    return number


def to_bool(value: HclValue) -> bool:
    """A known value as a bool. Raises EvaluationError if Terraform would not convert it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "1"):
        return True
    if isinstance(value, str) and value in ("false", "0"):
        return False
    raise EvaluationError(say("expected a bool"))


def equal(a: HclValue, b: HclValue) -> bool:
    """`==` of two wholly known values: values of different types are never equal."""
    if isinstance(a, (tuple, dict)) and type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return isinstance(a, bool) is isinstance(b, bool) and bool(a == b)


def one_type(values: Iterable[HclValue]) -> list[HclValue]:
    """The values converted to one type, as Terraform does for the elements of a list, set or map.

    With strings among them, numbers and bools become strings. Collections of one shape keep their types, and
    parts with the same key get one type. Else they become maps, lists or sets, and all their parts get one
    type. Raises EvaluationError if there is no common type.
    """
    items = [value.settle() if isinstance(value, Namespace) else value for value in values]
    told = [item for item in items if item is not None and not isinstance(item, (Unknown, Sensitive))]
    if any(isinstance(item, (dict, tuple)) for item in told):
        of_map = all(isinstance(item, dict) for item in told)
        if not of_map and not all(isinstance(item, tuple) for item in told):
            raise EvaluationError(say("values of different types"))
        made = iter(_one_collection_type(told))
        return [next(made) if isinstance(item, (dict, tuple)) else item for item in items]
    if any(isinstance(item, str) for item in told):
        return [to_text(item) if isinstance(item, int | Decimal) else item for item in items]
    if len({isinstance(item, bool) for item in told}) > 1:
        raise EvaluationError(say("values of different types"))
    return items


def _one_collection_type(told: list[HclValue]) -> list[HclValue]:
    """`one_type` for objects and maps, or for tuples, lists and sets."""
    parts: list[dict[Any, HclValue]]
    parts = [dict(enumerate(item)) if isinstance(item, tuple) else item for item in told]
    kinds = set(map(type, told))
    if kinds <= {dict, tuple} and all(part.keys() == parts[0].keys() for part in parts):
        columns = {key: one_type(part[key] for part in parts) for key in parts[0]}
        rows = [{key: column[row] for key, column in columns.items()} for row in range(len(parts))]
        return rows if dict in kinds else [tuple(row.values()) for row in rows]
    together = iter(one_type(value for part in parts for value in part.values()))
    rows = [{key: next(together) for key in part} for part in parts]
    if isinstance(told[0], dict):
        return [MapValue(row) for row in rows]
    if SetValue not in kinds:
        return [ListValue(row.values()) for row in rows]
    if ListValue in kinds or any(first_unknown(item) for item in told):
        raise NotSupportedError(say("a list or a set"))
    return [make_set(row.values()) for row in rows]


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
        return _quoted(value)
    if isinstance(value, MapValue):
        parts = [f"{_order_of(name)}:{_order_of(value[name])}" for name in sorted(value)]
    elif isinstance(value, dict):
        parts = [_order_of(value[name]) for name in sorted(value)]
    elif isinstance(value, tuple):
        parts = list(map(_order_of, value))
    else:
        raise NotSupportedError(say("the order of a set"))
    first, last = "{}" if isinstance(value, MapValue) else "<>" if type(value) in (dict, tuple) else "[]"
    return first + "".join(f"{part};" for part in parts) + last


def mapping(value: HclValue) -> dict[str, HclValue]:
    """A map or an object."""
    if not isinstance(value, dict):
        raise EvaluationError(say("expected a map"))
    return value


def elements(value: HclValue) -> tuple[Any, ...]:
    """The elements of a list, tuple or set."""
    if not isinstance(value, tuple):
        raise EvaluationError(say("expected a list"))
    return value


def instance_key(key: HclValue) -> str:
    """A key as Terraform writes it in addresses: `[0]`, `["a"]`."""
    return f"[{_quoted(key) if isinstance(key, str) else to_text(key)}]"


def _quoted(text: str) -> str:
    """Text as Terraform quotes it."""
    from json import dumps

    quoted = re.sub("[$%](?={)", r"\g<0>\g<0>", dumps(text, ensure_ascii=False))
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in quoted)
