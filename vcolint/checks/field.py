"""The values of fields, each on its own.

The usual keywords of a JSON Schema are handled here, for many values at once. jsonschema handles the others:
it takes a hundred times as long, and its import alone takes longer than a small run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model.entry import CARRIED
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, is_known
from vcolint.text.wording import did_you_mean, shortened, value_text

# Fields that decide where addresses are routed: changing the case of their letters is not safe.
_ROUTING = frozenset({"RegionId", "VpnConnectionId", "RouteDest", "NextHop", "Weight"})

_REGION = r"[a-z]{2}(-[a-z0-9]+)+"
# A letter after the region: cn-hangzhou-b, ap-southeast-1a.
_ZONE = r"(?P<region>.+?)(?:-|(?<=[0-9]))[a-z]"
# If more regions than this are wrong, none gets a suggestion: nobody types so many by hand.
_MOST_SUGGESTIONS = 100

# Keywords that only describe.
_ANNOTATIONS = frozenset({"title", "description", "$comment", "default", "examples"})
_TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int, "number": int}
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def field(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries with a value in the field that does not satisfy the schema or is not one of the facts; with
    `required`, also entries without it, if their kind can carry it. Readers report numbers with a fraction
    themselves."""
    fields = parameters["field"]
    for name in [fields] if isinstance(fields, str) else fields:
        column, bad = routes.column(name), _bad(routes, parameters, name)
        if parameters.get("required") and type(None) in routes.kinds(name):
            bad.add(None)
        choices = _choices(parameters.get("schema")) if bad else {}
        for entry in who if bad else ():
            value = column[entry]
            if value not in bad or type(value) is float:
                continue
            if value is not None:
                hit = Hit(entry, name, {"field": name, "value": value_text(value)})
                meant = choices.get(value.lower()) if isinstance(value, str) else None
                fix = None if meant is None else say("write {meant}", meant=meant)
                safe = meant is not None and name not in _ROUTING
                yield hit._replace(fix=fix, safe=safe, replacement=meant)
            elif name in CARRIED.get(routes.place(entry)[0].kind, (name,)):
                yield Hit(entry, None, {"field": name, "value": say("nothing")})


def _bad(routes: RouteSet, parameters: Mapping[str, Any], name: str) -> set[Scalar]:
    """The known values of a field that are wrong."""
    if parameters.get("skip-blocks") and name == "RouteDest":
        column, blocks = routes.column(name), enumerate(routes.blocks)
        known: _Values = [column[at] for at, block in blocks if block is None and is_known(column[at])]
    else:
        known = routes.known(name)
    if not known:
        return set()
    if "schema" in parameters:
        right = passing(parameters["schema"], known)
        return set(known).difference(right) if len(right) < len(known) else set()
    listed = frozenset(routes.config.facts.connections)
    return {one for one in known if listed and listed.isdisjoint(routes.names_of(one))}


def _choices(schema: Any) -> dict[str, str]:
    """The texts that a schema allows, by their lower case."""
    given = schema if isinstance(schema, dict) else {}
    texts = [given.get("const"), *given.get("enum", [])]
    return {one.lower(): one for one in texts if isinstance(one, str)}


def same(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose `field` and whose field `as` are both known and differ."""
    name = parameters["field"]
    one, other = routes.column(name), routes.column(parameters["as"])
    for entry in who if one != other else ():
        value, wanted = one[entry], other[entry]
        if value != wanted and is_known(value) and is_known(wanted):
            yield Hit(entry, name, {"field": name, "value": value_text(value)})


def region(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose region is `malformed` (not of the form of a region ID, or a zone of one of `regions`),
    or `unknown` (of that form, but neither one of them nor a zone of one)."""
    regions, column = frozenset(parameters["regions"]), routes.column("RegionId")
    texts = [value for value in routes.known("RegionId") if isinstance(value, str) and value not in regions]
    told: dict[Scalar, dict[str, object]] = {}
    for text in texts:
        zone = re.fullmatch(_ZONE, text)
        defect = (
            None
            if re.fullmatch(_REGION, text)
            else say("it does not have the form of a region such as cn-hangzhou")
        )
        if zone is not None and zone["region"] in regions:
            defect = say("it is a zone of {zone}", zone=zone["region"])
        if (defect is None) == (parameters["finds"] == "unknown"):
            few = len(texts) <= _MOST_SUGGESTIONS
            near = did_you_mean(text.strip().lower(), sorted(regions)) if few else ""
            why = defect or say("no region has this name")
            told[text] = {"defect": why, "suggestion": near, "value": shortened(text)}
    for entry in who if told else ():
        if column[entry] in told:
            yield Hit(entry, "RegionId", told[column[entry]])


# -- JSON Schemas over many values ------------------------------------------------------------------------

_Values = Sequence[Any]


def passing(schema: Any, values: _Values) -> _Values:
    """The known values (text, integer, true, false) that satisfy a JSON Schema (draft 2020-12).

    Patterns work as in Python, but `$` matches only at the very end, as in ECMAScript.
    """
    if isinstance(schema, bool):
        return values if schema else []
    keywords = schema.keys() - _ANNOTATIONS
    if not keywords <= _KEYWORDS.keys():
        return list(filter(validator(schema).is_valid, values))
    for keyword in keywords:
        values = _KEYWORDS[keyword](schema[keyword], values)
    return values


@lru_cache(maxsize=64)
def searcher(pattern: str) -> Callable[[str], object]:
    """A function that says whether a text contains a pattern of a JSON Schema."""
    pieces = _PIECE.findall(pattern)
    return re.compile("".join(r"\Z" if piece == "$" else piece for piece in pieces)).search


def validator(schema: Any) -> Any:
    """A validator of jsonschema for all keywords, whose patterns work as in `passing`."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, argument: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not searcher(argument)(value):
            yield ValidationError("no match")

    return extend(Draft202012Validator, {"pattern": pattern})(schema)  # type: ignore[no-untyped-call]


# -- keywords: their argument and some values -> the values that pass -------------------------------------


def _type(names: Any, values: _Values) -> _Values:
    allowed = {_TYPES.get(name) for name in ([names] if isinstance(names, str) else names)}
    return [value for value in values if type(value) in allowed]


def _enum(choices: Iterable[Any], values: _Values) -> _Values:
    # true is not 1, but 1.0 is.
    allowed = {(type(one) is bool, one) for one in choices if isinstance(one, (str, int, float))}
    return [value for value in values if (type(value) is bool, value) in allowed]


def _not(schema: Any, values: _Values) -> _Values:
    out = set(map(id, passing(schema, values)))  # true equals 1
    return [value for value in values if id(value) not in out] if out else values


def _pattern(pattern: str, values: _Values) -> _Values:
    search = searcher(pattern)
    return [value for value in values if not isinstance(value, str) or search(value)]


def _length(least: int, most: int, values: _Values) -> _Values:
    return [value for value in values if not isinstance(value, str) or least <= len(value) <= most]


_KEYWORDS: Mapping[str, Callable[[Any, _Values], _Values]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda choice, values: _enum([choice], values),
    "not": _not,
    "pattern": _pattern,
    "minLength": lambda least, values: _length(least, sys.maxsize, values),
    "maxLength": lambda most, values: _length(0, most, values),
}
