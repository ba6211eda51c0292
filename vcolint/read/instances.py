"""Resource instances with Terraform's names, and what they say about the network around the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from vcolint.hcl.configuration import ResourceType, Schema
from vcolint.model.entry import snake_case
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
NETWORKS = {
    "alicloud_vpc": ("cidr_block", "secondary_cidr_blocks"),
    "alicloud_vpc_ipv4_cidr_block": ("secondary_cidr_block",),
    "alicloud_vswitch": ("cidr_block",),
}
SSL_SERVER = "alicloud_ssl_vpn_server"

_ID = frozenset({"id"})
_TUNNEL_BLOCKS = frozenset(
    {
        "bgp_config",
        "health_check_config",
        "ike_config",
        "ipsec_config",
        "tunnel_bgp_config",
        "tunnel_ike_config",
        "tunnel_ipsec_config",
        "tunnel_options_specification",
    }
)
_TUNNEL_ATTRIBUTES = {
    "customer_gateway_id": "string",
    "effect_immediately": "bool",
    "enable_dpd": "bool",
    "enable_nat_traversal": "bool",
    "enable_tunnels_bgp": "bool",
}


def _strings(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string")


# What the provider's schema says of these types, as far as it matters here.
SCHEMA = Schema(
    types={
        ROUTE: ResourceType(
            _strings("vpn_connection_id", "route_dest", "next_hop", "overlay_mode") | {"weight": "number"},
            frozenset({"timeouts"}),
        ),
        ATTACHMENT: ResourceType(
            _TUNNEL_ATTRIBUTES | _strings("local_subnet", "remote_subnet", "network_type"),
            _TUNNEL_BLOCKS,
            _ID,
        ),
        CONNECTION: ResourceType(
            _TUNNEL_ATTRIBUTES
            | {"vpn_gateway_id": "string", "local_subnet": "list", "remote_subnet": "list"},
            _TUNNEL_BLOCKS,
            _ID,
        ),
        CUSTOMER_GATEWAY: ResourceType(_strings("ip_address", "asn"), identities=_ID),
        TRANSIT_ROUTER: ResourceType(_strings("cen_id"), identities=frozenset({"id", "transit_router_id"})),
        BINDING: ResourceType(
            _strings("vpn_id", "transit_router_id", "vpn_owner_id", "cen_id")
            | {"auto_publish_route_enabled": "bool"},
            frozenset({"zone"}),
        ),
        ROUTE_TABLE: ResourceType(_strings("transit_router_id")),
        PROPAGATION: ResourceType(_strings("transit_router_attachment_id", "transit_router_route_table_id")),
        SSL_SERVER: ResourceType(_strings("client_ip_pool", "local_subnet", "vpn_gateway_id")),
        "alicloud_vpc": ResourceType(_strings("cidr_block") | {"secondary_cidr_blocks": "list"}),
        "alicloud_vpc_ipv4_cidr_block": ResourceType(_strings("secondary_cidr_block", "vpc_id")),
        "alicloud_vswitch": ResourceType(_strings("cidr_block", "vpc_id", "zone_id")),
    },
    own=frozenset({ROUTE}),
)
SURROUNDINGS = frozenset(SCHEMA.types) - {ROUTE}


class Instance(NamedTuple):
    """One resource instance, by Terraform's names. Unknown attributes are `Unknown`; their references have
    the scope that `describe` gets. Sensitive attributes are left out."""

    address: str
    type: str
    values: dict[str, Any]
    location: Location


_SINGULAR = {
    "tunnelOptionsSpecifications": "tunnel_options_specification"
}  # Pulumi names lists in the plural
_LEVELS = 10  # levels of a tree that matter: no attribute that vcolint uses lies deeper


def terraform_values(value: Any, levels: int = _LEVELS) -> Any:
    """A tree of properties with Terraform's names, cut off below the levels that matter."""
    if not isinstance(value, (dict, list)):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [terraform_values(inner, levels - 1) for inner in value]
    return {
        _SINGULAR.get(name) or snake_case(name): terraform_values(inner, levels - 1)
        for name, inner in value.items()
        if isinstance(name, str)
    }


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one: a file may hold anything."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """The value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def without_sensitive(value: Any, marks: object, levels: int = _LEVELS) -> Any:
    """A value without its sensitive parts, because messages show facts. `marks` is true where it is
    sensitive."""
    if not marks:
        return value
    if marks is True or not levels:
        return None
    if isinstance(value, list) and isinstance(marks, list):
        pairs = zip(value, marks, strict=False)
        return [without_sensitive(inner, mark, levels - 1) for inner, mark in pairs]
    inside = mapping(marks)
    return {
        name: without_sensitive(inner, inside.get(name), levels - 1) for name, inner in mapping(value).items()
    }


