"""Parts of values: attributes, elements, and the keys in addresses."""

from __future__ import annotations

import re

from vcolint.hcl.conversions import escaped, to_key, to_number, to_text
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    InstanceSet,
    Namespace,
    Pending,
    Sensitive,
    SetValue,
    describe,
    mark,
    unmark,
)
from vcolint.locale import say
from vcolint.text.value import Reference, Unknown


def part_of(unknown: Unknown, suffix: str) -> Unknown:
    """A part of an unknown value, such as `.id` or `["a"]`: unknown, and the same one each time."""
    if unknown.reference is None:
        return Unknown(unknown.reason)
    address = unknown.reference.address
    reason = unknown.reason
    if reason.endswith(address):
        reason += suffix
    return Unknown(reason, Reference(unknown.reference.scope, address + suffix))


def get_attribute(value: HclValue, name: str) -> HclValue:
    """`value.name`."""
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, (Namespace, Pending)):
        return value.attribute(name)
    if isinstance(value, Sensitive):
        return mark(get_attribute(value.value, name), True)
    if isinstance(value, Unknown):
        return part_of(value, f".{name}")
    raise EvaluationError(say('{describe} has no attribute "{name}"', describe=describe(value), name=name))


def get_index(value: HclValue, key: HclValue) -> HclValue:
    """`value[key]`."""
    if isinstance(key, Sensitive) and isinstance(unmark(value)[0], Unknown):
        return mark(Unknown(unmark(value)[0].reason), True)  # with no key in its reason
    if isinstance(value, Sensitive) or isinstance(key, Sensitive):
        return mark(get_index(unmark(value)[0], unmark(key)[0]), True)
    if isinstance(key, Unknown):
        return Unknown(key.reason)
    if isinstance(value, (Namespace, Pending)):
        return value.attribute(to_key(key))
    if isinstance(value, InstanceSet):
        return value.instance(key)
    if isinstance(value, Unknown):
        return part_of(value, _step(key))
    if isinstance(value, dict):
        name = to_key(key)
        if name not in value:
            raise EvaluationError(say("this element does not exist"))
        return value[name]
    if isinstance(value, tuple) and not isinstance(value, SetValue):
        index = to_number(key)
        if not isinstance(index, int) or not 0 <= index < len(value):
            raise EvaluationError(say("this element does not exist"))
        return value[index]
    raise EvaluationError(say("{describe} has no elements to select", describe=describe(value)))


def _step(key: HclValue) -> str:
    """A key as a step of an address. Keys that mean the same give the same step: `.a` for `["a"]`."""
    text = to_key(key)
    if re.fullmatch(r"[A-Za-z_][\w-]*", text):
        return f".{text}"
    return f"[{text}]" if re.fullmatch("0|[1-9][0-9]*", text) else instance_key(text)


def instance_key(key: HclValue) -> str:
    """A key as Terraform writes it in addresses: `[0]`, `["a"]`."""
    if not isinstance(key, str):
        return f"[{to_text(key)}]"
    text = re.sub("[$%](?={)", r"\g<0>\g<0>", escaped(key))
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(char) for char in text)
    return f'["{text}"]'


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(char: str) -> str:
    return _ESCAPES.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 65536 else f"\\U{ord(char):08x}")
