"""Pulumi programs in YAML, previews and exported stacks: `vcolint.read.pulumi`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint.model.reading import Reading, Record
from vcolint.read import pulumi, pulumi_stack
from vcolint.text.source import Remark, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown, Value

REAL = Path(__file__).parents[3] / "shared" / "fixtures" / "real" / "pulumi"
LATER = "known after the deployment: "
TYPE = "alicloud:vpn/gatewayVcoRoute:GatewayVcoRoute"


def read(text: str, *, is_json: bool = False) -> Reading:
    return pulumi.read(Source("Pulumi.yaml", text), is_json)


def at(line: int, column: int, end_column: int, end_line: int | None = None) -> Location:
    return Location("Pulumi.yaml", line, column, end_line or line, end_column)


def shown(value: object) -> object:
    """The value; of an unknown one its reason, and in brackets what it refers to."""
    if not isinstance(value, Unknown):
        return value
    if value.reference is None:
        return value.reason
    return f"{value.reason} [{value.reference.address}]"


def problems(reading: Reading) -> list[tuple[str, str, int | None]]:
    return [(one.kind, one.message, one.entry) for one in reading.problems]


def record(reading: Reading, address: str) -> Record:
    return next(one for one in reading.records if one.address == address)


# -- a whole program --------------------------------------------------------------------------------------

PROGRAM = """\
name: net  # vcolint: ignore-file[VCO1] why
runtime: yaml
config:
  alicloud:region: {value: cn-hangzhou}
resources:
  # vcolint: ignore[VCO2]
  head-office:
    type: alicloud:vpn/gatewayVcoRoute:GatewayVcoRoute
    properties:
      routeDest: 192.168.10.0/24
      nextHop: "${att.vpnId}"
      vpnConnectionId: vco-é
      weight: "100"
    options: {protect: true}

  att: {type: "alicloud:cen/transitRouterVpnAttachment:TransitRouterVpnAttachment"}
  other: {type: "alicloud:vpn:RouteEntry", properties: {routeDest: 10.0.0.0/8}}
"""


def test_values_and_places() -> None:
    reading = read(PROGRAM)
    assert (reading.kind, reading.files, reading.texts) == (
        "pulumi",
        ["Pulumi.yaml"],
        {"Pulumi.yaml": PROGRAM},
    )
    assert (reading.problems, reading.unlisted) == ([], [])
    (one,) = reading.records
    assert (one.address, one.location, one.last_line) == ("head-office", at(7, 3, 14), 14)
    unknown = one.fields.pop("NextHop")
    assert one.fields == {
        "RegionId": Value("cn-hangzhou", at(4, 28, 39), literal=False),
        "RouteDest": Value("192.168.10.0/24", at(10, 18, 33)),
        "VpnConnectionId": Value("vco-é", at(12, 24, 29)),
        "Weight": Value(100, at(13, 15, 20)),
    }
    assert shown(unknown.value) == f"{LATER}att.vpnId [att.vpnId]"
    assert (unknown.location, unknown.literal) == (at(11, 16, 30), False)


def test_remarks() -> None:
    assert read(PROGRAM).remarks == [
        Remark("vcolint: ignore-file[VCO1] why", at(1, 14, 44)),
        Remark("vcolint: ignore[VCO2]", at(6, 5, 26)),
    ]


def test_json() -> None:
    properties = {"routeDest": "${d}", "nextHop": "a", "vpnConnectionId": "a", "weight": 0}
    text = json.dumps(
        {"variables": {"d": "10.1.0.0/16"}, "resources": {"r": {"type": TYPE, "properties": properties}}},
        indent=1,
    )
    (one,) = read(text, is_json=True).records
    assert one.fields["RouteDest"].value == "10.1.0.0/16"
    lines = text.split("\n")
    line = lines.index('  "r": {') + 1
    assert (one.location, one.last_line) == (at(line, 3, 6), len(lines) - 2)


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        (TYPE, 1),
        ("alicloud:vpn:GatewayVcoRoute", 1),
        ("acme:GatewayVcoRoute", 1),
        ("alicloud:vpn:GatewayVcoRoutes", 0),
        ("alicloud:vpn:RouteEntry", 0),
    ],
)
def test_type_of_a_route(token: str, seen: int) -> None:
    assert len(read(f"resources: {{r: {{type: '{token}'}}}}").records) == seen


def test_resource_that_is_looked_up_is_no_entry() -> None:
    assert read(f"resources: {{r: {{type: '{TYPE}', get: {{id: x}}}}}}").records == []


# -- expressions ------------------------------------------------------------------------------------------

AROUND = """\
name: net
config:
  dest: {type: string, default: 10.1.0.0/16}
  net:own: {default: 10.2.0.0/16}
  plain: 10.3.0.0/16
  number: {type: integer, default: 7}
  flag: {type: boolean, default: true}
  nets: {default: [a, b]}
  given: {value: 10.4.0.0/16, default: no}
  open: {type: string}
  hidden: {type: string, default: vco-h, secret: true}
  sealed: {default: {secure: AAAB}}
  odd: {some: thing}
