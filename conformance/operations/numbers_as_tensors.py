"""Numbers given as tensors without dimensions. https://docs.pytorch.org/docs/stable/generated/torch.linspace.html"""

from __future__ import annotations

import numpy as np

from conformance.accuracy import GradientOf, Spaced
from conformance.choices import Choices
from conformance.index_parameters import Fitting, laid, shape_of, size_along
from conformance.model.case import Argument, DTypeName
from conformance.model.verdict import Documented
from conformance.operation import ALL, MOST_PARTS, Effect, Operation, spelled
from conformance.operations.creation import MANUAL, TRACKED
from conformance.operations.ranges import BASE, STEPS
from conformance.parameters import AnyTensor, Computed, Dim, LikeTensor
from conformance.strategies.drawing import Drawing
from reference import masking, ranges, sections, slicing
from reference.dtypes import BOOL, BY_NAME, COMPLEX64, COMPLEX128, FLOAT32, FLOAT64


def _asked(choices: Choices, drawing: Drawing) -> Argument:
    """A dtype that is asked for: whether that of a tensor counts, no page says."""
    complex_ = any(BY_NAME[given.dtype].is_complex for given in drawing.inputs)
    return DTypeName(choices.choose((COMPLEX64, COMPLEX128) if complex_ else (FLOAT32, FLOAT64)).name)


def _from(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("start", (), mode="few")


def _until(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor too, or a number."""
    return drawing.tensor("end", (), mode="few") if choices.flag() else choices.choose((0, 1, -3, 2))


def _no_number(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor that has a dimension."""
    return drawing.tensor("vector", (1,), mode="few")


def _start(choices: Choices, drawing: Drawing) -> Argument:
    size = size_along(drawing)
    start = choices.integer(-size, size)
    drawing.symbols["left"] = -start if start < 0 else size - start
    return laid(choices, drawing, "start", np.array(start))


def _length(choices: Choices, drawing: Drawing) -> Argument:
    return choices.integer(0, drawing.symbols["left"])


def _too_long(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.symbols["left"] + 1


def _cuts(choices: Choices, drawing: Drawing) -> Argument:
    """The number of parts, or the places between them in a vector."""
    shape = shape_of(drawing)
    size = shape[drawing.dim(len(shape))]
    places = [choices.integer(-size - 1, size + 1) for _ in range(choices.integer(0, 3))]
    parts = np.array(choices.integer(1, 5)) if choices.flag() else np.array(places, np.int64)
    return laid(choices, drawing, "indices_or_sections", parts)


def _cut_dim(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.symbols["dim"]


OPERATIONS = [
    *(
        Operation(
            name=f"{reference.name}_of_tensors",
            reference=reference,
            spellings=spelled(f"torch.{reference.name}", out=True),
            parameters=(
                Computed("start", _from, _no_number),
                Computed("end", _until),
                STEPS,
                *further,
                Computed("dtype", _asked, keyword=True),
                TRACKED,
            ),
            dtypes=ALL,
            accuracy=accuracy,
            basis=Documented(MANUAL.format(reference.name), "If Tensor, it must be 0-dimensional"),
        )
        for reference, further, accuracy in (
            (ranges.linspace, (), Spaced()),
            (ranges.logspace, (BASE,), Spaced(24)),
        )
    ),
    Operation(
        name="narrow_from_tensor",
        reference=slicing.narrow,
        spellings=spelled("torch.narrow", "Tensor.narrow"),
        parameters=(
            AnyTensor(min_ndim=1),
            Dim(),
            Computed("start", _start),
            Computed("length", _length, _too_long),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        basis=Documented(MANUAL.format("narrow"), "If Tensor, it must be an 0-dim integral Tensor (bools not allowed)"),
    ),
    Operation(
        name="tensor_split_by_tensor",
        reference=sections.tensor_split,
        spellings=spelled("torch.tensor_split", "Tensor.tensor_split"),
        parameters=(AnyTensor(min_ndim=1), Computed("indices_or_sections", _cuts), Computed("dim", _cut_dim)),
        dtypes=ALL,
        gradient=GradientOf(0),
        effect=Effect.VIEW,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("tensor_split"),
            "If indices_or_sections is a tensor, it must be a zero-dimensional or one-dimensional long tensor on the"
            " CPU.",
        ),
    ),
    Operation(
        name="masked_fill_by_tensor",
        reference=masking.masked_fill,
        spellings=spelled("torch.masked_fill", "Tensor.masked_fill", in_place="Tensor.masked_fill_"),
        written=masking.masked_fill_,
        parameters=(
            AnyTensor(),
            LikeTensor("mask", broadcast=True, dtypes=(BOOL,)),
            Fitting("value", lambda choices, drawing: (), same_dtype=False),
        ),
        dtypes=ALL,
        gradient=GradientOf(2, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.masked_fill_"), "Fills elements of self tensor with value where mask is True."
        ),
    ),
]
