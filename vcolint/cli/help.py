"""Help in the language in use, and the choice of that language."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import Any, TypeVar

import click

from vcolint.locale import DOMAIN, FOLDER, LANGUAGES, chosen, language, tr, use, using

AnyCommand = TypeVar("AnyCommand", bound="Callable[..., Any]")

_asked: ContextVar[str | None] = ContextVar("asked", default=None)


class Command(click.Command):
    """A command that prints its help in the language in use."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        told = copy(self)
        told.add_help_option = False  # it is among the parameters
        told.params = [copy(one) for one in self.get_params(ctx)]
        shown: list[Any] = [told, *told.params]
        for one in shown:
            if getattr(one, "help", None):  # an argument has none
                one.help = "\n\n".join(map(tr, paragraphs(one.help)))
        super(Command, told).format_help(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        # click keeps the option with the words of the first call's language.
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = tr("Show this message and exit.")
        return option


def paragraphs(help: str) -> list[str]:
    """The paragraphs of a help text, each on one line: messages of the catalog."""
    return [" ".join(paragraph.split()) for paragraph in help.strip().split("\n\n")]


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
    asked = None
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--language":
            asked = value if equals else "".join(arguments[number + 1 : number + 2])
    token = _asked.set(asked)
    with using(chosen(asked)):
        # click translates its own text with the catalog that is bound to the process.
        gettext.bindtextdomain(DOMAIN, FOLDER)
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = "C" if language() == "en" else language()  # for C it looks for no file
        try:
            yield
        finally:
            _asked.reset(token)


def use_configured(configured: str) -> None:
    """Use the config's language, if neither the call nor the environment asks for another."""
    use(chosen(_asked.get(), configured))


def asked_language() -> str | None:
    """The value of --language in the call."""
    return _asked.get()
