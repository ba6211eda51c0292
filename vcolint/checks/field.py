"""The values of fields, each on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.checks.schema import satisfying
from vcolint.locale import say
from vcolint.model.entry import CARRIED
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, Unknown, is_known
from vcolint.text.wording import value_text

_BEGINNING = 1000  # entries

# Fields that say which addresses are routed where: to change their letters is not safe.
_ROUTING = frozenset({"RegionId", "VpnConnectionId", "RouteDest", "NextHop", "Weight"})


def field(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose field is there and does not satisfy the schema, or is not one of the facts; with
    `required`, entries without it too. A hit for each such field. Values that the reader itself reported are
    left out."""
    fields = parameters["field"]
    for name in [fields] if isinstance(fields, str) else fields:
        column = routes.column(name)
        bad = _unsatisfying(routes, parameters, name)
        if bad:
            yield from _hits(routes, parameters, name, bad, who)
        if parameters.get("required") and None in column:
            yield from _missing(routes, name, who)


def same(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose `field` and whose field `as` are both known and differ."""
    name = parameters["field"]
    one, other = routes.column(name), routes.column(parameters["as"])
    if one == other:
        return
    for entry in who:
        value, wanted = one[entry], other[entry]
        if is_known(value) and is_known(wanted) and value != wanted:
            yield Hit(entry, name, {"field": name, "value": value_text(value)})


def _unsatisfying(routes: RouteSet, parameters: Mapping[str, Any], name: str) -> set[tuple[type, Scalar]]:
    """The known values of a field that are not right, each with its type: in Python, true equals 1."""
    column = routes.column(name)
    values: list[Any]
    if name == "RouteDest" and parameters.get("skip-blocks"):
        values = [value for value, block in zip(column, routes.blocks, strict=True) if block is None]
    else:
        values = list(column if _differ(column) else routes.distinct(name))
    kinds = routes.kinds(name)
    if not kinds.isdisjoint({Unknown, type(None)}):
        values = list(filter(is_known, values))
    if bool in kinds and not kinds.isdisjoint({int, float}):
        values = [value for _, value in {(type(value), value) for value in column if is_known(value)}]
    if float in kinds:  # no field holds such numbers
        values = [value for value in values if type(value) is not float]
    if not values:
        return set()
    good = _told(routes, values) if "facts" in parameters else satisfying(parameters["schema"], values)
    if len(good) == len(values):
        return set()
    return {(type(value), value) for value in values} - {(type(value), value) for value in good}


def _differ(column: Sequence[Scalar]) -> bool:
    """Whether most values of a column differ, judged by its beginning. Looking only at distinct values then
    saves nothing."""
    beginning = column[:_BEGINNING]
    return len(set(beginning)) * 2 > len(beginning)


def _told(routes: RouteSet, values: list[Scalar]) -> list[Scalar]:
    """The values that are among the connections that the config lists, by ID or by address."""
    listed = frozenset(routes.config.facts.connections)
    if not listed:
        return values
    return [
        value
        for value in values
        if value in listed or (isinstance(value, str) and not listed.isdisjoint(routes.names_of(value)))
    ]


def _hits(
    routes: RouteSet,
    parameters: Mapping[str, Any],
    name: str,
    bad: set[tuple[type, Scalar]],
    who: Sequence[int],
) -> Iterator[Hit]:
    column = routes.column(name)
    choices = _choices(parameters.get("schema"))
    misread = _misread(routes, name)
    for entry in who:
        value = column[entry]
        if (type(value), value) not in bad or entry in misread:
            continue
        meant = choices.get(value.lower()) if isinstance(value, str) else None
        hit = Hit(entry, name, {"field": name, "value": value_text(value)})
        if meant is not None:
            hit = hit._replace(
                fix=say("write {meant}", meant=meant), safe=name not in _ROUTING, replacement=meant
            )
        yield hit


def _choices(schema: Any) -> dict[str, str]:
    """The texts that a schema allows, by their lower case; not those that differ in case alone."""
    if not isinstance(schema, dict):
        return {}
    texts = [one for one in [schema.get("const"), *schema.get("enum", [])] if isinstance(one, str)]
    lower = [text.lower() for text in texts]
    return {text.lower(): text for text in texts if lower.count(text.lower()) == 1}


def _missing(routes: RouteSet, name: str, who: Sequence[int]) -> Iterator[Hit]:
    """Entries without a field that their kind can carry."""
    column = routes.column(name)
    misread = _misread(routes, name)
    without: set[int] = set()
    for reading, entries in routes.spans:
        if name in CARRIED.get(reading.kind, (name,)):
            without.update(entry for entry in entries if column[entry] is None)
    for entry in who:
        if entry in without and entry not in misread:
            yield Hit(entry, None, {"field": name, "value": say("nothing")})


def _misread(routes: RouteSet, name: str) -> set[int]:
    """The entries whose field the reader itself reported as missing or wrong."""
    return {
        entries[problem.entry]
        for reading, entries in routes.spans
        for problem in reading.problems
        if problem.kind == "schema" and problem.field == name and problem.entry is not None
    }
