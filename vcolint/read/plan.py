"""Terraform plans: what `terraform show -json PLAN` prints.

Values are located at the resource's object in `resource_changes`: a plan is one line of machine output,
and nobody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading, Record
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import ROUTE, SURROUNDINGS, Instance, describe
from vcolint.read.references import Planned, References, elements, mapping
from vcolint.text.source import Problem, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown, Value

_CONNECTION_FIELDS = frozenset({"vpn_connection_id", "next_hop"})
_ELEMENT = '{"address":'  # how Terraform begins each element of `resource_changes`
_ACTIONS = {
    ("create",): "create",
    ("no-op",): "no-op",
    ("update",): "update",
    ("delete", "create"): "delete-create",
    ("create", "delete"): "create-delete",
    ("create", "forget"): "create",
}
_LONGEST_MODULE = 2000  # characters of a module's address that are taken apart
_LEVELS = 10  # of a resource's values that matter

_SPACE = re.compile(r"[ \t\n\r]*")
_ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')
_REGION = re.compile(r'"region"\s*:\s*\{\s*"constant_value"\s*:\s*("(?:[^"\\]|\\.)*")')


def read(source: Source) -> Reading:
    """Read a plan. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-plan", [source.file])
    reading.texts[source.file] = source.text
    document, spans, configuration_start = _decode(source)
    start = Location(source.file, 1, 1, 1, 1)
    if document is None:
        reading.problems.append(Problem("syntax", say("a Terraform plan must be a mapping"), start))
        return reading
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
    _Plan(source, document, spans, configuration_start).read(reading)
    return reading


def _decode(
    source: Source, parse_int: Callable[[str], float] | None = None
) -> tuple[dict[str, Any] | None, list[tuple[int, int]], int]:
    """The plan, the span of each element of `resource_changes`, and where `configuration` begins.

    One pass of the C decoder over the text, which is held up at the top level only.
    """
    text = source.text
    decode = JSONDecoder(parse_int=parse_int).raw_decode

    def skip(index: int) -> int:
        match = _SPACE.match(text, index)
        return match.end() if match else index

    spans: list[tuple[int, int]] = []
    configuration = 0
    try:
        index = skip(0)
        if text[index : index + 1] != "{":
            _, index = decode(text, index)
            if skip(index) != len(text):
                raise ValueError
            return None, spans, 0
        document: dict[str, Any] = {}
        index = skip(index + 1)
        if text[index : index + 1] == "}":
            index += 1
        else:
            while True:
                name, index = decode(text, index)
                index = skip(index)
                if not isinstance(name, str) or text[index : index + 1] != ":":
                    raise ValueError
                index = skip(index + 1)
                if name == "configuration":
                    configuration = index
                if name == "resource_changes" and text[index : index + 1] == "[":
                    spans = []
                    document[name], index = _elements(text, index, decode, skip, spans)
                else:
                    document[name], index = decode(text, index)
                index = skip(index)
                if text[index : index + 1] != ",":
                    break
                index = skip(index + 1)
            if text[index : index + 1] != "}":
                raise ValueError
            index += 1
        if skip(index) != len(text):
            raise ValueError
    except (ValueError, RecursionError) as error:
        # The careful parser knows what is wrong, and where.
        from vcolint.text.json import parse, whole

        parse(source)
        if parse_int is None:
            return _decode(source, whole)  # Python takes no integer of any length
        place = error.pos if isinstance(error, JSONDecodeError) else 0
        raise SyntaxFault(say("not a JSON document"), place) from None
    return document, spans, configuration


