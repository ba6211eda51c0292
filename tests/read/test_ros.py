"""ROS templates: `vcolint.read.ros`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.reading import Reading, Unlisted
from vcolint.read import ros
from vcolint.text.source import Remark, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown, Value

REAL = Path(__file__).parents[3] / "shared" / "fixtures" / "real" / "ros"
FORMAT = "ROSTemplateFormatVersion: '2015-09-01'\n"
REST = {"VpnConnectionId": "vco-a", "NextHop": "vco-a", "Weight": 100}
LATER = "known after the deployment: "


def read(text: str, *, is_json: bool = False) -> Reading:
    return ros.read(Source("t.yaml", text), is_json)


def at(line: int, column: int, end_column: int, end_line: int | None = None) -> Location:
    return Location("t.yaml", line, column, end_line or line, end_column)


def shown(value: object) -> object:
    """The value; of an unknown one its reason, and in brackets what it refers to."""
    if not isinstance(value, Unknown):
        return value
    if value.reference is None:
        return value.reason
    assert value.reference.scope == "t.yaml"
    return f"{value.reason} [{value.reference.address}]"


def problems(reading: Reading) -> list[tuple[str, str, int | None]]:
    return [(one.kind, one.message, one.entry) for one in reading.problems]


# -- a whole template -------------------------------------------------------------------------------------

TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'  # vcolint: ignore-file[VCO1] why
Parameters:
  Weight: {Type: Number, AllowedValues: [0, 100]}
Resources:
  # vcolint: ignore[VCO2]
  Route:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties:
      RouteDest: 192.168.10.0/24
      NextHop: "vco-a"
      VpnConnectionId: {Ref: Weight}
      Weight: '100'  # vcolint: no more
      Description: 深圳

  Other: {Type: ALIYUN::VPC::VpnRouteEntry, Properties: {RouteDest: 10.0.0.0/8}}
"""


def test_values_and_places() -> None:
    reading = read(TEMPLATE)
    assert (reading.kind, reading.files, reading.texts) == ("ros", ["t.yaml"], {"t.yaml": TEMPLATE})
    assert (reading.problems, reading.unlisted) == ([], [])
    (one,) = reading.records
    assert (one.address, one.location, one.last_line) == ("Route", at(6, 3, 8), 13)
    unknown = one.fields.pop("VpnConnectionId")
    assert one.fields == {
        "RouteDest": Value("192.168.10.0/24", at(9, 18, 33)),
        "NextHop": Value("vco-a", at(10, 16, 23)),
        "Weight": Value(100, at(12, 15, 20)),
        "Description": Value("深圳", at(13, 20, 22)),
    }
    assert shown(unknown.value) == "parameter Weight has no default [Weight]"
    assert (unknown.location, unknown.literal) == (at(11, 24, 37), False)


def test_remarks() -> None:
    assert read(TEMPLATE).remarks == [
        Remark("vcolint: ignore-file[VCO1] why", at(1, 43, 73)),
        Remark("vcolint: ignore[VCO2]", at(5, 5, 26)),
        Remark("vcolint: no more", at(12, 24, 40)),
    ]


def test_json() -> None:
    properties = REST | {"RouteDest": {"Fn::Join": ["/", ["10.1.0.0", {"Ref": "Length"}]]}}
    text = json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Parameters": {"Length": {"Type": "Number", "Default": 16}},
            "Resources": {"R": {"Type": "ALIYUN::VPC::VcoRouteEntry", "Properties": properties}},
        },
        indent=1,
    )
    (one,) = read(text, is_json=True).records
    assert {name: value.value for name, value in one.fields.items()} == REST | {"RouteDest": "10.1.0.0/16"}
    lines = text.split("\n")
    line = lines.index('  "R": {') + 1
    assert (one.location, one.last_line) == (at(line, 3, 6), len(lines) - 2)
    assert one.fields["RouteDest"].location.line == lines.index('    "RouteDest": {') + 1


