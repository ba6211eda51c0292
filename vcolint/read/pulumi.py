"""Pulumi programs in YAML (`Pulumi.yaml`).

Expressions are evaluated as far as the program alone tells: config by its defaults. The rest is unknown, with
its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import PULUMI, REQUIRED_BUT_REGION, Draft, seconds
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    SSL_SERVER,
    TRANSIT_ROUTER,
    snake_keys,
)
from vcolint.read.template import Result, Template, filled, joined, listed, mapped, waits_for
from vcolint.text.nodes import entries, items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Reference, Unknown

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

_MAX_DEPTH = 60  # of expressions in expressions, references followed
_MAX_TEXT = 4096

_EXPRESSION = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,9})\]|\["((?:[^"\\]|\\.)*)"\]')
_INTEGER = re.compile(r"[0-9]{1,9}")

_Step = str | int


def read(source: Source, is_json: bool) -> Reading:
    """Read a program. Raises SyntaxFault for text that is not YAML, or not JSON."""
    reading = Reading("pulumi", [source.file])
    found = documents(source, is_json, reading)
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


def terraform_values(values: dict[str, Any]) -> dict[str, Any]:
    """Properties by Terraform's names; Pulumi has lists in the plural."""
    found: dict[str, Any] = snake_keys(values)
    if "tunnel_options_specifications" in found:
        found["tunnel_options_specification"] = found.pop("tunnel_options_specifications")
    return found


