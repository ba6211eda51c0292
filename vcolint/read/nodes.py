"""Looking into the node trees of YAML and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vcolint.read.source import MappingNode, Node, ScalarNode, SequenceNode


def entries(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    """The pairs of a mapping whose keys are text, as written, those merged in by `<<` last.

    Nothing for what is not a mapping.
    """
    if isinstance(node, MappingNode):
        for key, value in (*node.pairs, *node.merged):
            if isinstance(key, ScalarNode) and isinstance(key.value, str):
                yield key, value


def members(node: Node | None) -> dict[str, Node]:
    """The values of a mapping by key; of a key that stands twice, the first."""
    found: dict[str, Node] = {}
    for key, value in entries(node):
        assert isinstance(key.value, str)
        found.setdefault(key.value, value)
    return found


def items(node: Node | None) -> list[Node]:
    """The items of a sequence; nothing for what is not one."""
    return node.items if isinstance(node, SequenceNode) else []


def text(node: Node | None) -> str | None:
    """The text of a scalar that is text."""
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else None


def plain(node: Node, done: dict[int, Any] | None = None) -> Any:
    """The plain Python value of a tree. A node that stands in several places (an alias) gives one object,
    so the result never takes more room than the tree."""
    done = {} if done is None else done
    key = id(node)
    if key not in done:
        if isinstance(node, ScalarNode):
            done[key] = node.value
        elif isinstance(node, SequenceNode):
            done[key] = [plain(item, done) for item in node.items]
        else:
            done[key] = {name: plain(value, done) for name, value in members(node).items()}
    return done[key]
