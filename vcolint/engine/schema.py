"""Checks what people write for vcolint (the config, the front matter of pages) against its JSON Schema.

It knows the keywords that these schemas use, and two formats of its own. jsonschema would do more, but
importing it takes as long as a small run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.text.nodes import entries, items, members, plain, text
from vcolint.text.source import MappingNode, Node, ScalarNode
from vcolint.text.wording import TYPES, described, either, meant_or_known, quoted


class Fault(NamedTuple):
    """A message about what is wrong at an offset into the text."""

    start: int
    message: str


@cache
def load_schema(name: str) -> dict[str, Any]:
    """One of vcolint's own schemas."""
    package = os.path.dirname(os.path.dirname(__file__))
    with open(os.path.join(package, "schemas", f"{name}.schema.json"), encoding="utf-8") as stream:
        schema: dict[str, Any] = json.load(stream)
    return schema


def first_fault(node: Node, schema: Mapping[str, Any], whole: str, most: int) -> Fault | None:
    """The first thing that is wrong in a document, if anything is.

    `whole` is what a message calls the document. `most` is how many values it may have; an alias counts each
    time it is used.
    """
    wrong = next(_tree_faults(node, whole, most), None)
    return wrong or min(_Checker(schema, whole).faults(node, schema), default=None)


def place_in(node: Node | None, path: Sequence[str | int]) -> int | None:
    """The offset of the key or item at the end of a path of keys, numbers of items and texts of items; None
    if there is none."""
    offset = None
    for part in path:
        below: Sequence[tuple[object, Node, Node]]
        if isinstance(node, MappingNode):
            below = [(key.value, key, value) for key, value in entries(node)]
        else:
            below = [(number, item, item) for number, item in enumerate(items(node))]
            below += [(text(item), item, item) for item in items(node)]
        found = next(((place, value) for name, place, value in below if name == part), None)
        if found is None:
            return None
        offset, node = found[0].start, found[1]
    return offset


def _tree_faults(node: Node, whole: str, most: int) -> Iterator[Fault]:
    """What is wrong under any schema: tags, keys that are not text or are duplicates, too many values."""
    waiting = [node]
    count = 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > most:
            what = say("{whole} has more than {most} values", whole=whole, most=format(most, ","))
            yield Fault(one.start, what)
        if one.tag is not None:
            yield Fault(one.start, say("{whole} cannot use the tag {tag}", whole=whole, tag=quoted(one.tag)))
        pairs = [*one.pairs, *one.merged] if isinstance(one, MappingNode) else []
        seen: set[Any] = set()
        for key, _ in pairs:
            value = key.value if isinstance(key, ScalarNode) else plain(key)
            if not isinstance(value, str):
                yield Fault(key.start, say("a key must be text, not {key}", key=described(value)))
            elif not value:
                yield Fault(key.start, say("a key must not be empty"))
            elif value in seen:
                yield Fault(key.start, say("duplicate key {key}", key=quoted(value)))
            else:
                seen.add(value)
        waiting += [part for pair in pairs for part in pair][::-1] or items(one)[::-1]


class _Checker:
    def __init__(self, root: Mapping[str, Any], whole: str) -> None:
        self._root = root
        self._whole = whole

    def faults(
        self, node: Node, schema: Mapping[str, Any], path: tuple[str | int, ...] = ()
    ) -> Iterator[Fault]:
        """The places where a value does not satisfy a schema. `path`: keys and item numbers down to it."""
        while "$ref" in schema:
            _, room, name = schema["$ref"].split("/")
            schema = self._root[room][name]
        # A mapping may have a name of its own, such as "a promise".
        title = schema.get("title") if path and "properties" in schema else None
        what = say(title) if title else self._name(path)
        wrong = wrong_value(plain(node), schema, what)
        if wrong:
            yield Fault(node.start, wrong)
            return
        if isinstance(node, MappingNode):
            below = list(self._member_faults(node, schema, path))
            # A missing key is often one that is misspelled or has a wrong value.
            yield from below or self._missing(node, schema, what)
        for number, item in enumerate(items(node) if "items" in schema else ()):
            yield from self.faults(item, schema["items"], (*path, number))
        for part in schema.get("allOf", ()):
            yield from self.faults(node, part, path)
        if "if" in schema:
            branch = "then" if self._satisfies(node, schema["if"]) else "else"
            yield from self.faults(node, schema.get(branch, {}), path)

    def _member_faults(
        self, node: MappingNode, schema: Mapping[str, Any], path: tuple[str | int, ...]
    ) -> Iterator[Fault]:
        known = schema.get("properties", {})
        for key, value in entries(node):
            name = str(key.value)
            yield from self.faults(key, schema.get("propertyNames", {}), path)
            form = known.get(name, schema.get("additionalProperties", {}))
            if form is False:
                wrong = say("unknown key {key}{meant}", key=quoted(name), meant=meant_or_known(name, known))
                yield Fault(key.start, wrong)
            else:
                yield from self.faults(value, form, (*path, name))

    def _missing(self, node: MappingNode, schema: Mapping[str, Any], what: str) -> Iterator[Fault]:
        for key in schema.get("required", ()):
            if key not in members(node):
                yield Fault(node.start, say("{what} has no {missing}", what=what, missing=quoted(key)))
                return
        for keyword, template in _NEEDED_TEMPLATES.items():
            choices = schema.get(keyword, ())
            fitting = sum(self._satisfies(node, one) for one in choices)
            if choices and (fitting == 0 or (keyword == "oneOf" and fitting > 1)):
                names = ", ".join(map(_needed, choices))
                yield Fault(node.start, say(template, what=what, names=names))

    def _satisfies(self, node: Node, schema: Mapping[str, Any]) -> bool:
        return next(self.faults(node, schema), None) is None

    def _name(self, path: tuple[str | int, ...]) -> str:
        """How a message calls the value at the end of a path."""
        if path and isinstance(path[-1], int):
            return say("an item of {path}", path=self._name(path[:-1]))
        return quoted(".".join(key for key in path if isinstance(key, str))) if path else self._whole


