"""Route sets: the formats against each other, bulk reading against reading with care, exact places."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.entry import FIELDS
from vcolint.model.reading import Reading
from vcolint.read import route_set
from vcolint.read.route_set import read
from vcolint.text import json as text_json
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Location, Unknown

FORMATS = ("yaml", "json", "jsonl", "csv")
ENTRY: dict[str, Any] = {
    "RegionId": "cn-hangzhou",
    "VpnConnectionId": "vco-a",
    "RouteDest": "10.0.0.0/8",
    "NextHop": "vco-a",
    "Weight": 100,
}


def plain(value: Any) -> Any:
    """A value that can be compared."""
    return ("unknown", value.reason, value.reported) if isinstance(value, Unknown) else value


def values(reading: Reading) -> list[dict[str, Any]]:
    """What the records hold."""
    return [
        {field: plain(value.value) for field, value in sorted(record.fields.items())}
        for record in reading.records
    ]


def in_columns(reading: Reading) -> list[dict[str, Any]]:
    """What the columns hold."""
    assert reading.columns is not None
    columns = {field: reading.column(field) for field in FIELDS}
    return [
        {
            field: plain(column[index])
            for field, column in sorted(columns.items())
            if column[index] is not None
        }
        for index in range(len(reading.records))
    ]


def at(text: str, place: Location) -> str:
    """The text at a place."""
    starts = [0, *(end.end() for end in re.finditer("\r\n|\n|\r", text))]
    begin = starts[place.line - 1] + place.column - 1
    end = starts[place.end_line - 1] + place.end_column - 1
    assert 0 <= begin <= end <= len(text)
    return text[begin:end]


def problems(text: str, format: str) -> list[tuple[Any, ...]]:
    found = read(Source("f", text), format).problems
    return [(one.kind, one.message, *one.location[1:3], one.entry, one.field) for one in found]


def everything(reading: Reading) -> tuple[Any, ...]:
    """All that can be told of a reading. A place is the same one with the record and without it."""
    assert reading.locate is not None
    for index, record in enumerate(reading.records):
        for field in (None, *FIELDS):
            for inside in (False, True):
                assert reading.locate(index, field, inside) == record.location_of(field, inside)
    places = [
        (record.location, sorted((field, value.location) for field, value in record.fields.items()))
        for record in reading.records
    ]
    return values(reading), in_columns(reading), places, reading.problems


def carefully(patch: pytest.MonkeyPatch) -> None:
    """From now on JSON is read as trees only."""
    patch.setattr(text_json, "outline", text_json.parse)
    patch.setattr(text_json, "outline_of_lines", lambda source: list(text_json.lines(source)))


# -- formats against each other ---------------------------------------------------------------------------

# What all formats can write: CSV has no empty text, YAML no control characters.
TEXTS = st.text(
    st.characters(
        min_codepoint=0x20, max_codepoint=0x2FFF, exclude_characters="\x7f${", exclude_categories=["C"]
    )
    | st.sampled_from("\"',;\t\n😀"),
    min_size=1,
    max_size=6,
)
CLEAN = st.fixed_dictionaries(
    {
        "RegionId": TEXTS,
        "VpnConnectionId": TEXTS,
        "RouteDest": TEXTS,
        "NextHop": TEXTS,
        "Weight": st.integers(-5, 200),
    },
    optional={"Description": TEXTS, "OverlayMode": TEXTS, "ClientToken": TEXTS, "DryRun": st.booleans()},
)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])


def as_csv(entries: list[dict[str, Any]], delimiter: str, newline: str) -> str:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if newline == "\r" else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(out, FIELDS, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writeheader()
    writer.writerows(entries)
    return out.getvalue()


@settings(max_examples=60, deadline=None)
@given(st.lists(CLEAN, min_size=1, max_size=4), st.sampled_from(",;\t"), NEWLINES, st.sampled_from([None, 1]))
def test_formats_are_equal(
    entries: list[dict[str, Any]], delimiter: str, newline: str, indent: int | None
) -> None:
    document = json.dumps(entries, ensure_ascii=False, indent=indent)
    texts = {
        "json": document.replace("\n", newline),
        "yaml": document.replace("\n", newline),
        "jsonl": newline.join(json.dumps(entry) for entry in entries),
        "csv": as_csv(entries, delimiter, newline),
    }
    for format, text in texts.items():
        reading = read(Source("f", text), format)
        assert values(reading) == in_columns(reading) == [dict(sorted(entry.items())) for entry in entries]
        assert reading.problems == []
        assert reading.texts == {"f": text}
        assert (reading.kind, reading.files) == ("route-set", ["f"])
        for record in reading.records:
            inside = at(text, record.location)
            for field, value in record.fields.items():
                written = at(text, value.location)
                assert written in inside
                if format != "csv":
                    assert json.loads(written) == value.value
                elif field == "DryRun":
                    assert written.strip('"') == str(value.value)
                else:
                    (cells,) = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
                    assert cells == [str(value.value)]


@settings(max_examples=40, deadline=None)
@given(st.lists(CLEAN, max_size=3), st.lists(CLEAN, max_size=3))
def test_yaml_documents_follow_one_another(one: list[dict[str, Any]], two: list[dict[str, Any]]) -> None:
    texts = [json.dumps(entries, ensure_ascii=False) for entries in (one, two)]
    together = read(Source("f", "--- \n" + "\n---\n".join(texts) + "\n"), "yaml")
    assert values(together) == values(read(Source("f", json.dumps(one + two)), "json"))


# -- in bulk and with care --------------------------------------------------------------------------------

STRINGS = st.sampled_from(
    [
        "vco-a",
        'a\\"b',
        "\\\\",
        "\\u0024{x}",
        "${x}",
        "{{",
        "},{",
        "a: [1, {}]",
        "0",
        "100",
        "Routes",
        "\\ud800",
        "é",
        "",
    ]
).map(lambda text: f'"{text}"')
ODD = st.one_of(
    STRINGS,
    st.sampled_from(
        ["null", "true", "100", "7", "100.0", "1e400", "[]", "{}", '{"a": 1, "a": [{}, {"b": "}"}]}', "-0"]
    ),
)
KEYS = st.sampled_from(
    ["RegionId", "NextHop", "next_hop", "Weight", "weight", "\\u0057eight", "DryRun", "Foo", "VpnGatewayId"]
).map(lambda name: f'"{name}"')
GAPS = st.sampled_from(["", " ", "\n", "\r\n", "\t"])
GOOD_PAIRS = [f'"{name}": {json.dumps(value)}' for name, value in ENTRY.items()]


def mapping(pairs: list[str], gap: str) -> str:
    return "{" + gap + f",{gap}".join(pairs) + gap + "}"


PAIRS = st.lists(st.builds(lambda key, value, gap: f"{key}{gap}:{gap}{value}", KEYS, ODD, GAPS), max_size=2)
ODD_ENTRIES = st.builds(
    lambda start, end, more, gap: mapping([*GOOD_PAIRS[start:end], *more], gap),
    st.integers(0, 2),
    st.integers(3, 5),
    PAIRS,
    GAPS,
)
ENTRIES = st.just(mapping(GOOD_PAIRS, "")) | ODD_ENTRIES
ITEMS = st.lists(ENTRIES | ODD, max_size=4)


def as_list(items: list[str], gap: str) -> str:
    return "[" + gap + f",{gap}".join(items) + gap + "]"


LISTS = st.builds(as_list, ITEMS, GAPS)
HOISTED = st.builds(
    lambda before, name, items, after, gap: mapping([*before, f'"{name}"{gap}: {items}', *after], gap),
    PAIRS,
    st.sampled_from(["Routes", "routes", "\\u0052outes"]),
    LISTS | ODD,
    PAIRS | st.just(['"Routes": []']),
    GAPS,
)


@settings(max_examples=400, deadline=None)
@given(LISTS | HOISTED | ENTRIES | ODD)
def test_json_in_bulk_is_json_with_care(text: str) -> None:
    source = Source("f", text)
    with pytest.MonkeyPatch.context() as patch:
        fast = everything(read(source, "json"))
        carefully(patch)
        careful = everything(read(source, "json"))
    assert fast == careful
    assert fast[0] == fast[1]


# Entries that are alike as far as a first look tells, and then may not be.
ALIKE = st.just(mapping(GOOD_PAIRS, ""))
NEARLY = st.sampled_from(
    [
        mapping(GOOD_PAIRS[::-1], " "),
        mapping(GOOD_PAIRS[:-1], ""),
        mapping([*GOOD_PAIRS, '"Description": "a"'], ""),
        mapping([*GOOD_PAIRS, GOOD_PAIRS[0]], ""),
        mapping([f'"NextHop": {mapping(GOOD_PAIRS, "")}', *GOOD_PAIRS[1:]], ""),
        mapping([*GOOD_PAIRS, f'"NextHop": {mapping(GOOD_PAIRS, "")}'], ""),
        '[{"a": 1}]',
        "null",
        "NaN",
        "{",
    ]
)
LATE = st.builds(
    lambda alike, rest, form: form % as_list([*alike, *rest], " "),
    st.lists(ALIKE, min_size=1, max_size=3),
    st.lists(NEARLY, max_size=2),
    st.sampled_from(
        [
            " %s ",
            "%s ]",
            '{"Routes": %s}',
            '{"Description": "a", "Routes": %s, "OverlayMode": "b"}',
            '{"Routes": %s, "Routes": []}',
            '{"Routes": %s, "routes": []}',
            '{"RegionId": [], "Routes": %s}',
            '{"Weight": 0, "Weight": 0, "Routes": %s}',
            '[{"Routes": %s}]',
        ]
    ),
)


@settings(max_examples=400, deadline=None)
@given(LATE)
def test_json_that_is_not_as_it_begins(text: str) -> None:
    source = Source("f", text)
    outcomes = []
    for prepare in (lambda _: None, carefully):
        with pytest.MonkeyPatch.context() as patch:
            prepare(patch)
            try:
                outcomes.append(everything(read(source, "json")))
            except SyntaxFault as fault:
                outcomes.append((fault.message, fault.start, fault.end))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(ENTRIES | HOISTED | ODD, max_size=4), NEWLINES, st.sampled_from(["", " ", "\t\n", "\r\n\r\n"])
)
def test_json_lines_are_a_list(lines: list[str], newline: str, blank: str) -> None:
    lines = [re.sub("[\r\n]", " ", line) for line in lines]
    text = blank + (newline + blank).join(lines) + newline
    with pytest.MonkeyPatch.context() as patch:
        fast = everything(read(Source("f", text), "jsonl"))
        carefully(patch)
        careful = everything(read(Source("f", text), "jsonl"))
    assert fast == careful
    assert fast[0] == fast[1]


@settings(max_examples=100, deadline=None)
@given(LISTS | HOISTED)
def test_yaml_in_bulk_is_yaml_with_care(text: str) -> None:
    try:
        reading = read(Source("f", text.replace("\t", " ")), "yaml")
    except SyntaxFault:
        return
    assert values(reading) == in_columns(reading)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["", "a", "100", "x", "${x}", "true", '"q""\n;"']), max_size=7), max_size=4
    )
)
def test_csv_in_bulk_is_csv_with_care(rows: list[list[str]]) -> None:
    header = "Weight,RouteDest,DryRun,route_dest,VpnGatewayId,Foo"
    text = "\n".join([header, *map(",".join, rows)])
    reading = read(Source("f", text), "csv")
    assert values(reading) == in_columns(reading)
    assert len(reading.records) == sum(any(row) and not (len(row) > 4 and row[4]) for row in rows)


# -- any text ---------------------------------------------------------------------------------------------

SHREDS = st.lists(
    st.sampled_from(
        [
            *'[]{}",:;\n\r\t\\-#&*!|<${',
            "RouteDest",
            "Routes: ",
            '"Weight": 1',
            "\ud800",
            "\0",
            "é",
            "1e5",
            "---\n",
        ]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(SHREDS, st.sampled_from(FORMATS))
def test_any_text_is_read_or_refused(text: str, format: str) -> None:
    source = Source("f", text)
    refused = None
    try:
        reading = read(source, format)
    except SyntaxFault as fault:
        refused = fault
    if refused is not None:
        assert 0 <= refused.start <= refused.end <= len(text)
        return
    assert values(reading) == in_columns(reading)
    for problem in reading.problems:
        at(text, problem.location)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('[{"Weight": ' + "1" * 5000 + "}]", "json"),
        ('[{"Weight": ' + "1" * 1000 + "}]", "json"),
        ('[{"Weight": 1' + "e" + "9" * 5000 + "}]", "json"),
        ("- Weight: " + "1" * 5000, "yaml"),
        ("- 2020-01-01: 2020-01-01", "yaml"),
        ("- ? [a, b]\n  : 1\n  ? {a: b}\n  : 2\n  1: 2\n  1.5: 3\n  ~: 4", "yaml"),
        ("- RouteDest: " + "${" * 200_000, "yaml"),
        ("- RouteDest: '" + "{{" * 200_000 + "'", "yaml"),
        (json.dumps([{"k" * 100_000: 1}]), "json"),
        ("[" + ",".join(f'{{"k{number}": 1}}' for number in range(3000)) + "]", "json"),
        ("a" * 100_000 + ",b\n1,2", "csv"),
        ("," * 20_000 + "\n1", "csv"),
    ],
)
def test_hostile_text_is_read(text: str, format: str) -> None:
    reading = read(Source("f", text), format)
    assert values(reading) == in_columns(reading)
    assert all(len(problem.message) < 300 for problem in reading.problems)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("[" * 100_000, "json"),
        ("[" * 5000 + "]" * 5000, "json"),
        ('[{"RouteDest": ' + "[" * 5000 + "]" * 5000 + "}]", "json"),
        ('{"RouteDest": ' + '{"a":' * 300 + "1" + "}" * 300 + "}\n", "jsonl"),
        ("[" * 5000, "yaml"),
        ("[NaN]", "json"),
        ('[{"Weight": Infinity}]', "json"),
        ("", "json"),
    ],
)
def test_hostile_text_is_refused(text: str, format: str) -> None:
    with pytest.raises(SyntaxFault):
        read(Source("f", text), format)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_very_long_integer(sign: str) -> None:
    """Python reads and prints up to 4300 digits."""
    for digits, value, said in (
        (4300, int(sign + "1" * 4300), []),
        (4301, ("unknown", "not an integer", True), ["Weight must be an integer, not a huge number"]),
    ):
        entry = f'{{"Weight": {sign}{"1" * digits}}}'
        for text, format in ((entry, "json"), (f"[{entry}]", "json"), (entry, "yaml")):
            reading = read(Source("f", text), format)
            assert values(reading) == in_columns(reading) == [{"Weight": value}]
            assert [one.message for one in reading.problems if one.field == "Weight"] == said


# -- the three shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "format", "count"),
    [
        (json.dumps(ENTRY), "json", 1),
        (json.dumps([ENTRY, ENTRY]), "json", 2),
        (json.dumps({"Routes": [ENTRY]}), "json", 1),
        (json.dumps({"routes": [ENTRY]}), "json", 1),
        ("[]", "json", 0),
        ('{"Routes": []}', "json", 0),
        ('{"RegionId": "a", "Routes": []}', "json", 0),
        ("null", "json", 0),
        ("", "yaml", 0),
        ("# nothing\n", "yaml", 0),
        ("---\n---\n", "yaml", 0),
        ("RegionId: a\nRoutes:\n", "yaml", 0),
        ("Routes: []", "yaml", 0),
        ("", "jsonl", 0),
        ("\n \n", "jsonl", 0),
        ("", "csv", 0),
        ("RegionId,RouteDest\n", "csv", 0),
        ("RegionId,RouteDest\n,\n\n", "csv", 0),
    ],
)
def test_shapes(text: str, format: str, count: int) -> None:
    reading = read(Source("f", text), format)
    assert values(reading) == [dict(sorted(ENTRY.items()))] * count
    assert reading.problems == []


HOISTING = """\
RegionId: cn-hangzhou
next_hop: vco-a
VpnConnectionId: vco-a
Description: shared
Routes:
  - {RouteDest: 10.1.0.0/16, Weight: 100}
  - {RouteDest: 10.2.0.0/16, weight: 0, NextHop: vco-b, Description: null}
