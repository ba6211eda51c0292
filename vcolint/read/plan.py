"""Terraform plans: what `terraform show -json PLAN` prints.

Values are located at the resource's object in `resource_changes`, or else at the resource's address: a plan
is one line of machine output, and nobody edits it.

A plan lists what each expression of the configuration refers to, but not what the expression does with it. So
vcolint says what an expression denotes only where its value can be only one thing: the ID of a connection, a
customer gateway or a transit router.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import dumps, loads
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import (
    BINDING,
    ROUTE,
    SCHEMA,
    SURROUNDINGS,
    Instance,
    describe,
    elements,
    mapping,
    waits_for,
    without_sensitive,
)
from vcolint.text.json import Items
from vcolint.text.nodes import members, plain
from vcolint.text.source import Node, Problem, ScalarNode, Source
from vcolint.text.value import Location, Reference, Unknown, Value

_ACTIONS = {
    "create": "create",
    "no-op": "no-op",
    "update": "update",
    "delete create": "delete-create",
    "create delete": "create-delete",
    "create forget": "create",
}
# The attributes of a route, with their fields and the types of their values.
_ATTRIBUTES = [(name, field, int if name == "weight" else str) for name, field in TERRAFORM.items()]
# The attributes that hold the ID of another resource.
_GATEWAY = "customer_gateway_id"  # of a connection, or of each of its tunnels
_TUNNELS = "tunnel_options_specification"
_IDS = (_GATEWAY, "transit_router_attachment_id", "transit_router_id", "vpn_id")

_LONGEST = 2000  # characters of an address or a reference
_MOST_STEPS = 50  # steps of a reference, and expressions that one leads through: no real plan has more
_KEY = r'\[(?:[0-9]{1,9}|"(?:[^"\\]|\\.)*")\]'
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_CALL = re.compile(rf'(?:(.+)\.)?module\.([^.\[\]"]+)({_KEY})?', re.DOTALL)
_WORD = re.compile(r'\["([A-Za-z_][\w-]*)"\]')  # `["hq"]` means the same as `.hq`
_OWN_KEY = (("each", "key"), ("count", "index"))
_KNOWN = frozenset({"count", "path", "terraform"})  # known values: they may only select an instance

_Steps = tuple[str, ...]  # of a reference: `("var", "conns", '["hq"]', "id")`
_Node = tuple[str, str]  # a module's address, and a name in it


def read(source: Source) -> Reading:
    """Read a plan. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-plan", [source.file])
    top = members(documents(source, "json", reading)[0])
    document = {name: plain(node) for name, node in top.items()}
    if isinstance(document.get("resource_changes"), list) or isinstance(document.get("planned_values"), dict):
        _Plan(source, reading, top, document).read()
    else:
        message = say("not a Terraform plan: it has neither `resource_changes` nor `planned_values`")
        reading.problems.append(Problem("syntax", message, Location(source.file, 1, 1, 1, 1)))
    return reading


class Module(NamedTuple):
    """An instance of a module."""

    address: str  # "" for the root
    blocks: Mapping[str, dict[str, Any]]  # by `type.name`, `data.type.name`, `module.name`, `output.name`
    call: Scope | None


class Scope(NamedTuple):
    """An instance of a block with expressions."""

    module: Module
    name: str  # in `module.blocks`
    key: Any = None  # the instance key: a number, text or None

    @property
    def block(self) -> dict[str, Any]:
        return self.module.blocks.get(self.name, {})

    @property
    def expressions(self) -> dict[str, Any]:
        return mapping(self.block.get("expressions"))


class _Resource(NamedTuple):
    """One resource instance after the apply."""

    address: str
    scope: Scope
    change: dict[str, Any]  # as in `resource_changes`
    place: int | None  # in `resource_changes`

    @property
    def type(self) -> str:
        return self.scope.name.rpartition(".")[0]


