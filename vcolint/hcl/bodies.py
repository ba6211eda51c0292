"""What a file of HCL holds: blocks and attributes, each with its place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from vcolint.hcl.expressions import Expression
from vcolint.hcl.values import Span
from vcolint.text.source import Remark, Source
from vcolint.text.value import Location

# How many labels the blocks have that are known by them.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}


class File:
    """A file's text, and the places of its bytes."""

    __slots__ = ("_wide", "data", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.text.encode("utf-8", "surrogatepass")
        # Where continuation bytes stand: as many as there are before a byte, it is no character's first.
        self._wide: list[int] | None = None

    def characters(self, byte: int) -> int:
        """The offset in characters of a byte."""
        if len(self.data) == len(self.source.text):
            return byte
        if self._wide is None:
            self._wide = [index for index, value in enumerate(self.data) if value & 0xC0 == 0x80]
        return byte - bisect_left(self._wide, byte)

    def location(self, start: int, end: int) -> Location:
        return self.source.location(self.characters(start), self.characters(end))


class EmbeddedFile(File):
    """A text that stands in another file as one string: all that is in it has the place of that string."""

    __slots__ = ("_place",)

    def __init__(self, text: str, place: Location) -> None:
        super().__init__(Source(place.file, text))
        self._place = place

    def location(self, start: int, end: int) -> Location:
        return self._place


class Attribute(NamedTuple):
    """`name = expression`. `literal`: written as one plain string or number."""

    name: str
    expression: Expression
    file: File
    name_span: Span
    span: Span  # of the value
    literal: bool

    @property
    def location(self) -> Location:
        return self.file.location(*self.span)

    @property
    def name_location(self) -> Location:
        return self.file.location(*self.name_span)


class Block(NamedTuple):
    """A block; `span` is that of its header, `end` the byte behind the whole of it."""

    type: str
    labels: tuple[str, ...]
    body: Body
    file: File
    span: Span
    end: int

    @property
    def location(self) -> Location:
        return self.file.location(*self.span)

    @property
    def last_line(self) -> int:
        return self.file.location(self.span[0], self.end).end_line


class Twice(NamedTuple):
    """An attribute that stands a second time."""

    attribute: Attribute
    first: Attribute


class Body:
    """What stands in a block or a file. Of an attribute that stands twice the first one counts.

    `remarks` are those of a whole file.
    """

    __slots__ = ("attributes", "blocks", "remarks", "twice")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []
        self.twice: list[Twice] = []
        self.remarks: list[Remark] = []

    def add(self, attribute: Attribute) -> None:
        first = self.attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            self.twice.append(Twice(attribute, first))

    def blocks_of(self, type: str) -> Iterator[Block]:
        return (block for block in self.blocks if block.type == type)
