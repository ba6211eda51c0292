"""Tells the kind of a file from its name and from a quick look at its text.

Large files are not parsed: JSON is decoded up to the top-level key that decides. What is wrong with a file is
reported by its reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from json import JSONDecoder
from os.path import splitext

from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, SPELLINGS
from vcolint.read.top_level import TopLevel, skip

SOURCES = ("route-set", "terraform", "ros", "pulumi", "cli")
# These are read when they are named, each as a set of its own.
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
BESIDE_CONNECTION = tuple(field for field in FIELDS if field != "VpnConnectionId")

# Few files need more than one of these patterns, so they are compiled when one does.
_LINE = 1 << 10  # bytes of a first line, which may name a shell
_HEAD = 1 << 20  # bytes of a file that cannot be read as a whole, in which a recognition word may stand
SHEBANG = r"#![^\n]*\b(?:sh|bash|dash|ksh|zsh)\b"
_HCL = r'(?m)^[ \t]*(?:resource|module|variable|provider)[ \t]+"|^[ \t]*(?:locals|terraform)[ \t]*\{'
_TOP_LEVEL_ROS = rf"(?m)^[\"']?{_ROS_WORD}[\"']?[ \t]*:"
_FLOW_ROS = rf"[{{,]\s*[\"']?{_ROS_WORD}[\"']?\s*:"
_TOP_LEVEL_RESOURCES = r"(?m)^[\"']?resources[\"']?[ \t]*:"
_FLOW_RESOURCES = r"[{,]\s*[\"']?resources[\"']?\s*:"
_ROUTES_KEY = r"(?m)^(?:\{\s*)?[\"']?[Rr]outes[\"']?[ \t]*:|\"[Rr]outes\"\s*:"
_SEPARATOR = r"[,;\t]"
# Where a word stands: behind what, and before what.
_AS_KEY = (re.compile(r"(?<![\w./-])"), re.compile(r"[\"']?\s*:"))
_AS_TYPE = (re.compile(r"(?<=[\"':])"), re.compile(r"(?![\w./-])"))
_AS_CALL = (re.compile(r"(?<![\w:./-])"), re.compile(r"(?![\w./-])"))


def format_by_name(name: str) -> str | None:
    """The format of a file by the end of its name: yaml, json, jsonl, csv, shell or hcl."""
    lower = name.lower()
    return "hcl" if lower.endswith((".tf.json", ".tfvars.json")) else _FORMATS.get(splitext(lower)[1])


def format_by_text(text: str) -> str:
    """The format of a text, where no file name tells it."""
    begin = text.lstrip()[:1]
    if re.match(SHEBANG, text):
        return "shell"
    if begin == "{" or (begin == "[" and text.lstrip()[1:].lstrip()[:1] in ("{", "[", "]", '"')):
        return "jsonl" if is_lines(text) else "json"
    if _is_table(text) and ":" not in _first_line(text):  # else a mapping in YAML
        return "csv"
    if re.search(_HCL, text):
        return "hcl"
    return "shell" if _calls_cli(text) else "yaml"


def fits(kind: str, format: str | None) -> bool:
    """Whether a file in that format can be of that kind."""
    return format in _FORMATS_OF[kind]


def holds_word(text: str) -> bool:
    """Whether a text holds a word by which a source is recognised: as a key, a type or a command. A
    word in prose or in the name of a file does not count."""
    return (
        any(_stands(text, word, _AS_KEY) for word in (*_DESTINATION, _ROS_WORD, TERRAFORM_WORD))
        or any(_stands(text, word, _AS_TYPE) for word in (_PULUMI_WORD, TERRAFORM_WORD))
        or ("aliyun" in text and any(_stands(text, word, _AS_CALL) for word in _COMMANDS))
        or (
            any(_stands(text, word, _AS_KEY) for word in _CONNECTION)
            and any(_stands(text, word, _AS_KEY) for word in _BESIDE)
        )
        or _is_table(text)
    )


def _stands(text: str, word: str, around: tuple[re.Pattern[str], re.Pattern[str]]) -> bool:
    """Whether a word occurs where the text before it and behind it matches the two patterns."""
    before, behind = around
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if before.match(text, at) and behind.match(text, end):
            return True
        at = text.find(word, end)
    return False


def may_be_route_set(text: str, format: str | None) -> bool:
    """Whether a JSON text may be a route set, before it is read with its places: an entry in it has a
    destination, or a connection and another field. Text that is not JSON may be one: its reader says so."""
    if format != "json":
        return True
    decode = JSONDecoder(parse_int=float).raw_decode  # an int may not be of any length
    start = skip(text, 0)
    try:
        if text.startswith("[", start):
            first = skip(text, start + 1)
            if text.startswith("]", first) or _is_entry(decode(text, first)[0]):  # as nearly always
                return True
        elif has_routes_key(text):
            return True
        document = decode(text, start)[0]
    except (ValueError, RecursionError):
        return True
    return any(map(_is_entry, document if isinstance(document, list) else [document]))


def _is_entry(value: object) -> bool:
    """Whether a JSON value may be an entry, of this API or of the API of VPN gateways."""
    if not isinstance(value, dict):
        return False
    return (
        not value.keys().isdisjoint(_DESTINATION)
        or not value.keys().isdisjoint(GATEWAY_FIELDS)
        or not (value.keys().isdisjoint(_CONNECTION) or value.keys().isdisjoint(_BESIDE))
    )


def has_routes_key(text: str) -> bool:
    """Whether the text has the key `routes`, which names the list of a route set."""
    return re.search(_ROUTES_KEY, text) is not None


def kind_of(text: str, format: str) -> str | None:
    """The kind that a text in that format may be; None if it is none. Except for CSV, `route-set` is a guess:
    reading the text tells whether it is one."""
    if format == "csv":
        return "route-set" if _is_table(text) else None
    if format == "shell":
        return "cli" if any(command in text for command in _COMMANDS) or _only_comments(text) else None
    if format == "hcl":
        return "terraform"
    if format == "yaml":
        return _kind_of_yaml(text)
    start = skip(text, 0)
    return _kind_of_list(text, start) if text[start : start + 1] == "[" else _kind_of_object(text, start)


def is_lines(text: str) -> bool:
    """Whether a JSON text is JSON Lines: a mapping on the first line, and another one behind it."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    end = text.find("\n", start)
    if end < 0 or text[start : start + 1] != "{":
        return False
    following = skip(text, end)
    return text[start:end].rstrip().endswith("}") and text[following : following + 1] == "{"


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
    """Whether a line calls the command. In YAML it would stand in a text, behind a key."""
    for command in _COMMANDS:
        at = text.find(command)
        before = text[text.rfind("\n", 0, at) + 1 : at] if at >= 0 else ""
        if "aliyun" in before and ":" not in before.partition("aliyun")[0]:
            return True
    return False


