"""Routing domains: `vcolint.model.domains`, and what rules make of them."""

from __future__ import annotations

from typing import Any

import pytest
from entries import reading, route_set
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint.model.domains import Domain
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.model.settings import Domain as ConfiguredDomain
from vcolint.text.value import Reference, Unknown

CONNECTIONS = ("a", "b", "c")
WRONG = ("hangzhou", "cn-hangzhou-b")
REGIONS: tuple[Any, ...] = (
    "cn-hangzhou",
    "cn-beijing",
    *WRONG,
    None,
    Unknown("holds a placeholder: ${region}"),
    Unknown("no default", Reference("x.sh", "REGION")),
    Unknown("no default", Reference("y.sh", "REGION")),
    Unknown("no default", Reference("x.sh", "OTHER")),
)


def row(connection: str, region: Any, dest: str = "10.1.0.0/16", weight: int = 100) -> dict[str, Any]:
    fields = {"VpnConnectionId": connection, "NextHop": connection, "RouteDest": dest, "Weight": weight}
    return fields if region is None else fields | {"RegionId": region}


@st.composite
def route_sets(draw: st.DrawFn) -> RouteSet:
    rows = st.lists(st.builds(row, st.sampled_from(CONNECTIONS), st.sampled_from(REGIONS)), max_size=5)
    readings = []
    for number, folder in enumerate(draw(st.lists(st.sampled_from(["", "hz", "bj"]), max_size=4))):
        one = reading(draw(rows), file=f"{folder}/{number}.yaml".lstrip("/"))
        if draw(st.booleans()):
            one.root = folder or "."
            one.topology.transit_router_of = draw(
                st.dictionaries(st.sampled_from(CONNECTIONS), st.sampled_from(["tr-1", "t.hq"]), max_size=2)
            )
        readings.append(one)
    named = draw(st.sampled_from([{}, {"hq": ConfiguredDomain("hq", ("a", "b"), "ecmp")}]))
    routes = route_set(*readings, config=Config(domains=named))
    column = routes.column("RegionId")
    return routes.judged([], [], [], [one for one in range(routes.size) if column[one] in WRONG])


def place_of(one: Reading) -> str:
    folder = one.root if one.root is not None else one.files[0].rpartition("/")[0]
    return f"{folder or '.'}/"


def expected(routes: RouteSet, entry: int) -> Domain:
    """The contract, one entry at a time."""
    own = routes.place(entry)[0]
    connection = routes.value(entry, "VpnConnectionId")
    for name, domain in routes.config.domains.items():
        if connection in domain.connections:
            return Domain(name, True, domain.redundancy or "auto")
    router = own.topology.transit_router_of.get(str(connection))
    if router is not None:
        where = "" if router.startswith("tr-") else f" in {own.root}"
        return Domain(router + where, True, "auto")

    def right(one: Any) -> bool:
        return isinstance(one, str) and one not in WRONG

    place = place_of(own)
    there = {
        region
        for other in range(routes.size)
        if place_of(routes.place(other)[0]) == place and right(region := routes.value(other, "RegionId"))
    }
    region = routes.value(entry, "RegionId")
    if not right(region) and len(there) == 1:
        (region,) = there
    if right(region):
        return Domain(f"{place} ({region})", False, "auto", str(region), place=place[:-1])
    if isinstance(region, Unknown) and region.reference is not None:
        return Domain(f"{place} ({region.reference.address})", False, "auto", place=place[:-1])
    return Domain(place, False, "auto", place=place[:-1])


@settings(max_examples=400, deadline=None)
@given(route_sets())
def test_domains(routes: RouteSet) -> None:
    assert list(routes.domains) == [expected(routes, entry) for entry in range(routes.size)]


def test_a_region_that_must_not_be_shown_is_not_in_the_name() -> None:
    one = reading([row("a", "cn-hangzhou"), row("b", "cn-beijing")], kind="terraform", root="infra")
    record = one.records[1]
    record.fields["RegionId"] = record.fields["RegionId"]._replace(sensitive=True)
    assert [domain.name for domain in route_set(one).domains] == [
        "infra/ (cn-hangzhou)",
        "infra/ (sensitive)",
    ]


