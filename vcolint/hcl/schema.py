"""What the caller tells the Terraform language about resource types. The language itself knows none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ResourceType(NamedTuple):
    """What a resource of one type may hold, as its provider's schema has it."""

    attributes: Mapping[str, str]  # name -> `string`, `number`, `bool`, `list` or `map`
    blocks: frozenset[str] = frozenset()  # types of the blocks in it, and in those
    identities: frozenset[str] = frozenset()  # attributes that hold the ID of the resource itself


class Schema(NamedTuple):
    """The resource types that are known, by name."""

    types: Mapping[str, ResourceType]
    own: frozenset[str]  # those that the caller reports on by itself

    def type_of(self, kind: str, attribute: str) -> str | None:
        """The type of an attribute; None where it is not known."""
        found = self.types.get(kind)
        return None if found is None else found.attributes.get(attribute)

    def is_identity(self, kind: str, attribute: str) -> bool:
        """Whether an attribute holds the ID of the resource itself."""
        found = self.types.get(kind)
        return found is not None and attribute in found.identities

    @property
    def blocks(self) -> frozenset[str]:
        """The types of all blocks: JSON does not tell blocks from attributes."""
        return frozenset[str]().union(*(one.blocks for one in self.types.values()))
