"""Help in the language in use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vcolint.locale import DOMAIN, FOLDER, LANGUAGES, chosen, language, tr, use, using

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AnyCommand = TypeVar("AnyCommand", bound="Callable[..., Any]")

_META = "vcolint.language"  # what --language asks for, in the context's `meta`


class _Translated:
    """A command that prints its help in the language in use."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        command: Any = self
        texts: list[Any] = [command, *command.get_params(ctx)]
        held = [getattr(one, "help", None) for one in texts]
        for one, help in zip(texts, held, strict=True):
            if help:
                one.help = "\n\n".join(tr(paragraph) for paragraph in paragraphs(help))
        try:
            super().format_help(ctx, formatter)  # type: ignore[misc]
        finally:
            for one, help in zip(texts, held, strict=True):
                if help:
                    one.help = help

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        # click keeps the option with the words of the first call's language.
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = tr("Show this message and exit.")
        return option

    def get_short_help_str(self, limit: int = 45) -> str:
        command: Any = self
        return tr(command.short_help or paragraphs(command.help)[0])


class Command(_Translated, click.Command):
    pass


class Group(_Translated, click.Group):
    command_class = Command


def paragraphs(help: str) -> list[str]:
    """The paragraphs of a help text, each on one line: messages of the catalog."""
    return [" ".join(paragraph.split()) for paragraph in help.strip().split("\n\n")]


def language_option(command: AnyCommand) -> AnyCommand:
    def keep(context: click.Context, option: click.Parameter, value: str | None) -> None:
        if value is not None:  # a command without the option leaves what was asked for before its name
            context.meta[_META] = value

    return click.option(
        "--language",
        type=click.Choice(("auto", *LANGUAGES)),
        help="Language of messages: English, Chinese, or that of the environment (auto).",
        callback=keep,
        is_eager=True,
        expose_value=False,
    )(command)


def use_configured(configured: str) -> None:
    """Use the config's language, if neither the call nor the environment asks for another."""
    use(chosen(asked(), configured))


def asked() -> str | None:
    """What the call asks for by --language."""
    found: str | None = click.get_current_context().meta.get(_META)
    return found


@contextmanager
def speaking(arguments: Sequence[str]) -> Iterator[None]:
    """Use the language of a call inside the block: before the call is parsed, for the errors of parsing."""
    with using(chosen(_asked(arguments))):
        if language() == "en":
            yield
            return
        import gettext

        # click translates its own words with the catalog that is bound to the process.
        before, variable = gettext.textdomain(), os.environ.get("LANGUAGE")
        gettext.bindtextdomain(DOMAIN, FOLDER)
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = language()
        try:
            yield
        finally:
            gettext.textdomain(before)
            if variable is None:
                del os.environ["LANGUAGE"]
            else:
                os.environ["LANGUAGE"] = variable


def _asked(arguments: Sequence[str]) -> str | None:
    for number, argument in enumerate(arguments):
        if argument == "--language" and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith("--language="):
            return argument.partition("=")[2]
        if argument == "--":
            break
    return None
