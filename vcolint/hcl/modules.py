"""Module instances: the values of the names in their expressions, and the instances that they hold.

Every value is evaluated once, when it is needed. Where Terraform would fail, the value is unknown and has
the reason, so that one mistake does not hide the rest.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from vcolint.hcl.bodies import Attribute, Block
from vcolint.hcl.configuration import BROKEN, Configuration, Schema, load
from vcolint.hcl.expressions import Expression, Literal, Object, Scope, Surroundings, iterate
from vcolint.hcl.files import Files
from vcolint.hcl.types import convert
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    InstanceSet,
    Namespace,
    NotSupportedError,
    Pending,
    SetValue,
    UnknownText,
    bare,
    describe,
    instance_key,
    mark,
    to_number,
    to_text,
    unmark,
    written_elsewhere,
)
from vcolint.locale import message_of, say
from vcolint.text.value import Reference, Unknown, Value

MAX_INSTANCES = 50_000  # of resources and modules together, in one root
MAX_REASON = 200  # characters
MAX_MODULE_DEPTH = 30

_NO_NAMES: Mapping[str, HclValue] = {}
_NOT_HERE = frozenset({"each", "count", "self"})

_T = TypeVar("_T")
_Key = tuple[object, ...]


class _Nothing:
    """Marks a value that is not given (null is given), or is being evaluated."""


_ABSENT, _OPEN = _Nothing(), _Nothing()


class Tree:
    """A root module and the modules below it. `scope` is the scope of references to them."""

    def __init__(self, files: Files, schema: Schema, workspace: str, scope: str) -> None:
        self.files = files
        self.work = files.work
        self.schema = schema
        self.workspace = workspace
        self.scope = scope
        self.configurations: dict[Path, Configuration] = {}  # in the order of reading
        self.values: dict[str, HclValue] = {}  # of the root's variables
        self.values_broken = False  # a variable file cannot be read
        # The reason why a variable without a value is unknown.
        self.no_value: Callable[[str], str] = lambda name: say("var.{name} has no value", name=name)
        self._instances = 0

    def load(self, folder: Path) -> Configuration:
        """The configuration in a folder. Raises OSError."""
        found = self.configurations.get(folder)
        if found is None:
            found = self.configurations[folder] = load(folder, self.schema, self.files)
        return found

    def called(self, folder: Path, source: str) -> Configuration | str:
        """The configuration that a module in `folder` calls by a local path, or why it cannot be read."""
        try:
            called = (folder / source).resolve()
            if not self.files.inside(called):
                return say("a module outside the folder")
            if not called.is_dir():
                return say("there is no module in {source}", source=source)
            return self.load(called)
        except (OSError, RuntimeError, ValueError):
            return say("a module that cannot be read: {source}", source=source)

    def spend_instances(self, count: int) -> None:
        """Count instances. Raises NotSupportedError if there are too many."""
        if count > MAX_INSTANCES - self._instances:
            raise NotSupportedError(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))
        self._instances += count


class Expansion(NamedTuple):
    """The instances of a resource or a module: their keys, and the local names of each.

    `items` is None if they are not known, and `reason` says why.
    """

    items: list[tuple[Any, dict[str, HclValue]]] | None
    reason: str = ""
    kind: str = ""  # `count`, `for_each`, or empty for one instance without a key

    def address(self, base: str, key: HclValue) -> str:
        return f"{base}{instance_key(key)}" if self.kind else base

    def by_key(self, instances: Iterable[HclValue]) -> HclValue:
        """The instances as one value for expressions."""
        assert self.items is not None
        found = tuple(instances)
        if self.kind == "for_each":
            return {key: instance for (key, _), instance in zip(self.items, found, strict=True)}
        return found if self.kind else found[0]


class Module(Surroundings):
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
        super().__init__(tree.work)
        self.tree = tree
        self.configuration = configuration
        self.path = path  # `path.module`: relative to the folder of the root
        self.address = address  # "" for the root
        self.parent = parent
        self.call_block = call_block  # the `module` block in the parent
        self.names = names  # the values of `each` and `count` in that block
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
        return self._tried(lambda: self._evaluated(attribute, names))

    def _evaluated(self, attribute: Attribute, names: Mapping[str, HclValue] = _NO_NAMES) -> HclValue:
        return attribute.expression.evaluate(Scope(self, names))

    def _tried(self, evaluate: Callable[[], HclValue]) -> HclValue:
        try:
            return self.work.share(evaluate)
        except (EvaluationError, NotSupportedError, RecursionError) as error:
            return Unknown(refusal(error))

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        return self.tree.files.call(name, arguments)

    # -- names -------------------------------------------------------------------------------------

    def root(self, name: str) -> HclValue:
        if name == "var":
            return Namespace(lambda one: self._declared("variable", (one,), f"var.{one}", self._variable))
        if name == "local":
            return Namespace(self._local)
        if name == "module":
            return Namespace(lambda one: self._declared("module", (one,), f"module.{one}", self._module))
        if name == "data":
            return Namespace(
                lambda kind: Namespace(
                    lambda one: self._declared("data", (kind, one), f"data.{kind}.{one}", self._data)
                )
            )
        if name == "path":
            return {"module": self.path, "root": ".", "cwd": self.tree.files.absolute(".")}
        if name == "terraform":
            return {"workspace": self.tree.workspace, "env": self.tree.workspace}
        if name in _NOT_HERE:
            raise EvaluationError(say("{name} has no meaning here", name=name))
        what = say("resource {kind}", kind=name)
        return Namespace(lambda one: self._declared("resource", (name, one), f"{what}.{one}", self._resource))

    def _declared(
        self, kind: str, labels: tuple[str, ...], what: str, make: Callable[[Block], HclValue]
    ) -> HclValue:
        """The value that a block declares."""
        block = self.configuration.blocks[kind].get(labels)
        return self._missing(what) if block is None else self.named((kind, *labels), lambda: make(block))

    def _missing(self, what: str) -> Unknown:
        if self.configuration.broken:
            return BROKEN
        raise EvaluationError(say("there is no {what}", what=what))

    def _local(self, name: str) -> HclValue:
        attribute = self.configuration.locals.get(name)
        if attribute is None:
            return self._missing(f"local.{name}")
        return self.named(("local", name), lambda: self._evaluated(attribute))

    def _variable(self, block: Block) -> HclValue:
        attributes, name = block.body.attributes, block.labels[0]
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
            return BROKEN if self.parent.configuration.overrides_broken else _ABSENT
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

    def outputs(self) -> Namespace:
        """The outputs, for the caller of the module."""
        names = [name for (name,) in self.configuration.blocks["output"]]
        base = f"{self.address}." if self.address else ""
        return Namespace(lambda one: self._declared("output", (one,), base + one, self._output), names)

    def _output(self, block: Block) -> HclValue:
        value = block.body.attributes.get("value")
        if value is None:
            raise EvaluationError(say("an output without a value"))
        return mark(self._evaluated(value), self._is_sensitive(block))

    def _module(self, block: Block) -> HclValue:
        """A called module: one instance, or all by their keys."""
        expansion, found = self.expansion(block), children(self, block)
        if found is not None:
            return expansion.by_key(child.outputs() for child in found.values())
        address = self.inside(f"module.{block.labels[0]}")
        later = self.later(address)
        reason = later.reason if expansion.items is not None else expansion.reason
        if not expansion.kind:
            return Unknown(reason, later.reference)
        return InstanceSet(reason, later.reference, lambda key: self.later(f"{address}{instance_key(key)}"))

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
        if any(again.name == kind for again, _ in block.body.twice):
            return Expansion(None, say("{kind} is given twice", kind=kind), kind)
        value, marked = None, False
        if given:
            value, marked = unmark(self.named((kind, id(block)), lambda: self._evaluated(given[0])))
        if isinstance(value, Unknown) and not isinstance(value, InstanceSet):
            return Expansion(None, value.reason, kind)
        if marked:
            return Expansion(None, say("{kind} is sensitive", kind=kind), kind)
        try:
            if kind or block.type == "module":
                return Expansion(_names(kind, value, self.tree), "", kind)
            return Expansion([(None, {})])
        except (EvaluationError, NotSupportedError) as error:
            return Expansion(None, refusal(error), kind)

    def _resource(self, block: Block) -> HclValue:
        """A resource: one instance, or all by their keys."""
        expansion = self.expansion(block)
        address = self.inside(".".join(block.labels))
        if expansion.items is not None:
            return expansion.by_key(
                _instance(self, block, expansion.address(address, key), names)
                for key, names in expansion.items
            )
        # `each` and `count` of an instance are unknown, too.
        names = {expansion.kind.replace("for_each", "each"): Unknown(expansion.reason)}
        to_kind = to_number if expansion.kind == "count" else to_text

        def one(key: HclValue) -> HclValue:
            return _instance(self, block, f"{address}{instance_key(to_kind(key))}", names)

        return InstanceSet(expansion.reason, None, one)

    def _data(self, block: Block) -> HclValue:
        """A data source: Terraform reads it, vcolint does not."""
        address = self.inside(".".join(("data", *block.labels)))
        expansion = self.expansion(block)
        if expansion.items is None:
            return self.later(address)
        return expansion.by_key(self.later(expansion.address(address, key)) for key, _ in expansion.items)


def _instance(module: Module, block: Block, address: str, names: Mapping[str, HclValue]) -> Pending:
    """A resource instance. Its configured attributes are known, the others after apply."""
    kind = block.labels[0]
    schema = module.tree.schema.of(kind)

    def attribute(name: str) -> HclValue:
        later = module.later(f"{address}.{name}")
        if name == "id":
            later = UnknownText(later.reason, later.reference)
        if name in schema.identities:
            later.reference = Reference(module.tree.scope, address)
            return later
        configured = block.body.attributes.get(name)
        if configured is None:
            return later
        return module.named((address, name), lambda: as_configured(configured, later))

    def as_configured(configured: Attribute, later: Unknown) -> HclValue:
        value, marked = unmark(configured.expression.evaluate(Scope(module, names)))
        if configured.name in schema.numbers and not isinstance(value, Unknown):
            value = to_number(value)
        elif isinstance(value, str):
            value = later if _may_be_converted(value) else value
        elif not isinstance(value, Unknown) or isinstance(value, (Pending, InstanceSet)):
            value = later
        return mark(value, marked)

    return Pending(say("known after apply: {address}", address=address), kind, attribute)


def _may_be_converted(text: str) -> bool:
    """Whether a text may be the value of a number or bool attribute: only the provider's schema knows."""
    return (
        text in ("true", "false") or re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text) is not None
    )


