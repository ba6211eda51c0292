"""YAML into node trees: values against a slow reading of the core schema, places against the text itself.

Everything that holds for libyaml is held for PyYAML's own parser too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vcolint.text import yaml as reader
from vcolint.text.source import MAX_DEPTH, MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.yaml import resolve

PARSERS = [yaml.CSafeLoader, yaml.SafeLoader]
each_parser = pytest.mark.parametrize("parser", PARSERS, ids=["libyaml", "python"])
Parser = Callable[[str], Any]


def parse(text: str, parser: Parser = PARSERS[0]) -> list[Node]:
    with patch.object(reader, "_Loader", parser):
        return reader.parse(Source("f.yaml", text))


def one(text: str, parser: Parser = PARSERS[0]) -> Node:
    (node,) = parse(text, parser)
    return node


def fault(text: str, parser: Parser = PARSERS[0]) -> tuple[str, int]:
    with pytest.raises(SyntaxFault) as caught:
        parse(text, parser)
    assert 0 <= caught.value.start <= caught.value.end <= len(text)
    return caught.value.message, caught.value.start


class Pairs(list[Any]):
    """The pairs of a mapping, as written: never equal to a list of the document."""


def value(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [value(item) for item in node.items]
    return Pairs((value(key), value(below)) for key, below in node.pairs)


def every(node: Node) -> Iterator[Node]:
    yield node
    below: list[Node] = []
    if isinstance(node, SequenceNode):
        below = node.items
    elif isinstance(node, MappingNode):
        below = [each for pair in node.pairs for each in pair]
    for each in below:
        yield from every(each)


def outline(node: Node, text: str) -> Any:
    """A tree with the text of every node's span."""
    span = text[node.start : node.end]
    if isinstance(node, ScalarNode):
        return (repr(node.value), span)
    if isinstance(node, SequenceNode):
        return (span, [outline(item, text) for item in node.items])
    return (span, [(outline(key, text), outline(below, text)) for key, below in node.pairs])


# -- generated documents ----------------------------------------------------------------------------------

