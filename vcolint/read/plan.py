"""Terraform plans: what `terraform show -json PLAN` prints.

Values are located at the resource's object in `resource_changes`: a plan is one line of machine output,
and nobody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from json import dumps, loads
from typing import TYPE_CHECKING, Any, NamedTuple

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
from vcolint.read.once import Once
from vcolint.text.json import Items
from vcolint.text.nodes import members, plain
from vcolint.text.source import Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Reference, Unknown, Value

if TYPE_CHECKING:
    from vcolint.read.planned import Configured, Planned

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
_ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')


def read(source: Source) -> Reading:
    """Read a plan. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-plan", [source.file])
    top = members(documents(source, "json", reading)[0])
    document = {name: plain(node) for name, node in top.items()}
    if isinstance(document.get("resource_changes"), list) or isinstance(document.get("planned_values"), dict):
        _Plan(source, top, document).read(reading)
    else:
        message = say("not a Terraform plan: it has neither `resource_changes` nor `planned_values`")
        reading.problems.append(Problem("syntax", message, Location(source.file, 1, 1, 1, 1)))
    return reading


class _Resource(NamedTuple):
    """One resource instance after the apply."""

    address: str
    module: str  # the module instance's address, "" for the root
    name: str  # the resource's address within the module, without instance key
    index: Any  # the instance key: a number, text or None
    type: str
    values: dict[str, Any]  # the attributes that are known
    unknown: object  # `after_unknown`
    sensitive: object  # `after_sensitive`
    actions: object
    place: int | None  # in `resource_changes`


class _Common(NamedTuple):
    """What all instances of a resource share."""

    configured: Configured | None = None
    region: Value | None = None
    waits_for: frozenset[str] = frozenset()


