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
# What has to follow, and what vcolint says if it does not.
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*"), say("expected a colon after the key")
_NEXT = {
    closing: (
        re.compile(rf"[ \t\n\r]*(?:,[ \t\n\r]*(?![]}}])|(?=\{closing}))"),
        say("expected a comma or the closing bracket"),
    )
    for closing in "]}"
}
_BETWEEN = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_BRACE = re.compile("{")
_LINE = re.compile(r"[^ \t\r\n][^\r\n]*")
_WORD = re.compile(r"[A-Za-z_-][\w-]*|.", re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


# -- decoding ---------------------------------------------------------------------------------------------


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) else Repeated(mapping)


def _refuse(word: str) -> Any:
    raise ValueError(word)  # NaN and the infinities are not JSON


# Each takes a text and an offset, and returns the value there and the offset after it. They raise ValueError
# and RecursionError.
_decode = JSONDecoder(parse_constant=_refuse, object_pairs_hook=_mapping).raw_decode
_decode_plainly = JSONDecoder(parse_int=whole).raw_decode
_scan = JSONDecoder().scan_once  # type: ignore[attr-defined]  # the fastest, for text that is known to be JSON


def _decoded(text: str, index: int, levels: int = 0) -> tuple[Node, int]:
    """A value as plain data in one node."""
    if text[index : index + 1] not in _CLOSING:
        return _scalar(text, index)
    value, end = _decode(text, index)
    return ScalarNode(value, index, end), end


def outline(source: Source) -> Node:
    """The document. A list is decoded, and so are the values of a mapping: they are nodes that hold plain
    data. Raises SyntaxFault."""
    text = source.text
    start = _skip(text, 0)
    try:
        node, end = _tree(text, start, 1, _decoded) if text.startswith("{", start) else _decoded(text, start)
        if _skip(text, end) == len(text):
            return node
    except (ValueError, RecursionError, SyntaxFault):
        pass
    return parse(source)  # which says what is wrong


def outline_of_lines(source: Source) -> list[Node]:
    """The documents of JSON Lines. If each line is a mapping, one node holds all of them as plain data.

    Raises SyntaxFault.
    """
    text = source.text.rstrip(" \t\r\n")
    try:  # If each line is one mapping, the lines are a list whose commas are line ends.
        rows, _ = _decode("[{}]".format(text.replace("\n", ",")))
        if len(rows) == text.count("\n") + 1 and set(map(type, rows)) <= {dict, Repeated}:
            return [ScalarNode(rows, 0, len(text))]
    except (ValueError, RecursionError):
        pass
    return list(lines(source))


def lines(source: Source) -> Iterator[Node]:
    """The documents of JSON Lines, whatever they are, as trees. Raises SyntaxFault."""
    for line in _LINE.finditer(source.text):
        try:
            node, end = parse_at(source, line.start())
        except SyntaxFault as fault:
            if fault.start <= line.end():
                raise
            end = fault.start
        if end > line.end() or source.text[end : line.end()].strip(" \t"):
            raise SyntaxFault(say("JSON Lines need one value on each line"), *line.span())
        yield node


class Items:
    """The places of the items of a decoded list, found when they are needed."""

    def __init__(self, source: Source, node: ScalarNode) -> None:
        items: list[Any] = node.value  # type: ignore[assignment]
        self._source = source
        self._count = len(items)
        self._are_mappings = set(map(type, items)) <= {dict, Repeated}
        has_brackets = source.text.startswith("[", node.start)
        self._start, self._end = node.start + has_brackets, node.end - has_brackets

    @cached_property
    def _starts(self) -> Sequence[int]:
        """The offset of each item, and the end of the list."""
        text = self._source.text
        # The usual case. Each mapping has a brace of its own, so there are no others, in texts or inside.
        if self._are_mappings and text.count("{", self._start, self._end) == self._count:
            starts = array("q", [one.start() for one in _BRACE.finditer(text, self._start, self._end)])
        else:
            starts, at = array("q"), _skip(text, self._start)
            for _ in range(self._count):
                starts.append(at)
                at = _BETWEEN.match(text, _scan(text, at)[1]).end()  # type: ignore[union-attr]
        starts.append(self._end)
        return starts

    def node(self, index: int) -> Node:
        """An item with its places."""
        return parse_at(self._source, self._starts[index])[0]

    def span(self, index: int, key: re.Pattern[str] | None = None) -> tuple[int, int] | None:
        """The span of an item, or, with a key, of that value in a flat mapping; None if it is null or
        absent."""
        text, start, behind = self._source.text, self._starts[index], self._starts[index + 1]
        if key is None:  # between two items, there are only a comma and blanks
            return start, start + len(text[start:behind].rstrip(", \t\n\r"))
        found = key.search(text, start, behind)
        if found is None:
            return None
        value, end = _scan(text, found.end())
        return None if value is None else (found.end(), end)


