"""The forwarding table, a trace and a diff in GitHub's Markdown, such as for a pull request comment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from vcolint.locale import tr
from vcolint.render.markdown import plain
from vcolint.render.routing_words import (
    WEIGHT_TEMPLATES,
    afterwards,
    carried,
    carriers,
    heaviest,
    in_words,
    missing,
    nobody_carries,
    other_routes,
    outside,
    reasons,
    survival,
    takeover,
    unknown_networks,
    written_at,
)
from vcolint.render.words import place, unchecked_line

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import DomainTable, Part, Paths, Trace

_MOST = 1000  # rows of one table
_MOST_CONNECTIONS = 12  # of a failover matrix


def paths(table: Paths) -> str:
    """A table a domain."""
    parts = [f"## {tr('Who carries what')}\n\n", f"{plain(survival(table))}\n\n"]
    parts += _outside(table)
    for domain in table.domains:
        rows = [
            (
                "&nbsp;&nbsp;" * one.depth + one.cidr,
                plain(carriers(one)),
                plain(takeover(one)) + (" :warning:" if one.fails else ""),
                plain(where),
            )
            for one, where in zip(domain.destinations, written_at(domain.destinations), strict=True)
        ]
        parts.append(f"### {plain(domain.name)}\n\n")
        parts += _table((tr("Destination"), tr("Carried by"), tr("If that fails"), tr("Written at")), rows)
        parts += _matrix(domain, table.down)
    return "".join([*parts, _foot(table.weights)])


def _foot(weights: str) -> str:
    """What the tables rest on."""
    return f"{plain(tr(WEIGHT_TEMPLATES[weights]))}\n"


def _outside(result: Paths | Trace) -> Iterable[str]:
    return (f"{plain(line)}\n\n" for line in outside(result))


def _matrix(domain: DomainTable, down: Collection[str]) -> Iterable[str]:
    """Who carries each destination when a connection fails. Letters stand for connections, as on the page."""
    names = sorted({route.connection for one in domain.destinations for route in one.routes}.difference(down))
    if not 1 < len(names) <= _MOST_CONNECTIONS:
        return
    signs = {name: chr(ord("A") + number) for number, name in enumerate(names)}

    def cell(names: Sequence[str] | None, blackhole: bool) -> str:
        known = None if names is None else [signs[one] for one in names]
        return carried(known, blackhole=blackhole)

    rows = []
    for one in domain.destinations:
        if not one.effective:
            continue
        now = cell(one.carriers, one.blackhole)
        later = {failure.down: cell(failure.carriers, failure.blackhole) for failure in one.failures or ()}
        changed = (f"**{later[name]}**" if name in later else now for name in names)
        rows.append(("&nbsp;&nbsp;" * one.depth + one.cidr, now, *changed))
    yield f"<details><summary>{tr('Failover matrix')}</summary>\n\n"
    yield f"{', '.join(f'{sign}: {plain(name)}' for name, sign in signs.items())}\n\n"
    fails = (tr("{connection} fails", connection=sign) for sign in signs.values())
    yield from _table((tr("Destination"), tr("Now"), *fails), rows)
    yield "</details>\n\n"


def trace(found: Trace) -> str:
    """A table a domain: the routes in the order in which they would carry the query."""
    parts = [f"## {tr('Who carries {network}', network=plain(found.query))}\n\n", *_outside(found)]
    for domain in found.domains:
        rows = [row for part in domain.parts for row in _candidates(part)]
        parts.append(f"### {plain(domain.name)}\n\n")
        heads = (
            tr("Part"),
            "#",
            tr("Destination"),
            tr("Connection"),
            tr("Weight"),
            tr("Verdict"),
            tr("Written at"),
        )
        parts += _table(heads, rows)
    if not found.domains:
        parts.append(f"{plain(nobody_carries(found))}\n\n")
    return "".join([*parts, _foot(found.weights)])


def _candidates(part: Part) -> Iterator[tuple[str, ...]]:
    if not part.candidates:
        yield part.cidr, "", "", "", "", carried(part.carriers), ""
    for number, one, why in reasons(part):
        yield (
            part.cidr,
            str(number),
            one.cidr,
            plain(one.connection),
            "?" if one.weight is None else str(one.weight),
            plain(why),
            plain(place(one.location)),
        )


def diff(change: Diff) -> str:
    """One line that says it all; the tables can be unfolded."""
    judgement = change.judgement
    verdict = [tr(change.verdict)] if judgement and change.verdict else []
    headline = ": ".join(dict.fromkeys([*verdict, in_words(change)]))
    parts = [f"**vcolint: {plain(headline)}**\n\n"]
    if change.base:
        parts.append(tr("Compared with commit {commit}.", commit=plain(change.base)) + "\n\n")
    rows = [
        (
            tr(one.kind),
            one.cidr,
            plain(carried(one.before.carriers)),
            plain(afterwards(one)),
            plain(name),
        )
        for name, one in heaviest(change)
    ]
    if rows:
        parts.append(f"<details><summary>{tr('Changes')}</summary>\n\n")
        parts += _table((tr("Change"), tr("Network"), tr("Before"), tr("After"), tr("Routing domain")), rows)
        parts.append("</details>\n\n")
    unknown = [(plain(told), plain(name)) for name, told in unknown_networks(change)]
    unknown += [(plain(unchecked_line(one)), "") for one in change.unplaced]
    if unknown:
        parts.append(f"<details><summary>{tr('Not known')}: {len(unknown)}</summary>\n\n")
        parts += _table((tr("Not known"), tr("Routing domain")), unknown)
        parts.append("</details>\n\n")
    for heading, found in (
        (
            tr("Undeclared"),
            [f"{tr(one.kind)} {one.cidr}" for one in judgement.undeclared] if judgement else [],
        ),
        (tr("Missing"), [missing(one) for one in judgement.missing] if judgement else []),
    ):
        if found:
            parts.append(f"<details open><summary>{heading}: {len(found)}</summary>\n\n")
            parts += _table((heading,), [(plain(one),) for one in found])
            parts.append("</details>\n\n")
    for title, findings in (
        (tr("New findings"), change.new_findings),
        (tr("Fixed findings"), change.fixed_findings),
    ):
        if findings:
            told = [(one.code, plain(place(one.location)), plain(tr(one.message))) for one in findings]
            parts.append(f"<details><summary>{title}: {len(findings)}</summary>\n\n")
            parts += _table((tr("Rule"), tr("Place"), tr("Finding")), told)
            parts.append("</details>\n\n")
    parts += (f"{plain(line)}\n\n" for line in other_routes(change.other_routes))
    return "".join([*parts, _foot(change.weights)])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
    yield from (f"| {' | '.join(row)} |\n" for row in rows[:_MOST])
    if len(rows) > _MOST:
        yield f"\n{tr('{number} more left out.', number=len(rows) - _MOST)}\n"
    yield "\n"
