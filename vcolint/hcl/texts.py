"""Functions of texts, numbers, networks and encodings.

Values that are decoded from a data file know their places in it.

Only regular expressions that mean the same in Go and in Python are evaluated. A pattern may be hostile, so
its cost is estimated before it is tried.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from math import ceil, comb, floor
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from vcolint.hcl.expressions import Function
from vcolint.hcl.functions import anything, ascii_text
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    NotSupportedError,
    Number,
    elements,
    is_number,
    limit_text,
    normalise,
    origin,
    parse_number,
    to_number,
    to_text,
    whole,
    written,
)
from vcolint.locale import say
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Place, Places

if TYPE_CHECKING:
    from ipaddress import IPv4Network


def _substr(text: str, offset: int, length: int) -> str:
    start = offset if offset >= 0 else max(offset + len(text), 0)
    return text[start:] if length < 0 else text[start : start + length]


def _join(separator: str, *lists: tuple[Any, ...]) -> str:
    texts = [to_text(item) for items in lists for item in items]
    limit_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


# -- regular expressions ---------------------------------------------------------------------------

_MOST_STEPS = 300_000
_LONGEST = 500  # characters of a pattern

# Parts of patterns that Python does not know, or that mean something else there.
_FOREIGN = re.compile(
    r"\\[^\W_dDsSwWbBnrt]|\[\[:|\(\?[^Pims:]|\(\?P[^<]|\(\?[ims]+[-:]|[*+?}]\+|\{,|\[[^\]]*(?:\[|--|&&|\|\||~~)"
    r"|(?!^)\(\?[ims]+\)"
)
# A group that repeats, but not one to four times; or two groups that repeat.
_REPEATED_GROUP = re.compile(r"\)(?!\{[1-4]\})[*+?{]|\)\{.*\)\{")


def _steps(pattern: str, subject: str) -> int:
    """An upper bound for the cost of a search: the repetitions and choices share the text among them.

    Raises NotSupportedError if it may take too long.
    """
    choices = len(re.findall(r"[*+{|]|(?<!\()\?", pattern)) * (4 if "){" in pattern else 1)
    length = len(subject) + 1
    starts = 1 if pattern.startswith("^") and "|" not in pattern else length
    is_hostile = len(pattern) > _LONGEST or _REPEATED_GROUP.search(pattern)
    steps = _MOST_STEPS + 1 if is_hostile else starts * comb(length + choices, choices) >> 5
    if steps > _MOST_STEPS:
        raise NotSupportedError(say("a pattern that may take too long"))
    return steps


def _matches(pattern: str, subject: str) -> Iterator[re.Match[str]]:
    """All matches. Raises NotSupportedError if Go may find others."""
    if _FOREIGN.search(pattern) or "\v" in subject or ("$" in pattern and "\n" in subject):
        raise NotSupportedError(say("vcolint does not understand this pattern"))
    try:
        compiled = re.compile(pattern, re.ASCII)
    except (re.error, OverflowError):
        raise NotSupportedError(say("vcolint does not understand this pattern")) from None
    for position, match in enumerate(compiled.finditer(subject)):
        if position and match.end() == match.start():  # Go may find empty matches elsewhere
            raise NotSupportedError(say("vcolint does not understand this pattern"))
        yield match


def _groups(match: re.Match[str]) -> HclValue:
    names = match.re.groupindex
    if names and len(names) < match.re.groups:
        raise EvaluationError(say("a pattern with named and unnamed groups"))
    return match.groupdict() or match.groups() or match[0]


def _is_pattern(text: str) -> bool:
    """Whether a text is a pattern to `replace`: it has slashes around it."""
    return len(text) > 1 and text[0] == text[-1] == "/"


def _replace(text: str, old: str, new: str) -> str:
    if not _is_pattern(old):
        limit_text(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
        return text.replace(old, new)
    if "$" in new:  # a group
        raise NotSupportedError
    limit_text((len(text) + 1) * (len(new) + 1))
    list(_matches(old[1:-1], text))  # fails where Go may find others
    return re.sub(old[1:-1], lambda _: new, text, flags=re.ASCII)


# -- format ----------------------------------------------------------------------------------------

_VERB = re.compile(r"%(?:%|(0?[0-9]{0,3})([dsv]))?")


def _format(template: str, *values: HclValue) -> str:
    left = list(values)

    def shown(match: re.Match[str]) -> str:
        """A value as Go's `fmt` shows it."""
        width, verb = match.groups()
        if match[0] == "%%":
            return "%"
        if not left:
            raise EvaluationError(say("format() has too few arguments"))
        value = left.pop(0)
        if value is None or verb is None or (width and verb != "d"):
            raise NotSupportedError
        if verb == "d":
            return format(int(whole(value)), f"{width}d")
        # Go shows large and small numbers with an exponent.
        is_large = is_number(value) and value and not 10**-4 <= abs(value) < 10**6
        if isinstance(value, (tuple, dict)) or (verb == "v" and is_large):
            raise NotSupportedError
        return to_text(value)

    text = _VERB.sub(shown, template)
    if left:
        raise EvaluationError(say("format() has too many arguments"))
    limit_text(len(text))
    return text


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


