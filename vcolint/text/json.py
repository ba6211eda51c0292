"""JSON (RFC 8259) as a node tree with places. All pairs are kept as written."""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]

from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Scalar
from vcolint.text.wording import quoted

MAX_DEPTH = 200

_LONGEST_INTEGER = 500

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_SEPARATOR = re.compile(r"[ \t\n\r]*([,\]}])")
_CLOSING = frozenset("]}")
_WORD = re.compile(r"-?[A-Za-z_]+")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


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
    """The value that begins at the offset `start`, or behind the blanks there, and the offset behind it.

    Raises SyntaxFault.
    """
    try:
        return _value(source.text, start)
    except JSONDecodeError as error:
        raise _broken_string(source.text, error) from None


def whole(text: str) -> int | float:
    """A whole number. A very long one becomes a float, an infinite one as a rule: Python refuses to read and
    to print integers beyond 4300 digits, or 640 where it was told so, and no field has a use for them."""
    return int(text) if len(text) <= _LONGEST_INTEGER else float(text)


def _value(text: str, index: int) -> tuple[Node, int]:
    blanks, separator = _BLANKS.match, _SEPARATOR.match
    opened: list[tuple[MappingNode | SequenceNode | None, ScalarNode | None]] = []  # and the key inside it
    inside: MappingNode | SequenceNode | None = None  # the innermost open collection
    key: ScalarNode | None = None  # of the value that comes next, in a mapping
    index = _skip(text, index)
    node: Node
    while True:
        character = text[index : index + 1]
        if character == '"':
            string, end = scanstring(text, index + 1)
            node = ScalarNode(string, index, end, None, False)
        elif character == "{" or character == "[":
            if len(opened) == MAX_DEPTH:
                raise SyntaxFault(say("nested more than {MAX_DEPTH} levels deep", MAX_DEPTH=MAX_DEPTH), index)
            first = _skip(text, index + 1)
            node = MappingNode([], index, index) if character == "{" else SequenceNode([], index, index)
            if text[first : first + 1] != ("}" if character == "{" else "]"):
                opened.append((inside, key))
                inside = node
                key, index = _key(text, first) if character == "{" else (None, first)
                continue
            end = node.end = first + 1
        else:
            node, end = _scalar(text, index)
        # A value is complete, and perhaps with it the collections around it.
        while inside is not None:
            if key is not None:
                inside.pairs.append((key, node))  # type: ignore[union-attr]
            else:
                inside.items.append(node)  # type: ignore[union-attr]
            found = separator(text, end)
            if found is None or found[1] == ("]" if key is not None else "}"):
                closing = "}" if key is not None else "]"
                raise _unexpected(
                    text, _skip(text, end), say("expected a comma or {closing}", closing=closing)
                )
            end = found.end()
            if found[1] == ",":
                index = blanks(text, end).end()  # type: ignore[union-attr]
                if text[index : index + 1] in _CLOSING:
                    raise SyntaxFault(say("JSON does not allow a trailing comma"), end - 1, end)
                if key is not None:
                    key, index = _key(text, index)
                break
            inside.end = end
            node = inside
            inside, key = opened.pop()
        else:
            return node, end


def _skip(text: str, index: int) -> int:
    """The offset behind the blanks at `index`."""
    found = _BLANKS.match(text, index)
    assert found is not None
    return found.end()


def _key(text: str, index: int) -> tuple[ScalarNode, int]:
    """The key that begins at `index`, and where its value begins."""
    if text[index : index + 1] != '"':
        raise _unexpected(text, index, say("expected a key in double quotes"))
    name, end = scanstring(text, index + 1)
    colon = _COLON.match(text, end)
    if colon is None:
        raise _unexpected(text, _skip(text, end), say("expected a colon after the key"))
    return ScalarNode(name, index, end, None, False), colon.end()


def _scalar(text: str, index: int) -> tuple[ScalarNode, int]:
    """The number, true, false or null that begins at `index`."""
    number = _NUMBER.match(text, index)
    if number is not None:
        written, end = number[0], number.end()
        value = float(written) if number[1] else whole(written)
        return ScalarNode(value, index, end), end
    word = _WORD.match(text, index)
    if word is None or word[0] not in _WORDS:
        raise _unexpected(text, index, say("expected a value"))
    return ScalarNode(_WORDS[word[0]], index, word.end()), word.end()


# -- faults -----------------------------------------------------------------------------------------------

_STRING_FAULTS = (
    ("Unterminated", say("the text that starts here has no closing quote")),
    ("Invalid control", say("write a control character in a text as an escape")),
    ("Invalid", say("JSON does not have this escape")),
)


def _broken_string(text: str, error: JSONDecodeError) -> SyntaxFault:
    """What `scanstring` found wrong."""
    message = next(message for begin, message in _STRING_FAULTS if error.msg.startswith(begin))
    return SyntaxFault(message, min(error.pos, len(text)))


def _unexpected(text: str, index: int, expected: str) -> SyntaxFault:
    """What stands at `index` instead of what was expected: said in its own terms where it is well known."""
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
