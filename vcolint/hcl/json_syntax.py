"""Terraform's JSON (`*.tf.json`, `*.tfvars.json`) -> the same blocks and attributes as from HCL.

JSON looks the same for blocks and attributes, so their names decide. Every string is a template, except
where it names something (`depends_on`, `provider`, the `type` of a variable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vcolint.hcl.expressions import Expression, Literal, Object, Tuple
from vcolint.hcl.syntax import LABELS, Attribute, Block, Body, number, parse_expression, parse_template
from vcolint.hcl.values import normalise
from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Place

# The types of blocks inside blocks, with the number of their labels.
_NESTED = {
    **dict.fromkeys(("locals", "terraform", "required_providers", "lifecycle", "timeouts", "connection"), 0),
    "provisioner": 1,
    "dynamic": 1,
    "content": 0,
}
_WITHOUT_BLOCKS = frozenset({"locals", "module", "output", "required_providers"})
_NAMES = frozenset({"depends_on", "provider", "providers", "type", "ignore_changes"})

# Turns a text into an expression.
_Meaning = Callable[[str, Place], Expression]


def parse(source: Source, nested: frozenset[str] = frozenset(), *, values: bool = False) -> Body:
    """The body of a file of configuration, or of `values`: a `.tfvars.json` has no blocks and no templates.

    `nested` are the types of the blocks in resources. Raises SyntaxFault.
    """
    from vcolint.text.json import parse as parse_json

    reader = _Reader(source, dict.fromkeys(nested, 0) | _NESTED)
    body = Body()
    for key, value in reader.pairs(parse_json(source)):
        if values:
            body.add(reader.attribute(key, value, _plain))
        else:
            reader.blocks((), LABELS.get(str(key.value), 0), key, value, body)
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


class _Reader:
    def __init__(self, source: Source, nested: dict[str, int]) -> None:
        self.source = source
        self.nested = nested

    def place(self, node: Node) -> Place:
        return Place(self.source, node.start, node.end)

    def pairs(self, node: Node) -> Iterator[tuple[ScalarNode, Node]]:
        if isinstance(node, SequenceNode):  # a file may be a list of objects
            for item in node.items:
                yield from self.pairs(item)
            return
        if not isinstance(node, MappingNode):
            raise SyntaxFault(say("expected an object"), node.start, node.end)
        for key, value in node.pairs:
            if isinstance(key, ScalarNode) and key.value != "//":
                yield key, value

    def blocks(
        self, labels: tuple[str, ...], missing: int, key: ScalarNode, node: Node, body: Body, kind: str = ""
    ) -> None:
        """Add the blocks of one type: an object, or a list of objects. `missing` labels are keys in these."""
        kind = kind or str(key.value)
        if isinstance(node, SequenceNode):
            for item in node.items:
                self.blocks(labels, missing, key, item, body, kind)
        elif isinstance(node, MappingNode) and missing:
            for label, value in self.pairs(node):
                self.blocks((*labels, str(label.value)), missing - 1, label, value, body, kind)
        elif isinstance(node, MappingNode):
            body.blocks.append(Block(kind, labels, self.body(kind, node), self.place(key), node.end))

    def body(self, kind: str, node: MappingNode) -> Body:
        body = Body()
        for key, value in self.pairs(node):
            name = str(key.value)
            if kind not in _WITHOUT_BLOCKS and name in self.nested:
                self.blocks((), self.nested[name], key, value, body)
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
