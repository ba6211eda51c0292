"""Terraform's functions, as far as routes use them. What is not here gives an unknown value.

A function gets plain values: wholly known, without marks. `structural` ones only move elements about,
so these may be unknown or sensitive. `reader` ones may read files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from vcolint.hcl.expressions import MAX_TEXT
from vcolint.hcl.values import (
    EvaluationError,
    FileText,
    HclValue,
    ListValue,
    MapValue,
    Namespace,
    NotSupportedError,
    Number,
    SetValue,
    UnknownText,
    describe,
    elements,
    equal,
    is_dyadic,
    is_number,
    kind_of,
    make_set,
    mark,
    normal_elements,
    one_type,
    parse_number,
    plain,
    to_bool,
    to_key,
    to_list,
    to_map,
    to_number,
    to_set,
    to_text,
    unmark,
    whole,
    written,
)
from vcolint.locale import say
from vcolint.text.value import Places, Unknown

if TYPE_CHECKING:
    from vcolint.hcl.expressions import Work

# Of the moment: Terraform itself does not know them before apply.
AFTER_APPLY = frozenset({"timestamp", "uuid", "bcrypt", "plantimestamp"})


class Files(Protocol):
    """The files that functions may read. Paths are relative to the root module's folder."""

    def text(self, path: str) -> FileText:
        """Raises EvaluationError where there is no such file, NotSupportedError where it may not be read."""

    def exists(self, path: str) -> bool: ...

    def names(self, folder: str, pattern: str) -> list[str]: ...

    def template(self, path: str, variables: dict[str, HclValue]) -> HclValue: ...

    def absolute(self, path: str) -> str: ...


class Function(NamedTuple):
    """`structural`: elements may be unknown or sensitive; `reader`: takes the files first."""

    implementation: Callable[..., HclValue]
    structural: bool = False
    reader: bool = False


FUNCTIONS: dict[str, Function] = {}

Implementation = Callable[..., HclValue]


def _plain(implementation: Implementation) -> Implementation:
    FUNCTIONS[implementation.__name__.strip("_")] = Function(implementation)
    return implementation


def _structural(implementation: Implementation) -> Implementation:
    FUNCTIONS[implementation.__name__.strip("_")] = Function(implementation, structural=True)
    return implementation


def _reader(implementation: Implementation) -> Implementation:
    FUNCTIONS[implementation.__name__.strip("_")] = Function(implementation, reader=True)
    return implementation


def call(name: str, arguments: list[HclValue], files: Files, work: Work) -> HclValue:
    """The result of a function. Raises EvaluationError and NotSupportedError."""
    if name in ("nonsensitive", "issensitive") and len(arguments) == 1:
        value, marked = unmark(arguments[0])
        return value if name == "nonsensitive" else marked
    function = FUNCTIONS.get(name)
    if function is None:
        return Unknown(
            say("known after apply: {name}()", name=name)
            if name in AFTER_APPLY
            else say("unknown here: {name}()", name=name)
        )
    if name == "join" and _is_one_unknown(arguments[1:]):
        return arguments[1][0]
    marked = False
    values: list[HclValue] = []
    for argument in arguments:
        value, sensitive = unmark(argument)
        if isinstance(value, Namespace):
            value = value.settle()
        if name not in _QUICK and isinstance(value, (str, tuple, dict)):
            work.spend(len(value) >> (6 if isinstance(value, str) else 2))
        marked = marked or sensitive
        values.append(value)
    if function.structural:
        for value in values:
            work.survey(value)  # whoever shares one value a billion times meets an end there
        # `coalesce("a", u)` is known; `length(u)` is not.
        if name not in ("coalesce", "coalescelist"):
            for value in values[: 1 if name == "lookup" else None]:
                if isinstance(value, Unknown) and name not in _IDENTITIES:
                    return mark(Unknown(value.reason), marked)
    else:
        for position, value in enumerate(values):
            seen = work.survey(value)
            if seen.unknown is not None:
                return mark(Unknown(seen.unknown.reason), marked or seen.sensitive)
            if seen.sensitive:
                marked = True
                values[position] = plain(value)
    work.spend(_matching_cost(name, values))
    try:
        result = function.implementation(*([files, *values] if function.reader else values))
    except (EvaluationError, NotSupportedError) as error:
        if marked:  # the message may show what must not be shown
            raise type(error)(say("{name}() of a sensitive value", name=name)) from None
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError, OverflowError):
        raise NotSupportedError(say("cannot be evaluated: {name}()", name=name)) from None
    if isinstance(result, (str, tuple, dict)):
        work.spend(len(result) >> 6 if isinstance(result, str) else len(result))
    return mark(result, marked)


# These look at one element, however many there are.
_QUICK = frozenset({"element", "length", "lookup", "one", "coalesce", "coalescelist", "file"})


