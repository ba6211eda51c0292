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
_TYPES: Mapping[str, list[type]] = {"string": [str], "boolean": [bool], "integer": [int], "number": [int]}
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def satisfying(schema: Any, values: Iterable[Scalar]) -> list[Scalar]:
    """The known values (texts, integers, true, false) that satisfy a JSON Schema (draft 2020-12).

    Patterns work as in Python, but `$` matches only at the very end, as in ECMAScript.
    """
    found = list(values)
    for test in _tests(schema):
        found = list(filter(test, found))
    return found


@lru_cache(maxsize=64)
def searcher(pattern: str) -> _Test:
    """A function that says whether a text contains a pattern of a JSON Schema."""
    pieces = _PIECE.findall(pattern)
    return re.compile("".join(r"\Z" if piece == "$" else piece for piece in pieces)).search


def _tests(schema: Any) -> list[_Test]:
    """The tests that a value must pass to satisfy a schema."""
    if isinstance(schema, bool):
        return [] if schema else [lambda value: False]
    keywords = schema.keys() - _ANNOTATIONS
    if not keywords <= _KEYWORDS.keys():
        return [_validator(schema)]
    return [_KEYWORDS[keyword](schema[keyword]) for keyword in keywords]


def _validator(schema: Any) -> _Test:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, argument: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not searcher(argument)(value):
            yield ValidationError("no match")

    checker = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return checker(schema).is_valid  # type: ignore[no-any-return]


# -- keywords: from an argument to a test -----------------------------------------------------------------


def _type(names: Any) -> _Test:
    wanted = [names] if isinstance(names, str) else names
    allowed = {kind for name in wanted for kind in _TYPES.get(name, ())}
    return lambda value: type(value) in allowed


def _enum(choices: Iterable[Any]) -> _Test:
    # true is not 1, but 1.0 is.
    allowed = {(type(one) is bool, one) for one in choices if isinstance(one, (str, int, float))}
    return lambda value: (type(value) is bool, value) in allowed


def _not(schema: Any) -> _Test:
    tests = _tests(schema)
    if len(tests) == 1:  # as usual; a generator would take longer than the test
        return lambda value: not tests[0](value)
    return lambda value: not all(test(value) for test in tests)


def _pattern(pattern: str) -> _Test:
    search = searcher(pattern)
    return lambda value: type(value) is not str or search(value)


# Texts alone have a form and a length: all other values pass these tests.
_KEYWORDS: Mapping[str, Callable[[Any], _Test]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda choice: _enum([choice]),
    "not": _not,
    "pattern": _pattern,
    "minLength": lambda least: lambda value: type(value) is not str or len(value) >= least,
    "maxLength": lambda most: lambda value: type(value) is not str or len(value) <= most,
}
