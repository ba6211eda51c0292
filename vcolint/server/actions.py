"""What an editor offers at a finding: its fix, all safe fixes of the file, a comment that suppresses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lsprotocol import types as lsp

from vcolint.engine.selection import NEVER_IGNORED
from vcolint.locale import tr
from vcolint.read.recognise import format_by_name
from vcolint.report.assemble import entry_lines
from vcolint.report.finding import Edit, Finding
from vcolint.server.diagnostics import Places, diagnostic
from vcolint.server.texts import LINE_END
from vcolint.text.value import Location

_FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.vcolint"
KINDS = [lsp.CodeActionKind.QuickFix, _FIX_ALL]
_ABOUT_SUPPRESSIONS = frozenset({"VCO006", "VCO007"})
_INDENT = re.compile(r"[ \t]*")


def actions(places: Places, path: str, wanted: lsp.Range, only: Iterable[str] | None) -> list[lsp.CodeAction]:
    """The actions for the findings in a range of a file."""
    snapshot = places.snapshot
    here = [one for one in snapshot.report.findings if snapshot.path(one.location.file) == path]
    found: list[lsp.CodeAction] = []
    if _asked(lsp.CodeActionKind.QuickFix.value, only):
        near = [one for one in here if _touch(places.range(one.location), wanted)]
        for finding in near:
            if finding.fix is not None:
                safe = "" if finding.fix.safe else " (unsafe: may change where traffic goes)"
                title = f"{finding.code}: {tr(finding.fix.message)}{safe}"
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
    return only is None or any(kind == one or kind.startswith(f"{one}.") or not one for one in only)


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)


def _action(
    places: Places,
    title: str,
    finding: Finding,
    edits: Iterable[Edit],
    preferred: bool = False,
) -> lsp.CodeAction:
    return lsp.CodeAction(
        title,
        lsp.CodeActionKind.QuickFix,
        [diagnostic(finding, places)],
        is_preferred=preferred or None,
        edit=_edit(places, edits),
    )


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """Those of the edits that do not overlap with an earlier one."""
    found: list[Edit] = []
    for edit in sorted(set(edits), key=lambda edit: edit.location):
        if not found or _end(found[-1].location) <= (edit.location.file, *_start(edit.location)):
            found.append(edit)
    return found


def _start(place: Location) -> tuple[int, int]:
    return place.line, place.column


def _end(place: Location) -> tuple[str, int, int]:
    return place.file, place.end_line, place.end_column


def _edit(places: Places, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
    """The edits, each of which holds for the version of its document that was checked."""
    by_file: dict[str, list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit]] = {}
    versions = {document.uri: document.version for document in places.snapshot.opened.values()}
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
    place = finding.location
    if finding.code in NEVER_IGNORED | _ABOUT_SUPPRESSIONS or not _has_comments(place.file):
        return None
    text = places.snapshot.text(place.file)
    lines = LINE_END.split(text)
    line = min(
        (first for first, last in _entries(places, place.file) if first <= place.line <= last),
        default=place.line,
    )
    above = lines[line - 2] if line > 1 else ""
    if line > len(lines) or above.endswith("\\"):  # a comment would cut a command in two
        return None
    indent = _INDENT.match(lines[line - 1])
    end = "\r\n" if "\r\n" in text else "\n"
    comment = f"{indent[0] if indent else ''}# vcolint: ignore[{finding.code}] TODO: say why{end}"
    return Edit(Location(place.file, line, 1, line, 1), comment)


def _has_comments(file: str) -> bool:
    format = format_by_name(file)
    return format in ("yaml", "shell", None) or (format == "hcl" and not file.lower().endswith(".json"))


def _entries(places: Places, file: str) -> Iterator[tuple[int, int]]:
    """The first and the last line of each entry in a file."""
    for routes in places.snapshot.sets:
        for reading, _ in routes.spans:
            if file in reading.files:
                for record in reading.records:
                    if record.location.file == file:
                        yield entry_lines(record)
