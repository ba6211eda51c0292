"""Resource instances in Terraform's names, and what they tell of the network around the routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from vcolint.hcl.schema import ResourceType, Schema
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
    """One resource instance: its known attributes, by Terraform's names, and where it stands."""

    address: str
    type: str
    values: dict[str, Any]
    location: Location


# Which instance an attribute that is not known yet refers to: (instance, attribute) -> references.
Resolve = Callable[[Instance, str], "list[Reference | None]"]


_LEVELS = 10  # of a tree that matter here: no attribute that is looked for lies deeper
_MOST = 65_536  # values of one resource that are looked at


def snake_keys(value: Any, levels: int = _LEVELS) -> Any:
    """A tree of plain values with its keys as Terraform spells them, without values that are unknown or lie
    very deep."""
    if not isinstance(value, (dict, list)):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [snake_keys(inner, levels - 1) for inner in value if not isinstance(inner, Unknown)]
    return {
        snake_case(name): snake_keys(inner, levels - 1)
        for name, inner in value.items()
        if isinstance(name, str) and not isinstance(inner, Unknown)
    }


def terraform_values(values: dict[str, Any]) -> dict[str, Any]:
    """Properties by Terraform's names. Pulumi names lists in the plural."""
    found: dict[str, Any] = snake_keys(values)
    if "tunnel_options_specifications" in found:
        found["tunnel_options_specification"] = found.pop("tunnel_options_specifications")
    return found


def resolver(evaluated: Mapping[str, dict[str, Any]]) -> Resolve:
    """Resolves attributes by the properties of each instance, which `evaluated` gives by its address. A
    property that is unknown refers to one of the instances; None: it may be any."""

    def resolve(instance: Instance, attribute: str) -> list[Reference | None]:
        references = (
            unknown.reference
            for name, unknown in _unknowns(evaluated[instance.address])
            if snake_case(name) == attribute
        )
        return [one if one is not None and one.address in evaluated else None for one in references]

    return resolve


def _unknowns(values: dict[str, Any]) -> Iterator[tuple[str, Unknown]]:
    """The values that are not known, by the name of the property that holds them, in reading order."""
    ahead: list[tuple[str, Any]] = list(reversed(values.items()))
    for _ in range(_MOST):
        if not ahead:
            return
        name, value = ahead.pop()
        if isinstance(value, Unknown):
            yield name, value
        elif isinstance(value, dict):
            ahead += reversed([(str(inner_name), inner) for inner_name, inner in value.items()])
        elif isinstance(value, list):
            ahead += reversed([(name, inner) for inner in value])


def nothing(instance: Instance, attribute: str) -> list[Reference | None]:
    """A state has no references: what it holds is known."""
    return []


def describe(
    topology: Topology, scope: str, instances: Iterable[Instance], resolve: Resolve = nothing
) -> None:
    """Add to the topology what the instances tell. `scope` is the scope of the references to them."""
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
            routers[instance.address] = _text(instance, "transit_router_id") or instance.address
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
            ends = [block.get("customer_gateway_id") for block in (values, *tunnels)]
            found = {
                gateway: None
                for end in (*ends, *resolve(instance, "customer_gateway_id"))
                if isinstance(end, (str, Reference)) and (gateway := gateways.get(end)) is not None
            }
            if found:
                topology.gateways_of[connection] = list(found)
            if not tunnels and any(map(_keeps_routes, _blocks(values, "health_check_config"))):
                topology.keeps_routes[connection] = instance.location
        elif instance.type == ROUTE_TABLE:
            topology.route_tables = True
        elif instance.type == PROPAGATION:
            attachment = _known_or_resolved(instance, "transit_router_attachment_id", resolve)
            if attachment is None:
                topology.propagation_unknown = True
            else:
                topology.propagated.add(attachment)
        elif instance.type == BINDING:
            bound = _known_or_resolved(instance, "vpn_id", resolve)
            if bound is None:
                topology.binding_unknown = True
                continue
            topology.bound.add(bound)
            topology.attachments[bound] = Attachment(_attachment_names(scope, instance), instance.location)
            router = _known_or_resolved(instance, "transit_router_id", resolve)
            if isinstance(router, Reference):
                router = routers.get(router.address, router.address)
            if router is not None:
                topology.transit_router_of[bound] = router


def _keeps_routes(health_check: dict[str, Any]) -> bool:
    """Whether a connection keeps its routes when its health check fails."""
    return health_check.get("policy") == "reserve_route" and health_check.get("enable") is not False


def _attachment_names(scope: str, instance: Instance) -> frozenset[Connection]:
    """What may stand for an attachment elsewhere: its IDs, and the references to them."""
    attributes = "transit_router_attachment_id", "id"
    known = (_text(instance, attribute) for attribute in attributes)
    references = (Reference(scope, f"{instance.address}.{attribute}") for attribute in attributes)
    return frozenset([*filter(None, known), *references])


def _text(instance: Instance, attribute: str) -> str | None:
    """The value of an attribute, if it is known and a text that is not empty."""
    known = instance.values.get(attribute)
    return known if isinstance(known, str) and known else None


def _identity(scope: str, instance: Instance) -> Connection:
    """The instance's ID; while there is none, the reference that stands for it."""
    return _text(instance, "id") or Reference(scope, instance.address)


def _known_or_resolved(instance: Instance, attribute: str, resolve: Resolve) -> Connection | None:
    known = _text(instance, attribute)
    references = resolve(instance, attribute) if known is None else []
    return references[0] if len(references) == 1 else known


def _blocks(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The nested blocks of a name: Terraform lists them even where there is one only, others do not."""
    blocks = values.get(name)
    listed = blocks if isinstance(blocks, list) else [blocks]
    return [block for block in listed if isinstance(block, dict)]


def _facts(instance: Instance, value: object) -> list[Fact]:
    """One fact for each network of an attribute: text (several with commas between), or a list of texts."""
    texts = value if isinstance(value, list) else [value]
    return [
        Fact(part.strip(), instance.location, instance.address)
        for text in texts
        if isinstance(text, str)
        for part in text.split(",")
        if part.strip()
    ]
