"""Routes -> entries, and the resources around them -> what they tell of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vcolint.hcl.bodies import Attribute, Block, Body
from vcolint.hcl.configuration import twice
from vcolint.hcl.conversions import is_number, to_number, to_text
from vcolint.hcl.expressions import Variable, iterate
from vcolint.hcl.modules import Module
from vcolint.hcl.providers import region as provider_region
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    NotSupportedError,
    Pending,
    bare,
    unmark,
    written_elsewhere,
)
from vcolint.locale import message_of, say
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.dependencies import Dependencies
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import BINDING, PROPAGATION, ROUTE, SCHEMA, SURROUNDINGS, Instance, describe
from vcolint.read.once import Once
from vcolint.text.value import Location, Place, Unknown, Value

_RELEVANT = SURROUNDINGS | {ROUTE}
_META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "provider"})
_META_BLOCKS = frozenset({"lifecycle", "connection", "provisioner"})
_BLOCK_COST = 20  # steps
_UNREADABLE = "?"  # among the types in a module: one below cannot be read
_NOT_READ = frozenset({_UNREADABLE})
_NOTHING = frozenset[str]()


class _Field(NamedTuple):
    """An argument of a route that is a field of the entry."""

    name: str
    attribute: Attribute
    location: Location


class Entries:
    """Fills a reading from the module instances of one root."""

    def __init__(self, reading: Reading, scope: str) -> None:
        self.reading = reading
        self.scope = scope
        self.dependencies = Dependencies()
        self._instances: list[Instance] = []
        self.once = Once()

    def add(self, root: Module) -> None:
        """Add all that the root and the modules below hold."""
        self._module(root)
        describe(self.reading.topology, self.scope, self._instances)
        if root.configuration.broken:
            self._unlisted_types(_NOT_READ)

    def _module(self, module: Module) -> None:
        for block in module.configuration.order:
            if block.type == "module":
                self._call(module, block)
            elif block.labels[0] == ROUTE:
                self._routes(module, block)
            elif block.labels[0] in SURROUNDINGS:
                self._surroundings(module, block)

    def _call(self, module: Module, block: Block) -> None:
        name = block.labels[0]
        child = module.calls.child(block)
        types = self._types_below(module, block)
        if types.isdisjoint(_RELEVANT) and _UNREADABLE not in types:
            return
        children = module.calls.children(block)
        if children is not None:
            for one in children.values():
                self._module(one)
            return
        expansion = module.expansion(block)
        if expansion.items == []:
            return
        self._unlisted_types(types)
        if ROUTE in types or _UNREADABLE in types:
            self._unlisted(module, block, f"module.{name}", child.reason or expansion.reason)

    def _types_below(self, module: Module, block: Block) -> frozenset[str]:
        """The types of the resources in a called module and in the modules that it calls."""
        child = module.calls.child(block)
        if child.configuration is None:
            return _NOT_READ
        inside = Module(module.tree, child.configuration, child.path, "", module, block)
        return self.once(str(child.configuration.folder), _NOTHING, self._types_in, inside)

    def _types_in(self, module: Module) -> frozenset[str]:
        blocks = module.configuration.blocks
        below = (self._types_below(module, block) for block in blocks["module"].values())
        broken = _NOT_READ if module.configuration.broken else _NOTHING
        return broken.union((kind for kind, _ in blocks["resource"]), *below)

    def _unlisted_types(self, types: frozenset[str]) -> None:
        """Remember that resources of these types may exist that are not among the instances."""
        topology = self.reading.topology
        topology.binding_unknown |= bool(types & {BINDING, _UNREADABLE})
        topology.propagation_unknown |= bool(types & {PROPAGATION, _UNREADABLE})

    def _unlisted(self, module: Module, block: Block, address: str, reason: str) -> None:
        self.reading.unlisted.append(Unlisted(module.inside(address), reason, block.location))

    # -- routes ------------------------------------------------------------------------------------

    def _routes(self, module: Module, block: Block) -> None:
        expansion = module.expansion(block)
        name = ".".join(block.labels)
        if expansion.items is None:
            self._unlisted(module, block, name, expansion.reason)
            return
        fields = [
            _Field(TERRAFORM[attribute.name], attribute, attribute.location)
            for attribute in block.body.attributes.values()
            if attribute.name in TERRAFORM
        ]
        base = module.inside(name)
        location = block.location
        last_line = block.last_line
        waits = self.dependencies.of(module, block)
        region = provider_region(module, block)
        faulty = _is_faulty(block.body)
        for key, names in expansion.items:
            draft = Draft(self.reading, location, expansion.address(base, key))
            if region is not None:
                draft.fields["RegionId"] = region
            if faulty:
                _report_faults(draft, block.body)
            for field in fields:
                _put(draft, module, field, names)
            draft.close(waits_for=waits, create_timeout=_timeout(module, block, names), last_line=last_line)

    # -- what is around them -----------------------------------------------------------------------

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


def _is_faulty(body: Body) -> bool:
    """Whether a route holds something that does not belong there, or is given twice."""
    return bool(
        body.twice
        or any(name not in TERRAFORM and name not in _META_ARGUMENTS for name in body.attributes)
        or any(_is_foreign(block) for block in body.blocks)
    )


def _is_foreign(block: Block) -> bool:
    """Whether a block does not belong into a route. Terraform's own blocks cannot be `dynamic`."""
    kind = _made_by(block)
    return kind not in SCHEMA.types[ROUTE].blocks and (block.type != kind or kind not in _META_BLOCKS)


