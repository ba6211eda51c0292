"""Destinations compared with networks, and their prefix lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection, Fact, Reading
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Location
from vcolint.text.wording import listed

_FIELD = "RouteDest"
_MEETING_TEMPLATES = {
    "equals": "equals {networks}",
    "inside": "lies inside {networks}",
    "contains": "contains {networks}",
}
_INSIDE = ("inside", "overlaps")  # the relations that a destination inside a network has to it
_CONTAINS = ("contains", "overlaps")  # the same for a destination that contains it
# The facts that each connection has of its own.
_OF_CONNECTION = ("remote-subnets", "allowed-destinations", "learned-routes")
_DEFAULT_ROUTE = "0.0.0.0/0"
_MOST = 100  # networks that a message names: nobody reads more
_MOST_PIECES = 6  # uncovered blocks that a message names


class _Known(NamedTuple):
    """Networks of one kind. For each network that the input names, `origins` holds the addresses and places
    of the resources that name it."""

    networks: NetworkSet
    origins: Mapping[int, tuple[tuple[str, Location], ...]]


def prefix_length(
    routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]
) -> Iterator[Hit | Doubt]:
    """Entries whose prefix length is not from `min` to `max`."""
    least, most = parameters.get("min", 0), parameters.get("max", 32)
    if all(least <= length <= most for length in routes.destination_set.lengths):
        return
    for entry in who:
        block = routes.destinations[entry]
        if block is not None and not least <= network.length(block) <= most:
            yield Hit(entry, _FIELD, {"length": network.length(block), "min": least, "max": most})


def destination(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose destination has the `relation` to one of the networks; `outside`: not completely inside
    their union. The networks are `networks`, or the `facts` that apply to the entry."""
    relation, facts = parameters["relation"], parameters.get("facts")
    if facts is None:
        batches = [(_fixed(tuple(parameters["networks"])), who)]
    else:
        batches = _batches(routes, facts, who)
    # A gateway is an address, not a network.
    shown = _address if facts == "customer-gateway-ips" else network.text
    for known, entries in batches:
        index = routes.destination_set
        if len(entries) != routes.size:
            index = NetworkSet(block for one in entries if (block := routes.destinations[one]) is not None)
        if relation == "outside":
            found = {block: _outside(block, known.networks) for block in index.networks}
        else:
            near = {block for one in known.networks.networks for block in index.enclosing(one)}
            if relation in _INSIDE:
                near.update(block for one in known.networks.union for block in index.inside(one))
            found = {block: _meeting(block, known, relation, shown) for block in near}
        for entry in entries if found else ():
            block = routes.destinations[entry]
            hit = None if block is None else found.get(block)
            if hit is not None:
                yield hit._replace(entry=entry)


def _address(block: int) -> str:
    return network.address_text(network.first(block))


# -- which networks hold for which entries ----------------------------------------------------------------


def _batches(routes: RouteSet, name: str, who: Sequence[int]) -> list[tuple[_Known, Sequence[int]]]:
    """The networks of a fact, with the entries to which they apply."""
    known = cache(lambda reading, connection: _known(routes, reading, name, connection))
    out = routes.dry if name == "learned-routes" else ()  # dry runs conflict with nothing
    batches: dict[int, tuple[_Known, list[int]]] = {}
    for entry in who:
        connection = routes.connections[entry] if name in _OF_CONNECTION else None
        found = known(routes.place(entry)[0], connection)
        if found.networks and entry not in out:
            batches.setdefault(id(found), (found, []))[1].append(entry)
    return list(batches.values())


def _known(routes: RouteSet, reading: Reading, name: str, connection: Connection | None) -> _Known:
    """The networks of a fact for the entries of a reading that use a connection: those that the config names,
    and those of the reading itself or of the live snapshot. A connection without `allowed-destinations` of
    its own has those of "*"."""
    field = name.replace("-", "_")
    given: Any = getattr(routes.config.facts, field, ())
    told: Any = getattr(reading.topology, field, ())
    listed = None
    if name == "learned-routes":
        told = routes.learned.get(connection, ())
    elif name in _OF_CONNECTION:
        listed = next((one for one in routes.names_of(connection) if one in given), None)
        if name == "remote-subnets":
            told = told.get(connection, ())
        elif listed is None and connection is not None:
            listed = "*"  # whether an unknown connection has its own list is not known either
        given = given.get(listed, ())
        if name == "remote-subnets" and _DEFAULT_ROUTE in given:
            given = ()  # no limit: routes decide which traffic enters the tunnel
    # Most input tells nothing, so readings and connections with the same list share its index.
    return routes.once(("known", name, listed, id(told) if told else 0), lambda: _made(name, given, told))


@lru_cache(maxsize=64)
def _fixed(texts: tuple[str, ...]) -> _Known:
    return _made("", texts, ())


def _made(name: str, given: Iterable[str], told: Iterable[Fact]) -> _Known:
    origins: dict[int, tuple[tuple[str, Location], ...]] = {}
    places = [(fact.value, ((fact.address or name, fact.location),)) for fact in told]
    for text, place in (*((text, ()) for text in given), *places):
        block = network.parse(text if "/" in text else f"{text}/32")
        if block is not None:
            held = network.network(block)
            origins[held] = (*origins.get(held, ()), *place)
    return _Known(NetworkSet(origins), origins)


# -- what a finding says: the hit for a destination, without the number of an entry ------------------------


def _meeting(block: int, known: _Known, relation: str, shown: Callable[[int], str]) -> Hit | None:
    """None if the destination does not have the relation to any of the networks."""
    around = known.networks.enclosing(block)
    met = {
        "equals": [one for one in around if one == block],
        "inside": [one for one in around if one != block] if relation in _INSIDE else [],
        "contains": known.networks.inside(block) if relation in _CONTAINS else [],
    }
    parts = [
        say(_MEETING_TEMPLATES[name], networks=listed([shown(one) for one in some], _MOST))
        for name, some in met.items()
        if some
    ]
    if not parts:
        return None
    meets = reduce(lambda one, other: say("{one} and {other}", one=one, other=other), parts)
    named = [one for some in met.values() for one in some[:_MOST]]
    others = tuple(
        Other(say("{member} of {label}", member=shown(member), label=label), location=place)
        for member in named
        for label, place in known.origins[member][:_MOST]
    )
    witness = _address(max(block, named[0], key=network.length)) if relation in _CONTAINS else None
    return Hit(-1, _FIELD, {"relation": relation, "meets": meets}, others, witness=witness)


def _outside(block: int, networks: NetworkSet) -> Hit | None:
    """None if the destination is completely inside the networks."""
    inside = networks.inside(block)
    uncovered = [] if networks.enclosing(block) else network.difference(block, inside)
    if not uncovered:
        return None
    met = listed([network.text(one) for one in inside], _MOST)
    variables = {
        "relation": "outside",
        "meets": say("lies partly outside") if met else say("lies outside"),
        "among": say(" (it overlaps {met})", met=met) if met else "",
        "uncovered": listed([network.text(one) for one in uncovered], _MOST_PIECES),
    }
    return Hit(-1, _FIELD, variables, witness=_address(uncovered[0]))
