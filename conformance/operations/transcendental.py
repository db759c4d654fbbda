"""Transcendental functions and roots. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.accuracy import Accuracy, GradientOf, Rounded, Ulps
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL, Operation, spelled
from conformance.parameters import Operand
from reference import powers, transcendental
from reference.dtypes import DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _unary(
    reference: Function,
    claim: str,
    accuracy: Accuracy,
    gradient: GradientOf,
    dtypes: tuple[DType, ...] = ALL,
    aliases: tuple[str, ...] = (),
) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True),
        parameters=(Operand("input"),),
        dtypes=dtypes,
        accuracy=accuracy,
        gradient=gradient,
        basis=Documented(MANUAL.format(name), claim),
        aliases=aliases,
    )


OPERATIONS = [
    _unary(transcendental.exp, "y_i = e^(x_i)", Ulps("exp"), GradientOf(4)),
    _unary(
        transcendental.expm1, "y_i = e^(x_i) - 1", Ulps("expm1"), GradientOf(8, cancels=4), aliases=("special.expm1",)
    ),
    _unary(transcendental.exp2, "y_i = 2^(x_i)", Ulps("exp2"), GradientOf(8), aliases=("special.exp2",)),
    _unary(transcendental.log, "y_i = log_e(x_i)", Ulps("log"), GradientOf(4)),
    _unary(transcendental.log1p, "y_i = log_e(x_i + 1)", Ulps("log1p"), GradientOf(8), aliases=("special.log1p",)),
    _unary(transcendental.log2, "y_i = log_2(x_i)", Ulps("log2"), GradientOf(8)),
    _unary(transcendental.log10, "y_i = log_10(x_i)", Ulps("log10"), GradientOf(8)),
    _unary(transcendental.sin, "out_i = sin(input_i)", Ulps("sin"), GradientOf(8)),
    _unary(transcendental.cos, "out_i = cos(input_i)", Ulps("cos"), GradientOf(8)),
    _unary(transcendental.tanh, "out_i = tanh(input_i)", Ulps("tanh"), GradientOf(8, cancels=4)),
    _unary(
        transcendental.sigmoid,
        "out_i = 1 / (1 + e^(-input_i))",
        Ulps("sigmoid"),
        GradientOf(8, cancels=4),
        aliases=("special.expit",),
    ),
    _unary(transcendental.erf, "The error function.", Ulps("erf"), GradientOf(16), REAL, ("special.erf",)),
    _unary(powers.sqrt, "out_i = sqrt(input_i)", Rounded(1, complex_units=16), GradientOf(8)),
    _unary(powers.rsqrt, "out_i = 1 / sqrt(input_i)", Ulps("rsqrt"), GradientOf(16)),
]