# -- numbers ---------------------------------------------------------------------------------------


def _range(*limits: Number) -> ListValue:
    start, end = (0, limits[0]) if len(limits) == 1 else (limits[0], limits[1])
    step = limits[2] if len(limits) > 2 else 1 if start <= end else -1
    if step == 0 or (end - start) * step < 0 or (end - start) // step > 1024:
        raise EvaluationError(say("range() that never ends, or has more than 1024 numbers"))
    return ListValue(range(int(start), int(end), int(step)))


def _parseint(text: str, base: int) -> int:
    if base != 10:
        raise NotSupportedError
    if not re.fullmatch("-?[0-9]+", text):
        raise EvaluationError(say("text that is not a number"))
    return whole(str(text))


def _network(prefix: HclValue) -> IPv4Network:
    """A parameter that takes a CIDR block. Leading zeros mean nothing, as in Terraform."""
    from ipaddress import IPv4Network

    text = to_text(prefix)
    if ":" in text:
        raise NotSupportedError(say("an IPv6 network"))
    try:
        if not re.search(r"/[0-9]+\Z", text):
            raise ValueError
        return IPv4Network(re.sub(r"\b0+(?=[0-9])", "", text), strict=False)
    except ValueError:
        raise EvaluationError(say('"{text}" is not a CIDR block', text=text)) from None


def _subnet(network: IPv4Network, length: int, offset: int) -> str:
    """The subnet of this prefix length that begins at an offset into the addresses of the network."""
    if length > 32 or offset + (1 << (32 - length)) > network.num_addresses:
        raise EvaluationError(say("{network} has no room for this subnet", network=network))
    return f"{network.network_address + offset}/{length}"


def _cidrsubnet(network: IPv4Network, bits: int, index: int) -> str:
    if bits < 0 or index < 0:
        raise NotSupportedError
    length = network.prefixlen + bits
    return _subnet(network, length, index << max(32 - length, 0))


