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
_UNNECESSARY = ("VCO006", "VCO201", "VCO202", "VCO203", "VCO304")
_TAGS = {code: [lsp.DiagnosticTag.Unnecessary] for code in _UNNECESSARY} | {
    # The API marks the weight as not in use, and here it has no effect.
    "VCO403": [lsp.DiagnosticTag.Deprecated]
}
_MOST = 1000  # in one file: nobody reads a longer list


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
        by_file.setdefault(snapshot.path(finding.location.file), []).append(finding)
    found = {
        path: [diagnostic(one, places) for one in findings[:_MOST]] for path, findings in by_file.items()
    }
    for path, findings in by_file.items():
        if len(findings) > _MOST:
            more = tr(
                "{number} more findings in this file: vcolint check shows all", number=len(findings) - _MOST
            )
            found[path].append(_at_the_top(more))
    for path, document in snapshot.opened.items():
        if document.size > LARGEST:
            size = LARGEST >> 20
            found[path] = [_at_the_top(tr("not checked while it is open: larger than {size} MiB", size=size))]
    if snapshot.fault is not None:
        place, message = snapshot.fault
        told = tr("{message} (the last valid config stays in effect)", message=message)
        fault = lsp.Diagnostic(places.range(place), told, lsp.DiagnosticSeverity.Error, source="vcolint")
        found.setdefault(snapshot.path(place.file), []).append(fault)
    return found


def _at_the_top(message: str) -> lsp.Diagnostic:
    start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    return lsp.Diagnostic(start, message, lsp.DiagnosticSeverity.Information, source="vcolint")


def diagnostic(finding: Finding, places: Places) -> lsp.Diagnostic:
    """One finding as a diagnostic."""
    snapshot = places.snapshot
    return lsp.Diagnostic(
        places.range(finding.location),
        tr(finding.message),
        _SEVERITIES[finding.severity],
        finding.code,
        lsp.CodeDescription(Path(snapshot.folder, snapshot.settings.rules[finding.code].page).as_uri()),
        f"vcolint {finding.name}",
        _TAGS.get(finding.code),
        [
            lsp.DiagnosticRelatedInformation(places.location(one.location), tr(one.message))
            for one in finding.related
        ],
    )
