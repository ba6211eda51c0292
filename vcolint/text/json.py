"""JSON (RFC 8259) as a node tree with places. All pairs are kept as written.

Python's own decoder is many times as fast, but it gives no places. So a large document is decoded (`outline`,
`outline_of_lines`), and the node of an item is created when it is needed (`Items`).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from vcolint.locale import say
from vcolint.text.nodes import Repeated
from vcolint.text.source import (
    MAX_DEPTH,
    TOO_DEEP,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Source,
    SyntaxFault,
    whole,
)
from vcolint.text.wording import quoted

_BLANKS = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_LINE = re.compile(r"[^ \t\r\n][^\r\n]*")
_WORD = re.compile(r"-?[A-Za-z_]+")
_CLOSING = {"{": "}", "[": "]"}
_ENDS = frozenset(_CLOSING.values())

_ReadValue = Callable[[str, int, int], tuple[Node, int]]  # as `_value`


# -- decoding ---------------------------------------------------------------------------------------------


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Repeated(mapping)


def _refuse(word: str) -> Any:
    raise ValueError(word)  # NaN and the infinities are not JSON


# From a text and an offset to the value there and the offset after it. Raises ValueError, StopIteration
# where no value begins, and RecursionError.
_Decode = Callable[[str, int], tuple[Any, int]]
_decode: _Decode = JSONDecoder(parse_constant=_refuse, object_pairs_hook=_mapping).scan_once  # type: ignore[attr-defined]
_decode_scalar: _Decode = JSONDecoder(parse_constant=_refuse, parse_int=whole).scan_once  # type: ignore[attr-defined]
_NOT_JSON = (ValueError, StopIteration, RecursionError)


def _decoded(text: str, index: int, levels: int = 0) -> tuple[Node, int]:
    """A value as plain data in one node."""
    decode = _decode if text[index : index + 1] in _CLOSING else _decode_scalar
    value, end = decode(text, index)
    return ScalarNode(value, index, end), end


def outline(source: Source) -> Node:
    """The document. A list is decoded, and so are the values of a mapping: they are nodes that hold plain
    data. Raises SyntaxFault."""
    text = source.text
    try:
        start = _skip(text, 0)
        node, end = _collection(text, start, 1, _decoded) if text[start] == "{" else _decoded(text, start)
        if _skip(text, end) == len(text):
            return node
    except (*_NOT_JSON, IndexError, SyntaxFault):
        pass
    return parse(source)  # which says what is wrong


def outline_of_lines(source: Source) -> list[Node]:
    """The documents of JSON Lines: mappings are decoded, all in one node. Raises SyntaxFault."""
    text = source.text.rstrip(" \t\r\n")
    try:  # If each line is one mapping, the lines are a list whose commas are line ends.
        rows, _ = _decode("[" + text.replace("\n", ",") + "]", 0)
        if len(rows) == text.count("\n") + 1 and all(isinstance(row, dict) for row in rows):
            return [ScalarNode(rows, 0, len(text))]
    except _NOT_JSON:
        pass
    return list(lines(source))


def lines(source: Source) -> Iterator[Node]:
    """The documents of JSON Lines, whatever they are, as trees. Raises SyntaxFault."""
    for line in _LINE.finditer(source.text):
        begin, behind = line.start(), line.start() + len(line[0].rstrip(" \t"))
        try:
            node, end = parse_at(source, begin)
        except SyntaxFault as fault:
            if fault.start <= behind:
                raise
            end = fault.start
        if end > behind:
            raise SyntaxFault(say("the value continues after the end of its line"), begin, behind)
        if end < behind:
            raise SyntaxFault(say("expected the end of the line"), _skip(source.text, end), behind)
        yield node


class Items:
    """The places of the items of a decoded list, found when they are needed."""

    def __init__(self, source: Source, node: ScalarNode) -> None:
        self._source = source
        self._start = node.start
        self._count = len(node.value)  # type: ignore[arg-type]

    @cached_property
    def _spans(self) -> tuple[Sequence[int], Sequence[int]]:
        """The beginning and the end of each item."""
        text, starts, ends = self._source.text, array("q"), array("q")
        decode = JSONDecoder().scan_once  # type: ignore[attr-defined]  # faster: the values are known
        at = _skip(text, self._start + (text[self._start] == "["))
        for _ in range(self._count):
            end = decode(text, at)[1]
            starts.append(at)
            ends.append(end)
            at = _COMMA.match(text, end).end()  # type: ignore[union-attr]
        return starts, ends

    def node(self, index: int) -> Node:
        """An item with its places."""
        return parse_at(self._source, self._spans[0][index])[0]

    def span(self, index: int, key: re.Pattern[str] | None = None) -> tuple[int, int] | None:
        """The span of an item, or, with a key, of that value in a flat mapping; None if it is null or
        absent."""
        start, end = (offsets[index] for offsets in self._spans)
        if key is None:
            return start, end
        found = key.search(self._source.text, start, end)
        if found is None:
            return None
        value, behind = _decode(self._source.text, found.end())
        return None if value is None else (found.end(), behind)


# -- trees ------------------------------------------------------------------------------------------------


def parse(source: Source) -> Node:
    """The document. Raises SyntaxFault."""
    text = source.text
    if _BLANKS.fullmatch(text):
        raise SyntaxFault(say("the file is empty"))
    node, end = parse_at(source, 0)
    end = _skip(text, end)
    if end < len(text):
        raise _unexpected(text, end, say("expected the end of the document"))
    return node


def parse_at(source: Source, start: int) -> tuple[Node, int]:
    """The value that begins at the offset `start`, or after the blanks there, and the offset after it.

    Raises SyntaxFault.
    """
    return _value(source.text, _skip(source.text, start), MAX_DEPTH)


def _value(text: str, index: int, levels: int) -> tuple[Node, int]:
    """The value that begins at `index`, and the offset after it."""
    if text[index : index + 1] in _CLOSING:
        return _collection(text, index, levels, _value)
    try:
        value, end = _decode_scalar(text, index)
    except JSONDecodeError as error:
        raise _broken_string(text, error) from None
    except (ValueError, StopIteration):
        raise _unexpected(text, index, say("expected a value")) from None
    return ScalarNode(value, index, end, None, text[index] != '"'), end


def _collection(text: str, index: int, levels: int, read: _ReadValue) -> tuple[Node, int]:
    """The list or mapping that begins at `index`, and the offset after it."""
    if not levels:
        raise SyntaxFault(TOO_DEEP, index)
    closing = _CLOSING[text[index]]
    items: list[Any] = []  # of a mapping, pairs
    at = _skip(text, index + 1)
    end = at
    while items or text[at : at + 1] != closing:
        if closing == "}":
            key, at = _key(text, at)
            value, end = read(text, at, levels - 1)
            items.append((key, value))
        else:
            value, end = read(text, at, levels - 1)
            items.append(value)
        end = _skip(text, end)
        if text[end : end + 1] == closing:
            break
        if text[end : end + 1] != ",":
            raise _unexpected(text, end, say("expected a comma or {closing}", closing=closing))
        at = _skip(text, end + 1)
        if text[at : at + 1] in _ENDS:
            raise SyntaxFault(say("JSON does not allow a trailing comma"), end, end + 1)
    made = MappingNode if closing == "}" else SequenceNode
    return made(items, index, end + 1), end + 1


def _skip(text: str, index: int) -> int:
    """The offset after the blanks at `index`."""
    return _BLANKS.match(text, index).end()  # type: ignore[union-attr]


def _key(text: str, index: int) -> tuple[ScalarNode, int]:
    """The key that begins at `index`, and where its value begins."""
    if text[index : index + 1] != '"':
        raise _unexpected(text, index, say("expected a key in double quotes"))
    try:
        name, end = scanstring(text, index + 1)
    except JSONDecodeError as error:
        raise _broken_string(text, error) from None
    colon = _skip(text, end)
    if text[colon : colon + 1] != ":":
        raise _unexpected(text, colon, say("expected a colon after the key"))
    return ScalarNode(name, index, end, None, False), _skip(text, colon + 1)


# -- faults -----------------------------------------------------------------------------------------------

_STRING_FAULTS = (
    ("Unterminated", say("the text that starts here has no closing quote")),
    ("Invalid control", say("write a control character in a text as an escape")),
    ("Invalid", say("JSON does not have this escape")),
)


def _broken_string(text: str, error: JSONDecodeError) -> SyntaxFault:
    """The fault that `scanstring` found."""
    message = next(message for begin, message in _STRING_FAULTS if error.msg.startswith(begin))
    return SyntaxFault(message, min(error.pos, len(text)))


def _unexpected(text: str, index: int, expected: str) -> SyntaxFault:
    """The fault at `index`, where something else was expected: common mistakes have their own message."""
    if index >= len(text):
        return SyntaxFault(say("the file ends in the middle of a value"), len(text))
    character = text[index]
    word = _WORD.match(text, index)
    if character == "#" or text.startswith(("//", "/*"), index):
        return SyntaxFault(say("JSON does not allow comments"), index)
    if character == "'":
        return SyntaxFault(say("JSON needs double quotes around text"), index)
    if character == "\ufeff":
        return SyntaxFault(say("a second byte order mark"), index, index + 1)
    if character.isdigit() and text[index - 1 : index] == "0":
        return SyntaxFault(say("JSON does not allow a leading zero in a number"), index - 1)
    if word is not None:
        return SyntaxFault(
            say("{word} is not JSON: {expected}", word=quoted(word[0]), expected=expected), index, word.end()
        )
    return SyntaxFault(expected, index)
