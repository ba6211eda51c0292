"""Applies fixes. Files are fixed in memory, checked again, and written only if the fixes worked."""

from __future__ import annotations

import os
import re
from bisect import bisect_right, insort
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import NamedTuple

from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.report.finding import Edit, Finding, Fix, Report, Unfixed
from vcolint.text.opening import reason, replace_file
from vcolint.text.source import Lines
from vcolint.text.visible import visible

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LINE_COMMAND = re.compile(r"^([-+ \t]*)::")  # of a GitHub runner
_MOST_PASSES = 50  # one fix may allow another, as for a duplicate with host bits
_INPUT = frozenset({"VCO001", "VCO002", "VCO003"})

# Reads and checks everything, with the given texts in place of what is on disk.
Check = Callable[[Mapping[str, str]], Report]


class Result(NamedTuple):
    """The result of fixing."""

    report: Report  # after the fixes
    texts: dict[str, str]  # the new text of each file that changes, by name as shown
    old: dict[str, str]  # the old text of these files
    fixed: int
    unfixed: list[Unfixed]


def fix(check: Check, *, unsafe: bool) -> Result:
    """Apply all possible fixes in memory. Nothing is written.

    Passes repeat until nothing is left to fix. A fix is undone if its finding remains, if the file is then
    broken, or if other entries are gone.
    """
    report = check({})
    texts: dict[str, str] = {}
    old: dict[str, str] = {}
    fixed = 0
    refused: dict[tuple[str, str], Unfixed] = {}  # by code and fingerprint
    for _ in range(_MOST_PASSES):
        chosen = _chosen(report, unsafe, refused)
        if not chosen:
            break
        mended = dict(texts)
        edits = sorted({edit for _, one in chosen for edit in one.edits})
        for file, together in groupby(edits, key=lambda edit: edit.location.file):
            text = report.text_of(file)
            assert text is not None
            old.setdefault(file, text)
            mended[file] = apply(text, together)
        after = check(mended)
        failed = list(_failed(chosen, report, after))
        refused.update(((one.finding.code, one.finding.fingerprint), one) for one in failed)
        if not failed:
            texts, report = mended, after
            fixed += len(chosen)
    changed = {file: text for file, text in texts.items() if text != old[file]}
    tried = (*(one.shared.fixing(one) for one in report.findings), *refused.values())
    unfixed = [one for one in tried if isinstance(one, Unfixed) and (one.safe or unsafe)]
    unfixed.sort(key=lambda one: (one.finding.location, one.finding.code))
    return Result(report, changed, old, fixed, unfixed)


def _chosen(
    report: Report, unsafe: bool, refused: Mapping[tuple[str, str], Unfixed]
) -> list[tuple[Finding, Fix]]:
    """The findings to fix in one pass. They are of one rule, so that it is clear which ones are gone. No
    two change the same text, unless by the same edit. Values are fixed before entries are removed."""
    fixable = [
        (finding, fix)
        for finding in report.findings
        if (fix := finding.fix) is not None
        and (fix.safe or unsafe)
        and (finding.code, finding.fingerprint) not in refused
    ]
    _, code = min(((_removes(fix), finding.code) for finding, fix in fixable), default=(False, ""))
    taken: list[Edit] = []  # sorted
    chosen = []
    for finding, fix in fixable:
        if finding.code == code and not any(clashes(taken, edit) for edit in fix.edits):
            for edit in fix.edits:
                insort(taken, edit)
            chosen.append((finding, fix))
    return chosen


def _removes(fix: Fix) -> bool:
    return any(not edit.text for edit in fix.edits)


def _failed(chosen: list[tuple[Finding, Fix]], before: Report, after: Report) -> Iterator[Unfixed]:
    """The fixes that did not work, and why."""
    then, now = (Counter((one.code, one.identity) for one in report.findings) for report in (before, after))
    faults, more = (
        Counter(one.location.file for one in report.findings if one.code in _INPUT)
        for report in (before, after)
    )
    damaged = set(more - faults)  # the files that have more input faults
    # A block gives one entry in each environment.
    blocks = {
        (edit, name)
        for finding, one in chosen
        for edit in one.edits
        if not edit.text
        for name in finding.environments or ("",)
    }
    lost = before.entries - len(blocks) != after.entries
    for finding, one in chosen:
        is_lost = lost and (_removes(one) or not blocks)
        if is_lost or any(edit.location.file in damaged for edit in one.edits):
            yield Unfixed(finding, say("with the fix, the file can no longer be read as before"), one.safe)
        elif now[finding.code, finding.identity] >= then[finding.code, finding.identity]:
            yield Unfixed(finding, say("the finding would remain"), one.safe)


def clashes(taken: list[Edit], edit: Edit) -> bool:
    """Whether an edit changes text that another edit changes too. `taken` is sorted."""
    at = bisect_right(taken, edit)
    if taken[max(at - 1, 0) : at] == [edit]:
        return False
    for (one, _), (other, _) in pairwise([*taken[max(at - 1, 0) : at], edit, *taken[at : at + 1]]):
        if one.file == other.file and (one.end_line, one.end_column) > (other.line, other.column):
            return True
    return False


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they do not overlap."""
    lines = Lines(text)
    parts = []
    end = 0
    for edit in sorted(edits):
        start, behind = lines.offsets(edit.location)
        parts += [text[end:start], edit.text]
        end = behind
    return "".join([*parts, text[end:]])


def diff(result: Result) -> str:
    """What would change, as a unified diff, without anything that a terminal or a runner would obey."""
    from difflib import unified_diff

    lines: list[str] = []
    for file in sorted(result.texts):
        name = visible(file)
        old, new = (_LINE.findall(texts[file]) for texts in (result.old, result.texts))
        for line in unified_diff(old, new, name, name):
            body = line.rstrip("\r\n")
            shown = _LINE_COMMAND.sub(r"\1\\x3a:", "\t".join(map(visible, body.split("\t"))))
            lines += shown, line[len(body) :]
            if not line.endswith("\n"):
                lines.append("\n\\ No newline at end of file\n")
    return "".join(lines)


def write(result: Result) -> None:
    """Write the changed files, each as a whole or not at all. Byte order mark, mode and links stay.

    Raises VcolintError for a file that cannot be written or that changed since it was read.
    """
    for file, text in result.texts.items():
        path = os.path.realpath(file)
        try:
            with open(path, "rb") as stream:
                data = stream.read()
            if data != encoded(result.old[file], data):
                raise VcolintError(
                    say("{file} changed while vcolint was running; nothing was written to it", file=file)
                )
            replace_file(path, encoded(text, data))
        except OSError as error:
            raise VcolintError(
                say("{file}: cannot be written: {strerror}", file=file, strerror=reason(error))
            ) from None


def encoded(text: str, like: bytes = b"") -> bytes:
    """The text in bytes, with a byte order mark where `like` has one."""
    return (BOM_UTF8 if like.startswith(BOM_UTF8) else b"") + text.encode()
