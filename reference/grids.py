"""Tensors broadcast to each other, and every combination of their elements: meshgrid, cartesian_prod, combinations.

https://docs.pytorch.org/docs/stable/torch.html#other-operations
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations as chosen_in_order
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL
from reference.errors import refuse
from reference.function import function
from reference.gathering import masked_select
from reference.joining import stack
from reference.slicing import expanded
from reference.splitting import Many
from reference.tensor import Tensor
from reference.views import reshape, viewed


@function()
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """``expand``. https://docs.pytorch.org/docs/stable/generated/torch.broadcast_to.html"""
    made: Tensor = expanded(input, tuple(size))
    return made


@function()
def broadcast_tensors(*tensors: Tensor) -> Many:
    """Each tensor expanded to the shape of all. https://docs.pytorch.org/docs/stable/generated/torch.broadcast_tensors.html"""
    shape = broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(tensor if tensor.shape == shape else expanded(tensor, shape) for tensor in tensors)


@function()
def meshgrid(*tensors: Any, indexing: str = "ij") -> Many:
    """The coordinates of the grid that vectors span, a tensor each; ``indexing="xy"`` swaps the first two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.meshgrid.html
    """
    given: Sequence[Tensor] = tensors if not tensors or isinstance(tensors[0], Tensor) else tensors[0]
    if not given:
        refuse("meshgrid expects a non-empty TensorList")
    for tensor in given:
        if tensor.ndim > 1:
            refuse(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensor.ndim}D")
        if tensor.dtype is not given[0].dtype:
            refuse("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("ij", "xy"):
        refuse(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swapped = indexing == "xy" and len(given) >= 2
    ordered = [given[1], given[0], *given[2:]] if swapped else list(given)
    shape = tuple(tensor.numel for tensor in ordered)
    grids: list[Tensor] = []
    for position, tensor in enumerate(ordered):
        own = [1] * len(shape)
        own[position] = tensor.numel
        grids.append(expanded(viewed(tensor, tuple(own)), shape))
    return (grids[1], grids[0], *grids[2:]) if swapped else tuple(grids)


def _vector(tensor: Tensor) -> Tensor:
    if tensor.ndim != 1:
        refuse(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    return tensor


@function()
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every choice of one element from each vector, a row each; a single vector as it is.

    https://docs.pytorch.org/docs/stable/generated/torch.cartesian_prod.html
    """
    given = [_vector(tensor) for tensor in tensors]
    if len(given) == 1:
        return given[0]
    chosen: Tensor = stack([reshape(grid, (-1,)) for grid in meshgrid(*given)], 1)
    return chosen


@function()
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of ``r`` elements of a vector in their order, a row each, as itertools has them.

    https://docs.pytorch.org/docs/stable/generated/torch.combinations.html
    """
    _vector(input)
    if r < 0:
        refuse(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return Tensor.of(np.empty(0, input.dtype.numpy), input.dtype)
    chosen = combinations_with_replacement if with_replacement else chosen_in_order
    inside = np.zeros((input.numel,) * r, bool)
    for places in chosen(range(input.numel), r):
        inside[places] = True
    mask = Tensor.of(inside, BOOL)
    made: Tensor = stack([masked_select(grid, mask) for grid in meshgrid(*[input] * r)], 1)
    return made
