"""What is known of the network around the routes: from the config, and from the input itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vcolint.model import network, settings
from vcolint.model.reading import Connection, Fact, Topology
from vcolint.text.value import Location


class Origin(NamedTuple):
    """Where the input tells of a network."""

    label: str  # the resource's address
    location: Location


class Known(NamedTuple):
    """Networks of one kind, each with the places of the input that tell of it."""

    networks: network.NetworkSet
    origins: Mapping[int, tuple[Origin, ...]]


class Facts:
    """The facts that hold for the entries of one reading: the config's, and those of the same Terraform."""

    def __init__(self, given: settings.Facts, topology: Topology) -> None:
        self._given = given
        self._topology = topology
        self._everywhere: dict[str, Known | None] = {}
        self._of_connection: dict[tuple[str, str | None, Connection | None], Known | None] = {}

    def everywhere(self, name: str) -> Known | None:
        """The networks of a fact that holds for all connections: `vpc-cidrs`, `ssl-client-pools`,
        `customer-gateway-ips`, `bgp-tunnel-cidrs`, `forbidden-destinations`. None: nobody gave any."""
        if name not in self._everywhere:
            topology = self._topology
            told: Mapping[str, list[Fact]] = {
                "vpc-cidrs": topology.vpc_cidrs,
                "ssl-client-pools": topology.ssl_client_pools,
                "customer-gateway-ips": topology.customer_gateways,
                "bgp-tunnel-cidrs": topology.bgp_tunnel_cidrs,
            }
            given = getattr(self._given, name.replace("-", "_"))
            self._everywhere[name] = _known(name, given, told.get(name, ()))
        return self._everywhere[name]

    def of_connection(self, name: str, connection: Connection | None, names: Iterable[str]) -> Known | None:
        """The networks of a fact that each connection has its own of: `remote-subnets`,
        `allowed-destinations` (else that of "*"). `names`: what the config may call the connection."""
        given: Mapping[str, tuple[str, ...]] = getattr(self._given, name.replace("-", "_"))
        listed = next((one for one in names if one in given), None)
        told: Iterable[Fact] = ()
        if name == "remote-subnets" and connection is not None:
            told = self._topology.remote_subnets.get(connection, ())
        if name == "allowed-destinations" and listed is None and connection is not None:
            # Whether an unknown connection has its own list is not known either.
            listed = "*"
        key = (name, listed, connection if told else None)
        if key not in self._of_connection:
            found = given.get(listed, ()) if listed is not None else ()
            if name == "remote-subnets" and "0.0.0.0/0" in found:
                found = ()  # routes decide what goes into the tunnel
            self._of_connection[key] = _known(name, found, told)
        return self._of_connection[key]

    @property
    def any_gateways(self) -> bool:
        """Whether any connection is known to end on a customer gateway."""
        return bool(self._given.customer_gateways_of or self._topology.gateways_of)

    def gateways(self, connection: Connection | None, names: Iterable[str]) -> frozenset[str]:
        """The addresses of the customer gateways on which a connection is known to end."""
        given = self._given.customer_gateways_of
        told = () if connection is None else self._topology.gateways_of.get(connection, ())
        addresses = {address for one in names for address in given.get(one, ())}
        return frozenset(addresses | {fact.value for fact in told})

    @property
    def any_keeps_routes(self) -> bool:
        """Whether any connection is known to keep its routes."""
        return bool(self._given.keeps_routes or self._topology.keeps_routes)

    def keeps_routes(self, connection: Connection | None, names: Iterable[str]) -> bool:
        """Whether a connection is known to keep its routes when its health check fails."""
        told = self._topology.keeps_routes
        return connection in told or any(one in self._given.keeps_routes for one in names)


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
