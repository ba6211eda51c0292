"""ROS templates, in YAML or JSON: `ALIYUN::VPC::VcoRouteEntry`.

Functions are evaluated as far as the template alone tells; the rest is unknown, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
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
from vcolint.read.template import (
    WRONG,
    Result,
    Template,
    filled,
    join,
    listed,
    split,
    text_of,
    unknown,
    waits_for,
)
from vcolint.text.nodes import items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Unknown

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
# The attributes that give back a property of the same name.
_PASSED_ON = {(ROUTE, "VpnConnectionId"), (BINDING, "VpnId")}

MAX_INSTANCES = 10_000  # of all the resources of one template
_INDEX = "ALIYUN::Index"

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_COUNTED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::(-?[0-9]{1,9})?)?")


def read(source: Source, is_json: bool) -> Reading:
    """Read a template. Raises SyntaxFault for text that is not YAML, or not JSON."""
    reading = Reading("ros", [source.file])
    found = trees(source, is_json, reading)
    templates = [one for one in found if "ROSTemplateFormatVersion" in members(one)]
    for template in templates:
        _Template(source, reading, members(template)).read()
    if not templates:
        start = found[0].start if found else 0
        message = say("not a ROS template: it has no ROSTemplateFormatVersion")
        reading.problems.append(Problem("syntax", message, source.location(start, start)))
    return reading


class _Expressions(Template):
    """A template, as far as its expressions have values."""

    RESOURCES = "Resources"
    PROPERTIES = "Properties"

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.parameters = members(top.get("Parameters"))
        self.locals = members(top.get("Locals"))
        self.conditions = members(top.get("Conditions"))
        self.types = {
            name: _TYPES.get(text(members(node).get("Type")) or "") for name, node in self.resources.items()
        }
        # The function that a node calls, by its identity. This keeps the arguments alive: results are kept by
        # their identities too.
        self._calls: dict[int, tuple[str, Node] | None] = {}

    def is_literal(self, node: ScalarNode) -> bool:
        return node.tag is None

    def uses_index(self, node: Node) -> bool:
        return self.once(("index", id(node)), False, _names_index, node)

    def compute(self, node: Node) -> Result:
        call = self._call(node)
        if call is not None:
            return self._function(*call)
        return Result(node.value) if isinstance(node, ScalarNode) else self.parts(node)

    def _call(self, node: Node) -> tuple[str, Node] | None:
        if id(node) not in self._calls:
            self._calls[id(node)] = _call(node)
        return self._calls[id(node)]

    def _function(self, name: str, argument: Node) -> Result:
        if name == "Ref":
            return self._ref(text(argument))
        if name == "Fn::GetAtt":
            return self._get_att(argument)
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::If":
            return self._if(argument)
        if name in ("Condition", "Fn::And", "Fn::Or", "Fn::Not"):
            return Result(self._decide(name, argument))
        if name in _OF_ONE:
            return self.call(name, _OF_ONE[name], [argument], 1)
        arguments = items(argument)
        if name == "Fn::FindInMap":
            return self.call(name, self._find_in_map, arguments, 3)
        if name == "Fn::Select":
            return self.call(name, _select, arguments, 2, 3)
        if name in _OF_TWO:
            return self.call(name, _OF_TWO[name], arguments, 2)
        return unknown(say("vcolint does not evaluate {name}", name=name[:60]))

    def _ref(self, name: str | None) -> Result:
        if name is None:
            return unknown(say("Ref needs a name"))
        if name == _INDEX:
            if self.index is None:
                return unknown(say("ALIYUN::Index has no value without Count"))
            return Result(self.index)
        if name == "ALIYUN::NoValue":
            return Result(None)
        if name in self.parameters:
            return self._parameter(name)
        if name in self.locals:
            itself = unknown(say("{name} refers to itself", name=name))
            return self.once(("local", name), itself, self._local, name)
        if name.startswith("ALIYUN::"):
            return self._later(name)
        return self._resource(name, None)

    def _later(self, what: str) -> Result:
        return Result(self.later(say("known when the stack is created: {what}", what=what), what))

    def _parameter(self, name: str) -> Result:
        declared = members(self.parameters[name])
        default = declared.get("Default")
        value = None if default is None else plain(default)
        if value is None:
            value = self.later(say("parameter {name} has no default", name=name), name)
        else:
            value = _converted(value, text(declared.get("Type")) or "String")
        hidden = declared.get("NoEcho")
        return Result(value, isinstance(hidden, ScalarNode) and str(hidden.value).lower() == "true")

    def _local(self, name: str) -> Result:
        declared = members(self.locals[name])
        value = declared.get("Value")
        if value is None or text(declared.get("Type")) not in (None, "Macro", "Eval"):
            return self._later(name)
        return self.evaluate_at(None, value)

    def _resource(self, name: str, attribute: str | None) -> Result:
        """`Ref` or `Fn::GetAtt` to a resource: a list of the instances where it has a `Count`."""
        counted = _COUNTED.fullmatch(name)
        if name not in self.resources and counted and counted[1] in self.resources:
            return self._instance(counted[1], int(counted[2]), attribute)
        if name not in self.resources:
            return unknown(say("{name} is not in the template", name=name[:60]))
        count = self.count(name)
        if count is None:
            return self._instance(name, None, attribute)
        if isinstance(count, Unknown):
            return Result(count)
        if count > MAX_INSTANCES:
            message = say(
                "{name} has more than {MAX_INSTANCES} instances", name=name, MAX_INSTANCES=MAX_INSTANCES
            )
            return unknown(message)
        itself = unknown(say("refers to itself"))
        return self.once(("instances", name, attribute), itself, self._instances, name, count, attribute)

    def _instances(self, name: str, count: int, attribute: str | None) -> Result:
        return listed([self._instance(name, one, attribute) for one in range(count)])

    def _instance(self, name: str, index: int | None, attribute: str | None) -> Result:
        kind = self.types[name]
        if attribute is not None and (kind, attribute) in _PASSED_ON:
            node = members(members(self.resources[name]).get(self.PROPERTIES)).get(attribute)
            if node is not None:
                return self.evaluate_at(index, node)
        address = _address(name, index)
        is_id = attribute is None or (kind is not None and _IDS.get(kind) == attribute)
        return self._later(address if is_id else f"{address}.{attribute}")

    def _get_att(self, argument: Node) -> Result:
        if isinstance(argument, ScalarNode):
            name, _, attribute = (text(argument) or "").partition(".")
        else:
            parts = [self.evaluate(item).value for item in items(argument)]
            if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
                return unknown(say("Fn::GetAtt needs a resource and an attribute"))
            name, attribute = parts
        return self._resource(name, attribute)

    def _sub(self, argument: Node) -> Result:
        parts = [argument] if isinstance(argument, ScalarNode) else items(argument)
        template = text(parts[0]) if parts else None
        own = members(parts[1]) if len(parts) > 1 else {}
        if template is None:
            return unknown(say("vcolint does not understand Fn::Sub with these arguments"))

        def variable(match: re.Match[str]) -> Result:
            name = match[1].strip()
            if name.startswith("!"):
                return Result(f"${{{name[1:]}}}")
            if name in own:
                return self.evaluate(own[name])
            resource, dot, attribute = name.partition(".")
            return (
                self._resource(resource, attribute) if dot and resource in self.resources else self._ref(name)
            )

        whole = _VARIABLE.fullmatch(template)
        if whole:
            result = variable(whole)
            if isinstance(result.value, Unknown):
                return result
        return filled(template, _VARIABLE, variable)

    def _if(self, argument: Node) -> Result:
        parts = items(argument)
        name = text(parts[0]) if parts else None
        if len(parts) != 3 or name is None:
            return unknown(say("vcolint does not understand Fn::If with these arguments"))
        decided = self.condition(name)
        if isinstance(decided, Unknown):
            return unknown(decided.reason)
        return self.evaluate(parts[1 if decided else 2])

    def _find_in_map(self, *names: Any) -> Any:
        found: Node | None = self.top.get("Mappings")
        for name in map(text_of, names):
            pairs = found.pairs if isinstance(found, MappingNode) else []
            found = next((value for key, value in pairs if _is_key(key, name)), None)
        return WRONG if found is None else plain(found)

    def count(self, name: str) -> int | Unknown | None:
        """A resource's `Count`; None if it has none."""
        itself: int | Unknown | None = Unknown(say("the Count of {name} refers to itself", name=name))
        return self.once(("count", name), itself, self._count_of, name)

    def _count_of(self, name: str) -> int | Unknown | None:
        node = members(self.resources.get(name)).get("Count")
        if node is None:
            return None
        value = _whole(self.evaluate_at(None, node).value)
        if isinstance(value, Unknown):
            return Unknown(say("the Count of {name} is unknown: {reason}", name=name, reason=value.reason))
        if value is None or value < 0:
            self.problem(say("Count must be a number, 0 or more"), node)
            return Unknown(say("the Count of {name} is not a number", name=name), reported=True)
        return value

    # -- conditions ---------------------------------------------------------------------------------------

    def condition(self, name: str) -> bool | Unknown:
        if name not in self.conditions:
            return Unknown(say("condition {name} is not in the template", name=name[:60]))
        itself: bool | Unknown = Unknown(say("condition {name} refers to itself", name=name))
        return self.once(("condition", name), itself, self._decided, name)

    def _decided(self, name: str) -> bool | Unknown:
        decided = self._truth(self.conditions[name])
        if isinstance(decided, Unknown):
            return Unknown(say("condition {name} is unknown: {reason}", name=name, reason=decided.reason))
        return decided

    def _truth(self, node: Node) -> bool | Unknown:
        """Whether a condition holds; text names another one."""
        name = text(node)
        if name is not None and self._call(node) is None:
            if name in self.conditions:
                return self.condition(name)
            value: Any = name
        else:
            value = self.evaluate_at(None, node).value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        return value if isinstance(value, (bool, Unknown)) else Unknown(say("not a condition"))

    def _decide(self, name: str, argument: Node) -> bool | Unknown:
        """Whether `Condition`, `Fn::And`, `Fn::Or` or `Fn::Not` holds."""
        if name == "Condition":
            return self.condition(text(argument) or "")
        parts = items(argument) if isinstance(argument, SequenceNode) else [argument]
        truths = [self._truth(part) for part in parts]
        not_known = next((one for one in truths if isinstance(one, Unknown)), None)
        if name == "Fn::Not":
            if len(truths) != 1:
                return Unknown(say("Fn::Not needs one condition"))
            return not truths[0] if not_known is None else not_known
        deciding = name == "Fn::Or"
        if any(one is deciding for one in truths):
            return deciding
        return not deciding if not_known is None else not_known


