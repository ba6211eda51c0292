"""What ROS templates and Pulumi programs have in common: resources whose properties are expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.draft import MAX_WAITS, Draft
from vcolint.read.instances import Instance, describe, terraform_values
from vcolint.read.once import Once
from vcolint.text.nodes import entries, members, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Location, Reference, Unknown

_MAX_DEPTH = 60  # of functions in functions, references followed
_MAX_TEXT = 65_536  # characters of a computed text
_MAX_STEPS = 1_000_000  # of evaluation, for one file
_MAX_RESULTS = 100_000  # that are kept


class Result(NamedTuple):
    """The value of an expression: plain data, whose parts may be Unknown, or Unknown."""

    value: Any
    sensitive: bool = False


WRONG = object()  # the value of a function with arguments that it does not take


def unknown(reason: str, sensitive: bool = False) -> Result:
    """The result of an expression that cannot be evaluated."""
    return Result(Unknown(reason), sensitive)


def listed(results: Sequence[Result]) -> Result:
    """A list of the values of several expressions."""
    return Result([one.value for one in results], any(one.sensitive for one in results))


def mapped(results: Mapping[str, Result]) -> Result:
    """A mapping of the values of several expressions."""
    values = {name: one.value for name, one in results.items()}
    return Result(values, any(one.sensitive for one in results.values()))


def text_of(value: Any) -> str | Unknown:
    """A scalar as it stands inside a text."""
    if isinstance(value, (str, Unknown)):
        return value if isinstance(value, str) else Unknown(value.reason)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else Unknown(say("not a text"))


def joined(delimiter: str, parts: Iterable[Any]) -> str | Unknown:
    """Scalars as one text; Unknown where one is not known, or the text is very long."""
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


def filled(written: str, expression: re.Pattern[str], value: Callable[[re.Match[str]], Result]) -> Result:
    """A text with the values of its expressions."""
    parts: list[Any] = []
    sensitive = False
    end = 0
    for match in expression.finditer(written):
        result = value(match)
        sensitive = sensitive or result.sensitive
        parts += [written[end : match.start()], result.value]
        end = match.end()
        if isinstance(text_of(result.value), Unknown):
            break
    return Result(joined("", [*parts, written[end:]]), sensitive)


def waits_for(
    start: str, referred: Callable[[str], Iterable[str | None]], routes: Mapping[str, Sequence[str]]
) -> frozenset[str]:
    """The addresses of the routes that are made before a resource: those that it refers to, directly or
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


