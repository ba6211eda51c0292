"""JSON into node trees: held against Python's own decoder; faults with their places."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.text.json import Items, outline, outline_of_lines, parse, parse_at
from vcolint.text.source import MAX_DEPTH, MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault


class Pairs(list[Any]):
    """The pairs of an object, as written: never equal to a list of the document."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pairs) and list.__eq__(self, other)

    __hash__ = None


def oracle(text: str) -> Any:
    return json.loads(text, object_pairs_hook=Pairs)


def value(node: Node) -> Any:
    """A tree as the oracle gives it."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [value(item) for item in node.items]
    return Pairs([(value(key), value(each)) for key, each in node.pairs])


def every(node: Node) -> list[Node]:
    below: list[Node] = []
    if isinstance(node, SequenceNode):
        below = node.items
    elif isinstance(node, MappingNode):
        below = [one for pair in node.pairs for one in pair]
    return [node, *(inner for one in below for inner in every(one))]


def fault(text: str) -> SyntaxFault:
    with pytest.raises(SyntaxFault) as caught:
        parse(Source("f.json", text))
    return caught.value


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
keys = st.sampled_from(["a", "b", "ключ", "😀", ""])
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.lists(st.tuples(keys, below), max_size=4).map(Pairs),
    max_leaves=12,
)
blanks = st.sampled_from(["", "", " ", "\n", "\r\n\t "])


def written(draw: st.DrawFn, tree: Any) -> str:
    """JSON for a tree, keys as often as they stand there, with blanks wherever they may be."""

    def blank() -> str:
        return draw(blanks)

    if isinstance(tree, Pairs):
        each = [f"{blank()}{json.dumps(key)}{blank()}:{written(draw, one)}" for key, one in tree]
        return f"{blank()}{{{','.join(each) or blank()}}}{blank()}"
    if isinstance(tree, list):
        return f"{blank()}[{','.join(written(draw, one) for one in tree) or blank()}]{blank()}"
    return f"{blank()}{json.dumps(tree, ensure_ascii=draw(st.booleans()))}{blank()}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    return written(draw, draw(values))


@settings(max_examples=200)
@given(documents())
def test_a_tree_is_what_python_reads_and_every_span_is_its_own_text(text: str) -> None:
    tree = parse(Source("f.json", text))
    assert repr(value(tree)) == repr(oracle(text))
    for node in every(tree):
        part = text[node.start : node.end]
        assert part == part.strip(" \t\r\n")
        assert repr(oracle(part)) == repr(value(node))


def python_reads(text: str) -> bool:
    """Whether it is JSON for Python, NaN and the like left out."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@settings(max_examples=300)
@given(
    documents() | st.text("{}[]\":,'/*#\\u 01.-eENaNtruefalsnl\n\x00é", max_size=12),
    st.data(),
)
def test_what_is_no_json_is_a_fault_inside_the_text(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from([*'{}[]":,\\0-/\x01 ٣', "", "NaN"])) + text[at + 1 :]
    if python_reads(text):
        tree = parse(Source("f.json", text))
        assert all(0 <= node.start < node.end <= len(text) for node in every(tree))
    else:
        caught = fault(text)
        assert 0 <= caught.start <= caught.end <= len(text)
        assert caught.message


@pytest.mark.parametrize(
    ("text", "message", "start", "end"),
    [
        ("", "the file ends too early", 0, 0),
        (" \n\t", "the file ends too early", 3, 3),
        ("[1,]", "JSON does not allow a trailing comma", 2, 3),
        ('{"a": 1 , }', "JSON does not allow a trailing comma", 8, 9),
        ("[1, // x\n2]", "JSON does not allow comments", 4, 5),
        ("[1 /* x */]", "JSON does not allow comments", 3, 4),
        ("# x\n[1]", "JSON does not allow comments", 0, 1),
        ("[NaN]", 'expected a JSON value, not "NaN"', 1, 4),
        ("[-Infinity]", 'expected a JSON value, not "-Infinity"', 1, 10),
        ("[True]", 'expected a JSON value, not "True"', 1, 5),
        ("[vco-a1]", 'expected a JSON value, not "vco-a1"', 1, 7),
        ("RegionId: r-a", 'expected a JSON value, not "RegionId"', 0, 8),
        ("- RegionId: r-a", 'expected a JSON value, not "-"', 0, 1),
        ("nullx", 'expected the end of the document, not "x"', 4, 5),
        ("{bad", 'expected a key in double quotes, not "bad"', 1, 4),
        ("{'a': 1}", "JSON needs double quotes around text", 1, 2),
        ("{1: 1}", 'expected a key in double quotes, not "1"', 1, 2),
        ('{"a" 1}', 'expected a colon after the key, not "1"', 5, 6),
        ('{"a": 1]', 'expected a comma or the closing bracket, not "]"', 7, 8),
        ("[1}", 'expected a comma or the closing bracket, not "}"', 2, 3),
        ("[1 true]", 'expected a comma or the closing bracket, not "true"', 3, 7),
        ("[01]", 'expected a comma or the closing bracket, not "1"', 2, 3),
        ("[.5]", 'expected a JSON value, not "."', 1, 2),
        ("[1.]", 'expected a comma or the closing bracket, not "."', 2, 3),
        ("[1,,2]", 'expected a JSON value, not ","', 3, 4),
        ("[1] [2]", 'expected the end of the document, not "["', 4, 5),
        ('{"é": "x', "the text that starts here has no closing quote", 6, 7),
        ('"a\x01"', "write a control character in a text as an escape", 2, 3),
        ('"a\n"', "write a control character in a text as an escape", 2, 3),
        ('"a\\q"', "JSON does not have this escape", 2, 3),
        ("[1", "the file ends too early", 2, 2),
        ('{"a":', "the file ends too early", 5, 5),
        ("\ufeff1", 'expected a JSON value, not "\\ufeff"', 0, 1),
        ("[\u00a01]", 'expected a JSON value, not "\\xa0"', 1, 2),
        ("[\u0663]", 'expected a JSON value, not "\u0663"', 1, 2),
    ],
)
def test_faults_say_what_is_wrong_and_where(text: str, message: str, start: int, end: int) -> None:
    caught = fault(text)
    assert (caught.message, caught.start, caught.end) == (message, start, end)


