"""The regularized incomplete gamma functions P and Q = 1 - P in long double, which NumPy lacks.

Formulas: https://dlmf.nist.gov/8.11.E4 (series), https://dlmf.nist.gov/8.9.E2 (continued fraction),
https://dlmf.nist.gov/8.7.E1 (Q of a small parameter), https://dlmf.nist.gov/8.12 (both of a large one).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import prod

import numpy as np

from reference.error_function import complementary_error_function
from reference.gamma_function import FAR, log_gamma, log_gamma_of_one_plus, stirling

_TWO_PI = np.longdouble("6.28318530717958647692528676655900576839433879875021164")
_EPS = np.finfo(np.longdouble).eps / 2
# From here on the expansion in powers of 1/a has the digits of long double, within this part of a on both sides of it.
_LARGE, _NEAR = 200, 0.3
_POWERS, _TERMS = 10, 24
_TERMS_MOST, _AT_A_TIME = 2000, 32

Pair = tuple[np.ndarray, np.ndarray]


def incomplete_gamma(a: np.ndarray, x: np.ndarray) -> Pair:
    """P(a, x) and Q(a, x), each to some units in the last place; NaN where either is negative or nothing is defined.

    At zero and infinity they are the limits, of which there is none where both are zero or both infinite.
    """
    a, x = np.broadcast_arrays(a, x)
    lower = np.full(a.shape, np.nan, np.longdouble)
    defined = (a >= 0) & (x >= 0)
    lower[defined & ((a == 0) | (x == np.inf))] = 1
    lower[defined & ((x == 0) | (a == np.inf))] = 0
    lower[defined & (((a == 0) & (x == 0)) | ((a == np.inf) & (x == np.inf)))] = np.nan
    upper = np.asarray(1 - lower)
    inside = (a > 0) & (x > 0) & (a < np.inf) & (x < np.inf)
    lower[inside], upper[inside] = _inside(a[inside], x[inside])
    return lower, upper


def _inside(a: np.ndarray, x: np.ndarray) -> Pair:
    """Of positive numbers: each element by the formula whose terms do not cancel there."""
    near = (a >= _LARGE) & (np.abs(x - a) < _NEAR * a)
    below = ~near & (x < np.maximum(a, 1))
    small = below & (x < 1) & (a < 0.5)
    regions = ((near, _expansion), (below & ~small, _series), (small, _of_small), (~near & ~below, _continued_fraction))
    lower, upper = np.empty_like(a), np.empty_like(a)
    for chosen, formula in regions:
        if chosen.any():
            lower[chosen], upper[chosen] = formula(a[chosen], x[chosen])
    return lower, upper


def _density(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """x^a e^-x / gamma(a + 1). Of a large ``a`` the logarithm is a (log(x/a) - (x/a - 1)) and Stirling's series."""
    large = a >= FAR
    exponent = np.empty_like(a)
    for chosen, formula in ((~large, _exponent), (large, _exponent_of_large)):
        if chosen.any():
            exponent[chosen] = formula(a[chosen], x[chosen])
    return np.asarray(np.exp(exponent))


