"""The forwarding table, a trace and a diff for programs. JSON Schemas: `vcolint schema paths|trace|diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcolint.locale import tr
from vcolint.render.json import encode, finding_json
from vcolint.report.finding import translated_finding
from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.report.change import Change
    from vcolint.report.comparison import Diff
    from vcolint.report.routing import Destination, Part, Paths, Trace
    from vcolint.text.value import Location


def paths(table: Paths) -> str:
    """The schema `vcolint-paths/1`."""
    return _document(
        "paths",
        down=table.down,
        weights=table.weights,
        summary={"destinations": table.destinations, "survive": table.surviving},
        domains=[
            {
                "name": domain.name,
                "known": domain.known,
                "redundancy": domain.redundancy,
                "environment": domain.environment,
                "destinations": list(map(_destination, domain.destinations)),
            }
            for domain in table.domains
        ],
        **_outside(table),
    )


def _outside(result: Paths | Trace) -> dict[str, Any]:
    """What is in no table."""
    unchecked = [{**one._asdict(), "reason": tr(one.reason)} for one in result.unplaced]
    left_out = result.left_out + result.duplicates
    return {"unchecked": unchecked, "left_out": left_out, "other_routes": _other_routes(result)}


def _other_routes(result: Paths | Trace | Diff) -> list[dict[str, str]]:
    return [
        {"network": one.cidr, "connection": one.connection, "kind": one.kind} for one in result.other_routes
    ]


def _destination(one: Destination) -> dict[str, Any]:
    return {
        "network": one.cidr,
        "parent": one.parent,
        "effective": one.effective,
        "routes": [{**route._asdict(), "location": _place(route.location)} for route in one.routes],
        "carriers": one.carriers,
        "blackhole": one.blackhole,
        "uncertain": one.uncertain and tr(one.uncertain),
        "failures": one.failures and [failure._asdict() for failure in one.failures],
        "survives": one.survives,
    }


def trace(found: Trace) -> str:
    """The schema `vcolint-trace/1`."""
    return _document(
        "trace",
        query=found.query,
        down=found.down,
        weights=found.weights,
        domains=[{"name": one.name, "parts": list(map(_part, one.parts))} for one in found.domains],
        **_outside(found),
    )


def _part(part: Part) -> dict[str, Any]:
    candidates = [
        {
            "network": one.cidr,
            "connection": one.connection,
            "weight": one.weight,
            "alive": one.alive,
            "carries": one.carries,
            "address": one.address,
            "location": _place(one.location),
        }
        for one in part.candidates
    ]
    return {
        "network": part.cidr,
        "carriers": part.carriers,
        "blackhole": part.blackhole,
        "uncertain": part.uncertain and tr(part.uncertain),
        "candidates": candidates,
    }


def diff(change: Diff) -> str:
    """The schema `vcolint-diff/1`."""
    judgement = change.judgement
    return _document(
        "diff",
        weights=change.weights,
        summary={kind: len(change.of(kind)) for kind in ("new", "lost", "moved", "weaker", "stronger")},
        domains=[
            {
                "name": domain.name,
                "changes": list(map(_change, domain.changes)),
            }
            for domain in change.domains
        ],
        findings={
            "new": [finding_json(translated_finding(one)) for one in change.new_findings],
            "fixed": [finding_json(translated_finding(one)) for one in change.fixed_findings],
        },
        unchecked={"before": change.unchecked_before, "after": change.unchecked_after},
        other_routes=_other_routes(change),
        not_known=[
            {"domain": one.domain, "network": one.cidr, "reason": tr(one.reason)} for one in change.not_known
        ],
        base=change.base,
        verdict=change.verdict,
        expectations=judgement
        and {
            "undeclared": list(map(_change, judgement.undeclared)),
            "missing": [
                {"network": one.cidr, "kind": one.expectation.kind, "to": one.expectation.to}
                for one in judgement.missing
            ],
        },
    )


def _change(one: Change) -> dict[str, Any]:
    return {
        "network": one.cidr,
        "kind": one.kind,
        "before": one.before._asdict(),
        "after": one.after._asdict(),
    }


def _document(name: str, **content: Any) -> str:
    return encode({"schema": f"vcolint-{name}/1", "version": __version__, **content}) + "\n"


def _place(location: Location) -> dict[str, Any]:
    return location._asdict()
