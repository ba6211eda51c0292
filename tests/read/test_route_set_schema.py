"""The JSON Schema of route sets and the reader refuse the same data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vcolint.model.entry import FIELDS, GATEWAY_FIELDS, SPELLINGS
from vcolint.read.route_set import read
from vcolint.text.source import Source

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "vcolint/schemas/route-set.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
GOOD = {"RegionId": "cn-hangzhou", "VpnConnectionId": "vco-a", "RouteDest": "10.0.0.0/8", "NextHop": "vco-a"}
GOOD_ENTRY: dict[str, Any] = {**GOOD, "Weight": 100}

# Numbers such as 100.0 are left out: to JSON Schema they are integers.
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from(["", "0", "100", "50", "${x}", "a {{ b }} c", "${x", "{{}", "vco-a", "${\n}", "{{\n}}"]),
    st.sampled_from([0, 100, -1, 10**30, 0.5, True, False]),
    st.sampled_from([[], {}, ["a"], {"RouteDest": "a"}]),
)
NAMES = st.sampled_from([*SPELLINGS, *sorted(GATEWAY_FIELDS), "Routes", "Priority", "routedest", ""])
PIECES = st.dictionaries(NAMES, VALUES, max_size=3)
MAPPINGS = st.builds(
    lambda good, left_out, more: {k: v for k, v in good.items() if k not in left_out} | more,
    st.sampled_from(
        [
            GOOD_ENTRY,
            {
                name: GOOD_ENTRY[field]
                for name, field in SPELLINGS.items()
                if name != field and field in GOOD_ENTRY
            },
        ]
    ),
    st.sets(st.sampled_from([*FIELDS[:5], "weight", "next_hop"]), max_size=2),
    PIECES | st.just({}),
)
ITEMS = MAPPINGS | VALUES
LISTS = st.lists(ITEMS, max_size=3)
SETS = st.builds(
    lambda shared, name, routes, both: shared | {name: routes} | ({"Routes": []} if both else {}),
    MAPPINGS | PIECES,
    st.sampled_from(["Routes", "routes"]),
    LISTS | VALUES,
    st.integers(0, 9).map(lambda number: number == 0),
)


def refused(text: str, format: str) -> bool:
    problems = read(Source("f", text), format).problems
    return any(problem.kind in ("schema", "duplicate-key") for problem in problems)


def test_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_takes_its_own_examples() -> None:
    for example in SCHEMA["examples"]:
        VALIDATOR.validate(example)
        assert read(Source("f", json.dumps(example)), "json").problems == []


def test_describes_every_field() -> None:
    entry = SCHEMA["$defs"]["fields"]["else"]["properties"]
    assert set(entry) == {*SPELLINGS, *GATEWAY_FIELDS}
    assert entry == {
        name: value
        for name, value in SCHEMA["$defs"]["set"]["else"]["properties"].items()
        if name not in ("Routes", "routes")
    }
    for name, field in SPELLINGS.items():
        assert entry[name] == {"$ref": f"#/$defs/{field}"}
        definition = SCHEMA["$defs"][field]
        assert definition["description"]
        for example in definition["examples"]:
            VALIDATOR.validate({**GOOD_ENTRY, field: example})


@settings(max_examples=400, deadline=None)
@given(st.one_of(LISTS, MAPPINGS, SETS, VALUES))
def test_refuses_what_the_reader_refuses(data: Any) -> None:
    assert (not VALIDATOR.is_valid(data)) == refused(json.dumps(data), "json")


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ([GOOD_ENTRY], True),
        ([GOOD], False),
        ({**GOOD, "Routes": [{"Weight": 0}]}, True),
        ({**GOOD, "Routes": [{"Weight": 0}, {}]}, False),
        ({**GOOD, "Routes": [{"Weight": 0}, {"VpnGatewayId": "vpn-a"}]}, True),
        ({**GOOD, "Routes": [], "routes": []}, False),
        ([{**GOOD_ENTRY, "route_dest": "10.0.0.0/8"}], False),
        ([{**GOOD, "weight": "${weight}"}], True),
        ([{**GOOD, "weight": "high"}], False),
        ([{**GOOD, "weight": True}], False),
        ([{**GOOD, "weight": 50}], True),
        ([{**GOOD, "weight": "100"}], True),
        ([{**GOOD_ENTRY, "Description": None}], True),
        ([{**GOOD_ENTRY, "Priority": 1}], False),
        ([{"VpnGatewayId": "vpn-a", "Priority": 1}], True),
        ([], True),
        ("routes", False),
    ],
)
def test_examples(data: Any, valid: bool) -> None:
    assert VALIDATOR.is_valid(data) == valid
    assert refused(json.dumps(data), "json") == (not valid)
    assert refused(json.dumps(data), "yaml") == (not valid)
