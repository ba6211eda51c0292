"""`vcolint init`: a commented `vcolint.yaml` from what is there, and the lines for hooks and CI.

In the config, `# ` begins a comment for people; a `#` with no blank behind it is a setting to turn on.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vcolint.config.load import NAMES
from vcolint.config.settle import settle
from vcolint.library import route_sets
from vcolint.locale import say, tr
from vcolint.model import network
from vcolint.model.reading import Inputs, Reading
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Environment
from vcolint.text.value import SENSITIVE
from vcolint.text.wording import count, listed, shortened
from vcolint.version import __version__

NAME = NAMES[0]

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")  # a text that needs no quotes in YAML
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_MOST = 20  # connections or networks in one list
_PRIVATE = {text: network.parse(text) or 0 for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")}
_KINDS = {
    "route-set": say("route sets"),
    "terraform": "Terraform",
    "ros": say("ROS templates"),
    "pulumi": say("Pulumi programs"),
    "cli": say("scripts"),
}


class _Place(NamedTuple):
    """A file or folder to check, and what it holds."""

    name: str
    kinds: tuple[str, ...]
    entries: int


class _Domain(NamedTuple):
    """Connections that are taken to end on one transit router, until the config says so."""

    name: str
    connections: tuple[str, ...]
    has_backups: bool


def found_environments(inputs: Inputs) -> tuple[Environment, ...]:
    """The environments that the Terraform roots in the working directory seem to have, by name."""
    from vcolint.read.terraform.environments import find

    found = [
        one
        for reading in inputs.sources
        if reading.root is not None and reading.root.isprintable()
        for one in find(reading.root, reading.texts.values())
    ]
    numbers = Counter(one.name for one in found)
    return tuple(
        Environment(
            one.name if numbers[one.name] == 1 else f"{one.root}/{one.name}",
            one.root,
            one.var_files,
            one.workspace,
        )
        for one in found
    )


def config_text(inputs: Inputs, environments: Sequence[Environment]) -> str:
    """The config for what was read from the working directory."""
    places = _places((*inputs.sources, *inputs.sets))
    sets = route_sets(inputs, settle(Config()))
    domains = _domains(sets)
    connections = _connections(sets)
    parts = [
        _comment(
            say("The settings of vcolint. Everything in this file is optional. To see what is in effect:")
        )
        + "# vcolint check --show-settings",
        _files(places),
        _comment(say("The lowest severity that makes the exit status 1: error, warning, note or never."))
        + "fail-on: error",
        _comment(say("The language of messages: auto, en or zh.")) + "#language: zh",
        _comment(say("Which rules run: codes, names or prefixes. Default: all that are on by default."))
        + "#select: [VCO, missing-description]\n"
        "#ignore: [redundant-destination]\n"
        "#severity: {primary-without-backup: error}\n"
        '#per-file-ignores: {"lab/**": [special-purpose-destination]}',
        _domains_text(domains),
        _quota(connections),
        _facts(sets, connections),
        _comment(say("What is live, to compare the entries with: all pages of DescribeVcoRouteEntries."))
        + "#live: [snapshots/*.json]",
        _comment(say("What every change must keep: who carries which network."))
        + "#promises: [{network: 10.20.0.0/16, survives: true, name: head office}]",
    ]
    if environments:
        parts.append(_environments(environments))
    elif any("terraform" in place.kinds for place in places):
        about = _comment(say("How Terraform is run."))
        parts.append(about + "#terraform: {var-files: [prod.tfvars], workspace: default}")
    return "\n\n".join(parts) + "\n"


def summary(inputs: Inputs, environments: Sequence[Environment]) -> str:
    """What was found, in one sentence."""
    places = _places((*inputs.sources, *inputs.sets))
    entries = sum(place.entries for place in places)
    if not entries:
        return say("no route entries found yet")
    found = say(
        "found {entries} in {listed}",
        entries=count(entries, "entry"),
        listed=listed([place.name for place in places]),
    )
    if not environments:
        return found
    number = count(len(environments), "environment")
    return say("{found}, with {environments} of Terraform", found=found, environments=number)


# -- what is there ----------------------------------------------------------------------------------------


def _places(readings: Iterable[Reading]) -> list[_Place]:
    """The files and folders of the working directory that hold entries, or may."""
    kinds: dict[str, dict[str, None]] = {}
    entries: Counter[str] = Counter()
    for reading in readings:
        if not (reading.records or reading.unlisted or reading.problems):
            continue
        first, slash, _ = (reading.root or next(iter(reading.texts))).partition("/")
        name = f"{first}/" if slash or (reading.root not in (None, ".")) else first
        if name.isprintable():
            kinds.setdefault(name, {})[reading.kind] = None
            entries[name] += len(reading.records)
    return [_Place(name, tuple(kinds[name]), entries[name]) for name in sorted(kinds)]


def _domains(sets: Iterable[RouteSet]) -> list[_Domain]:
    """The domains that are guessed and hold several connections; a connection is in one of them only."""
    found: dict[str, dict[str, None]] = {}
    backups: set[str] = set()
    for routes in sets:
        weights = routes.column("Weight")
        for entry in range(routes.size):
            domain = routes.domains[entry]
            connection = routes.connections[entry]
            shown = routes.connection_name(connection)
            if domain.known or connection is None or shown == SENSITIVE or not shown.isprintable():
                continue
            name = re.sub(r"[^A-Za-z0-9]+", "-", domain.name).strip("-") or "main"
            found.setdefault(name, {})[shown] = None
            if weights[entry] == 0:
                backups.add(name)
    domains: list[_Domain] = []
    taken: set[str] = set()
    for name, connections in found.items():
        left = tuple(one for one in connections if one not in taken)
        if len(left) > 1:
            taken.update(left)
            domains.append(_Domain(name, left, name in backups))
    return domains


def _connections(sets: Iterable[RouteSet]) -> Counter[str]:
    """How many entries each connection has, by its name."""
    names = (routes.connection_name(one) for routes in sets for one in routes.connections if one is not None)
    return Counter(name for name in names if name != SENSITIVE and name.isprintable())


# -- the parts of the config ------------------------------------------------------------------------------


def _comment(*messages: str) -> str:
    """Comments for people, in the language in use."""
    return "".join(f"# {tr(message)}\n" for message in messages)


def _files(places: Sequence[_Place]) -> str:
    about = say("What vcolint check reads if you give no path. Globs as in .gitignore leave files out.")
    lines = []
    if any(place.name == "." for place in places):
        lines.append("files: [.]")
    elif places:
        lines.append("files:")
        for place in places:
            kinds = tr(listed([_KINDS[kind] for kind in place.kinds]))
            entries = count(place.entries, "entry")
            lines.append(f"  - {_text(place.name)}  # {kinds}: {tr(entries)}")
    else:
        lines.append("#files: [routes/, infra/]")
    return _comment(about) + "\n".join([*lines, '#exclude: ["**/legacy/**"]'])


def _domains_text(domains: Sequence[_Domain]) -> str:
    about = _comment(
        say("Which connections end on the same transit router: only these back each other up or share load."),
        say("Without it, vcolint assumes that those of one folder or Terraform root do."),
        say("redundancy: active-standby, ecmp, none, or auto, where weights 0 and 100 say what is meant."),
    )
    lines = ["#domains:"]
    shown = domains or [_Domain("hangzhou", ("vco-a", "vco-b"), True)]
    for domain in shown:
        redundancy = "active-standby" if domain.has_backups else "auto"
        lines.append(
            f"#  {_text(domain.name)}: {{connections: {_list(domain.connections)}, redundancy: {redundancy}}}"
        )
    return about + "\n".join(lines)


def _quota(connections: Counter[str]) -> str:
    about = [say("How many routes a connection may have. No limit is published: ask for yours.")]
    if connections:
        name, number = connections.most_common(1)[0]
        about.append(say("{name} has {number}.", name=shortened(name), number=number))
    return _comment(*about) + "#quotas: {routes-per-connection: 20}"


def _facts(sets: Iterable[RouteSet], connections: Counter[str]) -> str:
    known = list(connections) or ["vco-a", "vco-b"]
    blocks = {block for routes in sets for block in routes.networks if block is not None}
    allowed = [
        text
        for text, private in _PRIVATE.items()
        if any(network.contains(private, block) for block in blocks)
    ]
    first = _text(known[0])
    around = say("What is around the routes. vcolint reads some of it from Terraform and ROS.")
    policy = say("Your own policy: forbidden destinations, the only allowed ones, all existing connections.")
    return f"""\
{_comment(around)}#facts:
#  vpc-cidrs: [10.0.0.0/16]
#  ssl-client-pools: [192.168.255.0/24]
#  bgp-tunnel-cidrs: [169.254.11.0/30]
#  customer-gateway-ips: {{{first}: 192.0.2.1}}
#  keeps-routes: {_list(known[:1])}
#  remote-subnets: {{{first}: [192.168.0.0/24]}}
{_comment(policy)}#  forbidden-destinations: [10.200.0.0/16]
#  allowed-destinations: {{"*": {_list(allowed or list(_PRIVATE))}}}
#  connections: {_list(known)}"""


