"""Before and while entries are sent: `vcolint.submission`, with the SDK's own client and classes against a
service on this machine that speaks the RPC form."""

from __future__ import annotations

import json
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vcolint
from vcolint import submission
from vcolint.submission import Event, Failure, Result, Step, fetch_live, plan_submission, submit

pytest.importorskip("alibabacloud_vpc20160428")

from alibabacloud_tea_openapi import utils_models
from alibabacloud_vpc20160428 import models
from alibabacloud_vpc20160428.client import Client

HERE = "127.0.0.1"
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "submit.py"
REGION = "cn-hangzhou"
KINDS = ("custom", "bgp")

Row = dict[str, Any]


def request(
    destination: str, weight: int = 100, connection: str = "vco-a", **more: Any
) -> models.CreateVcoRouteEntryRequest:
    fields = {
        "region_id": REGION,
        "vpn_connection_id": connection,
        "next_hop": connection,
        "route_dest": destination,
        "weight": weight,
    }
    return models.CreateVcoRouteEntryRequest(**(fields | more))


def row(destination: str, connection: str = "vco-a", kind: str = "custom") -> Row:
    return {
        "VpnConnectionId": connection,
        "RouteDest": destination,
        "NextHop": connection,
        "Weight": 100,
        "RouteEntryType": kind,
        "State": "published",
    }


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, code: str) -> None:
        self.code = code


