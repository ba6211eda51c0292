"""Options that several commands have, and the config that results."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from vcolint.cli.help import language_option, use_configured
from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.model.settings import Config

Command = TypeVar("Command", bound=Callable[..., Any])


def config_options(command: Command) -> Command:
    for option in (
        language_option,
        click.option("--no-config", is_flag=True, help="Use no config file, only the defaults."),
    ):
        command = option(command)
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
        """The config with the additions of the command line, whose names are relative to the working
        directory."""
        config = config_of(self.config_file, self.no_config)
        here = _steps_down(config.folder)
        terraform = config.terraform
        named = tuple(os.path.abspath(file) for file in self.var_files)
        # Options come after the config.
        environments = tuple(one._replace(var_files=one.var_files + named) for one in terraform.environments)
        return config._replace(
            exclude=(*config.exclude, *(_from_folder(glob, here) for glob in self.exclude)),
            live=(*config.live, *live),
            terraform=terraform._replace(var_files=terraform.var_files + named, environments=environments),
        )


def input_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options for finding input. The command gets them as one value, `given`."""

    @wraps(command)
    def gathered(**options: Any) -> int:
        given = Given(*(options.pop(name) for name in Given._fields))
        return command(given=given, **options)

    for option in (
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Leave out files that match this glob, as in .gitignore. Repeatable.",
        ),
        click.option(
            "--var-file",
            "var_files",
            multiple=True,
            metavar="FILE",
            help="A variable file for Terraform, as in terraform plan. Repeatable.",
        ),
        click.option("--as", "as_kind", metavar="KIND", help="Read the given paths as this kind of input."),
        config_options,
    ):
        gathered = option(gathered)
    return gathered


def config_of(config_file: str | None, no_config: bool) -> Config:
    from vcolint.config.settle import default_config, find_settings

    if not no_config:
        config = find_settings(config_file)
        use_configured(config.language)
        return config
    if config_file is not None:
        raise click.UsageError(say("--config and --no-config cannot be used together"))
    return default_config()


def _steps_down(folder: str) -> str:
    """The path from a folder down to the working directory, as the start of a glob; "" if it is not below."""
    import re

    steps = os.path.relpath(os.curdir, os.path.realpath(folder)).replace(os.sep, "/")
    if steps == "." or steps.split("/")[0] == "..":
        return ""
    return re.sub(r"([*?\[\]\\])", r"\\\1", steps) + "/"


def _from_folder(glob: str, steps: str) -> str:
    """Turns a glob relative to the working directory into one relative to the config's folder. As in
    `.gitignore`, a glob without a slash before its end applies to any folder."""
    sign, pattern = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return glob
    return f"{sign}/{steps}{pattern.lstrip('/')}"
