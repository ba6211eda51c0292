"""The frame of a page: one file that contains its style, its script and its data, and loads nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from vcolint.locale import language, tr
from vcolint.render.json import encode
from vcolint.text.visible import visible
from vcolint.version import __version__

# The texts of the script in English: one text, or one for the number 1 and one for other numbers.
TEXTS = re.compile(r'\b(?:say|count)\(\s*"([^"]*)"(?:,\s*"([^"]*)")?')
SCRIPTS = ("routing.js", "picture.js", "findings.js", "page.js")


def document(heading: str, body: Iterable[str], data: Mapping[str, Any] | None) -> str:
    """A whole page. `data`: what the script shows; None if there is nothing.

    The browser runs only the script and style whose hashes are in the Content-Security-Policy.
    """
    style = _file("page.css")
    script = "".join(map(_file, SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    content = "".join(body)
    texts = [text for found in TEXTS.findall(script) for text in found if text]
    held = {"words": {text: told for text in texts if (told := tr(text)) != text}, **(data or {})}
    tongue = "zh-CN" if language() == "zh" else "en"
    made_by = tr("Made by vcolint {version}. This page uses no network.", version=__version__)
    return "".join(
        [
            f'<!DOCTYPE html>\n<html lang="{tongue}">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>vcolint: {text(heading)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
            f'<a class="skip" href="#content">{tr("Skip to the content")}</a>\n',
            f'<header><h1><span class="brand">vcolint</span> {text(heading)}</h1>\n',
            f"{_links(content)}</header>\n",
            '<main id="content" tabindex="-1">\n',
            content,
            f"</main>\n<footer>{made_by}</footer>\n",
            f'<script type="application/json" id="data">{_data(held)}</script>\n',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _links(content: str) -> str:
    """Links to the sections of a page, if it has several."""
    found = re.findall('<h2 id="([^"]+)">(.*?)</h2>', content)
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in found)
    return f'<nav aria-label="{tr("Sections")}">{links}</nav>\n' if len(found) > 1 else ""


def text(value: str) -> str:
    """Text with all HTML characters escaped."""
    return escape(visible(value))


def _file(name: str) -> str:
    return (files("vcolint.render.page") / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _data(value: Mapping[str, Any]) -> str:
    """JSON that cannot close the element around it."""
    return encode(value).replace("<", "\\u003c")
