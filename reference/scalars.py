"""Python numbers as elements of a dtype: which fit, which wrap around, which are refused."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from reference.dtypes import BOOL, Category, DType, real_of, round_to
from reference.errors import refuse, refuse_type, unmodelled
from reference.promotion import Number

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
_LARGEST_FLOAT = {
    "float16": 65504.0,
    "bfloat16": float.fromhex("0x1.fep127"),
    "float32": float.fromhex("0x1.fffffep127"),
    "float8_e4m3fn": 448.0,
    "float8_e5m2": 57344.0,
    "float8_e4m3fnuz": 240.0,
    "float8_e5m2fnuz": 57344.0,
    "float8_e8m0fnu": 2.0**127,
}


def as_number(value: Any, argument: str) -> Number:
    """A Python number, also from a 0-d tensor or a NumPy scalar; everything else is refused."""
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        value = value.item()
    if isinstance(value, (bool, int, float, complex)):
        return value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        number: Number = value.item()
        return number
    refuse_type(f"argument '{argument}' must be Number, not {type(value).__name__}")


def element(value: Number, dtype: DType) -> np.ndarray:
    """``value`` as a 0-d array that :meth:`Tensor.of` rounds to ``dtype``, refused where the dtype cannot hold it.

    Negative integers wrap around in uint8, as far as their absolute value fits. A number with an imaginary part
    fits only complex dtypes and bool; infinity and NaN fit every dtype but the integral ones.

    >>> element(-1, BOOL)
    array(True)
    """
    if isinstance(value, int) and value not in _INT64 and value not in _UINT64:
        refuse("int too big to convert", "OverflowError")
    if dtype is BOOL:
        return np.array(value != 0)
    if not _fits(value, dtype):
        refuse(f"value cannot be converted to type {dtype!r} without overflow")
    if dtype.category is Category.INTEGRAL:
        return np.array(int(_real(value)) & 0xFFFF_FFFF_FFFF_FFFF, dtype=np.uint64).astype(dtype.numpy)
    if dtype.category is Category.FLOATING:
        real = _real(value)
        return np.array(real, dtype=np.longdouble if isinstance(real, int) else np.float64)
    return np.array(value, dtype=np.complex128)


def leave_open_unless(needed: object, value: Number, dtype: DType) -> None:
    """Whether a number that ``dtype`` cannot hold is refused too where no element ``needed`` it, no page says."""
    if not needed and dtype is not BOOL and not _fits(value, dtype):
        unmodelled(f"a {dtype!r} that it cannot hold, where there is none")


def cast_element(value: Number, dtype: DType) -> np.ndarray:
    """The same of a number that is written as it is: beyond the floats of 16 bits it becomes infinite, as by a cast.

    No page decides between that and a refusal: in torch the release, the device and the number of elements do
    (https://github.com/pytorch/pytorch/issues/187429).

    >>> from reference.dtypes import FLOAT16
    >>> cast_element(70000, FLOAT16)
    array(inf, dtype=float16)
    """
    if not overflows_narrow_float(value, dtype) or (isinstance(value, complex) and not dtype.is_complex):
        return element(value, dtype)
    if dtype.itemsize == 1:
        unmodelled(f"{value} as a {dtype!r}")
    return round_to(np.array(value, dtype=np.complex128 if dtype.is_complex else np.float64), dtype)


def overflows_narrow_float(value: Number, dtype: DType) -> bool:
    """Whether a float of 16 bits or fewer, or a complex number made of two, cannot hold the number."""
    narrow = dtype.category >= Category.FLOATING and real_of(dtype).itemsize <= 2
    return narrow and not _fits(value, dtype)


def wraps(value: Number, dtype: DType) -> bool:
    """Whether an integer is another once it is cast to an integral dtype."""
    if not isinstance(value, int) or dtype.category is not Category.INTEGRAL:
        return False
    held = np.iinfo(dtype.numpy)
    return not held.min <= value <= held.max


def _real(value: Number) -> int | float:
    return value.real if isinstance(value, complex) else value


def _fits(value: Number, dtype: DType) -> bool:
    if dtype.category is Category.COMPLEX:
        return all(_fits_float(part, real_of(dtype)) for part in (value.real, value.imag))
    if isinstance(value, complex) and value.imag != 0 and not math.isnan(value.imag):
        return False
    real = _real(value)
    if dtype.category is Category.FLOATING:
        return _fits_float(real, dtype)
    range_ = np.iinfo(dtype.numpy)
    # A negative integer wraps around in an unsigned dtype.
    lowest = int(range_.min) if dtype.is_signed or isinstance(real, float) else -int(range_.max)
    return lowest <= real <= int(range_.max)


def _fits_float(value: int | float, dtype: DType) -> bool:
    return not abs(value) > largest_float(dtype) or math.isinf(value)


def largest_float(dtype: DType) -> float:
    """The largest finite number of a floating point dtype."""
    return _LARGEST_FLOAT.get(dtype.name, sys.float_info.max)
