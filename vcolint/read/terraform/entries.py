"""Turns routes into entries, and the resources around them into facts about the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcolint.hcl.bodies import Block, Body
from vcolint.hcl.configuration import twice
from vcolint.hcl.expressions import Variable, iterate
from vcolint.hcl.modules import Module, called, children, region_of
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    NotSupportedError,
    Pending,
    bare,
    is_number,
    to_number,
    to_text,
    unmark,
    written_elsewhere,
)
from vcolint.locale import message_of
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import BINDING, PROPAGATION, ROUTE, SCHEMA, SURROUNDINGS, Instance, describe
from vcolint.read.once import Once
from vcolint.read.terraform.dependencies import routes_before
from vcolint.text.value import Unknown

_META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "provider"})
_ARGUMENTS = TERRAFORM.keys() | _META_ARGUMENTS
_META_BLOCKS = frozenset({"lifecycle", "connection", "provisioner"})
_BLOCK_COST = 20  # steps
_EVERYTHING = SURROUNDINGS | {ROUTE}  # the types of resources that a module may contain

_Names = Mapping[str, HclValue]


class Entries:
    """Fills a reading from the module instances of one root."""

    def __init__(self, reading: Reading, scope: str) -> None:
        self.reading = reading
        self.scope = scope
        self.once = Once()
        self._instances: list[Instance] = []

    def add(self, root: Module) -> None:
        """Add everything in the root and the modules below it."""
        self._module(root)
        describe(self.reading.topology, self.scope, self._instances)
        if root.configuration.broken:
            self._unlisted_types(_EVERYTHING)

    def _module(self, module: Module) -> None:
        for old, new in module.configuration.moves:
            self.reading.moved.append((module.inside(old), module.inside(new)))
        for block in module.configuration.order:
            if block.type == "module":
                self._call(module, block)
            elif block.labels[0] == ROUTE:
                self._routes(module, block)
            elif block.labels[0] in SURROUNDINGS:
                self._surroundings(module, block)

    def _call(self, module: Module, block: Block) -> None:
        types = self._types_below(module, block)
        found = children(module, block) if types else {}
        for one in (found or {}).values():
            self._module(one)
        if found is None and module.expansion(block).items != []:
            self._unlisted_types(types)
            if ROUTE in types:
                below = called(module, block)
                reason = below if isinstance(below, str) else module.expansion(block).reason
                self._unlisted(module, block, f"module.{block.labels[0]}", reason)

    def _types_below(self, module: Module, block: Block) -> frozenset[str]:
        """The relevant types of the resources in a called module and in the modules that it calls."""
        found = called(module, block)
        if isinstance(found, str):
            return _EVERYTHING
        inside = Module(module.tree, found, "", "", module, block)
        return self.once(str(found.folder), frozenset[str](), self._types_in, inside)

    def _types_in(self, module: Module) -> frozenset[str]:
        blocks = module.configuration.blocks
        if module.configuration.broken:
            return _EVERYTHING
        below = (self._types_below(module, block) for block in blocks["module"].values())
        return _EVERYTHING.intersection(kind for kind, _ in blocks["resource"]).union(*below)

    def _unlisted_types(self, types: frozenset[str]) -> None:
        """Record that resources of these types may exist that are not among the instances."""
        topology = self.reading.topology
        topology.binding_unknown |= BINDING in types
        topology.propagation_unknown |= PROPAGATION in types

    def _unlisted(self, module: Module, block: Block, address: str, reason: str) -> None:
        self.reading.unlisted.append(Unlisted(module.inside(address), reason, block.location))

    def _routes(self, module: Module, block: Block) -> None:
        expansion = module.expansion(block)
        name = ".".join(block.labels)
        if expansion.items is None:
            self._unlisted(module, block, name, expansion.reason)
            return
        attributes = block.body.attributes.values()
        fields = [(one, one.location) for one in attributes if one.name in TERRAFORM]
        foreign = [(one.name, one.name_location) for one in attributes if one.name not in _ARGUMENTS]
        foreign += [(_made_by(one), one.location) for one in block.body.blocks if _is_foreign(one)]
        base = module.inside(name)
        location, last_line = block.location, block.last_line
        waits = routes_before(module, block)
        region = region_of(module, block)
        for key, names in expansion.items:
            draft = Draft(self.reading, location, expansion.address(base, key))
            if region is not None:
                draft.fields["RegionId"] = region
            for other, place in foreign:
                draft.unknown_name(other, TERRAFORM, place)
            for attribute, place in fields:
                field = TERRAFORM[attribute.name]
                if attribute.literal:
                    value, marked = attribute.expression.value, False  # type: ignore[attr-defined]
                else:
                    value, marked = unmark(module.evaluate(attribute, names))
                draft.put(
                    field,
                    _converted(field, bare(value)),
                    place,
                    name=attribute.name_location if block.body.twice else None,
                    sensitive=marked,
                    literal=attribute.literal,
                    template=False,
                    literal_place=written_elsewhere(value, attribute.place),
                )
            for again, first in block.body.twice:
                if again.name in TERRAFORM:
                    draft.put(TERRAFORM[again.name], None, again.location, name=again.name_location)
                else:
                    problem = twice(again.name, again.name_location, first.name_location)
                    self.reading.problems.append(problem)
            draft.close(waits_for=waits, create_timeout=_timeout(module, block, names), last_line=last_line)

    def _surroundings(self, module: Module, block: Block) -> None:
        expansion = module.expansion(block)
        if expansion.items is None:
            self._unlisted_types(frozenset(block.labels[:1]))
            return
        base = module.inside(".".join(block.labels))
        location = block.location
        for key, names in expansion.items:
            values = _values(module, block.body, names)
            self._instances.append(Instance(expansion.address(base, key), block.labels[0], values, location))


def _made_by(block: Block) -> str:
    """The type of a block, or of the blocks that a `dynamic` block creates."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _is_foreign(block: Block) -> bool:
    """Whether a block does not belong in a route. Terraform's own blocks cannot be `dynamic`."""
    return _made_by(block) not in SCHEMA.types[ROUTE].blocks and block.type not in _META_BLOCKS


