"""Terraform plans: what `terraform show -json PLAN` prints.

A plan is one line of machine output, and nobody edits it: values are located at the resource's object in
`resource_changes`.

A plan lists the instances of its resources and modules, and what each expression of the configuration refers
to, but not what the expression does with it. So the configuration is read like one in HCL, with expressions
(`_Listed`) that have a value only where it can be only one thing: the ID of a connection, a customer gateway
or a transit router, or a value with a name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from json import JSONDecoder
from pathlib import Path
from typing import Any, NamedTuple

from vcolint.hcl.configuration import Configuration, Files
from vcolint.hcl.expressions import Expression, Index, Literal, Scope, Variable, Work
from vcolint.hcl.modules import Expansion, Module, Tree
from vcolint.hcl.syntax import Attribute, Block, Body
from vcolint.hcl.values import HclValue, Pending
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import (
    BINDING,
    ROUTE,
    SURROUNDINGS,
    Instance,
    describe,
    elements,
    mapping,
    without_sensitive,
)
from vcolint.read.terraform import MAX_STEPS, SCHEMA, values_of, waits_for
from vcolint.text.json import Items
from vcolint.text.nodes import members, plain
from vcolint.text.source import Node, ScalarNode, Source, SyntaxFault
from vcolint.text.value import Location, Place, Reference, Unknown, Value

# The attributes of a route, with their fields and the types of their values.
_ATTRIBUTES = [(name, field, int if name == "weight" else str) for name, field in TERRAFORM.items()]

_LONGEST = 2000  # characters of an address or a reference: no real plan has more
_KEY = r'\[(?:0|[1-9][0-9]{0,8}|"(?:[^"\\]|\\["\\nrt])*")\]'  # valid JSON, too
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_CALL = re.compile(rf'(?:^|\.)module\.([^.\[\]"]+)({_KEY})?')
_OWN_KEY = (("each", "key"), ("count", "index"))
_KNOWN = frozenset({"path", "terraform"})  # known values: they may only select an instance

_Names = dict[str, Any]  # of an instance: its `key`, and the addresses of its `siblings` by key
_Steps = tuple[str, ...]  # of a reference: `("var", "conns", '["hq"]', "id")`
_decode = JSONDecoder(strict=False).decode  # strict=False: with control characters
_NOTHING = Unknown("")
_NOWHERE = Place(Source("", ""), 0, 0)


def read(source: Source) -> Reading:
    """Read a plan. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-plan", [source.file])
    top = members(documents(source, "json", reading)[0])
    document = {name: plain(node) for name, node in top.items()}
    planned = document.get("planned_values")
    if not isinstance(document.get("resource_changes"), list) and not isinstance(planned, dict):
        raise SyntaxFault(say("not a Terraform plan: it has neither `resource_changes` nor `planned_values`"))
    _Plan(source, reading, top, document).read()
    return reading


# -- the configuration in a plan --------------------------------------------------------------------------


class _Step(Index):
    """A step of a reference: `.name` of the one instance that is meant, or `["key"]`."""

    def evaluate(self, scope: Scope) -> HclValue:
        value = self.object.evaluate(scope)
        if self.name is None and isinstance(value, dict):
            return value.get(self.key.evaluate(scope), _NOTHING)
        return Index(Literal(_one_of(value, scope)), self.key, self.name).evaluate(scope)


def _one_of(value: HclValue, scope: Scope) -> HclValue:
    """The instance that an expression means, out of its instances by key; unknown if that is not certain.

    `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`. An expression may compute with its
    own key, and a plan does not show how. So the result counts only if the keys of all its siblings match.
    """
    if not isinstance(value, dict):
        return value
    if not scope.names:
        return next(iter(value.values())) if len(value) == 1 else _NOTHING
    assert isinstance(scope.module, Module)
    key, siblings = scope.names["key"], mapping(scope.names["siblings"])
    own, found = siblings.keys(), value.keys()
    names = id(siblings), id(value)
    is_match = scope.module.named(names, lambda: own == found if 0 in found else own <= found)
    return value.get(key, _NOTHING) if is_match else _NOTHING


class _Listed(NamedTuple):
    """An expression as a plan shows it: what it refers to."""

    first: str  # the first reference, as written
    references: list[Expression]
    only: Expression | None  # the reference that gives the value; None if there is not exactly one
    attribute: str  # of a whole resource: `conn[each.key].id` is listed without `id`
    # What to add to the address of a value with a name. None: the expression uses the key of its own
    # instance, so only an instance is certain. `local.conns[each.key]` may be anything.
    suffix: str | None

    def evaluate(self, scope: Scope) -> HclValue:
        if self.only is None:
            return _NOTHING
        assert isinstance(scope.module, _Module)
        inner = scope if self.suffix is None else Scope(scope.module, {})
        value = _one_of(self.only.evaluate(inner), inner)
        if isinstance(value, Pending) and self.attribute:
            value = value.attribute(self.attribute)
        reference = value.reference if isinstance(value, Unknown) else None
        if reference is None or reference.address in scope.module.tree.addresses:
            return value
        if self.suffix is None:
            return _NOTHING
        return Unknown("", reference._replace(address=reference.address + self.suffix))


