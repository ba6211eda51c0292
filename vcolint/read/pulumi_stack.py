"""What `pulumi preview --json` and `pulumi stack export` print: the resources as they are, or will be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import PULUMI, Draft, seconds
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    TRANSIT_ROUTER,
    Instance,
    describe,
    terraform_values,
)
from vcolint.read.pulumi import is_true, type_of
from vcolint.read.template import waits_for
from vcolint.text.nodes import items, members, plain, text
from vcolint.text.source import Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Reference, Unknown

# An object with this key stands for a special value.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# The placeholders for values that are not known yet, one for each type.
_NOT_YET = re.compile(
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9|"  # text
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7|"  # true or false
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421|"  # a number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2|"  # a list
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"  # a mapping
)
_LEVELS = 20  # of a value
_MOST_STEPS = 60  # from resource to resource, to the connection that a route uses
_GONE = frozenset({"delete", "delete-replaced", "discard-replaced", "read-discard", "remove-pending-replace"})
_ACTIONS = {
    "create": "create",
    "same": "no-op",
    "import": "no-op",
    "refresh": "no-op",
    "update": "update",
    "replace": "create-delete",
    "create-replacement": "create-delete",
}


class _State(NamedTuple):
    """One resource of a stack."""

    node: Node  # the object that stands for it
    urn: str
    type: str | None  # Terraform's name for it
    resource: dict[str, Node]
    action: str | None


def read(source: Source) -> Reading:
    """Read a preview or an exported stack. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("pulumi-stack", [source.file])
    document = trees(source, True, reading)[0]
    top = members(document)
    found: list[tuple[Node | None, Node | None, str]]
    if "steps" in top:
        steps = map(members, items(top["steps"]))
        found = [(step.get("newState"), step.get("urn"), text(step.get("op")) or "") for step in steps]
    elif "deployment" in top:
        found = [(one, None, "") for one in items(members(top["deployment"]).get("resources"))]
    else:
        message = say("not a Pulumi stack: it has neither `steps` nor `deployment`")
        place = source.location(document.start, document.start)
        reading.problems.append(Problem("syntax", message, place))
        return reading
    _Stack(source, reading, _states(found)).read()
    return reading


def _states(found: Iterable[tuple[Node | None, Node | None, str]]) -> dict[str, _State]:
    """The resources by URN, from each object that may stand for one, its URN and its operation in a preview.
    A replacement takes several steps; what is about to go is left out."""
    states: dict[str, _State] = {}
    gone = set()
    for node, urn_of_step, operation in found:
        resource = members(node)
        urn, token = text(resource.get("urn")), text(resource.get("type"))
        if operation in _GONE:
            gone.add(text(urn_of_step))
        elif node is not None and urn and token is not None and not is_true(resource.get("delete")):
            action = _ACTIONS.get(operation)
            if action == "create-delete" and urn in gone:
                action = "delete-create"
            states[urn] = _State(node, urn, type_of(token), resource, action)
    return states


