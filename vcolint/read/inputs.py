"""Reads the input of a run: recognises the kind of each file and calls its reader.

A run imports `roots` only if there are Terraform files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Iterator
from importlib import import_module
from typing import Any

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.model.reading import Inputs, Reading
from vcolint.model.settings import Environment
from vcolint.read import recognise
from vcolint.read.finding import STDIN, Finder, Request, Stamp, from_here, printable
from vcolint.text.opening import UTF16, decoded, load
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.walk import Found, as_shown, is_below
from vcolint.text.wording import meant_or_known, quoted


def read(request: Request) -> Inputs:
    """Read all that the request names.

    Raises VcolintError for a named path or live file that does not exist, and for an unknown kind.
    """
    kind = request.as_kind
    if kind is not None and kind not in recognise.KINDS:
        meant = meant_or_known(kind, recognise.KINDS)
        raise VcolintError(say("unknown kind {kind}{meant}", kind=quoted(kind), meant=meant))
    return _Run(request).read()


class _Run:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.finder = Finder(request)
        self.roots: Collection[str] = ()  # real folders of the Terraform root modules

    def read(self) -> Inputs:
        for name in self.request.var_files:
            if not os.path.exists(name):
                raise VcolintError(say("{name}: this variable file does not exist", name=printable(name)))
        for path in self.request.paths:
            self.finder.add(path)
        terraform = self._terraform()
        used = frozenset[str]().union(*(one.used for readings in terraform.values() for one in readings))
        inputs = Inputs([], [], [])
        for real, one in self.finder.found.items():
            readings: list[Reading | None]
            if one.fault is not None:
                readings = [_faulty(None, Source(one.shown, ""), SyntaxFault(one.fault))]
            elif one.boundary is not None:
                readings = list(terraform.get(real, ()))
            else:
                readings = [self._file(one)] if real not in used else []
            for reading in filter(None, readings):
                is_source = reading.kind in recognise.SOURCES and reading.environment is None
                (inputs.sources if is_source else inputs.sets).append(reading)
        inputs.live.extend(self._live())
        if inputs.live:
            from vcolint.read.live import report_missing

            report_missing(inputs.live)
        if inputs.sources or inputs.sets:
            return inputs
        return inputs._replace(notice=self.finder.notice())

    # -- Terraform ------------------------------------------------------------------------------------

    def _terraform(self) -> dict[str, list[Reading]]:
        """The readings of the root modules, one for each environment, by real folder."""
        environments = self.finder.environments
        folders = {real: one for real, one in self.finder.found.items() if one.boundary is not None}
        if not folders:
            return {}
        from vcolint.read.roots import Modules

        modules = Modules(self.finder.overlay)
        wanted = [
            real
            for real, one in folders.items()
            if self.request.as_kind == "terraform"
            or real in environments
            or (one.named and not self.request.force_exclude)
            or modules.mention_route(real, one.boundary or real)
        ]
        # A folder that calls a module with routes has these routes itself, so it is read too.
        self.roots = modules.roots(wanted) | (environments.keys() & folders.keys())
        none: list[Environment | None] = [None]
        return {
            real: [self._root_module(one, environment) for environment in environments.get(real) or none]
            for real, one in folders.items()
            if real in self.roots
        }

    def _root_module(self, folder: Found, environment: Environment | None) -> Reading:
        def make() -> Reading:
            source = Source(folder.shown or ".", "")
            reading = _guarded("terraform", source, lambda: self._module(folder, environment))
            reading.environment = environment and environment.name
            return reading

        key = folder.shown, environment, self.request.workspace, *self._var_files(folder.path)
        reading = self._kept(folder.path, key, make)
        assert reading is not None  # because `make` always returns a reading
        return reading

    def _module(self, folder: Found, environment: Environment | None = None) -> Reading:
        """The reading of a root module."""
        from pathlib import Path

        from vcolint.read import terraform

        files = [*self._var_files(folder.path), *(environment.var_files if environment else ())]
        return terraform.read(
            Path(folder.path),
            folder.shown,
            boundary=Path(folder.boundary or folder.path),
            # If a file is given twice, its last position counts.
            var_files=[Path(name) for name in reversed(dict.fromkeys(reversed(files)))],
            workspace=(environment and environment.workspace) or self.request.workspace,
            data={Path(path): content for path, content in self.finder.overlay.items()},
        )

    def _var_files(self, folder: str) -> list[str]:
        """The variable files of a root in all environments. A file inside a root is for this root only (for
        the nearest one); the others are for all roots."""

        def owner(name: str) -> str | None:
            around = [root for root in self.roots if is_below(os.path.realpath(name), root)]
            return max(around, key=len, default=None)

        return [name for name in self.request.var_files if owner(name) in (None, folder)]

    def _lone_module(self, source: Source) -> Reading:
        """The reading of a single text as a root module."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            name = os.path.basename(source.file)
            if not name.endswith((".tf", ".tf.json")):
                name = "main.tf.json" if source.text.lstrip()[:1] == "{" else "main.tf"
            with open(os.path.join(folder, name), "wb") as stream:
                stream.write(source.text.encode())
            shown = STDIN if source.file == STDIN else os.path.dirname(source.file)
            return self._module(Found(folder, shown))

    # -- files ----------------------------------------------------------------------------------------

    def _file(self, one: Found) -> Reading | None:
        """The reading of a file; None if it is skipped."""
        format = recognise.format_by_name(one.path)
        kind = self.request.as_kind
        if kind is not None and not one.named and format not in recognise.KINDS[kind].formats:
            kind = None
        key = one.shown, one.named
        return self._kept(one.path, key, lambda: self._read(one, format, kind))

    def _read(self, one: Found, format: str | None, kind: str | None) -> Reading | None:
        """The reading of a file as the given kind, or as the recognised one; None if it is skipped. `format`
        is the one that its name says."""
        # A file that is not ours for sure may be another program's: it needs a recognition word.
        is_ours = kind is not None or (one.named and not self.request.force_exclude)
        try:
            data = load(one.path, self.finder.overlay)
        except SyntaxFault as error:
            return _faulty(kind, Source(one.shown, ""), error)
        source, fault = decoded(one.shown, data)
        has_word = is_ours or recognise.holds_word(source.text)
        if not has_word and not one.named:
            return None
        if fault is None and (not source.text or source.text.isspace()):
            fault = SyntaxFault(say("the file is empty"))
        reading: Reading | None
        if fault is not None and not data.startswith(UTF16):
            reading = _faulty(kind, source, fault)
        else:
            reading = self._text(source, format, kind, fault, one.named)
        if reading is None and is_ours:
            message = say("vcolint does not recognise this file; pass --as to say what kind it is")
            return _faulty(kind, source, SyntaxFault(message))
        if reading is None or is_ours or (has_word and format is not None):
            return reading
        # Without a telling name, a text with a recognition word may be prose.
        is_broken = not reading.records and any(problem.kind == "syntax" for problem in reading.problems)
        return None if is_broken else reading

    def _text(
        self, source: Source, by_name: str | None, kind: str | None, fault: SyntaxFault | None, named: bool
    ) -> Reading | None:
        """The reading of a text as the given kind, or as the recognised one; None if it is of no kind that is
        read here. `by_name` is the format that its name says. A text with a `fault` cannot be a source."""
        format = by_name or recognise.format_by_text(source.text)
        if format == "json" and recognise.is_lines(source.text):
            format = "jsonl"
        found = kind or recognise.kind_of(source, format, by_name is not None)
        if found is None or not (kind or named or recognise.KINDS[found].is_source):
            return None
        if fault is not None and recognise.KINDS[found].is_source:
            return _faulty(found, source, fault)
        return _guarded(found, source, lambda: self._as_kind(found, source, format))

    def _as_kind(self, kind: str, source: Source, format: str) -> Reading:
        if kind == "terraform":
            return self._lone_module(source)
        module: Any = import_module(f"vcolint.read.{recognise.KINDS[kind].module}")
        reading: Reading
        if kind == "route-set":
            reading = module.read(source, format)
        elif kind in ("ros", "pulumi"):
            reading = module.read(source, format in ("json", "jsonl"))
        else:
            reading = module.read(source)
        return reading

    def _kept(self, path: str, key: Hashable, make: Callable[[], Reading | None]) -> Reading | None:
        """The reading of a file or a folder: that of an earlier run, if the files that it depends on and
        their folders have not changed since. `key` says what else it depends on."""
        kept = self.request.kept
        if kept is None:
            return make()
        reading, stamps = kept.get((path, key), (None, {}))
        if not stamps or any(self._stamp(one) != was for one, was in stamps.items()):
            reading = make()
            files = {path} if reading is None else {path, *reading.files, *reading.used}
            real = {os.path.realpath(one) for one in files}
            real |= {os.path.dirname(one) for one in real}  # which get new files
            kept[path, key] = reading, {one: self._stamp(one) for one in real}
        return reading

    def _stamp(self, path: str) -> Stamp:
        if path in self.finder.overlay:
            return self.finder.overlay[path]
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    # -- live -----------------------------------------------------------------------------------------

    def _live(self) -> Iterator[Reading]:
        """The live snapshots. Raises VcolintError for one that does not exist or is a folder."""
        found: dict[str, str] = {}  # shown names by real path: a snapshot that is given twice is read once
        for given in self.request.live:
            from glob import escape, glob, has_magic

            below = os.path.join(escape(self.request.base), given)
            paths = [given] if os.path.exists(given) else sorted(glob(below, recursive=True))
            if any(map(os.path.isdir, paths)) or not (paths or has_magic(given)):
                raise VcolintError(say("{given}: this live snapshot does not exist", given=printable(given)))
            for path in paths:
                found.setdefault(os.path.realpath(path), as_shown(path) if path == given else from_here(path))
        for path, shown in found.items():
            reading = self._read(Found(path, shown, named=True), "json", "live")
            assert reading is not None  # a named file is never skipped
            yield reading


# -- readings of what cannot be read ----------------------------------------------------------------------


def _guarded(kind: str, source: Source, reader: Callable[[], Reading]) -> Reading:
    """The result of a reader; if it cannot read the text, a reading that says why."""
    try:
        return reader()
    except SyntaxFault as error:
        fault = error
    except RecursionError:
        fault = SyntaxFault(say("nested too deeply"))
    except Exception as error:
        # A bug in a reader, or a package that is missing, must not keep the other files from being checked.
        if os.environ.get("VCOLINT_DEBUG"):
            raise
        what = say("vcolint failed to read it: {name}: {error}", name=type(error).__name__, error=error)
        fault = SyntaxFault(what)
    return _faulty(kind, source, fault)


def _faulty(kind: str | None, source: Source, fault: SyntaxFault) -> Reading:
    """The reading of a file that is not what it should be. Of an unknown kind, it does not count as read."""
    reading = Reading(kind or "route-set", [source.file] if kind else [])
    reading.texts[source.file] = source.text
    length = len(source.text)
    place = source.location(min(fault.start, length), min(fault.end, length))
    reading.problems.append(Problem("syntax", fault.message, place))
    return reading
