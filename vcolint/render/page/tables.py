"""The forwarding tables as data for the script, and the place in the page where it shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vcolint.render.page.words import say
from vcolint.text.visible import visible

if TYPE_CHECKING:
    from vcolint.report.routing import DomainTable

_MOST = 20_000  # destinations; a browser draws these in a second


class Tables:
    """The forwarding tables of a page: each domain with its table, and for a diff the one before.

    Connections and files are numbers in the page: names that look alike stay apart, and a page stays small.
    """

    def __init__(
        self,
        domains: Sequence[tuple[DomainTable | None, DomainTable | None]],
        *,
        weights: str,
        down: Sequence[str] = (),
        compares: bool = False,
    ) -> None:
        """`domains` are pairs: the table, and the table before."""
        self.size = sum(len(one.table.groups) for pair in domains for one in pair if one is not None)
        self._domains = domains
        self._weights = weights
        self._down = down
        self._compares = compares

    def section(self) -> Iterator[str]:
        """The element that the script fills."""
        if not self.size:
            return
        yield '<section class="routing-section" aria-labelledby="routing">\n'
        yield f'<h2 id="routing">{say("routing")}</h2>\n'
        if self.size > _MOST:
            yield f"<p>{say('too-many', n=self.size, most=_MOST)}</p>\n"
        else:
            yield f"<noscript><p>{say('no-script')}</p></noscript>\n"
        yield f'</section>\n<p class="rests">{say(f"weights.{self._weights}")}</p>\n'

    def data(self) -> dict[str, Any] | None:
        """What the script needs; None: nothing to show."""
        if not 0 < self.size <= _MOST:
            return None
        names = sorted(
            {name for pair in self._domains for one in pair if one for name in one.table.connections}
        )
        self._numbers = {name: number for number, name in enumerate(names)}
        self._files: dict[str, int] = {}
        domains = [
            {
                "name": visible((now or before).name),  # type: ignore[union-attr]
                "now": self._table(now),
                "before": self._table(before) if self._compares else None,
            }
            for now, before in self._domains
        ]
        return {
            "connections": [visible(name) for name in names],
            "down": [self._numbers[name] for name in self._down],
            "domains": domains,
            "files": [visible(file) for file in self._files],
        }

    def _table(self, table: DomainTable | None) -> dict[str, Any]:
        if table is None:
            return {"weighted": True, "destinations": []}
        return {
            "weighted": table.weighted,
            "destinations": [
                (
                    cidr,
                    [
                        (
                            self._numbers[route.connection],
                            route.weight,
                            keeps,
                            route.live,
                            self._files.setdefault(route.location.file, len(self._files)),
                            route.location.line,
                            route.address and visible(route.address),
                        )
                        for route, keeps in routes
                    ],
                )
                for cidr, routes in table.written
            ],
        }
