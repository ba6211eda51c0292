"""The rules: the built-in pages, and the users' own ones.

A run imports `pathlib` and `vcolint.engine.pages` only when it reads a page: the built-in ones come compiled.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from vcolint.engine.rule import BUILT_IN, PACKAGE, Rule
from vcolint.errors import RulePageError
from vcolint.locale import say

if TYPE_CHECKING:
    from pathlib import Path

_COMPILED = f"{PACKAGE}/rules.json"


def load_rules(folders: Sequence[Path] = ()) -> dict[str, Rule]:
    """All rules by code, in code order: the built-in pages, and the users' pages in `folders`.

    A page is any `*.md` file but README.md. Users' pages are validated. Built-in pages are not, because CI
    tests them, unless `folders` names their folder. Raises RulePageError.
    """
    rules = dict(_built_in_rules())
    for folder in folders:
        from vcolint.engine.pages import Page

        if not folder.is_dir():
            raise RulePageError(
                say("{folder}: this folder of rule pages does not exist", folder=folder.as_posix())
            )
        built_in = os.path.realpath(folder) == os.path.realpath(BUILT_IN)
        pages = [Page(path) for path in _page_paths(folder)]
        found: dict[str, Rule] = {} if built_in else rules
        for page in pages:
            page.validate(found, built_in=built_in)
            found[page.rule.code] = page.rule
        for page in pages:
            page.validate_references(rules)
    return {code: rules[code] for code in sorted(rules)}


@cache
def _built_in_rules() -> dict[str, Rule]:
    """The built-in rules, from the output of `compile_pages`."""
    import json

    with open(_COMPILED, encoding="utf-8") as stream:
        rules = [Rule(*fields) for fields in json.load(stream)]
    return {
        rule.code: rule._replace(
            api_errors=tuple(rule.api_errors),
            yields_to=tuple(rule.yields_to),
            verdict=tuple(rule.verdict),
            page=f"{BUILT_IN}/{rule.page}",
        )
        for rule in rules
    }


def compile_pages() -> str:
    """The content of `vcolint/rules.json`. Reading sixty pages of Markdown and YAML takes longer than the
    rest of a small run, so the front matter is compiled ahead. CI checks that it is up to date."""
    import json
    from pathlib import Path

    from vcolint.engine.pages import Page

    rules = [Page(path).rule for path in _page_paths(Path(BUILT_IN))]
    lines = [json.dumps(rule._replace(page=Path(rule.page).name), ensure_ascii=False) for rule in rules]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _page_paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if path.name != "README.md")


if __name__ == "__main__":
    with open(_COMPILED, "w", encoding="utf-8") as stream:
        stream.write(compile_pages())
