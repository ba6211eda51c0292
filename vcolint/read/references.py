"""Which resource instance an expression of a planned configuration denotes.

A plan lists what each expression refers to, but not what it does with it; so all this serves values of which
only one thing can be meant: the ID of a connection, a customer gateway, a transit router.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from vcolint.read.draft import MAX_WAITS
from vcolint.read.instances import ATTACHMENT, BINDING, CONNECTION, CUSTOMER_GATEWAY, ROUTE, TRANSIT_ROUTER
from vcolint.text.value import Reference

# Where instances of these types stand for themselves, their ID is meant.
_BY_ID = frozenset({ATTACHMENT, CONNECTION, CUSTOMER_GATEWAY, TRANSIT_ROUTER})
_ID_ATTRIBUTES = frozenset({"id", "transit_router_id"})
# A configuration that Terraform accepts has no cycles; a forged one might.
_MAX_STEPS = 100
_LONGEST = 2000  # characters of a reference

_KEY = r'\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]'
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_MODULE = re.compile(rf'module\.([^.\[\]"]+)({_KEY})?(?:\.|$)')


class Planned(NamedTuple):
    """One resource instance as it will be."""

    address: str
    module: str  # the module instance's address, "" for the root
    name: str  # the resource's address within the module, without instance key
    index: Any  # the instance key: a number, text or None
    type: str
    values: dict[str, Any]  # the attributes that are known
    unknown: object  # `after_unknown`
    sensitive: object  # `after_sensitive`
    actions: object
    span: tuple[int, int] | None  # of its object in the text


class _Own(NamedTuple):
    """The instance key of the resource (or module) whose expression is followed, in place of `each.key` or
    `count.index`. An expression may compute with it, and a plan does not show how: it is believed only
    where the keys of all its siblings fit."""

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
    """The configuration of a plan and its instances. `scope` is that of the references it gives."""

    def __init__(self, scope: str, root: dict[str, Any], planned: Iterable[Planned]) -> None:
        self.scope = scope
        self.root = root
        # (module instance, resource) -> instance key -> instance
        self._instances: dict[tuple[str, str], dict[Any, Planned]] = {}
        self._module_keys: dict[tuple[str, str], set[Any]] = {}  # (parent, call) -> keys of its instances
        self._routes_of: dict[str, list[str]] = {}  # module instance -> addresses of its routes
        self._configurations: dict[str, dict[str, Any]] = {"": root}
        self._resources: dict[str, dict[str, dict[str, Any]]] = {}
        self._resolved: dict[tuple[int, str, Any], Reference | None] = {}
        self._heads: dict[int, list[tuple[str, ...]]] = {}  # by the identity of the list of references
        self._addresses: set[str] = set()
        self._waits: dict[tuple[str, str], frozenset[str]] = {}
        self._keys: dict[tuple[str, str], frozenset[Any]] = {}
        self._others: dict[int, list[str]] = {}  # by the identity of a resource's configuration
        self._fitting: dict[tuple[int, tuple[str, str]], bool] = {}
        for one in planned:
            key = one.module, one.name
            instances = self._instances.get(key)
            if instances is None:
                instances = self._instances[key] = {}
                self._add_module(one.module)
            instances[one.index] = one
            self._addresses.add(one.address)
            if one.type == ROUTE:
                self._routes_of.setdefault(one.module, []).append(one.address)

    def resource(self, module: str, name: str) -> dict[str, Any]:
        """The configuration of a resource; {} where there is none."""
        resources = self._resources.get(module)
        if resources is None:
            resources = self._resources[module] = {
                resource["address"]: resource
                for resource in elements(self._module(module).get("resources"))
                if isinstance(resource, dict) and isinstance(resource.get("address"), str)
            }
        return resources.get(name, {})

    def of(self, instance: Planned, attribute: str) -> Reference | None:
        """What an attribute that holds an ID denotes: an instance, or a local of one module instance."""
        expressions = mapping(self.resource(instance.module, instance.name).get("expressions"))
        references = mapping(expressions.get(attribute)).get("references")
        if not isinstance(references, list):
            return None
        own = any(head[0] in ("each", "count") for head in self._heads_of(references))
        key = id(references), instance.module, instance.index if own else None
        if key not in self._resolved:
            self._resolved[key] = self._resolve(references, self._scope_of(instance, attribute), (), 0)
        return self._resolved[key]

    def within(self, instance: Planned, attribute: str) -> list[Reference | None]:
        """`of` for an attribute and for those of that name in the blocks of the instance; None for what may
        be any instance."""
        expressions = mapping(self.resource(instance.module, instance.name).get("expressions"))
        blocks = [block for value in expressions.values() if isinstance(value, list) for block in value]
        found = []
        for block in (expressions, *blocks):
            references = mapping(mapping(block).get(attribute)).get("references")
            if isinstance(references, list):
                reference = self._resolve(references, self._scope_of(instance, attribute), (), 0)
                found.append(None if reference is None or is_local(reference) else reference)
        return found

    def _add_module(self, address: str) -> None:
        """Remember the keys of a module instance and of those around it."""
        while address:
            parent, call, key = _split_module(address)
            keys = self._module_keys.setdefault((parent, call), set())
            if key in keys:
                return
            keys.add(key)
            address = parent

    def _module(self, address: str) -> dict[str, Any]:
        """The configuration of a module instance."""
        found = self._configurations.get(address)
        if found is None:
            found = self._configurations[address] = mapping(self._call(address).get("module"))
        return found

    def _call(self, address: str) -> dict[str, Any]:
        """The configuration of the `module` block that a module instance comes from."""
        configuration = self.root
        call: dict[str, Any] = {}
        for match in _MODULE.finditer(address):
            call = mapping(mapping(configuration.get("module_calls")).get(match[1]))
            configuration = mapping(call.get("module"))
        return call

    def _scope_of(self, instance: Planned, attribute: str) -> _Scope:
        """What the expression of a resource's attribute sees."""
        resource = self.resource(instance.module, instance.name)
        written = f"{instance.name}.{attribute}"
        if instance.index is None:
            return _Scope(instance.module, resource, None, written)
        keys = self._keys_of(instance.module, instance.name)
        return _Scope(instance.module, resource, _Own(instance.index, keys), written)

    def _keys_of(self, module: str, name: str) -> frozenset[Any]:
        """The instance keys of a resource."""
        found = self._keys.get((module, name))
        if found is None:
            found = self._keys[module, name] = frozenset(self._instances.get((module, name), ()))
        return found

    def _module_keys_of(self, parent: str, call: str) -> frozenset[Any]:
        """The instance keys of a module call."""
        found = self._keys.get((parent, f"module.{call}"))
        if found is None:
            found = frozenset(self._module_keys.get((parent, call), ()))
            self._keys[parent, f"module.{call}"] = found
        return found

    def _fits(self, own: _Own, module: str, name: str) -> bool:
        """Whether the keys of an expression's own resource can be those of the resource named."""
        key = id(own.siblings), (module, name)
        found = self._fitting.get(key)
        if found is None:
            there = self._keys_of(module, name)
            found = own.siblings == there if isinstance(own.index, int) else own.siblings <= there
            self._fitting[key] = found
        return found

    def _resolve(self, references: list[Any], scope: _Scope, path: _Steps, depth: int) -> Reference | None:
        """The one instance that an expression with these references denotes, or None.

        A plan lists what an expression refers to and not what it does with it, so the answer is for IDs:
        an expression over one ID gives that ID.
        """
        if depth > _MAX_STEPS:
            return None
        heads = self._heads_of(references)
        loose = len(heads) > 1
        own = loose and (("each", "key") in heads or ("count", "index") in heads)
        if loose:
            # What is known for certain may choose among instances, but is none.
            known = ("count", "path", "terraform") if scope.module else ("count", "path", "terraform", "var")
            heads = [head for head in heads if head[0] not in known and head != ("each", "key")]
        if len(heads) != 1:
            return None
        steps: _Steps = heads[0]
        if own and len(steps) == (3 if steps[0] == "data" else 2):
            # `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`.
            if scope.own is None or steps[0] in ("local", "each", "module"):
                return None
            steps = (*steps, scope.own)
        found = self._follow((*steps, *path), scope, depth + 1)
        # `local.conns[var.site]` and `local.conns[each.key]` are several values, listed as one.
        return None if loose and found is not None and found.address not in self._addresses else found

    def _heads_of(self, references: list[Any]) -> list[tuple[str, ...]]:
        found = self._heads.get(id(references))
        if found is None:
            found = self._heads[id(references)] = _heads(references)
        return found

    def _follow(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        kind = steps[0]
        if kind == "each":
            return self._follow_each(steps, scope, depth)
        if kind == "var":
            if not scope.module or len(steps) < 2:
                return None
            call = self._call(scope.module)
            parent, name, key = _split_module(scope.module)
            own = None if key is None else _Own(key, self._module_keys_of(parent, name))
            argument = mapping(mapping(call.get("expressions")).get(steps[1]))  # type: ignore[arg-type]
            outer = _Scope(parent, call, own, f"module.{name}.{steps[1]}")
            return self._resolve(elements(argument.get("references")), outer, steps[2:], depth)
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
        heads = self._heads_of(references)
        if len(heads) != 1 or heads[0][0] in ("local", "each", "module"):
            return None
        steps = (*heads[0], scope.own, *steps[2:])
        inner = _Scope(scope.module, {}, None, scope.written)
        return self._follow(steps, inner, depth + 1) if depth < _MAX_STEPS else None

    def _follow_module(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        if len(steps) < 3 or not all(isinstance(step, str) for step in steps[1:3]):
            return None
        name, key = str(steps[1]), ""
        rest = steps[2:]
        if str(rest[0]).startswith("["):
            key, rest = str(rest[0]), rest[1:]
        child = _inside(scope.module, f"module.{name}{key}")
        if not rest or not isinstance(rest[0], str):
            return None
        outputs = mapping(self._module(child).get("outputs"))
        expression = mapping(mapping(outputs.get(rest[0])).get("expression"))
        inner = _Scope(child, {}, None, f"output.{rest[0]}")
        return self._resolve(elements(expression.get("references")), inner, rest[1:], depth)

    def _follow_resource(self, steps: _Steps, scope: _Scope, depth: int) -> Reference | None:
        length = 3 if steps[0] == "data" else 2
        if len(steps) < length or not all(isinstance(step, str) for step in steps[:length]):
            return None
        name = ".".join(map(str, steps[:length]))
        rest = steps[length:]
        instances = self._instances.get((scope.module, name), {})
        index = None
        if rest and isinstance(rest[0], _Own):
            if not self._fits(rest[0], scope.module, name):
                return None
            index, rest = rest[0].index, rest[1:]
        elif rest and str(rest[0]).startswith("["):
            index, rest = _key(str(rest[0])), rest[1:]
        elif None not in instances and len(instances) == 1:
            index = next(iter(instances))
        instance = instances.get(index)
        if instance is None:
            return None
        kind = instance.type
        attribute = rest[0] if rest else "vpn_id" if kind == BINDING else "id"
        if kind in _BY_ID and attribute in _ID_ATTRIBUTES:
            return Reference(self.scope, instance.address)
        if not isinstance(attribute, str) or instance.values.get(attribute) is not None:
            return None
        inner = self._scope_of(instance, attribute)
        references = mapping(mapping(inner.owner.get("expressions")).get(attribute)).get("references")
        if isinstance(references, list):
            return self._resolve(references, inner, rest[1:], depth)
        return self._unshown(instance.address, rest, scope)

    def _unshown(self, inside: str, steps: _Steps, scope: _Scope) -> Reference | None:
        """What an expression finds in a value that the plan does not show. `ids` may also stand for
        `element(ids, 1)`, so it is one value only within one expression."""
        written = _written(steps)
        if not written:
            return None
        one = written.endswith(("]", "_id", ".id")) or written == "id"  # an element, or an ID
        address = _inside(inside, written)
        return Reference(self.scope, address if one else f"{address} (in {scope.written})")

    # -- the order of creation ----------------------------------------------------------------------------

    def waits_for(self, module: str, name: str) -> frozenset[str]:
        """The addresses of the routes that are made before those of this resource."""
        found = self._waits.get((module, name))
        if found is None:
            found = self._waits[module, name] = frozenset(islice(self._find_waits(module, name), MAX_WAITS))
        return found

    def _find_waits(self, module: str, name: str) -> Iterator[str]:
        # Resources between two routes (time_sleep, null_resource) are looked through.
        seen = {name}
        ahead = [self.resource(module, name)]
        while ahead and len(seen) < MAX_WAITS:
            resource = ahead.pop()
            for reference in elements(resource.get("depends_on")):
                steps = _STEP.findall(reference) if isinstance(reference, str) else []
                if steps[:1] == ["module"]:
                    yield from self._routes_inside(_inside(module, ".".join(steps[:2])))
            for other in self._referred(resource):
                if other in seen:
                    continue
                seen.add(other)
                if other.startswith(f"{ROUTE}."):
                    yield from (route.address for route in self._instances.get((module, other), {}).values())
                else:
                    ahead.append(self.resource(module, other))
        while module:
            # What the module waits for, everything in it waits for.
            call = self._call(module)
            module, _, _ = _split_module(module)
            for reference in elements(call.get("depends_on")):
                steps = _STEP.findall(reference) if isinstance(reference, str) else []
                other = ".".join(steps[:2])
                if steps[:1] == ["module"]:
                    yield from self._routes_inside(_inside(module, other))
                elif steps[:1] == [ROUTE]:
                    yield from (route.address for route in self._instances.get((module, other), {}).values())

    def _referred(self, resource: dict[str, Any]) -> list[str]:
        """The resources that a resource's configuration refers to, by their address within the module."""
        found = self._others.get(id(resource))
        if found is None:
            chains = (_STEP.findall(reference[:_LONGEST]) for reference in _depends_on(resource))
            found = list({".".join(steps[: 3 if steps[:1] == ["data"] else 2]): None for steps in chains})
            self._others[id(resource)] = found
        return found

    def _routes_inside(self, module: str) -> Iterator[str]:
        for address, routes in self._routes_of.items():
            if address == module or address.startswith((f"{module}.", f"{module}[")):
                yield from routes


def is_local(reference: Reference) -> bool:
    """Whether a reference names a local value, which may be any instance, and not an instance."""
    return ".local." in f".{reference.address}"


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one: anything may stand in a file."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _split_module(address: str) -> tuple[str, str, Any]:
    """The parent's address, the call's name and the instance key of a module instance."""
    steps = list(_MODULE.finditer(address))
    if not steps:
        return "", "", None
    last = steps[-1]
    return address[: last.start()].rstrip("."), last[1], _key(last[2]) if last[2] else None


def _key(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    from json import loads

    try:
        key = loads(step[1:-1], strict=False)
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key


def _inside(module: str, address: str) -> str:
    return f"{module}.{address}" if module else address


def _written(steps: _Steps) -> str | None:
    """A chain of steps as Terraform writes it; None where it holds a key that stands for itself."""
    if not all(isinstance(step, str) for step in steps):
        return None
    return ".".join(map(str, steps)).replace(".[", "[")


def _heads(references: list[Any]) -> list[tuple[str, ...]]:
    """The longest of each chain: Terraform lists `a.b.id` and `a.b`."""
    chains = {tuple(_STEP.findall(one[:_LONGEST])): None for one in references if isinstance(one, str)}
    chains.pop((), None)
    shorter = {chain[:length] for chain in chains for length in range(1, len(chain))}
    return [chain for chain in chains if chain not in shorter]


def _depends_on(resource: dict[str, Any]) -> Iterator[str]:
    """All that a resource's configuration refers to."""
    ahead: list[Any] = [
        resource.get("depends_on"),
        resource.get("expressions"),
        resource.get("for_each_expression"),
        resource.get("count_expression"),
    ]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            references = value.get("references")
            if isinstance(references, list):
                yield from (one for one in references if isinstance(one, str))
            else:
                ahead += [one for name, one in value.items() if name != "constant_value"]
        elif isinstance(value, list):
            ahead += [one for one in value if isinstance(one, (dict, list))]
            yield from (one for one in value if isinstance(one, str))
