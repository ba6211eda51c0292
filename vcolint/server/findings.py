"""Findings as diagnostics, and what an editor offers at one: its fix, all safe fixes of the file, a comment
that suppresses it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types as lsp

from vcolint.engine.rule import NEVER_IGNORED
from vcolint.locale import tr
from vcolint.read.recognise import format_by_name
from vcolint.report.finding import Edit, Finding, entry_lines
from vcolint.report.fixes import clashes
from vcolint.server.project import LARGEST, Snapshot
from vcolint.text.value import Location

_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
# Rules whose entries could be removed without any loss.
_UNNECESSARY = ("VCO006", "VCO201", "VCO202", "VCO203", "VCO304")
_TAGS = {code: [lsp.DiagnosticTag.Unnecessary] for code in _UNNECESSARY} | {
    # The API marks the weight as not in use, and here it has no effect.
    "VCO403": [lsp.DiagnosticTag.Deprecated]
}
_MOST = 1000  # in one file: nobody reads a longer list

_QUICK = lsp.CodeActionKind.QuickFix.value
_FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.vcolint"
ACTIONS = [lsp.CodeActionKind.QuickFix, _FIX_ALL]
# Rules whose findings no comment can suppress.
_NOT_SUPPRESSED = NEVER_IGNORED | {"VCO006", "VCO007"}


def diagnostics(snapshot: Snapshot) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics of each file that has any, by real path."""
    by_file: dict[str, list[Finding]] = {}
    for finding in snapshot.report.findings:
        by_file.setdefault(snapshot.path(finding.location.file), []).append(finding)
    found: dict[str, list[lsp.Diagnostic]] = {}
    for path, findings in by_file.items():
        found[path] = [_diagnostic(one, snapshot) for one in findings[:_MOST]]
        more = len(findings) - _MOST
        if more > 0:
            told = tr("{number} more findings in this file: vcolint check shows all", number=more)
            found[path].append(_at_the_top(told))
    for path, document in snapshot.opened.items():
        if len(document.text) > LARGEST:
            size = LARGEST >> 20
            found[path] = [_at_the_top(tr("not checked while it is open: larger than {size} MiB", size=size))]
    if snapshot.fault is not None:
        place = snapshot.fault.location
        told = tr("{message} (the last valid config stays in effect)", message=snapshot.fault.message)
        fault = lsp.Diagnostic(snapshot.range(place), told, _SEVERITIES["error"], source="vcolint")
        found.setdefault(snapshot.path(place.file), []).append(fault)
    return found


def _at_the_top(message: str) -> lsp.Diagnostic:
    start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    return lsp.Diagnostic(start, message, _SEVERITIES["note"], source="vcolint")


def _diagnostic(finding: Finding, snapshot: Snapshot) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        snapshot.range(finding.location),
        tr(finding.message),
        _SEVERITIES[finding.severity],
        finding.code,
        lsp.CodeDescription(Path(snapshot.folder, snapshot.settings.rules[finding.code].page).as_uri()),
        f"vcolint {finding.name}",
        _TAGS.get(finding.code),
        [
            lsp.DiagnosticRelatedInformation(snapshot.location(one.location), tr(one.message))
            for one in finding.related
        ],
    )


def actions(snapshot: Snapshot, path: str, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The actions for the findings in a range of a file."""
    only = params.context.only

    def asked(kind: str) -> bool:
        kinds = [kind] if only is None else [str(getattr(one, "value", one)) for one in only]
        return any(one in ("", kind) or kind.startswith(f"{one}.") for one in kinds)

    found: list[lsp.CodeAction] = []

    def add(title: str, finding: Finding, edits: Iterable[Edit], preferred: bool = False) -> None:
        about, edit = [_diagnostic(finding, snapshot)], _workspace_edit(snapshot, edits)
        found.append(lsp.CodeAction(title, _QUICK, about, is_preferred=preferred or None, edit=edit))

    here = [one for one in snapshot.report.findings if snapshot.path(one.location.file) == path]
    if asked(_QUICK):
        near = []
        for finding in here:
            span = snapshot.range(finding.location)
            if span.start <= params.range.end and params.range.start <= span.end:
                near.append(finding)
        for finding in near:
            if finding.fix is not None:
                unsafe = "" if finding.fix.safe else tr(" (unsafe: may change where traffic goes)")
                title = f"{finding.code}: {tr(finding.fix.message)}{unsafe}"
                add(title, finding, finding.fix.edits, finding.fix.safe)
        for finding in near:
            comment = _suppression(snapshot, finding)
            if comment is not None:
                add(tr("{code}: suppress with a reason", code=finding.code), finding, [comment])
    if asked(_FIX_ALL):
        fixes = [one.fix for one in here if one.fix is not None and one.fix.safe]
        edits: list[Edit] = []
        for edit in sorted({edit for fix in fixes for edit in fix.edits}):
            if not clashes(edits, edit):
                edits.append(edit)
        if edits:
            title = tr("Apply all safe fixes of vcolint")
            found.append(lsp.CodeAction(title, _FIX_ALL, edit=_workspace_edit(snapshot, edits)))
    return found


def _workspace_edit(snapshot: Snapshot, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
    """The edits, each for the version of its document that was checked."""
    versions = {document.uri: document.version for document in snapshot.opened.values()}
    by_file: dict[str, list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit]] = {}
    for edit in edits:
        at = snapshot.location(edit.location)
        by_file.setdefault(at.uri, []).append(lsp.TextEdit(at.range, edit.text))
    return lsp.WorkspaceEdit(
        document_changes=[
            lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), changes)
            for uri, changes in by_file.items()
        ]
    )


def _suppression(snapshot: Snapshot, finding: Finding) -> Edit | None:
    """A comment above the entry, or above the value if that is elsewhere; None if no comment is possible."""
    file, number = finding.location.file, finding.location.line
    has_comments = format_by_name(file) in ("yaml", "shell", "hcl", None) and not file.endswith(".json")
    if finding.code in _NOT_SUPPRESSED or not has_comments:
        return None
    readings = (one for routes in snapshot.sets for one in routes.readings if file in one.files)
    for record in (one for reading in readings for one in reading.records):
        first, last = entry_lines(record)
        if record.location.file == file and first <= finding.location.line <= last:
            number = min(number, first)
    lines = snapshot.lines(file)
    if lines.line(number - 1).endswith("\\"):  # a comment would cut a command in two
        return None
    line = lines.line(number)
    indent, end = line[: len(line) - len(line.lstrip())], "\r\n" if "\r\n" in lines.text else "\n"
    comment = f"{indent}# vcolint: ignore[{finding.code}] {tr('TODO: say why')}{end}"
    return Edit(Location(file, number, 1, number, 1), comment)
