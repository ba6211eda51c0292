"""The report for people. A run imports `snippet` only if there are findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.columns import columns, padded, wrapped
from vcolint.render.words import MOST_RELATED, closing, help_of, labelled, place, said, unchecked_lines

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Related, Report
    from vcolint.text.value import Location

_LINE = 120  # columns of a source line if no width is given
_NARROW = 40  # the fewest columns for help and source lines

# A runner treats a line that begins with `::` (after blanks) as a command.
_LINE_COMMAND = r"(?m)^([ \t]*)::"


# The parameters of ANSI sequences.
_STYLES = {"reset": "0", "bold": "1", "frame": "1;34", "error": "1;31", "warning": "1;33", "note": "1;36"}
_Style = Mapping[str, str]  # name -> ANSI sequence, or nothing


def render(
    report: Report,
    *,
    color: bool = False,
    width: int | None = None,
    quiet: bool = False,
    statistics: bool = False,
) -> Iterator[str]:
    """See `vcolint.render.pieces`."""
    style = {name: f"\x1b[{parameters}m" if color else "" for name, parameters in _STYLES.items()}
    parts: list[Iterable[str]] = []
    if report.findings:
        shown = map(_Findings(report, style, width).text, report.findings)
        parts.append(_statistics(report, style) if statistics else shown)
    if report.unchecked and not quiet:
        head, *lines = unchecked_lines(report)
        parts.append([f"{head}\n", *(f"  - {line}\n" for line in lines), "\n"])
    if report.findings or report.notice or not quiet:
        parts.append(f"{line}\n" for line in closing(report))
    for piece in chain.from_iterable(parts):
        yield re.sub(_LINE_COMMAND, r"\1\\x3a:", piece) if "::" in piece else piece


class _Findings:
    """The findings of one report."""

    def __init__(self, report: Report, style: _Style, width: int | None) -> None:
        self._report = report
        from vcolint.render.snippet import Snippets

        self._style = style
        self._width = width
        room = _LINE if width is None else max(_NARROW, width - 8)  # without the gutter
        self._snippet = Snippets(report.text_of, report.sensitive, room).at
        self._help = cache(self._help_of)
        self._note = f"{tr('note')}:{style['reset']}"
        self._related = lru_cache(16)(self._related_of)  # findings in a row often relate to one place

    def text(self, finding: Finding) -> str:
        """One finding, with an empty line at its end."""
        style, location, code, related = self._style, finding.location, finding.code, finding.related
        bold, reset, accent = style["bold"], style["reset"], style[finding.severity]
        shown = related[:MOST_RELATED]
        gutter = len(str(max([location.line, *[one.location.line for one in shown]])))
        mark = f"{' ' * gutter} {style['frame']}={reset} {bold}"
        head = f"{accent}{tr(finding.severity)}[{code}]{reset} {finding.name}:"
        parts = [f"{head} {bold}{said(finding.message)}{reset}\n", self._place(location, gutter, "^", accent)]
        for one in shown:
            # It is not at another place if it is about another instance of one block.
            parts += mark, self._related(one, gutter, one.location != location)
        parts += [f"{mark}{label}:{reset} {text}\n" for label, text in labelled(finding, related)]
        if help := self._help(code, gutter):
            parts += mark, help
        if (fix := finding.fix) is not None:
            option = "--fix" if fix.safe else "--unsafe-fixes"
            parts.append(f"{mark}{tr('fix')}:{reset} {said(fix.message)} ({option})\n")
        parts.append("\n")
        return "".join(parts)

    def _related_of(self, related: Related, gutter: int, elsewhere: bool) -> str:
        """The lines of a related place, without the mark before them; with its source if it is elsewhere."""
        head = f"{self._note} {said(related.message)}\n"
        return head + self._place(related.location, gutter, "-", self._style["frame"]) if elsewhere else head

    def _place(self, location: Location, gutter: int, mark: str, accent: str) -> str:
        """The lines with a place and its source."""
        frame, reset, blank = self._style["frame"], self._style["reset"], " " * gutter
        where = f"{blank}{frame}-->{reset} {place(location)}\n"
        snippet = self._snippet(location)
        if snippet is None:
            return where
        text, start, length = snippet
        bar = f"{blank} {frame}|{reset}"
        number = str(location.line).rjust(gutter)
        return (
            f"{where}{bar}\n{frame}{number} |{reset} {text}\n"
            f"{bar} {' ' * start}{accent}{mark * length}{reset}\n"
        )

    def _help_of(self, code: str, gutter: int) -> str:
        """The label and the help of a code, wrapped to fit; "" if its page has none."""
        text, label = help_of(self._report, code), tr("help")
        if not text:
            return ""
        if self._width is not None:
            indent = gutter + len(" = : ") + columns(label)
            text = f"\n{' ' * indent}".join(wrapped(text, max(_NARROW, self._width - indent)))
        return f"{label}:{self._style['reset']} {text}\n"


def _statistics(report: Report, style: _Style) -> Iterator[str]:
    """One line per rule with its number of findings, the most frequent first."""
    numbers = Counter((one.code, one.name, one.severity) for one in report.findings)
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    digits = len(str(ranked[0][1]))
    severities = max(columns(tr(severity)) for _, _, severity in numbers)
    for (code, name, severity), number in ranked:
        label, reset = padded(tr(severity), severities), style["reset"]
        yield (f"{number:>{digits}}  {style['bold']}{code}{reset}  {style[severity]}{label}{reset}  {name}\n")
    yield "\n"
