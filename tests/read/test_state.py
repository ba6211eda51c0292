"""Terraform states: `vcolint.read.state`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading
from vcolint.read import state
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Location, Unknown, Value

FIXTURE = Path(__file__).parents[1] / "fixtures" / "terraform" / "update_replace"
STATES = ("before.tfstate", "before.show.json")
ROUTE = "alicloud_vpn_gateway_vco_route"
KNOWN = {"vpn_connection_id": "vco-a", "next_hop": "vco-a", "route_dest": "10.1.0.0/16", "weight": 100}


def read(document: object) -> Reading:
    return state.read(Source("s", document if isinstance(document, str) else json.dumps(document)))


def recorded(name: str) -> Reading:
    return read((FIXTURE / name).read_text(encoding="utf-8"))


def raw(*instances: dict[str, Any], **resource: Any) -> dict[str, Any]:
    """A state file with one resource."""
    one = {"mode": "managed", "type": ROUTE, "name": "r", "instances": list(instances)} | resource
    return {"version": 4, "terraform_version": "1.11.4", "resources": [one]}


def printed(*resources: dict[str, Any], **module: Any) -> dict[str, Any]:
    """What `terraform show -json` prints."""
    return {"format_version": "1.0", "values": {"root_module": {"resources": list(resources), **module}}}


def resource(name: str = "r", **more: Any) -> dict[str, Any]:
    found = {"address": f"{ROUTE}.{name}", "mode": "managed", "type": ROUTE, "name": name, "values": KNOWN}
    return found | more


def addresses(reading: Reading) -> list[str | None]:
    return [one.address for one in reading.records]


def problems(reading: Reading) -> list[tuple[str, str, int | None]]:
    return [(one.kind, one.message, one.entry) for one in reading.problems]


# -- recorded states --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATES)
def test_recorded_state_holds_the_entries_that_are_to_be_seen(name: str) -> None:
    expected = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))["state"]
    assert expected["files"] == list(STATES)
    wanted = {
        entry["address"]: {field: entry[field] for field in FIELDS if field in entry}
        for entry in expected["entries"]
    }
    reading = recorded(name)
    seen = {
        one.address: {
            field: one.fields[field].value if field in one.fields else None
            for field in wanted[one.address or ""]
        }
        for one in reading.records
    }
    assert seen == wanted
    assert (reading.kind, reading.files, reading.problems) == ("terraform-state", ["s"], [])
    assert all(one.action is None for one in reading.records)


@pytest.mark.parametrize("name", STATES)
def test_values_stand_where_they_are_written(name: str) -> None:
    reading = recorded(name)
    lines = reading.texts["s"].split("\n")
    for one in reading.records:
        for value in one.fields.values():
            place = value.location
            assert json.loads(lines[place.line - 1][place.column - 1 : place.end_column - 1]) == value.value
            assert place.line == place.end_line
            assert one.location.line <= place.line <= one.location.end_line
            assert value.literal


@pytest.mark.parametrize("name", STATES)
def test_topology(name: str) -> None:
    topology = recorded(name).topology
    connection = "vco-ee3c5d6ff8f845a69eed"
    assert topology.bound == set(topology.created) == {connection}
    assert topology.transit_router_of == {connection: "cen-e5bb58be61544ea2a8e3"}
    assert [fact.value for fact in topology.gateways_of[connection]] == ["61.130.8.9"]
    assert [(fact.value, fact.address) for fact in topology.customer_gateway_ips] == [
        ("61.130.8.9", "alicloud_vpn_customer_gateway.idc")
    ]
    assert topology.remote_subnets == {}
    assert not topology.binding_unknown


# -- places -----------------------------------------------------------------------------------------------

TEXT = """\
{"version": 4, "resources": [
  {"mode": "managed", "type": "alicloud_vpn_gateway_vco_route", "name": "r",
   "instances": [
    {"attributes": {"route_dest": "10.1.0.0/16", "weight": 100, "overlay_mode": null,
      "vpn_connection_id": "vco-é", "next_hop": "vco-a", "id": "x", "status": "published"}}]}]}
