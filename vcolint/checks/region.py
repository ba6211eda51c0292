"""Region IDs: their form, and whether there is such a region."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from vcolint.checks import Doubt, Hit
from vcolint.locale import say
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import did_you_mean, shortened

_FIELD = "RegionId"
_FORM = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")
# A letter behind the region: cn-hangzhou-b, ap-southeast-1a.
_ZONE = re.compile(r"(?P<region>.+?)(?:-|(?<=[0-9]))[a-z]")
# The nearest region is looked for so many times: more different wrong ones were not typed by hand.
_MOST_SUGGESTIONS = 100


def region(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose region is `malformed` (not of the form of a region ID, or a zone of one of `regions`),
    or `unknown` (of that form, but neither one of them nor a zone of one)."""
    column = routes.column(_FIELD)
    regions = frozenset(parameters["regions"])
    bad: dict[str, str | None] = {}
    for value in routes.distinct(_FIELD):
        if isinstance(value, str) and value not in regions:
            malformed = _defect(value, regions)
            if (malformed is not None) == (parameters["finds"] == "malformed"):
                bad[value] = malformed
    if not bad:
        return
    suggestions: dict[str, str] = {}
    for entry in who:
        value = column[entry]
        if isinstance(value, str) and value in bad:
            if value not in suggestions:
                suggestions[value] = (
                    _suggestion(value, regions) if len(suggestions) < _MOST_SUGGESTIONS else ""
                )
            variables = {
                "defect": bad[value] or say("no region has this name"),
                "suggestion": suggestions[value],
                "value": shortened(value),
            }
            yield Hit(entry, _FIELD, variables)


def _defect(value: str, regions: Collection[str]) -> str | None:
    """Why a text is not a region ID; None if it has the form of one."""
    zone = _ZONE.fullmatch(value)
    if zone is not None and zone["region"] in regions:
        return say("it is a zone of {zone}", zone=zone["region"])
    if _FORM.fullmatch(value):
        return None
    if not value.strip():
        return say("it is empty")
    if value != value.strip():
        return say("it has spaces around it")
    if _FORM.fullmatch(value.lower()):
        return say("it contains upper-case letters")
    return say("it is not two letters and further parts joined by hyphens, such as cn-hangzhou")


def _suggestion(value: str, regions: Collection[str]) -> str:
    zone = _ZONE.fullmatch(value)
    if zone is not None and zone["region"] in regions:
        return say('; did you mean "{zone}"?', zone=zone["region"])
    return did_you_mean(value.strip().lower(), sorted(regions))
