"""Templates: the text in them, and the expression that their pieces make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vcolint.hcl.conversions import normalise
from vcolint.hcl.expressions import Call, Conditional, Expression, For, Literal, Template

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Mark:
    """A piece of a template: `text`, `value`, or a directive `if`, `else`, `for`, `end`."""

    __slots__ = ("expression", "kind", "names", "text")

    def __init__(
        self,
        kind: str,
        *,
        text: str = "",
        expression: Expression | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.text = text
        self.expression = expression
        self.names = names


def dedent(marks: list[Mark]) -> None:
    """Remove the blanks that all lines begin with (`<<-`)."""
    begins = []
    least: int | None = None
    fresh = True  # the next piece begins a line
    for mark in marks:
        if fresh:
            fresh = False
            blanks = 0
            if mark.kind == "text":
                blanks = len(mark.text) - len(mark.text.lstrip())
                if blanks == len(mark.text) and mark.text.endswith("\n"):
                    fresh = True
                    continue
                begins.append(mark)
            least = blanks if least is None else min(least, blanks)
        if mark.kind == "text" and mark.text.endswith("\n"):
            fresh = True
    for mark in begins:
        mark.text = mark.text[least or 0 :]


def assembled(marks: Iterator[Mark]) -> tuple[list[Expression], str]:
    """The pieces up to the next `else` or `end` of the current directive, and which of the two it is."""
    pieces: list[Expression] = []
    for mark in marks:
        if mark.kind in ("else", "end"):
            return pieces, mark.kind
        if mark.expression is None:
            pieces += [Literal(mark.text)] if mark.text else []
        elif mark.kind == "value":
            pieces.append(mark.expression)
        elif mark.kind == "if":
            then, mark_behind = assembled(marks)
            otherwise = assembled(marks)[0] if mark_behind == "else" else []
            pieces.append(Conditional(mark.expression, Template(then), Template(otherwise)))
        else:
            key = mark.names[0] if len(mark.names) > 1 else None
            text = Template(assembled(marks)[0])
            texts = For(mark.expression, (key, mark.names[-1]), None, text, None, False)
            pieces.append(Call("join", [Literal(""), texts], False))
    return pieces, ""


def joined(pieces: list[Expression]) -> Expression:
    """The pieces as one expression. A single piece stays what it is."""
    if all(isinstance(piece, Literal) and isinstance(piece.value, str) for piece in pieces):
        return Literal("".join(piece.value for piece in pieces if isinstance(piece, Literal)))
    return pieces[0] if len(pieces) == 1 else Template(pieces)


def unescape(text: str) -> str:
    """The text between the quotes of a string."""

    def meaning(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _SHORT.get(match[3], match[0]) if match[3] else match[0][0]

    return normalise(_ESCAPE.sub(meaning, text) if "\\" in text or "{" in text else text)


def unescape_template(text: str) -> str:
    """The text of a heredoc, where only `$${` and `%%{` are escapes."""
    return normalise(re.sub(r"\$\$(?=\{)|%%(?=\{)", lambda match: match[0][0], text))