class Service:
    """What the API does, as far as it is documented: a change takes a while (`lag` ticks) in which the
    connection takes no other one; a token that was seen before changes nothing. Beyond that, a backup needs
    a primary. `plans` are answers by action, each tried before the usual one: an error's code, or what is to
    be done instead."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.plans: dict[str, list[str | Callable[[dict[str, str]], Row]]] = {}
        self.lag = 2
        self.states: dict[str, str] = {}  # of connections that are neither attached nor updating
        self.ticks = 0
        self._updating: dict[str, int] = {}  # until which tick
        self._tokens: set[str] = set()

    def tick(self, seconds: float) -> None:
        self.ticks += 1

    def actions(self, name: str) -> list[dict[str, str]]:
        return [parameters for action, parameters in self.calls if action == name]

    def created(self) -> list[str]:
        """The destinations of the calls that were made to create one, in their order."""
        return [parameters["RouteDest"] for parameters in self.actions("CreateVcoRouteEntry")]

    def answer(self, action: str, parameters: dict[str, str]) -> Row:
        self.calls.append((action, parameters))
        planned = self.plans.get(action)
        plan = planned.pop(0) if planned else None
        if isinstance(plan, str):
            raise Refusal(plan)
        return (plan or getattr(self, action))(parameters)

    def DescribeVcoRouteEntries(self, parameters: dict[str, str]) -> Row:  # noqa: N802
        wanted = parameters["VpnConnectionId"], parameters.get("RouteEntryType", "custom")
        rows = [row for row in self.rows if (row["VpnConnectionId"], row["RouteEntryType"]) == wanted]
        size, number = int(parameters.get("PageSize", "10")), int(parameters.get("PageNumber", "1"))
        assert 1 <= size <= 50
        page = rows[(number - 1) * size : number * size]
        return {"TotalCount": len(rows), "PageNumber": number, "PageSize": size, "VcoRouteEntries": page}

    def DescribeVpnConnection(self, parameters: dict[str, str]) -> Row:  # noqa: N802
        connection = parameters["VpnConnectionId"]
        usual = "updating" if self._is_updating(connection) else "attached"
        return {"VpnConnectionId": connection, "State": self.states.get(connection, usual)}

    def CreateVcoRouteEntry(self, parameters: dict[str, str]) -> Row:  # noqa: N802
        connection = parameters["VpnConnectionId"]
        if self._is_updating(connection):
            raise Refusal("TaskConflict")
        if parameters["ClientToken"] not in self._tokens:
            self._take(parameters)
        return {"State": "published", "RouteDest": parameters["RouteDest"]}

    def _take(self, parameters: dict[str, str]) -> None:
        destination = parameters["RouteDest"]
        if parameters["Weight"] == "0" and (destination, 100) not in self._routes():
            raise Refusal("VpnRouteEntry.BackupRoute")
        if parameters.get("DryRun", "").lower() == "true":  # the SDK writes `True`
            raise Refusal("DryRunOperation")
        new = row(destination, parameters["VpnConnectionId"]) | {"Weight": int(parameters["Weight"])}
        self.rows.append(new)
        self._tokens.add(parameters["ClientToken"])
        self._updating[new["VpnConnectionId"]] = self.ticks + self.lag

    def _routes(self) -> set[tuple[str, int]]:
        return {(row["RouteDest"], row["Weight"]) for row in self.rows}

    def _is_updating(self, connection: str) -> bool:
        return self.ticks < self._updating.get(connection, 0)


class Handler(BaseHTTPRequestHandler):
    """The RPC form: parameters in the query or in the body, JSON back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        parameters = dict(parse_qsl(urlsplit(self.path).query) + parse_qsl(body))
        action = parameters.pop("Action", None) or self.headers["x-acs-action"]
        try:
            status, answer = 200, self.service.answer(action, parameters)
        except Refusal as refusal:
            status, answer = 400, {"Code": refusal.code, "Message": "refused", "HostId": "vpc"}
        except ConnectionError:  # hang up
            self.close_connection = True
            return
        text = json.dumps({"RequestId": "CFC4D13B-E680-3985-95B1-87AA155481DF", **answer}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    server = ThreadingHTTPServer((HERE, 0), type("_Handler", (Handler,), {"service": service}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        config = utils_models.Config(
            access_key_id="id",
            access_key_secret="secret",
            region_id=REGION,
            protocol="http",
            endpoint=f"{HERE}:{server.server_port}",
        )
        yield Client(config)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The hosts that a test connects to: none but this one."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    seen: set[str] = set()
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        seen.add(address[0])
        if address[0] != HERE:
            raise OSError("no other host is to be contacted")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield seen
    assert seen <= {HERE}


def send(client: Client, service: Service, plan: submission.Submission, **more: Any) -> Result:
    times: dict[str, Any] = {"interval": 3, "timeout": 30, "sleep": service.tick}
    return submit(client, plan, **(times | more))


def destinations(steps: tuple[Step, ...]) -> list[str]:
    return [step.fields["RouteDest"] for step in steps]


# -- the live snapshot ------------------------------------------------------------------------------------


def test_all_pages_of_both_types_are_fetched(client: Client, service: Service, hosts: set[str]) -> None:
    service.rows = [row(f"10.0.{n}.0/24") for n in range(120)]
    service.rows += [row(f"10.1.{n}.0/24", kind="bgp") for n in range(60)]
    service.rows += [row("10.2.0.0/24", "vco-b")]
    live = fetch_live(client, ["vco-a", "vco-b", "vco-a"], REGION)
    asked = [
        (call["VpnConnectionId"], call["RouteEntryType"], call["PageNumber"], call["PageSize"])
        for call in service.actions("DescribeVcoRouteEntries")
    ]
    assert asked == [
        ("vco-a", "custom", "1", "50"),
        ("vco-a", "custom", "2", "50"),
        ("vco-a", "custom", "3", "50"),
        ("vco-a", "bgp", "1", "50"),
        ("vco-a", "bgp", "2", "50"),
        ("vco-b", "custom", "1", "50"),
        ("vco-b", "bgp", "1", "50"),
    ]
    assert [line for page in live for line in page["VcoRouteEntries"]] == service.rows
    assert json.loads(json.dumps(live)) == live
    assert hosts == {HERE}


def test_a_snapshot_is_what_check_takes(client: Client, service: Service) -> None:
    service.rows = [row(f"10.0.{n}.0/24") for n in range(50)]
    service.rows += [row(f"10.1.{n}.0/24", kind="bgp") for n in range(50)]
    live = fetch_live(client, "vco-a", REGION, page_size=7)
    report = vcolint.check([request("10.0.49.0/24"), request("10.1.49.0/24")], live=live)
    assert [(finding.code, finding.location.line) for finding in report.findings] == [
        ("VCO202", 1),
        ("VCO305", 2),
    ]


def test_rows_say_which_type_was_asked_for(client: Client, service: Service) -> None:
    bare = {"RouteDest": "10.0.0.0/24"}
    service.plans["DescribeVcoRouteEntries"] = [
        lambda call: {"TotalCount": 1, "VcoRouteEntries": [dict(bare)]} for _ in KINDS
    ]
    assert [page["VcoRouteEntries"] for page in fetch_live(client, "vco-a", REGION)] == [
        [bare | {"VpnConnectionId": "vco-a", "RouteEntryType": kind}] for kind in KINDS
    ]


def test_a_listing_that_changes_is_reported(client: Client, service: Service) -> None:
    service.rows = [row(f"10.0.{n}.0/24") for n in range(4)]

    def meanwhile(call: dict[str, str]) -> Row:
        page = service.DescribeVcoRouteEntries(call)
        del service.rows[0]
        return page

    service.plans["DescribeVcoRouteEntries"] = [meanwhile]
    live = fetch_live(client, "vco-a", REGION, page_size=2)
    report = vcolint.check([request("10.9.0.0/24")], live=live)
    # The third row moved to the first page after that was fetched.
    assert [(finding.code, finding.message) for finding in report.findings] == [
        ("VCO005", "the snapshot has 3 of 4 rows: fetch the other pages (a page has 10 rows by default)")
    ]


def test_a_listing_that_stays_short_ends_and_is_reported(client: Client, service: Service) -> None:
    def short(call: dict[str, str]) -> Row:
        return service.DescribeVcoRouteEntries(call) | {"TotalCount": 7}

    service.rows = [row(f"10.0.{n}.0/24") for n in range(3)]
    service.plans["DescribeVcoRouteEntries"] = [short] * 2
    live = fetch_live(client, "vco-a", REGION)
    custom = [c for c in service.actions("DescribeVcoRouteEntries") if c["RouteEntryType"] == "custom"]
    assert [call["PageNumber"] for call in custom] == ["1", "2"]
    report = vcolint.check([request("10.9.0.0/24")], live=live)
    assert [(finding.code, finding.message) for finding in report.findings] == [
        ("VCO005", "the snapshot has 3 of 7 rows: fetch the other pages (a page has 10 rows by default)")
    ]


def test_a_listing_without_end_is_given_up(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "_MOST_PAGES", 4)
    endless = {"VcoRouteEntries": [row("10.0.0.0/24")]}  # no TotalCount, and PageNumber is ignored
    service.plans["DescribeVcoRouteEntries"] = [lambda call: endless] * 10
    with pytest.raises(vcolint.VcolintError, match="the routes of vco-a do not end after 4 pages"):
        fetch_live(client, "vco-a", REGION)
    assert len(service.calls) == 4


def test_without_a_total_the_empty_page_is_the_end(client: Client, service: Service) -> None:
    pages: list[Row] = [{"VcoRouteEntries": [row("10.0.0.0/24")]}, {"VcoRouteEntries": []}]
    plans = [lambda call: pages[0], lambda call: pages[1], lambda call: pages[1]]
    service.plans["DescribeVcoRouteEntries"] = list(plans)
    live = fetch_live(client, "vco-a", REGION)
    assert [page["VcoRouteEntries"] for page in live] == [[row("10.0.0.0/24")], []]
    assert len(service.calls) == 3


def test_errors_of_the_client_come_through(client: Client, service: Service) -> None:
    service.plans["DescribeVcoRouteEntries"] = ["Throttling.User"]
    with pytest.raises(Exception, match="refused") as raised:
        fetch_live(client, "vco-a", REGION)
    assert getattr(raised.value, "code", None) == "Throttling.User"


# -- the check and the order ------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [None, {"fail-on": "never"}, {"live-mode": "reconcile"}])
def test_what_is_live_already_is_refused_before_anything_is_sent(
    client: Client, service: Service, config: dict[str, Any] | None
) -> None:
    service.rows = [row("10.0.0.0/24")]
    live = fetch_live(client, "vco-a", REGION)
    with pytest.raises(vcolint.PolicyError) as refused:
        plan_submission([request("10.1.0.0/24"), request("10.0.0.0/24")], live=live, config=config)
    assert [(f.code, f.location.line) for f in refused.value.report.findings] == [("VCO202", 2)]
    assert service.created() == []


def test_duplicates_are_refused() -> None:
    with pytest.raises(vcolint.PolicyError) as refused:
        plan_submission([request("10.1.0.0/24"), request("10.1.0.0/24")])
    assert [(f.code, f.location.line) for f in refused.value.report.findings] == [("VCO201", 2)]


def test_what_the_config_fails_on_is_refused_and_warnings_are_not() -> None:
    described = request("10.1.0.0/24", description="http://wiki.example")
    plan = plan_submission([described])
    assert [finding.code for finding in plan.report.findings] == ["VCO705"]
    with pytest.raises(vcolint.PolicyError):
        plan_submission([described], config={"fail-on": "warning"})


def test_requests_come_back_as_the_same_objects_each_connection_on_its_own() -> None:
    given = [
        request("10.1.0.0/24", connection="vco-b"),
        request("10.2.0.0/24"),
        request("10.3.0.0/24", connection="vco-b"),
    ]
    plan = plan_submission(iter(given))
    assert [[step.number for step in queue] for queue in plan.queues] == [[1, 3], [2]]
    assert all(step.request is given[step.number - 1] for queue in plan.queues for step in queue)
    assert [queue[0].connection for queue in plan.queues] == ["vco-b", "vco-a"]
    assert plan.queues[0][0].region == REGION


def test_one_entry_and_none() -> None:
    one = request("10.1.0.0/24")
    assert [[step.request for step in queue] for queue in plan_submission(one).queues] == [[one]]
    assert plan_submission([]).queues == ()
    assert plan_submission([], one_at_a_time=True).queues == ()


def test_primaries_come_first_then_narrower_destinations_then_the_input_order() -> None:
    plan = plan_submission(
        [
            request("10.9.0.0/24", 0),
            request("10.0.0.0/8"),
            request("10.2.0.0/24"),
            request("10.1.0.0/24"),
            request("10.9.0.0/24", connection="vco-b"),
            request("10.1.0.0/25", connection="vco-b"),
        ]
    )
    assert [[(s.number, s.after) for s in queue] for queue in plan.queues] == [
        [(3, ()), (4, ()), (2, ()), (1, (5,))],
        [(6, ()), (5, ())],
    ]


def test_one_at_a_time_has_one_queue_in_the_same_order() -> None:
    given = [
        request("10.9.0.0/24", 0),
        request("10.0.0.0/8"),
        request("10.9.0.0/24", connection="vco-b"),
        request("10.1.0.0/25", connection="vco-b"),
    ]
    plan = plan_submission(given, one_at_a_time=True)
    assert [[step.number for step in queue] for queue in plan.queues] == [[4, 3, 2, 1]]


def test_the_primaries_of_another_routing_domain_are_not_waited_for() -> None:
    given = [request("10.9.0.0/24", 0), request("10.9.0.0/24", connection="vco-b")]
    config = {"domains": {"one": {"connections": ["vco-a"]}, "two": {"connections": ["vco-b"]}}}
    assert plan_submission(given, config=config).queues[0][0].after == ()
    assert plan_submission(given).queues[0][0].after == (2,)


def test_dry_runs_wait_for_nothing_and_nothing_waits_for_them() -> None:
    given = [
        request("10.1.0.0/24", 0, dry_run=True),
        request("10.1.0.0/24", connection="vco-b"),
        request("10.2.0.0/24", 0),
        request("10.2.0.0/24", connection="vco-b", dry_run=True),
    ]
    plan = plan_submission(given)
    assert [step.after for queue in plan.queues for step in queue] == [()] * 4


@settings(deadline=None)  # the first example loads the rules
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(8, 24), st.sampled_from([0, 100]), st.sampled_from("abc")),
        max_size=12,
        unique_by=lambda item: item[:2],
    ),
    st.booleans(),
)
def test_any_order_is_a_permutation_sorted_by_weight_and_length(
    items: list[tuple[int, int, int, str]], one_at_a_time: bool
) -> None:
    given = [request(f"{net + 10}.0.0.0/{length}", weight, f"vco-{c}") for net, length, weight, c in items]
    plan = plan_submission(given, config={"redundancy": "none"}, one_at_a_time=one_at_a_time)
    numbers = [step.number for queue in plan.queues for step in queue]
    assert sorted(numbers) == list(range(1, len(items) + 1))
    for queue in plan.queues:
        ranks = [(-items[step.number - 1][2], -items[step.number - 1][1], step.number) for step in queue]
        assert ranks == sorted(ranks)
    if not one_at_a_time:
        connections = [{step.connection for step in queue} for queue in plan.queues]
        assert connections == [{f"vco-{c}"} for c in dict.fromkeys(item[3] for item in items)]


