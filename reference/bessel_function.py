"""Modified Bessel functions of the first kind in long double, which NumPy lacks.

Formulas: https://dlmf.nist.gov/10.25 (series), https://dlmf.nist.gov/10.40 (for large arguments).
"""

from __future__ import annotations

import numpy as np

_TWO_PI = np.longdouble("6.28318530717958647692528676655900576839433879875021164")
# Where the asymptotic series reaches 64 bits before its terms begin to grow.
_FAR = 32
_TERMS = 62
_FAR_TERMS = 30


def bessel_i(order: int, x: np.ndarray) -> np.ndarray:
    """I_0(x) or I_1(x) to a few units in the last place of long double."""
    size = np.asarray(np.abs(x))
    result = size.copy()  # nan and infinity are in neither
    near, far = size < _FAR, (size >= _FAR) & np.isfinite(size)
    result[near] = _series(order, size[near])
    result[far] = _asymptotic(order, size[far])
    return np.copysign(result, x) if order % 2 else result


def _series(order: int, x: np.ndarray) -> np.ndarray:
    """The sum of (x/2)^(2k + order) / (k! (k + order)!), whose terms are all positive."""
    quarter = x * x / 4
    total = np.ones_like(x)
    for k in range(_TERMS, 0, -1):
        total = 1 + total * quarter / (k * (k + order))
    return total * (x / 2) ** order


def _asymptotic(order: int, x: np.ndarray) -> np.ndarray:
    """exp(x) / sqrt(2 pi x) times 1 - (4n^2 - 1)/(8x) + (4n^2 - 1)(4n^2 - 9) / (2! (8x)^2) - ..."""
    total = np.ones_like(x)
    for k in range(_FAR_TERMS, 0, -1):
        total = 1 - total * (4 * order * order - (2 * k - 1) ** 2) / (8 * k * x)
    # Halved, so that the exponential does not overflow before the quotient does.
    half = np.exp(x / 2)
    return np.asarray(half * (half / np.sqrt(_TWO_PI * x)) * total)
