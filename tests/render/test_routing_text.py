"""How tables of who carries what read."""

from __future__ import annotations

import pytest

import vcolint
from vcolint.model.settings import Config, Facts
from vcolint.render.routing_text import takeover


def entry(connection: str) -> dict[str, object]:
    return {
        "RegionId": "cn-hangzhou",
        "VpnConnectionId": connection,
        "NextHop": connection,
        "RouteDest": "10.0.0.0/16",
        "Weight": 100,
    }


@pytest.mark.parametrize(
    ("count", "keeps", "told"),
    [
        (1, (), "nobody"),
        (2, (), "vco-a: vco-b; vco-b: vco-a"),
        (2, ("vco-a",), "vco-a: vco-b; partly lost; vco-b: vco-a"),
        (4, (), "the others"),
        (4, ("vco-a", "vco-c"), "the others; partly lost after vco-a, vco-c"),
    ],
)
def test_who_takes_over(count: int, keeps: tuple[str, ...], told: str) -> None:
    """From each of a few; of many carriers the others go on, and to name them all would fill the screen."""
    config = Config(facts=Facts(keeps_routes=keeps))
    table = vcolint.paths([entry(f"vco-{name}") for name in "abcd"[:count]], config=config)
    ((destination,),) = (domain.destinations for domain in table.domains)
    assert takeover(destination) == told
