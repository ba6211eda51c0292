"""YAML 1.2 (core schema) as a node tree with places, and its comments for vcolint.

PyYAML parses, with libyaml if it is there. The values of scalars are decided here, since PyYAML follows YAML
1.1, where `0144` is 100, `1:40` is 100 and `no` is false.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
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
from vcolint.text.nodes import scalars
from vcolint.text.source import (
    MAX_DEPTH,
    TOO_DEEP,
    MappingNode,
    Node,
    Remark,
    ScalarNode,
    SequenceNode,
    Source,
    SyntaxFault,
    whole,
)
from vcolint.text.value import Scalar
from vcolint.text.wording import quoted

# The limit for nodes from aliases, each counted as often as it is used: this many for each character of the
# text. A walk through the tree visits them all.
_BROUGHT_PER_CHARACTER = 10
_BROUGHT_AT_LEAST = 100_000

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
_LONGEST_BASED = 500  # characters: Python reads longer ones, but does not print them
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")

_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = ("!", _CORE + "str")
_RESOLVED_TAGS = (None, *(_CORE + name for name in ("null", "bool", "int", "float")))
_COLLECTION_TAGS = (None, "!", _CORE + "map", _CORE + "seq")

_BREAK = "\r\n\x85\u2028\u2029"  # in YAML the last three characters end a line, too
_BLANK = f" \t{_BREAK}"
_ANCHOR = f"&[^{_BLANK}]*(?:[{_BLANK}]+|#[^{_BREAK}]*)*"  # compiled on use, since most files need none

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its parser is used


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
        return _documents(text, merge and "<<" in text)
    except yaml.MarkedYAMLError as error:
        raise _fault(text, error) from None
    except (yaml.reader.ReaderError, ValueError, OverflowError):
        found = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
        span = found.span() if found is not None else (0, 0)
        raise SyntaxFault(say("a character that YAML does not allow"), *span) from None


@lru_cache(4096)
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
        return int(text[2:], 8 if text[1] == "o" else 16) if len(text) <= _LONGEST_BASED else float("inf")
    return text


def _documents(text: str, merge: bool) -> list[Node]:
    next_event = _Loader(text).get_event
    documents: list[Node] = []
    children = documents  # in the innermost open collection so far; in a mapping, keys and values
    opened: list[tuple[list[Node], Any, int, int]] = []  # the collections around it
    height = 0  # the levels of collections in the innermost open one so far
    anchors: dict[str, Any] = {}  # -> the node, its size and height; for an open collection, its children
    nodes = 0  # in closed collections, including those from aliases
    brought = 0
    most = max(_BROUGHT_PER_CHARACTER * len(text), _BROUGHT_AT_LEAST)
    end = 0
    node: Node
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value
            end = event.end_mark.index
            if event.tag is None and event.anchor is None and not event.style and value:
                children.append(ScalarNode(resolve(value), event.start_mark.index, end))
                continue
            node = _scalar(text, event)
            end = node.end
            children.append(node)
            if event.anchor is not None:
                anchors[event.anchor] = (node, 1, 0)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(opened) == MAX_DEPTH:
                raise SyntaxFault(TOO_DEEP, event.start_mark.index)
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
            tag = None if begin.tag in _COLLECTION_TAGS else begin.tag
            if kind is SequenceEndEvent:
                node = SequenceNode(held, start, end, tag)
            else:
                each = iter(held)
                node = MappingNode(list(zip(each, each, strict=True)), start, end, tag)
                if merge:
                    _merge(node)
            children.append(node)
            if begin.anchor is not None and anchors[begin.anchor] is held:
                anchors[begin.anchor] = (node, nodes - before + 1, inner)
        elif kind is AliasEvent:
            start, end = event.start_mark.index, event.end_mark.index
            target = anchors.get(event.anchor)
            if target is None:
                message = say("there is no anchor {anchor} before this alias", anchor=quoted(event.anchor))
                raise SyntaxFault(message, start, end)
            if isinstance(target, list):
                message = say("the anchor {anchor} contains itself", anchor=quoted(event.anchor))
                raise SyntaxFault(message, start, end)
            node, size, inner = target
            nodes += size - 1
            brought += size
            height = max(height, inner)
            if len(opened) + inner > MAX_DEPTH:
                raise SyntaxFault(TOO_DEEP, start, end)
            if brought > most:
                message = say("the aliases up to here stand for more than {most} values", most=f"{most:,}")
                raise SyntaxFault(message, start, end)
            children.append(node)
        elif kind is DocumentStartEvent:
            anchors.clear()
            if event.tags and any(len(prefix) > _LONGEST_PREFIX for prefix in event.tags.values()):
                raise SyntaxFault(say("a %TAG line with a very long prefix"), event.start_mark.index)
        elif kind is StreamEndEvent:
            return documents


def _scalar(text: str, event: Any) -> ScalarNode:
    """A scalar that has an anchor, a tag or quotes, is a block, or is empty."""
    start, end = event.start_mark.index, event.end_mark.index
    if event.anchor is not None and text[start] == "&":
        start = re.compile(_ANCHOR).match(text, start, end).end()  # type: ignore[union-attr]
    while end and text[end - 1] in _BLANK:  # of a block; an empty scalar may be at the next token
        end -= 1
    start = min(start, end)
    value, tag, plain = event.value, event.tag, not event.style
    if tag in _TEXT_TAGS:
        tag = None
    elif tag in _RESOLVED_TAGS:
        value = resolve(value) if plain or tag else value
        tag = None
    return ScalarNode(value, start, end, tag, plain)


def _merge(node: MappingNode) -> None:
    """Add the pairs that the `<<` keys of a mapping merge. The first of equal keys counts."""
    merging = [pair for pair in node.pairs if _is_merge(pair[0])]
    if not merging:
        return
    node.pairs = [pair for pair in node.pairs if not _is_merge(pair[0])]
    seen = {_identity(key) for key, _ in node.pairs}
    for key, value in merging:
        for one in value.items if isinstance(value, SequenceNode) else (value,):
            if not isinstance(one, MappingNode):
                raise SyntaxFault(say("<< needs a mapping or a list of mappings"), key.start, key.end)
            for pair in (*one.pairs, *one.merged):
                identity = _identity(pair[0])
                if identity not in seen:
                    seen.add(identity)
                    node.merged.append(pair)


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value == "<<" and key.plain and key.tag is None


def _identity(key: Node) -> tuple[object, ...]:
    """A value that is equal for equal keys. Collections are never equal."""
    return (type(key.value), key.value) if isinstance(key, ScalarNode) else (id(key),)


# -- remarks ----------------------------------------------------------------------------------------------

# At the start of a line or behind a blank. It may stand in a comment for another tool:
# `# yamllint disable # vcolint: ignore[VCO106]`.
_REMARK = rf"#(?<![^{_BLANK}]#)[ \t]*(?=(?i:vcolint(?::|[ \t_-]*ignore)))"
_LINE = rf"[^{_BREAK}]*"
_BLOCK_HEADER = rf"(?:![^ {_BREAK}]*[ {_BREAK}]+)?[|>]{_LINE}"


def remarks(source: Source, documents: Iterable[Node]) -> list[Remark]:
    """The comments that begin with `vcolint:` in any case, or lack its colon, in the order of the text.

    `documents` are the trees of the text: a `#` inside a scalar begins no comment.
    """
    text = source.text
    if "#" not in text or re.search(_REMARK, text) is None:
        return []
    header = re.compile(_BLOCK_HEADER)
    held = {(0, 0)}  # the spans of the scalars that may hold a `#`; that of a block begins after its header
    for one in chain.from_iterable(map(scalars, documents)):
        if not one.plain:
            block = header.match(text, one.start, one.end)
            held.add((block.end() if block else one.start, one.end))
    spans = sorted(held)
    line = re.compile(_LINE)
    found = []
    end = 0  # of the last remark
    for remark in re.finditer(_REMARK, text):
        start = remark.end()
        if start > end and start >= spans[bisect_right(spans, (start, len(text))) - 1][1]:
            said = line.match(text, start)[0].rstrip()  # type: ignore[index]
            end = start + len(said)
            found.append(Remark(said, source.location(start, end)))
    return found


# -- faults -----------------------------------------------------------------------------------------------

# The common messages of libyaml and of PyYAML's own parser, and what vcolint says instead. `True`: the fault
# is at the beginning of what could not be read.
_MESSAGES = (
    ("could not find expected ':'", say("expected a colon after this key"), True),
    ("mapping values", say("a colon is not allowed here: quote the text or check the indentation"), False),
    ("sequence entries are not", say("a list item is not allowed here"), False),
    (
        "unexpected end of stream|unexpected document",
        say("the quoted text that starts here is never closed"),
        True,
    ),
    ("expected ',' or '[]}]'", say("expected a comma or the closing bracket"), False),
    ("expected key|expected '-' ind|expected <block end>", say("unexpected: check the indentation"), False),
    ("expected (?:the )?node content", say("expected a value"), False),
    ("quoted scalar.*(?:escape|hexa?decimal)", say("YAML does not have this escape"), False),
    ("tab character|any token \t", say("a tab cannot indent: use spaces"), False),
    ("cannot start any", say("text cannot start with this character: quote it"), False),
    ("maximum nesting", TOO_DEEP, False),
)


def _fault(text: str, error: yaml.MarkedYAMLError) -> SyntaxFault:
    """The fault that the parser reports."""
    mark = error.problem_mark or error.context_mark
    start = mark.index if mark is not None else 0
    said = f"{error.context}: {error.problem} {text[start : start + 1]}"
    message = say("not YAML: {problem}", problem=error.problem)
    for pattern, meaning, at_beginning in _MESSAGES:
        if re.search(pattern, said):
            message = meaning
            if at_beginning and error.context_mark is not None:
                start = error.context_mark.index
            break
    return SyntaxFault(message, min(start, len(text)))
