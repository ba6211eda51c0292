"""What stands at a position: hover, definition, references, and the outline of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lsprotocol import types as lsp

from vcolint.model import network
from vcolint.model.forwarding import Group
from vcolint.model.reading import Connection, Record
from vcolint.model.route_set import RouteSet
from vcolint.report.assemble import entry_lines
from vcolint.report.routing import DomainTable
from vcolint.server.diagnostics import Places
from vcolint.server.project import Snapshot
from vcolint.text.value import SENSITIVE, Location

_MOST = 10  # routes in one hover
_CONNECTIONS = ("VpnConnectionId", "NextHop")


class Target(NamedTuple):
    """What a position is about: a destination, or a connection."""

    routes: RouteSet
    entry: int | None  # whose destination it is
    connection: Connection | None


def targets(snapshot: Snapshot, path: str, line: int, column: int) -> list[Target]:
    """What stands at a place, in each set and for each instance that has it there."""
    found: dict[tuple[object, ...], Target] = {}
    for routes in snapshot.sets:
        for entry, record in _entries(snapshot, routes, path):
            for field, held in record.fields.items():
                if snapshot.path(held.location.file) != path or not _holds(held.location, line, column):
                    continue
                if field == "RouteDest":
                    found[id(routes), entry] = Target(routes, entry, None)
                elif field in _CONNECTIONS and (connection := routes.connections[entry]) is not None:
                    found[id(routes), connection] = Target(routes, None, connection)
        for reading in routes.readings:
            for connection, place in reading.topology.created.items():
                if snapshot.path(place.file) == path and _holds(place, line, column):
                    found[id(routes), connection] = Target(routes, None, connection)
    return list(found.values())


def _entries(snapshot: Snapshot, routes: RouteSet, path: str) -> Iterator[tuple[int, Record]]:
    """The entries that have something to do with a file."""
    for reading, numbers in routes.spans:
        if any(snapshot.path(file) == path for file in reading.files):
            yield from zip(numbers, reading.records, strict=True)


def _holds(place: Location, line: int, column: int) -> bool:
    return (place.line, place.column) <= (line, column) <= (place.end_line, place.end_column)


# -- hover ------------------------------------------------------------------------------------------------


def hover(snapshot: Snapshot, found: Iterable[Target]) -> str | None:
    """What is to be said of targets, as Markdown."""
    said = (
        _about_connection(snapshot, one.routes, one.connection)
        if one.connection is not None
        else _about_destination(snapshot, one.routes, one.entry or 0)
        for one in found
    )
    return "\n\n---\n\n".join(dict.fromkeys(filter(None, said))) or None


def _about_destination(snapshot: Snapshot, routes: RouteSet, entry: int) -> str | None:
    block = routes.networks[entry]
    if block is None or routes.record(entry).fields["RouteDest"].sensitive:
        return None
    addresses = network.last(block) - network.first(block) + 1
    count = "1 address" if addresses == 1 else f"{addresses:,} addresses"
    said = [f"**{network.text(block)}**: {count}, in `{routes.domains[entry].name}`"]
    domain, group = _group(snapshot, routes, entry)
    if domain is None or group is None:
        return "\n\n".join([*said, "This route takes no part in the forwarding table."])
    now = domain.table.carriage(group)
    if now.carriers is None:
        said.append(f"Who carries it is not known: {now.uncertain}.")
    elif not group.effective:
        said.append("More specific routes carry all of it.")
    else:
        said.append(f"Carried by {_names(now.carriers)}.")
        for down, later in domain.table.failures(group):
            lost = "; it keeps its routes, so its traffic is lost" if later.blackhole else ""
            who = _names(later.carriers) if later.carriers is not None else "not known"
            said.append(f"If `{down}` fails: {who}{lost}.")
    if group.parent is not None:
        said.append(f"Inside {network.text(group.parent.network)}.")
    return "\n\n".join(said)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nobody"


def _about_connection(snapshot: Snapshot, routes: RouteSet, connection: Connection) -> str:
    using = _using(routes, connection)
    regions = {value for one in using if isinstance(value := routes.value(one, "RegionId"), str)}
    domains = dict.fromkeys(routes.domains[one].name for one in using)
    said = [f"**{routes.connection_name(connection)}**: {len(using)} route{'' if len(using) == 1 else 's'}"]
    if domains:
        said.append(f"Routing domain: {_names(domains)}")
    if regions:
        said.append(f"Region: {', '.join(sorted(regions))}")
    rows = []
    for one in using[:_MOST]:
        place = routes.location(one, "RouteDest")
        rows.append(f"- {_destination(routes, one)} at {place.file}:{place.line}")
    if len(using) > _MOST:
        rows.append(f"- {len(using) - _MOST} more")
    return "\n\n".join([*said, "\n".join(rows)]) if rows else "\n\n".join(said)


def _using(routes: RouteSet, connection: Connection) -> list[int]:
    return [entry for entry, one in enumerate(routes.connections) if one == connection]


def _destination(routes: RouteSet, entry: int) -> str:
    """A route in a few words."""
    record = routes.record(entry)
    held, weight = record.fields.get("RouteDest"), record.fields.get("Weight")
    if held is None:
        text = "no destination"
    elif held.sensitive:
        text = SENSITIVE
    else:
        text = held.value if isinstance(held.value, str) else "a destination that is not known yet"
    known = weight is not None and isinstance(weight.value, int) and not weight.sensitive
    return f"{text}, weight {weight.value}" if known and weight is not None else text


def _group(snapshot: Snapshot, routes: RouteSet, entry: int) -> tuple[DomainTable | None, Group | None]:
    """The place of an entry in the forwarding tables."""
    block = routes.networks[entry]
    for domain in snapshot.paths.domains:
        if domain.routes.readings == routes.readings and domain.table.domain == routes.domains[entry]:
            group = None if block is None else domain.table.innermost(block)
            if group is not None and any(route.member == entry for route in group.routes):
                return domain, group
    return None, None


# -- going there ------------------------------------------------------------------------------------------


def definition(places: Places, found: Iterable[Target]) -> list[lsp.Location]:
    """Where Terraform makes a connection; for a route, the nearest ones that contain it."""
    there: list[Location] = []
    for one in found:
        if one.connection is not None:
            there += _made(one.routes, one.connection)
        elif one.entry is not None:
            domain, group = _group(places.snapshot, one.routes, one.entry)
            if domain is not None and group is not None and group.parent is not None:
                there += _written(domain, [group.parent])
    return [places.location(place) for place in dict.fromkeys(there)]


def references(places: Places, found: Iterable[Target], *, declaration: bool) -> list[lsp.Location]:
    """The routes of a connection; for a route, all that contain it, those with its destination first."""
    there: list[Location] = []
    for one in found:
        if one.connection is not None:
            there += _made(one.routes, one.connection) if declaration else ()
            using = _using(one.routes, one.connection)
            there += (one.routes.location(entry, "VpnConnectionId") for entry in using)
        elif one.entry is not None:
            domain, group = _group(places.snapshot, one.routes, one.entry)
            if domain is not None and group is not None:
                there += _written(domain, group.around())
    return [places.location(place) for place in dict.fromkeys(there)]


def _made(routes: RouteSet, connection: Connection) -> Iterator[Location]:
    for reading in routes.readings:
        if connection in reading.topology.created:
            yield reading.topology.created[connection]


def _written(domain: DomainTable, groups: Iterable[Group]) -> Iterator[Location]:
    for group in groups:
        for route in group.routes:
            yield domain.routes.location(route.member, "RouteDest")


# -- the outline ------------------------------------------------------------------------------------------


def symbols(places: Places, path: str) -> list[lsp.DocumentSymbol]:
    """The routes of a file by routing domain."""
    snapshot = places.snapshot
    by_domain: dict[str, list[lsp.DocumentSymbol]] = {}
    for routes in snapshot.sets:
        for entry, record in _entries(snapshot, routes, path):
            if snapshot.path(record.location.file) != path:
                continue
            own = record.location
            _, last = entry_lines(record)
            whole = own if last <= own.end_line else own._replace(end_line=last + 1, end_column=1)
            name = routes.connection_name(routes.connections[entry])
            by_domain.setdefault(routes.domains[entry].name, []).append(
                lsp.DocumentSymbol(
                    _destination(routes, entry),
                    lsp.SymbolKind.Interface,
                    places.range(whole),
                    places.range(own),
                    record.address or name,
                )
            )
    return [_domain(name, children) for name, children in by_domain.items()]


def _domain(name: str, children: list[lsp.DocumentSymbol]) -> lsp.DocumentSymbol:
    first = min(children, key=lambda one: (one.range.start.line, one.range.start.character))
    last = max(children, key=lambda one: (one.range.end.line, one.range.end.character))
    around = lsp.Range(first.range.start, last.range.end)
    return lsp.DocumentSymbol(
        name, lsp.SymbolKind.Namespace, around, first.selection_range, children=children
    )
