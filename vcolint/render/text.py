"""The report for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
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


def render(
    report: Report,
    *,
    color: bool = False,
    width: int | None = None,
    quiet: bool = False,
    statistics: bool = False,
) -> Iterator[str]:
    """See `vcolint.render.pieces`."""
    for piece in _pieces(report, _Style(color), width, quiet, statistics):
        yield re.sub(_LINE_COMMAND, r"\1\\x3a:", piece) if "::" in piece else piece


def _pieces(report: Report, style: _Style, width: int | None, quiet: bool, statistics: bool) -> Iterator[str]:
    if report.findings and statistics:
        yield from _statistics(report, style)
    elif report.findings:
        yield from map(_Findings(report, style, width).text, report.findings)
    if report.unchecked and not quiet:
        yield from _unchecked(report.unchecked)
    if report.findings or report.notice or not quiet:
        yield from (f"{line}\n" for line in closing(report))


class _Findings:
    """The findings of one report."""

    def __init__(self, report: Report, style: _Style, width: int | None) -> None:
        from vcolint.render.snippet import Snippets

        self._report = report
        self._style = style
        self._width = width
        room = _LINE if width is None else max(_NARROW, width - 8)  # without the gutter
        self._snippets = Snippets(report.text_of, report.sensitive, room)
        self._help = cache(self._help_of)

    def text(self, finding: Finding) -> str:
        """One finding, with an empty line at its end."""
        style, code, location = self._style, finding.code, finding.location
        related = finding.related
        shown = related[:MOST_RELATED]
        gutter = len(str(max([location.line, *[one.location.line for one in shown]])))
        accent = style.severity[finding.severity]
        mark = f"{' ' * gutter} {style.frame}={style.reset} {style.bold}"
        text = (
            f"{accent}{tr(finding.severity)}[{code}]{style.reset} {finding.name}: "
            f"{style.bold}{said(finding.message)}{style.reset}\n{self._place(location, gutter, '^', accent)}"
        )
        for one in shown:
            text += f"{mark}{tr('note')}:{style.reset} {said(one.message)}\n"
            if one.location != location:  # such as of another instance of one block
                text += self._place(one.location, gutter, "-", style.frame)
        if len(related) > MOST_RELATED:
            more = tr("and {places}", places=count(len(related) - MOST_RELATED, "further place"))
            text += f"{mark}{tr('note')}:{style.reset} {more}\n"
        if where := address(finding):
            text += f"{mark}{address_label(finding)}:{style.reset} {where}\n"
        if (witness := finding.witness) is not None:
            text += f"{mark}{tr('witness')}:{style.reset} {witness}\n"
        if help := self._help(code, gutter):
            text += f"{mark}{tr('help')}:{style.reset} {help}\n"
        if (fix := finding.fix) is not None:
            option = "--fix" if fix.safe else "--unsafe-fixes"
            text += f"{mark}{tr('fix')}:{style.reset} {said(fix.message)} ({option})\n"
        return f"{text}\n"

    def _place(self, location: Location, gutter: int, mark: str, accent: str) -> str:
        """The lines with a place and its source."""
        frame, reset, blank = self._style.frame, self._style.reset, " " * gutter
        where = f"{blank}{frame}-->{reset} {place(location)}\n"
        snippet = self._snippets.at(location)
        if snippet is None:
            return where
        text, start, length = snippet
        return (
            f"{where}{blank} {frame}|{reset}\n{frame}{location.line:>{gutter}} |{reset} {text}\n"
            f"{blank} {frame}|{reset} {' ' * start}{accent}{mark * length}{reset}\n"
        )

    def _help_of(self, code: str, gutter: int) -> str:
        """The help of a code, wrapped to fit after its label."""
        text = help_of(self._report, code)
        if self._width is None or not text:
            return text
        indent = gutter + len(" = : ") + columns(tr("help"))
        return f"\n{' ' * indent}".join(wrapped(text, max(_NARROW, self._width - indent)))


def _statistics(report: Report, style: _Style) -> Iterator[str]:
    """One line per rule with its number of findings, the most frequent first."""
    numbers = Counter((one.code, one.name, one.severity) for one in report.findings)
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    digits = len(str(ranked[0][1]))
    severities = max(columns(tr(severity)) for _, _, severity in numbers)
    for (code, name, severity), number in ranked:
        label = padded(tr(severity), severities)
        yield (
            f"{number:>{digits}}  {style.bold}{code}{style.reset}  "
            f"{style.severity[severity]}{label}{style.reset}  {name}\n"
        )
    yield "\n"


def _unchecked(unchecked: list[Unchecked]) -> Iterator[str]:
    """What was not checked: the first place of each reason, and how many more there are."""
    by_reason: dict[str, list[Unchecked]] = {}
    for item in unchecked:
        by_reason.setdefault(item.reason, []).append(item)
    yield f"{tr('{values} unchecked:', values=count(len(unchecked), 'value'))}\n"
    shown, rest = list(by_reason.values())[:_REASONS], list(by_reason.values())[_REASONS:]
    for items in shown:
        line = unchecked_line(items[0])
        more = len(items) - 1
        yield f"  - {tr('{line} (and {number} more)', line=line, number=more) if more else line}\n"
    if rest:
        told = tr(
            "and {number} more, for {reasons} (--output json lists them all)",
            number=sum(map(len, rest)),
            reasons=count(len(rest), "other reason"),
        )
        yield f"  - {told}\n"
    yield "\n"
