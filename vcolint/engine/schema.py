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
from vcolint.text.wording import TYPES, described, either, meant_or_known, quoted, with_commas


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


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of `root` that a schema refers to, or the schema itself."""
    while "$ref" in schema:
        _, room, name = schema["$ref"].split("/")
        schema = root[room][name]
    return schema


def first_fault(node: Node, schema: Mapping[str, Any], whole: str) -> Fault | None:
    """The first thing that is wrong in a document, if anything is. `whole` is what a message calls it."""
    wrong = min(_key_faults(node), default=None)
    return wrong or min(_faults(node, schema, schema, whole), default=None)


def _key_faults(node: Node) -> Iterator[Fault]:
    """Keys that are not text or are duplicates, whatever the schema is."""
    seen = set()
    for key, value in [*node.pairs, *node.merged] if isinstance(node, MappingNode) else ():
        name = text(key)
        if name is None:
            yield Fault(key.start, say("a key must be text, not {key}", key=described(plain(key))))
        elif name in seen:
            yield Fault(key.start, say("duplicate key {key}", key=quoted(name)))
        seen.add(name)
        yield from _key_faults(value)
    for item in items(node):
        yield from _key_faults(item)


def _faults(
    node: Node, schema: Mapping[str, Any], root: Mapping[str, Any], what: str, path: str = ""
) -> Iterator[Fault]:
    """The places where a value does not satisfy a schema, which is a part of `root`. Messages call the value
    `what`, and use `path`, the keys down to it, to name its members."""
    schema = resolved(schema, root)
    wrong = wrong_value(plain(node), schema, what)
    if wrong:
        yield Fault(node.start, wrong)
        return

    def satisfied(part: Mapping[str, Any]) -> bool:
        return next(_faults(node, part, root, what), None) is None

    if isinstance(node, MappingNode):
        below = list(_member_faults(node, schema, root, path))
        if below:
            yield from below
            return  # a missing key is often one that is misspelled or has a wrong value
        for key in schema.get("required", ()):
            if key not in members(node):
                yield Fault(node.start, say("{what} has no {missing}", what=what, missing=quoted(key)))
        choices = schema.get("oneOf", schema.get("anyOf", ()))
        fitting = sum(map(satisfied, choices))
        if choices and (fitting == 0 or ("oneOf" in schema and fitting > 1)):
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
    if all(fits(value, schema[keyword]) for keyword, fits in _KEYWORDS.items() if keyword in schema):
        return ""
    if "enum" in schema:
        texts = [one for one in schema["enum"] if isinstance(one, str)]
        meant = meant_or_known(value if isinstance(value, str) else "", texts)
        return say("{what} cannot be {value}{meant}", what=what, value=described(value), meant=meant)
    kinds = [TYPES[kind] for kind in _TYPES if kind in schema.get("type", _TYPES)]
    title = schema.get("title")
    wanted = [say(title) if title else either(kinds)]
    if "minimum" in schema:
        wanted.append(say("at least {limit}", limit=schema["minimum"]))
    if "maximum" in schema:
        wanted.append(say("at most {limit}", limit=schema["maximum"]))
    told = with_commas(wanted)
    return say("{what} must be {wanted}, not {value}", what=what, wanted=told, value=described(value))


def _is_network(value: Any, _format: str) -> bool:
    """Whether a CIDR block has no host bits set. The keyword `pattern` checks that a text is a block."""
    block = network.parse(value) if isinstance(value, str) else None
    return block is None or block == network.network(block)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    # To JSON Schema, and so to editors, 20.0 is a whole number.
    "integer": lambda value: _TYPES["number"](value) and float(value).is_integer(),
}

# Whether a value satisfies a keyword with that argument.
_KEYWORDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": lambda value, kinds: any(_TYPES[kind](value) for kind in _TYPES if kind in kinds),
    "const": lambda value, only: value == only and type(value) is type(only),
    "enum": lambda value, choices: any(value == one and type(value) is type(one) for one in choices),
    "minimum": lambda value, least: not _TYPES["number"](value) or value >= least,
    "maximum": lambda value, most: not _TYPES["number"](value) or value <= most,
    "minItems": lambda value, _least: value != [],
    "pattern": lambda value, pattern: not isinstance(value, str) or bool(re.search(pattern, value)),
    "format": _is_network,
}
