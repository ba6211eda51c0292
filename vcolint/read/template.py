"""The common part of ROS templates, Pulumi programs and Pulumi stacks: resources whose properties are
expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.entry import snake_case
from vcolint.model.reading import Reading, Unlisted
from vcolint.read import instances
from vcolint.read.documents import trees
from vcolint.read.draft import REQUIRED_BUT_REGION, Draft, given_twice, unknown_name
from vcolint.text.nodes import entries, items, members, scalars, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown

_MAX_TEXT = 65_536  # characters of a computed text
_LEVELS = 10  # of properties that matter: no attribute that vcolint uses lies deeper
_MAX_STEPS = 1_000_000  # of evaluation, for one file, in addition to one for each character

_INTEGER = re.compile(r"-?[0-9]{1,9}")

# The attributes that are the resource's own ID, in ROS and in Pulumi.
_IDS = {
    instances.ATTACHMENT: ("VpnConnectionId", "id"),
    instances.CONNECTION: ("VpnConnectionId", "id"),
    instances.CUSTOMER_GATEWAY: ("CustomerGatewayId", "id"),
    instances.TRANSIT_ROUTER: ("TransitRouterId", "transitRouterId", "id"),
}

# Pulumi names lists in the plural.
_SINGULAR = {"tunnelOptionsSpecifications": "tunnel_options_specification"}

WRONG = object()  # the value of a function with arguments that it does not accept


def text_of(value: Any) -> str | Unknown:
    """A scalar as it appears inside a text."""
    if isinstance(value, (str, Unknown)):
        return value if isinstance(value, str) else Unknown(value.reason)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else Unknown(say("not text"))


def whole_number(value: Any) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def join(delimiter: Any, parts: Any) -> Any:
    """The function `Join`: scalars as one text; Unknown if one is unknown or the text is very long."""
    if not isinstance(delimiter, str) or not isinstance(parts, list):
        return WRONG
    texts: list[Any] = list(map(text_of, parts))
    for written in texts:
        if isinstance(written, Unknown):
            return written
    length = len(delimiter) * len(texts) + sum(map(len, texts))
    return delimiter.join(texts) if length <= _MAX_TEXT else Unknown(say("a very long text"))


def filled(written: str, expression: re.Pattern[str], value: Callable[[re.Match[str]], Any]) -> Any:
    """A text with the values of its expressions filled in. If the text is a single expression, the result is
    its value."""
    if whole := expression.fullmatch(written):
        return value(whole)
    parts: list[Any] = []
    end = 0
    for match in expression.finditer(written):
        parts += [written[end : match.start()], value(match)]
        end = match.end()
    return join("", [*parts, written[end:]])


def not_understood(name: str) -> Unknown:
    return Unknown(say("vcolint does not understand {name} with these arguments", name=name))


def address(name: str, index: int | None) -> str:
    """The address of an instance of a resource."""
    return name if index is None else f"{name}[{index}]"


class Resource(NamedTuple):
    """A resource as it is written."""

    key: Node  # its name; in a stack, all of it
    node: Node
    type: str | None  # Terraform's name for its type; None if vcolint does not use it
    parts: dict[str, Node]
    properties: Node | None


class Template:
    """A template: its resources, and the values of its expressions.

    A value is `Unknown`, or plain data with parts that may be `Unknown`.
    """

    KIND: str
    FIELDS: Mapping[str, str]  # the fields of a route by the names of its properties
    WRITTEN = True  # people write it: names may be wrong, and texts may hold placeholders

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        self.source = source
        self.reading = reading
        self.top = top  # the document
        self.resources: dict[str, Resource] = {}
        # The functions that evaluate their own argument.
        self.forms: dict[str, Callable[[Node], Any]] = {}
        # The functions of known values, and how many arguments each takes.
        self.functions: dict[str, tuple[Callable[..., Any], Collection[int]]] = {}
        self.index: int | None = None  # of the instance whose properties are evaluated
        self.sensitive = False  # whether a sensitive value was used since this was set to False
        # What was computed, and whether it is sensitive, by the node (which is kept, so its ID stays its own)
        # and the index.
        self._results: dict[tuple[int, int | None], tuple[Node, Any, bool]] = {}
        self.steps_left = _MAX_STEPS + len(source.text)

    # -- what each format says ----------------------------------------------------------------------------

    def called(self, node: Node) -> tuple[str, Node] | None:
        """The function that a node calls, and its argument; None if it calls none."""
        return None

    def scalar(self, value: Any) -> Any:
        """The value of a scalar: texts may hold expressions."""
        return value

    def indexes(self, name: str) -> list[int | None]:
        """The index of each instance of a resource; None if it has one instance without an index."""
        raise NotImplementedError

    def beside(self, draft: Draft, name: str) -> None:
        """Set the fields that a route gives outside of its properties."""

    def values(self, name: str) -> Iterator[tuple[str, Node, Node, Any]]:
        """Each property of a resource: its name, the nodes of its name and its value, and the value.
        `sensitive` says whether the value is sensitive."""
        for key, node in entries(self.resources[name].properties):
            self.sensitive = False
            yield str(key.value), key, node, self.evaluate(node)

    # -- values -------------------------------------------------------------------------------------------

    def evaluate(self, node: Node) -> Any:
        """The value of an expression, which is computed once for each index."""
        key = id(node), self.index
        self.steps_left -= 1
        if key not in self._results:
            if self.steps_left < 0:
                return Unknown(say("too much to evaluate"))
            self._results[key] = node, Unknown(say("refers to itself")), False
            around, self.sensitive = self.sensitive, False
            if called := self.called(node):
                value = self.call(*called)
            elif isinstance(node, ScalarNode):
                value = self.scalar(node.value)
            elif isinstance(node, SequenceNode):
                value = list(map(self.evaluate, node.items))
            else:
                value = {name: self.evaluate(inner) for name, inner in members(node).items()}
            self._results[key] = node, value, self.sensitive
            self.sensitive = around
            self.steps_left -= len(value) // 16 if isinstance(value, (str, list, dict)) else 0
        _, value, sensitive = self._results[key]
        self.sensitive = self.sensitive or sensitive
        return value

    def evaluate_at(self, index: int | None, node: Node) -> Any:
        """The value of an expression in the instance with that index (None: there is only one)."""
        before, self.index = self.index, index
        value = self.evaluate(node)
        self.index = before
        return value

    def call(self, name: str, argument: Node) -> Any:
        """The value of a function."""
        if name in self.forms:
            return self.forms[name](argument)
        if name not in self.functions:
            return Unknown(say("vcolint does not evaluate {name}", name=name[:60]))
        function, counts = self.functions[name]
        values = [self.evaluate(one) for one in ([argument] if 1 in counts else items(argument))]
        for value in values:
            if isinstance(value, Unknown):
                # Without its reference: a list of one unknown value is not that value.
                return Unknown(value.reason)
        value = function(*values) if len(values) in counts else WRONG
        return not_understood(name) if value is WRONG else value

    def later(self, what: str, message: str | None = None) -> Unknown:
        """A value with a name that is known later. `message` says why, if there is more to say."""
        reason = message or say("known after the deployment: {what}", what=what[:60])
        return Unknown(reason, Reference(self.source.file, what))

    def attribute(self, name: str, index: int | None, attribute: str | None) -> Any:
        """The value of a resource's attribute (None: its ID), which may be one of its properties."""
        one = self.resources[name]
        given = members(one.properties).get(attribute or "")
        if given is not None:
            return self.evaluate_at(index, given)
        is_id = attribute is None or attribute in _IDS.get(one.type or "", ())
        return self.later(address(name, index) if is_id else f"{address(name, index)}.{attribute}")

    # -- resources ----------------------------------------------------------------------------------------

    def declare(self, part: str, kind: str, properties: str, type_of: Callable[[str], str | None]) -> None:
        """Take in the resources, each name once. `part`, `kind` and `properties` are the keys of all
        resources, and of the type and the properties of one; `type_of` gives `Resource.type`."""
        resources = self.top.get(part)
        if resources is not None and not isinstance(resources, MappingNode):
            message = say("{part} must be a mapping", part=part)
            self.reading.problems.append(Problem("schema", message, self.place(resources)))
        for key, node in entries(resources):
            parts = members(node)
            used = type_of(text(parts.get(kind)) or "")
            own = Resource(key, node, used, parts, parts.get(properties))
            first = self.resources.setdefault(str(key.value), own)
            if first is not own:
                what = say("resource {name}", name=key.value)
                self.reading.problems.append(given_twice(what, self.place(key), self.place(first.key)))

    def read(self) -> None:
        """Add the routes to the reading, and what the other resources say about the network."""
        used = [name for name, one in self.resources.items() if one.type is not None]
        listed = [(name, index) for name in used for index in self.indexes(name)]
        addresses = {address(name, index) for name, index in listed}
        around: list[instances.Instance] = []
        for name, self.index in listed:
            if self.resources[name].type == instances.ROUTE:
                self._route(name)
            else:
                around.append(self._surrounding(name, addresses))
            if self.index is not None:
                self._results.clear()
        instances.describe(self.reading.topology, self.source.file, around)

    def _route(self, name: str) -> None:
        one = self.resources[name]
        draft = Draft(self.reading, self.place(one.key), address(name, self.index))
        properties = one.properties
        if properties is None or (isinstance(properties, MappingNode) and not self.called(properties)):
            for written, key, node, value in self.values(name):
                if written in self.FIELDS:
                    self.put(draft, self.FIELDS[written], node, value, key)
                elif self.WRITTEN:
                    draft.problem(unknown_name(written, self.FIELDS), self.place(key))
        elif isinstance(self.evaluate(properties), (Unknown, dict)):
            reason = say("vcolint does not read properties that are one expression")
            for field in REQUIRED_BUT_REGION:
                draft.put(field, Unknown(reason), self.place(properties), literal=False)
        else:
            draft.problem(say("the properties must be a mapping"), self.place(properties))
        self.beside(draft, name)
        # If a resource is an alias, its text ends above its name.
        draft.close(last_line=max(draft.location.end_line, self.place(one.node).end_line))

    def put(self, draft: Draft, field: str, node: Node, value: Any, key: Node | None = None) -> None:
        """Set a field of a route to the value of an expression."""
        is_literal = isinstance(node, ScalarNode) and node.tag is None and value == node.value
        draft.put(
            field,
            value,
            self.place(node),
            name=None if key is None else self.place(key),
            sensitive=self.sensitive,
            literal=is_literal,
            template=self.WRITTEN,
        )

    def _surrounding(self, name: str, addresses: Collection[str]) -> instances.Instance:
        """A resource other than a route, without its sensitive values."""
        values: dict[str, Any] = {}
        for written, _, _, value in self.values(name):
            if isinstance(value, Unknown):
                # A reference to anything but an instance may mean any of them.
                is_instance = value.reference is not None and value.reference.address in addresses
                values[written] = value if is_instance else Unknown(value.reason)
            elif not self.sensitive:
                values[written] = value
        one = self.resources[name]
        given = self._renamed(values)
        return instances.Instance(address(name, self.index), one.type or "", given, self.place(one.node))

    def _renamed(self, value: Any, levels: int = _LEVELS) -> Any:
        """A tree of properties with Terraform's names, cut off below the levels that matter. References may
        make it much larger than the text, so each of its parts is a step."""
        self.steps_left -= 1
        if not isinstance(value, (dict, list)):
            return value
        if not levels or self.steps_left < 0:
            return None
        if isinstance(value, list):
            return [self._renamed(inner, levels - 1) for inner in value]
        return {
            _SINGULAR.get(name) or snake_case(name): self._renamed(inner, levels - 1)
            for name, inner in value.items()
            if isinstance(name, str)
        }

    def place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def unlisted(self, name: str | None, reason: str, node: Node) -> None:
        self.reading.unlisted.append(Unlisted(name, reason, self.place(node)))

    def pass_over(self, node: Node | None, word: str, reason: str) -> None:
        """List a part that vcolint does not read as unchecked, if a text in it holds the word."""
        if node is not None and any(word in (text(one) or "") for one in scalars(node)):
            self.unlisted(None, reason, node)


def read_templates(
    template: type[Template], source: Source, is_json: bool, is_one: Callable[[Node], bool], none: str
) -> Reading:
    """Read the documents that are templates.

    Raises SyntaxFault for text that is not YAML, or not JSON; if none is a template, with the message `none`.
    """
    reading = Reading(template.KIND, [source.file])
    found = trees(source, is_json, reading)
    templates = [one for one in found if is_one(one)]
    if not templates:
        raise SyntaxFault(none, found[0].start if found else 0)
    for one in templates:
        template(source, reading, members(one)).read()
    return reading
