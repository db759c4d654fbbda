"""Vandermonde matrices, and shapes alone. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from typing import Any

from conformance.accuracy import GradientOf, Ulps
from conformance.choices import Choices
from conformance.model.verdict import Documented
from conformance.operation import ALL, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_broadcastable
from reference import reading, vandermonde
from reference.dtypes import BOOL

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _shape(choices: Choices, drawing: Drawing) -> Any:
    """A shape of few dimensions, or the size of the only one."""
    shape = draw_broadcastable(choices, drawing.shape)
    return shape[0] if len(shape) == 1 and choices.flag() else shape


def _negative(choices: Choices, drawing: Drawing) -> Any:
    return (*drawing.shape, -2)


OPERATIONS = [
    Operation(
        name="vander",
        reference=vandermonde.vander,
        spellings=spelled("torch.vander"),
        parameters=(
            AnyTensor("x", min_ndim=1, max_ndim=1),
            Choice("N", (0, 1, 2, 3, 5), required=False, forbidden=-1),
            Flag("increasing"),
        ),
        dtypes=ALL,
        values=("small", "normal"),
        # The largest drawn power of all is that of as many elements as a short vector has.
        accuracy=Ulps(16.0),
        gradient=GradientOf(32),
        basis=Documented(
            MANUAL.format("vander"),
            "The columns of the output matrix are elementwise powers of the input vector x^(N-1), x^(N-2), ..., x^0.",
        ),
    ),
    Operation(
        name="broadcast_shapes",
        reference=reading.broadcast_shapes,
        spellings=spelled("torch.broadcast_shapes"),
        parameters=(Computed("first", _shape, _negative), Computed("second", _shape), Computed("third", _shape)),
        dtypes=(BOOL,),
        effect=Effect.READS,
        basis=Documented(
            MANUAL.format("broadcast_shapes"),
            "Equivalent to torch.broadcast_tensors(*map(torch.empty, shapes))[0].shape.",
        ),
    ),
]
