"""A hook of MkDocs: the site holds the README, `docs/` and `rules/` by their paths in the repository, so that
the same links work in both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
PARTS = ("README.md", "CHANGELOG.md", "LICENSE", "docs", "rules")
SKIPPED = {"__pycache__", "site.py", "generate.py", "pictures.py"}


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
    return Files([*own, *(file for file in files if file.src_dir != config.docs_dir)])
