"""Reads the input of a run: recognises the kind of each file and calls its reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from typing import Any

from vcolint.errors import VcolintError
from vcolint.locale import message_of, say
from vcolint.model.reading import Inputs, Reading
from vcolint.model.settings import Environment
from vcolint.read import recognise
from vcolint.read.finding import STDIN, Finder, Kept, Request, from_here, printable
from vcolint.read.roots import Modules
from vcolint.text.opening import UTF16, CannotReadError, decoded, load
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.walk import Found, as_shown
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
        self.kept = request.kept or Kept()
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
                fault = SyntaxFault(one.fault)
                readings = [_faulty(None, Source(one.shown, ""), fault, is_read=False)]
            elif one.boundary is not None:
                readings = list(terraform.get(real, ()))
            else:
                readings = [self._file(real, one)] if real not in used else []
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
        path, shown, boundary = folder.path, folder.shown, folder.boundary or folder.path

        def make() -> Reading:
            source = Source(shown or ".", "")
            reading = _guarded("terraform", source, lambda: self._module(path, shown, boundary, environment))
            reading.environment = environment and environment.name
            return reading

        key = path, shown, repr(environment), self.request.workspace, *self._var_files(path)
        reading = self.kept.reading(key, self.finder.overlay, make, _terraform_files)
        assert reading is not None  # because `make` always returns a reading
        return reading

    def _module(
        self, folder: str, shown: str, boundary: str, environment: Environment | None = None
    ) -> Reading:
        """The reading of a root module."""
        from pathlib import Path

        from vcolint.read import terraform

        files = [*self._var_files(folder), *(environment.var_files if environment else ())]
        return terraform.read(
            Path(folder),
            shown,
            boundary=Path(boundary),
            # If a file is given twice, its last position counts.
            var_files=[Path(name) for name in reversed(dict.fromkeys(reversed(files)))],
            workspace=(environment and environment.workspace) or self.request.workspace,
            data={Path(path): content for path, content in self.finder.overlay.items()},
        )

    def _var_files(self, folder: str) -> list[str]:
        """The variable files of a root in all environments. A file inside a root is for this root only (for
        the nearest one); the others are for all roots."""

        def owner(name: str) -> str | None:
            real = os.path.realpath(name)
            around = [root for root in self.roots if real.startswith(root.rstrip(os.sep) + os.sep)]
            return max(around, key=len, default=None)

        return [name for name in self.request.var_files if owner(name) in (None, os.path.realpath(folder))]

    def _lone_module(self, source: Source) -> Reading:
        """The reading of a single text as a root module."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            name = os.path.basename(source.file)
            if not name.endswith((".tf", ".tf.json")):
                name = "main.tf.json" if source.text.lstrip()[:1] == "{" else "main.tf"
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as stream:
                stream.write(source.text)
            shown = STDIN if source.file == STDIN else os.path.dirname(source.file)
            return self._module(folder, shown, folder)

    # -- files ----------------------------------------------------------------------------------------

    def _file(self, real: str, one: Found) -> Reading | None:
        """The reading of a file; None if it is skipped."""
        format = recognise.format_by_name(one.path)
        kind = self.request.as_kind
        if kind is not None and not one.named and format not in recognise.KINDS[kind].formats:
            kind = None

        def make() -> Reading | None:
            reading = self._read(one, format, kind)
            if reading is not None and reading.kind == "live":
                from vcolint.read.live import report_missing

                report_missing([reading])
            return reading

        key = one.path, one.shown, one.named
        return self.kept.reading(key, self.finder.overlay, make, lambda _: [real])

    def _read(self, one: Found, format: str | None, kind: str | None) -> Reading | None:
        """The reading of a file as the given kind, or as the recognised one; None if it is skipped."""
        # A file that is not ours for sure may be another program's: it needs a recognition word.
        is_ours = kind is not None or (one.named and not self.request.force_exclude)
        try:
            data = load(one.path, self.finder.overlay)
        except CannotReadError as error:
            head = error.head.decode("utf-8", "replace")
            if head and not is_ours and not recognise.holds_word(head):
                return None
            return _faulty(kind, Source(one.shown, ""), SyntaxFault(message_of(error)), is_read=False)
        source, fault = decoded(one.shown, data)
        has_word = is_ours or recognise.holds_word(source.text)
        if not has_word and not one.named:
            return None
        if fault is not None and not data.startswith(UTF16):
            reading = _faulty(kind, source, fault)
        elif not source.text or source.text.isspace():
            reading = _faulty(kind, source, SyntaxFault(say("the file is empty")), is_read=False)
        elif (found := self._text(source, format, kind, fault, one.named)) is not None:
            reading = found
        elif is_ours:
            message = say("vcolint does not recognise this file; pass --as to say what kind it is")
            return _faulty(kind, source, SyntaxFault(message), is_read=False)
        else:
            return None
        is_broken = not reading.records and any(problem.kind == "syntax" for problem in reading.problems)
        # Without a telling name, a text with a recognition word may be prose.
        return reading if not is_broken or is_ours or (has_word and format is not None) else None

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
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "vcolint":
            raise
        fault = SyntaxFault(say("to read it, install the package {name}", name=error.name))
    except Exception as error:
        # A bug in a reader must not keep the other files from being checked.
        if os.environ.get("VCOLINT_DEBUG"):
            raise
        what = say("vcolint failed to read it: {name}: {error}", name=type(error).__name__, error=error)
        fault = SyntaxFault(what)
    return _faulty(kind, source, fault)


def _faulty(kind: str | None, source: Source, fault: SyntaxFault, *, is_read: bool = True) -> Reading:
    """The reading of a file that is not what it should be. `is_read`: the file counts as read."""
    reading = Reading(kind or "route-set", [source.file] if is_read else [])
    reading.texts[source.file] = source.text
    length = len(source.text)
    place = source.location(min(fault.start, length), min(fault.end, length))
    reading.problems.append(Problem("syntax", fault.message, place))
    return reading


def _terraform_files(reading: Reading | None) -> set[str]:
    """The real paths of the files that a root module was read from, and of their folders."""
    files = (
        {os.path.realpath(file) for file in reading.files} | reading.used if reading is not None else set()
    )
    return files | {os.path.dirname(file) for file in files}
