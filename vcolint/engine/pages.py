"""Reading one rule page, and saying where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcolint.engine.rule import VARIABLE, VERDICTS, Rule, examples_on, option_fault, read_page
from vcolint.errors import RulePageError
from vcolint.locale import say
from vcolint.model.entry import FIELDS
from vcolint.model.network import network, parse, text
from vcolint.text.nodes import plain
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault
from vcolint.text.wording import TYPES, described, did_you_mean, either, quoted

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# Checks that tell of a file or of vcolint itself: there is no entry whose fields a message could name.
_WITHOUT_ENTRY = frozenset({"reading", "unknown-value", "suppression", "crash"})

_MAX_NODES = 20_000  # of one front matter, an alias counted as often as it is used


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
        """The rule that the page states, references not yet resolved."""
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
        """Check everything about the page itself, and that no rule in `known` has its code or name.

        Raises RulePageError at the first fault.
        """
        self._validate_tree()
        errors = list(_schema_validator().iter_errors(self.values))
        # A key that is not known is often the one that is missing.
        strange = [one.absolute_path for one in errors if one.validator == "additionalProperties"]
        faults = [
            self._schema_fault(one)
            for one in errors
            if one.validator not in ("required", "oneOf", "anyOf") or one.absolute_path not in strange
        ]
        if faults:
            raise self._fault(*min(faults))
        rule = self.rule
        if not built_in and not rule.code.startswith("VCO9"):
            raise self._fault_at(
                ["code"],
                say("{code} is reserved for vcolint; give your own rule VCO9 and two digits", code=rule.code),
            )
        if not built_in and rule.verdict:
            raise self._fault_at(["verdict"], say("only a built-in rule can have a verdict"))
        for other in known.values():
            if other.code == rule.code:
                raise self._fault_at(
                    ["code"],
                    say("the rule {page} already has the code {code}", code=rule.code, page=other.page),
                )
            if other.name == rule.name:
                raise self._fault_at(
                    ["name"],
                    say(
                        "the rule {page} already has the name {name}", name=quoted(rule.name), page=other.page
                    ),
                )
        self._validate_message(rule)
        self._validate_options(rule)
        for index, block in enumerate(_items(rule.parameters.get("networks"))):
            parsed = parse(block)
            if parsed is not None and network(parsed) != parsed:
                what = say(
                    "{block} has host bits set; the network is {parsed}",
                    block=block,
                    parsed=text(network(parsed)),
                )
                raise self._fault_at(["with", "networks", index], what)
        self._validate_fragment(["with", "schema"], rule.parameters.get("schema"))
        self._validate_fragment(["where"], rule.where)
        if not rule.title:
            raise RulePageError(
                say(
                    "{file}:{body_line}: the page has no heading; start it with one (# …)",
                    file=self.file,
                    body_line=self.text.body_line,
                )
            )
        examples_on(self.text)

    def validate_references(self, rules: Mapping[str, Rule]) -> None:
        """Check that the rules to which the page refers exist. Raises RulePageError."""
        rule = self.rule
        for index, code in enumerate(rule.yields_to):
            if (code not in rules and code not in VERDICTS) or code == rule.code:
                what = (
                    say("a rule cannot yield to itself")
                    if code in rules
                    else say("unknown rule {code}{code2}", code=code, code2=did_you_mean(code, rules))
                )
                raise self._fault_at(["yields-to", index], what)
        for name, value in rule.parameters.items():
            if isinstance(value, dict) and value.keys() == {"of"}:
                other = rules.get(value["of"])
                if other is None:
                    what = say(
                        "unknown rule {value}{rules}",
                        value=value["of"],
                        rules=did_you_mean(value["of"], rules),
                    )
                    raise self._fault_at(["with", name, "of"], what)
                if not isinstance(other.parameters.get(name), list):
                    raise self._fault_at(
                        ["with", name, "of"], say("{code} has no list of {name}", code=other.code, name=name)
                    )

    def _validate_tree(self) -> None:
        """Check that the front matter is one mapping of bounded size, its keys text and none given twice."""
        if not isinstance(self.node, MappingNode):
            raise self._fault(0, say("the front matter is not a mapping"))
        count = 0
        waiting: list[Node] = [self.node]
        while waiting:
            node = waiting.pop()
            count += 1
            if count > _MAX_NODES:
                raise self._fault(
                    node.start,
                    say(
                        "the front matter has more than {MAX_NODES} values", MAX_NODES=format(_MAX_NODES, ",")
                    ),
                )
            if isinstance(node, SequenceNode):
                waiting += node.items
            elif isinstance(node, MappingNode):
                seen = set()
                for key, value in node.pairs:
                    if not isinstance(key, ScalarNode) or not isinstance(key.value, str):
                        raise self._fault(key.start, say("a key must be text"))
                    if key.value in seen:
                        raise self._fault(key.start, say("duplicate key {quoted}", quoted=quoted(key.value)))
                    seen.add(key.value)
                    waiting.append(value)
                waiting += [value for _, value in node.merged]

    def _schema_fault(self, error: ValidationError) -> tuple[int, str]:
        """An error of jsonschema as its place and what a person wants to hear."""
        path = list(error.absolute_path)
        what = (
            '"' + ".".join(str(part) for part in path if isinstance(part, str)) + '"'
            if path
            else say("the page")
        )
        value: Any = error.instance
        limit: Any = error.validator_value
        schema: Any = error.schema
        if error.validator == "additionalProperties" and isinstance(value, dict):
            known = schema.get("properties", {})
            unknown = next(key for key in value if key not in known)
            meant = did_you_mean(unknown, known) or say(
                "; use one of {known}", known=", ".join(known) or "none"
            )
            return self._offset([*path, unknown]), say(
                "unknown key {unknown}{meant}", unknown=quoted(unknown), meant=meant
            )
        if error.validator == "required":
            missing = next(key for key in limit if key not in value)
            return self._offset(path), say("{what} has no {missing}", what=what, missing=quoted(missing))
        if error.validator in ("oneOf", "anyOf"):
            names = [quoted(alternative["required"][0]) for alternative in limit]
            if error.validator == "oneOf":
                return self._offset(path), say(
                    "{what} needs one of {names}", what=what, names=", ".join(names)
                )
            return self._offset(path), say(
                "{what} needs at least one of {names}", what=what, names=", ".join(names)
            )
        if error.validator == "enum":
            choices = [choice for choice in limit if isinstance(choice, str)]
            meant = did_you_mean(value, choices) if isinstance(value, str) else ""
            meant = meant or say("; use one of {choices}", choices=", ".join(choices))
            return self._offset(path), say(
                "{what} cannot be {described}{meant}", what=what, described=described(value), meant=meant
            )
        if error.validator == "type":
            kinds = either([TYPES[kind] for kind in ([limit] if isinstance(limit, str) else limit)])
            return self._offset(path), say(
                "{what} must be {kinds}, not {described}", what=what, kinds=kinds, described=described(value)
            )
        if error.validator == "pattern":
            return self._offset(path), say(
                "{what} must be {schema}, not {described}",
                what=what,
                schema=schema["title"],
                described=described(value),
            )
        if error.validator == "minimum":
            return self._offset(path), say(
                "{what} must be at least {limit}, not {described}",
                what=what,
                limit=limit,
                described=described(value),
            )
        if error.validator == "maximum":
            return self._offset(path), say(
                "{what} must be at most {limit}, not {described}",
                what=what,
                limit=limit,
                described=described(value),
            )
        if error.validator == "format":
            return self._offset(path), say(
                "{what} is not a regular expression: {described}", what=what, described=described(value)
            )
        if error.validator == "uniqueItems":
            return self._offset(path), say("{what} has the same value twice", what=what)
        return self._offset(path), say("{what} must not be empty", what=what)  # minItems, minLength

    def _validate_message(self, rule: Rule) -> None:
        variables = list(_schema()["definitions"][rule.check]["x-variables"])
        if rule.check not in _WITHOUT_ENTRY:
            variables += FIELDS
        for variable in re.findall(VARIABLE, rule.message):
            if variable not in variables:
                meant = did_you_mean(variable, variables) or say(
                    "; use one of {variables}", variables=", ".join(variables)
                )
                raise self._fault_at(
                    ["message"],
                    say(
                        '"message" names an unknown variable {variable}{meant}',
                        variable=quoted(variable),
                        meant=meant,
                    ),
                )
        if re.search("[{}]", re.sub(VARIABLE, "", rule.message)):
            raise self._fault_at(["message"], say('"message" has a brace that belongs to no variable'))

    def _validate_options(self, rule: Rule) -> None:
        for option, form in rule.options.items():
            fault = option_fault(rule, option, form["default"])
            if fault is not None:
                raise self._fault_at(
                    ["options", option, "default"], say("the default of {fault}", fault=fault)
                )
        for name, value in rule.parameters.items():
            if isinstance(value, dict) and value.keys() == {"option"}:
                option = value["option"]
                if option not in rule.options:
                    what = say(
                        "the page defines no option {option}{option2}",
                        option=quoted(option),
                        option2=did_you_mean(option, rule.options),
                    )
                    raise self._fault_at(["with", name, "option"], what)
                if rule.options[option]["type"] != "integer":
                    raise self._fault_at(
                        ["with", name, "option"],
                        say("the option {option} is not a whole number", option=quoted(option)),
                    )

    def _validate_fragment(self, path: list[str | int], fragment: Any) -> None:
        """Check a JSON Schema that stands in the front matter. It may not refer elsewhere."""
        if fragment is None:
            return
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(fragment)
        except SchemaError as error:
            below = [*path, *error.absolute_path]
            raise self._fault_at(
                below,
                say(
                    '"{value}" is not a valid JSON Schema: {message}',
                    value=".".join(map(str, below)),
                    message=error.message[:200],
                ),
            ) from None
        waiting: list[tuple[list[str | int], Any]] = [(path, fragment)]
        while waiting:
            place, part = waiting.pop()
            if isinstance(part, list):
                waiting += [([*place, index], item) for index, item in enumerate(part)]
            elif isinstance(part, dict):
                for key in ("$ref", "$dynamicRef"):
                    if isinstance(part.get(key), str):
                        raise self._fault_at(
                            [*place, key], say("a schema on a rule page cannot use {key}", key=key)
                        )
                waiting += [([*place, key], item) for key, item in part.items()]

    def _offset(self, path: list[str | int]) -> int:
        """Where in the front matter the key, or the item, at the end of `path` stands."""
        node, offset = self.node, 0
        for part in path:
            if isinstance(node, MappingNode):
                pairs = [*node.pairs, *node.merged]
                key, node = next(
                    pair for pair in pairs if isinstance(pair[0], ScalarNode) and pair[0].value == part
                )
                offset = key.start
            elif isinstance(node, SequenceNode) and isinstance(part, int):
                node = node.items[part]
                offset = node.start
        return offset

    def _fault_at(self, path: list[str | int], what: str) -> RulePageError:
        return self._fault(self._offset(path), what)

    def _fault(self, offset: int, what: str) -> RulePageError:
        # The front matter begins on the page's second line.
        return RulePageError(
            say(
                "{file}:{value}: {what}",
                file=self.file,
                value=1 + self.source.location(offset, offset).line,
                what=what,
            )
        )


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


@cache
def _schema() -> dict[str, Any]:
    import json

    path = Path(__file__).parent.parent / "schemas" / "rule.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


@cache
def _schema_validator() -> Any:
    from jsonschema import Draft7Validator

    return Draft7Validator(_schema(), format_checker=Draft7Validator.FORMAT_CHECKER)