"""


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_hoisted_fields_hold_where_an_entry_gives_none(format: str) -> None:
    import yaml

    text = HOISTING if format == "yaml" else json.dumps(yaml.safe_load(HOISTING))
    reading = read(Source("f", text), format)
    shared = {"Description": "shared", "RegionId": "cn-hangzhou", "VpnConnectionId": "vco-a"}
    assert values(reading) == [
        shared | {"NextHop": "vco-a", "RouteDest": "10.1.0.0/16", "Weight": 100},
        shared | {"NextHop": "vco-b", "RouteDest": "10.2.0.0/16", "Weight": 0},
    ]
    assert in_columns(reading) == values(reading)
    assert reading.problems == []
    if format == "yaml":
        one, two = reading.records
        assert one.location == Location("f", 6, 5, 6, 42)
        assert one.fields["NextHop"].location == Location("f", 2, 11, 2, 16)
        assert two.fields["NextHop"].location == Location("f", 7, 50, 7, 55)
        assert two.fields["Description"].location == Location("f", 4, 14, 4, 20)


def test_fields_behind_the_routes_have_their_places() -> None:
    text = '{"NextHop": 1,\n "Routes": [{"Weight": 100}, {"Weight": 0}],\n "RegionId": "cn", "Foo": ["x"]}'
    reading = read(Source("f", text), "json")
    assert reading.records[1].fields["RegionId"].location == Location("f", 3, 14, 3, 18)
    assert reading.records[1].location == Location("f", 2, 30, 2, 43)
    assert problems(text, "json") == [
        ("schema", "VpnConnectionId is missing (2 entries)", 1, 1, None, "VpnConnectionId"),
        ("schema", "RouteDest is missing (2 entries)", 1, 1, None, "RouteDest"),
        ("schema", "NextHop must be text, not the number 1 (2 entries)", 1, 13, None, "NextHop"),
        ("schema", "unknown property Foo (2 entries)", 3, 20, None, None),
    ]


def test_routes_are_not_what_looks_like_them() -> None:
    for other in (
        '"Foo": {"Routes": [{}, {}]}',
        '"Description": "\\"Routes\\": [{}]"',
        '"Foo": [{"routes": [1]}]',
    ):
        text = f'{{{other}, "Routes": [{{"Weight": 100}}, {{"Weight": 0}}], "Bar": [{{}}]}}'
        reading = read(Source("f", text), "json")
        found = [at(text, record.location) for record in reading.records]
        assert found == [
            '{"Weight": 100}',
            '{"Weight": 0}',
        ]


@pytest.mark.parametrize("items", [["${x}"], ["{{ x }}", 1], [1, {"NextHop": "{{ x }}"}]])
def test_what_is_no_mapping_hides_no_placeholder(items: list[Any]) -> None:
    text = json.dumps([{"NextHop": "${x}"}, *items])
    assert in_columns(read(Source("f", text), "json"))[0]["NextHop"] == (
        "unknown",
        "holds a placeholder: ${x}",
        False,
    )


def test_hoisted_problems_are_told_once() -> None:
    text = (
        "{RegionId: a, VpnConnectionId: b, Weight: '100', NextHop: 5, Priority: 1, route_dest: x, "
        "RouteDest: y,\nRoutes: [{Weight: 0}, {NextHop: c}, {NextHop: d, RouteDest: z}]}"
    )
    assert problems(text, "yaml") == [
        ("weight-text", 'Weight is the text "100": write the number 100 (2 entries)', 1, 43, None, "Weight"),
        ("schema", "NextHop must be text, not the number 5", 1, 59, None, "NextHop"),
        ("schema", "unknown property Priority (3 entries)", 1, 62, None, None),
        ("duplicate-key", "RouteDest is given twice (2 entries)", 1, 90, None, "RouteDest"),
    ]
    reading = read(Source("f", text), "yaml")
    twice = ("unknown", "given twice", True)
    assert [one["RouteDest"] for one in values(reading)] == [twice, twice, "z"]
    assert [one["Weight"] for one in values(reading)] == [0, 100, 100]


def test_aliases_and_merges() -> None:
    text = (
        "- &a {RegionId: cn, VpnConnectionId: b, NextHop: 7, Weight: 100, RouteDest: x}\n"
        "- {<<: *a, route_dest: y}\n"
        "- *a\n"
        "- {<<: *a, Weight: }\n"
    )
    reading = read(Source("f", text), "yaml")
    assert [one.get("RouteDest") for one in values(reading)] == ["x", "y", "x", "x"]
    assert values(reading) == in_columns(reading)
    assert reading.records[1].fields["RegionId"].location == Location("f", 1, 17, 1, 19)
    assert reading.records[2].location == reading.records[0].location
    assert problems(text, "yaml") == [
        ("schema", "NextHop must be text, not the number 7 (4 entries)", 1, 50, None, "NextHop"),
        ("schema", "Weight is missing", 4, 3, 3, "Weight"),
    ]


def test_routes_of_vpn_gateways_are_passed_over() -> None:
    gateway = {"VpnGatewayId": "vpn-a", "Priority": 1, "Weight": "x"}
    for text, format in [
        (json.dumps([gateway, ENTRY, {"publish_vpc": False}, {**ENTRY, "RouteSource": None}]), "json"),
        (json.dumps([gateway, ENTRY, {"publish_vpc": False}, {**ENTRY, "RouteSource": None}]), "yaml"),
        ("\n".join(map(json.dumps, (gateway, ENTRY, ENTRY))), "jsonl"),
        (as_csv([ENTRY, ENTRY], ",", "\n").replace("DryRun", "VpnGatewayId") + "a,b,c,d,1,,,,vpn-a\n", "csv"),
    ]:
        reading = read(Source("f", text), format)
        assert values(reading) == in_columns(reading) == [dict(sorted(ENTRY.items()))] * 2
        assert reading.problems == []
    assert values(read(Source("f", json.dumps({"VpnGatewayId": "vpn-a", "Routes": [ENTRY]})), "json")) == []


# -- problems ---------------------------------------------------------------------------------------------

WHOLE = "RegionId: cn, VpnConnectionId: b, RouteDest: c"


# `¦` marks where a problem lies: it is no part of the text.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"- ¦{{{WHOLE}, NextHop: d}}", [("schema", "Weight is missing", 0, "Weight")]),
        (f"- ¦{{{WHOLE}, NextHop: , Weight: 0}}", [("schema", "NextHop is missing", 0, "NextHop")]),
        (
            f"- {{{WHOLE}, NextHop: d, ¦Weigth: 0, Weight: 0}}",
            [("schema", 'unknown property Weigth; did you mean "Weight"?', 0, None)],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, ¦routedest: 0, Weight: 0}}",
            [("schema", 'unknown property routedest; did you mean "RouteDest"?', 0, None)],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: 0, ¦12: 0}}",
            [("schema", "unknown property 12", 0, None)],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: ¦high}}",
            [("schema", 'Weight must be an integer, not the text "high"', 0, "Weight")],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: ¦100.0}}",
            [("schema", "Weight must be an integer, not the number 100.0", 0, "Weight")],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: ¦true}}",
            [("schema", "Weight must be an integer, not true", 0, "Weight")],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: ¦'0'}}",
            [("weight-text", 'Weight is the text "0": write the number 0', 0, "Weight")],
        ),
        (f"- {{{WHOLE}, NextHop: d, Weight: 50}}", []),
        (f"- {{{WHOLE}, NextHop: d, Weight: '{{{{w}}}}', DryRun: '${{x}}'}}", []),
        (f"- {{{WHOLE}, NextHop: d, Weight: !env W}}", []),
        (
            f"- {{{WHOLE}, NextHop: ¦[d], Weight: 0, DryRun: ¦no}}",
            [
                ("schema", "NextHop must be text, not a list", 0, "NextHop"),
                ("schema", 'DryRun must be true or false, not the text "no"', 0, "DryRun"),
            ],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: 0, ¦weight: 0}}",
            [("duplicate-key", "Weight is given twice", 0, "Weight")],
        ),
        (
            f"- {{{WHOLE}, NextHop: d, Weight: 0, ¦a: 0, ¦a: 1}}",
            [
                ("schema", "unknown property a", 0, None),
                ("duplicate-key", "a is given twice", 0, None),
            ],
        ),
        (
            f"- ¦text\n- ¦{{{WHOLE}, NextHop: d}}",
            [
                ("schema", 'an entry must be a mapping, not the text "text"', None, None),
                ("schema", "Weight is missing", 0, "Weight"),
            ],
        ),
        ("Routes: ¦x", [("schema", 'Routes must be a list, not the text "x"', None, None)]),
        ("Routes: []\n¦routes: []", [("duplicate-key", "Routes is given twice", None, None)]),
        ("Routes: []\n¦Routes: []", [("duplicate-key", "Routes is given twice", None, None)]),
        ('{"Routes": [], ¦"Routes": []}', [("duplicate-key", "Routes is given twice", None, None)]),
        (
            "¦text",
            [
                (
                    "schema",
                    "a route set must be a list of entries, one entry, or a mapping with Routes, "
                    'not the text "text"',
                    None,
                    None,
                )
            ],
        ),
        (
            '[{"RegionId": "é", "VpnConnectionId": "b",\r\n'
            '"RouteDest": "😀", "NextHop": "d", "Weight": ¦"100"}]',
            [("weight-text", 'Weight is the text "100": write the number 100', 0, "Weight")],
        ),
        (
            '{"RegionId": "a", "VpnConnectionId": "b", "RouteDest": "c", "NextHop": "d", "Weight": 0}\n\n'
            ' {"RegionId": "a", "VpnConnectionId": "b", "RouteDest": "c", "NextHop": "d", "Weight": 0,'
            ' ¦"Weight": 0}',
            [("duplicate-key", "Weight is given twice", 1, "Weight")],
        ),
    ],
)
def test_problems(text: str, expected: list[tuple[Any, ...]]) -> None:
    first, *rest = text.split("¦")
    places = []
    plain_text = first
    for part in rest:
        places.append((plain_text.count("\n") + 1, len(plain_text) - plain_text.rfind("\n")))
        plain_text += part
    format = "yaml" if text[0] not in "[{" else "jsonl" if "}\n\n" in text else "json"
    found = problems(plain_text, format)
    assert [(kind, message, entry, field) for kind, message, _, _, entry, field in found] == expected
    assert [one[2:4] for one in found] == places


def test_what_is_given_twice_is_unknown_and_says_where() -> None:
    text = json.dumps([ENTRY])[:-2] + ', "weight": 0}]'
    reading = read(Source("f", text), "json")
    assert values(reading)[0]["Weight"] == ("unknown", "given twice", True)
    (problem,) = reading.problems
    ((message, place),) = problem.related
    assert (message, at(text, place), at(text, problem.location)) == (
        "first given here",
        '"Weight"',
        '"weight"',
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("${vpn.id}", "holds a placeholder: ${vpn.id}"),
        ("a-${{ x }}-b", "holds a placeholder: ${{ x }}"),
        ("x{{ y }}${z}", "holds a placeholder: {{ y }}"),
    ],
)
def test_placeholders_are_unknown(written: str, reason: str) -> None:
    for field in ("NextHop", "Weight", "DryRun", "Description"):
        entry = {**ENTRY, field: written}
        for text, format in [
            (json.dumps([ENTRY, entry]), "json"),
            (json.dumps([ENTRY, entry]).replace("{{", "\\u007b{"), "json"),
            (json.dumps([ENTRY, entry]).replace("$", "\\u0024"), "json"),
            (json.dumps([ENTRY, entry]), "yaml"),
            ("\n".join(map(json.dumps, (ENTRY, entry))), "jsonl"),
            (as_csv([ENTRY, entry], ";", "\n"), "csv"),
        ]:
            reading = read(Source("f", text), format)
            assert in_columns(reading)[1][field] == ("unknown", reason, False)
            assert in_columns(reading)[0] == dict(sorted(ENTRY.items()))
            assert reading.problems == []


@pytest.mark.parametrize("written", ["${", "}${", "{{}", "$ {x}", "{ {x} }"])
def test_what_is_no_placeholder_is_known(written: str) -> None:
    reading = read(Source("f", json.dumps([{**ENTRY, "Description": written}])), "json")
    assert in_columns(reading)[0]["Description"] == written


# -- CSV --------------------------------------------------------------------------------------------------


def test_csv() -> None:
    text = (
        "RegionId;vpn_connection_id;RouteDest;NextHop;Weight;Description;DryRun\r\n"
        'cn;vco-a;10.0.0.0/8;vco-a;100;"é;\r\n""b""";TRUE\r\n'
        "\r\n"
        "cn;vco-a;;vco-a;x;;maybe\r\n"
    )
    reading = read(Source("f", text), "csv")
    assert values(reading)[0] == {
        "Description": 'é;\r\n"b"',
        "DryRun": True,
        "NextHop": "vco-a",
        "RegionId": "cn",
        "RouteDest": "10.0.0.0/8",
        "VpnConnectionId": "vco-a",
        "Weight": 100,
    }
    first = reading.records[0]
    assert first.location == Location("f", 2, 1, 3, 12)
    assert first.fields["Description"].location == Location("f", 2, 31, 3, 7)
    assert first.fields["Weight"].location == Location("f", 2, 27, 2, 30)
    assert problems(text, "csv") == [
        ("schema", "RouteDest is missing", 5, 1, 1, "RouteDest"),
        ("schema", 'Weight must be an integer, not the text "x"', 5, 17, 1, "Weight"),
        ("schema", 'DryRun must be true or false, not the text "maybe"', 5, 20, 1, "DryRun"),
    ]


