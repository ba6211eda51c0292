"""Remembering what was computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_Made = TypeVar("_Made")


class Once:
    """Computes each value once. If a value refers back to itself, directly or not, that reference gets the
    value `itself`."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, itself: _Made, make: Callable[..., _Made], *arguments: Any) -> _Made:
        if key not in self._made:
            self._made[key] = itself
            self._made[key] = make(*arguments)
        found: _Made = self._made[key]
        return found