def test_an_unknown_region_goes_with_the_only_known_one_else_with_its_like() -> None:
    one, two = (Unknown("later", Reference("infra", f"var.{name}")) for name in ("one", "two"))
    rows = [row("a", one), row("b", two), row("c", Unknown("later")), row("d", "cn-hangzhou")]

    def names(*rows: dict[str, Any]) -> list[tuple[str, str | None]]:
        made = reading(rows, kind="terraform", root="infra")
        return [(domain.name, domain.region) for domain in route_set(made).domains]

    assert names(*rows) == [("infra/ (cn-hangzhou)", "cn-hangzhou")] * 4
    unknown = [("infra/ (var.one)", None), ("infra/ (var.two)", None), ("infra/", None)]
    assert names(*rows[:3]) == unknown
    assert names(*rows, row("e", "cn-beijing"))[:3] == unknown


def test_a_set_of_one_environment_has_its_name() -> None:
    prod = reading([row("a", "cn-hangzhou"), row("b", None)], kind="terraform", root="infra")
    prod.environment = "prod"
    assert [(domain.name, domain.environment) for domain in route_set(prod).domains] == [
        ("infra/ (cn-hangzhou, prod)", "prod")
    ] * 2
    plain = reading([row("c", "cn-hangzhou")], kind="terraform", root="other")
    assert route_set(prod, plain).domains[0].environment is None


# -- rules ------------------------------------------------------------------------------------------------


def entry(connection: str, weight: int, region: str | None = "cn-hangzhou", **more: Any) -> dict[str, Any]:
    fields = row(f"vco-{connection}", region, "10.1.0.0/16", weight)
    return {"RegionId": region, "Description": "office"} | fields | more


def told(*entries: dict[str, Any], **more: Any) -> list[str]:
    report = vcolint.check(entries, **more)
    return [f"{finding.code} {finding.location.line}" for finding in report.findings]


PAIR = (entry("a", 100), entry("b", 0))
OTHER_PAIR = (entry("c", 100, "cn-beijing"), entry("d", 0, "cn-beijing"))


def test_pairs_of_two_regions_in_one_folder_are_two_groups() -> None:
    assert told(*PAIR, *OTHER_PAIR) == []
    assert told(*PAIR, *(one | {"RegionId": "cn-hangzhou"} for one in OTHER_PAIR)) == ["VCO503 4"]


def test_a_domain_of_the_config_may_span_regions() -> None:
    domains = {"hq": {"connections": ["vco-a", "vco-d"], "redundancy": "active-standby"}}
    across = PAIR[0], OTHER_PAIR[1]
    assert told(*across, config={"domains": domains}) == []
    assert told(across[0], config={"domains": domains}) == ["VCO504 1"]
    assert told(across[1], config={"domains": domains}) == ["VCO501 1"]
    third = OTHER_PAIR[0] | {"VpnConnectionId": "vco-e", "NextHop": "vco-e"}
    domains["hq"]["connections"] = ["vco-a", "vco-d", "vco-e"]
    assert told(*across, third, config={"domains": domains}) == ["VCO503 3"]


@pytest.mark.parametrize(
    ("region", "code"), [("cn-hangzhou-b", "VCO706"), ("your-region", "VCO708"), (None, "VCO002")]
)
def test_an_entry_without_a_right_region_goes_with_the_only_one(region: str | None, code: str) -> None:
    assert told(PAIR[0], entry("b", 0, region)) == [f"{code} 2"]
    # Between two regions nobody can tell: what guesses would miss is unchecked.
    report = vcolint.check([PAIR[0], entry("b", 0, region), *OTHER_PAIR])
    assert [finding.code for finding in report.findings] == [code]
    hints = [one for one in report.unchecked if one.field == "Weight"]
    assert [(one.line, one.reason.partition(":")[0]) for one in hints] == [
        (2, "./ (cn-hangzhou) may have its primary")
    ]


