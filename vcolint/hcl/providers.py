"""Provider blocks: the region of the resources in a module."""

from __future__ import annotations

from vcolint.hcl.bodies import Block
from vcolint.hcl.expressions import Expression, Literal, Object
from vcolint.hcl.modules import Module
from vcolint.hcl.values import bare, unmark, written_elsewhere
from vcolint.text.value import Value

# The local name and the alias ("" without one) of a provider.
_Name = tuple[str, str]


def region(module: Module, block: Block) -> Value | None:
    """The region of the provider that a resource uses, if that is known."""
    provider = block.body.attributes.get("provider")
    if provider is None:
        return _region(module, (block.labels[0].partition("_")[0], ""))
    name = _name(provider.expression)
    return None if name is None else _region(module, name)


def _region(module: Module, name: _Name) -> Value | None:
    return module.once(("region", name), lambda: _find(module, name))


def _find(module: Module, name: _Name) -> Value | None:
    block = module.configuration.blocks["provider"].get(name)
    if block is not None:
        return _configured(module, block)
    if module.parent is None or module.call_block is None:
        return None
    passed = module.call_block.body.attributes.get("providers")
    if passed is not None:
        if not isinstance(passed.expression, Object):
            return None
        for key, value in passed.expression.pairs:
            if _name(key) == name:
                outer = _name(value)
                return None if outer is None else _region(module.parent, outer)
    # A module inherits the provider without an alias.
    return None if name[1] else _region(module.parent, name)


def _configured(module: Module, block: Block) -> Value | None:
    """The region in a `provider` block."""
    region = block.body.attributes.get("region")
    if region is None:
        return None
    value, marked = unmark(module.evaluate(region))
    if not isinstance(value, str):
        return None
    place = written_elsewhere(value, region.place)
    return Value(bare(value), region.location, marked, region.literal, place)


def _name(expression: Expression) -> _Name | None:
    """`alicloud` or `alicloud.bj`."""
    if isinstance(expression, Literal):  # a key, or a name in quotes, as in Terraform 0.11
        names = tuple(expression.value.split(".")) if isinstance(expression.value, str) else ()
    else:
        names = next(expression.references(), ())
    if len(names) == 1:
        return names[0], ""
    return (names[0], names[1]) if len(names) == 2 else None
