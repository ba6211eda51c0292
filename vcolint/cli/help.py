"""Help in the language in use, the choice of that language, and short forms of options."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from vcolint.locale import DOMAIN, FOLDER, LANGUAGES, chosen, language, tr, using

AnyCommand = TypeVar("AnyCommand", bound="Callable[..., Any]")


class _Formatter(click.HelpFormatter):
    def write_text(self, text: str) -> None:
        super().write_text("\n\n".join(map(tr, paragraphs(text))))

    def write_dl(self, rows: Iterable[tuple[str, str]], *widths: int, **more: int) -> None:
        super().write_dl([(name, tr(help)) for name, help in rows], *widths, **more)


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command that prints its help in the language in use."""

    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:  # click keeps the option with the words of the first call's language
            option.help = "Show this message and exit."
        return option


def paragraphs(help: str) -> list[str]:
    """The paragraphs of a help text, each on one line: messages of the catalog."""
    return [" ".join(paragraph.split()) for paragraph in help.strip().split("\n\n")]


def flag(*names: str, help: str) -> Callable[[AnyCommand], AnyCommand]:
    """An option without a value."""
    return click.option(*names, is_flag=True, help=help)


def several(*names: str, metavar: str, help: str) -> Callable[[AnyCommand], AnyCommand]:
    """An option that may be repeated."""
    return click.option(*names, multiple=True, metavar=metavar, help=help)


def language_option(command: AnyCommand) -> AnyCommand:
    """The option `--language`, which `speaking` reads."""
    return click.option(
        "--language",
        type=click.Choice(("auto", *LANGUAGES)),
        help="Language of messages: English, Chinese, or that of the environment (auto).",
        expose_value=False,
    )(command)


@contextmanager
def speaking(arguments: Sequence[str]) -> Iterator[None]:
    """Use the language of a call inside the block: before the call is parsed, for the errors of parsing."""
    import gettext

    before = {name: os.environ.get(name, "") for name in ("VCOLINT_LANGUAGE", "LANGUAGE")}
    for name, following in zip(arguments, [*arguments[1:], ""], strict=False):
        asked = following if name == "--language" else name.partition("--language=")[2]
        if asked in LANGUAGES:
            os.environ["VCOLINT_LANGUAGE"] = asked
    with using(chosen()):
        # click translates its own text with the catalog that is bound to the process.
        gettext.bindtextdomain(DOMAIN, FOLDER)
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = "C" if language() == "en" else language()  # for C it looks for no file
        try:
            yield
        finally:
            os.environ.update(before)
