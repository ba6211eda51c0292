"""Which rules run: `vcolint.engine.rule`, and on which entries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.entries import reading, route_set
from vcolint.config.load import settle
from vcolint.engine.evaluate import satisfying
from vcolint.engine.rule import Rule, select
from vcolint.engine.rules import load_rules
from vcolint.errors import ConfigError
from vcolint.model.settings import Config

RULES = load_rules()
DEFAULT = {code for code, rule in RULES.items() if rule.default}
ALWAYS = {"VCO001", "VCO002", "VCO003", "VCO007", "VCO008"}


def beginning(prefix: str) -> set[str]:
    return {code for code in RULES if code.startswith(prefix)}


def test_default_is_what_is_on_by_default() -> None:
    assert select(RULES, None, []) == DEFAULT
    assert {code for code in RULES if code not in DEFAULT} == {"VCO004", "VCO108", "VCO307", "VCO709"}


def test_prefix_selects_what_is_on_by_default() -> None:
    assert select(RULES, ["VCO1"], []) == ALWAYS | (beginning("VCO1") - {"VCO108"})
    assert select(RULES, ["VCO"], []) == DEFAULT


def test_rule_that_is_off_is_turned_on_by_code_or_name_only() -> None:
    for text in ("VCO108", "vco108", "public-destination"):
        assert select(RULES, [text], []) == ALWAYS | {"VCO108"}
    assert "VCO108" not in select(RULES, ["VCO10"], [])


def test_nothing_selected_leaves_what_always_runs() -> None:
    assert select(RULES, [], []) == ALWAYS


def test_more_specific_wins() -> None:
    assert select(RULES, ["VCO5"], ["VCO504"]) == ALWAYS | beginning("VCO5") - {"VCO504"}
    assert select(RULES, ["VCO504"], ["VCO5"]) == ALWAYS | {"VCO504"}
    assert select(RULES, ["primary-without-backup"], ["VCO50"]) == ALWAYS | {"VCO504"}
    assert select(RULES, ["VCO50", "VCO1"], ["VCO5"]) >= beginning("VCO50")
    assert select(RULES, ["VCO504"], ["primary-without-backup"]) == ALWAYS
    assert select(RULES, ["VCO5"], ["VCO5"]) == ALWAYS


def test_ignore_alone_takes_from_the_default() -> None:
    assert select(RULES, None, ["VCO5", "broad-destination"]) == DEFAULT - beginning("VCO5") - {"VCO107"}


def test_what_always_runs() -> None:
    _, _, codes, warnings = settle(Config(), ["VCO1"], ["VCO002", "VCO003", "VCO007"])
    assert codes == ALWAYS - {"VCO002", "VCO003", "VCO007"} | (beginning("VCO1") - {"VCO108"})
    assert warnings == []


@pytest.mark.parametrize("text", ["VCO001", "unreadable-input", "vco001"])
def test_unreadable_input_cannot_be_ignored(text: str) -> None:
    _, _, codes, warnings = settle(Config(), None, [text])
    assert codes == DEFAULT
    assert warnings == ["you cannot ignore VCO001"]


def test_prefix_over_what_cannot_be_ignored() -> None:
    _, _, codes, warnings = settle(Config(), None, ["VCO0", "VCO008"])
    assert codes == DEFAULT - beginning("VCO0") | {"VCO001", "VCO008"}
    assert warnings == ["you cannot ignore VCO001", "you cannot ignore VCO008"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "primary-without-bakup",
            'unknown rule "primary-without-bakup"; did you mean "primary-without-backup"?',
        ),
        ("VCO1O7", 'unknown rule "VCO1O7"; did you mean "VCO107"?'),
        ("VCO8", 'unknown rule "VCO8"; did you mean "VCO708"?'),
        ("", 'unknown rule ""'),
        ("\x1b[31m", 'unknown rule "\\x1b[31m"'),
    ],
)
def test_unknown_rule(text: str, message: str) -> None:
    for arguments in (([text], []), (None, [text])):
        with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
            settle(Config(), *arguments)


def is_selected(rule: Rule, wanted: list[str] | None, ignored: list[str]) -> bool:
    """The same, told slowly: for each rule the most specific mention decides."""

    def specificity(text: str) -> int:
        if text.upper() == rule.code or text == rule.name:
            return 6
        return len(text) if rule.code.startswith(text) else 0

    if rule.code in ("VCO001", "VCO008"):
        return True
    mentions = [specificity(text) for text in wanted or []]
    best = max([level for level in mentions if rule.default or level == 6], default=0)
    if (wanted is None and rule.default) or rule.code in ALWAYS:
        best = max(best, 3)
    return best > max(map(specificity, ignored), default=0)


TEXTS = st.lists(
    st.sampled_from(
        [
            *RULES,
            *(rule.name for rule in RULES.values()),
            *sorted({code[:length] for code in RULES for length in (3, 4, 5)}),
        ]
    ),
    max_size=5,
)


@given(st.none() | TEXTS, TEXTS)
def test_equals_slow_oracle(wanted: list[str] | None, ignored: list[str]) -> None:
    expected = {code for code, rule in RULES.items() if is_selected(rule, wanted, ignored)}
    assert select(RULES, wanted, ignored) == expected


def test_a_dollar_in_where_is_the_very_end() -> None:
    routes = route_set(reading([{"Description": "a"}, {"Description": "a\n"}, {"Description": "b"}]))
    assert satisfying(routes, {"properties": {"Description": {"pattern": "^a$"}}}) == [0]
