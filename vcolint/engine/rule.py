"""One rule and the text of its page: Markdown that is documentation, configuration and test at once.

A run imports the reader of schemas only to check options.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from vcolint.errors import RulePageError
from vcolint.locale import say
from vcolint.text.opening import reason
from vcolint.text.wording import did_you_mean, meant_or_known, nearest, quoted

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))).replace(os.sep, "/")
# In a wheel the pages are inside the package; in the repository they are next to it.
BUILT_IN = folder if os.path.isdir(folder := f"{PACKAGE}/rules") else f"{os.path.dirname(PACKAGE)}/rules"

# Most runs read no page, so these patterns are compiled only when needed.
_FRONT_MATTER = r"(?ms)---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)"
_TITLE = r"(?m)^# +(.*?)[ #]*$"
_WHAT_TO_DO = r"(?m)^## +What to do *\n\n*((?:[^#`\n].*\n?)+)"
_FENCE = r"(?ms)^(?P<marks>`{3,})(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=marks)`*[ \t]*$"

# A variable of a message. No other braces may stand in one.
VARIABLE = r"\{([A-Za-z_]+)\}"

# What a rule can find out about an entry. Other rules can then leave that entry out.
VERDICTS = ("unusable-destination", "duplicate", "invalid-weight", "invalid-region")

# The second word of a fence, and the words that may come before it: the usual suffixes of input kinds.
_SUFFIXES = ("yaml", "json", "jsonl", "csv", "hcl", "sh")
_PURPOSES = {"bad": _SUFFIXES, "good": _SUFFIXES, "config": ("yaml",), "live": ("json",)}


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
    where: Any  # a JSON Schema over the entry: a mapping, true or false; None without one
    options: dict[str, Any]  # what a config may set under `options:`
    yields_to: tuple[str, ...]  # codes, and words of `VERDICTS`
    message: str
    default: bool
    page: str  # path of the page
    title: str  # the page's heading; "" if it has none
    help: str  # the first paragraph of "What to do", on one line; "" if the page has none
    verdict: tuple[str, ...]  # the verdicts that a finding gives its entry: words of `VERDICTS`
    finding_per: str  # "entry", or "value": entries that share the value share one finding

    @property
    def body(self) -> str:
        """The page without its front matter: Markdown. Raises RulePageError if the file cannot be read."""
        return read_page(self.page).body


class PageText(NamedTuple):
    """The text of a page: front matter and body."""

    file: str
    front_matter: str
    body: str
    body_line: int  # the line of the page where the body begins

    @property
    def title(self) -> str:
        found = re.search(_TITLE, re.sub(_FENCE, "", self.body))
        return found[1] if found else ""

    @property
    def help(self) -> str:
        found = re.search(_WHAT_TO_DO, self.body)
        return " ".join(found[1].split()) if found else ""

    def fault(self, offset: int, what: str) -> RulePageError:
        """An error at an offset into the body."""
        line = self.line(offset)
        return RulePageError(say("{file}:{line}: {what}", file=self.file, line=line, what=what))

    def line(self, offset: int) -> int:
        """The line of the page at an offset into the body."""
        return self.body_line + self.body.count("\n", 0, offset)


def read_page(file: str) -> PageText:
    """Raises RulePageError."""
    try:
        with open(file, encoding="utf-8-sig") as stream:
            page = stream.read()
    except OSError as error:
        raise RulePageError(say("{file}: {strerror}", file=file, strerror=reason(error))) from None
    except UnicodeDecodeError:
        raise RulePageError(say("{file}: not UTF-8", file=file)) from None
    found = re.match(_FRONT_MATTER, page)
    if found is None:
        raise RulePageError(
            say("{file}:1: a rule page starts with front matter between two lines of ---", file=file)
        )
    return PageText(file, found[1], page[found.end() :], 1 + page.count("\n", 0, found.end()))


class Example(NamedTuple):
    """One example on a rule page, with its config and its live snapshot."""

    kind: str  # the usual suffix of the input kind: yaml, json, jsonl, csv, hcl, sh
    good: bool
    codes: tuple[str, ...]  # that a bad example raises as well as the page's own
    text: str
    line: int  # of the fence, in the page
    config: str | None
    live: str | None


def find_rule(rules: Mapping[str, Rule], text: str) -> Rule | None:
    """The rule with that code (upper or lower case) or that name."""
    return rules.get(text.upper()) or next((rule for rule in rules.values() if rule.name == text), None)


def unknown_rule(rules: Mapping[str, Rule], text: str) -> str:
    """The message about `text`, which names no rule."""
    if re.fullmatch("VCO[0-9]{0,2}", text, re.IGNORECASE):
        return say("unknown rule {text}: a code has three digits", text=quoted(text))
    code = text[:3].upper() + text[3:].upper().replace("O", "0")
    near = nearest(code, rules) or nearest(text, [rule.name for rule in rules.values()])
    meant = say('; did you mean "{near}"?', near=near) if near else ""
    return say("unknown rule {text}{meant}", text=quoted(text), meant=meant)


def option_fault(rule: Rule, option: str, value: object) -> str:
    """What is wrong with setting an option of a rule to `value`; "" if nothing is."""
    if not rule.options:
        return say("{code} {name} has no options", code=rule.code, name=rule.name)
    if option not in rule.options:
        meant = did_you_mean(option, rule.options)
        shown = f"{rule.code} {rule.name}"
        return say("{rule} has no option {option}{meant}", rule=shown, option=quoted(option), meant=meant)
    from vcolint.engine.schema import wrong_value

    return wrong_value(value, rule.options[option], quoted(option))


def resolve(rules: Mapping[str, Rule], options: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    """The rules with `{option: NAME}` and `{of: CODE}` replaced by their values.

    `options` is what the config sets, which exists: rule (code or name) -> option -> value.
    """
    settings = effective_options(rules, options)

    def parameter(rule: Rule, name: str) -> Any:
        value = rule.parameters[name]
        if isinstance(value, dict) and value.keys() == {"of"}:
            return parameter(rules[value["of"]], name)
        if isinstance(value, dict) and value.keys() == {"option"}:
            return settings[rule.code][value["option"]]
        return value

    resolved = dict(rules)
    for code, rule in rules.items():
        if any(isinstance(value, dict) for value in rule.parameters.values()):
            parameters = {name: parameter(rule, name) for name in rule.parameters}
            resolved[code] = rule._replace(parameters=parameters)
    return resolved


def effective_options(
    rules: Mapping[str, Rule], options: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Code -> option -> its value in effect, for the rules that have options."""
    settings = {
        code: {option: form["default"] for option, form in rule.options.items()}
        for code, rule in rules.items()
        if rule.options
    }
    for text, values in options.items():
        rule = find_rule(rules, text)
        if rule is not None:
            settings[rule.code].update(values)
    return settings


