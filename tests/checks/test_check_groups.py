"""Entries that share values: `unique`, `agree` and `count`, held against comparing every two entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from tests.entries import reading, route_set
from vcolint.checks import Hit, Other, find
from vcolint.engine.evaluate import evaluate
from vcolint.engine.rules import load_rules
from vcolint.model import network
from vcolint.model.route_set import RouteSet
from vcolint.text.value import Reference, Unknown

RULES = load_rules()
ONE, TWO = Reference("infra", "var.one"), Reference("infra", "var.two")


def hits(routes: RouteSet, check: str, who: Sequence[int] | None = None, **parameters: Any) -> list[Hit]:
    found = list(find(check)(routes, parameters, range(routes.size) if who is None else who))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def of_rule(code: str, *rows: dict[str, Any], duplicates: Sequence[int] = ()) -> list[Hit]:
    routes = route_set(reading(rows)).judged(frozenset(), frozenset(duplicates), frozenset())
    return hits(routes, RULES[code].check, **RULES[code].parameters)


def row(
    connection: Any = "vco-a",
    destination: Any = "10.0.0.0/8",
    hop: Any = "vco-a",
    weight: Any = 100,
    **more: Any,
) -> dict[str, Any]:
    return {"VpnConnectionId": connection, "RouteDest": destination, "NextHop": hop, "Weight": weight, **more}


# -- unique -----------------------------------------------------------------------------------------------


def test_each_later_entry_is_a_duplicate_of_the_first() -> None:
    found = of_rule("VCO201", row(), row(weight=0), row(destination="10.9.9.9/8"), row(), row(hop="vco-b"))
    variables = {"connection": "vco-a", "first": "routes.yaml:1", "count": 3}
    first = (Other("first defined here", 0, "RouteDest"),)
    assert found == [
        Hit(entry, "RouteDest", variables, first, (0,), fix="remove this entry", remove=(entry,))
        for entry in (2, 3)
    ]
    assert not any(hit.safe for hit in found)


def test_what_is_not_known_is_no_duplicate() -> None:
    unsure = [Unknown("later"), None]
    assert of_rule("VCO201", *(row(connection=one) for one in unsure * 2)) == []
    assert of_rule("VCO201", *(row(weight=one) for one in unsure * 2)) == []
    assert of_rule("VCO201", *(row(destination=one) for one in [*unsure, "10.0.0.0"] * 2)) == []
    assert of_rule("VCO201", row(weight=100), row(weight=Unknown("later"))) == []


def test_connections_not_known_yet_are_the_same_where_they_refer_to_the_same() -> None:
    rows = [row(connection=Unknown("later", one), hop=Unknown("later", one)) for one in (ONE, TWO, ONE)]
    assert [hit.entry for hit in of_rule("VCO201", *rows)] == [2]
    # Another field of the same reference is not told to be the same.
    tokens = [row(ClientToken=Unknown("later", ONE))] * 2
    assert of_rule("VCO204", *tokens) == []


def test_entries_that_only_ask_are_checked_alone() -> None:
    assert of_rule("VCO201", row(DryRun=True), row(), row(DryRun=True), row(DryRun=False))[0].entry == 3
    assert of_rule("VCO301", row(), row(weight=0, DryRun=True)) == []
    # Where DryRun is unknown, the entry may be one of them.
    later = Unknown("later")
    assert of_rule("VCO201", row(DryRun=later), row()) == of_rule("VCO201", row(), row(DryRun=later)) == []


def test_instances_of_one_block_are_told_apart_by_their_addresses(tmp_path: Path) -> None:
    template = (
        "ROSTemplateFormatVersion: '2015-09-01'\n"
        "Resources:\n"
        "  R:\n"
        "    Type: ALIYUN::VPC::VcoRouteEntry\n"
        "    Count: 2\n"
        "    Properties: {VpnConnectionId: vco-a, NextHop: vco-a, RouteDest: 10.1.0.0/16, Weight: 100}\n"
    )
    file = tmp_path / "t.yaml"
    file.write_text(template)
    [found] = vcolint.check_paths([file], select=["VCO201"]).findings
    assert found.address == "R[1]"
    assert found.message == (
        "duplicate route: 10.1.0.0/16 on vco-a is already defined at "
        f"{found.location.file}:6 (R[0]); the API rejects the second one"
    )
    assert [one.message for one in found.related] == ["first defined here"]


def test_only_a_duplicate_route_is_to_be_removed() -> None:
    rows = [row(Description="office"), row(destination="10.0.0.0/9", Description="office")]
    [hit] = hits(route_set(reading(rows)), "unique", key=["Description"])
    assert (hit.entry, hit.field, hit.fix, hit.remove) == (1, "Description", None, ())
    [hit] = hits(route_set(reading(rows)), "unique", key=["Weight"])
    assert (hit.entry, hit.field) == (1, "RouteDest")


# -- agree ------------------------------------------------------------------------------------------------


def test_contradictory_weights_stand_at_the_last_entry() -> None:
    found = of_rule(
        "VCO301", row(), row(weight=0), row(weight=Unknown("later")), row(destination="10.1.2.3/8")
    )
    assert found == [
        Hit(
            3,
            "RouteDest",
            {"connection": "vco-a", "values": "100 and 0", "count": 3},
            (Other("Weight 100 here", 0, "RouteDest"), Other("Weight 0 here", 1, "RouteDest")),
            (0, 1, 3),
        )
    ]


def test_a_wrong_weight_contradicts_nothing() -> None:
    routes = route_set(reading([row(), row(weight=50), row(weight=0, destination="10.0.0.0/9")]))
    judged = routes.judged(frozenset(), frozenset(), frozenset({1}))
    assert hits(judged, "agree", **RULES["VCO301"].parameters) == []
    assert hits(routes, "agree", **RULES["VCO301"].parameters) != []


def test_next_hops_differ_only_where_both_are_known() -> None:
    assert of_rule("VCO302", row(), row(hop=Unknown("later", ONE))) == []
    assert of_rule("VCO302", row(hop=Unknown("later", ONE)), row(hop=Unknown("later", TWO))) == []
    [hit] = of_rule("VCO302", row(), row(hop=Unknown("later", ONE)), row(hop="vco-b"))
    assert (hit.entry, hit.members, hit.variables["values"]) == (2, (0, 2), "vco-a and vco-b")


def test_values_that_differ_are_short_in_messages() -> None:
    rows = [row(ClientToken=one) for one in ("b" * 500, 10**5000)]
    [hit] = hits(route_set(reading(rows)), "agree", group=["VpnConnectionId"], field="ClientToken")
    assert hit.variables["values"] == "b" * 79 + "… and a huge number"


def test_regions_of_one_connection() -> None:
    regions = ("cn-hangzhou", "Hangzhou", "cn-shanghai", "cn-hangzhou", None)
    rows = [row(destination=f"10.{number}.0.0/16", RegionId=one) for number, one in enumerate(regions)]
    routes = route_set(reading([*rows, row(connection="vco-b", RegionId="cn-beijing")]))
    [hit] = evaluate(routes, RULES, frozenset({"VCO707"})).hits["VCO707"]
    assert (hit.entry, hit.field, hit.members) == (3, "RegionId", (0, 2, 3))
    assert hit.variables == {"connection": "vco-a", "values": "cn-hangzhou and cn-shanghai", "count": 3}


def test_a_duplicate_has_its_region_but_is_never_the_last() -> None:
    rows = [row(RegionId="cn-hangzhou"), row(RegionId="cn-shanghai")]
    [hit] = of_rule("VCO707", *rows, duplicates=[1])
    assert (hit.entry, hit.members) == (0, (0, 1))
    assert hit.others == (Other("RegionId cn-shanghai here", 1, "RegionId"),)
    assert of_rule("VCO302", row(), row(hop="vco-b"), duplicates=[1]) == []


def test_destinations_are_compared_as_networks_and_shown_so() -> None:
    tokens = [row(destination=one, ClientToken="t") for one in ("10.1.2.3/8", "10.0.0.0/8", "10.0.0.0/9")]
    routes = route_set(reading(tokens))
    assert hits(routes, "agree", group=["ClientToken"], field="RouteDest") == [
        Hit(
            2,
            "RouteDest",
            {"connection": "vco-a", "values": "10.0.0.0/8 and 10.0.0.0/9", "count": 3},
            tuple(Other("RouteDest 10.0.0.0/8 here", entry, "RouteDest") for entry in (0, 1)),
            (0, 1, 2),
        )
    ]


def test_many_values_are_counted() -> None:
    [hit] = of_rule("VCO302", *(row(hop=f"vco-{number}") for number in range(9)))
    assert hit.variables["values"] == "vco-0, vco-1, vco-2, vco-3, vco-4, vco-5 and 3 more"


# -- count ------------------------------------------------------------------------------------------------


def test_one_finding_a_token() -> None:
    tokens = ["a", "b", "a", None, None, "a", "b", "c"]
    found = of_rule(
        "VCO204", *(row(destination=f"10.{n}.0.0/16", ClientToken=one) for n, one in enumerate(tokens))
    )
    assert [(hit.entry, hit.field, hit.variables, hit.members) for hit in found] == [
        (5, "ClientToken", {"count": 3, "max": 1}, (0, 2, 5)),
        (6, "ClientToken", {"count": 2, "max": 1}, (1, 6)),
    ]
    assert found[0].others == tuple(Other("another one of them", entry, "ClientToken") for entry in (0, 2))


def test_a_duplicate_does_not_count() -> None:
    assert of_rule("VCO204", row(ClientToken="a"), row(ClientToken="a"), duplicates=[1]) == []


def test_a_group_by_connection_stands_at_the_destination() -> None:
    rows = [row(destination=f"10.{number}.0.0/16") for number in range(4)]
    [hit] = hits(route_set(reading(rows)), "count", group=["VpnConnectionId"], max=3)
    assert (hit.entry, hit.field, hit.variables) == (3, "RouteDest", {"count": 4, "max": 3})
    assert hits(route_set(reading(rows)), "count", group=["VpnConnectionId"], max=4) == []
    assert len(hits(route_set(reading(rows)), "count", group=["RouteDest"], max=0)) == 4


# -- against comparing every two --------------------------------------------------------------------------

connections = st.sampled_from(["vco-a", "vco-b", None]) | st.builds(
    Unknown, st.just("later"), st.sampled_from([ONE, TWO, None])
)
rows_of_any = st.lists(
    st.fixed_dictionaries(
        {
            "VpnConnectionId": connections,
            "NextHop": connections,
            "RouteDest": st.sampled_from(["10.0.0.0/8", "10.1.0.0/8", "10.0.0.0/9", "junk", None]),
            "Weight": st.sampled_from([0, 100, 50, None]) | st.builds(Unknown, st.just("later")),
            "DryRun": st.sampled_from([None, None, None, True, Unknown("later")]),
        }
    ),
    max_size=9,
)
fields = st.lists(
    st.sampled_from(["VpnConnectionId", "RouteDest", "NextHop", "Weight"]),
    min_size=1,
    max_size=4,
    unique=True,
)


def key_of(row: dict[str, Any], names: Sequence[str]) -> tuple[Any, ...] | None:
    """What of a row is compared; None if something of it is absent or not known."""
    key: list[Any] = []
    for name in names:
        value = row[name]
        if name == "RouteDest":
            block = network.parse(value) if value else None
            value = None if block is None else network.network(block)
        elif isinstance(value, Unknown):
            value = value.reference if name != "Weight" else None
        key.append(value)
    return None if None in key else tuple(key)


def groups(
    rows: list[dict[str, Any]], names: Sequence[str], who: Sequence[int], out: frozenset[int]
) -> list[list[int]]:
    found: list[list[int]] = []
    for entry in who:
        key = key_of(rows[entry], names)
        if key is None or rows[entry]["DryRun"] or entry in out:
            continue
        for group in found:
            if key_of(rows[group[0]], names) == key:
                group.append(entry)
                break
        else:
            found.append([entry])
    return found


@settings(max_examples=300, deadline=None)
@given(rows_of_any, fields, st.integers(0, 3), st.data())
def test_groups(rows: list[dict[str, Any]], names: list[str], most: int, data: st.DataObject) -> None:
    numbers = st.frozensets(st.sampled_from(range(len(rows)))) if rows else st.just(frozenset())
    duplicates, misweighted = data.draw(numbers), data.draw(numbers)
    who = sorted(data.draw(numbers)) if data.draw(st.booleans()) else range(len(rows))
    routes = route_set(reading(rows)).judged(frozenset(), duplicates, misweighted)

    expected = groups(rows, names, who, duplicates)
    later = sorted((entry, group[0]) for group in expected for entry in group[1:])
    assert sorted((hit.entry, hit.members[0]) for hit in hits(routes, "unique", who, key=names)) == later
    many = sorted(tuple(group) for group in expected if len(group) > most)
    assert sorted(hit.members for hit in hits(routes, "count", who, group=names, max=most)) == many

    out = duplicates | misweighted if "RouteDest" in names else frozenset()
    for name in {"Weight", "NextHop"} - set(names):
        differing = []
        for group in groups(rows, names, who, out):
            known = [entry for entry in group if isinstance(rows[entry][name], (str, int))]
            if len({rows[entry][name] for entry in known}) > 1:
                single = [entry for entry in known if entry not in duplicates]
                differing.append((max(single or known), tuple(known)))
        found = hits(routes, "agree", who, group=names, field=name)
        assert sorted((hit.entry, hit.members) for hit in found) == sorted(differing)


def test_a_great_many_equal_entries() -> None:
    routes = route_set(reading([row(ClientToken="a")] * 20_000))
    assert len(hits(routes, "unique", **RULES["VCO201"].parameters)) == 19_999
    assert [len(hit.members) for hit in hits(routes, "count", **RULES["VCO204"].parameters)] == [20_000]
