"""Module instances: the values of the names in their expressions, and the instances that they hold.

Every value is evaluated once, when it is needed. Where Terraform would fail, the value is unknown and has
the reason, so that one mistake does not hide the rest.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from vcolint.hcl.configuration import BROKEN, Configuration, Files, Schema, beside, load, names_in, read_body
from vcolint.hcl.expressions import Expression, Literal, Object, Scope, Surroundings, iterate, traversals
from vcolint.hcl.functions import convert
from vcolint.hcl.syntax import Attribute, Block
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    Namespace,
    NotSupportedError,
    Pending,
    Seen,
    SetValue,
    UnknownText,
    instance_key,
    mark,
    origin,
    to_number,
    to_text,
    unmark,
)
from vcolint.locale import message_of, say
from vcolint.text.value import Reference, Unknown, Value

MAX_INSTANCES = 50_000  # of resources and modules together, in one root
MAX_REASON = 200  # characters
MAX_MODULE_DEPTH = 30

_Key = tuple[object, ...]


# They stand for a value that is not given (a null is given), and for one that is being evaluated.
_ABSENT, _OPEN = object(), object()


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
        self.value_files = Configuration(files.folder, schema)  # `broken`: one cannot be read
        self.instances_left = MAX_INSTANCES

    def load(self, folder: Path) -> Configuration:
        """The configuration in a folder. Raises OSError."""
        found = self.configurations.get(folder)
        if found is None:
            found = self.configurations[folder] = load(folder, self.schema, self.files)
        return found

    def read_values(self, path: Path, *, named: bool = False) -> None:
        """Read values of variables from a file. Later files win. `named`: the user named the file."""
        shown = self.files.shown_name(path.resolve() if named else path)
        body = read_body(path, shown, self.value_files, self.files, named=named)
        self.value_files.files.append(shown)
        self.files.read.add(path.resolve())
        if body is None:  # it may set any of them
            self.values.clear()
            self.value_files.broken = True
            return
        scope = Scope(self.files)
        for name, attribute in body.attributes.items():
            self.values[name] = self.tried(partial(attribute.expression.evaluate, scope))

    def tried(self, evaluate: Callable[[], HclValue]) -> HclValue:
        """The value; unknown if it cannot be evaluated."""
        work, before = self.work, self.work.left
        work.left = given = min(before, work.share)
        try:
            return evaluate()
        except (EvaluationError, NotSupportedError, RecursionError) as error:
            return Unknown(refusal(error))
        finally:
            work.left = before - given + max(work.left, 0)

    def no_value(self, name: str) -> str:
        """The reason why a required variable is unknown. It names a file next to the root that sets it."""
        file = next((shown for shown, names in self._beside if name in names), None)
        if file is None:
            return say("var.{name} has no value: give it one with --var-file", name=name)
        return say("var.{name} has no value: pass --var-file {file}", name=name, file=file)

    @cached_property
    def _beside(self) -> list[tuple[str, frozenset[str]]]:
        """The variable files next to the root, and the variables that each of them sets."""
        paths = beside(self.files.folder)
        return [(self.files.shown_name(path), names_in(path, self.schema, self.files)) for path in paths]


class Expansion(NamedTuple):
    """The instances of a resource, a data source or a module call: key, address and local names of each.

    `items` is None if they are not known, and `reason` says why.
    """

    address: str  # without a key
    kind: str  # `count`, `for_each`, or empty for one instance without a key
    items: list[tuple[Any, str, dict[str, HclValue]]] | None
    reason: str = ""


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
        names: Mapping[str, HclValue] = {},
    ) -> None:
        super().__init__(tree.work, tree.files.functions)
        self.tree = tree
        self.configuration = configuration
        self.path = path  # `path.module`: relative to the folder of the root
        self.address = address  # "" for the root
        self.parent = parent
        self.call_block = call_block  # the `module` block in the parent
        self.names = names  # the values of `each` and `count` in that block
        self._made: dict[_Key, Any] = {}
        self.expansion = cache(self._expand)
        self.children = cache(self._children)

    def inside(self, address: str) -> str:
        """An address in this module, as seen from the root."""
        return f"{self.address}.{address}" if self.address else address

    def later(self, address: str) -> Unknown:
        """The value of something that is known after apply."""
        reason = say("known after apply: {address}", address=address)
        return Unknown(reason, Reference(self.tree.scope, address))

    def named(self, key: _Key, evaluate: Callable[[], HclValue]) -> HclValue:
        """The value of something with a name, evaluated once; unknown if it cannot be evaluated."""
        known = self._made.get(key, _ABSENT)
        if known is _ABSENT:
            self._made[key] = _OPEN
            known = self._made[key] = self.tree.tried(evaluate)
        elif known is _OPEN:
            raise EvaluationError(say("a value that refers to itself"))
        return known

    def evaluate(self, attribute: Attribute, names: Mapping[str, HclValue] = {}) -> HclValue:
        """The value of an argument; unknown if it cannot be evaluated."""
        return self.tree.tried(lambda: attribute.expression.evaluate(Scope(self, names)))

    # -- names -------------------------------------------------------------------------------------

    def root(self, name: str) -> HclValue:
        if name in ("var", "local", "module"):
            kind = "variable" if name == "var" else name
            return Namespace(lambda one: self.value(kind, one))
        if name == "data":
            return Namespace(lambda kind: Namespace(lambda one: self.value("data", kind, one)))
        if name == "path":
            return {"module": self.path, "root": ".", "cwd": self.tree.files.absolute(".")}
        if name == "terraform":
            return {"workspace": self.tree.workspace, "env": self.tree.workspace}
        return Namespace(lambda one: self.value("resource", name, one))

    def value(self, kind: str, *labels: str) -> HclValue:
        """The value of what a block declares."""
        block = self.configuration.blocks[kind].get(labels)
        if block is not None:
            named = {"variable": self._variable, "local": self._output, "output": self._output}
            make = named.get(kind, self._instances)
            return self.named((kind, *labels), lambda: make(block))
        if self.configuration.broken:
            return BROKEN
        head = {"variable": ("var",), "resource": (), "output": ()}.get(kind, (kind,))
        raise EvaluationError(say("there is no {what}", what=self.inside(".".join((*head, *labels)))))

    def _variable(self, block: Block) -> HclValue:
        attributes, name = block.body.attributes, block.labels[0]
        address = f"var.{name}"
        value = self._given(name)
        if value is None and "nullable" in attributes and self.evaluate(attributes["nullable"]) is False:
            value = _ABSENT
        if value is _ABSENT and "default" in attributes:
            value = attributes["default"].expression.evaluate(Scope(self))
        if value is _ABSENT and self.parent is not None:
            raise EvaluationError(say("{value} has no value", value=self.inside(address)))
        if value is _ABSENT:
            value = Unknown(self.tree.no_value(name), Reference(self.tree.scope, address))
        if "type" in attributes:
            self.work.survey(value)  # fails for a value that is too large to convert
            try:
                value = convert(value, attributes["type"].expression, Scope(self))
            except EvaluationError as error:
                message = say("{value}: {error}", value=self.inside(address), error=message_of(error))
                raise EvaluationError(message) from None
        return mark(value, self._is_sensitive(block))

    def _given(self, name: str) -> HclValue:
        """The value of a variable from the caller or a variable file."""
        if self.parent is not None and self.call_block is not None:
            argument = self.call_block.body.attributes.get(name)
            return (
                _ABSENT if argument is None else argument.expression.evaluate(Scope(self.parent, self.names))
            )
        if name in self.tree.values or not self.tree.value_files.broken:
            return self.tree.values.get(name, _ABSENT)
        reason = say("a variable file cannot be read: var.{name}", name=name)
        return Unknown(reason, Reference(self.tree.scope, f"var.{name}"))

    def _is_sensitive(self, block: Block) -> bool:
        """Whether a variable or an output is declared as sensitive."""
        sensitive = block.body.attributes.get("sensitive")
        return sensitive is not None and self.evaluate(sensitive) is not False

    def outputs(self) -> Namespace:
        """The outputs, for the caller of the module."""
        names = [name for (name,) in self.configuration.blocks["output"]]
        return Namespace(lambda one: self.value("output", one), names)

    def _output(self, block: Block) -> HclValue:
        """An output or a local value."""
        value = block.body.attributes.get("value")
        if value is None:
            raise EvaluationError(say("an output without a value"))
        return mark(value.expression.evaluate(Scope(self)), self._is_sensitive(block))

    # -- resources ---------------------------------------------------------------------------------

    def _expand(self, block: Block) -> Expansion:
        """The instances of a resource, a data source or a module call."""
        attributes = block.body.attributes
        given = [attributes[kind] for kind in ("count", "for_each") if kind in attributes]
        base = self.inside(".".join(((block.type,) if block.type != "resource" else ()) + block.labels))
        kind, value, seen = given[0].name if given else "", None, Seen()
        try:
            if len(given) > 1:
                raise NotSupportedError(say("count and for_each are both given"))
            if given:
                scope = Scope(self)
                value = seen.look(self.named((kind, id(block)), lambda: given[0].expression.evaluate(scope)))
            if seen.unknown is not None:
                raise NotSupportedError(seen.unknown.reason)
            if seen.marked:
                raise NotSupportedError(say("{kind} is sensitive", kind=kind))
            names = _names(kind, value, self.tree)
            keyed = ((key, base if key is None else base + instance_key(key), one) for key, one in names)
            return Expansion(base, kind, list(keyed))
        except (EvaluationError, NotSupportedError) as error:
            return Expansion(base, kind, None, refusal(error))

    def _instances(self, block: Block) -> HclValue:
        """The instances of a resource, a data source or a called module as one value."""
        expansion = self.expansion(block)
        inner = self.children(block) if block.type == "module" else None
        outputs = {child.address: child.outputs for child in inner or ()}

        def make(address: str, names: Mapping[str, HclValue]) -> HclValue:
            if block.type == "resource":
                return _instance(self, block, address, names)
            return outputs[address]() if address in outputs else self.later(address)

        if expansion.items is not None:
            found = {key: make(address, names) for key, address, names in expansion.items}
            if expansion.kind == "count":
                return tuple(found.values())
            return found if expansion.kind else found[None]
        # The keys are not known, so `each` and `count` of an instance are unknown, too.
        names = {expansion.kind.replace("for_each", "each"): Unknown(expansion.reason)}
        to_kind = to_number if expansion.kind == "count" else to_text
        base, reason = expansion.address, expansion.reason
        return Namespace(lambda key: make(f"{base}{instance_key(to_kind(key))}", names), None, reason)

    # -- module calls ------------------------------------------------------------------------------

    def _children(self, block: Block) -> list[Module] | None:
        """The instances of a called module; None if the module or its keys are not known."""
        items, configuration = self.expansion(block).items, self.called(block)
        if items is None or isinstance(configuration, str):
            return None
        path = posixpath.normpath(posixpath.join(self.path, block.body.text("source") or ""))
        return [
            Module(self.tree, configuration, path, address, self, block, names) for _, address, names in items
        ]

    def called(self, block: Block) -> Configuration | str:
        """The configuration of the module that a block calls, or the reason why it cannot be read."""
        source, tree = block.body.text("source"), self.tree
        if source is None:
            return say("a module without a readable source")
        if not is_local(source):
            return say("a remote module: {source}", source=source)
        try:
            folder = (self.configuration.folder / source).resolve()
            if not tree.files.inside(folder):
                return say("a module outside the folder")
            if not folder.is_dir():
                return say("there is no module in {source}", source=source)
            found = tree.load(folder)
        except (OSError, RuntimeError, ValueError):
            return say("a module that cannot be read: {source}", source=source)
        above: list[Module] = [self]
        while above[-1].parent is not None:
            above.append(above[-1].parent)
        if any(found is caller.configuration for caller in above):
            return say("a module that calls itself")
        return say("modules nested too deeply") if len(above) > MAX_MODULE_DEPTH else found


def _instance(module: Module, block: Block, address: str, names: Mapping[str, HclValue]) -> Pending:
    """A resource instance. Its configured attributes are known, the others after apply."""
    identities = module.tree.schema.get(block.labels[0], ())

    def attribute(name: str) -> HclValue:
        later = module.later(f"{address}.{name}")
        if name == "id":
            later = UnknownText(later.reason, later.reference)
        configured = block.body.attributes.get(name)
        if name in identities:
            later.reference = Reference(module.tree.scope, address)
        elif configured is not None:
            return module.named((address, name), lambda: as_configured(configured, later))
        return later

    def as_configured(configured: Attribute, later: Unknown) -> HclValue:
        value, marked = unmark(configured.expression.evaluate(Scope(module, names)))
        if isinstance(value, str):
            value = later if _MAY_BE_CONVERTED.fullmatch(value) else value
        elif not isinstance(value, Unknown) or isinstance(value, Pending):
            value = later
        return mark(value, marked)

    return Pending(say("known after apply: {address}", address=address), attribute)


# Texts that may be the value of a number or bool attribute: only the provider's schema knows.
_MAY_BE_CONVERTED = re.compile(r"true|false|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def _names(kind: str, value: HclValue, tree: Tree) -> list[tuple[Any, dict[str, HclValue]]]:
    """The keys of the instances by `count` or `for_each`, and the value of `count` or `each` in each."""
    number = 1
    if kind == "count":
        number = to_number(value)  # type: ignore[assignment]
        if not isinstance(number, int) or number < 0:
            raise EvaluationError(say("count is {number}", number=to_text(number)))
    elif kind:
        is_set = isinstance(value, SetValue) and all(isinstance(item, str) for item in value)
        if not isinstance(value, dict) and not is_set:
            raise EvaluationError(say("for_each is not a map or a set of strings"))
        number = len(value)
    if number > tree.instances_left:
        raise NotSupportedError(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))
    tree.instances_left -= number
    if kind == "count":
        return [(index, {"count": {"index": index}}) for index in range(number)]
    if not kind:
        return [(None, {})]
    return [(key, {"each": {"key": key, "value": item}}) for key, item in iterate(value)]


# The local name and the alias ("" without one) of a provider.
_Provider = tuple[str, ...]


def region_of(module: Module, block: Block) -> Value | None:
    """The region of the provider that a resource uses, if that is known."""
    provider = block.body.attributes.get("provider")
    default = block.labels[0].partition("_")[0], ""
    name = default if provider is None else _provider(provider.expression)
    while name is not None and name not in module.configuration.blocks["provider"]:
        # A module gets its provider from its caller, by another name if `providers` says so.
        if module.parent is None or module.call_block is None:
            return None
        passed = module.call_block.body.attributes.get("providers")
        pairs = passed.expression.pairs if passed and isinstance(passed.expression, Object) else []
        inherited = None if name[1] else name
        name = next((_provider(value) for key, value in pairs if _provider(key) == name), inherited)
        module = module.parent
    region = name and module.configuration.blocks["provider"][name].body.attributes.get("region")
    if not region:
        return None
    value, marked = unmark(module.named(("region", id(region)), lambda: module.evaluate(region)))
    if not isinstance(value, str):
        return None
    text, elsewhere = origin(value, region.place)
    return Value(text, region.place.location, marked, region.literal, elsewhere)


def _provider(expression: Expression) -> _Provider | None:
    """`alicloud` or `alicloud.bj`."""
    if isinstance(expression, Literal):  # a key, or a name in quotes, as in Terraform 0.11
        names = tuple(expression.value.split(".")) if isinstance(expression.value, str) else ()
    else:
        _, names = next(traversals(expression), (None, ()))
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
