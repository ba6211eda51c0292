"""The types of the settings. `vcolint.yaml` fills them; without a file, the defaults apply."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vcolint.errors import ConfigError
from vcolint.locale import say
from vcolint.text.value import Location

Texts = tuple[str, ...]
NOTHING: Mapping[Any, Any] = MappingProxyType({})

# The names of a config. In one folder, the first that exists counts.
CONFIG_NAMES = ("vcolint.yaml", ".vcolint.yaml")

# The kinds of change to traffic, the most severe first.
KINDS = ("lost", "weaker", "moved", "new", "stronger")


class Facts(NamedTuple):
    """What the config says about the network around the routes. Networks are in canonical text, connections
    are IDs or addresses. An empty field was not given."""

    vpc_cidrs: Texts = ()
    ssl_client_pools: Texts = ()
    customer_gateway_ips: Texts = ()  # all of them, of whatever connection
    customer_gateways_of: Mapping[str, Texts] = NOTHING  # connection -> its own, if the config says so
    bgp_tunnel_cidrs: Texts = ()
    keeps_routes: Texts = ()  # connections whose health check keeps their routes
    remote_subnets: Mapping[str, Texts] = NOTHING  # connection -> networks
    forbidden_destinations: Texts = ()
    allowed_destinations: Mapping[str, Texts] = NOTHING  # connection or "*" -> networks
    connections: Texts = ()


class Domain(NamedTuple):
    """A routing domain: connections that end on the same transit router."""

    name: str
    connections: Texts
    redundancy: str | None = None  # None: that of the whole config


class Promise(NamedTuple):
    """What must stay true for a network, whatever else changes."""

    network: str
    location: Location  # in the config
    carried_by: Texts | None = None  # connections: no other one carries any of it
    survives: bool = False  # if any single connection fails, another one carries it
    name: str | None = None
    dropped: bool = False  # in a diff: the change removes or loosens it


class Environment(NamedTuple):
    """A Terraform root module with the values that it is planned with."""

    name: str
    root: str  # a folder
    var_files: Texts = ()  # after those of all roots
    workspace: str | None = None  # None: that of the whole config


class Expectation(NamedTuple):
    """A change to traffic that somebody declares. It is about every address of the network that any route
    covers."""

    network: str
    kind: str  # one of KINDS
    to: Texts | None  # who carries the network afterwards, by ID or address; None: any connection
    place: str  # where it is written: `file:line:column`


class Terraform(NamedTuple):
    """How Terraform is run."""

    var_files: Texts = ()
    workspace: str = "default"
    environments: tuple[Environment, ...] = ()


class Config(NamedTuple):
    """The settings. The names are those of the file; without a file, the defaults apply."""

    source: str | None = None  # the file's path as shown
    content: str = ""  # the file's text
    folder: str = "."  # what paths and globs in the config are relative to
    files: Texts = ()
    exclude: Texts = ()
    select: Texts | None = None  # None: all rules that are on by default
    ignore: Texts = ()
    per_file_ignores: Mapping[str, Texts] = NOTHING  # glob -> rules
    ignore_entries: Mapping[str, Texts] = NOTHING  # address, or connection and destination -> rules
    severity: Mapping[str, str] = NOTHING  # rule -> error, warning or note
    options: Mapping[str, Mapping[str, Any]] = NOTHING  # rule -> option -> value
    fail_on: str = "error"
    rules: Texts = ()  # folders of rule pages
    live: Texts = ()
    live_mode: str = "auto"
    redundancy: str = "auto"
    language: str = "auto"  # of messages: auto, en or zh
    quotas: Mapping[str, int] = NOTHING
    facts: Facts = Facts()
    domains: Mapping[str, Domain] = NOTHING  # by name
    terraform: Terraform = Terraform()
    promises: tuple[Promise, ...] = ()
    place_of: Callable[[Texts], Location | None] = lambda path: None  # of a key, or of a text in a list

    def fault(self, path: Texts, what: str) -> ConfigError:
        """An error about the value at that path of keys, with its place if the file gave it."""
        place = self.place_of(path)
        if place is None:
            return ConfigError(what)
        at = f"{place.file}:{place.line}:{place.column}"
        return ConfigError(say("{place}: {what}", place=at, what=what))
