"""The report for people."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.columns import columns, padded, wrapped
from vcolint.render.words import (
    MOST_RELATED,
    address,
    address_label,
    closing,
    help_of,
    place,
    said,
    unchecked_line,
)
from vcolint.text.wording import count

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report, Unchecked
    from vcolint.text.value import Location

_REASONS = 8  # unchecked reasons that are shown
_LINE = 120  # columns of a source line if no width is given
_NARROW = 40  # the fewest columns for help and source lines

# A runner treats a line that begins with `::` (after blanks) as a command.
_LINE_COMMAND = r"(?m)^([ \t]*)::"


class _Style:
    """ANSI sequences, or empty texts."""

    def __init__(self, color: bool) -> None:
        def sequence(parameters: str) -> str:
            return f"\x1b[{parameters}m" if color else ""

        self.reset = sequence("0")
        self.bold = sequence("1")
        self.frame = sequence("1;34")
        self.severity = {
            "error": sequence("1;31"),
            "warning": sequence("1;33"),
            "note": sequence("1;36"),
        }


def render(report: Report, *, color: bool, width: int | None, quiet: bool, statistics: bool) -> str:
    """See `vcolint.render.render`."""
    style = _Style(color)
    parts = []
    if report.findings:
        parts = _statistics(report, style) if statistics else _Findings(report, style, width).render()
    if report.unchecked and not quiet:
        parts += _unchecked(report.unchecked)
    if report.findings or report.notice or not quiet:
        parts += closing(report)
    text = "\n".join([*parts, ""])
    return re.sub(_LINE_COMMAND, r"\1\\x3a:", text) if "::" in text else text


class _Findings:
    """The findings of one report."""

    def __init__(self, report: Report, style: _Style, width: int | None) -> None:
        from vcolint.render.snippet import Snippets

        self._report = report
        self._style = style
        self._width = width
        self._room = _LINE if width is None else max(_NARROW, width - 8)  # without the gutter
        self._snippets = Snippets(report.text_of, report.sensitive, self._room)
        self._helps: dict[tuple[str, int], str] = {}

    def render(self) -> list[str]:
        """One text per finding, with an empty line at its end."""
        return [self._finding(finding) for finding in self._report.findings]

    def _finding(self, finding: Finding) -> str:
        style = self._style
        every = finding.related
        shown = every[:MOST_RELATED]
        gutter = len(str(max([finding.location.line, *(related.location.line for related in shown)])))
        blank = " " * gutter
        accent = style.severity[finding.severity]
        lines = [
            f"{accent}{tr(finding.severity)}[{finding.code}]{style.reset} {finding.name}: "
            f"{style.bold}{said(finding.message)}{style.reset}",
            *self._place(finding.location, gutter, "^", accent),
        ]

        def note(label: str, text: str) -> None:
            lines.append(f"{blank} {style.frame}={style.reset} {style.bold}{label}:{style.reset} {text}")

        for related in shown:
            note(tr("note"), said(related.message))
            if related.location != finding.location:  # such as of another instance of one block
                lines += self._place(related.location, gutter, "-", style.frame)
        if len(every) > MOST_RELATED:
            more = count(len(every) - MOST_RELATED, "further place")
            note(tr("note"), tr("and {places}", places=more))
        if where := address(finding):
            note(address_label(finding), where)
        if finding.witness is not None:
            note(tr("witness"), finding.witness)
        if help := self._help(finding.code, gutter):
            note(tr("help"), help)
        if finding.fix is not None:
            option = "--fix" if finding.fix.safe else "--unsafe-fixes"
            note(tr("fix"), f"{said(finding.fix.message)} ({option})")
        lines.append("")
        return "\n".join(lines)

    def _place(self, location: Location, gutter: int, mark: str, accent: str) -> list[str]:
        """The lines with a place and its source."""
        frame, reset = self._style.frame, self._style.reset
        blank = " " * gutter
        lines = [f"{blank}{frame}-->{reset} {place(location)}"]
        if snippet := self._snippets.at(location):
            bar = f"{frame}|{reset}"
            lines += [
                f"{blank} {bar}",
                f"{frame}{location.line:>{gutter}} |{reset} {snippet.text}",
                f"{blank} {bar} {' ' * snippet.start}{accent}{mark * snippet.length}{reset}",
            ]
        return lines

    def _help(self, code: str, gutter: int) -> str:
        """The help of a code, wrapped to fit after its label."""
        key = code, gutter
        if key not in self._helps:
            text = help_of(self._report, code)
            if self._width is not None and text:
                indent = gutter + len(" = : ") + columns(tr("help"))
                text = f"\n{' ' * indent}".join(wrapped(text, max(_NARROW, self._width - indent)))
            self._helps[key] = text
        return self._helps[key]


def _statistics(report: Report, style: _Style) -> list[str]:
    """One line per rule with its number of findings, the most frequent first."""
    numbers = Counter((f.code, f.name, f.severity) for f in report.findings)
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    digits = len(str(ranked[0][1])) if ranked else 0
    severities = max((columns(tr(severity)) for _, _, severity in numbers), default=0)
    lines = [
        f"{number:>{digits}}  {style.bold}{code}{style.reset}  "
        f"{style.severity[severity]}{padded(tr(severity), severities)}{style.reset}  {name}"
        for (code, name, severity), number in ranked
    ]
    return [*lines, ""] if lines else []


def _unchecked(unchecked: list[Unchecked]) -> list[str]:
    """What was not checked: the first place of each reason, and how many more there are."""
    by_reason: dict[str, list[Unchecked]] = {}
    for item in unchecked:
        by_reason.setdefault(item.reason, []).append(item)
    lines = [tr("{values} unchecked:", values=count(len(unchecked), "value"))]
    for items in list(by_reason.values())[:_REASONS]:
        line = unchecked_line(items[0])
        more = len(items) - 1
        lines.append(f"  - {tr('{line} (and {number} more)', line=line, number=more) if more else line}")
    if len(by_reason) > _REASONS:
        rest = list(by_reason.values())[_REASONS:]
        told = tr(
            "and {number} more, for {reasons} (--output json lists them all)",
            number=sum(map(len, rest)),
            reasons=count(len(rest), "other reason"),
        )
        lines.append(f"  - {told}")
    return [*lines, ""]
