"""Type constraints: converts values to the types of their variables, as Terraform does."""

from __future__ import annotations

from collections.abc import Iterable

from vcolint.hcl.expressions import Call, Expression, Literal, Object, Scope, Tuple, Variable
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    ListValue,
    MapValue,
    Namespace,
    NotSupportedError,
    Pending,
    Sensitive,
    UnknownText,
    describe,
    elements,
    first_unknown,
    make_set,
    mapping,
    mark,
    one_type,
    to_bool,
    to_number,
    to_text,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

_SCALARS = {"string": to_text, "number": to_number, "bool": to_bool}


def convert(value: HclValue, type: Expression, scope: Scope) -> HclValue:
    """The value in this type. Defaults of optional attributes are evaluated in `scope`.

    Raises EvaluationError if it does not fit, NotSupportedError if vcolint does not know the type.
    """
    if isinstance(value, Sensitive):
        return mark(convert(value.value, type, scope), True)
    if isinstance(value, Namespace):
        value = value.settle()
    name = type.name if isinstance(type, (Variable, Call)) else None
    if isinstance(type, Literal):
        name = type.value  # as in Terraform 0.11: "string", "list", "map"
    inner = type.arguments[0] if isinstance(type, Call) and type.arguments else Variable("any")
    if value is None or name == "any":
        return value
    if isinstance(value, Unknown) and not isinstance(value, Pending):
        return UnknownText(value.reason, value.reference) if name in _SCALARS else value
    if name == "object":
        return _object(value, inner, scope)
    if name in _SCALARS:
        return _SCALARS[name](value)
    if isinstance(value, Unknown):
        return Unknown(value.reason)
    if name == "map":
        return MapValue(zip(mapping(value), _items(value.values(), inner, scope), strict=True))
    if name == "tuple" and isinstance(inner, Tuple):
        parts = elements(value)
        if len(parts) != len(inner.items):
            raise EvaluationError(say("expected a tuple of {items}", items=len(inner.items)))
        return tuple(convert(part, kind, scope) for part, kind in zip(parts, inner.items, strict=True))
    if name == "list":
        return ListValue(_items(elements(value), inner, scope))
    if name == "set":
        items = _items(elements(value), inner, scope)
        unknown = first_unknown(items)
        return make_set(items) if unknown is None else Unknown(unknown.reason)
    raise NotSupportedError(say("a type that vcolint does not understand"))


def _items(values: Iterable[HclValue], inner: Expression, scope: Scope) -> list[HclValue]:
    items = [convert(item, inner, scope) for item in values]
    return one_type(items) if isinstance(inner, Variable) and inner.name == "any" else items


def _object(value: HclValue, inner: Expression, scope: Scope) -> dict[str, HclValue]:
    if not isinstance(inner, Object) or not isinstance(value, (dict, Pending)):
        raise EvaluationError(say("expected an object, not {describe}", describe=describe(value)))
    result: dict[str, HclValue] = {}
    for key, kind in inner.pairs:
        name = to_text(key.evaluate(scope))
        default: HclValue = None
        optional = isinstance(kind, Call) and kind.name == "optional"
        if isinstance(kind, Call) and optional:
            default = kind.arguments[1].evaluate(scope) if len(kind.arguments) > 1 else None
            kind = kind.arguments[0]
        if isinstance(value, Pending):
            item = value.attribute(name)
        elif name in value:
            item = value[name]
        elif optional:
            item = None
        else:
            raise EvaluationError(say('the attribute "{name}" is missing', name=name))
        result[name] = convert(default if item is None else item, kind, scope)
    return result