def describe(topology: Topology, scope: str, instances: Iterable[Instance]) -> None:
    """Add what the instances say to the topology. `scope` is the scope of the references to them."""
    gateways: dict[Connection, Fact] = {}
    routers: dict[str, str] = {}  # address -> ID
    instances = list(instances)
    for instance in instances:
        values = instance.values
        if instance.type == CUSTOMER_GATEWAY:
            for fact in _facts(instance, values.get("ip_address")):
                topology.customer_gateways.append(fact)
                gateways[_identity(scope, instance)] = fact
                gateways[Reference(scope, instance.address)] = fact
        elif instance.type == TRANSIT_ROUTER:
            known = values.get("transit_router_id")
            routers[instance.address] = known if isinstance(known, str) and known else instance.address
        elif instance.type == SSL_SERVER:
            topology.ssl_client_pools += _facts(instance, values.get("client_ip_pool"))
        elif instance.type in NETWORKS:
            for name in NETWORKS[instance.type]:
                topology.vpc_cidrs += _facts(instance, values.get(name))

    for instance in instances:
        values = instance.values
        if instance.type in (ATTACHMENT, CONNECTION):
            for block in _blocks(values, "bgp_config"):
                topology.bgp_tunnel_cidrs += _facts(instance, block.get("tunnel_cidr"))
            tunnels = _blocks(values, "tunnel_options_specification")
            for tunnel in tunnels:
                for block in _blocks(tunnel, "tunnel_bgp_config"):
                    topology.bgp_tunnel_cidrs += _facts(instance, block.get("tunnel_cidr"))
            if instance.type == CONNECTION:
                continue
            connection = _identity(scope, instance)
            topology.created[connection] = instance.location
            topology.addresses[connection] = instance.address
            subnets = _facts(instance, values.get("remote_subnet"))
            if subnets and all(fact.value != "0.0.0.0/0" for fact in subnets):
                topology.remote_subnets[connection] = subnets
            ends = (_denoted(block, "customer_gateway_id") for block in (values, *tunnels))
            found = dict.fromkeys(gateways[end] for end in ends if end in gateways)
            if found:
                topology.gateways_of[connection] = list(found)
            if not tunnels and any(map(_keeps_routes, _blocks(values, "health_check_config"))):
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
            if bound is None:
                topology.binding_unknown = True
                continue
            topology.bound.add(bound)
            topology.attachments[bound] = Attachment(_attachment_names(scope, instance), instance.location)
            router = _denoted(values, "transit_router_id")
            if isinstance(router, Reference):
                router = routers.get(router.address, router.address)
            if router is not None:
                topology.transit_router_of[bound] = router


def _keeps_routes(health_check: dict[str, Any]) -> bool:
    """Whether a connection keeps its routes when its health check fails."""
    return health_check.get("policy") == "reserve_route" and health_check.get("enable") is not False


def _attachment_names(scope: str, instance: Instance) -> frozenset[Connection]:
    """The names that other resources may use for an attachment: its IDs, and the references to them."""
    attributes = "transit_router_attachment_id", "id"
    known = (_denoted(instance.values, attribute) for attribute in attributes)
    references = (Reference(scope, f"{instance.address}.{attribute}") for attribute in attributes)
    return frozenset(one for one in (*known, *references) if one is not None)


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
    listed = blocks if isinstance(blocks, list) else [blocks]
    return [block for block in listed if isinstance(block, dict)]


def _facts(instance: Instance, value: object) -> list[Fact]:
    """One fact for each network in an attribute: a text (several are separated by commas), or a list of
    texts."""
    texts = value if isinstance(value, list) else [value]
    return [
        Fact(part.strip(), instance.location, instance.address)
        for text in texts
        if isinstance(text, str)
        for part in text.split(",")
        if part.strip()
    ]
