"""The request of a run: what to read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vcolint.text.opening import MAX_BYTES, NO_OVERLAY

if TYPE_CHECKING:
    from vcolint.read.kept import Kept

STDIN = "<stdin>"


def standard_input() -> bytes:
    """The content of standard input, up to a limit."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


class Environment(NamedTuple):
    """The values with which a Terraform root is read."""

    name: str
    root: str  # a folder
    var_files: Sequence[str]  # after those of all roots
    workspace: str


class Request(NamedTuple):
    """What to read."""

    paths: Sequence[str]  # as the user gave them; "-" is standard input
    as_kind: str | None = None
    exclude: Sequence[str] = ()  # globs as in .gitignore, relative to `base`
    force_exclude: bool = False  # also for named files
    base: str = "."  # the folder of the config, else the working directory
    var_files: Sequence[str] = ()
    workspace: str = "default"
    environments: Sequence[Environment] = ()  # a root is read once for each that names it, in this order
    live: Sequence[str] = ()  # files; what is not found from the working directory is looked for in `base`
    stdin: Callable[[], bytes] = standard_input
    stdin_filename: str | None = None
    overlay: Mapping[str, bytes] = NO_OVERLAY  # contents that replace those of files, by `overlaid` name
    kept: Kept | None = None  # readings of earlier runs with the same settings


def overlaid(shown: str) -> str:
    """The name in an overlay of a file with this shown name."""
    return os.path.realpath(shown)
