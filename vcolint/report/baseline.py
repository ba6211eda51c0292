"""The baseline: known findings, so that only new ones fail a run.

A finding is recognised by its rule, its file, and its entry (the address, or connection, destination and next
hop), with a count. Lines do not matter.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from vcolint.engine.rule import NEVER_IGNORED
from vcolint.errors import VcolintError
from vcolint.locale import message_of, say
from vcolint.report.finding import Finding
from vcolint.text.wording import quoted

SCHEMA = "vcolint-baseline/1"

_FAULT_TEMPLATES = {
    "unreadable": "{shown}: the baseline {error}",
    "not-json": "{shown}: not a baseline, because it is not JSON",
    "not-ours": "{shown}: not a baseline written by vcolint",
    "version": "{shown}: baseline version {schema} is not {SCHEMA}, the version that this vcolint "
    "reads; write it again with --write-baseline",
    "damaged": "{shown}: the baseline is damaged; write it again with --write-baseline",
}


class _Key(NamedTuple):
    code: str
    file: str  # relative to the config's folder; for Terraform, the root module's folder
    about: str


class Seen(NamedTuple):
    """What a run has checked. A run over some files, or with some rules, says nothing about the others.
    But findings in files that no longer exist are gone."""

    folder: str  # what the names of files are relative to
    files: Collection[str]
    codes: Collection[str]  # of the rules that ran and had the facts they need

    def tells_of(self, key: _Key) -> bool:
        """Whether the run shows if a finding still exists."""
        is_gone = not key.file.startswith("<") and not os.path.exists(os.path.join(self.folder, key.file))
        return key.code in self.codes and (key.file in self.files or is_gone)


class Baseline:
    """The findings that a run ignores, each as often as the baseline holds it."""

    def __init__(self, known: Counter[_Key] | None = None) -> None:
        self._known = known  # None: all that this run finds
        self._kept: Counter[_Key] = Counter()  # what is to be written
        self.stale = 0  # how many known findings no longer exist

    def __len__(self) -> int:
        return self._kept.total()

    def new(self, findings: list[Finding], seen: Seen) -> list[Finding]:
        """The findings of a run that are not in the baseline. Known findings that the run could not see
        are kept."""
        keys = [_Key(one.code, *one.identity) for one in findings]
        now = Counter(key for key in keys if key.code not in NEVER_IGNORED)
        known = now if self._known is None else self._known
        self._kept = +Counter(
            {key: min(count, now[key]) if seen.tells_of(key) else count for key, count in known.items()}
        )
        self.stale = known.total() - self._kept.total()
        left = Counter(self._kept)
        new = []
        for one, key in zip(findings, keys, strict=True):
            left[key] -= 1
            if left[key] < 0:
                new.append(one)
        return new

    def text(self) -> str:
        """The content of the file to write."""
        lines = [json.dumps({**key._asdict(), "count": count}) for key, count in sorted(self._kept.items())]
        body = "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"
        return f'{{"schema": "{SCHEMA}",\n "findings": {body}}}\n'


def load(path: Path) -> Baseline:
    """Read a baseline. Raises VcolintError for one that does not exist, is damaged or has another version."""
    from vcolint.text.opening import CannotReadError
    from vcolint.text.opening import load as content

    def fault(kind: str, **values: object) -> VcolintError:
        return VcolintError(say(_FAULT_TEMPLATES[kind], shown=path.as_posix(), **values))

    try:
        data: Any = json.loads(content(str(path)).decode("utf-8-sig"))
    except CannotReadError as error:
        raise fault("unreadable", error=message_of(error)) from None
    except (ValueError, RecursionError):
        raise fault("not-json") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("vcolint-baseline/"):
        raise fault("not-ours")
    if schema != SCHEMA:
        raise fault("version", schema=quoted(schema), SCHEMA=SCHEMA)
    known: Counter[_Key] = Counter()
    items = data.get("findings")
    for item in items if isinstance(items, list) else [None]:
        given: Any = item if isinstance(item, dict) else {}
        *key, number = map(given.get, (*_Key._fields, "count"))
        if {*map(type, key)} != {str} or type(number) is not int or number < 1:
            raise fault("damaged")
        known[_Key(*key)] += number
    return Baseline(known)
