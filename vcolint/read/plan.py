"""Terraform plans: what `terraform show -json PLAN` prints.

Values are located at the resource's object in `resource_changes`: a plan is one line of machine output,
and nobody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import ROUTE, SURROUNDINGS, Instance, describe
from vcolint.read.planned import Configuration, Planned, elements, mapping
from vcolint.read.references import References
from vcolint.read.top_level import TopLevel, skip
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown, Value

_CONNECTION_FIELDS = frozenset({"vpn_connection_id", "next_hop"})
_ACTIONS = {
    ("create",): "create",
    ("no-op",): "no-op",
    ("update",): "update",
    ("delete", "create"): "delete-create",
    ("create", "delete"): "create-delete",
    ("create", "forget"): "create",
}
_LONGEST_MODULE = 2000  # characters of a module's address that are taken apart
# The attributes of a route, their fields, and the types of their values.
_ATTRIBUTES = [(name, field, int if name == "weight" else str) for name, field in TERRAFORM.items()]
_LEVELS = 10  # of a resource's values that matter

_ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')
_REGION = re.compile(r'"region"\s*:\s*\{\s*"constant_value"\s*:\s*("(?:[^"\\]|\\.)*")')


def read(source: Source) -> Reading:
    """Read a plan. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-plan", [source.file])
    reading.texts[source.file] = source.text
    found = _decode(source)
    start = Location(source.file, 1, 1, 1, 1)
    if found is None:
        reading.problems.append(Problem("syntax", say("a Terraform plan must be a mapping"), start))
        return reading
    document = found.values
    if "resource_changes" not in document and "planned_values" not in document:
        message = say("not a Terraform plan: it has neither `resource_changes` nor `planned_values`")
        reading.problems.append(Problem("syntax", message, start))
        return reading
    for name, wanted in (("resource_changes", list), ("planned_values", dict), ("configuration", dict)):
        if document.get(name) is not None and not isinstance(document[name], wanted):
            message = say(
                "{name} must be {value}",
                name=name,
                value=say("a list") if wanted is list else say("a mapping"),
            )
            reading.problems.append(Problem("syntax", message, start))
    _Plan(source, found).read(reading)
    return reading


def _decode(source: Source, parse_int: Callable[[str], float] | None = None) -> _Document | None:
    """A plan as plain data; None for JSON that is no mapping. Raises SyntaxFault for text that is no JSON."""
    text = source.text
    decoder = JSONDecoder(parse_int=parse_int)
    found = _Document({}, [], 0)
    try:
        start = skip(text, 0)
        if text[start : start + 1] != "{":
            _, end = decoder.raw_decode(text, start)
            if skip(text, end) != len(text):
                raise ValueError
            return None
        top = TopLevel(text, start, decoder)
        for name in top:
            if name == "configuration":
                found = found._replace(configuration=top.start)
            if name == "resource_changes" and text[top.start : top.start + 1] == "[":
                found.values[name], spans = top.items()
                found = found._replace(spans=spans)
            else:
                found.values[name] = top.value()
        if top.start != len(text):
            raise ValueError
    except (ValueError, RecursionError) as error:
        # The careful parser knows what is wrong, and where.
        from vcolint.text.json import parse, whole

        parse(source)
        if parse_int is None:
            return _decode(source, whole)  # Python takes no integer of any length
        place = error.pos if isinstance(error, JSONDecodeError) else 0
        raise SyntaxFault(say("not a JSON document"), place) from None
    return found


class _Document(NamedTuple):
    """A plan as plain data."""

    values: dict[str, Any]
    spans: list[tuple[int, int]]  # of each element of `resource_changes`
    configuration: int  # where it begins


class _Common(NamedTuple):
    """What the instances of a resource have in common."""

    resource: dict[str, Any]  # its configuration
    region: Value | None
    waits_for: frozenset[str]


_NOTHING = _Common({}, None, frozenset())


