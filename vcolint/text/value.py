"""What a field of a route entry holds, and where it stands.

A value is *known* (a plain Python value), *unknown* (it exists, but not yet: `Unknown`) or *absent*
(`None`). Readers hand these on as they are; checks look at known values only and never guess.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Location(NamedTuple):
    """A span of a file. Lines and columns are 1-based, columns count Unicode characters, and
    `end_column` is the column behind the last character."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Places(Protocol):
    """A file in which spans have locations. Whether they count bytes or characters is up to the file."""

    def location(self, start: int, end: int) -> Location: ...


class Place(NamedTuple):
    """A span of a file, from `start` up to `end`. Its location is worked out when it is asked for: most are
    never shown."""

    file: Places
    start: int
    end: int

    @property
    def location(self) -> Location:
        return self.file.location(self.start, self.end)


class Reference(NamedTuple):
    """The identity of a value that is not known yet. Two unknown values are the same one exactly if
    their references are equal.

    `scope` is what the address is unique in: a Terraform root module's folder, a template, a script.
    `address` is the resource instance (`alicloud_vpn_gateway_vpn_attachment.hq["a"]`) or the variable
    (`var.connection`) that it stands for.
    """

    scope: str
    address: str


class Unknown:
    """A value that exists but is not known: why, and, where it can be told, which one it is."""

    __slots__ = ("reason", "reference", "reported")

    def __init__(self, reason: str, reference: Reference | None = None, *, reported: bool = False) -> None:
        self.reason = reason
        self.reference = reference
        self.reported = reported  # a finding already says so: not listed as unchecked a second time

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r}, {self.reference!r})"


SENSITIVE = "(sensitive)"  # what is shown in place of a value that never is

# What may stand in a field. `None` is an absent value.
Scalar = str | int | bool | float | Unknown | None


class Value(NamedTuple):
    """A value with its place, as readers that know every place at once hand it on."""

    value: Scalar
    location: Location
    sensitive: bool = False
    literal: bool = True  # written as such at `location`; False where it was computed there
    literal_place: Place | None = None  # the literal elsewhere that it came from unchanged

    @property
    def origin(self) -> Location | None:
        """The location of the literal elsewhere that the value came from unchanged."""
        return self.literal_place and self.literal_place.location
