"""Resource instances with Terraform's names, and what they say about the network around the routes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple

from vcolint.model.reading import Attachment, Connection, Fact, Topology
from vcolint.text.value import Location, Reference, Unknown

ROUTE = "alicloud_vpn_gateway_vco_route"
ATTACHMENT = "alicloud_vpn_gateway_vpn_attachment"
BINDING = "alicloud_cen_transit_router_vpn_attachment"
CONNECTION = "alicloud_vpn_connection"  # of a VPN gateway
CUSTOMER_GATEWAY = "alicloud_vpn_customer_gateway"
TRANSIT_ROUTER = "alicloud_cen_transit_router"
ROUTE_TABLE = "alicloud_cen_transit_router_route_table"
PROPAGATION = "alicloud_cen_transit_router_route_table_propagation"
SSL_SERVER = "alicloud_ssl_vpn_server"

_ATTACHMENT_IDS = ("transit_router_attachment_id", "id")  # of the attachment to a transit router
# What each type says about the network: the name of a list in `Topology`, and the attributes that fill it.
_NETWORKS = "vpc_cidrs", "cidr_block", "secondary_cidr_block", "secondary_cidr_blocks"
_TUNNELS = "tunnel_options_specification"
_BGP = "bgp_tunnel_cidrs", "bgp_config.tunnel_cidr", f"{_TUNNELS}.tunnel_bgp_config.tunnel_cidr"
_FACTS = {
    **dict.fromkeys(("alicloud_vpc", "alicloud_vpc_ipv4_cidr_block", "alicloud_vswitch"), _NETWORKS),
    **dict.fromkeys((ATTACHMENT, CONNECTION), _BGP),
    SSL_SERVER: ("ssl_client_pools", "client_ip_pool"),
    CUSTOMER_GATEWAY: ("customer_gateway_ips", "ip_address"),
}
# The types whose resources say something about the network.
SURROUNDINGS = frozenset({*_FACTS, BINDING, TRANSIT_ROUTER, ROUTE_TABLE, PROPAGATION})


class Instance(NamedTuple):
    """One resource instance, by Terraform's names. Unknown attributes are `Unknown`; their references have
    the scope that `describe` gets. Sensitive attributes are left out."""

    address: str
    type: str
    values: dict[str, Any]
    location: Location


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one: a file may hold anything."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """The value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def without_sensitive(value: Any, marks: object) -> Any:
    """A value without its sensitive parts, because messages show facts. `marks` is true where it is
    sensitive."""
    if not marks:
        return value
    if marks is True:
        return None
    if isinstance(value, list) and isinstance(marks, list):
        return list(map(without_sensitive, value, marks))
    inside = mapping(marks)
    return {name: without_sensitive(inner, inside.get(name)) for name, inner in mapping(value).items()}


def describe(topology: Topology, scope: str, instances: Iterable[Instance]) -> None:
    """Add what the instances say to the topology. `scope` is the scope of the references to them."""
    instances = list(instances)
    named: dict[Connection, Instance] = {}  # by ID, and by reference
    for instance in instances:
        named[Reference(scope, instance.address)] = instance
        named[_identity(scope, instance)] = instance
        name, *paths = _FACTS.get(instance.type, ("",))
        for path in paths:
            getattr(topology, name).extend(_facts(instance, path))
    for instance in instances:
        values = instance.values
        if instance.type == ATTACHMENT:
            connection = _identity(scope, instance)
            topology.created[connection] = instance.location
            topology.addresses[connection] = instance.address
            subnets = _facts(instance, "remote_subnet")
            if subnets and all(fact.value != "0.0.0.0/0" for fact in subnets):
                topology.remote_subnets[connection] = subnets
            tunnels = _blocks(values, _TUNNELS)
            ends = (_denoted(block, "customer_gateway_id") for block in (values, *tunnels))
            gateways = (_facts(named[end], "ip_address") for end in ends if end in named)
            if found := dict.fromkeys(chain.from_iterable(gateways)):
                topology.gateways_of[connection] = list(found)
            if not tunnels and any(
                check.get("policy") == "reserve_route" and check.get("enable") is not False
                for check in _blocks(values, "health_check_config")
            ):
                topology.keeps_routes[connection] = instance.location
        elif instance.type == ROUTE_TABLE:
            topology.route_tables = True
        elif instance.type == PROPAGATION:
            attachment = _denoted(values, "transit_router_attachment_id")
            if attachment is None:
                topology.propagation_unknown = True
            else:
                topology.propagated.add(attachment)
        elif instance.type == BINDING:
            bound = _denoted(values, "vpn_id")
            topology.binding_unknown |= bound is None
            if bound is not None:
                topology.bound.add(bound)
                known = (_denoted(values, name) for name in _ATTACHMENT_IDS)
                references = (Reference(scope, f"{instance.address}.{name}") for name in _ATTACHMENT_IDS)
                names = frozenset(name for name in (*known, *references) if name is not None)
                topology.attachments[bound] = Attachment(names, instance.location)
                router = _denoted(values, "transit_router_id")
                if isinstance(router, Reference):
                    given = named[router].values.get("transit_router_id") if router in named else None
                    router = given if isinstance(given, str) and given else router.address
                if router is not None:
                    topology.transit_router_of[bound] = router


def _identity(scope: str, instance: Instance) -> Connection:
    """The instance's ID; before it exists, the reference that stands for it."""
    return _denoted(instance.values, "id") or Reference(scope, instance.address)


def _denoted(values: dict[str, Any], attribute: str) -> Connection | None:
    """The ID that an attribute holds; while it is unknown, its reference."""
    value = values.get(attribute)
    if isinstance(value, Unknown):
        return value.reference
    return value if isinstance(value, str) and value else None


def _blocks(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The nested blocks with that name: Terraform always lists them, other tools do not if there is only
    one."""
    blocks = values.get(name)
    listed = blocks if isinstance(blocks, (list, tuple)) else [blocks]
    return [block for block in listed if isinstance(block, dict)]


def _facts(instance: Instance, path: str) -> list[Fact]:
    """One fact for each network in an attribute, perhaps in nested blocks (`bgp_config.tunnel_cidr`): a text,
    in which commas separate several networks, or a list of texts."""
    *names, attribute = path.split(".")
    blocks = [instance.values]
    for name in names:
        blocks = [inner for block in blocks for inner in _blocks(block, name)]
    given = [block.get(attribute) for block in blocks]
    texts = chain.from_iterable(value if isinstance(value, (list, tuple)) else [value] for value in given)
    return [
        Fact(part.strip(), instance.location, instance.address)
        for text in texts
        if isinstance(text, str)
        for part in text.split(",")
        if part.strip()
    ]
