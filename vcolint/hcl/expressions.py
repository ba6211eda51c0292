"""Expressions: what they are made of, and how they are evaluated.

Every node has `evaluate(scope)`. What is not known yet comes back as `Unknown`; what Terraform would
refuse is an `EvaluationError`, what this evaluator does not know how to do is `NotSupportedError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

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
    Written,
    describe,
    equal,
    get_attribute,
    get_index,
    is_dyadic,
    kind_of,
    limit_text,
    mark,
    survey,
    to_bool,
    to_key,
    to_number,
    to_text,
    unify,
    unmark,
    written,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

# What an expression refers to: `("var", "office")`, `("local", "routes")`, `(type, name)` …
Reference = tuple[str, ...]


class Work:
    """How much work is left. Hostile input meets an end here instead of taking for ever.

    No one value may take more than a part of it, so that what is too much by itself does not hide the rest.
    """

    __slots__ = ("_surveys", "left", "share")

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.share = steps // 3
        # What was found in large collections, which are asked about once for every instance.
        self._surveys: dict[int, tuple[HclValue, Survey]] = {}

    def spend(self, steps: int) -> None:
        """Raises NotSupportedError when everything is spent."""
        self.left -= steps
        if self.left < 0:
            raise NotSupportedError(say("needs too much work to evaluate"))

    def begin(self) -> int:
        """Begin a value; `end` takes what this gives."""
        before = self.left
        self.left = min(before, self.share)
        return before

    def end(self, before: int) -> None:
        """End a value: what it took is gone."""
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
    """What an expression can see of the module that it stands in."""

    work: Work

    def root(self, name: str) -> HclValue:
        """What the first name of a traversal stands for: `var`, `local`, a resource type …"""

    def call(self, name: str, arguments: list[HclValue]) -> HclValue:
        """The result of a function."""


class Scope:
    """A module, and the names that hold only here (`each`, `count`, those of `for`)."""

    __slots__ = ("module", "names")

    def __init__(self, module: Surroundings, names: Mapping[str, HclValue]) -> None:
        self.module = module
        self.names = names


class Expression:
    """A node. `size` is how many nodes it holds: what evaluating it once costs."""

    __slots__ = ("size",)
    size: int

    def evaluate(self, scope: Scope) -> HclValue:
        raise NotImplementedError

    def parts(self) -> Iterator[Expression]:
        """The nodes right below this one."""
        return iter(())

    def references(self) -> Iterator[Reference]:
        """What is referred to anywhere in the expression."""
        for part in self.parts():
            yield from part.references()

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        """The longest parts that only follow names and fixed keys, but for those that begin with
        one of the `hidden` names."""
        for part in self.parts():
            yield from part.traversals(hidden)


class Literal(Expression):
    """A value as written, and where. It gets its place when it is evaluated: most literals never are."""

    __slots__ = ("place", "value")

    def __init__(self, value: HclValue, place: Written | None = None) -> None:
        self.value = value
        self.place = place
        self.size = 1

    def evaluate(self, scope: Scope) -> HclValue:
        return written(self.value, self.place)


class Refused(Expression):
    """What the syntax allows and this evaluator does not follow."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.size = 1

    def evaluate(self, scope: Scope) -> HclValue:
        return Unknown(self.reason)


