"""A project: a folder with its config, checked as `vcolint check` in it would."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from vcolint.config.load import NAMES, find_config, load_config
from vcolint.config.settle import Settings, default_config, settle
from vcolint.errors import VcolintError
from vcolint.library import read_paths, route_sets, run_over
from vcolint.locale import chosen, tr, use
from vcolint.model.reading import Inputs
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.read.kept import Kept
from vcolint.report.finding import Report
from vcolint.report.routing import Paths
from vcolint.server.texts import Document
from vcolint.text.value import Location

# Characters of an open document. A larger one is not read at every keystroke, which would take seconds.
LARGEST = 8 << 20

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<what>.*)", re.DOTALL)


class Fault(NamedTuple):
    """Why the config cannot be used. The last good one stays in effect."""

    location: Location
    message: str


class Snapshot:
    """What one check of a project read and found. Files are named as seen from the project's folder."""

    def __init__(
        self, folder: str, opened: Mapping[str, Document], settings: Settings, inputs: Inputs, report: Report
    ) -> None:
        self.folder = folder
        self.opened = opened  # the documents that were open, by real path
        self.settings = settings
        self.inputs = inputs
        self.report = report
        self.fault: Fault | None = None

    def path(self, shown: str) -> str:
        """The real path of a file."""
        return os.path.realpath(os.path.join(self.folder, shown))

    def text(self, shown: str) -> str:
        """The text of a file as it was checked; "" if it cannot be read any more."""
        text = self.report.text_of(shown)
        document = self.opened.get(self.path(shown))
        if text is None and document is not None:
            text = document.text
        if text is None:
            try:
                with open(self.path(shown), encoding="utf-8-sig", errors="replace", newline="") as stream:
                    text = stream.read()
            except OSError:
                text = ""
        return text

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
        self.kept = Kept()
        self._known: _Known | None = None
        self._good: Settings | None = None

    def check(self, opened: Mapping[str, Document]) -> Snapshot:
        """Check everything. `opened` holds the open documents by real path.

        Raises StoppedError, and OSError if the folder is gone.
        """
        os.chdir(self.folder)
        # What is wrong with a config is told in the language of the last good one.
        use(chosen(None, self._good.config.language if self._good is not None else "auto"))
        try:
            settings = self._settings(opened)
            snapshot = self._run(opened, settings)
            self._good = settings
        except VcolintError as error:
            try:
                snapshot = self._run(opened, self._good or settle(default_config()))
            except VcolintError:  # such as a live snapshot that is gone
                settings = settle(default_config())
                snapshot = Snapshot(self.folder, opened, settings, Inputs([], [], []), Report([], []))
            snapshot.fault = self._fault(error)
        return snapshot

    def _run(self, opened: Mapping[str, Document], settings: Settings) -> Snapshot:
        use(chosen(None, settings.config.language))
        whole = False
        try:
            # A document that merely was opened may be anything: only what is meant is read.
            inputs = read_paths(
                settings.config,
                self.names,
                force_exclude=self.names is not None,
                overlay={
                    path: document.text if document.size <= LARGEST else ""
                    for path, document in opened.items()
                },
                kept=self.kept,
            )
            whole = True
        finally:
            self.kept.turn(whole=whole)
        return Snapshot(self.folder, opened, settings, inputs, run_over(inputs, settings))

    def _settings(self, opened: Mapping[str, Document]) -> Settings:
        """The settings, read anew where the config or a rule page has changed. Raises VcolintError."""
        file = find_config(os.curdir)
        document = None if file is None else opened.get(os.path.realpath(file))
        text = None if document is None else document.text
        state = (file, text, None if file is None else _state(file))
        known = self._known
        if known is None or known.state != state or known.pages != _pages(known.settings.config):
            config = default_config() if file is None else load_config(file, text)
            self._known = known = _Known(state, _pages(config), settle(config))
        return known.settings

    def _fault(self, error: VcolintError) -> Fault:
        """An error at the place that its message begins with, else at the head of the config."""
        told = tr(error.message)
        found = _PLACE.match(told)
        if found is not None:
            line, column = int(found["line"]), int(found["column"] or 1)
            return Fault(Location(found["file"], line, column, line, column), found["what"])
        try:
            file = find_config(os.curdir)
        except VcolintError:
            file = None
        return Fault(Location(file or NAMES[0], 1, 1, 1, 1), told)


class _Known(NamedTuple):
    """Settings, and the state of the files that they were read from."""

    state: object
    pages: object
    settings: Settings


def _pages(config: Config) -> list[object]:
    """The state of the user's rule pages on the disk."""
    folders = [os.path.join(config.folder, folder) for folder in config.rules]
    return [(file, _state(file)) for folder in folders for file in _listed(folder)]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".md"))
    except OSError:
        return []


def _state(file: str) -> object:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
