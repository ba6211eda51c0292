"""Reads the input of a run: recognises the kind of each file and calls its reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from vcolint.errors import VcolintError
from vcolint.locale import message_of, say
from vcolint.model.reading import Inputs, Reading
from vcolint.read import recognise
from vcolint.read.finding import Finder, from_here, printable
from vcolint.read.request import STDIN, Environment, Request, overlaid
from vcolint.read.roots import Modules
from vcolint.text.opening import UTF16, CannotReadError, decoded, load
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.value import Location
from vcolint.text.walk import Found, as_shown
from vcolint.text.wording import meant_or_known, quoted

if TYPE_CHECKING:
    from types import ModuleType


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
                readings = [_unread(one.shown, one.fault)]
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
        reading = self._kept(key, make, _terraform_files)
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
            workspace=environment.workspace if environment else self.request.workspace,
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

    def _kept(
        self,
        key: Hashable,
        make: Callable[[], Reading | None],
        rests_on: Callable[[Reading | None], Iterable[str]],
    ) -> Reading | None:
        """The reading for a key: that of an earlier run, if its files have not changed."""
        kept = self.request.kept
        return make() if kept is None else kept.reading(key, self.finder.overlay, make, rests_on)

    def _file(self, one: Found) -> Reading | None:
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

        return self._kept((one.path, one.shown, one.named), make, lambda _: [overlaid(one.path)])

    def _read(self, one: Found, format: str | None, kind: str | None) -> Reading | None:
        """The reading of a file as the given kind, or as the recognised one; None if it is skipped."""
        wanted = one.named or kind is not None
        # A folder may hold any file: it counts only if it contains a recognition word.
        any_file = kind is None and (self.request.force_exclude or not one.named)
        try:
            data = load(one.path, self.finder.overlay)
        except CannotReadError as error:
            is_meant = wanted or recognise.may_hold_word(one.path)
            return _unread(one.shown, message_of(error), kind) if is_meant else None
        source, fault = decoded(one.shown, data)
        meant = not any_file or recognise.holds_word(source.text)
        if not wanted and not meant:
            return None
        reading = None
        if fault is not None and not data.startswith(UTF16):
            reading = _faulty(kind or "route-set", source, fault)
        elif not source.text or source.text.isspace():
            reading = _unread(one.shown, say("the file is empty"), kind, source.text)
        else:
            kinds = tuple(recognise.KINDS) if wanted else recognise.SOURCES
            reading = self._text(source, format, kind, fault, kinds)
        if reading is None and not any_file:
            message = say("vcolint does not recognise this file; pass --as to say what kind it is")
            return _unread(source.file, message, None, source.text)
        is_broken = reading and not reading.records and any(one.kind == "syntax" for one in reading.problems)
        # Without a telling name, a text with a recognition word may be prose.
        is_meant = not any_file or (meant and format is not None)
        return reading if is_meant or not is_broken else None

    def _text(
        self,
        source: Source,
        format: str | None,
        kind: str | None,
        fault: SyntaxFault | None,
        kinds: Collection[str],
    ) -> Reading | None:
        """The reading of a text as the given kind, or as the recognised one; None if that is not one of
        `kinds`. A text with a `fault` cannot be a source."""
        text = source.text
        by_name = format is not None
        format = format or recognise.format_by_text(text)
        if format == "json" and recognise.is_lines(text):
            format = "jsonl"
        given, kind = kind, kind or recognise.kind_of(source, format)
        if kind not in kinds or kind is None:
            return None
        if fault is not None and kind in recognise.SOURCES:
            return _faulty(kind, source, fault)
        if given is None and kind == "route-set" and format != "csv":
            # The kind is a guess: another program's mapping and prose are not route sets.
            from vcolint.read.route_set import holds_entry

            documents = source.documents
            is_one = by_name or recognise.holds_word(text) if documents is None else holds_entry(documents)
            if not is_one:
                return None
            del documents  # it takes most of the memory of a run, so only the reader keeps it
        return _guarded(kind, source, lambda: self._as_kind(kind, source, format))

    def _as_kind(self, kind: str, source: Source, format: str) -> Reading:
        if kind == "terraform":
            return self._lone_module(source)
        formats, name, _ = recognise.KINDS[kind]
        module: ModuleType = import_module(f"vcolint.read.{name}")
        reading: Reading
        if kind == "route-set":
            reading = module.read(source, format if format in formats else "yaml")
        elif kind in ("ros", "pulumi"):
            reading = module.read(source, format in ("json", "jsonl"))
        else:
            reading = module.read(source)
        return reading

    # -- live -----------------------------------------------------------------------------------------

    def _live(self) -> Iterator[Reading]:
        """The live snapshots. Raises VcolintError for one that does not exist or is a folder."""
        seen = set()
        for given in self.request.live:
            in_base = os.path.join(self.request.base, given)
            paths = [path for path in (given, in_base) if os.path.exists(path)][:1]
            if not paths and any(character in given for character in "*?["):
                from glob import glob

                paths = sorted(glob(in_base, recursive=True))
            elif not paths:
                raise VcolintError(say("{given}: this live snapshot does not exist", given=printable(given)))
            for path in paths:
                if os.path.isdir(path):
                    message = say(
                        "{given} is a folder: a live snapshot must be a file", given=printable(given)
                    )
                    raise VcolintError(message)
                real = os.path.realpath(path)
                if real not in seen:
                    seen.add(real)
                    shown = as_shown(given) if path == given else from_here(path)
                    reading = self._read(Found(path, shown, named=True), "json", "live")
                    assert reading is not None  # a named file is never skipped
                    yield reading


# -- readings of what cannot be read ----------------------------------------------------------------------


def _guarded(kind: str, source: Source, reader: Callable[[], Reading]) -> Reading:
    """The result of a reader; if it cannot read the text, a reading that says why."""
    try:
        return reader()
    except SyntaxFault as fault:
        return _faulty(kind, source, fault)
    except RecursionError:
        return _faulty(kind, source, SyntaxFault(say("nested too deeply")))
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "vcolint":
            raise
        message = say("to read it, install the package {name}", name=error.name)
        return _faulty(kind, source, SyntaxFault(message))
    except Exception as error:
        # A bug in a reader must not keep the other files from being checked.
        if os.environ.get("VCOLINT_DEBUG"):
            raise
        what = say("vcolint failed to read it: {name}: {error}", name=type(error).__name__, error=error)
        return _faulty(kind, source, SyntaxFault(what))


def _faulty(kind: str, source: Source, fault: SyntaxFault) -> Reading:
    """The reading of a file that is not what it should be."""
    reading = Reading(kind, [source.file])
    reading.texts[source.file] = source.text
    length = len(source.text)
    place = source.location(min(fault.start, length), min(fault.end, length))
    reading.problems.append(Problem("syntax", fault.message, place))
    return reading


def _unread(shown: str, message: str, kind: str | None = None, text: str = "") -> Reading:
    """The reading of a file that was not read as any kind."""
    reading = Reading(kind or "route-set", [])
    reading.texts[shown] = text
    reading.problems.append(Problem("syntax", message, Location(shown, 1, 1, 1, 1)))
    return reading


def _terraform_files(reading: Reading | None) -> set[str]:
    """The real paths of the files that a root module was read from, and of their folders."""
    files = (
        {os.path.realpath(file) for file in reading.files} | reading.used if reading is not None else set()
    )
    return files | {os.path.dirname(file) for file in files}
