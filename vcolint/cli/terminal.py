"""Where output goes: standard output, standard error, and the files of `--output FORMAT[:PATH]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from vcolint.errors import VcolintError
from vcolint.locale import say, tr
from vcolint.text.opening import reason, replace_file
from vcolint.text.wording import meant_or_known, quoted, visible

if TYPE_CHECKING:
    from vcolint.model.reading import Inputs

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Use colours. auto: only in a terminal.",
)


class Output(NamedTuple):
    """A format, and where it goes."""

    format: str
    path: str | None  # None: standard output

    def send(
        self, made: Callable[..., str | Iterable[str]], color: str, out: TextIO | None = None, **more: object
    ) -> None:
        """Write the result of `made` for the format, `color` and `width`. `out` replaces standard output."""
        width = None
        in_terminal = self.path is None and sys.stdout.isatty()
        fits = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        colored = color == "always" or (color == "auto" and in_terminal and fits)
        if in_terminal:
            from shutil import get_terminal_size  # it imports all kinds of archives

            width = get_terminal_size().columns
        text = made(self.format, color=colored, width=width, **more)
        if self.path is not None:
            write_file(self.path, "".join(text))
        else:
            write(text, for_people=self.format == "text", out=out)


def parse_outputs(texts: Sequence[str], formats: Collection[str]) -> list[Output]:
    """The outputs that the options name, each in one of the formats; by default, text on standard output.

    Raises VcolintError for an unknown format, or if two reports would go to the same place. Only `text` and
    `github` may share standard output: a log for people and for the runner.
    """
    outputs: list[Output] = []
    formats_at: dict[str | None, list[str]] = {}
    for text in texts or ["text"]:
        format, colon, path = text.partition(":")
        if colon and not path:
            raise VcolintError(say("--output {text} has no file name after the colon", text=text))
        if format not in formats:
            meant = meant_or_known(text, formats)
            raise VcolintError(say("unknown output format {format}{meant}", format=quoted(text), meant=meant))
        one = Output(format, None if path in ("", "-") else path)
        sharing = formats_at.setdefault(one.path and os.path.realpath(one.path), [])
        sharing.append(format)
        if len(sharing) > 1 and (one.path is not None or sorted(sharing) != ["github", "text"]):
            where = say("standard output") if one.path is None else quoted(path)
            raise VcolintError(
                say("two reports cannot both go to {where}; give one of them its own path", where=where)
            )
        outputs.append(one)
    return outputs


def write_file(path: str, text: str) -> None:
    """Write a file as a whole or not at all. It appends to the job summary of GitHub Actions, because
    other steps write there too. Raises VcolintError."""
    data = text.encode("utf-8", "backslashreplace")
    real = os.path.realpath(path)
    try:
        is_device = os.path.exists(real) and not os.path.isfile(real)  # or a pipe
        if is_device or real == os.path.realpath(os.environ.get("GITHUB_STEP_SUMMARY", "")):
            with open(real, "ab") as stream:
                stream.write(data)
        else:
            os.makedirs(os.path.dirname(real), exist_ok=True)
            replace_file(real, data)
    except OSError as error:
        raise VcolintError(
            say("{path}: cannot be written: {strerror}", path=path, strerror=reason(error))
        ) from None


def tell(what: str, message: str) -> None:
    """Print one line on standard error, in the language in use."""
    message = " ".join(tr(message).split())
    with suppress(OSError):  # if standard error is full, there is nowhere to say so
        sys.stderr.write(f"vcolint: {tr(what)}: {visible(message)}\n")


def told_unreadable(inputs: Inputs, commit: str | None = None) -> bool:
    """Report what could not be read; in a commit, if one is given. Returns whether there is any."""
    from vcolint.library import unreadable

    faults = [("error", fault) for fault in unreadable(inputs)]
    notices = [] if inputs.notice is None else [("warning", inputs.notice)]
    for what, fault in (*notices, *faults):
        where = say("in commit {commit}: {fault}", commit=commit, fault=fault)
        tell(what, fault if commit is None else where)
    return bool(faults)


def tell_incomplete(*inputs: Inputs) -> None:
    """Warn about each incomplete live snapshot (VCO005): its missing rows look like missing routes."""
    readings = (reading for one in inputs for reading in (*one.sources, *one.sets, *one.live))
    problems = (problem for reading in readings for problem in reading.problems if problem.kind == "snapshot")
    lacking = {(problem.location.file, problem.message): None for problem in problems}
    for where, why in lacking:
        tell("warning", say("{where}: {reason}", where=where, reason=why))


def write(text: str | bytes | Iterable[str], *, for_people: bool = False, out: TextIO | None = None) -> None:
    """Write a text or its pieces to standard output, or to `out`. The reader may close the other end at any
    time.

    For programs it is UTF-8 with plain line ends. For people it has the encoding of their terminal.
    """
    out = out or sys.stdout
    in_terminal = for_people and out.isatty()
    encoding = out.encoding if in_terminal else "utf-8"
    try:
        out.flush()
        for piece in [text] if isinstance(text, (str, bytes)) else text:
            data = piece if isinstance(piece, bytes) else piece.encode(encoding, "backslashreplace")
            if in_terminal:
                click.echo(data.decode(encoding), file=out, nl=False, color=True)
            elif hasattr(out, "buffer"):
                out.buffer.write(data)
            else:
                out.write(data.decode(encoding))
        out.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