class _Plan:
    def __init__(
        self, source: Source, reading: Reading, top: dict[str, Node], document: dict[str, Any]
    ) -> None:
        self.source = source
        self.reading = reading
        self.document = document
        changes = top.get("resource_changes")
        self.items: Items | None = None  # the places of the items of `resource_changes`
        if isinstance(changes, ScalarNode) and isinstance(document["resource_changes"], list):
            self.items = Items(source, changes)
        self.at = 0  # where `_place` found the last address
        start = top["configuration"].start if "configuration" in top else 0
        self.configuration_place = source.location(start, start + 1)
        configuration = mapping(document.get("configuration"))
        providers = mapping(configuration.get("provider_config")).items()
        self.regions = {key: self._region(key, mapping(provider)) for key, provider in providers}
        self.planned = Planned(source.file, mapping(configuration.get("root_module")))
        self.waits: dict[_Node, frozenset[str]] = {}  # the routes that each resource waits for

    def read(self) -> None:
        """Add the routes to the reading, and what the other resources say about the network."""
        around = []
        for one in list(self._resources()):
            if one.type == ROUTE:
                self._route(one)
            elif one.type in SURROUNDINGS:
                around.append(Instance(one.address, one.type, self._values(one), self._place(one)))
        describe(self.reading.topology, self.source.file, around)

    def _resources(self) -> Iterator[_Resource]:
        """The resources after the apply: those of `resource_changes`, in their order, and those that only
        another part lists. What is deleted or moved goes into the reading."""
        listed: set[str] = set()
        removed: set[tuple[str, int, int]] = set()
        for place, element in enumerate(elements(self.document.get("resource_changes"))):
            address, old = (mapping(element).get(name) for name in ("address", "previous_address"))
            if not isinstance(address, str):
                continue
            listed.add(address)
            if isinstance(old, str):
                self.reading.moved.append((old, address))
            change = mapping(element.get("change"))
            before = mapping(change.get("before"))
            if before and element.get("type") == ROUTE and elements(change.get("actions")) != ["no-op"]:
                connection, weight = before.get("vpn_connection_id"), before.get("weight")
                block = network.parse(str(before.get("route_dest")))
                if block is not None and isinstance(connection, str) and isinstance(weight, int):
                    removed.add((connection, network.network(block), weight))
            if isinstance(change.get("after"), dict):
                scope = self.planned.add(element.get("module_address"), element)
                yield _Resource(address, scope, change, place)
        self.reading.removed = frozenset(removed)
        # With `-target`, a plan lists only some resources. The others are in `prior_state`, and exist too.
        prior = mapping(mapping(self.document.get("prior_state")).get("values"))
        for part in (mapping(self.document.get("planned_values")), prior):
            ahead = [mapping(part.get("root_module"))]
            while ahead:
                module = ahead.pop()
                for resource in map(mapping, elements(module.get("resources"))):
                    address = resource.get("address")
                    is_wanted = part is not prior or resource.get("type") in SURROUNDINGS
                    if isinstance(address, str) and is_wanted and address not in listed:
                        listed.add(address)
                        marks = resource.get("sensitive_values")
                        change = {"after": mapping(resource.get("values")), "after_sensitive": marks}
                        scope = self.planned.add(module.get("address"), resource)
                        yield _Resource(address, scope, change, None)
                ahead += map(mapping, reversed(elements(module.get("child_modules"))))

    def _place(self, one: _Resource) -> Location:
        span = None if one.place is None or self.items is None else self.items.span(one.place)
        if span is None:  # the place of its address: callers ask in the order of the text
            written = dumps(one.address, ensure_ascii=False)
            self.at = max(self.source.text.find(written, self.at), 0)
            span = self.at, self.at + len(written)
        return self.source.location(*span)

    def _values(self, one: _Resource) -> dict[str, Any]:
        """The attributes that are known and may be shown, and the references of unknown IDs."""
        known = without_sensitive(one.change["after"], one.change.get("after_sensitive"))
        values = dict(mapping(known))
        expressions = one.scope.expressions
        for name in _IDS:
            if name in expressions and not isinstance(values.get(name), str):
                values[name] = self._instance(one.scope, name, expressions[name])
        blocks = (mapping(block) for given in expressions.values() for block in elements(given))
        ends = [block[_GATEWAY] for block in blocks if _GATEWAY in block]
        tunnels = ({_GATEWAY: self._instance(one.scope, _GATEWAY, end)} for end in ends)
        values[_TUNNELS] = [*elements(values.get(_TUNNELS)), *tunnels]
        return values

    def _instance(self, scope: Scope, name: str, given: object) -> Unknown:
        """An ID that is not known. A local value may be anything, so it is no reference."""
        found = self.planned.denoted(scope, name, given)
        return Unknown("", None if found is None or ".local." in f".{found.address}" else found)

    # -- routes -------------------------------------------------------------------------------------------

    def _route(self, one: _Resource) -> None:
        location = self._place(one)
        draft = Draft(self.reading, location, one.address)
        scope, values, fields = one.scope, one.change["after"], draft.fields
        region = self.regions.get(str(scope.block.get("provider_config_key")))
        if region is not None:
            fields["RegionId"] = region
        block = scope.module.address, scope.name
        if block not in self.waits:
            self.waits[block] = self.planned.waits_for(scope)
        unknown = _mask(one.change.get("after_unknown"))
        sensitive = _mask(one.change.get("after_sensitive"))
        for attribute, field, wanted in _ATTRIBUTES:
            value = values.get(attribute)
            if unknown.get(attribute) is True:
                value = self._unknown(scope, attribute)
            elif value is None:
                continue
            secret = sensitive.get(attribute) is True
            if type(value) is wanted:  # as nearly all of many are
                fields[field] = Value(value, location, secret, False)
            else:
                draft.put(field, value, location, sensitive=secret, literal=False, template=False)
        timeouts = values.get("timeouts")
        draft.close(
            action=_ACTIONS.get(" ".join(map(str, elements(one.change.get("actions"))))),
            waits_for=self.waits[block],
            create_timeout=seconds(mapping(timeouts).get("create")) if timeouts else None,
        )

    def _unknown(self, scope: Scope, attribute: str) -> Unknown:
        """A value that is known after apply."""
        given = scope.expressions.get(attribute)
        first = _first(given)
        if first is None:
            return Unknown(say("known after apply"))
        # For values other than IDs, a plan does not show what the expression does with the references.
        is_connection = attribute in ("vpn_connection_id", "next_hop")
        reference = self.planned.denoted(scope, attribute, given) if is_connection else None
        return Unknown(say("known after apply: {first}", first=first), reference)

    def _region(self, key: str, provider: dict[str, Any]) -> Value | None:
        """The region of a provider: known only if it is a constant."""
        expression = mapping(provider.get("expressions")).get("region")
        region = mapping(expression).get("constant_value")
        named = _first(expression)
        if not isinstance(region, str):
            if named is None:
                return None
            # `var.region` and `"cn-${var.region}"` look the same here.
            reason = say(
                "a plan does not show the region of provider {key}, which uses {named}", key=key, named=named
            )
            region = Unknown(reason, Reference(self.source.file, key))
        return Value(region, self.configuration_place, False, False)


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)


