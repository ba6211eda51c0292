"""What stands at a position: hover, definition, references, and the outline of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lsprotocol import types as lsp

from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.model import network
from vcolint.model.forwarding import Group
from vcolint.model.reading import Connection, Record
from vcolint.model.route_set import RouteSet
from vcolint.report.finding import entry_lines
from vcolint.report.routing import DomainTable
from vcolint.server import codes
from vcolint.server.diagnostics import Places
from vcolint.server.project import Snapshot
from vcolint.text.value import SENSITIVE, Location

_MOST = 10  # routes in one hover
_CONNECTIONS = ("VpnConnectionId", "NextHop")


class Target(NamedTuple):
    """What a position is about: a destination, or a connection."""

    routes: RouteSet
    entry: int  # whose destination it is, where it is no connection
    connection: Connection | None


def _targets(places: Places, path: str, position: lsp.Position) -> list[Target]:
    """What stands at a position, in each set and for each instance that has it there."""
    snapshot, here = places.snapshot, places.lines(path).place(position)

    def at(place: Location) -> bool:
        start, end = (place.line, place.column), (place.end_line, place.end_column)
        return start <= here <= end and snapshot.path(place.file) == path

    found: dict[tuple[object, ...], Target] = {}
    for routes in snapshot.sets:
        for entry, record in _entries(snapshot, routes, path):
            for field, held in record.fields.items():
                connection = routes.connections[entry] if field in _CONNECTIONS else None
                if (field == "RouteDest" or connection is not None) and at(held.location):
                    key = entry if connection is None else connection
                    found[id(routes), key] = Target(routes, entry, connection)
        for reading in routes.readings:
            for connection, place in reading.topology.created.items():
                if at(place):
                    found[id(routes), connection] = Target(routes, 0, connection)
    return list(found.values())


def _entries(snapshot: Snapshot, routes: RouteSet, path: str) -> Iterator[tuple[int, Record]]:
    """The entries that have something to do with a file."""
    for reading, numbers in routes.spans:
        if any(snapshot.path(file) == path for file in reading.files):
            yield from zip(numbers, reading.records, strict=True)


# -- hover ------------------------------------------------------------------------------------------------


def hover(places: Places, path: str, params: lsp.HoverParams) -> lsp.Hover | None:
    """What is to be said of a rule's code, a connection or a destination, as Markdown."""
    snapshot, place = places.snapshot, places.lines(path).place(params.position)
    rule = codes.rule_at(snapshot.settings.rules, path, snapshot.text(path), place)
    if rule is not None:
        said = [f"**{rule.code} {rule.name}** ({tr(rule.severity)})\n\n{translated(rule.body)}"]
    else:
        lines = (
            _about_destination(snapshot, one.routes, one.entry)
            if one.connection is None
            else _about_connection(one.routes, one.connection)
            for one in _targets(places, path, params.position)
        )
        said = list(filter(None, dict.fromkeys(map("\n\n".join, lines))))
    text = "\n\n---\n\n".join(said)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None


def _about_destination(snapshot: Snapshot, routes: RouteSet, entry: int) -> Iterator[str]:
    block = routes.networks[entry]
    if block is None or routes.record(entry).fields["RouteDest"].sensitive:
        return
    count = network.last(block) - network.first(block) + 1
    yield tr(
        "**{network}**: {count} addresses, in {domain}"
        if count > 1
        else "**{network}**: 1 address, in {domain}",
        network=network.text(block),
        count=f"{count:,}",
        domain=f"`{routes.domains[entry].name}`",
    )
    domain, group = _group(snapshot, routes, entry)
    if domain is None or group is None:
        yield tr("This route takes no part in the forwarding table.")
        return
    now = domain.table.carriage(group)
    if now.carriers is None:
        yield tr("Who carries it is not known: {reason}.", reason=now.uncertain or "")
    elif not group.effective:
        yield tr("More specific routes carry all of it.")
    else:
        yield tr("Carried by {connections}.", connections=_names(now.carriers))
        for down, later in domain.table.failures(group):
            yield tr(
                "If {connection} fails: {connections}. {connection} keeps its routes, so its traffic is lost."
                if later.blackhole
                else "If {connection} fails: {connections}.",
                connection=f"`{down}`",
                connections=_names(later.carriers or ()),
            )
    if group.parent is not None:
        yield tr("Inside {network}.", network=network.text(group.parent.network))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or tr("nobody")