class _Configuration(Configuration):
    """The configuration of a module, as far as a plan shows it."""

    def __init__(self, given: dict[str, Any], around: str = "") -> None:
        """`around`: the calls that lead to the module, as `module.a.module.b.`; "" for the root."""
        super().__init__(Path(), SCHEMA)
        self.around = around
        self.known = _KNOWN if around else _KNOWN | {"var"}
        self.inner: dict[str, _Configuration] = {}  # by the name of the module call
        self.providers: dict[_Steps, str] = {}  # the provider's key, by the labels of the resource
        for one in map(mapping, elements(given.get("resources"))):
            *data, kind, name = ("", *str(one.get("address")).split("."))
            self._declare("data" if "data" in data else "resource", (kind, name), one)
            self.providers[kind, name] = str(one.get("provider_config_key"))
        for name, call in mapping(given.get("module_calls")).items():
            self._declare("module", (name,), mapping(call))
            self.inner[name] = _Configuration(mapping(mapping(call).get("module")), f"{around}module.{name}.")
        for name in mapping(given.get("variables")):
            self._declare("variable", (name,), {})
        for name, output in mapping(given.get("outputs")).items():
            self._declare("output", (name,), {"expressions": {"value": mapping(output).get("expression")}})

    def _declare(self, kind: str, labels: _Steps, given: dict[str, Any]) -> None:
        arguments = mapping(given.get("expressions")) | {
            "depends_on": {"references": given.get("depends_on")},
            "count": given.get("count_expression", []),
            "for_each": given.get("for_each_expression", []),
        }
        name = self.around + ".".join(labels if kind == "resource" else (kind, *labels))
        over = _chains(arguments["for_each"])

        def body(arguments: dict[str, Any]) -> Body:
            made = Body()
            for argument, inner in arguments.items():
                if "references" in mapping(inner):
                    value = self._listed(_chains(inner), over, kind == "resource", f" (in {name}.{argument})")
                    made.attributes[argument] = Attribute(argument, value, _NOWHERE, _NOWHERE, False)
                elif "constant_value" not in mapping(inner):
                    for one in inner if isinstance(inner, list) else [inner]:
                        made.blocks.append(Block(argument, (), body(mapping(one)), _NOWHERE, 0))
            return made

        self.blocks[kind][labels] = Block(kind, labels, body(arguments), _NOWHERE, 0)

    def _listed(self, chains: list[_Steps], over: list[_Steps], is_of_resource: bool, where: str) -> _Listed:
        """The expression with the references `chains`. `over`: the references of `for_each`."""
        first = ".".join(chains[0]).replace(".[", "[") if chains else ""
        references = list(map(_traversal, chains))
        is_keyed = any(one in _OWN_KEY for one in chains)
        chains = [one for one in chains if one[0] not in self.known and one not in _OWN_KEY]
        if chains and chains[0][:2] == ("each", "value"):
            is_keyed = True
            chains = [(*outer, *one[2:]) for outer in over for one in chains]
        if len(chains) != 1:
            return _Listed(first, references, None, "", None)
        only, head, last = _traversal(chains[0]), chains[0][0], chains[0][-1]
        attribute = "" if not is_of_resource else "vpn_id" if head == BINDING else "id"
        # A plan lists `element(ids, 1)` as `ids`, too: two expressions with `ids` may differ in value.
        is_id = len(references) == 1 and (last == "id" or last.endswith(("_id", "]")))
        return _Listed(first, references, only, attribute, None if is_keyed else "" if is_id else where)


def _chains(given: object) -> list[_Steps]:
    """The references of an expression. Terraform lists `a.b.id` and `a.b`: only the longer one counts."""
    listed = elements(mapping(given).get("references"))
    chains = dict.fromkeys(tuple(_STEP.findall(one[:_LONGEST])) for one in listed if isinstance(one, str))
    shorter = {chain[:length] for chain in chains for length in range(len(chain))} | {()}
    return [chain for chain in chains if chain not in shorter]


def _traversal(chain: _Steps) -> Expression:
    node: Expression = Variable(chain[0])
    for step in chain[1:]:
        is_key = step.startswith("[")
        node = _Step(node, Literal(_decode(step[1:-1]) if is_key else step), None if is_key else step)
    return node


