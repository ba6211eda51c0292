"""The configuration in a plan: what its references lead to.

A plan lists what each expression refers to, but not what the expression does with it. So an expression
denotes something only if its value can be only one thing: the ID of a connection, a customer gateway or a
transit router.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import loads
from typing import Any, NamedTuple

from vcolint.read.instances import BINDING, ROUTE, SCHEMA, elements, mapping, waits_for
from vcolint.text.value import Reference

_LONGEST = 2000  # characters of an address or a reference
_MOST_STEPS = 50  # steps of a reference, and expressions that one leads through: no real plan has more
_KEY = r'\[(?:[0-9]{1,9}|"(?:[^"\\]|\\.)*")\]'
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_CALL = re.compile(rf'(?:(.+)\.)?module\.([^.\[\]"]+)({_KEY})?', re.DOTALL)
_WORD = re.compile(r'\["([A-Za-z_][\w-]*)"\]')  # `["hq"]` means the same as `.hq`
_OWN_KEY = (("each", "key"), ("count", "index"))
_KNOWN = frozenset({"count", "path", "terraform"})  # known values: they may only select an instance

_Steps = tuple[str, ...]  # of a reference: `("var", "conns", '["hq"]', "id")`
_Node = tuple[str, str]  # a module's address, and a name in it


class Module(NamedTuple):
    """An instance of a module."""

    address: str  # "" for the root
    blocks: Mapping[str, dict[str, Any]]  # by `type.name`, `data.type.name`, `module.name`, `output.name`
    call: Scope | None


class Scope(NamedTuple):
    """An instance of a block with expressions."""

    module: Module
    name: str  # in `module.blocks`
    key: Any = None  # the instance key: a number, text or None

    @property
    def block(self) -> dict[str, Any]:
        return self.module.blocks.get(self.name, {})

    @property
    def expressions(self) -> dict[str, Any]:
        return mapping(self.block.get("expressions"))


class Planned:
    """The module instances and resource instances of a plan. `scope` is the scope of references to them."""

    def __init__(self, scope: str, root: dict[str, Any]) -> None:
        self.scope = scope
        # The addresses of the instances of a resource or of a module call, by instance key.
        self.instances: dict[_Node, dict[Any, str]] = {}
        self._modules: dict[str, Module | None] = {"": Module("", _blocks(root), None)}
        self._blocks: dict[int, dict[str, dict[str, Any]]] = {}  # by the identity of a module's configuration

    def add(self, module: str, name: str, key: Any, address: str) -> Scope | None:
        """Add a resource instance. Returns its scope; None if the configuration lacks its module."""
        found = self._module(module)
        self.instances.setdefault((module, name), {})[key] = address
        return None if found is None else Scope(found, name, key)

    def _module(self, address: str) -> Module | None:
        if address not in self._modules:
            parts = _CALL.fullmatch(address) if len(address) <= _LONGEST else None
            outer = None if parts is None else self._module(parts[1] or "")
            self._modules[address] = None
            if parts is not None and outer is not None and f"module.{parts[2]}" in outer.blocks:
                call = Scope(outer, f"module.{parts[2]}", _key_of(parts[3]) if parts[3] else None)
                given = mapping(call.block.get("module"))
                if id(given) not in self._blocks:
                    self._blocks[id(given)] = _blocks(given)
                self._modules[address] = Module(address, self._blocks[id(given)], call)
                self.instances.setdefault((outer.address, call.name), {})[call.key] = address
        return self._modules[address]

    # -- what an ID denotes -------------------------------------------------------------------------------

    def denoted(self, scope: Scope, name: str, given: object) -> Reference | None:
        """What the expression of an argument denotes: an instance, or a value with a name.

        It follows the only reference of the expression through arguments, outputs, `each.value` and
        configured attributes. With several references (`local.conns[var.site]`), only an instance is certain.
        """
        where, rest = "", _Steps()  # expressions that may compute something else than an ID; further steps
        is_loose = False
        for _ in range(_MOST_STEPS):
            chains = _chains(given)
            is_loose = is_loose or len(chains) > 1
            has_own_key = not chains.isdisjoint(_OWN_KEY)
            if scope.module.call is None:  # the value of a variable of the root is known
                chains = {one for one in chains if one[0] != "var"}
            if is_loose:
                chains = {one for one in chains if one[0] not in _KNOWN and one != ("each", "key")}
            if len(chains) != 1:
                return None
            (chain,) = chains
            if not chain[-1].startswith("[") and chain[-1] != "id" and not chain[-1].endswith("_id"):
                # `ids` may also stand for `element(ids, 1)`, so it is one value only within one expression.
                where = f" (in {scope.name}.{name}){where}"
            if chain[:2] == ("each", "value"):
                over = _chains(scope.block.get("for_each_expression"))
                if len(over) != 1:
                    return None
                chain, is_loose, has_own_key = (*over.pop(), *chain[2:]), True, True
            head = chain[0]
            if head == "var" and scope.module.call is not None and len(chain) > 1:
                scope, name, rest = scope.module.call, chain[1], chain[2:] + rest
                given = scope.expressions.get(name)
                continue
            named = scope.module.address, chain
            if head not in ("local", "data"):
                found = self._instance(scope, chain, has_own_key)
                if found is None:
                    return None
                address, instance, steps = found
                inner = self._module(address) if head == "module" else None
                if inner is not None and steps:
                    scope, name, rest = Scope(inner, f"output.{steps[0]}"), "value", steps[1:] + rest
                    given = scope.block.get("expression")
                    continue
                attribute = steps[0] if steps else "vpn_id" if head == BINDING else "id"
                if attribute in SCHEMA.of(head).identities:
                    return Reference(self.scope, address)
                if attribute in instance.expressions:
                    scope, name, rest = instance, attribute, steps[1:] + rest
                    given = scope.expressions[name]
                    continue
                named = address, (attribute, *steps[1:])
            if is_loose:
                return None
            first = 4 if head == "data" else 1  # behind the key of the instance
            steps = *named[1][:first], *(_WORD.sub(r"\1", one) for one in (*named[1][first:], *rest))
            return Reference(
                self.scope, ".".join(filter(None, (named[0], *steps))).replace(".[", "[") + where
            )
        return None

    def _instance(self, scope: Scope, chain: _Steps, own: bool) -> tuple[str, Scope, _Steps] | None:
        """The instance that a chain begins with, if that is certain: its address, its scope and the steps
        after it.

        `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`. An expression may compute with
        its `own` key, and a plan does not show how. So the result counts only if the keys of all its siblings
        match.
        """
        name, steps = ".".join(chain[:2]), chain[2:]
        found = self.instances.get((scope.module.address, name), {})
        key: Any = None
        if steps and steps[0].startswith("["):
            key, steps = _key_of(steps[0]), steps[1:]
        elif own and None not in found:
            siblings = self.instances.get((scope.module.address, scope.name), {}).keys()
            is_map = all(isinstance(one, str) for one in found)
            key = scope.key if (siblings <= found.keys() if is_map else siblings == found.keys()) else None
        elif len(found) == 1:
            (key,) = found
        return (found[key], Scope(scope.module, name, key), steps) if key in found else None

    # -- the order of creation ----------------------------------------------------------------------------

    def waits_for(self, scope: Scope) -> frozenset[str]:
        """The addresses of the routes that are created before a resource."""
        return waits_for((scope.module.address, scope.name), self._referred, self._routes)

    def _routes(self, node: _Node) -> list[str] | None:
        return list(self.instances.get(node, {}).values()) if node[1].startswith(f"{ROUTE}.") else None

    def _referred(self, node: _Node) -> Iterator[_Node]:
        """What a block or an argument refers to. A resource also waits for what its module's calls do."""
        address, name = node
        module = self._modules.get(address)
        if module is None:
            return
        call = module.call
        if name.startswith("var."):
            if call is not None:
                yield from self._nodes(call.module, call.expressions.get(name.removeprefix("var.")))
        elif name.startswith("module."):  # without an output: all that it contains
            for inner in self.instances.get(node, {}).values():
                blocks = (self._modules.get(inner) or module).blocks
                yield from ((inner, one) for one in blocks if one.startswith((f"{ROUTE}.", "module.")))
        else:
            yield from self._nodes(module, module.blocks.get(name))
            while call is not None and not name.startswith("output."):
                for part in ("depends_on", "count_expression", "for_each_expression"):
                    yield from self._nodes(call.module, {part: call.block.get(part)})
                call = call.module.call

    def _nodes(self, module: Module, given: object) -> Iterator[_Node]:
        """What the references in a part of the configuration name."""
        for steps in _references(given):
            name = ".".join(steps[: 3 if steps[:1] == ("data",) else 2])
            outputs = [one for one in steps[2:4] if not one.startswith("[")]
            if steps[:1] == ("module",) and outputs:
                inner = self.instances.get((module.address, name), {}).values()
                yield from ((one, f"output.{outputs[0]}") for one in inner)
            else:
                yield module.address, name