def _about_connection(routes: RouteSet, connection: Connection) -> Iterator[str]:
    using = _using(routes, connection)
    yield tr(
        "**{connection}**, routes: {count}", connection=routes.connection_name(connection), count=len(using)
    )
    if using:
        yield tr(
            "Routing domain: {names}", names=_names(dict.fromkeys(routes.domains[one].name for one in using))
        )
    regions = {value for one in using if isinstance(value := routes.value(one, "RegionId"), str)}
    if regions:
        yield tr("Region: {names}", names=", ".join(sorted(regions)))
    places = [(one, routes.location(one, "RouteDest")) for one in using[:_MOST]]
    rows = [f"- {_destination(routes, one)} ({place.file}:{place.line})" for one, place in places]
    if len(using) > _MOST:
        rows.append(tr("- {number} more", number=len(using) - _MOST))
    if rows:
        yield "\n".join(rows)


def _using(routes: RouteSet, connection: Connection) -> list[int]:
    return [entry for entry, one in enumerate(routes.connections) if one == connection]


def _destination(routes: RouteSet, entry: int) -> str:
    """A route in a few words."""
    fields = routes.record(entry).fields
    shown = []
    for field in ("RouteDest", "Weight"):
        held = fields.get(field)
        if held is not None and held.sensitive:
            shown.append(SENSITIVE)
        else:
            shown.append(str(held.value) if held is not None and isinstance(held.value, (str, int)) else "?")
    return tr("{destination}, weight {weight}", destination=shown[0], weight=shown[1])


def _group(snapshot: Snapshot, routes: RouteSet, entry: int) -> tuple[DomainTable | None, Group | None]:
    """The place of an entry in the forwarding tables."""
    block = routes.networks[entry]
    for domain in snapshot.paths.domains:
        if domain.routes is routes and domain.table.domain == routes.domains[entry]:
            group = None if block is None else domain.table.innermost(block)
            if group is not None and any(route.member == entry for route in group.routes):
                return domain, group
    return None, None


# -- going there ------------------------------------------------------------------------------------------


def definition(places: Places, path: str, params: lsp.DefinitionParams) -> list[lsp.Location]:
    """Where Terraform makes a connection; for a route, the nearest ones that contain it."""
    there: list[Location] = []
    for one in _targets(places, path, params.position):
        if one.connection is not None:
            there += _made(one.routes, one.connection)
        else:
            _, group = _group(places.snapshot, one.routes, one.entry)
            if group is not None and group.parent is not None:
                there += _written(one.routes, [group.parent])
    return [places.location(place) for place in dict.fromkeys(there)]


def references(places: Places, path: str, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """The routes of a connection; for a route, all that contain it, those with its destination first."""
    there: list[Location] = []
    for one in _targets(places, path, params.position):
        if one.connection is not None:
            there += _made(one.routes, one.connection) if params.context.include_declaration else ()
            using = _using(one.routes, one.connection)
            there += (one.routes.location(entry, "VpnConnectionId") for entry in using)
        else:
            _, group = _group(places.snapshot, one.routes, one.entry)
            there += _written(one.routes, group.around()) if group is not None else ()
    return [places.location(place) for place in dict.fromkeys(there)]


def _made(routes: RouteSet, connection: Connection) -> list[Location]:
    created = [reading.topology.created for reading in routes.readings]
    return [places[connection] for places in created if connection in places]


def _written(routes: RouteSet, groups: Iterable[Group]) -> list[Location]:
    return [routes.location(route.member, "RouteDest") for group in groups for route in group.routes]


# -- the outline ------------------------------------------------------------------------------------------


def symbols(places: Places, path: str, params: object) -> list[lsp.DocumentSymbol]:
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
