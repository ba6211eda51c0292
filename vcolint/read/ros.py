"""ROS templates, in YAML or JSON: `ALIYUN::VPC::VcoRouteEntry`.

Functions are evaluated as far as the template alone allows. All other values are unknown, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.draft import ROS
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
    Template,
    address,
    filled,
    join,
    not_understood,
    read_templates,
    split,
    text_of,
)
from vcolint.text.nodes import items, members, plain, scalars, text
from vcolint.text.source import MappingNode, Node, ScalarNode, Source
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

MAX_INSTANCES = 10_000  # in total, for one template

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_COUNTED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::(-?[0-9]{1,9})?)?")


def read(source: Source, is_json: bool) -> Reading:
    """Read a template. Raises SyntaxFault for text that is not YAML, or not JSON."""
    none = say("not a ROS template: it has no ROSTemplateFormatVersion")
    return read_templates(
        _Template, source, is_json, lambda one: "ROSTemplateFormatVersion" in members(one), none
    )


class _Template(Template):
    KIND = "ros"
    RESOURCES = "Resources"
    PROPERTIES = "Properties"
    FIELDS = ROS

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.conditions = members(top.get("Conditions"))
        self.locals = members(top.get("Locals"))
        self.mappings = plain(top["Mappings"]) if "Mappings" in top else {}
        declared = {name: members(node) for name, node in members(top.get("Parameters")).items()}
        self.parameters = {name: self._default(name, one) for name, one in declared.items()}
        self.hidden = {
            name for name, one in declared.items() if str(_plain(one.get("NoEcho"))).lower() == "true"
        }
        self.types = {
            name: _TYPES.get(text(members(node).get("Type")) or "") for name, node in self.resources.items()
        }
        self.left = MAX_INSTANCES
        self.forms = {
            "Ref": lambda argument: self._ref(text(argument)),
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Condition": lambda argument: self.condition(text(argument) or ""),
            "Fn::And": lambda argument: self._all_or_any(argument, deciding=False),
            "Fn::Or": lambda argument: self._all_or_any(argument, deciding=True),
            "Fn::Not": self._not,
        }
        self.functions = {
            "Fn::Length": (lambda value: len(value) if isinstance(value, (list, dict, str)) else WRONG, {1}),
            "Fn::Str": (text_of, {1}),
            "Fn::Equals": (_equals, {2}),
            "Fn::FindInMap": (self._find_in_map, {3}),
            "Fn::Join": (join, {2}),
            "Fn::Select": (_select, {2, 3}),
            "Fn::Split": (split, {2}),
        }

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        workspace = self.top.get("Workspace")
        if workspace is not None and any(ROUTE in (text(one) or "") for one in scalars(workspace)):
            self.unlisted(None, say("vcolint does not read Terraform inside a ROS template"), workspace)
        super().read()

    def indexes(self, name: str, key: ScalarNode) -> list[int | None]:
        resource = members(self.resources[name])
        condition = resource.get("Condition")
        decided = True if condition is None else self.condition(text(condition) or "")
        count = self.count(name) if decided is True else 0
        wanted = 1 if count is None else count
        if isinstance(wanted, int) and wanted > self.left:
            wanted = _too_many()
        for one, node in ((decided, condition), (wanted, resource.get("Count"))):
            if isinstance(one, Unknown):
                if one.reported:
                    self.problem(say("Count must be a number, 0 or more"), node or key)
                if self.types[name] == ROUTE:
                    self.unlisted(name, one.reason, node or key)
                return []
        assert isinstance(wanted, int)
        self.left -= wanted
        return [None] if count is None else list(range(wanted))

    def count(self, name: str) -> int | Unknown | None:
        """A resource's `Count`; None if it has none."""
        node = members(self.resources[name]).get("Count")
        if node is None:
            return None
        value = _whole(self.evaluate_at(None, node))
        if isinstance(value, Unknown):
            return Unknown(say("the Count of {name} is unknown: {reason}", name=name, reason=value.reason))
        if value is None or value < 0:
            return Unknown(say("the Count of {name} is not a number", name=name), reported=True)
        return value if value <= MAX_INSTANCES else _too_many()

    def referred(self, name: str) -> Iterator[str | None]:
        depends = members(self.resources.get(name)).get("DependsOn")
        return map(text, [depends] if isinstance(depends, ScalarNode) else items(depends))

    # -- what expressions refer to ------------------------------------------------------------------------

    def compute(self, node: Node) -> Any:
        called = _call(node)
        if called is not None:
            return self.call(*called)
        return node.value if isinstance(node, ScalarNode) else self.parts(node)

    def _default(self, name: str, declared: dict[str, Node]) -> Any:
        """A parameter's default, as the type that the parameter has."""
        value = _plain(declared.get("Default"))
        if value is None:
            return self.later(say("parameter {name} has no default", name=name), name)
        return _converted(value, text(declared.get("Type")) or "String")

    def _ref(self, name: str | None) -> Any:
        if name is None:
            return Unknown(say("Ref needs a name"))
        if name == "ALIYUN::Index":
            no_index = Unknown(say("ALIYUN::Index has no value without Count"))
            return no_index if self.index is None else self.index
        if name == "ALIYUN::NoValue":
            return None
        if name in self.parameters:
            self.sensitive = self.sensitive or name in self.hidden
            return self.parameters[name]
        if name in self.locals:
            local = members(self.locals[name])
            is_own = "Value" in local and text(local.get("Type")) in (None, "Macro", "Eval")
            return self.named(name, local["Value"]) if is_own else self._later(name)
        return self._later(name) if name.startswith("ALIYUN::") else self._resource(name, None)

    def _later(self, what: str) -> Unknown:
        return self.later(say("known when the stack is created: {what}", what=what), what)

    def _resource(self, name: str, attribute: str | None) -> Any:
        """`Ref` or `Fn::GetAtt` to a resource: a list of the instances if the resource has a `Count`."""
        counted = _COUNTED.fullmatch(name)
        if name not in self.resources and counted and counted[1] in self.resources:
            return self._instance(counted[1], int(counted[2]), attribute)
        if name not in self.resources:
            return Unknown(say("{name} is not in the template", name=name[:60]))
        count = self.count(name)
        if count is None or isinstance(count, Unknown):
            return self._instance(name, None, attribute) if count is None else Unknown(count.reason)
        self.spend(count)
        return [self._instance(name, one, attribute) for one in range(count)]

    def _instance(self, name: str, index: int | None, attribute: str | None) -> Any:
        kind = self.types[name]
        passed_on = members(members(self.resources[name]).get(self.PROPERTIES)).get(attribute or "")
        if passed_on is not None and (kind, attribute) in _PASSED_ON:
            return self.evaluate_at(index, passed_on)
        is_id = attribute is None or _IDS.get(kind or "") == attribute
        return self._later(address(name, index) if is_id else f"{address(name, index)}.{attribute}")

    # -- functions ----------------------------------------------------------------------------------------

    def _get_att(self, argument: Node) -> Any:
        whole = text(argument)
        parts = list(map(text, items(argument))) if whole is None else [*whole.partition(".")[::2]]
        if len(parts) != 2 or parts[0] is None or parts[1] is None:
            return Unknown(say("Fn::GetAtt needs a resource and an attribute"))
        return self._resource(parts[0], parts[1])

    def _sub(self, argument: Node) -> Any:
        parts = [argument] if isinstance(argument, ScalarNode) else items(argument)
        template = text(parts[0]) if parts else None
        own = members(parts[1]) if len(parts) > 1 else {}
        if template is None:
            return not_understood("Fn::Sub")

        def variable(match: re.Match[str]) -> Any:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return self.evaluate(own[name])
            resource, dot, attribute = name.partition(".")
            is_attribute = dot and resource in self.resources
            return self._resource(resource, attribute) if is_attribute else self._ref(name)

        value = filled(template, _VARIABLE, variable)
        return value if isinstance(value, Unknown) else text_of(value)

    def _if(self, argument: Node) -> Any:
        parts = items(argument)
        name = text(parts[0]) if parts else None
        if len(parts) != 3 or name is None:
            return not_understood("Fn::If")
        decided = self.condition(name)
        if isinstance(decided, Unknown):
            return Unknown(decided.reason)
        return self.evaluate(parts[1 if decided else 2])

    def _find_in_map(self, *names: Any) -> Any:
        found: Any = self.mappings
        for name in map(text_of, names):
            found = found.get(name) if isinstance(found, dict) else None
        return WRONG if found is None else found

    def condition(self, name: str) -> bool | Unknown:
        """Whether a condition holds."""
        if name not in self.conditions:
            return Unknown(say("condition {name} is not in the template", name=name[:60]))
        holds = _truth(self.evaluate(self.conditions[name]))
        if isinstance(holds, Unknown):
            return Unknown(say("condition {name} is unknown: {reason}", name=name, reason=holds.reason))
        return holds

    def _truths(self, argument: Node) -> list[bool | Unknown]:
        """Whether each condition in a list holds; a text names one."""
        parts = items(argument) or [argument]
        return [
            _truth(self.evaluate(part)) if (name := _name(part)) is None else self.condition(name)
            for part in parts
        ]

    def _all_or_any(self, argument: Node, *, deciding: bool) -> bool | Unknown:
        """`Fn::And` (one False decides) or `Fn::Or` (one True decides)."""
        truths = self._truths(argument)
        if any(one is deciding for one in truths):
            return deciding
        return next((one for one in truths if isinstance(one, Unknown)), not deciding)

    def _not(self, argument: Node) -> bool | Unknown:
        truths = self._truths(argument)
        if len(truths) != 1:
            return Unknown(say("Fn::Not needs one condition"))
        return truths[0] if isinstance(truths[0], Unknown) else not truths[0]


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
    is_same: bool = left == right
    return is_same if is_same == (left.lower() == right.lower()) else WRONG


