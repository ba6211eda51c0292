"""Functions of collections and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, product
from math import prod
from typing import Any

from vcolint.hcl.functions.signature import Function, anything, whole_number
from vcolint.hcl.functions.texts import characters
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    MapValue,
    NotSupportedError,
    SetValue,
    UnknownText,
    describe,
    elements,
    equal,
    first_unknown,
    make_set,
    mapping,
    mark,
    one_type,
    plain,
    to_bool,
    to_key,
    to_list,
    to_map,
    to_number,
    to_text,
    unmark,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

_MOST_ROWS = 200_000  # in a product


def _like(collection: HclValue, items: Iterable[HclValue]) -> tuple[Any, ...]:
    """Elements of a tuple or an object as a tuple, others as a list."""
    return tuple(items) if type(collection) in (tuple, dict) else ListValue(items)


def _ordered(items: HclValue) -> tuple[Any, ...]:
    """A parameter that takes lists and tuples, but no sets."""
    if isinstance(items, SetValue):
        raise EvaluationError(say("expected a list, not {describe}", describe=describe(items)))
    return elements(items)


def _length(value: HclValue) -> int:
    if isinstance(value, (tuple, dict)):
        return len(value)
    if not isinstance(value, str):
        raise EvaluationError(say("length() of {describe}", describe=describe(value)))
    return len(characters(value))


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
    pairs = {to_key(unmark(name)[0]): item for name, item in zip(names, items, strict=True)}
    return MapValue(pairs) if isinstance(items, ListValue) else pairs


def _lookup(collection: dict[str, HclValue], key: HclValue, *default: HclValue) -> HclValue:
    name = to_key(key)
    if name in collection:
        return collection[name]
    if not default:
        raise EvaluationError(say('there is no key "{name}"', name=name))
    if isinstance(collection, MapValue):
        return one_type([default[0], *collection.values()])[0]
    return default[0]


def _element(items: tuple[Any, ...], position: int) -> HclValue:
    if not items or position < 0:
        raise EvaluationError(say("there is no element {position}", position=position))
    return items[position % len(items)]


def _slice(items: tuple[Any, ...], first: int, last: int) -> tuple[Any, ...]:
    if not 0 <= first <= last <= len(items):
        raise EvaluationError(say("slice() beyond the ends of the list"))
    return _like(items, items[first:last])


def _chunklist(items: HclValue, size: int) -> ListValue:
    listed = to_list(items)
    if size < 0:
        raise EvaluationError
    step = size or max(len(listed), 1)
    return ListValue(ListValue(listed[start : start + step]) for start in range(0, len(listed), step))


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


def _coalescelist(*lists: HclValue) -> HclValue:
    for items in lists:
        if isinstance(items, Unknown):
            return Unknown(items.reason)
        if items is not None and elements(items):
            return items
    raise EvaluationError(say("coalescelist() without a list"))


def _one(items: tuple[Any, ...]) -> HclValue:
    if len(items) > 1:
        raise EvaluationError(say("one() of several elements"))
    return items[0] if items else None


def _setproduct(*sets: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(sets) < 2:
        raise EvaluationError
    if prod(map(len, sets)) > _MOST_ROWS:
        raise NotSupportedError
    rows = list(product(*sets))
    if any(isinstance(items, SetValue) for items in sets):
        return make_set(rows)
    return ListValue(one_type(rows))


def _contains(items: tuple[Any, ...], value: HclValue) -> HclValue:
    if value is None:
        raise EvaluationError(say("contains() of null"))
    marked = False
    for item in items:
        inner, sensitive = unmark(item)
        marked = marked or sensitive
        if isinstance(inner, (tuple, dict)) or isinstance(value, (tuple, dict)):
            raise NotSupportedError
        if equal(inner, value):
            return mark(True, sensitive)
    unknown = first_unknown(items)
    return mark(False if unknown is None else Unknown(unknown.reason), marked)


def _index(items: tuple[Any, ...], value: HclValue) -> int:
    for position, item in enumerate(items):
        if equal(item, value):
            return position
    raise EvaluationError(say("index() of a value that is not in the list"))


def _compact(items: tuple[Any, ...]) -> ListValue:
    return ListValue(to_text(item) for item in items if item is not None and item != "")


def _distinct(items: tuple[Any, ...]) -> ListValue:
    found: dict[str, HclValue] = {}
    for item in one_type(items):
        found.setdefault(repr(item), item)
    return ListValue(found.values())


def _sets(*collections: tuple[Any, ...]) -> Iterator[SetValue]:
    """The sets, all with elements of one type."""
    together = iter(one_type(item for items in collections for item in items))
    return (make_set([next(together) for _ in items]) for items in collections)


def _is_in(item: HclValue, items: Iterable[HclValue]) -> bool:
    return any(equal(item, other) for other in items)


def _setintersection(*sets: tuple[Any, ...]) -> SetValue:
    first, *rest = _sets(*sets)
    return make_set(item for item in first if all(_is_in(item, other) for other in rest))


def _setsubtract(items: tuple[Any, ...], without: tuple[Any, ...]) -> SetValue:
    first, other = _sets(items, without)
    return make_set(item for item in first if not _is_in(item, other))


def _bools(items: HclValue) -> list[bool]:
    """A parameter that takes a list of bools. Null is false."""
    return [item is not None and to_bool(item) for item in elements(items)]


# -- types -----------------------------------------------------------------------------------------


def _or_null(convert: Callable[[HclValue], HclValue]) -> Callable[[HclValue], HclValue]:
    """A conversion that keeps null."""
    return lambda value: None if value is None else convert(value)


def _tostring(value: HclValue) -> HclValue:
    return value if value is None or isinstance(value, Unknown) else to_text(value)


def _toset(value: HclValue) -> HclValue:
    unknown = first_unknown(elements(value))
    if unknown is not None:
        return Unknown(unknown.reason)
    return mark(make_set(one_type(elements(plain(value)))), any(unmark(item)[1] for item in value))


FUNCTIONS: dict[str, Function] = {
    "alltrue": Function(all, (_bools,)),
    "anytrue": Function(any, (_bools,)),
    "chunklist": Function(_chunklist, (anything, whole_number), structural=True),
    "coalesce": Function(_coalesce, (), anything, structural=True, known=0, quick=True),
    "coalescelist": Function(_coalescelist, (), anything, structural=True, known=0, quick=True),
    "compact": Function(_compact, (elements,)),
    "concat": Function(_concat, (), _ordered, structural=True),
    "contains": Function(_contains, (elements, anything), structural=True),
    "distinct": Function(_distinct, (elements,)),
    "element": Function(_element, (_ordered, whole_number), structural=True, quick=True),
    "flatten": Function(_flatten, (elements,), structural=True),
    "index": Function(_index, (_ordered, anything)),
    "keys": Function(lambda value: _like(value, sorted(value)), (mapping,), structural=True),
    "length": Function(_length, (anything,), structural=True, quick=True),
    "lookup": Function(_lookup, (mapping, anything), anything, structural=True, known=2, quick=True),
    "merge": Function(_merge, (), anything, structural=True),
    "one": Function(_one, (elements,), structural=True, quick=True),
    "reverse": Function(lambda items: _like(items, items[::-1]), (elements,), structural=True),
    "sensitive": Function(lambda value: mark(value, True), (anything,), structural=True, known=0),
    "setintersection": Function(_setintersection, (), elements),
    "setproduct": Function(_setproduct, (), elements, structural=True),
    "setsubtract": Function(_setsubtract, (elements, elements)),
    "setunion": Function(lambda *sets: make_set(chain.from_iterable(_sets(*sets))), (), elements),
    "slice": Function(_slice, (_ordered, whole_number, whole_number), structural=True),
    "sort": Function(lambda items: ListValue(sorted(map(to_text, items))), (elements,)),
    "tobool": Function(_or_null(to_bool), (anything,)),
    "tolist": Function(_or_null(to_list), (anything,), structural=True),
    "tomap": Function(_or_null(to_map), (anything,), structural=True),
    "tonumber": Function(_or_null(to_number), (anything,)),
    "toset": Function(_or_null(_toset), (anything,), structural=True),
    "tostring": Function(_tostring, (anything,), structural=True, known=0),
    "values": Function(lambda one: _like(one, map(one.get, sorted(one))), (mapping,), structural=True),
    "zipmap": Function(_zipmap, (elements, elements), structural=True),
}
