"""Submitting route entries: the live snapshot, the check, the order, and a small driver.

It uses the SDK for Python (`alibabacloud-vpc20160428`, the extra `sdk`), which is imported only when a call
needs its classes. A client is the SDK's, or any object with the same methods.

    live = fetch_live(client, ["vco-a", "vco-b"], "cn-hangzhou")
    submission = plan_submission(requests, live=live)
    result = submit(client, submission)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import repeat
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from vcolint.errors import PolicyError, VcolintError
from vcolint.locale import say
from vcolint.model.entry import FIELDS, REQUIRED
from vcolint.text.value import Unknown

if TYPE_CHECKING:
    from vcolint.library import ConfigLike
    from vcolint.model.domains import Domain
    from vcolint.model.route_set import RouteSet
    from vcolint.report.finding import Report

# The states of a connection (`DescribeVpnConnection`) during and after a change of its routes.
UPDATING = "updating"
ATTACHED = "attached"

# The error codes while the service is busy with the connection (documented) …
BUSY = frozenset({"TaskConflict", "VpnConnection.Configuring"})
# … and the prefixes of the codes for calls that come too fast.
_THROTTLED = ("Throttling", "Rejected.Throttling", "ServiceUnavailable")
# The error code of a dry run that found nothing wrong.
_DRY_RUN = "DryRunOperation"

_TYPES = ("custom", "bgp")
_MOST_PAGES = 1_000  # of one connection: a service that gives no total might never end


class SubmissionError(VcolintError):
    """A connection does not become ready for the next route entry."""


class Step(NamedTuple):
    """One route entry to send."""

    number: int  # among the entries given, from 1
    request: Any  # the entry as it was given
    fields: Mapping[str, Any]  # in API spelling; the `ClientToken` stays the same when it is sent again
    after: tuple[int, ...] = ()  # the numbers of its primaries, which must exist first

    @property
    def connection(self) -> str:
        return str(self.fields["VpnConnectionId"])

    @property
    def region(self) -> str:
        return str(self.fields["RegionId"])


class Submission(NamedTuple):
    """Checked route entries in the order to send them. The entries of a queue are sent one after another."""

    report: Report  # has no errors, but may have warnings and notes
    queues: tuple[tuple[Step, ...], ...]


class Event(NamedTuple):
    """What happened to a step: `sending`, `busy` (will be sent again), `updating` (the service works on
    it), `done`, `failed` or `untried`. `detail` is the state or the error."""

    kind: str
    step: Step
    detail: str = ""


class Failure(NamedTuple):
    """Where a queue stopped."""

    step: Step
    error: Exception
    accepted: bool  # the service accepted the request, but did not finish


class Result(NamedTuple):
    """What became of each step of a submission."""

    done: tuple[Step, ...]  # the route exists, or the dry run found nothing wrong
    failed: tuple[Failure, ...]
    untried: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        return not self.failed and not self.untried


# -- the live snapshot ------------------------------------------------------------------------------------


def fetch_live(
    client: Any, connections: Iterable[str], region_id: str, *, page_size: int = 50
) -> list[dict[str, Any]]:
    """All routes of the connections, configured or learned over BGP: the responses of
    `DescribeVcoRouteEntries` as plain data for `vcolint.check(live=...)`.

    If the routes change during the listing and rows are missing, the report has VCO005. `page_size` is 1 to
    50.

    Raises VcolintError without the SDK and for an endless listing, and lets errors of the client pass.
    """
    request_class = _models().DescribeVcoRouteEntriesRequest
    if isinstance(connections, str):
        connections = [connections]
    found: list[dict[str, Any]] = []
    for connection in dict.fromkeys(connections):
        for kind in _TYPES:
            request = request_class(
                region_id=region_id, vpn_connection_id=connection, route_entry_type=kind, page_size=page_size
            )
            found += _pages(client, request)
    return found


def _pages(client: Any, request: Any) -> Iterator[dict[str, Any]]:
    given = 0
    for request.page_number in range(1, _MOST_PAGES + 1):
        page = client.describe_vco_route_entries(request).body.to_map()
        rows = page["VcoRouteEntries"]
        for row in rows:
            row.setdefault("VpnConnectionId", request.vpn_connection_id)
            row.setdefault("RouteEntryType", request.route_entry_type)
        if rows or not given:  # there may be an empty page after the last one
            yield page
        given += len(rows)
        if not rows or given >= page.get("TotalCount", inf):
            return
    name = request.vpn_connection_id
    raise VcolintError(
        say("the routes of {name} do not end after {pages} pages", name=name, pages=_MOST_PAGES)
    )


# -- the check and the order ------------------------------------------------------------------------------


def plan_submission(
    entries: Any, *, live: Any = None, config: ConfigLike = None, one_at_a_time: bool = False
) -> Submission:
    """Check route entries that are about to be created, and give the order in which to send them.

    `entries`, `live` and `config` are as in `vcolint.check`; the entries count as additions to the live
    snapshot, whatever `live-mode` says. Each connection has its own queue, because the service makes one
    change per connection at a time. With `one_at_a_time`, all entries are in one queue. A queue has primaries
    before backups, then narrower destinations before wider ones, then the order of the input.

    Raises PolicyError, with the report, if there are errors (or findings at or above `fail-on`). Raises
    VcolintError for an entry that cannot be sent: a value is unknown, or it belongs to another API.
    """
    from vcolint.library import check, given_config, is_entry
    from vcolint.model.route_set import RouteSet
    from vcolint.model.settings import Config
    from vcolint.read.route_set import read_entries

    settings = (given_config(config) or Config())._replace(live_mode="create")
    if isinstance(entries, Iterator):
        entries = list(entries)
    report = check(entries, live=live, config=settings)
    if report.errors:  # even with `fail-on: never`
        raise PolicyError(report)
    report.raise_for_errors()
    given = [entries] if is_entry(entries) else list(entries)
    routes = RouteSet([read_entries(given)], settings)
    steps = _steps(given, routes)
    if one_at_a_time:
        return Submission(report, (tuple(steps),) if steps else ())
    in_reading_order = sorted(steps, key=lambda step: step.number)
    queues: dict[str, list[Step]] = {step.connection: [] for step in in_reading_order}
    for step in steps:
        queues[step.connection].append(step)
    return Submission(report, tuple(map(tuple, queues.values())))


def _steps(given: Sequence[Any], routes: RouteSet) -> list[Step]:
    """All entries in the order to send them."""
    numbers = [routes.location(entry).line for entry in range(routes.size)]
    strange = set(range(1, len(given) + 1)).difference(numbers)
    if strange:
        raise VcolintError(
            say("entry {strange} is not an entry for CreateVcoRouteEntry", strange=min(strange))
        )
    primaries: dict[tuple[Domain, int | None], list[int]] = {}
    for entry in range(routes.size):
        if routes.weights[entry] == 100 and entry not in routes.dry:
            primaries.setdefault((routes.domains[entry], routes.networks[entry]), []).append(numbers[entry])
    steps = []
    for entry in sorted(range(routes.size), key=lambda entry: _rank(routes, entry)):
        is_backup = routes.weights[entry] == 0 and entry not in routes.dry
        group = routes.domains[entry], routes.networks[entry]
        number = numbers[entry]
        after = tuple(primaries.get(group, ())) if is_backup else ()
        steps.append(Step(number, given[number - 1], _fields(routes, entry, number), after))
    return steps


def _rank(routes: RouteSet, entry: int) -> tuple[bool, int]:
    """The sort key of an entry. A backup needs its primary. With the narrower route first, no address
    takes the wider one for a while, or forever if the narrower one fails."""
    block = routes.networks[entry]
    return routes.weights[entry] != 100, 0 if block is None else -(block & 255)


def _fields(routes: RouteSet, entry: int, number: int) -> dict[str, Any]:
    """What to send, in API spelling."""
    fields: dict[str, Any] = {}
    for field in FIELDS:
        value, about = routes.value(entry, field), {"number": number, "field": field}
        if isinstance(value, Unknown):
            told = say(
                "cannot send entry {number}: {field} is unknown ({reason})", reason=value.reason, **about
            )
            raise VcolintError(told)
        if value is not None:
            fields[field] = value
        elif field in REQUIRED:
            raise VcolintError(say("cannot send entry {number}: {field} is missing", **about))
    fields.setdefault("ClientToken", str(uuid4()))
    return fields


# -- the driver -------------------------------------------------------------------------------------------


def submit(
    client: Any,
    submission: Submission,
    *,
    interval: float = 3.0,
    timeout: float = 300.0,
    sleep: Callable[[float], object] = time.sleep,
    on_event: Callable[[Event], object] | None = None,
) -> Result:
    """Send the route entries. Each queue sends one at a time; the queues take turns in this thread.

    Before an entry is sent, and before it counts as done, its connection must be `attached`. While the
    service is busy or throttles, the same request is sent again with the same `ClientToken`. Both are tried
    every `interval` seconds, for at most `timeout` seconds of waiting each. A queue stops at its first
    failure; the others go on. A backup is not tried if none of its primaries could be created.

    It sends copies: the objects of the submission do not change. Failures are in the result. Raises
    VcolintError without the SDK and for invalid times.
    """
    if not (0 < interval < inf and 0 <= timeout < inf):
        raise VcolintError(
            say("interval and timeout must be numbers of seconds, and interval must be above 0")
        )
    driver = _Driver(client, int(timeout / interval), on_event)
    running = [driver.run(queue) for queue in submission.queues]
    while running:
        waiting = [next(queue, None) for queue in running]  # None: at its end
        running = [queue for queue, waits in zip(running, waiting, strict=True) if waits is not None]
        if running and all(waiting):
            sleep(interval)
    return Result(tuple(driver.done), tuple(driver.failed), tuple(driver.untried))


def is_busy(error: Exception) -> bool:
    """Whether to send the same request again later: the service is busy with the connection, or calls come
    too fast."""
    code = getattr(error, "code", None)
    return isinstance(code, str) and (code in BUSY or code.startswith(_THROTTLED))


class _Driver:
    """Runs queues. Each is a generator that yields when others may go on: True if it has to wait."""

    def __init__(self, client: Any, pauses: int, on_event: Callable[[Event], object] | None) -> None:
        self._client = client
        self._models = _models()
        self._pauses = pauses  # before it gives up waiting for something
        self._on_event = on_event
        self._ready: set[str] = set()  # connections that have been attached since their last change
        self._over: dict[int, bool] = {}  # the number of each step that ended -> whether it succeeded
        self.done: list[Step] = []
        self.failed: list[Failure] = []
        self.untried: list[Step] = []

    def run(self, queue: Sequence[Step]) -> Iterator[bool]:
        steps = iter(queue)
        for step in steps:
            while not all(number in self._over for number in step.after):
                yield True
            if step.after and not any(self._over[number] for number in step.after):
                self._skip(step, say("its primary does not exist"))
                continue
            accepted = False
            try:
                yield from self._until_attached(step)
                yield from self._send(step)
                accepted = True
                yield from self._until_attached(step)
            except Exception as error:  # any error: keep the record of what was created
                self.failed.append(Failure(step, error, accepted))
                self._end("failed", step, str(error))
                for later in steps:
                    self._skip(later, say("an earlier entry failed"))
                return
            self.done.append(step)
            self._end("done", step)
            yield False

    def _skip(self, step: Step, why: str) -> None:
        self.untried.append(step)
        self._end("untried", step, why)

    def _end(self, kind: str, step: Step, detail: str = "") -> None:
        self._over[step.number] = kind == "done"
        self._tell(kind, step, detail)

    def _tell(self, kind: str, step: Step, detail: str = "") -> None:
        if self._on_event is not None:
            self._on_event(Event(kind, step, detail))

    def _send(self, step: Step) -> Generator[bool, None, None]:
        given = step.request.to_map() if hasattr(step.request, "to_map") else {}
        request = self._models.CreateVcoRouteEntryRequest().from_map({**given, **step.fields})
        pauses = repeat(True, self._pauses)
        self._tell("sending", step)
        try:
            self._ready.discard(step.connection)
            yield from self._answer(step, self._client.create_vco_route_entry, request, pauses)
        except Exception as error:
            if not (step.fields.get("DryRun") and getattr(error, "code", None) == _DRY_RUN):
                raise
            self._ready.add(step.connection)  # nothing was changed

    def _until_attached(self, step: Step) -> Generator[bool, None, None]:
        """Wait until the connection is not being changed."""
        name = step.connection
        request = self._models.DescribeVpnConnectionRequest(region_id=step.region, vpn_connection_id=name)
        pauses = repeat(True, self._pauses)
        while name not in self._ready:
            answer = yield from self._answer(step, self._client.describe_vpn_connection, request, pauses)
            state = answer.body.state
            if state == ATTACHED:
                self._ready.add(name)
            elif state != UPDATING:
                shown = state or "in no state"
                told = say(
                    "{connection} is {state}, not {ATTACHED}", connection=name, state=shown, ATTACHED=ATTACHED
                )
                raise SubmissionError(told)
            else:
                self._tell("updating", step, state)
                if not next(pauses, False):
                    raise SubmissionError(say("{connection} is still {state}", connection=name, state=state))
                yield True

    def _answer(
        self, step: Step, call: Callable[[Any], Any], request: Any, pauses: Iterator[bool]
    ) -> Generator[bool, None, Any]:
        """The response of a call. It is repeated while the service is busy and pauses are left."""
        while True:
            try:
                return call(request)
            except Exception as error:
                if not is_busy(error) or not next(pauses, False):
                    raise
                self._tell("busy", step, str(error))
            yield True


def _models() -> Any:
    """The request classes of the SDK."""
    try:
        return import_module("alibabacloud_vpc20160428.models")
    except ImportError as error:
        raise VcolintError(
            say("the SDK is missing: run pip install '.[sdk]' in your copy of vcolint")
        ) from error
