"""Functions of texts: their parts and case, regular expressions, and `format`.

Regular expressions are those of Go that mean the same in Python. A pattern may be hostile, so its cost is
estimated before it is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import comb
from posixpath import normpath
from typing import Any

from vcolint.hcl.functions.encodings import to_json
from vcolint.hcl.functions.signature import Function, anything, whole_number
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    NotSupportedError,
    Number,
    elements,
    is_dyadic,
    is_number,
    limit_text,
    to_bool,
    to_number,
    to_text,
)
from vcolint.locale import say


def characters(text: str) -> str:
    """The text. Raises NotSupportedError if Terraform counts its characters in a different way than
    Python."""
    if "\r\n" in text or any(
        char >= "\u0300" and not "\u2e80" <= char <= "\ud7a3" and not "\uff01" <= char <= "\uff60"
        for char in ("" if text.isascii() else text)
    ):
        raise NotSupportedError(say("text with combined characters"))
    return text


def _in_case(text: str, change: Callable[[str], str]) -> str:
    """Text in another case. Raises NotSupportedError if a character becomes two."""
    changed = [change(char) for char in text]
    if any(len(char) != 1 for char in changed):
        raise NotSupportedError
    return "".join(changed)


def _substr(text: str, offset: int, length: int) -> str:
    text = characters(text)
    start = offset if offset >= 0 else max(offset + len(text), 0)
    return text[start:] if length < 0 else text[start : start + length]


def _split(separator: str, text: str) -> ListValue:
    return ListValue(text.split(separator) if separator else characters(text))


def _join(separator: str, *lists: tuple[Any, ...]) -> str:
    texts = [to_text(item) for items in lists for item in items]
    limit_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _basename(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or ("/" if path else ".")


def _dirname(path: str) -> str:
    return normpath(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))


# -- regular expressions ---------------------------------------------------------------------------

_MOST_STEPS = 300_000
_LONGEST = 500  # characters of a pattern

# The parts that decide how many ways there are to match; escapes and classes are skipped.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<\w+>|[ims]*:?)|[*+?]\??|\{[0-9,]+\}\??|[()|]")
# A group that is repeated a few times: `([0-9]{1,3}\.){3}`.
_FEW = re.compile(r"\(((?:\\.|[^()\\])*)\)\{([1-4])\}")

# Parts of patterns that Python does not know, or that mean something else there: flags in the middle apply to
# the rest of a pattern, but in Python 3.10 to all of it.
_FOREIGN = re.compile(
    r"\\[pPzAQECs0-9]|\[\[:|\(\?[^Pims:<]|\(\?P[^<]|\(\?[ims]*-|[*+?}]\+|\{,|\[[^\]]*(?:\[|--|&&|\|\||~~)"
    r"|(?!^)\(\?[ims]+\)"
)


def _steps(pattern: str, subject: str) -> int:
    """An upper bound for the cost of a search."""
    pattern = _FEW.sub(lambda match: match[1] * int(match[2]), pattern)
    length = len(subject) + 1
    ways = 1 if pattern.startswith("^") else length
    endless = 0  # the repetitions that share the text among them
    repeats = [False]  # for each open group: whether it holds a repetition or a choice
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if token[0] == "(":
            repeats.append(False)
        elif token == ")" and len(repeats) > 1:
            inner = repeats.pop()
            repeats[-1] = repeats[-1] or inner
            if inner and pattern[match.end() : match.end() + 1] in ("*", "+", "{"):
                return _MOST_STEPS + 1
        elif token[0] in "*+?{|":
            repeats[-1] = True
            bounds = re.match(r"\{([0-9]{1,3})(?:,([0-9]{1,3}))?\}", token)
            if bounds:
                ways *= max(int(bounds[2] or bounds[1]) - int(bounds[1]), 0) + 1
            elif token[0] == "?":
                ways *= 2
            elif token != "|":
                endless += 1
    return min(ways * comb(length + endless, endless) // 32, _MOST_STEPS + 1)


def _matches(pattern: str, subject: str) -> Iterator[re.Match[str]]:
    """All matches as in Go: no empty match directly after another match.

    Raises NotSupportedError if the pattern may mean something else than in Go, or take too long.
    """
    if _FOREIGN.search(pattern) or ("$" in pattern and "\n" in subject):
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    if len(pattern) > _LONGEST or _steps(pattern, subject) > _MOST_STEPS:
        raise NotSupportedError(say("a pattern that may take too long"))
    try:
        compiled = re.compile(pattern, re.ASCII)
    except (re.error, OverflowError):
        raise NotSupportedError(say("vcolint does not understand this pattern")) from None
    end = -1
    for match in compiled.finditer(subject):
        if match.end() > match.start() or match.start() != end:
            yield match
        end = match.end()


def _groups(match: re.Match[str]) -> HclValue:
    names = match.re.groupindex
    if names and len(names) < match.re.groups:
        raise EvaluationError(say("a pattern with named and unnamed groups"))
    if names:
        return match.groupdict()
    return match.groups() if match.re.groups else match[0]


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
    limit_text((len(text) + 1) * len(new))
    matches = list(_matches(old[1:-1], text))
    template = _template(new, matches[0].re.groups if matches else 0)
    parts: list[str] = []
    end = 0
    for match in matches:
        parts += (text[end : match.start()], match.expand(template))
        end = match.end()
    changed = "".join((*parts, text[end:]))
    limit_text(len(changed))
    return changed


def _template(text: str, groups: int) -> str:
    """A replacement of Go as one of Python. Groups that do not exist are empty.

    Raises NotSupportedError for groups by name.
    """
    pieces = re.split(r"\$(\$|[0-9]{1,2}(?!\w)|\{[0-9]{1,2}\})", text)
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            if "$" in piece:
                raise NotSupportedError
            pieces[position] = piece.replace("\\", r"\\")
        elif piece != "$":
            number = int(piece.strip("{}"))
            pieces[position] = rf"\g<{number}>" if number <= groups else ""
    return "".join(pieces)


# -- format ----------------------------------------------------------------------------------------

_VERB = re.compile(r"%(?:%|(\[[0-9]+\])?([-+ 0#]*)([0-9]*)(?:\.([0-9]*))?(?:\[([0-9]+)\])?(.?))", re.DOTALL)
_WIDEST = 10_000  # characters
_MOST_PLACES = 30  # after the point


def _format(template: str, *values: HclValue) -> str:
    texts = []
    start = used = highest = 0
    for match in _VERB.finditer(template):
        texts.append(template[start : match.start()])
        start = match.end()
        if match[0] == "%%":
            texts.append("%")
            continue
        position = match[1] or match[5]
        index = int(position.strip("[]")) - 1 if position else used
        used = index + 1
        highest = max(highest, used)
        if not 0 <= index < len(values):
            raise EvaluationError(say("format() has too few arguments"))
        texts.append(_formatted(values[index], match[6], match[2], match[3], match[4]))
    if highest < len(values):
        raise EvaluationError(say("format() has too many arguments"))
    texts.append(template[start:])
    limit_text(sum(map(len, texts)))
    return "".join(texts)


def _formatted(value: HclValue, verb: str, flags: str, width: str, precision: str | None) -> str:
    """A value as Go's `fmt` shows it."""
    if value is None or "#" in flags or int(width or 0) > _WIDEST:
        raise NotSupportedError
    left = "-" in flags
    if verb and verb in "dboxXf":
        number = to_number(value)
        sign = "+" if "+" in flags else " " if " " in flags else ""
        spec = f"{'<' if left else ''}{sign}{'0' if '0' in flags and not left else ''}{width}"
        if verb == "f":
            return _fixed(number, 6 if precision is None else int(precision or 0), spec)
        if not isinstance(number, int):
            raise EvaluationError(say("format() needs a whole number"))
        if precision is not None:
            raise NotSupportedError
        return format(int(number), spec + verb)
    if verb == "v" and (precision is not None or set(flags) - set("-0")):
        raise NotSupportedError
    if verb == "s" or (verb == "v" and isinstance(value, str)):
        text = to_text(value)
        text = text if precision is None else characters(text)[: int(precision or 0)]
    elif verb == "v":
        text = to_json(value) if isinstance(value, (tuple, dict)) else _shown(value)
    elif verb == "q" and precision is None and to_text(value).isascii():
        text = to_json(to_text(value))
    elif verb == "t":
        text = to_text(to_bool(value))
    else:
        raise NotSupportedError
    if not width or len(text) >= int(width):
        return text
    return format(str(characters(text)), f"{'0' if '0' in flags else ' '}{'<' if left else '>'}{width}")


