"""The forwarding table, a trace and a diff as one page for a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.page.document import document, text
from vcolint.render.page.findings import listed, unchecked_values
from vcolint.render.page.tables import Domains, data, section, size
from vcolint.render.page.words import word
from vcolint.render.routing_words import (
    afterwards,
    carried,
    headline,
    heaviest,
    missing,
    nobody_carries,
    other_routes,
    outside,
    reasons,
    survival,
    unknown_networks,
)
from vcolint.render.words import place, unchecked_line
from vcolint.report.finding import translated_finding

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths, Trace


def paths(table: Paths) -> str:
    """The summary, and for each domain the picture and the failover matrix."""
    domains: Domains = [(domain, None) for domain in table.domains]
    lines = [survival(table), *outside(table)]
    body = [*_summary(lines), *section(size(domains), table.weights), *unchecked_values(table.unplaced)]
    return document("paths", body, data(domains, down=table.down))


def diff(change: Diff) -> str:
    """The change in one line, a table of the changes, and before and after in one picture."""
    verdict = [tr(change.verdict)] if change.judgement and change.verdict else []
    lines = [
        *dict.fromkeys([*verdict, headline(change)]),
        *([word("base", commit=change.base)] if change.base else []),
        *other_routes(change.other_routes),
    ]
    before, after = change.reports
    body = [
        *_summary(lines),
        *_changes(change),
        *_not_known(change),
        *section(size(change.tables), change.weights),
        *listed("findings.new", list(map(translated_finding, change.new_findings)), after),
        *listed("findings.fixed", list(map(translated_finding, change.fixed_findings)), before),
    ]
    shown = data(
        change.tables,
        compares=True,
        vague=change.vague,
        not_known=change.not_known,
        elsewhere=change.elsewhere,
    )
    return document("diff", body, shown)


def _not_known(change: Diff) -> Iterator[str]:
    """The networks, and then the routes, that could not be compared, and why."""
    told = [f"{told} ({name})" for name, told in unknown_networks(change)]
    told += [unchecked_line(one) for one in change.unplaced]
    if told:
        yield f'<section aria-labelledby="unchecked"><h2 id="unchecked">{word("not-known")}</h2>\n<ul>\n'
        yield from (f"<li>{text(line)}</li>\n" for line in told)
        yield "</ul>\n</section>\n"


def trace(found: Trace) -> str:
    """The answer of each domain, part by part: a table of the routes in the order in which they are tried."""
    nobody = [] if found.domains else [nobody_carries(found)]
    body = [*_summary([found.query, *nobody, *outside(found)])]
    heads = ("number", "destination", "connection", "weight", "verdict", "written")
    for domain in found.domains:
        body.append(f"<section><h2>{text(domain.name)}</h2>\n")
        for part in domain.parts:
            who = carried(part.carriers, blackhole=part.blackhole)
            who = tr(part.uncertain) if part.uncertain else who
            body.append(
                f'<div class="scroll"><table><caption>{part.cidr}: {text(who)}</caption>{_head(heads)}'
            )
            for number, one, why in reasons(part):
                weight = word("weight.unknown") if one.weight is None else one.weight
                body.append(
                    f'<tr><td class="number">{number}</td><th scope="row">{one.cidr}</th>'
                    f'<td>{text(one.connection)}</td><td class="number">{weight}</td><td>{text(why)}</td>'
                    f"<td><code>{text(place(one.location))}</code></td></tr>\n"
                )
            body.append("</tbody></table></div>\n")
        body.append("</section>\n")
    body += unchecked_values(found.unplaced)
    body.append(f'<p class="rests">{word(f"weights.{found.weights}")}</p>\n')
    return document("trace", body, None)


def _head(heads: Sequence[str]) -> str:
    titles = "".join(f'<th scope="col">{word(head)}</th>' for head in heads)
    return f"<thead><tr>{titles}</tr></thead>\n<tbody>\n"


def _summary(lines: list[str]) -> Iterator[str]:
    yield '<section class="summary">\n'
    yield from (f"<p>{text(line)}</p>\n" for line in lines)
    yield "</section>\n"


def _changes(change: Diff) -> Iterator[str]:
    """The table of changes, the heaviest first, and what was declared and does not happen."""
    rows = heaviest(change)
    judgement = change.judgement
    undeclared = {id(one) for one in judgement.undeclared} if judgement else set()
    absent = judgement.missing if judgement else []
    if not rows and not absent:
        return
    yield f'<section aria-labelledby="changes"><h2 id="changes">{word("changes")}</h2>\n'
    heads = ("change", "network", "addresses", "before", "after", "domain")
    yield f'<div class="scroll tall" tabindex="0"><table class="changes">{_head(heads)}'
    for name, one in rows:
        mark = f' <strong class="lost">{word("undeclared")}</strong>' if id(one) in undeclared else ""
        yield (
            f'<tr><td><span class="kind {one.kind}">{word(one.kind)}</span>{mark}</td>'
            f'<th scope="row">{one.cidr}</th><td class="number">{one.addresses:,}</td>'
            f"<td>{text(carried(one.before.carriers))}</td><td>{text(afterwards(one))}</td>"
            f"<td>{text(name)}</td></tr>\n"
        )
    yield "</tbody></table></div>\n"
    if absent:
        yield f"<h3>{word('missing')}</h3>\n<ul>\n"
        yield from (f"<li>{text(missing(one))}</li>\n" for one in absent)
        yield "</ul>\n"
    yield "</section>\n"
