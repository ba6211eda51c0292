"""YAML 1.2 (core schema) as a node tree with places.

PyYAML parses, with libyaml if it is there. The values of scalars are decided here, since PyYAML follows YAML
1.1, where `0144` is 100, `1:40` is 100 and `no` is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from vcolint.locale import say
from vcolint.text.source import (
    LONGEST_INTEGER,
    MAX_DEPTH,
    TOO_DEEP,
    LimitFault,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Source,
    SyntaxFault,
    whole,
)
from vcolint.text.value import Scalar
from vcolint.text.wording import quoted

# The limit for nodes from aliases, each counted as often as it is used: this many for each character of the
# text, between two bounds. A walk through the tree visits them all.
_BROUGHT_PER_CHARACTER = 10
_BROUGHT_AT_LEAST = 100_000
_BROUGHT_AT_MOST = 5_000_000

_LONGEST_PREFIX = 100  # of a %TAG line: every tag that uses it is as long

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")

_CORE = "tag:yaml.org,2002:"
_CORE_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}

_BREAK = "\r\n\x85\u2028\u2029"
_BLANK = f" \t{_BREAK}"
# The text that may be between the beginning of a node and its content. Each part can match in one way only.
# The patterns are compiled on use, since most files need none.
_COMMENT = f"#[^{_BREAK}]*(?![^{_BREAK}])"
_PROPERTY = f"[!&][^{_BLANK}]*(?![^{_BLANK}])"
_SPACE = f"[{_BLANK}]+(?![{_BLANK}])"
_PROPERTIES = f"(?:{_PROPERTY}|{_COMMENT}|{_SPACE})*"
_ANCHOR = f"{_PROPERTY}(?:{_COMMENT}|{_SPACE})*"
_BLOCK_HEADER = "[|>][-+0-9]*"
_REFUSED = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def parse(source: Source, *, merge: bool = True) -> list[Node]:
    """All documents of a stream. An empty document is a null; an empty stream has no documents.

    Without `merge`, `<<` is a key like others. The node of an alias is the node of its anchor. The span of a
    scalar includes its tag and its quotes but no anchor before them, and ends at its last character that is
    not blank. The span of a collection includes its tag and its anchor.

    Raises SyntaxFault.
    """
    text = source.text
    if text.startswith("\ufeff"):
        raise SyntaxFault(say("a second byte order mark"), 0)
    try:
        return _documents(text, merge)
    except yaml.MarkedYAMLError as error:
        raise _fault(text, error) from None
    except (yaml.reader.ReaderError, ValueError, OverflowError):
        raise _refused_character(text) from None


def resolve(text: str) -> Scalar:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return whole(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16) if len(text) <= LONGEST_INTEGER else float("inf")
    return text


class _Resolved(dict[str, Scalar]):
    """The values of plain scalars by their text: most occur many times."""

    def __missing__(self, text: str) -> Scalar:
        value = self[text] = resolve(text)
        return value


def _documents(text: str, merge: bool) -> list[Node]:
    next_event = _Parser(text).get_event
    resolved = _Resolved()
    documents: list[Node] = []
    children = documents  # in the innermost open collection so far; in a mapping, keys and values
    opened: list[tuple[list[Node], Any, int, int]] = []  # the collections around it
    height = 0  # the levels of collections in the innermost open one so far
    anchors: dict[str, Any] = {}  # -> the node, its size and height; for an open collection, its children
    nodes = 0  # in closed collections, including those from aliases
    brought = 0
    most = min(max(_BROUGHT_PER_CHARACTER * len(text), _BROUGHT_AT_LEAST), _BROUGHT_AT_MOST)
    end = 0
    node: Node
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value
            end = event.end_mark.index
            if event.tag is None and event.anchor is None and not event.style and value:
                children.append(ScalarNode(resolved[value], event.start_mark.index, end))
                continue
            node = _scalar(text, event)
            end = node.end
            children.append(node)
            if event.anchor is not None:
                anchors[event.anchor] = (node, 1, 0)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(opened) == MAX_DEPTH:
                raise LimitFault(TOO_DEEP, event.start_mark.index)
            opened.append((children, event, nodes, height))
            children = []
            height = 0
            if event.anchor is not None:
                anchors[event.anchor] = children
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            held = children
            inner = height + 1
            children, begin, before, height = opened.pop()
            height = max(height, inner)
            nodes += len(held)
            start = begin.start_mark.index
            # A block ends where the next token begins, and so does the mapping in `[a: b , c]`.
            if begin.flow_style and text[event.end_mark.index - 1 : event.end_mark.index] in "]}":
                end = event.end_mark.index
            tag = None if begin.tag is None else _collection_tag(begin.tag, kind is MappingEndEvent, start)
            if kind is SequenceEndEvent:
                node = SequenceNode(held, start, end, tag)
            else:
                each = iter(held)
                pairs = list(zip(each, each, strict=True))
                node = MappingNode(pairs, start, end, tag)
                if merge and "<<" in resolved:
                    _merge(node)
            children.append(node)
            if begin.anchor is not None and anchors[begin.anchor] is held:
                anchors[begin.anchor] = (node, nodes - before + 1, inner)
        elif kind is AliasEvent:
            start, end = event.start_mark.index, event.end_mark.index
            target = anchors.get(event.anchor)
            if target is None:
                raise SyntaxFault(
                    say("there is no anchor {anchor} before this alias", anchor=quoted(event.anchor)),
                    start,
                    end,
                )
            if isinstance(target, list):
                raise SyntaxFault(
                    say("the anchor {anchor} contains itself", anchor=quoted(event.anchor)), start, end
                )
            node, size, inner = target
            nodes += size - 1
            brought += size
            height = max(height, inner)
            if len(opened) + inner > MAX_DEPTH:
                raise LimitFault(TOO_DEEP, start, end)
            if brought > most:
                raise LimitFault(
                    say("the aliases up to here stand for more than {most} values", most=format(most, ",")),
                    start,
                    end,
                )
            children.append(node)
        elif kind is DocumentStartEvent:
            anchors.clear()
            if event.tags and any(len(prefix) > _LONGEST_PREFIX for prefix in event.tags.values()):
                raise SyntaxFault(say("a %TAG line with a very long prefix"), event.start_mark.index)
        elif kind is StreamEndEvent:
            return documents


def content_start(text: str, start: int, end: int) -> int:
    """The beginning of a scalar's content in its span: after its tag and the comments after the tag."""
    found = re.compile(_PROPERTIES).match(text, start, end)
    assert found is not None
    return found.end()


