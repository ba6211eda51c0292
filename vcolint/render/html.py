"""One page for a browser: it holds everything it needs, and runs nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from vcolint.render.snippet import Snippets
from vcolint.render.words import closing, count, details, place, unchecked_line
from vcolint.text.visible import visible
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.finding import Finding, Report, Unchecked

_LINE = 160  # columns of a source line

_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vcolint</title>
<style>
:root { color-scheme: light dark; --error: #c4252b; --warning: #a15c00; --note: #0b6e99; }
@media (prefers-color-scheme: dark) { :root { --error: #ff7b72; --warning: #e3b341; --note: #79c0ff; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
article { border-left: .25rem solid; padding: 0 1rem; margin: 1.5rem 0; }
h2 { font-size: 1rem; }
pre { overflow-x: auto; }
ul { padding-left: 1.25rem; }
.error { border-color: var(--error); }
.warning { border-color: var(--warning); }
.note { border-color: var(--note); }
.error b { color: var(--error); }
.warning b { color: var(--warning); }
.note b { color: var(--note); }
</style>
</head>
<body>
<h1>vcolint</h1>
"""


def render(report: Report) -> str:
    """The summary, then every finding with its source line, then what was not checked."""
    snippets = Snippets(report.text_of, report.sensitive, _LINE)
    return "".join(
        [
            _HEAD,
            *(f"<p>{_text(line)}</p>\n" for line in closing(report)),
            *(_finding(report, finding, snippets) for finding in report.findings),
            _unchecked(report.unchecked),
            f"<footer>vcolint {__version__}</footer>\n</body>\n</html>\n",
        ]
    )


def _finding(report: Report, finding: Finding, snippets: Snippets) -> str:
    lines = details(report, finding)
    if finding.fix is not None:
        lines.append(f"fix: {finding.fix.message} ({'--fix' if finding.fix.safe else '--unsafe-fixes'})")
    return (
        f'<article class="{finding.severity}">\n'
        f"<h2><b>{finding.severity}</b> {finding.code} {_text(finding.name)}: {_text(finding.message)}</h2>\n"
        f"<p><code>{_text(place(finding.location))}</code></p>\n"
        f"{_source(finding, snippets)}{_list(lines)}</article>\n"
    )


def _source(finding: Finding, snippets: Snippets) -> str:
    """The source line, with the value underlined."""
    snippet = snippets.at(finding.location)
    if snippet is None:
        return ""
    gutter = f"{finding.location.line} | "
    marks = " " * (len(gutter) - 2) + "| " + " " * snippet.start + "^" * snippet.length
    return f"<pre>{gutter}{_text(snippet.text)}\n<b>{marks}</b></pre>\n"


def _unchecked(unchecked: list[Unchecked]) -> str:
    if not unchecked:
        return ""
    lines = [unchecked_line(item) for item in unchecked]
    return f"<h2>{count(len(lines), 'value')} unchecked</h2>\n{_list(lines)}"


def _list(lines: list[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if lines else ""


def _text(text: str) -> str:
    """Text that means nothing to a browser."""
    return escape(visible(text))
