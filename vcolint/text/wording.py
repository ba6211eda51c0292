"""How messages name what came from outside: quoted, in short, with what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LONGEST = 80  # characters of a foreign text that a message shows

# What a JSON Schema type is called.
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


def shortened(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def quoted(text: str) -> str:
    """A text in quotes, cut where it is long, control characters escaped."""
    text = shortened(text)
    if text.isprintable():
        return f'"{text}"'
    import json

    return json.dumps(text)


def described(value: object) -> str:
    """A value from YAML or JSON: what it is, and for a scalar which one."""
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**20):
        return f"the number {value}"
    if isinstance(value, int):
        return "a huge number"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"a value of the type {type(value).__name__}"  # not from YAML or JSON, but from a program


def nearest(text: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `text` was probably meant to be, if there is one."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(text[:_LONGEST], list(candidates), 1)), None)


def did_you_mean(text: str, candidates: Iterable[str]) -> str:
    """The end of a message about an unknown name: a question, or nothing."""
    near = nearest(text, candidates)
    return f'; did you mean "{near}"?' if near is not None else ""


def listed(texts: Sequence[str], most: int = 6) -> str:
    """Texts as a sentence has them: `a, b and c`; `a, b and 7 more` where there are more than `most`."""
    if len(texts) > most:
        return f"{', '.join(texts[:most])} and {len(texts) - most} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