def test_several_documents() -> None:
    route = "Resources: {R: {Type: ALIYUN::VPC::VcoRouteEntry, Properties: {RouteDest: 10.%d.0.0/16}}}\n"
    text = f"{FORMAT}{route % 1}---\nsomething: else\n---\n{FORMAT}{route % 2}"
    assert read(text).column("RouteDest") == ["10.1.0.0/16", "10.2.0.0/16"]


def test_aliases_and_merges() -> None:
    text = f"""{FORMAT}
Shared: &shared {{VpnConnectionId: vco-a, NextHop: vco-a, Weight: 0}}
Resources:
  R:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties: &own
      <<: *shared
      Weight: 100
      RouteDest: 10.1.0.0/16
  S: {{Type: ALIYUN::VPC::VcoRouteEntry, Properties: *own}}
"""
    reading = read(text)
    assert problems(reading) == []
    assert reading.column("Weight") == [100, 100]
    assert reading.column("NextHop") == ["vco-a", "vco-a"]
    assert [one.fields["NextHop"].location for one in reading.records] == [at(3, 51, 56)] * 2
    assert [one.last_line for one in reading.records] == [10, 11]


# -- functions --------------------------------------------------------------------------------------------

AROUND = """\
Parameters:
  Dest: {Type: String, Default: 10.1.0.0/16}
  List: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Two: {Type: Number, Default: '2'}
  Json: {Type: Json, Default: '{"k": "v"}'}
  Broken: {Type: Json, Default: '{k'}
  Bool: {Type: Boolean, Default: 'True'}
  None: {Type: String}
  Empty: {Type: String, Default: ''}
  Nil: {Type: String, Default: null}
Mappings:
  Map: {cn: {a: 10.2.0.0/16, list: [p, q]}}
Conditions:
  Yes: !Equals [a, a]
  No: !Equals [{Ref: Dest}, x]
  Maybe: !Equals [!Ref None, x]
  Loop: !Not [Loop]
Locals:
  Local: {Value: !Sub '${Dest}'}
  LocalLoop: {Value: !Ref LocalLoop}
"""


