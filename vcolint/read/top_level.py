"""The top level of a JSON object, key by key: large files are told apart, or located, without parsing all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any

_BLANKS = re.compile(r"[ \t\n\r]*")


def skip(text: str, index: int) -> int:
    """Behind the blanks that begin at `index`."""
    match = _BLANKS.match(text, index)
    return match.end() if match else index


class TopLevel:
    """The object that begins at `start`. Iterating gives its keys; what is asked for while a key is at hand
    is its value."""

    def __init__(self, text: str, start: int, decoder: JSONDecoder) -> None:
        self.text = text
        self.start = start  # of the value at hand; behind the object, when all keys are given
        self._decode = decoder.raw_decode
        self._end: int | None = None  # of the value at hand, once it is decoded

    def __iter__(self) -> Iterator[str]:
        """The keys. Raises ValueError where the text is no JSON, and RecursionError."""
        index = skip(self.text, self.start + 1)
        separator = "," if self.text[index : index + 1] != "}" else "}"
        while separator == ",":
            key, index = self._decode(self.text, index)
            index = self._expect(":", index)
            if not isinstance(key, str):
                raise ValueError
            self.start, self._end = index, None
            yield key
            if self._end is None:
                self.value()
            index = skip(self.text, self._end or 0)
            separator = self.text[index : index + 1]
            index = skip(self.text, index + 1) if separator == "," else index
        self.start = self._expect("}", index)

    def value(self) -> Any:
        """The value of the key at hand."""
        value, self._end = self._decode(self.text, self.start)
        return value

    def items(self) -> tuple[list[Any], list[tuple[int, int]]]:
        """The items of the list at hand, and the span of each."""
        found: list[Any] = []
        spans: list[tuple[int, int]] = []
        index = skip(self.text, self.start + 1)
        separator = "," if self.text[index : index + 1] != "]" else "]"
        while separator == ",":
            item, end = self._decode(self.text, index)
            found.append(item)
            spans.append((index, end))
            separator = self.text[end : end + 1]
            index = end if separator in (",", "]") else skip(self.text, end)
            separator = self.text[index : index + 1]
            if separator == ",":
                index = index + 1 if self.text[index + 1 : index + 2] == "{" else skip(self.text, index + 1)
        self._end = self._expect("]", index)
        return found, spans

    def _expect(self, character: str, index: int) -> int:
        """Behind a character, and the blanks behind it."""
        index = skip(self.text, index)
        if self.text[index : index + 1] != character:
            raise ValueError
        return skip(self.text, index + 1)
