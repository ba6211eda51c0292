"""One module's folder: its files, put together as Terraform does, override files included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from vcolint.hcl.bodies import Attribute, Block, Body
from vcolint.hcl.expressions import Literal, Refused
from vcolint.hcl.files import MAX_CONFIGURATION, Files, sized
from vcolint.hcl.schema import Schema
from vcolint.hcl.syntax import parse
from vcolint.locale import say
from vcolint.text.opening import reason
from vcolint.text.source import Problem, Remark, Source, SyntaxFault, decode
from vcolint.text.value import Location


class Configuration:
    """What the files of one folder declare. A file that cannot be read declares nothing: `broken` says
    that there is one, `overrides_broken` that it would have changed what others declare."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.folder = folder
        self.schema = schema
        self.files: list[str] = []  # shown names
        self.texts: dict[str, str] = {}
        self.remarks: list[Remark] = []
        self.problems: list[Problem] = []
        self.broken = False
        self.overrides_broken = False
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.outputs: dict[str, Block] = {}
        self.resources: dict[tuple[str, str], Block] = {}
        self.data: dict[tuple[str, str], Block] = {}
        self.calls: dict[str, Block] = {}
        self.providers: dict[tuple[str, str | None], Block] = {}  # by local name and alias
        self.types: set[str] = set()  # of the resources

    @cached_property
    def order(self) -> list[Block]:
        """Resources and module calls in the order of files and lines."""
        blocks = [*self.resources.values(), *self.calls.values()]
        position = {name: index for index, name in enumerate(self.files)}
        return sorted(blocks, key=lambda block: (position[block.file.source.file], block.span))


def source_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a module that Terraform reads, in its order, and those that override them."""
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


def load(folder: Path, schema: Schema, files: Files, data: Mapping[Path, bytes]) -> Configuration:
    """Reads a module's folder. `data` holds what was read of its files already."""
    configuration = Configuration(folder, schema)
    main, override = source_files(folder)
    for path in main:
        for block in _blocks(path, configuration, files, data):
            _declare(configuration, block)
    before = configuration.broken
    configuration.broken = False
    for path in override:
        for block in _blocks(path, configuration, files, data):
            _override(configuration, block)
    configuration.overrides_broken = configuration.broken
    configuration.broken = configuration.broken or before
    return configuration


def _blocks(
    path: Path, configuration: Configuration, files: Files, data: Mapping[Path, bytes]
) -> list[Block]:
    shown = files.shown_name(path)
    configuration.files.append(shown)
    body = read_body(path, shown, configuration, files, data)
    if body is None:
        configuration.broken = True
        return []
    if body.attributes:
        first = next(iter(body.attributes.values()))
        configuration.problems.append(
            Problem("syntax", say("an argument is not expected here"), first.file.location(first.name_span))
        )
    return body.blocks


def read_body(
    path: Path,
    shown: str,
    configuration: Configuration,
    files: Files,
    data: Mapping[Path, bytes],
    *,
    named: bool = False,
) -> Body | None:
    """What stands in a file of configuration or of variables; None, and a problem, if it cannot be read.

    Only what the user `named` may stand outside of the boundary.
    """
    source = Source(shown, "")
    try:
        resolved = path.resolve()
        if not named and not files.inside(resolved):
            raise SyntaxFault(say("links to a file outside of the folder"))
        content = data.get(resolved)
        content = files.load(path, MAX_CONFIGURATION) if content is None else content
        try:
            source = Source(shown, decode(sized(content, MAX_CONFIGURATION)))
        except SyntaxFault:
            source = Source(shown, content[:MAX_CONFIGURATION].decode("utf-8-sig", "replace"))
            raise
        configuration.texts[shown] = source.text
        if path.suffix == ".json":
            from vcolint.hcl import json_syntax

            if path.name.endswith(".tfvars.json"):
                body = json_syntax.parse_values(source)
            else:
                body = json_syntax.parse(source, configuration.schema.blocks)
        else:
            body = parse(source)
    except SyntaxFault as fault:
        message, start, end = fault.message, fault.start, fault.end
    except RecursionError:
        message, start, end = say("nested too deeply"), 0, 0
    except OSError as error:
        message, start, end = say("cannot be read: {strerror}", strerror=reason(error)), 0, 0
    else:
        _report_twice(body, configuration)
        configuration.remarks += body.remarks
        return body
    location = source.location(min(start, len(source.text)), min(end, len(source.text)))
    configuration.problems.append(Problem("syntax", message, location))
    return None


