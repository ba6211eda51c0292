"""How tables of who carries what read."""

from __future__ import annotations

from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import pytest

import vcolint
from vcolint.model.settings import Config, Facts
from vcolint.render.routing import render
from vcolint.render.routing_document import carriers, survival, takeover, written_at
from vcolint.text.value import Location


def entry(connection: str) -> dict[str, object]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": "10.0.0.0/16",
        "Weight": 100,
    }


@pytest.mark.parametrize(
    ("count", "keeps", "told"),
    [
        (1, (), "nobody"),
        (2, (), "vco-a: vco-b; vco-b: vco-a"),
        (2, ("vco-a",), "vco-a: vco-b (partly lost); vco-b: vco-a"),
        (3, (), "the others"),
        (3, ("vco-a",), "the others (partly lost)"),
        (4, ("vco-a", "vco-c"), "the others (partly lost)"),
    ],
)
def test_who_takes_over(count: int, keeps: tuple[str, ...], told: str) -> None:
    """From each of a few; of many carriers the others go on, and to name them all would fill the screen."""
    config = Config(facts=Facts(keeps_routes=keeps))
    table = vcolint.paths([entry(f"vco-{name}") for name in "abcd"[:count]], config=config)
    ((destination,),) = (domain.destinations for domain in table.domains)
    assert takeover(destination) == told


def table(*rows: tuple[str, str, int | str], **more: Any) -> Any:
    entries = [
        {**entry(f"vco-{name}"), "RouteDest": network, "Weight": weight} for name, network, weight in rows
    ]
    return vcolint.paths(entries, **more)


FIRST, SECOND = "10.1.0.0/16", "10.2.0.0/16"


@pytest.mark.parametrize(
    ("safe", "unsafe", "unknown", "told"),
    [
        (0, 0, 0, "There is no destination."),
        (1, 0, 0, "1 destination; 1 survives any single failure"),
        (2, 0, 0, "2 destinations; 2 survive any single failure"),
        (0, 1, 0, "1 destination; 0 survive any single failure, 1 does not: 10.2.0.0/24"),
        (0, 2, 0, "2 destinations; 0 survive any single failure, 2 do not: 10.2.0.0/24, 10.2.1.0/24"),
        (1, 1, 0, "2 destinations; 1 survives any single failure, 1 does not: 10.2.0.0/24"),
        (2, 2, 0, "4 destinations; 2 survive any single failure, 2 do not: 10.2.0.0/24, 10.2.1.0/24"),
        (0, 0, 1, "1 destination; 1 not known yet"),
        (1, 0, 1, "2 destinations; 1 survives any single failure; 1 not known yet"),
        (2, 0, 2, "4 destinations; 2 survive any single failure; 2 not known yet"),
        (
            0,
            1,
            1,
            "2 destinations; 0 survive any single failure, 1 does not: 10.2.0.0/24; 1 not known yet",
        ),
        (
            1,
            11,
            0,
            "12 destinations; 1 survives any single failure, 11 do not: "
            "10.2.0.0/24, 10.2.1.0/24, 10.2.2.0/24, 10.2.3.0/24, 10.2.4.0/24, "
            "10.2.5.0/24, 10.2.6.0/24, 10.2.7.0/24, 10.2.8.0/24, 10.2.9.0/24 and 1 more",
        ),
    ],
)
def test_how_many_survive(safe: int, unsafe: int, unknown: int, told: str) -> None:
    rows = [
        *((name, f"10.1.{number}.0/24", 100) for number in range(safe) for name in "ab"),
        *(("a", f"10.2.{number}.0/24", 100) for number in range(unsafe)),
        *(("a", f"10.3.{number}.0/24", "${weight}") for number in range(unknown)),
    ]
    assert survival(table(*rows)) == told