variables:
  variable: ${dest}
  list: ["10.1.0.0/16", "${open}"]
  map: {k: v, inner: {k: "${number}"}}
  loop: ${loop}
  around: "x${around}"
  found: {fn::invoke: {function: "alicloud:vpn:getConnections", arguments: {}, return: ids}}
  function: {fn::alicloud:vpn:getConnections: {}}
  whole: ${att}
resources:
  att: {type: alicloud:cen:TransitRouterVpnAttachment, properties: {vpnId: "${vpn.id}"}}
  vpn: {type: alicloud:vpn:GatewayVpnAttachment, properties: {networkType: public}}
  old: {type: alicloud:vpn:GatewayVpnAttachment, get: {id: vco-old}}
  tr: {type: alicloud:cen:TransitRouter}
  r:
    type: alicloud:vpn:GatewayVcoRoute
"""


def destination(written: str) -> Reading:
    """A route with that destination, between config, variables and resources."""
    return read(f"{AROUND}    properties:\n      routeDest: {written}\n")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${dest}", "10.1.0.0/16"),
        ("${own}", "10.2.0.0/16"),
        ("${plain}", "10.3.0.0/16"),
        ("${given}", "10.4.0.0/16"),
        ("${number}", "7"),
        ("${flag}", "true"),
        ("${nets[1]}", "b"),
        ("${variable}", "10.1.0.0/16"),
        ("${list[0]}", "10.1.0.0/16"),
        ("${map.k}", "v"),
        ('${map["k"]}', "v"),
        ("${map.inner.k}", "7"),
        ("10.${number}.0.0/16", "10.7.0.0/16"),
        ("${number}${flag}", "7true"),
        ("${vpn.networkType}", "public"),
        ("${old.id}", "vco-old"),
        ("{fn::join: ['/', ['${dest}', 8, true]]}", "10.1.0.0/16/8/true"),
        ("{Fn::Join: ['.', '${nets}']}", "a.b"),
        ("{fn::select: [1, '${nets}']}", "b"),
        ("{fn::select: ['0', ['${dest}', '${open}']]}", "10.1.0.0/16"),
    ],
)
def test_what_an_expression_gives(written: str, value: str) -> None:
    reading = destination(written)
    found = reading.records[0].fields["RouteDest"]
    assert (found.value, found.sensitive, found.literal) == (value, False, False)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("${open}", "config open has no default [open]"),
        ("x${open}", "config open has no default"),
        ("${list[1]}", "config open has no default [open]"),
        ("${list[2]}", "there is no 2"),
        ("${map.none}", "there is no none"),
        ("${odd}", "config odd has no default [odd]"),
        ("${loop}", "refers to itself [loop]"),
        ("${around}", "refers to itself [around]"),
        ("${nowhere.x}", "nowhere is not in the program"),
        ("${[0]}", "vcolint does not understand ${[0]}"),
        ("${}", "vcolint does not understand ${}"),
        ("${pulumi.stack}", f"{LATER}pulumi.stack [pulumi.stack]"),
        ("${vpn.id}", f"{LATER}vpn [vpn]"),
        ("${att.vpnId}", f"{LATER}vpn [vpn]"),
        ("${whole.vpnId}", f"{LATER}vpn [vpn]"),
        ("${tr.id}", f"{LATER}tr [tr]"),
        ("${tr.transitRouterId}", f"{LATER}tr [tr]"),
        ("${tr.status}", f"{LATER}tr.status [tr.status]"),
        ("${vpn.ids[0]}", f"{LATER}vpn.ids [vpn.ids[0]]"),
        ("${vpn}", f"{LATER}vpn [vpn]"),
        ("${found.ids[1]}", "vcolint does not evaluate fn::invoke [found.ids[1]]"),
        ("${function.ids[1]}", "vcolint does not evaluate fn::alicloud:vpn:getconnections [function.ids[1]]"),
        ("${sealed}", "config sealed is encrypted [sealed]"),
        ("{fn::join: ['', [a, '${open}']]}", "config open has no default"),
        ("{fn::join: [a]}", "vcolint does not understand fn::join with these arguments"),
        ("{fn::select: [9, '${nets}']}", "vcolint does not understand fn::select with these arguments"),
        ("{fn::select: [true, '${nets}']}", "vcolint does not understand fn::select with these arguments"),
        ("{fn::toBase64: x}", "vcolint does not evaluate fn::tobase64"),
        ("{fn::invoke: {function: x}}", "vcolint does not evaluate fn::invoke"),
        ("10.{{x}}.0.0/16", "holds a placeholder: {{x}}"),
        ("$${x}", "holds a placeholder: ${x}"),
    ],
)
def test_what_an_expression_cannot_tell(written: str, reason: str) -> None:
    reading = destination(written)
    assert shown(reading.column("RouteDest")[0]) == reason
    assert [one for one in reading.problems if one.field == "RouteDest"] == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${hidden}", "vco-h"),
        ("x-${hidden}", "x-vco-h"),
        ("{fn::secret: '${dest}'}", "10.1.0.0/16"),
        ("{fn::join: ['-', [a, '${hidden}']]}", "a-vco-h"),
        ("{fn::select: [0, ['${hidden}']]}", "vco-h"),
    ],
)
def test_secret_is_sensitive(written: str, value: str) -> None:
    found = destination(written).records[0].fields["RouteDest"]
    assert (found.value, found.sensitive) == (value, True)


@pytest.mark.parametrize(
    ("written", "found"), [("${nets}", "a list"), ("{a: b}", "a mapping"), ("1.5", "the number 1.5")]
)
def test_value_of_a_wrong_type(written: str, found: str) -> None:
    assert problems(destination(written))[0] == ("schema", f"RouteDest must be text, not {found}", 0)


def test_properties_that_are_one_expression() -> None:
    props = "variables: {props: {routeDest: 10.1.0.0/16, nextHop: a, vpnConnectionId: a, weight: 0, x: y}}\n"
    for prefix, written in (("", "'${props}'"), (props, "'${props}'"), (props, "{fn::secret: '${props}'}")):
        reading = read(f"{prefix}resources: {{r: {{type: '{TYPE}', properties: {written}}}}}")
        assert [shown(one.value) for one in reading.records[0].fields.values()] == [
            "vcolint does not read properties that are one expression"
        ] * 4
        assert reading.problems == []
    one = read(f"resources: {{r: {{type: '{TYPE}', properties: [a]}}}}").problems[0]
    assert (one.kind, one.message) == ("schema", "the properties must be a mapping")
    assert (one.location.line, one.location.column, one.location.end_column) == (1, 83, 86)


# -- the region -------------------------------------------------------------------------------------------

REGIONS = """\
{config}
resources:
  explicit: {{type: pulumi:providers:alicloud, properties: {{region: cn-beijing}}}}
  standard:
    type: pulumi:providers:alicloud
    defaultProvider: {default}
    properties: {{region: cn-shanghai}}
  r: {{type: alicloud:vpn:GatewayVcoRoute, options: {{{options}}}}}