def _fixed(number: Number, places: int, spec: str) -> str:
    """A number with that many places after the point."""
    from decimal import Decimal

    digits = to_text(number)
    behind = digits.partition(".")[2]
    # Terraform rounds the binary form of a number, whose further digits decide a tie.
    tie = len(behind) == places + 1 and behind[-1] == "5" and not is_dyadic(number)
    if tie or places > _MOST_PLACES:
        raise NotSupportedError
    return format(Decimal(digits), f"{spec}.{places}f")


def _shown(value: HclValue) -> str:
    """A number or bool as `%v` shows it. Raises NotSupportedError if that has an exponent."""
    if is_number(value) and value and not 10**-4 <= abs(value) < 10**6:
        raise NotSupportedError
    return to_text(value)


def _formatlist(template: str, *values: HclValue) -> ListValue:
    lengths = {len(value) for value in values if isinstance(value, tuple)}
    if len(lengths) > 1:
        raise EvaluationError(say("formatlist() of lists of different lengths"))
    texts: list[str] = []
    size = 0
    for index in range(lengths.pop() if lengths else 1):
        row = (value[index] if isinstance(value, tuple) else value for value in values)
        texts.append(_format(template, *row))
        size += len(texts[-1])
        limit_text(size)
    return ListValue(texts)


FUNCTIONS: dict[str, Function] = {
    "basename": Function(_basename, (to_text,)),
    "chomp": Function(lambda text: text.rstrip("\r\n"), (to_text,)),
    "dirname": Function(_dirname, (to_text,)),
    "endswith": Function(str.endswith, (to_text, to_text)),
    "format": Function(_format, (to_text,), anything),
    "formatlist": Function(_formatlist, (to_text,), anything),
    "join": Function(_join, (to_text,), elements),
    "lower": Function(lambda text: _in_case(text, str.lower), (to_text,)),
    "regex": Function(_regex, (to_text, to_text), cost=_steps),
    "regexall": Function(_regexall, (to_text, to_text), cost=_steps),
    "replace": Function(
        _replace,
        (to_text, to_text, to_text),
        cost=lambda text, old, new: _steps(old, text) if _is_pattern(old) else 0,
    ),
    "split": Function(_split, (to_text, to_text)),
    "startswith": Function(str.startswith, (to_text, to_text)),
    "strcontains": Function(str.__contains__, (to_text, to_text)),
    "substr": Function(_substr, (to_text, whole_number, whole_number)),
    "title": Function(lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].title(), text), (to_text,)),
    "trim": Function(str.strip, (to_text, to_text)),
    "trimprefix": Function(str.removeprefix, (to_text, to_text)),
    "trimspace": Function(str.strip, (to_text,)),
    "trimsuffix": Function(str.removesuffix, (to_text, to_text)),
    "upper": Function(lambda text: _in_case(text, str.upper), (to_text,)),
}
