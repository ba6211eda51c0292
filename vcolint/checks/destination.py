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
# The facts that each connection may have of its own.
_OF_CONNECTION = ("remote-subnets", "allowed-destinations")
_DEFAULT_ROUTE = "0.0.0.0/0"
_MOST = 100  # networks that a message names: nobody reads more
_MOST_PIECES = 6  # uncovered blocks that a message names


class Known(NamedTuple):
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
    destinations = routes.destinations
    for entry in who:
        block = destinations[entry]
        if block is not None and not least <= network.length(block) <= most:
            yield Hit(entry, _FIELD, {"length": network.length(block), "min": least, "max": most})


def destination(routes: RouteSet, parameters: Mapping[str, Any], who: Sequence[int]) -> Iterator[Hit | Doubt]:
    """Entries whose destination has the `relation` to one of the networks; `outside`: not completely inside
    their union. The networks are `networks`, or the `facts` that apply to the entry."""
    relation = parameters["relation"]
    if "networks" in parameters:
        batches = [(_fixed(tuple(parameters["networks"])), who)]
    else:
        batches = _batches(routes, parameters["facts"], who)
    # A gateway is an address, not a network.
    shown = _address if parameters.get("facts") == "customer-gateway-ips" else network.text
    for known, entries in batches:
        yield from meetings(routes, known, relation, entries, shown)


def _address(block: int) -> str:
    return network.address_text(network.first(block))


# -- which networks hold for which entries ----------------------------------------------------------------


def _batches(routes: RouteSet, name: str, who: Sequence[int]) -> list[tuple[Known, Sequence[int]]]:
    """The networks of a fact, with the entries to which they apply."""
    wanted = who if isinstance(who, range) else frozenset(who)
    batches: dict[int, tuple[Known, list[int]]] = {}
    for reading, span in routes.spans:
        alike: dict[Connection | None, list[int]] = {}
        for entry in span:
            if entry in wanted:
                connection = routes.connections[entry] if name in _OF_CONNECTION else None
                alike.setdefault(connection, []).append(entry)
        for connection, entries in alike.items():
            known = _known(routes, reading, name, connection)
            if known.networks:
                batches.setdefault(id(known), (known, []))[1].extend(entries)
    return list(batches.values())


def _known(routes: RouteSet, reading: Reading, name: str, connection: Connection | None) -> Known:
    """The networks of a fact (its name as in the config) for the entries of a reading: the config's, and
    those of the same Terraform. Each connection may have its own `remote-subnets` and
    `allowed-destinations`. Without its own `allowed-destinations`, it has those of "*"."""
    field = name.replace("-", "_")
    given: Any = getattr(routes.config.facts, field)
    told: Any = getattr(reading.topology, field, ())
    listed = None
    if name in _OF_CONNECTION:
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
def _fixed(texts: tuple[str, ...]) -> Known:
    return _made("", texts, ())


def _made(name: str, given: Iterable[str], told: Iterable[Fact]) -> Known:
    places: list[tuple[str, tuple[tuple[str, Location], ...]]] = [(text, ()) for text in given]
    places += [(fact.value, ((fact.address or name, fact.location),)) for fact in told]
    origins: dict[int, tuple[tuple[str, Location], ...]] = {}
    for text, place in places:
        block = network.parse(text if "/" in text else f"{text}/32")
        if block is not None:
            held = network.network(block)
            origins[held] = origins.get(held, ()) + place
    return Known(NetworkSet(origins), origins)


# -- which of many destinations meet which of many networks -----------------------------------------------


def _in_relation(destinations: NetworkSet, relation: str, networks: NetworkSet) -> set[int]:
    """The destinations that have the relation to one of the networks."""
    if relation == "outside":
        return {block for block in destinations.networks if not networks.covers(block)}
    found: set[int] = set()
    for block in networks.networks:
        if relation in ("contains", "overlaps"):
            found.update(destinations.enclosing(block))
        elif block in destinations:
            found.add(block)
    if relation in ("inside", "overlaps"):
        for block in networks.widest:
            found.update(destinations.inside(block))
    return found


# -- what a finding says ----------------------------------------------------------------------------------


def meetings(
    routes: RouteSet,
    known: Known,
    relation: str,
    who: Sequence[int],
    shown: Callable[[int], str] = network.text,
) -> Iterator[Hit]:
    """A hit for each of these entries whose destination has the relation to one of the networks."""
    destinations = routes.destinations
    if len(who) == routes.size:
        index = routes.destination_set
    else:
        index = NetworkSet(block for entry in who if (block := destinations[entry]) is not None)
    found = _in_relation(index, relation, known.networks)
    tell = cache(
        lambda block: (_outside if relation == "outside" else _meeting)(block, known, relation, shown)
    )
    for entry in who if found else ():
        block = destinations[entry]
        if block is not None and block in found:
            yield tell(block)._replace(entry=entry)


def _meeting(block: int, known: Known, relation: str, shown: Callable[[int], str]) -> Hit:
    """The hit for each entry with that destination, without the number of the entry."""
    around = known.networks.enclosing(block)
    met = {
        "equals": [one for one in around if one == block],
        "inside": [one for one in around if one != block] if relation in ("inside", "overlaps") else [],
        "contains": known.networks.inside(block) if relation in ("contains", "overlaps") else [],
    }
    parts = [
        say(_MEETING_TEMPLATES[name], networks=listed([shown(one) for one in some], _MOST))
        for name, some in met.items()
        if some
    ]
    meets = reduce(lambda one, other: say("{one} and {other}", one=one, other=other), parts)
    named = [one for some in met.values() for one in some[:_MOST]]
    others = tuple(
        Other(say("{member} of {label}", member=shown(member), label=label), location=place)
        for member in named
        for label, place in known.origins.get(member, ())[:_MOST]
    )
    witness = None
    if relation in ("contains", "overlaps"):
        witness = _address(max(block, named[0], key=network.length))
    return Hit(-1, _FIELD, {"relation": relation, "meets": meets}, others, witness=witness)


def _outside(block: int, known: Known, relation: str, shown: Callable[[int], str]) -> Hit:
    """The same for a destination that is not completely inside the networks."""
    inside = known.networks.inside(block)
    uncovered = network.difference(block, inside)
    met = listed([shown(one) for one in inside], _MOST)
    variables = {
        "relation": relation,
        "meets": say("lies partly outside") if met else say("lies outside"),
        "among": say(" (it overlaps {met})", met=met) if met else "",
        "uncovered": listed([shown(piece) for piece in uncovered], _MOST_PIECES),
    }
    return Hit(-1, _FIELD, variables, witness=_address(uncovered[0]))
