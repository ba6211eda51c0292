"""ROS templates, in YAML or JSON: `ALIYUN::VPC::VcoRouteEntry`.

Functions are evaluated as far as the template alone allows. All other values are unknown, with a reason.
"""

from __future__ import annotations

import re
from copy import copy
from json import loads
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read import instances
from vcolint.read.draft import ROS
from vcolint.read.template import (
    WRONG,
    Template,
    filled,
    join,
    not_understood,
    read_templates,
    text_of,
    whole_number,
)
from vcolint.text.nodes import items, members, plain, text
from vcolint.text.source import MappingNode, Node, ScalarNode, Source
from vcolint.text.value import Unknown

_TYPES = {
    "ALIYUN::VPC::VcoRouteEntry": instances.ROUTE,
    "ALIYUN::VPC::VpnAttachment": instances.ATTACHMENT,
    "ALIYUN::VPC::VpnConnection": instances.CONNECTION,
    "ALIYUN::VPC::CustomerGateway": instances.CUSTOMER_GATEWAY,
    "ALIYUN::VPC::SslVpnServer": instances.SSL_SERVER,
    "ALIYUN::CEN::TransitRouter": instances.TRANSIT_ROUTER,
    "ALIYUN::CEN::TransitRouterVpnAttachment": instances.BINDING,
    "ALIYUN::ECS::VPC": "alicloud_vpc",
    "ALIYUN::ECS::VSwitch": "alicloud_vswitch",
}
MAX_INSTANCES = 10_000  # in total, for one template

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_COUNTED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)


def read(source: Source, is_json: bool) -> Reading:
    """Read a template. Raises SyntaxFault for text that is not YAML, or not JSON."""
    none = say("not a ROS template: it has no ROSTemplateFormatVersion")
    return read_templates(
        _Template, source, is_json, lambda one: "ROSTemplateFormatVersion" in members(one), none
    )


