"""Rule codes where people write them: in suppressions, and in the config."""

from __future__ import annotations

import os
import re

from lsprotocol import types as lsp

from vcolint.config.load import NAMES
from vcolint.engine.rule import Rule, find_rule
from vcolint.locale import tr
from vcolint.server.project import Snapshot
from vcolint.server.texts import LINE_END

_WORD = re.compile(r"[A-Za-z0-9-]+")
_OPEN_SUPPRESSION = re.compile(r"vcolint:\s*ignore(?:-file)?\s*\[[^\]]*\Z", re.IGNORECASE)
_SUPPRESSION = re.compile(r"vcolint:\s*ignore(?:-file)?\s*\[[^\]]*\]?", re.IGNORECASE)
_TOP_KEY = re.compile(r"([a-z-]+)\s*:")
# The settings that name rules.
_NAMING = frozenset({"select", "ignore", "per-file-ignores", "ignore-entries", "severity", "options"})


def rule_at(snapshot: Snapshot, path: str, number: int, column: int) -> Rule | None:
    """The rule that is named at a place of a file."""
    lines = LINE_END.split(snapshot.text(path))
    line = lines[number - 1] if number <= len(lines) else ""
    spans = [(0, len(line))] if is_config(path) else [one.span() for one in _SUPPRESSION.finditer(line)]
    for word in _WORD.finditer(line):
        named = any(start <= word.start() and word.end() <= end for start, end in spans)
        if named and word.start() < column <= word.end() + 1:
            return find_rule(snapshot.settings.rules, word[0])
    return None


def completions(snapshot: Snapshot, path: str, number: int, column: int) -> list[lsp.CompletionItem]:
    """The rules that may be named at a place of a file."""
    lines = LINE_END.split(snapshot.text(path))[:number]
    before = lines[-1][: column - 1]
    if not (_in_setting(lines) if is_config(path) else _OPEN_SUPPRESSION.search(before)):
        return []
    return [
        lsp.CompletionItem(
            rule.code,
            lsp.CompletionItemLabelDetails(description=rule.name),
            lsp.CompletionItemKind.EnumMember,
            detail=rule.name,
            documentation=tr(rule.title),
            filter_text=f"{rule.code} {rule.name}",
        )
        for rule in snapshot.settings.rules.values()
    ]


def is_config(path: str) -> bool:
    return os.path.basename(path) in NAMES


def _in_setting(lines: list[str]) -> bool:
    """Whether the last line belongs to a setting that names rules."""
    for number in range(len(lines) - 1, -1, -1):
        key = _TOP_KEY.match(lines[number])
        if key is not None:
            return key[1] in _NAMING
    return False
