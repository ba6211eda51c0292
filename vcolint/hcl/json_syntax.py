"""Terraform's JSON (`*.tf.json`, `*.tfvars.json`) -> the same blocks and attributes as from HCL.

JSON looks the same for blocks and attributes, so their names decide. Every string is a template, except
where it names something (`depends_on`, `provider`, the `type` of a variable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vcolint.hcl.bodies import LABELS, Attribute, Block, Body, File
from vcolint.hcl.conversions import normalise
from vcolint.hcl.expressions import Expression, Literal, Object, Tuple
from vcolint.hcl.syntax import number, parse_expression, parse_template
from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Place

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

    def characters(self, byte: int) -> int:
        return byte


# Turns a text into an expression.
_Meaning = Callable[[str, Place], Expression]


def parse(source: Source, blocks: frozenset[str] = frozenset()) -> Body:
    """The body of a file of configuration. `blocks` are the types of the blocks in resources.

    Raises SyntaxFault.
    """
    return _Reader(source, blocks).top()


def parse_values(source: Source) -> Body:
    """The body of a `.tfvars.json`: only attributes, without templates. Raises SyntaxFault."""
    reader = _Reader(source)
    body = Body()
    for key, value in reader.pairs(reader.root()):
        body.add(reader.attribute(key, value, _plain))
    return body


def _plain(text: str, place: Place) -> Expression:
    """A plain text."""
    return Literal(normalise(text), place)


def _template(text: str, place: Place) -> Expression:
    """A text that may hold expressions."""
    if "${" not in text and "%{" not in text:
        return _plain(text, place)
    template = parse_template(text, place)
    # A template with only escapes in it is a text, too.
    return Literal(template.value, place) if isinstance(template, Literal) else template


def _named(text: str, place: Place) -> Expression:
    """A text that is the name of something."""
    return parse_expression(text, place)


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
        """The blocks of one type: an object, or a list of objects."""
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
            else:
                is_name = name in _NAMES and (name != "type" or kind == "variable")
                body.add(self.attribute(key, value, _named if is_name else _template))
        return body

    def attribute(self, key: ScalarNode, value: Node, meaning: _Meaning) -> Attribute:
        expression = self.value(value, meaning)
        return Attribute(
            str(key.value),
            expression,
            self.file,
            (key.start, key.end),
            (value.start, value.end),
            isinstance(expression, Literal) and isinstance(value, ScalarNode),
        )

    def value(self, node: Node, meaning: _Meaning) -> Expression:
        """A value as an expression. `meaning` reads the texts in it."""
        if isinstance(node, SequenceNode):
            return Tuple([self.value(item, meaning) for item in node.items])
        if isinstance(node, MappingNode):
            return Object([(self.value(key, meaning), self.value(item, meaning)) for key, item in node.pairs])
        place = Place(self.file, node.start, node.end)
        if isinstance(node.value, str):
            return meaning(node.value, place)
        if isinstance(node.value, float):
            return number(self.source.text[node.start : node.end], place)
        return Literal(node.value, place)
