"""Module instances: the values of the names in their expressions, and the instances that they hold.

Every value is evaluated once, when it is needed. Where Terraform would fail, the value is unknown and has
the reason, so that one mistake does not hide the rest.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from vcolint.hcl.bodies import Attribute, Block
from vcolint.hcl.configuration import Configuration
from vcolint.hcl.expressions import Literal, Scope
from vcolint.hcl.functions import call
from vcolint.hcl.instances import (
    Expansion,
    Instance,
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
    Namespace,
    NotSupportedError,
    mark,
    unmark,
)
from vcolint.locale import message_of, say
from vcolint.text.value import Reference, Unknown

MAX_MODULE_DEPTH = 30

_NO_NAMES: Mapping[str, HclValue] = {}
_NOT_HERE = frozenset({"each", "count", "self"})
# Whatever an unreadable file of a module may declare.
_BROKEN = Unknown(say("a file of the module cannot be read"))

_T = TypeVar("_T")
_Key = tuple[object, ...]


class _Nothing:
    """Marks a value that is not given (null is given), or is being evaluated."""


_ABSENT, _OPEN = _Nothing(), _Nothing()


class Module:
    """One instance of a module: the values of the names in its expressions."""

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
        self.path = path  # `path.module`: relative to the folder of the root
        self.address = address  # "" for the root
        self.parent = parent
        self.call_block = call_block  # the `module` block in the parent
        self.names = names  # the values of `each` and `count` in that block
        self.calls = Calls(self)
        self._made: dict[_Key, Any] = {}

    def inside(self, address: str) -> str:
        """An address in this module, as seen from the root."""
        return f"{self.address}.{address}" if self.address else address

    def later(self, address: str) -> Unknown:
        """The value of something that is known after apply."""
        reason = say("known after apply: {address}", address=address)
        return Unknown(reason, Reference(self.tree.scope, address))

    def once(self, key: _Key, make: Callable[[], _T]) -> _T:
        """The result of `make`, called at the first use of the key."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[no-any-return]

    # -- for expressions ---------------------------------------------------------------------------

    def root(self, name: str) -> HclValue:
        return self.once(("root", name), lambda: self._root(name))

    def _root(self, name: str) -> HclValue:
        if name == "var":
            return Namespace(self.variable)
        if name == "local":
            return Namespace(self.local)
        if name == "module":
            return Namespace(self.module)
        if name == "data":
            return Namespace(lambda kind: Namespace(lambda other: self.data(kind, other)))
        if name == "path":
            return {"module": self.path, "root": ".", "cwd": self.tree.files.absolute(".")}
        if name == "terraform":
            return {"workspace": self.tree.workspace, "env": self.tree.workspace}
        if name in _NOT_HERE:
            raise EvaluationError(say("{name} has no meaning here", name=name))
        return Namespace(lambda other: self.resource(name, other))

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        return call(name, arguments, self.tree.files, self.work)

    def named(self, key: _Key, evaluate: Callable[[], HclValue]) -> HclValue:
        """The value of something with a name, evaluated once."""
        known = self._made.get(key, _ABSENT)
        if known is _ABSENT:
            self._made[key] = _OPEN
            known = self._made[key] = self._tried(evaluate)
        elif known is _OPEN:
            raise EvaluationError(say("a value that refers to itself"))
        return known

    def evaluate(self, attribute: Attribute, names: Mapping[str, HclValue] = _NO_NAMES) -> HclValue:
        """The value of an argument; unknown if it cannot be evaluated."""
        return self._tried(lambda: attribute.expression.evaluate(Scope(self, names)))

    def _tried(self, evaluate: Callable[[], HclValue]) -> HclValue:
        before = self.work.begin()
        try:
            return evaluate()
        except (EvaluationError, NotSupportedError, RecursionError) as error:
            return Unknown(refusal(error))
        finally:
            self.work.end(before)

    def _evaluated(self, attribute: Attribute, names: Mapping[str, HclValue] = _NO_NAMES) -> HclValue:
        """The value of an argument; unknown if an override file cannot be read."""
        if self.configuration.overrides_broken:
            return _BROKEN
        return attribute.expression.evaluate(Scope(self, names))

    def _missing(self, what: str) -> Unknown:
        if self.configuration.broken:
            return _BROKEN
        raise EvaluationError(say("there is no {what}", what=what))

    def local(self, name: str) -> HclValue:
        attribute = self.configuration.locals.get(name)
        if attribute is None:
            return self._missing(f"local.{name}")
        return self.named(("local", name), lambda: self._evaluated(attribute))

    def variable(self, name: str) -> HclValue:
        block = self.configuration.blocks["variable"].get((name,))
        if block is None:
            return self._missing(f"var.{name}")
        return self.named(("var", name), lambda: self._variable(name, block))

    def _variable(self, name: str, block: Block) -> HclValue:
        attributes = block.body.attributes
        value = self._given(name)
        if value is None and "nullable" in attributes and self.evaluate(attributes["nullable"]) is False:
            value = _ABSENT
        if value is _ABSENT:
            value = self._default(name, attributes.get("default"))
        if "type" in attributes:
            self.work.survey(value)  # fails for a value that is too large to convert
            try:
                value = convert(value, attributes["type"].expression, Scope(self, _NO_NAMES))
            except EvaluationError as error:
                raise EvaluationError(
                    say("{value}: {error}", value=self.inside(f"var.{name}"), error=error)
                ) from None
        return mark(value, self._is_sensitive(block))

    def _given(self, name: str) -> HclValue:
        """The value from the caller or a variable file."""
        if self.parent is None:
            if name in self.tree.values or not self.tree.values_broken:
                return self.tree.values.get(name, _ABSENT)
            reason = say("a variable file cannot be read: var.{name}", name=name)
            return Unknown(reason, Reference(self.tree.scope, f"var.{name}"))
        assert self.call_block is not None
        argument = self.call_block.body.attributes.get(name)
        if argument is None:
            return _BROKEN if self.parent.configuration.overrides_broken else _ABSENT
        return self.parent._evaluated(argument, self.names)

    def _default(self, name: str, default: Attribute | None) -> HclValue:
        if default is not None:
            return self._evaluated(default)
        if self.parent is None:
            return Unknown(self.tree.no_value(name), Reference(self.tree.scope, f"var.{name}"))
        raise EvaluationError(say("{value} has no value", value=self.inside(f"var.{name}")))

    def _is_sensitive(self, block: Block) -> bool:
        """Whether a variable or an output is declared as sensitive."""
        sensitive = block.body.attributes.get("sensitive")
        return sensitive is not None and self.evaluate(sensitive) is not False

    def output(self, name: str) -> HclValue:
        block = self.configuration.blocks["output"].get((name,))
        if block is None:
            return self._missing(say("output {name} of {address}", name=name, address=self.address))
        return self.named(("output", name), lambda: self._output(block))

    def _output(self, block: Block) -> HclValue:
        value = block.body.attributes.get("value")
        if value is None:
            raise EvaluationError(say("an output without a value"))
        return mark(self._evaluated(value), self._is_sensitive(block))

    def outputs(self) -> Namespace:
        """The outputs, for the caller of the module."""
        return Namespace(self.output, [name for (name,) in self.configuration.blocks["output"]])

    def module(self, name: str) -> HclValue:
        """A called module: one instance, or all by their keys."""
        block = self.configuration.blocks["module"].get((name,))
        if block is None:
            return self._missing(f"module.{name}")
        return self.once(("module", name), lambda: self.calls.value(block))

    # -- resources ---------------------------------------------------------------------------------

    def expansion(self, block: Block) -> Expansion:
        """The instances of a resource, a data source or a module call."""
        return self.once(("expansion", id(block)), lambda: self._expand(block))

    def _expand(self, block: Block) -> Expansion:
        attributes = block.body.attributes
        given = [attributes[kind] for kind in ("count", "for_each") if kind in attributes]
        kind = given[0].name if given else ""
        if len(given) > 1:
            return Expansion(None, say("count and for_each are used together"), kind)
        if any(again.attribute.name == kind for again in block.body.twice):
            return Expansion(None, say("{kind} is given twice", kind=kind), kind)
        value, marked = None, False
        if given:
            value, marked = unmark(self.named((kind, id(block)), lambda: self._evaluated(given[0])))
        if isinstance(value, Unknown) and not isinstance(value, InstanceSet):
            return Expansion(None, value.reason, kind)
        if marked:
            return Expansion(None, say("{kind} is sensitive", kind=kind), kind)
        try:
            if kind == "count":
                return Expansion(count_names(value, self.tree), "", kind)
            if kind == "for_each":
                return Expansion(each_names(value, self.tree), "", kind)
            self.tree.spend_instances(1 if block.type == "module" else 0)
            return Expansion([(None, {})])
        except (EvaluationError, NotSupportedError) as error:
            return Expansion(None, refusal(error), kind)

    def resource(self, kind: str, name: str) -> HclValue:
        """A resource: one instance, or all by their keys."""
        block = self.configuration.blocks["resource"].get((kind, name))
        if block is None:
            return self._missing(say("resource {kind}.{name}", kind=kind, name=name))
        address = self.inside(f"{kind}.{name}")
        return self.once(
            ("resource", kind, name), lambda: self._all(block, address, Instance, UnlistedInstances)
        )

    def data(self, kind: str, name: str) -> HclValue:
        """A data source: Terraform reads it, vcolint does not."""
        block = self.configuration.blocks["data"].get((kind, name))
        if block is None:
            return self._missing(f"data.{kind}.{name}")

        def later(module: Module, block: Block, address: str, names: object) -> Unknown:
            return self.later(address)

        address = self.inside(f"data.{kind}.{name}")
        return self.once(("data", kind, name), lambda: self._all(block, address, later, later))

    def _all(
        self,
        block: Block,
        address: str,
        instance: Callable[[Module, Block, str, Mapping[str, HclValue]], HclValue],
        unlisted: Callable[[Module, Block, str, Expansion], HclValue],
    ) -> HclValue:
        expansion = self.expansion(block)
        if expansion.items is None:
            return unlisted(self, block, address, expansion)
        return by_key(
            expansion,
            (instance(self, block, expansion.address(address, key), names) for key, names in expansion.items),
        )


