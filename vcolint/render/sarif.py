"""SARIF 2.1.0, within the limits of GitHub code scanning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from operator import mul
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.render.json import encode, lines
from vcolint.render.words import from_checkout, said, unchecked_line, worst_first
from vcolint.text.visible import visible
from vcolint.text.wording import count
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Fix, Report
    from vcolint.text.value import Location

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RESULTS = 25_000  # GitHub rejects a file with more
_RELATED = 100  # GitHub keeps no more per result
_LINKED = 5  # related places that the message links to
_UNCHECKED = 100  # listed one by one
_TEXT = 1024  # characters that a rule's descriptions may have

# GitHub's words. The precision of a rule follows from its basis.
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISION = {"documented": "very-high", "inferred": "high", "policy": "very-high", "input": "very-high"}


def render(report: Report) -> Iterator[str]:
    """One run with all findings. If there are more than GitHub accepts, it has the worst ones and says so."""
    findings = report.findings
    if len(findings) > _RESULTS:
        kept = set(map(id, worst_first(findings)[:_RESULTS]))
        findings = [finding for finding in findings if id(finding) in kept]
    codes = {finding.code: finding for finding in reversed(findings)}
    index = {code: number for number, code in enumerate(sorted(codes))}
    uris = _Uris()
    hashes = _hashes(report, findings)
    driver = {
        "name": "vcolint",
        "semanticVersion": __version__,
        "rules": [_rule(codes[code], report) for code in index],
    }
    invocation = {
        "executionSuccessful": not report.failed,
        "toolExecutionNotifications": _notifications(report, len(findings), uris),
    }
    yield (
        f'{{"$schema": {encode(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
        f'"tool": {{"driver": {encode(driver)}}},\n'
        f'"invocations": [{encode(invocation)}],\n'
        '"columnKind": "unicodeCodePoints",\n"results": '
    )
    yield from lines(_result(finding, index, uris, hashes) for finding in findings)
    yield "}]}\n"


class _Uris(dict[str, str]):
    """Relative, percent-encoded URIs by file."""

    def __init__(self) -> None:
        self._path = from_checkout("GITHUB_WORKSPACE")

    def __missing__(self, file: str) -> str:
        path = self._path(file)
        uri = quote(path, errors="replace")
        uri = self[file] = f"file://{uri}" if path.startswith("/") else uri
        return uri


def _hashes(report: Report, findings: list[Finding]) -> dict[tuple[str, int], str]:
    """Line hashes by file and line, for files whose text is available."""
    places: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        places[finding.location.file].add(finding.location.line)
    return {
        (file, line): value
        for file, numbers in places.items()
        if (text := report.text_of(file)) is not None
        for line, value in line_hashes(text, numbers).items()
    }


def _rule(finding: Finding, report: Report) -> dict[str, Any]:
    """The rule of a finding. GitHub needs all its texts, and none may be empty."""
    rule = report.rules.get(finding.code)
    title = tr(rule.title) if rule else finding.name.replace("-", " ")
    help = (tr(rule.help) if rule else "") or title
    severity = rule.severity if rule else finding.severity
    return {
        "id": finding.code,
        "name": finding.name,
        "shortDescription": {"text": title[:_TEXT]},
        "fullDescription": {"text": help[:_TEXT]},
        "help": {"text": help, "markdown": (translated(rule.body) if rule else "") or help},
        "defaultConfiguration": {"level": severity},
        "properties": {
            "tags": list(dict.fromkeys([finding.effect, finding.basis])),  # may be the same word
            "precision": _PRECISION[finding.basis],
            "problem.severity": _PROBLEM[severity],
        },
    }


def _result(
    finding: Finding, index: dict[str, int], uris: _Uris, hashes: dict[tuple[str, int], str]
) -> dict[str, Any]:
    message = said(finding.message)
    related = finding.related[:_RELATED]
    if related:
        # A message with links needs its own brackets escaped.
        links = (f"[{_bracketed(said(r.message))}]({i})" for i, r in enumerate(related[:_LINKED], 1))
        message = tr("{message}\nSee {links}.", message=_bracketed(message), links=", ".join(links))
    location: dict[str, Any] = {"physicalLocation": _physical(finding.location, uris)}
    if finding.address is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(finding.address), "kind": "resource"}]
    fingerprints = {"vcolint/v1": finding.fingerprint}
    line_hash = hashes.get((finding.location.file, finding.location.line))
    if line_hash is not None:
        fingerprints["primaryLocationLineHash"] = line_hash
    result = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": finding.severity,
        "message": {"text": message},
        "locations": [location],
        "partialFingerprints": fingerprints,
    }
    if related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": said(item.message)},
                "physicalLocation": _physical(item.location, uris),
            }
            for number, item in enumerate(related, 1)
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, uris)]
    properties: dict[str, Any] = {} if finding.witness is None else {"witness": finding.witness}
    if finding.environments:
        properties["environments"] = finding.environments
    if properties:
        result["properties"] = properties
    return result


def _bracketed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _physical(location: Location, uris: _Uris) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uris[location.file]}, "region": _region(location)}


def _region(location: Location) -> dict[str, int]:
    region = {
        "startLine": location.line,
        "startColumn": location.column,
        "endColumn": location.end_column,
    }
    if location.end_line != location.line:  # the default is the start line
        region["endLine"] = location.end_line
    return region


def _fix(fix: Fix, uris: _Uris) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for edit in fix.edits:
        changes[uris[edit.location.file]].append(
            {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.text}}
        )
    return {
        "description": {"text": said(fix.message)},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements}
            for uri, replacements in changes.items()
        ],
    }


def _notifications(report: Report, kept: int, uris: _Uris) -> list[dict[str, Any]]:
    """What is missing from the results, and why."""

    def notification(level: str, text: str) -> dict[str, Any]:
        return {"level": level, "message": {"text": text}}

    notifications = []
    if report.notice:
        notifications.append(notification("warning", said(report.notice)))
    if kept < len(report.findings):
        left_out = len(report.findings) - kept
        text = tr(
            "{number} of {findings} are left out, the least severe ones",
            number=left_out,
            findings=count(len(report.findings), "finding"),
        )
        notifications.append(notification("warning", text))
    for item in report.unchecked[:_UNCHECKED]:
        place = {
            "artifactLocation": {"uri": uris[item.file]},
            "region": {"startLine": item.line},
        }
        notifications.append(
            notification("note", unchecked_line(item)) | {"locations": [{"physicalLocation": place}]}
        )
    if len(report.unchecked) > _UNCHECKED:
        more = count(len(report.unchecked) - _UNCHECKED, "further value")
        notifications.append(notification("note", tr("{values} unchecked", values=more)))
    return notifications


# -- line hashes, by which GitHub recognises an alert after lines have moved -----------------------------

_BLOCK = 100  # characters in one hash
_MASK = 2**64 - 1
_POWERS = [pow(37, _BLOCK - 1 - place, _MASK + 1) for place in range(_BLOCK)]
_END_OF_FILE = "\uffff"


def line_hashes(text: str, lines: Collection[int]) -> dict[int, str]:
    """`primaryLocationLineHash` of the given lines (1-based) of a file, as GitHub's upload action computes
    it.

    A polynomial over the hundred UTF-16 units from the line's start, blanks and tabs left out and all
    line ends `\\n`; behind it, which of the lines with that hash it is. Lines that the file does not have
    are left out.
    """
    if not text.isascii() and max(text) > "\uffff":
        units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
        text = "".join(map(chr, units))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + _END_OF_FILE
    found = []
    seen: dict[str, int] = {}  # equal blocks have equal hashes, so only the wanted ones are computed
    wanted = set(lines)
    start = 0
    for line in range(1, max(wanted, default=0) + 1):
        block = text[start : start + _BLOCK]
        if not block:
            break
        seen[block] = seen.get(block, 0) + 1
        if line in wanted:
            found.append((line, block, seen[block]))
        start = text.find("\n", start) + 1 or len(text)
    return {line: f"{_hash(block):x}:{number}" for line, block, number in found}


def _hash(block: str) -> int:
    """The polynomial of a block. A short block is padded with zeros."""
    total: int = sum(map(mul, map(ord, block), _POWERS))
    return total & _MASK
