"""The common part of ROS templates and Pulumi programs: resources whose properties are expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from vcolint.locale import say
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.documents import trees
from vcolint.read.draft import MAX_WAITS, REQUIRED_BUT_REGION, Draft, given_twice
from vcolint.read.instances import ROUTE, Instance, describe, terraform_values
from vcolint.text.nodes import entries, items, members, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Reference, Unknown

_MAX_DEPTH = 60  # nested functions, and references that are followed
_MAX_TEXT = 65_536  # characters of a computed text
_MAX_STEPS = 1_000_000  # of evaluation, for one file

WRONG = object()  # the value of a function with arguments that it does not accept


def text_of(value: Any) -> str | Unknown:
    """A scalar as it appears inside a text."""
    if isinstance(value, (str, Unknown)):
        return value if isinstance(value, str) else Unknown(value.reason)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else Unknown(say("not text"))


def joined(delimiter: str, parts: Iterable[Any]) -> str | Unknown:
    """Scalars as one text; Unknown if one is unknown or the text is very long."""
    texts: list[str] = []
    length = 0
    for part in parts:
        written = text_of(part)
        if isinstance(written, Unknown):
            return written
        texts.append(written)
        length += len(written) + len(delimiter)
        if length > _MAX_TEXT + len(delimiter):
            return Unknown(say("a very long text"))
    return delimiter.join(texts)


def join(delimiter: Any, parts: Any) -> Any:
    """The function `Join`."""
    return joined(delimiter, parts) if isinstance(delimiter, str) and isinstance(parts, list) else WRONG


def split(delimiter: Any, value: Any) -> Any:
    """The function `Split`."""
    is_right = isinstance(delimiter, str) and delimiter and isinstance(value, str)
    return value.split(delimiter) if is_right else WRONG


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
    return joined("", [*parts, written[end:]])


def waits_for(
    start: str, referred: Callable[[str], Iterable[str | None]], routes: Mapping[str, Sequence[str]]
) -> frozenset[str]:
    """The addresses of the routes that are created before a resource: those that it refers to, directly or
    through other resources. `routes` are addresses by the resource's name."""

    def found() -> Iterator[str]:
        seen: set[str | None] = {start, None}
        ahead = [start]
        while ahead and len(seen) < MAX_WAITS:
            for other in referred(ahead.pop()):
                if other in seen or other is None:
                    continue
                seen.add(other)
                if other in routes:
                    yield from routes[other]
                else:
                    ahead.append(other)

    return frozenset(islice(found(), MAX_WAITS))


def address(name: str, index: int | None) -> str:
    """The address of an instance of a resource."""
    return name if index is None else f"{name}[{index}]"


