"""Pulumi: programs in YAML (`Pulumi.yaml`), and what `pulumi preview --json` and `pulumi stack export` print.

Of a program, expressions are evaluated as far as the program alone tells: config by its defaults. The rest is
unknown, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from vcolint.model.reading import Reading, Unlisted
from vcolint.read.documents import documents
from vcolint.read.draft import MAX_WAITS, PULUMI, REQUIRED_BUT_REGION, Draft, seconds
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    SSL_SERVER,
    TRANSIT_ROUTER,
    Instance,
    describe,
    resolver,
    snake_keys,
)
from vcolint.text.nodes import entries, items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Reference, Unknown

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


class _Result(NamedTuple):
    """What an expression gives: a plain value, whose parts may be Unknown, or Unknown."""

    value: Any
    sensitive: bool = False


def read(source: Source, is_json: bool) -> Reading:
    """Read a program. Raises SyntaxFault for text that is not YAML, or not JSON."""
    reading = Reading("pulumi", [source.file])
    found = documents(source, is_json, reading)
    programs = [one for one in found if isinstance(one, MappingNode)]
    for program in programs:
        _Program(source, reading, members(program)).read()
    if not programs:
        start = found[0].start if found else 0
        message = "a Pulumi program is a mapping"
        reading.problems.append(Problem("syntax", message, source.location(start, start)))
    return reading


def _type(token: str) -> str | None:
    """Terraform's name for a type that matters here."""
    if token.endswith(_ROUTE):
        return ROUTE
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return _TYPES.get((module.partition("/")[0], name)) if package == "alicloud" else None


def _terraform_values(values: dict[str, Any]) -> dict[str, Any]:
    """Properties by Terraform's names; Pulumi has lists in the plural."""
    found: dict[str, Any] = snake_keys(values)
    if "tunnel_options_specifications" in found:
        found["tunnel_options_specification"] = found.pop("tunnel_options_specifications")
    return found


