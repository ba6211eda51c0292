"""Which routes are created before a resource, according to Terraform's graph."""

from __future__ import annotations

from collections.abc import Iterator

from vcolint.hcl.bodies import Block, Body
from vcolint.hcl.expressions import Reference
from vcolint.hcl.modules import Module, children
from vcolint.read.instances import ROUTE

MAX_STEPS = 2_000_000  # steps of following references, for one root; further references are not followed

_NO_RESOURCE = frozenset({"each", "count", "self", "path", "terraform"})


class Dependencies:
    """The dependencies in one root. It follows sleeps, locals and outputs between two routes."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def of(self, module: Module, block: Block) -> frozenset[str]:
        """The addresses of the routes that the instances of this resource wait for."""
        ahead = [(module, reference) for reference in block_references(block.body)]
        inside = module
        while inside.parent is not None and inside.call_block is not None:
            # Everything in a module waits for what the module call waits for.
            attributes = inside.call_block.body.attributes
            inside = inside.parent
            for name in attributes.keys() & {"depends_on", "count", "for_each"}:
                ahead += ((inside, one) for one in attributes[name].expression.references())
        found: set[str] = set()
        seen: set[tuple[int, Reference]] = set()
        while ahead and self._left > 0:
            here, reference = ahead.pop()
            head = reference[0]
            reference = reference[: 3 if head in ("data", "module") else 2]
            if head in _NO_RESOURCE or len(reference) < 2 or (id(here), reference) in seen:
                continue
            seen.add((id(here), reference))
            self._left -= 1
            if head == ROUTE:
                found.update(_addresses(here, reference))
            else:
                ahead += _next(here, reference)
        return frozenset(found)


def _next(module: Module, reference: Reference) -> Iterator[tuple[Module, Reference]]:
    """What a module, a variable, a local value, a data source or another resource refers to in turn."""
    configuration = module.configuration
    head, name = reference[:2]
    block: Block | None = None
    if head == "module":
        call = configuration.blocks["module"].get((name,))
        found = children(module, call) if call is not None else None
        for child in (found or {}).values():
            yield from _inside(child, reference[2:])
    elif head == "local":
        local = configuration.locals.get(name)
        if local is not None:
            yield from ((module, one) for one in local.expression.references())
    elif head == "var":
        if module.parent is not None and module.call_block is not None:
            argument = module.call_block.body.attributes.get(name)
            if argument is not None:
                yield from ((module.parent, one) for one in argument.expression.references())
    elif head == "data":
        block = configuration.blocks["data"].get(reference[1:3])
    else:
        block = configuration.blocks["resource"].get((head, name))
    if block is not None:
        yield from ((module, one) for one in block_references(block.body))


def _inside(module: Module, output: Reference) -> Iterator[tuple[Module, Reference]]:
    """What an output refers to; without a name, all routes in a module."""
    blocks = module.configuration.blocks
    if output:
        block = blocks["output"].get(output)
        if block is not None:
            yield from ((module, one) for one in block_references(block.body))
    else:
        yield from ((module, labels) for labels in blocks["resource"] if labels[0] == ROUTE)
        yield from ((module, ("module", name)) for (name,) in blocks["module"])


def block_references(body: Body) -> Iterator[Reference]:
    """All references of a block, including those of blocks inside it."""
    for attribute in body.attributes.values():
        if not attribute.literal:
            yield from attribute.expression.references()
    for block in body.blocks:
        if block.type != "lifecycle":
            yield from block_references(block.body)


def _addresses(module: Module, reference: Reference) -> Iterator[str]:
    """The addresses of all instances of a resource."""
    block = module.configuration.blocks["resource"].get(reference)
    if block is not None:
        expansion = module.expansion(block)
        base = module.inside(".".join(reference))
        for key, _ in expansion.items or ():
            yield expansion.address(base, key)
