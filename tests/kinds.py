"""One set of entries written as every kind of input."""

from __future__ import annotations

import csv
import io
import json
import shlex
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from vcolint.model.entry import FIELDS, REQUIRED, snake_case

Entry = Mapping[str, Any]  # API field -> value; absent fields have no key

REGION = "cn-hangzhou"  # where the whole file has one region only
ROUTE = "alicloud_vpn_gateway_vco_route"
PULUMI_ROUTE = "alicloud:vpn/gatewayVcoRoute:GatewayVcoRoute"
PROVIDER = "pulumi:providers:alicloud"
_PROVIDER_URN = f"urn:pulumi:prod::net::{PROVIDER}::main"

_TERRAFORM = (*REQUIRED, "OverlayMode")


class Written(NamedTuple):
    """A file, and on which lines its entries begin."""

    text: str
    starts: list[int]

    def entry_on(self, line: int) -> int | None:
        """The number of the entry that a line belongs to; None above all of them."""
        return bisect_right(self.starts, line) - 1 if line >= self.starts[0] else None


class Kind(NamedTuple):
    """How to write a set as one kind of input."""

    kind: str  # as `--as` has it
    file: str
    fields: Sequence[str]  # that it carries
    write: Callable[[Sequence[Entry]], Written]
    regions: bool = False  # every entry has its own
    numbers: bool = True  # tells numbers from text


def _lines(head: str, entries: Sequence[str], tail: str = "", between: str = "\n") -> Written:
    """Entries behind one another, each beginning on a line of its own."""
    text, starts = head, []
    for number, entry in enumerate(entries):
        starts.append(text.count("\n") + 1)
        text += entry + (between if number < len(entries) - 1 else "")
    return Written(text + tail, starts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _snake(entry: Entry) -> dict[str, Any]:
    return {snake_case(field): value for field, value in entry.items() if field != "RegionId"}


def _camel(entry: Entry) -> dict[str, Any]:
    return {field[0].lower() + field[1:]: value for field, value in entry.items() if field != "RegionId"}


# -- route sets -------------------------------------------------------------------------------------------


def _yaml(entries: Sequence[Entry]) -> Written:
    def written(entry: Entry) -> str:
        return "".join(
            f"{'- ' if number == 0 else '  '}{field}: {_json(value)}\n"
            for number, (field, value) in enumerate(entry.items())
        )

    return _lines("# routes\n", [written(entry) for entry in entries], between="")


def _json_list(entries: Sequence[Entry]) -> Written:
    return _lines("[\n", list(map(_json, entries)), "\n]\n", ",\n")


def _json_lines(entries: Sequence[Entry]) -> Written:
    return _lines("", list(map(_json, entries)), "\n")


def _csv(entries: Sequence[Entry]) -> Written:
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(entries)
    return Written(out.getvalue(), list(range(2, len(entries) + 2)))


# -- Terraform --------------------------------------------------------------------------------------------


def _hcl(entries: Sequence[Entry]) -> Written:
    def block(number: int, entry: Entry) -> str:
        body = "".join(f"  {name} = {_json(value)}\n" for name, value in _snake(entry).items())
        return f'resource "{ROUTE}" "r{number}" {{\n{body}}}\n'

    head = f'provider "alicloud" {{\n  region = "{REGION}"\n}}\n'
    return _lines(head, [block(number, entry) for number, entry in enumerate(entries)])


def _tf_json(entries: Sequence[Entry]) -> Written:
    head = f'{{"provider": {{"alicloud": {{"region": "{REGION}"}}}},\n"resource": {{"{ROUTE}": {{\n'
    blocks = [f'"r{number}": {_json(_snake(entry))}' for number, entry in enumerate(entries)]
    return _lines(head, blocks, "\n}}}\n", ",\n")


def _resource(number: int, **more: Any) -> str:
    name = f"r{number}"
    provider = "registry.terraform.io/aliyun/alicloud"
    one = {"address": f"{ROUTE}.{name}", "mode": "managed", "type": ROUTE, "name": name}
    return _json({**one, "provider_name": provider, **more})


def _plan(entries: Sequence[Entry]) -> Written:
    changes = [
        _resource(
            number,
            change={
                "actions": ["create"],
                "before": None,
                "after": _snake(entry),
                "after_unknown": {"id": True},
                "after_sensitive": {},
            },
        )
        for number, entry in enumerate(entries)
    ]
    configuration = {
        "provider_config": {
            "alicloud": {"name": "alicloud", "expressions": {"region": {"constant_value": REGION}}}
        },
        "root_module": {
            "resources": [
                {
                    "address": f"{ROUTE}.r{number}",
                    "mode": "managed",
                    "type": ROUTE,
                    "name": f"r{number}",
                    "provider_config_key": "alicloud",
                    "expressions": {},
                }
                for number in range(len(entries))
            ]
        },
    }
    head = '{"format_version": "1.2", "resource_changes": [\n'
    return _lines(head, changes, f'\n], "configuration": {_json(configuration)}}}\n', ",\n")


def _state(entries: Sequence[Entry]) -> Written:
    resources = [_resource(number, values=_snake(entry)) for number, entry in enumerate(entries)]
    return _lines(
        '{"format_version": "1.0", "values": {"root_module": {"resources": [\n', resources, "\n]}}}\n", ",\n"
    )


def _raw_state(entries: Sequence[Entry]) -> Written:
    resources = [
        _resource(number, instances=[{"schema_version": 0, "attributes": _snake(entry)}])
        for number, entry in enumerate(entries)
    ]
    return _lines('{"version": 4, "serial": 1, "resources": [\n', resources, "\n]}\n", ",\n")


# -- the others -------------------------------------------------------------------------------------------


def _ros_resource(number: int, entry: Entry) -> str:
    properties = {field: value for field, value in entry.items() if field != "RegionId"}
    resource = {"Type": "ALIYUN::VPC::VcoRouteEntry", "Properties": properties}
    return f'"R{number}": {_json(resource)}'


def _ros_yaml(entries: Sequence[Entry]) -> Written:
    resources = [f"  {_ros_resource(number, entry)}" for number, entry in enumerate(entries)]
    return _lines("ROSTemplateFormatVersion: '2015-09-01'\nResources:\n", resources, "\n")


def _ros_json(entries: Sequence[Entry]) -> Written:
    resources = [_ros_resource(number, entry) for number, entry in enumerate(entries)]
    return _lines('{"ROSTemplateFormatVersion": "2015-09-01", "Resources": {\n', resources, "\n}}\n", ",\n")


def _pulumi(entries: Sequence[Entry]) -> Written:
    resources = [
        f"  r{number}: {_json({'type': PULUMI_ROUTE, 'properties': _camel(entry)})}"
        for number, entry in enumerate(entries)
    ]
    head = f"name: net\nruntime: yaml\nconfig:\n  alicloud:region: {{value: {REGION}}}\nresources:\n"
    return _lines(head, resources, "\n")


def _stack_state(number: int, entry: Entry) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:prod::net::{PULUMI_ROUTE}::r{number}",
        "custom": True,
        "type": PULUMI_ROUTE,
        "provider": f"{_PROVIDER_URN}::1",
        "inputs": _camel(entry),
    }


