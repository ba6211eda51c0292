"""What an editor offers at a finding: its fix, all safe fixes of the file, a comment that suppresses it."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from vcolint.engine.selection import NEVER_IGNORED
from vcolint.locale import tr
from vcolint.read.recognise import format_by_name
from vcolint.report.finding import Edit, Finding, entry_lines
from vcolint.server.diagnostics import Places, diagnostic
from vcolint.text.lines import LINE_END
from vcolint.text.value import Location

_QUICK = lsp.CodeActionKind.QuickFix.value
_FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.vcolint"
KINDS = [lsp.CodeActionKind.QuickFix, _FIX_ALL]
_ABOUT_SUPPRESSIONS = frozenset({"VCO006", "VCO007"})


def actions(places: Places, path: str, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The actions for the findings in a range of a file."""
    snapshot, asked = places.snapshot, params.context.only
    only = None if asked is None else [str(getattr(one, "value", one)) for one in asked]
    here = [one for one in snapshot.report.findings if snapshot.path(one.location.file) == path]
    found: list[lsp.CodeAction] = []
    if _asked(_QUICK, only):
        near = [one for one in here if _touch(places.range(one.location), params.range)]
        for finding in near:
            if finding.fix is not None:
                unsafe = "" if finding.fix.safe else tr(" (unsafe: may change where traffic goes)")
                title = f"{finding.code}: {tr(finding.fix.message)}{unsafe}"
                found.append(_action(places, title, finding, finding.fix.edits, finding.fix.safe))
        for finding in near:
            edit = _suppression(places, finding)
            if edit is not None:
                title = tr("{code}: suppress with a reason", code=finding.code)
                found.append(_action(places, title, finding, [edit]))
    if _asked(_FIX_ALL, only):
        fixes = [one.fix for one in here if one.fix is not None and one.fix.safe]
        edits = _apart(edit for fix in fixes for edit in fix.edits)
        if edits:
            title = tr("Apply all safe fixes of vcolint")
            found.append(lsp.CodeAction(title, _FIX_ALL, edit=_edit(places, edits)))
    return found


def _asked(kind: str, only: Iterable[str] | None) -> bool:
    return only is None or any(one in ("", kind) or kind.startswith(f"{one}.") for one in only)


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _action(
    places: Places, title: str, finding: Finding, edits: Iterable[Edit], preferred: bool = False
) -> lsp.CodeAction:
    about, edit = [diagnostic(finding, places)], _edit(places, edits)
    return lsp.CodeAction(title, _QUICK, about, is_preferred=preferred or None, edit=edit)


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """Those of the edits that do not overlap with an earlier one."""
    found: list[Edit] = []
    for edit in sorted(set(edits)):
        last, now = found[-1].location if found else None, edit.location
        behind = last is None or (last.end_line, last.end_column) <= (now.line, now.column)
        if behind or (last is not None and last.file != now.file):
            found.append(edit)
    return found


def _edit(places: Places, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
    """The edits, each for the version of its document that was checked."""
    versions = {document.uri: document.version for document in places.snapshot.opened.values()}
    by_file: dict[str, list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit]] = {}
    for edit in edits:
        at = places.location(edit.location)
        by_file.setdefault(at.uri, []).append(lsp.TextEdit(at.range, edit.text))
    return lsp.WorkspaceEdit(
        document_changes=[
            lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), changes)
            for uri, changes in by_file.items()
        ]
    )


def _suppression(places: Places, finding: Finding) -> Edit | None:
    """A comment above the entry, or above the value if that stands elsewhere; None where none can be."""
    file, number = finding.location.file, finding.location.line
    format = format_by_name(file)
    has_comments = format in ("yaml", "shell", None) or (format == "hcl" and not file.endswith(".json"))
    if finding.code in NEVER_IGNORED | _ABOUT_SUPPRESSIONS or not has_comments:
        return None
    for routes in places.snapshot.sets:
        for record in (
            one for reading in routes.readings if file in reading.files for one in reading.records
        ):
            first, last = entry_lines(record)
            if record.location.file == file and first <= finding.location.line <= last:
                number = min(number, first)
    text = places.snapshot.text(file)
    lines = LINE_END.split(text)
    if number > 1 and lines[number - 2].endswith("\\"):  # a comment would cut a command in two
        return None
    line = lines[number - 1]
    indent, end = line[: len(line) - len(line.lstrip())], "\r\n" if "\r\n" in text else "\n"
    comment = f"{indent}# vcolint: ignore[{finding.code}] {tr('TODO: say why')}{end}"
    return Edit(Location(file, number, 1, number, 1), comment)