class _Program:
    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        self.source = source
        self.reading = reading
        self.top = top
        self.resources = members(top.get("resources"))
        self.variables = members(top.get("variables"))
        self.config = members(top.get("configuration")) | members(top.get("config"))
        project = text(top.get("name"))
        for name in list(self.config):
            own, colon, bare = name.partition(":")
            if colon and own == project:
                self.config.setdefault(bare, self.config[name])
        self.types = {
            name: _type(text(members(node).get("type")) or "") for name, node in self.resources.items()
        }
        self._results: dict[int, _Result] = {}
        self._names: dict[int, list[str]] = {}  # that a node refers to, by its identity
        self.providers = {
            name: resource
            for name, node in self.resources.items()
            if text((resource := members(node)).get("type")) == _PROVIDER
        }
        standard = [
            name for name, provider in self.providers.items() if _is_true(provider.get("defaultProvider"))
        ]
        self.standard = standard[-1] if standard else None

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        resources = self.top.get("resources")
        if resources is not None and not isinstance(resources, MappingNode):
            self._problem("schema", "resources must be a mapping", resources)
        components = self.top.get("components")
        if components is not None and any(_ROUTE in (text(one) or "") for one in scalars(components)):
            reason = "routes inside a component are not read"
            self.reading.unlisted.append(Unlisted(None, reason, self._place(components)))
        first: dict[str, ScalarNode] = {}
        for key, node in entries(resources):
            name = text(key) or ""
            if name in first:
                related = (("first given here", self._place(first[name])),)
                message = f"resource {name} is given twice"
                self.reading.problems.append(
                    Problem("duplicate-key", message, self._place(key), related=related)
                )
                continue
            first[name] = key
            # With `get` a resource is looked up, not made.
            if self.types[name] == ROUTE and "get" not in members(node):
                self._route(name, key, node)
        self._describe()

    def _route(self, name: str, key: ScalarNode, node: Node) -> None:
        draft = Draft(self.reading, self._place(key), name)
        resource = members(node)
        options = members(resource.get("options"))
        self._region(draft, options)
        secret = {text(one) for one in items(options.get("additionalSecretOutputs"))}
        properties = resource.get("properties")
        if properties is not None and not isinstance(properties, MappingNode):
            self._computed_properties(draft, properties)
        for property_key, value in entries(properties):
            written = text(property_key) or ""
            field = PULUMI.get(written)
            if field is None:
                draft.unknown_name(written, PULUMI, self._place(property_key))
                continue
            result = self._evaluate(value, 0)
            draft.put(
                field,
                result.value,
                self._place(value),
                name=self._place(property_key),
                sensitive=result.sensitive or written in secret,
                literal=isinstance(value, ScalarNode) and "${" not in (text(value) or ""),
            )
        draft.close(
            waits_for=frozenset(islice(self._waits_for(name), MAX_WAITS)),
            create_timeout=seconds(text(members(options.get("customTimeouts")).get("create"))),
            # What an alias stands for ends above it.
            last_line=max(draft.location.end_line, self._place(node).end_line),
        )

    def _computed_properties(self, draft: Draft, node: Node) -> None:
        """Properties that are one expression: `properties: ${props}`."""
        result = self._evaluate(node, 0)
        place = self._place(node)
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
            draft.problem("properties must be a mapping", place)

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
            result = None if node is None else self._evaluate(node, 0)
        if node is not None and result is not None:
            draft.put("RegionId", result.value, self._place(node), sensitive=result.sensitive, literal=False)

    def _waits_for(self, name: str) -> Iterator[str]:
        """The addresses of the routes that are made before those of a resource: what it depends on, and what
        its properties refer to, through whatever stands between."""
        seen = {name}
        ahead = [self.resources[name]]
        while ahead and len(seen) < MAX_WAITS:
            for other in self._referred(ahead.pop()):
                if other in seen:
                    continue
                seen.add(other)
                if self.types.get(other) == ROUTE:
                    yield other
                elif other in self.resources:
                    ahead.append(self.resources[other])
                elif other in self.variables:
                    ahead.append(self.variables[other])

    def _referred(self, node: Node) -> list[str]:
        """The names that the expressions below a node begin with."""
        found = self._names.get(id(node))
        if found is None:
            texts = (text(scalar) or "" for scalar in scalars(node))
            expressions = (match[1] or "" for one in texts for match in _EXPRESSION.finditer(one))
            found = list({str(steps[0]): None for one in expressions if (steps := _steps(one))})
            self._names[id(node)] = found
        return found

    def _describe(self) -> None:
        """What the other resources tell of the network."""
        known: list[Instance] = []
        evaluated: dict[str, dict[str, Any]] = {}
        for name, node in self.resources.items():
            kind = self.types[name]
            resource = members(node)
            if kind is None or kind == ROUTE or "get" in resource:
                continue
            values: dict[str, Any] = {}
            everything = evaluated[name] = {}
            for key, value in entries(resource.get("properties")):
                result = self._evaluate(value, 0)
                everything[text(key) or ""] = result.value
                if not result.sensitive:
                    values[text(key) or ""] = result.value
            known.append(Instance(name, kind, _terraform_values(values), self._place(node)))
        describe(self.reading.topology, self.source.file, known, resolver(evaluated))

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def _problem(self, kind: str, message: str, node: Node) -> None:
        self.reading.problems.append(Problem(kind, message, self._place(node)))

    # -- expressions --------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, depth: int) -> _Result:
        """The value of a property."""
        key = id(node)
        result = self._results.get(key)
        if result is None:
            if depth > _MAX_DEPTH:
                return _Result(Unknown("nested too deeply"))
            self._results[key] = _Result(Unknown("refers to itself"))
            result = self._results[key] = self._compute(node, depth + 1)
        return result

    def _compute(self, node: Node, depth: int) -> _Result:
        if isinstance(node, ScalarNode):
            return self._text(node.value, depth) if isinstance(node.value, str) else _Result(node.value)
        if isinstance(node, SequenceNode):
            return _together([self._evaluate(item, depth) for item in node.items])
        pairs = list(entries(node))
        if len(pairs) == 1:
            name = (text(pairs[0][0]) or "").lower()
            if name.startswith("fn::"):
                return self._function(name, pairs[0][1], depth)
        results = {text(key): self._evaluate(value, depth) for key, value in reversed(pairs)}
        return _Result(
            {key: one.value for key, one in results.items()}, any(one.sensitive for one in results.values())
        )

    def _text(self, written: str, depth: int) -> _Result:
        """A text, with what its expressions give."""
        whole = _EXPRESSION.fullmatch(written)
        if whole and whole[1] is not None:
            return self._access(whole[1], depth)
        texts: list[str] = []
        sensitive = False
        end = 0
        for match in _EXPRESSION.finditer(written):
            texts.append(written[end : match.start()])
            end = match.end()
            if match[1] is None:
                texts.append("${")
                continue
            result = self._access(match[1], depth)
            sensitive = sensitive or result.sensitive
            part = _text_of(result.value)
            if isinstance(part, Unknown):
                return _Result(part, sensitive)
            texts.append(part)
        texts.append(written[end:])
        return _Result(_limited(texts), sensitive)

    def _access(self, written: str, depth: int) -> _Result:
        steps = _steps(written)
        if steps is None:
            return _Result(Unknown(f"${{{written[:60]}}} is not understood"))
        return self._follow(steps, depth)

    def _follow(self, steps: list[_Step], depth: int) -> _Result:
        """What `name.property[0]` stands for."""
        if depth > _MAX_DEPTH:
            return _Result(Unknown("nested too deeply"))
        name, rest = str(steps[0]), steps[1:]
        if name in self.resources:
            return self._property(name, rest, depth + 1)
        if name in self.variables:
            node = self.variables[name]
            whole = _whole(text(node))
            if whole and rest:  # it may be a whole resource
                return self._follow([*whole, *rest], depth + 1)
            if _calls(node):
                return _Result(self._later(_written(steps)))
            return _into(self._evaluate(node, depth + 1), rest)
        if name in self.config:
            return _into(self._config(name), rest)
        if name == "pulumi":
            return _Result(self._later(_written(steps)))
        return _Result(Unknown(f"{name[:60]} is not in the program"))

    def _property(self, name: str, steps: list[_Step], depth: int) -> _Result:
        """What a property of a resource stands for."""
        resource = members(self.resources[name])
        if not steps:
            return _Result(self._later(name))
        properties = members(resource.get("properties"))
        looked_up = members(resource.get("get")).get("id") if steps == ["id"] else None
        if looked_up is not None:
            return self._evaluate(looked_up, depth)
        if str(steps[0]) in properties:
            return _into(self._evaluate(properties[str(steps[0])], depth), steps[1:])
        own = len(steps) == 1 and steps[0] in _IDS.get(self.types[name] or "", ())
        return _Result(self._later(name if own else _written([name, *steps])))

    def _later(self, what: str) -> Unknown:
        return Unknown(f"known when the program runs: {what[:60]}", Reference(self.source.file, what))

    def _config(self, name: str) -> _Result:
        node = self.config[name]
        declared = members(node)
        if not isinstance(node, MappingNode):
            return _Result(plain(node))
        if not declared.keys() & _CONFIG_KEYS:
            return _Result(Unknown(f"config {name} is not understood"))
        sensitive = _is_true(declared.get("secret"))
        given = declared.get("value", declared.get("default", _NULL))
        if "secure" in members(given):
            return _Result(Unknown(f"config {name} is encrypted", Reference(self.source.file, name)), True)
        value = plain(given)
        if value is None:
            value = Unknown(f"config {name} has no default", Reference(self.source.file, name))
        return _Result(value, sensitive)

    def _function(self, name: str, argument: Node, depth: int) -> _Result:
        if name == "fn::secret":
            return _Result(self._evaluate(argument, depth).value, True)
        if name not in ("fn::join", "fn::select", "fn::split"):
            return _Result(Unknown(f"{name[:60]} is not evaluated"))
        arguments = [self._evaluate(item, depth) for item in items(argument)]
        sensitive = any(one.sensitive for one in arguments)
        if len(arguments) != 2:
            return _Result(Unknown(f"{name} with these arguments is not understood"), sensitive)
        left, right = (one.value for one in arguments)
        for one in (left, right):
            if isinstance(one, Unknown):
                return _Result(Unknown(one.reason), sensitive)
        value: Any = None
        if name == "fn::join" and isinstance(left, str) and isinstance(right, list):
            value = _joined(left, right)
        elif name == "fn::split" and isinstance(left, str) and left and isinstance(right, str):
            value = right.split(left)
        elif name == "fn::select" and isinstance(right, list):
            place = int(left) if isinstance(left, str) and _INTEGER.fullmatch(left) else left
            if isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(right):
                return _Result(right[place], sensitive)
        if value is None:
            value = Unknown(f"{name} with these arguments is not understood")
        return _Result(value, sensitive)


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


