"""Kinds of numbers: signs of zero, infinities, real ones among complex ones, and what replaces those that are none.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from reference.checks import COMPLEX, forbids
from reference.comparison import isfinite
from reference.dtypes import BFLOAT16, DType, real_of
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.errors import refuse
from reference.function import LikeInput, comparison, function, pointwise
from reference.layout import Shape, Strides, contiguous_strides
from reference.promotion import Number
from reference.tensor import METHODS, Tensor
from reference.writing import in_place


@pointwise(promotion=comparison, check=forbids("signbit", COMPLEX))
def signbit(input: np.ndarray) -> np.ndarray:
    """Whether the sign bit is set, that of zero too. https://docs.pytorch.org/docs/stable/generated/torch.signbit.html"""
    return np.signbit(input) if input.dtype.kind == "f" else np.asarray(input < 0)


@pointwise(promotion=comparison, check=forbids("isposinf", COMPLEX, kind="RuntimeError"))
def isposinf(input: np.ndarray) -> np.ndarray:
    """Whether an element is infinity. https://docs.pytorch.org/docs/stable/generated/torch.isposinf.html"""
    return input == np.inf


@pointwise(promotion=comparison, check=forbids("isneginf", COMPLEX, kind="RuntimeError"))
def isneginf(input: np.ndarray) -> np.ndarray:
    """Whether an element is minus infinity. https://docs.pytorch.org/docs/stable/generated/torch.isneginf.html"""
    return input == -np.inf


@function()
def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part is zero. https://docs.pytorch.org/docs/stable/generated/torch.isreal.html"""
    if input.dtype.is_complex:
        answer: Tensor = METHODS["imag"](input) == 0
    else:
        answer = METHODS["ones_like"](input, dtype=BOOL_DTYPE)
    return answer


# -- what leaves numbers as they are -----------------------------------------------------------------------------------


@function()
def positive(input: Tensor) -> Tensor:
    """``input`` itself; bool is refused. https://docs.pytorch.org/docs/stable/generated/torch.positive.html"""
    if input.dtype is BOOL_DTYPE:
        refuse("The `+` operator, on a bool tensor is not supported.")
    return input


@function()
def resolve_conj(input: Tensor) -> Tensor:
    """``input`` itself, unless it is a conjugate that is yet to be computed.

    https://docs.pytorch.org/docs/stable/generated/torch.resolve_conj.html
    """
    return input


@function()
def resolve_neg(input: Tensor) -> Tensor:
    """``input`` itself, unless it is a negative that is yet to be computed.

    https://docs.pytorch.org/docs/stable/generated/torch.resolve_neg.html
    """
    return input


# -- what replaces them ----------------------------------------------------------------------------------------------


def largest(dtype: DType) -> Any:
    """The largest finite number of a floating point dtype, or of the parts of a complex one."""
    dtype = real_of(dtype)
    return (2 - 2.0**-7) * 2.0**127 if dtype is BFLOAT16 else np.finfo(dtype.numpy).max


class _Replacing(LikeInput):
    """``nan_to_num``, whose defaults are extremes of the dtype; torch has no derivative of it for complex numbers."""

    def evaluate(self, arrays: Sequence[Any], settings: Mapping[str, Any], dtype: DType) -> np.ndarray:
        (input,) = arrays
        if not dtype.is_differentiable:
            return np.array(input)
        given = {"nan": 0.0, "posinf": largest(dtype), "neginf": -largest(dtype)}
        given.update({name: value for name, value in settings.items() if value is not None})
        return super().evaluate([input], {name: input.real.dtype.type(value) for name, value in given.items()}, dtype)

    def out_strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        return super().out_strides(shape, operands, dtype) if dtype.is_differentiable else contiguous_strides(shape)

    def _record(self, result: Any, arguments: Mapping[str, Any]) -> None:
        if result.dtype.is_complex:
            refuse("nan_to_num does not support automatic differentiation for outputs with complex dtype.")
        super()._record(result, arguments)


def _nan_to_num(input: np.ndarray, *, nan: Any = None, posinf: Any = None, neginf: Any = None) -> np.ndarray:
    """NaN and the infinities replaced by numbers: zero and the extremes of the dtype unless others are given.

    https://docs.pytorch.org/docs/stable/generated/torch.nan_to_num.html
    """
    replaced = input.copy()
    for part in (replaced.real, replaced.imag) if input.dtype.kind == "c" else (replaced,):
        part[...] = np.select([np.isnan(part), part == np.inf, part == -np.inf], [nan, posinf, neginf], part)
    return replaced


_nan_to_num.__name__ = "nan_to_num"
nan_to_num = _Replacing(_nan_to_num, "NanToNumBackward0")
nan_to_num.vjp("input", lambda g, input: g * isfinite(input))
_left = copy(nan_to_num)
_left.looks_for_overlap = False  # integers are not written to


@function()
def nan_to_num_(
    input: Tensor, nan: Number | None = None, posinf: Number | None = None, neginf: Number | None = None
) -> Tensor:
    """Replace NaN and the infinities in a tensor. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.nan_to_num_.html"""
    called = nan_to_num if input.dtype.is_differentiable else _left
    return in_place(called, input, nan=nan, posinf=posinf, neginf=neginf)
