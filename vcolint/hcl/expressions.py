"""The nodes of expressions, and their evaluation.

Every node has `evaluate(scope)`. It returns `Unknown` for a value that is not known yet. It raises
`EvaluationError` where Terraform would fail, and `NotSupportedError` where only this evaluator does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from vcolint.hcl.conversions import (
    equal,
    is_dyadic,
    limit_text,
    to_bool,
    to_key,
    to_number,
    to_text,
    unify,
    whole,
)
from vcolint.hcl.parts import get_attribute, get_index
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    Namespace,
    NotSupportedError,
    Number,
    Pending,
    SetValue,
    Survey,
    UnknownText,
    describe,
    kind_of,
    mark,
    survey,
    unmark,
    written,
)
from vcolint.locale import say
from vcolint.text.value import Place, Unknown

# What an expression refers to: `("var", "office")`, `("local", "routes")`, `(type, name)` …
Reference = tuple[str, ...]

_NONE: frozenset[str] = frozenset()


class Work:
    """The work that is left, in steps: a limit for hostile input.

    One value may use a third of it, so that a value that needs too much does not stop the others.
    """

    __slots__ = ("_surveys", "left", "share")

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.share = steps // 3
        # Results for large collections, which every instance asks for again.
        self._surveys: dict[int, tuple[HclValue, Survey]] = {}

    def spend(self, steps: int) -> None:
        """Use some of the work. Raises NotSupportedError when none is left."""
        self.left -= steps
        if self.left < 0:
            raise NotSupportedError(say("needs too much work to evaluate"))

    def begin(self) -> int:
        """Begin a value. Pass the result to `end`."""
        before = self.left
        self.left = min(before, self.share)
        return before

    def end(self, before: int) -> None:
        """End a value: subtract the work that it used."""
        given = min(before, self.share)
        self.left = before - given + max(self.left, 0)

    def survey(self, value: HclValue) -> Survey:
        """Whether there is something unknown or sensitive anywhere in a value."""
        if not isinstance(value, (tuple, dict)) or len(value) < 8:
            return survey(value, self.spend)
        known = self._surveys.get(id(value))
        if known is None:
            known = self._surveys[id(value)] = (value, survey(value, self.spend))
        return known[1]


class Surroundings(Protocol):
    """What an expression sees of the module around it."""

    work: Work

    def root(self, name: str) -> HclValue:
        """The value of the first name in a traversal: `var`, `local`, a resource type …"""

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        """The result of a function."""


class Scope:
    """A module, and the local names: `each`, `count`, those of `for`."""

    __slots__ = ("module", "names")

    def __init__(self, module: Surroundings, names: Mapping[str, HclValue]) -> None:
        self.module = module
        self.names = names


class Expression:
    """A node."""

    def evaluate(self, scope: Scope) -> HclValue:
        raise NotImplementedError

    def parts(self) -> Iterator[Expression]:
        """The nodes right below this one."""
        for value in vars(self).values():
            if isinstance(value, Expression):
                yield value
            elif isinstance(value, list):
                yield from value

    @cached_property
    def size(self) -> int:
        """The number of nodes: the steps that one evaluation costs."""
        return 1 + sum(part.size for part in self.parts())

    def traversals(self, hidden: frozenset[str] = _NONE, *, computed: bool = False) -> Iterator[Expression]:
        """The longest parts that only follow names and fixed keys, such as `var.sites["a"].id`.

        Those that begin with one of the `hidden` names are left out. With `computed` they follow all keys.
        """
        for part in self.parts():
            yield from part.traversals(hidden, computed=computed)

    def references(self) -> Iterator[Reference]:
        """What is referred to anywhere in the expression."""
        for traversal in self.traversals(computed=True):
            names: list[str] = []
            while not isinstance(traversal, Variable):
                if isinstance(traversal, Attribute):
                    names.append(traversal.name)
                traversal = traversal.object  # type: ignore[attr-defined]
            yield (traversal.name, *reversed(names))


def _of_known(value: HclValue, make: Callable[[HclValue], HclValue]) -> HclValue:
    """The result of `make` for a value. Unknown and sensitive values give unknown and sensitive results."""
    value, marked = unmark(value)
    if isinstance(value, Unknown):
        return mark(Unknown(value.reason), marked)
    return mark(make(value), marked)


class Literal(Expression):
    """A literal value and its place, which it gets on evaluation: most literals are never evaluated."""

    def __init__(self, value: HclValue, place: Place | None = None) -> None:
        self.value = value
        self.place = place

    def evaluate(self, scope: Scope) -> HclValue:
        return written(self.value, self.place)


class Refused(Expression):
    """An expression that this evaluator does not support."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def evaluate(self, scope: Scope) -> HclValue:
        return Unknown(self.reason)


