"""Answers about a position: hover, definition, references, completion; and the outline of a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lsprotocol import types as lsp

from vcolint.engine.rule import Rule, find_rule
from vcolint.locale import tr
from vcolint.locale.pages import translated
from vcolint.model import network
from vcolint.model.forwarding import Group
from vcolint.model.reading import Connection, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import CONFIG_NAMES
from vcolint.report.finding import entry_lines
from vcolint.report.routing import DomainTable
from vcolint.server.project import Snapshot
from vcolint.text.value import SENSITIVE, Location

_MOST = 10  # routes in one hover
_CONNECTIONS = ("VpnConnectionId", "NextHop")


class Target(NamedTuple):
    """What a position is about: a destination, or a connection."""

    routes: RouteSet
    entry: int  # the entry of the destination, if it is not a connection
    connection: Connection | None


def _targets(snapshot: Snapshot, path: str, position: lsp.Position) -> Sequence[Target]:
    """The targets at a position, in each set and for each instance with a value there."""
    here = snapshot.place(path, position)

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
    """The entries that are related to a file."""
    for reading, numbers in routes.spans:
        if any(snapshot.path(file) == path for file in reading.files):
            yield from zip(numbers, reading.records, strict=True)


# -- hover ------------------------------------------------------------------------------------------------


def hover(snapshot: Snapshot, path: str, params: lsp.HoverParams) -> lsp.Hover | None:
    """The hover text of a rule's code, a connection or a destination, as Markdown."""
    rule = _rule_at(snapshot, path, params.position)
    if rule is not None:
        said = [f"**{rule.code} {rule.name}** ({tr(rule.severity)})\n\n{translated(rule.body)}"]
    else:
        lines = (
            _about_destination(snapshot, one.routes, one.entry)
            if one.connection is None
            else _about_connection(one.routes, one.connection)
            for one in _targets(snapshot, path, params.position)
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


def definition(snapshot: Snapshot, path: str, params: lsp.DefinitionParams) -> list[lsp.Location]:
    """For a connection, where Terraform creates it; for a route, the nearest routes that contain it."""
    there: list[Location] = []
    for one in _targets(snapshot, path, params.position):
        if one.connection is not None:
            there += _made(one.routes, one.connection)
            continue
        _, group = _group(snapshot, one.routes, one.entry)
        if group is not None and group.parent is not None:
            there += _written(one.routes, [group.parent])
    return [snapshot.location(place) for place in dict.fromkeys(there)]


def references(snapshot: Snapshot, path: str, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """For a connection, its routes; for a route, all routes that contain it, those with the same destination
    first."""
    there: list[Location] = []
    for one in _targets(snapshot, path, params.position):
        if one.connection is not None:
            there += _made(one.routes, one.connection) if params.context.include_declaration else ()
            using = _using(one.routes, one.connection)
            there += (one.routes.location(entry, "VpnConnectionId") for entry in using)
            continue
        _, group = _group(snapshot, one.routes, one.entry)
        there += _written(one.routes, group.around()) if group is not None else ()
    return [snapshot.location(place) for place in dict.fromkeys(there)]


def _made(routes: RouteSet, connection: Connection) -> list[Location]:
    created = [reading.topology.created for reading in routes.readings]
    return [places[connection] for places in created if connection in places]


def _written(routes: RouteSet, groups: Iterable[Group]) -> list[Location]:
    return [routes.location(route.member, "RouteDest") for group in groups for route in group.routes]


# -- the outline ------------------------------------------------------------------------------------------


def symbols(snapshot: Snapshot, path: str, params: object) -> list[lsp.DocumentSymbol]:
    """The routes of a file by routing domain."""
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
                    snapshot.range(whole),
                    snapshot.range(own),
                    record.address or name,
                )
            )
    found = []
    for domain, children in by_domain.items():
        children.sort(key=lambda one: one.range.start)
        around = lsp.Range(children[0].range.start, max(one.range.end for one in children))
        first = children[0].selection_range
        kind = lsp.SymbolKind.Namespace
        found.append(lsp.DocumentSymbol(domain, kind, around, first, children=children))
    return found


# -- rule codes, in suppressions and in the config ----------------------------------------------------------

_WORD = re.compile(r"[A-Za-z0-9-]+")
_SUPPRESSION = re.compile(r"vcolint:\s*ignore(?:-file)?\s*\[[^\]]*", re.IGNORECASE)
_TOP_KEY = re.compile(r"([a-z-]+)\s*:")
# The settings that name rules.
_NAMING = frozenset({"select", "ignore", "per-file-ignores", "ignore-entries", "severity", "options"})


def is_config(path: str) -> bool:
    """Whether a file is a config, by its name."""
    return os.path.basename(path) in CONFIG_NAMES


def _rule_at(snapshot: Snapshot, path: str, position: lsp.Position) -> Rule | None:
    """The rule that is named at a position."""
    number, column = snapshot.place(path, position)
    line = snapshot.lines(path).line(number)
    spans = [(0, len(line))] if is_config(path) else [one.span() for one in _SUPPRESSION.finditer(line)]
    for word in _WORD.finditer(line):
        named = any(start <= word.start() and word.end() <= end for start, end in spans)
        if named and word.start() < column <= word.end() + 1:
            return find_rule(snapshot.settings.rules, word[0])
    return None


def completions(snapshot: Snapshot, path: str, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
    """The rules that may be named at a position."""
    number, column = snapshot.place(path, params.position)
    lines = snapshot.lines(path)
    if is_config(path):
        above = (_TOP_KEY.match(lines.line(one)) for one in range(number, 0, -1))
        fits = next((key[1] for key in above if key), None) in _NAMING
    else:
        before = lines.line(number)[: column - 1]
        fits = any(one.end() == len(before) for one in _SUPPRESSION.finditer(before))
    return [
        lsp.CompletionItem(
            rule.code,
            kind=lsp.CompletionItemKind.EnumMember,
            detail=rule.name,
            documentation=tr(rule.title),
            filter_text=f"{rule.code} {rule.name}",
        )
        for rule in (snapshot.settings.rules.values() if fits else ())
    ]
