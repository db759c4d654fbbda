"""Sums of products over named or numbered dimensions: tensordot and einsum; and products of many matrices.

https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from reference import layout
from reference.errors import refuse
from reference.function import function
from reference.linalg import mm
from reference.reduction import sum
from reference.tensor import Tensor
from reference.views import permute, reshape


@function()
def tensordot(a: Tensor, b: Tensor, dims: int | Sequence[Sequence[int]] = 2) -> Tensor:
    """The sums of products over the last ``dims`` dimensions of ``a`` and the first of ``b``, or over the named ones.

    A dimension of size one is paired with any other.
    https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html
    """
    left_dims, right_dims = _paired_dims(a, b, dims)
    if a.dtype is not b.dtype:
        refuse("both inputs should have same dtype")
    for left, right in zip(left_dims, right_dims, strict=True):
        if b.shape[right] == 1:
            a = sum(a, left, keepdim=True, dtype=a.dtype)
        elif a.shape[left] == 1:
            b = sum(b, right, keepdim=True, dtype=b.dtype)
        elif a.shape[left] != b.shape[right]:
            refuse(
                f"contracted dimensions need to match, but first has size {a.shape[left]} in dim {left} and second"
                f" has size {b.shape[right]} in dim {right}"
            )
    left_free = [dim for dim in range(a.ndim) if dim not in left_dims]
    right_free = [dim for dim in range(b.ndim) if dim not in right_dims]
    shape = (*(a.shape[dim] for dim in left_free), *(b.shape[dim] for dim in right_free))
    summed = prod(a.shape[dim] for dim in left_dims)
    rows, columns = prod(a.shape[dim] for dim in left_free), prod(b.shape[dim] for dim in right_free)
    left_matrix = reshape(permute(a, (*left_free, *left_dims)), (rows, summed))
    right_matrix = reshape(permute(b, (*right_dims, *right_free)), (summed, columns))
    result: Tensor = reshape(mm(left_matrix, right_matrix), shape)
    return result


def _paired_dims(a: Tensor, b: Tensor, dims: int | Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    if isinstance(dims, int):
        if dims < 0:
            refuse(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            refuse(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return list(range(a.ndim - dims, a.ndim)), list(range(dims))
    left, right = dims
    if len(left) != len(right):
        refuse("both dimension lists should have same length")
    return list(layout.wrap_dims(left, a.ndim)), list(layout.wrap_dims(right, b.ndim))
