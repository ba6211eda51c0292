"""The configuration in the folder of one module: its files and override files, merged as Terraform does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from vcolint.hcl.bodies import LABELS, Attribute, Block, Body
from vcolint.hcl.expressions import Literal
from vcolint.hcl.files import MAX_CONFIGURATION, Files
from vcolint.hcl.syntax import parse
from vcolint.locale import say
from vcolint.text.source import Problem, Remark, Source, SyntaxFault, decode
from vcolint.text.value import Location, Unknown

# The labels of a block. A provider has its local name and its alias ("" without one).
Labels = tuple[str, ...]

# Whatever an unreadable file of a module may declare.
BROKEN = Unknown(say("a file of the module cannot be read"))


class ResourceType(NamedTuple):
    """What the schema of its provider says of a resource type, as far as the caller needs it."""

    numbers: frozenset[str] = frozenset()  # the attributes that Terraform converts to numbers
    blocks: frozenset[str] = frozenset()  # the types of its blocks, and of the blocks in these
    identities: frozenset[str] = frozenset()  # the attributes with the ID of the resource itself


class Schema(NamedTuple):
    """How the caller describes resource types, by name. The Terraform language itself knows none."""

    types: Mapping[str, ResourceType]
    own: frozenset[str]  # the types whose faults the caller reports itself

    def of(self, kind: str) -> ResourceType:
        return self.types.get(kind) or ResourceType()

    @property
    def blocks(self) -> frozenset[str]:
        """The types of all blocks: in JSON, they look like attributes."""
        return frozenset[str]().union(*(one.blocks for one in self.types.values()))


class Configuration:
    """What the files of one folder declare.

    `broken`: a file cannot be read, so declarations may be missing. `overrides_broken`: an override file
    cannot be read, so any declaration may be another. Then all arguments are unknown.
    """

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.folder = folder
        self.schema = schema
        self.files: list[str] = []  # shown names
        self.texts: dict[str, str] = {}
        self.remarks: list[Remark] = []
        self.problems: list[Problem] = []
        self.broken = False
        self.overrides_broken = False
        self.locals: dict[str, Attribute] = {}
        self.moves: list[tuple[str, str]] = []  # of `moved` blocks: the old and the new address
        self.blocks: dict[str, dict[Labels, Block]] = {kind: {} for kind in LABELS}

    @cached_property
    def order(self) -> list[Block]:
        """Resources and module calls in the order of files and lines."""
        blocks = [*self.blocks["resource"].values(), *self.blocks["module"].values()]
        position = {name: index for index, name in enumerate(self.files)}
        return sorted(blocks, key=lambda block: (position[block.place.file.file], block.place[1:]))


def source_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files that Terraform reads in a folder, in its order, and the override files."""
    main: list[Path] = []
    override: list[Path] = []
    for path in sorted(folder.iterdir()):
        name = path.name
        if name.startswith((".", "#")) or name.endswith("~") or not path.is_file():
            continue
        stem = name.removesuffix(".json").removesuffix(".tf")
        if name not in (f"{stem}.tf", f"{stem}.tf.json"):
            continue
        (override if stem == "override" or stem.endswith("_override") else main).append(path)
    return main, override


def load(folder: Path, schema: Schema, files: Files) -> Configuration:
    """Reads a module's folder. Raises OSError."""
    configuration = Configuration(folder, schema)
    main, override = source_files(folder)
    for block in _blocks(main, configuration, files):
        _declare(configuration, block)
    before, configuration.broken = configuration.broken, False
    for block in _blocks(override, configuration, files):
        _override(configuration, block)
    if configuration.broken:
        configuration.overrides_broken = True
        for attributes in (
            configuration.locals,
            *(one.body.attributes for one in _all_blocks(configuration)),
        ):
            attributes.update({name: _unknown(one, BROKEN) for name, one in attributes.items()})
    configuration.broken = configuration.broken or before
    return configuration


def _all_blocks(configuration: Configuration) -> Iterator[Block]:
    return (block for table in configuration.blocks.values() for block in table.values())


def _unknown(attribute: Attribute, value: Unknown) -> Attribute:
    """An argument whose value is unknown."""
    return attribute._replace(expression=Literal(value), literal=False)


def _blocks(paths: list[Path], configuration: Configuration, files: Files) -> Iterator[Block]:
    for path in paths:
        shown = files.shown_name(path)
        configuration.files.append(shown)
        body = read_body(path, shown, configuration, files)
        if body is None:
            configuration.broken = True
            continue
        for attribute in list(body.attributes.values())[:1]:
            message = say("an argument is not expected here")
            configuration.problems.append(Problem("syntax", message, attribute.name_location))
        yield from body.blocks


