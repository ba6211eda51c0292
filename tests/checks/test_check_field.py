"""The values of fields: `field`, `same` and `region`, and JSON Schemas over many values at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from tests.entries import reading, route_set
from vcolint.checks import Hit, find
from vcolint.checks.field import passing
from vcolint.engine.rules import load_rules
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Facts
from vcolint.text.value import Reference, Unknown

RULES = load_rules()
REGIONS = ["cn-hangzhou", "cn-shanghai", "ap-southeast-1", "cn-beijing-finance-1"]


def hits(routes: RouteSet, check: str, who: Any = None, **parameters: Any) -> list[Hit]:
    found = list(find(check)(routes, parameters, range(routes.size) if who is None else who))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def of_rule(code: str, values: list[Any]) -> list[Any]:
    """The values of the rule's field of which it speaks."""
    rule = RULES[code]
    name = rule.parameters.get("field", "RegionId")
    name = name if isinstance(name, str) else name[0]
    routes = route_set(reading([{name: value} for value in values]))
    return [values[hit.entry] for hit in hits(routes, rule.check, **rule.parameters)]


# -- schemas ----------------------------------------------------------------------------------------------


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Any:
    # The package takes `$` as Python does: also before a line end.
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield ValidationError("no match")


ORACLE = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]

texts = st.text(st.sampled_from("ab-0 \nX|é"), max_size=6)
scalars = st.one_of(texts, st.integers(-3, 102), st.booleans())
numbers = st.sampled_from([0.0, 1.0, 0.5, 100.0, -2.5, float("inf"), float("nan")])  # no field holds such
patterns = st.sampled_from(
    [
        "^a",
        "a$",
        "^a$",
        "^[ab]+$",
        "b|^a",
        "^a|b$|^X",
        "(a|b)-",
        r"\|",
        "[|]",
        r"[$^]",
        "^$",
        "^",
        "$",
        "a|",
        "(?i)x|A",
        r"(a)|(b)\2",
        "[]|]",
        r"(?=a).|^b",
        "^*a",
        r"\x00|^-?[0-9]",
    ]
)
types = st.sampled_from(["string", "integer", "number", "boolean", "null", "object"])
schemas: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
            "enum": st.lists(scalars | numbers, min_size=1, max_size=3),
            "const": scalars | numbers,
            "pattern": patterns,
            "minLength": st.integers(0, 4),
            "maxLength": st.integers(0, 4),
            "minimum": st.sampled_from([0, 1, 0.5, 100]),
            "maximum": st.sampled_from([0, 1, 0.5, 100]),
            "title": st.just("a title"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"not": inner, "anyOf": st.lists(inner, min_size=1, max_size=2), "pattern": patterns}
    ),
    max_leaves=4,
)


def keys(values: list[Any]) -> list[str]:
    return sorted(f"{type(value).__name__} {value!r}" for value in values)


@settings(max_examples=300, deadline=None)
@given(schemas, st.lists(scalars, max_size=8))
def test_schemas_say_what_jsonschema_says(schema: Any, values: list[Any]) -> None:
    try:
        expected = [value for value in values if ORACLE(schema).is_valid(value)]
        found = list(passing(schema, values))
    except re.error:  # for some values only, so that one of the two may not notice
        return
    assert keys(found) == keys(expected)


def test_a_text_that_several_alternatives_match_is_found_once() -> None:
    assert passing({"pattern": "a|b"}, ["ab", "b", "c"]) == ["ab", "b"]


def test_a_dollar_is_the_very_end() -> None:
    assert passing({"pattern": "^a$"}, ["a", "a\n"]) == ["a"]
    assert passing({"anyOf": [{"pattern": "^a$"}]}, ["a", "a\n"]) == ["a"]


# -- field ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        ("VCO401", [0, 100, 100.0, None], [1, -100, 99, 10**400]),
        ("VCO701", ["vco-a1", Unknown("later")], ["vco-", "vco-A1", "vco-a1\n", "VCO-a1", "", "vpn-a1"]),
        ("VCO703", ["Ipsec", None], ["ipsec", "IPSEC", "Vxlan", ""]),
        ("VCO704", ["a", "a" * 64, "a\n"], ["", "a" * 65, "bü"]),
        ("VCO705", ["a", "ü" * 100, "see http://x"], ["", "ü" * 101, "http://x", "HTTPS://x"]),
        (
            "VCO708",
            ["cn-hangzhou", "xx", "xx1x", "my-example", "vco-exampl3", "a**", "todo.", "${x}"],
            ["***", "vco-p0w2****", "<your region>", "TODO", "tbd", "ChangeMe", "example", "your-",
             "Your-region\n", "xxx", "XXXXX", "vco-xxx", "VCO-todo", "vco-<id>"],
        ),
    ],
)  # fmt: skip
def test_rules_about_a_value(code: str, good: list[Any], bad: list[Any]) -> None:
    assert of_rule(code, [*good, *bad, *good]) == bad


