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
from collections.abc import Iterator, Mapping
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

_ACTIONS = frozenset({"create", "no-op", "update", "delete-create", "create-delete"})
# The attributes of a route, with their fields and the types of their values.
_ATTRIBUTES = [(name, field, int if name == "weight" else str) for name, field in TERRAFORM.items()]

_LONGEST = 2000  # characters of an address or a reference: no real plan has more
_KEY = r'\[(?:[0-9]{1,9}|"(?:[^"\\]|\\.)*")\]'
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_CALL = re.compile(rf'(?:^|\.)module\.([^.\[\]"]+)({_KEY})?')
_OWN_KEY = (("each", "key"), ("count", "index"))
_KNOWN = frozenset({"count", "path", "terraform"})  # known values: they may only select an instance

_Steps = tuple[str, ...]  # of a reference: `("var", "conns", '["hq"]', "id")`
_decode = JSONDecoder(strict=False).decode
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
    _Plan(source, reading, top, document)
    return reading


# -- the configuration in a plan --------------------------------------------------------------------------


class _Listed(NamedTuple):
    """An expression as a plan shows it: what it refers to."""

    name: str  # of its argument
    chains: tuple[_Steps, ...]
    traversals: list[Expression]  # the same as nodes
    is_of_resource: bool

    def evaluate(self, scope: Scope) -> HclValue:
        """What the only reference denotes. With several (`local.conns[var.site]`), only an instance of a
        resource is certain."""
        module, names = scope.module, scope.names
        assert isinstance(module, _Module)
        # Variables of the root have known values: they may only select an instance.
        chains = [one for one in self.chains if one[0] != "var" or module.parent is not None]
        has_key = any(one in _OWN_KEY for one in chains)
        is_alone = len(chains) == 1
        if not is_alone:
            chains = [one for one in chains if one[0] not in _KNOWN and one != ("each", "key")]
        if chains and chains[0][:2] == ("each", "value"):
            is_alone, has_key = False, True
            chains = [(*over, *one[2:]) for over in names.get("for_each", ()) for one in chains]
        if len(chains) != 1:
            return _NOTHING
        head, *steps = chains[0]
        value = module.root(head)
        for step in steps:
            if not step.startswith("["):
                value = Index(Literal(_one_of(value, names, has_key)), Literal(step), step).evaluate(scope)
            elif isinstance(value, dict):
                value = value.get(_key_of(step), _NOTHING)
            else:
                value = Index(Literal(value), Literal(_key_of(step))).evaluate(scope)
        value = _one_of(value, names, has_key)
        if isinstance(value, Pending) and self.is_of_resource:  # `conn[each.key].id` is listed without `id`
            value = value.attribute("vpn_id" if head == BINDING else "id")
        reference = value.reference if isinstance(value, Unknown) else None
        if reference is None or reference.address in module.tree.addresses:
            return value
        if not is_alone:
            return _NOTHING
        if chains[0][-1] != "id" and not chains[0][-1].endswith(("_id", "]")):
            # `ids` may also stand for `element(ids, 1)`, so it is one value only within one expression.
            return Unknown("", reference._replace(address=f"{reference.address} (in {self.name})"))
        return value


def _one_of(value: HclValue, names: Mapping[str, HclValue], has_key: bool) -> HclValue:
    """The instance that is meant, of those by key, if that is certain.

    `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`. An expression may compute with its
    own key, and a plan does not show how. So the result counts only if the keys of all its siblings match.
    """
    if not isinstance(value, dict):
        return value
    if not has_key:
        return next(iter(value.values())) if len(value) == 1 else _NOTHING
    matches = names.get("matches", {})
    if id(value) not in matches:
        siblings, is_map = names.get("siblings", {}).keys(), all(isinstance(key, str) for key in value)
        is_match = siblings <= value.keys() if is_map else siblings == value.keys()
        matches[id(value)] = is_match, value  # which stays alive, so that its ID stays its own
    return value.get(names.get("key"), _NOTHING) if matches[id(value)][0] else _NOTHING


