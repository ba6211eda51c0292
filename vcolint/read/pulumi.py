"""Pulumi programs in YAML (`Pulumi.yaml`).

Expressions are evaluated as far as the program alone tells: config by its defaults. The rest is unknown, with
its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import PULUMI, REQUIRED_BUT_REGION, Draft, seconds
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    SSL_SERVER,
    TRANSIT_ROUTER,
)
from vcolint.read.template import WRONG, Result, Template, filled, join, split, unknown, waits_for
from vcolint.text.nodes import entries, items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, Source
from vcolint.text.value import Unknown

_ROUTE = "GatewayVcoRoute"  # how the type of a route ends
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

_MAX_STEPS = 60  # from variable to variable

_EXPRESSION = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,9})\]|\["((?:[^"\\]|\\.)*)"\]')
_INTEGER = re.compile(r"[0-9]{1,9}")

_Step = str | int


def read(source: Source, is_json: bool) -> Reading:
    """Read a program. Raises SyntaxFault for text that is not YAML, or not JSON."""
    reading = Reading("pulumi", [source.file])
    found = trees(source, is_json, reading)
    programs = [one for one in found if isinstance(one, MappingNode)]
    for program in programs:
        _Program(source, reading, members(program)).read()
    if not programs:
        start = found[0].start if found else 0
        message = say("a Pulumi program must be a mapping")
        reading.problems.append(Problem("syntax", message, source.location(start, start)))
    return reading


def is_true(node: Node | None) -> bool:
    """Whether a node says `true`."""
    return isinstance(node, ScalarNode) and node.value is True


def type_of(token: str) -> str | None:
    """Terraform's name for a type that matters here."""
    if token.endswith(_ROUTE):
        return ROUTE
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return _TYPES.get((module.partition("/")[0], name)) if package == "alicloud" else None


class _Program(Template):
    RESOURCES = "resources"
    PROPERTIES = "properties"

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.variables = members(top.get("variables"))
        self.config = members(top.get("configuration")) | members(top.get("config"))
        project = text(top.get("name"))
        for name in list(self.config):
            own, colon, bare = name.partition(":")
            if colon and own == project:
                self.config.setdefault(bare, self.config[name])
        tokens = {name: text(members(node).get("type")) or "" for name, node in self.resources.items()}
        self.types = {name: type_of(token) for name, token in tokens.items()}
        self.providers = {
            name: members(self.resources[name]) for name, token in tokens.items() if token == _PROVIDER
        }
        standard = [name for name, one in self.providers.items() if is_true(one.get("defaultProvider"))]
        self.standard = standard[-1] if standard else None

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        components = self.top.get("components")
        if components is not None and any(_ROUTE in (text(one) or "") for one in scalars(components)):
            self.unlisted(None, say("vcolint does not read routes inside a component"), components)
        surroundings = []
        for name, key in self.each_resource():
            kind = self.types[name]
            if kind is None or "get" in members(self.resources[name]):  # looked up, not made
                continue
            if kind == ROUTE:
                self._route(name, key)
            else:
                surroundings.append((name, kind, self.resources[name], None))
        self.describe(surroundings)

    def _route(self, name: str, key: ScalarNode) -> None:
        draft = Draft(self.reading, self.place(key), name)
        resource = members(self.resources[name])
        options = members(resource.get("options"))
        self._region(draft, options)
        properties = resource.get(self.PROPERTIES)
        if properties is not None and not isinstance(properties, MappingNode):
            self._computed_properties(draft, properties)
        self.put(
            draft, properties, PULUMI, {text(one) for one in items(options.get("additionalSecretOutputs"))}
        )
        routes = {one: [one] for one, kind in self.types.items() if kind == ROUTE}
        draft.close(
            waits_for=waits_for(name, self._referred_by, routes),
            create_timeout=seconds(text(members(options.get("customTimeouts")).get("create"))),
            last_line=self.last_line(draft, name),
        )

    def _computed_properties(self, draft: Draft, node: Node) -> None:
        """Properties that are one expression: `properties: ${props}`."""
        result = self.evaluate(node)
        place = self.place(node)
        if isinstance(result.value, Unknown):
            for field in REQUIRED_BUT_REGION:
                draft.put(field, Unknown(result.value.reason), place, literal=False)
        elif isinstance(result.value, dict):
            for name, value in result.value.items():
                if name in PULUMI:
                    draft.put(PULUMI[name], value, place, sensitive=result.sensitive, literal=False)
                else:
                    draft.unknown_name(str(name), PULUMI, place)
        else:
            draft.problem(say("properties must be a mapping"), place)

    def _region(self, draft: Draft, options: dict[str, Node]) -> None:
        """The region of the resource's provider, where the program gives it."""
        steps = _whole(text(options.get("provider")))
        provider = self.providers.get(str(steps[0]) if steps else self.standard or "")
        if provider is None:
            declared = self.config.get("alicloud:region")
            given = members(declared)
            node = given.get("value", given.get("default", declared))
            result = None if node is None else self._config("alicloud:region")
        else:
            node = members(provider.get(self.PROPERTIES)).get("region")
            result = None if node is None else self.evaluate(node)
        if node is not None and result is not None:
            draft.put("RegionId", result.value, self.place(node), sensitive=result.sensitive, literal=False)

    def _referred_by(self, name: str) -> list[str]:
        """The names that the expressions of a resource or a variable begin with."""
        node = self.resources.get(name, self.variables.get(name))
        return [] if node is None else self.once(("referred", name), list[str](), _names, node)

    # -- expressions --------------------------------------------------------------------------------------

    def is_literal(self, node: ScalarNode) -> bool:
        return "${" not in (text(node) or "")

    def compute(self, node: Node) -> Result:
        if isinstance(node, ScalarNode):
            return self._text(node.value) if isinstance(node.value, str) else Result(node.value)
        function, argument = _function(node)
        return self.parts(node) if argument is None else self._call(function, argument)

    def _text(self, written: str) -> Result:
        """A text with the values of its expressions."""
        whole = _EXPRESSION.fullmatch(written)
        if whole and whole[1] is not None:
            return self._access(whole[1])

        def part(match: re.Match[str]) -> Result:
            return Result("${") if match[1] is None else self._access(match[1])

        return filled(written, _EXPRESSION, part)

    def _access(self, written: str) -> Result:
        """The value of `name.property[0]`."""
        steps = _steps(written)
        if steps is None:
            return unknown(say("vcolint does not understand ${{{written}}}", written=written[:60]))
        for _ in range(_MAX_STEPS):
            node = self.variables.get(str(steps[0]))
            whole = _whole(text(node)) if steps[0] not in self.resources else None
            if not whole or len(steps) < 2:
                return self._value(str(steps[0]), steps[1:])
            steps = [*whole, *steps[1:]]  # the variable may be a whole resource
        return unknown(say("nested too deeply"))

    def _value(self, name: str, steps: list[_Step]) -> Result:
        if name in self.resources:
            return self._property(name, steps)
        if name in self.variables:
            node = self.variables[name]
            function, _ = _function(node)
            # The result of another program: `fn::invoke`, or a function by its name.
            if function != "fn::invoke" and function.count(":") <= 2:
                return _into(self.evaluate(node), steps)
        elif name in self.config:
            return _into(self._config(name), steps)
        elif name != "pulumi":
            return unknown(say("{name} is not in the program", name=name[:60]))
        return self._later(_written([name, *steps]))

    def _property(self, name: str, steps: list[_Step]) -> Result:
        """The value of a resource's property."""
        resource = members(self.resources[name])
        if not steps:
            return self._later(name)
        properties = members(resource.get(self.PROPERTIES))
        looked_up = members(resource.get("get")).get("id") if steps == ["id"] else None
        if looked_up is not None:
            return self.evaluate(looked_up)
        if str(steps[0]) in properties:
            return _into(self.evaluate(properties[str(steps[0])]), steps[1:])
        is_id = len(steps) == 1 and steps[0] in _IDS.get(self.types[name] or "", ())
        return self._later(name if is_id else _written([name, *steps]))

    def _later(self, what: str) -> Result:
        return Result(self.later(say("known when the program runs: {what}", what=what[:60]), what))

    def _config(self, name: str) -> Result:
        node = self.config[name]
        declared = members(node)
        if not isinstance(node, MappingNode):
            return Result(plain(node))
        if not declared.keys() & _CONFIG_KEYS:
            return unknown(say("vcolint does not understand config {name}", name=name))
        given = declared.get("value", declared.get("default", _NULL))
        if "secure" in members(given):
            return Result(self.later(say("config {name} is encrypted", name=name), name), True)
        value = plain(given)
        if value is None:
            value = self.later(say("config {name} has no default", name=name), name)
        return Result(value, is_true(declared.get("secret")))

    def _call(self, name: str, argument: Node) -> Result:
        if name == "fn::secret":
            return Result(self.evaluate(argument).value, True)
        if name not in _FUNCTIONS:
            return unknown(say("vcolint does not evaluate {name}", name=name[:60]))
        return self.call(name, _FUNCTIONS[name], items(argument), 2)


