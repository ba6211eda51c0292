"""The entries of some readings and their values. Nothing here depends on what rules find.

An entry is a number here, in reading order. Its values are asked for by field.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import chain

from vcolint.locale import say
from vcolint.model import network
from vcolint.model.reading import Connection, Reading
from vcolint.text.value import SENSITIVE, Scalar, Unknown, Value, is_known


class Entries:
    """All entries of some readings, in order."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = readings
        self.spans: list[tuple[Reading, range]] = []  # each reading with the numbers of its entries
        self.size = 0
        for reading in readings:
            start, self.size = self.size, self.size + len(reading.records)
            self.spans.append((reading, range(start, self.size)))
        self._starts = [span.start for _, span in self.spans]
        # The values of one field, one for each entry: None if it is absent.
        self.column = cache(self._column)
        # The Python types of a field's values, `NoneType` and `Unknown` among them.
        self.kinds = cache(lambda field: frozenset(map(type, self.column(field))))
        # The sensitive values of a field.
        self.sensitive_texts = cache(
            lambda field: frozenset(one.value for _, name, one in self.sensitive if name == field)
        )
        # The distinct known values of a field.
        self.known = cache(self._known)

    def _column(self, field: str) -> Sequence[Scalar]:
        columns = [reading.column(field) for reading in self.readings]
        return columns[0] if len(columns) == 1 else list(chain.from_iterable(columns))

    def _known(self, field: str) -> Sequence[Scalar]:
        known = self.column(field)
        if not self.kinds(field).isdisjoint((type(None), Unknown)):
            known = list(filter(is_known, known))
        distinct = set(known)
        return known if len(distinct) == len(known) else list(distinct)  # a set is slow to walk

    def place(self, entry: int) -> tuple[Reading, int]:
        """The reading that an entry belongs to, and its number there."""
        # Of readings that begin at one number, all but the last are empty.
        which = bisect_right(self._starts, entry) - 1
        return self.readings[which], entry - self._starts[which]

    @cached_property
    def has_records(self) -> bool:
        """Whether any reader has made its records at once."""
        return any(isinstance(reading.records, list) for reading in self.readings)

    @cached_property
    def sensitive(self) -> list[tuple[int, str, Value]]:
        """The values that must not be shown: entry, field, value. Only readers that make their records at
        once know any."""
        return [
            (entry, field, value)
            for reading, entries in self.spans
            if isinstance(reading.records, list)
            for entry, record in zip(entries, reading.records, strict=True)
            for field, value in record.fields.items()
            if value.sensitive
        ]

    @cached_property
    def hidden_destinations(self) -> frozenset[int]:
        """The entries whose destination must not be shown."""
        return frozenset(entry for entry, field, _ in self.sensitive if field == "RouteDest")

    @cached_property
    def dry(self) -> frozenset[int]:
        """Entries that are dry runs, or may be (`DryRun` is unknown): they are checked alone."""
        if self.kinds("DryRun").isdisjoint((bool, Unknown)):
            return frozenset()
        column = enumerate(self.column("DryRun"))
        return frozenset(entry for entry, value in column if value is True or isinstance(value, Unknown))

    # -- connections --------------------------------------------------------------------------------------

    @cached_property
    def connections(self) -> Sequence[Connection | None]:
        """The identity of each entry's connection: an ID, what an unknown ID refers to, or None."""
        column = self.column("VpnConnectionId")
        if self.kinds("VpnConnectionId") <= {str}:
            return column  # type: ignore[return-value]
        return [identity(value) for value in column]

    def connection_name(self, connection: Connection | None) -> str:
        """The name of a connection in messages."""
        if connection is None:
            return say("an unknown connection")
        if connection in self.sensitive_texts("VpnConnectionId"):
            return SENSITIVE
        return connection if isinstance(connection, str) else connection.address

    def names_of(self, connection: Connection | None) -> tuple[str, ...]:
        """All names by which a config may call a connection: its ID, its address."""
        if connection is None:
            return ()
        name = connection if isinstance(connection, str) else connection.address
        return tuple(dict.fromkeys((name, *self._addresses.get(connection, ()))))

    @cached_property
    def _addresses(self) -> dict[Connection, list[str]]:
        """The addresses of the resources that make a connection."""
        addresses: dict[Connection, list[str]] = {}
        for reading in self.readings:
            for connection, address in reading.topology.addresses.items():
                addresses.setdefault(connection, []).append(address)
        return addresses

    @cached_property
    def created(self) -> frozenset[Connection]:
        """The connections that a resource here makes."""
        return frozenset(chain.from_iterable(reading.topology.created for reading in self.readings))

    # -- destinations -------------------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> Sequence[int | None]:
        """The block that each `RouteDest` denotes, host bits kept; None if it is not an IPv4 block."""
        column = self.column("RouteDest")
        return [network.parse(value) if isinstance(value, str) else None for value in column]

    @cached_property
    def networks(self) -> Sequence[int | None]:
        """The network that each `RouteDest` denotes; None if it is not an IPv4 block."""
        return [None if block is None else network.network(block) for block in self.blocks]


def identity(value: Scalar) -> Connection | None:
    """A value that is known, or what an unknown one refers to."""
    if isinstance(value, str):
        return value
    return value.reference if isinstance(value, Unknown) else None