def _made_by(block: Block) -> str:
    """The type of a block, or of those that a `dynamic` block makes."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _report_faults(draft: Draft, body: Body) -> None:
    for attribute in body.attributes.values():
        if attribute.name not in TERRAFORM and attribute.name not in _META_ARGUMENTS:
            draft.unknown_name(attribute.name, TERRAFORM, attribute.name_location)
    for block in body.blocks:
        if _is_foreign(block):
            draft.unknown_name(_made_by(block), TERRAFORM, block.location)
    for again, first in body.twice:
        name = again.name_location
        if again.name in TERRAFORM:
            field = TERRAFORM[again.name]
            draft.put(
                field,
                Unknown(say("given twice"), reported=True),
                first.location,
                name=first.name_location,
            )
            draft.put(field, None, again.location, name=name)
        else:
            draft.reading.problems.append(twice(again.name, name, first.name_location))


def _put(draft: Draft, module: Module, field: _Field, names: Mapping[str, HclValue]) -> None:
    """Set a field to the value of its argument."""
    name, attribute, location = field
    if name in draft.fields:  # given twice
        return
    place: Place | None = None
    if attribute.literal:
        value, marked = attribute.expression.value, False  # type: ignore[attr-defined]
    else:
        value, marked = unmark(module.evaluate(attribute, names))
        place = written_elsewhere(value, attribute.place)
        value = bare(value)
    if isinstance(value, Unknown) and not isinstance(value, Pending):
        value = Unknown(value.reason, value.reference)  # without what only the evaluation needs
    if type(value) in (int if name == "Weight" else str, Unknown):
        draft.fields[name] = Value(value, location, marked, attribute.literal, place)
    elif value is not None:
        draft.put(
            name,
            _converted(name, value),
            location,
            sensitive=marked,
            literal=attribute.literal,
            template=False,
            literal_place=place,
        )


def _converted(field: str, value: HclValue) -> Any:
    """A value as the provider's schema has it: a number for the weight, text for the other fields. A value
    that cannot be converted stays as it is."""
    if isinstance(value, (tuple, dict)):
        return list(value) if isinstance(value, tuple) else {}
    if not isinstance(value, (str, bool)) and not is_number(value):
        return {}  # a resource or a module as a whole
    try:
        if field != "Weight":
            return to_text(value)
        if isinstance(value, bool):
            return value
        number = to_number(value)
        return number if isinstance(number, int) else float(number)
    except EvaluationError:
        return value
    except NotSupportedError as error:
        return Unknown(message_of(error))


def _timeout(module: Module, block: Block, names: Mapping[str, HclValue]) -> float | None:
    """`timeouts { create = … }` in seconds."""
    for inner in block.body.blocks:
        if _made_by(inner) == "timeouts":
            for values in _blocks(module, inner, names):
                if "create" in values:
                    return seconds(values["create"])
    return None


def _blocks(module: Module, block: Block, names: Mapping[str, HclValue]) -> list[dict[str, Any]]:
    """The blocks that a block stands for: itself, or those that it makes."""
    return _dynamic(module, block, names) if block.type == "dynamic" else [_values(module, block.body, names)]


def _values(module: Module, body: Body, names: Mapping[str, HclValue]) -> dict[str, Any]:
    """The arguments of a resource and its blocks, lists of them. What is sensitive is left out."""
    values: dict[str, Any] = {}
    for attribute in body.attributes.values():
        if attribute.name in _META_ARGUMENTS:
            continue
        value, marked = unmark(module.evaluate(attribute, names))
        if marked:
            continue
        if isinstance(value, tuple):
            value = [item for item in value if isinstance(item, str)]
        values[attribute.name] = value
    for block in body.blocks:
        found = values.setdefault(_made_by(block), [])
        if isinstance(found, list):
            found += _blocks(module, block, names)
    return values


def _dynamic(module: Module, block: Block, names: Mapping[str, HclValue]) -> list[dict[str, Any]]:
    """The blocks that a `dynamic` block stands for; none where that is not known."""
    attributes = block.body.attributes
    content = next(block.body.blocks_of("content"), None)
    if "for_each" not in attributes or content is None or not block.labels:
        return []
    iterator = attributes.get("iterator")
    name = (
        iterator.expression.name
        if iterator and isinstance(iterator.expression, Variable)
        else block.labels[0]
    )
    collection, marked = unmark(module.evaluate(attributes["for_each"], names))
    if marked or isinstance(collection, Unknown):
        return []
    found = []
    try:
        for key, value in iterate(collection):
            module.work.spend(_BLOCK_COST * (1 + len(content.body.attributes)))
            inner = {**names, name: {"key": key, "value": value}}
            found.append(_values(module, content.body, inner))
    except (EvaluationError, NotSupportedError):
        return []
    return found
