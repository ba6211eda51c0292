"""Variable files: finding them next to a root module, and reading them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vcolint.hcl.configuration import Configuration, Schema, read_body
from vcolint.hcl.expressions import Scope, Surroundings
from vcolint.hcl.files import Files
from vcolint.hcl.modules import Tree, refusal
from vcolint.hcl.values import EvaluationError, NotSupportedError
from vcolint.text.value import Unknown

ENDS = (".tfvars", ".tfvars.json")
_LOADED = ("terraform.tfvars", "terraform.tfvars.json")
_LOADED_ENDS = (".auto.tfvars", ".auto.tfvars.json")
_DEPTH = 2  # levels of folders below the root in which variable files are looked for
_MOST = 200  # files that are found at most


def loaded(folder: Path) -> Iterator[Path]:
    """The variable files that Terraform loads automatically, in its order."""
    for name in _LOADED:
        path = folder / name
        if path.is_file():
            yield path
    for path in sorted(folder.iterdir()):
        if path.name.endswith(_LOADED_ENDS) and path.is_file():
            yield path


def beside(folder: Path) -> list[Path]:
    """The variable files that Terraform does not load automatically, in a root's folder and in the folders
    below it that hold no module."""
    found: list[Path] = []
    ahead = [(folder, 0)]
    while ahead and len(found) < _MOST:
        here, depth = ahead.pop()
        try:
            paths = sorted(here.iterdir())
        except OSError:
            continue
        if depth and any(path.name.endswith((".tf", ".tf.json")) for path in paths):
            continue
        for path in paths:
            if path.is_dir():
                if depth < _DEPTH and not path.name.startswith(".") and not path.is_symlink():
                    ahead.append((path, depth + 1))
            elif path.name.endswith(ENDS) and (
                depth or not (path.name in _LOADED or path.name.endswith(_LOADED_ENDS))
            ):
                found.append(path)
    return sorted(found[:_MOST])


def title(path: Path, folder: Path) -> str:
    """A name for the purpose of a variable file: its own name, or the name of its folder if the folder is one
    of many or Terraform prescribes the name of the file."""
    stem = path.name.removesuffix(".json").removesuffix(".tfvars")
    folders = path.relative_to(folder).parts[:-1]
    named_by_folder = len(folders) > 1 or stem == "terraform" or stem.endswith(".auto")
    return folders[-1] if folders and named_by_folder else stem


def names_in(path: Path, schema: Schema, files: Files) -> frozenset[str]:
    """The variables that a file sets; no variables if it cannot be read."""
    body = read_body(path, "", Configuration(path.parent, schema), files)
    return frozenset() if body is None else frozenset(body.attributes)


class Variables:
    """Reads the values of the root's variables from files. Later files win."""

    def __init__(self, tree: Tree, root: Configuration) -> None:
        self.tree = tree
        self.configuration = Configuration(root.folder, root.schema)  # the files, and their problems
        self._beside: list[tuple[str, frozenset[str]]] | None = None

    def read(self, path: Path, *, named: bool = False) -> None:
        files = self.tree.files
        shown = files.shown_name(path.resolve() if named else path)
        body = read_body(path, shown, self.configuration, files, named=named)
        self.configuration.files.append(shown)
        files.read.add(path.resolve())
        if body is None:
            # It may set any of them.
            self.tree.values.clear()
            self.tree.values_broken = True
            return
        scope = Scope(Surroundings(self.tree.work), {})
        for name, attribute in body.attributes.items():
            try:
                self.tree.values[name] = attribute.expression.evaluate(scope)
            except (EvaluationError, NotSupportedError, RecursionError) as error:
                self.tree.values[name] = Unknown(refusal(error))

    def setters(self, name: str) -> list[str]:
        """The shown names of the files next to the root that set a variable."""
        files = self.tree.files
        if self._beside is None:
            found = beside(files.folder)
            self._beside = [
                (files.shown_name(path), names_in(path, self.tree.schema, files)) for path in found
            ]
        return [shown for shown, names in self._beside if name in names]
