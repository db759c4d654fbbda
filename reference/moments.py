"""Variance, standard deviation and norms. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

import math
from math import prod as product

import numpy as np

from reference.dtypes import Category, DType, real_of
from reference.errors import refuse
from reference.function import function
from reference.layout import Shape
from reference.reduction import Dims, computing_array, delivered, mean, reduced_dims, spread, sum
from reference.selection import where
from reference.tensor import METHODS, Tensor


def _correction(unbiased: bool | None, correction: float | None) -> float:
    """Bessel's correction: one unless told otherwise, by either of two names."""
    if correction is not None:
        return correction
    return 0 if unbiased is False else 1


def _degrees_of_freedom(shape: Shape, dim: Dims, correction: float) -> float:
    return max(0, product(shape[d] for d in reduced_dims(len(shape), dim)) - correction)


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
    return delivered(kept, reduced_dims(input.ndim, dim), keepdim, real_of(input.dtype))


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
    return delivered(kept, reduced_dims(input.ndim, dim), keepdim, real_of(input.dtype))


def _std_vjp(
    g: Tensor, input: Tensor, result: Tensor, dim: Dims, unbiased: bool | None, correction: float | None
) -> Tensor:
    through_root = where(result == 0, 0, g / (result * 2))
    return _var_vjp(through_root, input, dim, unbiased, correction)


std.vjp("input", _std_vjp)


# -- norms ---------------------------------------------------------------------------------------------------------


def _order(p: float | str) -> float:
    return 2.0 if p == "fro" else float(p)


@function("LinalgVectorNormBackward0")
def norm(
    input: Tensor, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: DType | None = None
) -> Tensor:
    """The p-norm of the elements over ``dim``: the largest for inf, the number that are not zero for 0.

    "fro" means 2. Integral tensors are refused, and infinite norms of nothing.
    https://docs.pytorch.org/docs/stable/generated/torch.norm.html
    """
    if p == "nuc":
        refuse("the nuclear norm is not part of the reference", "NotImplementedError")
    if input.dtype.category < Category.FLOATING:
        refuse("linalg.vector_norm: Expected a floating point or complex tensor as input.")
    order, dims = _order(p), reduced_dims(input.ndim, dim)
    if (math.isinf(order) or order < 0) and not product(input.shape[d] for d in dims):
        refuse("linalg.vector_norm cannot compute the norm of nothing")
    with np.errstate(all="ignore"):
        kept = _norm(np.abs(computing_array(input, dtype or input.dtype)), order, dims)
    return delivered(kept, dims, keepdim, real_of(dtype or input.dtype))


def _norm(size: np.ndarray, order: float, dims: tuple[int, ...]) -> np.ndarray:
    if math.isinf(order):
        return np.asarray((np.max if order > 0 else np.min)(size, axis=dims, keepdims=True))
    if order == 0:
        return np.asarray((size != 0).astype(size.dtype).sum(axis=dims, keepdims=True))
    if order == 1:
        return np.asarray(size.sum(axis=dims, keepdims=True))
    if order == 2:
        return np.asarray(np.sqrt((size * size).sum(axis=dims, keepdims=True)))
    exponent = size.dtype.type(order)
    return np.asarray((size**exponent).sum(axis=dims, keepdims=True) ** (1 / exponent))


def _norm_vjp(g: Tensor, input: Tensor, result: Tensor, p: float | str, dim: Dims) -> Tensor:
    """``g * sign(x) * (|x| / norm) ** (p - 1)``, where that exists, else the subgradient 0."""
    order = _order(p)
    if order == 0:
        zeros: Tensor = METHODS["zeros_like"](input)
        return zeros
    total, weight = spread(result, input.shape, dim), spread(g, input.shape, dim)
    size, direction = METHODS["abs"](input), METHODS["sgn"](input)
    if math.isinf(order):
        ties = size == total
        shared: Tensor = where(ties, direction * (weight / spread(sum(ties, dim), input.shape, dim)), 0)
        return shared
    if order == 1:
        return direction * weight
    if order == 2:
        ratio: Tensor = where(total == 0, 0, input / total)
        return ratio * weight
    flat = total == 0 if order > 1 else METHODS["logical_or"](total == 0, size == 0)
    slope: Tensor = where(flat, 0, direction * (size / total) ** (order - 1))
    return slope * weight


norm.vjp("input", _norm_vjp)
METHODS["frobenius_norm"] = norm
