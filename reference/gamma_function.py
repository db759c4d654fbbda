"""The logarithm of the gamma function and its derivatives in long double, which NumPy lacks.

Formulas: https://dlmf.nist.gov/5.5 to /5.15 (gamma, digamma, polygamma), https://dlmf.nist.gov/25.11 (Hurwitz's zeta).
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import repeat

import numpy as np

_PI = np.longdouble("3.14159265358979323846264338327950288419716939937510582")
_HALF_LOG_TWO_PI = np.longdouble("0.918938533204672741780329736405617639861397473637783413")
LOG_PI = np.longdouble("1.14472988584940017414342735135305871164729481291531157")
# B_2, B_4 ... of the asymptotic series, which are exact to 64 bits from FAR on.
_BERNOULLI = tuple(
    np.longdouble(n) / d for n, d in ((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510))
)
FAR = 24
# Below, log |gamma(x)| = -log |x| - 0.577 x ... is its first term, to half a unit in the last place.
_LOGARITHM_BELOW = 2.0**-60


def log_gamma(x: np.ndarray) -> np.ndarray:
    """log |gamma(x)|: infinite at the poles 0, -1, -2 ... and at both ends."""
    result = np.where(np.isnan(x), x, np.inf)
    size = np.abs(x)
    tiny, larger = (size < _LOGARITHM_BELOW) & (x != 0), size >= _LOGARITHM_BELOW
    below, above = larger & (x < 0) & (x != np.rint(x)), larger & (x > 0) & np.isfinite(x)
    result[tiny] = -np.log(size[tiny])
    result[above] = _log_gamma_positive(x[above])
    result[below] = LOG_PI - np.log(np.abs(_sin_pi(x[below]))) - _log_gamma_positive(1 - x[below])
    return result


def _log_gamma_positive(x: np.ndarray) -> np.ndarray:
    near = x < FAR
    result = np.empty_like(x)
    result[near] = _log_gamma_near(x[near])
    result[~near] = _log_gamma_far(x[~near])
    return result


def _log_gamma_near(x: np.ndarray) -> np.ndarray:
    """By way of gamma(x + 1) = x gamma(x) to the interval around 2, where a power series has the digits of the zero."""
    down = np.maximum(np.ceil(x - 2.5), 0)
    product = np.ones_like(x)
    for step in range(1, int(down.max(initial=0)) + 1):
        product = np.where(step <= down, product * (x - step), product)
    from_two = np.where(x < 0.5, x, np.where(x < 1.5, x - 1, x - down - 2))
    result = _series_around_two(from_two) + np.log(product)
    result = np.where(x < 1.5, result - np.log1p(from_two), result)
    return np.where(x < 0.5, result - np.log(x), result)


def log_gamma_of_one_plus(z: np.ndarray) -> np.ndarray:
    """log gamma(1 + z) for |z| up to 1/2, with the digits of z however small it is."""
    return _series_around_two(z) - np.log1p(z)


def _series_around_two(z: np.ndarray) -> np.ndarray:
    """log gamma(2 + z), which is zero at z = 0, for |z| up to 1/2."""
    series = np.zeros_like(z)
    for coefficient in reversed(_AROUND_TWO):
        series = series * z + coefficient
    return series * z


def stirling(x: np.ndarray) -> np.ndarray:
    """What Stirling's series adds to (x - 1/2) log(x) - x + log(2 pi) / 2 for log gamma(x), of a large x."""
    inverse = 1 / x
    series = np.zeros_like(x)
    for k in range(len(_BERNOULLI), 0, -1):
        series = series * inverse * inverse + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    return series * inverse


def _log_gamma_far(x: np.ndarray) -> np.ndarray:
    return np.asarray((x - 0.5) * (np.log(x) - 1) + (_HALF_LOG_TWO_PI - 0.5) + stirling(x))


