"""How the caller describes resource types. The Terraform language itself knows none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ResourceType(NamedTuple):
    """The attributes and blocks of a resource type, from the schema of its provider."""

    attributes: Mapping[str, str]  # name -> `string`, `number`, `bool`, `list` or `map`
    blocks: frozenset[str] = frozenset()  # the types of its blocks, and of the blocks in these
    identities: frozenset[str] = frozenset()  # the attributes with the ID of the resource itself


class Schema(NamedTuple):
    """The resource types that are known, by name."""

    types: Mapping[str, ResourceType]
    own: frozenset[str]  # the types whose faults the caller reports itself

    def type_of(self, kind: str, attribute: str) -> str | None:
        """The type of an attribute; None if it is not known."""
        found = self.types.get(kind)
        return None if found is None else found.attributes.get(attribute)

    def is_identity(self, kind: str, attribute: str) -> bool:
        """Whether an attribute holds the ID of the resource itself."""
        found = self.types.get(kind)
        return found is not None and attribute in found.identities

    @property
    def blocks(self) -> frozenset[str]:
        """The types of all blocks: in JSON, they look like attributes."""
        return frozenset[str]().union(*(one.blocks for one in self.types.values()))
