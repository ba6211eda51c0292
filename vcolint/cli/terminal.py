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

    def say_where(fault: str) -> str:
        return fault if commit is None else say("in commit {commit}: {fault}", commit=commit, fault=fault)

    if inputs.notice is not None:
        tell("warning", say_where(inputs.notice))
    faults = list(unreadable(inputs))
    for fault in faults:
        tell("error", say_where(fault))
    return bool(faults)


def tell_incomplete(*inputs: Inputs) -> None:
    """Warn about each incomplete live snapshot (VCO005): its missing rows look like missing routes."""
    lacking = [
        say("{where}: {reason}", where=problem.location.file, reason=problem.message)
        for one in inputs
        for reading in (*one.sources, *one.sets, *one.live)
        for problem in reading.problems
        if problem.kind == "snapshot"
    ]
    for message in dict.fromkeys(lacking):
        tell("warning", message)


def has_color() -> bool:
    """Whether standard output shows colours and the user wants them."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """The columns of the terminal; None if there is no terminal."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def write(text: str | bytes | Iterable[str], *, for_people: bool = False, out: TextIO | None = None) -> None:
    """Write a text or its pieces to standard output, or to `out`. The reader may close the other end at any
    time.

    For programs it is UTF-8 with plain line ends. For people it has the encoding of their terminal.
    """
    out = out or sys.stdout
    try:
        out.flush()
        for piece in [text] if isinstance(text, (str, bytes)) else text:
            if isinstance(piece, str) and for_people and out.isatty():
                click.echo(_encodable(piece, out.encoding), file=out, nl=False, color=True)
            elif hasattr(out, "buffer"):
                data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace")
                out.buffer.write(data)
            else:
                out.write(piece if isinstance(piece, str) else piece.decode("utf-8", "replace"))
        out.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _encodable(text: str, encoding: str | None) -> str:
    """The text, with escapes for characters that the encoding does not have."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error after a second, if it is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage: None
        return
    from threading import Event, Thread

    stages = [""]
    done = Event()

    def tell() -> None:
        seconds = 0
        while not done.wait(1):
            seconds += 1
            sys.stderr.write(f"\rvcolint: {tr(stages[-1])} … {seconds} s\x1b[K")
            sys.stderr.flush()
        if seconds:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield stages.append
    finally:
        done.set()
        thread.join()