"""


@pytest.mark.parametrize(
    ("config", "default", "options", "region"),
    [
        ("", "false", "", None),
        ("config: {alicloud:region: cn-hangzhou}", "false", "", "cn-hangzhou"),
        ("config: {alicloud:region: {default: cn-hangzhou}}", "false", "", "cn-hangzhou"),
        ("config: {alicloud:region: cn-hangzhou}", "true", "", "cn-shanghai"),
        ("config: {alicloud:region: cn-hangzhou}", "true", "provider: '${explicit}'", "cn-beijing"),
        (
            "config: {alicloud:region: {type: string}}",
            "false",
            "",
            "config alicloud:region has no default [alicloud:region]",
        ),
    ],
)
def test_region_comes_from_the_provider(config: str, default: str, options: str, region: str | None) -> None:
    reading = read(REGIONS.format(config=config, default=default, options=options))
    assert shown(reading.column("RegionId")[0]) == region


# -- problems ---------------------------------------------------------------------------------------------


def test_unknown_property() -> None:
    reading = destination("x\n      RouteDst: y\n      description: z")
    assert problems(reading)[:2] == [
        ("schema", 'unknown property RouteDst; did you mean "routeDest"?', 0),
        ("schema", "unknown property description", 0),
    ]
    assert reading.problems[0].location == at(32, 7, 15)


def test_missing_properties() -> None:
    reading = destination("x")
    assert problems(reading) == [
        ("schema", "VpnConnectionId is missing", 0),
        ("schema", "NextHop is missing", 0),
        ("schema", "Weight is missing", 0),
    ]


def test_what_is_given_twice() -> None:
    reading = read(f"{AROUND}    properties: {{weight: 0, weight: 100}}\n  r: {{type: '{TYPE}'}}\n")
    assert [one for one in problems(reading) if one[0] == "duplicate-key"] == [
        ("duplicate-key", "resource r is given twice", None),
        ("duplicate-key", "Weight is given twice", 0),
    ]
    assert len(reading.records) == 1
    assert isinstance(reading.column("Weight")[0], Unknown)


@pytest.mark.parametrize("text", ["[a]", "7", "just text"])
def test_what_is_no_program(text: str) -> None:
    with pytest.raises(SyntaxFault, match=r"^a Pulumi program must be a mapping$"):
        read(text)


def test_resources_of_a_wrong_type() -> None:
    assert problems(read("resources: [a]")) == [("schema", "resources must be a mapping", None)]


def test_routes_inside_a_component_are_not_read() -> None:
    text = "components: {{c: {{resources: {{r: {{type: '{}'}}}}}}}}"
    reading = read(text.format(TYPE))
    assert [(one.address, one.reason) for one in reading.unlisted] == [
        (None, "vcolint does not read routes inside a component")
    ]
    assert read(text.format("alicloud:vpc:Network")).unlisted == []


# -- what stands around -----------------------------------------------------------------------------------

NETWORK = """\
config: {router: {type: string}, conn: {type: string}}
resources:
  gate: {type: alicloud:vpn/customerGateway:CustomerGateway, properties: {ipAddress: 192.0.2.1}}
  second: {type: alicloud:vpn/customerGateway:CustomerGateway, properties: {ipAddress: 192.0.2.2}}
  vpn:
    type: alicloud:vpn/gatewayVpnAttachment:GatewayVpnAttachment
    properties:
      customerGatewayId: ${gate.id}
      remoteSubnet: 10.1.0.0/16,10.2.0.0/16
      bgpConfig: {tunnelCidr: 169.254.11.0/30}
      tunnelOptionsSpecifications:
        - {customerGatewayId: "${second.id}", tunnelBgpConfig: {tunnelCidr: 169.254.12.0/30}}
  bind:
    type: alicloud:cen/transitRouterVpnAttachment:TransitRouterVpnAttachment
    properties: {vpnId: "${vpn.id}", transitRouterId: tr-a}
  ssl: {type: alicloud:vpn/sslVpnServer:SslVpnServer, properties: {clientIpPool: 192.168.1.0/24}}
  net: {type: alicloud:vpc/network:Network, properties: {cidrBlock: 10.0.0.0/8}}
  switch: {type: alicloud:vpc/switch:Switch, properties: {cidrBlock: 10.0.1.0/24}}
