"""Memory shared with NumPy. https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Argument, Dots, DTypeName, Input, Ref, Slice
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Form, Omitted, Operation, spelled
from conformance.operations.creation import SAME_OR_WIDER, TRACKED, TRACKED_OR_NOT
from conformance.parameters import AnyTensor, Choice, Computed, Flag
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.strategies.shapes import draw_shape
from reference import construction, numpy_sharing
from reference.dtypes import BFLOAT16, BY_NAME

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SHARED = tuple(dtype for dtype in ALL if dtype is not BFLOAT16)


def _array(choices: Choices, drawing: Drawing) -> Ref:
    """A NumPy array of a drawn layout."""
    found = drawing.existing(lambda one: one.array)
    if found is not None:
        return Ref(found.name)
    return _as_array(drawing, drawing.tensor("array", draw_shape(choices)))


def _array_or_tensor(choices: Choices, drawing: Drawing) -> Argument:
    """An array, at times a tensor, which lends its memory too; in programs, in which a tensor may be tracked, none."""
    if drawing.extremes and choices.flag():
        return drawing.tensor("array", draw_shape(choices))
    return _array(choices, drawing)


def _lent(choices: Choices, drawing: Drawing) -> Argument:
    """An array, at times one that is read-only: what is made of it may be read. Programs write, and get none."""
    ref = _array(choices, drawing)
    given = drawing.referred(ref) if drawing.extremes and choices.flag(25) else None
    if given is not None:
        drawing.replace(replace(given, writeable=False))
    return ref


def _reversed(choices: Choices, drawing: Drawing) -> Argument:
    """An array whose last dimension runs backwards."""
    size = choices.integer(2, 4)
    values = drawing.values(size)
    drawing.replace(Input("array", (size,), drawing.dtype.name, (-1,), size - 1, size, values, array=True))
    return Ref("array")


def _as_array(drawing: Drawing, ref: Ref) -> Ref:
    given = next(given for given in drawing.inputs if given.name == ref.name)
    drawing.replace(replace(given, array=True))
    return ref


def _place(choices: Choices, drawing: Drawing) -> Argument:
    """An index of the first dimension, or a slice of it; of an array without dimensions, all of it."""
    given = drawing.given("array")
    if given is None or not given.shape:
        return Dots()
    size = given.shape[0]
    return choices.integer(-size, size - 1) if size and choices.flag() else Slice(None, None, 2)


def _fill_array(array: np.ndarray, value: int) -> None:
    array.fill(value)


def _set_array(array: np.ndarray, index: int | slice, value: int) -> None:
    array[index] = value


def _buffer(choices: Choices, drawing: Drawing) -> Argument:
    """A NumPy array without gaps, the only kind whose bytes are a buffer."""
    shape = draw_shape(choices)
    strides, offset, size = geometry("contiguous", shape)
    values = drawing.values(size)
    return drawing.add(Input("buffer", shape, drawing.dtype.name, strides, offset, size, values, array=True))


def _steps_array(choices: Choices, drawing: Drawing) -> Argument:
    """An array with gaps."""
    values = drawing.values(7)
    drawing.replace(Input("buffer", (4,), drawing.dtype.name, (2,), 0, 7, values, array=True))
    return Ref("buffer")


def _read_as(choices: Choices, drawing: Drawing) -> Argument:
    """The dtype of the array, or one that takes its bytes otherwise."""
    return DTypeName(choices.choose((drawing.dtype.name, drawing.dtype.name, "uint8", "int16", "float32")))


def _bytes(drawing: Drawing) -> tuple[int, int]:
    """How many bytes the buffer has, and an element that is read from it."""
    dtype = drawing.arguments["dtype"]
    assert isinstance(dtype, DTypeName), "the dtype is drawn before"
    return drawing.numel("buffer") * drawing.dtype.itemsize, BY_NAME[dtype.name].itemsize


def _skipped(choices: Choices, drawing: Drawing) -> Argument:
    """A number of bytes; of whole elements, so that memory is as aligned as it was."""
    length, itemsize = _bytes(drawing)
    return itemsize * choices.integer(0, max(length // itemsize - 1, 0))


def _outside(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((-1, _bytes(drawing)[0]))


def _count(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Some elements, or all that there are, which need not be said."""
    length, itemsize = _bytes(drawing)
    offset = drawing.arguments.get("offset", 0)
    assert isinstance(offset, int), "the offset is drawn before"
    whole = (length - offset) // itemsize
    if (length - offset) % itemsize == 0 and choices.flag():
        return -1 if choices.flag() else OMITTED
    return choices.integer(1, max(whole, 1))