class Variable(Expression):
    """A name on its own; the first part of a traversal."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 1

    def evaluate(self, scope: Scope) -> HclValue:
        names = scope.names
        if self.name in names:
            return names[self.name]
        return scope.module.root(self.name)

    def references(self) -> Iterator[Reference]:
        yield (self.name,)

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        if self.name not in hidden:
            yield self


class Attribute(Expression):
    """`object.name`"""

    __slots__ = ("name", "object")

    def __init__(self, object: Expression, name: str) -> None:
        self.object = object
        self.name = name
        self.size = object.size + 1

    def evaluate(self, scope: Scope) -> HclValue:
        return get_attribute(self.object.evaluate(scope), self.name)

    def parts(self) -> Iterator[Expression]:
        yield self.object

    def references(self) -> Iterator[Reference]:
        names = [self.name]
        below = self.object
        while isinstance(below, (Attribute, Index)):
            if isinstance(below, Attribute):
                names.append(below.name)
            else:
                yield from below.key.references()
            below = below.object
        if isinstance(below, Variable):
            yield (below.name, *reversed(names))
        else:
            yield from below.references()

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        return _traversals_of_step(self, self.object, hidden)


class Index(Expression):
    """`object[key]`"""

    __slots__ = ("key", "object")

    def __init__(self, object: Expression, key: Expression) -> None:
        self.object = object
        self.key = key
        self.size = object.size + key.size

    def evaluate(self, scope: Scope) -> HclValue:
        return get_index(self.object.evaluate(scope), self.key.evaluate(scope))

    def parts(self) -> Iterator[Expression]:
        yield self.object
        yield self.key

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        if isinstance(self.key, Literal):
            return _traversals_of_step(self, self.object, hidden)
        return super().traversals(hidden)


def _traversals_of_step(step: Expression, object: Expression, hidden: frozenset[str]) -> Iterator[Expression]:
    below = list(object.traversals(hidden))
    return iter([step]) if below == [object] else iter(below)


class Splat(Expression):
    """`object[*]…` and `object.*…`: `each` is evaluated for every element, which it calls `*`."""

    __slots__ = ("each", "object")

    def __init__(self, object: Expression, each: Expression) -> None:
        self.object = object
        self.each = each
        self.size = object.size + each.size

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

    def parts(self) -> Iterator[Expression]:
        yield self.object
        yield self.each

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        yield from self.object.traversals(hidden)
        yield from self.each.traversals(hidden | {"*"})


class Template(Expression):
    """Text with expressions in it. (One expression alone is no template but its own value.)"""

    __slots__ = ("pieces",)

    def __init__(self, pieces: list[Expression]) -> None:
        self.pieces = pieces
        self.size = 1 + sum(piece.size for piece in pieces)

    def evaluate(self, scope: Scope) -> HclValue:
        texts = []
        marked = False
        unknown: Unknown | None = None
        for piece in self.pieces:
            value = piece.evaluate(scope)
            if type(value) is not str:
                value, sensitive = unmark(value)
                marked = marked or sensitive
                if isinstance(value, Unknown):
                    unknown = unknown or value
                    continue
                if value is None:
                    raise EvaluationError(say("a template contains a null value"))
                value = to_text(value)
            texts.append(value)
        if unknown is not None:
            return mark(Unknown(unknown.reason), marked)
        size = sum(map(len, texts))
        scope.module.work.spend(size >> 6)
        limit_text(size)
        text = "".join(texts)
        return mark(text, marked)

    def parts(self) -> Iterator[Expression]:
        return iter(self.pieces)


class _Choice(Expression):
    """One of two expressions, by a condition."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, condition: Expression, then: Expression, otherwise: Expression) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
        self.size = condition.size + then.size + otherwise.size

    def parts(self) -> Iterator[Expression]:
        yield self.condition
        yield self.then
        yield self.otherwise


class TemplateIf(_Choice):
    """`%{ if }`: one of two texts."""

    __slots__ = ()

    def evaluate(self, scope: Scope) -> HclValue:
        value, marked = unmark(self.condition.evaluate(scope))
        if isinstance(value, Unknown):
            return mark(Unknown(value.reason), marked)
        return mark((self.then if to_bool(value) else self.otherwise).evaluate(scope), marked)


class TemplateJoin(Expression):
    """`%{ for }`: the texts of all elements, one behind the other."""

    __slots__ = ("texts",)

    def __init__(self, texts: Expression) -> None:
        self.texts = texts
        self.size = texts.size + 1

    def evaluate(self, scope: Scope) -> HclValue:
        value, marked = unmark(self.texts.evaluate(scope))
        if isinstance(value, Unknown):
            return mark(value, marked)
        texts = []
        for item in value:
            text, sensitive = unmark(item)
            marked = marked or sensitive
            if isinstance(text, Unknown):
                return mark(Unknown(text.reason), marked)
            texts.append(text)
        scope.module.work.spend(len(texts))
        limit_text(sum(map(len, texts)))
        return mark("".join(texts), marked)

    def parts(self) -> Iterator[Expression]:
        yield self.texts