def _blocks(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The resources, module calls and outputs in the configuration of a module; see `Module.blocks`."""
    resources = map(mapping, elements(given.get("resources")))
    calls, outputs = (mapping(given.get(part)).items() for part in ("module_calls", "outputs"))
    return {
        **{str(one.get("address")): one for one in resources},
        **{f"module.{name}": mapping(call) for name, call in calls},
        **{f"output.{name}": mapping(output) for name, output in outputs},
    }


def _references(given: object) -> Iterator[_Steps]:
    """All references in a part of the configuration."""
    ahead = [given]
    while ahead:
        one = ahead.pop()
        yield from _chains(one)
        ahead += [*elements(one), *mapping(one).values()]


def first_reference(given: object) -> str | None:
    """The first reference of an expression."""
    references = elements(mapping(given).get("references"))
    return next((one for one in references if isinstance(one, str)), None)


def _chains(given: object) -> set[_Steps]:
    """The references of an expression. Of `a.b.id` and `a.b`, which Terraform lists both, the longer one
    counts."""
    references = (one for part in ("references", "depends_on") for one in elements(mapping(given).get(part)))
    chains = {_steps(one) for one in references if isinstance(one, str)} - {()}
    return chains - {chain[:length] for chain in chains for length in range(1, len(chain))}


def _steps(reference: str) -> _Steps:
    return tuple(_STEP.findall(reference[:_LONGEST])[:_MOST_STEPS])


def _key_of(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    try:
        key = loads(step[1:-1], strict=False)
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key
