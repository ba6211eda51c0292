"""A route entry while its properties are being read, for all formats with property names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vcolint.locale import say
from vcolint.model.entry import CARRIED, FIELDS, REQUIRED, snake_case
from vcolint.model.reading import Reading, Record
from vcolint.text.source import Problem
from vcolint.text.value import SENSITIVE, Location, Place, Unknown, Value
from vcolint.text.wording import described, did_you_mean, shortened

# The properties of each kind, by their name there -> the name in the API.
TERRAFORM = {snake_case(field): field for field in CARRIED["terraform"]}
ROS = {field: field for field in CARRIED["ros"]}
PULUMI = {field[0].lower() + field[1:]: field for field in CARRIED["pulumi"]}

# The region comes from the provider, the stack or the profile.
REQUIRED_BUT_REGION = REQUIRED[1:]

# The type of each field, and what messages call it.
TYPES: dict[str, type] = dict.fromkeys(FIELDS, str) | {"Weight": int, "DryRun": bool}
_WANTED = {int: say("an integer"), bool: say("true or false"), str: say("text")}

TWICE = Unknown(say("given twice"), reported=True)

_INTEGER = r"-?[0-9]{1,500}"
_BRACKETS = (("${{", "}}"), ("${", "}"), ("{{", "}}"))
_DURATION = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|s)"
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(duration: object) -> float | None:
    """A duration as Terraform and Pulumi write it (`1h30m`), in seconds; None if the text is not a
    duration."""
    if not isinstance(duration, str) or re.sub(_DURATION, "", duration) or not duration:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_DURATION, duration))


def may_hold_placeholder(text: str) -> bool:
    """A quick test for whether a placeholder may begin in a text."""
    return "${" in text or "{{" in text


def _placeholder(text: str) -> str | None:
    """The first placeholder in a text (`${…}`, `{{…}}`), shortened. Takes linear time."""
    starts = [(text.find(opening), opening, closing) for opening, closing in _BRACKETS]
    for start, opening, closing in sorted(starts, key=lambda one: one[0]):
        end = text.find(closing, start + len(opening)) if start >= 0 else -1
        if end >= 0:
            return text[start : min(end + len(closing), start + 60)]
    return None


def unknown_name(name: str, known: Mapping[str, object]) -> str:
    """The message about a property that the kind does not have, with the nearest known one, if any is
    near."""
    return say("unknown property {name}{name2}", name=shortened(name), name2=did_you_mean(name, known))


def given_twice(
    name: str, place: Location, first: Location, entry: int | None = None, field: str | None = None
) -> Problem:
    """The message about a key that occurs twice."""
    related = ((say("first given here"), first),)
    return Problem("duplicate-key", say("{name} is given twice", name=name), place, entry, field, related)


def converted(
    field: str, value: Any, *, lenient: bool = False, template: bool = True, sensitive: bool = False
) -> tuple[Any, str]:
    """The value of a field to which a file gives `value`, and what is wrong with its type ("" if nothing is).

    With `lenient`, text is converted for `Weight` and `DryRun`, and numbers, true and false for text fields.
    With `template`, text that holds a placeholder is unknown.
    """
    if template and isinstance(value, str) and (held := _placeholder(value)) is not None:
        return Unknown(say("holds a placeholder: {held}", held=held)), ""
    kind = TYPES.get(field, str)  # a live row has its own fields, all of text
    if lenient and kind is int and isinstance(value, str) and re.fullmatch(_INTEGER, value):
        return int(value), ""
    if lenient and kind is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true", ""
    if lenient and kind is str and isinstance(value, int):
        return str(value).lower(), ""
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value, ""
    wanted, found = _WANTED[kind], SENSITIVE if sensitive else described(value)
    message = say("{field} must be {wanted}, not {found}", field=field, wanted=wanted, found=found)
    if kind is int and isinstance(value, float) and value % 1 > 0:  # such as 99.5: it is wrong, but known
        return value, message
    return Unknown(say("not {wanted}", wanted=wanted), reported=True), message


class Draft:
    """Collects the fields of one entry; `close` adds the record to the reading."""

    def __init__(self, reading: Reading, location: Location, address: str | None = None) -> None:
        self.reading = reading
        self.location = location
        self.address = address
        self.entry = len(reading.records)  # its index, after `close`
        self.fields: dict[str, Value] = {}
        self._first: dict[str, Location] = {}  # where each field was first given, null or not

    def problem(self, message: str, location: Location, field: str | None = None) -> None:
        self.reading.problems.append(Problem("schema", message, location, self.entry, field))

    def put(
        self,
        field: str,
        value: Any,
        location: Location,
        *,
        name: Location | None = None,
        sensitive: bool = False,
        literal: bool = True,
        template: bool = True,
        literal_place: Place | None = None,
    ) -> None:
        """Set a field to a value of YAML or JSON, or to an Unknown; None is an absent value.

        Values are converted as in `converted` with `lenient`. A value of another type is a problem. `name` is
        the place of the property's name, `literal_place` that of the literal that the value came from. With
        `template`, text that holds a placeholder is unknown.
        """
        if field in self._first:
            twice = given_twice(field, name or location, self._first[field], self.entry, field)
            self.reading.problems.append(twice)
            value = TWICE
        else:
            self._first[field] = name or location
        if value is None:
            return
        if not isinstance(value, Unknown):
            value, message = converted(field, value, lenient=True, template=template, sensitive=sensitive)
            if message:
                self.problem(message, location, field)
        self.fields[field] = Value(value, location, sensitive, literal, literal_place)

    def close(
        self,
        *,
        action: str | None = None,
        waits_for: frozenset[str] = frozenset(),
        create_timeout: float | None = None,
        last_line: int | None = None,
        required: Sequence[str] = REQUIRED_BUT_REGION,
    ) -> None:
        """Report what is missing, and add the record to the reading."""
        assert isinstance(self.reading.records, list)
        for field in required:
            if field not in self.fields:
                self.problem(say("{field} is missing", field=field), self.location, field)
        self.reading.records.append(
            Record(self.fields, self.location, self.address, action, waits_for, create_timeout, last_line)
        )
