"""The same bytes as elements of another dtype. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html"""

from __future__ import annotations

from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Argument, DTypeName, Input, Ref
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import Computed
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_shape
from reference import views
from reference.dtypes import BOOL, BY_NAME, DType

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _rows_of_bytes(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor whose rows may be read as elements of another size."""
    found = drawing.existing(lambda one: not one.array and BY_NAME[one.dtype] in drawing.operation.dtypes)
    if found is not None:
        return Ref(found.name)
    shape = draw_shape(choices)
    if shape and choices.flag(60):
        shape = (*shape[:-1], choices.choose((2, 4, 8, 16)))
    ref = drawing.tensor("input", shape)
    made = drawing.referred(ref)
    if made is not None and choices.flag(30):  # further on by as many elements as the largest have bytes
        drawing.replace(replace(made, offset=made.offset + 16, size=made.size + 16))
    return ref


def _read_as(choices: Choices, drawing: Drawing) -> Argument:
    """A dtype of as many bytes, of fewer or of more, as the layout allows; bool of bools alone: of other bytes no page
    says what they are."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    before = BY_NAME[given.dtype]
    kinds: list[list[DType]] = [[], [], []]
    for dtype in ALL:
        if dtype is not BOOL or before is BOOL:
            size = dtype.itemsize - before.itemsize
            if _is_readable(given, dtype.itemsize / before.itemsize):
                kinds[(size > 0) - (size < 0)].append(dtype)
    return DTypeName(choices.choose(choices.choose([kind for kind in kinds if kind])).name)


def _is_readable(given: Input, ratio: float) -> bool:
    """Whether elements so many times as large can be read: along the last dimension, where that has no gaps."""
    if ratio == 1 or not given.shape or given.strides[-1] != 1:
        return ratio == 1
    return ratio < 1 or all(count % ratio == 0 for count in (given.shape[-1], given.offset, *given.strides[:-1]))


def _misread(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A dtype of another size that the layout does not allow."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    before = BY_NAME[given.dtype].itemsize
    refused = [dtype for dtype in ALL[1:] if not _is_readable(given, dtype.itemsize / before)]
    return DTypeName(choices.choose(refused).name) if refused else OMITTED


OPERATIONS = [
    Operation(
        name="view_dtype",
        reference=views.view,
        spellings=spelled(method="Tensor.view"),
        parameters=(Computed("input", _rows_of_bytes), Computed("dtype", _read_as, _misread, by_place=True)),
        dtypes=ALL,
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.view"),
            "Returns a new tensor with the same data as the self tensor but of a different dtype. If the element size"
            " of dtype is different than that of self.dtype, then the size of the last dimension of the output will be"
            " scaled proportionally.",
        ),
    ),
]
