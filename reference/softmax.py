"""Functions of exponentials over a dimension, computed from differences to the largest element.

https://docs.pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions
"""

from __future__ import annotations

import numpy as np

from reference import layout
from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.dtypes import DType, default_dtype
from reference.function import function
from reference.reduction import Dims, computing_array, delivered, reduced_dims, spread, sum
from reference.tensor import METHODS, Tensor


def _shifted(values: np.ndarray, dims: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The values less the largest real part, and that; an infinite largest is left where it is."""
    largest = np.max(values.real, axis=dims, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    return values - largest, largest


@function("LogsumexpBackward0")
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials over ``dim``; integers are taken as floating point numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html
    """
    dtype = input.dtype if input.dtype.is_differentiable else default_dtype()
    dims = reduced_dims(input.ndim, dim)
    with np.errstate(all="ignore"):
        shifted, largest = _shifted(computing_array(input, dtype), dims)
        kept = np.log(np.exp(shifted).sum(axis=dims, keepdims=True)) + largest
    return delivered(kept, dims, keepdim, dtype)


def _logsumexp_vjp(g: Tensor, input: Tensor, result: Tensor, dim: Dims) -> Tensor:
    share = METHODS["exp"](input - spread(result, input.shape, dim))
    gradient: Tensor = spread(g, input.shape, dim) * (share.conj_physical() if share.dtype.is_complex else share)
    return gradient


logsumexp.vjp("input", _logsumexp_vjp)


def _normalised(input: Tensor, dim: int, dtype: DType | None, *, logarithm: bool) -> Tensor:
    result = dtype or input.dtype
    dims = (layout.wrap_dim(dim, input.ndim),)
    axis = dims if input.ndim else ()
    refuse_category("softmax", result, BOOL, INTEGRAL, COMPLEX)
    values = computing_array(input, result)
    if not input.numel:
        return Tensor.of(values.copy(), result)
    with np.errstate(all="ignore"):
        shifted = values - np.max(values, axis=axis, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(axis=axis, keepdims=True)
        return Tensor.of(shifted - np.log(total) if logarithm else exponentials / total, result)


@function("SoftmaxBackward0")
def softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """Exponentials divided by their sum along ``dim``; integers are refused unless ``dtype`` casts them first.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
    """
    return _normalised(input, dim, dtype, logarithm=False)


@function("LogSoftmaxBackward0")
def log_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """The logarithm of ``softmax``. https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html"""
    return _normalised(input, dim, dtype, logarithm=True)


softmax.vjp("input", lambda g, result, dim: result * (g - sum(g * result, dim, keepdim=True)))
log_softmax.vjp("input", lambda g, result, dim: g - METHODS["exp"](result) * sum(g, dim, keepdim=True))
