"""Variance and standard deviation. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

import math
from math import prod as product

import numpy as np

from reference.dtypes import Category, real_of
from reference.errors import refuse
from reference.function import function
from reference.layout import Shape
from reference.reduction import Dims, computing_array, delivered, mean, reduced_dims, spread
from reference.selection import where
from reference.tensor import Tensor


def _correction(unbiased: bool | None, correction: float | None) -> float:
    """Bessel's correction: one unless told otherwise, by either of two names."""
    if correction is not None:
        return correction
    return 0 if unbiased is False else 1


def _degrees_of_freedom(shape: Shape, dim: Dims, correction: float) -> float:
    """None of nothing, whatever the correction: there is no mean to be away from."""
    count = product(shape[d] for d in reduced_dims(len(shape), dim))
    return max(0, count - correction) if count else 0


def _variance(input: Tensor, dim: Dims, correction: float) -> np.ndarray:
    if input.dtype.category < Category.FLOATING:
        refuse("std and var only support floating point and complex dtypes")
    dims = reduced_dims(input.ndim, dim)
    with np.errstate(all="ignore"):
        values = computing_array(input, input.dtype)
        count = values.real.dtype.type(product(input.shape[d] for d in dims))
        deviation = values - values.sum(axis=dims, keepdims=True) / count
        squares = deviation.real**2 + (deviation.imag**2 if input.dtype.is_complex else 0)
        freedom = values.real.dtype.type(_degrees_of_freedom(input.shape, dim, correction))
        return np.asarray(squares.sum(axis=dims, keepdims=True) / freedom)


def _delivered(kept: np.ndarray, input: Tensor, dim: Dims, keepdim: bool, correction: float) -> Tensor:
    """The result. Of more than two equal numbers, rounding the mean may leave deviations: over zero, that is no nan."""
    dims = reduced_dims(input.ndim, dim)
    result = delivered(kept, dims, keepdim, real_of(input.dtype))
    if not _degrees_of_freedom(input.shape, dim, correction) and product(input.shape[d] for d in dims) > 2:
        first = input.array[tuple(slice(1) if d in dims else slice(None) for d in range(input.ndim))]
        equal = (input.array == first).all(axis=dims, keepdims=True) & np.isfinite(first) & (first != 0)
        result.leave_open(equal.reshape(result.shape))
    return result


@function("VarBackward0")
def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The mean square distance from the mean, over ``dim``, with ``count - correction`` in place of the count.

    Integral dtypes are refused. https://docs.pytorch.org/docs/stable/generated/torch.var.html
    """
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    kept = _variance(input, dim, _correction(unbiased, correction))
    return _delivered(kept, input, dim, keepdim, _correction(unbiased, correction))


def _var_vjp(g: Tensor, input: Tensor, dim: Dims, unbiased: bool | None, correction: float | None) -> Tensor:
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    freedom = _degrees_of_freedom(input.shape, dim, _correction(unbiased, correction))
    slope = spread(g, input.shape, dim) * (input - spread(mean(input, dim), input.shape, dim))
    gradient: Tensor = slope * (2 / freedom if freedom else math.inf)
    return gradient


var.vjp("input", _var_vjp)


@function("StdBackward0")
def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The square root of ``var``. https://docs.pytorch.org/docs/stable/generated/torch.std.html"""
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    kept = np.sqrt(_variance(input, dim, _correction(unbiased, correction)))
    return _delivered(kept, input, dim, keepdim, _correction(unbiased, correction))


def _std_vjp(
    g: Tensor, input: Tensor, result: Tensor, dim: Dims, unbiased: bool | None, correction: float | None
) -> Tensor:
    through_root = where(result == 0, 0, g / (result * 2))
    return _var_vjp(through_root, input, dim, unbiased, correction)


std.vjp("input", _std_vjp)


# -- with the mean beside it -------------------------------------------------------------------------------------------


def _with_mean(kept: np.ndarray, input: Tensor, dim: Dims, keepdim: bool, correction: float) -> tuple[Tensor, Tensor]:
    spread_of = _delivered(kept, input, dim, keepdim, correction)
    return spread_of, mean.forward(input, dim, keepdim)


@function("VarMeanBackward0")
def var_mean(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``var`` and ``mean``. https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html"""
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    correction = _correction(unbiased, correction)
    return _with_mean(_variance(input, dim, correction), input, dim, keepdim, correction)


@function("StdMeanBackward0")
def std_mean(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``std`` and ``mean``. https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html"""
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    correction = _correction(unbiased, correction)
    return _with_mean(np.sqrt(_variance(input, dim, correction)), input, dim, keepdim, correction)


def _mean_vjp(g: Tensor, input: Tensor, dim: Dims) -> Tensor:
    dims = None if isinstance(dim, bool) else dim
    return spread(g, input.shape, dims) / product(input.shape[d] for d in reduced_dims(input.ndim, dims))


var_mean.vjp(
    "input",
    lambda g, input, dim, unbiased, correction: (
        _var_vjp(g[0], input, dim, unbiased, correction) + _mean_vjp(g[1], input, dim)
    ),
)
std_mean.vjp(
    "input",
    lambda g, input, result0, dim, unbiased, correction: (
        _std_vjp(g[0], input, result0, dim, unbiased, correction) + _mean_vjp(g[1], input, dim)
    ),
)
