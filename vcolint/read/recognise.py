"""Recognises the kind of a file from its name and from the keys of its documents.

The documents are parsed once: the source keeps them for the reader. The reader of a file reports its faults.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from os.path import splitext
from typing import Any, NamedTuple

from vcolint.model.entry import SPELLINGS
from vcolint.read.documents import outlines
from vcolint.read.route_set import are_fields, holds_entry, values
from vcolint.text.nodes import members
from vcolint.text.source import MappingNode, Source, SyntaxFault


class Kind(NamedTuple):
    """One kind of input."""

    formats: tuple[str, ...]
    module: str  # in `vcolint.read`: its reader
    # False: it is read only if it is named, and each file is a set of its own.
    is_source: bool = True


KINDS = {
    "route-set": Kind(("yaml", "json", "jsonl", "csv"), "route_set"),
    "terraform": Kind(("hcl",), "terraform"),
    "ros": Kind(("yaml", "json"), "ros"),
    "pulumi": Kind(("yaml", "json"), "pulumi"),
    "cli": Kind(("shell",), "shell"),
    "terraform-plan": Kind(("json",), "plan", False),
    "terraform-state": Kind(("json",), "state", False),
    "pulumi-stack": Kind(("json",), "pulumi_stack", False),
    "live": Kind(("json", "jsonl"), "live", False),
}
SOURCES = tuple(name for name, kind in KINDS.items() if kind.is_source)

_FORMATS = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".tfstate": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".sh": "shell",
    ".bash": "shell",
    ".tf": "hcl",
    ".tfvars": "hcl",
}

TERRAFORM_WORD = "alicloud_vpn_gateway_vco_route"
_COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
_PULUMI_WORD = "GatewayVcoRoute"
# Keys that tell the kind of a document.
_TELLING = {
    "ROSTemplateFormatVersion": "ros",
    "resource_changes": "terraform-plan",
    "planned_values": "terraform-plan",
    "VcoRouteEntries": "live",
}
_PREVIEW = {"changeSummary", "config", "duration"}  # beside "steps" in `pulumi preview --json`
_WORDS = ("RouteDest", "route_dest", *_COMMANDS, "ROSTemplateFormatVersion", TERRAFORM_WORD, _PULUMI_WORD)
_CONNECTION = ("VpnConnectionId", "vpn_connection_id")

# Few files need more than one of these patterns, so each is compiled when it is needed.
_LINE = 1 << 10  # bytes of a first line, which may name a shell
_SHEBANG = r"#![^\n]*\b(?:sh|bash|dash|ksh|zsh)\b"
_HCL = r'(?m)^[ \t]*(?:resource|module|variable|provider)[ \t]+"|^[ \t]*(?:locals|terraform)[ \t]*\{'
_CALL = rf"(?m)^[^:\n]*\baliyun\b[^\n]*(?:{'|'.join(_COMMANDS)})"  # after a colon, it is a text in YAML
_WORD = r"(?<![\w./-])(?:%s)(?![\w./-])"  # not in the name of a file


def format_by_name(name: str) -> str | None:
    """The format of a file by the end of its name: yaml, json, jsonl, csv, shell or hcl."""
    lower = name.lower()
    return "hcl" if lower.endswith((".tf.json", ".tfvars.json")) else _FORMATS.get(splitext(lower)[1])


def format_by_text(text: str) -> str:
    """The format of a text without a file name that says it."""
    if re.match(_SHEBANG, text):
        return "shell"
    if re.match(r"\s*(?:\{|\[\s*[\[{\]\"])", text):
        return "json"
    if _is_table(text) and ":" not in _first_line(text):  # else a mapping in YAML
        return "csv"
    if re.search(_HCL, text):
        return "hcl"
    return "shell" if re.search(_CALL, text) else "yaml"


def holds_word(text: str) -> bool:
    """Whether a text contains a recognition word of a source. The name of the connection counts only if
    another field's name is there too: other APIs have connections as well."""
    has_other = any(name in text for name in SPELLINGS if name not in _CONNECTION)
    words = (*_WORDS, *_CONNECTION) if has_other else _WORDS
    return any(word in text and re.search(_WORD % word, text) is not None for word in words)


def kind_of(source: Source, format: str, by_name: bool) -> str | None:
    """The kind of a text in that format; None if it is of no known kind. `by_name`: its name says the format,
    so that a text which cannot be parsed counts as a route set."""
    text = source.text
    if format == "csv":
        return "route-set" if _is_table(text) else None
    if format == "shell":
        lines = map(str.lstrip, text.splitlines())
        is_empty = all(not line or line.startswith("#") for line in lines)
        return "cli" if is_empty or any(command in text for command in _COMMANDS) else None
    if format == "hcl":
        return "terraform"
    try:
        documents = outlines(source, format)
    except (SyntaxFault, RecursionError):
        told = next((kind for key, kind in _TELLING.items() if key in text), None)
        return told or ("route-set" if by_name or holds_word(text) else None)
    first = next((one for document in documents[:1] for one in values(document)), None)
    kind = _told_by(first, text) if isinstance(first, dict) else None
    is_list = not (documents and isinstance(documents[0], MappingNode))
    # Of these kinds, only a snapshot may be a list: its pages.
    if kind is None or (is_list and kind != "live") or (format == "yaml" and not KINDS[kind].is_source):
        return "route-set" if holds_entry(documents) else None
    return kind


def _told_by(keys: Mapping[Any, Any], text: str) -> str | None:
    """The kind of a document by its keys; None for a route set, and for what is of no kind."""

    def inside(key: str) -> Collection[Any]:
        value = keys.get(key)
        return value if isinstance(value, dict) else members(value) if isinstance(value, MappingNode) else ()

    for key, kind in _TELLING.items():
        if key in keys:
            return kind
    if "VcoRouteEntries" in inside("body"):
        return "live"
    if "root_module" in inside("values") or (keys.get("version") == 4 and "resources" in keys):
        return "terraform-state"
    if "deployment" in keys or ("steps" in keys and not _PREVIEW.isdisjoint(keys)):
        return "pulumi-stack"
    return "pulumi" if "resources" in keys and _PULUMI_WORD in text else None


def is_lines(text: str) -> bool:
    """Whether a JSON text is JSON Lines: a mapping on the first line, and another one after it."""
    return re.match(r"\s*\{[^\n]*\}[ \t\r]*\n\s*\{", text) is not None


def _is_table(text: str) -> bool:
    """Whether the first line is a header with the fields of a route entry."""
    return are_fields({name.strip(" \t\r\"'") for name in re.split(r"[,;\t]", _first_line(text))})


def _first_line(text: str) -> str:
    return text[:10_000].lstrip().partition("\n")[0]


def has_shebang(path: str) -> bool:
    """Whether a file without a known suffix begins like a shell script."""
    try:
        with open(path, "rb") as stream:
            return re.match(_SHEBANG, stream.readline(_LINE).decode("latin-1")) is not None
    except OSError:
        return False