def _is_one_unknown(lists: list[HclValue]) -> bool:
    """`join("", x.*.id)` is that one ID; so one wrote when there was no `one()`."""
    return len(lists) == 1 and type(lists[0]) is tuple and list(map(type, lists[0])) == [UnknownText]


def _matching_cost(name: str, values: list[HclValue]) -> int:
    """The steps that matching a pattern may take; 0 for other functions."""
    if name not in ("regex", "regexall", "replace") or list(map(kind_of, values[:2])) != [str, str]:
        return 0
    pattern, subject = values[:2] if name != "replace" else (values[1], values[0])
    if name == "replace" and not pattern[:1] == pattern[-1:] == "/":
        return 0
    return min(_effort(pattern, subject), _MOST_EFFORT) >> 5


# -- text ------------------------------------------------------------------------------------------


def _characters(text: str) -> str:
    """Text whose characters are what Terraform counts. Raises NotSupportedError for combined ones."""
    if not text.isascii() and any(
        char >= "\u0300" and not "\u2e80" <= char <= "\ud7a3" and not "\uff01" <= char <= "\uff60"
        for char in text
    ):
        raise NotSupportedError(say("text with combined characters"))
    if "\r\n" in text:
        raise NotSupportedError(say("text with CRLF"))
    return text


def _sized(count: int) -> None:
    if count > MAX_TEXT:
        raise NotSupportedError(say("needs too much memory to evaluate"))


def _whole_number(value: HclValue) -> int:
    number = to_number(value)
    if not isinstance(number, int):
        raise EvaluationError(say("expected a whole number, not {number}", number=to_text(number)))
    return number


def _each_character(text: str, change: Callable[[str], str]) -> str:
    """Text in another case, every character by itself. Raises NotSupportedError for one that becomes two."""
    if text.isascii():
        return change(text)
    changed = [change(char) for char in text]
    if any(len(char) != 1 for char in changed):
        raise NotSupportedError(say("text with characters that have no other case"))
    return "".join(changed)


@_plain
def upper(text: HclValue) -> str:
    return _each_character(to_text(text), str.upper)


@_plain
def lower(text: HclValue) -> str:
    return _each_character(to_text(text), str.lower)


@_plain
def title(text: HclValue) -> str:
    return re.sub(r"(?<![\w])\w", lambda match: match[0].title(), to_text(text))


@_plain
def trimspace(text: HclValue) -> str:
    return to_text(text).strip()


@_plain
def chomp(text: HclValue) -> str:
    return to_text(text).rstrip("\r\n")


@_plain
def trim(text: HclValue, cut: HclValue) -> str:
    return to_text(text).strip(to_text(cut)) if cut != "" else to_text(text)


@_plain
def trimprefix(text: HclValue, prefix: HclValue) -> str:
    return to_text(text).removeprefix(to_text(prefix))


@_plain
def trimsuffix(text: HclValue, suffix: HclValue) -> str:
    return to_text(text).removesuffix(to_text(suffix))


@_plain
def startswith(text: HclValue, prefix: HclValue) -> bool:
    return to_text(text).startswith(to_text(prefix))


@_plain
def endswith(text: HclValue, suffix: HclValue) -> bool:
    return to_text(text).endswith(to_text(suffix))


@_plain
def strcontains(text: HclValue, part: HclValue) -> bool:
    return to_text(part) in to_text(text)


@_plain
def strrev(text: HclValue) -> str:
    return _characters(to_text(text))[::-1]


@_plain
def indent(spaces: HclValue, text: HclValue) -> str:
    blanks = " " * min(_whole_number(spaces), MAX_TEXT)
    lines = to_text(text)
    _sized(len(lines) + lines.count("\n") * len(blanks))
    return lines.replace("\n", "\n" + blanks)


@_plain
def substr(text: HclValue, offset: HclValue, length: HclValue) -> str:
    whole_text, start, count = _characters(to_text(text)), _whole_number(offset), _whole_number(length)
    if start < 0:
        start = max(start + len(whole_text), 0)
    return whole_text[start:] if count < 0 else whole_text[start : start + count]


@_plain
def replace(text: HclValue, old: HclValue, new: HclValue) -> str:
    subject, part, other = to_text(text), to_text(old), to_text(new)
    if len(part) > 1 and part[0] == part[-1] == "/":
        pattern = _pattern(part[1:-1], subject)
        pieces = _replacement(other)
        _sized((len(subject) + 1) * len(other))
        parts: list[str] = []
        end = 0
        for match in _matches(pattern, subject):
            parts.append(subject[end : match.start()])
            parts += (piece if isinstance(piece, str) else _group(match, piece) for piece in pieces)
            end = match.end()
        changed = "".join((*parts, subject[end:]))
        _sized(len(changed))
        return changed
    _sized(len(subject) + (subject.count(part) if part else len(subject) + 1) * len(other))
    return subject.replace(part, other)


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