def _names(kind: str, value: HclValue, tree: Tree) -> list[tuple[Any, dict[str, HclValue]]]:
    """The keys of the instances by `count` or `for_each`, and the value of `count` or `each` in each."""
    if kind == "count":
        if value is None:
            raise EvaluationError(say("count is null"))
        number = to_number(value)
        if not isinstance(number, int) or number < 0:
            raise EvaluationError(say("count is {number}", number=to_text(number)))
        tree.spend_instances(number)
        return [(index, {"count": {"index": index}}) for index in range(number)]
    if not kind:
        tree.spend_instances(1)
        return [(None, {})]
    value = value.settle() if isinstance(value, Namespace) else value
    if not isinstance(value, (dict, SetValue)):
        described = describe(value)
        raise EvaluationError(
            say("for_each is {describe}, not a map or a set of strings", describe=described)
        )
    if isinstance(value, SetValue) and not all(isinstance(item, str) for item in value):
        raise EvaluationError(say("for_each is a set with elements that are not strings"))
    tree.spend_instances(len(value))
    return [(key, {"each": {"key": key, "value": item}}) for key, item in iterate(value)]


def children(module: Module, block: Block) -> dict[Any, Module] | None:
    """The instances of a called module by key; None if the module or its keys are not known."""
    return module.once(("children", id(block)), lambda: _children(module, block))


