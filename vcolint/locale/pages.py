"""Rule pages in another language: each heading, paragraph and item is a message of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vcolint.locale import language, tr

_AS_IT_IS = "References"  # a section of links


class Block(NamedTuple):
    """A piece of a page: `text` on one line after its `mark` (`## `, `- ` or nothing), or a line of code."""

    mark: str
    text: str
    is_message: bool


def blocks(page: str) -> Iterator[Block]:
    """The pieces of a page in Markdown, without front matter."""
    fence = section = mark = ""
    paragraph: list[str] = []
    for line in [*page.splitlines(), ""]:
        begins = fence or line.startswith(("`" * 3, "#", "- ")) or not line.strip()
        if begins and paragraph:
            yield Block(mark, " ".join(paragraph), section != _AS_IT_IS)
            paragraph, mark = [], ""
        if fence:
            yield Block("", line, False)
            fence = "" if line.startswith(fence) else fence
        elif line.startswith("`" * 3):
            fence = line[: len(line) - len(line.lstrip("`"))]
            yield Block("", line, False)
        elif line.startswith("#"):
            sign, _, section = line.partition(" ")
            yield Block(f"{sign} ", section, True)
        elif not line.strip():
            yield Block("", "", False)
        else:
            if line.startswith("- "):
                mark, line = "- ", line[2:]
            paragraph.append(line.strip())


def translated(page: str) -> str:
    """The page in the language in use."""
    if language() == "en":
        return page
    lines = (block.mark + (tr(block.text) if block.is_message else block.text) for block in blocks(page))
    return "\n".join(lines).rstrip("\n") + "\n"
