"""`vcolint init`."""

from __future__ import annotations

import os

import click

from vcolint.cli.terminal import write
from vcolint.errors import VcolintError


@click.command()
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
        raise VcolintError(f"{shown_path(there)} holds here already; nothing was written")
    inputs = read_paths(default_config(), [os.curdir])
    environments = found_environments(inputs)
    if environments:
        config = Config(folder=os.curdir, terraform=Terraform(environments=environments))
        inputs = read_paths(config, [os.curdir])
    write_file(NAME, config_text(inputs, environments))
    write(
        f"{NAME} is written: {summary(inputs, environments)}.\n\n"
        "  vcolint check                                         checks what it names\n"
        "  vcolint check --write-baseline vcolint-baseline.json  lets pass what is there now\n\n"
        f"To check every change, copy one of these.\n\n{snippets()}"
    )
