"""The nodes of expressions, and their evaluation.

Every node has `evaluate(scope)`. It returns `Unknown` for a value that is not known yet. It raises
`EvaluationError` where Terraform would fail, and `NotSupportedError` where only this evaluator does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from vcolint.hcl.values import (
    WITHOUT_PARTS,
    EvaluationError,
    HclValue,
    ListValue,
    Namespace,
    NotSupportedError,
    Number,
    Pending,
    Seen,
    SetValue,
    UnknownText,
    elements,
    equal,
    instance_key,
    limit_text,
    mark,
    one_type,
    parse_number,
    plain,
    to_bool,
    to_number,
    to_text,
    unmark,
    whole,
    written,
)
from vcolint.locale import say
from vcolint.text.value import SENSITIVE, Place, Unknown
from vcolint.text.value import Reference as Identity

# What an expression refers to: `("var", "office")`, `("local", "routes")`, `(type, name)` …
Reference = tuple[str, ...]


_NOTHING = Seen()


class Work:
    """The work that is left, in steps: a limit for hostile input.

    One value may use a third of it (`share`), so that a value that needs too much does not stop the others.
    """

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.share = steps // 3
        # Results for large collections, which every instance asks for again.
        self._surveys: dict[int, tuple[HclValue, Seen]] = {}

    def spend(self, steps: int) -> None:
        """Use some of the work. Raises NotSupportedError when none is left."""
        self.left -= steps
        if self.left < 0:
            raise NotSupportedError(say("needs too much work to evaluate"))

    def survey(self, value: HclValue) -> Seen:
        """The unknown and sensitive parts anywhere in a value."""
        if type(value) in WITHOUT_PARTS:
            return _NOTHING
        known = self._surveys.get(id(value))
        if known is not None:
            return known[1]
        seen = Seen()
        inside = seen.look(value)
        if isinstance(inside, (tuple, dict)):
            seen.size = len(inside)
            for part in inside.values() if isinstance(inside, dict) else inside:
                if type(part) not in WITHOUT_PARTS:
                    seen.add(self.survey(part))
            self.spend(seen.size)
            if len(inside) > 8:
                self._surveys[id(value)] = (value, seen)
        return seen


# Converts an argument to the type of its parameter. Raises EvaluationError if it does not fit.
Parameter = Callable[[HclValue], Any]


class Function(NamedTuple):
    """A function and its signature.

    Its arguments are wholly known and hold no marks. A function that only moves elements also gets unknown
    and sensitive ones: then `known` says how many of its first arguments have to be known themselves.

    It raises EvaluationError or one of `_REFUSED` if Terraform would fail, and NotSupportedError or another
    error of Python if only vcolint fails. An error needs no message: the name of the function is added to it.
    """

    implementation: Callable[..., HclValue]
    parameters: tuple[Parameter, ...]
    more: Parameter | None = None  # for any number of further arguments
    known: int | None = None
    cost: Callable[..., int] | None = None  # the steps that a call with these arguments costs


class Surroundings:
    """What an expression sees of the module around it. Here: no names, as in a file of variables."""

    def __init__(self, work: Work, functions: Mapping[str, Function]) -> None:
        self.work = work
        self.functions = functions

    def root(self, name: str) -> HclValue:
        """The value of the first name in a traversal: `var`, `local`, a resource type …"""
        raise EvaluationError(say('there is no variable "{name}"', name=name))


class Scope(NamedTuple):
    """A module, and the local names: `each`, `count`, those of `for`."""

    module: Surroundings
    names: Mapping[str, HclValue] = {}


class Expression(Protocol):
    """A node. It is a tuple of its parts."""

    def __iter__(self) -> Iterator[Any]: ...

    def evaluate(self, scope: Scope) -> HclValue: ...


def parts(node: Iterable[Any]) -> Iterator[Expression]:
    """The nodes right below a node."""
    for part in node:
        if hasattr(part, "evaluate"):
            yield part
        elif type(part) in (list, tuple):
            yield from parts(part)


def size(node: Expression) -> int:
    """The number of nodes: the steps that one evaluation costs."""
    return 1 + sum(map(size, parts(node)))


def traversals(node: Expression) -> Iterator[tuple[Expression, Reference]]:
    """The longest parts that only follow names and keys, such as `var.sites["a"].id`. The second of each pair
    are its names: `("var", "sites", "id")`."""
    first, names, keys = node, [], []
    while isinstance(first, Index):
        names += [] if first.name is None else [first.name]
        keys.append(first.key)
        first = first.object
    if isinstance(first, Variable):
        yield node, (first.name, *reversed(names))
    for part in keys if isinstance(first, Variable) else parts(node):
        yield from traversals(part)


class Literal(NamedTuple):
    """A literal value. Its place is added on evaluation, because most literals are never evaluated."""

    value: HclValue
    place: Place | None = None

    def evaluate(self, scope: Scope) -> HclValue:
        return written(self.value, self.place)


class Variable(NamedTuple):
    """A name: the first part of a traversal."""

    name: str

    def evaluate(self, scope: Scope) -> HclValue:
        names = scope.names
        return names[self.name] if self.name in names else scope.module.root(self.name)


class Index(NamedTuple):
    """`object[key]`; with a `name`, it is `object.name`."""

    object: Expression
    key: Expression
    name: str | None = None

    def evaluate(self, scope: Scope) -> HclValue:
        value, value_marked = unmark(self.object.evaluate(scope))
        key, key_marked = unmark(self.key.evaluate(scope))
        if key_marked and isinstance(value, Unknown):
            return mark(Unknown(value.reason), True)  # with no key in its reason
        return mark(_element(value, key, self.name), value_marked or key_marked)


def _element(value: HclValue, key: HclValue, name: str | None) -> HclValue:
    """`value[key]` without marks; with a `name`, it is `value.name`."""
    if isinstance(key, Unknown):
        return Unknown(key.reason)
    if isinstance(value, (Namespace, Pending)):
        return value.attribute(to_text(key))
    if isinstance(value, Unknown):
        return _part_of(value, to_text(key))
    if isinstance(value, dict):
        if to_text(key) in value:
            return value[to_text(key)]
    elif name is None and isinstance(value, tuple) and not isinstance(value, SetValue):
        index = to_number(key)
        if isinstance(index, int) and 0 <= index < len(value):
            return value[index]
    if name is None:
        raise EvaluationError(say("this element does not exist"))
    raise EvaluationError(say('there is no attribute "{name}"', name=name))


def _part_of(unknown: Unknown, key: str) -> Unknown:
    """A part of an unknown value: unknown, and the same one each time. `.a` and `["a"]` mean the same."""
    if unknown.reference is None:
        return Unknown(unknown.reason)
    step = f"[{key}]" if re.fullmatch("0|[1-9][0-9]*", key) else instance_key(key)
    step = f".{key}" if re.fullmatch(r"[A-Za-z_][\w-]*", key) else step
    scope, address = unknown.reference
    reason = unknown.reason + step if unknown.reason.endswith(address) else unknown.reason
    return Unknown(reason, Identity(scope, address + step))


class Splat(NamedTuple):
    """`object[*]…` and `object.*…`: evaluates `each` for every element, under the name `*`."""

    object: Expression
    each: Expression

    def evaluate(self, scope: Scope) -> HclValue:
        value, marked = unmark(self.object.evaluate(scope))
        if value is None:
            return ()
        if isinstance(value, Unknown) and not isinstance(value, Pending):
            return Unknown(value.reason)
        if isinstance(value, Namespace) and value.names is None:
            raise NotSupportedError(value.reason)
        results, cost = [], size(self.each)
        for item in value if isinstance(value, tuple) else (value,):
            scope.module.work.spend(cost)
            results.append(self.each.evaluate(Scope(scope.module, {**scope.names, "*": item})))
        listed = isinstance(value, (ListValue, SetValue))
        return mark(ListValue(results) if listed else tuple(results), marked)


class Template(NamedTuple):
    """Text with expressions in it. (`"${x}"` is not a template but `x` itself.)"""

    pieces: list[Expression]

    def evaluate(self, scope: Scope) -> HclValue:
        texts = []
        seen = Seen()
        for piece in self.pieces:
            value = seen.look(piece.evaluate(scope))
            if value is None:
                raise EvaluationError(say("a template contains a null value"))
            if not isinstance(value, Unknown):
                texts.append(to_text(value))
        size = sum(map(len, texts))
        scope.module.work.spend(size >> 6)
        limit_text(size)
        return seen.result("".join(texts))


class Tuple(NamedTuple):
    """`[…]`"""

    items: list[Expression]

    def evaluate(self, scope: Scope) -> HclValue:
        return tuple([item.evaluate(scope) for item in self.items])


class Object(NamedTuple):
    """`{…}`"""

    pairs: list[tuple[Expression, Expression]]

    def evaluate(self, scope: Scope) -> HclValue:
        result: dict[str, HclValue] = {}
        seen = Seen()
        for key_node, value_node in self.pairs:
            key, value = seen.look(key_node.evaluate(scope)), value_node.evaluate(scope)
            if not isinstance(key, Unknown):
                result[to_text(key)] = value
        if seen.marked:
            raise EvaluationError(say("a key is sensitive"))
        return seen.result(result)


class For(NamedTuple):
    """`[for …]`, and with a `key` `{for …}`; `grouped` gathers the values of a key (`...`)."""

    collection: Expression
    names: tuple[str, ...]  # of the value, or of the key and the value
    key: Expression | None
    value: Expression
    condition: Expression | None = None
    grouped: bool = False

    def evaluate(self, scope: Scope) -> HclValue:
        seen = Seen()
        collection = seen.look(self.collection.evaluate(scope))
        if isinstance(collection, Unknown):
            return seen.result(None)
        names = dict(scope.names)
        inner = Scope(scope.module, names)
        cost = size(self)
        items: list[HclValue] = []
        pairs: dict[str, HclValue] = {}
        for pair in iterate(collection):
            scope.module.work.spend(cost)
            names.update(zip(self.names, pair[-len(self.names) :], strict=True))
            if self.condition is not None:
                wanted = seen.look(self.condition.evaluate(inner))
                if isinstance(wanted, Unknown) or not to_bool(wanted):
                    continue
            value = self.value.evaluate(inner)
            if self.key is None:
                items.append(value)
                continue
            key = seen.look(self.key.evaluate(inner))
            if isinstance(key, Unknown):
                continue
            if self.grouped:
                pairs.setdefault(to_text(key), []).append(value)
            elif to_text(key) in pairs:
                twice = SENSITIVE if seen.marked else key
                raise EvaluationError(say('two elements have the key "{text}"', text=twice))
            else:
                pairs[to_text(key)] = value
        if self.grouped:
            pairs = {key: tuple(values) for key, values in pairs.items()}
        return seen.result(tuple(items) if self.key is None else pairs)


def iterate(collection: HclValue) -> Iterator[tuple[HclValue, HclValue]]:
    """The keys and elements of a known collection, in Terraform's order."""
    if isinstance(collection, Namespace):
        collection = collection.settle()
    if isinstance(collection, dict):
        return iter([(key, collection[key]) for key in sorted(collection)])
    if isinstance(collection, SetValue):
        return zip(collection, collection, strict=True)
    if isinstance(collection, tuple):
        return enumerate(collection)
    raise EvaluationError(say("expected a collection"))


