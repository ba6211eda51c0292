"""Recognises the kind of a file from its name and from the keys of its documents.

The documents are parsed once: the source keeps them for the reader. The reader of a file reports its faults.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from os.path import splitext
from typing import Any

from vcolint.model.entry import GATEWAY_FIELDS, SPELLINGS
from vcolint.read.documents import outlines
from vcolint.text.nodes import members, row
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault

SOURCES = ("route-set", "terraform", "ros", "pulumi", "cli")
# Files of these kinds are read only if they are named, each as a set of its own.
SETS = ("terraform-plan", "terraform-state", "pulumi-stack", "live")
KINDS = SOURCES + SETS

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
_FORMATS_OF = {
    "route-set": ("yaml", "json", "jsonl", "csv"),
    "terraform": ("hcl",),
    "ros": ("yaml", "json"),
    "pulumi": ("yaml", "json"),
    "cli": ("shell",),
    "terraform-plan": ("json",),
    "terraform-state": ("json",),
    "pulumi-stack": ("json",),
    "live": ("json", "jsonl"),
}

TERRAFORM_WORD = "alicloud_vpn_gateway_vco_route"
_COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
_ROS_WORD = "ROSTemplateFormatVersion"
_PULUMI_WORD = "GatewayVcoRoute"
_DESTINATION = ("RouteDest", "route_dest")
_CONNECTION = ("VpnConnectionId", "vpn_connection_id")
_BESIDE = tuple(name for name in SPELLINGS if name not in _CONNECTION)
_WORDS = (*_DESTINATION, *_CONNECTION, *_COMMANDS, _ROS_WORD, TERRAFORM_WORD, _PULUMI_WORD)

# Few files need more than one of these patterns, so they are compiled when one does.
_LINE = 1 << 10  # bytes of a first line, which may name a shell
_HEAD = 1 << 20  # bytes of a file that cannot be read as a whole, in which a recognition word may stand
SHEBANG = r"#![^\n]*\b(?:sh|bash|dash|ksh|zsh)\b"
_HCL = r'(?m)^[ \t]*(?:resource|module|variable|provider)[ \t]+"|^[ \t]*(?:locals|terraform)[ \t]*\{'
_TOP_LEVEL_KEY = r"(?m)(?:^|[{,]\s*)[\"']?(\w+)[\"']?\s*:"
_TERRAFORM = r'\s*\{\s*"format_version"'
_PLANNED = ("resource_changes", "planned_values")
_SEPARATOR = r"[,;\t]"
_AS_KEY = r"(?<![\w./-])(?:%s)[\"']?\s*:"
_AS_TYPE = r"(?<=[\"':])(?:%s)(?![\w./-])"
_AS_CALL = r"(?<![\w:./-])(?:%s)(?![\w./-])"


def format_by_name(name: str) -> str | None:
    """The format of a file by the end of its name: yaml, json, jsonl, csv, shell or hcl."""
    lower = name.lower()
    return "hcl" if lower.endswith((".tf.json", ".tfvars.json")) else _FORMATS.get(splitext(lower)[1])


def format_by_text(text: str) -> str:
    """The format of a text without a file name that says it."""
    if re.match(SHEBANG, text):
        return "shell"
    if re.match(r"\s*(?:\{|\[\s*[\[{\]\"])", text):
        return "json"
    if _is_table(text) and ":" not in _first_line(text):  # else a mapping in YAML
        return "csv"
    if re.search(_HCL, text):
        return "hcl"
    return "shell" if _calls_cli(text) else "yaml"


def fits(kind: str, format: str | None) -> bool:
    """Whether a file in that format can be of that kind."""
    return format in _FORMATS_OF[kind]


def holds_word(text: str) -> bool:
    """Whether a text contains a recognition word of a source as a key, a type or a command. A word in prose
    or in a file name does not count."""

    def stands(pattern: str, *words: str) -> bool:
        return re.search(pattern % "|".join(words), text) is not None

    if not any(word in text for word in _WORDS):
        return False
    return (
        stands(_AS_KEY, *_DESTINATION, _ROS_WORD, TERRAFORM_WORD)
        or stands(_AS_TYPE, _PULUMI_WORD, TERRAFORM_WORD)
        or ("aliyun" in text and stands(_AS_CALL, *_COMMANDS))
        or (stands(_AS_KEY, *_CONNECTION) and stands(_AS_KEY, *_BESIDE))
        or _is_table(text)
    )


def is_route_set(documents: list[Node]) -> bool:
    """Whether documents are a route set: an entry in them has a destination, or a connection and another
    field; or they are empty."""
    empty = True
    for one in _items(documents):
        if isinstance(one, dict) and _is_entry(one):
            return True
        empty = False
    return empty


def _items(documents: list[Node]) -> Iterator[Any]:
    """The entries of a route set as rows, with the fields next to `Routes`."""
    for document in documents:
        found = _listed(document)
        if found is not None:
            yield from found
            continue
        data = row(document)
        routes = (
            [data[name] for name in ("Routes", "routes") if name in data] if isinstance(data, dict) else []
        )
        if not routes and getattr(data, "value", data) is not None:
            yield data
        for node in routes:
            inner = node if isinstance(node, list) else _listed(node)
            for one in [row(node)] if inner is None else inner:
                yield data | one if isinstance(one, dict) else one


def _listed(node: Any) -> list[Any] | None:
    """The items of a list as rows; None if the node is not a list."""
    if isinstance(node, SequenceNode):
        return list(map(row, node.items))
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, list) else None


def _is_entry(keys: Mapping[Any, Any]) -> bool:
    """Whether these are the keys of an entry, of this API or of the API of VPN gateways."""
    beside = any(name in keys for name in _CONNECTION) and any(name in keys for name in _BESIDE)
    return beside or any(name in keys for name in (*_DESTINATION, *GATEWAY_FIELDS))


def kind_of(source: Source, format: str) -> str | None:
    """The kind that a text in that format may be; None if it is of no known kind. Except for CSV, `route-set`
    is a guess: `is_route_set` decides."""
    text = source.text
    if format == "csv":
        return "route-set" if _is_table(text) else None
    if format == "shell":
        return "cli" if any(command in text for command in _COMMANDS) or _only_comments(text) else None
    if format == "hcl":
        return "terraform"
    if re.match(_TERRAFORM, text) and any(f'"{key}"' in text for key in _PLANNED):
        return "terraform-plan"  # without decoding it: plans are large
    try:
        documents = outlines(source, format)
    except (SyntaxFault, RecursionError):
        kind = _kind_of_mapping(dict.fromkeys(re.findall(_TOP_LEVEL_KEY, text)), text)
    else:
        first = documents[0] if documents else None
        rows = _listed(first)
        if rows:  # pages of a snapshot, or a route set
            is_page = isinstance(rows[0], dict) and _kind_of_mapping(rows[0], text) == "live"
            return "live" if is_page and format != "yaml" else "route-set"
        data = row(first) if first is not None else None
        kind = _kind_of_mapping(data, text) if isinstance(data, dict) else "route-set"
    return kind if format != "yaml" or kind in SOURCES else "route-set"


def _kind_of_mapping(keys: Mapping[Any, Any], text: str) -> str:
    """The kind of a document by its keys."""

    def inside(key: str) -> Collection[Any]:
        value = keys.get(key)
        return value if isinstance(value, dict) else members(value) if isinstance(value, MappingNode) else ()

    if _ROS_WORD in keys:
        return "ros"
    if any(key in keys for key in _PLANNED):
        return "terraform-plan"
    if "VcoRouteEntries" in keys or "VcoRouteEntries" in inside("body"):
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
    names = {name.strip(" \t\r\"'") for name in re.split(_SEPARATOR, _first_line(text))}
    fields = {SPELLINGS[name] for name in names if name in SPELLINGS}
    return "RouteDest" in fields or ("VpnConnectionId" in fields and len(fields) > 1)


def _first_line(text: str) -> str:
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)][:10_000]


def _calls_cli(text: str) -> bool:
    """Whether a line calls the command. In YAML, the call would be in a text, after a key."""
    for command in _COMMANDS:
        at = text.find(command)
        before = text[text.rfind("\n", 0, at) + 1 : at] if at >= 0 else ""
        if "aliyun" in before and ":" not in before.partition("aliyun")[0]:
            return True
    return False


def _only_comments(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


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
            if stream.read(2) != b"#!":
                return False
            line = "#!" + stream.readline(_LINE).decode("latin-1")
            return re.match(SHEBANG, line) is not None
    except OSError:
        return False
