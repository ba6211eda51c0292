"""Environments of Terraform roots. A finding that several environments have is reported once and names
them all. A promise is checked in the environments that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vcolint.model import network
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Promise
from vcolint.read.recognise import SOURCES
from vcolint.report.assemble import Placed
from vcolint.report.finding import Unchecked


def with_own_promises(sets: list[RouteSet]) -> list[RouteSet]:
    """The sets, each with the promises about it: about its connections, or else about its networks. A
    promise about no environment belongs to the sources without one, or to all environments if there are no
    other sources. Plans and the like are checked against all promises."""
    wanted = [one for one in sets if one.readings[0].kind in SOURCES]
    if not any(one.environment for one in wanted) or not wanted[0].config.promises:
        return sets
    held: dict[RouteSet, list[Promise]] = {one: [] for one in wanted}
    for promise in wanted[0].config.promises:
        concerned = [one for one in wanted if _uses(one, promise.carried_by or ())]
        concerned = concerned or [one for one in wanted if _meets(one, promise.network)]
        concerned = concerned or [one for one in wanted if one.environment is None] or wanted
        for one in concerned:
            held[one].append(promise)
    return [
        RouteSet(one.readings, one.config._replace(promises=tuple(held[one])), one.live)
        if one in held
        else one
        for one in sets
    ]


def _uses(routes: RouteSet, connections: Iterable[str]) -> bool:
    names = {name for connection in set(routes.connections) for name in routes.names_of(connection)}
    return not names.isdisjoint(connections)


def _meets(routes: RouteSet, text: str) -> bool:
    block = network.parse(text)
    return block is not None and any(
        network.overlaps(block, one) for one in routes.networks if one is not None
    )


def joined(placed: Iterable[Placed]) -> list[Placed]:
    """The findings. Those of several environments with the same rule, place, message and address become one.

    It has the related places of all environments, first those where the value is written.
    """
    found: list[Placed] = []
    seen: Counter[object] = Counter()
    first: dict[object, int] = {}
    for one in placed:
        finding = one.finding
        if not finding.environments:
            found.append(one)
            continue
        about = finding.code, finding.location, finding.message, finding.address, finding.root
        seen[finding.environments, about] += 1
        number = seen[finding.environments, about]  # one environment may have several equal ones
        at = first.setdefault((about, number), len(found))
        if at == len(found):
            found.append(one)
            continue
        known = found[at].finding
        related = dict.fromkeys(known.related + finding.related)
        same = known._replace(
            environments=known.environments + finding.environments,
            related=tuple(sorted(related, key=lambda place: not place.origin)),
        )
        found[at] = found[at]._replace(finding=same)
    return found


def joined_unchecked(unchecked: Iterable[Unchecked]) -> Iterator[Unchecked]:
    """What was not checked. Rows that are equal in several environments become one."""
    environments: dict[tuple[Unchecked, bool, int], tuple[str, ...]] = {}
    seen: Counter[object] = Counter()
    for item in unchecked:
        seen[item] += 1
        about = item._replace(environments=()), bool(item.environments), seen[item]
        environments[about] = environments.get(about, ()) + item.environments
    for (item, _, _), names in environments.items():
        yield item._replace(environments=names)
