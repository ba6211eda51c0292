"""Finding the environments of a root module: the variable files and workspaces that it is planned with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vcolint.hcl.configuration import beside, load, names_in, title
from vcolint.hcl.expressions import Work
from vcolint.hcl.files import Files
from vcolint.model.settings import Environment
from vcolint.read.instances import SCHEMA

# The names of files for every environment, and of files that are only examples.
_SHARED = frozenset({"all", "base", "common", "default", "defaults", "global", "globals", "shared"})
_EXAMPLES = frozenset({"example", "sample", "template"})
_STATES = "terraform.tfstate.d"  # a folder for each workspace, where Terraform keeps states in files


def find(root: str, texts: Iterable[str]) -> list[Environment]:
    """The environments of a root, by name; names of files are relative to the working directory.
    `texts` are the texts of its files and of its modules."""
    folder = Path(root).resolve()
    files = Files(folder, "" if root == "." else root, folder, Work(0), {})
    try:
        declared = {name for (name,) in load(folder, SCHEMA, files).blocks["variable"]}
    except OSError:
        return []
    uses_workspace = any("terraform.workspace" in text for text in texts)
    shared: list[str] = []
    own: dict[str, list[str]] = {}
    states = (folder / _STATES).glob("*")
    workspaces = {path.name for path in states if path.is_dir() and path.name.isprintable()}
    for path in beside(folder):
        name, shown = title(path, folder), files.shown_name(path)
        if declared.isdisjoint(names_in(path, SCHEMA, files)) or not shown.isprintable():
            continue
        if name.lower() in _SHARED:
            shared.append(shown)
        elif name.lower() not in _EXAMPLES:
            own.setdefault(name, []).append(shown)
    names = own.keys() | (workspaces if uses_workspace else set())
    return [
        Environment(
            name,
            root,
            (*shared, *own.get(name, ())),
            name if name in workspaces or uses_workspace else None,
        )
        for name in sorted(names)
    ]
