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

from vcolint.engine.selection import NEVER_IGNORED
from vcolint.errors import VcolintError
from vcolint.locale import message_of, say
from vcolint.report.finding import Finding
from vcolint.text.wording import quoted

SCHEMA = "vcolint-baseline/1"


class _Key(NamedTuple):
    code: str
    file: str  # relative to the config's folder; for Terraform, the root module's folder
    about: str


class Seen(NamedTuple):
    """What a run has looked at. A run over some files, or with some rules, says nothing about the others.
    But findings in files that no longer exist are gone."""

    folder: Path  # what the names of files are relative to
    files: Collection[str]
    codes: Collection[str]  # of the rules that ran and had the facts they need

    def tells_of(self, key: _Key) -> bool:
        """Whether the run shows if a finding still exists."""
        return key.code in self.codes and (
            key.file in self.files or not (key.file.startswith("<") or _exists(self.folder, key.file))
        )


class Baseline:
    """The findings that a run ignores, each as often as it is held here."""

    def __init__(self, known: Counter[_Key] | None = None) -> None:
        self._known = known  # None: all that this run finds
        self._kept: Counter[_Key] = Counter()  # what is to be written
        self.stale = 0  # how many known findings no longer exist

    def __len__(self) -> int:
        return self._kept.total()

    def new(self, findings: list[Finding], seen: Seen) -> list[Finding]:
        """The findings of a run that are not in the baseline. Known findings that the run could not see
        are kept."""
        keys = [_key(one) for one in findings]
        now = Counter(key for key in keys if key is not None)
        self._kept = now
        if self._known is not None:
            kept = {
                key: min(count, now[key]) if seen.tells_of(key) else count
                for key, count in self._known.items()
            }
            self._kept = +Counter(kept)
            self.stale = self._known.total() - self._kept.total()
        left = Counter(self._kept)
        new = []
        for one, key in zip(findings, keys, strict=True):
            if key is not None and left[key] > 0:
                left[key] -= 1
            else:
                new.append(one)
        return new

    def text(self) -> str:
        """The content of the file to write."""
        lines = [json.dumps({**key._asdict(), "count": count}) for key, count in sorted(self._kept.items())]
        body = "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"
        return f'{{"schema": "{SCHEMA}",\n "findings": {body}}}\n'


def load(path: Path, folder: Path, *, shrinks: bool = False) -> Baseline:
    """Read a baseline. Its file names are relative to `folder`. `shrinks`: it is about to be written without
    what is gone, so all its files may be gone.

    Raises VcolintError for a baseline that does not exist, is damaged, has another version, or names only
    files that do not exist.
    """
    from vcolint.text.opening import CannotReadError
    from vcolint.text.opening import load as content

    shown = path.as_posix()
    try:
        data: Any = json.loads(content(str(path)).decode("utf-8-sig"))
    except CannotReadError as error:
        raise VcolintError(
            say("{shown}: the baseline {error}", shown=shown, error=message_of(error))
        ) from None
    except (ValueError, RecursionError):
        raise VcolintError(say("{shown}: not a baseline, because it is not JSON", shown=shown)) from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("vcolint-baseline/"):
        raise VcolintError(say("{shown}: not a baseline written by vcolint", shown=shown))
    if schema != SCHEMA:
        raise VcolintError(
            say(
                "{shown}: baseline version {schema} is not {SCHEMA}, the version that this vcolint "
                "reads; write it again with --write-baseline",
                shown=shown,
                schema=quoted(schema),
                SCHEMA=SCHEMA,
            )
        )
    known: Counter[_Key] = Counter()
    for item in data.get("findings") if isinstance(data.get("findings"), list) else [None]:
        key, count = _item(item)
        if key is None:
            raise VcolintError(
                say("{shown}: the baseline is damaged; write it again with --write-baseline", shown=shown)
            )
        known[key] += count
    named = {key.file for key in known if not key.file.startswith("<") and key.file != "."}
    if named and not shrinks and not any(_exists(folder, name) for name in named):
        raise VcolintError(
            say(
                "{shown}: none of the files in it exists below {folder}, for example {named}; does it "
                "belong to another repository? If the files are gone, pass it to --write-baseline too",
                shown=shown,
                folder=folder.as_posix(),
                named=min(named),
            )
        )
    return Baseline(known)


def _exists(folder: Path, name: str) -> bool:
    return os.path.exists(folder / name)  # unlike Path.exists, it takes any name


def _key(finding: Finding) -> _Key | None:
    return None if finding.code in NEVER_IGNORED else _Key(finding.code, *finding.identity)


def _item(item: Any) -> tuple[_Key | None, int]:
    if not isinstance(item, dict):
        return None, 0
    code, file, about, count = (item.get(name) for name in (*_Key._fields, "count"))
    if not (isinstance(code, str) and isinstance(file, str) and isinstance(about, str)):
        return None, 0
    return (_Key(code, file, about), count) if type(count) is int and count > 0 else (None, 0)
