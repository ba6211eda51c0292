"""The rules: the built-in pages, and the users' own ones.

A run imports `vcolint.engine.pages` only when it reads a page: the built-in ones come compiled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from vcolint.engine.rule import BUILT_IN, PACKAGE, Rule, rule_of
from vcolint.errors import RulePageError
from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.engine.pages import Page

_COMPILED = f"{PACKAGE}/rules.json"


def load_rules(folders: Iterable[str | os.PathLike[str]] = ()) -> dict[str, Rule]:
    """All rules by code, in code order: the built-in pages, and the users' pages in `folders`.

    A page is any `*.md` file but README.md. Users' pages are validated. Built-in pages are not, because CI
    tests them, unless `folders` names their folder. Raises RulePageError.
    """
    rules = dict(_built_in_rules())
    for path in folders:
        folder = os.fspath(path)
        if not os.path.isdir(folder):
            raise RulePageError(say("{folder}: this folder of rule pages does not exist", folder=folder))
        built_in = os.path.realpath(folder) == os.path.realpath(BUILT_IN)
        if built_in:
            rules = {code: rule for code, rule in rules.items() if code not in _built_in_rules()}
        pages = _pages(folder)
        for page in pages:
            page.validate(rules, built_in=built_in)
            rules[page.rule.code] = page.rule
        for page in pages:
            page.validate_references(rules)
        rules = dict(sorted(rules.items()))
    return rules


@cache
def _built_in_rules() -> dict[str, Rule]:
    """The built-in rules, from the output of `compile_pages`."""
    with open(_COMPILED, encoding="utf-8") as stream:
        compiled = json.load(stream)
    return {values["code"]: rule_of(values, f"{BUILT_IN}/{page}") for page, values in compiled.items()}


def compile_pages() -> str:
    """The content of `vcolint/rules.json`. Reading sixty pages of Markdown and YAML takes longer than the
    rest of a small run, so the front matter is compiled ahead. CI checks that it is up to date."""
    pages = {os.path.basename(page.file): page.values for page in _pages(BUILT_IN)}
    lines = [
        f"{json.dumps(name)}: {json.dumps(values, ensure_ascii=False)}" for name, values in pages.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _pages(folder: str) -> list[Page]:
    from glob import escape, glob

    from vcolint.engine.pages import Page

    files = sorted(glob(f"{escape(folder)}/*.md"))
    return [Page(file.replace(os.sep, "/")) for file in files if os.path.basename(file) != "README.md"]
