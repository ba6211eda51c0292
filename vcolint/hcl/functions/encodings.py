"""Functions of encodings: JSON, YAML, CSV, base64.

Values that are decoded from a data file know their places in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vcolint.hcl.functions.signature import Function, anything
from vcolint.hcl.values import (
    LONGEST_NUMBER,
    EvaluationError,
    HclValue,
    ListValue,
    NotSupportedError,
    normalise,
    parse_number,
    place_of,
    to_key,
    to_text,
    written,
)
from vcolint.locale import say
from vcolint.text.source import LimitFault, MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Place, Places

_BOM = "\ufeff"


def _file_of(text: str) -> Places | None:
    """The file whose whole text this is."""
    place = place_of(text)
    is_whole = place and isinstance(place.file, Source) and place.file.text == text.removeprefix(_BOM)
    return place.file if place and is_whole else None


def _decoded(
    document: Node,
    text: str,
    file: Places | None,
    scalar: Callable[[str, ScalarNode], HclValue],
    merge_key: str | None = None,
) -> HclValue:
    """The nodes of JSON or YAML as a value, with places if the text is that of a file.

    `scalar` reads a scalar. The value of `merge_key` is merged into the mapping around it.
    """
    known: dict[int, HclValue] = {}  # collections by node: an alias is the node of its anchor

    def value(node: Node) -> HclValue:
        if isinstance(node, ScalarNode):
            found = scalar(text, node)
            found = normalise(found) if isinstance(found, str) else found
            return found if file is None else written(found, Place(file, node.start, node.end))
        if id(node) not in known:
            known[id(node)] = collection(node)
        return known[id(node)]

    def collection(node: SequenceNode | MappingNode) -> HclValue:
        if node.tag is not None:
            raise NotSupportedError(say("a YAML tag"))
        if isinstance(node, SequenceNode):
            return tuple([value(item) for item in node.items])
        pairs: dict[str, HclValue] = {}
        for key, item in node.pairs:
            name, content = to_key(value(key)), value(item)
            if name != merge_key:
                pairs[name] = content
            elif isinstance(content, dict):
                pairs |= content
            else:
                raise EvaluationError(say("a YAML merge of a value that is not a mapping"))
        return pairs

    return value(document)


# -- JSON ------------------------------------------------------------------------------------------


def _jsondecode(text: str) -> HclValue:
    from vcolint.text.json import parse

    try:
        document = parse(Source("", text))
    except SyntaxFault:
        raise EvaluationError(say("not JSON")) from None
    return _decoded(document, text, _file_of(text), _json_scalar)


def _json_scalar(text: str, node: ScalarNode) -> HclValue:
    is_number = type(node.value) in (int, float)
    return parse_number(text[node.start : node.end]) if is_number else node.value


def to_json(value: HclValue) -> str:
    """`jsonencode`."""
    import json

    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        for char in "<>&\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
        return text
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(key)}:{to_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(map(to_json, value)) + "]"
    return "null" if value is None else to_text(value)


# -- YAML ------------------------------------------------------------------------------------------

# Terraform reads scalars neither quite as YAML 1.1 nor as 1.2.
_WORDS: dict[str, HclValue] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
for _value, _words in ((True, ("y", "yes", "on", "true")), (False, ("n", "no", "off", "false"))):
    for _word in _words:
        _WORDS |= dict.fromkeys((_word, _word.title(), _word.upper()), _value)

_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# Texts that may be something else to Terraform.
_DOUBTFUL = re.compile(
    r"-0+|[-+]?\.?(inf|Inf|INF|nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+.0-9][0-9_.eExXoObBa-fA-F+-]*_.*"
)


def _yamldecode(text: str) -> HclValue:
    from vcolint.text.yaml import parse

    content = str(text).removeprefix(_BOM)
    try:
        documents = parse(Source("", content), merge=False)
    except LimitFault:
        raise NotSupportedError(say("YAML that is too deep or too large")) from None
    except SyntaxFault:
        raise EvaluationError(say("not YAML")) from None
    if len(documents) != 1:
        raise EvaluationError(say("not one YAML document"))
    return _decoded(documents[0], content, _file_of(text), _yaml_scalar, "<<")


def _yaml_scalar(text: str, node: ScalarNode) -> HclValue:
    """The value of a scalar. Raises NotSupportedError if it is doubtful."""
    value = node.value
    if text.startswith("!", node.start) and not (
        isinstance(value, str) and text.startswith("!!str", node.start)
    ):
        raise NotSupportedError(say("a YAML tag"))
    if text.startswith("!", node.start) or not node.plain:
        return value
    word = value if isinstance(value, str) else text[node.start : node.end]
    if word in _WORDS:
        return _WORDS[word]
    if word[0] not in "+-.0123456789":
        return word
    if _DOUBTFUL.fullmatch(word):
        raise NotSupportedError(say("an ambiguous YAML value"))
    if _BASED.fullmatch(word) and len(word) <= LONGEST_NUMBER:
        return int(word, 0)
    is_number = _BASED.fullmatch(word) or _FLOAT.fullmatch(word)
    return parse_number(word.lstrip("+")) if is_number else word


# -- CSV -------------------------------------------------------------------------------------------

_CSV_FIELD = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|\Z)')


def _csv_rows(text: str) -> list[list[HclValue]]:
    """The rows that are not empty. The fields of a file have places."""
    file = _file_of(text)
    mark = len(text) - len(text.removeprefix(_BOM))  # it belongs to the first field
    rows: list[list[HclValue]] = []
    row: list[HclValue] = []
    end = 0
    while end < len(text):
        field = _CSV_FIELD.match(text, end)
        if field is None:
            # CSV readers disagree about it.
            raise NotSupportedError(say("CSV with quotes or carriage returns inside a field"))
        value, separator = field.groups()
        place = Place(file, max(end - mark, 0), field.end(1) - mark) if file is not None else None
        row.append(written(value[1:-1].replace('""', '"') if value[:1] == '"' else value, place))
        end = field.end()
        if separator != ",":
            if len(row) > 1 or value:
                rows.append(row)
            row = []
    if row:  # the text ends with a comma
        rows.append([*row, ""])
    return rows


def _csvdecode(text: str) -> ListValue:
    rows = _csv_rows(text)
    if not rows:
        raise EvaluationError(say("no CSV header"))
    header = rows[0]
    if len(set(header)) < len(header):
        raise EvaluationError(say("a CSV column occurs twice"))
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError(say("CSV rows of different lengths"))
    return ListValue(dict(zip(header, row, strict=True)) for row in rows[1:])


# -- base64 ----------------------------------------------------------------------------------------


def _base64decode(text: str) -> str:
    import base64

    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        raise EvaluationError(say("not base64 of text")) from None


FUNCTIONS: dict[str, Function] = {
    "base64decode": Function(_base64decode, (to_text,)),
    "csvdecode": Function(_csvdecode, (to_text,)),
    "jsondecode": Function(_jsondecode, (to_text,)),
    "jsonencode": Function(to_json, (anything,)),
    "yamldecode": Function(_yamldecode, (to_text,)),
}
