"""Pulumi programs in YAML (`Pulumi.yaml`).

Expressions are evaluated as far as the program alone allows; config has its defaults. All other values are
unknown, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import PULUMI, Draft, seconds
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    SSL_SERVER,
    TRANSIT_ROUTER,
)
from vcolint.read.template import WRONG, Template, filled, join, read_templates, split
from vcolint.text.nodes import items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, ScalarNode, Source
from vcolint.text.value import Unknown

_ROUTE = "GatewayVcoRoute"  # the end of the type of a route
_TYPES = {
    ("vpn", "GatewayVpnAttachment"): ATTACHMENT,
    ("vpn", "Connection"): CONNECTION,
    ("vpn", "CustomerGateway"): CUSTOMER_GATEWAY,
    ("vpn", "SslVpnServer"): SSL_SERVER,
    ("cen", "TransitRouter"): TRANSIT_ROUTER,
    ("cen", "TransitRouterVpnAttachment"): BINDING,
    ("vpc", "Network"): "alicloud_vpc",
    ("vpc", "Ipv4CidrBlock"): "alicloud_vpc_ipv4_cidr_block",
    ("vpc", "Switch"): "alicloud_vswitch",
    ("vpc", "Subnet"): "alicloud_vswitch",
}
_PROVIDER = "pulumi:providers:alicloud"
# The attributes that are the resource's own ID.
_IDS = {
    ATTACHMENT: ("id",),
    CONNECTION: ("id",),
    CUSTOMER_GATEWAY: ("id",),
    TRANSIT_ROUTER: ("id", "transitRouterId"),
}
_CONFIG_KEYS = frozenset({"type", "default", "value", "secret", "description", "items"})

_EXPRESSION = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,9})\]|\["((?:[^"\\]|\\.)*)"\]')
_INTEGER = re.compile(r"[0-9]{1,9}")

_Step = str | int


def read(source: Source, is_json: bool) -> Reading:
    """Read a program. Raises SyntaxFault for text that is not YAML, or not JSON."""
    none = say("a Pulumi program must be a mapping")
    return read_templates(_Program, source, is_json, lambda one: isinstance(one, MappingNode), none)


def is_true(node: Node | None) -> bool:
    """Whether a node says `true`."""
    return isinstance(node, ScalarNode) and node.value is True


def type_of(token: str) -> str | None:
    """Terraform's name for a type that vcolint uses."""
    if token.endswith(_ROUTE):
        return ROUTE
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return _TYPES.get((module.partition("/")[0], name)) if package == "alicloud" else None


