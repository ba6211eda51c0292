"""Opening the files of a run: never waiting, never without bounds."""

from __future__ import annotations

import os
import re
from stat import S_ISREG

from vcolint.read import recognise
from vcolint.text.source import Source, SyntaxFault, decode

MAX_BYTES = 512 << 20

UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINE = 1 << 10  # bytes of a first line that tell what a script is in
_HEAD = 1 << 20  # bytes of a file that is too large, in which a recognition word is looked for


class CannotReadError(Exception):
    """The message says why."""


def load(path: str) -> bytes:
    """The content of a file. Never waits for a pipe or a device. Raises CannotReadError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as stream:
            if not S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotReadError("not a regular file; to read a pipe, give - for standard input")
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CannotReadError(f"cannot be read: {error.strerror or error}") from None
    return bounded(data)


def bounded(data: bytes) -> bytes:
    """The same, if it is not too large. Raises CannotReadError."""
    if len(data) > MAX_BYTES:
        raise CannotReadError(f"larger than {MAX_BYTES >> 20} MiB")
    return data


def may_hold_word(path: str) -> bool:
    """Whether a file in a walk that cannot be read as a whole may be one that is meant: its beginning holds
    a recognition word, or cannot be seen."""
    try:
        with open(path, "rb") as stream:
            return recognise.holds_word(stream.read(_HEAD).decode("utf-8", "replace"))
    except OSError:
        return True


def has_shebang(path: str) -> bool:
    """Whether a file without a telling name begins like a shell script."""
    try:
        with open(path, "rb") as stream:
            if stream.read(2) != b"#!":
                return False
            line = "#!" + stream.readline(_LINE).decode("latin-1")
            return re.match(recognise.SHEBANG, line) is not None
    except OSError:
        return False


def decoded(shown: str, data: bytes) -> tuple[Source, SyntaxFault | None]:
    """The text of a file, and what is wrong with its encoding for a source. UTF-16 is right for plans and
    the like, which PowerShell writes so."""
    if data.startswith(UTF16):
        text = data.decode("utf-16", "replace")
        return Source(shown, text), SyntaxFault("UTF-16 text; save it as UTF-8")
    if data.startswith(b"PK\x03\x04"):
        return Source(shown, ""), SyntaxFault(
            "a binary plan or archive; give what terraform show -json prints"
        )
    try:
        return Source(shown, decode(data)), None
    except SyntaxFault as fault:
        return Source(shown, data.decode("utf-8-sig", "replace")), fault
