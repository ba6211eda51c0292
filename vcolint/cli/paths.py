"""`vcolint paths` and `vcolint trace`."""

from __future__ import annotations

import click

from vcolint.cli.help import Command
from vcolint.cli.options import config_of, with_input_options
from vcolint.cli.routing import down_option, routing_options, routing_outputs, show, told_unreadable


@click.command(cls=Command, short_help="Print who carries which destination.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@down_option
@routing_options
def paths(
    paths: tuple[str, ...],
    down: tuple[str, ...],
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print the forwarding table: each destination, who carries it, and who takes over if that fails."""
    from vcolint.config.settle import settle
    from vcolint.library import paths_over, read_paths

    wanted = routing_outputs(outputs)
    config = with_input_options(config_of(config_file, no_config), exclude, var_files, live)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    show(wanted, "paths", paths_over(inputs, settle(config, None, []), down=down, weights=weights), color)
    return 1 if told_unreadable(inputs) else 0


@click.command(cls=Command, short_help="Print who could carry an address.")
@click.argument("query", metavar="ADDRESS|NETWORK")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@down_option
@routing_options
def trace(
    query: str,
    paths: tuple[str, ...],
    down: tuple[str, ...],
    outputs: tuple[str, ...],
    color: str,
    weights: str,
    live: tuple[str, ...],
    config_file: str | None,
    no_config: bool,
    as_kind: str | None,
    var_files: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Print every route that could carry an address or a network, in the order in which they would."""
    from vcolint.config.settle import settle
    from vcolint.library import paths_over, read_paths

    wanted = routing_outputs(outputs)
    config = with_input_options(config_of(config_file, no_config), exclude, var_files, live)
    inputs = read_paths(config, list(paths) or None, as_kind=as_kind)
    table = paths_over(inputs, settle(config, None, []), down=down, weights=weights)
    show(wanted, "trace", table.trace(query), color)
    return 1 if told_unreadable(inputs) else 0
