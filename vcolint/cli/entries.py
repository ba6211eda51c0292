"""`vcolint entries`."""

from __future__ import annotations

import click

from vcolint.cli.help import Command
from vcolint.cli.options import config_of, input_options, with_input_options
from vcolint.cli.terminal import tell, write


@click.command(cls=Command, short_help="Print the entries as vcolint understands them.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@input_options
def entries(
    paths: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print the entries as vcolint understands them: one JSON object per line.

    An absent field is null, an unknown one is {"unknown": REASON}.
    """
    from vcolint.cli.listing import lines, unreadable
    from vcolint.library import read_paths

    config = with_input_options(config_of(config_file, no_config), exclude, var_files)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    write("".join(lines(inputs, config)))
    faults = list(unreadable(inputs))
    for fault in faults:
        tell("error", fault)
    return 1 if faults else 0
