"""`vcolint explain`, `rules`, `schema` and `test-rules`."""

from __future__ import annotations

import os

import click

from vcolint.cli.help import Command, language_option
from vcolint.cli.options import config_of, config_options
from vcolint.cli.terminal import write
from vcolint.errors import VcolintError

_SCHEMAS = ("config", "diff", "paths", "report", "route-set", "rule", "trace")


@click.command(cls=Command)
@click.argument("rule", metavar="CODE|NAME")
@config_options
def explain(rule: str, config_file: str | None, no_config: bool) -> None:
    """Print the page of a rule."""
    from vcolint.cli.listing import page
    from vcolint.config.settle import load_all_rules
    from vcolint.engine.rule import find_rule, unknown_rule
    from vcolint.engine.rules import load_rules

    rules = load_rules()
    found = find_rule(rules, rule)
    if found is None:
        rules = load_all_rules(config_of(config_file, no_config))
        found = find_rule(rules, rule)
        if found is None:
            raise VcolintError(unknown_rule(rules, rule))
    write(page(found, rules))


@click.command(cls=Command)
@click.option(
    "--output", type=click.Choice(("text", "json")), default="text", help="Output format. Default: text."
)
@config_options
def rules(output: str, config_file: str | None, no_config: bool) -> None:
    """List the rules, your own ones included."""
    from vcolint.cli.listing import rules_as_json, rules_as_text
    from vcolint.config.settle import load_all_rules

    known = load_all_rules(config_of(config_file, no_config))
    write(rules_as_json(known) if output == "json" else rules_as_text(known))


@click.command(cls=Command)
@click.argument("name", type=click.Choice(_SCHEMAS))
@language_option
def schema(name: str) -> None:
    """Print a JSON Schema, for example for an editor."""
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas")
    with open(os.path.join(folder, f"{name}.schema.json"), encoding="utf-8") as stream:
        write(stream.read())


@click.command("test-rules", cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path())
@language_option
def test_rules(folder: str) -> int:
    """Run the examples on the rule pages of a folder."""
    from pathlib import Path

    from vcolint.trials import outcome

    text, failed = outcome(Path(folder))
    write(text)
    return 1 if failed else 0
