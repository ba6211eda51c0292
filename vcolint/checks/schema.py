"""JSON Schemas over the values of one field, for many values at once.

This module handles the usual keywords. jsonschema handles the others: it takes a hundred times as long, and
its import alone takes longer than a small run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from vcolint.text.value import Scalar

_Test = Callable[[Any], object]

# Keywords that only describe.
_ANNOTATIONS = frozenset({"title", "description", "$comment", "default", "examples"})
_TYPES: Mapping[type, frozenset[str]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
}
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def satisfying(schema: Any, values: Iterable[Scalar]) -> list[Scalar]:
    """The known values (texts, integers, true, false) that satisfy a JSON Schema (draft 2020-12).

    Patterns work as in Python, but `$` matches only at the very end, as in ECMAScript.
    """
    found = list(values)
    is_text = set(map(type, found)) == {str}  # as nearly always: then no test has to ask
    for test in _tests(schema, is_text):
        found = list(filter(test, found))
    return found


@lru_cache(maxsize=64)
def searcher(pattern: str) -> _Test:
    """A function that says whether a text contains a pattern of a JSON Schema."""
    pieces = _PIECE.findall(pattern)
    return re.compile("".join(r"\Z" if piece == "$" else piece for piece in pieces)).search


def _tests(schema: Any, is_text: bool) -> list[_Test]:
    """The tests that a value must pass to satisfy a schema. `is_text`: all values are texts."""
    if isinstance(schema, bool):
        return [] if schema else [lambda value: False]
    keywords = schema.keys() - _ANNOTATIONS
    if not keywords <= _KEYWORDS.keys():
        return [_validator(schema)]
    return [_KEYWORDS[keyword](schema[keyword], is_text) for keyword in keywords]


def _validator(schema: Any) -> _Test:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, argument: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not searcher(argument)(value):
            yield ValidationError("no match")

    checker = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return checker(schema).is_valid  # type: ignore[no-any-return]


# -- keywords: from an argument to a test -----------------------------------------------------------------


def _type(names: Any, is_text: bool) -> _Test:
    wanted = {names} if isinstance(names, str) else set(names)
    allowed = {kind for kind, names in _TYPES.items() if not names.isdisjoint(wanted)}
    return lambda value: type(value) in allowed


def _enum(choices: Iterable[Any], is_text: bool) -> _Test:
    if is_text:
        return {one for one in choices if isinstance(one, str)}.__contains__
    # true is not 1, but 1.0 is.
    allowed = {(type(one) is bool, one) for one in choices if isinstance(one, (str, int, float))}
    return lambda value: (type(value) is bool, value) in allowed


def _not(schema: Any, is_text: bool) -> _Test:
    tests = _tests(schema, is_text)
    if len(tests) == 1:  # as usual; a generator would take longer than the test
        return lambda value: not tests[0](value)
    return lambda value: not all(test(value) for test in tests)


def _of_texts(test: _Test, is_text: bool) -> _Test:
    """A test of texts, which all other values pass."""
    return test if is_text else lambda value: type(value) is not str or test(value)


_KEYWORDS: Mapping[str, Callable[[Any, bool], _Test]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda choice, is_text: _enum([choice], is_text),
    "not": _not,
    "pattern": lambda pattern, is_text: _of_texts(searcher(pattern), is_text),
    "minLength": lambda least, is_text: _of_texts(lambda text: len(text) >= least, is_text),
    "maxLength": lambda most, is_text: _of_texts(lambda text: len(text) <= most, is_text),
}