def _converted(field: str, value: HclValue) -> Any:
    """A value with the type of the provider's schema: a number for the weight, text for the other fields. A
    value that cannot be converted stays as it is."""
    if value is None or type(value) is (int if field == "Weight" else str):
        return value
    if isinstance(value, Unknown) and not isinstance(value, Pending):
        return Unknown(value.reason, value.reference)  # without the marks that only the evaluation needs
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, (str, bool)) and not is_number(value):
        return {}  # a mapping, or a resource or a module as a whole
    try:
        if field != "Weight":
            return to_text(value)
        number = value if isinstance(value, bool) else to_number(value)
        return number if isinstance(number, int) else float(number)
    except EvaluationError:
        return value
    except NotSupportedError as error:
        return Unknown(message_of(error))


def _timeout(module: Module, block: Block, names: _Names) -> float | None:
    """`timeouts { create = … }` in seconds."""
    for inner in block.body.blocks:
        if _made_by(inner) == "timeouts":
            for values in _blocks(module, inner, names):
                if "create" in values:
                    return seconds(values["create"])
    return None


def _values(module: Module, body: Body, names: _Names) -> dict[str, Any]:
    """The arguments of a resource, and its blocks as lists. Sensitive values are left out."""
    values: dict[str, Any] = {}
    for attribute in body.attributes.values():
        if attribute.name not in _META_ARGUMENTS:
            value, marked = unmark(module.evaluate(attribute, names))
            if not marked:
                values[attribute.name] = list(value) if isinstance(value, tuple) else value
    for block in body.blocks:
        found = values.setdefault(_made_by(block), [])
        if isinstance(found, list):
            found += _blocks(module, block, names)
    return values


def _blocks(module: Module, block: Block, names: _Names) -> list[dict[str, Any]]:
    """The blocks that a block stands for: itself, or those that a `dynamic` block creates; none if these are
    not known."""
    if block.type != "dynamic":
        return [_values(module, block.body, names)]
    attributes = block.body.attributes
    content = next(block.body.blocks_of("content"), None)
    if "for_each" not in attributes or content is None or not block.labels:
        return []
    iterator = attributes["iterator"].expression if "iterator" in attributes else None
    name = iterator.name if isinstance(iterator, Variable) else block.labels[0]
    collection, marked = unmark(module.evaluate(attributes["for_each"], names))
    found: list[dict[str, Any]] = []
    if marked or isinstance(collection, Unknown):
        return found
    try:
        for key, value in iterate(collection):
            module.work.spend(_BLOCK_COST * (1 + len(content.body.attributes)))
            found.append(_values(module, content.body, {**names, name: {"key": key, "value": value}}))
    except (EvaluationError, NotSupportedError):
        return []
    return found
