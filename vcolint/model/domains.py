"""The routing domain of each entry: the config names it, Terraform shows it, or it is guessed."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cache, partial
from itertools import repeat
from typing import NamedTuple

from vcolint.model.entries import Entries
from vcolint.model.reading import Connection, Reading
from vcolint.model.settings import Config
from vcolint.text.value import SENSITIVE, Reference

# The region of an entry: its ID, what an unknown one refers to, or None if it is absent or wrong.
Region = str | Reference | None


class Domain(NamedTuple):
    """A routing domain: connections whose routes compete because they end on the same transit router."""

    name: str
    known: bool  # the config or Terraform names it; otherwise it is guessed from place and region
    redundancy: str  # auto, active-standby, ecmp or none
    region: str | None = None  # of a guessed domain, if it is known
    environment: str | None = None  # of Terraform; the name holds it too
    place: str | None = None  # of a guessed domain: its root or folder

    def may_be_near(self, other: Domain) -> bool:
        """Whether both are in one region, as far as is known: a transit router is in one region."""
        return None in (self.region, other.region) or self.region == other.region


class Domains:
    """Tells the domains of entries. `regions` holds the region of each entry."""

    def __init__(
        self, entries: Entries, regions: Sequence[Region], config: Config, environment: str | None
    ) -> None:
        self._entries = entries
        self._regions = regions
        self._redundancy = config.redundancy
        self._environment = environment
        self._made: dict[Domain, Domain] = {}  # equal domains are the same one
        self._named = {
            connection: self._make(domain.name, redundancy=domain.redundancy)
            for domain in config.domains.values()
            for connection in domain.connections
        }
        self._there: dict[str, set[str]] = {}  # the regions that are known in each root or folder
        for reading, span in entries.spans:
            if span:  # what was not read has no place
                found = {one for one in regions[span.start : span.stop] if isinstance(one, str)}
                self._there.setdefault(place_of(reading), set()).update(found)

    def named(self, connection: Connection | None) -> Domain | None:
        """The domain that the config gives a connection."""
        names = self._entries.names_of(connection) if self._named else ()
        return next((self._named[name] for name in names if name in self._named), None)

    def all(self) -> list[Domain]:
        """The domain of each entry. Equal domains are the same one."""
        found: list[Domain] = []
        for reading, span in self._entries.spans:
            told = self._named or reading.topology.transit_router_of
            regions = self._regions[span.start : span.stop]
            connections = self._entries.connections[span.start : span.stop] if told else repeat(None)
            domain = cache(partial(self._domain, reading))
            found += map(domain, connections, regions)
        return found

    def _domain(self, reading: Reading, connection: Connection | None, region: Region) -> Domain:
        """A guess never joins two regions, because a transit router and its connections are in one region. An
        entry without a region of its own goes with the only one there is in its place, else with its like."""
        named = self.named(connection)
        if named is not None:
            return named
        router = None if connection is None else reading.topology.transit_router_of.get(connection)
        if router is not None:
            # An ID is the same everywhere; an address only within its root or template.
            scope = "" if router.startswith("tr-") else f" in {reading.root or reading.files[0]}"
            return self._make(f"{router}{scope}")
        place = place_of(reading)
        there = self._there[place]
        if not isinstance(region, str) and len(there) == 1:
            (region,) = there
        return self._make(f"{place}/", place, region)

    def _make(
        self, name: str, place: str | None = None, region: Region = None, redundancy: str | None = None
    ) -> Domain:
        """A domain, guessed if it has a place; its name also says the region and the environment."""
        shown = region.address if isinstance(region, Reference) else region
        is_hidden = shown in self._entries.sensitive_texts("RegionId")
        told = [SENSITIVE.strip("()") if is_hidden else shown, self._environment]
        behind = ", ".join(one for one in told if one is not None)
        made = Domain(
            f"{name} ({behind})" if behind else name,
            place is None,
            redundancy or self._redundancy,
            region if isinstance(region, str) else None,
            self._environment,
            place,
        )
        return self._made.setdefault(made, made)


def place_of(reading: Reading) -> str:
    """The root or the folder of a reading: what guessed domains are named after."""
    return (reading.root if reading.root is not None else posixpath.dirname(reading.files[0])) or "."
