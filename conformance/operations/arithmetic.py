"""Arithmetic: pointwise operations with operators. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.accuracy import Fused, GradientOf, Rounded
from conformance.model.verdict import Documented
from conformance.operation import ALL, Operation, spelled
from conformance.parameters import Number, Operand
from reference import arithmetic

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"

OPERATIONS = [
    Operation(
        name="add",
        reference=arithmetic.add,
        spellings=spelled("torch.add", "Tensor.add", in_place="Tensor.add_", operator="+", out=True),
        parameters=(
            Operand("input"),
            Operand("other", number=True),
            Number("alpha", keyword=True, required=False),
        ),
        dtypes=ALL,
        accuracy=Fused(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("add"), "Adds other, scaled by alpha, to input."),
    ),
    Operation(
        name="mul",
        reference=arithmetic.mul,
        spellings=spelled("torch.mul", "Tensor.mul", in_place="Tensor.mul_", operator="*", out=True),
        parameters=(Operand("input"), Operand("other", number=True)),
        dtypes=ALL,
        accuracy=Rounded(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("mul"), "Multiplies input by other."),
    ),
]
