"""The instances of resources and modules, and their values in expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from vcolint.hcl.bodies import Attribute, Block
from vcolint.hcl.conversions import to_number, to_text
from vcolint.hcl.expressions import Scope, Surroundings
from vcolint.hcl.parts import instance_key
from vcolint.hcl.tree import Tree
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    InstanceSet,
    Namespace,
    Pending,
    SetValue,
    UnknownText,
    describe,
    mark,
    unmark,
)
from vcolint.locale import say
from vcolint.text.value import Reference, Unknown


class Owner(Surroundings, Protocol):
    """The module instance that an instance belongs to."""

    tree: Tree

    def named(self, key: tuple[str, str], evaluate: Callable[[], HclValue]) -> HclValue:
        """The value of something with a name, evaluated once."""


class Expansion(NamedTuple):
    """The instances of a resource or a module: their keys, and the local names of each.

    `items` is None if they are not known, and `reason` says why.
    """

    items: list[tuple[Any, dict[str, HclValue]]] | None
    reason: str = ""
    kind: str = ""  # `count`, `for_each`, or empty for one instance without a key

    def address(self, base: str, key: HclValue) -> str:
        return f"{base}{instance_key(key)}" if self.kind else base


class Instance(Pending):
    """A resource instance. Its configured attributes are known, the others after apply."""

    __slots__ = ("address", "block", "module", "names")

    def __init__(self, module: Owner, block: Block, address: str, names: Mapping[str, HclValue]) -> None:
        super().__init__(say("known after apply: {address}", address=address))
        self.module = module
        self.block = block
        self.address = address
        self.names = names

    def attribute(self, name: str) -> HclValue:
        if self.module.tree.schema.is_identity(self.block.labels[0], name):
            return self.later(name, self.address)
        configured = self.block.body.attributes.get(name)
        if configured is None:
            return self.later(name)
        return self.module.named((self.address, name), lambda: self._value(configured))

    def _value(self, configured: Attribute) -> HclValue:
        value, marked = unmark(configured.expression.evaluate(Scope(self.module, self.names)))
        wanted = self.module.tree.schema.type_of(self.block.labels[0], configured.name)
        if wanted == "number" and not isinstance(value, Unknown):
            value = to_number(value)
        elif isinstance(value, str):
            is_text = wanted == "string" or not _may_be_converted(value)
            value = value if is_text else self.later(configured.name)
        elif not isinstance(value, Unknown) or isinstance(value, (Pending, InstanceSet)):
            value = self.later(configured.name)
        return mark(value, marked)

    def later(self, name: str, address: str | None = None) -> Unknown:
        whole = f"{self.address}.{name}"
        make = UnknownText if name == "id" else Unknown
        return make(
            say("known after apply: {whole}", whole=whole),
            Reference(self.module.tree.scope, address or whole),
        )


def _may_be_converted(text: str) -> bool:
    """Whether a text may be the value of a number or bool attribute: only the provider's schema knows."""
    return (
        text in ("true", "false") or re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text) is not None
    )


class UnlistedInstances(InstanceSet):
    """The instances of a resource whose keys are not known."""

    __slots__ = ("address", "block", "kind", "module")

    def __init__(self, module: Owner, block: Block, address: str, expansion: Expansion) -> None:
        super().__init__(expansion.reason)
        self.module = module
        self.block = block
        self.address = address
        self.kind = expansion.kind

    def instance(self, key: HclValue) -> HclValue:
        key = to_number(key) if self.kind == "count" else to_text(key)
        # `each` and `count` of such an instance are unknown.
        unknown = Unknown(self.reason)
        names = {self.kind.replace("for_each", "each"): unknown}
        return Instance(self.module, self.block, f"{self.address}{instance_key(key)}", names)


class UnlistedModules(InstanceSet):
    """The instances of a module whose keys are not known."""

    __slots__ = ()

    def instance(self, key: HclValue) -> HclValue:
        assert self.reference is not None
        address = f"{self.reference.address}{instance_key(key)}"
        return Unknown(
            say("known after apply: {address}", address=address), Reference(self.reference.scope, address)
        )


def by_key(expansion: Expansion, instances: Iterator[HclValue]) -> HclValue:
    """The instances as one value for expressions."""
    assert expansion.items is not None
    if expansion.kind == "count":
        return tuple(instances)
    if expansion.kind == "for_each":
        return {key: instance for (key, _), instance in zip(expansion.items, instances, strict=True)}
    return next(instances)


def count_names(value: HclValue, tree: Tree) -> list[tuple[Any, dict[str, HclValue]]]:
    """The keys of the instances by `count`, and the value of `count` in each."""
    if value is None:
        raise EvaluationError(say("count is null"))
    number = to_number(value)
    if not isinstance(number, int) or number < 0:
        raise EvaluationError(say("count is {number}", number=to_text(number)))
    tree.spend_instances(number)
    return [(index, {"count": {"index": index}}) for index in range(number)]


def each_names(value: HclValue, tree: Tree) -> list[tuple[Any, dict[str, HclValue]]]:
    """The keys of the instances by `for_each`, and the value of `each` in each."""
    if isinstance(value, Namespace):
        value = value.settle()
    if isinstance(value, dict):
        pairs = [(key, value[key]) for key in sorted(value)]
    elif isinstance(value, SetValue):
        if not all(isinstance(item, str) for item in value):
            raise EvaluationError(say("for_each over a set whose elements are not text"))
        pairs = [(item, item) for item in value]
    else:
        raise EvaluationError(
            say("for_each is {describe}, not a map or a set of texts", describe=describe(value))
        )
    tree.spend_instances(len(pairs))
    return [(key, {"each": {"key": key, "value": item}}) for key, item in pairs]