class Conditional(NamedTuple):
    """`condition ? then : otherwise`; also `!condition`."""

    condition: Expression
    then: Expression
    otherwise: Expression

    def evaluate(self, scope: Scope) -> HclValue:
        seen = Seen()
        condition = seen.look(self.condition.evaluate(scope))
        if isinstance(condition, Unknown):
            return seen.result(None)
        chosen, other = (self.then, self.otherwise)[:: 1 if to_bool(condition) else -1]
        value, marked = unmark(chosen.evaluate(scope))
        seen.marked = seen.marked or marked
        # Terraform converts both sides to one type, so the other side matters for its type. An error in it
        # does not matter.
        try:
            unused, _ = unmark(other.evaluate(scope))
        except (EvaluationError, NotSupportedError):
            return seen.result(value)
        for side in (value, unused):
            scope.module.work.survey(side)  # fails for a value that is too large to convert
        return seen.result(one_type((value, unused))[0])


class Binary(NamedTuple):
    """Two operands and an operator between them."""

    operator: str
    left: Expression
    right: Expression

    def evaluate(self, scope: Scope) -> HclValue:
        seen = Seen()
        left, right = seen.look(self.left.evaluate(scope)), seen.look(self.right.evaluate(scope))
        if self.operator in ("==", "!=") and left is not None and right is not None:
            # (A collection is never null, even one with unknown values.)
            for side in (left, right):
                seen.add(scope.module.work.survey(side))
        if seen.unknown is not None:
            return seen.result(None)
        if self.operator in _LOGIC:
            return seen.result(_LOGIC[self.operator](to_bool(left), to_bool(right)))
        if self.operator in ("==", "!="):
            return seen.result(equal(plain(left), plain(right)) is (self.operator == "=="))
        return seen.result(arithmetic(self.operator, to_number(left), to_number(right)))


