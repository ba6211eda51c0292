"""`paths` and `diff` of one set written as every kind of input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vcolint
from tests.kinds import KINDS, Kind
from tests.report.test_routing import A, B, entry

OLD = [
    entry(A, "10.20.0.0/16"),
    entry(B, "10.20.0.0/16", 0),
    entry(A, "10.20.128.0/17"),
    entry(A, "10.21.0.0/16"),
]
NEW = [
    entry(A, "10.20.0.0/16"),
    entry(B, "10.20.128.0/17"),
    entry(A, "10.21.0.0/17"),
    entry(A, "10.21.128.0/17"),
    entry(B, "10.22.0.0/16"),
]


def written(kind: Kind, folder: Path, entries: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True)
    path = folder / kind.file
    path.write_text(kind.write(entries).text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_the_same_table_and_the_same_diff(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    old, new = written(kind, tmp_path / "old", OLD), written(kind, tmp_path / "new", NEW)
    (domain,) = vcolint.paths(old, config={}).domains
    assert [(one.cidr, one.carriers, one.survives) for one in domain.destinations] == [
        ("10.20.0.0/16", (A,), True),
        ("10.20.128.0/17", (A,), True),
        ("10.21.0.0/16", (A,), False),
    ]
    change = vcolint.diff(old=old, new=new, config={})
    told = [(one.kind, one.cidr) for domain in change.domains for one in domain.changes]
    assert told == [("weaker", "10.20.0.0/17"), ("moved", "10.20.128.0/17"), ("new", "10.22.0.0/16")]
    assert change.unchecked == 0
    assert vcolint.diff(old=old, new=old, config={}).domains == []