class Tuple(Expression):
    """`[…]`"""

    __slots__ = ("items",)

    def __init__(self, items: list[Expression]) -> None:
        self.items = items
        self.size = 1 + sum(item.size for item in items)

    def evaluate(self, scope: Scope) -> HclValue:
        return tuple([item.evaluate(scope) for item in self.items])

    def parts(self) -> Iterator[Expression]:
        return iter(self.items)


class Object(Expression):
    """`{…}`"""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[Expression, Expression]]) -> None:
        self.pairs = pairs
        self.size = 1 + sum(key.size + value.size for key, value in pairs)

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
        for pair in self.pairs:
            yield from pair


class For(Expression):
    """`[for …]`, and with a `key` `{for …}`; `grouped` gathers the values of a key (`...`)."""

    __slots__ = ("collection", "condition", "grouped", "key", "key_name", "value", "value_name")

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
        self.size = 1 + sum(part.size for part in self.parts())

    def evaluate(self, scope: Scope) -> HclValue:
        collection, marked = unmark(self.collection.evaluate(scope))
        if isinstance(collection, Unknown):
            return mark(Unknown(collection.reason), marked)
        names = dict(scope.names)
        inner = Scope(scope.module, names)
        cost = 1 + self.value.size + (self.key.size if self.key else 0)
        items: list[HclValue] = []
        pairs: dict[str, Any] = {}
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
            if self.key is None:
                items.append(value)
                continue
            key, sensitive = unmark(self.key.evaluate(inner))
            marked = marked or sensitive
            if isinstance(key, Unknown):
                unknown = unknown or key
                continue
            text = to_key(key)
            if self.grouped:
                pairs.setdefault(text, []).append(value)
            elif text in pairs:
                raise EvaluationError(
                    say('two elements have the key "{text}"', text=text) if not marked else say("a key twice")
                )
            else:
                pairs[text] = value
        if unknown is not None:
            return mark(Unknown(unknown.reason), marked)
        if self.key is None:
            return mark(tuple(items), marked)
        if self.grouped:
            pairs = {key: tuple(values) for key, values in pairs.items()}
        return mark(pairs, marked)

    def parts(self) -> Iterator[Expression]:
        yield self.collection
        if self.key is not None:
            yield self.key
        yield self.value
        if self.condition is not None:
            yield self.condition

    def traversals(self, hidden: frozenset[str]) -> Iterator[Expression]:
        yield from self.collection.traversals(hidden)
        inner = hidden | {self.value_name} | ({self.key_name} if self.key_name else set())
        for part in (self.key, self.value, self.condition):
            if part is not None:
                yield from part.traversals(inner)

    def references(self) -> Iterator[Reference]:
        own = {self.key_name, self.value_name}
        yield from self.collection.references()
        for part in (self.key, self.value, self.condition):
            if part is not None:
                yield from (reference for reference in part.references() if reference[0] not in own)


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


class Conditional(_Choice):
    """`condition ? then : otherwise`"""

    __slots__ = ()

    def evaluate(self, scope: Scope) -> HclValue:
        condition, marked = unmark(self.condition.evaluate(scope))
        if isinstance(condition, Unknown):
            return mark(Unknown(condition.reason), marked)
        then, otherwise = self.then, self.otherwise
        if not to_bool(condition):
            then, otherwise = otherwise, then
        chosen = then.evaluate(scope)
        # The other side counts for its type alone: Terraform brings both to one. A mistake in it is
        # of no account.
        if isinstance(otherwise, Literal) and kind_of(otherwise.value) is kind_of(chosen):
            return mark(chosen, marked)
        try:
            other = otherwise.evaluate(scope)
        except (EvaluationError, NotSupportedError):
            return mark(chosen, marked)
        for side in (chosen, other):
            scope.module.work.survey(side)
        return mark(unify(chosen, other), marked)


class Unary(Expression):
    """`-x` and `!x`"""

    __slots__ = ("operand", "operator")

    def __init__(self, operator: str, operand: Expression) -> None:
        self.operator = operator
        self.operand = operand
        self.size = operand.size + 1

    def evaluate(self, scope: Scope) -> HclValue:
        value, marked = unmark(self.operand.evaluate(scope))
        if isinstance(value, Unknown):
            return mark(Unknown(value.reason), marked)
        if self.operator == "!":
            return mark(not to_bool(value), marked)
        number = to_number(value)
        if number == 0:
            raise NotSupportedError(say("a negative zero"))
        return mark(-number, marked)

    def parts(self) -> Iterator[Expression]:
        yield self.operand


