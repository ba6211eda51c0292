"""What a reading says of its columns, whether its reader keeps them or not."""

from __future__ import annotations

import pytest

from tests.entries import reading
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config
from vcolint.text.value import Location, Reference, Value

NOTHING = type(None)


def columns_of(*names: str) -> Reading:
    made = Reading("route-set", ["routes.json"])
    made.records = reading([{"Weight": 100}, {}]).records
    made.columns = {name: [100, None] for name in names}
    return made


def test_columns_made_of_records() -> None:
    made = reading([{"Weight": 100}, {"Weight": "0", "RouteDest": None}])
    assert (made.column("Weight"), made.column("RouteDest")) == ([100, "0"], [None, None])
    routes = RouteSet([made, reading([{}])], Config())
    assert routes.column("Weight") == [100, "0", None]
    assert routes.kinds("Weight") == {int, str, NOTHING}
    assert (routes.kinds("NextHop"), routes.known("NextHop")) == ({NOTHING}, [])
    assert set(routes.known("Weight")) == {100, "0"}


def test_columns_that_the_reader_keeps() -> None:
    made = columns_of("Weight")
    assert (made.column("Weight"), made.column("NextHop")) == ([100, None], [None, None])
    assert RouteSet([made, columns_of("NextHop")], Config()).kinds("Weight") == {int, NOTHING}
    assert RouteSet([Reading("route-set", ["a.json"])], Config()).kinds("Weight") == frozenset()


def test_places_of_several_readings() -> None:
    one, none, two = reading([{}, {}], file="a"), reading([], file="b"), reading([{}], file="c")
    routes = RouteSet([one, none, two], Config())
    assert [routes.place(entry) for entry in range(3)] == [(one, 0), (one, 1), (two, 0)]
    assert routes.spans == [(one, range(2)), (none, range(2, 2)), (two, range(2, 3))]
    assert [routes.location(entry).file for entry in range(3)] == ["a", "a", "c"]


@pytest.mark.parametrize(
    ("place", "is_inside"),
    [
        ((3, 5, 9, 8), True),  # the entry itself
        ((5, 1, 6, 99), True),
        ((3, 4, 5, 1), False),
        ((2, 9, 5, 1), False),
        ((5, 1, 9, 9), False),
        ((5, 1, 10, 1), False),
    ],
)
def test_a_value_outside_of_its_entry(place: tuple[int, int, int, int], is_inside: bool) -> None:
    own, value = Location("a", 3, 5, 9, 8), Value(100, Location("a", *place))
    record = Record({"Weight": value}, own)
    assert record.location_of("Weight") == value.location
    assert record.location_of("Weight", inside=True) == (value.location if is_inside else own)
    assert record.location_of(None) == record.location_of("NextHop") == own


def test_the_name_of_a_connection() -> None:
    made = reading([{"VpnConnectionId": "vco-a"}, {"VpnConnectionId": "vco-b"}])
    made.records[1].fields["VpnConnectionId"] = Value("vco-b", Location("a", 1, 1, 1, 2), sensitive=True)
    routes = RouteSet([made], Config())
    names = [routes.connection_name(one) for one in ("vco-a", "vco-b", Reference("infra", "var.c"), None)]
    assert names == ["vco-a", "(sensitive)", "var.c", "an unknown connection"]