class Planned:
    """The module instances and resource instances of a plan. `scope` is the scope of references to them."""

    def __init__(self, scope: str, root: dict[str, Any]) -> None:
        self.scope = scope
        # The addresses of the instances of a resource or of a module call, by instance key.
        self.instances: dict[_Node, dict[Any, str]] = {}
        self._modules = {"": Module("", _blocks(root), None)}
        self._blocks: dict[int, dict[str, dict[str, Any]]] = {}  # by the identity of a module's configuration

    def add(self, module: object, resource: dict[str, Any]) -> Scope:
        """Add a resource instance of a module: an element of `resource_changes`, or of another part."""
        prefix = "data." if resource.get("mode") == "data" else ""
        name = f"{prefix}{resource.get('type')}.{resource.get('name')}"
        address = module if isinstance(module, str) else ""
        index = resource.get("index")
        key = index if isinstance(index, (str, int)) else None
        self.instances.setdefault((address, name), {})[key] = resource["address"]
        return Scope(self._module(address), name, key)

    def _module(self, address: str) -> Module:
        if address not in self._modules:
            parts = _CALL.fullmatch(address) if len(address) <= _LONGEST else None
            found = Module(address, {}, None)  # what the configuration does not contain
            if parts is not None:
                key = _key_of(parts[3]) if parts[3] else None
                call = Scope(self._module(parts[1] or ""), f"module.{parts[2]}", key)
                given = mapping(call.block.get("module"))
                if id(given) not in self._blocks:
                    self._blocks[id(given)] = _blocks(given)
                found = Module(address, self._blocks[id(given)], call)
                self.instances.setdefault((call.module.address, call.name), {})[key] = address
            self._modules[address] = found
        return self._modules[address]

    # -- what an ID denotes -------------------------------------------------------------------------------

    def denoted(self, scope: Scope, name: str, given: object) -> Reference | None:
        """What the expression of an argument denotes: an instance, or a value with a name.

        It follows the only reference of the expression through arguments, outputs, `each.value` and
        configured attributes. With several references (`local.conns[var.site]`), only an instance is certain.
        """
        where, rest = "", _Steps()  # expressions that may compute something else than an ID; further steps
        is_loose = False
        for _ in range(_MOST_STEPS):
            chains = _chains(given)
            is_loose = is_loose or len(chains) > 1
            has_own_key = any(one in _OWN_KEY for one in chains)
            if scope.module.call is None:  # the value of a variable of the root is known
                chains = [one for one in chains if one[0] != "var"]
            if is_loose:
                chains = [one for one in chains if one[0] not in _KNOWN and one != ("each", "key")]
            if len(chains) != 1:
                return None
            chain = chains[0]
            if not chain[-1].startswith("[") and chain[-1] != "id" and not chain[-1].endswith("_id"):
                # `ids` may also stand for `element(ids, 1)`, so it is one value only within one expression.
                where = f" (in {scope.name}.{name}){where}"
            if chain[:2] == ("each", "value"):
                over = _chains(scope.block.get("for_each_expression"))
                if len(over) != 1:
                    return None
                chain, is_loose, has_own_key = (*over[0], *chain[2:]), True, True
            head, named = chain[0], (scope.module.address, chain)
            if head in ("local", "data"):
                break
            if head == "var" and scope.module.call is not None and len(chain) > 1:
                scope, name, steps = scope.module.call, chain[1], chain[2:]
            else:
                found = self._instance(scope, chain, has_own_key)
                if found is None:
                    return None
                address, instance, steps = found
                attribute = steps[0] if steps else "vpn_id" if head == BINDING else "id"
                if head == "module":
                    output = f"output.{attribute if steps else ''}"
                    scope, name = Scope(self._module(address), output), "value"
                elif attribute in SCHEMA.of(head).identities:
                    return Reference(self.scope, address)
                elif attribute in instance.expressions:
                    scope, name = instance, attribute
                else:
                    named = address, (attribute, *steps[1:])
                    break
                steps = steps[1:]
            rest = steps + rest
            given = scope.expressions.get(name)
        else:
            return None
        if is_loose:
            return None
        first = 4 if head == "data" else 1  # behind the key of the instance
        written = *named[1][:first], *(_WORD.sub(r"\1", one) for one in (*named[1][first:], *rest))
        return Reference(self.scope, ".".join(filter(None, (named[0], *written))).replace(".[", "[") + where)

    def _instance(self, scope: Scope, chain: _Steps, own: bool) -> tuple[str, Scope, _Steps] | None:
        """The instance that a chain begins with, if that is certain: its address, its scope and the steps
        after it.

        `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`. An expression may compute with
        its `own` key, and a plan does not show how. So the result counts only if the keys of all its siblings
        match.
        """
        name, steps = ".".join(chain[:2]), chain[2:]
        found = self.instances.get((scope.module.address, name), {})
        key: Any = None
        if steps and steps[0].startswith("["):
            key, steps = _key_of(steps[0]), steps[1:]
        elif own and None not in found:
            siblings = self.instances.get((scope.module.address, scope.name), {}).keys()
            is_map = all(isinstance(one, str) for one in found)
            key = scope.key if (siblings <= found.keys() if is_map else siblings == found.keys()) else None
        elif len(found) == 1:
            (key,) = found
        return (found[key], Scope(scope.module, name, key), steps) if key in found else None

    # -- the order of creation ----------------------------------------------------------------------------

    def waits_for(self, scope: Scope) -> frozenset[str]:
        """The addresses of the routes that are created before a resource."""
        return waits_for((scope.module.address, scope.name), self._referred, self._routes)

    def _routes(self, node: _Node) -> list[str] | None:
        return list(self.instances.get(node, {}).values()) if node[1].startswith(f"{ROUTE}.") else None

    def _referred(self, node: _Node) -> Iterator[_Node]:
        """What a block or an argument refers to. A resource also waits for what the calls of its module wait
        for."""
        address, name = node
        module = self._module(address)
        call = module.call
        if name.startswith("var."):
            if call is not None:
                yield from self._nodes(call.module, call.expressions.get(name.removeprefix("var.")))
        elif name.startswith("module."):  # without an output: all that it contains
            for inner in self.instances.get(node, {}).values():
                blocks = self._module(inner).blocks
                yield from ((inner, one) for one in blocks if one.startswith((f"{ROUTE}.", "module.")))
        else:
            yield from self._nodes(module, module.blocks.get(name))
            while call is not None and not name.startswith("output."):
                for part in ("depends_on", "count_expression", "for_each_expression"):
                    yield from self._nodes(call.module, {part: call.block.get(part)})
                call = call.module.call

    def _nodes(self, module: Module, given: object) -> Iterator[_Node]:
        """What the references in a part of the configuration name."""
        for steps in _references(given):
            name = ".".join(steps[: 3 if steps[:1] == ("data",) else 2])
            outputs = [one for one in steps[2:4] if not one.startswith("[")]
            if steps[:1] == ("module",) and outputs:
                inner = self.instances.get((module.address, name), {}).values()
                yield from ((one, f"output.{outputs[0]}") for one in inner)
            else:
                yield module.address, name