def _into(result: _Result, steps: Iterable[_Step]) -> _Result:
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
            value = Unknown(f"there is no {step}")
    return _Result(value, result.sensitive)


def _has(value: Any, step: _Step) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _together(results: list[_Result]) -> _Result:
    return _Result([one.value for one in results], any(one.sensitive for one in results))


def _text_of(value: Any) -> str | Unknown:
    """A scalar as text, as Pulumi puts it into texts."""
    if isinstance(value, (str, Unknown)):
        return value if isinstance(value, str) else Unknown(value.reason)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else Unknown("not a text")


def _joined(delimiter: str, parts: list[Any]) -> str | Unknown:
    texts: list[str] = []
    for part in parts[:_MAX_TEXT]:
        written = _text_of(part)
        if isinstance(written, Unknown):
            return written
        texts += [delimiter, written] if texts else [written]
    return _limited(texts)


def _limited(texts: list[str]) -> str | Unknown:
    if sum(map(len, texts)) > _MAX_TEXT:
        return Unknown("a very long text")
    return "".join(texts)


# -- stacks -----------------------------------------------------------------------------------------------

# A value that is not plain says by this key what it is.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# What stands for a value that is not known yet, by its type.
_NOT_YET = re.compile(
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9|"  # text
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7|"  # true or false
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421|"  # a number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2|"  # a list
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"  # a mapping
)
_LEVELS = 20  # of a value
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
# The attributes that hold the ID of another resource: its type, and the properties that they may lie in.
_REFERRING = {
    "customer_gateway_id": (CUSTOMER_GATEWAY, ("customerGatewayId", "tunnelOptionsSpecifications")),
    "transit_router_id": (TRANSIT_ROUTER, ("transitRouterId",)),
}


