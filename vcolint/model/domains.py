"""The routing domain of each entry: the config names it, Terraform shows it, or it is guessed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from vcolint.model.reading import Connection, Reading
from vcolint.model.settings import Config
from vcolint.text.value import SENSITIVE, Reference

# The region of an entry: its ID, what an unknown one refers to, or None where it is absent or wrong.
Region = str | Reference | None


class Domain(NamedTuple):
    """A routing domain: connections whose routes compete, for they end on the same transit router."""

    name: str
    known: bool  # the config or Terraform gave it; else it is guessed from the file's place and the region
    redundancy: str  # auto, active-standby, ecmp or none
    region: str | None = None  # of a guessed one, where it is known
    environment: str | None = None  # of Terraform; the name holds it too
    place: str | None = None  # of a guessed one: the root or folder


class Domains:
    """Tells the domains of entries. `regions` and `connections` are those of all entries, `hidden` the
    regions that must not be shown, and `names_of` gives the names by which a config may call a connection."""

    def __init__(
        self,
        spans: Sequence[tuple[Reading, range]],
        connections: Sequence[Connection | None],
        regions: Sequence[Region],
        hidden: Collection[str],
        names_of: Callable[[Connection | None], tuple[str, ...]],
        config: Config,
        environment: str | None,
    ) -> None:
        self._spans = spans
        self._connections = connections
        self._regions = regions
        self._hidden = hidden
        self._names_of = names_of
        self._redundancy = config.redundancy
        self._environment = environment
        self._named: Mapping[str, Domain] = {
            connection: self._make(domain.name, True, domain.redundancy)
            for domain in config.domains.values()
            for connection in domain.connections
        }
        self._guesses: dict[tuple[str, str | None], Domain] = {}
        self._there: dict[str, set[str]] = {}  # the regions that are known in each root or folder
        for reading, entries in spans:
            if entries:
                found = set(regions[entries.start : entries.stop])
                known = self._there.setdefault(place_of(reading), set())
                known.update(one for one in found if isinstance(one, str))

    def named(self, connection: Connection | None) -> Domain | None:
        """The domain that the config gives a connection."""
        for name in self._names_of(connection) if self._named else ():
            if name in self._named:
                return self._named[name]
        return None

    def all(self) -> list[Domain]:
        """The domain of each entry. Equal domains are the same one."""
        found: list[Domain] = []
        for reading, entries in self._spans:
            regions = self._regions[entries.start : entries.stop]
            if self._named or reading.topology.transit_router_of:
                pairs = list(zip(self._connections[entries.start : entries.stop], regions, strict=True))
                domains = {pair: self._domain(reading, *pair) for pair in set(pairs)}
                found += map(domains.__getitem__, pairs)
            else:
                guesses = {region: self._guessed(reading, region) for region in set(regions)}
                found += map(guesses.__getitem__, regions)
        return found

    def _domain(self, reading: Reading, connection: Connection | None, region: Region) -> Domain:
        named = self.named(connection)
        if named is not None:
            return named
        router = None if connection is None else reading.topology.transit_router_of.get(connection)
        if router is not None:
            # An ID is the same everywhere; an address only within its root or template.
            scope = "" if router.startswith("tr-") else f" in {reading.root or reading.files[0]}"
            return self._make(f"{router}{scope}", True)
        return self._guessed(reading, region)

    def _guessed(self, reading: Reading, region: Region) -> Domain:
        """A guess never joins two regions, for a transit router and its connections lie in one. An entry
        without a region of its own goes with the only one there is in its place, else with its like."""
        place = place_of(reading)
        there = self._there[place]
        if not isinstance(region, str):
            if len(there) == 1:
                (region,) = there
            else:
                region = None if region is None else Reference("", region.address)
        shown = region.address if isinstance(region, Reference) else region
        found = self._guesses.get((place, shown))
        if found is None:
            known = region if isinstance(region, str) else None
            made = self._make(f"{place}/", False, None, shown, known)
            found = self._guesses[place, shown] = made._replace(place=place)
        return found

    def _make(
        self,
        name: str,
        known: bool,
        redundancy: str | None = None,
        shown: str | None = None,
        region: str | None = None,
    ) -> Domain:
        """A domain; its name says the region, `shown`, and the environment too."""
        told = [SENSITIVE.strip("()") if shown in self._hidden else shown, self._environment]
        behind = ", ".join(one for one in told if one is not None)
        name = f"{name} ({behind})" if behind else name
        return Domain(name, known, redundancy or self._redundancy, region, self._environment)


def place_of(reading: Reading) -> str:
    """The root or the folder of a reading: what guessed domains are named after."""
    return (reading.root if reading.root is not None else posixpath.dirname(reading.files[0])) or "."