def _select(key: Any, values: Any, missing: Any = "") -> Any:
    if isinstance(values, dict):
        return values.get(text_of(key), missing) if not isinstance(key, (list, dict)) else WRONG
    if isinstance(values, str):  # a CommaDelimitedList that was given as text
        values = _converted(values, "CommaDelimitedList")
    if not isinstance(values, list):
        return WRONG
    if isinstance(key, str) and (match := _SLICE.fullmatch(key)):
        start, stop, step = (int(part) if part else None for part in match.groups())
        return values[slice(start, stop, step)] if step != 0 else WRONG
    place = _whole(key)
    if not isinstance(place, int):
        return WRONG
    return values[place] if -len(values) <= place < len(values) else missing


def _call(node: Node) -> tuple[str, Node] | None:
    """The function that a node calls, and its argument: `{Ref: X}`, `{Fn::Join: …}`, `!Join …`."""
    tag = node.tag
    if tag is not None and tag.startswith("!") and len(tag) > 1:
        argument = copy(node)
        argument.tag = None
        return (tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"), argument
    if isinstance(node, MappingNode) and len(node.pairs) == 1 and not node.merged:
        name = text(node.pairs[0][0])
        if name is not None and (name in ("Ref", "Condition") or name.startswith("Fn::")):
            return name, node.pairs[0][1]
    return None


def _too_many() -> Unknown:
    return Unknown(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))


def _plain(node: Node | None) -> Any:
    return None if node is None else plain(node)


def _name(node: Node) -> str | None:
    """The text of a node that calls no function."""
    return text(node) if node.tag is None else None


def _truth(value: Any) -> bool | Unknown:
    return value if isinstance(value, (bool, Unknown)) else Unknown(say("not a condition"))


def _whole(value: Any) -> int | Unknown | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _has_unknown(value: Any) -> bool:
    """Whether a value, or anything in it, is unknown. Lists in lists count as unknown."""
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
