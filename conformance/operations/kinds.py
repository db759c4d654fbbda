"""Parts and kinds of numbers, and numbers left as they are. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.accuracy import Exact, GradientOf, Rounded, Selected, Ulps
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, REAL, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Number, Operand
from reference import arithmetic, kinds, signs
from reference.dtypes import FLOATING, DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _question(reference: Function, claim: str, dtypes: tuple[DType, ...], *, out: bool = True) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", out=out),
        parameters=(Operand("input"),),
        dtypes=dtypes,
        basis=Documented(MANUAL.format(name), claim),
    )


def _itself(reference: Function, claim: str, dtypes: tuple[DType, ...] = ALL, *, operator: str = "") -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", unary_operator=operator),
        parameters=(AnyTensor(),),
        dtypes=dtypes,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(MANUAL.format(name), claim),
    )


# 10 to their power is exact, rounded, or beyond the last number of float32, or of float64.
DECIMALS = (1, 3, -1, -2, 0, 7, 20, -12, 45, -45, 400, -400)

OPERATIONS = [
    _question(kinds.signbit, "Tests if each element of input has its sign bit set or not.", REAL),
    _question(kinds.isposinf, "Tests if each element of input is positive infinity or not.", REAL),
    _question(kinds.isneginf, "Tests if each element of input is negative infinity or not.", REAL),
    _question(kinds.isreal, "Complex values are considered real when their imaginary part is 0.", ALL, out=False),
    _itself(kinds.positive, "Returns input. Throws a runtime error if input is a bool tensor.", NUMERIC, operator="+"),
    _itself(kinds.resolve_conj, "If input's conjugate bit is not set, returns input."),
    _itself(kinds.resolve_neg, "If input's negative bit is not set, returns input."),
    Operation(
        name="sgn",
        reference=signs.sgn,
        spellings=spelled("torch.sgn", "Tensor.sgn", in_place="Tensor.sgn_", out=True),
        parameters=(Operand("input"),),
        dtypes=ALL,
        accuracy=Rounded(complex_units=8),
        gradient=GradientOf(8, cancels=8),
        basis=Documented(MANUAL.format("sgn"), "0 where |input_i| == 0, input_i / |input_i| otherwise"),
    ),
    Operation(
        name="angle",
        reference=signs.angle,
        spellings=spelled("torch.angle", "Tensor.angle", out=True),
        parameters=(Operand("input"),),
        dtypes=ALL,
        accuracy=Ulps("angle"),
        gradient=GradientOf(16),
        basis=Documented(
            MANUAL.format("angle"), "pi for negative real numbers, zero for non-negative ones; propagates NaNs."
        ),
    ),
    Operation(
        name="conj_physical",
        reference=arithmetic.conj_physical,
        written=arithmetic.conj_physical_,
        spellings=spelled("torch.conj_physical", "Tensor.conj_physical", in_place="Tensor.conj_physical_", out=True),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(MANUAL.format("conj_physical"), "Computes the element-wise conjugate of the given input."),
    ),
    Operation(
        name="nan_to_num",
        reference=kinds.nan_to_num,
        written=kinds.nan_to_num_,
        spellings=spelled("torch.nan_to_num", "Tensor.nan_to_num", in_place="Tensor.nan_to_num_", out=True),
        parameters=(
            Operand("input"),
            Number("nan", options=(0.0, 1.5, -2.0), required=False, beyond=True, precise=True),
            Number("posinf", options=(10.0, 0.0), required=False, beyond=True, precise=True),
            Number("neginf", options=(-10.0, 1.0), required=False, beyond=True, precise=True),
        ),
        dtypes=ALL,
        accuracy=Exact(),
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("nan_to_num"),
            "Replaces NaN, positive infinity, and negative infinity with the values specified by nan, posinf, neginf.",
        ),
    ),
    Operation(
        name="frac",
        reference=signs.frac,
        spellings=spelled("torch.frac", "Tensor.frac", in_place="Tensor.frac_", out=True),
        parameters=(Operand("input"),),
        dtypes=FLOATING,
        accuracy=Selected(),
        gradient=GradientOf(0),
        basis=Documented(MANUAL.format("frac"), "out_i = input_i - floor(|input_i|) * sgn(input_i)"),
    ),
    Operation(
        name="round_decimals",
        reference=signs.round,
        spellings=spelled("torch.round", "Tensor.round", in_place="Tensor.round_", out=True),
        parameters=(Operand("input"), Choice("decimals", DECIMALS, keyword=True)),
        dtypes=FLOATING,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("round"), "When decimals is specified the algorithm used is similar to NumPy's around."
        ),
    ),
]
