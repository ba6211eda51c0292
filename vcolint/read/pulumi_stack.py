"""The output of `pulumi preview --json` and `pulumi stack export`: the resources as they will be, or as they
are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import PULUMI, Draft
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
from vcolint.text.value import Location, Reference, Unknown, is_known

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
# The properties that hold the ID of another resource, and the types that it may have.
_REFERRING = dict.fromkeys(("vpnConnectionId", "nextHop", "vpnId"), (ATTACHMENT, CONNECTION)) | {
    "customerGatewayId": (CUSTOMER_GATEWAY,),
    "transitRouterId": (TRANSIT_ROUTER,),
}
_PASSING_ON = {BINDING: "vpnId", ROUTE: "vpnConnectionId"}  # these give the ID of their connection


class _State(NamedTuple):
    """One resource of a stack."""

    node: Node  # the object in the file that describes it
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
    """The resources by URN, from each object that may describe one, with its URN and its operation in a
    preview. A replacement takes several steps; resources that will be deleted are left out."""
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
            # A resource that is only looked up does not belong to the stack.
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
        given = self._properties(state)
        known = {PULUMI[name]: one for name, one in given.items() if name in PULUMI}
        if provider is not None and "region" in (inputs := members(provider.resource.get("inputs"))):
            known["RegionId"] = inputs["region"], *_stored(inputs["region"])
        for field, (node, value, sensitive) in known.items():
            draft.put(field, value, self._place(node), sensitive=sensitive, template=False)
        timeouts = members(state.resource.get("customTimeouts"))
        create = plain(timeouts["create"]) if "create" in timeouts else None
        seconds = float(create) if isinstance(create, (int, float)) and 0 <= create < 1e9 else None
        draft.close(
            action=state.action,
            waits_for=waits_for(state.urn, self._dependencies, self.routes),
            create_timeout=seconds,
        )

    def _properties(self, state: _State) -> dict[str, tuple[Node, Any, bool]]:
        """Each property: its place, its value, and whether the value is sensitive."""
        found: dict[str, tuple[Node, Any, bool]] = {}
        for part in ("inputs", "outputs"):
            for name, node in members(state.resource.get(part)).items():
                value, sensitive = _stored(node)
                first = found.get(name, (node, None, False))
                # The output may be known even if the input was not.
                is_better = not is_known(first[1]) and (is_known(value) or first[1] is None)
                kept = (node, value) if is_better else first[:2]
                found[name] = *kept, sensitive or first[2]
        for name, (node, value, sensitive) in found.items():
            if isinstance(value, Unknown) and name in _REFERRING:
                found[name] = node, Unknown(value.reason, self._rests_on(state, name)), sensitive
        return found

    def _values(self, state: _State) -> dict[str, Any]:
        """The attributes of a resource that may be shown, and its ID."""
        given = self._properties(state)
        values = {name: value for name, (_, value, sensitive) in given.items() if not sensitive}
        identity = text(state.resource.get("id"))
        if identity and not _NOT_YET.search(identity):
            values["id"] = identity
        found: dict[str, Any] = terraform_values(values)
        ends = [
            {"customer_gateway_id": Unknown("", Reference(self.source.file, one.urn))}
            for one in self._depends_on(state, "tunnelOptionsSpecifications")
            if one.type == CUSTOMER_GATEWAY
        ]
        if ends:
            tunnels = found.get("tunnel_options_specification")
            found["tunnel_options_specification"] = [*(tunnels if isinstance(tunnels, list) else ()), *ends]
        return found

    def _depends_on(self, state: _State, name: str) -> list[_State]:
        """The resources that a property depends on."""
        urns = map(text, items(members(state.resource.get("propertyDependencies")).get(name)))
        return [self.states[urn] for urn in urns if urn in self.states]

    def _rests_on(self, state: _State, name: str) -> Reference | None:
        """The resource whose ID a property holds: the only resource that it depends on."""
        kinds = _REFERRING[name]
        for _ in range(_MOST_STEPS):
            found = self._depends_on(state, name)
            if len(found) != 1:
                return None
            state = found[0]
            if state.type in kinds:
                return Reference(self.source.file, state.urn)
            if state.type not in _PASSING_ON:
                return None
            name = _PASSING_ON[state.type]
        return None

    def _dependencies(self, urn: str) -> list[str | None]:
        return [
            text(one)
            for one in items(self.states[urn].resource.get("dependencies"))
            if text(one) in self.states
        ]

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)


def _stored(node: Node, levels: int = _LEVELS) -> tuple[Any, bool]:
    """A value as stacks store it, and whether it is sensitive."""
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