_LOGIC = {"&&": operator.and_, "||": operator.or_}
_COMPARISONS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_MOST_BITS = 250  # of an operand: Terraform's numbers hold 512, enough for every product
_DECIMALS = 20  # of a quotient


def arithmetic(sign: str, left: Number, right: Number) -> HclValue:
    """The result of an operator on two numbers. Raises NotSupportedError if it would not be exact."""
    if sign in _COMPARISONS:
        return _COMPARISONS[sign](left, right)
    left, right = whole(left), whole(right)
    is_large = max(left.bit_length(), right.bit_length()) > _MOST_BITS
    is_negative_zero = sign in "*/" and 0 in (left, right) and min(left, right) < 0
    if is_large or is_negative_zero or (right == 0 and sign in "/%"):
        raise NotSupportedError(say("a calculation that would not be exact"))
    if sign == "%":  # a remainder has the sign of the left side
        return abs(left) % abs(right) * (-1 if left < 0 else 1)
    if sign == "/":
        quotient, rest = divmod(left * 10**_DECIMALS, right)
        if rest:
            raise NotSupportedError(say("a calculation with a fraction"))
        return parse_number(f"{quotient}e-{_DECIMALS}")
    return _SUMS[sign](left, right)


class Call(NamedTuple):
    """A function call. `expanded`: the last argument is a list of further arguments (`...`)."""

    name: str
    arguments: list[Expression]
    expanded: bool = False

    def evaluate(self, scope: Scope) -> HclValue:
        if self.name in ("try", "can"):
            return self._attempt(scope)
        values = [argument.evaluate(scope) for argument in self.arguments]
        if self.expanded:
            rest, marked = unmark(values.pop())
            if isinstance(rest, Unknown):
                return mark(Unknown(rest.reason), marked)
            values += (mark(item, marked) for item in elements(rest))
        if self.name in ("nonsensitive", "issensitive") and len(values) == 1:
            return unmark(values[0])[self.name == "issensitive"]
        function = scope.module.functions.get(self.name)
        if function is None:
            return Unknown(say("unknown here: {name}()", name=self.name))
        return _result(self.name, function, values, scope.module.work)

    def _attempt(self, scope: Scope) -> HclValue:
        """`try` and `can`. If anything in an argument is unknown, so is the result: it may still fail."""
        for argument in self.arguments:
            try:
                value = argument.evaluate(scope)
            except EvaluationError:
                continue
            if self.name == "try" and isinstance(value, UnknownText):
                return value  # an ID that does not exist yet will exist
            # Unknown results of functions (`timestamp()`) are in no traversal.
            for part in (*(part for part, _ in traversals(argument)), argument):
                try:
                    unknown = scope.module.work.survey(part.evaluate(scope)).unknown
                except (EvaluationError, NotSupportedError):  # it begins with a name of a `for`
                    continue
                if unknown is not None:
                    return Unknown(unknown.reason)
            return True if self.name == "can" else value
        if self.name == "can":
            return False
        raise EvaluationError(say("no argument of try can be evaluated"))