class Template:
    """A template or a program: its resources, and the values of its expressions."""

    # What the format calls the part with the resources, and a resource's part with the properties.
    RESOURCES: str
    PROPERTIES: str

    def __init__(self, source: Source, reading: Reading, top: dict[str, Node]) -> None:
        self.source = source
        self.reading = reading
        self.top = top
        self.resources = members(top.get(self.RESOURCES))
        self.index: int | None = None  # of the instance whose properties are evaluated
        self.once = Once()
        self._results: dict[Hashable, Result] = {}
        self._depth = 0
        self._steps = 0

    # -- what each format says ----------------------------------------------------------------------------

    def compute(self, node: Node) -> Result:
        """The value of an expression."""
        raise NotImplementedError

    def is_literal(self, node: ScalarNode) -> bool:
        """Whether a scalar stands for itself."""
        raise NotImplementedError

    def uses_index(self, node: Node) -> bool:
        """Whether the value of a node is another one for each instance of a resource."""
        return False

    # -- values -------------------------------------------------------------------------------------------

    def evaluate(self, node: Node) -> Result:
        """The value of an expression, which is computed once."""
        key = id(node), self.index if self.index is not None and self.uses_index(node) else None
        self._steps += 1
        if (found := self._results.get(key)) is not None:
            return found
        if self._depth > _MAX_DEPTH:
            return unknown(say("nested too deeply"))
        if self._steps > _MAX_STEPS:
            return unknown(say("too much to evaluate"))
        if len(self._results) > _MAX_RESULTS:
            self._results.clear()
        self._results[key] = unknown(say("refers to itself"))
        self._depth += 1
        result = self._results[key] = self.compute(node)
        self._depth -= 1
        self._steps += _size(result.value)
        return result

    def evaluate_at(self, index: int | None, node: Node) -> Result:
        """The value of an expression in the instance of that index; None: not in one of several."""
        before, self.index = self.index, index
        result = self.evaluate(node)
        self.index = before
        return result

    def parts(self, node: SequenceNode | MappingNode) -> Result:
        """The values in a list or a mapping."""
        if isinstance(node, SequenceNode):
            return listed([self.evaluate(item) for item in node.items])
        return mapped({name: self.evaluate(value) for name, value in members(node).items()})

    def call(
        self, name: str, function: Callable[..., Any], arguments: Sequence[Node], *counts: int
    ) -> Result:
        """The value of a function that takes so many known arguments."""
        results = [self.evaluate(one) for one in arguments]
        sensitive = any(one.sensitive for one in results)
        values = [one.value for one in results]
        for value in values:
            if isinstance(value, Unknown):
                # Without its reference: a list of one unknown thing is not that thing.
                return unknown(value.reason, sensitive)
        value = function(*values) if len(values) in counts else WRONG
        if value is WRONG:
            return unknown(
                say("vcolint does not understand {name} with these arguments", name=name), sensitive
            )
        return Result(value, sensitive)

    def later(self, message: str, what: str) -> Unknown:
        """A value that is known later, and has a name."""
        return Unknown(message, Reference(self.source.file, what))

    # -- resources ----------------------------------------------------------------------------------------

    def place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def problem(self, message: str, node: Node) -> None:
        self.reading.problems.append(Problem("schema", message, self.place(node)))

    def unlisted(self, name: str | None, reason: str, node: Node) -> None:
        self.reading.unlisted.append(Unlisted(name, reason, self.place(node)))

    def each_resource(self) -> Iterator[tuple[str, ScalarNode]]:
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
            related = ((say("first given here"), self.place(first[name])),)
            message = say("resource {name} is given twice", name=name)
            self.reading.problems.append(Problem("duplicate-key", message, self.place(key), related=related))

    def put(
        self,
        draft: Draft,
        properties: Node | None,
        known: Mapping[str, str],
        secret: Collection[str | None] = (),
    ) -> None:
        """Set the fields of a route to the values of its properties. `known` are the fields by the names of
        the properties."""
        for key, node in entries(properties):
            written = text(key) or ""
            if written not in known:
                draft.unknown_name(written, known, self.place(key))
                continue
            result = self.evaluate(node)
            draft.put(
                known[written],
                result.value,
                self.place(node),
                name=self.place(key),
                sensitive=result.sensitive or written in secret,
                literal=isinstance(node, ScalarNode) and self.is_literal(node),
            )

    def last_line(self, draft: Draft, name: str) -> int:
        """The last line of a resource. Where an alias stands for it, its text ends above its name."""
        return max(draft.location.end_line, self.place(self.resources[name]).end_line)

    def describe(self, surroundings: Iterable[tuple[str, str, Node, int | None]]) -> None:
        """Add what resources tell of the network: address, type, node, and the index of the instance."""
        listed = list(surroundings)
        addresses = {address for address, *_ in listed}
        instances = []
        for address, kind, node, index in listed:
            values: dict[str, Any] = {}
            for key, property in entries(members(node).get(self.PROPERTIES)):
                value, sensitive = self.evaluate_at(index, property)
                if isinstance(value, Unknown):
                    # A reference to anything but an instance may be to any of them.
                    is_instance = value.reference is not None and value.reference.address in addresses
                    values[text(key) or ""] = value if is_instance else Unknown(value.reason)
                elif not sensitive:
                    values[text(key) or ""] = value
            instances.append(Instance(address, kind, terraform_values(values), self.place(node)))
        describe(self.reading.topology, self.source.file, instances)


def _size(value: Any) -> int:
    """What keeping a value costs, in steps."""
    if isinstance(value, str):
        return len(value) // 64
    return len(value) if isinstance(value, (list, dict)) else 0
