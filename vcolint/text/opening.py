"""Reading the files of a run, without waiting and up to a limit; and replacing them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from stat import S_ISREG
from types import MappingProxyType

from vcolint.locale import say
from vcolint.text.source import Source, SyntaxFault

MAX_BYTES = 512 << 20

# Contents that replace those of files, by real path: texts of an editor, or texts with fixes applied.
NO_OVERLAY: Mapping[str, bytes] = MappingProxyType({})

UTF16 = (b"\xff\xfe", b"\xfe\xff")


def reason(error: OSError) -> str:
    """Why a file cannot be used, in the words of the operating system, which the catalog knows."""
    return say(error.strerror or str(error))


def load(path: str, overlay: Mapping[str, bytes] = NO_OVERLAY) -> bytes:
    """The content of a file up to a limit, or what replaces it. Never waits for a pipe or a device.

    Raises SyntaxFault.
    """
    data = overlay.get(os.path.realpath(path)) if overlay else None
    if data is None:
        try:
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            with open(os.open(path, flags), "rb") as stream:
                if not S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise SyntaxFault(say("not a regular file; to read a pipe, use - for standard input"))
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise SyntaxFault(say("cannot be read: {strerror}", strerror=reason(error))) from None
    return data


def decoded(shown: str, data: bytes) -> tuple[Source, SyntaxFault | None]:
    """The text of a file without its byte order mark, and the fault in its size or encoding, if there is one.
    For a file that is too large, the text is only its beginning.

    UTF-16 is a fault in sources, but not in plans and the like, which PowerShell writes in UTF-16.
    """
    if len(data) > MAX_BYTES:
        text = data[: 1 << 20].decode("utf-8-sig", "replace")
        return Source(shown, text), SyntaxFault(say("larger than {MAX_BYTES} MiB", MAX_BYTES=MAX_BYTES >> 20))
    if data.startswith(UTF16):
        text = data.decode("utf-16", "replace")
        return Source(shown, text), SyntaxFault(
            say("UTF-16 text: convert it with iconv -f UTF-16 -t UTF-8 OLD > NEW")
        )
    if data.startswith(b"PK\x03\x04"):
        return Source(shown, ""), SyntaxFault(
            say("a binary plan or archive: use the output of terraform show -json")
        )
    try:
        return Source(shown, data.decode("utf-8-sig")), None
    except UnicodeDecodeError as error:
        hint = ""
        with suppress(UnicodeDecodeError):
            error.object.decode("gb18030")
            hint = say("; if the file is in GB18030, convert it with iconv -f GB18030 -t UTF-8 OLD > NEW")
        byte = format(error.object[error.start], "02x")
        message = say("byte 0x{byte} is not UTF-8{hint}", byte=byte, hint=hint)
        before = error.object[: error.start].decode("utf-8", "replace")
        return Source(shown, data.decode("utf-8-sig", "replace")), SyntaxFault(message, len(before))


def replace_file(path: str, data: bytes) -> None:
    """Write a file completely or not at all. Keeps its mode and, if allowed, its owner. Raises OSError."""
    from shutil import copymode

    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as stream:
            stream.write(data)
        if os.path.exists(path):
            if hasattr(os, "chown"):
                with suppress(OSError):
                    os.chown(temporary, os.stat(path).st_uid, os.stat(path).st_gid)
            copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