def test_every_entry_gets_a_token_of_its_own_unless_it_has_one() -> None:
    given = [request("10.1.0.0/24"), request("10.2.0.0/24", client_token="mine"), request("10.3.0.0/24")]
    (queue,) = plan_submission(given).queues
    first, mine, third = (step.fields["ClientToken"] for step in queue)
    assert mine == "mine"
    assert first != third
    assert all(len(token) == 36 and token.isascii() for token in (first, third))
    assert given[0].client_token is None


def test_mappings_and_entries_are_taken_too(client: Client, service: Service) -> None:
    entry = vcolint.RouteEntry(REGION, "vco-a", "10.2.0.0/24", "vco-a", 100)
    mapping = {
        "region_id": REGION,
        "VpnConnectionId": "vco-a",
        "route_dest": "10.1.0.0/24",
        "NextHop": "vco-a",
        "Weight": "100",
        "Description": "Büro",
    }
    result = send(client, service, plan_submission([entry, mapping]))
    assert destinations(result.done) == ["10.2.0.0/24", "10.1.0.0/24"]
    sent = service.actions("CreateVcoRouteEntry")[1]
    token = result.done[1].fields["ClientToken"]
    assert {name: value for name, value in sent.items() if name[0].isupper()} == {
        "RegionId": REGION,
        "VpnConnectionId": "vco-a",
        "RouteDest": "10.1.0.0/24",
        "NextHop": "vco-a",
        "Weight": "100",
        "Description": "Büro",
        "ClientToken": token,
    }


