"""Terraform configurations: a root module, the local modules that it calls, and its variable files.

It does not know rules, settings, reports or output formats.
Only `entries` knows route entries; the other modules are about the Terraform language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vcolint.hcl.expressions import Work
from vcolint.hcl.files import Files
from vcolint.hcl.modules import Module, Tree
from vcolint.hcl.variables import Variables, loaded
from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.instances import SCHEMA
from vcolint.read.terraform.entries import Entries
from vcolint.text.opening import reason
from vcolint.text.source import Problem, Remark, Source, SyntaxFault
from vcolint.text.value import Location

MAX_STEPS = 20_000_000  # of evaluating expressions: a few seconds

_NO_DATA: Mapping[Path, bytes] = {}


def read(
    folder: Path,
    shown: str,
    *,
    boundary: Path,
    var_files: Sequence[Path] = (),
    workspace: str = "default",
    data: Mapping[Path, bytes] = _NO_DATA,
) -> Reading:
    """Read the root module in a folder.

    `shown` is the folder's name in messages ("" for the working directory). Nothing outside of `boundary` is
    read, except the `var_files`. `data` holds files that were already read, by resolved path.
    """
    root = shown or "."
    reading = Reading("terraform", [], root=root)
    folder = folder.resolve()
    files = Files(folder, shown, boundary.resolve(), Work(MAX_STEPS), data)
    tree = Tree(files, SCHEMA, workspace, root)
    try:
        configuration = tree.load(folder)
    except OSError as error:
        message = say("cannot be read: {strerror}", strerror=reason(error))
        reading.problems.append(Problem("syntax", message, Location(root, 1, 1, 1, 1)))
        return reading
    variables = Variables(tree, configuration)
    tree.no_value = lambda name: _no_value(name, variables.setters(name))
    for path in loaded(folder):
        variables.read(path)
    for path in var_files:
        variables.read(path, named=True)
    Entries(reading, root).add(Module(tree, configuration))
    for one in (*tree.configurations.values(), variables.configuration):
        reading.files += one.files
        reading.texts.update(one.texts)
        reading.problems += one.problems
        reading.remarks += one.remarks
    for name, text in files.texts.items():
        reading.texts.setdefault(name, text)
        reading.remarks += _remarks(name, text)
    reading.used = frozenset(map(str, files.read))
    return reading


def _no_value(name: str, setters: Sequence[str]) -> str:
    """The reason why a required variable is unknown, and what would set it."""
    if not setters:
        return say("var.{name} has no value: give it one with --var-file", name=name)
    if len(setters) == 1:
        return say(
            "var.{name} has no value: {file} sets it; see terraform.environments", name=name, file=setters[0]
        )
    return say(
        "var.{name} has no value: {file} and {n} more set it; see terraform.environments",
        name=name,
        file=setters[0],
        n=len(setters) - 1,
    )


def _remarks(name: str, text: str) -> list[Remark]:
    """The comments for vcolint in a data file, if it is YAML."""
    if not name.lower().endswith((".yaml", ".yml")) or "vcolint" not in text.lower():
        return []
    from vcolint.text import remarks, yaml  # slow to import, and few configurations need them

    source = Source(name, text)
    try:
        return remarks.find(source, yaml.parse(source))
    except SyntaxFault:
        return []