def _blocks(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The resources, module calls and outputs in the configuration of a module; see `Module.blocks`."""
    resources = map(mapping, elements(given.get("resources")))
    found = {str(one.get("address")): one for one in resources}
    for name, call in mapping(given.get("module_calls")).items():
        found[f"module.{name}"] = mapping(call)
    for name, output in mapping(given.get("outputs")).items():
        found[f"output.{name}"] = {"expressions": {"value": mapping(output).get("expression")}}
    return found


def _references(given: object) -> Iterator[_Steps]:
    """All references in a part of the configuration."""
    ahead = [given]
    while ahead:
        one = ahead.pop()
        yield from _chains(one)
        ahead += [*elements(one), *mapping(one).values()]


def _first(given: object) -> str | None:
    """The first reference of an expression."""
    references = elements(mapping(given).get("references"))
    return next((one for one in references if isinstance(one, str)), None)


def _chains(given: object) -> list[_Steps]:
    """The references of an expression. Terraform lists both `a.b.id` and `a.b`: only the longer one
    counts."""
    references = (one for part in ("references", "depends_on") for one in elements(mapping(given).get(part)))
    chains = dict.fromkeys(_steps(one) for one in references if isinstance(one, str))
    shorter = {chain[:length] for chain in chains for length in range(len(chain))} | {()}
    return [chain for chain in chains if chain not in shorter]


def _steps(reference: str) -> _Steps:
    return tuple(_STEP.findall(reference[:_LONGEST])[:_MOST_STEPS])


def _key_of(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    try:
        key = loads(step[1:-1], strict=False)
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key
