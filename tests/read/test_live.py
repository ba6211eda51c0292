"""Live snapshots: `vcolint.read.live`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.reading import Reading
from vcolint.read import inputs, live
from vcolint.read.finding import Request
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Location, Unknown, Value


def read(document: object) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document)
    return live.read(Source("live.json", text))


def row(
    net: int = 1, connection: str = "vco-a", kind: str | None = "custom", **more: object
) -> dict[str, Any]:
    found = {
        "VpnConnectionId": connection,
        "RouteDest": f"10.{net}.0.0/16",
        "NextHop": connection,
        "Weight": 100,
        "State": "published",
        "CreateTime": 1658387202664,
    }
    return found | ({} if kind is None else {"RouteEntryType": kind}) | more


def page(*rows: object, total: object = None, **more: object) -> dict[str, Any]:
    found = {"RequestId": "CFC4D13B", "PageNumber": 1, "PageSize": 10, "VcoRouteEntries": list(rows)}
    return found | ({} if total is None else {"TotalCount": total}) | more


def dests(reading: Reading) -> list[object]:
    return list(reading.column("RouteDest"))


def problems(reading: Reading) -> list[tuple[str, str, int | None, str | None]]:
    return [(one.kind, one.message, one.entry, one.field) for one in reading.problems]


def snapshot(given: int, total: int) -> tuple[str, str, None, None]:
    message = (
        f"the snapshot has {given} of {total} rows: fetch the other pages (a page has 10 rows by default)"
    )
    return ("snapshot", message, None, None)


# -- rows -------------------------------------------------------------------------------------------------

TEXT = """\
{"TotalCount": 1, "VcoRouteEntries": [
  {"VpnConnectionId": "vco-é", "RouteDest": "10.1.0.0/16",
   "NextHop": "vco-a", "Weight": 100, "State": "published", "RouteEntryType": "custom"}
]}
"""


def test_values_and_places() -> None:
    reading = read(TEXT)

    def at(line: int, column: int, end_column: int) -> Location:
        return Location("live.json", line, column, line, end_column)

    assert (reading.kind, reading.files, reading.texts) == ("live", ["live.json"], {"live.json": TEXT})
    assert reading.problems == []
    one = reading.records[0]
    assert one.location == Location("live.json", 2, 3, 3, 88)
    assert one.fields == {
        "VpnConnectionId": Value("vco-é", at(2, 23, 30)),
        "RouteDest": Value("10.1.0.0/16", at(2, 45, 58)),
        "NextHop": Value("vco-a", at(3, 15, 22)),
        "Weight": Value(100, at(3, 34, 37)),
        "RouteEntryType": Value("custom", at(3, 79, 87)),
    }


@pytest.mark.parametrize(
    "document",
    [
        page(row(1), row(2)),
        [page(row(1)), page(row(2))],
        f"{json.dumps(page(row(1)))}\n{json.dumps(page(row(2)))}\n",
        f"{json.dumps(page(row(1)), indent=2)}\n\n{json.dumps([page(row(2))], indent=2)}",
        {"headers": {}, "statusCode": 200, "body": page(row(1), row(2))},
        [row(1), row(2)],
    ],
)
def test_shapes(document: object) -> None:
    reading = read(document)
    assert dests(reading) == ["10.1.0.0/16", "10.2.0.0/16"]
    assert reading.problems == []


def test_one_row_alone() -> None:
    assert dests(read(row(3))) == ["10.3.0.0/16"]


def test_places_in_json_lines() -> None:
    reading = read(f"{json.dumps(page(row(1)))}\r\n{json.dumps(page(row(2)))}\n")
    assert [one.location.line for one in reading.records] == [1, 2]
    assert reading.records[0].location.column == reading.records[1].location.column


@pytest.mark.parametrize(
    "document", [page(), page(total=0), {"TotalCount": 0, "VcoRouteEntries": None}, [], [page()]]
)
def test_snapshot_without_rows(document: object) -> None:
    reading = read(document)
    assert (reading.records, reading.problems) == ([], [])


@pytest.mark.parametrize("kind", ["custom", None])
def test_type_of_a_row(kind: str | None) -> None:
    reading = read(page(row(kind=kind)))
    value = reading.records[0].fields["RouteEntryType"]
    assert (value.value, value.literal) == ("custom", kind is not None)
    assert (reading.learned, reading.problems) == ([], [])


@pytest.mark.parametrize("kind", ["bgp", "BGP"])
def test_learned_row_needs_no_next_hop(kind: str) -> None:
    learned = {"VpnConnectionId": "vco-a", "RouteDest": "10.1.0.0/16", "RouteEntryType": kind}
    reading = read(page(learned))
    assert (reading.problems, reading.records) == ([], [])
    assert {name: value.value for name, value in reading.learned[0].fields.items()} == learned | {
        "RouteEntryType": "bgp"
    }


@pytest.mark.parametrize(("weight", "seen"), [(0, 0), ("100", 100), ("-1", -1)])
def test_weight(weight: object, seen: int) -> None:
    reading = read(page(row(Weight=weight)))
    assert (reading.column("Weight"), reading.problems) == ([seen], [])


# -- malformed rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Weight", "high", 'Weight must be an integer, not the text "high"'),
        ("Weight", 100.0, "Weight must be an integer, not the number 100.0"),
        ("Weight", True, "Weight must be an integer, not true"),
        ("RouteDest", 1.5, "RouteDest must be text, not the number 1.5"),
        ("NextHop", ["vco-a"], "NextHop must be text, not a list"),
        ("VpnConnectionId", {}, "VpnConnectionId must be text, not a mapping"),
    ],
)
def test_value_of_a_wrong_type(name: str, value: object, message: str) -> None:
    reading = read(page(row(1), row(2, **{name: value})))
    assert problems(reading) == [("schema", message, 1, name)]
    wrong = reading.records[1].fields[name]
    assert reading.problems[0].location == wrong.location
    assert isinstance(wrong.value, Unknown)
    assert wrong.value.reported


@pytest.mark.parametrize("name", ["VpnConnectionId", "RouteDest", "NextHop", "Weight"])
def test_missing_field(name: str) -> None:
    reading = read(page(row(**{name: None})))
    assert problems(reading) == [("schema", f"{name} is missing", 0, name)]
    assert reading.problems[0].location == reading.records[0].location
    assert name not in reading.records[0].fields


def test_field_that_is_given_twice() -> None:
    reading = read(
        '{"VcoRouteEntries": [{"VpnConnectionId": "a", "NextHop": "a", "RouteDest": "b", "Weight": 0,\n'
        ' "Weight": 100}]}'
    )
    assert problems(reading) == [("duplicate-key", "Weight is given twice", 0, "Weight")]
    assert reading.problems[0].location == Location("live.json", 2, 2, 2, 10)
    assert reading.problems[0].related == (("first given here", Location("live.json", 1, 81, 1, 89)),)
    assert isinstance(reading.column("Weight")[0], Unknown)


def test_row_that_is_no_mapping() -> None:
    reading = read(page(row(1), "x", None, row(2)))
    assert dests(reading) == ["10.1.0.0/16", "10.2.0.0/16"]
    assert problems(reading) == [
        ("schema", 'a row must be a mapping, not the text "x"', None, None),
        ("schema", "a row must be a mapping, not nothing", None, None),
    ]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("xyz", "RouteEntryType must be custom or bgp"),
        (5, "RouteEntryType must be custom or bgp"),
        (["bgp"], "RouteEntryType must be text, not a list"),
    ],
)
def test_row_of_another_type_is_no_route(kind: object, message: str) -> None:
    text = json.dumps(page(row(1), row(2, RouteEntryType=kind), row(3, kind="bgp")))
    reading = read(text)
    assert (dests(reading), len(reading.learned)) == (["10.1.0.0/16"], 1)
    assert problems(reading) == [("schema", message, None, "RouteEntryType")]
    written = json.dumps(kind)
    column = text.index(f'"RouteEntryType": {written}') + 19
    assert reading.problems[0].location == Location("live.json", 1, column, 1, column + len(written))


def test_rows_that_are_no_list() -> None:
    reading = read({"VcoRouteEntries": {"VcoRouteEntry": []}, "TotalCount": 3})
    assert problems(reading) == [("schema", "VcoRouteEntries must be a list, not a mapping", None, None)]


@pytest.mark.parametrize("document", [{}, 7, "x", {"Code": "Throttling"}, {"body": "x"}, [{"Code": "x"}]])
def test_what_is_no_response(document: object) -> None:
    message = "not a response of DescribeVcoRouteEntries: it has no VcoRouteEntries"
    assert problems(read(json.dumps(document))) == [("syntax", message, None, None)]


# -- all rows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "message"), [("5", snapshot(1, 5)), ("x", None), (True, None)])
def test_total_as_text(total: object, message: object) -> None:
    assert problems(read(page(row(1), total=total))) == ([] if message is None else [message])


def test_snapshot_of_the_first_page_alone() -> None:
    text = json.dumps(page(*map(row, range(10)), total=12))
    reading = read(text)
    assert problems(reading) == [snapshot(10, 12)]
    place = reading.problems[0].location
    assert text[place.column - 1 : place.end_column - 1] == "12"


def test_pages_of_one_connection_belong_together() -> None:
    first = page(*map(row, range(10)), total=12)
    assert problems(read([first, page(row(10), total=12)])) == [snapshot(11, 12)]
    assert problems(read([first, page(row(10), row(11), total=12)])) == []
    assert problems(read([first, page(row(10), row(11), total=12), page(total=12)])) == []


def test_page_that_is_given_twice_counts_once() -> None:
    first = page(*map(row, range(10)), total=12)
    assert problems(read([first, first])) == [snapshot(10, 12)]


def test_each_connection_has_a_total_of_its_own() -> None:
    reading = read(
        [page(row(1, "vco-a"), total=1), page(row(1, "vco-b"), total=3), page(row(1, "vco-c"), total=1)]
    )
    assert problems(reading) == [snapshot(1, 3)]


def test_each_type_has_a_total_of_its_own() -> None:
    pages = [page(row(1), row(2), total=2), page(row(3, kind="bgp"), total=2)]
    assert problems(read(pages)) == [snapshot(1, 2)]
    assert problems(read([pages[0], page(row(3, kind="bgp"), total=1)])) == []


def test_number_that_grew_between_the_pages() -> None:
    pages = [page(row(1), total=2), page(row(2), total=3)]
    assert problems(read(pages)) == [snapshot(2, 3)]
    assert problems(read(pages[::-1])) == [snapshot(2, 3)]


def test_pages_in_files_of_their_own_belong_together() -> None:
    pages = [page(*map(row, range(10)), total=12), page(row(10), row(11), total=12), page(row(12), total=13)]
    files = [live.read(Source(f"{number}.json", json.dumps(one))) for number, one in enumerate(pages)]
    assert [problems(one) for one in files] == [[snapshot(10, 12)], [snapshot(2, 12)], [snapshot(1, 13)]]
    live.report_missing(files[:2])
    assert [one.problems for one in files[:2]] == [[], []]
    live.report_missing([files[1], files[0]])
    assert [one.problems for one in files[:2]] == [[], []]
    live.report_missing([files[0], files[2]])
    assert [problems(one) for one in files] == [[], [], [snapshot(11, 13)]]


def test_live_files_of_one_run_belong_together(tmp_path: Path) -> None:
    names = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    Path(names[0]).write_text(json.dumps(page(*map(row, range(10)), total=12)))
    Path(names[1]).write_text(json.dumps(page(row(10), row(11), total=12)))
    first, second = inputs.read(Request([names[0]], live=names)).live
    assert (first.problems, second.problems) == ([], [])
    (alone,) = inputs.read(Request([names[0]], live=names[:1])).live
    assert problems(alone) == [snapshot(10, 12)]


def test_page_without_rows_that_knows_of_some() -> None:
    assert problems(read(page(total=7))) == [snapshot(0, 7)]
    assert problems(read({"TotalCount": 7})) == [snapshot(0, 7)]
    assert problems(read([page(row(), total=1), page(total=7)])) == []


# -- what a program hands over ----------------------------------------------------------------------------


class Model:
    """As the SDK's models are."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields

    def to_map(self) -> dict[str, object]:
        return self.fields


