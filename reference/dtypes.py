"""The dtypes: their order, their ranges, the wider dtype in which a result is computed before it is rounded once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import ml_dtypes
import numpy as np


class Category(IntEnum):
    """The four categories of type promotion, lowest first."""

    BOOL = 0
    INTEGRAL = 1
    FLOATING = 2
    COMPLEX = 3


@dataclass(frozen=True, eq=False)
class DType:
    """A dtype: torch's name for it and the NumPy dtype that stores its elements."""

    name: str
    numpy: np.dtype[Any]
    category: Category

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    @property
    def itemsize(self) -> int:
        return self.numpy.itemsize

    @property
    def is_floating_point(self) -> bool:
        return self.category is Category.FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category is Category.COMPLEX

    @property
    def is_differentiable(self) -> bool:
        """Only floating point and complex tensors can require a gradient."""
        return self.category >= Category.FLOATING

    @property
    def is_signed(self) -> bool:
        return self.category >= Category.FLOATING or self.numpy.kind == "i"


def _make(name: str, scalar: Any, category: Category) -> DType:
    return DType(name, np.dtype(scalar), category)


BOOL = _make("bool", np.bool_, Category.BOOL)
UINT8 = _make("uint8", np.uint8, Category.INTEGRAL)
INT8 = _make("int8", np.int8, Category.INTEGRAL)
INT16 = _make("int16", np.int16, Category.INTEGRAL)
INT32 = _make("int32", np.int32, Category.INTEGRAL)
INT64 = _make("int64", np.int64, Category.INTEGRAL)
UINT16 = _make("uint16", np.uint16, Category.INTEGRAL)
UINT32 = _make("uint32", np.uint32, Category.INTEGRAL)
UINT64 = _make("uint64", np.uint64, Category.INTEGRAL)
FLOAT8_E4M3FN = _make("float8_e4m3fn", ml_dtypes.float8_e4m3fn, Category.FLOATING)
FLOAT8_E5M2 = _make("float8_e5m2", ml_dtypes.float8_e5m2, Category.FLOATING)
FLOAT8_E4M3FNUZ = _make("float8_e4m3fnuz", ml_dtypes.float8_e4m3fnuz, Category.FLOATING)
FLOAT8_E5M2FNUZ = _make("float8_e5m2fnuz", ml_dtypes.float8_e5m2fnuz, Category.FLOATING)
FLOAT8_E8M0FNU = _make("float8_e8m0fnu", ml_dtypes.float8_e8m0fnu, Category.FLOATING)
FLOAT16 = _make("float16", np.float16, Category.FLOATING)
BFLOAT16 = _make("bfloat16", ml_dtypes.bfloat16, Category.FLOATING)
FLOAT32 = _make("float32", np.float32, Category.FLOATING)
FLOAT64 = _make("float64", np.float64, Category.FLOATING)
COMPLEX64 = _make("complex64", np.complex64, Category.COMPLEX)
COMPLEX128 = _make("complex128", np.complex128, Category.COMPLEX)
# The two widest exist only to compute the exact value of what torch computes in float64 and complex128.
EXTENDED = _make("extended", np.longdouble, Category.FLOATING)
COMPLEX_EXTENDED = _make("complex_extended", np.clongdouble, Category.COMPLEX)

INTEGRAL = (UINT8, INT8, INT16, INT32, INT64)
FLOATING = (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)
COMPLEX = (COMPLEX64, COMPLEX128)
TORCH_DTYPES = (BOOL, *INTEGRAL, *FLOATING, *COMPLEX)
# What torch stores, moves and casts, and hardly computes with. The last float8 is a power of two: no zero, no sign.
UNSIGNED = (UINT16, UINT32, UINT64)
FLOAT8 = (FLOAT8_E4M3FN, FLOAT8_E5M2, FLOAT8_E4M3FNUZ, FLOAT8_E5M2FNUZ)
STORED_ONLY = (*UNSIGNED, *FLOAT8, FLOAT8_E8M0FNU)
# NumPy rounds these to float16 by way of float64.
_LONG = (EXTENDED.numpy, COMPLEX_EXTENDED.numpy)
_OF_ML_DTYPES = frozenset((BFLOAT16, *FLOAT8, FLOAT8_E8M0FNU))
BY_NAME = {dtype.name: dtype for dtype in (*TORCH_DTYPES, *STORED_ONLY, EXTENDED, COMPLEX_EXTENDED)}
BY_NUMPY = {dtype.numpy: dtype for dtype in BY_NAME.values()}