def test_what_cannot_be_sent_is_refused() -> None:
    unknown = vcolint.RouteEntry(REGION, "vco-a", vcolint.Unknown("var.office"), "vco-a", 100)
    with pytest.raises(vcolint.VcolintError, match=r"^cannot send entry 2: RouteDest is unknown \(var\."):
        plan_submission([request("10.1.0.0/24"), unknown])
    homeless = vcolint.RouteEntry(None, "vco-a", "10.2.0.0/24", "vco-a", 100, kind="terraform")
    with pytest.raises(vcolint.VcolintError, match=r"^cannot send entry 1: RegionId is missing$"):
        plan_submission([homeless])
    gateway = models.CreateVpnRouteEntryRequest(vpn_gateway_id="vpn-a", route_dest="10.0.0.0/24")
    with pytest.raises(vcolint.VcolintError, match=r"^entry 2 is not an entry for CreateVcoRouteEntry$"):
        plan_submission([request("10.1.0.0/24"), gateway])


# -- the driver -------------------------------------------------------------------------------------------


def test_a_connection_takes_one_at_a_time_and_connections_go_side_by_side(
    client: Client, service: Service
) -> None:
    given = [request(f"10.{n}.0.0/24", connection=f"vco-{c}") for c in "ab" for n in (ord(c), 2 * ord(c))]
    events: list[Event] = []
    result = send(client, service, plan_submission(given), on_event=events.append)
    assert result.ok
    assert service.created() == ["10.97.0.0/24", "10.98.0.0/24", "10.194.0.0/24", "10.196.0.0/24"]
    assert service.ticks == 4  # two changes one after another, each of two ticks
    # The service was never found busy: each call waited for the one before.
    of_a = [event for event in events if event.step.connection == "vco-a"]
    assert [(event.kind, event.step.fields["RouteDest"], event.detail) for event in of_a] == [
        ("sending", "10.97.0.0/24", ""),
        ("updating", "10.97.0.0/24", "updating"),
        ("updating", "10.97.0.0/24", "updating"),
        ("done", "10.97.0.0/24", ""),
        ("sending", "10.194.0.0/24", ""),
        ("updating", "10.194.0.0/24", "updating"),
        ("updating", "10.194.0.0/24", "updating"),
        ("done", "10.194.0.0/24", ""),
    ]
    polls = [c for c in service.actions("DescribeVpnConnection") if c["VpnConnectionId"] == "vco-a"]
    assert len(polls) == 7  # one before the first is sent, three for each change
    assert {poll["RegionId"] for poll in polls} == {REGION}