@pytest.mark.parametrize(
    "data",
    [
        page(row(1), row(2)),
        [page(row(1)), page(row(2))],
        (page(row(1)), page(row(2))),
        [row(1), row(2)],
        Model(headers={}, statusCode=200, body=page(row(1), row(2))),
        [Model(body=Model(**page(row(1)))), Model(**page(Model(**row(2))))],
        {"vpn_connection_id": "vco-a", "route_dest": "10.1.0.0/16", "next_hop": "vco-a", "weight": 0},
    ],
)
def test_data(data: object) -> None:
    reading = live.from_data(data)
    assert dests(reading) == ["10.1.0.0/16", "10.2.0.0/16"][: len(reading.records)]
    assert len(reading.records) == (1 if isinstance(data, dict) and "route_dest" in data else 2)
    assert (reading.kind, reading.files, reading.problems) == ("live", ["<live>"], [])
    assert reading.records[0].location == Location("<live>", 1, 1, 1, 1)


def test_data_is_checked_like_a_file() -> None:
    assert problems(live.from_data(page(row(Weight="x"), total=2))) == [
        ("schema", 'Weight must be an integer, not the text "x"', 0, "Weight"),
        snapshot(1, 2),
    ]
    assert [one.kind for one in live.from_data(7).problems] == ["syntax"]
    assert live.from_data([]).problems == []