def test_a_destination_without_addresses_of_its_own_loses_nothing() -> None:
    halves = [
        (name, f"10.1.{part}.0/17", weight) for part in (0, 128) for name, weight in (("a", 100), ("c", 0))
    ]
    found = table(("b", FIRST, 100), *halves)
    assert survival(found) == (
        "3 destinations; 2 survive any single failure; 1 completely covered by more specific ones"
    )
    whole = found.domains[0].destinations[0]
    assert (carriers(whole), takeover(whole), whole.fails) == ("more specific destinations", "-", False)
    assert (whole.survives, found.surviving) == (False, 2)  # the formula that JSON has
    shown = [line for line in render("markdown", found).splitlines() if line.startswith("| 10.1.0.0/16")]
    assert shown == ["| 10.1.0.0/16 | more specific destinations | - | &lt;entries&gt;:1 |"]


def test_how_many_survive_while_a_connection_is_down() -> None:
    rows = [("a", FIRST, 100), ("b", FIRST, 0), ("c", FIRST, 0), ("b", SECOND, 100)]
    told = "2 destinations; 1 survives one more failure, 1 does not: 10.2.0.0/16"
    assert survival(table(*rows, down=["vco-a"])) == told
    assert survival(table(*rows, down=["vco-b"])) == told
    told = "2 destinations; 0 survive one more failure, 2 do not: 10.1.0.0/16, 10.2.0.0/16"
    assert survival(table(*rows, down=["vco-a", "vco-b"])) == told


def test_a_destination_of_several_domains_is_named_with_its_domain() -> None:
    rows = [
        {**entry(f"vco-{name}"), "RegionId": region}
        for name, region in (("a", "cn-beijing"), ("b", "cn-hangzhou"))
    ]
    both = vcolint.paths(rows)
    named = ", ".join(f"10.0.0.0/16 in {one.name}" for one in both.domains)
    assert survival(both) == f"2 destinations; 0 survive any single failure, 2 do not: {named}"
    # Where it fails in one of them only, that one is named.
    rows.append({**entry("vco-c"), "RegionId": "cn-beijing"})
    failing = vcolint.paths(rows)
    (domain,) = (one.name for one in failing.domains if "hangzhou" in one.name)
    assert survival(failing) == (
        f"2 destinations; 1 survives any single failure, 1 does not: 10.0.0.0/16 in {domain}"
    )