def parse_file(source: Source, name: str, blocks: frozenset[str] = frozenset()) -> Body:
    """The body of a file of configuration or of variables, in HCL or JSON by its `name`.

    `blocks` are the types of the blocks in resources. Raises SyntaxFault, RecursionError.
    """
    if not name.endswith(".json"):
        return parse(source)
    from vcolint.hcl import json_syntax

    if name.endswith(".tfvars.json"):
        return json_syntax.parse_values(source)
    return json_syntax.parse(source, blocks)


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
        content = files.load(path, MAX_CONFIGURATION)
        source = Source(shown, content.decode("utf-8-sig", "replace"))
        decode(content)
        configuration.texts[shown] = source.text
        body = parse_file(source, path.name, configuration.schema.blocks)
    except SyntaxFault as fault:
        message, start, end = fault.message, fault.start, fault.end
    except RecursionError:
        message = say("nested too deeply")
    except OSError as error:
        message = say("cannot be read: {strerror}", strerror=error.strerror or error)
    else:
        _report_twice(body, configuration)
        configuration.remarks += body.remarks
        return body
    location = source.location(min(start, len(source.text)), min(end, len(source.text)))
    configuration.problems.append(Problem("syntax", message, location))
    return None


_TWICE = Unknown(say("given twice"))


def _report_twice(body: Body, configuration: Configuration) -> None:
    """Report arguments that are set twice, and make them unknown. The caller does so for its own types."""
    bodies = [body]
    own = configuration.schema.own
    while bodies:
        body = bodies.pop()
        for again, first in body.twice:
            configuration.problems.append(twice(again.name, again.name_location, first.name_location))
            body.attributes[again.name] = _unknown(first, _TWICE)
        bodies += (block.body for block in body.blocks if own.isdisjoint(block.labels[:1]))


def twice(name: str, location: Location, first: Location) -> Problem:
    """The problem of a second declaration."""
    return Problem(
        "duplicate-key",
        say('"{name}" occurs twice here', name=name),
        location,
        related=((say("first here"), first),),
    )


def _declare(configuration: Configuration, block: Block) -> None:
    kind, labels = block.type, block.labels
    if kind == "locals":
        for name, attribute in block.body.attributes.items():
            local = configuration.locals.setdefault(name, attribute)
            if local is not attribute:
                configuration.problems.append(twice(name, attribute.name_location, local.name_location))
                configuration.locals[name] = _unknown(local, _TWICE)
    elif kind == "moved":
        old, new = (_address(configuration, block.body, name) for name in ("from", "to"))
        if old is not None and new is not None:
            configuration.moves.append((old, new))
    elif LABELS.get(kind) != len(labels):
        if not configuration.schema.own.isdisjoint(labels):
            message = say("a resource block needs two labels: its type and its name")
            configuration.problems.append(Problem("schema", message, block.location))
    else:
        table = configuration.blocks[kind]
        first = table.setdefault(_key(block), block)
        if first is not block and kind != "provider":
            name = ".".join(("data", *labels) if kind == "data" else labels)
            configuration.problems.append(twice(name, block.location, first.location))
            if kind in ("variable", "output"):
                for one in ("default", "value", "type"):
                    if one in first.body.attributes:
                        first.body.attributes[one] = _unknown(first.body.attributes[one], _TWICE)


def _address(configuration: Configuration, body: Body, name: str) -> str | None:
    """An address as an argument: bare in HCL, a text in JSON."""
    if name not in body.attributes or body.text(name) is not None:
        return body.text(name)
    place = body.attributes[name].location
    line = configuration.texts[place.file].split("\n")[place.line - 1]
    return line[place.column - 1 : place.end_column - 1]


def _key(block: Block) -> Labels:
    """The key of a block in the table of its type."""
    if block.type != "provider":
        return block.labels
    return (*block.labels, block.body.text("alias") or "")


def _override(configuration: Configuration, block: Block) -> None:
    """Replace what a block of an override file sets, and keep the rest."""
    if block.type == "locals":
        configuration.locals.update(block.body.attributes)
    elif LABELS.get(block.type) == len(block.labels):
        table, key = configuration.blocks[block.type], _key(block)
        if key in table:
            base, body = table[key].body, Body()
            body.attributes = {**base.attributes, **block.body.attributes}
            given = {inner.type for inner in block.body.blocks}
            body.blocks = [inner for inner in base.blocks if inner.type not in given] + block.body.blocks
            body.twice = base.twice + block.body.twice
            block = table[key]._replace(body=body)
        table[key] = block
