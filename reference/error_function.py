"""The error function in long double, which NumPy lacks. Formulas: https://dlmf.nist.gov/7.6 and /7.9"""

from __future__ import annotations

import numpy as np

_TWO_OVER_ROOT_PI = np.longdouble("1.12837916709551257389615890312154517168810125865799771")
_ROOT_PI = np.longdouble("1.77245385090551602729816748334114518279754945612238713")
# Between the two, the series still converges fast and the complement's relative error does not matter.
_SERIES_LIMIT = 2.0
# From here on erf is 1 to every digit of long double.
_ONE_FROM = 7
_TERMS = 50
_FRACTIONS = 90


def error_function(x: np.ndarray) -> np.ndarray:
    """erf(x) to six units in the last place of long double."""
    size = np.abs(x)
    inner = size < _SERIES_LIMIT
    outer = size >= _SERIES_LIMIT
    result = x.copy()  # nan is in neither
    result[inner] = _series(x[inner])
    result[outer] = np.copysign(1 - _complement(np.minimum(size[outer], _ONE_FROM)), x[outer])
    return result


def _series(x: np.ndarray) -> np.ndarray:
    """2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!, whose terms all have one sign."""
    square = x * x
    term = x.copy()
    total = x.copy()
    for n in range(1, _TERMS):
        term = term * (2 * square) / (2 * n + 1)
        total = total + term
    return np.asarray(_TWO_OVER_ROOT_PI * _gaussian(x) * total)


def _complement(x: np.ndarray) -> np.ndarray:
    """erfc(x) = exp(-x^2) / sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from the far end on."""
    fraction = x.copy()
    for n in range(_FRACTIONS, 0, -1):
        fraction = x + np.longdouble(n) / 2 / fraction
    return np.asarray(_gaussian(x) / (_ROOT_PI * fraction))


def _gaussian(x: np.ndarray) -> np.ndarray:
    """exp(-x^2), where the square of the leading 24 bits is exact, so that rounding x^2 costs nothing."""
    leading = x.astype(np.float32).astype(np.longdouble)
    return np.asarray(np.exp(-leading * leading) * np.exp((leading - x) * (leading + x)))
