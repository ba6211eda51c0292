"""The configuration of a plan, as modules of the Terraform language.

A plan lists what each expression refers to, but not what the expression does with it. So such an expression
has a value only if it can be only one thing: the ID of a connection, a customer gateway or a transit router.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vcolint.hcl.bodies import Attribute, Block, Body
from vcolint.hcl.configuration import Configuration
from vcolint.hcl.expressions import Attribute as Member
from vcolint.hcl.expressions import Expression, Index, Literal, Scope, Variable, Work
from vcolint.hcl.files import Files
from vcolint.hcl.modules import Module, Tree, children
from vcolint.hcl.values import HclValue, Namespace, Pending
from vcolint.read.instances import BINDING, SCHEMA, elements, mapping
from vcolint.text.source import Source
from vcolint.text.value import Place, Reference, Unknown

# The instances of the resources in a plan: (module instance, `type.name`) -> instance key -> address.
Instances = Mapping[tuple[str, str], Mapping[Any, str]]

MAX_STEPS = 20_000_000  # of evaluating expressions
_LONGEST = 2000  # characters of an address or a reference
_MOST_STEPS = 50  # steps of a reference: no real one has more
_KEY = r'\[(?:[0-9]{1,9}|"(?:[^"\\]|\\.)*")\]'
_STEP = re.compile(rf'{_KEY}|[^.\[\]"]+')
_MODULE = re.compile(rf'(?:^|\.)module\.([^.\[\]"]+)({_KEY})?(?=\.|$)')
_CERTAIN = frozenset({"count", "path", "terraform"})  # known values: they may only select an instance
_OWN_KEY = (("each", "key"), ("count", "index"))
_UNKNOWN = Unknown("")


class Planned(Tree):
    """The modules of a plan. `scope` is the scope of the references to what they hold."""

    def __init__(self, scope: str, root: dict[str, Any], instances: Instances) -> None:
        super().__init__(Files(Path(), "", Path(), Work(MAX_STEPS), {}), SCHEMA, "", scope)
        self.addresses = {address for one in instances.values() for address in one.values()}
        self.keys: dict[tuple[str, str], set[Any]] = {name: set(one) for name, one in instances.items()}
        for address, _ in instances:
            while (call := _call(address)) is not None:
                address, name, key = call
                self.keys.setdefault((address, f"module.{name}"), set()).add(key)
        self._given = {Path(): root}  # the configuration of each module, by the names of the calls
        self._place = Place(Source(scope, ""), 0, 0)
        self._modules: dict[str, Module | None] = {"": Module(self, self.load(Path()))}

    def module(self, address: str) -> Module | None:
        """An instance of a module; None if the configuration does not contain it."""
        if address not in self._modules:
            call = _call(address)
            parent = None if call is None else self.module(call[0])
            self._modules[address] = None
            if call is not None and parent is not None:
                block = parent.configuration.blocks["module"].get((call[1],))
                found = None if block is None else children(parent, block)
                self._modules[address] = (found or {}).get(call[2])
        return self._modules[address]

    def resource(self, module: str, name: str) -> Configured | None:
        """The configuration of a resource (`type.name`) in a module instance."""
        found = self.module(module)
        block = None if found is None else found.configuration.blocks["resource"].get(tuple(name.split(".")))
        if found is None or block is None:
            return None
        return Configured(found, block, dict(found.expansion(block).items or ()))

    def called(self, folder: Path, source: str) -> Configuration | str:
        return self.load(folder / source)

    def load(self, folder: Path) -> Configuration:
        if folder not in self.configurations:
            self.configurations[folder] = self._configuration(folder, self._given[folder])
        return self.configurations[folder]

    # -- the configuration of a module --------------------------------------------------------------------

    def _configuration(self, folder: Path, given: dict[str, Any]) -> Configuration:
        configuration = Configuration(folder, self.schema)
        blocks = configuration.blocks
        for resource in map(mapping, elements(given.get("resources"))):
            labels = str(resource.get("type")), str(resource.get("name"))
            is_data = resource.get("mode") == "data"
            owner = ".".join(("data", *labels) if is_data else labels)
            body = self._body(owner, resource)
            if "provider_config_key" in resource:
                self._set(body, "provider", Literal(resource["provider_config_key"]))
            kind = "data" if is_data else "resource"
            blocks[kind][labels] = self._block(kind, labels, body)
        for name, call in mapping(given.get("module_calls")).items():
            body = self._body(f"module.{name}", mapping(call))
            self._set(body, "source", Literal(f"./{name}"))
            self._given[folder / name] = mapping(mapping(call).get("module"))
            blocks["module"][(name,)] = self._block("module", (name,), body)
        for name in mapping(given.get("variables")):
            blocks["variable"][(name,)] = self._block("variable", (name,), Body())
        for name, output in mapping(given.get("outputs")).items():
            body = Body()
            self._fill(body, f"output.{name}", {"value": mapping(output).get("expression")})
            blocks["output"][(name,)] = self._block("output", (name,), body)
        return configuration

    def _body(self, owner: str, given: dict[str, Any]) -> Body:
        """The body of a resource or a module call."""
        body = Body()
        self._fill(body, owner, mapping(given.get("expressions")))
        self._fill(body, owner, {"depends_on": {"references": given.get("depends_on")}})
        for name in ("count", "for_each"):
            expression = given.get(f"{name}_expression")
            if expression is not None:
                self._set(body, name, Keys(Rests(self, owner, name, mapping(expression))))
        return body

    def _fill(self, body: Body, owner: str, expressions: dict[str, Any]) -> None:
        """Add arguments and nested blocks."""
        for name, given in expressions.items():
            if isinstance(given, dict):
                self._set(body, name, Rests(self, owner, name, given))
            for one in elements(given):
                inner = self._block(name, (), Body())
                self._fill(inner.body, owner, mapping(one))
                body.blocks.append(inner)

    def _set(self, body: Body, name: str, expression: Expression) -> None:
        body.attributes[name] = Attribute(name, expression, self._place, self._place, False)

    def _block(self, kind: str, labels: tuple[str, ...], body: Body) -> Block:
        return Block(kind, labels, body, self._place, 0)


class Configured(NamedTuple):
    """The configuration of a resource in a module instance."""

    module: Module
    block: Block
    names: dict[Any, dict[str, HclValue]]  # the values of `each` and `count`, by instance key

    @property
    def provider(self) -> str | None:
        """The key of the provider's configuration."""
        given = self.block.body.attributes.get("provider")
        return given.expression.value if given and isinstance(given.expression, Literal) else None

    def denoted(self, attribute: Attribute, key: Any) -> Reference | None:
        """What an ID denotes in the instance with that key: an instance, or a value with a name."""
        value = self.module.evaluate(attribute, self.names.get(key, {}))
        return value.reference if isinstance(value, Unknown) else None

    def instance(self, attribute: Attribute, key: Any) -> Unknown:
        """An ID, with a reference only if `denoted` is certain: a local value may be anything."""
        found = self.denoted(attribute, key)
        return Unknown("", None if found is None or ".local." in f".{found.address}" else found)


