"""The forwarding table, a trace and a diff for programs. JSON Schemas: `vcolint schema paths|trace|diff`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vcolint.locale import tr
from vcolint.render.json import encode, finding_json
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths, Trace

_NAMES = {"cidr": "network"}  # fields of records that have another name here
_INTERNAL = {"depth", "keeps", "verdict"}  # fields that are not here
_WORDS = {"uncertain", "reason"}  # fields for people
_SCALARS = {str, int, bool, type(None)}


def render(result: Paths | Trace | Diff) -> str:
    """The schema of the result: `vcolint-paths/1`, `vcolint-trace/1` or `vcolint-diff/1`."""
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Paths

    if isinstance(result, Diff):
        name, content = "diff", _diff(result)
    else:
        name, content = ("paths", _paths(result)) if isinstance(result, Paths) else ("trace", _trace(result))
        content |= {"unchecked": _plain(result.unplaced), "left_out": result.left_out}
    head = {"schema": f"vcolint-{name}/1", "version": __version__, "weights": result.weights}
    return encode({**head, **content, "other_routes": _plain(result.other_routes)}) + "\n"


def _plain(value: Any) -> Any:
    """Records as mappings; words in the language in use."""
    if not isinstance(value, (list, tuple)):
        return value
    if not hasattr(value, "_fields"):
        return list(map(_plain, value))
    return {
        name: (item and tr(item)) if name in _WORDS else item if type(item) in _SCALARS else _plain(item)
        for name, item in zip(_names(type(value)), value, strict=True)
        if name
    }


@cache
def _names(record: Any) -> list[str]:
    """The names of the fields of a kind of record; "" for those that are not here."""
    return ["" if field in _INTERNAL else _NAMES.get(field, field) for field in record._fields]


def _paths(table: Paths) -> dict[str, Any]:
    fields = ("name", "known", "redundancy", "environment")
    domains = [
        {**{field: getattr(domain, field) for field in fields}, "destinations": _plain(domain.destinations)}
        for domain in table.domains
    ]
    summary = {"destinations": table.destinations, "survive": table.surviving}
    return {"down": table.down, "summary": summary, "domains": domains}


def _trace(found: Trace) -> dict[str, Any]:
    return {"query": found.query, "down": found.down, "domains": _plain(found.domains)}


def _diff(change: Diff) -> dict[str, Any]:
    judgement = change.judgement
    found = {"new": change.new_findings, "fixed": change.fixed_findings}
    return {
        "summary": {kind: len(change.of(kind)) for kind in ("new", "lost", "moved", "weaker", "stronger")},
        "domains": _plain(change.domains),
        "findings": {kind: [finding_json(one) for one in findings] for kind, findings in found.items()},
        "unchecked": {"before": change.unchecked_before, "after": change.unchecked_after},
        "not_known": _plain(change.not_known),
        "base": change.base,
        "verdict": change.verdict,
        "expectations": judgement
        and {
            "undeclared": _plain(judgement.undeclared),
            "missing": [
                {"network": one.cidr, "kind": one.expectation.kind, "to": one.expectation.to}
                for one in judgement.missing
            ],
        },
    }
