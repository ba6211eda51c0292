"""The values of Terraform's language, as plain Python values wherever there is one.

    string, bool, null     str, bool, None
    number                 int, else Fraction
    tuple, list, set       tuple, ListValue, SetValue
    object, map            dict, MapValue
    not known yet          vcolint.text.value.Unknown, anywhere inside a value
    sensitive              Sensitive, anywhere inside a value

A string or a whole number from a literal is a `Text` or a `Whole`: a `str` or an `int` that knows the place
of the literal. It keeps the place while it is passed on. A result of a computation is a plain `str` or `int`.

Terraform compares and converts tuples and lists differently, objects and maps too, so each has a type here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from vcolint.locale import say
from vcolint.text.value import Place, Reference, Unknown

if TYPE_CHECKING:
    from fractions import Fraction

# A value of the table above. Collections nest freely, so a narrower type would not help.
HclValue = Any
Number = Union[int, "Fraction"]


class EvaluationError(Exception):
    """Terraform itself would fail to evaluate this."""


class NotSupportedError(Exception):
    """This evaluator cannot evaluate this, though Terraform may: the value is unknown."""


class Text(str):
    """A string from a literal."""

    __slots__ = ("written",)
    written: Place


class Whole(int):
    """A whole number from a literal. (An `int` cannot have slots.)"""

    written: Place


_KINDS: dict[type, type] = {Text: str, Whole: int}


def written(value: HclValue, place: Place | None) -> HclValue:
    """The value with its place. Bools, null and fractions cannot hold one."""
    kind = type(value)
    if place is None or not (kind is str or kind is int):
        return value
    placed = Text(value) if kind is str else Whole(value)
    placed.written = place
    return placed


def place_of(value: HclValue) -> Place | None:
    """The place of the literal that a value is unchanged from."""
    return value.written if isinstance(value, (Text, Whole)) else None


def written_elsewhere(value: HclValue, here: Place) -> Place | None:
    """The place of the literal that a value is unchanged from, unless that is `here`."""
    place = place_of(value)
    return None if place == here else place


def bare(value: HclValue) -> HclValue:
    """A value without its place."""
    if isinstance(value, Text):
        return str(value)
    return int(value) if isinstance(value, Whole) else value


def kind_of(value: HclValue) -> type:
    """The type of a value; that of `Text` is `str`, that of `Whole` is `int`."""
    kind = type(value)
    return _KINDS.get(kind, kind)


class ListValue(tuple[Any, ...]):
    """A list: all elements of one type."""

    __slots__ = ()


class SetValue(tuple[Any, ...]):
    """A set: no element twice, in Terraform's order."""

    __slots__ = ()


class MapValue(dict[str, Any]):
    """A map: all values of one type."""

    __slots__ = ()


class Sensitive:
    """A value that must never be shown."""

    __slots__ = ("value",)

    def __init__(self, value: HclValue) -> None:
        self.value = value


class Namespace:
    """A value with attributes that are evaluated on use (`var`, `module.x`).

    `names` are all of them; None if it cannot be used as a whole.
    """

    __slots__ = ("attribute", "names")

    def __init__(self, attribute: Callable[[str], HclValue], names: Iterable[str] | None = None) -> None:
        self.attribute = attribute
        self.names = names

    def settle(self) -> dict[str, HclValue]:
        """All of it as an ordinary value."""
        if self.names is None:
            raise NotSupportedError(say("used as a whole"))
        return {name: self.attribute(name) for name in self.names}


class UnknownText(Unknown):
    """An unknown text, number or bool: not a collection."""

    __slots__ = ()


class Pending(Unknown):
    """A resource of some `kind` that does not exist yet. Its configured attributes are known."""

    __slots__ = ("attribute", "kind")

    def __init__(self, reason: str, kind: str, attribute: Callable[[str], HclValue]) -> None:
        super().__init__(reason)
        self.kind = kind
        self.attribute = attribute


class InstanceSet(Unknown):
    """The instances of a resource or a module whose keys are not known. `instance` makes one by its key."""

    __slots__ = ("instance",)

    def __init__(
        self, reason: str, reference: Reference | None, instance: Callable[[HclValue], HclValue]
    ) -> None:
        super().__init__(reason, reference)
        self.instance = instance


def unmark(value: HclValue) -> tuple[HclValue, bool]:
    """A value without its own mark, and whether it had one."""
    marked = False
    while isinstance(value, Sensitive):
        value = value.value
        marked = True
    return value, marked


def mark(value: HclValue, marked: bool) -> HclValue:
    return Sensitive(value) if marked and not isinstance(value, Sensitive) else value


class Survey(NamedTuple):
    """What a value holds, at any depth."""

    unknown: Unknown | None  # the first unknown value
    sensitive: bool  # something is sensitive


_PLAIN = Survey(None, False)
SCALARS = frozenset({str, int, bool})
_WITHOUT_PARTS = SCALARS | {type(None), *_KINDS}


def survey(value: HclValue, spend: Callable[[int], None]) -> Survey:
    """Whether there is something unknown or sensitive anywhere in a value."""
    if type(value) in _WITHOUT_PARTS:
        return _PLAIN
    unknown: Unknown | None = None
    sensitive = False
    rest: list[Iterator[HclValue]] = [iter((value,))]
    while rest:
        for item in rest[-1]:
            if type(item) in _WITHOUT_PARTS:
                continue
            if isinstance(item, Namespace):
                item = item.settle()
            if isinstance(item, Sensitive):
                sensitive = True
                rest.append(iter((item.value,)))
                break
            if isinstance(item, Unknown):
                unknown = unknown or item
            elif isinstance(item, (tuple, dict)):
                spend(len(item))
                rest.append(iter(item.values() if isinstance(item, dict) else item))
                break
        else:
            rest.pop()
    return Survey(unknown, sensitive) if unknown or sensitive else _PLAIN


def first_unknown(items: Iterable[HclValue]) -> Unknown | None:
    """The first element that is unknown itself."""
    values = (unmark(item)[0] for item in items)
    return next((value for value in values if isinstance(value, Unknown)), None)


def plain(value: HclValue) -> HclValue:
    """A value without marks, and with namespaces as ordinary values."""
    if isinstance(value, Sensitive):
        return plain(value.value)
    if isinstance(value, Namespace):
        return plain(value.settle())
    if isinstance(value, tuple):
        items = [plain(item) for item in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {key: plain(item) for key, item in value.items()}
        return type(value)(pairs) if any(pairs[key] is not value[key] for key in pairs) else value
    return value


def describe(value: HclValue) -> str:
    """The type of a value, for messages."""
    value, _ = unmark(value)
    if value is None:
        return "null"
    for kinds, name in (
        (bool, say("a bool")),
        (str, say("a string")),
        (SetValue, say("a set")),
        (ListValue, say("a list")),
        (tuple, say("a list")),
        (MapValue, say("a map")),
        (dict, say("an object")),
        (Unknown, "unknown"),
    ):
        if isinstance(value, kinds):
            return name
    return say("a number")
