"""Terraform configurations: a root module, the local modules that it calls, and its variable files.

Routes become entries. The resources around them become facts about the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vcolint.hcl.configuration import Files, Schema, beside, load, loaded, names_in, title
from vcolint.hcl.expressions import Reference, Variable, Work, iterate, traversals
from vcolint.hcl.modules import Module, Tree, region_of
from vcolint.hcl.syntax import Attribute, Block, Body
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    NotSupportedError,
    Pending,
    origin,
    to_number,
    to_text,
    unmark,
)
from vcolint.locale import message_of, say
from vcolint.model.reading import Reading, Unlisted
from vcolint.model.settings import Environment
from vcolint.read.draft import TERRAFORM, Draft, seconds, unknown_name
from vcolint.read.instances import (
    ATTACHMENT,
    BINDING,
    CONNECTION,
    CUSTOMER_GATEWAY,
    PROPAGATION,
    ROUTE,
    SURROUNDINGS,
    TRANSIT_ROUTER,
    Instance,
    describe,
)
from vcolint.text.opening import reason
from vcolint.text.source import Problem, Remark, Source, SyntaxFault
from vcolint.text.value import Location, Unknown

MAX_STEPS = 20_000_000  # of evaluating expressions: a few seconds

_META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "provider"})
_META_BLOCKS = frozenset({"lifecycle", "connection", "provisioner"})
_BLOCK_COST = 20  # steps
# How many resources are searched, and routes found, when looking for the routes that one waits for.
MAX_WAITS = 1000

_ID = frozenset({"id"})
# What the provider's schema says about the types that vcolint uses, as far as it matters.
SCHEMA: Schema = {
    **dict.fromkeys((*SURROUNDINGS, ROUTE), frozenset()),
    **dict.fromkeys((ATTACHMENT, CONNECTION, CUSTOMER_GATEWAY), _ID),
    TRANSIT_ROUTER: _ID | {"transit_router_id"},
}
_EVERYTHING = frozenset(SCHEMA)  # what a module may contain
_NO_DATA: Mapping[Path, bytes] = {}

# The names of variable files for every environment, and of files that are only examples.
_SHARED = frozenset({"all", "base", "common", "default", "defaults", "global", "globals", "shared"})
_EXAMPLES = frozenset({"example", "sample", "template"})
_STATES = "terraform.tfstate.d"  # a folder for each workspace, where Terraform keeps states in files
_NO_RESOURCE = frozenset({"each", "count", "self", "path", "terraform"})

_Names = Mapping[str, HclValue]
_Node = tuple[Module, Reference]  # something with a name in a module: `("local", "routes")`, `(type, name)` …


def read(
    folder: Path,
    shown: str,
    *,
    boundary: Path,
    var_files: Sequence[Path] = (),
    workspace: str = "default",
    data: Mapping[Path, bytes] = _NO_DATA,
) -> Reading:
    """Read the root module in a folder.

    `shown` is the folder's name in messages ("" for the working directory). Nothing outside of `boundary` is
    read, except the `var_files`. `data` holds files that were already read, by resolved path.
    """
    root = shown or "."
    reading = Reading("terraform", [], root=root)
    folder = folder.resolve()
    files = Files(folder, shown, boundary.resolve(), Work(MAX_STEPS), data)
    tree = Tree(files, SCHEMA, workspace, root)
    try:
        configuration = tree.load(folder)
    except OSError as error:
        message = say("cannot be read: {strerror}", strerror=reason(error))
        reading.problems.append(Problem("syntax", message, Location(root, 1, 1, 1, 1)))
        return reading
    for path in loaded(folder):
        tree.read_values(path)
    for path in var_files:
        tree.read_values(path, named=True)
    everything = _Root(reading)
    everything.add(Module(tree, configuration))
    describe(reading.topology, root, everything.instances)
    for one in (*tree.configurations.values(), tree.value_files):
        reading.files += one.files
        reading.texts.update(one.texts)
        reading.problems += one.problems
        reading.remarks += one.remarks
    for name, text in files.texts.items():
        reading.texts.setdefault(name, text)
        reading.remarks += _remarks(name, text)
    reading.used = frozenset(map(str, files.read))
    return reading


def _remarks(name: str, text: str) -> list[Remark]:
    """The comments for vcolint in a data file, if it is YAML."""
    if not name.lower().endswith((".yaml", ".yml")) or "vcolint" not in text.lower():
        return []
    from vcolint.text import yaml  # slow to import, and few configurations need them

    source = Source(name, text)
    try:
        return yaml.remarks(source, yaml.parse(source))
    except SyntaxFault:
        return []


class _Root:
    """Fills a reading from the module instances of one root."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.instances: list[Instance] = []
        self.types: dict[Path, frozenset[str]] = {}  # see `_types_below`, by the folder of the module

    def add(self, module: Module) -> None:
        """Add everything in a module and the modules below it."""
        if module.configuration.broken:
            self._miss(_EVERYTHING)
        for old, new in module.configuration.moves:
            self.reading.moved.append((module.inside(old), module.inside(new)))
        for block in module.configuration.order:
            is_call = block.type == "module"
            types = (
                self._types_below(module, block) if is_call else _EVERYTHING.intersection(block.labels[:1])
            )
            if not types:
                continue
            expansion = module.expansion(block)
            children = module.children(block) if is_call else []
            if expansion.items is None or (children is None and expansion.items):
                self._miss(types)
                if ROUTE in types:
                    why = expansion.reason or str(module.called(block))
                    self.reading.unlisted.append(Unlisted(expansion.address, why, block.place.location))
            elif is_call:
                for one in children or ():
                    self.add(one)
            elif ROUTE in types:
                self._routes(module, block, expansion.items)
            else:
                for _, address, names in expansion.items:
                    values = values_of(module, block.body, names)
                    self.instances.append(Instance(address, block.labels[0], values, block.place.location))

    def _types_below(self, module: Module, block: Block) -> frozenset[str]:
        """The relevant types of the resources in a called module and below it; all if it cannot be read."""
        found = module.called(block)
        if isinstance(found, str) or found.broken:
            return _EVERYTHING
        if found.folder not in self.types:
            inside = Module(module.tree, found, "", "", module, block)
            below = (self._types_below(inside, one) for one in found.blocks["module"].values())
            own = _EVERYTHING.intersection(kind for kind, _ in found.blocks["resource"])
            self.types[found.folder] = own.union(*below)
        return self.types[found.folder]

    def _miss(self, types: frozenset[str]) -> None:
        """Record that resources of these types may exist that are not among the instances."""
        self.reading.topology.binding_unknown |= BINDING in types
        self.reading.topology.propagation_unknown |= PROPAGATION in types

    def _routes(self, module: Module, block: Block, items: Sequence[tuple[Any, str, _Names]]) -> None:
        attributes = block.body.attributes.values()
        fields = [(one, one.place.location) for one in attributes if one.name in TERRAFORM]
        known = TERRAFORM.keys() | _META_ARGUMENTS
        foreign = [(one.name, one.name_place.location) for one in attributes if one.name not in known]
        blocks = [(_made_by(one), one) for one in block.body.blocks if one.type not in _META_BLOCKS]
        foreign += [(made, one.place.location) for made, one in blocks if made != "timeouts"]
        location = block.place.location
        last_line = block.place.file.location(block.place.start, block.end).end_line
        waits, region = waits_for(module, block), region_of(module, block)
        for _, address, names in items:
            draft = Draft(self.reading, location, address)
            if region is not None:
                draft.fields["RegionId"] = region
            for other, place in foreign:
                draft.problem(unknown_name(other, TERRAFORM), place)
            for attribute, place in fields:
                field = TERRAFORM[attribute.name]
                if attribute.literal:
                    value, marked = attribute.expression.value, False  # type: ignore[attr-defined]
                else:
                    value, marked = unmark(module.evaluate(attribute, names))
                value, elsewhere = origin(value, attribute.place)
                draft.put(
                    field,
                    _converted(field, value),
                    place,
                    sensitive=marked,
                    literal=attribute.literal,
                    template=False,
                    literal_place=elsewhere,
                )
            timeouts = [_blocks(module, one, names) for made, one in blocks if made == "timeouts"]
            timeout = seconds(timeouts[0][0].get("create")) if timeouts and timeouts[0] else None
            draft.close(waits_for=waits, create_timeout=timeout, last_line=last_line)


