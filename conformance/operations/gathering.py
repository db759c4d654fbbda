"""Elements read at the places that an index names, and the places of elements that are not zero.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import LONGEST, Indices, a_line, any_shape, dim_of, shape_of, size_along, within_input
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, MOST_PARTS, OMITTED, Form, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, LikeTensor
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import Shape
from reference import gathering
from reference.dtypes import BOOL, INT64, INTEGRAL

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SUMS = GradientOf(1, stored=True)


def count(drawing: Drawing) -> int:
    """How many elements the input has."""
    return drawing.numel("input")


def _beside_input(choices: Choices, drawing: Drawing) -> Shape:
    """As many dimensions as the input, which broadcast with its own but along the dimension that was drawn."""
    if drawing.arguments.get("dim") is None:
        return any_shape(choices, drawing)
    dim, least = dim_of(drawing), 0 if choices.flag(15) else 1

    def drawn(d: int, size: int) -> int:
        if d == dim:
            return choices.integer(least, LONGEST)
        return choices.integer(least, 3) if size == 1 else choices.choose((size, 1))

    return tuple(drawn(d, size) for d, size in enumerate(shape_of(drawing)))


def _size_taken(drawing: Drawing) -> int:
    return count(drawing) if drawing.arguments.get("dim") is None else size_along(drawing)


def _dim_or_none(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    ndim = len(shape_of(drawing))
    return choices.choose((None, OMITTED)) if choices.flag(30) or not ndim else choices.integer(-ndim, ndim - 1)


def _sizes(choices: Choices, drawing: Drawing) -> Argument:
    """The sizes of a tensor, one of them perhaps by itself."""
    sizes = tuple(choices.integer(1, 5) for _ in range(choices.integer(1, 3)))
    return sizes[0] if len(sizes) == 1 and choices.flag() else sizes


def _negative_sizes(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return (-1, 3)


OPERATIONS = [
    Operation(
        name="gather",
        reference=gathering.gather,
        spellings=spelled("torch.gather", "Tensor.gather", out=True),
        parameters=(AnyTensor(), Dim(), Indices("index", within_input, size_along, along=True)),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("gather"),
            "out[i][j][k] = input[index[i][j][k]][j][k]  # if dim == 0. input and index must have the same number of"
            " dimensions. It is also required that index.size(d) <= input.size(d) for all dimensions d != dim.",
        ),
    ),
    Operation(
        name="gather_by_expanded",
        reference=gathering.gather,
        spellings=spelled("torch.gather", "Tensor.gather", out=True),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("dim", (0,)),
            Indices("index", within_input, size_along, along=True, expanded=True),
        ),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(MANUAL.format("gather"), "out[i][j][k] = input[index[i][j][k]][j][k]  # if dim == 0"),
    ),
    Operation(
        name="take_along_dim",
        reference=gathering.take_along_dim,
        spellings=spelled("torch.take_along_dim", "Tensor.take_along_dim", out=True),
        parameters=(
            AnyTensor(),
            # The dimension decides the shape of the indices, which come before it.
            Computed("dim", _dim_or_none, keyword=True),
            Indices("indices", _beside_input, _size_taken, along=True, from_either_end=True, dtypes=(INT64,)),
        ),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("take_along_dim"),
            "Selects values from input at the 1-dimensional indices from indices along the given dim. If dim is None,"
            " the input array is treated as if it has been flattened to 1d.",
        ),
    ),
    Operation(
        name="index_select",
        reference=gathering.index_select,
        spellings=spelled("torch.index_select", "Tensor.index_select", out=True),
        parameters=(AnyTensor(), Dim(), Indices("index", a_line, size_along)),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("index_select"),
            "Returns a new tensor which indexes the input tensor along dimension dim using the entries in index.",
        ),
    ),
    Operation(
        name="take",
        reference=gathering.take,
        spellings=spelled("torch.take", "Tensor.take", out=True),
        parameters=(AnyTensor(), Indices("index", any_shape, count, negative=True, dtypes=(INT64,))),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("take"),
            "Returns a new tensor with the elements of input at the given indices. The input tensor is treated as if it"
            " were viewed as a 1-D tensor. The result takes the same shape as the indices.",
        ),
    ),
    Operation(
        name="masked_select",
        reference=gathering.masked_select,
        spellings=spelled("torch.masked_select", "Tensor.masked_select", out=True),
        parameters=(AnyTensor(), LikeTensor("mask", broadcast=True, dtypes=(BOOL,))),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("masked_select"),
            "Returns a new 1-D tensor which indexes the input tensor according to the boolean mask mask which is a"
            " BoolTensor.",
        ),
    ),
    Operation(
        name="nonzero",
        reference=gathering.nonzero,
        spellings=spelled("torch.nonzero", "Tensor.nonzero", out=True),
        parameters=(AnyTensor(), Choice("as_tuple", (False,), keyword=True, required=False)),
        dtypes=ALL,
        basis=Documented(
            MANUAL.format("nonzero"),
            "Returns a tensor containing the indices of all non-zero elements of input. Each row in the result contains"
            " the indices of a non-zero element in input. The result is sorted lexicographically.",
        ),
    ),
    Operation(
        name="nonzero_as_tuple",
        reference=gathering.nonzero,
        spellings={Form.FUNCTION: "torch.nonzero", Form.METHOD: "Tensor.nonzero"},
        parameters=(AnyTensor(), Choice("as_tuple", (True,), keyword=True)),
        dtypes=ALL,
        results=MOST_PARTS,
        basis=Documented(
            MANUAL.format("nonzero"),
            "Returns a tuple of 1-D tensors, one for each dimension in input, each containing the indices (in that"
            " dimension) of all non-zero elements of input.",
        ),
    ),
    Operation(
        name="argwhere",
        reference=gathering.argwhere,
        spellings=spelled("torch.argwhere", "Tensor.argwhere"),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        basis=Documented(
            MANUAL.format("argwhere"),
            "Returns a tensor containing the indices of all non-zero elements of input. This function is similar to"
            " NumPy's argwhere.",
        ),
    ),
    Operation(
        name="unravel_index",
        reference=gathering.unravel_index,
        spellings=spelled("torch.unravel_index"),
        parameters=(AnyTensor("indices", mode="positive"), Computed("shape", _sizes, _negative_sizes)),
        dtypes=INTEGRAL,
        results=2,
        basis=Documented(
            MANUAL.format("unravel_index"),
            "Converts a tensor of flat indices into a tuple of coordinate tensors that index into an arbitrary tensor"
            " of the specified shape.",
        ),
    ),
]
