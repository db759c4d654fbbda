"""Error bounds by class of operation: how far from the exact value a correct result may be.

A bound is in absolute terms, for each element, against the unrounded r of the reference. Throughout,
u = 2^-p is the relative error of one rounding, 16-bit operations compute in float32 and round once, and
a bound never asks for more than r itself offers: half a unit of the wider dtype it was computed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from conformance.judging import ValueVerdict, judge
from conformance.ulp import finfo, ulp
from conformance.ulp_table import COMPLEX_ULPS, MAX_ULPS, max_ulps
from reference.dtypes import BFLOAT16, EXTENDED, FLOAT16, FLOAT32, FLOAT64, DType, real_of

__all__ = [
    "Accuracy",
    "Exact",
    "Fused",
    "Gelu",
    "GradientOf",
    "Judged",
    "LogSumExp",
    "Loss",
    "Network",
    "Rounded",
    "Softmax",
    "Spaced",
    "Summation",
    "Ulps",
    "Unspecified",
    "ValueVerdict",
    "Variance",
    "judge",
]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a bound may look at.

    ``exact`` is r in the wider dtype; ``dtype`` that of the result. ``inputs`` are the floating inputs in
    the wider dtype, in the order of the operation's arguments: broadcast to r's shape where the operation
    is pointwise. ``magnitude`` computes S, the sum of the moduli of the ``terms`` terms of each element.
    ``column`` is that of the ulp table: ``cpu``, ``cuda`` or ``other``.
    """

    operation: str
    dtype: DType
    exact: np.ndarray
    inputs: tuple[np.ndarray, ...] = ()
    magnitude: Callable[[], np.ndarray] | None = None
    terms: int = 1
    column: str = "cpu"
    flushes_subnormals: bool = False
    tf32: bool = False

    @property
    def size(self) -> np.ndarray:
        """The modulus of r."""
        return np.abs(self.exact)

    @property
    def sum_of_terms(self) -> np.ndarray:
        """S; |r| where the operation gives no other."""
        return self.magnitude() if self.magnitude is not None else self.size


@runtime_checkable
class Accuracy(Protocol):
    """How accurate an operation must be; ``words`` says it in the report.

    ``bitwise`` asks for the bits of the rounded result, ``signed_zero`` for the sign of a zero.
    """

    bitwise: ClassVar[bool]
    signed_zero: ClassVar[bool]

    @property
    def words(self) -> str: ...

    def allowed(self, judged: Judged) -> np.ndarray:
        """The absolute error allowed for each element: complex where real and imaginary part have each their own
        allowance, infinite where nothing can be promised."""
        ...


class _Bound:
    """The usual: an error bound, under which the sign of a zero is reported but not judged."""

    bitwise: ClassVar[bool] = False
    signed_zero: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Exact(_Bound):
    """Class A, nothing is rounded: every bit is determined (IEEE 754-2019, 5.3 to 5.7, 9.6)."""

    bitwise: ClassVar[bool] = True
    signed_zero: ClassVar[bool] = True
    words = "the same bits"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.zeros(judged.exact.shape)


@dataclass(frozen=True, slots=True)
class Selected(_Bound):
    """Class A where the result is one of the operands: every bit but the sign of a zero.

    IEEE 754-2019, 9.6, orders -0 below +0 in minimum and maximum; torch's pages define them by comparison, for which
    the two are equal, so either may be returned.
    """

    bitwise: ClassVar[bool] = True
    words = "the same bits, either zero"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.zeros(judged.exact.shape)