def _report_twice(body: Body, configuration: Configuration) -> None:
    """Arguments that stand twice in one block are unknown. The caller reads those of its own types."""
    bodies = [body]
    own = configuration.schema.own
    while bodies:
        body = bodies.pop()
        for attribute, first in body.twice:
            place = attribute.file.location(attribute.name_span)
            first_place = first.file.location(first.name_span)
            configuration.problems.append(twice(attribute.name, place, first_place))
            body.attributes[attribute.name] = first._replace(expression=GIVEN_TWICE, literal=False)
        bodies += (block.body for block in body.blocks if own.isdisjoint(block.labels[:1]))


GIVEN_TWICE = Refused(say("given twice"))


def twice(name: str, location: Location, first: Location) -> Problem:
    """The problem that something is declared a second time."""
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
            first = configuration.locals.setdefault(name, attribute)
            if first is not attribute:
                place = attribute.file.location(attribute.name_span)
                first_place = first.file.location(first.name_span)
                configuration.problems.append(twice(name, place, first_place))
                configuration.locals[name] = first._replace(expression=GIVEN_TWICE, literal=False)
        return
    if kind == "provider" and len(labels) == 1:
        configuration.providers.setdefault((labels[0], _alias(block)), block)
        return
    table, key = _table(configuration, block)
    if table is None:
        if not configuration.schema.own.isdisjoint(labels):
            message = say("a resource block needs two labels: its type and its name")
            configuration.problems.append(Problem("schema", message, block.location))
        return
    first_block = table.setdefault(key, block)
    if first_block is not block:
        name = ".".join((*(("data",) if kind == "data" else ()), *labels))
        configuration.problems.append(twice(name, block.location, first_block.location))
        if kind in ("variable", "output"):
            table[key] = _refused(first_block)
    elif kind == "resource":
        configuration.types.add(labels[0])


def _refused(block: Block) -> Block:
    """A variable or an output that is declared twice: whatever it is, it is not known."""
    body = Body()
    for name, attribute in block.body.attributes.items():
        known = name not in ("default", "value", "type")
        body.attributes[name] = attribute if known else attribute._replace(expression=GIVEN_TWICE)
    return block._replace(body=body)


def _alias(block: Block) -> str | None:
    alias = block.body.attributes.get("alias")
    value = alias.expression.value if alias and isinstance(alias.expression, Literal) else None
    return value if isinstance(value, str) else None


def _table(configuration: Configuration, block: Block) -> tuple[dict[Any, Block] | None, Any]:
    """Where a block is kept, and under which name."""
    labels = block.labels
    if len(labels) == 2:
        tables = {"resource": configuration.resources, "data": configuration.data}
        return tables.get(block.type), (labels[0], labels[1])
    named: dict[str, dict[Any, Block]] = {
        "variable": configuration.variables,
        "output": configuration.outputs,
        "module": configuration.calls,
    }
    return (named.get(block.type), labels[0]) if len(labels) == 1 else (None, "")


def _override(configuration: Configuration, block: Block) -> None:
    """An override file's block replaces what it gives anew, and leaves the rest."""
    if block.type == "locals":
        configuration.locals.update(block.body.attributes)
        return
    if block.type == "provider" and len(block.labels) == 1:
        key = (block.labels[0], _alias(block))
        base = configuration.providers.get(key)
        configuration.providers[key] = _merged(base, block) if base else block
        return
    table, name = _table(configuration, block)
    if table is None:
        return
    if name in table:
        table[name] = _merged(table[name], block)
    else:
        table[name] = block
        if block.type == "resource":
            configuration.types.add(block.labels[0])


def _merged(base: Block, override: Block) -> Block:
    body = Body()
    body.attributes = {**base.body.attributes, **override.body.attributes}
    given = {block.type for block in override.body.blocks}
    body.blocks = [block for block in base.body.blocks if block.type not in given] + override.body.blocks
    body.twice = base.body.twice + override.body.twice
    return base._replace(body=body)