def _cidrsubnets(network: IPv4Network, *newbits: int) -> ListValue:
    offset = 0  # of the next subnet in the network
    found = []
    for bits in newbits:
        if bits < 1:
            raise EvaluationError(say("cidrsubnets() needs at least one bit"))
        length = network.prefixlen + bits
        size = 1 << max(32 - length, 0)
        offset = -(-offset // size) * size
        found.append(_subnet(network, length, offset))
        offset += size
    return ListValue(found)


_BOM = "\ufeff"


def _file_of(text: str) -> Places | None:
    """The file whose whole text this is."""
    _, place = origin(text)
    is_whole = place and isinstance(place.file, Source) and place.file.text == text.removeprefix(_BOM)
    return place.file if place and is_whole else None


def _decoded(text: str, *, is_yaml: bool) -> HclValue:
    """The one document in a text of JSON or YAML, with places if it is the text of a file.

    In YAML, the value of the key `<<` is merged into the mapping around it.
    """
    file = _file_of(text)
    text = text.removeprefix(_BOM)
    try:
        if is_yaml:
            from vcolint.text import yaml  # slow to import

            documents = yaml.parse(Source("", text), merge=False)
        else:
            from vcolint.text import json

            documents = [json.parse(Source("", text))]
    except SyntaxFault as fault:
        raise NotSupportedError(say("data that cannot be decoded: {fault}", fault=fault.message)) from None
    if len(documents) != 1:
        raise EvaluationError(say("not one YAML document"))
    known: dict[int, HclValue] = {}  # collections by node: an alias is the node of its anchor

    def value(node: Node) -> HclValue:
        if (not isinstance(node, ScalarNode) and node.tag is not None) or text.startswith("!", node.start):
            raise NotSupportedError(say("a YAML tag"))
        if isinstance(node, ScalarNode):
            found = _scalar(text, node)
            found = normalise(found) if isinstance(found, str) else found
            return found if file is None else written(found, Place(file, node.start, node.end))
        if id(node) not in known:
            known[id(node)] = collection(node)
        return known[id(node)]

    def collection(node: SequenceNode | MappingNode) -> HclValue:
        if isinstance(node, SequenceNode):
            return tuple([value(item) for item in node.items])
        pairs: dict[str, HclValue] = {}
        for key, item in node.pairs:
            name, content = to_text(value(key)), value(item)
            if name != "<<" or not is_yaml:
                pairs[name] = content
            elif isinstance(content, dict):
                pairs |= content
            else:
                raise EvaluationError(say("a YAML merge of a value that is not a mapping"))
        return pairs

    return value(documents[0])


def _to_json(value: HclValue) -> str:
    """`jsonencode`."""
    import json

    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return re.sub("[<>&\u2028\u2029]", lambda char: f"\\u{ord(char[0]):04x}", text)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_to_json(key)}:{_to_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(map(_to_json, value)) + "]"
    return "null" if value is None else to_text(value)


# Terraform reads scalars neither quite as YAML 1.1 nor as 1.2.
_WORDS: dict[str, HclValue] = dict.fromkeys(("", "~", "null"))
_WORDS |= {
    **dict.fromkeys(("y", "yes", "on", "true"), True),
    **dict.fromkeys(("n", "no", "off", "false"), False),
}

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# Texts that begin like a number or a date, and may be something else to Terraform. Addresses are texts.
_DOUBTFUL = re.compile(r"(?!\d+\.\d+\.\d)[-+.0-9][-+.:0-9a-fA-F_xXoOiInNzZtT ]*")


def _scalar(text: str, node: ScalarNode) -> HclValue:
    """The value of a scalar of YAML or JSON. Raises NotSupportedError if it is doubtful."""
    value = node.value
    if not node.plain:
        return value
    word = value if isinstance(value, str) else text[node.start : node.end]
    lower = word.lower()
    if lower in _WORDS and word in (lower, lower.title(), lower.upper()):
        return _WORDS[lower]
    if _NUMBER.fullmatch(word):
        return parse_number(word)
    if _DOUBTFUL.fullmatch(word):
        raise NotSupportedError(say("an ambiguous YAML value"))
    return word


# -- CSV -------------------------------------------------------------------------------------------

# A field, and what is behind it: anything but these separators is not plain CSV.
_CSV_FIELD = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|\Z|.)', re.DOTALL)
_CSV_SEPARATORS = frozenset({",", "\n", "\r\n", ""})


