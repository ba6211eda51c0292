"""The report for programs. JSON Schema: `vcolint/schemas/report.schema.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from vcolint.locale import tr
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report

# ASCII only: works in every encoding of a stream, and escapes control and bidirectional characters.
# No value holds itself, so nothing has to look for that.
_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode


def render(report: Report) -> Iterator[str]:
    """One JSON object, with each finding and each unchecked value on a line of its own."""
    head = encode({"schema": "vcolint-report/1", "version": __version__, "summary": report.summary._asdict()})
    yield f'{head[:-1]},\n"findings": '
    yield from lines(map(finding_json, report.findings))
    yield ',\n"unchecked": '
    yield from lines({**item._asdict(), "reason": tr(item.reason)} for item in report.unchecked)
    yield f',\n"notice": {encode(report.notice and tr(report.notice))}}}\n'


def lines(items: Iterable[Any]) -> Iterator[str]:
    """A JSON array with each item on a line of its own."""
    before = "[\n"
    for item in items:
        yield f"{before}{encode(item)}"
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def encode(value: Any) -> str:
    """JSON that is safe for any parser and any log: no lone surrogates, no NaN, no `##[command]`."""
    try:
        text = _encode(value)
        if "\\ud" in text:  # a character beyond U+FFFF, or half of one
            text = _encode(_representable(value))
    except ValueError:
        text = _encode(_representable(value))
    return text.replace("##", "#\\u0023") if "##" in text else text


def _representable(value: Any) -> Any:
    """The value, with replacements for what JSON cannot represent or Python cannot write."""
    if isinstance(value, dict):
        return {_representable(key): _representable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_representable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 10_000:
        return hex(value)  # Python does not write such a long number in decimal
    return value


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as the report has it."""
    fix = finding.fix
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "basis": finding.basis,
        "effect": finding.effect,
        "message": tr(finding.message),
        "api_errors": finding.api_errors,
        "entry": finding.entry,
        "address": finding.address,
        "root": finding.root,
        "environments": finding.environments,
        "location": finding.location._asdict(),
        "related": [
            {"message": tr(related.message), "location": related.location._asdict()}
            for related in finding.related
        ],
        "witness": finding.witness,
        "fix": fix
        and {
            "message": tr(fix.message),
            "safe": fix.safe,
            "edits": [{"location": edit.location._asdict(), "text": edit.text} for edit in fix.edits],
        },
        "fingerprint": finding.fingerprint,
    }
