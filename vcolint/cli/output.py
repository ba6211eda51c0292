"""Where reports go: `--output FORMAT[:PATH]`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TextIO

import click

from vcolint.cli.terminal import has_color, width, write
from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.render import FORMATS
from vcolint.text.opening import reason, replace_file
from vcolint.text.wording import meant_or_known, quoted

color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Use colours. auto: only in a terminal.",
)


class Output(NamedTuple):
    """A format, and where it goes."""

    format: str
    path: str | None  # None: standard output

    def send(
        self, made: Callable[..., str | Iterable[str]], color: str, out: TextIO | None = None, **more: object
    ) -> None:
        """Write the result of `made` for the format, `color` and `width`. `out` replaces standard output."""
        if self.path is not None:
            text = made(self.format, color=color == "always", width=None, **more)
            write_file(self.path, "".join(text))
        else:
            colored = color == "always" or (color == "auto" and has_color())
            text = made(self.format, color=colored, width=width(), **more)
            write(text, for_people=self.format == "text", out=out)


def parse_outputs(texts: Sequence[str]) -> list[Output]:
    """The outputs that the options name; by default, text on standard output.

    Raises VcolintError for an unknown format, or if two reports would go to the same place. Only `text` and
    `github` may share standard output: a log for people and for the runner.
    """
    outputs = []
    for text in texts or ["text"]:
        format, colon, path = text.partition(":")
        if format not in FORMATS:
            meant = meant_or_known(format, FORMATS)
            raise VcolintError(
                say("unknown output format {format}{meant}", format=quoted(format), meant=meant)
            )
        if colon and not path:
            raise VcolintError(say("--output {text} has no file name after the colon", text=text))
        outputs.append(Output(format, None if path in ("", "-") else path))
    formats_at: dict[str | None, list[str]] = {}
    for output in outputs:
        place = None if output.path is None else os.path.realpath(output.path)
        formats = formats_at.setdefault(place, [])
        formats.append(output.format)
        if len(formats) > 1 and (place is not None or sorted(formats) != ["github", "text"]):
            where = say("standard output") if output.path is None else quoted(output.path)
            raise VcolintError(
                say("two reports cannot both go to {where}; give one of them its own path", where=where)
            )
    return outputs


def write_file(path: str, text: str) -> None:
    """Write a file as a whole or not at all. It appends to the job summary of GitHub Actions, because
    other steps write there too. Raises VcolintError."""
    data = text.encode("utf-8", "backslashreplace")
    real = os.path.realpath(path)
    try:
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        appends = bool(summary) and os.path.realpath(summary or "") == real
        if appends or (os.path.exists(real) and not os.path.isfile(real)):  # a device, a pipe
            with open(real, "ab" if appends else "wb") as stream:
                stream.write(data)
        else:
            os.makedirs(os.path.dirname(real), exist_ok=True)
            replace_file(real, data)
    except OSError as error:
        raise VcolintError(
            say("{path}: cannot be written: {strerror}", path=path, strerror=reason(error))
        ) from None