def _csvdecode(text: str) -> ListValue:
    """The rows that are not empty, as objects with the keys of the header. The fields of a file have
    places."""
    file = _file_of(text)
    mark = len(text) - len(text.removeprefix(_BOM))  # the first field includes the mark, its place does not
    rows: list[list[HclValue]] = []
    row: list[HclValue] = []
    for field in _CSV_FIELD.finditer(text):
        value, separator = field.groups()
        if separator not in _CSV_SEPARATORS:
            # CSV readers disagree about it.
            raise NotSupportedError(say("CSV with quotes or carriage returns inside a field"))
        place = Place(file, max(field.start() - mark, 0), field.end(1) - mark) if file is not None else None
        row.append(written(value[1:-1].replace('""', '"') if value[:1] == '"' else value, place))
        if separator != ",":
            if len(row) > 1 or value:
                rows.append(row)
            row = []
    header = rows[0] if rows else []
    if not header or len(set(header)) < len(header) or any(len(row) != len(header) for row in rows):
        raise EvaluationError(say("not CSV with a header of distinct names and rows of the same length"))
    return ListValue(dict(zip(header, row, strict=True)) for row in rows[1:])


FUNCTIONS: dict[str, Function] = {
    "base64decode": Function(lambda text: b64decode(text, validate=True).decode(), (to_text,)),
    "csvdecode": Function(_csvdecode, (to_text,)),
    "jsondecode": Function(partial(_decoded, is_yaml=False), (to_text,)),
    "jsonencode": Function(_to_json, (anything,)),
    "yamldecode": Function(partial(_decoded, is_yaml=True), (to_text,)),
    "abs": Function(abs, (to_number,)),
    "basename": Function(lambda path: path.rstrip("/").rpartition("/")[2] or path[:1] or ".", (to_text,)),
    "ceil": Function(ceil, (to_number,)),
    "chomp": Function(lambda text: text.rstrip("\r\n"), (to_text,)),
    "cidrhost": Function(lambda network, index: str(network[index]), (_network, whole)),
    "cidrnetmask": Function(lambda network: str(network.netmask), (_network,)),
    "cidrsubnet": Function(_cidrsubnet, (_network, whole, whole)),
    "cidrsubnets": Function(_cidrsubnets, (_network,), whole),
    "dirname": Function(
        lambda path: normpath(path.rpartition("/")[0] or ("/" if "/" in path else ".")), (to_text,)
    ),
    "endswith": Function(str.endswith, (to_text, to_text)),
    "floor": Function(floor, (to_number,)),
    "format": Function(_format, (to_text,), anything),
    "formatlist": Function(_formatlist, (to_text,), anything),
    "join": Function(_join, (to_text,), elements),
    "lower": Function(str.lower, (ascii_text,)),
    "max": Function(lambda *numbers: max(numbers), (), to_number),
    "min": Function(lambda *numbers: min(numbers), (), to_number),
    "parseint": Function(_parseint, (to_text, whole)),
    "range": Function(_range, (), whole),
    "regex": Function(
        lambda pattern, text: _groups(next(_matches(pattern, text))), (to_text, to_text), cost=_steps
    ),
    "regexall": Function(
        lambda pattern, text: ListValue(map(_groups, _matches(pattern, text))),
        (to_text, to_text),
        cost=_steps,
    ),
    "replace": Function(
        _replace,
        (to_text, to_text, to_text),
        cost=lambda text, old, new: _steps(old[1:-1], text) if _is_pattern(old) else 0,
    ),
    "split": Function(
        lambda separator, text: ListValue(text.split(separator) if separator else ascii_text(text)),
        (to_text, to_text),
    ),
    "startswith": Function(str.startswith, (to_text, to_text)),
    "strcontains": Function(str.__contains__, (to_text, to_text)),
    "substr": Function(_substr, (ascii_text, whole, whole)),
    "title": Function(lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].title(), text), (ascii_text,)),
    "trim": Function(str.strip, (to_text, to_text)),
    "trimprefix": Function(str.removeprefix, (to_text, to_text)),
    "trimspace": Function(str.strip, (to_text,)),
    "trimsuffix": Function(str.removesuffix, (to_text, to_text)),
    "upper": Function(str.upper, (ascii_text,)),
}