class _State(NamedTuple):
    """One resource of a stack."""

    node: Node  # the object that stands for it
    urn: str
    type: str | None  # Terraform's name for it
    resource: dict[str, Node]
    action: str | None


def read_stack(source: Source) -> Reading:
    """Read a preview or an exported stack. Raises SyntaxFault for text that is not JSON."""
    from vcolint.text.json import parse

    reading = Reading("pulumi-stack", [source.file])
    reading.texts[source.file] = source.text
    document = parse(source)
    top = members(document)
    if "steps" in top:
        states = _planned(top["steps"])
    elif "deployment" in top:
        states = _exported(members(top["deployment"]).get("resources"))
    else:
        message = "not a Pulumi stack: it has neither `steps` nor `deployment`"
        place = source.location(document.start, document.start)
        reading.problems.append(Problem("syntax", message, place))
        return reading
    _Stack(source, reading, states).read()
    return reading


def _exported(resources: Node | None) -> Iterator[_State]:
    """The resources of an exported stack; not those that are about to go."""
    for node in items(resources):
        if not _is_true(members(node).get("delete")):
            yield from _state(node, None)


def _planned(steps: Node) -> Iterable[_State]:
    """The resources that a preview ends with, each once: a replacement takes several steps."""
    states: dict[str, _State] = {}
    gone: set[str | None] = set()
    for step in items(steps):
        fields = members(step)
        operation = text(fields.get("op")) or ""
        if operation in _GONE:
            gone.add(text(fields.get("urn")))
            continue
        for state in _state(fields.get("newState"), _ACTIONS.get(operation)):
            first = states.get(state.urn)
            if first is not None and first.action == "delete-create":
                state = state._replace(action=first.action)
            elif state.action == "create-delete" and state.urn in gone and first is None:
                state = state._replace(action="delete-create")
            states[state.urn] = state
    return states.values()


def _state(node: Node | None, action: str | None) -> Iterator[_State]:
    resource = members(node)
    urn, token = text(resource.get("urn")), text(resource.get("type"))
    if node is not None and urn is not None and token is not None:
        yield _State(node, urn, _type(token), resource, action)


