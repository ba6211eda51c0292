"""Create route entries on IPsec-VPN connections: checked first, in a sound order, one at a time.

    python submit.py            checks the requests and prints the order; needs no credentials
    python submit.py --send     checks them against what is live, and sends them

Needs vcolint with its extra `sdk`; `--send` takes the access key from ALIBABA_CLOUD_ACCESS_KEY_ID and
ALIBABA_CLOUD_ACCESS_KEY_SECRET.
"""

from __future__ import annotations

import os
import sys

from alibabacloud_vpc20160428.client import Client
from alibabacloud_vpc20160428.models import CreateVcoRouteEntryRequest

import vcolint
from vcolint.submission import Event, fetch_live, plan_submission, submit

REGION = "cn-hangzhou"

# Destination, connection, weight.
ROUTES = [
    ("10.20.5.0/24", "vco-hq1", 100),
    ("10.20.5.0/24", "vco-hq2", 0),
    ("10.20.0.0/16", "vco-hq2", 100),
    ("10.10.0.0/16", "vco-hq1", 100),
]

# Both connections end on one transit router, on which route maps arrange the failover.
CONFIG = {"domains": {"hq": {"connections": ["vco-hq1", "vco-hq2"]}}, "ignore": ["weight-without-effect"]}


def requests() -> list[CreateVcoRouteEntryRequest]:
    return [
        CreateVcoRouteEntryRequest(
            region_id=REGION,
            vpn_connection_id=connection,
            next_hop=connection,
            route_dest=destination,
            weight=weight,
        )
        for destination, connection, weight in ROUTES
    ]


def client_from_environment() -> Client:
    from alibabacloud_tea_openapi.models import Config

    names = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    identity, secret = (os.environ.get(name) for name in names)
    if not identity or not secret:
        print(f"--send needs {' and '.join(names)} in the environment", file=sys.stderr)
        sys.exit(2)
    return Client(Config(access_key_id=identity, access_key_secret=secret, region_id=REGION))


def show(event: Event) -> None:
    print(event.kind, event.step.connection, event.step.fields["RouteDest"], event.detail)


def main(arguments: list[str]) -> int:
    entries = requests()
    client = client_from_environment() if arguments == ["--send"] else None
    live = fetch_live(client, {entry.vpn_connection_id for entry in entries}, REGION) if client else None
    try:
        submission = plan_submission(entries, live=live, config=CONFIG)
    except vcolint.PolicyError as refused:
        for finding in refused.report.findings:
            print(f"entry {finding.location.line}: {finding.code} {finding.message}", file=sys.stderr)
        return 1
    if client is None:
        for queue in submission.queues:
            print(queue[0].connection)
            for step in queue:
                after = "".join(f", after entry {number}" for number in step.after)
                print(f"  {step.fields['RouteDest']} weight {step.fields['Weight']}{after}")
        return 0
    result = submit(client, submission, on_event=show)
    for failure in result.failed:
        print(f"entry {failure.step.number}: {failure.error}", file=sys.stderr)
    return 0 if result.ok else 1


if __name__ == "__main__":
    status = main(sys.argv[1:])
    if status:
        sys.exit(status)