class _Configuration(Configuration):
    """The configuration of a module, as far as a plan shows it."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(Path(), SCHEMA)
        self.inner: dict[str, _Configuration] = {}  # by the name of the module call
        self.providers: dict[_Steps, str] = {}  # the provider's key, by the labels of the resource
        for one in map(mapping, elements(given.get("resources"))):
            *data, kind, name = ("", *str(one.get("address")).split("."))
            self._declare("data" if "data" in data else "resource", (kind, name), f"{kind}.{name}", one)
            self.providers[kind, name] = str(one.get("provider_config_key"))
        for name, call in mapping(given.get("module_calls")).items():
            self._declare("module", (name,), f"module.{name}", mapping(call))
            self.inner[name] = _Configuration(mapping(mapping(call).get("module")))
        for name in mapping(given.get("variables")):
            self._declare("variable", (name,), "", {})
        for name, output in mapping(given.get("outputs")).items():
            value = {"expressions": {"value": mapping(output).get("expression")}}
            self._declare("output", (name,), f"output.{name}", value)

    def _declare(self, kind: str, labels: _Steps, name: str, given: dict[str, Any]) -> None:
        arguments = mapping(given.get("expressions")) | {
            "depends_on": {"references": given.get("depends_on")},
            "count": given.get("count_expression"),
            "for_each": given.get("for_each_expression"),
        }
        body = self._body(f"{name}.", arguments, kind == "resource")
        self.blocks[kind][labels] = Block(kind, labels, body, _NOWHERE, 0)

    def _body(self, prefix: str, arguments: dict[str, Any], is_of_resource: bool) -> Body:
        body = Body()
        for name, given in arguments.items():
            inner = elements(given)
            if isinstance(given, dict) and "references" in given:
                value = _listed(prefix + name, elements(given["references"]), is_of_resource)
                body.attributes[name] = Attribute(name, value, _NOWHERE, _NOWHERE, False)
            elif isinstance(given, dict) and "constant_value" not in given:
                inner = [given]
            for one in map(mapping, inner):
                body.blocks.append(Block(name, (), self._body(prefix, one, is_of_resource), _NOWHERE, 0))
        return body


class _Module(Module):
    """A module instance: the plan lists its resources and the instances of the modules that it calls."""

    tree: _Listing
    configuration: _Configuration

    def value(self, kind: str, *labels: str) -> HclValue:
        if kind == "local" or (kind == "variable" and self.parent is None):  # a plan does not show what it is
            return self.later(self.inside(f"{kind}.{labels[0]}"))
        return super().value(kind, *labels)

    def _children(self, block: Block) -> list[Module]:
        return [self.tree.modules[address] for address in self.listed(block).values()]

    def _expand(self, block: Block) -> Expansion:
        found = self.listed(block)
        items = [(key, address, self.names_in(block, key)) for key, address in found.items()]
        return Expansion("", "" if found.keys() == {None} else "for_each", items)

    def listed(self, block: Block) -> dict[Any, str]:
        """The addresses of the instances, by key."""
        return self.tree.listed.get((self.address, block.type, *block.labels), {})

    def names_in(self, block: Block | None, key: Any) -> dict[str, HclValue]:
        """What `_Listed` needs to know about an instance."""
        if block is None:
            return {}
        over = block.body.attributes.get("for_each")
        chains = over.expression.chains if over and isinstance(over.expression, _Listed) else ()
        matches = self.tree.matches[self, block]
        return {"key": key, "siblings": self.listed(block), "matches": matches, "for_each": chains}


class _Listing(Tree):
    """All instances that a plan lists."""

    def __init__(self, scope: str, root: dict[str, Any]) -> None:
        super().__init__(Files(Path(), "", Path(), Work(MAX_STEPS), {}), SCHEMA, "default", scope)
        self.modules = {"": _Module(self, _Configuration(root))}  # by address
        # Addresses by instance key: of a resource, or of the modules of a call. By the address of the module
        # around it, and by the type and the labels of the block.
        self.listed: dict[_Steps, dict[Any, str]] = {}
        self.addresses: set[str] = set()  # of resources
        # See `_one_of`: for each block, the same for all its instances.
        self.matches: defaultdict[tuple[_Module, Block], dict[int, Any]] = defaultdict(dict)

    def add(self, address: object, resource: dict[str, Any]) -> _Module:
        """Add an instance of a resource, and its module with that address."""
        module = self._module(address if isinstance(address, str) else "")
        kind = "data" if resource.get("mode") == "data" else "resource"
        where = module.address, kind, str(resource.get("type")), str(resource.get("name"))
        index = resource.get("index")
        key = index if isinstance(index, (str, int)) else None
        self.listed.setdefault(where, {})[key] = resource["address"]
        if kind == "resource":
            self.addresses.add(resource["address"])
        return module

    def _module(self, address: str) -> _Module:
        module = self.modules[""]
        for call in _CALL.finditer(address[:_LONGEST]):
            here, name, key = address[: call.end()], call[1], _key_of(call[2]) if call[2] else None
            if here not in self.modules:
                self.listed.setdefault((module.address, "module", name), {})[key] = here
                block = module.configuration.blocks["module"].get((name,))
                configuration = module.configuration.inner.get(name) or _Configuration({})
                names = module.names_in(block, key)
                self.modules[here] = _Module(self, configuration, ".", here, module, block, names)
            module = self.modules[here]
        return module if module.address == address else _Module(self, _Configuration({}), ".", address)


def _listed(name: str, given: list[Any], is_of_resource: bool) -> _Listed:
    """The expression with these references. Terraform lists both `a.b.id` and `a.b`: only the longer one
    counts."""
    chains = dict.fromkeys(tuple(_STEP.findall(one[:_LONGEST])) for one in given if isinstance(one, str))
    shorter = {chain[:length] for chain in chains for length in range(len(chain))} | {()}
    longest = tuple(chain for chain in chains if chain not in shorter)
    nodes: list[Expression] = []
    for head, *steps in longest:
        node: Expression = Variable(head)
        for step in steps:
            node = Index(node, Literal(step), None if step.startswith("[") else step)
        nodes.append(node)
    return _Listed(name, longest, nodes, is_of_resource)


def _key_of(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    try:
        key = _decode(step[1:-1])
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key


# -- the resources of a plan ------------------------------------------------------------------------------


class _Resource(NamedTuple):
    """A resource instance after the apply."""

    address: str
    module: _Module
    block: Block | None  # in the configuration
    key: Any  # the instance key: a number, text or None
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
        changes = top.get("resource_changes")
        # The places of the items of `resource_changes`.
        self.items = None
        if isinstance(changes, ScalarNode) and isinstance(changes.value, list):
            self.items = Items(source, changes)
        configuration = mapping(document.get("configuration"))
        providers = mapping(configuration.get("provider_config")).items()
        self.regions = {key: self._region(key, mapping(provider)) for key, provider in providers}
        self.listing = _Listing(source.file, mapping(configuration.get("root_module")))
        around = []
        for kind, one in list(self._resources()):
            if kind == ROUTE:
                self._route(one)
            else:
                around.append(Instance(one.address, kind, _values(one), one.location))
        describe(reading.topology, source.file, around)

    def _listed(self) -> Iterator[tuple[dict[str, Any], object, dict[str, Any], int | str]]:
        """All that the parts of the plan list: each resource, the address of its module, its change, and its
        number in `resource_changes` or the name of another part."""
        for number, one in enumerate(map(mapping, elements(self.document.get("resource_changes")))):
            yield one, one.get("module_address"), mapping(one.get("change")), number
        # With `-target`, a plan changes only some resources. The others are in `prior_state`, and exist too.
        parts = ("planned_values", "prior_state")
        for name in parts[1:] if self.document.get("resource_changes") else parts:
            part = mapping(self.document.get(name))
            ahead = [mapping(mapping(part.get("values", part)).get("root_module"))]
            while ahead:
                module = ahead.pop()
                for one in map(mapping, elements(module.get("resources"))):
                    values, marks = mapping(one.get("values")), one.get("sensitive_values")
                    yield one, module.get("address"), {"after": values, "after_sensitive": marks}, name
                ahead += map(mapping, reversed(elements(module.get("child_modules"))))

    def _resources(self) -> Iterator[tuple[str, _Resource]]:
        """The routes and what is around them after the apply, each with its type. What is deleted or moved
        goes into the reading."""
        seen: set[str] = set()
        removed: set[tuple[str, int, int]] = set()
        for one, around, change, place in self._listed():
            address, old, kind = one.get("address"), one.get("previous_address"), str(one.get("type"))
            if not isinstance(address, str) or (isinstance(place, str) and address in seen):
                continue
            if place == "prior_state" and kind not in SURROUNDINGS:
                continue
            seen.add(address)
            if isinstance(old, str):
                self.reading.moved.append((old, address))
            before = mapping(change.get("before"))
            if before and kind == ROUTE and elements(change.get("actions")) != ["no-op"]:
                connection, weight = before.get("vpn_connection_id"), before.get("weight")
                destination = network.parse(str(before.get("route_dest")))
                if destination is not None and isinstance(connection, str) and isinstance(weight, int):
                    removed.add((connection, network.network(destination), weight))
            if isinstance(change.get("after"), dict):
                module = self.listing.add(around, one)
                if kind in SCHEMA and one.get("mode") != "data":
                    block = module.configuration.blocks["resource"].get((kind, str(one.get("name"))))
                    where = self._place(place)
                    yield kind, _Resource(address, module, block, one.get("index"), change, where)
        self.reading.removed = frozenset(removed)

    def _place(self, place: int | str) -> Location:
        """The place of an object in `resource_changes`, or the beginning of another part."""
        span = self.items.span(place) if isinstance(place, int) and self.items is not None else None
        if span is None:
            start = self.top["resource_changes" if isinstance(place, int) else place].start
            span = start, start + 1
        return self.source.location(*span)

    def _route(self, one: _Resource) -> None:
        module, block, location = one.module, one.block, one.location
        draft = Draft(self.reading, location, one.address)
        values, fields = one.change["after"], draft.fields
        waits = frozenset[str]()
        if block is not None:
            region = self.regions.get(module.configuration.providers[block.labels])
            if region is not None:
                fields["RegionId"] = region
            waits = self.waits_for(module, block)
        unknown, sensitive = _mask(one.change.get("after_unknown")), _mask(one.change.get("after_sensitive"))
        for attribute, field, wanted in _ATTRIBUTES:
            value = values.get(attribute)
            if unknown.get(attribute) is True:
                value = _unknown(one, attribute)
            elif value is None:
                continue
            secret = sensitive.get(attribute) is True
            if type(value) is wanted:  # as nearly all of many are
                fields[field] = Value(value, location, secret, False)
            else:
                draft.put(field, value, location, sensitive=secret, literal=False, template=False)
        timeouts = values.get("timeouts")
        action = "-".join(map(str, elements(one.change.get("actions")))).removesuffix("-forget")
        draft.close(
            action=action if action in _ACTIONS else None,
            waits_for=waits,
            create_timeout=seconds(mapping(timeouts).get("create")) if timeouts else None,
        )

    def _region(self, key: str, provider: dict[str, Any]) -> Value | None:
        """The region of a provider: known only if it is a constant."""
        region = mapping(mapping(provider.get("expressions")).get("region"))
        value = region.get("constant_value")
        if not isinstance(value, str):
            if "references" not in region:
                return None
            # `var.region` and `"cn-${var.region}"` look the same here.
            why = say("a plan does not show the region of provider {key}", key=key)
            value = Unknown(why, Reference(self.source.file, key))
        start = self.top["configuration"].start
        return Value(value, self.source.location(start, start + 1), False, False)


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)


def _unknown(one: _Resource, attribute: str) -> Unknown:
    """A value that is known after apply."""
    found = one.block and one.block.body.attributes.get(attribute)
    if not found or not isinstance(found.expression, _Listed) or not found.expression.chains:
        return Unknown(say("known after apply"))
    first = ".".join(found.expression.chains[0]).replace(".[", "[")
    reason = say("known after apply: {first}", first=first)
    # For values other than IDs, a plan does not show what the expression does with the references.
    if attribute not in ("vpn_connection_id", "next_hop"):
        return Unknown(reason)
    value = one.module.evaluate(found, one.module.names_in(one.block, one.key))
    return Unknown(reason, value.reference if isinstance(value, Unknown) else None)


def _values(one: _Resource) -> dict[str, Any]:
    """The attributes that are known and may be shown, and the references of unknown ones."""
    known = mapping(without_sensitive(one.change["after"], one.change.get("after_sensitive")))
    if one.block is None:
        return known
    values = values_of(one.module, one.block.body, one.module.names_in(one.block, one.key))
    for name, value in values.items():
        if isinstance(value, Unknown) and value.reference and ".local." in f".{value.reference.address}":
            values[name] = Unknown("")  # it may be anything
    for name, value in known.items():
        more = elements(values.get(name))
        if value is not None or name not in values:
            values[name] = [*value, *more] if isinstance(value, list) else value
    return values
