"""Functions of strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from vcolint.hcl.conversions import MAX_TEXT, elements, limit_text, to_text
from vcolint.hcl.functions.signature import Function, plain, whole_number
from vcolint.hcl.values import ListValue, NotSupportedError
from vcolint.locale import say


def characters(text: str) -> str:
    """The text. Raises NotSupportedError if Terraform counts its characters in another way than Python."""
    if not text.isascii() and any(
        char >= "\u0300" and not "\u2e80" <= char <= "\ud7a3" and not "\uff01" <= char <= "\uff60"
        for char in text
    ):
        raise NotSupportedError(say("text with combined characters"))
    if "\r\n" in text:
        raise NotSupportedError(say("text with CRLF"))
    return text


def _in_case(text: str, change: Callable[[str], str]) -> str:
    """Text in another case. Raises NotSupportedError if a character becomes two."""
    if text.isascii():
        return change(text)
    changed = [change(char) for char in text]
    if any(len(char) != 1 for char in changed):
        raise NotSupportedError(say("text with characters that have no other case"))
    return "".join(changed)


def _title(text: str) -> str:
    return re.sub(r"(?<![\w])\w", lambda match: match[0].title(), text)


def _indent(spaces: int, text: str) -> str:
    blanks = " " * min(spaces, MAX_TEXT)
    limit_text(len(text) + text.count("\n") * len(blanks))
    return text.replace("\n", "\n" + blanks)


def _substr(text: str, offset: int, length: int) -> str:
    text = characters(text)
    start = offset if offset >= 0 else max(offset + len(text), 0)
    return text[start:] if length < 0 else text[start : start + length]


def _split(separator: str, text: str) -> ListValue:
    return ListValue(text.split(separator) if separator else characters(text))


def _join(separator: str, *lists: tuple[Any, ...]) -> str:
    texts = [to_text(item) for items in lists for item in items]
    limit_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _basename(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or ("/" if path else ".")


def _dirname(path: str) -> str:
    import posixpath

    return posixpath.normpath(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))


FUNCTIONS: dict[str, Function] = {
    "basename": plain(_basename, to_text),
    "chomp": plain(lambda text: text.rstrip("\r\n"), to_text),
    "dirname": plain(_dirname, to_text),
    "endswith": plain(str.endswith, to_text, to_text),
    "indent": plain(_indent, whole_number, to_text),
    "join": plain(_join, to_text, more=elements),
    "lower": plain(lambda text: _in_case(text, str.lower), to_text),
    "split": plain(_split, to_text, to_text),
    "startswith": plain(str.startswith, to_text, to_text),
    "strcontains": plain(str.__contains__, to_text, to_text),
    "strrev": plain(lambda text: characters(text)[::-1], to_text),
    "substr": plain(_substr, to_text, whole_number, whole_number),
    "title": plain(_title, to_text),
    "trim": plain(str.strip, to_text, to_text),
    "trimprefix": plain(str.removeprefix, to_text, to_text),
    "trimspace": plain(str.strip, to_text),
    "trimsuffix": plain(str.removesuffix, to_text, to_text),
    "upper": plain(lambda text: _in_case(text, str.upper), to_text),
}