def _matches(pattern: re.Pattern[str], subject: str) -> Iterator[re.Match[str]]:
    """All matches, as Go finds them: none that is empty right behind another one."""
    end = -1
    for match in pattern.finditer(subject):
        if match.end() > match.start() or match.start() != end:
            yield match
        end = match.end()


def _group(match: re.Match[str], number: int) -> str:
    """A group of a match; nothing where there is none."""
    return match[number] or "" if number <= match.re.groups else ""


@_plain
def split(separator: HclValue, text: HclValue) -> ListValue:
    separator, text = to_text(separator), to_text(text)
    return ListValue(text.split(separator) if separator else _characters(text))


@_plain
def join(separator: HclValue, *lists: HclValue) -> str:
    texts = [to_text(item) for items in lists for item in elements(items)]
    between = to_text(separator)
    _sized(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


_QUANTIFIER = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<\w+>|[ims]*:?)|[*+?]|\{[0-9,]+\}|[()|]")


_MOST_EFFORT = 10_000_000

# What Python does not know in a pattern, or takes for something else.
_FOREIGN = re.compile(
    r"\\[pPzAQECs0-9]|\[\[:|\(\?[^Pims:<]|\(\?P[^<]|\(\?[ims]*-|[*+?}]\+|\{,|\[[^\]]*(?:\[|--|&&|\|\||~~)"
)


def _effort(text: str, subject: str) -> int:
    """How many steps it may take at most to search for a pattern, roughly and on the safe side."""
    length = max(len(subject), 2)
    effort = 1 if text.startswith("^") else length
    holds_repeat = [False]  # of the groups that are open: something in it is repeated, or a choice
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
    """In how many ways a quantifier may match."""
    if token == "?":
        return 2
    least, _, most = token.strip("{}").partition(",")
    if token[0] != "{" or (not most and token.endswith(",}")):
        return length
    return min(max(int((most or least or "0")[:4]) - int((least or "0")[:4]), 0) + 1, length)


def _pattern(text: str, subject: str) -> re.Pattern[str]:
    """A pattern of Go's, where Python's mean the same and cannot take for ever on this subject."""
    if _FOREIGN.search(text):
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    if "$" in text and "\n" in subject:
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    if len(text) > 500 or _effort(text, subject) > _MOST_EFFORT:
        raise NotSupportedError(say("a pattern that could take for ever"))
    # Flags in the middle hold from there on; Python 3.10 takes them for all of the pattern.
    if re.search(r"\(\?[ims]+\)", text[1:]):
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError):
        raise NotSupportedError(say("vcolint does not understand this pattern")) from None


def _groups(match: re.Match[str]) -> HclValue:
    names = match.re.groupindex
    if not match.re.groups:
        return match[0]
    if not names:
        return tuple(match.groups())
    if len(names) < match.re.groups:
        raise EvaluationError(say("a pattern with named and unnamed groups"))
    return dict(match.groupdict())


@_plain
def regex(pattern: HclValue, text: HclValue) -> HclValue:
    match = _pattern(to_text(pattern), to_text(text)).search(to_text(text))
    if match is None:
        raise EvaluationError(say("the pattern does not match"))
    return _groups(match)


@_plain
def regexall(pattern: HclValue, text: HclValue) -> ListValue:
    subject = to_text(text)
    return ListValue(_groups(match) for match in _matches(_pattern(to_text(pattern), subject), subject))


_VERB = re.compile(r"%(?:%|(\[[0-9]+\])?([-+ 0#]*)([0-9]*)(?:\.([0-9]*))?(?:\[([0-9]+)\])?(.?))", re.DOTALL)


@_plain
def _format(template: HclValue, *values: HclValue) -> str:
    template = to_text(template)
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
    _sized(sum(map(len, texts)))
    return "".join(texts)


def _formatted(value: HclValue, verb: str, flags: str, width: str, precision: str | None) -> str:
    if value is None:
        raise NotSupportedError(say("format() of null"))
    if width and int(width) > 10_000:
        raise NotSupportedError(say("format() with too large a width"))
    if "#" in flags:
        raise NotSupportedError(say("format() with #"))
    if verb == "v":
        if precision is not None or set(flags) - set("-0"):
            raise NotSupportedError(say("format() with %v and more"))
        if isinstance(value, str):
            verb = "s"
        elif isinstance(value, (tuple, dict)):
            return _padded(_json(value), flags, width)
        else:
            return _padded(_shown(value), flags, width)
    if verb == "s":
        text = to_text(value)
        return _padded(
            _characters(text)[: int(precision or 0)] if precision is not None else text, flags, width
        )
    if verb == "q":
        if precision is not None or not to_text(value).isascii():
            raise NotSupportedError(say("format() with %q"))
        return _padded(_json(to_text(value)), flags, width)
    if verb == "t":
        return _padded("true" if to_bool(value) else "false", flags, width)
    if verb and verb in "dboxX":
        number = to_number(value)
        if not isinstance(number, int):
            raise EvaluationError(say("format() needs a whole number"))
        if precision is not None or set(flags) - set("-+0 "):
            raise NotSupportedError(say("format() with %{flags}{verb}", flags=flags, verb=verb))
        return _integer(number, verb, flags, width)
    if verb == "f":
        number = to_number(value)
        places = 6 if precision is None else int(precision or 0)
        if places > 30:
            raise NotSupportedError(say("format() with too long a result"))
        return _fixed(number, places, flags, width)
    raise NotSupportedError(say("format() with %{verb}", verb=verb))


