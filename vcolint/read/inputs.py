"""What one run reads: finds the files, tells their kinds and has each read by its reader."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import message_of, say
from vcolint.model.reading import Inputs, Reading
from vcolint.read import recognise
from vcolint.read.recognise import has_shebang, may_hold_word
from vcolint.read.roots import Modules, module_files
from vcolint.text.globs import Globs
from vcolint.text.opening import MAX_BYTES, NO_OVERLAY, UTF16, CannotReadError, bounded, decoded, load, reason
from vcolint.text.repository import repository
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.value import Location
from vcolint.text.walk import Walker, as_shown, is_below, is_folder
from vcolint.text.wording import did_you_mean, listed, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from vcolint.read.kept import Kept

STDIN = "<stdin>"

_CONFIGS = ("vcolint.yaml", ".vcolint.yaml")


def standard_input() -> bytes:
    """What standard input gives, up to a bound."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


class Environment(NamedTuple):
    """The values with which a Terraform root is read."""

    name: str
    root: str  # a folder
    var_files: Sequence[str]  # after those of all roots
    workspace: str


class Request(NamedTuple):
    """What to read."""

    paths: Sequence[str]  # as the user gave them; "-" is standard input
    as_kind: str | None = None
    exclude: Sequence[str] = ()  # globs as in .gitignore, relative to `base`
    force_exclude: bool = False  # also for what is named
    base: str = "."  # the folder of the config, else the working directory
    var_files: Sequence[str] = ()
    workspace: str = "default"
    environments: Sequence[Environment] = ()  # a root that they name is read once for each, in their order
    live: Sequence[str] = ()  # files; what is not found from the working directory is looked for in `base`
    stdin: Callable[[], bytes] = standard_input
    stdin_filename: str | None = None
    overlay: Mapping[str, bytes] = NO_OVERLAY  # contents that stand for those of files, by `overlaid` name
    kept: Kept | None = None  # readings of earlier runs with the same settings


def overlaid(shown: str) -> str:
    """The name in an overlay of a file that is shown so."""
    return os.path.realpath(shown)


def read(request: Request) -> Inputs:
    """Read all that is asked for.

    Raises VcolintError for a named path or live file that is not there, and for an unknown kind.
    """
    kind = request.as_kind
    if kind is not None and kind not in recognise.KINDS:
        meant = did_you_mean(kind, recognise.KINDS) or say(
            "; use one of {KINDS}", KINDS=", ".join(recognise.KINDS)
        )
        raise VcolintError(say("unknown kind {kind}{meant}", kind=quoted(kind), meant=meant))
    return _Run(request).read()


class _File:
    """A file to be read, once it is known whether its kind is one for a walk."""

    __slots__ = ("data", "named", "path", "shown")

    def __init__(self, path: str, shown: str, *, named: bool, data: bytes | None = None) -> None:
        self.path = path
        self.shown = shown
        self.named = named
        self.data = data  # its content, where it comes from standard input


class _Folder:
    """A folder with Terraform's files."""

    __slots__ = ("boundary", "data", "named", "path", "shown")

    def __init__(self, path: str, shown: str, *, named: bool, boundary: str) -> None:
        self.path = path
        self.shown = shown
        self.named = named  # by one of its files
        self.boundary = boundary
        self.data: dict[Path, bytes] = {}


class _Fault(NamedTuple):
    """A path that cannot be read, and why."""

    shown: str
    message: str