@dataclass(frozen=True, slots=True)
class Rounded(_Bound):
    """Class B, rounded once: half an ulp (IEEE 754-2019, 5.4.1); ``Rounded(1)`` for sqrt.

    Complex sums are rounded in each part. ``complex_units`` bounds complex products and quotients normwise, in
    units of u|r|: sqrt(5) for a product (Brent, Percival and Zimmermann, Math. Comp. 76, 2007), 3 + 2 sqrt(2)
    and more for a quotient (Higham, Accuracy and Stability of Numerical Algorithms, 3.6). Where the inner
    products of a complex operation overflow while r does not, nothing is promised.
    """

    ulps: float = 0.5
    complex_units: float | None = None
    signed_zero: ClassVar[bool] = True

    @property
    def words(self) -> str:
        normwise = "" if self.complex_units is None else f" (complex: {self.complex_units:.3g} u |r|)"
        return f"{self.ulps:g} ulp{normwise}"

    def allowed(self, judged: Judged) -> np.ndarray:
        r, dtype = judged.exact, judged.dtype
        ulps = self.ulps + _unit_of_r(dtype)
        if r.dtype.kind != "c":
            return ulps * ulp(r, dtype)
        if self.complex_units is None:
            both = np.empty_like(r)
            both.real, both.imag = ulps * ulp(r.real, dtype), ulps * ulp(r.imag, dtype)
            return both
        info = finfo(dtype)
        allowed = self.complex_units * info.unit * np.abs(r) + 4 * info.subnormal
        pointwise = [np.abs(given) for given in judged.inputs if given.shape == r.shape]
        if len(pointwise) == 2:
            product = pointwise[0] * np.maximum(pointwise[1], 1)
            allowed = np.where(product < info.max / 2, allowed, np.inf)
        return allowed


@dataclass(frozen=True, slots=True)
class Ulps(_Bound):
    """Class C, transcendental: k ulp, of the function in the table (``ulp_table``, with its sources) or as given.

    16 bits: half an ulp for the one rounding, plus k ulp of float32. float64 has one ulp more, as its column is
    not swept. Complex: normwise, each part off by k ulp of the modulus, times the condition of the formula where the
    manual defines the function by one (z^w = exp(w log z), sigmoid = 1/(1 + exp(-z))). Where an intermediate result
    may underflow (sigmoid's exponential), 2^emin more.
    """

    bound: str | float
    underflows: bool = False

    @property
    def words(self) -> str:
        if isinstance(self.bound, str):
            return f"{max_ulps(self.bound, 'cpu'):g} ulp on cpu, {max_ulps(self.bound, 'cuda'):g} on cuda"
        return f"{self.bound:g} ulp"

    def allowed(self, judged: Judged) -> np.ndarray:
        r, dtype = judged.exact, real_of(judged.dtype)
        name = self.bound if isinstance(self.bound, str) else None
        k = max_ulps(name, judged.column) if name else float(self.bound)
        if dtype is FLOAT64:
            k += 1
        if r.dtype.kind == "c":
            k = max(COMPLEX_ULPS.get(name or "", 0.0), math.sqrt(2) * k)
        computing = _computing(dtype)
        allowed = k * ulp(r, computing)
        if r.dtype.kind == "c" and name in _COMPLEX_CONDITIONS:
            condition = np.abs(_COMPLEX_CONDITIONS[name](r, judged.inputs))
            allowed *= 1 + np.where(np.isfinite(condition), condition, 0.0)
        if computing is not dtype:
            allowed += (0.5 + _unit_of_r(dtype)) * ulp(r, dtype)
        if self.underflows or (name and MAX_ULPS[name].underflows):
            allowed += finfo(computing).tiny
        return allowed


@dataclass(frozen=True, slots=True)
class Fused(_Bound):
    """Class B, a product and a sum, fused or not: u(2|ab| + |r|), where ab = r - c and c is ``inputs[addend]``.

    The product is rounded at most once and so is the sum (Higham, 2.2). Each further operation inside the
    product, such as the difference of lerp or the second factor of addcmul, adds u|ab|.
    """

    addend: int = 0
    further: int = 0

    @property
    def words(self) -> str:
        return f"u({2 + self.further}|ab| + |r|), fused or not"

    def allowed(self, judged: Judged) -> np.ndarray:
        product = np.abs(judged.exact - judged.inputs[self.addend]) if judged.inputs else judged.sum_of_terms
        unit = finfo(judged.dtype).unit
        spread = math.sqrt(5) if judged.exact.dtype.kind == "c" else 1
        return unit * spread * (2 + self.further) * product + spread * _one_rounding(judged)