_WIDER = {
    FLOAT16: FLOAT64,
    BFLOAT16: FLOAT64,
    FLOAT32: FLOAT64,
    FLOAT64: EXTENDED,
    COMPLEX64: COMPLEX128,
    COMPLEX128: COMPLEX_EXTENDED,
}
_REAL = {COMPLEX64: FLOAT32, COMPLEX128: FLOAT64, COMPLEX_EXTENDED: EXTENDED}
_COMPLEX = {
    FLOAT16: COMPLEX64,
    BFLOAT16: COMPLEX64,
    FLOAT32: COMPLEX64,
    FLOAT64: COMPLEX128,
    EXTENDED: COMPLEX_EXTENDED,
}


def wider(dtype: DType) -> DType:
    """The dtype in which results of ``dtype`` are computed before their one rounding; integers stay as they are.

    >>> wider(FLOAT32), wider(INT8)
    (torch.float64, torch.int8)
    """
    return _WIDER.get(dtype, dtype)


def real_of(dtype: DType) -> DType:
    """The dtype of the real part of ``dtype``."""
    return _REAL.get(dtype, dtype)


def complex_of(dtype: DType) -> DType:
    """The complex dtype whose parts hold ``dtype``."""
    return _COMPLEX.get(dtype, dtype)


def extended(array: np.ndarray) -> np.ndarray:
    """The elements in long double, complex where they are: exact of every dtype.

    >>> extended(np.array(1j)).dtype == np.clongdouble, extended(np.array(1)).dtype == np.longdouble
    (True, True)
    """
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return array.astype(np.clongdouble if array.dtype.kind == "c" else np.longdouble)


def round_to(array: np.ndarray, dtype: DType) -> np.ndarray:
    """``array`` rounded once, to nearest even, to ``dtype``; integers wrap around (two's complement).

    >>> round_to(np.array([1 + 2.0**-9]), BFLOAT16)
    array([1], dtype=bfloat16)
    >>> round_to(np.array([2**32 + 2**24 + 1]), BFLOAT16) == 2**32 + 2**25
    array([ True])
    """
    if array.dtype == dtype.numpy:
        return array
    if _twice and dtype.is_floating_point and dtype.itemsize <= 2:
        array = round_to(array, FLOAT32)
    if dtype in _OF_ML_DTYPES or (dtype is FLOAT16 and array.dtype in _LONG):
        return _by_way_of_odd_float32(array, dtype)
    with np.errstate(all="ignore"):
        if dtype.category < Category.COMPLEX and array.dtype.kind == "c":
            array = array.real
        return array.astype(dtype.numpy)


def _by_way_of_odd_float32(array: np.ndarray, dtype: DType) -> np.ndarray:
    """Round once: through float32 rounded to odd, since two roundings to nearest would not be one."""
    with np.errstate(all="ignore"):
        real = array.real if array.dtype.kind == "c" else array
        if real.dtype.kind in "iub" and real.dtype.itemsize > 2:
            real = real.astype(np.longdouble)
        nearest = real.astype(np.float32)
        if real.dtype.kind != "f" or real.dtype.itemsize <= 4:
            return nearest.astype(dtype.numpy)
        bits = nearest.view(np.uint32)
        inexact = np.isfinite(nearest) & (nearest.astype(real.dtype) != real)
        if inexact.any():
            beyond = np.abs(nearest.astype(real.dtype)) > np.abs(real)
            odd = np.where(inexact, (bits - beyond.astype(np.uint32)) | np.uint32(1), bits)
            nearest = odd.astype(np.uint32).view(np.float32).reshape(real.shape)
        return nearest.astype(dtype.numpy)


_twice = False


@contextmanager
def rounding_twice() -> Iterator[None]:
    """Within it, what becomes a float of 16 or 8 bits is rounded to float32 first.

    That is not how a library must behave; it tells which errors are due to it.

    >>> with rounding_twice():
    ...     round_to(np.array([1 + 2.0**-11 + 2.0**-40]), FLOAT16)
    array([1.], dtype=float16)
    """
    global _twice
    earlier, _twice = _twice, True
    try:
        yield
    finally:
        _twice = earlier


_default = FLOAT32


def default_dtype() -> DType:
    """The dtype of a floating point tensor for which none is asked."""
    return _default


def set_default_dtype(dtype: DType) -> DType:
    """Set the default dtype, and return the earlier one."""
    global _default
    earlier, _default = _default, dtype
    return earlier
