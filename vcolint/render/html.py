"""One page for a browser: the findings, and who carries what; or a result of `paths`, `trace` or `diff`.

It is one file that contains its style, its script and its data, and loads nothing else. Nothing here computes
anything about routes: `page/routing.js` does that, from the destinations that it gets.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from vcolint.locale import language, tr
from vcolint.model import network
from vcolint.render.json import encode
from vcolint.render.routing_document import WEIGHT_TEMPLATES, Document, Row, Section
from vcolint.render.snippet import Snippets
from vcolint.render.words import MOST_RELATED, closing, further, help_of, labelled, place, unchecked_line
from vcolint.text.wording import visible
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Finding, Report
    from vcolint.report.routing import DomainTable, Paths, RouteOf, Trace
    from vcolint.text.value import Location

# The texts of the script in English: one text, or one for the number 1 and one for other numbers.
TEXTS = re.compile(r'\b(?:say|count)\(\s*"([^"]*)"(?:,\s*"([^"]*)")?')
SCRIPTS = ("routing.js", "picture.js", "findings.js", "page.js")
MOST = 20_000  # routes in pictures; a browser needs seconds for so many
_LINE = 160  # columns of a source line
_TILE_TEMPLATES = {"error": "Errors", "warning": "Warnings", "note": "Notes"}

# The domains of a page: the table of each one, and in a diff also the table before.
_Domains: TypeAlias = "Sequence[tuple[DomainTable | None, DomainTable | None]]"


def render(report: Report) -> Iterator[str]:
    """The summary, every finding with its source lines, what was not checked, and the routing."""
    routes = report.entries if report.paths is not None else 0
    domains: _Domains = []
    if report.paths is not None and routes <= MOST:
        domains = [(domain, None) for domain in report.paths().domains]
        routes = _size(domains)
    body = [*_summary(report), *_listed("findings", tr("Findings"), report.findings, report)]
    unchecked = [Row((unchecked_line(item),)) for item in report.unchecked]
    if unchecked:
        body += _section(Section(tr("Unchecked values"), (), unchecked, anchor="unchecked"))
    if routes:
        weights = WEIGHT_TEMPLATES["honoured"]
        body += _routing(routes, tr(weights))
    yield _document(tr("Route check"), body, _tables(domains))


def render_routing(said: Document, result: Paths | Trace | Diff) -> str:
    """The document as a page. A table and a diff have pictures; a diff also has findings."""
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths

    change = result if isinstance(result, Diff) else None
    domains: _Domains = change.tables if change is not None else []
    if isinstance(result, Paths):
        domains = [(domain, None) for domain in result.domains]
    body = [*_said(said), *_routing(_size(domains), said.weights)]
    if change is not None:
        before, after = change.reports
        body += _listed("findings.new", tr("New findings"), change.new_findings, after)
        body += _listed("findings.fixed", tr("Fixed findings"), change.fixed_findings, before)
    down = result.down if isinstance(result, Paths) else ()
    return _document(said.title, body, _tables(domains, down, change))


# -- the frame --------------------------------------------------------------------------------------------


def _document(heading: str, body: Iterable[str], data: Mapping[str, Any] | None) -> str:
    """A whole page. `data`: what the script shows; None if there is nothing.

    The browser runs only the script and style whose hashes are in the Content-Security-Policy.
    """
    folder = files("vcolint.render") / "page"
    style, *scripts = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", *SCRIPTS))
    script = "".join(scripts)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    content = "".join(body)
    texts = [text for found in TEXTS.findall(script) for text in found if text]
    held = {"words": {text: told for text in texts if (told := tr(text)) != text}, **(data or {})}
    in_page = encode(held).replace("<", "\\u003c")  # JSON that cannot close the element around it
    tongue = "zh-CN" if language() == "zh" else "en"
    made_by = tr("Made by vcolint {version}. This page uses no network.", version=__version__)
    return "".join(
        [
            f'<!DOCTYPE html>\n<html lang="{tongue}">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>vcolint: {_text(heading)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
            f'<a class="skip" href="#content">{tr("Skip to the content")}</a>\n',
            f'<header><h1><span class="brand">vcolint</span> {_text(heading)}</h1>\n',
            f"{_links(content)}</header>\n",
            '<main id="content" tabindex="-1">\n',
            content,
            f"</main>\n<footer>{made_by}</footer>\n",
            f'<script type="application/json" id="data">{in_page}</script>\n',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _links(content: str) -> str:
    """Links to the sections of a page, if it has several."""
    found = re.findall('<h2 id="([^"]+)">(.*?)</h2>', content)
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in found)
    return f'<nav aria-label="{tr("Sections")}">{links}</nav>\n' if len(found) > 1 else ""


def _text(value: str) -> str:
    """Text with all HTML characters escaped."""
    return escape(visible(value))


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


# -- findings ---------------------------------------------------------------------------------------------


def _summary(report: Report) -> Iterator[str]:
    """What the run found, in numbers and in one sentence."""
    counted = zip(_TILE_TEMPLATES.items(), report.summary[2:5], strict=True)
    tiles = "".join(
        f'<li class="{severity}{"" if number else " none"}"><b>{number}</b> {tr(tile)}</li>'
        for (severity, tile), number in counted
    )
    yield f'<section class="summary"><ul class="tiles">{tiles}</ul>\n'
    yield from (f"<p>{_text(line)}</p>\n" for line in closing(report))
    yield "</section>\n"


def _listed(name: str, title: str, shown: Sequence[Finding], report: Report) -> Iterator[str]:
    """Findings of a report under a heading. The script puts the filter before them."""
    snippets = Snippets(report.text_of, report.sensitive, _LINE)
    help = cache(lambda code: _text(help_of(report, code)))
    yield f'<section class="findings" aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n'
    if not shown:
        yield f"<p>{tr('No findings.')}</p>\n"
    for finding in shown:
        yield _article(finding, help(finding.code), snippets)
    yield "</section>\n"


def _article(finding: Finding, help: str, snippets: Snippets) -> str:
    """One finding. `help` is escaped already."""
    told = [(label, _code(value)) for label, value in labelled(finding)]
    if help:
        told.append((tr("help"), help))
    if (fix := finding.fix) is not None:
        option = "--fix" if fix.safe else "--unsafe-fixes"
        told.append((tr("fix"), f"{_text(tr(fix.message))} (<code>{option}</code>)"))
    details = "".join(f"<dt>{term[:1].upper()}{term[1:]}</dt><dd>{value}</dd>" for term, value in told)
    severity, code, name = finding.severity, _text(finding.code), _text(finding.name)
    return (
        f'<article class="finding {severity}" data-severity="{severity}" data-rule="{code} {name}" '
        f'data-file="{_text(finding.location.file)}">\n'
        f'<h3><span class="badge">{tr(severity)}</span> {code} <span class="name">{name}</span></h3>\n'
        f"<p>{_text(tr(finding.message))}</p>\n"
        f'<p class="place">{_code(place(finding.location))}</p>\n'
        f"{_source(finding.location, snippets)}{_related(finding, snippets)}"
        f"{f'<dl>{details}</dl>' if details else ''}</article>\n"
    )


def _code(value: str) -> str:
    return f"<code>{_text(value)}</code>"


def _source(location: Location, snippets: Snippets) -> str:
    """The source line, with the value marked."""
    snippet = snippets.at(location)
    if snippet is None:
        return ""
    marks = " " * snippet.start + "^" * snippet.length
    number = f"{location.line} | "
    margin = " " * (len(number) - 2) + "| "
    return (
        f'<pre tabindex="0">{number}{_text(snippet.text)}\n{margin}<b aria-hidden="true">{marks}</b></pre>\n'
    )


def _related(finding: Finding, snippets: Snippets) -> str:
    related = finding.related
    if not related:
        return ""
    items = "".join(
        f"<li>{_text(tr(one.message))} {_code(place(one.location))}{_source(one.location, snippets)}</li>"
        for one in related[:MOST_RELATED]
    )
    if more := further(related):
        items += f"<li>{more}</li>"
    return f'<ul class="related" aria-label="{tr("Related places")}">{items}</ul>\n'


# -- a result of `paths`, `trace` or `diff` ---------------------------------------------------------------


def _said(said: Document) -> Iterator[str]:
    yield '<section class="summary">\n'
    yield from (f"<p>{_text(line)}</p>\n" for line in [*said.top, *said.lines])
    yield "</section>\n"
    for one in said.sections:
        if "html" in one.formats:
            yield from _section(one)


def _section(one: Section) -> Iterator[str]:
    """A section of the page, or a heading with a table."""
    title = _text(one.title)
    yield f'<section aria-labelledby="{one.anchor}">' if one.anchor else ""
    yield f'<h2 id="{one.anchor}">{title}</h2>\n' if one.anchor else f"<h2>{title}</h2>\n"
    if one.heads:
        heads = (f'<th scope="col">{head[:1].upper()}{head[1:]}</th>' for head in one.heads)
        yield f'<div class="scroll tall" tabindex="0"><table class="{one.anchor}">'
        yield f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
        yield from map(_row, one.rows)
        yield "</tbody></table></div>\n"
    elif one.rows:
        items = (f"<li>{_text(row.cells[0])}</li>\n" for row in one.rows)
        yield f"<ul>\n{''.join(items)}</ul>\n"
    yield "</section>\n" if one.anchor else ""


def _row(row: Row) -> str:
    """A row of a table. Its head is a network, after the kind of a change if there is one."""
    cells = [f"<td>{_text(cell)}</td>" for cell in row.cells]
    if row.kind:
        cells[0] = f'<td><span class="kind {row.kind}">{_text(row.cells[0])}</span></td>'
    head = 1 if row.kind else 0
    cells[head] = f'<th scope="row">{row.cells[head]}</th>'
    return f"<tr>{''.join(cells)}</tr>\n"


# -- who carries what -------------------------------------------------------------------------------------


def _size(domains: _Domains) -> int:
    """The number of routes."""
    tables = [one.table for pair in domains for one in pair if one is not None]
    return sum(len(group.routes) for table in tables for group in table.groups)


def _routing(routes: int, weights: str) -> Iterator[str]:
    """The element that the script fills, if there are routes, and the assumption about weights."""
    if routes:
        yield '<section class="routing-section" aria-labelledby="routing">\n'
        yield f'<h2 id="routing">{tr("Routing")}</h2>\n'
    if routes > MOST:
        told = tr(
            "{n} routes are too many for pictures ({most} at most). Check a part of the files.",
            n=routes,
            most=MOST,
        )
        yield f"<p>{told}</p>\n</section>\n"
    elif routes:
        told = tr("Turn on JavaScript to see the pictures, the failover matrix and the switchboard.")
        yield f"<noscript><p>{told}</p></noscript>\n</section>\n"
    yield f'<p class="rests">{_text(weights)}</p>\n'


def _tables(domains: _Domains, down: Sequence[str] = (), change: Diff | None = None) -> dict[str, Any] | None:
    """The data of the script; None if there is nothing, or too much, to show. `down`: connections that have
    failed; `change`: the diff that the domains belong to.

    The page refers to connections and files by number: equal names stay distinct, and the page stays small.
    """
    if not 0 < _size(domains) <= MOST:
        return None
    names = sorted({name for pair in domains for one in pair if one for name in one.table.connections})
    connections = {name: number for number, name in enumerate(names)}
    files: dict[str, int] = {}
    not_known, vague = (change.not_known, change.vague) if change is not None else ([], [])
    changed = change.domains if change is not None else []
    alone = [(held.name, one) for held in changed for one in held.changes if one.kind in ("lost", "new")]

    def row(one: RouteOf) -> tuple[object, ...]:
        file = files.setdefault(one.location.file, len(files))
        address = one.address and visible(one.address)
        return connections[one.connection], one.weight, one.keeps, one.live, file, one.location.line, address

    def side(table: DomainTable | None) -> dict[str, Any]:
        if table is None:
            return {"weighted": True, "destinations": []}
        groups = table.table.groups
        rows = [(network.text(one.network), [*map(row, map(table.route_of, one.routes))]) for one in groups]
        return {"weighted": table.table.weighted, "destinations": rows}

    def shown(now: DomainTable | None, before: DomainTable | None) -> dict[str, Any]:
        named = [one.name for one in (now, before) if one is not None]
        return {
            "name": visible(named[0]),
            "now": side(now),
            "before": side(before) if change is not None else None,
            "unknown": [one.cidr for one in not_known if one.domain in named],
            "told": [one.cidr for name, one in alone if name in named],
        }

    return {
        "domains": [shown(*pair) for pair in domains],
        "connections": list(map(visible, names)),
        "down": [connections[name] for name in down],
        "vague": [connections[name] for name in vague if name in connections],
        "files": list(map(visible, files)),
    }
