"""The forwarding tables as data for the script, and the element of the page that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from vcolint.locale import tr
from vcolint.model import network
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import DomainTable

# The domains of a page: the table of each one, and in a diff also the table before.
Domains: TypeAlias = "Sequence[tuple[DomainTable | None, DomainTable | None]]"

MOST = 20_000  # routes; a browser needs seconds for so many


def size(domains: Domains) -> int:
    """The number of routes."""
    tables = [one.table for pair in domains for one in pair if one is not None]
    return sum(len(group.routes) for table in tables for group in table.groups)


def section(routes: int, weights: str) -> Iterator[str]:
    """The element that the script fills; nothing if there are no routes. `weights`: the assumption about
    weights."""
    if not routes:
        return
    yield '<section class="routing-section" aria-labelledby="routing">\n'
    yield f'<h2 id="routing">{tr("Routing")}</h2>\n'
    if routes > MOST:
        told = tr(
            "{n} routes are too many for pictures ({most} at most). Check a part of the files.",
            n=routes,
            most=MOST,
        )
        yield f"<p>{told}</p>\n"
    else:
        told = tr("Turn on JavaScript to see the pictures, the failover matrix and the switchboard.")
        yield f"<noscript><p>{told}</p></noscript>\n"
    yield f'</section>\n<p class="rests">{weights}</p>\n'


def data(domains: Domains, down: Sequence[str] = (), change: Diff | None = None) -> dict[str, Any] | None:
    """The data of the script; None if there is nothing, or too much, to show. `down`: connections that have
    failed; `change`: what the domains before and after are of.

    The page refers to connections and files by number: equal names stay distinct, and the page stays small.
    """
    if not 0 < size(domains) <= MOST:
        return None
    names = sorted({name for pair in domains for one in pair if one for name in one.table.connections})
    connections = {name: number for number, name in enumerate(names)}
    files: dict[str, int] = {}

    def rows(table: DomainTable | None) -> dict[str, Any]:
        if table is None:
            return {"weighted": True, "destinations": []}
        destinations = []
        for group in table.table.groups:
            routes = [
                (
                    connections[route.connection],
                    route.weight,
                    route.keeps,
                    route.live,
                    files.setdefault(route.location.file, len(files)),
                    route.location.line,
                    route.address and visible(route.address),
                )
                for route in map(table.route_of, group.routes)
            ]
            destinations.append((network.text(group.network), routes))
        return {"weighted": table.table.weighted, "destinations": destinations}

    def shown(now: DomainTable | None, before: DomainTable | None) -> dict[str, Any]:
        sides = [one for one in (now, before) if one is not None]
        named = {one.name for one in sides}
        return {
            "name": visible(sides[0].name),
            "now": rows(now),
            "before": rows(before) if change is not None else None,
            "unknown": [one.cidr for one in not_known if one.domain in named],
            "told": [cidr for name, cidr in told if name in named],
        }

    not_known = change.not_known if change is not None else []
    domains_changed = change.domains if change is not None else []
    kinds = ("lost", "new")
    told = [(name, one.cidr) for name, found in domains_changed for one in found if one.kind in kinds]
    vague = change.vague if change is not None else ()
    return {
        "domains": [shown(*pair) for pair in domains],
        "connections": list(map(visible, names)),
        "down": [connections[name] for name in down],
        "vague": [connections[name] for name in vague if name in connections],
        "files": list(map(visible, files)),
    }
