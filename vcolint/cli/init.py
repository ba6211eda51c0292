"""`vcolint init`: a commented `vcolint.yaml` for the working directory, and the lines for hooks and CI.

In the config, `# ` begins a comment for people; a `#` without a blank after it is a setting to turn on.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Template

import click

from vcolint.cli.help import Command, language_option
from vcolint.cli.output import write_file
from vcolint.cli.terminal import write
from vcolint.config.load import NAMES, find_config, shown
from vcolint.config.settle import default_config, settle
from vcolint.errors import VcolintError
from vcolint.library import read_paths, route_sets
from vcolint.locale import say, tr
from vcolint.model.reading import Inputs
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Environment, Terraform
from vcolint.text.value import SENSITIVE
from vcolint.text.wording import count, listed
from vcolint.version import __version__

_PLAIN = re.compile(r"(?!(true|false|null|yes|no|on|off)\Z)[A-Za-z_/][A-Za-z0-9_./-]*", re.IGNORECASE)

# The parts of the config: settings, and the comments above them. `$` marks parts that depend on the files.
_PART_TEMPLATES = {
    "# vcolint check --show-settings": (
        "The settings of vcolint. Everything in this file is optional. To see what is in effect:",
    ),
    '$files\n#exclude: ["**/legacy/**"]': (
        "What vcolint check reads if you give no path. Globs as in .gitignore leave files out.",
    ),
    "fail-on: error": ("The lowest severity that makes the exit status 1: error, warning, note or never.",),
    "#language: zh": ("The language of messages: auto, en or zh.",),
    """\
#select: [VCO, missing-description]
#ignore: [redundant-destination]
#severity: {primary-without-backup: error}
#per-file-ignores: {"lab/**": [special-purpose-destination]}""": (
        "Which rules run: codes, names or prefixes. Default: all that are on by default.",
    ),
    "#domains:\n$domains": (
        "Which connections end on the same transit router: only these back each other up or share load.",
        "Without this, vcolint assumes that all connections of one folder or Terraform root do.",
        "redundancy: active-standby, ecmp, none, or auto (weights 0 and 100 say what is meant).",
    ),
    "#quotas: {routes-per-connection: 20}": (
        "How many routes a connection may have. No limit is published: ask for yours.",
    ),
    """\
#facts:
#  vpc-cidrs: [10.0.0.0/16]
#  ssl-client-pools: [192.168.255.0/24]
#  bgp-tunnel-cidrs: [169.254.11.0/30]
#  customer-gateway-ips: {vco-a: 192.0.2.1}
#  keeps-routes: [vco-a]
#  remote-subnets: {vco-a: [192.168.0.0/24]}
#  forbidden-destinations: [10.200.0.0/16]
#  allowed-destinations: {"*": [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}
#  connections: [vco-a, vco-b]""": (
        "The network around the routes. vcolint reads some of this from Terraform, ROS and Pulumi.",
        "Your own policy: forbidden destinations, allowed destinations, all existing connections.",
    ),
    "#live: [snapshots/*.json]": (
        "Live snapshots to compare the entries with: all pages of DescribeVcoRouteEntries.",
    ),
    "#promises: [{network: 10.20.0.0/16, survives: true, name: head office}]": (
        "What must stay true after every change: who carries which network.",
    ),
    "$terraform": (
        "The values that Terraform runs with. vcolint reads each root once for each of its environments.",
    ),
}

# $own: a comment.
_SNIPPETS = Template("""\
.pre-commit-config.yaml:

  repos:
    - repo: https://example.com/your/copy/of/vcolint
      rev: v$version
      hooks:
        - id: vcolint

.github/workflows/vcolint.yml:

  on: [push, pull_request]
  jobs:
    vcolint:
      runs-on: ubuntu-latest
      steps:
        - uses: actions/checkout@v4
        - uses: your/copy-of-vcolint@v$version

.gitlab-ci.yml:

  vcolint:
    stage: test
    image: python:3.12-slim
    script:
      # $own
      - python -m pip install --quiet git+https://example.com/your/copy/of/vcolint
      - vcolint check --output text --output gitlab:gl-code-quality-report.json
        --output junit:vcolint-junit.xml
    artifacts:
      when: always
      reports:
        codequality: gl-code-quality-report.json
        junit: vcolint-junit.xml
""")


