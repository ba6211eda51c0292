"""The rows of a live snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from vcolint.model import network
from vcolint.model.domains import Domain
from vcolint.model.reading import Record
from vcolint.text.value import Scalar


class LiveRow(NamedTuple):
    """A row of the live snapshot."""

    record: Record
    connection: str
    network: int
    next_hop: Scalar
    weight: Scalar
    custom: bool  # else it was learned over BGP
    domains: frozenset[Domain] = frozenset()


def live_rows_of(records: Iterable[Record]) -> list[LiveRow]:
    """All rows of a live snapshot that denote a network, each once."""
    rows: dict[tuple[Any, ...], LiveRow] = {}
    for record in records:
        values = {name: held.value for name, held in record.fields.items()}
        connection, text = values.get("VpnConnectionId"), values.get("RouteDest")
        block = network.parse(text) if isinstance(text, str) else None
        if block is None or not isinstance(connection, str):
            continue
        custom = values.get("RouteEntryType") != "bgp"
        hop, weight = values.get("NextHop"), values.get("Weight")
        row = LiveRow(record, connection, network.network(block), hop, weight, custom)
        rows.setdefault(row[1:], row)
    return list(rows.values())
