"""HCL text -> blocks, attributes and expressions, each with its place.

The parser is tree-sitter. Two things in its trees are wrong: it nests conditionals to the left, so this
module turns them round; and it drops blanks in templates, so their text is taken from the file, between the
nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from vcolint.hcl.expressions import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    Splat,
    Template,
    Tuple,
    Variable,
)
from vcolint.hcl.values import NotSupportedError, is_number, normalise, parse_number, to_text
from vcolint.locale import message_of, say
from vcolint.text.source import Problem, Remark, Source, SyntaxFault
from vcolint.text.value import Place, Unknown

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# The types of labelled blocks: how many labels each has.
LABELS = {"resource": 2, "data": 2, "ephemeral": 2}
LABELS |= dict.fromkeys(("module", "variable", "output", "provider", "local"), 1)

MAX_DEPTH = 100  # of brackets, operators and blocks; deeper expressions are not evaluated


TWICE = Unknown(say("given twice"), reported=True)


def twice(name: str, place: Place, first: Place) -> Problem:
    """The problem of a second declaration."""
    message = say('"{name}" occurs twice here', name=name)
    return Problem("duplicate-key", message, place.location, related=((say("first here"), first.location),))


class Attribute(NamedTuple):
    """`name = expression`. `literal`: the expression is one plain string, number or word."""

    name: str
    expression: Expression
    name_place: Place
    place: Place  # of the value
    literal: bool


class Block(NamedTuple):
    """A block. `place` is the place of its header, `end` the offset after the block."""

    type: str
    labels: tuple[str, ...]
    body: Body
    place: Place
    end: int


class Body:
    """The content of a block or a file. An attribute that is given twice is unknown.

    All bodies of a file share one list of problems. Only the body of the file has `remarks`.
    """

    def __init__(self, problems: list[Problem] | None = None) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []
        self.problems = [] if problems is None else problems
        self.remarks: list[Remark] = []

    def add(self, attribute: Attribute) -> None:
        first = self.attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            self.problems.append(twice(attribute.name, attribute.name_place, first.name_place))
            self.attributes[attribute.name] = first._replace(expression=Literal(TWICE), literal=False)

    def text(self, name: str) -> str | None:
        """The value of an argument, if it is a plain text."""
        expression = self.attributes[name].expression if name in self.attributes else None
        value = expression.value if isinstance(expression, Literal) else None
        return value if isinstance(value, str) else None


@cache
def _tree_sitter() -> Parser:
    import tree_sitter_hcl
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_hcl.language()))


# The grammar reads `1e2` as two tokens. Zeros instead of such a number give the right tree. A name
# (group 1) may end like one: `a-1e2`.
_EXPONENT = re.compile(r"([^\W\d][\w-]*)|(?<![\w.])[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+(?!\w)")


def parse(source: Source, place: Place | None = None) -> Body:
    """The body of a file of HCL. If a `place` is given, everything has this place. Raises SyntaxFault."""
    text = source.text
    if not text.isascii():
        # One byte for each character, so that offsets count characters. The only thing that matters about the
        # others is whether they may be part of a name.
        text = re.sub(r"[^\x00-\x7f]", lambda char: "x" if f"x{char[0]}".isidentifier() else "`", text)
    # The grammar does not see the end of a heredoc without a line end behind it.
    data = text if text.endswith("\n") else text + "\n"
    root = _tree_sitter().parse(data.encode()).root_node
    if root.has_error:
        data = _EXPONENT.sub(lambda match: match[1] or "0" * len(match[0]), data)
        root = _tree_sitter().parse(data.encode()).root_node
    if root.has_error:
        raise _fault(root, source.text)
    reader = _Reader(source, place)
    body = Body()
    for child in root.children:
        if child.type == "body":
            reader.body(child, body)
    body.remarks += _remarks(root, source)
    return body


def parse_expression(text: str, place: Place) -> Expression:
    """An expression in a string of another file. Raises SyntaxFault at the place of the string."""
    try:
        body = parse(Source("", f"x = {text}\n"), place)
    except SyntaxFault as fault:
        raise SyntaxFault(fault.message, place.start, place.end) from None
    if list(body.attributes) != ["x"] or body.blocks:
        raise SyntaxFault(say("not an expression"), place.start, place.end)
    return body.attributes["x"].expression


def parse_template(text: str, place: Place) -> Expression:
    """A template in a string of another file. Raises SyntaxFault at the place of the string."""
    mark = "EOT"
    while mark in text:
        mark += "T"
    expression = parse_expression(f"<<{mark}\n{text}\n{mark}", place)
    # The line end before the mark is not part of the template.
    pieces = expression.pieces if isinstance(expression, Template) else [expression]
    if isinstance(pieces[-1], Literal) and isinstance(pieces[-1].value, str):
        text = pieces[-1].value[:-1]
        pieces[-1:] = [Literal(text)] if text else []
    return _joined(pieces, place)


_REMARK = re.compile(r"(?:#|//|/\*+)[ \t]*((?i:vcolint(?::|[ \t_-]*ignore))[^\r\n]*)")


def _remarks(root: Node, source: Source) -> Iterator[Remark]:
    """The comments that begin with `vcolint:`, or lack its colon. Another tool's comment may go before:
    `# tflint-ignore: x # vcolint: ignore[VCO106]`."""
    for match in _REMARK.finditer(source.text):
        start, end = match.span(1)
        node = root.descendant_for_byte_range(start, start + 1)
        if node is not None and node.type == "comment":
            said = source.text[start : min(end, node.end_byte)]
            if source.text.startswith("/*", node.start_byte):
                said = said.removesuffix("*/")
            said = said.rstrip()
            yield Remark(said, source.location(start, start + len(said)))


def _fault(root: Node, text: str) -> SyntaxFault:
    """The first error in a tree."""
    node = root
    while not (node.is_error or node.is_missing):
        child = next((child for child in node.children if child.has_error or child.is_missing), None)
        if child is None:
            break
        node = child
    start = min(node.start_byte, len(text))
    line = text[start : node.end_byte].split("\n")[0]
    if node.is_missing:
        message = say("expected {type}", type=node.type.replace("_", " "))
    elif node.children and node.children[0].type in ("{", "block_start", "quoted_template_start"):
        message = say("this is never closed")
    else:
        shown = line.strip()[:40]
        message = say("not expected here: {text}", text=shown) if shown else say("not expected here")
    return SyntaxFault(message, start, start + len(line))


_WORDS = {"true": True, "false": False, "null": None}
_PLAIN = re.compile(r'"[^"\\$%\n]+"')  # a string without escapes and templates
_OPERATORS = frozenset(["!", "||", "&&", "==", "!=", ">", ">=", "<", "<=", "+", "-", "*", "/", "%"])


class _Reader:
    """Turns the nodes of one file into blocks, attributes and expressions."""

    def __init__(self, source: Source, fixed: Place | None) -> None:
        self.source = source
        self.file = source.text
        self.fixed = fixed  # the place of everything, if it is given
        self.depth = 0

    def text(self, node: Node) -> str:
        return self.file[node.start_byte : node.end_byte]

    def place(self, node: Node) -> Place:
        return self.fixed or Place(self.source, node.start_byte, min(node.end_byte, len(self.file)))

    # -- bodies ------------------------------------------------------------------------------------

    def body(self, node: Node, body: Body, depth: int = 0) -> None:
        end = None
        for child in _children(node):
            if end is not None and "\n" not in self.file[end : child.start_byte]:
                raise SyntaxFault(say("expected a new line"), child.start_byte, child.end_byte)
            end = child.end_byte
            if child.type == "attribute":
                body.add(self.attribute(child))
            elif depth > MAX_DEPTH:
                message = say("blocks nested more than {MAX_DEPTH} levels deep", MAX_DEPTH=MAX_DEPTH)
                raise SyntaxFault(message, child.start_byte)
            else:
                body.blocks.append(self.block(child, Body(body.problems), depth))

    def block(self, node: Node, body: Body, depth: int) -> Block:
        first, *others = node.children
        labels = []
        end = first.end_byte
        for child in others:
            if child.type in ("identifier", "string_lit"):
                text = self.text(child)
                labels.append(unescape(text[1:-1]) if child.type == "string_lit" else text)
                end = child.end_byte
            elif child.type == "body":
                self.body(child, body, depth + 1)
        place = Place(self.source, node.start_byte, end)
        return Block(self.text(first), tuple(labels), body, place, node.end_byte)

    def attribute(self, node: Node) -> Attribute:
        children = node.children
        name, value = children[0], children[-1]
        text, place = self.text(value), self.place(value)
        if _PLAIN.fullmatch(text):  # most values
            return Attribute(
                self.text(name), Literal(normalise(text[1:-1]), place), self.place(name), place, True
            )
        self.depth = 0
        try:
            expression = self.value([value])
        except RecursionError:
            expression = Literal(Unknown(say("nested too deeply")))
        known = isinstance(expression, Literal) and not isinstance(expression.value, Unknown)
        literal = known and text[0] not in "<(-"
        return Attribute(self.text(name), expression, self.place(name), place, literal)

    # -- expressions -------------------------------------------------------------------------------

    def value(self, nodes: list[Node]) -> Expression:
        """A term and the steps after it (`.name`, `[key]`, `[*]`), or one operation."""
        while len(nodes) == 1 and nodes[0].type in ("expression", "operation"):
            nodes = _children(nodes[0])
        depth = self.depth
        self.deeper(len(nodes))
        head, kind = nodes[0], nodes[0].type
        if kind == "(":
            found = self.steps(self.value([nodes[1]]), nodes[3:])
        elif kind == "conditional":
            found = self.conditional(head)
        elif kind == "unary_operation":
            sign, *behind = _children(head)
            operand = self.value(behind)
            if sign.type == "!":
                found = Conditional(operand, Literal(False), Literal(True))
            elif isinstance(operand, Literal) and is_number(operand.value):
                found = number(f"-{to_text(operand.value)}")
            else:
                found = Binary("*", Literal(-1), operand)
        elif kind == "binary_operation":
            operands = _children(head)
            at = next(index for index, one in enumerate(operands) if one.type in _OPERATORS)
            found = Binary(operands[at].type, self.value(operands[:at]), self.value(operands[at + 1 :]))
        else:
            found = self.steps(self.term(head), nodes[1:])
        self.depth = depth
        return found

    def deeper(self, levels: int = 1) -> None:
        self.depth += levels
        if self.depth > MAX_DEPTH:
            raise RecursionError

    def values(self, node: Node) -> list[Expression]:
        """The expressions right below a node."""
        return [self.value([child]) for child in node.children if child.type == "expression"]

    def conditional(self, node: Node, *rest: Expression) -> Expression:
        """`a ? b : c ? d : e`, which the grammar reads as `(a ? b : c) ? d : e`.

        `rest` are the two sides of the conditional whose condition this one is.
        """
        self.deeper()
        condition, then, otherwise = (child for child in node.children if child.type == "expression")
        last = self.value([otherwise])
        sides = self.value([then]), Conditional(last, *rest) if rest else last
        if condition.children[0].type == "conditional":
            return self.conditional(condition.children[0], *sides)
        return Conditional(self.value([condition]), *sides)

    def steps(self, value: Expression, nodes: list[Node]) -> Expression:
        for position, node in enumerate(nodes):
            if node.type == "get_attr":
                name = self.text(node.children[-1])
                value = Index(value, Literal(name), name)
            elif node.type == "index":
                key = node.children[0]
                legacy = key.type == "legacy_index"
                value = Index(value, number(self.text(key)[1:]) if legacy else self.values(key)[0])
            else:
                return self.splat(value, node.children[0], nodes[position + 1 :])
        return value

    def splat(self, value: Expression, node: Node, behind: list[Node]) -> Expression:
        """A splat. `[*]` applies all the steps after it to every element, `.*` only the attributes."""
        inside = node.children[1:] + behind
        end = len(inside)
        if node.type == "attr_splat":
            is_name = (one.type == "get_attr" or one.children[0].type == "legacy_index" for one in inside)
            end = next((at for at, name in enumerate(is_name) if not name), end)
        return self.steps(Splat(value, self.steps(Variable("*"), inside[:end])), inside[end:])

    def term(self, node: Node) -> Expression:
        kind = node.type
        if kind == "literal_value":
            text = self.text(node)
            if text[0] == '"':
                return Literal(unescape(text[1:-1]), self.place(node))
            return Literal(_WORDS[text]) if text in _WORDS else number(text, self.place(node))
        if kind == "variable_expr":
            return Variable(self.text(node))
        if kind == "template_expr":
            return self.template(node.children[0])
        if kind == "collection_value":
            node = node.children[0]
            if node.type == "tuple":
                return Tuple(self.values(node))
            return Object([self.pair(item) for item in node.children if item.type == "object_elem"])
        if kind == "function_call":
            return self.call(node)
        if kind == "for_expr":
            return self.loop(node.children[0])
        return Literal(Unknown(say("not understood: {node}", node=self.text(node)[:40])))

    def pair(self, node: Node) -> tuple[Expression, Expression]:
        key, value = (child for child in node.children if child.type == "expression")
        inner = _children(key)
        if len(inner) == 1 and inner[0].type == "variable_expr":
            return Literal(self.text(inner[0]), self.place(key)), self.value([value])
        return self.value([key]), self.value([value])

    def call(self, node: Node) -> Expression:
        name = self.text(node.children[0]).replace(" ", "").removeprefix("core::")
        # Without arguments, the node holds no expression.
        inside = next((child for child in node.children if child.type == "function_arguments"), node)
        return Call(name, self.values(inside), any(child.type == "ellipsis" for child in inside.children))

    def loop(self, node: Node) -> Expression:
        condition = None
        for child in node.children:
            if child.type == "for_intro":
                names = [self.text(part) for part in child.children if part.type == "identifier"]
                (collection,) = self.values(child)
            elif child.type == "for_cond":
                (condition,) = self.values(child)
        *key, value = self.values(node)
        grouped = any(child.type == "ellipsis" for child in node.children)
        return For(collection, tuple(names), key[0] if key else None, value, condition, grouped)

    # -- templates ---------------------------------------------------------------------------------

    def template(self, node: Node) -> Expression:
        first, *inner, last = node.children
        start, end = first.end_byte, last.start_byte
        heredoc = node.type == "heredoc_template"
        if heredoc:
            start = self.file.index("\n", inner[0].end_byte) + 1
            end = self.file.rfind("\n", 0, end) + 1
        marks: list[_Mark] = []
        trim = False  # the last mark ended in `~`
        for child in (*_flat(inner), last):
            for line in self.file[start : min(child.start_byte, end)].splitlines(keepends=True):
                text = unescape(line, heredoc)
                marks.append(("text", text.lstrip() if trim else text, ()))
                trim = False
            if child == last:
                break
            kinds = [part.type for part in child.children]
            if kinds[1:2] == ["strip_marker"] and marks and marks[-1][0] == "text":
                marks[-1] = ("text", marks[-1][1].rstrip(), ())
            trim = kinds[-2:-1] == ["strip_marker"]
            start = child.end_byte
            kind, values = child.type.removeprefix("template_"), self.values(child)
            if kind == "interpolation" and not values:
                return Literal(Unknown(say("not understood: {node}", node=self.text(child)[:40])))
            names = tuple(self.text(part) for part in child.children if part.type == "identifier")
            marks.append((kind, values[0] if values else None, names))
        if self.text(first) == "<<-":
            _dedent(marks)
        return _joined(_assembled(iter(marks))[0], self.place(node))


# A piece of a template: its kind (`text`, or the type of its node without `template_`), its text or
# expression, and the names of a `for`.
_Mark = tuple[str, Any, tuple[str, ...]]
_TEXTS = frozenset({"template_literal", "heredoc_identifier", "comment"})


def _flat(nodes: Iterable[Node]) -> Iterator[Node]:
    """The interpolations and directives of a template, those inside other directives too."""
    for node in nodes:
        if node.type in ("template_directive", "template_if", "template_for"):
            yield from _flat(node.children)
        elif node.type not in _TEXTS:
            yield node


def _dedent(marks: list[_Mark]) -> None:
    """Remove the blanks that all lines begin with (`<<-`). Lines of blanks do not count."""
    begins = []
    blanks = []
    before = "\n"
    for position, (kind, content, _) in enumerate(marks):
        text = content if kind == "text" else ""
        if before.endswith("\n") and not (text.isspace() and text.endswith("\n")):
            begins += [position] if text else []
            blanks.append(len(text) - len(text.lstrip()))
        before = text
    for position in begins:
        marks[position] = ("text", marks[position][1][min(blanks) :], ())


def _assembled(marks: Iterator[_Mark]) -> tuple[list[Expression], str]:
    """The pieces up to the next `else` or `end` of the current directive, and which of the two it is."""
    pieces: list[Expression] = []
    for kind, content, names in marks:
        if kind == "text":
            pieces += [Literal(content)] if content else []
        elif kind == "interpolation":
            pieces.append(content)
        elif kind == "if_intro":
            then, behind = _assembled(marks)
            otherwise = _assembled(marks)[0] if behind == "else_intro" else []
            pieces.append(Conditional(content, Template(then), Template(otherwise)))
        elif kind == "for_start":
            texts = For(content, names, None, Template(_assembled(marks)[0]))
            pieces.append(Call("join", [Literal(""), texts]))
        else:
            return pieces, kind
    return pieces, ""


def _joined(pieces: list[Expression], place: Place) -> Expression:
    """The pieces as one expression. A single piece stays what it is."""
    texts = [piece.value for piece in pieces if isinstance(piece, Literal) and isinstance(piece.value, str)]
    if len(texts) == len(pieces):
        return Literal("".join(texts), place)
    return pieces[0] if len(pieces) == 1 else Template(pieces)


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_HEREDOC_ESCAPE = re.compile(r"\$\$(?=\{)|%%(?=\{)")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescape(text: str, heredoc: bool = False) -> str:
    """The text between the quotes of a string, or in a heredoc."""
    if "\\" not in text and "{" not in text:
        return normalise(text)

    def meaning(match: re.Match[str]) -> str:
        if match.lastindex is None:
            return match[0][0]
        if match.lastindex == 3:
            return _SHORT.get(match[3], match[0])
        code = int(match[match.lastindex], 16)
        return chr(code) if code < 0x110000 else "\ufffd"

    escape = _HEREDOC_ESCAPE if heredoc else _ESCAPE
    return normalise(escape.sub(meaning, text))


def number(text: str, place: Place | None = None) -> Expression:
    """A number as HCL and JSON write it."""
    try:
        return Literal(parse_number(text), place)
    except NotSupportedError as error:
        return Literal(Unknown(message_of(error)))


def _children(node: Node) -> list[Node]:
    return [child for child in node.children if child.type != "comment"]
