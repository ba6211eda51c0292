"""Functions that match regular expressions: those of Go that mean the same in Python.

A pattern may be hostile, so its cost is estimated before it is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vcolint.hcl.conversions import limit_text, to_text
from vcolint.hcl.functions.signature import Function, plain
from vcolint.hcl.values import EvaluationError, HclValue, ListValue, NotSupportedError
from vcolint.locale import say

_MOST_EFFORT = 10_000_000
_LONGEST = 500  # characters of a pattern

_QUANTIFIER = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<\w+>|[ims]*:?)|[*+?]|\{[0-9,]+\}|[()|]")

# Parts of patterns that Python does not know, or that mean something else there: flags in the middle apply to
# the rest of a pattern, but in Python 3.10 to all of it.
_FOREIGN = re.compile(
    r"\\[pPzAQECs0-9]|\[\[:|\(\?[^Pims:<]|\(\?P[^<]|\(\?[ims]*-|[*+?}]\+|\{,|\[[^\]]*(?:\[|--|&&|\|\||~~)"
    r"|(?!^)\(\?[ims]+\)"
)


def _effort(text: str, subject: str) -> int:
    """An upper bound for the steps of a search."""
    length = max(len(subject), 2)
    effort = 1 if text.startswith("^") else length
    holds_repeat = [False]  # for each open group: whether it holds a repetition or a choice
    for match in _QUANTIFIER.finditer(text):
        token = match[0]
        if token[0] == "(":
            if not token.endswith(")"):
                holds_repeat.append(False)
        elif token == ")":
            closed = holds_repeat.pop() if len(holds_repeat) > 1 else False
            holds_repeat[-1] = holds_repeat[-1] or closed
            if closed and text[match.end() : match.end() + 1] in ("*", "+", "{"):
                few = re.match(r"\{[0-4]\}", text[match.end() : match.end() + 3])
                effort *= 1 << (6 if few else min(length, 64))
        elif token == "|":
            holds_repeat[-1] = True
        elif token[0] in "*+?{" and not (token == "?" and text[match.start() - 1] in "*+?}"):
            effort *= _repeats(token, length)
            holds_repeat[-1] = True
        if effort > _MOST_EFFORT:
            break
    return effort


def _repeats(token: str, length: int) -> int:
    """The number of ways in which a quantifier may match."""
    if token == "?":
        return 2
    least, _, most = token.strip("{}").partition(",")
    if token[0] != "{" or (not most and token.endswith(",}")):
        return length
    return min(max(int((most or least or "0")[:4]) - int((least or "0")[:4]), 0) + 1, length)


def _steps(pattern: str, subject: str) -> int:
    """What a search costs."""
    return min(_effort(pattern, subject), _MOST_EFFORT) >> 5


def _pattern(text: str, subject: str) -> re.Pattern[str]:
    """The pattern in Python.

    Raises NotSupportedError if it may mean something else than in Go, or take too long on this subject.
    """
    if _FOREIGN.search(text) or ("$" in text and "\n" in subject):
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    if len(text) > _LONGEST or _effort(text, subject) > _MOST_EFFORT:
        raise NotSupportedError(say("a pattern that may take too long"))
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError):
        raise NotSupportedError(say("vcolint does not understand this pattern")) from None


def _matches(pattern: str, subject: str) -> Iterator[re.Match[str]]:
    """All matches as in Go: no empty match directly behind another match."""
    end = -1
    for match in _pattern(pattern, subject).finditer(subject):
        if match.end() > match.start() or match.start() != end:
            yield match
        end = match.end()


def _groups(match: re.Match[str]) -> HclValue:
    names = match.re.groupindex
    if not match.re.groups:
        return match[0]
    if not names:
        return match.groups()
    if len(names) < match.re.groups:
        raise EvaluationError(say("a pattern with named and unnamed groups"))
    return match.groupdict()


def _regex(pattern: str, text: str) -> HclValue:
    match = next(_matches(pattern, text), None)
    if match is None:
        raise EvaluationError(say("the pattern does not match"))
    return _groups(match)


def _regexall(pattern: str, text: str) -> ListValue:
    return ListValue(map(_groups, _matches(pattern, text)))


def _is_pattern(text: str) -> bool:
    """Whether a text is a pattern to `replace`: it has slashes around it."""
    return len(text) > 1 and text[0] == text[-1] == "/"


def _replace(text: str, old: str, new: str) -> str:
    if not _is_pattern(old):
        limit_text(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
        return text.replace(old, new)
    pieces = _replacement(new)
    limit_text((len(text) + 1) * len(new))
    parts: list[str] = []
    end = 0
    for match in _matches(old[1:-1], text):
        parts.append(text[end : match.start()])
        parts += (piece if isinstance(piece, str) else _group(match, piece) for piece in pieces)
        end = match.end()
    changed = "".join((*parts, text[end:]))
    limit_text(len(changed))
    return changed


def _replacement(text: str) -> list[str | int]:
    """The parts of a replacement: text, and the numbers of groups."""
    pieces: list[str | int] = []
    for part in re.split(r"(\$\$|\$\{\w+\}|\$\w+|\$)", text):
        name = part[1:].strip("{}")
        if part == "$$":
            pieces.append("$")
        elif not part.startswith("$"):
            pieces.append(part)
        elif name.isdecimal() and name.isascii() and len(name) < 3:
            pieces.append(int(name))
        else:
            raise NotSupportedError(say("replace() with named groups"))
    return pieces


def _group(match: re.Match[str], number: int) -> str:
    """The text of a group of a match; empty if there is none."""
    return match[number] or "" if number <= match.re.groups else ""


def _replace_steps(text: str, old: str, new: str) -> int:
    return _steps(old, text) if _is_pattern(old) else 0


FUNCTIONS: dict[str, Function] = {
    "regex": plain(_regex, to_text, to_text, cost=_steps),
    "regexall": plain(_regexall, to_text, to_text, cost=_steps),
    "replace": plain(_replace, to_text, to_text, to_text, cost=_replace_steps),
}
