"""What all commands share: help in the language in use, options that several commands have, and the config
that results."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from vcolint.locale import DOMAIN, FOLDER, LANGUAGES, chosen, language, say, tr, use, using

if TYPE_CHECKING:
    from vcolint.model.settings import Config

AnyCommand = TypeVar("AnyCommand", bound="Callable[..., Any]")
_Decorator = Callable[[Callable[..., int]], Callable[..., int]]


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


# `speaking` reads it.
language_option = click.option(
    "--language",
    type=click.Choice(("auto", *LANGUAGES)),
    help="Language of messages: English, Chinese, or that of the environment (auto).",
    expose_value=False,
)


@contextmanager
def speaking(arguments: Sequence[str]) -> Iterator[None]:
    """Use the language of a call inside the block. It is found before the call is parsed, so that errors of
    parsing are in this language too."""
    import gettext

    before = {name: os.environ.get(name, "") for name in ("VCOLINT_LANGUAGE", "LANGUAGE")}
    asked = re.findall(r"--language[= ](\w+)", " ".join(arguments))
    if asked and asked[-1] in LANGUAGES:
        os.environ["VCOLINT_LANGUAGE"] = asked[-1]
    with using(chosen()):
        # click translates its own text with the catalog that is bound to the process.
        gettext.bindtextdomain(DOMAIN, FOLDER)
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = "C" if language() == "en" else language()  # for C it looks for no file
        try:
            yield
        finally:
            os.environ.update(before)


def config_options(command: AnyCommand) -> AnyCommand:
    command = flag("--no-config", help="Use no config file, only the defaults.")(language_option(command))
    return click.option(
        "--config",
        "config_file",
        type=click.Path(),
        metavar="FILE",
        help="The config. Default: the nearest vcolint.yaml up to the root of the repository.",
    )(command)


class Given(NamedTuple):
    """The values of the options of `input_options`."""

    config_file: str | None
    no_config: bool
    as_kind: str | None
    var_files: Sequence[str]
    exclude: Sequence[str]

    def config(self, live: Sequence[str] = ()) -> Config:
        """The config with the additions of the command line."""
        config = config_of(self.config_file, self.no_config)
        terraform = config.terraform
        named = tuple(os.path.abspath(file) for file in self.var_files)
        # Options come after the config.
        environments = tuple(one._replace(var_files=one.var_files + named) for one in terraform.environments)
        return config._replace(
            exclude=(*config.exclude, *self.exclude),
            live=(*config.live, *live),
            terraform=terraform._replace(var_files=terraform.var_files + named, environments=environments),
        )


def gathering(name: str, record: type[Any], *options: _Decorator) -> _Decorator:
    """Several options, which the command gets as one value with this name: a record with a field for each."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def gathered(**given: Any) -> int:
            fields = {field: given.pop(field) for field in record._fields}
            return command(**{name: record(**fields)}, **given)

        decorated: Callable[..., int] = gathered
        for option in options:
            decorated = option(decorated)
        return decorated

    return decorate


# The options for finding input.
input_options = gathering(
    "given",
    Given,
    several(
        "--exclude",
        metavar="GLOB",
        help="Leave out files that match this glob, as exclude in the config does. Repeatable.",
    ),
    several(
        "--var-file",
        "var_files",
        metavar="FILE",
        help="A variable file for Terraform, as in terraform plan. Repeatable.",
    ),
    click.option("--as", "as_kind", metavar="KIND", help="Read the given paths as this kind of input."),
    config_options,
)


def config_of(config_file: str | None, no_config: bool) -> Config:
    """The config that the options name. From here on, messages are in the language that it sets."""
    from vcolint.config.load import default_config, find_settings

    if no_config and config_file is not None:
        raise click.UsageError(say("--config and --no-config cannot be used together"))
    config = default_config() if no_config else find_settings(config_file)
    use(chosen(None, config.language))
    return config
