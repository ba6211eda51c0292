"""Reading the node trees of YAML and JSON, and making them of plain data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode

_MAX_DEPTH = 10  # of data that a program passes in
_LARGEST = 10**500
_SEQUENCES = (list, tuple, set, frozenset)


class Repeated(dict[Any, Any]):
    """A mapping in which a key occurs twice: a dict cannot hold both."""


def row(node: Node) -> Any:
    """A mapping as a dict, with the values of its scalars and the nodes of all other values. Other nodes stay
    as they are."""
    if type(node) is not MappingNode:
        return node
    pairs = [*node.merged, *node.pairs] if node.merged else node.pairs
    found = {
        key.value if type(key) is ScalarNode else key: (
            value.value if type(value) is ScalarNode and value.tag is None else value
        )
        for key, value in pairs
    }
    return found if len(found) == len(pairs) else Repeated(found)


def entries(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    """The pairs of a mapping whose keys are texts, with the pairs merged by `<<` last.

    Other nodes have none.
    """
    if isinstance(node, MappingNode):
        for key, value in (*node.pairs, *node.merged):
            if isinstance(key, ScalarNode) and isinstance(key.value, str):
                yield key, value


def members(node: Node | None) -> dict[str, Node]:
    """The values of a mapping by key. The first of equal keys counts."""
    found: dict[str, Node] = {}
    for key, value in entries(node):
        assert isinstance(key.value, str)
        found.setdefault(key.value, value)
    return found


def items(node: Node | None) -> list[Node]:
    """The items of a sequence. Other nodes have none."""
    return node.items if isinstance(node, SequenceNode) else []


def text(node: Node | None) -> str | None:
    """The text of a scalar; None for other values and nodes."""
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else None


def scalars(node: Node) -> Iterator[ScalarNode]:
    """All scalars below a node, keys too. Each node is visited once, in no particular order."""
    seen: set[int] = set()
    ahead = [node]
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ScalarNode):
            yield one
        elif isinstance(one, SequenceNode):
            ahead += one.items
        else:
            for pair in (*one.pairs, *one.merged):
                ahead += pair


def plain(node: Node, made: dict[int, Any] | None = None) -> Any:
    """The plain Python value of a tree.

    A node in several places (an alias) gives one object, so the value is never larger than the tree. `made`
    holds these objects by the `id` of their nodes.
    """
    if isinstance(node, ScalarNode):
        return node.value
    made = {} if made is None else made
    if id(node) not in made:
        if isinstance(node, SequenceNode):
            made[id(node)] = [plain(one, made) for one in node.items]
        else:
            made[id(node)] = {name: plain(one, made) for name, one in members(node).items()}
    return made[id(node)]


# -- plain data -------------------------------------------------------------------------------------------


def tree(data: Any, place: int = 0, levels: int = _MAX_DEPTH) -> Node:
    """Plain data as a tree; all its nodes are at the offset `place`."""
    if isinstance(data, os.PathLike):
        data = os.fspath(data)
    if hasattr(data, "to_map"):
        data = data.to_map()
    if not levels and isinstance(data, (Mapping, *_SEQUENCES)):
        data = None  # data may contain itself
    if isinstance(data, Mapping):
        pairs: list[tuple[Node, Node]] = [
            (ScalarNode(str(scalar(name)), place, place), tree(value, place, levels - 1))
            for name, value in data.items()
        ]
        return MappingNode(pairs, place, place)
    if isinstance(data, _SEQUENCES):
        return SequenceNode([tree(item, place, levels - 1) for item in data], place, place)
    return ScalarNode(scalar(data), place, place)


def scalar(value: Any) -> Any:
    """A scalar as in the file formats. Other objects stay as they are: messages name their type."""
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration: the text, not the member's name
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if abs(value) < _LARGEST else float("inf")
    return value
