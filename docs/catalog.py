"""The catalog of Chinese messages: take up new ones, drop old ones, compile; or check it.

    python docs/catalog.py           # after a message changed: then translate what it lists
    python docs/catalog.py --check   # for CI: what is missing, stale, or has other placeholders

Messages are the first arguments of `say` and `tr`, the tables named `…_TEMPLATES`, the help of commands and
options, the titles, paragraphs and messages of rule pages, and the titles inside the schemas.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vcolint.cli.help import paragraphs  # noqa: E402
from vcolint.engine.rules import load_rules  # noqa: E402
from vcolint.locale.pages import blocks  # noqa: E402

FOLDER = ROOT / "vcolint" / "locale" / "zh" / "LC_MESSAGES"
PO, MO = FOLDER / "vcolint.po", FOLDER / "vcolint.mo"

# What click itself says, in the words of its source.
CLICK = (
    "Usage:",
    "Usage: ",
    "Options",
    "Commands",
    "Show this message and exit.",
    "Show the version and exit.",
    "default: {default}",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} does not take a value.",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "Missing argument",
    "Missing command.",
    "Missing option",
    "Missing parameter",
)
_PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}")


def main() -> int:
    wanted = dict(messages())
    catalog = _read()
    held = {str(message.id): str(message.string) for message in catalog if message.id}
    missing = [text for text in wanted if not held.get(text)]
    stale = [text for text in held if text not in wanted]
    differing = [text for text, told in held.items() if told and _placeholders(text) != _placeholders(told)]
    for title, texts in (("not translated", missing), ("stale", stale), ("other placeholders", differing)):
        for text in texts:
            print(f"{wanted.get(text, PO.name)}: {title}: {text}")
    if "--check" in sys.argv:
        current = MO.exists() and MO.read_bytes() == _compiled(catalog)
        if not current:
            print(f"{MO.name} is not that of {PO.name}: run python docs/catalog.py")
        return 1 if missing or stale or differing or not current else 0
    fresh = Catalog(locale="zh_Hans", project="vcolint", domain="vcolint", fuzzy=False, header_comment="")
    for text, source in wanted.items():
        fresh.add(text, held.get(text, ""), locations=[(source, 0)])
    with PO.open("wb") as stream:
        write_po(stream, fresh, include_lineno=False, width=0, omit_header=False)
    MO.write_bytes(_compiled(_read()))
    print(f"{len(wanted)} messages, {len(missing)} not translated")
    return 0


def messages() -> Iterator[tuple[str, str]]:
    """Every message once, with the file that it is from."""
    seen: set[str] = set()
    for text, source in (*_of_code(), *_of_pages(), *_of_schemas(), *((text, "click") for text in CLICK)):
        if text and text not in seen:
            seen.add(text)
            yield text, source


def _of_pages() -> Iterator[tuple[str, str]]:
    for rule in load_rules().values():
        source = f"rules/{Path(rule.page).name}"
        yield rule.message, source
        for block in blocks(rule.body):
            if block.is_message:
                yield block.text, source


def _of_schemas() -> Iterator[tuple[str, str]]:
    """What messages about wrong settings and rule pages call a form: all titles but that of the whole."""
    for name in ("config", "rule"):
        source = f"vcolint/schemas/{name}.schema.json"
        titles = re.findall(r'"title": "(.*?)"', (ROOT / source).read_text(encoding="utf-8"))
        yield from ((title, source) for title in titles[1:])


def _of_code() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "vcolint").rglob("*.py")):
        source = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in _of_node(node):
                yield text, source


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", "") in ("say", "tr") and node.args:
            yield from _texts(node.args[0])
        name = getattr(node.func, "attr", "")
        if name in ("option", "command", "group", "version_option"):
            for keyword in node.keywords:
                if keyword.arg in ("help", "short_help"):
                    yield from _texts(keyword.value)
    elif isinstance(node, ast.Assign) and str(getattr(node.targets[0], "id", "")).endswith("_TEMPLATES"):
        assert isinstance(node.value, ast.Dict)
        for value in node.value.values:
            yield from _texts(value)
    elif isinstance(node, ast.FunctionDef) and any(_is_command(one) for one in node.decorator_list):
        yield from paragraphs(ast.get_docstring(node) or "")


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be. A filled one has no place in a catalog."""
    for one in ast.walk(node):
        assert not isinstance(one, ast.JoinedStr), f"an f-string cannot be translated: {ast.unparse(node)}"
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _is_command(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("command", "group")


def _placeholders(text: str) -> list[str]:
    return sorted(set(_PLACEHOLDER.findall(text)))


def _read() -> Catalog:
    if not PO.exists():
        return Catalog(locale="zh_Hans")
    with PO.open("rb") as stream:
        return read_po(stream, locale="zh_Hans")


def _compiled(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
