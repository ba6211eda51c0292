"""One rule and the text of its page: Markdown that is documentation, configuration and test at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from vcolint.engine.schema import wrong_value
from vcolint.errors import ConfigError, RulePageError
from vcolint.locale import say
from vcolint.text.opening import reason
from vcolint.text.wording import did_you_mean, meant_or_known, nearest, quoted

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))).replace(os.sep, "/")
# In a wheel the pages are inside the package; in the repository they are beside it.
BUILT_IN = folder if os.path.isdir(folder := f"{PACKAGE}/rules") else f"{os.path.dirname(PACKAGE)}/rules"

# Most runs read no page, so these patterns are compiled only when needed.
_FRONT_MATTER = r"(?ms)---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)"
_TITLE = r"(?m)^# +(.*?)[ #]*$"
_WHAT_TO_DO = r"(?m)^## +What to do *\n\n*((?:[^#`\n].*\n?)+)"
_FENCE_START = r"(?m)^(?P<marks>`{3,})(?P<info>[^`\n]*)$"

# A variable of a message. No other braces may stand in one.
VARIABLE = r"\{([A-Za-z_]+)\}"

# What a rule can find out about an entry. Other rules can then leave that entry out.
VERDICTS = ("unusable-destination", "duplicate", "invalid-weight", "invalid-region")

_PURPOSES = ("bad", "good", "config", "live")  # the second word of a fence
_SUFFIXES = ("yaml", "json", "jsonl", "csv", "hcl", "sh")  # the first one, of an example


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
        text = "".join(text for fence, text in _blocks(self) if fence is None)
        found = re.search(_TITLE, text)
        return found[1] if found else ""

    @property
    def help(self) -> str:
        found = re.search(_WHAT_TO_DO, self.body)
        return " ".join(found[1].split()) if found else ""


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


def nearest_rule(rules: Mapping[str, Rule], text: str) -> str | None:
    """The code or name closest to `text`, if one is close."""
    if text[:2].upper() == "VC":
        return nearest(text[:3].upper() + text[3:].upper().replace("O", "0"), rules)
    return nearest(text, [rule.name for rule in rules.values()])


def unknown_rule(rules: Mapping[str, Rule], text: str) -> str:
    """The message about `text`, which names no rule."""
    if re.fullmatch("VCO[0-9]{0,2}", text, re.IGNORECASE):
        return say("unknown rule {text}: a code has three digits", text=quoted(text))
    near = nearest_rule(rules, text)
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
    return wrong_value(value, rule.options[option], quoted(option))


def resolve(rules: Mapping[str, Rule], options: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    """The rules with `{option: NAME}` and `{of: CODE}` replaced by their values.

    `options` is what the config sets: rule (code or name) -> option -> value. Raises ConfigError for an
    unknown rule or option and for a value that the option does not take.
    """
    settings = effective_options(rules, options)

    def parameter(rule: Rule, name: str) -> Any:
        value = rule.parameters[name]
        if isinstance(value, dict):
            if value.keys() == {"of"}:
                return parameter(rules[value["of"]], name)
            if value.keys() == {"option"}:
                return settings[rule.code][value["option"]]
        return value

    def refers(rule: Rule) -> bool:
        return any(isinstance(value, dict) for value in rule.parameters.values())

    return {
        code: rule._replace(parameters={name: parameter(rule, name) for name in rule.parameters})
        if refers(rule)
        else rule
        for code, rule in rules.items()
    }


def effective_options(
    rules: Mapping[str, Rule], options: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Code -> option -> its value in effect, for the rules that have options. Raises ConfigError."""
    settings = {
        code: {option: form["default"] for option, form in rule.options.items()}
        for code, rule in rules.items()
        if rule.options
    }
    for text, values in options.items():
        rule = find_rule(rules, text)
        if rule is None:
            raise ConfigError(unknown_rule(rules, text))
        for option, value in values.items():
            fault = option_fault(rule, option, value)
            if fault:
                raise ConfigError(fault)
            settings[rule.code][option] = value
    return settings


def examples(rule: Rule) -> list[Example]:
    """The examples on a rule's page, in order. Raises RulePageError for a wrong fence."""
    return examples_on(read_page(rule.page))


def examples_on(page: PageText) -> list[Example]:
    """The examples on a page that has been read."""
    found: list[Example] = []
    config = live = None
    for fence, text in _blocks(page):
        words = fence["info"].split() if fence else []
        if fence is None or len(words) < 2:
            continue  # prose, or an example for people only
        kind, purpose, *codes = words
        line = _line(page, fence.start())
        kinds = {"config": ("yaml",), "live": ("json",)}.get(purpose, _SUFFIXES)
        strange = [one for one in codes if purpose != "bad" or re.fullmatch("VCO[0-9]{3}", one) is None]
        if purpose not in _PURPOSES:
            meant = meant_or_known(purpose, _PURPOSES)
            what = say("unknown word {word} on a fence{meant}", word=quoted(purpose), meant=meant)
        elif kind not in kinds:
            what = say(
                "a fence for {purpose} is {kinds}, not {kind}",
                purpose=purpose,
                kinds=" or ".join(kinds),
                kind=quoted(kind),
            )
        elif strange:
            what = say(
                "unknown word {code} on a fence; write only further codes of a bad example there",
                code=quoted(strange[0]),
            )
        else:
            what = ""
        if what:
            raise RulePageError(say("{file}:{line}: {what}", file=page.file, line=line, what=what))
        if purpose == "config":
            config = text
        elif purpose == "live":
            live = text
        else:
            found.append(Example(kind, purpose == "good", tuple(codes), text, line, config, live))
    return found


def _line(page: PageText, offset: int) -> int:
    """The page's line number of an offset into its body."""
    return page.body_line + page.body.count("\n", 0, offset)


def _blocks(page: PageText) -> list[tuple[re.Match[str] | None, str]]:
    """The page's body cut at its fences: (the fence's first line, what it holds), or (None, prose)."""
    blocks: list[tuple[re.Match[str] | None, str]] = []
    end = 0
    body = page.body
    fence_start = re.compile(_FENCE_START)
    while fence := fence_start.search(body, end):
        blocks.append((None, body[end : fence.start()]))
        start = fence.end() + 1
        close = re.compile(rf"^{fence['marks']}`*[ \t]*$", re.MULTILINE).search(body, start)
        if close is None:
            line = _line(page, fence.start())
            raise RulePageError(say("{file}:{line}: this fence is never closed", file=page.file, line=line))
        blocks.append((fence, body[start : close.start()]))
        end = close.end()
    blocks.append((None, body[end:]))
    return blocks
