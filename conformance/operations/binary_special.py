"""Transcendental functions of two operands, and complex numbers from their parts.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from conformance.accuracy import Accuracy, Exact, GradientOf, LogAddExp, Ulps
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL, Operation, Parameter, spelled
from conformance.operations.arithmetic import Exponent
from conformance.parameters import Computed, Number, Operand
from conformance.strategies.drawing import Drawing
from reference import complex_parts, logarithms, powers, special
from reference.dtypes import COMPLEX, FLOAT16, FLOAT32, FLOAT64, FLOATING, DType
from reference.function import Function
from reference.gamma_function import log_gamma

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
Spread = Callable[[np.ndarray, tuple[np.ndarray, ...]], np.ndarray]
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


# -- the incomplete gamma functions -----------------------------------------------------------------------------------

# With parameters below 8 and arguments of at most 9: 7 log(9).
POSITIVE_EXPONENT = 16
# With both below 152: 151 log(152).
POSITIVE_EXPONENT_OF_LARGE = 759


def _exponent(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The moduli of the terms whose sum is the exponent of x^a e^-x / gamma(a).

    a log x - x - log gamma(a); near x = a, where these cancel, (x - a) and a log(x / a), or for a large ``a`` that less
    the former: DiDonato and Morris (ACM Trans. Math. Softw. 12, 1986) and Temme's expansion, as in Cephes and Boost.
    """
    a, x = a.astype(np.longdouble), x.astype(np.longdouble)
    apart = np.abs(a * np.log(x)) + x + np.abs(log_gamma(a))
    return np.where(np.abs(x - a) > 0.4 * a, apart, np.abs(x - a) + np.minimum(a, 200) + 10)


def _lower_terms(r: np.ndarray, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
    """Below x = max(a, 1) the function itself is x^a e^-x / gamma(a) times a sum; above, 1 less the other is."""
    a, x = inputs
    return np.asarray(_exponent(a, x) * np.where(x < np.maximum(a, 1), r, np.minimum(r, 1 - r)))


def _upper_terms(r: np.ndarray, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
    """Whichever of the two is the smaller is computed, or has its digits if the other is."""
    return np.asarray(_exponent(*inputs) * np.minimum(r, 1 - r))


def _as_large(choices: Choices, drawing: Drawing) -> Argument:
    """An argument as large as the parameter and of its dtype: what torch lacks in float64 (finding 070) stays there."""
    return drawing.tensor("other", drawing.operand_shape(), drawing.dtype, mode="large-orders")


def _incomplete(reference: Function, alias: str, claim: str, spread: Spread, *, small: bool) -> list[Operation]:
    """A function where torch has digits, and apart where it has fewer: of large parameters, of ``small`` ones.

    What results from a rounded exponent is off by the moduli of its terms (Higham, 1.5). The number of ulp is twice the
    largest measured with torch 2.13 on the CPU over four million pairs of float32: 8.7 u at (0.60, 1.12), where a
    continued fraction of a hundred steps is evaluated. The steps grow as the square of the digits: in float64 they are
    five times as many, and of 150,000 pairs the largest was 42 u at (0.83, 1.23).
    """
    name = reference.name

    def form(
        suffix: str, orders: str, other: Parameter, *aliases: str, exponent: float = POSITIVE_EXPONENT
    ) -> Operation:
        return Operation(
            name=name + suffix,
            reference=reference,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True),
            parameters=(Operand("input", mode=orders), other),
            dtypes=FLOATING,
            accuracy=Ulps(16, underflows=True, spread=spread, more_in_float64=64),
            gradient=GradientOf(8, exponent=exponent),
            basis=Documented(SPECIAL.format(alias), claim),
            aliases=aliases,
        )

    return [
        form("", "orders", Operand("other"), f"special.{alias}"),
        form("_of_large", "large-orders", Computed("other", _as_large), exponent=POSITIVE_EXPONENT_OF_LARGE),
        *(form("_of_small", "small-orders", Operand("other", mode="unit")) for _ in range(small)),
    ]


OPERATIONS = [
    *_incomplete(
        special.igamma,
        "gammainc",
        "1 / Gamma(input_i) times the integral of t^(input_i - 1) e^-t from 0 to other_i, where both are weakly"
        " positive and at least one is strictly positive; if both are zero or either is negative then nan.",
        _lower_terms,
        small=False,
    ),
    *_incomplete(
        special.igammac,
        "gammaincc",
        "1 / Gamma(input_i) times the integral of t^(input_i - 1) e^-t from other_i to infinity, where both are weakly"
        " positive and at least one is strictly positive; if both are zero or either is negative then nan.",
        _upper_terms,
        small=True,
    ),
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
        parameters=(Operand("input"), Exponent("exponent", number=True, mode="exponents", dtypes=REAL)),
        dtypes=ALL,
        accuracy=Ulps("pow"),
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
