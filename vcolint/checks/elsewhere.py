"""Routes that stand elsewhere but may belong to a group: where a guessed domain may be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from vcolint.checks import Doubt
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.forwarding import Group, Table, tables
from vcolint.model.route_set import Domain, RouteSet


def doubt(routes: RouteSet, table: Table, group: Group, weight: int) -> Doubt | None:
    """Why it may be wrong to miss a route of that weight in a group: it may stand elsewhere."""
    if group.last is None:
        return None
    elsewhere = routes.once(("elsewhere", weight), lambda: _Elsewhere(routes, weight))
    entries = [route.member for route in group.routes if not route.live]
    who = elsewhere.folder(table.domain, group.network) or elsewhere.live(
        table.domain, group.network, entries
    )
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
        # Two of the domains of a network are enough: one of them is another than any given one.
        self._domains: dict[int, list[Domain]] = {}
        # Connections with such a row, by its network and by the domain that the config gives them.
        self._rows: dict[int, dict[str | None, str]] = {}
        named = {
            connection: domain.name
            for domain in routes.config.domains.values()
            for connection in domain.connections
        }
        other = 100 - weight
        guessed = [table for table in tables(routes) if not table.domain.known]
        for table in guessed if len(guessed) > 1 else ():
            for member in table.members:
                if routes.weight(member) != other:
                    block = routes.destination(member)
                    assert block is not None
                    domains = self._domains.setdefault(block, [])
                    if len(domains) < 2 and table.domain not in domains:
                        domains.append(table.domain)
        used = set(routes.connections) if routes.snapshot else set()
        for row in routes.snapshot:
            held = row.record.fields.get("Weight")
            if row.custom and row.connection not in used and held and held.value == weight:
                called = routes.names_of(row.connection)
                domain = next((named[name] for name in called if name in named), None)
                self._rows.setdefault(row.network, {}).setdefault(domain, row.connection)
        self._networks = network.NetworkSet(self._domains)
        self._live = network.NetworkSet(self._rows)

    def folder(self, domain: Domain, block: int) -> tuple[str, str] | None:
        """Another guessed domain with such an entry for the destination, or for one that covers it."""
        if domain.known:
            return None
        for around in reversed(self._networks.enclosing(block)):
            for other in self._domains[around]:
                if other != domain:
                    return say("another folder"), other.name
        return None

    def live(self, domain: Domain, block: int, entries: Iterable[int]) -> tuple[str, str] | None:
        """Such a live route, of a connection that no entry uses and that may end in this domain."""
        found = self._live.enclosing(block)
        if not found or not any(map(self._routes.creates, entries)):
            return None
        for around in reversed(found):
            rows = self._rows[around]
            connection = rows.get(None) or (rows.get(domain.name) if domain.known else None)
            if connection is not None:
                return say("a live route"), connection
        return None