def destination(written: str, more: str = "") -> Reading:
    """A route with that destination, between parameters, mappings and conditions."""
    properties = "".join(f"      {name}: {value}\n" for name, value in REST.items())
    return read(
        f"{FORMAT}{AROUND}Resources:\n  R:\n    Type: ALIYUN::VPC::VcoRouteEntry\n{more}"
        f"    Properties:\n{properties}      RouteDest: {written}\n"
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref Dest", "10.1.0.0/16"),
        ("{Ref: Dest}", "10.1.0.0/16"),
        ("{'Ref': 'Dest'}", "10.1.0.0/16"),
        ("!Ref Empty", ""),
        ("!Ref Two", "2"),
        ("!Ref Bool", "True"),
        ("!Select [1, !Ref List]", "b"),
        ("{'Fn::Select': ['1', {Ref: List}]}", "b"),
        ("!Select [!Ref Two, !Ref List]", "c"),
        ("!Select [-1, !Ref List]", "c"),
        ("!Select [9, !Ref List, x]", "x"),
        ("!Select [9, !Ref List]", ""),
        ("!Select [k, !Ref Json]", "v"),
        ("!Select [1, [!Ref None, x]]", "x"),
        ("!Join ['/', [10.1.0.0, 16]]", "10.1.0.0/16"),
        ("!Join ['.', !Ref List]", "a.b.c"),
        ("!Join ['', [a, 1, true]]", "a1true"),
        ("!Sub '10.${Two}.0.0/16'", "10.2.0.0/16"),
        ("!Sub ['${a}/${ Two }', {a: !Ref Dest}]", "10.1.0.0/16/2"),
        ("{'Fn::Sub': 'x'}", "x"),
        ("!FindInMap [Map, cn, a]", "10.2.0.0/16"),
        ("!Select [1, !FindInMap [Map, cn, list]]", "q"),
        ("!If [Yes, p, q]", "p"),
        ("!If [No, p, q]", "q"),
        ("!If [Yes, !If [No, 1, 2], 3]", "2"),
        ("!Str 5", "5"),
        ("!GetAtt R.VpnConnectionId", "vco-a"),
        ("!GetAtt [R, VpnConnectionId]", "vco-a"),
        ("!GetAtt R.NextHop", "vco-a"),
        ("!GetAtt 'R.VpnConnectionId'", "vco-a"),
    ],
)
def test_what_a_function_gives(written: str, value: str) -> None:
    reading = destination(written)
    assert reading.problems == []
    assert reading.column("RouteDest") == [value]
    assert not reading.records[0].fields["RouteDest"].literal


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("!Ref None", "parameter None has no default [None]"),
        ("!Ref Nil", "parameter Nil has no default [Nil]"),
        ("!Ref Broken", "a default that is not JSON"),
        ("!Ref Nowhere", "the template has no parameter or resource Nowhere"),
        ("!Ref Local", "the template has no parameter or resource Local"),
        ("!Ref [a]", "Ref needs a name"),
        ("!Ref ALIYUN::Region", f"{LATER}ALIYUN::Region [ALIYUN::Region]"),
        ("!Ref ALIYUN::Index", "ALIYUN::Index has no value without Count"),
        ("!GetAtt R.RouteDest", "refers to itself"),
        ("!GetAtt R.Status", f"{LATER}R.Status [R.Status]"),
        ("!GetAtt [R]", "Fn::GetAtt needs a resource and an attribute"),
        ("!Sub '${None}'", "parameter None has no default [None]"),
        ("!Sub 'a${None}'", "parameter None has no default"),
        ("!Sub '${List}'", "not text"),
        ("!Sub '${R.Id}'", f"{LATER}R.Id [R.Id]"),
        ("!Sub {a: b}", "vcolint does not understand Fn::Sub with these arguments"),
        ("!Join ['', [a, !Ref None]]", "parameter None has no default"),
        ("!Join [a]", "vcolint does not understand Fn::Join with these arguments"),
        ("!Select [0, [!Ref None, x]]", "parameter None has no default [None]"),
        ("!Select [0, !Ref None]", "parameter None has no default"),
        ("!Select ['1:', !Ref List]", "vcolint does not understand Fn::Select with these arguments"),
        ("!FindInMap [Map, cn, z]", "vcolint does not understand Fn::FindInMap with these arguments"),
        ("!FindInMap [Map, !Ref None, a]", "parameter None has no default"),
        ("!If [Maybe, p, p]", "parameter None has no default"),
        ("!If [Loop, p, q]", "refers to itself"),
        ("!If [Nowhere, p, q]", "condition Nowhere is not in the template"),
        ("!If [Yes, p]", "vcolint does not understand Fn::If with these arguments"),
        ("!Select [1, 'a, b']", "vcolint does not understand Fn::Select with these arguments"),
        ("!Split [',', 'a,b']", "vcolint does not evaluate Fn::Split"),
        ("!Base64 x", "vcolint does not evaluate Fn::Base64"),
        ("10.${x}.0.0/16", "holds a placeholder: ${x}"),
        ("!Sub '10.${!x}.0.0/16'", "holds a placeholder: ${x}"),
    ],
)
def test_what_a_function_cannot_tell(written: str, reason: str) -> None:
    reading = destination(written)
    assert reading.problems == []
    assert [shown(value) for value in reading.column("RouteDest")] == [reason]


@pytest.mark.parametrize(
    ("written", "found"),
    [("!Ref List", "a list"), ("!Ref Json", "a mapping"), ("[a]", "a list"), ("1.5", "the number 1.5")],
)
def test_value_of_a_wrong_type(written: str, found: str) -> None:
    reading = destination(written)
    assert problems(reading) == [("schema", f"RouteDest must be text, not {found}", 0)]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("!Not [No]", True),
        ("!Not [!Condition No]", True),
        ("!And [No, Maybe]", False),
        ("!Or [Maybe, Yes]", True),
        ("{'Fn::Or': [No, {'Fn::And': [Yes, Yes]}]}", True),
        ("!Equals [!Ref Two, '2']", True),
        ("!Equals [!Ref Two, 3]", False),
        ("!Equals [!Ref Bool, true]", None),
        ("!Ref Bool", None),
        ("!And [Yes, Maybe]", None),
        ("!Or [No, Maybe]", None),
        ("!Not [Maybe]", None),
        ("!Not [Yes, No]", None),
        ("!Equals [a]", None),
        ("maybe", None),
    ],
)
def test_conditions(condition: str, holds: bool | None) -> None:
    around = AROUND.replace("Locals:", f"  Tried: {condition}\nLocals:")
    reading = read(
        f"{FORMAT}{around}Resources:\n  R:\n    Type: ALIYUN::VPC::VcoRouteEntry\n    Condition: Tried\n"
    )
    assert (len(reading.records), len(reading.unlisted)) == ((0, 1) if holds is None else (int(holds), 0))


