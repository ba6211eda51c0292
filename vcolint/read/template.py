"""What ROS templates and Pulumi programs have in common: resources whose properties are expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading, Unlisted
from vcolint.read.draft import MAX_WAITS, Draft
from vcolint.read.instances import Instance, describe, resolver, snake_keys
from vcolint.text.nodes import entries, members, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, Source
from vcolint.text.value import Location, Unknown


class Result(NamedTuple):
    """What an expression gives: a plain value, whose parts may be Unknown, or Unknown."""

    value: Any
    sensitive: bool = False


def listed(results: Sequence[Result]) -> Result:
    """A list of what several expressions give."""
    return Result([one.value for one in results], any(one.sensitive for one in results))


def mapped(results: Mapping[str | None, Result]) -> Result:
    """A mapping of what several expressions give."""
    values = {name: one.value for name, one in results.items()}
    return Result(values, any(one.sensitive for one in results.values()))


def text_of(value: Any) -> str | Unknown:
    """A scalar as text, as it is put into texts."""
    if isinstance(value, (str, Unknown)):
        return value if isinstance(value, str) else Unknown(value.reason)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else Unknown(say("not a text"))


def joined(delimiter: str, parts: Iterable[Any], most: int) -> str | Unknown:
    """Scalars as one text of `most` characters at most; Unknown for what is none, or longer."""
    texts: list[str] = []
    length = 0
    for part in parts:
        written = text_of(part)
        if isinstance(written, Unknown):
            return written
        texts.append(written)
        length += len(written) + len(delimiter)
        if length > most + len(delimiter):
            return Unknown(say("a very long text"))
    return delimiter.join(texts)


def filled(
    written: str, expression: re.Pattern[str], value: Callable[[re.Match[str]], Result], most: int
) -> Result:
    """A text with the values of its expressions, of `most` characters at most."""
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
    return Result(joined("", [*parts, written[end:]], most), sensitive)


def waits_for(
    start: str, referred: Callable[[str], Iterable[str | None]], routes: Mapping[str, Sequence[str]]
) -> frozenset[str]:
    """The addresses of the routes that are made before those of a resource: what it refers to, through
    whatever stands between. `routes` are addresses by the resource's name."""

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
    """A template or a program. `resources` and `properties` are what it calls the part with its resources,
    and the part of a resource with its properties."""

    def __init__(
        self, source: Source, reading: Reading, top: dict[str, Node], resources: str, properties: str
    ) -> None:
        self.source = source
        self.reading = reading
        self.top = top
        self._part = resources
        self._properties = properties
        self.resources = members(top.get(resources))

    def place(self, node: Node) -> Location:
        return self.source.location(node.start, node.end)

    def problem(self, message: str, node: Node) -> None:
        self.reading.problems.append(Problem("schema", message, self.place(node)))

    def unlisted(self, name: str | None, reason: str, node: Node) -> None:
        self.reading.unlisted.append(Unlisted(name, reason, self.place(node)))

    def each_resource(self) -> Iterator[tuple[str, ScalarNode, Node]]:
        """The resources with the nodes of their names, each name once."""
        resources = self.top.get(self._part)
        if resources is not None and not isinstance(resources, MappingNode):
            self.problem(say("{part} must be a mapping", part=self._part), resources)
        first: dict[str, ScalarNode] = {}
        for key, node in entries(resources):
            name = text(key) or ""
            if first.setdefault(name, key) is key:
                yield name, key, node
                continue
            related = ((say("first given here"), self.place(first[name])),)
            message = say("resource {name} is given twice", name=name)
            self.reading.problems.append(Problem("duplicate-key", message, self.place(key), related=related))

    def put(
        self,
        draft: Draft,
        properties: Node | None,
        known: Mapping[str, str],
        evaluate: Callable[[Node], Result],
        is_literal: Callable[[ScalarNode], bool],
        secret: Collection[str | None] = (),
    ) -> None:
        """Set the fields of a route to the values of its properties. `known` are the fields by the names of
        the properties."""
        for key, node in entries(properties):
            written = text(key) or ""
            if written not in known:
                draft.unknown_name(written, known, self.place(key))
                continue
            result = evaluate(node)
            draft.put(
                known[written],
                result.value,
                self.place(node),
                name=self.place(key),
                sensitive=result.sensitive or written in secret,
                literal=isinstance(node, ScalarNode) and is_literal(node),
            )

    def last_line(self, draft: Draft, node: Node) -> int:
        """The last line of a resource. What an alias stands for ends above it."""
        return max(draft.location.end_line, self.place(node).end_line)

    def describe(
        self,
        surroundings: Iterable[tuple[str, str, Node, Callable[[Node], Result]]],
        renamed: Callable[[dict[str, Any]], dict[str, Any]] = snake_keys,
    ) -> None:
        """Add what resources tell of the network: address, type, node, and how to evaluate in it."""
        known: list[Instance] = []
        evaluated: dict[str, dict[str, Any]] = {}
        for address, kind, node, evaluate in surroundings:
            values: dict[str, Any] = {}
            everything = evaluated[address] = {}
            for key, value in entries(members(node).get(self._properties)):
                result = evaluate(value)
                everything[text(key) or ""] = result.value
                if not result.sensitive:
                    values[text(key) or ""] = result.value
            known.append(Instance(address, kind, renamed(values), self.place(node)))
        describe(self.reading.topology, self.source.file, known, resolver(evaluated))
