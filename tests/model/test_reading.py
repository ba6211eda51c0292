"""What a reading says of its columns, whether its reader keeps them or not."""

from __future__ import annotations

from tests.entries import reading
from vcolint.model.reading import Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config

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
    assert (routes.kinds("NextHop"), routes.distinct("NextHop")) == ({NOTHING}, {None})
    assert set(routes.distinct("Weight")) == {100, "0", None}


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
