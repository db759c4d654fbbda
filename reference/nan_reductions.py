"""Sums and means that leave out NaN. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

import numpy as np

from reference.checks import COMPLEX, refuse_category
from reference.dtypes import Category, DType
from reference.errors import refuse
from reference.function import function
from reference.reduction import Dims, accumulating, computing_array, delivered, reduced_dims, spread, sum
from reference.selection import where
from reference.tensor import METHODS, Tensor


def _total(input: Tensor, result: DType, dims: tuple[int, ...]) -> np.ndarray:
    """The sum of the elements that are not NaN, the reduced dimensions kept."""
    values = computing_array(input, result)
    return np.asarray(np.sum(values, axis=dims, keepdims=True, where=values == values))


@function("NansumBackward0")
def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """``sum`` with NaN as zero; complex tensors are refused.

    https://docs.pytorch.org/docs/stable/generated/torch.nansum.html
    """
    refuse_category("nansum", input.dtype, COMPLEX, kind="RuntimeError")
    dims, result = reduced_dims(input.ndim, dim), accumulating(input, dtype)
    with np.errstate(all="ignore"):
        return delivered(_total(input, result, dims), dims, keepdim, result)


@function("DivBackward0")
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """The mean of the elements that are not NaN, NaN if there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.nanmean.html
    """
    result = dtype or input.dtype
    if Category.FLOATING is not input.dtype.category or result.category < Category.FLOATING:
        refuse("nanmean(): expected input to have floating point or complex dtype")
    dims = reduced_dims(input.ndim, dim)
    with np.errstate(all="ignore"):
        total = _total(input, result, dims)
        kept = total / _present(input).sum(axis=dims, keepdims=True).astype(total.dtype)
    return delivered(kept, dims, keepdim, result)


def _present(input: Tensor) -> np.ndarray:
    return np.asarray(input.array == input.array)


def _kept(g: Tensor, input: Tensor, dim: Dims) -> Tensor:
    """``g`` at the elements that are not NaN."""
    kept: Tensor = where(METHODS["isnan"](input), 0, spread(g, input.shape, dim))
    return kept


def _counts(input: Tensor, dim: Dims) -> Tensor:
    counted: Tensor = spread(sum(METHODS["logical_not"](METHODS["isnan"](input)), dim), input.shape, dim)
    return counted


nansum.vjp("input", _kept)
nanmean.vjp("input", lambda g, input, dim: _kept(g, input, dim) / _counts(input, dim))
