"""What a file of HCL holds: blocks and attributes, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from vcolint.hcl.expressions import Expression
from vcolint.hcl.values import Span
from vcolint.text.source import Remark, Source
from vcolint.text.value import Location

# The types of labelled blocks: how many labels each has.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}


class File:
    """The text of a file, and the places of its bytes."""

    __slots__ = ("_wide", "data", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.text.encode("utf-8", "surrogatepass")
        # The offsets of UTF-8 continuation bytes, which begin no character. Few files have any.
        self._wide = [match.start() for match in re.finditer(rb"[\x80-\xbf]", self.data)]

    def characters(self, byte: int) -> int:
        """The offset in characters of a byte."""
        return byte - bisect_left(self._wide, byte) if self._wide else byte

    def location(self, start: int, end: int) -> Location:
        return self.source.location(self.characters(start), self.characters(end))


class EmbeddedFile(File):
    """A text inside a string of another file. Everything in it has the place of that string."""

    __slots__ = ("_place",)

    def __init__(self, text: str, place: Location) -> None:
        super().__init__(Source(place.file, text))
        self._place = place

    def location(self, start: int, end: int) -> Location:
        return self._place


class Attribute(NamedTuple):
    """`name = expression`. `literal`: the expression is one plain string, number or word."""

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
    """A block. `span` is the span of its header, `end` the offset behind the block."""

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
    """An attribute that is set a second time in one body."""

    attribute: Attribute
    first: Attribute


class Body:
    """The content of a block or a file. The first of two attributes with one name counts.

    Only the body of a file has `remarks`.
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
