"""What every reader returns. Readers know files and formats; they do not know rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from vcolint.text.source import Problem, Remark
from vcolint.text.value import Location, Reference, Scalar, Value

# The identity of an IPsec connection: its ID, or what an ID that is not known yet refers to.
Connection = str | Reference


class Record(NamedTuple):
    """One route entry as it was read, every value with its place."""

    fields: dict[str, Value]  # by the name in the API; an absent field has no key
    location: Location  # the entry: the mapping, the resource block's header, the command
    address: str | None = None  # Terraform, ROS or Pulumi address
    action: str | None = None  # the action of a plan: create, no-op, update, delete-create, create-delete
    waits_for: frozenset[str] = frozenset()  # addresses of routes that are created before this one
    create_timeout: float | None = None  # seconds, if the resource sets `timeouts.create`
    last_line: int | None = None  # the last line of the whole entry, if `location` ends before it

    def location_of(self, field: str | None, inside: bool = False) -> Location:
        """The most exact place known: that of the field's value, else that of the entry. With `inside`, a
        value that is written outside of the entry, for several entries, does not count."""
        held = self.fields.get(field) if field is not None else None
        own = self.location
        place = own if held is None else held.location
        is_within = own[1:3] <= place[1:3] and place[3:] <= own[3:]  # lines and columns
        return own if inside and not is_within else place


class Unlisted(NamedTuple):
    """Something that would hold entries but could not be listed at all."""

    address: str | None
    reason: str
    location: Location


class Fact(NamedTuple):
    """A network or an address that the input itself names, and where."""

    value: str  # an IPv4 address or CIDR block, as written
    location: Location
    address: str | None = None


class Attachment(NamedTuple):
    """The attachment of a connection to a transit router, with all names that may stand for it."""

    names: frozenset[Connection]  # its IDs, as far as they are known, and the reference to it
    location: Location


class Topology:
    """What the input says about the network around the routes (Terraform, plans, states, ROS, Pulumi)."""

    def __init__(self) -> None:
        self.vpc_cidrs: list[Fact] = []  # of VPCs and vSwitches
        self.ssl_client_pools: list[Fact] = []
        self.bgp_tunnel_cidrs: list[Fact] = []
        self.customer_gateway_ips: list[Fact] = []  # addresses of all customer gateways
        self.gateways_of: dict[Connection, list[Fact]] = {}  # each connection's customer gateways
        self.keeps_routes: dict[Connection, Location] = {}  # a failed health check leaves their routes
        self.remote_subnets: dict[Connection, list[Fact]] = {}
        self.transit_router_of: dict[Connection, str] = {}  # its ID, else its address
        self.created: dict[Connection, Location] = {}  # connections that this root creates
        self.addresses: dict[Connection, str] = {}  # the addresses of those
        self.bound: set[Connection] = set()  # those that something binds to a transit router
        self.binding_unknown = False  # something binds an unknown connection
        self.attachments: dict[Connection, Attachment] = {}  # those bindings that this root creates
        self.route_tables = False  # the root creates a route table of a transit router
        self.propagated: set[Connection] = set()  # the attachments that a route table learns from
        self.propagation_unknown = False  # a route table learns from an unknown attachment


class Reading:
    """What one file or one Terraform root module holds."""

    def __init__(self, kind: str, files: Iterable[str], *, root: str | None = None) -> None:
        self.kind = kind
        self.files: list[str] = list(files)  # the files that were read as this kind, by name as shown
        self.root = root  # the Terraform root module's folder
        self.environment: str | None = None  # the config's name for the values that the root was read with
        self.texts: dict[str, str] = {}  # the decoded texts of those files, for showing source lines
        self.records: Sequence[Record] = []
        self.learned: Sequence[Record] = []  # of a live dump: its rows learned over BGP, which are no entries
        # The old and the new address of each resource, instance or module that has a new one.
        self.moved: list[tuple[str, str]] = []
        # The routes that a plan deletes or replaces: connection, network, weight.
        self.removed: frozenset[tuple[str, int, int]] = frozenset()
        # The values of `records` by field (API spelling), None if absent; only if the reader has them at
        # hand. `records` may then be a sequence that makes its records only when they are asked for.
        self.columns: Mapping[str, Sequence[Scalar]] | None = None
        # The result of `Record.location_of`, if no record is needed for it.
        self.locate: Callable[[int, str | None, bool], Location] | None = None
        self.problems: list[Problem] = []
        self.unlisted: list[Unlisted] = []
        self.remarks: list[Remark] = []
        self.topology = Topology()
        self.used: frozenset[str] = frozenset()  # real paths of data files that were read on the way

    def column(self, field: str) -> Sequence[Scalar]:
        """The values of one field, one for each entry; None if it is absent."""
        if self.columns is not None:
            return self.columns.get(field) or [None] * len(self.records)
        return [held.value if (held := record.fields.get(field)) else None for record in self.records]


class Inputs(NamedTuple):
    """Everything that one run reads."""

    sources: list[Reading]  # files that somebody wrote: together one set
    sets: list[Reading]  # each a set of its own: named plans, states, stacks and dumps; environments
    live: list[Reading]  # what the sets are compared with
    notice: str | None = None  # why nothing was read