def test_unknown_condition_leaves_the_route_unlisted() -> None:
    reading = destination("x", "    Condition: Maybe\n")
    assert reading.records == []
    reason = "parameter None has no default"
    assert reading.unlisted == [Unlisted("R", reason, at(25, 16, 21))]


def test_nothing_is_absent() -> None:
    reading = destination("!If [Yes, !Ref 'ALIYUN::NoValue', x]")
    assert "RouteDest" not in reading.records[0].fields
    assert problems(reading) == [("schema", "RouteDest is missing", 0)]
    assert reading.problems[0].location == reading.records[0].location


@pytest.mark.parametrize("written", ["true", "'True'", "TRUE"])
def test_hidden_parameter_is_sensitive(written: str) -> None:
    text = f"""{FORMAT}
Parameters: {{P: {{Type: String, Default: 10.1.0.0/16, NoEcho: {written}}}}}
Resources:
  R:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties: {{RouteDest: !Ref P, NextHop: !Sub 'x-${{P}}', VpnConnectionId: y, Weight: 0}}
"""
    one = read(text).records[0]
    assert {name: value.sensitive for name, value in one.fields.items()} == {
        "RouteDest": True,
        "NextHop": True,
        "VpnConnectionId": False,
        "Weight": False,
    }


# -- Count ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "number"),
    [("2", 2), ("'3'", 3), ("!Ref Two", 2), ("0", 0), ("!Length [a, b, c]", 3), ("!If [No, 1, 2]", 2)],
)
def test_count(count: str, number: int) -> None:
    reading = destination("!Sub '10.${ALIYUN::Index}.0.0/16'", f"    Count: {count}\n")
    assert [(one.address, one.fields["RouteDest"].value) for one in reading.records] == [
        (f"R[{index}]", f"10.{index}.0.0/16") for index in range(number)
    ]
    assert (reading.problems, reading.unlisted) == ([], [])


def test_counts_of_many_resources() -> None:
    sizes = [3, 1, 2, 5, 4] * 4
    resources = "".join(
        f"  R{place}: {{Type: ALIYUN::VPC::VcoRouteEntry, Count: !Length [{'a, ' * size}]}}\n"
        for place, size in enumerate(sizes)
    )
    addresses = [one.address for one in read(f"{FORMAT}Resources:\n{resources}").records]
    assert addresses == [f"R{place}[{index}]" for place, size in enumerate(sizes) for index in range(size)]


def test_count_over_a_list() -> None:
    reading = destination("!Select [!Ref 'ALIYUN::Index', !Ref List]", "    Count: !Length {Ref: List}\n")
    assert reading.column("RouteDest") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        ("!Ref None", "parameter None has no default"),
        ("!Length {Ref: R}", "refers to itself"),
        ("99999999", "more than 10000 instances"),
        ("-1", "Count is not a whole number of at least 0"),
        ("some", "Count is not a whole number of at least 0"),
        ("1.5", "Count is not a whole number of at least 0"),
    ],
)
def test_count_that_is_not_known(count: str, reason: str) -> None:
    reading = destination("x", f"    Count: {count}\n")
    assert reading.records == []
    assert [(one.address, one.reason, one.location.line) for one in reading.unlisted] == [("R", reason, 25)]
    assert reading.problems == []