class _Stack:
    def __init__(self, source: Source, reading: Reading, states: Iterable[_State]) -> None:
        self.source = source
        self.reading = reading
        self.states = {state.urn: state for state in states}

    def read(self) -> None:
        surroundings = []
        for state in self.states.values():
            # A resource that is only looked up is not the stack's own.
            if state.type is None or _is_true(state.resource.get("external")):
                continue
            if state.type == ROUTE:
                self._route(state)
            else:
                surroundings.append(
                    Instance(state.urn, state.type, self._known(state), self._place(state.node))
                )
        describe(self.reading.topology, self.source.file, surroundings, self._resolve)

    def _route(self, state: _State) -> None:
        draft = Draft(self.reading, self._place(state.node), state.urn)
        region = self._region(state)
        if region is not None:
            result = _stored(region)
            draft.put(
                "RegionId", result.value, self._place(region), sensitive=result.sensitive, template=False
            )
        parts = [members(state.resource.get(part)) for part in ("inputs", "outputs")]
        for name, field in PULUMI.items():
            given = [(part[name], _stored(part[name])) for part in parts if name in part]
            if not given:
                continue
            # What came out of an input that was not known tells more.
            node, result = next((one for one in given if _is_known(one[1].value)), given[0])
            value = result.value
            if isinstance(value, Unknown) and field in ("VpnConnectionId", "NextHop"):
                value = Unknown(value.reason, self._connection(state, name))
            sensitive = any(one.sensitive for _, one in given)
            draft.put(field, value, self._place(node), sensitive=sensitive, template=False)
        create = members(state.resource.get("customTimeouts")).get("create")
        draft.close(
            action=state.action,
            waits_for=frozenset(islice(self._waits_for(state), MAX_WAITS)),
            create_timeout=None if create is None else _duration(plain(create)),
        )

    def _region(self, state: _State) -> Node | None:
        """The region of the resource's provider, which is named by its URN and its ID."""
        urn = (text(state.resource.get("provider")) or "").rpartition("::")[0]
        provider = self.states.get(urn)
        return None if provider is None else members(provider.resource.get("inputs")).get("region")

    def _known(self, state: _State) -> dict[str, Any]:
        """The properties that are known and may be shown, and the ID."""
        found: dict[str, Any] = {}
        secret: set[str] = set()
        for part in ("outputs", "inputs"):
            for name, node in members(state.resource.get(part)).items():
                result = _stored(node)
                if result.sensitive:
                    secret.add(name)
                elif _is_known(result.value):
                    found[name] = result.value
        identity = text(state.resource.get("id"))
        if identity and not _NOT_YET.search(identity):
            found["id"] = identity
        return _terraform_values({name: value for name, value in found.items() if name not in secret})

    def _depends_on(self, state: _State, name: str) -> list[_State]:
        """The resources that a property rests on."""
        urns = map(text, items(members(state.resource.get("propertyDependencies")).get(name)))
        return [self.states[urn] for urn in urns if urn in self.states]

    def _connection(self, state: _State, name: str) -> Reference | None:
        """The connection that a property stands for: what it rests on, if that is one thing."""
        for _ in range(_MAX_DEPTH):
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

    def _resolve(self, instance: Instance, attribute: str) -> list[Reference | None]:
        state = self.states[instance.address]
        if attribute == "vpn_id":
            return [self._connection(state, "vpnId")]
        kind, names = _REFERRING[attribute]
        return [
            Reference(self.source.file, one.urn)
            for name in names
            for one in self._depends_on(state, name)
            if one.type == kind
        ]

    def _waits_for(self, state: _State) -> Iterator[str]:
        """The addresses of the routes that are made before this one."""
        seen = {state.urn}
        ahead = [state]
        while ahead and len(seen) < MAX_WAITS:
            for urn in map(text, items(ahead.pop().resource.get("dependencies"))):
                if urn is None or urn in seen or urn not in self.states:
                    continue
                seen.add(urn)
                if self.states[urn].type == ROUTE:
                    yield urn
                else:
                    ahead.append(self.states[urn])

    def _place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)


def _is_true(node: Node | None) -> bool:
    return isinstance(node, ScalarNode) and node.value is True


def _is_known(value: Any) -> bool:
    return value is not None and not isinstance(value, Unknown)


def _duration(value: Any) -> float | None:
    """A timeout in seconds: stacks keep seconds, programs write durations."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(min(value, 1e9))
    return seconds(value)


def _stored(node: Node, levels: int = _LEVELS) -> _Result:
    """A value as stacks keep it."""
    if isinstance(node, ScalarNode):
        if isinstance(node.value, str) and _NOT_YET.search(node.value):
            return _Result(Unknown("known after the deployment"))
        return _Result(node.value)
    if not levels:
        return _Result(Unknown("nested too deeply"))
    if isinstance(node, SequenceNode):
        return _together([_stored(item, levels - 1) for item in node.items])
    fields = members(node)
    signature = text(fields.get(_SIGNATURE))
    if signature == _SECRET:
        return _Result(_decrypted(text(fields.get("plaintext"))), True)
    if signature == _OUTPUT:
        secret = _is_true(fields.get("secret"))
        if "value" not in fields:
            return _Result(Unknown("known after the deployment"), secret)
        result = _stored(fields["value"], levels - 1)
        return result._replace(sensitive=result.sensitive or secret)
    if signature is not None:
        return _Result(Unknown("not a plain value"))
    results = {name: _stored(value, levels - 1) for name, value in fields.items()}
    return _Result(
        {name: one.value for name, one in results.items()}, any(one.sensitive for one in results.values())
    )


def _decrypted(written: str | None) -> Any:
    """What a secret holds, if the stack was printed with its secrets: JSON."""
    from json import loads

    if written is None:
        return Unknown("an encrypted secret")
    try:
        return loads(written)
    except (ValueError, RecursionError):
        return Unknown("a secret that is not JSON")
