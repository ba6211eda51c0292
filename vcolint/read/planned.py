"""The resource instances of a plan, the configuration that they come from, and the order they are made in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from vcolint.read.draft import MAX_WAITS
from vcolint.read.instances import ROUTE
from vcolint.read.once import Once

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


class Configuration:
    """The configuration of a plan, and the instances of its resources."""

    def __init__(self, root: dict[str, Any], planned: Iterable[Planned]) -> None:
        self._root = root
        # (module instance, resource) -> instance key -> instance
        self._instances: dict[tuple[str, str], dict[Any, Planned]] = {}
        self._module_keys: dict[tuple[str, str], set[Any]] = {}  # (parent, `module.call`) -> instance keys
        self._routes_of: dict[str, list[str]] = {}  # module instance -> addresses of its routes
        self.once = Once()
        self.addresses: set[str] = set()
        for one in planned:
            key = one.module, one.name
            if key not in self._instances:
                self._instances[key] = {}
                self._add_module(one.module)
            self._instances[key][one.index] = one
            self.addresses.add(one.address)
            if one.type == ROUTE:
                self._routes_of.setdefault(one.module, []).append(one.address)

    def _add_module(self, address: str) -> None:
        """Remember the keys of a module instance and of those around it."""
        while address:
            parent, call, key = split_module(address)
            keys = self._module_keys.setdefault((parent, f"module.{call}"), set())
            if key in keys:
                return
            keys.add(key)
            address = parent

    def instances(self, module: str, name: str) -> dict[Any, Planned]:
        """The instances of a resource by their keys."""
        return self._instances.get((module, name), {})

    def keys(self, module: str, name: str) -> frozenset[Any]:
        """The instance keys of a resource, or of a module call: `module.name`."""
        key = module, name
        keys: Collection[Any] = self._module_keys.get(key) or self.instances(module, name)
        return self.once(("keys", key), frozenset[Any](), frozenset, keys)

    def resource(self, module: str, name: str) -> dict[str, Any]:
        """The configuration of a resource; {} where there is none."""
        none: dict[str, dict[str, Any]] = {}
        return self.once(("resources", module), none, self._resources, module).get(name, {})

    def _resources(self, module: str) -> dict[str, dict[str, Any]]:
        return {
            resource["address"]: resource
            for resource in elements(self.module(module).get("resources"))
            if isinstance(resource, dict) and isinstance(resource.get("address"), str)
        }

    def module(self, address: str) -> dict[str, Any]:
        """The configuration of a module instance."""
        return mapping(self.call(address).get("module")) if address else self._root

    def call(self, address: str) -> dict[str, Any]:
        """The configuration of the `module` block that a module instance comes from."""
        configuration = self._root
        call: dict[str, Any] = {}
        for match in _MODULE.finditer(address):
            call = mapping(mapping(configuration.get("module_calls")).get(match[1]))
            configuration = mapping(call.get("module"))
        return call

    # -- the order of creation ----------------------------------------------------------------------------

    def waits_for(self, module: str, name: str) -> frozenset[str]:
        """The addresses of the routes that are made before those of this resource."""
        return self.once(("waits", module, name), frozenset[str](), self._waits, module, name)

    def _waits(self, module: str, name: str) -> frozenset[str]:
        return frozenset(islice(self._find_waits(module, name), MAX_WAITS))

    def _find_waits(self, module: str, name: str) -> Iterator[str]:
        # Resources between two routes (time_sleep, null_resource) are looked through.
        seen = {name}
        ahead = [self.resource(module, name)]
        while ahead and len(seen) < MAX_WAITS:
            resource = ahead.pop()
            yield from self._inside_depended(module, resource)
            for other in self.once(("referred", id(resource)), list[str](), _referred, resource):
                if other in seen:
                    continue
                seen.add(other)
                if other.startswith(f"{ROUTE}."):
                    yield from self._routes(module, other)
                else:
                    ahead.append(self.resource(module, other))
        while module:
            # What the module waits for, everything in it waits for.
            call = self.call(module)
            module = split_module(module)[0]
            yield from self._inside_depended(module, call)
            for steps in map(steps_of, elements(call.get("depends_on"))):
                if steps[:1] == [ROUTE]:
                    yield from self._routes(module, ".".join(steps[:2]))

    def _inside_depended(self, module: str, resource: dict[str, Any]) -> Iterator[str]:
        """The routes in the modules that a resource or a module call names in `depends_on`."""
        for steps in map(steps_of, elements(resource.get("depends_on"))):
            if steps[:1] == ["module"]:
                inside = within(module, ".".join(steps[:2]))
                for address, routes in self._routes_of.items():
                    if address == inside or address.startswith((f"{inside}.", f"{inside}[")):
                        yield from routes

    def _routes(self, module: str, name: str) -> Iterator[str]:
        return (route.address for route in self.instances(module, name).values())


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one: anything may stand in a file."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def split_module(address: str) -> tuple[str, str, Any]:
    """The parent's address, the call's name and the instance key of a module instance."""
    steps = list(_MODULE.finditer(address))
    if not steps:
        return "", "", None
    last = steps[-1]
    return address[: last.start()].rstrip("."), last[1], key_of(last[2]) if last[2] else None


def within(module: str, address: str) -> str:
    """An address inside a module as the root has it."""
    return f"{module}.{address}" if module else address


def steps_of(reference: object) -> list[str]:
    """The steps of a reference: `a`, `b`, `["key"]` and `id` of `a.b["key"].id`."""
    return _STEP.findall(reference[:_LONGEST]) if isinstance(reference, str) else []


def key_of(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    from json import loads

    try:
        key = loads(step[1:-1], strict=False)
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key


def _referred(resource: dict[str, Any]) -> list[str]:
    """The resources that a resource's configuration refers to, by their address within the module."""
    chains = map(steps_of, _references(resource))
    return list({".".join(steps[: 3 if steps[:1] == ["data"] else 2]): None for steps in chains})


def _references(resource: dict[str, Any]) -> Iterator[str]:
    """All references in a resource's configuration."""
    ahead: list[Any] = [
        resource.get(part)
        for part in ("depends_on", "expressions", "for_each_expression", "count_expression")
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
