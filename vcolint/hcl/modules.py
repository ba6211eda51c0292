"""Module instances: what the names in their expressions stand for, and which instances there are.

All is worked out when it is asked for, and once. What Terraform would refuse to evaluate is an unknown
value with the reason, so that a mistake in one place does not hide the rest.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from vcolint.hcl.bodies import Attribute, Block
from vcolint.hcl.configuration import Configuration
from vcolint.hcl.expressions import Expression, Literal, Object, Scope
from vcolint.hcl.functions import call
from vcolint.hcl.instances import (
    Expansion,
    Instance,
    Names,
    Outputs,
    UnlistedInstances,
    UnlistedModules,
    by_key,
    count_names,
    each_names,
)
from vcolint.hcl.tree import MAX_REASON, Tree
from vcolint.hcl.types import convert
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    InstanceSet,
    NotSupportedError,
    bare,
    mark,
    unmark,
    written_elsewhere,
)
from vcolint.locale import message_of, say
from vcolint.text.value import Reference, Unknown, Value

MAX_MODULE_DEPTH = 30

_NO_NAMES: Mapping[str, HclValue] = {}
_NOT_HERE = frozenset({"each", "count", "self"})
# What the files of a module that cannot be read may declare.
_BROKEN = Unknown(say("a file of the module cannot be read"))


class Child(NamedTuple):
    """What a `module` block calls: its configuration, else why it cannot be read."""

    configuration: Configuration | None
    path: str  # the way from the root, as `path.module` gives it
    reason: str = ""


class Module:
    """One instance of a module."""

    __slots__ = (
        "_called_modules",
        "_children",
        "_expansions",
        "_known",
        "_open",
        "_regions",
        "_roots",
        "address",
        "call_block",
        "configuration",
        "names",
        "parent",
        "path",
        "tree",
        "work",
    )

    def __init__(
        self,
        tree: Tree,
        configuration: Configuration,
        path: str = ".",
        address: str = "",
        parent: Module | None = None,
        call_block: Block | None = None,
        names: Mapping[str, HclValue] = _NO_NAMES,
    ) -> None:
        self.tree = tree
        self.work = tree.work
        self.configuration = configuration
        self.path = path
        self.address = address  # "" for the root
        self.parent = parent
        self.call_block = call_block  # the `module` block in the parent
        self.names = names  # what `each` and `count` are in that block
        self._known: dict[tuple[str, str], HclValue] = {}
        self._open: set[tuple[str, str]] = set()
        self._expansions: dict[int, Expansion] = {}
        self._called_modules: dict[int, Child] = {}
        self._children: dict[str, dict[Any, Module]] = {}
        self._regions: dict[tuple[str, str | None], Value | None] = {}
        self._roots: dict[str, HclValue] = {}

    def inside(self, address: str) -> str:
        """An address of this module as the root sees it."""
        return f"{self.address}.{address}" if self.address else address

    # -- what expressions ask for ------------------------------------------------------------------

    def root(self, name: str) -> HclValue:
        found = self._roots.get(name)
        if found is None:
            found = self._roots[name] = self._root(name)
        return found

    def _root(self, name: str) -> HclValue:
        if name == "var":
            return Names(self.variable)
        if name == "local":
            return Names(self.local)
        if name == "module":
            return Names(self.module)
        if name == "data":
            return Names(lambda kind: Names(lambda other: self.data(kind, other)))
        if name == "path":
            return {"module": self.path, "root": ".", "cwd": self.tree.files.absolute(".")}
        if name == "terraform":
            return {"workspace": self.tree.workspace, "env": self.tree.workspace}
        if name in _NOT_HERE:
            raise EvaluationError(say("{name} has no meaning here", name=name))
        return Names(lambda other: self.resource(name, other))

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        return call(name, arguments, self.tree.files, self.work)

    def named(self, key: tuple[str, str], evaluate: Callable[[], HclValue]) -> HclValue:
        """The value of something that has a name, worked out once."""
        try:
            return self._known[key]
        except KeyError:
            pass
        if key in self._open:
            raise EvaluationError(say("a value that refers to itself"))
        self._open.add(key)
        before = self.work.begin()
        try:
            value = evaluate()
        except (EvaluationError, NotSupportedError, RecursionError) as error:
            value = Unknown(refusal(error))
        finally:
            self.work.end(before)
            self._open.discard(key)
        self._known[key] = value
        return value

    def evaluate(self, attribute: Attribute, names: Mapping[str, HclValue] = _NO_NAMES) -> HclValue:
        """The value of an argument; unknown where it cannot be evaluated."""
        before = self.work.begin()
        try:
            return attribute.expression.evaluate(Scope(self, names))
        except (EvaluationError, NotSupportedError, RecursionError) as error:
            return Unknown(refusal(error))
        finally:
            self.work.end(before)

    def _missing(self, what: str) -> Unknown:
        if self.configuration.broken:
            return _BROKEN
        raise EvaluationError(say("there is no {what}", what=what))

    def local(self, name: str) -> HclValue:
        attribute = self.configuration.locals.get(name)
        if attribute is None:
            return self._missing(f"local.{name}")
        return self.named(
            ("local", name), lambda: self._expression(attribute).evaluate(Scope(self, _NO_NAMES))
        )

    def _expression(self, attribute: Attribute) -> Expression:
        # A file that would override it cannot be read.
        return Literal(_BROKEN) if self.configuration.overrides_broken else attribute.expression

    def variable(self, name: str) -> HclValue:
        block = self.configuration.variables.get(name)
        if block is None:
            return self._missing(f"var.{name}")
        return self.named(("var", name), lambda: self._variable(name, block))

    def _variable(self, name: str, block: Block) -> HclValue:
        attributes = block.body.attributes
        scope = Scope(self, _NO_NAMES)
        value = self._given(name)
        default = attributes.get("default")
        if value is None or value is _ABSENT:
            nullable = attributes.get("nullable")
            refused = nullable is not None and self.evaluate(nullable) is False
            if default is not None and (value is _ABSENT or refused):
                value = self._expression(default).evaluate(scope)
            elif value is _ABSENT and self.parent is None:
                value = Unknown(self.tree.no_value(name), Reference(self.tree.scope, f"var.{name}"))
            elif value is _ABSENT or refused:
                raise EvaluationError(say("{value} has no value", value=self.inside(f"var.{name}")))
        kind = attributes.get("type")
        sensitive = attributes.get("sensitive")
        marked = sensitive is not None and self.evaluate(sensitive) is not False
        if kind is not None:
            self.work.survey(value)  # a value that is too large is not looked through
            try:
                value = convert(value, kind.expression, scope)
            except EvaluationError as error:
                raise EvaluationError(
                    say("{value}: {error}", value=self.inside(f"var.{name}"), error=message_of(error))
                ) from None
        return mark(value, marked)

    def _given(self, name: str) -> HclValue:
        """What the caller or a file of variables gives."""
        if self.parent is None:
            if name in self.tree.values:
                return self.tree.values[name]
            if self.tree.values_broken:
                reason = say("a variable file cannot be read: var.{name}", name=name)
                return Unknown(reason, Reference(self.tree.scope, f"var.{name}"))
            return _ABSENT
        assert self.call_block is not None
        argument = self.call_block.body.attributes.get(name)
        if argument is None:
            return _BROKEN if self.parent.configuration.overrides_broken else _ABSENT
        return self.parent._expression(argument).evaluate(Scope(self.parent, self.names))

    def output(self, name: str) -> HclValue:
        block = self.configuration.outputs.get(name)
        if block is None:
            return self._missing(say("output {name} of {address}", name=name, address=self.address))
        return self.named(("output", name), lambda: self._output(block))

    def _output(self, block: Block) -> HclValue:
        attributes = block.body.attributes
        sensitive = attributes.get("sensitive")
        marked = sensitive is not None and self.evaluate(sensitive) is not False
        if "value" not in attributes:
            raise EvaluationError(say("an output without a value"))
        return mark(self._expression(attributes["value"]).evaluate(Scope(self, _NO_NAMES)), marked)

    # -- resources ---------------------------------------------------------------------------------

    def expansion(self, block: Block) -> Expansion:
        """The instances of a resource, a data source or a module call."""
        found = self._expansions.get(id(block))
        if found is None:
            found = self._expansions[id(block)] = self._expand(block)
        return found

    def _expand(self, block: Block) -> Expansion:
        attributes = block.body.attributes
        count, for_each = attributes.get("count"), attributes.get("for_each")
        if count is None and for_each is None:
            return Expansion([(None, {})])
        kind = "for_each" if count is None else "count"
        if count is not None and for_each is not None:
            return Expansion(None, say("count and for_each are used together"), kind)
        if any(again.attribute.name == kind for again in block.body.twice):
            return Expansion(None, say("{kind} is given twice", kind=kind), kind)
        attribute = count or for_each
        assert attribute is not None
        key = (kind, ".".join(block.labels)) if block.type != "data" else ("data", ".".join(block.labels))
        value, marked = unmark(
            self.named(key, lambda: self._expression(attribute).evaluate(Scope(self, _NO_NAMES)))
        )
        if isinstance(value, Unknown) and not isinstance(value, InstanceSet):
            return Expansion(None, value.reason, kind)
        if marked:
            return Expansion(None, say("{kind} is sensitive", kind=kind), kind)
        try:
            names = count_names(value, self.tree) if kind == "count" else each_names(value, self.tree)
        except (EvaluationError, NotSupportedError) as error:
            return Expansion(None, refusal(error), kind)
        return Expansion(names, "", kind)

    def resource(self, kind: str, name: str) -> HclValue:
        """A resource: one instance, or all by their keys."""
        block = self.configuration.resources.get((kind, name))
        if block is None:
            return self._missing(say("resource {kind}.{name}", kind=kind, name=name))
        return self._all(("resource", f"{kind}.{name}"), block, Instance, UnlistedInstances)

    def data(self, kind: str, name: str) -> HclValue:
        """A data source: read at apply or before, but not by us."""
        block = self.configuration.data.get((kind, name))
        if block is None:
            return self._missing(f"data.{kind}.{name}")

        def instance(module: Module, block: Block, address: str, names: object) -> Unknown:
            return Unknown(
                say("known after apply: {address}", address=address), Reference(self.tree.scope, address)
            )

        def unlisted(module: Module, block: Block, address: str, expansion: Expansion) -> Unknown:
            return instance(module, block, address, None)

        return self._all(("data", f"data.{kind}.{name}"), block, instance, unlisted)

    def _all(
        self,
        key: tuple[str, str],
        block: Block,
        instance: Callable[[Module, Block, str, Mapping[str, HclValue]], HclValue],
        unlisted: Callable[[Module, Block, str, Expansion], HclValue],
    ) -> HclValue:
        known = self._known.get(key)
        if known is None:
            address = self.inside(key[1])
            expansion = self.expansion(block)
            if expansion.items is None:
                known = unlisted(self, block, address, expansion)
            else:
                known = by_key(
                    expansion,
                    (
                        instance(self, block, expansion.address(address, at), names)
                        for at, names in expansion.items
                    ),
                )
            self._known[key] = known
        return known

    # -- modules -----------------------------------------------------------------------------------

    def module(self, name: str) -> HclValue:
        """A called module: one instance, or all by their keys."""
        block = self.configuration.calls.get(name)
        if block is None:
            return self._missing(f"module.{name}")
        known = self._known.get(("module", name))
        if known is None:
            known = self._known["module", name] = self._called(name, block)
        return known

    def _called(self, name: str, block: Block) -> HclValue:
        address = self.inside(f"module.{name}")
        expansion = self.expansion(block)
        if expansion.items is None:
            return UnlistedModules(expansion.reason, Reference(self.tree.scope, address))
        children = self.children(name)
        if children is None:
            reference = Reference(self.tree.scope, address)
            if expansion.kind:
                return UnlistedModules(say("known after apply: {address}", address=address), reference)
            return Unknown(say("known after apply: {address}", address=address), reference)
        return by_key(expansion, (Outputs(child) for child in children.values()))

    def children(self, name: str) -> dict[Any, Module] | None:
        """The instances of a called module by key; None where it or its keys cannot be read."""
        block = self.configuration.calls[name]
        child = self.child(block)
        items = self.expansion(block).items
        if items is None or child.configuration is None:
            return None
        if name not in self._children:
            expansion = self.expansion(block)
            try:
                self.tree.spend_instances(len(items))
            except NotSupportedError as error:
                self._expansions[id(block)] = Expansion(None, refusal(error), expansion.kind)
                return None
            base = self.inside(f"module.{name}")
            self._children[name] = {
                key: Module(
                    self.tree,
                    child.configuration,
                    child.path,
                    expansion.address(base, key),
                    self,
                    block,
                    names,
                )
                for key, names in items
            }
        return self._children[name]

    def child(self, block: Block) -> Child:
        """The module that a block calls."""
        found = self._called_modules.get(id(block))
        if found is None:
            found = self._called_modules[id(block)] = self._find(block)
        return found

    def _find(self, block: Block) -> Child:
        if self.configuration.overrides_broken:
            return Child(None, "", _BROKEN.reason)
        source = source_of(block)
        if source is None:
            return Child(None, "", say("a module without a readable source"))
        if not is_local(source):
            return Child(None, "", say("a remote module: {source}", source=source[:MAX_REASON]))
        path = posixpath.normpath(posixpath.join(self.path, source))
        found = self.tree.called(self.configuration.folder, source)
        if isinstance(found, str):
            return Child(None, path, found)
        above = list(self._configurations())
        if found in above:
            return Child(None, path, say("a module that calls itself"))
        if len(above) > MAX_MODULE_DEPTH:
            return Child(None, path, say("modules nested too deeply"))
        return Child(found, path)

    def _configurations(self) -> Iterator[Configuration]:
        """Its own, and those of the modules around it."""
        module: Module | None = self
        while module is not None:
            yield module.configuration
            module = module.parent

    # -- providers ---------------------------------------------------------------------------------

    def region(self, block: Block) -> Value | None:
        """The region of the provider that a resource uses, if that is known."""
        provider = block.body.attributes.get("provider")
        if provider is None:
            return self.provider_region(block.labels[0].partition("_")[0], None)
        name = _provider_name(provider.expression)
        return None if name is None else self.provider_region(*name)

    def provider_region(self, name: str, alias: str | None) -> Value | None:
        key = (name, alias)
        if key not in self._regions:
            self._regions[key] = None  # for modules that pass a provider around in a circle
            self._regions[key] = self._provider_region(name, alias)
        return self._regions[key]

    def _provider_region(self, name: str, alias: str | None) -> Value | None:
        block = self.configuration.providers.get((name, alias))
        if block is not None:
            region = block.body.attributes.get("region")
            if region is None or self.configuration.overrides_broken:
                return None
            value, marked = unmark(self.evaluate(region))
            if not isinstance(value, str):
                return None
            place = written_elsewhere(value, region.file, region.span)
            return Value(bare(value), region.location, marked, region.literal, place)
        if self.parent is None or self.call_block is None:
            return None
        passed = self.call_block.body.attributes.get("providers")
        if passed is not None:
            if not isinstance(passed.expression, Object):
                return None
            for key, value in passed.expression.pairs:
                if _provider_name(key) == (name, alias):
                    outer = _provider_name(value)
                    return None if outer is None else self.parent.provider_region(*outer)
        # A module inherits the provider without an alias, unless it is given another one.
        return self.parent.provider_region(name, None) if alias is None else None


class _Absent:
    """No value was given; null is one."""


_ABSENT = _Absent()


def source_of(block: Block) -> str | None:
    """Where a `module` block says its module is."""
    source = block.body.attributes.get("source")
    text = source.expression.value if source and isinstance(source.expression, Literal) else None
    return text if isinstance(text, str) else None


def is_local(source: str) -> bool:
    """Whether a module's source is a folder beside it."""
    return source.startswith(("./", "../")) or source in (".", "..")


def refusal(error: Exception) -> str:
    """Why something is not known, from what was raised."""
    if isinstance(error, RecursionError):
        return say("nested too deeply")
    text = message_of(error)
    text = text if len(text) <= MAX_REASON else text[:MAX_REASON]
    return say("cannot be evaluated: {text}", text=text) if isinstance(error, EvaluationError) else text


def _provider_name(expression: Expression) -> tuple[str, str | None] | None:
    """`alicloud` or `alicloud.bj`."""
    if isinstance(expression, Literal):  # a key, or quotes around a name, as Terraform 0.11 wrote it
        names = tuple(expression.value.split(".")) if isinstance(expression.value, str) else ()
    else:
        names = next(expression.references(), ())
    if len(names) == 1:
        return names[0], None
    return (names[0], names[1]) if len(names) == 2 else None