def test_a_hit_names_field_and_value() -> None:
    routes = route_set(reading([{"Weight": 0}, {"Weight": 50}]))
    assert hits(routes, "field", field="Weight", schema={"enum": [0, 100]}) == [
        Hit(1, "Weight", {"field": "Weight", "value": "50"})
    ]


def test_several_fields_each_have_their_hit() -> None:
    routes = route_set(
        reading([{"RegionId": "xxx", "RouteDest": "TODO", "NextHop": "a"}, {"NextHop": "***"}])
    )
    found = hits(routes, "field", **RULES["VCO708"].parameters)
    assert [(hit.entry, hit.field, hit.variables["value"]) for hit in found] == [
        (0, "RegionId", "xxx"),
        (1, "NextHop", "***"),
        (0, "RouteDest", "TODO"),
    ]


def test_where_only_the_case_differs_there_is_a_fix() -> None:
    routes = route_set(reading([{"OverlayMode": "IPSEC", "NextHop": "A"}, {"OverlayMode": "Vxlan"}]))
    first, second = hits(routes, "field", field="OverlayMode", schema={"const": "Ipsec"})
    assert (first.fix, first.safe, first.replacement) == ("write Ipsec", True, "Ipsec")
    assert (second.fix, second.replacement) == (None, None)
    [hop] = hits(routes, "field", field="NextHop", schema={"enum": ["a", "b"]})
    assert (hop.fix, hop.safe, hop.replacement) == ("write a", False, "a")
    [unsure] = hits(routes, "field", field="NextHop", schema={"enum": ["a", "aA", "Aa"]})
    assert unsure.replacement == "a"


def test_a_number_with_a_fraction_is_for_the_reader_to_report() -> None:
    routes = route_set(reading([{"Weight": value} for value in (50, 50.0, 99.5, 0)]))
    assert [hit.entry for hit in hits(routes, "field", field="Weight", schema={"enum": [0, 100]})] == [0]


def test_values_are_short_in_messages() -> None:
    hops = ["a" * 500, 10**5000, 10**30, 10**30 - 1, -(10**30)]
    routes = route_set(reading([{"NextHop": hop} for hop in hops]))
    values = [hit.variables["value"] for hit in hits(routes, "field", field="NextHop", schema=False)]
    assert values == ["a" * 79 + "…", "a huge number", "a huge number", "9" * 30, "a huge number"]


def test_only_some_entries_are_looked_at() -> None:
    routes = route_set(reading([{"Weight": 1}] * 5))
    assert [hit.entry for hit in hits(routes, "field", [1, 3], field="Weight", schema={"const": 0})] == [1, 3]


@pytest.mark.parametrize("count", [3, 3000])
def test_many_different_values_are_judged_as_few(count: int) -> None:
    rows = [{"Description": f"office {number}"} for number in range(count)]
    rows[1] = {"Description": Unknown("later")}  # type: ignore[dict-item]
    rows[2] = {"Description": ""}
    routes = route_set(reading(rows))
    assert [hit.entry for hit in hits(routes, "field", field="Description", schema={"minLength": 1})] == [2]


def test_what_is_required_is_missed_where_the_kind_can_carry_it() -> None:
    rows: list[dict[str, Any]] = [{"Description": "a"}, {}, {"Description": Unknown("later")}]
    kinds = (
        "route-set",
        "cli",
        "ros",
        "terraform",
        "terraform-plan",
        "terraform-state",
        "pulumi",
        "pulumi-stack",
    )
    routes = route_set(*(reading(rows, kind=kind) for kind in kinds))
    found = hits(routes, "field", field="Description", required=True, schema={})
    assert [(hit.entry, hit.field) for hit in found] == [(1, None), (4, None), (7, None)]
    assert hits(routes, "field", field="Description", schema={}) == []


