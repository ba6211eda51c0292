"""The files that a root module may read: the configuration in the folder of each module with its override
files, merged as Terraform does; data files, with the functions that read them; and variable files."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from vcolint.hcl import functions, texts
from vcolint.hcl.expressions import Expression, Function, Literal, Scope, Surroundings, Work
from vcolint.hcl.syntax import LABELS, TWICE, Block, Body, parse, parse_template, twice
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    NotSupportedError,
    SetValue,
    Text,
    mapping,
    origin,
    to_text,
    written,
)
from vcolint.locale import say
from vcolint.text.opening import decoded, reason
from vcolint.text.source import Problem, Remark, Source, SyntaxFault
from vcolint.text.value import Place, Unknown

# The labels of a block. A provider has its local name and its alias ("" without one).
Labels = tuple[str, ...]

# Stands for anything that an unreadable file of a module may declare.
BROKEN = Unknown(say("a file of the module cannot be read"))

MAX_BYTES = 16 << 20
MAX_CONFIGURATION = 4 << 20  # bytes of HCL: the parser needs seconds for a MiB of hostile text
_FILE_COST = 100  # steps, for a file that `fileset` visits
# Patterns of `fileset` as regular expressions.
_WILDCARDS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", ",": "|", "}": ")"}


class Files(Surroundings):
    """The files that one root module may read: those inside `boundary`, after following links.

    An expression in a template file or a variable file sees nothing else.
    """

    def __init__(
        self, folder: Path, shown: str, boundary: Path, work: Work, data: Mapping[Path, bytes]
    ) -> None:
        self.folder = folder
        self.boundary = boundary
        self.shown = shown
        self.data = data  # contents that the caller has read, by resolved path
        self.read: set[Path] = set()  # resolved paths of the data files that were read
        self.texts: dict[str, str] = {}  # of these files, by shown name
        self.text = cache(self._text)
        file_functions = {
            "abspath": Function(self.absolute, (to_text,)),
            "file": Function(self.text, (to_text,)),
            "fileexists": Function(lambda path: self._path(path).is_file(), (to_text,)),
            "fileset": Function(self._names, (to_text, to_text)),
            "templatefile": Function(self._template, (to_text, mapping)),
        }
        super().__init__(work, {**texts.FUNCTIONS, **functions.FUNCTIONS, **file_functions})
        self._templates: dict[str, Expression] = {}

    def inside(self, path: Path) -> bool:
        """Whether a resolved path may be read."""
        return path == self.boundary or self.boundary in path.parents

    def shown_name(self, path: Path) -> str:
        """The name of a file or folder for the user: a path that begins with the name of the root."""
        relative = Path(os.path.relpath(path, self.folder)).as_posix()
        joined = posixpath.join(self.shown, relative)
        return posixpath.normpath(joined) if relative.startswith("../") else joined

    def load(self, path: Path, limit: int = MAX_BYTES) -> bytes:
        """The content of a file, or what replaces it. Raises OSError, and SyntaxFault if it is too large."""
        data = self.data.get(path.resolve())
        if data is None:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        if len(data) > limit:
            raise SyntaxFault(say("larger than {limit} MiB", limit=limit >> 20))
        return data

    # -- for functions -------------------------------------------------------------------------------

    def _path(self, path: str) -> Path:
        if path.startswith("~") or "\0" in path or len(path) > 4096:
            raise NotSupportedError(say("vcolint does not follow this path"))
        try:
            resolved = (self.folder / path).resolve()
        except (OSError, RuntimeError):
            raise NotSupportedError(say("a path that cannot be followed")) from None
        if not self.inside(resolved):
            raise NotSupportedError(say("reads a file outside the folder"))
        return resolved

    def _text(self, path: str) -> Text:
        resolved = self._path(path)
        if not resolved.is_file():
            raise EvaluationError(say("this file does not exist"))
        try:
            text = self.load(resolved).decode()  # Terraform keeps a byte order mark, too
        except (OSError, SyntaxFault, UnicodeDecodeError):
            raise NotSupportedError(say("a file that cannot be read")) from None
        self.read.add(resolved)
        source = Source(self.shown_name(resolved), text.removeprefix("\ufeff"))
        self.texts[source.file] = source.text
        return written(text, Place(source, 0, len(source.text)))  # type: ignore[no-any-return]

    def absolute(self, path: str) -> str:
        return os.path.normpath(self.folder / path)

    def _names(self, folder: str, pattern: str) -> SetValue:
        base = self._path(folder)
        is_simple = re.fullmatch(r"(?:[^][{},\\]|\{[^][{}\\]*\})*", pattern)
        if not is_simple or ".." in pattern or len(pattern) > 300 or pattern.count("*") > 6:
            raise NotSupportedError(say("vcolint does not follow this pattern"))
        tokens = re.findall(r"\*\*/|\*\*|.", pattern, re.DOTALL)
        wanted = re.compile("".join(_WILDCARDS.get(one) or re.escape(one) for one in tokens), re.DOTALL)
        found = []
        for here, _, files in os.walk(base):
            self.work.spend(_FILE_COST * len(files))
            for path in (Path(here, name) for name in files):
                relative = path.relative_to(base).as_posix()
                if wanted.fullmatch(relative):
                    if path.is_symlink() and not self.inside(path.resolve()):
                        raise NotSupportedError(say("reads a file outside the folder"))
                    found.append(relative)
        return SetValue(sorted(found))

    def _template(self, path: str, variables: dict[str, HclValue]) -> HclValue:
        self.work.spend(_FILE_COST)  # templates may hold templates
        text = self.text(path)
        if path not in self._templates:
            try:
                self._templates[path] = parse_template(text.removeprefix("\ufeff"), text.written)
            except SyntaxFault:
                raise NotSupportedError(say("a template that cannot be read")) from None
        return origin(self._templates[path].evaluate(Scope(self, variables)))[0]


# -- the configuration in a folder -----------------------------------------------------------------

# What the caller says about the resource types that it knows: for each, the attributes that hold the ID of
# the resource itself. The Terraform language knows no types.
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
        return sorted(blocks, key=lambda block: (position[block.place.file.file], block.place.start))


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
                _declare(configuration, one, is_override)
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
        configuration.problems += body.problems
        configuration.remarks += body.remarks
        return body
    location = source.location(min(start, len(source.text)), min(end, len(source.text)))
    configuration.problems.append(Problem("syntax", message, location))
    return None


def _declare(configuration: Configuration, block: Block, is_override: bool) -> None:
    """Add a block. One in an override file replaces what it sets, and keeps the rest."""
    kind, labels = block.type, block.labels
    if kind == "moved":
        old, new = (_address(block.body, name) for name in ("from", "to"))
        if old is not None and new is not None:
            configuration.moves.append((old, new))
    elif LABELS.get(kind) != len(labels) and not configuration.schema.keys().isdisjoint(labels):
        message = say("a resource block needs two labels: its type and its name")
        configuration.problems.append(Problem("schema", message, block.place.location))
    if LABELS.get(kind) != len(labels):
        return
    alias = (block.body.text("alias") or "",) if kind == "provider" else ()
    table, key = configuration.blocks[kind], (*labels, *alias)
    first = table.setdefault(key, block)
    if is_override and first is not block:
        body = Body()
        body.attributes = {**first.body.attributes, **block.body.attributes}
        given = {inner.type for inner in block.body.blocks}
        body.blocks = [inner for inner in first.body.blocks if inner.type not in given] + block.body.blocks
        table[key] = first._replace(body=body)
    elif first is not block and kind != "provider":
        name = ".".join(("data", *labels) if kind == "data" else labels)
        configuration.problems.append(twice(name, block.place, first.place))
        if kind in ("variable", "output", "local"):
            _obscure(first.body, TWICE)


def _address(body: Body, name: str) -> str | None:
    """An address as an argument: bare in HCL, a text in JSON."""
    given = body.attributes.get(name)
    if given is None or body.text(name) is not None or not isinstance(given.place.file, Source):
        return body.text(name)
    return given.place.file.text[given.place.start : given.place.end]


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