class _Template(Template):
    KIND = "ros"
    FIELDS = ROS

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        super().__init__(source, reading, top)
        self.declare("Resources", "Type", "Properties", _TYPES.get)
        inside = say("vcolint does not read Terraform inside a ROS template")
        self.pass_over(top.get("Workspace"), instances.ROUTE, inside)
        self.conditions = members(top.get("Conditions"))
        self.mappings = _plain(top.get("Mappings"))
        declared = {name: members(node) for name, node in members(top.get("Parameters")).items()}
        self.parameters = {name: self._default(name, one) for name, one in declared.items()}
        self.hidden = {
            name for name, one in declared.items() if str(_plain(one.get("NoEcho"))).lower() == "true"
        }
        self.left = MAX_INSTANCES
        self.forms = {
            "Ref": self._ref,
            "Condition": self.holds,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
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
        }

    # -- resources ----------------------------------------------------------------------------------------

    def indexes(self, name: str) -> list[int | None]:
        one = self.resources[name]
        condition = one.parts.get("Condition")
        decided = True if condition is None else self.holds(condition)
        wanted = self._count(name) if decided is True else decided
        if isinstance(wanted, int) and wanted > self.left:
            wanted = _too_many()
        if isinstance(wanted, Unknown):
            if one.type == instances.ROUTE:
                at = one.parts.get("Count") if decided is True else condition
                self.unlisted(name, wanted.reason, at or one.key)
            return []
        self.left -= wanted or 0
        return [None] if wanted is None else list(range(wanted))

    def _count(self, name: str) -> int | Unknown | None:
        """A resource's `Count`; None if it has none."""
        node = self.resources[name].parts.get("Count")
        if node is None:
            return None
        value = self.evaluate_at(None, node)
        if isinstance(value, Unknown):
            return Unknown(value.reason)
        count = whole_number(value)
        if count is None or count < 0:
            return Unknown(say("Count is not a whole number of at least 0"))
        return count if count <= MAX_INSTANCES else _too_many()

    # -- what expressions refer to ------------------------------------------------------------------------

    def called(self, node: Node) -> tuple[str, Node] | None:
        """`{Ref: X}`, `{Fn::Join: …}`, `!Join …`."""
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

    def _default(self, name: str, declared: dict[str, Node]) -> Any:
        """A parameter's default. Numbers, truth values and texts are as they are written."""
        value, kind = _plain(declared.get("Default")), text(declared.get("Type"))
        if value is None:
            return self.later(name, say("parameter {name} has no default", name=name))
        if isinstance(value, str) and kind == "CommaDelimitedList":
            return [part.strip() for part in value.split(",")]
        try:
            return loads(value) if isinstance(value, str) and kind == "Json" else value
        except (ValueError, RecursionError):
            return Unknown(say("a default that is not JSON"))

    def _ref(self, argument: Node) -> Any:
        name = text(argument)
        return Unknown(say("Ref needs a name")) if name is None else self._value_of(name)

    def _value_of(self, name: str) -> Any:
        """The value of what `Ref` names."""
        if name == "ALIYUN::Index":
            no_index = Unknown(say("ALIYUN::Index has no value without Count"))
            return no_index if self.index is None else self.index
        if name == "ALIYUN::NoValue":
            return None
        if name in self.parameters:
            self.sensitive = self.sensitive or name in self.hidden
            return self.parameters[name]
        return self.later(name) if name.startswith("ALIYUN::") else self._resource(name, None)

    def _resource(self, name: str, attribute: str | None) -> Any:
        """`Ref` or `Fn::GetAtt` to a resource: a list of the instances if the resource has a `Count`."""
        counted = _COUNTED.fullmatch(name)
        if name not in self.resources and counted and counted[1] in self.resources:
            return self.attribute(counted[1], int(counted[2]), attribute)
        if name not in self.resources:
            return Unknown(say("the template has no parameter or resource {name}", name=name[:60]))
        count = self._count(name)
        if isinstance(count, int):
            self.steps_left -= count
            return [self.attribute(name, one, attribute) for one in range(count)]
        return self.attribute(name, None, attribute) if count is None else count

    # -- functions ----------------------------------------------------------------------------------------

    def _get_att(self, argument: Node) -> Any:
        whole = text(argument)
        parts = list(map(text, items(argument))) if whole is None else [*whole.partition(".")[::2]]
        if len(parts) != 2 or parts[0] is None or parts[1] is None:
            return Unknown(say("Fn::GetAtt needs a resource and an attribute"))
        return self._resource(parts[0], parts[1])

    def _sub(self, argument: Node) -> Any:
        template, *rest = [argument] if isinstance(argument, ScalarNode) else items(argument) or [argument]
        written = text(template)
        own = members(rest[0]) if rest else {}
        if written is None:
            return not_understood("Fn::Sub")

        def variable(match: re.Match[str]) -> Any:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return self.evaluate(own[name])
            resource, dot, attribute = name.partition(".")
            is_attribute = dot and resource in self.resources
            return self._resource(resource, attribute) if is_attribute else self._value_of(name)

        value = filled(written, _VARIABLE, variable)
        return value if isinstance(value, Unknown) else text_of(value)

    def _find_in_map(self, *names: Any) -> Any:
        found = self.mappings
        for name in map(text_of, names):
            found = found.get(name) if isinstance(found, dict) else None
        return WRONG if found is None else found

    # -- conditions ---------------------------------------------------------------------------------------

    def holds(self, node: Node) -> bool | Unknown:
        """Whether a condition holds. `node` is the condition itself or its name."""
        name = text(node) if node.tag is None else None
        if name is not None and name not in self.conditions:
            return Unknown(say("condition {name} is not in the template", name=name[:60]))
        value = self.evaluate(node if name is None else self.conditions[name])
        if isinstance(value, Unknown):
            return Unknown(value.reason)
        return value if isinstance(value, bool) else Unknown(say("not a condition"))

    def _if(self, argument: Node) -> Any:
        parts = items(argument)
        if len(parts) != 3:
            return not_understood("Fn::If")
        decided = self.holds(parts[0])
        return decided if isinstance(decided, Unknown) else self.evaluate(parts[1 if decided else 2])

    def _all_or_any(self, argument: Node, *, deciding: bool) -> bool | Unknown:
        """`Fn::And` (one False decides) or `Fn::Or` (one True decides)."""
        truths = list(map(self.holds, items(argument) or [argument]))
        if deciding in truths:
            return deciding
        return next((one for one in truths if isinstance(one, Unknown)), not deciding)

    def _not(self, argument: Node) -> bool | Unknown:
        parts = items(argument) or [argument]
        holds = self.holds(parts[0]) if len(parts) == 1 else Unknown(say("Fn::Not needs one condition"))
        return holds if isinstance(holds, Unknown) else not holds


# -- functions of known values ----------------------------------------------------------------------------


def _equals(left: Any, right: Any) -> Any:
    # "100" and 100: a parameter is one or the other, by its type.
    left, right = text_of(left), text_of(right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return WRONG
    is_same: bool = left == right
    return is_same if is_same == (left.lower() == right.lower()) else WRONG


def _select(key: Any, values: Any, missing: Any = "") -> Any:
    if isinstance(values, dict):
        return values.get(text_of(key), missing)
    place = whole_number(key)
    if not isinstance(values, list) or place is None:
        return WRONG
    return values[place] if -len(values) <= place < len(values) else missing


def _too_many() -> Unknown:
    return Unknown(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))


def _plain(node: Node | None) -> Any:
    return None if node is None else plain(node)
