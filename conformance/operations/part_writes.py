"""Copies in which the part that a view shows was written.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from typing import Any

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import Fitting, dim_of, shape_of
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import ENDS
from conformance.strategies.shapes import Shape
from reference import part_writes
from reference.layout import extent

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
# What decides the shape of `src` stands behind it, so it is drawn first and given by keyword.


def _dim(choices: Choices, drawing: Drawing) -> int:
    ndim = len(shape_of(drawing))
    return choices.integer(-ndim, ndim - 1)


def _no_dim(choices: Choices, drawing: Drawing) -> int:
    return len(shape_of(drawing))


def _size(drawing: Drawing) -> int:
    return shape_of(drawing)[dim_of(drawing)]


def _place(choices: Choices, drawing: Drawing) -> int:
    size = _size(drawing)
    return choices.integer(-size, size - 1) if size else 0


def _no_place(choices: Choices, drawing: Drawing) -> int:
    return choices.choose((_size(drawing), -_size(drawing) - 1, *ENDS))


def _bound(choices: Choices, drawing: Drawing) -> Argument:
    size = _size(drawing)
    return None if choices.flag(30) else choices.integer(-size - 1, size + 1)


def _without_dim(choices: Choices, drawing: Drawing) -> Shape:
    shape, dim = shape_of(drawing), dim_of(drawing)
    return (*shape[:dim], *shape[dim + 1 :])


def _sliced(choices: Choices, drawing: Drawing) -> Shape:
    shape, dim = shape_of(drawing), dim_of(drawing)
    # What may be an argument is a recursive union: in a slice of it, type inference would take minutes.
    start, end, step = _integer(drawing, "start"), _integer(drawing, "end"), _integer(drawing, "step")
    length = len(range(*slice(start, end, step).indices(shape[dim])))
    return (*shape[:dim], length, *shape[dim + 1 :])


def _integer(drawing: Drawing, name: str) -> Any:
    return drawing.arguments.get(name)


def _other_dim(choices: Choices, drawing: Drawing) -> int | Omitted:
    """Left out where the first dimension is."""
    first, ndim = drawing.arguments.get("dim1"), len(shape_of(drawing))
    if not isinstance(first, int):
        return OMITTED
    return choices.choose([dim for dim in range(-ndim, ndim) if (dim - first) % ndim])


def _same_dim(choices: Choices, drawing: Drawing) -> Any:
    return drawing.arguments.get("dim1", 0)


def _on_diagonal(choices: Choices, drawing: Drawing) -> Shape:
    shape = shape_of(drawing)
    dims = [dim_of(drawing, name) for name in ("dim1", "dim2")] if "dim1" in drawing.arguments else [0, 1]
    offset = drawing.arguments.get("offset", 0)
    assert isinstance(offset, int), "offset is drawn before src"
    length = min(shape[dims[0]] - max(-offset, 0), shape[dims[1]] - max(offset, 0))
    return (*(size for dim, size in enumerate(shape) if dim not in dims), max(length, 0))


def _strided_size(choices: Choices, drawing: Drawing) -> Shape:
    """At most two dimensions, with as many elements as the tensor has or fewer."""
    count = drawing.numel("input")
    rows = choices.integer(0, min(count, 3))
    return (rows,) if choices.flag() else (rows, choices.integer(0, count // max(rows, 1) if rows else 2))


def _strides(choices: Choices, drawing: Drawing) -> Shape:
    """Row-major, or every second place where they suffice: no place twice, none beyond the end."""
    size = _like_size(choices, drawing)
    step = 2 if choices.flag(30) and 2 * _product(size) <= drawing.numel("input") else 1
    return tuple(step * _product(size[dim + 1 :]) for dim in range(len(size)))


def _product(sizes: tuple[Any, ...]) -> int:
    found = 1
    for size in sizes:
        found *= max(size, 1)
    return found


def _strides_beyond(choices: Choices, drawing: Drawing) -> Argument:
    return tuple(-1 for _ in _like_size(choices, drawing))


def _strided_offset(choices: Choices, drawing: Drawing) -> int:
    """A place from which the layout stays within a row-major copy of the tensor."""
    strides: Any = drawing.arguments["stride"]
    return choices.integer(0, max(drawing.numel("input") - extent(_like_size(choices, drawing), tuple(strides)), 0))


def _outside(choices: Choices, drawing: Drawing) -> int:
    """A place before all elements; or far behind them, where there is one to be there."""
    size: Any = drawing.arguments["size"]
    return choices.choose((-1, ENDS[1]) if 0 in size else (-1, *ENDS))


def _like_size(choices: Choices, drawing: Drawing) -> Shape:
    size: Any = drawing.arguments["size"]
    return tuple(size)


OPERATIONS = [
    Operation(
        name="select_scatter",
        reference=part_writes.select_scatter,
        spellings=spelled("torch.select_scatter", "Tensor.select_scatter"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("dim", _dim, _no_dim, keyword=True),
            Computed("index", _place, _no_place, keyword=True),
            Fitting("src", _without_dim, same_dtype=False, keyword=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("select_scatter"),
            "Embeds the values of the src tensor into input at the given index. This function returns a tensor with"
            " fresh storage; it does not create a view.",
        ),
    ),
    Operation(
        name="slice_scatter",
        reference=part_writes.slice_scatter,
        spellings=spelled("torch.slice_scatter", "Tensor.slice_scatter"),
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("dim", _dim, _no_dim, keyword=True, mostly=True),
            Computed("start", _bound, keyword=True, mostly=True),
            Computed("end", _bound, keyword=True, mostly=True),
            Choice("step", (1, 2, 3, 90), keyword=True, mostly=True, forbidden=0),
            Fitting("src", _sliced, same_dtype=False, keyword=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("slice_scatter"),
            "Embeds the values of the src tensor into input at the given dimension. This function returns a tensor with"
            " fresh storage; it does not create a view.",
        ),
    ),
    Operation(
        name="diagonal_scatter",
        reference=part_writes.diagonal_scatter,
        spellings=spelled("torch.diagonal_scatter", "Tensor.diagonal_scatter"),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("offset", (0, 1, -1, 2, -3), keyword=True, mostly=True),
            Computed("dim1", _dim, keyword=True, mostly=True),
            Computed("dim2", _other_dim, _same_dim, keyword=True),
            Fitting("src", _on_diagonal, same_dtype=False, keyword=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("diagonal_scatter"),
            "Embeds the values of the src tensor into input along the diagonal elements of input, with respect to dim1"
            " and dim2. This function returns a tensor with fresh storage; it does not return a view.",
        ),
    ),
    Operation(
        name="as_strided_scatter",
        reference=part_writes.as_strided_scatter,
        spellings=spelled("torch.as_strided_scatter", "Tensor.as_strided_scatter"),
        parameters=(
            AnyTensor(),
            Computed("size", _strided_size, keyword=True),
            Computed("stride", _strides, _strides_beyond, keyword=True),
            Computed("storage_offset", _strided_offset, _outside, keyword=True, required=False),
            Fitting("src", _like_size, same_dtype=False, keyword=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("as_strided_scatter"),
            "Embeds the values of the src tensor into input along the elements corresponding to the result of calling"
            " input.as_strided(size, stride, storage_offset). This function returns a tensor with fresh storage; it"
            " does not return a view.",
        ),
    ),
]