def test_connections_that_the_config_lists() -> None:
    address = "alicloud_vpn_gateway_vpn_attachment.hq"
    made = reading([{"VpnConnectionId": one} for one in ("vco-a", "vco-b", "vco-c", Unknown("later"))])
    made.topology.addresses["vco-c"] = address
    config = Config(facts=Facts(connections=("vco-a", address)))
    found = hits(route_set(made, config=config), "field", field="VpnConnectionId", facts="connections")
    assert [(hit.entry, hit.field) for hit in found] == [(1, "VpnConnectionId")]
    assert hits(route_set(made), "field", field="VpnConnectionId", facts="connections") == []


# -- same -------------------------------------------------------------------------------------------------


def test_two_fields_of_an_entry() -> None:
    one = Reference("a", "var.one")
    pairs: list[tuple[Any, Any]] = [
        ("vco-a", "vco-a"),
        ("vco-a", "vco-b"),
        (None, "vco-b"),
        ("vco-a", None),
        (Unknown("later", one), Unknown("later", one)),
        (Unknown("later", one), Unknown("later", Reference("a", "var.two"))),
        (Unknown("later", one), "vco-b"),
        ("vco-b", Unknown("later")),
        ("vco-b", "vco-a"),
    ]
    rows = [{"NextHop": hop, "VpnConnectionId": connection} for hop, connection in pairs]
    routes = route_set(reading(rows))
    found = hits(routes, "same", **RULES["VCO702"].parameters)
    assert found == [
        Hit(1, "NextHop", {"field": "NextHop", "value": "vco-a"}),
        Hit(8, "NextHop", {"field": "NextHop", "value": "vco-b"}),
    ]
    assert [
        hit.entry for hit in hits(routes, "same", range(5), field="NextHop", **{"as": "VpnConnectionId"})
    ] == [1]
    assert hits(routes, "same", field="NextHop", **{"as": "NextHop"}) == []


# -- region -----------------------------------------------------------------------------------------------

SHAPE = "it does not have the form of a region such as cn-hangzhou"


@pytest.mark.parametrize(
    ("value", "finds", "defect", "suggestion"),
    [
        ("cn-hangzhou-b", "malformed", "it is a zone of cn-hangzhou", '; did you mean "cn-hangzhou"?'),
        ("ap-southeast-1a", "malformed", "it is a zone of ap-southeast-1",
         '; did you mean "ap-southeast-1"?'),
        ("Hangzhou", "malformed", SHAPE, '; did you mean "cn-hangzhou"?'),
        ("CN-Hangzhou", "malformed", SHAPE, '; did you mean "cn-hangzhou"?'),
        ("cn-hangzhou\n", "malformed", SHAPE, '; did you mean "cn-hangzhou"?'),
        ("cn_hangzhou", "malformed", SHAPE, '; did you mean "cn-hangzhou"?'),
        ("cn-", "malformed", SHAPE, ""),
        ("", "malformed", SHAPE, ""),
        ("cn-hangzou", "unknown", "no region has this name", '; did you mean "cn-hangzhou"?'),
        ("eu-north-1", "unknown", "no region has this name", ""),
        ("cn-hangzhou-bc", "unknown", "no region has this name", '; did you mean "cn-hangzhou"?'),
        ("eu-north-1a", "unknown", "no region has this name", ""),
    ],
)  # fmt: skip
def test_regions(value: str, finds: str, defect: str, suggestion: str) -> None:
    routes = route_set(reading([{"RegionId": one} for one in ("cn-hangzhou", value, None, Unknown("later"))]))
    other = {"malformed": "unknown", "unknown": "malformed"}[finds]
    assert hits(routes, "region", finds=finds, regions=REGIONS) == [
        Hit(1, "RegionId", {"defect": defect, "suggestion": suggestion, "value": value})
    ]
    assert hits(routes, "region", finds=other, regions=REGIONS) == []


def test_a_region_that_looks_like_a_zone_is_none() -> None:
    regions = ["cn-wuhan", "cn-wuhan-a"]
    routes = route_set(reading([{"RegionId": "cn-wuhan-a"}, {"RegionId": "cn-wuhan-b"}]))
    assert [hit.entry for hit in hits(routes, "region", finds="malformed", regions=regions)] == [1]


def test_the_nearest_of_many_wrong_regions_is_not_looked_for() -> None:
    for count, near in ((100, '; did you mean "cn-hangzhou"?'), (101, "")):
        wrong = [f"cn-hangzhou{number}" for number in range(count)]
        routes = route_set(reading([{"RegionId": value} for value in wrong]))
        found = hits(routes, "region", finds="unknown", regions=REGIONS)
        assert [hit.variables["suggestion"] for hit in found] == [near] * count
