"""Destinations held against networks, and their prefix lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from vcolint.checks import Doubt, Hit, Other
from vcolint.locale import say
from vcolint.model import network
from vcolint.model.facts import Known
from vcolint.model.network import NetworkSet
from vcolint.model.reading import Connection
from vcolint.model.route_set import RouteSet
from vcolint.text.wording import listed

_FIELD = "RouteDest"
_MEETING_TEMPLATES = {
    "equals": "equals {networks}",
    "inside": "lies inside {networks}",
    "contains": "contains {networks}",
}
_MOST = 100  # networks that a message names: more are no longer read
_MOST_PIECES = 6  # uncovered blocks that a message names

# The facts that each connection has its own of.
_OF_CONNECTION = frozenset({"remote-subnets", "allowed-destinations"})


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
    """Entries whose destination stands in the `relation` to one of the networks; `outside`: not wholly
    inside their union. The networks are `networks`, or the `facts` that hold for the entry."""
    relation = parameters["relation"]
    if "networks" in parameters:
        blocks = [block for block in map(network.parse, parameters["networks"]) if block is not None]
        batches = [(Known(NetworkSet(map(network.network, blocks)), {}), who)]
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
    """The networks of a fact, with the entries for which they hold."""
    wanted = who if isinstance(who, range) else frozenset(who)
    batches: dict[int, tuple[Known, list[int]]] = {}
    for reading, span in routes.spans:
        facts = routes.facts(reading)
        entries = [entry for entry in span if entry in wanted]
        if name not in _OF_CONNECTION:
            told = [(facts.everywhere(name), entries)]
        else:
            alike: dict[Connection | None, list[int]] = {}
            for entry in entries:
                alike.setdefault(routes.connections[entry], []).append(entry)
            told = [
                (facts.of_connection(name, connection, routes.names_of(connection)), members)
                for connection, members in alike.items()
            ]
        for known, members in told:
            if known is not None:
                batches.setdefault(id(known), (known, []))[1].extend(members)
    return list(batches.values())


# -- which of many destinations meet which of many networks -----------------------------------------------


def _in_relation(destinations: NetworkSet, relation: str, networks: NetworkSet) -> set[int]:
    """The destinations that stand in the relation to one of the networks."""
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


class _Meeting(NamedTuple):
    """What a finding says about one destination."""

    variables: Mapping[str, object]
    others: tuple[Other, ...]
    witness: str | None


def meetings(
    routes: RouteSet,
    known: Known,
    relation: str,
    who: Sequence[int],
    shown: Callable[[int], str] = network.text,
) -> Iterator[Hit]:
    """A hit for each of these entries whose destination stands in the relation to one of the networks."""
    destinations = routes.destinations
    if len(who) == routes.size:
        index = routes.destination_set
    else:
        index = NetworkSet(block for entry in who if (block := destinations[entry]) is not None)
    found = _in_relation(index, relation, known.networks)
    if not found:
        return
    said: dict[int, _Meeting] = {}
    for entry in who:
        block = destinations[entry]
        if block is None or block not in found:
            continue
        if block not in said:
            tell = _outside if relation == "outside" else _meeting
            said[block] = tell(block, known, relation, shown)
        meeting = said[block]
        yield Hit(entry, _FIELD, meeting.variables, meeting.others, witness=meeting.witness)


def _meeting(block: int, known: Known, relation: str, shown: Callable[[int], str]) -> _Meeting:
    networks = known.networks
    around = networks.enclosing(block)
    equal = [block] if around[-1:] == [block] else []
    wider = around[: len(around) - len(equal)] if relation in ("inside", "overlaps") else []
    narrower = networks.inside(block) if relation in ("contains", "overlaps") else []
    met = [("equals", one) for one in equal]
    met += [("inside", one) for one in wider]
    met += [("contains", one) for one in narrower]
    named = [one for _, one in met[:_MOST]]
    groups = [(name, [shown(one) for _, one in group]) for name, group in groupby(met[:_MOST], itemgetter(0))]
    if len(met) > _MOST:
        groups[-1][1].append(say("{count} more", count=len(met) - _MOST))
    parts = [say(_MEETING_TEMPLATES[name], networks=listed(texts, len(texts))) for name, texts in groups]
    meets = reduce(lambda one, other: say("{one} and {other}", one=one, other=other), parts)
    others = tuple(
        Other(say("{member} of {label}", member=shown(member), label=origin.label), location=origin.location)
        for member in named
        for origin in known.origins.get(member, ())[:_MOST]
    )
    witness = None
    if relation in ("contains", "overlaps"):
        shared = max(block, named[0], key=network.length)
        witness = network.address_text(network.first(shared))
    return _Meeting({"relation": relation, "meets": meets}, others, witness)


def _outside(block: int, known: Known, relation: str, shown: Callable[[int], str]) -> _Meeting:
    inside = known.networks.inside(block)
    uncovered = network.difference(block, inside)
    met = [shown(one) for one in inside]
    variables = {
        "relation": relation,
        "meets": say("lies partly outside") if met else say("lies outside"),
        "among": say(" (it overlaps {met})", met=listed(met, _MOST)) if met else "",
        "uncovered": listed([shown(piece) for piece in uncovered], _MOST_PIECES),
    }
    return _Meeting(variables, (), network.address_text(network.first(uncovered[0])))