def _shown(value: HclValue) -> str:
    """A number or bool as `%v` shows it. Raises NotSupportedError where that would be with an exponent."""
    if is_number(value) and value and not 10**-4 <= abs(value) < 10**6:
        raise NotSupportedError(say("format() of too large a number"))
    return to_text(value)


def _padded(text: str, flags: str, width: str) -> str:
    if not width or len(text) >= int(width):
        return text
    _characters(text)
    return text.ljust(int(width)) if "-" in flags else text.rjust(int(width), "0" if "0" in flags else " ")


def _signed(digits: str, negative: bool, flags: str, width: str) -> str:
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if "0" in flags and "-" not in flags and width:
        digits = digits.rjust(int(width) - len(sign), "0")
    return _padded(sign + digits, flags.replace("0", ""), width)


def _integer(number: int, verb: str, flags: str, width: str) -> str:
    return _signed(format(abs(number), verb), number < 0, flags, width)


def _fixed(number: Number, places: int, flags: str, width: str) -> str:
    from fractions import Fraction

    scaled = abs(Fraction(number)) * 10**places
    # Go rounds the nearest double; a tie is decided by digits that are not ours to know.
    if scaled.denominator == 2:
        raise NotSupportedError(say("format() of a number halfway between two values"))
    digits = str(round(scaled)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return _signed(text, number < 0, flags, width)


@_plain
def formatlist(template: HclValue, *values: HclValue) -> ListValue:
    lengths = {len(value) for value in values if isinstance(value, tuple)}
    if len(lengths) > 1:
        raise EvaluationError(say("formatlist() of lists of different lengths"))
    count = lengths.pop() if lengths else 1
    rows = (
        [value[index] if isinstance(value, tuple) else value for value in values] for index in range(count)
    )
    texts = []
    size = 0
    for row in rows:
        texts.append(_format(template, *row))
        size += len(texts[-1])
        _sized(size)
    return ListValue(texts)


# -- numbers ---------------------------------------------------------------------------------------


@_plain
def _max(first: HclValue, *more: HclValue) -> Number:
    return max(to_number(value) for value in (first, *more))


@_plain
def _min(first: HclValue, *more: HclValue) -> Number:
    return min(to_number(value) for value in (first, *more))


@_plain
def floor(value: HclValue) -> int:
    return to_number(value) // 1


@_plain
def ceil(value: HclValue) -> int:
    return -(-to_number(value) // 1)


@_plain
def _abs(value: HclValue) -> Number:
    number = to_number(value)
    return number if number >= 0 else -number


@_plain
def signum(value: HclValue) -> int:
    number = _whole_number(value)
    return (number > 0) - (number < 0)


@_plain
def _pow(base: HclValue, exponent: HclValue) -> Number:
    number, power = to_number(base), to_number(exponent)
    if not isinstance(number, int) or not isinstance(power, int):
        raise NotSupportedError(say("pow() beyond whole numbers"))
    if power < 0 or abs(number) ** min(power, 60) > 2**53 or power > 60:
        raise NotSupportedError(say("pow() beyond whole numbers"))
    return int(number**power)


@_plain
def _sum(values: HclValue) -> Number:
    numbers = [to_number(value) for value in elements(values)]
    if not all(map(is_dyadic, numbers)):
        raise NotSupportedError(say("sum() of numbers that have no exact form"))
    if not numbers:
        raise EvaluationError(say("sum() of an empty collection"))
    total = sum(numbers)
    return total if isinstance(total, int) else whole(total)


@_plain
def parseint(text: HclValue, base: HclValue) -> int:
    text, number = to_text(text), _whole_number(base)
    if not 2 <= number <= 36 or not re.fullmatch(r"-?[0-9a-zA-Z]+", text) or len(text) > 400:
        raise NotSupportedError(say("parseint() of this text"))
    if re.match("-?0[a-zA-Z]", text) and number != 36:
        raise NotSupportedError(say("parseint() with a prefix"))
    try:
        return int(text, number)
    except ValueError:
        raise EvaluationError(
            say("text that is not a whole number in base {number}", number=number)
        ) from None


@_plain
def _range(*limits: HclValue) -> ListValue:
    numbers = [to_number(limit) for limit in limits]
    if not all(map(is_dyadic, numbers)):
        raise NotSupportedError(say("range() of numbers that have no exact form"))
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else 1 if start <= end else -1
    if step == 0 or (step < 0 < end - start) or (step > 0 > end - start):
        raise EvaluationError(say("range() that never ends"))
    if (end - start) / step > 1024:
        raise EvaluationError(say("range() of more than 1024 numbers"))
    found = []
    while start < end if step > 0 else start > end:
        found.append(start)
        start += step
    return ListValue(found)


# -- networks --------------------------------------------------------------------------------------


def _ipv4(prefix: HclValue) -> tuple[int, int]:
    """The network's first address and its length. Leading zeros are taken for nothing, as Terraform does."""
    text = to_text(prefix)
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)\.(\d+)/(\d+)", text, re.ASCII)
    if match is None:
        if ":" in text:
            raise NotSupportedError(say("an IPv6 network"))
        raise EvaluationError(say('"{text}" is not a CIDR block', text=text))
    *octets, length = (int(group[-9:]) for group in match.groups())
    if max(octets) > 255 or length > 32:
        raise EvaluationError(say('"{text}" is not a CIDR block', text=text))
    address = int.from_bytes(bytes(octets), "big")
    return address >> (32 - length) << (32 - length), length


def _dotted(address: int) -> str:
    return ".".join(map(str, (address & 0xFFFFFFFF).to_bytes(4, "big")))


@_plain
def cidrsubnet(prefix: HclValue, newbits: HclValue, number: HclValue) -> str:
    address, length = _ipv4(prefix)
    bits, index = _whole_number(newbits), _whole_number(number)
    if bits < 0 or index < 0:
        raise NotSupportedError(say("cidrsubnet() with a negative number"))
    if length + bits > 32:
        raise EvaluationError(say("a /{length} has no room for {bits} more bits", length=length, bits=bits))
    if index >> bits:
        raise EvaluationError(say("{bits} bits have no subnet number {index}", bits=bits, index=index))
    return f"{_dotted(address | index << (32 - length - bits))}/{length + bits}"


@_plain
def cidrsubnets(prefix: HclValue, *newbits: HclValue) -> ListValue:
    first, length = _ipv4(prefix)
    position, end = first, first + (1 << (32 - length))
    found = []
    for value in newbits:
        bits = _whole_number(value)
        if bits < 1:
            raise EvaluationError(say("cidrsubnets() needs at least one bit"))
        if length + bits > 32:
            raise EvaluationError(
                say("a /{length} has no room for {bits} more bits", length=length, bits=bits)
            )
        size = 1 << (32 - length - bits)
        position = -(-position // size) * size
        if position + size > end:
            raise EvaluationError(say("a /{length} has no room for all of these subnets", length=length))
        found.append(f"{_dotted(position)}/{length + bits}")
        position += size
    return ListValue(found)


@_plain
def cidrhost(prefix: HclValue, number: HclValue) -> str:
    address, length = _ipv4(prefix)
    index, size = _whole_number(number), 1 << (32 - length)
    if not -size <= index < size:
        raise EvaluationError(say("a /{length} has no host number {index}", length=length, index=index))
    return _dotted(address + (index if index >= 0 else size + index))


@_plain
def cidrnetmask(prefix: HclValue) -> str:
    _, length = _ipv4(prefix)
    return _dotted((1 << 32) - (1 << (32 - length)))


# -- collections -----------------------------------------------------------------------------------


@_structural
def length(value: HclValue) -> int:
    if isinstance(value, SetValue) and any(isinstance(item, Unknown) for item in value):
        raise NotSupportedError(say("the length of an unknown set"))
    if isinstance(value, (tuple, dict)):
        return len(value)
    if not isinstance(value, str):
        raise EvaluationError(say("length() of {describe}", describe=describe(value)))
    return len(_characters(value))


@_structural
def concat(*lists: HclValue) -> tuple[Any, ...]:
    if any(isinstance(value, SetValue) for value in lists):
        raise EvaluationError(say("concat() takes lists, not sets"))
    items = [item for value in lists for item in elements(value)]
    if lists and all(isinstance(value, ListValue) for value in lists):
        try:
            return ListValue(one_type(items))
        except EvaluationError:
            return tuple(items)
    return tuple(items)


@_structural
def flatten(value: HclValue) -> HclValue:
    flat: list[HclValue] = []
    stack = [iter(elements(value))]
    while stack:
        for item in stack[-1]:
            inner, marked = unmark(item)
            if isinstance(inner, Unknown) and not isinstance(inner, UnknownText):
                return mark(Unknown(inner.reason), marked)  # it might be a list itself
            if isinstance(inner, tuple):
                stack.append(iter([mark(part, True) for part in inner] if marked else inner))
                break
            flat.append(item)
        else:
            stack.pop()
    return tuple(flat)


@_structural
def merge(*objects: HclValue) -> HclValue:
    merged: dict[str, HclValue] = {}
    given = [value for value in objects if value is not None]
    for value in given:
        if not isinstance(value, dict):
            raise EvaluationError(say("merge() takes maps, not {describe}", describe=describe(value)))
        merged.update(value)
    return MapValue(merged) if given and all(isinstance(value, MapValue) for value in given) else merged


@_structural
def keys(value: HclValue) -> tuple[Any, ...]:
    names = sorted(_mapping(value))
    return ListValue(names) if isinstance(value, MapValue) else tuple(names)


@_structural
def values(value: HclValue) -> tuple[Any, ...]:
    mapping = _mapping(value)
    items = [mapping[name] for name in sorted(mapping)]
    return ListValue(items) if isinstance(value, MapValue) else tuple(items)


def _mapping(value: HclValue) -> dict[str, HclValue]:
    if not isinstance(value, dict):
        raise EvaluationError(say("expected a map, not {describe}", describe=describe(value)))
    return value


@_structural
def zipmap(names: HclValue, items: HclValue) -> dict[str, HclValue]:
    if len(elements(names)) != len(elements(items)):
        raise EvaluationError(say("zipmap() of lists of different lengths"))
    pairs: dict[str, HclValue] = {}
    for name, item in zip(names, items, strict=True):
        if isinstance(name, Unknown):
            raise NotSupportedError(say("zipmap() with an unknown key"))
        pairs[to_key(unmark(name)[0])] = item
    return MapValue(pairs) if isinstance(items, ListValue) else pairs


@_structural
def lookup(mapping: HclValue, key: HclValue, *default: HclValue) -> HclValue:
    if isinstance(key, Unknown):
        return Unknown(key.reason)
    name = to_key(key)
    if not isinstance(mapping, dict):
        raise EvaluationError(say("lookup() takes a map, not {mapping}", mapping=describe(mapping)))
    if name in mapping:
        return mapping[name]
    if not default:
        raise EvaluationError(say('there is no key "{name}"', name=name))
    if isinstance(mapping, MapValue):
        return one_type([default[0], *mapping.values()])[0]
    return default[0]


@_structural
def element(items: HclValue, index: HclValue) -> HclValue:
    if isinstance(items, SetValue) or not isinstance(items, tuple):
        raise EvaluationError(say("element() takes a list, not {items}", items=describe(items)))
    position = _whole_number(index)
    if not items or position < 0:
        raise EvaluationError(say("there is no element {position}", position=position))
    return items[position % len(items)]


@_structural
def _slice(items: HclValue, start: HclValue, end: HclValue) -> tuple[Any, ...]:
    first, last = _whole_number(start), _whole_number(end)
    if isinstance(items, SetValue) or not 0 <= first <= last <= len(elements(items)):
        raise EvaluationError(say("slice() beyond the ends of the list"))
    part = items[first:last]
    return ListValue(part) if isinstance(items, ListValue) else tuple(part)


@_structural
def reverse(items: HclValue) -> tuple[Any, ...]:
    backwards = elements(items)[::-1]
    return tuple(backwards) if type(items) is tuple else ListValue(backwards)


@_structural
def chunklist(items: HclValue, size: HclValue) -> ListValue:
    count = _whole_number(size)
    listed = to_list(items)
    if count < 0:
        raise EvaluationError(say("chunklist() with a negative size"))
    step = count or max(len(listed), 1)
    return ListValue(ListValue(listed[start : start + step]) for start in range(0, len(listed), step))


@_structural
def coalesce(*items: HclValue) -> HclValue:
    for position, item in enumerate(items):
        value, _ = unmark(item)
        if isinstance(value, Unknown):
            return item if position == len(items) - 1 else Unknown(value.reason)
        if value is not None and value != "":
            # What comes behind counts for its type alone.
            return one_type([item, *(plain(other) for other in items[:position] + items[position + 1 :])])[0]
    raise EvaluationError(say("coalesce() without a value"))


@_structural
def coalescelist(*lists: HclValue) -> HclValue:
    for items in lists:
        if isinstance(items, Unknown):
            return Unknown(items.reason)
        if items is not None and elements(items):
            return items
    raise EvaluationError(say("coalescelist() without a list"))


@_structural
def one(items: HclValue) -> HclValue:
    if isinstance(items, SetValue) and any(isinstance(item, Unknown) for item in items):
        raise NotSupportedError(say("one() of an unknown set"))
    if len(elements(items)) > 1:
        raise EvaluationError(say("one() of several elements"))
    return items[0] if items else None


@_structural
def setproduct(*sets: HclValue) -> tuple[Any, ...]:
    if len(sets) < 2:
        raise EvaluationError(say("setproduct() needs two or more sets"))
    count = 1
    for items in sets:
        count *= len(elements(items))
    if count > 200_000:
        raise NotSupportedError(say("needs too much memory to evaluate"))
    rows: list[tuple[HclValue, ...]] = [()]
    for items in sets:
        rows = [(*row, item) for row in rows for item in items]
    if any(isinstance(items, SetValue) for items in sets):
        return make_set(rows)
    return ListValue(one_type(rows))


@_structural
def matchkeys(items: HclValue, names: HclValue, wanted: HclValue) -> ListValue:
    for side in (names, wanted):
        for item in elements(side):
            if isinstance(item, Unknown):
                raise NotSupportedError(say("matchkeys() with an unknown key"))
    if len(elements(items)) != len(elements(names)):
        raise EvaluationError(say("matchkeys() of lists that differ in length"))
    listed, keyed = to_list(items), one_type([*names, *wanted])
    pairs = zip(listed, keyed, strict=False)
    return ListValue(item for item, key in pairs if any(equal(key, other) for other in keyed[len(names) :]))


@_structural
def contains(items: HclValue, value: HclValue) -> HclValue:
    if value is None:
        raise EvaluationError(say("contains() of null"))
    unknown: Unknown | None = value if isinstance(value, Unknown) else None
    for item in elements(items):
        inner, _ = unmark(item)
        if isinstance(inner, Unknown):
            unknown = unknown or inner
        elif not isinstance(value, Unknown):
            if isinstance(inner, (tuple, dict)) or isinstance(value, (tuple, dict)):
                raise NotSupportedError(say("contains() of collections"))
            if equal(inner, value):
                return mark(True, inner is not item)
    marked = any(unmark(item)[1] for item in items)
    return mark(False if unknown is None else Unknown(unknown.reason), marked)


@_plain
def index(items: HclValue, value: HclValue) -> int:
    if isinstance(items, SetValue):
        raise EvaluationError(say("index() takes a list, not a set"))
    for position, item in enumerate(elements(items)):
        if equal(item, value):
            return position
    raise EvaluationError(say("index() of a value that is not in the list"))


@_plain
def compact(items: HclValue) -> ListValue:
    return ListValue(to_text(item) for item in elements(items) if item is not None and item != "")


@_plain
def distinct(items: HclValue) -> ListValue:
    found: dict[str, HclValue] = {}
    for item in one_type(elements(items)):
        found.setdefault(repr(item), item)
    return ListValue(found.values())


@_plain
def sort(items: HclValue) -> ListValue:
    return ListValue(sorted(to_text(item) for item in elements(items)))


@_plain
def setunion(*sets: HclValue) -> SetValue:
    return make_set(one_type([item for items in sets for item in elements(items)]))


@_plain
def setintersection(*sets: HclValue) -> SetValue:
    first, *rest = (make_set(items) for items in normal_elements(sets))
    return make_set(item for item in first if all(any(equal(item, x) for x in other) for other in rest))


@_plain
def setsubtract(items: HclValue, without: HclValue) -> SetValue:
    first, other = (make_set(value) for value in normal_elements((items, without)))
    return make_set(item for item in first if not any(equal(item, x) for x in other))


@_plain
def transpose(value: HclValue) -> MapValue:
    found: dict[str, list[str]] = {}
    for name in sorted(_mapping(value)):
        for item in elements(value[name]):
            found.setdefault(to_text(item), []).append(name)
    return MapValue((name, ListValue(sorted(found[name]))) for name in sorted(found))


@_plain
def alltrue(items: HclValue) -> bool:
    return all(item is not None and to_bool(item) for item in elements(items))


@_plain
def anytrue(items: HclValue) -> bool:
    return any(item is not None and to_bool(item) for item in elements(items))


# -- types -----------------------------------------------------------------------------------------

# These give back what they are given: an unknown value stays the same one.
_IDENTITIES = frozenset({"tostring", "sensitive"})


@_structural
def tostring(value: HclValue) -> HclValue:
    return value if value is None or isinstance(value, Unknown) else to_text(value)


@_structural
def sensitive(value: HclValue) -> HclValue:
    return mark(value, True)


@_plain
def tonumber(value: HclValue) -> HclValue:
    return value if value is None else to_number(value)


@_plain
def tobool(value: HclValue) -> HclValue:
    return value if value is None else to_bool(value)


@_structural
def tolist(value: HclValue) -> HclValue:
    _refuse_unknown_set(value)
    return value if value is None else to_list(value)


@_structural
def toset(value: HclValue) -> HclValue:
    if value is None:
        return value
    for item in elements(value):
        if isinstance(unmark(item)[0], Unknown):
            return Unknown(unmark(item)[0].reason)
    return mark(to_set(plain(value)), any(unmark(item)[1] for item in value))


@_structural
def tomap(value: HclValue) -> HclValue:
    return value if value is None else to_map(value)


def _refuse_unknown_set(value: HclValue) -> None:
    if isinstance(value, SetValue) and any(isinstance(item, Unknown) for item in value):
        raise NotSupportedError(say("the order of an unknown set"))


# -- encodings -------------------------------------------------------------------------------------


# What a scalar of JSON looks like, where the text is known to be JSON.
_JSON_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[-\w+.]+')


class _Pairs(list[tuple[str, Any]]):
    """The pairs of a JSON object, in the order of the text."""


@_plain
def jsondecode(text: HclValue) -> HclValue:
    import json

    def no_constant(name: str) -> HclValue:
        raise EvaluationError(say("not JSON"))

    try:
        tree = json.loads(
            to_text(text), parse_float=parse_number, parse_constant=no_constant, object_pairs_hook=_Pairs
        )
    except json.JSONDecodeError:
        raise EvaluationError(say("not JSON")) from None
    file = _file_of(text)
    spans = (match.span() for match in _JSON_SCALAR.finditer(text))

    def value_of(node: Any) -> HclValue:
        if isinstance(node, _Pairs):
            return {value_of(key): value_of(value) for key, value in node}
        if isinstance(node, list):
            return tuple([value_of(item) for item in node])
        return node if file is None else written(node, (file, *next(spans)))

    return value_of(tree)


def _file_of(text: HclValue) -> Places | None:
    """The file that a text is the whole of."""
    return text.written[0] if isinstance(text, FileText) else None


@_plain
def jsonencode(value: HclValue) -> str:
    return _json(value)


def _json(value: HclValue) -> str:
    import json

    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        for char in "<>&\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
        return text
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    return "null" if value is None else to_text(value)


@_plain
def yamldecode(text: HclValue) -> HclValue:
    from vcolint.hcl.yamldecode import decode

    return decode(to_text(text))


_CSV_FIELD = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|\Z)')


def _csv_rows(text: str) -> list[list[HclValue]]:
    """The rows that are not empty; of a file, with the places of the fields."""
    file = _file_of(text)
    mark = len(text) - len(text.removeprefix("\ufeff"))  # it belongs to the first field
    rows: list[list[HclValue]] = []
    row: list[HclValue] = []
    end = 0
    while end < len(text):
        field = _CSV_FIELD.match(text, end)
        if field is None:
            # Readers differ.
            raise NotSupportedError(say("CSV with quotes or carriage returns inside a field"))
        value, separator = field.groups()
        place = (file, max(end - mark, 0), field.end(1) - mark) if file is not None else None
        row.append(written(value[1:-1].replace('""', '"') if value[:1] == '"' else value, place))
        end = field.end()
        if separator != ",":
            if len(row) > 1 or value:
                rows.append(row)
            row = []
    if row:  # the text ends with a comma
        rows.append([*row, ""])
    return rows


@_plain
def csvdecode(text: HclValue) -> ListValue:
    rows = _csv_rows(to_text(text))
    if not rows:
        raise EvaluationError(say("no CSV header"))
    header = rows[0]
    if len(set(header)) < len(header):
        raise EvaluationError(say("a CSV column occurs twice"))
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError(say("CSV rows of different lengths"))
    return ListValue(dict(zip(header, row, strict=True)) for row in rows[1:])


@_plain
def base64decode(text: HclValue) -> str:
    import base64
    import binascii

    try:
        return base64.b64decode(to_text(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise EvaluationError(say("not base64 of text")) from None


@_plain
def base64encode(text: HclValue) -> str:
    import base64

    return base64.b64encode(to_text(text).encode()).decode()


# -- files -----------------------------------------------------------------------------------------


@_reader
def file(files: Files, path: HclValue) -> str:
    return files.text(to_text(path))


@_reader
def fileexists(files: Files, path: HclValue) -> bool:
    return files.exists(to_text(path))


@_reader
def fileset(files: Files, folder: HclValue, pattern: HclValue) -> SetValue:
    return SetValue(sorted(files.names(to_text(folder), to_text(pattern))))


@_reader
def templatefile(files: Files, path: HclValue, variables: HclValue) -> HclValue:
    return files.template(to_text(path), dict(_mapping(variables)))


@_reader
def abspath(files: Files, path: HclValue) -> str:
    return files.absolute(to_text(path))


@_plain
def basename(path: HclValue) -> str:
    text = to_text(path).rstrip("/")
    return text.rpartition("/")[2] or ("/" if path else ".")


@_plain
def dirname(path: HclValue) -> str:
    import posixpath

    text = to_text(path)
    return posixpath.normpath(text.rpartition("/")[0] or ("/" if text.startswith("/") else "."))
