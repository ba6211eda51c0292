"""The functions of Terraform that routes use, one module a kind, each with a table of signatures.

They do not know modules or expressions: `Files` is all that they see of the outside.
`call` finds unknown and sensitive arguments, converts the arguments and counts the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcolint.hcl.conversions import mapping, to_text
from vcolint.hcl.functions import collections, encodings, formats, numbers, patterns, strings
from vcolint.hcl.functions.signature import Files, Function, reader
from vcolint.hcl.values import (
    EvaluationError,
    HclValue,
    Namespace,
    NotSupportedError,
    SetValue,
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

_FILES: dict[str, Function] = {
    "abspath": reader(lambda files, path: files.absolute(path), to_text),
    "file": reader(lambda files, path: files.text(path), to_text),
    "fileexists": reader(lambda files, path: files.exists(path), to_text),
    "fileset": reader(
        lambda files, folder, pattern: SetValue(sorted(files.names(folder, pattern))), to_text, to_text
    ),
    "templatefile": reader(
        lambda files, path, variables: files.template(path, dict(variables)), to_text, mapping
    ),
}

FUNCTIONS: dict[str, Function] = {
    **strings.FUNCTIONS,
    **patterns.FUNCTIONS,
    **formats.FUNCTIONS,
    **numbers.FUNCTIONS,
    **collections.FUNCTIONS,
    **encodings.FUNCTIONS,
    **_FILES,
}


def call(name: str, arguments: list[HclValue], files: Files, work: Work) -> HclValue:
    """The result of a function. Raises EvaluationError and NotSupportedError."""
    if name in ("nonsensitive", "issensitive") and len(arguments) == 1:
        value, marked = unmark(arguments[0])
        return value if name == "nonsensitive" else marked
    if name == "join" and _is_one_unknown(arguments[1:]):
        return arguments[1][0]
    function = FUNCTIONS.get(name)
    if function is None:
        return Unknown(
            say("known after apply: {name}()", name=name)
            if name in AFTER_APPLY
            else say("unknown here: {name}()", name=name)
        )
    marked = False
    values: list[HclValue] = []
    for argument in arguments:
        value, sensitive = unmark(argument)
        if isinstance(value, Namespace):
            value = value.settle()
        if not function.quick:
            work.spend(_size(value) >> 2)
        marked = marked or sensitive
        values.append(value)
    for position, value in enumerate(values):
        seen = work.survey(value)  # limited, since one value may be shared a billion times
        if function.structural:
            if isinstance(value, Unknown) and (function.known is None or position < function.known):
                return mark(Unknown(value.reason), marked)
        elif seen.unknown is not None:
            return mark(Unknown(seen.unknown.reason), marked or seen.sensitive)
        elif seen.sensitive:
            marked = True
            values[position] = plain(value)
    try:
        result = _result(function, values, files, work)
    except (EvaluationError, NotSupportedError) as error:
        if marked:  # the message may hold the value
            raise type(error)(say("{name}() of a sensitive value", name=name)) from None
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError):
        raise NotSupportedError(say("cannot be evaluated: {name}()", name=name)) from None
    work.spend(_size(result))
    return mark(result, marked)


def _result(function: Function, values: list[HclValue], files: Files, work: Work) -> HclValue:
    converted: list[Any] = function.converted(values)
    if function.cost is not None:
        work.spend(function.cost(*converted))
    if function.reader:
        converted.insert(0, files)
    return function.implementation(*converted)


def _size(value: HclValue) -> int:
    """The steps that one pass through a value costs."""
    if isinstance(value, str):
        return len(value) >> 6
    return len(value) if isinstance(value, (tuple, dict)) else 0


def _is_one_unknown(lists: list[HclValue]) -> bool:
    """Whether this is `join("", x.*.id)` for one ID: the way to write it before there was `one()`."""
    return len(lists) == 1 and type(lists[0]) is tuple and list(map(type, lists[0])) == [UnknownText]
