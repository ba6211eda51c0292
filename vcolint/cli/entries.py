"""`vcolint entries`."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

import click

from vcolint.cli.options import Command, Given, input_options
from vcolint.cli.terminal import told_unreadable, write
from vcolint.library import read_paths, records
from vcolint.locale import tr
from vcolint.model.reading import Inputs
from vcolint.model.settings import Config
from vcolint.report.finding import entry_shown


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@input_options
def entries(paths: tuple[str, ...], given: Given) -> int:
    """Print the entries as vcolint understands them: one JSON object per line.

    An absent field is null, an unknown one is {"unknown": REASON}.
    """
    config = given.config()
    inputs = read_paths(config, list(paths) or None, as_kind=given.as_kind)
    write(_line(one) for one in _objects(inputs, config))
    return 1 if told_unreadable(inputs) else 0


def _objects(inputs: Inputs, config: Config) -> Iterator[dict[str, object]]:
    """Each entry, and what could not be listed (address and reason)."""
    for reading, found in records(inputs, config):
        for record, domain in found:
            yield {
                **entry_shown(record),
                "kind": reading.kind,
                "file": record.location.file,
                "line": record.location.line,
                "address": record.address,
                "root": reading.root,
                "domain": domain,
                "environment": reading.environment,
            }
        for item in reading.unlisted:
            yield {"address": item.address, "unknown": tr(item.reason)}


def _line(value: dict[str, object]) -> str:
    text = dumps(value, ensure_ascii=False)
    if not text.isprintable():  # safe for a terminal, and the same JSON
        text = "".join(one if one.isprintable() else dumps(one)[1:-1] for one in text)
    return text + "\n"
