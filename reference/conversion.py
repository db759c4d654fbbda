"""Copies and casts: clone, contiguous, to, detach, and the real and imaginary parts.

Sources: https://docs.pytorch.org/docs/stable/generated/torch.clone.html, torch.Tensor.to, torch.Tensor.contiguous.
"""

from __future__ import annotations

import numpy as np

from reference import layout
from reference.dtypes import (
    BFLOAT16,
    COMPLEX,
    COMPLEX_EXTENDED,
    FLOAT8_E8M0FNU,
    FLOAT16,
    Category,
    DType,
    real_of,
    round_to,
)
from reference.errors import refuse, refuse_dtype, unmodelled
from reference.function import function, view
from reference.scalars import largest_float
from reference.tensor import Tensor

_CHANNELS_LAST = {"channels_last": 4, "channels_last_3d": 5}


def strides_in(memory_format: str, input: Tensor) -> tuple[int, ...]:
    """The strides of a copy of ``input`` in a memory format: ``preserve``, ``contiguous`` or ``channels_last``."""
    if memory_format == "preserve":
        return layout.preserved_strides(input.shape, input.strides)
    if memory_format == "contiguous":
        return layout.contiguous_strides(input.shape)
    if input.ndim != _CHANNELS_LAST[memory_format]:
        refuse(f"required rank {_CHANNELS_LAST[memory_format]} tensor to use {memory_format} format")
    return layout.channels_last_strides(input.shape)


def lies_in(memory_format: str, input: Tensor) -> bool:
    """Whether ``input`` lies in a memory format already."""
    if memory_format in _CHANNELS_LAST:
        return input.ndim == _CHANNELS_LAST[memory_format] and layout.is_channels_last(input.shape, input.strides)
    return layout.is_contiguous(input.shape, input.strides)


def copied(input: Tensor, strides: tuple[int, ...]) -> Tensor:
    """The elements of ``input`` in a new storage, outside any graph."""
    made = Tensor.of(input.array.copy(), input.dtype, strides)
    made.unrounded = input.unrounded
    made.specified = input.specified
    return made


@function("CloneBackward0")
def clone(input: Tensor, *, memory_format: str = "preserve") -> Tensor:
    """A copy of ``input``. https://docs.pytorch.org/docs/stable/generated/torch.clone.html"""
    return copied(input, strides_in(memory_format, input))


clone.vjp("input", lambda g: g)


@function()
def contiguous(input: Tensor, memory_format: str = "contiguous") -> Tensor:
    """``input`` itself if it lies in that memory format, else a copy that does.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
    """
    if lies_in(memory_format, input):
        return input
    if memory_format == "preserve":
        refuse("preserve memory format is unsupported by the contiguous operator")
    return clone(input, memory_format=memory_format)


@function("ToCopyBackward0")
def cast_copy(input: Tensor, dtype: DType, memory_format: str = "preserve") -> Tensor:
    """A new tensor holding ``input`` in ``dtype``: integers wrap around, fractions are cut off."""
    made = Tensor.of(cast(input.array, dtype), dtype, strides_in(memory_format, input))
    made.specified = castable(input, dtype)
    return made


cast_copy.vjp("input", lambda g: g)


def cast(array: np.ndarray, dtype: DType) -> np.ndarray:
    """``array`` in ``dtype``, rounded once; a bool is whether the value is not zero."""
    if dtype.numpy.kind == "b":
        return array != 0
    with np.errstate(all="ignore"):
        return round_to(array, dtype)


def castable(input: Tensor, dtype: DType) -> bool | np.ndarray:
    """Where a cast has a specified value: a float outside the range of an integral dtype or a float8 has none."""
    if dtype.is_floating_point and dtype.itemsize == 1:
        return np.asarray(_fits_float8(input, dtype) & input.specified)
    if dtype.numpy.kind not in "iu" or input.dtype.category < Category.FLOATING:
        return input.specified
    values = input.array.real if input.dtype.is_complex else input.array
    limits = np.iinfo(dtype.numpy)
    with np.errstate(all="ignore"):
        whole = np.trunc(values.astype(np.longdouble))
        fits = (whole >= limits.min) & (whole <= limits.max)
    if fits.all():
        return input.specified
    return np.asarray(fits & input.specified)  # of no dimensions too: NumPy makes a scalar of it


