"""`vcolint explain`, `rules`, `schema` and `test-rules`."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from pathlib import Path

import click

from vcolint.cli.help import Command, language_option
from vcolint.cli.options import config_of, config_options
from vcolint.cli.terminal import write
from vcolint.config.settle import all_rules
from vcolint.engine.rule import PACKAGE, Rule, find_rule, unknown_rule
from vcolint.engine.rules import load_rules
from vcolint.errors import VcolintError
from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.render.columns import columns, padded

_SCHEMAS = ("config", "diff", "paths", "report", "route-set", "rule", "trace")


@click.command(cls=Command)
@click.argument("rule", metavar="CODE|NAME")
@config_options
def explain(rule: str, config_file: str | None, no_config: bool) -> None:
    """Print the page of a rule."""
    rules = load_rules()
    found = find_rule(rules, rule)
    if found is None:
        rules = all_rules(config_of(config_file, no_config))
        found = find_rule(rules, rule)
        if found is None:
            raise VcolintError(unknown_rule(rules, rule))
    write(_page(found, rules))


@click.command(cls=Command)
@click.option(
    "--output", type=click.Choice(("text", "json")), default="text", help="Output format. Default: text."
)
@config_options
def rules(output: str, config_file: str | None, no_config: bool) -> None:
    """List all rules, including your own."""
    known = all_rules(config_of(config_file, no_config))
    write(_as_json(known) if output == "json" else _as_text(known))


@click.command(cls=Command)
@click.argument("name", type=click.Choice(_SCHEMAS))
@language_option
def schema(name: str) -> None:
    """Print a JSON Schema, for example for an editor."""
    write(Path(PACKAGE, "schemas", f"{name}.schema.json").read_text(encoding="utf-8"))


@click.command("test-rules", cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path())
@language_option
def test_rules(folder: str) -> int:
    """Run the examples on the rule pages of a folder."""
    from vcolint.trials import outcome  # with the readers and checks, which no other command here needs

    text, failed = outcome(Path(folder))
    write(text)
    return 1 if failed else 0


def _as_text(rules: Mapping[str, Rule]) -> str:
    """One rule per line: code, severity, name, heading, and whether it is off by default."""
    severity = max(columns(tr(rule.severity)) for rule in rules.values())
    name = max(len(rule.name) for rule in rules.values())
    return "".join(
        f"{rule.code}  {padded(tr(rule.severity), severity)}  {rule.name:<{name}}  {tr(rule.title)}"
        f"{'' if rule.default else tr(' (off by default)')}\n"
        for rule in rules.values()
    )


def _as_json(rules: Mapping[str, Rule]) -> str:
    """All rules as JSON."""
    fields = ("code", "name", "severity", "basis", "effect", "api_errors", "default", "options")
    listed = [
        {
            **{field: getattr(rule, field) for field in fields},
            "title": tr(rule.title),
            "help": tr(rule.help),
        }
        for rule in rules.values()
    ]
    return dumps(listed, ensure_ascii=False, indent=1) + "\n"


def _page(rule: Rule, rules: Mapping[str, Rule]) -> str:
    """A rule's page, with a summary of its front matter. `rules` are all rules."""

    def named(other: str) -> str:
        codes = [one.code for one in rules.values() if other in one.verdict]
        return f"{other} ({', '.join(codes)})" if codes else other

    facts = [
        (tr("severity"), tr(rule.severity) + ("" if rule.default else tr(", off by default"))),
        (tr("basis"), tr(rule.basis)),
        (tr("effect"), tr(rule.effect)),
        *([(tr("API errors"), ", ".join(rule.api_errors))] if rule.api_errors else []),
        *([(tr("yields to"), ", ".join(map(named, rule.yields_to)))] if rule.yields_to else []),
    ]
    head = "".join(f"{padded(label + ':', 11)} {text}\n" for label, text in facts)
    return f"{rule.code} {rule.name}\n\n{head}\n{translated(rule.body.strip()).strip()}\n"
