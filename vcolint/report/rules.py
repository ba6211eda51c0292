"""Rule pages: one Markdown file in `rules/` is one rule."""

from __future__ import annotations

from typing import Any, NamedTuple


class Rule(NamedTuple):
    """A rule as its page's front matter states it. The names are those of the page."""

    code: str
    name: str
    severity: str
    basis: str
    effect: str
    api_errors: tuple[str, ...]
    check: str
    parameters: dict[str, Any]  # `with`
    where: dict[str, Any] | None
    options: dict[str, Any]  # what a config may set under `options:`
    yields_to: tuple[str, ...]
    message: str
    default: bool
    page: str  # path of the page

    @property
    def title(self) -> str:
        """The page's heading."""
        raise NotImplementedError

    @property
    def help(self) -> str:
        """The first paragraph of "What to do", on one line; "" if the page has none."""
        raise NotImplementedError

    @property
    def body(self) -> str:
        """The page without its front matter: Markdown."""
        raise NotImplementedError