class Binary(Expression):
    """Two operands and an operator between them."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, operator: str, left: Expression, right: Expression) -> None:
        self.operator = operator
        self.left = left
        self.right = right
        self.size = left.size + right.size + 1

    def evaluate(self, scope: Scope) -> HclValue:
        left, left_marked = unmark(self.left.evaluate(scope))
        right, right_marked = unmark(self.right.evaluate(scope))
        marked = left_marked or right_marked
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
        return mark(result, marked)

    def _equality(self, left: HclValue, right: HclValue, scope: Scope) -> HclValue:
        left = left.settle() if isinstance(left, Namespace) else left
        right = right.settle() if isinstance(right, Namespace) else right
        # A collection is no null, whatever is in it.
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
            raise NotSupportedError(say("compares collections that contain a sensitive value"))
        return equal(left, right) is (self.operator == "==")

    def parts(self) -> Iterator[Expression]:
        yield self.left
        yield self.right


def arithmetic(operator: str, left: Number, right: Number) -> HclValue:
    """What two numbers give. Exact, or NotSupportedError."""
    if operator in ("<", ">", "<=", ">="):
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
    if not (is_dyadic(left) and is_dyadic(right)):
        raise NotSupportedError(say("calculates with a number that has no exact form"))
    if max(_bits(left), _bits(right)) > 500:
        raise NotSupportedError(say("numbers of more than 500 bits"))
    if operator == "+":
        return _whole(left + right)
    if operator == "-":
        return _whole(left - right)
    if operator == "*":
        if left * right == 0 and (left < 0 or right < 0):
            raise NotSupportedError(say("a negative zero"))
        return _whole(left * right)
    if right == 0:
        raise NotSupportedError(say("a division by zero"))
    if operator == "/":
        if isinstance(left, int) and isinstance(right, int) and left % right == 0:
            return left // right
        from fractions import Fraction

        return _whole(Fraction(left) / Fraction(right))
    # `%`: the sign is that of the left side.
    size, divisor = (left if left >= 0 else -left), (right if right >= 0 else -right)
    remainder: Number = size % divisor
    return _whole(-remainder if left < 0 else remainder)


def _whole(number: Number) -> Number:
    return number if isinstance(number, int) or number.denominator != 1 else int(number)


def _bits(number: Number) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


class Call(Expression):
    """A function call. `expanded`: the last argument is a list of further ones (`...`)."""

    __slots__ = ("arguments", "expanded", "last", "name")

    def __init__(self, name: str, arguments: list[Expression], expanded: bool) -> None:
        self.name = name
        self.arguments = arguments
        self.expanded = expanded
        self.size = 1 + sum(argument.size for argument in arguments)
        # The arguments and the result of the last call: `keys(local.routes)[count.index]` is asked for
        # again and again with the same collection.
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
                raise EvaluationError(say("expected a list, not {rest}", rest=describe(rest)))
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
        """`try` and `can`: they know nothing while anything in them is unknown, for it might still
        turn out to be a mistake."""
        for argument in self.arguments:
            try:
                value = argument.evaluate(scope)
            except EvaluationError:
                continue
            if self.name == "try" and isinstance(value, UnknownText):
                return value  # an ID that is not there yet will be there
            unknown = self._depends_on_unknown(argument, scope)
            if unknown is not None:
                return Unknown(unknown.reason)
            return True if self.name == "can" else value
        if self.name == "can":
            return False
        raise EvaluationError(say("no argument of try can be evaluated"))

    def _depends_on_unknown(self, argument: Expression, scope: Scope) -> Unknown | None:
        for traversal in argument.traversals(frozenset()):
            try:
                value = traversal.evaluate(scope)
            except EvaluationError:
                continue
            unknown = scope.module.work.survey(value).unknown
            if unknown is not None:
                return unknown
        # What a function of the moment gives (`timestamp()`) is in no traversal.
        return scope.module.work.survey(argument.evaluate(scope)).unknown

    def parts(self) -> Iterator[Expression]:
        return iter(self.arguments)
