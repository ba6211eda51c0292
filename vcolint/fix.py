"""Applying fixes. Files are mended in memory, read again, and written only if they are as they should be."""

from __future__ import annotations

import os
import re
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vcolint.errors import VcolintError
from vcolint.report.finding import Edit, Finding, Fix, Report, Unfixed
from vcolint.value import Location

_LINE_END = re.compile(r"\r\n|\n|\r")
_MOST_PASSES = 10  # one fix may make room for another: a duplicate with host bits
_INPUT = frozenset({"VCO001", "VCO002", "VCO003"})

# Reads and checks everything, with the given texts in place of what is on disk.
Check = Callable[[Mapping[str, str]], Report]


class Result(NamedTuple):
    """What fixing did."""

    report: Report  # of what is left
    texts: dict[str, str]  # the new text of each file that changes, by name as shown
    old: dict[str, str]  # what these files held
    fixed: int
    unfixed: list[Unfixed]


def fix(check: Check, *, unsafe: bool) -> Result:
    """Mend what can be mended, in memory: nothing is written.

    A file that a fix would leave broken stays as it was. Passes are repeated until nothing is left to fix.
    """
    report = check({})
    texts: dict[str, str] = {}
    old: dict[str, str] = {}
    fixed = 0
    broken: dict[tuple[str, str], Unfixed] = {}  # by code and fingerprint
    for _ in range(_MOST_PASSES):
        chosen = _chosen(report, unsafe, broken)
        if not chosen:
            break
        mended = dict(texts)
        for file, edits in _by_file(chosen).items():
            text = report.text_of(file)
            assert text is not None
            old.setdefault(file, text)
            mended[file] = apply(text, edits)
        after = check(mended)
        worse = _damaged(report, after) & {edit.location.file for _, one in chosen for edit in one.edits}
        then, now = _numbers(report), _numbers(after)
        failed = [
            finding
            for finding, one in chosen
            if now[_about(finding)] >= then[_about(finding)]
            or any(edit.location.file in worse for edit in one.edits)
        ]
        if failed and worse:
            # As if these had not been tried.
            for finding in failed:
                broken[finding.code, finding.fingerprint] = Unfixed(
                    finding, "the file could not be read as before with it"
                )
            continue
        for finding in failed:
            broken[finding.code, finding.fingerprint] = Unfixed(finding, "the fix did not help")
        texts, report = mended, after
        fixed += len(chosen) - len(failed)
    changed = {file: text for file, text in texts.items() if text != old[file]}
    return Result(report, changed, old, fixed, [*report.unfixed, *broken.values()])


def _chosen(
    report: Report, unsafe: bool, broken: Mapping[tuple[str, str], Unfixed]
) -> list[tuple[Finding, Fix]]:
    """The findings to fix in one pass: no two of them touch the same text, but for the same edit."""
    taken: dict[str, list[tuple[tuple[int, int], tuple[int, int], Edit]]] = {}
    chosen: list[tuple[Finding, Fix]] = []
    for finding in report.findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe) or (finding.code, finding.fingerprint) in broken:
            continue
        spans = [(edit.location.file, *_span(edit.location), edit) for edit in fix.edits]
        if any(_clashes(taken.get(file, []), start, end, edit) for file, start, end, edit in spans):
            continue
        for file, start, end, edit in spans:
            held = taken.setdefault(file, [])
            held.insert(bisect_right(held, (start, end), key=lambda item: item[:2]), (start, end, edit))
        chosen.append((finding, fix))
    return chosen


def _clashes(
    held: list[tuple[tuple[int, int], tuple[int, int], Edit]],
    start: tuple[int, int],
    end: tuple[int, int],
    edit: Edit,
) -> bool:
    at = bisect_right(held, (start, end), key=lambda item: item[:2])
    before = held[at - 1] if at else None
    if before is not None and before[2] == edit:
        return False
    behind = held[at] if at < len(held) else None
    return (before is not None and before[1] > start) or (behind is not None and behind[0] < end)


def _span(place: Location) -> tuple[tuple[int, int], tuple[int, int]]:
    return (place.line, place.column), (place.end_line, place.end_column)


def _by_file(chosen: Iterable[tuple[Finding, Fix]]) -> dict[str, list[Edit]]:
    edits: dict[str, dict[Edit, None]] = {}
    for _, fix in chosen:
        for edit in fix.edits:
            edits.setdefault(edit.location.file, {})[edit] = None
    return {file: list(found) for file, found in edits.items()}


def _about(finding: Finding) -> tuple[str, str]:
    """What a finding is about: findings that differ only in the ordinal of their fingerprint are alike."""
    return finding.code, finding.fingerprint.partition("-")[0]


def _numbers(report: Report) -> Counter[tuple[str, str]]:
    return Counter(map(_about, report.findings))


def _damaged(before: Report, after: Report) -> set[str]:
    """The files in which there are more faults of the input itself than before."""

    def faults(report: Report) -> dict[str, int]:
        found: dict[str, int] = {}
        for finding in report.findings:
            if finding.code in _INPUT:
                found[finding.location.file] = found.get(finding.location.file, 0) + 1
        return found

    then = faults(before)
    return {file for file, number in faults(after).items() if number > then.get(file, 0)}


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they do not overlap."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    parts = []
    end = 0
    for edit in sorted(edits, key=lambda edit: _span(edit.location)):
        place = edit.location
        parts += [text[end : offset(place.line, place.column)], edit.text]
        end = offset(place.end_line, place.end_column)
    return "".join([*parts, text[end:]])


def diff(result: Result) -> str:
    """What would change, as a unified diff."""
    from difflib import unified_diff

    lines: list[str] = []
    for file in sorted(result.texts):
        for line in unified_diff(
            _lines(result.old[file]), _lines(result.texts[file]), f"a/{file}", f"b/{file}"
        ):
            lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) if "\f" not in text else re.findall(r"[^\n]*\n|[^\n]+", text)


def write(result: Result) -> None:
    """Write the changed files, each at once or not at all; encoding mark, mode and links stay.

    Raises VcolintError for a file that cannot be written, or that is no longer what was read.
    """
    for file, text in result.texts.items():
        path = Path(os.path.realpath(file))
        try:
            data = path.read_bytes()
            mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
            if data != mark + result.old[file].encode():
                raise VcolintError(f"{file}: changed while vcolint was running; nothing was written to it")
            _replace(path, mark + text.encode())
        except OSError as error:
            raise VcolintError(f"{file}: cannot be written: {error.strerror}") from None


def _replace(path: Path, data: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".vcolint")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(unfinished, path.stat().st_mode & 0o7777)
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
