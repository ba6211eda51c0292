"""A project: a folder with its config, checked as `vcolint check` in it would.

vcolint counts lines and columns from 1, in characters. The protocol counts from 0, in units of UTF-8, UTF-16
or UTF-32, as client and server have agreed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from vcolint.config.load import Settings, default_config, find_config, load_config, settle
from vcolint.errors import VcolintError
from vcolint.library import read_paths, route_sets, run_over
from vcolint.locale import chosen, tr, use
from vcolint.model.reading import Inputs
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import CONFIG_NAMES, Config
from vcolint.read.finding import Kept
from vcolint.report.finding import Report
from vcolint.report.routing import Paths
from vcolint.text.source import Problem, Source
from vcolint.text.value import Location

# Characters of an open document. A larger one is not read at every keystroke, which would take seconds.
LARGEST = 8 << 20

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<what>.*)", re.DOTALL)

# The codecs of the units, and the bytes of a unit.
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def path_of(uri: str) -> str | None:
    """The real path that a URI names; None if it names no file."""
    path = to_fs_path(uri)
    return os.path.realpath(path) if path and "\0" not in path else None


def uri_of(path: str) -> str:
    """The URI of an absolute path."""
    return from_fs_path(path) or ""


class Document(NamedTuple):
    """An open document: its text replaces that of the file."""

    uri: str  # as the client spells it
    version: int
    text: str


class Snapshot:
    """What one check of a project read and found, with the places for the client. File names are relative to
    the project's folder."""

    def __init__(self, project: Project, settings: Settings, inputs: Inputs, report: Report) -> None:
        self.folder = project.folder
        self.opened = project.opened  # the documents that were open, by real path
        self.encoding = project.encoding
        self.settings = settings
        self.inputs = inputs
        self.report = report
        self.fault: Problem | None = None  # why the config cannot be used; the last good one stays in effect
        self._lines: dict[str, Source] = {}

    def path(self, shown: str) -> str:
        """The real path of a file."""
        return os.path.realpath(os.path.join(self.folder, shown))

    def lines(self, shown: str) -> Source:
        """The text of a file as it was checked; if it was not read, as the editor has it, else empty."""
        if shown not in self._lines:
            text, document = self.report.text_of(shown), self.opened.get(self.path(shown))
            if text is None:
                text = "" if document is None else document.text
            self._lines[shown] = Source(shown, text)
        return self._lines[shown]

    def place(self, path: str, position: lsp.Position) -> tuple[int, int]:
        """The line and the column of a client's position in a file."""
        line, column = self.lines(path).line(position.line + 1), position.character
        if not line.isascii():
            codec, width = _UNITS[self.encoding]
            column = len(line[:column].encode(codec)[: column * width].decode(codec, "ignore"))
        return position.line + 1, column + 1

    def range(self, place: Location) -> lsp.Range:
        """The client's range of a place in its file."""
        lines, (codec, width) = self.lines(place.file), _UNITS[self.encoding]

        def position(line: int, column: int) -> lsp.Position:
            start = lines.starts[line - 1] if line <= len(lines) else len(lines.text)
            before = lines.text[start : start + column - 1]
            more = 0 if before.isascii() else len(before.encode(codec)) // width - len(before)
            return lsp.Position(line - 1, column - 1 + more)

        return lsp.Range(position(place.line, place.column), position(place.end_line, place.end_column))

    def location(self, place: Location) -> lsp.Location:
        """The client's name of a place, with its file."""
        path = self.path(place.file)
        uri = self.opened[path].uri if path in self.opened else uri_of(path)
        return lsp.Location(uri, self.range(place))

    @cached_property
    def sets(self) -> list[RouteSet]:
        """The entries that are checked together."""
        return route_sets(self.inputs, self.settings)

    @cached_property
    def paths(self) -> Paths:
        """The forwarding tables."""
        return Paths(self.sets)


class Project:
    """Checks a folder over and over.

    A check changes the working directory to the folder, so that files and domains have the same names as on
    the command line. So one thread runs all checks of all projects.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.names: list[str] | None = None  # what is checked; None: what the config says
        self.kept: Kept = {}  # of the last check
        self.opened: Mapping[str, Document] = {}
        self.encoding = ""
        self._good: Settings | None = None  # the settings of the last check without a fault

    def check(self, opened: Mapping[str, Document], encoding: str = "utf-16") -> Snapshot:
        """Check everything. `opened` holds the open documents by real path; `encoding` is the unit of the
        client's positions.

        Raises OSError if the folder is gone.
        """
        self.opened, self.encoding = opened, encoding
        os.chdir(self.folder)
        # Errors in a config are reported in the language of the last valid config.
        use(chosen(None, self._good.config.language if self._good is not None else "auto"))
        try:
            settings = settle(self._config())
            snapshot = self._run(settings)
            self._good = settings
        except VcolintError as error:
            defaults = settle(default_config())
            try:
                snapshot = self._run(self._good or defaults)
            except VcolintError:  # such as a live snapshot that is gone
                snapshot = Snapshot(self, defaults, Inputs([], [], []), Report([], []))
            snapshot.fault = self._fault(error)
        return snapshot

    def _run(self, settings: Settings) -> Snapshot:
        use(chosen(None, settings.config.language))
        # An open document may be anything: only files that belong to the project are read.
        inputs = read_paths(
            settings.config,
            self.names,
            force_exclude=self.names is not None,
            overlay={
                path: document.text if len(document.text) <= LARGEST else ""
                for path, document in self.opened.items()
            },
            kept=self.kept,
        )
        return Snapshot(self, settings, inputs, run_over(inputs, settings))

    def _config(self) -> Config:
        """The config as it is in the editor or on the disk. Raises ConfigError."""
        file = find_config(os.curdir)
        if file is None:
            return default_config()
        document = self.opened.get(os.path.realpath(file))
        return load_config(file, None if document is None else document.text)

    def _fault(self, error: VcolintError) -> Problem:
        """The error as a problem. Its place is the one its message begins with, else the config's top."""
        told = tr(error.message)
        found = _PLACE.match(told)
        if found is None:
            return Problem("config", told, Location(find_config(os.curdir) or CONFIG_NAMES[0], 1, 1, 1, 1))
        line, column = int(found["line"]), int(found["column"] or 1)
        return Problem("config", found["what"], Location(found["file"], line, column, line, column))