def test_a_key_that_stands_twice_is_kept_twice() -> None:
    text = '{"a": 1, "a": "x"}'
    tree = parse(Source("f.json", text))
    assert isinstance(tree, MappingNode)
    spans = [(text[key.start : key.end], text[node.start : node.end]) for key, node in tree.pairs]
    assert spans == [('"a"', "1"), ('"a"', '"x"')]
    assert [(key.start, node.start) for key, node in tree.pairs] == [(1, 6), (9, 14)]


def test_strings_are_no_plain_scalars() -> None:
    tree = parse(Source("f.json", '["100", 100, true, null]'))
    assert isinstance(tree, SequenceNode)
    each = [(node.value, node.plain) for node in tree.items if isinstance(node, ScalarNode)]
    assert each == [("100", False), (100, True), (True, True), (None, True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9" * 4300, int("9" * 4300)),
        ("9" * 4301, float("inf")),
        ("-" + "9" * 5000, float("-inf")),
        ("1e999", float("inf")),
        ("-0", 0),
        ("100.0", 100.0),
        ("1E2", 100.0),
        ('"\\ud800"', "\ud800"),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_numbers_are_bounded_and_surrogates_kept(text: str, expected: object) -> None:
    tree = parse(Source("f.json", text))
    assert isinstance(tree, ScalarNode)
    assert repr(tree.value) == repr(expected)
    assert (tree.start, tree.end) == (0, len(text))


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_is_limited(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    deepest = opening * MAX_DEPTH + "1" + closing * MAX_DEPTH
    assert parse(Source("f.json", deepest)).end == len(deepest)
    for depth in (MAX_DEPTH + 1, 10_000):
        caught = fault(opening * depth + "1" + closing * depth)
        assert caught.message == f"nested more than {MAX_DEPTH} levels deep"
        assert (caught.start, caught.end) == (len(opening) * MAX_DEPTH, len(opening) * MAX_DEPTH + 1)


def test_a_long_line_is_read() -> None:
    text = '["' + "x" * 10_000_000 + '", ' + "1" * 1_000_000 + "]"
    tree = parse(Source("f.json", text))
    assert isinstance(tree, SequenceNode)
    assert [(node.start, node.end) for node in tree.items] == [(1, 10_000_003), (10_000_005, 11_000_005)]


def test_one_value_of_many_is_read_from_where_it_begins() -> None:
    text = '{"a": 1}\n {"b": [2]} x'
    source = Source("f.jsonl", text)
    first, end = parse_at(source, 0)
    assert (value(first), end) == (Pairs([("a", 1)]), 8)
    second, end = parse_at(source, end)
    assert (value(second), second.start, end) == (Pairs([("b", [2])]), 10, 20)
    inner, end = parse_at(source, 16)
    assert (value(inner), inner.start, inner.end, end) == ([2], 16, 19, 19)
    with pytest.raises(SyntaxFault) as caught:
        parse_at(source, 20)
    assert (caught.value.message, caught.value.start) == ('expected a JSON value, not "x"', 21)
    with pytest.raises(SyntaxFault) as caught:
        parse_at(source, len(text))
    assert caught.value.message == "the file ends too early"


_VALUES = st.none() | st.integers(0, 9) | st.sampled_from(["", "{", "}, {", '"', "\\", "a:b", "key"])
_FLAT = st.dictionaries(st.sampled_from(["key", "other", "{", 'a "key"']), _VALUES, max_size=3)
_ITEMS = st.lists(_FLAT | st.sampled_from([1, [{}], {"other": {"key": 1}}, {"list": [{}, {}]}]), max_size=4)


@given(_ITEMS, st.sampled_from([None, 1]), st.sampled_from(["", " ", "\n"]))
def test_the_items_of_a_decoded_list_stand_where_the_parser_finds_them(
    items: list[Any], indent: int | None, around: str
) -> None:
    source = Source(
        "routes.json", around + json.dumps(items, indent=indent, separators=(" , ", ":")) + around
    )
    node, tree = outline(source), parse(source)
    assert isinstance(node, ScalarNode)
    assert isinstance(tree, SequenceNode)
    found = Items(source, node)
    spans = [(one.start, one.end) for one in tree.items]
    assert [found.span(index) for index in range(len(items))] == spans
    assert [(one.start, one.end) for one in map(found.node, range(len(items)))] == spans


@given(st.lists(_FLAT, min_size=1, max_size=4))
def test_values_of_lines_stand_where_the_parser_finds_them(items: list[dict[str, Any]]) -> None:
    source = Source("routes.jsonl", "\n".join(map(json.dumps, items)) + "\n")
    (node,) = outline_of_lines(source)
    assert isinstance(node, ScalarNode)
    found, key = Items(source, node), re.compile(r'"(?<!\\")key"[ \t\n\r]*:[ \t\n\r]*')
    for index, item in enumerate(items):
        span, written = found.span(index, key), found.span(index)
        assert written is not None
        assert json.loads(source.text[slice(*written)]) == item
        assert item.get("key") == (None if span is None else json.loads(source.text[slice(*span)]))