def _only_comments(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


# -- YAML -------------------------------------------------------------------------------------------------


def _kind_of_yaml(text: str) -> str:
    """In block style a top-level key begins its line, and nothing else of a mapping does."""
    flow = text.lstrip()[:1] == "{"
    if _ROS_WORD in text and re.search(_FLOW_ROS if flow else _TOP_LEVEL_ROS, text):
        return "ros"
    if _PULUMI_WORD in text and re.search(_FLOW_RESOURCES if flow else _TOP_LEVEL_RESOURCES, text):
        return "pulumi"
    return "route-set"


# -- JSON -------------------------------------------------------------------------------------------------

# Keys that no route set has at its top level. Where the text holds none of them, there is nothing to decode.
_DECIDING = (
    _ROS_WORD,
    _PULUMI_WORD,
    "resource_changes",
    "planned_values",
    "root_module",
    "VcoRouteEntries",
    "deployment",
    "changeSummary",
    "steps",
    "resources",
)
# The keys that decide, as soon as they are seen.
_DECIDING_KEYS = {
    _ROS_WORD: "ros",
    "resource_changes": "terraform-plan",
    "planned_values": "terraform-plan",
    "VcoRouteEntries": "live",
    "deployment": "pulumi-stack",
}


def _kind_of_list(text: str, start: int) -> str:
    """Pages of a snapshot, or a route set: the first element tells."""
    first = skip(text, start + 1)
    return "live" if text[first : first + 1] == "{" and _decided(text, first) == "live" else "route-set"


def _kind_of_object(text: str, start: int) -> str:
    if text.startswith('"format_version"', skip(text, start + 1)):  # Terraform's first word
        return _decided(text, start)
    around = _without_list(text)
    if not any(f'"{word}"' in around for word in _DECIDING) and _PULUMI_WORD not in around:
        return "route-set"
    return _decided(text, start)


def _without_list(text: str) -> str:
    """A text without the content of its only list. In a large route set this content is nearly all of the
    text, and it holds no top-level key."""
    begin, end = text.find("["), text.rfind("]")
    if 0 <= begin < end and text.find("[", begin + 1) < 0 and text.find("]", begin) == end:
        around = text[: begin + 1], text[end:]
        if all("\\" not in one and one.count('"') % 2 == 0 for one in around):  # else one stands in a text
            return "".join(around)
    return text


def _decided(text: str, start: int) -> str:
    """What the keys of an object say, up to the one that decides."""
    seen: set[str] = set()
    is_version_4 = False
    top = TopLevel(text, start, JSONDecoder(strict=False, parse_int=float))  # an int may not be of any length
    with suppress(ValueError, RecursionError):  # the rest is no JSON
        for key in top:
            seen.add(key)
            if key in _DECIDING_KEYS:
                return _DECIDING_KEYS[key]
            if key == "values" and '"root_module"' in text:
                return "terraform-state"
            if key == "body" and "VcoRouteEntries" in _keys(top.value()):
                return "live"
            if key == "version":
                is_version_4 = top.value() == 4
            if is_version_4 and "resources" in seen:
                return "terraform-state"
    if "steps" in seen and (seen & {"changeSummary", "config", "duration"}):
        return "pulumi-stack"
    return "pulumi" if "resources" in seen and _PULUMI_WORD in text else "route-set"


def _keys(value: object) -> Collection[object]:
    return value.keys() if isinstance(value, dict) else ()


def may_hold_word(path: str) -> bool:
    """Whether the beginning of a file holds a recognition word. True if it cannot be read: the file may be
    one that is meant."""
    try:
        with open(path, "rb") as stream:
            return holds_word(stream.read(_HEAD).decode("utf-8", "replace"))
    except OSError:
        return True


def has_shebang(path: str) -> bool:
    """Whether a file without a telling name begins like a shell script."""
    try:
        with open(path, "rb") as stream:
            if stream.read(2) != b"#!":
                return False
            line = "#!" + stream.readline(_LINE).decode("latin-1")
            return re.match(SHEBANG, line) is not None
    except OSError:
        return False