def test_instances_of_all_resources_are_limited_together() -> None:
    route = "{Type: ALIYUN::VPC::VcoRouteEntry, Count: 6000, Properties: {RouteDest: x}}"
    reading = read(f"{FORMAT}Resources:\n  R: {route}\n  S: {route}\n")
    assert len(reading.records) == 6000
    assert [(one.address, one.reason) for one in reading.unlisted] == [("S", "more than 10000 instances")]


# -- problems ---------------------------------------------------------------------------------------------


def test_unknown_property() -> None:
    reading = destination("x\n      RoutDest: y\n      OverlayMode: Ipsec")
    assert problems(reading) == [
        ("schema", 'unknown property RoutDest; did you mean "RouteDest"?', 0),
        ("schema", "unknown property OverlayMode", 0),
    ]
    assert reading.problems[0].location == at(30, 7, 15)


def test_property_that_is_given_twice() -> None:
    reading = destination("x\n      Weight: 0")
    (one,) = reading.problems
    assert (one.kind, one.message, one.location) == ("duplicate-key", "Weight is given twice", at(30, 7, 13))
    assert one.related == (("first given here", at(28, 7, 13)),)
    value = reading.column("Weight")[0]
    assert isinstance(value, Unknown)
    assert value.reported


def test_resource_that_is_given_twice() -> None:
    properties = "{RouteDest: x, NextHop: a, VpnConnectionId: a, Weight: 0}"
    route = f"{{Type: ALIYUN::VPC::VcoRouteEntry, Properties: {properties}}}"
    reading = read(f"{FORMAT}Resources:\n  R: {route}\n  R: {route}\n")
    assert len(reading.records) == 1
    (one,) = reading.problems
    assert (one.kind, one.message, one.location) == (
        "duplicate-key",
        "resource R is given twice",
        at(4, 3, 4),
    )
    assert one.related == (("first given here", at(3, 3, 4)),)


def test_parts_of_a_wrong_type() -> None:
    assert problems(read(f"{FORMAT}Resources: [a]")) == [("schema", "Resources must be a mapping", None)]
    resource = "Resources: {R: {Type: ALIYUN::VPC::VcoRouteEntry, Properties: %s}}"
    for written in ("x", "[a]"):
        reading = read(FORMAT + resource % written)
        one, *missing = reading.problems
        place = at(2, 63, 63 + len(written))
        assert (one.kind, one.message, one.location) == ("schema", "the properties must be a mapping", place)
        assert [each.message for each in missing] == [
            f"{field} is missing" for field in ("VpnConnectionId", "RouteDest", "NextHop", "Weight")
        ]
    for written in ("!If [c, {}, {}]", "!Ref P", "{Ref: P}", "{'Fn::If': [c, {}, {}]}"):
        reading = read(FORMAT + resource % written)
        assert [shown(one.value) for one in reading.records[0].fields.values()] == [
            "vcolint does not read properties that are one expression"
        ] * 4
        assert reading.problems == []


def test_what_is_no_template() -> None:
    with pytest.raises(SyntaxFault, match=r"^not a ROS template: it has no ROSTemplateFormatVersion$"):
        read("a: b")


def test_terraform_inside_a_template_is_not_read() -> None:
    text = f'{FORMAT}Transform: Aliyun::Terraform-v1.5\nWorkspace:\n  main.tf: \'resource "%s" "r" {{}}\'\n'
    assert [one.reason for one in read(text % "alicloud_vpn_gateway_vco_route").unlisted] == [
        "vcolint does not read Terraform inside a ROS template"
    ]
    assert read(text % "alicloud_vpc").unlisted == []


# -- what stands around -----------------------------------------------------------------------------------

