"""The repository around a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator


def repository(folder: str) -> str | None:
    """The root of the repository around a folder: the nearest folder with a `.git`."""
    return next((one for one in upward(folder) if os.path.lexists(os.path.join(one, ".git"))), None)


def upward(folder: str) -> Iterator[str]:
    """An absolute folder and the folders above it, up to the root."""
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        yield parent
        folder = parent
