"""Views. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.model.verdict import Documented
from conformance.operation import ALL, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Dim, ViewSizes
from conformance.strategies.drawing import Drawing
from conformance.choices import Choices
from reference import slicing, views

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _start_within(choices: Choices, drawing: Drawing) -> int:
    return choices.integer(0, _size_of_dim(drawing))


def _length_left(choices: Choices, drawing: Drawing) -> int:
    start = drawing.arguments["start"]
    assert isinstance(start, int), "start is drawn before length"
    return choices.integer(0, _size_of_dim(drawing) - start)


def _too_long(choices: Choices, drawing: Drawing) -> int:
    return _size_of_dim(drawing) + 1


def _size_of_dim(drawing: Drawing) -> int:
    given, dim = drawing.given("input"), drawing.arguments["dim"]
    assert given is not None, "the input is a tensor"
    assert isinstance(dim, int), "dim is drawn before what depends on it"
    return given.shape[dim]


OPERATIONS = [
    Operation(
        name="view",
        reference=views.view,
        spellings=spelled(method="Tensor.view"),
        parameters=(AnyTensor(), ViewSizes("size")),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("Tensor.view"), "Returns a new tensor with the same data but a different shape."),
    ),
    Operation(
        name="narrow",
        reference=slicing.narrow,
        spellings=spelled("torch.narrow", "Tensor.narrow"),
        parameters=(
            AnyTensor(min_ndim=1),
            Dim(),
            Computed("start", _start_within),
            Computed("length", _length_left, _too_long),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("narrow"), "The returned tensor and input tensor share the same storage."),
    ),
]
