"""Signatures of functions: the types of the arguments, and which of them have to be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from vcolint.hcl.conversions import to_number, to_text
from vcolint.hcl.values import EvaluationError, FileText, HclValue
from vcolint.locale import say

# Converts an argument to the type of its parameter. Raises EvaluationError if it does not fit.
Parameter = Callable[[HclValue], Any]


class Files(Protocol):
    """The files that functions may read. Paths are relative to the root module's folder."""

    def text(self, path: str) -> FileText:
        """Raises EvaluationError if there is no such file, NotSupportedError if it may not be read."""

    def exists(self, path: str) -> bool: ...

    def names(self, folder: str, pattern: str) -> list[str]: ...

    def template(self, path: str, variables: dict[str, HclValue]) -> HclValue: ...

    def absolute(self, path: str) -> str: ...


class Function(NamedTuple):
    """A function and its signature.

    The arguments of a plain function are wholly known and hold no marks. A `structural` function only moves
    elements, which may be unknown or sensitive.
    """

    implementation: Callable[..., HclValue]
    parameters: tuple[Parameter, ...]
    more: Parameter | None = None  # for any number of further arguments
    structural: bool = False
    known: int | None = None  # how many arguments of a structural function have to be known (None: all)
    quick: bool = False  # needs the same time for arguments of any size
    reader: bool = False  # its first argument is the files
    cost: Callable[..., int] | None = None  # the steps that a call with these arguments costs

    def converted(self, arguments: list[HclValue]) -> list[Any]:
        """The arguments in the types of their parameters.

        Raises EvaluationError if one does not fit, ValueError if there are too few or too many.
        """
        parameters = self.parameters
        if self.more is not None:
            parameters += (self.more,) * (len(arguments) - len(parameters))
        pairs = list(zip(parameters, arguments, strict=True))  # fails for a wrong number of arguments
        return [convert(value) for convert, value in pairs]


def plain(
    implementation: Callable[..., HclValue],
    *parameters: Parameter,
    more: Parameter | None = None,
    cost: Callable[..., int] | None = None,
) -> Function:
    """A function whose arguments have to be wholly known."""
    return Function(implementation, parameters, more, cost=cost)


def structural(
    implementation: Callable[..., HclValue],
    *parameters: Parameter,
    more: Parameter | None = None,
    known: int | None = None,
    quick: bool = False,
) -> Function:
    """A function that only moves elements."""
    return Function(implementation, parameters, more, structural=True, known=known, quick=quick)


def reader(implementation: Callable[..., HclValue], *parameters: Parameter) -> Function:
    """A function that reads files."""
    return Function(implementation, parameters, reader=True)


def anything(value: HclValue) -> HclValue:
    """The parameter that takes every value."""
    return value


def whole_number(value: HclValue) -> int:
    """A parameter that takes whole numbers."""
    number = to_number(value)
    if not isinstance(number, int):
        raise EvaluationError(say("expected a whole number, not {number}", number=to_text(number)))
    return number