"""


def test_topology() -> None:
    topology = read(NETWORK).topology
    vpn = Reference("Pulumi.yaml", "vpn")
    assert [fact.value for fact in topology.remote_subnets[vpn]] == ["10.1.0.0/16", "10.2.0.0/16"]
    assert [(fact.value, fact.address) for fact in topology.gateways_of[vpn]] == [
        ("192.0.2.1", "gate"),
        ("192.0.2.2", "second"),
    ]
    assert [fact.value for fact in topology.bgp_tunnel_cidrs] == ["169.254.11.0/30", "169.254.12.0/30"]
    assert [fact.value for fact in topology.ssl_client_pools] == ["192.168.1.0/24"]
    assert [fact.value for fact in topology.vpc_cidrs] == ["10.0.0.0/8", "10.0.1.0/24"]
    assert topology.transit_router_of == {vpn: "tr-a"}
    assert (topology.bound, set(topology.created), topology.binding_unknown) == ({vpn}, {vpn}, False)


def test_binding_of_config_may_be_any_connections() -> None:
    topology = read(NETWORK.replace('vpnId: "${vpn.id}"', 'vpnId: "${conn}"')).topology
    assert (topology.bound, topology.binding_unknown) == (set(), True)


# -- stacks -----------------------------------------------------------------------------------------------

NOT_YET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "AAAB"}
URN = f"urn:pulumi:dev::net::{TYPE}::"
KNOWN = {
    "vpnConnectionId": "vco-a",
    "nextHop": "vco-a",
    "routeDest": "10.1.0.0/16",
    "weight": 100,
    "__defaults": [],
}


def state(name: str, token: str = TYPE, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::net::{token}::{name}", "type": token, "custom": True, **more}


def read_stack(document: object) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document)
    return pulumi_stack.read(Source("stack.json", text))


def export(*resources: object) -> Reading:
    return read_stack({"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}})


def preview(*steps: tuple[str, dict[str, Any] | None]) -> Reading:
    document = [{"op": op, "urn": (new or state("r"))["urn"], "newState": new} for op, new in steps]
    return read_stack({"config": {}, "steps": document, "changeSummary": {}})


def test_exported_stack() -> None:
    text = json.dumps(
        {"version": 3, "deployment": {"resources": [state("r", id="x", inputs=KNOWN, outputs=KNOWN)]}},
        indent=1,
    )
    reading = read_stack(text)
    assert (reading.kind, reading.files, reading.texts) == (
        "pulumi-stack",
        ["stack.json"],
        {"stack.json": text},
    )
    assert reading.problems == []
    (one,) = reading.records
    lines = text.split("\n")
    assert one.address == f"{URN}r"
    assert one.location == Location("stack.json", lines.index("   {") + 1, 4, len(lines) - 3, 5)
    assert {name: value.value for name, value in one.fields.items()} == {
        "VpnConnectionId": "vco-a",
        "NextHop": "vco-a",
        "RouteDest": "10.1.0.0/16",
        "Weight": 100,
    }
    line = lines.index('     "routeDest": "10.1.0.0/16",') + 1
    assert one.fields["RouteDest"].location == Location("stack.json", line, 19, line, 32)


def test_outputs_tell_only_what_inputs_do_not_give() -> None:
    """The output of an update may still be the old value."""
    inputs = KNOWN | {"nextHop": NOT_YET}
    outputs = KNOWN | {"overlayMode": "Ipsec", "status": "published", "routeDest": "10.9.0.0/16"}
    (one,) = export(state("r", inputs=inputs, outputs=outputs)).records
    assert {name: shown(value.value) for name, value in one.fields.items()} == {
        "VpnConnectionId": "vco-a",
        "NextHop": "known after the deployment",
        "RouteDest": "10.1.0.0/16",
        "Weight": 100,
        "OverlayMode": "Ipsec",
    }


def test_output_that_is_a_secret_makes_the_input_sensitive() -> None:
    (one,) = export(state("r", inputs=KNOWN, outputs=KNOWN | {"routeDest": SECRET})).records
    assert (one.fields["RouteDest"].value, one.fields["RouteDest"].sensitive) == ("10.1.0.0/16", True)


@pytest.mark.parametrize("more", [{"delete": True}, {"external": True}])
def test_what_goes_or_is_looked_up_is_no_entry(more: dict[str, bool]) -> None:
    assert export(state("r", inputs=KNOWN, **more)).records == []


@pytest.mark.parametrize(
    ("stored", "value", "sensitive"),
    [
        (SECRET, "a secret", True),
        ({**SECRET, "plaintext": '"10.1.0.0/16"'}, "a secret", True),
        ({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17"}, "not a plain value", False),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, "known after the deployment", False),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "x", "secret": True}, "x", True),
        (NOT_YET, "known after the deployment", False),
        (f"10.{NOT_YET}.0.0/16", "known after the deployment", False),
        ("${x}", "${x}", False),
    ],
)
def test_stored_values(stored: object, value: str, sensitive: bool) -> None:
    reading = export(state("r", inputs=KNOWN | {"routeDest": stored}))
    found = reading.records[0].fields["RouteDest"]
    assert (shown(found.value), found.sensitive) == (value, sensitive)
    assert problems(reading) == []


def test_region_of_the_provider() -> None:
    provider = state("default_3_1", "pulumi:providers:alicloud", inputs={"region": "cn-hangzhou"}, id="0a-1b")
    reading = export(provider, state("r", inputs=KNOWN, provider=f"{provider['urn']}::0a-1b"))
    assert reading.column("RegionId") == ["cn-hangzhou"]


ATTACHMENT = state("v", "alicloud:vpn/gatewayVpnAttachment:GatewayVpnAttachment", id="", inputs={})
BINDING = state(
    "b",
    "alicloud:cen/transitRouterVpnAttachment:TransitRouterVpnAttachment",
    inputs={"vpnId": NOT_YET, "transitRouterId": "tr-a"},
    propertyDependencies={"vpnId": [ATTACHMENT["urn"]]},
)


GATEWAY = state("g", "alicloud:vpn/customerGateway:CustomerGateway", id="", inputs={})


def route(**dependencies: list[str]) -> dict[str, Any]:
    inputs = KNOWN | {"vpnConnectionId": NOT_YET, "nextHop": NOT_YET, "routeDest": NOT_YET}
    return state("r", inputs=inputs, propertyDependencies=dependencies)


@pytest.mark.parametrize(
    ("urns", "address"),
    [
        ([ATTACHMENT["urn"]], ATTACHMENT["urn"]),
        ([BINDING["urn"]], ATTACHMENT["urn"]),
        ([ATTACHMENT["urn"], BINDING["urn"]], None),
        ([GATEWAY["urn"]], None),  # as in `getConnections({customerGatewayId: gateway.id})`
        ([f"{URN}r"], None),
        (["urn:pulumi:x"], None),
        ([], None),
    ],
)
def test_connection_that_is_not_known_yet(urns: list[str], address: str | None) -> None:
    one = preview(
        *(("create", one) for one in (ATTACHMENT, BINDING, GATEWAY)),
        ("create", route(vpnConnectionId=urns, routeDest=urns)),
    ).records[0]
    value = one.fields["VpnConnectionId"].value
    assert isinstance(value, Unknown)
    assert value.reference == (None if address is None else Reference("stack.json", address))
    assert shown(one.fields["RouteDest"].value) == "known after the deployment"


def test_topology_of_a_stack() -> None:
    gate = state(
        "g", "alicloud:vpn/customerGateway:CustomerGateway", id="cgw-1", inputs={"ipAddress": "192.0.2.1"}
    )
    inputs = {"customerGatewayId": "cgw-1", "remoteSubnet": "10.1.0.0/16", "bgpConfig": SECRET}
    attachment = ATTACHMENT | {"id": "vco-a", "inputs": inputs}
    topology = export(gate, attachment, BINDING).topology
    assert [fact.value for fact in topology.gateways_of["vco-a"]] == ["192.0.2.1"]
    assert [fact.value for fact in topology.remote_subnets["vco-a"]] == ["10.1.0.0/16"]
    topology = preview(("create", ATTACHMENT), ("create", BINDING)).topology
    assert topology.transit_router_of == {Reference("stack.json", ATTACHMENT["urn"]): "tr-a"}


@pytest.mark.parametrize("last", ["create-replacement", "delete-replaced", "replace"])
def test_replacement_is_one_entry(last: str) -> None:
    """A preview lists its steps one by one; the one that deletes has no new state."""
    new = state("r", inputs=KNOWN)
    operations = {"create-replacement", "delete-replaced", "replace"} - {last}
    reading = preview(
        *((one, None if one == "delete-replaced" else new) for one in (*sorted(operations), last))
    )
    assert [one.address for one in reading.records] == [f"{URN}r"]


@pytest.mark.parametrize("operation", ["delete", "discard-replaced"])
def test_what_a_preview_deletes_is_no_entry(operation: str) -> None:
    assert preview((operation, None)).records == []


@pytest.mark.parametrize("text", ["{}", "[]", '"steps"'])
def test_what_is_no_stack(text: str) -> None:
    message = "not a Pulumi stack: it has neither `steps` nor `deployment`"
    with pytest.raises(SyntaxFault, match=f"^{message}$"):
        read_stack(text)


def test_empty_stack() -> None:
    assert read_stack({"version": 3, "deployment": {"manifest": {}}}).records == []


# -- hostile input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{", "a: [", "[" * 100_000])
def test_text_that_cannot_be_read(text: str) -> None:
    for one in (lambda: read(text, is_json=True), lambda: read_stack(text)):
        with pytest.raises(SyntaxFault):
            one()
    if text:
        with pytest.raises(SyntaxFault):
            read(text)


def test_chains_come_to_an_end(tmp_path: Path) -> None:
    def chain(steps: int) -> str:
        variables = "".join(f"  v{i}: ${{v{i + 1}}}${{v{i + 1}}}\n" for i in range(steps))
        route = f"{{type: '{TYPE}', properties: {{routeDest: '${{v0}}'}}}}"
        return f"variables:\n{variables}  v{steps}: x\nresources: {{r: {route}}}"

    assert read(chain(3)).column("RouteDest") == ["x" * 8]
    assert shown(read(chain(100)).column("RouteDest")[0]) == "a very long text [v0]"
    (tmp_path / "Pulumi.yaml").write_text(chain(1_000))
    report = vcolint.check_paths([str(tmp_path)])
    assert [(one.code, one.message) for one in report.findings] == [("VCO001", "nested too deeply")]


def test_deep_values() -> None:
    deep = "[" * 150 + "]" * 150
    assert problems(destination(deep))[0][:2] == ("schema", "RouteDest must be text, not a list")
    text = json.dumps({"deployment": {"resources": [state("r", inputs=KNOWN | {"routeDest": "DEEP"})]}})
    assert problems(read_stack(text.replace('"DEEP"', deep))) == [
        ("schema", "RouteDest must be text, not a list", 0)
    ]


NAMES = st.sampled_from(
    ["r", "a", "d", "c", "0", "id", "vpnId", "routeDest", "properties", "type", "default"]
)
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | NAMES
    | st.sampled_from(
        ["${r}", "${a.vpnId}", "x${d}", "${d[0].x}", "${c}", "$${x}", "${", NOT_YET, TYPE, f"{URN}r"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=2)
        | st.builds(
            lambda name, argument: {name: argument},
            st.sampled_from(
                ["fn::join", "fn::select", "fn::split", "fn::secret", "fn::invoke", "fn::a:b:c", SIGNATURE]
            ),
            inner,
        )
    ),
    max_leaves=12,
)
RESOURCES = st.fixed_dictionaries(
    {"type": st.sampled_from([TYPE, "alicloud:vpn:GatewayVpnAttachment", "pulumi:providers:alicloud"])},
    optional={
        "properties": TREES
        | st.dictionaries(
            st.sampled_from(["routeDest", "nextHop", "weight", "region", "remoteSubnet"]), TREES
        ),
        "options": st.dictionaries(st.sampled_from(["dependsOn", "provider", "customTimeouts"]), TREES),
        "get": TREES,
    },
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, RESOURCES, max_size=3), TREES, TREES, TREES)
def test_any_program_gives_a_reading(resources: Any, first: Any, second: Any, config: Any) -> None:
    program = {"resources": resources, "variables": {"d": first, "a": second}, "config": {"c": config}}
    text = json.dumps(program)
    reading = read(text, is_json=True)
    for one in reading.records:
        place = one.location
        assert text[place.column - 1 : place.end_column - 1] == json.dumps(one.address)
    # JSON is YAML.
    assert problems(read(text)) == problems(reading)


STATES = st.fixed_dictionaries(
    {"urn": st.sampled_from([f"{URN}r", f"{URN}q", BINDING["urn"], ATTACHMENT["urn"]])},
    optional={
        "type": st.sampled_from([TYPE, BINDING["type"], ATTACHMENT["type"], "pulumi:providers:alicloud"]),
        "inputs": TREES | st.dictionaries(st.sampled_from([*KNOWN, "vpnId"]), TREES),
        "outputs": TREES,
        "id": TREES,
        "provider": TREES,
        "dependencies": st.lists(st.sampled_from([f"{URN}r", f"{URN}q", BINDING["urn"]])) | TREES,
        "propertyDependencies": st.dictionaries(
            st.sampled_from([*KNOWN, "vpnId"]),
            st.lists(st.sampled_from([f"{URN}r", BINDING["urn"], ATTACHMENT["urn"]]), max_size=2),
        ),
        "customTimeouts": TREES,
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STATES, max_size=4))
def test_any_stack_gives_a_reading(states: list[Any]) -> None:
    exported = export(*states)
    planned = preview(*(("create", one) for one in states))
    assert [one.address for one in planned.records] == [one.address for one in exported.records]


@pytest.mark.skipif(not REAL.is_dir(), reason="other people's programs are not here")
def test_real_programs() -> None:
    paths = sorted(REAL.rglob("*.yaml"))
    assert len(paths) > 5
    for path in paths:
        reading = pulumi.read(Source(path.name, path.read_text(encoding="utf-8")), False)
        assert (reading.records, reading.problems, reading.unlisted) == ([], [], [])
