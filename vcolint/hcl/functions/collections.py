"""Functions of collections and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from math import prod
from typing import Any

from vcolint.hcl.conversions import (
    elements,
    equal,
    make_set,
    mapping,
    normal_elements,
    one_type,
    to_bool,
    to_key,
    to_list,
    to_map,
    to_number,
    to_text,
)
from vcolint.hcl.functions.signature import Function, anything, plain, structural, whole_number
from vcolint.hcl.functions.strings import characters
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    MapValue,
    NotSupportedError,
    SetValue,
    UnknownText,
    describe,
    first_unknown,
    mark,
    unmark,
)
from vcolint.hcl.values import (
    plain as unmarked,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

_MOST_ROWS = 200_000  # in a product


def _like(collection: HclValue, items: Iterable[HclValue]) -> tuple[Any, ...]:
    """Elements of a list or a map as a list, elements of a tuple or an object as a tuple."""
    return ListValue(items) if isinstance(collection, (ListValue, MapValue)) else tuple(items)


def _ordered(items: HclValue) -> tuple[Any, ...]:
    """A parameter that takes lists and tuples, but no sets."""
    if isinstance(items, SetValue):
        raise EvaluationError(say("expected a list, not {describe}", describe=describe(items)))
    return elements(items)


def _known_set(items: HclValue) -> HclValue:
    """A parameter that takes no sets with unknown elements: these may be duplicates."""
    if isinstance(items, SetValue) and first_unknown(items) is not None:
        raise NotSupportedError(say("the elements of an unknown set"))
    return items


def _length(value: HclValue) -> int:
    if isinstance(value, (tuple, dict)):
        return len(value)
    if not isinstance(value, str):
        raise EvaluationError(say("length() of {describe}", describe=describe(value)))
    return len(characters(value))


def _concat(*lists: tuple[Any, ...]) -> tuple[Any, ...]:
    items = [item for value in lists for item in value]
    if lists and all(isinstance(value, ListValue) for value in lists):
        try:
            return ListValue(one_type(items))
        except EvaluationError:
            return tuple(items)
    return tuple(items)


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


def _values(value: dict[str, HclValue]) -> tuple[Any, ...]:
    return _like(value, (value[name] for name in sorted(value)))


def _zipmap(names: tuple[Any, ...], items: tuple[Any, ...]) -> dict[str, HclValue]:
    if len(names) != len(items):
        raise EvaluationError(say("zipmap() of lists of different lengths"))
    if first_unknown(names) is not None:
        raise NotSupportedError(say("zipmap() with an unknown key"))
    pairs = {to_key(unmark(name)[0]): item for name, item in zip(names, items, strict=True)}
    return MapValue(pairs) if isinstance(items, ListValue) else pairs


def _lookup(collection: dict[str, HclValue], key: HclValue, *default: HclValue) -> HclValue:
    if isinstance(key, Unknown):
        return Unknown(key.reason)
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


def _reverse(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(items[::-1]) if type(items) is tuple else ListValue(items[::-1])


def _chunklist(items: HclValue, size: int) -> ListValue:
    listed = to_list(items)
    if size < 0:
        raise EvaluationError(say("chunklist() with a negative size"))
    step = size or max(len(listed), 1)
    return ListValue(ListValue(listed[start : start + step]) for start in range(0, len(listed), step))


def _coalesce(*items: HclValue) -> HclValue:
    for position, item in enumerate(items):
        value, _ = unmark(item)
        if isinstance(value, Unknown):
            return item if position == len(items) - 1 else Unknown(value.reason)
        if value is not None and value != "":
            # The others matter for their types.
            others = map(unmarked, items[:position] + items[position + 1 :])
            return one_type([item, *others])[0]
    raise EvaluationError(say("coalesce() without a value"))


def _coalescelist(*lists: HclValue) -> HclValue:
    for items in lists:
        if isinstance(items, Unknown):
            return Unknown(items.reason)
        if items is not None and elements(items):
            return items
    raise EvaluationError(say("coalescelist() without a list"))


def _one(items: HclValue) -> HclValue:
    if len(elements(items)) > 1:
        raise EvaluationError(say("one() of several elements"))
    return items[0] if items else None


def _setproduct(*sets: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(sets) < 2:
        raise EvaluationError(say("setproduct() needs two or more sets"))
    if prod(map(len, sets)) > _MOST_ROWS:
        raise NotSupportedError(say("needs too much memory to evaluate"))
    rows = list(product(*sets))
    if any(isinstance(items, SetValue) for items in sets):
        return make_set(rows)
    return ListValue(one_type(rows))


def _matchkeys(items: tuple[Any, ...], names: tuple[Any, ...], wanted: tuple[Any, ...]) -> ListValue:
    if first_unknown((*names, *wanted)) is not None:
        raise NotSupportedError(say("matchkeys() with an unknown key"))
    if len(items) != len(names):
        raise EvaluationError(say("matchkeys() of lists of different lengths"))
    listed, keyed = to_list(items), one_type([*names, *wanted])
    pairs = zip(listed, keyed, strict=False)
    return ListValue(item for item, key in pairs if any(equal(key, other) for other in keyed[len(names) :]))


def _contains(items: tuple[Any, ...], value: HclValue) -> HclValue:
    if value is None:
        raise EvaluationError(say("contains() of null"))
    unknown = value if isinstance(value, Unknown) else first_unknown(items)
    marked = False
    for item in items:
        inner, sensitive = unmark(item)
        marked = marked or sensitive
        if isinstance(inner, Unknown) or isinstance(value, Unknown):
            continue
        if isinstance(inner, (tuple, dict)) or isinstance(value, (tuple, dict)):
            raise NotSupportedError(say("contains() of collections"))
        if equal(inner, value):
            return mark(True, sensitive)
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


def _setunion(*sets: tuple[Any, ...]) -> SetValue:
    return make_set(one_type([item for items in sets for item in items]))


def _setintersection(*sets: tuple[Any, ...]) -> SetValue:
    first, *rest = map(make_set, normal_elements(sets))
    return make_set(item for item in first if all(any(equal(item, x) for x in other) for other in rest))


def _setsubtract(items: tuple[Any, ...], without: tuple[Any, ...]) -> SetValue:
    first, other = map(make_set, normal_elements((items, without)))
    return make_set(item for item in first if not any(equal(item, x) for x in other))


def _transpose(value: dict[str, HclValue]) -> MapValue:
    found: dict[str, list[str]] = {}
    for name in sorted(value):
        for item in elements(value[name]):
            found.setdefault(to_text(item), []).append(name)
    return MapValue((name, ListValue(sorted(found[name]))) for name in sorted(found))


def _are_true(items: tuple[Any, ...]) -> list[bool]:
    return [item is not None and to_bool(item) for item in items]


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
    return mark(make_set(one_type(elements(unmarked(value)))), any(unmark(item)[1] for item in value))


FUNCTIONS: dict[str, Function] = {
    "alltrue": plain(lambda items: all(_are_true(items)), elements),
    "anytrue": plain(lambda items: any(_are_true(items)), elements),
    "chunklist": structural(_chunklist, anything, whole_number),
    "coalesce": structural(_coalesce, more=anything, known=0, quick=True),
    "coalescelist": structural(_coalescelist, more=anything, known=0, quick=True),
    "compact": plain(_compact, elements),
    "concat": structural(_concat, more=_ordered),
    "contains": structural(_contains, elements, anything),
    "distinct": plain(_distinct, elements),
    "element": structural(_element, _ordered, whole_number, quick=True),
    "flatten": structural(_flatten, elements),
    "index": plain(_index, _ordered, anything),
    "keys": structural(lambda value: _like(value, sorted(value)), mapping),
    "length": structural(_length, _known_set, quick=True),
    "lookup": structural(_lookup, mapping, anything, more=anything, known=1, quick=True),
    "matchkeys": structural(_matchkeys, elements, elements, elements),
    "merge": structural(_merge, more=anything),
    "one": structural(_one, _known_set, quick=True),
    "reverse": structural(_reverse, elements),
    "sensitive": structural(lambda value: mark(value, True), anything, known=0),
    "setintersection": plain(_setintersection, more=elements),
    "setproduct": structural(_setproduct, more=elements),
    "setsubtract": plain(_setsubtract, elements, elements),
    "setunion": plain(_setunion, more=elements),
    "slice": structural(_slice, _ordered, whole_number, whole_number),
    "sort": plain(lambda items: ListValue(sorted(map(to_text, items))), elements),
    "tobool": plain(_or_null(to_bool), anything),
    "tolist": structural(_or_null(to_list), _known_set),
    "tomap": structural(_or_null(to_map), anything),
    "tonumber": plain(_or_null(to_number), anything),
    "toset": structural(_or_null(_toset), anything),
    "tostring": structural(_tostring, anything, known=0),
    "transpose": plain(_transpose, mapping),
    "values": structural(_values, mapping),
    "zipmap": structural(_zipmap, elements, elements),
}
