"""Elements taken from and put to indices along one dimension, for vjps: each is the other's adjoint."""

from __future__ import annotations

import numpy as np

from reference import layout
from reference.function import function
from reference.reduction import computing_array
from reference.tensor import Tensor


@function("GatherBackward0")
def taken_along(input: Tensor, index: Tensor, dim: int) -> Tensor:
    """The elements at ``index`` along ``dim``."""
    if not input.ndim:
        return Tensor.of(input.array.copy(), input.dtype)
    return Tensor.of(np.take_along_axis(computing_array(input, input.dtype), index.array, dim), input.dtype)


@function("ScatterAddBackward0")
def placed_along(input: Tensor, index: Tensor, shape: layout.Shape, dim: int) -> Tensor:
    """Zeros of ``shape`` to which the elements of ``input`` are added at ``index`` along ``dim``."""
    if not shape:
        return Tensor.of(input.array.copy(), input.dtype)
    axis = layout.wrap_dim(dim, len(shape))
    values = computing_array(input, input.dtype)
    placed = np.zeros(shape, values.dtype)
    places: list[np.ndarray] = list(np.indices(values.shape, sparse=True))
    places[axis] = index.array
    np.add.at(placed, tuple(places), values)
    return Tensor.of(placed, input.dtype)


taken_along.vjp("input", lambda g, index, input_shape, dim: placed_along(g, index, input_shape, dim))
placed_along.vjp("input", lambda g, index, dim: taken_along(g, index, dim))