def examples(rule: Rule) -> list[Example]:
    """The examples on a rule's page, in order. Raises RulePageError for a wrong fence."""
    return examples_on(read_page(rule.page))


def examples_on(page: PageText) -> list[Example]:
    """The examples on a page that has been read."""
    found: list[Example] = []
    given: dict[str, str] = {}  # the config and the live snapshot for what follows

    for fence in re.finditer(_FENCE, page.body):
        words = fence["info"].split()
        if len(words) < 2:
            continue  # an example for people only
        kind, purpose, *codes = words
        kinds = _PURPOSES.get(purpose)
        strange = [one for one in codes if purpose != "bad" or re.fullmatch("VCO[0-9]{3}", one) is None]
        if kinds is None:
            meant = meant_or_known(purpose, _PURPOSES)
            what = say("unknown word {word} on a fence{meant}", word=quoted(purpose), meant=meant)
            raise page.fault(fence.start(), what)
        if kind not in kinds:
            what = say(
                "a fence for {purpose} is {kinds}, not {kind}",
                purpose=purpose,
                kinds=" or ".join(kinds),
                kind=quoted(kind),
            )
            raise page.fault(fence.start(), what)
        if strange:
            what = say(
                "unknown word {code} on a fence: only codes of rules may follow, and only after bad",
                code=quoted(strange[0]),
            )
            raise page.fault(fence.start(), what)
        if purpose in ("config", "live"):
            given[purpose] = fence["text"]
        else:
            line = page.line(fence.start())
            config, live = given.get("config"), given.get("live")
            found.append(Example(kind, purpose == "good", tuple(codes), fence["text"], line, config, live))
    open_ = re.search("(?m)^```", re.sub(_FENCE, lambda fence: " " * len(fence[0]), page.body))
    if open_ is not None:
        raise page.fault(open_.start(), say("this fence is never closed"))
    return found
