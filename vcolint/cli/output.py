"""Where reports go: `--output FORMAT[:PATH]`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.render import FORMATS
from vcolint.text.opening import reason, replace_file
from vcolint.text.wording import meant_or_known, quoted


class Output(NamedTuple):
    format: str
    path: str | None  # None: standard output


def parse_outputs(texts: Sequence[str]) -> list[Output]:
    """The outputs that the options ask for; text on standard output by default.

    Raises VcolintError for an unknown format, or if two reports would go to the same place.
    """
    outputs = [_parsed(text) for text in texts] or [Output("text", None)]
    places = [None if output.path is None else os.path.realpath(output.path) for output in outputs]
    for number, place in enumerate(places):
        if place in places[:number] and not _is_log(outputs, place, places):
            where = say("standard output") if place is None else quoted(outputs[number].path or "")
            raise VcolintError(
                say("two reports cannot both go to {where}; give one of them its own path", where=where)
            )
    return outputs


def _is_log(outputs: Sequence[Output], place: str | None, places: Sequence[str | None]) -> bool:
    """Whether standard output gets `text` and `github` only: a log for people and for the runner."""
    together = [output.format for output, other in zip(outputs, places, strict=True) if other == place]
    return place is None and sorted(together) == ["github", "text"]


def _parsed(text: str) -> Output:
    format, colon, path = text.partition(":")
    if format not in FORMATS:
        meant = meant_or_known(format, FORMATS)
        raise VcolintError(say("unknown output format {format}{meant}", format=quoted(format), meant=meant))
    if colon and not path:
        raise VcolintError(say("--output {text} has no file name after the colon", text=text))
    return Output(format, None if path in ("", "-") else path)


def write_file(path: str, text: str) -> None:
    """Write a file as a whole or not at all. It appends to the job summary of GitHub Actions, because
    other steps write there too. Raises VcolintError."""
    data = text.encode("utf-8", "backslashreplace")
    real = os.path.realpath(path)
    try:
        if _is_job_summary(real):
            with open(real, "ab") as stream:
                stream.write(data)
        elif os.path.exists(real) and not os.path.isfile(real):  # a device, a pipe
            with open(real, "wb") as stream:
                stream.write(data)
        else:
            os.makedirs(os.path.dirname(real), exist_ok=True)
            replace_file(real, data)
    except OSError as error:
        raise VcolintError(
            say("{path}: cannot be written: {strerror}", path=path, strerror=reason(error))
        ) from None


def _is_job_summary(real: str) -> bool:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return bool(summary) and os.path.realpath(summary or "") == real