def _fits_float8(input: Tensor, dtype: DType) -> np.ndarray:
    """NaN, and what lies in the range of a float8."""
    values = input.array.real if input.dtype.is_complex else input.array
    wide = values.astype(np.longdouble)
    fits = np.abs(wide) <= largest_float(dtype)
    if dtype is FLOAT8_E8M0FNU:
        fits &= wide >= 2.0**-126
    found: np.ndarray = np.isnan(wide) | fits
    return found


@function()
def to(
    input: Tensor,
    dtype: DType | Tensor | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    *,
    memory_format: str = "preserve",
) -> Tensor:
    """``input`` in another dtype; ``input`` itself if nothing changes and no copy is asked for.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html
    """
    wanted = dtype.dtype if isinstance(dtype, Tensor) else dtype or input.dtype
    if wanted is input.dtype and not copy and _needs_no_move(memory_format, input):
        return input
    return cast_copy(input, wanted, memory_format)


def _needs_no_move(memory_format: str, input: Tensor) -> bool:
    """Whether ``input`` lies in the format, and not as another would have it: sizes of one leave that open."""
    if memory_format == "preserve":
        return True
    resembles = layout.resembles_channels_last(input.shape, input.strides)
    return lies_in(memory_format, input) and resembles == (memory_format in _CHANNELS_LAST)


@function()
def detach(input: Tensor) -> Tensor:
    """The same storage outside the graph; never requires a gradient, shares the version counter.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html
    """
    return input.view_as(input.shape, input.strides)


def reinterpreted(input: Tensor, dtype: DType, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Tensor:
    """A tensor over the same bytes and version counter that reads them as ``dtype``."""
    return Tensor(input.storage, dtype, shape, strides, offset, input.counter)


@view("ViewAsRealBackward0")
def view_as_real(input: Tensor) -> Tensor:
    """A complex tensor as a real one with a last dimension of two.

    https://docs.pytorch.org/docs/stable/generated/torch.view_as_real.html
    """
    if not input.dtype.is_complex:
        refuse("view_as_real is only supported for complex tensors")
    strides = (*(2 * stride for stride in input.strides), 1)
    viewed = reinterpreted(input, real_of(input.dtype), (*input.shape, 2), strides, 2 * input.offset)
    viewed.reinterprets = "ViewAsRealBackward0"
    return viewed


@view("ViewAsComplexBackward0")
def view_as_complex(input: Tensor) -> Tensor:
    """A real tensor whose last dimension has two elements, one next to the other, as a complex one.

    https://docs.pytorch.org/docs/stable/generated/torch.view_as_complex.html
    """
    if input.dtype is FLOAT16:
        unmodelled("complex32")
    by_part = {real_of(dtype): dtype for dtype in (*COMPLEX, COMPLEX_EXTENDED)}
    if input.dtype is BFLOAT16 or input.dtype not in by_part:
        refuse(f"view_as_complex is only supported for half, float and double tensors, but got {input.dtype!r}")
    if not input.ndim or input.shape[-1] != 2:
        refuse("Tensor must have a last dimension of size 2")
    if input.strides[-1] != 1:
        refuse("Tensor must have a last dimension with stride 1")
    odd = any(stride % 2 for size, stride in zip(input.shape[:-1], input.strides, strict=False) if size != 1)
    if odd or input.offset % 2:
        refuse("Tensor must have a stride divisible by 2 for all but last dimension, and an offset divisible by 2")
    strides = tuple(stride // 2 for stride in input.strides[:-1])
    viewed = reinterpreted(input, by_part[input.dtype], input.shape[:-1], strides, input.offset // 2)
    viewed.reinterprets = "ViewAsComplexBackward0"
    return viewed


view_as_real.vjp("input", lambda g: view_as_complex(contiguous(g)))
view_as_complex.vjp("input", lambda g: view_as_real(g))


@function()
def real(input: Tensor) -> Tensor:
    """A view of the real parts; ``input`` itself if it is real.

    https://docs.pytorch.org/docs/stable/generated/torch.real.html
    """
    if not input.dtype.is_complex:
        return input
    return view_as_real(input).select(-1, 0)


@function()
def imag(input: Tensor) -> Tensor:
    """A view of the imaginary parts. https://docs.pytorch.org/docs/stable/generated/torch.imag.html"""
    if not input.dtype.is_complex:
        refuse_dtype("imag", input.dtype, "RuntimeError")
    return view_as_real(input).select(-1, 1)
