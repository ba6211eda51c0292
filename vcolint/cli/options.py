"""Options that several commands have, and the config that results."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from vcolint.cli.help import AnyCommand, flag, language_option, several
from vcolint.locale import chosen, say, use

if TYPE_CHECKING:
    from vcolint.model.settings import Config


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
        """The config with the additions of the command line, whose names are relative to the working
        directory."""
        config = config_of(self.config_file, self.no_config)
        terraform = config.terraform
        named = tuple(os.path.abspath(file) for file in self.var_files)
        # Options come after the config.
        environments = tuple(one._replace(var_files=one.var_files + named) for one in terraform.environments)
        return config._replace(
            exclude=(*config.exclude, *(_from_folder(glob, config.folder) for glob in self.exclude)),
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
        several(
            "--exclude",
            metavar="GLOB",
            help="Leave out files that match this glob, as in .gitignore. Repeatable.",
        ),
        several(
            "--var-file",
            "var_files",
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
        use(chosen(None, config.language))
        return config
    if config_file is not None:
        raise click.UsageError(say("--config and --no-config cannot be used together"))
    return default_config()


def _from_folder(glob: str, folder: str) -> str:
    """A glob relative to the working directory as one relative to the config's folder, if that is above. As
    in `.gitignore`, a glob without a slash before its end applies to any folder."""
    steps = os.path.relpath(os.curdir, os.path.realpath(folder)).replace(os.sep, "/")
    sign, pattern = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    if steps.split("/")[0] in (".", "..") or "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return glob
    return f"{sign}/{steps}/{pattern.lstrip('/')}"