def test_sdk_response() -> None:
    models = pytest.importorskip("alibabacloud_vpc20160428.models")
    body = models.DescribeVcoRouteEntriesResponseBody().from_map(page(row(1), row(2), total=5))
    response = models.DescribeVcoRouteEntriesResponse(headers={}, status_code=200, body=body)
    reading = live.from_data(response)
    assert dests(reading) == ["10.1.0.0/16", "10.2.0.0/16"]
    assert problems(reading) == [snapshot(2, 5)]


def test_data_without_end() -> None:
    endless: list[object] = []
    endless.append(endless)
    deep: dict[str, object] = {}
    deep["body"] = deep
    for data in (endless, deep, page(row(x=endless)), page(row(Weight=10**6000))):
        assert len(live.from_data(data).records) <= 1


# -- what is no snapshot ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n", "{", '{"a": 1} x', "[]]", '{"a": 1},{"a": 2}'])
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(SyntaxFault):
        read(text)


def test_deep_nesting() -> None:
    with pytest.raises(SyntaxFault):
        read("[" * 100_000)
    deep = "[" * 190 + "]" * 190
    assert (
        problems(read(f'{{"VcoRouteEntries": [{{"Weight": {deep}}}]}}'))[0][1]
        == "Weight must be an integer, not a list"
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["custom", "bgp", "vco-a", "12"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["VcoRouteEntries", "TotalCount", "body", "VpnConnectionId", "RouteDest", "NextHop"]
            )
            | st.sampled_from(["Weight", "RouteEntryType", "route_dest", "State"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3))
def test_any_json_gives_a_reading(documents: list[Any]) -> None:
    texts = [json.dumps(one) for one in documents]
    try:
        reading = read("\n".join(texts))
    except SyntaxFault:
        assert any("NaN" in text or "Infinity" in text for text in texts)
        return
    assert {one.fields["RouteEntryType"].value for one in reading.learned} <= {"bgp"}
    for one in reading.records:
        assert one.fields["RouteEntryType"].value != "bgp"
        assert isinstance(one.fields.get("Weight", Value(0, one.location)).value, (int, float, Unknown))
    # Handed over as data it is the same.
    assert [one.message for one in live.from_data(documents[0]).problems] == [
        one.message for one in read(texts[0]).problems
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 4), max_size=6), st.integers(0, 20))
def test_rows_are_counted_whatever_the_pages(sizes: list[int], total: int) -> None:
    pages, number = [], 0
    for size in sizes:
        pages.append(page(*(row(number + i) for i in range(size)), total=total))
        number += size
    assert problems(read(pages)) == ([snapshot(number, total)] if sizes and total > number else [])


# -- as a set to be checked -------------------------------------------------------------------------------


def test_learned_rows_are_no_entries() -> None:
    rows = row(1, kind="bgp", Weight="x"), row(2), row(3, Weight="x"), row(4, kind=None)
    snapshot = read(page(*rows))
    assert dests(snapshot) == ["10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"]
    assert [one.fields["RouteDest"].value for one in snapshot.learned] == ["10.1.0.0/16"]
    assert [(one.field, one.entry) for one in snapshot.problems] == [("Weight", None), ("Weight", 1)]
