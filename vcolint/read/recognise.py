"""Recognises the kind of a file from its name and from the keys of its documents.

The documents are parsed once: the source keeps them for the reader. The reader of a file reports its faults.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from os.path import splitext
from typing import Any, NamedTuple

from vcolint.model.entry import GATEWAY_FIELDS, SPELLINGS
from vcolint.read.documents import outlines
from vcolint.text.nodes import members, row
from vcolint.text.source import MappingNode, ScalarNode, SequenceNode, Source, SyntaxFault


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
_DESTINATION = ("RouteDest", "route_dest")
_CONNECTION = ("VpnConnectionId", "vpn_connection_id")
_BESIDE = tuple(name for name in SPELLINGS if name not in _CONNECTION)
_WORDS = (
    *_DESTINATION, *_CONNECTION, *_COMMANDS, "ROSTemplateFormatVersion", TERRAFORM_WORD, _PULUMI_WORD
)  # fmt: skip

# Few files need more than one of these patterns, so each is compiled when it is needed.
_LINE = 1 << 10  # bytes of a first line, which may name a shell
_HEAD = 1 << 20  # bytes to search for a recognition word, if a file cannot be read as a whole
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
    another field's name is there too."""
    words = [word for word in _WORDS if word in text]
    if not words or (set(words) <= set(_CONNECTION) and not any(name in text for name in _BESIDE)):
        return False
    return re.search(_WORD % "|".join(words), text) is not None


def kind_of(source: Source, format: str) -> str | None:
    """The kind that a text in that format may be; None if it is of no known kind. Except for CSV, `route-set`
    is a guess: the reader decides."""
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
        kind = next((kind for key, kind in _TELLING.items() if key in text), "route-set")
    else:
        first: Any = documents[0] if documents else None
        is_list = isinstance(first, SequenceNode)
        rows = first.items if is_list else first.value if isinstance(first, ScalarNode) else None
        if isinstance(rows, list) and rows:  # pages of a snapshot, or a route set
            page = row(rows[0]) if is_list else rows[0]
            is_page = isinstance(page, dict) and _kind_of_mapping(page, text) == "live"
            return "live" if is_page and format != "yaml" else "route-set"
        kind = _kind_of_mapping(row(first), text) if isinstance(first, MappingNode) else "route-set"
    return kind if format != "yaml" or kind in SOURCES else "route-set"


def _kind_of_mapping(keys: Mapping[Any, Any], text: str) -> str:
    """The kind of a document by its keys."""

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
    if "deployment" in keys:
        return "pulumi-stack"
    if "steps" in keys and any(name in keys for name in ("changeSummary", "config", "duration")):
        return "pulumi-stack"
    return "pulumi" if "resources" in keys and _PULUMI_WORD in text else "route-set"


def is_lines(text: str) -> bool:
    """Whether a JSON text is JSON Lines: a mapping on the first line, and another one after it."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    if end < 0 or text[start] != "{" or not text[start:end].rstrip().endswith("}"):
        return False
    return re.compile(r"\s*\{").match(text, end) is not None


def _is_table(text: str) -> bool:
    """Whether the first line is a header with the fields of a route entry."""
    return are_fields({name.strip(" \t\r\"'") for name in re.split(r"[,;\t]", _first_line(text))})


def are_fields(names: AbstractSet[object]) -> bool:
    """Whether names are those of an entry: a destination, a connection beside another field, or the fields
    of a VPN gateway's route."""
    fields = {field for name, field in SPELLINGS.items() if name in names}
    is_entry = "RouteDest" in fields or ("VpnConnectionId" in fields and len(fields) > 1)
    return is_entry or not GATEWAY_FIELDS.isdisjoint(names)


def _first_line(text: str) -> str:
    return text[:10_000].lstrip().partition("\n")[0]


def may_hold_word(path: str) -> bool:
    """Whether the beginning of a file contains a recognition word. True if the file cannot be read: it may be
    a source."""
    try:
        with open(path, "rb") as stream:
            return holds_word(stream.read(_HEAD).decode("utf-8", "replace"))
    except OSError:
        return True


def has_shebang(path: str) -> bool:
    """Whether a file without a known suffix begins like a shell script."""
    try:
        with open(path, "rb") as stream:
            return re.match(_SHEBANG, stream.readline(_LINE).decode("latin-1")) is not None
    except OSError:
        return False
