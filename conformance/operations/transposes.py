"""Matrices transposed and conjugated: the attributes T, mT, H, mH, and what they stand for.

https://docs.pytorch.org/docs/stable/tensors.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import OMITTED, STORED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_shape
from reference import transposes, views

ATTRIBUTES = "https://docs.pytorch.org/docs/stable/tensors.html"
MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _matrices(*, most: int) -> Computed:
    """A matrix, or a batch of them; a vector is refused."""

    def valid(choices: Choices, drawing: Drawing) -> Argument:
        return drawing.tensor("input", draw_shape(choices, min_ndim=2, max_ndim=most))

    def vector(choices: Choices, drawing: Drawing) -> Argument | Omitted:
        return OMITTED if drawing.given("input") is None else reshape_input(drawing, "input", (3,))

    return Computed("input", valid, vector)


def _attribute(name: str, reference: Callable[..., Any], most: int, sentence: str) -> Operation:
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(attribute=f"Tensor.{name}"),
        parameters=(_matrices(most=most),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(ATTRIBUTES, sentence),
    )


OPERATIONS = [
    Operation(
        name="T",
        reference=views.reversed_dims,
        spellings=spelled(attribute="Tensor.T"),
        parameters=(AnyTensor(min_ndim=2, max_ndim=2),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(ATTRIBUTES, "Returns a view of this tensor with its dimensions reversed."),
    ),
    _attribute(
        "mT", views.matrix_transpose, 4, "Returns a view of this tensor with the last two dimensions transposed."
    ),
    _attribute("H", transposes.matrix_adjoint, 2, "Returns a view of a matrix (2-D tensor) conjugated and transposed."),
    _attribute("mH", transposes.adjoint, 4, "Accessing this property is equivalent to calling adjoint()."),
    Operation(
        name="adjoint",
        reference=transposes.adjoint,
        spellings=spelled("torch.adjoint", "Tensor.adjoint"),
        parameters=(_matrices(most=4),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("adjoint"),
            "Returns a view of the tensor conjugated and with the last two dimensions transposed. x.adjoint() is"
            " equivalent to x.transpose(-2, -1).conj() for complex tensors and to x.transpose(-2, -1) for real ones.",
        ),
    ),
    Operation(
        name="conj",
        reference=transposes.conj,
        spellings=spelled("torch.conj", "Tensor.conj"),
        parameters=(AnyTensor(),),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("conj"),
            "Returns a view of input with a flipped conjugate bit. If input has a non-complex dtype, this function just"
            " returns input.",
        ),
    ),
]
