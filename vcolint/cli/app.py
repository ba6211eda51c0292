"""The process `vcolint`: the group of commands, and the handling of errors.

A run imports only the module of its command. Commands that do several things import what a small run does
not need inside their functions.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from vcolint.cli.options import Command, language_option, speaking
from vcolint.cli.terminal import tell
from vcolint.errors import VcolintError
from vcolint.locale import say, tr
from vcolint.version import __version__

_COMMAND_TEMPLATES = {
    "check": "Check files and folders.",
    "diff": "Print what a change does to traffic.",
    "entries": "Print the entries as vcolint understands them.",
    "explain": "Print the page of a rule.",
    "init": "Write a starter vcolint.yaml, and print lines for hooks and CI.",
    "paths": "Print who carries which destination.",
    "rules": "List all rules, including your own.",
    "schema": "Print a JSON Schema, for example for an editor.",
    "server": "Serve an editor (language server).",
    "test-rules": "Run the examples on the rule pages of a folder.",
    "trace": "Print who could carry an address.",
}
# Commands whose module has another name.
_MODULES = {
    "explain": "rules",
    "schema": "rules",
    "test-rules": "rules",
    "paths": "routing",
    "trace": "routing",
}


def console() -> NoReturn:
    """The process `vcolint`: run the command line, and end with the exit status."""
    # A run frees almost nothing before it exits, so the garbage collector only costs time (a third of a
    # large run).
    gc.disable()
    status = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # the language server closes what its client leaves
                stream.flush()
    # Shutting the interpreter down object by object takes a sixth of a small run.
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. One line on standard error says what is wrong."""
    with speaking(sys.argv[1:] if arguments is None else arguments):
        try:
            status = vcolint.main(arguments, prog_name="vcolint", standalone_mode=False)
            return status if isinstance(status, int) else 0
        except click.exceptions.Exit as done:
            return done.exit_code
        except (click.Abort, KeyboardInterrupt):
            return 130
        except click.ClickException as error:
            wrong = error.format_message()
        except VcolintError as error:
            wrong = error.message
        except Exception as error:
            if os.environ.get("VCOLINT_DEBUG"):
                raise
            wrong = say(
                "internal error: {name}: {error} (VCOLINT_DEBUG=1 shows where)",
                name=type(error).__name__,
                error=error,
            )
            if isinstance(error, OSError) and error.filename is None:  # a stream, such as one on a full disk
                wrong = say("cannot write the output: {strerror}", strerror=error.strerror or error)
        tell("error", wrong)
        return 2


class _Group(Command, click.Group):
    """The commands by name; each module is imported when its command is needed."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            return None
        module = import_module(f"vcolint.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(tr("Commands")):
            formatter.write_dl(list(_COMMAND_TEMPLATES.items()))


@click.group(
    cls=_Group,
    commands=dict.fromkeys(_COMMAND_TEMPLATES, Command(None)),  # the names, until a command is needed
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
