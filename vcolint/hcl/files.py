"""The files that a root module may read, those that it has read, and the functions that read them."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from vcolint.hcl import functions, texts
from vcolint.hcl.expressions import Expression, Scope, Surroundings, Work
from vcolint.hcl.functions import Function
from vcolint.hcl.syntax import parse_template
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
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Place

MAX_BYTES = 16 << 20
MAX_CONFIGURATION = 4 << 20  # bytes of HCL: the parser needs seconds for a MiB of hostile text
_FILE_COST = 100  # steps, for a file that `fileset` visits


class Files(Surroundings):
    """The files that one root module may read: those inside `boundary`, after following links.

    An expression in a template file or a variable file sees nothing else.
    """

    def __init__(
        self, folder: Path, shown: str, boundary: Path, work: Work, data: Mapping[Path, bytes]
    ) -> None:
        super().__init__(work)
        self.folder = folder
        self.boundary = boundary
        self.shown = shown
        self.data = data  # contents that the caller has read, by resolved path
        self.read: set[Path] = set()  # resolved paths of the data files that were read
        self.texts: dict[str, str] = {}  # of these files, by shown name
        self.functions = {
            **texts.FUNCTIONS,
            **functions.FUNCTIONS,
            "abspath": Function(self.absolute, (to_text,)),
            "file": Function(self.text, (to_text,)),
            "fileexists": Function(lambda path: self._path(path).is_file(), (to_text,)),
            "fileset": Function(self._names, (to_text, to_text)),
            "templatefile": Function(self._template, (to_text, mapping)),
        }
        self._texts: dict[str, Text] = {}
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

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        """The result of a function. Raises EvaluationError and NotSupportedError."""
        return functions.call(name, self.functions.get(name), arguments, self.work)

    def text(self, path: str) -> Text:
        if path not in self._texts:
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
            self._texts[path] = written(text, Place(source, 0, len(source.text)))
        return self._texts[path]

    def absolute(self, path: str) -> str:
        return os.path.normpath(self.folder / path)

    def _names(self, folder: str, pattern: str) -> SetValue:
        base = self._path(folder)
        if re.search(r"[][{}\\]|\.\.", pattern) or len(pattern) > 300 or pattern.count("*") > 6:
            raise NotSupportedError(say("vcolint does not follow this pattern"))
        wanted = re.compile(_glob(pattern), re.DOTALL)
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
        text = self.text(path)
        if path not in self._templates:
            try:
                self._templates[path] = parse_template(text.removeprefix("\ufeff"), text.written)
            except SyntaxFault:
                raise NotSupportedError(say("a template that cannot be read")) from None
        return origin(self._templates[path].evaluate(Scope(self, variables)))[0]


_WILDCARDS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _glob(pattern: str) -> str:
    """A pattern of `fileset` as a regular expression."""
    tokens = re.findall(r"\*\*/|\*\*|.", pattern, re.DOTALL)
    return "".join(_WILDCARDS.get(token) or re.escape(token) for token in tokens)
