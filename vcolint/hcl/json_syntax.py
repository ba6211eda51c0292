"""Terraform's JSON (`*.tf.json`, `*.tfvars.json`) -> the same blocks and attributes as from HCL.

JSON looks the same for blocks and attributes. Only blocks that Terraform itself knows become blocks; those
of a provider become attributes with objects. Every string is a template, except where it names something
(`depends_on`, `provider`, the `type` of a variable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vcolint.hcl.expressions import Expression, Literal, Object, Tuple
from vcolint.hcl.syntax import LABELS, Attribute, Block, Body, number, parse_expression, parse_template
from vcolint.hcl.values import normalise
from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Place

# The blocks in resources and in each other, with the number of their labels.
_NESTED = {"dynamic": 1, "content": 0, "timeouts": 0, "lifecycle": 0, "connection": 0, "provisioner": 1}
_WITH_BLOCKS = frozenset({"resource", "data", "dynamic", "content"})
_NAMES = frozenset({"depends_on", "provider", "providers", "type", "ignore_changes"})

# Turns a text into an expression.
_Meaning = Callable[[str, Place], Expression]


def parse(source: Source, *, values: bool = False) -> Body:
    """The body of a file of configuration or, with `values`, of variables: that has no blocks or templates.

    Raises SyntaxFault.
    """
    from vcolint.text.json import parse as parse_json

    body = Body()
    reader = _Reader(source, body.problems)
    for key, value in _pairs(parse_json(source)):
        if values:
            body.add(reader.attribute(key, value, _plain))
        else:
            name = str(key.value)
            body.blocks += reader.blocks(name, (), LABELS.get(name, 0), key, value)
    return body


def _plain(text: str, place: Place) -> Expression:
    """A plain text."""
    return Literal(normalise(text), place)


def _template(text: str, place: Place) -> Expression:
    """A text that may hold expressions."""
    return parse_template(text, place) if "${" in text or "%{" in text else _plain(text, place)


def _pairs(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    if isinstance(node, SequenceNode):  # a file may be a list of objects
        for item in node.items:
            yield from _pairs(item)
    elif isinstance(node, MappingNode):
        for key, value in node.pairs:
            if isinstance(key, ScalarNode) and key.value != "//":
                yield key, value
    else:
        raise SyntaxFault(say("expected an object"), node.start, node.end)


class _Reader:
    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems

    def place(self, node: Node) -> Place:
        return Place(self.source, node.start, node.end)

    def blocks(
        self, kind: str, labels: tuple[str, ...], missing: int, key: ScalarNode, node: Node
    ) -> Iterator[Block]:
        """The blocks of one type: an object, or a list of objects. The keys of the next `missing`
        levels in these are labels."""
        if isinstance(node, SequenceNode):
            for item in node.items:
                yield from self.blocks(kind, labels, missing, key, item)
        elif isinstance(node, MappingNode) and missing:
            for label, value in _pairs(node):
                yield from self.blocks(kind, (*labels, str(label.value)), missing - 1, label, value)
        elif isinstance(node, MappingNode):
            yield Block(kind, labels, self.body(kind, node), self.place(key), node.end)

    def body(self, kind: str, node: MappingNode) -> Body:
        body = Body(self.problems)
        for key, value in _pairs(node):
            name = str(key.value)
            if kind in _WITH_BLOCKS and name in _NESTED:
                body.blocks += self.blocks(name, (), _NESTED[name], key, value)
            else:
                is_name = name in _NAMES and (name != "type" or kind == "variable")
                body.add(self.attribute(key, value, parse_expression if is_name else _template))
        return body

    def attribute(self, key: ScalarNode, value: Node, meaning: _Meaning) -> Attribute:
        expression = self.value(value, meaning)
        literal = isinstance(expression, Literal) and isinstance(value, ScalarNode)
        return Attribute(str(key.value), expression, self.place(key), self.place(value), literal)

    def value(self, node: Node, meaning: _Meaning) -> Expression:
        """A value as an expression. `meaning` reads the texts in it."""
        if isinstance(node, SequenceNode):
            return Tuple([self.value(item, meaning) for item in node.items])
        if isinstance(node, MappingNode):
            return Object([(self.value(key, meaning), self.value(item, meaning)) for key, item in node.pairs])
        place = self.place(node)
        if isinstance(node.value, str):
            return meaning(node.value, place)
        if isinstance(node.value, float):
            return number(self.source.text[node.start : node.end], place)
        return Literal(node.value, place)
