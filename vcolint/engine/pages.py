"""Rule pages: Markdown that is documentation, configuration and test at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from vcolint.engine.rule import ELSEWHERE, VERDICTS, Rule, read_page, rule_of, unknown_rule
from vcolint.engine.schema import first_fault, found_in, load_schema
from vcolint.errors import RulePageError
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.text.nodes import plain
from vcolint.text.source import MappingNode, Node, Source, SyntaxFault
from vcolint.text.wording import meant_or_known, quoted

_TITLE = r"\s*# +(.*?)[ #]*(?:\n|\Z)"
_WHAT_TO_DO = r"(?m)^## +What to do *\n\n*((?:[^#`\n].*\n?)+)"
_FENCE = re.compile(r"(?ms)^(?P<marks>`{3,})(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=marks)`*[ \t]*$")
# The words on a fence that vcolint reads: an input kind's usual suffix and a purpose.
_WORDS = r"(yaml|json|jsonl|csv|hcl|sh) +(?:(good)|bad((?: +VCO[0-9]{3})*))|yaml +(config)|json +(live)"

_Path = tuple[str | int, ...]  # keys and numbers of items
_Found = tuple[_Path, str]  # the place and the message of a fault


class Example(NamedTuple):
    """One example on a rule page, with its config and its live snapshot."""

    kind: str  # the usual suffix of the input kind: yaml, json, jsonl, csv, hcl, sh
    good: bool
    codes: tuple[str, ...]  # that a bad example raises besides the page's own
    text: str
    line: int  # of the fence, in the page
    config: str | None
    live: str | None


class Page:
    """One page. Raises RulePageError if the file cannot be read or has no front matter."""

    def __init__(self, file: str) -> None:
        self.file = file
        front = read_page(file)
        self._text = front.string
        self._front, self._body = front.end(1), front.end()  # where the front matter ends and the body begins

    @cached_property
    def node(self) -> Node:
        """The front matter. Raises RulePageError."""
        from vcolint.text.yaml import parse

        try:
            documents = parse(Source(self.file, self._text[: self._front]))
        except SyntaxFault as fault:
            raise self._fault(fault.start, fault.message) from None
        return documents[0] if documents else MappingNode([], 0, 0)

    @property
    def values(self) -> dict[str, Any]:
        """The front matter, and what the body says: `title` and `help`."""
        body = self._text[self._body :]
        title, help = re.match(_TITLE, body), re.search(_WHAT_TO_DO, body)
        return {
            **plain(self.node),
            "title": title[1] if title else "",
            "help": " ".join(help[1].split()) if help else "",
        }

    @property
    def rule(self) -> Rule:
        """The rule on the page."""
        return rule_of(self.values, self.file)

    def examples(self) -> list[Example]:
        """The examples, in order. Raises RulePageError for a wrong fence."""
        found: list[Example] = []
        given: dict[str, str] = {}  # the config and the live snapshot for what follows
        for fence in _FENCE.finditer(self._text, self._body):
            info = fence["info"].strip()
            if len(info.split()) < 2:
                continue  # an example for people only
            words = re.fullmatch(_WORDS, info)
            if words is None:
                what = say(
                    "unknown words on a fence: {info}; use KIND bad, KIND good, yaml config or json live",
                    info=quoted(info),
                )
                raise self._fault(fence.start(), what)
            kind, good, codes, config, live = words.groups()
            if kind is None:
                given[config or live] = fence["text"]
                continue
            settings, snapshot = given.get("config"), given.get("live")
            raised = tuple((codes or "").split())
            found.append(
                Example(
                    kind, bool(good), raised, fence["text"], self._line(fence.start()), settings, snapshot
                )
            )
        unpaired = _FENCE.sub(lambda fence: " " * len(fence[0]), self._text).find("\n```")
        if unpaired >= 0:
            raise self._fault(unpaired + 1, say("this fence is never closed"))
        return found

    def validate(self, known: Mapping[str, Rule], *, built_in: bool) -> None:
        """Check the page itself, and that no rule in `known` has its code or name.

        Raises RulePageError at the first fault.
        """
        fault = first_fault(self.node, load_schema("rule"), say("the front matter"))
        if fault is not None:
            raise self._fault(*fault)
        self._raise_first(_faults(self.rule, known, built_in=built_in))
        if not self.rule.title:
            raise self._fault(self._body, say("the page has no heading; start it with one (# …)"))
        self.examples()

    def validate_references(self, rules: Mapping[str, Rule]) -> None:
        """Check that the rules to which the page yields exist. Raises RulePageError."""
        unknown = (code for code in self.rule.yields_to if code not in rules and code not in VERDICTS)
        self._raise_first((("yields-to", code), unknown_rule(rules, code)) for code in unknown)

    def _raise_first(self, faults: Iterator[_Found]) -> None:
        for path, what in faults:
            found = found_in(self.node, path) or self.node
            raise self._fault(found.start, what)

    def _fault(self, offset: int, what: str) -> RulePageError:
        return RulePageError(say("{file}:{line}: {what}", file=self.file, line=self._line(offset), what=what))

    def _line(self, offset: int) -> int:
        return 1 + self._text.count("\n", 0, offset)


def _faults(rule: Rule, known: Mapping[str, Rule], *, built_in: bool) -> Iterator[_Found]:
    """What the schema cannot tell about the front matter."""
    if not built_in and not rule.code.startswith("VCO9"):
        what = say(
            "{code} is reserved for vcolint; give your own rule a code from VCO900 to VCO999", code=rule.code
        )
        yield ("code",), what
    for other in known.values():
        for key in ("code", "name"):
            value = getattr(rule, key)
            if value == getattr(other, key):
                what = say("{page} already has the {key} {value}", page=other.page, key=key, value=value)
                yield (key,), what
    variables = list(load_schema("rule")["definitions"][rule.check]["x-variables"])
    if rule.check not in ELSEWHERE:  # those checks report no entry
        variables += FIELDS
    for braces in re.findall(r"\{[^{}]*\}|[{}]", rule.message):
        if braces[1:-1] not in variables:
            meant = meant_or_known(braces[1:-1], variables)
            what = say(
                '"message" has {braces}, which is not a variable{meant}', braces=quoted(braces), meant=meant
            )
            yield ("message",), what
    for option, parameter in rule.options.items():
        if parameter not in rule.parameters:
            what = say('"with" has no {parameter}', parameter=quoted(parameter))
            yield ("options", option), what
    yield from _schema_faults(rule.parameters.get("schema"), "with", "schema")
    yield from _schema_faults(rule.where, "where")


def _schema_faults(schema: Any, *path: str) -> Iterator[_Found]:
    """What is wrong with a JSON Schema in the front matter. It must not refer to other schemas."""
    if schema is None:
        return
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        below = (*path, *error.absolute_path)
        value = ".".join(map(str, below))
        what = say('"{value}" is not a valid JSON Schema: {message}', value=value, message=error.message)
        yield below, what
    if re.search(r'"\$(dynamicR|r)ef": ', json.dumps(schema)):
        yield path, say("a schema on a rule page cannot use {key}", key="$ref")