def _no_count(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, 10**6))


ARRAY = Computed("ndarray", _lent, _reversed)

OPERATIONS = [
    Operation(
        name="from_numpy",
        reference=numpy_sharing.from_numpy,
        spellings=spelled("torch.from_numpy"),
        parameters=(ARRAY,),
        dtypes=SHARED,
        effect=Effect.SHARES,
        basis=Documented(
            MANUAL.format("from_numpy"),
            "The returned tensor and ndarray share the same memory. Modifications to the tensor will be reflected in"
            " the ndarray and vice versa.",
        ),
    ),
    Operation(
        name="tensor_from_array",
        reference=construction.tensor,
        spellings=spelled("torch.tensor"),
        parameters=(ARRAY,),
        dtypes=SHARED,
        basis=Documented(MANUAL.format("tensor"), "torch.tensor() always copies data."),
    ),
    Operation(
        name="as_tensor_from_array",
        reference=construction.as_tensor,
        spellings=spelled("torch.as_tensor"),
        parameters=(ARRAY,),
        dtypes=SHARED,
        effect=Effect.SHARES,
        basis=Documented(
            MANUAL.format("as_tensor"),
            "If data is a NumPy array (an ndarray) with the same dtype and device is the cpu"
            " then no copy is performed.",
        ),
    ),
    Operation(
        name="asarray_from_array",
        reference=construction.asarray,
        spellings=spelled("torch.asarray"),
        parameters=(ARRAY, Choice("copy", (True, False, None), keyword=True), SAME_OR_WIDER, TRACKED_OR_NOT),
        dtypes=SHARED,
        effect=Effect.SHARES,
        basis=Documented(MANUAL.format("asarray"), "copy controls whether the returned tensor shares memory with obj."),
    ),
    Operation(
        name="frombuffer",
        reference=numpy_sharing.frombuffer,
        spellings=spelled("torch.frombuffer"),
        parameters=(
            Computed("buffer", _buffer, _steps_array),
            Computed("dtype", _read_as, keyword=True),
            Computed("offset", _skipped, _outside, keyword=True, required=False),
            Computed("count", _count, _no_count, keyword=True),
            TRACKED,
        ),
        dtypes=SHARED,
        effect=Effect.SHARES,
        basis=Documented(
            MANUAL.format("frombuffer"),
            "Skips the first offset bytes in the buffer, and interprets the rest of the raw bytes as a 1-dimensional"
            " tensor of type dtype with count elements. The returned tensor and buffer share the same memory.",
        ),
    ),
    Operation(
        name="from_dlpack",
        reference=numpy_sharing.from_dlpack,
        spellings=spelled("torch.from_dlpack"),
        parameters=(Computed("ext_tensor", _array_or_tensor, _reversed),),
        dtypes=SHARED,
        effect=Effect.SHARES,
        basis=Documented(
            MANUAL.format("from_dlpack"),
            "The returned PyTorch tensor will share the memory with the input tensor (which may have come from another"
            " library).",
        ),
    ),
    Operation(
        name="numpy",
        reference=numpy_sharing.numpy,
        spellings=spelled(method="Tensor.numpy"),
        parameters=(AnyTensor(), Flag("force", keyword=True)),
        dtypes=ALL,
        effect=Effect.SHARES,
        basis=Documented(
            MANUAL.format("Tensor.numpy"),
            "If force is False, the returned ndarray and the tensor will share their storage.",
        ),
    ),
]

COMPANIONS = (
    Operation(
        name="array_fill",
        reference=_fill_array,
        written=_fill_array,
        spellings=spelled(in_place="Tensor.fill"),
        parameters=(Computed("array", _array), Choice("value", (3, 0, 1, 2))),
        dtypes=SHARED,
        effect=Effect.WRITES,
        results=0,
        basis=Documented(MANUAL.format("from_numpy"), "The returned tensor and ndarray share the same memory."),
    ),
    Operation(
        name="array_setitem",
        reference=_set_array,
        spellings={Form.OPERATOR: "operator.setitem"},
        parameters=(Computed("array", _array), Computed("index", _place), Choice("value", (3, 0, 1, 2))),
        dtypes=SHARED,
        effect=Effect.WRITES,
        results=0,
        basis=Documented(MANUAL.format("from_numpy"), "The returned tensor and ndarray share the same memory."),
    ),
)
"""What NumPy does to an array in a program, so that it is seen in the tensors that share its memory."""
