"""Pulumi programs in YAML (`Pulumi.yaml`).

Expressions are evaluated as far as the program alone allows; config has its defaults. All other values are
unknown, with a reason.
"""

from __future__ import annotations

import re
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read import instances
from vcolint.read.draft import PULUMI, Draft
from vcolint.read.template import WRONG, Template, filled, join, read_templates, whole_number
from vcolint.text.nodes import members, plain, text
from vcolint.text.source import MappingNode, Node, ScalarNode, Source
from vcolint.text.value import Unknown

_ROUTE = "GatewayVcoRoute"  # the end of the type of a route
_TYPES = {
    ("vpn", "GatewayVpnAttachment"): instances.ATTACHMENT,
    ("vpn", "Connection"): instances.CONNECTION,
    ("vpn", "CustomerGateway"): instances.CUSTOMER_GATEWAY,
    ("vpn", "SslVpnServer"): instances.SSL_SERVER,
    ("cen", "TransitRouter"): instances.TRANSIT_ROUTER,
    ("cen", "TransitRouterVpnAttachment"): instances.BINDING,
    ("vpc", "Network"): "alicloud_vpc",
    ("vpc", "Ipv4CidrBlock"): "alicloud_vpc_ipv4_cidr_block",
    ("vpc", "Switch"): "alicloud_vswitch",
    ("vpc", "Subnet"): "alicloud_vswitch",
}
_EXPRESSION = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,9})\]|\["((?:[^"\\]|\\.)*)"\]')

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
        return instances.ROUTE
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return _TYPES.get((module.partition("/")[0], name)) if package == "alicloud" else None


class _Program(Template):
    KIND = "pulumi"
    FIELDS = PULUMI

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.declare("resources", "type", "properties", type_of)
        inside = say("vcolint does not read routes inside a component")
        self.pass_over(top.get("components"), _ROUTE, inside)
        self.variables = members(top.get("variables"))
        self.config = members(top.get("configuration")) | members(top.get("config"))
        own = f"{text(top.get('name'))}:"
        self.config = {name.removeprefix(own): node for name, node in self.config.items()} | self.config
        self.providers = {
            name: one
            for name, one in self.resources.items()
            if text(one.parts.get("type")) == "pulumi:providers:alicloud"
        }
        standard = [one for one in self.providers.values() if is_true(one.parts.get("defaultProvider"))]
        self.standard = standard[-1] if standard else None
        self.forms = {"fn::secret": self._secret}
        self.functions = {"fn::join": (join, {2}), "fn::select": (_select, {2})}

    # -- resources ----------------------------------------------------------------------------------------

    def indexes(self, name: str) -> list[int | None]:
        return [] if "get" in self.resources[name].parts else [None]  # looked up, not created

    def beside(self, draft: Draft, name: str) -> None:
        options = members(self.resources[name].parts.get("options"))
        given = (text(options.get("provider")) or "").removeprefix("${").removesuffix("}")
        provider = self.providers.get(given) if "provider" in options else self.standard
        self.sensitive = False
        region = None if provider is None else members(provider.properties).get("region")
        if region is not None:
            self.put(draft, "RegionId", region, self.evaluate(region))
        elif "alicloud:region" in self.config:
            declared = self.config["alicloud:region"]
            parts = members(declared)
            place = parts.get("value", parts.get("default", declared))
            value = self._config("alicloud:region")
            draft.put("RegionId", value, self.place(place), sensitive=self.sensitive, literal=False)

    # -- expressions --------------------------------------------------------------------------------------

    def called(self, node: Node) -> tuple[str, Node] | None:
        """`{fn::join: …}`."""
        if isinstance(node, MappingNode) and len(node.pairs) == 1:
            key, argument = node.pairs[0]
            name = (text(key) or "").lower()
            return (name, argument) if name.startswith("fn::") else None
        return None

    def scalar(self, value: Any) -> Any:
        return filled(value, _EXPRESSION, self._access) if isinstance(value, str) else value

    def _secret(self, argument: Node) -> Any:
        value = self.evaluate(argument)
        self.sensitive = True
        return value

    def _access(self, match: re.Match[str]) -> Any:
        """The value of `${name.property[0]}`."""
        if match[1] is None:
            return "${"
        name, *steps = _steps(match[1]) or [0]
        if not isinstance(name, str) or not name:
            return Unknown(say("vcolint does not understand ${{{written}}}", written=match[1][:60]))
        if name in self.resources:
            return self._into(self.later(name), steps)
        if name in self.variables:
            value = self.evaluate(self.variables[name])
            if isinstance(value, Unknown) and value.reference is None:
                value = self.later(name, value.reason)  # the same wherever the variable is used
            return self._into(value, steps)
        if name in self.config:
            return self._into(self._config(name), steps)
        if name == "pulumi":
            return self.later(_written(name, steps))
        return Unknown(say("{name} is not in the program", name=name[:60]))

    def _into(self, value: Any, steps: list[_Step]) -> Any:
        """A part of a value, found by steps."""
        for place, step in enumerate(steps):
            if isinstance(value, Unknown):
                name = value.reference and value.reference.address
                if name is None:
                    return value
                if name not in self.resources:
                    return self.later(_written(name, steps[place:]), value.reason)
                # A whole resource. The ID of one that is only looked up may be known.
                given = members(self.resources[name].parts.get("get")).get("id") if step == "id" else None
                value = self.attribute(name, None, str(step)) if given is None else self.evaluate(given)
                continue
            is_item = isinstance(value, list) and isinstance(step, int) and step < len(value)
            if not is_item and not (isinstance(value, dict) and step in value):
                return Unknown(say("there is no {step}", step=step))
            value = value[step]
        return value

    def _config(self, name: str) -> Any:
        node = self.config[name]
        declared = members(node)
        given = declared.get("value", declared.get("default")) if isinstance(node, MappingNode) else node
        is_encrypted = "secure" in members(given)
        self.sensitive = self.sensitive or is_encrypted or is_true(declared.get("secret"))
        if is_encrypted:
            return self.later(name, say("config {name} is encrypted", name=name))
        value = None if given is None else plain(given)
        return self.later(name, say("config {name} has no default", name=name)) if value is None else value


def _select(index: Any, values: Any) -> Any:
    place = whole_number(index)
    is_right = isinstance(values, list) and place is not None and 0 <= place < len(values)
    return values[place] if is_right else WRONG


def _steps(written: str) -> list[_Step]:
    """The steps of `name.property[0]["key"]`; none if the text does not have this form."""
    found = list(_STEP.finditer(written))
    if "".join(match[0] for match in found) != written:
        return []
    return [int(one[2]) if one[2] else one[1].strip() if one[1] else one[3] for one in found]


def _written(name: str, steps: list[_Step]) -> str:
    """A name and steps in the notation of programs."""
    return f"{name}{''.join(f'[{step}]' if isinstance(step, int) else f'.{step}' for step in steps)}"
