"""Prints entries, rules, and a rule's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import dumps

from vcolint.engine.rule import Rule
from vcolint.library import records
from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.model.reading import Inputs
from vcolint.model.settings import Config
from vcolint.render.columns import columns, padded
from vcolint.report.finding import entry_shown


def lines(inputs: Inputs, config: Config) -> Iterator[str]:
    """One JSON object per line for each entry, and for what could not be listed (address and reason)."""
    for reading, found in records(inputs, config):
        for record, domain in found:
            yield _line(
                {
                    **entry_shown(record),
                    "kind": reading.kind,
                    "file": record.location.file,
                    "line": record.location.line,
                    "address": record.address,
                    "root": reading.root,
                    "domain": domain,
                    "environment": reading.environment,
                }
            )
        for item in reading.unlisted:
            yield _line({"address": item.address, "unknown": tr(item.reason)})


def _line(value: Mapping[str, object]) -> str:
    text = dumps(value, ensure_ascii=False)
    if not text.isprintable():  # safe for a terminal, and the same JSON
        text = "".join(one if one.isprintable() else dumps(one)[1:-1] for one in text)
    return text + "\n"


def rules_as_text(rules: Mapping[str, Rule]) -> str:
    """One rule per line: code, severity, name, heading, and whether it is off by default."""
    severity = max(columns(tr(rule.severity)) for rule in rules.values())
    name = max(len(rule.name) for rule in rules.values())
    return "".join(
        f"{rule.code}  {padded(tr(rule.severity), severity)}  {rule.name:<{name}}  {tr(rule.title)}"
        f"{'' if rule.default else tr(' (off by default)')}\n"
        for rule in rules.values()
    )


def rules_as_json(rules: Mapping[str, Rule]) -> str:
    """All rules as JSON."""
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "basis": rule.basis,
            "effect": rule.effect,
            "api_errors": rule.api_errors,
            "default": rule.default,
            "options": rule.options,
            "title": tr(rule.title),
            "help": tr(rule.help),
        }
        for rule in rules.values()
    ]
    return dumps(listed, ensure_ascii=False, indent=1) + "\n"


def page(rule: Rule, rules: Mapping[str, Rule]) -> str:
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
