"""Sums, means and products over dimensions. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from math import prod as product
from typing import Any

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.autograd.mode import is_grad_enabled
from reference.checks import refuse_category
from reference.dtypes import BOOL, INT64, UINT8, Category, DType, round_to, wider
from reference.errors import refuse
from reference.function import function
from reference.layout import Shape
from reference.selection import where
from reference.slicing import expand, unsqueeze
from reference.tensor import Tensor
from reference.views import movedim, reshape, sizes_of

Dims = int | Sequence[int] | None


def reduced_dims(ndim: int, dim: Dims) -> tuple[int, ...]:
    """The dimensions that ``dim`` names, wrapped; all of them for None and for none named."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim or ())
    return tuple(d for d in layout.wrap_dims(dims, ndim) if d < ndim) if dims else tuple(range(ndim))


def kept_shape(shape: Shape, dims: Sequence[int]) -> Shape:
    """The shape of a reduction with ``keepdim=True``."""
    return tuple(1 if position in dims else size for position, size in enumerate(shape))


def delivered(kept: np.ndarray, dims: Sequence[int], keepdim: bool, dtype: DType) -> Tensor:
    """The result of a reduction, from values that kept the reduced dimensions; it is contiguous."""
    return Tensor.of(kept if keepdim else np.squeeze(kept, tuple(dims)), dtype)


def computing_array(input: Tensor, dtype: DType) -> np.ndarray:
    """The values as ``dtype``, in the wider dtype of the computation."""
    array = input.array if input.dtype is dtype else round_to(input.array, dtype)
    return array.astype(wider(dtype).numpy, copy=False)


def with_kept_dims(tensor: Tensor, input_shape: Shape, dim: Dims) -> Tensor:
    """A reduction's result or its gradient, with the reduced dimensions as sizes of one."""
    return reshape(tensor, kept_shape(input_shape, reduced_dims(len(input_shape), dim)))


def spread(tensor: Tensor, input_shape: Shape, dim: Dims) -> Tensor:
    """A reduction's result or its gradient, repeated along the reduced dimensions."""
    repeated: Tensor = expand(with_kept_dims(tensor, input_shape, dim), input_shape)
    return repeated


def _overload(name: str) -> Any:
    def node(arguments: Mapping[str, Any]) -> str:
        return f"{name}Backward{0 if arguments['dim'] is None else 1}"

    return node


def accumulating(input: Tensor, dtype: DType | None) -> DType:
    """The dtype of a sum: the one asked for, int64 for bool and integral tensors, else the tensor's own.

    A tracked tensor is not summed in integers, of which there are no gradients: torch refuses it rather than give a
    result that is not tracked (https://github.com/pytorch/pytorch/issues/62508).
    """
    if dtype is not None and not dtype.is_differentiable and input.requires_grad and is_grad_enabled():
        refuse(f"Autograd not support dtype: {dtype.name}")
    return dtype or (input.dtype if input.dtype.is_differentiable else INT64)


# -- sum and mean --------------------------------------------------------------------------------------------------


@function(_overload("Sum"))
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """The sum over ``dim`` (None or (): all); integers add up in int64, modulo 2^64.

    https://docs.pytorch.org/docs/stable/generated/torch.sum.html
    """
    dims = reduced_dims(input.ndim, dim)
    result = accumulating(input, dtype)
    with np.errstate(all="ignore"):
        kept = computing_array(input, result).sum(axis=dims, keepdims=True)
    return delivered(kept, dims, keepdim, result)


sum.vjp("input", lambda g, input_shape, dim: spread(g, input_shape, dim))


