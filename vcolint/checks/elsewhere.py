"""Routes that stand elsewhere but may belong to a group: where a guessed domain may be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from vcolint.checks import Doubt
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.forwarding import Group, Table, tables
from vcolint.model.route_set import RouteSet


def doubt(routes: RouteSet, table: Table, group: Group, weight: int) -> Doubt | None:
    """Why it may be wrong to miss a route of that weight in a group: it may stand elsewhere."""
    if group.last is None:
        return None
    elsewhere = routes.once(("elsewhere", weight), lambda: _Elsewhere(routes, weight))
    entries = [route.member for route in group.routes if not route.live]
    who = elsewhere.guessed(table.domain, group.network) or elsewhere.live(group.network, entries)
    if who is None:
        return None
    role = say("primary") if weight == 100 else say("backup")
    return Doubt(
        group.last.member,
        "Weight",
        say(
            "{who} ({who2}) may have its {role}: name the connections that end on one transit router "
            "under domains:",
            who=who[0],
            role=role,
            who2=who[1],
        ),
    )


class _Elsewhere:
    """Routes that have, or may have, one weight: in guessed domains, and on connections without entries."""

    def __init__(self, routes: RouteSet, weight: int) -> None:
        self._routes = routes
        # Two of the domains of a network in one region are enough: one is another than any given one.
        self._domains: dict[int, dict[str | None, list[Domain]]] = {}
        self._rows: dict[int, str] = {}  # a connection with such a row, by its network
        other = 100 - weight
        guessed = [table for table in tables(routes) if not table.domain.known]
        for table in guessed if len(guessed) > 1 else ():
            for member in table.members:
                if routes.weight(member) != other:
                    block = routes.destination(member)
                    assert block is not None
                    domains = self._domains.setdefault(block, {}).setdefault(table.domain.region, [])
                    if len(domains) < 2 and table.domain not in domains:
                        domains.append(table.domain)
        for row in routes.snapshot:
            if row.custom and row.weight == weight and routes.lies_apart(row):
                self._rows.setdefault(row.network, row.connection)
        self._networks = network.NetworkSet(self._domains)
        self._live = network.NetworkSet(self._rows)

    def guessed(self, domain: Domain, block: int) -> tuple[str, str] | None:
        """Another guessed domain with such an entry for the destination, or for one that covers it. It lies
        in the same region, or one of the two regions is not known."""
        if domain.known:
            return None
        for around in reversed(self._networks.enclosing(block)):
            for region, domains in self._domains[around].items():
                if None in (region, domain.region) or region == domain.region:
                    other = next((one for one in domains if one != domain), None)
                    if other is not None:
                        here = other.place == domain.place
                        return say("another region of its folder") if here else say(
                            "another folder"
                        ), other.name
        return None

    def live(self, block: int, entries: Iterable[int]) -> tuple[str, str] | None:
        """Such a live route, of a connection that may end in any domain."""
        found = self._live.enclosing(block)
        if not found or not any(map(self._routes.creates, entries)):
            return None
        return say("a live route"), self._rows[found[-1]]
