"""The process `vcolint`: the group of commands, and what becomes of errors.

The commands import what they run inside their functions: a run loads only what it needs.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from vcolint.cli.check import check
from vcolint.cli.diff import diff
from vcolint.cli.entries import entries
from vcolint.cli.help import Group, language_option, speaking
from vcolint.cli.init import init
from vcolint.cli.routing import paths, trace
from vcolint.cli.rules import explain, rules, schema, test_rules
from vcolint.cli.server import server
from vcolint.cli.terminal import tell
from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.version import __version__


def console() -> NoReturn:
    """The process `vcolint`: run the command line, and end with the exit status."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # the language server closes what its client leaves
                stream.flush()
    # Taking the interpreter down object by object costs a sixth of a small run.
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status. One line on standard error says what was wrong."""
    # A run frees almost nothing before it exits, so the garbage collector only costs time (a third of a
    # large run).
    collects = gc.isenabled()
    gc.disable()
    try:
        return _run(arguments)
    finally:
        if collects:
            gc.enable()


def _run(arguments: Sequence[str] | None) -> int:
    with speaking(sys.argv[1:] if arguments is None else arguments):
        return _run_command(arguments)


def _run_command(arguments: Sequence[str] | None) -> int:
    try:
        status = vcolint.main(arguments, prog_name="vcolint", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _fail(error.format_message())
    except VcolintError as error:
        return _fail(error.message)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        if os.environ.get("VCOLINT_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is None:  # a stream, such as one on a full disk
            return _fail(say("cannot write the output: {strerror}", strerror=error.strerror or error))
        return _fail(
            say(
                "internal error: {name}: {error} (VCOLINT_DEBUG=1 shows where)",
                name=type(error).__name__,
                error=error,
            )
        )
    return status if isinstance(status, int) else 0


def _fail(message: str) -> int:
    tell("error", message)
    return 2


@click.group(
    cls=Group,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="vcolint", message="%(prog)s %(version)s")
@language_option
@click.pass_context
def vcolint(context: click.Context) -> None:
    """Find mistakes in Alibaba Cloud VCO route entries (CreateVcoRouteEntry) before you submit them.

    Exit status: 0 if no finding reaches --fail-on, 1 if one does, 2 if the call or the config is wrong.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (
    check,
    entries,
    paths,
    trace,
    diff,
    explain,
    rules,
    schema,
    init,
    test_rules,
    server,
):
    vcolint.add_command(_command)