class Template:
    """A template or a program: its resources, and the values of its expressions.

    A value is `Unknown`, or plain data with parts that may be `Unknown`.
    """

    KIND: str
    # The format's keys for the resources, and for the properties of a resource.
    RESOURCES: str
    PROPERTIES: str
    FIELDS: Mapping[str, str]  # the fields of a route by the names of its properties

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        self.source = source
        self.reading = reading
        self.top = top
        self.resources = members(top.get(self.RESOURCES))
        self.types: dict[str, str | None] = {}  # Terraform's names for the types of the resources
        # The functions that evaluate their own argument.
        self.forms: dict[str, Callable[[Node], Any]] = {}
        # The functions of known values, and how many arguments each takes.
        self.functions: dict[str, tuple[Callable[..., Any], Collection[int]]] = {}
        self.index: int | None = None  # of the instance whose properties are evaluated
        self.sensitive = False  # whether a sensitive value was used since this was set to False
        # What was computed, and whether it is sensitive, by the node (which is kept, so its ID stays its own)
        # and the index.
        self._results: dict[tuple[int, int | None], tuple[Node, Any, bool]] = {}
        self._depth = 0
        self._steps = 0

    # -- what each format says ----------------------------------------------------------------------------

    def compute(self, node: Node) -> Any:
        """The value of an expression."""
        raise NotImplementedError

    def indexes(self, name: str, key: ScalarNode) -> list[int | None]:
        """The index of each instance of a resource; None for a resource that is one."""
        raise NotImplementedError

    def referred(self, name: str) -> Iterable[str | None]:
        """The names of what a resource refers to, if that makes it wait."""
        raise NotImplementedError

    def beside(self, draft: Draft, resource: dict[str, Node]) -> float | None:
        """Set the fields that a route gives outside of its properties. Returns its timeout for creation, in
        seconds."""
        return None

    # -- values -------------------------------------------------------------------------------------------

    def evaluate(self, node: Node) -> Any:
        """The value of an expression, which is computed once for each index."""
        key = id(node), self.index
        self._steps += 1
        if key not in self._results:
            if self._depth > _MAX_DEPTH:
                return Unknown(say("nested too deeply"))
            if self._steps > _MAX_STEPS:
                return Unknown(say("too much to evaluate"))
            self._results[key] = node, Unknown(say("refers to itself")), False
            around, self.sensitive = self.sensitive, False
            self._depth += 1
            value = self.compute(node)
            self._depth -= 1
            self._results[key] = node, value, self.sensitive
            self.sensitive = around
            self.spend(len(value) // 16 if isinstance(value, (str, list, dict)) else 0)
        _, value, sensitive = self._results[key]
        self.sensitive = self.sensitive or sensitive
        return value

    def spend(self, steps: int) -> None:
        """Count the cost of an evaluation in addition to its steps."""
        self._steps += steps

    def evaluate_at(self, index: int | None, node: Node) -> Any:
        """The value of an expression in the instance with that index (None: there is only one)."""
        before, self.index = self.index, index
        value = self.evaluate(node)
        self.index = before
        return value

    def named(self, name: str, node: Node) -> Any:
        """The value of a variable. An unknown one is the same value wherever the variable is used."""
        value = self.evaluate_at(None, node)
        is_nameless = isinstance(value, Unknown) and value.reference is None
        return self.later(value.reason, name) if is_nameless else value

    def parts(self, node: SequenceNode | MappingNode) -> Any:
        """The values in a list or a mapping."""
        if isinstance(node, SequenceNode):
            return [self.evaluate(item) for item in node.items]
        return {name: self.evaluate(value) for name, value in members(node).items()}

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

    def later(self, message: str, what: str) -> Unknown:
        """A value with a name that is known later."""
        return Unknown(message, Reference(self.source.file, what))

    # -- resources ----------------------------------------------------------------------------------------

    def read(self) -> None:
        """Add the routes to the reading, and what the other resources say about the network."""
        instances = [
            (name, key, index)
            for name, key in self._each_resource()
            if self.types.get(name) is not None
            for index in self.indexes(name, key)
        ]
        routes: dict[str, list[str]] = {}
        for name, _, index in instances:
            if self.types[name] == ROUTE:
                routes.setdefault(name, []).append(address(name, index))
        waits = {name: waits_for(name, self.referred, routes) for name in routes}
        addresses = {address(name, index) for name, _, index in instances}
        around: list[Instance] = []
        for name, key, self.index in instances:
            if name in routes:
                self._route(name, key, waits[name])
            else:
                around.append(self._surrounding(name, addresses))
            if self.index is not None:
                self._results.clear()
        describe(self.reading.topology, self.source.file, around)

    def _each_resource(self) -> Iterator[tuple[str, ScalarNode]]:
        """The names of the resources with their nodes, each name once."""
        resources = self.top.get(self.RESOURCES)
        if resources is not None and not isinstance(resources, MappingNode):
            self.problem(say("{part} must be a mapping", part=self.RESOURCES), resources)
        first: dict[str, ScalarNode] = {}
        for key, _ in entries(resources):
            name = text(key) or ""
            if first.setdefault(name, key) is key:
                yield name, key
                continue
            twice = given_twice(say("resource {name}", name=name), self.place(key), self.place(first[name]))
            self.reading.problems.append(twice)

    def _route(self, name: str, key: ScalarNode, waits: frozenset[str]) -> None:
        draft = Draft(self.reading, self.place(key), address(name, self.index))
        node = self.resources[name]
        properties = members(node).get(self.PROPERTIES)
        for one, value in entries(properties):
            written = text(one) or ""
            if written in self.FIELDS:
                self.put(draft, self.FIELDS[written], value, self.place(one))
            else:
                draft.unknown_name(written, self.FIELDS, self.place(one))
        if properties is not None and not isinstance(properties, MappingNode):
            self._computed_properties(draft, properties)
        timeout = self.beside(draft, members(node))
        # If a resource is an alias, its text ends above its name.
        last_line = max(draft.location.end_line, self.place(node).end_line)
        draft.close(waits_for=waits, create_timeout=timeout, last_line=last_line)

    def put(self, draft: Draft, field: str, node: Node, name: Location | None = None) -> None:
        """Set a field of a route to the value of an expression."""
        self.sensitive = False
        value = self.evaluate(node)
        is_literal = isinstance(node, ScalarNode) and node.tag is None and value == node.value
        place = self.place(node)
        draft.put(field, value, place, name=name, sensitive=self.sensitive, literal=is_literal)

    def _computed_properties(self, draft: Draft, node: Node) -> None:
        """Properties that are one expression, such as `${properties}`."""
        value = self.evaluate(node)
        if isinstance(value, dict):
            value = Unknown(say("vcolint does not read properties that are one expression"))
        if not isinstance(value, Unknown):
            draft.problem(say("{part} must be a mapping", part=self.PROPERTIES), self.place(node))
            return
        for field in REQUIRED_BUT_REGION:
            draft.put(field, Unknown(value.reason), self.place(node), literal=False)

    def _surrounding(self, name: str, addresses: Collection[str]) -> Instance:
        """A resource other than a route, without its sensitive values."""
        values: dict[str, Any] = {}
        for key, node in entries(members(self.resources[name]).get(self.PROPERTIES)):
            self.sensitive = False
            value = self.evaluate(node)
            if isinstance(value, Unknown):
                # A reference to anything but an instance may mean any of them.
                is_instance = value.reference is not None and value.reference.address in addresses
                values[text(key) or ""] = value if is_instance else Unknown(value.reason)
            elif not self.sensitive:
                values[text(key) or ""] = value
        place = self.place(self.resources[name])
        return Instance(address(name, self.index), self.types[name] or "", terraform_values(values), place)

    def place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def problem(self, message: str, node: Node) -> None:
        self.reading.problems.append(Problem("schema", message, self.place(node)))

    def unlisted(self, name: str | None, reason: str, node: Node) -> None:
        self.reading.unlisted.append(Unlisted(name, reason, self.place(node)))


def not_understood(name: str) -> Unknown:
    return Unknown(say("vcolint does not understand {name} with these arguments", name=name))


def read_templates(
    template: type[Template], source: Source, is_json: bool, is_one: Callable[[Node], bool], none: str
) -> Reading:
    """Read the documents that are templates; `none` is the problem to report if there are none.

    Raises SyntaxFault for text that is not YAML, or not JSON.
    """
    reading = Reading(template.KIND, [source.file])
    found = trees(source, is_json, reading)
    templates = [one for one in found if is_one(one)]
    for one in templates:
        template(source, reading, members(one)).read()
    if not templates:
        start = found[0].start if found else 0
        reading.problems.append(Problem("syntax", none, source.location(start, start)))
    return reading
