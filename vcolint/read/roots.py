"""Finding Terraform's root modules: folders that no other one calls as a module."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache

from vcolint.read import recognise
from vcolint.text.opening import NO_OVERLAY, UTF16, decoded, load
from vcolint.text.source import SyntaxFault
from vcolint.text.walk import is_below

_LOCAL_SOURCE = re.compile(rb'source"?\s*[=:]\s*"\.\.?[/"]')


class Modules:
    """Finds out which Terraform folders call which. It reads a folder when the folder is needed."""

    def __init__(self, overlay: Mapping[str, bytes] = NO_OVERLAY) -> None:
        self._overlay = overlay
        self.look = cache(self._look)

    def mention_route(self, folder: str, boundary: str) -> bool:
        """Whether the files of a folder, or of a module that it calls, name the resource."""
        return any(is_below(one, boundary) and self.look(one)[0] for one in self._reached(folder))

    def roots(self, folders: list[str]) -> set[str]:
        """The folders that no other folder calls. If folders call only each other, the first one counts as a
        root."""
        reached = {one: set(self._reached(one)) for one in folders}
        roots = set(folders).difference(*(reached[one] - {one} for one in folders))
        covered = set().union(*(reached[one] for one in roots))
        for one in folders:
            if one not in covered:
                roots.add(one)
                covered |= reached[one]
        return roots

    def _reached(self, folder: str) -> Iterator[str]:
        """The folder and all folders that it calls, directly or not."""
        seen = {folder}
        ahead = [folder]
        while ahead:
            one = ahead.pop()
            yield one
            new = self.look(one)[1] - seen
            seen |= new
            ahead += sorted(new)

    def _look(self, folder: str) -> tuple[bool, set[str]]:
        """Whether the files of a folder name the resource, and the real folders that they call by a local
        path. A file that cannot be read counts as one that names it: its reader will say what is wrong."""
        names_route, calls = False, set[str]()
        for path in module_files(folder):
            try:
                data = load(path, self._overlay)
            except SyntaxFault:
                names_route = True
                continue
            data = data.decode("utf-16", "replace").encode() if data.startswith(UTF16) else data
            names_route = names_route or recognise.TERRAFORM_WORD.encode() in data
            if _LOCAL_SOURCE.search(data):
                calls |= _called(folder, path, data)
        return names_route, calls


def _called(folder: str, name: str, content: bytes) -> set[str]:
    """The real folders that a file calls by a local path; none if it cannot be read (its reader says so)."""
    try:
        from vcolint.hcl.configuration import MAX_CONFIGURATION, parse_file  # slow to import
        from vcolint.hcl.modules import is_local

        if len(content) > MAX_CONFIGURATION:
            return set()
        body = parse_file(decoded("", content)[0], name)
        sources = (block.body.text("source") or "" for block in body.blocks if block.type == "module")
        return {os.path.realpath(os.path.join(folder, one)) for one in sources if is_local(one)}
    except (ModuleNotFoundError, SyntaxFault, RecursionError, ValueError):  # a text that is no path
        return set()


def module_files(folder: str) -> list[str]:
    """The Terraform files in a folder."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith((".tf", ".tf.json")))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names]
