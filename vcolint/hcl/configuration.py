"""The configuration in the folder of one module: its files and override files, merged as Terraform does; and
the variable files next to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from vcolint.hcl.expressions import Literal
from vcolint.hcl.files import MAX_CONFIGURATION, Files
from vcolint.hcl.syntax import LABELS, TWICE, Block, Body, parse
from vcolint.locale import say
from vcolint.text.opening import decoded, reason
from vcolint.text.source import Problem, Remark, Source, SyntaxFault
from vcolint.text.value import Place, Unknown

# The labels of a block. A provider has its local name and its alias ("" without one).
Labels = tuple[str, ...]

# Stands for anything that an unreadable file of a module may declare.
BROKEN = Unknown(say("a file of the module cannot be read"))


# What the caller says about the resource types that it knows: by name, the attributes with the ID of the
# resource itself. The Terraform language knows none.
Schema = Mapping[str, frozenset[str]]


class Configuration:
    """What the files of one folder declare. `broken`: a file cannot be read, so something may be missing."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.folder = folder
        self.schema = schema
        self.files: list[str] = []  # shown names
        self.texts: dict[str, str] = {}
        self.remarks: list[Remark] = []
        self.problems: list[Problem] = []
        self.broken = False
        self.moves: list[tuple[str, str]] = []  # of `moved` blocks: the old and the new address
        # By type and labels. A local value is a block `local` with its `value`.
        self.blocks: dict[str, dict[Labels, Block]] = {kind: {} for kind in LABELS}

    @cached_property
    def order(self) -> list[Block]:
        """Resources and module calls in the order of files and lines."""
        blocks = [*self.blocks["resource"].values(), *self.blocks["module"].values()]
        position = {name: index for index, name in enumerate(self.files)}
        return sorted(blocks, key=lambda block: (position[block.place.file.file], block.place[1:]))


# Files of configuration, and those that override the others.
_FILE = re.compile(r"(?![.#])(?:(?P<override>(?:.*_)?override)|.*)\.tf(?:\.json)?", re.DOTALL)


def load(folder: Path, schema: Schema, files: Files) -> Configuration:
    """Reads a module's folder. Raises OSError."""
    configuration = Configuration(folder, schema)
    found = []
    for path in folder.iterdir():
        match = _FILE.fullmatch(path.name)
        if match is not None and path.is_file():
            found.append((match["override"] is not None, path))
    for is_override, path in sorted(found):
        shown = files.shown_name(path)
        configuration.files.append(shown)
        body = read_body(path, shown, configuration, files)
        if body is None:
            configuration.broken = True
            for table in configuration.blocks.values() if is_override else ():
                for block in table.values():  # the file may replace any argument
                    _obscure(block.body, BROKEN)
            continue
        for attribute in list(body.attributes.values())[:1]:
            message = say("an argument is not expected here")
            configuration.problems.append(Problem("syntax", message, attribute.name_place.location))
        for block in body.blocks:
            for one in _locals(block) if block.type == "locals" else (block,):
                (_override if is_override else _declare)(configuration, one)
    return configuration


def _locals(block: Block) -> Iterator[Block]:
    """A block for each local value in a block `locals`."""
    for name, attribute in block.body.attributes.items():
        body = Body()
        body.attributes["value"] = attribute
        yield Block("local", (name,), body, attribute.name_place, attribute.place.end)


def _obscure(body: Body, value: Unknown) -> None:
    """Make all arguments unknown."""
    for name, argument in body.attributes.items():
        body.attributes[name] = argument._replace(expression=Literal(value), literal=False)


def parse_file(source: Source, name: str) -> Body:
    """The body of a file of configuration or of variables, in HCL or JSON by its `name`.

    Raises SyntaxFault, RecursionError.
    """
    if not name.endswith(".json"):
        return parse(source)
    from vcolint.hcl import json_syntax

    return json_syntax.parse(source, values=name.endswith(".tfvars.json"))


def read_body(
    path: Path, shown: str, configuration: Configuration, files: Files, *, named: bool = False
) -> Body | None:
    """The body of a file of configuration or variables. If it cannot be read: None, and a problem.

    Only a file that the user `named` may lie outside the boundary.
    """
    source = Source(shown, "")
    start = end = 0
    try:
        if not named and not files.inside(path.resolve()):
            raise SyntaxFault(say("links to a file outside of the folder"))
        source, unreadable = decoded(shown, files.load(path, MAX_CONFIGURATION))
        if unreadable is not None:
            raise unreadable
        configuration.texts[shown] = source.text
        body = parse_file(source, path.name)
    except SyntaxFault as fault:
        message, start, end = fault.message, fault.start, fault.end
    except RecursionError:
        message = say("nested too deeply")
    except OSError as error:
        message = say("cannot be read: {strerror}", strerror=reason(error))
    else:
        _report_twice(body, configuration)
        configuration.remarks += body.remarks
        return body
    location = source.location(min(start, len(source.text)), min(end, len(source.text)))
    configuration.problems.append(Problem("syntax", message, location))
    return None


