"""What a change does to a network, and what it was meant to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from json import dumps
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from vcolint.model import network
from vcolint.model.network import NetworkSet
from vcolint.model.settings import Expectation

if TYPE_CHECKING:
    from netaddr import IPNetwork

_Item = TypeVar("_Item")


class Side(NamedTuple):
    """One side of a change."""

    carriers: tuple[str, ...]
    survives: bool


NOBODY = Side((), False)


def kind_of(before: Side, after: Side) -> str:
    """The kind of the change between two sides that differ, one of KINDS."""
    if before.carriers != after.carriers:
        return "new" if not before.carriers else "moved" if after.carriers else "lost"
    return "weaker" if before.survives else "stronger"


class Change(NamedTuple):
    """A network whose carriers or survival of a failure differ."""

    cidr: str
    kind: str  # one of KINDS
    before: Side
    after: Side

    @property
    def addresses(self) -> int:
        """How many addresses the network has."""
        return 1 << (32 - int(self.cidr.partition("/")[2]))

    @property
    def weakens(self) -> bool:
        """Whether the network is still carried but no longer survives a failure."""
        return self.before.survives and bool(self.after.carriers) and not self.after.survives

    @property
    def network(self) -> IPNetwork:
        """The network as a `netaddr.IPNetwork`."""
        from netaddr import IPNetwork

        return IPNetwork(self.cidr)


class NotKnown(NamedTuple):
    """A network for which it is not known whether it changes."""

    cidr: str
    domain: str
    reason: str


class Missing(NamedTuple):
    """A part of an expectation that does not happen."""

    cidr: str
    expectation: Expectation


class Judgement(NamedTuple):
    """The differences between a change and its declaration."""

    undeclared: list[Change]
    missing: list[Missing]


def differing(
    first: Sequence[_Item], second: Sequence[_Item], *, key: Callable[[_Item], Hashable]
) -> tuple[list[_Item], list[_Item]]:
    """The items that only the first side has, and those that only the second has. Items with equal keys match
    one to one; if a side has more of them, the last ones remain."""
    keyed = [[(key(item), item) for item in side] for side in (first, second)]
    numbers = [Counter(one for one, _ in side) for side in keyed]

    def remaining(side: Sequence[tuple[Hashable, _Item]], others: dict[Hashable, int]) -> Iterator[_Item]:
        for one, item in side:
            if others.get(one):
                others[one] -= 1
            else:
                yield item

    return list(remaining(keyed[0], numbers[1])), list(remaining(keyed[1], numbers[0]))


def judged(
    expected: Sequence[Expectation],
    changes: Sequence[Change],
    routed: Sequence[int],
    unknown: Sequence[int],
    names: Mapping[str, str],
) -> Judgement:
    """Compare changes with expectations. `routed`: networks that contain everything that any route covers;
    `unknown`: networks whose carriers are not known; `names`: the name that changes use for a connection, by
    each of its names."""
    meant: dict[Change, list[int]] = defaultdict(list)  # the networks of the expectations that declare it
    at: dict[int, list[Change]] = defaultdict(list)  # by network
    for change in changes:
        at[block_of(change.cidr)].append(change)
    changed, covered, doubtful = NetworkSet(at), NetworkSet(routed), NetworkSet(unknown)
    missing: list[Missing] = []
    for one in expected:
        block = block_of(one.network)
        to = None if one.to is None else {names.get(name, name) for name in one.to}
        happened = []
        for found in changed.meeting(block):
            for change in at[found]:
                if change.kind == one.kind and (to is None or to == set(change.after.carriers)):
                    meant[change].append(block)
                    happened.append(found)
        concerned = [block]
        if happened:  # then the expectation covers no unrouted address
            concerned = [block if network.contains(held, block) else held for held in covered.meeting(block)]
        for part in network.union(concerned):
            left = network.difference(part, [*happened, *doubtful.meeting(part)])
            missing += (Missing(network.text(rest), one) for rest in left)
    undeclared = [one for one in changes if network.difference(block_of(one.cidr), meant[one])]
    return Judgement(undeclared, missing)


def block_of(cidr: str) -> int:
    """The network of a CIDR text that vcolint made."""
    block = network.parse(cidr)
    assert block is not None
    return block


def written(changes: Sequence[Change]) -> str:
    """Changes as a file of expectations that they meet: JSON, which is YAML too."""
    lines: dict[str, None] = {}  # two domains may change in the same way
    for one in changes:
        row: dict[str, object] = {"network": one.cidr, "kind": one.kind}
        if one.kind in ("new", "moved"):
            row["to"] = one.after.carriers
        lines[dumps(row, ensure_ascii=False)] = None
    return "[" + ",\n ".join(lines) + "]\n"