class _Stack:
    def __init__(self, source: Source, reading: Reading, states: dict[str, _State]) -> None:
        self.source = source
        self.reading = reading
        self.states = states
        self.routes = {urn: [urn] for urn, state in states.items() if state.type == ROUTE}

    def read(self) -> None:
        surroundings = []
        for state in self.states.values():
            # A resource that is only looked up is not the stack's own.
            if state.type is None or is_true(state.resource.get("external")):
                continue
            if state.type == ROUTE:
                self._route(state)
            else:
                place = self._place(state.node)
                surroundings.append(Instance(state.urn, state.type, self._values(state), place))
        describe(self.reading.topology, self.source.file, surroundings)

    def _route(self, state: _State) -> None:
        draft = Draft(self.reading, self._place(state.node), state.urn)
        # The resource's provider is named by its URN and its ID.
        provider = self.states.get((text(state.resource.get("provider")) or "").rpartition("::")[0])
        region = None if provider is None else members(provider.resource.get("inputs")).get("region")
        if region is not None:
            value, sensitive = _stored(region)
            draft.put("RegionId", value, self._place(region), sensitive=sensitive, template=False)
        parts = [members(state.resource.get(part)) for part in ("inputs", "outputs")]
        for name, field in PULUMI.items():
            given = [(part[name], *_stored(part[name])) for part in parts if name in part]
            if not given:
                continue
            # The output may be known where the input was not.
            node, value, _ = next((one for one in given if _is_known(one[1])), given[0])
            if isinstance(value, Unknown) and field in ("VpnConnectionId", "NextHop"):
                value = Unknown(value.reason, self._connection(state, name))
            sensitive = any(one[2] for one in given)
            draft.put(field, value, self._place(node), sensitive=sensitive, template=False)
        create = members(state.resource.get("customTimeouts")).get("create")
        draft.close(
            action=state.action,
            waits_for=waits_for(state.urn, self._dependencies, self.routes),
            create_timeout=None if create is None else _duration(plain(create)),
        )

    def _known(self, state: _State) -> dict[str, Any]:
        """The properties that are known and may be shown, and the ID."""
        found: dict[str, Any] = {}
        secret: set[str] = set()
        for part in ("outputs", "inputs"):
            for name, node in members(state.resource.get(part)).items():
                value, sensitive = _stored(node)
                if sensitive:
                    secret.add(name)
                elif _is_known(value):
                    found[name] = value
        identity = text(state.resource.get("id"))
        if identity and not _NOT_YET.search(identity):
            found["id"] = identity
        return terraform_values({name: value for name, value in found.items() if name not in secret})

    def _depends_on(self, state: _State, name: str) -> list[_State]:
        """The resources that a property rests on."""
        urns = map(text, items(members(state.resource.get("propertyDependencies")).get(name)))
        return [self.states[urn] for urn in urns if urn in self.states]

    def _connection(self, state: _State, name: str) -> Reference | None:
        """The connection that a property stands for: what it rests on, if that is one thing."""
        for _ in range(_MOST_STEPS):
            found = self._depends_on(state, name)
            if len(found) != 1:
                return None
            state = found[0]
            if state.type in (ATTACHMENT, CONNECTION):
                return Reference(self.source.file, state.urn)
            if state.type not in (BINDING, ROUTE):
                return None
            name = "vpnId" if state.type == BINDING else "vpnConnectionId"
        return None

    def _values(self, state: _State) -> dict[str, Any]:
        """The attributes of a resource: those that are known, and what the IDs rest on that are not."""

        def rests_on(name: str, kind: str) -> list[Unknown]:
            found = (one.urn for one in self._depends_on(state, name) if one.type == kind)
            return [Unknown("", Reference(self.source.file, urn)) for urn in found]

        values = self._known(state)
        if state.type == BINDING:
            values.setdefault("vpn_id", Unknown("", self._connection(state, "vpnId")))
        for attribute, name, kind in (
            ("customer_gateway_id", "customerGatewayId", CUSTOMER_GATEWAY),
            ("transit_router_id", "transitRouterId", TRANSIT_ROUTER),
        ):
            found = rests_on(name, kind)
            if len(found) == 1:
                values.setdefault(attribute, found[0])
        tunnels = rests_on("tunnelOptionsSpecifications", CUSTOMER_GATEWAY)
        if tunnels:
            known = values.get("tunnel_options_specification")
            ends = [{"customer_gateway_id": one} for one in tunnels]
            values["tunnel_options_specification"] = [*(known if isinstance(known, list) else ()), *ends]
        return values

    def _dependencies(self, urn: str) -> list[str | None]:
        return [
            text(one)
            for one in items(self.states[urn].resource.get("dependencies"))
            if text(one) in self.states
        ]

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)


def _is_known(value: Any) -> bool:
    return value is not None and not isinstance(value, Unknown)


def _duration(value: Any) -> float | None:
    """A timeout in seconds: stacks keep seconds, programs write durations."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(min(value, 1e9))
    return seconds(value)


def _stored(node: Node, levels: int = _LEVELS) -> tuple[Any, bool]:
    """A value as stacks keep it, and whether it is sensitive."""
    not_yet = Unknown(say("known after the deployment"))
    if isinstance(node, ScalarNode):
        is_known = not isinstance(node.value, str) or not _NOT_YET.search(node.value)
        return (node.value if is_known else not_yet), False
    if not levels:
        return Unknown(say("nested too deeply")), False
    if isinstance(node, SequenceNode):
        listed = [_stored(item, levels - 1) for item in node.items]
        return [value for value, _ in listed], any(sensitive for _, sensitive in listed)
    fields = members(node)
    signature = text(fields.get(_SIGNATURE))
    if signature == _SECRET:
        return Unknown(say("a secret")), True
    if signature == _OUTPUT:
        value, sensitive = _stored(fields["value"], levels - 1) if "value" in fields else (not_yet, False)
        return value, sensitive or is_true(fields.get("secret"))
    if signature is not None:
        return Unknown(say("not a plain value")), False
    stored = {name: _stored(value, levels - 1) for name, value in fields.items()}
    return {name: value for name, (value, _) in stored.items()}, any(one for _, one in stored.values())