def test_one_at_a_time_waits_for_the_other_connection(client: Client, service: Service) -> None:
    given = [request("10.1.0.0/24"), request("10.2.0.0/24", connection="vco-b")]
    assert send(client, service, plan_submission(given, one_at_a_time=True)).ok
    assert service.ticks == 4


@pytest.mark.parametrize(
    "code",
    ["TaskConflict", "VpnConnection.Configuring", "Throttling.User", "Throttling", "ServiceUnavailable"],
)
def test_while_the_service_is_busy_the_same_request_is_sent_again(
    client: Client, service: Service, code: str
) -> None:
    service.plans["CreateVcoRouteEntry"] = [code, code]
    slept: list[float] = []
    events: list[Event] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        service.tick(seconds)

    plan = plan_submission([request("10.1.0.0/24", description="office")])
    result = send(client, service, plan, sleep=sleep, on_event=events.append)
    assert destinations(result.done) == ["10.1.0.0/24"]
    sent = service.actions("CreateVcoRouteEntry")
    assert len(sent) == 3
    assert [call["ClientToken"] for call in sent] == [plan.queues[0][0].fields["ClientToken"]] * 3
    assert slept == [3] * 4  # two tries, two ticks of the change
    assert [event.kind for event in events] == ["sending", "busy", "busy", "updating", "updating", "done"]
    assert [code in event.detail for event in events[1:3]] == [True, True]