def _environments(environments: Sequence[Environment]) -> str:
    about = say("With which values Terraform is run: each root is read once for each of its environments.")
    lines = ["terraform:", "  environments:"]
    for one in environments:
        files = f", var-files: [{', '.join(map(_text, one.var_files))}]" if one.var_files else ""
        workspace = f", workspace: {_text(one.workspace)}" if one.workspace else ""
        lines.append(f"    {_text(one.name)}: {{root: {_text(one.root)}{files}{workspace}}}")
    return _comment(about) + "\n".join(lines)


def _list(texts: Sequence[str]) -> str:
    """A list of YAML on one line; of a long one, its beginning."""
    return f"[{', '.join(_text(text) for text in texts[:_MOST])}]"


def _text(text: str) -> str:
    """A text in YAML."""
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return text if plain or network.parse(text) is not None else json.dumps(text, ensure_ascii=False)


# -- hooks and CI -----------------------------------------------------------------------------------------


def snippets() -> str:
    """The lines to copy for pre-commit, GitHub and GitLab."""
    own = say(
        "Put your copy here: vcolint is on no public index, so its bare name would install something else."
    )
    return f"""\
.pre-commit-config.yaml:

  repos:
    - repo: https://example.com/your/copy/of/vcolint
      rev: v{__version__}
      hooks:
        - id: vcolint

.github/workflows/vcolint.yml:

  on: [push, pull_request]
  jobs:
    vcolint:
      runs-on: ubuntu-latest
      steps:
        - uses: actions/checkout@v4
        - uses: your/copy-of-vcolint@v{__version__}

.gitlab-ci.yml:

  vcolint:
    stage: test
    image: python:3.12-slim
    script:
      {_comment(own)}      - python -m pip install --quiet git+https://example.com/your/copy/of/vcolint
      - vcolint check --output text --output gitlab:gl-code-quality-report.json
        --output junit:vcolint-junit.xml
    artifacts:
      when: always
      reports:
        codequality: gl-code-quality-report.json
        junit: vcolint-junit.xml
"""
