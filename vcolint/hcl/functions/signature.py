"""Signatures of functions: the types of the arguments, and which of them have to be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from vcolint.hcl.conversions import to_number, to_text
from vcolint.hcl.values import EvaluationError, HclValue
from vcolint.locale import say

# Converts an argument to the type of its parameter. Raises EvaluationError if it does not fit.
Parameter = Callable[[HclValue], Any]


class Function(NamedTuple):
    """A function and its signature.

    Its arguments are wholly known and hold no marks, unless it is `structural`: then it only moves elements,
    which may be unknown or sensitive.

    It raises EvaluationError where Terraform would fail, and NotSupportedError or an error of Python where
    only vcolint does. An error needs no message: `call` names the function.
    """

    implementation: Callable[..., HclValue]
    parameters: tuple[Parameter, ...]
    more: Parameter | None = None  # for any number of further arguments
    structural: bool = False
    known: int = 100  # how many arguments of a structural function have to be known
    quick: bool = False  # needs the same time for arguments of any size
    cost: Callable[..., int] | None = None  # the steps that a call with these arguments costs

    def result(self, arguments: list[HclValue], spend: Callable[[int], None]) -> HclValue:
        """The result for these arguments. Raises ValueError for a wrong number of them."""
        more = len(arguments) - len(self.parameters) if self.more else 0
        parameters = self.parameters + (self.more,) * more
        values = [convert(value) for convert, value in zip(parameters, arguments, strict=True)]  # type: ignore[misc]
        if self.cost is not None:
            spend(self.cost(*values))
        return self.implementation(*values)


def anything(value: HclValue) -> HclValue:
    """The parameter that takes every value."""
    return value


def whole_number(value: HclValue) -> int:
    """A parameter that takes whole numbers."""
    number = to_number(value)
    if not isinstance(number, int):
        raise EvaluationError(say("expected a whole number, not {number}", number=to_text(number)))
    return number