texts = st.text("ab #:-'\"\\|>&*!%@`,[]{}?~\n\t\r0129.eé😀\x85\u2028\ufeff", max_size=10) | st.sampled_from(
    ["true", "null", "0144", "1:40", "no", "<<", "1e3", ".inf", "0x1F", "vcolint: x", "a # b", "two\nlines\n"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
trees = st.recursive(
    scalars,
    lambda below: (
        st.lists(below, max_size=4) | st.lists(st.tuples(scalars | below, below), max_size=4).map(Pairs)
    ),
    max_leaves=10,
)


def plain(written: Any) -> str:
    """A scalar that is no text, in plain style."""
    if written is None:
        return "null"
    if isinstance(written, bool):
        return str(written).lower()
    if isinstance(written, float) and math.isinf(written):
        return ".inf" if written > 0 else "-.inf"
    return repr(written)


def events(draw: st.DrawFn, tree: Any) -> Iterator[yaml.Event]:
    if isinstance(tree, Pairs):
        yield yaml.MappingStartEvent(None, None, True, flow_style=draw(st.booleans()))
        for pair in tree:
            for each in pair:
                yield from events(draw, each)
        yield yaml.MappingEndEvent()
    elif isinstance(tree, list):
        yield yaml.SequenceStartEvent(None, None, True, flow_style=draw(st.booleans()))
        for each in tree:
            yield from events(draw, each)
        yield yaml.SequenceEndEvent()
    elif isinstance(tree, str):
        # Plain only where no text of that kind could be anything else.
        may_be_plain = tree[:1].isalpha() and tree.lower() not in ("true", "false", "null")
        style = draw(st.sampled_from([None, "'", '"', "|", ">"])) if may_be_plain else '"'
        yield yaml.ScalarEvent(None, None, (may_be_plain, True), tree, style=style)
    else:
        yield yaml.ScalarEvent(None, None, (True, False), plain(tree), style=None)


def said(text: str) -> list[Any]:
    """What PyYAML reads in a text, without places."""
    return [
        (type(event), getattr(event, "value", None))
        for event in yaml.parse(text, Loader=yaml.CLoader)
        if not isinstance(event, yaml.DocumentStartEvent | yaml.DocumentEndEvent)
    ]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A stream of documents, and their values."""
    expected = draw(st.lists(trees, min_size=1, max_size=2))
    stream: list[yaml.Event] = [yaml.StreamStartEvent()]
    for tree in expected:
        stream.append(yaml.DocumentStartEvent(explicit=draw(st.booleans()) or len(stream) > 1))
        stream += events(draw, tree)
        stream.append(yaml.DocumentEndEvent(explicit=False))
    stream.append(yaml.StreamEndEvent())
    text: str = yaml.emit(
        stream,
        Dumper=yaml.CDumper,
        allow_unicode=draw(st.booleans()),
        width=draw(st.sampled_from([5, 80])),
        line_break=draw(st.sampled_from(["\n", "\r\n", "\r"])),
    )
    contents = [content for kind, content in said(text) if kind is yaml.ScalarEvent]
    assume(contents == [event.value for event in stream if isinstance(event, yaml.ScalarEvent)])
    for at in draw(st.lists(st.integers(0, len(text)), max_size=3)):
        comment = draw(st.sampled_from([" # é\n", "\n# 😀\r\n", "\n\n"]))
        changed = text[:at] + comment + text[at:]
        try:
            if said(changed) == said(text):
                text = changed
        except yaml.YAMLError:
            pass
    return text, expected


@settings(max_examples=150, deadline=None)
@given(documents())
def test_values_and_spans_of_generated_documents(document: tuple[str, list[Any]]) -> None:
    text, expected = document
    roots = parse(text)
    assert repr([value(root) for root in roots]) == repr(expected)
    for root in roots:
        for node in every(root):
            part = text[node.start : node.end]
            assert part == part.strip(" \t\r\n")
            if isinstance(node, ScalarNode):
                if not node.plain and part[0] in "|>":
                    continue  # its indentation hangs on what is around it
                assert part[:1] not in ("'", '"') or part[-1] == part[0]
                assert repr(value(one(part))) == repr(node.value)
            elif part[0] == "[" and isinstance(node, SequenceNode):
                assert part[-1] == "]"
                assert repr(value(one(part))) == repr(value(node))
            elif part[0] == "{" and (not node.pairs or node.pairs[0][0].start > node.start):
                assert part[-1] == "}"
                assert repr(value(one(part))) == repr(value(node))
            elif isinstance(node, SequenceNode):
                assert node.end == node.items[-1].end
            else:
                assert node.end == node.pairs[-1][1].end


@settings(max_examples=50, deadline=None)
@given(documents())
def test_the_two_parsers_agree(document: tuple[str, list[Any]]) -> None:
    text, _ = document
    try:
        roots = parse(text, PARSERS[1])
    except SyntaxFault:
        assume(False)  # PyYAML's own parser refuses some tabs and line breaks that libyaml takes
    assert [outline(root, text) for root in roots] == [outline(root, text) for root in parse(text)]


signs = st.sampled_from("-:?[]{},#&*!|>'\"%@` \t\n\r\x00\x85\ufeff\ud800é😀a1")
pieces = signs | st.sampled_from(
    ["- ", ": ", "\n  ", "&a ", "*a", "<<: ", "!!int ", "!x ", "|2\n", "---\n", "...\n", "%YAML 1.2\n",
     "%TAG ! x\n", "!%ED%A0%80 ", '"\\U00110000"', '"\\UFFFFFFFF"']
)  # fmt: skip


@each_parser
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_text_raises_anything_but_a_fault_inside_it(parser: Parser, data: st.DataObject) -> None:
    text = data.draw(documents().map(lambda made: made[0]) | st.lists(pieces, max_size=12).map("".join))
    for at in data.draw(st.lists(st.integers(0, len(text)), max_size=2)):
        text = text[:at] + data.draw(pieces) + text[at + data.draw(st.integers(0, 2)) :]
    try:
        roots = parse(text, parser)
    except SyntaxFault as caught:
        message, start, end = caught.message, caught.start, caught.end
    else:
        message, start, end = "-", 0, 0
        for root in roots:
            assert all(0 <= node.start <= node.end <= len(text) for node in every(root))
    assert message
    assert 0 <= start <= end <= len(text)


# -- the core schema --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        ("0", 0),
        ("0144", 144),
        ("-0144", -144),
        ("+12", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e3", -1500.0),
        ("1e3", 1000.0),
        ("1E+2", 100.0),
        ("100.0", 100.0),
        ("1e999", float("inf")),
        *[(word, float("inf")) for word in (".inf", "+.Inf", ".INF")],
        ("-.inf", float("-inf")),
        *[(word, float("nan")) for word in (".nan", ".NaN", ".NAN")],
        ("9" * 4300, int("9" * 4300)),
        ("9" * 4301, float("inf")),
        ("-" + "9" * 100_000, float("-inf")),
        ("0" * 1000 + "7", 7),
        ("0x" + "f" * 498, int("f" * 498, 16)),
        ("0x" + "f" * 499, float("inf")),
    ],
)
def test_the_core_schema(text: str, expected: object) -> None:
    assert repr(resolve(text)) == repr(expected)


@pytest.mark.parametrize(
    "text",
    ["1:40", "no", "yes", "on", "off", "y", "tRUE", "nULL", "1_000", "0b11", "-0x1F", "0o8", "0x", "+.nan",
     "2001-12-14", "10.1.2.0/24", "1.2.3", "-", "+", ".", "..", "e3", ".e3", "1e", "٣", "１", "<<", "=",
     ".infx", "1 2"],
)  # fmt: skip
def test_what_is_text(text: str) -> None:
    assert resolve(text) == text


# -- places -----------------------------------------------------------------------------------------------


@each_parser
@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("é: 😀x\r\nb: 1\r\n", [("é: 😀x\r\nb: 1", 0), ("é", 0), ("😀x", 3), ("b", 7), ("1", 10)]),
        ("- x\x85- y\u2028- z", [("- x\x85- y\u2028- z", 0), ("x", 2), ("y", 6), ("z", 10)]),
        ("a: 'x' # c\n", [("a: 'x'", 0), ("a", 0), ("'x'", 3)]),
        ("a: x\n  y  # c\n\n", [("a: x\n  y", 0), ("a", 0), ("x\n  y", 3)]),
        ("a: |\n  x\n  y\n\n# c\n", [("a: |\n  x\n  y", 0), ("a", 0), ("|\n  x\n  y", 3)]),
        ("a: >-  # c\n\n  x\n", [("a: >-  # c\n\n  x", 0), ("a", 0), (">-  # c\n\n  x", 3)]),
        ("a: |+\n\n\nb: 1", [("a: |+\n\n\nb: 1", 0), ("a", 0), ("|+", 3), ("b", 8), ("1", 11)]),
        ("a:\nb:   # c\n", [("a:\nb:", 0), ("a", 0), ("", 2), ("b", 3), ("", 5)]),
        ("? a\n", [("? a", 0), ("a", 2), ("", 3)]),
        ("{b: , c}", [("{b: , c}", 0), ("b", 1), ("", 3), ("c", 6), ("", 7)]),
        ("[a: b , c]", [("[a: b , c]", 0), ("a: b", 1), ("a", 1), ("b", 4), ("c", 8)]),
        ("-\n- x\n", [("-\n- x", 0), ("", 1), ("x", 4)]),
        ("- - 1\n\n- 3\n", [("- - 1\n\n- 3", 0), ("- 1", 2), ("1", 4), ("3", 9)]),
        ("- &a 'x'\n- &b\n  y", [("- &a 'x'\n- &b\n  y", 0), ("'x'", 5), ("y", 16)]),
        ("- !t &a x", [("- !t &a x", 0), ("!t &a x", 2)]),
        ("- &a !t x", [("- &a !t x", 0), ("!t x", 5)]),
        ("- &a\n  k: v", [("- &a\n  k: v", 0), ("&a\n  k: v", 2), ("k", 7), ("v", 10)]),
        ("- &a", [("- &a", 0), ("", 4)]),
        ("a: !x\nb: 1", [("a: !x\nb: 1", 0), ("a", 0), ("!x", 3), ("b", 6), ("1", 9)]),
        ("'a\n\n  b'", [("'a\n\n  b'", 0)]),
    ],
)  # fmt: skip
def test_spans(text: str, spans: list[tuple[str, int]], parser: Parser) -> None:
    assert [(text[node.start : node.end], node.start) for node in every(one(text, parser))] == spans


@each_parser
def test_a_collection_that_ends_with_an_alias_ends_behind_it(parser: Parser) -> None:
    root = one("a: &x 1\nb: *x   # c\n", parser)
    assert isinstance(root, MappingNode)
    assert (root.start, root.end) == (0, 13)
    assert root.pairs[1][1] is root.pairs[0][1]


@each_parser
def test_streams(parser: Parser) -> None:
    assert parse("", parser) == []
    assert parse("# only a comment\n", parser) == []
    assert [value(node) for node in parse("---\n---\n", parser)] == [None, None]
    assert [value(node) for node in parse("a\n---\n- 1\n...\n---\n\n", parser)] == ["a", [1], None]
    assert [node.start for node in parse("---\n\n\n--- x\n", parser)] == [3, 10]


def test_what_is_plain() -> None:
    root = one("[a, 'a', \"a\", 1, !!str 1, !x 1, !x '1', ~]")
    assert isinstance(root, SequenceNode)
    each = [(node.value, node.plain, node.tag) for node in root.items if isinstance(node, ScalarNode)]
    assert each == [
        ("a", True, None),
        ("a", False, None),
        ("a", False, None),
        (1, True, None),
        ("1", True, None),
        ("1", True, "!x"),
        ("1", False, "!x"),
        (None, True, None),
    ]
    assert [node.plain for node in every(one("- |\n  1\n- >\n  1\n")) if isinstance(node, ScalarNode)] == [
        False
    ] * 2


# -- tags -------------------------------------------------------------------------------------------------


@each_parser
@pytest.mark.parametrize(
    ("text", "expected", "tag"),
    [
        ("!!str 100", "100", None),
        ("!!str", "", None),
        ("! 100", "100", None),
        ("!!int '100'", 100, None),
        ("!!float 1", 1, None),
        ("!!int x", "x", None),
        ("!!bool 'true'", True, None),
        ("!!null ''", None, None),
        ("!<tag:yaml.org,2002:int> 3", 3, None),
        ("!Ref Office", "Office", "!Ref"),
        ("!Ref 100", "100", "!Ref"),
        ("!Ref", "", "!Ref"),
        ("!GetAtt a.b", "a.b", "!GetAtt"),
        ("!!timestamp 2001-12-14", "2001-12-14", "tag:yaml.org,2002:timestamp"),
        ("!!map {a: 1}", Pairs([("a", 1)]), None),
        ("!!seq [1]", [1], None),
        ("! [1]", [1], None),
        ("!Join ['', [a]]", ["", ["a"]], "!Join"),
        ("!x\na: 1", Pairs([("a", 1)]), "!x"),
        ("%TAG !e! tag:e,2000:\n---\n!e!x 1", "1", "tag:e,2000:x"),
        ("!!seq x", "x", "tag:yaml.org,2002:seq"),
        ("!!str [x]", ["x"], "tag:yaml.org,2002:str"),
    ],
)
def test_tags(text: str, expected: object, tag: str | None, parser: Parser) -> None:
    node = one(text, parser)
    assert repr(value(node)) == repr(expected)
    assert node.tag == tag


@each_parser
@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        (f"%TAG ! tag:{'x' * 100}\n--- !a b", "a %TAG line with a very long prefix", 0),
    ],
)
def test_tags_that_are_refused(text: str, message: str, start: int, parser: Parser) -> None:
    assert fault(text, parser) == (message, start)


# -- aliases and merges -----------------------------------------------------------------------------------


@each_parser
@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("a: *b", 'there is no anchor "b" before this alias', 3),
        ("- &b 1\n---\n- *b", 'there is no anchor "b" before this alias', 13),
        ("&a [*a]", 'the anchor "a" contains itself', 4),
        ("&a\nx: {y: [*a]}", 'the anchor "a" contains itself', 11),
        ("&a {*a : 1}", 'the anchor "a" contains itself', 4),
    ],
)
def test_aliases_to_nowhere(text: str, message: str, start: int, parser: Parser) -> None:
    assert fault(text, parser) == (message, start)


def test_the_last_anchor_of_a_name_counts() -> None:
    assert value(one("[&a 1, *a, &a 2, *a]")) == [1, 1, 2, 2]
    assert value(one("- &a [&a x, *a]\n- *a")) == [["x", "x"], "x"]


def test_alias_bombs_end_at_an_alias() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)]
    text = "\n".join(lines)
    # One list of a level i stands for (9 ** (i + 2) - 1) / 8 values.
    brought = 0
    for at in range(len(text)):
        if text[at] == "*":
            level = int(text[at + 2 : at + 4].rstrip(",]"))
            brought += (9 ** (level + 2) - 1) // 8
            if brought > 100_000:
                break
    assert fault(text) == ("the aliases up to here stand for more than 100,000 values", at)


def test_merge_bombs_end_at_an_alias() -> None:
    pairs = ", ".join(f"k{i}: {i}" for i in range(300))
    text = f"a: &a {{{pairs}}}\nb: {{<<: [{', '.join(['*a'] * 500)}]}}"
    # An alias stands for 601 values: the mapping, its keys and their values.
    at = [at for at in range(len(text)) if text[at] == "*"][100_000 // 601]
    assert fault(text) == ("the aliases up to here stand for more than 100,000 values", at)


def test_an_honest_use_of_aliases_is_no_bomb() -> None:
    text = "base: &b {a: 1, b: 2, c: 3, d: 4}\nroutes:\n" + "".join(
        f"- {{<<: *b, d: {i}}}\n" for i in range(20_000)
    )
    root = one(text)
    assert isinstance(root, MappingNode)
    routes = root.pairs[1][1]
    assert isinstance(routes, SequenceNode)
    assert len(routes.items) == 20_000
    last = routes.items[-1]
    assert isinstance(last, MappingNode)
    assert value(last) == [("d", 19_999)]
    assert [(value(key), value(below)) for key, below in last.merged] == [("a", 1), ("b", 2), ("c", 3)]


def merged(text: str, name: str = "m", parser: Parser = PARSERS[0]) -> tuple[Any, Any]:
    """The pairs of the mapping under a key, its own and those merged in."""
    root = one(text, parser)
    assert isinstance(root, MappingNode)
    (node,) = (below for key, below in root.pairs if value(key) == name)
    assert isinstance(node, MappingNode)
    return value(node), [(value(key), value(below)) for key, below in node.merged]


@each_parser
@pytest.mark.parametrize(
    ("text", "own", "brought"),
    [
        ("a: &a {x: 1, y: 2}\nm: {<<: *a, y: 3}", [("y", 3)], [("x", 1)]),
        ("a: &a {x: 1, y: 2}\nm: {y: 3, <<: *a}", [("y", 3)], [("x", 1)]),
        ("a: &a {x: 1}\nb: &b {x: 2, z: 4}\nm: {<<: [*a, *b]}", [], [("x", 1), ("z", 4)]),
        ("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nm: {<<: *b}", [], [("y", 2), ("x", 1)]),
        ("m: {<<: {x: 1}}", [], [("x", 1)]),
        ("m: {<<: [], x: 1}", [("x", 1)], []),
        ("m: {'<<': {x: 1}}", [("<<", [("x", 1)])], []),
        ("a: &a {1: x, true: y, '1': z}\nm: {<<: *a, 1: w}", [(1, "w")], [(True, "y"), ("1", "z")]),
        ("m: {x: <<}", [("x", "<<")], []),
        ("m: {x: 1, x: 2}", [("x", 1), ("x", 2)], []),
    ],
)
def test_merges(text: str, own: Any, brought: Any, parser: Parser) -> None:
    assert repr(merged(text, parser=parser)) == repr((Pairs(own), brought))


@pytest.mark.parametrize("what", ["3", "x", "[x]", "[{}, [{}]]", "", "~"])
def test_a_merge_of_what_is_no_mapping(what: str) -> None:
    assert fault(f"a:\n  <<: {what}\n") == ("<< needs a mapping or a list of mappings", 5)


# -- depth and size ---------------------------------------------------------------------------------------


@each_parser
def test_depth_is_limited(parser: Parser) -> None:
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert one(deepest, parser).end == len(deepest)
    too_deep = f"nested more than {MAX_DEPTH} levels deep"
    assert fault(f"[{deepest}]", parser) == (too_deep, MAX_DEPTH)
    assert fault("[" * 10_000, parser)[0] == too_deep  # libyaml has a limit of its own, and looks ahead
    assert fault("- " * 10_000, parser) == (too_deep, 2 * MAX_DEPTH)
    assert fault("{a: " * 10_000, parser) == (too_deep, 4 * MAX_DEPTH)
    assert fault("\n".join(" " * i + "a:" for i in range(1_000)), parser)[0] == too_deep


def test_aliases_do_not_make_a_tree_deeper_than_the_limit() -> None:
    half = MAX_DEPTH // 2 - 1  # the outermost list is a level too
    text = f"- &a {'[' * half}{']' * half}\n- {'[' * half}*a{']' * half}\n"
    assert len(parse(text)) == 1
    deeper = f"- &a {'[' * half}{']' * half}\n- &b {'[' * half}*a{']' * half}\n- [*b]\n"
    assert len(parse(deeper)) == 1
    assert fault(deeper.replace("[*b]", "[[*b]]")) == (
        f"nested more than {MAX_DEPTH} levels deep",
        deeper.index("*b") + 1,
    )


def test_a_long_line_is_read() -> None:
    text = f"a: {'x' * 10_000_000}\nb: {'1' * 1_000_000}\nc: '{'é ' * 100_000}'"
    root = one(text)
    assert isinstance(root, MappingNode)
    assert [(node.start, node.end) for _, node in root.pairs] == [
        (3, 10_000_003),
        (10_000_007, 11_000_007),
        (11_000_011, 11_200_013),
    ]


# -- faults -----------------------------------------------------------------------------------------------

_COLON = "a colon is not allowed here: quote the text or check the indentation"
_INDENTATION = "unexpected: check the indentation"
_START = "text cannot start with this character: quote it"
_CHARACTER = "a character that YAML does not allow"
_UNCLOSED = "the quoted text that starts here is never closed"


@each_parser
@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("é: \x01", _CHARACTER, 3),
        ("😀: a\x00", _CHARACTER, 4),
        ("é: '\x7f'", _CHARACTER, 4),
        ("é: \ud800x", _CHARACTER, 3),
        ("# \ufffe", _CHARACTER, 2),
        ("\ufeffa: 1", "a second byte order mark", 0),
        ("\ta: 1", "a tab cannot indent: use spaces", 0),
        ("a:\n\t- b", "a tab cannot indent: use spaces", 3),
        ("a: @x", _START, 3),
        ("a: `x`", _START, 3),
        ("a: %x", _START, 3),
        ("é: b: c", _COLON, 4),
        ("a: b\n c: d", _COLON, 7),
        ("a:\n  b: 1\n c: 2", _INDENTATION, 11),
        ("- a\nb: c", _INDENTATION, 4),
        ("a: 'x' y", _INDENTATION, 7),
        ('a: "é\nb: 1', _UNCLOSED, 3),
        ("a: 'x", _UNCLOSED, 3),
        ("'x\n--- y'", _UNCLOSED, 0),
        ("a: 1\nbc\nd: 2", "expected a colon after this key", 5),
        ("a: [1, 2", "expected a comma or the closing bracket", 8),
        ("{a: 1]", "expected a comma or the closing bracket", 5),
        ("[a,,b]", "expected a value", 3),
        ("a: - b", "a list item is not allowed here", 3),
    ],
)
def test_faults_say_what_is_wrong_and_where(text: str, message: str, start: int, parser: Parser) -> None:
    assert fault(text, parser) == (message, start)


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("é: !%ED%A0%80 x", _CHARACTER, 0),
        ("%FOO x\n--- a", "not YAML: found unknown directive name", 4),
        ("!a!b c", "not YAML: found undefined tag handle", 0),
        ("{} x", "not YAML: did not find expected <document start>", 3),
        ("a: |0\n x", "not YAML: found an indentation indicator equal to 0", 4),
        ('é: "\\q"', "YAML does not have this escape", 4),
        ('"\\ud800"', "YAML does not have this escape", 3),
    ],
)
def test_what_libyaml_alone_says(text: str, message: str, start: int) -> None:
    assert fault(text) == (message, start)