_NULL = ScalarNode(None, 0, 0)


def _select(index: Any, values: Any) -> Any:
    place = int(index) if isinstance(index, str) and _INTEGER.fullmatch(index) else index
    if isinstance(place, int) and not isinstance(place, bool) and isinstance(values, list):
        return values[place] if 0 <= place < len(values) else WRONG
    return WRONG


_FUNCTIONS = {"fn::join": join, "fn::select": _select, "fn::split": split}


def _function(node: Node) -> tuple[str, Node | None]:
    """The function that a node calls and its argument: `fn::join: …`, or by its name, `alicloud:x:y: …`. The
    argument is None for what is no call by `fn::`."""
    pairs = list(entries(node))
    name = (text(pairs[0][0]) or "").lower() if len(pairs) == 1 else ""
    return name, pairs[0][1] if name.startswith("fn::") else None


def _names(node: Node) -> list[str]:
    """The names that the expressions below a node begin with."""
    texts = (text(scalar) or "" for scalar in scalars(node))
    expressions = (match[1] or "" for one in texts for match in _EXPRESSION.finditer(one))
    return list({str(steps[0]): None for one in expressions if (steps := _steps(one))})


def _steps(written: str) -> list[_Step] | None:
    """The steps of `name.property[0]["key"]`; None for what is none."""
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


def _whole(written: str | None) -> list[_Step] | None:
    """The steps of a text that is one expression."""
    match = _EXPRESSION.fullmatch(written or "")
    return _steps(match[1]) if match and match[1] is not None else None


def _written(steps: list[_Step]) -> str:
    """Steps as a program writes them."""
    first, *rest = steps
    return f"{first}{''.join(f'[{step}]' if isinstance(step, int) else f'.{step}' for step in rest)}"


def _into(result: Result, steps: Iterable[_Step]) -> Result:
    """What lies inside a value."""
    value = result.value
    for step in steps:
        if isinstance(value, Unknown):
            reference = value.reference
            if reference is not None:
                reference = reference._replace(address=_written([reference.address, step]))
            value = Unknown(value.reason, reference)
        elif _has(value, step):
            value = value[step]
        else:
            value = Unknown(say("there is no {step}", step=step))
    return Result(value, result.sensitive)


def _has(value: Any, step: _Step) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value
