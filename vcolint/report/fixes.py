"""How findings can be mended: edits of the text, nothing but the value's own or the whole entry's.

Only what was written as such is edited. A value that comes from a variable, an anchor or a template stays,
for other values may rest on it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from vcolint.checks import Hit
from vcolint.model.route_set import RouteSet
from vcolint.report.assemble import Placed, entry_lines
from vcolint.report.finding import Edit, Finding, Fix, Unfixed
from vcolint.value import Location

_LINE_END = re.compile(r"\r\n|\n|\r")
_ANCHOR = re.compile(r"(?:^|[\s\[{,:-])&[^\s\[\]{},]+\s")
_WEIGHT_TEXT = re.compile(r"""(["'])(0|100)\1""")
_BEFORE_ITEM = re.compile(r"(?P<mark>[\[,]|(?:^|[\n\r])[ \t]*-[ \t]+)(?P<space>\s*)\Z")

# Formats in which an entry can be taken out, by the suffix of the file.
_LINES = (".csv", ".tsv", ".jsonl", ".ndjson")


def with_fixes(placed: Iterable[Placed], texts: Mapping[str, str]) -> tuple[list[Finding], list[Unfixed]]:
    """The findings, each with its fix where there is one; and why a fix cannot be made where it cannot."""
    maker = _Maker(texts)
    findings: list[Finding] = []
    unfixed: list[Unfixed] = []
    for one in placed:
        try:
            fix = maker.fix(one)
        except _RefusedError as refused:
            unfixed.append(Unfixed(one.finding, str(refused)))
            fix = None
        findings.append(one.finding if fix is None else one.finding._replace(fix=fix))
    return findings, unfixed


class _RefusedError(Exception):
    """The fix cannot be made in this file. Says why."""


class _Maker:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._starts: dict[str, list[int]] = {}
        self._lines: dict[str, list[str]] = {}
        self._anchors: dict[str, bool] = {}

    def fix(self, placed: Placed) -> Fix | None:
        hit, routes = placed.hit, placed.routes
        if placed.finding.code == "VCO402":
            return self._weight(placed.finding.location)
        if hit is None or routes is None or hit.fix is None:
            return None
        edits = [self._removal(routes, entry) for entry in hit.remove]
        if hit.replacement is not None:
            edits.append(self._replacement(routes, hit))
        return Fix(hit.fix, hit.safe, tuple(edits))

    def _weight(self, place: Location) -> Fix:
        """Text for a number: the quotes go."""
        written = self._text(place)
        match = _WEIGHT_TEXT.fullmatch(written)
        if match is None:
            raise _RefusedError("the value is not written as plain text in quotes")
        self._refuse_anchor(place, None)
        return Fix(f"write the number {match[2]}", True, (Edit(place, match[2]),))

    def _replacement(self, routes: RouteSet, hit: Hit) -> Edit:
        """Another text for one value, in the quotes that it has."""
        record = routes.record(hit.entry)
        value = record.fields[hit.field or ""]
        assert hit.replacement is not None
        if not value.literal:
            raise _RefusedError("the value comes from an expression or a variable")
        written = self._text(value.location)
        self._refuse_anchor(value.location, record.location)
        for quote in ('"', "'", ""):
            if written == f"{quote}{value.value}{quote}":
                return Edit(value.location, f"{quote}{hit.replacement}{quote}")
        raise _RefusedError("the value is not written as such")

    def _refuse_anchor(self, place: Location, entry: Location | None) -> None:
        """A value that an anchor holds may stand in several places."""
        text = self._texts[place.file]
        start = self._offset(place.file, place.line, place.column)
        line = text[self._offset(place.file, place.line, 1) : start]
        if place.file not in self._anchors:
            self._anchors[place.file] = _ANCHOR.search(text) is not None
        inside = entry is None or (
            (entry.line, entry.column) <= (place.line, place.column) <= (entry.end_line, entry.end_column)
        )
        if re.search(r"&\S+[ \t]+$", line) or (self._anchors[place.file] and (not inside or entry is None)):
            raise _RefusedError("the value comes from an anchor")

    # -- taking an entry out --------------------------------------------------------------------------

    def _removal(self, routes: RouteSet, number: int) -> Edit:
        record = routes.record(number)
        reading, _ = routes.place(number)
        place = record.location
        if place.file not in self._texts:
            raise _RefusedError("the entry stands in no file")
        if reading.kind == "terraform":
            if record.address is None or record.address.endswith("]") or "module." in record.address:
                raise _RefusedError("the block makes other entries too")
            first, last = entry_lines(record)
            return self._lines_out(place.file, first, last)
        if reading.kind != "route-set":
            raise _RefusedError(f"entries of the kind {reading.kind} are not taken out")
        if place.file.lower().endswith(_LINES):
            return self._lines_out(place.file, place.line, place.end_line)
        return self._item_out(place)

    def _item_out(self, place: Location) -> Edit:
        """One item of a list of YAML or JSON."""
        text = self._texts[place.file]
        start = self._offset(place.file, place.line, place.column)
        end = self._offset(place.file, place.end_line, place.end_column)
        before = re.search(
            r"(?P<mark>[\[,]|(?:^|[\n\r])[ \t]*-[ \t]+)(?P<space>\s*)\Z", text[max(0, start - 2000) : start]
        )
        if before is None:
            raise _RefusedError("the entry is not written as one item of a list")
        if before["mark"] in ("[", ","):
            behind = re.compile(r"\s*(,\s*|\])").match(text, end)
            if behind is None:
                raise _RefusedError("the entry is not written as one item of a list")
            if behind[1] != "]":
                return self._edit(place.file, start, behind.end())
            if before["mark"] == ",":
                return self._edit(place.file, start - len(before[0]), end)
            raise _RefusedError("the entry is the only one of its list")
        first = place.line if not before["space"] else None
        if first is None or not self._has_neighbour(place, before["mark"].lstrip("\r\n")):
            raise _RefusedError("the entry is the only one of its list")
        return self._lines_out(place.file, first, place.end_line)

    def _has_neighbour(self, place: Location, mark: str) -> bool:
        """Whether another item of the same list stands before or behind a block item."""
        indent = mark[: len(mark) - len(mark.lstrip())]
        dash = re.compile(rf"{re.escape(indent)}-[ \t\r\n]")
        if place.file not in self._lines:
            self._lines[place.file] = _LINE_END.split(self._texts[place.file])
        lines = self._lines[place.file]

        def found(numbers: range) -> bool:
            for number in numbers:
                line = lines[number]
                if dash.match(f"{line}\n"):
                    return True
                if line.strip() and not line.startswith((f"{indent} ", f"{indent}#")):
                    return False
            return False

        return found(range(place.line - 2, -1, -1)) or found(range(place.end_line, len(lines)))

    def _lines_out(self, file: str, first: int, last: int) -> Edit:
        """Whole lines, if nothing else stands on them: that is for the reading behind the edit to show."""
        starts = self._line_starts(file)
        behind = starts[last] if last < len(starts) else len(self._texts[file])
        return self._edit(file, starts[first - 1], behind)

    def _edit(self, file: str, start: int, end: int) -> Edit:
        starts = self._line_starts(file)
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        place = Location(file, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)
        return Edit(place, "")

    # -- places ---------------------------------------------------------------------------------------

    def _text(self, place: Location) -> str:
        if place.file not in self._texts:
            raise _RefusedError("the entry stands in no file")
        start = self._offset(place.file, place.line, place.column)
        return self._texts[place.file][start : self._offset(place.file, place.end_line, place.end_column)]

    def _offset(self, file: str, line: int, column: int) -> int:
        return self._line_starts(file)[line - 1] + column - 1

    def _line_starts(self, file: str) -> list[int]:
        if file not in self._starts:
            self._starts[file] = [0, *(match.end() for match in _LINE_END.finditer(self._texts[file]))]
        return self._starts[file]
