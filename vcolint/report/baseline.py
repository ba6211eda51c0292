"""The baseline: known findings, so that only new ones fail a run.

A finding is recognised by its rule, its file, and its entry (the address, or connection, destination and next
hop), with a count. Lines do not matter.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from vcolint.engine.rule import NEVER_IGNORED
from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.report.finding import Finding

SCHEMA = "vcolint-baseline/1"


class _Key(NamedTuple):
    code: str
    file: str  # relative to the config's folder; for Terraform, the root module's folder
    about: str


class Baseline:
    """The findings that a run ignores, each as often as the baseline holds it."""

    def __init__(self, known: Counter[_Key] | None = None) -> None:
        self._known = known  # None: all that this run finds
        self._kept: Counter[_Key] = Counter()  # what is to be written
        self.stale = 0  # how many known findings no longer exist

    def __len__(self) -> int:
        return self._kept.total()

    def new(
        self, findings: list[Finding], folder: str, files: Collection[str], codes: Collection[str]
    ) -> list[Finding]:
        """The findings of a run that are not in the baseline.

        The run has checked `files`, named relative to `folder`, with the rules `codes`. Known findings of
        other rules and in other files are kept, except those of `codes` in files that no longer exist.
        """

        def is_seen(key: _Key) -> bool:
            is_gone = not key.file.startswith("<") and not os.path.exists(os.path.join(folder, key.file))
            return key.code in codes and (key.file in files or is_gone)

        keys = [_Key(one.code, *one.identity) for one in findings]
        now = Counter(key for key in keys if key.code not in NEVER_IGNORED)
        known = now if self._known is None else self._known
        self._kept = +Counter(
            {key: min(count, now[key]) if is_seen(key) else count for key, count in known.items()}
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


def load(path: str) -> Baseline:
    """Read a baseline. Raises VcolintError for one that does not exist, is damaged or has another version."""
    from vcolint.text.opening import load as content
    from vcolint.text.source import SyntaxFault

    shown = path.replace(os.sep, "/")
    try:
        data: Any = json.loads(content(path).decode("utf-8-sig"))
    except SyntaxFault as fault:
        told = say("{shown}: the baseline {error}", shown=shown, error=fault.message)
        raise VcolintError(told) from None
    except (ValueError, RecursionError):
        data = None
    known: Counter[_Key] = Counter()
    try:
        if data["schema"] != SCHEMA:
            raise ValueError
        for item in data["findings"]:
            *key, number = map(item.get, (*_Key._fields, "count"))
            if {*map(type, key)} != {str} or type(number) is not int or number < 1:
                raise ValueError
            known[_Key(*key)] += number
    except (AttributeError, KeyError, TypeError, ValueError):
        told = say(
            "{shown}: not a baseline in the format {SCHEMA}; write it again with --write-baseline",
            shown=shown,
            SCHEMA=SCHEMA,
        )
        raise VcolintError(told) from None
    return Baseline(known)