def _elements(
    text: str,
    index: int,
    decode: Callable[[str, int], tuple[Any, int]],
    skip: Callable[[int], int],
    spans: list[tuple[int, int]],
) -> tuple[list[Any], int]:
    """The elements of the list that begins at `index`; adds the span of each."""
    if text.startswith(_ELEMENT, skip(index + 1)):
        whole, end = decode(text, index)
        starts = list(_found(text, _ELEMENT, index, end))
        if len(starts) == len(whole) and all(
            type(one) is dict and next(iter(one), "") == "address" for one in whole
        ):
            # As many of these beginnings as there are elements: so they are those of the elements.
            ends = [text.rfind("}", start, after) + 1 for start, after in pairwise([*starts, end])]
            spans += zip(starts, ends, strict=True)
            return whole, end
    found: list[Any] = []
    index = skip(index + 1)
    if text[index : index + 1] == "]":
        return found, index + 1
    while True:
        element, end = decode(text, index)
        found.append(element)
        spans.append((index, end))
        index = end if text[end : end + 1] in ",]" else skip(end)
        if text[index : index + 1] != ",":
            break
        index += 1
        if text[index : index + 1] != "{":
            index = skip(index)
    if text[index : index + 1] != "]":
        raise ValueError
    return found, index + 1


def _found(text: str, part: str, start: int, end: int) -> Iterator[int]:
    """Where a part stands in a text, from `start` up to `end`."""
    at = text.find(part, start, end)
    while at >= 0:
        yield at
        at = text.find(part, at + 1, end)


class _Shared(NamedTuple):
    """What the instances of a resource have in common."""

    resource: dict[str, Any]  # its configuration
    region: Value | None
    waits_for: frozenset[str]


class _Plan:
    def __init__(
        self, source: Source, document: dict[str, Any], spans: list[tuple[int, int]], configuration_start: int
    ) -> None:
        self.source = source
        self.document = document
        self.configuration_start = configuration_start
        configuration = mapping(document.get("configuration"))
        self.providers = mapping(configuration.get("provider_config"))
        self._names: dict[tuple[Any, ...], tuple[str, str, str]] = {}
        self.planned = list(self._planned(spans))
        self.references = References(source.file, mapping(configuration.get("root_module")), self.planned)
        self._shared: dict[tuple[str, str], _Shared] = {}
        self._regions: dict[object, Value | None] = {}
        self._places: dict[str, Location] | None = None  # where each address stands first
        self._region_places: dict[str, Location] | None = None

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
        by_address = {one.address: one for one in self.planned if one.type in SURROUNDINGS}
        instances = [
            Instance(one.address, one.type, _without_sensitive(one.values, one.sensitive), self._place(one))
            for one in by_address.values()
        ]

        def resolve(instance: Instance, attribute: str) -> list[Reference | None]:
            one = by_address.get(instance.address)
            return [] if one is None else self.references.within(one, attribute)

        describe(reading.topology, self.source.file, [*instances, *self._kept()], resolve)

    def _planned(self, spans: list[tuple[int, int]]) -> Iterator[Planned]:
        """The resources as they will be, in the order of `resource_changes`."""
        self.changed = set()
        for element, span in zip(elements(self.document.get("resource_changes")), spans, strict=False):
            if not isinstance(element, dict) or not isinstance(element.get("address"), str):
                continue
            self.changed.add(element["address"])
            change = element.get("change")
            if isinstance(change, dict) and isinstance(change.get("after"), dict):
                yield self._one(element, element.get("module_address"), change, change["after"], span)
        root = mapping(self.document.get("planned_values")).get("root_module")
        for module, resource in resources_below(root):
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
        key = module, element.get("mode") == "data", element.get("type"), element.get("name")
        try:
            found = self._names.get(key)
        except TypeError:  # a list or a mapping among them
            found = _named(*key)
        if found is None:
            found = self._names[key] = _named(*key)
        inside, name, kind = found
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
        """What a plan with `-target` leaves alone is there all the same."""
        values = mapping(mapping(self.document.get("prior_state")).get("values"))
        for _, resource in resources_below(values.get("root_module")):
            kind, address = resource.get("type"), resource["address"]
            if kind in SURROUNDINGS and resource.get("mode") != "data" and address not in self.changed:
                known = _without_sensitive(mapping(resource.get("values")), resource.get("sensitive_values"))
                yield Instance(address, kind, known, self._find(address))

    def _place(self, one: Planned) -> Location:
        return self.source.location(*one.span) if one.span else self._find(one.address)

    def _find(self, address: str) -> Location:
        """Where an address stands, for a resource that `resource_changes` does not list."""
        if self._places is None:
            self._places = self._first(_ADDRESS, 0)
        return self._places.get(address) or self.source.location(0, 0)

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
        shared = self._shared.get((one.module, one.name))
        if shared is None:
            shared = self._shared[one.module, one.name] = self._share(one)
        resource, region, waits_for = shared
        values = one.values
        timeouts = values.get("timeouts")
        action = _action(one.actions)
        timeout = seconds(mapping(timeouts).get("create")) if timeouts else None
        fields = {} if region is None else {"RegionId": region}
        if _is_plain(one):  # as nearly all of many are
            fields["VpnConnectionId"] = Value(values["vpn_connection_id"], location, False, False)
            fields["RouteDest"] = Value(values["route_dest"], location, False, False)
            fields["NextHop"] = Value(values["next_hop"], location, False, False)
            fields["Weight"] = Value(values["weight"], location, False, False)
            if values.get("overlay_mode") is not None:
                fields["OverlayMode"] = Value(values["overlay_mode"], location, False, False)
            assert isinstance(reading.records, list)
            reading.records.append(Record(fields, location, one.address, action, waits_for, timeout))
            return
        draft = Draft(reading, location, one.address)
        draft.fields.update(fields)
        fields = draft.fields
        unknown = one.unknown if isinstance(one.unknown, dict) else dict.fromkeys(TERRAFORM, one.unknown)
        sensitive = (
            one.sensitive if isinstance(one.sensitive, dict) else dict.fromkeys(TERRAFORM, one.sensitive)
        )
        for attribute, field in TERRAFORM.items():
            secret = sensitive.get(attribute) is True
            if unknown.get(attribute) is True:
                fields[field] = Value(self._unknown(one, resource, attribute), location, secret, False)
                continue
            value = values.get(attribute)
            if value is None:
                continue
            if type(value) is (int if attribute == "weight" else str):
                fields[field] = Value(value, location, secret, False)
            else:
                draft.put(field, value, location, sensitive=secret, literal=False, template=False)
        draft.close(action=action, waits_for=waits_for, create_timeout=timeout)

    def _share(self, one: Planned) -> _Shared:
        resource = self.references.resource(one.module, one.name)
        region = self._region(resource.get("provider_config_key"))
        return _Shared(resource, region, self.references.waits_for(one.module, one.name))

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

    def _region(self, key: object) -> Value | None:
        """The region of a provider: known only where it is a constant."""
        if not isinstance(key, str):
            return None
        if key not in self._regions:
            self._regions[key] = self._provider_region(key, mapping(self.providers.get(key)))
        return self._regions[key]

    def _provider_region(self, key: str, provider: dict[str, Any]) -> Value | None:
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
        if self._region_places is None:
            self._region_places = self._first(_REGION, self.configuration_start)
        start = self.configuration_start
        return self._region_places.get(region) or self.source.location(start, start + 1)


