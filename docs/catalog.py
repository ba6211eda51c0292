"""The catalog of Chinese messages: take up new ones, drop old ones, compile; or check it.

    python docs/catalog.py           # after a message changed: then translate what it lists
    python docs/catalog.py --check   # for CI: what is missing, stale, or has other placeholders

Messages are the first arguments of `say` and `tr`, the tables named `…_TEMPLATES`, the help of commands and
options, the titles, paragraphs and messages of rule pages, the titles inside the schemas, and the comments
in the config of `vcolint init`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from vcolint.cli.init import CONFIG  # noqa: E402
from vcolint.cli.options import paragraphs  # noqa: E402
from vcolint.engine.rules import load_rules  # noqa: E402
from vcolint.locale.pages import messages as texts_of  # noqa: E402
from vcolint.render.html import SCRIPTS, TEXTS  # noqa: E402

FOLDER = ROOT / "vcolint" / "locale" / "zh" / "LC_MESSAGES"
PO, MO = FOLDER / "vcolint.po", FOLDER / "vcolint.mo"

# The messages of click itself, as in its source.
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
    "Choose from:\n\t{choices}",
    "No such option: {name}",  # before click 8.2
)
# The same, for one thing and for several. Chinese has one form for both.
CLICK_PLURALS = {
    "Did you mean {possibility}?": "(Did you mean one of: {possibilities}?)",
    "Got unexpected extra argument ({args})": "Got unexpected extra arguments ({args})",
    "Option {name!r} requires an argument.": "Option {name!r} requires {nargs} arguments.",
    "{value!r} is not {choice}.": "{value!r} is not one of {choices}.",
}
# The operating system's messages about files, as in C.
SYSTEM = (
    "File exists",
    "File name too long",
    "Input/output error",
    "Is a directory",
    "No space left on device",
    "No such file or directory",
    "Not a directory",
    "Operation not permitted",
    "Permission denied",
    "Read-only file system",
    "Too many levels of symbolic links",
    "Too many open files",
)
_PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}")


class _Catalog(Catalog):
    """A catalog without dates and versions in its header: the same messages always give the same files."""

    mime_headers = (
        ("Language", "zh_Hans"),
        ("Plural-Forms", "nplurals=1; plural=0;"),
        ("Content-Type", "text/plain; charset=utf-8"),
    )


def main() -> int:
    wanted = dict(messages())
    held = _read()
    missing = [text for text in wanted if not held.get(text)]
    stale = [text for text in held if text not in wanted]
    differing = [text for text, told in held.items() if told and not _fits(text, told)]
    for title, texts in (("not translated", missing), ("stale", stale), ("other placeholders", differing)):
        for text in texts:
            print(f"{wanted.get(text, PO.name)}: {title}: {text}")
    if "--check" in sys.argv:
        current = MO.exists() and MO.read_bytes() == _compiled(held)
        if not current:
            print(f"{MO.name} is not that of {PO.name}: run python docs/catalog.py")
        return 1 if missing or stale or differing or not current else 0
    fresh = {text: held.get(text, "") for text in wanted}
    with PO.open("wb") as stream:
        write_po(stream, _catalog(fresh, wanted), include_lineno=False, width=0)
    MO.write_bytes(_compiled(fresh))
    print(f"{len(wanted)} messages, {len(missing)} not translated")
    return 0


def messages() -> Iterator[tuple[str, str]]:
    """Every message once, with the file that it is from."""
    seen: set[str] = set()
    foreign = ((text, "click") for text in (*CLICK, *CLICK_PLURALS)), ((text, "system") for text in SYSTEM)
    for text, source in chain(_of_code(), _of_page(), _of_pages(), _of_schemas(), _of_config(), *foreign):
        if text and text not in seen:
            seen.add(text)
            yield text, source


def _of_pages() -> Iterator[tuple[str, str]]:
    for rule in load_rules().values():
        source = f"rules/{Path(rule.page).name}"
        for text in (rule.message, rule.basis, rule.effect):
            yield text, source
        yield from ((text, source) for text in texts_of(rule.body))


def _of_schemas() -> Iterator[tuple[str, str]]:
    """The names of forms in messages about wrong settings and rule pages: the titles in their schemas."""
    for name in ("config", "rule"):
        source = f"vcolint/schemas/{name}.schema.json"
        titles = re.findall(r'"title": "(.*?)"', (ROOT / source).read_text(encoding="utf-8"))
        yield from ((title, source) for title in titles)


def _of_config() -> Iterator[tuple[str, str]]:
    """The comments in the config that `vcolint init` writes."""
    yield from ((text, "vcolint/cli/init.py") for text in re.findall("(?m)^# (.*)", CONFIG))


def _of_code() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "vcolint").rglob("*.py")):
        source = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in _of_node(node):
                yield text, source


def _of_page() -> Iterator[tuple[str, str]]:
    for name in SCRIPTS:
        source = f"vcolint/render/page/{name}"
        for found in TEXTS.findall((ROOT / source).read_text(encoding="utf-8")):
            yield from ((text, source) for text in found)


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", "") in ("say", "tr") and node.args:
            yield from _texts(node.args[0])
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("option", "flag", "several"):
            for keyword in node.keywords:
                if keyword.arg == "help":
                    yield from _texts(keyword.value)
    elif isinstance(node, ast.Assign) and str(getattr(node.targets[0], "id", "")).endswith("_TEMPLATES"):
        assert isinstance(node.value, ast.Dict)
        for value in node.value.values:
            yield from _texts(value)
    elif isinstance(node, ast.FunctionDef) and any(_is_command(one) for one in node.decorator_list):
        yield from paragraphs(ast.get_docstring(node) or "")


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be. A text with filled-in values does not belong in a catalog."""
    for one in ast.walk(node):
        assert not isinstance(one, ast.JoinedStr), f"an f-string cannot be translated: {ast.unparse(node)}"
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _is_command(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("command", "group")


def _fits(text: str, told: str) -> bool:
    """Whether a translation has the placeholders of its message, or of the plural form."""
    forms = [text, CLICK_PLURALS.get(text, text)]
    return set(_PLACEHOLDER.findall(told)) in [set(_PLACEHOLDER.findall(form)) for form in forms]


def _read() -> dict[str, str]:
    """The translations in the catalog; of a plural, by the singular."""
    if not PO.exists():
        return {}
    with PO.open("rb") as stream:
        catalog = read_po(stream)
    pairs = [
        (message.id, message.string) if isinstance(message.id, str) else (message.id[0], message.string[0])
        for message in catalog
        if message.id
    ]
    return {str(text): str(told) for text, told in pairs}


def _catalog(held: Mapping[str, str], sources: Mapping[str, str]) -> Catalog:
    catalog = _Catalog(locale="zh_Hans", fuzzy=False, header_comment="")
    for text, told in held.items():
        where = [(sources[text], 0)] if text in sources else []
        if text in CLICK_PLURALS:
            catalog.add((text, CLICK_PLURALS[text]), (told,), locations=where)
        else:
            catalog.add(text, told, locations=where)
    return catalog


def _compiled(held: Mapping[str, str]) -> bytes:
    out = BytesIO()
    write_mo(out, _catalog(held, {}))
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
