"""Paths for code hosts: relative to the root of the checkout, with forward slashes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

from vcolint.text.repository import repository


def from_checkout(variable: str) -> Callable[[str], str]:
    """A function that makes a file's path relative to the root of the checkout.

    The root is the value of the environment variable (CI services set one), or the repository around the
    working directory, or the working directory. A path elsewhere stays as it is.
    """
    here = os.path.abspath(os.curdir)
    root = os.path.abspath(os.environ.get(variable) or repository(here) or here)

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
