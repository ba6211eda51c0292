"""The text output: what is said when, and that lines are shown with the right part underlined."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_samples import FILES, at, finding, report, sample

from vcolint.render import render
from vcolint.render.snippet import Snippets
from vcolint.report.finding import Edit, Fix, Related, Unchecked
from vcolint.text.value import Location
from vcolint.text.wording import visible

HZ = at("routes/hz.yaml", "100.64.1.0/24")
OFFICE = Unchecked("main.tf", 20, "a.b", "RouteDest", "known after apply: var.office")


def last_line(text: str) -> str:
    return text.splitlines()[-1]


def test_clean() -> None:
    assert render("text", report([])) == "All clear: 14 entries in 3 files.\n"
    assert render("text", report([], entries=1, files=1, suppressed=2, baselined=3)) == (
        "All clear: 1 entry in 1 file (2 suppressed; 3 in the baseline).\n"
    )


def test_clean_but_not_all_checked_is_not_all_clear() -> None:
    assert render("text", report([], [OFFICE])) == (
        "1 value unchecked:\n"
        "  - main.tf:20 a.b RouteDest: known after apply: var.office\n"
        "\n"
        "No findings: 14 entries in 3 files (1 value unchecked).\n"
    )


@pytest.mark.parametrize("quiet", [False, True])
def test_nothing_checked_says_the_notice_alone(quiet: bool) -> None:
    nothing = report([], files=0, entries=0, notice="nothing was checked: no\x1b file")
    assert render("text", nothing, quiet=quiet) == "nothing was checked: no\\x1b file\n"


def test_the_notice_is_the_last_line_behind_the_summary() -> None:
    shown = render("text", report([finding("VCO001", HZ, "m")], entries=0, notice="nothing was checked"))
    assert shown.splitlines()[-2:] == ["Found 1 error in 0 entries of 3 files.", "nothing was checked"]


def test_quiet() -> None:
    assert render("text", report([], [OFFICE], suppressed=1), quiet=True) == ""
    shown = render("text", report([finding("VCO102", HZ, "m")], [OFFICE]), quiet=True)
    assert "known after apply" not in shown
    assert last_line(shown) == "Found 1 error in 14 entries of 3 files (1 value unchecked)."


def test_summary_counts_fixes() -> None:
    def fixable(safe: bool) -> Fix:
        return Fix("f", safe, (Edit(HZ, "x"),))

    for safe, unsafe, words in (
        (2, 0, "2 fixable with --fix"),
        (0, 1, "1 fixable with --unsafe-fixes"),
        (1, 2, "1 fixable with --fix; 2 more with --unsafe-fixes"),
    ):
        fixes = [fixable(True)] * safe + [fixable(False)] * unsafe
        found = report([finding("VCO104", HZ, "m", severity="note", fix=fix) for fix in fixes])
        number = "1 note" if len(fixes) == 1 else f"{len(fixes)} notes"
        assert last_line(render("text", found)) == f"Found {number} in 14 entries of 3 files ({words})."


def test_statistics_are_sorted_by_frequency() -> None:
    findings = [finding("VCO709", HZ, "m", severity="note")]
    findings += [finding("VCO201", HZ, "m")] * 11 + [finding("VCO102", HZ, "m")] * 11
    assert render("text", report(findings), statistics=True) == (
        "11  VCO102  error  cloud-service-destination\n"
        "11  VCO201  error  duplicate-entry\n"
        " 1  VCO709  note   some-rule\n"
        "\n"
        "Found 22 errors, 1 note in 14 entries of 3 files.\n"
    )


def test_unchecked_is_shortened_by_reason() -> None:
    items = [Unchecked("main.tf", i, None, None, f"reason {i % 20}") for i in range(1, 101)]
    lines = render("text", report([], items)).splitlines()
    assert lines[0] == "100 values unchecked:"
    assert lines[1:9] == [f"  - main.tf:{i}: reason {i} (and 4 more)" for i in range(1, 9)]
    assert lines[9] == "  - and 60 more, for 12 other reasons (--output json lists them all)"
    assert lines[10:] == ["", "No findings: 14 entries in 3 files (100 values unchecked)."]


def test_gutter_is_as_wide_as_the_largest_line_number() -> None:
    related = (Related("far", Location("long", 100, 1, 100, 2)),)
    found = report(
        [finding("VCO9", Location("long", 9, 1, 9, 2), "m", related=related)], text_of=lambda _: "x\n" * 100
    )
    assert render("text", found).splitlines()[1:10] == [
        "   --> long:9:1",
        "    |",
        "  9 | x",
        "    | ^",
        "    = note: far",
        "   --> long:100:1",
        "    |",
        "100 | x",
        "    | -",
    ]


@pytest.mark.parametrize("code", ["VCO102", "VCO999"])
def test_color_changes_nothing_but_the_color(code: str) -> None:
    found = report([finding(code, HZ, "m", severity=severity) for severity in ("error", "warning", "note")])
    colored = render("text", found, color=True)
    assert re.findall("\x1b\\[[0-9;]*m(?=\\w+\\[VCO)", colored) == ["\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m"]
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render("text", found)


def test_help_is_wrapped_at_the_width_only() -> None:
    found = report([finding("VCO102", HZ, "m")])
    narrow, wide = render("text", found, width=60), render("text", found)
    assert max(map(len, narrow.splitlines())) <= 60
    assert " ".join(narrow.split()) == " ".join(wide.split())
    assert sum("  = help: " in line for line in wide.splitlines()) == 1


def test_no_line_that_a_sensitive_value_touches_is_shown() -> None:
    text = "a: 1, b: SECRET, c: 3\nx\nBEGIN\nEND\n"
    secrets = frozenset({Location("f", 1, 10, 1, 16), Location("f", 3, 1, 4, 4)})
    places = [Location("f", 1, 4, 1, 5), Location("f", 3, 1, 3, 2), Location("f", 4, 1, 4, 2)]
    related = (Related("r", Location("f", 1, 20, 1, 21)),)
    found = report(
        [finding("VCO9", place, "m", related=related) for place in places],
        sensitive=secrets,
        text_of=lambda _: text,
    )
    shown = render("text", found)
    assert not re.search("SECRET|BEGIN|END", shown)
    assert shown.count("| (sensitive)") == 6


def test_a_place_beyond_the_file_is_named_without_a_line() -> None:
    places = [Location("f", 3, 1, 3, 2), Location("f", 2, 9, 2, 10), Location("none", 1, 1, 1, 1)]
    texts = {"f": "a\nb"}.get
    shown = [
        render("text", report([finding("VCO9", place, "m")], text_of=texts)).splitlines() for place in places
    ]
    assert [lines[1:-2] for lines in shown] == [
        [" --> f:3:1"],
        [" --> f:2:9", "  |", "2 | b", "  |  ^"],
        [" --> none:1:1"],
    ]


def test_visible() -> None:
    assert visible("plain 总部 é") == "plain 总部 é"
    assert visible("a\tb\r\n\x00\x1b[0m\x85") == "a\\tb\\r\\n\\x00\\x1b[0m\\x85"
    assert visible("\u202e\u200b\ufeff\xa0\u2028\ud800\U000e0001") == (
        "\\u202e\\u200b\\ufeff\\xa0\\u2028\\ud800\\U000e0001"
    )
    assert visible("##[error] ##vso[x] ###[y] ## [z] #[") == "#\\x23[error] #\\x23vso[x] ##\\x23[y] ## [z] #["


LINE = st.text(st.sampled_from('ab{}":,/ 0#[\t总\u0301\x1b\u202e\ud800\x0b😀'), max_size=90)


def naive(character: str) -> tuple[str, int]:
    """What a character is shown as, and its width on a terminal."""
    if character == "\t":
        return "    ", 4
    if not character.isprintable():
        escaped = repr(character)[1:-1]
        return escaped, len(escaped)
    if unicodedata.category(character) == "Mn":
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


@given(st.lists(LINE, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_snippets(lines: list[str], end_of_line: str, data: st.DataObject) -> None:
    text = end_of_line.join(lines)
    number = data.draw(st.integers(1, len(lines)))
    line = lines[number - 1]
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    width = data.draw(st.integers(40, 100))
    place = Location("f", number, start + 1, number, end + 1)
    snippet = Snippets(lambda _: text, (), width).at(place)
    assert snippet is not None

    cells = [naive(character) for character in line]
    for i in range(1, len(line)):
        if re.match(r"##\w*\[", line[i - 1 :]):
            cells[i] = "\\x23", 4
    whole = "".join(cell for cell, _ in cells)
    before = sum(columns for _, columns in cells[:start])
    marked = sum(columns for _, columns in cells[start:end])
    if sum(columns for _, columns in cells) <= width:
        assert snippet == (whole, before, max(1, marked))
        return
    # Cut: a part of the line, not too wide, and the mark stands under (the beginning of) the value.
    head, body, tail = re.fullmatch(r"(\.\.\.)?(.*?)(\.\.\.)?", snippet.text).groups("")
    assert body in whole
    assert head or tail
    assert not (head and whole.startswith(body + whole[len(body) :]) and start == 0)
    shown_columns = [columns for character in snippet.text for columns in [naive(character)[1]]]
    assert sum(shown_columns) <= width
    position, column = 0, 0
    while column < snippet.start:
        column += shown_columns[position]
        position += 1
    assert column == snippet.start
    under = snippet.text[position:].lstrip("\u0301")
    value = "".join(cell for cell, _ in cells[start:]).lstrip("\u0301")
    kept = under.removesuffix("...") if tail else under
    assert value.startswith(kept)
    assert snippet.length == max(1, min(marked, sum(shown_columns) - len(tail) - snippet.start))


def test_the_sample_underlines_what_it_names() -> None:
    """Every caret line of the sample stands under the text of its location."""
    lines = render("text", sample(), width=80).splitlines()
    for i, line in enumerate(lines):
        match = re.fullmatch(r" --> (.*):(\d+):(\d+)", line)
        if match is None or match[1] not in FILES or "(sensitive)" in lines[i + 2]:
            continue
        marks = re.search(r"[\^-]+", lines[i + 3][4:])
        assert marks is not None
        source = FILES[match[1]].replace("\r\n", "\n").split("\n")[int(match[2]) - 1][int(match[3]) - 1 :]
        wide = sum(unicodedata.east_asian_width(c) in "WF" for c in lines[i + 2][: 4 + marks.end()])
        shown = lines[i + 2][4 + marks.start() - wide : 4 + marks.end() - wide]
        assert source.startswith(shown)
        assert len(shown) >= 10


INJECTED = st.lists(
    st.sampled_from(
        ["::error::x", "##[error]x", "##vso[a]", "\n", "\r", " ", "\t", "::", "x", "\x1b[2J", "#"]
    ),
    max_size=6,
).map("".join)


@given(*[INJECTED] * 6)
def test_no_line_is_a_command_to_a_runner(a: str, b: str, c: str, d: str, e: str, f: str) -> None:
    place = Location(a, 1, 1, 1, 1)
    found = report(
        [finding("VCO9", place, b, address=c, related=(Related(d, place),), fix=Fix(e, True, ()))],
        [Unchecked(a, 1, b, c, d), Unchecked(a, 1, None, None, e)],
        notice=f,
        text_of=lambda _: e,
    )
    for width in (None, 40):
        shown = render("text", found, width=width)
        assert all(line.isprintable() for line in shown.split("\n"))
        assert not re.search(r"^\s*::", shown, re.MULTILINE)
        assert not re.search(r"##\w*\[", shown)
