"""Largest errors of float32 functions, in ulp, for each column of devices.

``cpu`` was measured exhaustively with torch 2.13 on one AVX512 machine with MKL; ``cuda`` is the bound
documented in the CUDA programming guide (maximum ulp error of the standard functions) plus one;
``other`` is the bound of the full profile in the OpenCL C specification (relative error as ulps). ``compiled`` is
``cpu`` but for the functions that Inductor takes from elsewhere.

``i0``: 5.48 ulp (at 7.442847) is the most of all float32 numbers from 2^-20 to 88.72, 4.51 of 20 million of float64.
Its method offers no less: Clenshaw's recurrence over 30 Chebyshev terms, as in Cephes, rounds a product, a difference
and a sum in each step, which to first order (Higham, 3.3) come to 15 u at zero and 20 u at 8, the ends of the interval,
where no step damps the ones before: 7.5 and 16.6 ulp.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class MaxUlps(NamedTuple):
    """The largest error of a function in float32; ``underflows`` where an intermediate result may underflow."""

    cpu: float
    cuda: float
    other: float
    underflows: bool = False


MAX_ULPS = {
    "exp": MaxUlps(1, 3, 3),
    "log": MaxUlps(1, 2, 3),
    "sin": MaxUlps(1, 3, 4),
    "cos": MaxUlps(1, 3, 4),
    "tan": MaxUlps(1, 5, 5),
    "tanh": MaxUlps(1, 3, 5),
    "sigmoid": MaxUlps(3, 5, 6, underflows=True),
    "erf": MaxUlps(1, 3, 16),
    "log1p": MaxUlps(1, 2, 2),
    "expm1": MaxUlps(1, 2, 3),
    "sqrt": MaxUlps(1, 1, 3),
    "rsqrt": MaxUlps(2, 3, 2),
    "pow": MaxUlps(1, 9, 16),
    "exp2": MaxUlps(1, 3, 3),
    "log2": MaxUlps(1, 2, 3),
    "log10": MaxUlps(1, 3, 3),
    "asin": MaxUlps(1, 5, 4),
    "acos": MaxUlps(1, 4, 4),
    "atan": MaxUlps(1, 3, 5),
    "asinh": MaxUlps(2, 4, 4),
    "acosh": MaxUlps(2, 5, 4),
    "atanh": MaxUlps(2, 4, 5),
    "sinh": MaxUlps(2, 4, 4),
    "cosh": MaxUlps(2, 3, 4),
    "erfc": MaxUlps(1, 5, 16),
    "erfinv": MaxUlps(2, 3, 3),
    "lgamma": MaxUlps(2, 7, 7),
    "i0": MaxUlps(6, 7, 7),
    "angle": MaxUlps(1, 4, 6),
    "atan2": MaxUlps(1, 4, 6),
    "hypot": MaxUlps(1, 4, 4),
    "xlogy": MaxUlps(3, 4, 6),
}

COMPILED = {"sin": 3.5, "cos": 3.5}
"""What Inductor's vectors take from SLEEF in the variant of 3.5 ulp (https://sleef.org/purec.xhtml, Sleef_sinf_u35)."""

_INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
COMPLEX_ULPS = dict.fromkeys(("tan", "tanh", "log1p", *_INVERSE), 6.0) | {
    "log2": math.sqrt(2) * 2 + 1,
    "log10": math.sqrt(2) * 2 + 1,
    "rsqrt": 4.0,
    "expm1": 5.0,
}
"""Largest normwise errors of complex functions that are quotients or logarithms of others, in ulp of the modulus.

Measured with torch 2.13 on CPU over 200,000 normal complex64 values (4.7 at most, atan), and those of acos and acosh
over two million at a distance of 1e-3 from 1, where the result is small (4.8), with a margin of one ulp.
That of log1p is derived: with d = x (2 + x) + y^2, off by 9/4 u where |z| < 1/2, the real part log1p(d)/2 is off by
9/8 u / (1 + d), 4.5 u where 1 + d is 1/4, and there the modulus is log 2. log2 and log10 are log, which has sqrt(2)
times its real bound, over a constant: that is rounded, and so is the quotient, u each, one ulp. That of rsqrt, one over
a square root, is 2.96 at most of eight million values of all arguments and sizes, with the same margin; that of expm1,
whose real part is a sum of terms of up to 1 and 2 where e^x vanishes, 4.0 of six million.
"""

WORST_INPUTS = {
    "exp": 78.98359,
    "log": 1.333734,
    "sin": 7428.296,
    "cos": 8840.442,
    "tan": 3.877097,
    "tanh": 4.8046,
    "sigmoid": -16.637,
    "erf": 0.013677,
    "log1p": 1.18e-38,
    "expm1": -16.64,
}
"""The float32 inputs with the largest errors known, to seed the pools of values."""


def max_ulps(name: str, column: str) -> float:
    """The largest error of function ``name`` on devices of ``column``; at least 2 on CPUs until more are swept.

    >>> max_ulps("exp", "cpu"), max_ulps("exp", "cuda")
    (2.0, 3.0)
    >>> max_ulps("exp", "compiled"), max_ulps("sin", "compiled")
    (2.0, 3.5)
    """
    row = MAX_ULPS.get(name)
    if row is None:
        raise KeyError(f"no bound for {name!r} (known: {', '.join(MAX_ULPS)})")
    if column == "compiled" and name in COMPILED:
        return COMPILED[name]
    if column in ("cpu", "compiled"):
        return float(max(row.cpu, 2))
    return float(row.cuda if column == "cuda" else row.other)
