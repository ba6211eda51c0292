"""Reads one rule page and says where it is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vcolint.engine.rule import VARIABLE, VERDICTS, Rule, examples_on, option_fault, read_page
from vcolint.engine.schema import first_fault, load_schema, place_in
from vcolint.errors import RulePageError
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.text.nodes import plain
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.wording import did_you_mean, meant_or_known, quoted

# Checks about a file or about vcolint itself: their messages have no entry to name fields of.
_WITHOUT_ENTRY = frozenset({"reading", "unknown-value", "suppression", "crash"})

_MAX_NODES = 20_000  # in one front matter; an alias counts each time it is used


class Page:
    """One page: its text, its front matter as nodes and as values."""

    def __init__(self, path: Path) -> None:
        from vcolint.text.yaml import parse as parse_yaml

        self.file = path.as_posix()
        self.text = read_page(self.file)
        self.source = Source(self.file, self.text.front_matter)
        try:
            nodes = parse_yaml(self.source)
        except SyntaxFault as fault:
            raise self._fault(fault.start, fault.message) from None
        self.node = nodes[0] if nodes else None
        self.values: Any = plain(self.node) if self.node is not None else None

    @property
    def rule(self) -> Rule:
        """The rule on the page, with references not yet resolved."""
        values = self.values
        verdict = values.get("verdict", ())
        return Rule(
            code=values["code"],
            name=values["name"],
            severity=values["severity"],
            basis=values["basis"],
            effect=values["effect"],
            api_errors=tuple(values["api-errors"]),
            check=values["check"],
            parameters=values["with"],
            where=values.get("where"),
            options=values.get("options", {}),
            yields_to=tuple(values.get("yields-to", ())),
            message=values["message"],
            default=values["default"] in ("on", True),
            page=self.file,
            title=self.text.title,
            help=self.text.help,
            verdict=(verdict,) if isinstance(verdict, str) else tuple(verdict),
            finding_per=values.get("finding-per", "entry"),
        )

    def validate(self, known: Mapping[str, Rule], *, built_in: bool) -> None:
        """Check the page itself, and that no rule in `known` has its code or name.

        Raises RulePageError at the first fault.
        """
        if self.node is None:
            raise self._fault(0, say("the front matter is empty"))
        fault = first_fault(self.node, load_schema("rule"), say("the front matter"), _MAX_NODES)
        if fault is not None:
            raise self._fault(*fault)
        rule = self.rule
        if not built_in and not rule.code.startswith("VCO9"):
            what = say(
                "{code} is reserved for vcolint; give your own rule a code from VCO900 to VCO999",
                code=rule.code,
            )
            raise self._fault_at(what, "code")
        if not built_in and rule.verdict:
            raise self._fault_at(say("only a built-in rule can have a verdict"), "verdict")
        for other in known.values():
            for key, ours, theirs in (("code", rule.code, other.code), ("name", rule.name, other.name)):
                if ours == theirs:
                    told = ours if key == "code" else quoted(ours)
                    what = say(
                        "the rule {page} already has the {key} {value}", page=other.page, key=key, value=told
                    )
                    raise self._fault_at(what, key)
        self._validate_message(rule)
        self._validate_options(rule)
        for path, fragment in (
            (("with", "schema"), rule.parameters.get("schema")),
            (("where",), rule.where),
        ):
            self._validate_fragment(path, fragment)
        if not rule.title:
            raise self.text.fault(0, say("the page has no heading; start it with one (# …)"))
        examples_on(self.text)

    def validate_references(self, rules: Mapping[str, Rule]) -> None:
        """Check that the rules the page refers to exist. Raises RulePageError."""
        rule = self.rule
        for index, code in enumerate(rule.yields_to):
            if code == rule.code:
                raise self._fault_at(say("a rule cannot yield to itself"), "yields-to", index)
            if code not in VERDICTS:
                self._named(rules, code, "yields-to", index)
        for name, value in rule.parameters.items():
            if isinstance(value, dict) and value.keys() == {"of"}:
                other = self._named(rules, value["of"], "with", name, "of")
                if not isinstance(other.parameters.get(name), list):
                    what = say("{code} has no list of {name}", code=other.code, name=name)
                    raise self._fault_at(what, "with", name, "of")

    def _named(self, rules: Mapping[str, Rule], code: str, *path: str | int) -> Rule:
        """The rule that is named at a path. Raises RulePageError if there is none."""
        if code not in rules:
            what = say("unknown rule {code}{meant}", code=code, meant=did_you_mean(code, rules))
            raise self._fault_at(what, *path)
        return rules[code]

    def _validate_message(self, rule: Rule) -> None:
        variables = list(load_schema("rule")["definitions"][rule.check]["x-variables"])
        if rule.check not in _WITHOUT_ENTRY:
            variables += FIELDS
        for variable in re.findall(VARIABLE, rule.message):
            if variable not in variables:
                what = say(
                    '"message" names an unknown variable {variable}{meant}',
                    variable=quoted(variable),
                    meant=meant_or_known(variable, variables),
                )
                raise self._fault_at(what, "message")
        if re.search("[{}]", re.sub(VARIABLE, "", rule.message)):
            raise self._fault_at(say('"message" has a brace that belongs to no variable'), "message")

    def _validate_options(self, rule: Rule) -> None:
        for option, form in rule.options.items():
            fault = option_fault(rule, option, form["default"])
            if fault:
                what = say("the default of {fault}", fault=fault)
                raise self._fault_at(what, "options", option, "default")
        for name, value in rule.parameters.items():
            if isinstance(value, dict) and value.keys() == {"option"}:
                option = value["option"]
                form = rule.options.get(option)
                if form is None:
                    meant = did_you_mean(option, rule.options)
                    what = say(
                        "the page defines no option {option}{meant}", option=quoted(option), meant=meant
                    )
                    raise self._fault_at(what, "with", name, "option")
                if form["type"] != "integer":
                    what = say("the option {option} is not a whole number", option=quoted(option))
                    raise self._fault_at(what, "with", name, "option")

    def _validate_fragment(self, path: tuple[str, ...], fragment: Any) -> None:
        """Check a JSON Schema in the front matter. It must not refer to other schemas."""
        if fragment is None:
            return
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(fragment)
        except SchemaError as error:
            below = [*path, *error.absolute_path]
            value, message = ".".join(map(str, below)), error.message[:200]
            what = say('"{value}" is not a valid JSON Schema: {message}', value=value, message=message)
            raise self._fault_at(what, *below) from None
        for key in ("$ref", "$dynamicRef"):
            if f'"{key}": ' in json.dumps(fragment):
                raise self._fault_at(say("a schema on a rule page cannot use {key}", key=key), *path)

    def _fault_at(self, what: str, *path: str | int) -> RulePageError:
        """An error at the key or item at the end of a path in the front matter."""
        return self._fault(place_in(self.node, path) or 0, what)

    def _fault(self, offset: int, what: str) -> RulePageError:
        # The front matter begins on the page's second line.
        line = 1 + self.source.location(offset, offset).line
        return RulePageError(say("{file}:{line}: {what}", file=self.file, line=line, what=what))