def _exponent(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(a * np.log(x) - x - _log_factorial(a))


def _exponent_of_large(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(-a * _half_square(a, x) - np.log(_TWO_PI * a) / 2 - stirling(a))


def _log_factorial(a: np.ndarray) -> np.ndarray:
    """log gamma(a + 1), of a small ``a`` without adding one."""
    result, small = np.empty_like(a), a < 0.5
    result[small], result[~small] = log_gamma_of_one_plus(a[small]), log_gamma(a[~small] + 1)
    return result


def _half_square(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """x/a - 1 - log(x/a), which is half the square of ``eta``: from 1/3 to 3 by the series of the area tangent."""
    off = (x - a) / a
    s = off / (2 + off)
    square, tail = s * s, np.zeros_like(s)
    for k in range(67, 2, -2):
        tail = tail * square + 1 / np.longdouble(k)
    return np.where(np.abs(s) < 0.5, off * s - 2 * square * s * tail, off - np.log(x / a))


def _scaled(a: np.ndarray, x: np.ndarray, factor: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """The density times a factor, which is computed where the density is not zero."""
    density = _density(a, x)
    there = density > 0
    density[there] *= factor(a[there], x[there])
    return density


def _series(a: np.ndarray, x: np.ndarray) -> Pair:
    lower = _scaled(a, x, _sum)
    return lower, 1 - lower


def _sum(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) ..., some terms at a time of those that have not settled."""
    total, last = np.ones_like(a), np.ones_like(a)
    for k in range(1, _TERMS_MOST, _AT_A_TIME):
        (left,) = np.nonzero(last > _EPS * total)
        if not left.size:
            break
        factors = x[left, np.newaxis] / (a[left, np.newaxis] + np.arange(k, k + _AT_A_TIME))
        terms = np.multiply.accumulate(factors, axis=1) * last[left, np.newaxis]
        total[left] += terms.sum(axis=1)
        last[left] = terms[:, -1]
    return total


def _continued_fraction(a: np.ndarray, x: np.ndarray) -> Pair:
    upper = _scaled(a, x, _fraction)
    return 1 - upper, upper


def _fraction(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """a / (x - a + 1 + (a - 1) / (x - a + 3 + 2 (a - 2) / (x - a + 5 + ...))), from the depth where it has settled."""
    result = np.empty_like(a)
    for low, high in pairwise((0, 2, 8, np.inf)):
        there = (x >= low) & (x < high)
        result[there] = _fraction_from(60 + int(80 / x[there].min(initial=80)), a[there], x[there])
    return result


def _fraction_from(depth: int, a: np.ndarray, x: np.ndarray) -> np.ndarray:
    first, rest = x - a + 1, np.zeros_like(a)
    for k in range(depth, 0, -1):
        rest = k * (a - k) / (first + 2 * k + rest)
    return a / (first + rest)


def _of_small(a: np.ndarray, x: np.ndarray) -> Pair:
    """Q is 1 - x^a / gamma(a + 1) (1 - a x / (a + 1) + a x^2 / (2! (a + 2)) ...), where 1 - P would have no digits."""
    exponent = a * np.log(x) - log_gamma_of_one_plus(a)
    total, power = np.zeros_like(a), np.ones_like(a)
    for k in range(1, 22):
        power = power * -x / k
        total = total + power / (a + k)
    upper = -np.expm1(exponent) - np.exp(exponent) * a * total
    return _scaled(a, x, _sum), upper


def _expansion(a: np.ndarray, x: np.ndarray) -> Pair:
    """Half of erfc and e^(-a eta^2 / 2) / sqrt(2 pi a) times a polynomial of ``eta`` and 1/a."""
    half_square = _half_square(a, x)
    eta = np.copysign(np.sqrt(2 * half_square), x - a)
    z = np.copysign(np.sqrt(a * half_square), eta)
    total = np.zeros_like(a)
    for row in reversed(_coefficients()):
        polynomial = np.zeros_like(a)
        for coefficient in reversed(row):
            polynomial = polynomial * eta + coefficient
        total = total / a + polynomial
    rest = np.exp(-a * half_square) / np.sqrt(_TWO_PI * a) * total
    return complementary_error_function(-z) / 2 - rest, complementary_error_function(z) / 2 + rest


@cache
def _coefficients() -> tuple[tuple[np.longdouble, ...], ...]:
    """d(k, n) of DLMF 8.12.12, for each power k of 1/a those of the powers n of ``eta``."""
    count = _TERMS + 2 * _POWERS + 2
    alpha = [Fraction(0), Fraction(1)]  # x/a - 1 in powers of eta
    for n in range(2, count + 1):
        squares = sum((alpha[i] * alpha[n + 1 - i] for i in range(2, n)), Fraction(0))
        alpha.append(alpha[n - 1] / (n + 1) - squares / 2)
    first = [Fraction(-1, 3), *((n + 2) * alpha[n + 2] for n in range(1, count - 1))]
    rows = [first]
    for k in range(1, _POWERS):
        stirling_number = (-1) ** k * prod(range(1, 2 * k + 2, 2)) * alpha[2 * k + 1]
        before = rows[-1]
        rows.append([stirling_number * first[n] + (n + 2) * before[n + 2] for n in range(len(before) - 2)])
    return tuple(tuple(_rounded(coefficient) for coefficient in row[:_TERMS]) for row in rows)


def _rounded(number: Fraction) -> np.longdouble:
    """A number in long double, as the sum of two doubles."""
    high = float(number)
    return np.longdouble(high) + np.longdouble(float(number - Fraction(high)))