@function()
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Summed over what broadcasting ``size`` to the shape of ``input`` would repeat; refused where it would not fit.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html
    """
    wanted = sizes_of(size)
    added = input.ndim - len(wanted)
    aligned = (1,) * added + wanted
    if added < 0 or builtins.any(want not in (1, have) for want, have in zip(aligned, input.shape, strict=True)):
        refuse(f"size {list(wanted)} is not expandable to size {list(input.shape)}.")
    if wanted == input.shape:
        return input
    pairs = enumerate(zip(aligned, input.shape, strict=True))
    dims = [dim for dim, (want, have) in pairs if dim < added or want != have]
    summed = sum(input, dims, keepdim=True)
    return reshape(summed, wanted) if added else summed


@function(_overload("Mean"))
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """The mean over ``dim``; integral dtypes are refused, the mean of nothing is nan.

    https://docs.pytorch.org/docs/stable/generated/torch.mean.html
    """
    result = dtype or input.dtype
    if result.category < Category.FLOATING:
        refuse("mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype.")
    dims = reduced_dims(input.ndim, dim)
    with np.errstate(all="ignore"):
        values = computing_array(input, result)
        kept = values.sum(axis=dims, keepdims=True) / values.dtype.type(_count(input.shape, dims))
    return delivered(kept, dims, keepdim, result)


mean.vjp("input", lambda g, input_shape, dim: spread(g, input_shape, dim) / _count_of(input_shape, dim))


def _count(shape: Shape, dims: Sequence[int]) -> int:
    return product(shape[dim] for dim in dims)


def _count_of(shape: Shape, dim: Dims) -> int:
    return _count(shape, reduced_dims(len(shape), dim))


# -- products ------------------------------------------------------------------------------------------------------


@function(_overload("Prod"))
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """The product over one dimension, or all; integers multiply in int64, modulo 2^64.

    https://docs.pytorch.org/docs/stable/generated/torch.prod.html
    """
    dims = reduced_dims(input.ndim, dim)
    result = accumulating(input, dtype)
    with np.errstate(all="ignore"):
        kept = np.multiply.reduce(computing_array(input, result), axis=dims, keepdims=True)
    return delivered(kept, dims, keepdim and dim is not None, result)


def _prod_vjp(g: Tensor, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    """Each factor's gradient is the product of the others, which needs no division by a factor of zero."""
    if dim is None:
        flat = reshape(input, (input.numel,))
        return reshape(_prod_vjp(g, flat, 0, False), input.shape)
    axis = layout.wrap_dim(dim, input.ndim)
    if not input.ndim:
        return g
    last = movedim(input, axis, -1)
    itself = _diagonal(input.shape[axis])
    others = prod(where(itself, 1, unsqueeze(last, -2)), -1)
    gradient: Tensor = with_kept_dims(g, input.shape, dim) * conjugate(movedim(others, -1, axis))
    return gradient


def _diagonal(size: int) -> Tensor:
    return Tensor.of(np.eye(size, dtype=np.bool_), BOOL)


# Torch saves the product too.
prod.vjp("input", lambda g, input, result, dim, keepdim: _prod_vjp(g, input, dim, keepdim))


# -- logic ---------------------------------------------------------------------------------------------------------


def _judged(ufunc: np.ufunc, input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    # Alone among reductions, these take an empty tuple at its word.
    dims = () if isinstance(dim, (tuple, list)) and not dim else reduced_dims(input.ndim, dim)
    kept = ufunc.reduce(input.array != 0, axis=dims, keepdims=True)
    return delivered(kept, dims, keepdim, UINT8 if input.dtype is UINT8 else BOOL)


@function()
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element over ``dim`` is zero, as bool (uint8 for uint8).

    https://docs.pytorch.org/docs/stable/generated/torch.all.html
    """
    return _judged(np.logical_and, input, dim, keepdim)


@function()
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether an element over ``dim`` is not zero, as bool (uint8 for uint8).

    https://docs.pytorch.org/docs/stable/generated/torch.any.html
    """
    return _judged(np.logical_or, input, dim, keepdim)


# -- running sums --------------------------------------------------------------------------------------------------


@function("CumsumBackward0")
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The sum of the elements up to each; integers add up in int64.

    https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    result = accumulating(input, dtype)
    refuse_category("cumsum", result, Category.BOOL)
    values = computing_array(input, result)
    with np.errstate(all="ignore"):
        return Tensor.of(np.add.accumulate(values, axis=axis) if input.ndim else values, result)


@function("CumsumBackward0")
def cumsum_from_end(input: Tensor, dim: int) -> Tensor:
    """The sum of each element and those after it: the adjoint of ``cumsum``."""
    values = computing_array(input, input.dtype)
    if input.ndim:
        with np.errstate(all="ignore"):
            values = np.flip(np.add.accumulate(np.flip(values, dim), axis=dim), dim)
    return Tensor.of(values, input.dtype)


cumsum.vjp("input", lambda g, dim: cumsum_from_end(g, dim))
cumsum_from_end.vjp("input", lambda g, dim: cumsum(g, dim))
