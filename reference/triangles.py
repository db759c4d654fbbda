"""Triangles and diagonals: tril, triu, their indices, diag, diag_embed, diagflat, fill_diagonal_.

https://docs.pytorch.org/docs/stable/torch.html#creation-ops
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference import layout
from reference.creation import tracked
from reference.dtypes import INT64, DType
from reference.embedding import embed
from reference.errors import refuse, refuse_dtype
from reference.function import function
from reference.gathering import INDEX_DTYPES, taken
from reference.promotion import Number
from reference.scalars import cast_element
from reference.slicing import diagonal
from reference.tensor import Tensor
from reference.views import reshape
from reference.writing import refuse_leaf_write, write


def _inside(part: Callable[..., np.ndarray], row: int, col: int, diagonal: int) -> np.ndarray:
    """Which elements of a matrix lie in a part of it; diagonals beyond its corners are all alike."""
    return part(np.ones((row, col), bool), max(min(diagonal, col), -row))


def _triangle(input: Tensor, part: Callable[..., np.ndarray], diagonal: int, name: str) -> Tensor:
    """The elements in one part of every matrix, zero elsewhere, as they lie in memory order of the contiguous."""
    if input.ndim < 2:
        refuse(f"{name}: input tensor must have at least 2 dimensions")
    row, col = input.shape[-2:]
    inside = _inside(part, row, col, diagonal)
    return taken(input, lambda array: np.where(inside, array, array.dtype.type(0)))


@function("TrilBackward0")
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of each matrix, zeros above.

    https://docs.pytorch.org/docs/stable/generated/torch.tril.html
    """
    return _triangle(input, np.tril, diagonal, "tril")


@function("TriuBackward0")
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of each matrix, zeros below.

    https://docs.pytorch.org/docs/stable/generated/torch.triu.html
    """
    return _triangle(input, np.triu, diagonal, "triu")


tril.looks_for_overlap = triu.looks_for_overlap = False
tril.vjp("input", lambda g, diagonal: tril(g, diagonal))
triu.vjp("input", lambda g, diagonal: triu(g, diagonal))


def _indices(
    part: Callable[..., np.ndarray], row: int, col: int, offset: int, dtype: DType | None, requires_grad: bool
) -> Tensor:
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            refuse(f"{name} must be non-negative, got {size}")
    if dtype is not None and dtype not in INDEX_DTYPES:
        refuse_dtype("tril_indices", dtype)
    found = np.stack(np.nonzero(_inside(part, row, col, offset)))
    return tracked(Tensor.of(found, dtype or INT64), requires_grad)


@function()
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """Where the lower triangle of a matrix lies: rows, then columns, row by row; int64 or int32.

    https://docs.pytorch.org/docs/stable/generated/torch.tril_indices.html
    """
    return _indices(np.tril, row, col, offset, dtype, requires_grad)


@function()
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """Where the upper triangle of a matrix lies: rows, then columns, row by row; int64 or int32.

    https://docs.pytorch.org/docs/stable/generated/torch.triu_indices.html
    """
    return _indices(np.triu, row, col, offset, dtype, requires_grad)


# -- diagonals ------------------------------------------------------------------------------------------------------


@function("DiagEmbedBackward0")
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices in the dimensions ``dim1`` and ``dim2`` whose diagonals are the last dimension of ``input``.

    https://docs.pytorch.org/docs/stable/generated/torch.diag_embed.html
    """
    ndim = input.ndim + 1
    first, second = (layout.wrap_dim(dim, ndim) for dim in (dim1, dim2))
    if first == second:
        refuse(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for dim in sorted((first, second)):
        shape.insert(dim, size)
    made = Tensor.of(np.zeros(shape, input.dtype.numpy), input.dtype)
    diagonal.forward(made, offset, first, second).array[...] = input.array
    return made


diag_embed.vjp("input", lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


@function("DiagonalBackward0_copy")
def diagonal_copy(input: Tensor, offset: int = 0) -> Tensor:
    """The diagonal of a matrix, copied."""
    return taken(diagonal.forward(input, offset), lambda array: array)


diagonal_copy.vjp("input", lambda g, input_shape, offset: embed([g], input_shape, lambda x: diagonal(x, offset)))


@function()
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix that has a vector as its diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.diag.html
    """
    if input.ndim not in (1, 2):
        refuse(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    made: Tensor = diag_embed(input, diagonal) if input.ndim == 1 else diagonal_copy(input, diagonal)
    return made


@function()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix that has all elements as its diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.diagflat.html
    """
    made: Tensor = diag_embed(reshape(input, (-1,)), offset)
    return made


def _on_diagonal(shape: layout.Shape, wrap: bool) -> np.ndarray:
    """Where all indices are equal, counted from the top again where a tall matrix wraps."""
    places = list(np.indices(shape, sparse=True))
    if wrap and len(shape) == 2:
        places[0] = places[0] % (shape[1] + 1)
    inside = np.ones(shape, bool)
    for other in places[1:]:
        inside &= places[0] == other
    return inside


@function("CopySlices")
def diagonal_filled(input: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
    """What ``input`` holds after ``input.fill_diagonal_(fill_value)``."""
    filling = Tensor.of(cast_element(fill_value, input.dtype), input.dtype).array
    inside = _on_diagonal(input.shape, wrap)
    return taken(input, lambda array: np.where(inside, filling.astype(array.dtype), array))


diagonal_filled.vjp("input", lambda g, wrap: diagonal_filled(g, 0, wrap))


@function()
def fill_diagonal_(input: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
    """Write ``fill_value`` where all indices are equal; with ``wrap``, from the top again below a tall matrix.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
    """
    if input.ndim < 2:
        refuse("dimensions must larger than 1")
    if input.ndim > 2 and len(set(input.shape)) > 1:
        refuse("all dimensions of input must be of equal length")
    refuse_leaf_write(input)
    filled = diagonal_filled.forward(input, fill_value, wrap)
    arguments = {"input": input, "fill_value": fill_value, "wrap": wrap}
    if wrap and input.ndim == 2 and input.shape[0] > input.shape[1] + 1:
        # The part below is a write of its own.
        input.counter.value += 1
    return write(input, filled, diagonal_filled, arguments)
