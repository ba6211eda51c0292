"""`vcolint init`."""

from __future__ import annotations

import os

import click

from vcolint.cli.help import Command, language_option
from vcolint.cli.terminal import write
from vcolint.errors import VcolintError
from vcolint.locale import say, tr


@click.command(cls=Command)
@language_option
def init() -> None:
    """Write a starter vcolint.yaml, and print lines for hooks and CI."""
    from vcolint.cli.output import write_file
    from vcolint.cli.starter import NAME, config_text, found_environments, snippets, summary
    from vcolint.config.load import find_config
    from vcolint.config.load import shown as shown_path
    from vcolint.config.settle import default_config
    from vcolint.library import read_paths
    from vcolint.model.settings import Config, Terraform

    there = find_config(os.curdir)
    if there is not None:
        raise VcolintError(
            say("{there} is already in effect here; nothing was written", there=shown_path(there))
        )
    inputs = read_paths(default_config(), [os.curdir])
    environments = found_environments(inputs)
    if environments:
        config = Config(folder=os.curdir, terraform=Terraform(environments=environments))
        inputs = read_paths(config, [os.curdir])
    write_file(NAME, config_text(inputs, environments))
    write(
        tr("wrote {file}: {summary}.", file=NAME, summary=summary(inputs, environments))
        + "\n\n  vcolint check                                         "
        + tr("checks the files that it names")
        + "\n  vcolint check --write-baseline vcolint-baseline.json  "
        + tr("ignores today's findings from now on")
        + f"\n\n{tr('To check every change, copy one of these.')}\n\n{snippets()}"
    )