class _Plan:
    def __init__(self, source: Source, top: dict[str, Node], document: dict[str, Any]) -> None:
        self.source = source
        self.document = document
        self.configuration_start = top["configuration"].start if "configuration" in top else 0
        self.once = Once()
        self.changed: set[str] = set()  # the addresses in `resource_changes`
        self.moved: list[tuple[str, str]] = []  # see `Reading.moved`
        self.removed: set[tuple[Any, Any, Any]] = set()  # see `Reading.removed`
        changes = top.get("resource_changes")
        # The place of each item of `resource_changes`.
        self.span: Callable[[int], tuple[int, int] | None] = lambda place: None
        if isinstance(changes, SequenceNode):
            self.span = [(node.start, node.end) for node in changes.items].__getitem__
        elif isinstance(changes, ScalarNode) and isinstance(document["resource_changes"], list):
            self.span = Items(source, changes).span
        self.resources = list(self._resources())
        configuration = mapping(self.document.get("configuration"))
        self.providers = mapping(configuration.get("provider_config"))
        self.planned: Planned | None = None
        root = mapping(configuration.get("root_module"))
        if root:
            from vcolint.read.dependencies import Dependencies  # slow to import
            from vcolint.read.planned import Planned

            instances: dict[tuple[str, str], dict[Any, str]] = {}
            for one in self.resources:
                instances.setdefault((one.module, one.name), {})[one.index] = one.address
            self.planned = Planned(source.file, root, instances)
            self.dependencies = Dependencies()

    def read(self, reading: Reading) -> None:
        for one in self.resources:
            if one.type == ROUTE:
                self._route(reading, one)
        reading.removed, reading.moved = frozenset(self.removed), self.moved
        given = [record.fields for record in reading.records]
        reading.columns = {
            field: [held.value if (held := fields.get(field)) is not None else None for fields in given]
            for field in ("RegionId", *TERRAFORM.values())
            if any(field in fields for fields in given)
        }
        instances = {
            one.address: Instance(one.address, one.type, self._values(one), self._place(one))
            for one in self.resources
            if one.type in SURROUNDINGS
        }
        describe(reading.topology, self.source.file, [*instances.values(), *self._kept()])

    # -- the resources ------------------------------------------------------------------------------------

    def _resources(self) -> Iterator[_Resource]:
        """The resources after the apply, in the order of `resource_changes`."""
        for place, element in enumerate(elements(self.document.get("resource_changes"))):
            if not isinstance(element, dict) or not isinstance(element.get("address"), str):
                continue
            self.changed.add(element["address"])
            if isinstance(element.get("previous_address"), str):
                self.moved.append((element["previous_address"], element["address"]))
            change = element.get("change")
            if element.get("type") == ROUTE and elements(mapping(change).get("actions")) != ["no-op"]:
                before = mapping(mapping(change).get("before"))
                route = [before.get(name) for name in ("vpn_connection_id", "route_dest", "weight")]
                if all(isinstance(value, (str, int)) for value in route):
                    self.removed.add((route[0], route[1], route[2]))
            if isinstance(change, dict) and isinstance(change.get("after"), dict):
                yield _resource(element, element.get("module_address"), change, change["after"], place)
        root = mapping(self.document.get("planned_values")).get("root_module")
        for module, resource in _resources_below(root):
            if resource["address"] not in self.changed:
                change = {"after_sensitive": resource.get("sensitive_values")}
                yield _resource(resource, module, change, mapping(resource.get("values")), None)

    def _kept(self) -> Iterator[Instance]:
        """The resources that a plan with `-target` does not change: they exist too."""
        values = mapping(mapping(self.document.get("prior_state")).get("values"))
        for _, resource in _resources_below(values.get("root_module")):
            kind, address = resource.get("type"), resource["address"]
            if kind in SURROUNDINGS and resource.get("mode") != "data" and address not in self.changed:
                known = without_sensitive(mapping(resource.get("values")), resource.get("sensitive_values"))
                yield Instance(address, kind, mapping(known), self._find(address))

    def _values(self, one: _Resource) -> dict[str, Any]:
        """The attributes that are known and may be shown, and the references of unknown IDs."""
        values = dict(mapping(without_sensitive(one.values, one.sensitive)))
        configured = self._common(one).configured
        if configured is None:
            return values
        attributes = configured.block.body.attributes
        for name in _IDS:
            if name in attributes and not isinstance(values.get(name), str):
                values[name] = configured.instance(attributes[name], one.index)
        ends = [block.body.attributes.get(_GATEWAY) for block in configured.block.body.blocks]
        tunnels = [{_GATEWAY: configured.instance(end, one.index)} for end in ends if end is not None]
        if tunnels:
            known = elements(values.get("tunnel_options_specification"))
            values["tunnel_options_specification"] = [*known, *tunnels]
        return values

    def _place(self, one: _Resource) -> Location:
        span = None if one.place is None else self.span(one.place)
        return self._find(one.address) if span is None else self.source.location(*span)

    def _find(self, address: str) -> Location:
        """The place of an address, for a resource that `resource_changes` does not list."""
        places = self.once("places", dict[str, Location](), self._addresses)
        return places.get(address) or self.source.location(0, 0)

    def _addresses(self) -> dict[str, Location]:
        """The first place of each address."""
        found: dict[str, Location] = {}
        for match in _ADDRESS.finditer(self.source.text):
            with suppress(ValueError):  # inside a text that only looks like an address
                found.setdefault(loads(match[1], strict=False), self.source.location(*match.span(1)))
        return found

    # -- routes -------------------------------------------------------------------------------------------

    def _route(self, reading: Reading, one: _Resource) -> None:
        location = self._place(one)
        draft = Draft(reading, location, one.address)
        common = self._common(one)
        if common.region is not None:
            draft.fields["RegionId"] = common.region
        unknown, sensitive = _mask(one.unknown), _mask(one.sensitive)
        values, fields = one.values, draft.fields
        for attribute, field, wanted in _ATTRIBUTES:
            value = values.get(attribute)
            if unknown.get(attribute) is True:
                value = _unknown(common.configured, attribute, one.index)
            elif value is None:
                continue
            secret = sensitive.get(attribute) is True
            if type(value) is wanted:  # as nearly all of many are
                fields[field] = Value(value, location, secret, False)
            else:
                draft.put(field, value, location, sensitive=secret, literal=False, template=False)
        timeouts = values.get("timeouts")
        draft.close(
            action=_ACTIONS.get(" ".join(map(str, elements(one.actions)))),
            waits_for=common.waits_for,
            create_timeout=seconds(mapping(timeouts).get("create")) if timeouts else None,
        )

    def _common(self, one: _Resource) -> _Common:
        return self.once((one.module, one.name), _Common(), self._find_common, one.module, one.name)

    def _find_common(self, module: str, name: str) -> _Common:
        configured = None if self.planned is None else self.planned.resource(module, name)
        if configured is None:
            return _Common()
        key = configured.provider
        region = self.once(("region", key), None, self._region, key) if key is not None else None
        return _Common(configured, region, self.dependencies.of(configured.module, configured.block))

    def _region(self, key: str) -> Value | None:
        """The region of a provider: known only if it is a constant."""
        provider = mapping(self.providers.get(key))
        expression = mapping(mapping(provider.get("expressions")).get("region"))
        region: object = expression.get("constant_value")
        start = self.configuration_start
        place = start, start + 1
        if isinstance(region, str):
            written = re.escape(dumps(region, ensure_ascii=False))
            constant = re.compile(rf'"region"\s*:\s*\{{\s*"constant_value"\s*:\s*({written})')
            match = constant.search(self.source.text, start)
            place = match.span(1) if match else place
        else:
            named = next(
                (one for one in elements(expression.get("references")) if isinstance(one, str)), None
            )
            if named is None:
                return None
            # `var.region` and `"cn-${var.region}"` look the same here.
            reason = say(
                "a plan does not show the region of provider {key}, which uses {named}", key=key, named=named
            )
            region = Unknown(reason, Reference(self.source.file, key))
        return Value(region, self.source.location(*place), False, False)


def _resource(
    element: dict[str, Any],
    module: object,
    change: dict[str, Any],
    values: dict[str, Any],
    place: int | None,
) -> _Resource:
    kind = str(element.get("type"))
    if element.get("mode") == "data":
        kind = f"data.{kind}"
    index = element.get("index")
    return _Resource(
        element["address"],
        module if isinstance(module, str) else "",
        f"{kind}.{element.get('name')}",
        index if isinstance(index, (str, int)) else None,
        kind,
        values,
        change.get("after_unknown"),
        change.get("after_sensitive"),
        change.get("actions"),
        place,
    )


def _resources_below(root: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """All resources of a module and of the modules below it, with the module instance's address; outer ones
    first."""
    ahead = [root]
    while ahead:
        module = mapping(ahead.pop())
        address = module.get("address")
        for resource in elements(module.get("resources")):
            if isinstance(resource, dict) and isinstance(resource.get("address"), str):
                yield address if isinstance(address, str) else "", resource
        ahead += reversed(elements(module.get("child_modules")))


def _unknown(configured: Configured | None, attribute: str, index: Any) -> Unknown:
    """A value that is known after apply."""
    given = None if configured is None else configured.block.body.attributes.get(attribute)
    first = None if given is None else given.expression.first  # type: ignore[attr-defined]
    if configured is None or given is None or first is None:
        return Unknown(say("known after apply"))
    reason = say("known after apply: {first}", first=first)
    # For values other than IDs, a plan does not show what the expression does with the references.
    is_connection = attribute in ("vpn_connection_id", "next_hop")
    return Unknown(reason, configured.denoted(given, index) if is_connection else None)


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)
