"""`vcolint explain`, `rules`, `schema` and `test-rules`."""

from __future__ import annotations

from json import dumps
from pathlib import Path

import click

from vcolint.cli.options import Command, config_of, config_options, language_option
from vcolint.cli.terminal import write
from vcolint.config.load import all_rules
from vcolint.engine.rule import PACKAGE, find_rule, unknown_rule
from vcolint.errors import VcolintError
from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.render.columns import columns, padded

_FIELDS = ("code", "name", "severity", "basis", "effect", "api_errors", "default")
_SCHEMAS = ("config", "diff", "paths", "report", "route-set", "rule", "trace")


@click.command(cls=Command)
@click.argument("rule", metavar="CODE|NAME")
@config_options
def explain(rule: str, config_file: str | None, no_config: bool) -> None:
    """Print the page of a rule."""
    rules = all_rules(config_of(config_file, no_config))
    found = find_rule(rules, rule)
    if found is None:
        raise VcolintError(unknown_rule(rules, rule))

    def named(other: str) -> str:
        codes = [one.code for one in rules.values() if other in one.verdict]
        return f"{other} ({', '.join(codes)})" if codes else other

    facts = {
        tr("severity"): tr(found.severity) + ("" if found.default else tr(", off by default")),
        tr("basis"): tr(found.basis),
        tr("effect"): tr(found.effect),
        tr("API errors"): ", ".join(found.api_errors),
        tr("yields to"): ", ".join(map(named, found.yields_to)),
    }
    head = "".join(f"{padded(label + ':', 11)} {text}\n" for label, text in facts.items() if text)
    write(f"{found.code} {found.name}\n\n{head}\n{translated(found.body.strip()).strip()}\n")


@click.command(cls=Command)
@click.option(
    "--output", type=click.Choice(("text", "json")), default="text", help="Output format. Default: text."
)
@config_options
def rules(output: str, config_file: str | None, no_config: bool) -> None:
    """List all rules, including your own."""
    known = list(all_rules(config_of(config_file, no_config)).values())
    if output == "json":
        listed = [
            {field: getattr(rule, field) for field in _FIELDS}
            | {"options": {option: rule.parameters[name] for option, name in rule.options.items()}}
            | {"title": tr(rule.title), "help": tr(rule.help)}
            for rule in known
        ]
        write(dumps(listed, ensure_ascii=False, indent=1) + "\n")
        return
    severity = max(columns(tr(rule.severity)) for rule in known)
    name = max(len(rule.name) for rule in known)
    for rule in known:
        off = "" if rule.default else tr(" (off by default)")
        level = padded(tr(rule.severity), severity)
        write(f"{rule.code}  {level}  {rule.name:<{name}}  {tr(rule.title)}{off}\n")


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
