"""Findings as diagnostics."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp

from vcolint.locale import tr
from vcolint.report.finding import Finding
from vcolint.server.project import LARGEST, Snapshot
from vcolint.server.texts import Lines, uri_of
from vcolint.text.value import Location

_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
# What could go without any loss.
_UNNECESSARY = frozenset({"VCO006", "VCO201", "VCO202", "VCO203", "VCO304"})
# The API marks the weight as not in use, and here it has no effect.
_DEPRECATED = frozenset({"VCO403"})
_MOST = 1000  # in one file: an editor shows a list of more to nobody


class Places:
    """Turns the places of a snapshot into the client's."""

    def __init__(self, snapshot: Snapshot, encoding: str) -> None:
        self.snapshot = snapshot
        self._encoding = encoding
        self._lines: dict[str, Lines] = {}

    def lines(self, shown: str) -> Lines:
        """The lines of a file."""
        if shown not in self._lines:
            self._lines[shown] = Lines(self.snapshot.text(shown), self._encoding)
        return self._lines[shown]

    def range(self, place: Location) -> lsp.Range:
        """The range of a place in its file."""
        return self.lines(place.file).range(place)

    def location(self, place: Location) -> lsp.Location:
        """A place with its file."""
        path = self.snapshot.path(place.file)
        document = self.snapshot.opened.get(path)
        return lsp.Location(uri_of(path) if document is None else document.uri, self.range(place))


def diagnostics(snapshot: Snapshot, encoding: str) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics of each file that has any, by real path."""
    places = Places(snapshot, encoding)
    by_file: dict[str, list[Finding]] = {}
    for finding in snapshot.report.findings:
        by_file.setdefault(finding.location.file, []).append(finding)
    found: dict[str, list[lsp.Diagnostic]] = {}
    for file, findings in by_file.items():
        shown = [diagnostic(finding, places) for finding in findings[:_MOST]]
        if len(findings) > _MOST:
            shown.append(
                _note(f"{len(findings) - _MOST} more findings in this file: vcolint check shows all")
            )
        found.setdefault(snapshot.path(file), []).extend(shown)
    for path, document in snapshot.opened.items():
        if len(document.text) > LARGEST:
            found[path] = [_note(f"not checked while it is open: larger than {LARGEST >> 20} MiB")]
    if snapshot.fault is not None:
        place, message = snapshot.fault
        fault = lsp.Diagnostic(
            places.range(place),
            tr("{message} (the last valid config stays in effect)", message=message),
            lsp.DiagnosticSeverity.Error,
            source="vcolint",
        )
        found.setdefault(snapshot.path(place.file), []).append(fault)
    return found


def _note(message: str) -> lsp.Diagnostic:
    start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    return lsp.Diagnostic(start, message, lsp.DiagnosticSeverity.Information, source="vcolint")


def diagnostic(finding: Finding, places: Places) -> lsp.Diagnostic:
    """One finding as a diagnostic."""
    rule = places.snapshot.settings.rules[finding.code]
    tags = [lsp.DiagnosticTag.Unnecessary] if finding.code in _UNNECESSARY else []
    tags += [lsp.DiagnosticTag.Deprecated] if finding.code in _DEPRECATED else []
    page = Path(places.snapshot.folder, rule.page).as_uri()
    return lsp.Diagnostic(
        places.range(finding.location),
        tr(finding.message),
        _SEVERITIES[finding.severity],
        finding.code,
        lsp.CodeDescription(page),
        f"vcolint {finding.name}",
        tags or None,
        [
            lsp.DiagnosticRelatedInformation(places.location(one.location), tr(one.message))
            for one in finding.related
        ],
    )
