"""Complex tensors seen as real ones, and the other way round. https://docs.pytorch.org/docs/stable/complex_numbers.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_shape
from reference import conversion
from reference.dtypes import COMPLEX, FLOAT16, FLOAT32, FLOAT64

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _pairs(choices: Choices, drawing: Drawing) -> Argument:
    """A last dimension of two; in some layouts they lie apart, which is refused."""
    return drawing.tensor("input", (*draw_shape(choices, max_ndim=3, numel=24), 2))


def _no_pairs(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    given = drawing.given("input")
    return OMITTED if given is None else reshape_input(drawing, "input", (*given.shape[:-1], 3))


OPERATIONS = [
    Operation(
        name="real",
        reference=conversion.real,
        spellings=spelled("torch.real", attribute="Tensor.real"),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.MAY_VIEW,
        basis=Documented(
            MANUAL.format("real"),
            "Returns a new tensor containing real values of the self tensor. The returned tensor and self share the"
            " same underlying storage.",
        ),
    ),
    Operation(
        name="imag",
        reference=conversion.imag,
        spellings=spelled("torch.imag", attribute="Tensor.imag"),
        parameters=(AnyTensor(),),
        dtypes=COMPLEX,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("imag"), "imag() is only supported for tensors with complex dtypes."),
    ),
    Operation(
        name="view_as_real",
        reference=conversion.view_as_real,
        spellings=spelled("torch.view_as_real"),
        parameters=(AnyTensor(max_ndim=3),),
        dtypes=COMPLEX,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("view_as_real"), "view_as_real() is only supported for tensors with complex dtypes."
        ),
    ),
    Operation(
        name="view_as_complex",
        reference=conversion.view_as_complex,
        spellings=spelled("torch.view_as_complex"),
        parameters=(Computed("input", _pairs, _no_pairs),),
        dtypes=(FLOAT16, FLOAT32, FLOAT64),
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("view_as_complex"),
            "view_as_complex() is only supported for tensors with torch.dtype torch.float64 and torch.float32. The"
            " input is expected to have the last dimension of size 2. In addition, the tensor must have a stride of 1"
            " for its last dimension. The strides of all other dimensions must be even numbers.",
        ),
    ),
]