class _Template(_Expressions):
    """A template, as far as its resources become entries."""

    left = MAX_INSTANCES

    def read(self) -> None:
        workspace = self.top.get("Workspace")
        if workspace is not None and any(ROUTE in (text(one) or "") for one in scalars(workspace)):
            self.unlisted(None, say("vcolint does not read Terraform inside a ROS template"), workspace)
        instances = [
            (name, key, index) for name, key in self.each_resource() for index in self._indexes(name, key)
        ]
        routes: dict[str, list[str]] = {}
        for name, _, index in instances:
            if self.types[name] == ROUTE:
                routes.setdefault(name, []).append(_address(name, index))
        for name, key, index in instances:
            if self.types[name] == ROUTE:
                self._route(name, key, index, routes)
        self.describe(
            (_address(name, index), kind, self.resources[name], index)
            for name, _, index in instances
            if (kind := self.types[name]) is not None and kind != ROUTE
        )

    def _indexes(self, name: str, key: ScalarNode) -> list[int | None]:
        """The index of each instance of a resource; None for a resource without `Count`."""
        kind, resource = self.types[name], members(self.resources[name])
        if kind is None:
            return []
        condition = resource.get("Condition")
        decided = True if condition is None else self.condition(text(condition) or "")
        count = self.count(name) if decided is True else 0
        wanted = 1 if count is None else count
        if isinstance(wanted, int) and wanted > self.left:
            wanted = Unknown(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))
        for one, node in ((decided, condition), (wanted, resource.get("Count"))):
            if isinstance(one, Unknown):
                if kind == ROUTE:
                    self.unlisted(name, one.reason, node or key)
                return []
        assert isinstance(wanted, int)
        self.left -= wanted
        return [None] if count is None else list(range(wanted))

    def _route(self, name: str, key: ScalarNode, index: int | None, routes: dict[str, list[str]]) -> None:
        draft = Draft(self.reading, self.place(key), _address(name, index))
        properties = members(self.resources[name]).get(self.PROPERTIES)
        if properties is not None and not isinstance(properties, MappingNode):
            draft.problem(say("Properties must be a mapping"), self.place(properties))
        self.index = index
        self.put(draft, properties, ROS)
        self.index = None
        waits = self.once(("waits", name), frozenset[str](), waits_for, name, self._depends, routes)
        draft.close(waits_for=waits, last_line=self.last_line(draft, name))

    def _depends(self, name: str) -> Iterator[str | None]:
        """The resources that a resource names as those to be made before it."""
        depends = members(self.resources.get(name)).get("DependsOn")
        return map(text, [depends] if isinstance(depends, ScalarNode) else items(depends))