def _report_twice(body: Body, configuration: Configuration) -> None:
    """Report arguments that are set twice."""
    bodies = [body]
    while bodies:
        body = bodies.pop()
        for again, first in body.twice:
            configuration.problems.append(_twice(again.name, again.name_place, first.name_place))
        bodies += (block.body for block in body.blocks)


def _twice(name: str, place: Place, first: Place) -> Problem:
    """The problem of a second declaration."""
    message = say('"{name}" occurs twice here', name=name)
    return Problem("duplicate-key", message, place.location, related=((say("first here"), first.location),))


def _declare(configuration: Configuration, block: Block) -> None:
    kind, labels = block.type, block.labels
    if kind == "moved":
        old, new = (_address(block.body, name) for name in ("from", "to"))
        if old is not None and new is not None:
            configuration.moves.append((old, new))
    elif LABELS.get(kind) != len(labels):
        if not configuration.schema.keys().isdisjoint(labels):
            message = say("a resource block needs two labels: its type and its name")
            configuration.problems.append(Problem("schema", message, block.place.location))
    else:
        first = configuration.blocks[kind].setdefault(_key(block), block)
        if first is not block and kind != "provider":
            name = ".".join(("data", *labels) if kind == "data" else labels)
            configuration.problems.append(_twice(name, block.place, first.place))
            if kind in ("variable", "output", "local"):
                _obscure(first.body, TWICE)


def _address(body: Body, name: str) -> str | None:
    """An address as an argument: bare in HCL, a text in JSON."""
    given = body.attributes.get(name)
    if given is None or body.text(name) is not None or not isinstance(given.place.file, Source):
        return body.text(name)
    return given.place.file.text[given.place.start : given.place.end]


def _key(block: Block) -> Labels:
    """The key of a block in the table of its type."""
    if block.type != "provider":
        return block.labels
    return (*block.labels, block.body.text("alias") or "")


def _override(configuration: Configuration, block: Block) -> None:
    """Replace what a block of an override file sets, and keep the rest."""
    if LABELS.get(block.type) == len(block.labels):
        table, key = configuration.blocks[block.type], _key(block)
        if key in table:
            base, body = table[key].body, Body()
            body.attributes = {**base.attributes, **block.body.attributes}
            given = {inner.type for inner in block.body.blocks}
            body.blocks = [inner for inner in base.blocks if inner.type not in given] + block.body.blocks
            body.twice = base.twice + block.body.twice
            block = table[key]._replace(body=body)
        table[key] = block


# -- variable files --------------------------------------------------------------------------------

ENDS = (".tfvars", ".tfvars.json")
_LOADED = ("terraform.tfvars", "terraform.tfvars.json")
_LOADED_ENDS = (".auto.tfvars", ".auto.tfvars.json")
_DEPTH = 2  # levels of folders below the root in which variable files are looked for
_MOST = 200  # files that are found at most


def loaded(folder: Path) -> list[Path]:
    """The variable files that Terraform loads automatically, in its order."""
    auto = sorted(path for path in folder.iterdir() if path.name.endswith(_LOADED_ENDS))
    return [path for path in (*(folder / name for name in _LOADED), *auto) if path.is_file()]


def beside(folder: Path) -> list[Path]:
    """The variable files that Terraform does not load automatically, in a root's folder and in the folders
    below it that hold no module."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        if depth and any(name.endswith((".tf", ".tf.json")) for name in names):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".") and depth < _DEPTH]
        for name in names:
            if name.endswith(ENDS) and (depth or not (name in _LOADED or name.endswith(_LOADED_ENDS))):
                found.append(Path(here, name))
    return sorted(found)[:_MOST]


def title(path: Path, folder: Path) -> str:
    """A name for the purpose of a variable file: its own name, or that of its folder if the folder lies in
    another one (`envs/prod/`) or if Terraform prescribes the name of the file."""
    stem = path.name.removesuffix(".json").removesuffix(".tfvars")
    folders = path.relative_to(folder).parts[:-1]
    named_by_folder = len(folders) > 1 or stem == "terraform" or stem.endswith(".auto")
    return folders[-1] if folders and named_by_folder else stem


def names_in(path: Path, schema: Schema, files: Files) -> frozenset[str]:
    """The variables that a file sets; none if it cannot be read."""
    body = read_body(path, "", Configuration(path.parent, schema), files)
    return frozenset() if body is None else frozenset(body.attributes)