@dataclass(frozen=True, slots=True)
class Unspecified(_Bound):
    """No value is promised, nor the same one twice (``empty``)."""

    words = "any value"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.full(judged.exact.shape, np.inf)


@dataclass(frozen=True, slots=True)
class Spaced(_Bound):
    """Numbers between two ends, counted from one of them: ``units`` u max|r|.

    The step is rounded, multiplied by up to half the count and added: each element is off by a few roundings of
    the larger end, however small the element itself. A power of such a number is off by log(base) times as much.
    """

    units: float = 3

    @property
    def words(self) -> str:
        return f"{self.units:g} u max|r|"

    def allowed(self, judged: Judged) -> np.ndarray:
        size = judged.size
        largest = np.max(size[np.isfinite(size)], initial=0)
        return np.full(size.shape, self.units * finfo(real_of(judged.dtype)).unit * largest)


@dataclass(frozen=True, slots=True)
class Summation(_Bound):
    """Class D, sums of n terms in any order: u_out|r| + 8 sqrt(n) u_acc S, S the sum of the terms' moduli.

    The square root is the probabilistic bound of Higham and Mary (SIAM J. Sci. Comput. 41, 2019), the factor 8 its
    confidence. TF32 rounds both factors of a product to 11 bits: 2 * 2^-11 S more. On small integers
    every partial sum is exact, so that only the last rounding is left (class D'): half an ulp, whatever the
    order. ``integers`` is false where the terms are not products of the inputs (mean, norm).
    """

    integers: bool = True

    @property
    def words(self) -> str:
        return "u|r| + 8 sqrt(n) u S" + (", half an ulp on small integers" if self.integers else "")

    def allowed(self, judged: Judged) -> np.ndarray:
        computing = _computing(judged.dtype)
        info = finfo(computing)
        terms_sum = judged.sum_of_terms
        if self.integers and _sums_exactly(judged, terms_sum):
            return (0.5 + _unit_of_r(judged.dtype)) * ulp(judged.exact, judged.dtype)
        relative = 8 * math.sqrt(judged.terms) * info.unit + (2 * 2.0**-11 if judged.tf32 else 0.0)
        allowed = _one_rounding(judged) + relative * terms_sum + judged.terms * info.subnormal
        # A partial sum that overflows is inf, or NaN if another one does too, and that depends on the order.
        return np.where(terms_sum < info.max, allowed, np.inf)


@dataclass(frozen=True, slots=True)
class Product(_Bound):
    """A product of n factors: n roundings to the dtype itself, whatever the order (Higham, 3.1)."""

    words = "n u |r|"

    def allowed(self, judged: Judged) -> np.ndarray:
        spread = math.sqrt(5) if judged.exact.dtype.kind == "c" else 1
        return spread * judged.terms * ulp(judged.exact, real_of(judged.dtype))


@dataclass(frozen=True, slots=True)
class Softmax(_Bound):
    """Class E: 2u p(4 + |x - m|), where the rounding of x - m passes through the exponential.

    Blanchard, Higham and Higham (IMA J. Numer. Anal. 41, 2021). |x - m| is the ``magnitude``, or else |log p|,
    which exceeds it by the logarithm of the sum alone. A p that underflows may be 0. u is that of the result also in
    16 bits, where the shifted input, the exponential and the sum may each be rounded.
    """

    words = "2u p(4 + |x - m|)"

    def allowed(self, judged: Judged) -> np.ndarray:
        p, info = judged.size, finfo(judged.dtype)
        away = judged.magnitude() if judged.magnitude is not None else np.abs(np.log(np.maximum(p, info.subnormal)))
        return 2 * info.unit * p * (4 + away) + info.tiny + _last_rounding(judged)


