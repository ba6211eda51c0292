"""VCO510: what the config promises of who carries a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import vcolint
from tests.entries import reading, route_set
from vcolint.checks import Doubt, Hit, find
from vcolint.config.load import load_config
from vcolint.errors import ConfigError
from vcolint.model.reading import Reading
from vcolint.model.settings import Config, Domain, Promise
from vcolint.report.finding import Finding
from vcolint.text.value import Location, Reference, Unknown


def entry(connection: str, destination: str, weight: int = 100) -> dict[str, Any]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": destination,
        "Weight": weight,
    }


def broken(tmp_path: Path, promise: str, *entries: dict[str, Any], more: str = "") -> list[Finding]:
    config = tmp_path / "vcolint.yaml"
    config.write_text(f"promises:\n  - {{{promise}}}\n{more}", encoding="utf-8")
    report = vcolint.check(list(entries), config=str(config), select=["VCO510"])
    return [one for one in report.findings if one.code == "VCO510"]


def test_another_carrier(tmp_path: Path) -> None:
    promise = "network: 10.0.0.0/8, carried-by: [vco-a1], name: head office"
    rows = entry("vco-a1", "10.0.0.0/8"), entry("vco-b2", "10.9.0.0/16")
    (finding,) = broken(tmp_path, promise, *rows)
    assert finding.message == '10.9.0.0/16 breaks the promise "head office": it is carried by vco-b2'
    assert finding.entry is not None
    assert finding.entry["RouteDest"] == "10.9.0.0/16"
    assert finding.witness == "10.9.0.0"
    assert broken(tmp_path, promise, rows[0]) == []
    assert broken(tmp_path, promise.replace("[vco-a1]", "[vco-a1, vco-b2]"), *rows) == []


def test_nobody_stands_in_the_config(tmp_path: Path) -> None:
    (finding,) = broken(tmp_path, "network: 10.0.0.0/15, survives: true", entry("vco-a1", "10.9.0.0/16"))
    assert finding.message == "10.0.0.0/15 breaks the promise about 10.0.0.0/15: no route carries it"
    file, *place = finding.location
    assert (Path(file).name, place) == ("vcolint.yaml", [2, 5, 2, 43])
    assert finding.entry is None
    # A part of the network is carried.
    (finding,) = broken(tmp_path, "network: 10.0.0.0/15, survives: true", entry("vco-a1", "10.1.0.0/16"))
    assert (finding.message, finding.witness) == (
        "10.0.0.0/16 breaks the promise about 10.0.0.0/15: no route carries it",
        "10.0.0.0",
    )


def test_no_survival(tmp_path: Path) -> None:
    promise = "network: 10.0.0.0/16, survives: true"
    pair = entry("vco-a1", "10.0.0.0/16"), entry("vco-b2", "10.0.0.0/16", 0)
    (finding,) = broken(tmp_path, promise, pair[0])
    assert (
        finding.message
        == "10.0.0.0/16 breaks the promise about 10.0.0.0/16: if vco-a1 fails, no route carries it"
    )
    assert broken(tmp_path, promise, *pair) == []
    (finding,) = broken(tmp_path, promise, *pair, more="facts: {keeps-routes: [vco-a1]}\n")
    assert finding.message.endswith("if vco-a1 fails, its traffic is lost")


PLACE = Location("vcolint.yaml", 2, 5, 2, 30)


def hits(*promises: Promise, rows: Sequence[Reading], **config: Any) -> list[Hit]:
    routes = route_set(*rows, config=Config(promises=promises, **config))
    found = list(find("promise")(routes, {}, range(routes.size)))
    assert all(isinstance(hit, Hit) for hit in found)
    return found  # type: ignore[return-value]


def row(connection: Any, destination: str, weight: int = 100) -> dict[str, Any]:
    return {"VpnConnectionId": connection, "RouteDest": destination, "Weight": weight}


def carried(network: str, *connections: str, **more: Any) -> Promise:
    return Promise(network, PLACE, connections, **more)


def test_where_and_what() -> None:
    rows = [reading([row("b", "10.1.0.0/16"), row("c", "10.1.0.0/16"), row("a", "10.0.0.0/8")])]
    assert hits(carried("10.0.0.0/8", "a"), rows=rows) == [
        Hit(
            1,
            "RouteDest",
            {"network": "10.1.0.0/16", "promise": "about 10.0.0.0/8", "problem": "it is carried by b and c"},
            witness="10.1.0.0",
        )
    ]
    [hit] = hits(carried("10.0.0.0/8", "a", name="hq", dropped=True), rows=rows)
    assert hit.variables["promise"] == '"hq", which this change removes or loosens'
    five = [reading([row(name, "10.0.0.0/8") for name in "bcdef"])]
    [hit] = hits(carried("10.0.0.0/8", "a"), rows=five)
    assert hit.variables["problem"] == "it is carried by b, c, d and 2 more"
    # Nobody carries any of it, or what is left of it.
    none = {"network": "11.0.0.0/8", "promise": "about 11.0.0.0/8", "problem": "no route carries it"}
    assert hits(carried("11.0.0.0/8", "a"), rows=rows) == [
        Hit(-1, None, none, witness="11.0.0.0", place=PLACE)
    ]
    # At the entry that carries it, whatever stands behind it.
    pair = [reading([row("a", "10.0.0.0/16"), row("b", "10.0.0.0/16", 0)])]
    assert [hit.entry for hit in hits(carried("10.0.0.0/16", "b"), rows=pair)] == [0]
    # At the last entry of the group, or of the next one around it: live rows are not reported on.
    live = [reading([row("z", "10.1.0.0/16")], kind="live", file="live.json")]
    routes = route_set(reading([row("a", "10.0.0.0/8"), row("z", "10.9.0.0/16")]), live=live)
    routes.config = Config(promises=(carried("10.1.0.0/16", "a"),))
    [hit] = find("promise")(routes, {}, range(2))
    assert isinstance(hit, Hit)
    assert (hit.entry, hit.variables["problem"]) == (0, "it is carried by z")


def test_only_the_domains_of_its_connections_are_concerned() -> None:
    here = reading([row("a", "10.0.0.0/8")], file="hz/a.yaml")
    there = reading([row("b", "10.0.0.0/8")], file="bj/b.yaml")
    assert hits(carried("10.0.0.0/8", "a"), rows=[here, there]) == []
    [hit] = hits(carried("10.0.0.0/8", "c"), rows=[here, there])
    assert (hit.entry, hit.variables["problem"]) == (0, "it is carried by a")
    # Without connections, whoever has a route to the network.
    weak = Promise("10.0.0.0/8", PLACE, survives=True)
    [hit] = hits(weak, rows=[reading([row("a", "11.0.0.0/8")], file="hz/a.yaml"), there])
    assert (hit.entry, hit.variables["problem"]) == (1, "if b fails, no route carries it")


def test_a_connection_may_be_named_by_its_address() -> None:
    made = Reference("infra", "alicloud_vpn_gateway_vpn_attachment.hq")
    rows = reading([row("vco-a", "10.0.0.0/8"), row(Unknown("later", made), "10.1.0.0/16")])
    rows.topology.addresses = {"vco-a": "alicloud_vpn_gateway_vpn_attachment.old"}
    rows.topology.created = {made: PLACE}  # so it is another one than any that exists
    both = "alicloud_vpn_gateway_vpn_attachment.old", made.address
    assert hits(carried("10.0.0.0/8", *both), rows=[rows]) == []
    [hit] = hits(carried("10.0.0.0/8", both[0]), rows=[rows])
    assert (hit.entry, hit.variables["problem"]) == (1, f"it is carried by {made.address}")


def test_one_finding_an_entry_but_one_a_promise_in_the_config() -> None:
    rows = [reading([row("a", "10.0.0.0/8")])]
    twice = hits(carried("10.0.0.0/8", "b"), carried("10.1.0.0/16", "b"), rows=rows)
    assert [hit.entry for hit in twice] == [0]
    gone = hits(carried("11.0.0.0/8", "a"), carried("12.0.0.0/8", "a"), rows=rows)
    assert [hit.variables["network"] for hit in gone] == ["11.0.0.0/8", "12.0.0.0/8"]
    assert hits(carried("11.0.0.0/8", "a"), rows=[reading([])]) == []


def test_an_unknown_weight_is_not_judged(tmp_path: Path) -> None:
    unknown = {**entry("vco-a1", "10.0.0.0/16"), "Weight": "${weight}"}
    assert broken(tmp_path, "network: 10.0.0.0/16, carried-by: [vco-a1], survives: true", unknown) == []


@pytest.mark.parametrize(
    ("promise", "fault"),
    [
        ("carried-by: [vco-a1]", 'an item of "promises" has no "network"'),
        ("network: 10.0.0.0/8", 'an item of "promises" needs one of "carried-by", "survives: true"'),
        (
            "network: 10.0.0.0/8, carried-by: []",
            'an item of "promises" needs one of "carried-by", "survives: true"',
        ),
        ("network: 10.0.0.1/8, survives: true", "must be an IPv4 CIDR block without host bits"),
        ("network: 10.0.0.0/8, survives: 1", "must be true or false, not the number 1"),
        ("network: 10.0.0.0/8, survive: true", 'unknown key "survive"; did you mean "survives"?'),
    ],
)
def test_faults_in_the_config(tmp_path: Path, promise: str, fault: str) -> None:
    config = tmp_path / "vcolint.yaml"
    config.write_text(f"promises:\n  - {{{promise}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(config)
    assert fault in str(raised.value)
    assert f"{config.name}:2:" in str(raised.value)


def doubts(*promises: Promise, rows: Sequence[Reading], **config: Any) -> list[str]:
    """What is said of promises of which nobody knows whether they hold; nothing else may be found."""
    routes = route_set(*rows, config=Config(promises=promises, **config))
    found = list(find("promise")(routes, {}, range(routes.size)))
    assert all(isinstance(one, Doubt) and one.place == PLACE for one in found)
    return [one.reason for one in found if isinstance(one, Doubt)]


LATER = Unknown("known after apply", Reference("", "var.dc"))


def test_a_route_whose_destination_is_not_known_may_keep_a_promise() -> None:
    alone = [reading([row("a", LATER), row("b", LATER, 0)])]
    survives = Promise("10.30.0.0/16", PLACE, None, survives=True)
    assert doubts(survives, rows=alone) == [
        "not known whether the promise about 10.30.0.0/16 holds: "
        "a value of the route at routes.yaml:1 is unknown"
    ]
    assert doubts(carried("10.30.0.0/16", "a"), rows=alone)
    assert hits(carried("10.30.0.0/16", "c"), rows=alone)  # neither of them is on that connection
    assert doubts(carried("10.30.0.0/16", "c"), rows=[reading([row(LATER, LATER)])])
    # It may be more specific than the route that breaks the promise, or take over after a failure.
    wide = row("z", "10.0.0.0/8")
    assert doubts(carried("10.30.0.0/16", "a"), rows=[reading([wide, row("a", LATER)])])
    assert hits(carried("10.30.0.0/16", "a"), rows=[reading([wide, row("b", LATER)])])
    assert doubts(survives, rows=[reading([wide, row("b", LATER)])])
    assert hits(survives, rows=[reading([wide, row("z", LATER)])])  # it fails with the other one
    assert hits(survives, rows=[reading([wide, {**row("b", LATER), "DryRun": True}])])
    assert hits(survives, rows=[reading([wide, row("b", "11.0.0.0/8")])])


def test_a_connection_that_is_not_known_may_be_the_promised_one() -> None:
    unnamed = Unknown("known after apply", Reference("", "var.c"))
    for held in (unnamed, Unknown("nothing is known of it")):
        assert doubts(carried("10.0.0.0/8", "a"), rows=[reading([row(held, "10.0.0.0/8")])]) == [
            "not known whether the promise about 10.0.0.0/8 holds: "
            "a value of the route at routes.yaml:1 is unknown"
        ]
        both = [reading([row(held, "10.0.0.0/8"), row("b", "10.0.0.0/8")])]
        [hit] = hits(carried("10.0.0.0/8", "a"), rows=both)
        assert str(hit.variables["problem"]).startswith("it is carried by ")


def test_a_route_of_another_domain_keeps_no_promise() -> None:
    domains = {name: Domain(name, (name, f"{name}2")) for name in "ab"}
    rows = [reading([row("a", "10.0.0.0/8"), row("b2", LATER)])]
    survives = Promise("10.0.0.0/8", PLACE, None, survives=True)
    assert hits(survives, rows=rows, domains=domains)
    assert doubts(survives, rows=[reading([row("a", "10.0.0.0/8"), row("a2", LATER)])], domains=domains)
    # Of a connection that no domain names, nobody knows where it ends; but it ends in its region.
    assert doubts(survives, rows=[reading([row("a", "10.0.0.0/8"), row("c", LATER)])], domains=domains)
    here = reading([{**row("a", "10.0.0.0/8"), "RegionId": "cn-hangzhou"}], file="hz/r.yaml")
    there = reading([{**row("c", LATER), "RegionId": "cn-beijing"}], file="bj/r.yaml")
    assert hits(survives, rows=[here, there])


def test_a_promise_beside_what_could_not_be_listed(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        dedent("""
            variable "nets" { type = set(string) }
            resource "alicloud_vpn_gateway_vco_route" "dc" {
              for_each          = var.nets
              vpn_connection_id = "vco-a1"
              next_hop          = "vco-a1"
              route_dest        = each.key
              weight            = 100
            }
            resource "alicloud_vpn_gateway_vco_route" "office" {
              vpn_connection_id = "vco-a1"
              next_hop          = "vco-a1"
              route_dest        = "10.9.0.0/16"
              weight            = 100
            }
        """),
        encoding="utf-8",
    )
    config = tmp_path / "vcolint.yaml"
    config.write_text("promises:\n  - {network: 10.30.0.0/16, survives: true}\n", encoding="utf-8")
    report = vcolint.check_paths([tmp_path], config=str(config), select=["VCO510"])
    assert not report.findings
    assert [(Path(one.file).name, one.line, one.field) for one in report.unchecked if one.field] == [
        ("vcolint.yaml", 2, "promises")
    ]
