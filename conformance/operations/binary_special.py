"""Transcendental functions of two operands, and complex numbers from their parts.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

import math

from conformance.accuracy import Accuracy, Exact, GradientOf, LogAddExp, Ulps
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL, Operation, spelled
from conformance.parameters import Number, Operand
from reference import complex_parts, logarithms, powers
from reference.dtypes import COMPLEX, FLOAT16, FLOAT32, FLOAT64, FLOATING, DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SPECIAL = "https://docs.pytorch.org/docs/stable/special.html#torch.special.{}"


def _pair(
    reference: Function,
    claim: str,
    accuracy: Accuracy,
    gradient: GradientOf,
    dtypes: tuple[DType, ...],
    *aliases: str,
    writes: bool = True,
) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_" if writes else "", out=True),
        parameters=(Operand("input"), Operand("other")),
        dtypes=dtypes,
        accuracy=accuracy,
        gradient=gradient,
        basis=Documented(MANUAL.format(name), claim),
        aliases=aliases,
    )


def _polar(name: str, lengths: str) -> Operation:
    """Lengths of zero stand apart for their gradient (finding 039)."""
    return Operation(
        name=name,
        reference=complex_parts.polar,
        spellings=spelled("torch.polar", out=True),
        parameters=(Operand("abs", mode=lengths), Operand("angle")),
        dtypes=(FLOAT32, FLOAT64),
        accuracy=Ulps(3.0),
        gradient=GradientOf(8, cancels=4),
        basis=Documented(MANUAL.format("polar"), "out = abs * cos(angle) + abs * sin(angle) * j"),
    )


OPERATIONS = [
    _pair(
        logarithms.atan2,
        "Element-wise arctangent of input_i / other_i with consideration of the quadrant.",
        Ulps("atan2"),
        GradientOf(8),
        REAL,
        "arctan2",
    ),
    _pair(logarithms.hypot, "out_i = sqrt(input_i^2 + other_i^2)", Ulps("hypot"), GradientOf(4, cancels=3), FLOATING),
    _pair(
        logarithms.logaddexp,
        "Calculates pointwise log(e^x + e^y).",
        LogAddExp(),
        GradientOf(16, cancels=4),
        (*FLOATING, *COMPLEX),
        writes=False,
    ),
    _pair(
        logarithms.logaddexp2,
        "Calculates pointwise log_2(2^x + 2^y).",
        LogAddExp(math.log(2)),
        GradientOf(16),
        FLOATING,
        writes=False,
    ),
    Operation(
        name="xlogy",
        reference=logarithms.xlogy,
        spellings=spelled("torch.xlogy", "Tensor.xlogy", in_place="Tensor.xlogy_", out=True),
        parameters=(Operand("input"), Operand("other", number=True)),
        dtypes=REAL,
        accuracy=Ulps("xlogy"),
        gradient=GradientOf(8),
        basis=Documented(SPECIAL.format("xlogy"), "NaN if other is NaN, 0 if input = 0, else input * log(other)"),
        aliases=("special.xlogy",),
    ),
    Operation(
        name="xlogy_of_number",
        reference=logarithms.xlogy,
        spellings=spelled("torch.xlogy", out=True),
        parameters=(Number("input"), Operand("other")),
        dtypes=REAL,
        accuracy=Ulps("xlogy"),
        gradient=GradientOf(8),
        basis=Documented(SPECIAL.format("xlogy"), "NaN if other is NaN, 0 if input = 0, else input * log(other)"),
    ),
    Operation(
        name="float_power",
        reference=powers.float_power,
        spellings=spelled("torch.float_power", "Tensor.float_power", in_place="Tensor.float_power_", out=True),
        parameters=(Operand("input"), Operand("exponent", number=True, dtypes=REAL)),
        dtypes=ALL,
        accuracy=Ulps("pow"),
        values=("normal", "log-uniform"),
        gradient=GradientOf(64),
        written=powers.float_power_,
        basis=Documented(
            MANUAL.format("float_power"), "Raises input to the power of exponent, elementwise, in double precision."
        ),
    ),
    Operation(
        name="float_power_of_number",
        reference=powers.float_power,
        spellings=spelled("torch.float_power", out=True),
        parameters=(Number("input"), Operand("exponent")),
        dtypes=REAL,
        accuracy=Ulps("pow"),
        values=("normal", "log-uniform"),
        gradient=GradientOf(64),
        basis=Documented(
            MANUAL.format("float_power"), "Raises input to the power of exponent, elementwise, in double precision."
        ),
    ),
    Operation(
        name="complex",
        reference=complex_parts.complex,
        spellings=spelled("torch.complex", out=True),
        parameters=(Operand("real"), Operand("imag")),
        dtypes=(FLOAT16, FLOAT32, FLOAT64),
        accuracy=Exact(),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("complex"),
            "Constructs a complex tensor with its real part equal to real and its imaginary part equal to imag.",
        ),
    ),
    _polar("polar", "lengths"),
    _polar("polar_of_zero", "zero"),
]
