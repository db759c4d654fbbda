"""Norms of vectors: of all elements, over dimensions, of a difference, and rows cut to a norm.

https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod as product

import numpy as np

from reference import layout
from reference.broadcasting import broadcast_shapes
from reference.dtypes import Category, DType, real_of
from reference.errors import refuse
from reference.function import function
from reference.promotion import promote_types, result_type
from reference.reduction import Dims, computing_array, delivered, reduced_dims, spread, sum
from reference.selection import where
from reference.sorting import specify
from reference.tensor import METHODS, Tensor

_SMALLEST_NORM = 1e-7
_RANK_OF_A_MATRIX = 2


def _order(p: float | str) -> float:
    return 2.0 if p == "fro" else float(p)


def _norm_of(input: Tensor, order: float, dim: Dims, keepdim: bool, dtype: DType | None) -> Tensor:
    if input.dtype.category < Category.FLOATING:
        refuse("linalg.vector_norm: Expected a floating point or complex tensor as input.")
    if dtype is not None and not (dtype.category is input.dtype.category and _holds(dtype, input.dtype)):
        refuse(f"linalg.vector_norm: {input.dtype!r} should be convertible without narrowing to {dtype!r}")
    dims = reduced_dims(input.ndim, dim)
    if (math.isinf(order) or order < 0) and not product(input.shape[d] for d in dims):
        refuse("linalg.vector_norm cannot compute the norm of nothing")
    with np.errstate(all="ignore"):
        kept = norm_over(np.abs(computing_array(input, dtype or input.dtype)), order, dims)
    return delivered(kept, dims, keepdim, real_of(dtype or input.dtype))


def _holds(wider: DType, dtype: DType) -> bool:
    return promote_types(wider, dtype) is wider


def norm_over(size: np.ndarray, order: float, dims: tuple[int, ...]) -> np.ndarray:
    """The norm of moduli over ``dims``, which are kept."""
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


@function("LinalgVectorNormBackward0")
def norm(
    input: Tensor, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, dtype: DType | None = None
) -> Tensor:
    """The p-norm of the elements over ``dim``: the largest for inf, the number that are not zero for 0.

    "fro" means 2, over at most two dimensions. Integral tensors are refused, and infinite norms of nothing.
    https://docs.pytorch.org/docs/stable/generated/torch.norm.html
    """
    if p == "nuc":
        refuse("the nuclear norm is not part of the reference", "NotImplementedError")
    if p == "fro" and isinstance(dim, Sequence) and len(dim) > _RANK_OF_A_MATRIX:
        refuse(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    return _norm_of(input, _order(p), dim, keepdim, dtype)


@function("LinalgVectorNormBackward0")
def vector_norm(
    x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The norm of order ``ord`` over ``dim``; a ``dtype`` may widen and not narrow.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
    """
    return _norm_of(x, float(ord), dim, keepdim, dtype)


def norm_vjp(g: Tensor, input: Tensor, result: Tensor, p: float | str, dim: Dims) -> Tensor:
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


norm.vjp("input", norm_vjp)
vector_norm.vjp("x", lambda g, x, result, ord, dim: norm_vjp(g, x, result, ord, dim))
METHODS["frobenius_norm"] = norm


# -- distance ----------------------------------------------------------------------------------------------------------


@function("DistBackward0")
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of ``input - other``, broadcast. https://docs.pytorch.org/docs/stable/generated/torch.dist.html"""
    dtype = result_type([input, other])
    if dtype.category < Category.FLOATING:
        refuse("norm(): input dtype should be either floating point or complex.")
    shape = broadcast_shapes(input.shape, other.shape)
    if (math.isinf(p) or p < 0) and not product(shape):
        refuse("linalg.vector_norm cannot compute the norm of nothing")
    with np.errstate(all="ignore"):
        difference = np.asarray(computing_array(input, dtype) - computing_array(other, dtype))
        kept = norm_over(np.abs(difference), float(p), tuple(range(difference.ndim)))
    return delivered(kept, tuple(range(difference.ndim)), False, real_of(dtype))


def _dist_vjp(g: Tensor, input: Tensor, other: Tensor, result: Tensor, p: float) -> Tensor:
    return norm_vjp(g, input - other, result, p, None)


dist.vjp("input", _dist_vjp)
dist.vjp("other", lambda g, input, other, result, p: -_dist_vjp(g, input, other, result, p))


# -- rows cut to a norm ------------------------------------------------------------------------------------------------


def _other_dims(ndim: int, dim: int) -> tuple[int, ...]:
    axis = layout.wrap_dim(dim, ndim)
    return tuple(position for position in range(ndim) if position != axis)


@function("RenormBackward0")
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along ``dim`` scaled down so that its p-norm is at most ``maxnorm``.

    The factor is ``maxnorm / (norm + 1e-7)``: the small number is no page's, and at the edge a norm may be found to be
    above or below. https://docs.pytorch.org/docs/stable/generated/torch.renorm.html
    """
    if p <= 0:
        refuse("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        refuse(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        refuse(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    dims = _other_dims(input.ndim, dim)
    if input.dtype.category < Category.FLOATING:
        refuse("linalg.vector_norm: Expected a floating point or complex tensor as input.")
    if math.isinf(p) and not product(input.shape[d] for d in dims):
        refuse("linalg.vector_norm cannot compute the norm of nothing")
    with np.errstate(all="ignore"):
        values = computing_array(input, input.dtype)
        norms = norm_over(np.abs(values), float(p), dims)
        factors = np.where(norms > maxnorm, maxnorm / (norms + norms.dtype.type(_SMALLEST_NORM)), 1)
        made = Tensor.of(values * factors, input.dtype)
        near = np.abs(norms - maxnorm) <= 1e-5 * maxnorm
        # The modulus of a complex number is rounded before it is squared.
        exactly = p in (1, 2, math.inf) and not input.dtype.is_complex
        certain = ~near | ((norms == maxnorm) & exactly)
    return specify(made, np.broadcast_to(certain, made.shape))


def _renorm_vjp(g: Tensor, input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    dims = _other_dims(input.ndim, dim)
    norms = vector_norm(input, p, dims, True)
    cut, bounded = norms > maxnorm, norms + _SMALLEST_NORM
    along = sum(METHODS["real"](g * METHODS["conj_physical"](input)) if g.dtype.is_complex else g * input, dims, True)
    through_norm = norm_vjp(along * -maxnorm / (bounded * bounded), input, norms, p, dims)
    gradient: Tensor = where(cut, g * (maxnorm / bounded) + through_norm, g)
    return gradient


renorm.vjp("input", _renorm_vjp)