def test_another_folder_in_another_region_is_no_reason_for_a_doubt() -> None:
    def found(region: Any) -> list[str]:
        here = reading([row("a", "cn-hangzhou", weight=0)], file="hz/a.yaml")
        there = reading([row("b", region)], file="bj/a.yaml")
        from vcolint.checks import Hit, find

        made = find("backup")(route_set(here, there), {"finds": "backup-without-primary"}, range(2))
        return ["hit" if isinstance(one, Hit) else "doubt" for one in made]

    assert found("cn-beijing") == ["hit"]
    assert found("cn-hangzhou") == found(None) == found(Unknown("a variable")) == ["doubt"]


def test_regions_that_are_wrong_are_not_compared() -> None:
    zone = entry("a", 100, "cn-hangzhou-b", RouteDest="10.2.0.0/16")
    assert told(PAIR[0], zone) == ["VCO706 2"]
    assert told(PAIR[0], zone | {"RegionId": "your-region"}) == ["VCO708 2"]
    assert told(PAIR[0], zone | {"RegionId": "cn-beijing"}) == ["VCO707 2"]
    assert told(PAIR[0], zone | {"RegionId": "cn-nowhere"}) == ["VCO707 2", "VCO711 2"]


def test_tokens_that_are_wrong_are_not_compared() -> None:
    def with_token(token: str) -> list[str]:
        other = entry("a", 100, RouteDest="10.2.0.0/16", ClientToken=token)
        return told(PAIR[0] | {"ClientToken": token}, other)

    assert with_token("a1") == ["VCO204 2"]
    assert with_token("é") == ["VCO704 1", "VCO704 2"]
    assert with_token("x" * 65) == ["VCO704 1", "VCO704 2"]


# -- live rows --------------------------------------------------------------------------------------------


def snapshot(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"VcoRouteEntries": [{"State": "published", **one} for one in rows], "TotalCount": len(rows)}


LIVE_PAIR = snapshot(entry("a", 100), entry("b", 0))
THIRD = entry("c", 0)


def in_domain(*connections: str, **more: Any) -> dict[str, Any]:
    return {"domains": {"hz": {"connections": [f"vco-{one}" for one in connections]}}, **more}


def test_a_third_path_beside_a_live_pair_of_a_named_domain() -> None:
    assert told(THIRD, live=LIVE_PAIR, config=in_domain("a", "b", "c")) == ["VCO503 1"]
    # Without the config nobody knows that it ends there: what would be missed is unchecked.
    report = vcolint.check([THIRD], live=LIVE_PAIR)
    assert (report.findings, [one.field for one in report.unchecked]) == ([], ["Weight"])
    # They end elsewhere: the user has said so.
    assert told(THIRD, live=LIVE_PAIR, config=in_domain("a", "b")) == ["VCO501 1"]
    elsewhere = {"domains": {"hz": {"connections": ["vco-c"]}, "bj": {"connections": ["vco-a", "vco-b"]}}}
    assert told(THIRD, live=LIVE_PAIR, config=elsewhere) == ["VCO501 1"]
    # The entries are the wanted whole.
    assert told(THIRD, live=LIVE_PAIR, config=in_domain("a", "b", "c", **{"live-mode": "reconcile"})) == [
        "VCO501 1"
    ]


def test_a_live_primary_of_a_named_domain_is_one() -> None:
    config = in_domain("a", "c", redundancy="active-standby")
    live = snapshot(entry("a", 100))
    assert told(THIRD, live=live, config=config) == []
    assert told(entry("c", 100), live=live, config=config) == ["VCO502 1"]
    assert told(entry("c", 100), live=snapshot(entry("a", 0)), config=config) == []


@pytest.mark.parametrize(("weight", "said"), [(100, []), (0, ["VCO501 1"])])
def test_a_live_row_that_nothing_places_is_a_reason_for_a_doubt(weight: int, said: list[str]) -> None:
    live = snapshot(entry("z", weight))
    report = vcolint.check([THIRD], live=live)
    assert [f"{one.code} {one.location.line}" for one in report.findings] == said
    assert [one.reason.partition(":")[0] for one in report.unchecked] == (
        [] if said else ["a live route on vco-z may have its primary"]
    )
    # It takes part in no group: it would be the third of three primaries, and none is without a backup.
    pair = entry("a", 100), entry("c", 100)
    assert told(*pair, live=live, config={"redundancy": "active-standby"}) == ["VCO502 2"]
    assert told(entry("a", 100), entry("c", 0), live=live) == []