def whys(found: Any, down: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Each route's connection and what is said of it, for one address."""
    (part,) = found.trace("10.1.2.3", down=down).domains[0].parts
    return [(one.connection, one.verdict) for one in part.candidates]


def test_routes_that_share_the_traffic_do_not_wait_for_each_other() -> None:
    rows = table(*((name, FIRST, 100) for name in "ab"), *((name, FIRST, 0) for name in "cd"))
    first = "carries it: longest prefix, weight 100 before 0"
    assert whys(rows) == [
        ("vco-a", first),
        ("vco-b", first),
        ("vco-c", "takes over after the failure of vco-a and vco-b"),
        ("vco-d", "takes over after the failure of vco-a and vco-b"),
    ]
    assert whys(rows, ("vco-a",))[:2] == [("vco-a", "down"), ("vco-b", first)]
    instead = "carries it in place of vco-a and vco-b"
    assert whys(rows, ("vco-a", "vco-b"))[2:] == [("vco-c", instead), ("vco-d", instead)]


def test_weights_that_do_not_count_are_not_named() -> None:
    rows = table(("a", FIRST, 100), ("b", FIRST, 0), weights="ignored")
    assert whys(rows) == [("vco-a", "carries it: longest prefix"), ("vco-b", "carries it: longest prefix")]
    assert whys(rows, ("vco-a",)) == [("vco-a", "down"), ("vco-b", "carries it: longest prefix")]


def test_a_route_that_stays_keeps_the_others_from_the_traffic() -> None:
    config = Config(facts=Facts(keeps_routes=("vco-a",)))
    rows = [("a", FIRST, 100), ("c", FIRST, 0), ("b", "10.0.0.0/8", 100)]
    stays, waits = (
        "down, but its route stays",
        "never used: a route that comes first stays if its connection fails",
    )
    assert whys(table(*rows, config=config), ("vco-a",)) == [
        ("vco-a", stays),
        ("vco-c", waits),
        ("vco-b", waits),
    ]
    # A backup that stays draws nothing while its primary is up; after that, it keeps the traffic.
    rows = [("b", FIRST, 100), ("a", FIRST, 0), ("c", "10.0.0.0/8", 100)]
    assert whys(table(*rows, config=config), ("vco-a",))[1:] == [
        ("vco-a", stays),
        ("vco-c", waits),
    ]


@pytest.mark.parametrize("keeps", [(), ("vco-a",), ("vco-b",)])
def test_what_is_said_to_take_over_does(keeps: tuple[str, ...]) -> None:
    """Each statement about a route that waits is held against who carries after each set of failures."""
    config = Config(facts=Facts(keeps_routes=keeps))
    names = ("vco-a", "vco-b", "vco-c")
    failures = [set(some) for number in range(4) for some in combinations(names, number)]
    kinds = list(product((FIRST, "10.0.0.0/8"), (100, 0)))
    for chosen in product(kinds, repeat=3):
        rows = table(*((name, *kind) for name, kind in zip("abc", chosen, strict=True)), config=config)
        carriers = {frozenset(one): carrying(rows, one) for one in failures}
        for down in failures[:4]:
            for name, why in whys(rows, tuple(down)):
                later = [one for one in failures if down <= one and name not in one]
                if why.startswith("never used"):
                    assert not any(name in carriers[frozenset(one)] for one in later)
                elif why.startswith("takes over"):
                    failed = down | {one for one in names if one in why}
                    assert name in carriers[frozenset(failed)]
                elif why.startswith("carries it"):
                    assert name in carriers[frozenset(down)]
                else:
                    assert name in down


def carrying(rows: Any, down: set[str]) -> tuple[str, ...]:
    ((part,),) = (one.parts for one in rows.trace("10.1.0.0/32", down).domains)
    return part.carriers


def test_of_unknown_weights_nothing_is_claimed() -> None:
    rows = table(("a", FIRST, 100), ("b", FIRST, "${weight}"), ("c", "10.0.0.0/8", 100))
    maybe = "may carry it: not known yet"
    assert whys(rows, ("vco-a",)) == [("vco-a", "down"), ("vco-b", maybe), ("vco-c", maybe)]
    rows = table(("a", FIRST, 100), ("b", FIRST, "${weight}"), ("c", FIRST, 0), ("d", "10.0.0.0/8", 100))
    assert whys(rows) == [(f"vco-{name}", maybe) for name in "abcd"]


def test_of_many_connections_before_a_route_a_few_are_named() -> None:
    rows = table(*((name, FIRST, 100) for name in "abcd"), ("e", FIRST, 0))
    assert whys(rows)[-1] == ("vco-e", "takes over after the failure of vco-a, vco-b, vco-c and 1 more")
    down = tuple(f"vco-{name}" for name in "abcd")
    told = "carries it in place of vco-a, vco-b, vco-c and 1 more"
    assert whys(rows, down)[-1] == ("vco-e", told)


def test_an_address_is_told_where_all_is_on_one_line() -> None:
    """All of a plan stands on one line: there, the addresses tell the routes apart."""

    def place(line: int, address: str | None) -> Any:
        route = SimpleNamespace(location=Location("plan.json", line, 1, line, 2), address=address)
        return SimpleNamespace(routes=[route])

    rows = place(1, 'vco.a["x"]'), place(1, "vco.b\x1b"), place(1, None), place(2, "vco.c")
    assert [written_at(one) for one in rows] == [
        'plan.json:1 vco.a["x"]',
        "plan.json:1 vco.b\\x1b",
        "plan.json:1",
        "plan.json:2",
    ]
