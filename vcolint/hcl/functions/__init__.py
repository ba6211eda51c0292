"""The functions of Terraform that routes use: a table in each module, with a signature for each function.

They do not know modules, expressions or files: `vcolint.hcl.files` adds those that read files. `call` finds
unknown and sensitive arguments, converts the arguments and counts the work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    Namespace,
    NotSupportedError,
    Seen,
    UnknownText,
    plain,
    to_number,
    to_text,
    unmark,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

if TYPE_CHECKING:
    from vcolint.hcl.expressions import Work

# Converts an argument to the type of its parameter. Raises EvaluationError if it does not fit.
Parameter = Callable[[HclValue], Any]


class Function(NamedTuple):
    """A function and its signature.

    Its arguments are wholly known and hold no marks, unless it is `structural`: then it only moves elements,
    which may be unknown or sensitive.

    It raises EvaluationError or one of `_REFUSED` if Terraform would fail, and NotSupportedError or another
    error of Python if only vcolint does. An error needs no message: `call` names the function.
    """

    implementation: Callable[..., HclValue]
    parameters: tuple[Parameter, ...]
    more: Parameter | None = None  # for any number of further arguments
    structural: bool = False
    known: int = 100  # how many arguments of a structural function have to be known
    quick: bool = False  # needs the same time for arguments of any size
    cost: Callable[..., int] | None = None  # the steps that a call with these arguments costs


def anything(value: HclValue) -> HclValue:
    """The parameter that takes every value."""
    return value


def whole_number(value: HclValue) -> int:
    """A parameter that takes whole numbers."""
    number = to_number(value)
    if not isinstance(number, int):
        raise EvaluationError(say("expected a whole number, not {number}", number=to_text(number)))
    return number


# Errors of Python for a key, an element or a match that does not exist.
_REFUSED = (LookupError, StopIteration, ZeroDivisionError)

# Terraform itself knows their results only after apply.
AFTER_APPLY = frozenset({"timestamp", "uuid", "bcrypt", "plantimestamp"})


def call(name: str, function: Function | None, arguments: list[HclValue], work: Work) -> HclValue:
    """The result of a function. Raises EvaluationError and NotSupportedError."""
    if name in ("nonsensitive", "issensitive") and len(arguments) == 1:
        value, marked = unmark(arguments[0])
        return value if name == "nonsensitive" else marked
    if name == "join" and _is_one_unknown(arguments[1:]):
        return arguments[1][0]
    if function is None:
        return Unknown(
            say("known after apply: {name}()", name=name)
            if name in AFTER_APPLY
            else say("unknown here: {name}()", name=name)
        )
    seen = Seen()
    values: list[HclValue] = []
    for position, argument in enumerate(arguments):
        value, marked = unmark(argument)
        seen.marked = seen.marked or marked
        value = value.settle() if isinstance(value, Namespace) else value
        if not function.quick:
            work.spend(_size(value) >> 2)
        inside = work.survey(value)  # limited, since one value may be shared a billion times
        if not function.structural:
            seen.add(inside)
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
    except (EvaluationError, NotSupportedError) as error:
        if seen.marked:  # the message may hold the value
            raise type(error)(say("{name}() of a sensitive value", name=name)) from None
        if error.args:
            raise
        raise type(error)(say("{name}() of these values", name=name)) from None
    except _REFUSED:
        raise EvaluationError(say("{name}() of these values", name=name)) from None
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        raise NotSupportedError(say("{name}() of these values", name=name)) from None
    work.spend(_size(result))
    return seen.result(result)


def _size(value: HclValue) -> int:
    """The steps that one pass through a value costs."""
    if isinstance(value, str):
        return len(value) >> 6
    return len(value) if isinstance(value, (tuple, dict)) else 0


def _is_one_unknown(lists: list[HclValue]) -> bool:
    """Whether this is `join("", x.*.id)` for one ID: the way to write it before there was `one()`."""
    return len(lists) == 1 and type(lists[0]) is tuple and list(map(type, lists[0])) == [UnknownText]