class _Module(Module):
    """A module instance: the plan lists its resources and the instances of the modules that it calls."""

    tree: _Listing
    configuration: _Configuration

    def value(self, kind: str, *labels: str) -> HclValue:
        if kind == "local" or (kind == "variable" and self.parent is None):  # a plan does not show it
            return self.later(self.inside(f"{kind}.{labels[0]}"))
        return super().value(kind, *labels)

    def _children(self, block: Block) -> list[Module]:
        return [self.tree.modules[address] for _, address, _ in self._expand(block).items or ()]

    def _expand(self, block: Block) -> Expansion:
        found = self.tree.listed[self.address, block.type, block.labels]
        items = [(key, address, {"key": key, "siblings": found}) for key, address in found.items()]
        return Expansion("", "" if found.keys() == {None} else "for_each", items)


class _Listing(Tree):
    """All instances that a plan lists."""

    def __init__(self, scope: str, root: dict[str, Any]) -> None:
        super().__init__(Files(Path(), "", Path(), Work(MAX_STEPS), {}), SCHEMA, "default", scope)
        self.modules = {"": _Module(self, _Configuration(root))}  # by address
        # Addresses by instance key: of a resource, or of the modules of a call. By the address of the module
        # around it, and by the type and the labels of the block.
        self.listed: defaultdict[tuple[str, str, _Steps], dict[Any, str]] = defaultdict(dict)
        self.addresses: set[str] = set()  # of resources

    def add(self, resource: dict[str, Any]) -> tuple[_Module, Block, _Names]:
        """Add an instance of a resource: its module, its block in the configuration (an empty one if it is
        not there), and its local names."""
        around = resource.get("module_address")
        module = self._module(around if isinstance(around, str) else "")
        kind = "data" if resource.get("mode") == "data" else "resource"
        labels = str(resource.get("type")), str(resource.get("name"))
        index, siblings = resource.get("index"), self.listed[module.address, kind, labels]
        key = index if isinstance(index, (str, int)) else None
        siblings[key] = resource["address"]
        if kind == "resource":
            self.addresses.add(resource["address"])
        blocks = module.configuration.blocks[kind]
        if labels not in blocks:
            blocks[labels] = Block(kind, labels, Body(), _NOWHERE, 0)
        return module, blocks[labels], {"key": key, "siblings": siblings}

    def _module(self, address: str) -> _Module:
        """The module with that address."""
        module = self.modules[""]
        for call in _CALL.finditer(address[:_LONGEST]):
            here, name, key = address[: call.end()], call[1], _decode(call[2][1:-1]) if call[2] else None
            if here not in self.modules:
                siblings = self.listed[module.address, "module", (name,)]
                siblings[key] = here
                block = module.configuration.blocks["module"].get((name,))
                configuration = module.configuration.inner.get(name) or _Configuration({})
                names = {"key": key, "siblings": siblings}
                self.modules[here] = _Module(self, configuration, ".", here, module, block, names)
            module = self.modules[here]
        return module if module.address == address else _Module(self, _Configuration({}), ".", address)


# -- the resources of a plan ------------------------------------------------------------------------------


class _Resource(NamedTuple):
    """A resource instance after the apply."""

    address: str
    module: _Module
    block: Block
    names: _Names
    change: dict[str, Any]  # as in `resource_changes`
    location: Location


