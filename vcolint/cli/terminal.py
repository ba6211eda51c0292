"""Standard output and standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import click

from vcolint.locale import say, tr

if TYPE_CHECKING:
    from vcolint.model.reading import Inputs


def tell(what: str, message: str) -> None:
    """Print one line on standard error, in the language in use."""
    from vcolint.text.visible import visible

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
    for where, reason in lacking:
        tell("warning", say("{where}: {reason}", where=where, reason=reason))


def has_color() -> bool:
    """Whether standard output shows colours and the user wants them."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """The columns of the terminal; None if there is no terminal."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if sys.stdout.isatty() else None


def write(text: str | bytes | Iterable[str], *, for_people: bool = False, out: TextIO | None = None) -> None:
    """Write a text or its pieces to standard output, or to `out`. The reader may close the other end at any
    time.

    For programs it is UTF-8 with plain line ends. For people it has the encoding of their terminal.
    """
    out = out or sys.stdout
    encoding = (out.isatty() and for_people and out.encoding) or "utf-8"
    try:
        out.flush()
        for piece in [text] if isinstance(text, (str, bytes)) else text:
            data = piece if isinstance(piece, bytes) else piece.encode(encoding, "backslashreplace")
            if for_people and out.isatty():
                click.echo(data.decode(encoding), file=out, nl=False, color=True)
            elif hasattr(out, "buffer"):
                out.buffer.write(data)
            else:
                out.write(data.decode("utf-8", "replace"))
        out.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error after a second, if it is a terminal. Gives a function to call at the
    start of each stage."""
    stages = [""]
    if quiet or not sys.stderr.isatty():
        yield stages.append
        return
    from threading import Event, Thread

    done = Event()

    def show() -> None:
        seconds = 0
        while not done.wait(1):
            seconds += 1
            print(f"\rvcolint: {tr(stages[-1])} … {seconds} s\x1b[K", end="", file=sys.stderr, flush=True)
        if seconds:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    thread = Thread(target=show, daemon=True)
    thread.start()
    try:
        yield stages.append
    finally:
        done.set()
        thread.join()