def test_lines_of_blanks_are_no_rows_of_csv() -> None:
    text = as_csv([ENTRY], ",", "\n")
    header, entry = text.splitlines()
    assert values(read(Source("f", f"{header}\n  \n{entry}\n\t\n"), "csv")) == [dict(sorted(ENTRY.items()))]
    assert values(read(Source("f", "RouteDest,Weight\n  ,\n"), "csv")) == [{"RouteDest": "  "}]


def test_csv_columns() -> None:
    text = (
        "RegionId,RouteDest,route_dest,Foo,NextHop,,Weight,Foo\na,b,,c,d,e,0\na,,f,,d,,100\na,b,b,,d,,0,,,x"
    )
    assert problems(text, "csv") == [
        ("schema", "VpnConnectionId is missing (3 entries)", 1, 1, None, "VpnConnectionId"),
        ("duplicate-key", "RouteDest is given twice", 1, 20, None, "RouteDest"),
        ("schema", "unknown property Foo", 1, 31, None, None),
        ("schema", "column 6 has no name", 1, 43, None, None),
        ("duplicate-key", "Foo is given twice", 1, 51, None, None),
        ("schema", "a value without a name", 4, 15, 2, None),
    ]
    twice = ("unknown", "given twice", True)
    assert [one["RouteDest"] for one in values(read(Source("f", text), "csv"))] == [twice] * 3


