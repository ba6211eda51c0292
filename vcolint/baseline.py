"""The baseline: findings that were there when vcolint was adopted, so that only new ones fail a run.

A finding is known again by its rule and by what it is about (the file, and the entry's address, or its
connection, destination and next hop), with a count; lines do not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from vcolint.errors import VcolintError
from vcolint.report.assemble import Placed
from vcolint.report.selection import NEVER_IGNORED

SCHEMA = "vcolint-baseline/1"


class _Key(NamedTuple):
    code: str
    file: str
    about: str


class Baseline:
    """What a baseline file holds, and how much of it a run has met again."""

    def __init__(self, known: Counter[_Key]) -> None:
        self._known = known
        self._left = Counter(known)

    def new(self, placed: Iterable[Placed]) -> list[Placed]:
        """The findings that the baseline does not hold. What cannot be ignored is always new."""
        self._left = Counter(self._known)
        new = []
        for one in placed:
            key = _key(one)
            if key is not None and self._left[key] > 0:
                self._left[key] -= 1
            else:
                new.append(one)
        return new

    def stale(self, files: Iterable[str]) -> int:
        """How many findings it holds that are there no more, in files that the run has read (named as seen
        from the config's folder); a run over some of the files says nothing of the others."""
        read = set(files)
        return sum(count for key, count in self._left.items() if key.file in read)


def load(path: Path, folder: Path) -> Baseline:
    """Read a baseline; `folder` is what the names of its files are relative to.

    Raises VcolintError for a file that is not there, is damaged, is of another version, or names no file
    that exists here.
    """
    shown = path.as_posix()
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise VcolintError(f"{shown}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise VcolintError(f"{shown}: not a baseline: it is no JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("vcolint-baseline/"):
        raise VcolintError(f"{shown}: not a baseline that vcolint has written")
    if schema != SCHEMA:
        raise VcolintError(
            f"{shown}: a baseline of the version {schema}, and this vcolint reads {SCHEMA}; "
            "write it anew with --write-baseline"
        )
    known: Counter[_Key] = Counter()
    for item in data.get("findings") if isinstance(data.get("findings"), list) else [None]:
        key, count = _item(item)
        if key is None:
            raise VcolintError(f"{shown}: a damaged baseline; write it anew with --write-baseline")
        known[key] += count
    named = {key.file for key in known if key.file}
    if named and not any((folder / name).exists() for name in named):
        raise VcolintError(
            f"{shown}: none of the {len(named)} files that it names exists below {folder.as_posix()}; "
            "is it another repository's?"
        )
    return Baseline(known)


def text(placed: Iterable[Placed], keep: Baseline | None = None) -> str:
    """The baseline file that holds these findings; with `keep`, only those of them that it held before, so
    that it shrinks and never grows."""
    counts: Counter[_Key] = Counter(key for one in placed if (key := _key(one)) is not None)
    if keep is not None:
        counts &= keep._known
    lines = [
        json.dumps({**key._asdict(), "count": count}, ensure_ascii=True)
        for key, count in sorted(counts.items())
    ]
    body = "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"
    return f'{{"schema": "{SCHEMA}",\n "findings": {body}}}\n'


def _key(placed: Placed) -> _Key | None:
    code = placed.finding.code
    return None if code in NEVER_IGNORED else _Key(code, *placed.identity)


def _item(item: Any) -> tuple[_Key | None, int]:
    if not isinstance(item, dict):
        return None, 0
    code, file, about, count = (item.get(name) for name in (*_Key._fields, "count"))
    if not (isinstance(code, str) and isinstance(file, str) and isinstance(about, str)):
        return None, 0
    return (_Key(code, file, about), count) if type(count) is int and count > 0 else (None, 0)
