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

_Values = list[Scalar]

# Keywords that only describe.
_ANNOTATIONS = frozenset({"title", "description", "$comment", "default", "examples"})
_TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int, "number": int}
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def satisfying(schema: Any, values: Iterable[Scalar]) -> _Values:
    """The known values (texts, integers, true, false) that satisfy a JSON Schema (draft 2020-12).

    Patterns work as in Python, but `$` matches only at the very end, as in ECMAScript.
    """
    found = list(values)
    if isinstance(schema, bool):
        return found if schema else []
    keywords = schema.keys() - _ANNOTATIONS
    if not keywords <= _KEYWORDS.keys():
        return list(filter(_validator(schema), found))
    for keyword in keywords:
        found = _KEYWORDS[keyword](schema[keyword], found)
    return found


@lru_cache(maxsize=64)
def searcher(pattern: str) -> Callable[[str], object]:
    """A function that says whether a text contains a pattern of a JSON Schema."""
    pieces = _PIECE.findall(pattern)
    return re.compile("".join(r"\Z" if piece == "$" else piece for piece in pieces)).search


def _validator(schema: Any) -> Callable[[Any], object]:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, argument: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not searcher(argument)(value):
            yield ValidationError("no match")

    checker = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return checker(schema).is_valid  # type: ignore[no-any-return]


# -- keywords: their argument, and values -> those that satisfy it ----------------------------------------


def _type(names: Any, values: _Values) -> _Values:
    allowed = {_TYPES.get(name) for name in ([names] if isinstance(names, str) else names)}
    return [one for one in values if type(one) in allowed]


def _enum(choices: Iterable[Any], values: _Values) -> _Values:
    # true is not 1, but 1.0 is.
    allowed = {(type(one) is bool, one) for one in choices if isinstance(one, (str, int, float))}
    return [one for one in values if (type(one) is bool, one) in allowed]


def _not(schema: Any, values: _Values) -> _Values:
    wrong = {(type(one), one) for one in satisfying(schema, values)}
    return [one for one in values if (type(one), one) not in wrong] if wrong else values


def _pattern(pattern: str, values: _Values) -> _Values:
    search = searcher(pattern)
    return [one for one in values if not isinstance(one, str) or search(one)]


_KEYWORDS: Mapping[str, Callable[[Any, _Values], _Values]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda choice, values: _enum([choice], values),
    "not": _not,
    "pattern": _pattern,
    "minLength": lambda least, values: [
        one for one in values if not isinstance(one, str) or len(one) >= least
    ],
    "maxLength": lambda most, values: [one for one in values if not isinstance(one, str) or len(one) <= most],
}
