"""Terraform states: what `terraform show -json` prints of one, and raw `terraform.tfstate` files (v4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from vcolint.hcl.values import instance_key
from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import ROUTE, SURROUNDINGS, Instance, describe, mapping, without_sensitive
from vcolint.text.nodes import entries, items, members, plain, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source


class _Resource(NamedTuple):
    """One managed resource instance of a state."""

    node: Node  # the object in the file that describes it
    address: str
    type: str
    values: Node | None
    sensitive: dict[Any, Any]  # its attributes: true if one is sensitive or contains something sensitive


def read(source: Source) -> Reading:
    """Read a state. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-state", [source.file])
    document = trees(source, True, reading)[0]
    top = members(document)
    version, resources, values = (top.get(name) for name in ("version", "resources", "values"))
    if isinstance(version, ScalarNode) and version.value == 4 and isinstance(resources, SequenceNode):
        found = _raw(resources)
    elif isinstance(values, MappingNode) or "format_version" in top:  # an empty state has no values
        found = _shown(members(values).get("root_module"))
    else:
        place = source.location(document.start, document.start)
        message = say("not a Terraform state: it has neither `values` nor `version` 4 with `resources`")
        reading.problems.append(Problem("syntax", message, place))
        return reading
    surroundings = []
    for one in found:
        location = source.location(one.node.start, one.node.end)
        if one.type == ROUTE:
            draft = Draft(reading, location, one.address)
            for key, value in entries(one.values):
                field = TERRAFORM.get(str(key.value))
                if field is not None:
                    place = source.location(value.start, value.end)
                    sensitive = one.sensitive.get(key.value) is True
                    draft.put(field, plain(value), place, sensitive=sensitive, template=False)
            timeouts = members(members(one.values).get("timeouts"))
            draft.close(create_timeout=seconds(text(timeouts.get("create"))))
        elif one.type in SURROUNDINGS and one.values is not None:
            known = mapping(without_sensitive(plain(one.values), one.sensitive))
            surroundings.append(Instance(one.address, one.type, known, location))
    describe(reading.topology, source.file, surroundings)
    return reading


def _shown(root: Node | None) -> Iterator[_Resource]:
    """The resources that `terraform show -json` prints, outer modules first."""
    ahead = [root]
    while ahead:
        module = members(ahead.pop())
        for node in items(module.get("resources")):
            resource = members(node)
            address, kind = text(resource.get("address")), text(resource.get("type"))
            if address is not None and kind is not None and text(resource.get("mode")) != "data":
                marks = resource.get("sensitive_values")
                sensitive = mapping(None if marks is None else plain(marks))
                yield _Resource(node, address, kind, resource.get("values"), sensitive)
        ahead += reversed(items(module.get("child_modules")))


def _raw(resources: Node) -> Iterator[_Resource]:
    """The resource instances of a state file as Terraform keeps it."""
    for node in items(resources):
        resource = members(node)
        kind, name = text(resource.get("type")), text(resource.get("name"))
        if kind is None or name is None or text(resource.get("mode")) == "data":
            continue
        module = text(resource.get("module"))
        address = f"{module}.{kind}.{name}" if module else f"{kind}.{name}"
        for instance in items(resource.get("instances")):
            parts = members(instance)
            if "deposed" in parts:  # about to be deleted: the file also has its replacement
                continue
            key = parts.get("index_key")
            index = key.value if isinstance(key, ScalarNode) else None
            written = instance_key(index) if isinstance(index, (str, int)) else ""
            # Each is a path of steps: `[{"type": "get_attr", "value": "route_dest"}]`.
            paths = map(items, items(parts.get("sensitive_attributes")))
            sensitive = {text(members(step).get("value")): True for path in paths for step in path[:1]}
            yield _Resource(instance, address + written, kind, parts.get("attributes"), sensitive)