NETWORK = f"""{FORMAT}
Parameters: {{Router: {{Type: String}}}}
Resources:
  R:
    Type: ALIYUN::VPC::VcoRouteEntry
    Properties: {{RouteDest: x, NextHop: !Ref Att, VpnConnectionId: !GetAtt Bind.VpnId, Weight: 100}}
  S:
    Type: ALIYUN::VPC::VcoRouteEntry
    Count: 2
    Properties:
      RouteDest: x
      NextHop: !GetAtt Att.VpnConnectionId
      VpnConnectionId: !GetAtt R.VpnConnectionId
      Weight: 0
  Gate: {{Type: ALIYUN::VPC::CustomerGateway, Properties: {{IpAddress: 192.0.2.1}}}}
  Att:
    Type: ALIYUN::VPC::VpnAttachment
    Properties:
      CustomerGatewayId: !Ref Gate
      RemoteSubnet: 10.1.0.0/16,10.2.0.0/16
      BgpConfig: {{TunnelCidr: 169.254.11.0/30}}
  Bind:
    Type: ALIYUN::CEN::TransitRouterVpnAttachment
    Properties: {{VpnId: !GetAtt Att.VpnConnectionId, TransitRouterId: tr-a}}
  Ssl: {{Type: ALIYUN::VPC::SslVpnServer, Properties: {{ClientIpPool: 192.168.1.0/24}}}}
  Vpc: {{Type: ALIYUN::ECS::VPC, Properties: {{CidrBlock: 10.0.0.0/8}}}}
"""


def test_references_to_one_connection() -> None:
    reading = read(NETWORK)
    assert problems(reading) == []
    for field in ("VpnConnectionId", "NextHop"):
        assert [shown(value) for value in reading.column(field)] == [f"{LATER}Att [Att]"] * 3


def test_topology() -> None:
    topology = read(NETWORK).topology
    connection = Reference("t.yaml", "Att")
    assert [fact.value for fact in topology.remote_subnets[connection]] == ["10.1.0.0/16", "10.2.0.0/16"]
    assert [(fact.value, fact.address) for fact in topology.gateways_of[connection]] == [
        ("192.0.2.1", "Gate")
    ]
    assert [fact.value for fact in topology.bgp_tunnel_cidrs] == ["169.254.11.0/30"]
    assert [fact.value for fact in topology.ssl_client_pools] == ["192.168.1.0/24"]
    assert [fact.value for fact in topology.vpc_cidrs] == ["10.0.0.0/8"]
    assert topology.transit_router_of == {connection: "tr-a"}
    assert (topology.bound, set(topology.created)) == ({connection}, {connection})
    assert not topology.binding_unknown


def test_binding_of_a_parameter_may_be_any_connections() -> None:
    topology = read(
        NETWORK.replace("!GetAtt Att.VpnConnectionId, TransitRouterId", "!Ref Router, TransitRouterId")
    ).topology
    assert (topology.bound, topology.binding_unknown) == (set(), True)


# -- hostile input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a: [", "\tx: 1", "a: *b"])
def test_text_that_is_not_yaml(text: str) -> None:
    if text:
        with pytest.raises(SyntaxFault):
            read(text)
    with pytest.raises(SyntaxFault):
        read(text, is_json=True)


def test_deep_nesting() -> None:
    for written in ("!If [Yes, " * 150 + "x" + ", y]" * 150, "[" * 150 + "]" * 150):
        assert len(destination(written).records) == 1
    deep = "[" * 180 + "]" * 180
    around = AROUND.replace("list: [p, q]", f"deep: {deep}")
    text = "Resources: {V: {Type: ALIYUN::ECS::VPC, Properties: {CidrBlock: !FindInMap [Map, cn, deep]}}}"
    assert read(f"{FORMAT}{around}{text}").topology.vpc_cidrs == []


def test_chains_come_to_an_end() -> None:
    def doubling(steps: int) -> object:
        written = f"!Join ['', [&a0 {'x' * 1000}, *a0]]"
        for step in range(1, steps):
            written = f"!Join ['', [&a{step} {written}, *a{step}]]"
        return shown(destination(written).column("RouteDest")[0])

    assert doubling(3) == "x" * 8000
    assert doubling(8) == "a very long text"


def test_long_list() -> None:
    items = ", ".join(f"10.{n // 256}.{n % 256}.0/24" for n in range(900))
    reading = destination(f"!Select [!Ref 'ALIYUN::Index', [{items}]]", "    Count: 900\n")
    assert reading.column("RouteDest") == items.split(", ")


