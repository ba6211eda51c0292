"""The values of the fields of a route entry, and their places.

A value is *known* (a plain Python value), *unknown* (`Unknown`: it will exist, but does not yet) or *absent*
(`None`). Readers pass on all three. Checks look only at known values and never guess.
"""

from typing import NamedTuple, Protocol


class Location(NamedTuple):
    """A span of a file. Lines and columns are 1-based, columns count Unicode characters, and `end_column` is
    the column after the last character."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Places(Protocol):
    """A file in which spans have locations. Whether they count bytes or characters is up to the file."""

    file: str  # its name as shown

    def location(self, start: int, end: int) -> Location: ...


class Place(NamedTuple):
    """A span of a file, from `start` up to `end`. Its location is computed on use: most are never shown."""

    file: Places
    start: int
    end: int

    @property
    def location(self) -> Location:
        return self.file.location(self.start, self.end)


class Reference(NamedTuple):
    """The identity of an unknown value. Two unknown values are the same if their references are equal.

    `scope` is what the address is unique in: a Terraform root module's folder, a template, a script.
    `address` is the resource instance (`alicloud_vpn_gateway_vpn_attachment.hq["a"]`) or the variable
    (`var.connection`) that it stands for.
    """

    scope: str
    address: str


class Unknown:
    """A value that is not known: the reason, and its identity if there is one."""

    __slots__ = ("reason", "reference", "reported")

    def __init__(self, reason: str, reference: Reference | None = None, *, reported: bool = False) -> None:
        self.reason = reason
        self.reference = reference
        self.reported = reported  # a finding reports it, so it is not listed as unchecked

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r}, {self.reference!r})"


SENSITIVE = "(sensitive)"  # shown instead of a sensitive value

# The values of fields. `None` is an absent value.
Scalar = str | int | bool | float | Unknown | None


def is_known(value: Scalar) -> bool:
    """Whether a value is there, and known."""
    return value is not None and not isinstance(value, Unknown)


class Value(NamedTuple):
    """A value with its place."""

    value: Scalar
    location: Location
    sensitive: bool = False
    literal: bool = True  # written at `location`; False if it is computed there
    literal_place: Place | None = None  # the literal elsewhere that it is unchanged from

    @property
    def origin(self) -> Location | None:
        """The location of the literal elsewhere that the value is unchanged from."""
        return self.literal_place and self.literal_place.location
