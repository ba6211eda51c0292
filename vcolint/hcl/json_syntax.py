"""Terraform's JSON (`*.tf.json`, `*.tfvars.json`) -> the same blocks and attributes as HCL.

JSON does not tell blocks from attributes; names do. Every string is a template, but for those that name
something (`depends_on`, `provider`, a variable's `type`).
"""

from __future__ import annotations

from collections.abc import Iterator

from vcolint.hcl.bodies import LABELS, Attribute, Block, Body, File
from vcolint.hcl.expressions import Expression, Literal, Object, Tuple
from vcolint.hcl.syntax import number, parse_expression, parse_template
from vcolint.hcl.values import Span, Written, normalise
from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault

_NESTED = frozenset(
    {
        "locals",
        "terraform",
        "required_providers",
        "lifecycle",
        "timeouts",
        "connection",
        "provisioner",
        "dynamic",
        "content",
    }
)
_WITHOUT_BLOCKS = frozenset({"locals", "module", "output", "required_providers"})
_NAMES = frozenset({"depends_on", "provider", "providers", "type", "ignore_changes"})


class _File(File):
    """A JSON file: its spans count characters already."""

    __slots__ = ()

    def characters(self, byte: int) -> int:
        return byte


def parse(source: Source, blocks: frozenset[str] = frozenset()) -> Body:
    """The body of a file of configuration; `blocks` are the types of those in resources.

    Raises SyntaxFault.
    """
    return _Reader(source, blocks).top()


def parse_values(source: Source) -> Body:
    """The body of a `.tfvars.json`: attributes alone, no templates. Raises SyntaxFault."""
    reader = _Reader(source)
    body = Body()
    for key, value in reader.pairs(reader.root()):
        body.add(reader.attribute(key, value, reader.plain(value)))
    return body


class _Reader:
    def __init__(self, source: Source, nested: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.file = _File(source)
        self.nested = nested

    def root(self) -> Node:
        from vcolint.text.json import parse as parse_json

        return parse_json(self.source)

    def pairs(self, node: Node) -> Iterator[tuple[ScalarNode, Node]]:
        if not isinstance(node, MappingNode):
            raise SyntaxFault(say("expected an object"), node.start, node.end)
        for key, value in node.pairs:
            if isinstance(key, ScalarNode) and key.value != "//":
                yield key, value

    def objects(self, node: Node) -> Iterator[MappingNode]:
        """A block may stand as an object or as a list of them."""
        if isinstance(node, MappingNode):
            yield node
        elif isinstance(node, SequenceNode):
            for item in node.items:
                yield from self.objects(item)

    def top(self) -> Body:
        body = Body()
        for key, value in self.pairs(self.root()):
            self.blocks(str(key.value), (), LABELS.get(str(key.value), 0), key, value, body)
        return body

    def blocks(
        self, kind: str, labels: tuple[str, ...], missing: int, name: ScalarNode, node: Node, body: Body
    ) -> None:
        for item in self.objects(node):
            if not missing:
                span = (name.start, name.end)
                body.blocks.append(Block(kind, labels, self.body(kind, item), self.file, span, item.end))
                continue
            for key, value in self.pairs(item):
                self.blocks(kind, (*labels, str(key.value)), missing - 1, key, value, body)

    def body(self, kind: str, node: MappingNode) -> Body:
        body = Body()
        for key, value in self.pairs(node):
            name = str(key.value)
            if kind not in _WITHOUT_BLOCKS and (name in _NESTED or name in self.nested):
                self.blocks(name, (), 1 if name in ("dynamic", "provisioner") else 0, key, value, body)
            elif name in _NAMES and (name != "type" or kind == "variable"):
                body.add(self.attribute(key, value, self.named(value)))
            else:
                body.add(self.attribute(key, value, self.expression(value)))
        return body

    def attribute(self, key: ScalarNode, value: Node, expression: Expression) -> Attribute:
        return Attribute(
            str(key.value),
            expression,
            self.file,
            (key.start, key.end),
            (value.start, value.end),
            isinstance(expression, Literal) and isinstance(value, ScalarNode),
        )

    def plain(self, node: Node) -> Expression:
        """A value as it stands."""
        if isinstance(node, SequenceNode):
            return Tuple([self.plain(item) for item in node.items])
        if isinstance(node, MappingNode):
            return Object([(self.plain(key), self.plain(value)) for key, value in node.pairs])
        return self.literal(node)

    def expression(self, node: Node) -> Expression:
        """A value whose strings are templates."""
        if isinstance(node, SequenceNode):
            return Tuple([self.expression(item) for item in node.items])
        if isinstance(node, MappingNode):
            return Object([(self.expression(key), self.expression(value)) for key, value in node.pairs])
        if isinstance(node.value, str) and ("${" in node.value or "%{" in node.value):
            template = parse_template(self.source, node.value, self.span(node))
            if isinstance(template, Literal):  # it has escapes alone
                return Literal(template.value, self.place(node))
            return template
        return self.literal(node)

    def named(self, node: Node) -> Expression:
        """A value whose strings are names."""
        if isinstance(node, SequenceNode):
            return Tuple([self.named(item) for item in node.items])
        if isinstance(node, MappingNode):
            return Object([(self.plain(key), self.named(value)) for key, value in node.pairs])
        if isinstance(node.value, str):
            return parse_expression(self.source, node.value, self.span(node))
        return self.literal(node)

    def literal(self, node: ScalarNode) -> Expression:
        value, place = node.value, self.place(node)
        if isinstance(value, float):
            return number(self.source.text[node.start : node.end], place)
        return Literal(normalise(value) if isinstance(value, str) else value, place)

    def place(self, node: ScalarNode) -> Written:
        return self.file, node.start, node.end

    @staticmethod
    def span(node: ScalarNode) -> Span:
        return (node.start, node.end)