@dataclass(frozen=True, slots=True)
class LogSumExp(_Bound):
    """Class E, logsumexp and log_softmax: 4u(1 + max|x| + ln n) (Blanchard, Higham and Higham, 2021).

    max|x| is the ``magnitude``, or else the largest finite modulus in the first input; n is ``terms``. u is that of
    the result also in 16 bits, where log, sum and maximum may each be rounded before they are combined.
    """

    words = "4u(1 + max|x| + ln n)"

    def allowed(self, judged: Judged) -> np.ndarray:
        unit = finfo(judged.dtype).unit
        return 4 * unit * (1 + _largest(judged) + math.log(judged.terms)) + _last_rounding(judged)


@dataclass(frozen=True, slots=True)
class Loss(_Bound):
    """Class E, losses: a logsumexp where ``logits`` says so, then a sum of n terms of one sign unless S says more.

    (4u(1 + max|x|) where logits) + u|r| + (4 + 8 sqrt(n)) u S: the bounds of the parts, added; each term is itself a
    result of up to four operations, rounded to the dtype.
    """

    logits: bool = False

    @property
    def words(self) -> str:
        return ("4u(1 + max|x| + ln n) + " if self.logits else "") + "u|r| + 8 sqrt(n) u S"

    def allowed(self, judged: Judged) -> np.ndarray:
        allowed = Summation(integers=False).allowed(judged) + 4 * finfo(judged.dtype).unit * judged.sum_of_terms
        if self.logits:
            spread = 1 + _largest_finite(judged.inputs[0]) + math.log(max(judged.inputs[0].size, 1))
            allowed = allowed + 4 * finfo(judged.dtype).unit * spread
        return allowed


@dataclass(frozen=True, slots=True)
class Variance(_Bound):
    """Class E, var and std: 16 sqrt(n) u var (Chan, Golub and LeVeque, Amer. Statist. 37, 1983, with sqrt(n) for n)."""

    words = "16 sqrt(n) u var"

    def allowed(self, judged: Judged) -> np.ndarray:
        unit = finfo(_computing(judged.dtype)).unit
        return 16 * math.sqrt(judged.terms) * unit * judged.size + _last_rounding(judged)


@dataclass(frozen=True, slots=True)
class Gelu(_Bound):
    """Class E: 4u|x|, because 1 + erf cancels for negative x; x is the first input."""

    words = "4u|x|"

    def allowed(self, judged: Judged) -> np.ndarray:
        return 4 * finfo(_computing(judged.dtype)).unit * np.abs(judged.inputs[0]) + _last_rounding(judged)


@dataclass(frozen=True, slots=True)
class GradientOf(_Bound):
    """A gradient: k ulp for its k roundings, the bound of a sum where S is given, and ``cancels`` times u|g|.

    A derivative such as tanh's 1 - y^2 cancels: its error is relative to 1, that of the gradient to the
    cotangent g, which is ``inputs[0]`` (Higham, 1.7); of complex numbers four products cancel. Derived from the vjp, one
    rounding for each step of it.
    """

    ulps: float = 4
    cancels: float = 0

    @property
    def words(self) -> str:
        return f"{self.ulps:g} ulp" + (f" + {self.cancels:g} u |g|" if self.cancels else "") + " + 8 sqrt(n) u S"

    def allowed(self, judged: Judged) -> np.ndarray:
        # Each step of a backward pass rounds to the dtype of the gradient, 16 bits too.
        is_complex = judged.exact.dtype.kind == "c"
        allowed = self.ulps * (math.sqrt(2) if is_complex else 1) * ulp(judged.exact, real_of(judged.dtype))
        if self.cancels:
            cancels = self.cancels * (4 if is_complex else 1)
            allowed = allowed + cancels * finfo(judged.dtype).unit * np.abs(judged.inputs[0])
        if judged.magnitude is not None:
            allowed = allowed + Summation(integers=False).allowed(judged)
        return allowed