def _scalar_span(text: str, event: Any) -> tuple[int, int]:
    """The span of a scalar: with its tag and its quotes, without an anchor before them, up to its last
    character that is not blank."""
    start, end = event.start_mark.index, event.end_mark.index
    value: str = event.value
    style = event.style or ""
    if event.anchor is not None:
        found = re.compile(_ANCHOR).match(text, start, end)
        if found is not None and text[start] == "&":
            start = found.end()
    if style in ("|", ">"):
        if value.strip(_BLANK):
            while text[end - 1] in _BLANK:
                end -= 1
        else:
            header = re.compile(_BLOCK_HEADER).match(text, content_start(text, start, end))
            assert header is not None
            end = header.end()
    elif start == end:
        # The parser may place an empty scalar at the next token.
        while end > 0 and text[end - 1] in _BLANK:
            end -= 1
        start = end
    return start, end


def _scalar(text: str, event: Any) -> ScalarNode:
    """A scalar that has an anchor, a tag or quotes, is a block, or is empty."""
    start, end = _scalar_span(text, event)
    value: str = event.value
    plain = not event.style
    if event.tag is None:
        return ScalarNode(resolve(value) if plain else value, start, end, None, plain)
    if event.tag == "!":
        return ScalarNode(value, start, end, None, plain)
    name = event.tag.removeprefix(_CORE)
    if event.tag == name:
        return ScalarNode(value, start, end, name, plain)
    if name == "str":
        return ScalarNode(value, start, end, None, plain)
    if name in _CORE_TYPES:
        result = resolve(value)
        if type(result) not in _CORE_TYPES[name]:
            raise SyntaxFault(say("{quoted} is not a !!{name}", quoted=quoted(value), name=name), start, end)
        if name == "float" and isinstance(result, int):
            result = float(result)
        return ScalarNode(result, start, end, None, plain)
    if name in ("map", "seq"):
        raise SyntaxFault(say("text is not a !!{name}", name=name), start, end)
    return ScalarNode(value, start, end, event.tag, plain)


def _collection_tag(tag: str, is_mapping: bool, start: int) -> str | None:
    """The tag for a node; None for the tags of ordinary collections."""
    if tag in ("!", _CORE + ("map" if is_mapping else "seq")):
        return None
    name = tag.removeprefix(_CORE)
    if tag != name and (name in _CORE_TYPES or name in ("str", "map", "seq")):
        raise SyntaxFault(
            say("a {value} is not a !!{name}", value="mapping" if is_mapping else "list", name=name), start
        )
    return tag


