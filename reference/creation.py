"""Tensors made from a size: zeros, ones, full and empty, their ``_like`` and ``new_`` forms.

https://docs.pytorch.org/docs/stable/torch.html#creation-ops. ``out`` is a parameter here, and not the generic form,
because its dtype decides the dtype of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference import layout
from reference.autograd.mode import is_grad_enabled
from reference.dtypes import Category, DType, default_dtype
from reference.errors import refuse, refuse_type
from reference.function import function
from reference.promotion import Number, dtype_of_number
from reference.scalars import as_number, cast_element
from reference.tensor import Tensor
from reference.writing import resize


def checked_size(size: Sequence[Any]) -> tuple[int, ...]:
    """The sizes given one by one or as one sequence; each an integer that is not negative.

    >>> checked_size((2, 3)), checked_size(([2, 3],))
    ((2, 3), (2, 3))
    """
    if not size:
        refuse_type("missing 1 required positional argument: 'size'")
    sizes = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    counted = tuple(_checked_int(number) for number in sizes)
    if any(number < 0 for number in counted):
        refuse(f"Trying to create tensor with negative dimension {min(counted)}: {list(counted)}")
    return counted


def _checked_int(number: Any) -> int:
    if isinstance(number, Tensor) and number.numel == 1 and number.dtype.category is Category.INTEGRAL:
        return int(number.array.reshape(()))
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
        refuse_type(f"argument 'size' must be tuple of ints, but found element of type {type(number).__name__}")
    return int(number)


def size_argument(size: Any) -> tuple[int, ...]:
    """A size that can be given only as a sequence."""
    if not isinstance(size, (tuple, list)):
        refuse_type(f"argument 'size' must be tuple of ints, not {type(size).__name__}")
    return checked_size((size,))


def tracked(made: Tensor, requires_grad: bool) -> Tensor:
    """The new tensor, as a leaf that requires a gradient if one is asked for."""
    return made.requires_grad_() if requires_grad else made


def dtype_for(dtype: DType | None, out: Tensor | None, inferred: DType) -> DType:
    """The dtype of a result: as asked, that of ``out``, or the inferred one; refused where ``out`` contradicts."""
    if out is None:
        return inferred if dtype is None else dtype
    if dtype is not None and dtype is not out.dtype:
        refuse(f"dtype {dtype!r} does not match dtype of out parameter ({out.dtype!r})")
    return out.dtype


def deliver(made: Tensor, out: Tensor | None, requires_grad: bool = False) -> Tensor:
    """``made`` itself, or ``out`` resized to its shape and holding its values."""
    if out is None:
        return tracked(made, requires_grad)
    if is_grad_enabled() and out.requires_grad:
        refuse("functions with out=... arguments don't support automatic differentiation")
    if out.shape != made.shape:
        resize(out, made.shape)
    out.array[...] = made.array
    unrounded, specified = made.unrounded, made.specified
    out.written()
    out.unrounded, out.specified = unrounded, specified
    return tracked(out, requires_grad)


def _filled(
    value: Number, size: tuple[int, ...], dtype: DType, out: Tensor | None = None, requires_grad: bool = False
) -> Tensor:
    return deliver(Tensor.of(np.broadcast_to(cast_element(value, dtype), size), dtype), out, requires_grad)


@function()
def zeros(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros. https://docs.pytorch.org/docs/stable/generated/torch.zeros.html"""
    return _filled(0, checked_size(size), dtype_for(dtype, out, default_dtype()), out, requires_grad)


