"""Our reading of the schemas for what people write, held against that of jsonschema."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from vcolint.engine.schema import first_fault, load_schema
from vcolint.text.source import Source
from vcolint.text.yaml import parse

CONFIG = {
    "files": ["a"],
    "per-file-ignores": {"lab/**": ["VCO107"]},
    "severity": {"VCO107": "error"},
    "options": {"VCO107": {"min-prefix-length": 10}},
    "fail-on": "warning",
    "quotas": {"routes-per-connection": 20},
    "facts": {
        "vpc-cidrs": ["10.0.0.0/16"],
        "customer-gateway-ips": {"vco-a": "42.104.22.210", "vco-b": ["42.104.22.211"]},
    },
    "domains": {"a": {"connections": ["vco-a"], "redundancy": "ecmp"}},
    "terraform": {"workspace": "w", "environments": {"prod": {"root": "infra", "var-files": ["a"]}}},
    "promises": [{"network": "10.0.0.0/8", "carried-by": ["vco-a"], "survives": True, "name": "x"}],
}
PAGE = {
    "code": "VCO901",
    "name": "a-rule",
    "severity": "error",
    "basis": "policy",
    "effect": "policy",
    "api-errors": ["A.B"],
    "check": "backup",
    "with": {"finds": "too-many-equal-paths", "max": 2},
    "where": True,
    "options": {"most": "max"},
    "yields-to": ["VCO201", "duplicate"],
    "verdict": ["duplicate"],
    "message": "text",
    "default": "on",
}
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    20.0,
    2.5,
    -1,
    "",
    "x",
    "error",
    "on",
    "field",
    "VCO901",
    [],
    ["x"],
]
VALUES += [{}, {"x": 1}, ["RouteDest", "RouteDest"], {"group": ["RouteDest"], "field": "Weight"}, {"min": 3}]
VALUES += [{"field": "Weight", "schema": True}, {"field": "Weight", "schema": True, "facts": "connections"}]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of keys and numbers to everything in a value."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(place for key, one in members for place in places(one, (*path, key)))]


@settings(max_examples=400, deadline=None)
@pytest.mark.parametrize(("name", "whole"), [("config", CONFIG), ("rule", PAGE)])
@given(data=st.data())
def test_a_changed_value_is_wrong_exactly_if_jsonschema_says_so(name: str, whole: Any, data: Any) -> None:
    changed = deepcopy(whole)
    for _ in range(data.draw(st.integers(0, 3))):
        *path, last = data.draw(st.sampled_from(places(changed)[1:]))
        holder = changed
        for key in path:
            holder = holder[key]
        action = data.draw(st.sampled_from(["set", "drop", "add"]))
        if action == "drop":
            del holder[last]
        else:
            key = "strange" if action == "add" and isinstance(holder, dict) else last
            holder[key] = deepcopy(data.draw(st.sampled_from(VALUES)))
    schema = load_schema(name)
    node = parse(Source("x.yaml", json.dumps(changed)))[0]
    expected = Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).is_valid(changed)
    fault = first_fault(node, schema, "the text")
    assert (fault is None) == expected, fault