def _merge(node: MappingNode) -> None:
    """Add the pairs that the `<<` keys of a mapping merge. The first of equal keys counts."""
    own = []
    sources: list[MappingNode] = []
    for key, value in node.pairs:
        if not (isinstance(key, ScalarNode) and key.value == "<<" and key.plain and key.tag is None):
            own.append((key, value))
            continue
        for one in value.items if isinstance(value, SequenceNode) else (value,):
            if not isinstance(one, MappingNode):
                raise SyntaxFault(say("<< needs a mapping or a list of mappings"), key.start, key.end)
            sources.append(one)
    if len(own) == len(node.pairs):
        return
    node.pairs = own
    seen = {_identity(key) for key, _ in own}
    for one in sources:
        for pair in (*one.pairs, *one.merged):
            identity = _identity(pair[0])
            if identity not in seen:
                seen.add(identity)
                node.merged.append(pair)


def _identity(key: Node) -> tuple[object, ...]:
    """A value that is equal for equal keys. Collections are never equal."""
    return (type(key.value), key.value) if isinstance(key, ScalarNode) else (id(key),)


# -- faults -----------------------------------------------------------------------------------------------

_UNCLOSED = say("the quoted text that starts here is never closed")

# Messages of libyaml and of PyYAML's own parser, and what vcolint says instead. `True`: the fault is at the
# beginning of what could not be read.
_MESSAGES = (
    ("could not find expected ':'", say("expected a colon after this key"), True),
    (
        "mapping values are not",
        say("a colon is not allowed here: quote the text or check the indentation"),
        False,
    ),
    ("sequence entries are not", say("a list item is not allowed here"), False),
    ("mapping keys are not", say("a key is not allowed here"), False),
    ("unexpected end of stream|unexpected document (?:indicator|separator)", _UNCLOSED, True),
    ("expected ',' or '[]}]'", say("expected a comma or the closing bracket"), False),
    (
        "expected key|expected '-' indicator|expected <block end>",
        say("unexpected: check the indentation"),
        False,
    ),
    ("expected (?:the )?node content", say("expected a value"), False),
    (
        "expected '?<document start>",
        say("expected the end of the document, or --- before the next one"),
        False,
    ),
    ("undefined tag handle", say("no %TAG line defines the handle of this tag"), False),
    ("duplicate", say("the same directive occurs twice"), False),
    ("incompatible YAML", say("vcolint cannot read this YAML version: use 1.2"), False),
    ("unknown directive", say("not a YAML directive"), True),
    ("quoted scalar.*(?:escape|hexa?decimal)", say("YAML does not have this escape"), False),
    ("indentation indicator (?:equal|in the range)", say("the indentation of a block must be 1 to 9"), False),
    ("tab character", say("a tab cannot indent: use spaces"), False),
    ("directive", say("a directive that cannot be read"), True),
    ("maximum nesting", TOO_DEEP, False),
    ("scanning (?:an )?(?:anchor|alias)", say("not the name of an anchor"), False),
    ("(?:scanning|parsing) (?:a )?tag", say("not a tag"), True),
    ("block scalar", say("this is not allowed at the start of a block"), False),
)


def _fault(text: str, error: yaml.MarkedYAMLError) -> SyntaxFault:
    """The fault that the parser reports."""
    said = f"{error.context or ''}: {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    start = mark.index if mark is not None else 0
    if "cannot start any token" in said:
        character = text[start : start + 1]
        message = (
            say("a tab cannot indent: use spaces")
            if character == "\t"
            else say("text cannot start with {character}: quote it", character=quoted(character))
        )
        return SyntaxFault(message, min(start, len(text)))
    message = say("not YAML")
    for pattern, meaning, at_beginning in _MESSAGES:
        if re.search(pattern, said):
            message = meaning
            if at_beginning and error.context_mark is not None:
                start = error.context_mark.index
            break
    return SyntaxFault(message, min(start, len(text)))


def _refused_character(text: str) -> SyntaxFault:
    found = re.search(_REFUSED, text)
    if found is None:
        return SyntaxFault(say("a character that YAML does not allow"))
    return SyntaxFault(
        say("YAML does not allow the character U+{found}", found=format(ord(found[0]), "04X")),
        found.start(),
        found.end(),
    )


# -- the parser -------------------------------------------------------------------------------------------


class _PurePythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser, without its composer and constructor."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


_Parser: Callable[[str], Any]
try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:
    _Parser = _PurePythonParser
