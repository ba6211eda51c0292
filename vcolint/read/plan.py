"""Terraform plans: what `terraform show -json PLAN` prints.

Values are located at the resource's object in `resource_changes`: a plan is one line of machine output, and
nobody edits it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from json import dumps
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import (
    ROUTE,
    SURROUNDINGS,
    Instance,
    describe,
    elements,
    mapping,
    without_sensitive,
)
from vcolint.read.planned import Planned, Scope, first_reference
from vcolint.text.json import Items
from vcolint.text.nodes import members, plain
from vcolint.text.source import Node, Problem, ScalarNode, SequenceNode, Source
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
_GATEWAY = "customer_gateway_id"
_IDS = (_GATEWAY, "transit_router_attachment_id", "transit_router_id", "vpn_id")


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


class _Resource(NamedTuple):
    """One resource instance after the apply."""

    address: str
    type: str  # of a data source, with `data.` before it
    scope: Scope | None  # None if the configuration does not contain its module
    change: dict[str, Any]  # as in `resource_changes`
    place: int | None  # in `resource_changes`


class _Plan:
    def __init__(
        self, source: Source, reading: Reading, top: dict[str, Node], document: dict[str, Any]
    ) -> None:
        self.source = source
        self.reading = reading
        self.document = document
        changes = top.get("resource_changes")
        # The place of each item of `resource_changes`.
        self.span: Callable[[int], tuple[int, int] | None] = lambda place: None
        if isinstance(changes, SequenceNode):
            self.span = [(node.start, node.end) for node in changes.items].__getitem__
        elif isinstance(changes, ScalarNode) and isinstance(document["resource_changes"], list):
            self.span = Items(source, changes).span
        self.at = 0  # where `_place` found the last address
        start = top["configuration"].start if "configuration" in top else 0
        self.configuration_place = source.location(start, start + 1)
        configuration = mapping(document.get("configuration"))
        self.providers = mapping(configuration.get("provider_config"))
        self.planned = Planned(source.file, mapping(configuration.get("root_module")))
        # The region of each provider, and the routes that each resource waits for.
        self.regions: dict[str, Value | None] = {}
        self.waits: dict[tuple[str, str], frozenset[str]] = {}

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
        removed = set()
        for place, element in enumerate(elements(self.document.get("resource_changes"))):
            address, old = (mapping(element).get(name) for name in ("address", "previous_address"))
            if not isinstance(address, str):
                continue
            listed.add(address)
            if isinstance(old, str):
                self.reading.moved.append((old, address))
            change = mapping(element.get("change"))
            before = mapping(change.get("before"))
            route = before.get("vpn_connection_id"), before.get("route_dest"), before.get("weight")
            is_kept = element.get("type") != ROUTE or elements(change.get("actions")) == ["no-op"]
            if not is_kept and all(isinstance(value, (str, int)) for value in route):
                removed.add(route)
            if isinstance(change.get("after"), dict):
                yield self._resource(element, element.get("module_address"), change, place)
        self.reading.removed = frozenset(removed)
        # A plan with `-target` leaves what is in `prior_state` alone: it exists too.
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
                        yield self._resource(resource, module.get("address"), change, None)
                ahead += map(mapping, reversed(elements(module.get("child_modules"))))

    def _resource(
        self, element: dict[str, Any], module: object, change: dict[str, Any], place: int | None
    ) -> _Resource:
        kind = f"data.{element.get('type')}" if element.get("mode") == "data" else str(element.get("type"))
        key = element.get("index")
        scope = self.planned.add(
            module if isinstance(module, str) else "",
            f"{kind}.{element.get('name')}",
            key if isinstance(key, (str, int)) else None,
            element["address"],
        )
        return _Resource(element["address"], kind, scope, change, place)

    def _place(self, one: _Resource) -> Location:
        span = None if one.place is None else self.span(one.place)
        if span is None:  # its address: such resources are asked for in the order of the text
            written = dumps(one.address, ensure_ascii=False)
            self.at = max(self.source.text.find(written, self.at), 0)
            span = self.at, self.at + len(written)
        return self.source.location(*span)

    def _values(self, one: _Resource) -> dict[str, Any]:
        """The attributes that are known and may be shown, and the references of unknown IDs."""
        known = without_sensitive(one.change["after"], one.change.get("after_sensitive"))
        values = dict(mapping(known))
        if one.scope is None:
            return values
        expressions = one.scope.expressions
        for name in _IDS:
            if name in expressions and not isinstance(values.get(name), str):
                values[name] = self._instance(one.scope, name, expressions[name])
        blocks = [mapping(block) for given in expressions.values() for block in elements(given)]
        tunnels = [
            {_GATEWAY: self._instance(one.scope, _GATEWAY, block[_GATEWAY])}
            for block in blocks
            if _GATEWAY in block
        ]
        if tunnels:
            listed = elements(values.get("tunnel_options_specification"))
            values["tunnel_options_specification"] = [*listed, *tunnels]
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
        waits: frozenset[str] = frozenset()
        if scope is not None:
            region = self._region(scope.block.get("provider_config_key"))
            if region is not None:
                fields["RegionId"] = region
            block = scope.module.address, scope.name
            if block not in self.waits:
                self.waits[block] = self.planned.waits_for(scope)
            waits = self.waits[block]
        unknown, sensitive = (_mask(one.change.get(name)) for name in ("after_unknown", "after_sensitive"))
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
            waits_for=waits,
            create_timeout=seconds(mapping(timeouts).get("create")) if timeouts else None,
        )

    def _unknown(self, scope: Scope | None, attribute: str) -> Unknown:
        """A value that is known after apply."""
        given = None if scope is None else scope.expressions.get(attribute)
        first = first_reference(given)
        if scope is None or first is None:
            return Unknown(say("known after apply"))
        # For values other than IDs, a plan does not show what the expression does with the references.
        is_connection = attribute in ("vpn_connection_id", "next_hop")
        reference = self.planned.denoted(scope, attribute, given) if is_connection else None
        return Unknown(say("known after apply: {first}", first=first), reference)

    def _region(self, key: object) -> Value | None:
        """The region of a provider: known only if it is a constant."""
        if not isinstance(key, str):
            return None
        if key not in self.regions:
            expression = mapping(mapping(self.providers.get(key)).get("expressions")).get("region")
            region = mapping(expression).get("constant_value")
            named = first_reference(expression)
            if not isinstance(region, str) and named is not None:
                # `var.region` and `"cn-${var.region}"` look the same here.
                reason = say(
                    "a plan does not show the region of provider {key}, which uses {named}",
                    key=key,
                    named=named,
                )
                region = Unknown(reason, Reference(self.source.file, key))
            is_given = isinstance(region, (str, Unknown))
            self.regions[key] = Value(region, self.configuration_place, False, False) if is_given else None
        return self.regions[key]


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)
