"""What the caller tells the Terraform language about resource types. The language itself knows none."""

from __future__ import annotations

from typing import NamedTuple


class Schema(NamedTuple):
    """Resource types, and attributes as pairs of a type and a name."""

    own: frozenset[str]  # types that the caller reads: their arguments are text, but for `numbers`
    numbers: frozenset[tuple[str, str]]  # attributes of those that hold a number
    identities: frozenset[tuple[str, str]]  # attributes that hold the ID of the resource itself
