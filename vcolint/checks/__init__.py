"""The checks: pure functions from a route set and a rule's parameters to what they find.

They do not know files, formats or output.
`engine` runs them; every other module here holds the checks of one subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location


class Other(NamedTuple):
    """Another place that a hit speaks of: an entry's field, or a place outside of the set."""

    message: str
    entry: int | None = None
    field: str | None = None
    location: Location | None = None


class Hit(NamedTuple):
    """One thing that a check found. `variables` fill the rule's message, beside the entry's own fields."""

    entry: int  # -1: at no entry, but at `place`
    field: str | None  # it stands at this field's value; None: at the entry
    variables: Mapping[str, object] = {}
    others: tuple[Other, ...] = ()
    members: tuple[int, ...] = ()  # further entries that are part of the same mistake
    witness: str | None = None
    fix: str | None = None  # what a fix would do, if there is one: "write the network, 10.0.0.0/8"
    safe: bool = False  # whether the fix leaves alone which addresses are routed where
    replacement: str | None = None  # the fix: what the field should hold
    remove: tuple[int, ...] = ()  # the fix: entries that go
    place: Location | None = None  # where it stands if it is about no entry: in the config


class Doubt(NamedTuple):
    """What a check could not decide: the value is listed as unchecked."""

    entry: int  # -1: no entry, but what stands at `place`
    field: str | None
    reason: str
    place: Location | None = None  # in the config


# A check: (the set, the rule's parameters, the numbers of the entries to look at) -> what it found.
Check = Callable[[RouteSet, Mapping[str, Any], Sequence[int]], Iterator[Hit | Doubt]]

# Each check is the function `check` of a module here, or one of several there.
_MODULES = {
    "field": "field",
    "same": "field",
    "region": "field",
    "destination": "destination",
    "prefix-length": "destination",
    "cidr-form": "cidr_form",
    "unique": "groups",
    "agree": "groups",
    "count": "groups",
    "quota": "live",
    "coverage": "coverage",
    "backup": "backup",
    "live": "live",
    "promise": "promise",
    "replacement": "terraform",
    "concurrency": "terraform",
    "unbound": "terraform",
    "unlearned": "terraform",
}


@cache
def find(name: str) -> Check:
    """The check of that name, as rule pages name it."""
    module = import_module(f"vcolint.checks.{_MODULES[name]}")
    return cast(Check, getattr(module, name.replace("-", "_")))
