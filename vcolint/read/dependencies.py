"""Which routes are created before a resource, according to the references of the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from vcolint.hcl.expressions import Reference
from vcolint.hcl.modules import Module, children
from vcolint.hcl.syntax import Attribute, Block, Body
from vcolint.read.instances import ROUTE, waits_for

_Node = tuple[Module, Reference]  # something with a name in a module: `("local", "routes")`, `(type, name)` …

_NO_RESOURCE = frozenset({"each", "count", "self", "path", "terraform"})


def routes_before(module: Module, block: Block) -> frozenset[str]:
    """The addresses of the routes that the instances of a resource wait for."""
    return waits_for((module, block.labels), _referred, _addresses)


def _referred(node: _Node) -> Iterator[_Node]:
    """What something refers to. A resource also waits for what the calls of its module wait for."""
    module, (head, *names) = node
    blocks = module.configuration.blocks
    if head == "module":
        call = blocks["module"].get((names[0],))
        for child in children(module, call) or () if call is not None else ():
            if names[1:]:
                yield child, ("output", names[1])
            else:  # all that it contains
                inside = child.configuration.blocks
                yield from ((child, labels) for labels in inside["resource"] if labels[0] == ROUTE)
                yield from ((child, ("module", name)) for (name,) in inside["module"])
    elif head == "var":
        if module.parent is not None and module.call_block is not None:
            yield from _nodes(module.parent, module.call_block.body.attributes.get(names[0]))
    else:
        kind, labels = (head, names) if head in ("data", "local", "output") else ("resource", (head, *names))
        block = blocks[kind].get(tuple(labels))
        for attribute in _attributes(block.body) if block is not None else ():
            yield from _nodes(module, attribute)
        while kind in ("data", "resource") and module.parent is not None and module.call_block is not None:
            attributes, module = module.call_block.body.attributes, module.parent
            for name in ("depends_on", "count", "for_each"):
                yield from _nodes(module, attributes.get(name))


def _attributes(body: Body) -> Iterator[Attribute]:
    """All arguments of a block, including those of blocks inside it."""
    yield from body.attributes.values()
    for block in body.blocks:
        if block.type != "lifecycle":
            yield from _attributes(block.body)


def _nodes(module: Module, attribute: Attribute | None) -> Iterator[_Node]:
    """What an argument refers to."""
    for reference in attribute.expression.references() if attribute and not attribute.literal else ():
        if reference[0] not in _NO_RESOURCE and len(reference) > 1:
            yield module, reference[: 3 if reference[0] in ("data", "module") else 2]


def _addresses(node: _Node) -> Iterator[str] | None:
    """The addresses of all instances of a route; None for anything else."""
    module, reference = node
    block = module.configuration.blocks["resource"].get(reference) if reference[0] == ROUTE else None
    return None if block is None else (address for _, address, _ in module.expansion(block).items or ())
