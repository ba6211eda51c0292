"""ROS templates, in YAML or JSON: `ALIYUN::VPC::VcoRouteEntry`.

Functions are evaluated as far as the template alone tells; the rest is unknown, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import documents
from vcolint.read.draft import ROS, Draft
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    ROUTE,
    SSL_SERVER,
    TRANSIT_ROUTER,
)
from vcolint.read.template import Result, Template, filled, joined, listed, mapped, text_of, waits_for
from vcolint.text.nodes import entries, items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Reference, Unknown

_TYPES = {
    "ALIYUN::VPC::VcoRouteEntry": ROUTE,
    "ALIYUN::VPC::VpnAttachment": ATTACHMENT,
    "ALIYUN::VPC::VpnConnection": CONNECTION,
    "ALIYUN::VPC::CustomerGateway": CUSTOMER_GATEWAY,
    "ALIYUN::VPC::SslVpnServer": SSL_SERVER,
    "ALIYUN::CEN::TransitRouter": TRANSIT_ROUTER,
    "ALIYUN::CEN::TransitRouterVpnAttachment": BINDING,
    "ALIYUN::ECS::VPC": "alicloud_vpc",
    "ALIYUN::ECS::VSwitch": "alicloud_vswitch",
}
# The attributes that are the resource's own ID.
_IDS = {
    ATTACHMENT: "VpnConnectionId",
    CONNECTION: "VpnConnectionId",
    CUSTOMER_GATEWAY: "CustomerGatewayId",
    TRANSIT_ROUTER: "TransitRouterId",
}
# The attributes that give back a property.
_PASSED_ON = {(ROUTE, "VpnConnectionId"): "VpnConnectionId", (BINDING, "VpnId"): "VpnId"}

MAX_INSTANCES = 10_000  # of all the resources of one template
_MAX_DEPTH = 60  # of functions in functions, references followed
_MAX_TEXT = 65_536
_MAX_STEPS = 1_000_000  # of evaluation, of the whole template
_INDEX = "ALIYUN::Index"

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_COUNTED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::(-?[0-9]{1,9})?)?")


def read(source: Source, is_json: bool) -> Reading:
    """Read a template. Raises SyntaxFault for text that is not YAML, or not JSON."""
    reading = Reading("ros", [source.file])
    found = documents(source, is_json, reading)
    templates = [one for one in found if "ROSTemplateFormatVersion" in members(one)]
    for template in templates:
        _Template(source, reading, members(template)).read()
    if not templates:
        start = found[0].start if found else 0
        message = say("not a ROS template: it has no ROSTemplateFormatVersion")
        reading.problems.append(Problem("syntax", message, source.location(start, start)))
    return reading


class _Template(Template):
    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top, "Resources", "Properties")
        self.parameters = members(top.get("Parameters"))
        self.locals = members(top.get("Locals"))
        self.mappings = members(top.get("Mappings"))
        self.conditions = members(top.get("Conditions"))
        self.left = MAX_INSTANCES
        self.steps = 0
        self.counts: dict[str, int | Unknown | None] = {}  # None: the resource has no Count
        self._named: dict[str, Result] = {}
        self._decided: dict[str, bool | Unknown] = {}
        self._results: dict[tuple[int, int | None], Result] = {}
        self._indexed: dict[int, bool] = {}  # whether a node's value depends on the index, by its identity
        self._waits: dict[str, frozenset[str]] = {}
        # The function that a node calls, by its identity. It keeps the arguments alive: results go by theirs.
        self._calls: dict[int, tuple[str, Node] | None] = {}
        self._functions: dict[str, Callable[[list[Result]], Any]] = {
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Join": self._join,
            "Fn::Length": self._length,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Str": self._str,
        }

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        workspace = self.top.get("Workspace")
        if workspace is not None and any(ROUTE in (text(one) or "") for one in scalars(workspace)):
            self.unlisted(None, say("vcolint does not read Terraform inside a ROS template"), workspace)
        keys: dict[str, ScalarNode] = {}
        instances: list[tuple[str, Node, str, int | None]] = []
        for name, key, node in self.each_resource():
            keys[name] = key
            resource = members(node)
            kind = _TYPES.get(text(resource.get("Type")) or "")
            if kind is not None:
                for index in self._indexes(name, key, resource, kind == ROUTE):
                    instances.append((name, node, kind, index))
        routes: dict[str, list[str]] = {}
        for name, _, kind, index in instances:
            if kind == ROUTE:
                routes.setdefault(name, []).append(_address(name, index))
        for name, node, kind, index in instances:
            if kind == ROUTE:
                self._route(name, keys[name], node, index, routes)
        self.describe(
            (_address(name, index), kind, node, self._evaluator(index))
            for name, node, kind, index in instances
            if kind != ROUTE
        )

    def _evaluator(self, index: int | None) -> Callable[[Node], Result]:
        return lambda node: self._evaluate(node, index, 0)

    def _indexes(
        self, name: str, key: ScalarNode, resource: dict[str, Node], route: bool
    ) -> list[int | None]:
        """The index of each instance of a resource; None for a resource without `Count`."""
        condition = resource.get("Condition")
        if condition is not None:
            decided = self._condition(text(condition) or "", 0)
            if isinstance(decided, Unknown):
                if route:
                    self.unlisted(name, decided.reason, condition)
                return []
            if not decided:
                return []
        count = self._count(name, 0)
        if count is None:
            wanted = 1
        elif isinstance(count, Unknown):
            if route:
                self.unlisted(name, count.reason, resource["Count"])
            return []
        else:
            wanted = count
        if wanted > self.left:
            if route:
                self.unlisted(
                    name,
                    say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES),
                    resource.get("Count", key),
                )
            return []
        self.left -= wanted
        return [None] if count is None else list(range(wanted))

    def _count(self, name: str, depth: int) -> int | Unknown | None:
        """A resource's `Count`; None if it has none."""
        if name not in self.counts:
            self.counts[name] = Unknown(say("the Count of {name} refers to itself", name=name))
            node = members(self.resources.get(name)).get("Count")
            self.counts[name] = None if node is None else self._count_of(name, node, depth)
        return self.counts[name]

    def _count_of(self, name: str, node: Node, depth: int) -> int | Unknown:
        value = _whole(self._evaluate(node, None, depth).value)
        if isinstance(value, Unknown):
            return Unknown(say("the Count of {name} is unknown: {reason}", name=name, reason=value.reason))
        if value is None or value < 0:
            self.problem(say("Count must be a number, 0 or more"), node)
            return Unknown(say("the Count of {name} is not a number", name=name), reported=True)
        return value

    def _route(
        self, name: str, key: ScalarNode, node: Node, index: int | None, routes: dict[str, list[str]]
    ) -> None:
        draft = Draft(self.reading, self.place(key), _address(name, index))
        resource = members(node)
        properties = resource.get("Properties")
        if properties is not None and not isinstance(properties, MappingNode):
            draft.problem(say("Properties must be a mapping"), self.place(properties))
        self.put(draft, properties, ROS, self._evaluator(index), lambda node: node.tag is None)
        if name not in self._waits:
            self._waits[name] = waits_for(name, self._depends, routes)
        draft.close(waits_for=self._waits[name], last_line=self.last_line(draft, node))

    def _depends(self, name: str) -> Iterator[str | None]:
        """The resources that a resource names as those to be made before it."""
        depends = members(self.resources.get(name)).get("DependsOn")
        return map(text, [depends] if isinstance(depends, ScalarNode) else items(depends))

    # -- expressions --------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, index: int | None, depth: int) -> Result:
        """The value of a property, for one index of `Count`."""
        if index is not None and not self._depends_on_index(node):
            index = None
        key = id(node), index
        result = self._results.get(key)
        self.steps += 1
        if result is None:
            if depth > _MAX_DEPTH:
                return Result(Unknown(say("nested too deeply")))
            if self.steps > _MAX_STEPS:
                return Result(Unknown(say("too much to evaluate")))
            if len(self._results) > 100_000:
                self._results.clear()
            result = self._results[key] = self._compute(node, index, depth + 1)
            self.steps += _size(result.value)
        return result

    def _depends_on_index(self, node: Node) -> bool:
        found = self._indexed.get(id(node))
        if found is None:
            found = any(_INDEX in (text(one) or "") for one in scalars(node))
            self._indexed[id(node)] = found
        return found

    def _call(self, node: Node) -> tuple[str, Node] | None:
        if id(node) not in self._calls:
            self._calls[id(node)] = _call(node)
        return self._calls[id(node)]

    def _compute(self, node: Node, index: int | None, depth: int) -> Result:
        call = self._call(node)
        if call is not None:
            return self._function(*call, index, depth)
        if isinstance(node, ScalarNode):
            return Result(node.value)
        if isinstance(node, SequenceNode):
            return listed([self._evaluate(item, index, depth) for item in node.items])
        return mapped({text(name): self._evaluate(value, index, depth) for name, value in entries(node)})

    def _function(self, name: str, argument: Node, index: int | None, depth: int) -> Result:
        if name == "Ref":
            return self._ref(text(argument), index, depth)
        if name == "Fn::GetAtt":
            return self._get_att(argument, index, depth)
        if name == "Fn::Sub":
            return self._sub(argument, index, depth)
        if name == "Fn::If":
            return self._if(argument, index, depth)
        if name in ("Condition", "Fn::And", "Fn::Or", "Fn::Not"):
            return Result(self._decide(name, argument, depth))
        function = self._functions.get(name)
        if function is None:
            return Result(Unknown(say("vcolint does not evaluate {name}", name=name[:60])))
        if name == "Fn::Length" or name == "Fn::Str":
            arguments = [self._evaluate(argument, index, depth)]
        else:
            arguments = [self._evaluate(item, index, depth) for item in items(argument)]
        for one in arguments:
            if isinstance(one.value, Unknown):
                # A list of one thing that is not known is not that thing.
                return Result(Unknown(one.value.reason), one.sensitive)
        value = function(arguments)
        if value is _WRONG:
            value = Unknown(say("vcolint does not understand {name} with these arguments", name=name))
        return Result(value, any(one.sensitive for one in arguments))

    def _ref(self, name: str | None, index: int | None, depth: int) -> Result:
        if name is None:
            return Result(Unknown(say("Ref needs a name")))
        if name == _INDEX:
            return Result(
                Unknown(say("ALIYUN::Index has no value without Count")) if index is None else index
            )
        if name == "ALIYUN::NoValue":
            return Result(None)
        if name in self.parameters:
            return self._parameter(name)
        if name in self.locals:
            return self._local(name, depth)
        if name.startswith("ALIYUN::"):
            return Result(self._later(name))
        return self._resource(name, None, index, depth)

    def _later(self, what: str) -> Unknown:
        return Unknown(
            say("known when the stack is created: {what}", what=what), Reference(self.source.file, what)
        )

    def _parameter(self, name: str) -> Result:
        result = self._named.get(name)
        if result is None:
            declared = members(self.parameters[name])
            default = declared.get("Default")
            value = None if default is None else plain(default)
            if value is None:
                reason = say("parameter {name} has no default", name=name)
                value = Unknown(reason, Reference(self.source.file, name))
            else:
                value = _converted(value, text(declared.get("Type")) or "String")
            hidden = declared.get("NoEcho")
            sensitive = isinstance(hidden, ScalarNode) and str(hidden.value).lower() == "true"
            result = self._named[name] = Result(value, sensitive)
        return result

    def _local(self, name: str, depth: int) -> Result:
        result = self._named.get(name)
        if result is None:
            self._named[name] = Result(Unknown(say("{name} refers to itself", name=name)))
            declared = members(self.locals[name])
            value = declared.get("Value")
            if value is None or text(declared.get("Type")) not in (None, "Macro", "Eval"):
                result = Result(self._later(name))
            else:
                result = self._evaluate(value, None, depth)
            self._named[name] = result
        return result

    def _resource(self, name: str, attribute: str | None, index: int | None, depth: int) -> Result:
        """`Ref` or `Fn::GetAtt` to a resource: a list of the instances where it has a `Count`."""
        counted = _COUNTED.fullmatch(name)
        if name not in self.resources and counted and counted[1] in self.resources:
            return self._instance(counted[1], int(counted[2]), attribute, depth)
        if name not in self.resources:
            return Result(Unknown(say("{name} is not in the template", name=name[:60])))
        count = self._count(name, depth)
        if count is None:
            return self._instance(name, None, attribute, depth)
        if isinstance(count, Unknown):
            return Result(count)
        if count > MAX_INSTANCES:
            return Result(
                Unknown(
                    say(
                        "{name} has more than {MAX_INSTANCES} instances",
                        name=name,
                        MAX_INSTANCES=MAX_INSTANCES,
                    )
                )
            )
        key = f"{name}.{attribute}" if attribute else name
        result = self._named.get(key)
        if result is None:
            results = [self._instance(name, one, attribute, depth) for one in range(count)]
            result = self._named[key] = listed(results)
        return result

    def _instance(self, name: str, index: int | None, attribute: str | None, depth: int) -> Result:
        resource = members(self.resources[name])
        kind = _TYPES.get(text(resource.get("Type")) or "")
        if kind is not None and attribute is not None:
            if (kind, attribute) in _PASSED_ON:
                property_node = members(resource.get("Properties")).get(_PASSED_ON[kind, attribute])
                if property_node is not None:
                    return self._evaluate(property_node, index, depth)
            if _IDS.get(kind) == attribute:
                attribute = None
        address = _address(name, index)
        return Result(self._later(f"{address}.{attribute}" if attribute else address))

    def _get_att(self, argument: Node, index: int | None, depth: int) -> Result:
        if isinstance(argument, ScalarNode):
            name, _, attribute = (text(argument) or "").partition(".")
        else:
            parts = [self._evaluate(item, index, depth).value for item in items(argument)]
            if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
                return Result(Unknown(say("Fn::GetAtt needs a resource and an attribute")))
            name, attribute = parts
        return self._resource(name, attribute, index, depth)

    def _sub(self, argument: Node, index: int | None, depth: int) -> Result:
        template, own = text(argument), {}
        if template is None:
            parts = items(argument)
            template = text(parts[0]) if parts else None
            own = members(parts[1]) if len(parts) > 1 else {}
        if template is None:
            return Result(Unknown(say("vcolint does not understand Fn::Sub with these arguments")))

        def variable(name: str) -> Result:
            if name in own:
                return self._evaluate(own[name], index, depth)
            resource, dot, attribute = name.partition(".")
            if dot and resource in self.resources:
                return self._resource(resource, attribute, index, depth)
            return self._ref(name, index, depth)

        whole = _VARIABLE.fullmatch(template)
        if whole and not whole[1].startswith("!"):
            result = variable(whole[1].strip())
            if isinstance(result.value, Unknown):
                return result

        def part(match: re.Match[str]) -> Result:
            name = match[1].strip()
            return Result(f"${{{name[1:]}}}") if name.startswith("!") else variable(name)

        return filled(template, _VARIABLE, part, _MAX_TEXT)

    def _if(self, argument: Node, index: int | None, depth: int) -> Result:
        parts = items(argument)
        name = text(parts[0]) if parts else None
        if len(parts) != 3 or name is None:
            return Result(Unknown(say("vcolint does not understand Fn::If with these arguments")))
        decided = self._condition(name, depth)
        if isinstance(decided, Unknown):
            return Result(Unknown(decided.reason))
        return self._evaluate(parts[1 if decided else 2], index, depth)

    # -- conditions ---------------------------------------------------------------------------------------

    def _condition(self, name: str, depth: int) -> bool | Unknown:
        if name not in self.conditions:
            return Unknown(say("condition {name} is not in the template", name=name[:60]))
        decided = self._decided.get(name)
        if decided is None:
            self._decided[name] = Unknown(say("condition {name} refers to itself", name=name))
            decided = self._truth(self.conditions[name], depth)
            if isinstance(decided, Unknown):
                decided = Unknown(
                    say("condition {name} is unknown: {reason}", name=name, reason=decided.reason)
                )
            self._decided[name] = decided
        return decided

    def _truth(self, node: Node, depth: int) -> bool | Unknown:
        """Whether a condition holds; text names another one."""
        name = text(node)
        if name is not None and self._call(node) is None:
            if name in self.conditions:
                return self._condition(name, depth)
            value: Any = name
        else:
            value = self._evaluate(node, None, depth).value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        return value if isinstance(value, (bool, Unknown)) else Unknown(say("not a condition"))

    def _decide(self, name: str, argument: Node, depth: int) -> bool | Unknown:
        if name == "Condition":
            return self._condition(text(argument) or "", depth)
        parts = items(argument) if isinstance(argument, SequenceNode) else [argument]
        if depth > _MAX_DEPTH:
            return Unknown(say("nested too deeply"))
        truths = [self._truth(part, depth) for part in parts]
        unknown = next((one for one in truths if isinstance(one, Unknown)), None)
        if name == "Fn::Not":
            if len(truths) != 1:
                return Unknown(say("Fn::Not needs one condition"))
            return unknown if unknown is not None else not truths[0]
        deciding = name == "Fn::Or"
        if any(one is deciding for one in truths):
            return deciding
        return unknown if unknown is not None else not deciding

    # -- functions of known arguments ---------------------------------------------------------------------

    def _equals(self, arguments: list[Result]) -> Any:
        if len(arguments) != 2:
            return _WRONG
        left, right = (one.value for one in arguments)
        if _has_unknown(left) or _has_unknown(right):
            return Unknown(say("compares unknown values"))
        if type(left) is not type(right):
            # "100" and 100: a parameter is one or the other, by its type.
            left, right = text_of(left), text_of(right)
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return _WRONG
            if left.lower() != right.lower():
                return False
            return True if left == right else _WRONG
        return bool(left == right)

    def _find_in_map(self, arguments: list[Result]) -> Any:
        names = [text_of(one.value) for one in arguments]
        if len(names) != 3 or any(isinstance(name, Unknown) for name in names):
            return _WRONG
        found: Node | None = self.mappings.get(str(names[0]))
        for name in names[1:]:
            pairs = found.pairs if isinstance(found, MappingNode) else []
            found = next((value for key, value in pairs if _key_text(key) == name), None)
        return _WRONG if found is None else plain(found)

    def _join(self, arguments: list[Result]) -> Any:
        if len(arguments) != 2:
            return _WRONG
        delimiter, parts = (one.value for one in arguments)
        if not isinstance(delimiter, str) or not isinstance(parts, list):
            return _WRONG
        return joined(delimiter, parts, _MAX_TEXT)

    def _length(self, arguments: list[Result]) -> Any:
        value = arguments[0].value
        return len(value) if isinstance(value, (list, dict, str)) else _WRONG

    def _select(self, arguments: list[Result]) -> Any:
        if len(arguments) not in (2, 3):
            return _WRONG
        key, values = arguments[0].value, arguments[1].value
        missing = arguments[2].value if len(arguments) == 3 else ""
        if isinstance(values, dict):
            return values.get(text_of(key), missing) if not isinstance(key, (list, dict)) else _WRONG
        if isinstance(values, str):  # a CommaDelimitedList that was given as text
            values = [part.strip() for part in values.split(",")]
        if not isinstance(values, list):
            return _WRONG
        if isinstance(key, str) and (match := _SLICE.fullmatch(key)):
            start, stop, step = (int(part) if part else None for part in match.groups())
            return values[slice(start, stop, step)] if step != 0 else _WRONG
        place = _whole(key)
        if place is None or isinstance(place, Unknown):
            return _WRONG
        return values[place] if -len(values) <= place < len(values) else missing

    def _split(self, arguments: list[Result]) -> Any:
        if len(arguments) != 2:
            return _WRONG
        delimiter, value = (one.value for one in arguments)
        if not isinstance(delimiter, str) or not delimiter or not isinstance(value, str):
            return _WRONG
        return value.split(delimiter)

    def _str(self, arguments: list[Result]) -> Any:
        return text_of(arguments[0].value)


