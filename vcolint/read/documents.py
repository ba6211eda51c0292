"""The documents of a YAML or JSON file, and its comments for vcolint."""

from __future__ import annotations

from vcolint.model.reading import Reading
from vcolint.text.source import Node, Source


def outlines(source: Source, format: str) -> list[Node]:
    """The documents of a file, parsed once for both recognising its kind and reading it. Any `format` but
    "json" and "jsonl" is YAML. Documents of JSON are outlines. Raises SyntaxFault for text of another
    format."""
    if source.documents is None:
        if format in ("json", "jsonl"):
            from vcolint.text.json import outline, outline_of_lines

            source.documents = outline_of_lines(source) if format == "jsonl" else [outline(source)]
        else:
            from vcolint.text import yaml

            source.documents = yaml.parse(source)
    return source.documents


def documents(source: Source, format: str, reading: Reading) -> list[Node]:
    """The outlines for the reader; the reading gets the text, and the remarks in it."""
    reading.texts[source.file] = source.text
    found = outlines(source, format)
    source.documents = None  # they take most of the memory of a run
    if format not in ("json", "jsonl"):
        from vcolint.text import yaml

        reading.remarks = yaml.remarks(source, found)
    return found


def trees(source: Source, is_json: bool, reading: Reading) -> list[Node]:
    """The documents of a file as trees with all places; the reading gets the text, and the remarks in it."""
    if not is_json:
        return documents(source, "yaml", reading)
    from vcolint.text.json import parse

    reading.texts[source.file] = source.text
    source.documents = None
    return [parse(source)]