# -- trees ------------------------------------------------------------------------------------------------


def parse(source: Source) -> Node:
    """The document. Raises SyntaxFault."""
    node, end = parse_at(source, 0)
    end = _skip(source.text, end)
    if end < len(source.text):
        raise _fault(source.text, end, say("expected the end of the document"))
    return node


def parse_at(source: Source, start: int) -> tuple[Node, int]:
    """The value that begins at the offset `start`, or after the blanks there, and the offset after it.

    Raises SyntaxFault.
    """
    return _tree(source.text, _skip(source.text, start), MAX_DEPTH)


def _tree(
    text: str, at: int, levels: int, read: Callable[[str, int, int], tuple[Node, int]] | None = None
) -> tuple[Node, int]:
    """The value that begins at `at`, and the offset after it; `read` reads what a collection holds. Raises
    SyntaxFault."""
    closing = _CLOSING.get(text[at : at + 1])
    if closing is None:
        return _scalar(text, at)
    if not levels:
        raise SyntaxFault(TOO_DEEP, at, at + 1)
    read = read or _tree
    items: list[Any] = []  # of a mapping, pairs
    end = _skip(text, at + 1)
    while not text.startswith(closing, end):
        if closing == "}":
            if not text.startswith('"', end):
                raise _fault(text, end, say("expected a key in double quotes"))
            key, end = _scalar(text, end)
            node, end = read(text, _after(_COLON, text, end), levels - 1)
            items.append((key, node))
        else:
            node, end = read(text, end, levels - 1)
            items.append(node)
        end = _after(_NEXT[closing], text, end)
    made = MappingNode if closing == "}" else SequenceNode
    return made(items, at, end + 1), end + 1


def _scalar(text: str, at: int) -> tuple[ScalarNode, int]:
    """The scalar that begins at `at`, and the offset after it. Raises SyntaxFault."""
    if text[at : at + 1] in "NI" or text.startswith("-I", at):  # Python reads NaN and the infinities
        raise _fault(text, at, _EXPECTED)
    try:
        value, end = _decode_plainly(text, at)
    except JSONDecodeError as error:
        for begin, message in _TEXT_FAULTS:
            if error.msg.startswith(begin):
                raise SyntaxFault(message, error.pos, min(error.pos + 1, len(text))) from None
        raise _fault(text, at, _EXPECTED) from None
    return ScalarNode(value, at, end, None, text[at] != '"'), end


def _skip(text: str, index: int) -> int:
    """The offset after the blanks at `index`."""
    return _BLANKS.match(text, index).end()  # type: ignore[union-attr]


def _after(wanted: tuple[re.Pattern[str], str], text: str, index: int) -> int:
    """The offset after what has to follow at `index`. Raises SyntaxFault if it does not."""
    found = wanted[0].match(text, index)
    if found is None:
        raise _fault(text, _skip(text, index), wanted[1])
    return found.end()


# -- faults -----------------------------------------------------------------------------------------------

_EXPECTED = say("expected a JSON value")
# How messages of Python's decoder begin, and what vcolint says instead.
_TEXT_FAULTS = (
    ("Unterminated", say("the text that starts here has no closing quote")),
    ("Invalid control", say("write a control character in a text as an escape")),
    ("Invalid", say("JSON does not have this escape")),
)


def _fault(text: str, at: int, expected: str) -> SyntaxFault:
    """The fault at an offset, where something else was expected; common mistakes have their own message."""
    trailing = re.compile(r",[ \t\n\r]*[]}]").match(text, max(text.rfind(",", 0, at + 1), 0))
    if trailing is not None and trailing.end() > at:
        comma = trailing.start()
        return SyntaxFault(say("JSON does not allow a trailing comma"), comma, comma + 1)
    word = _WORD.match(text, at)
    if word is None:
        return SyntaxFault(say("the file ends too early"), at)
    message = say("{expected}, not {word}", expected=expected, word=quoted(word[0]))
    if text.startswith(("#", "//", "/*"), at):
        message = say("JSON does not allow comments")
    elif text[at] == "'":
        message = say("JSON needs double quotes around text")
    return SyntaxFault(message, *word.span())
