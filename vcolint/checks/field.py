"""The values of fields, each on its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.checks.schema import satisfying
from vcolint.locale import say
from vcolint.model.entry import CARRIED
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Scalar, is_known
from vcolint.text.wording import did_you_mean, shortened, value_text

# Fields that decide where addresses are routed: changing the case of their letters is not safe.
_ROUTING = frozenset({"RegionId", "VpnConnectionId", "RouteDest", "NextHop", "Weight"})

_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")
# A letter after the region: cn-hangzhou-b, ap-southeast-1a.
_ZONE = re.compile(r"(?P<region>.+?)(?:-|(?<=[0-9]))[a-z]")
# How often the nearest region is looked for: nobody types more different wrong regions by hand.
_MOST_SUGGESTIONS = 100


def field(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries with a value in the field that does not satisfy the schema or is not one of the facts; with
    `required`, also entries without it, if their kind can carry it. Values that the reader itself reported
    are left out."""
    fields = parameters["field"]
    for name in [fields] if isinstance(fields, str) else fields:
        column, bad = routes.column(name), _bad(routes, parameters, name)
        if parameters.get("required") and type(None) in routes.kinds(name):
            bad.add((type(None), None))
        if not bad:
            continue
        choices, misread = _choices(parameters.get("schema")), _misread(routes, name)
        for entry in who:
            value = column[entry]
            if (type(value), value) not in bad or entry in misread:
                continue
            if value is not None:
                yield _wrong(entry, name, value, choices)
            elif name in CARRIED.get(routes.place(entry)[0].kind, (name,)):
                yield Hit(entry, None, {"field": name, "value": say("nothing")})


def _wrong(entry: int, name: str, value: Scalar, choices: Mapping[str, str]) -> Hit:
    hit = Hit(entry, name, {"field": name, "value": value_text(value)})
    meant = choices.get(value.lower()) if isinstance(value, str) else None
    if meant is None:
        return hit
    return hit._replace(fix=say("write {meant}", meant=meant), safe=name not in _ROUTING, replacement=meant)


def _bad(routes: RouteSet, parameters: Mapping[str, Any], name: str) -> set[tuple[type, Scalar]]:
    """The known values of a field that are wrong, each with its type, because true equals 1 in Python."""
    if parameters.get("skip-blocks") and name == "RouteDest":
        values: Collection[Scalar] = {
            value for value, block in zip(routes.column(name), routes.blocks, strict=True) if block is None
        }
    else:
        values = routes.distinct(name)
    if not routes.kinds(name) <= {str, int, bool}:  # no field holds numbers with a fraction
        values = [value for value in values if is_known(value) and type(value) is not float]
    if "facts" in parameters:
        listed = frozenset(routes.config.facts.connections)
        good = [one for one in values if not listed or not listed.isdisjoint(routes.names_of(one))]  # type: ignore[arg-type]
    else:
        good = satisfying(parameters["schema"], values)
    if len(good) == len(values):
        return set()
    return {(type(value), value) for value in values} - {(type(value), value) for value in good}


def _choices(schema: Any) -> dict[str, str]:
    """The texts that a schema allows, by their lower case; not those that differ in case alone."""
    if not isinstance(schema, dict):
        return {}
    texts = [one for one in [schema.get("const"), *schema.get("enum", [])] if isinstance(one, str)]
    lower = [text.lower() for text in texts]
    return {text.lower(): text for text in texts if lower.count(text.lower()) == 1}


def _misread(routes: RouteSet, name: str) -> set[int]:
    """The entries whose field the reader itself reported as missing or wrong."""
    return {
        entries[problem.entry]
        for reading, entries in routes.spans
        for problem in reading.problems
        if problem.kind == "schema" and problem.field == name and problem.entry is not None
    }


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
    texts = {value for value in routes.distinct("RegionId") if isinstance(value, str)} - regions
    defects = {text: _defect(text, regions) for text in texts}
    well_formed = parameters["finds"] == "unknown"
    bad = {text for text, defect in defects.items() if (defect is None) == well_formed}
    told: dict[str, dict[str, object]] = {}
    for entry in who if bad else ():
        value = column[entry]
        if isinstance(value, str) and value in bad:
            if value not in told:
                few = len(told) < _MOST_SUGGESTIONS
                near = did_you_mean(value.strip().lower(), sorted(regions)) if few else ""
                defect = defects[value] or say("no region has this name")
                told[value] = {"defect": defect, "suggestion": near, "value": shortened(value)}
            yield Hit(entry, "RegionId", told[value])


def _defect(text: str, regions: Collection[str]) -> str | None:
    """Why a text is not a region ID; None if it has the form of one."""
    zone = _ZONE.fullmatch(text)
    if zone is not None and zone["region"] in regions:
        return say("it is a zone of {zone}", zone=zone["region"])
    if _REGION.fullmatch(text):
        return None
    return say("it does not have the form of a region such as cn-hangzhou")