class _Program(Template):
    KIND = "pulumi"
    RESOURCES = "resources"
    PROPERTIES = "properties"
    FIELDS = PULUMI

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.variables = members(top.get("variables"))
        self.config = members(top.get("configuration")) | members(top.get("config"))
        own = f"{text(top.get('name'))}:"
        for name in list(self.config):
            if name.startswith(own):
                self.config.setdefault(name.removeprefix(own), self.config[name])
        tokens = {name: text(members(node).get("type")) or "" for name, node in self.resources.items()}
        self.types = {name: type_of(token) for name, token in tokens.items()}
        self.providers = {
            name: members(self.resources[name]) for name, token in tokens.items() if token == _PROVIDER
        }
        standard = [name for name, one in self.providers.items() if is_true(one.get("defaultProvider"))]
        self.standard = standard[-1] if standard else ""
        self.names = {name: _names(node) for name, node in (self.variables | self.resources).items()}
        self.forms = {"fn::secret": self._secret}
        self.functions = {"fn::join": (join, {2}), "fn::select": (_select, {2}), "fn::split": (split, {2})}

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        components = self.top.get("components")
        if components is not None and any(_ROUTE in (text(one) or "") for one in scalars(components)):
            self.unlisted(None, say("vcolint does not read routes inside a component"), components)
        super().read()

    def indexes(self, name: str, key: ScalarNode) -> list[int | None]:
        return [] if "get" in members(self.resources[name]) else [None]  # looked up, not created

    def referred(self, name: str) -> Iterable[str | None]:
        return self.names.get(name, [])

    def beside(self, draft: Draft, resource: dict[str, Node]) -> float | None:
        options = members(resource.get("options"))
        for name in map(text, items(options.get("additionalSecretOutputs"))):
            field = PULUMI.get(name or "", "")
            if field in draft.fields:
                draft.fields[field] = draft.fields[field]._replace(sensitive=True)
        self._region(draft, options)
        return seconds(text(members(options.get("customTimeouts")).get("create")))

    def _region(self, draft: Draft, options: dict[str, Node]) -> None:
        """Set the region of the resource's provider, if the program gives it."""
        named = _names(options["provider"]) if "provider" in options else [self.standard]
        provider = self.providers.get(named[0] if named else "")
        if provider is not None:
            node = members(provider.get(self.PROPERTIES)).get("region")
            if node is not None:
                self.put(draft, "RegionId", node)
        elif "alicloud:region" in self.config:
            declared = self.config["alicloud:region"]
            given = members(declared)
            place = self.place(given.get("value", given.get("default", declared)))
            self.sensitive = False
            region = self._config("alicloud:region")
            draft.put("RegionId", region, place, sensitive=self.sensitive, literal=False)

    # -- expressions --------------------------------------------------------------------------------------

    def compute(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            is_text = isinstance(node.value, str)
            return filled(str(node.value), _EXPRESSION, self._access) if is_text else node.value
        if isinstance(node, MappingNode) and len(node.pairs) == 1:
            key, argument = node.pairs[0]
            name = (text(key) or "").lower()
            if name.startswith("fn::"):
                return self.call(name, argument)
        return self.parts(node)

    def _secret(self, argument: Node) -> Any:
        value = self.evaluate(argument)
        self.sensitive = True
        return value

    def _access(self, match: re.Match[str]) -> Any:
        """The value of `${name.property[0]}`."""
        if match[1] is None:
            return "${"
        name, *steps = _steps(match[1]) or [""]
        if not isinstance(name, str) or not name:
            return Unknown(say("vcolint does not understand ${{{written}}}", written=match[1][:60]))
        if name in self.resources:
            return self._property(name, steps)
        if name in self.variables:
            return self._into(self.named(name, self.variables[name]), steps)
        if name in self.config:
            return self._into(self._config(name), steps)
        if name == "pulumi":
            return self._later(_written([name, *steps]))
        return Unknown(say("{name} is not in the program", name=name[:60]))

    def _property(self, name: str, steps: Sequence[_Step]) -> Any:
        """The value of a resource's property."""
        resource = members(self.resources[name])
        if not steps:
            return self._later(name)
        looked_up = members(resource.get("get")).get("id") if list(steps) == ["id"] else None
        node = looked_up or members(resource.get(self.PROPERTIES)).get(str(steps[0]))
        if node is not None:
            return self._into(self.evaluate(node), steps[1:])
        is_id = len(steps) == 1 and steps[0] in _IDS.get(self.types[name] or "", ())
        return self._later(name if is_id else _written([name, *steps]))

    def _into(self, value: Any, steps: Sequence[_Step]) -> Any:
        """A part of a value, found by steps."""
        for place, step in enumerate(steps):
            if isinstance(value, Unknown):
                if value.reference is None:
                    return value
                if value.reference.address in self.resources:  # the variable is a whole resource
                    return self._property(value.reference.address, steps[place:])
                return self.later(value.reason, _written([value.reference.address, *steps[place:]]))
            is_inside = step in value if isinstance(value, dict) else False
            if isinstance(value, list) and isinstance(step, int):
                is_inside = step < len(value)
            if not is_inside:
                return Unknown(say("there is no {step}", step=step))
            value = value[step]
        return value

    def _later(self, what: str) -> Unknown:
        return self.later(say("known when the program runs: {what}", what=what[:60]), what)

    def _config(self, name: str) -> Any:
        node = self.config[name]
        declared = members(node)
        if not isinstance(node, MappingNode):
            return plain(node)
        if not declared.keys() & _CONFIG_KEYS:
            return Unknown(say("vcolint does not understand config {name}", name=name))
        given = declared.get("value", declared.get("default"))
        is_encrypted = "secure" in members(given)
        self.sensitive = self.sensitive or is_encrypted or is_true(declared.get("secret"))
        if is_encrypted:
            return self.later(say("config {name} is encrypted", name=name), name)
        value = None if given is None else plain(given)
        return self.later(say("config {name} has no default", name=name), name) if value is None else value


def _select(index: Any, values: Any) -> Any:
    place = int(index) if isinstance(index, str) and _INTEGER.fullmatch(index) else index
    if isinstance(place, int) and not isinstance(place, bool) and isinstance(values, list):
        return values[place] if 0 <= place < len(values) else WRONG
    return WRONG


def _names(node: Node) -> list[str]:
    """The names that the expressions below a node begin with."""
    texts = (text(scalar) or "" for scalar in scalars(node))
    expressions = (match[1] or "" for one in texts for match in _EXPRESSION.finditer(one))
    return list({str(steps[0]): None for one in expressions if (steps := _steps(one))})


def _steps(written: str) -> list[_Step] | None:
    """The steps of `name.property[0]["key"]`; None if the text does not have this form."""
    steps: list[_Step] = []
    index = 0
    while index < len(written):
        match = _STEP.match(written, index)
        if match is None:
            return None
        name, place, key = match.groups()
        steps.append(name.strip() if name is not None else int(place) if place is not None else key)
        index = match.end()
    return steps if steps and isinstance(steps[0], str) else None


def _written(steps: list[_Step]) -> str:
    """Steps in the notation of programs."""
    first, *rest = steps
    return f"{first}{''.join(f'[{step}]' if isinstance(step, int) else f'.{step}' for step in rest)}"
