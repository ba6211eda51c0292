"""Comments that speak to vcolint: which they are, where they stand, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.text import yaml
from vcolint.text.source import Source


def find(text: str) -> list[tuple[str, int, int]]:
    """The remarks with their line and column."""
    source = Source("f.yaml", text)
    found = yaml.remarks(source, yaml.parse(source))
    for remark in found:
        place = remark.location
        assert place.file == "f.yaml"
        assert (place.end_line, place.end_column) == (place.line, place.column + len(remark.text))
    return [(remark.text, remark.location.line, remark.location.column) for remark in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a: 1\n", []),
        ("# vcolint: ignore[VCO106] a reason \t\na: 1", [("vcolint: ignore[VCO106] a reason", 1, 3)]),
        ("é: 😀 # vcolint: ignore[VCO106]\r\nb: 1", [("vcolint: ignore[VCO106]", 1, 8)]),
        ("a: 1 #\t VcoLint:x", [("VcoLint:x", 1, 9)]),
        ("a: 1 #vcolint:", [("vcolint:", 1, 7)]),
        ("a: 1\n#vcolint: x\r# vcolint: y\n", [("vcolint: x", 2, 2), ("vcolint: y", 3, 3)]),
        ("a: 1 # vcolint: x\x85b: 2", [("vcolint: x", 1, 8)]),
        ("a: 1 # vcolint: x # vcolint: y", [("vcolint: x # vcolint: y", 1, 8)]),
        ("# see # vcolint: x", [("vcolint: x", 1, 9)]),
        ("a: 1 # yamllint disable #vcolint: x", [("vcolint: x", 1, 26)]),
        ("# see `# vcolint: x`", []),
        ("# see vcolint: x", []),
        ("# vcolint ignore", [("vcolint ignore", 1, 3)]),
        ("a: b# vcolint:x", []),
        ("# only comments\n# vcolint: x\n", [("vcolint: x", 2, 3)]),
        ("--- # vcolint: x\na: 1\n... # vcolint: y\n", [("vcolint: x", 1, 7), ("vcolint: y", 3, 7)]),
        ("%YAML 1.2 # vcolint: x\n---\n", [("vcolint: x", 1, 13)]),
        # Inside scalars.
        ("a: 'x # vcolint: y'", []),
        ('a: "x # vcolint: y"', []),
        ('a: "x\n  # vcolint: y\n  z" # vcolint: w', [("vcolint: w", 3, 8)]),
        ("'# vcolint: x': 1 # vcolint: y", [("vcolint: y", 1, 21)]),
        ("a: |\n  # vcolint: x\n  y # vcolint: z\n# vcolint: w", [("vcolint: w", 4, 3)]),
        ("a: >-\n  # vcolint: x\nb: 1 # vcolint: y", [("vcolint: y", 3, 8)]),
        ("- !t 'x # vcolint: y'", []),
        ("- &a 'x # vcolint: y'\n- *a # vcolint: z", [("vcolint: z", 2, 8)]),
        ("a: &a {b: '# vcolint: x'}\nc: {<<: *a}", []),
        # Between what belongs to a value and the value.
        ("a: | # vcolint: x\n  # vcolint: y\n", [("vcolint: x", 1, 8)]),
        ("a: |2- # vcolint: x\n  y # vcolint: z\n", [("vcolint: x", 1, 10)]),
        ("- !t > # vcolint:y\n  # vcolint:z", [("vcolint:y", 1, 10)]),
        ("a: &a # vcolint: x\n  'y # vcolint: z'", [("vcolint: x", 1, 9)]),
        ("a: &a # vcolint: x\n  y: 1", [("vcolint: x", 1, 9)]),
        ("- {a: 1, # vcolint:x\n   b: [2, # vcolint:y\n  3]}", [("vcolint:x", 1, 12), ("vcolint:y", 2, 13)]),
    ],
)  # fmt: skip
def test_remarks(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert find(text) == expected


lines = st.sampled_from(
    [
        "- 1",
        "- 'a # vcolint: no'",
        "# other # vcolint: yes",
        "- {a: 1} # vcolint: yes",
        "# vcolint: yes",
        "- | # vcolint: yes\n  # vcolint: no\n\n  x # vcolint: no",
        '- "é\n\n  # vcolint: no" # vcolint: yes',
    ]
)


@settings(max_examples=100)
@given(st.lists(lines, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_remark_is_found_and_nothing_else(chosen: list[str], end: str) -> None:
    text = "\n".join(chosen).replace("\n", end)
    expected = [
        ("vcolint: yes", number, line.index("vcolint: yes") + 1)
        for number, line in enumerate(text.split(end), 1)
        if "vcolint: yes" in line
    ]
    assert find(text) == expected


def test_many_remarks_in_one_file() -> None:
    many = 20_000
    assert len(find("- 1 # vcolint: x\n" * many)) == many
    assert len(find("- &t\n" + " # vcolint: x\n" * many + " 'y'")) == many
    assert find("- '" + " # vcolint: x\n" * many + "'") == []
    assert find("- [" + "' # vcolint: x', " * many + "]") == []
    assert find("# " + " # vcolint: x" * many) == [("vcolint: x" + " # vcolint: x" * (many - 1), 1, 6)]