def _action(actions: object) -> str | None:
    try:
        return _ACTIONS.get(tuple(actions))  # type: ignore[arg-type]
    except TypeError:  # not a list of texts
        return None


def _is_plain(one: Planned) -> bool:
    """Whether all arguments of a route are known, of their types and to be shown, and none is missing."""
    get = one.values.get
    if (
        type(get("weight")) is not int
        or type(get("route_dest")) is not str
        or type(get("vpn_connection_id")) is not str
        or type(get("next_hop")) is not str
        or type(get("overlay_mode")) not in (str, type(None))
    ):
        return False
    unknown, sensitive = one.unknown or {}, one.sensitive or {}
    return (
        isinstance(unknown, dict)
        and isinstance(sensitive, dict)
        and TERRAFORM.keys().isdisjoint(unknown)
        and TERRAFORM.keys().isdisjoint(sensitive)
    )


def _named(module: object, data: bool, kind: object, name: object) -> tuple[str, str, str]:
    """A resource's module, its address within the module, and its type."""
    kind = f"data.{kind}" if data else str(kind)
    inside = module if isinstance(module, str) else ""
    if len(inside) > _LONGEST_MODULE:  # a forged one: the configuration tells nothing of the resource
        return "", "", kind
    return inside, f"{kind}.{name}", kind


def resources_below(root: object) -> Iterator[tuple[str, dict[str, Any]]]:
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