def test_polling_is_throttled_too(client: Client, service: Service) -> None:
    service.plans["DescribeVpnConnection"] = ["Throttling.User"]
    assert send(client, service, plan_submission(request("10.1.0.0/24"))).ok


def test_a_service_that_stays_busy_is_given_up(client: Client, service: Service) -> None:
    service.plans["CreateVcoRouteEntry"] = ["TaskConflict"] * 100
    plan = plan_submission([request("10.1.0.0/24"), request("10.2.0.0/24")])
    result = send(client, service, plan, timeout=30)
    assert service.created() == ["10.1.0.0/24"] * 11  # thirty seconds, a try every three
    ((step, error, accepted),) = result.failed
    assert (step.number, getattr(error, "code", None), accepted) == (1, "TaskConflict", False)
    assert [step.number for step in result.untried] == [2]
    assert result.done == ()
    assert not result.ok


def test_a_connection_that_stays_busy_is_given_up(client: Client, service: Service) -> None:
    service.states["vco-a"] = "updating"
    result = send(client, service, plan_submission(request("10.1.0.0/24")))
    assert service.created() == []
    assert len(service.actions("DescribeVpnConnection")) == 11
    assert [(str(f.error), f.accepted) for f in result.failed] == [("vco-a is still updating", False)]


def test_a_change_that_does_not_end_was_accepted(client: Client, service: Service) -> None:
    service.lag = 1000
    result = send(client, service, plan_submission([request("10.1.0.0/24"), request("10.2.0.0/24")]))
    assert service.created() == ["10.1.0.0/24"]
    assert [(str(f.error), f.accepted) for f in result.failed] == [("vco-a is still updating", True)]
    assert [step.number for step in result.untried] == [2]