# -- functions of known values ----------------------------------------------------------------------------


def _equals(left: Any, right: Any) -> Any:
    if _has_unknown(left) or _has_unknown(right):
        return Unknown(say("compares unknown values"))
    if type(left) is type(right):
        return bool(left == right)
    # "100" and 100: a parameter is one or the other, by its type.
    left, right = text_of(left), text_of(right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return WRONG
    if left.lower() != right.lower():
        return False
    return True if left == right else WRONG


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, (list, dict, str)) else WRONG


def _select(key: Any, values: Any, missing: Any = "") -> Any:
    if isinstance(values, dict):
        return values.get(text_of(key), missing) if not isinstance(key, (list, dict)) else WRONG
    if isinstance(values, str):  # a CommaDelimitedList that was given as text
        values = [part.strip() for part in values.split(",")]
    if not isinstance(values, list):
        return WRONG
    if isinstance(key, str) and (match := _SLICE.fullmatch(key)):
        start, stop, step = (int(part) if part else None for part in match.groups())
        return values[slice(start, stop, step)] if step != 0 else WRONG
    place = _whole(key)
    if not isinstance(place, int):
        return WRONG
    return values[place] if -len(values) <= place < len(values) else missing


_OF_ONE: dict[str, Callable[[Any], Any]] = {"Fn::Length": _length, "Fn::Str": text_of}
_OF_TWO: dict[str, Callable[[Any, Any], Any]] = {"Fn::Equals": _equals, "Fn::Join": join, "Fn::Split": split}


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


def _names_index(node: Node) -> bool:
    """Whether an expression uses the index of an instance."""
    return any(_INDEX in (text(one) or "") for one in scalars(node))


def _is_key(key: Node, name: str | Unknown) -> bool:
    """Whether a key of a mapping is that name, also as a number."""
    return isinstance(name, str) and isinstance(key, ScalarNode) and text_of(key.value) == name


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
    if kind == "String" and isinstance(value, int):
        return text_of(value)
    return value
