"""A hook of MkDocs: the site holds the README, `docs/` and `rules/` by their paths in the repository, so that
the same links work in both. `zh/` holds the rule pages in Chinese, made from the catalog."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from pymdownx.slugs import slugify

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from vcolint.engine.rules import load_rules  # noqa: E402
from vcolint.locale import using  # noqa: E402
from vcolint.locale.pages import translated  # noqa: E402

PARTS = ("README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE", "docs", "rules")
SKIPPED = {"__pycache__", "site.py", "generate.py", "catalog.py", "pictures.py"}


def on_config(config: Any) -> Any:
    """Anchors of headings as GitHub makes them, in Chinese too."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adapt a page for the site: fences with one word, and links from Chinese pages to the Chinese rule
    pages."""
    if page.file.src_uri.startswith("docs/zh/"):
        markdown = markdown.replace("](../../rules/VCO", "](../../zh/VCO")
    return re.sub(r"^(`{3,}\w+) .*$", r"\1", markdown, flags=re.M)


def on_files(files: Files, config: Any) -> Files:
    """The files of the site. The theme's own come along."""
    paths: list[Path] = []
    for part in PARTS:
        whole = ROOT / part
        paths += sorted(path for path in whole.rglob("*") if path.is_file()) if whole.is_dir() else [whole]
    own = [
        File(
            path.relative_to(ROOT).as_posix(),
            src_dir=str(ROOT),
            dest_dir=config.site_dir,
            use_directory_urls=config.use_directory_urls,
        )
        for path in paths
        if not SKIPPED.intersection(path.relative_to(ROOT).parts)
    ]
    return Files(
        [*own, *_chinese_rules(config), *(file for file in files if file.src_dir != config.docs_dir)]
    )


def _chinese_rules(config: Any) -> Iterator[File]:
    """The rule pages in Chinese."""
    with using("zh"):
        for rule in load_rules().values():
            page = translated(rule.body).replace("\n", f"\n\n`{rule.code}` `{rule.name}`\n", 1)
            yield File.generated(config, f"zh/{Path(rule.page).name}", content=page)
