"""Which routes are made before a resource: what Terraform's graph says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vcolint.hcl.bodies import Block, Body
from vcolint.hcl.expressions import Reference
from vcolint.hcl.modules import Module
from vcolint.read.instances import ROUTE
from vcolint.read.once import Once

MAX_STEPS = 2_000_000  # of following references, for one root; then the rest is not followed

_NOTHING: frozenset[str] = frozenset()
_NO_RESOURCE = frozenset({"each", "count", "self", "path", "terraform"})


class Dependencies:
    """Answers for one root. Sleeps, locals and outputs between two routes are looked through."""

    def __init__(self) -> None:
        self._left = MAX_STEPS
        self._once = Once()

    def of(self, module: Module, block: Block) -> frozenset[str]:
        """The addresses of the routes that those of this resource wait for."""
        found = self._follow(module, list(block_references(block.body)))
        around = self._around(module)
        return found | around if found else around

    def _around(self, module: Module) -> frozenset[str]:
        """The routes that everything in a module waits for, because its call waits for them."""
        if module.parent is None or module.call_block is None:
            return _NOTHING
        key = "call", id(module.parent), module.call_block.labels[0]
        return self._once(key, _NOTHING, self._of_call, module.parent, module.call_block)

    def _of_call(self, parent: Module, call: Block) -> frozenset[str]:
        attributes = call.body.attributes
        named = [attributes[name] for name in ("depends_on", "count", "for_each") if name in attributes]
        references = [one for attribute in named for one in attribute.expression.references()]
        return self._follow(parent, references) | self._around(parent)

    def _follow(self, module: Module, references: list[Reference]) -> frozenset[str]:
        found: set[str] = set()
        seen: set[tuple[int, Reference]] = set()
        ahead = [(module, reference) for reference in references]
        while ahead and self._left > 0:
            here, reference = ahead.pop()
            head = reference[0]
            if head in _NO_RESOURCE or len(reference) < 2:
                continue
            reference = reference[: 3 if head in ("data", "module") else 2]
            key = (id(here), reference)
            if key in seen:
                continue
            seen.add(key)
            self._left -= 1 + len(ahead) // 8
            if head == "module":
                found |= self._of_module(here, reference, ahead)
            elif reference[:1] == (ROUTE,):
                found.update(addresses(here, reference))
            else:
                ahead += _next(here, reference)
        return frozenset(found) if found else _NOTHING

    def _of_module(
        self, module: Module, reference: Reference, ahead: list[tuple[Module, Reference]]
    ) -> frozenset[str]:
        """An output leads on to what it refers to; a module as a whole to all the routes in it."""
        name = reference[1]
        call = module.configuration.blocks["module"].get((name,))
        children = module.calls.children(call) if call is not None else None
        if not children:
            return _NOTHING
        if len(reference) > 2:
            for child in children.values():
                output = child.configuration.blocks["output"].get((reference[2],))
                if output is not None:
                    ahead += ((child, one) for one in block_references(output.body))
            return _NOTHING
        return self._once(("inside", id(module), name), _NOTHING, _routes_inside, children.values())


def _routes_inside(modules: Iterable[Module]) -> frozenset[str]:
    return frozenset(address for module in modules for address in routes_inside(module))


def _next(module: Module, reference: Reference) -> Iterator[tuple[Module, Reference]]:
    """What a variable, a local value, a data source or another resource refers to in turn."""
    configuration = module.configuration
    head, name = reference[:2]
    block: Block | None = None
    if head == "local":
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


def block_references(body: Body) -> Iterator[Reference]:
    """All that a block refers to, blocks inside it too."""
    for attribute in body.attributes.values():
        if not attribute.literal:
            yield from attribute.expression.references()
    for block in body.blocks:
        if block.type != "lifecycle":
            yield from block_references(block.body)


def addresses(module: Module, reference: Reference) -> Iterator[str]:
    """The addresses of all instances of a resource."""
    block = module.configuration.blocks["resource"].get(reference[:2])
    if block is not None:
        expansion = module.expansion(block)
        base = module.inside(".".join(reference))
        for key, _ in expansion.items or ():
            yield expansion.address(base, key)


def routes_inside(module: Module) -> Iterator[str]:
    """The addresses of all routes in a module and those below."""
    for kind, name in module.configuration.blocks["resource"]:
        if kind == ROUTE:
            yield from addresses(module, (kind, name))
    for call in module.configuration.blocks["module"].values():
        for child in (module.calls.children(call) or {}).values():
            yield from routes_inside(child)
