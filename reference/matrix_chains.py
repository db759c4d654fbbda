"""Products of several matrices: multi_dot, chain_matmul and matrix_power.

https://docs.pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from reference.checks import BOOL, refuse_category
from reference.conversion import clone
from reference.errors import refuse
from reference.function import function
from reference.inplace import copy_
from reference.linalg import matmul, mm
from reference.slicing import unsqueeze
from reference.tensor import METHODS, Tensor
from reference.views import view


@function()
def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of two or more matrices, of which the first may be a row and the last a column.

    In which order they are multiplied is left open: where nothing is summed, so is whether what is not finite is
    multiplied by a zero of another product.
    https://docs.pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html
    """
    if len(tensors) < 2:
        refuse(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    first, last = tensors[0], tensors[-1]
    if first.ndim not in (1, 2) or last.ndim not in (1, 2) or any(one.ndim != 2 for one in tensors[1:-1]):
        refuse("multi_dot(): tensors must be 2D; the first and the last may be 1D")
    if any(one.dtype is not first.dtype for one in tensors):
        refuse("multi_dot(): all tensors must be the same dtype")
    row = unsqueeze(first, 0) if first.ndim == 1 else first
    column = unsqueeze(last, -1) if last.ndim == 1 else last
    product = reduce(mm, [row, *tensors[1:-1], column])
    shape = (*(product.shape[:1] if first.ndim == 2 else ()), *(product.shape[1:] if last.ndim == 2 else ()))
    result: Tensor = view(product, shape)
    if any(not one.shape[0] for one in tensors[1:]) and not all(np.isfinite(one.array).all() for one in tensors):
        result.leave_open(np.ones(shape, np.bool_))
    return result


@function()
def chain_matmul(*matrices: Tensor) -> Tensor:
    """The product of several matrices. https://docs.pytorch.org/docs/stable/generated/torch.chain_matmul.html"""
    if any(one.ndim != 2 for one in matrices):
        refuse("chain_matmul(): all tensors must be matrices")
    if len(matrices) == 1:
        return matrices[0]
    result: Tensor = multi_dot(matrices)
    return result


@function()
def matrix_power(input: Tensor, n: int) -> Tensor:
    """A square matrix, or each of a batch, multiplied with itself ``n`` times; the identity for ``n = 0``.

    Negative powers need an inverse, of which this reference has none.
    https://docs.pytorch.org/docs/stable/generated/torch.matrix_power.html
    """
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        refuse(f"linalg.matrix_power: A must be batches of square matrices, but has shape {list(input.shape)}")
    if n == 0:
        return copy_(clone(input, memory_format="contiguous"), METHODS["eye"](input.shape[-1], dtype=input.dtype))
    if n == 1:
        return clone(input, memory_format="contiguous")
    refuse_category("matrix_power", input.dtype, BOOL)
    power: Tensor | None = None
    square = input
    while n:
        if n % 2:
            power = square if power is None else matmul(power, square)
        n //= 2
        square = matmul(square, square) if n else square
    assert power is not None, "n is not zero"
    return power