# Errors where Terraform would fail, too: of Python for a key, an element or a match that does not exist.
_REFUSED = (EvaluationError, LookupError, StopIteration, ZeroDivisionError)
_UNSUPPORTED = (NotSupportedError, TypeError, ValueError, ArithmeticError, RecursionError)


def _result(name: str, function: Function, arguments: list[HclValue], work: Work) -> HclValue:
    """The result of a function. Raises EvaluationError and NotSupportedError."""
    seen = Seen()
    values: list[HclValue] = []
    for position, argument in enumerate(arguments):
        value, marked = unmark(argument)
        seen.marked = seen.marked or marked
        value = value.settle() if isinstance(value, Namespace) else value
        work.spend(_size(value) >> 4)
        inside = work.survey(value)  # limited, since one value may be shared a billion times
        if function.known is None:
            seen.add(inside)
            work.spend(max(inside.size - _size(value), 0))  # what lies deeper
            value = plain(value) if inside.marked else value
        elif position < function.known:
            seen.look(value)
        values.append(value)
    if seen.unknown is not None:
        return seen.result(None)
    try:
        more = len(values) - len(function.parameters) if function.more else 0
        parameters = function.parameters + (function.more,) * more
        converted = [to_kind(value) for to_kind, value in zip(parameters, values, strict=True)]  # type: ignore[misc]
        if function.cost is not None:
            work.spend(function.cost(*converted))
        result = function.implementation(*converted)
    except (*_REFUSED, *_UNSUPPORTED) as error:
        has_message = isinstance(error, (EvaluationError, NotSupportedError)) and error.args
        if has_message and not seen.marked:  # the message may hold a sensitive value
            raise
        if isinstance(error, _REFUSED):
            raise EvaluationError(say("{name}() fails for these values", name=name)) from None
        raise NotSupportedError(say("unknown here: {name}() of these values", name=name)) from None
    work.spend(_size(result))
    return seen.result(result)


def _size(value: HclValue) -> int:
    """The steps that one pass through a value costs."""
    if isinstance(value, str):
        return len(value) >> 6
    return len(value) if isinstance(value, (tuple, dict)) else 0
