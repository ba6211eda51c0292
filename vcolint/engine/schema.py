"""Checks what people write for vcolint (the config, the front matter of pages) against its JSON Schema.

It knows the keywords that these schemas use. jsonschema knows all keywords, but importing it takes longer
than a small run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.text.nodes import entries, items, members, plain, text
from vcolint.text.source import MappingNode, Node
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


def first_fault(node: Node, schema: Mapping[str, Any], whole: str) -> Fault | None:
    """The first thing that is wrong in a document, if anything is. `whole` is what a message calls it."""
    wrong = min(_tree_faults(node, whole), default=None)
    return wrong or min(_faults(node, schema, schema, whole), default=None)


def found_in(node: Node | None, path: Iterable[str | int]) -> Node | None:
    """The key or item at the end of a path of keys and items; None if there is none. An item is found by
    its number or its text."""
    found: Node | None = None
    for part in path:
        below: list[tuple[object, Node, Node]] = [(key.value, key, value) for key, value in entries(node)]
        for number, item in enumerate(items(node)):
            below += [(number, item, item), (text(item), item, item)]
        found, node = next(((at, value) for name, at, value in below if name == part), (None, None))
    return found


def _tree_faults(node: Node, whole: str) -> Iterator[Fault]:
    """What is wrong under any schema: tags, and keys that are not text or are duplicates."""
    if node.tag is not None:
        yield Fault(node.start, say("{whole} cannot use the tag {tag}", whole=whole, tag=quoted(node.tag)))
    pairs = [*node.pairs, *node.merged] if isinstance(node, MappingNode) else []
    seen = set()
    for key, value in pairs:
        name = text(key)
        if name is None:
            yield Fault(key.start, say("a key must be text, not {key}", key=described(plain(key))))
        elif name in seen:
            yield Fault(key.start, say("duplicate key {key}", key=quoted(name)))
        seen.add(name)
        yield from _tree_faults(value, whole)
    for item in items(node):
        yield from _tree_faults(item, whole)


def _faults(
    node: Node, schema: Mapping[str, Any], root: Mapping[str, Any], what: str, path: str = ""
) -> Iterator[Fault]:
    """The places where a value does not satisfy a schema, which is a part of `root`. Messages call the value
    `what`, and use `path`, the keys down to it, to name its members."""
    while "$ref" in schema:
        _, room, name = schema["$ref"].split("/")
        schema = root[room][name]
    if schema is not root and "properties" in schema:
        title = schema.get("title")
        what = say(title) if title else what
    # What is in a mapping is checked below.
    wrong = wrong_value({} if isinstance(node, MappingNode) else plain(node), schema, what)
    if wrong:
        yield Fault(node.start, wrong)
        return

    def satisfied(part: Mapping[str, Any]) -> bool:
        return next(_faults(node, part, root, what), None) is None

    if isinstance(node, MappingNode):
        below = list(_member_faults(node, schema, root, path))
        # A missing key is often one that is misspelled or has a wrong value.
        yield from below
        missing = () if below else (key for key in schema.get("required", ()) if key not in members(node))
        for key in missing:
            yield Fault(node.start, say("{what} has no {missing}", what=what, missing=quoted(key)))
        choices = schema.get("oneOf", schema.get("anyOf", ()))
        fitting = sum(map(satisfied, choices))
        if choices and not below and (fitting == 0 or ("oneOf" in schema and fitting > 1)):
            names = ", ".join(map(_needed, choices))
            yield Fault(node.start, say("{what} needs one of {names}", what=what, names=names))
    for item in items(node) if "items" in schema else ():
        yield from _faults(item, schema["items"], root, say("an item of {path}", path=what), path)
    for part in schema.get("allOf", ()):
        yield from _faults(node, part, root, what, path)
    if "if" in schema:
        branch = schema.get("then" if satisfied(schema["if"]) else "else", {})
        yield from _faults(node, branch, root, what, path)


def _member_faults(
    node: MappingNode, schema: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> Iterator[Fault]:
    known = schema.get("properties", {})
    for key, value in entries(node):
        name = str(key.value)
        if "propertyNames" in schema:
            yield from _faults(key, schema["propertyNames"], root, say("a key"))
        form = known.get(name, schema.get("additionalProperties", {}))
        below = f"{path}.{name}" if path else name
        if form:
            yield from _faults(value, form, root, quoted(below), below)
        elif form is False:
            wrong = say("unknown key {key}{meant}", key=quoted(name), meant=meant_or_known(name, known))
            yield Fault(key.start, wrong)


def _needed(choice: Mapping[str, Any]) -> str:
    """What a choice of `oneOf` or `anyOf` asks for."""
    key = choice["required"][0]
    only = choice.get("properties", {}).get(key, {}).get("const")
    return quoted(key if only is None else f"{key}: {json.dumps(only)}")


def wrong_value(value: Any, schema: Mapping[str, Any], what: str) -> str:
    """What is wrong with a value itself, "" if nothing is. The message calls it `what`."""
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        wanted = either([TYPES[kind] for kind in kinds])
        return say("{what} must be {kinds}, not {value}", what=what, kinds=wanted, value=described(value))
    choices = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if choices and not any(value == one and type(value) is type(one) for one in choices):
        texts = [one for one in choices if isinstance(one, str)]
        meant = meant_or_known(value if isinstance(value, str) else "", texts)
        return say("{what} cannot be {value}{meant}", what=what, value=described(value), meant=meant)
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(value, (int, float)):
        # Not `value < least`: .nan must be out of bounds.
        if least is not None and not value >= least:
            return say(
                "{what} must be at least {limit}, not {value}", what=what, limit=least, value=described(value)
            )
        if most is not None and not value <= most:
            return say(
                "{what} must be at most {limit}, not {value}", what=what, limit=most, value=described(value)
            )
    if (isinstance(value, str) and not value and "minLength" in schema) or (
        isinstance(value, list) and not value and "minItems" in schema
    ):
        return say("{what} must not be empty", what=what)
    if isinstance(value, list) and "uniqueItems" in schema and len(set(map(repr, value))) < len(value):
        return say("{what} has the same value twice", what=what)
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        title = schema.get("title", schema["pattern"])
        return say("{what} must be {kinds}, not {value}", what=what, kinds=say(title), value=described(value))
    block = (
        network.parse(value) if schema.get("format") == "ipv4-network" and isinstance(value, str) else None
    )
    if block is not None and network.network(block) != block:
        whole = network.text(network.network(block))
        return say("{text} has host bits set; the network is {whole}", text=value, whole=whole)
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