@click.command(cls=Command)
@language_option
def init() -> None:
    """Write a starter vcolint.yaml, and print lines for hooks and CI."""
    there = find_config(os.curdir)
    if there is not None:
        raise VcolintError(say("{there} is already in effect here; nothing was written", there=shown(there)))
    inputs = read_paths(default_config(), [os.curdir])
    environments = _environments(inputs)
    if environments:
        config = Config(folder=os.curdir, terraform=Terraform(environments=environments))
        inputs = read_paths(config, [os.curdir])
    places = _places(inputs)
    domains = _domains(route_sets(inputs, settle(Config())))
    write_file(NAMES[0], _config_text(sorted(places), domains, environments))
    own = tr(
        "Put your copy here: vcolint is on no public index, so its bare name would install something else."
    )
    write(
        tr("wrote {file}: {summary}.", file=NAMES[0], summary=_summary(places, environments))
        + "\n\n  vcolint check                                         "
        + tr("checks the files that it names")
        + "\n  vcolint check --write-baseline vcolint-baseline.json  "
        + tr("ignores today's findings from now on")
        + f"\n\n{tr('To check every change, copy one of these.')}\n\n"
        + _SNIPPETS.substitute(version=__version__, own=own)
    )


def _environments(inputs: Inputs) -> tuple[Environment, ...]:
    """The environments that the Terraform roots in the working directory seem to have, by name."""
    from vcolint.read.environments import find

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


def _places(inputs: Inputs) -> Counter[str]:
    """The files and folders of the working directory that hold entries, or may hold some, with the number of
    entries."""
    found: Counter[str] = Counter()
    for reading in (*inputs.sources, *inputs.sets):
        if reading.records or reading.unlisted or reading.problems:
            first, slash, _ = (reading.root or next(iter(reading.texts))).partition("/")
            name = f"{first}/" if slash or (reading.root not in (None, ".")) else first
            if name.isprintable():
                found[name] += len(reading.records)
    return found


def _domains(sets: Iterable[RouteSet]) -> dict[str, list[str]]:
    """The guessed domains with several connections; each connection is in only one of them."""
    found: dict[str, dict[str, None]] = {}
    for routes in sets:
        for entry, connection in enumerate(routes.connections):
            name, domain = routes.connection_name(connection), routes.domains[entry]
            if connection is not None and not domain.known and name.isprintable() and name != SENSITIVE:
                called = re.sub(r"[^A-Za-z0-9]+", "-", domain.name).strip("-") or "main"
                found.setdefault(called, {})[name] = None
    domains: dict[str, list[str]] = {}
    for called, connections in found.items():
        left = [one for one in connections if not any(one in others for others in domains.values())]
        if len(left) > 1:
            domains[called] = left
    return domains


def _config_text(
    places: Sequence[str], domains: Mapping[str, Sequence[str]], environments: Sequence[Environment]
) -> str:
    """The config for what was read from the working directory."""
    files = "".join(f"\n  - {_text(name)}" for name in places)
    if "." in places or not places:
        files = " [.]"
    terraform = "#terraform: {var-files: [prod.tfvars], workspace: default}"
    if environments:
        terraform = "terraform:\n  environments:"
    for one in environments:
        var_files = f", var-files: {_list(one.var_files)}" if one.var_files else ""
        workspace = f", workspace: {_text(one.workspace)}" if one.workspace else ""
        terraform += f"\n    {_text(one.name)}: {{root: {_text(one.root)}{var_files}{workspace}}}"
    values = {
        "files": f"files:{files}",
        "domains": "\n".join(
            f"#  {_text(name)}: {{connections: {_list(connections)}, redundancy: auto}}"
            for name, connections in (domains or {"hangzhou": ["vco-a", "vco-b"]}).items()
        ),
        "terraform": terraform,
    }
    parts = (
        "".join(f"# {tr(comment)}\n" for comment in comments) + Template(settings).substitute(values)
        for settings, comments in _PART_TEMPLATES.items()
    )
    return "\n\n".join(parts) + "\n"


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """A text in YAML."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _summary(places: Mapping[str, int], environments: Sequence[Environment]) -> str:
    """What was found, in one sentence."""
    entries = sum(places.values())
    if not entries:
        return say("no route entries found yet")
    found = say("found {entries} in {listed}", entries=count(entries, "entry"), listed=listed(sorted(places)))
    if not environments:
        return found
    number = count(len(environments), "environment")
    return say("{found}, with {environments} of Terraform", found=found, environments=number)
