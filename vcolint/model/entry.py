"""The route entry: one `CreateVcoRouteEntry` request, and the names of its fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from vcolint.text.value import Scalar, is_known

if TYPE_CHECKING:
    from netaddr import IPNetwork

# The fields of CreateVcoRouteEntry, in the order of its documentation.
FIELDS = (
    "RegionId",
    "VpnConnectionId",
    "RouteDest",
    "NextHop",
    "Weight",
    "Description",
    "OverlayMode",
    "ClientToken",
    "DryRun",
)
REQUIRED = FIELDS[:5]

_RESOURCE = ("VpnConnectionId", "RouteDest", "NextHop", "Weight", "OverlayMode")
# The fields that an entry can carry, by the kind of input; the other kinds carry every field.
CARRIED = {
    "terraform": _RESOURCE,
    "terraform-plan": _RESOURCE,
    "terraform-state": _RESOURCE,
    "ros": ("VpnConnectionId", "RouteDest", "NextHop", "Weight", "Description"),
    "pulumi": _RESOURCE,
    "pulumi-stack": _RESOURCE,
    "live": ("VpnConnectionId", "RouteDest", "NextHop", "Weight"),
}


def snake_case(field: str) -> str:
    """A field as the SDK and Terraform spell it: `RouteDest` -> `route_dest`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", field).lower()


# Both spellings of every field -> the spelling in the API.
SPELLINGS = {spelling: field for field in FIELDS for spelling in (field, snake_case(field))}

# Fields that only the sibling calls for VPN gateways have: an entry with one of them belongs to another API.
_GATEWAY = ("VpnGatewayId", "VpnInstanceId", "RouteSource", "PublishVpc")
GATEWAY_FIELDS = frozenset(_GATEWAY).union(map(snake_case, _GATEWAY))


class RouteEntry(NamedTuple):
    """A route entry as vcolint understood it. A field is its value, None (absent) or `Unknown`.

    A valid `weight` is 0 (backup) or 100 (primary); `route_dest` is the text as written.
    """

    region_id: Scalar
    vpn_connection_id: Scalar
    route_dest: Scalar
    next_hop: Scalar
    weight: Scalar
    description: Scalar = None
    overlay_mode: Scalar = None
    client_token: Scalar = None
    dry_run: Scalar = None
    kind: str | None = None  # the input kind it was read from
    file: str | None = None
    line: int | None = None
    address: str | None = None  # Terraform, ROS or Pulumi address
    root: str | None = None  # the Terraform root module's folder
    domain: str | None = None  # the routing domain
    environment: str | None = None  # of `terraform.environments` in the config

    @property
    def network(self) -> IPNetwork | None:
        """The network that `route_dest` denotes, as a `netaddr.IPNetwork`; None if it is not known or is not
        an IPv4 CIDR block in plain form."""
        from vcolint.model.network import network, parse, text

        block = parse(self.route_dest) if isinstance(self.route_dest, str) else None
        if block is None:
            return None
        from netaddr import IPNetwork

        return IPNetwork(text(network(block)))

    def to_map(self) -> dict[str, Any]:
        """The fields in API spelling, absent ones left out; as the SDK's request objects have it."""
        return {field: value for field, value in zip(FIELDS, self, strict=False) if is_known(value)}