class _Run:
    def __init__(self, request: Request) -> None:
        self.request = request
        base = os.path.realpath(request.base)
        self.excluded = Globs(request.exclude, base) if request.exclude else None
        self.walker = Walker(self.excluded)
        # By real path, in reading order: what is given twice is read once.
        self.inputs: dict[str, _File | _Folder | _Fault] = {}
        self.forced_out: list[str] = []  # named, and excluded all the same
        self.stdin: bytes | None = None
        self.roots: Collection[str] = ()  # real folders of the Terraform root modules
        self.environments: dict[str, list[Environment]] = {}  # by the root's real folder
        for one in request.environments:
            self.environments.setdefault(os.path.realpath(one.root), []).append(one)
        self.real: dict[str, str] = {}  # the real path of each folder in which a file was named

    def read(self) -> Inputs:
        for name in self.request.var_files:
            if not os.path.exists(name):
                raise VcolintError(say("{name}: this variable file does not exist", name=_printable(name)))
        for path in self.request.paths:
            self._collect(path)
        terraform = self._terraform()
        used = frozenset[str]().union(*(one.used for readings in terraform.values() for one in readings))
        inputs = Inputs([], [], [])
        for real, one in self.inputs.items():
            reading: Reading | None = None
            if isinstance(one, _Folder):
                for root in terraform.get(real, ()):
                    (inputs.sources if root.environment is None else inputs.sets).append(root)
            elif isinstance(one, _Fault):
                reading = _unread(one.shown, one.message)
            else:
                reading = self._file(one) if real not in used else None
            if reading is not None and reading.kind == "live":
                from vcolint.read import live

                inputs.sets.append(live.without_learned(reading))
            elif reading is not None:
                (inputs.sources if reading.kind in recognise.SOURCES else inputs.sets).append(reading)
        inputs.live.extend(self._live())
        if inputs.sources or inputs.sets:
            return inputs
        return inputs._replace(notice=self._notice())

    # -- what there is --------------------------------------------------------------------------------

    def _collect(self, given: str) -> None:
        if given == "-":
            self._add_stdin()
            return
        try:
            folder = is_folder(given)
        except (OSError, ValueError) as error:
            if not self.request.overlay or overlaid(given) not in self.request.overlay:
                raise VcolintError(
                    say("{given}: {error}", given=_printable(given), error=_why_not(error))
                ) from None
            folder = False  # a text that was never saved
        shown = as_shown(given)
        path = os.path.realpath(given) if folder else self._located(given)
        if self.request.force_exclude and self._is_excluded(path, folder):
            self.forced_out.append(shown)
        elif folder:
            self._add_folder(path, shown)
        else:
            self._add_file(path, shown, named=True)

    def _located(self, path: str) -> str:
        """The absolute path of a file, links in its folders resolved, but not itself."""
        folder, name = os.path.split(path)
        if folder not in self.real:
            self.real[folder] = os.path.realpath(folder or ".")
        return os.path.join(self.real[folder], name)

    def _is_excluded(self, path: str, folder: bool) -> bool:
        return self.excluded is not None and self.excluded.leave_out(path, is_folder=folder)

    def _add_folder(self, path: str, shown: str) -> None:
        boundary = _boundary(path)
        for found in self.walker.walk(path, shown):
            if found.fault is not None:
                self.inputs.setdefault(found.path, _Fault(found.shown, found.fault))
            else:
                self._add_found(found.path, found.shown, boundary, is_link=found.is_link)
        prefix = "" if shown == "." else shown.rstrip("/") + "/"
        for new in self.request.overlay:  # texts that were never saved
            if is_below(new, path) and not os.path.lexists(new) and not self._is_excluded(new, False):
                self._add_found(new, prefix + os.path.relpath(new, path).replace(os.sep, "/"), boundary)

    def _add_found(self, path: str, shown: str, boundary: str, *, is_link: bool = False) -> None:
        """Add a file of a walk, if by its name it may hold something."""
        name = os.path.basename(path)
        if name in _CONFIGS:
            return
        format = recognise.format_by_name(name)
        if format == "hcl":
            if name.lower().endswith((".tf", ".tf.json")):
                where = os.path.dirname(path), os.path.dirname(shown)
                self._add_terraform(*where, named=False, boundary=boundary)
        elif format is not None or has_shebang(path):
            real = os.path.realpath(path) if is_link else path
            self.inputs.setdefault(real, _File(path, shown, named=False))

    def _add_file(self, path: str, shown: str, *, named: bool, data: bytes | None = None) -> None:
        format = recognise.format_by_name(path)
        if format == "hcl" and self.request.as_kind in (None, "terraform"):
            where = os.path.dirname(path)
            is_code = path.lower().endswith((".tf", ".tf.json"))
            roots = {} if is_code else self._roots_with(path)
            if not roots and not is_code and not module_files(where):
                self._add_fault(path, _Fault(shown, say("there is no Terraform configuration next to it")))
            elif not roots:
                roots = {where: os.path.dirname(shown)}
            for root, shown_root in roots.items():
                folder = self._add_terraform(root, shown_root, named=named, boundary=_boundary(root))
                if data is not None:
                    from pathlib import Path

                    folder.data[Path(path).resolve()] = data
            return
        if os.path.basename(path) in _CONFIGS and self.request.as_kind is None:
            return
        real = os.path.realpath(path) if os.path.islink(path) else path
        one = self.inputs.setdefault(real, _File(path, shown, named=named, data=data))
        if isinstance(one, _File):
            one.named = True
            one.data = one.data if data is None else data

    def _add_fault(self, real: str, fault: _Fault) -> None:
        if not self.request.force_exclude:
            self.inputs.setdefault(real, fault)

    def _add_terraform(self, folder: str, shown: str, *, named: bool, boundary: str) -> _Folder:
        """Add a folder with Terraform's files, by its real path."""
        one = self.inputs.setdefault(folder, _Folder(folder, shown, named=named, boundary=boundary))
        if not isinstance(one, _Folder):  # it could not be listed, and yet a file in it was named
            one = self.inputs[folder] = _Folder(folder, shown, named=named, boundary=boundary)
        one.named = one.named or named
        return one

    def _roots_with(self, path: str) -> dict[str, str]:
        """The roots of the environments that take a variable file, and how they are shown."""
        real = os.path.realpath(path)
        return {
            root: "" if (shown := _from_here(root)) == "." else shown
            for root, environments in self.environments.items()
            if any(real == os.path.realpath(file) for one in environments for file in one.var_files)
        }

    def _add_stdin(self) -> None:
        name = self.request.stdin_filename
        if name is None:
            self.inputs.setdefault(STDIN, _File(STDIN, STDIN, named=True, data=self._read_stdin()))
            return
        path = self._located(name)
        if self.request.force_exclude and self._is_excluded(path, False):
            self.forced_out.append(as_shown(name))
        elif os.path.isfile(path):
            self._add_file(path, as_shown(name), named=True, data=self._read_stdin())
        else:
            self.inputs[path] = _File(path, as_shown(name), named=True, data=self._read_stdin())

    def _read_stdin(self) -> bytes:
        if self.stdin is None:
            self.stdin = self.request.stdin()
        return self.stdin

    # -- Terraform ------------------------------------------------------------------------------------

    def _terraform(self) -> dict[str, list[Reading]]:
        """The readings of the root modules, one for each environment, by real folder."""
        folders = {real: one for real, one in self.inputs.items() if isinstance(one, _Folder)}
        forced = self.request.as_kind == "terraform"
        modules = Modules(self.request.overlay)
        wanted = {
            real
            for real, one in folders.items()
            if forced
            or real in self.environments
            or (one.named and not self.request.force_exclude)
            or bool(one.data)
            or modules.mention_route(real, one.boundary)
        }
        # Whoever calls a module with routes has them himself, so is wanted too.
        roots = modules.roots([real for real in folders if real in wanted])
        self.roots = roots | (self.environments.keys() & folders.keys())
        return {
            real: [self._root_module(one, environment) for environment in self.environments.get(real, [None])]
            for real, one in folders.items()
            if real in self.roots
        }

    def _root_module(self, folder: _Folder, environment: Environment | None) -> Reading:
        def make() -> Reading:
            reading = self._guarded(
                "terraform",
                Source(folder.shown or ".", ""),
                lambda source: self._read_terraform(
                    folder.path, folder.shown, folder.boundary, folder.data, environment
                ),
            )
            reading.environment = environment and environment.name
            return reading

        if self.request.kept is None:
            return make()
        key = (
            folder.path,
            folder.shown,
            repr(environment),
            self.request.workspace,
            *self._var_files(folder.path),
        )
        reading = self.request.kept.reading(key, self.request.overlay, make, _terraform_files)
        assert reading is not None  # as `make` gives one
        return reading

    def _read_terraform(
        self,
        folder: str,
        shown: str,
        boundary: str,
        data: dict[Path, bytes],
        environment: Environment | None = None,
    ) -> Reading:
        from pathlib import Path

        from vcolint.read import terraform

        files = [*self._var_files(folder), *(environment.var_files if environment else ())]
        return terraform.read(
            Path(folder),
            shown,
            boundary=Path(boundary),
            # Of a file that is given twice, the last place counts.
            var_files=[Path(name) for name in reversed(dict.fromkeys(reversed(files)))],
            workspace=environment.workspace if environment else self.request.workspace,
            data=data | {Path(path): content for path, content in self.request.overlay.items()},
        )

    def _var_files(self, folder: str) -> list[str]:
        """The variable files of a root in all environments. One that lies inside of a root is that root's
        own: the nearest one's; the others are for all."""

        def owner(name: str) -> str | None:
            real = os.path.realpath(name)
            around = [root for root in self.roots if real.startswith(root.rstrip(os.sep) + os.sep)]
            return max(around, key=len, default=None)

        return [name for name in self.request.var_files if owner(name) in (None, os.path.realpath(folder))]

    def _lone_module(self, source: Source) -> Reading:
        """A text that is a root module by itself."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            is_json = source.text.lstrip()[:1] == "{"
            name = os.path.basename(source.file)
            if not name.endswith((".tf", ".tf.json")):
                name = "main.tf.json" if is_json else "main.tf"
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as stream:
                stream.write(source.text)
            shown = STDIN if source.file == STDIN else os.path.dirname(source.file)
            return self._read_terraform(folder, shown, folder, {})

    # -- files ----------------------------------------------------------------------------------------

    def _file(self, one: _File) -> Reading | None:
        """The reading of a file; None if it is passed over."""
        if self.request.kept is None:
            return self._read_file(one)
        real = overlaid(one.path)
        return self.request.kept.reading(
            (one.path, one.shown, one.named),
            self.request.overlay,
            lambda: self._read_file(one),
            lambda reading: [real],
        )

    def _read_file(self, one: _File) -> Reading | None:
        format = recognise.format_by_name(one.path)
        kind = self.request.as_kind
        if kind is not None and not one.named and not recognise.fits(kind, format):
            kind = None
        wanted = one.named or kind is not None
        # Any file may be there, of whatever kind: only a recognition word speaks for it.
        any_file = kind is None and (self.request.force_exclude or not one.named)
        try:
            if one.data is not None and overlaid(one.path) not in self.request.overlay:
                data = bounded(one.data)
            else:
                data = load(one.path, self.request.overlay)
        except CannotReadError as error:
            return _unread(one.shown, message_of(error), kind) if wanted or may_hold_word(one.path) else None
        source, fault = decoded(one.shown, data)
        meant = not any_file or recognise.holds_word(source.text)
        if not wanted and not meant:
            return None
        if fault is not None and not data.startswith(UTF16):
            return _faulty(kind or "route-set", source, fault) if meant else None
        if not source.text or source.text.isspace():
            return _unread(one.shown, say("the file is empty"), kind, source.text) if meant else None
        reading = self._text(source, format, kind, fault, recognise.KINDS if wanted else recognise.SOURCES)
        if reading is None:
            return None if any_file else _of_no_kind(source)
        return reading if meant or not _is_broken(reading) else None

    def _text(
        self,
        source: Source,
        format: str | None,
        kind: str | None,
        fault: SyntaxFault | None,
        kinds: Sequence[str],
    ) -> Reading | None:
        """The reading of a text, as the kind that is given or the one that it is; None if that is not one of
        `kinds`. `fault` is what keeps the text from being a source."""
        text = source.text
        by_name = format is not None
        format = format or recognise.format_by_text(text)
        if format == "json" and recognise.is_lines(text):
            format = "jsonl"
        given, kind = kind, kind or recognise.kind_of(text, format)
        if kind not in kinds or kind is None:
            return None
        if fault is not None and kind in recognise.SOURCES:
            return _faulty(kind, source, fault)
        if given is None and kind == "route-set" and not recognise.may_be_route_set(text, format):
            return None
        reading = self._guarded(kind, source, lambda source: self._read_as(kind, source, format))
        if given is not None or kind != "route-set" or format == "csv":
            return reading
        # A guess: neither another file's mapping nor prose is a route set.
        if _is_broken(reading):
            return reading if by_name or recognise.holds_word(text) else None
        return reading if _is_route_set(reading, text) else None

    def _read_as(self, kind: str, source: Source, format: str) -> Reading:
        is_json = format in ("json", "jsonl")
        if kind == "route-set":
            from vcolint.read import route_set

            return route_set.read(source, format if recognise.fits(kind, format) else "yaml")
        if kind == "ros":
            from vcolint.read import ros

            return ros.read(source, is_json)
        if kind == "pulumi":
            from vcolint.read import pulumi

            return pulumi.read(source, is_json)
        if kind == "pulumi-stack":
            from vcolint.read import pulumi_stack

            return pulumi_stack.read(source)
        if kind == "cli":
            from vcolint.read import shell

            return shell.read(source)
        if kind == "terraform-plan":
            from vcolint.read import plan

            return plan.read(source)
        if kind == "terraform-state":
            from vcolint.read import state

            return state.read(source)
        if kind == "live":
            from vcolint.read import live

            return live.read(source)
        return self._lone_module(source)

    def _guarded(self, kind: str, source: Source, reader: Callable[[Source], Reading]) -> Reading:
        """What a reader gives; where it cannot, a reading that says why."""
        try:
            return reader(source)
        except SyntaxFault as fault:
            return _faulty(kind, source, fault)
        except RecursionError:
            return _faulty(kind, source, SyntaxFault(say("nested too deeply")))
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.partition(".")[0] == "vcolint":
                raise
            return _faulty(
                kind, source, SyntaxFault(say("to read it, install the package {name}", name=error.name))
            )
        except Exception as error:
            # A fault of the reader's, and yet no reason to leave the other files unchecked.
            if os.environ.get("VCOLINT_DEBUG"):
                raise
            what = say("vcolint failed to read it: {name}: {error}", name=type(error).__name__, error=error)
            return _faulty(kind, source, SyntaxFault(what))

    # -- live -----------------------------------------------------------------------------------------

    def _live(self) -> Iterator[Reading]:
        seen = set()
        for given in self.request.live:
            for path, shown in self._live_files(given):
                real = os.path.realpath(path)
                if real not in seen:
                    seen.add(real)
                    yield self._live_file(path, shown)

    def _live_files(self, given: str) -> list[tuple[str, str]]:
        """The files that a setting stands for, and how they are shown. Raises VcolintError."""
        in_base = os.path.join(self.request.base, given)
        for path, shown in ((given, as_shown(given)), (in_base, _from_here(in_base))):
            if os.path.isdir(path):
                raise VcolintError(
                    say("{given} is a folder: a live snapshot must be a file", given=_printable(given))
                )
            if os.path.exists(path):
                return [(path, shown)]
        if any(character in given for character in "*?["):
            from glob import glob

            return [(path, _from_here(path)) for path in sorted(glob(in_base, recursive=True))]
        raise VcolintError(say("{given}: this live snapshot does not exist", given=_printable(given)))

    def _live_file(self, path: str, shown: str) -> Reading:
        try:
            data = load(path, self.request.overlay)
        except CannotReadError as error:
            return _unread(shown, message_of(error), "live")
        source, fault = decoded(shown, data)
        if fault is not None and not data.startswith(UTF16):
            return _faulty("live", source, fault)
        return self._guarded("live", source, lambda source: self._read_as("live", source, "json"))

    # -- nothing --------------------------------------------------------------------------------------

    def _notice(self) -> str:
        if not self.request.paths:
            return say("no path was given")
        given = [STDIN if path == "-" else as_shown(path) for path in self.request.paths]
        read = [path for path in given if path not in self.forced_out]
        if not read:
            return say("excluded: {forced_out}", forced_out=listed(_printed(self.forced_out)))
        count = self.walker.left_out
        left_out = say("; exclude or .gitignore left out {count}", count=count) if count else ""
        return say(
            "there is no file of a known kind in {read}{left_out}",
            read=listed(_printed(read)),
            left_out=left_out,
        )


# -- readings of what cannot be read ----------------------------------------------------------------------


def _faulty(kind: str, source: Source, fault: SyntaxFault) -> Reading:
    """The reading of a file that is not what it should be."""
    reading = Reading(kind, [source.file])
    reading.texts[source.file] = source.text
    length = len(source.text)
    place = source.location(min(fault.start, length), min(fault.end, length))
    reading.problems.append(Problem("syntax", fault.message, place))
    return reading


def _unread(shown: str, message: str, kind: str | None = None, text: str = "") -> Reading:
    """The reading of what was not read as any kind."""
    reading = Reading(kind or "route-set", [])
    reading.texts[shown] = text
    reading.problems.append(Problem("syntax", message, Location(shown, 1, 1, 1, 1)))
    return reading


def _of_no_kind(source: Source) -> Reading:
    message = say("vcolint does not recognise this file; pass --as to say what kind it is")
    return _unread(source.file, message, None, source.text)


def _is_broken(reading: Reading) -> bool:
    return not reading.records and any(problem.kind == "syntax" for problem in reading.problems)


def _is_route_set(reading: Reading, text: str) -> bool:
    """Whether what was read as a route set is one: any entry in it has a destination, or a connection
    beside another field; or there is nothing in it that is no entry."""
    if not reading.records:
        return not reading.problems or (recognise.holds_word(text) and recognise.has_routes_key(text))
    if any(value is not None for value in reading.column("RouteDest")):
        return True
    others = [reading.column(field) for field in recognise.BESIDE_CONNECTION]
    return any(
        connection is not None and any(column[entry] is not None for column in others)
        for entry, connection in enumerate(reading.column("VpnConnectionId"))
    )


# -- paths ------------------------------------------------------------------------------------------------


def _from_here(path: str) -> str:
    """A path as seen from the working directory."""
    return as_shown(os.path.relpath(path))


def _boundary(folder: str) -> str:
    """What Terraform in a folder may read: its repository, else the working directory, else itself."""
    root = repository(folder)
    if root is not None:
        return root
    working = os.path.realpath(".")
    return working if is_below(folder, working) else folder


def _terraform_files(reading: Reading | None) -> set[str]:
    """The real paths of the files that a root module was read from, and of their folders."""
    files = (
        {os.path.realpath(file) for file in reading.files} | reading.used if reading is not None else set()
    )
    return files | {os.path.dirname(file) for file in files}


def _printable(path: str) -> str:
    return path if path and path.isprintable() else quoted(path)


def _why_not(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError) or not isinstance(error, OSError):
        return say("this file or folder does not exist")
    return reason(error)


def _printed(paths: Sequence[str]) -> list[str]:
    return [_printable(path) for path in dict.fromkeys(paths)]
