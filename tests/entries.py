"""Readings and route sets made from dicts, for the tests of the model and the checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.text.value import Location, Value


def reading(
    rows: Iterable[Mapping[str, Any]],
    *,
    kind: str = "route-set",
    file: str = "routes.yaml",
    root: str | None = None,
) -> Reading:
    """A reading of one file: a row is an entry, its fields in API spelling; `address`, `action` and the
    other attributes of a record may stand beside them. The nth row stands on line n, each field in columns
    of its own."""
    made = Reading(kind, [file], root=root)
    rows = list(rows)
    made.records = [
        Record(
            fields={
                name: Value(value, Location(file, line, column(name), line, column(name) + 8))
                for name, value in row.items()
                if name not in Record._fields
            },
            location=Location(file, line, 1, line, 8),
            **{name: value for name, value in row.items() if name in Record._fields},
        )
        for line, row in enumerate(rows, 1)
    ]
    if kind == "live":
        both = list(zip(rows, made.records, strict=True))
        made.learned = [one for row, one in both if row.get("RouteEntryType") == "bgp"]
        made.records = [one for row, one in both if row.get("RouteEntryType") != "bgp"]
    return made


def column(field: str) -> int:
    """The column in which a field of a row begins: 11 for the first one of the API, 21 for the next …"""
    return 11 + 10 * FIELDS.index(field) if field in FIELDS else 1


def route_set(*readings: Reading, config: Config = Config(), live: Sequence[Reading] = ()) -> RouteSet:  # noqa: B008
    """Readings checked together. Which entries are unusable, duplicates or misweighted is for the test to
    say, with `RouteSet.judged`."""
    return RouteSet(readings, config, live)
