"""SARIF 2.1.0, within the limits of GitHub code scanning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from functools import cache
from itertools import groupby
from operator import mul
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcolint.locale import say, tr
from vcolint.locale.pages import translated
from vcolint.render.json import encode, lines
from vcolint.render.words import from_checkout, said, worst_first
from vcolint.text.wording import count, visible
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.engine.rule import Rule
    from vcolint.report.finding import Finding, Fix, Report
    from vcolint.text.value import Location

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RESULTS = 25_000  # GitHub rejects a file with more
_LINKED = 5  # related places that the message links to
_TEXT = 1024  # characters that a rule's descriptions may have

# GitHub's words. The precision of a rule follows from its basis.
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISION = {"documented": "very-high", "inferred": "high", "policy": "very-high", "input": "very-high"}

_Uri = Callable[[str], str]


def render(report: Report) -> Iterator[str]:
    """One run with all findings. If there are more than GitHub accepts, it has the worst ones and says so."""
    findings = report.findings
    if len(findings) > _RESULTS:
        kept = set(worst_first(findings)[:_RESULTS])
        findings = [finding for finding in findings if finding in kept]
    codes = sorted({finding.code for finding in findings})
    index = {code: number for number, code in enumerate(codes)}
    driver = {
        "name": "vcolint",
        "semanticVersion": __version__,
        "rules": [_rule(report.rules[code]) for code in codes],
    }
    told = [("warning", report.notice)] if report.notice else []
    if left_out := len(report.findings) - len(findings):
        number = count(len(report.findings), "finding")
        template = "{number} of {findings} are left out, the least severe ones"
        told.append(("warning", say(template, number=left_out, findings=number)))
    if report.unchecked:
        told.append(("note", say("{values} unchecked", values=count(len(report.unchecked), "value"))))
    invocation = {
        "executionSuccessful": not report.failed,
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": said(text)}} for level, text in told
        ],
    }
    yield (
        f'{{"$schema": {encode(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
        f'"tool": {{"driver": {encode(driver)}}},\n'
        f'"invocations": [{encode(invocation)}],\n'
        '"columnKind": "unicodeCodePoints",\n"results": '
    )
    path = from_checkout("GITHUB_WORKSPACE")

    @cache
    def uri(file: str) -> str:
        escaped = quote(path(file), errors="replace")
        return f"file://{escaped}" if escaped.startswith("/") else escaped

    def results() -> Iterator[dict[str, Any]]:
        for file, together in groupby(findings, key=lambda finding: finding.location.file):
            here, text = list(together), report.text_of(file)
            wanted = {finding.location.line for finding in here}
            hashes = line_hashes(text, wanted) if text is not None else {}
            for finding in here:
                yield _result(finding, index[finding.code], uri, hashes.get(finding.location.line))

    yield from lines(results())
    yield "}]}\n"


def _rule(rule: Rule) -> dict[str, Any]:
    """A rule. GitHub needs all its texts, and none may be empty."""
    title = tr(rule.title) or rule.name
    help = tr(rule.help) or title
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": title[:_TEXT]},
        "fullDescription": {"text": help[:_TEXT]},
        "help": {"text": help, "markdown": translated(rule.body) or help},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {
            "tags": list(dict.fromkeys([rule.effect, rule.basis])),  # may be the same word
            "precision": _PRECISION[rule.basis],
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


def _result(finding: Finding, rule: int, uri: _Uri, line_hash: str | None) -> dict[str, Any]:
    message, location, address = said(finding.message), finding.location, finding.address
    related = [
        {"id": number, "message": {"text": said(item.message)}, **_physical(item.location, uri)}
        for number, item in enumerate(finding.related, 1)
    ]
    if related:
        # A message with links needs its own brackets escaped.
        links = (f"[{_bracketed(one['message']['text'])}]({one['id']})" for one in related[:_LINKED])
        message = tr("{message}\nSee {links}.", message=_bracketed(message), links=", ".join(links))
    resource = address and {"fullyQualifiedName": visible(address), "kind": "resource"}
    result = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": message},
        "locations": [_physical(location, uri) | _given(logicalLocations=resource and [resource])],
        "partialFingerprints": {"vcolint/v1": finding.fingerprint}
        | _given(primaryLocationLineHash=line_hash),
    }
    properties = _given(witness=finding.witness, environments=finding.environments)
    fix = finding.fix
    fixes = fix and [_fix(fix, uri)]
    return result | _given(relatedLocations=related, fixes=fixes, properties=properties)


def _given(**properties: Any) -> dict[str, Any]:
    """The properties that have a value."""
    return {name: value for name, value in properties.items() if value}


def _bracketed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _physical(location: Location, uri: _Uri) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri(location.file)}, "region": _region(location)}
    return {"physicalLocation": place}


def _region(location: Location) -> dict[str, int]:
    _, line, column, end_line, end_column = location
    region = {"startLine": line, "startColumn": column, "endColumn": end_column}
    return region if end_line == line else region | {"endLine": end_line}  # the default is the start line


def _fix(fix: Fix, uri: _Uri) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, text in fix.edits:
        changes[uri(place.file)].append({"deletedRegion": _region(place), "insertedContent": {"text": text}})
    return {
        "description": {"text": said(fix.message)},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements}
            for uri, replacements in changes.items()
        ],
    }


# -- line hashes, by which GitHub recognises an alert after lines have moved -----------------------------

_BLOCK = 100  # characters in one hash
_MASK = 2**64 - 1
_POWERS = [pow(37, _BLOCK - 1 - place, _MASK + 1) for place in range(_BLOCK)]


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """`primaryLocationLineHash` of some lines (1-based) of a file, as GitHub's upload action computes it.

    The hash is a polynomial over the hundred UTF-16 units from the line's start, without blanks and tabs and
    with `\\n` for every line end. A number after it counts the lines with that hash. Lines that the file does
    not have are left out.
    """
    if not text.isascii() and max(text) > "\uffff":
        units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
        text = "".join(map(chr, units))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + "\uffff"
    hashes = {}
    seen: dict[str, int] = defaultdict(int)  # equal blocks have equal hashes: only wanted ones are computed
    start = 0
    for line in range(1, max(wanted, default=0) + 1):
        block = text[start : start + _BLOCK]
        if not block:
            break
        seen[block] += 1
        if line in wanted:
            hashes[line] = f"{sum(map(mul, map(ord, block), _POWERS)) & _MASK:x}:{seen[block]}"
        start = text.find("\n", start) + 1 or len(text)
    return hashes