@function()
def ones(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones. https://docs.pytorch.org/docs/stable/generated/torch.ones.html"""
    return _filled(1, checked_size(size), dtype_for(dtype, out, default_dtype()), out, requires_grad)


@function()
def full(
    size: Any,
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor filled with ``fill_value``, which decides the dtype unless one is given.

    https://docs.pytorch.org/docs/stable/generated/torch.full.html
    """
    number = as_number(fill_value, "fill_value")
    found = fill_value.dtype if isinstance(fill_value, Tensor) and dtype is None else dtype_of_number(number)
    return _filled(number, size_argument(size), dtype_for(dtype, out, found), out, requires_grad)


@function()
def empty(
    *size: Any,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
    memory_format: str = "contiguous",
) -> Tensor:
    """A tensor of unspecified values. https://docs.pytorch.org/docs/stable/generated/torch.empty.html"""
    shape = checked_size(size)
    if memory_format == "preserve":
        refuse("unsupported memory format option Preserve")
    strides = _strides_like(shape, layout.contiguous_strides(shape), memory_format)
    wanted = dtype_for(dtype, out, default_dtype())
    if out is not None and out.shape == shape:
        # Nothing is written, which its version shows.
        out.specified = False
        return tracked(out, requires_grad)
    return deliver(Tensor.empty(shape, wanted, strides), out, requires_grad)


@function()
def empty_strided(size: Any, stride: Any, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of unspecified values and the given strides.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_strided.html
    """
    return tracked(_strided(size, stride, dtype or default_dtype()), requires_grad)


def _strided(size: Any, stride: Any, dtype: DType) -> Tensor:
    shape, strides = size_argument(size), tuple(stride)
    if len(shape) != len(strides):
        refuse(f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})")
    if any(step < 0 for step in strides):
        refuse(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    return Tensor.empty(shape, dtype, strides)


@function()
def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """A dense tensor of unspecified values, whose dimensions lie in memory in the given order, the outermost first.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_permuted.html
    """
    shape, order = size_argument(size), tuple(physical_layout)
    if sorted(order) != list(range(len(shape))):
        refuse(f"physical_layout {order} is no order of {len(shape)} dimensions")
    strides = layout.contiguous_strides(tuple(shape[dim] for dim in order))
    logical = tuple(strides[order.index(dim)] for dim in range(len(shape)))
    return tracked(Tensor.empty(shape, dtype or default_dtype(), logical), requires_grad)


# -- like another tensor -------------------------------------------------------------------------------------------


def _strides_like(shape: tuple[int, ...], strides: tuple[int, ...], memory_format: str) -> tuple[int, ...]:
    if memory_format == "preserve":
        return layout.preserved_strides(shape, strides)
    if memory_format == "contiguous":
        return layout.contiguous_strides(shape)
    rank = {"channels_last": 4, "channels_last_3d": 5}[memory_format]
    if len(shape) != rank:
        refuse(f"required rank {rank} tensor to use {memory_format} format")
    return layout.channels_last_strides(shape)


def like(
    input: Any, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """A new tensor of ``input``'s shape, with its layout (``preserve``) or another, and unspecified values."""
    if not isinstance(input, Tensor):
        refuse_type(f"argument 'input' must be Tensor, not {type(input).__name__}")
    strides = _strides_like(input.shape, input.strides, memory_format)
    return tracked(Tensor.empty(input.shape, dtype or input.dtype, strides), requires_grad)


def _filled_like(value: Any, input: Any, dtype: DType | None, requires_grad: bool, memory_format: str) -> Tensor:
    made = like(input, dtype, requires_grad, memory_format)
    return made_of(made, np.broadcast_to(cast_element(as_number(value, "fill_value"), made.dtype), made.shape))


def made_of(made: Tensor, values: np.ndarray) -> Tensor:
    """The new tensor ``made``, now holding ``values``."""
    held = Tensor.of(values, made.dtype, made.strides)
    held._flag = made._flag
    return held


@function()
def zeros_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Zeros of ``input``'s shape and layout. https://docs.pytorch.org/docs/stable/generated/torch.zeros_like.html"""
    return _filled_like(0, input, dtype, requires_grad, memory_format)


@function()
def ones_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Ones of ``input``'s shape and layout. https://docs.pytorch.org/docs/stable/generated/torch.ones_like.html"""
    return _filled_like(1, input, dtype, requires_grad, memory_format)


@function()
def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    memory_format: str = "preserve",
) -> Tensor:
    """``fill_value`` in ``input``'s shape, layout and dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.full_like.html
    """
    return _filled_like(fill_value, input, dtype, requires_grad, memory_format)


@function()
def empty_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Unspecified values in ``input``'s shape and layout.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_like.html
    """
    return like(input, dtype, requires_grad, memory_format)


# -- new_*: of another tensor's dtype ------------------------------------------------------------------------------


@function()
def new_zeros(self: Tensor, *size: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros of this tensor's dtype. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html"""
    return _filled(0, checked_size(size), dtype or self.dtype, None, requires_grad)


@function()
def new_ones(self: Tensor, *size: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Ones of this tensor's dtype. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_ones.html"""
    return _filled(1, checked_size(size), dtype or self.dtype, None, requires_grad)


@function()
def new_full(
    self: Tensor, size: Any, fill_value: Any, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` in this tensor's dtype. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_full.html"""
    number = as_number(fill_value, "fill_value")
    return _filled(number, size_argument(size), dtype or self.dtype, None, requires_grad)


@function()
def new_empty(self: Tensor, *size: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Unspecified values of this tensor's dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_empty.html
    """
    return tracked(Tensor.empty(checked_size(size), dtype or self.dtype), requires_grad)


@function()
def new_empty_strided(
    self: Tensor, size: Any, stride: Any, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """Unspecified values of this tensor's dtype and the given strides.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_empty_strided.html
    """
    return tracked(_strided(size, stride, dtype or self.dtype), requires_grad)
