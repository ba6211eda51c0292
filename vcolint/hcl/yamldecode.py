"""YAML as Terraform's `yamldecode` reads it: neither quite YAML 1.1 nor 1.2."""

from __future__ import annotations

import re
from typing import Any

import yaml

from vcolint.hcl.values import (
    LONGEST_NUMBER,
    EvaluationError,
    FileText,
    HclValue,
    NotSupportedError,
    parse_number,
    to_key,
    to_text,
    written,
)
from vcolint.locale import say
from vcolint.text.value import Places
from vcolint.text.yaml import scalar_span

MAX_DEPTH = 100
MAX_NODES = 1_000_000  # with aliases followed: an alias bomb ends here

_WORDS: dict[str, HclValue] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _word in ("y", "yes", "on", "true"):
    _WORDS |= {_word: True, _word.title(): True, _word.upper(): True}
for _word in ("n", "no", "off", "false"):
    _WORDS |= {_word: False, _word.title(): False, _word.upper(): False}

_DECIMAL = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What Terraform may take for something else than text: not guessed at.
_DOUBTFUL = re.compile(
    r"-0+|[-+]?\.?(inf|Inf|INF|nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+.0-9][0-9_.eExXoObBa-fA-F+-]*_.*"
)


def decode(text: str) -> HclValue:
    """Raises EvaluationError where it is no YAML, NotSupportedError where its meaning is in doubt."""
    file = text.written[0] if isinstance(text, FileText) else None
    text = str(text).removeprefix("\ufeff")
    loader = getattr(yaml, "CLoader", yaml.Loader)(text)
    try:
        return _Decoder(loader, text, file).document()
    except yaml.YAMLError:
        raise EvaluationError(say("not YAML")) from None
    finally:
        loader.dispose()


class _Decoder:
    """Builds values from the events of a parser."""

    def __init__(self, loader: Any, text: str, file: Places | None) -> None:
        self.loader = loader
        self.text = text
        self.file = file  # that the text is of
        self.anchors: dict[str, tuple[HclValue, int]] = {}  # the value and how many nodes it holds
        self.scalars: dict[str, HclValue] = {}
        self.nodes = 0

    def document(self) -> HclValue:
        next_event = self.loader.get_event
        next_event()
        event = next_event()
        if not isinstance(event, yaml.DocumentStartEvent):
            raise EvaluationError(say("an empty YAML document"))
        value = self.value(next_event(), 0)
        next_event()
        if not isinstance(next_event(), yaml.StreamEndEvent):
            raise EvaluationError(say("several YAML documents"))
        return value

    def value(self, event: Any, depth: int) -> HclValue:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise NotSupportedError(say("YAML that is too deep or too large"))
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise EvaluationError(say("an alias without an anchor"))
            value, size = self.anchors[event.anchor]
            self.nodes += size
            return value
        before = self.nodes
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
            if self.file is not None:
                value = written(value, (self.file, *scalar_span(self.text, event)))
        elif event.tag not in (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
            raise NotSupportedError(say("a YAML tag"))
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(depth)
        else:
            value = self.mapping(depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.nodes - before)
        return value

    def sequence(self, depth: int) -> HclValue:
        items = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self.value(event, depth + 1))
        return tuple(items)

    def mapping(self, depth: int) -> HclValue:
        pairs: dict[str, HclValue] = {}
        merged: list[HclValue] = []
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            merging = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self.value(event, depth + 1)
            value = self.value(self.loader.get_event(), depth + 1)
            if merging:
                merged.append(value)
            else:
                pairs[to_key(key)] = value
        for other in merged:
            if not isinstance(other, dict):
                raise EvaluationError(say("a YAML merge of a value that is not a mapping"))
            pairs = {**other, **pairs}
        return pairs

    def scalar(self, event: Any) -> HclValue:
        text: str = event.value
        tag = event.tag
        if tag is not None and tag != "!":
            if tag == "tag:yaml.org,2002:str":
                return text
            raise NotSupportedError(say("the YAML tag {tag}", tag=tag))
        if not event.implicit[0]:
            return text
        try:
            return self.scalars[text]
        except KeyError:
            value = self.scalars[text] = _plain(text)
            return value


def _plain(text: str) -> HclValue:
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "+-.0123456789":
        return text
    if _DOUBTFUL.fullmatch(text):
        raise NotSupportedError(say("an ambiguous YAML value"))
    if _DECIMAL.fullmatch(text):
        return int(to_text(parse_number(text.lstrip("+"))))
    if re.fullmatch(r"0x[0-9a-fA-F]+|0o[0-7]+", text):
        if len(text) > LONGEST_NUMBER:
            raise NotSupportedError(say("a number of {text} digits", text=len(text)))
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        mantissa, mark, exponent = text.lstrip("+").partition("e" if "e" in text else "E")
        sign, digits = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
        digits = ("0" if digits[0] == "." else "") + digits + ("0" if digits[-1] == "." else "")
        return parse_number(sign + digits + mark + exponent)
    return text