def test_csv_columns_without_a_name_or_a_value_are_fine() -> None:
    text = as_csv([ENTRY], ",", "\n").replace("DryRun", "DryRun,,").replace(",,,,", ",,,,,,")
    assert values(read(Source("f", text), "csv")) == [dict(sorted(ENTRY.items()))]
    assert problems(text, "csv") == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_delimiters(delimiter: str) -> None:
    entry = {**ENTRY, "Description": "a,b;c\td"}
    assert values(read(Source("f", as_csv([entry], delimiter, "\n")), "csv")) == [dict(sorted(entry.items()))]


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ('RouteDest\na\n"b\nc', "the quoted text in the row that starts here is never closed", 12),
        (
            'RouteDest,Weight\n"b"c,1',
            "text follows a quoted cell in this row: write a quote inside a cell twice",
            17,
        ),
        ("RouteDest\n" + "x" * 200_000, "not CSV: field larger than field limit (131072)", 10),
    ],
)
def test_what_csv_cannot_be(text: str, message: str, start: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        read(Source("f", text), "csv")
    assert (caught.value.message, caught.value.start) == (message, start)


_ONE = "JSON Lines need one value on each line"


@pytest.mark.parametrize(
    ("text", "message", "start", "end"),
    [
        ('{"Weight": 1}\n{"Weight": 1,\n"a": 2}\n', _ONE, 14, 27),
        ('{"Weight": 1}\n{"Weight": \n{"Weight": 3}\n', _ONE, 14, 25),
        ('{"Weight": 1}\n{"Weight": 2', "the file ends too early", 26, 26),
        (
            '{"Weight": 1}\n{"Weight": "2\n',
            "write a control character in a text as an escape",
            27,
            28,
        ),
        ('{"Weight": 1}\n{"Weight": 2} {"Weight": 3}\n', _ONE, 14, 41),
        ('{"Weight": 1}\n{"Weight": 2},\n', _ONE, 14, 28),
        ('{"Weight": 1}\n\n{"Weight": x}\n', 'expected a JSON value, not "x"', 26, 27),
    ],
)
def test_bad_lines_of_json(text: str, message: str, start: int, end: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        read(Source("f", text), "jsonl")
    assert (caught.value.message, caught.value.start, caught.value.end) == (message, start, end)


def test_remarks_of_yaml_are_found() -> None:
    reading = read(Source("f", "# vcolint: ignore-file[VCO106] lab\n[]\n"), "yaml")
    assert [remark.text for remark in reading.remarks] == ["vcolint: ignore-file[VCO106] lab"]


def test_records_are_a_sequence() -> None:
    records = read(
        Source("f", json.dumps([{**ENTRY, "Weight": number} for number in range(4)])), "json"
    ).records
    assert [record.fields["Weight"].value for record in records] == [0, 1, 2, 3]
    assert records[-1] == records[3]
    with pytest.raises(IndexError):
        records[4]


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_a_record_is_made_once_for_all_that_is_said_of_it(format: str) -> None:
    # Else an entry with many unknown properties takes the square of their number.
    records = read(Source("f", json.dumps([ENTRY, {**ENTRY, "Weight": 0}])), format).records
    first, second = records[0], records[1]
    assert records[1] is second
    assert records[0] == first != second


def test_a_name_of_a_template_without_quotes_is_a_placeholder() -> None:
    reading = route_set.read(Source("a.yaml", "- {RouteDest: {{ office }}, Weight: 100}\n"), "yaml")
    value = reading.column("RouteDest")[0]
    assert isinstance(value, Unknown)
    assert value.reason == "holds a placeholder: {{ office }}"
    assert [one.field for one in reading.problems] == ["RegionId", "VpnConnectionId", "NextHop"]


@pytest.mark.parametrize("name", ["VpnInstanceId", "vpn_instance_id"])
def test_a_saved_answer_of_the_sibling_call_is_another_apis(name: str) -> None:
    answer = {
        name: "vpn-a",
        "RouteDest": "10.1.0.0/16",
        "NextHop": "vco-a",
        "Weight": 0,
        "State": "published",
    }
    assert values(read(Source("f", json.dumps(answer)), "json")) == []