class _Plan:
    def __init__(self, source: Source, found: _Document) -> None:
        self.source = source
        self.document = found.values
        self.configuration_start = found.configuration
        configuration = mapping(self.document.get("configuration"))
        self.providers = mapping(configuration.get("provider_config"))
        self.changed: set[str] = set()  # the addresses in `resource_changes`
        self.planned = list(self._planned(found.spans))
        self.configuration = Configuration(mapping(configuration.get("root_module")), self.planned)
        self.references = References(source.file, self.configuration)
        self.once = self.configuration.once

    def read(self, reading: Reading) -> None:
        for one in self.planned:
            if one.type == ROUTE:
                self._route(reading, one)
        given = [record.fields for record in reading.records]
        reading.columns = {
            field: [held.value if (held := fields.get(field)) is not None else None for fields in given]
            for field in ("RegionId", *TERRAFORM.values())
            if any(field in fields for fields in given)
        }
        instances = {
            one.address: Instance(one.address, one.type, self._values(one), self._place(one))
            for one in self.planned
            if one.type in SURROUNDINGS
        }
        describe(reading.topology, self.source.file, [*instances.values(), *self._kept()])

    def _values(self, one: Planned) -> dict[str, Any]:
        """The attributes that are known and may be shown, and what the IDs refer to that are not known."""
        values = dict(_without_sensitive(one.values, one.sensitive))
        for name in ("customer_gateway_id", "transit_router_attachment_id", "transit_router_id", "vpn_id"):
            if not isinstance(values.get(name), str):
                values[name] = Unknown("", self.references.instance(one, name))
        ends = self.references.within(one, "customer_gateway_id")
        tunnels = elements(values.get("tunnel_options_specification"))
        if ends:
            tunnels = [*tunnels, *({"customer_gateway_id": Unknown("", end)} for end in ends)]
            values["tunnel_options_specification"] = tunnels
        return values

    def _planned(self, spans: list[tuple[int, int]]) -> Iterator[Planned]:
        """The resources as they will be, in the order of `resource_changes`."""
        for element, span in zip(elements(self.document.get("resource_changes")), spans, strict=False):
            if not isinstance(element, dict) or not isinstance(element.get("address"), str):
                continue
            self.changed.add(element["address"])
            change = element.get("change")
            if isinstance(change, dict) and isinstance(change.get("after"), dict):
                yield self._one(element, element.get("module_address"), change, change["after"], span)
        root = mapping(self.document.get("planned_values")).get("root_module")
        for module, resource in _resources_below(root):
            if resource["address"] not in self.changed:
                change = {"after_sensitive": resource.get("sensitive_values")}
                yield self._one(resource, module, change, mapping(resource.get("values")), None)

    def _one(
        self,
        element: dict[str, Any],
        module: object,
        change: dict[str, Any],
        values: dict[str, Any],
        span: tuple[int, int] | None,
    ) -> Planned:
        kind = str(element.get("type"))
        if element.get("mode") == "data":
            kind = f"data.{kind}"
        inside = module if isinstance(module, str) else ""
        name = f"{kind}.{element.get('name')}"
        if len(inside) > _LONGEST_MODULE:  # a forged one: the configuration tells nothing of the resource
            inside, name = "", ""
        index = element.get("index")
        return Planned(
            element["address"],
            inside,
            name,
            index if isinstance(index, (str, int)) else None,
            kind,
            values,
            change.get("after_unknown"),
            change.get("after_sensitive"),
            change.get("actions"),
            span,
        )

    def _kept(self) -> Iterator[Instance]:
        """The resources that a plan with `-target` leaves alone: they exist all the same."""
        values = mapping(mapping(self.document.get("prior_state")).get("values"))
        for _, resource in _resources_below(values.get("root_module")):
            kind, address = resource.get("type"), resource["address"]
            if kind in SURROUNDINGS and resource.get("mode") != "data" and address not in self.changed:
                known = _without_sensitive(mapping(resource.get("values")), resource.get("sensitive_values"))
                yield Instance(address, kind, known, self._find(address))

    def _place(self, one: Planned) -> Location:
        return self.source.location(*one.span) if one.span else self._find(one.address)

    def _find(self, address: str) -> Location:
        """Where an address stands, for a resource that `resource_changes` does not list."""
        places = self.once("places", dict[str, Location](), self._first, _ADDRESS, 0)
        return places.get(address) or self.source.location(0, 0)

    def _first(self, pattern: re.Pattern[str], start: int) -> dict[str, Location]:
        """Where each text that the pattern's group matches stands first."""
        from json import loads

        found: dict[str, Location] = {}
        for match in pattern.finditer(self.source.text, start):
            try:
                found.setdefault(loads(match[1], strict=False), self.source.location(*match.span(1)))
            except ValueError:  # in a text that only looks like it
                continue
        return found

    def _route(self, reading: Reading, one: Planned) -> None:
        location = self._place(one)
        draft = Draft(reading, location, one.address)
        common = self.once(("common", one.module, one.name), _NOTHING, self._common, one)
        if common.region is not None:
            draft.fields["RegionId"] = common.region
        unknown, sensitive = _mask(one.unknown), _mask(one.sensitive)
        values, fields = one.values, draft.fields
        for attribute, field, wanted in _ATTRIBUTES:
            value = values.get(attribute)
            if unknown.get(attribute) is True:
                value = self._unknown(one, common.resource, attribute)
            elif value is None:
                continue
            secret = sensitive.get(attribute) is True
            if type(value) is wanted:  # as nearly all of many are
                fields[field] = Value(value, location, secret, False)
            else:
                draft.put(field, value, location, sensitive=secret, literal=False, template=False)
        timeouts = values.get("timeouts")
        draft.close(
            action=_action(one.actions),
            waits_for=common.waits_for,
            create_timeout=seconds(mapping(timeouts).get("create")) if timeouts else None,
        )

    def _common(self, one: Planned) -> _Common:
        resource = self.configuration.resource(one.module, one.name)
        key = resource.get("provider_config_key")
        region = self.once(("region", key), None, self._region, key) if isinstance(key, str) else None
        return _Common(resource, region, self.configuration.waits_for(one.module, one.name))

    def _unknown(self, one: Planned, resource: dict[str, Any], attribute: str) -> Unknown:
        expression = mapping(mapping(resource.get("expressions")).get(attribute))
        first = next(iter(elements(expression.get("references"))), None)
        reason = (
            say("known after apply: {first}", first=first)
            if isinstance(first, str)
            else say("known after apply")
        )
        # Of other values than IDs a plan does not show what is done with the references.
        return Unknown(
            reason, self.references.of(one, attribute) if attribute in _CONNECTION_FIELDS else None
        )

    def _region(self, key: str) -> Value | None:
        """The region of a provider: known only where it is a constant."""
        provider = mapping(self.providers.get(key))
        expression = mapping(mapping(provider.get("expressions")).get("region"))
        region = expression.get("constant_value")
        if isinstance(region, str):
            return Value(region, self._region_place(region), False, False)
        named = next((one for one in elements(expression.get("references")) if isinstance(one, str)), None)
        if named is None:
            return None
        # `var.region` and `"cn-${var.region}"` look the same here.
        reason = say(
            "a plan does not show the region of provider {key}, which uses {named}", key=key, named=named
        )
        return Value(Unknown(reason, Reference(self.source.file, key)), self._region_place(""), False, False)

    def _region_place(self, region: str) -> Location:
        start = self.configuration_start
        places = self.once("region places", dict[str, Location](), self._first, _REGION, start)
        return places.get(region) or self.source.location(start, start + 1)