@dataclass(frozen=True, slots=True)
class Network:
    """Class F, whole networks and compiled graphs: an RMSE at most m times that of eager torch, plus a tenth of tol.

    Both errors are against the float64 values. The rule and its multiples are those of ``same`` in
    ``torch/_dynamo/utils.py``: 2, and 3, 8 or 10 for small outputs.
    """

    multiple: float = 2.0
    tolerance: float = 1e-4

    @property
    def words(self) -> str:
        return f"RMSE at most {self.multiple:g} times that of eager + {self.tolerance / 10:g}"

    def judge(self, actual: np.ndarray, eager: np.ndarray, exact: np.ndarray) -> tuple[bool, float]:
        """Whether the bound holds, and by which factor ``actual`` is worse than ``eager``."""
        own, theirs = _rmse(actual, exact), _rmse(eager, exact)
        held = own <= self.multiple * theirs + self.tolerance / 10
        if own == theirs:
            return held, 1.0
        return held, own / theirs if theirs else math.inf


_COMPLEX_CONDITIONS: dict[str, Callable[[np.ndarray, tuple[np.ndarray, ...]], np.ndarray]] = {
    # With a scalar base or exponent, log r is the same product up to its turns.
    "pow": lambda r, inputs: inputs[1] * np.log(inputs[0].astype(r.dtype)) if len(inputs) == 2 else np.log(r),
    "sigmoid": lambda r, inputs: 1 - r,
}
"""By how much a relative error inside the formula is magnified, where a complex function is defined by a formula."""


def _computing(dtype: DType) -> DType:
    """The real dtype in which results of ``dtype`` are computed before they are rounded."""
    return FLOAT32 if dtype is FLOAT16 or dtype is BFLOAT16 else real_of(dtype)


def _unit_of_r(dtype: DType) -> float:
    """The error of r itself, in ulp of ``dtype``: it matters for float64 alone, whose r is in extended precision."""
    if real_of(dtype) is not FLOAT64:
        return 0.0
    return 2.0 ** (finfo(FLOAT64).p - finfo(EXTENDED).p)


def _one_rounding(judged: Judged) -> np.ndarray:
    """u|r|, and half the smallest subnormal where r is so small that this is less than half an ulp."""
    info = finfo(judged.dtype)
    return info.unit * judged.size + info.subnormal / 2


def _last_rounding(judged: Judged) -> np.ndarray:
    """What remains to be allowed beside a bound in u: 16-bit results are rounded once more, others may be subnormal."""
    if _computing(judged.dtype) is real_of(judged.dtype):
        return np.full(judged.exact.shape, finfo(judged.dtype).subnormal)
    return 0.5 * ulp(judged.exact, judged.dtype)


def _sums_exactly(judged: Judged, terms_sum: np.ndarray) -> bool:
    """Whether all terms are integers so small that no partial sum is rounded, in float32, TF32 or 16 bits split."""
    largest = 4 if _computing(judged.dtype) is not real_of(judged.dtype) else 8
    if not judged.inputs or not all(_integral(given, largest) for given in judged.inputs):
        return False
    # A factor of another kind (alpha, 1/n) shows in the results.
    return _integral(judged.exact, 2**24) and _integral(terms_sum, 2**24)


def _integral(values: np.ndarray, largest: int) -> bool:
    head = values.ravel()[:4] if values.size > 64 else values
    if head is not values and not _integral(head, largest):
        return False
    if values.dtype.kind == "c":
        return _integral(values.real, largest) and _integral(values.imag, largest)
    return bool((np.abs(values) <= largest).all() and (np.rint(values) == values).all())


def _largest(judged: Judged) -> np.ndarray | float:
    return judged.magnitude() if judged.magnitude is not None else _largest_finite(judged.inputs[0])


def _largest_finite(values: np.ndarray) -> float:
    size = np.abs(values)
    return float(np.max(size, where=np.isfinite(size), initial=0.0))


def _rmse(values: np.ndarray, exact: np.ndarray) -> float:
    wide = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    return math.sqrt(float(np.mean(np.abs(wide - exact) ** 2))) if values.size else 0.0
