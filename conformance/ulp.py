"""Units in the last place: the yardstick for errors, and the bits of a value for people to read."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from reference.dtypes import BFLOAT16, EXTENDED, DType, real_of
from reference.scalars import largest_float


@dataclass(frozen=True, slots=True)
class FloatInfo:
    """What defines a binary floating point dtype: precision p in bits, exponent range, and its landmarks.

    ``tiny`` is the smallest normal 2^emin, ``subnormal`` the smallest positive value, ``unit`` the
    relative error u = 2^-p of one rounding, ``step`` = 2u the ulp of 1, ``top`` the largest power of two, 2^emax,
    and ``overflow`` the place 2^(emax+1) given to infinity.
    """

    p: int
    emin: int
    emax: int
    tiny: Any
    max: Any
    subnormal: Any
    unit: float
    step: float
    top: Any
    overflow: Any


@functools.cache
def finfo(dtype: DType) -> FloatInfo:
    """The floating point parameters of ``dtype``, or of its real part where it is complex.

    >>> from reference.dtypes import FLOAT32
    >>> finfo(FLOAT32).p, finfo(FLOAT32).emin, finfo(FLOAT32).emax
    (24, -126, 127)
    """
    dtype = real_of(dtype)
    if not dtype.is_floating_point:
        raise ValueError(f"{dtype} has no floating point parameters")
    if dtype is BFLOAT16:
        p, emin, emax = 8, -126, 127
    else:
        known: Callable[[Any], Any] = ml_dtypes.finfo if dtype.itemsize == 1 else np.finfo
        info = known(dtype.numpy)
        p, emin, emax = int(info.nmant) + 1, int(info.minexp), int(info.maxexp) - 1
    # Python's floats hold all of this but for float64, whose 2^(emax+1) is not one of its own values.
    one = np.longdouble(1) if dtype.itemsize >= 8 else 1.0
    ldexp: Callable[..., Any] = np.ldexp if dtype.itemsize >= 8 else math.ldexp
    # The largest significand of some float8 means NaN.
    largest = largest_float(dtype) if dtype.itemsize == 1 else ldexp(2 - ldexp(one, 1 - p), emax)
    # Nothing is wider than EXTENDED: there infinity can only be put at the largest finite value.
    overflow = largest if dtype is EXTENDED else ldexp(one, emax + 1)
    return FloatInfo(
        p=p,
        emin=emin,
        emax=emax,
        tiny=ldexp(one, emin),
        max=largest,
        subnormal=ldexp(one, emin - p + 1),
        unit=2.0**-p,
        step=2.0 ** (1 - p),
        top=ldexp(one, emax),
        overflow=overflow,
    )


def ulp(r: np.ndarray, dtype: DType) -> np.ndarray:
    """The unit in the last place of ``dtype`` at each exact value: 2^(clamp(floor(log2|r|), emin, emax) - (p-1)).

    ``r`` is float64 or extended, or complex, where the unit is that of the modulus. Zero and subnormal
    values have the unit of 2^emin, infinity, NaN and whatever overflows that of 2^emax.

    >>> from reference.dtypes import FLOAT16
    >>> ulp(np.array([1.0, 1.99, 2.0]), FLOAT16) * 2.0**10
    array([1., 1., 2.])
    """
    info = finfo(dtype)
    r = widened(r)
    if r.dtype.kind == "c":
        r = np.abs(r)
    if r.dtype == np.float64:
        power = np.empty(r.shape)
        np.bitwise_and(r.view(np.int64), 0x7FF0000000000000, out=power.view(np.int64))
    else:
        fraction, exponent = np.frexp(np.abs(r))
        power = np.asarray(np.where(np.isfinite(r), np.ldexp(np.sign(fraction), exponent - 1), np.inf))
    np.maximum(power, info.tiny, out=power)
    np.minimum(power, info.top, out=power)
    return np.multiply(power, info.step, out=power)


def place(values: np.ndarray, dtype: DType) -> np.ndarray:
    """Real values with infinity, and all that lies beyond it, placed at 2^(emax+1)."""
    overflow = finfo(dtype).overflow
    return np.minimum(np.maximum(widened(values), -overflow), overflow)


def distance(actual: np.ndarray, r: np.ndarray, dtype: DType) -> np.ndarray:
    """The absolute error of ``actual`` (of ``dtype``) against the exact ``r``; NaN where either is NaN.

    Overflow is placed at 2^(emax+1); the error of a complex value is the modulus of the difference.
    """
    with np.errstate(all="ignore"):
        if actual.dtype.kind == "c" or r.dtype.kind == "c":
            return np.hypot(distance(actual.real, r.real, dtype), distance(actual.imag, r.imag, dtype))
        return np.abs(place(actual, dtype) - place(r, dtype))


def ulps_between(actual: np.ndarray, r: np.ndarray, dtype: DType) -> np.ndarray:
    """The error of ``actual`` (of ``dtype``) against the exact ``r``, in ulp of ``r``; NaN where either is NaN.

    >>> from reference.dtypes import FLOAT32
    >>> ulps_between(np.array([1 + 2.0**-22, np.inf], np.float32), np.array([1.0, 1e300]), FLOAT32)
    array([2., 0.])
    """
    with np.errstate(all="ignore"):
        return distance(actual, r, dtype) / ulp(r, dtype)


def bits(value: Any, dtype: DType) -> str:
    """The bits of one element in hex, a complex one as two words.

    >>> from reference.dtypes import COMPLEX64, FLOAT32
    >>> bits(1.0, FLOAT32), bits(-1j, COMPLEX64)
    ('0x3f800000', '0x80000000 0xbf800000')
    """
    element = np.asarray(value).astype(dtype.numpy).reshape(())
    if dtype.is_complex:
        real = real_of(dtype)
        return f"{bits(element.real, real)} {bits(element.imag, real)}"
    data = element.astype(dtype.numpy.newbyteorder("<")).tobytes()
    if dtype is EXTENDED and finfo(EXTENDED).p == 64:
        data = data[:10]  # the rest of an x87 value is padding
    return "0x" + data[::-1].hex()


def same_bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two arrays of one dtype hold the same bits; any NaN equals any other, +0 differs from -0.

    >>> same_bits(np.array([0.0, np.nan, 1.0]), np.array([-0.0, -np.nan, 1.0]))
    array([False,  True,  True])
    """
    if a.dtype.kind == "c":
        return np.logical_and(same_bits(a.real, b.real), same_bits(a.imag, b.imag))
    if a.dtype.kind in "iub":
        return np.equal(a, b)
    word = _WORDS.get(a.dtype.itemsize)
    same = np.equal(a.view(word), b.view(word)) if word else (a == b) & (np.signbit(a) == np.signbit(b))
    if same.all():
        return same
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return same | ((a != a) & (b != b))


_WORDS: dict[int, type[np.signedinteger[Any]]] = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def widened(values: np.ndarray) -> np.ndarray:
    """Real values in float64, complex ones in complex128, unless they are wider already."""
    if values.dtype in _WIDE:
        return values
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


_WIDE = frozenset(np.dtype(kind) for kind in (np.float64, np.longdouble, np.complex128, np.clongdouble))
