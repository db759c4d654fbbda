"""Signs, exponents and neighbours of floating point numbers, and the step function.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

from typing import Any

from conformance.accuracy import Accuracy, Exact, GradientOf, Scaled
from conformance.choices import Choices
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL, REAL_NUMERIC, Operation, Parameter, spelled
from conformance.parameters import Computed, Operand
from conformance.strategies.drawing import Drawing
from reference import floating_point
from reference.dtypes import FLOATING, INTEGRAL, DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _pair(
    reference: Function,
    claim: str,
    second: Parameter,
    dtypes: tuple[DType, ...],
    *,
    accuracy: Accuracy | None = None,
    gradient: GradientOf | None = None,
    name: str = "",
) -> Operation:
    spelling = reference.name
    return Operation(
        name=name or spelling,
        reference=reference,
        spellings=spelled(f"torch.{spelling}", f"Tensor.{spelling}", in_place=f"Tensor.{spelling}_", out=True),
        parameters=(Operand("input"), second),
        dtypes=dtypes,
        accuracy=accuracy or Exact(),
        gradient=gradient or GradientOf(2),
        basis=Documented(MANUAL.format(spelling), claim),
    )


def _exponents(choices: Choices, drawing: Drawing) -> Any:
    """For a floating point input any integers of up to 32 bits (finding 036).

    Any other input is multiplied by a power, which is a number itself and has a range.
    """
    if drawing.dtype.is_floating_point:
        return Operand("other", dtypes=INTEGRAL[:-1]).draw(choices, drawing)
    return Operand("other", mode="small", dtypes=INTEGRAL).draw(choices, drawing)


def _fractions(choices: Choices, drawing: Drawing) -> Any:
    """Exponents of the dtype that is scaled: the power of others is of their dtype first."""
    return Operand("other", mode="normal", dtypes=(drawing.dtype,)).draw(choices, drawing)


_LDEXP = "out_i = input_i * 2^other_i"

OPERATIONS = [
    _pair(
        floating_point.copysign,
        "Create a new floating-point tensor with the magnitude of input and the sign of other, elementwise.",
        Operand("other", number=True),
        REAL,
    ),
    _pair(
        floating_point.nextafter,
        "Return the next floating-point value after input towards other, elementwise.",
        Operand("other"),
        FLOATING,
    ),
    _pair(
        floating_point.heaviside,
        "0 if input < 0, values if input == 0, 1 if input > 0",
        Operand("values"),
        REAL,
    ),
    _pair(
        floating_point.ldexp,
        _LDEXP,
        Computed("other", _exponents),
        ALL,
        accuracy=Scaled(),
        gradient=GradientOf(4),
    ),
    _pair(
        floating_point.ldexp,
        _LDEXP,
        Operand("other", mode="small", dtypes=REAL_NUMERIC),
        ALL,
        accuracy=Scaled(),
        gradient=GradientOf(8),
        name="ldexp_by_any",
    ),
    _pair(
        floating_point.ldexp,
        _LDEXP,
        Computed("other", _fractions),
        ALL,
        accuracy=Scaled(3),
        gradient=GradientOf(8),
        name="ldexp_by_fractions",
    ),
    Operation(
        name="frexp",
        reference=floating_point.frexp,
        spellings=spelled("torch.frexp", "Tensor.frexp", out=True),
        parameters=(Operand("input"),),
        dtypes=FLOATING,
        accuracy=Exact(),
        gradient=GradientOf(2),
        results=2,
        basis=Documented(
            MANUAL.format("frexp"), "input = mantissa x 2^exponent. The range of mantissa is the open interval (-1, 1)."
        ),
    ),
]
