"""Multiply and add with one rounding: what a compiler makes of ``a * b + c`` on a CPU that has the instruction.

NumPy has no such function. S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms
using rounding to odd", IEEE Transactions on Computers 57 (2008).
"""

from __future__ import annotations

import math

import numpy as np

# Splits a float64 into two halves of 26 bits, whose products are exact (Veltkamp).
_SPLITTER = 2.0**27 + 1


def fused_multiply_add(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """``a * b + c`` rounded once, in the dtype of ``a`` (float32 or float64); ``b`` and ``c`` must be exact in it.

    A float64 result below 2^-1022 may be rounded twice.

    >>> float(fused_multiply_add(np.array([1 + 2.0**-52]), 1 - 2.0**-52, -1.0)[0]) == -(2.0**-104)
    True
    """
    with np.errstate(all="ignore"):
        unfused = a * a.dtype.type(b) + a.dtype.type(c)
        if a.dtype == np.float32:
            # The product of two float32 is exact in float64, and float64 has more than two bits to spare.
            fused = _sum_to_odd(a.astype(np.float64) * b, np.float64(c)).astype(np.float32)
        else:
            # Scaled towards 1, so that neither the split overflows nor an error term underflows.
            exponent = max(math.frexp(b)[1], math.frexp(c)[1])
            fused = np.ldexp(_fused(a, math.ldexp(b, -exponent), math.ldexp(c, -exponent)), exponent)
        return np.where(np.isfinite(fused), fused, unfused)


def _fused(a: np.ndarray, b: float, c: float) -> np.ndarray:
    product, product_error = _two_product(a, np.float64(b))
    tail, tail_error = _two_sum(product_error, np.float64(c))
    head, head_error = _two_sum(product, tail)
    return np.asarray(head + _sum_to_odd(head_error, tail_error))


def _two_sum(a: np.ndarray, b: np.ndarray | np.float64) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum and its error: exactly ``a + b`` together (Knuth)."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def _two_product(a: np.ndarray, b: np.float64) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product and its error: exactly ``a * b`` together (Dekker)."""
    product = a * b
    a_high = _SPLITTER * a - (_SPLITTER * a - a)
    b_high = _SPLITTER * b - (_SPLITTER * b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _sum_to_odd(a: np.ndarray, b: np.ndarray | np.float64) -> np.ndarray:
    """``a + b``, where inexact, rounded to the neighbour with an odd last bit: a later rounding then rounds once."""
    total, error = _two_sum(a, b)
    bits = total.view(np.int64)
    to_odd = (error != 0) & (bits & 1 == 0)
    away_from_zero = (error > 0) == (total > 0)
    return np.asarray((bits + np.where(to_odd, np.where(away_from_zero, 1, -1), 0)).view(np.float64))
