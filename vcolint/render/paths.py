"""Paths as code hosts want them: from the root of the checkout, with forward slashes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache


def from_checkout(variable: str) -> Callable[[str], str]:
    """A function that gives a file's path from the root of the checkout.

    The root is what the environment variable says (CI services set one), else the repository around the
    working directory, else that. A path that lies elsewhere stays as it is.
    """
    here = os.path.abspath(os.curdir)
    root = os.path.abspath(os.environ.get(variable) or _repository(here) or here)

    @cache
    def path(file: str) -> str:
        absolute = os.path.normpath(os.path.join(here, file))
        inside = (
            absolute[len(root) :].lstrip(os.sep)
            if absolute.startswith(root.rstrip(os.sep) + os.sep)
            else file
        )
        return inside.replace(os.sep, "/")

    return path


def _repository(folder: str) -> str | None:
    """The nearest folder upward that holds a `.git`."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
