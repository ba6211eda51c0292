"""Rules: what their pages say, their options, which rules a text names, and which rules run.

A run imports the reader of schemas only to check options.
"""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vcolint.errors import ConfigError, RulePageError
from vcolint.locale import say
from vcolint.model.settings import NOTHING
from vcolint.text.opening import reason
from vcolint.text.wording import did_you_mean, quoted

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))).replace(os.sep, "/")
# In a wheel the pages are inside the package; in the repository they are next to it.
BUILT_IN = folder if os.path.isdir(folder := f"{PACKAGE}/rules") else f"{os.path.dirname(PACKAGE)}/rules"

# A variable of a message. A message has no other braces.
VARIABLE = r"\{([A-Za-z_]+)\}"

# What a rule can find out about an entry, so that other rules leave it out: the field that it is about, and
# the attribute of a route set that holds the entries.
VERDICTS = {
    "unusable-destination": ("RouteDest", "unusable"),
    "duplicate": ("RouteDest", "duplicates"),
    "invalid-weight": ("Weight", "misweighted"),
    "invalid-region": ("RegionId", "misplaced"),
}

# Checks that do not look at entries: other modules collect what they report.
ELSEWHERE = frozenset({"reading", "unknown-value", "suppression", "crash"})

# These rules run whatever is selected, ...
ALWAYS_SELECTED = frozenset({"VCO001", "VCO002", "VCO003", "VCO007", "VCO008"})
# ... and these two whatever is ignored.
NEVER_IGNORED = frozenset({"VCO001", "VCO008"})


class Rule(NamedTuple):
    """A rule as its page defines it. The fields have the names of the front matter."""

    code: str
    name: str
    severity: str
    basis: str
    effect: str
    api_errors: tuple[str, ...]
    check: str
    parameters: dict[str, Any]  # `with`
    message: str
    default: bool
    title: str  # the page's heading; "" if it has none
    help: str  # the first paragraph of "What to do", on one line; "" if the page has none
    page: str  # path of the page
    where: Any = None  # a JSON Schema over the entry: a mapping, true or false; None without one
    options: Mapping[str, str] = NOTHING  # what a config may set -> the parameter that this replaces
    yields_to: tuple[str, ...] = ()  # codes, and words of `VERDICTS`
    verdict: tuple[str, ...] = ()  # the words of `VERDICTS` that a finding gives its entry
    finding_per: str = "entry"  # or "value": entries that share the value share one finding

    @property
    def body(self) -> str:
        """The page without its front matter: Markdown. Raises RulePageError if the file cannot be read."""
        front = read_page(self.page)
        return front.string[front.end() :]


def read_page(file: str) -> re.Match[str]:
    """The front matter at the start of a page (group 1). Raises RulePageError."""
    try:
        with open(file, encoding="utf-8-sig") as stream:
            text = stream.read()
    except OSError as error:
        raise RulePageError(say("{file}: {strerror}", file=file, strerror=reason(error))) from None
    except UnicodeDecodeError:
        raise RulePageError(say("{file}: not UTF-8", file=file)) from None
    found = re.match(r"(?ms)---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", text)
    if found is None:
        raise RulePageError(
            say("{file}:1: a rule page starts with front matter between two lines of ---", file=file)
        )
    return found


def rule_of(values: Mapping[str, Any], page: str) -> Rule:
    """The rule with the front matter `values`, which also hold `title` and `help`."""
    fields: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
    }
    parameters, default = fields.pop("with"), fields.pop("default") in ("on", True)
    return Rule(parameters=parameters, default=default, page=page, **fields)


def find_rule(rules: Mapping[str, Rule], text: str) -> Rule | None:
    """The rule with that code (upper or lower case) or that name."""
    return rules.get(text.upper()) or next((rule for rule in rules.values() if rule.name == text), None)


def unknown_rule(rules: Mapping[str, Rule], text: str) -> str:
    """The message about `text`, which names no rule."""
    if any(_exactness(text, rule) for rule in rules.values()):
        return say("{text} names several rules: write the code of each", text=quoted(text))
    meant = did_you_mean(text, [*rules, *(rule.name for rule in rules.values())])
    return say("unknown rule {text}{meant}", text=quoted(text), meant=meant)


def matching_rules(rules: Mapping[str, Rule], text: str) -> list[Rule]:
    """The rules that a code, a name or a code prefix such as `VCO5` means.

    Raises ConfigError if there is none.
    """
    found = [rule for rule in rules.values() if _exactness(text, rule)]
    if not found:
        raise ConfigError(unknown_rule(rules, text))
    return found


def _exactness(text: str, rule: Rule) -> int:
    """How exactly a text names a rule: the length of the code or its prefix; a name counts as the code. 0 if
    it does not name the rule."""
    if text == rule.name:
        return len(rule.code)
    return len(text) if len(text) >= len("VCO") and rule.code.startswith(text.upper()) else 0


def select(rules: Mapping[str, Rule], select: Sequence[str] | None, ignore: Sequence[str]) -> frozenset[str]:
    """The codes of the rules that run.

    The more exact text wins (a code or name, then a longer prefix); between equals, `ignore` wins. With
    `select` None, all rules run that are on by default. A prefix never turns on a rule that is off by
    default.
    """
    if select is None and not ignore:  # the usual case
        return frozenset(one.code for one in rules.values() if one.default or one.code in ALWAYS_SELECTED)
    selected: set[str] = set()
    for code, rule in rules.items():
        asked = [_exactness(text, rule) for text in select or ()]
        if code in ALWAYS_SELECTED or (select is None and rule.default):
            asked.append(len("VCO"))
        ignored = max((_exactness(text, rule) for text in ignore if code not in NEVER_IGNORED), default=0)
        if any(one > ignored and (rule.default or one == len(code)) for one in asked):
            selected.add(code)
    return frozenset(selected)


def option_fault(rule: Rule, option: str, value: object) -> str:
    """What is wrong with setting an option of a rule to `value`; "" if nothing is."""
    if option not in rule.options:
        meant = did_you_mean(option, rule.options)
        shown = f"{rule.code} {rule.name}"
        return say("{rule} has no option {option}{meant}", rule=shown, option=quoted(option), meant=meant)
    from vcolint.engine.schema import load_schema, resolved, wrong_value

    forms = load_schema("rule")
    form = forms["definitions"][rule.check]["properties"][rule.options[option]]
    return wrong_value(value, resolved(form, forms), quoted(option))