def _made_by(block: Block) -> str:
    """The type of a block, or of the blocks that a `dynamic` block creates."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _converted(field: str, value: HclValue) -> Any:
    """A value with the type of the provider's schema: a number for the weight, text for the other fields. A
    value that cannot be converted stays as it is."""
    if value is None or type(value) is (int if field == "Weight" else str):
        return value
    if isinstance(value, Unknown) and not isinstance(value, Pending):
        # Plain, as columns of values expect it: without what only the evaluation needs.
        return Unknown(value.reason, value.reference, reported=value.reported)
    try:
        number = to_number(value) if field == "Weight" else None
        return to_text(value) if number is None else number if isinstance(number, int) else float(number)
    except NotSupportedError as error:
        return Unknown(message_of(error))
    except EvaluationError:
        if isinstance(value, (str, bool)):
            return value
        return list(value) if isinstance(value, tuple) else {}  # a mapping, a resource or a module


def values_of(module: Module, body: Body, names: _Names) -> dict[str, Any]:
    """The arguments of a resource, and its blocks as lists. Sensitive values are left out."""
    values: dict[str, Any] = {}
    for attribute in body.attributes.values():
        if attribute.name not in _META_ARGUMENTS:
            value, marked = unmark(module.evaluate(attribute, names))
            if not marked:
                values[attribute.name] = list(value) if isinstance(value, tuple) else value
    for block in body.blocks:
        found = values.setdefault(_made_by(block), [])
        if isinstance(found, list):
            found += _blocks(module, block, names)
    return values


def _blocks(module: Module, block: Block, names: _Names) -> list[dict[str, Any]]:
    """The blocks that a block stands for: itself, or those that a `dynamic` block creates; none if these are
    not known."""
    if block.type != "dynamic":
        return [values_of(module, block.body, names)]
    attributes = block.body.attributes
    content = next((one for one in block.body.blocks if one.type == "content"), None)
    if "for_each" not in attributes or content is None or not block.labels:
        return []
    iterator = attributes["iterator"].expression if "iterator" in attributes else None
    name = iterator.name if isinstance(iterator, Variable) else block.labels[0]
    collection, marked = unmark(module.evaluate(attributes["for_each"], names))
    try:
        pairs = [] if marked else list(iterate(collection))
        module.work.spend(_BLOCK_COST * len(pairs) * (1 + len(content.body.attributes)))
    except (EvaluationError, NotSupportedError):
        return []
    each = ({"key": key, "value": value} for key, value in pairs)
    return [values_of(module, content.body, {**names, name: one}) for one in each]


# -- the order of creation -------------------------------------------------------------------------------


def waits_for(module: Module, block: Block) -> frozenset[str]:
    """The addresses of the routes that are created before a resource: those that it refers to, directly or
    through something else."""
    found: set[str] = set()
    ahead: list[_Node] = [(module, block.labels)]
    seen = set(ahead)
    while ahead and len(seen) + len(found) < MAX_WAITS:
        for node in _referred(*ahead.pop()):
            if node not in seen:
                seen.add(node)
                inner, name = node
                route = inner.configuration.blocks["resource"].get(name) if name[0] == ROUTE else None
                if route is None:
                    ahead.append(node)
                else:
                    found.update(address for _, address, _ in inner.expansion(route).items or ())
    return frozenset(found)


def _referred(module: Module, name: Reference) -> Iterator[_Node]:
    """What something refers to. A resource also waits for what the calls of its module wait for."""
    (head, *names), blocks, call = name, module.configuration.blocks, module.call_block
    if head == "module":
        block = blocks["module"].get((names[0],))
        for child in (block and module.children(block)) or ():
            inside = child.configuration.blocks
            routes = [labels for labels in inside["resource"] if labels[0] == ROUTE]
            everything = [*routes, *(("module", *labels) for labels in inside["module"])]
            yield from ((child, one) for one in ([("output", names[1])] if names[1:] else everything))
    elif head == "var":
        if module.parent is not None and call is not None:
            yield from _nodes(module.parent, call.body.attributes.get(names[0]))
    else:
        kind, labels = (head, names) if head in ("data", "local", "output") else ("resource", name)
        block = blocks[kind].get(tuple(labels))
        for attribute in _attributes(block.body) if block is not None else ():
            yield from _nodes(module, attribute)
        while kind in ("data", "resource") and module.parent is not None and module.call_block is not None:
            attributes, module = module.call_block.body.attributes, module.parent
            for argument in ("depends_on", "count", "for_each"):
                yield from _nodes(module, attributes.get(argument))


def _attributes(body: Body) -> Iterator[Attribute]:
    """All arguments of a block, including those of blocks inside it."""
    yield from body.attributes.values()
    for block in body.blocks:
        if block.type != "lifecycle":
            yield from _attributes(block.body)


def _nodes(module: Module, attribute: Attribute | None) -> Iterator[_Node]:
    """What an argument refers to."""
    for _, reference in traversals(attribute.expression) if attribute and not attribute.literal else ():
        if reference[0] not in _NO_RESOURCE and len(reference) > 1:
            yield module, reference[: 3 if reference[0] in ("data", "module") else 2]


# -- environments ----------------------------------------------------------------------------------------


def environments(root: str, texts: Iterable[str]) -> list[Environment]:
    """The environments that a root seems to have, by name. `texts` are those of its files and its modules."""
    folder = Path(root).resolve()
    files = Files(folder, "" if root == "." else root, folder, Work(0), {})
    try:
        declared = {name for (name,) in load(folder, SCHEMA, files).blocks["variable"]}
    except OSError:
        return []
    uses_workspace = any("terraform.workspace" in text for text in texts)
    states = (folder / _STATES).glob("*") if uses_workspace else ()
    workspaces = {path.name for path in states if path.is_dir() and path.name.isprintable()}
    shared: list[str] = []
    own: dict[str, list[str]] = {}
    for path in beside(folder):
        name, shown = title(path, folder), files.shown_name(path)
        if declared.isdisjoint(names_in(path, SCHEMA, files)) or not shown.isprintable():
            continue
        if name.lower() in _SHARED:
            shared.append(shown)
        elif name.lower() not in _EXAMPLES:
            own.setdefault(name, []).append(shown)
    return [
        Environment(name, root, (*shared, *own.get(name, ())), name if uses_workspace else None)
        for name in sorted(own.keys() | workspaces)
    ]
