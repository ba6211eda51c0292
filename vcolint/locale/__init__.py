"""Messages, and the catalogs that hold them in other languages.

It does not know what the messages are about. A message is a template and the values that fill it: everything
builds messages with `say`, and whoever prints for people turns them into the reader's language with `tr`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = ("en", "zh")
DOMAIN = "vcolint"
FOLDER = os.path.dirname(__file__)

# The catalog of the language in use. English needs none.
_catalog: ContextVar[NullTranslations | None] = ContextVar("catalog", default=None)


class Message(str):
    """An English text that remembers its template and values. Programs and fingerprints see the text."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]


def say(template: str, /, **values: object) -> str:
    """The English message: `{name}` in the template stands for a value, which may be a message itself.

    With values, it is a `Message` only while another language is in use: most runs are in English, and a
    large run makes many messages.
    """
    if values:
        text = template.format_map(values)
        if _catalog.get() is None:
            return text
    else:
        text = template
    message = Message(text)
    message.template = template
    message.values = values
    return message


def tr(text: str, /, **values: object) -> str:
    """A message of `say` in the language in use; or a template and its values.

    Other text is looked up as it is, and stays as it is if the catalog does not have it.
    """
    template, catalog = text, _catalog.get()
    if isinstance(text, Message):
        template, values = text.template, dict(text.values)
    if catalog is not None and template:
        template = catalog.gettext(template)
        # Only messages are translated: other text comes from the input.
        values = {name: tr(one) if isinstance(one, Message) else one for name, one in values.items()}
    return template.format_map(values) if values else template


def message_of(error: BaseException) -> str:
    """The message of an error, which `tr` can translate: `str(error)` is plain text."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def language() -> str:
    """The language in use."""
    return "en" if _catalog.get() is None else "zh"


def use(language: str) -> None:
    """Use this language from now on, in this thread or task."""
    _catalog.set(_load(language))


@contextmanager
def using(language: str) -> Iterator[None]:
    """Use this language inside the block."""
    token = _catalog.set(_load(language))
    try:
        yield
    finally:
        _catalog.reset(token)


def chosen(asked: str | None = None, configured: str = "auto") -> str:
    """The language to use: that of the command line, else `VCOLINT_LANGUAGE`, else the config, else the
    locale. `auto` leaves the choice to the next one."""
    for wanted in (asked, os.environ.get("VCOLINT_LANGUAGE"), configured):
        if wanted in LANGUAGES:
            return str(wanted)
    # As in POSIX: the first variable that is set counts.
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").lower().startswith("zh") else "en"


def _load(language: str) -> NullTranslations | None:
    if language == "en":
        return None
    from gettext import translation  # English does not need it

    return translation(DOMAIN, FOLDER, [language])
