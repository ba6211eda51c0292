"""The functions of Terraform that routes use, one module a kind, each with a table of signatures.

They do not know modules, expressions or files; `vcolint.hcl.files` adds those that read files.
`call` finds unknown and sensitive arguments, converts the arguments and counts the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcolint.hcl.functions import collections, encodings, numbers, texts
from vcolint.hcl.functions.signature import Function
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    Namespace,
    NotSupportedError,
    UnknownText,
    mark,
    plain,
    unmark,
)
from vcolint.locale import say
from vcolint.text.value import Unknown

if TYPE_CHECKING:
    from vcolint.hcl.expressions import Work

# Terraform itself knows their results only after apply.
AFTER_APPLY = frozenset({"timestamp", "uuid", "bcrypt", "plantimestamp"})

FUNCTIONS: dict[str, Function] = {
    **texts.FUNCTIONS,
    **numbers.FUNCTIONS,
    **collections.FUNCTIONS,
    **encodings.FUNCTIONS,
}


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
    unknown: Unknown | None = None
    marked = False
    values: list[HclValue] = []
    for position, argument in enumerate(arguments):
        value, sensitive = unmark(argument)
        if isinstance(value, Namespace):
            value = value.settle()
        if not function.quick:
            work.spend(_size(value) >> 2)
        seen = work.survey(value)  # limited, since one value may be shared a billion times
        if function.structural:
            if isinstance(value, Unknown) and position < function.known:
                unknown = unknown or value
        else:
            unknown = unknown or seen.unknown
            if seen.sensitive:
                sensitive = True
                value = plain(value)
        marked = marked or sensitive
        values.append(value)
    if unknown is not None:
        return mark(Unknown(unknown.reason), marked)
    try:
        result = function.result(values, work.spend)
    except (EvaluationError, NotSupportedError) as error:
        if marked:  # the message may hold the value
            raise type(error)(say("{name}() of a sensitive value", name=name)) from None
        if error.args:
            raise
        raise type(error)(say("{name}() of these values", name=name)) from None
    except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError):
        raise NotSupportedError(say("{name}() of these values", name=name)) from None
    work.spend(_size(result))
    return mark(result, marked)


def _size(value: HclValue) -> int:
    """The steps that one pass through a value costs."""
    if isinstance(value, str):
        return len(value) >> 6
    return len(value) if isinstance(value, (tuple, dict)) else 0


def _is_one_unknown(lists: list[HclValue]) -> bool:
    """Whether this is `join("", x.*.id)` for one ID: the way to write it before there was `one()`."""
    return len(lists) == 1 and type(lists[0]) is tuple and list(map(type, lists[0])) == [UnknownText]
