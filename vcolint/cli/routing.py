"""`vcolint paths` and `vcolint trace`, and the options that `vcolint diff` shares with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import click

from vcolint.cli.options import Command, Given, gathering, input_options, several
from vcolint.cli.terminal import Output, color_option, parse_outputs, tell_incomplete, told_unreadable
from vcolint.config.load import settle
from vcolint.library import paths_over, read_paths
from vcolint.render.routing import render
from vcolint.report.comparison import Diff
from vcolint.report.routing import Paths, Trace, asked_network

_FORMATS = ("text", "json", "markdown", "html")


class Asked(NamedTuple):
    """The values of the options of `routing_options`."""

    given: Given
    outputs: list[Output]
    color: str
    weights: str
    live: Sequence[str]

    def of_tables(
        self, paths: Sequence[str], down: Sequence[str], answer: Callable[[Paths], Paths | Trace]
    ) -> int:
        """Read the paths, apply the answer to their tables, and show the result. Returns the exit status."""
        config = self.given.config(self.live)
        inputs = read_paths(config, list(paths) or None, as_kind=self.given.as_kind)
        self.show(answer(paths_over(inputs, settle(config), down=down, weights=self.weights)))
        tell_incomplete(inputs)
        return 1 if told_unreadable(inputs) else 0

    def show(self, result: Paths | Trace | Diff) -> None:
        """Write a result in each requested format."""
        for one in self.outputs:
            one.send(render, self.color, result=result)


# The options for reading routes and showing a result.
routing_options = gathering(
    "asked",
    Asked,
    click.option(
        "--weights",
        type=click.Choice(("honoured", "ignored")),
        default="honoured",
        help="Whether weight 100 wins over weight 0. A transit router may ignore weights.",
    ),
    color_option,
    click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT[:PATH]",
        callback=lambda context, option, texts: parse_outputs(texts, _FORMATS),
        help="text, json, markdown or html; FORMAT:PATH writes a file. Repeatable.",
    ),
    several(
        "--live",
        metavar="FILE",
        help="A DescribeVcoRouteEntries dump whose rows count as routes. Repeatable.",
    ),
    input_options,
)

_down_option = several(
    "--down", metavar="CONNECTION", help="A connection to treat as failed, by ID or address. Repeatable."
)


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_down_option
@routing_options
def paths(paths: tuple[str, ...], down: tuple[str, ...], asked: Asked) -> int:
    """Print the forwarding table: each destination, who carries it, and who takes over if that fails."""
    return asked.of_tables(paths, down, lambda table: table)


@click.command(cls=Command)
@click.argument("query", metavar="ADDRESS|NETWORK")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_down_option
@routing_options
def trace(query: str, paths: tuple[str, ...], down: tuple[str, ...], asked: Asked) -> int:
    """Print every route that could carry an address or a network, in the order in which they take over."""
    asked_network(query)  # report a mistake before reading thousands of files
    return asked.of_tables(paths, down, lambda table: table.trace(query))