_PROVIDER_STATE = {"urn": _PROVIDER_URN, "type": PROVIDER, "id": "1", "inputs": {"region": REGION}}


def _preview(entries: Sequence[Entry]) -> Written:
    def step(state: dict[str, Any]) -> str:
        return _json({"op": "create", "urn": state["urn"], "newState": state})

    steps = [step(_stack_state(number, entry)) for number, entry in enumerate(entries)]
    head = f'{{"config": {{}}, "steps": [\n{step(_PROVIDER_STATE)},\n'
    return _lines(head, steps, '\n], "changeSummary": {}}\n', ",\n")


def _stack(entries: Sequence[Entry]) -> Written:
    states = [_json(_stack_state(number, entry)) for number, entry in enumerate(entries)]
    head = f'{{"version": 3, "deployment": {{"manifest": {{}}, "resources": [\n{_json(_PROVIDER_STATE)},\n'
    return _lines(head, states, "\n]}}\n", ",\n")


def _shell(entries: Sequence[Entry]) -> Written:
    def flag(field: str, value: Any) -> str:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return f"--{field} {shlex.quote(shown)}"

    commands = [
        " ".join(["aliyun vpc CreateVcoRouteEntry", *(flag(field, value) for field, value in entry.items())])
        for entry in entries
    ]
    return _lines("#!/bin/bash\nset -eu\n", commands, "\n")


KINDS = {
    "YAML": Kind("route-set", "routes.yaml", FIELDS, _yaml, regions=True),
    "JSON": Kind("route-set", "routes.json", FIELDS, _json_list, regions=True),
    "JSON Lines": Kind("route-set", "routes.jsonl", FIELDS, _json_lines, regions=True),
    "CSV": Kind("route-set", "routes.csv", FIELDS, _csv, regions=True, numbers=False),
    "HCL": Kind("terraform", "main.tf", _TERRAFORM, _hcl),
    "Terraform JSON": Kind("terraform", "main.tf.json", _TERRAFORM, _tf_json),
    "plan": Kind("terraform-plan", "plan.json", _TERRAFORM, _plan),
    "state": Kind("terraform-state", "state.json", _TERRAFORM, _state),
    "raw state": Kind("terraform-state", "terraform.tfstate", _TERRAFORM, _raw_state),
    "ROS YAML": Kind("ros", "template.yaml", (*REQUIRED, "Description"), _ros_yaml),
    "ROS JSON": Kind("ros", "template.json", (*REQUIRED, "Description"), _ros_json),
    "Pulumi": Kind("pulumi", "Pulumi.yaml", _TERRAFORM, _pulumi),
    "Pulumi preview": Kind("pulumi-stack", "preview.json", _TERRAFORM, _preview),
    "Pulumi stack": Kind("pulumi-stack", "stack.json", _TERRAFORM, _stack),
    "shell": Kind("cli", "create.sh", FIELDS, _shell, regions=True, numbers=False),
}
