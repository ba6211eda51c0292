"""`vcolint init`: a commented `vcolint.yaml` for the working directory, and the lines for hooks and CI."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from functools import partial
from string import Template

import click

from vcolint.cli.options import Command, language_option
from vcolint.cli.terminal import write, write_file
from vcolint.config.load import default_config, find_config, shown
from vcolint.errors import VcolintError
from vcolint.library import read_paths
from vcolint.locale import say, tr
from vcolint.model.reading import Inputs
from vcolint.model.settings import CONFIG_NAMES, Config, Environment, Terraform
from vcolint.text.wording import count, listed
from vcolint.version import __version__

# A line that begins with `# ` is a comment for people: a message of the catalog. One that begins with `#` and
# no blank is a setting to turn on. `$` marks what depends on the files.
CONFIG = """\
# Everything in this file is optional. To see what is in effect, run vcolint check --show-settings.

# What vcolint check reads if you give no path. exclude leaves files out: globs as in .gitignore.
files:$files
#exclude: ["**/legacy/**"]

# The lowest severity that makes the exit status 1: error, warning, note or never.
fail-on: error

# The language of messages: auto, en or zh.
#language: zh

# Which rules run: codes, names or prefixes. Default: all that are on by default.
#select: [VCO, missing-description]
#ignore: [redundant-destination]
#severity: {primary-without-backup: error}
#per-file-ignores: {"lab/**": [special-purpose-destination]}

# Which connections end on the same transit router: only these back each other up or share load.
#domains: {hangzhou: {connections: [vco-a, vco-b], redundancy: active-standby}}

# How many routes a connection may have. No limit is published: ask for yours.
#quotas: {routes-per-connection: 20}

# The network around the routes. vcolint reads some of this from Terraform, ROS and Pulumi.
#facts: {vpc-cidrs: [10.0.0.0/16], forbidden-destinations: [10.200.0.0/16], connections: [vco-a, vco-b]}

# Live snapshots to compare the entries with: all pages of DescribeVcoRouteEntries.
#live: [snapshots/*.json]

# What must stay true after every change: who carries which network.
#promises: [{network: 10.20.0.0/16, survives: true, name: head office}]

# The values that Terraform runs with. vcolint reads each root once for each of its environments.
$terraform
"""

_SNIPPETS = """\
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

  include:
    - project: your/copy-of-vcolint
      ref: v$version
      file: docs/ci/vcolint.gitlab-ci.yml
  variables:
    VCOLINT: git+https://example.com/your/copy/of/vcolint
"""


_written = partial(json.dumps, ensure_ascii=False)  # a text or a list of texts in YAML


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
    entries = sum(places.values())
    summary = say("no route entries found yet")
    if entries:
        folders = [say("this folder") if one == os.curdir else one for one in sorted(places)]
        number, where = count(entries, "entry"), listed(folders)
        summary = say("found {entries} in {listed}", entries=number, listed=where)
    write_file(CONFIG_NAMES[0], _config_text(places, environments))
    write(
        tr("wrote {file}: {summary}.", file=CONFIG_NAMES[0], summary=summary)
        + "\n\n  vcolint check                                         "
        + tr("checks the files that it names")
        + "\n  vcolint check --write-baseline vcolint-baseline.json  "
        + tr("ignores today's findings from now on")
        + f"\n\n{tr('To check every change, copy one of these.')}\n\n"
        + Template(_SNIPPETS).substitute(version=__version__)
    )


def _environments(inputs: Inputs) -> tuple[Environment, ...]:
    """The environments that the Terraform roots in the working directory seem to have, by name."""
    from vcolint.read.terraform import environments

    found = [
        one
        for reading in inputs.sources
        if reading.root is not None and reading.root.isprintable()
        for one in environments(reading.root, reading.texts.values())
    ]
    numbers = Counter(one.name for one in found)
    return tuple(
        one if numbers[one.name] == 1 else one._replace(name=f"{one.root}/{one.name}") for one in found
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


def _config_text(places: Counter[str], environments: tuple[Environment, ...]) -> str:
    """The config for what was read from the working directory."""
    files = "".join(f"\n  - {_written(name)}" for name in sorted(places))
    terraform = "#terraform: {var-files: [prod.tfvars], workspace: default}"
    if environments:
        terraform = "terraform:\n  environments:"
    for one in environments:
        values = {"root": one.root, "var-files": one.var_files, "workspace": one.workspace}
        written = (f"{key}: {_written(value)}" for key, value in values.items() if value)
        terraform += f"\n    {_written(one.name)}: {{{', '.join(written)}}}"
    told = re.sub(r"(?m)(?<=^# ).*", lambda comment: tr(comment[0]), CONFIG)
    given = " [.]" if "." in places or not places else files
    return Template(told).substitute(files=given, terraform=terraform)