def _children(module: Module, block: Block) -> dict[Any, Module] | None:
    expansion, configuration = module.expansion(block), called(module, block)
    if expansion.items is None or isinstance(configuration, str):
        return None
    found = {}
    base = module.inside(f"module.{block.labels[0]}")
    path = posixpath.normpath(posixpath.join(module.path, block.body.text("source") or ""))
    for key, names in expansion.items:
        address = expansion.address(base, key)
        found[key] = Module(module.tree, configuration, path, address, module, block, names)
    return found


def called(module: Module, block: Block) -> Configuration | str:
    """The configuration of the module that a block calls, or the reason why it cannot be read."""
    return module.once(("called", id(block)), lambda: _called(module, block))


def _called(module: Module, block: Block) -> Configuration | str:
    source = block.body.text("source")
    if source is None:
        return say("a module without a readable source")
    if not is_local(source):
        return say("a remote module: {source}", source=source)
    found = module.tree.called(module.configuration.folder, source)
    above = [module]
    while above[-1].parent is not None:
        above.append(above[-1].parent)
    if any(found is caller.configuration for caller in above):
        return say("a module that calls itself")
    return say("modules nested too deeply") if len(above) > MAX_MODULE_DEPTH else found


# The local name and the alias ("" without one) of a provider.
_Provider = tuple[str, ...]


def region_of(module: Module, block: Block) -> Value | None:
    """The region of the provider that a resource uses, if that is known."""
    provider = block.body.attributes.get("provider")
    default = block.labels[0].partition("_")[0], ""
    name = default if provider is None else _provider(provider.expression)
    while name is not None:
        found = module.configuration.blocks["provider"].get(name)
        if found is not None:
            return _region(module, found)
        if module.parent is None or module.call_block is None:
            return None
        passed = module.call_block.body.attributes.get("providers")
        module = module.parent
        outer = None if name[1] else name  # a module inherits the provider without an alias
        if passed is not None:
            if not isinstance(passed.expression, Object):
                return None
            pairs = passed.expression.pairs
            outer = next((_provider(value) for key, value in pairs if _provider(key) == name), outer)
        name = outer
    return None


def _region(module: Module, provider: Block) -> Value | None:
    """The region in a `provider` block."""
    region = provider.body.attributes.get("region")
    if region is None:
        return None
    value, marked = unmark(module.named(("region", id(region)), lambda: module.evaluate(region)))
    if not isinstance(value, str):
        return None
    place = written_elsewhere(value, region.place)
    return Value(bare(value), region.location, marked, region.literal, place)


def _provider(expression: Expression) -> _Provider | None:
    """`alicloud` or `alicloud.bj`."""
    if isinstance(expression, Literal):  # a key, or a name in quotes, as in Terraform 0.11
        names = tuple(expression.value.split(".")) if isinstance(expression.value, str) else ()
    else:
        names = next(expression.references(), ())
    return (*names, "")[:2] if 0 < len(names) < 3 else None


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
