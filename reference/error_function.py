"""The error function, its complement and its inverse in long double, which NumPy lacks.

Formulas: https://dlmf.nist.gov/7.6, /7.18; the trapezoidal rule: Hunter and Regan, Math. Comp. 26 (1972).
"""

from __future__ import annotations

import numpy as np

_ROOT_PI = np.longdouble("1.77245385090551602729816748334114518279754945612238713")
_PI = np.longdouble("3.14159265358979323846264338327950288419716939937510582")
# Below, the series of erf converges fast; from here on nothing cancels in the trapezoidal rule of erfc.
_SERIES_LIMIT = 0.5
# Below, the first term of the series is all of it, x^2 / 3 being less than half a unit in the last place of 1.
_LINEAR_BELOW = 2.0**-33
_TERMS = 18
# The rule is off by exp(-(pi / step)^2), its terms vanish as exp(-(n * step)^2): 64 bits both.
_STEP = np.longdouble(0.40625)
_NODES = 18
# From here on erfc is less than half a unit in the last place of 1, and erf is 1.
_ONE_FROM = 7
# From here on erfc is 0 even in long double.
_ZERO_FROM = 120
_REFINEMENTS = 3


def error_function(x: np.ndarray) -> np.ndarray:
    """erf(x) to a few units in the last place of long double."""
    size = np.abs(x)
    inner = (size >= _LINEAR_BELOW) & (size < _SERIES_LIMIT)
    outer = (size >= _SERIES_LIMIT) & (size < _ONE_FROM)
    result = np.where(size < _ONE_FROM, 2 / _ROOT_PI * x, np.sign(x))
    result[inner] = _series(x[inner])
    result[outer] = np.copysign(1 - _complement(size[outer]), x[outer])
    return result


def complementary_error_function(x: np.ndarray) -> np.ndarray:
    """1 - erf(x) to a few units in the last place of long double, however small."""
    result = x.copy()
    below, inner, above = x <= -_SERIES_LIMIT, np.abs(x) < _SERIES_LIMIT, x >= _SERIES_LIMIT
    result[below] = 2 - _complement(-x[below])
    result[inner] = 1 - _series(x[inner])
    result[above] = _complement(x[above])
    return result


def inverse_error_function(y: np.ndarray) -> np.ndarray:
    """The x of erf(x) = y: Halley's method, on erfc where y is near 1, which 1 - |y| shows exactly."""
    size = np.abs(y)
    result = np.where(size == 1, np.inf, np.nan).astype(y.dtype)
    inside = size < 1
    known = size[inside]
    x = _first_guess(known)
    for _ in range(_REFINEMENTS):
        near = known < _SERIES_LIMIT
        excess = np.empty_like(x)
        excess[near] = error_function(x[near]) - known[near]
        excess[~near] = (1 - known[~near]) - complementary_error_function(x[~near])
        step = excess * _ROOT_PI / (2 * _gaussian(x))
        x = x - step / (1 + x * step)
    result[inside] = x
    return np.copysign(result, y)


def _first_guess(y: np.ndarray) -> np.ndarray:
    """To two or three digits (Winitzki, 2008); exact to first order at zero."""
    fitted = np.longdouble("0.147")
    logarithm = np.log1p(-y * y)
    half = 2 / (_PI * fitted) + logarithm / 2
    guess = np.sqrt(np.sqrt(half * half - logarithm / fitted) - half)
    return np.where(y < 1e-4, y * _ROOT_PI / 2, guess)


def _series(x: np.ndarray) -> np.ndarray:
    """2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!, whose terms all have one sign."""
    square = x * x
    term = x.copy()
    total = x.copy()
    for n in range(1, _TERMS):
        term = term * (2 * square) / (2 * n + 1)
        total = total + term
    return np.asarray(2 / _ROOT_PI * _gaussian(x) * total)


def _complement(x: np.ndarray) -> np.ndarray:
    """erfc(x) = exp(-x^2)/pi times the integral of x exp(-t^2) / (x^2 + t^2): the trapezoidal rule and its residue."""
    x = np.minimum(x, _ZERO_FROM)
    square = x * x
    total = 1 / (2 * square)
    for n in range(1, _NODES):
        node = (n * _STEP) ** 2
        total = total + np.exp(-node) / (square + node)
    residue = np.where(x < _PI / _STEP, 2 / np.expm1(2 * _PI * x / _STEP), 0)
    return np.asarray(2 * _STEP / _PI * x * _gaussian(x) * total - residue)


def _gaussian(x: np.ndarray) -> np.ndarray:
    """exp(-x^2), where the square of the leading 24 bits is exact, so that rounding x^2 costs nothing."""
    leading = x.astype(np.float32).astype(np.longdouble)
    return np.asarray(np.exp(-leading * leading) * np.exp((leading - x) * (leading + x)))
