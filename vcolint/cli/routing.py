"""What `paths`, `trace` and `diff` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from vcolint.cli.options import input_options
from vcolint.cli.terminal import has_color, width, write
from vcolint.locale import say

if TYPE_CHECKING:
    from vcolint.cli.output import Output
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths, Trace

_ROUTING_FORMATS = ("text", "json", "markdown", "html")


def routing_options(command: Callable[..., int]) -> Callable[..., int]:
    for option in (
        click.option(
            "--weights",
            type=click.Choice(("honoured", "ignored")),
            default="honoured",
            help="Whether weight 100 wins over weight 0. A transit router may ignore weights.",
        ),
        click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            default="auto",
            help="Use colours. auto: only in a terminal.",
        ),
        click.option(
            "--output",
            "outputs",
            multiple=True,
            metavar="FORMAT[:PATH]",
            help="text, json, markdown or html; FORMAT:PATH writes a file. Repeatable.",
        ),
        click.option(
            "--live",
            multiple=True,
            metavar="FILE",
            help="A DescribeVcoRouteEntries dump whose rows count as routes. Repeatable.",
        ),
        input_options,
    ):
        command = option(command)
    return command


down_option = click.option(
    "--down",
    multiple=True,
    metavar="CONNECTION",
    help="A connection to treat as failed, by ID or address. Repeatable.",
)


def routing_outputs(outputs: Sequence[str]) -> list[Output]:
    from vcolint.cli.output import parse_outputs

    wanted = parse_outputs(outputs)
    for one in wanted:
        if one.format not in _ROUTING_FORMATS:
            raise click.UsageError(
                say(
                    "--output {format}: use one of {ROUTING_FORMATS}",
                    format=one.format,
                    ROUTING_FORMATS=", ".join(_ROUTING_FORMATS),
                )
            )
    return wanted


def show(outputs: Sequence[Output], result: Paths | Trace | Diff, color: str) -> None:
    """Write a forwarding table, a trace or a diff in each format that is asked for."""
    from vcolint.cli.output import write_file
    from vcolint.render.routing import render

    for one in outputs:
        on = color == "always" or (color == "auto" and one.path is None and has_color())
        text = render(one.format, result, color=on, width=width() if one.path is None else None)
        if one.path is not None:
            write_file(one.path, text)
        else:
            write(text, for_people=one.format == "text")
