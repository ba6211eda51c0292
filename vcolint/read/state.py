"""Terraform states: what `terraform show -json` prints of one, and raw `terraform.tfstate` files (v4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vcolint.hcl.values import instance_key
from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import TERRAFORM, Draft
from vcolint.read.instances import ROUTE, SURROUNDINGS, Instance, describe, mapping, without_sensitive
from vcolint.text.nodes import entries, items, members, plain, text
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault

# A resource instance: its object in the file, its address, its resource, its attributes, and those of them
# that are sensitive (true) or contain something sensitive.
_Found = tuple[Node, str, dict[str, Node], Node | None, dict[Any, Any]]


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
        message = say("not a Terraform state: it has neither `values` nor `version` 4 with `resources`")
        raise SyntaxFault(message, document.start)
    surroundings = []
    for node, address, resource, attributes, sensitive in found:
        location = source.location(node.start, node.end)
        kind = text(resource.get("type"))
        if text(resource.get("mode")) == "data":
            continue
        if kind == ROUTE:
            draft = Draft(reading, location, address)
            for key, value in entries(attributes):
                field = TERRAFORM.get(str(key.value))
                if field is not None:
                    place = source.location(value.start, value.end)
                    secret = sensitive.get(key.value) is True
                    draft.put(field, plain(value), place, sensitive=secret, template=False)
            draft.close()
        elif kind in SURROUNDINGS and attributes is not None:
            known = mapping(without_sensitive(plain(attributes), sensitive))
            surroundings.append(Instance(address, kind, known, location))
    describe(reading.topology, source.file, surroundings)
    return reading


def _shown(root: Node | None) -> Iterator[_Found]:
    """The resources that `terraform show -json` prints, outer modules first."""
    ahead = [root]
    while ahead:
        module = members(ahead.pop())
        for node in items(module.get("resources")):
            resource = members(node)
            address, marks = text(resource.get("address")), resource.get("sensitive_values")
            if address is not None:
                sensitive = mapping(None if marks is None else plain(marks))
                yield node, address, resource, resource.get("values"), sensitive
        ahead += reversed(items(module.get("child_modules")))


def _raw(resources: Node) -> Iterator[_Found]:
    """The resource instances of a state file as Terraform keeps it."""
    for resource in map(members, items(resources)):
        parts = (text(resource.get(name)) for name in ("module", "type", "name"))
        address = ".".join(filter(None, parts))
        for node in items(resource.get("instances")):
            instance = members(node)
            if "deposed" in instance:  # about to be deleted: the file also has its replacement
                continue
            key = instance.get("index_key")
            index = key.value if isinstance(key, ScalarNode) else None
            written = instance_key(index) if isinstance(index, (str, int)) else ""
            # Each is a path of steps: `[{"type": "get_attr", "value": "route_dest"}]`.
            paths = map(items, items(instance.get("sensitive_attributes")))
            sensitive = {text(members(step).get("value")): True for path in paths for step in path[:1]}
            yield node, address + written, resource, instance.get("attributes"), sensitive
