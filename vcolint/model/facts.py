"""What is known about the network around the routes: from the config, and from the input itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from vcolint.model import network, settings
from vcolint.model.reading import Connection, Fact, Topology
from vcolint.text.value import Location


class Origin(NamedTuple):
    """The place in the input that names a network."""

    label: str  # the resource's address
    location: Location


class Known(NamedTuple):
    """Networks of one kind, each with the places in the input that name it."""

    networks: network.NetworkSet
    origins: Mapping[int, tuple[Origin, ...]]


# The facts that each connection has of its own.
OF_CONNECTION = frozenset({"remote-subnets", "allowed-destinations"})
_DEFAULT_ROUTE = "0.0.0.0/0"


class Facts:
    """The facts that hold for the entries of one reading: the config's, and those of the same Terraform."""

    def __init__(self, given: settings.Facts, topology: Topology) -> None:
        self._given = given
        self._told: Mapping[str, Sequence[Fact]] = {
            "vpc-cidrs": topology.vpc_cidrs,
            "ssl-client-pools": topology.ssl_client_pools,
            "customer-gateway-ips": topology.customer_gateways,
            "bgp-tunnel-cidrs": topology.bgp_tunnel_cidrs,
        }
        self._remote_subnets = topology.remote_subnets
        self._known: dict[tuple[str, str | None, Connection | None], Known | None] = {}

    def known(
        self, name: str, connection: Connection | None = None, names: Iterable[str] = ()
    ) -> Known | None:
        """The networks of a fact (its name as in the config), for a connection if each connection has its
        own: `remote-subnets`, `allowed-destinations` (else that of "*"). `names`: what the config may call
        the connection. None: nobody gave any."""
        given: Any = getattr(self._given, name.replace("-", "_"))
        told, listed = self._told.get(name, ()), None
        if name in OF_CONNECTION:
            listed = next((one for one in names if one in given), None)
            if name == "remote-subnets" and connection is not None:
                told = self._remote_subnets.get(connection, ())
            if name == "allowed-destinations" and listed is None and connection is not None:
                # Whether an unknown connection has its own list is not known either.
                listed = "*"
            given = given.get(listed, ())
            if name == "remote-subnets" and _DEFAULT_ROUTE in given:
                given = ()  # routes decide which traffic enters the tunnel
        key = (name, listed, connection if told else None)
        if key not in self._known:
            self._known[key] = _known(name, given, told)
        return self._known[key]


def _known(name: str, given: Iterable[str], told: Iterable[Fact]) -> Known | None:
    networks = [block for block in map(_network, given) if block is not None]
    origins: dict[int, tuple[Origin, ...]] = dict.fromkeys(networks, ())
    for fact in told:
        block = _network(fact.value)
        if block is not None:
            origins[block] = (*origins.get(block, ()), Origin(fact.address or name, fact.location))
    return Known(network.NetworkSet(origins), origins) if origins else None


def _network(text: str) -> int | None:
    block = network.parse(text if "/" in text else f"{text}/32")
    return None if block is None else network.network(block)