class Rests(Expression):
    """An expression that is known only by its references. Its value is an ID, or unknown."""

    def __init__(self, plan: Planned, owner: str, name: str, given: dict[str, Any]) -> None:
        references = [one for one in elements(given.get("references")) if isinstance(one, str)]
        self.plan = plan
        self.owner = owner  # the resource, module call or output that it belongs to
        self.name = name
        self.first = references[0] if references else None
        self.heads = tuple(_longest(references))
        self.chains = list(map(_chain, self.heads))
        self._fitting: dict[str, bool] = {}

    def siblings(self, module: str) -> set[Any]:
        """The keys of the instances of the owner in a module instance."""
        return self.plan.keys.get((module, self.owner), set())

    def evaluate(self, scope: Scope) -> HclValue:
        module = scope.module
        assert isinstance(module, Module)
        chosen = list(zip(self.heads, self.chains, strict=True))
        loose = len(chosen) > 1
        if module.parent is None:  # the value of a variable of the root is known
            chosen = [one for one in chosen if one[0][0] != "var"]
        if loose:
            chosen = [one for one in chosen if one[0][0] not in _CERTAIN and one[0] != ("each", "key")]
        if len(chosen) != 1:
            return _UNKNOWN
        head, chain = chosen[0]
        found = chain.evaluate(scope)
        if isinstance(found, (dict, tuple)):
            found = self._one(found, scope, module.address)
        if isinstance(found, Pending):
            found = found.attribute("vpn_id" if found.kind == BINDING else "id")
        if not isinstance(found, Unknown) or found.reference is None:
            return _UNKNOWN
        reference = found.reference
        if reference.address in self.plan.addresses:
            return found
        if loose:  # `local.conns[var.site]` and `local.conns[each.key]` are several values, listed as one
            return _UNKNOWN
        if head[-1].startswith("[") or head[-1] == "id" or head[-1].endswith("_id"):
            return found
        # `ids` may also stand for `element(ids, 1)`, so it is one value only within one expression.
        where = f"{reference.address} (in {self.owner}.{self.name})"
        return Unknown("", Reference(reference.scope, where))

    def _one(self, found: Any, scope: Scope, module: str) -> HclValue:
        """The instance that the expression selects among several.

        `conn.branch[each.key].id` is listed as `conn.branch` and `each.key`. An expression may compute with
        the key, and a plan does not show how. So the result counts only if the keys of all siblings match.
        """
        own = [head for head in self.heads if head in _OWN_KEY]
        if not own:
            values = list(found.values()) if isinstance(found, dict) else found
            return values[0] if len(values) == 1 else None
        if module not in self._fitting:
            siblings = self.siblings(module)
            is_map = isinstance(found, dict)
            self._fitting[module] = siblings <= found.keys() if is_map else siblings == set(range(len(found)))
        head, name = own[0]
        return found[scope.names[head][name]] if self._fitting[module] else None