@pytest.mark.parametrize(
    "written",
    [
        f"!Select [0, [!Ref 'ALIYUN::Index', {'a, ' * 5_000}]]",
        f"!Sub '{'a' * 60_000}${{ALIYUN::Index}}'",
    ],
)
def test_too_much_to_evaluate(written: str) -> None:
    column = destination(written, "    Count: 10000\n").column("RouteDest")
    assert len(column) == 10_000
    assert isinstance(column[0], str)
    assert shown(column[-1]) == "too much to evaluate"


def test_facts_of_shared_lists() -> None:
    chain = {
        f"R{number}": {"Type": "X", "Properties": {"A": [{"Fn::GetAtt": [f"R{number - 1}", "A"]}] * 10}}
        for number in range(1, 10)
    }
    first = {"Type": "X", "Properties": {"A": ["x"] * 10}}
    network = {"Type": "ALIYUN::ECS::VPC", "Properties": {"CidrBlock": {"Fn::GetAtt": ["R9", "A"]}}}
    resources = {"R0": first, **chain, "V": network}
    text = json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})
    assert read(text, is_json=True).topology.vpc_cidrs == []


def test_many_placeholders() -> None:
    assert destination(f"!Sub '{'${' * 30_000}'").column("RouteDest") == ["${" * 30_000]
    assert shown(destination(f"!Sub '{'${' * 100_000}'").column("RouteDest")[0]) == "a very long text"


NAMES = st.sampled_from(["R", "S", "Dest", "Yes", "Map", "ALIYUN::Index", "a", "0", "1"])
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 20)
    | NAMES
    | st.sampled_from(["${Dest}", "R.VpnConnectionId"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=2)
        | st.builds(
            lambda name, argument: {name: argument},
            st.sampled_from(
                [
                    *("Ref", "Condition", "Fn::GetAtt", "Fn::Sub", "Fn::If", "Fn::And", "Fn::Or", "Fn::Not"),
                    *(
                        "Fn::Equals",
                        "Fn::FindInMap",
                        "Fn::Join",
                        "Fn::Length",
                        "Fn::Select",
                        "Fn::Split",
                        "Fn::Str",
                    ),
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)
RESOURCES = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(
            ["ALIYUN::VPC::VcoRouteEntry", "ALIYUN::VPC::VpnAttachment", "ALIYUN::ECS::VPC"]
        )
    },
    optional={
        "Count": TREES,
        "Condition": TREES,
        "DependsOn": TREES,
        "Properties": TREES
        | st.dictionaries(
            st.sampled_from(
                ["RouteDest", "NextHop", "VpnConnectionId", "Weight", "CidrBlock", "RemoteSubnet"]
            ),
            TREES,
        ),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, RESOURCES, max_size=3), TREES, TREES, TREES, TREES)
def test_any_tree_gives_a_reading(
    resources: Any, parameters: Any, mappings: Any, conditions: Any, own: Any
) -> None:
    document = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": resources,
        "Parameters": {"Dest": parameters},
        "Mappings": {"Map": mappings},
        "Conditions": {"Yes": conditions},
        "Outputs": {"a": own},
    }
    text = json.dumps(document)
    reading = read(text, is_json=True)
    for one in reading.records:
        assert text[one.location.column - 1 : one.location.end_column - 1] == json.dumps(
            (one.address or "").partition("[")[0]
        )
    # JSON is YAML.
    again = read(text)
    assert [one.address for one in again.records] == [one.address for one in reading.records]
    assert problems(again) == problems(reading)


@pytest.mark.skipif(not REAL.is_dir(), reason="other people's templates are not here")
def test_real_templates() -> None:
    seen = 0
    for path in sorted(REAL.rglob("*.*")):
        if path.suffix in (".yml", ".yaml", ".json"):
            try:
                reading = ros.read(
                    Source(path.name, path.read_text(encoding="utf-8")), path.suffix == ".json"
                )
            except SyntaxFault:
                continue
            seen += 1
            assert reading.records == []
            assert [one.kind for one in reading.problems] in ([], ["syntax"])
    assert seen > 5
