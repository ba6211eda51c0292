"""What is the same in several environments of one Terraform root is told once, and names them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vcolint.report.assemble import Placed
from vcolint.report.finding import Unchecked


def joined(placed: Iterable[Placed]) -> list[Placed]:
    """The findings; those of several environments with one rule, place, message and address are one.

    A related place that only one environment has stays; where the value is written comes first, each file.
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
        number = seen[finding.environments, about]  # one environment may have several alike
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
    """What was not checked; what several environments have in common is one."""
    environments: dict[tuple[Unchecked, bool, int], tuple[str, ...]] = {}
    seen: Counter[object] = Counter()
    for item in unchecked:
        seen[item] += 1
        about = item._replace(environments=()), bool(item.environments), seen[item]
        environments[about] = environments.get(about, ()) + item.environments
    for (item, _, _), names in environments.items():
        yield item._replace(environments=names)
