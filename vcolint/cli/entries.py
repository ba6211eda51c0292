"""`vcolint entries`."""

from __future__ import annotations

import click

from vcolint.cli.help import Command
from vcolint.cli.options import Given, input_options
from vcolint.cli.terminal import told_unreadable, write


@click.command(cls=Command, short_help="Print the entries as vcolint understands them.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@input_options
def entries(paths: tuple[str, ...], given: Given) -> int:
    """Print the entries as vcolint understands them: one JSON object per line.

    An absent field is null, an unknown one is {"unknown": REASON}.
    """
    from vcolint.cli.listing import lines
    from vcolint.library import read_paths

    config = given.config()
    inputs = read_paths(config, list(paths) or None, as_kind=given.as_kind)
    write("".join(lines(inputs, config)))
    return 1 if told_unreadable(inputs) else 0
