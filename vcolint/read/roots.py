"""Finding Terraform's root modules: folders that no other one calls as a module."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from vcolint.read import recognise
from vcolint.text.opening import NO_OVERLAY, UTF16, CannotReadError, load
from vcolint.text.source import Source, SyntaxFault, decode
from vcolint.text.walk import is_below


class Modules:
    """Tells which Terraform folders call which. It looks into a folder when it is asked about it."""

    def __init__(self, overlay: Mapping[str, bytes] = NO_OVERLAY) -> None:
        self._overlay = overlay
        self._looked: dict[str, _Look] = {}
        self._calls: dict[str, set[str]] = {}

    def mention_route(self, folder: str, boundary: str) -> bool:
        """Whether a folder's files name the resource, or those of a module that they call."""
        return any(is_below(one, boundary) and self._look(one).names_route for one in self._reached(folder))

    def roots(self, folders: list[str]) -> set[str]:
        """The folders that no other folder calls. Of folders that only call each other, the first one."""
        reached = {one: set(self._reached(one)) for one in folders}
        called = set().union(*(reached[one] - {one} for one in folders))
        roots = set(folders) - called
        covered = set().union(*(reached[one] for one in roots))
        for one in folders:
            if one not in covered:
                roots.add(one)
                covered |= reached[one]
        return roots

    def _reached(self, folder: str) -> Iterator[str]:
        """The folder, and all that are called from it, directly or not."""
        seen = {folder}
        ahead = [folder]
        while ahead:
            one = ahead.pop()
            yield one
            new = self.called(one) - seen
            seen |= new
            ahead += sorted(new)

    def called(self, folder: str) -> set[str]:
        """The real folders that a folder's `module` blocks call by a local path."""
        if folder not in self._calls:
            called: set[str] = set()
            for name, content in self._look(folder).calling:
                for source in _local_sources(name, content):
                    with suppress(ValueError):  # no path can be this text
                        called.add(os.path.realpath(os.path.join(folder, source)))
            self._calls[folder] = called
        return self._calls[folder]

    def _look(self, folder: str) -> _Look:
        if folder not in self._looked:
            contents = [(path, _content(path, self._overlay)) for path in module_files(folder)]
            self._looked[folder] = _Look(
                any(recognise.TERRAFORM_WORD.encode() in content for _, content in contents),
                [one for one in contents if _LOCAL_SOURCE.search(one[1])],
            )
        return self._looked[folder]


class _Look(NamedTuple):
    """What a glance at the Terraform files of a folder shows."""

    names_route: bool
    calling: list[tuple[str, bytes]]  # the files that may call a module by a local path


_LOCAL_SOURCE = re.compile(rb'source"?\s*[=:]\s*"\.\.?[/"]')


def _local_sources(name: str, content: bytes) -> Iterator[str]:
    """The local paths that a file calls modules by; nothing if it cannot be read."""
    try:
        from vcolint.hcl.configuration import parse_file
        from vcolint.hcl.files import MAX_CONFIGURATION
        from vcolint.hcl.modules import is_local

        if len(content) > MAX_CONFIGURATION:
            return
        body = parse_file(Source("", decode(content)), name)
    except (ModuleNotFoundError, SyntaxFault, RecursionError):  # as reading the folder will say
        return
    for block in body.blocks_of("module"):
        text = block.body.text("source")
        if text is not None and is_local(text):
            yield text


def module_files(folder: str) -> list[str]:
    """The Terraform files in a folder."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith((".tf", ".tf.json")))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names]


def _content(path: str, overlay: Mapping[str, bytes]) -> bytes:
    """The content of a file, in UTF-8. A file that cannot be read counts as one that names the resource: its
    reader will say what is wrong."""
    try:
        data = load(path, overlay)
    except CannotReadError:
        return recognise.TERRAFORM_WORD.encode()
    return data.decode("utf-16", "replace").encode() if data.startswith(UTF16) else data
