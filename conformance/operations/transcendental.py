"""Transcendental functions. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Ulps
from conformance.model.verdict import Documented
from conformance.operation import ALL, Operation, spelled
from conformance.parameters import Operand
from reference import transcendental

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"

OPERATIONS = [
    Operation(
        name="exp",
        reference=transcendental.exp,
        spellings=spelled("torch.exp", "Tensor.exp", in_place="Tensor.exp_", out=True),
        parameters=(Operand("input"),),
        dtypes=ALL,
        accuracy=Ulps("exp"),
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format("exp"), "y_i = e^(x_i)"),
    ),
]