_WRONG = object()  # arguments that a function does not take


def _size(value: Any) -> int:
    """What keeping a value costs, in steps."""
    return (
        len(value) // 64 if isinstance(value, str) else len(value) if isinstance(value, (list, dict)) else 0
    )


def _address(name: str, index: int | None) -> str:
    return name if index is None else f"{name}[{index}]"


def _call(node: Node) -> tuple[str, Node] | None:
    """The function that a node calls, and its argument: `{Ref: X}`, `{Fn::Join: …}`, `!Join …`."""
    tag = node.tag
    if tag is not None and tag.startswith("!") and len(tag) > 1:
        return (tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"), _untagged(node)
    if isinstance(node, MappingNode) and len(node.pairs) == 1 and not node.merged:
        name = text(node.pairs[0][0])
        if name is not None and (name in ("Ref", "Condition") or name.startswith("Fn::")):
            return name, node.pairs[0][1]
    return None


def _untagged(node: Node) -> Node:
    if isinstance(node, ScalarNode):
        return ScalarNode(node.value, node.start, node.end, None, node.plain)
    if isinstance(node, SequenceNode):
        return SequenceNode(node.items, node.start, node.end)
    return MappingNode(node.pairs, node.start, node.end, None, node.merged)


def _key_text(key: Node) -> str | None:
    written = text_of(key.value) if isinstance(key, ScalarNode) else None
    return written if isinstance(written, str) else None


def _whole(value: Any) -> int | Unknown | None:
    """A whole number, also as text; None if it is none."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _has_unknown(value: Any) -> bool:
    """Whether a value, or anything in it, is not known. Lists in lists are taken for not known."""
    if isinstance(value, (list, dict)):
        parts = value.values() if isinstance(value, dict) else value
        return any(isinstance(part, (Unknown, list, dict)) for part in parts)
    return isinstance(value, Unknown)


def _converted(value: Any, kind: str) -> Any:
    """A parameter's default as the type that the parameter has."""
    if kind == "CommaDelimitedList" and isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    if kind == "Number":
        whole = _whole(value)
        return value if whole is None else whole
    if kind == "Boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "Json" and isinstance(value, str):
        from json import loads

        try:
            return loads(value)
        except (ValueError, RecursionError):
            return Unknown(say("a default that is not JSON"))
    if kind == "String" and isinstance(value, (int, bool)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