class _Plan:
    def __init__(
        self, source: Source, reading: Reading, top: dict[str, Node], document: dict[str, Any]
    ) -> None:
        self.source = source
        self.reading = reading
        self.top = top
        self.document = document
        self.waits_for = cache(waits_for)
        changes, self.items = top.get("resource_changes"), None
        if isinstance(changes, ScalarNode) and isinstance(changes.value, list):
            self.items = Items(source, changes)
        configuration = mapping(document.get("configuration"))
        providers = mapping(configuration.get("provider_config")).items()
        self.regions = {key: self._region(key, mapping(provider)) for key, provider in providers}
        self.listing = _Listing(source.file, mapping(configuration.get("root_module")))

    def read(self) -> None:
        """Add the routes to the reading, and what the other resources say about the network."""
        around = []
        for one in list(self._resources()):
            if one.block.labels[0] == ROUTE:
                self._route(one)
            else:
                around.append(Instance(one.address, one.block.labels[0], _values(one), one.location))
        describe(self.reading.topology, self.source.file, around)

    def _listed(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Every resource in the plan, in the form of `resource_changes`: the name of its part of the plan,
        its number (0 outside of `resource_changes`), and the resource."""
        changes = elements(self.document.get("resource_changes"))
        for number, one in enumerate(map(mapping, changes)):
            yield "resource_changes", number, one
        # With `-target`, a plan changes only some resources. The others are in `prior_state`, and exist too.
        for name in ("prior_state",) if changes else ("planned_values", "prior_state"):
            part = mapping(self.document.get(name))
            ahead = [mapping(mapping(part.get("values", part)).get("root_module"))]
            while ahead:
                module = ahead.pop()
                for one in map(mapping, elements(module.get("resources"))):
                    after, marks = mapping(one.get("values")), one.get("sensitive_values")
                    change = {"after": after, "after_sensitive": marks}
                    yield name, 0, one | {"module_address": module.get("address"), "change": change}
                ahead += map(mapping, reversed(elements(module.get("child_modules"))))

    def _resources(self) -> Iterator[_Resource]:
        """The routes and what is around them after the apply. What is deleted or moved goes into the
        reading."""
        seen: set[str] = set()
        removed: set[tuple[str, int, int]] = set()
        for part, number, one in self._listed():
            address, old, kind = one.get("address"), one.get("previous_address"), str(one.get("type"))
            if not isinstance(address, str) or (part != "resource_changes" and address in seen):
                continue
            if part == "prior_state" and kind not in SURROUNDINGS:
                continue
            seen.add(address)
            if isinstance(old, str):
                self.reading.moved.append((old, address))
            change = mapping(one.get("change"))
            before = mapping(change.get("before"))
            if before and kind == ROUTE and elements(change.get("actions")) != ["no-op"]:
                connection, weight = before.get("vpn_connection_id"), before.get("weight")
                destination = network.parse(str(before.get("route_dest")))
                if destination is not None and isinstance(connection, str) and isinstance(weight, int):
                    removed.add((connection, network.network(destination), weight))
            if isinstance(change.get("after"), dict):
                module, block, names = self.listing.add(one)
                if kind in SCHEMA and block.type == "resource":
                    yield _Resource(address, module, block, names, change, self._place(part, number))
        self.reading.removed = frozenset(removed)

    def _place(self, part: str, number: int = 0) -> Location:
        """The place of an object in `resource_changes`, or the beginning of another part."""
        span = self.items.span(number) if self.items and part == "resource_changes" else None
        start = self.top[part].start
        return self.source.location(*(span or (start, start + 1)))

    def _route(self, one: _Resource) -> None:
        draft = Draft(self.reading, one.location, one.address)
        values, fields = one.change["after"], draft.fields
        region = self.regions.get(one.module.configuration.providers.get(one.block.labels, ""))
        if region is not None:
            fields["RegionId"] = region
        unknown, sensitive = _mask(one.change.get("after_unknown")), _mask(one.change.get("after_sensitive"))
        for attribute, field, wanted in _ATTRIBUTES:
            value = values.get(attribute)
            if unknown.get(attribute) is True:
                value = _unknown(one, attribute)
            elif value is None:
                continue
            secret = sensitive.get(attribute) is True
            if type(value) is wanted:  # the usual case
                fields[field] = Value(value, one.location, secret, False)
            else:
                draft.put(field, value, one.location, sensitive=secret, literal=False, template=False)
        draft.close(
            action="-".join(map(str, elements(one.change.get("actions")))).removesuffix("-forget") or None,
            waits_for=self.waits_for(one.module, one.block),
            create_timeout=seconds(mapping(values.get("timeouts")).get("create")),
        )

    def _region(self, key: str, provider: dict[str, Any]) -> Value | None:
        """The region of a provider: known only if it is a constant, because `var.region` and
        `"cn-${var.region}"` look the same here."""
        region = mapping(mapping(provider.get("expressions")).get("region"))
        value = region.get("constant_value")
        if "references" in region:
            why = say("a plan does not show the region of provider {key}", key=key)
            value = Unknown(why, Reference(self.source.file, key))
        elif not isinstance(value, str):
            return None
        return Value(value, self._place("configuration"), False, False)


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)


def _unknown(one: _Resource, attribute: str) -> Unknown:
    """A value that is known after apply."""
    found = one.block.body.attributes.get(attribute)
    if found is None or not isinstance(found.expression, _Listed) or not found.expression.first:
        return Unknown(say("known after apply"))
    reason = say("known after apply: {first}", first=found.expression.first)
    # For values other than IDs, a plan does not show what the expression does with the references.
    if attribute not in ("vpn_connection_id", "next_hop"):
        return Unknown(reason)
    value = one.module.evaluate(found, one.names)
    return Unknown(reason, value.reference if isinstance(value, Unknown) else None)


def _values(one: _Resource) -> dict[str, Any]:
    """The attributes that are known and may be shown, and the references of unknown ones."""
    values = values_of(one.module, one.block.body, one.names)
    for name, value in values.items():
        if isinstance(value, Unknown) and value.reference and ".local." in f".{value.reference.address}":
            values[name] = Unknown("")  # it may be anything
    known = mapping(without_sensitive(one.change["after"], one.change.get("after_sensitive")))
    for name, value in known.items():
        if isinstance(value, list):
            values[name] = [*value, *elements(values.get(name))]
        elif value is not None:
            values[name] = value
    return values
