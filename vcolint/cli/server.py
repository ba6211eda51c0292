"""`vcolint server`: the language server."""

from __future__ import annotations

import click

from vcolint.cli.options import Command, language_option
from vcolint.errors import VcolintError
from vcolint.locale import say


@click.command(cls=Command)
@language_option
def server() -> None:
    """Serve an editor on standard input and output: the language server.

    Needs the extra `server`: run pip install '.[server]' in your copy of vcolint.
    """
    try:
        from vcolint.server.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise VcolintError(
            say("the language server needs pygls: run pip install '.[server]' in your copy of vcolint")
        ) from None
    serve()
