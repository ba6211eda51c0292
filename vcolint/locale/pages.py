"""Rule pages in another language: each heading, paragraph and item is a message of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from vcolint.locale import language, tr

# Code, which stays; or a heading, an item or a paragraph, up to the next one.
_PIECE = (
    r"(?ms)^(?P<fence>`{3,}).*?^(?P=fence)`*$"
    r"|^(?P<mark>#+ |- |)(?P<text>\S.*?)(?=\s*(?:\Z|\n\s*\n|\n- |\n#|\n```))"
)
_LINKS = "## References\n"  # the heading of the last section, which stays as it is


def messages(page: str) -> list[str]:
    """The messages of a page in Markdown, without front matter."""
    found: dict[str, None] = {}
    _each(page, lambda text: found.setdefault(text) or text)
    return list(found)


def translated(page: str) -> str:
    """The page in the language in use."""
    return page if language() == "en" else _each(page, tr)


def _each(page: str, told: Callable[[str], str]) -> str:
    """The page with the result of `told` in place of each message. Messages are passed on one line."""

    def piece(found: re.Match[str]) -> str:
        return found[0] if found["fence"] else found["mark"] + told(" ".join(found["text"].split()))

    end = page.find(_LINKS) + len(_LINKS) if _LINKS in page else len(page)
    return re.sub(_PIECE, piece, page[:end]) + page[end:]