class Keys(Expression):
    """`count` or `for_each`: a plan does not show the value, but the keys of the instances."""

    def __init__(self, rests: Rests) -> None:
        self.rests = rests

    def evaluate(self, scope: Scope) -> HclValue:
        assert isinstance(scope.module, Module)
        keys = self.rests.siblings(scope.module.address)
        if self.rests.name == "count":
            return 1 + max((key for key in keys if isinstance(key, int)), default=-1)
        over = self.rests.chains[0].evaluate(scope) if len(self.rests.chains) == 1 else None
        if not isinstance(over, dict) or not keys <= over.keys():
            over = {}
        return {key: over.get(key, _UNKNOWN) for key in keys if isinstance(key, str)}


class _Local(Variable):
    """`local`, whose values a plan does not show."""

    def evaluate(self, scope: Scope) -> HclValue:
        module = scope.module
        assert isinstance(module, Module)
        return Namespace(lambda name: module.later(module.inside(f"local.{name}")))


def _call(address: str) -> tuple[str, str, Any] | None:
    """The parent, the call's name and the key of a module instance."""
    calls = list(_MODULE.finditer(address[:_LONGEST]))
    if not calls or calls[-1].end() != len(address):
        return None
    last = calls[-1]
    return address[: last.start()], last[1], _key_of(last[2]) if last[2] else None


def _chain(steps: tuple[str, ...]) -> Expression:
    """The expression that follows the steps of a reference."""
    chain: Expression = _Local("local") if steps[0] == "local" else Variable(steps[0])
    for step in steps[1:]:
        chain = Index(chain, Literal(_key_of(step))) if step.startswith("[") else Member(chain, step)
    return chain


def _longest(references: list[str]) -> list[tuple[str, ...]]:
    """The steps of each reference. Terraform lists both `a.b.id` and `a.b`: only the longer one is kept."""
    found = (tuple(_STEP.findall(one[:_LONGEST])[:_MOST_STEPS]) for one in references)
    chains = dict.fromkeys(one for one in found if one)
    shorter = {chain[:length] for chain in chains for length in range(1, len(chain))}
    return [chain for chain in chains if chain not in shorter]


def _key_of(step: str) -> Any:
    """The instance key in brackets: a number or text."""
    from json import loads

    try:
        key = loads(step[1:-1], strict=False)
    except ValueError:
        return step
    return key.replace("$${", "${").replace("%%{", "%{") if isinstance(key, str) else key
