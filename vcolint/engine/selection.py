"""Which rules run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vcolint.engine.rule import Rule, find_rule, unknown_rule
from vcolint.errors import ConfigError
from vcolint.locale import say

# These rules run whatever is selected, ...
ALWAYS_SELECTED = frozenset({"VCO001", "VCO002", "VCO003", "VCO007", "VCO008"})
# ... and these two whatever is ignored.
NEVER_IGNORED = frozenset({"VCO001", "VCO008"})

_ALL = len("VCO")  # how specific the prefix is that stands for every rule
_EXACT = len("VCO000")  # how specific a code or a name is


def matching_rules(rules: Mapping[str, Rule], text: str) -> tuple[list[Rule], int]:
    """The rules that a code, a name or a code prefix such as `VCO5` means, and how specific it is.

    Raises ConfigError if there is none.
    """
    rule = find_rule(rules, text)
    if rule is not None:
        return [rule], _EXACT
    prefix = text.upper()
    if re.fullmatch("VCO[0-9]{0,2}", prefix):
        matching = [rule for code, rule in rules.items() if code.startswith(prefix)]
        if matching:
            return matching, len(prefix)
    raise ConfigError(unknown_rule(rules, text))


def select(
    rules: Mapping[str, Rule], select: Sequence[str] | None, ignore: Sequence[str]
) -> tuple[frozenset[str], list[str]]:
    """The codes of the rules that run, and warnings about rules that cannot be ignored.

    The more specific text wins (a code or name, then a longer prefix); between equals, `ignore` wins. With
    `select` None, all rules run that are on by default. A prefix never turns on a rule that is off by
    default. Raises ConfigError for what names no rule.
    """
    selected = {
        code: _ALL
        for code, rule in rules.items()
        if code in ALWAYS_SELECTED or (select is None and rule.default)
    }
    for text in select or ():
        matching, specificity = matching_rules(rules, text)
        for rule in matching:
            if rule.default or specificity == _EXACT:
                selected[rule.code] = max(specificity, selected.get(rule.code, 0))
    warnings: list[str] = []
    for text in ignore:
        matching, specificity = matching_rules(rules, text)
        for rule in matching:
            if rule.code in NEVER_IGNORED:
                warning = say("you cannot ignore {code}", code=rule.code)
                if warning not in warnings:
                    warnings.append(warning)
            elif selected.get(rule.code, _EXACT + 1) <= specificity:
                del selected[rule.code]
    return frozenset(selected), warnings