"""


def test_places() -> None:
    def at(line: int, column: int, end_column: int) -> Location:
        return Location("s", line, column, line, end_column)

    (one,) = read(TEXT).records
    assert one.location == Location("s", 4, 5, 5, 92)
    assert one.fields == {
        "RouteDest": Value("10.1.0.0/16", at(4, 35, 48)),
        "Weight": Value(100, at(4, 60, 63)),
        "VpnConnectionId": Value("vco-é", at(5, 28, 35)),
        "NextHop": Value("vco-a", at(5, 49, 56)),
    }


# -- raw states -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "module", "address"),
    [
        (None, None, f"{ROUTE}.r"),
        (0, None, f"{ROUTE}.r[0]"),
        ("a.b", None, f'{ROUTE}.r["a.b"]'),
        ('"${x}" 深%{y}', None, f'{ROUTE}.r["\\"$${{x}}\\" 深%%{{y}}"]'),
        ("x", 'module.m["y"].module.n[0]', f'module.m["y"].module.n[0].{ROUTE}.r["x"]'),
    ],
)
def test_addresses(key: object, module: str | None, address: str) -> None:
    instance = {"attributes": KNOWN} | ({} if key is None else {"index_key": key})
    more = {} if module is None else {"module": module}
    assert addresses(read(raw(instance, **more))) == [address]


def test_instances_come_in_order() -> None:
    reading = read(
        raw(*({"index_key": index, "attributes": KNOWN | {"weight": index}} for index in (2, 0, 1)))
    )
    assert reading.column("Weight") == [2, 0, 1]


def test_deposed_instance_is_no_entry() -> None:
    reading = read(raw({"attributes": KNOWN}, {"deposed": "0a1b2c3d", "attributes": KNOWN}))
    assert addresses(reading) == [f"{ROUTE}.r"]


@pytest.mark.parametrize("more", [{"mode": "data"}, {"type": "alicloud_vpn_route_entry"}])
def test_what_is_no_entry(more: dict[str, str]) -> None:
    assert addresses(read(raw({"attributes": KNOWN}, **more))) == []
    assert addresses(read(printed(resource(**more)))) == []


def test_sensitive_attributes_of_a_raw_state() -> None:
    paths = [[{"type": "get_attr", "value": "route_dest"}], [{"type": "index", "value": {}}], []]
    (one,) = read(raw({"attributes": KNOWN, "sensitive_attributes": paths})).records
    assert {field: value.sensitive for field, value in one.fields.items()} == {
        "VpnConnectionId": False,
        "NextHop": False,
        "RouteDest": True,
        "Weight": False,
    }
    assert one.fields["RouteDest"].value == "10.1.0.0/16"


# -- printed states ---------------------------------------------------------------------------------------


def test_modules() -> None:
    def below(address: str, *children: object) -> dict[str, object]:
        return {
            "address": address,
            "resources": [resource(address=f"{address}.{ROUTE}.r")],
            "child_modules": children,
        }

    reading = read(
        printed(resource(), child_modules=[below("module.a", below("module.a.module.b")), below("module.c")])
    )
    assert addresses(reading) == [
        f"{ROUTE}.r",
        f"module.a.{ROUTE}.r",
        f"module.a.module.b.{ROUTE}.r",
        f"module.c.{ROUTE}.r",
    ]


def test_sensitive_values_of_a_printed_state() -> None:
    marks = {"route_dest": True, "weight": False, "timeouts": {"create": True}}
    (one,) = read(printed(resource(sensitive_values=marks))).records
    assert [field for field, value in one.fields.items() if value.sensitive] == ["RouteDest"]


def test_sensitive_attribute_is_no_fact() -> None:
    def pools(marks: dict[str, bool]) -> int:
        server = {
            "address": "alicloud_ssl_vpn_server.s",
            "type": "alicloud_ssl_vpn_server",
            "values": {"client_ip_pool": "10.9.0.0/24"},
            "sensitive_values": marks,
        }
        return len(read(printed(server)).topology.ssl_client_pools)

    assert (pools({}), pools({"client_ip_pool": True})) == (1, 0)


@pytest.mark.parametrize(
    "document",
    [
        {"format_version": "1.0"},
        printed(),
        {"version": 4, "resources": []},
        {"format_version": "1.0", "values": {}},
    ],
)
def test_empty_state(document: dict[str, object]) -> None:
    reading = read(document)
    assert (reading.records, reading.problems) == ([], [])


# -- problems ---------------------------------------------------------------------------------------------


def test_values_of_a_wrong_type() -> None:
    reading = read(raw({"attributes": KNOWN | {"route_dest": [], "weight": "high", "next_hop": None}}))
    assert problems(reading) == [
        ("schema", "RouteDest must be text, not a list", 0),
        ("schema", 'Weight must be an integer, not the text "high"', 0),
        ("schema", "NextHop is missing", 0),
    ]


def test_attribute_that_is_given_twice() -> None:
    reading = read(
        json.dumps(raw({"attributes": KNOWN})).replace('"weight": 100', '"weight": 100, "weight": 0')
    )
    assert problems(reading) == [("duplicate-key", "Weight is given twice", 0)]
    assert isinstance(reading.column("Weight")[0], Unknown)


def test_dollar_and_brace_are_plain_text_in_a_state() -> None:
    assert read(raw({"attributes": KNOWN | {"route_dest": "${x}"}})).column("RouteDest") == ["${x}"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        7,
        {},
        {"version": 3, "resources": []},
        {"resources": []},
        {"version": 4, "resources": {}},
        {"values": []},
    ],
)
def test_what_is_no_state(document: object) -> None:
    message = "not a Terraform state: it has neither `values` nor `version` 4 with `resources`"
    with pytest.raises(SyntaxFault, match=f"^{message}$"):
        read(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", '{"version": 4', '{"a": 1} x', "[" * 100_000])
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(SyntaxFault):
        read(text)


def test_deep_nesting() -> None:
    deep = "[" * 150 + "]" * 150
    text = json.dumps(
        printed(
            resource(values=KNOWN | {"route_dest": "DEEP"}, sensitive_values={"weight": "DEEP"}),
            resource("v", type="alicloud_vpc", values={"cidr_block": "DEEP"}),
        )
    )
    reading = read(text.replace('"DEEP"', deep))
    assert problems(reading) == [("schema", "RouteDest must be text, not a list", 0)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([ROUTE, "alicloud_vpc", "r", "managed", "1m"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["address", "type", "name", "mode", "values", "sensitive_values", "resources", "module"]
            )
            | st.sampled_from(
                ["child_modules", "instances", "attributes", "index_key", "timeouts", "route_dest"]
            )
            | st.sampled_from(["weight", "sensitive_attributes", "deposed", "value", "cidr_block"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
INSTANCES = st.fixed_dictionaries(
    {}, optional={"attributes": JSON, "index_key": JSON, "sensitive_attributes": JSON, "deposed": JSON}
)


@settings(max_examples=200, deadline=None)
@given(st.lists(INSTANCES, max_size=3) | JSON, JSON, JSON)
def test_any_json_gives_a_reading(instances: Any, values: Any, marks: Any) -> None:
    listed = instances if isinstance(instances, list) else []
    reading = read(raw(instances=instances))
    there = [one for one in listed if not isinstance(one, dict) or "deposed" not in one]
    assert len(reading.records) == len(there)
    reading = read(printed(resource(values=values, sensitive_values=marks), child_modules=instances))
    assert addresses(reading)[0] == f"{ROUTE}.r"
