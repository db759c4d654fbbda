"""Classes A, B and C: bounds of results that depend on a few operands each, which are rounded once or twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from conformance.accuracy.bound import Bound, Judged, last_rounding, one_rounding, unit_of_r
from conformance.ulp import finfo, ulp
from conformance.ulp_table import COMPLEX_ULPS, MAX_ULPS, max_ulps
from reference.dtypes import FLOAT64, real_of


@dataclass(frozen=True, slots=True)
class Exact(Bound):
    """Class A, nothing is rounded: every bit is determined (IEEE 754-2019, 5.3 to 5.7, 9.6)."""

    bitwise: ClassVar[bool] = True
    signed_zero: ClassVar[bool] = True
    words = "the same bits"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.zeros(judged.exact.shape)


@dataclass(frozen=True, slots=True)
class Reduced(Exact):
    """Class A of however many elements: whether all are true, which is the largest, how many are not zero."""


@dataclass(frozen=True, slots=True)
class Selected(Bound):
    """Class A where the result is one of the operands: every bit but the sign of a zero.

    IEEE 754-2019, 9.6, orders -0 below +0 in minimum and maximum; torch's pages define them by comparison, for which
    the two are equal, so either may be returned.
    """

    bitwise: ClassVar[bool] = True
    words = "the same bits, either zero"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.zeros(judged.exact.shape)


@dataclass(frozen=True, slots=True)
class Unspecified(Bound):
    """No value is promised, nor the same one twice (``empty``)."""

    words = "any value"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.full(judged.exact.shape, np.inf)


@dataclass(frozen=True, slots=True)
class Rounded(Bound):
    """Class B, rounded once: half an ulp (IEEE 754-2019, 5.4.1); ``Rounded(1)`` for sqrt.

    Complex sums are rounded in each part. ``complex_units`` bounds complex products and quotients normwise, in
    units of u|r|: sqrt(5) for a product (Brent, Percival and Zimmermann, Math. Comp. 76, 2007), 3 + 2 sqrt(2)
    and more for a quotient (Higham, Accuracy and Stability of Numerical Algorithms, 3.6). Where the inner
    products of a complex product overflow while r does not, nothing is promised; those of a ``quotient`` need not be
    formed of operands as they are (Smith, CACM 5, 1962), but where what is formed underflows, what is lost is divided
    by the divisor, the last of the inputs, unless that is subnormal itself.
    """

    ulps: float = 0.5
    complex_units: float | None = None
    quotient: bool = False
    signed_zero: ClassVar[bool] = True

    @property
    def words(self) -> str:
        normwise = "" if self.complex_units is None else f" (complex: {self.complex_units:.3g} u |r|)"
        return f"{self.ulps:g} ulp{normwise}"

    def allowed(self, judged: Judged) -> np.ndarray:
        r, dtype = judged.exact, judged.dtype
        ulps = self.ulps + unit_of_r(dtype)
        if r.dtype.kind != "c":
            return ulps * ulp(r, dtype)
        if self.complex_units is None:
            both = np.empty_like(r)
            both.real, both.imag = ulps * ulp(r.real, dtype), ulps * ulp(r.imag, dtype)
            return both
        info = finfo(dtype)
        allowed = self.complex_units * info.unit * np.abs(r) + 4 * info.subnormal
        if self.quotient and judged.inputs:
            divisor = np.abs(judged.inputs[-1])
            allowed = allowed + np.where(divisor >= info.tiny, 2 * info.subnormal / divisor, 0)
        pointwise = [np.abs(given) for given in judged.inputs if given.shape == r.shape]
        if len(pointwise) == 2 and not self.quotient:
            product = pointwise[0] * np.maximum(pointwise[1], 1)
            allowed = np.where(product >= info.max / 2, np.inf, allowed)
        return allowed


@dataclass(frozen=True, slots=True)
class Scaled(Rounded):
    """Class B, x 2^y: rounded once, as a power of two is exact; of more ulps where y is no integer.

    A complex power is exp(y log 2): its argument is rounded, which the exponential magnifies by |y| log 2
    (Higham, 1.6), each of the steps is off by up to 2u, and the product by sqrt(5) u, normwise.
    """

    @property
    def words(self) -> str:
        return f"{self.ulps:g} ulp (complex: 2u(3 + |y| log 2)|r|)"

    def allowed(self, judged: Judged) -> np.ndarray:
        r = judged.exact
        if r.dtype.kind != "c":
            return Rounded(self.ulps).allowed(judged)
        info = finfo(judged.dtype)
        power = np.abs(judged.inputs[1]) * math.log(2) if len(judged.inputs) == 2 else 0
        return 2 * info.unit * (3 + power) * np.abs(r) + 4 * info.subnormal


@dataclass(frozen=True, slots=True)
class Ulps(Bound):
    """Class C, transcendental: k ulp, of the function in the table (``ulp_table``, with its sources) or as given.

    16 bits: half an ulp for the one rounding, plus k ulp of float32. float64 has ``more_in_float64`` ulp more: one, as
    its column is not swept, or what a longer way to its digits costs. Complex: normwise, each part off by k ulp of the
    modulus, times the condition of the formula where the manual defines the function by one (z^w = exp(w log z), 2^z
    too, sigmoid = 1/(1 + exp(-z))). Where an intermediate result may underflow (sigmoid's exponential), 2^emin more.
    Where a rounding on the way is relative to something else than r, ``spread`` computes that from r and the inputs,
    and k u of it more is allowed: |x f'(x)| where the argument is rounded before a function that is steep there
    (Higham, 1.5), the size of the terms where they cancel.
    """

    bound: str | float
    underflows: bool = False
    spread: Callable[[np.ndarray, tuple[np.ndarray, ...]], np.ndarray] | None = None
    more_in_float64: float = 1

    @property
    def words(self) -> str:
        if isinstance(self.bound, str):
            cpu, compiled, cuda = (f"{max_ulps(self.bound, column):g}" for column in ("cpu", "compiled", "cuda"))
            words = f"{cpu} ulp on cpu{f', {compiled} compiled' * (compiled != cpu)}, {cuda} on cuda"
        else:
            words = f"{self.bound:g} ulp"
        more = " + 2^emin" * self._underflows + " + k u spread" * (self.spread is not None)
        return words + more

    @property
    def _underflows(self) -> bool:
        return self.underflows or (isinstance(self.bound, str) and MAX_ULPS[self.bound].underflows)

    def allowed(self, judged: Judged) -> np.ndarray:
        r, dtype = judged.exact, real_of(judged.dtype)
        name = self.bound if isinstance(self.bound, str) else None
        k = max_ulps(name, judged.column) if name else float(self.bound)
        if dtype is FLOAT64:
            k += self.more_in_float64
        if r.dtype.kind == "c":
            k = max(COMPLEX_ULPS.get(name or "", 0.0), math.sqrt(2) * k)
        computing = judged.computing
        allowed = k * ulp(r, computing)
        if self.spread is not None:  # at a pole, and at infinity, nothing is rounded
            steep = np.where(np.isfinite(r), np.abs(self.spread(r, judged.inputs)), 0.0)
            allowed = allowed + k * finfo(computing).unit * steep
        if r.dtype.kind == "c" and name in _COMPLEX_CONDITIONS:
            condition = np.abs(_COMPLEX_CONDITIONS[name](r, judged.inputs))
            allowed *= 1 + np.where(np.isfinite(condition), condition, 0.0)
        if computing is not dtype:
            allowed += (0.5 + unit_of_r(dtype)) * ulp(r, dtype)
        if self._underflows:
            allowed += finfo(computing).tiny
        if r.dtype.kind == "c" and name == "pow":
            # It may be a product, of which nothing is promised where parts overflow; and NaN^0 may be 1, or NaN.
            is_number = np.isfinite(r) & np.any([np.isnan(one) for one in judged.inputs], axis=0)
            allowed = np.where((np.abs(r) >= finfo(dtype).max / 2) | is_number, np.inf, allowed)
        return allowed


@dataclass(frozen=True, slots=True)
class WholeQuotient(Ulps):
    """Class B, a quotient rounded to an integer: as a transcendental of k ulp, with the sign of a zero.

    The quotient is rounded to the dtype before it is floored or truncated, so that one of as many digits as the dtype
    holds may be off by its last ones, and one that rounds to an integer is that integer; any other is exact.
    """

    signed_zero: ClassVar[bool] = True

    def allowed(self, judged: Judged) -> np.ndarray:
        allowed = super(WholeQuotient, self).allowed(judged)
        if len(judged.inputs) != 2:
            return allowed
        with np.errstate(all="ignore"):
            quotient = judged.inputs[0] / judged.inputs[1]
            rounds = np.abs(quotient - np.rint(quotient)) <= ulp(quotient, judged.dtype) / 2
        return np.where(rounds, np.maximum(allowed, 1), allowed)


@dataclass(frozen=True, slots=True)
class Fused(Bound):
    """Class B, a product and a sum, fused or not: u(2|ab| + |r|), where ab = r - c and c is ``inputs[addend]``.

    The product is rounded at most once and so is the sum (Higham, 2.2). Each further operation inside the
    product, such as the difference of lerp or the second factor of addcmul, adds u|ab|. Beside an infinite c, a
    product that overflows before it is added makes NaN; the number in it (alpha, value) is no greater than 2^10.
    """

    addend: int = 0
    further: int = 0
    scale: ClassVar[float] = 2.0**10

    @property
    def words(self) -> str:
        return f"u({2 + self.further}|ab| + |r|), fused or not"

    def allowed(self, judged: Judged) -> np.ndarray:
        product = np.abs(judged.exact - judged.inputs[self.addend]) if judged.inputs else judged.sum_of_terms
        unit = finfo(judged.dtype).unit
        spread = math.sqrt(5) if judged.exact.dtype.kind == "c" else 1
        allowed = unit * spread * (2 + self.further) * product + spread * one_rounding(judged)
        # What infinity makes is exact; but a complex one, of a quotient by zero, makes NaN of products.
        infinite = np.inf if judged.exact.dtype.kind == "c" else 0.0
        allowed = np.where(np.isinf(judged.exact), infinite, np.where(np.isnan(judged.exact), 0.0, allowed))
        return np.where(self._overflows_beside_infinity(judged), np.inf, allowed)

    def _overflows_beside_infinity(self, judged: Judged) -> np.ndarray | bool:
        """Beside what is infinite in the dtype: an integer of 64 bits may be in float16."""
        largest = finfo(judged.dtype).max
        if len(judged.inputs) < 2 or not (np.abs(judged.inputs[self.addend]) > largest).any():
            return False
        factors = [np.abs(one) for place, one in enumerate(judged.inputs) if place != self.addend]
        reached = self.scale * np.prod(np.maximum(factors, 1), axis=0)
        overflows = np.isfinite(factors).all(axis=0) & (reached >= largest)
        return np.asarray((np.abs(judged.inputs[self.addend]) > largest) & overflows)


@dataclass(frozen=True, slots=True)
class LogAddExp(Bound):
    """Class E, the logarithm of a sum of two exponentials: the larger operand plus l = log(1 + e^-d), d the distance.

    The sum may cancel, but is rounded once: u|r|. The steps of l (d, exponential, logarithm) are off by 2u each, which
    is 6u l (1 + d) of l (Higham, 1.6); a subnormal exponential and its logarithm are each off by a subnormal step.
    Complex numbers cancel in 1 + e^-d, by which their error is divided. In base 2, all exponents are log 2 of what they
    are in base e.
    """

    log_of_base: float = 1.0
    words = "u|r| + 6u l(1 + d)"

    def allowed(self, judged: Judged) -> np.ndarray:
        info = finfo(judged.computing)
        steps = 6 * info.unit * self._steps(judged) / self.log_of_base
        allowed = info.unit * judged.size + steps + 2 * info.subnormal + last_rounding(judged)
        return np.asarray(np.where(np.isfinite(judged.exact), allowed, 0))

    def _steps(self, judged: Judged) -> np.ndarray:
        """l (1 + d), which is never more than 1 in real numbers."""
        if len(judged.inputs) != 2:
            return np.ones(judged.exact.shape)
        first, second = judged.inputs
        with np.errstate(all="ignore"):
            distance = self.log_of_base * np.where(first.real > second.real, second - first, first - second)
            ratio = np.exp(distance)
            steps = np.log1p(np.abs(ratio)) * (1 + np.abs(distance)) / np.minimum(np.abs(1 + ratio), 1)
        return np.nan_to_num(steps, posinf=0)


@dataclass(frozen=True, slots=True)
class Spaced(Bound):
    """Numbers between two ends, counted from one of them: ``units`` u (max|r| + ``location``).

    The step is rounded, multiplied by up to half the count and added: each element is off by a few roundings of
    the larger end, however small the element itself. A power of such a number is off by log(base) times as much.
    ``location`` is the largest that is added last, with which all of it may cancel.
    """

    units: float = 3
    location: float = 0.0

    @property
    def words(self) -> str:
        return f"{self.units:g} u (max|r| + {self.location:g})" if self.location else f"{self.units:g} u max|r|"

    def allowed(self, judged: Judged) -> np.ndarray:
        size = judged.size
        largest = np.max(size[np.isfinite(size)], initial=0)
        return np.full(size.shape, self.units * finfo(real_of(judged.dtype)).unit * (largest + self.location))


@dataclass(frozen=True, slots=True)
class Gelu(Bound):
    """Class E: 4u|x|, because 1 + erf cancels for negative x; x is the first input."""

    words = "4u|x|"

    def allowed(self, judged: Judged) -> np.ndarray:
        return 4 * finfo(judged.computing).unit * np.abs(judged.inputs[0]) + last_rounding(judged)


_COMPLEX_CONDITIONS: dict[str, Callable[[np.ndarray, tuple[np.ndarray, ...]], np.ndarray]] = {
    # With a scalar base or exponent, log r is the same product up to its turns.
    "pow": lambda r, inputs: inputs[1] * np.log(inputs[0].astype(r.dtype)) if len(inputs) == 2 else np.log(r),
    "exp2": lambda r, inputs: np.log(2) * inputs[0],
    "sigmoid": lambda r, inputs: 1 - r,
}
"""By how much a relative error inside the formula is magnified, where a complex function is defined by a formula."""
