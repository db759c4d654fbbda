"""Division rounded down, and what it leaves. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.accuracy import Accuracy, Exact, GradientOf, Rounded, WholeQuotient
from conformance.model.verdict import Documented
from conformance.operation import REAL_NUMERIC, Operation, spelled
from conformance.parameters import Number, Operand
from reference import division
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _divide(reference: Function, claim: str, accuracy: Accuracy, *, operator: str = "") -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(
            f"torch.{name}",
            f"Tensor.{name}",
            in_place=f"Tensor.{name}_",
            operator=operator,
            out=True,
            reflected=False if operator else None,
        ),
        parameters=(Operand("input", mode="dividends"), Operand("other", number=True, wider=True, mode="divisors")),
        dtypes=REAL_NUMERIC,
        accuracy=accuracy,
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format(name), claim),
    )


def _divided_number(reference: Function, claim: str, accuracy: Accuracy, operator: str) -> Operation:
    """The same of a number and a tensor, for which torch has no method."""
    name = reference.name
    return Operation(
        name=f"{name}_of_number",
        reference=reference,
        spellings=spelled(f"torch.{name}", operator=operator, in_place_operator=False),
        parameters=(Number("input", wider=True), Operand("other", mode="divisors")),
        dtypes=REAL_NUMERIC,
        accuracy=accuracy,
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format(name), claim),
    )


_FMOD = "The result has the same sign as the dividend input and its absolute value is less than that of other."
_REMAINDER = "The result has the same sign as the divisor other and its absolute value is less than that of other."
_FLOOR_DIVIDE = "Computes input divided by other, elementwise, and floors the result."

OPERATIONS = [
    _divide(division.fmod, _FMOD, Exact()),
    _divide(division.remainder, _REMAINDER, Rounded(), operator="%"),
    _divide(division.floor_divide, _FLOOR_DIVIDE, WholeQuotient(2.0), operator="//"),
    _divided_number(division.remainder, _REMAINDER, Rounded(), "%"),
    _divided_number(division.floor_divide, _FLOOR_DIVIDE, WholeQuotient(2.0), "//"),
]
