"""The checks: pure functions that take a route set and a rule's parameters and yield what they find.

They do not know files, formats or output.
`engine` runs them; every other module here holds the checks of one subject.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location


class Other(NamedTuple):
    """Another place that a hit names: an entry's field, or a place outside of the set."""

    message: str
    entry: int | None = None
    field: str | None = None
    location: Location | None = None


class Hit(NamedTuple):
    """One thing that a check found. `variables` fill the rule's message, in addition to the entry's own
    fields."""

    entry: int  # -1: not at an entry, but at `place`
    field: str | None  # it is at this field's value; None: at the entry
    variables: Mapping[str, object] = {}
    others: tuple[Other, ...] = ()
    members: tuple[int, ...] = ()  # further entries that are part of the same mistake
    witness: str | None = None
    fix: str | None = None  # what a fix would do, if there is one: "write the network, 10.0.0.0/8"
    safe: bool = False  # whether the fix keeps where each address is routed
    replacement: str | None = None  # the fix: the new value of the field
    remove: tuple[int, ...] = ()  # the fix: the entries to remove
    place: Location | None = None  # its place in the config if it is not about an entry


class Doubt(NamedTuple):
    """Something that a check could not decide: the value is listed as unchecked."""

    entry: int  # -1: not an entry, but the text at `place`
    field: str | None
    reason: str
    place: Location | None = None  # in the config


# A check: (the set, the rule's parameters, the numbers of the entries to check) -> what it found.
Check = Callable[[RouteSet, Mapping[str, Any], Sequence[int]], Iterator[Hit | Doubt]]

# The checks by module. Each is the function of its name there.
_MODULES = {
    "field": ("field", "same", "region"),
    "destination": ("destination", "prefix-length"),
    "cidr_form": ("cidr-form",),
    "groups": ("unique", "agree", "count"),
    "live": ("live", "quota"),
    "coverage": ("coverage",),
    "backup": ("backup",),
    "promise": ("promise",),
    "terraform": ("replacement", "concurrency", "binding"),
}
# The checks that find nothing about a single route, and the values of `finds` for which they do.
NEED_TWO = frozenset({"unique", "agree", "coverage", "backup"})
NEED_ONE = ("backup-without-primary", "primary-without-backup")


@cache
def find(name: str) -> Check:
    """The check with that name, as in rule pages."""
    (module,) = (module for module, names in _MODULES.items() if name in names)
    return cast(Check, getattr(import_module(f"vcolint.checks.{module}"), name.replace("-", "_")))