class Variable(Expression):
    """A name: the first part of a traversal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, scope: Scope) -> HclValue:
        names = scope.names
        return names[self.name] if self.name in names else scope.module.root(self.name)

    def traversals(self, hidden: frozenset[str] = _NONE, *, computed: bool = False) -> Iterator[Expression]:
        if self.name not in hidden:
            yield self


class _Step(Expression):
    """A step of a traversal: from a value to a part of it."""

    object: Expression

    def traversals(self, hidden: frozenset[str] = _NONE, *, computed: bool = False) -> Iterator[Expression]:
        key = self.key if isinstance(self, Index) else None
        before = list(self.object.traversals(hidden, computed=computed))
        follows = before[:1] == [self.object] and (computed or key is None or isinstance(key, Literal))
        yield from (self, *before[1:]) if follows else before
        if key is not None:
            yield from key.traversals(hidden, computed=computed)


class Attribute(_Step):
    """`object.name`"""

    def __init__(self, object: Expression, name: str) -> None:
        self.object = object
        self.name = name

    def evaluate(self, scope: Scope) -> HclValue:
        return get_attribute(self.object.evaluate(scope), self.name)


class Index(_Step):
    """`object[key]`"""

    def __init__(self, object: Expression, key: Expression) -> None:
        self.object = object
        self.key = key

    def evaluate(self, scope: Scope) -> HclValue:
        return get_index(self.object.evaluate(scope), self.key.evaluate(scope))


class Splat(Expression):
    """`object[*]…` and `object.*…`: evaluates `each` for every element, under the name `*`."""

    def __init__(self, object: Expression, each: Expression) -> None:
        self.object = object
        self.each = each

    def evaluate(self, scope: Scope) -> HclValue:
        value, marked = unmark(self.object.evaluate(scope))
        if value is None:
            return ()
        if isinstance(value, Unknown) and not isinstance(value, Pending):
            return Unknown(value.reason)
        items = value if isinstance(value, tuple) else (value,)
        names = dict(scope.names)
        inner = Scope(scope.module, names)
        results = []
        for item in items:
            scope.module.work.spend(self.each.size)
            names["*"] = item
            results.append(self.each.evaluate(inner))
        listed = isinstance(value, (ListValue, SetValue))
        return mark(ListValue(results) if listed else tuple(results), marked)

    def traversals(self, hidden: frozenset[str] = _NONE, *, computed: bool = False) -> Iterator[Expression]:
        yield from self.object.traversals(hidden, computed=computed)
        yield from self.each.traversals(hidden | {"*"}, computed=computed)


class Template(Expression):
    """Text with expressions in it. (`"${x}"` is no template but `x` itself.)"""

    def __init__(self, pieces: list[Expression]) -> None:
        self.pieces = pieces

    def evaluate(self, scope: Scope) -> HclValue:
        texts = []
        marked = False
        unknown: Unknown | None = None
        for piece in self.pieces:
            value, sensitive = unmark(piece.evaluate(scope))
            marked = marked or sensitive
            if isinstance(value, Unknown):
                unknown = unknown or value
            elif value is None:
                raise EvaluationError(say("a template contains a null value"))
            else:
                texts.append(to_text(value))
        if unknown is not None:
            return mark(Unknown(unknown.reason), marked)
        size = sum(map(len, texts))
        scope.module.work.spend(size >> 6)
        limit_text(size)
        return mark("".join(texts), marked)


class Tuple(Expression):
    """`[…]`"""

    def __init__(self, items: list[Expression]) -> None:
        self.items = items

    def evaluate(self, scope: Scope) -> HclValue:
        return tuple([item.evaluate(scope) for item in self.items])


class Object(Expression):
    """`{…}`"""

    def __init__(self, pairs: list[tuple[Expression, Expression]]) -> None:
        self.pairs = pairs

    def evaluate(self, scope: Scope) -> HclValue:
        result: dict[str, Any] = {}
        unknown: Unknown | None = None
        for key_node, value_node in self.pairs:
            key, marked = unmark(key_node.evaluate(scope))
            value = value_node.evaluate(scope)
            if isinstance(key, Unknown):
                unknown = key
            elif marked:
                raise EvaluationError(say("a key is sensitive"))
            else:
                result[to_key(key)] = value
        return result if unknown is None else Unknown(unknown.reason)

    def parts(self) -> Iterator[Expression]:
        return chain.from_iterable(self.pairs)


class For(Expression):
    """`[for …]`, and with a `key` `{for …}`; `grouped` gathers the values of a key (`...`)."""

    def __init__(
        self,
        collection: Expression,
        names: tuple[str | None, str],
        key: Expression | None,
        value: Expression,
        condition: Expression | None,
        grouped: bool,
    ) -> None:
        self.collection = collection
        self.key_name, self.value_name = names
        self.key = key
        self.value = value
        self.condition = condition
        self.grouped = grouped

    def evaluate(self, scope: Scope) -> HclValue:
        collection, marked = unmark(self.collection.evaluate(scope))
        if isinstance(collection, Unknown):
            return mark(Unknown(collection.reason), marked)
        names = dict(scope.names)
        inner = Scope(scope.module, names)
        cost = 1 + self.value.size + (self.key.size if self.key else 0)
        found: list[tuple[str, HclValue]] = []  # keys and values; the keys of a list are ""
        unknown: Unknown | None = None
        for index, item in iterate(collection):
            scope.module.work.spend(cost)
            if self.key_name is not None:
                names[self.key_name] = index
            names[self.value_name] = item
            if self.condition is not None:
                wanted, sensitive = unmark(self.condition.evaluate(inner))
                marked = marked or sensitive
                if isinstance(wanted, Unknown):
                    unknown = unknown or wanted
                    continue
                if not to_bool(wanted):
                    continue
            value = self.value.evaluate(inner)
            key: HclValue = ""
            if self.key is not None:
                key, sensitive = unmark(self.key.evaluate(inner))
                marked = marked or sensitive
            if isinstance(key, Unknown):
                unknown = unknown or key
            else:
                found.append((to_key(key), value))
        values = [value for _, value in found]
        result = tuple(values) if self.key is None else self._object(found, marked)
        return mark(result if unknown is None else Unknown(unknown.reason), marked)

    def _object(self, found: list[tuple[str, HclValue]], marked: bool) -> dict[str, HclValue]:
        if self.grouped:
            groups: dict[str, list[HclValue]] = {}
            for key, value in found:
                groups.setdefault(key, []).append(value)
            return {key: tuple(values) for key, values in groups.items()}
        pairs: dict[str, HclValue] = {}
        for key, value in found:
            if key in pairs:
                twice = say("a key twice") if marked else say('two elements have the key "{text}"', text=key)
                raise EvaluationError(twice)
            pairs[key] = value
        return pairs

    def traversals(self, hidden: frozenset[str] = _NONE, *, computed: bool = False) -> Iterator[Expression]:
        yield from self.collection.traversals(hidden, computed=computed)
        inner = hidden | {self.value_name} | ({self.key_name} if self.key_name else set())
        for part in (self.key, self.value, self.condition):
            if part is not None:
                yield from part.traversals(inner, computed=computed)


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
    raise EvaluationError(say("expected a collection, not {collection}", collection=describe(collection)))


class Conditional(Expression):
    """`condition ? then : otherwise`, and `%{ if }` of templates."""

    def __init__(self, condition: Expression, then: Expression, otherwise: Expression) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise

    def evaluate(self, scope: Scope) -> HclValue:
        return _of_known(self.condition.evaluate(scope), lambda value: self._chosen(to_bool(value), scope))

    def _chosen(self, condition: bool, scope: Scope) -> HclValue:
        chosen, other = (self.then, self.otherwise) if condition else (self.otherwise, self.then)
        value = chosen.evaluate(scope)
        # Terraform converts both sides to one type, so the other side matters for its type. An error in it
        # does not matter.
        if isinstance(other, Literal) and kind_of(other.value) is kind_of(value):
            return value
        try:
            unused = other.evaluate(scope)
        except (EvaluationError, NotSupportedError):
            return value
        for side in (value, unused):
            scope.module.work.survey(side)
        return unify(value, unused)


class Unary(Expression):
    """`-x` and `!x`"""

    def __init__(self, operator: str, operand: Expression) -> None:
        self.operator = operator
        self.operand = operand

    def evaluate(self, scope: Scope) -> HclValue:
        return _of_known(self.operand.evaluate(scope), self._result)

    def _result(self, value: HclValue) -> HclValue:
        if self.operator == "!":
            return not to_bool(value)
        number = to_number(value)
        if number == 0:
            raise NotSupportedError(say("a negative zero"))
        return -number


class Binary(Expression):
    """Two operands and an operator between them."""

    def __init__(self, operator: str, left: Expression, right: Expression) -> None:
        self.operator = operator
        self.left = left
        self.right = right

    def evaluate(self, scope: Scope) -> HclValue:
        left, left_marked = unmark(self.left.evaluate(scope))
        right, right_marked = unmark(self.right.evaluate(scope))
        if self.operator in ("==", "!="):
            result = self._equality(left, right, scope)
        elif isinstance(left, Unknown) or isinstance(right, Unknown):
            result = Unknown((left if isinstance(left, Unknown) else right).reason)
        elif self.operator == "&&":
            result = to_bool(left) & to_bool(right)
        elif self.operator == "||":
            result = to_bool(left) | to_bool(right)
        else:
            result = arithmetic(self.operator, to_number(left), to_number(right))
        return mark(result, left_marked or right_marked)

    def _equality(self, left: HclValue, right: HclValue, scope: Scope) -> HclValue:
        left = left.settle() if isinstance(left, Namespace) else left
        right = right.settle() if isinstance(right, Namespace) else right
        # A collection is never null, even one with unknown values.
        if left is None or right is None:
            other = right if left is None else left
            found = Unknown(other.reason) if isinstance(other, Unknown) else None
            return found or (other is None) is (self.operator == "==")
        sensitive = False
        for side in (left, right):
            seen = scope.module.work.survey(side)
            sensitive = sensitive or seen.sensitive
            if seen.unknown is not None:
                return mark(Unknown(seen.unknown.reason), sensitive)
        if sensitive:
            raise NotSupportedError(say("a comparison of collections with a sensitive value"))
        return equal(left, right) is (self.operator == "==")


_COMPARISONS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_MOST_BITS = 500


def arithmetic(sign: str, left: Number, right: Number) -> HclValue:
    """The result of an operator on two numbers. Raises NotSupportedError where it would not be exact."""
    if sign in _COMPARISONS:
        return _COMPARISONS[sign](left, right)
    if not (is_dyadic(left) and is_dyadic(right)):
        raise NotSupportedError(say("a calculation with a number without an exact binary form"))
    if max(_bits(left), _bits(right)) > _MOST_BITS:
        raise NotSupportedError(say("numbers of more than 500 bits"))
    if sign in _SUMS:
        result = _SUMS[sign](left, right)
        if sign == "*" and result == 0 and (left < 0 or right < 0):
            raise NotSupportedError(say("a negative zero"))
        return whole(result)
    if right == 0:
        raise NotSupportedError(say("a division by zero"))
    from fractions import Fraction

    quotient = Fraction(left) / Fraction(right)
    # A remainder has the sign of the left side.
    return whole(quotient if sign == "/" else left - right * int(quotient))


def _bits(number: Number) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


class Call(Expression):
    """A function call. `expanded`: the last argument is a list of further arguments (`...`)."""

    def __init__(self, name: str, arguments: list[Expression], expanded: bool) -> None:
        self.name = name
        self.arguments = arguments
        self.expanded = expanded
        # The arguments and the result of the last call: every instance evaluates
        # `keys(local.routes)[count.index]` with the same collection.
        self.last: tuple[list[HclValue], HclValue] | None = None

    def evaluate(self, scope: Scope) -> HclValue:
        if self.name in ("try", "can"):
            return self._attempt(scope)
        values = [argument.evaluate(scope) for argument in self.arguments]
        if self.expanded:
            rest, marked = unmark(values.pop())
            if isinstance(rest, Unknown):
                return mark(Unknown(rest.reason), marked)
            if not isinstance(rest, tuple):
                raise EvaluationError(say("expected a list, not {describe}", describe=describe(rest)))
            values += (mark(item, marked) for item in rest)
        big = any(isinstance(value, (tuple, dict)) for value in values)
        if big and self.last is not None and len(self.last[0]) == len(values):
            seen, result = self.last
            if all(a is b for a, b in zip(seen, values, strict=True)):
                return result
        result = scope.module.call(self.name, values)
        if big:
            self.last = (values, result)
        return result

    def _attempt(self, scope: Scope) -> HclValue:
        """`try` and `can`. If anything in an argument is unknown, so is the result: it may still fail."""
        for argument in self.arguments:
            try:
                value = argument.evaluate(scope)
            except EvaluationError:
                continue
            if self.name == "try" and isinstance(value, UnknownText):
                return value  # an ID that does not exist yet will exist
            unknown = self._depends_on_unknown(argument, scope)
            if unknown is not None:
                return Unknown(unknown.reason)
            return True if self.name == "can" else value
        if self.name == "can":
            return False
        raise EvaluationError(say("no argument of try can be evaluated"))

    def _depends_on_unknown(self, argument: Expression, scope: Scope) -> Unknown | None:
        for traversal in argument.traversals():
            try:
                value = traversal.evaluate(scope)
            except EvaluationError:
                continue
            unknown = scope.module.work.survey(value).unknown
            if unknown is not None:
                return unknown
        # Unknown results of functions (`timestamp()`) are in no traversal.
        return scope.module.work.survey(argument.evaluate(scope)).unknown
