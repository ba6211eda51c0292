"""`vcolint paths` and `vcolint trace`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vcolint.cli.help import Command
from vcolint.cli.options import Given
from vcolint.cli.routing import down_option, routing_options, routing_outputs, show
from vcolint.cli.terminal import tell_incomplete, told_unreadable

if TYPE_CHECKING:
    from vcolint.model.reading import Inputs
    from vcolint.report.routing import Paths


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
    given: Given,
) -> int:
    """Print the forwarding table: each destination, who carries it, and who takes over if that fails."""
    wanted = routing_outputs(outputs)
    inputs, table = _tables(given, paths, live, down, weights)
    show(wanted, table, color)
    tell_incomplete(inputs)
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
    given: Given,
) -> int:
    """Print every route that could carry an address or a network, in the order in which they would."""
    from vcolint.report.routing import asked_network

    wanted = routing_outputs(outputs)
    asked_network(query)  # a mistake is told before thousands of files are read
    inputs, table = _tables(given, paths, live, down, weights)
    show(wanted, table.trace(query), color)
    tell_incomplete(inputs)
    return 1 if told_unreadable(inputs) else 0


def _tables(
    given: Given, paths: Sequence[str], live: Sequence[str], down: Sequence[str], weights: str
) -> tuple[Inputs, Paths]:
    """What was read, and its forwarding tables."""
    from vcolint.config.settle import settle
    from vcolint.library import paths_over, read_paths

    config = given.config(live)
    inputs = read_paths(config, list(paths) or None, as_kind=given.as_kind)
    return inputs, paths_over(inputs, settle(config), down=down, weights=weights)
