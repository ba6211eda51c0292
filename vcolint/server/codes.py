"""Rule codes where people write them: in suppressions, and in the config."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from lsprotocol import types as lsp

from vcolint.config.load import NAMES
from vcolint.engine.rule import Rule, find_rule
from vcolint.locale import tr
from vcolint.text.lines import LINE_END

_WORD = re.compile(r"[A-Za-z0-9-]+")
_SUPPRESSION = re.compile(r"vcolint:\s*ignore(?:-file)?\s*\[[^\]]*", re.IGNORECASE)
_TOP_KEY = re.compile(r"([a-z-]+)\s*:")
# The settings that name rules.
_NAMING = frozenset({"select", "ignore", "per-file-ignores", "ignore-entries", "severity", "options"})


def is_config(path: str) -> bool:
    """Whether a file is a config, by its name."""
    return os.path.basename(path) in NAMES


def rule_at(rules: Mapping[str, Rule], path: str, text: str, place: tuple[int, int]) -> Rule | None:
    """The rule that is named at a line and column of a file with this text."""
    number, column = place
    lines = LINE_END.split(text)
    line = lines[number - 1] if number <= len(lines) else ""
    spans = [(0, len(line))] if is_config(path) else [one.span() for one in _SUPPRESSION.finditer(line)]
    for word in _WORD.finditer(line):
        named = any(start <= word.start() and word.end() <= end for start, end in spans)
        if named and word.start() < column <= word.end() + 1:
            return find_rule(rules, word[0])
    return None


def completions(
    rules: Mapping[str, Rule], path: str, text: str, place: tuple[int, int]
) -> list[lsp.CompletionItem]:
    """The rules that may be named at a line and column of a file with this text."""
    number, column = place
    lines = LINE_END.split(text)[:number]
    if is_config(path):
        keys = (found[1] for line in reversed(lines) if (found := _TOP_KEY.match(line)))
        fits = next(keys, None) in _NAMING
    else:
        before = lines[-1][: column - 1]
        fits = any(one.end() == len(before) for one in _SUPPRESSION.finditer(before))
    return [
        lsp.CompletionItem(
            rule.code,
            kind=lsp.CompletionItemKind.EnumMember,
            detail=rule.name,
            documentation=tr(rule.title),
            filter_text=f"{rule.code} {rule.name}",
        )
        for rule in (rules.values() if fits else ())
    ]
