"""The content of an HCL file: blocks and attributes, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vcolint.hcl.expressions import Expression, Literal
from vcolint.text.source import Remark, Source
from vcolint.text.value import Location, Place

# The types of labelled blocks: how many labels each has.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}


class EmbeddedSource(Source):
    """A text inside a string of another file. Everything in it has the place of that string."""

    __slots__ = ("_place",)

    def __init__(self, text: str, place: Location) -> None:
        super().__init__(place.file, text)
        self._place = place

    def location(self, start: int, end: int) -> Location:
        return self._place


class Attribute(NamedTuple):
    """`name = expression`. `literal`: the expression is one plain string, number or word."""

    name: str
    expression: Expression
    name_place: Place
    place: Place  # of the value
    literal: bool

    @property
    def location(self) -> Location:
        return self.place.location

    @property
    def name_location(self) -> Location:
        return self.name_place.location


class Block(NamedTuple):
    """A block. `place` is the place of its header, `end` the offset after the block."""

    type: str
    labels: tuple[str, ...]
    body: Body
    place: Place
    end: int

    @property
    def location(self) -> Location:
        return self.place.location

    @property
    def last_line(self) -> int:
        return self.place.file.location(self.place.start, self.end).end_line


class Body:
    """The content of a block or a file. The first of two attributes with one name counts.

    `twice` holds the others, each with the first. Only the body of a file has `remarks`.
    """

    __slots__ = ("attributes", "blocks", "remarks", "twice")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []
        self.twice: list[tuple[Attribute, Attribute]] = []
        self.remarks: list[Remark] = []

    def add(self, attribute: Attribute) -> None:
        first = self.attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            self.twice.append((attribute, first))

    def text(self, name: str) -> str | None:
        """The value of an argument, if it is a plain text."""
        expression = self.attributes[name].expression if name in self.attributes else None
        value = expression.value if isinstance(expression, Literal) else None
        return value if isinstance(value, str) else None

    def blocks_of(self, type: str) -> Iterator[Block]:
        return (block for block in self.blocks if block.type == type)
