"""Terraform plans: `vcolint.read.plan`.

The recorded plans of `tests/fixtures/terraform` are read beside what is to be seen in them; what they do not
show is in small plans that are built here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading, Record
from vcolint.read import plan
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown

FIXTURES = Path(__file__).parents[1] / "fixtures" / "terraform"
CASES = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())
ROUTE = "alicloud_vpn_gateway_vco_route"
ATTACHMENT = "alicloud_vpn_gateway_vpn_attachment"
BINDING = "alicloud_cen_transit_router_vpn_attachment"
KNOWN = {"vpn_connection_id": "vco-a", "next_hop": "vco-a", "route_dest": "10.1.0.0/16", "weight": 100}
LATER = {"id": True, "vpn_connection_id": True, "next_hop": True}


def read(document: object) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document)
    return plan.read(Source("plan.json", text))


def recorded(case: str) -> Reading:
    return read((FIXTURES / case / "plan.json").read_text(encoding="utf-8"))


def record(reading: Reading, address: str) -> Record:
    return next(one for one in reading.records if one.address == address)


def reference(reading: Reading, address: str, field: str = "VpnConnectionId") -> str | None:
    """The address that an unknown field refers to."""
    value = record(reading, address).fields[field].value
    assert isinstance(value, Unknown)
    if value.reference is not None:
        assert value.reference.scope == "plan.json"
        return value.reference.address
    return None


def change(
    name: str, kind: str = ROUTE, *, index: object = None, module: str | None = None, **more: Any
) -> dict[str, Any]:
    """An element of `resource_changes`; `more` goes into its `change`."""
    key = "" if index is None else f"[{json.dumps(index)}]"
    one = {
        "address": f"{module}.{kind}.{name}{key}" if module else f"{kind}.{name}{key}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": ["create"], "before": None, "after_unknown": {}, "after_sensitive": {}} | more,
    }
    if index is not None:
        one["index"] = index
    if module is not None:
        one["module_address"] = module
    return one


def created(name: str, **more: Any) -> dict[str, Any]:
    """A route whose connection is known after apply."""
    return change(name, after={"route_dest": "10.1.0.0/16", "weight": 100}, after_unknown=LATER, **more)


def attachment(name: str, **more: Any) -> dict[str, Any]:
    return change(name, ATTACHMENT, after={}, after_unknown={"id": True, "vpn_id": True}, **more)


def configured(name: str, *references: str, kind: str = ROUTE, **more: Any) -> dict[str, Any]:
    """The configuration of a resource whose connection rests on `references`."""
    expressions = {"vpn_connection_id": {"references": list(references)}, **more.pop("expressions", {})}
    return {"address": f"{kind}.{name}", "type": kind, "name": name, "expressions": expressions, **more}


def document(changes: list[Any], resources: list[Any] = (), **module: Any) -> dict[str, Any]:  # type: ignore[assignment]
    """A plan. Its configuration gets what Terraform writes into every one: each resource that is planned, its
    `count` or `for_each`, and those of the module calls."""
    root = {"resources": list(resources), **module}
    for one in changes:
        inside = root
        for name, key in re.findall(r"module\.(\w+)(\[[^]]*\])?", one.get("module_address", "")):
            call = inside.setdefault("module_calls", {}).setdefault(name, {})
            expand(call, None if not key else json.loads(key[1:-1]))
            inside = call.setdefault("module", {})
        address = f"{'data.' if one['mode'] == 'data' else ''}{one['type']}.{one['name']}"
        given = inside.setdefault("resources", [])
        found = next((resource for resource in given if resource["address"] == address), None)
        if found is None:
            given.append(found := {"address": address})
        found.update({key: one[key] for key in ("mode", "type", "name")})
        expand(found, one.get("index"))
    return {"format_version": "1.2", "resource_changes": changes, "configuration": {"root_module": root}}


def expand(configuration: dict[str, Any], key: object) -> None:
    if key is not None:
        configuration.setdefault("count_expression" if isinstance(key, int) else "for_each_expression", {})


# -- recorded plans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_recorded_plan_holds_the_entries_that_are_to_be_seen(case: str) -> None:
    expected = json.loads((FIXTURES / case / "expected.json").read_text(encoding="utf-8"))
    wanted = {
        entry["address"]: {field: entry[field] for field in FIELDS if field in entry}
        for entry in expected["entries"]
        if "plan" in entry.get("in", ["plan"])
    }
    seen = {}
    for one in recorded(case).records:
        assert one.address is not None
        values = {field: value.value for field, value in one.fields.items()}
        seen[one.address] = {
            field: "unknown" if isinstance(values.get(field), Unknown) else values.get(field)
            for field in wanted[one.address]
        }
    assert seen == wanted


@pytest.mark.parametrize("case", CASES)
def test_each_record_stands_at_its_object(case: str) -> None:
    reading = recorded(case)
    text = reading.texts["plan.json"]
    assert "\n" not in text.rstrip()
    for one in reading.records:
        place = one.location
        assert (place.file, place.line, place.end_line) == ("plan.json", 1, 1)
        assert json.loads(text[place.column - 1 : place.end_column - 1])["address"] == one.address
        for field, value in one.fields.items():
            if field != "RegionId":
                assert value.location == place


@pytest.mark.parametrize("case", CASES)
def test_recorded_plan_raises_no_problem(case: str) -> None:
    reading = recorded(case)
    assert (reading.kind, reading.files, reading.problems, reading.unlisted) == (
        "terraform-plan",
        ["plan.json"],
        [],
        [],
    )


@pytest.mark.parametrize("case", CASES)
def test_region_comes_from_the_provider(case: str) -> None:
    reading = recorded(case)
    region = "cn-shenzhen" if case == "foreach_objects" else "cn-hangzhou"
    assert set(reading.column("RegionId")) == {region}
    place = reading.records[0].fields["RegionId"].location
    before = reading.texts["plan.json"][: place.end_column - 1]
    assert before.endswith('"configuration":{')


def test_actions() -> None:
    actions = {one.address: one.action for one in recorded("update_replace").records}
    assert actions == {
        f"{ROUTE}.fresh": "create",
        f"{ROUTE}.list[0]": "no-op",
        f"{ROUTE}.list[1]": "no-op",
        f"{ROUTE}.moved": "create-delete",
        f"{ROUTE}.promoted": "delete-create",
        f"{ROUTE}.same": "no-op",
    }


def test_connection_of_one_instance_of_a_resource() -> None:
    reading = recorded("unknown_conn_foreach")
    assert {one.address: reference(reading, one.address or "") for one in reading.records} == {
        # branch[each.value.branch].id: the plan does not show which
        f'{ROUTE}.branch["anqing-10.112.0.0/20"]': None,
        f'{ROUTE}.branch["hefei-10.110.0.0/20"]': None,
        f'{ROUTE}.branch["hefei-10.110.16.0/20"]': None,
        f'{ROUTE}.branch["wuhu-10.111.0.0/20"]': None,
        f"{ROUTE}.hefei_twice": f'{ATTACHMENT}.branch["hefei"]',
        # each.value.vpn_id over the bindings, each of which binds the attachment of its own key
        f'{ROUTE}.voice["anqing"]': f'{ATTACHMENT}.branch["anqing"]',
        f'{ROUTE}.voice["hefei"]': f'{ATTACHMENT}.branch["hefei"]',
        f'{ROUTE}.voice["wuhu"]': f'{ATTACHMENT}.branch["wuhu"]',
    }


def test_reason_names_what_was_written() -> None:
    value = record(recorded("topology_faults"), f"{ROUTE}.unbound").fields["NextHop"].value
    assert isinstance(value, Unknown)
    assert value.reason == f"known after apply: {ATTACHMENT}.orphan.id"
    assert not value.reported


def test_chain_through_the_binding_is_the_connection() -> None:
    reading = recorded("topology_faults")
    assert reference(reading, f"{ROUTE}.automatic") == f"{ATTACHMENT}.branch"
    assert reference(reading, f"{ROUTE}.automatic", "NextHop") == f"{ATTACHMENT}.branch"
    assert reference(reading, f"{ROUTE}.unbound") == f"{ATTACHMENT}.orphan"
    assert reference(reading, f"{ROUTE}.fine") == f"local.idc (in {ROUTE}.fine.vpn_connection_id)"


def test_topology() -> None:
    topology = recorded("topology_faults").topology
    branch, idc, orphan = (
        Reference("plan.json", f"{ATTACHMENT}.{name}") for name in ("branch", "idc", "orphan")
    )

    def shown(facts: list[Any]) -> list[tuple[str, str]]:
        return [(fact.value, fact.address) for fact in facts]

    assert shown(topology.vpc_cidrs) == [
        ("10.0.0.0/16", "alicloud_vpc.prod"),
        ("10.0.12.0/24", "alicloud_vswitch.app"),
    ]
    assert shown(topology.ssl_client_pools) == [("192.168.200.0/22", "alicloud_ssl_vpn_server.users")]
    assert shown(topology.bgp_tunnel_cidrs) == [("169.254.11.0/30", f"{ATTACHMENT}.idc")]
    gateways = {
        "branch": ("61.164.40.12", "alicloud_vpn_customer_gateway.branch"),
        "idc": ("203.119.24.8", "alicloud_vpn_customer_gateway.idc"),
    }
    assert shown(topology.customer_gateway_ips) == list(gateways.values())
    assert {key: shown(facts) for key, facts in topology.gateways_of.items()} == {
        branch: [gateways["branch"]],
        idc: [gateways["idc"]],
        orphan: [gateways["branch"]],
    }
    assert {key: shown(facts) for key, facts in topology.remote_subnets.items()} == {
        branch: [("10.211.0.0/16", f"{ATTACHMENT}.branch")]
    }
    router = "alicloud_cen_transit_router.hz"
    assert topology.transit_router_of == {branch: router, idc: router}
    assert set(topology.created) == {branch, idc, orphan}
    assert topology.bound == {branch, idc}
    assert not topology.binding_unknown


def test_topology_of_what_is_there_already_goes_by_its_id() -> None:
    topology = recorded("update_replace").topology
    connection = "vco-ee3c5d6ff8f845a69eed"
    assert topology.bound == set(topology.created) == {connection}
    assert topology.transit_router_of == {connection: "cen-e5bb58be61544ea2a8e3"}
    assert [fact.value for fact in topology.gateways_of[connection]] == ["61.130.8.9"]


# -- values -----------------------------------------------------------------------------------------------


def test_values_are_those_after_the_change() -> None:
    before = KNOWN | {"weight": 0}
    reading = read(document([change("r", before=before, after=KNOWN | {"overlay_mode": None})]))
    assert {field: value.value for field, value in reading.records[0].fields.items()} == {
        "VpnConnectionId": "vco-a",
        "NextHop": "vco-a",
        "RouteDest": "10.1.0.0/16",
        "Weight": 100,
    }
    assert not any(value.literal or value.sensitive for value in reading.records[0].fields.values())


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["create"], "create"),
        (["no-op"], "no-op"),
        (["update"], "update"),
        (["delete", "create"], "delete-create"),
        (["create", "delete"], "create-delete"),
        (["create", "forget"], "create"),
        ("create", None),
        (None, None),
    ],
)
def test_action(actions: object, action: str | None) -> None:
    reading = read(document([change("r", actions=actions, after=KNOWN)]))
    assert [one.action for one in reading.records] == [action]


@pytest.mark.parametrize("actions", [["delete"], ["forget"]])
def test_what_goes_is_no_entry(actions: list[str]) -> None:
    assert read(document([change("r", actions=actions, before=KNOWN, after=None)])).records == []


def test_import_is_no_creation() -> None:
    element = change("r", actions=["no-op"], before=KNOWN, after=KNOWN, importing={"id": "x"})
    assert [one.action for one in read(document([element])).records] == ["no-op"]


def test_move_is_seen_at_its_new_address() -> None:
    element = change("new", actions=["no-op"], after=KNOWN) | {"previous_address": f"{ROUTE}.old"}
    assert [one.address for one in read(document([element])).records] == [f"{ROUTE}.new"]


def test_deposed_object_is_no_entry() -> None:
    old = change("r", actions=["delete"], before=KNOWN, after=None) | {"deposed": "0a1b2c3d"}
    reading = read(document([change("r", actions=["no-op"], after=KNOWN), old]))
    assert [(one.address, one.action) for one in reading.records] == [(f"{ROUTE}.r", "no-op")]


def test_other_resources_and_data_sources_are_no_entries() -> None:
    data = change("r", after=KNOWN) | {"mode": "data", "address": f"data.{ROUTE}.r"}
    assert read(document([change("r", "alicloud_vpn_route_entry", after=KNOWN), data])).records == []


def test_plan_without_resource_changes_shows_its_planned_values() -> None:
    resource = {"address": f"module.m.{ROUTE}.r", "mode": "managed", "type": ROUTE, "name": "r"}
    planned = {
        "root_module": {
            "child_modules": [
                {
                    "address": "module.m",
                    "resources": [
                        resource | {"values": KNOWN, "sensitive_values": {"route_dest": True}},
                    ],
                }
            ]
        }
    }
    assert len(read({"resource_changes": [], "planned_values": planned}).records) == 1
    reading = read({"planned_values": planned})
    one = record(reading, f"module.m.{ROUTE}.r")
    assert one.fields["RouteDest"].value == "10.1.0.0/16"
    assert one.fields["RouteDest"].sensitive
    assert not one.fields["Weight"].sensitive
    assert reading.texts["plan.json"][: one.location.column - 1] == '{"planned_values": '


@pytest.mark.parametrize("mask", [{"route_dest": True}, True])
def test_sensitive_value_is_marked(mask: object) -> None:
    one = read(document([change("r", after=KNOWN, after_sensitive=mask)])).records[0]
    assert one.fields["RouteDest"].sensitive
    assert one.fields["RouteDest"].value == "10.1.0.0/16"
    assert one.fields["Weight"].sensitive is (mask is True)


def test_everything_may_be_unknown() -> None:
    one = read(document([change("r", after={}, after_unknown=True)])).records[0]
    assert {field: repr(value.value) for field, value in one.fields.items()} == dict.fromkeys(
        ["VpnConnectionId", "RouteDest", "NextHop", "Weight", "OverlayMode"],
        "Unknown('known after apply', None)",
    )


def test_value_of_a_wrong_type_is_a_problem() -> None:
    reading = read(document([change("r", after=KNOWN | {"weight": 1e25, "route_dest": ["10.0.0.0/8"]})]))
    assert [(one.kind, one.message, one.entry, one.field) for one in reading.problems] == [
        ("schema", "RouteDest must be text, not a list", 0, "RouteDest"),
        ("schema", "Weight must be an integer, not a huge number", 0, "Weight"),
    ]


def test_missing_value_is_a_problem() -> None:
    reading = read(document([change("r", after=KNOWN | {"next_hop": None})]))
    assert [(one.kind, one.message, one.entry) for one in reading.problems] == [
        ("schema", "NextHop is missing", 0)
    ]


def test_dollar_and_brace_are_plain_text_in_a_plan() -> None:
    reading = read(document([change("r", after=KNOWN | {"route_dest": "${x}"})]))
    assert reading.column("RouteDest") == ["${x}"]


def test_timeout() -> None:
    reading = read(document([change("r", after=KNOWN | {"timeouts": {"create": "1m30s", "delete": None}})]))
    assert reading.records[0].create_timeout == 90.0
    assert read(document([change("r", after=KNOWN | {"timeouts": None})])).records[0].create_timeout is None


def test_places_in_an_indented_plan() -> None:
    text = json.dumps(
        document([change("é", after=KNOWN), change("b", after=KNOWN)]), indent=1, ensure_ascii=False
    )
    reading = read(text)
    lines = text.split("\n")
    first, second = (one.location for one in reading.records)
    assert first.line == lines.index("  {") + 1
    assert (first.column, first.end_column) == (3, 4)
    assert lines[first.end_line - 1] == "  },"
    assert second == Location("plan.json", first.end_line + 1, 3, 2 * first.end_line - first.line + 1, 4)


# -- the region -------------------------------------------------------------------------------------------


def with_provider(expression: object, **more: Any) -> dict[str, Any]:
    found = document([change("r", after=KNOWN)], [configured("r", provider_config_key="alicloud.bj")])
    provider = {"name": "alicloud", "alias": "bj", "expressions": {"region": expression}}
    found["configuration"]["provider_config"] = {
        "alicloud": {"name": "alicloud", "expressions": {"region": {"constant_value": "cn-hangzhou"}}},
        "alicloud.bj": provider | more.pop("provider", {}),
    }
    found["configuration"]["root_module"]["variables"] = {"region": more.pop("declared", {})}
    return found | more


def test_region_of_an_aliased_provider() -> None:
    value = read(with_provider({"constant_value": "cn-beijing"})).records[0].fields["RegionId"]
    assert (value.value, value.sensitive) == ("cn-beijing", False)


@pytest.mark.parametrize("references", [["var.region"], ["local.region"], ["var.a", "var.region"]])
def test_region_that_rests_on_something_is_not_known(references: list[str]) -> None:
    # `"cn-${var.region}"`, whose variable is "hangzhou", looks as `var.region` does.
    reading = read(with_provider({"references": references}, variables={"region": {"value": "hangzhou"}}))
    value = reading.records[0].fields["RegionId"].value
    assert isinstance(value, Unknown)
    assert value.reason == "a plan does not show the region of provider alicloud.bj"
    assert value.reference == Reference("plan.json", "alicloud.bj")
    assert reading.problems == []


def test_region_that_is_not_known_is_no_finding_and_listed_once(tmp_path: Path) -> None:
    found = with_provider({"references": ["var.short"]}, variables={"short": {"value": "hangzhou"}})
    other = change("s", after=KNOWN | {"route_dest": "10.77.0.0/16"})
    found["resource_changes"].append(other)
    found["configuration"]["root_module"]["resources"].append(
        configured("s", provider_config_key="alicloud.bj")
    )
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(found))
    report = vcolint.check_paths([str(file)])
    assert report.findings == []
    assert [(one.address, one.field) for one in report.unchecked] == [(None, "RegionId")]


@pytest.mark.parametrize("expression", [{"constant_value": 7}, {}, None])
def test_region_that_is_not_given_is_absent(expression: object) -> None:
    reading = read(with_provider(expression))
    assert "RegionId" not in reading.records[0].fields
    assert reading.problems == []


# -- references -------------------------------------------------------------------------------------------


def test_resource_without_keys() -> None:
    reading = read(
        document(
            [created("r"), attachment("a")],
            [configured("r", f"{ATTACHMENT}.a.id", f"{ATTACHMENT}.a"), configured("a", kind=ATTACHMENT)],
        )
    )
    assert reference(reading, f"{ROUTE}.r") == f"{ATTACHMENT}.a"


def test_key_in_the_reference() -> None:
    changes = [created("r"), attachment("a", index="x.y"), attachment("a", index="z")]
    written = f'{ATTACHMENT}.a["x.y"]'
    reading = read(document(changes, [configured("r", f"{written}.id", written, f"{ATTACHMENT}.a")]))
    assert reference(reading, f"{ROUTE}.r") == written


@pytest.mark.parametrize("index", [0, 1])
def test_count_index(index: int) -> None:
    changes = [created("r", index=i) for i in (0, 1)] + [attachment("a", index=i) for i in (0, 1)]
    reading = read(document(changes, [configured("r", f"{ATTACHMENT}.a", "count.index")]))
    assert reference(reading, f"{ROUTE}.r[{index}]") == f"{ATTACHMENT}.a[{index}]"


def test_count_index_that_is_computed_with_is_not_believed() -> None:
    # Four routes on two connections: a[count.index % 2] is listed like a[count.index].
    changes = [created("r", index=i) for i in range(4)] + [attachment("a", index=i) for i in (0, 1)]
    reading = read(document(changes, [configured("r", f"{ATTACHMENT}.a", "count.index")]))
    assert {reference(reading, f"{ROUTE}.r[{i}]") for i in range(4)} == {None}


def test_each_key() -> None:
    changes = [created("r", index="x"), attachment("a", index="x"), attachment("a", index="y")]
    reading = read(document(changes, [configured("r", f"{ATTACHMENT}.a", "each.key")]))
    assert reference(reading, f'{ROUTE}.r["x"]') == f'{ATTACHMENT}.a["x"]'


def test_each_value_of_something_else_is_no_instance() -> None:
    changes = [created("r", index="x"), attachment("a", index="x"), attachment("a", index="y")]
    resource = configured("r", f"{ATTACHMENT}.a", "each.value.at", "each.value")
    assert reference(read(document(changes, [resource])), f'{ROUTE}.r["x"]') is None


def test_conditional_between_two_connections_is_neither() -> None:
    changes = [created("r"), attachment("a"), attachment("b")]
    resource = configured(
        "r", f"{ATTACHMENT}.a.id", f"{ATTACHMENT}.a", f"{ATTACHMENT}.b.id", f"{ATTACHMENT}.b"
    )
    assert reference(read(document(changes, [resource])), f"{ROUTE}.r") is None


def test_destination_that_is_not_known_has_no_identity() -> None:
    resource = configured("r", expressions={"route_dest": {"references": ["local.net"]}})
    reading = read(
        document([change("r", after={"weight": 100}, after_unknown={"route_dest": True} | LATER)], [resource])
    )
    value = reading.records[0].fields["RouteDest"].value
    assert isinstance(value, Unknown)
    assert (value.reason, value.reference) == ("known after apply: local.net", None)


def module_call(**call: Any) -> dict[str, Any]:
    """Two instances of a module with one route each, on the connection that is passed in."""
    changes = [created("r", module=f'module.m["{key}"]') for key in "xy"]
    changes += [attachment("a", index=key) for key in "xy"]
    inner = {"resources": [configured("r", "var.conn")], "variables": {"conn": {}}}
    return document(changes, module_calls={"m": {"module": inner, **call}})


def test_argument_of_a_module() -> None:
    written = f'{ATTACHMENT}.a["x"]'
    argument = {"references": [f"{written}.id", written, f"{ATTACHMENT}.a"]}
    reading = read(module_call(expressions={"conn": argument}))
    assert reference(reading, f'module.m["x"].{ROUTE}.r') == written
    assert reference(reading, f'module.m["y"].{ROUTE}.r') == written


def test_elements_of_a_list_that_is_passed_to_a_module_are_not_told_apart() -> None:
    # `element(var.conns, 0)` and `element(var.conns, 1)` are listed alike.
    inner = {"resources": [configured(name, "var.conns") for name in "ab"], "variables": {"conns": {}}}
    call = {"module": inner, "expressions": {"conns": {"references": ["local.conns"]}}}
    found = document([created(name, module="module.m") for name in "ab"], module_calls={"m": call})
    one, other = (reference(read(found), f"module.m.{ROUTE}.{name}") for name in "ab")
    assert None is not one != other is not None


def test_argument_of_a_module_by_its_key() -> None:
    reading = read(module_call(expressions={"conn": {"references": [f"{ATTACHMENT}.a", "each.key"]}}))
    assert reference(reading, f'module.m["x"].{ROUTE}.r') == f'{ATTACHMENT}.a["x"]'
    assert reference(reading, f'module.m["y"].{ROUTE}.r') == f'{ATTACHMENT}.a["y"]'


def test_resource_that_is_passed_to_a_module_as_a_whole() -> None:
    found = module_call(expressions={"conn": {"references": [f"{BINDING}.b"]}})
    inner = found["configuration"]["root_module"]["module_calls"]["m"]["module"]
    inner["resources"] = [configured("r", "var.conn.vpn_id", "var.conn")]
    found["resource_changes"].append(change("b", BINDING, after={}, after_unknown={"vpn_id": True}))
    bound = configured("b", kind=BINDING, expressions={"vpn_id": {"references": [f'{ATTACHMENT}.a["y"].id']}})
    found["configuration"]["root_module"]["resources"].append(bound)
    reading = read(found)
    assert reference(reading, f'module.m["x"].{ROUTE}.r') == f'{ATTACHMENT}.a["y"]'


def test_local_of_two_module_instances_is_two_values() -> None:
    found = module_call()
    inner = found["configuration"]["root_module"]["module_calls"]["m"]["module"]
    inner["resources"] = [configured("r", "local.conn")]
    reading = read(found)
    written = f"local.conn (in module.m.{ROUTE}.r.vpn_connection_id)"
    assert reference(reading, f'module.m["x"].{ROUTE}.r') == f'module.m["x"].{written}'
    assert reference(reading, f'module.m["y"].{ROUTE}.r') == f'module.m["y"].{written}'


def test_blocks_of_one_name_in_two_modules_are_two_expressions() -> None:
    """`var.conns[terraform.workspace]` and `var.conns["x-${terraform.workspace}"]` are listed alike."""

    def call() -> dict[str, Any]:
        given = {"references": ['local.conns["hq"]', "local.conns"]}
        route = configured("r", "var.conns", "terraform.workspace")
        return {
            "expressions": {"conns": given},
            "module": {"resources": [route], "variables": {"conns": {}}},
        }

    changes = [
        created("r") | {"address": f"module.{name}.{ROUTE}.r", "module_address": f"module.{name}"}
        for name in "ab"
    ]
    found = document(changes, [])
    found["configuration"]["root_module"]["module_calls"] = {"a": call(), "b": call()}
    reading = read(found)
    one, other = (reference(reading, f"module.{name}.{ROUTE}.r") for name in "ab")
    assert one is not None
    assert one != other


@pytest.mark.parametrize(
    ("references", "same"),
    [
        (["local.conns"], False),  # `element(local.conns, 0)` and `element(local.conns, 1)`
        (["local.sites.conns", "local.sites"], False),
        (["local.conn_id"], True),
        (["local.conns_by_id", "var.site"], False),  # `local.conns_by_id[var.site]`
        (["local.conns[0]", "local.conns"], True),
        (["local.conns.hq.id", "local.conns.hq", "local.conns"], True),
    ],
)
def test_local_of_two_expressions_is_one_value_only_where_it_is_an_id(
    references: list[str], same: bool
) -> None:
    reading = read(
        document([created("a"), created("b")], [configured("a", *references), configured("b", *references)])
    )
    one, other = (reference(reading, f"{ROUTE}.{name}") for name in "ab")
    assert one is not None
    assert (one == other) == same


SOURCE = "data.alicloud_vpn_gateway_vpn_attachments.x"


def source(index: object = None, module: str | None = None) -> dict[str, Any]:
    kind = SOURCE.split(".")[1]
    one = change("x", kind, index=index, module=module, after={}, after_unknown={"ids": True})
    address = one["address"].replace(kind, f"data.{kind}")
    return one | {"mode": "data", "address": address}


def listed(steps: str) -> list[str]:
    """The references that Terraform lists of an expression such as `data.kind.name.ids[0]`."""
    parts = re.findall(r"\[[^]]*\]|[^.[]+", steps)
    return [re.sub(r"\.\[", "[", ".".join(parts[:end])) for end in range(len(parts), 2, -1)]


@pytest.mark.parametrize("path", ["ids[0]", "attachments[0].vpn_id", "result.conn", "ids"])
@pytest.mark.parametrize("index", [None, 0, "hq"])
def test_instances_on_one_attribute_path_of_a_data_source_are_on_one_connection(
    path: str, index: object
) -> None:
    key = "" if index is None else f"[{json.dumps(index)}]"
    changes = [source(index), *(created("r", index=one) for one in "xy")]
    reading = read(document(changes, [configured("r", *listed(f"{SOURCE}{key}.{path}"))]))
    one, other = (reference(reading, f'{ROUTE}.r["{name}"]') for name in "xy")
    assert one == other is not None
    assert one.startswith(f"{SOURCE}{key}.{path}")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("ids[0]", "ids[0]", True),
        ("ids[0]", "ids[1]", False),
        ("ids", "ids", False),  # `element(….ids, 0)` and `element(….ids, 1)`
        ("conn_id", "conn_id", True),
        ('outputs.conns["hq"]', 'outputs.conns["hq"]', True),
    ],
)
def test_two_resources_on_a_data_source(first: str, second: str, same: bool) -> None:
    resources = [
        configured(name, *listed(f"{SOURCE}.{path}"))
        for name, path in zip("ab", (first, second), strict=True)
    ]
    reading = read(document([source(), created("a"), created("b")], resources))
    one, other = (reference(reading, f"{ROUTE}.{name}") for name in "ab")
    assert one is not None
    assert (one == other) == same


def test_data_source_of_two_module_instances_is_two() -> None:
    changes = [source(module=f'module.m["{key}"]') for key in "xy"]
    changes += [created("r", module=f'module.m["{key}"]') for key in "xy"]
    inner = {"resources": [configured("r", *listed(f"{SOURCE}.ids[0]"))]}
    reading = read(document(changes, module_calls={"m": {"module": inner}}))
    one, other = (reference(reading, f'module.m["{key}"].{ROUTE}.r') for key in "xy")
    assert (one, other) == (f'module.m["x"].{SOURCE}.ids[0]', f'module.m["y"].{SOURCE}.ids[0]')


def test_duplicates_on_a_data_source_are_found(tmp_path: Path) -> None:
    changes = [source(), *(created("r", index=one) for one in "xy")]
    references = listed(f"{SOURCE}.result.conn")
    resource = configured("r", *references, expressions={"next_hop": {"references": references}})
    (tmp_path / "plan.json").write_text(json.dumps(document(changes, [resource])))
    report = vcolint.check_paths([str(tmp_path / "plan.json")])
    assert [(one.code, one.address) for one in report.findings] == [("VCO201", f'{ROUTE}.r["y"]')]


def test_local_of_one_expression_is_one_value() -> None:
    changes = [created("a", index=key) for key in "xy"]
    reading = read(document(changes, [configured("a", "local.conn")]))
    one, other = (reference(reading, f'{ROUTE}.a["{key}"]') for key in "xy")
    assert one == other == f"local.conn (in {ROUTE}.a.vpn_connection_id)"


def test_output_of_a_module() -> None:
    inner = {
        "resources": [configured("a", kind=ATTACHMENT)],
        "outputs": {"id": {"expression": {"references": [f"{ATTACHMENT}.a.id", f"{ATTACHMENT}.a"]}}},
    }
    found = document(
        [created("r"), attachment("a", module='module.m["x"]'), attachment("a", module='module.m["y"]')],
        [configured("r", 'module.m["x"].id', 'module.m["x"]', "module.m")],
        module_calls={"m": {"module": inner}},
    )
    assert reference(read(found), f"{ROUTE}.r") == f'module.m["x"].{ATTACHMENT}.a'


@pytest.mark.parametrize(
    ("references", "one"),
    [
        (["each.value.id", "each.value"], f'module.m["x"].{ATTACHMENT}.a'),
        (["module.m", "each.key"], None),  # which output it is, the plan does not say
        (["module.m"], None),
    ],
)
def test_output_of_each_instance_of_a_module(references: list[str], one: str | None) -> None:
    inner = {
        "resources": [configured("a", kind=ATTACHMENT)],
        "outputs": {"id": {"expression": {"references": [f"{ATTACHMENT}.a.id", f"{ATTACHMENT}.a"]}}},
    }
    routes = configured("r", *references, for_each_expression={"references": ["module.m"]})
    changes = [created("r", index="x")]
    changes += [attachment("a", module=f'module.m["{key}"]') for key in "xy"]
    found = document(changes, [routes], module_calls={"m": {"module": inner}})
    assert reference(read(found), f'{ROUTE}.r["x"]') == one


def test_binding_passes_its_connection_on() -> None:
    bound = configured("b", kind=BINDING, expressions={"vpn_id": {"references": [f"{ATTACHMENT}.a.id"]}})
    binding = change("b", BINDING, after={}, after_unknown={"vpn_id": True})
    reading = read(
        document([created("r"), binding, attachment("a")], [configured("r", f"{BINDING}.b.vpn_id"), bound])
    )
    assert reference(reading, f"{ROUTE}.r") == f"{ATTACHMENT}.a"
    assert reading.topology.bound == {Reference("plan.json", f"{ATTACHMENT}.a")}


def test_binding_of_what_cannot_be_told() -> None:
    bound = configured("b", kind=BINDING, expressions={"vpn_id": {"references": ["local.conn"]}})
    binding = change("b", BINDING, after={}, after_unknown={"vpn_id": True})
    topology = read(document([binding], [bound])).topology
    assert (topology.bound, topology.binding_unknown) == (set(), True)


def test_connection_that_is_left_alone_is_there_all_the_same() -> None:
    prior = {"address": f"{ATTACHMENT}.a", "mode": "managed", "type": ATTACHMENT, "name": "a"}
    found = document([change("r", after=KNOWN)]) | {
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [prior | {"values": {"id": "vco-a", "remote_subnet": "10.1.0.0/16"}}]
                }
            }
        }
    }
    topology = read(found).topology
    assert [fact.value for fact in topology.remote_subnets["vco-a"]] == ["10.1.0.0/16"]


def test_sensitive_attribute_is_no_fact() -> None:
    pool = change("s", "alicloud_ssl_vpn_server", after={"client_ip_pool": "10.9.0.0/24"})
    assert len(read(document([pool])).topology.ssl_client_pools) == 1
    pool["change"]["after_sensitive"] = {"client_ip_pool": True}
    assert read(document([pool])).topology.ssl_client_pools == []


# -- the order of creation --------------------------------------------------------------------------------


def waits(found: dict[str, Any], name: str) -> set[str]:
    return set(record(read(found), f"{ROUTE}.{name}").waits_for)


def test_depends_on() -> None:
    changes = [change(name, after=KNOWN) for name in "abc"]
    resources = [configured("a"), configured("b", depends_on=[f"{ROUTE}.a"]), configured("c")]
    found = document(changes, resources)
    assert (waits(found, "a"), waits(found, "b"), waits(found, "c")) == (set(), {f"{ROUTE}.a"}, set())


def test_depends_on_through_what_stands_between() -> None:
    changes = [change("a", after=KNOWN), change("b", after=KNOWN), change("s", "time_sleep", after={})]
    sleep = {"address": "time_sleep.s", "depends_on": [f"{ROUTE}.a"]}
    found = document(changes, [configured("a"), sleep, configured("b", depends_on=["time_sleep.s"])])
    assert waits(found, "b") == {f"{ROUTE}.a"}


def test_reference_is_an_order_too() -> None:
    changes = [change("a", after=KNOWN, index=0), change("b", after=KNOWN)]
    resources = [configured("a"), configured("b", f"{ROUTE}.a[0].vpn_connection_id", f"{ROUTE}.a[0]")]
    assert waits(document(changes, resources), "b") == {f"{ROUTE}.a[0]"}


def test_module_that_depends_on_a_module() -> None:
    inner = {"resources": [configured("r")]}
    found = document(
        [change("r", after=KNOWN, module="module.a"), change("r", after=KNOWN, module="module.b[0]")],
        module_calls={"a": {"module": inner}, "b": {"module": inner, "depends_on": ["module.a"]}},
    )
    reading = read(found)
    assert record(reading, f"module.b[0].{ROUTE}.r").waits_for == {f"module.a.{ROUTE}.r"}
    assert record(reading, f"module.a.{ROUTE}.r").waits_for == frozenset()


def test_output_is_an_order_only_for_what_it_refers_to() -> None:
    inner = {
        "resources": [configured("a"), configured("b")],
        "outputs": {"late": {"expression": {"references": [f"{ROUTE}.a.id", f"{ROUTE}.a"]}}},
    }
    changes = [change(name, after=KNOWN, module="module.m") for name in "ab"] + [change("r", after=KNOWN)]
    resources = [configured("r", "module.m.late", "module.m")]
    assert waits(document(changes, resources, module_calls={"m": {"module": inner}}), "r") == {
        f"module.m.{ROUTE}.a"
    }


# -- what is no plan --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1', '{"a": 1} x', '{"resource_changes": [{} {}]}', "{'a': 1}"]
)
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(SyntaxFault):
        read(text)


NO_PLAN = "not a Terraform plan: it has neither `resource_changes` nor `planned_values`"


@pytest.mark.parametrize("text", ["[]", "7", '"resource_changes"', '{"resource_changes": {}}', "{}"])
def test_json_that_is_no_plan(text: str) -> None:
    with pytest.raises(SyntaxFault, match=f"^{NO_PLAN}$"):
        read(text)


def test_forged_cycles_come_to_an_end() -> None:
    outputs = {"id": {"expression": {"references": ["module.m.id"]}}}
    inner: dict[str, Any] = {
        "resources": [configured("r", "var.conn", depends_on=[f"{ROUTE}.r", "time_sleep.s"])],
        "outputs": outputs,
    }
    sleeps = [
        {"address": "time_sleep.s", "depends_on": ["time_sleep.t"]},
        {"address": "time_sleep.t", "depends_on": ["time_sleep.s", f"{ROUTE}.r"]},
    ]
    binding = change("b", BINDING, after={}, after_unknown={"vpn_id": True})
    found = document(
        [created("r", module="module.m"), created("q"), created("p"), binding],
        [
            configured("q", "module.m.id"),
            configured("p", f"{BINDING}.b.vpn_id", depends_on=["time_sleep.s"]),
            configured("b", kind=BINDING, expressions={"vpn_id": {"references": [f"{BINDING}.b.vpn_id"]}}),
            *sleeps,
        ],
        module_calls={
            "m": {"module": inner, "expressions": {"conn": {"references": ["module.m.id"]}}},
        },
    )
    inner["module_calls"] = {"m": {"module": {"outputs": outputs}}}
    reading = read(found)
    assert reference(reading, f"module.m.{ROUTE}.r") is None
    assert reference(reading, f"{ROUTE}.q") is None
    assert reference(reading, f"{ROUTE}.p") is None
    assert reading.topology.binding_unknown


def test_deep_nesting() -> None:
    deep = "[" * 200_000
    for text in (deep, f'{{"resource_changes": {deep}', f'{{"resource_changes": {deep}{"]" * 200_000}}}'):
        with pytest.raises(SyntaxFault):
            read(text)


def test_deep_values(tmp_path: Path) -> None:
    deep, marks = ('{"cidr_block": [' * 400 + end + "]}" * 400 for end in ("1", "true"))
    network = f'{{"address": "v", "type": "alicloud_vpc", "name": "v", "change": {{"after": {deep}, %s}}}}'
    for mask, told in (
        (f'"after_sensitive": {marks}', ["nested too deeply"]),
        (f'"after_unknown": {marks}', []),
    ):
        (tmp_path / "plan.json").write_text(f'{{"resource_changes": [{network % mask}]}}')
        report = vcolint.check_paths([str(tmp_path / "plan.json")])
        assert [one.message for one in report.findings] == told


def test_long_addresses() -> None:
    long = "module.a." * 50_000
    found = document([], [configured("r", "a." * 100_000)])
    reading = read(found | {"resource_changes": [created("r", module=f"{long}module.b")]})
    assert [shown.address for shown in reading.records] == [f"{long}module.b.{ROUTE}.r"]
    assert reference(reading, reading.records[0].address or "") is None
    reading = read(document([created("r")], [configured("r", "a." * 100_000, expressions={})]))
    assert reference(reading, f"{ROUTE}.r") is None


def test_long_chain_between_routes() -> None:
    sleeps = [
        {
            "address": f"time_sleep.s{place}",
            "type": "time_sleep",
            "name": f"s{place}",
            "depends_on": [f"time_sleep.s{place + 1}"],
        }
        for place in range(3_000)
    ]
    sleeps[500]["depends_on"] = [f"{ROUTE}.near"]  # type: ignore[assignment]
    changes = [change(f"r{place}", after=KNOWN) for place in range(200)] + [change("near", after=KNOWN)]
    resources = [configured(f"r{place}", depends_on=["time_sleep.s0"]) for place in range(200)]
    reading = read(document(changes, [*resources, *sleeps]))
    assert {one.waits_for for one in reading.records[:200]} == {frozenset({f"{ROUTE}.near"})}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)  # which are no JSON
    | st.sampled_from([ROUTE, ATTACHMENT, "r", "module.m"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "address",
                    "type",
                    "name",
                    "index",
                    "module_address",
                    "mode",
                    "change",
                    "after",
                    "after_unknown",
                    "after_sensitive",
                    "actions",
                    "resources",
                    "child_modules",
                    "root_module",
                    "references",
                    "expressions",
                    "vpn_connection_id",
                    "route_dest",
                    "weight",
                    "timeouts",
                    "depends_on",
                    "module_calls",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
CHANGES = st.lists(
    st.fixed_dictionaries(
        {"address": st.sampled_from([f"{ROUTE}.r", f"module.m.{ATTACHMENT}.a"]), "change": JSON},
        optional={"type": st.sampled_from([ROUTE, ATTACHMENT, BINDING]), "name": st.just("r"), "index": JSON},
    ),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(CHANGES | JSON, JSON, JSON, JSON)
def test_any_json_gives_a_reading(changes: Any, planned: Any, configuration: Any, prior: Any) -> None:
    text = json.dumps(
        {
            "resource_changes": changes,
            "planned_values": {"root_module": planned},
            "configuration": {"root_module": configuration, "provider_config": configuration},
            "prior_state": {"values": {"root_module": prior}},
        }
    )
    reading = read(text)
    for one in reading.records:
        assert one.location.line == 1
        assert 1 <= one.location.column < one.location.end_column <= len(text) + 1


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from('{}[]",: \n0\\ué'), max_size=40))
def test_any_text_that_is_no_plan_is_a_fault(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        message = "."
    else:
        message = f"^{NO_PLAN}$"
    with pytest.raises(SyntaxFault, match=message):
        read(text)
