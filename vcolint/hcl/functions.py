"""The functions of Terraform that routes use: those of collections, and conversions.

Each function is a row of a table: its implementation and its signature. `vcolint.hcl.texts` has those of
texts and numbers, `vcolint.hcl.configuration` those that read files.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import Any

from vcolint.hcl.expressions import (
    Call,
    Expression,
    Function,
    Literal,
    Object,
    Scope,
    Surroundings,
    Variable,
    Work,
)
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    MapValue,
    Namespace,
    NotSupportedError,
    Pending,
    Sensitive,
    SetValue,
    UnknownText,
    elements,
    equal,
    first_unknown,
    make_set,
    mapping,
    mark,
    one_type,
    plain,
    to_bool,
    to_number,
    to_text,
    unmark,
    whole,
)
from vcolint.locale import say
from vcolint.text.value import Unknown


def anything(value: HclValue) -> HclValue:
    """The parameter that takes every value."""
    return value


def ascii_text(value: HclValue) -> str:
    """A parameter that takes only ASCII text: Python may count and convert other characters differently."""
    text = to_text(value)
    if not text.isascii() or "\r\n" in text:
        raise NotSupportedError
    return text


_ALL = 100  # as `known`: all arguments


# -- collections -----------------------------------------------------------------------------------


def _like(collection: HclValue, items: Iterable[HclValue]) -> tuple[Any, ...]:
    """Elements of a tuple or an object as a tuple, others as a list."""
    return tuple(items) if type(collection) in (tuple, dict) else ListValue(items)


def _ordered(items: HclValue) -> tuple[Any, ...]:
    """A parameter that takes lists and tuples, but no sets."""
    if isinstance(items, SetValue):
        raise EvaluationError(say("expected a list"))
    return elements(items)


def _natural(value: HclValue) -> int:
    """A parameter that takes whole numbers that are not negative."""
    number = whole(value)
    if number < 0:
        raise EvaluationError
    return number


def _length(value: HclValue) -> int:
    if isinstance(value, (tuple, dict)):
        return len(value)
    if not isinstance(value, str):
        raise EvaluationError
    return len(ascii_text(value))


def _concat(*lists: tuple[Any, ...]) -> tuple[Any, ...]:
    items = tuple([item for value in lists for item in value])
    if not all(isinstance(value, ListValue) for value in lists):
        return items
    try:
        return ListValue(one_type(items))
    except EvaluationError:
        return items


def _flatten(value: tuple[Any, ...]) -> HclValue:
    flat: list[HclValue] = []
    stack = [iter(value)]
    while stack:
        for item in stack[-1]:
            inner, marked = unmark(item)
            if isinstance(inner, Unknown) and not isinstance(inner, UnknownText):
                return mark(Unknown(inner.reason), marked)  # it may be a list itself
            if isinstance(inner, tuple):
                stack.append(iter([mark(part, True) for part in inner] if marked else inner))
                break
            flat.append(item)
        else:
            stack.pop()
    return tuple(flat)


def _merge(*objects: HclValue) -> HclValue:
    merged: dict[str, HclValue] = {}
    given = [mapping(value) for value in objects if value is not None]
    for value in given:
        merged.update(value)
    return MapValue(merged) if given and all(isinstance(value, MapValue) for value in given) else merged


def _zipmap(names: tuple[Any, ...], items: tuple[Any, ...]) -> dict[str, HclValue]:
    if len(names) != len(items):
        raise EvaluationError
    if first_unknown(names) is not None:
        raise NotSupportedError
    pairs = {to_text(unmark(name)[0]): item for name, item in zip(names, items, strict=True)}
    return MapValue(pairs) if isinstance(items, ListValue) else pairs


def _lookup(collection: dict[str, HclValue], name: str, *default: HclValue) -> HclValue:
    if name in collection:
        return collection[name]
    if isinstance(collection, MapValue):
        return one_type([default[0], *collection.values()])[0]
    return default[0]


def _slice(items: tuple[Any, ...], first: int, last: int) -> tuple[Any, ...]:
    if not 0 <= first <= last <= len(items):
        raise EvaluationError(say("slice() beyond the ends of the list"))
    return _like(items, items[first:last])


def _coalesce(*items: HclValue) -> HclValue:
    for position, item in enumerate(items):
        value, _ = unmark(item)
        if isinstance(value, Unknown):
            return item if position == len(items) - 1 else Unknown(value.reason)
        if value is not None and value != "":
            # The others matter for their types.
            others = map(plain, items[:position] + items[position + 1 :])
            return one_type([item, *others])[0]
    raise EvaluationError(say("coalesce() without a value"))


def _one(items: tuple[Any, ...]) -> HclValue:
    if len(items) > 1:
        raise EvaluationError(say("one() of several elements"))
    return items[0] if items else None


def _setproduct(*sets: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(sets) < 2:
        raise EvaluationError
    rows = list(product(*sets))
    if any(isinstance(items, SetValue) for items in sets):
        return make_set(rows)
    return ListValue(one_type(rows))


def _contains(items: tuple[Any, ...], value: HclValue) -> bool:
    if isinstance(value, (tuple, dict)):
        raise NotSupportedError
    return any(equal(item, value) for item in items)


def _distinct(items: tuple[Any, ...]) -> ListValue:
    found: dict[str, HclValue] = {}
    for item in one_type(items):
        found.setdefault(repr(item), item)
    return ListValue(found.values())


def _bools(items: HclValue) -> list[bool]:
    """A parameter that takes a list of bools. Null is false."""
    return [item is not None and to_bool(item) for item in elements(items)]


# -- types -----------------------------------------------------------------------------------------

_SCALARS = {"string": to_text, "number": to_number, "bool": to_bool}


def convert(value: HclValue, type: Expression, scope: Scope) -> HclValue:
    """The value in this type. Defaults of optional attributes are evaluated in `scope`.

    Raises EvaluationError if it does not fit, NotSupportedError if vcolint does not know the type.
    """
    if isinstance(value, Sensitive):
        return mark(convert(value.value, type, scope), True)
    name = type.name if isinstance(type, (Variable, Call)) else None
    if isinstance(type, Literal):
        name = type.value  # as in Terraform 0.11: "string", "list", "map"
    inner = type.arguments[0] if isinstance(type, Call) and type.arguments else Variable("any")
    if value is None or name == "any":
        return value
    value = value.settle() if isinstance(value, Namespace) else value
    if isinstance(value, Unknown) and not isinstance(value, Pending):
        return UnknownText(value.reason, value.reference) if name in _SCALARS else value
    if name == "object":
        return _object(value, inner, scope)
    if name in _SCALARS:
        return _SCALARS[name](value)
    if isinstance(value, Unknown):
        return Unknown(value.reason)
    if name == "map":
        return MapValue(zip(mapping(value), _items(value.values(), inner, scope), strict=True))
    if name not in ("list", "set"):
        raise NotSupportedError(say("a type that vcolint does not understand"))
    items = _items(elements(value), inner, scope)
    if name == "list":
        return ListValue(items)
    unknown = first_unknown(items)
    return make_set(items) if unknown is None else Unknown(unknown.reason)


def _items(values: Iterable[HclValue], inner: Expression, scope: Scope) -> list[HclValue]:
    items = [convert(item, inner, scope) for item in values]
    return one_type(items) if isinstance(inner, Variable) and inner.name == "any" else items


def _object(value: HclValue, inner: Expression, scope: Scope) -> dict[str, HclValue]:
    if not isinstance(inner, Object) or not isinstance(value, (dict, Pending)):
        raise EvaluationError(say("expected an object"))
    result: dict[str, HclValue] = {}
    for key, kind in inner.pairs:
        name = to_text(key.evaluate(scope))
        optional = kind.arguments if isinstance(kind, Call) and kind.name == "optional" else []
        kind, *default = optional or [kind]
        if isinstance(value, Pending):
            item = value.attribute(name)
        elif name in value or optional:
            item = value.get(name)
        else:
            raise EvaluationError(say('the attribute "{name}" is missing', name=name))
        if item is None and default:
            item = default[0].evaluate(scope)
        result[name] = convert(item, kind, scope)
    return result


_NO_NAMES = Scope(Surroundings(Work(0), {}))


def _conversion(type: str) -> Function:
    """`tostring` and the like."""
    wanted = Call(type, [])
    return Function(lambda value: convert(value, wanted, _NO_NAMES), (anything,), known=0)


FUNCTIONS: dict[str, Function] = {
    "alltrue": Function(all, (_bools,)),
    "anytrue": Function(any, (_bools,)),
    "coalesce": Function(_coalesce, (), anything, known=0),
    "compact": Function(
        lambda items: ListValue(to_text(item) for item in items if item is not None and item != ""),
        (elements,),
    ),
    "concat": Function(_concat, (), _ordered, known=_ALL),
    "contains": Function(_contains, (elements, anything)),
    "distinct": Function(_distinct, (elements,)),
    "element": Function(lambda items, index: items[index % len(items)], (_ordered, _natural), known=_ALL),
    "flatten": Function(_flatten, (elements,), known=_ALL),
    "index": Function(
        lambda items, value: next(at for at, item in enumerate(items) if equal(item, value)),
        (_ordered, anything),
    ),
    "keys": Function(lambda value: _like(value, sorted(value)), (mapping,), known=_ALL),
    "length": Function(_length, (anything,), known=_ALL),
    "lookup": Function(_lookup, (mapping, to_text), anything, known=2),
    "merge": Function(_merge, (), anything, known=_ALL),
    "one": Function(_one, (elements,), known=_ALL),
    "reverse": Function(lambda items: _like(items, items[::-1]), (elements,), known=_ALL),
    "sensitive": Function(lambda value: mark(value, True), (anything,), known=0),
    "setproduct": Function(
        _setproduct, (), elements, known=_ALL, cost=lambda *sets: len(sets) * prod(map(len, sets))
    ),
    "slice": Function(_slice, (_ordered, whole, whole), known=_ALL),
    "sort": Function(lambda items: ListValue(sorted(map(to_text, items))), (elements,)),
    "tobool": _conversion("bool"),
    "tolist": _conversion("list"),
    "tomap": _conversion("map"),
    "tonumber": _conversion("number"),
    "toset": _conversion("set"),
    "tostring": _conversion("string"),
    "values": Function(lambda one: _like(one, map(one.get, sorted(one))), (mapping,), known=_ALL),
    "zipmap": Function(_zipmap, (elements, elements), known=_ALL),
}
