"""The route entry as programs see it, and the types of the settings."""

from __future__ import annotations

from netaddr import IPNetwork

from vcolint.model.entry import RouteEntry, snake_case
from vcolint.model.settings import Config
from vcolint.text.value import Location, Unknown

ENTRY = RouteEntry("cn-hangzhou", "vco-a1", "10.1.2.3/8", None, 0, file="routes.yaml", dry_run=False)


def test_names_of_fields() -> None:
    assert [snake_case(one) for one in ("RouteDest", "VpnConnectionId", "Weight")] == [
        "route_dest",
        "vpn_connection_id",
        "weight",
    ]


def test_an_entry_as_a_map_has_what_is_there_and_known() -> None:
    assert ENTRY.to_map() == {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": "vco-a1",
        "RouteDest": "10.1.2.3/8",
        "Weight": 0,
        "DryRun": False,
    }
    assert "RegionId" not in ENTRY._replace(region_id=Unknown("later")).to_map()


def test_the_network_of_an_entry() -> None:
    assert ENTRY.network == IPNetwork("10.0.0.0/8")
    for text in ("10.1.2.3", "2001:db8::/32", Unknown("later"), None):
        assert ENTRY._replace(route_dest=text).network is None


def test_a_fault_in_the_config_has_its_place() -> None:
    places = {("domains", "hq"): Location("vcolint.yaml", 3, 5, 3, 7)}
    config = Config(place_of=places.get, content="domains: ")
    assert str(config.fault(("domains", "hq"), "empty")) == "vcolint.yaml:3:5: empty"
    assert str(config.fault(("domains",), "empty")) == "empty"