class _Program(Template):
    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top, "resources", "properties")
        self.variables = members(top.get("variables"))
        self.config = members(top.get("configuration")) | members(top.get("config"))
        project = text(top.get("name"))
        for name in list(self.config):
            own, colon, bare = name.partition(":")
            if colon and own == project:
                self.config.setdefault(bare, self.config[name])
        self.types = {
            name: type_of(text(members(node).get("type")) or "") for name, node in self.resources.items()
        }
        self._results: dict[int, Result] = {}
        self._names: dict[int, list[str]] = {}  # that a node refers to, by its identity
        self.providers = {
            name: resource
            for name, node in self.resources.items()
            if text((resource := members(node)).get("type")) == _PROVIDER
        }
        standard = [
            name for name, provider in self.providers.items() if is_true(provider.get("defaultProvider"))
        ]
        self.standard = standard[-1] if standard else None

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        components = self.top.get("components")
        if components is not None and any(_ROUTE in (text(one) or "") for one in scalars(components)):
            self.unlisted(None, say("vcolint does not read routes inside a component"), components)
        routes = {name: [name] for name, kind in self.types.items() if kind == ROUTE}
        for name, key, node in self.each_resource():
            # With `get` a resource is looked up, not made.
            if self.types[name] == ROUTE and "get" not in members(node):
                self._route(name, key, node, routes)
        self.describe(
            (
                (name, kind, node, self._evaluate)
                for name, node in self.resources.items()
                if (kind := self.types[name]) is not None and kind != ROUTE and "get" not in members(node)
            ),
            terraform_values,
        )

    def _route(self, name: str, key: ScalarNode, node: Node, routes: Mapping[str, list[str]]) -> None:
        draft = Draft(self.reading, self.place(key), name)
        resource = members(node)
        options = members(resource.get("options"))
        self._region(draft, options)
        secret = {text(one) for one in items(options.get("additionalSecretOutputs"))}
        properties = resource.get("properties")
        if properties is not None and not isinstance(properties, MappingNode):
            self._computed_properties(draft, properties)
        self.put(
            draft,
            properties,
            PULUMI,
            self._evaluate,
            lambda node: "${" not in (text(node) or ""),
            secret,
        )
        draft.close(
            waits_for=waits_for(name, self._referred_by, routes),
            create_timeout=seconds(text(members(options.get("customTimeouts")).get("create"))),
            last_line=self.last_line(draft, node),
        )

    def _computed_properties(self, draft: Draft, node: Node) -> None:
        """Properties that are one expression: `properties: ${props}`."""
        result = self._evaluate(node)
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
        declared = self.config.get("alicloud:region")
        given = members(declared)
        node = given.get("value", given.get("default", declared))
        result = None if node is None else self._config("alicloud:region")
        steps = _whole(text(options.get("provider")))
        provider = self.providers.get(str(steps[0]) if steps else self.standard or "")
        if provider is not None:
            node = members(provider.get("properties")).get("region")
            result = None if node is None else self._evaluate(node)
        if node is not None and result is not None:
            draft.put("RegionId", result.value, self.place(node), sensitive=result.sensitive, literal=False)

    def _referred_by(self, name: str) -> list[str]:
        """What a resource or a variable rests on: what it depends on, and what its properties refer to."""
        node = self.resources.get(name, self.variables.get(name))
        return [] if node is None else self._referred(node)

    def _referred(self, node: Node) -> list[str]:
        """The names that the expressions below a node begin with."""
        found = self._names.get(id(node))
        if found is None:
            texts = (text(scalar) or "" for scalar in scalars(node))
            expressions = (match[1] or "" for one in texts for match in _EXPRESSION.finditer(one))
            found = list({str(steps[0]): None for one in expressions if (steps := _steps(one))})
            self._names[id(node)] = found
        return found

    # -- expressions --------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, depth: int = 0) -> Result:
        """The value of a property."""
        key = id(node)
        result = self._results.get(key)
        if result is None:
            if depth > _MAX_DEPTH:
                return Result(Unknown(say("nested too deeply")))
            self._results[key] = Result(Unknown(say("refers to itself")))
            result = self._results[key] = self._compute(node, depth + 1)
        return result

    def _compute(self, node: Node, depth: int) -> Result:
        if isinstance(node, ScalarNode):
            return self._text(node.value, depth) if isinstance(node.value, str) else Result(node.value)
        if isinstance(node, SequenceNode):
            return listed([self._evaluate(item, depth) for item in node.items])
        pairs = list(entries(node))
        if len(pairs) == 1:
            name = (text(pairs[0][0]) or "").lower()
            if name.startswith("fn::"):
                return self._function(name, pairs[0][1], depth)
        return mapped({text(key): self._evaluate(value, depth) for key, value in reversed(pairs)})

    def _text(self, written: str, depth: int) -> Result:
        """A text, with what its expressions give."""
        whole = _EXPRESSION.fullmatch(written)
        if whole and whole[1] is not None:
            return self._access(whole[1], depth)

        def part(match: re.Match[str]) -> Result:
            return Result("${") if match[1] is None else self._access(match[1], depth)

        return filled(written, _EXPRESSION, part, _MAX_TEXT)

    def _access(self, written: str, depth: int) -> Result:
        steps = _steps(written)
        if steps is None:
            return Result(Unknown(say("vcolint does not understand ${{{written}}}", written=written[:60])))
        return self._follow(steps, depth)

    def _follow(self, steps: list[_Step], depth: int) -> Result:
        """What `name.property[0]` stands for."""
        if depth > _MAX_DEPTH:
            return Result(Unknown(say("nested too deeply")))
        name, rest = str(steps[0]), steps[1:]
        if name in self.resources:
            return self._property(name, rest, depth + 1)
        if name in self.variables:
            node = self.variables[name]
            whole = _whole(text(node))
            if whole and rest:  # it may be a whole resource
                return self._follow([*whole, *rest], depth + 1)
            if _calls(node):
                return Result(self._later(_written(steps)))
            return _into(self._evaluate(node, depth + 1), rest)
        if name in self.config:
            return _into(self._config(name), rest)
        if name == "pulumi":
            return Result(self._later(_written(steps)))
        return Result(Unknown(say("{name} is not in the program", name=name[:60])))

    def _property(self, name: str, steps: list[_Step], depth: int) -> Result:
        """What a property of a resource stands for."""
        resource = members(self.resources[name])
        if not steps:
            return Result(self._later(name))
        properties = members(resource.get("properties"))
        looked_up = members(resource.get("get")).get("id") if steps == ["id"] else None
        if looked_up is not None:
            return self._evaluate(looked_up, depth)
        if str(steps[0]) in properties:
            return _into(self._evaluate(properties[str(steps[0])], depth), steps[1:])
        own = len(steps) == 1 and steps[0] in _IDS.get(self.types[name] or "", ())
        return Result(self._later(name if own else _written([name, *steps])))

    def _later(self, what: str) -> Unknown:
        return Unknown(
            say("known when the program runs: {what}", what=what[:60]), Reference(self.source.file, what)
        )

    def _config(self, name: str) -> Result:
        node = self.config[name]
        declared = members(node)
        if not isinstance(node, MappingNode):
            return Result(plain(node))
        if not declared.keys() & _CONFIG_KEYS:
            return Result(Unknown(say("vcolint does not understand config {name}", name=name)))
        sensitive = is_true(declared.get("secret"))
        given = declared.get("value", declared.get("default", _NULL))
        if "secure" in members(given):
            return Result(
                Unknown(say("config {name} is encrypted", name=name), Reference(self.source.file, name)), True
            )
        value = plain(given)
        if value is None:
            value = Unknown(say("config {name} has no default", name=name), Reference(self.source.file, name))
        return Result(value, sensitive)

    def _function(self, name: str, argument: Node, depth: int) -> Result:
        if name == "fn::secret":
            return Result(self._evaluate(argument, depth).value, True)
        if name not in ("fn::join", "fn::select", "fn::split"):
            return Result(Unknown(say("vcolint does not evaluate {name}", name=name[:60])))
        arguments = [self._evaluate(item, depth) for item in items(argument)]
        sensitive = any(one.sensitive for one in arguments)
        if len(arguments) != 2:
            return Result(
                Unknown(say("vcolint does not understand {name} with these arguments", name=name)), sensitive
            )
        left, right = (one.value for one in arguments)
        for one in (left, right):
            if isinstance(one, Unknown):
                return Result(Unknown(one.reason), sensitive)
        value: Any = None
        if name == "fn::join" and isinstance(left, str) and isinstance(right, list):
            value = joined(left, right, _MAX_TEXT)
        elif name == "fn::split" and isinstance(left, str) and left and isinstance(right, str):
            value = right.split(left)
        elif name == "fn::select" and isinstance(right, list):
            place = int(left) if isinstance(left, str) and _INTEGER.fullmatch(left) else left
            if isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(right):
                return Result(right[place], sensitive)
        if value is None:
            value = Unknown(say("vcolint does not understand {name} with these arguments", name=name))
        return Result(value, sensitive)


_NULL = ScalarNode(None, 0, 0)


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


def _calls(node: Node) -> bool:
    """Whether a variable is what another program gives: `fn::invoke`, or a function by its name."""
    names = [(text(key) or "").lower() for key, _ in entries(node)]
    return len(names) == 1 and (names[0] == "fn::invoke" or names[0].count(":") > 2)


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
