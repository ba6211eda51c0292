"""The output of `pulumi preview --json` and `pulumi stack export`: the resources as they will be, or as they
are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read import instances
from vcolint.read.draft import PULUMI, Draft
from vcolint.read.pulumi import is_true, type_of
from vcolint.read.template import Resource, Template, read_templates
from vcolint.text.nodes import items, members, text
from vcolint.text.source import Node, Source
from vcolint.text.value import Reference, Unknown

# An object with this key stands for a special value.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_LATER = say("known after the deployment")
# The placeholders for values that are not known yet, one for each type.
_NOT_YET = re.compile(
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9|"  # text
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7|"  # true or false
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421|"  # a number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2|"  # a list
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"  # a mapping
)
_MOST_STEPS = 60  # from resource to resource, to the connection that a route uses
# The properties that hold the ID of another resource, and the types that it may have.
_CONNECTIONS = (instances.ATTACHMENT, instances.CONNECTION)
_REFERRING = {
    "vpnConnectionId": _CONNECTIONS,
    "nextHop": _CONNECTIONS,
    "vpnId": _CONNECTIONS,
    "customerGatewayId": (instances.CUSTOMER_GATEWAY,),
    "transitRouterId": (instances.TRANSIT_ROUTER,),
}
# These types give the ID of their connection.
_PASSING_ON = {instances.BINDING: "vpnId", instances.ROUTE: "vpnConnectionId"}


def read(source: Source) -> Reading:
    """Read a preview or an exported stack. Raises SyntaxFault for text that is not JSON."""
    none = say("not a Pulumi stack: it has neither `steps` nor `deployment`")
    return read_templates(
        _Stack, source, True, lambda one: not {"steps", "deployment"}.isdisjoint(members(one)), none
    )


class _Stack(Template):
    KIND = "pulumi-stack"
    FIELDS = PULUMI
    WRITTEN = False

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        # A replacement takes several steps. A step that deletes a resource has no new state.
        steps = map(members, items(top.get("steps")))
        planned = [one["newState"] for one in steps if "newState" in one]
        for node in (*items(members(top.get("deployment")).get("resources")), *planned):
            parts = members(node)
            urn, token = text(parts.get("urn")), text(parts.get("type"))
            if urn and token is not None and not is_true(parts.get("delete")):
                self.resources[urn] = Resource(node, node, type_of(token), parts, None)

    # -- resources ----------------------------------------------------------------------------------------

    def indexes(self, name: str) -> list[int | None]:
        # A resource that is only looked up does not belong to the stack.
        return [] if is_true(self.resources[name].parts.get("external")) else [None]

    def beside(self, draft: Draft, name: str) -> None:
        # The resource's provider is named by its URN and its ID.
        provider = text(self.resources[name].parts.get("provider")) or ""
        urn = provider.rpartition("::")[0]
        inputs = self.resources[urn].parts.get("inputs") if urn in self.resources else None
        region = members(inputs).get("region")
        if region is not None:
            self.sensitive = False
            self.put(draft, "RegionId", region, self.evaluate(region))

    def values(self, name: str) -> Iterator[tuple[str, Node, Node, Any]]:
        parts = self.resources[name].parts
        inputs, outputs = (members(parts.get(part)) for part in ("inputs", "outputs"))
        identity = {"id": parts["id"]} if "id" in parts else {}
        for written, node in (outputs | identity | inputs).items():
            self.sensitive = False
            value = self.evaluate(node)
            if written in outputs:  # if the input or the output is sensitive, both are
                self.evaluate(outputs[written])
            if isinstance(value, Unknown) and written in _REFERRING:
                value = Unknown(value.reason, self._rests_on(name, written))
            yield written, node, node, value

    # -- what values refer to -----------------------------------------------------------------------------

    def _rests_on(self, name: str, written: str) -> Reference | None:
        """The resource whose ID a property holds: the only resource that it depends on. One of another type
        may only help to find it: two connections may have one customer gateway."""
        kinds = _REFERRING[written]
        for _ in range(_MOST_STEPS):
            dependencies = members(self.resources[name].parts.get("propertyDependencies"))
            urns = map(text, items(dependencies.get(written)))
            found = [urn for urn in urns if urn is not None and urn in self.resources]
            if len(found) != 1:
                return None
            name = found[0]
            kind = self.resources[name].type or ""
            if kind not in _PASSING_ON:
                return Reference(self.source.file, name) if kind in kinds else None
            written = _PASSING_ON[kind]
        return None

    def scalar(self, value: Any) -> Any:
        return Unknown(_LATER) if isinstance(value, str) and _NOT_YET.search(value) else value

    def called(self, node: Node) -> tuple[str, Node] | None:
        signature = text(members(node).get(_SIGNATURE))
        return None if signature is None else (signature, node)

    def call(self, name: str, argument: Node) -> Any:
        fields = members(argument)
        if name == _OUTPUT:
            value = self.evaluate(fields["value"]) if "value" in fields else Unknown(_LATER)
            self.sensitive = self.sensitive or is_true(fields.get("secret"))
            return value
        self.sensitive = self.sensitive or name == _SECRET
        return Unknown(say("a secret") if name == _SECRET else say("not a plain value"))