_NEEDED_TEMPLATES = {
    "oneOf": "{what} needs one of {names}",
    "anyOf": "{what} needs at least one of {names}",
}


def _needed(choice: Mapping[str, Any]) -> str:
    """What a choice of `oneOf` or `anyOf` asks for."""
    key = choice["required"][0]
    only = choice.get("properties", {}).get(key, {}).get("const")
    return quoted(key if only is None else f"{key}: {json.dumps(only)}")


def wrong_value(value: Any, schema: Mapping[str, Any], what: str) -> str:
    """What is wrong with a value itself, "" if nothing is. The message calls it `what`."""
    told = described(value)
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        wanted = either([TYPES[kind] for kind in kinds])
        return say("{what} must be {kinds}, not {value}", what=what, kinds=wanted, value=told)
    choices = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if choices and not any(value == one and type(value) is type(one) for one in choices):
        texts = [one for one in choices if isinstance(one, str)]
        meant = meant_or_known(value if isinstance(value, str) else "", texts)
        return say("{what} cannot be {value}{meant}", what=what, value=told, meant=meant)
    if isinstance(value, (int, float)):
        # Not `value < minimum`: .nan must be out of bounds.
        if "minimum" in schema and not value >= schema["minimum"]:
            least = schema["minimum"]
            return say("{what} must be at least {limit}, not {value}", what=what, limit=least, value=told)
        if "maximum" in schema and not value <= schema["maximum"]:
            most = schema["maximum"]
            return say("{what} must be at most {limit}, not {value}", what=what, limit=most, value=told)
    elif isinstance(value, str):
        form = _FORMATS.get(schema.get("format", ""))
        if not value and schema.get("minLength"):
            return say("{what} must not be empty", what=what)
        if form is not None:
            return form(value, what)
        if "pattern" in schema and not re.search(schema["pattern"], value):
            title = schema.get("title", schema["pattern"])
            return say("{what} must be {kinds}, not {value}", what=what, kinds=say(title), value=told)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            return say("{what} must not be empty", what=what)
        if schema.get("uniqueItems") and len(set(map(repr, value))) < len(value):
            return say("{what} has the same value twice", what=what)
    return ""


def _wrong_network(text: str, what: str) -> str:
    block = network.parse(text)
    if block is None:
        return say("{text} is not an IPv4 CIDR block such as 10.0.0.0/8", text=quoted(text))
    if network.network(block) != block:
        whole = network.text(network.network(block))
        return say("{text} has host bits set; the network is {whole}", text=text, whole=whole)
    return ""


def _wrong_address(text: str, what: str) -> str:
    wrong = network.parse(f"{text}/32") is None
    return say("{text} is not an IPv4 address", text=quoted(text)) if wrong else ""


def _wrong_pattern(text: str, what: str) -> str:
    try:
        re.compile(text)
    except re.error:
        return say("{what} is not a regular expression: {value}", what=what, value=described(text))
    return ""


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    # To JSON Schema, and so to editors, 20.0 is a whole number.
    "integer": lambda value: _TYPES["number"](value) and float(value).is_integer(),
}
_FORMATS: Mapping[str, Callable[[str, str], str]] = {
    "ipv4": _wrong_address,
    "ipv4-network": _wrong_network,
    "regex": _wrong_pattern,
}
