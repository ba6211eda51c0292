"""What is known about the network around the routes: from the config, and from the input itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
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
        # Connections to which the same list applies share it.
        self._networks = cache(self._made)

    def known(
        self, name: str, connection: Connection | None = None, names: Iterable[str] = ()
    ) -> Known | None:
        """The networks of a fact (its name as in the config), for a connection if each connection has its
        own: `remote-subnets`, `allowed-destinations` (else that of "*"). `names`: what the config may call
        the connection. None: nobody gave any."""
        if name not in OF_CONNECTION:
            return self._networks(name, None, None)
        given = self._field(name)
        listed = next((one for one in names if one in given), None)
        if name == "remote-subnets":
            return self._networks(name, listed, connection if connection in self._remote_subnets else None)
        # Whether an unknown connection has its own list is not known either.
        return self._networks(name, listed or "*", None) if connection is not None else None

    def _field(self, name: str) -> Any:
        return getattr(self._given, name.replace("-", "_"))

    def _made(self, name: str, listed: str | None, connection: Connection | None) -> Known | None:
        """The networks of a fact: of the list with that name in the config, and those that the input tells of
        a connection, if each connection has its own."""
        given, told = self._field(name), self._told.get(name, ())
        if name in OF_CONNECTION:
            given = given.get(listed, ())
            told = self._remote_subnets[connection] if connection is not None else ()
            if name == "remote-subnets" and _DEFAULT_ROUTE in given:
                given = ()  # routes decide which traffic enters the tunnel
        places: list[tuple[str, tuple[Origin, ...]]] = [(text, ()) for text in given]
        places += [(fact.value, (Origin(fact.address or name, fact.location),)) for fact in told]
        origins: dict[int, tuple[Origin, ...]] = {}
        for text, place in places:
            block = network.parse(text if "/" in text else f"{text}/32")
            if block is not None:
                held = network.network(block)
                origins[held] = origins.get(held, ()) + place
        return Known(network.NetworkSet(origins), origins) if origins else None