@pytest.mark.parametrize(("state", "said"), [("detached", "detached"), ("", "in no state")])
def test_nothing_is_sent_to_a_connection_that_is_not_attached(
    client: Client, service: Service, state: str, said: str
) -> None:
    service.states["vco-a"] = state
    result = send(client, service, plan_submission(request("10.1.0.0/24")))
    assert service.created() == []
    assert [str(failure.error) for failure in result.failed] == [f"vco-a is {said}, not attached"]
    assert service.ticks == 0


def test_a_queue_stops_at_its_first_failure_and_the_others_go_on(client: Client, service: Service) -> None:
    given = [
        request("10.1.0.0/24"),
        request("10.2.0.0/24"),
        request("10.3.0.0/24"),
        request("10.4.0.0/24", connection="vco-b"),
        request("10.5.0.0/24", connection="vco-b"),
    ]

    def second_of_a(call: dict[str, str]) -> Row:
        if call["RouteDest"] == "10.2.0.0/24":
            raise Refusal("CreateDbrRoutesQuotaFull.QuotaFull")
        return service.CreateVcoRouteEntry(call)

    service.plans["CreateVcoRouteEntry"] = [second_of_a] * 10
    events: list[Event] = []
    result = send(client, service, plan_submission(given), on_event=events.append)
    assert sorted(step.number for step in result.done) == [1, 4, 5]
    assert [(f.step.number, getattr(f.error, "code", None)) for f in result.failed] == [
        (2, "CreateDbrRoutesQuotaFull.QuotaFull")
    ]
    assert [step.number for step in result.untried] == [3]
    assert ("untried", 3, "an earlier entry failed") in [(e.kind, e.step.number, e.detail) for e in events]


def test_a_backup_waits_for_its_primary_on_the_other_connection(client: Client, service: Service) -> None:
    given = [
        request("10.1.0.0/24", 0, "vco-b"),
        request("10.0.0.0/28"),
        request("10.1.0.0/24"),
        request("10.2.0.0/16"),
    ]
    result = send(client, service, plan_submission(given))
    assert result.ok  # the service refuses a backup without a primary
    assert service.created() == ["10.0.0.0/28", "10.1.0.0/24", "10.1.0.0/24", "10.2.0.0/16"]
    assert [call["Weight"] for call in service.actions("CreateVcoRouteEntry")] == ["100", "100", "0", "100"]


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_a_backup_whose_primary_failed_is_not_tried(
    client: Client, service: Service, one_at_a_time: bool
) -> None:
    given = [request("10.1.0.0/24", 0, "vco-b"), request("10.1.0.0/24")]
    service.plans["CreateVcoRouteEntry"] = ["Forbidden"]
    result = send(client, service, plan_submission(given, one_at_a_time=one_at_a_time))
    assert [failure.step.number for failure in result.failed] == [2]
    assert [step.number for step in result.untried] == [1]
    assert service.created() == ["10.1.0.0/24"]


def test_a_lost_answer_is_a_failure_and_sending_again_creates_nothing_twice(
    client: Client, service: Service
) -> None:
    def lose(call: dict[str, str]) -> Row:
        service.CreateVcoRouteEntry(call)
        raise ConnectionResetError

    service.plans["CreateVcoRouteEntry"] = [lose]
    plan = plan_submission([request("10.1.0.0/24")])
    first = send(client, service, plan)
    assert [(failure.step.number, failure.accepted) for failure in first.failed] == [(1, False)]
    assert send(client, service, plan).ok
    assert [line["RouteDest"] for line in service.rows] == ["10.1.0.0/24"]


