"""Terraform states: what `terraform show -json` prints of one, and raw `terraform.tfstate` files (v4)."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import NamedTuple

from vcolint.locale import say
from vcolint.model.reading import Reading
from vcolint.read.documents import trees
from vcolint.read.draft import TERRAFORM, Draft, seconds
from vcolint.read.instances import ROUTE, SURROUNDINGS, Instance, describe
from vcolint.text.nodes import items, members, plain, text
from vcolint.text.source import MappingNode, Node, Problem, ScalarNode, SequenceNode, Source
from vcolint.text.value import Unknown


class _Resource(NamedTuple):
    """One managed resource instance of a state."""

    node: Node  # the object that stands for it
    address: str
    type: str
    values: Node | None
    sensitive: frozenset[str]  # its sensitive attributes


def read(source: Source) -> Reading:
    """Read a state. Raises SyntaxFault for text that is not JSON."""
    reading = Reading("terraform-state", [source.file])
    document = trees(source, True, reading)[0]
    top = members(document)
    version = top.get("version")
    if isinstance(version, ScalarNode) and version.value == 4 and "resources" in top:
        _expect(reading, source, top["resources"], "resources", SequenceNode)
        resources = _raw(top["resources"])
    elif "values" in top:
        _expect(reading, source, top["values"], "values", MappingNode)
        resources = _shown(members(top["values"]).get("root_module"))
    elif "format_version" in top:  # an empty state
        resources = iter(())
    else:
        place = source.location(document.start, document.start)
        message = say("not a Terraform state: it has neither `values` nor `version` 4 with `resources`")
        reading.problems.append(Problem("syntax", message, place))
        return reading

    surroundings = []
    for resource in resources:
        if resource.type == ROUTE:
            _route(reading, source, resource)
        elif resource.type in SURROUNDINGS and resource.values is not None:
            location = source.location(resource.node.start, resource.node.end)
            values = {
                name: plain(value)
                for name, value in members(resource.values).items()
                if name not in resource.sensitive
            }
            surroundings.append(Instance(resource.address, resource.type, values, location))
    describe(reading.topology, source.file, surroundings)
    return reading


def _expect(reading: Reading, source: Source, node: Node, name: str, wanted: type) -> None:
    if not isinstance(node, wanted):
        message = say(
            "{name} must be {value}",
            name=name,
            value=say("a list") if wanted is SequenceNode else say("a mapping"),
        )
        reading.problems.append(Problem("syntax", message, source.location(node.start, node.end)))


def _route(reading: Reading, source: Source, resource: _Resource) -> None:
    node = resource.node
    draft = Draft(reading, source.location(node.start, node.end), resource.address)
    timeout = None
    for name, value in _pairs(resource.values):
        field = TERRAFORM.get(name)
        location = source.location(value.start, value.end)
        if field is not None:
            draft.put(field, plain(value), location, sensitive=name in resource.sensitive, template=False)
        elif name == "timeouts":
            timeout = seconds(text(members(value).get("create")))
    draft.close(create_timeout=timeout)


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    """All pairs as written: a key may stand twice."""
    if isinstance(node, MappingNode):
        for key, value in node.pairs:
            name = text(key)
            if name is not None:
                yield name, value


def _shown(root: Node | None) -> Iterator[_Resource]:
    """The resources that `terraform show -json` prints, outer modules first."""
    ahead = [root]
    while ahead:
        module = members(ahead.pop())
        for node in items(module.get("resources")):
            resource = members(node)
            address, kind = text(resource.get("address")), text(resource.get("type"))
            if address is None or kind is None or text(resource.get("mode")) == "data":
                continue
            marks = members(resource.get("sensitive_values"))
            sensitive = frozenset(name for name, mark in marks.items() if _any_true(mark))
            yield _Resource(node, address, kind, resource.get("values"), sensitive)
        ahead += reversed(items(module.get("child_modules")))


def _any_true(node: Node) -> bool:
    """Whether anything below is marked."""
    if isinstance(node, ScalarNode):
        return node.value is True
    below = node.items if isinstance(node, SequenceNode) else [value for _, value in node.pairs]
    return any(map(_any_true, below))


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
            attributes = members(instance)
            if "deposed" in attributes:  # on its way out: a replacement stands beside it
                continue
            sensitive = frozenset(
                step
                for path in items(attributes.get("sensitive_attributes"))
                for step in [_first_step(path)]
                if step is not None
            )
            key = attributes.get("index_key")
            yield _Resource(
                instance, address + _instance_key(key), kind, attributes.get("attributes"), sensitive
            )


def _first_step(path: Node) -> str | None:
    """The attribute that a path of `sensitive_attributes` begins with:
    `[{"type": "get_attr", "value": "route_dest"}]`."""
    steps = items(path)
    return text(members(steps[0]).get("value")) if steps else None


def _instance_key(key: Node | None) -> str:
    """An instance key as Terraform writes it in an address."""
    value = key.value if isinstance(key, ScalarNode) else None
    if value is None or isinstance(value, Unknown):
        return ""
    if isinstance(value, str):
        written = dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
        return f"[{written}]"
    return f"[{value}]"
