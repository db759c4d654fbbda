"""The same elements in other places, or more than once.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

import numpy as np

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import dim_of, laid, raw, shape_of
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import ENDS
from conformance.targets.reference import make_input
from conformance.values import fill
from reference import rearranging
from reference.dtypes import INT32, INT64
from reference.tensor import Tensor

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SUMS = GradientOf(1, stored=True)
MOST_TIMES = 3


def _some_dims(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    """Different dimensions in any order, counted from either end."""
    ndim = len(shape_of(drawing))
    left = list(range(ndim))
    chosen = [left.pop(choices.integer(0, len(left) - 1)) for _ in range(choices.integer(0, ndim))]
    return tuple(dim - ndim if choices.flag(30) else dim for dim in chosen)


def _one_dim_again(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    ndim = len(shape_of(drawing))
    return choices.choose(((0, 0), (ndim,), (-ndim - 1,))) if ndim else (1,)


def _two_dims(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    """Two different dimensions."""
    ndim = len(shape_of(drawing))
    first = choices.integer(0, ndim - 1)
    second = (first + choices.integer(1, ndim - 1)) % ndim
    return first, second - (ndim if choices.flag(20) else 0)


def _one_dim_twice(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    return choices.choose(((0, 0), (0,), (0, 1, 1)))


def _rolled_dims(choices: Choices, drawing: Drawing) -> Argument:
    """As many dimensions as shifts; one that is named again is rolled again."""
    ndim, shifts = len(shape_of(drawing)), drawing.arguments["shifts"]
    if isinstance(shifts, int):
        return choices.integer(-ndim, ndim - 1)
    assert isinstance(shifts, tuple), "shifts are drawn before dims"
    return tuple(choices.integer(-ndim, ndim - 1) for _ in shifts)


def _more_dims_than_shifts(choices: Choices, drawing: Drawing) -> Argument:
    shifts = drawing.arguments["shifts"]
    return (0,) * (1 + len(shifts)) if isinstance(shifts, tuple) else (0, 0)


def _shifts(choices: Choices, drawing: Drawing) -> Argument:
    far = choices.choose((0, 0, 0, 2**62 - 7))
    shifts = tuple(choices.integer(-7, 7) + far for _ in range(choices.integer(1, 2)))
    return shifts[0] if len(shifts) == 1 and choices.flag() else shifts


def _times(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    """How often, for each dimension and at times for new ones in front."""
    more = choices.integer(0, 1)
    return tuple(choices.integer(0, MOST_TIMES) for _ in range(len(shape_of(drawing)) + more))


def _too_few_times(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """One dimension too few, or a negative number; nothing times minus one is nothing."""
    ndim = len(shape_of(drawing))
    if drawing.numel("input") and (not ndim or choices.flag()):
        return (*(1,) * ndim, -1) if not ndim else (*(1,) * (ndim - 1), -1)
    return (1,) * (ndim - 1) if ndim else OMITTED


def _any_times(choices: Choices, drawing: Drawing) -> tuple[int, ...]:
    return tuple(choices.integer(0, MOST_TIMES) for _ in range(choices.integer(0, 4)))


def _negative_times(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return (1, -1) if drawing.numel("input") else OMITTED


def _slices(drawing: Drawing) -> int:
    """How many slices there are along the dimension that was drawn, or elements."""
    return drawing.numel("input") if drawing.arguments.get("dim") is None else shape_of(drawing)[dim_of(drawing)]


def _repeats(choices: Choices, drawing: Drawing) -> Argument:
    """How often each slice along the dimension that was drawn, or each element."""
    count = 1 if choices.flag(20) else _slices(drawing)
    dtype = choices.choose((INT64, INT32))
    return laid(choices, drawing, "repeats", (raw(choices, (count,)) % np.uint64(3)).astype(dtype.numpy))


def _output_size(choices: Choices, drawing: Drawing) -> int:
    """The sum of the repeats; one of them is for every slice."""
    given = drawing.given("repeats")
    assert given is not None, "repeats are drawn before output_size"
    made = make_input(given, fill(given))
    assert isinstance(made, Tensor), "repeats are a tensor"
    return int(made.array.sum()) * (_slices(drawing) if given.shape == (1,) else 1)


def _another_size(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """One more; where nothing is repeated, it is not looked at."""
    return _output_size(choices, drawing) + 1 if _slices(drawing) else OMITTED


def _too_many_repeats(choices: Choices, drawing: Drawing) -> Argument:
    count = drawing.numel("input") + 2
    return laid(choices, drawing, "more_repeats", np.ones(count, np.int64))


def _some_dim(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    ndim = len(shape_of(drawing))
    return None if choices.flag(30) else choices.integer(-ndim, ndim - 1)


def _dim(choices: Choices, drawing: Drawing) -> int:
    ndim = len(shape_of(drawing))
    return choices.integer(-ndim, ndim - 1)


def _start(choices: Choices, drawing: Drawing) -> int:
    return choices.integer(0, shape_of(drawing)[dim_of(drawing)])


def _length(choices: Choices, drawing: Drawing) -> int:
    start = drawing.arguments["start"]
    assert isinstance(start, int), "start is drawn before length"
    return choices.integer(0, shape_of(drawing)[dim_of(drawing)] - start)


def _too_long(choices: Choices, drawing: Drawing) -> int:
    return shape_of(drawing)[dim_of(drawing)] + 1


OPERATIONS = [
    Operation(
        name="flip",
        reference=rearranging.flip,
        spellings=spelled("torch.flip", "Tensor.flip"),
        parameters=(AnyTensor(), Computed("dims", _some_dims, _one_dim_again)),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("flip"),
            "Reverse the order of an n-D tensor along given axis in dims. torch.flip makes a copy of input's data.",
        ),
    ),
    Operation(
        name="fliplr",
        reference=rearranging.fliplr,
        spellings=spelled("torch.fliplr", "Tensor.fliplr"),
        parameters=(AnyTensor(min_ndim=2),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("fliplr"),
            "Flip the entries in each row in the left/right direction. Columns are preserved, but appear in a different"
            " order than before.",
        ),
    ),
    Operation(
        name="flipud",
        reference=rearranging.flipud,
        spellings=spelled("torch.flipud", "Tensor.flipud"),
        parameters=(AnyTensor(min_ndim=1),),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("flipud"),
            "Flip the entries in each column in the up/down direction. Rows are preserved, but appear in a different"
            " order than before.",
        ),
    ),
    Operation(
        name="rot90",
        reference=rearranging.rot90,
        spellings=spelled("torch.rot90", "Tensor.rot90"),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("k", (1, 2, 3, 0, -1, 6, -5, *ENDS), mostly=True),
            Computed("dims", _two_dims, _one_dim_twice, mostly=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("rot90"),
            "Rotate an n-D tensor by 90 degrees in the plane specified by dims axis. Rotation direction is from the"
            " first towards the second axis if k > 0, and from the second towards the first for k < 0.",
        ),
    ),
    Operation(
        name="roll",
        reference=rearranging.roll,
        spellings=spelled("torch.roll", "Tensor.roll"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("shifts", _shifts),
            Computed("dims", _rolled_dims, _more_dims_than_shifts),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("roll"),
            "Roll the tensor input along the given dimension(s). Elements that are shifted beyond the last position are"
            " re-introduced at the first position.",
        ),
    ),
    Operation(
        name="roll_flat",
        reference=rearranging.roll,
        spellings=spelled("torch.roll", "Tensor.roll"),
        parameters=(AnyTensor(), Choice("shifts", (1, -2, 0, 5, 13, 2**40 + 1, -(2**40) - 1), forbidden=())),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("roll"),
            "If dims is None, the tensor will be flattened before rolling and then restored to the original shape.",
        ),
    ),
    Operation(
        name="repeat",
        reference=rearranging.repeat,
        spellings=spelled(method="Tensor.repeat"),
        parameters=(AnyTensor(max_ndim=3), Computed("repeats", _times, _too_few_times, in_a_row=True)),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("Tensor.repeat"),
            "Repeats this tensor along the specified dimensions. Unlike expand(), this function copies the tensor's"
            " data.",
        ),
    ),
    Operation(
        name="tile",
        reference=rearranging.tile,
        spellings=spelled("torch.tile", "Tensor.tile"),
        parameters=(AnyTensor(max_ndim=3), Computed("dims", _any_times, _negative_times)),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("tile"),
            "If dims specifies fewer dimensions than input has, then ones are prepended to dims until all dimensions"
            " are specified. If input has fewer dimensions than dims specifies, it is treated as if it were unsqueezed"
            " at dimension zero.",
        ),
    ),
    Operation(
        name="repeat_interleave",
        reference=rearranging.repeat_interleave,
        spellings=spelled("torch.repeat_interleave", "Tensor.repeat_interleave"),
        parameters=(
            AnyTensor(min_ndim=1),
            Choice("repeats", (2, 1, 3, 0), forbidden=-1),
            Dim(required=False),
        ),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("repeat_interleave"),
            "Repeat elements of a tensor. repeats is broadcasted to fit the shape of the given axis. By default, use"
            " the flattened input array, and return a flat output array.",
        ),
    ),
    Operation(
        name="repeat_interleave_tensor",
        reference=rearranging.repeat_interleave,
        spellings=spelled("torch.repeat_interleave", "Tensor.repeat_interleave"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("dim", _some_dim, keyword=True),
            Computed("repeats", _repeats, _too_many_repeats, keyword=True),
            Computed("output_size", _output_size, _another_size, keyword=True, required=False),
        ),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(MANUAL.format("repeat_interleave"), "repeats: The number of repetitions for each element."),
    ),
    Operation(
        name="narrow_copy",
        reference=rearranging.narrow_copy,
        # Its out= writes past the end of memory that is not contiguous, and may end the process (docs/findings/042).
        spellings=spelled("torch.narrow_copy", "Tensor.narrow_copy"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("dim", _dim),
            Computed("start", _start),
            Computed("length", _length, _too_long),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("narrow_copy"),
            "Same as Tensor.narrow() except this returns a copy rather than shared storage.",
        ),
    ),
]