def test_a_dry_run_that_finds_nothing_is_done_and_changes_nothing(client: Client, service: Service) -> None:
    given = [request("10.1.0.0/24", dry_run=True), request("10.2.0.0/24", dry_run=True)]
    result = send(client, service, plan_submission(given))
    assert destinations(result.done) == ["10.1.0.0/24", "10.2.0.0/24"]
    assert service.rows == []
    assert service.ticks == 0
    assert len(service.actions("DescribeVpnConnection")) == 1  # nothing to wait for in between
    service.plans["CreateVcoRouteEntry"] = ["DryRunOperation"]
    (failure,) = send(client, service, plan_submission(request("10.1.0.0/24"))).failed
    assert isinstance(failure, Failure)
    assert getattr(failure.error, "code", None) == "DryRunOperation"


def test_what_else_a_request_carries_is_sent_and_the_object_stays_as_it_is(
    client: Client, service: Service
) -> None:
    given = request("10.1.0.0/24", owner_account="network@example.com")
    before = given.to_map()
    assert send(client, service, plan_submission([given])).ok
    assert service.actions("CreateVcoRouteEntry")[0]["OwnerAccount"] == "network@example.com"
    assert given.to_map() == before


@pytest.mark.parametrize(
    "times", [{"interval": 0}, {"interval": float("nan")}, {"timeout": -1}, {"timeout": float("inf")}]
)
def test_times_that_are_none_are_refused(client: Client, service: Service, times: dict[str, float]) -> None:
    with pytest.raises(vcolint.VcolintError, match="numbers of seconds"):
        send(client, service, plan_submission(request("10.1.0.0/24")), **times)
    assert service.calls == []


# -- what it needs ----------------------------------------------------------------------------------------


def test_without_the_sdk_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_vpc20160428.models", None)
    plan = plan_submission({**request("10.1.0.0/24").to_map()})  # needs no SDK
    for call in (lambda: fetch_live(object(), "vco-a", REGION), lambda: submit(object(), plan)):
        with pytest.raises(vcolint.VcolintError, match=r"run pip install '\.\[sdk\]' in your copy"):
            call()


def test_importing_loads_no_sdk() -> None:
    script = (
        "import sys, vcolint, vcolint.submission as s\n"
        "s.plan_submission({'RegionId': 'cn-hangzhou', 'VpnConnectionId': 'vco-a', 'NextHop': 'vco-a',"
        " 'RouteDest': '10.1.0.0/24', 'Weight': 100})\n"
        "print([m for m in sys.modules if m.startswith(('alibabacloud', 'darabonba', 'Tea', 'requests'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- the example ------------------------------------------------------------------------------------------


def test_the_example_prints_the_order_without_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hosts: set[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert capsys.readouterr().out == (
        "vco-hq1\n"
        "  10.20.5.0/24 weight 100\n"
        "  10.10.0.0/16 weight 100\n"
        "vco-hq2\n"
        "  10.20.0.0/16 weight 100\n"
        "  10.20.5.0/24 weight 0, after entry 1\n"
    )
    assert hosts == set()


def test_the_example_sends(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = runpy.run_path(str(EXAMPLE))
    service.lag = 0
    monkeypatch.setitem(example["main"].__globals__, "client_from_environment", lambda: client)
    assert example["main"](["--send"]) == 0
    assert sorted(service.created()) == ["10.10.0.0/16", "10.20.0.0/16", "10.20.5.0/24", "10.20.5.0/24"]
    capsys.readouterr()
    assert example["main"](["--send"]) == 1  # all of it is there now
    assert "VCO202" in capsys.readouterr().err
    assert len(service.created()) == 4


@pytest.mark.parametrize("given", [(), ("ID",), ("SECRET",)])
def test_the_example_says_which_credentials_it_needs(
    given: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hosts: set[str],
) -> None:
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", raising=False)
    for name in given:
        monkeypatch.setenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", "x")
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), "--send"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert stop.value.code == 2
    assert tuple(capsys.readouterr()) == (
        "",
        "--send needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment\n",
    )
    assert hosts == set()
