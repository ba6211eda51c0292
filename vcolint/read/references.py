"""Which resource instance an expression of a planned configuration denotes.

A plan lists what each expression refers to, but not what the expression does with it. So this serves only
values where one thing can be meant: the ID of a connection, a customer gateway, a transit router.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vcolint.read.instances import ATTACHMENT, BINDING, CONNECTION, CUSTOMER_GATEWAY, TRANSIT_ROUTER
from vcolint.read.planned import (
    Configuration,
    Planned,
    elements,
    key_of,
    mapping,
    split_module,
    steps_of,
    within,
)
from vcolint.text.value import Reference

# Where instances of these types stand for themselves, their ID is meant.
_BY_ID = frozenset({ATTACHMENT, CONNECTION, CUSTOMER_GATEWAY, TRANSIT_ROUTER})
_ID_ATTRIBUTES = frozenset({"id", "transit_router_id"})
_MAX_STEPS = 100  # a configuration that Terraform accepts has no cycles; a forged one may have some


class _Own(NamedTuple):
    """The instance key of the resource (or module) whose expression is followed, in place of `each.key` or
    `count.index`. An expression may compute with it, and a plan does not show how. So it counts only where
    the keys of all its siblings fit."""

    index: Any
    siblings: frozenset[Any]


_Steps = tuple[str | _Own, ...]


class _Scope(NamedTuple):
    """What an expression sees: its module instance, and the resource or module call that it belongs to."""

    module: str  # the module instance's address, "" for the root
    owner: dict[str, Any]  # configuration of the resource or call; {} for an output
    own: _Own | None = None
    written: str = ""  # the expression's name: `alicloud_vpn_gateway_vco_route.r.next_hop`


class References:
    """Follows references through a configuration. `scope` is the scope of the references that it gives."""

    def __init__(self, scope: str, configuration: Configuration) -> None:
        self.scope = scope
        self.configuration = configuration
        self.once = configuration.once

    def of(self, instance: Planned, attribute: str) -> Reference | None:
        """What an attribute that holds an ID denotes: an instance, or a local of one module instance."""
        references = self._references(instance, attribute)
        if references is None:
            return None
        own = any(head[0] in ("each", "count") for head in self._heads(references))
        key = "of", id(references), instance.module, instance.index if own else None
        return self.once(key, None, self._resolve, references, self._scope_of(instance, attribute), (), 0)

    def instance(self, one: Planned, attribute: str) -> Reference | None:
        """`of` where that is an instance: a local value may be any."""
        found = self.of(one, attribute)
        return None if found is None or _is_local(found) else found

    def within(self, instance: Planned, attribute: str) -> list[Reference | None]:
        """What the attributes of that name in the blocks of an instance denote."""
        expressions = mapping(self._resource(instance).get("expressions"))
        blocks = [block for value in expressions.values() if isinstance(value, list) for block in value]
        found = []
        for block in blocks:
            references = mapping(mapping(block).get(attribute)).get("references")
            if isinstance(references, list):
                found.append(self._resolve(references, self._scope_of(instance, attribute), (), 0))
        return found

    def _resource(self, instance: Planned) -> dict[str, Any]:
        return self.configuration.resource(instance.module, instance.name)

    def _references(self, instance: Planned, attribute: str) -> list[Any] | None:
        """The references of an attribute's expression."""
        expressions = mapping(self._resource(instance).get("expressions"))
        references = mapping(expressions.get(attribute)).get("references")
        return references if isinstance(references, list) else None

    def _scope_of(self, instance: Planned, attribute: str) -> _Scope:
        """What the expression of a resource's attribute sees."""
        own = None
        if instance.index is not None:
            own = _Own(instance.index, self.configuration.keys(instance.module, instance.name))
        written = f"{instance.name}.{attribute}"
        return _Scope(instance.module, self._resource(instance), own, written)

    def _heads(self, references: list[Any]) -> list[tuple[str, ...]]:
        return self.once(("heads", id(references)), list[tuple[str, ...]](), _longest, references)

    def _fits(self, own: _Own, module: str, name: str) -> bool:
        """Whether the keys of an expression's own resource can be those of the resource named."""
        there = self.configuration.keys(module, name)
        compare = own.siblings.__eq__ if isinstance(own.index, int) else own.siblings.__le__
        return self.once(("fits", id(own.siblings), module, name), False, compare, there)

    def _resolve(self, references: list[Any], scope: _Scope, path: _Steps, depth: int) -> Reference | None:
        """The one instance that an expression with these references denotes, or None.

        The answer is for IDs: an expression over one ID gives that ID.
        """
        if depth > _MAX_STEPS:
            return None
        heads = self._heads(references)
        loose = len(heads) > 1
        own = loose and (("each", "key") in heads or ("count", "index") in heads)
        if loose:
            # What is known for certain may choose among instances, but is none.
            known = ("count", "path", "terraform") if scope.module else ("count", "path", "terraform", "var")
            heads = [head for head in heads if head[0] not in known and head != ("each", "key")]
        if len(heads) != 1:
            return None
        steps: _Steps = heads[0]
        if own and len(steps) == _length(steps):
            # `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`.
            if scope.own is None or steps[0] in ("local", "each", "module"):
                return None
            steps = (*steps, scope.own)
        found = self._follow((*steps, *path), scope, depth + 1)
        # `local.conns[var.site]` and `local.conns[each.key]` are several values, listed as one.
        is_instance = found is not None and found.address in self.configuration.addresses
        return found if is_instance or not loose else None

    def _follow(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        kind = steps[0]
        if kind == "each":
            return self._follow_each(steps, scope, depth)
        if kind == "var":
            return self._follow_variable(steps, scope, depth)
        if kind == "module":
            return self._follow_module(steps, scope, depth)
        if kind == "local":
            return self._unshown(scope.module, steps, scope)  # a module's locals are not shown
        return self._follow_resource(steps, scope, depth)

    def _follow_each(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        """`each.value` where the `for_each` is over the instances of one resource."""
        references = mapping(scope.owner.get("for_each_expression")).get("references")
        if scope.own is None or not isinstance(references, list) or steps[1:2] != ("value",):
            return None
        heads = self._heads(references)
        if len(heads) != 1 or heads[0][0] in ("local", "each", "module") or depth >= _MAX_STEPS:
            return None
        inner = _Scope(scope.module, {}, None, scope.written)
        return self._follow((*heads[0], scope.own, *steps[2:]), inner, depth + 1)

    def _follow_variable(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        """The argument of the module call that gives a variable its value."""
        if not scope.module or len(steps) < 2:
            return None
        call = self.configuration.call(scope.module)
        parent, name, key = split_module(scope.module)
        own = None if key is None else _Own(key, self.configuration.keys(parent, f"module.{name}"))
        argument = mapping(mapping(call.get("expressions")).get(steps[1]))  # type: ignore[arg-type]
        outer = _Scope(parent, call, own, f"module.{name}.{steps[1]}")
        return self._resolve(elements(argument.get("references")), outer, steps[2:], depth)

    def _follow_module(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        """An output of a module."""
        at = 3 if len(steps) > 2 and str(steps[2]).startswith("[") else 2  # behind the instance key
        if len(steps) <= at or not all(isinstance(step, str) for step in steps[1 : at + 1]):
            return None
        key, output = steps[2] if at == 3 else "", str(steps[at])
        child = within(scope.module, f"module.{steps[1]}{key}")
        outputs = mapping(self.configuration.module(child).get("outputs"))
        expression = mapping(mapping(outputs.get(output)).get("expression"))
        inner = _Scope(child, {}, None, f"output.{output}")
        return self._resolve(elements(expression.get("references")), inner, steps[at + 1 :], depth)

    def _follow_resource(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        length = _length(steps)
        if len(steps) < length or not all(isinstance(step, str) for step in steps[:length]):
            return None
        name = ".".join(map(str, steps[:length]))
        rest = steps[length:]
        instances = self.configuration.instances(scope.module, name)
        index = None
        if rest and isinstance(rest[0], _Own):
            if not self._fits(rest[0], scope.module, name):
                return None
            index, rest = rest[0].index, rest[1:]
        elif rest and str(rest[0]).startswith("["):
            index, rest = key_of(str(rest[0])), rest[1:]
        elif None not in instances and len(instances) == 1:
            index = next(iter(instances))
        instance = instances.get(index)
        if instance is None:
            return None
        attribute = rest[0] if rest else "vpn_id" if instance.type == BINDING else "id"
        if instance.type in _BY_ID and attribute in _ID_ATTRIBUTES:
            return Reference(self.scope, instance.address)
        if not isinstance(attribute, str) or instance.values.get(attribute) is not None:
            return None
        references = self._references(instance, attribute)
        if references is not None:
            return self._resolve(references, self._scope_of(instance, attribute), rest[1:], depth)
        return self._unshown(instance.address, rest, scope)

    def _unshown(self, inside: str, steps: _Steps, scope: _Scope) -> Reference | None:
        """What an expression finds in a value that the plan does not show. `ids` may also stand for
        `element(ids, 1)`, so it is one value only within one expression."""
        if not steps or not all(isinstance(step, str) for step in steps):
            return None
        written = ".".join(map(str, steps)).replace(".[", "[")
        one = written.endswith(("]", "_id", ".id")) or written == "id"  # an element, or an ID
        address = within(inside, written)
        return Reference(self.scope, address if one else f"{address} (in {scope.written})")


def _is_local(reference: Reference) -> bool:
    """Whether a reference names a local value, which may be any instance."""
    return ".local." in f".{reference.address}"


def _length(steps: _Steps) -> int:
    """How many steps name a resource or a data source."""
    return 3 if steps[0] == "data" else 2


def _longest(references: list[Any]) -> list[tuple[str, ...]]:
    """The longest of each chain: Terraform lists `a.b.id` and `a.b`."""
    chains = {tuple(steps): None for steps in map(steps_of, references) if steps}
    shorter = {chain[:length] for chain in chains for length in range(1, len(chain))}
    return [chain for chain in chains if chain not in shorter]
