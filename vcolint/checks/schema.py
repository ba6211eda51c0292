"""JSON Schemas over the values of one field, for many values at once.

The usual keywords are worked out here, a whole column at a time. jsonschema does the others: it takes a
hundred times as long, and even its import takes longer than a small run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from vcolint.text.value import Scalar

# Keywords that only describe.
_ANNOTATIONS = frozenset({"title", "description", "$comment", "default", "examples"})


def satisfying(schema: Any, values: Iterable[Scalar]) -> list[Scalar]:
    """The known values (texts, integers, true, false) that satisfy a JSON Schema (draft 2020-12), in no
    particular order.

    Patterns are searched for as Python has them, but `$` matches at the very end only, as in ECMAScript.
    """
    values = list(values)
    judge = _satisfying if _is_plain(schema) else _satisfying_all
    kinds = set(map(type, values))
    by_type = (values if len(kinds) == 1 else [one for one in values if type(one) is kind] for kind in kinds)
    return [value for alike in by_type for value in judge(schema, alike)]


def _is_plain(schema: Any) -> bool:
    """Whether a schema holds nothing but what is worked out here."""
    if isinstance(schema, bool):
        return True
    return all(
        keyword in _ANNOTATIONS or (_is_plain(argument) if keyword == "not" else keyword in _KEYWORDS)
        for keyword, argument in schema.items()
    )


def _satisfying(schema: Any, values: list[Any]) -> list[Any]:
    """Of values of one Python type, those that satisfy a plain schema."""
    if isinstance(schema, bool):
        return values if schema else []
    for keyword, argument in schema.items():
        if not values:
            break
        if keyword not in _ANNOTATIONS:
            values = _KEYWORDS[keyword](argument, values)
    return values


def _satisfying_all(schema: Any, values: list[Any]) -> list[Any]:
    valid = _validator(schema)
    return [value for value in values if valid(value)]


def _validator(schema: Any) -> Callable[[Any], bool]:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, argument: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not Pattern(argument).matching([value]):
            yield ValidationError("no match")

    valid: Callable[[Any], bool] = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"pattern": pattern}
    )(schema).is_valid
    return valid


# -- keywords: from an argument and values of one type to the values that satisfy it -----------------------


def _type(names: Any, values: list[Any]) -> list[Any]:
    wanted = [names] if isinstance(names, str) else names
    return values if not _TYPES[type(values[0])].isdisjoint(wanted) else []


_TYPES: dict[type, frozenset[str]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
}


def _enum(choices: Sequence[Any], values: list[Any]) -> list[Any]:
    # true is not 1, but 1.0 is.
    boolean = isinstance(values[0], bool)
    allowed = [
        choice
        for choice in choices
        if isinstance(choice, (str, int, float)) and isinstance(choice, bool) == boolean
    ]
    return [value for value in values if value in allowed]


def _const(choice: Any, values: list[Any]) -> list[Any]:
    return _enum([choice], values)


def _not(schema: Any, values: list[Any]) -> list[Any]:
    return without(values, _satisfying(schema, values))


def _pattern(pattern: str, values: list[Any]) -> list[Any]:
    return Pattern(pattern).matching(values) if isinstance(values[0], str) else values


def _min_length(least: float, values: list[Any]) -> list[Any]:
    if not isinstance(values[0], str) or (least == 1 and all(values)) or min(map(len, values)) >= least:
        return values
    return [value for value in values if len(value) >= least]


def _max_length(most: float, values: list[Any]) -> list[Any]:
    if not isinstance(values[0], str) or max(map(len, values)) <= most:
        return values
    return [value for value in values if len(value) <= most]


_KEYWORDS: Mapping[str, Callable[[Any, list[Any]], list[Any]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "not": _not,
    "pattern": _pattern,
    "minLength": _min_length,
    "maxLength": _max_length,
}


def without(values: list[Any], some: Collection[Any]) -> list[Any]:
    """The values, all of one type, that are not among `some` of them."""
    if not some:
        return values
    if len(some) == len(values):
        return []
    gone = set(some)
    return [value for value in values if value not in gone]


# -- patterns ---------------------------------------------------------------------------------------------

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


class Pattern:
    """A regular expression as JSON Schema has it: searched for anywhere, `$` at the very end only."""

    def __init__(self, pattern: str) -> None:
        self._tests = _tests(pattern)

    def matching(self, values: list[str]) -> list[str]:
        """The texts in which it is found."""
        found: list[str] = []
        for test in self._tests:
            more = list(filter(test, values))
            if more:
                found += more
                values = without(values, more)
        return found


# Flags and references to groups: a pattern with these cannot be split into its alternatives.
_BOUND = re.compile(r"\(\?(?!:)|\\[1-9]")


@lru_cache(maxsize=64)
def _tests(pattern: str) -> list[Callable[[str], object]]:
    """A test for each alternative: one that begins with `^` needs no search, which takes much longer."""
    alternatives = [""]
    depth = 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            alternatives.append("")
        else:
            alternatives[-1] += r"\Z" if piece == "$" else piece
    if _BOUND.search(pattern):
        return [re.compile("|".join(alternatives)).search]
    return [
        re.compile(one[1:]).match if one[:1] == "^" and one[1:2] not in "*+?{" else re.compile(one).search
        for one in alternatives
    ]
