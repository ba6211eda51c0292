"""The documents of a file of YAML or JSON, and the comments in it that speak to vcolint."""

from __future__ import annotations

from vcolint.model.reading import Reading
from vcolint.text.source import Node, Source


def documents(source: Source, is_json: bool, reading: Reading) -> list[Node]:
    """The documents of a file of YAML or JSON; the reading gets its text, and the remarks in it.

    Raises SyntaxFault for text that is not YAML, or not JSON.
    """
    reading.texts[source.file] = source.text
    if is_json:
        from vcolint.text.json import parse

        return [parse(source)]
    from vcolint.text import remarks, yaml

    found = yaml.parse(source)
    reading.remarks = remarks.find(source, found)
    return found