class Child(NamedTuple):
    """The module that a block calls: its configuration, or the reason why it cannot be read."""

    configuration: Configuration | None
    path: str = ""  # `path.module`
    reason: str = ""


class Calls:
    """The modules that one module calls."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def value(self, block: Block) -> HclValue:
        """A called module as a value for expressions: one instance, or all by their keys."""
        expansion, children = self.module.expansion(block), self.children(block)
        if children is not None:
            return by_key(expansion, (child.outputs() for child in children.values()))
        later = self.module.later(self.module.inside(f"module.{block.labels[0]}"))
        reason = later.reason if expansion.items is not None else expansion.reason
        return (
            UnlistedModules(reason, later.reference) if expansion.kind else Unknown(reason, later.reference)
        )

    def children(self, block: Block) -> dict[Any, Module] | None:
        """The instances of a called module by key; None if the module or its keys are not known."""
        return self.module.once(("children", id(block)), lambda: self._children(block))

    def _children(self, block: Block) -> dict[Any, Module] | None:
        expansion, child = self.module.expansion(block), self.child(block)
        if expansion.items is None or child.configuration is None:
            return None
        base = self.module.inside(f"module.{block.labels[0]}")
        return {
            key: Module(
                self.module.tree,
                child.configuration,
                child.path,
                expansion.address(base, key),
                self.module,
                block,
                names,
            )
            for key, names in expansion.items
        }

    def child(self, block: Block) -> Child:
        """The module that a block calls."""
        return self.module.once(("child", id(block)), lambda: self._child(block))

    def _child(self, block: Block) -> Child:
        module = self.module
        if module.configuration.overrides_broken:
            return Child(None, reason=_BROKEN.reason)
        source = source_of(block)
        if source is None:
            return Child(None, reason=say("a module without a readable source"))
        if not is_local(source):
            return Child(None, reason=say("a remote module: {source}", source=source[:MAX_REASON]))
        found = module.tree.called(module.configuration.folder, source)
        if isinstance(found, str):
            return Child(None, reason=found)
        above = list(self._configurations())
        if found in above:
            return Child(None, reason=say("a module that calls itself"))
        if len(above) > MAX_MODULE_DEPTH:
            return Child(None, reason=say("modules nested too deeply"))
        return Child(found, posixpath.normpath(posixpath.join(module.path, source)))

    def _configurations(self) -> Iterator[Configuration]:
        """The configurations of the module and of its callers."""
        module: Module | None = self.module
        while module is not None:
            yield module.configuration
            module = module.parent


def source_of(block: Block) -> str | None:
    """The `source` of a `module` block."""
    source = block.body.attributes.get("source")
    text = source.expression.value if source and isinstance(source.expression, Literal) else None
    return text if isinstance(text, str) else None


def is_local(source: str) -> bool:
    """Whether a source is a local path."""
    return source.startswith(("./", "../")) or source in (".", "..")


def refusal(error: Exception) -> str:
    """The reason of an unknown value, from the error."""
    if isinstance(error, RecursionError):
        return say("nested too deeply")
    text = message_of(error)
    text = text if len(text) <= MAX_REASON else text[:MAX_REASON]
    return say("cannot be evaluated: {text}", text=text) if isinstance(error, EvaluationError) else text
