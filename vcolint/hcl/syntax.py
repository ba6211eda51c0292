"""HCL text -> blocks, attributes and expressions, each with its place.

The parser is tree-sitter. Two things in its trees are wrong: it nests conditionals to the left, so operators
are grouped here, by the precedence of HCL; and it drops blanks in templates, so their text is taken from the
file, between the nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from vcolint.hcl.bodies import Attribute, Block, Body, EmbeddedFile, File
from vcolint.hcl.conversions import normalise, parse_number
from vcolint.hcl.expressions import (
    Attribute as AttributeOf,
)
from vcolint.hcl.expressions import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    Refused,
    Splat,
    Template,
    Tuple,
    Unary,
    Variable,
)
from vcolint.hcl.templates import Mark, assembled, dedent, joined, unescape, unescape_template
from vcolint.hcl.values import HclValue, NotSupportedError, Span
from vcolint.locale import message_of, say
from vcolint.text.source import Remark, Source, SyntaxFault
from vcolint.text.value import Place

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_DEPTH = 100  # of brackets, operators and blocks; deeper expressions are not evaluated


_parser: Parser | None = None


def _tree_sitter() -> Parser:
    global _parser
    if _parser is None:
        import tree_sitter_hcl
        from tree_sitter import Language, Parser

        _parser = Parser(Language(tree_sitter_hcl.language()))
    return _parser


# The grammar reads `1e2` as two tokens. Zeros instead of such a number give the right tree.
_EXPONENT = re.compile(rb"(?<![\w.-])[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+(?![\w])")


def parse(source: Source) -> Body:
    """The body of a file of HCL. Raises SyntaxFault with character offsets."""
    return _parse_file(File(source))


def _parse_file(file: File) -> Body:
    # The grammar does not see the end of a heredoc without a line end behind it.
    data = file.data if file.data.endswith(b"\n") else file.data + b"\n"
    try:
        return _parse(data, file)
    except SyntaxFault:
        plain = _EXPONENT.sub(lambda match: b"0" * len(match[0]), data)
        if plain == data:
            raise
    return _parse(plain, file)


def parse_expression(text: str, place: Place) -> Expression:
    """An expression in a string of another file. Raises SyntaxFault at the place of the string."""
    return _embedded(f"x = {text}\n", place)


def parse_template(text: str, place: Place) -> Expression:
    """A template in a string of another file. Raises SyntaxFault at the place of the string."""
    mark = "EOT"
    while mark in text:
        mark += "T"
    expression = _embedded(f"x = <<{mark}\n{text}\n{mark}\n", place)
    # The line end before the mark is not part of the template.
    pieces = expression.pieces if isinstance(expression, Template) else [expression]
    last = pieces[-1]
    if isinstance(last, Literal):
        pieces[-1:] = [Literal(last.value[:-1])] if last.value[:-1] else []
    return joined(pieces)


def _embedded(text: str, place: Place) -> Expression:
    file, start, end = place
    try:
        body = _parse_file(EmbeddedFile(text, file.location(start, end)))
    except SyntaxFault as fault:
        raise SyntaxFault(fault.message, start, end) from None
    if list(body.attributes) != ["x"] or body.blocks:
        raise SyntaxFault(say("not an expression"), start, end)
    return body.attributes["x"].expression


def _parse(data: bytes, file: File) -> Body:
    root = _tree_sitter().parse(data).root_node
    if root.has_error:
        raise _fault(root, file)
    reader = _Bodies(file)
    body = Body()
    for child in root.children:
        if child.type == "body":
            reader.body(child, body, 0)
    body.remarks += _remarks(root, file)
    return body


_REMARK = re.compile(rb"(?i:vcolint(?::|[ \t_-]*ignore))[^\r\n]*")
_BEFORE_REMARK = re.compile(rb"(?:#|//|/\*+|[ \t]*\*?)[ \t]*")


def _remarks(root: Node, file: File) -> Iterator[Remark]:
    """The comments that begin with `vcolint:`, or lack its colon, and such lines in longer comments."""
    data = file.data
    for match in _REMARK.finditer(data):
        start = match.start()
        node = root.descendant_for_byte_range(start, start + 1)
        if node is None or node.type != "comment":
            continue
        line = max(data.rfind(b"\n", 0, start) + 1, node.start_byte)
        if not _BEFORE_REMARK.fullmatch(data, line, start):
            continue
        text = data[start : min(match.end(), node.end_byte)]
        if data.startswith(b"/*", node.start_byte):
            text = text.removesuffix(b"*/")
        text = text.rstrip()
        yield Remark(text.decode("utf-8", "replace"), file.location(start, start + len(text)))


def _fault(root: Node, file: File) -> SyntaxFault:
    """The first error in a tree."""
    node = root
    while not (node.is_error or node.is_missing):
        child = next((child for child in node.children if child.has_error or child.is_missing), None)
        if child is None:
            break
        node = child
    end = len(file.data)
    start, stop = min(node.start_byte, end), min(node.end_byte, end)
    text = file.data[start:stop].decode("utf-8", "replace").split("\n")[0].strip()
    if node.is_missing:
        message = say("expected {type}", type=node.type.replace("_", " "))
    elif node.children and node.children[0].type in ("{", "block_start", "quoted_template_start"):
        message = say("this is never closed")
    else:
        message = say("not expected here: {text}", text=text[:40]) if text else say("not expected here")
    line_end = file.data.find(b"\n", start)
    stop = max(min(stop, line_end if line_end >= 0 else end), start)
    return SyntaxFault(message, file.characters(start), file.characters(stop))


class _TooDeepError(Exception):
    """An expression is nested too deeply."""


# Most values look like this, and are read without their nodes.
_SIMPLE = re.compile(
    rb'"(?P<text>[^"\\$%\n]*)"|(?P<number>[0-9]{1,18})|(?P<word>true|false|null)'
    rb"|(?P<path>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)"
)
_WORDS = {b"true": True, b"false": False, b"null": None}


class _Expressions:
    """Turns the nodes of expressions in one file into ours."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.data = file.data

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def written(self, value: HclValue, span: Span) -> Literal:
        """A value with its place."""
        return Literal(value, Place(self.file, *span))

    def expression(self, node: Node, depth: int) -> Expression:
        tokens: list[str | Expression] = []
        for is_operator, nodes in groupby(_flat([node], _FLAT), lambda one: one.type in _OPERATORS):
            if is_operator:
                tokens += [one.type for one in nodes]
            else:
                tokens.append(self.operand(list(nodes), depth))
        return _grouped(tokens, depth)

    # -- operands ----------------------------------------------------------------------------------

    def operand(self, nodes: list[Node], depth: int) -> Expression:
        """A term and the steps behind it: `.name`, `[key]`, `[*]`."""
        if depth > MAX_DEPTH:
            raise _TooDeepError
        if nodes[0].type == "(":
            return self.steps(self.expression(nodes[1], depth + 2), nodes[3:], depth)
        return self.steps(self.term(nodes[0], depth + 1), nodes[1:], depth)

    def steps(self, value: Expression, nodes: list[Node], depth: int) -> Expression:
        if depth + len(nodes) > MAX_DEPTH:
            raise _TooDeepError
        for position, node in enumerate(nodes):
            kind = node.type
            if kind == "get_attr":
                value = AttributeOf(value, self.text(node.children[-1]))
            elif kind == "index":
                value = Index(value, self.key(node.children[0], depth))
            elif kind == "splat":
                return self.splat(value, node.children[0], nodes[position + 1 :], depth)
        return value

    def key(self, node: Node, depth: int) -> Expression:
        if node.type == "legacy_index":
            return number(self.text(node)[1:], None)
        return self.expression(node.children[1], depth + 2)

    def splat(self, value: Expression, node: Node, behind: list[Node], depth: int) -> Expression:
        """A splat. `[*]` applies all the steps behind it to every element, `.*` only the attributes."""
        inside = node.children[1:] + behind
        if node.type == "attr_splat":
            end = next(
                (
                    position
                    for position, step in enumerate(inside)
                    if step.type == "splat"
                    or (step.type == "index" and step.children[0].type != "legacy_index")
                ),
                len(inside),
            )
            value = Splat(value, self.steps(Variable("*"), inside[:end], depth + 1))
            return self.steps(value, inside[end:], depth + 1)
        return Splat(value, self.steps(Variable("*"), inside, depth + 1))

    def term(self, node: Node, depth: int) -> Expression:
        kind = node.type
        if kind == "literal_value":
            return self.literal(node.children[0])
        if kind == "variable_expr":
            return Variable(self.text(node))
        if kind == "template_expr":
            return self.template(node.children[0], depth)
        if kind == "collection_value":
            node = node.children[0]
            if node.type == "tuple":
                return Tuple([self.expression(item, depth + 1) for item in _only(node, "expression")])
            return Object([self.pair(item, depth) for item in _only(node, "object_elem")])
        if kind == "function_call":
            return self.call(node, depth)
        if kind == "for_expr":
            return self.loop(node.children[0], depth)
        if kind == "expression":
            return self.expression(node, depth + 1)
        return Refused(say("not understood: {node}", node=self.text(node)[:40]))

    def literal(self, node: Node) -> Expression:
        text = self.text(node)
        span = (node.start_byte, node.end_byte)
        if node.type == "string_lit":
            return self.written(unescape(text[1:-1]), span)
        if node.type == "numeric_lit":
            return number(text, Place(self.file, *span))
        return Literal(_WORDS[text.encode()])

    def pair(self, node: Node, depth: int) -> tuple[Expression, Expression]:
        key, value = _only(node, "expression")
        inner = [child for child in key.children if child.type != "comment"]
        if len(inner) == 1 and inner[0].type == "variable_expr":
            name = self.written(self.text(inner[0]), (key.start_byte, key.end_byte))
            return name, self.expression(value, depth + 1)
        return self.expression(key, depth + 1), self.expression(value, depth + 1)

    def call(self, node: Node, depth: int) -> Expression:
        name = self.text(node.children[0]).replace(" ", "").removeprefix("core::")
        arguments: list[Expression] = []
        expanded = False
        for child in _only(node, "function_arguments"):
            arguments = [self.expression(item, depth + 1) for item in _only(child, "expression")]
            expanded = any(item.type == "ellipsis" for item in child.children)
        return Call(name, arguments, expanded)

    def loop(self, node: Node, depth: int) -> Expression:
        intro = next(_only(node, "for_intro"))
        names = [self.text(child) for child in _only(intro, "identifier")]
        collection = self.expression(next(_only(intro, "expression")), depth + 1)
        results = [self.expression(child, depth + 1) for child in _only(node, "expression")]
        condition = None
        for child in _only(node, "for_cond"):
            condition = self.expression(next(_only(child, "expression")), depth + 1)
        return For(
            collection,
            (names[0] if len(names) > 1 else None, names[-1]),
            results[0] if len(results) > 1 else None,
            results[-1],
            condition,
            any(child.type == "ellipsis" for child in node.children),
        )

    # -- templates ---------------------------------------------------------------------------------

    def template(self, node: Node, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise _TooDeepError
        children = node.children
        heredoc = node.type == "heredoc_template"
        if heredoc:
            start = self.data.index(b"\n", children[1].end_byte) + 1
            end = self.data.rfind(b"\n", 0, children[-1].start_byte) + 1
            inner = children[2:-1]
        else:
            start, end = children[0].end_byte, children[-1].start_byte
            inner = children[1:-1]
        marks = self.marks(inner, start, max(start, end), heredoc, depth)
        if heredoc and self.text(children[0]) == "<<-":
            dedent(marks)
        found = joined(assembled(iter(marks))[0])
        if isinstance(found, Literal) and type(found.value) is str:
            return self.written(found.value, (node.start_byte, node.end_byte))
        return found

    def marks(self, nodes: Sequence[Node], start: int, end: int, heredoc: bool, depth: int) -> list[Mark]:
        """The pieces of a template in the order of the text. The text between nodes is text."""
        found: list[Mark] = []
        trim = False  # the last mark ended in `~`

        def literal(to: int) -> None:
            nonlocal trim
            raw = self.data[start:to].decode("utf-8", "replace")
            for text in raw.splitlines(keepends=True) if heredoc else [raw]:
                text = unescape_template(text) if heredoc else unescape(text)
                found.append(Mark("text", text=text.lstrip() if trim else text))
                trim = False
            trim = False

        for node in _flat(nodes, _NESTED):
            if node.type == "template_literal":
                continue
            if node.start_byte > start:
                literal(node.start_byte)
            children = node.children
            if children[1:] and children[1].type == "strip_marker" and found and found[-1].kind == "text":
                found[-1].text = found[-1].text.rstrip()
            found.append(self.mark(node, depth))
            trim = children[-2:-1] != [] and children[-2].type == "strip_marker"
            start = node.end_byte
        if end > start:
            literal(end)
        return found

    def mark(self, node: Node, depth: int) -> Mark:
        kind = _MARKS.get(node.type, "end")
        expression = None
        for child in _only(node, "expression"):
            expression = self.expression(child, depth + 1)
        if kind == "value" and expression is None:
            raise _TooDeepError
        names = [self.text(child) for child in _only(node, "identifier")]
        return Mark(kind, expression=expression, names=names)


def _grouped(tokens: list[str | Expression], depth: int) -> Expression:
    """The expression of these tokens, by precedence. Conditionals bind least, and to the right."""
    tokens.reverse()

    def is_next(*operators: str) -> bool:
        return bool(tokens) and tokens[-1] in operators

    def operator() -> str:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _TooDeepError
        return str(tokens.pop())

    def unary() -> Expression:
        if not tokens:
            raise _TooDeepError
        token = operator() if isinstance(tokens[-1], str) else tokens.pop()
        return Unary(token, unary()) if isinstance(token, str) else token

    def binary(level: int) -> Expression:
        if level == len(_PRECEDENCE):
            return unary()
        left = binary(level + 1)
        while is_next(*_PRECEDENCE[level]):
            left = Binary(operator(), left, binary(level + 1))
        return left

    def conditional() -> Expression:
        condition = binary(0)
        if not is_next("?"):
            return condition
        operator()
        then = conditional()
        tokens.pop()  # the colon
        return Conditional(condition, then, conditional())

    return conditional()


class _Bodies(_Expressions):
    """Turns the nodes of blocks and attributes into ours."""

    def body(self, node: Node, body: Body, depth: int) -> None:
        line = -1
        for child in node.children:
            kind = child.type
            if kind == "comment":
                continue
            if child.start_point[0] == line:
                offset = self.file.characters(child.start_byte)
                raise SyntaxFault(say("expected a new line"), offset, self.file.characters(child.end_byte))
            line = child.end_point[0]
            if kind == "attribute":
                body.add(self.attribute(child))
            elif kind == "block":
                if depth > MAX_DEPTH:
                    raise SyntaxFault(
                        say("blocks nested more than {MAX_DEPTH} levels deep", MAX_DEPTH=MAX_DEPTH),
                        self.file.characters(child.start_byte),
                    )
                body.blocks.append(self.block(child, depth))

    def block(self, node: Node, depth: int) -> Block:
        children = node.children
        labels = []
        end = children[0].end_byte
        body = Body()
        for child in children[1:]:
            kind = child.type
            if kind == "identifier":
                labels.append(self.text(child))
                end = child.end_byte
            elif kind == "string_lit":
                labels.append(unescape(self.text(child)[1:-1]))
                end = child.end_byte
            elif kind == "body":
                self.body(child, body, depth + 1)
        span = (node.start_byte, end)
        return Block(self.text(children[0]), tuple(labels), body, self.file, span, node.end_byte)

    def attribute(self, node: Node) -> Attribute:
        children = node.children
        name, value = children[0], children[-1]
        span = (value.start_byte, min(value.end_byte, len(self.data)))
        match = _SIMPLE.fullmatch(self.data, *span)
        literal = False
        if match is not None:
            expression, literal = self.simple(match, span)
        else:
            try:
                expression = self.expression(value, 0)
                literal = isinstance(expression, Literal) and self.data[span[0]] not in b"<("
            except (_TooDeepError, RecursionError):
                expression = Refused(say("nested too deeply"))
        return Attribute(
            self.text(name), expression, self.file, (name.start_byte, name.end_byte), span, literal
        )

    def simple(self, match: re.Match[bytes], span: Span) -> tuple[Expression, bool]:
        if match["text"] is not None:
            return self.written(normalise(match["text"].decode("utf-8", "replace")), span), True
        if match["number"] is not None:
            return self.written(int(match["number"]), span), True
        if match["word"] is not None:
            return Literal(_WORDS[match["word"]]), True
        first, *rest = match["path"].decode("utf-8", "replace").split(".")
        if len(rest) > MAX_DEPTH:
            return Refused(say("nested too deeply")), False
        expression: Expression = Variable(first)
        for name in rest:
            expression = AttributeOf(expression, name)
        return expression, False


# The binary operators. Those that bind least come first.
_PRECEDENCE = (("||",), ("&&",), ("==", "!="), (">", ">=", "<", "<="), ("+", "-"), ("*", "/", "%"))
_OPERATORS = frozenset({"!", "?", ":"}.union(*_PRECEDENCE))
_FLAT = frozenset({"expression", "operation", "binary_operation", "unary_operation", "conditional"})
_NESTED = frozenset({"template_directive", "template_if", "template_for"})
_MARKS = {
    "template_interpolation": "value",
    "template_if_intro": "if",
    "template_else_intro": "else",
    "template_for_start": "for",
}


def number(text: str, place: Place | None) -> Expression:
    """A number as HCL and JSON write it."""
    try:
        return Literal(parse_number(text), place)
    except NotSupportedError as error:
        return Refused(message_of(error))


def _flat(nodes: Sequence[Node], kinds: frozenset[str]) -> Iterator[Node]:
    """The nodes, with their children in place of those of certain kinds, but whole in parentheses."""
    stack = [iter(nodes)]
    before = ""
    while stack:
        for node in stack[-1]:
            if node.type in kinds and before != "(":
                stack.append(iter(node.children))
                break
            if node.type != "comment":
                before = node.type
                yield node
        else:
            stack.pop()


def _only(node: Node, kind: str) -> Iterator[Node]:
    return (child for child in node.children if child.type == kind)