def _action(actions: object) -> str | None:
    try:
        return _ACTIONS.get(tuple(actions))  # type: ignore[arg-type]
    except TypeError:  # not a list of texts
        return None


def _mask(given: object) -> dict[str, Any]:
    """`after_unknown` or `after_sensitive` by attribute. One truth value may stand for all attributes."""
    return given if isinstance(given, dict) else dict.fromkeys(TERRAFORM, given)


def _resources_below(root: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """All resources of a module and of those below, with the module instance's address; outer ones first."""
    ahead = [root]
    while ahead:
        module = mapping(ahead.pop())
        address = module.get("address")
        for resource in elements(module.get("resources")):
            if isinstance(resource, dict) and isinstance(resource.get("address"), str):
                yield address if isinstance(address, str) else "", resource
        ahead += reversed(elements(module.get("child_modules")))


def _without_sensitive(values: dict[str, Any], sensitive: object, levels: int = _LEVELS) -> dict[str, Any]:
    """The attributes that may be shown: facts end up in messages."""
    if not levels:
        return {}
    if not isinstance(sensitive, dict) or not any(sensitive.values()):
        return {} if sensitive is True else values
    return {
        name: [
            _without_sensitive(block, mask, levels - 1) if isinstance(block, dict) else block
            for block, mask in zip(value, masks, strict=False)
        ]
        if isinstance(value, list) and isinstance(masks := sensitive.get(name), list)
        else value
        for name, value in values.items()
        if sensitive.get(name) is not True
    }