def digamma(x: np.ndarray) -> np.ndarray:
    """The derivative of log_gamma. At zero it has the sign of the side it comes from, at the other poles no value."""
    result = np.where(x == 0, np.copysign(np.inf, -x), np.nan).astype(x.dtype)
    result[x == np.inf] = np.inf
    below, above = (x < 0) & (x != np.rint(x)), (x > 0) & np.isfinite(x)
    result[above] = _digamma_positive(x[above])
    result[below] = _digamma_positive(1 - x[below]) - _PI * _cot_pi(x[below])
    return result


def _digamma_positive(x: np.ndarray) -> np.ndarray:
    recurrence = np.zeros_like(x)
    for step in range(FAR - 1, -1, -1):
        recurrence = recurrence + 1 / (x + step)
    far = x + FAR
    inverse = 1 / far
    series = np.zeros_like(x)
    for k in range(len(_BERNOULLI), 0, -1):
        series = (series + _BERNOULLI[k - 1] / (2 * k)) * inverse * inverse
    return np.asarray(np.log(far) - inverse / 2 - series - recurrence)


def polygamma(n: int, x: np.ndarray) -> np.ndarray:
    """The n-th derivative of digamma: (-1)^(n+1) n! zeta(n + 1, x).

    At the poles it is infinite as from the right, which is as from both sides where n is odd.
    """
    if n == 0:
        return digamma(x)
    sign = -1 if n % 2 == 0 else 1
    factorial = np.longdouble(math.factorial(n))
    result = np.where((x <= 0) & np.isfinite(x), sign * np.inf, np.nan).astype(x.dtype)
    result[x == np.inf] = sign * 0.0
    below, above = (x < 0) & (x != np.rint(x)), (x > 0) & np.isfinite(x)
    result[above] = sign * factorial * _zeta(n + 1, x[above])
    mirrored = factorial * _zeta(n + 1, 1 - x[below])
    result[below] = -mirrored - _PI * _cot_pi_derivative(n, x[below])
    return result


def _zeta(s: int, q: np.ndarray) -> np.ndarray:
    """Hurwitz's zeta, the sum of (q + k)^-s for k = 0, 1 ..., by Euler and Maclaurin's formula from k = FAR on."""
    far = q + FAR
    inverse = 1 / far
    power = _power(inverse, s)
    term = power * s * inverse / 2
    tail = far * power / (s - 1) + power / 2
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        tail = tail + bernoulli * term
        term = term * inverse * inverse * ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2))
    for step in range(FAR - 1, -1, -1):
        tail = tail + _power(1 / (q + step), s)
    return np.asarray(tail)


def _power(x: np.ndarray, exponent: int) -> np.ndarray:
    """x to a small power: in long double, NumPy's own takes ten times as long."""
    return reduce(np.multiply, repeat(x, exponent))


def _sin_pi(x: np.ndarray) -> np.ndarray:
    """|sin(pi x)|, with the whole turns taken off exactly."""
    return np.asarray(np.sin(_PI * np.abs(x - np.rint(x))))


def _cot_pi(x: np.ndarray) -> np.ndarray:
    turned = _PI * (x - np.rint(x))
    return np.asarray(np.cos(turned) / np.sin(turned))


def _cot_pi_derivative(n: int, x: np.ndarray) -> np.ndarray:
    """The n-th derivative of cot(pi x): a polynomial of the cotangent, as cot' = -pi (1 + cot^2)."""
    powers: np.ndarray = np.array([0, 1], np.longdouble)
    for _ in range(n):
        powers = -np.convolve(np.polynomial.polynomial.polyder(powers), [1, 0, 1])
    return np.asarray(_PI**n * np.polynomial.polynomial.polyval(_cot_pi(x), powers))


def _around_two() -> tuple[np.longdouble, ...]:
    """The coefficients of log gamma(2 + z): 1 - Euler's constant and (-1)^k (zeta(k) - 1) / k."""
    two = np.array([2], np.longdouble)
    higher = [(-1) ** k * _zeta(k, two)[0] / k for k in range(2, 36)]
    return (_digamma_positive(two)[0], *higher)


_AROUND_TWO = _around_two()
